"""The results of a record as `clinical_results` of the legacy XML, and back.

Groups are numbered by module there, P1 for FG000. Adverse events stand in categories, of which the
first, `Total`, has what a group of API v2 says of itself; what most events say alike is said once.
https://clinicaltrials.gov/ct2/html/images/info/public.xsd
"""

import re
from collections import Counter
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from trialbridge.mappings.codec import Codec, Field, Node, Record, field, merged, read_at, record
from trialbridge.mappings.compiled import each, reader, writer
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import words
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.protocol import listed
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import (
    integer,
    markup,
    text,
    word,
)
from trialbridge.schemas.trial import (
    AdverseEvent,
    AdverseEventsModule,
    BaselineMeasure,
    CertainAgreement,
    Denom,
    DenomCount,
    DropWithdraw,
    EventGroup,
    EventStats,
    FlowGroup,
    FlowMilestone,
    FlowPeriod,
    FlowStats,
    MeasureAnalysis,
    MeasureCategory,
    MeasureClass,
    MeasureGroup,
    Measurement,
    OutcomeMeasure,
)

_FLOW, _BASELINE = "results.participant_flow", "results.baseline_characteristics"
_EVENTS, _MORE = "results.adverse_events", "results.more_info"
_GROUPS = {"P": "FG", "B": "BG", "O": "OG", "E": "EG"}
_LETTERS = {prefix: letter for letter, prefix in _GROUPS.items()}


def _read_group(value: Any, names: Names) -> str | None:
    said = word(value)
    found = re.fullmatch(r"([PBOE])([1-9][0-9]{0,3})", said)
    return f"{_GROUPS[found[1]]}{int(found[2]) - 1:03}" if found else said or None


def _write_group(value: str, names: Names) -> str:
    found = re.fullmatch(r"([FBOE]G)([0-9]{3,4})", value)
    return f"{_LETTERS[found[1]]}{int(found[2]) + 1}" if found else value


group: Codec[str] = Codec(_read_group, _write_group, gives=str)
"""The id of a group."""

_ID = field("group_id", "@group_id", codec=group)


def _group(type_: type[Any]) -> Record:
    return record(
        type_,
        field("id", "@group_id", codec=group),
        field("title", "title", codec=text),
        field("description", "description", codec=markup),
    )


# --- participant flow ------------------------------------------------------------------------

FLOW_STATS = record(
    FlowStats,
    _ID,
    field("num_subjects", "@count", codec=text),
    field("comment", "#", codec=markup),
)
_PARTICIPANTS = ("participants_list", "participants")
_flow_stats = each(FLOW_STATS)
MILESTONE = record(
    FlowMilestone,
    field("type", "title", codec=text),
    field("achievements", *_PARTICIPANTS, codec=_flow_stats),
)
WITHDRAWAL = record(
    DropWithdraw,
    field("type", "title", codec=text),
    field("reasons", *_PARTICIPANTS, codec=_flow_stats),
)
PERIOD = record(
    FlowPeriod,
    field("title", "title", codec=text),
    field("milestones", "milestone_list", "milestone", codec=each(MILESTONE)),
    field(
        "drop_withdraws",
        "drop_withdraw_reason_list",
        "drop_withdraw_reason",
        codec=each(WITHDRAWAL),
    ),
)

# --- measures --------------------------------------------------------------------------------

_groups = each(_group(MeasureGroup))
_COUNT = record(DenomCount, _ID, field("value", "@value", codec=text))
_DENOM = record(
    Denom,
    field("units", "units", codec=text),
    field("counts", "count_list", "count", codec=each(_COUNT)),
)
# How many were analysed; the scope says of what, which the place says already.
_of_all, _of_measure, _of_class = (
    each(_DENOM, const={"scope": scope}) for scope in ("Overall", "Measure", "Class")
)
MEASUREMENT = record(
    Measurement,
    _ID,
    *(
        field(name, f"@{name}", codec=text)
        for name in ("value", "spread", "lower_limit", "upper_limit")
    ),
    field("comment", "#", codec=markup),
)
CATEGORY = record(
    MeasureCategory,
    field("title", "title", codec=text),
    field("measurements", "measurement_list", "measurement", codec=each(MEASUREMENT)),
)
CLASS = record(
    MeasureClass,
    field("title", "title", codec=text),
    field("denoms", "analyzed_list", "analyzed", codec=_of_class),
    field("categories", "category_list", "category", codec=each(CATEGORY)),
)
_classes = each(CLASS)

