"""Criteria and time frames with what a person read in them, and how what is found compares."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from trialbridge.mappings.record.words.stated import Stated, stated
from trialbridge.mappings.record.words.time_frames import Moment, time_frame

FOLDER = Path(__file__).resolve().parents[2] / "criteria"


class Labelled(NamedTuple):
    """A criterion of the registry; `facts` are those that a person read in it."""

    words: str
    exclude: bool
    facts: frozenset[str]


def labelled() -> Iterator[Labelled]:
    """Give the criteria of `labelled.tsv`."""
    for line in (FOLDER / "labelled.tsv").read_text().splitlines():
        if not line.startswith("#"):
            _, kind, facts, words = line.split("\t")
            yield Labelled(json.loads(words), kind == "exclude", frozenset(facts.split()))


def named(fact: Stated) -> Iterator[str]:
    """Name a fact as a person labels it, one for each limit."""
    if fact.kind in ("sex", "consent"):
        yield f"{fact.kind}={fact.what}"
    for comparator, number, unit in fact.bounds:
        what = fact.what or fact.kind
        sign = "=" if fact.kind == "within" else comparator
        yield f"{what}{sign}{number}{unit}"
    if fact.kind in ("pregnancy", "breast-feeding"):
        yield fact.kind


class Score(NamedTuple):
    """How many facts of each kind are found and labelled, found alone, and labelled alone."""

    right: Counter[str]
    wrong: Counter[str]
    missed: Counter[str]


def score() -> Score:
    """Compare what is found in the labelled criteria with the labels."""
    found = Score(Counter(), Counter(), Counter())
    for words, exclude, facts in labelled():
        kinds = {name: one.kind for one in stated(words, exclude) for name in named(one)}
        for name, kind in kinds.items():
            (found.right if name in facts else found.wrong)[kind] += 1
        for name in facts - kinds.keys():
            found.missed[_kind(name)] += 1
    return found


def _kind(name: str) -> str:
    word = name.partition("<")[0].partition(">")[0].partition("=")[0]
    known = ("age", "sex", "pregnancy", "breast-feeding", "consent", "duration", "within")
    return word if word in known else "measurement"


# --- time frames ---------------------------------------------------------------------------------


def labelled_times() -> Iterator[tuple[str, list[str]]]:
    """Give the time frames of `time_frames.tsv`, each with the times that a person read in it."""
    for line in (FOLDER / "time_frames.tsv").read_text().splitlines():
        if not line.startswith("#"):
            _, times, words = line.split("\t")
            yield json.loads(words), times.split()


def named_time(time: Moment) -> str:
    """Name a time as a person labels it."""
    span = "" if time.low == time.high else f"{time.low}.."
    event = f"@{time.event.replace(' ', '_')}" if time.event else ""
    return f"{span}{time.high}{time.unit}{event}"


def kind_of_time(name: str) -> str:
    """Whether a label is of baseline, a point or a span."""
    return "baseline" if name == "@baseline" else "span" if ".." in name else "point"


def score_times() -> Score:
    """Compare what is found in the labelled time frames with the labels."""
    found = Score(Counter(), Counter(), Counter())
    for words, times in labelled_times():
        read = Counter(map(named_time, time_frame(words)))
        said = Counter(times)
        for counts, names in zip(found, (read & said, read - said, said - read), strict=True):
            for name, number in names.items():
                counts[kind_of_time(name)] += number
    return found
