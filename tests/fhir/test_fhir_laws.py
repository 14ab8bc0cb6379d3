"""The laws of the FHIR R5 mapping: nothing is lost, nothing is added, whatever the record says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from fhir_bundles import bundle_of, comes_back, full, objects, read, resources, strings, trial_of
from hypothesis import assume, example, given
from hypothesis import strategies as st
from strategies import examples, trials

from trialbridge.formats.fhir import r5 as fhir
from trialbridge.mappings import codec as plain
from trialbridge.mappings.codec import Codec, Mismatch, System
from trialbridge.mappings.fhir import types as codecs
from trialbridge.mappings.fhir.study import dates as dated
from trialbridge.mappings.fhir.terminology import codes as fhir_codes
from trialbridge.mappings.fhir.terminology.codes import Codes
from trialbridge.mappings.fhir.terminology.displays import display
from trialbridge.mappings.fhir.terminology.flags import flag
from trialbridge.mappings.names import Names
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir import r5 as validation
from trialbridge.schemas.fhir.digests import codes as official
from trialbridge.schemas.trial import Trial, age_text

TABLES = {name: value for name, value in vars(fhir_codes).items() if isinstance(value, Codes)}
SYSTEMS = {
    system.url: system
    for value in vars(fhir_codes).values()
    for system in (value, getattr(value, "exact", None))
    if isinstance(system, System)
}


# No halves of surrogate pairs, which UTF-8 does not have.
CHARACTERS = st.characters(codec="utf-8")


# --- whole records -----------------------------------------------------------------------------


@examples(250)
@given(trials(results=False, unmapped=True, empty_texts=True))
def test_write_then_read_gives_the_trial_back(trial: Trial) -> None:
    data, problems = fhir.write(trial)
    assert problems == []
    assert fhir.read(data) == (trial, [])


@examples(80)
@given(trials(results=False, unmapped=True, empty_texts=True))
def test_read_then_write_gives_the_bytes_back(trial: Trial) -> None:
    data, _ = fhir.write(trial)
    assert fhir.write(fhir.read(data)[0])[0] == data


def _says_something(text: str) -> bool:
    return not text or bool(text.strip())


def _is_code(text: str) -> bool:
    return not text or re.fullmatch(r"\S+( \S+)*", text) is not None


@examples(80)
@given(trials(results=False, unmapped=True, empty_texts=True))
def test_what_is_written_is_valid(trial: Trial) -> None:
    """Blank texts and MeSH ids with odd blanks aside, which FHIR refuses."""
    tree = msgspec.to_builtins(trial)
    tree.pop("unmapped", None)
    assume(all(map(_says_something, strings(tree))))
    derived = tree.get("derivedSection", {})
    for kind in ("condition", "intervention"):
        for browse in ("meshes", "ancestors"):
            found = derived.get(f"{kind}BrowseModule", {}).get(browse, ())
            assume(all(_is_code(mesh.get("id", "")) for mesh in found))
    assert validation.validate(bundle_of(trial)) == []


@examples(40)
@given(trials(results=False, unmapped=True, empty_texts=True))
def test_the_same_trial_gives_the_same_bytes(trial: Trial) -> None:
    again = msgspec.convert(msgspec.to_builtins(trial), Trial)
    assert fhir.write(trial)[0] == fhir.write(again)[0]


ODD_TEXTS = [
    " leading and trailing ",
    "tab\there",
    "line\nbreak\n\n",
    "carriage\r\nreturn",
    "\u00a0no-break\u00a0",
    "\u2028line separator\u2029",
    "\ufeffmark",
    "e\u0301 is not \u00e9",
    "\u200d\u200b\u2060zero width",
    "مرحبا עברית",
    "\U0001d518\U0001d52b\U0001d526 🧪👩‍🔬",
    '"quotes" \\ and \\" and \\\\',
    "\\< \\> \\* \\_ \\[ \\~ \\& \\\\",
    "<b>&amp;</b>",
    '{"a": 1}',
    "[1, 2]",
    "null",
    "true",
    "\ufffd\U0010ffff",
    "x" * 40_000,
    "* a\n* b\n\n1. c",
    "Inclusion Criteria:\n\n* \n* a\n\n\n*b",
    "Inclusion:\r\n\r\n* a\r\n* b",
]


def with_text(text: str) -> Trial:
    """A trial with one text at every place that has a text."""

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: inner
                if key in CODED or (key == "type" and isinstance(inner, str) and inner.isupper())
                else fill(inner)
                for key, inner in node.items()
            }
        if isinstance(node, list):
            return [fill(inner) for inner in node]
        return text if isinstance(node, str) else node

    return msgspec.convert(fill(msgspec.to_builtins(full())), Trial)


CODED = frozenset(
    [
        "trialbridge",
        "date",
        "statusVerifiedDate",
        "overallStatus",
        "statusForNctId",
        "studyFirstSubmitDate",
        "studyFirstSubmitQcDate",
        "lastUpdateSubmitDate",
        "class",
        "studyType",
        "phases",
        "allocation",
        "interventionModel",
        "primaryPurpose",
        "masking",
        "whoMasked",
        "retention",
        "sex",
        "minimumAge",
        "maximumAge",
        "stdAges",
        "samplingMethod",
        "role",
        "status",
        "ipdSharing",
        "infoTypes",
        "versionHolder",
        "relevance",
        "uploadDate",
        "issuedDate",
        "estimatedResultsFirstSubmitDate",
        "releaseDate",
    ]
)


@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
def test_odd_texts_come_back_at_every_place(text: str) -> None:
    comes_back(with_text(text))


@examples(40)
@given(st.text(CHARACTERS, min_size=1))
@example("\\")
@example("a\\")
@example("\\\\*")
@example("*\\**")
def test_any_text_comes_back_at_every_place(text: str) -> None:
    trial = with_text(text)
    data, _ = fhir.write(trial)
    assert fhir.read(data) == (trial, [])


# --- ids ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "nct_id",
    [
        "NCT01234567",
        None,
        "",
        " ",
        "nct 01234567",
        "NCT/0123#4567?",
        "../..",
        "é" * 70,
        "N" * 300,
        "-",
        "🧪",
        "NCT01234567\n",
        ".",
    ],
)
def test_ids_are_ids(nct_id: str | None) -> None:
    protocol = json.loads(json.dumps(msgspec.to_builtins(full())["protocolSection"]))
    modules = {name.removesuffix("Module"): module for name, module in protocol.items()}
    modules["identification"].pop("nctId")
    if nct_id is not None:
        modules["identification"]["nctId"] = nct_id
    trial = trial_of(modules)
    bundle = bundle_of(trial)
    ids = [entry["resource"]["id"] for entry in bundle["entry"]]
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert all(re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", id_) for id_ in ids)
    assert len(set(urls)) == len(urls)
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert entry["fullUrl"] == f"{BASE}/{resource['resourceType']}/{resource['id']}"
    assert read(bundle) == (trial, [])
    assert fhir.write(trial)[0] == fhir.write(trial)[0]


def test_many_of_a_kind_have_ids_of_their_own() -> None:
    protocol = {
        "identification": {"nctId": "NCT" + "0" * 60},
        "contactsLocations": {
            "locations": [{"facility": f"Site {n}"} for n in range(1500)],
            "overallOfficials": [{"name": f"Official {n}"} for n in range(30)],
        },
        "outcomes": {"secondaryOutcomes": [{"measure": "m", "timeFrame": "t"}] * 120},
    }
    bundle = comes_back(trial_of(protocol))
    ids = [resource["id"] for resource in resources(bundle, "Location")]
    assert len(set(ids)) == 1500
    assert max(map(len, ids)) <= 64
    assert validation.validate(bundle) == []


# --- code tables -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_every_code_of_every_table_comes_back(name: str) -> None:
    table = TABLES[name]
    for value in codecs.values(table):
        names = Names()
        written = codecs.concept(table).write(value, names)
        assert codecs.codings(table).write(value, names) == written["coding"]
        assert codecs.concept(table).read(json.loads(json.dumps(written)), names) == value
        assert codecs.codings(table).read(written["coding"], names) == value
        assert names.warnings == []
        found = {one["system"]: one["code"] for one in written["coding"]}
        assert found.pop(table.system, None) == table.standard.get(value)
        assert found == ({table.exact.url: value} if table.exact else {})


@pytest.mark.parametrize("name", TABLES)
def test_every_standard_code_alone_is_read(name: str) -> None:
    """As the value that has it; where several have it, as one of them."""
    table = TABLES[name]
    codec = codecs.concept(table)
    for value, code in table.standard.items():
        found = codec.read({"coding": [{"system": table.system, "code": code}]}, Names())
        assert table.standard[found] == code
        sharing = [other for other, same in table.standard.items() if same == code]
        assert found == sharing[0] or found == value


@pytest.mark.parametrize("name", TABLES)
def test_an_edited_standard_code_wins(name: str) -> None:
    table = TABLES[name]
    codec = codecs.concept(table)
    for value in codecs.values(table):
        for other, code in table.standard.items():
            if table.exact is None or code == table.standard.get(value):
                continue
            exact = {"system": table.exact.url, "code": value}
            standard = {"system": table.system, "code": code}
            for coding in ([standard, exact], [exact, standard]):
                names = Names()
                found = codec.read({"coding": coding}, names)
                assert table.standard[found] == table.standard[other]
                assert [code for _, code, _ in names.warnings] == ["codes-disagree"]


@pytest.mark.parametrize("name", TABLES)
def test_a_code_that_no_table_has_is_refused(name: str) -> None:
    table = TABLES[name]
    system = table.system or (table.exact.url if table.exact else "")
    with pytest.raises(Mismatch, match="no-such-code"):
        codecs.concept(table).read(
            {"coding": [{"system": system, "code": "no-such-code"}]}, Names()
        )


@pytest.mark.parametrize("name", TABLES)
def test_standard_codes_are_in_the_official_code_systems(name: str) -> None:
    table = TABLES[name]
    if table.system == fhir_codes.SEVCO:
        # None of HL7's: it has a name for each.
        assert all(display(table.system, code) for code in table.standard.values())
    elif table.system:
        assert set(table.standard.values()) <= official.codes(table.system)
    else:
        assert table.standard == {}


def test_the_other_standard_codes_are_in_the_official_code_systems() -> None:
    """Those that stand in rows and not in tables, found in what is written."""
    found = {
        (one["system"], one["code"])
        for tree in (bundle_of(full()), *every_flag(), *every_phase())
        for one in objects(tree)
        if "system" in one and "code" in one and "value" not in one
    }
    for system, code in sorted(found):
        if system.startswith(BASE):
            assert code in SYSTEMS[system].codes, (system, code)
        elif system not in (
            "https://www.nlm.nih.gov/mesh",
            "urn:iso:std:iso:3166",
            fhir_codes.EBM_CLASSIFIER,
        ):
            assert code in official.codes(system), (system, code)


def every_phase() -> Iterator[dict[str, Any]]:
    for phases in fhir_codes.PHASES:
        yield bundle_of(trial_of({"design": {"phases": list(phases)}}))


def every_flag() -> Iterator[dict[str, Any]]:
    for said in (True, False):
        yield bundle_of(
            trial_of(
                {
                    "oversight": {
                        "oversightHasDmc": said,
                        "isFdaRegulatedDrug": said,
                        "isFdaRegulatedDevice": said,
                        "isUnapprovedDevice": said,
                        "isPpsd": said,
                        "isUsExport": said,
                        "fdaaa801Violation": said,
                    },
                    "status": {
                        "delayedPosting": said,
                        "resultsWaived": said,
                        "expandedAccessInfo": {"hasExpandedAccess": said},
                    },
                    "eligibility": {"healthyVolunteers": said, "genderBased": said},
                    "design": {
                        "patientRegistry": said,
                        "expandedAccessTypes": {
                            "individual": said,
                            "intermediate": said,
                            "treatment": said,
                        },
                    },
                },
                hasResults=said,
                documentSection={"largeDocumentModule": {"noSap": said}},
            )
        )


def test_every_flag_is_told_from_every_other() -> None:
    yes, no = every_flag()
    pairs = []
    for tree in (yes, no):
        (study,) = resources(tree, "ResearchStudy")
        pairs += [
            (one["system"], one["code"])
            for concept in study["classifier"]
            for one in concept["coding"]
            if one["system"].startswith(BASE) or concept["coding"] == [one]
        ]
    assert len(pairs) == len(set(pairs)) == 2 * 18


@pytest.mark.parametrize("url", SYSTEMS)
def test_no_two_codes_of_a_system_of_ours_have_one_title(url: str) -> None:
    titles = list(SYSTEMS[url].codes.values())
    assert len(set(titles)) == len(titles)


# --- codecs ------------------------------------------------------------------------------------

texts = st.text(CHARACTERS, min_size=1)
dates = st.dates().map(lambda day: day.isoformat())
partial_dates = st.builds(lambda day, n: day[:n], dates, st.sampled_from([4, 7, 10]))
ages = st.builds(
    age_text,
    st.integers(0, 10_000),
    st.sampled_from(["Year", "Month", "Week", "Day", "Hour", "Minute"]),
)
SPACES: dict[str, tuple[Codec[Any], st.SearchStrategy[Any]]] = {
    "text": (plain.text, texts),
    "boolean": (plain.boolean, st.booleans()),
    "integer": (plain.integer, st.integers()),
    "number": (plain.number, st.floats(-180, 180)),
    "partial date": (dated.partial_date, partial_dates),
    "age": (dated.age, ages),
    "date type": (dated.date_type, st.sampled_from(["ACTUAL", "ESTIMATED"])),
    "worded": (codecs.worded(), st.lists(texts, min_size=1)),
    "repeated": (
        codecs.repeated(codecs.ours("other-name", "String")),
        st.lists(texts, min_size=1),
    ),
    "registration": (dated.registration("registration-submission", "start"), dates),
    **{
        f"flag {name}": (flag(name), st.booleans())
        for name in ("results-waived", "fda-regulated-drug", "has-results")
    },
    **{
        f"concept {name}": (codecs.concept(table), st.sampled_from(codecs.values(table)))
        for name, table in TABLES.items()
    },
    **{
        f"classified {name}": (codecs.classified(table), st.sampled_from(codecs.values(table)))
        for name, table in TABLES.items()
    },
    **{
        f"some {name}": (
            codecs.some_of(codecs.concept(table), codecs.is_of(table)),
            st.lists(st.sampled_from(codecs.values(table)), min_size=1),
        )
        for name, table in TABLES.items()
    },
}


@examples(30)
@given(st.data())
@pytest.mark.parametrize("name", SPACES)
def test_codec_writes_what_it_reads(name: str, data: st.DataObject) -> None:
    codec, space = SPACES[name]
    value = data.draw(space)
    names = Names()
    tree = codec.write(value, names)
    there = json.loads(json.dumps(tree))
    back = codec.read(there, names)
    assert (back, type(back)) == (value, type(value))
    assert names.warnings == []
    assert codec.write(back, names) == there


@pytest.mark.parametrize(
    ("codec", "wrong"),
    [
        (
            dated.partial_date,
            ["", "24", "2024-1", "2024-13", "2024-02-31", "2024-03-01 ", 2024, None],
        ),
        (dated.partial_date, ["2024-03-01Tomorrow", "0000", "2024-00", "20240301"]),
        (dated.age, [{"value": -1, "code": "a"}, {"value": True, "code": "a"}, "18 Years"]),
        (plain.boolean, [0, 1, "true", None]),
        (plain.integer, [True, 1.0, "1"]),
        (plain.number, ["1", True, None]),
        (plain.text, [1, None, ["x"], {}]),
    ],
)
def test_codec_refuses_what_it_does_not_write(codec: Codec[Any], wrong: list[Any]) -> None:
    for value in wrong:
        with pytest.raises(Mismatch):
            codec.read(value, Names())


@pytest.mark.parametrize(
    "other", [{}, {"value": 1}, {"value": 1.5, "code": "a"}, {"value": 1, "code": "g"}, 7]
)
def test_an_age_of_another_form_is_told_and_refuses_no_document(other: Any) -> None:
    names = Names()
    assert dated.age.read(other, names) is None
    ((_, code, message),) = names.warnings
    assert code == "not-readable"
    assert message.endswith(f", found {other!r}")
