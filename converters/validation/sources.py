"""What a path given to `validate` stands for: a file, the files of a folder, the records of an
NDJSON file, the entries of a zip archive, standard input.

Sources come one at a time, so memory is bounded by the largest of them, which the size limit
bounds. Nothing is ever extracted from an archive to a disk. What is wrong with a source before it
is a record is a problem of that source, never an exception.
"""

import errno
import io
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, BinaryIO, Final, NamedTuple, cast

import msgspec

from trialbridge.api import drain
from trialbridge.formats.sniff import recognise
from trialbridge.schemas.problem import Problem, ReadError, Severity

STDIN: Final = "<stdin>"

RATIO: Final = 200
"""How many times its own size an archive may expand to. JSON packs 10 to 50 times."""

FLOOR: Final = 1 << 20
"""What any archive may expand to, in bytes: a small one may well be all blanks."""

CEILING: Final = 64
"""How many times the size limit of one source an archive may expand to."""

ENTRIES: Final = 100_000
"""How many entries an archive may have: some 500 bytes of memory each."""

DIRECTORY: Final = 16 << 20
"""How many bytes the directory of an archive may have. It is read as a whole."""

_PIECE: Final = 1 << 16
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_LEADS_OUT: Final = re.compile(r"[/\\]|[A-Za-z]:|(?:.*[/\\])?\.\.(?:[/\\]|$)", re.DOTALL)
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)


class Source(NamedTuple):
    """One document: where it is, what it holds, and what is wrong with it before it is read.

    `inner` is the name in an archive, `line` the line in an NDJSON file, from 1; 0 is the whole.
    `data` is None where there is nothing to check. `found` was not named by the user, but found in
    a folder or archive, where files of other kinds may well be.
    """

    file: str
    inner: str = ""
    line: int = 0
    data: bytes | None = None
    problems: tuple[Problem, ...] = ()
    found: bool = False

    @property
    def document(self) -> str:
        """The name without the line: `exports.zip!a/studies.ndjson`."""
        name = f"{self.file}!{self.inner}" if self.inner else self.file
        # Names of files may have bytes that are no UTF-8, which no report can hold.
        return name.encode(errors="backslashreplace").decode()

    @property
    def name(self) -> str:
        """The name in reports: `exports.zip!a/studies.ndjson:12`."""
        return f"{self.document}:{self.line}" if self.line else self.document

    def wrong(self, code: str, message: str, severity: Severity = "fatal") -> "Source":
        """Give the source with a problem more."""
        problem = Problem(
            severity=severity, layer="file", path=self.name, code=code, message=message
        )
        return self._replace(problems=(*self.problems, problem))


_Reader = Callable[[IO[bytes], Source, int], Iterator[Source]]


def sources(paths: Iterable[str], limit: int, stdin: BinaryIO | None) -> Iterator[Source]:
    """Give the sources that paths stand for, in order; `-` is standard input.

    `limit` is the largest size of one source, in bytes. A folder is walked by name; what begins
    with a dot is left out, as are links to folders.
    """
    for path in paths:
        if path == "-":
            yield from _standard_input(stdin, limit)
        elif os.path.isdir(path):
            yield from _folder(path, limit)
        else:
            yield from _file(Source(path), limit)


def _standard_input(stdin: BinaryIO | None, limit: int) -> Iterator[Source]:
    at = Source(STDIN)
    if stdin is None:
        yield at.wrong("unreadable", "cannot be read: it is closed")
        return
    try:
        first = stdin.readline(limit + 1)
        if _one_object(first) and (following := _next_line(stdin, limit)):
            number, line = following
            yield at._replace(line=1, data=first.rstrip())
            yield from _records(_rejoined(line, stdin), at._replace(line=number), limit)
            return
        data = drain(_rejoined(first, stdin), STDIN, limit)
        if data.startswith(_ZIP):
            yield from _archive(io.BytesIO(data), at, limit)
        else:
            yield at._replace(data=data)
    except ReadError as error:
        yield at._replace(problems=tuple(error.problems))
    except OSError as error:
        yield at.wrong("unreadable", f"cannot be read: {error.strerror}")


def _one_object(line: bytes) -> bool:
    """Tell if a line is a whole JSON object."""
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _next_line(stdin: BinaryIO, limit: int) -> tuple[int, bytes] | None:
    """Give the next line that is not blank, and how many lines are before it with the first."""
    number = 1
    while line := stdin.readline(limit + 1):
        if line.strip():
            return number, line
        number += 1
    return None


