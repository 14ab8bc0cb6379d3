"""The tables of AACT that have the results of a study.

Which column has which leaf is CTTI's code: https://github.com/ctti-clinicaltrials/aact, app/models.
"""

from typing import Any, Final

from trialbridge.mappings.registries.aact.cells import (
    INTEGER,
    Codec,
    first_day,
    number_of,
)
from trialbridge.mappings.registries.aact.rows import (
    CODE,
    GROUPS,
    Column,
    Derived,
    Level,
    Rows,
    Tree,
    Writing,
    value_at,
)

_R: Final = "resultsSection"
_FLOW: Final = f"{_R}/participantFlowModule"
_BASELINE: Final = f"{_R}/baselineCharacteristicsModule"
_EVENTS: Final = f"{_R}/adverseEventsModule"
_MORE: Final = f"{_R}/moreInfoModule"
_PARTICIPANTS: Final = "Participants"

_GROUP = (Column(CODE, "id"), Column("title", "title"), Column("description", "description"))
_COUNT = (Column(CODE, "groupId"), Column("count", "value"))


def _groups(path: str, kind: str, **more: Any) -> Rows:
    level = Level(path, _GROUP, known=CODE)
    return Rows(GROUPS, (level,), fixed={"result_type": kind}, **more)


def _number(key: str) -> Derived:
    return lambda writing, items, position: number_of(items[-1].get(key))


def _again(key: str) -> Derived:
    """What the outcome says, on the rows of its measurements too."""
    return lambda writing, items, position: writing.above.get(key)


def _analyzed(writing: Writing, items: list[Any], position: int) -> str | None:
    """How many were analyzed: by the class, else the measure, else all of the group."""
    measure, class_, _, measurement = items
    units = measure.get("denomUnitsSelected", _PARTICIPANTS)
    overall = value_at(writing.tree, f"{_BASELINE}/denoms")
    for denoms in (class_.get("denoms"), measure.get("denoms"), overall):
        if denoms is not None:
            return _count_of(denoms, units, measurement.get("groupId"))
    return None


def _count_of(denoms: list[Tree], units: str, group: str | None) -> str | None:
    for denom in denoms:
        for count in denom.get("counts", ()) if denom.get("units") == units else ():
            if count.get("groupId") == group and count.get("value") is not None:
                return INTEGER.write(count["value"])
    return None


def _units(writing: Writing, items: list[Any], position: int) -> str | None:
    units = items[0].get("denomUnitsSelected")
    return _PARTICIPANTS if units is None else str(units)


_UNITS = Codec(str, lambda said: None if said == _PARTICIPANTS else said)


def _modifier(writing: Writing, items: list[Any], position: int) -> str | None:
    """What stands before the number of a p-value: `<0.001` has `<`."""
    said = items[-1].get("pValue")
    if said is None:
        return None
    return "".join(one for one in said if one not in "0123456789.-").strip() or None


def _p_value(writing: Writing, items: list[Any], position: int) -> str | None:
    said = items[-1].get("pValue")
    if said is None:
        return None
    return number_of("".join(one for one in said if one not in "<> ="))


_MEASUREMENT = (
    Column(CODE, "groupId"),
    Column("param_value", "value"),
    Column("dispersion_value", "spread"),
    Column("explanation_of_na", "comment"),
)
_NUMBERS = {
    "param_value_num": _number("value"),
    "dispersion_value_num": _number("spread"),
}
_ACHIEVED = (
    Column(CODE, "groupId"),
    Column("count", "numSubjects"),
    Column("count_units", "numUnits"),
)
_REPEATED: Final = {
    "title": "title",
    "description": "description",
    "units": "unitOfMeasure",
    "param_type": "paramType",
    "dispersion_type": "dispersionType",
}

