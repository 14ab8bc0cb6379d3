"""What the sections of a report of results share: groups, Evidence, and the sections themselves.

One Group for each group of participants, whoever refers to it, and one Evidence for each group of a
table, with a statistic for each of its rows.

https://hl7.org/fhir/R5/evidencereport.html
https://hl7.org/fhir/R5/evidence.html
"""

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

from trialbridge.mappings.codec import (
    FIRST,
    Aside,
    Codec,
    Extension,
    Field,
    Item,
    Mismatch,
    Node,
    Step,
    field,
    item,
)
from trialbridge.mappings.fhir.links import Resources, to
from trialbridge.mappings.fhir.results.columns import Column
from trialbridge.mappings.fhir.study.common import PUBLISHED
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import EMPTY, has_code, of_code, ours
from trialbridge.mappings.names import Names
from trialbridge.schemas.base import BASE

UNITS = ours("units-analyzed", "String")
"""What is assigned or analyzed, if not participants."""


# --- sections ----------------------------------------------------------------------------------

REPORT = to("EvidenceReport", "results", **PUBLISHED)
RESULT: tuple[Step, ...] = ("result", FIRST, REPORT)


def section(code: str) -> Item:
    """The section of a report with this code of ours, which is titled as that is called."""
    title = codes.RESULTS_SECTION.codes[code]
    system = codes.RESULTS_SECTION.url
    return item(
        f"focus='{code}'",
        has_code(system, code, "focus"),
        title=title,
        focus=of_code(system, code, title),
    )


def variable(name: str, title: str) -> tuple[Step, ...]:
    """The EvidenceVariable that a section is about."""
    return "focusReference", to("EvidenceVariable", name, title=title, **PUBLISHED)


def _nothing(*_: Any) -> None:
    return None


EVIDENCE = Aside("Evidence", "native", _nothing, _nothing, place="Evidence", way="resolve()")
"""Where coverage says that numbers stand; what writes and reads them is a codec of the table."""
GROUP = Aside("Group", "native", _nothing, _nothing, place="Group", way="resolve()")
_NO_CODEC: Codec[Any] = Codec(_nothing, _nothing)


def stands(model: str, *steps: Step | Extension, leaves: Sequence[str], note: str = "") -> Field:
    """Where leaves stand that another row of the table writes and reads."""
    row = field(model, *steps, codec=_NO_CODEC, leaves=tuple(leaves), note=note)
    return row._replace(merge=True)


def group_leaves(model: str, *steps: Step) -> tuple[Field, ...]:
    """Where the leaves of the groups of a section stand: in the Groups that it refers to."""
    places = {"identifier": "id", "name": "title", "description": "description"}
    return tuple(
        stands(model, *steps, GROUP, member, leaves=(f"*.{leaf}",))
        for member, leaf in places.items()
    )


# --- what is written ---------------------------------------------------------------------------

Reference = Node

_NO_COUNTS: Mapping[int, int] = {}


