"""The types of a FHIR version as a walk over JSON wants them: by JSON member."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from trialbridge.schemas.fhir.digests.definitions import (
    Definitions,
    Extension,
    Row,
    Version,
    definitions,
)
from trialbridge.schemas.fhir.forms import quick_of
from trialbridge.schemas.fhir.outside import VALUE_SETS
from trialbridge.schemas.fhir.schema import members

SPECIFICATIONS: Final[dict[Version, str]] = {
    "r5": "https://hl7.org/fhir/R5/",
    "r4b": "https://hl7.org/fhir/R4B/",
    "r4": "https://hl7.org/fhir/R4/",
}

LABELS: Final[dict[Version, str]] = {"r5": "FHIR R5", "r4b": "FHIR R4B", "r4": "FHIR R4"}

# The page of the specification that defines the type, where it is not that of the other data types.
PAGES: Final = {
    "BackboneElement": "types",
    "CodeableReference": "references",
    "ContactDetail": "metadatatypes",
    "DataRequirement": "metadatatypes",
    "Dosage": "dosage",
    "Element": "types",
    "Expression": "metadatatypes",
    "ExtendedContactDetail": "metadatatypes",
    "Extension": "extensibility",
    "Meta": "resource",
    "Narrative": "narrative",
    "ParameterDefinition": "metadatatypes",
    "Reference": "references",
    "RelatedArtifact": "metadatatypes",
    "TriggerDefinition": "metadatatypes",
    "UsageContext": "metadatatypes",
    "VirtualServiceDetail": "metadatatypes",
}


Quick = Callable[[Any], bool]


class Binding(NamedTuple):
    """A value set that codes have to be of, or should: its codes by system.

    None for a system of which any code may be in it.
    """

    strength: Literal["required", "extensible"]
    value_set: str
    systems: dict[str, frozenset[str] | None]
    listed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON member of a type: `status`, `valueQuantity`, or a primitive's twin, `_status`.

    `type` is a data type, or the path of what has elements of its own; `kind` is the name of the
    data type in any case, for a twin that of its primitive. `most` is 0 for any number. `targets`:
    the types of resources that a reference or canonical may point at. `codes`: what a code has to
    be one of, `grammar` what it has to look like where others keep the list. `quick` says of most
    right values that they are right, and of no wrong one; it is None where there is more to ask.
    `quick_item` says it of the items of a list.
    """

    name: str
    anchor: str
    type: str
    kind: str
    many: bool
    most: int
    twin: bool
    primitive: bool
    choice: str | None
    targets: frozenset[str] | None
    binding: Binding | None
    codes: frozenset[str] | None
    grammar: re.Pattern[str] | None
    quick: Quick | None
    quick_item: Quick | None


@dataclass(frozen=True, slots=True)
class Type:
    """A data type, a resource, or an element with children of its own (`PlanDefinition.action`).

    `required` has the element's name and the JSON members of which one has to be there.
    """

    path: str
    resource: bool
    elements: dict[str, Element]
    required: tuple[tuple[str, tuple[str, ...]], ...]


@cache
def type_of(version: Version, path: str) -> Type:
    """Give a type by its path. Raises KeyError if the version does not have it."""
    known = definitions(version)
    elements: dict[str, Element] = {}
    required: list[tuple[str, tuple[str, ...]]] = []
    for name, row in known.rows(path).items():
        made = elements_of(known, f"{path}.{name}", row)
        elements.update(made)
        if row.min:
            required.append((name, tuple(made)))
    return Type(path, path in known.resources, elements, tuple(required))


def elements_of(known: Definitions, anchor: str, row: Row) -> dict[str, Element]:
    """Give the JSON members of an element."""
    name = anchor.rpartition(".")[2]
    bound = binding(known, row)
    made: dict[str, Element] = {}
    for key, type_, twin in members(known, name, row):
        code, _, listed = type_.rstrip(")").partition("(")
        if not twin:
            value, kind = key, "BackboneElement" if code.startswith("#") else code
        codes, quick = None, None
        if code in known.primitives:
            quick = quick_of(known.version, code)
        if code == "code" and bound and bound.strength == "required":
            codes = _union(bound)
            quick = _quick_code(codes) if codes else quick
        grammar = VALUE_SETS.get(row.value_set) if code == "code" and not codes else None
        # Servers say json and xml for their formats: https://hl7.org/fhir/R5/http.html#mime-type
        if anchor == "CapabilityStatement.format":
            grammar = None
        # The walker has more to ask of these.
        if grammar is not None or anchor in ("Coding.system", "Identifier.system"):
            quick = _quick_outside(quick, grammar)
        made[key] = Element(
            name=value,
            anchor=anchor,
            type=code if twin else _content(code, anchor),
            kind=kind,
            many=row.max != 1,
            most=row.max,
            twin=twin,
            primitive=code in known.primitives,
            choice=name if name.endswith("[x]") else None,
            targets=targets_of(known, listed) if listed else None,
            binding=None if twin else bound,
            codes=codes,
            grammar=grammar,
            quick=quick if row.max == 1 and not name.endswith("[x]") else None,
            quick_item=quick,
        )
    return made


