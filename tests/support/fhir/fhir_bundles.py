"""Small records of our own, their Bundles, and how tests find their way in a Bundle."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from trialbridge.formats.fhir import r5 as fhir
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.schemas.base import BASE
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax import exact
from trialbridge.schemas.trial import Trial

HL7 = "http://hl7.org/fhir"
STATUS = f"{HL7}/research-study-status"
PHASE = f"{HL7}/research-study-phase"
DESIGN = f"{HL7}/study-design"
ROLE = f"{HL7}/research-study-party-role"


def own(system: str) -> str:
    """The url of a code system of ours."""
    return f"{BASE}/CodeSystem/{system}"


def trial_of(protocol: dict[str, Any] | None = None, **sections: Any) -> Trial:
    """A trial from the registry's JSON: `protocol` by module names without their suffix."""
    study = dict(sections)
    if protocol is not None:
        study["protocolSection"] = {f"{name}Module": module for name, module in protocol.items()}
    trial, problems = ctgov.read(json.dumps(study).encode())
    assert problems == []
    return trial


def bundle_of(trial: Trial) -> dict[str, Any]:
    """The Bundle of a trial as plain JSON, by way of its bytes."""
    data, problems = fhir.write(trial)
    assert problems == []
    bundle: dict[str, Any] = json.loads(data)
    return bundle


def read(bundle: dict[str, Any]) -> tuple[Trial, list[Problem]]:
    """What is read of a Bundle, by way of its bytes; it has the model's types in any case."""
    trial, problems = fhir.read(exact.encode(bundle))
    assert msgspec.convert(msgspec.to_builtins(trial), Trial) == trial
    return trial, problems


def comes_back(trial: Trial) -> dict[str, Any]:
    """The Bundle of a trial, which reads as that trial, with no warning and in the same bytes."""
    bundle = bundle_of(trial)
    back, problems = read(bundle)
    assert back == trial
    assert problems == []
    assert fhir.write(back)[0] == fhir.write(trial)[0]
    return bundle


def at(trial: Trial, way: str) -> Any:
    """The value at a way into the protocol section, in the model's JSON keys; None if absent."""
    found: Any = msgspec.to_builtins(trial).get("protocolSection", {})
    for step in way.split("/"):
        key = int(step) if step.isdecimal() else step
        try:
            found = found[key]
        except LookupError:
            return None
    return found


def resources(bundle: dict[str, Any], type_: str) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [resource for resource in found if resource["resourceType"] == type_]


def study(bundle: dict[str, Any]) -> dict[str, Any]:
    (found,) = resources(bundle, "ResearchStudy")
    return found


def resolve(bundle: dict[str, Any], link: dict[str, Any] | str) -> dict[str, Any]:
    """The one resource that a Reference or a canonical url leads to."""
    name = link if isinstance(link, str) else link["reference"]
    (found,) = [
        entry["resource"]
        for entry in bundle["entry"]
        if name in (entry["fullUrl"], entry["fullUrl"].removeprefix(f"{BASE}/"))
    ]
    assert isinstance(found, dict)
    return found


def codes(concept: dict[str, Any]) -> set[tuple[str, str]]:
    """(system, code) of each Coding of a CodeableConcept."""
    return {(coding["system"], coding["code"]) for coding in concept.get("coding", ())}


def one(nodes: list[dict[str, Any]], member: str, system: str, code: str) -> dict[str, Any]:
    """The one element of a list whose member has this code."""
    (found,) = [node for node in nodes if (system, code) in codes(node.get(member, {}))]
    return found


def extensions(node: Any, base: str) -> list[dict[str, Any]]:
    """Every extension whose url begins so, at any depth."""
    return [
        extension
        for holder in objects(node)
        for extension in holder.get("extension", ())
        if extension["url"].startswith(base)
    ]


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node:
        if isinstance(inner, dict | list):
            yield from objects(inner)


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from strings(inner)


CRITERIA = """Inclusion Criteria:

* Age 18 years or older
* Haemoglobin \\> 9 g/dL

  * measured within a week
* Written consent

Exclusion Criteria:

* Pregnancy
* Another trial within 30 days"""

