"""What the text layout is made of: values of a line, paths in the model, kinds of sections."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct, structs

from trialbridge.schemas.trial import Age, AgeUnit, Trial, age_text

Tree = dict[str, Any]
"""A trial in builtins, by the JSON keys of the model."""


# ---------------------------------------------------------------------------------------------
# Values: what stands in one line


class Refused(ValueError):
    """A line that is no value of its kind: what was found and what would do."""


class UnknownCode(ValueError):
    """A code or an age that the model does not know: kept as it is."""


class Value(NamedTuple):
    """Two inverse functions between a line of text and a value of the model.

    `read` raises Refused or UnknownCode; it gives None for a line that says "none".
    `loose` values are any text, so that a label and such a value on one line need a colon.
    """

    read: Callable[[str], Any]
    write: Callable[[Any], str]
    loose: bool = False


def reads(value: Value, text: str) -> bool:
    try:
        value.read(text)
    except (Refused, UnknownCode):
        return False
    return True


ABSENT = "-"
"""What the page shows for a value that is not there, as in `Identifier Type: -`."""


def read_words(text: str) -> str | None:
    return None if text == ABSENT else text


WORDS = Value(read_words, str, loose=True)


def squeeze(text: str) -> str:
    """Reduce a code to its letters and digits: `Not yet recruiting` is NOT_YET_RECRUITING."""
    return re.sub(r"[\W_]+", "", text).upper()


def code(kind: Any, *, closed: bool = False) -> Value:
    """A code of an enumeration of the registry, as the registry writes it, in any case.

    One that the enumeration does not have is unknown, or, where it is closed, refused.
    """
    codes = {squeeze(value): value for value in get_args(kind)}
    expected = ", ".join(get_args(kind))

    def read(text: str) -> str | None:
        if text == ABSENT:
            return None
        if (found := codes.get(squeeze(text))) is not None:
            return str(found)
        if closed or not re.fullmatch(r"[A-Z][A-Z0-9_]*", text):
            raise Refused(f"{text!r} is none of {expected}")
        raise UnknownCode(f"{text!r} is not a code that the model knows ({expected})")

    return Value(read, str)


def codes(kind: Any) -> Value:
    """Codes with a slash between them: `PHASE1/PHASE2`."""
    one = code(kind)

    def read(text: str) -> list[str] | None:
        if text == ABSENT:
            return None
        # The registry's `NA` is `N/A` on other pages.
        parts = ["NA"] if text.upper() == "N/A" else re.split(r"\s*[/,|]\s*", text)
        found: list[str] = []
        unknown: list[str] = []
        for part in parts:
            try:
                found.append(one.read(part))
            except UnknownCode as error:
                found.append(part)
                unknown.append(str(error))
        if unknown:
            raise UnknownCode("; ".join(unknown))
        return found

    return Value(read, lambda value: "/".join(value))


def dated(pattern: str, expected: str) -> Value:
    """A date as precise as the registry gives it, checked against the model's own pattern."""
    compiled = re.compile(pattern)

    def read(text: str) -> str | None:
        if text == ABSENT:
            return None
        if not compiled.search(text):
            raise Refused(f"{text!r} is not a date ({expected})")
        return text

    return Value(read, str)


_YES_NO = {"YES": True, "TRUE": True, "NO": False, "FALSE": False}


def _read_yes_no(text: str) -> bool | None:
    if text == ABSENT:
        return None
    if (found := _YES_NO.get(text.upper())) is None:
        raise Refused(f"{text!r} is neither Yes nor No")
    return found


YES_NO = Value(_read_yes_no, lambda value: "Yes" if value else "No")

_AGE = re.compile(r"([0-9]{1,9})\s*(year|month|week|day|hour|minute)s?", re.IGNORECASE)
_NO_AGE = {ABSENT, "N/A", "NONE", "NO LIMIT", "NO MAXIMUM AGE", "NO MINIMUM AGE"}
_UNITS: dict[str, AgeUnit] = {unit.upper(): unit for unit in get_args(AgeUnit)}


def _read_age(text: str) -> str | None:
    if text.upper() in _NO_AGE:
        return None
    if not (found := _AGE.fullmatch(text)):
        raise UnknownCode(f"{text!r} is not an age (such as 18 Years or 1 Month)")
    return age_text(int(found[1]), _UNITS[found[2].upper()])


AGE = Value(_read_age, str)