def _folder(path: str, limit: int) -> Iterator[Source]:
    unreadable: list[OSError] = []
    for folder, folders, files in os.walk(path, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                file = os.path.normpath(os.path.join(folder, name))
                yield from _file(Source(file, found=True), limit)
        while unreadable:
            yield _not_read(Source(path), unreadable.pop())
    while unreadable:
        yield _not_read(Source(path), unreadable.pop())


def _not_read(at: Source, error: OSError) -> Source:
    place = at._replace(file=os.fsdecode(error.filename or at.file))
    return place.wrong("unreadable", f"cannot be read: {error.strerror}")


def _file(at: Source, limit: int) -> Iterator[Source]:
    try:
        # To open a pipe that nobody writes to would wait for ever.
        if at.found and not stat.S_ISREG(os.stat(at.file).st_mode):
            yield at
            return
        with open(at.file, "rb", buffering=_PIECE) as file:
            reader = _READERS.get(os.path.splitext(at.file)[1].lower())
            if reader is None:
                head = cast(io.BufferedReader, file).peek(4)[:4]
                packed = not at.found and head in _ZIP
                reader = _archive if packed else _whole
            yield from reader(file, at, limit)
    except OSError as error:
        yield at.wrong("unreadable", f"cannot be read: {error.strerror}")
    except ValueError as error:
        # A NUL in the name.
        yield at.wrong("unreadable", f"cannot be read: {error}")


def _whole(file: IO[bytes], at: Source, limit: int) -> Iterator[Source]:
    head = cast(io.BufferedReader, file).peek(_PIECE)[:_PIECE] if at.found else b""
    try:
        yield at._replace(data=drain(cast(BinaryIO, file), at.name, limit))
    except ReadError as error:
        # Too large to look at as a whole, but its beginning tells if it is for us.
        unknown = at.found and not _known(head)
        yield at if unknown else at._replace(problems=(*at.problems, *error.problems))


def _known(data: bytes) -> bool:
    try:
        recognise(data)
    except ReadError:
        return False
    return True


def _records(file: IO[bytes], at: Source, limit: int) -> Iterator[Source]:
    """Give each line of an NDJSON file that is not blank. https://github.com/ndjson/ndjson-spec"""
    number, any_record = at.line, False
    while line := file.readline(limit + 1):
        number += 1
        here = at._replace(line=number)
        if len(line) > limit:
            message = f"a line larger than the limit of {limit:,} bytes"
            yield here.wrong("size", message)
            while line and not line.endswith(b"\n"):
                line = file.readline(_PIECE)
            any_record = True
            continue
        if not line.strip():
            continue
        if at.found and not any_record:
            if not _known(line):
                yield at
                return
            # A file whose first record is one of ours is ours.
            at = at._replace(found=False)
            here = here._replace(found=False)
        any_record = True
        yield here._replace(data=line.rstrip(b"\r\n"))
    if not any_record and not at.line:
        yield at if at.found else at.wrong("empty", "the source is empty: it has no record")


def _archive(file: IO[bytes], at: Source, limit: int) -> Iterator[Source]:
    try:
        size = file.seek(0, os.SEEK_END)
        archive = zipfile.ZipFile(cast(IO[bytes], _Guarded(file)))
    except _BROKEN as error:
        yield at.wrong("archive", f"not a zip archive that can be read: {_reason(error)}")
        return
    entries = archive.infolist()
    if len(entries) > ENTRIES:
        message = f"the archive has {len(entries):,} entries, more than the limit of {ENTRIES:,}"
        yield at.wrong("archive-size", message)
        return
    budget = _Budget(min(max(FLOOR, RATIO * size), CEILING * limit))
    for entry in entries:
        here = at._replace(inner=entry.filename, found=True)
        name = entry.filename.rpartition("/")[2]
        odd = _LEADS_OUT.match(entry.filename) or entry.filename != entry.orig_filename
        hidden = name.startswith(".") or entry.filename.startswith("__MACOSX/")
        if entry.is_dir() or (hidden and not odd):
            continue
        if odd:
            message = "the name leads out of the archive: harmless here, where nothing is extracted"
            here = here.wrong("entry-name", message, "warning")
        suffix = os.path.splitext(name)[1].lower()
        reader = _READERS.get(suffix, _whole)
        if reader is _archive:
            message = "an archive in an archive is not opened, expected the records themselves"
            yield here.wrong("nested-archive", message)
            continue
        if entry.flag_bits & 1:
            yield here.wrong("encrypted", "the entry is encrypted")
            continue
        try:
            with archive.open(entry) as packed:
                unpacked = io.BufferedReader(_Rationed(packed, budget), _PIECE)
                yield from reader(unpacked, here, limit)
        except _Spent:
            message = (
                f"the archive expands to more than {budget.most:,} bytes "
                f"(it has {size:,}): refused as a zip bomb"
            )
            yield at.wrong("archive-size", message)
            return
        except _BROKEN as error:
            yield here.wrong("archive", f"the entry cannot be unpacked: {_reason(error)}")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or repr(error)


# By the end of the name; what is in none of these is one document.
_READERS: Final[dict[str, _Reader]] = {
    ".ndjson": _records,
    ".jsonl": _records,
    ".zip": _archive,
}


class _Spent(Exception):
    """An archive has given more than it may."""


class _Budget:
    """The bytes that an archive may still expand to, counted as they come: headers lie."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.left = most

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _Spent


class _Rationed(io.RawIOBase):
    """An entry of an archive, unpacked on account of the archive's budget."""

    def __init__(self, file: IO[bytes], budget: _Budget) -> None:
        self._file = file
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        piece = self._file.read(len(buffer))
        self._budget.take(len(piece))
        buffer[: len(piece)] = piece
        return len(piece)


class _Rejoined(io.RawIOBase):
    """A stream with a piece that was read from it put back in front."""

    def __init__(self, piece: bytes, file: BinaryIO) -> None:
        self._first = io.BytesIO(piece)
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        piece = self._first.read(len(buffer)) or self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _rejoined(piece: bytes, file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Rejoined(piece, file), _PIECE))


class _Guarded:
    """A file in which no read claims more than a directory may have: zipfile reads it in one."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > DIRECTORY:
            message = f"its directory has {size:,} bytes, more than the limit of {DIRECTORY:,}"
            raise OSError(errno.EFBIG, message)
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        """The file is closed by whoever opened it."""
