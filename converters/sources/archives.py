"""What is packed: the entries of a zip archive, and what a file of gzip or Zstandard holds.

All are unpacked as they are read, on account of a budget: a small file may expand to fill a disk.
"""

import gzip
import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Final, cast

from trialbridge.extras import MissingExtra
from trialbridge.io.files import zstandard
from trialbridge.schemas.syntax.zip.entries import BROKEN, odd_method
from trialbridge.schemas.syntax.zip.pages import pages
from trialbridge.sources import PIECE, Reader, Source
from trialbridge.sources.cut import LastOnes

RATIO: Final = 200
"""How many times its own size an archive may expand to. JSON packs 10 to 50 times."""

_PACKED: Final = 1 << 8
"""How many bytes of Zstandard are unpacked in one piece: they may become 8 MiB."""

FLOOR: Final = 1 << 20
"""What any archive may expand to, in bytes: a small one may well be all blanks."""

CEILING: Final = 64 << 30
"""What no archive may expand to, in bytes: the whole registry has some 20 GB."""

ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
GZIP: Final = b"\x1f\x8b"
ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"

_LEADS_OUT: Final = re.compile(r"[/\\]|[A-Za-z]:|(?:.*[/\\])?\.\.(?:[/\\]|$)", re.DOTALL)


def entries(file: IO[bytes], at: Source, limit: int, reader: Reader) -> Iterator[Source]:
    """Give what a reader makes of each entry of a zip archive."""
    budget = _Budget(file.seek(0, os.SEEK_END))
    try:
        for archive in pages(file):
            for entry in archive.infolist():
                yield from _entry(archive, entry, at, limit, reader, budget)
    except _Spent:
        yield at.wrong("archive-size", budget.refusal("the archive"))
    except BROKEN as error:
        yield at.wrong("archive", f"not a zip archive that can be read: {_reason(error)}")


def _entry(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    at: Source,
    limit: int,
    reader: Reader,
    budget: "_Budget",
) -> Iterator[Source]:
    """Give what a reader makes of an entry. Raises _Spent."""
    here = at._replace(inner=entry.filename, found=True)
    name = entry.filename.rpartition("/")[2]
    odd = _LEADS_OUT.match(entry.filename) or entry.filename != entry.orig_filename
    hidden = name.startswith(".") or entry.filename.startswith("__MACOSX/")
    if entry.is_dir() or (hidden and not odd):
        return
    if odd:
        message = "the name leads out of the archive: harmless here, where nothing is extracted"
        here = here.wrong("entry-name", message, "warning")
    if here.suffix in (".zip", ".gz", ".zst"):
        message = "an archive in an archive is not opened, expected the records themselves"
        yield here.wrong("nested-archive", message)
    elif entry.flag_bits & 1:
        yield here.wrong("encrypted", "the entry is encrypted")
    elif method := odd_method(entry):
        yield here.wrong("compression", method)
    else:
        try:
            with archive.open(entry) as packed:
                yield from _unpacked(_Rationed(packed, budget), here, limit, reader, "the entry")
        except BROKEN as error:
            yield here.wrong("archive", f"the entry cannot be unpacked: {_reason(error)}")


def unzipped(file: IO[bytes], at: Source, limit: int, reader: Reader) -> Iterator[Source]:
    """Give what a reader makes of what a file of gzip or Zstandard holds.

    https://www.rfc-editor.org/rfc/rfc1952, https://www.rfc-editor.org/rfc/rfc8878
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    is_zstandard = file.read(len(ZSTANDARD)) == ZSTANDARD
    file.seek(0)
    budget = _Budget(size)
    try:
        with _Zstandard(file) if is_zstandard else gzip.GzipFile(fileobj=file) as packed:
            yield from _unpacked(_Rationed(packed, budget), at, limit, reader, "the file")
    except _Spent:
        yield at.wrong("archive-size", budget.refusal("the file"))
    except MissingExtra as error:
        yield at.wrong("compression", str(error))


def _unpacked(
    packed: "_Rationed", at: Source, limit: int, reader: Reader, what: str
) -> Iterator[Source]:
    """Give what a reader makes of what is unpacked; where that breaks off, what is whole before.

    Raises _Spent.
    """
    last, any_given = LastOnes(), False
    try:
        stream = io.BufferedReader(packed, PIECE)
        for source in last.passing(reader(cast(IO[bytes], stream), at, limit)):
            any_given = True
            yield source
    except _Spent:
        yield from last.rest()
        raise
    if not packed.broken:
        yield from last.rest()
        return
    for source in last.whole(packed.line):
        any_given = True
        yield source
    message = f"{what} cannot be unpacked: {packed.broken}"
    if any_given:
        message = (
            f"{what} breaks off in line {packed.line:,}, after {packed.size:,} bytes of what it"
            f" holds: {packed.broken}; records that are whole before that are read"
        )
    yield at.wrong("archive", message)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or repr(error)


class _Spent(Exception):
    """An archive has given more than it may."""


class _Budget:
    """The bytes that an archive may still expand to, counted as they come: headers lie."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.most = min(max(FLOOR, RATIO * size), CEILING)
        self.left = self.most

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _Spent

    def refusal(self, what: str) -> str:
        return (
            f"{what} expands to more than {self.most:,} bytes "
            f"(it has {self.size:,}): refused as a zip bomb"
        )


class _Zstandard(io.RawIOBase):
    """What a file of Zstandard holds, one frame after another; one that is cut off is broken.

    The library's own reader takes the end of the file for the end of a frame.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Raises MissingExtra."""
        library = zstandard()
        self._error = library.ZstdError
        self._frame = library.ZstdDecompressor().decompressobj
        self._file = file
        self._open: Any = None
        self._ready = b""

    def read(self, size: int = -1) -> bytes:
        """Raises OSError for what is not of Zstandard."""
        while not self._ready:
            piece = self._file.read(_PACKED)
            if not piece:
                if self._open is not None:
                    raise EOFError("it ends inside a frame")
                break
            while piece:
                self._open = self._open or self._frame()
                try:
                    self._ready += self._open.decompress(piece)
                except self._error as error:
                    raise OSError(str(error)) from error
                piece = self._open.unused_data if self._open.eof else b""
                if self._open.eof:
                    self._open = None
        given, self._ready = self._ready[:size], self._ready[size:]
        return given


class _Rationed(io.RawIOBase):
    """What is unpacked, on account of a budget; it ends where the packed bytes are broken.

    `broken` says then why, `size` and `line` where.
    """

    def __init__(self, file: "IO[bytes] | gzip.GzipFile | _Zstandard", budget: _Budget) -> None:
        # All that is there before it breaks off.
        self._read: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._budget = budget
        self.broken, self.size, self.line = "", 0, 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        if self.broken:
            return 0
        try:
            piece = self._read(len(buffer))
        except BROKEN as error:
            self.broken = _reason(error)
            return 0
        self._budget.take(len(piece))
        self.size += len(piece)
        self.line += piece.count(b"\n")
        buffer[: len(piece)] = piece
        return len(piece)