FULL_PROTOCOL: dict[str, Any] = {
    "identification": {
        "nctId": "NCT09000001",
        "nctIdAliases": ["NCT08999999"],
        "orgStudyIdInfo": {"id": "ORG-1", "type": "NIH", "link": "https://example.org/org-1"},
        "secondaryIdInfos": [
            {"id": "2024-000001-01", "type": "EUDRACT_NUMBER"},
            {"id": "GRANT 7", "type": "OTHER_GRANT", "domain": "A foundation"},
            {"id": "bare"},
        ],
        "organization": {"fullName": "Example Hospital", "class": "OTHER"},
        "briefTitle": "Aspirin for Headache",
        "officialTitle": "A Randomized Trial of Aspirin for Headache",
        "acronym": "AFH",
    },
    "status": {
        "statusVerifiedDate": "2024-03",
        "overallStatus": "TERMINATED",
        "whyStopped": "Slow \\& low accrual",
        "expandedAccessInfo": {
            "hasExpandedAccess": True,
            "nctId": "NCT09000099",
            "statusForNctId": "AVAILABLE",
        },
        "startDateStruct": {"date": "2020-01", "type": "ACTUAL"},
        "primaryCompletionDateStruct": {"date": "2023-05-06", "type": "ACTUAL"},
        "completionDateStruct": {"date": "2025", "type": "ESTIMATED"},
        "studyFirstSubmitDate": "2019-11-02",
        "studyFirstSubmitQcDate": "2019-11-05",
        "studyFirstPostDateStruct": {"date": "2019-11-07", "type": "ACTUAL"},
        "lastUpdateSubmitDate": "2024-03-03",
        "lastUpdatePostDateStruct": {"date": "2024-03-05", "type": "ESTIMATED"},
    },
    "sponsorCollaborators": {
        "responsibleParty": {
            "type": "PRINCIPAL_INVESTIGATOR",
            "investigatorFullName": "Ada Able",
            "investigatorTitle": "Professor",
            "investigatorAffiliation": "Example Hospital",
        },
        "leadSponsor": {"name": "Example Hospital", "class": "OTHER"},
        "collaborators": [{"name": "A Company", "class": "INDUSTRY"}, {"name": "No Class"}],
    },
    "oversight": {
        "oversightHasDmc": True,
        "isFdaRegulatedDrug": True,
        "isFdaRegulatedDevice": False,
    },
    "description": {"briefSummary": "Short.", "detailedDescription": "Long.\n\n* item \\< 3"},
    "conditions": {"conditions": ["Headache", "Migraine"], "keywords": ["pain", "aspirin"]},
    "design": {
        "studyType": "INTERVENTIONAL",
        "phases": ["PHASE2", "PHASE3"],
        "designInfo": {
            "allocation": "RANDOMIZED",
            "interventionModel": "PARALLEL",
            "interventionModelDescription": "Two groups",
            "primaryPurpose": "TREATMENT",
            "maskingInfo": {
                "masking": "DOUBLE",
                "maskingDescription": "Opaque capsules",
                "whoMasked": ["PARTICIPANT", "INVESTIGATOR"],
            },
        },
        "bioSpec": {"retention": "SAMPLES_WITH_DNA", "description": "Blood"},
        "enrollmentInfo": {"count": 120, "type": "ACTUAL"},
    },
    "armsInterventions": {
        "armGroups": [
            {
                "label": "Aspirin",
                "type": "EXPERIMENTAL",
                "description": "Daily",
                "interventionNames": ["Drug: aspirin", "Behavioral: diary"],
            },
            {
                "label": "Placebo",
                "type": "PLACEBO_COMPARATOR",
                "description": "Daily too",
                "interventionNames": ["Drug: placebo", "Behavioral: diary"],
            },
        ],
        "interventions": [
            {
                "type": "DRUG",
                "name": "aspirin",
                "description": "100 mg",
                "armGroupLabels": ["Aspirin"],
                "otherNames": ["ASA", "acetylsalicylic acid"],
            },
            {"type": "DRUG", "name": "placebo", "armGroupLabels": ["Placebo"]},
            {"type": "BEHAVIORAL", "name": "diary", "armGroupLabels": ["Aspirin", "Placebo"]},
        ],
    },
    "outcomes": {
        "primaryOutcomes": [
            {"measure": "Pain", "description": "On a scale", "timeFrame": "2 hours"},
            {"measure": "Relief", "timeFrame": "1 day"},
        ],
        "secondaryOutcomes": [{"measure": "Nausea", "timeFrame": "4 weeks"}],
        "otherOutcomes": [{"measure": "Cost"}],
    },
    "eligibility": {
        "eligibilityCriteria": CRITERIA,
        "healthyVolunteers": False,
        "sex": "FEMALE",
        "genderBased": True,
        "genderDescription": "As registered",
        "minimumAge": "18 Years",
        "maximumAge": "65 Years",
        "stdAges": ["ADULT", "OLDER_ADULT"],
        "studyPopulation": "Outpatients",
        "samplingMethod": "PROBABILITY_SAMPLE",
    },
    "contactsLocations": {
        "centralContacts": [
            {
                "name": "Desk",
                "role": "CONTACT",
                "phone": "+1 555 0100",
                "phoneExt": "12",
                "email": "desk@example.org",
            }
        ],
        "overallOfficials": [
            {"name": "Ada Able, MD", "affiliation": "Example Hospital", "role": "STUDY_CHAIR"},
            {"name": "Ben Bold", "affiliation": "Elsewhere", "role": "PRINCIPAL_INVESTIGATOR"},
        ],
        "locations": [
            {
                "facility": "Example Hospital",
                "status": "RECRUITING",
                "city": "Basel",
                "state": "BS",
                "zip": "4001",
                "country": "Switzerland",
                "contacts": [
                    {"name": "Cy Cole", "role": "CONTACT", "phone": "1", "email": "cy@example.org"},
                    {"name": "Di Dale", "role": "PRINCIPAL_INVESTIGATOR"},
                ],
                "geoPoint": {"lat": 47.55, "lon": 7.58},
            },
            {"facility": "Clinic", "city": "Bern", "country": "Switzerland"},
        ],
    },
    "references": {
        "references": [
            {"pmid": "12345678", "type": "BACKGROUND", "citation": "Able A. Aspirin. 2001."},
            {
                "type": "RESULT",
                "citation": "Bold B. Pain. 2002.",
                "retractions": [{"pmid": "87654321", "source": "J Pain. 2003"}],
            },
        ],
        "seeAlsoLinks": [
            {"label": "Home", "url": "https://example.org/a b"},
            {"url": "https://example.org/"},
        ],
        "availIpds": [
            {"id": "D-1", "type": "Protocol", "url": "https://example.org/d", "comment": "Free"}
        ],
    },
    "ipdSharingStatement": {
        "ipdSharing": "YES",
        "description": "All of it",
        "infoTypes": ["STUDY_PROTOCOL", "SAP"],
        "timeFrame": "5 years",
        "accessCriteria": "On request",
        "url": "https://example.org/ipd",
    },
}

