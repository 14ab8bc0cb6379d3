"""Check FHIR in XML: what is wrong with it as XML, then all that is checked of the JSON.

https://hl7.org/fhir/R5/xml.html
"""

from trialbridge.schemas.fhir import validate as fhir_validate
from trialbridge.schemas.fhir import versions
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.fhir.validate import BUDGET
from trialbridge.schemas.fhir.xml import form as xml_form
from trialbridge.schemas.problem import Problem, ReadError


def told(data: bytes) -> versions.Edition:
    """Tell the version of a resource, as `versions.told` does of JSON.

    Raises ReadError if the bytes are no XML.
    """
    return versions.told(xml_form.outline(data))


def check(
    data: bytes,
    version: Version,
    *,
    thorough: bool = False,
    deep: bool = False,
    budget: float | None = BUDGET,
) -> list[Problem]:
    """Check the bytes of a resource: places are FHIRPath, and lines for what is no FHIR in XML."""
    try:
        tree = xml_form.to_json(data, version)
    except ReadError as error:
        return error.problems
    return fhir_validate.check(tree, version, thorough=thorough, deep=deep, budget=budget)
