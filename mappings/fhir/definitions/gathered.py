"""Which extension of ours stands where, and what it carries: gathered from the mapping tables.

https://hl7.org/fhir/R5/defining-extensions.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from trialbridge.mappings.codec import (
    Aside,
    Field,
    Item,
    Record,
    Step,
    System,
    attribute_type,
    item_type,
)
from trialbridge.mappings.coverage import below_of, json_pointer
from trialbridge.mappings.fhir.eligibility import STATED_IN, TYPE_NOT_STATED
from trialbridge.mappings.fhir.r5 import STUDY
from trialbridge.mappings.fhir.results.columns import ORDER
from trialbridge.mappings.fhir.results.denominators import DENOMINATOR
from trialbridge.mappings.fhir.results.numbers import AS_TEXT
from trialbridge.mappings.fhir.types import EMPTY_ELEMENT, EMPTY_ITEM, UNMAPPED
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir.digests.codes import digest
from trialbridge.schemas.fhir.r5 import type_

_OURS = f"{BASE}/StructureDefinition/"


@dataclass
class Definition:
    """What the tables say of one extension, or of a part of one.

    `contexts`: the ids of the elements that have it, in the base specification. `kinds`: the types
    of its value; none if it has `parts`. `many`: whether an element may have several. `leaves`: the
    pointers of what it carries, with `*` for every item of a list. `notes`: how, in words.
    `systems`: the code systems of its values.
    """

    url: str
    contexts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    many: bool = False
    leaves: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    systems: list[System] = field(default_factory=list)
    parts: dict[str, "Definition"] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The last part of the url."""
        return self.url.rpartition("/")[2]

    @property
    def carried(self) -> list[str]:
        """The leaves of the extension and of all its parts."""
        return [*self.leaves, *(leaf for one in self.parts.values() for leaf in one.carried)]


class _Place(NamedTuple):
    """Where a walk along the steps of a row is.

    `element` is the id of the element in the type that defines it, and `type` that of its content;
    `urls` are the extensions around the place, `kind` the type of the value that it is in.
    """

    element: str
    type: str
    urls: tuple[str, ...] = ()
    kind: str = ""
    in_list: bool = False


# Written by the converter, for the record as a whole.
_WHOLE = (
    Definition(
        EMPTY_ITEM.url,
        contexts=["Element"],
        kinds=["boolean"],
        notes=["an item of a list of which the record says nothing but that it is there"],
    ),
    Definition(
        TYPE_NOT_STATED.url,
        contexts=[
            "ResearchStudy.recruitment.actualNumber",
            "ResearchStudy.recruitment.targetNumber",
        ],
        kinds=["boolean"],
        notes=["a number of participants of which the record does not say if it is actual"],
    ),
    Definition(
        STATED_IN.url,
        contexts=["Group.characteristic", "EvidenceVariable.characteristic.timeFromEvent"],
        kinds=["string"],
        notes=["what was read from a criterion or a time frame: the words that state it"],
    ),
    Definition(
        AS_TEXT.url,
        contexts=["decimal", "unsignedInt"],
        kinds=["string"],
        notes=["what a record has in the place of a number, where it is none"],
    ),
    Definition(
        ORDER.url,
        contexts=["EvidenceReport.section"],
        kinds=["string"],
        many=True,
        notes=[
            "a row of results whose numbers are in another order than the groups: the row, and for "
            "each number which of the row's it is, as they stand by group"
        ],
    ),
    Definition(
        DENOMINATOR.url,
        contexts=["EvidenceReport.section"],
        many=True,
        notes=["how many were analyzed, where it is not participants by the order of the groups"],
        parts={
            "row": Definition("row", kinds=["string"], notes=["the class, by its number, or all"]),
            "units": Definition("units", kinds=["string"], notes=["what is counted"]),
            "count": Definition(
                "count",
                many=True,
                notes=["how many of one group"],
                parts={
                    "group": Definition("group", kinds=["string"], notes=["the group's id"]),
                    "value": Definition("value", kinds=["string"], notes=["how many"]),
                    "none": Definition("none", kinds=["boolean"], notes=["nothing is said"]),
                },
            ),
        },
    ),
    Definition(
        UNMAPPED.url,
        contexts=["ResearchStudy"],
        kinds=["string"],
        many=True,
        leaves=["/unmapped"],
        notes=["in pieces, where it is longer than a string may be"],
    ),
    Definition(
        EMPTY_ELEMENT.url,
        contexts=["ResearchStudy"],
        many=True,
        notes=["an empty object, list or text of the record, which FHIR has no form for"],
        parts={
            "pointer": Definition("pointer", kinds=["string"], notes=["where in the record"]),
            "kind": Definition("kind", kinds=["code"], notes=["object, list or string"]),
        },
    ),
)


