"""The laws of the ODM 2.0 mapping: nothing is lost, nothing is added, whatever the record says."""

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import msgspec
import pytest
from corpus import ALL
from filled import filled_trial, turns
from hypothesis import assume, example, given
from hypothesis import strategies as st
from odm_documents import comes_back, document, full, texts, trial_of, written
from odm_law import of_xml
from strategies import examples, trials

from trialbridge.formats.odm import v2_0 as odm
from trialbridge.schemas.odm.validate import check
from trialbridge.schemas.problem import Invalid, Problem
from trialbridge.schemas.syntax.pointer import get, steps, walk
from trialbridge.schemas.trial import Trial

# --- whole records -----------------------------------------------------------------------------


@examples(300)
@given(trials(results=False, unmapped=True, empty_texts=True))
def test_write_then_read_gives_the_trial_back(trial: Trial) -> None:
    assume(all(of_xml(text) for text in held_texts(trial)))
    data, problems = odm.write(trial)
    assert problems == []
    assert odm.read(data) == (trial, [])


@examples(80)
@given(trials(results=False, unmapped=True, empty_texts=True))
def test_read_then_write_gives_the_bytes_back(trial: Trial) -> None:
    assume(all(of_xml(text) for text in held_texts(trial)))
    data = written(trial)
    assert written(odm.read(data)[0]) == data


def held_texts(trial: Trial) -> Iterator[str]:
    tree = msgspec.to_builtins(trial)
    tree.pop("unmapped", None)
    return (held for _, held in walk(tree) if isinstance(held, str))


@examples(60)
@given(trials(results=True, unmapped=True, empty_texts=True))
def test_results_come_back_from_a_valid_document(trial: Trial) -> None:
    assume(all(of_xml(text) for text in held_texts(trial)))
    data = written(trial)
    assert odm.read(data) == (trial, [])
    assert written(odm.read(data)[0]) == data
    assert [one for one in check(data) if one.severity == "error"] == []


# Terms that CDISC's terminology has, and the list in the XSD has not.
LATE_PHASES = ("PHASE I/III TRIAL", "PHASE I/II/III TRIAL")


@examples(150)
@given(trials(results=False, unmapped=True, empty_texts=True))
def test_what_is_written_is_valid(trial: Trial) -> None:
    assume(all(of_xml(text) for text in held_texts(trial)))
    data = written(trial)
    problems = check(data)
    if texts(document(trial), "//o:TrialPhase/@Value")[:1] in ([term] for term in LATE_PHASES):
        assert [(p.severity, p.layer) for p in problems] == [("warning", problems[0].layer)]
    else:
        assert problems == []


@examples(40)
@given(trials(results=False, unmapped=True, empty_texts=True))
def test_the_same_trial_gives_the_same_bytes(trial: Trial) -> None:
    assume(all(of_xml(text) for text in held_texts(trial)))
    again = msgspec.convert(msgspec.to_builtins(trial), Trial)
    assert written(trial) == written(again)


# --- each leaf, each empty place -----------------------------------------------------------------


@cache
def filled(turn: int) -> dict[str, Any]:
    """The filled trial as a tree, without its unmapped keys."""
    tree: dict[str, Any] = msgspec.to_builtins(filled_trial(turn))
    del tree["unmapped"], tree["trialbridge"]
    return tree


@pytest.mark.parametrize("turn", range(turns()))
def test_a_record_that_says_everything_comes_back(turn: int) -> None:
    comes_back(filled_trial(turn))


def alone(tree: dict[str, Any], pointer: str) -> Any:
    """A tree with nothing but what stands at a pointer."""
    held: Any = get(tree, pointer)
    way = steps(pointer)
    for depth in range(len(way), 0, -1):
        above = "".join(f"/{step}" for step in pointer.split("/")[1:depth])
        held = [held] if isinstance(get(tree, above), list) else {way[depth - 1]: held}
    return held


def as_trial(tree: Any) -> Trial | None:
    """The trial of a tree; None if the model wants more at some place."""
    try:
        return msgspec.convert(tree, Trial)
    except msgspec.ValidationError:
        return None


def places(tree: dict[str, Any]) -> list[str]:
    found = set()
    for pointer, _ in walk(tree):
        parts = pointer.split("/")
        found |= {"/".join(parts[:depth]) for depth in range(2, len(parts) + 1)}
    return sorted(found)


@pytest.mark.parametrize("turn", range(3))
def test_each_leaf_alone_comes_back(turn: int) -> None:
    tree = filled(turn)
    seen = 0
    for pointer, _ in walk(tree):
        trial = as_trial(alone(tree, pointer))
        if trial is None:
            # One coordinate is no point.
            assert pointer.endswith(("/lat", "/lon"))
            continue
        seen += 1
        comes_back(trial)
    assert seen > 300