_PARTICIPANTS = re.compile(
    r"([0-9][0-9,]{0,17})(?:\s+(?:participant|patient|subject)s?)?", re.IGNORECASE
)


def _read_count(text: str) -> int | None:
    if text == ABSENT:
        return None
    if not (found := _PARTICIPANTS.fullmatch(text)):
        raise Refused(f"{text!r} is not a number of participants ('5 participants')")
    return int(found[1].replace(",", ""))


PARTICIPANTS = Value(_read_count, lambda value: f"{value} participants")


def _read_nct_id(text: str) -> str:
    if not re.fullmatch(r"NCT[0-9]{8}", text.upper()):
        raise Refused(f"{text!r} is not an NCT id (NCT and eight digits)")
    return text.upper()


NCT_ID = Value(_read_nct_id, str)

_VIEW = re.compile(r"\s*\(View on PubMed\)$", re.IGNORECASE)


def _read_pmid(text: str) -> str | None:
    return read_words(_VIEW.sub("", text))


PMID = Value(_read_pmid, lambda value: f"{value} (View on PubMed)", loose=True)

# A semicolon inside a name is written as the CommonMark escape of one.
_BETWEEN_NAMES = re.compile(r"(?<!\\);\s*")


def _read_names(text: str) -> list[str] | None:
    if text == ABSENT:
        return None
    return [name.replace("\\;", ";") for name in _BETWEEN_NAMES.split(text) if name]


NAMES = Value(
    _read_names, lambda value: "; ".join(name.replace(";", "\\;") for name in value), loose=True
)

PARTIAL_DATE = "YYYY, YYYY-MM or YYYY-MM-DD"
FULL_DATE = "YYYY-MM-DD"


# ---------------------------------------------------------------------------------------------
# Paths: attributes of the model, resolved to its JSON keys


class Path(NamedTuple):
    """Where a value stands in the tree, and the type that the model gives it."""

    keys: tuple[str, ...]
    kind: Any

    @property
    def pointer(self) -> str:
        return "".join(f"/{key}" for key in self.keys)


@cache
def _fields(struct: type[Struct]) -> dict[str, tuple[str, Any]]:
    hints = get_type_hints(struct, include_extras=True)
    return {
        field.name: (field.encode_name, _present(hints[field.name]))
        for field in structs.fields(struct)
    }


def _present(kind: Any) -> Any:
    """Take `None` out of a type: `Date | None` is a Date."""
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (member for member in get_args(kind) if member is not type(None))
    return kind


def path(dotted: str, root: type[Struct] = Trial) -> Path:
    """Resolve attributes (`protocol.status.overall_status`). Raises KeyError for one unknown."""
    keys: list[str] = []
    kind: Any = root
    for name in dotted.split("."):
        key, kind = _fields(kind)[name]
        keys.append(key)
    return Path(tuple(keys), kind)


def value_of(kind: Any) -> Value:
    """The value that a type of the model is written as."""
    if get_origin(kind) is Literal:
        return code(kind)
    if get_origin(kind) is list and get_origin(get_args(kind)[0]) is Literal:
        return codes(get_args(kind)[0])
    if get_origin(kind) is Annotated:
        meta = next(part for part in get_args(kind) if isinstance(part, Meta))
        pattern = meta.pattern or ""
        if kind == Age:
            return AGE
        partial = re.search(pattern, "2024") is not None
        return dated(pattern, PARTIAL_DATE if partial else FULL_DATE)
    if kind is bool:
        return YES_NO
    return WORDS


# ---------------------------------------------------------------------------------------------
# The kinds of rows


class Pair(NamedTuple):
    """A label on a line, its value on the next."""

    labels: tuple[str, ...]
    path: Path
    value: Value
    below: tuple[Path, ...] = ()
    """What may stand under the value: codes, one a line, then text."""

    def beside(self, words: str) -> str | None:
        """The value beside the label, empty if there is none, None if it is another line."""
        lower = words.lower()
        for label in self.labels:
            if lower.startswith(label.lower()):
                rest = words[len(label) :].lstrip(": ")
                if not rest or rest == ABSENT or re.fullmatch(r"[A-Za-z_]+", rest):
                    return rest
        return None


def pair(
    label: str, dotted: str, *synonyms: str, value: Value | None = None, below: Sequence[str] = ()
) -> Pair:
    where = path(dotted)
    return Pair(
        (label, *synonyms), where, value or value_of(where.kind), tuple(path(p) for p in below)
    )


