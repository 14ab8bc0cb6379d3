"""Tables as functions: one writer and one reader made from each Record.

The functions are generated source, with the steps of all rows folded into one walk over the tree.
Paths are not tracked while all goes well: a reader that meets a Mismatch goes on with its other
rows, and adds the path of the place on the way out, so that all problems of a record are told
together.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby, takewhile
from types import SimpleNamespace
from typing import Any, Literal, get_args, get_origin

from msgspec import Struct

from trialbridge.mappings.codec import (
    AS_IS,
    Codec,
    Constant,
    Extension,
    Field,
    Item,
    Mismatch,
    Node,
    Record,
    Written,
    annotation,
    attribute_type,
    fields_of,
    misfit,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.source import Branch, Source
from trialbridge.mappings.tree import joined

Write = Callable[..., Node]
Read = Callable[[Node, Names], Any]


def writer(table: Record) -> Write:
    """A function that gives the node of a struct, filled by every row of the table."""
    source = Source("write", table, "v, names")
    values = _model_variables(source, table)
    source.line("node = {}")
    _write_branch(source, table, values, _written(table), "node")
    source.line("return node")
    function: Write = source.function()
    return function


def _written(table: Record) -> "Branch":
    return Branch.of(tuple(row for row in table.rows if not row.read_only))


def reader(table: Record) -> Read:
    """A function that gives the struct of a node; it raises Mismatch with all that is wrong."""
    source = Source("read", table, "node, names")
    source.line("bad, told = [], []")
    rows = tuple(row for row in table.rows if not row.write_only)
    owners = sorted({row.model.rpartition(".")[0] for row in rows if row.model} | {""})
    every = sorted({".".join(o.split(".")[:i]) for o in owners for i in range(len(o) + 1)})
    for owner in every:
        source.line(f"{_keywords(owner)} = {{}}")
    _read_branch(source, table, Branch.of(rows), "node", "")
    source.line("if bad: raise Mismatch.of(bad)")
    source.line("if told: names.warnings = told")
    source.bind("Mismatch", Mismatch)
    for owner in sorted(every, key=lambda path: (-path.count("."), path == "")):
        type_, keywords = attribute_type(table.type, owner), _keywords(owner)
        # Asked beforehand: a TypeError is a fault of ours, and not to be told as one of a document.
        needed = tuple(key for key, one in fields_of(type_).items() if one.required)
        if owner:
            source.line(f"if {keywords}:")
            source.depth += 1
        if needed:
            lacks = source.value(_lacks)
            missing = " or ".join(f"{key!r} not in {keywords}" for key in needed)
            source.line(f"if {missing}: {lacks}({type_.__name__!r}, {needed!r}, {keywords})")
        made = f"{source.value(type_)}(**{keywords})"
        if owner:
            outer, _, name = owner.rpartition(".")
            source.line(f"{_keywords(outer)}[{name!r}] = {made}")
            source.depth -= 1
        else:
            source.line(f"return {made}")
    function: Read = source.function()
    return function


def _lacks(struct: str, needed: tuple[str, ...], given: Mapping[str, Any]) -> None:
    """Raises Mismatch if a struct is not to be made of what was read."""
    missing = [key for key in needed if key not in given]
    if missing:
        lacks, wants = " or ".join(missing), " and ".join(needed)
        raise Mismatch(f"a {struct} without {lacks}, expected {wants}")


def each(
    table: Record,
    *,
    name: str | None = None,
    const: Mapping[str, Any] | None = None,
    mine: Callable[[Node], bool] | None = None,
    key: tuple[str, str] | None = None,
    id_as: str | None = None,
    number_as: tuple[str, str] | None = None,
    complete: Callable[[Node], None] | None = None,
    blank: Mapping[str, Any] | None = None,
) -> Codec[list[Any]]:
    """The structs of a list as the elements of a list that `mine` accepts.

    Where one member and its value tell them, `key` is these, in place of `mine`.
    Each element has `const`; it is named by kind and position, and has this name in the member
    `id_as`, and its number, from 1, in the first of `number_as` behind the second. `complete` gives
    a written element what the standard wants and the source does not say; one that has nothing but
    `const` even then gets the members of `blank`.
    """
    constant = dict(const or {})
    write = _elements_writer(table, name, constant, id_as, number_as, complete, blank)
    url = constant.get("url")
    return Codec(
        _Elements(table, mine, key).read,
        write,
        extensions=(Extension(url, None),) if url else (),
        table=table,
    )


def _elements_writer(
    table: Record,
    name: str | None,
    const: Mapping[str, Any],
    id_as: str | None,
    number_as: tuple[str, str] | None,
    complete: Callable[[Node], None] | None,
    blank: Mapping[str, Any] | None,
) -> Callable[[list[Any], Names], list[Node]]:
    """A function that gives the nodes of structs, each as `writer` has it, in one loop."""
    source = Source("write", table, "values, names")
    source.line("outer, elements = names.item, []")
    if name is not None:
        source.line(f"stem, number = names.stem({name!r}), 0")
    source.line("for v in values:")
    source.depth += 1
    if name is not None:
        source.line("number += 1")
        source.line("names.item = stem + str(number)")
    members = source.members(const)
    if id_as is not None:
        members = [*members, f"{id_as!r}: names.item"]
    if number_as is not None:
        member, word = number_as
        members = [*members, f"{member!r}: {word!r} + str(number)"]
    source.line(f"node = {{{', '.join(members)}}}")
    values = _model_variables(source, table)
    top = _written(table)
    merged = any(row.merge for row in top.rows)
    # Constant lists are joined with the written ones; all else is overwritten.
    lists = [
        key
        for key, value in const.items()
        if isinstance(value, list) and (merged or key in top.members)
    ]
    if lists:
        source.line("written = {}")
    _write_branch(source, table, values, top, "written" if lists else "node")
    for key in lists:
        before = source.value(const[key])
        source.line(f"if {key!r} in written: written[{key!r}] = {before} + written[{key!r}]")
    if lists:
        source.line("node.update(written)")
    if complete is not None:
        source.line(f"{source.value(complete)}(node)")
    if blank is not None:
        source.line(f"if len(node) <= {len(const)}: node.update({source.value(dict(blank))})")
    source.line("elements.append(node)")
    source.depth -= 1
    source.line("names.item = outer")
    source.line("return elements")
    function: Callable[[list[Any], Names], list[Node]] = source.function()
    return function


_Listed = list[tuple[int, Any]]


class _Shared:
    """Lists that many rows share, looked through once for each member that tells their elements."""

    def __init__(self, names: Names) -> None:
        # With the lists, so that the id of each stays its own.
        self._by: dict[tuple[int, str], tuple[Any, dict[str, _Listed] | None]] = {}

    def of(self, nodes: Any, member: str, value: str) -> Sequence[tuple[int, Any]]:
        """The elements in which a member has this value, and what is no object, by position."""
        if len(nodes) >= _LONG:
            found = self._by.get((id(nodes), member))
            if found is None:
                found = self._by[id(nodes), member] = nodes, _by(nodes, member)
            if found[1] is not None:
                return found[1].get(value, ())
        return [
            at
            for at in enumerate(nodes)
            if at[1].__class__ is not dict or at[1].get(member) == value
        ]


# As many as take longer than to keep what was found.
_LONG = 4


def _by(nodes: Any, member: str) -> dict[str, _Listed] | None:
    """The elements by the text that a member of them has; None where one is no object."""
    found: dict[str, _Listed] = {}
    for at in enumerate(nodes):
        if at[1].__class__ is not dict:
            return None
        value = at[1].get(member)
        if value.__class__ is str:
            if value in found:
                found[value].append(at)
            else:
                found[value] = [at]
    return found


class _Elements:
    """The elements of a list that are read as structs."""

    def __init__(
        self,
        table: Record,
        mine: Callable[[Node], bool] | None,
        key: tuple[str, str] | None,
    ) -> None:
        self.mine, self.key = mine, key
        self.read_one = reader(table)

    def read(self, nodes: Any, names: Names) -> list[Any] | None:
        values, bad = [], []
        told: list[tuple[str, str, str]] = []
        mine, read_one = self.mine, self.read_one
        listed: Iterable[tuple[int, Any]] = enumerate(nodes)
        if self.key is not None:
            # Of most lists that many rows share a row has nothing.
            listed = names.made[_Shared].of(nodes, *self.key)
            if not listed:
                return None
        for position, node in listed:
            if node.__class__ is not dict:
                bad.append((f"[{position}]", f"expected an object, found {node!r:.60}"))
            elif mine is None or mine(node):
                try:
                    values.append(read_one(node, names))
                    if names.warnings:
                        told += names.within(f"[{position}]")
                except Mismatch as mismatch:
                    bad += mismatch.within(f"[{position}]")
        if bad:
            raise Mismatch.of(bad)
        if told:
            names.warnings = told
        return values or None


def _keywords(owner: str) -> str:
    return f"k_{owner.replace('.', '__')}"


def _model_variables(source: Source, table: Record) -> dict[str, str]:
    """Lines that fetch each struct on the way to a row's attribute, once."""
    variables = {"": "v"}
    for row in table.rows:
        owners = row.model.split(".")[:-1]
        for length in range(1, len(owners) + 1):
            path = ".".join(owners[:length])
            if path not in variables:
                outer = variables[".".join(owners[: length - 1])]
                name = variables[path] = f"m_{path.replace('.', '__')}"
                # An absent struct is like an empty one to what follows; but an empty one is said.
                absent = _empty(attribute_type(table.type, path))
                empty = source.absent[path] = source.value(absent)
                source.line(f"{name} = {outer}.{owners[length - 1]}")
                source.line(f"if {name} is None: {name} = {empty}")
                if isinstance(absent, Struct):
                    source.line(f"elif {name} == {empty}: names.odd = True")
    return variables


