"""Outcomes with their data, in FHIR R5."""

from typing import Any

from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Node,
    Step,
    among,
    field,
    item,
    merged,
    record,
)
from trialbridge.mappings.fhir.results.measure_rows import (
    VARIABLE,
    measure_groups,
    measure_rows,
    title,
)
from trialbridge.mappings.fhir.results.measures import (
    read_numbers,
    write_numbers,
)
from trialbridge.mappings.fhir.results.parts import (
    RESULT,
    UNITS,
    Made,
    group_leaves,
    measured,
    section,
)
from trialbridge.mappings.fhir.results.sections.analyses import ANALYSIS
from trialbridge.mappings.fhir.study.dates import partial_date
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import classified, each, ours
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import OutcomeMeasure

MODULE = "results.outcome_measures"
SECTION: tuple[Step, ...] = (*RESULT, "section", section("outcome-measures"))
_ANALYSES = section("statistical-analyses")
_PLANNED = {
    "PRIMARY": "primary",
    "SECONDARY": "secondary",
    "OTHER_PRE_SPECIFIED": "other",
}


class _Planned:
    """The variables of the outcomes of the protocol, by type and title."""

    def __init__(self, names: Names) -> None:
        protocol = names.trial.protocol if names.trial else None
        outcomes = protocol.outcomes if protocol else None
        self.variables: dict[tuple[str, str], Node] = {}
        for type_, kind in _PLANNED.items():
            for position, outcome in enumerate(getattr(outcomes, f"{kind}_outcomes", None) or ()):
                # Those with nothing but a measure have no variable.
                if outcome.measure and outcome.time_frame:
                    id_ = names.named(f"{kind}-outcome", position)
                    reference = {"reference": f"EvidenceVariable/{id_}", "display": outcome.measure}
                    self.variables.setdefault((type_, outcome.measure), reference)


def _titled(measure: OutcomeMeasure, names: Names) -> Node | None:
    """The title of the variable; what is written of the measure further on is about it."""
    made = names.once(Made)
    about = measured(names.item, measure.title or "Measure")
    if measure.type and measure.title:
        planned = names.once(_Planned).variables.get((measure.type, measure.title))
        if planned is not None:
            about["intended"] = planned
    made.about = about
    groups = measure.groups or ()
    made.compared = made.groups("outcome-group", groups, alike=True)
    made.compared_by_id = {}
    for group, reference in zip(groups, made.compared, strict=True):
        made.compared_by_id.setdefault(group.id, reference)
    node: Node | None = title.write(measure, names)
    return node


def _write(measure: OutcomeMeasure, names: Names) -> Node | None:
    made = names.once(Made)
    groups = measure.groups or []
    references = made.compared
    found = write_numbers(measure, groups, references, made.about, names) or {}
    entries = [*references, *found.get("entryReference", ())]
    return {**found, "entryReference": entries} if entries else found or None


_numbers: Codec[Any] = Codec(
    lambda node, names: read_numbers(node, names, coded=False),
    _write,
)
_about: Codec[Any] = Codec(lambda node, names: None, _titled)

MEASURE = record(
    OutcomeMeasure,
    *measure_rows(_numbers, _about),
    among("type", "entryClassifier", codec=classified(codes.OUTCOME_MEASURE_TYPE)),
    among("reporting_status", "entryClassifier", codec=classified(codes.REPORTING_STATUS)),
    field("anticipated_posting_date", ours("anticipated-posting-date", "Date"), codec=partial_date),
    field(
        "time_frame",
        *VARIABLE,
        "characteristic",
        item(linkId="time-frame"),
        "timeFromEvent",
        FIRST,
        "description",
    ),
    field("type_units_analyzed", UNITS),
    *group_leaves("groups"),
    merged("groups", codec=measure_groups)._replace(home="none"),
    among(
        "analyses",
        "section",
        _ANALYSES,
        "entryReference",
        codec=each(ANALYSIS, name="analysis"),
    ),
)

OUTCOME_MEASURE_ROWS: tuple[Field, ...] = (
    among(
        f"{MODULE}.outcome_measures",
        *SECTION,
        "section",
        codec=each(MEASURE, name="outcome-measure"),
    ),
)
