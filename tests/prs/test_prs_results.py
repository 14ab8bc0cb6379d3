"""PRS upload XML: results at their places, valid by the registry's schemas, and back."""

from typing import Any

import msgspec
from prs_schemas import ACCOUNT, faults, study_of

import trialbridge
from trialbridge.formats.registries.clinicaltrials_gov import prs
from trialbridge.schemas.prs.validate import check

RECORD: dict[str, Any] = {
    "protocolSection": {"identificationModule": {"orgStudyIdInfo": {"id": "TEA-1"}}},
    "resultsSection": {
        "participantFlowModule": {
            "recruitmentDetails": "In a \\<small\\> kitchen.",
            "groups": [{"id": "FG000", "title": "Tea"}, {"id": "FG001", "title": "Water"}],
            "periods": [
                {
                    "title": "Overall Study",
                    "milestones": [
                        {
                            "type": "STARTED",
                            "achievements": [
                                {"groupId": "FG000", "numSubjects": "10"},
                                {"groupId": "FG001", "numSubjects": "12", "comment": "Two late."},
                            ],
                        },
                        {
                            "type": "First cup",
                            "achievements": [{"groupId": "FG000", "numSubjects": "10"}],
                        },
                        {
                            "type": "COMPLETED",
                            "achievements": [
                                {"groupId": "FG000", "numSubjects": "9"},
                                {"groupId": "FG001", "numSubjects": "12"},
                            ],
                        },
                        {
                            "type": "NOT COMPLETED",
                            "achievements": [
                                {"groupId": "FG000", "numSubjects": "1"},
                                {"groupId": "FG001", "numSubjects": "0"},
                            ],
                        },
                    ],
                    "dropWithdraws": [
                        {
                            "type": "Lost to Follow-up",
                            "reasons": [{"groupId": "FG000", "numSubjects": "1"}],
                        },
                        {
                            "type": "Disliked tea",
                            "reasons": [{"groupId": "FG000", "numSubjects": "0"}],
                        },
                    ],
                }
            ],
        },
        "baselineCharacteristicsModule": {
            "groups": [
                {"id": "BG000", "title": "Tea", "description": "Green."},
                {"id": "BG001", "title": "Water"},
                {"id": "BG002", "title": "Total", "description": "Total of all reporting groups"},
            ],
            "denoms": [
                {
                    "units": "Participants",
                    "counts": [
                        {"groupId": "BG000", "value": "10"},
                        {"groupId": "BG001", "value": "12"},
                        {"groupId": "BG002", "value": "22"},
                    ],
                }
            ],
            "measures": [
                {
                    "title": "Sex: Female, Male",
                    "paramType": "COUNT_OF_PARTICIPANTS",
                    "unitOfMeasure": "Participants",
                    "classes": [
                        {
                            "categories": [
                                {
                                    "title": "Female",
                                    "measurements": [
                                        {"groupId": "BG000", "value": "4"},
                                        {"groupId": "BG001", "value": "6"},
                                        {"groupId": "BG002", "value": "10"},
                                    ],
                                },
                                {
                                    "title": "Male",
                                    "measurements": [
                                        {"groupId": "BG000", "value": "6"},
                                        {"groupId": "BG001", "value": "6"},
                                        {"groupId": "BG002", "value": "12"},
                                    ],
                                },
                            ]
                        }
                    ],
                },
                {
                    "title": "Cups a day",
                    "paramType": "MEDIAN",
                    "dispersionType": "CONFIDENCE_95",
                    "unitOfMeasure": "cups",
                },
            ],
        },
        "outcomeMeasuresModule": {
            "outcomeMeasures": [
                {
                    "type": "PRIMARY",
                    "title": "Thirst",
                    "timeFrame": "1 hour",
                    "reportingStatus": "POSTED",
                    "paramType": "MEAN",
                    "dispersionType": "95% Confidence Interval",
                    "unitOfMeasure": "points",
                    "typeUnitsAnalyzed": "Cups",
                    "denomUnitsSelected": "Cups",
                    "groups": [{"id": "OG000", "title": "Tea"}, {"id": "OG001", "title": "Water"}],
                    "denoms": [
                        {
                            "units": "Participants",
                            "counts": [
                                {"groupId": "OG000", "value": "9"},
                                {"groupId": "OG001", "value": "12"},
                            ],
                        },
                        {
                            "units": "Cups",
                            "counts": [
                                {"groupId": "OG000", "value": "40"},
                                {"groupId": "OG001", "value": "50"},
                            ],
                        },
                    ],
                    "classes": [
                        {
                            "title": "Noon",
                            "denoms": [
                                {
                                    "units": "Cups",
                                    "counts": [{"groupId": "OG000", "value": "20"}],
                                }
                            ],
                            "categories": [
                                {
                                    "measurements": [
                                        {
                                            "groupId": "OG000",
                                            "value": "3.5",
                                            "lowerLimit": "3",
                                            "upperLimit": "4",
                                        },
                                        {"groupId": "OG001", "value": "NA", "comment": "No cup."},
                                    ]
                                }
                            ],
                        }
                    ],
                    "analyses": [
                        {
                            "groupIds": ["OG000", "OG001"],
                            "paramType": "Hazard Ratio (HR)",
                            "paramValue": "0.5",
                            "statisticalMethod": "Tea leaves",
                            "pValue": "<0.001",
                            "ciNumSides": "TWO_SIDED",
                            "ciPctValue": "95",
                            "nonInferiorityType": "SUPERIORITY",
                        }
                    ],
                },
                {
                    "type": "OTHER_PRE_SPECIFIED",
                    "title": "Sleep",
                    "reportingStatus": "NOT_POSTED",
                    "anticipatedPostingDate": "2027-03",
                },
            ]
        },
        "adverseEventsModule": {
            "frequencyThreshold": "5",
            "timeFrame": "1 day",
            "description": "Asked for.",
            "eventGroups": [
                {
                    "id": "EG000",
                    "title": "Tea",
                    "deathsNumAffected": 0,
                    "deathsNumAtRisk": 10,
                    "seriousNumAffected": 1,
                    "seriousNumAtRisk": 10,
                    "otherNumAffected": 2,
                    "otherNumAtRisk": 10,
                }
            ],
            "seriousEvents": [
                {
                    "term": "Scald",
                    "organSystem": "Injury, poisoning and procedural complications",
                    "sourceVocabulary": "MedDRA (26.0)",
                    "assessmentType": "SYSTEMATIC_ASSESSMENT",
                    "stats": [
                        {"groupId": "EG000", "numEvents": 1, "numAffected": 1, "numAtRisk": 10}
                    ],
                }
            ],
            "otherEvents": [{"term": "Thirst", "stats": [{"groupId": "EG000", "numAffected": 2}]}],
        },
        "moreInfoModule": {
            "limitationsAndCaveats": {"description": "One kitchen."},
            "certainAgreement": {
                "piSponsorEmployee": False,
                "restrictionType": "LTE60",
                "restrictiveAgreement": True,
            },
            "pointOfContact": {"title": "A. Brewer", "organization": "Tea House", "phone": "555"},
        },
    },
    "hasResults": True,
}
_FLOW, _BASE = "participantFlow/periods/period", "baseline"
_OUTCOME = "outcomeMeasures/outcomeMeasure"
RESULTS = {
    "participantFlow/recruitmentDetails": ["In a <small> kitchen."],
    f"{_FLOW}/startedMilestone//subjectsAchieve": ["10", "12"],
    f"{_FLOW}/milestones/milestone/titleOther": ["First cup"],
    f"{_FLOW}/completedMilestone//subjectsAchieve": ["9", "12"],
    f"{_FLOW}//reasonType": ["Lost to Follow-up", "Other"],
    f"{_FLOW}//otherReasonName": ["Disliked tea"],
    f"{_BASE}/baselineReportingGroups/baselineReportingGroup/subjectsAnalyzed": ["10", "12"],
    f"{_BASE}/totalBaselineReportingGroup/subjectsAnalyzed": ["22"],
    f"{_BASE}//baselineMeasure[1]//reportedValue[3]//parameterValue": ["10", "12"],
    f"{_BASE}//baselineMeasure[1]//reportedValue[1]//catName": ["Female", "Male"],
    f"{_BASE}//baselineMeasure[2]/title": ["Study-Specific Measure"],
    f"{_BASE}//baselineMeasure[2]/otherTitle": ["Cups a day"],
    f"{_BASE}//baselineMeasure[2]/dispersionType": ["Confidence Interval"],
    f"{_BASE}//baselineMeasure[2]/ciPctLevel": ["95"],
    f"{_OUTCOME}/measureType": ["Primary", "Other Pre-specified"],
    f"{_OUTCOME}/selectedUnitOfAnalysis": ["Units"],
    f"{_OUTCOME}/typeUnitsAnalyzed": ["Cups"],
    f"{_OUTCOME}//outcomeReportingGroup/numUnitsAnalyzed": ["40", "50"],
    f"{_OUTCOME}//reportedValue/reportingGroupId": ["O1OG000", "O1OG001"],
    f"{_OUTCOME}//reportedValue/numUnitsAnalyzed": ["20"],
    f"{_OUTCOME}//naComment": ["No cup."],
    f"{_OUTCOME}//measureAnalysis/otherMethodName": ["Tea leaves"],
    f"{_OUTCOME}//measureAnalysis/pValue": ["<0.001"],
    f"{_OUTCOME}/anticipatedResultPostingDate/month": ["03"],
    "reportedEvents//interventionGroup/numSubjectsSeriousEvents": ["1"],
    "reportedEvents//seriousEvent//numSubjects": ["10"],
    "certainAgreement/restrictiveAgreement": ["Yes"],
    "certainAgreement/restrictionType": ["LTE60"],
    "pointOfContact/organizationName": ["Tea House"],
}


