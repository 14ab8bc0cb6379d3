"""Results for tests: one record that is whole, and tables of any form."""

from typing import Any

import msgspec
from hypothesis import strategies as st
from strategies import _struct

from trialbridge.schemas.trial import ResultsSection, Trial

_IDS = st.sampled_from(["G0", "G1", "G2", "", None])
_TEXTS = st.sampled_from(["", "STARTED", "Female", "Week 4", "ä & <b>", "NA"])
NUMBERS = st.sampled_from(
    ["", "0", "12", "12.50", "-0.0", "-0", ".5", "01", "1,272", "NA", "<0.001", ">=5", "< 1",
     "<.01", "123456789012345678", "1234567890123456789", "0.0000001", "1e3", "99999999999",
     "-3", "٣"]
)  # fmt: skip
_WHOLE = st.sampled_from([0, 7, -1, 2**31 - 1, 2**31, 10**30])


def _some(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with any of these members."""
    made = st.fixed_dictionaries({}, optional=parts)
    return made.map(lambda one: {key: value for key, value in one.items() if value is not None})


def _list(item: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(item, max_size=most)


_GROUPS = _list(_some(id=_IDS, title=_TEXTS, description=_TEXTS))
_DENOMS = _list(
    _some(
        units=st.sampled_from(["Participants", "Eyes", ""]),
        counts=_list(_some(groupId=_IDS, value=NUMBERS)),
    ),
    2,
)
_MEASUREMENT = _some(
    groupId=_IDS,
    value=NUMBERS,
    spread=NUMBERS,
    lowerLimit=NUMBERS,
    upperLimit=NUMBERS,
    comment=_TEXTS,
)
_CLASSES = _list(
    _some(
        title=_TEXTS,
        denoms=_DENOMS,
        categories=_list(_some(title=_TEXTS, measurements=_list(_MEASUREMENT)), 2),
    ),
    2,
)
_MEASURE = {
    "title": _TEXTS,
    "populationDescription": _TEXTS,
    "paramType": st.sampled_from(["MEAN", "LOG_MEAN", "COUNT_OF_UNITS"]),
    "unitOfMeasure": st.sampled_from(["mmHg", "Scores on a scale", ""]),
    "calculatePct": st.booleans(),
    "denoms": _DENOMS,
    "classes": _CLASSES,
}
_FLOW = _some(groupId=_IDS, numSubjects=NUMBERS, numUnits=NUMBERS, comment=_TEXTS)
_EVENT = _some(
    term=_TEXTS,
    organSystem=_TEXTS,
    sourceVocabulary=st.sampled_from(["", "MedDRA (26.0)", "CTCAE"]),
    notes=_TEXTS,
    stats=_list(_some(groupId=_IDS, numEvents=_WHOLE, numAffected=_WHOLE, numAtRisk=_WHOLE)),
)
_COUNTS = {
    f"{kind}Num{what}": _WHOLE
    for kind in ("deaths", "serious", "other")
    for what in ("Affected", "AtRisk")
}
_ANALYSIS = _some(
    groupIds=_list(st.sampled_from(["G0", "G1", "G2", ""])),
    paramType=_TEXTS,
    paramValue=NUMBERS,
    pValue=NUMBERS,
    dispersionType=st.sampled_from(["STANDARD_DEVIATION", "STANDARD_ERROR_OF_MEAN"]),
    dispersionValue=NUMBERS,
    ciPctValue=NUMBERS,
    ciNumSides=st.sampled_from(["ONE_SIDED", "TWO_SIDED"]),
    ciLowerLimit=NUMBERS,
    ciUpperLimit=NUMBERS,
    statisticalMethod=st.sampled_from(["ANOVA", "ANCOVA", ""]),
    testedNonInferiority=st.booleans(),
    nonInferiorityType=st.sampled_from(["SUPERIORITY", "OTHER"]),
)
_TABLES = _some(
    participantFlowModule=_some(
        groups=_GROUPS,
        typeUnitsAnalyzed=_TEXTS,
        periods=_list(
            _some(
                title=_TEXTS,
                milestones=_list(
                    _some(type=_TEXTS, comment=_TEXTS, achievements=_list(_FLOW, 4))
                ),
                dropWithdraws=_list(_some(type=_TEXTS, reasons=_list(_FLOW)), 2),
            ),
            2,
        ),
    ),
    baselineCharacteristicsModule=_some(
        groups=_GROUPS,
        denoms=_DENOMS,
        measures=_list(
            _some(
                dispersionType=st.sampled_from(["STANDARD_DEVIATION", "CONFIDENCE_95", "NA"]),
                **_MEASURE,
            ),
            2,
        ),
    ),
    outcomeMeasuresModule=_some(
        outcomeMeasures=_list(
            _some(
                type=st.sampled_from(["PRIMARY", "POST_HOC"]),
                dispersionType=st.sampled_from(
                    ["Standard Deviation", "95% Confidence Interval", "97.5% Confidence Interval",
                     "Geometric Coefficient of Variation", ""]
                ),
                groups=_GROUPS,
                analyses=_list(_ANALYSIS, 2),
                **_MEASURE,
            ),
            2,
        )
    ),
    adverseEventsModule=_some(
        frequencyThreshold=NUMBERS,
        eventGroups=_list(_some(id=_IDS, title=_TEXTS, **_COUNTS)),
        seriousEvents=_list(_EVENT),
        otherEvents=_list(_EVENT, 2),
    ),
)  # fmt: skip


def _trial(tree: dict[str, Any]) -> Trial:
    return Trial(results=msgspec.convert(tree, ResultsSection))


tables: st.SearchStrategy[Trial] = _TABLES.map(_trial)
"""Trials of which the tables of results have any form: few groups, in any order, some unknown."""

any_results: st.SearchStrategy[Trial] = _struct(ResultsSection, True, ()).map(_trial)
"""Trials with any results: any member or none, any text."""


def whole() -> Trial:
    """A trial with an outcome and all results of it, as a registry has them."""
    return msgspec.convert(_WHOLE_TRIAL, Trial)


_GROUPS_OF = {
    prefix: [
        {"id": f"{prefix}000", "title": "Tea", "description": "One cup a day."},
        {"id": f"{prefix}001", "title": "Water"},
    ]
    for prefix in ("FG", "BG", "OG", "EG")
}


def _each(prefix: str, member: str, *values: Any, **more: Any) -> list[dict[str, Any]]:
    return [
        {"groupId": f"{prefix}{number:03}", member: value, **more}
        for number, value in enumerate(values)
    ]


_WHOLE_TRIAL = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea for fatigue"},
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Systolic pressure", "timeFrame": "4 weeks"}]
        },
    },
    "resultsSection": {
        "participantFlowModule": {
            "recruitmentDetails": "From two sites.",
            "preAssignmentDetails": "A week of water.",
            "groups": _GROUPS_OF["FG"],
            "periods": [
                {
                    "title": "Overall Study",
                    "milestones": [
                        {"type": "STARTED", "achievements": _each("FG", "numSubjects", "20", "21")},
                        {
                            "type": "COMPLETED",
                            "comment": "All visits.",
                            "achievements": _each("FG", "numSubjects", "18", "21"),
                        },
                    ],
                    "dropWithdraws": [
                        {
                            "type": "Lost to Follow-up",
                            "reasons": _each("FG", "numSubjects", "2", "0"),
                        }
                    ],
                }
            ],
        },
        "baselineCharacteristicsModule": {
            "populationDescription": "All who started.",
            "groups": _GROUPS_OF["BG"],
            "denoms": [{"units": "Participants", "counts": _each("BG", "value", "20", "21")}],
            "measures": [
                {
                    "title": "Age, Continuous",
                    "paramType": "MEAN",
                    "dispersionType": "STANDARD_DEVIATION",
                    "unitOfMeasure": "years",
                    "classes": [
                        {
                            "categories": [
                                {"measurements": _each("BG", "value", "41.50", "40", spread="9.1")}
                            ]
                        }
                    ],
                },
                {
                    "title": "Sex: Female, Male",
                    "paramType": "COUNT_OF_PARTICIPANTS",
                    "unitOfMeasure": "Participants",
                    "classes": [
                        {
                            "categories": [
                                {"title": sex, "measurements": _each("BG", "value", *numbers)}
                                for sex, numbers in {
                                    "Female": ("11", "10"),
                                    "Male": ("9", "11"),
                                }.items()
                            ]
                        }
                    ],
                },
            ],
        },
        "outcomeMeasuresModule": {
            "outcomeMeasures": [
                {
                    "type": "PRIMARY",
                    "title": "Systolic pressure",
                    "description": "Sitting.",
                    "populationDescription": "All with a value.",
                    "reportingStatus": "POSTED",
                    "paramType": "LEAST_SQUARES_MEAN",
                    "dispersionType": "95% Confidence Interval",
                    "unitOfMeasure": "mmHg",
                    "timeFrame": "4 weeks",
                    "groups": _GROUPS_OF["OG"],
                    "denoms": [
                        {"units": "Participants", "counts": _each("OG", "value", "18", "21")}
                    ],
                    "classes": [
                        {
                            "title": week,
                            "denoms": [
                                {"units": "Participants", "counts": _each("OG", "value", *known)}
                            ],
                            "categories": [
                                {
                                    "measurements": _each(
                                        "OG",
                                        "value",
                                        *values,
                                        lowerLimit="118.0",
                                        upperLimit="NA",
                                    )
                                }
                            ],
                        }
                        for week, known, values in (
                            ("Week 2", ("18", "20"), ("121.0", "124.25")),
                            ("Week 4", ("17", "20"), ("120", "1,24")),
                        )
                    ],
                    "analyses": [
                        {
                            "groupIds": ["OG000", "OG001"],
                            "groupDescription": "Tea lowers it.",
                            "paramType": "Mean Difference (Net)",
                            "paramValue": "-4.10",
                            "dispersionType": "STANDARD_ERROR_OF_MEAN",
                            "dispersionValue": "1.2",
                            "ciPctValue": "97.5",
                            "ciNumSides": "TWO_SIDED",
                            "ciLowerLimit": "-6.5",
                            "ciUpperLimit": "-1.70",
                            "pValue": "<0.001",
                            "statisticalMethod": "Regression, Linear",
                            "nonInferiorityType": "SUPERIORITY",
                            "testedNonInferiority": False,
                            "estimateComment": "Tea minus water.",
                        }
                    ],
                }
            ]
        },
        "adverseEventsModule": {
            "frequencyThreshold": "5",
            "timeFrame": "8 weeks",
            "description": "Asked at each visit.",
            "eventGroups": [
                {
                    **group,
                    "deathsNumAffected": 0,
                    "deathsNumAtRisk": 20,
                    "seriousNumAffected": 1,
                    "seriousNumAtRisk": 20,
                    "otherNumAffected": 0,
                    "otherNumAtRisk": 20,
                }
                for group in _GROUPS_OF["EG"]
            ],
            "seriousEvents": [
                {
                    "term": "Syncope",
                    "organSystem": "Nervous system disorders",
                    "sourceVocabulary": "MedDRA (26.0)",
                    "assessmentType": "SYSTEMATIC_ASSESSMENT",
                    "notes": "On a hot day.",
                    "stats": _each("EG", "numEvents", 2, 1, numAffected=1, numAtRisk=20),
                }
            ],
        },
        "moreInfoModule": {
            "limitationsAndCaveats": {"description": "Few took part."},
            "certainAgreement": {"piSponsorEmployee": False, "restrictionType": "LTE60"},
            "pointOfContact": {
                "title": "Ada Able",
                "organization": "Example Hospital",
                "email": "ada@example.org",
                "phone": "555-0100",
                "phoneExt": "12",
            },
        },
    },
    "hasResults": True,
}
