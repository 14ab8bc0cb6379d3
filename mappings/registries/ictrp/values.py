"""Values of WHO's exports in the variants of their registers: texts, dates, ages, sexes, phases.

Whatever has another form is None: it is kept as text, and told. How often each form stands in real
exports is on the page docs/formats/registries/ictrp.md.
https://www.who.int/tools/clinical-trials-registry-platform
"""

import re
from collections.abc import Mapping
from datetime import date as calendar_date
from typing import Final

from trialbridge.mappings.record.markdown import registered
from trialbridge.mappings.registries import labels
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.texts import (
    Block,
    of_layout,
    to_markdown,
)
from trialbridge.schemas.trial import AgeUnit, age_text

CLINICALTRIALS: Final = "ClinicalTrials.gov"

# A break of lines is a literal <br>, mostly after the end of the line that it stood for.
_BREAK = re.compile(r"(?:\r\n|\r|\n|&#x0D;|&#13;)?<br ?/?>|\r\n|\r|&#x0D;")
_ISO = re.compile(r"([0-9]{4})([-/])([0-9]{2})\2([0-9]{2})(?: 00:00:00(?:\.0+)?)?")
_SLASHES = re.compile(r"([0-9]{1,2})([-/])([0-9]{1,2})\2([0-9]{4})")
_WORDS = re.compile(r"([0-9]{1,2}) ([A-Z][a-z]+) ([0-9]{4})")
_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


