"""Sections of labels with their values, and the head of the page, which has two."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, get_args, get_origin

from trialbridge.mappings.text.reading import TITLE_CASE, Reading, Source, Stretch
from trialbridge.mappings.text.rows import Pair, Path, Tree, get, put
from trialbridge.mappings.text.values import ABSENT, CODE, code, flat, reads


class Labels(NamedTuple):
    """The labels of rows in small letters: each with its row, and those that begin with a word."""

    rows: Mapping[str, Pair]
    by_word: Mapping[str, tuple[str, ...]]

    def alone(self, words: str) -> tuple[Pair, str, str] | None:
        """The row of a line that is a label or has a colon after one, the label, the value."""
        label, _, value = words.partition(":")
        label = label.rstrip()
        row = self.rows.get(label.lower())
        return None if row is None else (row, label, value.strip())

    def row(self, words: str) -> tuple[Pair, str] | None:
        """The row whose label a line has, and the value if it stands on the same line."""
        if (found := self.alone(words)) is not None:
            row, label, value = found
            # A sentence of a description may begin with a word and a colon, too.
            if not value or label == row.labels[0] or row.value.loose or reads(row.value, value):
                return row, value
            return None
        first, *more = words.split(None, 1)
        for label in self.by_word.get(first.lower(), ()) if more else ():
            rest = words[len(label) :]
            if rest[:1].isspace() and words[: len(label)].lower() == label:
                row = self.rows[label]
                value = rest.strip()
                return (row, value) if not row.value.loose and reads(row.value, value) else None
        return None


def labels(rows: Sequence[Pair]) -> Labels:
    by_label = {label.lower(): row for row in rows for label in row.labels}
    by_word: dict[str, tuple[str, ...]] = {}
    for label in sorted(by_label, key=len, reverse=True):
        first, _, _ = label.partition(" ")
        by_word[first] = (*by_word.get(first, ()), label)
    return Labels(by_label, by_word)


class _Group(NamedTuple):
    """A label's row and line, the value beside it, and the lines under it."""

    row: Pair
    line: Source
    beside: str
    under: list[Source]


def _grouped(
    found: Labels, lines: Sequence[Source], start: int
) -> tuple[list[Source], list[_Group]]:
    """The lines before the first label, and those of each; none of them is before `start`."""
    groups: list[_Group] = []
    lead = list(lines[:start])
    for line in lines[start:]:
        if (row := found.row(line.words)) is not None:
            groups.append(_Group(row[0], line, row[1], []))
        else:
            (groups[-1].under if groups else lead).append(line)
    return lead, groups


def _read_group(group: _Group, reading: Reading) -> list[Source]:
    """Read a label's value, and give the lines under it that are none of it."""
    row, line, text, rest = group
    if not text and rest:
        line, *rest = rest
        text = line.words
    if text:
        value = reading.value(row.value, text, line, row.labels[0], row.path.pointer)
        reading.set(row.path, value, [line], row.labels[0])
    return _read_below(row, rest, reading)


def _read_below(row: Pair, rest: list[Source], reading: Reading) -> list[Source]:
    """Read what stands under a value: codes as long as there are, then text."""
    for where in row.below:
        if not rest:
            break
        if where.kind is str:
            # A heading that is not known, and its text, are no description.
            if len(rest) > 1 and rest[1].gap and TITLE_CASE.fullmatch(rest[0].words):
                break
            reading.set(where, reading.text(rest), rest, row.labels[0])
            return []
        if get(reading.tree, where.keys) is not None:
            continue
        one = code(get_args(where.kind)[0])
        found: list[str] = []
        count = 0
        for line in rest:
            if not (reads(one, line.words) or CODE.fullmatch(line.words)):
                break
            pointer = f"{where.pointer}/{count}"
            value = reading.value(one, line.words, line, row.labels[0], pointer)
            if value is not None:
                found.append(value)
            count += 1
        if count:
            put(reading.tree, where.keys, found)
            rest = rest[count:]
    return rest


