"""Put records into AACT's tables: one folder, a file for each table, as CTTI names them.

The ids of rows are counted over all records. A table is whole at the end of the run alone; what is
told of it in between is how long each file was, so that a run that was killed goes on from there.
"""

import os
from typing import IO, Final

import msgspec

from trialbridge.formats.registries.aact.package import shifted
from trialbridge.io.files import BEGUN, replaced
from trialbridge.many.conversion import Conversion
from trialbridge.mappings.registries.aact.document import LINK, columns
from trialbridge.schemas.problem import Problem

_STATE: Final = ".tables.json"


class _State(msgspec.Struct):
    """How many records there are, how long the file of each table is, and its highest id."""

    records: int = 0
    sizes: dict[str, int] = {}
    ids: dict[str, int] = {}

    def copy(self) -> "_State":
        return _State(self.records, dict(self.sizes), dict(self.ids))


_states: Final = msgspec.json.Decoder(list[_State])


class Tables:
    """A file for each table: `studies.txt`; a record's place is its study there."""

    def __init__(self, folder: str, part: int) -> None:
        """Take a folder; the files are safe after each `part` records."""
        self._folder, self._part = folder, part
        self._since = 0
        self._now = _State()
        self._before = _State()
        self._studies: set[str] = set()
        self._open: dict[str, IO[bytes]] = {}

    def fitting(self, done: list[Conversion]) -> list[Conversion]:
        """Give records, those as failed whose study is there: rows of two would be mixed."""
        found: list[Conversion] = []
        own: set[str | None] = set()
        for one in done:
            if one.data is not None and (one.id in own or one.id in self._studies):
                problem = Problem(
                    severity="error",
                    layer="write",
                    path=one.name,
                    code="twice",
                    message=f"the study {one.id} has rows in the tables from another record",
                    link=LINK,
                )
                one = one._replace(data=None, problems=[*one.problems, problem])
            own.add(one.id)
            found.append(one)
        return found

    def put(self, conversion: Conversion) -> str:
        if not self._open:
            self._begin()
        for table, text in shifted(conversion.data or b"", self._now.ids):
            self._now.sizes[table] += self._open[table].write(text.encode())
        self._now.records += 1
        self._since += 1
        if conversion.id is not None:
            self._studies.add(conversion.id)
        return f"studies.txt#{conversion.id}"

    def settle(self, *, last: bool = False) -> bool:
        if self._since < self._part and not last:
            return False
        if last and not self._now.records:
            self._begin()
        if self._open:
            for file in self._open.values():
                file.flush()
            # A crash may leave the journal one step behind this.
            states = msgspec.json.encode([self._before, self._now])
            replaced(os.path.join(self._folder, _STATE), states)
            self._before = self._now.copy()
            self._since = 0
        if last:
            for file in self._open.values():
                file.close()
            self._open.clear()
            for name in columns():
                if os.path.exists(self._begun(name)):
                    os.replace(self._begun(name), self._whole(name))
        return True

    def recall(self, place: str) -> None:
        self._now.records += 1
        self._studies.add(place.partition("#")[2])

    def _begin(self) -> None:
        """Open the files where the records that are done end."""
        state = self._state()
        for name, types in columns().items():
            if state.records:
                if not os.path.exists(self._begun(name)):
                    os.replace(self._whole(name), self._begun(name))
                self._open[name] = open(self._begun(name), "r+b")  # noqa: SIM115 - until `settle`
                self._open[name].truncate(state.sizes[name])
                self._open[name].seek(0, os.SEEK_END)
            else:
                self._open[name] = open(self._begun(name), "wb")  # noqa: SIM115 - until `settle`
                state.sizes[name] = self._open[name].write(("|".join(types) + "\n").encode())
        self._now, self._before = state, state.copy()

    def _state(self) -> _State:
        """Find how it was when the journal was written last. Raises OSError if nothing tells."""
        if not self._now.records:
            return _State()
        path = os.path.join(self._folder, _STATE)
        with open(path, "rb") as file:
            for state in _states.decode(file.read()):
                if state.records == self._now.records:
                    return state
        raise OSError(0, "it does not tell how long the tables were", path)

    def _begun(self, table: str) -> str:
        return os.path.join(self._folder, f"{BEGUN}{table}.txt")

    def _whole(self, table: str) -> str:
        return os.path.join(self._folder, f"{table}.txt")
