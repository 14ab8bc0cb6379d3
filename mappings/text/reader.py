"""Read the lines of a page's text as a tree of the model, by the rows of the layout."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

from trialbridge.mappings.text import terms
from trialbridge.mappings.text.layout import (
    ARMS,
    HEAD,
    INTERVENTIONS,
    LAYOUT,
    LEAD,
    RELATED,
    SITES,
)
from trialbridge.mappings.text.rows import (
    ABSENT,
    KIND,
    Arms,
    Choice,
    Item,
    Items,
    Line,
    Pair,
    Pairs,
    Part,
    Party,
    Places,
    Prose,
    Related,
    Tree,
    Words,
    code,
    get,
    items_of,
    path,
    put,
    read_words,
    reads,
    squeeze,
    value_of,
)
from trialbridge.mappings.text.sections import Reading, Source, explained, find
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import RelatedTrial, intervention_name


class Page(NamedTuple):
    """What was read: the tree, what the model has no place for, and what is to be said of it."""

    tree: Tree
    unmapped: dict[str, Any]
    problems: list[Problem]


def read(lines: Sequence[Source]) -> Page:
    """Read the lines of a page. Raises NotARecord if they are no record, or several."""
    gaps = sum(line.gap for line in lines)
    reading = Reading(dense=gaps <= len(lines) // 50)
    head, sections = find(lines, reading)
    _read_pairs(HEAD, head, reading)
    # Arms are told apart by what the Interventions section says; places by the countries.
    later: dict[type[Any], int] = {Places: 1, Arms: 2, Line: 3}
    for section in sorted(sections, key=lambda found: later.get(type(found.block), 0)):
        lines_ = explained(section, reading)
        match section.block:
            case Pairs() as block:
                _read_pairs(block, lines_, reading)
            case Prose() as block:
                _read_prose(block, lines_, reading)
            case Line() as block:
                _read_line(block, lines_, reading)
            case Choice() as block:
                _read_choice(block, lines_, reading)
            case Words() as block:
                _read_words_of(block, lines_, reading)
            case Items() as block:
                _read_items(block, lines_, reading)
            case Places() as block:
                _read_places(block, lines_, reading)
            case Arms() as block:
                _read_arms(block, lines_, reading)
            case Party() as block:
                _read_party(block, lines_, reading)
            case Related() as block:
                _read_related(block, lines_, reading)
    _drop_implied(reading.tree)
    reading.problems.sort(key=lambda problem: int(problem.path.removeprefix("line ")))
    return Page(reading.tree, reading.unmapped, reading.problems)


def _drop_implied(tree: Tree) -> None:
    """Leave out a list of countries that says no more than the sites do."""
    for block in LAYOUT:
        if isinstance(block, Words) and get(tree, block.path.keys) == block.implied(tree):
            page = tree["page"]
            del page["countries"]
            if not page:
                del tree["page"]


def _read_pairs(block: Pairs, lines: list[Source], reading: Reading) -> None:
    heading = block.names[0] if block.names else "head"
    groups: list[tuple[Pair, Source, str, list[Source]]] = []
    lead: list[Source] = []
    own = block is not HEAD and block.prose is not None
    start = _start_of_pairs(block, lines) if own else 0
    for index, line in enumerate(lines):
        if index >= start and (found := block.row(line.text)) is not None:
            groups.append((found[0], line, found[1], []))
        else:
            (groups[-1][3] if groups else lead).append(line)
    loose: list[Source] = []
    for row, line, beside, under in groups:
        rest = list(under)
        text = beside
        where = line
        if not text and rest:
            where = rest.pop(0)
            text = where.words
        if text:
            value = reading.value(row.value, text, where, row.labels[0], row.path.pointer)
            reading.set(row.path, value, where, row.labels[0])
        rest = _read_below(row, rest, reading)
        if block is HEAD:
            loose += rest
        elif own and not lead and row is groups[-1][0]:
            lead = rest
        else:
            reading.unplaced(rest, heading)
    if block is HEAD:
        _read_title(lead, loose, reading)
    elif block.prose is not None:
        if lead:
            put(reading.tree, block.prose.keys, reading.text(lead))
    else:
        reading.unplaced(lead, heading)


def _start_of_pairs(block: Pairs, lines: Sequence[Source]) -> int:
    """Where the labels after a text begin: a label inside the text is one of its lines.

    Labels stand one after another, each with a value; those in the page's own words always do.
    """
    start = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        if (found := block.row(lines[index].text)) is None:
            continue
        own = found[0].labels[0] == lines[index].words
        if index == 0 or own or start - index <= 2:
            start = index
    return start


def _read_title(lead: list[Source], loose: list[Source], reading: Reading) -> None:
    """The title is the first line of the page, before or after the ids."""
    shown = lead + loose
    if not shown:
        return
    if HEAD.prose is not None:
        put(reading.tree, HEAD.prose.keys, shown[0].words)
    reading.unplaced(shown[1:], "head")


_CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)*")


def _read_below(row: Pair, lines: list[Source], reading: Reading) -> list[Source]:
    """Read what stands under a value: codes as long as there are, then text."""
    rest = lines
    for where in row.below:
        if not rest:
            break
        if where.kind is str:
            # A heading that is not known, and its text, are no description.
            if len(rest) > 1 and rest[1].gap and _TITLE_CASE.fullmatch(rest[0].words):
                break
            put(reading.tree, where.keys, reading.text(rest))
            rest = []
        else:
            one = code(get_args(where.kind)[0])
            found: list[str] = []
            count = 0
            while rest and (reads(one, rest[0].words) or _CODE.fullmatch(rest[0].words)):
                pointer = f"{where.pointer}/{count}"
                value = reading.value(one, rest[0].words, rest[0], row.labels[0], pointer)
                if value is not None:
                    found.append(value)
                count += 1
                rest = rest[1:]
            if count:
                put(reading.tree, where.keys, found)
    return rest


def _read_prose(block: Prose, lines: list[Source], reading: Reading) -> None:
    if not lines:
        return
    put(reading.tree, block.path.keys, reading.text(lines))
    for index, line in enumerate(lines[1:-1], 1):
        if line.gap and lines[index + 1].gap and _TITLE_CASE.fullmatch(line.words):
            reading.report(
                "information",
                line.number,
                "heading",
                f"{line.words!r} reads like a heading; taken as a line of the "
                f"{block.names[0].lower()}",
            )


_TITLE_CASE = re.compile(r"[A-Z][a-z]+(?: (?:[A-Z][a-z]+|and|of|for|the|in)){1,4}")


def _read_line(block: Line, lines: list[Source], reading: Reading) -> None:
    if not lines:
        return
    first, *rest = lines
    reading.unplaced(rest, block.names[0])
    line = " ".join(first.text.split())
    put(reading.tree, block.path.keys, line)
    split = terms.split(line, reading.tree)
    if split is None:
        reading.report(
            "warning",
            first.number,
            "conditions-not-split",
            "the record's own words do not tell where the conditions and keywords of this line "
            f"begin and end; the line is kept whole: {line!r}",
        )
        return
    for where, found in zip(block.parts, split, strict=True):
        if found:
            put(reading.tree, where.keys, found)


# The page says under `Results pending` what that means.
_PENDING = re.compile(r"The study team has .*\b(?:study|trial)\b.*\.")


def _read_choice(block: Choice, lines: list[Source], reading: Reading) -> None:
    known = {squeeze(sentence): value for sentence, value in block.sentences.items()}
    rest: list[Source] = []
    for line in lines:
        value = known.get(squeeze(line.text))
        if value is not None:
            reading.set(block.path, value, line, block.names[0])
        elif not _PENDING.fullmatch(line.words):
            rest.append(line)
    if not lines or get(reading.tree, block.path.keys) is None:
        if lines:
            reading.report(
                "error",
                lines[0].number,
                "value",
                f"{block.names[0]}: {lines[0].words!r} is none of {', '.join(block.sentences)}",
            )
        return
    reading.unplaced(rest, block.names[0])


def _read_words_of(block: Words, lines: list[Source], reading: Reading) -> None:
    end = next(
        (
            index
            for index, line in enumerate(lines)
            if line.words.endswith(".") or len(line.text) > 60
        ),
        len(lines),
    )
    if end < len(lines):
        end = max(end - 1, 0)
    if lines[:end]:
        put(reading.tree, block.path.keys, [line.words for line in lines[:end]])
    reading.unplaced(lines[end:], block.names[0])


class _Group(NamedTuple):
    """The lines of an item: those before its labels, its labels, those after the last one."""

    free: list[Source]
    tags: list[tuple[Part, str, Source]]


def _stands_below(part: Part, words: str) -> bool:
    """Whether a line is the value of the label above it; names of items may read like codes."""
    if part.below:
        return words != ABSENT and reads(part.value, words)
    return words in part.codes


def _groups(parts: Sequence[Part], lines: Sequence[Source]) -> tuple[list[_Group], list[Source]]:
    """Part lines into groups that labels close, and the lines after the last label."""
    labelled = [part for part in parts if part.labels]
    firsts = tuple({label[0].lower() for part in labelled for label in part.labels})
    groups: list[_Group] = []
    waiting: list[Source] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        words = line.words
        found = None
        if words[:1].lower() in firsts:
            for part in labelled:
                value = part.beside(words)
                if value is not None:
                    found = (part, value)
                    break
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
            groups.append(_Group(waiting, []))
            waiting = []
        groups[-1].tags.append((part, value, line))
    return groups, waiting


def _read_items(block: Items, lines: list[Source], reading: Reading) -> None:
    groups, waiting = _groups(block.parts, lines)
    trailing = next((part for part in block.parts if part.last), None)
    if trailing is not None:
        waiting = _move_trailing(groups, waiting, trailing, block, reading)
    items: list[Item] = []
    values: list[list[tuple[Part, str, Source]]] = []
    for group in groups:
        item, tags = _read_item(block, group, reading)
        items.append(item)
        values.append(tags)
    # Pointers depend on which items there are, and those on their labels.
    for item, tags in zip(items, values, strict=True):
        for part, text, line in tags:
            if part.path.keys == (KIND,) and text:
                item[KIND] = reading.value(part.value, text, line, part.labels[0], "")
    for item, tags, pointer in zip(items, values, block.shelf.pointers(items), strict=True):
        for part, text, line in tags:
            if not text or part.path.keys == (KIND,):
                continue
            label = part.labels[0] if part.labels else block.names[0]
            meant = part.by_kind.get(item.get(KIND, ""), part.value)
            value = reading.value(meant, text, line, label, pointer + part.path.pointer)
            if value is None:
                continue
            if part.path.keys == ("phone",) and (extended := _EXTENSION.fullmatch(value)):
                item["phone"], item["phoneExt"] = extended[1], extended[2]
                if extended[1] == ABSENT:
                    del item["phone"]
            else:
                put(item, part.path.keys, value)
    for keys, value in block.shelf.put(items):
        put(reading.tree, keys, value)
    reading.unplaced(waiting, block.names[0])


_EXTENSION = re.compile(r"(.+?) ext\. (.+)")


def _read_item(
    block: Items, group: _Group, reading: Reading
) -> tuple[Item, list[tuple[Part, str, Source]]]:
    """Share the free lines of an item among its parts."""
    item: Item = {}
    tags = list(group.tags)
    lines = group.free
    lead = [part for part in block.parts if not part.labels and not part.last]
    flowing = next((part for part in lead if part.rest), None)
    single = [part for part in lead if not part.rest]
    if flowing is None and len(lines) > len(single):
        extra = len(lines) - len(single)
        reading.unplaced(lines[:extra], block.names[0])
        lines = lines[extra:]
    for part, line in zip(single, lines, strict=False):
        tags.append((part, line.words, line))
    rest = lines[len(single) :]
    if flowing is not None and rest and not (len(rest) == 1 and rest[0].words == ABSENT):
        put(item, flowing.path.keys, reading.text(rest))
    return item, tags


def _move_trailing(
    groups: list[_Group], waiting: list[Source], part: Part, block: Items, reading: Reading
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
                f"{own} lines after a label of {block.names[0]!r}, expected one: the first is "
                f"taken as the {part.path.keys[-1]}",
            )
        mine = lines[: min(own, 1)]
        for line in mine:
            group.tags.append((part, line.words, line))
        if after is None:
            return lines[len(mine) :]
        extra = lines[len(mine) : own]
        reading.unplaced(extra, block.names[0])
        del lines[: len(mine) + len(extra)]
    return waiting


_COMMA = re.compile(r",(?:\s+|$)")


def _read_places(block: Places, lines: list[Source], reading: Reading) -> None:
    groups, waiting = _groups((block.status,), lines)
    if waiting and waiting[-1].text.count(", ") >= 2 and len(waiting) <= 2:
        groups.append(_Group(waiting, []))
        waiting = []
    countries = set(get(reading.tree, ("page", "countries")) or ())
    places = [_COMMA.split(group.free[-1].words) if group.free else [] for group in groups]
    told = [place for place in places if len(place) == 3]
    cities = {(country, city) for city, _, country in told}
    states = {(country, state) for _, state, country in told if state}
    sites: list[Item] = []
    for index, (group, place) in enumerate(zip(groups, places, strict=True)):
        site: Item = {}
        free = group.free
        if len(free) == 3 and sites and _CODE.fullmatch(free[0].words):
            # Three lines before a label: a status that is not known, then the next site.
            pointer = f"{SITES.pointer}/{index - 1}/status"
            reading.value(block.status.value, free[0].words, free[0], block.names[0], pointer)
            free = free[1:]
        if len(free) > 2:
            reading.unplaced(free[:-2], block.names[0])
            free = free[-2:]
        if len(free) == 2 and free[0].words != ABSENT:
            site["facility"] = free[0].words
        if place:
            city, state, country = _read_place(place, countries, cities, states, free[-1], reading)
            site |= {
                key: value
                for key, value in (("city", city), ("state", state), ("country", country))
                if value
            }
        for part, text, line in group.tags:
            if text:
                pointer = f"{SITES.pointer}/{index}/status"
                value = reading.value(part.value, text, line, part.labels[0], pointer)
                if value is not None:
                    site["status"] = value
        sites.append(site)
    for keys, value in block.shelf.put(sites):
        put(reading.tree, keys, value)
    reading.unplaced(waiting, block.names[0])


def _read_place(
    parts: list[str],
    countries: set[str],
    cities: set[tuple[str, str]],
    states: set[tuple[str, str]],
    line: Source,
    reading: Reading,
) -> tuple[str, str, str]:
    """Part `City, State, Country`, where each may have a comma of its own."""
    if len(parts) < 3:
        return (parts[0] if len(parts) == 2 else "", "", parts[-1])
    if len(parts) == 3:
        return parts[0], parts[1], parts[2]
    width = next(
        (width for width in range(len(parts) - 2, 0, -1) if ", ".join(parts[-width:]) in countries),
        1,
    )
    country = ", ".join(parts[-width:])
    rest = parts[:-width]
    if len(rest) == 2:
        return rest[0], rest[1], country
    if rest[-1] == "":
        return ", ".join(rest[:-1]), "", country
    for start in range(1, len(rest)):
        if (country, ", ".join(rest[start:])) in states or (
            (country, ", ".join(rest[:start])) in cities
        ):
            return ", ".join(rest[:start]), ", ".join(rest[start:]), country
    reading.report(
        "warning",
        line.number,
        "ambiguous",
        f"{line.words!r}: which comma is between city and state is not told; the last one is taken",
    )
    return ", ".join(rest[:-1]), rest[-1], country


def _solid(text: str) -> str:
    return "".join(text.split())


def _matching(lines: Sequence[Source], text: str) -> int:
    """How many of the first lines are this text, 0 if none are."""
    wanted = _solid(text)
    so_far = ""
    for count, line in enumerate(lines, 1):
        so_far += _solid(line.text)
        if so_far == wanted:
            return count
        if not wanted.startswith(so_far):
            return 0
    return 0


_Step = tuple[list[Source], Part, str, Source]
"""The lines before a label of the arms' section, and the label, its value and its line."""