def _write_rows(rows: Sequence[Pair], tree: Tree) -> Iterator[str]:
    for row in rows:
        value = get(tree, row.path.keys)
        below: list[str] = []
        for where in row.below:
            under = get(tree, where.keys)
            if isinstance(under, list):
                if under:
                    below.append("\n".join(map(flat, under)))
            elif under:
                below.append(str(under))
        # An empty list of codes has no line to stand on.
        if value is None or value == []:
            if below:
                yield from (row.labels[0], ABSENT, *below)
        else:
            yield from (row.labels[0], flat(row.value.write(value)), *below)


def _leaves_of(rows: Sequence[Pair], name: str) -> Iterator[tuple[str, str]]:
    for row in rows:
        for where in (row.path, *row.below):
            star = "/*" if get_origin(where.kind) is list else ""
            yield where.pointer + star, f"{name} > {row.labels[0]}" if name else row.labels[0]


class Head(NamedTuple):
    """The top of the page: its title, then labels with a value on the same line."""

    title: Path
    rows: tuple[Pair, ...]
    labels: Labels

    def read(self, lines: Sequence[Source], reading: Reading) -> None:
        """Read the lines above the first heading: the title stands before or after the ids."""
        shown, groups = _grouped(self.labels, lines, 0)
        for group in groups:
            shown += _read_group(group, reading)
        if shown:
            put(reading.tree, self.title.keys, shown[0].words)
            reading.unplaced(shown[1:], "head")

    def write(self, tree: Tree) -> Iterator[str]:
        if title := get(tree, self.title.keys):
            yield flat(title)
        for row in self.rows:
            if (value := get(tree, row.path.keys)) is not None:
                yield f"{row.labels[0]}: {row.value.write(value)}"

    def leaves(self) -> Iterator[tuple[str, str]]:
        yield self.title.pointer, "first line"
        yield from _leaves_of(self.rows, "")


def head(title: Path, rows: tuple[Pair, ...]) -> Head:
    return Head(title, rows, labels(rows))


class Pairs(NamedTuple):
    """A section of labels and values, after a text of its own where `prose` is given."""

    names: tuple[str, ...]
    rows: tuple[Pair, ...]
    labels: Labels
    prose: Path | None = None
    turn: int = 0
    early: bool = True

    def fits(self, under: Stretch) -> bool:
        def is_told(line: Source) -> bool:
            return self.labels.alone(line.words) is not None or (
                self.prose is not None and _CRITERIA.fullmatch(line.words) is not None
            )

        return under.has((self.names[0], "told"), is_told)

    def read(self, lines: list[Source], reading: Reading) -> None:
        start = 0 if self.prose is None else self._start(lines)
        lead, groups = _grouped(self.labels, lines, start)
        for number, group in enumerate(groups, 1):
            rest = _read_group(group, reading)
            if self.prose is not None and not lead and number == len(groups):
                lead = rest
            else:
                reading.unplaced(rest, self.names[0])
        if self.prose is None:
            reading.unplaced(lead, self.names[0])
        elif lead:
            put(reading.tree, self.prose.keys, reading.text(lead))

    def _start(self, lines: Sequence[Source]) -> int:
        """Where the labels after the text begin: a label inside the text is one of its lines.

        Labels stand one after another, each with a value; those in the page's own words always do.
        """
        start = len(lines)
        for index in range(len(lines) - 1, -1, -1):
            if (found := self.labels.row(lines[index].words)) is None:
                continue
            own = found[0].labels[0] == lines[index].words
            if index == 0 or own or start - index <= 2:
                start = index
        return start

    def write(self, tree: Tree) -> Iterator[str]:
        if self.prose is not None and (text := get(tree, self.prose.keys)):
            yield str(text)
        yield from _write_rows(self.rows, tree)

    def leaves(self) -> Iterator[tuple[str, str]]:
        if self.prose is not None:
            yield self.prose.pointer, self.names[0]
        yield from _leaves_of(self.rows, self.names[0])


_CRITERIA = re.compile(
    r"(?:key |main )?(?:inclusion|exclusion)(?: criteria)?\s*(?::\s*)?", re.IGNORECASE
)


def pairs(names: tuple[str, ...], rows: tuple[Pair, ...], prose: Path | None = None) -> Pairs:
    return Pairs(names, rows, labels(rows), prose)
