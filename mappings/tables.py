"""The model as tables, for SQL: one for what a record says once, one for each list of structs.

`TABLES` names them; their columns are the leaves of the model's structs. A row says whose it is:
`record` counts the records of a run from 1, `study` is the record's own id; the row of a list has
the positions, from 1, of the rows that it is below, and its own, `position`. Every leaf value of a
record is in one cell, and nothing else but these keys is. `docs/formats/tables.md` lists all.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import inspect

from trialbridge.mappings.codec import bare, fields_of, is_struct, item_type
from trialbridge.schemas.once import once
from trialbridge.schemas.trial import Trial

Kind = Literal["string", "bool", "int64", "double", "list<string>"]
"""Types of columns. Dates are strings: the registry has days and months in one element."""


class Column(NamedTuple):
    """A column. `leaf` is its pointer in the model's keys, empty for a key of the row."""

    name: str
    kind: Kind
    leaf: str = ""


class Table(NamedTuple):
    """A table with its columns, in order."""

    name: str
    columns: tuple[Column, ...]


class _List(NamedTuple):
    """A list of structs: its table, what its position is called below, and which of several."""

    table: str
    one: str
    kind: str = ""


_FLOW = "results.participant_flow"
_BASELINE = "results.baseline_characteristics"
_OUTCOMES = "results.outcome_measures.outcome_measures"
_EVENTS = "results.adverse_events"
_MEASURES = {
    "denoms": ("denoms", "denom"),
    "denoms.counts": ("denom_counts", "count"),
    "classes": ("classes", "class"),
    "classes.denoms": ("class_denoms", "denom"),
    "classes.denoms.counts": ("class_denom_counts", "count"),
    "classes.categories": ("categories", "category"),
    "classes.categories.measurements": ("measurements", "measurement"),
}

