"""Rows of a table that may be broken: each with its line, or why it is none.

https://www.rfc-editor.org/rfc/rfc4180
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import EACH

_SHOWN = 40
_FIELD = re.compile(r'[^",\r\n][^,\r\n]*|(?=[,\r\n])|\Z')
_QUOTED = re.compile(r'"((?:[^"]|"")*+)"')
_END = re.compile(r"\r\n|\n|\r|\Z")
_LINE = re.compile(rf"([^\r\n]*+)(?:{_END.pattern})")
_EMPTY = re.compile(r"[ \t]*(?:\r\n|\n|\r)")


class Row(NamedTuple):
    """A row: the line that it begins in, its texts, or why it is none, and what it is made of."""

    line: int
    fields: list[str]
    wrong: str
    source: str


def rows(text: str, begins: re.Pattern[str], *, tabs: bool = False) -> Iterator[Row]:
    """Take a table apart, its first row the names of columns; empty lines are passed over.

    With `tabs` these are between columns, of which none is quoted. Behind a row that is broken the
    next is looked for where a line begins as rows do (`begins`).
    """
    at, line, width = 0, 1, 0
    while at < len(text):
        if end := (_END if tabs else _EMPTY).match(text, at):
            at, line = end.end(), line + 1
            continue
        fields, wrong, after = _tabbed(text, at) if tabs else _fields(text, at)
        if not wrong and width and len(fields) != width:
            wrong = f"{len(fields)} columns, expected {width}"
        if wrong and (begun := begins.search(text, at + 1)):
            after = begun.start()
        elif wrong:
            after = len(text)
        source = text[at:after]
        yield Row(line, fields, wrong, source)
        width = width or len(fields)
        line += ends_of_lines(source)
        at = after


def only(found: list[Row], key: str, link: str) -> tuple[list[str], Row]:
    """Give the names of the columns and the one row of a table.

    Raises ReadError if no column has the name `key`, or one stands twice, if the table has several
    rows or none, or if the row is broken.
    """
    head, *below = found or [Row(1, [], "", "")]
    names = [name.strip() for name in head.fields]
    if key not in names or head.wrong:
        said = head.wrong or f"the columns are {', '.join(names)[:_SHOWN]!r}"
        raise fatal("line 1", "columns", f"{said}, expected {key} and others", link)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise fatal("line 1", "columns", f"the column {twice!r} stands twice, expected once", link)
    if len(below) != 1:
        said = f"{len(below)} rows, expected one: {EACH}"
        raise fatal(f"line {below[1].line if below else 1}", "one-study", said, link)
    (row,) = below
    if row.wrong:
        raise fatal(f"line {row.line}", "row", row.wrong, link)
    return names, row


def ends_of_lines(text: str) -> int:
    """Count the ends of lines in a text."""
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


def _tabbed(text: str, at: int) -> tuple[list[str], str, int]:
    """The texts of a row with tabs between them, and where it ends."""
    line = _LINE.match(text, at)
    assert line is not None
    return line[1].split("\t"), "", line.end()
