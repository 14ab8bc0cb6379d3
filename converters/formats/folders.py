"""A folder or a zip that is one record: files of datasets that belong together."""

import io
import os
import zipfile
from collections.abc import Iterable
from typing import IO, NamedTuple

from trialbridge.schemas.sdtm import reading


class Packed(NamedTuple):
    """The record of a folder as a zip, and the names of the files that it accounts for."""

    data: bytes
    names: frozenset[str]


def is_one_record(archive: IO[bytes]) -> bool:
    """Tell if a zip archive is one record, and none of many; leave it as it was found."""
    archive.seek(0)
    found = reading.holds_one(archive)
    archive.seek(0)
    return found


def packed(folder: str, names: Iterable[str], limit: int) -> Packed | None:
    """Pack what a folder has of a record; None where it has none.

    Files of other datasets are named, and not read. Raises OSError as files do, and ValueError if
    there is more than the limit, in bytes.
    """
    names = sorted(names)
    members = [name for name in names if reading.is_member(name)]
    if not any(name[:2].upper() in ("TS", "TI") and _begins(folder, name) for name in members):
        return None
    file = io.BytesIO()
    size = 0
    used = [*members, *(name for name in names if name.lower() == reading.DEFINE)]
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            if name in used:
                with open(os.path.join(folder, name), "rb") as source:
                    data = source.read(limit + 1 - size)
                size += len(data)
                if size > limit:
                    raise ValueError(f"larger than the limit of {limit:,} bytes")
                archive.writestr(zipfile.ZipInfo(name), data)
            elif reading.is_other(name):
                archive.writestr(zipfile.ZipInfo(name), b"")
    return Packed(file.getvalue(), frozenset([*used, *filter(reading.is_other, names)]))


def _begins(folder: str, name: str) -> bool:
    with open(os.path.join(folder, name), "rb") as file:
        return reading.looks_like_one(file.read(reading.HEAD))
