"""The directory of a zip archive in pages of bounded size: a registry's has half a million entries.

zipfile reads a directory as a whole, and keeps some 500 bytes of each entry. Here it is given one
page after another, each as an archive that has the same files and no more of the directory.
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 to 4.3.16
"""

import os
import struct
import zipfile
from collections.abc import Iterator
from typing import IO, Final, cast

PAGE: Final = 1 << 20
"""How many bytes of a directory are read at a time: of a registry's archive, 16,000 entries."""

_ENTRY: Final = b"PK\x01\x02"
_ENTRY_SIZE: Final = 46
_LENGTHS: Final = struct.Struct("<3H")
_LENGTHS_AT: Final = 28
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_COMMENT: Final = 0xFFFF


def pages(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Give an archive as several, with a part of its entries each, in their order; one at least.

    An archive that is given is to be used before the next is asked for. Raises zipfile's
    BadZipFile and what else is `BROKEN`, for the first page or a later one.
    """
    start, size, before = _directory(file)
    end = start + size
    while True:
        file.seek(start)
        part = file.read(min(PAGE + _ENTRY_SIZE + 3 * _COMMENT, end - start))
        if len(part) > PAGE or len(part) < end - start:
            part = part[: _cut(part)]
        yield zipfile.ZipFile(cast(IO[bytes], _Window(file, start, part, before)))
        start += len(part)
        if start >= end:
            return


def first_page(file: IO[bytes]) -> zipfile.ZipFile:
    """Give an archive as one of the first of its entries, for who looks for a few. Raises alike."""
    return next(pages(file))


def _directory(file: IO[bytes]) -> tuple[int, int, int]:
    """Find where a directory begins, its size, and how much stands before the archive."""
    length = file.seek(0, os.SEEK_END)
    at = max(0, length - _COMMENT - _END.size)
    file.seek(at)
    tail = file.read()
    found = len(tail) - _END.size
    # An end without a comment, as most have, may have its own signature in its numbers.
    if found < 0 or tail[found : found + 4] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
        found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < _END.size:
        raise zipfile.BadZipFile("File is not a zip file")
    *_, size, offset, _ = _END.unpack_from(tail, found)
    end = at + found
    if wide := _wide(file, end):
        size, offset, end = wide
    start = end - size
    if start < 0 or start < offset:
        raise zipfile.BadZipFile("Bad offset for central directory")
    return start, size, start - offset


def _wide(file: IO[bytes], end: int) -> tuple[int, int, int] | None:
    """Find size and offset in the record for archives of 4 GB and more, and where that is."""
    at = end - _LOCATOR.size - _END_64.size
    if at < 0:
        return None
    file.seek(at)
    data = file.read(_END_64.size + _LOCATOR.size)
    locator, _, _, disks = _LOCATOR.unpack_from(data, _END_64.size)
    if locator != b"PK\x06\x07":
        return None
    if disks > 1:
        raise zipfile.BadZipFile("zipfiles that span multiple disks are not supported")
    signature, *_, size, offset = _END_64.unpack_from(data)
    return (size, offset, at) if signature == b"PK\x06\x06" else None


def _cut(part: bytes) -> int:
    """Give the length of as many whole entries as there are in a page."""
    at = 0
    while at < PAGE:
        after = at + _ENTRY_SIZE
        if part[at : at + 4] != _ENTRY or after > len(part):
            raise zipfile.BadZipFile("Bad magic number for central directory")
        after += sum(_LENGTHS.unpack_from(part, at + _LENGTHS_AT))
        if after > len(part):
            raise zipfile.BadZipFile("Truncated central directory")
        at = after
        if at == len(part):
            break
    return at


class _Window:
    """A file up to its directory, and then a part of that, with the end of an archive."""

    def __init__(self, file: IO[bytes], start: int, part: bytes, before: int) -> None:
        self._file = file
        self._start = start
        size, wide = len(part), start + len(part)
        end = _END_64.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, 0, 0, size, start - before)
        locator = _LOCATOR.pack(b"PK\x06\x07", 0, wide - before, 1)
        none, many = 0xFFFF, 0xFFFFFFFF
        short = _END.pack(b"PK\x05\x06", 0, 0, none, none, many, many, 0)
        self._rest = b"".join((part, end, locator, short))
        self._at = 0

    def read(self, size: int | None = -1) -> bytes:
        left = self._start + len(self._rest) - self._at
        size = left if size is None or size < 0 else min(size, max(0, left))
        found = b""
        if self._at < self._start:
            self._file.seek(self._at)
            found = self._file.read(min(size, self._start - self._at))
        at = self._at + len(found) - self._start
        if len(found) < size and at >= 0:
            found += self._rest[at : at + size - len(found)]
        self._at += len(found)
        return found

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._start + len(self._rest)}
        if begin[whence] + offset < 0:
            raise OSError("a place before the beginning of the archive")
        self._at = begin[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        """The file is closed by whoever opened it."""
