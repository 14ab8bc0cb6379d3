"""CTTI's copy of ClinicalTrials.gov, AACT: a zip of its pipe-delimited tables, one record or many.

https://aact.ctti-clinicaltrials.org/downloads
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Final, NamedTuple

import msgspec

from trialbridge.formats.registries.aact import pipes
from trialbridge.mappings.registries.aact.document import (
    LINK,
    REFERENCES,
    columns,
    joins,
    not_read,
    rows_of,
    trial_from,
)
from trialbridge.mappings.registries.aact.rows import Cells, Row
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import EACH, Problem, ReadError
from trialbridge.schemas.syntax.zip.entries import BROKEN, odd_method, opened
from trialbridge.schemas.syntax.zip.pages import first_page
from trialbridge.schemas.trial import Trial

STUDIES: Final = "studies.txt"
LINES: Final = ".lines.json"
"""A member of what was taken out of tables of many: the lines that its rows had there."""

_lines: Final = msgspec.json.Decoder(dict[str, list[int]])
LIMIT: Final = 1 << 30
"""The most bytes that tables have, all together and not packed."""

# A member that is encrypted is a RuntimeError to zipfile.
_BROKEN = (*BROKEN, RuntimeError)
_BEGINS = re.compile(r"(?:[0-9]+\|)?(NCT[0-9]{8})(?=[|\r\n]|\Z)")
_HEAD: Final = 4_096
_SHOWN: Final = 60
# The earliest time that a zip can state: the same at every run.
_TIME: Final = (1980, 1, 1, 0, 0, 0)


def table_of(name: str) -> str | None:
    """The table that a file of a name has, None if it is none of AACT's."""
    stem = name.rpartition("/")[2].removesuffix(".txt")
    return stem if name.endswith(".txt") and stem in columns() else None


def looks_like_one(head: bytes) -> bool:
    """Tell by its beginning if a file is one of the tables: its first columns are their keys."""
    return head.removeprefix(b"\xef\xbb\xbf").startswith((b"nct_id|", b"id|nct_id|"))


def holds_one(archive: IO[bytes]) -> bool:
    """Tell if a zip has tables of AACT."""
    try:
        with first_page(archive) as tables:
            for entry in tables.infolist():
                if table_of(entry.filename) is not None:
                    if odd_method(entry):
                        # The reader says why it is not unpacked.
                        return True
                    with opened(tables, entry) as file:
                        return looks_like_one(file.read(_HEAD))
    except _BROKEN:
        return False
    return False


def is_one(data: bytes) -> bool:
    """Tell if bytes are a zip of tables of AACT."""
    return data.startswith(b"PK\x03\x04") and holds_one(io.BytesIO(data))


# --- writing -------------------------------------------------------------------------------------


def write(trial: Trial) -> tuple[bytes, list[Problem]]:
    """Write the tables of a record as a zip, all of them, with warnings of what is not in them."""
    tables, problems = rows_of(trial)
    return _written(tables), problems


def write_untold(trial: Trial) -> bytes:
    """Write as `write` does, without warnings."""
    return _written(rows_of(trial, told=False)[0])


def _written(tables: dict[str, list[Cells]]) -> bytes:
    members = {}
    for name, types in columns().items():
        lines = ["|".join(types)]
        lines += (pipes.written(map(row.get, types)) for row in tables.get(name, ()))
        members[f"{name}.txt"] = ("\n".join(lines) + "\n").encode()
    return zipped(members)


