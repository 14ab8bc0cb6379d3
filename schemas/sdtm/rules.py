"""CDISC's rules for TS and TI, as its open rules state them, and what the guide demands of columns.

https://github.com/cdisc-org/cdisc-open-rules
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, NamedTuple

from trialbridge.schemas.sdtm.domains import DOMAINS, LONGEST, is_simplified
from trialbridge.schemas.syntax.dataset import Dataset, Value
from trialbridge.schemas.terms.trial_summary import NULL_FLAVORS, SUMMARY

Place = tuple[int | None, str]
"""A row from 0, None for the dataset as a whole, and a column."""


class Row:
    """The values of a row by their columns; those of columns that are not there are empty."""

    __slots__ = ("_at", "_values")

    def __init__(self, at: dict[str, int], values: list[Value]) -> None:
        self._at = at
        self._values = values

    def __getitem__(self, name: str) -> str:
        at = self._at.get(name)
        value = None if at is None else self._values[at]
        return "" if value is None else str(value)


def rows_of(dataset: Dataset) -> list[Row]:
    """The rows of a dataset."""
    at = {name: position for position, name in enumerate(dataset.names)}
    return [Row(at, values) for values in dataset.rows]


class Rule(NamedTuple):
    """A rule: CDISC's ids of it, of which dataset, what is wrong where it finds something."""

    id: str
    cited: str
    domain: str
    message: str
    find: Callable[[Dataset], Iterator[Place]]


def where(column: str, is_wrong: Callable[[Row], bool]) -> Callable[[Dataset], Iterator[Place]]:
    """Where a row is wrong by itself, told at a column."""

    def find(dataset: Dataset) -> Iterator[Place]:
        for number, row in enumerate(rows_of(dataset)):
            if is_wrong(row):
                yield number, column

    return find


def one_to_one(
    first: str, second: str, *, both: bool = False
) -> Callable[[Dataset], Iterator[Place]]:
    """Where a value of one column goes with two of the other; `both` have to be there."""

    def find(dataset: Dataset) -> Iterator[Place]:
        there: defaultdict[str, set[str]] = defaultdict(set)
        back: defaultdict[str, set[str]] = defaultdict(set)
        rows = rows_of(dataset)
        pairs = [(row[first], row[second]) for row in rows]
        for one, other in pairs:
            if not both or (one and other):
                there[one].add(other)
                back[other].add(one)
        for number, (one, other) in enumerate(pairs):
            if (not both or (one and other)) and (len(there[one]) > 1 or len(back[other]) > 1):
                yield number, first

    return find


def repeated(*columns: str, at: str) -> Callable[[Dataset], Iterator[Place]]:
    """Where another row has the same values of all these columns; told `at` one."""

    def find(dataset: Dataset) -> Iterator[Place]:
        rows = [tuple(row[name] for name in columns) for row in rows_of(dataset)]
        times = Counter(rows)
        for number, row in enumerate(rows):
            if times[row] > 1:
                yield number, at

    return find


def _two_ages(dataset: Dataset) -> Iterator[Place]:
    rows = rows_of(dataset)
    if {"AGE", "AGETXT"} <= {row["TSPARMCD"] for row in rows}:
        for number, row in enumerate(rows):
            if row["TSPARMCD"] in ("AGE", "AGETXT") and row["TSVAL"]:
                yield number, "TSPARMCD"


def _subcategory_alone(dataset: Dataset) -> Iterator[Place]:
    if "IESCAT" in dataset.names and "IECAT" not in dataset.names:
        yield None, "IECAT"


_DURATION = re.compile(
    r"[+-]?P(?!$)(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?W)?"
    r"(?:\d+(?:[.,]\d+)?D)?(?:T(?=\d)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?"
    r"(?:\d+(?:[.,]\d+)?S)?)?"
)
# A part that is not known is a hyphen. SDTMIG 4.4.2
_DATE = re.compile(
    r"(\d{4}|-)(?:-(\d\d|-)(?:-(\d\d|-)"
    r"(?:T(?:\d\d|-)(?::(?:\d\d|-)(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?)?)?)?"
)