# The XML calls two of the registry's measures of age alike.
_AGE, _CONTINUOUS, _CATEGORICAL = "Age", "Age, Continuous", "Age, Categorical"
_AGES = ["<=18 years", "Between 18 and 65 years", ">=65 years"]
_COUNTED = ("Number", "Count of Participants", "Count of Units")


def _read_title(node: Node, names: Names) -> str | None:
    """The title; of a measure of age the one that its parts are those of."""
    title = word(node.get("title", "")) or None
    if title != _AGE:
        return title
    classes = node.get("class_list", {}).get("class", [])
    parts = [
        *classes,
        *(part for one in classes for part in one.get("category_list", {}).get("category", [])),
    ]
    titles = [found for part in parts if (found := word(part.get("title", "")))]
    if titles == _AGES:
        return _CATEGORICAL
    return title if word(node.get("param", "")) in _COUNTED else _CONTINUOUS


def _write_title(value: str, names: Names) -> Node:
    return {"title": _AGE if value in (_CONTINUOUS, _CATEGORICAL) else value}


_title: Codec[str] = Codec(_read_title, _write_title, label="title", gives=str)
BASELINE = record(
    BaselineMeasure,
    merged("title", codec=_title),
    field("description", "description", codec=markup),
    field("population_description", "population", codec=markup),
    field("unit_of_measure", "units", codec=text),
    field("param_type", "param", codec=words.PARAM),
    field("dispersion_type", "dispersion", codec=words.DISPERSION),
    field("denom_units_selected", "units_analyzed", codec=text),
    field("denoms", "analyzed_list", "analyzed", codec=_of_measure),
    field("classes", "class_list", "class", codec=_classes),
)
ANALYSIS = record(
    MeasureAnalysis,
    field("group_ids", "group_id_list", "group_id", codec=listed(group)),
    field("group_description", "groups_desc", codec=markup),
    field("non_inferiority_type", "non_inferiority_type", codec=words.NON_INFERIORITY),
    field("non_inferiority_comment", "non_inferiority_desc", codec=markup),
    field("p_value", "p_value", codec=text),
    field("p_value_comment", "p_value_desc", codec=markup),
    field("statistical_method", "method", codec=text),
    field("statistical_comment", "method_desc", codec=markup),
    field("param_type", "param_type", codec=text),
    field("param_value", "param_value", codec=text),
    field("dispersion_type", "dispersion_type", codec=words.ANALYSIS_DISPERSION),
    field("dispersion_value", "dispersion_value", codec=text),
    field("ci_pct_value", "ci_percent", codec=text),
    field("ci_num_sides", "ci_n_sides", codec=words.SIDES),
    field("ci_lower_limit", "ci_lower_limit", codec=text),
    field("ci_upper_limit", "ci_upper_limit", codec=text),
    field("ci_upper_limit_comment", "ci_upper_limit_na_comment", codec=markup),
    field("estimate_comment", "estimate_desc", codec=markup),
    field("other_analysis_description", "other_analysis_desc", codec=markup),
)

_reported: Codec[Any] = Codec(
    lambda node, names: "POSTED" if "analyzed_list" in node.get("measure", {}) else "NOT_POSTED",
    lambda value, names: {},
    label="measure.analyzed_list",
    gives=str,
)
OUTCOME = record(
    OutcomeMeasure,
    field("type", "type", codec=words.OUTCOME_TYPE),
    field("title", "title", codec=text),
    field("description", "description", codec=markup),
    field("time_frame", "time_frame", codec=text),
    field("anticipated_posting_date", "posting_date", codec=words.posting),
    field("population_description", "population", codec=markup),
    merged("reporting_status", codec=_reported),
    field("groups", "group_list", "group", codec=_groups),
    field("unit_of_measure", "measure", "units", codec=text),
    field("param_type", "measure", "param", codec=words.PARAM),
    field("dispersion_type", "measure", "dispersion", codec=text),
    field("denom_units_selected", "measure", "units_analyzed", codec=text),
    field("denoms", "measure", "analyzed_list", "analyzed", codec=_of_measure),
    field("classes", "measure", "class_list", "class", codec=_classes),
    field("analyses", "analysis_list", "analysis", codec=each(ANALYSIS)),
)


