"""The section of related trials: titles, each with a line `NCT... STATUS PHASE` under it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from trialbridge.mappings.text.reading import Reading, Source, Stretch
from trialbridge.mappings.text.rows import Item, Path, Tree, get, items_of, path, put, value_of
from trialbridge.mappings.text.values import ABSENT, flat, reads
from trialbridge.schemas.trial import RelatedTrial

_RELATED = re.compile(r"(NCT[0-9]{8})\b[\s,;|-]*(.*)$")
_STATUS = value_of(path("status", RelatedTrial).kind)
_PHASES = value_of(path("phases", RelatedTrial).kind)


class Related(NamedTuple):
    """A section of titles, each with a line `NCT... STATUS PHASE` under it."""

    names: tuple[str, ...]
    path: Path
    turn: int = 0
    early: bool = False

    def fits(self, under: Stretch) -> bool:
        return under.has("related", lambda line: _RELATED.match(line.words) is not None)

    def read(self, lines: list[Source], reading: Reading) -> None:
        trials: list[Item] = []
        waiting: list[Source] = []
        for line in lines:
            found = _RELATED.match(line.words)
            said = found[2].split() if found else []
            if found is None or len(said) > 2:
                waiting.append(line)
                continue
            trial: Item = {}
            if waiting:
                reading.unplaced(waiting[:-1], self.names[0])
                if waiting[-1].words != ABSENT:
                    trial["title"] = waiting[-1].words
                waiting = []
            trial["nctId"] = found[1]
            pointer = f"{self.path.pointer}/{len(trials)}"
            for word in said:
                _read_word(word, trial, pointer, line, reading)
            trials.append(trial)
        if trials:
            put(reading.tree, self.path.keys, trials)
        reading.unplaced(waiting, self.names[0])

    def write(self, tree: Tree) -> Iterator[str]:
        trials = items_of(get(tree, self.path.keys))
        if trials:
            yield "\n".join(line for trial in trials for line in _write_trial(trial))

    def leaves(self) -> Iterator[tuple[str, str]]:
        for key in ("title", "nctId", "status", "phases/*"):
            yield f"{self.path.pointer}/*/{key}", self.names[0]


def _read_word(word: str, trial: Item, pointer: str, line: Source, reading: Reading) -> None:
    """Read a word beside the id: a status, or phases, whichever it is."""
    is_phase = reads(_PHASES, word) and ("status" in trial or not reads(_STATUS, word))
    if is_phase or "PHASE" in word or "status" in trial:
        key, value = "phases", reading.value(_PHASES, word, line, "phase", f"{pointer}/phases")
    else:
        key, value = "status", reading.value(_STATUS, word, line, "status", f"{pointer}/status")
    if value is not None and trial.setdefault(key, value) != value:
        reading.unplaced([line], key, f"the {key} of a related trial is said twice, and not alike")


def _write_trial(trial: Item) -> Iterator[str]:
    yield flat(trial.get("title") or ABSENT)
    words = [trial.get("nctId"), trial.get("status"), "/".join(trial.get("phases") or ())]
    yield " ".join(str(word) for word in words if word)
