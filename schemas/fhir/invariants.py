"""Do the invariants of the official definitions hold? The layer that a schema cannot be.

One walk over the plain JSON meets every element at which a type states an invariant: the resources
of a Bundle, what is contained in them, and the data types wherever they occur. fhirpathpy evaluates
the expressions of the digest; what it lacks is supplied here (`hasValue`, `lowBoundary`,
`comparable`, `resolve`, dates and quantities under `<=`), and what occurs at every other element is
a Python function, which the tests hold against fhirpathpy.

An invariant has to be true: empty is not. An expression that cannot be evaluated, or whose answer
depends on what is not there (the target of a reference, the rest of a date) is a problem of its
own, `not-checked`, and never silence.

https://hl7.org/fhir/R5/conformance-rules.html#constraints, https://hl7.org/fhir/R5/fhirpath.html
"""

import json
import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache, partial
from time import monotonic
from typing import Any, Final

from trialbridge.schemas.fhir.definitions import Definitions, Invariant, Row, Version, definitions
from trialbridge.schemas.fhir.narrative import narrative
from trialbridge.schemas.fhir.types import link
from trialbridge.schemas.fhir.walk import ID, MAX_DEPTH, Place, show
from trialbridge.schemas.once import LOCK, once
from trialbridge.schemas.problem import Problem, Severity

LAYER: Final = "invariants"
NOT_CHECKED: Final = "not-checked"
MOST_SHOWN: Final = 10
"""How many members a message shows of what it found."""

UCUM: Final = "http://unitsofmeasure.org"

_IDS: Final = "(reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))"

# What HL7 published and what it says in words are two things: as published, these are false, empty
# or an error where the words are kept. HL7's own validator replaces most of them too.
CORRECTED: Final[dict[str, str]] = {
    # R4. Without a name there is nothing to match; the pattern is of the whole name.
    "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')": (
        "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"
    ),
    "name.exists() implies name.matches('[A-Z]([A-Za-z0-9_]){0,254}')": (
        "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"
    ),
    "name.exists() implies name.exists() implies name.matches('[A-Z]([A-Za-z0-9_]){0,254}')": (
        "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"
    ),
    # R4 and R4B. A period of the year 2020 that begins in March 2020 is right.
    "start.hasValue().not() or end.hasValue().not() or (start <= end)": (
        "start.hasValue().not() or end.hasValue().not() or (start.lowBoundary() <="
        " end.highBoundary())"
    ),
    # R4 and R4B. A bound without a value has no order; nor have units that measure other things.
    "low.empty() or high.empty() or (low <= high)": (
        "low.value.empty() or high.value.empty() or low.comparable(high).not() or (low <= high)"
    ),
    "lowNumerator.empty() or highNumerator.empty() or (lowNumerator <= highNumerator)": (
        "lowNumerator.value.empty() or highNumerator.value.empty() or"
        " lowNumerator.comparable(highNumerator).not() or (lowNumerator <= highNumerator)"
    ),
    # R5. A Quantity is no primitive, so hasValue() is never true of it and nothing was checked.
    "lowNumerator.hasValue().not() or highNumerator.hasValue().not()  or"
    " (lowNumerator.lowBoundary() <= highNumerator.highBoundary())": (
        "lowNumerator.value.empty() or highNumerator.value.empty() or"
        " lowNumerator.lowBoundary().comparable(highNumerator.highBoundary()).not() or"
        " (lowNumerator.lowBoundary() <= highNumerator.highBoundary())"
    ),
    # R4. An entry without a fullUrl has none that names a version.
    "fullUrl.contains('/_history/').not()": (
        "fullUrl.exists() implies fullUrl.contains('/_history/').not()"
    ),
    # R4 and R4B. A list of codes under `in` is an error where there are two.
    "offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))": (
        "offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV'))"
        ".allFalse())"
    ),
    # R4 and R4B. Without a probability there is nothing to compare.
    "probability is decimal implies (probability as decimal) <= 100": (
        "probability.empty() or ((probability is decimal) implies ((probability as decimal)"
        " <= 100))"
    ),
    "probability.exists($this is decimal) implies (probability as decimal) <= 100": (
        "probability.empty() or ((probability is decimal) implies ((probability as decimal)"
        " <= 100))"
    ),
    # R4. "If there's more than one enableWhen": two are more than one.
    "enableWhen.count() > 2 implies enableBehavior.exists()": (
        "enableWhen.count() > 1 implies enableBehavior.exists()"
    ),
    # R4. The type of FHIR is `boolean`; `Boolean` is one of FHIRPath's own.
    "operator = 'exists' implies (answer is Boolean)": (
        "operator = 'exists' implies (answer is boolean)"
    ),
    # R5. FHIRPath has strings in single quotes; `contains` is of one string.
    'binding.empty() or type.code.empty() or type.code.contains(":") or type.select((code ='
    " 'code') or (code = 'Coding') or (code='CodeableConcept') or (code = 'Quantity') or (code ="
    " 'string') or (code = 'uri') or (code = 'Duration')).exists()": (
        "binding.empty() or type.code.empty() or type.code.where(contains(':')).exists() or"
        " type.select((code = 'code') or (code = 'Coding') or (code='CodeableConcept') or (code ="
        " 'Quantity') or (code = 'string') or (code = 'uri') or (code = 'Duration')).exists()"
    ),
    # R5. What a boolean's `value` is, fhirpathpy does not know; it is the boolean.
    "mustHaveValue.value implies valueAlternatives.empty()": (
        "(mustHaveValue.exists() and mustHaveValue) implies valueAlternatives.empty()"
    ),
    # R4. The pattern is of the whole path.
    r"path.matches('[^\\s\\.,:;\\\'"
    r'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\.[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}'
    r"(\\[x\\])?(\\:[^\\s\\.]+)?)*')": (
        r"path.matches('^[^\\s\\.,:;\\\'"
        r'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\.[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}'
        r"(\\[x\\])?(\\:[^\\s\\.]+)?)*$')"
    ),
    r"path.matches('[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*')": (
        r"path.matches('^[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*$')"
    ),
    # R4B and R4. What has no reference, but an identifier, has none that is wrong; "#" is the
    # resource around.
    f"reference.startsWith('#').not() or {_IDS} or (reference='#' and %rootResource!=%resource)": (
        f"reference.exists() implies (reference.startsWith('#').not() or {_IDS} or"
        " (reference='#' and %rootResource!=%resource))"
    ),
    f"reference.startsWith('#').not() or {_IDS}": (
        f"reference.exists() implies (reference = '#' or reference.startsWith('#').not() or {_IDS})"
    ),
    # R4B. What is cut off is the ending that was asked for before; published is the length of the
    # element, which has none.
    "element.where(type.code='Reference' and id.endsWith('.reference') and"
    " type.targetProfile.exists() and id.substring(0,$this.length()-10) in"
    " %context.element.where(type.code='CodeableReference').id).exists().not()": (
        "element.where(type.code='Reference' and id.endsWith('.reference') and"
        r" type.targetProfile.exists() and id.replaceMatches('\\.reference$', '') in"
        " %context.element.where(type.code='CodeableReference').id).exists().not()"
    ),
    "element.where(type.code='CodeableConcept' and id.endsWith('.concept') and binding.exists()"
    " and id.substring(0,$this.length()-8) in"
    " %context.element.where(type.code='CodeableReference').id).exists().not()": (
        "element.where(type.code='CodeableConcept' and id.endsWith('.concept') and binding.exists()"
        r" and id.replaceMatches('\\.concept$', '') in"
        " %context.element.where(type.code='CodeableReference').id).exists().not()"
    ),
    # A contained resource need not have a narrative: the one around it tells of it.
    "text.`div`.exists()": "%rootResource != %resource or text.`div`.exists()",
}