def shifted(data: bytes, above: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Give the rows of each table of a zip that `write` made, with ids that go on from others.

    `above` is the highest id of each table so far, and goes on with these.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    counts: dict[str, int] = {}
    for name, text in found.items():
        table = name.removesuffix(".txt")
        head, *lines = pipes.read(text)
        moved = [
            (place, above.get(table if column == "id" else REFERENCES[column or ""], 0))
            for place, column in enumerate(head.cells)
            if column == "id" or column in REFERENCES
        ]
        for line in lines:
            for place, by in moved:
                own = line.cells[place]
                if own is not None:
                    line.cells[place] = str(int(own) + by)
        counts[table] = len(lines)
        yield table, "".join(f"{pipes.written(line.cells)}\n" for line in lines)
    for table, count in counts.items():
        above[table] = above.get(table, 0) + count


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip that is not packed: what deflates gives other bytes by its version."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return file.getvalue()


# --- reading -------------------------------------------------------------------------------------


class _File(NamedTuple):
    """A table that is there: the names of its columns, and its rows."""

    name: str
    names: list[str]
    lines: list[pipes.Line]


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read the one record of a zip of tables; a table or column that is not there says nothing.

    Raises ReadError if there is no `studies.txt`, a table has not its columns, a row is broken, or
    there are several records.
    """
    files = _files(data)
    studies = files["studies"]
    if len(studies.lines) != 1:
        raise _not_one(files)
    for file in files.values():
        for line in file.lines:
            if line.wrong:
                raise fatal(f"{file.name}.txt, line {line.number}", "row", line.wrong, LINK)
    tables = {name: _rows(file) for name, file in files.items()}
    own = tables["studies"][0].cells["nct_id"]
    if own is None:
        place = f"{STUDIES}, line {studies.lines[0].number}"
        raise fatal(place, "no-id", "the study has no nct_id", LINK)
    for name, rows in tables.items():
        for row in rows:
            if row.cells["nct_id"] != own:
                said = f"{row.cells['nct_id']!r:.60} is no study of {STUDIES}, which has {own!r}"
                raise fatal(f"{name}.txt, line {row.line}", "other-study", said, LINK)
    trial, problems = trial_from(tables)
    return trial, [*problems, *not_read(tables)]


def _not_one(files: dict[str, _File]) -> ReadError:
    """Say why the tables have not one record."""
    lines = files["studies"].lines
    if lines:
        ids = {_study_of(files["studies"], line) for line in lines}
        place = f"{STUDIES}, line {lines[1].number}"
        if len(ids) == 1:
            said = f"the study {ids.pop()!r:.60} stands twice, expected once"
            return fatal(place, "twice", said, LINK)
        said = f"{len(lines)} studies, expected one: {EACH}"
        return fatal(place, "one-study", said, LINK)
    for file in files.values():
        for line in file.lines:
            others = sum(len(one.lines) for one in files.values()) - 1
            said = line.wrong or f"{_study_of(file, line)!r:.60} is no study of {STUDIES}"
            said += f", nor are those of {others} more rows" if others else ""
            return fatal(f"{file.name}.txt, line {line.number}", "other-study", said, LINK)
    return fatal(f"{STUDIES}, line 1", "no-study", "there is no study in it", LINK)


def _study_of(file: _File, line: pipes.Line) -> str | None:
    """The id of the study that a row is of; of one that is broken, if it can be seen."""
    if line.wrong:
        begun = _BEGINS.match(line.text)
        return begun[1] if begun else None
    return line.cells[file.names.index("nct_id")]


class Part(NamedTuple):
    """A study's name in tables of many, and its own tables, which know their lines in those."""

    name: str
    data: bytes

    def place(self, path: str) -> str:
        """Give a path of its own tables as it is in the whole: the same."""
        return path


def parts(data: bytes) -> Iterator[Part]:
    """Give the records of a zip of tables, and the rows that are of none of them, if any."""
    from trialbridge.formats.registries.aact import splitting

    return splitting.of_zip(io.BytesIO(data))


def _rows(file: _File) -> list[Row]:
    """The rows of a table in the order of their ids, which is that of the record."""
    rows = [Row(line.number, dict(zip(file.names, line.cells, strict=True))) for line in file.lines]
    if file.names[0] == "id":
        rows.sort(key=_by_id)
    return rows


def _by_id(row: Row) -> tuple[bool, int]:
    own = row.cells["id"] or ""
    return (False, int(own)) if own.isascii() and own.isdecimal() else (True, row.line)


def unpacked(archive: IO[bytes]) -> dict[str, bytes]:
    """The bytes of each table of a zip. Raises ReadError if it cannot be read, or is too large."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(archive) as tables:
            size = sum(entry.file_size for entry in tables.infolist())
            for entry in tables.infolist():
                table = table_of(entry.filename)
                if table in found:
                    said = f"the table {table} is in the zip before, expected once"
                    raise fatal(entry.filename, "twice", said, LINK)
                if table is not None and size <= LIMIT:
                    with opened(tables, entry) as file:
                        found[table] = file.read()
    except _BROKEN as error:
        raise fatal("", "archive", f"the zip cannot be read: {error}", LINK) from error
    if size > LIMIT:
        said = f"the tables have {size:,} bytes, expected {LIMIT:,} at most: unpack them"
        raise fatal("", "size", f"{said} into a folder", LINK)
    return found


def _files(data: bytes) -> dict[str, _File]:
    """The tables of a zip. Raises ReadError if one is no table, or there is no `studies.txt`."""
    found = unpacked(io.BytesIO(data))
    lines = _lines_in(data)
    files = {table: file_of(table, text, lines.get(table, [])) for table, text in found.items()}
    if "studies" not in files:
        there = ", ".join(f"{name}.txt" for name in sorted(found))
        said = f"there is no {STUDIES}, which has a row for each study; found {there:.{_SHOWN}}"
        raise fatal(STUDIES, "no-study", said, LINK)
    return files


def _lines_in(data: bytes) -> dict[str, list[int]]:
    """The lines that the rows of each table had in those that they were taken from."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            with opened(archive, archive.getinfo(LINES)) as file:
                found: dict[str, list[int]] = _lines.decode(file.read())
            return found
    except (KeyError, msgspec.DecodeError, *_BROKEN):
        return {}


def file_of(table: str, data: bytes, lines: Sequence[int] = ()) -> _File:
    """A table of its bytes; `lines` are those that its rows had elsewhere. Raises ReadError."""
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        if lines:
            row = sum(1 for _ in pipes.read(f"{data[: error.start].decode()}?")) - 2
            number = lines[max(0, min(row, len(lines) - 1))]
        said = f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason})"
        raise fatal(f"{table}.txt, line {number}", "encoding", said, LINK) from None
    head, *rows = list(pipes.read(text)) or [pipes.Line(1, [], "", "")]
    names = [name or "" for name in head.cells]
    for name in joins()[table]:
        if name not in names:
            said = f"there is no column {name}; the columns are {', '.join(names):.{_SHOWN}}"
            raise fatal(f"{table}.txt, line 1", "columns", said, LINK)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        said = f"the column {twice!r} stands twice, expected once"
        raise fatal(f"{table}.txt, line 1", "columns", said, LINK)
    moved = [row._replace(number=line) for row, line in zip(rows, lines, strict=False)]
    return _File(table, names, [*moved, *rows[len(moved) :]])
