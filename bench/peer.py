"""The conversion to FHIR beside that of npm's clinical-trial-matching-service, in one run.

    python bench/peer.py                  # every third record of the corpus, seven passes
    python bench/peer.py --records 1007 --passes 9

The peer (MITRE, Apache-2.0) makes an R4 ResearchStudy of a record of ClinicalTrials.gov's API. It
is installed by npm into a folder that is removed again. Each side parses the record, converts it
and dumps it, all records in one process, one after another and warm; the processor's own time is
measured, and of a record's passes the best counts, so that what else the machine does does not.
Node and Python take turns.

A leaf value of a record is carried if the document is another when the value is another. For the
peer each value that it looks at is changed in turn; ours are held to be carried where the record
comes back equal, and one that does not is told. Leaves are those of the registry's model, each
counted once however often it has a value.
"""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

import trialbridge

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("TRIALBRIDGE_CORPUS") or ROOT.parent / "shared" / "corpus")
PEER = "clinical-trial-matching-service@0.1.2"

# What node runs: a file of records, one a line, and how many passes; a line of JSON comes out.
SCRIPT = """
const { readFileSync } = require('fs');
// Its cache of downloads wants a compiled database, which a conversion does not.
const Module = require('module'), load = Module._load;
Module._load = (name, ...rest) => /^sqlite3?$/.test(name) ? {} : load(name, ...rest);
const name = 'clinical-trial-matching-service/dist/study-fhir-converter';
const convert = require(name).createResearchStudyFromClinicalStudy;
const [path, passes, count] = process.argv.slice(2);
const lines = readFileSync(path, 'utf8').split('\\n').filter(Boolean).map((s) => Buffer.from(s));
const dump = (study) => JSON.stringify(convert(study));
const run = (line) => Buffer.from(dump(JSON.parse(line.toString())));
const best = lines.map(() => Infinity);
for (let pass = 0; pass < passes; pass++) {
  lines.forEach((line, at) => {
    const begun = process.cpuUsage();
    run(line);
    const { user, system } = process.cpuUsage(begun);
    best[at] = Math.min(best[at], (user + system) / 1e3);
  });
}
let values = 0, carried = 0;
const leaves = new Set();
// Notes each value that is no object and that somebody asks for.
const watched = (node, path, seen) => new Proxy(node, {
  get(of, key) {
    const value = Reflect.get(of, key);
    if (typeof key === 'symbol' || typeof value === 'function') return value;
    if (Array.isArray(of) && key === 'length') return value;
    if (value !== null && typeof value === 'object') return watched(value, [...path, key], seen);
    seen.set(JSON.stringify([...path, key]), [of, key, path]);
    return value;
  },
});
const other = (v) => typeof v === 'number' ? v + 1 : typeof v === 'boolean' ? !v : v + ' other';
const all = (node) => typeof node !== 'object' || node === null ? 1
  : Object.values(node).reduce((sum, one) => sum + all(one), 0);
if (count === 'count') for (const line of lines) {
  const study = JSON.parse(line.toString());
  values += all(study);
  const seen = new Map(), usual = dump(study);
  dump(watched(study, [], seen));
  for (const [of, key, path] of seen.values()) {
    const value = of[key];
    if (value === undefined) continue;
    of[key] = other(value);
    if (dump(study) !== usual) {
      carried++;
      leaves.add([...path, key].filter((step) => !/^\\d+$/.test(step)).join('.'));
    }
    of[key] = value;
  }
}
console.log(JSON.stringify({ best, values, carried, leaves: leaves.size }));
"""


class Side(NamedTuple):
    """What a side takes, in milliseconds a record, and what it carries: values of one, leaves."""

    name: str
    milliseconds: float
    values: float
    leaves: int


def node(folder: Path, path: Path, passes: int, count: str = "") -> dict[str, Any]:
    command = ["node", "peer.js", str(path), str(passes), count]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def leaves(tree: object, path: str = "") -> Iterator[str]:
    """The path of each leaf value of a tree, without the positions in lists."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}.{key}")
    elif isinstance(tree, list):
        for value in tree:
            yield from leaves(value, path)
    else:
        yield path


def timed(records: list[bytes], run: Callable[[bytes], object], best: list[float]) -> None:
    """Run all records, the collector going on between them as in a run of many."""
    for at, record in enumerate(records):
        gc.disable()
        begun = time.thread_time()
        run(record)
        best[at] = min(best[at], (time.thread_time() - begun) * 1000)
        gc.enable()


def measure(folder: Path, name: str, records: list[bytes], passes: int) -> None:
    path = folder / "records.jsonl"
    path.write_bytes(b"\n".join(records))
    paths = [path for record in records for path in leaves(orjson.loads(record))]
    total, distinct = len(paths), len(set(paths))
    counted = node(folder, path, 1, "count")
    assert counted["values"] == total
    ways: dict[str, Callable[[bytes], object]] = {
        "floor: orjson parses and dumps": lambda data: orjson.dumps(orjson.loads(data)),
        "ours, fhir-r5": lambda data: trialbridge.convert(data, "fhir-r5", validate=False),
        "ours, fhir-r5, checked": lambda data: trialbridge.convert(data, "fhir-r5"),
        "ours, fhir-r4": lambda data: trialbridge.convert(data, "fhir-r4", validate=False),
    }
    back = 0
    for record in records:
        document = trialbridge.convert(record, "fhir-r5", validate=False)
        again = trialbridge.convert(document, "ctgov", validate=False)
        back += orjson.loads(again) == orjson.loads(record)
    best = {way: [float("inf")] * len(records) for way in ways}
    theirs = [float("inf")] * len(records)
    rounds = 3
    for _ in range(rounds):
        again = node(folder, path, -(-passes // rounds) + 1)["best"]
        theirs = [min(pair) for pair in zip(theirs, again, strict=True)]
        for _ in range(-(-passes // rounds)):
            for way, run in ways.items():
                timed(records, run, best[way])
    count = len(records)
    sides = [Side(PEER, sum(theirs) / count, counted["carried"] / count, counted["leaves"])]
    sides += [Side(way, sum(b) / count, total / count, distinct) for way, b in best.items()]
    print(f"{count} records, {name}: {back} come back equal")
    first = sides[0]
    for side in sides:
        faster = first.milliseconds / side.milliseconds
        print(
            f"  {side.name:38} {side.milliseconds:6.3f} ms a record; "
            f"{side.values:4.0f} values, {side.values / side.milliseconds:5.0f} a ms: "
            f"{side.values / first.values * faster:5.2f} of the peer's; {side.leaves:3} leaves: "
            f"{side.leaves / first.leaves * faster:5.2f} of the peer's"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=335)
    parser.add_argument("--passes", type=int, default=7)
    asked = parser.parse_args()
    lines = (CORPUS / "ctgov-v2.jsonl").read_bytes().splitlines()
    records = lines[:: max(1, len(lines) // asked.records)][: asked.records]
    plain = []
    for record in records:
        tree = orjson.loads(record)
        tree.pop("resultsSection", None)
        plain.append(orjson.dumps(tree))
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        (folder / "package.json").write_text("{}")
        (folder / "peer.js").write_text(SCRIPT)
        command = [
            "npm",
            "install",
            "--ignore-scripts",
            "--omit=optional",
            "--no-audit",
            "--no-fund",
            PEER,
        ]
        if subprocess.run(command, cwd=folder, capture_output=True).returncode:
            sys.exit("npm cannot install the peer")
        measure(folder, "results taken out", plain, asked.passes)
        measure(folder, "whole", records, asked.passes)


if __name__ == "__main__":
    main()
