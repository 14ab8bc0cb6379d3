"""Make sources of paths, standard input, bytes and streams, by what they hold."""

import codecs
import io
import os
import stat
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

import msgspec

from trialbridge.api import SIZE_VARIABLE
from trialbridge.formats.folders import has_tables, is_one_record, packed, tables_in
from trialbridge.io.encoding import utf_8
from trialbridge.schemas.problem import ReadError
from trialbridge.sources import PIECE, STDIN, Source, lines, rejoined, unknown, why_unknown
from trialbridge.sources.archives import GZIP, ZIP, ZSTANDARD, entries, unzipped
from trialbridge.sources.lists import members, opening

if TYPE_CHECKING:
    from trialbridge.formats.registries.aact.package import Part

_LINES: Final = (".ndjson", ".jsonl")
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def sources(paths: Iterable[str], limit: int, stdin: BinaryIO | None) -> Iterator[Source]:
    """Give the sources that paths stand for, in order; `-` is standard input.

    `limit` is the largest size of one source, in bytes.
    """
    for path in paths:
        if path == "-":
            yield from standard_input(stdin, limit)
        else:
            yield from at_path(path, limit)


def at_path(path: str, limit: int, *, together: bool = False) -> Iterator[Source]:
    """Give the sources that a path stands for.

    A folder is walked by name; what begins with a dot is left out, as are links to folders.
    `together` is whether studies of FHIR's Bulk Data come with what they refer to; else each
    resource comes alone.
    """
    try:
        is_folder = os.path.isdir(path)
    except ValueError:
        # A NUL in the name, which is told where it is opened.
        is_folder = False
    yield from _folder(path, limit, together) if is_folder else _file(Source(path), limit)


def standard_input(stdin: BinaryIO | None, limit: int) -> Iterator[Source]:
    """Give the sources that standard input holds."""
    at = Source(STDIN)
    if stdin is None:
        yield at.wrong("unreadable", "cannot be read: it is closed")
        return
    try:
        yield from streamed(stdin, at, limit)
    except OSError as error:
        yield at.wrong("unreadable", f"cannot be read: {error.strerror}")


def streamed(file: IO[bytes], at: Source, limit: int) -> Iterator[Source]:
    """Give the sources of a stream that cannot be read twice."""
    head = file.read(len(ZSTANDARD))
    again = rejoined(head, file)
    if not head.startswith((GZIP, ZSTANDARD, *ZIP)):
        yield from document(again, at, limit)
        return
    # An archive has its directory at its end.
    data = _up_to(again, limit)
    if len(data) > limit:
        yield _too_large(at, limit)
        return
    yield from document(io.BufferedReader(io.BytesIO(data)), at, limit)


