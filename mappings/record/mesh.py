"""MeSH terms of the derived section: which condition or intervention each belongs to.

The registry gives the terms of a record in one list. A term belongs to the condition (or
intervention) whose name is the term, has the term in it, or is what the registry says it found
the term as; a term that belongs to none that can be told stands on its own.
"""

from collections.abc import Sequence
from typing import NamedTuple

from trialbridge.schemas.trial import BrowseModule


class Places(NamedTuple):
    """Terms by their position in the record's list.

    `owned`: by the position of what they belong to, in its order. `alone`: of none. `in_order`:
    whether those of all owners, and the ones alone behind them, are in the order of the list.
    """

    owned: dict[int, list[int]]
    alone: list[int]
    in_order: bool

    @property
    def order(self) -> list[int]:
        return [position for places in self.owned.values() for position in places] + self.alone


def place(browse: BrowseModule | None, owners: Sequence[str | None]) -> Places:
    """Find the owner of each term among the names."""
    meshes = browse.meshes if browse else None
    if browse is None or not meshes:
        return Places({}, [], True)
    lowered = [name.lower() if name else "" for name in owners]
    found_as = {
        leaf.name.lower(): leaf.as_found.lower()
        for leaf in browse.browse_leaves or ()
        if leaf.name and leaf.as_found
    }
    placed: dict[int, list[int]] = {}
    alone = []
    for position, mesh in enumerate(meshes):
        owner = _owner(mesh.term.lower() if mesh.term else "", lowered, found_as)
        if owner is None:
            alone.append(position)
        else:
            placed.setdefault(owner, []).append(position)
    places = Places({owner: placed[owner] for owner in sorted(placed)}, alone, True)
    order = places.order
    return places._replace(in_order=order == sorted(order))


def _owner(term: str, lowered: list[str], found_as: dict[str, str]) -> int | None:
    if not term:
        return None
    for wanted in (term, found_as.get(term)):
        if wanted in lowered:
            return lowered.index(wanted)
    within = [position for position, name in enumerate(lowered) if term in name]
    return within[0] if len(within) == 1 else None
