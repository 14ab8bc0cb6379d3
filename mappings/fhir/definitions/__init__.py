"""Our extensions and code systems as FHIR defines them, made from the mapping tables.

A StructureDefinition for each extension that a row writes: its contexts are the elements where
rows use it, its value types those that rows write, its description the leaves of the model that
it carries. A CodeSystem and a ValueSet for each code system of ours. A ConceptMap for each table of
the registry's codes and a standard's.

https://hl7.org/fhir/R5/defining-extensions.html
https://hl7.org/fhir/R5/packages.html
"""

import gzip
import io
import tarfile
from importlib.metadata import version

import msgspec

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.definitions.concept_maps import maps
from trialbridge.mappings.fhir.definitions.gathered import Definition, extensions, walk
from trialbridge.mappings.fhir.definitions.structures import meaning, structure_definition
from trialbridge.mappings.fhir.definitions.vocabularies import code_system, systems, value_set
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir.digests.codes import digest

__all__ = ["Definition", "extensions", "maps", "meaning", "package", "resources", "systems", "walk"]

NAME = "trialbridge.fhir.r5"


def resources() -> list[Node]:
    """Make all definitions, by type and id."""
    made = [
        *map(structure_definition, extensions()),
        *map(code_system, systems()),
        *map(value_set, systems()),
        *maps(),
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
