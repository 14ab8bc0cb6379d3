"""Tables that read the records of other registers: each row a leaf of the model and its place.

A register's document is read and not written, and one leaf may stand at several places of it, as a
text in several languages does. So a row has a function of a `Place`, which knows what of the
document was read. What was not is kept: by its JSON pointer, in the source's own words, as the
largest parts of which nothing was read. Members that are null, empty lists, objects and texts say
nothing, and are not kept.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.record.markdown import registered
from trialbridge.mappings.tree import put
from trialbridge.mappings.whole import fatal, unread
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.decode import DEEPEST, is_deeper, settle
from trialbridge.schemas.syntax.pointer import as_index, escape, steps
from trialbridge.schemas.trial import Date, Registration, Study, Trial, trial_of

_PROTOCOL = "/protocolSection"
_OWN = "/registration"
# As deep as the names of a part are told in warnings; values are told by what they are in.
_TOLD = 4
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T.*)?")
_TIME = re.compile(r"T(?!00:00(?::00(?:\.0*)?)?Z?$)")
_EUROPEAN = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")


class Document:
    """A register's document: its tree, what of it was read, and what is odd."""

    def __init__(self, tree: Any, named: Mapping[str, str] | None = None) -> None:
        self.tree = tree
        self.named = named or {}
        """What stands elsewhere in another form of the format, by the name that rows have."""
        self.read: set[str] = set()
        self.odd: list[tuple[str, str, str]] = []
        """(pointer, code, message)"""

    def at(self, path: str) -> "Place":
        """The place at names with slashes between them; `{name}` is one of those that are named."""
        return Place(self, self.tree, "").at(path.format_map(self.named))


class Place:
    """A place of a document, and its value there, None where it has none."""

    __slots__ = ("document", "node", "pointer")

    def __init__(self, document: Document, node: Any, pointer: str) -> None:
        self.document = document
        self.node = node
        self.pointer = pointer

    def at(self, path: str) -> "Place":
        """The place below, at names with slashes between them."""
        node, pointer = self.node, self.pointer
        for step in path.split("/") if path else ():
            pointer = f"{pointer}/{escape(step)}"
            node = node.get(step) if isinstance(node, dict) else None
        return Place(self.document, node, pointer)

    def items(self, path: str = "") -> list["Place"]:
        """The items of a list; of anything else none."""
        place = self.at(path)
        if not isinstance(place.node, list):
            return []
        return [
            Place(self.document, node, f"{place.pointer}/{index}")
            for index, node in enumerate(place.node)
        ]

    def word(self, path: str = "") -> str | None:
        """A text or a number as a text, without the blanks around it; it is not read by that."""
        node = self.at(path).node
        if isinstance(node, str):
            return node.replace("\r\n", "\n").strip() or None
        return str(node) if isinstance(node, int) and not isinstance(node, bool) else None

    def text(self, path: str = "") -> str | None:
        """The same, and it is read."""
        said = self.word(path)
        if said is not None:
            self.take(path)
        return said

    def joined(self, *paths: str) -> str | None:
        """The texts of several places as one, with a blank between them."""
        return " ".join(part for path in paths if (part := self.text(path))) or None

    def markup(self, path: str = "") -> str | None:
        """A text as CommonMark that says it."""
        said = self.text(path)
        return registered(said) if said else None

    def flag(self, path: str = "") -> bool | None:
        """True or false."""
        node = self.at(path).node
        if isinstance(node, bool):
            self.take(path)
            return node
        return None

    def whole(self, path: str = "") -> int | None:
        """A whole number from zero."""
        node = self.at(path).node
        if type(node) is int and node >= 0:
            self.take(path)
            return node
        return None

    def day(self, path: str = "") -> str | None:
        """A day, ISO 8601 or `29/01/2021`; of a time its day, and the time is kept but midnight."""
        said = self.word(path)
        if said is None:
            return None
        found = _DAY.fullmatch(said)
        day = found[1] if found else None
        if european := _EUROPEAN.fullmatch(said):
            day = f"{european[3]}-{european[2]}-{european[1]}"
        if day is None or not _is_day(day):
            self.warn("not-readable", f"{said!r:.60} is not a day (2021-01-29 or 29/01/2021)", path)
            return None
        if not _TIME.search(said):
            self.take(path)
        return day

    def code(self, table: Mapping[str, Any], path: str = "", what: str = "code") -> Any:
        """What a code is here, None for one that the table has not, which is told and kept."""
        said = self.word(path)
        if said is None:
            return None
        if said not in table:
            self.warn("unknown-code", f"{said!r:.60} is no {what} that has a place", path)
            return None
        self.take(path)
        return table[said]

    def take(self, path: str = "") -> None:
        """Say that what stands there is read."""
        self.document.read.add(self.at(path).pointer)

    def warn(self, code: str, message: str, path: str = "") -> None:
        """Say what is odd there."""
        self.document.odd.append((self.at(path).pointer, code, message))


def _is_day(text: str) -> bool:
    try:
        msgspec.convert(text, Date)
    except msgspec.ValidationError:
        return False
    return True


class Row(NamedTuple):
    """A leaf of the model, the place that it is read from, and how.

    `leaf` is below the protocol section, or begins with a slash. `leaves` are those below it that
    the row reads, where it reads several, with `*` for the items of a list.
    """

    leaf: str
    place: str
    read: Callable[[Place], Any]
    leaves: tuple[str, ...] = ()
    note: str = ""

    @property
    def pointer(self) -> str:
        """The pointer of the leaf."""
        return self.leaf if self.leaf.startswith("/") else f"{_PROTOCOL}/{self.leaf}"


def value(leaf: str, place: str, read: Callable[[Place], Any] = Place.text, note: str = "") -> Row:
    """A row of one value."""
    return Row(leaf, place, read, note=note)


