"""What it costs to know that a Bundle is valid: gate, walk and invariants, beside reading it.

    python bench/validate.py             # a Bundle of 12 resources, and those of the corpus
    python bench/validate.py --json      # for programs

On one core, with the collector paused and everything warm; the best of many runs counts. The ratio
is to parsing the Bundle's bytes and dumping them again with orjson. The starts are of new
processes: what the first document costs, compiling the schema of its types of resources included.
The corpus is the folder that TRIALBRIDGE_CORPUS names, by default `../shared/corpus` beside the
repository; without it, the examples.
"""

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

import trialbridge
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir import invariants as fhir_invariants
from trialbridge.schemas.fhir.clean import clean
from trialbridge.schemas.fhir.digests.definitions import VERSIONS
from trialbridge.schemas.fhir.schema import gate
from trialbridge.schemas.fhir.validate import validate
from trialbridge.schemas.fhir.walk import walk

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("TRIALBRIDGE_CORPUS") or ROOT.parent / "shared" / "corpus")
RESOURCES = 12
STARTS = 7
FORMATS = ("fhir-r5", "fhir-r4", "odm-2.0")

LOAD = """
import time
from trialbridge.schemas.fhir.clean import clean
from trialbridge.schemas.fhir.digests.definitions import definitions
start = time.perf_counter()
definitions({version!r}).rows("ResearchStudy")
print((time.perf_counter() - start) * 1000)
"""

FIRST = """
import sys, time
data = sys.stdin.buffer.read()
start = time.perf_counter()
from trialbridge.schemas.fhir.r5 import check
check(data)
print((time.perf_counter() - start) * 1000)
"""


class Timing(NamedTuple):
    """Milliseconds a Bundle, and how many times the floor that is."""

    part: str
    milliseconds: float
    ratio: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print tables or one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, metavar="N", default=200, help="the first N records")
    parser.add_argument("--passes", type=int, metavar="N", default=7, help="the best of N counts")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args(arguments)
    source, written = gather(options.records)
    twelve = of_twelve(written)
    found: dict[str, Any] = {
        "machine": f"{platform.python_implementation()} {platform.python_version()}",
        "source": source,
        "bundle_of_12": [each._asdict() for each in measure([twelve], 300)],
        "bundles_written": [each._asdict() for each in measure(written, options.passes)],
        "documents_written": [each._asdict() for each in checks(options.records, options.passes)],
        "bundles": len(written),
        "resources_a_bundle": round(resources(written) / len(written), 1),
        "start_milliseconds": {
            **{f"definitions {version}": start(LOAD.format(version=version), b"")
               for version in VERSIONS},
            "first check of a Bundle": start(FIRST, twelve),
        },
    }  # fmt: skip
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(found["machine"])
    for title, key in (
        (f"a Bundle of {RESOURCES} resources, {len(twelve) / 1000:.1f} kB", "bundle_of_12"),
        (f"{len(written)} Bundles of {source}, {found['resources_a_bundle']} resources each",
         "bundles_written"),
        (f"as many records in each format, checked from bytes; the floor is that of {source}",
         "documents_written"),
    ):  # fmt: skip
        print(f"\n{title}\n{'part':<32}{'ms each':>12}{'x floor':>10}")
        for timing in found[key]:
            print(f"{timing['part']:<32}{timing['milliseconds']:>12.4f}{timing['ratio']:>10.2f}")
    print(f"\n{'start':<32}{'ms':>12}")
    for name, milliseconds in found["start_milliseconds"].items():
        print(f"{name:<32}{milliseconds:>12.1f}")


def texts_of(limit: int) -> tuple[str, list[bytes]]:
    """Give the name of the source, and its records as they are."""
    path = CORPUS / "ctgov-v2.jsonl"
    if path.is_file():
        source, texts = "the corpus", path.read_bytes().splitlines()[:limit]
    else:
        source = "the examples"
        texts = [file.read_bytes() for file in sorted((ROOT / "examples").glob("*.ctgov.json"))]
    if not texts:
        raise SystemExit("no records to measure with")
    return source, texts


def gather(limit: int) -> tuple[str, list[bytes]]:
    """Give the name of the source, and its records as Bundles."""
    source, texts = texts_of(limit)
    return source, [
        trialbridge.convert(text, "fhir-r5", format="ctgov", validate=False) for text in texts
    ]


def resources(bundles: Sequence[bytes]) -> int:
    """Count the resources of Bundles."""
    return sum(len(msgspec.json.decode(data)["entry"]) for data in bundles)


def of_twelve(bundles: Sequence[bytes]) -> bytes:
    """Give the Bundle whose number of resources is nearest to twelve."""
    return min(bundles, key=lambda data: abs(resources([data]) - RESOURCES))


def checks(limit: int, passes: int) -> list[Timing]:
    """Time the check of what is written of records in each format, as `write` has it."""
    import orjson

    from trialbridge.formats import by_name

    _, texts = texts_of(limit)
    parts: list[tuple[str, Callable[[int], object]]] = [
        ("parse and dump with orjson", lambda i: orjson.dumps(orjson.loads(texts[i])))
    ]
    for name in FORMATS:
        known = by_name(name, "checked")
        written = [
            trialbridge.convert(text, name, format="ctgov", validate=False) for text in texts
        ]
        parts.append((name, lambda i, known=known, written=written: known.check(written[i])))
    return timed(parts, len(texts), passes)


def measure(bundles: Sequence[bytes], passes: int) -> list[Timing]:
    """Time each part over all Bundles; the mean of a Bundle, the best pass of each."""
    import orjson

    trees = [msgspec.json.decode(data) for data in bundles]
    parts: list[tuple[str, Callable[[int], object]]] = [
        ("parse and dump with orjson", lambda i: orjson.dumps(orjson.loads(bundles[i]))),
        ("checked: lean pass and gate", lambda i: validate(trees[i], "r5")),
        ("lean pass", lambda i: clean(trees[i], "r5", BASE)),
        ("gate beside the lean pass", lambda i: gate(trees[i], "r5", forms=False)),
        ("gate", lambda i: gate(trees[i], "r5")),
        ("walk", lambda i: walk(trees[i], "r5", BASE)),
        ("gate and walk", lambda i: (walk(trees[i], "r5", BASE), gate(trees[i], "r5"))),
        ("invariants", lambda i: fhir_invariants.check(trees[i], version="r5")),
    ]
    return timed(parts, len(trees), passes)


def timed(
    parts: Sequence[tuple[str, Callable[[int], object]]], count: int, passes: int
) -> list[Timing]:
    """Time each part over all documents; the first is the floor."""
    timings: list[Timing] = []
    gc.collect()
    gc.disable()
    try:
        for name, run in parts:
            best = [1e9] * count
            # One pass of them takes as long as ten of all else.
            for _ in range(passes if name != "invariants" else max(2, passes // 10)):
                for index in range(count):
                    begin = time.perf_counter()
                    run(index)
                    best[index] = min(best[index], time.perf_counter() - begin)
            mean = sum(best) / len(best) * 1000
            timings.append(Timing(name, mean, mean / timings[0].milliseconds if timings else 1.0))
    finally:
        gc.enable()
    return timings


def start(code: str, data: bytes) -> float:
    """Give the least milliseconds that a new process prints."""
    ran = [
        subprocess.run(
            [sys.executable, "-c", code], input=data, stdout=subprocess.PIPE, check=True
        ).stdout
        for _ in range(STARTS)
    ]
    return min(map(float, ran))


if __name__ == "__main__":
    main()
