"""A study as HL7's example of a ClinicalTrials.gov record has it, of a trial that we made up."""

from typing import Any

from fhir_bundles import HL7, ROLE, STATUS

Node = dict[str, Any]
THO = "http://terminology.hl7.org/CodeSystem"
LINKING = "https://linking.example/id"


def concept(system: str, code: str, display: str | None = None) -> Node:
    coding = {"system": system, "code": code}
    return {"coding": [coding if display is None else {**coding, "display": display}]}


def linked(value: str) -> Node:
    """A reference that nothing but its own maker can follow."""
    return {
        "type": "EvidenceVariable",
        "identifier": {
            "type": {"text": "Linking Identifier"},
            "system": LINKING,
            "value": value,
            "assigner": {"display": "Converters Inc"},
        },
    }


def drug(id_: str, title: str, description: str) -> Node:
    return {
        "resourceType": "EvidenceVariable",
        "id": id_,
        "name": id_.replace("-", "_"),
        "title": title,
        "status": "active",
        "description": description,
        "useContext": [
            {
                "code": {
                    "system": "https://clinicaltrials.gov",
                    "code": "interventionType",
                    "display": "Intervention Type for CT.gov",
                },
                "valueCodeableConcept": {"text": "DRUG"},
            }
        ],
    }


def converted() -> Node:
    """One resource with all that it refers to in it, most codes in words."""
    return {
        "resourceType": "ResearchStudy",
        "id": "kite-study",
        "contained": [
            drug("kite-5-mg", "Kitanib 5 mg", "Kitanib tablet"),
            drug("kite-10-mg", "Kitanib 10 mg", "Kitanib tablet, twice"),
            drug("sugar", "Placebo", "Placebo tablet"),
            {
                "resourceType": "Practitioner",
                "id": "central-contact-0",
                "name": [{"text": "Lee Chen"}],
                "telecom": [
                    {"system": "phone", "value": "555 0100"},
                    {"system": "email", "value": "lee@trials.example"},
                    {"system": "fax", "value": "555 0199"},
                ],
            },
            {
                "resourceType": "ResearchStudy",
                "id": "location-0-study",
                "partOf": [{"reference": "#", "type": "ResearchStudy"}],
                "status": "active",
                "site": [{"reference": "#location-0", "type": "Location"}],
                "progressStatus": [{"state": concept(STATUS, "recruiting", "Recruiting")}],
            },
            {
                "resourceType": "Location",
                "id": "location-0",
                "name": "Harbour Clinic",
                "address": {
                    "city": "Hobart",
                    "state": "Tasmania",
                    "postalCode": "7000",
                    "country": "Australia",
                },
                "position": {"longitude": 147.25, "latitude": -42.75},
            },
        ],
        "url": "https://converters.example/ResearchStudy/9",
        "identifier": [
            {
                "type": {"text": "Object Identifier"},
                "system": "https://converters.example",
                "value": "9",
                "assigner": {"display": "Converters Inc"},
            },
            {"use": "official", "system": "https://clinicaltrials.gov", "value": "NCT09000077"},
            {"value": "KITE-01", "assigner": {"display": "Kite Pharma"}},
        ],
        "name": "NCT09000077_FHIR_Transform",
        "title": "Kitanib in Healthy Subjects",
        "label": [
            {"type": {"text": "Official Title"}, "value": "A Randomized Study of Kitanib"},
            {"type": {"text": "Nickname"}, "value": "Kite"},
        ],
        "relatedArtifact": [
            {"type": "transforms", "document": {"url": "https://registry.example/NCT09000077"}},
        ],
        "status": "active",
        "primaryPurposeType": concept(f"{THO}/research-study-prim-purp-type", "treatment"),
        "phase": concept(f"{THO}/research-study-phase", "phase-1", "Phase 1"),
        "studyDesign": [
            {"text": "Design Masking: Quadruple"},
            {"text": "Design Who Masked: Participant"},
            {"text": "Design Who Masked: Care Provider"},
            {"text": "Design Allocation: Randomized"},
            {"text": "Design Intervention Model: Sequential Assignment"},
            {"text": "Design Weather: Fair"},
            {"text": "CT.gov StudyType: INTERVENTIONAL"},
        ],
        "condition": [{"text": "Healthy Subjects"}],
        "keyword": [{"text": "Safety, Kitanib"}],
        "descriptionSummary": "A study of kites.",
        "site": [{"reference": "#location-0-study", "type": "ResearchStudy"}],
        "classifier": [
            {"text": "Has Results: False"},
            {"text": "Oversight Classifier: oversightHasDmc Yes"},
            {"text": "Oversight Classifier: isFdaRegulatedDrug No"},
            {"text": "Oversight Classifier: isBlue No"},
        ],
        "associatedParty": [
            {
                "name": "Kite Pharma",
                "role": concept(ROLE, "sponsor", "Sponsor"),
                "classifier": [{"text": "INDUSTRY"}],
            },
            {
                "name": "Kite Australia",
                "role": concept(ROLE, "lead-sponsor", "Lead Sponsor"),
                "classifier": [{"text": "INDUSTRY"}],
            },
            {
                "name": "Lee Chen",
                "role": concept(ROLE, "recruitment-contact", "Recruitment Contact"),
                "classifier": [{"text": "Contact"}],
                "party": {"reference": "#central-contact-0", "type": "Practitioner"},
            },
            {
                "name": "Ada Byron, Doctor",
                "role": {"text": "Principal Investigator"},
                "party": {"display": "Harbour Clinic"},
            },
        ],
        "progressStatus": [
            {"state": concept(STATUS, "recruiting", "Recruiting")},
            {
                "state": concept(STATUS, "overall-study", "Overall Study"),
                "actual": False,
                "period": {"start": "2022-12-06", "end": "2023-06"},
            },
        ],
        "recruitment": {
            "targetNumber": 62,
            "eligibility": {
                "reference": "https://converters.example/EvidenceVariable/10",
                **linked("NCT09000077 Eligibility Criteria"),
            },
        },
        "comparisonGroup": [
            {
                "linkId": "kite",
                "name": "Kitanib",
                "type": {"text": "Experimental"},
                "description": "Kitanib, either dose",
                "intendedExposure": [
                    {
                        "reference": "#kite-5-mg",
                        "type": "EvidenceVariable",
                        "display": "Drug: Kitanib 5 mg",
                    },
                    {
                        "reference": "#kite-10-mg",
                        "type": "EvidenceVariable",
                        "display": "Drug: Kitanib 10 mg",
                    },
                ],
            },
            {
                "linkId": "placebo",
                "name": "Placebo",
                "type": {"text": "Placebo Comparator"},
                "intendedExposure": [{"reference": "#sugar", "display": "Drug: Placebo"}],
            },
        ],
        "outcomeMeasure": [
            {
                "name": "Adverse events",
                "type": [concept(f"{THO}/research-study-objective-type", "primary", "Primary")],
                "description": "Their incidence",
                "reference": linked("NCT09000077-primaryOutcome-0"),
            },
            {
                "name": "Effect of food",
                "type": [concept(f"{HL7}/research-study-objective-type", "secondary")],
            },
        ],
    }