OUTCOMES: Final = Rows(
    "outcomes",
    (
        Level(
            f"{_R}/outcomeMeasuresModule/outcomeMeasures",
            (
                Column("outcome_type", "type"),
                Column("title", "title"),
                Column("description", "description"),
                Column("time_frame", "timeFrame"),
                Column("population", "populationDescription"),
                Column("anticipated_posting_month_year", "anticipatedPostingDate"),
                Column("units", "unitOfMeasure"),
                Column("units_analyzed", "typeUnitsAnalyzed"),
                Column("dispersion_type", "dispersionType"),
                Column("param_type", "paramType"),
            ),
        ),
    ),
    derived={
        "anticipated_posting_date": lambda writing, items, position: first_day(
            items[-1].get("anticipatedPostingDate")
        )
    },
    below=(
        _groups("groups", "Outcome", parent="outcome_id"),
        Rows(
            "outcome_counts",
            (Level("denoms", (Column("units", "units"),)), Level("counts", _COUNT)),
            fixed={"scope": "Measure"},
            group="Outcome",
            parent="outcome_id",
        ),
        Rows(
            "outcome_measurements",
            (
                Level("classes", (Column("classification", "title"),)),
                Level("categories", (Column("category", "title"),)),
                Level(
                    "measurements",
                    (
                        *_MEASUREMENT,
                        Column(
                            "dispersion_lower_limit_raw",
                            "lowerLimit",
                            instead="dispersion_lower_limit",
                        ),
                        Column(
                            "dispersion_upper_limit_raw",
                            "upperLimit",
                            instead="dispersion_upper_limit",
                        ),
                    ),
                ),
            ),
            derived={
                **_NUMBERS,
                **{name: _again(key) for name, key in _REPEATED.items()},
                "dispersion_lower_limit": _number("lowerLimit"),
                "dispersion_upper_limit": _number("upperLimit"),
            },
            group="Outcome",
            parent="outcome_id",
        ),
        Rows(
            "outcome_analyses",
            (
                Level(
                    "analyses",
                    (
                        Column("non_inferiority_type", "nonInferiorityType"),
                        Column("non_inferiority_description", "nonInferiorityComment"),
                        Column("param_type", "paramType"),
                        Column("param_value", "paramValue"),
                        Column("dispersion_type", "dispersionType"),
                        Column("dispersion_value", "dispersionValue"),
                        Column("p_value_raw", "pValue"),
                        Column("p_value_description", "pValueComment"),
                        Column("ci_n_sides", "ciNumSides"),
                        Column("ci_percent", "ciPctValue"),
                        Column("ci_lower_limit_raw", "ciLowerLimit", instead="ci_lower_limit"),
                        Column("ci_upper_limit_raw", "ciUpperLimit", instead="ci_upper_limit"),
                        Column("ci_upper_limit_na_comment", "ciUpperLimitComment"),
                        Column("method", "statisticalMethod"),
                        Column("method_description", "statisticalComment"),
                        Column("estimate_description", "estimateComment"),
                        Column("groups_description", "groupDescription"),
                        Column("other_analysis_description", "otherAnalysisDescription"),
                    ),
                ),
            ),
            derived={
                "p_value_modifier": _modifier,
                "p_value": _p_value,
                "ci_lower_limit": _number("ciLowerLimit"),
                "ci_upper_limit": _number("ciUpperLimit"),
            },
            parent="outcome_id",
            below=(
                Rows(
                    "outcome_analysis_groups",
                    (Level("groupIds", (Column(CODE),)),),
                    group="Outcome",
                    parent="outcome_analysis_id",
                ),
            ),
        ),
    ),
)


def _totals(kind: str, key: str, said: str) -> Rows:
    columns = (
        Column(CODE, "id"),
        Column("subjects_affected", f"{key}NumAffected"),
        Column("subjects_at_risk", f"{key}NumAtRisk"),
    )
    return Rows(
        "reported_event_totals",
        (Level(f"{_EVENTS}/eventGroups", columns, known=CODE),),
        fixed={"event_type": kind},
        derived={"classification": lambda writing, items, position: f"Total, {said}"},
    )


