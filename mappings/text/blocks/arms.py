"""The section of arms, each followed by its interventions."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

from trialbridge.mappings.text.blocks.items import Tag, groups_of, tagged, write_tag
from trialbridge.mappings.text.reading import Reading, Source, Stretch, unlike
from trialbridge.mappings.text.rows import Item, Part, Tree, get, items_of, path, put
from trialbridge.mappings.text.values import ABSENT, flat, reads
from trialbridge.schemas.trial import InterventionType, intervention_label, intervention_name

ARMS = path("protocol.arms_interventions.arm_groups")
INTERVENTIONS = path("protocol.arms_interventions.interventions")

_TYPE_OF_LABEL = {intervention_label(kind): kind for kind in get_args(InterventionType)}

_Step = tuple[list[Source], Tag]
"""The lines before a label of the arms' section, and the label."""


class Arms(NamedTuple):
    """A section of arms, each followed by its interventions.

    After an intervention's type come its description, then perhaps the next arm's name and
    description: the Interventions section says where the former ends.
    """

    names: tuple[str, ...]
    group: Part
    intervention: Part
    # Arms are told apart by what the Interventions section says.
    turn: int = 2
    early: bool = False

    def fits(self, under: Stretch) -> bool:
        parts = (self.group, self.intervention)
        return under.has(
            (self.names[0], "label"), lambda line: tagged(parts, line.words) is not None
        )

    def read(self, lines: list[Source], reading: Reading) -> None:
        groups, waiting = groups_of((self.group, self.intervention), lines)
        # A run of labels without lines between them is one label each.
        steps = [
            (group.free if count == 0 else [], tag)
            for group in groups
            for count, tag in enumerate(group.tags)
        ]
        grouped = any(part is self.group for _, (part, _, _) in steps)
        found = _Arms(self, reading)
        if not found.listed:
            for name, told in _told(self, steps, waiting).items():
                found.texts[name].add(_solid(reading.text(told)))
        for free, (part, text, line) in steps:
            if part is self.group:
                rest = found.close(free, before_arm=True)
                if not rest:
                    reading.report(
                        "warning", line.number, "unplaced", "a group type without a group"
                    )
                found.arm(rest)
                found.group_type(text, line)
                continue
            rest = found.close(free[:-1], before_arm=False)
            if rest and not grouped:
                found.arm(rest)
            else:
                reading.unplaced(rest, self.names[0])
            if not free or not found.arms:
                reading.unplaced([*free[-1:], line], self.names[0], "an intervention of no group")
            else:
                found.intervention(free[-1], text, line)
        reading.unplaced(found.close(waiting, before_arm=False), self.names[0])
        found.place()

    def write(self, tree: Tree) -> Iterator[str]:
        known = _Named(items_of(get(tree, INTERVENTIONS.keys)))
        for arm in items_of(get(tree, ARMS.keys)):
            yield flat(arm.get("label") or ABSENT)
            if description := arm.get("description"):
                yield str(description)
            yield from write_tag(self.group, arm.get("type"))
            for item in known.of(arm):
                yield flat(item.get("name") or ABSENT)
                yield from write_tag(self.intervention, item.get("type"))
                if description := item.get("description"):
                    yield str(description)

    def leaves(self) -> Iterator[tuple[str, str]]:
        for key in ("label", "description", "type", "interventionNames/*"):
            yield f"{ARMS.pointer}/*/{key}", self.names[0]
        yield f"{INTERVENTIONS.pointer}/*/armGroupLabels/*", self.names[0]


class _Shelves:
    """Positions by key. Of each key, the first is given that one arm has not taken yet."""

    def __init__(self) -> None:
        self.of: dict[object, list[int]] = {}
        self.taken: set[int] = set()
        self._at: dict[object, int] = {}

    def add(self, key: object, position: int) -> None:
        self.of.setdefault(key, []).append(position)

    def next_arm(self) -> None:
        self.taken = set()
        self._at = {}

    def free(self, key: object) -> int | None:
        positions = self.of.get(key, ())
        at = self._at.get(key, 0)
        while at < len(positions) and positions[at] in self.taken:
            at += 1
        self._at[key] = at
        return positions[at] if at < len(positions) else None

    def first(self, key: object) -> int | None:
        return self.of[key][0] if key in self.of else None


# ---------------------------------------------------------------------------------------------
# Writing


