"""The resources of a Bundle, and the steps of a row that lead from one to another.

https://hl7.org/fhir/R5/references.html
"""

from collections.abc import Callable, Iterable
from typing import Any

from trialbridge.mappings.codec import Aside, ItemName, Node
from trialbridge.mappings.names import Names
from trialbridge.schemas.base import BASE


class Resources:
    """The resources of a Bundle: those that were written, and those that are read.

    On reading, all are indexed before links are resolved.
    """

    def __init__(self, names: Names | None = None) -> None:
        self.entries: list[Node] = []
        """The entries of the resources that the study links, as they were written."""
        self.contained: list[Node] = []
        """The resources that the study contains, as they were written."""
        self.study: Node = {}
        """The ResearchStudy that is read."""
        self.named: dict[tuple[str, str], Node] = {}
        """The organisations and people that were written, by type and name: each is once."""
        self._read: list[Node] = []
        self._by_type: dict[str, list[Node]] = {}
        self._sorted = 0
        self._index: dict[str, Node] = {}
        # By what was read, which is there as long as this is.
        self._standing: dict[int, Node] = {}

    def written(self, type_: str, id_: str) -> Node:
        """The resource of this type and id that was written. Raises KeyError if there is none."""
        for entry in self.entries:
            resource: Node = entry["resource"]
            if resource["id"] == id_ and resource["resourceType"] == type_:
                return resource
        raise KeyError(f"{type_}/{id_}")

    def add(self, resource: Node, full_url: str | None, owner: Node | None = None) -> None:
        """Index a resource that was read, by each name that a link may give it."""
        self._read.append(resource)
        kind = resource.get("resourceType")
        index = self._index.setdefault
        if (id_ := resource.get("id")).__class__ is str:
            index(f"{kind}/{id_}" if owner is None else f"#{id_}", resource)
        if full_url.__class__ is str:
            index(full_url, resource)
        if "url" in resource and (url := resource["url"]).__class__ is str:
            index(url, resource)
        if "contained" in resource and (contained := resource["contained"]).__class__ is list:
            for inner in contained:
                if inner.__class__ is dict:
                    self.add(inner, None, resource)

    def add_each(self, entries: Iterable[tuple[str | None, Node]]) -> None:
        """Index the resources of a Bundle, each behind its fullUrl, as `add` does one."""
        read, index = self._read.append, self._index.setdefault
        for full_url, resource in entries:
            if "contained" in resource:
                self.add(resource, full_url)
                continue
            read(resource)
            if (id_ := resource.get("id")).__class__ is str:
                index(f"{resource.get('resourceType')}/{id_}", resource)
            if full_url.__class__ is str:
                index(full_url, resource)
            if "url" in resource and (url := resource["url"]).__class__ is str:
                index(url, resource)

    def lookup(self) -> Callable[[str], Node | None]:
        """`get` for many names that are strings, as long as no resource is added or replaced."""
        return self.get if self._standing else self._index.get

    def get(self, name: Any) -> Node | None:
        """The resource that was read and has this name."""
        found = self._index.get(name) if name.__class__ is str else None
        return self._current(found) if found is not None and self._standing else found

    def replace(self, old: Node, new: Node) -> None:
        """Have a resource stand where another was read."""
        self._standing[id(old)] = new

    def _current(self, resource: Node) -> Node:
        while (other := self._standing.get(id(resource))) is not None:
            resource = other
        return resource

    @property
    def read(self) -> list[Node]:
        """The resources that were read, those within others behind them."""
        return [self._current(one) for one in self._read]

    def of_type(self, type_: str) -> list[Node]:
        """The resources of a type that were read, in the order of the Bundle."""
        if self._sorted != len(self._read):
            self._by_type, self._sorted = {}, len(self._read)
            for one in self._read:
                kind = one.get("resourceType")
                if kind.__class__ is str:
                    if kind in self._by_type:
                        self._by_type[kind].append(one)
                    else:
                        self._by_type[kind] = [one]
        # What stands for another is of its type.
        found = self._by_type.get(type_, [])
        return [self._current(one) for one in found] if self._standing else found