def _events(kind: str) -> Rows:
    return Rows(
        "reported_events",
        (
            Level(
                _EVENTS,
                (
                    Column("time_frame", "timeFrame"),
                    Column("frequency_threshold", "frequencyThreshold"),
                    Column("description", "description"),
                ),
                many=False,
            ),
            Level(
                f"{kind}Events",
                (
                    Column("adverse_event_term", "term"),
                    Column("organ_system", "organSystem"),
                    Column("vocab", "sourceVocabulary"),
                    Column("assessment", "assessmentType"),
                ),
            ),
            Level(
                "stats",
                (
                    Column(CODE, "groupId"),
                    Column("event_count", "numEvents"),
                    Column("subjects_affected", "numAffected"),
                    Column("subjects_at_risk", "numAtRisk"),
                ),
            ),
        ),
        fixed={"event_type": kind},
        group="Reported Event",
    )


TABLES: Final[tuple[Rows, ...]] = (
    _groups(f"{_BASELINE}/groups", "Baseline"),
    _groups(f"{_FLOW}/groups", "Participant Flow"),
    _groups(f"{_EVENTS}/eventGroups", "Reported Event"),
    Rows(
        "participant_flows",
        (
            Level(
                _FLOW,
                (
                    Column("recruitment_details", "recruitmentDetails"),
                    Column("pre_assignment_details", "preAssignmentDetails"),
                    Column("units_analyzed", "typeUnitsAnalyzed"),
                ),
                many=False,
            ),
        ),
    ),
    Rows(
        "milestones",
        (
            Level(f"{_FLOW}/periods", (Column("period", "title"),), known="period"),
            Level(
                "milestones", (Column("title", "type"), Column("milestone_description", "comment"))
            ),
            Level("achievements", (*_ACHIEVED, Column("description", "comment"))),
        ),
        group="Participant Flow",
    ),
    Rows(
        "drop_withdrawals",
        (
            Level(f"{_FLOW}/periods", (Column("period", "title"),), known="period"),
            Level(
                "dropWithdraws",
                (Column("reason", "type"), Column("drop_withdraw_comment", "comment")),
            ),
            Level("reasons", (*_ACHIEVED, Column("reason_comment", "comment"))),
        ),
        group="Participant Flow",
    ),
    Rows(
        "baseline_counts",
        (Level(f"{_BASELINE}/denoms", (Column("units", "units"),)), Level("counts", _COUNT)),
        fixed={"scope": "overall"},
        group="Baseline",
    ),
    Rows(
        "baseline_measurements",
        (
            Level(
                f"{_BASELINE}/measures",
                (
                    Column("title", "title"),
                    Column("description", "description"),
                    Column("population_description", "populationDescription"),
                    Column("units", "unitOfMeasure"),
                    Column("param_type", "paramType"),
                    Column("dispersion_type", "dispersionType"),
                    Column("calculate_percentage", "calculatePct"),
                    Column("number_analyzed_units", "denomUnitsSelected", _UNITS),
                ),
            ),
            Level("classes", (Column("classification", "title"),)),
            Level("categories", (Column("category", "title"),)),
            Level(
                "measurements",
                (
                    *_MEASUREMENT,
                    Column("dispersion_lower_limit", "lowerLimit"),
                    Column("dispersion_upper_limit", "upperLimit"),
                ),
            ),
        ),
        derived={**_NUMBERS, "number_analyzed": _analyzed, "number_analyzed_units": _units},
        group="Baseline",
    ),
    OUTCOMES,
    _totals("serious", "serious", "serious adverse events"),
    _totals("other", "other", "other adverse events"),
    _totals("deaths", "deaths", "all-cause mortality"),
    _events("serious"),
    _events("other"),
    Rows(
        "result_agreements",
        (
            Level(
                f"{_MORE}/certainAgreement",
                (
                    Column("pi_employee", "piSponsorEmployee"),
                    Column("restriction_type", "restrictionType"),
                    Column("restrictive_agreement", "restrictiveAgreement"),
                    Column("other_details", "otherDetails"),
                ),
                many=False,
            ),
        ),
    ),
    Rows(
        "result_contacts",
        (
            Level(
                f"{_MORE}/pointOfContact",
                (
                    Column("name", "title"),
                    Column("organization", "organization"),
                    Column("phone", "phone"),
                    Column("extension", "phoneExt"),
                    Column("email", "email"),
                ),
                many=False,
            ),
        ),
    ),
)
