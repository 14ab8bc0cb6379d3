"""Adverse events of the results, in FHIR R5.

Each event is a characteristic of an EvidenceVariable, of a type (its organ system), found by a
method (asked for or not), and its numbers are statistics of the Evidence of the groups. A statistic
without a category is that of all events together.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from trialbridge.mappings import compiled
from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Node,
    Step,
    among,
    derived,
    field,
    merged,
    record,
    text,
)
from trialbridge.mappings.fhir.results.columns import Column, turned
from trialbridge.mappings.fhir.results.numbers import (
    MOST,
    integer_in,
    integer_parts,
    parts_of,
    text_in,
)
from trialbridge.mappings.fhir.results.parts import (
    EVIDENCE,
    RESULT,
    Found,
    Made,
    Read,
    cells_in,
    group_leaves,
    groups_in,
    listed,
    measured,
    section,
    section_of,
    stands,
    variable,
    written_columns,
)
from trialbridge.mappings.fhir.results.rows_of import category, order_extensions, own, take
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import NOT_STATED, classified
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import (
    AdverseEvent,
    AdverseEventsModule,
    EventGroup,
    EventStats,
)

MODULE = "results.adverse_events"
SECTION: tuple[Step, ...] = (*RESULT, "section", section("adverse-events"))
ALL = variable("adverse-events", "Adverse events in")
_CODES = {
    "deaths": "all-cause-mortality",
    "serious": "serious-adverse-events",
    "other": "other-adverse-events",
}
_SECTIONS = {kind: section(code) for kind, code in _CODES.items()}
_TITLES = {kind: codes.RESULTS_SECTION.codes[code] for kind, code in _CODES.items()}
_VARIABLES = {kind: variable(code, f"{_TITLES[kind]} in") for kind, code in _CODES.items()}
_DEFINITION = "definitionByTypeAndValue"

# --- events ------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _vocabulary(words: str) -> list[Node]:
    system = {"system": codes.MEDDRA} if words.lower().startswith("meddra") else {}
    return [{**system, "version": words}]


def _read_vocabulary(nodes: Any, names: Names) -> str | None:
    for node in nodes if nodes.__class__ is list else ():
        if node.__class__ is dict and "version" in node:
            return text.read(node["version"], names)
    return None


vocabulary: Codec[str] = Codec(_read_vocabulary, lambda words, names: _vocabulary(words))
"""Where a term is from, as the version of a Coding, with MedDRA's system where it is MedDRA."""


def complete_definition(node: Node) -> None:
    """Give a characteristic the type and value that FHIR wants, of which it has neither or one."""
    definition = node.get(_DEFINITION)
    if definition is None:
        return
    if "type" not in definition:
        definition["type"] = NOT_STATED
    if "valueCodeableConcept" not in definition:
        definition["valueCodeableConcept"] = NOT_STATED


EVENT = record(
    AdverseEvent,
    field("organ_system", _DEFINITION, "type", "text"),
    among("assessment_type", _DEFINITION, "method", codec=classified(codes.EVENT_ASSESSMENT)),
    field(
        "source_vocabulary",
        _DEFINITION,
        "valueCodeableConcept",
        "coding",
        codec=vocabulary,
        note="the version of a Coding, whose system is MedDRA's where it says so",
    ),
    field("term", _DEFINITION, "valueCodeableConcept", "text"),
    field("notes", "note", FIRST, "text"),
    field("stats", "linkId", codec=own, home="none"),
)
EVENTS = compiled.each(EVENT, name="event", number_as=("linkId", ""), complete=complete_definition)

# --- numbers -----------------------------------------------------------------------------------


def _total(group: EventGroup, kind: str) -> Node | None:
    """The statistic of all events of a group together."""
    affected = getattr(group, f"{kind}_num_affected")
    at_risk = getattr(group, f"{kind}_num_at_risk")
    if affected is None and at_risk is None:
        return None
    made: Node = {}
    if affected is not None:
        made |= integer_parts(affected, "numberAffected")
    if at_risk is not None:
        made["sampleSize"] = integer_parts(at_risk, "knownDataCount")
    return made


