"""Find the place of a problem in the text of a source: its line, its column, what is around.

Done only where there is a problem. A JSON document is not parsed into a tree with positions: the
standard library's scanner skips what is not on the way, at the speed of C.
"""

import codecs
import json
import re
from bisect import bisect_right
from functools import cached_property
from typing import Any, Final, NamedTuple

from trialbridge.schemas.syntax.pointer import as_index, steps

NEAR: Final = 100
"""How many characters of a line are given on each side of a place, at most."""

# With the place in an XML document after it: `line 12: ODM/Study[1]/@OID`, or the column's name.
_LINE: Final = re.compile(r"line (\d+)(?:, column (\d+)|, [^\n]*|: (?P<place>.*))?", re.DOTALL)
_LAST: Final = re.compile(r"(@?)(?:\w+:)?([\w.\-]+)(?:\[\d+\])?$")
_BYTE: Final = re.compile(r"byte (\d+)")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_STEP: Final = re.compile(r"\.?([A-Za-z_]\w*)(?!\(|\w)|\[(\d+)\]")
_BLANK: Final = re.compile(r"[ \t\r\n]*")
# Numbers as text: some are beyond what Python converts.
_SCANNER: Final = json.JSONDecoder(parse_int=str, parse_float=str, strict=False)


class Place(NamedTuple):
    """A line and a column, both from 1, the column in characters; and what of the line is near.

    Not the whole line: a document of megabytes may be one, and have thousands of problems.
    """

    line: int
    column: int
    before: str
    after: str


class Places:
    """The places of one source."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def find(self, path: str) -> Place | None:
        """Give the place that the path of a problem names.

        A JSON pointer or FHIRPath to what is not there leads to what is around it. None where the
        path names no place in the text.
        """
        if match := _LINE.fullmatch(path):
            return self._at_line(int(match[1]), int(match[2] or 1), match["place"])
        if match := _BYTE.fullmatch(path):
            before = self._data[: int(match[1])]
            return self._at_offset(len(before.decode(errors="replace")))
        way = self._way(path)
        return None if way is None else self._at_offset(self._descend(way))

    @cached_property
    def _text(self) -> str:
        wide = self._data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        return self._data.decode("utf-16" if wide else "utf-8", errors="replace")

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer(r"\n", self._text))]

    @cached_property
    def _is_json(self) -> bool:
        return self._data.lstrip()[:1] == b"{"

    def _at_offset(self, offset: int) -> Place | None:
        line = bisect_right(self._starts, offset)
        return self._at_line(line, offset - self._starts[line - 1] + 1)

    def _at_line(self, line: int, column: int, within: str | None = None) -> Place | None:
        """Give the place at a column of a line, or at what a path in XML ends with there."""
        if not 0 < line <= len(self._starts):
            return None
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        if within:
            column = _column(self._text, start, end, within)
        # The end of a line is where something is missing.
        at = min(start + column - 1, end)
        before = self._text[max(start, at - NEAR) : at]
        return Place(line, column, before, self._text[at : min(end, at + NEAR)].rstrip("\r\n"))

    def _way(self, path: str) -> list[str | int] | None:
        """Give a path as keys and indexes; None if it leads nowhere in this text."""
        if not self._is_json:
            return None
        if path == "" or path.startswith("/"):
            try:
                return [step if (at := as_index(step)) is None else at for step in steps(path)]
            except ValueError:
                return None
        return self._fhir_way(path)

    def _fhir_way(self, path: str) -> list[str | int] | None:
        """Give the part of a FHIRPath that is plain steps, `Bundle.entry[3].resource.status`."""
        found: list[str | int] = []
        path, end = _COMMENT.sub("", path), 0
        while match := _STEP.match(path, end):
            found.append(match[1] if match[2] is None else int(match[2]))
            end = match.end()
        name, *way = found or [""]
        if not isinstance(name, str) or not name[:1].isupper():
            return None
        return [*self._resource(name), *way]

    def _resource(self, name: str) -> list[str | int]:
        """Give the way to the first resource of a type in a Bundle, else to the document."""
        index = self._resources.get(name)
        return [] if index is None else ["entry", index, "resource"]

    @cached_property
    def _resources(self) -> dict[str, int]:
        found: dict[str, int] = {}
        try:
            tree: Any = _SCANNER.decode(self._text)
            for index, entry in enumerate(tree["entry"]):
                found.setdefault(entry["resource"]["resourceType"], index)
            found.pop(tree["resourceType"], None)
        except (ValueError, LookupError, TypeError, RecursionError):
            # No Bundle, or a broken one: what was found is right.
            return found
        return found

    def _descend(self, way: list[str | int]) -> int:
        offset = _skip(self._text, 0)
        for step in way:
            below = self._members(offset)
            if step not in below and str(step) in below:
                # A key of digits.
                step = str(step)
            if step not in below:
                break
            offset = below[step]
        return offset

    def _members(self, offset: int) -> dict[str | int, int]:
        if offset not in self._found:
            self._found[offset] = _members(self._text, offset)
        return self._found[offset]

    @cached_property
    def _found(self) -> dict[int, dict[str | int, int]]:
        return {}


def _column(text: str, start: int, end: int, path: str) -> int:
    """Find the tag or attribute that a path ends with on a line, else where the line begins."""
    if last := _LAST.search(path):
        name = re.escape(last[2])
        sought = rf"[\s:]{name}\s*=" if last[1] else rf"<(?:[\w.\-]+:)?{name}\b"
        if match := re.compile(sought).search(text, start, end):
            return match.start() - start + (2 if last[1] else 1)
    return min(_skip(text, start), end) - start + 1


def _members(text: str, offset: int) -> dict[str | int, int]:
    """Give where the members of the object or list at an offset are; as far as it is JSON."""
    found: dict[str | int, int] = {}
    opening = text[offset : offset + 1]
    if opening not in ("{", "["):
        return found
    try:
        at = _skip(text, offset + 1)
        while text[at] not in "]}":
            key: str | int = len(found)
            if opening == "{":
                key, at = _SCANNER.raw_decode(text, at)
                at = _skip(text, at)
                if text[at] != ":":
                    break
                at = _skip(text, at + 1)
            found[key] = at
            at = _skip(text, _SCANNER.raw_decode(text, at)[1])
            if text[at] == ",":
                at = _skip(text, at + 1)
    except (ValueError, IndexError, RecursionError):
        # What is broken is told by its reader; what stands before it is found.
        return found
    return found


def _skip(text: str, offset: int) -> int:
    match = _BLANK.match(text, offset)
    return match.end() if match else offset