def _read_arms(block: Arms, lines: list[Source], reading: Reading) -> None:
    """Read arms with their interventions.

    After an intervention's type come its description, then perhaps the next arm's name and
    description: the Interventions section says where the former ends.
    """
    groups, waiting = _groups((block.group, block.intervention), lines)
    # A run of labels without lines between them is one label each.
    steps = [
        (group.free if count == 0 else [], part, text, line)
        for group in groups
        for count, (part, text, line) in enumerate(group.tags)
    ]
    grouped = any(part is block.group for _, part, _, _ in steps)
    found = _Arms(block, reading)
    if not found.listed:
        found.hints = _told(block, steps, waiting)
    for free, part, text, line in steps:
        if part is block.group:
            rest = found.close(free, before_arm=True)
            if not rest:
                reading.report("warning", line.number, "unplaced", "a group type without a group")
            found.arm(rest)
            found.group_type(text, line)
            continue
        name, before = (free[-1], free[:-1]) if free else (None, [])
        rest = found.close(before, before_arm=False)
        if rest and not grouped:
            found.arm(rest)
        else:
            reading.unplaced(rest, block.names[0])
        if name is None or not found.arms:
            reading.report("warning", line.number, "unplaced", "an intervention type of no group")
        else:
            found.intervention(name, text)
    reading.unplaced(found.close(waiting, before_arm=False), block.names[0])
    found.place()


