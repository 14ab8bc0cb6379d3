"""Dates of a study, as FHIR has them by activity, and sizes and ages."""

import re
from decimal import Decimal
from typing import Any

from trialbridge.mappings.codec import (
    Codec,
    Extension,
    Mismatch,
    Node,
    annotation,
    choice,
    misfit,
    text,
)
from trialbridge.mappings.fhir.terminology.codes import (
    REGISTRATION_ACTIVITY,
    UCUM,
)
from trialbridge.mappings.fhir.types import (
    REGISTRATION,
    of_code,
    ours,
    systems_of,
)
from trialbridge.mappings.names import Names
from trialbridge.schemas.terms import concepts
from trialbridge.schemas.trial import Age, AgeUnit, PartialDate, age_text
from trialbridge.schemas.trial import age as quantity_of

_TIME = re.compile(r"(?<=-\d\d)T\d\d:\d\d\S*$")
_check_date = misfit(PartialDate)


def _read_date(value: Any, names: Names) -> str:
    date = text.read(value, names) or ""
    if "T" in date:
        date = _TIME.sub("", date)
    try:
        if _check_date is not None:
            _check_date(date)
    except Mismatch:
        message = f"{value!r:.60} is not a FHIR date (YYYY, YYYY-MM or YYYY-MM-DD)"
        raise Mismatch(message) from None
    return date


partial_date: Codec[str] = Codec(
    _read_date, lambda value, names: value, plain=True, asks=_check_date
)
"""Year, year-month or day; of a date with a time, the date.

https://hl7.org/fhir/R5/datatypes.html#dateTime
"""


date_type: Codec[Any] = choice({"ACTUAL": True, "ESTIMATED": False})
"""ACTUAL or ESTIMATED, as whether a date is actual."""


class Lists:
    """Lists that many rows read, looked through once: of each the first element of its kind."""

    def __init__(self, names: Names) -> None:
        # By the lists themselves, which are there as long as what is read.
        self._activities: dict[int, dict[Any, dict[Any, Node]]] = {}
        self._codes: dict[int, frozenset[tuple[Any, Any]]] = {}

    def activities(self, nodes: Any) -> dict[Any, dict[Any, Node]]:
        """The parts of each studyRegistration among extensions, by its activity."""
        found = self._activities.get(id(nodes))
        if found is None:
            found = self._activities[id(nodes)] = {}
            systems = systems_of(REGISTRATION_ACTIVITY)
            for node in nodes:
                if node.get("url") == REGISTRATION:
                    parts = {part.get("url"): part for part in node.get("extension", ())}
                    concept = parts.get("activity", {}).get("valueCodeableConcept", {})
                    for one in concept.get("coding", ()):
                        if one.get("system") in systems:
                            found.setdefault(one.get("code"), parts)
        return found

    def codes(self, nodes: Any) -> frozenset[tuple[Any, Any]]:
        """Each system and code that a list of CodeableConcepts has."""
        found = self._codes.get(id(nodes))
        if found is None:
            found = self._codes[id(nodes)] = frozenset(
                (one.get("system"), one.get("code"))
                for node in nodes
                if node.__class__ is dict
                for one in node.get("coding", ())
            )
        return found


def registration(activity: str, end: str, struct: type | None = None) -> Codec[Any]:
    """A date of the registration as the official extension researchStudy-studyRegistration.

    `end` is the end of the period that the date is: `start` for what was done on that day, `end`
    for the day up to which something holds.
    https://hl7.org/fhir/extensions/StructureDefinition-researchStudy-studyRegistration.html
    """
    unfit = misfit(annotation(struct, "date")) if struct else None
    if unfit is _check_date:
        unfit = None  # It is asked when a date is read.
    said = {
        "url": "activity",
        "valueCodeableConcept": of_code(REGISTRATION_ACTIVITY, activity),
    }

    def write(value: Any, names: Names) -> list[Node] | None:
        parts = [said]
        date = value if struct is None else value.date
        if struct is not None and value.type is not None:
            parts.append({"url": "actual", "valueBoolean": date_type.write(value.type, names)})
        if date is not None:
            parts.append({"url": "period", "valuePeriod": {end: date}})
        if len(parts) == 1:
            names.odd = True
            return None
        return [{"url": REGISTRATION, "extension": parts}]

    def read(nodes: Any, names: Names) -> Any:
        lists: Lists = names.made[Lists]
        parts = lists.activities(nodes).get(activity)
        if parts is None:
            return None
        period = parts.get("period", {}).get("valuePeriod", {})
        given = period.get(end, period.get("start", period.get("end")))
        date = None if given is None else _read_date(given, names)
        if date is not None and unfit is not None:
            unfit(date)
        if struct is None:
            return date
        kind = parts.get("actual", {}).get("valueBoolean")
        return struct(date=date, type=None if kind is None else date_type.read(kind, names))

    return Codec(
        read, write, extensions=(Extension(REGISTRATION, None),), label=f"activity={activity}"
    )


