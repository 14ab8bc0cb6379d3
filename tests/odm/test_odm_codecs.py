"""Code tables, codecs and rows of ODM 2.0 keep their laws."""

import re
from typing import Any

import pytest
from filled import filled_trial, turns
from hypothesis import given
from hypothesis import strategies as st
from odm_documents import CDISC, comes_back, document, texts, trial_of, value, written
from odm_law import of_xml
from strategies import examples

from trialbridge.formats.odm import v2_0 as odm
from trialbridge.mappings.codec import Codec, Mismatch, Record, System
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm import admin, parameters
from trialbridge.mappings.odm import elements as codecs
from trialbridge.mappings.odm import parts as odm_parts
from trialbridge.mappings.odm import v2_0 as odm_2_0
from trialbridge.mappings.record import registry
from trialbridge.schemas.odm.validate import check
from trialbridge.schemas.terms import cdisc_codes
from trialbridge.schemas.trial import Trial, age_text

# --- code tables -------------------------------------------------------------------------------

TABLES: dict[str, tuple[Any, System | None]] = {
    name: (getattr(cdisc_codes, name, {}), system)
    for name, system in vars(registry).items()
    if isinstance(system, System)
}


@pytest.mark.parametrize("name", TABLES)
def test_every_code_of_every_table_comes_back(name: str) -> None:
    terms, system = TABLES[name]
    assert system is not None
    for exact in (system, None):
        codec = codecs.coded(terms if name != "PHASE" else {}, exact)
        for code in system.codes if exact else (terms if name != "PHASE" else ()):
            names = Names()
            node = codec.write(code, names)
            found = codec.read(node, names)
            shared = exact is None and name == "MASKING" and code in ("TRIPLE", "QUADRUPLE")
            assert found == ("DOUBLE" if shared else code)
            assert names.warnings == []
            systems = {one["@System"]: one["@Code"] for one in node["Coding"]}
            assert systems.pop(system.url, None) == (code if exact else None)
            if code in terms and name != "PHASE":
                assert node["@Value"] == terms[code].value
                assert systems.pop(CDISC) == terms[code].code
            else:
                assert node["@Value"] == system.codes[code]
            assert systems == {}


@pytest.mark.parametrize("name", TABLES)
def test_a_value_or_a_coding_alone_is_read(name: str) -> None:
    """The standard's term in any case, the registry's label, its code; or either Coding."""
    terms, system = TABLES[name]
    assert system is not None
    if name == "PHASE":
        terms = {}
    codec = codecs.coded(terms, system)
    for code in system.codes:
        values = {system.codes[code], code, system.codes[code].upper()}
        nodes: list[Any] = [{"@Value": word} for word in values]
        nodes.append({"@Value": "", "Coding": [{"@System": system.url, "@Code": code}]})
        for node in nodes:
            names = Names()
            assert codec.read(node, names) == code, node
            assert names.warnings == []
    for code, term in terms.items():
        if code not in system.codes:
            continue
        first = next(one for one, same in terms.items() if same == term)
        for node in (
            {"@Value": term.value},
            {"@Value": term.value.lower()},
            {"@Value": "", "Coding": [{"@System": CDISC, "@Code": term.code}]},
        ):
            names = Names()
            assert codec.read(node, names) == first
            assert names.warnings == []


def test_a_value_that_is_no_term_is_told_and_its_coding_read() -> None:
    codec = codecs.coded(cdisc_codes.SEX, registry.SEX)
    names = Names()
    node = {"@Value": "weiblich", "Coding": [{"@System": CDISC, "@Code": "C16576"}]}
    assert codec.read(node, names) == "FEMALE"
    assert names.warnings == [
        (
            "",
            "unknown-code",
            "'weiblich' is not one of F, M, BOTH: its Coding is read, 'FEMALE'",
        )
    ]
    names = Names()
    assert codec.read({"@Value": "weiblich"}, names) is None
    assert names.warnings == [("", "unknown-code", "'weiblich' is not one of F, M, BOTH")]


@pytest.mark.parametrize("phases", cdisc_codes.PHASE, ids=str)
def test_every_phase_that_cdisc_has_is_the_one_native_value(phases: tuple[str, ...]) -> None:
    root = comes_back_but_for_late_phases(trial_of({"design": {"phases": list(phases)}}))
    assert texts(root, "//o:TrialPhase/@Value") == [cdisc_codes.PHASE[phases].value]
    assert texts(root, "//o:StudyParameter/@OID") == []


def comes_back_but_for_late_phases(trial: Trial) -> Any:
    data = written(trial)
    assert odm.read(data) == (trial, [])
    assert [problem for problem in check(data) if problem.severity == "error"] == []
    return document(trial)


def test_terms_in_words_are_words() -> None:
    for turn in range(2):
        root = document(filled_trial(turn))
        for term in texts(root, "//o:StudyParameter/@Term"):
            assert re.fullmatch(r"[A-Z][A-Za-z0-9/,.' ()-]+", term), term


