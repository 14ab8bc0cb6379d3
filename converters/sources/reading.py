"""Read the records of any source, one after another."""

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, NamedTuple

import msgspec

from trialbridge import api
from trialbridge.faults import fault
from trialbridge.formats import Format, by_name
from trialbridge.formats.sniff import recognise
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import Trial
from trialbridge.sources import BYTES, Source, unknown
from trialbridge.sources.members import split
from trialbridge.sources.paths import at_path, streamed

Readable = str | os.PathLike[str] | bytes | bytearray | IO[bytes]
"""A path, the content itself, or a binary file that is open."""

SKIPPED = "skipped"
"""The code of the one problem of a file in a folder or archive that is no record."""


class Record(NamedTuple):
    """A record of a source, or what there is in its place.

    `name` says where it is: `exports.zip!a/studies.ndjson:12`, `page.json#/studies/3`. `format` is
    the name of its format, None where that is unknown. `trial` is None where it cannot be read;
    `problems` then says why, and are warnings otherwise.
    """

    name: str
    format: str | None
    trial: Trial | None
    problems: list[Problem]


def records(
    source: Readable | Iterable[Readable], *, format: str | None = None
) -> Iterator[Record]:
    """Read all records of a file, a folder, NDJSON, an archive, a list, or several of these.

    NDJSON, zip archives, gzip and Zstandard, JSON arrays, pages of the registry's API, Bundles and
    ODM files of several studies are taken apart. The format of each record is recognised by content
    unless it is said. One record is in memory at a time, besides the list or document that it is
    in.

    What cannot be read is a Record with its problem, whatever it is, and the next is read: an
    exception is raised for wrong arguments alone (UnknownFormat, TypeError, and ValueError where
    the size limit is no number). A file in a folder or archive that is no record has one problem,
    of the code `skipped`.
    """
    stated = by_name(format, "read") if format is not None else None
    return chain.from_iterable(records_of(one, stated) for one in sources_of(source))


def sources_of(source: Readable | Iterable[Readable]) -> Iterator[Source]:
    """Give the sources that a path, content, a stream, or several of these stand for.

    Raises ValueError where the size limit is no number.
    """
    limit = api.size_limit()
    several = [source] if _is_one(source) else source
    return chain.from_iterable(_sources(one, limit) for one in several)  # type: ignore[arg-type, union-attr]


def _is_one(source: object) -> bool:
    return isinstance(source, str | os.PathLike | bytes | bytearray) or hasattr(source, "read")


def _sources(source: Readable, limit: int) -> Iterator[Source]:
    if isinstance(source, bytes | bytearray):
        import io

        return streamed(io.BytesIO(source), Source(BYTES), limit)
    if isinstance(source, str | os.PathLike):
        return at_path(os.fspath(source), limit, together=True)
    return streamed(source, Source(str(getattr(source, "name", "<stream>"))), limit)


def records_of(source: Source, stated: Format | None) -> Iterator[Record]:
    """Give the record of a source, or those that its document has, or what it met."""
    try:
        yield from _found(source, stated)
    except Exception as error:
        format = _format(source.data or b"", stated)
        yield Record(source.name, format, None, [*source.problems, fault(error)])


def _found(source: Source, stated: Format | None) -> Iterator[Record]:
    if source.data is None:
        problems = list(source.problems) or [_skipped(source, source.skipped)]
        yield Record(source.name, None, None, problems)
        return
    try:
        found = api.reading(source.data, stated and stated.name)
    except ReadError as error:
        yield from _refused(source, stated, error.problems)
    else:
        problems = [*source.problems, *found.problems]
        yield Record(source.name, found.format.name, found.trial, problems)


def _refused(source: Source, stated: Format | None, problems: list[Problem]) -> Iterator[Record]:
    data = source.data or b""
    if any(problem.code == "one-study" for problem in problems) and not source.pointer:
        known = stated or recognise(data)
        from trialbridge.schemas.syntax.xml import misdeclared

        members = split(known, data)
        # Most are without the declaration of the whole.
        warned = misdeclared(data)
        for pointer, own, place in members:
            for record in records_of(source._replace(pointer=pointer, data=own), known):
                moved = [
                    msgspec.structs.replace(problem, path=place(problem.path))
                    for problem in record.problems
                ]
                yield record._replace(problems=list(dict.fromkeys([*warned, *moved])))
        if members:
            return
    format = _format(data, stated)
    if format is None and source.found:
        reason, problems = unknown(source, problems)
        if reason:
            yield Record(source.name, None, None, [*source.problems, _skipped(source, reason)])
            return
    yield Record(source.name, format, None, [*source.problems, *problems])


def _format(data: bytes, stated: Format | None) -> str | None:
    try:
        return (stated or recognise(data)).name
    except Exception:
        # Told already by whoever read it.
        return None


def _skipped(source: Source, reason: str) -> Problem:
    return Problem(
        severity="information", layer="file", path=source.name, code=SKIPPED, message=reason
    )
