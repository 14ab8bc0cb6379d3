"""The section of sites: facility, `City, State, Country`, status."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trialbridge.mappings.text.blocks.items import Group, Shelf, groups_of, write_tag
from trialbridge.mappings.text.reading import Reading, Source, Stretch
from trialbridge.mappings.text.rows import Item, Part, Tree, get, path, put
from trialbridge.mappings.text.values import ABSENT, CODE, flat

SITES = path("protocol.contacts_locations.locations")

_COMMA = re.compile(r",(?:\s+|$)")


class Places(NamedTuple):
    """A section of sites: facility, place, status."""

    names: tuple[str, ...]
    status: Part
    shelf: Shelf
    # The list of countries tells which comma is a country's own.
    turn: int = 1
    early: bool = False

    def fits(self, under: Stretch) -> bool:
        return under.has(
            (self.names[0], "site"),
            lambda line: self.status.beside(line.words) is not None or line.text.count(", ") >= 2,
        )

    def read(self, lines: list[Source], reading: Reading) -> None:
        groups, waiting = groups_of((self.status,), lines)
        if waiting and waiting[-1].text.count(", ") >= 2 and len(waiting) <= 2:
            groups.append(Group(waiting, []))
            waiting = []
        places = [_COMMA.split(group.free[-1].words) if group.free else [] for group in groups]
        told = _Told(places, get(reading.tree, ("page", "countries")) or ())
        sites: list[Item] = []
        for index, (group, place) in enumerate(zip(groups, places, strict=True)):
            site: Item = {}
            free = group.free
            if len(free) == 3 and sites and CODE.fullmatch(free[0].words):
                # Three lines before a label: a status that is not known, then the next site.
                pointer = f"{SITES.pointer}/{index - 1}/status"
                value = reading.value(
                    self.status.value, free[0].words, free[0], self.names[0], pointer
                )
                if value is not None and sites[-1].setdefault("status", value) != value:
                    reading.unplaced(free[:1], self.names[0])
                free = free[1:]
            if len(free) > 2:
                reading.unplaced(free[:-2], self.names[0])
                free = free[-2:]
            if len(free) == 2 and free[0].words != ABSENT:
                site["facility"] = free[0].words
            if place:
                city, state, country = told.place(place, free[-1], reading)
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
        for keys, value in self.shelf.put(sites):
            put(reading.tree, keys, value)
        reading.unplaced(waiting, self.names[0])

    def write(self, tree: Tree) -> Iterator[str]:
        for site in self.shelf.take(tree):
            if facility := site.get("facility"):
                yield flat(facility)
            yield ", ".join(flat(site.get(key, "")) for key in ("city", "state", "country"))
            yield from write_tag(self.status, site.get("status"))

    def leaves(self) -> Iterator[tuple[str, str]]:
        yield from ((leaf, self.names[0]) for leaf in self.shelf.leaves)


class _Told:
    """What the page's places of three words tell of those with more commas."""

    def __init__(self, places: list[list[str]], countries: Sequence[str]) -> None:
        three = [place for place in places if len(place) == 3]
        self.countries = frozenset(countries)
        self.widest = 1 + max((country.count(", ") for country in countries), default=0)
        self.cities = {(country, city) for city, _, country in three}
        self.states = {(country, state) for _, state, country in three if state}

    def place(self, parts: list[str], line: Source, reading: Reading) -> tuple[str, str, str]:
        """Part `City, State, Country`, where each may have a comma of its own."""
        if len(parts) < 3:
            return (parts[0] if len(parts) == 2 else "", "", parts[-1])
        if len(parts) == 3:
            return parts[0], parts[1], parts[2]
        width = next(
            (
                width
                for width in range(min(len(parts) - 2, self.widest), 0, -1)
                if ", ".join(parts[-width:]) in self.countries
            ),
            1,
        )
        country = ", ".join(parts[-width:])
        rest = parts[:-width]
        if len(rest) == 2:
            return rest[0], rest[1], country
        if rest[-1] == "":
            return ", ".join(rest[:-1]), "", country
        if (country, rest[0]) in self.cities:
            return rest[0], ", ".join(rest[1:]), country
        if (country, rest[-1]) not in self.states:
            reading.report(
                "warning",
                line.number,
                "ambiguous",
                f"{line.words!r}: which comma is between city and state is not told; the last one "
                "is taken",
            )
        return ", ".join(rest[:-1]), rest[-1], country
