"""The classic API of ClinicalTrials.gov: each element at its place of today, in today's words."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from corpus import file

import trialbridge
from trialbridge.formats.registries.clinicaltrials_gov import ctgov_v1
from trialbridge.mappings.registries import labels
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.syntax.pointer import get

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "sources" / "NCT99900001.ctgov-v1.json"
ANSWER: dict[str, Any] = json.loads(EXAMPLE.read_text())
STUDY: dict[str, Any] = ANSWER["FullStudiesResponse"]["FullStudies"][0]["Study"]

READ: dict[str, Any] = {
    "/protocolSection/identificationModule/nctId": "NCT99900001",
    "/protocolSection/identificationModule/nctIdAliases": ["NCT99900009"],
    "/protocolSection/identificationModule/secondaryIdInfos": [{"id": "R01", "type": "NIH"}],
    "/protocolSection/statusModule/overallStatus": "ACTIVE_NOT_RECRUITING",
    "/protocolSection/statusModule/startDateStruct": {"date": "2021-03-04", "type": "ESTIMATED"},
    "/protocolSection/statusModule/completionDateStruct": {"date": "2022-05"},
    "/protocolSection/designModule/patientRegistry": True,
    "/protocolSection/designModule/designInfo/observationalModel": "COHORT",
    "/protocolSection/designModule/enrollmentInfo": {"count": 168, "type": "ACTUAL"},
    "/protocolSection/designModule/phases": ["PHASE1", "PHASE2"],
    "/protocolSection/armsInterventionsModule/armGroups": [
        {"label": "Tea", "interventionNames": ["Drug: Tea"]}
    ],
    "/protocolSection/eligibilityModule/eligibilityCriteria": r"Age \> 18",
    "/protocolSection/eligibilityModule/healthyVolunteers": True,
    "/protocolSection/eligibilityModule/sex": "ALL",
    "/protocolSection/eligibilityModule/minimumAge": "18 Years",
    "/documentSection/largeDocumentModule/largeDocs": [{"uploadDate": "2020-05-27T04:13"}],
}


def test_what_a_line_begins_with_is_no_mark_of_a_list() -> None:
    """The classic API leaves the marks of lists out, so those that stand are words."""
    words = "Exclusion Criteria:\n\n- < 18\n1. Aged\n. -"
    study = {
        "ProtocolSection": {
            "IdentificationModule": {"NCTId": "NCT00000001"},
            "EligibilityModule": {"EligibilityCriteria": words},
        }
    }
    trial, _ = ctgov_v1.read(json.dumps(study).encode())
    at = "/protocolSection/eligibilityModule/eligibilityCriteria"
    said = "Exclusion Criteria:\n\n\\- \\< 18\n1\\. Aged\n. -"
    assert get(msgspec.to_builtins(trial), at) == said


@pytest.mark.parametrize(
    "tree",
    [STUDY, {"Study": STUDY}, ANSWER],
    ids=["study", "archive", "answer"],
)
def test_each_element_stands_where_it_stands_today(tree: dict[str, Any]) -> None:
    trial, problems = ctgov_v1.read(json.dumps(tree).encode())
    read = msgspec.to_builtins(trial)
    assert {pointer: get(read, pointer) for pointer in READ} == READ
    assert "oversightModule" not in read["protocolSection"]
    assert trial.unmapped == {
        "/protocolSection/statusModule/ResultsFirstPostedQCCommentsDateStruct": {
            "ResultsFirstPostedQCCommentsDate": "March 14, 2022"
        },
        "/protocolSection/NewModule": {"NewThing": "x"},
        "/documentSection/largeDocumentModule/largeDocs/0/LargeDocHasSAP": "Maybe",
    }
    assert sorted(problem.path for problem in problems) == sorted(trial.unmapped)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (
            {"FullStudiesResponse": {"FullStudies": [{}, {}]}},
            "the answer has 2 studies, expected one: `convert -o FOLDER/` or"
            " `trialbridge.records` takes each",
        ),
        (
            {"FullStudiesResponse": {"NStudiesFound": 0}},
            "the answer has 0 studies, expected one: `convert -o FOLDER/` or"
            " `trialbridge.records` takes each",
        ),
        ({"Study": []}, "not a study of the classic API (ProtocolSection and so on)"),
    ],
)
def test_what_is_not_one_study_is_refused(tree: dict[str, Any], message: str) -> None:
    with pytest.raises(ReadError) as raised:
        ctgov_v1.read(json.dumps(tree).encode())
    assert [problem.message for problem in raised.value.problems] == [message]


def test_each_study_of_an_answer_is_a_record() -> None:
    answer = {"FullStudiesResponse": {"FullStudies": [{"Study": STUDY}, {"Study": STUDY}]}}
    found = list(trialbridge.records(json.dumps(answer).encode()))
    assert [record.name for record in found] == [
        "<bytes>#/FullStudiesResponse/FullStudies/0",
        "<bytes>#/FullStudiesResponse/FullStudies/1",
    ]
    assert [record.trial.nct_id for record in found if record.trial] == ["NCT99900001"] * 2


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("March 4, 2021", "2021-03-04"),
        ("March 04, 2021", "2021-03-04"),
        ("March 2021", "2021-03"),
        ("Brumaire 2021", None),
        ("2021", None),
        ("4 March 2021", None),
    ],
)
def test_a_day_is_as_precise_as_its_words(words: str, date: str | None) -> None:
    assert labels.date(words) == date


def test_every_leaf_of_the_corpus_but_one_has_its_place() -> None:
    with gzip.open(file("ctgov-v1json/studies.jsonl.gz"), "rt") as studies:
        lines = list(studies)
    unmapped = [at for line in lines for at in ctgov_v1.read(line.encode())[0].unmapped or {}]
    assert len(lines) == 101
    assert unmapped == ["/protocolSection/statusModule/ResultsFirstPostedQCCommentsDateStruct"]