def _write(module: AdverseEventsModule, names: Names, kind: str) -> Node | None:
    events: list[AdverseEvent] = (getattr(module, f"{kind}_events", None) or []) if kind else []
    groups = module.event_groups or []
    references = names.once(Made).groups("event-group", groups, alike=False)
    columns, orders = turned([event.stats for event in events], [group.id for group in groups])
    keys = [str(number + 1) for number in range(len(events))]
    categories = [category(key, event.term) for key, event in zip(keys, events, strict=True)]
    samples: dict[int, Node] = {}

    def statistics(column: Column) -> list[Node]:
        made: list[Node] = []
        group = groups[column.group] if column.group is not None and column.first else None
        if group is not None and (total := _total(group, kind)):
            made.append(total)
        for row, stat in column.cells:
            node = {"category": categories[row]}
            affected, events, at_risk = stat.num_affected, stat.num_events, stat.num_at_risk
            if affected is not None:
                if -1 < affected <= MOST:
                    node["numberAffected"] = affected
                else:
                    node |= integer_parts(affected, "numberAffected")
            if events is not None:
                if -1 < events <= MOST:
                    node["numberOfEvents"] = events
                else:
                    node |= integer_parts(events, "numberOfEvents")
            if at_risk is not None:
                sample = samples.get(at_risk)
                if sample is None:
                    sample = samples[at_risk] = integer_parts(at_risk, "knownDataCount")
                node["sampleSize"] = sample
            if stat.group_id == "":
                names.odd = True
            made.append(node)
        return made

    about = measured(f"{names.root}-{_CODES[kind]}", f"{_TITLES[kind]} in {names.called}")
    entries = written_columns(
        columns, references, statistics, names, f"{kind}-events", about, _TITLES[kind]
    )
    return section_of(entries, order_extensions(orders, keys))


def _cell(evidence: Found, stat: Node) -> tuple[Any, EventStats] | None:
    """The numbers of an event, by its key; None of a statistic of all events together."""
    of = stat.get("category")
    if of is None:
        return None
    sample = stat.get("sampleSize")
    return of.get("id"), EventStats(
        group_id=evidence.group_id,
        num_events=integer_in(stat, "numberOfEvents"),
        num_affected=integer_in(stat, "numberAffected"),
        num_at_risk=None if sample is None else integer_in(sample, "knownDataCount"),
    )


def _read(section_: Node, names: Names) -> None:
    take(cells_in(section_, names, _cell), section_, names)


def _numbers(kind: str) -> Codec[AdverseEventsModule]:
    return Codec(
        lambda node, names: _read(node, names),
        lambda module, names: _write(module, names, kind),
    )


# What the variable of all events together is: it happened to somebody or not.
def _handled(kind: str) -> Codec[AdverseEventsModule]:
    def write(module: AdverseEventsModule, names: Names) -> Node | None:
        groups = module.event_groups or ()
        counted = any(_total(group, kind) for group in groups)
        there = counted or getattr(module, f"{kind}_events", None)
        return {"handling": "dichotomous"} if there else None

    return Codec(lambda node, names: None, write)


def _groups_write(groups: list[EventGroup], names: Names) -> Node:
    return {"entryReference": list(names.once(Made).groups("event-group", groups, alike=False))}


def _groups_read(section_: Node, names: Names) -> list[EventGroup] | None:
    read = names.once(Read)
    inner = {kind: _subsection(section_, kind) for kind in _CODES}
    # Of each kind, those of a group that are left: a group that is listed again has the next.
    totals: dict[str, dict[int, Iterator[Found]]] = {
        kind: _by_group(read.of(node).evidence) if node is not None else {}
        for kind, node in inner.items()
    }
    used: set[int] = set()

    def more(group: Node) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        for kind, evidence in totals.items():
            for one in evidence.get(id(group), ()):
                if id(one.node) not in used:
                    used.add(id(one.node))
                    for stat in listed(one.node, "statistic")[:1]:
                        if "category" not in stat:
                            sample = stat.get("sampleSize") or {}
                            found[f"{kind}_num_affected"] = integer_in(stat, "numberAffected")
                            found[f"{kind}_num_at_risk"] = integer_in(sample, "knownDataCount")
                    break
        return found

    return groups_in(section_, names, EventGroup, more)


