"""What FHIR and HL7's terminology call their codes, from `displays.json`.

https://hl7.org/fhir/R5/datatypes-definitions.html#Coding.display
"""

import json
from importlib.resources import files

from trialbridge.mappings.tree import Node

DISPLAYS: dict[str, dict[str, str]] = json.loads(
    files("trialbridge.mappings.fhir.terminology").joinpath("displays.json").read_bytes()
)["displays"]

# Terms that SEVCO has of STATO. https://fevir.net/sevco
_SEVCO = {
    "https://fevir.net/sevco": {
        "STATO:0000047": "Count",
        "STATO:0000396": "Geometric mean",
        "STATO:0000573": "Mean",
        "STATO:0000574": "Median",
    }
}


def display(system: str, code: str) -> str | None:
    """What the system calls one of its codes; None where nothing here knows its name."""
    return (DISPLAYS.get(system) or _SEVCO.get(system, {})).get(code)


def standard_coding(system: str, code: str) -> Node:
    """A code of a standard with its name."""
    called = display(system, code)
    return {"system": system, "code": code, **({"display": called} if called else {})}