def lines(text: str) -> str:
    """A text whose breaks are ends of lines, without blanks around them."""
    shown = (line.strip() for line in _BREAK.sub("\n", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(shown)).strip()


def line(text: str) -> str:
    """A text on one line: titles are padded with hundreds of blanks."""
    return " ".join(_BREAK.sub(" ", text).split())


# --- dates -------------------------------------------------------------------------------------


def date(text: str, day_first: bool) -> str | None:
    """A date with its precision; with slashes only where it is known that the day comes first.

    No date before 1901 is read: the first day of 1900 stands for an unknown one.
    """
    if found := _ISO.fullmatch(text):
        return _day(found[1], found[3], found[4])
    if found := _SLASHES.fullmatch(text):
        return _day(found[4], found[3], found[1]) if day_first else None
    if found := _WORDS.fullmatch(text):
        return _day(found[3], labels.MONTHS.get(found[2], ""), found[1])
    read = labels.date(text)
    return read if read is None or len(read) < 10 else _day(*read.split("-"))


def day_of_digits(text: str) -> str | None:
    """A day without anything between its parts: 20200215."""
    found = _DIGITS.fullmatch(text)
    return _day(found[1], found[2], found[3]) if found else None


def has_slashes(text: str) -> bool:
    """Tell if the order of the parts of a date is not seen by its form."""
    return _SLASHES.fullmatch(text) is not None


def month_first(text: str) -> str | None:
    """What a date with slashes would be in the order of the US."""
    found = _SLASHES.fullmatch(text)
    return _day(found[4], found[1], found[3]) if found else None


def _day(year: str, month: str, day: str) -> str | None:
    try:
        read = calendar_date(int(year), int(month), int(day))
    except ValueError:
        return None
    return read.isoformat() if read.year > 1900 else None


# --- eligibility -------------------------------------------------------------------------------

_AGE = re.compile(
    r"(?P<sign>[<>]=)?\s*(?P<number>[0-9]{1,3})\s*(?:-\s*)?\(?"
    r"(?P<unit>years?|months?|weeks?|days?|hours?|minutes?|age|y|m|w|d)"
    r"(?:\(s\))?\)?(?:[- ]old)?\.?",
    re.IGNORECASE,
)
_UNITS: Final[Mapping[str, AgeUnit]] = {
    "y": "Year",
    "age": "Year",
    "m": "Month",
    "w": "Week",
    "d": "Day",
    "year": "Year",
    "month": "Month",
    "week": "Week",
    "day": "Day",
    "hour": "Hour",
    "minute": "Minute",
}
# 413 of 417 lower and 330 of 336 upper limits of ages of ChiCTR are bare numbers: its form asks for
# years.
YEARS_ALONE: Final = frozenset({"ChiCTR"})
NO_LIMIT: Final = frozenset(
    {
        "n/a",
        "no limit",
        "none",
        "not applicable",
        "no minimum age",
        "no maximum age",
        "0 n/a (no limit)",
    }
)
"""Words for a limit that there is not."""


def age(text: str, register: str, sign: str) -> str | None:
    """A limit of the age with its unit; `sign` is the only comparison that it may state."""
    found = _AGE.fullmatch(text)
    if found and (found["sign"] or sign) == sign:
        unit = found["unit"].lower()
        return age_text(int(found["number"]), _UNITS.get(unit) or _UNITS[unit.rstrip("s")])
    if register in YEARS_ALONE and re.fullmatch("[1-9][0-9]{0,2}", text):
        return age_text(int(text), "Year")
    return None


SEXES: Final[Mapping[str, str]] = {
    "all": "ALL",
    "both": "ALL",
    "both males and females": "ALL",
    "both, male and female": "ALL",
    "male and female": "ALL",
    "male/female": "ALL",
    "female": "FEMALE",
    "females": "FEMALE",
    "f": "FEMALE",
    "male": "MALE",
    "males": "MALE",
    "m": "MALE",
}
_YES_NO = re.compile(r"Female: (yes|no)\s+Male: (yes|no)")


def sex(text: str) -> str | None:
    """Which sexes take part."""
    if found := _YES_NO.fullmatch(lines(text)):
        return {"yesyes": "ALL", "yesno": "FEMALE", "noyes": "MALE"}.get(found[1] + found[2])
    return SEXES.get(text.lower())


# Texts are padded with blanks, of which only the first may begin what is looked for.
_HEAD = re.compile(r"(?<!\s)\s*(?:In|Ex)clusion criteria:", re.IGNORECASE)
_ITEM = re.compile(r"([-*•]|[0-9]{1,3}\.)\s+(?=\S)")
# As the legacy XML indents its text block of criteria.
_COLUMN = 8


def criteria(inclusion: str, exclusion: str, register: str) -> str | None:
    """Criteria as CommonMark, those of exclusion below a heading of their own.

    ClinicalTrials.gov's are the text block of its legacy XML, with both. Others have a line for
    each, which is a paragraph, or an item where it begins with a dash or a number as one does.
    """
    if register == CLINICALTRIALS and not exclusion:
        broken = _BREAK.sub("\n", inclusion).replace("\n\n\n", "\n\n")
        return to_markdown(of_layout(broken, _COLUMN)) or None
    parts = []
    for head, text in (("Inclusion Criteria:", inclusion), ("Exclusion Criteria:", exclusion)):
        said = _listed(_HEAD.sub("", text, count=1))
        if said:
            parts.append(f"{head}\n\n{said}")
    return "\n\n".join(parts) or None


def _listed(text: str) -> str:
    blocks = []
    for said in lines(text).split("\n"):
        words = " ".join(said.split())
        item = _ITEM.match(words)
        if item:
            sign = item[1] if item[1].endswith(".") else "*"
            blocks.append(Block(1, sign, words[item.end() :]))
        elif words:
            blocks.append(Block(0, "", words))
    return to_markdown(blocks)


def markdown(text: str) -> str:
    """A text of several lines as CommonMark, a paragraph for each."""
    return "\n\n".join(registered(" ".join(one.split())) for one in lines(text).split("\n") if one)


# --- design ------------------------------------------------------------------------------------

STUDY_TYPES: Final[Mapping[str, str]] = {
    "interventional": "INTERVENTIONAL",
    "interventional study": "INTERVENTIONAL",
    "interventional clinical trial of medicinal product": "INTERVENTIONAL",
    "intervention": "INTERVENTIONAL",
    "observational": "OBSERVATIONAL",
    "observational study": "OBSERVATIONAL",
    "observational [patient registry]": "OBSERVATIONAL",
    "expanded access": "EXPANDED_ACCESS",
}

_NUMBERS: Final[Mapping[str, str]] = {
    "1": "PHASE1",
    "2": "PHASE2",
    "3": "PHASE3",
    "4": "PHASE4",
    "I": "PHASE1",
    "II": "PHASE2",
    "III": "PHASE3",
    "IV": "PHASE4",
}
_PHASE = re.compile(
    r"(?:Phase[- ]?)?(?P<one>[1-4]|I{1,3}|IV)(?: ?[-/] ?(?:Phase[- ]?)?(?P<two>[1-4]|I{1,3}|IV))?",
    re.IGNORECASE,
)
_NO_PHASE = frozenset({"n/a", "na", "not applicable"})
# The EU's register asks yes or no for each.
_EU_PHASE = re.compile(r"\(Phase (I{1,3}|IV)\): ?(yes|no)?", re.IGNORECASE)


def phases(text: str) -> list[str] | None:
    """Phases, two for a study between them; none are applicable is one of the registry's codes."""
    said = line(text)
    if asked := _EU_PHASE.findall(text):
        found = [_NUMBERS[number] for number, answer in asked if answer == "yes"]
        return found if found and len(asked) == 4 else None
    if said.lower() in _NO_PHASE:
        return ["NA"]
    if said == "Early Phase 1":
        return ["EARLY_PHASE1"]
    one = _PHASE.fullmatch(said)
    if one is None:
        return None
    read = [_NUMBERS[part.upper()] for part in (one["one"], one["two"]) if part]
    return read if read == sorted(set(read)) else None


def count(text: str) -> int | None:
    """How many take part; of groups with a number each, their sum."""
    if re.fullmatch("[0-9]{1,9}", text):
        return int(text)
    groups = [part.rpartition(":")[2].strip() for part in text.split(";") if part.strip()]
    parted = ":" in text and all(re.fullmatch("[0-9]{1,9}", number) for number in groups)
    return sum(map(int, groups)) if parted else None