def _by_group(evidence: Iterable[Found]) -> dict[int, Iterator[Found]]:
    """The Evidence of each group, by the Group itself, which is there as long as what is read."""
    found: dict[int, list[Found]] = {}
    for one in evidence:
        if one.group is not None:
            found.setdefault(id(one.group), []).append(one)
    return {group: iter(listed_) for group, listed_ in found.items()}


def _subsection(section_: Node, kind: str) -> Node | None:
    mine = _SECTIONS[kind].mine
    return next((one for one in listed(section_, "section") if mine(one)), None)


# --- rows --------------------------------------------------------------------------------------


def _percent_parts(words: str, names: Names) -> Node:
    return {**parts_of(words), "unit": "%", "system": codes.UCUM, "code": "%"}


percent: Codec[str] = Codec(lambda node, names: text_in(node), _percent_parts, label="value")
"""A percentage as a Quantity."""

_groups: Codec[list[EventGroup]] = Codec(_groups_read, _groups_write)


def _of_kind(kind: str) -> tuple[Field, ...]:
    place = (*SECTION, "section", _SECTIONS[kind])
    evidence = (*place, EVIDENCE, "statistic")
    rows = [
        stands(
            f"{MODULE}.event_groups",
            *evidence,
            "numberAffected",
            leaves=(f"*.{kind}_num_affected",),
            note="of the statistic without a category",
        ),
        stands(
            f"{MODULE}.event_groups",
            *evidence,
            "sampleSize",
            "knownDataCount",
            leaves=(f"*.{kind}_num_at_risk",),
            note="of the statistic without a category",
        ),
    ]
    if kind != "deaths":
        model = f"{MODULE}.{kind}_events"
        note = (
            "an Evidence for each group, in it a statistic for each event, which its category names"
        )
        rows += [
            stands(model, *evidence, "numberOfEvents", leaves=("*.stats.*.num_events",), note=note),
            stands(model, *evidence, "numberAffected", leaves=("*.stats.*.num_affected",)),
            stands(
                model,
                *evidence,
                "sampleSize",
                "knownDataCount",
                leaves=("*.stats.*.num_at_risk",),
            ),
            stands(
                model,
                *place,
                EVIDENCE,
                "variableDefinition",
                "observed",
                leaves=("*.stats.*.group_id",),
                note="the Group of the variable whose role is population",
            ),
        ]
    rows += [
        merged(MODULE, *place, codec=_numbers(kind))._replace(home="none"),
        derived(merged(MODULE, *place, *_VARIABLES[kind], codec=_handled(kind))),
    ]
    if kind != "deaths":
        rows.append(
            among(
                f"{MODULE}.{kind}_events", *place, *_VARIABLES[kind], "characteristic", codec=EVENTS
            )
        )
    return tuple(rows)


EVENT_ROWS: tuple[Field, ...] = (
    field(f"{MODULE}.description", *SECTION, *ALL, "description"),
    field(
        f"{MODULE}.time_frame",
        *SECTION,
        *ALL,
        "characteristic",
        FIRST,
        "timeFromEvent",
        FIRST,
        "description",
    ),
    field(
        f"{MODULE}.all_cause_mortality_comment",
        *SECTION,
        "section",
        _SECTIONS["deaths"],
        *_VARIABLES["deaths"],
        "description",
    ),
    merged(
        f"{MODULE}.frequency_threshold",
        *SECTION,
        "section",
        _SECTIONS["other"],
        "entryQuantity",
        FIRST,
        codec=percent,
        home="native",
    ),
    *group_leaves(f"{MODULE}.event_groups", *SECTION),
    merged(f"{MODULE}.event_groups", *SECTION, codec=_groups)._replace(home="none"),
    *_of_kind("deaths"),
    *_of_kind("serious"),
    *_of_kind("other"),
)
