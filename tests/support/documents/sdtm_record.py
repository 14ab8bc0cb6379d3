"""A record of many facts and its datasets of SDTM, and how tests find their way in them."""

import io
import json
import zipfile
from typing import Any

import trialbridge

LONG = "A criterion of many words, " + "which goes on and on, " * 10 + "and ends"
RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT99900007",
            "orgStudyIdInfo": {"id": "TEA-7"},
            "secondaryIdInfos": [
                {"id": "2021-000001-11", "type": "EUDRACT_NUMBER"},
                {"id": "JRCT-1", "type": "REGISTRY", "domain": "jRCT"},
                {"id": "G-1", "type": "OTHER_GRANT", "domain": "Tea Fund"},
            ],
            "briefTitle": "Tea in thirst",
            "officialTitle": "A Trial of Tea in Thirst",
        },
        "statusModule": {
            "overallStatus": "COMPLETED",
            "startDateStruct": {"date": "2021-03", "type": "ACTUAL"},
            "completionDateStruct": {"date": "2022-04-05", "type": "ACTUAL"},
            "lastUpdatePostDateStruct": {"date": "2024-03-01", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "House of Tea", "class": "OTHER"}},
        "oversightModule": {"oversightHasDmc": True, "isFdaRegulatedDrug": False},
        "conditionsModule": {"conditions": ["Thirst", "Heat"], "keywords": ["tea"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2"],
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "primaryPurpose": "OTHER",
                "maskingInfo": {"masking": "SINGLE", "whoMasked": ["OUTCOMES_ASSESSOR"]},
            },
            "enrollmentInfo": {"count": 60, "type": "ACTUAL"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Tea", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Tea"]},
                {"label": "Water", "type": "ACTIVE_COMPARATOR"},
                {"label": "Nothing", "type": "PLACEBO_COMPARATOR"},
            ],
            "interventions": [
                {"type": "DRUG", "name": "Tea", "armGroupLabels": ["Tea"]},
                {"type": "OTHER", "name": "Water", "armGroupLabels": ["Water"]},
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Thirst, by a scale"}],
            "otherOutcomes": [{"measure": "Cups"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": f"Inclusion Criteria:\n\n* Thirst\n* {LONG}\n\n"
            "Exclusion Criteria:\n\n* Allergy to tea",
            "healthyVolunteers": False,
            "sex": "ALL",
            "minimumAge": "18 Years",
        },
        "contactsLocationsModule": {
            "centralContacts": [{"name": "T. Pot", "role": "CONTACT", "phone": "1"}],
            "overallOfficials": [{"name": "C. Up", "role": "PRINCIPAL_INVESTIGATOR"}],
            "locations": [{"country": "Sweden"}, {"country": "Japan"}, {"country": "Sweden"}],
        },
        "referencesModule": {
            "references": [{"pmid": "12", "type": "RESULT", "citation": "Tea. 2020."}],
            "seeAlsoLinks": [{"label": "About tea", "url": "https://tea.example/"}],
        },
    },
    "derivedSection": {
        "conditionBrowseModule": {"meshes": [{"id": "D013894", "term": "Thirst"}]},
    },
}


def source(**changes: Any) -> bytes:
    return json.dumps({**RECORD, **changes}).encode()


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows(data: bytes, dataset: str = "ts") -> list[dict[str, Any]]:
    tree = json.loads(members(data)[f"{dataset}.json"])
    names = [column["name"] for column in tree["columns"]]
    return [dict(zip(names, row, strict=True)) for row in tree["rows"]]


def said(data: bytes, *names: str) -> list[tuple[Any, ...]]:
    """Give what the rows of parameters say, without the columns that are empty."""
    found = []
    for row in rows(data):
        if row["TSPARMCD"] in names:
            keys = ("TSPARMCD", "TSGRPID", "TSVAL", "TSVALNF", "TSVALCD", "TSVCDREF")
            found.append(tuple(row[key] for key in keys if row[key]))
    return found


DATA = trialbridge.convert(source(), "sdtm")