def listed(
    leaf: str,
    place: str,
    read: Callable[[Place], Any],
    leaves: tuple[str, ...] = (),
    note: str = "",
) -> Row:
    """A row of a list: each item of the place is an item of the leaf; what is said twice is one."""

    def items(found: Place) -> list[Any]:
        return distinct(read(one) for one in found.items())

    return Row(leaf, place, items, tuple(f"*/{one}" for one in leaves) or ("*",), note)


def coded(table: Mapping[str, Any], what: str) -> Callable[[Place], Any]:
    """How the code of a place is read."""
    return lambda place: place.code(table, what=what)


def distinct(values: Iterable[Any]) -> list[Any]:
    """The values that say something, each once, in their order."""
    found: list[Any] = []
    for one in values:
        if one not in (None, {}, []) and one not in found:
            found.append(one)
    return found


def constant(leaf: str, said: Any, note: str) -> Row:
    """A row of what is so of each record of a register."""
    return Row(leaf, "", lambda place: said, note=note)


def said(**members: Any) -> dict[str, Any]:
    """An object of the members that have a value; a name may end in `_`."""
    return {name.rstrip("_"): held for name, held in members.items() if held is not None}


def headed(*texts: tuple[str, str | None]) -> str:
    """The texts that say something, (heading, words), each below its heading."""
    return "\n\n".join(f"{heading}:\n\n{words}" for heading, words in texts if words)


def numbered(items: Iterable[tuple[str, str]]) -> str:
    """A numbered list, (number, words), with all lines of an item in it."""
    lines: list[str] = []
    for number, words in items:
        first, *others = words.split("\n")
        indent = " " * (len(number) + 2)
        lines.append(f"{number}. {first}")
        lines += (f"{indent}{line}" if line.strip() else "" for line in others)
    return "\n".join(lines)


def coverage(rows: Iterable[Row]) -> list[CoverageRow]:
    """Where each leaf of the model is read from."""
    found: dict[str, CoverageRow] = {}
    for row in rows:
        for leaf in row.leaves or ("",):
            pointer = f"{row.pointer}/{leaf}" if leaf else row.pointer
            place = row.place or "the register"
            found.setdefault(pointer, CoverageRow(pointer, place, "native", row.note))
    return list(found.values())


def read(
    document: Document,
    rows: Iterable[Row],
    *,
    name: str,
    link: str,
    told_by: Callable[[list[str]], list[str]] | None = None,
) -> tuple[Trial, list[Problem]]:
    """The record of a document, and warnings of what is odd and of what is kept as it is.

    `name` is the key of what is kept in `unmapped`, and what places in warnings begin with.
    `told_by` gives the names that a value that is kept is told by, of those that lead to it.
    Raises ReadError if the document is nested deeper than what can be kept.
    """
    if is_deeper(document.tree, DEEPEST):
        raise fatal("", "nesting", f"nested more than {DEEPEST} deep", link)
    tree: dict[str, Any] = {}
    found: set[str] = set()
    for row in rows:
        held = row.read(document.at(row.place))
        # Rows of one place for reading alone: the first that finds something has the word.
        if held not in (None, {}, [], "") and row.pointer not in found:
            found.add(row.pointer)
            put(tree, row.pointer.split("/")[1:], held)
    registration = msgspec.convert(tree.pop(_OWN[1:], {}), Registration)
    study, unmapped, problems = settle(tree, Study)
    kept = document_left(document)
    if kept:
        unmapped = {**unmapped, f"/{name}": kept}
    problems += [
        Problem(
            severity="warning",
            layer="mapping",
            path=f"/{name}{pointer}",
            code=code,
            message=f"{message}: kept in unmapped",
            link=link,
        )
        for pointer, code, message in dict.fromkeys(document.odd)
    ]
    missing: dict[str, int] = {}
    for pointer, held in kept.items():
        names = [one for one in steps(pointer) if as_index(one) is None]
        if told_by is not None:
            names = told_by(names)
        elif not isinstance(held, dict | list) and len(names) > 1:
            names = names[:-1]
        place = ".".join([name, *names][:_TOLD])
        missing[place] = missing.get(place, 0) + _count(held)
    problems += unread(missing, link, ": kept in unmapped")
    return trial_of(study, unmapped=unmapped or None, registration=registration), problems


def _count(held: Any) -> int:
    if isinstance(held, dict):
        return sum(map(_count, held.values()))
    return sum(map(_count, held)) if isinstance(held, list) else 1


def document_left(document: Document) -> dict[str, Any]:
    """What of a document was not read, by pointer: the largest parts of which nothing was."""
    above: set[str] = set()
    for pointer in document.read:
        while pointer:
            pointer = pointer.rpartition("/")[0]
            above.add(pointer)
    kept: dict[str, Any] = {}

    def look(node: Any, pointer: str) -> None:
        if pointer in document.read or node in (None, "", [], {}):
            return
        if pointer not in above:
            pruned = _said(node)
            if pruned not in (None, "", [], {}):
                kept[pointer] = pruned
        elif isinstance(node, dict):
            for key, inner in node.items():
                look(inner, f"{pointer}/{escape(key)}")
        elif isinstance(node, list):
            for index, inner in enumerate(node):
                look(inner, f"{pointer}/{index}")

    look(document.tree, "")
    return kept


def _said(node: Any) -> Any:
    """A tree without the members that say nothing; the items of lists keep their places."""
    if isinstance(node, dict):
        found = {key: _said(inner) for key, inner in node.items()}
        return {key: inner for key, inner in found.items() if inner not in (None, "", [], {})}
    if isinstance(node, list):
        return [_said(inner) for inner in node]
    return node