def _told(block: Arms, steps: Sequence[_Step], waiting: list[Source]) -> dict[str, list[Source]]:
    """Descriptions whose ends are told without the Interventions section, by intervention.

    Between two interventions of an arm stand the description of the first and the name of the
    second; the last one's description ends with the section.
    """
    found: dict[str, list[Source]] = {}
    for (free, part, _, _), after in zip(steps, [*steps[1:], None], strict=False):
        if part is not block.intervention or not free:
            continue
        if after is None:
            found.setdefault(free[-1].words, waiting)
        elif after[1] is block.intervention:
            found.setdefault(free[-1].words, after[0][:-1])
    return found


class _Arms:
    """Arms and interventions as far as they are read, and the one whose description is open."""

    def __init__(self, block: Arms, reading: Reading) -> None:
        self.block = block
        self.reading = reading
        self.known = items_of(get(reading.tree, INTERVENTIONS.keys))
        self.listed = bool(self.known)
        self.arms: list[Item] = []
        self.links: list[tuple[int, int]] = []
        self.open: tuple[Source, str] | None = None
        self.hints: dict[str, list[Source]] = {}

    def arm(self, lines: Sequence[Source]) -> None:
        """Begin an arm: its name, then its description."""
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

    def intervention(self, name: Source, text: str) -> None:
        """Begin an intervention of the last arm: its name and type."""
        value = self.block.intervention.value
        self.open = (name, value.read(text) if text and reads(value, text) else text)

    def close(self, lines: list[Source], *, before_arm: bool) -> list[Source]:
        """Take the open intervention's description off the lines; give what is left of them."""
        if self.open is None:
            return lines
        name, kind = self.open
        self.open = None
        same = [index for index, item in enumerate(self.known) if item.get("name") == name.words]
        described = [self.known[index].get("description", "") for index in same]
        if name.words in self.hints:
            described.append(self.reading.text(self.hints[name.words]))
        taken = max((_matching(lines, description) for description in described), default=0)
        if not taken and "" not in described and lines:
            # Not told by the Interventions section: the last line before a group type names
            # the group, unless more lines make it its description.
            taken = len(lines) - (1 + (len(lines) > 2) if before_arm else 0)
            if self.listed or before_arm:
                self.reading.report(
                    "warning",
                    lines[0].number,
                    "ambiguous",
                    f"where the description of {name.words!r} ends is not told by the "
                    f"Interventions section; {taken} of {len(lines)} lines are taken",
                )
        description = self.reading.text(lines[:taken])
        self.links.append((len(self.arms) - 1, self._index(name, kind, description, same)))
        return lines[taken:]

    def _kind(self, index: int) -> str:
        """The type of an intervention, known to the model or not, empty if it has none."""
        unknown = self.reading.unmapped.get(f"{INTERVENTIONS.pointer}/{index}/type", "")
        return str(self.known[index].get("type", unknown))

    def _index(self, name: Source, kind: str, description: str, same: list[int]) -> int:
        """Which intervention it is; one that is not listed is added."""
        alike = [index for index in same if self._kind(index) == kind]
        if alike or (same and self.listed):
            arm = len(self.arms) - 1

            def unlike(index: int) -> tuple[bool, bool, int]:
                said = self.known[index].get("description", "")
                return (arm, index) in self.links, _solid(said) != _solid(description), index

            return min(alike or same, key=unlike)
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
            part = self.block.intervention
            pointer = f"{INTERVENTIONS.pointer}/{index}/type"
            value = self.reading.value(part.value, kind, name, part.labels[0], pointer)
            if value is not None:
                item["type"] = value
        if description:
            item["description"] = description
        return index

    def place(self) -> None:
        """Say which arm has which intervention at both ends, as the registry does."""
        for arm, index in self.links:
            item = self.known[index]
            kind = self._kind(index)
            name = intervention_name(kind, item["name"])
            self.arms[arm].setdefault("interventionNames", []).append(name)
            if "label" in self.arms[arm]:
                item.setdefault("armGroupLabels", []).append(self.arms[arm]["label"])
        for item in self.known:
            if "armGroupLabels" in item:
                # The registry lists them by label, not in the order of the arms.
                item["armGroupLabels"] = sorted(item["armGroupLabels"])
        if self.arms:
            put(self.reading.tree, ARMS.keys, self.arms)
        if self.known:
            put(self.reading.tree, INTERVENTIONS.keys, self.known)