FULL: dict[str, Any] = {
    "protocolSection": {f"{name}Module": module for name, module in FULL_PROTOCOL.items()},
    "annotationSection": {
        "annotationModule": {
            "unpostedAnnotation": {
                "unpostedResponsibleParty": "Example Hospital",
                "unpostedEvents": [{"type": "RELEASE", "date": "2024-02-01"}],
            },
            "violationAnnotation": {
                "violationEvents": [
                    {
                        "type": "VIOLATION_IDENTIFIED",
                        "description": "Late",
                        "issuedDate": "2024-02-02",
                    }
                ]
            },
        }
    },
    "documentSection": {
        "largeDocumentModule": {
            "largeDocs": [
                {
                    "typeAbbrev": "Prot_SAP",
                    "hasProtocol": True,
                    "hasSap": True,
                    "hasIcf": False,
                    "label": "Protocol and plan",
                    "date": "2021-04-05",
                    "uploadDate": "2022-01-02T03:04",
                    "filename": "Prot_SAP_000.pdf",
                    "size": 1234567,
                }
            ]
        }
    },
    "derivedSection": {
        "miscInfoModule": {
            "versionHolder": "2024-04-01",
            "removedCountries": ["France"],
            "submissionTracking": {
                "estimatedResultsFirstSubmitDate": "2024-05-06",
                "firstMcpInfo": {"postDateStruct": {"date": "2024-05-07", "type": "ACTUAL"}},
                "submissionInfos": [{"releaseDate": "2024-05-06", "mcpReleaseN": 1}],
            },
        },
        "conditionBrowseModule": {
            "meshes": [
                {"id": "D008881", "term": "Migraine Disorders"},
                {"id": "D006261", "term": "Headache"},
            ],
            "ancestors": [{"id": "D001927", "term": "Brain Diseases"}],
            "browseLeaves": [
                {
                    "id": "M11000",
                    "name": "Migraine Disorders",
                    "asFound": "Migraine",
                    "relevance": "HIGH",
                }
            ],
            "browseBranches": [{"abbrev": "BC10", "name": "Nervous System Diseases"}],
        },
        "interventionBrowseModule": {"meshes": [{"id": "D001241", "term": "Aspirin"}]},
    },
    "hasResults": False,
}


@cache
def full() -> Trial:
    """A record with something in every module but the results."""
    return trial_of(**FULL)
