"""Pipe-delimited files as PostgreSQL writes them: CSV with pipes, a first line of names.

An empty cell that is quoted is an empty text, one that is not is none.
https://www.postgresql.org/docs/current/sql-copy.html
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_ENDS = re.compile(r"\r\n|\n|\r")
_QUOTED = re.compile(r'"((?:[^"]|"")*+)"')
_PLAIN = re.compile(r"[^|\r\n]*")
_ODD = re.compile(r'[|"\r\n]')
# As rows of any table begin: with their id and that of the study.
_BEGINS = re.compile(r"(?:\r\n|\n|\r)(?=[0-9]+\|NCT[0-9]{8}[|\r\n]|NCT[0-9]{8}\|)")

Cells = list[str | None]


class Line(NamedTuple):
    """A row: the line that it begins on, its cells, why it is none, and its text."""

    number: int
    cells: Cells
    wrong: str
    text: str


def read(text: str) -> Iterator[Line]:
    """Take a file apart, the names of columns first; empty lines are passed over.

    Behind a row that is broken the next is looked for where a line begins as rows do.
    """
    at, number, width = 0, 1, 0
    end = len(text)
    while at < end:
        found = _ENDS.search(text, at)
        stop, after = found.span() if found else (end, end)
        wrong = ""
        cells: Cells
        if '"' not in (line := text[at:stop]):
            cells = [cell or None for cell in line.split("|")] if line else []
        else:
            cells, wrong, stop = _cells(text, at)
            found = _ENDS.match(text, stop)
            after = found.end() if found else stop
        if cells and not wrong and width and len(cells) != width:
            wrong = f"{len(cells)} cells, expected {width}"
        if wrong:
            begun = _BEGINS.search(text, at + 1)
            stop, after = begun.span() if begun else (end, end)
        if cells or wrong:
            yield Line(number, cells, wrong, text[at:stop])
            width = width or len(cells)
        number += 1 if after - stop == 0 else len(_ENDS.findall(text, at, after))
        at = after


def _cells(text: str, at: int) -> tuple[Cells, str, int]:
    """The cells of a row, what is wrong with it, and where it ends."""
    cells: Cells = []
    while True:
        if text.startswith('"', at):
            quoted = _QUOTED.match(text, at)
            if quoted is None:
                return cells, f"the quote of cell {len(cells) + 1} is not closed", at
            cells.append(quoted[1].replace('""', '"'))
            at = quoted.end()
            if at < len(text) and text[at] not in "|\r\n":
                found = text[at : at + 12]
                return cells, f"{found!r} follows the quote of cell {len(cells)}", at
        else:
            plain = _PLAIN.match(text, at)
            assert plain is not None
            cells.append(plain[0] or None)
            at = plain.end()
        if not text.startswith("|", at):
            return cells, "", at
        at += 1


def written(cells: Iterable[str | None]) -> str:
    """A row as a line, without its end."""
    return "|".join(
        "" if cell is None else f'"{cell.replace(chr(34), chr(34) * 2)}"' if _quotes(cell) else cell
        for cell in cells
    )


def _quotes(cell: str) -> bool:
    return not cell or cell == "\\." or _ODD.search(cell) is not None
