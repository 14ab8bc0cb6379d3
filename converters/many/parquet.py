"""Put records into Parquet: the model's tables, `arms-00000.parquet`, for SQL and data frames.

https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import msgspec

from trialbridge.extras import loaded
from trialbridge.io.files import BEGUN
from trialbridge.many.conversion import Conversion
from trialbridge.mappings import tables
from trialbridge.schemas.trial import Trial

if TYPE_CHECKING:
    import pyarrow  # type: ignore[import-untyped, import-not-found, unused-ignore]

_GROUP: Final = 1000
"""How many records are in memory: a row group of each table."""

_trial: Final = msgspec.json.Decoder(Trial)


class Parquet:
    """A file for each table and part; its place is that of the table `studies`."""

    def __init__(self, folder: str, part: int) -> None:
        """Raises MissingExtra without pyarrow."""
        self._folder, self._part = folder, part
        self._arrow = loaded("pyarrow", "writes Parquet", "parquet")
        self._parquet = loaded("pyarrow.parquet", "writes Parquet", "parquet")
        self._kinds = {
            "string": self._arrow.string(),
            "bool": self._arrow.bool_(),
            "int64": self._arrow.int64(),
            "double": self._arrow.float64(),
            "list<string>": self._arrow.list_(self._arrow.string()),
        }
        self._schemas = {table.name: self._schema(table) for table in tables.tables()}
        self._writers: dict[str, Any] = {}
        self._number = self._records = self._total = 0
        self._rows: dict[str, list[tables.Row]] = {name: [] for name in self._schemas}

    def put(self, conversion: Conversion) -> str:
        self._records += 1
        self._total += 1
        trial = _trial.decode(conversion.data or b"")
        for name, row in tables.rows(trial, self._total, conversion.id):
            self._rows[name].append(row)
        if self._records % _GROUP == 0:
            self._write()
        return self._name("studies")

    def settle(self, *, last: bool = False) -> bool:
        if self._records < self._part and not last:
            return False
        if self._records:
            self._write()
            for name, writer in self._writers.items():
                writer.close()
                begun, whole = BEGUN + self._name(name), self._name(name)
                os.replace(os.path.join(self._folder, begun), os.path.join(self._folder, whole))
            self._number += 1
        self._writers.clear()
        self._records = 0
        return True

    def recall(self, place: str) -> None:
        self._total += 1
        self._number = int(place.removesuffix(".parquet").rpartition("-")[2]) + 1

    def _name(self, table: str) -> str:
        return f"{table}-{self._number:05d}.parquet"

    def _schema(self, table: tables.Table) -> pyarrow.Schema:
        fields = [(column.name, self._kinds[column.kind]) for column in table.columns]
        return self._arrow.schema(fields)

    def _write(self) -> None:
        """Write what is in memory; a table without rows has its file all the same."""
        for name, schema in self._schemas.items():
            if name not in self._writers:
                path = os.path.join(self._folder, BEGUN + self._name(name))
                self._writers[name] = self._parquet.ParquetWriter(path, schema, compression="zstd")
            if self._rows[name]:
                rows = self._arrow.Table.from_pylist(self._rows[name], schema=schema)
                self._writers[name].write_table(rows)
                self._rows[name].clear()
