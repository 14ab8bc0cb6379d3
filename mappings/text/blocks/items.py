"""Sections of items, each closed by labels: interventions, outcomes, sponsors, people, ids."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from trialbridge.mappings.text.reading import Reading, Source, Stretch
from trialbridge.mappings.text.rows import Item, Part, Path, Tree, get, items_of, path, put
from trialbridge.mappings.text.values import ABSENT, Refused, Value, flat, reads

Keys = tuple[str, ...]


class Shelf(NamedTuple):
    """Where the items of a section stand in the tree: `take` and `put` are inverse."""

    take: Callable[[Tree], list[Item]]
    put: Callable[[list[Item]], list[tuple[Keys, Any]]]
    leaves: tuple[str, ...]
    pointers: Callable[[list[Item]], list[str]]
    """The pointer of each item in the tree."""


def shelf(dotted: str, parts: Iterable[Part] = (), leaves: Iterable[str] = ()) -> Shelf:
    """Items that are a list of the model."""
    where = path(dotted)
    return Shelf(
        lambda tree: items_of(get(tree, where.keys)),
        lambda items: [(where.keys, items)] if items else [],
        tuple(f"{where.pointer}/*/{leaf}" for leaf in leaves)
        + tuple(f"{where.pointer}/*{part.path.pointer}" for part in parts),
        lambda items: [f"{where.pointer}/{index}" for index in range(len(items))],
    )


KIND = "kind"
"""The key of an item that says which of two places it belongs to."""


def one_and_many(
    one: Path, one_name: str, many: Path, many_name: str, parts: Iterable[Part], *, first: bool
) -> Shelf:
    """Items of which one has a place of its own and the others a list."""
    leaves = [part.path.pointer for part in parts if part.path.keys != (KIND,)]

    def take(tree: Tree) -> list[Item]:
        single = get(tree, one.keys)
        lone = [{**single, KIND: one_name}] if isinstance(single, dict) and single else []
        others = [{**item, KIND: many_name} for item in items_of(get(tree, many.keys))]
        return lone + others if first else others + lone

    def bare(item: Item) -> Item:
        return {key: value for key, value in item.items() if key != KIND}

    def put(items: list[Item]) -> list[tuple[Keys, Any]]:
        found: list[tuple[Keys, Any]] = [
            (one.keys, bare(item)) for item in items if item.get(KIND) == one_name
        ]
        if others := [bare(item) for item in items if item.get(KIND) != one_name]:
            found.append((many.keys, others))
        return found

    def pointers(items: list[Item]) -> list[str]:
        found: list[str] = []
        count = 0
        for item in items:
            if item.get(KIND) == one_name:
                found.append(one.pointer)
            else:
                found.append(f"{many.pointer}/{count}")
                count += 1
        return found

    return Shelf(
        take,
        put,
        tuple(one.pointer + leaf for leaf in leaves)
        + tuple(f"{many.pointer}/*{leaf}" for leaf in leaves),
        pointers,
    )


def kind_of(*labels: str, colon: bool, names: tuple[str, str]) -> Part:
    kinds = Literal[names]  # type: ignore[valid-type]
    known = {name.upper(): name for name in names}

    def read(text: str) -> str:
        if text.upper() not in known:
            raise Refused(f"{text!r} is none of {', '.join(names)}")
        return known[text.upper()]

    return Part(Path((KIND,), kinds, f"/{KIND}"), Value(read, str), labels, colon=colon)


Tag = tuple[Part, str, Source]
"""A part of an item, its value as the page says it, and the line."""


class Group(NamedTuple):
    """The lines of an item: those before its labels, and its labels."""

    free: list[Source]
    tags: list[Tag]


def tagged(parts: Sequence[Part], words: str) -> tuple[Part, str] | None:
    """The part whose label begins a line, and the value beside it, empty if there is none."""
    for part in parts:
        if (value := part.beside(words)) is not None:
            return part, value
    return None


def _stands_below(part: Part, words: str) -> bool:
    """Whether a line is the value of the label above it; names of items may read like codes."""
    if part.below:
        return words != ABSENT and reads(part.value, words)
    return words in part.codes


def groups_of(parts: Sequence[Part], lines: Sequence[Source]) -> tuple[list[Group], list[Source]]:
    """Part lines into groups that labels close, and the lines after the last label."""
    labelled = [part for part in parts if part.labels]
    firsts = {label[0].lower() for part in labelled for label in part.labels}
    firsts |= {first.upper() for first in firsts}
    groups: list[Group] = []
    waiting: list[Source] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        found = tagged(labelled, line.words) if line.words[0] in firsts else None
        if found is None:
            waiting.append(line)
            continue
        part, value = found
        if not value and index < len(lines) and _stands_below(part, lines[index].words):
            line = lines[index]
            value = line.words
            index += 1
        again = bool(groups) and any(part is before for before, _, _ in groups[-1].tags)
        if waiting or not groups or again:
            groups.append(Group(waiting, []))
            waiting = []
        groups[-1].tags.append((part, value, line))
    return groups, waiting


class Items(NamedTuple):
    """A section of items, each closed by labels."""

    names: tuple[str, ...]
    parts: tuple[Part, ...]
    shelf: Shelf
    foreign: tuple[str, ...] = ()
    """Labels that never stand in this section."""
    turn: int = 0
    early: bool = False

    def fits(self, under: Stretch) -> bool:
        parts = [part for part in self.parts if part.labels]
        foreign = tuple(label.lower() for label in self.foreign)
        return under.has(
            (self.names[0], "label"), lambda line: tagged(parts, line.words) is not None
        ) and not (
            foreign
            and under.has(
                (self.names[0], "foreign"), lambda line: line.words.lower().startswith(foreign)
            )
        )

    def read(self, lines: list[Source], reading: Reading) -> None:
        groups, waiting = groups_of(self.parts, lines)
        trailing = next((part for part in self.parts if part.last), None)
        if trailing is not None:
            waiting = self._move_trailing(groups, waiting, trailing, reading)
        items: list[Item] = []
        values: list[list[Tag]] = []
        for group in groups:
            item, tags = self._shared(group, reading)
            items.append(item)
            values.append(tags)
        # Pointers depend on which items there are, and those on their labels.
        for item, tags in zip(items, values, strict=True):
            for part, text, line in tags:
                if part.path.keys == (KIND,) and text:
                    item[KIND] = reading.value(part.value, text, line, part.labels[0], "")
        for item, tags, pointer in zip(items, values, self.shelf.pointers(items), strict=True):
            for tag in tags:
                self._read_tag(item, tag, pointer, reading)
        for keys, value in self.shelf.put(items):
            put(reading.tree, keys, value)
        reading.unplaced(waiting, self.names[0])

    def _read_tag(self, item: Item, tag: Tag, pointer: str, reading: Reading) -> None:
        part, text, line = tag
        if not text or part.path.keys == (KIND,):
            return
        label = part.labels[0] if part.labels else self.names[0]
        meant = part.by_kind.get(item.get(KIND) or "", part.value)
        value = reading.value(meant, text, line, label, pointer + part.path.pointer)
        if value is None:
            return
        if part.path.keys == ("phone",) and (extended := _EXTENSION.fullmatch(value)):
            item["phone"], item["phoneExt"] = extended[1], extended[2]
            if extended[1] == ABSENT:
                del item["phone"]
        else:
            put(item, part.path.keys, value)

    def _shared(self, group: Group, reading: Reading) -> tuple[Item, list[Tag]]:
        """Share the free lines of an item among its parts."""
        item: Item = {}
        tags = list(group.tags)
        lines = group.free
        lead = [part for part in self.parts if not part.labels and not part.last]
        flowing = next((part for part in lead if part.rest), None)
        single = [part for part in lead if not part.rest]
        if flowing is None and len(lines) > len(single):
            extra = len(lines) - len(single)
            reading.unplaced(lines[:extra], self.names[0])
            lines = lines[extra:]
        for part, line in zip(single, lines, strict=False):
            tags.append((part, line.words, line))
        rest = lines[len(single) :]
        if flowing is not None and rest and not (len(rest) == 1 and rest[0].words == ABSENT):
            put(item, flowing.path.keys, reading.text(rest))
        return item, tags

    def _move_trailing(
        self, groups: list[Group], waiting: list[Source], part: Part, reading: Reading
    ) -> list[Source]:
        """Give each item the lines between its label and the next item's first line."""
        for group, after in zip(groups, [*groups[1:], None], strict=False):
            lines = waiting if after is None else after.free
            own = len(lines) if after is None else len(lines) - 1
            if own > 1:
                reading.report(
                    "warning",
                    lines[0].number,
                    "ambiguous",
                    f"{own} lines after a label of {self.names[0]!r}, expected one: the first is "
                    f"taken as the {part.path.keys[-1]}",
                )
            mine = lines[: min(own, 1)]
            for line in mine:
                group.tags.append((part, line.words, line))
            if after is None:
                return lines[len(mine) :]
            extra = lines[len(mine) : own]
            reading.unplaced(extra, self.names[0])
            del lines[: len(mine) + len(extra)]
        return waiting

    def write(self, tree: Tree) -> Iterator[str]:
        for item in self.shelf.take(tree):
            yield from _write_item(self.parts, item)

    def leaves(self) -> Iterator[tuple[str, str]]:
        yield from ((leaf, self.names[0]) for leaf in self.shelf.leaves)


