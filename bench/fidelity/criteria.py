"""How many facts are found in criteria and time frames, of those labelled, and how many are right.

    python bench/fidelity/criteria.py               # by kind, over tests/criteria/*.tsv
    python bench/fidelity/criteria.py --judge 40    # found ones of the corpus, to be judged by eye

Precision is the share of what is found that the labels have, recall that of the labels found.
"""

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support" / "documents"))

import corpus
from labelled_criteria import (
    Score,
    kind_of_time,
    labelled,
    labelled_times,
    named,
    named_time,
    score,
    score_times,
)

import trialbridge
from trialbridge.mappings.record import criteria
from trialbridge.mappings.record.words.stated import stated
from trialbridge.mappings.record.words.time_frames import time_frame


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or facts to be judged."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--judge", type=int, metavar="NUMBER", help="so many facts of each kind")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.judge:
        judge(options.judge, random.Random(options.seed))
        return
    table(score())
    print()
    table(score_times())


def table(counts: Score) -> None:
    """Print how many of each kind are found, right and labelled."""
    right, wrong, missed = counts
    print("kind             found  right  labelled  precision  recall")
    for kind in sorted(right | wrong | missed):
        found, said = right[kind] + wrong[kind], right[kind] + missed[kind]
        precision = f"{right[kind] / found:.3f}" if found else "-"
        print(
            f"{kind:16} {found:5} {right[kind]:6} {said:9}"
            f"  {precision:>9}  {right[kind] / said if said else 0:6.3f}"
        )


def judge(number: int, chance: random.Random) -> None:
    """Print facts of the corpus that no label was made for, with their words."""
    seen = {one.words for one in labelled()} | {words for words, _ in labelled_times()}
    found: dict[str, list[str]] = defaultdict(list)
    for data in corpus.records():
        protocol = trialbridge.read(data).protocol
        outcomes = protocol.outcomes if protocol else None
        for kind in ("primary", "secondary", "other"):
            for outcome in getattr(outcomes, f"{kind}_outcomes", None) or ():
                frame = outcome.time_frame or ""
                if frame not in seen and (times := time_frame(frame)):
                    seen.add(frame)
                    names = [*map(named_time, times)]
                    line = f"{' '.join(names)}: {' '.join(frame.split())}"
                    found[f"time: {kind_of_time(names[-1])}"].append(line)
        module = protocol.eligibility if protocol else None
        for piece in criteria.split((module and module.eligibility_criteria) or ""):
            if piece.words not in seen:
                seen.add(piece.words)
                for fact in stated(piece.words, piece.exclude):
                    kind = "exclude" if piece.exclude else "include"
                    words = " ".join(piece.words.split())
                    found[fact.kind].append(f"{kind} {' '.join(named(fact))}: {words}")
    for fact_kind, lines in sorted(found.items()):
        print(f"\n{fact_kind}: {len(lines)}")
        for line in chance.sample(lines, min(number, len(lines))):
            print(f"  {line}")


if __name__ == "__main__":
    main()
