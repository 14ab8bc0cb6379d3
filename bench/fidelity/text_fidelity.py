"""How many of the facts that the text layout shows come back: ctgov -> text -> ctgov.

    python bench/fidelity/text_fidelity.py [CORPUS_FILE] [--every N]

Each record is written as text and read back. A fact is a value of its own (a date, a title), or an
item of a list with all that the layout shows of it (an arm with its type and the names of its
interventions). A fact that comes back without having been there counts as wrong. Conditions and
keywords, which the layout shows on one line, are counted apart: how many of the terms that were
told apart are terms of the record, in their class, and how many of the record's terms they are.
The corpus is a file of ClinicalTrials.gov API v2 records, one a line.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from trialbridge.formats import text
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.coverage import pattern
from trialbridge.mappings.text.layout import SHOWN
from trialbridge.schemas.syntax.pointer import walk
from trialbridge.schemas.trial import Trial

_TERMS = "/protocolSection/conditionsModule/"


class Figures(NamedTuple):
    """Facts written and read back alike, by kind; terms; seconds in `read` and in `write`."""

    facts: Counter[str]
    right: Counter[str]
    terms: int
    emitted: int
    true_terms: int
    seconds: tuple[float, float]

    def share(self, kind: str) -> float:
        return self.right[kind] / self.facts[kind]

    @property
    def precision(self) -> float:
        return self.true_terms / self.emitted

    @property
    def recall(self) -> float:
        return self.true_terms / self.terms


def measure(records: Iterable[bytes]) -> Figures:
    """Write records as text and read them back."""
    facts: Counter[str] = Counter()
    right: Counter[str] = Counter()
    terms = emitted = true_terms = 0
    reading = writing = 0.0
    for record in records:
        trial, _ = ctgov.read(record)
        begun = time.perf_counter()
        written, _ = text.write(trial)
        between = time.perf_counter()
        back, _ = text.read(written)
        reading += time.perf_counter() - between
        writing += between - begun
        before, after = shown(trial), shown(back)
        for place in before.keys() | after.keys():
            kind = pattern(place)
            facts[kind] += 1
            right[kind] += before.get(place) == after.get(place)
        for mine, found in zip(_terms(trial), _terms(back), strict=True):
            terms += mine.total()
            emitted += found.total()
            true_terms += (mine & found).total()
    return Figures(facts, right, terms, emitted, true_terms, (reading, writing))


def shown(trial: Trial) -> dict[str, dict[str, Any]]:
    """The facts of a trial that the layout shows: pointer of the fact to its leaves."""
    found: dict[str, dict[str, Any]] = {}
    for pointer, value in walk(msgspec.to_builtins(trial)):
        if pattern(pointer) in SHOWN and not pointer.startswith((_TERMS, "/page/")):
            found.setdefault(_fact(pointer), {})[pointer] = value
    return found


def _fact(pointer: str) -> str:
    """The item of a list that a leaf belongs to, or the leaf itself."""
    steps = pointer.split("/")
    end = next((place for place, step in enumerate(steps) if step.isdecimal()), len(steps))
    return "/".join(steps[: end + 1])


def _terms(trial: Trial) -> Iterator[Counter[str]]:
    module = trial.protocol.conditions if trial.protocol else None
    yield Counter((module.conditions if module else None) or ())
    yield Counter((module.keywords if module else None) or ())


def main() -> None:
    arguments = sys.argv[1:]
    every = int(arguments.pop(arguments.index("--every") + 1)) if "--every" in arguments else 1
    files = [argument for argument in arguments if not argument.startswith("--")]
    folder = Path(os.environ.get("TRIALBRIDGE_CORPUS") or "../shared/corpus")
    file = Path(files[0]) if files else folder / "ctgov-v2.jsonl"
    if not file.is_file():
        sys.exit(f"no corpus: {file} is absent (set TRIALBRIDGE_CORPUS to the corpus folder)")
    records = file.read_bytes().splitlines()[::every]
    figures = measure(records)
    print(f"{len(records)} records\n\n   share   facts  kind")
    for kind in sorted(figures.facts, key=lambda kind: (figures.share(kind), kind)):
        print(f"{figures.share(kind):8.4f} {figures.facts[kind]:7}  {kind}")
    print(
        f"\nconditions and keywords: {figures.emitted} of {figures.terms} terms told apart, "
        f"precision {figures.precision:.4f}, recall {figures.recall:.4f}"
    )
    reading, writing = (1000 * seconds / len(records) for seconds in figures.seconds)
    print(f"read {reading:.2f} ms, write {writing:.2f} ms a record")


if __name__ == "__main__":
    main()
