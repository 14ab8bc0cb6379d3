"""FHIR Bundles as XML: bytes to trees and back. What they say is what the JSON says.

https://hl7.org/fhir/R5/xml.html
"""

from typing import Any

from trialbridge.formats.fhir import r5 as fhir
from trialbridge.mappings.codec import Home
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.fhir.xml import form as xml_form
from trialbridge.schemas.problem import Invalid, Problem
from trialbridge.schemas.trial import Trial


def write(
    trial: Trial,
    *,
    bundle: str = "collection",
    base: str = "",
    narrative: bool = False,
    stated: bool = False,
    profile: str = "none",
    version: Version = "r5",
) -> tuple[bytes, list[Problem]]:
    """The record as a Bundle, as `fhir.write` has it.

    Raises Invalid if the record has a character that XML has no form for, with its place.
    """
    tree, problems = write_tree(
        trial,
        kind=bundle,
        base=base,
        narrative=narrative,
        stated=stated,
        profile=profile,
        version=version,
    )
    return _bytes_of(tree, version), problems


def write_checked(
    trial: Trial,
    *,
    bundle: str = "collection",
    base: str = "",
    narrative: bool = False,
    stated: bool = False,
    profile: str = "none",
    version: Version = "r5",
) -> tuple[bytes, list[Problem]]:
    """Write as `write` does; the problems are those of what was written, too."""
    from trialbridge.schemas.fhir.validate import validate

    tree, problems = write_tree(
        trial,
        kind=bundle,
        base=base,
        narrative=narrative,
        stated=stated,
        profile=profile,
        version=version,
    )
    return _bytes_of(tree, version), [*problems, *validate(tree, version)]


def read(data: bytes, *, version: Version = "r5") -> tuple[Trial, list[Problem]]:
    """The record of a Bundle's one ResearchStudy.

    Places of problems are those of JSON. Raises ReadError if the bytes are no such Bundle.
    """
    return fhir.read(xml_form.to_json(data, version), version=version)


def read_alone(data: bytes, *, version: Version = "r5") -> Trial:
    """As `read`, without warnings and without what the document says beyond the record."""
    return fhir.read_alone(xml_form.to_json(data, version), version=version)


def bare(data: bytes, *, version: Version = "r5") -> dict[Home, bytes]:
    """A Bundle without all extensions, and without ours."""
    without = fhir.bare(xml_form.to_json(data, version))
    return {home: xml_form.to_xml(left, version) for home, left in without.items()}


def _bytes_of(tree: dict[str, Any], version: Version) -> bytes:
    try:
        return xml_form.write(tree, version)
    except xml_form.Unwritten as error:
        problem = Problem(
            severity="error",
            layer="write",
            path=error.place,
            code="not-xml",
            message=error.message,
            link=xml_form.LINK,
        )
        raise Invalid([problem]) from None
