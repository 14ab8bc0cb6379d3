"""Mappings as data: tables of fields that are read and written by the same declaration.

A `Record` relates the attributes of one struct of the model to places in a format's tree. Its
rows are plain values, so that the reader, the writer, the coverage list, the mapping page and the
definitions of our extensions all come out of the one table. `trialbridge.mappings.compiled` turns
a table into two functions.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from msgspec import Meta, Struct, structs

from trialbridge.mappings.tree import Node as Node
from trialbridge.mappings.tree import joined as joined
from trialbridge.schemas.once import once

if TYPE_CHECKING:
    from trialbridge.mappings.names import Names

V = TypeVar("V")
S = TypeVar("S", bound=Struct)

Home = Literal["native", "official", "ours", "none"]
"""The format's own element, an official extension of it, an extension of ours, or nowhere."""


class Mismatch(Exception):
    """A tree does not have the form that a codec reads: (path, message) of every place."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.places: list[tuple[str, str]] = [(path, message)]

    @classmethod
    def of(cls, places: list[tuple[str, str]]) -> "Mismatch":
        mismatch = cls(places[0][1])
        mismatch.places = places
        return mismatch

    def within(self, prefix: str) -> list[tuple[str, str]]:
        """The places, seen from the node that holds `prefix`."""
        return [(joined(prefix, path), message) for path, message in self.places]


class Codec(NamedTuple, Generic[V]):
    """Two inverse functions between a part of a format's tree and a model value.

    `read` raises Mismatch; it gives None where the part says nothing of this value. `write` gives
    None where there is nothing to write.
    """

    read: Callable[[Any, "Names"], V | None]
    write: Callable[[V, "Names"], Any]
    systems: tuple["System", ...] = ()
    """The code systems of ours that it writes."""
    extensions: tuple["Extension", ...] = ()
    """The extensions that it writes by itself: of which its value, or each of its elements, is."""
    extensions_in: str = ""
    """The member below the codec's node that these extensions are on, where it is not the node."""
    aids: tuple["Extension", ...] = ()
    """Those of the extensions that carry nothing of the record, and only help to read it."""
    label: str = ""
    """For the place that coverage shows: which elements of a list, or members, are its own."""
    table: "Record | None" = None
    """The table that it runs for each element of a list."""
    plain: bool = False
    """Whether it writes the value as it is."""
    gives: type | None = None
    """The type of what it reads, where `read` is not annotated with it."""
    asks: Callable[[Any], None] | None = None
    """The check by `misfit` that what it reads has passed."""
    gives_of: frozenset[Any] | None = None
    """The values of which what it reads is one, where these are all that there are."""


class Written(dict[V, Any]):
    """What values are written as, one by one: the `write` of a codec that looks no further.

    Tables compile it to a look into the dict. What it gives is shared, and nobody changes it.
    """

    def __call__(self, value: V, names: "Names") -> Any:
        return self[value]


def read_at(place: str, read: Callable[[Any, "Names"], V], node: Any, names: "Names") -> V:
    """What is read of the node at a place; what is wrong or odd with it is told with the place.

    For codecs that read parts of their node one by one: tables do it by themselves.
    """
    told, names.warnings = names.warnings, []
    try:
        found = read(node, names)
    except Mismatch as mismatch:
        raise Mismatch.of(mismatch.within(place)) from None
    if names.warnings:
        told += names.within(place)
    names.warnings = told
    return found


class System(NamedTuple):
    """A code system of ours: the registry's own enumeration, or words that no standard has."""

    url: str
    title: str
    codes: Mapping[str, str]


# --- places in a tree -------------------------------------------------------------------------


class Item(NamedTuple):
    """An element of a list: the first that `mine` accepts; written with `const` in it."""

    label: str
    const: Mapping[str, Any]
    mine: Callable[[Node], bool]
    key: tuple[str, str] | None = None
    """The member and its value that tell the element, where one alone does."""
    by: Callable[[list[Any]], Mapping[str, Node]] | None = None
    """Gives of a list the first element for each value of the key, where that is no member's."""


