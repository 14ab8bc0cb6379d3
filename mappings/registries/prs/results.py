"""The results of a record as `rrs:result` of PRS upload XML, and back.

Ids of groups are those of XML there, of which the whole document has each once: the groups of an
outcome, OG000 in each, have its number before theirs. A measure's numbers stand by row, group and
category; in a record by row, category and group. What the registry derives is not sent in, and read
as derived: how many did not complete, and whether an outcome has data.
https://prsinfo.clinicaltrials.gov/RRSUploadSchema.xsd
"""

from typing import Any

import msgspec

from trialbridge.mappings.codec import Codec, Field, Node, field, merged, read_at, record
from trialbridge.mappings.compiled import each, reader, writer
from trialbridge.mappings.coverage import CoverageRow, of_table
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import words as older
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import integer, text
from trialbridge.mappings.registries.prs import measures, picks
from trialbridge.mappings.registries.prs.groups import (
    COUNTED,
    FLOW,
    Groups,
    listed_groups,
    of_groups,
    reference,
)
from trialbridge.mappings.registries.prs.words import YES_NO, markup
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import (
    AdverseEvent,
    AdverseEventsModule,
    DropWithdraw,
    EventGroup,
    EventStats,
    FlowMilestone,
    FlowPeriod,
    FlowStats,
    ParticipantFlowModule,
)

_RESULT = "rrs:result"
_OF_GROUP = ("*.id", "*.title", "*.description")

# --- participant flow --------------------------------------------------------------------------

_ID = field("group_id", "reportingGroupId", codec=reference)
ACHIEVED = record(
    FlowStats,
    _ID,
    field("num_subjects", "subjectsAchieve", codec=text),
    field("num_units", "unitsAchieve", codec=text),
    field("comment", "comment", codec=markup),
)
WITHDRAWN = record(FlowStats, _ID, field("num_subjects", "subjectsAffected", codec=text))
_ACHIEVEMENTS = field(
    "achievements", "milestoneAchievements", "milestoneAchievement", codec=of_groups(ACHIEVED)
)
MILESTONE = record(
    FlowMilestone,
    field("type", "titleOther", codec=text),
    field("comment", "comment", codec=markup),
    _ACHIEVEMENTS,
)
BOUND = record(FlowMilestone, field("comment", "comment", codec=markup), _ACHIEVEMENTS)
WITHDRAWAL = record(
    DropWithdraw,
    merged("type", codec=picks.reason),
    field("reasons", "dropWithdrawReasonDetails", "reasonDetail", codec=of_groups(WITHDRAWN)),
)
_read_bound, _write_bound = reader(BOUND), writer(BOUND)
_milestones = each(MILESTONE)
_BOUNDS = {"STARTED": "startedMilestone", "COMPLETED": "completedMilestone"}
# What follows from both.
_LEFT = "NOT COMPLETED"


def _read_milestones(node: Node, names: Names) -> list[FlowMilestone] | None:
    bounds = {}
    for kind, key in _BOUNDS.items():
        if isinstance(node.get(key), dict) and node[key]:
            one = read_at(key, _read_bound, node[key], names)
            bounds[kind] = msgspec.structs.replace(one, type=kind)
    listed = node.get("milestones", {}).get("milestone", [])
    between = read_at("milestones.milestone", _milestones.read, listed, names) or []
    started, completed = bounds.get("STARTED"), bounds.get("COMPLETED")
    left = _not_completed(started, completed)
    every = (started, *between, completed, left)
    return [one for one in every if one is not None] or None


def _not_completed(
    started: FlowMilestone | None, completed: FlowMilestone | None
) -> FlowMilestone | None:
    """How many did not complete: those who started, without those who did."""
    if started is None or completed is None:
        return None
    done = {one.group_id: one.num_subjects or "" for one in completed.achievements or ()}
    left = []
    for one in started.achievements or ():
        begun, ended = one.num_subjects or "", done.get(one.group_id, "")
        if not (begun.isdecimal() and ended.isdecimal() and int(begun) >= int(ended)):
            return None
        left.append(FlowStats(group_id=one.group_id, num_subjects=str(int(begun) - int(ended))))
    return FlowMilestone(type=_LEFT, achievements=left) if left else None


