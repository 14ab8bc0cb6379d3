"""The official FHIR definitions, R5, R4B and R4: what each type has, and what holds for it.

Read from `r5.json.xz` and its like when first asked for, and of these only the types
that are asked for. `build_digest.py` makes those files from HL7's packages; they name their
versions and checksums.
"""

import lzma
from collections.abc import Iterator
from importlib.resources import files
from typing import Final, Literal, NamedTuple

import msgspec

from trialbridge.schemas.once import once

Version = Literal["r5", "r4b", "r4"]

VERSIONS: Final[tuple[Version, ...]] = ("r5", "r4b", "r4")

Strength = Literal["", "required", "extensible", "preferred", "example"]


class Source(msgspec.Struct, frozen=True):
    """A package that the digest was made from: its version, and its checksum as npm states it."""

    version: str
    integrity: str


class Invariant(NamedTuple):
    """A rule that a type states: `expression` (FHIRPath) holds for each element at `path`.

    `path` begins with the type: "ResearchStudy" for the whole, "ResearchStudy.comparisonGroup".
    """

    key: str
    severity: Literal["error", "warning", "information"]
    expression: str
    path: str


class Row(msgspec.Struct, frozen=True, array_like=True):
    """An element as its type defines it.

    `max` 0 means any number. A type is a name (`code`), a name with what a reference or canonical
    may point at (`Reference(Group|Location)`), or the path of the element whose content it repeats
    (`#PlanDefinition.action`). Without types it is what the profile of a data type takes away.
    `attribute`: an attribute in XML, which cannot be extended. `value_set` is a url without a
    version.
    """

    min: int
    max: int
    types: tuple[str, ...]
    strength: Strength = ""
    value_set: str = ""
    attribute: bool = False


class Extension(msgspec.Struct, frozen=True, array_like=True):
    """An extension, or one inside another: its value, or the extensions inside it by url.

    `contexts` are `element PATH-OR-TYPE`, `extension URL` or `fhirpath EXPRESSION`. `min` and `max`
    say how often it is in the one around it; `max` 0 means any number.
    """

    contexts: tuple[str, ...]
    modifier: bool
    value: Row | None
    parts: dict[str, "Extension"]
    min: int = 0
    max: int = 0


class ValueSet(NamedTuple):
    """The codes of a value set by their systems.

    None for a system of which any code may be in the value set, since its part is not enumerated.
    """

    systems: dict[str, tuple[str, ...] | None]


class _ValueSet(msgspec.Struct, frozen=True, array_like=True):
    # "*" stands for the whole of the code system.
    systems: dict[str, tuple[str, ...] | str | None]


class CodeSystem(msgspec.Struct, frozen=True, array_like=True):
    """All codes of a code system, in its order."""

    codes: tuple[str, ...]
    case_sensitive: bool = True


class _Head(msgspec.Struct, frozen=True):
    fhir: str
    sources: dict[str, Source]
    primitives: dict[str, str]
    resources: tuple[str, ...]
    bases: dict[str, str]
    interfaces: dict[str, str]


class _Type(msgspec.Struct, frozen=True):
    elements: dict[str, dict[str, Row]]
    invariants: tuple[tuple[str, Literal["error", "warning", "information"], str, str], ...] = ()


_HEAD: Final = msgspec.json.Decoder(_Head)
_TYPE: Final = msgspec.json.Decoder(_Type)
_VALUE_SET: Final = msgspec.json.Decoder(_ValueSet)
_CODE_SYSTEM: Final = msgspec.json.Decoder(CodeSystem)
_EXTENSION: Final = msgspec.json.Decoder(Extension)