class NotChecked(Exception):
    """An expression has no answer here; the text says why."""

    severity: Severity = "warning"


class Incomparable(NotChecked):
    """Two quantities that measure different things."""


class Absent(NotChecked):
    """The answer is in what the document does not have."""

    severity: Severity = "information"


# --- Values: what FHIR says of dates, decimals and quantities -------------------------------------

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
        amount = _amount(value)
        return Amount(_number(boundary(amount.value, high)), amount.system, amount.unit)
    raise NotChecked(f"{_short(value)} has no boundary")


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise NotChecked(f"{_short(value)} is no number")
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _amount(value: object) -> Amount:
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
    raise NotChecked(f"{_short(value)} is no Quantity with a value")


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
        left, right = _amount(one), _amount(two)
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


# --- Functions that fhirpathpy lacks, or has otherwise --------------------------------------------


def _data(value: Any) -> Any:
    """Give what fhirpathpy holds, out of its node."""
    found = getattr(value, "data", value)
    return Decimal(str(found)) if isinstance(found, float) else found


def _single(values: Sequence[Any], function: str) -> Any:
    if len(values) != 1:
        raise NotChecked(f"{function} is of one value, but there are {len(values)}")
    return _data(values[0])


def has_value(values: Sequence[Any]) -> bool:
    """Is there one value of a primitive type? https://hl7.org/fhir/R5/fhirpath.html#fn-hasValue"""
    return len(values) == 1 and _valued(_data(values[0]))


def _valued(value: object) -> bool:
    return value is not None and value != "" and not isinstance(value, dict | list)


def _boundaries(values: Sequence[Any], high: bool) -> list[Any]:
    value = _single(values, "a boundary") if values else None
    # An element with nothing but extensions has no boundary either.
    if value is None or (isinstance(value, dict) and "value" not in value):
        return []
    return [boundary(value, high)]


def _comparable(values: Sequence[Any], others: Sequence[Any]) -> list[bool]:
    if not values or not others:
        return []
    one, two = _single(values, "comparable"), _single(others, "comparable")
    return [comparable(_amount(one), _amount(two))]


def _ordered(
    values: Sequence[Any], others: Sequence[Any], holds: Callable[[int], bool]
) -> list[bool]:
    one, two = _single(values, "a comparison"), _single(others, "a comparison")
    # An element with nothing but extensions: there is no value to compare.
    if (isinstance(one, dict) and "value" not in one) or (
        isinstance(two, dict) and "value" not in two
    ):
        return []
    try:
        order = compare(one, two)
    except Incomparable:
        return []
    if order is None:
        raise Absent(f"{_short(one)} and {_short(two)} overlap: neither is surely the earlier")
    return [holds(order)]


