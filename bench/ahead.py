"""What the modules that were compiled ahead of time give, conversion by conversion.

    TRIALBRIDGE_COMPILE=1 pip install '.[test]'
    python bench/ahead.py --records 40

Needs an installation that has them. Processes that run the sources (TRIALBRIDGE_PURE) and processes
that run what was compiled take turns; the least CPU time of a record counts, over all passes of all
processes of a form, so that what else the machine does does not. Told are microseconds a record.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from run import gather

FORMATS = ("fhir-r5", "fhir-r4", "odm-2.0")
PASSES = 5
FORMS = {"pure": {"TRIALBRIDGE_PURE": "1"}, "compiled": {}}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, metavar="N", help="the first N records alone")
    parser.add_argument("--turns", type=int, metavar="N", default=3, help="processes of each form")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        print(json.dumps(measured(options.records)))
        return
    import trialbridge

    modules = trialbridge.compiled_modules()
    if not modules:
        raise SystemExit("nothing is compiled here: TRIALBRIDGE_COMPILE=1 pip install .")
    best: dict[str, dict[str, list[int]]] = {form: {} for form in FORMS}
    command = [sys.executable, __file__, "--measure", "--records", str(options.records or 10**9)]
    for _ in range(options.turns):
        for form, variables in FORMS.items():
            done = subprocess.run(
                command, check=True, capture_output=True, env={**os.environ, **variables}
            )
            for name, times in json.loads(done.stdout).items():
                known = best[form].get(name, times)
                best[form][name] = list(map(min, known, times))
    print(f"{'us of CPU a record':<24}{'pure':>10}{'compiled':>10}{'less':>9}")
    for name, pure in best["pure"].items():
        before, after = (sum(times) / len(times) / 1000 for times in (pure, best["compiled"][name]))
        print(f"{name:<24}{before:>10.1f}{after:>10.1f}{1 - after / before:>9.1%}")
    print("compiled: " + ", ".join(modules))


def measured(limit: int) -> dict[str, list[int]]:
    """Give the least nanoseconds of each record in each conversion, in this process."""
    import trialbridge

    records = gather(limit)[1]
    ways: dict[str, Callable[[int], object]] = {}
    for format_ in FORMATS:
        written = [one(record, format_, "ctgov") for record in records]
        ways[f"to {format_}"] = lambda i, to=format_: one(records[i], to, "ctgov")
        ways[f"to {format_}, checked"] = lambda i, to=format_: trialbridge.convert(
            records[i], to, format="ctgov"
        )
        ways[f"{format_} back"] = lambda i, of=format_, all_=written: one(all_[i], "ctgov", of)
    best = {name: [sys.maxsize] * len(records) for name in ways}
    gc.collect()
    gc.freeze()
    gc.disable()
    for _ in range(PASSES):
        for name, run in ways.items():
            times = best[name]
            for position in range(len(records)):
                begun = time.thread_time_ns()
                run(position)
                times[position] = min(times[position], time.thread_time_ns() - begun)
            gc.collect()
    return best


def one(data: bytes, to: str, format_: str) -> bytes:
    import trialbridge

    return trialbridge.convert(data, to, format=format_, validate=False)


if __name__ == "__main__":
    main()
