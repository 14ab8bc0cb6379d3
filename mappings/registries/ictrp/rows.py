"""A row of WHO's export: texts by the names of fields, whichever syntax they came in."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from trialbridge.mappings.registries.ictrp import values

Tree = dict[str, Any]

# The CSV has blanks for underscores, and names of its own for these.
_NAMES: Final[Mapping[str, str]] = {
    "source_name": "Source_Support",
    "ethics_status": "Ethics_review_status",
    "ethics_approval_date": "Ethics_review_approval_date",
    "ethics_contact_name": "Ethics_review_contact_name",
    "ethics_contact_address": "Ethics_review_contact_address",
    "ethics_contact_phone": "Ethics_review_contact_phone",
    "ethics_contact_email": "Ethics_review_contact_email",
}

DAY_FIRST: Final = frozenset(
    {
        "ANZCTR",
        values.CLINICALTRIALS,
        "EU Clinical Trials Register",
        "ISRCTN",
        "JPRN",
        "Netherlands Trial Register",
        "TCTR",
    }
)
"""Registers whose dates with slashes begin with the day: all 322 registrations of the corpus."""


class Row(NamedTuple):
    """A record's texts by field, those without any left out, and how its dates are ordered."""

    texts: Mapping[str, str]
    register: str
    day_first: bool

    def text(self, name: str) -> str:
        """The text of a field without blanks around it."""
        return self.texts.get(name, "").strip()

    @property
    def is_of_clinicaltrials(self) -> bool:
        """Tell if it is a record of ClinicalTrials.gov, by its register and its number."""
        number = re.fullmatch("NCT[0-9]{8}", self.text("TrialID"))
        return self.register == values.CLINICALTRIALS and number is not None

    def date(self, name: str) -> str | None:
        """The date of a field."""
        return values.date(self.text(name), self.day_first)


class Taken(NamedTuple):
    """What of some fields is in the record, by pointer, and why a field is kept as text.

    A field that is kept is `unknown` where nobody has seen what it says.
    """

    members: Tree
    kept: Mapping[str, str] = {}
    unknown: frozenset[str] = frozenset()


class Field(NamedTuple):
    """Fields that are read together, the leaves of the model that they tell, and how."""

    names: tuple[str, ...]
    leaves: tuple[str, ...]
    read: Callable[[Row], Taken]


def row_of(given: Mapping[str, str], fields: Mapping[str, Field]) -> Row:
    """The row of texts by names as they stand in a document."""
    known = {name.lower(): name for name in fields}
    texts = {}
    for name, text in given.items():
        key = re.sub(r"[\s_]+", "_", name.strip()).lower()
        if text.strip():
            texts[known.get(key) or _NAMES.get(key) or name.strip()] = text
    register = texts.get("Source_Register", "").strip()
    return Row(texts, register, _day_first(texts, register))


def _day_first(texts: Mapping[str, str], register: str) -> bool:
    """Tell if dates with slashes begin with the day, by a day that the record tells twice.

    Where it does not, the register tells; of a register that nobody has counted, nothing is known.
    """
    said = texts.get("Date_registration", "").strip()
    same = values.day_of_digits(texts.get("Date_registration3", "").strip())
    if same and values.has_slashes(said):
        begins, ends = values.date(said, True) == same, values.month_first(said) == same
        if begins != ends:
            return begins
    return register in DAY_FIRST
