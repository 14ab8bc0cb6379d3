"""Rows of tables of a record, and the record out of its rows: what a table of AACT is made of.

A table has rows of one place of a record, or of several that a column tells apart. A row stands
for an item of a list, or an object; where lists are within lists, for an item of the innermost,
and columns of those above are repeated. A row of a table below has the `id` of its parent's.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from trialbridge.mappings.codec import bare, fields_of, item_type
from trialbridge.mappings.registries.aact import cells
from trialbridge.mappings.registries.aact.cells import Codec
from trialbridge.schemas.trial import Trial

Tree = dict[str, Any]
Cells = dict[str, str | None]
"""The texts of a row by the names of its columns; None where a cell is empty."""

GROUPS: Final = "result_groups"
ARMS: Final = "design_group_interventions"
CODE: Final = "ctgov_group_code"
_OF_GROUP: Final = ("groupId",)


class Row(NamedTuple):
    """A row that was read: its line in the file of its table, and its cells."""

    line: int
    cells: Cells


class Column(NamedTuple):
    """A column with a leaf below an item: `geoPoint/lat`; the item itself, where it is a text.

    Without a codec, that of the types of leaf and column. `instead` is read where the cell is
    empty: older copies have the number alone of what is a text.
    """

    name: str
    key: str = ""
    codec: Codec | None = None
    instead: str = ""


class Flags(NamedTuple):
    """Columns for the codes that a list may have, true where it has them, in the list's order."""

    key: str
    columns: tuple[tuple[str, str], ...]


class Level(NamedTuple):
    """An object or list below what is above it, and the columns of its items.

    `many` is a list; an item of one that is not the innermost is that of the row before where its
    columns are the same. `known` is a column that tells the item wherever it is in the list.
    `only` says which items have rows here, `stated` what all of them have.
    """

    path: str
    columns: tuple[Column | Flags, ...]
    many: bool = True
    known: str = ""
    only: Callable[[Tree], bool] | None = None
    stated: Mapping[str, str] = {}

    def known_by(self) -> tuple[str, ...]:
        """The key of the column that tells the item."""
        return tuple(
            one.key for one in self.columns if isinstance(one, Column) and one.name == self.known
        )


Derived = Callable[["Writing", list[Any], int], str | None]
"""A cell that follows from others: of what is written, the items of the row, and its position."""


class Rows(NamedTuple):
    """Rows of a table of one place.

    `fixed` are cells that tell these rows from others of the table, `derived` those that are not
    read. `group` is the kind of result group that rows are of; `parent` the column that has the
    `id` of the row above, and `below` what is below each row.
    """

    table: str
    levels: tuple[Level, ...]
    fixed: Mapping[str, str] = {}
    derived: Mapping[str, Derived] = {}
    group: str = ""
    parent: str = ""
    below: "tuple[Rows, ...]" = ()


class Fault(NamedTuple):
    """A cell that is not what its column has."""

    table: str
    line: int
    column: str
    message: str


class Writing:
    """The rows of a record so far, and the ids of what others refer to."""

    def __init__(self, tree: Tree, study: str) -> None:
        self.tree, self.study = tree, study
        self.above: Any = None
        self.tables: dict[str, list[Cells]] = {}
        self.arms: dict[str, str] = {}
        self._groups: dict[tuple[str, str, str | None], str] = {}

    def put(self, rows: Rows, above: Any, parent: Cells | None) -> None:
        """Write the rows of a place below something, and all below them."""
        written = self.tables.setdefault(rows.table, [])
        for position, items in enumerate(_items(above, rows.levels)):
            row: Cells = dict(rows.fixed)
            for level, item in zip(rows.levels, items, strict=True):
                for column in level.columns:
                    row.update(_cells(rows.table, column, item))
            # An object that says nothing of this table has no row; the record as a whole has one.
            said = row.keys() - rows.fixed.keys()
            if _is_object(rows) and all(row[name] is None for name in said):
                continue
            row["nct_id"] = self.study
            if rows.table != "studies":
                row["id"] = str(len(written) + 1)
            if parent is not None:
                row[rows.parent] = parent["id"]
            self._refer(rows, row)
            self.above = above
            for name, make in rows.derived.items():
                row[name] = make(self, items, position)
            written.append(row)
            for one in rows.below:
                self.put(one, items[-1], row)

    def _refer(self, rows: Rows, row: Cells) -> None:
        """Note what others refer to, and refer to what was noted."""
        outcome = row.get("outcome_id") or self._outcome_above(row) or ""
        if rows.table == "design_groups" and row["title"] is not None:
            self.arms.setdefault(row["title"], row["id"] or "")
        elif rows.table == GROUPS:
            key = row["result_type"] or "", outcome, row[CODE]
            self._groups.setdefault(key, row["id"] or "")
        elif rows.table == ARMS:
            row["design_group_id"] = self.arms.get(row["design_group_id"] or "")
        elif rows.group:
            row["result_group_id"] = self._groups.get((rows.group, outcome, row[CODE]))

    def _outcome_above(self, row: Cells) -> str | None:
        if "outcome_analysis_id" not in row:
            return None
        return self.tables["outcome_analyses"][-1]["outcome_id"]