UPLOAD_TIME = ours("upload-time", "Time")


def _write_upload(value: str, names: Names) -> Node:
    date, _, time = value.partition("T")
    return {
        "publicationDate": date,
        "_publicationDate": {"extension": [{"url": UPLOAD_TIME.url, "valueTime": f"{time}:00"}]},
    }


def _read_upload(node: Node, names: Names) -> str | None:
    date = node.get("publicationDate")
    if date is None:
        return None
    for extension in (node.get("_publicationDate") or {}).get("extension", ()):
        if extension.get("url") == UPLOAD_TIME.url:
            time = extension.get("valueTime")
            if time.__class__ is not str or not re.fullmatch(r"\d\d:\d\d(:\d\d)?", time):
                raise Mismatch(f"{time!r} is not a FHIR time (hh:mm:ss)")
            return f"{partial_date.read(date, names)}T{time[:5]}"
    names.warn("no-upload-time", f"publicationDate {date!r} has no time of day")
    return None


upload_date: Codec[str] = Codec(
    _read_upload,
    _write_upload,
    extensions=(UPLOAD_TIME,),
    extensions_in="publicationDate",
    label="publicationDate",
)
"""A date with minutes and no time zone, which no type of FHIR is.

The date is publicationDate, the time of day an extension on it.
"""


def _read_size(value: Any, names: Names) -> int:
    if value.__class__ is int:
        return int(value)
    if value.__class__ is not str or not re.fullmatch(r"0|[1-9]\d*", value):
        raise Mismatch(f"{value!r} is not a whole number")
    return int(value)


# JSON has integer64 as a string. https://hl7.org/fhir/R5/json.html#primitive
size: Codec[int] = Codec(_read_size, lambda value, names: str(value))


# https://hl7.org/fhir/R5/valueset-age-units.html
_UCUM_UNITS: dict[AgeUnit, str] = concepts.AGE_UNIT.codes
_AGE_UNITS = {code: unit for unit, code in _UCUM_UNITS.items()}


def _write_age(value: Age, names: Names) -> Node:
    number, unit = quantity_of(value)
    word = value.rpartition(" ")[2]
    return {"value": number, "unit": word, "system": UCUM, "code": _UCUM_UNITS[unit]}


def _read_age(node: Any, names: Names) -> Age | None:
    found: Node = node if node.__class__ is dict else {"value": node}
    number = found.get("value")
    unit = _AGE_UNITS.get(str(found.get("code")))
    amount: int | float | Decimal | None = None
    if isinstance(number, int | float | Decimal) and not isinstance(number, bool):
        amount = number
    if amount is not None and amount >= 0 and amount == int(amount) and unit:
        return age_text(int(amount), unit)
    units = ", ".join(_AGE_UNITS)
    said = f"expected a whole number with a UCUM unit of {units}, found {node!r:.80}"
    if number is not None and (amount is None or amount < 0):
        raise Mismatch(said)
    # A limit without a number, in parts or in a unit of another system: none of the registry's.
    names.warn("not-readable", said)
    return None


age: Codec[Age] = Codec(_read_age, _write_age)
"""`17 Years` as a Quantity in UCUM's unit, with the registry's word for it as `unit`."""
