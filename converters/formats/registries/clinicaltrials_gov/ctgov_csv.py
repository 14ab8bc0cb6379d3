"""ClinicalTrials.gov's CSV download of a search, and the TSV of the site before 2024.

One table has many records.

A table is read row by row: a row whose quotes or columns are broken is told with its line, and the
next begins where a line begins as a row does.
https://clinicaltrials.gov/data-api/about-api/csv-download
"""

import re
from collections.abc import Iterator

from trialbridge.formats.options import UnknownOption
from trialbridge.formats.registries import table
from trialbridge.formats.registries.part import decoded
from trialbridge.io.encoding import utf_8
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_csv import (
    LINK,
    NAMES,
    read_row,
    row_of,
)
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial

# As a row of either site begins: its number, or its rank and its number.
_BEGINS = re.compile(r'^"?(?:[0-9]{1,6}"?,"?)?NCT[0-9]{8}"?(?=[,\r\n]|\Z)', re.MULTILINE)

# The site quoted nothing between tabs: a quotation mark there is of the text.
_TABS = re.compile(r"\ufeff?(?:Rank\t)?NCT Number\t|[^\r\n,\"]*\tNCT Number[\t\r\n]")
_BEGINS_TABBED = re.compile(r"^(?:[0-9]{1,6}\t)?NCT[0-9]{8}(?=[\t\r\n]|\Z)", re.MULTILINE)


def rows(text: str) -> Iterator[table.Row]:
    """Take a table apart, its first row the names of columns, with commas or tabs between them."""
    if _TABS.match(text):
        return table.rows(text, _BEGINS_TABBED, tabs=True)
    return table.rows(text, _BEGINS)


def members(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the line of each row of a table, and the row as a table of its own on the same line."""
    head: table.Row | None = None
    for row in rows(utf_8(data).decode()):
        if head is None:
            head = row
        else:
            gap = "\n" * max(row.line - 1 - table.ends_of_lines(head.source), 0)
            yield row.line, (head.source + gap + row.source).encode()


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read the one record of a table; what is not taken apart is kept as text, with a warning.

    Raises ReadError if the table has several records, none, or a row that is broken.
    """
    text = decoded(data, LINK)
    names, row = table.only(list(rows(text)) if text.strip() else [], "NCT Number", LINK)
    trial, problems = read_row(dict(zip(names, row.fields, strict=True)), f"line {row.line}")
    if not trial.nct_id:
        raise fatal(f"line {row.line}", "row", "the row has no NCT number", LINK)
    return trial, problems


def columns_of(columns: str) -> tuple[str, ...]:
    """Take names of columns, with pipes between them; all, where there are none.

    Raises UnknownOption if one is none of the site's.
    """
    names = tuple(name.strip() for name in columns.split("|")) if columns else NAMES
    for name in names:
        if name not in NAMES:
            raise UnknownOption(
                f"option columns has {name!r}, expected of {', '.join(NAMES)}, with | between them"
            )
    return names


def write(trial: Trial, *, columns: str = "") -> tuple[bytes, list[Problem]]:
    """Write the record as a row below the names of columns.

    `columns` are the names of those that are written, as `columns_of` takes them.
    """
    names = columns_of(columns)
    row, problems = row_of(trial, names)
    return f"{_line(list(names))}\n{_line(row)}\n".encode(), problems


def _line(row: list[str]) -> str:
    return ",".join(_quoted(field, first=not place) for place, field in enumerate(row))


def _quoted(field: str, *, first: bool) -> str:
    """A text as the site quotes it: where it must be, and where it begins or ends oddly."""
    if not field:
        return '""' if first else ""
    odd = field[0] <= "#" or field[-1] <= " " or (first and not field[0].isalnum())
    if odd or re.search(r'[",\r\n]', field):
        return '"' + field.replace('"', '""') + '"'
    return field
