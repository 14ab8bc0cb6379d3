"""Sections of words: paragraphs, the line of conditions, one of two sentences, a list of lines."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from trialbridge.mappings.text import terms
from trialbridge.mappings.text.reading import (
    TITLE_CASE,
    Reading,
    Source,
    Stretch,
    is_explanation,
)
from trialbridge.mappings.text.rows import Path, Tree, get, put
from trialbridge.mappings.text.values import flat, squeeze


class Prose(NamedTuple):
    """A section of paragraphs until the next heading."""

    names: tuple[str, ...]
    path: Path
    turn: int = 0
    early: bool = True

    def fits(self, under: Stretch) -> bool:
        return True

    def read(self, lines: list[Source], reading: Reading) -> None:
        if not lines:
            return
        put(reading.tree, self.path.keys, reading.text(lines))
        for line, after in pairwise(lines[1:]):
            if line.gap and after.gap and TITLE_CASE.fullmatch(line.words):
                reading.report(
                    "information",
                    line.number,
                    "heading",
                    f"{line.words!r} reads like a heading; taken as a line of the "
                    f"{self.names[0].lower()}",
                )

    def write(self, tree: Tree) -> Iterator[str]:
        if text := get(tree, self.path.keys):
            yield str(text)

    def leaves(self) -> Iterator[tuple[str, str]]:
        yield self.path.pointer, self.names[0]


class Line(NamedTuple):
    """A section of one line: the terms of the conditions module without separators."""

    names: tuple[str, ...]
    path: Path
    parts: tuple[Path, ...]
    # The record's own words tell the terms apart.
    turn: int = 3
    early: bool = False

    def fits(self, under: Stretch) -> bool:
        return under.has_one("says", lambda line: not is_explanation(line.words))

    def read(self, lines: list[Source], reading: Reading) -> None:
        if not lines:
            return
        first, *rest = lines
        reading.unplaced(rest, self.names[0])
        line = " ".join(first.text.split())
        put(reading.tree, self.path.keys, line)
        found = terms.read(line, reading.tree)
        if found is None:
            count = len(line.split())
            why = (
                f"a line of {count:,} words is not split into conditions and keywords, "
                f"only one of at most {terms.MOST_WORDS}"
                if count > terms.MOST_WORDS
                else "neither the record's own words nor other trials' lists tell where the "
                "conditions and keywords of this line begin and end"
            )
            reading.report(
                "warning",
                first.number,
                "conditions-not-split",
                f"{why}; the line is kept whole: {line!r}",
            )
            return
        if found.learned is not None:
            given = "conditions and keywords" if found.whole else "conditions, and not keywords,"
            reading.report(
                "information" if found.whole else "warning",
                first.number,
                "conditions-learned",
                f"where the {given} of this line begin and end was told by how other trials "
                f"write theirs, with probability {found.learned:.2f}; the line is kept: {line!r}",
            )
        for where, listed in zip(self.parts, (found.conditions, found.keywords), strict=True):
            if listed:
                put(reading.tree, where.keys, listed)

    def write(self, tree: Tree) -> Iterator[str]:
        """The model's terms, or the line that it kept."""
        found = [
            str(term)
            for where in self.parts
            if isinstance(listed := get(tree, where.keys), list)
            for term in listed
        ]
        kept = get(tree, self.path.keys)
        line = " ".join(found)
        # The keywords that could not be told apart are only in the line that was kept.
        if isinstance(kept, str) and not get(tree, self.parts[-1].keys):
            words = " ".join(line.split())
            if not words or f"{kept} ".startswith(f"{words} "):
                line = kept
        if words := " ".join(line.split()):
            yield words

    def leaves(self) -> Iterator[tuple[str, str]]:
        yield self.path.pointer, self.names[0]
        yield from ((f"{where.pointer}/*", self.names[0]) for where in self.parts)


class Choice(NamedTuple):
    """A section that says one of two things."""

    names: tuple[str, ...]
    path: Path
    sentences: Mapping[str, bool]
    turn: int = 0
    early: bool = False

    def _meant(self, line: Source) -> bool | None:
        said = squeeze(line.words)
        return next((it for text, it in self.sentences.items() if squeeze(text) == said), None)

    def fits(self, under: Stretch) -> bool:
        return under.first is not None and self._meant(under.first) is not None

    def read(self, lines: list[Source], reading: Reading) -> None:
        rest: list[Source] = []
        for line in lines:
            value = self._meant(line)
            if value is not None:
                reading.set(self.path, value, [line], self.names[0])
            elif not _is_pending(line.words):
                rest.append(line)
        if lines and get(reading.tree, self.path.keys) is None:
            reading.report(
                "error",
                lines[0].number,
                "value",
                f"{self.names[0]}: {lines[0].words!r} is none of {', '.join(self.sentences)}",
            )
            return
        reading.unplaced(rest, self.names[0])

    def write(self, tree: Tree) -> Iterator[str]:
        value = get(tree, self.path.keys)
        yield from (said for said, meant in self.sentences.items() if meant is value)

    def leaves(self) -> Iterator[tuple[str, str]]:
        yield self.path.pointer, self.names[0]


def _is_pending(words: str) -> bool:
    """Whether a line says what `Results pending` means, as the page does under it."""
    return (
        words.startswith("The study team has ")
        and words.endswith(".")
        and ("trial" in words or "study" in words[len("The study") :])
    )


class Words(NamedTuple):
    """A section of lines, each a value, left out where it is what `implied` derives."""

    names: tuple[str, ...]
    path: Path
    implied: Callable[[Tree], list[str]]
    turn: int = 0
    early: bool = False

    def fits(self, under: Stretch) -> bool:
        return under.first is not None and not under.has("long", _is_long, 1)

    def read(self, lines: list[Source], reading: Reading) -> None:
        end = next(
            (
                index
                for index, line in enumerate(lines)
                if line.words.endswith(".") or _is_long(line)
            ),
            len(lines),
        )
        if end < len(lines):
            end = max(end - 1, 0)
        if lines[:end]:
            put(reading.tree, self.path.keys, [line.words for line in lines[:end]])
        reading.unplaced(lines[end:], self.names[0])

    def drop_implied(self, tree: Tree) -> None:
        """Leave out a list that says no more than the rest of the page does."""
        *above, last = self.path.keys
        holder = get(tree, above)
        if holder and holder.get(last) is not None and holder[last] == self.implied(tree):
            del holder[last]
            if not holder:
                del tree[above[0]]

    def write(self, tree: Tree) -> Iterator[str]:
        found = get(tree, self.path.keys)
        yield from map(flat, self.implied(tree) if found is None else found)

    def leaves(self) -> Iterator[tuple[str, str]]:
        yield f"{self.path.pointer}/*", self.names[0]


def _is_long(line: Source) -> bool:
    return len(line.text) > 60