def _empty(type_: type[Struct]) -> Any:
    """What stands for an absent struct: it has each attribute, absent."""
    try:
        return type_()
    except TypeError:  # it has required attributes, so no struct of it is empty
        return SimpleNamespace(**dict.fromkeys(type_.__struct_fields__))


def _write_branch(
    source: Source,
    table: Record,
    values: dict[str, str],
    branch: Branch,
    node: str,
    asked: frozenset[str] = frozenset(),
) -> None:
    """Lines that fill the node at a branch; it was asked whether these structs are there."""
    for aside, below in branch.asides.values():
        store = f"{source.value(aside.store)}(names, {node}, "
        begun = source.members(aside.begins)
        if not begun and (only := below.only):
            _write_value(source, table, values, only.row, only.within(source, store, ")"))
            continue
        inner = source.new("n")
        source.line(f"{inner} = {{{', '.join(begun)}}}")
        _write_branch(source, table, values, below, inner, asked)
        written = f"len({inner}) > {len(begun)}" if begun else inner
        source.line(f"if {written}: {store}{inner})")
    for owner, group in groupby(branch.members.items(), lambda pair: _owner(pair[1].all_rows)):
        with _present(source, values, owner, asked, members := [*group]) as known:
            for key, below in members:
                _write_member(source, table, values, key, below, node, known)
    for row in branch.rows:
        if row.merge:
            _write_value(source, table, values, row, lambda expr: f"merge({node}, {expr})")


