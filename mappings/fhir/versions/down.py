"""Bundles of R5 as an older version has them.

What becomes of each member of a node is found once for each set of members that a node of a path
has, and kept with the dialect as a plan: a step for each member.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from trialbridge.mappings.fhir.versions import again
from trialbridge.mappings.fhir.versions.dialect import (
    ABSENT,
    ALTERNATE,
    CROSS_VERSION,
    GIVEN,
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
from trialbridge.mappings.fhir.versions.kept import Kept
from trialbridge.mappings.fhir.versions.own import FILL, FILLED_OF
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.once import once

# Puts a member of a node of R5 into the older node, or among its extensions.
Step = Callable[["Down", Node, Node, list[Node]], None]

# Makes of a value that of the older version. Raises Misfit if that cannot hold it.
Convert = Callable[["Down", Any], Any]

# Makes of a node that of the older version.
Make = Callable[["Down", Node], Node]

# Gives the members of a node as extensions.
Parts = Callable[["Down", Node], list[Node]]


class _Plan(NamedTuple):
    """What to do with a node of these members.

    `asked` has the members that must be held, and the plans of their values. `same`: the older
    version has the node as it is. `lacks`: the node
    cannot have what the older version demands; `basic`: nor can it with what is filled in, and a
    resource is made a Basic.
    """

    make: Make
    asked: tuple[tuple[str, Mapping[tuple[str, ...], "_Plan"]], ...] = ()
    required: tuple[str, ...] = ()
    fill: Callable[[Node, Node, "Down"], None] | None = None
    same: bool = False
    lacks: bool = False
    basic: bool = False


# The members that a node has. Of the nodes that we write there are few sets of members.
_Shape = tuple[str, ...]

# What of a resource stays where it is when the rest of it becomes extensions.
_KEPT = ("id", "meta", "text")


class _Plans:
    """The plans of an older version: functions, generated since there are many such nodes."""

    def __init__(self, version: Version) -> None:
        self.known = dialect(version)
        self.called = {"told_by": _told_by, "Misfit": Misfit, "unchanged": self.known.unchanged}
        """What the generated functions call."""
        self.of: Kept[tuple[str, str], Kept[_Shape, _Plan]] = Kept(
            lambda at: Kept(lambda shape: self._made(shape, *at))
        )
        """The plans of the nodes at a path of R5, whose path in the older version is the second."""
        self.resources: Kept[str, Kept[_Shape, _Plan]] = Kept(
            lambda type_: Kept(lambda shape: self._resource(shape, type_))
        )
        """The plans of the resources of a type."""
        self.parts: Kept[str, Kept[_Shape, Parts]] = Kept(
            lambda path: Kept(lambda shape: self._parts_made(shape, path))
        )
        """What gives the members of the nodes at a path as extensions under their bare names."""
        self.basics: Kept[str, Kept[_Shape, _Plan]] = Kept(
            lambda type_: Kept(lambda shape: self._basic(shape, type_))
        )
        """The plans of resources of a type that become a Basic."""

    def _resource(self, shape: _Shape, type_: str) -> _Plan:
        plan = self.of[type_, type_][shape] if type_ in self.known.old.resources else None
        return self.basics[type_][shape] if plan is None or plan.basic else plan

    def _basic(self, shape: _Shape, type_: str) -> _Plan:
        """A resource that the older version has not. https://hl7.org/fhir/R4/basic.html"""
        known = dict(self.called)
        rest = tuple(key for key in shape if key not in (*_KEPT, "resourceType"))
        lines = self._told_lines(known, rest, type_, f"{CROSS_VERSION}{type_}.")
        kept = "".join(f"{key!r}: node[{key!r}], " for key in _KEPT if key in shape)
        code = {"coding": [{"system": TYPES, "code": type_}]}
        lines.append(f"return {{'resourceType': 'Basic', {kept}'extension': told, 'code': {code}}}")
        return _Plan(_function(known, lines), basic=True)

    def _parts_made(self, shape: _Shape, path: str) -> Parts:
        known = dict(self.called)
        made: Parts = _function(known, [*self._told_lines(known, shape, path, ""), "return told"])
        return made

    def _told_lines(
        self, known: dict[str, Any], shape: _Shape, path: str, before: str
    ) -> list[str]:
        """The lines that make `told`, the members of a node as extensions, urls `before` them."""
        lines: list[str] = []
        run: list[str] = []
        for number, key in enumerate(names(shape)):
            place = self.known.place(path, None, key)
            if key == "extension":
                run.append(f"*(node[{key!r}] or ())")
            elif place is not None:
                url = before + place.name.removesuffix("[x]")
                part, every = self._part(known, number, key, place, url, shape)
                if every is None:
                    run.append(part)
                    continue
                lines.append(_listed(run, begun=bool(lines)))
                lines.append(_each(part, every))
                run = []
        if run or not lines:
            lines.append(_listed(run, begun=bool(lines)))
        return lines

    def _part(
        self,
        known: dict[str, Any],
        number: int,
        key: str,
        place: Place,
        url: str,
        shape: _Shape,
    ) -> tuple[str, str | None]:
        """The expression of what becomes of a member, and that of what it is for each `one` of.

        What it calls is added to `known`.
        """
        if f"_{key}" in shape:
            known[f"s{number}"] = self._told(key, place, url, shape)
            return f"*told_by(s{number}, down, node)", None
        # One object, since it is asked whether an extension is of this url.
        known[f"u{number}"] = url
        given = self._given(known, number, place, url)
        if place.many:
            return given, f"(many if (many := node[{key!r}]).__class__ is list else (many,))"
        member = self._member(place)
        if member is not None and place.copied:
            return f"{{'url': u{number}, {member!r}: node[{key!r}]}}", None
        if member is not None and place.type == "Reference":
            value = _REFERENCE.format(one=f"(one := node[{key!r}])")
            return f"{{'url': u{number}, {member!r}: {value}}}", None
        # What is one object in many places is made one extension once. In results much is: what a
        # statistic is of, and out of how many.
        value = f"{given} if one is not None else {{'url': u{number}}}"
        body = [f"made = down.again[id(one)] = {value}", "return made"]
        known[f"m{number}"] = _function(known, body, "one")
        return (
            f"it if (it := seen(id(one := node[{key!r}]))) is not None"
            f" and it['url'] is u{number} else m{number}(down, one)"
        ), None

    def _given(self, known: dict[str, Any], number: int, place: Place, url: str) -> str:
        """The expression of the extension of `one`, a value."""
        member = self._member(place)
        if member is None and place.path is not None:
            known[f"p{number}"] = self.parts[place.path]
            return f"{{'url': u{number}, 'extension': p{number}[tuple(one)](down, one)}}"
        converted = "one" if place.copied else _CONVERTED.get(place.type)
        if converted is None or member is None:
            known[f"e{number}"] = self._extension(place, url)
            return f"e{number}(down, one, None)"
        return f"{{'url': u{number}, {member!r}: {converted}}}"

    def _made(self, shape: tuple[str, ...], path: str, older: str) -> _Plan:
        known = dict(self.called)
        lines = []
        given = set()
        asked = []
        fill = FILL.get(older)
        if older in FILLED_OF and not FILLED_OF[older].intersection(shape):
            fill = None
        same = fill is None
        required = self.known.required[older]
        for number, key in enumerate(names(shape)):
            place = self.known.place(path, older, key)
            moved, line = self._line(known, number, path, key, place, shape)
            given.add(moved)
            lines.append(line)
            same = same and line == _copied(key, key)
            if key in required and key in shape and place is not None and not place.copied:
                its = place.path, place.older
                if place.key is not None and its[0] is not None and its[1] is not None:
                    asked.append((key, self.of[its[0], its[1]]))
        lines = ["made, told = {}, []", *lines, "if told: made['extension'] = told", "return made"]
        made: Make = _function(known, lines)
        absent = [name for name in required if _is_absent(name, given)]
        lacks, basic = bool(absent), bool({*absent} - GIVEN)
        return _Plan(made, tuple(asked), required, fill, same and not lacks, lacks, basic)

    def _line(
        self,
        known: dict[str, Any],
        number: int,
        path: str,
        key: str,
        place: Place | None,
        shape: tuple[str, ...],
    ) -> tuple[str, str]:
        """The name of a member in the older version, and the line that puts it there."""
        twin = f"_{key}" in shape
        if key not in ("extension", "contained") and not twin:
            moved = key if place is None else place.key
            if place is not None and moved is None:
                part, every = self._part(known, number, key, place, url_of(path, place), shape)
                line = f"told += [{part}]" if every is None else _each(part, every)
                return "extension", line
            if place is None or place.copied:
                return str(moved), _copied(key, str(moved))
            if place.codes is None and place.key is not None:
                known[f"s{number}"] = self._told(key, place, url_of(path, place), shape)
                return str(moved), self._value(known, number, key, place)
        moved, step = self._step(path, key, place, shape)
        known[f"s{number}"] = step
        line = f"s{number}(down, node, made, told)"
        if place is not None and place.codes is not None and place.key is not None and not twin:
            # Most codes are those of the older value set.
            known[f"c{number}"] = place.codes
            test = f"(one := node[{key!r}]).__class__ is str and one in c{number}"
            line = f"if {test}: made[{place.key!r}] = one\n    else: {line}"
        return moved, line

    def _step(
        self, path: str, key: str, place: Place | None, shape: tuple[str, ...]
    ) -> tuple[str, Step]:
        if key == "extension":
            return key, _own_first
        if key == "contained":
            return key, _contained
        if place is None or (place.copied and place.key is not None):
            moved = key if place is None else str(place.key)
            return moved, _copy(key, moved)
        told = self._told(key, place, url_of(path, place), shape)
        if place.key is None:
            return "extension", told
        return place.key, self._store(path, key, place.key, place, told)

    def _value(self, known: dict[str, Any], number: int, key: str, place: Place) -> str:
        """The lines that put a value without extensions of its own into the older node."""
        converted = _CONVERTED.get(place.type) if place.targets is None else None
        if converted is None:
            known[f"c{number}"] = self._converter(place)
            converted = f"c{number}(down, one)"
        return (
            f"if (one := node[{key!r}]) is not None:\n"
            f"        try: made[{place.key!r}] = [{converted} for one in one]"
            f" if one.__class__ is list else {converted}\n"
            f"        except Misfit: s{number}(down, node, made, told)"
        )

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

    def _told(self, key: str, place: Place, url: str, shape: tuple[str, ...]) -> Step:
        """What adds the values of an element of R5 as extensions of this url, one each."""
        make, twin = self._extension(place, url), f"_{key}"
        if twin not in shape:

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
            parts = self.parts[path]
            return lambda down, value, _: {
                "url": url,
                "extension": parts[tuple(value)](down, value),
            }
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
        plans = self.of[path, older]

        def convert(down: "Down", value: Any) -> Any:
            if value.__class__ is not dict:
                return value
            plan = plans[tuple(value)]
            if plan.lacks:
                raise Misfit
            made = plan.make(down, value)
            for name in plan.required:
                if name not in made and _is_absent(name, made):
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
        """What is a Basic in the older version, by the names that links give it."""
        self.again: dict[int, Node] = {}
        """The extensions that were made of the objects of the tree, by which object it was."""
        self.seen = self.again.get
        self.contained: dict[str, str] = {}
        """The types of what the resource at hand contains, by their ids."""
        self.late = False
        """Whether what a resource becomes was found while it was made, and not before."""

    def document(self, tree: Node) -> Node:
        if tree.get("resourceType") != "Bundle":
            return self.resource(tree)
        entries = tree.get("entry", ())
        # Who refers to a resource may come before it, so it is found first what each becomes.
        plans = [
            self._plan(entry["resource"]) if "resource" in entry else None for entry in entries
        ]
        for entry, plan in zip(entries, plans, strict=True):
            if plan is not None and plan.basic:
                self._rename(entry)
        walked = [*map(self._entry, entries, plans)]
        if self.late:
            self.again.clear()
            walked = [*map(self._entry, entries, plans)]
        for entry, older in zip(entries, walked, strict=True):
            resource = entry.get("resource")
            if resource is not None and resource["resourceType"] == "ResearchStudy":
                again.fill(tree, resource, older["resource"])
        return {**tree, "entry": walked}

    def _rename(self, entry: Node) -> None:
        resource, renamed = entry["resource"], self.renamed
        type_, id_ = resource["resourceType"], resource.get("id")
        renamed[f"{type_}/{id_}"] = f"Basic/{id_}"
        url = entry.get("fullUrl")
        if url:
            renamed[url] = url.replace(f"/{type_}/", "/Basic/")

    def _entry(self, entry: Node, plan: _Plan | None) -> Node:
        if plan is not None and plan.same:
            return entry
        made = dict(entry)
        renamed = self.renamed
        if plan is not None:
            resource = entry["resource"]
            if plan.basic:
                made["resource"] = plan.make(self, resource)
            else:
                found = made["resource"] = self._made(resource, plan)
                type_ = resource["resourceType"]
                if (
                    found["resourceType"] != type_
                    and f"{type_}/{resource.get('id')}" not in renamed
                ):
                    self._rename(entry)
                    self.late = True
        url = entry.get("fullUrl")
        if url in renamed:
            made["fullUrl"] = renamed[url]
        request = entry.get("request")
        if request is not None and request.get("url") in renamed:
            made["request"] = {**request, "url": renamed[request["url"]]}
        return made

    def resource(self, node: Node) -> Node:
        return self._made(node, self._plan(node))

    def _plan(self, node: Node) -> _Plan:
        """What to do with a resource."""
        type_, shape = node["resourceType"], tuple(node)
        plan = self.plans.resources[type_][shape]
        return self.plans.basics[type_][shape] if plan.asked and _lacks(node, plan) else plan

    def _made(self, node: Node, plan: _Plan) -> Node:
        """A resource as the older version has it; a Basic if something in it cannot be held."""
        if "contained" in node:
            self.contained = {
                str(one.get("id")): str(one.get("resourceType")) for one in node["contained"]
            }
        made = plan.make(self, node)
        if plan.basic:
            return made
        if plan.fill is not None:
            plan.fill(node, made, self)
        for name in plan.required:
            if name in made or f"_{name}" in made:
                continue
            if name != "status":
                return self.plans.basics[node["resourceType"]][tuple(node)].make(self, node)
            # Demanded, and not stated by the source.
            made["_status"] = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
        return made

    def coding(self, node: Node) -> Node:
        system = node.get("system")
        if system is None:
            return node
        other = self.known.older_system[system]
        if other != system:
            return {**node, "system": other}
        if node.get("code") in self.known.newer_codes[system] and "version" not in node:
            # Of R5's edition of a code system that had fewer codes.
            return {**node, "version": self.known.r5.fhir}
        return node

    def concept(self, node: Node) -> Node:
        before = node.get("coding")
        if before is None:
            return node
        unchanged = self.known.unchanged
        for one in before:
            if not unchanged[one.get("system")]:
                break
        else:
            return node
        codings = [self.coding(one) for one in before]
        # What stays the same is not made anew.
        return node if codings == before else {**node, "coding": codings}

    def reference(self, node: Node) -> Node:
        other = self.renamed.get(node.get("reference", ""))
        return node if other is None else {**node, "reference": other}

    def alternate(self, node: Node, targets: frozenset[str]) -> Node:
        """A reference where the older version allows these types alone."""
        made = self.reference(node)
        if self._type(node) in (None, *targets):
            return made
        shown = {"display": node["display"]} if "display" in node else {}
        if shown:
            made = {key: value for key, value in made.items() if key != "display"}
        return {"extension": [{"url": ALTERNATE, "valueReference": made}], **shown}

    def _type(self, reference: Node) -> str | None:
        """The type of what a reference leads to, where it tells."""
        target = str(reference.get("reference", ""))
        if target.startswith("#"):
            return self.contained.get(target[1:])
        found: str = reference.get("type") or target.rpartition("/")[0].rpartition("/")[2]
        return found if found in self.known.r5.resources else None


