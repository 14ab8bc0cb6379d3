"""Numbers of results, which the registry has as texts, as Quantities of FHIR.

A text that is a number is that number, with all its digits: `12.50` is 12.50, and `<0.001` is 0.001
with a comparator. `NA` is a value that is absent since there can be none. What else stands there
("1,272", ".05") is kept as it is in an extension of ours on the value, since nobody knows for sure
which number it is.

https://hl7.org/fhir/R5/datatypes.html#Quantity
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from trialbridge.mappings.codec import Mismatch, Node
from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.fhir.types import ABSENT_REASON, ours
from trialbridge.schemas.syntax.exact import number_of

AS_TEXT = ours("number-as-text", "String")
"""What stands in the place of a number, as the record has it."""

_NOT_APPLICABLE = {"extension": [{"url": ABSENT_REASON, "valueCode": "not-applicable"}]}
_NA = "NA"

# As JSON and we write it: `-0`, `01` and `.5` would not come back.
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_COMPARED = re.compile(r"([<>]=?)(.+)", re.DOTALL)
# FHIR's decimals have 18 digits at most. https://hl7.org/fhir/R5/datatypes.html#decimal
_MOST_DIGITS = 18
MOST = 2**31 - 1
"""The largest unsignedInt. https://hl7.org/fhir/R5/datatypes.html#unsignedInt"""


@lru_cache(maxsize=16384)
def number(text: str) -> float | Decimal | None:
    """The number that a text is; None if it would not come back as it is."""
    if len(text) > _MOST_DIGITS or text == "-0" or not text.isascii():
        return None
    if not _NUMBER.fullmatch(text):
        return None
    return number_of(text) if "." in text else int(text)


@lru_cache(maxsize=16384)
def parts_of(text: str) -> Node:
    """The members of a Quantity that say the number of a text. They are shared: change none."""
    value = number(text)
    if value is not None:
        return {"value": value}
    compared = _COMPARED.fullmatch(text)
    value = number(compared[2]) if compared else None
    if compared and value is not None:
        return {"value": value, "comparator": compared[1]}
    if text == _NA:
        return {"_value": _NOT_APPLICABLE}
    return {"_value": as_text(text)}


def as_text(text: str) -> Node:
    """What stands beside an absent number."""
    return {"extension": [{"url": AS_TEXT.url, "valueString": text}]}


def text_of(value: Any) -> str:
    """The text of a number. Raises Mismatch if it is none."""
    class_ = value.__class__
    if class_ is int:
        return str(value)
    if class_ is float:
        text = repr(value)
        return format(Decimal(text), "f") if "e" in text else text
    if class_ is Decimal:
        return format(value, "f")
    raise Mismatch(f"expected a number, found {value!r:.60}")


def text_in(quantity: Any, member: str = "value") -> str | None:
    """The text of the number in a Quantity, or of another member of a node."""
    if quantity.__class__ is not dict:
        raise Mismatch(f"expected an object, found {quantity!r:.60}")
    value = quantity.get(member)
    if value is not None:
        comparator = quantity.get("comparator") if member == "value" else None
        if comparator is None:
            return text_of(value)
        return f"{comparator}{text_of(value)}"
    return _beside(quantity.get(f"_{member}"))


def _beside(twin: Any) -> str | None:
    told = twin.get("extension") if twin.__class__ is dict else None
    for extension in told if told.__class__ is list else ():
        if extension.__class__ is not dict:
            continue
        if extension.get("url") == AS_TEXT.url and extension.get("valueString").__class__ is str:
            return str(extension["valueString"])
        if extension.get("url") == ABSENT_REASON and extension.get("valueCode") == "not-applicable":
            return _NA
    return None


# --- ranges ------------------------------------------------------------------------------------

LIMITS = {
    "low": ours("lower-limit-as-text", "String"),
    "high": ours("upper-limit-as-text", "String"),
}
"""What stands in the place of an end of a Range, where it is no number, as the record has it."""


def range_of(lower: str | None, upper: str | None, unit: Node) -> Node:
    """A Range. An end that is missing is not known; one that is no number is one of these.

    So is the upper one of two that are the wrong way round, which no Range may have.
    https://hl7.org/fhir/R5/datatypes.html#Range
    """
    made: Node = {}
    low = number(lower) if lower else None
    high = number(upper) if upper else None
    if low is not None and high is not None and low > high:
        high = None
    if low is not None:
        made["low"] = {"value": low, **unit}
    elif lower:
        made["extension"] = [{"url": LIMITS["low"].url, "valueString": lower}]
    if high is not None:
        made["high"] = {"value": high, **unit}
    elif upper:
        said = {"url": LIMITS["high"].url, "valueString": upper}
        made["extension"] = [*made.get("extension", ()), said]
    return made


def limit_in(node: Any, end: str) -> str | None:
    """The text of an end of a Range."""
    if node.__class__ is not dict:
        raise Mismatch(f"expected a Range, found {node!r:.60}")
    if end in node:
        return text_in(node[end])
    told = node.get("extension")
    for extension in told if told.__class__ is list else ():
        if extension.__class__ is dict and extension.get("url") == LIMITS[end].url:
            words = extension.get("valueString")
            return words if words.__class__ is str else None
    return None


# --- whole numbers -----------------------------------------------------------------------------


def count_parts(value: str, member: str) -> Node:
    """A whole number as text in an unsignedInt, or beside it where it is none."""
    found = number(value)
    if found.__class__ is int and 0 <= found <= MOST:
        return {member: found}
    return {f"_{member}": as_text(value)}


def integer_parts(value: int, member: str) -> Node:
    """A whole number in an unsignedInt, or beside it where that does not take it."""
    if 0 <= value <= MOST:
        return {member: value}
    return {f"_{member}": as_text(str(value))}


def integer_in(node: Node, member: str) -> int | None:
    """The whole number of a member. Raises Mismatch if it is none."""
    value = node.get(member)
    if value.__class__ is int:
        return value
    if value is None:
        text = _beside(node.get(f"_{member}"))
        if text is None:
            return None
        if re.fullmatch(r"-?\d{1,4000}", text):
            return int(text)
        value = text
    raise Mismatch(f"expected a whole number, found {value!r:.60}")


# --- where else results are --------------------------------------------------------------------

_OUTCOMES = "/resultsSection/outcomeMeasuresModule/outcomeMeasures/*"
_MEASURED = "classes/*/categories/*/measurements/*"
_NUMBERS = [
    f"{above}/{_MEASURED}/{name}"
    for above in (_OUTCOMES, "/resultsSection/baselineCharacteristicsModule/measures/*")
    for name in ("value", "spread")
]
_TEXTS = [
    *_NUMBERS,
    *(f"{_OUTCOMES}/analyses/*/{name}" for name in ("paramValue", "ciPctValue", "pValue")),
    *(f"{_OUTCOMES}/denoms/*/{name}" for name in ("units", "counts/*/groupId", "counts/*/value")),
]
_STATISTIC = "Evidence.statistic"
OTHER_HOMES: tuple[CoverageRow, ...] = (
    *(CoverageRow(leaf, f"{_STATISTIC}.extension", "official", "no number") for leaf in _NUMBERS),
    *(CoverageRow(leaf, f"{_STATISTIC}.extension", "ours", "no number") for leaf in _TEXTS),
)
"""Where results are that are no numbers, or counted by groups in another order."""