_LINKS: dict[str, Aside] = {}

_ONCE = frozenset({"Organization", "Practitioner"})
"""Resources of which a record has one for each name, whoever refers to it."""

_PLACE = ("city", "state", "country")


def shown(type_: str, resource: Node) -> str | None:
    """What a person would call a resource, or one that is about to be written.

    A place without a name is told by its address, a role by who has it.
    """
    found: str | None
    if type_ == "EvidenceReport":
        return "Results"
    if type_ in ("Practitioner", "PractitionerRole"):
        found = resource.get("practitioner", {}).get("display")
        holder = (resource.get("contact") or (resource,))[0]
        for name in () if found else holder.get("name") or ():
            found = name.get("text")
        return found or resource.get("organization", {}).get("display")
    found = resource.get("title") or resource.get("name")
    if found is None and type_ == "Location":
        address = resource.get("address", {})
        found = ", ".join(address[part] for part in _PLACE if part in address)
    return found or None


def to(type_: str, name: str | None = None, title: str = "", **const: Any) -> Aside:
    """The resource that a Reference points to; it always has the constant members.

    The last part of its id is its name; without one it is named after the list item that it
    belongs to. Its title, which a Group has as its name, says what it is of the record.
    """
    return _link("reference", type_, name, const, title=title, canonical=False)


def canonical(member: str, type_: str, **const: Any) -> Aside:
    """The resource that a canonical url in this member names."""
    return _link(member, type_, None, const, title="", canonical=True)


def _link(
    member: str, type_: str, name: str | None, const: Node, *, title: str, canonical: bool
) -> Aside:
    """The step of a link: one for all rows that name the same."""
    key = repr((member, type_, name, const, title, canonical))
    if key not in _LINKS:
        _LINKS[key] = _made(member, type_, name, const, title=title, canonical=canonical)
    return _LINKS[key]


def _made(
    member: str, type_: str, name: str | None, const: Node, *, title: str, canonical: bool
) -> Aside:
    base = f"{BASE}/{type_}/"
    head = base if canonical else f"{type_}/"
    called_by = "name" if type_ == "Group" else "title"
    begins: dict[str, Any] = {"resourceType": type_, "id": ItemName()}
    if canonical:
        begins["url"] = ItemName(base)
    if title:
        begins[called_by] = ""  # it names the record
    begins |= const

    def store(names: Names, node: Node, resource: Node) -> None:
        if name:
            resource["id"] = f"{names.root}-{name}"
            if canonical:
                resource["url"] = base + resource["id"]
        id_ = resource["id"]
        if title and not resource[called_by]:
            resource[called_by] = f"{title} {names.called}"
        called = None
        if not canonical:
            called = resource.get("name")
            if called.__class__ is not str or called_by in resource:
                called = shown(type_, resource)
        resources: Resources = names.made[Resources]
        if called is not None and type_ in _ONCE:
            found = resources.named.setdefault((type_, called), resource)
            if found is not resource:
                # Of those who refer to it each says its own; the name is the same.
                id_ = found["id"]
                found.update(resource)
                found["id"] = id_
                node[member], node["display"] = head + id_, called
                return
        resources.entries.append({"fullUrl": base + id_, "resource": resource})
        node[member] = head + id_
        if called is not None:
            node["display"] = called

    def find(names: Names, node: Node) -> Node | None:
        """None, with a warning, if there is none in the Bundle, or one of another type."""
        target = node.get(member)
        if target is None:
            return None
        resources: Resources = names.made[Resources]
        found = resources.get(target)
        if found is None and canonical and target.__class__ is str:
            found = resources.get(target.partition("|")[0])
        if found is None:
            names.warn("unresolved", f"{target!r} is no resource of the Bundle", member)
        elif found.get("resourceType") != type_:
            message = f"{target!r} is a {found.get('resourceType')}, not a {type_}"
            names.warn("other-type", message, member)
            return None
        return found

    label = f"{type_}/{name}" if name else type_
    return Aside(label, "native", store, find, place=type_, way="resolve()", begins=begins)
