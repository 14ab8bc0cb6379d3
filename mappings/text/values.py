"""Values of the text layout: what stands in one line, to and from the model."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, get_args

from trialbridge.schemas.trial import AgeUnit, age_text


class Refused(ValueError):
    """A line that is no value of its kind: what was found and what would do."""


class UnknownCode(ValueError):
    """A code or an age that the model does not know: kept as it is."""


class Value(NamedTuple):
    """Two inverse functions between a line of text and a value of the model.

    `read` raises Refused or UnknownCode; it gives None for a line that says "none".
    `loose` values are any text, so that a label and such a value on one line need a colon. `each`
    is given for a list on one line: how one of its members is read, if the model knows it.
    """

    read: Callable[[str], Any]
    write: Callable[[Any], str]
    loose: bool = False
    each: "Value | None" = None


def reads(value: Value, text: str) -> bool:
    try:
        value.read(text)
    except (Refused, UnknownCode):
        return False
    return True


ABSENT = "-"
"""What the page shows for a value that is not there, as in `Identifier Type: -`."""


CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)*")
"""What reads like a code of the registry."""


def read_words(text: str) -> str | None:
    return None if text == ABSENT else text


WORDS = Value(read_words, str, loose=True)


def squeeze(text: str) -> str:
    """Reduce a code to its letters and digits: `Not yet recruiting` is NOT_YET_RECRUITING."""
    return re.sub(r"[\W_]+", "", text).upper()


def code(kind: Any, *, closed: bool = False) -> Value:
    """A code of an enumeration of the registry, as the registry writes it, in any case.

    One that the enumeration does not have is unknown, or, where it is closed, refused.
    """
    exact = frozenset(get_args(kind))
    codes = {squeeze(value): value for value in get_args(kind)}
    expected = ", ".join(get_args(kind))

    def read(text: str) -> str | None:
        if text in exact:
            return text
        if text == ABSENT:
            return None
        if (found := codes.get(squeeze(text))) is not None:
            return str(found)
        if closed or not re.fullmatch(r"[A-Z][A-Z0-9_]*", text):
            raise Refused(f"{text!r} is none of {expected}")
        raise UnknownCode(f"{text!r} is not a code that the model knows ({expected})")

    return Value(read, str)


_BETWEEN_CODES = re.compile(r"[/,|]")


def members(text: str) -> list[str]:
    """The codes of a line with slashes, commas or bars between them."""
    # The registry's `NA` is `N/A` on other pages.
    if text.upper() == "N/A":
        return ["NA"]
    return [part.strip() for part in _BETWEEN_CODES.split(text)]


def codes(kind: Any) -> Value:
    """Codes with a slash between them: `PHASE1/PHASE2`."""
    one = code(kind)

    def read(text: str) -> list[str] | None:
        if text == ABSENT:
            return None
        found: list[str] = []
        unknown: list[str] = []
        for part in members(text):
            if part == ABSENT:
                raise Refused(f"{text!r} has a {ABSENT!r} among codes")
            try:
                found.append(one.read(part))
            except UnknownCode as error:
                unknown.append(str(error))
        if unknown:
            raise UnknownCode("; ".join(unknown))
        return found

    return Value(read, lambda value: "/".join(value), each=one)


def dated(pattern: str, expected: str) -> Value:
    """A date as precise as the registry gives it, checked against the model's own pattern."""
    compiled = re.compile(pattern)

    def read(text: str) -> str | None:
        if text == ABSENT:
            return None
        if not compiled.search(text):
            raise Refused(f"{text!r} is not a date ({expected})")
        return text

    return Value(read, str)


_YES_NO = {"YES": True, "TRUE": True, "NO": False, "FALSE": False}


def _read_yes_no(text: str) -> bool | None:
    if text == ABSENT:
        return None
    if (found := _YES_NO.get(text.upper())) is None:
        raise Refused(f"{text!r} is neither Yes nor No")
    return found


YES_NO = Value(_read_yes_no, lambda value: "Yes" if value else "No")

_AGE = re.compile(r"([0-9]{1,9})\s*(year|month|week|day|hour|minute)s?", re.IGNORECASE)
_NO_AGE = {ABSENT, "N/A", "NONE", "NO LIMIT", "NO MAXIMUM AGE", "NO MINIMUM AGE"}
_UNITS: dict[str, AgeUnit] = {unit.upper(): unit for unit in get_args(AgeUnit)}


def _read_age(text: str) -> str | None:
    if text.upper() in _NO_AGE:
        return None
    if not (found := _AGE.fullmatch(text)):
        raise UnknownCode(f"{text!r} is not an age (such as 18 Years or 1 Month)")
    return age_text(int(found[1]), _UNITS[found[2].upper()])


AGE = Value(_read_age, str)

_PARTICIPANTS = re.compile(
    r"([0-9][0-9,]{0,17})(?:\s+(?:participant|patient|subject)s?)?", re.IGNORECASE
)


def _read_count(text: str) -> int | None:
    if text == ABSENT:
        return None
    if not (found := _PARTICIPANTS.fullmatch(text)):
        raise Refused(f"{text!r} is not a number of participants ('5 participants')")
    return int(found[1].replace(",", ""))


PARTICIPANTS = Value(_read_count, lambda value: f"{value} participants")


def _read_nct_id(text: str) -> str:
    if not re.fullmatch(r"NCT[0-9]{8}", text.upper()):
        raise Refused(f"{text!r} is not an NCT id (NCT and eight digits)")
    return text.upper()


NCT_ID = Value(_read_nct_id, str)

_VIEW = "(View on PubMed)"


def _read_pmid(text: str) -> str | None:
    if text[-len(_VIEW) :].lower() == _VIEW.lower():
        text = text[: -len(_VIEW)].rstrip()
    return read_words(text)


PMID = Value(_read_pmid, lambda value: f"{value} {_VIEW}", loose=True)

# A semicolon inside a name is written as the CommonMark escape of one.
_BETWEEN_NAMES = re.compile(r"(?<!\\);\s*")


def _read_names(text: str) -> list[str] | None:
    if text == ABSENT:
        return None
    return [name.replace("\\;", ";") for name in _BETWEEN_NAMES.split(text) if name]


NAMES = Value(
    _read_names, lambda value: "; ".join(name.replace(";", "\\;") for name in value), loose=True
)

PARTIAL_DATE = "YYYY, YYYY-MM or YYYY-MM-DD"
FULL_DATE = "YYYY-MM-DD"


def flat(text: Any) -> str:
    """A name is one line, whatever breaks its source had."""
    return " ".join(str(text).split("\n"))
