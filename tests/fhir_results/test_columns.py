"""The tables of results, turned and turned back, where groups come again or are not listed."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from trialbridge.mappings.fhir.results.columns import back, turned

IDS = st.sampled_from([None, "", "A", "B", "C", "D"])


class Stat(NamedTuple):
    group_id: str | None
    number: int


def given_back(rows: list[list[Stat]], groups: list[str | None]) -> list[list[Stat]]:
    columns, orders = turned(rows, groups)
    found = back([column.cells for column in columns], orders.get)
    return [found.get(number, []) for number in range(len(rows))]


@given(st.lists(st.lists(IDS, max_size=9), max_size=4), st.lists(IDS, max_size=5))
def test_rows_come_back_from_their_columns(
    ids: list[list[str | None]], groups: list[str | None]
) -> None:
    rows = [[Stat(id_, number) for number, id_ in enumerate(row)] for row in ids]
    assert given_back(rows, groups) == rows
    columns, _ = turned(rows, groups)
    for column in columns:
        told = [row for row, _ in column.cells]
        assert len(set(told)) == len(told)
        assert {stat.group_id or None for _, stat in column.cells} <= {column.id or None}


def test_each_number_more_of_a_group_has_a_column_more_in_the_order_of_the_row() -> None:
    row = [Stat(id_, number) for number, id_ in enumerate(["B", "A", "B", "X", "B", "X"])]
    columns, orders = turned([row], ["A", "B"])
    assert [
        (one.group, one.id, one.first, [stat.number for _, stat in one.cells]) for one in columns
    ] == [
        (0, "A", True, [1]),
        (1, "B", True, [0]),
        (1, "B", False, [2]),
        (None, "X", False, [3]),
        (1, "B", False, [4]),
        (None, "X", False, [5]),
    ]
    assert orders == {0: "1 0 2 3 4 5"}


def test_a_row_of_ten_thousand_numbers_of_one_group_takes_no_time() -> None:
    # Looked for among those before it, each number would have this last for hours.
    row = [Stat("A", number) for number in range(10_000)]
    columns, orders = turned([row], ["A"])
    assert len(columns) == len(row)
    assert orders == {}
    assert given_back([row], ["A"]) == [row]
