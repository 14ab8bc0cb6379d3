"""A log-linear semi-Markov model of the line of terms (docs/formats/terms-line.md).

What it knows is how trials wrote their lists (counts, made by bench/terms/build_terms.py) and what
the record itself says. A path cuts the line into terms, conditions first; its score is the sum of
weights of its terms, of its gaps and of its last label.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from math import exp, inf, log
from typing import NamedTuple

from trialbridge.mappings.text.terms.features import Counts, Evidence, Features, features
from trialbridge.mappings.text.terms.words import LONGEST

TABLE = "table.json.gz"


@dataclass
class Table(Counts):
    """Counts of lists, and the weights and limits learned with them."""

    spans: list[list[float]] = field(default_factory=list)
    """For a condition and for a keyword: the weight of each feature."""
    gaps: list[list[float]] = field(default_factory=list)
    """Between conditions, where keywords begin, between keywords: the weight of each feature."""
    last: list[float] = field(default_factory=list)
    """By length of the line: the weight of there being keywords."""
    limits: list[float] = field(default_factory=list)
    """What a wrong term costs, the least P less that cost of both, the least P of conditions."""
    sources: list[dict[str, str]] = field(default_factory=list)
    """Name and SHA-256 of each file that the table was made from."""


@lru_cache(maxsize=1)
def table() -> Table:
    """The table that the package ships, read when a line first asks for it."""
    data = files("trialbridge.mappings.text.terms").joinpath(TABLE).read_bytes()
    return Table(**json.loads(gzip.decompress(data)))


class Scores(NamedTuple):
    """By label: of `spans[start][length - 1]`; by transition: of `gaps[place]`; of keywords."""

    spans: list[list[Sequence[float]]]
    gaps: list[Sequence[float]]
    last: float


class Sums(NamedTuple):
    """Logarithms of sums over paths, a condition's first in each pair."""

    entry: list[tuple[float, float]]
    ended: list[tuple[float, float]]
    starts: list[tuple[float, float]]
    left: list[tuple[float, float]]
    total: float


def scores(found: Features, known: Table) -> Scores:
    condition, keyword = (column.__getitem__ for column in known.spans)
    spans: list[list[Sequence[float]]] = [
        [(sum(map(condition, ids)), sum(map(keyword, ids))) for ids in row] for row in found.spans
    ]
    columns = [column.__getitem__ for column in known.gaps]
    gaps: list[Sequence[float]] = [(0.0, 0.0, 0.0)]
    gaps += [[sum(map(column, ids)) for column in columns] for ids in found.gaps]
    return Scores(spans, gaps, known.last[found.last])


def _sum(values: list[float]) -> float:
    most = max(values)
    return most if most == -inf else most + log(sum([exp(value - most) for value in values]))


def sums(given: Scores) -> Sums:
    """Forward and backward over the line."""
    spans, gaps, last = given
    count = len(spans)
    entry = [(0.0, -inf)]
    ended = [(-inf, -inf)]
    for end in range(1, count + 1):
        conditions, keywords = [], []
        for start in range(max(0, end - LONGEST), end):
            score = spans[start][end - start - 1]
            into = entry[start]
            conditions.append(into[0] + score[0])
            keywords.append(into[1] + score[1])
        c, k = _sum(conditions), _sum(keywords)
        ended.append((c, k))
        if end < count:
            gap = gaps[end]
            entry.append((c + gap[0], _sum([c + gap[1], k + gap[2]])))
    total = _sum([ended[count][0], ended[count][1] + last])
    left = [(0.0, 0.0)] * count + [(0.0, last)]
    starts = [(0.0, 0.0)] * count
    for start in range(count - 1, -1, -1):
        row = spans[start]
        c = _sum([score[0] + left[start + at][0] for at, score in enumerate(row, 1)])
        k = _sum([score[1] + left[start + at][1] for at, score in enumerate(row, 1)])
        starts[start] = (c, k)
        gap = gaps[start]
        left[start] = (_sum([gap[0] + c, gap[1] + k]), gap[2] + k)
    return Sums(entry, ended, starts, left, total)


class Guess(NamedTuple):
    """The best path: where terms end, how many are conditions, and what it is worth."""

    ends: list[int]
    conditions: int
    whole: float
    """P of both lists."""
    first: float
    """P of the conditions."""
    wrong: float
    """How many of the terms are wrong, on average."""


def best(given: Scores) -> Guess:
    """The best way to cut the line, with its probabilities."""
    spans, gaps, last = given
    count = len(spans)
    # By end and label: the score, the last term's start, the label before.
    way: list[list[tuple[float, int, int]]] = [[(0.0, 0, 0), (-inf, 0, 0)]]
    for end in range(1, count + 1):
        found = [(-inf, 0, 0), (-inf, 0, 0)]
        for start in range(max(0, end - LONGEST), end):
            score = spans[start][end - start - 1]
            gap = gaps[start]
            (c, *_), (k, *_) = way[start]
            if c + gap[0] + score[0] > found[0][0]:
                found[0] = (c + gap[0] + score[0], start, 0)
            if start and c + gap[1] + score[1] > found[1][0]:
                found[1] = (c + gap[1] + score[1], start, 0)
            if k + gap[2] + score[1] > found[1][0]:
                found[1] = (k + gap[2] + score[1], start, 1)
        way.append(found)
    label = int(way[count][1][0] + last > way[count][0][0])
    top = way[count][label][0] + last * label
    logs = sums(given)
    ends: list[int] = []
    end, conditions, wrong, first = count, 0, 0.0, 0.0
    while end:
        ends.append(end)
        so_far, start, before = way[end][label]
        if not label:
            if not conditions:
                after = gaps[end][1] + logs.starts[end][1] if end < count else 0.0
                first = exp(min(0.0, so_far + after - logs.total))
            conditions += 1
        here = logs.entry[start][label] + spans[start][end - start - 1][label]
        wrong += 1 - exp(min(0.0, here + logs.left[end][label] - logs.total))
        end, label = start, before
    return Guess(ends[::-1], conditions, exp(min(0.0, top - logs.total)), first, wrong)


def guess(words: list[str], said: Evidence, known: Table) -> Guess:
    return best(scores(features(words, said, known), known))
