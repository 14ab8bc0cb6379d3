"""Measures of the results, at the start and of outcomes, in FHIR R5.

A measure is a section of the report, about an EvidenceVariable whose categories are its rows. What
was measured in a group is an Evidence, with a statistic for each row. What the registry says once
for a measure (the kind of the number, its unit, what the spread is) each statistic says; of a
measure without numbers extensions of ours say it.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from trialbridge.mappings.codec import Codec, Extension, Mismatch, Node, System, text
from trialbridge.mappings.coverage import name_of
from trialbridge.mappings.fhir.results import denominators
from trialbridge.mappings.fhir.results.columns import Column, back, positions, turned
from trialbridge.mappings.fhir.results.numbers import (
    integer_in,
    limit_in,
    number,
    parts_of,
    range_of,
    text_in,
)
from trialbridge.mappings.fhir.results.parts import (
    Found,
    Reference,
    cells_in,
    listed,
    note_of,
    section_of,
    written_columns,
)
from trialbridge.mappings.fhir.results.rows_of import category, order_extensions, orders_in
from trialbridge.mappings.fhir.results.units import unit as unit_of
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology.displays import standard_coding
from trialbridge.mappings.fhir.types import EMPTY, concept, ours, said
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import (
    BaselineMeasure,
    Denom,
    MeasureCategory,
    MeasureClass,
    Measurement,
    OutcomeMeasure,
)

Measure = BaselineMeasure | OutcomeMeasure

STATISTIC_TYPE = ours("statistic-type", "CodeableConcept")
"""What the number of a measure is, where there is none."""
UNIT = ours("unit-of-measure", "String")
"""The unit of a measure, where there is no number."""
DISPERSION = ours("dispersion-type", "CodeableConcept")
"""What the spread of a measure is, where there is none."""

# --- kinds of numbers --------------------------------------------------------------------------

param: Codec[Any] = concept(codes.MEASURE_PARAM)
_dispersion: Codec[Any] = concept(codes.DISPERSION)
_LEVELS = {
    "CONFIDENCE_80": "0.8",
    "CONFIDENCE_90": "0.9",
    "CONFIDENCE_95": "0.95",
    "CONFIDENCE_975": "0.975",
    "CONFIDENCE_99": "0.99",
}
# What the registry shows for its codes of a dispersion.
_SHOWN = {
    "Standard Deviation": "STANDARD_DEVIATION",
    "Standard Error": "STANDARD_ERROR",
    "Inter-Quartile Range": "INTER_QUARTILE_RANGE",
    "Full Range": "FULL_RANGE",
}
_INTERVAL = re.compile(r"([1-9]\d?)(\.\d+)?% Confidence Interval")


@lru_cache(maxsize=256)
def _estimate(dispersion: str, coded: bool) -> Node:
    """The members of an attributeEstimate that say what it is. They are shared: change none."""
    if coded:
        level = _LEVELS.get(dispersion)
        kind: Node = _dispersion.write(dispersion, Names())
    else:
        # As words: `95% Confidence Interval`.
        interval = _INTERVAL.fullmatch(dispersion)
        level = None
        kind = {"text": dispersion}
        if interval:
            level = f"0.{interval[1]:0>2}{(interval[2] or '')[1:]}"
            kind = {**kind, "coding": [standard_coding(codes.ATTRIBUTE_ESTIMATE, "C53324")]}
        elif dispersion in _SHOWN:
            code = codes.DISPERSION.standard[_SHOWN[dispersion]]
            kind = {**kind, "coding": [standard_coding(codes.ATTRIBUTE_ESTIMATE, code)]}
    if level is None:
        return {"type": kind}
    return {"type": kind, "level": number(level.rstrip("0"))}


def _read_dispersion(kind: Any, names: Names, coded: bool) -> Any:
    return _dispersion.read(kind, names) if coded else said(kind)


# --- what is written ---------------------------------------------------------------------------


def is_plain(classes: Sequence[MeasureClass] | None) -> bool:
    """Whether a measure has one row that nothing is said of but its numbers."""
    if not classes or len(classes) != 1:
        return False
    (only,) = classes
    if only.title is not None or only.denoms is not None:
        return False
    if not only.categories or len(only.categories) != 1:
        return False
    (inner,) = only.categories
    return (
        inner.title is None
        and bool(inner.measurements)
        and all(one.value for one in inner.measurements or ())
    )


def _words(*parts: str | None) -> str | None:
    return ": ".join(part for part in parts if part) or None


def write_numbers(
    measure: Measure,
    groups: Sequence[Any],
    references: Sequence[Reference],
    about: Node,
    names: Names,
) -> Node | None:
    """What of a section says the numbers of a measure; the Evidence of them is written."""
    coded = isinstance(measure, BaselineMeasure)
    classes = measure.classes or []
    ids = [group.id for group in groups]
    plain = is_plain(classes)
    keys: list[str] = []
    categories: list[Node] = []
    class_of: list[int] = []
    rows = []
    for number_, class_ in enumerate(classes):
        for place, inner in enumerate(class_.categories or ()):
            keys.append(f"{number_ + 1}.{place + 1}")
            categories.append(category(keys[-1], _words(class_.title, inner.title)))
            class_of.append(number_)
            rows.append(inner.measurements)
    columns, orders = turned(rows, ids)
    places = positions(ids)
    whole = denominators.split(measure.denoms, places, names)
    own = [denominators.split(class_.denoms, places, names) for class_ in classes]
    constant: Node = {}
    if measure.param_type:
        constant["statisticType"] = param.write(measure.param_type, names)
    unit = unit_of(measure.unit_of_measure) if measure.unit_of_measure else {}
    estimate = _estimate(measure.dispersion_type, coded) if measure.dispersion_type else {}
    found = _Found()

    def statistics(column: Column) -> list[Node]:
        made: list[Node] = []
        group = column.group if column.first else None
        counted = None if group is None else whole.participants.get(group)
        samples = [
            _sample(counted, None if group is None else split.participants.get(group))
            for split in own
        ]
        told: set[int] = set()
        for row, stat in column.cells:
            node = {**constant} if plain else {"category": categories[row], **constant}
            found.statistic = True
            number_ = class_of[row]
            if sample := samples[number_]:
                node["sampleSize"] = sample
            told.add(number_)
            if stat.value:
                node["quantity"] = {**parts_of(stat.value), **unit}
                found.number = True
            if stat.spread or stat.lower_limit or stat.upper_limit:
                estimates = node["attributeEstimate"] = _estimates(stat, estimate, unit)
                found.estimate = True
                found.number |= any(map(_has_unit, estimates))
            if stat.comment:
                node["note"] = [{"text": stat.comment}]
            if "" in (stat.group_id, stat.value, stat.spread, stat.comment) or "" in (
                stat.lower_limit,
                stat.upper_limit,
            ):
                names.odd = True
            made.append(node)
        for number_, sample in enumerate(samples):
            if sample is not None and "knownDataCount" in sample and number_ not in told:
                key = str(number_ + 1)
                made.append(
                    {"category": category(key, classes[number_].title), "sampleSize": sample}
                )
        if counted is not None and not made:
            made.append({"sampleSize": {"numberOfParticipants": counted}})
        return made

    entries = written_columns(
        columns,
        references,
        statistics,
        names,
        names.item.removeprefix(f"{names.root}-"),
        about,
        measure.title or "Measure",
    )
    extensions = order_extensions(orders, keys)
    extensions += denominators.extensions(whole.others)
    for number_, split in enumerate(own):
        extensions += denominators.extensions(split.others, str(number_ + 1))
    if measure.param_type and not found.statistic:
        extensions.append(
            {"url": STATISTIC_TYPE.url, "valueCodeableConcept": constant["statisticType"]}
        )
    if measure.unit_of_measure and not found.number:
        extensions.append({"url": UNIT.url, "valueString": measure.unit_of_measure})
    if measure.dispersion_type and not found.estimate:
        extensions.append({"url": DISPERSION.url, "valueCodeableConcept": estimate["type"]})
    return section_of(entries, extensions)


class _Found:
    """What the statistics of a measure have, and so say of it."""

    statistic = False
    number = False
    estimate = False


def _sample(whole: int | None, known: int | None) -> Node | None:
    if whole is None and known is None:
        return None
    made = {} if whole is None else {"numberOfParticipants": whole}
    if known is not None:
        made["knownDataCount"] = known
    return made


def _has_unit(estimate: Node) -> bool:
    return "quantity" in estimate or not estimate["range"].keys().isdisjoint(("low", "high"))


def _estimates(stat: Measurement, estimate: Node, unit: Node) -> list[Node]:
    made = []
    if stat.spread:
        made.append({**estimate, "quantity": {**parts_of(stat.spread), **unit}})
    if stat.lower_limit or stat.upper_limit:
        limits = range_of(stat.lower_limit, stat.upper_limit, unit)
        made.append({**estimate, "range": limits})
    return made


def _write_categories(classes: list[MeasureClass], names: Names) -> list[Node] | None:
    for class_ in classes:
        inside = class_.categories or ()
        if class_.title == "" or [] in (class_.categories, class_.denoms):
            names.odd = True
        if any(one.title == "" or one.measurements == [] for one in inside):
            names.odd = True
    if is_plain(classes):
        return None
    made = []
    for number_, class_ in enumerate(classes):
        key = str(number_ + 1)
        titled = {"name": class_.title} if class_.title else {}
        for place, inner in enumerate(class_.categories or ()):
            node: Node = {"id": f"{key}.{place + 1}", **titled}
            if inner.title:
                node["valueCodeableConcept"] = {"text": inner.title}
            made.append(node)
        if not class_.categories:
            made.append({"id": key, **titled})
    for node in made:
        if len(node) == 1:
            node |= EMPTY
    return made


# --- what is read ------------------------------------------------------------------------------


class Numbers:
    """What the Evidence of the measure at hand says."""

    def __init__(self, names: Names) -> None:
        self.clear()

    def clear(self) -> None:
        self.rows: dict[str | None, list[Measurement]] = {}
        self.of_classes: dict[str | None, list[Denom]] = {}
        self.denoms: list[Denom] = []
        self.param: Any = None
        self.unit: str | None = None
        self.dispersion: Any = None


def read_numbers(section_: Node, names: Names, *, coded: bool) -> None:
    """Have what the Evidence of a section says at hand."""
    numbers = names.once(Numbers)
    numbers.clear()
    counts: dict[str, tuple[str | None, int]] = {}
    of_classes: dict[str, dict[str, tuple[str | None, int]]] = {}

    def cell(evidence: Found, stat: Node) -> tuple[str | None, Measurement] | None:
        of = stat.get("category")
        key = None if of is None else of.get("id")
        sample = stat.get("sampleSize")
        if sample is not None:
            # Each statistic of an Evidence says them; the first counts.
            place = evidence.place
            if place not in counts:
                size = integer_in(sample, "numberOfParticipants")
                if size is not None:
                    counts[place] = evidence.group_id, size
            row = str(key or "").partition(".")[0]
            of_row = of_classes.setdefault(row, {})
            if place not in of_row:
                size = integer_in(sample, "knownDataCount")
                if size is not None:
                    of_row[place] = evidence.group_id, size
            if len(stat) == 1 or (len(stat) == 2 and key is not None and "." not in key):
                return None
        return key, _measurement(stat, evidence.group_id, names, numbers, coded)

    columns = cells_in(section_, names, cell)
    orders = orders_in(section_)
    numbers.rows = back(columns, orders.get)
    others = denominators.in_extensions(section_)
    numbers.denoms = [*denominators.participants([*counts.values()]), *others.pop(None, [])]
    for row, found in of_classes.items():
        numbers.of_classes[row] = denominators.participants([*found.values()])
    for of_row, denoms in others.items():
        numbers.of_classes.setdefault(of_row, []).extend(denoms)
    _read_instead(section_, names, numbers, coded)


def _measurement(
    stat: Node, group_id: str | None, names: Names, numbers: Numbers, coded: bool
) -> Measurement:
    value = spread = lower = upper = None
    if numbers.param is None and "statisticType" in stat:
        numbers.param = param.read(stat["statisticType"], names)
    quantity = stat.get("quantity")
    if quantity is not None:
        value = text_in(quantity)
        if numbers.unit is None:
            numbers.unit = text.read(quantity["unit"], names) if "unit" in quantity else None
    if "attributeEstimate" in stat:
        for one in listed(stat, "attributeEstimate"):
            if numbers.dispersion is None and "type" in one:
                numbers.dispersion = _read_dispersion(one["type"], names, coded)
            held = one.get("quantity")
            if held is not None:
                spread = text_in(held)
                _see_unit(held, names, numbers)
            limits = one.get("range")
            if limits is not None:
                lower, upper = limit_in(limits, "low"), limit_in(limits, "high")
                for end in ("low", "high"):
                    if end in limits:
                        _see_unit(limits[end], names, numbers)
    return Measurement(
        group_id=group_id,
        value=value,
        spread=spread,
        lower_limit=lower,
        upper_limit=upper,
        comment=note_of(stat) if "note" in stat else None,
    )


def _see_unit(quantity: Node, names: Names, numbers: Numbers) -> None:
    if numbers.unit is None and "unit" in quantity:
        numbers.unit = text.read(quantity["unit"], names)


def _read_instead(section_: Node, names: Names, numbers: Numbers, coded: bool) -> None:
    """What extensions say of a measure without numbers."""
    told = section_.get("extension")
    for extension in told if told.__class__ is list else ():
        match extension.get("url"):
            case STATISTIC_TYPE.url if numbers.param is None:
                numbers.param = param.read(extension.get("valueCodeableConcept"), names)
            case UNIT.url if numbers.unit is None:
                numbers.unit = text.read(extension.get("valueString"), names)
            case DISPERSION.url if numbers.dispersion is None:
                kind = extension.get("valueCodeableConcept")
                numbers.dispersion = _read_dispersion(kind, names, coded)


def _read_categories(nodes: Any, names: Names) -> list[MeasureClass] | None:
    numbers = names.once(Numbers)
    if nodes is None:
        rows = numbers.rows.get(None)
        if rows is None:
            return None
        return [MeasureClass(categories=[MeasureCategory(measurements=rows)])]
    if nodes.__class__ is not list:
        raise Mismatch(f"expected a list, found {nodes!r:.60}")
    found: dict[str, tuple[str | None, list[MeasureCategory]]] = {}
    for position, node in enumerate(nodes):
        if node.__class__ is not dict:
            raise Mismatch(f"expected an object, found {node!r:.60}", f"[{position}]")
        key = str(node.get("id", f"+{position}.1"))
        of, dot, _ = key.partition(".")
        title = None if "name" not in node else text.read(node["name"], names)
        _, inside = found.setdefault(of, (title, []))
        if dot:
            value = node.get("valueCodeableConcept")
            inside.append(
                MeasureCategory(
                    title=None if value is None else said(value),
                    measurements=numbers.rows.get(key),
                )
            )
    return [
        MeasureClass(
            title=title, denoms=numbers.of_classes.get(of) or None, categories=inside or None
        )
        for of, (title, inside) in found.items()
    ]


categories: Codec[list[MeasureClass]] = Codec(_read_categories, _write_categories)
"""The rows of a measure as the categories of its variable, each with its numbers at hand."""


def _at_hand(
    read: Callable[[Numbers], Any],
    gives: type,
    *instead: Extension,
    systems: tuple[System, ...] = (),
) -> Codec[Any]:
    """What the Evidence says of the measure; `instead`: where there is none that could."""
    return Codec(
        lambda node, names: read(names.once(Numbers)),
        lambda value, names: None,
        systems,
        instead,
        gives=gives,
        label="".join(f"extension[{name_of(one.url)}]" for one in instead),
    )


param_at_hand = _at_hand(lambda numbers: numbers.param, str, STATISTIC_TYPE, systems=param.systems)
unit_at_hand = _at_hand(lambda numbers: numbers.unit, str, UNIT)
dispersion_at_hand = _at_hand(
    lambda numbers: numbers.dispersion, str, DISPERSION, systems=_dispersion.systems
)
denoms_at_hand: Codec[list[Denom]] = _at_hand(lambda numbers: numbers.denoms or None, list)
