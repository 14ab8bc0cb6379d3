"""What the cells of AACT's tables are: PostgreSQL's texts for the values of a record."""

import calendar
import re
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin

from trialbridge.mappings.registries import labels
from trialbridge.schemas.trial import precision

_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"-?[0-9]+")
_TRUE = {"t": True, "true": True, "yes": True, "f": False, "false": False, "no": False}


class Codec(NamedTuple):
    """A cell of a value, None where the column cannot have it; and back, ValueError saying why."""

    write: Callable[[Any], str | None]
    read: Callable[[str], Any]


def _truth(said: str) -> bool:
    value = _TRUE.get(said.lower())
    if value is None:
        raise ValueError("is neither true nor false, expected t or f")
    return value


def is_true(said: str | None) -> bool:
    """Tell if a cell says yes."""
    return said is not None and _TRUE.get(said.lower(), False)


def _whole(said: str) -> int:
    if not _WHOLE.fullmatch(said) or len(said) > 18:
        raise ValueError("is no whole number")
    return int(said)


def _real(said: str) -> float:
    if not _NUMBER.fullmatch(said):
        raise ValueError("is no number")
    return float(said)


TEXT: Final = Codec(str, str)
TRUTH: Final = Codec(lambda value: "t" if value else "f", _truth)
YES: Final = Codec(lambda value: "Yes" if value else "No", _truth)
"""Where the column is a text."""
WHOLE: Final = Codec(str, _whole)
REAL: Final = Codec(repr, _real)
NUMBER: Final = Codec(lambda text: text if _NUMBER.fullmatch(text) else None, str)
"""A text that may be a number, in a column that has numbers alone."""
INTEGER: Final = Codec(lambda text: text if _WHOLE.fullmatch(text) else None, str)
DATE: Final = Codec(str, lambda said: labels.date(said) or said)
"""Older copies have `March 2021`."""
AGE: Final = Codec(str, lambda said: None if said == "N/A" else said)


def codec_of(type_: Any, column: str) -> Codec:
    """The codec of a leaf's type in a column of a type."""
    if get_origin(type_) is Literal:
        codes = get_args(type_)
        # Older copies have the registry's labels; what is neither is kept by its reader.
        return Codec(str, lambda said: said if said in codes else labels.code(said, codes) or said)
    if type_ is bool:
        return YES if column == "text" else TRUTH
    if type_ is int:
        return WHOLE
    if type_ is float:
        return REAL
    return {"number": NUMBER, "integer": INTEGER, "date": DATE}.get(column, TEXT)


def joined(codes: tuple[str, ...]) -> Codec:
    """Codes with a slash between them: PHASE1/PHASE2, and Phase 1/Phase 2 in older copies."""

    def read(said: str) -> list[str]:
        one = said if said in codes else labels.code(said, codes)
        if one is not None:
            return [one]
        return [
            part if part in codes else labels.code(part, codes) or part for part in said.split("/")
        ]

    return Codec("/".join, read)


def number_of(text: Any) -> str | None:
    """A text as a number, if it is one."""
    return text if isinstance(text, str) and _NUMBER.fullmatch(text) else None


def last_day(date: str | None) -> str | None:
    """A date as AACT has it as a day: a month's and a year's last."""
    if date is None:
        return None
    if precision(date) == "year":
        return f"{date}-12-31"
    if precision(date) == "month":
        year, month = int(date[:4]), int(date[5:])
        return f"{date}-{calendar.monthrange(year, month)[1]}"
    return date


def first_day(date: str | None) -> str | None:
    """A date as AACT has that of results that are awaited: a month's first day."""
    return f"{date}-01" if date is not None and precision(date) == "month" else last_day(date)
