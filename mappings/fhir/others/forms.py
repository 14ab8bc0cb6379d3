"""What is known while forms of others are looked for, and how one becomes ours.

A form is read by what it says, never by who wrote it. What it becomes is the form that the rows of
`mappings/fhir/study` read, so that a fact has one row, however others write it.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from trialbridge.mappings import whole
from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.links import Resources
from trialbridge.mappings.fhir.r5 import STUDY
from trialbridge.mappings.names import Names
from trialbridge.mappings.tree import extend
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import ProtocolSection, Trial


class Form(NamedTuple):
    """A form in which others write something, and what it is read as.

    `member` is that of a resource of the type `of` whose elements may have it. `read` gives the
    elements as ours, or None where none of them has this form. It is not asked where no element has
    the member `sign`, if that is given.
    """

    member: str
    says: str
    means: str
    read: Callable[[list[Node], "Others"], list[Node] | None]
    of: str = "ResearchStudy"
    sign: str | None = None


class Others:
    """A document that is read, its forms becoming ours. What is given is left as it is."""

    def __init__(self, study: Node, names: Names) -> None:
        self.resources = names.once(Resources)
        self.study = dict(study)
        """The study, whose members may be replaced, and are never changed."""
        self.notes: list[Problem] = []
        self._written = 0

    def resolve(self, reference: Any, *types: str) -> Node | None:
        """The resource that a Reference points to, if it is of one of these types."""
        target = reference.get("reference") if reference.__class__ is dict else None
        found = self.resources.get(target)
        if found is not None and types and found.get("resourceType") not in types:
            return None
        return found

    def write(self, protocol: ProtocolSection) -> Node:
        """The study's members that say a part of a record; what they refer to is added."""
        self._written += 1
        trial = Trial(protocol=protocol)
        names = Names(trial)
        # No id that a document can have.
        names.root = f"#{self._written}"
        study = whole.node_of(trial, STUDY, names)
        for entry in names.once(Resources).entries:
            self.resources.add(entry["resource"], entry["fullUrl"])
        return study

    def replace(self, old: Node, new: Node) -> None:
        """Have a resource stand for another, wherever that is referred to."""
        self.resources.replace(old, new)

    def read_of(self, resource: Node, *members: str) -> None:
        """Take the members that were read of a resource out of what is left to read."""
        left = {key: value for key, value in resource.items() if key not in members}
        self.resources.replace(resource, left)

    def add(self, member: str, nodes: list[Node]) -> None:
        """Add elements to a list of the study."""
        if nodes:
            extend(self.study, member, nodes)

    def note(self, path: str, message: str) -> None:
        """Say that something was taken to mean what it may not mean."""
        place = f"ResearchStudy.{path}"
        self.notes.append(
            Problem(
                severity="warning", layer="mapping", path=place, code="taken-for", message=message
            )
        )


def objects(value: Any) -> Iterator[Node]:
    """The objects of a list, or an object alone."""
    if value.__class__ is dict:
        yield value
    elif value.__class__ is list:
        yield from (one for one in value if one.__class__ is dict)


def each(
    read: Callable[[Node, Others], list[Node] | None],
) -> Callable[[list[Node], Others], list[Node] | None]:
    """A form that one element has: the elements that it becomes, or None where it has not."""

    def read_all(nodes: list[Node], others: Others) -> list[Node] | None:
        changed = False
        made: list[Node] = []
        for node in nodes:
            found = read(node, others) if node.__class__ is dict else None
            if found is None:
                made.append(node)
            else:
                changed = True
                made += found
        return made if changed else None

    return read_all


def without(node: Node, *members: str) -> Node:
    return {key: value for key, value in node.items() if key not in members}