class _Named:
    """Interventions by the names that arms call them."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.shelves = _Shelves()
        for position, item in enumerate(items):
            bare = str(item.get("name", ""))
            for key in (("full", intervention_name(item.get("type"), bare)), ("bare", bare)):
                self.shelves.add(key, position)
                for label in dict.fromkeys(item.get("armGroupLabels") or ()):
                    self.shelves.add((*key, label), position)

    def of(self, arm: Item) -> Iterator[Item]:
        """The interventions of an arm; two of one name are told apart by the arms they name."""
        self.shelves.next_arm()
        label = arm.get("label")
        for name in map(str, arm.get("interventionNames") or ()):
            ways = (
                self.shelves.free(("full", name, label)),
                self.shelves.free(("full", name)),
                self.shelves.first(("bare", name, label)),
                self.shelves.first(("bare", name)),
            )
            position = next((way for way in ways if way is not None), None)
            if position is not None:
                self.shelves.taken.add(position)
                yield self.items[position]
                continue
            kind, colon, rest = name.partition(": ")
            if colon and kind in _TYPE_OF_LABEL:
                yield {"type": _TYPE_OF_LABEL[kind], "name": rest}
            else:
                yield {"name": name}


# ---------------------------------------------------------------------------------------------
# Reading


def _solid(text: str) -> str:
    return "".join(text.split())


class _Texts:
    """Texts without blanks, and how many of the first of some lines are one of them."""

    def __init__(self) -> None:
        self.wanted: set[str] = set()
        self.lengths: set[int] = set()
        self.longest = 0

    def add(self, solid: str) -> None:
        self.wanted.add(solid)
        self.lengths.add(len(solid))
        self.longest = max(self.longest, len(solid))

    def matching(self, lines: Sequence[Source]) -> int:
        found = length = 0
        parts: list[str] = []
        for count, line in enumerate(lines, 1):
            parts.append(_solid(line.words))
            length += len(parts[-1])
            if length > self.longest:
                break
            if length in self.lengths and "".join(parts) in self.wanted:
                found = count
        return found


def _told(block: Arms, steps: Sequence[_Step], waiting: list[Source]) -> dict[str, list[Source]]:
    """Descriptions whose ends are told without the Interventions section, by intervention.

    Between two interventions of an arm stand the description of the first and the name of the
    second; the last one's description ends with the section.
    """
    found: dict[str, list[Source]] = {}
    for (free, tag), after in zip(steps, [*steps[1:], None], strict=False):
        if tag[0] is not block.intervention or not free:
            continue
        if after is None:
            found.setdefault(free[-1].words, waiting)
        elif after[1][0] is block.intervention:
            found.setdefault(free[-1].words, after[0][:-1])
    return found


class _Open(NamedTuple):
    """An intervention whose description is not read yet: its name, its type and their lines."""

    name: Source
    kind: str
    line: Source


class _Arms:
    """Arms and interventions as far as they are read, and the one whose description is open."""

    def __init__(self, block: Arms, reading: Reading) -> None:
        self.block = block
        self.reading = reading
        self.arms: list[Item] = []
        self.known = items_of(get(reading.tree, INTERVENTIONS.keys))
        self.links: list[tuple[int, int]] = []
        self.open: _Open | None = None
        self.texts: defaultdict[str, _Texts] = defaultdict(_Texts)
        """The descriptions of the interventions of a name."""
        self.shelves = _Shelves()
        for index in range(len(self.known)):
            self._learn(index)
        self.listed = bool(self.known)

    def _learn(self, index: int) -> None:
        item = self.known[index]
        self.texts[item.get("name", "")].add(_solid(item.get("description", "")))
        self._shelve(index)

    def _shelve(self, index: int) -> None:
        item = self.known[index]
        name, kind = item.get("name", ""), self._kind(index)
        solid = _solid(item.get("description", ""))
        for pool in ((name, None), (name, kind)):
            self.shelves.add(pool, index)
            self.shelves.add((*pool, solid), index)

    def arm(self, lines: Sequence[Source]) -> None:
        """Begin an arm: its name, then its description."""
        self.shelves.next_arm()
        arm: Item = {}
        if lines and lines[0].words != ABSENT:
            arm["label"] = lines[0].words
        if lines[1:]:
            arm["description"] = self.reading.text(lines[1:])
        self.arms.append(arm)

    def group_type(self, text: str, line: Source) -> None:
        part = self.block.group
        pointer = f"{ARMS.pointer}/{len(self.arms) - 1}/type"
        if text:
            value = self.reading.value(part.value, text, line, part.labels[0], pointer)
            if value is not None:
                self.arms[-1]["type"] = value

    def intervention(self, name: Source, text: str, line: Source) -> None:
        """Begin an intervention of the last arm: its name and type."""
        value = self.block.intervention.value
        kind = value.read(text) if text and reads(value, text) else text
        self.open = _Open(name, kind or "", line)

    def close(self, lines: list[Source], *, before_arm: bool) -> list[Source]:
        """Take the open intervention's description off the lines; give what is left of them."""
        if self.open is None:
            return lines
        opened, self.open = self.open, None
        name = opened.name.words
        texts = self.texts[name]
        taken = texts.matching(lines)
        guessed = not taken and "" not in texts.wanted and bool(lines)
        if guessed:
            # Not told by the Interventions section: the last line before a group type names
            # the group, unless more lines make it its description.
            taken = len(lines) - (1 + (len(lines) > 2) if before_arm else 0)
        description = self.reading.text(lines[:taken])
        index = self._index(opened, description)
        self.shelves.taken.add(index)
        self.links.append((len(self.arms) - 1, index))
        other = bool(taken) and not self._is_described(index, description)
        if guessed and not other and (self.listed or before_arm):
            self.reading.report(
                "warning",
                lines[0].number,
                "ambiguous",
                f"where the description of {name!r} ends is not told by the Interventions section; "
                f"{taken} of {len(lines)} lines are taken",
            )
        if other:
            self._keep_other(name, lines[:taken], index)
        return lines[taken:]

    def _is_described(self, index: int, text: str) -> bool:
        return _solid(self.known[index].get("description", "")) == _solid(text)

    def _keep_other(self, name: str, lines: list[Source], index: int) -> None:
        """Keep a description that is not the one which the record has of an intervention."""
        said, here = unlike(self.known[index].get("description", ""), self.reading.text(lines))
        self.reading.unplaced(
            lines,
            self.block.names[0],
            f"{name!r} is described in two ways, {said!r} and here {here!r}; the former is the "
            "record's, left out is",
        )

    def _kind(self, index: int) -> str:
        """The type of an intervention, known to the model or not, empty if it has none."""
        unknown = self.reading.unmapped.get(f"{INTERVENTIONS.pointer}/{index}/type", "")
        return str(self.known[index].get("type", unknown))

    def _index(self, opened: _Open, description: str) -> int:
        """Which intervention it is; one that is not listed is added."""
        name, kind, line = opened
        pool: tuple[object, ...] = (name.words, kind)
        other = pool not in self.shelves.of
        if other and self.listed:
            pool = (name.words, None)
        solid = _solid(description)
        ways = (
            self.shelves.free((*pool, solid)),
            self.shelves.free(pool),
            self.shelves.first((*pool, solid)),
            self.shelves.first(pool),
        )
        index = next((way for way in ways if way is not None), None)
        if index is not None:
            if other and kind and self._kind(index):
                self.reading.unplaced(
                    [line],
                    self.block.intervention.labels[0],
                    f"{name.words!r} has another type in the Interventions section, left out is",
                )
            elif other and kind:
                self._set_type(index, kind, line)
                self._shelve(index)
            return index
        if self.listed:
            self.reading.report(
                "warning",
                name.number,
                "not-listed",
                f"{name.words!r} is not in the Interventions section; added to it",
            )
        index = len(self.known)
        item: Item = {"name": name.words}
        self.known.append(item)
        if kind:
            self._set_type(index, kind, line)
        if description:
            item["description"] = description
        self._learn(index)
        return index

    def _set_type(self, index: int, kind: str, line: Source) -> None:
        part = self.block.intervention
        pointer = f"{INTERVENTIONS.pointer}/{index}/type"
        value = self.reading.value(part.value, kind, line, part.labels[0], pointer)
        if value is not None:
            self.known[index]["type"] = value

    def place(self) -> None:
        """Say which arm has which intervention at both ends, as the registry does."""
        for arm, index in self.links:
            item = self.known[index]
            name = intervention_name(self._kind(index), item["name"])
            self.arms[arm].setdefault("interventionNames", []).append(name)
            if "label" in self.arms[arm]:
                item.setdefault("armGroupLabels", []).append(self.arms[arm]["label"])
        for item in self.known:
            if "armGroupLabels" in item:
                # The registry lists them by label, not in the order of the arms.
                item["armGroupLabels"].sort()
        if self.arms:
            put(self.reading.tree, ARMS.keys, self.arms)
        if self.known:
            put(self.reading.tree, INTERVENTIONS.keys, self.known)