def _resolve(values: Sequence[Any]) -> list[Any]:
    return [found for value in values for found in RUN.get().resolve(_data(value))]


def _member_of(values: Sequence[Any], url: Any) -> list[bool]:
    if not values:
        return []
    value = _single(values, "memberOf")
    listed = RUN.get().engine.definitions.value_set(str(url))
    if listed is None:
        raise NotChecked(f"the codes of {url} are not at hand")
    codings = value.get("coding") if isinstance(value, dict) and "coding" in value else value
    for coding in _list(codings):
        code, system = coding, None
        if isinstance(coding, dict):
            code, system = coding.get("code"), coding.get("system")
        for listed_system, codes in listed.systems.items():
            if system in (None, listed_system):
                if codes is None:
                    raise NotChecked(f"not all codes of {url} are at hand")
                if code in codes:
                    return [True]
    return [False]


def _conforms_to(values: Sequence[Any], url: Any) -> list[bool]:
    raise NotChecked(f"conformance to {url} is not looked at")


# https://hl7.org/fhir/R5/fhirpath.html#functions
FUNCTIONS: Final[dict[str, dict[str, Any]]] = {
    "hasValue": {"fn": has_value},
    "lowBoundary": {"fn": partial(_boundaries, high=False)},
    "highBoundary": {"fn": partial(_boundaries, high=True)},
    "comparable": {"fn": _comparable, "arity": {1: ["AnyAtRoot"]}},
    "resolve": {"fn": _resolve},
    "memberOf": {"fn": _member_of, "arity": {1: ["String"]}},
    "conformsTo": {"fn": _conforms_to, "arity": {1: ["String"]}},
    # fhirpathpy orders strings by their letters, dates too, and no quantities.
    "<": {"fn": partial(_ordered, holds=lambda order: order < 0)},
    "<=": {"fn": partial(_ordered, holds=lambda order: order <= 0)},
    ">": {"fn": partial(_ordered, holds=lambda order: order > 0)},
    ">=": {"fn": partial(_ordered, holds=lambda order: order >= 0)},
}
for _operator in ("<", "<=", ">", ">="):
    FUNCTIONS[_operator] |= {"arity": {2: ["Any", "Any"]}, "nullable": True}


# --- Invariants as Python functions --------------------------------------------------------------


def _has(node: dict[str, Any], name: str) -> bool:
    """Does an element exist? `node` has its primitives merged with their twins."""
    value = node.get(name)
    return value is not None and value != []


def _some_value(node: dict[str, Any]) -> bool:
    return any(key.startswith("value") and _has(node, key) for key in node)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _contained(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [inner for inner in _list(node.get("contained")) if isinstance(inner, dict)]


def _no_meta(node: dict[str, Any], *names: str) -> bool:
    metas = [inner.get("meta") for inner in _contained(node)]
    return not any(_has(meta, name) for meta in metas if isinstance(meta, dict) for name in names)


def _ext_1(node: Any, run: "Run") -> bool:
    return _has(node, "extension") != _some_value(node)


def _dom_2(node: Any, run: "Run") -> bool:
    return not any(_has(inner, "contained") for inner in _contained(node))


def _dom_3(node: Any, run: "Run") -> bool:
    if not node.get("contained"):
        return True
    # As it was written: what links to a contained resource may stand beside a primitive.
    contained, links = _contained(run.written), run.links(run.written)
    return all(
        ("id" in inner and f"#{inner['id']}" in links) or "#" in run.links(inner)
        for inner in contained
    )


def _dom_4(node: Any, run: "Run") -> bool:
    return _no_meta(node, "versionId", "lastUpdated")


def _dom_5(node: Any, run: "Run") -> bool:
    return _no_meta(node, "security")


def _dom_6(node: Any, run: "Run") -> bool:
    text = node.get("text")
    return run.root is not run.resource or (isinstance(text, dict) and _has(text, "div"))


def _ref_1(node: Any, run: "Run") -> bool:
    reference = node.get("reference")
    # Without a value (an extension may say why) it points at nothing, wrong or right.
    if not isinstance(reference, str) or not reference.startswith("#"):
        return True
    if reference == "#":
        return run.root is not run.resource
    return any(inner.get("id") == reference[1:] for inner in _contained(run.root))


def _ref_1_r4(node: Any, run: "Run") -> bool:
    # In R4 "#" for the resource around has no rule of its own yet.
    return node.get("reference") == "#" or _ref_1(node, run)


def _any(*names: str) -> Callable[[Any, "Run"], bool]:
    return lambda node, run: any(_has(node, name) for name in names)


def _if(name: str, then: str) -> Callable[[Any, "Run"], bool]:
    return lambda node, run: not _has(node, name) or _has(node, then)


# Comments and tags, between which the text of a narrative stands.
MARKUP = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)


def _txt_1(node: Any, run: "Run") -> bool:
    return isinstance(node, str) and not any(narrative(node))


def _txt_2(node: Any, run: "Run") -> bool:
    said = isinstance(node, str) and (MARKUP.sub("", node).strip() or "<img" in node)
    return bool(said)