def _write_member(
    source: Source,
    table: Record,
    values: dict[str, str],
    key: str,
    below: Branch,
    node: str,
    asked: frozenset[str],
) -> None:
    """Lines that fill a member of a node."""
    if not below.rows and (only := below.only):
        store = only.within(source, f"{node}[{key!r}] = ")
        _write_value(source, table, values, only.row, store)
        return
    for row in below.rows:
        if not row.many and not row.merge:
            _write_value(source, table, values, row, f"{node}[{key!r}] = ".__add__)
    if below.elements:
        found = source.new("l")
        source.line(f"{found} = []")
        rows = below.rows_of
        for owner, group in groupby(below.elements, lambda element: _owner(rows(element))):
            with _present(source, values, owner, asked, elements := [*group]) as known:
                for element in elements:
                    _write_element(source, table, values, below, element, found, known)
        source.line(f"if {found}: {node}[{key!r}] = {found}")
    elif below.further or any(row.merge for row in below.rows):
        inner = source.new("n")
        source.line(f"{inner} = {{}}")
        _write_branch(source, table, values, below, inner, asked)
        source.line(f"if {inner}: {node}[{key!r}] = {inner}")


def _write_element(
    source: Source,
    table: Record,
    values: dict[str, str],
    below: Branch,
    element: Field | int,
    found: str,
    asked: frozenset[str],
) -> None:
    """Lines that add to a list what a row writes, or an item."""
    if isinstance(element, Field):
        _write_value(source, table, values, element, f"{found} += ".__add__)
        return
    item, inside = below.items[element]
    if (only := inside.only) and only.steps and not only.row.merge:
        add = only.within(source, f"{found}.append(", ")", item=item)
        _write_value(source, table, values, only.row, add)
        return
    inner = source.new("n")
    source.line(f"{inner} = {{}}")
    _write_branch(source, table, values, inside, inner, asked)
    const = source.value(dict(item.const))
    whole = f"{{**{const}, **{inner}}}" if item.const else inner
    source.line(f"if {inner}: {found}.append({whole})")


