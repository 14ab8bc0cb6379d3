"""The codes of FHIR R5, as the official definitions have them."""

from functools import cache

from trialbridge.schemas.fhir.digests.definitions import Definitions, definitions


def digest() -> Definitions:
    """Give the digest of the R5 definitions."""
    return definitions("r5")


@cache
def codes(system: str) -> frozenset[str]:
    """Give all codes of a code system, such as `http://hl7.org/fhir/research-study-status`.

    Raises KeyError if the digest does not hold the system: it has those that bindings name and
    HL7 enumerates, vocabularies of hundreds of codes left out.
    """
    found = digest().code_system(system)
    if found is None:
        raise KeyError(f"{system} is not a code system of the FHIR R5 digest")
    return frozenset(found.codes)
