"""The section of the responsible party: one item with lines around its label."""

from collections.abc import Iterator
from typing import NamedTuple

from trialbridge.mappings.text.reading import Reading, Source, Stretch
from trialbridge.mappings.text.rows import Pair, Path, Tree, get
from trialbridge.mappings.text.values import ABSENT, flat, read_words, reads, squeeze


class Party(NamedTuple):
    """The responsible party: names of now if it has a role, those of old records if it has none."""

    names: tuple[str, ...]
    role: Pair
    current: tuple[Path, ...]
    old: tuple[Path, ...]
    sponsor: Path
    """Whose name may stand above the role."""
    turn: int = 1
    early: bool = False

    def fits(self, under: Stretch) -> bool:
        return under.has(
            (self.names[0], "role"), lambda line: self.role.beside(line.words) is not None
        )

    def read(self, lines: list[Source], reading: Reading) -> None:
        role = next(
            (index for index, line in enumerate(lines) if self.role.beside(line.words) is not None),
            None,
        )
        if role is None:
            reading.unplaced(lines, self.names[0])
            return
        before, after = lines[:role], lines[role + 1 :]
        line = lines[role]
        text = self.role.beside(line.words) or ""
        if not text and after and reads(self.role.value, after[0].words):
            line, *after = after
            text = line.words
        label = self.role.labels[0]
        if text:
            kind = reading.value(self.role.value, text, line, label, self.role.path.pointer)
            reading.set(self.role.path, kind, [line], label)
        sponsor = get(reading.tree, self.sponsor.keys)
        if text and before and before[-1].words == sponsor:
            before = before[:-1]
        names = self.current if text else self.old
        if squeeze(text) == "SPONSOR" and not before:
            # A sponsor is no person: what follows is not of this section.
            names = ()
        shown = [*before[-1:], *after]
        reading.unplaced(before[:-1], self.names[0])
        for where, found in zip(names, shown, strict=False):
            reading.set(where, read_words(found.words), [found], label)
        reading.unplaced(shown[len(names) :], self.names[0])

    def write(self, tree: Tree) -> Iterator[str]:
        kind = get(tree, self.role.path.keys)
        names = [get(tree, where.keys) for where in (self.old if kind is None else self.current)]
        while names and not names[-1]:
            names.pop()
        if kind is None and not names:
            return
        shown = [flat(name or ABSENT) for name in names]
        label = self.role.labels[0]
        if kind is None:
            yield from (shown[0], label, *shown[1:])
        else:
            yield f"{label} {kind}"
            yield from shown

    def leaves(self) -> Iterator[tuple[str, str]]:
        for where in (self.role.path, *self.current, *self.old):
            yield where.pointer, self.names[0]
