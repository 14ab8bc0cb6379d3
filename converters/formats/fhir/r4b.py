"""FHIR R4B Bundles: those of R5, moved and recoded, with HL7's cross-version extensions.

https://hl7.org/fhir/R4B/researchstudy.html
"""

from functools import partial

from trialbridge.formats.fhir import r5 as fhir
from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.fhir import r5, versions

read = partial(fhir.read, version="r4b")
read_alone = partial(fhir.read_alone, version="r4b")
write = partial(fhir.write, version="r4b")
write_checked = partial(fhir.write_checked, version="r4b")
bare = fhir.bare


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes: where it goes in R5, as R4B has that."""
    return versions.coverage(r5.coverage(), "r4b")