_EXTENSION = re.compile(r"(.+?) ext\. (.+)")


def write_tag(part: Part, value: Any) -> Iterator[str]:
    """The lines of a label and its value."""
    label = part.labels[0] + (":" if part.colon else "")
    if value is None or value == [] or value == "":
        if not part.optional:
            yield f"{label} {ABSENT}" if part.colon else label
    elif part.below:
        yield label
        yield flat(part.value.write(value))
    else:
        yield f"{label} {flat(part.value.write(value))}"


def _write_item(parts: Sequence[Part], item: Item) -> Iterator[str]:
    waiting: list[str] = []
    free = [part for part in parts if not part.labels and not part.last]
    for part in parts:
        value = get(item, part.path.keys)
        if part.path.keys == ("phone",) and "phoneExt" in item:
            value = f"{value or ABSENT} ext. {item['phoneExt']}"
        if part.labels:
            lines = list(write_tag(part, value))
            if part.tight and lines and waiting:
                waiting[-1] = "\n".join([waiting[-1], *lines])
            else:
                waiting += lines
        elif value:
            waiting.append(str(value) if part.rest else flat(value))
        elif part is free[0] and len(free) > 1 and any(get(item, p.path.keys) for p in free[1:]):
            waiting.append(ABSENT)
    yield from waiting