_TRACE_3: Final = ".trace('unmatched', id).empty()"

# By what is to be evaluated, after `CORRECTED`.
NATIVE: Final[dict[str, Callable[[Any, "Run"], bool]]] = {
    "extension.exists() != value.exists()": _ext_1,
    "contained.contained.empty()": _dom_2,
    "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()": _dom_4,
    "contained.meta.security.empty()": _dom_5,
    "%rootResource != %resource or text.`div`.exists()": _dom_6,
    # R5, R4B and R4.
    "contained.where((('#'+id in (%resource.descendants().reference |"
    " %resource.descendants().ofType(canonical) | %resource.descendants().ofType(uri) |"
    " %resource.descendants().ofType(url))) or descendants().where(reference = '#').exists() or"
    " descendants().where(ofType(canonical) = '#').exists() or"
    f" descendants().where(ofType(canonical) = '#').exists()).not()){_TRACE_3}": _dom_3,
    "contained.where(((id.exists() and ('#'+id in (%resource.descendants().reference |"
    " %resource.descendants().as(canonical) | %resource.descendants().as(uri) |"
    " %resource.descendants().as(url)))) or descendants().where(reference = '#').exists() or"
    " descendants().where(as(canonical) = '#').exists() or"
    f" descendants().where(as(uri) = '#').exists()).not()){_TRACE_3}": _dom_3,
    "contained.where((('#'+id in (%resource.descendants().reference |"
    " %resource.descendants().as(canonical) | %resource.descendants().as(uri) |"
    " %resource.descendants().as(url))) or descendants().where(reference = '#').exists() or"
    " descendants().where(as(canonical) = '#').exists() or"
    f" descendants().where(as(canonical) = '#').exists()).not()){_TRACE_3}": _dom_3,
    # R5, R4B and R4.
    f"reference.exists()  implies (reference.startsWith('#').not() or {_IDS} or (reference='#' and"
    " %rootResource!=%resource))": _ref_1,
    f"reference.exists() implies (reference.startsWith('#').not() or {_IDS} or (reference='#' and"
    " %rootResource!=%resource))": _ref_1,
    f"reference.exists() implies (reference = '#' or reference.startsWith('#').not() or"
    f" {_IDS})": _ref_1_r4,
    "reference.exists() or identifier.exists() or display.exists() or extension.exists()": _any(
        "reference", "identifier", "display", "extension"
    ),
    "value.exists()": lambda node, run: _some_value(node),
    "code.empty() or system.exists()": _if("code", "system"),
    "value.empty() or system.exists()": _if("value", "system"),
    "data.empty() or contentType.exists()": _if("data", "contentType"),
    "code.exists().not() implies display.exists().not()": _if("display", "code"),
}

# Not both in one table: the two keys have one expression, and one function tells them apart.
HTML_CHECKS: Final = {"txt-1": _txt_1, "txt-2": _txt_2}


# --- The types, as the walk needs them -----------------------------------------------------------


@dataclass(slots=True)
class Check:
    """An invariant, ready to be evaluated.

    `members` are the JSON members that the expression is about: where a node has none of them, and
    none beside those that its type has (`known`), the answer is always the same, and is found once.
    None if it is about more than its own element.
    `guard` are those without one of which it is true in any case (`code.exists() implies ...`).
    """

    key: str
    severity: Severity
    expression: str
    evaluated: str
    path: str
    native: Callable[[Any, "Run"], bool] | None
    members: frozenset[str] | None
    guard: frozenset[str] | None
    known: frozenset[str] = frozenset()
    compiled: Callable[..., list[Any]] | None = None
    without: bool | None = None


@dataclass(slots=True)
class Child:
    """One JSON member. `type`: of an object, the path of its type; "" of a primitive."""

    type: str
    twin: bool
    checks: list[Check]
    primitive: str


@dataclass(slots=True)
class Type:
    """A resource, a data type, or an element with elements of its own."""

    path: str
    checks: list[Check]
    children: dict[str, Child]


WORD = re.compile(r"'(?:[^'\\]|\\.)*'|[%$]?`?[A-Za-z_]\w*")
TOKEN = re.compile(r"('(?:[^'\\]|\\.)*'|\$this|[()]|[A-Za-z]\w*)")
OPERATORS: Final = frozenset(
    {"and", "as", "contains", "div", "implies", "in", "is", "mod", "or", "xor"}
)
GUARD = re.compile(r"(\w+)\.exists\(\)\s+implies ")
BEYOND: Final = frozenset({"children", "descendants", "resolve", "hasValue", "htmlChecks"})


def _focused(expression: str) -> str:
    """Write `%context` for the `$this` that is no function's own, which fhirpathpy has not."""
    arguments: list[bool] = []
    parts = TOKEN.split(expression)
    for index, part in enumerate(parts):
        if part == "(":
            before = "" if parts[index - 1].strip() else parts[index - 2]
            arguments.append(before.isidentifier() and before not in OPERATORS)
        elif part == ")":
            arguments.pop()
        elif part == "$this" and True not in arguments:
            parts[index] = "%context"
    return "".join(parts)


@cache
def _node() -> Any:
    """Give fhirpathpy's class for a value and its type."""
    from fhirpathpy.engine.nodes import ResourceNode

    return ResourceNode


