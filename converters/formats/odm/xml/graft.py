"""A record that was changed, put into the document that it was read from.

The document is left as it stands but for what changed: between what is written of the record as it
was read, and what is written of it now. Elements that are written are found in the document by
their OIDs, else by what they say; those that the document has keep their OIDs, and what refers to
them by ours refers to them by theirs.
"""

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from trialbridge.schemas.odm.digests.document import Element, elements, local_name, version_of
from trialbridge.schemas.syntax import xml

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

_OF = "@"


def graft(document: bytes, before: bytes, now: bytes) -> bytes:
    """The document with what differs between two writings of its record."""
    from lxml import etree  # type: ignore[import-untyped]

    # Not `xml.parse`, which leaves comments out; it has looked at the document before.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    target = etree.fromstring(document, parser)
    old, new = xml.parse(before), xml.parse(now)
    if target.tag != old.tag:
        old, new = (root.find(f".//{target.tag}") for root in (old, new))
    if old is None or new is None:
        return document
    theirs: dict[str, str] = {}
    _same(old, target, theirs)
    before_now: dict[str, str] = {}
    _same(new, old, before_now)
    _rename(new, _settled(new, before_now, theirs, target))
    _rename(old, theirs)
    _patch(target, old, new)
    whole: bytes = etree.tostring(target.getroottree(), encoding="UTF-8", xml_declaration=True)
    return whole


def _children(element: "_Element") -> dict[str, list["_Element"]]:
    found: dict[str, list[_Element]] = {}
    for child in element.iterchildren("*"):
        found.setdefault(child.tag, []).append(child)
    return found


def _facts(element: "_Element") -> Counter[tuple[str, str, str]]:
    """What an element and all below it say, but for OIDs."""
    said: Counter[tuple[str, str, str]] = Counter()
    for node in element.iter("*"):
        for key, value in node.attrib.items():
            if not key.endswith("OID"):
                said[node.tag, key, value] += 1
        if text := (node.text or "").strip():
            said[node.tag, "", text] += 1
    return said


def _pairs(
    first: list["_Element"], second: list["_Element"], *, alone: bool, named: bool
) -> Iterator[tuple["_Element", "_Element"]]:
    """The elements of two lists that are the same: by what they say, by OID, by most that they say.

    `alone`: the element may stand once, so that one there is the one here. `named`: OIDs tell them
    first, as they are of one naming.
    """
    if alone and first and second:
        yield first[0], second[0]
        return
    said = {one: _facts(one) for one in [*first, *second]}

    def whole(one: "_Element") -> Any:
        return frozenset(said[one].items()) or None

    def oid(one: "_Element") -> Any:
        return one.get("OID")

    left, others = list(first), list(second)
    for key in (oid, whole) if named else (whole, oid):
        at: dict[Any, list[_Element]] = {}
        for other in others:
            at.setdefault(key(other), []).append(other)
        rest = []
        for one in left:
            known = key(one)
            if known is not None and at.get(known):
                yield one, at[known].pop(0)
            else:
                rest.append(one)
        left = rest
        others = [other for every in at.values() for other in every]
    scores = [
        (-(said[one] & said[other]).total(), here, there)
        for here, one in enumerate(left)
        for there, other in enumerate(others)
    ]
    taken: tuple[set[int], set[int]] = set(), set()
    for score, here, there in sorted(scores):
        if score and here not in taken[0] and there not in taken[1]:
            taken[0].add(here)
            taken[1].add(there)
            yield left[here], others[there]


def _known(element: "_Element") -> Element | None:
    """What the version that an element is of says of it."""
    namespace, _, name = element.tag[1:].partition("}")
    version = version_of(namespace)
    return elements(version).get(name) if version else None


def _alone(parent: "_Element", tag: str) -> bool:
    known = _known(parent)
    return known is not None and not known.children.get(local_name(tag), True)


