"""Bundles of FHIR R5 as Bundles of R4B and R4, and back: trees to trees, by both definitions.

The table of the record is R5's. What an older version has under the same name stays; `MOVES` says
what it has under another; `_RECODED` which code systems have changed their names. By default an
element that the older version lacks is HL7's cross-version extension of it, its parts under their
bare names, a resource that the older version cannot hold is a Basic, and a code that is not in the
older value set is an extension of the element that lacks it.
https://hl7.org/fhir/versions.html#extensions
"""

from trialbridge.mappings.fhir.versions.coverage import coverage
from trialbridge.mappings.fhir.versions.dialect import CROSS_VERSION
from trialbridge.mappings.fhir.versions.down import older
from trialbridge.mappings.fhir.versions.up import newer

__all__ = ["CROSS_VERSION", "coverage", "newer", "older"]
