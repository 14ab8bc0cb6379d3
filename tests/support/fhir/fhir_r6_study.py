"""A study of FHIR R6, made up, in the forms of HL7's guide on evidence-based medicine."""

from typing import Any

Node = dict[str, Any]
ROLE = "http://hl7.org/fhir/research-study-party-role"
STATE = "http://hl7.org/fhir/research-study-status"
OBJECTIVE = "http://hl7.org/fhir/research-study-objective-type"
PURPOSE = "http://terminology.hl7.org/CodeSystem/research-study-purpose-type"
SEVCO = "https://fevir.net/sevco"

GROUP: Node = {
    "resourceType": "Group",
    "id": "green",
    "title": "Drinkers of green tea",
    "type": "person",
    "membership": "definitional",
    "description": "Three cups a day",
    "code": {"text": "Experimental"},
    "characteristic": [
        {
            "code": {"text": "Exposed to"},
            "valueReference": {"display": "Green tea"},
            "exclude": False,
        },
        {"code": {"text": "Born in"}, "valueCodeableConcept": {"text": "May"}, "exclude": False},
    ],
}
STUDY: Node = {
    "resourceType": "ResearchStudy",
    "id": "tea",
    "identifier": [{"system": "https://clinicaltrials.gov", "value": "NCT09000078"}],
    "title": "Tea in Fatigue",
    "citeAs": "Teapot A. Tea in Fatigue.",
    "status": "active",
    "purposeType": [{"coding": [{"system": PURPOSE, "code": "treatment"}]}, {"text": "Comfort"}],
    "studyDesign": [{"coding": [{"system": SEVCO, "code": "SEVCO:01003"}]}],
    "descriptionSummary": "Tea is tried.",
    "condition": [{"text": "Fatigue"}],
    "classifier": [{"text": "Has Results: False"}, {"text": "Blend: Morning"}],
    "progressStatus": [
        {
            "state": {"coding": [{"system": STATE, "code": "recruiting"}]},
            "actual": True,
            "period": {"start": "2024-05-01"},
        }
    ],
    "site": [{"display": "Harbour Clinic"}],
    "associatedParty": [
        {
            "name": "Tea House",
            "role": {"coding": [{"system": ROLE, "code": "lead-sponsor"}]},
            "classifier": [{"text": "INDUSTRY"}],
        }
    ],
    "relatesTo": [
        {"type": {"coding": [{"code": "cites"}]}, "targetUri": "https://tea.example/paper"},
        {"type": {"text": "brews"}, "targetUri": "https://tea.example/brew"},
    ],
    "comparisonGroup": [
        {"eligibility": {"reference": "Group/green", "display": "Green tea"}, "targetNumber": 30},
        {"eligibility": {"reference": "Group/absent", "display": "Black tea"}},
    ],
    "objective": [
        {
            "name": "To wake people",
            "type": {"coding": [{"system": OBJECTIVE, "code": "primary"}]},
            "outcomeMeasure": [
                {"name": "Hours awake", "description": "By a diary"},
                {"endpoint": {"display": "Yawns"}},
            ],
        }
    ],
}
BUNDLE: Node = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": STUDY}, {"resource": GROUP}],
}
