"""Who took part, as seen at the start, in FHIR R5."""

from typing import Any

from trialbridge.mappings.codec import Codec, Field, Node, Step, among, field, merged, record
from trialbridge.mappings.fhir.results import denominators
from trialbridge.mappings.fhir.results.columns import positions
from trialbridge.mappings.fhir.results.measure_rows import measure_groups, measure_rows, title
from trialbridge.mappings.fhir.results.measures import (
    read_numbers,
    write_numbers,
)
from trialbridge.mappings.fhir.results.numbers import integer_in
from trialbridge.mappings.fhir.results.parts import (
    GROUP,
    RESULT,
    UNITS,
    Made,
    Read,
    Reference,
    group_leaves,
    id_of,
    listed,
    measured,
    section,
    section_of,
    stands,
    variable,
)
from trialbridge.mappings.fhir.types import each
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import (
    BaselineCharacteristicsModule,
    BaselineMeasure,
    Denom,
)

MODULE = "results.baseline_characteristics"
SECTION: tuple[Step, ...] = (*RESULT, "section", section("baseline-characteristics"))
ALL = variable("baseline-characteristics", "Baseline characteristics of")
_GROUP: tuple[Step, ...] = (*SECTION, GROUP)


def _split(module: BaselineCharacteristicsModule, names: Names) -> denominators.Split:
    groups = positions(group.id for group in module.groups or ())
    return denominators.split(module.denoms, groups, names)


def _references(module: BaselineCharacteristicsModule, names: Names) -> list[Reference]:
    counts = _split(module, names).participants
    return names.once(Made).groups("baseline-group", module.groups, alike=False, counts=counts)


def _write(measure: BaselineMeasure, names: Names) -> Node | None:
    results = names.trial.results if names.trial else None
    module = results.baseline_characteristics if results else None
    module = module or BaselineCharacteristicsModule()
    about = measured(names.item, measure.title or "Measure")
    references = _references(module, names)
    return write_numbers(measure, module.groups or (), references, about, names)


_numbers: Codec[Any] = Codec(
    lambda node, names: read_numbers(node, names, coded=True),
    _write,
)

MEASURE = record(BaselineMeasure, *measure_rows(_numbers, title))


def _write_module(module: BaselineCharacteristicsModule, names: Names) -> Node | None:
    others = denominators.extensions(_split(module, names).others)
    return section_of(_references(module, names), others)


def _read_denoms(section_: Node, names: Names) -> list[Denom] | None:
    counts = []
    for group in names.once(Read).of(section_).groups:
        count = None if group is None else integer_in(group, "quantity")
        if group is not None and count is not None:
            identifiers = listed(group, "identifier")
            counts.append((id_of(identifiers[0]) if identifiers else None, count))
    others = denominators.in_extensions(section_).get(None, [])
    return [*denominators.participants(counts), *others] or None


def _nothing(*_: Any) -> None:
    return None


_module: Codec[Any] = Codec(_nothing, _write_module)
_denoms: Codec[list[Denom]] = Codec(_read_denoms, _nothing)

BASELINE_ROWS: tuple[Field, ...] = (
    field(f"{MODULE}.population_description", *SECTION, *ALL, "description"),
    field(f"{MODULE}.type_units_analyzed", *SECTION, UNITS),
    merged(MODULE, *SECTION, codec=_module)._replace(home="none"),
    *group_leaves(f"{MODULE}.groups", *SECTION),
    stands(
        f"{MODULE}.denoms",
        *_GROUP,
        "quantity",
        leaves=("*.counts.*.value", "*.units"),
        note="of participants; other units are an extension of ours",
    ),
    stands(f"{MODULE}.denoms", *_GROUP, "identifier", leaves=("*.counts.*.group_id",)),
    merged(f"{MODULE}.groups", *SECTION, codec=measure_groups)._replace(home="none"),
    merged(f"{MODULE}.denoms", *SECTION, codec=_denoms)._replace(home="none"),
    among(
        f"{MODULE}.measures",
        *SECTION,
        "section",
        codec=each(MEASURE, name="baseline-measure"),
    ),
)
