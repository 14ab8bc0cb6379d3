"""Reading a page: its lines, what has been placed, what has no place, what is to be said."""

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from trialbridge.mappings.text.rows import Path, Tree, get, put
from trialbridge.mappings.text.values import Refused, UnknownCode, Value, members, reads
from trialbridge.schemas.problem import Problem, Severity
from trialbridge.schemas.syntax.pointer import escape

UNKNOWN = "/page/unknown/"
"""Pointers in `unmapped` of what a page says under a heading that the layout does not have."""


class Source(Struct, gc=False):
    """A line of the source that is not blank: its number from 1, and whether a gap precedes it."""

    number: int
    text: str
    gap: bool
    words: str
    """The text without the blanks around it."""


class NotARecord(Exception):
    """Lines in which no record of a trial is recognised; `places` are (line, message)."""

    def __init__(self, places: list[tuple[int, str]]) -> None:
        super().__init__(places[0][1])
        self.places = places


class Marks:
    """Where the lines are that tell a section by what stands in it.

    Asked from the end of the page backwards, each line is looked at once for each question.
    """

    def __init__(self, lines: Sequence[Source]) -> None:
        self.lines = lines
        self.known: dict[Hashable, dict[int, int]] = {}

    def first(self, question: Hashable, holds: Callable[[Source], bool], start: int) -> int:
        """The place of the first line from `start` on for which it holds, else their number."""
        known = self.known.setdefault(question, {})
        place = start
        while place < len(self.lines) and place not in known and not holds(self.lines[place]):
            place += 1
        found = known[start] = known.get(place, place)
        return found


class Stretch(NamedTuple):
    """The lines under a line that reads like a heading, up to the next heading."""

    marks: Marks
    start: int
    end: int

    @property
    def first(self) -> Source | None:
        return self.marks.lines[self.start] if self.start < self.end else None

    def has(self, question: Hashable, holds: Callable[[Source], bool], after: int = 0) -> bool:
        """Whether it holds for a line, the first `after` lines not asked."""
        return self.marks.first(question, holds, self.start + after) < self.end

    def has_one(self, question: Hashable, holds: Callable[[Source], bool]) -> bool:
        """Whether it holds for one line and no more."""
        first = self.marks.first(question, holds, self.start)
        return first < self.end and self.marks.first(question, holds, first + 1) >= self.end


