"""How many facts are found in criteria, of those that a person labelled, and how many are right.

    python bench/criteria.py                 # by kind, over tests/criteria/labelled.tsv
    python bench/criteria.py --judge 40      # found ones of the corpus, to be judged by eye

Precision is the share of what is found that the labels have, recall that of the labels found.
"""

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import corpus
from labelled_criteria import labelled, named, score

import trialbridge
from trialbridge.mappings.record import criteria
from trialbridge.mappings.record.stated import stated


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or facts to be judged."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--judge", type=int, metavar="NUMBER", help="so many facts of each kind")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.judge:
        judge(options.judge, random.Random(options.seed))
        return
    right, wrong, missed = score()
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
    seen = {one.words for one in labelled()}
    found: dict[str, list[str]] = defaultdict(list)
    for data in corpus.records():
        protocol = trialbridge.read(data).protocol
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