class Constant:
    """The `write` of a codec whose value is always the same."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, whole: Any, names: "Names") -> Any:
        return self.value


class ItemName(str):
    """In what a node begins with: the name of the list item at hand, behind these words."""


class Aside(NamedTuple):
    """A node that belongs to the one at hand, and stands elsewhere in the tree.

    `store` puts what was written, given the node at hand; `find` gives it, or None. Coverage shows
    it as `place`, and paths in errors lead there by `way`: both are the label, if not given.
    """

    label: str
    home: Home
    store: Callable[["Names", Node, Node], None]
    find: Callable[["Names", Node], Node | None]
    place: str = ""
    way: str = ""
    begins: Mapping[str, Any] = MappingProxyType({})
    """What its node has before a row writes it; where nothing does, there is none to store."""


Step = str | Item | Aside


def item(label: str = "", mine: Callable[[Node], bool] | None = None, **const: Any) -> Item:
    """An element with these constant members, by which it is found again unless `mine` is given."""
    key = None
    if mine is None:
        if len(const) == 1:
            ((member, value),) = const.items()
            key = (member, value) if isinstance(value, str) else None
        pairs = tuple(const.items())

        def mine(node: Node) -> bool:
            return all(node.get(key) == value for key, value in pairs)

    if not label:
        label = " and ".join(f"{key}='{value}'" for key, value in const.items())
    return Item(label, const, mine, key)


FIRST = Item("", {}, lambda node: True)


class Extension(NamedTuple):
    """An extension, by url, and the type of its value; without a type it has nested ones."""

    url: str
    kind: str | None

    @property
    def steps(self) -> tuple[Step, ...]:
        found: tuple[Step, ...] = ("extension", _extension_item(self.url))
        return (*found, f"value{self.kind}") if self.kind else found


_EXTENSION_ITEMS: dict[str, Item] = {}


def _extension_item(url: str) -> Item:
    if url not in _EXTENSION_ITEMS:
        _EXTENSION_ITEMS[url] = item(label=url.rpartition("/")[2], url=url)
    return _EXTENSION_ITEMS[url]


# --- rows --------------------------------------------------------------------------------------


class Field(NamedTuple):
    """One row: an attribute of the model and its place in the tree.

    many: the place is a list that other rows share; the codec writes elements and reads the list.
    merge: the codec writes members of the node at the place and reads that node.
    when: written only for values that this accepts (another row has the others).
    leaves: the attributes below `model` that the row carries, where it is a struct or list.
    read_only: where documents of others have the value; we write it where another row says.
    write_only: what the value implies and others look for; another row has the value.
    write_always, read_always: the codec is asked even where there is no value, or no member.
    note: in words, where the place alone does not say how the value stands there.
    """

    model: str
    steps: tuple[Step, ...]
    codec: Codec[Any]
    many: bool = False
    merge: bool = False
    when: Callable[[Any], bool] | None = None
    leaves: tuple[str, ...] = ()
    home: Home | None = None
    write_always: bool = False
    read_always: bool = False
    read_only: bool = False
    write_only: bool = False
    note: str = ""


class Record(NamedTuple):
    """The table of one struct."""

    type: type[Struct]
    rows: tuple[Field, ...]
    module: str = ""
    """Where it is declared: what its functions are called after."""


def _flatten(steps: Iterable["Step | Extension"]) -> tuple[Step, ...]:
    flat: list[Step] = []
    for step in steps:
        if isinstance(step, Extension):
            flat.extend(step.steps)
        else:
            flat.append(step)
    return tuple(flat)


def below(steps: Iterable["Step | Extension"], rows: Iterable[Field]) -> tuple[Field, ...]:
    """The rows at a place further down."""
    flat = _flatten(steps)
    return tuple(row._replace(steps=(*flat, *row.steps)) for row in rows)


def field(
    model: str,
    *steps: "Step | Extension",
    codec: Codec[Any] | None = None,
    leaves: tuple[str, ...] = (),
    home: Home | None = None,
    note: str = "",
) -> Field:
    """One value at one place."""
    return Field(
        model,
        _flatten(steps),
        codec or text,
        leaves=leaves,
        home=home,
        note=note,
    )


def among(
    model: str,
    *steps: "Step | Extension",
    codec: Codec[Any],
    leaves: tuple[str, ...] = (),
    home: Home | None = None,
    read_always: bool = False,
    note: str = "",
) -> Field:
    """A value that is some of the elements of a list; other rows have the other elements."""
    return Field(
        model,
        _flatten(steps),
        codec,
        many=True,
        leaves=leaves,
        home=home,
        read_always=read_always,
        note=note,
    )


def merged(
    model: str,
    *steps: "Step | Extension",
    codec: Codec[Any],
    leaves: tuple[str, ...] = (),
    home: Home | None = None,
    write_always: bool = False,
    note: str = "",
) -> Field:
    """A value that is several members of the node at the place."""
    return Field(
        model,
        _flatten(steps),
        codec,
        merge=True,
        leaves=leaves,
        home=home,
        write_always=write_always,
        note=note,
    )


def also(row: Field) -> Field:
    """A row for reading alone; the row of the same attribute behind it, if read, has the word."""
    return row._replace(read_only=True, home="none")


def twice(row: Field) -> Field:
    """A row whose value another one has, too; of what is read, the row behind it has the word."""
    return row._replace(home="none")


def derived(row: Field) -> Field:
    """A row for writing alone: what the value at another place implies, for those who look here.

    It is no fact of its own, so it is not read. Where a document says something else there, that
    is told as what was not read.
    """
    return row._replace(write_only=True, home="none")


def constant(*steps: Any) -> Field:
    """A member that is always the same: the last of the steps is its value."""
    *place, value = steps
    codec: Codec[Any] = Codec(lambda node, names: None, Constant(value))
    return Field("", _flatten(place), codec, home="none")


def record(type_: type[Struct], *rows: Field) -> Record:
    """A table; each row is checked against the structs and the other rows here, at import.

    Raises TypeError: at a path that the struct does not have, a codec that gives another type than
    the attribute's, two rows that write one place, and two steps that look the same and are not.
    """
    name = type_.__name__
    taken: dict[tuple[Any, ...], str] = {}
    looks: dict[tuple[Any, ...], tuple[Step, str]] = {}
    for row in rows:
        wanted = attribute_type(type_, row.model)
        said = f"{name}, row {row.model!r}" if row.model else f"{name}, row of the whole"
        if row.model and not fits(given(row.codec), wanted):
            raise TypeError(
                f"{said}: the attribute is {type_name(wanted)}, and the codec gives "
                f"{type_name(given(row.codec))}; use a codec that gives {type_name(wanted)}"
            )
        for length, step in enumerate(row.steps):
            if isinstance(step, str):
                continue
            before = tuple(map(_mark, row.steps[:length]))
            look = (before, type(step), *_look(step))
            other, first = looks.setdefault(look, (step, row.model))
            if _mark(other) != _mark(step):
                raise TypeError(
                    f"{said}: the step {_look(step)[0]!r} looks like that of row {first!r}, and is "
                    "another; make the step once, and use it in both rows"
                )
        if row.many or row.merge or row.read_only or row.when is not None:
            continue
        place = tuple(map(_mark, row.steps))
        if place in taken:
            raise TypeError(
                f"{said}: row {taken[place]!r} has the same place; give one of them another "
                "place or `when`, or let it be read alone by also()"
            )
        taken[place] = row.model
    # The caller's, as collections.namedtuple finds it.
    return Record(type_, rows, sys._getframe(1).f_globals.get("__name__", ""))


def _mark(step: Step) -> Any:
    """What a step is the same by: a name, or which object it is."""
    return step if isinstance(step, str) else id(step)


def _look(step: Item | Aside) -> tuple[Any, ...]:
    """What a step is told by in coverage and errors, and what finds it."""
    if isinstance(step, Item):
        return step.label, repr(dict(step.const)), *_sense(step.mine)
    return step.label, *_sense(step.find)


def _sense(function: Callable[..., Any]) -> tuple[Any, ...]:
    """What a function does: its code, and what it closes over. Made twice, these are the same."""
    cells = getattr(function, "__closure__", None) or ()
    return getattr(function, "__code__", function), *(repr(cell.cell_contents) for cell in cells)


def given(codec: Codec[Any]) -> Any:
    """The type of what a codec reads, or Any where nothing says it."""
    if codec.gives is not None:
        return codec.gives
    if codec.table is not None:
        return list[codec.table.type]  # type: ignore[name-defined]
    found = getattr(codec.read, "__annotations__", {}).get("return", Any)
    alternatives = [one for one in get_args(found) if one is not type(None)]
    if get_origin(found) in (Union, UnionType):
        found = alternatives[0] if len(alternatives) == 1 else Any
    if isinstance(found, str | TypeVar) or found is None:
        return Any
    if get_origin(found) is list and isinstance(get_args(found)[0], TypeVar):
        return list
    return bare(found)


def fits(found: Any, wanted: Any) -> bool:
    """Whether what a codec gives can be what an attribute is."""
    if Any in (found, wanted):
        return True
    if list in (found, wanted, get_origin(found), get_origin(wanted)):
        items = item_type(found), item_type(wanted)
        return found is list or wanted is list or (None not in items and fits(*items))
    return _class(found) is _class(wanted)


def _class(type_: Any) -> Any:
    """The class of values: that of its codes, for an enumeration."""
    if get_origin(type_) is Literal:
        return get_args(type_)[0].__class__
    return get_origin(type_) or type_


def type_name(type_: Any) -> str:
    """The name of a type in an error: an enumeration is of its codes' class."""
    inner = item_type(type_)
    return f"list[{type_name(inner)}]" if inner is not None else str(_class(type_).__name__)


