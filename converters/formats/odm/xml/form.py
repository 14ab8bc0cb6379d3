"""What is written of the registry form: its definitions are the same texts in each document.

A row is one expression for each group and for the items that it has, since a record with results
has thousands of them.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from trialbridge.mappings.codec import Node
from trialbridge.mappings.odm.form.document import DEFINED, Form
from trialbridge.mappings.odm.form.groups import Group, definitions

Writer = Callable[[Any], str]
Escape = Callable[[str], str]


class Values(NamedTuple):
    """How a version has the value of an item: what stands before and behind it."""

    before: str
    behind: str
    escape: Escape


def form_writers(version: str, writers: Mapping[str, Writer], values: Values) -> dict[str, Writer]:
    """The functions that write a Form where it stands for its elements."""
    known: dict[str, Mapping[str, Mapping[str, str]]] = {}
    made: dict[tuple[str, tuple[str, ...]], str] = {}
    shapes: dict[str, dict[tuple[str, ...], Writer]] = {}

    def of_group(form: Form, key: str) -> Mapping[str, Mapping[str, str]]:
        """What defines a group: by element, the text of each definition by its OID."""
        if key not in known:
            nodes = definitions([form.known[key]], version, is_reference=True)
            known[key] = {
                kind: {node["@OID"]: writers[kind](node) for node in nodes.get(kind, ())}
                for kind in DEFINED
            }
        return known[key]

    def definer(kind: str) -> Writer:
        def write_definitions(form: Form | Node) -> str:
            if isinstance(form, dict):
                # Of a template, which nobody writes often.
                return writers[kind](form)
            asked = kind, form.groups
            text = made.get(asked)
            if text is None:
                found: dict[str, str] = {}
                for key in form.groups:
                    found |= of_group(form, key)[kind]
                if len(made) >= _MOST:
                    made.clear()
                text = made[asked] = "".join(found.values())
            return text

        return write_definitions

    def write_rows(form: Form) -> str:
        pieces = [f'<ReferenceData StudyOID="{form.study}" MetaDataVersionOID="{form.metadata}">']
        for key in form.groups:
            its = shapes.setdefault(key, {})
            for row in form.rows[key]:
                shape = tuple(row)
                write = its.get(shape)
                if write is None:
                    write = its[shape] = _of_shape(form.known[key], shape, values)
                pieces.append(write(row))
        pieces.append("</ReferenceData>")
        return "".join(pieces)

    return {**{kind: definer(kind) for kind in DEFINED}, "ReferenceData": write_rows}


# How many texts of definitions are kept: one for each set of groups that records have.
_MOST = 4_000


def _of_shape(group: Group, shape: tuple[str, ...], values: Values) -> Writer:
    """A function that writes rows of a group that have these items: one expression."""
    free = {one.oid for one in group.items.values() if one.is_free}
    text = f'<ItemGroupData ItemGroupOID="{group.oid}"'
    if group.repeats:
        text += ' ItemGroupRepeatKey="{row["@OID"]}"'
    text += ">"
    for oid in shape:
        if oid == "@OID":
            continue
        held = f'row["{oid}"]'
        if oid in free:
            held = f"escaped({held})"
        text += f'<ItemData ItemOID="{oid}"{values.before}{{{held}}}{values.behind}'
    text += "</ItemGroupData>"
    # All of the source is made here, from the model's structs: no input has a part in it.
    made: Writer = eval(f"lambda row: f'''{text}'''", {"escaped": values.escape})
    return made
