"""Which version of FHIR a document is of: by what it states, else by the elements it has.

Most documents state nothing, and one of R4 is read as R5 without an error where elements have the
same names. `digests/telling.json` lists, for each type of resource, the elements and codes that
some versions have and others not. It is made from the digests of the definitions, and for R6 from
HL7's JSON Schema of that ballot (`fhir.schema.json` in https://hl7.org/fhir/6.0.0-ballot3/):

    python -m trialbridge.schemas.fhir.versions fhir.schema.json

https://hl7.org/fhir/R5/versioning.html
"""

import re
import sys
from collections import Counter
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Definitions, definitions
from trialbridge.schemas.fhir.schema import closed

Edition = Literal["r5", "r4", "r4b", "r6"]

EDITIONS: Final[tuple[Edition, ...]] = ("r5", "r4", "r4b", "r6")
"""The likeliest first: of those that an undecided document may be, the first is taken."""

_NUMBERS: Final[tuple[tuple[str, Edition], ...]] = (
    ("4.0", "r4"),
    ("4.1", "r4b"),
    ("4.3", "r4b"),
    ("5.", "r5"),
    ("6.", "r6"),
)
_STATED: Final = re.compile(r"http://hl7\.org/fhir/StructureDefinition/[^|]+\|(\d+\.\d+)")
_ENOUGH: Final = 3
_CROSS_VERSION: Final = b"http://hl7.org/fhir/5.0/StructureDefinition/extension-"
# By type and versions: {"ResearchStudy": {"r4 r4b": ["arm", "status=completed"]}}
_Telling = dict[str, dict[str, list[str]]]


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"{}")


class _Head(msgspec.Struct):
    """What a document states of its version, and the entries of a Bundle."""

    resourceType: Any = None
    fhirVersion: Any = None
    meta: Any = None
    entry: list[_Entry] = []


_HEAD: Final = msgspec.json.Decoder(_Head)
_RESOURCE: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def told(data: bytes) -> Edition:
    """Tell the version of a resource from its bytes.

    What it states (`fhirVersion`, or a profile of FHIR's own with a version) comes first. Else each
    element that only some versions have speaks for those. R5 where nothing speaks, or where the
    bytes are no resource, of which its reader says what is wrong.
    """
    try:
        head = _HEAD.decode(data)
        if stated := _stated(head):
            return stated
        votes: Counter[str] = Counter()
        if _CROSS_VERSION in data:
            # What R5 has as elements is in extensions: it is no R5.
            votes.update(("r4", "r4b"))
        if head.resourceType != "Bundle":
            _vote(data, votes)
        for entry in head.entry:
            _vote(entry.resource, votes)
            # Bundles are long: one resource, mostly the study, tells enough.
            if abs(votes["r5"] - votes["r4"]) >= _ENOUGH:
                break
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return EDITIONS[0]
    return max(EDITIONS, key=lambda edition: votes[edition])


def _stated(head: _Head) -> Edition | None:
    numbers = [head.fhirVersion] if isinstance(head.fhirVersion, str) else []
    profiles = head.meta.get("profile") if isinstance(head.meta, dict) else None
    numbers += [
        found[1]
        for profile in (profiles if isinstance(profiles, list) else ())
        if isinstance(profile, str) and (found := _STATED.match(profile))
    ]
    return next(filter(None, map(edition_of, numbers)), None)


def edition_of(number: str) -> Edition | None:
    """The version that a number such as `4.0.1` is of; None if it is none of these."""
    for beginning, edition in _NUMBERS:
        if number.startswith(beginning):
            return edition
    return None


def _vote(data: bytes | msgspec.Raw, votes: Counter[str]) -> None:
    resource = _RESOURCE.decode(data)
    known = _telling().get(_text(resource.get("resourceType")), {})
    for name in known.keys() & resource.keys():
        codes = known[name]
        editions = codes.get("") or codes.get(_text(resource[name]), ())
        votes.update(editions)


def _text(raw: msgspec.Raw | None) -> str:
    value = None if raw is None else msgspec.json.decode(raw)
    return value if isinstance(value, str) else ""


@cache
def _telling() -> dict[str, dict[str, dict[str, tuple[str, ...]]]]:
    """For a type and an element, the versions that have it ("") or a code of it."""
    packed = files("trialbridge.schemas.fhir.digests").joinpath("telling.json").read_bytes()
    found: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {}
    for type_, groups in msgspec.json.decode(packed, type=_Telling).items():
        elements = found.setdefault(type_, {})
        for editions, names in groups.items():
            for name in names:
                element, _, code = name.partition("=")
                elements.setdefault(element, {})[code] = tuple(editions.split())
    return found


# --- making the list ---------------------------------------------------------------------------


def telling(r6: dict[str, Any]) -> _Telling:
    """List what tells the versions apart; `r6` is the `definitions` of R6's JSON Schema.

    A code that R5 has is taken for one of R6, whose schema does not list codes.
    """
    having: dict[str, dict[str, set[str]]] = {}
    for version in VERSIONS:
        known = definitions(version)
        for type_ in known.resources:
            for name in ("resourceType", *_names(known, type_)):
                having.setdefault(type_, {}).setdefault(name, set()).add(version)
    for type_, schema in r6.items():
        members = schema.get("properties", {})
        for name in members if "resourceType" in members else ():
            if not name.startswith("_"):
                having.setdefault(type_, {}).setdefault(name, set()).add("r6")
    listed: _Telling = {}
    for type_, names in sorted(having.items()):
        here = names["resourceType"]
        if here != set(EDITIONS):
            listed.setdefault(type_, {})[_joined(here)] = ["resourceType"]
        for name, editions in sorted(names.items()):
            coded = "=" in name and "r5" in editions and "r6" in here
            if (found := editions | {"r6"} if coded else editions) != here:
                listed.setdefault(type_, {}).setdefault(_joined(found), []).append(name)
    return listed


def _joined(editions: set[str]) -> str:
    return " ".join(edition for edition in EDITIONS if edition in editions)


def _names(known: Definitions, type_: str) -> set[str]:
    """The elements of a type, choices by their names in JSON, and the codes of those that bind."""
    names = set()
    for name, row in known.rows(type_).items():
        types = [each.partition("(")[0] for each in row.types]
        if name.endswith("[x]"):
            names |= {name.removesuffix("[x]") + each[0].upper() + each[1:] for each in types}
            continue
        names.add(name)
        if types == ["code"] and row.strength == "required":
            names |= {f"{name}={code}" for code in closed(known, row.value_set) or ()}
    return names


def main(arguments: list[str]) -> int:
    """Write the list, or with `--check` tell if it is current."""
    (path,) = [each for each in arguments if each != "--check"]
    listed = telling(msgspec.json.decode(Path(path).read_bytes())["definitions"])
    # A type on each line, so that a diff can be read.
    lines = (msgspec.json.encode({type_: groups})[1:-1] for type_, groups in listed.items())
    made = b"{\n" + b",\n".join(lines) + b"\n}\n"
    target = Path(__file__).resolve().parent / "digests" / "telling.json"
    if "--check" in arguments:
        return int(target.read_bytes() != made)
    target.write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