class Engine:
    """All that is known of one FHIR version, made as types are met."""

    def __init__(self, version: Version) -> None:
        self.version: Version = version
        self.definitions: Definitions = definitions(version)
        self.model: dict[str, Any] = {
            "choiceTypePaths": _Lookup(self._choices),
            "path2Type": _Lookup(self._path_type),
            "pathsDefinedElsewhere": _Lookup(self._elsewhere),
            "type2Parent": _Lookup(self._parent),
        }
        self._types: dict[str, Type] = {}
        self._options = {"userInvocationTable": FUNCTIONS, "traceFn": lambda *_: None}
        self.ele_1 = next(
            row for row in self.definitions.invariants("Element") if row.key == "ele-1"
        )

    def type(self, path: str) -> Type:
        """Give a type by its path. Raises KeyError if there is none such."""
        found = self._types.get(path)
        if found is None:
            found = self._types[path] = self._make(path)
        return found

    def compile(self, check: Check) -> Callable[..., list[Any]]:
        """Give the function that fhirpathpy makes of an expression. Raises what it raises."""
        if check.compiled is None:
            # Its parser learns while it parses, in tables that all threads share.
            with LOCK:
                # It takes 60 ms to import, and many documents are refused before they come here.
                import fhirpathpy

                check.compiled = fhirpathpy.compile(check.evaluated, self.model, self._options)
        return check.compiled

    def _make(self, path: str) -> Type:
        known, root = self.definitions, path.partition(".")[0]
        rows = known.rows(path)
        stated: dict[tuple[str, str], Invariant] = {}
        for kind in dict.fromkeys(known.kinds(root)):
            if kind in known.types and kind not in known.primitives:
                for row in known.invariants(kind):
                    # The interfaces of resources state again what most of these state themselves.
                    if row.key != "ele-1":
                        stated.setdefault((row.key, row.path.partition(".")[2]), row)
        bases = set(known.kinds(root)) if path == root else {path}
        type_of = Type(path, [], {})
        elements: dict[str, list[Invariant]] = {}
        for row in stated.values():
            if row.path in bases:
                type_of.checks.append(self._check(row, rows))
                continue
            parent, _, name = row.path.rpartition(".")
            if parent in bases:
                elements.setdefault(name, []).append(row)
        for name, element in rows.items():
            for key, code in _keys(name, element):
                here = f"{path}.{name}"
                primitive = code if code in known.primitives else ""
                content = "" if primitive else self._content(code, here)
                inner = {} if primitive or code == "Resource" else known.rows(content)
                # What has elements of its own is a type here, and states the invariant there.
                own = () if content == here else elements.get(name, ())
                checks = [self._check(row, inner) for row in own]
                type_of.children[key] = Child(content, False, checks, primitive)
                if primitive and not element.attribute and primitive != "xhtml":
                    type_of.children[f"_{key}"] = Child("Element", True, [], "")
        return type_of

    def _content(self, code: str, path: str) -> str:
        if code.startswith("#"):
            return code[1:]
        return path if code in ("BackboneElement", "Element") else code

    def _check(self, row: Invariant, rows: dict[str, Row]) -> Check:
        evaluated = CORRECTED.get(row.expression, row.expression)
        root = row.path.partition(".")[0]
        # "CodeSystem.content" of a CodeSystem, where fhirpathpy would look for such an element.
        evaluated = _focused(re.sub(rf"(?<![\w.%'/]){root}\.(?=[a-z])", "", evaluated))
        words = {word.strip("`") for word in WORD.findall(evaluated) if not word.startswith("'")}
        members: frozenset[str] | None = None
        if rows and not words & BEYOND and not any(word[0] in "%$" for word in words):
            found = frozenset(
                key
                for name, element in rows.items()
                if name.removesuffix("[x]") in words
                for key, _ in _keys(name, element)
            )
            # SimpleQuantity has no comparator, and says so by an invariant.
            members = found or None
        # fhirpathpy takes a `value`, which no type has, for a `value[x]`.
        known = (key for name, element in rows.items() for key, _ in _keys(name, element))
        guarded, guard = GUARD.match(evaluated), None
        if guarded and evaluated.count(" implies ") == 1:
            guard = frozenset(
                key
                for name, element in rows.items()
                if name.removesuffix("[x]") == guarded[1]
                for key, _ in _keys(name, element)
            )
        native = HTML_CHECKS.get(row.key) or NATIVE.get(evaluated)
        return Check(
            key=row.key,
            severity=row.severity,
            expression=row.expression,
            evaluated=evaluated,
            path=row.path,
            native=native,
            members=members,
            known=frozenset(known) | {"resourceType"} if members else frozenset(),
            guard=guard,
        )

    # What fhirpathpy's own models say, from the digest: there is none of R4B, and theirs are read
    # for all versions at once.

    def _row(self, path: str) -> Row | None:
        parent, _, name = path.rpartition(".")
        try:
            return self.definitions.rows(parent).get(name) if parent else None
        except KeyError:
            return None

    def _choices(self, path: str) -> list[str] | None:
        row = self._row(f"{path}[x]")
        stem = path.rpartition(".")[2]
        if row is None:
            return None
        return [key.removeprefix(stem) for key, _ in _keys(f"{stem}[x]", row)]

    def _path_type(self, path: str) -> str | None:
        parent, _, name = path.rpartition(".")
        try:
            child = self.type(parent).children.get(name) if parent else None
        except KeyError:
            return None
        if child is None or child.twin:
            return None
        return child.primitive or (None if child.type == path else child.type)

    def _elsewhere(self, path: str) -> str | None:
        row = self._row(path)
        return row.types[0][1:] if row and row.types[0].startswith("#") else None

    def _parent(self, name: str) -> str | None:
        try:
            return self.definitions.base(name) or None
        except KeyError:
            return None


