"""Our extensions and code systems as FHIR defines them, made from the mapping tables.

A StructureDefinition for each extension that a row writes: its contexts are the elements where
rows use it, its value types those that rows write, its description the leaves of the model that
it carries. A CodeSystem and a ValueSet for each code system of ours.

https://hl7.org/fhir/R5/defining-extensions.html
https://hl7.org/fhir/R5/packages.html
"""

import gzip
import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec

from trialbridge.mappings.codec import (
    Aside,
    Field,
    Item,
    Node,
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
from trialbridge.mappings.fhir.terminology import codes as fhir_codes
from trialbridge.mappings.fhir.types import EMPTY_ELEMENT, EMPTY_ITEM, UNMAPPED
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir.digests.codes import digest
from trialbridge.schemas.fhir.r5 import type_
from trialbridge.schemas.json_schema import build
from trialbridge.schemas.trial import SCHEMA_ID

NAME = "trialbridge.fhir.r5"
_EXTENSION = "http://hl7.org/fhir/StructureDefinition/Extension"
_OURS = f"{BASE}/StructureDefinition/"


# --- which extension stands where --------------------------------------------------------------


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
        contexts=["Group.characteristic"],
        kinds=["string"],
        notes=["a characteristic that was read from a criterion: the words that state it"],
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


_SPELLED = {"Ipd": "IPD", "Mesh": "MeSH", "Nct": "NCT", "Pmid": "PMID", "Url": "URL"}


def _title(id_: str) -> str:
    first, *rest = id_.capitalize().split("-")
    return " ".join([_SPELLED.get(first, first), *rest])


def _name(id_: str) -> str:
    return "".join(word.capitalize() for word in id_.split("-"))


def _head(type_name: str, id_: str, title: str, description: str) -> Node:
    return {
        "resourceType": type_name,
        "id": id_,
        "url": f"{BASE}/{type_name}/{id_}",
        "version": version("trialbridge"),
        "name": _name(id_),
        "title": title,
        "status": "active",
        "experimental": False,
        "publisher": "trialbridge",
        "description": description,
    }


# --- StructureDefinitions ----------------------------------------------------------------------


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
        **_head(
            "StructureDefinition",
            definition.id,
            _title(definition.id),
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
    words = {"short": _title(definition.id), "definition": _description(definition)}
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
        found["binding"] = {"strength": "required", "valueSet": _value_set_url(system)}
    if definition.leaves:
        # A mapping of each identity: all leaves are in one.
        found["mapping"] = [{"identity": "trial", "map": ", ".join(definition.leaves)}]
    return found


# --- code systems ------------------------------------------------------------------------------


@cache
def systems() -> tuple[System, ...]:
    """List the code systems of ours, by url."""
    found: dict[str, System] = {}
    for value in vars(fhir_codes).values():
        system = value.exact if isinstance(value, fhir_codes.Codes) else value
        if isinstance(system, System):
            found[system.url] = system
    return tuple(found[url] for url in sorted(found))


def _value_set_url(system: System) -> str:
    return f"{BASE}/ValueSet/{_system_id(system)}"


def _system_id(system: System) -> str:
    return system.url.rpartition("/")[2]


def code_system(system: System) -> Node:
    """The CodeSystem of a system of ours, whole. https://hl7.org/fhir/R5/codesystem.html"""
    concepts = [{"code": code, "display": display} for code, display in system.codes.items()]
    return {
        **_head("CodeSystem", _system_id(system), system.title, f"{system.title}."),
        "caseSensitive": True,
        "valueSet": _value_set_url(system),
        "content": "complete",
        "count": len(concepts),
        "concept": concepts,
    }


def value_set(system: System) -> Node:
    """The ValueSet of all codes of a system. https://hl7.org/fhir/R5/valueset.html"""
    return {
        **_head("ValueSet", _system_id(system), system.title, f"All codes of {system.url}."),
        "compose": {"include": [{"system": system.url}]},
    }


# --- the package -------------------------------------------------------------------------------


def resources() -> list[Node]:
    """Make all definitions, by type and id."""
    made = [
        *map(structure_definition, extensions()),
        *map(code_system, systems()),
        *map(value_set, systems()),
    ]
    return sorted(made, key=lambda resource: (resource["resourceType"], resource["id"]))


def package() -> bytes:
    """Make the FHIR package (.tgz) of all definitions, the same bytes at every run.

    https://hl7.org/fhir/R5/packages.html
    """
    made = {f"{one['resourceType']}-{one['id']}.json": one for one in resources()}
    core, pack = "hl7.fhir.r5.core", "hl7.fhir.uv.extensions.r5"
    manifest = {
        "name": NAME,
        "version": version("trialbridge"),
        "type": "Conformance",
        "license": "Apache-2.0",
        "canonical": BASE,
        "title": "trialbridge",
        "description": "Extensions and code systems of clinical-trial records in FHIR R5",
        "fhirVersions": [digest().fhir],
        "dependencies": {name: digest().sources[name].version for name in (core, pack)},
        "author": "trialbridge",
    }
    index = {
        "index-version": 2,
        "files": [{"filename": name, **_indexed(one)} for name, one in sorted(made.items())],
    }
    files = {"package.json": manifest, ".index.json": index, **made}
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, content in sorted(files.items()):
            data = msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def _indexed(resource: Node) -> Node:
    keys = ("resourceType", "id", "url", "version", "kind", "type", "derivation", "content")
    return {key: resource[key] for key in keys if key in resource}
