"""What FHIR and HL7's terminology call the codes that we write.

https://hl7.org/fhir/R5/datatypes-definitions.html#Coding.display
"""

from trialbridge.mappings.tree import Node
from trialbridge.schemas.fhir.digests.displays import displays_of

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
    called = displays_of(system).get(code)
    return called[0] if called else _SEVCO.get(system, {}).get(code)


def standard_coding(system: str, code: str) -> Node:
    """A code of a standard with its name."""
    called = display(system, code)
    return {"system": system, "code": code, **({"display": called} if called else {})}
