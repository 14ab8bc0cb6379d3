"""Learn the table of mappings/text/terms/table.json.gz from trials' own lists. Needs numpy.

    python bench/terms/build_terms.py --apart RECORDS SOURCE...

A fifth of the trials of RECORDS (by a hash of the id, see term_sources.py) is kept out of counts,
weights and limits, in whatever source it is; terms.py measures on it. The rest of RECORDS weighs
more than other sources, and its folds set the limits.
"""

import argparse
import gzip
import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from term_sources import Lists, apart, checksum, read
from term_training import Example, Weights, train

from trialbridge.mappings.text import terms
from trialbridge.mappings.text.terms import model
from trialbridge.mappings.text.terms.features import SEEN, features
from trialbridge.mappings.text.terms.model import Table
from trialbridge.mappings.text.terms.words import LONGEST, SMALL, tokens

OUT = Path(__file__).parents[2] / "mappings" / "text" / "terms" / model.TABLE
_MOST_WORDS = 60
"""Longer lines teach little for their cost."""
_PAGE = 5.0
"""How much a line of RECORDS weighs."""
_FOLDS = 4


def count(table: Table, trial: Lists, said: set[str], by: int) -> None:
    """Add a trial's lists and texts to the counts, or take them out."""
    for column, found in enumerate((trial.conditions, trial.keywords)):
        for term in found:
            words = [" ".join(tokens(word)) for word in term.split()]
            key = " ".join(word for word in words if word)
            table.terms.setdefault(key, [0, 0])[column] += by
            table.exact.setdefault(term, [0, 0])[column] += by
            for at, word in enumerate(words):
                stat = table.words.setdefault(word, [0, 0, 0, 0])
                stat[0] += by * (at == 0)
                stat[1] += by * (at == len(words) - 1)
                stat[2] += by
                stat[3] += by * (column == 0)
            for pair in pairwise(words):
                name = " ".join(pair)
                table.pairs[name] = table.pairs.get(name, 0) + by
    for name in said:
        table.texts[name] = table.texts.get(name, 0) + by


def texts(trial: Lists) -> set[str]:
    """The words of a trial's titles and summary, and its pairs of words that are not small."""
    protocol = trial.tree["protocolSection"]
    names = protocol["identificationModule"]
    found: set[str] = set()
    for text in (
        names.get("briefTitle", ""),
        names.get("officialTitle", ""),
        protocol.get("descriptionModule", {}).get("briefSummary", ""),
    ):
        words = tokens(text)
        found.update(words)
        found.update(
            f"{a} {b}"
            for a, b in pairwise(words)
            if a[0].isalnum() and b[0].isalnum() and a not in SMALL and b not in SMALL
        )
    return found


def example(trial: Lists, table: Table, said: set[str], weight: float) -> Example:
    count(table, trial, said, -1)
    found = features(trial.words, terms.evidence(trial.words, trial.tree), table)
    count(table, trial, said, 1)
    return Example(trial, found, weight)


def give(table: Table, weights: Weights) -> None:
    spans, gaps, last = (one.round(4).T.tolist() for one in weights.all)
    table.spans, table.gaps, table.last = spans, gaps, last


def guesses(examples: list[Example], table: Table) -> Iterator[list[float]]:
    """Of each line: P of both lists, share of wrong terms, P of conditions, and what is right."""
    for one in examples:
        trial, words = one.trial, one.trial.words
        found = model.best(model.scores(one.found, table))
        given = [" ".join(words[a:b]) for a, b in pairwise([0, *found.ends])]
        conditions, keywords = given[: found.conditions], given[found.conditions :]
        yield [
            found.whole,
            found.wrong,
            found.first,
            len(given),
            _right(given, trial.conditions + trial.keywords),
            len(conditions),
            _right(conditions, trial.conditions + trial.keywords),
            (conditions, keywords) == (trial.conditions, trial.keywords),
            conditions == trial.conditions,
        ]


def _right(found: list[str], said: list[str]) -> int:
    return sum((Counter(found) & Counter(said)).values())


def limits(rows: list[list[float]], precision: float) -> list[float]:
    """The limits of most lines right at which the terms given are the record's this often."""
    whole, wrong, first, all_given, all_right, some_given, some_right, both, conditions = np.array(
        rows, dtype=float
    ).T
    best = (-1.0, [0.0, 1.0, 1.0])
    for cost in (0.0, 0.1, 0.2, 0.3, 0.4, 0.6):
        for least in np.arange(-0.4, 0.9, 0.02):
            emitted = whole - cost * wrong >= least
            for least_first in np.arange(0.4, 1.0, 0.02):
                some = ~emitted & (first >= least_first)
                given = all_given[emitted].sum() + some_given[some].sum()
                right = all_right[emitted].sum() + some_right[some].sum()
                score = both[emitted].sum() + conditions[emitted | some].sum() / 2
                if given and right >= precision * given and score > best[0]:
                    best = (score, [cost, round(float(least), 2), round(float(least_first), 2)])
                    shares = [both[emitted].sum(), conditions[emitted | some].sum()]
                    print(best[1], (np.array(shares) / len(rows)).round(3), right / given)
    return best[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--apart", type=Path, help="records of which a fifth is kept apart")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--precision", type=float, default=0.95)
    parser.add_argument("--most", type=int, help="so many trials of each source, for a try")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    pages = {one.nct_id for one in read(given.apart)} if given.apart else set()
    trials: dict[str, Lists] = {}
    for source in given.sources:
        for trial in list(read(source))[: given.most]:
            fits = all(len(t.split()) <= LONGEST for t in trial.conditions + trial.keywords)
            kept = trial.nct_id in pages and apart(trial.nct_id)
            if trial.conditions and fits and not kept:
                trials[trial.nct_id] = trial
    table = Table(sources=[{"name": s.name, "sha256": checksum(s)} for s in given.sources])
    said = {trial.nct_id: texts(trial) for trial in trials.values()}
    for trial in trials.values():
        count(table, trial, said[trial.nct_id], 1)
    start = time.perf_counter()
    examples = [
        example(trial, table, said[trial.nct_id], _PAGE if trial.nct_id in pages else 1.0)
        for trial in trials.values()
        if trial.whole and 1 < len(trial.words) <= _MOST_WORDS
    ]
    print(f"{len(examples)} lines, features in {time.perf_counter() - start:.0f} s", flush=True)
    rows: list[list[float]] = []
    for fold in range(_FOLDS):
        held = [one for one in examples if one.trial.nct_id in pages or not pages]
        held = [one for one in held if _fold(one) == fold]
        out = {one.trial.nct_id for one in held}
        give(table, train([e for e in examples if e.trial.nct_id not in out], given.epochs))
        rows += guesses(held, table)
    table.limits = limits(rows, given.precision)
    print(f"limits {table.limits} by {len(rows)} lines", flush=True)
    give(table, train(examples, given.epochs))
    written = write(table)
    given.out.write_bytes(written)
    print(f"{given.out}: {len(written):,} bytes, {len(table.terms):,} terms")


def _fold(one: Example) -> int:
    return hashlib.sha256(one.trial.nct_id.encode()).digest()[1] % _FOLDS


def write(table: Table) -> bytes:
    """The table without what the model takes for nothing, its counts in order."""
    table.texts = {
        name: times for name, times in table.texts.items() if times >= (SEEN if " " in name else 5)
    }
    for counts in (table.terms, table.exact, table.words, table.pairs, table.texts):
        for key in sorted(counts):
            counts[key] = counts.pop(key)  # type: ignore[index, assignment]
    text = json.dumps(vars(table), ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


if __name__ == "__main__":
    main()
