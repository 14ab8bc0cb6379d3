"""How long the parts of a conversion take, beside the floor: parsing and dumping with orjson.

    python bench/run.py                    # every record of the corpus, else the examples
    python bench/run.py --records 100      # the first hundred
    python bench/run.py --json             # for programs

Each part runs over all records in one process, on one core, with the collector paused; the best of
several passes over a record counts, and the mean of all records is told, in microseconds. Results
sections are taken out first; what conversions take as a whole,
there and back, is told with them too. A conversion is unchecked unless
it says `checked`; what a check of FHIR is made of is told by `bench/validate.py`. The corpus is the
folder that TRIALBRIDGE_CORPUS names, by default `../shared/corpus` beside the repository.
"""

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from trialbridge.schemas.trial import Trial

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("TRIALBRIDGE_CORPUS") or ROOT.parent / "shared" / "corpus")
STARTS = 11

# A process that converts a file of records, one a line, and prints its peak memory.
STREAM = """
import resource, sys
import trialbridge
how, path = sys.argv[1:]
with open(path, "rb") as lines:
    for line in lines:
        if how != "nothing":
            trialbridge.convert(line, "fhir-r5", format="ctgov", validate=how == "validate")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


class Part(NamedTuple):
    """A part of the work, and what does it to the record at a position."""

    name: str
    run: Callable[[int], object]


class Timing(NamedTuple):
    """Microseconds a record, and how many times the floor that is."""

    part: str
    microseconds: float
    ratio: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table or one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, metavar="N", help="the first N records alone")
    parser.add_argument("--passes", type=int, metavar="N", default=5, help="the best of N counts")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args(arguments)
    starts = start_milliseconds()
    source, records = gather(options.records)
    peaks = peak_megabytes(records)
    timings = measure(parts(records), len(records), options.passes)
    whole = {
        "results taken out": multiples(records, options.passes),
        "with results": multiples(gather(options.records, results=True)[1], options.passes),
    }
    mean = sum(map(len, records)) / len(records)
    if options.json:
        found = {
            "machine": machine(),
            "source": source,
            "records": len(records),
            "mean_bytes": round(mean),
            "parts": [timing._asdict() for timing in timings],
            "conversions": whole,
            "peak_megabytes": peaks,
            "start_milliseconds": starts,
        }
        print(json.dumps(found, indent=2))
        return
    print(f"{machine()}; {len(records)} records of {source}, {mean / 1000:.1f} kB each")
    print(f"\n{'part':<32}{'us a record':>12}{'x floor':>10}")
    for timing in timings:
        print(f"{timing.part:<32}{timing.microseconds:>12.1f}{timing.ratio:>10.2f}")
    for which, formats in whole.items():
        print(f"\n{'x floor, ' + which:<32}{'unchecked':>12}{'checked':>10}{'back':>10}")
        for name, (unchecked, checked, back) in formats.items():
            print(f"{'ctgov to ' + name:<32}{unchecked:>12.2f}{checked:>10.2f}{back:>10.2f}")
    print(f"\n{'peak memory':<32}{'MB':>12}")
    for name, megabytes in peaks.items():
        print(f"{name:<32}{megabytes:>12.1f}")
    print(f"\n{'start':<32}{'ms':>12}")
    for name, milliseconds in starts.items():
        print(f"{name:<32}{milliseconds:>12.1f}")


def machine() -> str:
    """Say on what it was measured, and whether modules were compiled ahead of time."""
    from trialbridge import compiled_modules

    form = "compiled" if compiled_modules() else "pure"
    version = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{version}, {platform.machine()}, {form}"


def gather(limit: int | None, *, results: bool = False) -> tuple[str, list[bytes]]:
    """Give the name of the source and its records, with their results sections or without."""
    import orjson

    path = CORPUS / "ctgov-v2.jsonl"
    if path.is_file():
        source, texts = "the corpus", path.read_bytes().splitlines()
    else:
        source = "the examples"
        texts = [file.read_bytes() for file in sorted((ROOT / "examples").glob("*.ctgov.json"))]
    records = []
    for text in texts[:limit]:
        record = orjson.loads(text)
        if not results:
            record.pop("resultsSection", None)
        records.append(orjson.dumps(record))
    if not records:
        raise SystemExit("no records to measure with")
    return source, records


def parts(records: list[bytes]) -> list[Part]:
    """List the parts, the floor first; what each of them needs is made here, outside its time."""
    import msgspec
    import orjson

    import trialbridge
    from trialbridge.formats import text
    from trialbridge.formats.fhir import r5 as fhir
    from trialbridge.formats.odm import v2_0 as odm
    from trialbridge.formats.odm.xml.tree import bytes_of
    from trialbridge.formats.odm.xml.v2_0 import V2_0
    from trialbridge.formats.registries.clinicaltrials_gov import ctgov
    from trialbridge.mappings.fhir import bundle
    from trialbridge.mappings.odm import document
    from trialbridge.schemas.fhir import r5 as fhir_r5
    from trialbridge.schemas.odm import validate as odm_schema

    convert, encode = trialbridge.convert, msgspec.json.encode
    trials = [ctgov.read(record)[0] for record in records]
    trees = [bundle.write_tree(trial)[0] for trial in trials]
    bundles = [encode(tree) for tree in trees]
    returned = [fhir.read(one)[0] for one in bundles]
    elements = [document.write_tree(trial)[0] for trial in trials]
    documents = [bytes_of(tree, V2_0) for tree in elements]
    pages = [text.write(trial)[0] for trial in trials]
    # What splitting the line of conditions costs is told by the difference.
    bare = [text.write(without_conditions(trial))[0] for trial in trials]

    def to(name: str, *, validate: bool = False) -> Callable[[int], bytes]:
        return lambda i: convert(records[i], name, format="ctgov", validate=validate)

    def back(name: str, written: list[bytes]) -> Callable[[int], bytes]:
        return lambda i: convert(written[i], "ctgov", format=name, validate=False)

    return [
        Part("floor: orjson loads, dumps", lambda i: orjson.dumps(orjson.loads(records[i]))),
        Part("ctgov: read", lambda i: ctgov.read(records[i])),
        Part("ctgov: write", lambda i: ctgov.write(returned[i])),
        Part("ctgov to fhir-r5: map", lambda i: bundle.write_tree(trials[i])),
        Part("ctgov to fhir-r5: json", lambda i: encode(trees[i])),
        Part("ctgov to fhir-r5: whole", to("fhir-r5")),
        Part("ctgov to fhir-r5: checked", to("fhir-r5", validate=True)),
        Part("fhir-r5: check", lambda i: fhir_r5.check(bundles[i])),
        Part("fhir-r5 to ctgov: read", lambda i: fhir.decode_tree(bundles[i])),
        Part("fhir-r5 to ctgov: map", lambda i: bundle.read_tree(trees[i])),
        Part("fhir-r5 to ctgov: whole", back("fhir-r5", bundles)),
        Part("ctgov to odm-2.0: map", lambda i: document.write_tree(trials[i])),
        Part("ctgov to odm-2.0: xml", lambda i: bytes_of(elements[i], V2_0)),
        Part("ctgov to odm-2.0: whole", to("odm-2.0")),
        Part("ctgov to odm-2.0: checked", to("odm-2.0", validate=True)),
        Part("odm-2.0: check", lambda i: odm_schema.check(documents[i])),
        Part("odm-2.0 to ctgov: read, map", lambda i: odm.read(documents[i])),
        Part("odm-2.0 to ctgov: whole", back("odm-2.0", documents)),
        Part("ctgov to sdtm: whole", to("sdtm")),
        Part("ctgov to sdtm: checked", to("sdtm", validate=True)),
        Part("text: read", lambda i: text.read(pages[i])),
        Part("text: read, no conditions", lambda i: text.read(bare[i])),
        Part("text: write", lambda i: text.write(trials[i])),
        Part("text: write, no warnings", lambda i: text.write_untold(trials[i])),
    ]


FORMATS = ("fhir-r5", "fhir-r4", "odm-2.0", "odm-1.3.2", "usdm", "prs", "sdtm")

# What a format has to be told.
OPTIONS = {"prs": {"org_name": "Bench"}}


def multiples(records: list[bytes], passes: int) -> dict[str, tuple[float, float, float]]:
    """Measure `convert` to each format unchecked, checked, and back, as multiples of the floor."""
    import orjson

    import trialbridge

    def ways(name: str) -> list[Part]:
        def convert(data: bytes, *, validate: bool) -> bytes:
            options = OPTIONS.get(name)
            return trialbridge.convert(
                data, name, format="ctgov", options=options, validate=validate
            )

        back = trialbridge.convert
        written = [convert(record, validate=False) for record in records]
        return [
            Part(name, lambda i: convert(records[i], validate=False)),
            Part(name, lambda i: convert(records[i], validate=True)),
            Part(name, lambda i: back(written[i], "ctgov", format=name, validate=False)),
        ]

    floor = Part("floor", lambda i: orjson.dumps(orjson.loads(records[i])))
    listed = [floor, *(part for name in FORMATS for part in ways(name))]
    ratios = [timing.ratio for timing in measure(listed, len(records), passes)[1:]]
    return {
        name: (ratios[at], ratios[at + 1], ratios[at + 2])
        for name, at in zip(FORMATS, range(0, len(ratios), 3), strict=True)
    }


def without_conditions(trial: "Trial") -> "Trial":
    """Give a trial whose page has no line of conditions and keywords."""
    from msgspec.structs import replace

    protocol = trial.protocol and replace(trial.protocol, conditions=None)
    return replace(trial, protocol=protocol)


def measure(listed: Sequence[Part], records: int, passes: int) -> list[Timing]:
    """Time each part over all records, the parts by turns; the first part is the floor.

    The best of a record's passes counts, so that what else the machine does does not.
    """
    best = [[sys.maxsize] * records for _ in listed]
    # The trees that were made for the parts would be walked at each collection.
    gc.collect()
    gc.freeze()
    gc.disable()
    for _ in range(passes):
        for part, nanoseconds in zip(listed, best, strict=True):
            run = part.run
            for position in range(records):
                begun = time.perf_counter_ns()
                run(position)
                taken = time.perf_counter_ns() - begun
                if taken < nanoseconds[position]:
                    nanoseconds[position] = taken
            gc.collect()
    gc.enable()
    floor = sum(best[0])
    return [
        Timing(part.name, round(sum(times) / records / 1000, 1), round(sum(times) / floor, 2))
        for part, times in zip(listed, best, strict=True)
    ]


def peak_megabytes(records: list[bytes]) -> dict[str, float]:
    """Measure the peak memory of processes of their own that go through all records."""
    # macOS counts in bytes, Linux in kibibytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        path.write_bytes(b"\n".join(records))
        for how, name in (
            ("nothing", "import alone"),
            ("convert", "all, one by one"),
            ("validate", "all, one by one, validated"),
        ):
            # Between this process and that one: the system hands its peak on to its children.
            line = f'"$0" -c "$1" {how} "$2"'
            command = ["sh", "-c", f"({line})", sys.executable, STREAM, str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            peaks[name] = round(int(done.stdout) * unit / 1e6, 1)
    return peaks


def start_milliseconds() -> dict[str, float]:
    """Measure how long it takes to start, as the median of runs by turns."""
    script = Path(sys.executable).with_name("trialbridge")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import trialbridge": [sys.executable, "-c", "import trialbridge"],
        "trialbridge --help": [str(script), "--help"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, command in commands.items():
            begun = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            taken[name].append(time.perf_counter() - begun)
    return {name: round(median(seconds) * 1000, 1) for name, seconds in taken.items()}


if __name__ == "__main__":
    main()
