"""A folder or a zip whose files belong together: the datasets of a record, or tables of many."""

import io
import os
import zipfile
from collections.abc import Iterable
from typing import IO, NamedTuple

from trialbridge.schemas.sdtm import reading


class Packed(NamedTuple):
    """What is in a folder as a zip, and the names of the files that it accounts for."""

    data: bytes
    names: frozenset[str]


def is_one_record(archive: IO[bytes]) -> bool:
    """Tell if a zip archive is one record, and none of many; leave it as it was found."""
    archive.seek(0)
    found = reading.holds_one(archive)
    archive.seek(0)
    return found


def has_tables(archive: IO[bytes]) -> bool:
    """Tell if a zip archive has tables of AACT; leave it as it was found."""
    from trialbridge.formats.registries.aact import package

    archive.seek(0)
    found = package.holds_one(archive)
    archive.seek(0)
    return found


def tables_in(folder: str, names: Iterable[str]) -> list[str]:
    """Give the names of the files of a folder that are tables of AACT."""
    texts = sorted(name for name in names if name.endswith(".txt"))
    if not texts:
        return []
    from trialbridge.formats.registries.aact import package

    tables = [name for name in texts if package.table_of(name) is not None]
    return tables if tables and package.looks_like_one(_head(folder, tables[0])) else []


def packed(folder: str, names: Iterable[str], limit: int) -> Packed | None:
    """Pack what a folder has of a record, or of AACT's tables; None where it has none.

    Files of other datasets are named, and not read. Raises OSError as files do, and ValueError if
    there is more than the limit, in bytes.
    """
    names = sorted(names)
    if tables := tables_in(folder, names):
        return Packed(_zipped(folder, tables, limit), frozenset(tables))
    members = [name for name in names if reading.is_member(name)]
    if not any(
        name[:2].upper() in ("TS", "TI") and reading.looks_like_one(_head(folder, name))
        for name in members
    ):
        return None
    used = [*members, *(name for name in names if name.lower() == reading.DEFINE)]
    others = [name for name in names if name not in used and reading.is_other(name)]
    return Packed(_zipped(folder, used, limit, others), frozenset([*used, *others]))


def _zipped(folder: str, names: list[str], limit: int, others: Iterable[str] = ()) -> bytes:
    """Files as a zip, and others by their names alone."""
    file = io.BytesIO()
    size = 0
    with zipfile.ZipFile(file, "w") as archive:
        for name in sorted([*names, *others]):
            data = b""
            if name not in others:
                with open(os.path.join(folder, name), "rb") as source:
                    data = source.read(limit + 1 - size)
            size += len(data)
            if size > limit:
                raise ValueError(f"larger than the limit of {limit:,} bytes")
            archive.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


def _head(folder: str, name: str) -> bytes:
    with open(os.path.join(folder, name), "rb") as file:
        return file.read(reading.HEAD)