@once
def fields_of(struct: type[Struct]) -> Mapping[str, structs.FieldInfo]:
    """The fields of a struct by the names of its attributes."""
    return {field.name: field for field in structs.fields(struct)}


def annotation(type_: type[Struct], path: str) -> Any:
    """The annotation at a dotted path of structs, as it is.

    Raises TypeError if there is no such attribute.
    """
    found: Any = type_
    for name in path.split(".") if path else ():
        owner = bare(found)
        fields = fields_of(owner)
        if name not in fields:
            raise TypeError(f"{owner.__name__} has no attribute {name!r} (in {path!r})")
        found = fields[name].type
    return found


def attribute_type(type_: type[Struct], path: str) -> Any:
    """The type at a dotted path of structs, without its constraints. Raises TypeError."""
    return bare(annotation(type_, path))


def misfit(annotation: Any) -> Callable[[Any], None] | None:
    """A check that raises Mismatch for values that the model's type does not take.

    None where the type takes whatever the codecs of its kind read.
    """
    if get_origin(annotation) is Literal:
        return _misfit_of_codes(frozenset(get_args(annotation)))
    metas = [m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, Meta)]
    if not metas or metas[0].pattern is None:
        return None
    return _misfit_of_form(metas[0].pattern, (metas[0].extra or {}).get("expected", ""))


