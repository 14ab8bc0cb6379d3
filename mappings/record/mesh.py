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
    # Of those of one name the first.
    named = dict(zip(reversed(lowered), range(len(lowered) - 1, -1, -1), strict=True))
    named.pop("", None)
    every = ""
    found_as: dict[str, str] | None = None
    placed: dict[int, list[int]] = {}
    alone = []
    for position, mesh in enumerate(meshes):
        term = mesh.term.lower() if mesh.term else ""
        owner = named.get(term)
        if owner is None and term:
            if found_as is None:
                found_as = _found_as(browse)
            owner = named.get(found_as.get(term, ""))
            # Most terms are in no name, which one look at all of them tells.
            every = every or "\n".join(lowered)
            if owner is None and term in every:
                within = [place for place, name in enumerate(lowered) if term in name]
                owner = within[0] if len(within) == 1 else None
        if owner is None:
            alone.append(position)
        else:
            placed.setdefault(owner, []).append(position)
    owned = {owner: placed[owner] for owner in sorted(placed)}
    order = [position for places in owned.values() for position in places] + alone
    return Places(owned, alone, order == sorted(order))


def _found_as(browse: BrowseModule) -> dict[str, str]:
    return {
        leaf.name.lower(): leaf.as_found.lower()
        for leaf in browse.browse_leaves or ()
        if leaf.name and leaf.as_found
    }


def certain(browse: BrowseModule | None, owners: Sequence[str | None]) -> dict[int, int]:
    """Find the term that each name certainly is, both by their positions.

    The name is the term, or what the registry says it found the term as, and is so of no other
    term. A name that has a term in it may be of something narrower (`insulin glargine`).
    """
    if browse is None or not browse.meshes:
        return {}
    found_as = _found_as(browse)
    meant: dict[str, set[tuple[str | None, str]]] = {}
    first: dict[str, int] = {}
    for position, mesh in enumerate(browse.meshes):
        term = mesh.term.lower() if mesh.term else ""
        for name in {term, found_as.get(term, "")} - {""}:
            meant.setdefault(name, set()).add((mesh.id, term))
            first.setdefault(name, position)
    lowered = [name.lower() if name else "" for name in owners]
    return {
        owner: first[name] for owner, name in enumerate(lowered) if len(meant.get(name, ())) == 1
    }
