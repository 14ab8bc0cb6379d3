"""What becomes of each element of R5 in an older version, out of the definitions of both."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from trialbridge.mappings.fhir.versions.kept import Kept
from trialbridge.schemas.fhir.digests.definitions import Definitions, Row, Version, definitions
from trialbridge.schemas.once import once

Node = dict[str, Any]

CROSS_VERSION = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"
THO = "http://terminology.hl7.org/CodeSystem/"
R5 = "http://hl7.org/fhir/"
# The system of the names of types. https://hl7.org/fhir/R5/codesystem-fhir-types.html
TYPES = f"{R5}fhir-types"
ABSENT = f"{R5}StructureDefinition/data-absent-reason"

ALTERNATE = f"{R5}StructureDefinition/alternate-reference"
"""A reference to what the element's definition does not allow, as may be between versions.

https://hl7.org/fhir/extensions/StructureDefinition-alternate-reference.html
"""

# Elements of R5 that the older versions have under other names.
MOVES: Mapping[str, str] = {
    "ResearchStudy.comparisonGroup": "arm",
    "ResearchStudy.whyStopped": "reasonStopped",
    "ResearchStudy.region": "location",
    "PlanDefinition.action.linkId": "id",
}
MOVED_BACK = {
    (path.rpartition(".")[0], older): path.rpartition(".")[2] for path, older in MOVES.items()
}
# Elements that mean something else in the older versions: R4's status is that of the study.
_OTHER_MEANING = frozenset({"ResearchStudy.status"})

# What the older versions demand, and is always there to say.
GIVEN = frozenset({"status", "actual"})

_WORDS = frozenset({"string", "markdown", "code", "id", "uri", "url", "canonical", "oid", "uuid"})
# Types whose values are written in another way.
_CONVERTED = {"CodeableReference": "CodeableConcept", "integer64": "unsignedInt"}
MOST = 2**31 - 1


class Place(NamedTuple):
    """What becomes of a member of an R5 node.

    `key` is its name in the older version, None where it becomes an extension; `path` and `older`
    are where its parts are defined in R5 and there, None where it has none. `codes` are those of
    the older value set, where it is required. `copied`: the value is the same in both.
    """

    name: str
    key: str | None
    many: bool
    type: str
    path: str | None
    older: str | None
    codes: frozenset[str] | None
    copied: bool
    targets: frozenset[str] | None = None
    """The types that a Reference may lead to in the older version, where they are fewer."""


class Dialect:
    """An older version of FHIR beside R5. What it finds out of the definitions is kept."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.r5 = definitions("r5")
        self.old = definitions(version)
        self.values = frozenset(
            type_.partition("(")[0] for type_ in self.old.rows("Extension")["value[x]"].types
        )
        self._places: Kept[tuple[str, str | None], Kept[str, Place | None]] = Kept(
            lambda at: Kept(lambda key: self._find(*at, key))
        )
        self._copied: dict[str, bool] = {}
        self.required: Kept[str, tuple[str, ...]] = Kept(self._required)
        """The names of the members that a node at a path of the older version must have."""
        self.older_system: Kept[str, str] = Kept(partial(self._system, back=False))
        """The name of a code system in the older version."""
        self.newer_system: Kept[str, str] = Kept(partial(self._system, back=True))
        """The name in R5 of a code system of the older version."""
        self.newer_codes: Kept[str, frozenset[str]] = Kept(self._newer_codes)
        """The codes that R5 alone has, of a system that both versions have under one name."""
        self.unchanged: Kept[str | None, bool] = Kept(self._is_unchanged)
        """Whether all codes of a system are the same in both, and no system is none."""

    def place(self, path: str, older: str | None, key: str) -> Place | None:
        """What becomes of a member of the R5 node at a path; None if R5 has no such member.

        `older` is the path of the node in the older version, None if it is none there.
        """
        return self._places[path, older][key]

    def _find(self, path: str, older: str | None, key: str) -> Place | None:
        found = member_of(self.r5, path, key)
        if found is None:
            return None
        name, row, type_ = found
        many = row.max != 1
        own = path_of(path, name, type_)
        same = own is None or self.copied(own)
        # What it is in an extension, whose value is of the same type.
        lost = Place(name, None, many, type_, own, own, None, same)
        if older is None or f"{path}.{name}" in _OTHER_MEANING:
            return lost
        moved = MOVES.get(f"{path}.{name}", key)
        other = member_of(self.old, older, moved)
        if other is None or not _fits(type_, other[2]) or (many and other[1].max == 1):
            return lost
        codes = self.codes(other[1]) if type_ == "code" else None
        copied = codes is None and type_ not in _CONVERTED and same
        targets: frozenset[str] | None = _targets(other[1])
        if type_ != "Reference" or not targets or "Resource" in targets or _targets(row) <= targets:
            targets = None
        below = path_of(older, other[0], other[2])
        return Place(name, moved, many, type_, own, below, codes, copied, targets)

    def codes(self, row: Row) -> frozenset[str] | None:
        """The codes of an element's required value set; None where others may stand there."""
        values = self.old.value_set(row.value_set) if row.strength == "required" else None
        if values is None or None in values.systems.values():
            return None
        return frozenset(code for codes in values.systems.values() for code in codes or ())

    def copied(self, path: str) -> bool:
        """Whether the parts at a path are the same in both versions, none of them renamed."""
        if path not in self._copied:
            self._copied[path] = path not in RENAMED and path[:1].isupper()
            if self._copied[path]:
                self._copied[path] = self._is_same(path)
        return self._copied[path]

    def _is_same(self, path: str) -> bool:
        try:
            mine, theirs = self.r5.rows(path), self.old.rows(path)
        except KeyError:
            return False
        for name, row in mine.items():
            other = theirs.get(name)
            if other is None or row.types != other.types:
                return False
            if "." in path and not self._is_alike(f"{path}.{name}", row, other):
                return False
            for type_ in row.types:
                part = path_of(path, name, type_.partition("(")[0])
                if part is not None and part != "Extension" and not self.copied(part):
                    return False
        return True

    def _is_alike(self, path: str, row: Row, other: Row) -> bool:
        """Whether an element of a resource takes the same values in both, and demands no more."""
        moved = path in MOVES or path in _OTHER_MEANING
        fewer = other.max != row.max or other.min > row.min or _targets(other) != _targets(row)
        return not (moved or fewer or ("code" in row.types and self.codes(other) is not None))

    def holds(self, type_: str) -> bool:
        """Whether the older version can hold a resource of a type that says what R5 demands."""
        if type_ not in self.old.resources:
            return False
        mine = self.r5.rows(type_)
        rows = ((name, row) for name, row in self.old.rows(type_).items() if row.min)
        return all(name in GIVEN or (name in mine and mine[name].min) for name, row in rows)

    def _required(self, older: str) -> tuple[str, ...]:
        return tuple(name for name, row in self.old.rows(older).items() if row.min)

    def _system(self, url: str, *, back: bool) -> str:
        target, known = (self.r5, self.old) if back else (self.old, self.r5)
        of, to = (THO, R5) if back else (R5, THO)
        other = to + url.removeprefix(of)
        renamed = (
            url.startswith(of)
            and target.code_system(url) is None
            and target.code_system(other) is not None
            and known.code_system(url) is not None
        )
        return other if renamed else url

    def _newer_codes(self, system: str) -> frozenset[str]:
        mine, theirs = self.r5.code_system(system), self.old.code_system(system)
        return frozenset(mine.codes).difference(theirs.codes) if mine and theirs else frozenset()

    def _is_unchanged(self, system: str | None) -> bool:
        return system is None or (
            self.older_system[system] == system and not self.newer_codes[system]
        )


