"""What a row of the text layout points at: a path in the model, with its labels and its value."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct, structs

from trialbridge.mappings.text.values import (
    ABSENT,
    AGE,
    FULL_DATE,
    PARTIAL_DATE,
    WORDS,
    YES_NO,
    Value,
    code,
    codes,
    dated,
    reads,
)
from trialbridge.mappings.tree import put as put
from trialbridge.schemas.trial import Age, Trial

Tree = dict[str, Any]
"""A trial in builtins, by the JSON keys of the model."""

Item = dict[str, Any]
"""An item of a list of a tree."""


class Path(NamedTuple):
    """Where a value stands in the tree, and the type that the model gives it."""

    keys: tuple[str, ...]
    kind: Any
    pointer: str
    """The keys as a JSON pointer."""


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
    return Path(tuple(keys), kind, "".join(f"/{key}" for key in keys))


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


_BETWEEN = ": \t\u2007\u202f"
"""What may stand between a label and its value."""


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
                rest = words[len(label) :].lstrip(_BETWEEN)
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


@cache
def _lower(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label.lower() for label in labels)


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
        if not lower.startswith(self.lower):
            return None
        for label in self.lower:
            if not lower.startswith(label):
                continue
            rest = words[len(label) :]
            if self.colon:
                if rest.lstrip().startswith(":"):
                    return rest.lstrip()[1:].strip()
                continue
            value = rest.lstrip(_BETWEEN)
            if not value or value == ABSENT:
                return ""
            if rest[0] in _BETWEEN and (
                reads(self.value, value) or re.fullmatch(r"[A-Z][A-Z0-9_]*", value)
            ):
                return value
        return None

    @property
    def lower(self) -> tuple[str, ...]:
        """The labels in small letters."""
        return _lower(self.labels)


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


def get(tree: Any, keys: Iterable[str]) -> Any:
    """The value at these keys, None where there is none."""
    for key in keys:
        if not isinstance(tree, dict):
            return None
        tree = tree.get(key)
    return tree


def items_of(found: Any) -> list[Item]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
