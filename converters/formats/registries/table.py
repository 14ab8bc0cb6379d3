"""Rows of a CSV table that may be broken: each with its line, or why it is none.

https://www.rfc-editor.org/rfc/rfc4180
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_FIELD = re.compile(r'[^",\r\n][^,\r\n]*|(?=[,\r\n])|\Z')
_QUOTED = re.compile(r'"((?:[^"]|"")*+)"')
_END = re.compile(r"\r\n|\n|\r|\Z")
_EMPTY = re.compile(r"[ \t]*(?:\r\n|\n|\r)")


class Row(NamedTuple):
    """A row: the line that it begins in, its texts, or why it is none, and what it is made of."""

    line: int
    fields: list[str]
    wrong: str
    source: str


def rows(text: str, begins: re.Pattern[str]) -> Iterator[Row]:
    """Take a table apart, its first row the names of columns; empty lines are passed over.

    Behind a row that is broken the next is looked for where a line begins as rows do (`begins`).
    """
    at, line, width = 0, 1, 0
    while at < len(text):
        if end := _EMPTY.match(text, at):
            at, line = end.end(), line + 1
            continue
        fields, wrong, after = _fields(text, at)
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
