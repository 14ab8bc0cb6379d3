"""What a server has taken, in a file: who was stopped goes on from there.

A line for each record, of JSON: the server, the record's id, the digest of what was sent. A record
is sent again where any of it changed.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from trialbridge.server.loads import Load


class _Line(msgspec.Struct):
    server: str
    id: str
    sha256: str
    purged: bool = False


_LINE = msgspec.json.Decoder(_Line)


class Journal:
    """What one server has taken by a file's account; lines of other servers are left alone."""

    def __init__(self, path: str | os.PathLike[str], server: str) -> None:
        """Raises OSError if the file cannot be read, or not be written to."""
        self._server = server
        self._taken: dict[str, _Line] = {}
        path = Path(path)
        data = path.read_bytes() if path.exists() else b""
        for line in data.splitlines():
            try:
                taken = _LINE.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # broken off when its writer was stopped
            if taken.server == server:
                self._taken[taken.id] = taken
        self._file: IO[bytes] = path.open("ab")
        if data and not data.endswith(b"\n"):
            self._file.write(b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def has(self, load: Load, *, purged: bool) -> bool:
        """Tell if the server has taken this, and was purged then, if that is asked."""
        taken = self._taken.get(load.id)
        return taken is not None and taken.sha256 == load.digest and (taken.purged or not purged)

    def took(self, load: Load, *, purged: bool) -> None:
        """Note that the server has taken this; it is in the file when the call returns."""
        line = _Line(self._server, load.id, load.digest, purged)
        self._taken[load.id] = line
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()
