"""ClinicalTrials.gov's CSV download of a search: one table, many records.

A table is read row by row: a row whose quotes or columns are broken is told with its line, and the
next begins where a line begins as a row does.
https://clinicaltrials.gov/data-api/about-api/csv-download
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from trialbridge.encoding import utf_8
from trialbridge.formats.options import UnknownOption
from trialbridge.mappings.registries.ctgov_csv import LINK, NAMES, read_row, row_of
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import EACH, Problem
from trialbridge.schemas.trial import Trial

# As a row of either site begins: its number, or its rank and its number.
_BEGINS = re.compile(r'^"?(?:[0-9]{1,6}"?,"?)?NCT[0-9]{8}"?(?=[,\r\n]|\Z)', re.MULTILINE)
_FIELD = re.compile(r'[^",\r\n][^,\r\n]*|(?=[,\r\n])|\Z')
_QUOTED = re.compile(r'"((?:[^"]|"")*+)"')
_END = re.compile(r"\r\n|\n|\r|\Z")
_SHOWN = 40


class Row(NamedTuple):
    """A row: the line that it begins in, its texts, or why it is none, and what it is made of."""

    line: int
    fields: list[str]
    wrong: str
    source: str


def rows(text: str) -> Iterator[Row]:
    """Take a table apart, its first row the names of columns; empty lines are passed over."""
    at, line, width = 0, 1, 0
    while at < len(text):
        if end := re.compile(r"[ \t]*(?:\r\n|\n|\r)").match(text, at):
            at, line = end.end(), line + 1
            continue
        fields, wrong, after = _fields(text, at)
        if not wrong and width and len(fields) != width:
            wrong = f"{len(fields)} columns, expected {width}"
        if wrong and (begun := _BEGINS.search(text, at + 1)):
            after = begun.start()
        elif wrong:
            after = len(text)
        source = text[at:after]
        yield Row(line, fields, wrong, source)
        width = width or len(fields)
        line += _lines(source)
        at = after


def _lines(text: str) -> int:
    return len(re.findall(r"\r\n|\n|\r", text))


def _fields(text: str, at: int) -> tuple[list[str], str, int]:
    """The texts of a row, what is wrong with it, and where it ends."""
    fields: list[str] = []
    while True:
        if text.startswith('"', at):
            quoted = _QUOTED.match(text, at)
            if quoted is None:
                return fields, f"the quote of column {len(fields) + 1} is not closed", len(text)
            fields.append(quoted[1].replace('""', '"'))
            at = quoted.end()
        else:
            plain = _FIELD.match(text, at)
            assert plain is not None
            fields.append(plain[0])
            at = plain.end()
        if text.startswith(",", at):
            at += 1
            continue
        end = _END.match(text, at)
        if end is None:
            found = text[at : at + 12]
            return fields, f"{found!r} follows the quote of column {len(fields)}", at
        return fields, "", end.end()


def members(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the line of each row of a table, and the row as a table of its own on the same line."""
    head: Row | None = None
    for row in rows(utf_8(data).decode()):
        if head is None:
            head = row
        else:
            gap = "\n" * max(row.line - 1 - _lines(head.source), 0)
            yield row.line, (head.source + gap + row.source).encode()


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read the one record of a table; what is not taken apart is kept as text, with a warning.

    Raises ReadError if the table has several records, none, or a row that is broken.
    """
    try:
        text = utf_8(data).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason})"
        raise fatal(f"line {line}", "encoding", message, LINK) from None
    head, *found = rows(text) if text.strip() else [Row(1, [], "", "")]
    names = [name.strip() for name in head.fields]
    if "NCT Number" not in names or head.wrong:
        said = head.wrong or f"the columns are {', '.join(names)[:_SHOWN]!r}"
        raise fatal("line 1", "columns", f"{said}, expected NCT Number and others", LINK)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise fatal("line 1", "columns", f"the column {twice!r} stands twice, expected once", LINK)
    if len(found) != 1:
        said = f"{len(found)} rows, expected one: {EACH}"
        raise fatal(f"line {found[1].line if found else 1}", "one-study", said, LINK)
    (row,) = found
    if row.wrong:
        raise fatal(f"line {row.line}", "row", row.wrong, LINK)
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
