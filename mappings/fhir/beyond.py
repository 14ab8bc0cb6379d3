"""What a FHIR document says beyond the record: in `unmapped`, below `/fhir`."""

from typing import Final

from trialbridge.mappings.beyond import Beyond

_FHIR: Final = Beyond("/fhir", "FHIR")
PREFIX: Final = _FHIR.prefix
left_out = _FHIR.left_out