def _same(first: "_Element", second: "_Element", found: dict[str, str]) -> None:
    """Note by which OIDs the second document has the elements of the first."""
    one, other = first.get("OID"), second.get("OID")
    if one is not None and other is not None:
        found[one] = other
    below = _children(second)
    for tag, inner in _children(first).items():
        pairs = _pairs(inner, below.get(tag, []), alone=_alone(first, tag), named=False)
        for here, there in pairs:
            _same(here, there, found)


def _settled(
    new: "_Element", before: dict[str, str], theirs: dict[str, str], target: "_Element"
) -> dict[str, str]:
    """The OIDs of what is written now: those of the document; what is new has ones of its own."""
    taken = {oid for node in target.iter("*") if (oid := node.get("OID")) is not None}
    settled: dict[str, str] = {}
    fresh = []
    for node in new.iter("*"):
        oid = node.get("OID")
        if oid is None:
            continue
        if oid in before:
            settled[oid] = theirs.get(before[oid], before[oid])
            taken.add(settled[oid])
        elif _OF not in oid:
            fresh.append(oid)
    for oid in fresh:
        stem, _, number = oid.rpartition(".")
        its, count = oid, int(number) if number.isdecimal() else 1
        while its in taken:
            count += 1
            its = f"{stem or oid}.{count}"
        taken.add(its)
        settled[oid] = its
    return settled


def _rename(root: "_Element", theirs: dict[str, str]) -> None:
    for node in root.iter("*"):
        for key, value in node.attrib.items():
            whole, mark, of = value.partition(_OF)
            if mark and key == "OID":
                # It follows from what it is of.
                if of in theirs:
                    node.set(key, f"{whole}{_OF}{theirs[of]}")
            elif value in theirs and (key.endswith("OID") or key == "Value"):
                node.set(key, theirs[value])


def _canonical(element: "_Element") -> Any:
    from lxml import etree

    return etree.tostring(element, method="c14n")


def _patch(target: "_Element", old: "_Element", new: "_Element") -> None:
    """Put into an element what differs between two that are written."""
    for key in {*old.attrib, *new.attrib}:
        value = new.get(key)
        if value == old.get(key):
            continue
        if value is None:
            target.attrib.pop(key, None)
        else:
            target.set(key, value)
    if not len(old) and not len(new):
        if old.text != new.text:
            for child in list(target):
                target.remove(child)
            target.text = new.text
        return
    at_target, at_old, at_new = _children(target), _children(old), _children(new)
    for tag in {**at_old, **at_new}:
        was, now, there = (at.get(tag, []) for at in (at_old, at_new, at_target))
        alone = _alone(target, tag)
        theirs = dict(_pairs(was, there, alone=alone, named=True))
        ours = {other: one for one, other in _pairs(was, now, alone=alone, named=True)}
        for one in was:
            if one in theirs and one not in ours.values():
                _remove(theirs[one])
        for one in now:
            before = ours.get(one)
            held = None if before is None else theirs.get(before)
            if before is not None and _canonical(before) == _canonical(one):
                continue
            if before is not None and held is not None:
                _patch(held, before, one)
            else:
                _insert(target, one if before is None else _further(before, one))


def _further(old: "_Element", new: "_Element") -> "_Element":
    """An element that does no more than hold others: with those that were not there before."""
    if new.attrib or not len(new):
        return new
    further = deepcopy(new)
    was = {_canonical(child) for child in old}
    for child in list(further):
        if _canonical(child) in was:
            further.remove(child)
    return further


def _remove(element: "_Element") -> None:
    above = element.getparent()
    if above is not None:
        above.remove(element)


def _insert(target: "_Element", new: "_Element") -> None:
    """Put an element where the XSD has it: behind the last that may stand before it."""
    known = _known(target)
    order = {name: at for at, name in enumerate(known.children)} if known else {}
    place = order.get(local_name(new.tag), len(order))
    at = 0
    for position, child in enumerate(target):
        if isinstance(child.tag, str) and order.get(local_name(child.tag), len(order)) <= place:
            at = position + 1
    target.insert(at, deepcopy(new))
