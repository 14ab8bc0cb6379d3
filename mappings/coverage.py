"""Which leaf of the model goes where in a format: the rows that every coverage list is made of."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from msgspec import inspect

from trialbridge.mappings.codec import (
    Aside,
    Field,
    Item,
    Record,
    Step,
    attribute_type,
    bare,
    fields_of,
    item_type,
)
from trialbridge.mappings.codec import Home as Home
from trialbridge.schemas.once import once

# The list that an Aside stores, which is no element of the format.
ITEMS = "items"
_INDEX = re.compile(r"/\d+(?=/|$)")


class CoverageRow(NamedTuple):
    """One home of one leaf. A leaf may have several rows: the first that applies is the main one.

    `leaf` is a JSON pointer in the model's keys with `*` for every item of a list
    (`/protocolSection/armsInterventionsModule/armGroups/*/label`); `place` is a path in the
    format's own words, FHIRPath-like for FHIR, empty when `home` is "none".
    """

    leaf: str
    place: str
    home: Home
    note: str = ""


def leaves(struct: type[Any]) -> list[str]:
    """List every leaf of a struct as a pointer with `*` for list items, in the struct's order.

    A leaf is a value that holds no other: a string, number, boolean, or an object with free keys.
    """
    return list(_leaves(struct))


@once
def _leaves(struct: type[Any]) -> tuple[str, ...]:
    return tuple(leaf_types(struct))


def leaf_types(struct: type[Any]) -> dict[str, inspect.Type]:
    """The type of every leaf of a struct, by its pointer, in the struct's order."""
    found: dict[str, inspect.Type] = {}
    _gather(inspect.type_info(struct), "", found)
    return found


def complete(rows: list[CoverageRow], struct: type[Any]) -> list[CoverageRow]:
    """Give the rows in the struct's order, with one of no home for each leaf that has none."""
    order = {leaf: position for position, leaf in enumerate(leaves(struct))}
    covered = {row.leaf for row in rows}
    homeless = (CoverageRow(leaf, "", "none") for leaf in order if leaf not in covered)
    return sorted([*rows, *homeless], key=lambda row: order[row.leaf])


def main_homes(rows: Iterable[CoverageRow]) -> dict[str, Home]:
    """The main home of each leaf: that of its first row."""
    found: dict[str, Home] = {}
    for row in rows:
        found.setdefault(row.leaf, row.home)
    return found


def pattern(pointer: str) -> str:
    """Give the leaf that a pointer into one record leads to: `/a/0/b` is `/a/*/b`."""
    # No key of the model is a number.
    return _INDEX.sub("/*", pointer)


def _gather(kind: inspect.Type, pointer: str, found: dict[str, inspect.Type]) -> None:
    match kind:
        case inspect.UnionType():
            for member in kind.types:
                if not isinstance(member, inspect.NoneType):
                    _gather(member, pointer, found)
        case inspect.Metadata():
            _gather(kind.type, pointer, found)
        case inspect.StructType():
            for field in kind.fields:
                _gather(field.type, f"{pointer}/{field.encode_name}", found)
        case inspect.ListType() | inspect.VarTupleType():
            _gather(kind.item_type, f"{pointer}/*", found)
        case _:
            found.setdefault(pointer, kind)


def of_table(table: Record, root: str, ours: str, official: str) -> list[CoverageRow]:
    """List the homes that a table gives to the leaves of its struct.

    `root` is the name of the tree's top; an extension whose url begins with `ours` is one of ours,
    with `official` one of the standard's publisher.
    """
    found: list[CoverageRow] = []
    _cover(table, "", root, "native", (ours, official), found)
    return found


def _cover(
    table: Record,
    pointer: str,
    top: str,
    above: Home,
    bases: tuple[str, str],
    found: list[CoverageRow],
) -> None:
    for row in table.rows:
        if row.home == "none":
            continue  # a row that only helps another one
        home = _worst(above, row.home or _home(row, *bases))
        at = pointer + json_pointer(table.type, row.model)
        base = place_of(row.steps, top)
        place = base + _elements(row)
        if row.codec.table is not None:
            _cover(
                row.codec.table,
                f"{at}/*",
                place,
                home,
                bases,
                found,
            )
            continue
        type_ = attribute_type(table.type, row.model)
        below = [below_of(type_, leaf) for leaf in row.leaves] or ["/*" if item_type(type_) else ""]
        found.extend(CoverageRow(at + leaf, place, home, row.note) for leaf in below)
        if row.home is not None:
            # The main home is said; what the codec cannot put there rides in these.
            found.extend(
                CoverageRow(
                    at + leaf,
                    f"{base}{_dotted(row.codec.extensions_in)}.extension[{name_of(one.url)}]",
                    other,
                    row.note,
                )
                for one in row.codec.extensions
                if one not in row.codec.aids and (other := home_of((one.url,), *bases)) != "native"
                for leaf in below
            )


def _worst(above: Home, own: Home) -> Home:
    """The home of a part: an extension in a native element is one, what is in ours is ours."""
    order: tuple[Home, ...] = ("native", "official", "ours")
    return max(above, own, key=order.index)


def _home(row: Field, ours: str, official: str) -> Home:
    """The home of a row: the first extension on the way tells, else the one its codec writes."""
    for step in row.steps:
        if isinstance(step, Aside) and step.home != "native":
            return step.home
    on_the_way = [
        str(step.const["url"])
        for step in row.steps
        if isinstance(step, Item) and "url" in step.const
    ]
    return home_of([*on_the_way, *(one.url for one in row.codec.extensions)], ours, official)


def home_of(urls: Iterable[str], ours: str, official: str) -> Home:
    """The home of what is in extensions of these urls, from the outermost on."""
    for url in urls:
        if url.startswith(ours):
            return "ours"
        if official and url.startswith(official):
            return "official"
    return "native"


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


def _dotted(member: str) -> str:
    return f".{member}" if member else ""


def _elements(row: Field) -> str:
    """Which elements or members a row has, and where in an extension the value stands."""
    if row.merge:
        return _dotted(row.codec.label)
    if not row.many:
        return ""
    place = f"[{row.codec.label}]" if row.codec.label else ""
    if row.codec.extensions and not row.codec.label:
        (extension,) = row.codec.extensions
        place = f"[{name_of(extension.url)}]"
        if extension.kind:
            place += f".value{extension.kind}"
    return place


def place_of(steps: tuple[Step, ...], top: str) -> str:
    """The steps as a path like FHIRPath's; what stands aside begins anew."""
    place = top
    for step in steps:
        if isinstance(step, Aside):
            place = step.place or step.label
        elif isinstance(step, Item):
            place += f"[{step.label}]" if step.label else ""
        elif step != ITEMS:
            place += f".{step}"
    return place


def json_pointer(type_: type[Any], path: str) -> str:
    """A dotted path of attributes as a JSON pointer in the model's keys."""
    pointer, found = "", type_
    for name in path.split(".") if path else ():
        field = fields_of(found)[name]
        pointer += f"/{field.encode_name}"
        found = bare(field.type)
    return pointer


def below_of(type_: Any, leaf: str) -> str:
    """Give the pointer of a leaf below a struct or list: `*` steps into the items of a list."""
    pointer, found = "", type_
    for name in leaf.split("."):
        if name == "*":
            found = item_type(found)
            pointer += "/*"
        else:
            field = fields_of(found)[name]
            found = bare(field.type)
            pointer += f"/{field.encode_name}"
    return pointer + "/*" if item_type(found) else pointer
