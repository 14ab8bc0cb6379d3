"""What a path stands for: a file, the files of a folder, the records of a list or an archive.

Sources come one at a time, so memory is bounded by the largest of them, which the size limit
bounds. Nothing is ever extracted from an archive to a disk. What is wrong with a source before it
is a record is a problem of that source, never an exception.
"""

import io
import os
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, Final, NamedTuple, cast

import msgspec

from trialbridge.formats.sniff import recognise
from trialbridge.io.encoding import utf_8
from trialbridge.schemas.problem import Problem, ReadError, Severity

STDIN: Final = "<stdin>"
BYTES: Final = "<bytes>"
PIECE: Final = 1 << 16

_JSON: Final = (".json", ".ndjson", ".jsonl")
# What says that a document is none of its syntax; other codes tell of documents not for us.
_UNPARSED: Final = {"empty", "encoding", "truncated", "malformed", "character", "entity"}


class Source(NamedTuple):
    """One document: where it is, what it holds, and what is wrong with it before it is read.

    `inner` is the name in an archive; `pointer` the place in a list, `/studies/3`; `line` the line
    it begins on and `column` how many characters are before it there, where it is not a whole
    file. `data` is None where there is nothing to check, and `skipped` then the reason if that is
    no problem. `found` was not named by the user, but found in a folder or archive, where files of
    other kinds may well be.
    """

    file: str
    inner: str = ""
    line: int = 0
    column: int = 0
    pointer: str = ""
    data: bytes | None = None
    problems: tuple[Problem, ...] = ()
    found: bool = False
    skipped: str = ""

    @property
    def document(self) -> str:
        """The name without the place in it: `exports.zip!a/studies.ndjson`."""
        name = f"{self.file}!{self.inner}" if self.inner else self.file
        # Names of files may have bytes that are no UTF-8, which no report can hold.
        return name.encode(errors="backslashreplace").decode()

    @property
    def name(self) -> str:
        """The name in reports: `exports.zip!a/studies.ndjson:12`, `page.json#/studies/3`."""
        if self.pointer:
            return f"{self.document}#{self.pointer}"
        return f"{self.document}:{self.line}" if self.line else self.document

    @property
    def suffix(self) -> str:
        """How the name ends, in small letters: `.json`."""
        return os.path.splitext(self.inner or self.file)[1].lower()

    @property
    def unpacked_name(self) -> str:
        """The name of what `data` is of a file, in small letters: `a.json` of `a.json.gz`."""
        return (self.inner or self.file).lower().removesuffix(".gz").removesuffix(".zst")

    def wrong(self, code: str, message: str, severity: Severity = "fatal") -> "Source":
        """Give the source with a problem more."""
        problem = Problem(
            severity=severity, layer="file", path=self.name, code=code, message=message
        )
        return self._replace(problems=(*self.problems, problem))

    def aside(self, reason: str) -> "Source":
        """Give the source as one that is not looked at."""
        return self._replace(data=None, skipped=reason)


Reader = Callable[[IO[bytes], Source, int], Iterator[Source]]


def why_unknown(data: bytes, *, whole: bool = True) -> list[Problem]:
    """Say why a document, or its beginning, is of no known format; empty if it is of one."""
    try:
        recognise(data, whole=whole)
    except ReadError as error:
        return error.problems
    return []


def unknown(source: Source, problems: list[Problem]) -> tuple[str, list[Problem]]:
    """Judge what was found and is of no known format: the reason to skip it, or its problems.

    What calls itself .json or .xml, and is not, is broken.
    """
    data = source.data or b""
    name = source.unpacked_name
    told = []
    if name.endswith(_JSON):
        told = _no_json(data)
    elif name.endswith(".xml"):
        told = _no_xml(data)
    if any(problem.code in _UNPARSED for problem in told):
        return "", told
    return problems[0].message, []


def _no_json(data: bytes) -> list[Problem]:
    from trialbridge.schemas.syntax.decode import parse_object

    try:
        data = utf_8(data)
        # Looks at every byte and builds nothing.
        msgspec.json.decode(data, type=msgspec.Raw)
    except ReadError as error:
        return error.problems
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            parse_object(data)
        except ReadError as error:
            return error.problems
    return []


def _no_xml(data: bytes) -> list[Problem]:
    from trialbridge.schemas.syntax import xml

    try:
        xml.parse(data)
    except ReadError as error:
        return error.problems
    return []


def lines(file: IO[bytes], at: Source, limit: int) -> Iterator[tuple[Source, int]]:
    """Give each line that is not blank, and the byte that it begins at.

    One over the limit is told, without what it holds. https://github.com/ndjson/ndjson-spec
    """
    start = number = 0
    while line := file.readline(limit + 1):
        number += 1
        here = at._replace(line=number)
        if len(line) > limit:
            yield here.wrong("size", f"a line larger than the limit of {limit:,} bytes"), start
            while line and not line.endswith(b"\n"):
                start += len(line)
                line = file.readline(PIECE)
        elif line.strip():
            yield here._replace(data=line.rstrip(b"\r\n")), start
        start += len(line)


class _Rejoined(io.RawIOBase):
    """A stream with a piece that was read from it put back in front."""

    def __init__(self, piece: bytes, file: IO[bytes]) -> None:
        self._first = io.BytesIO(piece)
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        piece = self._first.read(len(buffer)) or self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def rejoined(piece: bytes, file: IO[bytes]) -> BinaryIO:
    """Give a stream with a piece that was read from it put back in front."""
    return cast(BinaryIO, io.BufferedReader(_Rejoined(piece, file), PIECE))