def test_every_empty_place_comes_back() -> None:
    """`{}`, `[]` and "" at each place of a full record, and there alone."""
    tree = filled(0)
    seen = 0
    for place in list(places(tree))[:: 1 if ALL else 3]:
        held = get(tree, place)
        if not isinstance(held, dict | list | str):
            continue
        emptied = deepcopy(tree)
        above, _, key = place.rpartition("/")
        holder = get(emptied, above)
        holder[int(key) if isinstance(holder, list) else key] = type(held)()
        for candidate in (emptied, alone(emptied, place)):
            trial = as_trial(candidate)
            if trial is not None:
                seen += 1
                assert odm.read(written(trial)) == (trial, []), place
    assert seen > (600 if ALL else 200)


def test_nothing_at_all_comes_back() -> None:
    root = comes_back(Trial())
    assert texts(root, "//o:Study/@StudyName") == ["ST.trial"]
    assert texts(root, "//o:StudyParameter/@OID") == []


# --- odd texts ---------------------------------------------------------------------------------

ODD_TEXTS = [
    " leading and trailing ",
    " ",
    "\n",
    "\t",
    "\r",
    "tab\there",
    "line\nbreak\n\n",
    "carriage\r\nreturn\r",
    "\u00a0no-break\u00a0",
    "\u0085next line",
    "\u2028line separator\u2029",
    "\ufeffmark",
    "e\u0301 is not \u00e9",
    "\u200d\u200b\u2060zero width",
    "مرحبا עברית",
    "\U0001d518\U0001d52b\U0001d526 🧪👩‍🔬",
    '\'single\' "double" \\ and \\" and \\\\',
    "\\< \\> \\* \\_ \\[ \\~ \\& \\\\",
    "\\",
    "a\\",
    "<b>&amp;</b>",
    "]]>",
    "<![CDATA[x]]>",
    "&#10;&lt;",
    '{"a": 1}',
    "[1, 2]",
    "null",
    "true",
    "\ufffd\U0010ffff\U0001fffe",
    "x" * 40_000,
    "* a\n* b\n\n1. c",
    "Inclusion Criteria:\n\n* a",
    "Inclusion Criteria:\n\n* a\n* a\n\nExclusion Criteria:\n\n* a",
    "Inclusion Criteria:\n\n* \n* a\n\n\n*b",
    "Inclusion Criteria:\n\n* \\<a\n* <a\n\nExclusion Criteria:\n\n* \\<a",
    "Inclusion:\r\n\r\n* a\r\n* b",
    "ext. ",
    "ext. 7",
    "P18Y",
    "Y",
    "NCT01234567",
    "Study ID",
    "Collaborator",
    "Primary",
    "Drug: ARM.1",
    "@",
    "a@ARM.1",
    ":",
    "https://example.org/a b?c=d#e",
]


OIDS = [
    "ARM.1",
    "ARM.2",
    " ARM.1",
    "INT.1",
    "INT.2",
    "IND.1",
    "EP.PRIMARY.1",
    "EP.SECONDARY.2",
    "EP.OTHER.1",
    "OBJ.PRIMARY",
    "ORG.SITE.1",
    "ORG.SITE.1.CONTACT.1",
    "ORG.SPONSOR",
    "ORG.STUDY-ID",
    "ORG.COLLABORATOR.1",
    "ORG.USER.OFFICIAL.1",
    "ORG.USER.RESPONSIBLE",
    "USER.OFFICIAL.1",
    "USER.RESPONSIBLE",
    "POP.1",
    "CRIT.INCL.1",
    "COND.INCL.1",
    "LF.1",
    "SP.TITLE",
    "SP.KEYWORD.1",
    "SP.arm-type@ARM.1",
]


@cache
def open_texts() -> tuple[str, ...]:
    """The places of the filled trial that may have any text."""
    found = []
    for pointer, held in walk(filled(0)):
        if isinstance(held, str) and as_trial(with_texts("~ any ~", (pointer,))) is not None:
            found.append(pointer)
    return tuple(found)


def with_texts(text: str, pointers: tuple[str, ...]) -> dict[str, Any]:
    tree = deepcopy(filled(0))
    for pointer in pointers:
        above, _, key = pointer.rpartition("/")
        holder = get(tree, above)
        holder[int(key) if isinstance(holder, list) else key] = text
    return tree


def with_text(text: str) -> Trial:
    """A trial with one text at every place that has a text."""
    trial = as_trial(with_texts(text, open_texts()))
    assert trial is not None
    return trial


