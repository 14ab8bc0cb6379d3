"""FHIR R6 of the ballot: a study as HL7's guide on evidence-based medicine has it is read.

https://build.fhir.org/ig/HL7/ebm/StructureDefinition-study-registry-record.html
"""

import json
from typing import Any

import msgspec
import pytest
from fhir_r6_study import BUNDLE, GROUP, OBJECTIVE, PURPOSE, ROLE, SEVCO, STATE, STUDY, Node

import trialbridge
from trialbridge.formats import by_name
from trialbridge.mappings.fhir.versions.r6 import from_r6


def source(tree: Node = BUNDLE) -> bytes:
    return json.dumps(tree).encode()


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [value]


def model(data: bytes) -> Node:
    built: Node = msgspec.to_builtins(trialbridge.read(data))
    return built


def test_r6_is_recognised_read_and_neither_written_nor_checked() -> None:
    known = trialbridge.recognise(source())
    assert (known.name, known.uses) == ("fhir-r6", "read")
    with pytest.raises(trialbridge.UnknownFormat, match="fhir-r6 is not written; written are "):
        by_name("fhir-r6", "written")


def test_what_r6_has_under_other_names_is_in_the_record() -> None:
    converted = json.loads(trialbridge.convert(source(), "ctgov"))["protocolSection"]
    assert converted["identificationModule"]["nctId"] == "NCT09000078"
    assert converted["statusModule"]["overallStatus"] == "RECRUITING"
    assert converted["sponsorCollaboratorsModule"]["leadSponsor"] == {
        "name": "Tea House",
        "class": "INDUSTRY",
    }
    assert converted["designModule"]["designInfo"] == {
        "allocation": "RANDOMIZED",
        "primaryPurpose": "TREATMENT",
    }
    assert converted["armsInterventionsModule"] == {
        "armGroups": [
            {
                "label": "Green tea",
                "type": "EXPERIMENTAL",
                "description": "Three cups a day",
                "interventionNames": ["Green tea"],
            },
            {"label": "Black tea"},
        ],
        "interventions": [{"name": "Green tea", "armGroupLabels": ["Green tea"]}],
    }
    assert converted["outcomesModule"] == {
        "primaryOutcomes": [
            {"measure": "Hours awake", "description": "By a diary"},
            {"measure": "Yawns"},
        ]
    }
    assert converted["contactsLocationsModule"]["locations"] == [{"facility": "Harbour Clinic"}]


def test_what_no_row_reads_is_kept_and_told() -> None:
    trial, problems = by_name("fhir-r6").read(source())
    kept = trial.unmapped or {}
    made_by_us = [name for name in kept if name.endswith("/linkId")]
    assert {name: value for name, value in kept.items() if name not in made_by_us} == {
        "/fhir/study/citeAs": "Teapot A. Tea in Fatigue.",
        "/fhir/study/classifier/1": {"text": "Blend: Morning"},
        "/fhir/study/progressStatus/0/actual": True,
        "/fhir/study/progressStatus/0/period": {"start": "2024-05-01"},
        "/fhir/study/comparisonGroup/0/targetNumber": 30,
        "/fhir/study/comparisonGroup/0/eligibility": {"reference": "Group/green"},
        "/fhir/study/comparisonGroup/1/eligibility": {"reference": "Group/absent"},
        "/fhir/study/purposeType": [{"text": "Comfort"}],
        "/fhir/study/relatedArtifact/0/document": {"url": "https://tea.example/paper"},
        "/fhir/study/relatesTo": [
            {"type": {"text": "brews"}, "targetUri": "https://tea.example/brew"}
        ],
        "/fhir/study/outcomeMeasure/1/reference": {"display": "Yawns"},
        "/fhir/study/objective": [
            {
                "name": "To wake people",
                "type": {"coding": [{"system": OBJECTIVE, "code": "primary"}]},
            }
        ],
        "/fhir/Group/green": {
            "title": "Drinkers of green tea",
            "type": "person",
            "membership": "definitional",
            "characteristic": [GROUP["characteristic"][1]],
        },
    }
    assert {problem.code for problem in problems} == {"not-read"}
    told = {problem.path for problem in problems}
    assert {
        "ResearchStudy.citeAs",
        "ResearchStudy.comparisonGroup.targetNumber",
        "ResearchStudy.objective.name",
        "ResearchStudy.purposeType.text",
        "ResearchStudy.relatesTo.targetUri",
        "Group.characteristic.valueCodeableConcept.text",
    } <= told


def test_each_word_is_in_the_record_or_kept() -> None:
    # What the record says in its own words, and names that only bind the document together.
    in_our_words = {
        *("Bundle", "collection", "ResearchStudy", "active", "tea", "Group", "green"),
        *(ROLE, "lead-sponsor", STATE, "recruiting", PURPOSE, "treatment", SEVCO, "SEVCO:01003"),
        *("https://clinicaltrials.gov", "cites"),
        *("Exposed to", "Experimental", "Has Results: False"),
    }
    told = {str(leaf) for leaf in leaves(model(source()))}
    said = {str(leaf) for leaf in leaves(BUNDLE)}
    assert said - told == in_our_words


@pytest.mark.parametrize(
    "study",
    [
        {"objective": 5, "purposeType": "x", "relatesTo": {}, "comparisonGroup": "y"},
        {"objective": [5, {"outcomeMeasure": [6]}], "relatesTo": [7], "outcomeMeasure": 8},
        {"relatesTo": STUDY["relatesTo"], "relatedArtifact": {"type": "cites"}},
        {"comparisonGroup": [{"eligibility": "Group/green"}, 9, {"eligibility": {"reference": 1}}]},
        {"studyDesign": [1, {"coding": 2}, {"coding": [3]}]},
        {"contained": 4},
    ],
)
def test_what_is_not_of_the_form_stays_where_it_stood(study: Node) -> None:
    tree = {"resourceType": "ResearchStudy", **study}
    before = json.dumps(tree)
    assert from_r6(tree) == tree
    assert from_r6({"resourceType": "Bundle", "entry": [{"resource": tree}, 5]}) == {
        "resourceType": "Bundle",
        "entry": [{"resource": tree}, 5],
    }
    assert json.dumps(tree) == before
