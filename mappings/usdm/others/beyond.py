"""What a USDM document says beyond the record: in `unmapped`, below `/usdm`, with the document."""

from typing import Final

from trialbridge.mappings.beyond import Beyond

_USDM: Final = Beyond("/usdm", "USDM", whole=True)
PREFIX: Final = _USDM.prefix
document_of = _USDM.document_of
kept_beyond = _USDM.kept_beyond
left_out = _USDM.left_out
without = _USDM.without