# One for each: a codec that makes a check is known by it.
@cache
def _misfit_of_codes(codes: frozenset[str]) -> Callable[[Any], None]:
    def check_code(value: Any) -> None:
        if value not in codes:
            raise Mismatch(f"{value!r:.60} is not one of {', '.join(sorted(codes))}")

    return check_code


@cache
def _misfit_of_form(form: str, expected: str) -> Callable[[Any], None]:
    search = re.compile(form).search

    def check_form(value: Any) -> None:
        if not search(value):
            raise Mismatch(f"{value!r:.60} is not {expected}")

    return check_form


def bare(annotation: Any) -> Any:
    """A type without Annotated."""
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def item_type(annotation: Any) -> Any:
    """The type of a list's items, or None if it is no list."""
    return bare(get_args(annotation)[0]) if get_origin(annotation) is list else None


def is_struct(type_: Any) -> bool:
    """Tell if a type is a struct of the model."""
    return isinstance(type_, type) and issubclass(type_, Struct)


# --- codecs that any format has ----------------------------------------------------------------


def _expected(what: str, found: Any) -> Mismatch:
    shown = repr(found)
    return Mismatch(f"expected {what}, found {shown if len(shown) < 60 else shown[:57] + '...'}")


def _read_text(value: Any, names: "Names") -> str:
    if value.__class__ is not str:
        raise _expected("a string", value)
    return value


def _read_boolean(value: Any, names: "Names") -> bool:
    if value.__class__ is not bool:
        raise _expected("true or false", value)
    return value


def _read_integer(value: Any, names: "Names") -> int:
    if value.__class__ is not int:
        raise _expected("a whole number", value)
    return value


def _read_number(value: Any, names: "Names") -> float:
    if value.__class__ not in (int, float, Decimal):
        raise _expected("a number", value)
    return float(value)


def _same(value: V, names: "Names") -> V:
    return value


def read_words(value: Any, names: "Names") -> str | None:
    """Read a text, of which an empty one says nothing."""
    if value.__class__ is not str:
        raise Mismatch(f"expected text, found {value!r:.60}")
    return value or None


AS_IS: Mapping[Callable[[Any, "Names"], Any], type] = {
    _read_text: str,
    _read_boolean: bool,
    _read_integer: int,
    _read_number: float,
    read_words: str,
}
"""The class of values that these give as they are, but for an empty text."""

text: Codec[str] = Codec(_read_text, _same, plain=True)
boolean: Codec[bool] = Codec(_read_boolean, _same, plain=True)
integer: Codec[int] = Codec(_read_integer, _same, plain=True)
number: Codec[float] = Codec(_read_number, _same, plain=True)


def present(values: list[Any], names: "Names") -> list[Any]:
    """The values of a list but the empty ones, which formats have no form for."""
    if "" in values:
        names.odd = True
        return [value for value in values if value != ""]
    return values


def choice(table: Mapping[V, Any]) -> Codec[V]:
    """Values that stand as other values; a table that is not one to one is refused."""
    back = inverse(table)
    classes = {value.__class__ for value in back}

    def read(value: Any, names: "Names") -> V:
        # True is no 1, and a list is no key.
        if value.__class__ not in classes or value not in back:
            raise _expected("one of " + ", ".join(map(repr, back)), value)
        return back[value]

    (kind, *others) = {key.__class__ for key in table}
    return Codec(read, Written(table), gives=None if others else kind)


def inverse(table: Mapping[V, Any]) -> dict[Any, V]:
    """The table the other way; raises ValueError at a duplicate."""
    back: dict[Any, V] = {}
    for key, value in table.items():
        if value in back:
            raise ValueError(f"{key!r} and {back[value]!r} both stand as {value!r}")
        back[value] = key
    return back
