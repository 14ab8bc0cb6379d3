"""The codes and elements of FHIR R5, as the official definitions have them.

Read from `fhir_r5_codes.json` when first asked for (5 ms). `build_fhir_codes.py` makes that file
from HL7's packages; the file names their versions and checksums.
"""

from functools import cache
from importlib.resources import files

import msgspec


class Source(msgspec.Struct, frozen=True):
    """An npm package that the digest was made from."""

    version: str
    integrity: str


class Digest(msgspec.Struct, frozen=True):
    """The digest of the definitions: see `build_fhir_codes.build` for each member's form."""

    fhir: str
    sources: dict[str, Source]
    primitives: dict[str, str]
    resources: frozenset[str]
    types: dict[str, tuple[str, dict[str, str]]]
    value_sets: dict[str, str | tuple[str, ...]]
    systems: dict[str, tuple[str, ...]]


@cache
def digest() -> Digest:
    """Give the digest of the R5 definitions."""
    data = files("trialbridge.schemas").joinpath("fhir_r5_codes.json").read_bytes()
    return msgspec.json.decode(data, type=Digest)


@cache
def codes(system: str) -> frozenset[str]:
    """Give all codes of a code system, such as `http://hl7.org/fhir/research-study-status`.

    Raises KeyError if the digest does not hold the system: it has those that the bindings of a
    trial's resources name and that HL7 enumerates, and research-study-registration-activity of the
    extensions pack.
    """
    try:
        return frozenset(digest().systems[system])
    except KeyError:
        raise KeyError(f"{system} is not a code system of the FHIR R5 digest") from None


@cache
def required_codes(value_set: str) -> tuple[str, ...]:
    """Give the codes of a required binding's value set, by its short name (`address-use`).

    In the order of the definitions. Raises KeyError if the digest does not hold the value set.
    """
    listed = digest().value_sets[value_set]
    return digest().systems[listed] if isinstance(listed, str) else listed