def _read_party(block: Party, lines: list[Source], reading: Reading) -> None:
    role = next(
        (index for index, line in enumerate(lines) if block.role.beside(line.words) is not None),
        None,
    )
    if role is None:
        reading.unplaced(lines, block.names[0])
        return
    before, after = lines[:role], lines[role + 1 :]
    line = lines[role]
    text = block.role.beside(line.words) or ""
    if not text and after and reads(block.role.value, after[0].words):
        line, *after = after
        text = line.words
    label = block.role.labels[0]
    if text:
        kind = reading.value(block.role.value, text, line, label, block.role.path.pointer)
        reading.set(block.role.path, kind, line, label)
    sponsor = get(reading.tree, (*LEAD.keys, "name"))
    if text and before and before[-1].words == sponsor:
        before = before[:-1]
    names = block.current if text else block.old
    if squeeze(text) == "SPONSOR" and not before:
        # A sponsor is no person: what follows is not of this section.
        names = ()
    shown = [*before[-1:], *after]
    reading.unplaced(before[:-1], block.names[0])
    for where, found in zip(names, shown, strict=False):
        reading.set(where, read_words(found.words), found, label)
    reading.unplaced(shown[len(names) :], block.names[0])


def _read_related(block: Related, lines: list[Source], reading: Reading) -> None:
    status = value_of(path("status", RelatedTrial).kind)
    phases = value_of(path("phases", RelatedTrial).kind)
    trials: list[Item] = []
    waiting: list[Source] = []
    for line in lines:
        found = RELATED.match(line.words)
        rest = found[2].split() if found else []
        if found is None or len(rest) > 2:
            waiting.append(line)
            continue
        trial: Item = {}
        if waiting:
            reading.unplaced(waiting[:-1], block.names[0])
            if waiting[-1].words != ABSENT:
                trial["title"] = waiting[-1].words
            waiting = []
        trial["nctId"] = found[1]
        pointer = f"{block.path.pointer}/{len(trials)}"
        for word in rest:
            if reads(phases, word) and ("status" in trial or not reads(status, word)):
                trial["phases"] = phases.read(word)
            elif "PHASE" in word or "status" in trial:
                value = reading.value(phases, word, line, "phase", f"{pointer}/phases")
                if value is not None:
                    trial["phases"] = value
            else:
                value = reading.value(status, word, line, "status", f"{pointer}/status")
                if value is not None:
                    trial["status"] = value
        trials.append(trial)
    if trials:
        put(reading.tree, block.path.keys, trials)
    reading.unplaced(waiting, block.names[0])
