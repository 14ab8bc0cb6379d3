"""Problems that are known and not counted, kept in a file.

An entry is a document, a code, a path and a message, and how often: so a problem stays known when
its line moves. A document is named from the working directory, however it was named: absolute, with
`./` or by way of another folder. Lines and columns in a path are left out, as is the line of a
record in an NDJSON file. What has come since is new, also where the same was there before, but less
often.
"""

import os
import re
from collections import Counter
from functools import lru_cache
from pathlib import PurePath
from typing import Final, Literal, NamedTuple

import msgspec

from trialbridge.schemas.problem import Problem
from trialbridge.sources import Source

_NUMBERS: Final = re.compile(r"(?<![\w/.\[])(line|column|byte) \d+")


class Known(NamedTuple):
    """One known problem, wherever in the document it is by now."""

    source: str
    code: str
    path: str
    message: str


class Entry(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A known problem in the file."""

    source: str
    code: str
    path: str
    message: str
    count: int = 1


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    baseline: Literal[1]
    problems: list[Entry]


class Baseline:
    """The known problems that are still to be met."""

    def __init__(self, entries: list[Entry]) -> None:
        self._left: Counter[Known] = Counter()
        for entry in entries:
            source = entry.source
            # Only these say of themselves that they are no names from the working directory.
            if os.path.isabs(source):
                source = _from_here(source, os.getcwd())
            self._left[Known(source, entry.code, entry.path, entry.message)] += entry.count

    def knows(self, source: Source, problem: Problem) -> bool:
        """Tell if a problem is known, and count it off."""
        found = known(source, problem)
        if self._left[found] <= 0:
            return False
        self._left[found] -= 1
        return True

    @property
    def gone(self) -> int:
        """How many known problems have not been met."""
        return self._left.total()


def known(source: Source, problem: Problem) -> Known:
    """Give a problem without what moves: lines, columns, and the way that leads to the file."""
    document = source._replace(file=_from_here(source.file, os.getcwd())).document
    # What cannot be read has its own name as its path.
    path = "" if problem.path == source.name else _NUMBERS.sub(r"\1", problem.path)
    return Known(document, problem.code, path, problem.message)


@lru_cache(maxsize=1024)
def _from_here(name: str, folder: str) -> str:
    """The name of a file from the working directory, with slashes."""
    try:
        return PurePath(os.path.relpath(name, folder)).as_posix()
    except ValueError:  # On Windows: another drive.
        return PurePath(name).as_posix()


def load(data: bytes) -> Baseline:
    """Read a baseline. Raises ValueError if it is none."""
    try:
        return Baseline(msgspec.json.decode(data, type=_File).problems)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it is no baseline: {error}") from error


def dump(problems: Counter[Known]) -> bytes:
    """Write a baseline: sorted, one entry a problem, so that changes read well as a diff."""
    entries = [Entry(**found._asdict(), count=count) for found, count in sorted(problems.items())]
    data = msgspec.json.encode(_File(baseline=1, problems=entries))
    return msgspec.json.format(data, indent=2) + b"\n"