def _owner(rows: tuple[Field, ...]) -> str:
    """The innermost struct that all rows are of, "" where that is the whole, or one asks always."""
    owners = [row.model.split(".")[:-1] for row in rows]
    if any(row.write_always for row in rows):
        return ""
    first, last = min(owners), max(owners)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return ".".join(step for step, _ in same)


@contextmanager
def _present(
    source: Source, values: dict[str, str], owner: str, asked: frozenset[str], some: list[Any]
) -> Iterator[frozenset[str]]:
    """Lines that are passed over where a struct is absent, of which all rows in them are."""
    if not owner or owner in asked or len(some) < _WORTH_ASKING:
        yield asked
        return
    source.line(f"if {values[owner]} is not {source.absent[owner]}:")
    source.depth += 1
    yield asked | {owner}
    source.depth -= 1


# To ask whether a struct is there costs as much as to pass over one or two of its attributes.
_WORTH_ASKING = 3


def _write_value(
    source: Source,
    table: Record,
    values: dict[str, str],
    row: Field,
    store: Callable[[str], str],
) -> None:
    """Lines that store what the row's codec makes of its value."""
    if row.codec.write.__class__ is Constant and not row.model:
        source.line(store(source.expression(row.codec.write.value)))
        return
    owner, _, name = row.model.rpartition(".")
    holder = values[owner]
    x = source.new("x")
    if not row.model:
        source.line(f"{x} = v")
    else:
        source.line(f"{x} = {holder}.{name}")
    type_ = attribute_type(table.type, row.model)
    can_be_empty = type_ not in (bool, int, float)
    guard = f" and {source.value(row.when)}({x})" if row.when else ""
    if row.write_always:
        source.line("if True:")
    elif can_be_empty:
        source.line(f"if {x}{guard}:")
    else:
        source.line(f"if {x} is not None{guard}:")
    source.depth += 1
    if row.codec.plain:
        source.line(store(x))
    elif row.codec.write.__class__ is Written:
        source.line(store(f"{source.value(row.codec.write)}[{x}]"))
    else:
        y = source.new("y")
        word = f"write_{row.model or 'whole'}"
        source.line(f"{y} = {source.value(row.codec.write, word)}({x}, names)  # {_said(row)}")
        source.line(f"if {y} is not None: {store(y)}")
    source.depth -= 1
    if can_be_empty and not row.write_always:
        guard = f" and not {x}" if row.when else ""
        source.line(f"elif {x} is not None{guard}: names.odd = True")


