"""Make `fhir_r5_codes.json`, the digest of the official FHIR R5 definitions.

The packages come from npm, are HL7's and CC0; no Node is needed to use the digest:

    npm pack hl7.fhir.r5.core@5.0.0
    npm pack hl7.fhir.uv.extensions.r5@5.3.0-ballot-tc1
    npm pack hl7.terminology.r5@7.0.1
    python -m trialbridge.schemas.build_fhir_codes CORE.tgz EXTENSIONS.tgz TERMINOLOGY.tgz

`--check` writes nothing and exits 1 if the digest in the tree is not what the packages give.
"""

import argparse
import base64
import hashlib
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

DIGEST = Path(__file__).with_name("fhir_r5_codes.json")

# What a trial's Bundle holds. The data types are those that these can reach.
RESOURCES = (
    "Bundle",
    "ResearchStudy",
    "PlanDefinition",
    "ActivityDefinition",
    "EvidenceVariable",
    "Group",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Location",
)

# Code systems that no binding of these types names, and a trial uses all the same.
EXTENSION_SYSTEMS = ("http://hl7.org/fhir/research-study-registration-activity",)

# A system larger than this is a vocabulary (v3-RoleCode), not the list of an element's codes.
LARGEST_SYSTEM = 150

# The primitives whose form their regex does not say, or says by the JSON type alone.
FORMLESS = {"boolean", "decimal", "integer", "markdown", "positiveInt", "string", "unsignedInt"}

PREFIX = "http://hl7.org/fhir/"
FHIR_TYPE = PREFIX + "StructureDefinition/structuredefinition-fhir-type"
# The type of id and Extension.url, attributes in XML.
SYSTEM_STRING = "http://hl7.org/fhirpath/System.String"
REGEX = PREFIX + "StructureDefinition/regex"

Json = dict[str, Any]


class Packages(NamedTuple):
    """The definitions of all packages, by resource type and url; the first package wins."""

    sources: dict[str, dict[str, str]]
    definitions: dict[tuple[str, str], Json]

    def structure(self, name: str) -> Json:
        return self.definitions["StructureDefinition", f"{PREFIX}StructureDefinition/{name}"]


def read_packages(paths: list[Path]) -> Packages:
    """Read FHIR npm packages (.tgz). Raises OSError or tarfile.TarError if a file is not one."""
    sources: dict[str, dict[str, str]] = {}
    definitions: dict[tuple[str, str], Json] = {}
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
                    definitions.setdefault((kind, resource["url"]), resource)
    return Packages(sources, definitions)


