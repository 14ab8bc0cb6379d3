"""The record that each process converts before any request: what records need is loaded by it.

It is nobody's, and says as little as it may of each kind of thing that records mostly have.
"""

from typing import Any, Final

import msgspec

_GROUP: Final = {"id": "OG000", "title": "A", "description": "A"}
_VALUE: Final = {"groupId": "OG000", "value": "1.5", "spread": "0.5"}
_COUNT: Final = {"units": "Participants", "counts": [{"groupId": "OG000", "value": "1"}]}
_DATE: Final = {"date": "2024-01-01", "type": "ACTUAL"}

_MEASURE: Final[dict[str, Any]] = {
    "type": "PRIMARY",
    "title": "A",
    "reportingStatus": "POSTED",
    "paramType": "MEAN",
    "dispersionType": "Standard Deviation",
    "unitOfMeasure": "mm",
    "timeFrame": "12 weeks",
    "groups": [_GROUP, _GROUP | {"id": "OG001"}],
    "denoms": [_COUNT],
    "classes": [{"categories": [{"measurements": [_VALUE]}]}],
    "analyses": [
        {
            "groupIds": ["OG000", "OG001"],
            "statisticalMethod": "t-test, 2 sided",
            "pValue": "0.05",
            "paramType": "Mean Difference (Final Values)",
            "paramValue": "1.0",
            "ciPctValue": "95",
            "ciNumSides": "TWO_SIDED",
            "ciLowerLimit": "0.5",
            "ciUpperLimit": "1.5",
        }
    ],
}

_BASELINE: Final = {
    "groups": [{"id": "BG000", "title": "A"}],
    "denoms": [{"units": "Participants", "counts": [{"groupId": "BG000", "value": "1"}]}],
    "measures": [
        {
            "title": "Age, Continuous",
            "paramType": "MEAN",
            "dispersionType": "STANDARD_DEVIATION",
            "unitOfMeasure": "years",
            "classes": [{"categories": [{"measurements": [_VALUE | {"groupId": "BG000"}]}]}],
        }
    ],
}

_FLOW: Final = {
    "groups": [{"id": "FG000", "title": "A"}],
    "periods": [
        {
            "title": "Overall Study",
            "milestones": [
                {"type": kind, "achievements": [{"groupId": "FG000", "numSubjects": "1"}]}
                for kind in ("STARTED", "COMPLETED")
            ],
        }
    ],
}

_EVENTS: Final = {
    "timeFrame": "12 weeks",
    "eventGroups": [
        {"id": "EG000", "title": "A", "seriousNumAffected": 1, "seriousNumAtRisk": 1},
    ],
    "seriousEvents": [
        {
            "term": "A",
            "organSystem": "Cardiac disorders",
            "stats": [{"groupId": "EG000", "numAffected": 1, "numAtRisk": 1}],
        }
    ],
}

FIRST: Final = msgspec.json.encode(
    {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000000", "briefTitle": "A"},
            "statusModule": {"overallStatus": "COMPLETED", "startDateStruct": _DATE},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "A", "class": "INDUSTRY"}},
            "conditionsModule": {"conditions": ["A"], "keywords": ["A"]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE2"],
                "designInfo": {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL"},
                "enrollmentInfo": {"count": 1, "type": "ACTUAL"},
            },
            "armsInterventionsModule": {
                "armGroups": [
                    {"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: A"]}
                ],
                "interventions": [{"type": "DRUG", "name": "A", "armGroupLabels": ["A"]}],
            },
            "outcomesModule": {"primaryOutcomes": [{"measure": "A", "timeFrame": "12 weeks"}]},
            "eligibilityModule": {
                "eligibilityCriteria": "Inclusion Criteria:\n\n* Age of 18 years or more\n* A",
                "sex": "ALL",
                "minimumAge": "18 Years",
            },
            "contactsLocationsModule": {
                "overallOfficials": [{"name": "A", "role": "PRINCIPAL_INVESTIGATOR"}],
                "locations": [{"facility": "A", "city": "A", "country": "United States"}],
            },
        },
        "resultsSection": {
            "participantFlowModule": _FLOW,
            "baselineCharacteristicsModule": _BASELINE,
            "outcomeMeasuresModule": {"outcomeMeasures": [_MEASURE]},
            "adverseEventsModule": _EVENTS,
        },
        "derivedSection": {
            "conditionBrowseModule": {"meshes": [{"id": "D000001", "term": "A"}]},
        },
        "hasResults": True,
    }
)