def _lacks(node: Node, plan: _Plan) -> bool:
    """Whether what a resource must have is there, and cannot be held, so that it is a Basic."""
    for name, plans in plan.asked:
        value = node[name]
        for one in value if value.__class__ is list else (value,):
            if plans[tuple(one)].lacks:
                return True
    return False


def _function(known: dict[str, Any], lines: list[str], of: str = "node") -> Any:
    """A function of these lines, which call what is `known`, and of a `Down`.

    All of the source is made here: keys and urls are those of the definitions.
    """
    body = "".join(f"    {line}\n" for line in lines)
    for name in ("seen", "renamed"):
        if name in body:
            body = f"    {name} = down.{name}\n{body}"
    exec(f"def made(down, {of}):\n{body}", known)
    return known.pop("made")


def _listed(run: list[str], *, begun: bool) -> str:
    return f"told {'+=' if begun else '='} [{', '.join(run)}]"


def _each(part: str, every: str) -> str:
    return f"for one in {every}: told.append({part})"


def _copied(key: str, moved: str) -> str:
    return f"if (one := node[{key!r}]) is not None: made[{moved!r}] = one"


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


# A reference: that of the tree, where it leads to what keeps its name.
_REFERENCE = (
    "one if {one}.get('reference') not in renamed"
    " else {{**one, 'reference': renamed[one['reference']]}}"
)

# How the generated functions convert the values of data types.
_CONVERTED: Mapping[str, str] = {
    "Coding": "down.coding(one)",
    "CodeableConcept": (
        "one if (codings := one.get('coding')) is None"
        " or (len(codings) == 1 and unchanged[codings[0].get('system')]) else down.concept(one)"
    ),
    "Reference": _REFERENCE.format(one="one"),
}
