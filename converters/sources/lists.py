"""The records of a JSON array, and of a page that the registry's API gives.

A list within the size limit is taken apart by the decoder, which builds no tree. One that is
larger, or that the decoder refuses, is cut at the brackets as it is read, so that what is broken is
one record and not all.
https://clinicaltrials.gov/data-api/api#get-/studies
"""

import re
from collections.abc import Iterator
from typing import IO, Final

import msgspec

from trialbridge.sources import PIECE, Source, why_unknown

_BOM: Final = b"\xef\xbb\xbf"
_TEXT: Final = rb'"(?:[^"\\]++|\\.)*+"'
_SCALAR: Final = rb"(?:" + _TEXT + rb"|[\w.+-]++)"
# Up to the bracket that the records are in.
_ARRAY: Final = re.compile(rb"\s*+\[(?=\s*+\{)")
_PAGE: Final = re.compile(
    rb"\s*+\{(?:\s*+" + _TEXT + rb"\s*+:\s*+" + _SCALAR + rb"\s*+,)*+"
    rb'\s*+"studies"\s*+:\s*+\[(?=\s*+\{)',
    re.DOTALL,
)
_HEAD: Final = 1 << 16
_GAP: Final = re.compile(rb"[\s,]*+")
_PLAIN: Final = re.compile(rb"(?:" + _TEXT + rb'|[^",\[\]{}])++', re.DOTALL)
# What has no bracket of its own, and the innermost objects and lists at once.
_INNER: Final = rb'(?:[^"\[\]{}]++|' + _TEXT + rb")*+"
_LEAVES: Final = re.compile(
    rb'(?:[^"\[\]{}]++|' + _TEXT + rb"|\{" + _INNER + rb"\}|\[" + _INNER + rb"\])*+", re.DOTALL
)
_REST_OF_TEXT: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_QUOTE: Final = ord('"')


def opening(data: bytes) -> tuple[int, str] | None:
    """Tell where the records of a list begin, and the pointer to it; None for any other document.

    The beginning of the document is enough. A list has records where its first item is an object.
    """
    start = len(_BOM) if data.startswith(_BOM) else 0
    if found := _ARRAY.match(data, start):
        return found.end(), ""
    if found := _PAGE.match(data[:_HEAD], start):
        return found.end(), "/studies"
    return None


def members(data: bytes, more: IO[bytes], at: Source, limit: int) -> Iterator[Source]:
    """Give the records of a list whose beginning is `data`, and the rest of it `more`."""
    begins = opening(data)
    if begins is None:
        return
    offset, pointer = begins
    place = _Cursor()
    place.pass_by(data[:offset].removeprefix(_BOM))
    whole = _whole(data, pointer) if len(data) <= limit else None
    if whole is None:
        cut = _cut(bytearray(data[offset:]), more, limit)
    else:
        cut = _sliced(data, offset, whole)
    for number, (gap, member) in enumerate(cut):
        place.pass_by(gap)
        here = at._replace(pointer=f"{pointer}/{number}", line=place.line, column=place.column)
        if member is None:
            yield here.wrong("size", f"a record larger than the limit of {limit:,} bytes")
        elif not member:
            if wrong := _odd_end(gap, pointer):
                yield at.wrong("truncated", f"the list {wrong} after {number} records")
        else:
            if at.found and not number:
                if why := why_unknown(member):
                    yield at.aside(why[0].message)
                    return
                # A list whose first record is one of ours is ours.
                at = at._replace(found=False)
                here = here._replace(found=False)
            yield here._replace(data=member)
            place.pass_by(member)


class _Cursor:
    """A line, from 1, and how many characters of it are passed."""

    def __init__(self) -> None:
        self.line = 1
        self.column = 0

    def pass_by(self, data: bytes) -> None:
        if lines := data.count(b"\n"):
            self.line += lines
            self.column = 0
            data = data[data.rindex(b"\n") + 1 :]
        self.column += len(data) if data.isascii() else len(data.decode(errors="replace"))


def _whole(data: bytes, pointer: str) -> list[msgspec.Raw] | None:
    """Take a list apart; None if it is broken anywhere."""
    data = data.removeprefix(_BOM)
    try:
        if not pointer:
            return msgspec.json.decode(data, type=list[msgspec.Raw])
        page = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(page["studies"], type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _sliced(
    data: bytes, offset: int, whole: list[msgspec.Raw]
) -> Iterator[tuple[bytes, bytes | None]]:
    for raw in whole:
        member = bytes(raw)
        start = data.find(member, offset)
        yield data[offset:start], member
        offset = start + len(member)


def _cut(buffer: bytearray, more: IO[bytes], limit: int) -> Iterator[tuple[bytes, bytes | None]]:
    """Give each item of a list after what is before it: None if it is over the limit.

    The end of the list is an empty item, after what is from there to the end of the source.
    """
    while True:
        start = _GAP.match(buffer).end()  # type: ignore[union-attr]
        if start == len(buffer) and _grown(buffer, more):
            continue
        gap = bytes(buffer[:start])
        del buffer[:start]
        if not buffer or buffer[:1] == b"]":
            while len(buffer) < PIECE and _grown(buffer, more):
                pass
            yield gap + bytes(buffer[:PIECE]), b""
            return
        if buffer.startswith((b"{", b"[")):
            length = _length(buffer, more, limit)
        else:
            length = _plain(buffer, more)
        yield gap, bytes(buffer[:length]) if 0 < length <= limit else None
        del buffer[: abs(length)]


def _plain(buffer: bytearray, more: IO[bytes]) -> int:
    """Give the length of an item that is no object and no list; at least 1."""
    while True:
        found = _PLAIN.match(buffer)
        end = found.end() if found else 1
        # A match has the buffer in hold, which could not grow.
        del found
        if end < len(buffer) or not _grown(buffer, more):
            return end


def _length(buffer: bytearray, more: IO[bytes], limit: int) -> int:
    """Give the length of the object or list that a buffer begins with, which grows as needed.

    Of one over the limit only its end is left, and the length is negative.
    """
    depth, at, in_text, over = 1, 1, False, False
    while True:
        pattern = _REST_OF_TEXT if in_text else _LEAVES
        at = pattern.match(buffer, at).end()  # type: ignore[union-attr]
        sign = buffer[at] if at < len(buffer) else 0
        if sign == _QUOTE:
            in_text = not in_text
            at += 1
            continue
        if sign and not in_text:
            depth += 1 if sign in b"{[" else -1
            at += 1
            if not depth:
                return -at if over else at
            continue
        if over or at > limit:
            over = True
            del buffer[:at]
            at = 0
        if not _grown(buffer, more):
            return -len(buffer) if over else len(buffer)


def _grown(buffer: bytearray, more: IO[bytes]) -> bool:
    piece = more.read(PIECE)
    buffer += piece
    return bool(piece)


def _odd_end(end: bytes, pointer: str) -> str:
    """Say what is odd about the end of a list; empty if nothing is."""
    end = end.lstrip(b", \t\r\n")
    if not end.startswith(b"]"):
        return "breaks off"
    rest = end[1:].strip()
    if pointer and not rest:
        return "is closed, and its page not,"
    if (rest[:1] not in b",}") if pointer else rest:
        return "is closed, and something else begins"
    return ""
