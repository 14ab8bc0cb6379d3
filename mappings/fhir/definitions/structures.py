"""The StructureDefinition of each extension of ours."""

from collections.abc import Iterator, Mapping
from functools import cache

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.definitions.gathered import Definition
from trialbridge.mappings.fhir.definitions.head import head, title_of
from trialbridge.mappings.fhir.definitions.vocabularies import value_set_url
from trialbridge.schemas.fhir.digests.codes import digest
from trialbridge.schemas.fhir.r5 import type_
from trialbridge.schemas.json_schema import build
from trialbridge.schemas.trial import SCHEMA_ID

_EXTENSION = "http://hl7.org/fhir/StructureDefinition/Extension"


# --- words -------------------------------------------------------------------------------------


@cache
def _schema() -> Node:
    return build()


def meaning(pointer: str) -> str:
    """What the model says of a leaf or of a part of it; empty where its name says all."""
    node = _schema()
    words = ""
    for key in pointer.split("/")[1:]:
        node = _resolved(node)
        node = node["items"] if key == "*" else node["properties"][key]
        words = node.get("description", "") or (words if key == "*" else "")
    text: str = words or _resolved(node).get("description", "")
    return " ".join(text.partition("\n\n")[0].split())


def _resolved(node: Node) -> Node:
    reference: str | None = node.get("$ref")
    found: Node = _schema()["$defs"][reference.rpartition("/")[2]] if reference else node
    return found


def _description(definition: Definition) -> str:
    """The leaves that an extension carries, each with what the model says of it."""
    leaves = definition.carried
    if definition.parts and leaves:
        leaves = [_common(leaves)]
    said = [f"`{leaf}` of a trial record. {meaning(leaf)}".rstrip() for leaf in leaves]
    return "\n\n".join([*said, *(f"How: {note}." for note in definition.notes)])


def _common(pointers: list[str]) -> str:
    """The pointer of what holds all of these."""
    shared: list[str] = []
    for keys in zip(*(pointer.split("/") for pointer in pointers), strict=False):
        if len(set(keys)) > 1:
            break
        shared.append(keys[0])
    return "/".join(shared)


# --- elements ----------------------------------------------------------------------------------


def _attribute(type_name: str) -> Node:
    """The type of an attribute. https://hl7.org/fhir/R5/structuredefinition.html#primitives"""
    return {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type",
                "valueUrl": type_name,
            }
        ],
        "code": "http://hl7.org/fhirpath/System.String",
    }


_HAS_CONTENT = {
    "key": "ele-1",
    "severity": "error",
    "human": "All FHIR elements must have a @value or children",
    "expression": "hasValue() or (children().count() > id.count())",
    "source": "http://hl7.org/fhir/StructureDefinition/Element",
}
_EITHER = {
    "key": "ext-1",
    "severity": "error",
    "human": "Must have either extensions or value[x], not both",
    "expression": "extension.exists() != value.exists()",
    "source": _EXTENSION,
}
_SLICING = {
    "discriminator": [{"type": "value", "path": "url"}],
    "description": "Extensions are always sliced by (at least) url",
    "rules": "open",
}
# The elements of an extension, by the end of their path, as a snapshot has them from the base.
# https://hl7.org/fhir/R5/extensibility.html#Extension
_BASE: Mapping[str, Node] = {
    "": {
        "base": {"path": "Extension", "min": 0, "max": "*"},
        "constraint": [_HAS_CONTENT, _EITHER],
    },
    "id": {
        "short": "Unique id for inter-element referencing",
        "definition": "Unique id for the element within a resource.",
        "min": 0,
        "max": "1",
        "base": {"path": "Element.id", "min": 0, "max": "1"},
        "type": [_attribute("id")],
    },
    "extension": {
        "short": "Additional content",
        "definition": "Additional content, defined by its url.",
        "min": 0,
        "max": "*",
        "base": {"path": "Element.extension", "min": 0, "max": "*"},
        "type": [{"code": "Extension"}],
        "constraint": [_HAS_CONTENT, _EITHER],
    },
    "url": {
        "short": "Which extension this is",
        "definition": "The url of the extension's definition, or a part's name in it.",
        "min": 1,
        "max": "1",
        "base": {"path": "Extension.url", "min": 1, "max": "1"},
        "type": [_attribute("uri")],
    },
    "value[x]": {
        "short": "Value of extension",
        "definition": "Value of extension.",
        "min": 0,
        "max": "1",
        "base": {"path": "Extension.value[x]", "min": 0, "max": "1"},
        "type": [
            {"code": one.type}
            for key, one in type_("Extension").elements.items()
            if key.startswith("value") and not one.twin
        ],
        "constraint": [_HAS_CONTENT],
    },
}


def structure_definition(definition: Definition) -> Node:
    """The StructureDefinition of an extension, with differential and snapshot.

    https://hl7.org/fhir/R5/structuredefinition.html
    """
    elements = list(_elements(definition, "Extension", "Extension", _BASE[""]))
    return {
        **head(
            "StructureDefinition",
            definition.id,
            title_of(definition.id),
            _description(definition),
        ),
        "fhirVersion": digest().fhir,
        "mapping": [{"identity": "trial", "uri": SCHEMA_ID, "name": "The model of a trial record"}],
        "kind": "complex-type",
        "abstract": False,
        "context": [
            {"type": "element", "expression": context} for context in sorted(definition.contexts)
        ],
        "type": "Extension",
        "baseDefinition": _EXTENSION,
        "derivation": "constraint",
        "snapshot": {"element": [whole for whole, _ in elements]},
        "differential": {"element": [changed for _, changed in elements if len(changed) > 2]},
    }


def _elements(
    definition: Definition, id_: str, path: str, base: Node
) -> Iterator[tuple[Node, Node]]:
    """The elements of an extension: each whole, and its id and path with what is not the base's."""

    def element(end: str, changed: Node, base: Node) -> tuple[Node, Node]:
        place = {"id": id_ + end, "path": path + end}
        return {**place, **base, **changed, "isModifier": False}, {**place, **changed}

    parts = definition.parts
    slice_ = {} if id_ == "Extension" else {"sliceName": definition.id}
    words = {"short": title_of(definition.id), "definition": _description(definition)}
    yield element("", {**slice_, **words, "min": 0, "max": "*" if definition.many else "1"}, base)
    yield element(".id", {}, _BASE["id"])
    sliced = {"slicing": _SLICING, **_BASE["extension"]}
    yield element(".extension", {} if parts else {"max": "0"}, sliced)
    for part_ in parts.values():
        inner = f"{id_}.extension:{part_.id}"
        yield from _elements(part_, inner, f"{path}.extension", _BASE["extension"])
    yield element(".url", {"fixedUri": definition.url}, _BASE["url"])
    yield element(".value[x]", _value(definition), _BASE["value[x]"])


def _value(definition: Definition) -> Node:
    """What a definition says of the value: none where there are parts."""
    if definition.parts:
        return {"max": "0"}
    found: Node = {"min": 1, "type": [{"code": kind} for kind in definition.kinds]}
    if definition.systems and definition.kinds == ["Coding"]:
        (system,) = definition.systems
        found["binding"] = {"strength": "required", "valueSet": value_set_url(system)}
    if definition.leaves:
        # A mapping of each identity: all leaves are in one.
        found["mapping"] = [{"identity": "trial", "map": ", ".join(definition.leaves)}]
    return found
