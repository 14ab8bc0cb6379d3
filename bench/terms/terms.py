"""How well the line of conditions and keywords is split, on the fifth kept apart from training.

    python bench/terms/terms.py RECORDS [--table FILE]

RECORDS is what build_terms.py was given as --apart. Each record is written as a page of text and
read back; the time is that of the line alone.
"""

import argparse
import gzip
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from term_sources import apart, read

import trialbridge
from trialbridge.mappings.text import terms
from trialbridge.mappings.text.terms import model
from trialbridge.mappings.text.terms.model import Table


class Watch:
    """Stands in for `terms.read`: its readings and the seconds that each took."""

    def __init__(self, known: Table, *, rule: bool) -> None:
        self.known, self.rule = known, rule
        self.found: terms.Reading | None = None
        self.spent: list[float] = []
        self.read = terms.read

    def __call__(self, line: str, tree: dict[str, Any]) -> terms.Reading | None:
        start = time.thread_time()
        if self.rule:
            told = terms.split(line, tree)
            self.found = told and terms.Reading(*told, None, True)
        else:
            self.found = self.read(line, tree, self.known)
        self.spent.append(time.thread_time() - start)
        return self.found


def _same(said: list[str], emitted: list[str]) -> int:
    return sum((Counter(emitted) & Counter(said)).values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", type=Path)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--rule", action="store_true", help="the rule alone")
    given = parser.parse_args()
    start = time.thread_time()
    if given.table:
        known = Table(**json.loads(gzip.decompress(given.table.read_bytes())))
    else:
        known = model.table()
    loaded = time.thread_time() - start
    seen = Counter[str]()
    watch = Watch(known, rule=given.rule)
    terms.read = watch
    for trial in read(given.records):
        if not apart(trial.nct_id) or not trial.words:
            continue
        trialbridge.read(trialbridge.convert(trial.tree, "text"), format="text")
        found = watch.found
        seen["lines"] += 1
        seen["with keywords"] += bool(trial.keywords)
        if found is None:
            continue
        conditions = found.conditions == trial.conditions
        keywords = found.whole and found.keywords == trial.keywords
        seen["conditions"] += conditions
        seen["both"] += conditions and keywords
        seen["keywords"] += keywords
        seen["keywords, of those that have"] += keywords and bool(trial.keywords)
        emitted = found.conditions + found.keywords
        seen["emitted"] += len(emitted)
        seen["terms"] += _same(trial.conditions + trial.keywords, emitted)
        seen["own"] += _same(trial.conditions, found.conditions)
        seen["own"] += _same(trial.keywords, found.keywords)
    count, emits = seen["lines"], max(seen["emitted"], 1)
    print(f"{count} lines kept apart, {seen['with keywords']} with keywords")
    for name in ("both", "conditions", "keywords"):
        print(f"{name} right: {seen[name] / count:.3f}")
    of_those = seen["keywords, of those that have"] / max(seen["with keywords"], 1)
    print(f"keywords right, of lines that have keywords: {of_those:.3f}")
    print(f"precision of {emits} terms: {seen['terms'] / emits:.3f}", end="")
    print(f", and in the right one of the two lists: {seen['own'] / emits:.3f}")
    spent = sorted(watch.spent)
    # Writing a page reads it again, so that a line is read more than once.
    mean, late = sum(spent) / len(spent), spent[len(spent) * 95 // 100]
    print(f"{mean * 1000:.1f} ms a line, 95th percentile {late * 1000:.1f}; ", end="")
    print(f"table loaded in {loaded * 1000:.0f} ms")


if __name__ == "__main__":
    main()
