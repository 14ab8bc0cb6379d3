"""Bundles of R5 as an older version has them.

What becomes of each member of a node is found once for each set of members that a node of a path
has, and kept with the dialect as a plan: a step for each member.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from trialbridge.mappings.fhir.versions import again
from trialbridge.mappings.fhir.versions.dialect import (
    ABSENT,
    ALTERNATE,
    CROSS_VERSION,
    MOST,
    TYPES,
    Dialect,
    Misfit,
    Node,
    Place,
    capital,
    dialect,
    names,
    url_of,
)
from trialbridge.mappings.fhir.versions.own import FILL
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.once import once

# Puts a member of a node of R5 into the older node, or among its extensions.
Step = Callable[["Down", Node, Node, list[Node]], None]

# Makes of a value that of the older version. Raises Misfit if that cannot hold it.
Convert = Callable[["Down", Any], Any]


class _Plan(NamedTuple):
    """What to do with a node of these members.

    A step is a member, its name in the older version, and what does it: None copies the value.
    `lacks`: whether the node cannot have what the older version demands.
    """

    steps: tuple[tuple[str, str, Step | None], ...]
    lacks: bool


# Gives the members of a node as extensions.
Parts = Callable[["Down", Node], list[Node]]

# Of the nodes that we write there are few sets of members.
_MOST_PLANS = 4096


class _Plans:
    """The plans of an older version."""

    def __init__(self, version: Version) -> None:
        self.known = dialect(version)
        self._kept: dict[tuple[str, str, tuple[str, ...]], _Plan] = {}
        self._parts: dict[tuple[str, str, tuple[str, ...]], Parts] = {}

    def parts_of(self, node: Node, path: str, before: str) -> "Parts":
        """What gives the members of a node of R5 as extensions, `before` their bare names.

        One function for each set of members, generated, since there are many such nodes.
        """
        shape = path, before, tuple(node)
        found = self._parts.get(shape)
        if found is None:
            if len(self._parts) >= _MOST_PLANS:
                self._parts.clear()
            found = self._parts[shape] = self._parts_made(node, path, before)
        return found

    def _parts_made(self, node: Node, path: str, before: str) -> "Parts":
        known: dict[str, Any] = {"again": _again, "items": _items, "told": _told_by}
        parts = []
        for number, key in enumerate(names(node)):
            place = self.known.place(path, None, key)
            if key == "extension":
                parts.append(f"*(node[{key!r}] or ())")
            elif place is not None:
                url = before + place.name.removesuffix("[x]")
                known[f"m{number}"] = self._extension(place, url)
                known[f"s{number}"] = self._told(key, place, url, node)
                parts.append(self._part(number, key, place, url, f"_{key}" in node))
        # All of the source is made here: keys and urls are those of the definitions.
        source = f"lambda down, node: [{', '.join(parts)}]"
        made: Parts = eval(source, known)
        return made

    def _part(self, number: int, key: str, place: Place, url: str, twin: bool) -> str:
        """The expression of what becomes of a member of `node`."""
        member = self._member(place)
        if twin:
            return f"*told(s{number}, down, node)"
        if member is not None and place.copied:
            given = f"{{'url': {url!r}, {member!r}: "
            if place.many:
                return f"*[{given}one}} for one in items(node[{key!r}])]"
            return f"{given}node[{key!r}]}}"
        if place.many:
            if member is None and place.path is not None:
                inner = f"'extension': down.parts(one, {place.path!r})"
                return f"*[{{'url': {url!r}, {inner}}} for one in items(node[{key!r}])]"
            return f"*[m{number}(down, one, None) for one in items(node[{key!r}])]"
        if place.type == "Reference":
            return f"m{number}(down, node[{key!r}], None)"
        return f"again(down, node[{key!r}], {url!r}, m{number})"

    def of(self, node: Node, path: str, older: str) -> _Plan:
        """The plan of a node of R5; `older` is its path in the older version."""
        shape = path, older, tuple(node)
        found = self._kept.get(shape)
        if found is None:
            if len(self._kept) >= _MOST_PLANS:
                self._kept.clear()
            found = self._kept[shape] = self._made(node, path, older)
        return found

    def _made(self, node: Node, path: str, older: str) -> _Plan:
        places = {key: self.known.place(path, older, key) for key in names(node)}
        steps = tuple(self._step(path, key, place, node) for key, place in places.items())
        given = {moved for _, moved, _ in steps}
        required = self.known.required(older)
        return _Plan(steps, any(_is_absent(name, given) for name in required))

    def _step(
        self, path: str, key: str, place: Place | None, node: Node
    ) -> tuple[str, str, Step | None]:
        if key == "extension":
            return key, key, _own_first
        if key == "contained":
            return key, key, _contained
        if place is None or (place.copied and place.key is not None):
            moved = key if place is None else str(place.key)
            return key, moved, _copy(key, moved) if f"_{key}" in node else None
        told = self._told(key, place, url_of(path, place), node)
        if place.key is None:
            return key, "extension", told
        if place.codes is None and f"_{key}" not in node:
            return key, place.key, self._value(key, place.key, place, told)
        return key, place.key, self._store(path, key, place.key, place, told)

    def _value(self, key: str, moved: str, place: Place, told: Step) -> Step:
        """What puts a value without extensions of its own into the older node."""
        convert = self._converter(place)

        def step(down: "Down", node: Node, made: Node, extensions: list[Node]) -> None:
            value = node[key]
            try:
                if value.__class__ is list:
                    made[moved] = [convert(down, one) for one in value]
                elif value is not None:
                    made[moved] = convert(down, value)
            except Misfit:
                told(down, node, made, extensions)

        return step

    def _store(self, path: str, key: str, moved: str, place: Place, told: Step) -> Step:
        convert, codes, twin = self._converter(place), place.codes, f"_{key}"

        def step(down: "Down", node: Node, made: Node, extensions: list[Node]) -> None:
            value, beside = node.get(key), node.get(twin)
            if codes is not None and value.__class__ is str and value not in codes:
                # The element says nothing that its value set does not have, its extension does.
                kept = dict(beside or {})
                said = {"url": url_of(path, place), "valueCode": value}
                kept["extension"] = [*kept.get("extension", ()), said]
                made[f"_{moved}"] = kept
                return
            try:
                if value.__class__ is list:
                    value = [convert(down, one) for one in value]
                elif value is not None:
                    value = convert(down, value)
            except Misfit:
                told(down, node, made, extensions)
                return
            if value is not None:
                made[moved] = value
            if beside is not None:
                made[f"_{moved}"] = beside

        return step

    def _told(self, key: str, place: Place, url: str, node: Node) -> Step:
        """What adds the values of an element of R5 as extensions of this url, one each."""
        make, twin = self._extension(place, url), f"_{key}"
        if twin not in node:

            def add(down: "Down", node: Node, made: Node, extensions: list[Node]) -> None:
                value = node[key]
                if value.__class__ is list:
                    extensions += [make(down, one, None) for one in value]
                else:
                    extensions.append(make(down, value, None))

            return add

        def step(down: "Down", node: Node, made: Node, extensions: list[Node]) -> None:
            value, beside = node.get(key), node.get(twin)
            if value.__class__ is not list:
                extensions.append(make(down, value, beside))
            elif beside is None:
                extensions += [make(down, one, None) for one in value]
            else:
                pairs = zip(value, beside, strict=True)
                extensions += [make(down, one, other) for one, other in pairs]

        return step

    def _member(self, place: Place) -> str | None:
        """The member of an extension that has the value; None where its parts have."""
        values = self.known.values
        type_ = "string" if place.type.startswith("http:") else place.type
        if place.path is not None and (type_ not in values or "." in place.path):
            return None
        return f"value{capital(type_ if type_ in values else 'string')}"

    def _extension(self, place: Place, url: str) -> Callable[["Down", Any, Any], Node]:
        path, member = place.path, self._member(place)
        if member is None and path is not None:
            return lambda down, value, _: {"url": url, "extension": down.parts(value, path)}
        key = member or ""
        convert = None if place.copied else self._converter(place)

        def make(down: "Down", value: Any, beside: Any) -> Node:
            made: Node = {"url": url}
            if value is not None:
                made[key] = value if convert is None else convert(down, value)
            if beside is not None:
                made[f"_{key}"] = beside
            return made

        return make

    def _converter(self, place: Place) -> Convert:
        path, older = place.path, place.older
        match place.type:
            case "Coding":
                return lambda down, value: down.coding(value)
            case "CodeableConcept":
                return lambda down, value: down.concept(value)
            case "Reference" if (targets := place.targets) is not None:
                return lambda down, value: down.alternate(value, targets)
            case "Reference":
                return lambda down, value: down.reference(value)
            case "CodeableReference" if older is not None:
                return _concept_alone
            case "integer64" if place.key is not None:
                return _small
        if path is None or older is None or place.type in ("CodeableReference", "integer64"):
            return lambda _, value: value
        required = self.known.required(older)

        def convert(down: "Down", value: Any) -> Any:
            if value.__class__ is not dict:
                return value
            if down.plans.of(value, path, older).lacks:
                raise Misfit
            made = down.element(value, path, older)
            if required and any(_is_absent(name, made) for name in required):
                raise Misfit
            return made

        return convert


@once
def _plans(version: Version) -> _Plans:
    return _Plans(version)


def older(tree: Node, version: Version) -> Node:
    """A Bundle of R5, or one resource, as the older version has it. The tree is left as it is."""
    return Down(_plans(version)).document(tree)


class Down:
    def __init__(self, plans: _Plans) -> None:
        self.plans = plans
        self.known: Dialect = plans.known
        self.renamed: dict[str, str] = {}
        self.references: list[Node] = []
        self.again: dict[tuple[int, str], Node] = {}
        """What was made of the objects of the tree, by which object it was and its url."""
        self.contained: dict[str, str] = {}
        """The types of what the resource at hand contains, by their ids."""

    def document(self, tree: Node) -> Node:
        if tree.get("resourceType") != "Bundle":
            return self.resource(tree)
        entries = [self._entry(entry) for entry in tree.get("entry", ())]
        renamed = self.renamed
        for entry in entries if renamed else ():
            if entry.get("fullUrl") in renamed:
                entry["fullUrl"] = renamed[entry["fullUrl"]]
            request = entry.get("request")
            if request is not None and request.get("url") in renamed:
                entry["request"] = {**request, "url": renamed[request["url"]]}
        # Who refers to a resource may come before it is known what that becomes.
        for reference in self.references if renamed else ():
            other = renamed.get(reference.get("reference", ""))
            if other is not None:
                reference["reference"] = other
        made = {**tree, "entry": entries}
        again.fill(tree, made)
        return made

    def _entry(self, entry: Node) -> Node:
        made = dict(entry)
        if "resource" in entry:
            resource = entry["resource"]
            made["resource"] = self.resource(resource)
            type_ = resource["resourceType"]
            if made["resource"]["resourceType"] != type_:
                self.renamed[f"{type_}/{resource.get('id')}"] = f"Basic/{resource.get('id')}"
                url = str(entry.get("fullUrl", ""))
                self.renamed[url] = url.replace(f"/{type_}/", "/Basic/")
        return made

    def resource(self, node: Node) -> Node:
        made = self._as_is(node)
        return self._basic(node) if made is None else made

    def _as_is(self, node: Node) -> Node | None:
        """A resource as the older version has it; None if that cannot hold it."""
        type_ = node["resourceType"]
        if type_ not in self.known.old.resources or self._lacks(node, type_):
            return None
        if "contained" in node:
            self.contained = {
                str(one.get("id")): str(one.get("resourceType")) for one in node["contained"]
            }
        made = self.element(node, type_, type_)
        if type_ in FILL:
            FILL[type_](node, made, self)
        for name in self.known.required(type_):
            if name in made or f"_{name}" in made:
                continue
            if name == "status":
                # Demanded, and not stated by the source.
                absent = {"url": ABSENT, "valueCode": "unknown"}
                made["_status"] = {"extension": [absent]}
                continue
            return None
        return made

    def _basic(self, node: Node) -> Node:
        """A resource that the older version has not. https://hl7.org/fhir/R4/basic.html"""
        type_ = node["resourceType"]
        kept: Node = {key: node[key] for key in ("id", "meta", "text") if key in node}
        rest = {key: value for key, value in node.items() if key not in (*kept, "resourceType")}
        told = self.parts(rest, type_, f"{CROSS_VERSION}{type_}.")
        return {
            "resourceType": "Basic",
            **kept,
            "extension": told,
            "code": {"coding": [{"system": TYPES, "code": type_}]},
        }

    def _lacks(self, node: Node, type_: str) -> bool:
        """Whether what a resource must have is there, and cannot be held, so that it is a Basic."""
        for name in self.known.required(type_):
            place = self.known.place(type_, type_, name) if name in node else None
            if place is None or place.key is None or place.copied:
                continue
            path, older, value = place.path, place.older, node[name]
            for one in value if value.__class__ is list else (value,):
                if path is not None and older is not None and self.plans.of(one, path, older).lacks:
                    return True
        return False

    def element(self, node: Node, path: str, older: str) -> Node:
        """A node as the older version has it. Raises Misfit if it lacks what that demands."""
        made: Node = {}
        told: list[Node] = []
        for key, moved, step in self.plans.of(node, path, older).steps:
            if step is not None:
                step(self, node, made, told)
            elif (value := node[key]) is not None:
                made[moved] = value
        if told:
            made["extension"] = told
        return made

    def coding(self, node: Node) -> Node:
        system = node.get("system")
        if system is None:
            return node
        other, newer = self.known.recoded(system)
        if other != system:
            return {**node, "system": other}
        if node.get("code") in newer and "version" not in node:
            # Of R5's edition of a code system that had fewer codes.
            return {**node, "version": self.known.r5.fhir}
        return node

    def concept(self, node: Node) -> Node:
        before = node.get("coding")
        if before is None:
            return node
        codings = [self.coding(one) for one in before]
        # What stays the same is not made anew.
        return node if codings == before else {**node, "coding": codings}

    def reference(self, node: Node) -> Node:
        made = dict(node)
        self.references.append(made)
        return made

    def alternate(self, node: Node, targets: frozenset[str]) -> Node:
        """A reference where the older version allows these types alone."""
        made = self.reference(node)
        if self._type(node) in (None, *targets):
            return made
        shown = {"display": made.pop("display")} if "display" in made else {}
        return {"extension": [{"url": ALTERNATE, "valueReference": made}], **shown}

    def _type(self, reference: Node) -> str | None:
        """The type of what a reference leads to, where it tells."""
        target = str(reference.get("reference", ""))
        if target.startswith("#"):
            return self.contained.get(target[1:])
        found: str = reference.get("type") or target.rpartition("/")[0].rpartition("/")[2]
        return found if found in self.known.r5.resources else None

    def parts(self, node: Node, path: str, before: str = "") -> list[Node]:
        """The members of a node of R5 as extensions, `before` their bare names, and its own."""
        return self.plans.parts_of(node, path, before)(self, node)


