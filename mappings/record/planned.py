"""What a protocol plans beyond a record: elements, the arms that go through them, and visits.

A record of a registry has none of it. A USDM study has, and the datasets TE, TA and TV of SDTM; a
format gives it in this form, and another takes it from there.
"""

from typing import NamedTuple


class Element(NamedTuple):
    """A part of what an arm goes through, as screening or a treatment: its code and what it is."""

    code: str
    name: str
    start: str = ""
    """The rule by which it starts."""
    end: str = ""
    duration: str = ""
    """As ISO 8601 has it."""


class Step(NamedTuple):
    """An element of an arm, by its code, in an epoch."""

    element: str
    epoch: str
    branch: str = ""
    transition: str = ""
    """The rule by which another element than the next one follows."""


class PlannedArm(NamedTuple):
    """An arm: its code, what it is called, and its elements in their order."""

    code: str
    name: str
    steps: tuple[Step, ...] = ()


class Visit(NamedTuple):
    """A visit that is planned; of one arm, if it has the code of one."""

    number: float | None
    """None if the source has none, or what is no number."""
    name: str
    day: float | str | None = None
    """The day of the study; 0 is one, and what is no number stands as it is."""
    arm: str = ""
    start: str = ""
    end: str = ""


class Planned(NamedTuple):
    """What a protocol plans. An empty part is not stated."""

    elements: tuple[Element, ...] = ()
    arms: tuple[PlannedArm, ...] = ()
    visits: tuple[Visit, ...] = ()

    @property
    def element_names(self) -> dict[str, str]:
        """What each element is called, by its code."""
        return {one.code: one.name for one in self.elements}

    @property
    def arm_names(self) -> dict[str, str]:
        """What each arm is called, by its code."""
        return {one.code: one.name for one in self.arms}
