"""The names of a record's parts, and what is known beside a value while it is read or written."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar
from weakref import ref

from trialbridge.mappings.tree import joined
from trialbridge.schemas.trial import Trial

T = TypeVar("T")

_NOT_OF_ID = re.compile(r"[^A-Za-z0-9.-]+")


class _Made(dict[Callable[["Names"], Any], Any]):
    """What was made of names, by what makes it."""

    def __init__(self, names: "Names") -> None:
        # No circle, which only the collector would free.
        self._names = ref(names)

    def __missing__(self, make: "Callable[[Names], T]") -> T:
        names = self._names()
        assert names is not None, "who asks holds the names"
        found = self[make] = make(names)
        return found


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
        self.made: Mapping[Callable[[Names], Any], Any] = _Made(self)
        """What is made of the names when first asked for, and there from then on, by what makes it.

        `once` gives it with its type; this costs no call, where thousands ask.
        """
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
        found: T = self.made[make]
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