@pytest.mark.parametrize("text", ODD_TEXTS + OIDS, ids=repr)
def test_odd_texts_come_back_at_every_place(text: str) -> None:
    comes_back(with_text(text))


@examples(60)
@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(of_xml))
@example("\\")
@example("\\\\*")
@example("*\\**")
# The code of a country, where a name is expected.
@example("AD")
def test_any_text_comes_back_at_every_place(text: str) -> None:
    trial = with_text(text)
    assert odm.read(written(trial)) == (trial, [])


@pytest.mark.parametrize(
    "character", ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\ufffe", "\uffff"], ids=repr
)
def test_characters_that_xml_has_no_form_for_are_refused_with_every_place(character: str) -> None:
    trial = trial_of(
        {
            "identification": {"briefTitle": f"ab{character}c"},
            "conditions": {"keywords": ["fine", f"{character}x"]},
        }
    )
    with pytest.raises(Invalid) as refused:
        odm.write(trial)
    assert refused.value.problems == [
        Problem(
            severity="error",
            layer="mapping",
            path=path,
            code="character",
            message=f"U+{ord(character):04X} at character {number} of the text is a character "
            "that XML has no form for",
            link="https://www.w3.org/TR/xml/#charsets",
        )
        for path, number in (
            ("/protocolSection/identificationModule/briefTitle", 3),
            ("/protocolSection/conditionsModule/keywords/1", 1),
        )
    ]


def test_a_forbidden_character_among_the_results_is_told_with_its_place() -> None:
    trial = trial_of(
        {"identification": {"nctId": "NCT09000001"}},
        resultsSection={"moreInfoModule": {"limitationsAndCaveats": {"description": "a\x00"}}},
    )
    with pytest.raises(Invalid) as caught:
        odm.write(trial)
    assert [problem.path for problem in caught.value.problems] == [
        "/resultsSection/moreInfoModule/limitationsAndCaveats/description"
    ]


def test_a_forbidden_character_among_unknown_keys_is_carried() -> None:
    trial = trial_of({"identification": {"nctId": "NCT09000001"}})
    trial = msgspec.structs.replace(trial, unmapped={"/x\x00": "\x0b\ufffe\ud83d"[:2]})
    comes_back(trial)


# --- names and references ------------------------------------------------------------------------


def arms(*labels: str | None, of: list[str] | None = None, **more: Any) -> Trial:
    groups = [{"label": label, **more} if label else {"description": "-"} for label in labels]
    interventions = [
        {"type": "DRUG", "name": "INT.2", "armGroupLabels": list(filter(None, labels))},
        {"name": "INT.1", "armGroupLabels": of or []},
        {"type": "DEVICE", "name": "ARM.1"},
    ]
    if not of:
        del interventions[1]["armGroupLabels"]
    return trial_of({"armsInterventions": {"armGroups": groups, "interventions": interventions}})


