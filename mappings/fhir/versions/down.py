"""Bundles of R5 as an older version has them."""

from typing import Any

from trialbridge.mappings.fhir.versions.dialect import (
    ABSENT,
    CROSS_VERSION,
    MOST,
    TYPES,
    Dialect,
    Misfit,
    Node,
    Place,
    capital,
    dialect,
    is_bare,
    names,
    url_of,
)
from trialbridge.mappings.fhir.versions.own import FILL
from trialbridge.schemas.fhir.definitions import Version


def older(tree: Node, version: Version) -> Node:
    """A Bundle of R5, or one resource, as the older version has it. The tree is left as it is."""
    return Down(dialect(version)).document(tree)


class Down:
    def __init__(self, known: Dialect) -> None:
        self.known = known
        self.renamed: dict[str, str] = {}
        self.references: list[Node] = []

    def document(self, tree: Node) -> Node:
        if tree.get("resourceType") != "Bundle":
            return self.resource(tree)
        entries = [self._entry(entry) for entry in tree.get("entry", ())]
        for entry in entries:
            if entry.get("fullUrl") in self.renamed:
                entry["fullUrl"] = self.renamed[entry["fullUrl"]]
            request = entry.get("request", {})
            if request.get("url") in self.renamed:
                entry["request"] = {**request, "url": self.renamed[request["url"]]}
        # Who refers to a resource may come before it is known what that becomes.
        for reference in self.references:
            other = self.renamed.get(reference.get("reference", ""))
            if other is not None:
                reference["reference"] = other
        return {**tree, "entry": entries}

    def _entry(self, entry: Node) -> Node:
        made = dict(entry)
        if "resource" in entry:
            resource = entry["resource"]
            made["resource"] = self.resource(resource)
            type_ = resource.get("resourceType")
            if made["resource"].get("resourceType") != type_:
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
        if type_ not in self.known.old.resources:
            return None
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
        told = [
            {**one, "url": CROSS_VERSION + f"{type_}.{one['url']}"} if is_bare(one) else one
            for one in self.parts(rest, type_)
        ]
        return {
            "resourceType": "Basic",
            **kept,
            "extension": told,
            "code": {"coding": [{"system": TYPES, "code": type_}]},
        }

    def element(self, node: Node, path: str, older: str) -> Node:
        """A node as the older version has it. Raises Misfit if it lacks what that demands."""
        made: Node = {}
        told: list[Node] = []
        places = self.known.places(path, older)
        for key in names(node):
            value, beside = node.get(key), node.get(f"_{key}")
            place = places[key] if key in places else self.known.place(path, older, key)
            if key == "extension":
                told[:0] = value or ()
            elif key == "contained" and isinstance(value, list):
                made[key] = [self.resource(one) for one in value]
            elif place is None or (place.copied and place.key is not None):
                moved = key if place is None else str(place.key)
                if value is not None:
                    made[moved] = value
                if beside is not None:
                    made[f"_{moved}"] = beside
            elif place.key is None:
                told += self.extensions(url_of(path, place), place, value, beside)
            else:
                try:
                    self._store(made, path, place, value, beside)
                except Misfit:
                    told += self.extensions(url_of(path, place), place, value, beside)
        if told:
            made["extension"] = told
        return made

    def _store(self, made: Node, path: str, place: Place, value: Any, beside: Any) -> None:
        key = place.key
        if place.codes is not None and value.__class__ is str and value not in place.codes:
            # The element says nothing that its value set does not have, and its extension does.
            kept = dict(beside or {})
            said = {"url": url_of(path, place), "valueCode": value}
            kept["extension"] = [*kept.get("extension", ()), said]
            made[f"_{key}"] = kept
            return
        if value is not None:
            many = value.__class__ is list
            made_of = [self.value(one, place) for one in (value if many else [value])]
            made[str(key)] = made_of if many else made_of[0]
        if beside is not None:
            made[f"_{key}"] = beside

    def value(self, value: Any, place: Place) -> Any:
        """A value of an element in the older version."""
        match place.type:
            case "Coding":
                return self.coding(value)
            case "CodeableConcept":
                return self.concept(value)
            case "Reference":
                return self.reference(value)
            case "CodeableReference":
                if place.older is None:
                    return value
                if set(value) != {"concept"}:
                    raise Misfit
                return self.concept(value["concept"])
            case "integer64":
                if place.key is None:
                    return value
                if not 0 <= int(value) <= MOST:
                    raise Misfit
                return int(value)
        if value.__class__ is not dict or place.path is None or place.older is None:
            return value
        made = self.element(value, place.path, place.older)
        if any(
            name not in made and f"_{name}" not in made and not _has_choice(made, name)
            for name in self.known.required(place.older)
        ):
            raise Misfit
        return made

    def coding(self, node: Node) -> Node:
        system = node.get("system")
        if system is None:
            return node
        other = self.known.system(system, back=False)
        if other != system:
            return {**node, "system": other}
        if "version" not in node and self.known.is_newer(system, str(node.get("code"))):
            # Of R5's edition of a code system that had fewer codes.
            return {**node, "version": self.known.r5.fhir}
        return node

    def concept(self, node: Node) -> Node:
        codings = node.get("coding")
        return node if codings is None else {**node, "coding": [*map(self.coding, codings)]}

    def reference(self, node: Node) -> Node:
        made = dict(node)
        self.references.append(made)
        return made

    def extensions(self, url: str, place: Place, value: Any, beside: Any) -> list[Node]:
        """Values of an element of R5 as cross-version extensions, one each."""
        if value.__class__ is not list:
            return [self.extension(url, place, value, beside)]
        values, besides = value, beside or [None] * len(value)
        return [
            self.extension(url, place, one, other)
            for one, other in zip(values, besides, strict=True)
        ]

    def extension(self, url: str, place: Place, value: Any, beside: Any) -> Node:
        type_ = "string" if place.type.startswith("http:") else place.type
        if place.path is not None and (type_ not in self.known.values or "." in place.path):
            return {"url": url, "extension": self.parts(value, place.path)}
        held = type_ if type_ in self.known.values else "string"
        key = f"value{capital(held)}"
        made: Node = {"url": url}
        if value is not None:
            made[key] = value if place.copied else self.value(value, place)
        if beside is not None:
            made[f"_{key}"] = beside
        return made

    def parts(self, node: Node, path: str) -> list[Node]:
        """The members of a node of R5 as extensions under their bare names, and its own."""
        found: list[Node] = []
        places = self.known.places(path, None)
        for key in names(node):
            value, beside = node.get(key), node.get(f"_{key}")
            place = places[key] if key in places else self.known.place(path, None, key)
            if key == "extension":
                found += value or ()
            elif place is not None:
                found += self.extensions(place.name.removesuffix("[x]"), place, value, beside)
        return found


def _has_choice(node: Node, name: str) -> bool:
    return name.endswith("[x]") and any(key.startswith(name[:-3]) for key in node)