class Reading:
    """The state of one reading: what has been placed, and what could not be."""

    def __init__(self, *, dense: bool) -> None:
        self.tree: Tree = {}
        self.unmapped: dict[str, Any] = {}
        self.dense = dense
        self.explained = False
        self.nowhere = 0
        """How many lines have no place."""
        self._problems: list[tuple[int, Problem]] = []
        self._kept: dict[str, list[str]] = {}

    def problems(self) -> list[Problem]:
        """What was reported, in the order of the lines."""
        return [problem for _, problem in sorted(self._problems, key=lambda found: found[0])]

    def kept(self) -> dict[str, Any]:
        """What the model has no place for, by pointer."""
        texts = {pointer: "\n\n".join(found) for pointer, found in self._kept.items()}
        return {**self.unmapped, **texts}

    def report(self, severity: Severity, number: int, code: str, message: str) -> None:
        problem = Problem(
            severity=severity, layer="read", path=f"line {number}", code=code, message=message
        )
        self._problems.append((number, problem))

    def value(self, value: Value, text: str, line: Source, label: str, pointer: str) -> Any:
        """Read a value; report one that is refused, keep one whose code is unknown."""
        try:
            return value.read(text)
        except Refused as error:
            self.report("error", line.number, "value", f"{label}: {error}")
        except UnknownCode as error:
            if self._said(pointer, text):
                self.unplaced([line], label, f"{label} is said twice, and not alike")
                return None
            self.report("warning", line.number, "unknown-code", f"{label}: {error}; kept as it is")
            return self._keep(text, pointer, value)
        return None

    def _said(self, pointer: str, text: str) -> bool:
        """Whether something else stands there; what belongs to an item is put there later."""
        before = self.unmapped.get(pointer, get(self.tree, pointer.split("/")[1:]))
        return before is not None and before != text

    def _keep(self, text: str, pointer: str, value: Value) -> Any:
        """Put an unknown code aside, and give what is known beside it in a list of codes."""
        self._reach(pointer)
        if value.each is None:
            self.unmapped[pointer] = text
            return None
        known: list[str] = []
        for index, part in enumerate(members(text)):
            if reads(value.each, part):
                known.append(value.each.read(part))
            else:
                self.unmapped[f"{pointer}/{index}"] = part
        return known

    def _reach(self, pointer: str) -> None:
        """Make the objects on the way to a value that is put back later; items are there anyway."""
        tree = self.tree
        for key in pointer.split("/")[1:-1]:
            if key.isdecimal() or not isinstance(tree, dict):
                return
            if isinstance(tree.get(key), list):
                return
            tree = tree.setdefault(key, {})

    def set(self, where: Path, value: Any, lines: Sequence[Source], label: str) -> None:
        """Place what lines say; what contradicts what was placed before is kept aside."""
        if value is None:
            return
        before = self.unmapped.get(where.pointer, get(self.tree, where.keys))
        if before is not None and before != value:
            self.unplaced(lines, label, f"{label} is said twice, and not alike")
        else:
            put(self.tree, where.keys, value)

    def text(self, lines: Sequence[Source]) -> str:
        """Join lines to a text: a blank line where the source has one."""
        parts: list[str] = []
        before: Source | None = None
        for line in lines:
            if before is None:
                parts.append(line.words)
            else:
                apart = self._apart(before, line) if self.dense else line.gap
                parts.append("\n\n" if apart else "\n")
                parts.append(line.text)
            before = line
        return "".join(parts)

    def _apart(self, before: Source, line: Source) -> bool:
        # Where the source has no blank lines at all, the items of a list stay together, as in the
        # registry's texts: a list inside an item begins after a blank line, and ends without one.
        if not _LISTED.match(line.text):
            return True
        deeper = _indent(line) - _indent(before)
        return deeper > 0 if _LISTED.match(before.text) else deeper >= 0

    def unplaced(self, lines: Sequence[Source], heading: str, why: str = "") -> None:
        """Keep lines that have no place in the layout under their heading, and say so."""
        if not lines:
            return
        first = lines[0]
        title = first.words
        if len(lines) > 1 and len(title) <= 60 and not title.endswith((".", ",", ";")):
            heading, kept = title, lines[1:]
        else:
            kept = lines
        self._kept.setdefault(UNKNOWN + escape(heading), []).append(self.text(kept))
        self.nowhere += len(lines)
        self.report(
            "warning",
            first.number,
            "unplaced",
            f"{why or 'no place in the layout for'}: {short(title)!r}"
            f"{f' and {len(lines) - 1} more lines' if len(lines) > 1 else ''}; "
            f"kept as {heading!r}",
        )


def short(text: str) -> str:
    """A text as it is quoted in a message."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def unlike(one: str, other: str) -> tuple[str, str]:
    """Two texts as they are quoted in a message, cut to where they begin to differ."""
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    start = 0 if at <= 40 else at - 20
    lead = "..." if start else ""
    return lead + short(one[start:]), lead + short(other[start:])


def _indent(line: Source) -> int:
    return len(line.text) - len(line.words)


_LISTED = re.compile(r"\s*(?:[*+-]|\d+[.)\\])\s")


_EXPLAINS = re.compile(
    r"(?:Get|Review|Dive into|See|Understand|Lists?|Learn|Check|Meet|Identify|Explore|Additional|"
    r"Find|Discover|View|Browse|Compare)\b",
    re.IGNORECASE,
)
_EXPLAINED = re.compile(
    r"\b(?:trial|stud(?:y|ies)|research|registry|participation|regulators|narrative)\b",
    re.IGNORECASE,
)


def is_explanation(words: str) -> bool:
    """Whether a line reads like those in which the page explains a heading to its reader."""
    return (
        words[-1:] == "."
        and (begun := _EXPLAINS.match(words)) is not None
        and _EXPLAINED.search(words, begun.end()) is not None
    )


TITLE_CASE = re.compile(r"[A-Z][a-z]+(?: (?:[A-Z][a-z]+|and|of|for|the|in)){1,4}")
"""A line that reads like a heading."""