# What a record says once is in these; the longest path that leads to a leaf tells.
_ONCE: Final = {
    "": "studies",
    "protocol.eligibility": "eligibility",
    "results": "results",
}
_LISTS: Final[Mapping[str, _List]] = {
    "protocol.identification.secondary_id_infos": _List("secondary_ids", "secondary_id"),
    "protocol.sponsor_collaborators.collaborators": _List("collaborators", "collaborator"),
    "protocol.arms_interventions.arm_groups": _List("arms", "arm"),
    "protocol.arms_interventions.interventions": _List("interventions", "intervention"),
    "protocol.outcomes.primary_outcomes": _List("outcomes", "outcome", "primary"),
    "protocol.outcomes.secondary_outcomes": _List("outcomes", "outcome", "secondary"),
    "protocol.outcomes.other_outcomes": _List("outcomes", "outcome", "other"),
    "protocol.contacts_locations.central_contacts": _List("central_contacts", "contact"),
    "protocol.contacts_locations.overall_officials": _List("officials", "official"),
    "protocol.contacts_locations.locations": _List("sites", "site"),
    "protocol.contacts_locations.locations.contacts": _List("site_contacts", "contact"),
    "protocol.references.references": _List("publications", "publication"),
    "protocol.references.references.retractions": _List("retractions", "retraction"),
    "protocol.references.see_also_links": _List("links", "link"),
    "protocol.references.avail_ipds": _List("available_data", "data"),
    f"{_FLOW}.groups": _List("flow_groups", "group"),
    f"{_FLOW}.periods": _List("flow_periods", "period"),
    f"{_FLOW}.periods.milestones": _List("flow_milestones", "milestone"),
    f"{_FLOW}.periods.milestones.achievements": _List("flow_achievements", "achievement"),
    f"{_FLOW}.periods.drop_withdraws": _List("flow_withdrawals", "withdrawal"),
    f"{_FLOW}.periods.drop_withdraws.reasons": _List("flow_withdrawal_counts", "count"),
    f"{_BASELINE}.groups": _List("baseline_groups", "group"),
    f"{_BASELINE}.denoms": _List("baseline_denoms", "denom"),
    f"{_BASELINE}.denoms.counts": _List("baseline_denom_counts", "count"),
    f"{_BASELINE}.measures": _List("baseline_measures", "measure"),
    **{
        f"{_BASELINE}.measures.{path}": _List(f"baseline_measure_{table}", one)
        for path, (table, one) in _MEASURES.items()
    },
    _OUTCOMES: _List("outcome_measures", "measure"),
    f"{_OUTCOMES}.groups": _List("outcome_measure_groups", "group"),
    **{
        f"{_OUTCOMES}.{path}": _List(f"outcome_measure_{table}", one)
        for path, (table, one) in _MEASURES.items()
    },
    f"{_OUTCOMES}.analyses": _List("outcome_measure_analyses", "analysis"),
    f"{_EVENTS}.event_groups": _List("adverse_event_groups", "group"),
    f"{_EVENTS}.serious_events": _List("adverse_events", "event", "serious"),
    f"{_EVENTS}.serious_events.stats": _List("adverse_event_counts", "count", "serious"),
    f"{_EVENTS}.other_events": _List("adverse_events", "event", "other"),
    f"{_EVENTS}.other_events.stats": _List("adverse_event_counts", "count", "other"),
    "annotation.annotation.unposted_annotation.unposted_events": _List("unposted_events", "event"),
    "annotation.annotation.violation_annotation.violation_events": _List(
        "violation_events", "event"
    ),
    "documents.large_document.large_docs": _List("documents", "document"),
    "derived.misc_info.submission_tracking.submission_infos": _List("submissions", "submission"),
    "derived.condition_browse.meshes": _List("condition_mesh", "mesh"),
    "derived.condition_browse.ancestors": _List("condition_mesh_ancestors", "mesh"),
    "derived.condition_browse.browse_leaves": _List("condition_browse_leaves", "leaf"),
    "derived.condition_browse.browse_branches": _List("condition_browse_branches", "branch"),
    "derived.intervention_browse.meshes": _List("intervention_mesh", "mesh"),
    "derived.intervention_browse.ancestors": _List("intervention_mesh_ancestors", "mesh"),
    "derived.intervention_browse.browse_leaves": _List("intervention_browse_leaves", "leaf"),
    "derived.intervention_browse.browse_branches": _List("intervention_browse_branches", "branch"),
    "page.related_trials": _List("related_trials", "trial"),
}
# The sections and modules that say nothing to who reads the name of a column.
_SILENT: Final = ("protocol_", "results_", "eligibility_")

Row = dict[str, Any]
"""The cells of a row that have a value, by the names of their columns."""


@once
def tables() -> tuple[Table, ...]:
    """All tables, in the order of the model. The same at every call."""
    found: dict[str, dict[str, Column]] = {name: {} for name in _ONCE.values()}
    for name, column in _columns(Trial, "", "", ""):
        known = found.setdefault(name, {})
        if column.name not in known:
            known[column.name] = column
        elif column.leaf and known[column.name].kind != column.kind:
            raise TypeError(f"{name}.{column.name} is of two kinds")
    return tuple(Table(name, (*_KEYS, *columns.values())) for name, columns in found.items())


_KEYS: Final = (Column("record", "int64"), Column("study", "string"))


def _columns(
    type_: type[Any], path: str, prefix: str, pointer: str
) -> Iterator[tuple[str, Column]]:
    """The columns of the leaves of a struct and of all below it, each with its table."""
    for step in _plan(type_, path, prefix):
        to = f"{pointer}/{step.key}"
        if step.listed:
            for above in _levels(step.path):
                yield step.listed.table, Column(above.one, "int64")
            yield step.listed.table, Column("position", "int64")
            if step.listed.kind:
                yield step.listed.table, Column("kind", "string")
        if step.below is None:
            yield step.home, Column(step.column, step.kind, to)
        else:
            to += "/*" if step.listed else ""
            yield from _columns(step.below, step.path, step.prefix, to)


