"""What a table has no row for, as rows of the registry form: both ways, by the model's structs.

`completed` adds to a table a row for each attribute of its struct that it does not carry. So what
the model has is in a native element or in the form, whatever is added to the model.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple, get_args

from msgspec import Struct

from trialbridge.mappings import codec, compiled
from trialbridge.mappings.codec import (
    Aside,
    Codec,
    Field,
    Mismatch,
    Node,
    Record,
    among,
    bare,
    field,
    fields_of,
    item_type,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.elements import decimal, integer, words
from trialbridge.mappings.odm.form.groups import GROUPS, Group, Groups, Item, group, item
from trialbridge.schemas.trial import Trial


class Rows:
    """The rows of the form of a document.

    Writing fills `written`, by the keys of groups. Reading finds in `of` the one row about an
    element, by its OID, and the rows that are parts of it.
    """

    def __init__(self, names: Names | None = None) -> None:
        self.written: defaultdict[str, list[Node]] = defaultdict(list)
        self.about: dict[tuple[str, str], Node] = {}
        self.parts: dict[tuple[str, str], list[Node]] = {}

    def read(self, rows: Iterable[tuple[str, Node]]) -> None:
        """Note rows that a document has, each with the key of its group."""
        for key, row in rows:
            its = row["@OID"]
            self.about.setdefault((key, its), row)
            self.parts.setdefault((key, its.rpartition(".")[0]), []).append(row)


def _oid(node: Node) -> str:
    return str(node.get("@OID", node.get("@ID", "")))


def parts_of(its: Group) -> tuple[Aside, str]:
    """The steps to the rows of a group that are about the element at hand."""
    return _steps(its).parts, "items"


def kept(struct: type[Struct], path: str, codec: Codec[Any]) -> Field:
    """A row of the form for an attribute of an element that has a place elsewhere too."""
    its = group(struct.__name__, repeats=True)
    return field(path, _steps(its).about, _item_of(struct, path).oid, codec=codec)


def said_of(names: Names, struct: type[Struct], path: str, node: Node) -> str | None:
    """What the form says of an attribute of an element, for the codec that has to know."""
    row = names.once(Rows).about.get((struct.__name__, _oid(node)), {})
    return row.get(_item_of(struct, path).oid) or None


@cache
def _item_of(struct: type[Struct], path: str) -> Item:
    one = fields_of(struct)[path]
    its = group(struct.__name__, repeats=True)
    return item(its, struct.__name__, one.encode_name, one.type)


class _Steps(NamedTuple):
    """The steps to the rows of a group: to the one about the element at hand, or to its parts."""

    about: Aside
    parts: Aside


# They lead to the rows of a key, whichever version the group is of.
_STEPS: dict[str, _Steps] = {}


def _steps(of: Group) -> _Steps:
    if of.key not in _STEPS:
        _STEPS[of.key] = _Steps(_about(of.key), _parts(of.key))
    return _STEPS[of.key]


def _label(key: str) -> str:
    return f"ReferenceData.ItemGroupData[IG.{key}]"


def _about(key: str) -> Aside:
    def store(names: Names, node: Node, inner: Node) -> None:
        inner["@OID"] = names.item
        names.once(Rows).written[key].append(inner)

    def find(names: Names, node: Node) -> Node | None:
        return names.once(Rows).about.get((key, _oid(node)))

    return Aside(_label(key), "ours", store, find)


def _parts(key: str) -> Aside:
    def store(names: Names, node: Node, inner: Node) -> None:
        names.once(Rows).written[key] += inner["items"]

    def find(names: Names, node: Node) -> Node | None:
        found = names.once(Rows).parts.get((key, _oid(node)))
        return {"items": found} if found else None

    return Aside(_label(key), "ours", store, find)


# --- values ------------------------------------------------------------------------------------

_TRUE, _FALSE = ("true", "1"), ("false", "0")


def _read_boolean(value: Any, names: Names) -> bool | None:
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    if value == "":
        return None
    raise Mismatch(f"{value!r:.60} is neither true nor false")


boolean: Codec[bool] = Codec(_read_boolean, lambda value, names: "true" if value else "false")

_CODECS: dict[Any, Codec[Any]] = {bool: boolean, int: integer, float: decimal}


def _codec(annotation: Any) -> Codec[Any]:
    type_ = bare(annotation)
    if type_ in _CODECS:
        return _CODECS[type_]
    return words._replace(gives=str)


def _values(held: Item, annotation: Any) -> Codec[Any]:
    """Texts or codes, each as a row of its own."""
    oid = held.oid
    codes = frozenset(get_args(annotation)) if held.code_list is not None else None

    def read(nodes: Any, names: Names) -> list[Any] | None:
        found, bad = [], []
        for position, node in enumerate(nodes):
            text = node.get(oid)
            if codes is not None and text is not None and text not in codes:
                message = f"{text!r:.60} is not one of {', '.join(sorted(codes))}"
                bad += Mismatch(message).within(f"[{position}].{oid}")
            elif text:
                found.append(text)
        if bad:
            raise Mismatch.of(bad)
        return found or None

    def write(values: list[Any], names: Names) -> list[Node]:
        stem = names.stem("")
        rows = []
        for number, text in enumerate(codec.present(values, names), 1):
            rows.append({"@OID": f"{stem}{number}", oid: text})
        return rows

    return Codec(read, write)


# --- tables ------------------------------------------------------------------------------------


def completed(table: Record, groups: Groups = GROUPS) -> Record:
    """The table with rows of the form for all that it does not carry of its struct.

    Where a row carries some values only (`when`), the form has the others. `groups` are those of
    the version that the table is of.
    """
    carried: set[str] = set()
    some: dict[str, list[Callable[[Any], bool]]] = {}
    for row in table.rows:
        if row.home == "none" or not row.model:
            continue
        if row.when is None:
            carried.add(row.model)
        else:
            some.setdefault(row.model, []).append(row.when)
    first = _RECORD if table.type is Trial else table.type.__name__
    rows = tuple(_rest(table.type, first, groups, carried, some))
    return codec.record(table.type, *table.rows, *rows)._replace(module=table.module)


# The group of what stands in no module.
_RECORD = "record"


def _rest(
    top: type[Struct],
    first: str,
    groups: Groups,
    carried: set[str],
    some: dict[str, list[Callable[[Any], bool]]],
    *,
    inside: bool = False,
) -> Iterator[Field]:
    """Rows for what of a struct is not carried by others.

    `first` is the key of its group. `inside` the node of the struct is itself the row of the group,
    and not an element elsewhere.
    """

    def below(type_: type[Struct], path: str, keys: str, depth: int, its: str) -> Iterator[Field]:
        for name, one in fields_of(type_).items():
            model = f"{path}.{name}" if path else name
            if model in carried or model == "unmapped":
                continue
            key = f"{keys}.{one.encode_name}" if keys else one.encode_name
            type_of = bare(one.type)
            items = item_type(type_of)
            if items is not None:
                row = _list_row(model, its, groups, one.encode_name, one.type)
            elif isinstance(type_of, type) and issubclass(type_of, Struct):
                if depth < 2 and top is Trial:
                    yield from below(type_of, model, "", depth + 1, _module(one.encode_name))
                else:
                    yield from below(type_of, model, key, depth + 1, its)
                continue
            else:
                owner = its if top is Trial else top.__name__
                of = group(its, repeats=top is not Trial, groups=groups)
                held = item(of, owner, key, one.type, needed=one.required)
                way = () if inside else (_steps(of).about,)
                row = field(model, *way, held.oid, codec=_codec(one.type))
            others = some.get(model)
            yield row if others is None else row._replace(when=_by_none(others))

    return below(top, "", "", 0, first)


def _by_none(others: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    return lambda value: not any(takes(value) for takes in others)


def _module(key: str) -> str:
    for ending in ("Module", "Section"):
        key = key.removesuffix(ending)
    return key


def _list_row(model: str, outer: str, groups: Groups, name: str, annotation: Any) -> Field:
    """The row of a list, each element of which is a row of a group."""
    items = item_type(bare(annotation))
    key = name if outer in (name, _RECORD) else f"{outer}.{name}"
    its = group(key, repeats=True, groups=groups)
    made: Codec[Any]
    if isinstance(items, type) and issubclass(items, Struct):
        # In a group of its own, since another list of the same structs is of other rows.
        table = codec.record(items, *_rest(items, key, groups, set(), {}, inside=True))
        made = compiled.each(table, name="", id_as="@OID")
    else:
        of_each = get_args(bare(annotation))[0]
        held = item(its, outer, name, of_each)
        made = _values(held, of_each)
    return among(model, _steps(its).parts, "items", codec=made)
