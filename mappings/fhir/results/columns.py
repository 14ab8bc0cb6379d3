"""The tables of results, turned: the registry has rows with a number for each group, FHIR an
Evidence for each group with a statistic for each row.

A row mostly has one number for each group, in the order of the groups. Whatever else it has comes
back all the same: a number of a group that is not listed, or a second one, makes a column of its
own, and a row in another order says in which.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from trialbridge.mappings.fhir.types import ours

ORDER = ours("column-order", "String")
"""The order of a row's numbers, where it is another than that of the groups.

The row's key, then for each number which of the row's it is, as they stand by group.
"""


class Column(NamedTuple):
    """The numbers of one group: its position among the groups (None if it is not listed), its id,
    and each of its numbers with the position of its row.

    `first`: it is the one column of the group, or the first of several.
    """

    group: int | None
    id: str | None
    cells: list[tuple[int, Any]]
    first: bool


def positions(groups: Iterable[str | None]) -> dict[str, int]:
    """Where each group stands by its id, the first of those that have the same; none without id."""
    found: dict[str, int] = {}
    for position, id_ in enumerate(groups):
        if id_:
            found.setdefault(id_, position)
    return found


def turned(
    rows: Iterable[Sequence[Any] | None], groups: Sequence[str | None]
) -> tuple[list[Column], dict[int, str]]:
    """The columns of rows, those of the groups first, and the order of each odd row."""
    columns = [Column(position, id_, [], True) for position, id_ in enumerate(groups)]
    cells = [column.cells for column in columns]
    known = positions(groups)
    others: dict[tuple[str | None, int], int] = {}
    orders: dict[int, str] = {}
    for number, row in enumerate(rows):
        before = -1
        for stat in row or ():
            position = known.get(stat.group_id, -1)
            if position <= before:
                break
            before = position
        else:
            for stat in row or ():
                cells[known[stat.group_id]].append((number, stat))
            continue
        taken: list[int] = []
        # How many of the row's are of an id; the first of a listed group needs no column more.
        counts: dict[str | None, int] = {}
        for stat in row or ():
            id_ = stat.group_id or None
            position = known.get(id_, -1) if id_ else -1
            count = counts.get(id_, -1 if position >= 0 else 0)
            counts[id_] = count + 1
            if count >= 0:
                found = others.get((id_, count))
                if found is None:
                    found = others[id_, count] = len(columns)
                    columns.append(Column(position if position >= 0 else None, id_, [], False))
                    cells.append(columns[-1].cells)
                position = found
            taken.append(position)
            cells[position].append((number, stat))
        if taken != (sorted_ := sorted(taken)):
            ranks = {position: rank for rank, position in enumerate(sorted_)}
            orders[number] = " ".join(str(ranks[position]) for position in taken)
    return columns, orders


def back(
    columns: Iterable[Iterable[tuple[Any, Any]]], orders: Callable[[Any], str | None]
) -> dict[Any, list[Any]]:
    """The rows of columns, each cell of which is the key of its row and what it has."""
    rows: dict[Any, list[Any]] = {}
    for column in columns:
        for row, stat in column:
            found = rows.get(row)
            if found is None:
                rows[row] = [stat]
            else:
                found.append(stat)
    for row, stats in rows.items():
        order = orders(row)
        if order is not None:
            places = [int(word) for word in order.split() if word.isdecimal()]
            # Where somebody took a number out, the order says nothing any more.
            if sorted(places) == [*range(len(stats))]:
                rows[row] = [stats[place] for place in places]
    return rows
