"""HL7's own examples of FHIR, of the packages whose folders FHIR_R5_EXAMPLES and its like name."""

import json
from collections.abc import Iterator
from pathlib import Path

from corpus import named


def paths(version: str, *types: str) -> list[Path]:
    """Give the files of a version's examples, or of those of types by their names; else skip."""
    folder = named(f"FHIR_{version.upper()}_EXAMPLES", f"the folder of hl7.fhir.{version}.examples")
    patterns = [f"{type_}-*.json" for type_ in types] or ["*.json"]
    found = [path for pattern in patterns for path in sorted(Path(folder).glob(pattern))]
    assert found, f"{folder} has no {', '.join(patterns)}"
    return found


def examples(version: str, *types: str) -> Iterator[tuple[str, bytes]]:
    """Give the examples of types, whatever their names, with their files' names; else skip."""
    for path in paths(version, *types):
        data = path.read_bytes()
        if json.loads(data)["resourceType"] in types:
            yield path.name, data