def _is_object(rows: Rows) -> bool:
    return bool(rows.levels[0].path) and not any(level.many for level in rows.levels)


def _items(above: Any, levels: tuple[Level, ...]) -> Iterator[list[Any]]:
    """The items of each row below something, from the outermost level on."""
    level, *rest = levels
    held = value_at(above, level.path)
    if held is None:
        return
    for item in held if level.many else [held]:
        if level.only is not None and not level.only(item):
            continue
        if not rest:
            yield [item]
            continue
        nothing = level.many
        for inner in _items(item, tuple(rest)):
            nothing = False
            yield [item, *inner]
        if nothing:
            # What has nothing in it has a row of its own, as a class without values in AACT.
            yield [item, *({} for _ in rest)]


def value_at(item: Any, path: str) -> Any:
    """What an item has at a path of keys; None where it has nothing."""
    for key in path.split("/") if path else ():
        item = item.get(key) if isinstance(item, dict) else None
    return item


def _cells(table: str, column: Column | Flags, item: Any) -> Iterator[tuple[str, str | None]]:
    held = value_at(item, column.key)
    if isinstance(column, Flags):
        for name, code in column.columns:
            yield name, None if held is None else cells.TRUTH.write(code in held)
    else:
        assert column.codec is not None
        yield column.name, None if held is None else column.codec.write(held)


# --- rows as a record ----------------------------------------------------------------------------


