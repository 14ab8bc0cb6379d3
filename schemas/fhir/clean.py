"""Is there nothing to tell of this FHIR? The walker's answer where it finds nothing, in less time.

The gate says what the walker says of structure, types, codes, texts and forms. What is left
(references, canonicals, fullUrls, choices, real days, extensions and their contexts, narratives) is
looked at here, each by the walker's own function, and what cannot be told in passing is left to the
walker. So a yes of both is the walker's yes, and a no says nothing but that the walker is to be
asked.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from trialbridge.schemas.fhir.definitions import Version, definitions
from trialbridge.schemas.fhir.schema import INTEGERS
from trialbridge.schemas.fhir.types import Element, KnownExtension, type_of
from trialbridge.schemas.fhir.walk import EXTENSIONS, MAX_DEPTH, Place, Space, Walk

# Looks at a member's value in a walk at a depth.
Look = Callable[[Any, "_Passing", int], None]

# Of these the gate says all that there is to say.
_PLAIN: Final = frozenset({"boolean", "decimal", "id", "markdown", "string"})

# Systems, urls and dates come again and again.
_KEPT: Final = 8192

_NOWHERE: Final[Place] = (None, "")


class _Doubt(Exception):
    """The walker has to be asked."""


class _Passing(Walk):
    """A walk that ends at the first thing that there is to tell.

    `beside` has the types of a Bundle's resources by `Type/id`, where all are of one server.
    """

    def __init__(self, version: Version, base: str) -> None:
        super().__init__(version, base)
        self.looks = _looks(version)
        self.beside: dict[str, str] = {}

    def problem(self, *_: Any, **__: Any) -> None:
        raise _Doubt

    def in_context(
        self, known: KnownExtension, anchor: str, kind: str, place: Place, within: str
    ) -> bool:
        # Some contexts want the whole path, which is not kept here.
        return self.in_plain_context(known, anchor, kind, within)

    def enter(self, bundle: dict[str, Any]) -> None:
        """Gather what references in a Bundle can point at."""
        if not self.of_one_server(bundle):
            self.beside = {}
            self.server = None
            self.space = self.index(bundle, _NOWHERE)

    def of_one_server(self, bundle: dict[str, Any]) -> bool:
        """Tell whether all fullUrls are of one server and no two alike; if so, gather them."""
        server: str | None = None
        beside: dict[str, str] = {}
        space = Space.of(bundle.get("type"))
        entries = bundle.get("entry", ())
        for entry in entries:
            resource, url = entry.get("resource"), entry.get("fullUrl")
            if resource is None or url is None:
                return False
            name = resource["resourceType"]
            key = f"{name}/{resource.get('id')}"
            if server is None:
                server = url.removesuffix(f"/{key}")
                if server != self.full_url(url, name, resource.get("id"), _NOWHERE):
                    return False
            elif url != f"{server}/{key}":
                return False
            beside[key] = space.urls[url] = name
            canonical = resource.get("url")
            if canonical is not None:
                listed = space.canonicals.setdefault(canonical, [])
                listed.append((name, resource.get("version")))
        if server is None or len(beside) < len(entries):
            return False
        space.bases.add(server)
        self.space, self.server, self.beside = space, server, beside
        return True


class _Table(dict[str, Look | None]):
    """How to look at the members of an object, made when they are met; None: not at all.

    Raises KeyError for what is not a member.
    """

    def __init__(self, version: Version, path: str, make: Callable[[Element], Look | None]) -> None:
        super().__init__()
        type_ = type_of(version, path)
        self.elements = type_.elements
        self.make = make
        if type_.resource:
            self["resourceType"] = None

    def __missing__(self, key: str) -> Look | None:
        made = self[key] = self.make(self.elements[key])
        return made


class _Looks(dict[str, Look]):
    """How to look at a resource, by its type."""

    def __init__(self, version: Version) -> None:
        super().__init__()
        self.version: Version = version

    def __missing__(self, name: str) -> Look:
        if name not in definitions(self.version).resources:
            raise _Doubt
        made = self[name] = _object(self.version, name, name, name, None)
        return made


@cache
def _looks(version: Version) -> _Looks:
    return _Looks(version)


def clean(tree: Any, version: Version, base: str) -> bool:
    """Tell whether the walker has nothing to tell of parsed JSON that the gate accepts.

    A tree that is about as deep as MAX_DEPTH is not clean.
    """
    try:
        _resource(tree, _Passing(version, base), -1)
    # What has not the form that the gate asks for does not fit in many ways.
    except (_Doubt, AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        return False
    return True


def _resource(node: dict[str, Any], walk: _Passing, depth: int) -> None:
    name = node["resourceType"]
    look = walk.looks[name]
    ids, walk.element_ids = walk.element_ids, {}
    if name == "Bundle":
        around = walk.space, walk.server, walk.contained, walk.beside
        walk.contained = None
        walk.enter(node)
        look(node, walk, depth)
        walk.space, walk.server, walk.contained, walk.beside = around
    elif walk.contained is None:
        walk.contained = (
            walk.index_contained(node, name, _NOWHERE) if "contained" in node else {"": name}
        )
        look(node, walk, depth)
        walk.contained = None
    else:
        look(node, walk, depth)
    walk.element_ids = ids


@cache
def _object(
    version: Version, path: str, anchor: str, kind: str, targets: frozenset[str] | None
) -> Look:
    """Give what looks at an object of a type, as `Walk.object` does."""
    type_ = type_of(version, path)
    choices = {key: one for key, one in type_.elements.items() if one.choice}
    keys = frozenset(choices)
    # What has no more members than it has to have has no two of one choice.
    fewest = sum(1 for name, _ in type_.required if not name.endswith("[x]")) + 1

    def make(element: Element) -> Look | None:
        inner = targets if path == "CodeableReference" else element.targets
        if element.name in EXTENSIONS and path != "Extension":
            return _extensions(version, element, anchor, kind)
        if element.name == "id" and not type_.resource:
            # A snapshot and its differential have elements of the same ids.
            return None if path == "ElementDefinition" else _identified
        made = _value(version, element, inner)
        if path == "Bundle.entry" and element.name == "fullUrl" and made is not None:
            return _full_url(made)
        if path == "Bundle" and element.name == "entry" and made is not None:
            return _entries(made)
        return _each(made, element) if element.many else made

    table = _Table(version, path, make)
    plain = frozenset(
        key
        for key, one in type_.elements.items()
        if one.primitive and not (one.many or one.choice or one.twin) and make(one) is None
    )
    leaf = plain.issuperset
    # What has to have something to look at is no leaf.
    asks = len(plain) > 1 and all(plain.intersection(names) for _, names in type_.required)

    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        if asks and leaf(node):
            return
        depth += 1
        if depth > _DEEPEST:
            raise _Doubt
        for key, value in node.items():
            each = table[key]
            if each is not None:
                each(value, walk, depth)
        if keys and len(node) > fewest:
            chosen = keys.intersection(node)
            if len(chosen) > 1:
                pairs = {(choices[key].choice, choices[key].name) for key in chosen}
                if len({choice for choice, _ in pairs}) < len(pairs):
                    raise _Doubt

    if path == "Coding":
        return _coding(version, look)
    if path == "CodeableConcept":
        return _concept(version, look)
    if path == "Reference":
        return _reference(look, targets)
    return look


# What has nothing to look at is not gone into, and is at most this much deeper.
_DEEPEST: Final = MAX_DEPTH - 2


def _entries(made: Look) -> Look:
    def look(entries: list[Any], walk: _Passing, depth: int) -> None:
        for entry in entries:
            # Of these the fullUrls are looked at.
            if walk.beside and len(entry) == 2:
                _resource(entry["resource"], walk, depth + 1)
            else:
                made(entry, walk, depth)

    return look


def _each(made: Look | None, element: Element) -> Look | None:
    if made is None:
        return _no_null if element.primitive else None

    def look(values: list[Any], walk: _Passing, depth: int) -> None:
        for value in values:
            made(value, walk, depth)

    return look


def _no_null(values: list[Any], walk: _Passing, depth: int) -> None:
    # A null has to stand beside an extension, which the gate does not ask.
    if None in values:
        raise _Doubt


def _identified(value: str, walk: _Passing, depth: int) -> None:
    if value in walk.element_ids:
        raise _Doubt
    walk.element_ids[value] = _NOWHERE


def _full_url(made: Look) -> Look:
    def look(value: str, walk: _Passing, depth: int) -> None:
        if not walk.beside:
            walk.server = walk.server_of(value)
            made(value, walk, depth)

    return look


_CODING: Final = frozenset({"system", "code", "display"})
_CONCEPT: Final = frozenset({"coding", "text"})


@cache
def _good_codings(version: Version) -> set[tuple[Any, Any]]:
    return set()


def _coding(version: Version, inner: Look) -> Look:
    good = _good_codings(version)
    plain = _CODING.issuperset

    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        if plain(node):
            pair = node.get("system"), node.get("code")
            if pair in good:
                return
            inner(node, walk, depth)
            walk.coding(node, _NOWHERE)
            if len(good) >= _KEPT:
                good.clear()
            good.add(pair)
        else:
            inner(node, walk, depth)
            walk.coding(node, _NOWHERE)

    return look


def _concept(version: Version, inner: Look) -> Look:
    good = _good_codings(version)
    plain, plain_coding = _CONCEPT.issuperset, _CODING.issuperset

    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        if plain(node):
            for coding in node.get("coding", ()):
                if not plain_coding(coding):
                    break
                if (coding.get("system"), coding.get("code")) not in good:
                    break
            else:
                return
        inner(node, walk, depth)

    return look


def _reference(inner: Look, targets: frozenset[str] | None) -> Look:
    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        reference = node.get("reference")
        if len(node) > 1 or reference is None:
            inner(node, walk, depth)
        if "type" not in node:
            if reference is None:
                return
            found = walk.beside.get(reference)
            if found is not None and (not targets or found in targets):
                return
        walk.reference(node, _NOWHERE, targets)

    return look


def _value(version: Version, element: Element, targets: frozenset[str] | None) -> Look | None:
    if element.primitive:
        return _primitive(element)
    if element.type == "Resource":
        return _resource
    anchor = element.type if "." in element.type else element.anchor
    inner = _object(version, element.type, anchor, element.kind, targets)
    bound = element.binding
    if bound is None:
        return inner
    kind, systems = element.kind, bound.systems

    def look(value: dict[str, Any], walk: _Passing, depth: int) -> None:
        inner(value, walk, depth)
        if kind == "CodeableConcept" and "coding" in value:
            for coding in value["coding"]:
                codes = systems.get(coding.get("system"))
                if codes is not None and coding.get("code") in codes:
                    return
        walk.bound(value, kind, bound, element.anchor, _NOWHERE)

    return look


def _primitive(element: Element) -> Look | None:
    kind = element.type
    if kind in _PLAIN or element.codes is not None:
        return None
    quick = element.quick_item
    good: set[Any] = set()
    # One number may be right and its equal not, 1 and 1.0; a canonical is right in its Bundle.
    kept = kind != "canonical" and kind not in INTEGERS

    def look(value: Any, walk: _Passing, depth: int) -> None:
        if value in good:
            return
        if quick is None or not quick(value):
            walk.primitive(value, element, _NOWHERE)
        if kept:
            if len(good) >= _KEPT:
                good.clear()
            good.add(value)

    return look


def _extensions(version: Version, element: Element, anchor: str, kind: str) -> Look:
    """Give what looks at the extensions of an element, their contexts and their contents."""
    member = _object(version, "Extension", element.anchor, "Extension", None)
    key = element.name
    placed: dict[str, KnownExtension | None] = {}

    def look(nodes: list[Any], walk: _Passing, depth: int) -> None:
        for node in nodes:
            member(node, walk, depth)
            url = node["url"]
            if url in placed:
                known = placed[url]
            else:
                known = walk.extension(url, key, None, _NOWHERE, anchor, kind, "")
                if len(placed) >= _KEPT:
                    placed.clear()
                placed[url] = known
            if known is not None:
                walk.content(node, url, known, _NOWHERE)
            inner = node.get("extension")
            if inner is not None:
                walk.extensions(inner, "extension", known, _NOWHERE, "", "", url)

    return look