def _content(code: str, anchor: str) -> str:
    if code.startswith("#"):
        return code[1:]
    return anchor if code in ("BackboneElement", "Element") else code


def _quick_code(codes: frozenset[str]) -> Quick:
    return lambda value: type(value) is str and value in codes


def _quick_outside(quick: Quick | None, grammar: re.Pattern[str] | None) -> Quick | None:
    if quick is None:
        return None
    if grammar is None:
        return lambda value: quick(value) and ":" in value
    return lambda value: quick(value) and grammar.fullmatch(value) is not None


def _union(bound: Binding) -> frozenset[str] | None:
    codes: set[str] = set()
    for listed in bound.systems.values():
        if listed is None:
            return None
        codes |= listed
    return frozenset(codes)


def binding(known: Definitions, row: Row) -> Binding | None:
    """Give what binds an element's codes, if its codes are known."""
    if row.strength not in ("required", "extensible"):
        return None
    found = known.value_set(row.value_set)
    if found is None:
        return None
    systems = {
        system: None if codes is None else frozenset(codes)
        for system, codes in found.systems.items()
    }
    listed = dict.fromkeys(code for codes in found.systems.values() for code in codes or ())
    return Binding(
        "required" if row.strength == "required" else "extensible",
        row.value_set,
        systems,
        tuple(listed),
    )


def targets_of(known: Definitions, listed: str) -> frozenset[str]:
    """Give the types of resources among `A|B`, of which one may be an interface."""
    named = set(listed.split("|"))
    return frozenset(name for name in known.resources if named.intersection(known.kinds(name)))


@dataclass(frozen=True, slots=True)
class KnownExtension:
    """An extension that HL7 defines: where it may be, and which members it may have."""

    anywhere: bool
    contexts: frozenset[str]
    within: frozenset[str]
    shown: tuple[str, ...]
    modifier: bool
    values: dict[str, Element]
    wants_value: bool
    parts: dict[str, "KnownExtension"]
    min: int
    max: int


@cache
def extension_of(version: Version, url: str) -> KnownExtension | None:
    """Give what is known of an extension, None if HL7 does not define it."""
    known = definitions(version)
    found = known.extension(url)
    return None if found is None else _known_extension(known, found)


def _known_extension(known: Definitions, extension: Extension) -> KnownExtension:
    pairs = [context.partition(" ")[::2] for context in extension.contexts]
    elements = [path.replace("[x]", "") for kind, path in pairs if kind == "element"]
    anywhere = {"Element", "Base"}.intersection(elements)
    return KnownExtension(
        # What a FHIRPath says of the place is not asked; R4 has extensions without contexts.
        anywhere=bool(anywhere) or not pairs or any(kind == "fhirpath" for kind, _ in pairs),
        contexts=frozenset(elements),
        within=frozenset(url for kind, url in pairs if kind == "extension"),
        shown=tuple(path for _, path in pairs),
        modifier=extension.modifier,
        values=(
            elements_of(known, "Extension.value[x]", extension.value) if extension.value else {}
        ),
        wants_value=extension.value is not None and extension.value.min > 0,
        parts={url: _known_extension(known, part) for url, part in extension.parts.items()},
        min=extension.min,
        max=extension.max,
    )


@cache
def codes_of(version: Version, system: str) -> tuple[frozenset[str], bool] | None:
    """Give the codes of a code system, and whether their case matters; None if not known."""
    found = definitions(version).code_system(system)
    if found is None:
        return None
    codes = found.codes if found.case_sensitive else map(str.lower, found.codes)
    return frozenset(codes), found.case_sensitive


@cache
def link(version: Version, anchor: str) -> str:
    """Give the clause that defines an element (`Group.type`) or a type (`Group`)."""
    root = anchor.partition(".")[0]
    resource = root in definitions(version).resources or root in ("Resource", "DomainResource")
    page = root.lower() if resource else PAGES.get(root, "datatypes")
    return f"{SPECIFICATIONS[version]}{page}-definitions.html#{anchor.replace('[x]', '_x_')}"
