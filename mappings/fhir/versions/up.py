"""Bundles of an older version as R5 has them.

What becomes of a member, or of an extension by its url and the member that has its value, is found
once for each path, and kept with the dialect. What has extensions beside a primitive goes the long
way.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from trialbridge.mappings.fhir.versions import again
from trialbridge.mappings.fhir.versions.dialect import (
    ALTERNATE,
    CROSS_VERSION,
    MOVED_BACK,
    TYPES,
    Dialect,
    Node,
    Place,
    dialect,
    names,
)
from trialbridge.mappings.fhir.versions.kept import Kept
from trialbridge.mappings.fhir.versions.own import DRAIN
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.once import once

# Makes of a value that of R5.
Convert = Callable[["Up", Any], Any]


class _Told(NamedTuple):
    """Where the value of an extension stands in R5.

    `parts` is the path of what its parts are put into, None where it has a value.
    """

    member: str
    many: bool
    convert: Convert | None
    parts: str | None


class _Steps:
    """What becomes of the members and extensions at a path."""

    def __init__(self, version: Version) -> None:
        self.known = dialect(version)
        self.members: Kept[tuple[str, str], Kept[str, tuple[str, Convert | None]]] = Kept(
            lambda at: Kept(lambda key: self._member(*at, key))
        )
        """The name in R5 of each member of the nodes at a path of R5, which is the second in the
        older version, and what makes its values; None: nothing."""
        self.told: Kept[tuple[str, str], Kept[tuple[str, str], _Told | None]] = Kept(
            lambda at: Kept(lambda one: self._place(at[0], one[0].removeprefix(at[1]), one[1]))
        )
        """Where extensions of the nodes at a path stand whose urls begin with a prefix, by url and
        the member beside it; None: the long way tells."""
        self.usual: Kept[tuple[str, str], dict[str, tuple[str, _Told]]] = Kept(lambda at: {})
        """Of the same by url alone, the member that was last beside it: mostly it is again."""

    def _member(self, path: str, older: str, key: str) -> tuple[str, Convert | None]:
        name = MOVED_BACK.get((path, key), key)
        place = self.known.place(path, older, name)
        if place is None or place.key is None or place.copied:
            return name, None
        return name, _converter(place)

    def _place(self, path: str, name: str, member: str) -> _Told | None:
        if (path, name) == ("ResearchStudy", "status") or ":" in name:
            return None
        if member == "extension":
            place = self.known.place(path, None, name)
            return place and _Told(name, place.many, None, place.path or "")
        if not member.startswith("value"):
            return None
        place = self.known.place(path, None, name)
        if place is None:
            name += member.removeprefix("value")
            place = self.known.place(path, None, name)
        if place is None:
            return None
        return _Told(name, place.many, None if place.copied else _converter(place), None)


@once
def _steps(version: Version) -> _Steps:
    return _Steps(version)


def _converter(place: Place) -> Convert:
    """What makes of the values at a place of the older version those of R5."""
    match place.type:
        case "Coding":
            return lambda up, value: up.coding(value)
        case "CodeableConcept":
            return _concept
        case "Reference":
            return _reference
        case "CodeableReference" if place.older == "CodeableConcept":
            return _of_concept
        case "integer64":
            return lambda up, value: str(value) if value.__class__ is int else value
        case _:
            path, older = place.path, place.older
            if path is None:
                return lambda up, value: value
            at = path, older or path
            return lambda up, value: up.element(value, *at) if value.__class__ is dict else value


def _concept(up: "Up", node: Any) -> Any:
    # Most are of words alone.
    return up.concept(node) if node.__class__ is dict and "coding" in node else node


def _reference(up: "Up", node: Any) -> Any:
    if node.__class__ is not dict:
        return node
    target = node.get("reference")
    if target.__class__ is str:
        # What leads somewhere leads there alone.
        renamed = up.renamed.get(target)
        return node if renamed is None else {**node, "reference": renamed}
    return up.reference(node)


def _of_concept(up: "Up", node: Any) -> Any:
    return {"concept": up.concept(node)} if node.__class__ is dict else node


def newer(tree: Node, version: Version) -> Node:
    """A Bundle of an older version, or one resource, as R5 has it. The tree is left as it is.

    What R5 has no element for keeps its name, so that it is told as not read.
    """
    return Up(_steps(version)).document(tree)


class Up:
    def __init__(self, steps: _Steps) -> None:
        self.steps = steps
        self.known: Dialect = steps.known
        self.renamed: dict[str, str] = {}
        self.said: Node = {}

    def document(self, tree: Node) -> Node:
        if tree.get("resourceType") != "Bundle":
            made = self.resource(tree)
            again.drain(made)
            return made
        entries = [one for one in tree.get("entry", ()) if one.__class__ is dict]
        for entry in entries:
            resource = entry.get("resource")
            type_ = _basic_type(resource) if resource.__class__ is dict else None
            if type_ is not None and resource is not None:
                id_ = resource.get("id")
                self.renamed[f"Basic/{id_}"] = f"{type_}/{id_}"
                url = str(entry.get("fullUrl", ""))
                if "/Basic/" in url:
                    self.renamed[url] = url.replace("/Basic/", f"/{type_}/")
        made = {**tree, "entry": [self._entry(entry) for entry in entries]}
        again.drain(made)
        return made

    def _entry(self, entry: Node) -> Node:
        made = dict(entry)
        if entry.get("resource").__class__ is dict:
            made["resource"] = self.resource(entry["resource"])
        if entry.get("fullUrl") in self.renamed:
            made["fullUrl"] = self.renamed[entry["fullUrl"]]
        request = entry.get("request")
        if request.__class__ is dict and request.get("url") in self.renamed:
            made["request"] = {**request, "url": self.renamed[request["url"]]}
        return made

    def resource(self, node: Node) -> Node:
        type_ = _basic_type(node)
        if type_ is not None:
            made: Node = {"resourceType": type_}
            made |= {key: node[key] for key in ("id", "meta", "text") if key in node}
            self._extended(made, type_, node.get("extension", ()))
            return made
        type_ = node.get("resourceType", "")
        if type_ not in self.known.old.resources:
            return node
        outer, self.said = self.said, {}
        made = self.element(node, type_, type_)
        if type_ in DRAIN:
            DRAIN[type_](node, made, self)
        self.said = outer
        return made

    def element(self, node: Node, path: str, older: str) -> Node:
        """A node of the older version as R5 has it."""
        members = self.steps.members[path, older]
        made: Node = {}
        for key, value in node.items():
            if key[0] == "_":
                return self._twinned(node, path, older)
            if value is None or key == "extension":
                continue
            if key == "contained" and value.__class__ is list:
                made[key] = [self.resource(one) if one.__class__ is dict else one for one in value]
                continue
            name, convert = members[key]
            if convert is None:
                made[name] = value
            elif value.__class__ is list:
                made[name] = [convert(self, one) for one in value]
            else:
                made[name] = convert(self, value)
        if "extension" in node:
            self._extended(made, path, node["extension"])
        return made

    def _twinned(self, node: Node, path: str, older: str) -> Node:
        """A node with extensions of primitives."""
        members = self.steps.members[path, older]
        made: Node = {}
        for key in names(node):
            value, beside = node.get(key), node.get(f"_{key}")
            if key == "extension":
                continue
            if key == "contained" and value.__class__ is list:
                made[key] = [self.resource(one) if one.__class__ is dict else one for one in value]
                continue
            name, convert = members[key]
            if value is not None:
                if convert is None:
                    made[name] = value
                elif value.__class__ is list:
                    made[name] = [convert(self, one) for one in value]
                else:
                    made[name] = convert(self, value)
            if beside is not None:
                self._beside(made, path, name, beside)
        if "extension" in node:
            self._extended(made, path, node["extension"])
        return made

    def _beside(self, made: Node, path: str, name: str, beside: Any) -> None:
        """The extensions of a primitive, but that which has its value."""
        url = CROSS_VERSION + f"{path}.{name}"
        told = beside.get("extension") if beside.__class__ is dict else None
        if told.__class__ is list:
            kept = [one for one in told if one.__class__ is not dict or one.get("url") != url]
            if len(kept) < len(told):
                said = next(o for o in told if o.__class__ is dict and o.get("url") == url)
                made[name] = said.get("valueCode")
                beside = {key: value for key, value in beside.items() if key != "extension"}
                if kept:
                    beside["extension"] = kept
        if beside:
            made[f"_{name}"] = beside

    def reference(self, node: Node) -> Node:
        told = node.get("extension")
        if "reference" not in node and told.__class__ is list:
            for one in told:
                other = one.get("valueReference") if one.__class__ is dict else None
                if other.__class__ is dict and one["url"] == ALTERNATE:
                    kept = [extension for extension in told if extension is not one]
                    rest = {key: node[key] for key in node if key != "extension"}
                    node = {**other, **rest, **({"extension": kept} if kept else {})}
                    break
        renamed = self.renamed.get(str(node.get("reference")))
        return node if renamed is None else {**node, "reference": renamed}

    def coding(self, node: Any) -> Any:
        system = node.get("system") if node.__class__ is dict else None
        if system.__class__ is not str:
            return node
        other = self.known.newer_system[system]
        if other != system:
            return {**node, "system": other}
        if "version" not in node:
            return node
        told = node["version"] == self.known.r5.fhir
        if told and str(node.get("code")) in self.known.newer_codes[system]:
            return {key: value for key, value in node.items() if key != "version"}
        return node

    def concept(self, node: Node) -> Node:
        codings = node.get("coding")
        if codings.__class__ is not list:
            return node
        if len(codings) == 1:
            made = self.coding(codings[0])
            return node if made is codings[0] else {**node, "coding": [made]}
        made = [*map(self.coding, codings)]
        for one, before in zip(made, codings, strict=True):
            if one is not before:
                return {**node, "coding": made}
        return node

    def _extended(self, made: Node, path: str, extensions: Any) -> None:
        """Give a node the elements that cross-version extensions have, and keep the others."""
        self._take(made, path, f"{CROSS_VERSION}{path}.", extensions)

    def _take(self, made: Node, path: str, prefix: str, extensions: Any) -> None:
        """Give a node what extensions say whose urls are a prefix and a name; keep the others."""
        known = self.steps.told[path, prefix]
        usual = self.steps.usual[path, prefix]
        kept = []
        for one in extensions if extensions.__class__ is list else ():
            found = None
            if one.__class__ is dict and len(one) == 2:
                url = one.get("url")
                if url.__class__ is str:
                    found = usual.get(url)
                    if found is not None and found[0] not in one:
                        found = None
                    if found is None and url.startswith(prefix):
                        (member,) = (key for key in one if key != "url")
                        told = known[url, member]
                        if told is not None:
                            found = usual[url] = member, told
            if found is None:
                if not self._is_set(made, path, prefix, one):
                    kept.append(one)
                continue
            member, (name, many, convert, parts) = found
            value = one[member]
            if parts is not None:
                inner: Node = {}
                self._take(inner, parts, "", value)
                value = inner
            elif convert is not None:
                value = convert(self, value)
            if many:
                made.setdefault(name, []).append(value)
            elif value is not None:
                made[name] = value
        if kept:
            made["extension"] = kept

    def _is_set(self, made: Node, path: str, prefix: str, extension: Any) -> bool:
        """Put what an extension of any form says into the node; whether that is done."""
        if extension.__class__ is not dict:
            return False
        url = str(extension.get("url", ":"))
        if not url.startswith(prefix) or (not prefix and ":" in url):
            return False
        return self._set(made, path, url[len(prefix) :], extension)

    def _set(self, made: Node, path: str, name: str, extension: Node) -> bool:
        """Put what an extension says into the node; False if R5 has no such element."""
        key = next((key for key in extension if key.startswith("value")), None)
        beside = next((key for key in extension if key.startswith("_value")), None)
        type_ = (key or beside or "").removeprefix("_").removeprefix("value")
        member = name
        place = self.known.place(path, None, name)
        if place is None:
            member = name + type_
            place = self.known.place(path, None, member)
        if place is None:
            return False
        value: Any
        if key is not None or beside is not None:
            value = None if key is None else _converter(place)(self, extension[key])
        else:
            value = {}
            self._take(value, place.path or "", "", extension.get("extension", ()))
        if path == "ResearchStudy" and name == "status":
            self.said["status"] = value
        elif place.many:
            made.setdefault(member, []).append(value)
        elif value is not None:
            made[member] = value
        if beside is not None:
            if place.many:
                found = made.setdefault(f"_{member}", [])
                found += [None] * (len(made[member]) - 1 - len(found)) + [extension[beside]]
            else:
                made[f"_{member}"] = extension[beside]
        return True


def _basic_type(node: Node) -> str | None:
    """The type of R5 that a Basic stands for."""
    if node.get("resourceType") != "Basic":
        return None
    code = node.get("code")
    codings = code.get("coding") if code.__class__ is dict else None
    for coding in codings if codings.__class__ is list else ():
        if coding.__class__ is dict and coding.get("system") == TYPES:
            return str(coding.get("code"))
    return None
