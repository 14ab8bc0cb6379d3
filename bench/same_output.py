"""Whether two checkouts give the same bytes for every record of a corpus, in every format and back.

    python bench/same_output.py PYTHON PYTHON CORPUS.jsonl
    python bench/same_output.py PYTHON PYTHON CORPUS.jsonl --records 100 --formats fhir-r5

Each PYTHON is an interpreter in which one of the checkouts is installed; CORPUS.jsonl has a record
of the registry on each line. A record is written in each format, and what was written is read
again and written as the registry's JSON; the warnings of both ways count too. With --bytes they do
not. Prints how many are the same, and the first records that are not; exit 1 at a difference.
"""

import argparse
import subprocess
import sys
from pathlib import Path

FORMATS = ("fhir-r5", "odm-2.0", "text", "ctgov", "trial")
SHOWN = 10

# Prints a digest for each record and format: of what is written, and of what comes back.
DIGESTS = """
import hashlib, sys, warnings
import trialbridge
path, count, with_warnings, *formats = sys.argv[1:]

def digest(make):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            data = make()
        except trialbridge.ReadError as error:
            return "refused:" + hashlib.sha256(str(error).encode()).hexdigest(), None
    said = "".join(str(one.message) for one in told) if with_warnings == "1" else ""
    return hashlib.sha256(data + said.encode()).hexdigest(), data

with open(path, "rb") as lines:
    for number, line in enumerate(lines):
        if number == int(count):
            break
        for name in formats:
            there, data = digest(
                lambda: trialbridge.convert(line, name, format="ctgov", validate=False)
            )
            back = "none"
            if data is not None:
                back, _ = digest(
                    lambda: trialbridge.convert(data, "ctgov", format=name, validate=False)
                )
            print(number, name, there, back, flush=True)
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("python", nargs=2)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--records", type=int, default=-1)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--bytes", action="store_true", help="leave the warnings out")
    options = parser.parse_args()
    formats = options.formats.split(",")
    arguments = [options.corpus, options.records, int(not options.bytes), *formats]
    runs = [
        subprocess.Popen(
            [python, "-c", DIGESTS, *map(str, arguments)], stdout=subprocess.PIPE, text=True
        )
        for python in options.python
    ]
    outputs = [run.communicate()[0].splitlines() for run in runs]
    if any(run.returncode for run in runs) or len(outputs[0]) != len(outputs[1]):
        print(f"not comparable: {len(outputs[0])} and {len(outputs[1])} lines", file=sys.stderr)
        return 1
    if not outputs[0]:
        print("nothing was compared", file=sys.stderr)
        return 1
    counts = {(name, way): [0, 0] for name in formats for way in ("there", "back")}
    different = []
    refused = 0
    for one, other in zip(*outputs, strict=True):
        number, name, *digests = one.split()
        for way, a, b in zip(("there", "back"), digests, other.split()[2:], strict=True):
            counts[name, way][a == b] += 1
            refused += a.startswith("refused:")
            if a != b:
                different.append(f"record {number}, {name}, {way}")
    for (name, way), (apart, same) in counts.items():
        print(f"{name:8} {way:5} {same} of {same + apart} the same")
    print(f"{refused} refused by the first")
    for line in different[:SHOWN]:
        print(line)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
