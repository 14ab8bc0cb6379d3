"""The registry form in the tree of a document: what is written of it, and what is read.

https://wiki.cdisc.org/display/PUB/ReferenceData
"""

from collections.abc import Iterator
from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.form.groups import FORM, GROUPS, Group, definitions
from trialbridge.mappings.odm.form.rows import Rows
from trialbridge.schemas.once import once

DEFINED = ("ItemGroupDef", "ItemDef", "CodeList")


class Form:
    """The form of a record that is written: which groups it has, and the rows of each."""

    __slots__ = ("groups", "metadata", "rows", "study")

    def __init__(self, names: Names, study: str, metadata: str) -> None:
        self.rows = names.once(Rows).written
        self.groups = tuple([key for key in GROUPS if key in self.rows])
        self.study, self.metadata = study, metadata

    @property
    def has_codes(self) -> bool:
        return "CodeList" in defined(self.groups)

    def defined(self) -> dict[str, list[Node]]:
        """What defines the groups, as elements."""
        return defined(self.groups)

    def data(self) -> Node:
        """The rows as ReferenceData."""
        return {
            "@StudyOID": self.study,
            "@MetaDataVersionOID": self.metadata,
            "ItemGroupData": [
                _row(GROUPS[key], row) for key in self.groups for row in self.rows[key]
            ],
        }


@once
def defined(groups: tuple[str, ...]) -> dict[str, list[Node]]:
    return definitions((GROUPS[key] for key in groups), is_reference=True)


def _row(group: Group, row: Node) -> Node:
    node: Node = {"@ItemGroupOID": group.oid}
    if group.repeats:
        node["@ItemGroupRepeatKey"] = row["@OID"]
    node["ItemData"] = [
        {"@ItemOID": oid, "Value": [{"#": text}]} for oid, text in row.items() if oid != "@OID"
    ]
    return node


def rows_of(tree: Node, study: Node, metadata: Node) -> Iterator[tuple[str, Node]]:
    """The rows of a document that are of groups of the form, each with the key of its group."""
    groups = {
        one.get("@OID"): alias["@Name"]
        for one in metadata.get("ItemGroupDef", ())
        for alias in one.get("Alias", ())
        if alias.get("@Context") == FORM and alias.get("@Name") in GROUPS
    }
    if not groups:
        return
    for data in tree.get("ReferenceData", ()):
        if data.get("@StudyOID") != study.get("@OID"):
            continue
        for row in data.get("ItemGroupData", ()):
            key = groups.get(row.get("@ItemGroupOID"))
            if key is not None:
                node: Node = {"@OID": str(row.get("@ItemGroupRepeatKey", ""))}
                for held in row.get("ItemData", ()):
                    node[str(held.get("@ItemOID"))] = _value(held)
                yield key, node


def _value(held: Node) -> Any:
    """The value of an item: an attribute in ODM 1.3.2, an element since."""
    if "@Value" in held:
        return held["@Value"]
    for value in held.get("Value", ()):
        return value.get("#", "") if value.__class__ is dict else value
    return ""