def _again(down: Down, value: Any, url: str, make: Callable[[Down, Any, Any], Node]) -> Node:
    """The extension of a value; what is one object in many places is made one once.

    In results much is: what a statistic is of, and out of how many.
    """
    known = id(value), url
    found = down.again.get(known)
    if found is None:
        found = down.again[known] = make(down, value, None)
    return found


def _items(value: Any) -> Any:
    return value if value.__class__ is list else (value,)


def _told_by(step: Step, down: Down, node: Node) -> list[Node]:
    found: list[Node] = []
    step(down, node, node, found)
    return found


def _own_first(down: Down, node: Node, made: Node, extensions: list[Node]) -> None:
    extensions[:0] = node["extension"] or ()


def _contained(down: Down, node: Node, made: Node, extensions: list[Node]) -> None:
    made["contained"] = [down.resource(one) for one in node["contained"]]


def _copy(key: str, moved: str) -> Step:
    """What copies a member with its extensions."""

    def step(down: Down, node: Node, made: Node, extensions: list[Node]) -> None:
        for before, after in ((key, moved), (f"_{key}", f"_{moved}")):
            if node.get(before) is not None:
                made[after] = node[before]

    return step


def _concept_alone(down: Down, value: Node) -> Node:
    if set(value) != {"concept"}:
        raise Misfit
    return down.concept(value["concept"])


def _small(down: Down, value: Any) -> int:
    if not 0 <= int(value) <= MOST:
        raise Misfit
    return int(value)


def _is_absent(name: str, given: Any) -> bool:
    """Whether a member that is demanded is in no form among those that are given."""
    if name in given or f"_{name}" in given:
        return False
    return not (name.endswith("[x]") and any(key.startswith(name[:-3]) for key in given))
