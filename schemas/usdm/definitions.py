"""What USDM 4.0 is: its classes with their members, and its value sets, from the digest.

`build_digest.py` beside this module makes the digest of CDISC's files.
"""

from collections.abc import Mapping
from importlib import resources
from typing import Any, Final, NamedTuple

import msgspec

from trialbridge.schemas.base import BASE
from trialbridge.schemas.once import once

LINK: Final = "https://github.com/cdisc-org/DDF-RA/tree/v4.0.0"
API_LINK: Final = "https://github.com/cdisc-org/DDF-RA/blob/main/Deliverables/API/USDM_API.json"
RULES_LINK: Final = (
    "https://github.com/cdisc-org/DDF-RA/blob/main/Deliverables/RULES/USDM_CORE_Rules.xlsx"
)
TERMS_LINK: Final = "https://github.com/cdisc-org/DDF-RA/blob/main/Deliverables/CT/USDM_CT.xlsx"

URL: Final = f"{BASE}/usdm"
"""What the urls of our extension attributes begin with."""

NOT_STATED: Final = f"{URL}/not-stated"
"""An extension attribute whose value is the names of members of its object, between blanks. USDM
requires them and the source does not state them: what stands there is the least that it accepts."""


class Member(NamedTuple):
    """What a member of an object may be, as the digest has it."""

    values: frozenset[str]
    """JSON's own types and `date`, `uuid`, without null."""
    classes: tuple[str, ...]
    const: str
    nullable: bool
    many: bool
    must: bool
    some: bool
    to: frozenset[str]
    refers: bool
    """Whether it is an id, which leads to an object of the classes `to`, or of any."""
    plain: bool
    """Whether a text is all that it is asked for."""

    @property
    def wanted(self) -> str:
        """What is expected, in words."""
        words = [*(f"a {one}" for one in self.classes), *map(_WORDS.__getitem__, self.values)]
        if self.const:
            words.append(repr(self.const))
        one = " or ".join(words)
        return f"a list, each {one}" if self.many else one


_WORDS: Final = {
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "date": "a date (YYYY-MM-DD)",
    "uuid": "a UUID",
}


class ValueSet(NamedTuple):
    """A list of codes with their terms, by the member that it is of; more may be used if `open`."""

    name: str
    open: bool
    terms: Mapping[str, str]


class Class(NamedTuple):
    """The members of a class, and which of them an object must have."""

    members: Mapping[str, Member]
    must: frozenset[str]


class Definitions(NamedTuple):
    """The classes of a version of USDM, and its value sets."""

    classes: Mapping[str, Class]
    ruled: Mapping[str, tuple[str, ...]]
    """The members that rules ask of, by class; a class without any is not here."""
    lists: Mapping[tuple[str, str], ValueSet]


@once
def definitions() -> Definitions:
    """The definitions of USDM 4.0."""
    said = msgspec.json.decode(resources.files(__package__).joinpath("v4_0.json").read_bytes())
    classes = {
        name: Class(
            {key: _member(member, key) for key, member in members.items()},
            frozenset(key for key, member in members.items() if member.get("must")),
        )
        for name, members in said["classes"].items()
    }
    lists = {
        (name.partition(".")[0], name.partition(".")[2]): ValueSet(
            one["list"], one["open"], one["terms"]
        )
        for name, one in said["lists"].items()
    }
    asked = {
        name: tuple(
            key
            for key, member in class_.members.items()
            if member.some
            or (name, key) in lists
            or (member.many and any("name" in classes[one].members for one in member.classes))
        )
        for name, class_ in classes.items()
    }
    ruled = {name: keys for name, keys in asked.items() if keys or name in _ALWAYS}
    return Definitions(classes, ruled, lists)


_ALWAYS: Final = frozenset({"Range", "StudyDesignPopulation"})


def _member(said: Mapping[str, Any], key: str) -> Member:
    types = said["types"]
    values = frozenset(one for one in types if one in _WORDS)
    # What an extension attribute refers to may be of any class.
    refers = "to" in said or key == "valueId"
    return Member(
        values=values,
        classes=tuple(one for one in types if one[0].isupper()),
        const=next((one[1:] for one in types if one[0] == "="), ""),
        nullable="null" in types,
        many=said.get("many", False),
        must=said.get("must", False),
        some=said.get("some", False),
        to=frozenset(said.get("to", ())),
        refers=refers,
        plain=values == {"string"} and not refers and not said.get("many", False),
    )