class Reading:
    """A record out of the rows of its tables, and what of them is none of their column."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self.tree: Tree = {}
        self.faults: list[Fault] = []
        self._tables = tables
        self._hollow: set[int] = set()
        self._known: dict[tuple[int, tuple[str, ...]], _Known] = {}
        self._below: dict[tuple[str, str], dict[str | None, list[Row]]] = {}
        self.arms = {
            row.cells.get("id"): row.cells.get("title") for row in tables.get("design_groups", ())
        }

    def take(self, rows: Rows, above: Any = None, parent: str | None = None) -> None:
        """Read the rows of a place into what they are below, and all below them."""
        above = self.tree if above is None else above
        for row in self._of(rows, parent):
            if all(row.cells.get(name) == said for name, said in rows.fixed.items()):
                item = self._item(rows, row, above)
                for one in rows.below if item is not None else ():
                    self.take(one, item, row.cells.get("id"))

    def _of(self, rows: Rows, parent: str | None) -> list[Row]:
        found = self._tables.get(rows.table, [])
        if not rows.parent:
            return found
        key = rows.table, rows.parent
        if key not in self._below:
            self._below[key] = {}
            for row in found:
                self._below[key].setdefault(row.cells.get(rows.parent), []).append(row)
        return [] if parent is None else self._below[key].get(parent, [])

    def _item(self, rows: Rows, row: Row, above: Any) -> Any:
        """Put what a row says into its item, and those above it, and give it."""
        found = [(level, self._values(rows.table, level, row)) for level in rows.levels]
        while len(found) > 1 and found[-2][0].many and not found[-1][1]:
            # What is above has nothing in it.
            found.pop()
        for number, (level, values) in enumerate(found):
            last = number == len(found) - 1
            if not level.many:
                if last and not values:
                    return None
                above = _object(above, level.path)
                _fill(above, values)
                continue
            head, _, key = level.path.rpartition("/")
            if "" in values or not any(column.key for column in level.columns):
                # A list of texts.
                if values.get("") is not None:
                    _object(above, head).setdefault(key, []).append(values[""])
                return None
            listed = _object(above, head).setdefault(key, [])
            item = None
            if level.known:
                keys = level.known_by()
                item = self._known_of(listed, keys).get(tuple(values.get(key) for key in keys))
            elif not last:
                item = _same(listed, level, values)
            if item is not None and not level.known:
                below = found[number + 1 :]
                if id(item) in self._hollow or self._is_taken(item, below, row.cells.get(CODE)):
                    item = None
            if item is None:
                item = dict(level.stated)
                listed.append(item)
                if last and len(found) < len(rows.levels):
                    self._hollow.add(id(item))
            _fill(item, values)
            above = item
        return above

    def _known_of(self, listed: list[Any], keys: tuple[str, ...]) -> "_Known":
        """The items of a list, which is of the record, by what they are known by."""
        known = self._known.get((id(listed), keys))
        if known is None:
            known = self._known[id(listed), keys] = _Known(listed, keys)
        return known

    def _is_taken(self, item: Tree, below: list[tuple[Level, Tree]], code: str | None) -> bool:
        """Tell if the place of a row below an item has the value of another row of its group.

        A group has one value in a category, which a class has once: what has another is of the next
        class, though of the same title, and where classes have none, of the next measure.
        """
        (level, values), *rest = below
        listed = item.get(level.path, [])
        if not rest:
            return bool(listed) and self._known_of(listed, _OF_GROUP).get((code,)) is not None
        if len(rest) > 1:
            return bool(listed and not values and _same(listed, level, values)) and self._is_taken(
                listed[-1], rest, code
            )
        keys = tuple(column.key for column in level.columns)
        same = self._known_of(listed, keys).every(tuple(values.get(key) for key in keys))
        return any(self._is_taken(one, rest, code) for one in same)

    def _values(self, table: str, level: Level, row: Row) -> Tree:
        """What a row says of an item of a level, by keys."""
        found: Tree = {}
        for column in level.columns:
            if isinstance(column, Flags):
                told = [(code, row.cells.get(name)) for name, code in column.columns]
                if any(said is not None for _, said in told):
                    found[column.key] = [code for code, said in told if cells.is_true(said)]
                continue
            said = row.cells.get(column.name)
            if said is None and column.instead:
                said = row.cells.get(column.instead)
            if column.name == "design_group_id":
                said = self.arms.get(said)
            if said is None or column.codec is None:
                continue
            try:
                value = column.codec.read(said)
            except ValueError as error:
                self.faults.append(Fault(table, row.line, column.name, f"{said!r:.60} {error}"))
                continue
            if value is not None:
                found[column.key] = value
        return found


def _object(above: Tree, path: str) -> Tree:
    for key in path.split("/") if path else ():
        above = above.setdefault(key, {})
    return above


def _fill(item: Tree, values: Tree) -> None:
    for path, value in values.items():
        head, _, key = path.rpartition("/")
        _object(item, head).setdefault(key, value)


class _Known:
    """The items of a list by what they are known by.

    Items are added to the list meanwhile; of one that lacks what it is known by it may come yet.
    """

    def __init__(self, listed: list[Any], keys: tuple[str, ...]) -> None:
        self._listed, self._keys = listed, keys
        self._seen = 0
        self._found: dict[tuple[Any, ...], list[Any]] = {}
        self._open: list[Any] = []

    def get(self, wanted: tuple[Any, ...]) -> Any:
        """The first item that is known by this, or None."""
        return next(iter(self.every(wanted)), None)

    def every(self, wanted: tuple[Any, ...]) -> list[Any]:
        """All items that are known by this, those that have it since they were looked at behind."""
        for one in self._listed[self._seen :]:
            said = self._said(one)
            if None in said:
                self._open.append(one)
            else:
                self._found.setdefault(said, []).append(one)
        self._seen = len(self._listed)
        later = [one for one in self._open if self._said(one) == wanted] if self._open else []
        return [*self._found.get(wanted, ()), *later]

    def _said(self, item: Any) -> tuple[Any, ...]:
        return tuple(value_at(item, key) for key in self._keys)


def _same(listed: list[Any], level: Level, values: Tree) -> Any:
    """The last item, if a row is of it, which other rows have begun."""
    if not listed:
        return None
    last = listed[-1]
    same = all(value_at(last, column.key) == values.get(column.key) for column in level.columns)
    return last if same else None


# --- the types of leaves and columns -------------------------------------------------------------


def compiled(rows: Rows, types: dict[str, dict[str, str]], above: str = "") -> Rows:
    """Give each column its codec. Raises LookupError for a leaf or column that there is not."""
    levels = []
    for level in rows.levels:
        above += f"/{level.path}" * bool(level.path) + "/*" * level.many
        columns = tuple(_compiled(one, types[rows.table], above) for one in level.columns)
        levels.append(level._replace(columns=columns))
    for name in (*rows.fixed, *rows.derived, *([rows.parent] if rows.parent else ())):
        types[rows.table][name]
    below = tuple(compiled(one, types, above) for one in rows.below)
    return rows._replace(levels=tuple(levels), below=below)


def _compiled(column: Column | Flags, types: dict[str, str], above: str) -> Column | Flags:
    if isinstance(column, Flags):
        for name, _ in column.columns:
            types[name]
        return column
    type_ = _type(f"{above}/{column.key}" if column.key else above)
    # A day, or a date as precise as it is.
    of = "date" if column.name.endswith("_month_year") else types[column.name]
    codec = column.codec or cells.codec_of(type_, of)
    return column._replace(codec=codec)


def _type(pointer: str) -> Any:
    """The type of a leaf of the model."""
    return bare(_field(pointer))


def _field(pointer: str) -> Any:
    type_: Any = Trial
    for key in pointer.split("/")[1:]:
        if key == "*":
            type_ = item_type(type_)
            continue
        fields = {field.encode_name: field.type for field in fields_of(bare(type_)).values()}
        type_ = fields[key]
    return type_


def _is_list(pointer: str) -> bool:
    return item_type(_field(pointer)) is not None


def leaves(rows: Rows, above: str = "") -> Iterator[tuple[str, str]]:
    """Each leaf that rows have, with the column that has it."""
    for level in rows.levels:
        above += f"/{level.path}" * bool(level.path) + "/*" * level.many
        for column in level.columns:
            at = f"{above}/{column.key}" if column.key else above
            if isinstance(column, Flags):
                yield f"{at}/*", f"{rows.table}.{column.columns[0][0]}"
            else:
                yield at + "/*" * _is_list(at), f"{rows.table}.{column.name}"
        for key in level.stated:
            yield f"{above}/{key}", rows.table
    for one in rows.below:
        yield from leaves(one, above)
