"""Convert the records of a column on Apache Spark: the same conversion, on many machines.

A row's content goes the way that content goes in `trialbridge.conversions`. Each row depends on its
content alone and the same content gives the same bytes, so that a task that Spark runs again, after
its executor died, gives what it would have given. pyspark is loaded when a frame is converted, so
this module can be imported without it.

The Python of the executors needs trialbridge in the version of the driver, which is checked there.
https://spark.apache.org/docs/latest/api/python/tutorial/python_packaging.html
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from trialbridge import api
from trialbridge.extras import loaded
from trialbridge.many.conversion import Conversion, Wish, checked, convert_source
from trialbridge.sources import Source
from trialbridge.sources.paths import streamed

if TYPE_CHECKING:
    import pyarrow  # type: ignore[import-untyped, import-not-found, unused-ignore]
    from pyspark.sql import DataFrame

COLUMNS: Final = ("name", "id", "format", "data", "problems")
"""The columns of a converted frame, after those that are kept."""

_TEXTS: Final = ("severity", "layer", "path", "code", "message", "link")
# What a conversion depends on beside its arguments.
_VARIABLES: Final = ("SOURCE_DATE_EPOCH", api.SIZE_VARIABLE)
_PIECE: Final = 8 << 20
"""How many bytes of documents go back to Spark at a time."""


class _Task(NamedTuple):
    """What an executor is told, once."""

    wish: Wish
    column: str
    name: str | None
    keep: tuple[str, ...]
    version: str
    environment: Mapping[str, str]


def converted(
    frame: DataFrame,
    to: str,
    *,
    column: str = "value",
    name: str | None = None,
    keep: Sequence[str] = (),
    format: str | None = None,
    options: Mapping[str, object] | None = None,
    validate: bool = True,
) -> DataFrame:
    """Convert the records of a column of a Spark DataFrame, when Spark asks for them.

    `column` holds the content of sources, binary or string: what `spark.read.text` and
    `spark.read.format("binaryFile")` give, one record or several (a page of the registry's API, a
    zip archive, gzip). `name` is a column with the name of each, as `path` of a binaryFile. The
    columns of `keep` stand in each row that comes of theirs. The other arguments are those of
    `trialbridge.convert`.

    The result has a row for each record, at least one for each row of `frame`:

        name      string            where the record is in its source: `page.json#/studies/3`
        id        string            its register's id, null where it has none
        format    string            the format it was read from, null where that is unknown
        data      binary            the document, null where there is none
        problems  array<struct<severity, layer, path, code, message, link: string>>
                                    why there is none; warnings otherwise

    What cannot be converted is a row with its problems, and stops nothing. Wrong arguments raise
    an exception at once: UnknownFormat, UnknownOption, ValueError, and MissingExtra without pyspark
    and what its `mapInArrow` needs.
    """
    types = loaded("pyspark.sql.types", "converts on a cluster", "spark")
    for library in ("pandas", "pyarrow"):
        loaded(library, "Spark needs to give rows to Python", "spark")
    wish = checked(Wish(to, format, dict(options or {}), validate))
    _demand(frame, column, types.BinaryType, types.StringType)
    if name is not None:
        _demand(frame, name, types.StringType)
    for kept in keep:
        _demand(frame, kept)
        if kept in COLUMNS:
            message = f"the column {kept!r} cannot be kept: the result has one of that name"
            raise ValueError(f"{message}; give it another with withColumnRenamed")
    text = types.StringType()
    problem = types.StructType([types.StructField(one, text) for one in _TEXTS])
    kinds = {"data": types.BinaryType(), "problems": types.ArrayType(problem)}
    made = [types.StructField(one, kinds.get(one, text)) for one in COLUMNS]
    schema = types.StructType([*(frame.schema[kept] for kept in keep), *made])
    environment = {one: os.environ[one] for one in _VARIABLES if one in os.environ}
    task = _Task(wish, column, name, tuple(keep), api.version(), environment)
    wanted = dict.fromkeys((column, *([name] if name is not None else []), *keep))
    # Backquotes: a dot in a name is no way into a struct.
    narrow = frame.select(*(f"`{one.replace('`', '``')}`" for one in wanted))
    return narrow.mapInArrow(partial(_batches, task), schema)


def _demand(frame: DataFrame, column: str, *kinds: type) -> None:
    """Raise ValueError where a frame lacks a column, or has it of another type."""
    if column not in frame.columns:
        raise ValueError(f"there is no column {column!r}: the frame has {', '.join(frame.columns)}")
    found = frame.schema[column].dataType
    if kinds and not isinstance(found, kinds):
        wanted = " or ".join(kind.__name__.removesuffix("Type").lower() for kind in kinds)
        raise ValueError(f"the column {column!r} is {found.simpleString()}; {wanted} would do")


def _batches(task: _Task, batches: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    """Convert the rows of a partition, on an executor."""
    here = api.version()
    if here != task.version:
        raise RuntimeError(
            f"this executor has trialbridge {here} and the driver {task.version}: documents of "
            "two versions would be mixed; the environment of the executors is to be that of the "
            "driver"
        )
    with _environment(task.environment):
        limit = api.size_limit()
        for batch in batches:
            yield from _pieces(task, batch, limit)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set the driver's variables for a while: Spark uses the process again for other work."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _pieces(task: _Task, batch: pyarrow.RecordBatch, limit: int) -> Iterator[pyarrow.RecordBatch]:
    """Convert a batch; give what comes of it in pieces, so that memory stays bounded."""
    values = batch.column(task.column)
    names = batch.column(task.name) if task.name is not None else None
    places: list[int] = []
    done: list[Conversion] = []
    size = 0
    for place, value in enumerate(values):
        at = Source((names[place].as_py() if names is not None else None) or task.column)
        content = value.as_buffer() if value.is_valid else None
        for one in _of_row(task, at, None if content is None else content.to_pybytes(), limit):
            places.append(place)
            done.append(one)
            size += len(one.data or b"")
            if size >= _PIECE:
                yield _table(task, batch, places, done)
                places, done, size = [], [], 0
    if done:
        yield _table(task, batch, places, done)


def _of_row(task: _Task, at: Source, content: bytes | None, limit: int) -> Iterator[Conversion]:
    """Give what becomes of a row: a Conversion at least."""
    if content is None:
        nothing = at.wrong("null", f"the column {task.column!r} is null: there is no content")
        yield from convert_source(task.wish, nothing)
        return
    count = 0
    for source in streamed(io.BytesIO(content), at, limit):
        for one in convert_source(task.wish, source):
            count += 1
            yield one._replace(name=one.name or source.name)
    if not count:
        yield from convert_source(task.wish, at.wrong("empty", "it has no record"))


def _table(
    task: _Task, batch: pyarrow.RecordBatch, places: list[int], done: list[Conversion]
) -> pyarrow.RecordBatch:
    arrow: Any = loaded("pyarrow", "Spark needs to give rows to Python", "spark")
    text = arrow.string()
    problem = arrow.struct([(one, text) for one in _TEXTS])
    kinds = {"data": arrow.binary(), "problems": arrow.list_(problem)}
    columns = [batch.column(kept).take(arrow.array(places)) for kept in task.keep]
    for name in COLUMNS:
        cells = [getattr(one, name) for one in done]
        if name == "problems":
            cells = msgspec.to_builtins(cells)
        columns.append(arrow.array(cells, type=kinds.get(name, text)))
    return arrow.RecordBatch.from_arrays(columns, names=[*task.keep, *COLUMNS])