def _write_milestones(values: list[FlowMilestone], names: Names) -> Node:
    node: Node = {}
    between = []
    for value in values:
        key = _BOUNDS.get(value.type or "")
        if key and key not in node:
            node[key] = _write_bound(value, names)
        elif value.type != _LEFT:
            between.append(value)
    if between:
        node["milestones"] = {"milestone": _milestones.write(between, names)}
    return node


PERIOD = record(
    FlowPeriod,
    field("title", "title", codec=text),
    merged(
        "milestones",
        codec=Codec(
            _read_milestones,
            _write_milestones,
            label="startedMilestone, milestones, completedMilestone",
            gives=list[FlowMilestone],
        ),
        leaves=(
            "*.type",
            "*.comment",
            *(
                f"*.achievements.*.{name}"
                for name in ("group_id", "num_subjects", "num_units", "comment")
            ),
        ),
    ),
    field("drop_withdraws", "dropWithdrawReasons", "dropWithdrawReason", codec=each(WITHDRAWAL)),
)
PARTICIPANT_FLOW = record(
    ParticipantFlowModule,
    field("pre_assignment_details", "preAssignmentDescription", codec=markup),
    field("recruitment_details", "recruitmentDetails", codec=markup),
    field("type_units_analyzed", "typeUnitsAnalyzed", codec=text),
    field(
        "groups",
        "participantFlowGroups",
        "flowGroup",
        codec=listed_groups(FLOW),
        leaves=_OF_GROUP,
    ),
    field("periods", "periods", "period", codec=each(PERIOD)),
)

# --- adverse events ----------------------------------------------------------------------------

STATS = record(
    EventStats,
    _ID,
    field("num_events", "numEvents", codec=integer),
    field("num_affected", "numSubjectsAffected", codec=integer),
    field("num_at_risk", "numSubjects", codec=integer),
)
EVENT = record(
    AdverseEvent,
    field("term", "term", codec=text),
    field("organ_system", "organSystemName", codec=text),
    field("source_vocabulary", "sourceVocabulary", codec=text),
    field("assessment_type", "assessmentType", codec=older.ASSESSMENT),
    field("notes", "notes", codec=markup),
    field("stats", "adverseEventStats", "eventStats", codec=of_groups(STATS)),
)
_COUNTS = (
    ("deaths_num_affected", "numDeaths"),
    ("deaths_num_at_risk", "partAtRiskAllCauseMort"),
    ("serious_num_affected", "numSubjectsSeriousEvents"),
    ("serious_num_at_risk", "partAtRiskSeriousEvents"),
    ("other_num_affected", "numSubjectsFrequentEvents"),
    ("other_num_at_risk", "partAtRiskFrequentEvents"),
)
EVENT_GROUP = record(
    EventGroup, *COUNTED.rows, *(field(name, key, codec=integer) for name, key in _COUNTS)
)
ADVERSE_EVENTS = record(
    AdverseEventsModule,
    field("frequency_threshold", "frequencyReportingThreshold", codec=text),
    field("time_frame", "timeFrame", codec=text),
    field("description", "notes", codec=markup),
    field("all_cause_mortality_comment", "allCauseMortComment", codec=markup),
    field(
        "event_groups",
        "interventionGroups",
        "interventionGroup",
        codec=listed_groups(EVENT_GROUP),
        leaves=(*_OF_GROUP, *(f"*.{name}" for name, _ in _COUNTS)),
    ),
    field("serious_events", "seriousAdverseEvents", "seriousEvent", codec=each(EVENT)),
    field("other_events", "frequentAdverseEvents", "frequentEvent", codec=each(EVENT)),
)


def _read_events(node: Node, names: Names) -> AdverseEventsModule | None:
    """The events; what is said of most of them stands once, for those that do not say it."""
    held = node.get("interventionGroups", {}).get("interventionGroup", [])
    names.once(Groups).reading(held, "EG")
    found: AdverseEventsModule = _read_adverse(node, names)
    vocabulary = text.read(node.get("sourceVocabulary", ""), names)
    assessment = older.ASSESSMENT.read(node.get("assessmentType", ""), names)
    if vocabulary or assessment:
        changed: dict[str, Any] = {}
        for kind in ("serious_events", "other_events"):
            changed[kind] = [
                msgspec.structs.replace(
                    one,
                    source_vocabulary=one.source_vocabulary or vocabulary,
                    assessment_type=one.assessment_type or assessment,
                )
                for one in getattr(found, kind) or ()
            ] or None
        found = msgspec.structs.replace(found, **changed)
    return found if found != AdverseEventsModule() else None