class Definitions:
    """The definitions of one FHIR version. Lists are in the order of the definitions."""

    def __init__(self, version: Version) -> None:
        self.version: Version = version
        packed = files("trialbridge.schemas.fhir.digests").joinpath(f"{version}.json.xz")
        head, *lines = lzma.decompress(packed.read_bytes()).splitlines()
        self._head = _HEAD.decode(head)
        self.resources = frozenset(self._head.resources)
        """The names of all types of resources that there can be instances of."""
        self.types = frozenset(self._head.bases)
        """The names of all types: resources, data types, and those that others build on."""
        # Kind and name, then a tab, then JSON that is decoded when it is asked for.
        self._lines: dict[str, bytes] = {}
        for line in lines:
            name, _, content = line.partition(b"\t")
            self._lines[name.decode()] = content
        self._types: dict[str, _Type] = {}

    @property
    def fhir(self) -> str:
        """The version's number: `5.0.0`."""
        return self._head.fhir

    @property
    def sources(self) -> dict[str, Source]:
        """The packages that the digest was made from, by name."""
        return self._head.sources

    @property
    def primitives(self) -> dict[str, str]:
        """The primitive types, each with HL7's regular expression; empty where it has none."""
        return self._head.primitives

    def base(self, type_name: str) -> str:
        """Give the type that a type builds on (`DomainResource`), "" if none.

        What that one has (elements, invariants) is not repeated in the other. Raises KeyError if
        there is no such type.
        """
        return self._head.bases[type_name]

    def kinds(self, type_name: str) -> Iterator[str]:
        """Give a type and all that it builds on, the interfaces `CanonicalResource` and
        `MetadataResource` too."""
        yield type_name
        interface = self._head.interfaces.get(type_name)
        if interface:
            yield "CanonicalResource"
            if interface != "CanonicalResource":
                yield interface
        base = self._head.bases.get(type_name)
        if base:
            yield from self.kinds(base)

    def invariants(self, type_name: str) -> list[Invariant]:
        """Give the invariants that a type itself states, of all its elements.

        Those of the types that it builds on are given for those alone: ele-1 for `Element`, dom-2
        for `DomainResource`, ext-1 for `Extension`. Raises KeyError if there is no such type.
        """
        return [Invariant(*row) for row in self._type(type_name).invariants]

    def element_types(self, path: str) -> list[str]:
        """Give the names of the types that an element may have: `["Range", "Quantity"]`.

        `path` is as in an invariant; a choice is `Group.characteristic.value[x]`. An element with
        elements of its own is a `BackboneElement` (or `Element`); one that repeats another's
        content, `PlanDefinition.action.action`, gives `["#PlanDefinition.action"]`. A resource or
        data type gives its own name. Raises KeyError if there is no such element.
        """
        if path in self._head.bases:
            return [path]
        parent, _, name = path.rpartition(".")
        row = self.rows(parent)[name]
        return [type_.partition("(")[0] for type_ in row.types]

    def rows(self, path: str) -> dict[str, Row]:
        """Give the elements of a type or of an element with elements of its own, inherited first.

        Raises KeyError if there is none such.
        """
        root = path.partition(".")[0]
        own = self._type(root).elements[path]
        base = self._head.bases[root] if path == root else self._backbone(path)
        rows = {**self.rows(base), **own} if base else own
        # A profile of a data type takes elements away: SimpleQuantity has no comparator.
        return {name: row for name, row in rows.items() if row.types}

    def _backbone(self, path: str) -> str:
        parent, _, name = path.rpartition(".")
        return self._type(path.partition(".")[0]).elements[parent][name].types[0]

    def paths(self, type_name: str) -> tuple[str, ...]:
        """Give the paths in a type that have elements of their own, itself first."""
        return tuple(self._type(type_name).elements)

    def _type(self, name: str) -> _Type:
        found = self._types.get(name)
        if found is None:
            found = _TYPE.decode(self._lines[f"type {name}"])
            self._types[name] = found
        return found

    @once  # There are three Definitions at most, which live for ever.
    def value_set(self, url: str) -> ValueSet | None:
        """Give the codes of a value set that a binding names; None if they are not enumerated."""
        line = self._lines.get(f"valueset {url}")
        if line is None:
            return None
        systems: dict[str, tuple[str, ...] | None] = {}
        for system, codes in _VALUE_SET.decode(line).systems.items():
            if isinstance(codes, str):
                whole = self.code_system(system)
                systems[system] = whole.codes if whole else None
            else:
                systems[system] = codes
        return ValueSet(systems)

    @once
    def code_system(self, url: str) -> CodeSystem | None:
        """Give the codes of a code system; None if the digest does not have them."""
        line = self._lines.get(f"system {url}")
        return None if line is None else _CODE_SYSTEM.decode(line)

    def code_systems(self) -> list[str]:
        """List the urls of all code systems that the digest has."""
        return [name.partition(" ")[2] for name in self._lines if name.startswith("system ")]

    @once
    def extension(self, url: str) -> Extension | None:
        """Give an extension that HL7 defines; None if it is not known."""
        line = self._lines.get(f"extension {url}")
        return None if line is None else _EXTENSION.decode(line)

    def extensions(self) -> list[str]:
        """List the urls of all extensions that the digest knows."""
        return [name.partition(" ")[2] for name in self._lines if name.startswith("extension ")]


@once
def definitions(version: Version) -> Definitions:
    """Give the definitions of a FHIR version. Raises FileNotFoundError if it is not among ours."""
    return Definitions(version)