def _keys(name: str, row: Row) -> Iterator[tuple[str, str]]:
    """Give the JSON members of an element, each with its type: `valueRange`, "Range"."""
    stem = name.removesuffix("[x]")
    for type_ in row.types:
        code = type_.partition("(")[0]
        yield (stem if stem == name else stem + code[0].upper() + code[1:]), code


class _Lookup:
    """A mapping whose values are found when they are asked for. None is no value."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find
        self._found: dict[str, Any] = {}

    def get(self, key: Any, default: Any = None) -> Any:
        if key not in self._found:
            self._found[key] = self._find(key) if isinstance(key, str) else None
        found = self._found[key]
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: Any) -> Any:
        return self.get(key)


@once
def engine(version: Version) -> Engine:
    """Give the engine of a FHIR version, made once."""
    return Engine(version)


class _Elsewhere(dict[str, Any]):
    """A resource that is not in the document: its type is known, and that it is asked for more."""

    def __init__(self, name: str, link: str, asked: list[str]) -> None:
        super().__init__(resourceType=name, id=link)
        self._link = link
        self._asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        self._asked.append(_short(self._link))
        return super().get(key, default)


# --- The walk ------------------------------------------------------------------------------------


def merged(node: Any, depth: int = 0) -> Any:
    """Give the tree as FHIRPath sees it: a primitive and its twin (`_status`) are one element.

    A value stays as it is; where there is none, its element is the twin. What has no twins in it is
    not copied, nor is what lies deeper than the walk goes.
    """
    if depth > 3 * MAX_DEPTH:
        return node
    if isinstance(node, list):
        items = [merged(item, depth + 1) for item in node]
        same = all(one is other for one, other in zip(items, node, strict=True))
        return node if same else items
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] | None = None
    for key, value in node.items():
        if key[:1] == "_":
            out = dict(node) if out is None else out
            del out[key]
            name = key[1:]
            beside = node.get(name)
            if isinstance(value, list):
                values = _list(beside)
                out[name] = [
                    item
                    for item in (
                        merged(twin, depth + 1) if one is None else one
                        for one, twin in _pairs(values, value)
                    )
                    if item is not None
                ]
            elif beside is None and value is not None:
                out[name] = merged(value, depth + 1)
        elif isinstance(value, dict | list):
            inner = merged(value, depth + 1)
            if inner is not value and f"_{key}" not in node:
                out = dict(node) if out is None else out
                out[key] = inner
    return node if out is None else out


def _pairs(values: list[Any], twins: list[Any]) -> Iterator[tuple[Any, Any]]:
    for index in range(max(len(values), len(twins))):
        yield (
            values[index] if index < len(values) else None,
            twins[index] if index < len(twins) else None,
        )


def _short(value: object) -> str:
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False, default=str)
    elif isinstance(value, int) and value.bit_length() > 128:
        # Python refuses to write numbers of thousands of digits.
        return f"a number of {value.bit_length()} bits"
    else:
        text = repr(value[:80] if isinstance(value, str) else value)
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


@dataclass
class Run:
    """One check of one document: what is around the place it is at, and what was found."""

    engine: Engine
    tree: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    written: dict[str, Any] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    root: dict[str, Any] = field(default_factory=dict)
    unresolved: list[str] = field(default_factory=list)
    index: dict[str, dict[str, Any]] | None = None
    deadline: float | None = None
    left: dict[str, int] = field(default_factory=dict)

    def enter(self, node: Any, whole: Any, place: Place, depth: int, contained: bool) -> None:
        """Check a resource; `whole` is the same with its twins merged."""
        if not isinstance(node, dict):
            return
        name = node.get("resourceType")
        if not isinstance(name, str) or name not in self.engine.definitions.resources:
            message = f"no invariants are known of resourceType {_short(name)}"
            self.tell("information", place, NOT_CHECKED, message, None)
            return
        id_ = node.get("id")
        if place[0] is not None and isinstance(id_, str) and ID.fullmatch(id_):
            place = (place, f"/*{name}/{id_}*/")
        around = self.written, self.resource, self.root
        self.written = node
        self.resource = whole
        self.root = self.root if contained else whole
        self.object(node, whole, self.engine.type(name), place, depth)
        self.written, self.resource, self.root = around

    def object(self, node: Any, whole: Any, type_of: Type, place: Place, depth: int) -> None:
        if depth > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep: not looked at any further"
            self.tell("warning", place, NOT_CHECKED, message, None)
            return
        for check in type_of.checks:
            self.check(check, whole, type_of.path, place)
        children = type_of.children
        for key, value in node.items():
            child = children.get(key)
            if child is None:
                continue
            if child.type or child.checks or value is None or value == "":
                if child.twin:
                    self.twin(node.get(key[1:]), value, (place, key), depth)
                    continue
                inner = whole.get(key) if isinstance(whole, dict) else value
                here = (place, key)
                if isinstance(value, list):
                    partner = node.get(f"_{key}") if not child.type else None
                    self.values(value, inner, partner, child, here, depth)
                elif value is None:
                    if not (child.primitive and f"_{key}" in node):
                        self.nothing(here)
                else:
                    self.value(value, inner, child, here, depth)
            elif isinstance(value, list) and (None in value or "" in value):
                self.values(value, value, node.get(f"_{key}"), child, (place, key), depth)

    def values(
        self, value: list[Any], whole: Any, twins: Any, child: Child, place: Place, depth: int
    ) -> None:
        same = isinstance(whole, list) and len(whole) == len(value)
        for index, item in enumerate(value):
            if item is None:
                if not (isinstance(twins, list) and index < len(twins) and twins[index]):
                    self.nothing((place, index))
            else:
                inner = whole[index] if same else merged(item)
                self.value(item, inner, child, (place, index), depth)

    def value(self, value: Any, whole: Any, child: Child, place: Place, depth: int) -> None:
        if child.type == "Resource":
            for check in child.checks:
                self.check(check, whole, "Resource", place)
            contained = place[0] is not None and _member(place) == "contained"
            self.enter(value, whole, place, depth + 1, contained)
            return
        if child.primitive:
            if value == "":
                self.nothing(place)
            for check in child.checks:
                self.check(check, whole, child.primitive, place)
            return
        if not isinstance(value, dict):
            return
        for key, inner in value.items():
            if key != "id" and inner is not None and inner != []:
                break
        else:
            self.nothing(place)
        for check in child.checks:
            self.check(check, whole, child.type, place)
        self.object(value, whole, self.engine.type(child.type), place, depth + 1)

    def twin(self, value: Any, twin: Any, place: Place, depth: int) -> None:
        """Check what stands beside a primitive: its id and extensions."""
        element = self.engine.type("Element")
        places: list[tuple[Place, Any, Any]] = [(place, value, twin)]
        if isinstance(twin, list):
            pairs = enumerate(_pairs(_list(value), twin))
            places = [((place, index), one, inner) for index, (one, inner) in pairs]
        for here, one, inner in places:
            if isinstance(inner, dict):
                if one is None and not _has(inner, "extension"):
                    self.nothing(here)
                self.object(inner, merged(inner), element, here, depth + 1)

    def nothing(self, place: Place) -> None:
        """Report ele-1: an element with neither a value nor an element in it."""
        rule = self.engine.ele_1
        message = f"{rule.key} is broken: {rule.expression}; nothing is there"
        clause = link(self.engine.version, "Element")
        self.tell(rule.severity, place, rule.key, message, clause)

    def check(self, check: Check, node: Any, type_path: str, place: Place) -> None:
        idle = False
        if isinstance(node, dict):
            if check.guard and check.guard.isdisjoint(node):
                return
            idle = (
                check.members is not None
                and check.members.isdisjoint(node)
                and node.keys() <= check.known
            )
        if idle and check.without is not None:
            holds = check.without
        else:
            try:
                if check.native is not None:
                    holds = check.native(node, self)
                elif self.deadline is not None and monotonic() > self.deadline:
                    self.left[check.key] = self.left.get(check.key, 0) + 1
                    return
                else:
                    holds = self.evaluate(check, node, type_path)
            except NotChecked as reason:
                self._not_checked(check, place, str(reason), reason.severity)
                return
            # fhirpathpy raises bare Exceptions, and others for what it did not expect.
            except Exception as error:
                told = f"{type(error).__name__}: {error}"[:200]
                self._not_checked(check, place, told, "warning")
                return
            if idle:
                check.without = holds
        if not holds:
            message = f"{check.key} is broken: {check.expression}; {self._found(check, node)}"
            clause = link(self.engine.version, check.path)
            self.tell(check.severity, place, check.key, message, clause)

    def evaluate(self, check: Check, node: Any, type_path: str) -> bool:
        """Evaluate an expression with fhirpathpy. Raises NotChecked, or whatever that raises."""
        compiled = self.engine.compile(check)
        self.unresolved = []
        focus = _node()(node, type_path)
        token = RUN.set(self)
        try:
            result = compiled(
                focus,
                {
                    "resource": _node()(self.resource, None),
                    "rootResource": _node()(self.root, None),
                },
            )
        finally:
            RUN.reset(token)
        if self.unresolved:
            raise Absent(f"{self.unresolved[0]} is not in the document")
        if len(result) > 1:
            raise NotChecked(f"{len(result)} values, where true or false is wanted")
        # One value that is no boolean stands for true.
        # https://hl7.org/fhirpath/#singleton-evaluation-of-collections
        return bool(result) and result[0] is not False

    def resolve(self, value: Any) -> list[Any]:
        """Give the resource that a Reference, canonical or uri leads to, as FHIRPath's node."""
        link = value.get("reference") if isinstance(value, dict) else value
        if not isinstance(link, str):
            # Only an identifier or a text: there is nothing to follow.
            if isinstance(value, dict) and "identifier" in value:
                self.unresolved.append("what an identifier names")
            return []
        if link == "#":
            return [_node()(self.root, None)]
        if link.startswith("#"):
            found = [inner for inner in _contained(self.root) if inner.get("id") == link[1:]]
            return [_node()(found[0], None)] if found else []
        target = self._entries().get(link.partition("|")[0].partition("/_history/")[0])
        if target is not None:
            return [_node()(target, None)]
        said = value.get("type") if isinstance(value, dict) else None
        name = said or (re.search(r"([A-Z]\w+)/[A-Za-z0-9\-.]{1,64}(?:/_history/\S+)?$", link))
        if name is not None and not isinstance(name, str):
            name = name[1]
        if name in self.engine.definitions.resources:
            return [_node()(_Elsewhere(name, link, self.unresolved), None)]
        self.unresolved.append(_short(link))
        return []

    def _entries(self) -> dict[str, dict[str, Any]]:
        if self.index is None:
            self.index = {}
            for entry in _list(self.tree.get("entry")):
                target = entry.get("resource") if isinstance(entry, dict) else None
                if not isinstance(target, dict):
                    continue
                names = (
                    entry.get("fullUrl"),
                    f"{target.get('resourceType')}/{target.get('id')}",
                    target.get("url"),
                )
                for name in names:
                    if isinstance(name, str):
                        self.index.setdefault(name, target)
        return self.index

    def links(self, node: dict[str, Any]) -> set[str]:
        """Give what a resource links to by `#`: its references, canonicals, uris and urls."""
        name = node.get("resourceType")
        found: set[str] = set()
        if isinstance(name, str) and name in self.engine.definitions.resources:
            self._links(node, name, found)
        return found

    def _links(self, node: dict[str, Any], path: str, found: set[str]) -> None:
        children = self.engine.type(path).children
        for key, value in node.items():
            child = children.get(key)
            if child is None:
                continue
            for item in _list(value):
                if isinstance(item, dict):
                    if child.type == "Resource":
                        found |= self.links(item)
                    elif child.type:
                        self._links(item, child.type, found)
                elif (
                    isinstance(item, str)
                    and item.startswith("#")
                    and (key == "reference" or child.primitive in ("canonical", "uri", "url"))
                ):
                    found.add(item)

    def _found(self, check: Check, node: Any) -> str:
        if check.key == "txt-1" and isinstance(node, str):
            return "; ".join(narrative(node))
        if not isinstance(node, dict):
            return f"found {_short(node)}"
        said = WORD.findall(check.evaluated)
        words = dict.fromkeys(word.strip("`") for word in said)
        stems = [key for word in words for key in node if _stem(key, word)]
        shown = [f"{_cut(key)} {_short(node[key])}" for key in dict.fromkeys(stems)]
        if len(shown) > MOST_SHOWN:
            shown[MOST_SHOWN:] = [f"{len(shown) - MOST_SHOWN} more"]
        return f"found {', '.join(shown)}" if shown else "none of this is there"

    def _not_checked(self, check: Check, place: Place, reason: str, severity: Severity) -> None:
        message = f"{check.key} is not checked ({check.expression}): {reason}"
        self.tell(severity, place, NOT_CHECKED, message, link(self.engine.version, check.path))

    def tell(
        self, severity: Severity, place: Place, code: str, message: str, link: str | None
    ) -> None:
        self.problems.append(
            Problem(
                severity=severity,
                layer=LAYER,
                path=show(place),
                code=code,
                message=message,
                link=link,
            )
        )


