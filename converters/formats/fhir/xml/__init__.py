"""FHIR Bundles as XML: bytes to trees and back. What they say is what the JSON says.

https://hl7.org/fhir/R5/xml.html
"""

from functools import partial

from trialbridge.formats.fhir import r5 as fhir
from trialbridge.mappings.codec import Home, Node
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.fhir.xml import form as xml_form
from trialbridge.schemas.problem import Invalid, Problem
from trialbridge.schemas.trial import Trial


def _encode(tree: Node, version: Version) -> bytes:
    """The tree of a Bundle as XML.

    Raises Invalid if the record has a character that XML has no form for, with its place.
    """
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


write = partial(fhir.written, _encode, False)
write_checked = partial(fhir.written, _encode, True)


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
