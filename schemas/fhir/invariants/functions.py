"""Functions of FHIRPath that fhirpathpy lacks, or has otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from trialbridge.schemas.fhir.invariants.values import (
    Absent,
    Incomparable,
    NotChecked,
    amount_of,
    as_list,
    boundary,
    comparable,
    compare,
    short,
)

if TYPE_CHECKING:
    from trialbridge.schemas.fhir.invariants.run import Run

# What the functions that fhirpathpy calls need to know; it hands them their values alone.
RUN: ContextVar[Run] = ContextVar("RUN")


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
    return [comparable(amount_of(one), amount_of(two))]


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
        raise Absent(f"{short(one)} and {short(two)} overlap: neither is surely the earlier")
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
    for coding in as_list(codings):
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
