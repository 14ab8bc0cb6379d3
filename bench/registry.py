"""A whole registry in one run: memory, time, processor's time, and that nothing is lost or twice.

    python bench/registry.py --records 5000                    # the corpus repeated, to FHIR R5
    python bench/registry.py --records 50000 --workers 1 2     # and what a second process gives
    python bench/registry.py --records 580000 --keep FOLDER    # can be stopped, and run again

The records are those of the corpus, each as often as it takes with an NCT id of its own, as members
of one zip archive. `trialbridge convert ARCHIVE --to FORMAT --layout LAYOUT --zstd -o DIR` is a
process of its own, whose memory and processor's time are noted each second, with those of the
processes that it starts. Then the documents are read by other means than ours: each id must be
there once, and a random sample of the documents, converted back, must be the members that they were
made of. The floor is what parsing and dumping the same members with orjson takes.

`--keep` names a folder for the archive and the runs. What is there already is used, and a run that
was stopped goes on: what is told adds all its parts up.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import orjson
import zstandard

import trialbridge

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("TRIALBRIDGE_CORPUS") or ROOT.parent / "shared" / "corpus")
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SAMPLE = 200
REGISTRY = 580_000
LAYOUTS = ("ndjson", "files")


class Seen(NamedTuple):
    """A process at a moment: seconds since 1970, those of the processor, bytes in memory."""

    part: int
    pid: int
    parent: bool
    time: float
    processor: float
    memory: int


def nct_id(number: int) -> str:
    return f"NCT{number:08d}"


def archive(path: Path, records: int) -> None:
    """Write the members, as the registry offers them."""
    lines = (CORPUS / "ctgov-v2.jsonl").read_bytes().splitlines()
    places = []
    for line in lines:
        own = orjson.loads(line)["protocolSection"]["identificationModule"]["nctId"].encode()
        at = line.index(b'"' + own + b'"', line.index(b'"nctId"')) + 1
        places.append((line[:at], line[at + len(own) :]))
        changed = orjson.loads(line[:at] + nct_id(1).encode() + line[at + len(own) :])
        assert changed["protocolSection"]["identificationModule"]["nctId"] == nct_id(1)
    begun = path.with_suffix(".begun")
    with zipfile.ZipFile(begun, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for number in range(1, records + 1):
            before, after = places[number % len(places)]
            own = nct_id(number)
            made.writestr(zipfile.ZipInfo(f"{own}.json"), before + own.encode() + after)
    begun.rename(path)


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as found:
        for entry in found.infolist():
            yield entry.filename.removesuffix(".json"), found.read(entry)


# --- a run ---------------------------------------------------------------------------------------


def run(source: Path, out: Path, workers: int, to: str, layout: str, notes: Path) -> None:
    """Convert, or go on with it, noting each second what the processes take."""
    command = [sys.executable, "-m", "trialbridge", "convert", str(source), "--to", to]
    command += ["--layout", layout, "--zstd", "--workers", str(workers), "-o", f"{out}/"]
    if (out / ".journal.ndjson").exists():
        command.append("--resume")
    before = noted(notes)
    part = before[-1].part + 1 if before else 0
    process = subprocess.Popen(command)
    try:
        with notes.open("ab") as file:
            while process.poll() is None:
                for seen in processes(process.pid, part):
                    file.write(orjson.dumps(tuple(seen)) + b"\n")
                file.flush()
                time.sleep(min(1.0, 0.05 + source.stat().st_size / 1e8))
    except BaseException:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
    if process.returncode:
        sys.exit(f"the run ended with status {process.returncode}; the same command goes on")


def noted(notes: Path) -> list[Seen]:
    if not notes.exists():
        return []
    return [Seen(*orjson.loads(line)) for line in notes.read_bytes().splitlines()]


def processes(parent: int, part: int) -> Iterator[Seen]:
    """What a process and its children take now; what ends meanwhile is left out."""
    now = time.time()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            stat = (entry / "stat").read_text().rpartition(") ")[2].split()
            pid, own = int(entry.name), int(entry.name) == parent
            # multiprocessing has a process beside, which only waits.
            if not own and int(stat[1]) != parent:
                continue
            memory = int((entry / "statm").read_text().split()[1]) * PAGE
        except (OSError, IndexError):
            continue
        yield Seen(part, pid, own, now, (int(stat[11]) + int(stat[12])) / TICK, memory)


# --- what came of it -----------------------------------------------------------------------------


class _Identifier(msgspec.Struct):
    value: str = ""


class _Resource(msgspec.Struct):
    resourceType: str
    identifier: list[_Identifier] = []


class _Entry(msgspec.Struct):
    resource: _Resource


class _Bundle(msgspec.Struct):
    entry: list[_Entry]


_bundle = msgspec.json.Decoder(_Bundle)


def id_of(document: bytes, to: str) -> str:
    """The NCT id of a document, by no code of ours."""
    if to.startswith("fhir-"):
        # In another resource of a Bundle the number of a member might be cited.
        for one in _bundle.decode(document).entry:
            if one.resource.resourceType == "ResearchStudy":
                return next(own.value for own in one.resource.identifier if own.value[:3] == "NCT")
        return ""
    found: str = orjson.loads(document)["protocolSection"]["identificationModule"]["nctId"]
    return found


def documents(out: Path, layout: str) -> Iterator[bytes]:
    pattern = "records-*.ndjson.zst" if layout == "ndjson" else "[0-9]*/*.zst"
    for path in sorted(out.glob(pattern)):
        with (
            path.open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as stream,
        ):
            if layout == "files":
                yield stream.read()
                continue
            left = b""
            while piece := stream.read(1 << 22):
                *lines, left = (left + piece).split(b"\n")
                yield from lines
            assert not left, f"{path} ends inside a line"


def verify(source: Path, out: Path, records: int, to: str, layout: str) -> str:
    """Hold the documents of a run against the members that they are of."""
    wanted = {nct_id(one) for one in random.Random(0).sample(range(1, records + 1), SAMPLE)}
    kept: dict[str, bytes] = {}
    counts: Counter[str] = Counter()
    for document in documents(out, layout):
        own = id_of(document, to)
        counts[own] += 1
        if own in wanted:
            kept[own] = document
    lost = sum(nct_id(number) not in counts for number in range(1, records + 1))
    twice = sum(count > 1 for count in counts.values())
    other = len(counts) + lost - records
    same = 0
    with zipfile.ZipFile(source) as members:
        for own, document in kept.items():
            back = trialbridge.convert(document, "ctgov", format=to, validate=False)
            same += orjson.loads(back) == orjson.loads(members.read(f"{own}.json"))
    told = f"{lost} lost, {twice} twice, {other} that were not there"
    return f"{told}; {same} of {len(wanted)} taken at random come back equal"


def floor(source: Path) -> float:
    """The seconds of the processor that parsing and dumping all members takes."""
    found, taken = members(source), 0.0
    while batch := [data for _, data in islice(found, 200)]:
        begun = time.process_time()
        for data in batch:
            orjson.dumps(orjson.loads(data))
        taken += time.process_time() - begun
    return taken


class Taken(NamedTuple):
    """What a run took: seconds, those of the processor in parent and others, bytes at most.

    `early` and `late` are the most that a process had in the second tenth of the time and in the
    last.
    """

    seconds: float
    parent: float
    others: float
    memory: dict[str, int]
    early: int
    late: int


def taken(seen: list[Seen]) -> Taken:
    processor: dict[tuple[int, int, bool], float] = {}
    spans: dict[int, tuple[float, float]] = {}
    peaks: Counter[str] = Counter()
    for one in seen:
        processor[one.part, one.pid, one.parent] = one.processor
        begun, _ = spans.get(one.part, (one.time, one.time))
        spans[one.part] = begun, one.time
        key = "parent" if one.parent else "worker"
        peaks[key] = max(peaks[key], one.memory)
    tenths = [seen[len(seen) * tenth // 10 : len(seen) * (tenth + 1) // 10] for tenth in (1, 9)]
    early, late = (max((one.memory for one in tenth), default=0) for tenth in tenths)
    return Taken(
        sum(end - begun for begun, end in spans.values()),
        sum(value for (_, _, parent), value in processor.items() if parent),
        sum(value for (_, _, parent), value in processor.items() if not parent),
        dict(peaks),
        early,
        late,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=5000)
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--to", default="fhir-r5", help="a version of FHIR in JSON, or ctgov")
    parser.add_argument("--layout", default="ndjson", choices=LAYOUTS)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    try:
        measure(folder, asked)
    finally:
        if asked.keep is None:
            shutil.rmtree(folder)


def measure(folder: Path, asked: argparse.Namespace) -> None:
    source = folder / f"studies-{asked.records}.zip"
    if not source.exists():
        archive(source, asked.records)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    size = source.stat().st_size / 1e9
    print(f"{asked.records:,} members, {size:.2f} GB; {os.cpu_count()} cores, load {load}")
    for workers in asked.workers:
        out, notes = places(folder, asked, workers)
        if not (out / "summary.json").exists():
            run(source, out, workers, asked.to, asked.layout, notes)
    least = floor(source)
    each = 1000 / asked.records
    print(f"floor: {least:.1f} s of the processor, {least * each:.3f} ms a record", flush=True)
    first: tuple[float, float] | None = None
    for workers in asked.workers:
        out, notes = places(folder, asked, workers)
        found = taken(noted(notes))
        both = found.parent + found.others
        first = first or (found.seconds, both)
        cores = max(both / workers, found.parent)
        peaks = ", ".join(f"{key} {most / 1e6:.0f} MB" for key, most in found.memory.items())
        print(
            f"{workers} workers: {found.seconds:.1f} s, {first[0] / found.seconds:.2f} times as "
            f"fast as the first, and {first[1] / cores:.2f} by the processor's time where each has "
            f"a core\n  of the processor {both:.1f} s, {both / least:.1f} floors: "
            f"{found.parent * each:.3f} ms a record in the parent, "
            f"{found.others * each:.3f} in the others\n"
            f"  memory at most: {peaks}; second tenth {found.early / 1e6:.0f} MB, last tenth "
            f"{found.late / 1e6:.0f} MB\n"
            f"  {REGISTRY:,} of these, each process with a core: {minutes(found, asked.records)}\n"
            f"  {verify(source, out, asked.records, asked.to, asked.layout)}",
            flush=True,
        )


def minutes(found: Taken, records: int) -> str:
    """What a registry takes on machines of more cores: as long as the parent, which is alone."""
    each = (
        f"{max(found.parent, (found.parent + found.others) / cores) / records * REGISTRY / 60:.0f} "
        f"minutes on {cores} cores"
        for cores in (2, 4, 8)
    )
    return ", ".join(each)


def places(folder: Path, asked: argparse.Namespace, workers: int) -> tuple[Path, Path]:
    """Where a run writes, and where it is noted what its processes take."""
    stem = f"{asked.to}-{asked.layout}-{asked.records}-{workers}"
    return folder / stem, folder / f"{stem}.seen.ndjson"


if __name__ == "__main__":
    main()
