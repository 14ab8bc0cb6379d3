"""JSON whose numbers keep their digits: `12.50` is not `12.5`.

FHIR tells numbers of another precision apart: https://hl7.org/fhir/R5/datatypes.html#decimal
"""

from decimal import Decimal, InvalidOperation
from math import isinf
from typing import Any, Final

import msgspec


def number_of(text: str) -> float | Decimal:
    """A number by its digits: a float where that is written the same, else a Decimal.

    Raises ValueError if it is beyond those that a float can be, as where digits are not kept.
    """
    value = float(text)
    if repr(value) == text:
        return value
    if isinf(value):
        raise ValueError("Number out of range")
    try:
        return Decimal(text)
    except InvalidOperation:  # The exponent is beyond those of Decimal.
        return value


_DECODER: Final = msgspec.json.Decoder(float_hook=number_of)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def decode(data: bytes | str) -> Any:
    """Decode JSON text, each number with its digits. Raises msgspec.DecodeError."""
    return _DECODER.decode(data)


def encode(tree: Any) -> bytes:
    """Encode a tree whose numbers may be Decimal as JSON text."""
    return _ENCODER.encode(tree)