def _complete_outcome(node: Node) -> None:
    """A measure has once more what its outcome says."""
    measure = node.get("measure")
    if measure is not None:
        for key in ("title", "description", "population"):
            if key in node:
                measure[key] = node[key]


# --- adverse events --------------------------------------------------------------------------

STATS = record(
    EventStats,
    _ID,
    field("num_events", "@events", codec=integer),
    field("num_affected", "@subjects_affected", codec=integer),
    field("num_at_risk", "@subjects_at_risk", codec=integer),
)
EVENT = record(
    AdverseEvent,
    field("term", "sub_title", "#", codec=text),
    field("source_vocabulary", "sub_title", "@vocab", codec=text),
    field("assessment_type", "assessment", codec=words.ASSESSMENT),
    field("notes", "description", codec=markup),
    field("stats", "counts", codec=each(STATS)),
)
EVENT_GROUP = _group(EventGroup)
_read_event, _write_event = reader(EVENT), writer(EVENT)
_read_events_group, _write_events_group = reader(EVENT_GROUP), writer(EVENT_GROUP)
# What a group says of itself, and the event of the category `Total` that says it.
_TOTALS = {
    "deaths": ("serious_events", "Total, all-cause mortality"),
    "serious": ("serious_events", "Total, serious adverse events"),
    "other": ("other_events", "Total, other adverse events"),
}
_TOTAL = "Total"


def _read_kind(
    node: Node, kind: str, names: Names
) -> tuple[list[AdverseEvent], list[AdverseEvent]]:
    """The events of a kind, and those of its totals."""
    events: list[AdverseEvent] = []
    totals: list[AdverseEvent] = []
    below = node.get(kind, {})
    vocabulary = word(below.get("default_vocab", "")) or None
    said = below.get("default_assessment", "")
    assessment = read_at(f"{kind}.default_assessment", words.ASSESSMENT.read, said, names)
    for position, category in enumerate(below.get("category_list", {}).get("category", ())):
        title = word(category.get("title", "")) or None
        at = f"{kind}.category_list.category[{position}].event_list.event"
        for number, one in enumerate(category.get("event_list", {}).get("event", ())):
            event: AdverseEvent = read_at(f"{at}[{number}]", _read_event, one, names)
            if title == _TOTAL and position == 0:
                totals.append(event)
                continue
            event = msgspec.structs.replace(
                event,
                organ_system=title,
                source_vocabulary=event.source_vocabulary or vocabulary,
                assessment_type=event.assessment_type or assessment,
            )
            events.append(event)
    return events, totals


def _read_adverse(node: Node, names: Names) -> AdverseEventsModule | None:
    found: dict[str, Any] = {}
    totals: dict[str, AdverseEvent] = {}
    for kind in ("serious_events", "other_events"):
        if kind in node:
            events, said = _read_kind(node, kind, names)
            found[kind] = events or None
            totals |= {event.term: event for event in said if event.term}
    # Where one says several of a group, the last is its.
    of_term = {
        term: {stats.group_id: stats for stats in total.stats or ()}
        for term, total in totals.items()
    }
    groups = []
    for position, one in enumerate(node.get("group_list", {}).get("group", ())):
        group_: EventGroup = read_at(
            f"group_list.group[{position}]", _read_events_group, one, names
        )
        of_group: dict[str, Any] = {}
        for name, (_, term) in _TOTALS.items():
            stats = of_term.get(term, {}).get(group_.id)
            if stats is not None:
                of_group[f"{name}_num_affected"] = stats.num_affected
                of_group[f"{name}_num_at_risk"] = stats.num_at_risk
        groups.append(msgspec.structs.replace(group_, **of_group))
    for key, element in (("time_frame", "time_frame"), ("description", "desc")):
        codec = text if key == "time_frame" else markup
        found[key] = codec.read(node.get(element, ""), names)
    threshold = node.get("other_events", {}).get("frequency_threshold", "")
    found["frequency_threshold"] = text.read(threshold, names)
    if not any(found.values()) and not groups:
        return None
    return AdverseEventsModule(event_groups=groups or None, **found)