class Made:
    """The groups and the Evidence of a record that is written."""

    def __init__(self, names: Names) -> None:
        # They hold this: a circle would keep the whole tree until the collector comes.
        self.names = weakref.proxy(names)
        self.entries = names.once(Resources).entries
        self._groups: dict[tuple[str, Any, Any, Any], Reference] = {}
        self._listed: dict[int, tuple[Any, list[Reference]]] = {}
        self._counts: dict[str, int] = {}
        self.about: Node = {}
        """The variable of the measure at hand, and the references to its groups: in their order,
        and by their ids, the first of those that have the same."""
        self.compared: list[Reference] = []
        self.compared_by_id: dict[str | None, Reference] = {}

    def number(self, kind: str) -> int:
        """The next number of what is called by its kind, from 1."""
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return count

    def groups(
        self,
        kind: str,
        groups: Sequence[Any] | None,
        *,
        alike: bool,
        counts: Mapping[int, int] = _NO_COUNTS,
    ) -> list[Reference]:
        """The references to the groups of a list; `alike`: those that say the same are one.

        `counts` has how many participants are in them, by their positions.
        """
        if not groups:
            return []
        found = self._listed.get(id(groups))
        if found is None:
            made = [
                self._alike(kind, one) if alike else self._group(kind, one, counts.get(position))
                for position, one in enumerate(groups)
            ]
            # With the list, so that its id stays its own.
            found = self._listed[id(groups)] = groups, made
        return found[1]

    def _alike(self, kind: str, group: Any) -> Reference:
        key = kind, group.id, group.title, group.description
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = self._group(kind, group)
        return found

    def _group(self, kind: str, group: Any, count: int | None = None) -> Reference:
        parts: Node = {} if count is None else {"quantity": count}
        if group.id:
            parts["identifier"] = [{"value": group.id}]
        if group.title:
            parts["name"] = group.title
        if group.description:
            parts["description"] = group.description
        if "" in (group.id, group.title, group.description):
            self.names.odd = True
        if not parts and group == group.__class__():
            return EMPTY
        id_ = f"{self.names.root}-{kind}-{self.number(kind)}"
        resource = {
            "resourceType": "Group",
            "id": id_,
            "type": "person",
            # They were these participants, whom the record does not list.
            "membership": "enumerated",
            **parts,
        }
        self.entries.append({"fullUrl": f"{BASE}/Group/{id_}", "resource": resource})
        made = {"reference": f"Group/{id_}"}
        if group.title or group.id:
            made["display"] = group.title or group.id
        return made

    def evidence(self, id_: str, title: str, about: list[Node], parts: Node) -> Reference:
        """The reference to an Evidence that is written, about these variables."""
        resource = {
            "resourceType": "Evidence",
            "id": id_,
            "status": "active",
            "title": title,
            "variableDefinition": about,
            **parts,
        }
        self.entries.append({"fullUrl": f"{BASE}/Evidence/{id_}", "resource": resource})
        return {"reference": f"Evidence/{id_}", "display": title}


_POPULATION = of_code(codes.VARIABLE_ROLE, "population")
_MEASURED = of_code(codes.VARIABLE_ROLE, "measuredVariable")


def population(reference: Reference | None) -> Node:
    """The variable that says whom the numbers are about."""
    if reference is None or reference is EMPTY:
        return {"variableRole": _POPULATION}
    return {"variableRole": _POPULATION, "observed": reference}


def measured(id_: str, title: str) -> Node:
    """The variable that says what the numbers are of."""
    reference = {"reference": f"EvidenceVariable/{id_}", "display": title}
    return {"variableRole": _MEASURED, "observed": reference}


def of_unlisted(id_: str | None) -> Reference | None:
    """The reference to a group that is not listed, of which nothing but the id is known."""
    return {"identifier": {"value": id_}, "display": id_} if id_ else None


def written_columns(
    columns: Sequence[Column],
    references: Sequence[Reference],
    statistics: Callable[[Column], list[Node]],
    names: Names,
    stem: str,
    about: Node,
    title: str,
) -> list[Reference]:
    """An Evidence for each column that has statistics, and the references to them."""
    made = names.once(Made)
    found: list[Reference] = []
    for column in columns:
        listed = statistics(column)
        if not listed:
            continue
        group = of_unlisted(column.id) if column.group is None else references[column.group]
        called = (group or {}).get("display")
        id_ = f"{names.root}-{stem}-{len(found) + 1}"
        whole = f"{title}: {called}" if called else title
        found.append(made.evidence(id_, whole, [population(group), about], {"statistic": listed}))
    return found


def section_of(entries: Sequence[Reference], extensions: Sequence[Node]) -> Node | None:
    """The members of a section that refers to these, and has these extensions; None without any."""
    made: Node = {"entryReference": [*entries]} if entries else {}
    if extensions:
        made["extension"] = [*extensions]
    return made or None


# --- what is read ------------------------------------------------------------------------------


class Found(NamedTuple):
    """An Evidence: its place in the section, the id of its group, that Group, and the resource."""

    place: str
    group_id: str | None
    group: Node | None
    node: Node


class Contents(NamedTuple):
    """What a section of a report has: its groups, None for one that says nothing; its Evidence."""

    groups: list[Node | None]
    evidence: list[Found]


