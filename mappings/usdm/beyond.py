"""What a USDM document says beyond the record: in `unmapped`, below `/usdm`, with the document."""

from typing import Final

from trialbridge.mappings.beyond import Beyond

_USDM: Final = Beyond("/usdm", "USDM", whole=True)
PREFIX: Final = _USDM.prefix
DOCUMENT: Final = _USDM.document
is_beyond = _USDM.is_beyond
document_of = _USDM.document_of
left_out = _USDM.left_out