def is_duration(text: str) -> bool:
    """Whether a text is a length of time by ISO 8601: `P18Y`."""
    return _DURATION.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Whether a text is a day, a month or a year by ISO 8601, and there is such a day."""
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    try:
        # In a leap year, where the year is not known.
        year, month, day = (
            int(part) if part and part != "-" else known
            for part, known in zip(found.groups(), (2000, 1, 1), strict=True)
        )
        date(year, month, day)
    except ValueError:
        return False
    return True


_FLAVOR = re.compile(
    "|".join(re.escape(word) for pair in NULL_FLAVORS.items() if pair[0] != "NA" for word in pair),
    re.IGNORECASE,
)
_TEST_CODE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,7}")
_AGES = re.compile(r"[0-9]+-[0-9]+")
_CODE_LENGTH, _NAME_LENGTH = 8, 40

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "CORE-000041",
        "CG0649",
        "TS",
        "TSVALNF has a value where TSVAL has one that is no null flavor",
        where(
            "TSVALNF",
            lambda row: bool(
                row["TSVAL"] and row["TSVALNF"] and not _FLAVOR.fullmatch(row["TSVAL"])
            ),
        ),
    ),
    Rule(
        "CORE-000147",
        "CG0257",
        "TS",
        "TSPARMCD is longer than 8 characters",
        where("TSPARMCD", lambda row: len(row["TSPARMCD"]) > _CODE_LENGTH),
    ),
    Rule(
        "CORE-000148",
        "CG0258",
        "TS",
        "TSPARM is longer than 40 characters",
        where("TSPARM", lambda row: len(row["TSPARM"]) > _NAME_LENGTH),
    ),
    Rule(
        "CORE-000151",
        "CG0261",
        "TS",
        "TSVAL is empty where TSVAL1 has a value",
        where("TSVAL", lambda row: bool(row["TSVAL1"] and not row["TSVAL"])),
    ),
    Rule(
        "CORE-000152",
        "CG0265",
        "TS",
        "TSVAL and TSVALCD are not one to one",
        one_to_one("TSVAL", "TSVALCD", both=True),
    ),
    Rule(
        "CORE-000154",
        "CG0268",
        "TS",
        "TSSEQ stands twice in its TSPARMCD",
        repeated("TSPARMCD", "TSSEQ", at="TSSEQ"),
    ),
    Rule(
        "CORE-000179",
        "CG0307",
        "TS",
        "TSPARM and TSPARMCD are not one to one",
        one_to_one("TSPARM", "TSPARMCD"),
    ),
    Rule(
        "CORE-000294",
        "CG0270",
        "TS",
        "the TSVAL of AGEMAX is no duration by ISO 8601, such as P65Y",
        where(
            "TSVAL",
            lambda row: (
                row["TSPARMCD"] == "AGEMAX" and bool(row["TSVAL"]) and not is_duration(row["TSVAL"])
            ),
        ),
    ),
    Rule(
        "CORE-000505",
        "CG0285",
        "TS",
        "the TSVAL of SSTDTC is no date by ISO 8601, such as 2024-03-01",
        where(
            "TSVAL",
            lambda row: (
                row["TSPARMCD"] == "SSTDTC" and bool(row["TSVAL"]) and not is_date(row["TSVAL"])
            ),
        ),
    ),
    Rule("CORE-000736", "FDAB", "TS", "AGE and AGETXT are both there", _two_ages),
    Rule(
        "CORE-000769",
        "FDAB",
        "TS",
        "the TSVAL of AGETXT is no range, such as 18-65",
        where(
            "TSVAL",
            lambda row: row["TSPARMCD"] == "AGETXT" and not _AGES.fullmatch(row["TSVAL"]),
        ),
    ),
    Rule(
        "CORE-000541",
        "CG0372",
        "TI",
        "IETESTCD is none of at most 8 letters, digits and _, which does not begin with a digit",
        where("IETESTCD", lambda row: not _TEST_CODE.fullmatch(row["IETESTCD"])),
    ),
    Rule(
        "CORE-000785",
        "CG0429",
        "TI",
        "IECAT is empty where IESCAT has a value",
        where("IECAT", lambda row: bool(row["IESCAT"] and not row["IECAT"])),
    ),
    Rule("CORE-000786", "CG0430", "TI", "there is IESCAT and no IECAT", _subcategory_alone),
)
"""The rules of CDISC that are checked, by dataset."""


# --- what the guide says of columns -------------------------------------------------------------


def _missing_columns(dataset: Dataset) -> Iterator[Place]:
    if not is_simplified(dataset):
        for name in DOMAINS[dataset.name].required:
            if name not in dataset.names:
                yield None, name


def _unknown_columns(dataset: Dataset) -> Iterator[Place]:
    domain = DOMAINS[dataset.name]
    for name in dataset.names:
        if domain.variable(name) is None:
            yield None, name


def _empty_required(dataset: Dataset) -> Iterator[Place]:
    needed = [name for name in DOMAINS[dataset.name].required if name in dataset.names]
    for number, row in enumerate(rows_of(dataset)):
        for name in needed:
            if not row[name]:
                yield number, name


def _wrong_domain(dataset: Dataset) -> Iterator[Place]:
    for number, row in enumerate(rows_of(dataset)):
        if row["DOMAIN"] not in ("", dataset.name):
            yield number, "DOMAIN"


def _no_number(dataset: Dataset) -> Iterator[Place]:
    domain = DOMAINS[dataset.name]
    for at, name in enumerate(dataset.names):
        variable = domain.variable(name)
        if variable is not None and variable.numeric:
            for number, values in enumerate(dataset.rows):
                if isinstance(values[at], str):
                    yield number, name


def _too_long(dataset: Dataset) -> Iterator[Place]:
    for number, values in enumerate(dataset.rows):
        for name, value in zip(dataset.names, values, strict=True):
            if isinstance(value, str) and len(value) > LONGEST:
                yield number, name


def _two_studies(dataset: Dataset) -> Iterator[Place]:
    rows = rows_of(dataset)
    for number, row in enumerate(rows):
        if row["STUDYID"] and row["STUDYID"] != rows[0]["STUDYID"]:
            yield number, "STUDYID"


def _wrong_label(dataset: Dataset) -> Iterator[Place]:
    domain = DOMAINS[dataset.name]
    for column in dataset.columns:
        variable = domain.variable(column.name)
        if column.label and variable is not None and not _same(column.label, variable.label):
            yield None, column.name


def _same(said: str, label: str) -> bool:
    # The guide of 3.4 has another label for TSVALNF than those before it, and numbers have none.
    return said.casefold() == label.casefold() or label.startswith("Parameter ")


def _nothing_said(row: Row) -> bool:
    return not row["TSVAL"] and not row["TSVALNF"]


def _other_name(row: Row) -> bool:
    known = SUMMARY.get(row["TSPARMCD"])
    return known is not None and bool(row["TSPARM"]) and row["TSPARM"] != known.term


def _no_flavor(row: Row) -> bool:
    return bool(row["TSVALNF"]) and row["TSVALNF"] not in NULL_FLAVORS


def _no_category(row: Row) -> bool:
    return row["IECAT"] not in ("", "INCLUSION", "EXCLUSION")


FORM: Final[tuple[Rule, ...]] = (
    Rule("columns", "Req", "", "the column is required, and is not there", _missing_columns),
    Rule("unknown-column", "", "", "the dataset has no such column", _unknown_columns),
    Rule("empty", "Req", "", "the column is required, and is empty here", _empty_required),
    Rule("domain", "CG0001", "", "DOMAIN is not the name of the dataset", _wrong_domain),
    Rule("number", "", "", "this is no number", _no_number),
    Rule("length", "", "", "longer than 200 characters", _too_long),
    Rule("studies", "", "", "another study than that of the first row", _two_studies),
    Rule("null-flavor", "", "TS", "no null flavor of ISO 21090", where("TSVALNF", _no_flavor)),
    Rule(
        "no-value",
        "",
        "TS",
        "neither TSVAL nor TSVALNF has a value",
        where("TSVAL", _nothing_said),
    ),
    Rule(
        "category",
        "C66797",
        "TI",
        "IECAT is neither INCLUSION nor EXCLUSION",
        where("IECAT", _no_category),
    ),
)
"""What has to be so, by the implementation guide."""

ODD: Final[tuple[Rule, ...]] = (
    Rule("label", "", "", "the guide has another label for the column", _wrong_label),
    Rule(
        "name",
        "C67152",
        "TS",
        "the terminology has another TSPARM for the TSPARMCD",
        where("TSPARM", _other_name),
    ),
)
"""What is told as a warning."""
