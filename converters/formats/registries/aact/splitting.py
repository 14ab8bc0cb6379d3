"""Tables of AACT taken apart into those of each study, however many rows they have.

The tables are looked through once for where the rows of each study are, and these are read when it
is their turn: files of a folder stay on the disk, and what is in memory is an index of rows.
"""

import mmap
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import IO, Final, NamedTuple

import msgspec

from trialbridge.formats.registries.aact import pipes
from trialbridge.formats.registries.aact.package import (
    LINES,
    STUDIES,
    Part,
    file_of,
    table_of,
    unpacked,
    zipped,
)
from trialbridge.schemas.problem import ReadError

Buffer = bytes | mmap.mmap
# As rows of any table begin: what is open there was never closed.
_BEGINS: Final = re.compile(rb"(?:[0-9]+\|)?NCT[0-9]{8}\|")


class _Span(NamedTuple):
    """Where rows of a study are that follow each other: their table, bytes and first line."""

    table: str
    start: int
    end: int
    line: int


def of_folder(folder: str, names: list[str]) -> Iterator[Part]:
    """Give the studies of the tables in a folder. Raises OSError as files do."""
    with ExitStack() as opened:
        tables: dict[str, Buffer] = {}
        for name in names:
            file = opened.enter_context(open(os.path.join(folder, name), "rb"))
            # An empty file cannot be mapped.
            size = os.fstat(file.fileno()).st_size
            table = table_of(name) or ""
            tables[table] = (
                opened.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
                if size
                else b""
            )
        yield from studies(tables)


def of_zip(archive: IO[bytes]) -> Iterator[Part]:
    """Give the studies of the tables in a zip. Raises ReadError if it cannot be unpacked."""
    yield from studies(unpacked(archive))


def studies(tables: Mapping[str, Buffer]) -> Iterator[Part]:
    """Give the tables of each study, and those of rows that are of none, if any.

    Of tables that are none, or have no `studies.txt`, their first lines, whose reader says why. One
    study alone has no name.
    """
    heads = {name: _head(buffer) for name, buffer in tables.items()}
    try:
        places = {name: file_of(name, head).names.index("nct_id") for name, head in heads.items()}
    except ReadError:
        places = {}
    if "studies" not in places:
        yield Part("", zipped({f"{name}.txt": head for name, head in heads.items()}))
        return
    own: dict[bytes, list[_Span]] = {}
    others: list[_Span] = []
    for name in ("studies", *(name for name in tables if name != "studies")):
        buffer = tables[name]
        for span in _spans(name, buffer, len(heads[name])):
            study = _study(buffer[span.start : span.end], places[name])
            if name == "studies" and study:
                own.setdefault(study, [])
            found = own.get(study, others)
            if found and found[-1].table == name and found[-1].end + 1 == span.start:
                found[-1] = found[-1]._replace(end=span.end)
            else:
                found.append(span)
    alone = len(own) == 1 and not others
    for study, spans in own.items():
        name = "" if alone else f"{STUDIES}/{study.decode(errors='replace')}"
        yield Part(name, _packed(tables, heads, spans))
    if others:
        yield Part("others", _packed(tables, heads, others))


def _head(buffer: Buffer) -> bytes:
    end = buffer.find(b"\n")
    return buffer[: len(buffer) if end < 0 else end + 1]


def _spans(table: str, buffer: Buffer, at: int, line: int = 2) -> Iterator[_Span]:
    """Where each row from a place is: a row ends with its line, if no quote is open."""
    while at < len(buffer):
        start, begun = at, line
        end, at = _line(buffer, at)
        line += 1
        quotes = buffer[start:end].count(b'"')
        while quotes % 2 and at < len(buffer):
            after, following = _line(buffer, at)
            text = buffer[at:after]
            if _BEGINS.match(text):
                break
            quotes += text.count(b'"')
            end, at = after, following
            line += 1
        if buffer[start:end].strip():
            yield _Span(table, start, end, begun)


def _line(buffer: Buffer, at: int) -> tuple[int, int]:
    """Where the line from a place ends, and where the next begins."""
    end = buffer.find(b"\n", at)
    return (len(buffer), len(buffer)) if end < 0 else (end, end + 1)


def _study(row: bytes, place: int) -> bytes:
    """The id of the study that a row is of; empty if it cannot be seen."""
    if place < 2:
        cells = row.split(b"|", place + 1)
        found = cells[place].strip() if len(cells) > place else b""
        if not found.startswith(b'"'):
            return found
    line = next(pipes.read(row.decode(errors="replace")), None)
    if line is None or line.wrong or len(line.cells) <= place:
        return b""
    return (line.cells[place] or "").encode()


def _packed(tables: Mapping[str, Buffer], heads: dict[str, bytes], spans: list[_Span]) -> bytes:
    """The rows of some places as tables of their own, with the lines that they had."""
    texts: dict[str, list[bytes]] = {"studies": []}
    lines: dict[str, list[int]] = {}
    for span in spans:
        rows = tables[span.table][span.start : span.end]
        for one in _spans(span.table, rows, 0, span.line):
            texts.setdefault(span.table, []).append(rows[one.start : one.end])
            lines.setdefault(span.table, []).append(one.line)
    members = {
        f"{name}.txt": b"\n".join([heads[name].rstrip(b"\r\n"), *own, b""])
        for name, own in texts.items()
    }
    return zipped({**members, LINES: msgspec.json.encode(lines)})