def _write_adverse(value: AdverseEventsModule, names: Names) -> Node:
    node: Node = {}
    if value.time_frame:
        node["time_frame"] = value.time_frame
    if value.description:
        node["desc"] = markup.write(value.description, names)
    groups = value.event_groups or []
    if groups:
        node["group_list"] = {"group": [_write_events_group(one, names) for one in groups]}
    for kind, events in (
        ("serious_events", value.serious_events or []),
        ("other_events", value.other_events or []),
    ):
        below = _write_kind(kind, events, groups, names)
        if kind == "other_events" and value.frequency_threshold:
            below["frequency_threshold"] = value.frequency_threshold
        if below:
            node[kind] = below
    return node


def _write_kind(
    kind: str, events: list[AdverseEvent], groups: list[EventGroup], names: Names
) -> Node:
    below: Node = {}
    categories: list[Node] = []
    totals = [
        total
        for name, (of_kind, term) in _TOTALS.items()
        if of_kind == kind and (total := _total(name, term, groups, names))
    ]
    if totals:
        categories.append({"title": _TOTAL, "event_list": {"event": totals}})
    vocabulary = _default([event.source_vocabulary for event in events])
    assessment = _default([event.assessment_type for event in events])

    def written(event: AdverseEvent) -> Node:
        own, how = event.source_vocabulary, event.assessment_type
        said = msgspec.structs.replace(
            event,
            source_vocabulary=None if own == vocabulary else own,
            assessment_type=None if how == assessment else how,
        )
        return _write_event(said, names)

    for title, of_system in groupby(events, attrgetter("organ_system")):
        category: Node = {"title": title} if title else {}
        category["event_list"] = {"event": list(map(written, of_system))}
        categories.append(category)
    if vocabulary:
        below["default_vocab"] = vocabulary
    if assessment:
        below["default_assessment"] = words.ASSESSMENT.write(assessment, names)
    if categories:
        below["category_list"] = {"category": categories}
    return below


def _default(said: list[Any]) -> Any:
    """What is said once for all events: what most say; nothing where one event says nothing."""
    if not said or None in said:
        return None
    return Counter(said).most_common(1)[0][0]


def _total(name: str, term: str, groups: list[EventGroup], names: Names) -> Node | None:
    numbers = attrgetter("id", f"{name}_num_affected", f"{name}_num_at_risk")
    stats = [
        EventStats(group_id=group_id, num_affected=affected, num_at_risk=at_risk)
        for group_id, affected, at_risk in map(numbers, groups)
        if affected is not None or at_risk is not None
    ]
    return _write_event(AdverseEvent(term=term, stats=stats), names) if stats else None


adverse: Codec[AdverseEventsModule] = Codec(_read_adverse, _write_adverse)

# --- more ------------------------------------------------------------------------------------

_NONE = (
    "There is NOT an agreement between Principal Investigators and the Sponsor (or its agents) that"
    " restricts the PI's rights to discuss or publish trial results after the trial is completed."
)
_ONLY = (
    "The only disclosure restriction on the PI is that the sponsor can review results"
    " communications prior to public release and can embargo communications regarding trial results"
    " for a period that is {}. The sponsor cannot"
    " require changes to the communication and cannot extend the embargo."
)
_RESTRICTIONS: dict[str, str] = {
    "LTE60": _ONLY.format("less than or equal to 60 days"),
    "GT60": _ONLY.format("more than 60 days but less than or equal to 180 days"),
}


