"""Is there nothing to tell of this FHIR? The walker's answer where it finds nothing, in less time.

The gate says what the walker says of structure, types, codes and texts. What is left (forms,
references, canonicals, fullUrls, choices, extensions and their contexts, narratives) is looked at
here, each by the walker's own function, and what cannot be told in passing is left to the
walker. So a yes of both is the walker's yes, and a no says nothing but that the walker is to be
asked.

Objects of a type have the same few sets of members again and again. What the members alone say
(whether two are of one choice, which of them have anything to look at) is found once for each set,
and kept.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar

from trialbridge.schemas.fhir.digests.definitions import Version, definitions
from trialbridge.schemas.fhir.digests.types import Binding, Element, KnownExtension, type_of
from trialbridge.schemas.fhir.schema import INTEGERS, LEFT_TO_GATE
from trialbridge.schemas.fhir.walk import EXTENSIONS, MAX_DEPTH, Place, Space, Walk

T = TypeVar("T")

# Looks at a member's value in a walk at a depth.
Look = Callable[[Any, "_Passing", int], None]

# Of these the gate says all that there is to say.
_PLAIN: Final = LEFT_TO_GATE | {"boolean", "decimal"}

# Systems, urls and dates come again and again.
_KEPT: Final = 8192

# Sets of members of a type, and urls of extensions at a place: of right documents there are few.
_SHAPES: Final = 256

# The members of an object that have something to look at.
_Members = tuple[tuple[str, Look], ...]

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
        self.by_url = True

    def problem(self, *_: Any, **__: Any) -> None:
        raise _Doubt

    def in_context(
        self, known: KnownExtension, anchor: str, kind: str, place: Place, within: str
    ) -> bool:
        # Some contexts want the whole path, which is not kept here.
        return self.in_plain_context(known, anchor, kind, within)

    def enter(self, bundle: dict[str, Any]) -> None:
        """Gather what references in a Bundle can point at."""
        try:
            of_one = self.of_one_server(bundle)
        except KeyError:
            of_one = False
        if not of_one:
            self.beside = {}
            self.by_url = True
            self.server = None
            self.space = self.index(bundle, _NOWHERE)

    def resolve(self, reference: str) -> tuple[str | None, str, str]:
        if not self.by_url:
            # Those of one server are seldom asked for by their urls.
            self.space.urls = {f"{self.server}/{key}": name for key, name in self.beside.items()}
            self.by_url = True
        return super().resolve(reference)

    def of_one_server(self, bundle: dict[str, Any]) -> bool:
        """Tell whether all fullUrls are of one server and no two alike; if so, gather them."""
        entries = bundle.get("entry")
        if not entries:
            return False
        first = entries[0]["resource"]
        name, id_ = first["resourceType"], first.get("id")
        url: str = entries[0]["fullUrl"]
        server = url.removesuffix(f"/{name}/{id_}")
        if server != self.full_url(url, name, id_, _NOWHERE):
            return False
        space = Space.of(bundle.get("type"))
        beside: dict[str, str] = {}
        before = f"{server}/"
        for entry in entries:
            resource = entry["resource"]
            name = resource["resourceType"]
            key = f"{name}/{resource['id']}"
            if entry["fullUrl"] != before + key:
                return False
            beside[key] = name
            if "url" in resource:
                listed = space.canonicals.setdefault(resource["url"], [])
                listed.append((name, resource.get("version")))
        if len(beside) < len(entries):
            return False
        space.bases.add(server)
        self.space, self.server, self.beside, self.by_url = space, server, beside, False
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
        around = walk.space, walk.server, walk.contained, walk.beside, walk.by_url
        walk.contained = None
        walk.enter(node)
        look(node, walk, depth)
        walk.space, walk.server, walk.contained, walk.beside, walk.by_url = around
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

    def make(element: Element) -> Look | None:
        inner = targets if path == "CodeableReference" else element.targets
        if element.name in EXTENSIONS:
            return _extensions(version, element.name, None, anchor, kind, "")
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
    shapes: dict[tuple[str, ...], _Members] = {}

    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        shape = tuple(node)
        looks = shapes.get(shape)
        if looks is None:
            looks = _keep(shapes, shape, _looks_at(shape, table))
        if looks:
            depth += 1
            if depth > _DEEPEST:
                raise _Doubt
            for key, each in looks:
                each(node[key], walk, depth)

    if path == "Coding":
        return _coding(version, look)
    if path == "CodeableConcept":
        return _concept(version, look)
    if path == "Reference":
        return _reference(look, targets)
    return look


# What has nothing to look at is not gone into, and is at most this much deeper.
_DEEPEST: Final = MAX_DEPTH - 2


def _keep(kept: dict[Any, T], key: Any, value: T, most: int = _SHAPES) -> T:
    if len(kept) >= most:
        kept.clear()
    kept[key] = value
    return value


def _keep_in(kept: set[Any], value: Any) -> None:
    if len(kept) >= _KEPT:
        kept.clear()
    kept.add(value)


def _looks_at(shape: tuple[str, ...], table: _Table) -> _Members:
    """Give the members of a type that have something to look at. KeyError if one is none of it."""
    looks = tuple((key, each) for key in shape if (each := table[key]) is not None)
    elements = table.elements
    chosen = {(one.choice, one.name) for key in shape if (one := elements.get(key)) and one.choice}
    if len({choice for choice, _ in chosen}) < len(chosen):
        raise _Doubt
    return looks


def _entries(made: Look) -> Look:
    def look(entries: list[Any], walk: _Passing, depth: int) -> None:
        # Where there are resources beside this one, the fullUrls were looked at.
        if not walk.beside:
            for entry in entries:
                made(entry, walk, depth)
            return
        looks, within = walk.looks, depth + 1
        ids, walk.element_ids = walk.element_ids, {}
        for entry in entries:
            resource = entry["resource"]
            name = resource["resourceType"]
            if len(entry) > 2:
                made(entry, walk, depth)
            elif name == "Bundle" or "contained" in resource:
                _resource(resource, walk, within)
            else:
                walk.contained = {"": name}
                looks[name](resource, walk, within)
                walk.contained = None
                if walk.element_ids:
                    walk.element_ids = {}
        walk.element_ids = ids

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


@cache
def _good_codings(version: Version) -> set[tuple[Any, Any, Any]]:
    """Systems, codes and displays that go together, the last None where there is none."""
    return set()


def _coding(version: Version, inner: Look) -> Look:
    good = _good_codings(version)
    plain = _CODING.issuperset

    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        if plain(node):
            named = node.get("system"), node.get("code"), node.get("display")
            if named in good:
                return
            inner(node, walk, depth)
            walk.coding(node, _NOWHERE)
            if None not in named[:2]:
                _keep_in(good, named)
        else:
            inner(node, walk, depth)
            walk.coding(node, _NOWHERE)

    return look


def _concept(version: Version, inner: Look) -> Look:
    good = _good_codings(version)

    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        if "coding" not in node:
            if len(node) == 1 and "text" in node:
                return
        # Nothing but codings and text, and in the codings nothing but system, code and display.
        elif len(node) == 1 or (len(node) == 2 and "text" in node):
            for coding in node["coding"]:
                named = coding.get("system"), coding.get("code"), coding.get("display")
                if named not in good or len(coding) != 2 + (named[2] is not None):
                    break
            else:
                return
        inner(node, walk, depth)

    return look


def _reference(inner: Look, targets: frozenset[str] | None) -> Look:
    def look(node: dict[str, Any], walk: _Passing, depth: int) -> None:
        reference = node.get("reference")
        if reference is None or len(node) > 1 + ("display" in node):
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
    if element.binding is None:
        return inner
    bound = _bound(element, element.binding)

    def look(value: dict[str, Any], walk: _Passing, depth: int) -> None:
        inner(value, walk, depth)
        bound(value, walk, depth)

    return look


def _bound(element: Element, binding: Binding) -> Look:
    """Give what looks for a code of the value set that an element is bound to."""
    kind, systems, anchor = element.kind, binding.systems, element.anchor
    optional = binding.strength != "required"

    def look(value: dict[str, Any], walk: _Passing, depth: int) -> None:
        if kind == "CodeableConcept":
            if "coding" in value:
                for coding in value["coding"]:
                    codes = systems.get(coding.get("system"))
                    if codes is not None and coding.get("code") in codes:
                        return
            elif optional:
                return
        walk.bound(value, kind, binding, anchor, _NOWHERE)

    return look


def _primitive(element: Element) -> Look | None:
    kind = element.type
    if kind in _PLAIN or element.codes is not None:
        return None
    if kind == "canonical":
        return _canonical(element)
    if kind in INTEGERS:
        return _integer(element, *INTEGERS[kind])
    quick = element.quick_item
    good: set[Any] = set()

    def look(value: Any, walk: _Passing, depth: int) -> None:
        if value in good:
            return
        if quick is None or not quick(value):
            walk.primitive(value, element, _NOWHERE)
        _keep_in(good, value)

    return look


def _integer(element: Element, least: int, most: int) -> Look:
    # Those that are right are not kept: one number may be right and its equal not, 1 and 1.0.
    def look(value: Any, walk: _Passing, depth: int) -> None:
        if value.__class__ is not int or not least <= value <= most:
            walk.primitive(value, element, _NOWHERE)

    return look


def _canonical(element: Element) -> Look:
    targets = element.targets
    good: set[Any] = set()

    def look(value: Any, walk: _Passing, depth: int) -> None:
        # Its form is right anywhere, what it points at in its Bundle alone.
        if value in good:
            found = walk.space.canonicals.get(value)
            if found and (not targets or found[0][0] in targets):
                return
            walk.canonical(value, element, _NOWHERE)
        else:
            walk.primitive(value, element, _NOWHERE)
            # These are cut at their marks before they are looked up.
            if "#" not in value and "|" not in value:
                _keep_in(good, value)

    return look


class _Extension:
    """An extension of a url at a place: what is known of it, and what its members want."""

    def __init__(self, version: Version, url: str, known: KnownExtension | None) -> None:
        self.version: Version = version
        self.url, self.known = url, known
        self.shapes: dict[tuple[str, ...], tuple[_Members, bool]] = {}

    def shaped(
        self, shape: tuple[str, ...], node: dict[str, Any], walk: _Passing
    ) -> tuple[_Members, bool]:
        """Give what is to look at in an extension of this shape, and whether its value is.

        `_Doubt` where its members alone are not right.
        """
        version, url, known = self.version, self.url, self.known
        looks = tuple(
            (key, _within(version, known, url) if key == "extension" else each)
            for key, each in _looks_at(shape, _extension_table(version))
            if key != "url"
        )
        asks = False
        if known is not None:
            walk.content(node, url, known, _NOWHERE)
            for key in shape:
                one = known.values.get(key)
                if one is None or one.twin:
                    continue
                asks = asks or bool(one.codes or one.targets)
                if one.binding is not None and not one.primitive:
                    looks += ((key, _bound(one, one.binding)),)
        return _keep(self.shapes, shape, (looks, asks))


def _extensions(
    version: Version,
    key: str,
    parent: KnownExtension | None,
    anchor: str,
    kind: str,
    within: str,
) -> Look:
    """Give what looks at a list of extensions, their contexts and their contents.

    They are those of an element, or those within the extension of a url, `parent` if it is known.
    """
    places: dict[str, _Extension] = {}
    parts = parent.parts if parent else {}
    counted: dict[tuple[str, ...], bool] = {}

    def placed(url: str, walk: _Passing, depth: int) -> _Extension:
        form = _extension_table(version)["url"]
        if form is not None:
            form(url, walk, depth)
        known = parts.get(url)
        if known is None:
            known = walk.extension(url, key, parent, _NOWHERE, anchor, kind, within)
        return _keep(places, url, _Extension(version, url, known))

    def count(urls: tuple[str, ...]) -> None:
        for url, part in parts.items():
            times = urls.count(url)
            if times < part.min or (part.max and times > part.max):
                raise _Doubt
        _keep(counted, urls, True)

    def look(nodes: list[Any], walk: _Passing, depth: int) -> None:
        depth += 1
        for node in nodes:
            url = node["url"]
            place = places.get(url)
            if place is None:
                place = placed(url, walk, depth)
            shape = tuple(node)
            found = place.shapes.get(shape)
            looks, asks = place.shaped(shape, node, walk) if found is None else found
            if looks:
                if depth > _DEEPEST:
                    raise _Doubt
                for name, each in looks:
                    each(node[name], walk, depth)
            if asks and place.known is not None:
                walk.content(node, url, place.known, _NOWHERE)
        if parts:
            urls = tuple([node["url"] for node in nodes])
            if urls not in counted:
                count(urls)

    return look


@cache
def _extension_table(version: Version) -> _Table:
    def make(element: Element) -> Look | None:
        if element.name == "id":
            return _identified
        made = _value(version, element, element.targets)
        return _each(made, element) if element.many else made

    return _Table(version, "Extension", make)


def _within(version: Version, known: KnownExtension | None, url: str) -> Look:
    """Give what looks at the extensions within one of a url."""
    kept = _inner(version)
    # What is known lasts as long as its definitions do.
    found = kept.get((id(known), url))
    if found is None:
        found = _extensions(version, "extension", known, "", "", url)
        _keep(kept, (id(known), url), found)
    return found


@cache
def _inner(version: Version) -> dict[tuple[int, str], Look]:
    return {}
