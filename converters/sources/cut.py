"""What is whole of a packed file that breaks off: its unpacked bytes end in the middle of a record.

A record that may be cut is never given: half of one may well be read as another.
"""

import codecs
from collections import deque
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

import msgspec

from trialbridge.formats.sniff import recognise
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.syntax import xml
from trialbridge.sources import Source

# What a register's list in XML has its records in, each whole by itself.
_RECORDS: Final = frozenset({"clinical_study", "Trial", "trial", "Triall", "triall", "fullTrial"})
# A list tells its end, after the record that the end is in.
_HELD: Final = 2


class LastOnes:
    """The sources of a stream, of which those that its end may have cut are held back."""

    def __init__(self) -> None:
        self._held: deque[Source] = deque()

    def passing(self, sources: Iterator[Source]) -> Iterator[Source]:
        """Give the sources but for the last, which `rest` and `whole` have."""
        for source in sources:
            self._held.append(source)
            if len(self._held) > _HELD:
                yield self._held.popleft()

    def rest(self) -> Iterator[Source]:
        """Give those held back, of a stream that is whole or was not read to its end."""
        while self._held:
            yield self._held.popleft()

    def whole(self, line: int) -> Iterator[Source]:
        """Give those held back that are whole, of a stream that breaks off in a line."""
        ends = {"truncated", "empty"}
        while self._held and any(one.code in ends for one in self._held[-1].problems):
            self._held.pop()
        last = self._held.pop() if self._held else None
        yield from self.rest()
        if last is None or last.data is None:
            yield from [last] if last else []
            return
        of_lines = last.line and not last.pointer
        data = last.data if of_lines and last.line < line else _whole(last.data)
        if data is not None:
            yield last._replace(data=data)


def _whole(data: bytes) -> bytes | None:
    """Give what is whole of a document at the end of which the stream breaks off."""
    begins = data.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if begins == b"<":
        return _of_xml(data)
    try:
        if begins in (b"{", b"["):
            msgspec.json.decode(data.removeprefix(codecs.BOM_UTF8), type=msgspec.Raw)
            return data
        is_table = recognise(data).syntax == "csv"
    except (ReadError, ValueError, RecursionError):
        return None
    # The last row may be cut within its last column. Of a text nothing tells that it goes on.
    rows = data[: data.rfind(b"\n") + 1]
    return rows if is_table and rows.count(b"\n") > 1 else None


def _of_xml(data: bytes) -> bytes | None:
    """Give a document that is whole, or a list up to its last whole record, closed after it.

    A list that is broken before its end is given as it is: its reader tells where.
    """
    try:
        xml.parse(data)
    except ReadError:
        pass
    else:
        return data
    open_: list[str] = []
    record, end, around = 0, 0, list[str]()

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal record
        open_.append(name)
        if not record and len(open_) > 1 and name.rpartition(":")[2] in _RECORDS:
            record = len(open_)

    def stop(_: str) -> None:
        nonlocal record, end, around
        if len(open_) == record:
            record, end, around = 0, parser.CurrentByteIndex, open_[:-1]
        open_.pop()

    parser = expat.ParserCreate("utf-8" if xml.declares_wide(data) else None)
    parser.StartElementHandler = start
    parser.EndElementHandler = stop
    try:
        # Not its end, which is no fault then.
        parser.Parse(data, False)
    except expat.ExpatError:
        return data if around else None
    if not around:
        return None
    closed = "".join(f"</{name}>" for name in reversed(around))
    return data[: data.index(b">", end) + 1] + closed.encode()
