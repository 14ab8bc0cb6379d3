"""What a run has done: a line for its settings, then one for each source, in their order.

A line is written when what it tells is in files that are whole. What a crash left after the last
whole line is cut off.
"""

import os
from collections.abc import Iterable, Iterator
from typing import IO, Final

import msgspec

from trialbridge.io.files import Packing, replaced

NAME: Final = ".journal.ndjson"
"""Hidden, so that a folder of documents is a source of them and of nothing else."""

_PIECE: Final = 1 << 16


class Settings(msgspec.Struct, frozen=True):
    """What a run must share with the one that resumes it; and when it was begun, in UTC."""

    trialbridge: str
    to: str
    format: str | None
    options: dict[str, object]
    validate: bool
    layout: str
    indent: int | None
    compress: Packing | None
    part: int
    since: str | None
    begun: str = ""


class Done(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a record: where its document is, or that there is none, and its problems.

    `skipped` is the reason where it is no record. `problems` counts them by severity and code:
    `warning unknown-key`; `homes` the values of the record by home; `design` is its kind of design.
    """

    name: str
    id: str | None = None
    place: str | None = None
    skipped: str = ""
    problems: dict[str, int] = {}
    homes: dict[str, int] = {}
    design: str = ""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A source: its name, the SHA-256 of its content (None where that is not to be had)."""

    source: str
    sha256: str | None = None
    records: list[Done] = []
    unchanged: bool = False


_settings: Final = msgspec.json.Decoder(Settings)
_line: Final = msgspec.json.Decoder(Line)
_encoder: Final = msgspec.json.Encoder()


class Refused(ValueError):
    """Arguments that do not fit each other, or the folder."""


def differing(before: Settings, now: Settings, *left_out: str) -> str:
    """Say in which settings two runs differ; empty where they do not."""
    return "; ".join(
        f"{name} was {getattr(before, name)!r} and is {getattr(now, name)!r}"
        for name in now.__struct_fields__
        if name not in left_out and getattr(before, name) != getattr(now, name)
    )


class Broken(Refused):
    """A journal that is none."""


def read_settings(folder: str) -> Settings:
    """Give the settings of the run that wrote a folder. Raises Broken, and OSError."""
    path = os.path.join(folder, NAME)
    try:
        with open(path, "rb") as file:
            return _settings.decode(file.readline())
    except msgspec.DecodeError as error:
        raise Broken(f"{path} is no journal of a run: {error}") from error


def read_lines(folder: str) -> Iterator[Line]:
    """Give the whole lines of a journal. Raises Broken, and OSError."""
    path = os.path.join(folder, NAME)
    with open(path, "rb") as file:
        file.readline()
        for number, line in enumerate(file, 2):
            if not line.endswith(b"\n"):
                return
            try:
                yield _line.decode(line)
            except msgspec.DecodeError as error:
                raise Broken(f"{path}:{number} is no line of a journal: {error}") from error


def is_begun(folder: str) -> bool:
    """Tell if a run has begun to fill a folder."""
    return os.path.exists(os.path.join(folder, NAME))


def decoded(line: bytes) -> Line:
    """Give a line of a journal that was read as it stands."""
    return _line.decode(line)


class Journal:
    """A journal that is written on."""

    def __init__(self, folder: str, settings: Settings | None) -> None:
        """Begin a journal with its settings; or, with none, go on after its last whole line."""
        path = os.path.join(folder, NAME)
        if settings is not None:
            replaced(path, _encoder.encode(settings) + b"\n")
        self._file = open(path, "r+b")  # noqa: SIM115 - until `close`
        self._file.truncate(_whole(self._file))
        self._file.seek(0, os.SEEK_END)

    def write(self, lines: Iterable[Line]) -> None:
        self._file.write(b"".join(_encoder.encode(line) + b"\n" for line in lines))
        self._file.flush()

    def close(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()


def _whole(file: IO[bytes]) -> int:
    """Give the length of a file up to the end of its last whole line."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _PIECE)
        file.seek(start)
        at = file.read(end - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0
