"""FHIR R6 of the ballot, read alone: a study as HL7's guide on evidence-based medicine has it.

https://hl7.org/fhir/6.0.0-ballot3/researchstudy.html
"""

from trialbridge.formats.fhir.r5 import decode_tree
from trialbridge.mappings.fhir.bundle import LINK, read_tree
from trialbridge.mappings.fhir.versions.r6 import from_r6
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.decode import DEEPEST, is_deeper
from trialbridge.schemas.trial import Trial


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """The record of a Bundle's one ResearchStudy, or of that alone.

    The places of problems are those of R5, where its elements have other names. Raises ReadError
    if the bytes are no such document, with all that does not have its form.
    """
    tree = decode_tree(data)
    if is_deeper(tree, DEEPEST):
        # No check of R6 says so, and what is kept of it has to be readable again.
        raise fatal("", "nesting", f"nested more than {DEEPEST} deep", LINK)
    return read_tree(from_r6(tree))