class Part(NamedTuple):
    """One line of an item, or several (`rest`); with labels, a line that a label begins."""

    path: Path
    value: Value
    labels: tuple[str, ...] = ()
    colon: bool = False
    optional: bool = False
    rest: bool = False
    last: bool = False
    """Whether it stands after the labels."""
    tight: bool = False
    """Whether no blank line precedes it."""
    below: bool = False
    """Whether its value stands on the next line."""
    by_kind: Mapping[str, Value] = {}
    """Other values, for the items of a kind."""
    codes: frozenset[str] = frozenset()
    """The codes of its value, in the registry's own form."""

    def beside(self, words: str) -> str | None:
        """The value beside the label, empty if there is none, None if it is another line."""
        lower = words.lower()
        for label in self.labels:
            if not lower.startswith(label.lower()):
                continue
            rest = words[len(label) :]
            if self.colon:
                if rest.lstrip().startswith(":"):
                    return rest.lstrip()[1:].strip()
                continue
            value = rest.lstrip(": ")
            if not value or value == ABSENT:
                return ""
            if rest[0] in ": " and (
                reads(self.value, value) or re.fullmatch(r"[A-Z][A-Z0-9_]*", value)
            ):
                return value
        return None


def free(struct: type[Struct], name: str, *, rest: bool = False, last: bool = False) -> Part:
    where = path(name, struct)
    return Part(where, value_of(where.kind), rest=rest, last=last)


def tag(
    struct: type[Struct],
    name: str,
    *labels: str,
    value: Value | None = None,
    colon: bool = False,
    optional: bool = False,
    tight: bool = False,
    below: bool = False,
    by_kind: Mapping[str, Value] | None = None,
) -> Part:
    where = path(name, struct)
    return Part(
        where,
        value or value_of(where.kind),
        labels,
        colon=colon,
        optional=optional,
        tight=tight,
        below=below,
        by_kind=by_kind or {},
        codes=frozenset(get_args(where.kind)) if get_origin(where.kind) is Literal else frozenset(),
    )


class Labels(NamedTuple):
    """The labels of a section's rows as patterns: alone or before a colon, and before a value."""

    alone: re.Pattern[str]
    before: re.Pattern[str]
    rows: Mapping[str, Pair]


class Pairs(NamedTuple):
    """A section of labels and values, after a text of its own where `prose` is given."""

    names: tuple[str, ...]
    rows: tuple[Pair, ...]
    labels: Labels
    prose: Path | None = None

    def row(self, text: str) -> tuple[Pair, str] | None:
        """The row whose label a line has, and the value if it stands on the same line."""
        if found := self.labels.alone.match(text):
            row = self.labels.rows[found[1].lower()]
            value = (found[2] or "").strip()
            # A sentence of a description may begin with a word and a colon, too.
            if not value or found[1] == row.labels[0] or row.value.loose or reads(row.value, value):
                return row, value
            return None
        if found := self.labels.before.match(text):
            row = self.labels.rows[found[1].lower()]
            if not row.value.loose and reads(row.value, found[2].strip()):
                return row, found[2].strip()
        return None


def pairs(names: tuple[str, ...], rows: tuple[Pair, ...], prose: Path | None = None) -> Pairs:
    by_label = {label.lower(): row for row in rows for label in row.labels}
    any_label = "|".join(map(re.escape, sorted(by_label, key=len, reverse=True)))
    labels = Labels(
        re.compile(rf"\s*({any_label})\s*(?::\s*(.*))?$", re.IGNORECASE),
        re.compile(rf"\s*({any_label})\s+(\S.*)$", re.IGNORECASE),
        by_label,
    )
    return Pairs(names, rows, labels, prose)


class Prose(NamedTuple):
    """A section of paragraphs until the next heading."""

    names: tuple[str, ...]
    path: Path


class Line(NamedTuple):
    """A section of one line: the terms of the conditions module without separators."""

    names: tuple[str, ...]
    path: Path
    parts: tuple[Path, ...]


class Choice(NamedTuple):
    """A section that says one of two things."""

    names: tuple[str, ...]
    path: Path
    sentences: Mapping[str, bool]


class Words(NamedTuple):
    """A section of lines, each a value, left out where it is what `implied` derives."""

    names: tuple[str, ...]
    path: Path
    implied: Callable[[Tree], list[str]]


Item = dict[str, Any]


