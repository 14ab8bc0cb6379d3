"""The names of a record's parts, and where the resources of a Bundle are found by them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

from trialbridge.mappings.codec import Link, Node, joined
from trialbridge.schemas.trial import Trial

T = TypeVar("T")

_NOT_OF_ID = re.compile(r"[^A-Za-z0-9.-]+")


class Names:
    """What a codec must know beyond its own value.

    Each arm, intervention, outcome, site, organisation and person of a record is named by its
    kind and position (`NCT01234567-arm-2`), before anything is written, so that the order of the
    tables does not matter. On reading, all resources are indexed first and links resolved after.
    """

    __slots__ = (
        "beside",
        "entries",
        "form",
        "index",
        "item",
        "memo",
        "odd",
        "resources",
        "root",
        "study",
        "trial",
        "warnings",
    )

    def __init__(self, trial: Trial | None = None, *, form: Literal["id", "oid"] = "id") -> None:
        self.trial = trial
        self.form = form
        self.study: Node = {}
        self.resources: list[Node] = []
        self.root = "trial"
        self.item = ""
        self.odd = False
        """Whether something empty was met, which FHIR has no place for."""
        self.entries: list[Node] = []
        self.beside: defaultdict[str, list[Node]] = defaultdict(list)
        """Elements by their kind that belong to others, and stand in a list of their own."""
        self.index: dict[str, Node] = {}
        self.memo: dict[Any, Any] = {}
        self.warnings: list[tuple[str, str, str]] = []
        """(path, code, message), the paths from the node at hand."""
        if trial is not None:
            self.root = root(trial)

    def named(self, kind: str, position: int) -> str:
        """The id of the resource for the list item of a kind, from 0."""
        return f"{self.stem(kind)}{position + 1}"

    def stem(self, kind: str) -> str:
        """What the ids of the items of a kind begin with; their numbers follow, from 1.

        OIDs are of one file, `ARM.2`; a kind `.CONTACT` is of parts of the item at hand.
        """
        if self.form == "id":
            return f"{self.root}-{kind}-"
        return f"{self.item}{kind}." if kind.startswith(".") else f"{kind}."

    def once(self, made: "Callable[[Names], T]") -> T:
        """What is made of the names when first asked for, and there from then on."""
        found: T | None = self.memo.get(made)
        if found is None:
            found = self.memo[made] = made(self)
        return found

    @property
    def position(self) -> int:
        """The position of the list item at hand, from 0, as its name ends with it."""
        return int(re.split("[-.]", self.item)[-1]) - 1

    def warn(self, code: str, message: str) -> None:
        """Say what is odd with the value at hand; the readers add the path to it on the way out."""
        self.warnings.append(("", code, message))

    def within(self, prefix: str) -> list[tuple[str, str, str]]:
        """The warnings since the last call, seen from the node that holds `prefix`."""
        placed = [(joined(prefix, path), code, said) for path, code, said in self.warnings]
        self.warnings = []
        return placed

    def written(self, type_: str, id_: str) -> Node:
        """The resource of this type and id that was written. Raises KeyError if there is none."""
        for entry in self.entries:
            resource: Node = entry["resource"]
            if resource["id"] == id_ and resource["resourceType"] == type_:
                return resource
        raise KeyError(f"{type_}/{id_}")

    def follow(self, link: Link, target: Any) -> Node | None:
        """The resource that a reference or canonical url leads to.

        None, with a warning, if there is none in the Bundle, or one of another type.
        """
        found = self.index.get(target) if target.__class__ is str else None
        if found is None and link.canonical and target.__class__ is str:
            found = self.index.get(target.partition("|")[0])
        if found is None:
            self.warn("unresolved", f"{target!r} is no resource of the Bundle")
        elif found.get("resourceType") != link.type:
            self.warn(
                "other-type", f"{target!r} is a {found.get('resourceType')}, not a {link.type}"
            )
            return None
        return found

    def add(self, resource: Node, full_url: str | None, owner: Node | None = None) -> None:
        """Index a resource that was read, by each name that a link may give it."""
        self.resources.append(resource)
        type_, id_, url = resource.get("resourceType"), resource.get("id"), resource.get("url")
        if id_.__class__ is str:
            self.index.setdefault(f"#{id_}" if owner is not None else f"{type_}/{id_}", resource)
        for name in (full_url, url):
            if name.__class__ is str:
                self.index.setdefault(name, resource)
        contained = resource.get("contained")
        for inner in contained if contained.__class__ is list else ():
            if inner.__class__ is dict:
                self.add(inner, None, resource)

    def of_type(self, type_: str) -> Iterator[Node]:
        """The resources of a type that were read, in the order of the Bundle."""
        return (r for r in self.resources if r.get("resourceType") == type_)


def root(trial: Trial) -> str:
    """The first part of every id of a record: its own, as far as an id can hold it.

    At most 36 of `[A-Za-z0-9.-]`, so that kind and position still fit into an id's 64.
    """
    identification = trial.protocol.identification if trial.protocol else None
    nct_id = identification.nct_id if identification else None
    own = nct_id or (trial.registration.id if trial.registration else None)
    return _NOT_OF_ID.sub("-", own or "trial")[:36]


def extend(node: Node, key: str, elements: list[Any]) -> None:
    """Add elements to a list that several rows share."""
    if elements:
        found = node.get(key)
        node[key] = elements if found is None else found + elements


def merge(node: Node, members: Mapping[str, Any]) -> None:
    """Add members to a node; lists are joined."""
    for key, value in members.items():
        if value.__class__ is list:
            extend(node, key, value)
        else:
            node[key] = value
