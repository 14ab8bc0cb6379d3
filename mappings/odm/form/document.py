"""The registry form in the tree of a document: what is written of it, and what is read.

https://wiki.cdisc.org/display/PUB/ReferenceData
"""

from collections.abc import Iterable, Iterator
from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.elements import ROW
from trialbridge.mappings.odm.form.groups import (
    FIRST_VERSION,
    FORM,
    Group,
    Groups,
    definitions,
    words_of,
)
from trialbridge.mappings.odm.form.rows import Rows

DEFINED = ("ItemGroupDef", "ItemDef", "CodeList")


# What defines the groups that records of a version have together: for so many sets of groups.
_DEFINED: dict[tuple[str, tuple[str, ...]], dict[str, list[Node]]] = {}
_MOST = 1_000


class Form:
    """The form of a record that is written: which groups it has, and the rows of each."""

    __slots__ = ("groups", "known", "metadata", "rows", "study", "version")

    def __init__(
        self, names: Names, version: str, known: Groups, study: str, metadata: str
    ) -> None:
        self.version, self.known = version, known
        self.rows = names.once(Rows).written
        self.groups = tuple([key for key in known if key in self.rows])
        self.study, self.metadata = study, metadata

    @property
    def has_codes(self) -> bool:
        return "CodeList" in self.defined()

    def defined(self) -> dict[str, list[Node]]:
        """What defines the groups, as elements."""
        found = _DEFINED.get((self.version, self.groups))
        if found is None:
            groups = [self.known[key] for key in self.groups]
            found = definitions(groups, self.version, is_reference=True)
            if len(_DEFINED) >= _MOST:
                _DEFINED.clear()
            _DEFINED[self.version, self.groups] = found
        return found

    def data(self) -> Node:
        """The rows as ReferenceData."""
        return {
            "@StudyOID": self.study,
            "@MetaDataVersionOID": self.metadata,
            "ItemGroupData": [
                _row(self.known[key], row, self.version)
                for key in self.groups
                for row in self.rows[key]
            ],
        }


def _row(group: Group, row: Node, version: str) -> Node:
    node: Node = {"@ItemGroupOID": group.oid}
    if group.repeats:
        node["@ItemGroupRepeatKey"] = row["@OID"]
    is_first = version == FIRST_VERSION
    held = [
        {"@ItemOID": oid, **({"@Value": text} if is_first else {"Value": [{"#": text}]})}
        for oid, text in row.items()
        if oid != "@OID"
    ]
    if held:
        # What has parts alone is a row without an item.
        node["ItemData"] = held
    return node


def rows_of(tree: Node, study: Node, metadata: Node, known: Groups) -> Iterator[tuple[str, Node]]:
    """The rows of a document that are of groups of the form, each with the key of its group."""
    groups = {
        one.get("@OID"): alias["@Name"]
        for one in metadata.get("ItemGroupDef", ())
        for alias in one.get("Alias", ())
        if alias.get("@Context") == FORM and alias.get("@Name") in known
    }
    if not groups:
        return
    for data in tree.get("ReferenceData", ()):
        if data.get("@StudyOID") != study.get("@OID"):
            continue
        for row in data.get("ItemGroupData", ()):
            key = groups.get(row.get("@ItemGroupOID"))
            if key is None:
                continue
            node: Node | None = row.get(ROW)
            if node is None:
                node = {"@OID": str(row.get("@ItemGroupRepeatKey", ""))}
                for held in row.get("ItemData", ()):
                    said = held.get("@Value")
                    node[str(held.get("@ItemOID"))] = _value(held) if said is None else said
            yield key, node


def _value(held: Node) -> Any:
    """The value of an item where it is an element, as it is since ODM 2.0."""
    for value in held.get("Value", ()):
        return value.get("#", "") if value.__class__ is dict else value
    return ""


# --- without data ------------------------------------------------------------------------------

_EVENT, _EVENTS = "SE.registry", "SEG.registry"


def template(groups: Iterable[Group], version: str) -> Node:
    """The form of groups as one to be filled in: a visit, a form for each part of a record.

    The members of a MetaDataVersion, its Protocol too.
    """
    forms: dict[str, list[Group]] = {}
    for one in groups:
        forms.setdefault(one.key.partition(".")[0], []).append(one)
    every = [one for its in forms.values() for one in its]
    found: Node = {**definitions(every, version, is_reference=False)}
    event: Node = {"@OID": _EVENT, "@Name": "Registration", "@Repeating": "No", "@Type": "Common"}
    to_event = {"@StudyEventOID": _EVENT, "@OrderNumber": "1", "@Mandatory": "Yes"}
    is_first = version == FIRST_VERSION
    kind = "Form" if is_first else "ItemGroup"
    made = []
    for key, its in forms.items():
        form: Node = {"@OID": f"FORM.{key}", "@Name": words_of(key), "@Repeating": "No"}
        if not is_first:
            form["@Type"] = "Form"
        form["ItemGroupRef"] = _references("ItemGroup", [one.oid for one in its])
        made.append(form)
    event[f"{kind}Ref"] = _references(kind, [form["@OID"] for form in made])
    found["StudyEventDef"] = [event]
    if is_first:
        found["FormDef"] = made
        found["Protocol"] = {"StudyEventRef": [to_event]}
        return found
    found["ItemGroupDef"] = [*made, *found["ItemGroupDef"]]
    found["StudyEventGroupDef"] = [
        {"@OID": _EVENTS, "@Name": "Registration", "StudyEventRef": [to_event]}
    ]
    to_events = {"@StudyEventGroupOID": _EVENTS, "@OrderNumber": "1", "@Mandatory": "Yes"}
    found["Protocol"] = {"StudyEventGroupRef": [to_events]}
    return found


def _references(kind: str, oids: Iterable[str]) -> list[Node]:
    return [
        {f"@{kind}OID": oid, "@OrderNumber": str(number), "@Mandatory": "No"}
        for number, oid in enumerate(oids, 1)
    ]
