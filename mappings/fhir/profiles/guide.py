"""A study of R4 with the resources that it refers to, and what all guides do with it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.versions.dialect import CROSS_VERSION
from trialbridge.mappings.whole import facts
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import Trial

OF_STUDY = f"{CROSS_VERSION}ResearchStudy."
"""What the urls of HL7's extensions for R5's elements of a study begin with."""


class Guide(NamedTuple):
    """A guide: what its urls begin with, and how a study gets what it asks for and loses it.

    `profile` is that of a study. `read` makes of the guide's elements in a document of others what
    we read.
    """

    title: str
    base: str
    profile: str
    link: str
    add: Callable[["Study", Trial], None]
    strip: Callable[["Study"], None]
    read: Callable[["Study"], None]


class Study:
    """The study of a tree, which is copied as far as it is changed.

    `taken` are the facts that were taken out of it, each with its place.
    """

    def __init__(self, tree: Node) -> None:
        self.taken: list[tuple[str, object]] = []
        self.tree = dict(tree)
        if tree.get("resourceType") == "ResearchStudy":
            self._entries: list[dict[str, Any]] = [{"resource": self.tree}]
        else:
            self._entries = [
                {**entry, "resource": dict(entry["resource"])} for entry in tree["entry"]
            ]
            self.tree["entry"] = self._entries
        self.node = next(self.of("ResearchStudy"))

    @classmethod
    def found(cls, tree: Node) -> "Study | None":
        """The study of a tree; None if it has not one, or not the form of a Bundle."""
        if tree.get("resourceType") == "ResearchStudy":
            return cls(tree)
        entries = tree.get("entry")
        if entries.__class__ is not list:
            return None
        resources = nodes([one.get("resource") for one in nodes(entries)])
        if len(resources) < len(entries):
            return None
        kinds = [one.get("resourceType") for one in resources]
        return cls(tree) if kinds.count("ResearchStudy") == 1 else None

    def of(self, type_: str) -> Iterator[Node]:
        """The resources of this type."""
        for entry in self._entries:
            if entry["resource"].get("resourceType") == type_:
                yield entry["resource"]

    def append(self, resource: Node) -> None:
        base = f"{BASE}/{resource['resourceType']}/{resource['id']}"
        self._entries.append({"fullUrl": base, "resource": resource})

    def remove(self, resource: Node) -> None:
        at = next(n for n, one in enumerate(self._entries) if one["resource"] is resource)
        del self._entries[at]

    def resolve(self, reference: Any, type_: str) -> Node | None:
        """The resource of this type that is referred to."""
        target = str(reference.get("reference")) if reference.__class__ is dict else ""
        if target.startswith("#"):
            for one in nodes(self.node.get("contained")):
                if one.get("id") == target[1:] and one.get("resourceType") == type_:
                    return one
            return None
        for one in self.of(type_):
            if target.rpartition(f"{type_}/")[2] == one.get("id"):
                return one
        return None

    def extensions(self, url: str = "") -> list[Node]:
        """The extensions of the study, those of this url if one is named."""
        return [one for one in nodes(self.node.get("extension")) if url in ("", one.get("url"))]

    def say(self, url: str, **value: Any) -> None:
        """Add an extension to the study."""
        extend(self.node, {"url": url, **value})

    def each(self, name: str, change: Callable[[Node], Node | None]) -> None:
        """Change each extension for this element of R5; one of which nothing is left goes."""
        url = OF_STUDY + name
        if "extension" not in self.node:
            return
        kept = []
        for one in self.node["extension"]:
            made = change(one) if one.__class__ is dict and one.get("url") == url else one
            if made is not None:
                kept.append(made)
        set_or_drop(self.node, "extension", kept)

    def take(self, node: Node, member: str, path: str) -> Any:
        """Take a member out of a node, and keep what it said."""
        value = node.pop(member, None)
        if value is not None:
            self.taken += facts(value, path)
        return value

    def without(self, node: Any, guide: str, path: str) -> Any:
        """A tree without the extensions and codings of a guide; what they said is kept."""
        if node.__class__ is list:
            made = [self.without(one, guide, path) for one in node]
            return [one for one in made if one not in ({}, [])] if made != node else node
        if node.__class__ is not dict:
            return node
        kept = {}
        for key, value in node.items():
            inner = f"{path}.{key}"
            left = value
            if key in ("extension", "coding") and value.__class__ is list:
                said = "url" if key == "extension" else "system"
                left = []
                for one in value:
                    if one.__class__ is dict and str(one.get(said)).startswith(guide):
                        self.taken += facts(one, inner)
                    else:
                        left.append(one)
            left = self.without(left, guide, inner)
            if left not in ({}, []) or left == value:
                kept[key] = left
        return kept

    def profiled(self, resource: Node, profile: str) -> None:
        """State that a resource follows a profile."""
        meta = resource.get("meta", {})
        resource["meta"] = {**meta, "profile": [*meta.get("profile", ()), profile]}

    def unprofiled(self, guide: str) -> None:
        """Take out of all resources that they follow a profile of this guide."""
        for entry in self._entries:
            resource = entry["resource"]
            meta = resource.get("meta")
            if meta.__class__ is not dict or meta.get("profile").__class__ is not list:
                continue
            stated = meta["profile"]
            kept = [one for one in stated if not str(one).startswith(guide)]
            if len(kept) < len(stated):
                resource["meta"] = {**meta}
                set_or_drop(resource["meta"], "profile", kept)
                if not resource["meta"]:
                    del resource["meta"]


def is_ours(study: Node) -> bool:
    """Whether a study of R4 is one that we wrote: by its url."""
    url = OF_STUDY + "url"
    return any(
        one.get("url") == url and str(one.get("valueUri")).startswith(f"{BASE}/")
        for one in nodes(study.get("extension"))
    )


def nodes(value: Any) -> list[Node]:
    """The objects of a list, whatever else is in it."""
    return [one for one in value if one.__class__ is dict] if value.__class__ is list else []


def extend(node: Node, extension: Node) -> None:
    node["extension"] = [*node.get("extension", ()), extension]


def set_or_drop(node: Node, member: str, value: Any) -> None:
    if value:
        node[member] = value
    else:
        node.pop(member, None)


def part(extension: Node, url: str) -> Node | None:
    """The part of this name of an extension."""
    return next((one for one in nodes(extension.get("extension")) if one.get("url") == url), None)


def value_of(node: Node | None) -> Any:
    """The value of an extension."""
    return next((node[key] for key in node if key.startswith("value")), None) if node else None


def with_part(extension: Node, url: str, change: Callable[[Node], Node]) -> Node:
    """An extension, of which the parts of this name are changed."""
    parts = [change(one) if one.get("url") == url else one for one in extension["extension"]]
    return {**extension, "extension": parts}


def coded(concept: Node, system: str, codes: Mapping[str, str], known: str) -> Node:
    """A concept with the guide's coding for the code that it has of the system `known`."""
    for one in concept.get("coding", ()):
        display = codes.get(str(one.get("code")))
        if one.get("system") == known and display is not None:
            own = {"system": system, "code": one["code"], "display": display}
            return {**concept, "coding": [*concept["coding"], own]}
    return concept


def recoded(concept: Any, systems: Mapping[str, str], codes: Mapping[str, str] = {}) -> Any:
    """A concept with the systems of a guide under the names that we read, and its codes."""
    if concept.__class__ is not dict:
        return concept
    made = []
    for one in nodes(concept.get("coding")):
        other = systems.get(str(one.get("system")))
        if other is None:
            made.append(one)
        else:
            code = str(one.get("code"))
            made.append({"system": other, "code": codes.get(code, code)})
    return {**concept, "coding": made} if "coding" in concept else concept
