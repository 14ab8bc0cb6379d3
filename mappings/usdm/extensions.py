"""What USDM has no place for, as extension attributes: generated from the structs of the model.

The url of an attribute is ours and the path of the registry's data element, as in
`.../usdm/protocolSection/statusModule/whyStopped`; below it, the url is the element's name alone.
A text and a code are a `valueString`, yes and no a `valueBoolean`, a whole number a `valueInteger`,
another number a `valueQuantity`; an element with parts has `extensionAttributes`; a list is as many
attributes of one url, and an empty list is one with the `valueInteger` 0.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, Final

from msgspec import Struct

from trialbridge.mappings.codec import (
    Codec,
    Field,
    Mismatch,
    Node,
    Step,
    among,
    annotation,
    bare,
    fields_of,
    item_type,
    misfit,
)
from trialbridge.mappings.coverage import json_pointer
from trialbridge.mappings.names import Names
from trialbridge.schemas.usdm.definitions import URL

EXTENSIONS: Final = "extensionAttributes"
_TYPE: Final = "ExtensionAttribute"
_NO_ITEMS: Final = 0

Write = Callable[[Any, str, Callable[[], str], list[Node]], None]
Read = Callable[[Node], Any]


class Ids:
    """The ids of the extension attributes of a document: `X1` and so on."""

    def __init__(self, names: Names) -> None:
        self.next: Callable[[], str] = map("X%d".__mod__, count(1)).__next__


def attribute(names: Names, url: str, **value: Any) -> Node:
    """An extension attribute of ours: `attribute(names, "not-stated", valueString="name")`."""
    return {"id": names.once(Ids).next(), "url": url, **value, "instanceType": _TYPE}


def simple(url: str, value: str) -> Node:
    """An extension attribute with a text, which gets its id when the document is completed."""
    return {"url": url, "valueString": value}


def of_url(nodes: Any, url: str) -> list[Node]:
    """The extension attributes of a list that have a url."""
    if nodes.__class__ is not list:
        return []
    return [one for one in nodes if one.__class__ is dict and one.get("url") == url]


def text_of(node: Any, url: str) -> str | None:
    """The text of the first extension attribute of an object that has a url and one."""
    found = of_url(node.get(EXTENSIONS), url)
    text = found[0].get("valueString") if found else None
    return text if text.__class__ is str else None


# --- rows --------------------------------------------------------------------------------------


def extra(type_: type[Struct], model: str, *steps: Step, prefix: str = "") -> Field:
    """The row of an attribute that is an extension attribute of the object at the steps.

    `prefix` is the path of the struct, where it is not the whole record.
    """
    url = f"{URL}{prefix}{json_pointer(type_, model)}"
    held = annotation(type_, model)
    return among(
        model,
        *steps,
        EXTENSIONS,
        codec=codec_of(held, url),
        leaves=tuple(_leaves(held)),
        home="ours",
    )


def others(
    type_: type[Struct],
    rows: Sequence[Field],
    *,
    prefix: str = "",
    at: Callable[[str], tuple[Step, ...]] = lambda model: (),
    but: tuple[str, ...] = (),
) -> Iterator[Field]:
    """A row for each attribute that no row has, the largest parts first: nothing is forgotten.

    `at` says on which object an attribute is, by its path.
    """
    taken = {row.model for row in rows if not (row.read_only or row.write_only)} | {*but}

    def below(struct: type[Struct], path: str) -> Iterator[Field]:
        for name, info in fields_of(struct).items():
            model = f"{path}{name}"
            if model in taken:
                continue
            if any(one.startswith(f"{model}.") for one in taken):
                yield from below(bare(info.type), f"{model}.")
            else:
                yield extra(type_, model, *at(model), prefix=prefix)

    yield from below(type_, "")


def _leaves(held: Any) -> Iterator[str]:
    """The leaves below an attribute, as rows name them; none for a value."""
    inner = bare(held)
    items = item_type(inner)
    struct = items or inner
    if not _is_struct(struct):
        return
    start = "*." if items else ""
    for name, info in fields_of(struct).items():
        deeper = list(_leaves(info.type))
        yield from (f"{start}{name}.{leaf}" for leaf in deeper) if deeper else (f"{start}{name}",)


def codec_of(held: Any, url: str) -> Codec[Any]:
    """The codec of an attribute of this type as extension attributes of this url."""
    kind = bare(held)
    write_one, read_one = _writer(kind), _reader(kind, held)

    def write(value: Any, names: Names) -> list[Node]:
        nodes: list[Node] = []
        write_one(value, url, names.once(Ids).next, nodes)
        return nodes

    def read(nodes: Any, names: Names) -> Any:
        return _gather(_at(names, nodes).get(url, ()), read_one, item_type(kind) is not None)

    return Codec(read, write, label=f"url='{url.removeprefix(URL)}'", gives=kind)


# --- which extension attributes an object has ----------------------------------------------------


class _Lists:
    """The extension attributes of each list that was asked of, by their urls."""

    def __init__(self, names: Names) -> None:
        self.of: dict[int, tuple[Any, dict[str, list[tuple[int, Node]]]]] = {}


def _at(names: Names, nodes: Any) -> dict[str, list[tuple[int, Node]]]:
    if nodes.__class__ is not list:
        raise Mismatch(f"expected a list, found {nodes!r:.60}")
    known = names.once(_Lists).of
    found = known.get(id(nodes))
    if found is None:
        # With the list, so that its id stays its own.
        found = known[id(nodes)] = nodes, _by_url(nodes)
    return found[1]


def _by_url(nodes: list[Any]) -> dict[str, list[tuple[int, Node]]]:
    found: dict[str, list[tuple[int, Node]]] = {}
    for position, node in enumerate(nodes):
        if node.__class__ is dict:
            found.setdefault(str(node.get("url")), []).append((position, node))
    return found


# --- writing -----------------------------------------------------------------------------------


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _member(kind: Any) -> str:
    """The member that the values of a type stand in."""
    if kind is bool:
        return "valueBoolean"
    return {int: "valueInteger", float: "valueQuantity"}.get(kind, "valueString")


_WRITERS: dict[Any, Write] = {}


def _writer(kind: Any) -> Write:
    """A function that adds the extension attributes of a value to a list."""
    items = item_type(kind)
    if items is not None:
        return _list_writer(_writer(items))
    if not _is_struct(kind):
        return _number_writer if kind is float else _value_writer(_member(kind))
    if kind not in _WRITERS:
        _WRITERS[kind] = _struct_writer(kind)
    return _WRITERS[kind]


def _value_writer(member: str) -> Write:
    def write(value: Any, url: str, next_id: Callable[[], str], nodes: list[Node]) -> None:
        nodes.append({"id": next_id(), "url": url, member: value, "instanceType": _TYPE})

    return write


def _number_writer(value: Any, url: str, next_id: Callable[[], str], nodes: list[Node]) -> None:
    quantity = {"id": next_id(), "value": value, "instanceType": "Quantity"}
    nodes.append({"id": next_id(), "url": url, "valueQuantity": quantity, "instanceType": _TYPE})


def _list_writer(write_one: Write) -> Write:
    def write(values: Any, url: str, next_id: Callable[[], str], nodes: list[Node]) -> None:
        for value in values:
            write_one(value, url, next_id, nodes)
        if not values:
            nodes.append(
                {"id": next_id(), "url": url, "valueInteger": _NO_ITEMS, "instanceType": _TYPE}
            )

    return write


def _struct_writer(struct: Any) -> Write:
    """Generated, since most of a record with results is written by these."""
    held: dict[str, Any] = {}
    lines = ["def write(v, url, next_id, nodes):", "    inner = []"]
    for position, (name, info) in enumerate(fields_of(struct).items()):
        kind, key = bare(info.type), info.encode_name
        lines.append(f"    x = v.{name}")
        lines.append("    if x is not None:")
        if item_type(kind) is None and not _is_struct(kind) and kind is not float:
            lines.append(
                f'        inner.append({{"id": next_id(), "url": {key!r}, {_member(kind)!r}: x,'
                f' "instanceType": {_TYPE!r}}})'
            )
        else:
            held[f"w{position}"] = _writer(kind)
            lines.append(f"        w{position}(x, {key!r}, next_id, inner)")
    lines += [
        '    node = {"id": next_id(), "url": url}',
        f"    if inner: node[{EXTENSIONS!r}] = inner",
        f'    node["instanceType"] = {_TYPE!r}',
        "    nodes.append(node)",
    ]
    # All of the source is made here, from structs of ours: no input has a part in it.
    exec(compile("\n".join(lines), f"<usdm {struct.__name__}>", "exec"), held)
    write: Write = held["write"]
    return write


# --- reading -----------------------------------------------------------------------------------

_READERS: dict[Any, Read] = {}


def _reader(kind: Any, held: Any) -> Read:
    """A function that gives the value of one extension attribute. Raises Mismatch."""
    struct = item_type(kind) or kind
    if _is_struct(struct):
        if struct not in _READERS:
            _READERS[struct] = _struct_reader(struct)
        return _READERS[struct]
    return _value_reader(struct, misfit(_item(held) if item_type(kind) else held))


def _item(held: Any) -> Any:
    from typing import get_args

    return get_args(bare(held))[0]


def _value_reader(kind: Any, unfit: Callable[[Any], None] | None) -> Read:
    member = _member(kind)
    wanted = {
        "valueString": (str, "a string"),
        "valueBoolean": (bool, "true or false"),
        "valueInteger": (int, "a whole number"),
    }

    def read(node: Node) -> Any:
        if kind is float:
            quantity = node.get("valueQuantity")
            number = quantity.get("value") if quantity.__class__ is dict else None
            if number.__class__ not in (int, float):
                raise Mismatch(f"expected a number, found {number!r:.60}", "valueQuantity")
            return float(number)
        value = node.get(member)
        class_, word = wanted[member]
        if value.__class__ is not class_:
            raise Mismatch(f"expected {word}, found {value!r:.60}", member)
        if unfit is not None:
            try:
                unfit(value)
            except Mismatch as mismatch:
                raise Mismatch.of(mismatch.within(member)) from None
        return value

    return read


def _struct_reader(struct: Any) -> Read:
    parts: dict[str, tuple[str, Read, bool]] = {}
    # A struct may hold itself in time: it is known before its parts are.
    for name, info in fields_of(struct).items():
        kind = bare(info.type)
        parts[info.encode_name] = name, _reader(kind, info.type), item_type(kind) is not None
    needed = tuple(name for name, info in fields_of(struct).items() if info.required)

    def read(node: Node) -> Any:
        nodes = node.get(EXTENSIONS)
        if nodes is None:
            nodes = []
        if nodes.__class__ is not list:
            raise Mismatch(f"expected a list, found {nodes!r:.60}", EXTENSIONS)
        found: dict[str, Any] = {}
        bad: list[tuple[str, str]] = []
        for key, placed in _by_url(nodes).items():
            if key in parts:
                name, read_one, many = parts[key]
                try:
                    found[name] = _gather(placed, read_one, many)
                except Mismatch as mismatch:
                    bad += mismatch.within(EXTENSIONS)
        bad += [("", f"without {name}, expected one") for name in needed if name not in found]
        if bad:
            raise Mismatch.of(bad)
        return struct(**found)

    return read


def _gather(placed: Sequence[tuple[int, Node]], read_one: Read, many: bool) -> Any:
    """The value of the extension attributes of one url, each with its position."""
    if not placed:
        return None
    if many and len(placed) == 1 and placed[0][1].get("valueInteger") == _NO_ITEMS:
        return []
    values, bad = [], []
    for position, node in placed if many else placed[:1]:
        try:
            values.append(read_one(node))
        except Mismatch as mismatch:
            bad += mismatch.within(f"[{position}]")
    if bad:
        raise Mismatch.of(bad)
    return values if many else values[0]