# What the functions that fhirpathpy calls need to know; it hands them their values alone.
RUN: ContextVar[Run] = ContextVar("RUN")


def _stem(key: str, word: str) -> bool:
    return key == word or (key.startswith(word) and key[len(word) : len(word) + 1].isupper())


def _member(place: Place) -> str | int:
    around, key = place
    return around[1] if isinstance(key, int) and around is not None else key


BUDGET: Final = 20.0
"""Seconds for the invariants of one document; some expressions take the square of its size."""


def check(
    tree: dict[str, Any], *, version: Version = "r5", budget: float | None = BUDGET
) -> list[Problem]:
    """Check a resource or Bundle, as plain JSON, against every invariant that its types state.

    Each problem has the invariant's key as its code, and its severity; `not-checked` is the code of
    what could not be evaluated. After `budget` seconds (None: no end) those that fhirpathpy would
    evaluate are left out, and a warning names them. The tree is read only. What is wrong in form
    (unknown members, wrong JSON types) is not reported here, and not looked into.
    """
    run = Run(engine(version), tree)
    name = tree.get("resourceType")
    whole = merged(tree)
    run.tree = whole
    run.deadline = None if budget is None else monotonic() + budget
    place: Place = (None, name if isinstance(name, str) else "resource")
    run.enter(tree, whole, place, 0, False)
    if run.left:
        listed = ", ".join(f"{key} ({count})" for key, count in sorted(run.left.items()))
        message = f"the {budget:g} seconds for invariants are over; not checked: {listed}"
        run.tell("warning", place, NOT_CHECKED, message, None)
    return run.problems