@cache
def extensions() -> tuple[Definition, ...]:
    """Gather the extensions of ours that the R5 table and its converter write, by url."""
    top = Definition("")
    study = _Place("ResearchStudy", "ResearchStudy")
    _gather(STUDY, "", study, top)
    top.parts |= {definition.url: definition for definition in _WHOLE}
    return tuple(top.parts[url] for url in sorted(top.parts))


def walk(table: Record, pointer: str = "") -> Iterator[tuple[str, Field, Record]]:
    """Walk over the rows that write, of a table and those below: the leaf's pointer, row, table."""
    for row in table.rows:
        if row.read_only:
            continue
        at = pointer + json_pointer(table.type, row.model)
        if row.codec.table is not None:
            yield from walk(row.codec.table, f"{at}/*")
        else:
            listed = item_type(attribute_type(table.type, row.model)) is not None
            yield f"{at}/*" if listed else at, row, table


def _gather(table: Record, pointer: str, start: _Place, top: Definition) -> None:
    for row in table.rows:
        if row.read_only:
            continue
        at = pointer + json_pointer(table.type, row.model)
        place = _follow(start, row.steps)
        many = item_type(attribute_type(table.type, row.model)) is not None
        if row.codec.table is not None:
            for extension in row.codec.extensions:
                place = place._replace(urls=(*place.urls, extension.url), in_list=False)
                _note(top, place, None).many = True
            _gather(row.codec.table, f"{at}/*", place, top)
            continue
        leaf = None if row.home == "none" else f"{at}/*" if many else at
        if leaf is not None and len(row.leaves) == 1:
            leaf = at + below_of(attribute_type(table.type, row.model), row.leaves[0])
        if place.urls and not place.in_list:
            _note(top, place, leaf, row)
        inside = row.codec.extensions_in
        for extension in row.codec.extensions:
            inner = _follow(place, inside.split(".") if inside else ())
            urls, kind = (*inner.urls, extension.url), extension.kind or ""
            found = _note(top, inner._replace(urls=urls, kind=kind), leaf, row)
            found.many |= many
            if extension in row.codec.aids:
                found.notes = ["it says nothing of the record, and only helps to read it"]


def _follow(place: _Place, steps: Iterable[Step]) -> _Place:
    for step in steps:
        if isinstance(step, Aside):
            place = _Place(step.place, step.place)
        elif isinstance(step, Item):
            if place.in_list:
                url = str(step.const["url"])
                place = place._replace(urls=(*place.urls, url), in_list=False)
        elif step == "extension":
            place = place._replace(in_list=True)
        elif place.urls:
            # What is deeper in the value is part of its type.
            place = place if place.kind else place._replace(kind=step.removeprefix("value"))
        else:
            element = type_(place.type).elements[step]
            place = _Place(element.anchor, element.type)
    return place


def _note(top: Definition, place: _Place, leaf: str | None, row: Field | None = None) -> Definition:
    """Note that a leaf stands in an extension; gives what is said of the innermost one."""
    found = top
    if not place.urls[0].startswith(_OURS):
        return Definition(place.urls[0])  # defined by who publishes it
    for depth, url in enumerate(place.urls):
        found = found.parts.setdefault(url, Definition(url))
        if depth == 0:
            _add(found.contexts, place.element)
    if leaf is not None:
        _add(found.leaves, leaf)
    if place.kind:
        code = place.kind[0].lower() + place.kind[1:]
        _add(found.kinds, code if code in digest().primitives else place.kind)
    if row is not None:
        for system in row.codec.systems:
            _add(found.systems, system)
        if row.note:
            _add(found.notes, row.note)
    return found


def _add(found: list[Any], value: Any) -> None:
    if value not in found:
        found.append(value)
