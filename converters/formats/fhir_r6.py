"""FHIR R6 of the ballot, read alone: a study as HL7's guide on evidence-based medicine has it.

https://hl7.org/fhir/6.0.0-ballot3/researchstudy.html
"""

from trialbridge.formats.fhir import decode_tree
from trialbridge.mappings.fhir.bundle import read_tree
from trialbridge.mappings.fhir.versions.r6 import from_r6
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """The record of a Bundle's one ResearchStudy, or of that alone.

    The places of problems are those of R5, where its elements have other names. Raises ReadError
    if the bytes are no such document, with all that does not have its form.
    """
    return read_tree(from_r6(decode_tree(data)))
