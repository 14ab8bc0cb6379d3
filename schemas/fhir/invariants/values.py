"""What FHIR says of dates, decimals and quantities: what may be meant, and what comes first."""

import json
import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from trialbridge.schemas.problem import Severity

UCUM: Final = "http://unitsofmeasure.org"


class NotChecked(Exception):
    """An expression has no answer here; the text says why."""

    severity: Severity = "warning"


class Incomparable(NotChecked):
    """Two quantities that measure different things."""


class Absent(NotChecked):
    """The answer is in what the document does not have."""

    severity: Severity = "information"


# https://hl7.org/fhir/R5/datatypes.html#dateTime
MOMENT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)
TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?")

# Seconds of the units of time, a month and a year as UCUM has them.
# https://ucum.org/ucum#section-Table-4
SECONDS: Final[dict[str, Decimal]] = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
    "wk": Decimal(604800),
    "mo": Decimal(2629800),
    "a": Decimal(31557600),
}


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a date or time may be meant, both ends included.

    `zoned`: its time zone was given.
    """

    low: datetime
    high: datetime
    zoned: bool

    def compare(self, other: "Span") -> int | None:
        """Tell -1, 0 or 1 where every reading of the two says so, None where they overlap."""
        one, two = self, other
        if not self.zoned and not other.zoned:
            # Two dates are of one place, if nobody says otherwise: by the boundaries' letter, a
            # period might end on the day before it begins.
            one, two = one.here(), two.here()
        if one.high < two.low:
            return -1
        if two.high < one.low:
            return 1
        return 0 if one.low == two.low and one.high == two.high else None

    def here(self) -> "Span":
        return Span(self.low.replace(tzinfo=UTC), self.high.replace(tzinfo=UTC), True)


@dataclass(frozen=True, slots=True)
class Amount:
    """A Quantity: its value, and what it is measured in."""

    value: Decimal
    system: str | None
    unit: str | None


def span(text: str) -> Span | None:
    """Read a FHIR date, dateTime, instant or time; None if the text is none of these.

    Where no time zone is given, it may be any from -12:00 to +14:00, as `lowBoundary` and
    `highBoundary` of FHIRPath have it. https://hl7.org/fhirpath/#lowboundaryprecision-integer-decimal--date--datetime--time
    """
    found = MOMENT.fullmatch(text)
    try:
        if found:
            year, month, day, hour, minute, second = (
                int(part) if part else None for part in found.groups()[:6]
            )
            last = month or 12
            low = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0)
            high = datetime(
                year or 0,
                last,
                day or monthrange(year or 0, last)[1],
                23 if hour is None else hour,
                59 if minute is None else minute,
            )
            low, high = _seconds(low, high, second, found[7])
            # As times of UTC, in which the first and the last year have hours of their own.
            early, late = (_offset(found[8]),) * 2 if found[8] else (14 * 60, -12 * 60)
            return Span(_shift(low, early), _shift(high, late), bool(found[8]))
        found = TIME.fullmatch(text)
        if found:
            low = datetime(2000, 1, 1, int(found[1]), int(found[2]), tzinfo=UTC)
            return Span(*_seconds(low, low, int(found[3]), found[4]), True)
    except ValueError:
        return None
    return None


def _seconds(
    low: datetime, high: datetime, second: int | None, fraction: str | None
) -> tuple[datetime, datetime]:
    # A leap second has no place in datetime; it is taken for the one before it.
    micro = int((fraction or "").ljust(6, "0")[:6]) if fraction else None
    first = min(second or 0, 59)
    end = 59 if second is None else first
    return (
        low.replace(second=first, microsecond=micro or 0),
        high.replace(second=end, microsecond=999999 if micro is None else micro),
    )


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return -minutes if zone[0] == "-" else minutes


def _shift(moment: datetime, minutes: int) -> datetime:
    zone = timezone(timedelta(minutes=minutes))
    return moment.replace(tzinfo=zone)


def boundary(value: object, high: bool) -> object:
    """Give the least or the greatest value that may be meant: of a date, a number, a Quantity.

    https://hl7.org/fhir/R5/fhirpath.html#fn-lowBoundary
    """
    if isinstance(value, bool):
        raise NotChecked("a boolean has no boundary")
    if isinstance(value, int | Decimal | float):
        number = Decimal(str(value))
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int):
            raise NotChecked(f"{number} is no number")
        half = Decimal(5).scaleb(min(exponent, 0) - 1)
        return number + half if high else number - half
    if isinstance(value, str):
        moment = span(value)
        if moment is None:
            raise NotChecked(f"{value[:40]!r} is no date or time")
        end = moment.high if high else moment.low
        return Span(end, end, moment.zoned)
    if isinstance(value, dict):
        amount = amount_of(value)
        return Amount(_number(boundary(amount.value, high)), amount.system, amount.unit)
    raise NotChecked(f"{short(value)} has no boundary")


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise NotChecked(f"{short(value)} is no number")
    return value if isinstance(value, Decimal) else Decimal(str(value))


def amount_of(value: object) -> Amount:
    if isinstance(value, Amount):
        return value
    if isinstance(value, dict) and "value" in value:
        code, system = value.get("code"), value.get("system")
        unit = code if isinstance(code, str) else value.get("unit")
        return Amount(
            _number(value["value"]),
            system if isinstance(system, str) else None,
            unit if isinstance(unit, str) else None,
        )
    raise NotChecked(f"{short(value)} is no Quantity with a value")


def comparable(one: Amount, two: Amount) -> bool:
    """Are two quantities of the same kind? Raises NotChecked where only a table of UCUM tells.

    https://hl7.org/fhir/R5/fhirpath.html#fn-comparable
    """
    if one.system != two.system:
        return False
    if one.unit == two.unit or (one.unit in SECONDS and two.unit in SECONDS and _ucum(one)):
        return True
    if _ucum(one) and one.unit and two.unit:
        raise NotChecked(f"whether {one.unit!r} and {two.unit!r} measure the same is not known")
    return False


def _ucum(amount: Amount) -> bool:
    return amount.system == UCUM


def compare(one: object, two: object) -> int | None:
    """Tell -1, 0 or 1 for less, equal and greater; None where the precision does not tell.

    Raises NotChecked if the two cannot be ordered.
    """
    if isinstance(one, dict | Amount) and isinstance(two, dict | Amount):
        left, right = amount_of(one), amount_of(two)
        if not comparable(left, right):
            raise Incomparable(f"{left.unit!r} and {right.unit!r} cannot be compared")
        if left.unit == right.unit:
            return _order(left.value, right.value)
        return _order(left.value * SECONDS[str(left.unit)], right.value * SECONDS[str(right.unit)])
    spans = [span(value) if isinstance(value, str) else value for value in (one, two)]
    if isinstance(spans[0], Span) and isinstance(spans[1], Span):
        return spans[0].compare(spans[1]) if one != two else 0
    if isinstance(one, str) and isinstance(two, str):
        return _order(one, two)
    return _order(_number(one), _number(two))


def _order(one: Any, two: Any) -> int:
    return 0 if one == two else 1 if one > two else -1


def short(value: object) -> str:
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False, default=str)
    elif isinstance(value, int) and value.bit_length() > 128:
        # Python refuses to write numbers of thousands of digits.
        return f"a number of {value.bit_length()} bits"
    else:
        text = repr(value[:80] if isinstance(value, str) else value)
    return cut(text)


def cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
