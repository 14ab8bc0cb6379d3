"""Is there nothing to tell of this FHIR? The walker's answer where it finds nothing, in less time.

The gate says what the walker says of structure, types, codes and forms. What is left (references,
canonicals, fullUrls, choices, real days, texts, extensions and their contexts, narratives) is
looked at here, each by the walker's own function, and what cannot be told in passing is left to the
walker. So a yes is the walker's yes, and a no says nothing but that the walker is to be asked.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

from trialbridge.schemas.fhir.definitions import Version
from trialbridge.schemas.fhir.forms import CONTROL, MAX_STRING
from trialbridge.schemas.fhir.schema import INTEGERS
from trialbridge.schemas.fhir.types import Element, KnownExtension, type_of
from trialbridge.schemas.fhir.walk import EXTENSIONS, MAX_DEPTH, Place, Walk

# Looks at a value in a walk at a depth.
Look = Callable[[Any, "_Passing", int], None]

_TEXTS: Final = frozenset({"markdown", "string"})

# Systems, urls and dates come again and again.
_KEPT: Final = 8192

_NOWHERE: Final[Place] = (None, "")


class _Doubt(Exception):
    """The walker has to be asked."""


class _Passing(Walk):
    """A walk that ends at the first thing that there is to tell."""

    def __init__(self, version: Version, base: str) -> None:
        super().__init__(version, base)
        self.servers: dict[str, str] = {}
        self.seen: set[str] = set()

    def problem(self, *_: Any, **__: Any) -> None:
        raise _Doubt

    def in_context(
        self, known: KnownExtension, anchor: str, kind: str, place: Place, within: str
    ) -> bool:
        # Some contexts want the whole path, which is not kept here.
        return self.in_plain_context(known, anchor, kind, within)

    def full_url(self, url: str, name: Any, id_: Any, place: Place) -> str | None:
        base = url.removesuffix(f"/{name}/{id_}")
        if base != url and base in self.seen:
            self.servers[url] = base
            return base
        server = super().full_url(url, name, id_, place)
        if server is not None and server == base:
            self.seen.add(server)
            self.servers[url] = server
        return server

    def server_of(self, url: Any) -> str | None:
        return self.servers.get(url) or super().server_of(url)

    def resolve(self, reference: str) -> tuple[str | None, str, str]:
        # Of what is relative, most stands beside it on the same server.
        found = self.space.urls.get(f"{self.server}/{reference}")
        return super().resolve(reference) if found is None else (found, "", "")


class _Good(set[str]):
    """The strings that a primitive was seen to have and that are right."""

    def __init__(self, element: Element) -> None:
        super().__init__()
        self.element = element

    def ask(self, value: str, walk: _Passing) -> None:
        quick = self.element.quick_item
        if quick is None or not quick(value):
            walk.primitive(value, self.element, _NOWHERE)
        if self.element.type != "canonical":
            if len(self) >= _KEPT:
                self.clear()
            self.add(value)


class _Table(dict[str, Look | _Good | None]):
    """How to look at the members of an object, made when they are met; None: not at all.

    Raises KeyError for what is not a member.
    """

    def __init__(
        self, version: Version, path: str, make: Callable[[Element], Look | _Good | None]
    ) -> None:
        super().__init__()
        type_ = type_of(version, path)
        self.elements = type_.elements
        self.make = make
        if type_.resource:
            self["resourceType"] = None

    def __missing__(self, key: str) -> Look | _Good | None:
        made = self[key] = self.make(self.elements[key])
        return made


def clean(tree: Any, version: Version, base: str) -> bool:
    """Tell whether the walker has nothing to tell of parsed JSON that the gate accepts.

    A tree that is deeper than MAX_DEPTH is not clean.
    """
    try:
        _resource(tree, _Passing(version, base), -1)
    # What has not the form that the gate asks for does not fit in many ways.
    except (_Doubt, AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        return False
    return True


def _resource(node: dict[str, Any], walk: _Passing, depth: int) -> None:
    name = node["resourceType"]
    if name not in walk.known.resources:
        raise _Doubt
    look = _object(walk.version, name, name, name, None)
    ids, walk.element_ids = walk.element_ids, {}
    if name == "Bundle":
        around = walk.space, walk.server, walk.contained
        walk.server = walk.contained = None
        walk.space = walk.index(node, _NOWHERE)
        look(node, walk, depth)
        walk.space, walk.server, walk.contained = around
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

    def make(element: Element) -> Look | _Good | None:
        inner = targets if path == "CodeableReference" else element.targets
        if element.name in EXTENSIONS and path != "Extension":
            return _extensions(version, element, anchor, kind)
        return _value(version, element, inner)

    table = _Table(version, path, make)
    choices = {key: one for key, one in table.elements.items() if one.choice}
    keys = frozenset(choices)
    identified = not type_of(version, path).resource and path != "ElementDefinition"
    is_coding, is_reference = path == "Coding", path == "Reference"
    is_entry = path == "Bundle.entry"
    flat: set[tuple[tuple[str, Any], ...]] = set()

    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        depth += 1
        if depth > MAX_DEPTH:
            raise _Doubt
        if is_coding:
            known = tuple(node.items())
            try:
                if known in flat:
                    return
            except TypeError:
                known = ()
        elif is_entry:
            walk.server = walk.server_of(node.get("fullUrl"))
        for key, value in node.items():
            each = table[key]
            if each is None:
                continue
            if type(value) is list:
                if type(each) is _Good:
                    for item in value:
                        if item not in each:
                            each.ask(item, walk)
                else:
                    for item in value:
                        each(item, walk, depth)  # type: ignore[operator]
            elif each is _text:
                # No blank but the space is printable.
                if not value.isprintable() or value[0] == " " or len(value) > MAX_STRING:
                    _text(value, walk, depth)
            elif type(each) is _Good:
                if value not in each:
                    each.ask(value, walk)
            else:
                each(value, walk, depth)  # type: ignore[operator]
        if is_coding:
            walk.coding(node, _NOWHERE)
            if known and "id" not in node:
                if len(flat) >= _KEPT:
                    flat.clear()
                flat.add(known)
        elif is_reference:
            walk.reference(node, _NOWHERE, targets)
        if keys and len(node) > 1:
            chosen = keys.intersection(node)
            if len(chosen) > 1:
                pairs = {(choices[key].choice, choices[key].name) for key in chosen}
                if len({choice for choice, _ in pairs}) < len(pairs):
                    raise _Doubt
        if identified and "id" in node:
            walk.element_id(node, _NOWHERE)

    return look


def _value(
    version: Version, element: Element, targets: frozenset[str] | None
) -> Look | _Good | None:
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


def _primitive(element: Element) -> Look | _Good | None:
    kind = element.type
    # Of these the gate says all that there is to say.
    if kind in ("boolean", "id") or element.codes is not None:
        return None
    if kind in _TEXTS:
        return _text
    if kind not in ("decimal", *INTEGERS):
        return _Good(element)

    quick = element.quick_item

    def number(value: Any, walk: _Passing, depth: int) -> None:
        if quick is None or not quick(value):
            walk.primitive(value, element, _NOWHERE)

    return number


def _text(value: str, walk: _Passing, depth: int) -> None:
    if value.isspace() or len(value) > MAX_STRING:
        raise _Doubt
    if not value.replace("\n", "").isprintable() and CONTROL.search(value):
        raise _Doubt


def _extensions(version: Version, element: Element, anchor: str, kind: str) -> Look:
    """Give what looks at an extension of an element, its context and its content."""
    member = _object(version, "Extension", element.anchor, "Extension", None)
    key = element.name

    @lru_cache(maxsize=_KEPT)
    def placed(url: str) -> KnownExtension | None:
        return _Passing(version, "").extension(url, key, None, _NOWHERE, anchor, kind, "")

    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        member(node, walk, depth)
        url = node["url"]
        known = placed(url)
        if known is not None:
            walk.content(node, url, known, _NOWHERE)
        inner = node.get("extension")
        if inner is not None:
            walk.extensions(inner, "extension", known, _NOWHERE, "", "", url)

    return look
