"""Datasets in US-ASCII, which is all that a transport file holds."""

from typing import Final

from trialbridge.mappings.sdtm.document import Written, pieces
from trialbridge.mappings.sdtm.rows import short
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.sdtm.domains import DOMAINS, columns_of, goes_on
from trialbridge.schemas.sdtm.reading import LINK
from trialbridge.schemas.syntax.dataset import Dataset, Value
from trialbridge.schemas.syntax.transliteration import transliterated

_VALUE: Final = "TSVAL"


def in_ascii(written: Written) -> tuple[Written, list[Problem]]:
    """Datasets with US-ASCII for what surely has such a form, and a warning for each value.

    A value that grows over 200 characters goes on in further columns, as any long one does.
    """
    made = [_dataset(dataset) for dataset in written.datasets]
    problems = [problem for _, told in made for problem in told]
    return written._replace(datasets=[dataset for dataset, _ in made]), problems


def _dataset(dataset: Dataset) -> tuple[Dataset, list[Problem]]:
    names = dataset.names
    parts = [
        at
        for at, name in enumerate(names)
        if (dataset.name, name) == ("TS", _VALUE) or goes_on(dataset.name, name)
    ]
    rows: list[list[Value]] = []
    longs: list[list[str]] = []
    problems: list[Problem] = []
    for number, row in enumerate(dataset.rows, 1):
        made = list(row)
        whole = transliterated("".join(str(row[at] or "") for at in parts))
        longs.append(pieces(whole.text))
        if whole.replaced:
            problems.append(_told(dataset, number, _VALUE, whole.replaced))
        for at, value in enumerate(row):
            if at in parts or not isinstance(value, str):
                continue
            one = transliterated(value)
            if one.replaced:
                made[at] = short(one.text)
                problems.append(_told(dataset, number, names[at], one.replaced))
        rows.append(made)
    if not problems:
        return dataset, []
    if parts:
        most = max(map(len, longs))
        first, last = parts[0], parts[-1] + 1
        more = [f"{_VALUE}{number}" for number in range(1, most)]
        names = (*names[: first + 1], *more, *names[last:])
        rows = [
            [*row[:first], *long, *[""] * (most - len(long)), *row[last:]]
            for row, long in zip(rows, longs, strict=True)
        ]
    known = {column.name: column for column in dataset.columns}
    columns = []
    for at, name in enumerate(names):
        column = known.get(name)
        if column is None:
            (column,) = columns_of(DOMAINS[dataset.name], (name,), [])
        if not column.numeric:
            longest = max((len(str(row[at])) for row in rows), default=0)
            column = column._replace(length=longest or 1)
        columns.append(column)
    return dataset._replace(columns=tuple(columns), rows=rows), problems


def _told(dataset: Dataset, number: int, name: str, replaced: dict[str, str]) -> Problem:
    said = ", ".join(f"{char!r} as {text!r}" for char, text in replaced.items())
    return Problem(
        severity="warning",
        layer="write",
        path=f"{dataset.name}, row {number}: {name}",
        code="transliterated",
        message=f"a transport file holds US-ASCII alone: {said}",
        link=LINK,
    )