def _folder(path: str, limit: int, together: bool) -> Iterator[Source]:
    unreadable: list[OSError] = []
    for folder, folders, files in os.walk(path, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        used = yield from _record_of(folder, files, limit)
        if together:
            used |= yield from _export(folder, files, limit)
        for name in sorted(files):
            if not name.startswith(".") and name not in used:
                file = os.path.normpath(os.path.join(folder, name))
                yield from _file(Source(file, found=True), limit)
        while unreadable:
            yield _not_read(Source(path), unreadable.pop())
    while unreadable:
        yield _not_read(Source(path), unreadable.pop())


def _record_of(
    folder: str, files: list[str], limit: int
) -> Generator[Source, None, frozenset[str]]:
    """Give the record that files of a folder are together, and their names."""
    tables: list[str] = []
    try:
        if tables := tables_in(folder, files):
            from trialbridge.formats.registries.aact import splitting

            at = Source(os.path.normpath(folder))
            yield from _studies(splitting.of_folder(folder, tables), at, limit)
            return frozenset(tables)
        found = packed(folder, files, limit)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        yield Source(folder).wrong("unreadable", f"cannot be read: {reason}")
        return frozenset(tables)
    if found is None:
        return frozenset()
    yield Source(os.path.normpath(folder), data=found.data)
    return found.names


def _export(folder: str, files: list[str], limit: int) -> Generator[Source, None, frozenset[str]]:
    """Give the studies of an export of FHIR's Bulk Data, and the names of its files."""
    if "manifest.json" not in files:
        return frozenset()
    from trialbridge.sources import bulk

    export = bulk.export_in(folder, files)
    if export is None:
        return frozenset()
    yield from bulk.studies(os.path.normpath(folder), export, limit)
    return frozenset([bulk.MANIFEST, *export.studies, *export.others])


def _studies(parts: "Iterator[Part]", at: Source, limit: int) -> Iterator[Source]:
    """Give each study of tables that have the rows of many."""
    try:
        for part in parts:
            one = at._replace(pointer=f"/{part.name}" if part.name else "")
            if len(part.data) > limit:
                yield _too_large(one, limit)
            else:
                yield one._replace(data=part.data)
    except ReadError as error:
        yield at._replace(problems=(*at.problems, *error.problems))


def _not_read(at: Source, error: OSError) -> Source:
    place = at._replace(file=os.fsdecode(error.filename or at.file))
    return place.wrong("unreadable", f"cannot be read: {error.strerror}")


def _file(at: Source, limit: int) -> Iterator[Source]:
    try:
        # To open a pipe that nobody writes to would wait for ever.
        if at.found and not stat.S_ISREG(os.stat(at.file).st_mode):
            yield at.aside("no regular file")
            return
        with open(at.file, "rb", buffering=PIECE) as file:
            if not at.found and not file.seekable():
                yield from streamed(file, at, limit)
            else:
                yield from document(file, at, limit)
    except OSError as error:
        yield at.wrong("unreadable", f"cannot be read: {error.strerror}")
    except ValueError as error:
        # A NUL in the name.
        yield at.wrong("unreadable", f"cannot be read: {error}")


def document(file: IO[bytes], at: Source, limit: int) -> Iterator[Source]:
    """Give the sources of a file: by the end of its name, else by its content."""
    head = cast(io.BufferedReader, file).peek(len(ZSTANDARD))[: len(ZSTANDARD)]
    # Many files are archives, spreadsheets too, that are of no interest in a folder.
    if at.suffix == ".zip" or (head in ZIP and not at.found):
        if file.seekable() and is_one_record(file):
            data = _up_to(file, limit)
            yield _too_large(at, limit) if len(data) > limit else at._replace(data=data)
            return
        if file.seekable() and has_tables(file):
            from trialbridge.formats.registries.aact import splitting

            yield from _studies(splitting.of_zip(file), at, limit)
            return
        yield from entries(file, at, limit, document)
    elif at.suffix in (".gz", ".zst") or (
        (head.startswith(GZIP) or head == ZSTANDARD) and not at.found
    ):
        inner = os.path.splitext(at.inner or at.file)[0].lower()
        yield from unzipped(file, at, limit, _lines if inner.endswith(_LINES) else _content)
    elif at.suffix in _LINES:
        yield from _lines(file, at, limit)
    else:
        yield from _content(file, at, limit)


def _content(file: IO[bytes], at: Source, limit: int) -> Iterator[Source]:
    """Give the records of lines or a list, if a file holds one, else the file as one document."""
    first = file.readline(limit + 1)
    a_line = first.endswith(b"\n") and first.lstrip(b"\xef\xbb\xbf \t").startswith(b"{")
    if a_line and (following := _next_line(file, limit)):
        blanks, line = following
        if _one_object(first):
            yield from _lines(rejoined(first + blanks + line, file), at, limit)
            return
        first += blanks + line
    rest = rejoined(first, file)
    data = _up_to(rest, limit)
    if data.startswith(_WIDE) and len(data) <= limit:
        with suppress(ReadError):
            # What is wrong with its encoding is told by its reader.
            data = utf_8(data)
    if opening(data):
        yield from members(data, rest, at, limit)
    elif len(data) <= limit:
        yield at._replace(data=data)
    elif at.found and (why := why_unknown(data[:PIECE], whole=False)):
        # Too large to look at as a whole, but its beginning tells if it is for us.
        yield at.aside(why[0].message)
    else:
        yield _too_large(at, limit)


def _too_large(at: Source, limit: int) -> Source:
    message = f"larger than the limit of {limit:,} bytes; {SIZE_VARIABLE} raises it"
    return at.wrong("size", message)


def _up_to(file: IO[bytes], limit: int) -> bytes:
    """Read a file to its end, or to one byte more than the limit."""
    # Piece by piece: one read of the limit would claim that much memory for the smallest file.
    data = bytearray()
    while piece := file.read(min(1 << 20, limit + 1 - len(data))):
        data += piece
    return bytes(data)


def _one_object(line: bytes) -> bool:
    """Tell if a line is a whole JSON object."""
    try:
        msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _next_line(file: IO[bytes], limit: int) -> tuple[bytes, bytes] | None:
    """Give the next line that is not blank, after the blank ones before it."""
    blanks = b""
    while len(blanks) <= limit and (line := file.readline(limit + 1)):
        if line.strip():
            return blanks, line
        blanks += line
    return None


def _lines(file: IO[bytes], at: Source, limit: int) -> Iterator[Source]:
    """Give each line of an NDJSON file that is not blank."""
    found, any_record = at.found, False
    for here, _ in lines(file, at, limit):
        if found and not any_record and here.data is not None:
            if (why := why_unknown(here.data)) and (reason := unknown(here, why)[0]):
                yield at.aside(reason)
                return
            # A file whose first record is one of ours is ours.
            found = False
        any_record = True
        yield here if found == at.found else here._replace(found=found)
    if not any_record:
        yield at.wrong("empty", "the source is empty: it has no record")