def _write_events(value: AdverseEventsModule, names: Names) -> Node | None:
    names.once(Groups).writing(value.event_groups, "EG")
    return _write_adverse(value, names) or None


def _read_flow(node: Node, names: Names) -> ParticipantFlowModule | None:
    held = node.get("participantFlowGroups", {}).get("flowGroup", [])
    names.once(Groups).reading(held, "FG")
    found: ParticipantFlowModule = _read_participants(node, names)
    return found if found != ParticipantFlowModule() else None


def _write_flow(value: ParticipantFlowModule, names: Names) -> Node | None:
    names.once(Groups).writing(value.groups, "FG")
    return _write_participants(value, names) or None


_read_adverse, _write_adverse = reader(ADVERSE_EVENTS), writer(ADVERSE_EVENTS)
_read_participants, _write_participants = reader(PARTICIPANT_FLOW), writer(PARTICIPANT_FLOW)

# --- the whole ---------------------------------------------------------------------------------

_MORE = "results.more_info"
# Its codec sets which groups there are before its table runs, and its leaves are listed by hand.
_MODULES = (
    ("participant_flow", "participantFlow", PARTICIPANT_FLOW, Codec(_read_flow, _write_flow)),
    (
        "baseline_characteristics",
        "baseline",
        measures.BASELINE,
        Codec(measures.read_baseline, measures.write_baseline),
    ),
    ("adverse_events", "reportedEvents", ADVERSE_EVENTS, Codec(_read_events, _write_events)),
)

RESULTS: tuple[Field, ...] = (
    *(
        field(f"results.{name}", _RESULT, element, codec=codec)._replace(home="none")
        for name, element, _, codec in _MODULES
    ),
    field(
        "results.outcome_measures.outcome_measures",
        _RESULT,
        "outcomeMeasures",
        "outcomeMeasure",
        codec=measures.outcomes,
    ),
    *(
        field(f"{_MORE}.{name}", _RESULT, *element.split("/"), codec=codec)
        for name, element, codec in (
            ("limitations_and_caveats.description", "limitationsAndCaveats/description", markup),
            ("certain_agreement.pi_sponsor_employee", "certainAgreement/piSponsorEmployee", YES_NO),
            ("certain_agreement.restriction_type", "certainAgreement/restrictionType", text),
            (
                "certain_agreement.restrictive_agreement",
                "certainAgreement/restrictiveAgreement",
                YES_NO,
            ),
            ("certain_agreement.other_details", "certainAgreement/otherDetails", markup),
            ("point_of_contact.title", "pointOfContact/title", text),
            ("point_of_contact.organization", "pointOfContact/organizationName", text),
            ("point_of_contact.email", "pointOfContact/email", text),
            ("point_of_contact.phone", "pointOfContact/phoneNumber", text),
            ("point_of_contact.phone_ext", "pointOfContact/phoneExtension", text),
        )
    ),
)


def coverage() -> list[CoverageRow]:
    """Where the leaves of the modules go whose tables are not in the table of the whole."""
    found = []
    root = f"clinical_study.{_RESULT}"
    for (_, element, table, _), module in zip(
        _MODULES,
        ("participantFlowModule", "baselineCharacteristicsModule", "adverseEventsModule"),
        strict=True,
    ):
        found += [
            row._replace(leaf=f"/resultsSection/{module}{row.leaf}")
            for row in of_table(table, f"{root}.{element}", BASE, "")
        ]
    for leaf, place in (
        ("/resultsSection/baselineCharacteristicsModule", "baseline.baselineReportingGroups"),
        (
            "/resultsSection/outcomeMeasuresModule/outcomeMeasures/*",
            "outcomeMeasures.outcomeMeasure.outcomeReportingGroups",
        ),
    ):
        found += [
            CoverageRow(f"{leaf}/denoms/*/{inner}", f"{root}.{place}", "native", note)
            for inner, note in (
                ("units", "participants, and typeUnitsAnalyzed"),
                ("counts/*/groupId", "the group"),
                ("counts/*/value", "its subjectsAnalyzed or numUnitsAnalyzed"),
            )
        ]
    found.append(
        CoverageRow(
            "/resultsSection/outcomeMeasuresModule/outcomeMeasures/*/reportingStatus",
            f"{root}.outcomeMeasures.outcomeMeasure.outcomeReportingGroups",
            "native",
            "whether there are groups",
        )
    )
    return found
