"""How participants went through a study, in FHIR R5.

Each period is a section about an EvidenceVariable, whose characteristics are the milestones and the
reasons not to complete; who reached one or left for one are statistics of the Evidence of the
groups.
"""

from typing import Any

from trialbridge.mappings import compiled
from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Node,
    Step,
    among,
    constant,
    derived,
    field,
    merged,
    record,
)
from trialbridge.mappings.fhir.links import to
from trialbridge.mappings.fhir.results.columns import Column, turned
from trialbridge.mappings.fhir.results.numbers import count_parts, parts_of, text_in
from trialbridge.mappings.fhir.results.parts import (
    EVIDENCE,
    RESULT,
    UNITS,
    Found,
    Made,
    cells_in,
    group_leaves,
    groups_in,
    measured,
    note_of,
    section,
    section_of,
    stands,
    variable,
    written_columns,
)
from trialbridge.mappings.fhir.results.rows_of import category, order_extensions, own, take
from trialbridge.mappings.fhir.results.sections.events import complete_definition
from trialbridge.mappings.fhir.study.common import PUBLISHED
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import each, has_code, of_code
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import (
    DropWithdraw,
    FlowGroup,
    FlowMilestone,
    FlowPeriod,
    FlowStats,
)

MODULE = "results.participant_flow"
SECTION: tuple[Step, ...] = (*RESULT, "section", section("participant-flow"))
ALL = variable("participant-flow", "Participant flow of")
VARIABLE: tuple[Step, ...] = ("focusReference", to("EvidenceVariable", **PUBLISHED))
_DEFINITION = "definitionByTypeAndValue"
_WORD = {"milestones": "M", "drop_withdraws": "R"}


def _counted(attribute: str, type_: Any, stats: str, code: str) -> Field:
    """The rows of a period of one kind, each a characteristic."""
    kind = of_code(codes.FLOW.url, code, codes.FLOW.codes[code])
    is_kind = has_code(codes.FLOW.url, code, "type")

    def mine(node: Node) -> bool:
        definition = node.get(_DEFINITION)
        return definition.__class__ is dict and is_kind(definition)

    table = record(
        type_,
        constant(_DEFINITION, "type", kind),
        field("type", _DEFINITION, "valueCodeableConcept", "text"),
        field("comment", "note", FIRST, "text"),
        field(stats, "linkId", codec=own, home="none"),
    )
    codec = compiled.each(
        table,
        name=code,
        number_as=("linkId", _WORD[attribute]),
        mine=mine,
        complete=complete_definition,
    )
    return among(attribute, *VARIABLE, "characteristic", codec=codec)


def _write(period: FlowPeriod, names: Names) -> Node | None:
    results = names.trial.results if names.trial else None
    flow = results.participant_flow if results else None
    groups = (flow.groups if flow else None) or []
    unit = {"unit": flow.type_units_analyzed} if flow and flow.type_units_analyzed else {}
    references = names.once(Made).groups("flow-group", groups, alike=False)
    milestones, reasons = period.milestones or [], period.drop_withdraws or []
    columns, orders = turned(
        [*(one.achievements for one in milestones), *(one.reasons for one in reasons)],
        [group.id for group in groups],
    )
    keys = [f"M{number + 1}" for number in range(len(milestones))]
    keys += [f"R{number + 1}" for number in range(len(reasons))]
    called = [*(one.type for one in milestones), *(one.type for one in reasons)]
    categories = [category(key, words) for key, words in zip(keys, called, strict=True)]

    def statistics(column: Column) -> list[Node]:
        made = []
        for row, stat in column.cells:
            node: Node = {"category": categories[row]}
            if stat.num_subjects:
                node |= count_parts(stat.num_subjects, "numberAffected")
            if stat.num_units:
                node["quantity"] = {**parts_of(stat.num_units), **unit}
            if stat.comment:
                node["note"] = [{"text": stat.comment}]
            if "" in (stat.group_id, stat.num_subjects, stat.num_units, stat.comment):
                names.odd = True
            made.append(node)
        return made

    title = period.title or "Participant flow"
    entries = written_columns(
        columns,
        references,
        statistics,
        names,
        names.item.removeprefix(f"{names.root}-"),
        measured(names.item, title),
        title,
    )
    return section_of(entries, order_extensions(orders, keys))


def _cell(evidence: Found, stat: Node) -> tuple[Any, FlowStats]:
    """Those of a group who reached a milestone or left for a reason, by its key."""
    quantity = stat.get("quantity")
    found = FlowStats(
        group_id=evidence.group_id,
        num_subjects=text_in(stat, "numberAffected"),
        num_units=None if quantity is None else text_in(quantity),
        comment=note_of(stat),
    )
    return (stat.get("category") or {}).get("id"), found


def _read(section_: Node, names: Names) -> None:
    take(cells_in(section_, names, _cell), section_, names)


_numbers: Codec[FlowPeriod] = Codec(_read, _write)


def _titled(period: FlowPeriod, names: Names) -> Node | None:
    """The variable of a period is there where anything is said of it."""
    if period == FlowPeriod():
        return None
    return {"title": period.title} if period.title else {"name": "Period"}


_title: Codec[FlowPeriod] = Codec(lambda node, names: None, _titled)

_STATISTIC: tuple[Step, ...] = (EVIDENCE, "statistic")
_OBSERVED: tuple[Step, ...] = (EVIDENCE, "variableDefinition", "observed")


def _standing(attribute: str, stats: str) -> tuple[Field, ...]:
    def of(*steps: Step, leaf: str, note: str = "") -> Field:
        return stands(attribute, *steps, leaves=(f"*.{stats}.*.{leaf}",), note=note)

    return (
        of(*_STATISTIC, "numberAffected", leaf="num_subjects"),
        of(*_STATISTIC, "quantity", leaf="num_units"),
        of(*_STATISTIC, "note", leaf="comment"),
        of(
            *_OBSERVED,
            leaf="group_id",
            note="the Group of the variable whose role is population",
        ),
    )


PERIOD = record(
    FlowPeriod,
    field("title", "title"),
    derived(merged("", *VARIABLE, codec=_title)),
    merged("", codec=_numbers)._replace(home="none"),
    *_standing("milestones", "achievements"),
    *_standing("drop_withdraws", "reasons"),
    _counted("milestones", FlowMilestone, "achievements", "milestone"),
    _counted("drop_withdraws", DropWithdraw, "reasons", "reason-not-completed"),
)

_groups: Codec[list[FlowGroup]] = Codec(
    lambda node, names: groups_in(node, names, FlowGroup),
    lambda groups, names: {
        "entryReference": list(names.once(Made).groups("flow-group", groups, alike=False))
    },
)

FLOW_ROWS: tuple[Field, ...] = (
    field(f"{MODULE}.type_units_analyzed", *SECTION, UNITS),
    field(f"{MODULE}.pre_assignment_details", *SECTION, *ALL, "description"),
    field(f"{MODULE}.recruitment_details", *SECTION, *ALL, "note", FIRST, "text"),
    *group_leaves(f"{MODULE}.groups", *SECTION),
    merged(f"{MODULE}.groups", *SECTION, codec=_groups)._replace(home="none"),
    among(
        f"{MODULE}.periods",
        *SECTION,
        "section",
        codec=each(PERIOD, name="flow-period"),
    ),
)