def _read_branch(source: Source, table: Record, branch: Branch, node: str, path: str) -> None:
    """Lines that read the node at a branch into the keywords of the structs."""
    for row in branch.rows:
        if row.merge:
            _read_value(source, table, row, node, path)
    for aside, below in branch.asides.values():
        at = source.new("n")
        source.line(f"{at} = {source.value(aside.find)}(names, {node})")
        source.line(f"if names.warnings: told += names.within({path!r})")
        source.line(f"if {at} is not None:")
        source.depth += 1
        source.line("pass")
        _read_branch(source, table, below, at, joined(path, aside.way or aside.label))
        source.depth -= 1
    for key, below in branch.members.items():
        here = joined(path, key)
        at = source.new("n")
        source.line(f"{at} = {node}.get({key!r})")
        for row in below.rows:
            if row.read_always:
                _read_value(source, table, row, at, here)
        source.line(f"if {at} is not None:")
        source.depth += 1
        source.line("pass")
        wants = (
            "list"
            if below.items or any(row.many and not row.read_always for row in below.rows)
            else None
        )
        if wants is None and below.further:
            wants = "dict"
        if wants is not None:
            what = "a list" if wants == "list" else "an object"
            source.line(f"if {at}.__class__ is not {wants}:")
            source.line(f"    bad.append(({here!r}, f'expected {what}, found {{{at}!r:.60}}'))")
            source.line("else:")
            source.depth += 1
            source.line("pass")
        for row in below.rows:
            if not row.merge and not row.read_always:
                _read_value(source, table, row, at, here)
        keyed = Counter(item.by or item.key[0] for item, _ in below.items.values() if item.key)
        # A list that several elements are looked for in is looked through once.
        tables = {by: source.new("t") for by, count in keyed.items() if count > 1}
        for by, table_ in tables.items():
            if isinstance(by, str):
                source.line(f"{table_} = first_by({at}, {by!r})")
            else:
                source.line(f"{table_} = {source.value(by)}({at})")
        for item, inside in below.items.values():
            one = source.new("i")
            if item.key and (item.by or item.key[0]) in tables:
                source.line(f"{one} = {tables[item.by or item.key[0]]}.get({item.key[1]!r})")
            else:
                mine = source.value(item.mine)
                source.line(f"for {one} in {at}:")
                source.line(f"    if {one}.__class__ is dict and {mine}({one}): break")
                source.line(f"else: {one} = None")
            source.line(f"if {one} is not None:")
            source.depth += 1
            source.line("pass")
            _read_branch(source, table, inside, one, f"{here}[{item.label or 0}]")
            source.depth -= 1
        if not below.items:
            _read_branch(source, table, _without_rows(below), at, here)
        if wants is not None:
            source.depth -= 1
        source.depth -= 1


def _without_rows(branch: Branch) -> Branch:
    """The branch below a member, whose own values were read where the member was."""
    inner = Branch()
    inner.members, inner.asides = branch.members, branch.asides
    inner.rows = [row for row in branch.rows if row.merge]
    return inner


def _said(row: Field) -> str:
    """A row in a comment of the source: its path in the model, and its place in the tree."""
    place = ""
    for step in row.steps:
        if isinstance(step, str):
            place = joined(place, step)
        elif isinstance(step, Item):
            place += f"[{step.label or 0}]"
        else:
            place = joined(place, step.way or step.label)
    return f"{row.model or 'the whole'} -> {place or 'the node'}".replace("\n", " ")


def _read_value(source: Source, table: Record, row: Field, at: str, path: str) -> None:
    owner, _, name = row.model.rpartition(".")
    y = source.new("y")
    unfit = _unfit(row, annotation(table.type, row.model)) if row.model else None
    same = AS_IS.get(row.codec.read)
    if same is not None and row.model and unfit is None and not row.read_always:
        # Most values are such, and need not be asked for.
        full = f" and {at}" if same is str else ""
        source.line(f"if {at}.__class__ is {same.__name__}{full}:")
        source.line(f"    {_keywords(owner)}[{name!r}] = {at}")
        source.line("else:")
        source.depth += 1
        _read_by_codec(source, row, y, at, path, None)
        source.depth -= 1
        return
    _read_by_codec(source, row, y, at, path, unfit)


def _unfit(row: Field, annotation: Any) -> Callable[[Any], None] | None:
    """What is asked of a value that was read; nothing that its codec answers for."""
    unfit = misfit(annotation)
    if unfit is row.codec.asks:
        return None
    given = row.codec.gives_of
    if given is not None and get_origin(annotation) is Literal and given <= {*get_args(annotation)}:
        return None
    return unfit


def _read_by_codec(
    source: Source,
    row: Field,
    y: str,
    at: str,
    path: str,
    unfit: Callable[[Any], None] | None,
) -> None:
    owner, _, name = row.model.rpartition(".")
    source.line("try:")
    word = f"read_{row.model or 'whole'}"
    source.line(f"    {y} = {source.value(row.codec.read, word)}({at}, names)  # {_said(row)}")
    source.line(f"    if names.warnings: told += names.within({path!r})")
    if unfit is not None:
        source.line(f"    if {y} is not None: {source.value(unfit)}({y})")
    if row.model:
        source.line(f"    if {y} is not None: {_keywords(owner)}[{name!r}] = {y}")
    source.line(f"except Mismatch as mismatch: bad += mismatch.within({path!r})")