# --- codecs ------------------------------------------------------------------------------------

any_text = st.text(st.characters(codec="utf-8"), min_size=1).filter(of_xml)
ages = st.builds(
    age_text,
    st.integers(0, 10_000),
    st.sampled_from(["Year", "Month", "Week", "Day", "Hour", "Minute"]),
)


SPACES: dict[str, tuple[Codec[Any], st.SearchStrategy[Any]]] = {
    "words": (codecs.words, any_text),
    "integer": (codecs.integer, st.integers()),
    "decimal": (codecs.decimal, st.floats(-180, 180)),
    "age": (codecs.age, ages),
    "yes or no": (codecs.yes_no, st.booleans()),
    "description": (codecs.description, any_text),
    "name": (codecs.name, any_text),
    "texts": (parameters.valued, st.lists(any_text, min_size=1)),
    "prefixed": (admin.prefixed("ext. "), any_text),
    "code": (codecs.code_of("urn:x"), any_text),
    "phases": (
        odm_parts.phase,
        st.sampled_from(list(cdisc_codes.PHASE)).map(list),
    ),
    "intervention type": (
        odm_parts.intervention_type,
        st.sampled_from(list(registry.INTERVENTION_TYPE.codes)),
    ),
}


@examples(50)
@given(st.data())
@pytest.mark.parametrize("name", SPACES)
def test_codec_writes_what_it_reads(name: str, data: st.DataObject) -> None:
    codec, space = SPACES[name]
    held = data.draw(space)
    names = Names(form="oid")
    tree = codec.write(held, names)
    back = codec.read(tree, names)
    assert (back, type(back)) == (held, type(held))
    assert names.warnings == []
    assert codec.write(back, names) == tree


@pytest.mark.parametrize(
    ("codec", "wrong"),
    [
        (codecs.integer, ["1.0", "one", "1e3", " 1", "٣", None, 1]),
        (codecs.decimal, ["", "1e3", "NaN", "INF", "1,5", " 1", None]),
        (codecs.words, [None, 1, {}, []]),
        (codecs.description, [None, 1, []]),
    ],
)
def test_codec_refuses_what_it_does_not_write(codec: Codec[Any], wrong: list[Any]) -> None:
    for held in wrong:
        with pytest.raises(Mismatch):
            codec.read(held, Names())


@pytest.mark.parametrize("text", ["P", "PT", "P1Y6M", "P18", "18Y", "P-1Y", "P1.5Y", "p1y", "18"])
def test_a_duration_in_another_form_is_told(text: str) -> None:
    names = Names()
    assert codecs.age.read(text, names) is None
    assert names.warnings == [
        ("", "unknown-duration", f"{text!r} is not a duration in one unit, such as P18Y")
    ]


@pytest.mark.parametrize(
    ("age", "duration"),
    [
        ("18 Years", "P18Y"),
        ("1 Year", "P1Y"),
        ("6 Months", "P6M"),
        ("2 Weeks", "P2W"),
        ("28 Days", "P28D"),
        ("36 Hours", "PT36H"),
        ("1 Minute", "PT1M"),
    ],
)
def test_an_age_is_a_duration(age: str, duration: str) -> None:
    root = comes_back(trial_of({"eligibility": {"minimumAge": age, "maximumAge": age}}))
    assert value(root, "AGEMIN") == value(root, "AGEMAX") == duration


def test_no_two_rows_write_one_parameter() -> None:
    """Each parameter of the filled record has an OID of its own, and no kind has two terms."""
    kinds: dict[str, set[str]] = {}
    for turn in range(turns()):
        root = document(filled_trial(turn))
        oids = texts(root, "//o:StudyParameter/@OID")
        assert len(oids) == len(set(oids))
        for node in root.iter("{*}StudyParameter"):
            (code,) = [one.get("Code") for one in node.findall("{*}Coding")]
            kinds.setdefault(code, set()).add(node.get("Term"))
    assert all(len(terms) == 1 for terms in kinds.values())
    assert len(set.union(*kinds.values())) == len(kinds)


def test_every_row_of_the_tables_leads_somewhere() -> None:
    """No two rows of a table write the same value at the same place."""

    def check_rows(table: Record) -> None:
        seen = set()
        for row in table.rows:
            if row.many or row.merge or row.when is not None:
                continue
            place = tuple(step if isinstance(step, str) else id(step) for step in row.steps)
            assert place not in seen, (table.type, row.model)
            seen.add(place)
        for row in table.rows:
            if row.codec.table is not None:
                check_rows(row.codec.table)

    check_rows(odm_2_0.ODM)


def test_coverage_names_every_leaf_of_the_model() -> None:
    for row in odm_2_0.coverage():
        assert row.home in ("native", "official", "ours")
        assert row.place