class Read:
    """The sections of a report that is read, each looked through once."""

    def __init__(self, names: Names) -> None:
        self._resources = names.once(Resources)
        self._found: dict[int, Contents] = {}

    def of(self, section_: Node) -> Contents:
        # By the sections themselves, which are there as long as what is read.
        found = self._found.get(id(section_))
        if found is None:
            found = self._found[id(section_)] = self._look(section_)
        return found

    def _look(self, section_: Node) -> Contents:
        contents = Contents([], [])
        listed = section_.get("entryReference")
        for position, reference in enumerate(listed if listed.__class__ is list else ()):
            if reference.__class__ is not dict:
                message = f"expected a Reference, found {reference!r:.60}"
                raise Mismatch(message, f"entryReference[{position}]")
            target = self._resources.get(reference.get("reference"))
            if target is None:
                if "reference" not in reference and "extension" in reference:
                    contents.groups.append(None)
            elif target.get("resourceType") == "Group":
                contents.groups.append(target)
            elif target.get("resourceType") == "Evidence":
                place = f"entryReference[{position}].resolve()"
                contents.evidence.append(Found(place, *self.group_of(target), target))
        return contents

    def group_of(self, evidence: Node) -> tuple[str | None, Node | None]:
        """The id of the group that an Evidence is about, and the Group."""
        for id_, group in self.groups_of(evidence):
            return id_, group
        return None, None

    def groups_of(self, evidence: Node) -> Iterator[tuple[str | None, Node | None]]:
        """Each group that an Evidence is about: its id, and the Group if it is there."""
        for one in listed(evidence, "variableDefinition"):
            observed = one.get("observed")
            if observed.__class__ is not dict:
                continue
            group = self._resources.get(observed.get("reference"))
            if group is None and "identifier" in observed:
                yield id_of(observed["identifier"]), None
            elif group is not None and group.get("resourceType") == "Group":
                identifiers = listed(group, "identifier")
                yield id_of(identifiers[0]) if identifiers else None, group


def id_of(identifier: Any) -> str | None:
    value = identifier.get("value") if identifier.__class__ is dict else None
    return value if value.__class__ is str else None


def listed(node: Node, member: str) -> list[Node]:
    """The objects of a member that is a list. Raises Mismatch if it is none."""
    found = node.get(member)
    if found is None:
        return []
    if found.__class__ is not list:
        raise Mismatch(f"expected a list, found {found!r:.60}", member)
    for position, one in enumerate(found):
        if one.__class__ is not dict:
            raise Mismatch(f"expected an object, found {one!r:.60}", f"{member}[{position}]")
    return found


Cell = TypeVar("Cell")


def cells_in(
    section_: Node, names: Names, cell: Callable[[Found, Node], Cell | None]
) -> list[list[Cell]]:
    """What each statistic of each Evidence of a section gives, where it gives something.

    A Mismatch says which statistic it is in.
    """
    columns = []
    for evidence in names.once(Read).of(section_).evidence:
        cells = []
        for position, statistic in enumerate(listed(evidence.node, "statistic")):
            try:
                made = cell(evidence, statistic)
            except Mismatch as mismatch:
                place = f"{evidence.place}.statistic[{position}]"
                raise Mismatch.of(mismatch.within(place)) from None
            if made is not None:
                cells.append(made)
        columns.append(cells)
    return columns


def groups_in(
    section_: Node,
    names: Names,
    type_: type[Struct],
    more: Callable[[Node], Mapping[str, Any]] | None = None,
) -> list[Any] | None:
    """The groups of a section; `more` gives what else is known of a Group."""
    found = []
    for node in names.once(Read).of(section_).groups:
        parts: dict[str, Any] = {}
        if node is not None:
            identifiers = listed(node, "identifier")
            parts = {
                "id": id_of(identifiers[0]) if identifiers else None,
                "title": _text(node, "name"),
                "description": _text(node, "description"),
                **(more(node) if more is not None else {}),
            }
        found.append(type_(**parts))
    return found or None


def _text(node: Node, member: str) -> str | None:
    value = node.get(member)
    if value is not None and value.__class__ is not str:
        raise Mismatch(f"expected a string, found {value!r:.60}", member)
    return value


def note_of(node: Node) -> str | None:
    """The words of the first note of a node."""
    notes = listed(node, "note")
    return _text(notes[0], "text") if notes else None