@once
def dialect(version: Version) -> Dialect:
    """The dialect of an older version."""
    return Dialect(version)


# Data types in which systems of codes and names of resources change.
RENAMED = frozenset({"Coding", "CodeableConcept", "Reference", "CodeableReference"})


def member_of(known: Definitions, path: str, key: str) -> tuple[str, Row, str] | None:
    """The element that a JSON member is of, and its type: `value[x]` for `valueRange`."""
    try:
        rows = known.rows(path)
    except KeyError:
        return None
    row = rows.get(key)
    if row is not None:
        return key, row, row.types[0].partition("(")[0]
    for name, row in rows.items():
        if name.endswith("[x]") and key.startswith(name[:-3]):
            for type_ in row.types:
                bare = type_.partition("(")[0]
                if capital(bare) == key[len(name) - 3 :]:
                    return name, row, bare
    return None


def capital(type_: str) -> str:
    return type_[:1].upper() + type_[1:]


def path_of(path: str, name: str, type_: str) -> str | None:
    """Where the parts of an element are defined; None if it is a primitive."""
    if type_.startswith("#"):
        return type_[1:]
    if type_ in ("BackboneElement", "Element"):
        return f"{path}.{name}"
    return type_ if type_[:1].isupper() else None


def _targets(row: Row) -> frozenset[str]:
    """The types that a Reference may lead to; none where it may lead to any."""
    return frozenset(
        target
        for type_ in row.types
        if type_.startswith("Reference(")
        for target in type_[len("Reference(") : -1].split("|")
    )


def _fits(type_: str, older: str) -> bool:
    """Whether a value of a type of R5 can be one of the older version's type."""
    return type_ == older or (type_ in _WORDS and older in _WORDS) or _CONVERTED.get(type_) == older


class Misfit(Exception):
    """The older version cannot hold a value where R5 has it."""


def names(node: Iterable[str]) -> Iterable[str]:
    """The members of a node, a primitive and its extensions as one."""
    for key in node:
        if key[0] == "_":
            return dict.fromkeys(key.removeprefix("_") for key in node)
    return node


def url_of(path: str, place: Place) -> str:
    return CROSS_VERSION + f"{path}.{place.name.removesuffix('[x]')}"