def _concepts(concepts: list[Json]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _concepts(concept.get("concept", []))


def system_codes(packages: Packages, url: str) -> list[str] | None:
    """Give all codes of a code system, in its order; None if its package does not list them all."""
    system = packages.definitions.get(("CodeSystem", url))
    if system is None or system["content"] != "complete":
        return None
    return list(dict.fromkeys(_concepts(system.get("concept", []))))


def value_set_systems(packages: Packages, url: str) -> list[str]:
    """Give the code systems that a value set draws on, those of the value sets in it included."""
    value_set = packages.definitions.get(("ValueSet", url.partition("|")[0]), {})
    systems: list[str] = []
    for include in value_set.get("compose", {}).get("include", []):
        if "system" in include:
            systems.append(include["system"])
        for other in include.get("valueSet", []):
            systems += value_set_systems(packages, other)
    return systems


def value_set_codes(packages: Packages, url: str) -> str | list[str] | None:
    """Give a value set's codes: a code system's url if it is the whole of it, else a list.

    None if they cannot be enumerated: languages, units, media types.
    """
    value_set = packages.definitions.get(("ValueSet", url.partition("|")[0]))
    if value_set is None:
        return None
    compose = value_set["compose"]
    if "exclude" in compose:
        raise SystemExit(f"{url}: a value set with exclusions; the digest has no room for it yet")
    codes: list[str] = []
    for include in compose["include"]:
        listed = [concept["code"] for concept in include.get("concept", [])]
        system = listed or system_codes(packages, include.get("system", ""))
        if not system or "filter" in include or "valueSet" in include:
            return None
        codes += system
    [first, *others] = compose["include"]
    return codes if others or "concept" in first else str(first["system"])


def _short(url: str) -> str:
    return url.partition("|")[0].rpartition("/")[2]


def _type(type_: Json) -> str:
    code = str(type_["code"])
    for extension in type_.get("extension", []):
        if extension["url"] == FHIR_TYPE:
            code = str(extension["valueUrl"])
    targets = sorted({_short(profile) for profile in type_.get("targetProfile", [])})
    return f"{code}({'|'.join(targets)})" if targets and targets != ["Resource"] else code


def _row(packages: Packages, element: Json, value_sets: dict[str, str | list[str]]) -> str:
    types = element.get("contentReference", "").rpartition("#")[2]
    types = "#" + types if types else ",".join(_type(type_) for type_ in element["type"])
    if element["base"]["path"] == "Element.id":
        # "id" in the snapshots, but "string" in the specification's text, JSON Schema and XSD.
        types = "string"
    if [type_["code"] for type_ in element.get("type", [])] == [SYSTEM_STRING]:
        types = f"@{types}"
    row = f"{element['min']}..{element['max']} {types}"
    binding = element.get("binding", {})
    if binding.get("strength") != "required":
        return row
    codes = value_set_codes(packages, binding["valueSet"])
    if codes is None:
        return row
    if types != "code":
        raise SystemExit(f"{element['path']}: required codes in a {types}; the digest has no room")
    name = _short(binding["valueSet"])
    if value_sets.setdefault(name, codes) != codes:
        raise SystemExit(f"{element['path']}: two value sets have the name {name}")
    return f"{row} ={name}"


def build(packages: Packages) -> Json:
    """Make the digest.

    `types`: for each type and each element with children, its base and its own elements, each a row
    `min..max type,type(target|target) =value-set`, `#path` where it repeats another's content, `@`
    before what cannot be extended.
    `value_sets`: the codes of required bindings; a url stands for the whole of that code system.
    `systems`: the codes of the code systems that the types' bindings (of any strength) draw on.
    `primitives`: the official regexes. `resources`: the names of all resource types.
    """
    types: dict[str, list[Any]] = {}
    value_sets: dict[str, str | list[str]] = {}
    primitives: dict[str, str] = {}
    systems = set(EXTENSION_SYSTEMS)
    todo = list(RESOURCES)
    while todo:
        name = todo.pop()
        if name in types or name in primitives:
            continue
        structure = packages.structure(name)
        elements = structure["snapshot"]["element"]
        if structure["kind"] == "primitive-type":
            [value] = [e for e in elements if e["path"] == f"{name}.value"]
            regexes = [x["valueString"] for x in value["type"][0]["extension"] if x["url"] == REGEX]
            # HL7's regex of decimal has a brace too many, which changes what it matches.
            primitives[name] = regexes[0] if regexes and name not in FORMLESS else ""
            continue
        base = _short(structure.get("baseDefinition", ""))
        while base and not packages.structure(base)["snapshot"]["element"][1:]:
            base = _short(packages.structure(base).get("baseDefinition", ""))
        # CanonicalResource and MetadataResource restate what the resource says itself.
        if structure["kind"] == "resource" and base not in ("", "Resource"):
            base = "DomainResource"
        types[name] = [base, {}]
        if base:
            todo.append(base)
        for element in elements[1:]:
            parent, _, key = element["path"].rpartition(".")
            own = element["base"]["path"].startswith(f"{name}.")
            if (
                not own
                and parent in types
                and element["base"]["path"] not in _inherited(packages, types[parent][0])
            ):
                own = True
            for type_ in element.get("type", []):
                if type_["code"] in ("BackboneElement", "Element"):
                    types[element["path"]] = [type_["code"], {}]
                if not type_["code"].startswith("http") and type_["code"] != "Resource":
                    todo.append(type_["code"])
            url = element.get("binding", {}).get("valueSet")
            if url:
                systems.update(value_set_systems(packages, url))
            if own and element["max"] != "0":
                types[parent][1][key] = _row(packages, element, value_sets)
    whole = {url for url in value_sets.values() if isinstance(url, str)}
    listed = {url: system_codes(packages, url) for url in systems | whole}
    return {
        "fhir": "5.0.0",
        "sources": packages.sources,
        "primitives": dict(sorted(primitives.items())),
        "resources": sorted(
            structure["type"]
            for (kind, _), structure in packages.definitions.items()
            if kind == "StructureDefinition"
            and structure["kind"] == "resource"
            and not structure["abstract"]
            and structure["url"] == f"{PREFIX}StructureDefinition/{structure['type']}"
        ),
        "types": dict(sorted(types.items())),
        "value_sets": dict(sorted(value_sets.items())),
        "systems": {
            url: codes
            for url, codes in sorted(listed.items())
            if codes and (len(codes) <= LARGEST_SYSTEM or url in whole)
        },
    }


def _inherited(packages: Packages, base: str) -> set[str]:
    elements = packages.structure(base)["snapshot"]["element"] if base else []
    return {element["base"]["path"] for element in elements[1:]}


def dump(digest: Json) -> str:
    """Write the digest as JSON with one entry a line, so that a change reads as a diff."""
    members = []
    for name, value in digest.items():
        if isinstance(value, dict):
            rows = [
                f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in value.items()
            ]
            members.append(f"{json.dumps(name)}:{{\n" + ",\n".join(rows) + "\n}")
        else:
            members.append(f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the digest, or check it; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packages", nargs="+", type=Path, metavar="PACKAGE.tgz")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--out", type=Path, default=DIGEST, help="where the digest is")
    options = parser.parse_args(arguments)
    text = dump(build(read_packages(options.packages)))
    if not options.check:
        options.out.write_text(text, encoding="utf-8")
    elif options.out.read_text(encoding="utf-8") != text:
        print(
            f"{options.out} is not what these packages give: run without --check", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
