"""Criteria with the facts that a person read in them, and how those that are found compare."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from trialbridge.mappings.record.stated import Stated, stated

FOLDER = Path(__file__).resolve().parents[1] / "criteria"


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
