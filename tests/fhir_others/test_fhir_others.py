"""Documents of others: what they say in other forms than ours is read, the rest is kept.

https://hl7.org/fhir/R5/researchstudy-example-ctgov-study-record.html has the forms of the first.
"""

import json
from typing import Any

import msgspec
import pytest
from fhir_bundles import at, read
from fhir_examples import examples
from fhir_others import Node, converted

import trialbridge
from trialbridge.formats.fhir import r5 as fhir
from trialbridge.schemas.fhir.validate import validate
from trialbridge.schemas.trial import Trial

MODULES: dict[str, Any] = {
    "identification": {
        "nctId": "NCT09000077",
        "orgStudyIdInfo": {"id": "KITE-01"},
        "secondaryIdInfos": [{"id": "9", "domain": "Converters Inc"}],
        "briefTitle": "Kitanib in Healthy Subjects",
        "officialTitle": "A Randomized Study of Kitanib",
        "organization": {"fullName": "Kite Pharma", "class": "INDUSTRY"},
    },
    "status": {
        "overallStatus": "RECRUITING",
        "startDateStruct": {"date": "2022-12-06", "type": "ESTIMATED"},
        "completionDateStruct": {"date": "2023-06", "type": "ESTIMATED"},
    },
    "sponsorCollaborators": {"leadSponsor": {"name": "Kite Australia", "class": "INDUSTRY"}},
    "oversight": {"oversightHasDmc": True, "isFdaRegulatedDrug": False},
    "description": {"briefSummary": "A study of kites."},
    # One keyword, as it was given: a comma may be part of one.
    "conditions": {"conditions": ["Healthy Subjects"], "keywords": ["Safety, Kitanib"]},
    "design": {
        "studyType": "INTERVENTIONAL",
        "phases": ["PHASE1"],
        "designInfo": {
            "allocation": "RANDOMIZED",
            "interventionModel": "SEQUENTIAL",
            "primaryPurpose": "TREATMENT",
            "maskingInfo": {
                "masking": "QUADRUPLE",
                "whoMasked": ["PARTICIPANT", "CARE_PROVIDER"],
            },
        },
        "enrollmentInfo": {"count": 62, "type": "ESTIMATED"},
    },
    "armsInterventions": {
        "armGroups": [
            {
                "label": "Kitanib",
                "type": "EXPERIMENTAL",
                "description": "Kitanib, either dose",
                "interventionNames": ["Drug: Kitanib 5 mg", "Drug: Kitanib 10 mg"],
            },
            {
                "label": "Placebo",
                "type": "PLACEBO_COMPARATOR",
                "interventionNames": ["Drug: Placebo"],
            },
        ],
        "interventions": [
            {
                "type": "DRUG",
                "name": "Kitanib 5 mg",
                "description": "Kitanib tablet",
                "armGroupLabels": ["Kitanib"],
            },
            {
                "type": "DRUG",
                "name": "Kitanib 10 mg",
                "description": "Kitanib tablet, twice",
                "armGroupLabels": ["Kitanib"],
            },
            {
                "type": "DRUG",
                "name": "Placebo",
                "description": "Placebo tablet",
                "armGroupLabels": ["Placebo"],
            },
        ],
    },
    "outcomes": {
        "primaryOutcomes": [{"measure": "Adverse events", "description": "Their incidence"}],
        "secondaryOutcomes": [{"measure": "Effect of food"}],
    },
    "contactsLocations": {
        "centralContacts": [
            {
                "name": "Lee Chen",
                "role": "CONTACT",
                "phone": "555 0100",
                "email": "lee@trials.example",
            }
        ],
        "overallOfficials": [
            {
                "name": "Ada Byron, Doctor",
                "affiliation": "Harbour Clinic",
                "role": "PRINCIPAL_INVESTIGATOR",
            }
        ],
        "locations": [
            {
                "facility": "Harbour Clinic",
                "status": "RECRUITING",
                "city": "Hobart",
                "state": "Tasmania",
                "zip": "7000",
                "country": "Australia",
                "geoPoint": {"lat": -42.75, "lon": 147.25},
            }
        ],
    },
}


@pytest.mark.parametrize("module", MODULES)
def test_a_study_with_its_codes_in_words_and_all_in_one_resource_is_read(module: str) -> None:
    trial, _ = read(converted())
    found = msgspec.to_builtins(trial)["protocolSection"]
    assert found[f"{module}Module"] == MODULES[module]
    assert found.keys() == {f"{name}Module" for name in MODULES}
    assert trial.has_results is False


