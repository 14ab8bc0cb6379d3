"""Put each study of a folder of FHIR's Bulk Data together with what it refers to.

A manifest names files of resources, a line each and a file or more for each type. Where each
resource is stands in a table on disk, so that memory is bounded by the largest study with all that
it refers to.
https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import IO, Any, Final, NamedTuple

import msgspec

from trialbridge.io.files import PACKED
from trialbridge.sources import PIECE, Source, lines
from trialbridge.sources.archives import unzipped

MANIFEST: Final = "manifest.json"
STUDY: Final = "ResearchStudy"

# Of an absolute reference or one to a version, too. https://hl7.org/fhir/R5/references.html#literal
_LITERAL: Final = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})(?:/_history/[^/]+)?")
_TABLE: Final = """
create table resource (
    name text primary key on conflict ignore, url text, type text,
    file integer, start integer, data blob, used integer default 0
);
create index by_url on resource (url);
"""


class _Output(msgspec.Struct):
    url: str
    type: str = ""


class _Manifest(msgspec.Struct):
    output: list[_Output]


class _Head(msgspec.Struct):
    resource_type: str = msgspec.field(name="resourceType")
    id: str = ""
    url: str | None = None


class Export(NamedTuple):
    """The files of an export, by the manifest: those of studies, and the others."""

    studies: list[str]
    others: list[str]


def export_in(folder: str, names: list[str]) -> Export | None:
    """Give the files of an export that has studies; None if the folder is no such export.

    Files have the names that the last parts of the manifest's addresses are.
    """
    try:
        with open(os.path.join(folder, MANIFEST), "rb") as file:
            manifest = msgspec.json.decode(file.read(), type=_Manifest)
    except (OSError, ValueError, msgspec.DecodeError):
        return None
    found = [(one.type, one.url.rpartition("/")[2]) for one in manifest.output]
    held = frozenset(names)
    there = [(kind, name) for kind, name in found if name in held]
    studies = [name for kind, name in there if kind == STUDY]
    others = [name for kind, name in there if kind != STUDY]
    return Export(studies, others) if studies else None


def studies(folder: str, export: Export, limit: int) -> Iterator[Source]:
    """Give each study as a Bundle with all that it refers to; then what no study does.

    A line that is no resource is a source of its own, which is told to be none. `limit` is the
    largest size of a Bundle, in bytes.
    """
    # A file of its own, that goes with the connection: https://www.sqlite.org/inmemorydb.html
    with closing(sqlite3.connect("")) as table:
        table.executescript(_TABLE)
        for number, name in enumerate(export.others):
            yield from _index(table, Source(os.path.join(folder, name)), number, limit)
        for name in export.studies:
            for at, _ in _lines(Source(os.path.join(folder, name)), limit):
                if at.data is None or _head(at.data) is None:
                    yield at
                    continue
                data = _Together(table, folder, export.others).bundle(at.data, limit)
                if len(data) > limit:
                    large = f"larger than the limit of {limit:,} bytes with all that it refers to"
                    yield at._replace(data=None).wrong("size", large)
                else:
                    yield at._replace(data=data)
        left = "select type, count(*) from resource where not used group by type order by type"
        for kind, count in table.execute(left).fetchall():
            noun = "resource" if count == 1 else "resources"
            at = Source(os.path.join(folder, MANIFEST), pointer=f"/{kind}", found=True)
            yield at.aside(f"{count} {noun} of type {kind} that no study refers to")


def _index(table: sqlite3.Connection, file: Source, number: int, limit: int) -> Iterator[Source]:
    for at, start in _lines(file, limit):
        head = _head(at.data) if at.data is not None else None
        if head is None:
            yield at
            continue
        row = (f"{head.resource_type}/{head.id}", head.url, head.resource_type, number, start)
        # What is packed cannot be read from a place in it.
        data = at.data if _is_packed(file) else None
        columns = "insert into resource (name, url, type, file, start, data) values"
        table.execute(f"{columns} (?, ?, ?, ?, ?, ?)", (*row, data))


def _lines(file: Source, limit: int) -> Iterator[tuple[Source, int]]:
    """Give each line that is not blank, and the byte that it begins at where none is packed."""
    try:
        with open(file.file, "rb", buffering=PIECE) as held:
            if _is_packed(file):
                yield from ((at, 0) for at in unzipped(held, file, limit, _unpacked))
            else:
                yield from lines(held, file, limit)
    except OSError as error:
        yield file.wrong("unreadable", f"cannot be read: {error.strerror}"), 0


def _is_packed(file: Source) -> bool:
    return file.suffix in (PACKED["gzip"], PACKED["zstd"])


def _unpacked(file: IO[bytes], at: Source, limit: int) -> Iterator[Source]:
    return (line for line, _ in lines(file, at, limit))


def _head(line: bytes) -> _Head | None:
    try:
        return msgspec.json.decode(line, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _Together:
    """A study and what it refers to, in the order in which it does."""

    def __init__(self, table: sqlite3.Connection, folder: str, files: list[str]) -> None:
        self._table, self._folder, self._files = table, folder, files
        self._have: set[str] = set()

    def bundle(self, study: bytes, limit: int) -> bytes:
        """The Bundle of a study; it is not whole where it is larger than the limit."""
        entries = [b'{"resource":%b}' % study]
        asked = list(_referred(msgspec.json.decode(study)))
        size = len(study)
        for reference in asked:
            found = self._found(reference) if size <= limit else None
            if found is not None:
                size += len(found)
                full = msgspec.json.encode(reference)
                about = b'"fullUrl":%b,' % full if "://" in reference else b""
                entries.append(b'{%b"resource":%b}' % (about, found))
                asked += _referred(msgspec.json.decode(found))
        return b'{"resourceType":"Bundle","type":"collection","entry":[%b]}' % b",".join(entries)

    def _found(self, reference: str) -> bytes | None:
        """The resource that a reference is to, once."""
        literal = _LITERAL.fullmatch(reference)
        query = "select name, file, start, data from resource where type != ? and "
        row: Any = None
        if literal:
            row = self._table.execute(f"{query} name = ?", (STUDY, literal[1])).fetchone()
        if row is None:
            canonical = reference.partition("|")[0]
            row = self._table.execute(f"{query} url = ?", (STUDY, canonical)).fetchone()
        if row is None or row[0] in self._have:
            return None
        name, file, start, data = row
        self._have.add(name)
        self._table.execute("update resource set used = 1 where name = ?", (name,))
        if data is None:
            with open(os.path.join(self._folder, self._files[file]), "rb") as held:
                held.seek(start)
                data = held.readline()
        return bytes(data).strip()


def _referred(node: Any) -> Iterator[str]:
    """The references and canonical addresses in a resource."""
    if isinstance(node, dict):
        for key, value in node.items():
            # The canonical of a relatedArtifact is its resource.
            if key in ("reference", "resource") or key.lower().endswith("canonical"):
                yield from (one for one in _list(value) if isinstance(one, str))
            yield from _referred(value)
    elif isinstance(node, list):
        for one in node:
            yield from _referred(one)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
