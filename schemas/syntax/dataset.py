"""A dataset: named columns and rows, as SAS, CDISC and a table of commas have it."""

from typing import NamedTuple

Value = str | int | float | None
"""A value: None is a number that is missing; a text that is missing is empty."""


class Column(NamedTuple):
    """A column: its name, what it is, whether it has numbers, and the bytes of its longest text."""

    name: str
    label: str
    numeric: bool = False
    length: int = 0


class Dataset(NamedTuple):
    """A dataset by its name, `TS`. Each row has a value for each column."""

    name: str
    label: str
    columns: tuple[Column, ...]
    rows: list[list[Value]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(column.name for column in self.columns)


class NoDataset(ValueError):
    """The bytes are no dataset: `path` is the place in them, `code` what is wrong."""

    def __init__(self, path: str, code: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.code = code
