"""How much of records AACT's tables give back, and what of it they do not, by leaf.

    python bench/aact.py SOURCE...      # files, folders and zips of records

Each record is written as tables and read back. Counted are the values of leaves that have a column,
and of those that do not come back the leaf, and an example.
"""

import argparse
from collections import Counter
from collections.abc import Sequence

import msgspec

import trialbridge
from trialbridge.formats import by_name
from trialbridge.mappings.coverage import main_homes, pattern
from trialbridge.schemas.syntax.pointer import walk


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sources", nargs="+")
    homes = main_homes(by_name("aact").rows())
    equal, records = 0, 0
    lost: Counter[str] = Counter()
    example: dict[str, str] = {}
    told: Counter[bool] = Counter()
    for record in trialbridge.records(parser.parse_args(arguments).sources):
        if record.trial is None:
            continue
        records += 1
        warnings: list[trialbridge.Problem] = []
        tables = trialbridge.write(record.trial, "aact", warnings=warnings)
        said = {pattern(problem.path) for problem in warnings}
        after = dict(walk(msgspec.to_builtins(trialbridge.read(tables))))
        for pointer, value in walk(msgspec.to_builtins(record.trial)):
            leaf = pattern(pointer)
            if homes.get(leaf, "none") == "none":
                continue
            if after.get(pointer) == value:
                equal += 1
            else:
                lost[leaf] += 1
                told[leaf in said] += 1
                shown = (
                    f"{record.trial.nct_id} {pointer}: {value!r:.60}, {after.get(pointer)!r:.60}"
                )
                example.setdefault(leaf, shown)
    total = equal + lost.total()
    print(f"{records} records, {equal:,} of {total:,} values equal, {told[True]} told")
    for leaf, count in lost.most_common():
        print(f"{count:5} {leaf}\n      {example[leaf]}")


if __name__ == "__main__":
    main()