def _read_agreement(node: Node, names: Names) -> CertainAgreement | None:
    employed = word(node.get("pi_employee", ""))
    said = " ".join(word(node.get("restrictive_agreement", "")).split())
    kind: Any = next((code for code, sentence in _RESTRICTIONS.items() if said == sentence), None)
    if not employed and not said:
        return None
    return CertainAgreement(
        pi_sponsor_employee=next(
            (value for value, sentence in words.EMPLOYED.items() if employed == sentence), None
        ),
        restrictive_agreement=said != _NONE if said else None,
        restriction_type=kind or ("OTHER" if said and said != _NONE else None),
        other_details=markup.read(node.get("restrictive_agreement", ""), names)
        if said and said != _NONE and not kind
        else None,
    )


def _write_agreement(value: CertainAgreement, names: Names) -> Node:
    node: Node = {}
    if value.pi_sponsor_employee is not None:
        node["pi_employee"] = words.EMPLOYED[value.pi_sponsor_employee]
    if value.restrictive_agreement is False:
        node["restrictive_agreement"] = _NONE
    elif value.restriction_type in _RESTRICTIONS:
        node["restrictive_agreement"] = _RESTRICTIONS[value.restriction_type]
    elif value.other_details:
        node["restrictive_agreement"] = markup.write(value.other_details, names)
    return node


agreement: Codec[CertainAgreement] = Codec(_read_agreement, _write_agreement)


def _at(*steps: str) -> tuple[str, ...]:
    return ("clinical_results", *steps)


RESULTS: tuple[Field, ...] = (
    field(
        f"{_FLOW}.recruitment_details",
        *_at("participant_flow", "recruitment_details"),
        codec=markup,
    ),
    field(
        f"{_FLOW}.pre_assignment_details",
        *_at("participant_flow", "pre_assignment_details"),
        codec=markup,
    ),
    field(
        f"{_FLOW}.groups",
        *_at("participant_flow", "group_list", "group"),
        codec=each(_group(FlowGroup)),
    ),
    field(
        f"{_FLOW}.periods", *_at("participant_flow", "period_list", "period"), codec=each(PERIOD)
    ),
    field(f"{_BASELINE}.population_description", *_at("baseline", "population"), codec=markup),
    field(f"{_BASELINE}.groups", *_at("baseline", "group_list", "group"), codec=_groups),
    field(f"{_BASELINE}.denoms", *_at("baseline", "analyzed_list", "analyzed"), codec=_of_all),
    field(
        f"{_BASELINE}.measures", *_at("baseline", "measure_list", "measure"), codec=each(BASELINE)
    ),
    field(
        "results.outcome_measures.outcome_measures",
        *_at("outcome_list", "outcome"),
        codec=each(OUTCOME, complete=_complete_outcome),
    ),
    field(
        _EVENTS,
        *_at("reported_events"),
        codec=adverse,
        leaves=(
            "frequency_threshold",
            "time_frame",
            "description",
            *(
                f"event_groups.*.{name}"
                for name in (
                    "id",
                    "title",
                    "description",
                    *(f"{one}_num_{what}" for one in _TOTALS for what in ("affected", "at_risk")),
                )
            ),
            *(
                f"{kind}.*.{name}"
                for kind in ("serious_events", "other_events")
                for name in (
                    "term",
                    "organ_system",
                    "source_vocabulary",
                    "assessment_type",
                    "notes",
                    *(
                        f"stats.*.{one}"
                        for one in ("group_id", "num_events", "num_affected", "num_at_risk")
                    ),
                )
            ),
        ),
    ),
    field(
        f"{_MORE}.certain_agreement",
        *_at("certain_agreements"),
        codec=agreement,
        leaves=(
            "pi_sponsor_employee",
            "restriction_type",
            "restrictive_agreement",
            "other_details",
        ),
    ),
    field(
        f"{_MORE}.limitations_and_caveats.description",
        *_at("limitations_and_caveats"),
        codec=markup,
    ),
    field(f"{_MORE}.point_of_contact.title", *_at("point_of_contact", "name_or_title"), codec=text),
    *(
        field(f"{_MORE}.point_of_contact.{name}", *_at("point_of_contact", name), codec=text)
        for name in ("organization", "phone", "email")
    ),
)
