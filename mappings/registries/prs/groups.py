"""Groups of participants in the results, and what refers to them.

An id is XML's, and stands once in a document: the groups of a module are numbered behind its
letters, `BG000`, those of an outcome behind its number too, `O2OG000`. A record has the letters
alone; in a document that is read, groups are numbered by their order, whatever their ids are.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from trialbridge.mappings.codec import Codec, Node, Record, field, read_at, record
from trialbridge.mappings.compiled import each, reader, writer
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import text, word
from trialbridge.mappings.registries.prs.words import markup
from trialbridge.schemas.trial import Denom, DenomCount, EventGroup, FlowGroup, MeasureGroup

PARTICIPANTS = "Participants"


class Groups:
    """The groups of the module or outcome at hand: their ids there and here, and how many each has.

    `units` is what is counted beside participants. `people` and `others` are how many of both were
    analysed, by the id in the record.
    """

    def __init__(self, names: Names) -> None:
        self.ids: dict[str, str] = {}
        self.prefix = ""
        self.units: str | None = None
        self.people: dict[str, str] = {}
        self.others: dict[str, str] = {}

    def writing(
        self,
        groups: Sequence[Any] | None,
        prefix: str,
        denoms: Sequence[Denom] | None = None,
        units: str | None = None,
    ) -> None:
        """Set it to what is written."""
        self.prefix, self.ids = prefix, {}
        for position, group in enumerate(groups or ()):
            if group.id:
                self.ids.setdefault(group.id, f"{prefix}{position:03}")
        others = [one.units for one in denoms or () if one.units and one.units != PARTICIPANTS]
        self.units = units or (others[0] if others else None)
        self.people, self.others = counts_of(denoms, self.units)

    def reading(self, nodes: Iterable[Node], prefix: str, units: str | None = None) -> None:
        """Set it to what is read."""
        self.prefix, self.units = prefix, units
        self.ids = {
            str(node.get("@id", "")): f"{prefix}{position:03}"
            for position, node in enumerate(nodes)
        }


def counts_of(
    denoms: Sequence[Denom] | None, units: str | None
) -> tuple[dict[str, str], dict[str, str]]:
    """How many participants, and how many of the units, each group has."""
    found: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for denom in denoms or ():
        if denom.units == PARTICIPANTS or (units is not None and denom.units == units):
            counts = found[denom.units != PARTICIPANTS]
            for one in denom.counts or ():
                if one.group_id and one.value is not None:
                    counts.setdefault(one.group_id, one.value)
    return found


def denoms_of(nodes: Sequence[tuple[str, Node]], units: str | None) -> list[Denom] | None:
    """How many were analysed, of elements that have it with the ids of their groups."""
    found = []
    for key, counted in (("subjectsAnalyzed", PARTICIPANTS), ("numUnitsAnalyzed", units)):
        counts = [
            DenomCount(group_id=group, value=said)
            for group, node in nodes
            if (said := word(node.get(key, "")))
        ]
        if counts:
            found.append(Denom(units=counted, counts=counts))
    return found or None


def _read_reference(value: Any, names: Names) -> str | None:
    said = word(value)
    return names.once(Groups).ids.get(said, said) or None


reference: Codec[str] = Codec(
    _read_reference, lambda value, names: names.once(Groups).ids.get(value), gives=str
)
"""The id of a group of the module at hand."""


def of_groups(table: Record) -> Codec[list[Any]]:
    """What each of several groups has, an element for each that the module has."""
    codec = each(table)

    def write(values: list[Any], names: Names) -> list[Node] | None:
        ids = names.once(Groups).ids
        return codec.write([one for one in values if one.group_id in ids], names) or None

    return codec._replace(write=write)


FLOW, MEASURED, COUNTED = (
    record(
        type_,
        field("title", "title", codec=text),
        field("description", "description", codec=markup),
    )
    for type_ in (FlowGroup, MeasureGroup, EventGroup)
)


def listed_groups(table: Record) -> Codec[list[Any]]:
    """The groups of a module, numbered by their order."""
    read_one, write_one = reader(table), writer(table)

    def read(nodes: Any, names: Names) -> list[Any] | None:
        groups = names.once(Groups)
        found = []
        for position, node in enumerate(nodes):
            one = read_at(f"[{position}]", read_one, node, names)
            number = f"{groups.prefix}{position:03}"
            found.append(msgspec.structs.replace(one, id=number))
        return found or None

    def write(values: list[Any], names: Names) -> list[Node]:
        groups = names.once(Groups)
        written = []
        for position, value in enumerate(values):
            node = write_one(value, names)
            node["@id"] = f"{groups.prefix}{position:03}"
            if value.id in groups.people:
                node["subjectsAnalyzed"] = groups.people[value.id]
            if value.id in groups.others:
                node["numUnitsAnalyzed"] = groups.others[value.id]
            written.append(node)
        return written

    return Codec(read, write)


def ids_of(nodes: Sequence[Node], names: Names) -> list[tuple[str, Node]]:
    """Elements of groups with their ids in the record."""
    ids = names.once(Groups).ids
    return [(ids.get(str(node.get("@id", "")), ""), node) for node in nodes]