def test_each_fact_of_results_is_at_its_place() -> None:
    result = study_of(trialbridge.read(RECORD)).find("{http://clinicaltrials.gov/rrs}result")
    assert {path: [one.text for one in result.xpath(path)] for path in RESULTS} == RESULTS


def test_results_come_back() -> None:
    trial = trialbridge.read(RECORD)
    upload, told = prs.write(trial, **ACCOUNT)
    assert faults(upload) == []
    assert [str(one) for one in told if one.code == "not-carried"] == []
    assert prs.read(upload) == (
        msgspec.structs.replace(trial, unmapped={"/prs": {"/id_info/org_name": "NorrlandU"}}),
        [],
    )


def test_groups_are_told_by_their_order_in_documents_of_others() -> None:
    upload, _ = prs.write(trialbridge.read(RECORD), **ACCOUNT)
    for ours, theirs in ((b"BG000", b"b.91"), (b"BG001", b"b.7"), (b"O1OG001", b"g_5")):
        upload = upload.replace(ours, theirs)
    assert [str(one) for one in check(upload) if one.severity == "error"] == []
    again, _ = prs.read(upload)
    assert again.results == trialbridge.read(RECORD).results
    assert prs.write(again)[0] == upload


def test_a_group_that_is_not_there_is_told() -> None:
    upload, _ = prs.write(trialbridge.read(RECORD), **ACCOUNT)
    upload = upload.replace(b"<reportingGroupId>EG000<", b"<reportingGroupId>EG009<", 1)
    assert [str(one).partition("prs:")[2] for one in check(upload)] == [
        "study_collection/clinical_study/rrs:result/reportedEvents/frequentAdverseEvents/"
        "frequentEvent/adverseEventStats/eventStats/reportingGroupId: no element has the id 'EG009'"
    ]
