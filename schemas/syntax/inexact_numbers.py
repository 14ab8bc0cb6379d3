"""Numbers of a JSON text that a double does not hold as they are written.

Every fast decoder reads a number with a point or an exponent as a double, and what is beyond it
changes without a word: `1e-400` to 0, a long fraction to some 17 digits. FHIR's decimals may have
more. Zeros at the end say nothing here, since the value is the same.

https://www.rfc-editor.org/rfc/rfc8259#section-6
"""

import json
import re
from decimal import Decimal
from math import isinf
from typing import Any, Final

from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.pointer import escape

MOST: Final = 1_000
"""How many numbers are told."""

_LINK: Final = "https://www.rfc-editor.org/rfc/rfc8259#section-6"
# Where it stands in a string it is looked at for nothing, and not found by the decoder.
_NUMBER: Final = re.compile(
    rb"[:\[,][ \t\r\n]*+(-?[0-9]++(?:\.[0-9]++(?:[eE][-+]?[0-9]++)?+|[eE][-+]?[0-9]++))"
)
# Most texts are told to have none by their shape, in a tenth of the time: the digits alike,
# without signs.
_SHAPE: Final = bytes.maketrans(b"123456789E", b"000000000e")
_LONG: Final = (b"0e0", b"00000000.0", b".00000000")
# Any decimal of so many digits comes back from a double.
_KEPT: Final = 15
_SHOWN: Final = 60


class _Inexact(str):
    """A number that changes, as it is written."""


def inexact_numbers(data: bytes) -> list[Problem]:
    """Give a warning for each number that changes when it is read; the path is its JSON pointer.

    Text that is no JSON, and a number that is refused, have none here: reading tells of them.
    """
    shape = data.translate(_SHAPE, b"+-")
    if not any(long in shape for long in _LONG):
        return []
    if not any(_changes(found[1].decode()) for found in _NUMBER.finditer(data)):
        return []
    try:
        tree = _DECODER.decode(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return []
    problems: list[Problem] = []
    waiting: list[tuple[str, Any]] = [("", tree)]
    while waiting and len(problems) < MOST:
        pointer, node = waiting.pop()
        if isinstance(node, dict):
            inner = [(f"{pointer}/{escape(key)}", value) for key, value in node.items()]
            waiting += reversed(inner)
        elif isinstance(node, list):
            waiting += reversed([(f"{pointer}/{index}", each) for index, each in enumerate(node)])
        elif isinstance(node, _Inexact):
            problems.append(_problem(pointer, node))
    return problems


def _changes(number: str) -> bool:
    """Tell if a double is another number than the one that is written."""
    if len(number) <= _KEPT and "e" not in number and "E" not in number:
        return False
    value = float(number)
    if value == 0:
        # The exponent may be beyond those of Decimal.
        return re.match("-?[0.]*[1-9]", number) is not None
    return not isinf(value) and Decimal(repr(value)) != Decimal(number)


def _number(number: str) -> _Inexact | None:
    return _Inexact(number) if _changes(number) else None


def _nothing(_: str) -> None:
    """Leave a whole number as it is: it is kept, digit by digit, or refused."""


_DECODER: Final = json.JSONDecoder(parse_float=_number, parse_int=_nothing, strict=False)


def _problem(pointer: str, number: str) -> Problem:
    shown = number if len(number) <= _SHOWN else f"{number[:_SHOWN]}..."
    return Problem(
        severity="warning",
        layer="read",
        path=pointer,
        code="precision",
        message=f"{shown} is beyond double precision: it is read as {float(number)!r}",
        link=_LINK,
    )
