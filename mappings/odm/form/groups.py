"""The registry form: what a record says and ODM has no element for, as groups of items.

A group is a form of the model's structs: the attributes of a module, of an element of a list, of an
arm. Its items are the attributes, with the types and codes that the model has for them, so that
nothing is said here of any one of them. What stands in ReferenceData are rows of a group: the key
of a row is the OID of the element that it is about, or a number behind the key of the row that it
is a part of.

https://wiki.cdisc.org/display/PUB/ItemGroupDef
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin

from trialbridge.mappings.codec import Node, System, bare
from trialbridge.mappings.odm.elements import PLAIN
from trialbridge.mappings.record import registry
from trialbridge.schemas import trial
from trialbridge.schemas.base import BASE

FORM = f"{BASE}/registry-form"
"""The context of the name of a group of the form, by which it is known whatever its OID."""

# The longest text that the registry takes, that of a detailed description.
# https://clinicaltrials.gov/policy/protocol-definitions
_LONGEST = 32_000
_DIGITS = 20

_TYPES: Mapping[Any, str] = {bool: "boolean", int: "integer", float: "float"}
_DATES: Mapping[Any, str] = {
    trial.Date: "date",
    trial.PartialDate: "partialDate",
    trial.DateTimeMinutes: "partialDatetime",
}
_ENUMERATIONS = {
    get_args(one): name for name, one in vars(trial).items() if get_origin(one) is Literal
}
_LABELS = {tuple(one.codes): one.codes for one in vars(registry).values() if type(one) is System}


class CodeList(NamedTuple):
    """The codes of an enumeration of the registry's, with its labels."""

    oid: str
    name: str
    codes: Mapping[str, str]


class Item(NamedTuple):
    """One attribute: what it is called, and of which type its values are."""

    oid: str
    name: str
    data_type: str
    length: int | None
    code_list: CodeList | None
    needed: bool = False

    @property
    def is_free(self) -> bool:
        """Whether a value of it may be any text."""
        return self.data_type == "text" and self.code_list is None


class Group(NamedTuple):
    """A group of items: `repeats` tells whether there are several rows of it."""

    key: str
    name: str
    items: dict[str, Item]
    """By the path of the attribute, in the keys of the model's JSON."""
    repeats: bool

    @property
    def oid(self) -> str:
        return f"IG.{self.key}"


Groups = dict[str, Group]
"""The groups of a version of ODM by their keys: it has the more, the less there are elements."""

GROUPS: Groups = {}
"""Those of ODM 2.0."""


def group(key: str, *, repeats: bool, groups: Groups = GROUPS) -> Group:
    """The group of a key, made when it is first asked for."""
    found = groups.setdefault(key, Group(key, words_of(key), {}, repeats))
    if found.repeats is not repeats:
        raise TypeError(f"the group {key!r} has one row and several; give one of both another key")
    return found


def item(of: Group, owner: str, path: str, annotation: Any, *, needed: bool = False) -> Item:
    """The item of an attribute in a group: `owner` is the struct that its path begins in."""
    if path not in of.items:
        of.items[path] = made(f"{owner}.{path}", path, annotation, needed=needed)
    return of.items[path]


def made(oid: str, path: str, annotation: Any, *, needed: bool = False) -> Item:
    """An item by the type of its attribute."""
    type_ = bare(annotation)
    code_list = _code_list(annotation)
    name, length = _TYPES.get(type_) or _DATES.get(annotation, "text"), None
    if code_list is not None:
        length = max(map(len, code_list.codes))
    elif name in ("text", "integer", "float"):
        length = _LONGEST if name == "text" else _DIGITS
    return Item(f"IT.{oid}", words_of(path), name, length, code_list, needed)


def _code_list(annotation: Any) -> CodeList | None:
    if get_origin(annotation) is not Literal:
        return None
    codes = get_args(annotation)
    name = _ENUMERATIONS[codes]
    labels = _LABELS.get(codes) or {code: code.replace("_", " ").capitalize() for code in codes}
    return CodeList(f"CL.{name}", words_of(name), labels)


def words_of(key: str) -> str:
    """A key of the model in words: `startDateStruct.type` is Start date: type."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", key)
    said = re.sub(r" (?:Struct|Module|Section)\b", "", spaced).replace(".", ": ").replace("_", " ")
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in said.split(" ")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


# --- definitions -------------------------------------------------------------------------------


def definitions(
    groups: Iterable[Group], version: str, *, is_reference: bool
) -> dict[str, list[Node]]:
    """The ItemGroupDefs, ItemDefs and CodeLists of groups, each once, as elements of a version.

    `is_reference` tells whether their data are ReferenceData, or those of a form to be filled in,
    which asks its questions.
    """
    kinds: dict[str, dict[str, Node]] = {"ItemGroupDef": {}, "ItemDef": {}, "CodeList": {}}
    for one in groups:
        kinds["ItemGroupDef"][one.oid] = _group(one, version, is_reference=is_reference)
        for held in one.items.values():
            if held.oid not in kinds["ItemDef"]:
                kinds["ItemDef"][held.oid] = _item(held, version, asks=not is_reference)
            if held.code_list is not None:
                codes = held.code_list
                kinds["CodeList"].setdefault(codes.oid, _codes(codes, version))
    return {kind: list(nodes.values()) for kind, nodes in kinds.items() if nodes}


FIRST_VERSION = "1.3.2"
"""The version that has the value of an item as an attribute, and no type of a text."""


def text(words: str, version: str) -> Node:
    """A text in the element that says what it is: a Decode, a Question."""
    kind = {} if version == FIRST_VERSION else {"@Type": PLAIN}
    return {"TranslatedText": [{**kind, "#": words}]}


def _group(one: Group, version: str, *, is_reference: bool) -> Node:
    is_first = version == FIRST_VERSION
    repeats = ("Yes" if is_first else "Simple") if one.repeats else "No"
    return {
        "@OID": one.oid,
        "@Name": one.name,
        "@Repeating": repeats,
        "@IsReferenceData": "Yes" if is_reference else "No",
        **({} if is_first else {"@Type": "Section"}),
        "ItemRef": [
            {
                "@ItemOID": held.oid,
                "@OrderNumber": str(number),
                "@Mandatory": "Yes" if held.needed else "No",
            }
            for number, held in enumerate(one.items.values(), 1)
        ],
        "Alias": [{"@Context": FORM, "@Name": one.key}],
    }


def _item(held: Item, version: str, *, asks: bool) -> Node:
    node: Node = {"@OID": held.oid, "@Name": held.name, "@DataType": held.data_type}
    if held.length is not None:
        node["@Length"] = str(held.length)
    if held.data_type == "float" and version == FIRST_VERSION:
        node["@SignificantDigits"] = str(_DIGITS // 2)
    if asks:
        node["Question"] = text(held.name, version)
    if held.code_list is not None:
        node["CodeListRef"] = {"@CodeListOID": held.code_list.oid}
    return node


def _codes(codes: CodeList, version: str) -> Node:
    return {
        "@OID": codes.oid,
        "@Name": codes.name,
        "@DataType": "text",
        "CodeListItem": [
            {"@CodedValue": code, "Decode": text(label, version)}
            for code, label in codes.codes.items()
        ],
    }
