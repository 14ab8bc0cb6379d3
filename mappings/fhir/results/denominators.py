"""How many were analyzed, for each group, in FHIR R5.

Participants, counted for groups in their order, stand where FHIR has them: in the sample size of
statistics, or as the quantity of a Group. All else (other units, numbers that are none) is an
extension of ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from trialbridge.mappings.codec import Mismatch, Node
from trialbridge.mappings.fhir.results.numbers import MOST, number
from trialbridge.mappings.fhir.types import ours
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import Denom, DenomCount

DENOMINATOR = ours("denominator")
"""How many were analyzed, in units other than participants.

Its parts: `row`, the class that it is of; `units`; and `count` for each group, with `group` and
`value`.
"""
_PARTICIPANTS = "Participants"


class Split(NamedTuple):
    """Participants by the positions of the groups, and the denominators that are not so."""

    participants: Mapping[int, int]
    others: list[Denom]


_NONE = Split({}, [])


def split(denoms: Sequence[Denom] | None, groups: Mapping[str, int], names: Names) -> Split:
    """The participants of a list of denominators, and what else is in it.

    `groups` has the positions of the groups by their ids.
    """
    if not denoms:
        return _NONE
    first = denoms[0]
    participants = _participants(first, groups) if first.units == _PARTICIPANTS else None
    others = list(denoms) if participants is None else list(denoms[1:])
    for denom in others:
        empty = denom.units == "" or denom.counts == []
        if empty or any("" in (one.group_id, one.value) for one in denom.counts or ()):
            names.odd = True
    return Split(participants or {}, others)


def _participants(denom: Denom, groups: Mapping[str, int]) -> dict[int, int] | None:
    found: dict[int, int] = {}
    before = -1
    for count in denom.counts or ():
        id_ = count.group_id
        position = groups.get(id_, -1) if id_ else -1
        value = number(count.value) if count.value else None
        if position <= before or value.__class__ is not int or not 0 <= value <= MOST:
            return None
        found[position] = value
        before = position
    return found or None


def participants(counts: Sequence[tuple[str | None, int]]) -> list[Denom]:
    """The denominator of participants, by the ids of their groups."""
    if not counts:
        return []
    listed = [DenomCount(group_id=id_, value=str(value)) for id_, value in counts]
    return [Denom(units=_PARTICIPANTS, counts=listed)]


def extensions(denoms: Iterable[Denom], row: str | None = None) -> list[Node]:
    """An extension of ours for each denominator."""
    return [_extension(denom, row) for denom in denoms]


def _extension(denom: Denom, row: str | None) -> Node:
    # The row is always said, so that none is without parts.
    parts: list[Node] = [{"url": "row", "valueString": row or "all"}]
    if denom.units:
        parts.append({"url": "units", "valueString": denom.units})
    for count in denom.counts or ():
        inner: list[Node] = []
        if count.group_id:
            inner.append({"url": "group", "valueString": count.group_id})
        if count.value:
            inner.append({"url": "value", "valueString": count.value})
        if not inner:
            inner.append({"url": "none", "valueBoolean": True})
        parts.append({"url": "count", "extension": inner})
    return {"url": DENOMINATOR.url, "extension": parts}


def in_extensions(node: Node) -> dict[str | None, list[Denom]]:
    """The denominators in extensions of a node, by the rows that they are of."""
    found: dict[str | None, list[Denom]] = {}
    told = node.get("extension")
    for extension in told if told.__class__ is list else ():
        if extension.__class__ is dict and extension.get("url") == DENOMINATOR.url:
            row, denom = _denom(_parts(extension))
            found.setdefault(row, []).append(denom)
    return found


def _parts(extension: Node) -> list[Node]:
    parts = extension.get("extension")
    if parts.__class__ is not list or any(one.__class__ is not dict for one in parts):
        raise Mismatch(f"expected parts of an extension, found {parts!r:.60}", "extension")
    return parts


def _string(part: Node) -> str | None:
    value = part.get("valueString")
    if value is not None and value.__class__ is not str:
        raise Mismatch(f"expected a string, found {value!r:.60}", "extension")
    return value


def _denom(parts: list[Node]) -> tuple[str | None, Denom]:
    row: str | None = None
    units: str | None = None
    counts: list[DenomCount] = []
    for one in parts:
        match one.get("url"):
            case "row":
                said = _string(one)
                row = None if said == "all" else said
            case "units":
                units = _string(one)
            case "count":
                said_of = {inner.get("url"): _string(inner) for inner in _parts(one)}
                counts.append(DenomCount(group_id=said_of.get("group"), value=said_of.get("value")))
    return row, Denom(units=units, counts=counts or None)
