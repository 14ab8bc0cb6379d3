"""What the form has of a record that is no attribute of the model: how elements belong together.

A note is a row about the element that its key begins with, or about the record.

https://wiki.cdisc.org/display/PUB/ItemGroupDef
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from trialbridge.mappings.codec import Aside, Node, System
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.form.groups import CodeList, Group, Item, group, item
from trialbridge.mappings.odm.form.rows import Rows, parts_of


class Note(NamedTuple):
    """A kind of note: its group, and its items by short names."""

    group: Group
    items: Mapping[str, Item]

    def put(self, names: Names, said: Mapping[str, str], *, of: str, number: int) -> None:
        """Add a note on an element, the one of such a number, or on the record."""
        row = self.row(said, of=of, number=number)
        names.once(Rows).written[self.group.key].append(row)

    def row(self, said: Mapping[str, str], *, of: str, number: int) -> Node:
        """The row of a note."""
        key = f"{of}.{number}" if of else str(number)
        row = {"@OID": key if self.group.repeats else ""}
        for name, text in said.items():
            row[self.items[name].oid] = text
        return row

    def got(self, names: Names, of: str = "") -> list[Node]:
        """The rows of the notes on an element, or on the record."""
        return names.once(Rows).parts.get((self.group.key, of), [])

    def said(self, row: Mapping[str, str]) -> dict[str, str]:
        """What a row says, by short names."""
        return {name: row[held.oid] for name, held in self.items.items() if row.get(held.oid)}

    @property
    def steps(self) -> tuple[Aside, str]:
        """The steps to the notes on the element at hand."""
        return parts_of(self.group)


def note(
    key: str,
    items: Iterable[str],
    *,
    repeats: bool = True,
    codes: Mapping[str, System] | None = None,
    longest: int = 0,
) -> Note:
    """A kind of note with these items, of which some are codes."""
    of = group(key, repeats=repeats)
    made: dict[str, Item] = {}
    for name in items:
        system = (codes or {}).get(name)
        code_list = None
        if system is not None:
            code_list = CodeList(f"CL.{key}.{name}", system.title, system.codes)
        held = item(of, key, name, str)
        length = max(map(len, code_list.codes)) if code_list else longest or held.length
        made[name] = of.items[name] = held._replace(code_list=code_list, length=length)
    return Note(of, made)
