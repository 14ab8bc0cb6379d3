"""The names of a record's parts, and what is known beside a value while it is read or written."""

import re
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from trialbridge.mappings.tree import joined
from trialbridge.schemas.trial import Trial

T = TypeVar("T")

_NOT_OF_ID = re.compile(r"[^A-Za-z0-9.-]+")


class Names:
    """What a codec must know beyond its own value.

    Each arm, intervention, outcome, site, organisation and person of a record is named by its
    kind and position (`NCT01234567-arm-2`), before anything is written, so that the order of the
    tables does not matter. What a format has to know besides is a class of its own, by `once`.
    """

    __slots__ = ("__weakref__", "form", "item", "made", "odd", "root", "trial", "warnings")

    def __init__(self, trial: Trial | None = None, *, form: Literal["id", "oid"] = "id") -> None:
        self.trial = trial
        self.form = form
        self.root = "trial"
        self.item = ""
        self.odd = False
        """Whether something empty was met, which other formats have no place for.

        The functions made of a table say it of each attribute that a row carries. A codec says it
        by hand of what it takes apart itself. To look at the whole record instead would take
        0.8 of the floor, a tenth of writing it, and few records have anything empty.
        `tests/model/test_empty_places.py` asks every place of every format that loses nothing.
        """
        self.warnings: list[tuple[str, str, str]] = []
        """(path, code, message), the paths from the node at hand."""
        self.made: dict[Any, Any] = {}
        """What `once` gave, by what makes it."""
        if trial is not None:
            self.root = root(trial)

    @property
    def called(self) -> str:
        """What a person would call the record that is written: its id, else its title."""
        trial = self.trial or Trial()
        identification = trial.protocol.identification if trial.protocol else None
        title = identification.brief_title if identification else None
        return own_id(trial) or title or "a trial"

    def named(self, kind: str, position: int) -> str:
        """The id of the resource for the list item of a kind, from 0."""
        return f"{self.stem(kind)}{position + 1}"

    def stem(self, kind: str) -> str:
        """What the ids of the items of a kind begin with; their numbers follow, from 1.

        OIDs are of one file, `ARM.2`; a kind `.CONTACT` is of parts of the item at hand, and of
        no kind a part has a number alone, `ARM.2.1`.
        """
        if self.form == "id":
            return f"{self.root}-{kind}-"
        if not kind:
            return f"{self.item}." if self.item else ""
        return f"{self.item}{kind}." if kind.startswith(".") else f"{kind}."

    def once(self, make: "Callable[[Names], T]") -> T:
        """What is made of the names when first asked for, and there from then on."""
        found: T | None = self.made.get(make)
        if found is None:
            found = self.made[make] = make(self)
        return found

    @property
    def position(self) -> int:
        """The position of the list item at hand, from 0, as its name ends with it."""
        item = self.item
        return int(item[max(item.rfind("-"), item.rfind(".")) + 1 :]) - 1

    def warn(self, code: str, message: str, path: str = "") -> None:
        """Say what is odd with the value at hand, or with what is at a path from there.

        The readers add the path to the value on the way out.
        """
        self.warnings.append((path, code, message))

    def within(self, prefix: str) -> list[tuple[str, str, str]]:
        """The warnings since the last call, seen from the node that holds `prefix`."""
        placed = [(joined(prefix, path), code, said) for path, code, said in self.warnings]
        self.warnings = []
        return placed


def root(trial: Trial) -> str:
    """The first part of every id of a record: its own, as far as an id can hold it.

    At most 36 of `[A-Za-z0-9.-]`, so that kind and position still fit into an id's 64.
    """
    return _NOT_OF_ID.sub("-", own_id(trial) or "trial")[:36]


def own_id(trial: Trial) -> str | None:
    """The id of a record in its register."""
    identification = trial.protocol.identification if trial.protocol else None
    nct_id = identification.nct_id if identification else None
    return nct_id or (trial.registration.id if trial.registration else None)