def test_what_is_no_part_of_a_record_is_kept() -> None:
    trial, _ = read(converted())
    assert trial.unmapped is not None
    kept = {key: value for key, value in trial.unmapped.items() if "/reference" not in key}
    assert kept == {
        "/fhir/EvidenceVariable/kite-5-mg": {"name": "kite_5_mg"},
        "/fhir/EvidenceVariable/kite-10-mg": {"name": "kite_10_mg"},
        "/fhir/EvidenceVariable/sugar": {"name": "sugar"},
        "/fhir/Practitioner/central-contact-0": {
            "telecom": [{"system": "fax", "value": "555 0199"}]
        },
        "/fhir/study/classifier/3": {"text": "Oversight Classifier: isBlue No"},
        "/fhir/study/identifier/0/system": "https://converters.example",
        "/fhir/study/identifier/0/type": {"text": "Object Identifier"},
        "/fhir/study/label/1": {"type": {"text": "Nickname"}, "value": "Kite"},
        "/fhir/study/name": "NCT09000077_FHIR_Transform",
        "/fhir/study/recruitment/eligibility": converted()["recruitment"]["eligibility"],
        "/fhir/study/relatedArtifact": converted()["relatedArtifact"],
        "/fhir/study/studyDesign/5": {"text": "Design Weather: Fair"},
        "/fhir/study/url": "https://converters.example/ResearchStudy/9",
    }


def loses_nothing(data: bytes, module: Any = fhir) -> Trial:
    """What was read, which comes back from our Bundle of it, that being valid."""
    trial, _ = module.read(data)
    again, problems = module.write(trial)
    assert problems == []
    assert [str(p) for p in validate(json.loads(again), "r5") if p.severity == "error"] == []
    assert module.read(again) == (trial, [])
    return trial


def test_what_was_read_and_what_was_kept_comes_back() -> None:
    trial = loses_nothing(json.dumps(converted()).encode())
    told: list[trialbridge.Problem] = []
    assert b'"fhir"' not in trialbridge.write(trial, "ctgov", warnings=told)
    assert {problem.path for problem in told} == set(trial.unmapped or ())
    assert {problem.code for problem in told} == {"not-carried"}
    assert b"/fhir/study/studyDesign/5" in trialbridge.write(trial, "trial")


def test_only_what_was_taken_for_something_is_told_beside_what_was_not_read() -> None:
    _, problems = read(converted())
    told = [str(p) for p in problems if p.code not in ("not-read", "unresolved")]
    assert told == [
        "warning: ResearchStudy.associatedParty.party.display: 'Harbour Clinic' is read as the "
        "affiliation of 'Ada Byron, Doctor'"
    ]


def test_hl7_s_example_of_a_registry_s_record_is_read() -> None:
    """Facts of NCT05503693, which is public: counts and codes, as the registry has them."""
    named = dict(examples("r5", "ResearchStudy"))
    data = named["ResearchStudy-example-ctgov-study-record.json"]
    trial = loses_nothing(data)
    source: Node = json.loads(data)
    assert at(trial, "identificationModule/nctId") == "NCT05503693"
    assert at(trial, "identificationModule/orgStudyIdInfo/id") == "AP303-PK-01"
    assert at(trial, "identificationModule/briefTitle") == source["title"]
    assert at(trial, "identificationModule/officialTitle") == source["label"][0]["value"]
    assert at(trial, "statusModule/overallStatus") == "RECRUITING"
    assert at(trial, "statusModule/startDateStruct/date") == "2022-12-06"
    assert at(trial, "statusModule/completionDateStruct/date") == "2023-06"
    sponsor = at(trial, "sponsorCollaboratorsModule/leadSponsor")
    assert sponsor == {"name": "Alebund Pty Ltd", "class": "INDUSTRY"}
    arms = at(trial, "armsInterventionsModule/armGroups")
    assert [arm["type"] for arm in arms] == ["EXPERIMENTAL", "PLACEBO_COMPARATOR"]
    assert [len(arm["interventionNames"]) for arm in arms] == [4, 4]
    interventions = at(trial, "armsInterventionsModule/interventions")
    assert [one["type"] for one in interventions] == ["DRUG"] * 8
    assert len({one["name"] for one in interventions}) == 8
    assert len(at(trial, "outcomesModule/primaryOutcomes")) == 19
    assert len(at(trial, "outcomesModule/secondaryOutcomes")) == 8
    contacts = at(trial, "contactsLocationsModule")
    assert contacts["overallOfficials"][0]["role"] == "PRINCIPAL_INVESTIGATOR"
    assert contacts["centralContacts"][0].keys() == {"name", "role", "phone", "email"}
    (site,) = contacts["locations"]
    assert (site["city"], site["status"]) == ("Melbourne", "RECRUITING")
    design = at(trial, "designModule/designInfo")
    assert design["interventionModel"] == "SEQUENTIAL"
    assert design["maskingInfo"]["masking"] == "QUADRUPLE"
    assert len(design["maskingInfo"]["whoMasked"]) == 4
