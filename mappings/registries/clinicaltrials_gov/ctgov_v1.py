"""Studies of ClinicalTrials.gov's classic API as studies of its API v2.

The two have the same elements. The classic API names each member by its piece, wraps each list in
an object (`ConditionList: {Condition: [...]}`), and has all values as texts: labels for codes,
`March 4, 2021` for dates, `Yes` for true. `pieces.json` says which piece stands where today.
https://clinicaltrials.gov/data-api/about-api/api-migration
"""

from importlib.resources import files
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from trialbridge.mappings.coverage import CoverageRow, leaves
from trialbridge.mappings.record.markdown import begun, registered
from trialbridge.mappings.registries import labels
from trialbridge.schemas.once import once
from trialbridge.schemas.trial import Age, Date, DateTimeMinutes, PartialDate, Study, Trial

# What a piece was called before its element was renamed.
_RENAMED = {"Gender": "Sex"}


def _pattern(annotation: Any) -> str:
    return str(annotation.__metadata__[0].pattern)


_DATES = (_pattern(Date), _pattern(PartialDate))
_MINUTE = _pattern(DateTimeMinutes)
_AGE = _pattern(Age)


class _Member(NamedTuple):
    """A member of an object: its key in API v2, and what its values are."""

    key: str
    type: inspect.Type
    markup: bool


class _Pieces(msgspec.Struct):
    markup: frozenset[str]
    pieces: dict[str, str]


def study_tree(study: dict[str, Any]) -> dict[str, Any]:
    """The tree of API v2 that says what a classic `Study` says. It is a new one.

    What has no place, and what does not have the form of its element, stands where it stood under
    its own name, so that reading moves it to `unmapped` in the source's own words.
    """
    tree: dict[str, Any] = _object(study, inspect.type_info(Study), "")
    return tree


def coverage() -> list[CoverageRow]:
    """Which piece tells each leaf of the model."""
    places = {place: piece for piece, place in _pieces().pieces.items()}
    named = (
        (leaf, leaf.replace("/*", "").removeprefix("/").replace("/", ".")) for leaf in leaves(Trial)
    )
    return [CoverageRow(leaf, places[place], "native") for leaf, place in named if place in places]


@once
def _pieces() -> _Pieces:
    packed = files("trialbridge.mappings.registries").joinpath("pieces.json").read_bytes()
    return msgspec.json.decode(packed, type=_Pieces)


@once
def _members(path: str, struct: type[msgspec.Struct]) -> dict[str, _Member]:
    """The members of the object at a path of API v2, by their pieces."""
    known = _pieces()
    fields = {field.encode_name: field for field in _fields(struct)}
    found = {}
    for piece, place in known.pieces.items():
        above, _, key = place.rpartition(".")
        if above == path and key in fields:
            found[piece] = _Member(key, fields[key].type, piece in known.markup)
    return found


def _fields(struct: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _object(node: dict[str, Any], type_: inspect.Type, path: str) -> dict[str, Any]:
    assert isinstance(type_, inspect.StructType)
    members = _members(path, type_.cls)
    made: dict[str, Any] = {}
    for name, value in node.items():
        piece, inner = _unwrapped(name, value) if name not in members else (name, value)
        member = members.get(_RENAMED.get(piece, piece))
        converted = None
        if member is not None:
            below = f"{path}.{member.key}" if path else member.key
            converted = _value(inner, member.type, below, member.markup)
        if member is not None and converted is not None:
            made[member.key] = converted
        elif value not in ({}, [], None):
            made[name] = value
    return made


def _unwrapped(name: str, value: Any) -> tuple[str, Any]:
    """The piece and the items of a list in its wrapper; other members as they are."""
    if not name.endswith("List") or not isinstance(value, dict) or len(value) != 1:
        return name, value
    ((piece, items),) = value.items()
    # What may be said once today could once be said several times.
    return piece, items[0] if isinstance(items, list) and len(items) == 1 else items


def _value(value: Any, type_: inspect.Type, path: str, markup: bool) -> Any:
    """What a value is in API v2; None if it does not have the form of its element, or is empty."""
    kind, pattern = _bare(type_)
    if isinstance(kind, inspect.StructType):
        return (_object(value, kind, path) or None) if isinstance(value, dict) else None
    if isinstance(kind, inspect.ListType):
        given = value if isinstance(value, list) else [value]
        items = [_value(item, kind.item_type, path, markup) for item in given]
        # One item of another form and the whole list is kept as it was, in its order.
        return None if any(item is None for item in items) else items or None
    return _text(value, kind, pattern, markup) if isinstance(value, str) else None


def _text(words: str, kind: inspect.Type, pattern: str | None, markup: bool) -> Any:
    """A text as a value of a kind; None if it is no such value."""
    match kind:
        case inspect.BoolType():
            return labels.yes_or_no(words)
        case inspect.IntType():
            return int(words) if words.isascii() and words.isdecimal() else None
        case inspect.FloatType():
            try:
                return float(words)
            except ValueError:
                return None
        case inspect.LiteralType():
            # A code that is new is kept by the decoder, which says so.
            return labels.code(words, [str(one) for one in kind.values]) or words
    if pattern in _DATES:
        return labels.date(words)
    if pattern == _MINUTE:
        return labels.minute(words)
    if pattern == _AGE and words == "N/A":
        return None
    return _paragraphs(words) if markup else words


def _paragraphs(words: str) -> str:
    """A text without the marks of its lists: what a line begins with here is a word of it."""
    return "\n".join(begun(registered(line)) for line in words.split("\n"))


def _bare(type_: inspect.Type) -> tuple[inspect.Type, str | None]:
    """A type without its constraints, and the pattern of its texts."""
    while True:
        match type_:
            case inspect.Metadata():
                type_ = type_.type
            case inspect.UnionType():
                (type_,) = (one for one in type_.types if not isinstance(one, inspect.NoneType))
            case _:
                return type_, getattr(type_, "pattern", None)