COLLISIONS = {
    "an arm called as the other's OID": arms("ARM.2", "ARM.1"),
    "an arm called as its own OID": arms("ARM.1", "ARM.2"),
    "two arms of one label": arms("A", "A", interventionNames=["Drug: INT.2"]),
    "an arm without a name": arms(None, "ARM.1", None),
    "blanks before an OID": arms(" ARM.1", "  ARM.2", "ARM.3 "),
    "interventions called as OIDs": arms("A", "B", interventionNames=["INT.1", "Drug: INT.2"]),
    "an intervention that is named by a name it has not": arms("A", interventionNames=["INT.3"]),
    "interventions that there are not": arms("A", interventionNames=["Drug: none", "INT.9", "@"]),
    "an arm that there is not": arms("A", of=["ARM.1", "B", "A"]),
    "an intervention twice in one arm": arms("A", interventionNames=["Drug: INT.2"] * 2),
    "arms in another order": arms("A", "B", "C", of=["C", "A", "B"]),
    "names with an at sign": arms("a@b", "@", "SP.arm-type@ARM.1", of=["@"]),
    "secondary ids that look like the registry's": trial_of(
        {
            "identification": {
                "nctId": "NCT00000001",
                "secondaryIdInfos": [
                    {"id": "NCT00000002", "type": "REGISTRY"},
                    {"id": "NCT00000001"},
                    {"id": "NCT00000003", "type": "OTHER"},
                    {"id": "NCT00000001", "type": "EUDRACT_NUMBER", "domain": "NCT00000001"},
                ],
            }
        }
    ),
    "secondary ids alone": trial_of(
        {
            "identification": {
                "secondaryIdInfos": [
                    {"id": "NCT00000002", "type": "REGISTRY"},
                    {"type": "REGISTRY"},
                    {"type": "CTIS", "link": "NCT00000005"},
                    {"domain": "D"},
                ],
                "nctIdAliases": ["NCT00000004"],
            }
        }
    ),
    "a study called as its OID": trial_of(
        {
            "identification": {
                "nctId": "NCT00000001",
                "briefTitle": "ST.NCT00000001",
                "orgStudyIdInfo": {"id": " ST.NCT00000001"},
            }
        }
    ),
    "one institution in every part": trial_of(
        {
            "identification": {"organization": {"fullName": "H", "class": "NIH"}},
            "sponsorCollaborators": {
                "leadSponsor": {"name": "H", "class": "FED"},
                "collaborators": [{"name": "H", "class": "OTHER"}, {"name": "H"}],
                "responsibleParty": {
                    "investigatorFullName": "P",
                    "investigatorAffiliation": "H",
                    "oldOrganization": "H",
                },
            },
            "contactsLocations": {
                "overallOfficials": [
                    {"name": "P", "affiliation": "H"},
                    {"name": "P", "affiliation": "H", "role": "SUB_INVESTIGATOR"},
                    {"role": "PRINCIPAL_INVESTIGATOR"},
                ],
                "centralContacts": [{"name": "P", "role": "PRINCIPAL_INVESTIGATOR"}, {"name": "P"}],
                "locations": [
                    {"facility": "H", "contacts": [{"name": "P"}, {"phoneExt": "ext. 1"}]},
                    {"facility": "H", "contacts": [{"role": "SUB_INVESTIGATOR"}]},
                    {"city": "H"},
                ],
            },
        }
    ),
    "a phase said twice, or in another order": trial_of(
        {"design": {"phases": ["PHASE3", "PHASE2", "PHASE2"]}}
    ),
    "outcomes of one name": trial_of(
        {
            "outcomes": {
                "primaryOutcomes": [{"measure": "A", "timeFrame": "1"}],
                "secondaryOutcomes": [{"measure": "A", "timeFrame": "2"}, {"measure": "A"}],
                "otherOutcomes": [{"measure": "A", "timeFrame": "3"}, {"timeFrame": "4"}],
            }
        }
    ),
    "other outcomes alone": trial_of({"outcomes": {"otherOutcomes": [{"description": "A"}]}}),
    "a count without a type": trial_of({"design": {"enrollmentInfo": {"count": 0}}}),
    "a type without a count": trial_of({"design": {"enrollmentInfo": {"type": "ESTIMATED"}}}),
    "no samples": trial_of({"design": {"bioSpec": {"retention": "NONE_RETAINED"}}}),
    "terms of no condition": trial_of(
        derivedSection={
            "conditionBrowseModule": {
                "meshes": [{"id": "D1"}, {"term": "T"}, {"id": "D2", "term": "T"}, {"term": "T"}]
            }
        }
    ),
    "coordinates with an exponent": trial_of(
        {
            "contactsLocations": {
                "locations": [
                    {"geoPoint": {"lat": 1e-7, "lon": -1.5e-300}},
                    {"geoPoint": {"lat": 0.0, "lon": -0.0}},
                    {"geoPoint": {"lat": 90, "lon": 179.99999999999997}},
                ]
            }
        }
    ),
}


@pytest.mark.parametrize("name", COLLISIONS)
def test_names_that_collide_are_told_apart(name: str) -> None:
    comes_back(COLLISIONS[name])


@pytest.mark.parametrize(
    "nct_id",
    [None, "", " ", "nct 1", "NCT/0#4?", "../..", "é" * 70, "N" * 300, "🧪", "NCT1\n", "."],
)
def test_the_oids_of_any_registry_id_are_oids(nct_id: str | None) -> None:
    tree = deepcopy(msgspec.to_builtins(full()))
    identification = tree["protocolSection"]["identificationModule"]
    del identification["nctId"]
    if nct_id is not None:
        identification["nctId"] = nct_id
    root = comes_back(msgspec.convert(tree, Trial))
    oids = texts(root, "//@OID")
    assert len(oids) == len(set(oids))
    assert all(re.fullmatch(r"[A-Za-z0-9.@-]{1,64}", oid) for oid in oids)


def test_a_hundred_of_a_kind_have_oids_of_their_own_in_their_order() -> None:
    trial = trial_of(
        {
            "contactsLocations": {
                "locations": [
                    {"facility": f"Site {n}", "contacts": [{"name": f"{n}"}]} for n in range(1500)
                ]
            },
            "outcomes": {"secondaryOutcomes": [{"measure": "m", "timeFrame": "t"}] * 120},
            "conditions": {"keywords": [f"k{n}" for n in range(300)]},
        }
    )
    root = comes_back(trial)
    assert texts(root, "//o:Organization/@Name") == [f"Site {n}" for n in range(1500)]
