"""The run that another compares itself with: what has not changed since, and what is gone."""

import hashlib
import os
from collections.abc import Iterator

from trialbridge.many import journal
from trialbridge.many.journal import Done, Line, Refused, Settings, differing


class Earlier:
    """The run before: what it had, by content; in memory are eight bytes of each digest and id."""

    def __init__(self, settings: Settings) -> None:
        """Raises Refused where the folder that the settings name has no run."""
        folder = settings.since or ""
        self._folder = folder
        self._places: dict[int, int] = {}
        self._seen: set[int] = set()
        self._ids: set[int] = set()
        path = os.path.join(folder, journal.NAME)
        try:
            before = journal.read_settings(folder)
            self._file = open(path, "rb")  # noqa: SIM115 - read again as sources come
        except OSError as error:
            raise Refused(f"since: {folder} has no run: {error.strerror}") from error
        # What was written otherwise is written anew, all of it.
        if differing(before, settings, "begun", "since", "layout", "part", "compress"):
            return
        at = len(self._file.readline())
        while (line := self._file.readline()).endswith(b"\n"):
            done = journal.decoded(line)
            # What failed is tried again.
            if done.sha256 and all(one.place or one.skipped for one in done.records):
                self._places[_short(done.sha256)] = at
            at += len(line)

    def has(self, digest: str) -> bool:
        return _short(digest) in self._places

    def records(self, digest: str) -> list[Done]:
        self._file.seek(self._places[_short(digest)])
        return journal.decoded(self._file.readline()).records

    def see(self, line: Line) -> None:
        """Take note of a source that is there now."""
        if line.sha256:
            self._seen.add(_short(line.sha256))
        self._ids.update(_short_name(one.id) for one in line.records if one.id)

    def disappeared(self) -> Iterator[Done]:
        """Give the records whose content and id are no longer there."""
        for line in journal.read_lines(self._folder):
            if line.sha256 is None or _short(line.sha256) in self._seen:
                continue
            for one in line.records:
                if one.id and _short_name(one.id) not in self._ids:
                    yield one


def _short(digest: str) -> int:
    return int(digest[:16], 16)


def _short_name(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
