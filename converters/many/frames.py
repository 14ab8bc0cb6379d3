"""The records of any source as rows of one of the model's tables, for pandas, Polars and csv."""

from collections.abc import Iterable, Iterator
from typing import Any

from trialbridge.many.conversion import own_id
from trialbridge.mappings import tables
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.sources.reading import SKIPPED, Readable, records


def rows(
    source: Readable | Iterable[Readable],
    table: str = "studies",
    *,
    format: str | None = None,
    problems: list[Problem] | None = None,
) -> Iterator[dict[str, Any]]:
    """Give the records of a source, or of several, as rows of a table, for a data frame.

    `pandas.DataFrame(trialbridge.rows("studies.zip", "arms"))` has a row an arm. `table` is one of
    the model's tables, those that a run writes as Parquet; `studies` has a row a record. A row has
    every column of its table, in one order, None where there is no value: text, bool, int, float,
    or a list of texts. `record` counts the records from 1, `study` is the record's own id. Sources
    and `format` are those of `trialbridge.records`; one record is in memory at a time.

    What a record is warned of goes to `problems`, and a file that is no record too. A record that
    cannot be read is a ReadError; where `problems` is given, its problems go there and the next is
    read. Raises ValueError for a table that there is not, and what `records` raises.
    """
    known = {one.name: one for one in tables.tables()}
    if table not in known:
        raise ValueError(f"there is no table {table!r}: there are {', '.join(sorted(known))}")
    empty = dict.fromkeys(column.name for column in known[table].columns)
    return _rows(source, table, format, problems, empty)


def _rows(
    source: Readable | Iterable[Readable],
    table: str,
    format: str | None,
    problems: list[Problem] | None,
    empty: dict[str, Any],
) -> Iterator[dict[str, Any]]:
    number = 0
    for record in records(source, format=format):
        if problems is not None:
            problems.extend(record.problems)
        if record.trial is None:
            if problems is None and [one.code for one in record.problems] != [SKIPPED]:
                raise ReadError(record.problems)
            continue
        number += 1
        for name, row in tables.rows(record.trial, number, own_id(record.trial)):
            if name == table:
                yield empty | row
