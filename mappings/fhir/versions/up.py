"""Bundles of an older version as R5 has them."""

from typing import Any

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
    is_bare,
    names,
)
from trialbridge.mappings.fhir.versions.own import DRAIN
from trialbridge.schemas.fhir.digests.definitions import Version


def newer(tree: Node, version: Version) -> Node:
    """A Bundle of an older version, or one resource, as R5 has it. The tree is left as it is.

    What R5 has no element for keeps its name, so that it is told as not read.
    """
    return Up(dialect(version)).document(tree)


class Up:
    def __init__(self, known: Dialect) -> None:
        self.known = known
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
        made: Node = {}
        for key in names(node):
            value, beside = node.get(key), node.get(f"_{key}")
            name = MOVED_BACK.get((path, key), key)
            place = self.known.place(path, older, name)
            if key == "extension":
                continue
            if key == "contained" and value.__class__ is list:
                made[key] = [self.resource(one) if one.__class__ is dict else one for one in value]
                continue
            if value is not None:
                if place is None or place.key is None or place.copied:
                    made[name] = value
                elif value.__class__ is list:
                    made[name] = [self.value(one, place) for one in value]
                else:
                    made[name] = self.value(value, place)
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

    def value(self, value: Any, place: Place) -> Any:
        if value.__class__ is not dict:
            return str(value) if place.type == "integer64" and value.__class__ is int else value
        match place.type:
            case "Coding":
                return self.coding(value)
            case "CodeableConcept":
                return self.concept(value)
            case "Reference":
                return self.reference(value)
            case "CodeableReference" if place.older == "CodeableConcept":
                return {"concept": self.concept(value)}
        if place.path is None:
            return value
        return self.element(value, place.path, place.older or place.path)

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
        other = self.known.system(system, back=True)
        if other != system:
            return {**node, "system": other}
        told = node.get("version") == self.known.r5.fhir
        if told and str(node.get("code")) in self.known.recoded(system)[1]:
            return {key: value for key, value in node.items() if key != "version"}
        return node

    def concept(self, node: Node) -> Node:
        codings = node.get("coding")
        if codings.__class__ is not list:
            return node
        return {**node, "coding": [*map(self.coding, codings)]}

    def _extended(self, made: Node, path: str, extensions: Any) -> None:
        """Give a node the elements that cross-version extensions have, and keep the others."""
        kept = []
        prefix = CROSS_VERSION + f"{path}."
        for one in extensions if extensions.__class__ is list else ():
            url = str(one.get("url", "")) if one.__class__ is dict else ""
            if not url.startswith(prefix) or not self._set(made, path, url[len(prefix) :], one):
                kept.append(one)
        if kept:
            made["extension"] = kept

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
            value = None if key is None else self.value(extension[key], place)
        else:
            value = {}
            self._parts(value, place.path or "", extension.get("extension", ()))
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

    def _parts(self, made: Node, path: str, extensions: Any) -> None:
        kept = [
            one
            for one in (extensions if extensions.__class__ is list else ())
            if not (
                one.__class__ is dict
                and is_bare(one)
                and self._set(made, path, str(one["url"]), one)
            )
        ]
        if kept:
            made["extension"] = kept


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
