"""A USDM document with the record as it now is: what differs is put into it, all else stays.

What was read of the document is written, and what is to be written now; each object of the one and
the other is an object of the document too, in the order in which they are read.
"""

from collections.abc import Iterator
from typing import Any, Final

from trialbridge.mappings.codec import Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.usdm.apart import objects
from trialbridge.mappings.usdm.completed import completed
from trialbridge.mappings.usdm.extensions import EXTENSIONS
from trialbridge.mappings.usdm.others.foreign import endpoints, sites
from trialbridge.schemas.usdm.definitions import definitions

Triple = tuple[str, Node, Node, Node]
"""The class of an object, and it in the document, in what was read, and in what is now."""

# What holds a document together, or follows from what is in it.
_NOT_THERE: Final = frozenset({"id", "instanceType", "identifier", "criterionIds"})


class NoGraft(Exception):
    """The record has other objects than the document."""


def graft(document: Node, before: Node, now: Node) -> None:
    """Put into a document what is in `now` and not in `before`, as they are before completion.

    Raises NoGraft if there is another number of arms, end points or other objects.
    """
    names = Names(form="oid")
    for class_, node, old, new in _objects(document, before, now):
        _members(class_, node, old, new, names)


def _objects(document: Node, before: Node, now: Node) -> Iterator[Triple]:
    studies = [tree["study"] for tree in (document, before, now)]
    yield _triple("Study", *studies)
    versions = [(study.get("versions") or [{}])[0] for study in studies]
    yield _triple("StudyVersion", *versions)
    designs = [(version.get("studyDesigns") or [{}])[0] for version in versions]
    yield _triple(str(designs[0].get("instanceType")), *designs)
    yield _triple("StudyDesignPopulation", *[one.get("population") or {} for one in designs])
    for key, class_ in (("studyInterventions", "StudyIntervention"),):
        yield from _lists(class_, *[list(objects(one, key)) for one in versions])
    for key, class_ in (("arms", "StudyArm"), ("indications", "Indication")):
        yield from _lists(class_, *[list(objects(one, key)) for one in designs])
    yield from _lists("StudySite", *[sites(one) for one in versions])
    yield from _lists(
        "EligibilityCriterionItem",
        *[list(objects(one, "eligibilityCriterionItems")) for one in versions],
    )
    of_kind = [endpoints(one) for one in designs]
    for kind in of_kind[0]:
        yield from _lists("Endpoint", *[one[kind] for one in of_kind])
    yield from _by_type(*[list(objects(one, "titles")) for one in versions])


def _triple(class_: str, document: Node, before: Node, now: Node) -> Triple:
    return class_, document, before, now


def _lists(class_: str, document: list[Node], before: list[Node], now: list[Node]) -> Any:
    if before == now:
        return
    if not len(document) == len(before) == len(now):
        raise NoGraft
    for one in zip(document, before, now, strict=True):
        yield (class_, *one)


def _by_type(document: list[Node], before: list[Node], now: list[Node]) -> Iterator[Triple]:
    """Titles are told by their types, of which others have further codes."""
    if len(before) != len(now):
        raise NoGraft
    for old, new in zip(before, now, strict=True):
        if old != new:
            held = [one for one in document if one.get("text") == old.get("text")]
            if not held:
                raise NoGraft
            yield "StudyTitle", held[0], old, new


def _members(class_: str, node: Node, old: Node, new: Node, names: Names) -> None:
    """Put the members that have changed into an object of the document."""
    known = definitions().classes[class_].members
    for key in {**old, **new}:
        was, is_ = old.get(key), new.get(key)
        member = known.get(key)
        if was == is_ or key in _NOT_THERE or member is None:
            continue
        if key == EXTENSIONS:
            _extensions(node, was or [], is_ or [])
        elif key in _APART or (member.many and member.to):
            continue
        elif is_ is None:
            node[key] = [] if member.many else None
        elif member.classes:
            within = member.classes[0] if len(member.classes) == 1 else ""
            node[key] = (
                [_made(one, within, names) for one in is_]
                if member.many
                else _made(is_, within, names)
            )
        else:
            node[key] = is_


# Lists whose objects are looked at one by one.
_APART: Final = frozenset(
    {
        "versions",
        "studyDesigns",
        "population",
        "studyInterventions",
        "arms",
        "indications",
        "organizations",
        "eligibilityCriterionItems",
        "objectives",
        "titles",
    }
)


def _made(node: Node, class_: str, names: Names) -> Node:
    """An object of ours with all that USDM requires, and ids that no other object has."""
    made: Node = _renamed(completed(node, class_, names))
    return made


def _renamed(node: Any) -> Any:
    if node.__class__ is list:
        return [_renamed(one) for one in node]
    if node.__class__ is not dict:
        return node
    made = {key: _renamed(value) for key, value in node.items()}
    if "id" in made:
        made["id"] = f"trialbridge.{made['id']}"
    return made


def _extensions(node: Node, was: list[Node], now: list[Node]) -> None:
    """Put extension attributes of ours in the place of those that were there."""
    urls = {one["url"] for one in (*was, *now)}
    held = [one for one in node.get(EXTENSIONS) or () if one.get("url") not in urls]
    node[EXTENSIONS] = [*held, *(_renamed(one) for one in now)]