def _table_of(path: str) -> str:
    """The table of the leaf of a path: of the list that it is in, else of its section."""
    for at in _above(path):
        if at in _LISTS:
            return _LISTS[at].table
    return next(_ONCE[at] for at in _above(path) if at in _ONCE)


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition(".")[0]
        yield path


def _levels(path: str) -> list[_List]:
    """The lists that a list is in, from the outermost on."""
    return [_LISTS[at] for at in reversed(list(_above(path))) if at in _LISTS]


def _kind(type_: Any, item: Any) -> Kind:
    if item is not None:
        return "list<string>"
    match inspect.type_info(type_):
        case inspect.BoolType():
            return "bool"
        case inspect.IntType() | inspect.Metadata(type=inspect.IntType()):
            return "int64"
        case inspect.FloatType() | inspect.Metadata(type=inspect.FloatType()):
            return "double"
    return "string"


# --- a record as rows ----------------------------------------------------------------------------


def rows(trial: Trial, record: int, study: str | None) -> Iterator[tuple[str, Row]]:
    """A record as rows, each with the name of its table; `record` is its number in the run."""
    keys: Row = {"record": record} if study is None else {"record": record, "study": study}
    once_: dict[str, Row] = {name: dict(keys) for name in _ONCE.values()}
    found: list[tuple[str, Row]] = []
    _fill(trial, _plan(Trial, "", ""), keys, once_, None, found)
    for name, row in once_.items():
        if len(row) > len(keys) or name == _ONCE[""]:
            yield name, row
    yield from found


def _fill(
    struct: Any,
    plan: "tuple[_Step, ...]",
    keys: Row,
    once_: dict[str, Row],
    row: Row | None,
    found: list[tuple[str, Row]],
) -> None:
    """Put the values of a struct into the row of its list, else into those of what is said once."""
    for step in plan:
        value = getattr(struct, step.attribute)
        if value is None:
            continue
        if step.below is None:
            if isinstance(value, dict):
                value = msgspec.json.encode(value, order="deterministic").decode()
            (once_[step.home] if row is None else row)[step.column] = value
            continue
        deeper = _plan(step.below, step.path, step.prefix)
        if step.listed is None:
            _fill(value, deeper, keys, once_, row, found)
            continue
        kind = {"kind": step.listed.kind} if step.listed.kind else {}
        for position, item in enumerate(value, 1):
            own = {**keys, **kind, "position": position}
            found.append((step.listed.table, own))
            _fill(item, deeper, {**keys, step.listed.one: position}, once_, own, found)


class _Step(NamedTuple):
    """What is done with an attribute of a struct at a place.

    `below` is the struct that it is, or that its list has (`listed`); None for a leaf, which goes
    into the `column` of the table `home`. `prefix` begins the names of the columns below.
    """

    attribute: str
    key: str
    path: str
    below: type[Any] | None
    listed: _List | None
    prefix: str
    home: str
    column: str
    kind: Kind


@once
def _plan(type_: type[Any], path: str, prefix: str) -> tuple[_Step, ...]:
    """What is done with each attribute of a struct, in order."""
    steps = []
    for name, field in fields_of(type_).items():
        at = f"{path}.{name}" if path else name
        inner, item = bare(field.type), item_type(field.type)
        listed = _LISTS[at] if is_struct(item) else None
        column = prefix + name.rstrip("_")
        for silent in _SILENT:
            column = column.removeprefix(silent)
        below = item if listed else inner if is_struct(inner) else None
        steps.append(
            _Step(
                attribute=name,
                key=field.encode_name,
                path=at,
                below=below,
                listed=listed,
                prefix="" if listed else f"{prefix}{name.rstrip('_')}_",
                home=_table_of(at),
                column=column,
                kind="string" if below else _kind(inner, item),
            )
        )
    return tuple(steps)