class Shelf(NamedTuple):
    """Where the items of a section stand in the tree: `take` and `put` are inverse."""

    take: Callable[[Tree], list[Item]]
    put: Callable[[list[Item]], list[tuple[tuple[str, ...], Any]]]
    leaves: tuple[str, ...]
    pointers: Callable[[list[Item]], list[str]]
    """The pointer of each item in the tree."""


class Items(NamedTuple):
    """A section of items, each closed by labels."""

    names: tuple[str, ...]
    parts: tuple[Part, ...]
    shelf: Shelf
    foreign: tuple[str, ...] = ()
    """Labels that never stand in this section."""


class Places(NamedTuple):
    """A section of sites: facility, place, status."""

    names: tuple[str, ...]
    status: Part
    shelf: Shelf


class Arms(NamedTuple):
    """A section of arms, each followed by its interventions."""

    names: tuple[str, ...]
    group: Part
    intervention: Part


class Party(NamedTuple):
    """The section of the responsible party: one item with lines around its label."""

    names: tuple[str, ...]
    role: Pair
    current: tuple[Path, ...]
    old: tuple[Path, ...]


class Related(NamedTuple):
    """A section of titles, each with a line `NCT... STATUS PHASE` under it."""

    names: tuple[str, ...]
    path: Path


Block = Pairs | Prose | Line | Choice | Words | Items | Places | Arms | Party | Related


def get(tree: Any, keys: Iterable[str]) -> Any:
    """The value at these keys, None where there is none."""
    for key in keys:
        if not isinstance(tree, dict):
            return None
        tree = tree.get(key)
    return tree


def put(tree: Tree, keys: Sequence[str], value: Any) -> None:
    """Set the value at these keys, with the objects on the way to it."""
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    tree[keys[-1]] = value


def items_of(found: Any) -> list[Item]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def shelf(dotted: str, parts: Iterable[Part] = (), leaves: Iterable[str] = ()) -> Shelf:
    """Items that are a list of the model."""
    where = path(dotted)
    return Shelf(
        lambda tree: items_of(get(tree, where.keys)),
        lambda items: [(where.keys, items)] if items else [],
        tuple(f"{where.pointer}/*/{leaf}" for leaf in leaves)
        + tuple(f"{where.pointer}/*{part.path.pointer}" for part in parts),
        lambda items: [f"{where.pointer}/{index}" for index in range(len(items))],
    )


KIND = "kind"
"""The key of an item that says which of two places it belongs to."""


def one_and_many(
    one: Path, one_name: str, many: Path, many_name: str, parts: Iterable[Part], *, first: bool
) -> Shelf:
    """Items of which one has a place of its own and the others a list."""
    leaves = [part.path.pointer for part in parts if part.path.keys != (KIND,)]

    def take(tree: Tree) -> list[Item]:
        single = get(tree, one.keys)
        lone = [{**single, KIND: one_name}] if isinstance(single, dict) and single else []
        others = [{**item, KIND: many_name} for item in items_of(get(tree, many.keys))]
        return lone + others if first else others + lone

    def bare(item: Item) -> Item:
        return {key: value for key, value in item.items() if key != KIND}

    def put(items: list[Item]) -> list[tuple[tuple[str, ...], Any]]:
        found: list[tuple[tuple[str, ...], Any]] = [
            (one.keys, bare(item)) for item in items if item.get(KIND) == one_name
        ]
        if others := [bare(item) for item in items if item.get(KIND) != one_name]:
            found.append((many.keys, others))
        return found

    def pointers(items: list[Item]) -> list[str]:
        found: list[str] = []
        count = 0
        for item in items:
            if item.get(KIND) == one_name:
                found.append(one.pointer)
            else:
                found.append(f"{many.pointer}/{count}")
                count += 1
        return found

    return Shelf(
        take,
        put,
        tuple(one.pointer + leaf for leaf in leaves)
        + tuple(f"{many.pointer}/*{leaf}" for leaf in leaves),
        pointers,
    )


def kind_of(*labels: str, colon: bool, names: tuple[str, str]) -> Part:
    kinds = Literal[names]  # type: ignore[valid-type]
    known = {name.upper(): name for name in names}

    def read(text: str) -> str:
        if text.upper() not in known:
            raise Refused(f"{text!r} is none of {', '.join(names)}")
        return known[text.upper()]

    return Part(Path((KIND,), kinds), Value(read, str), labels, colon=colon)
