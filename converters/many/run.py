"""Convert many records into a folder; go on where a run was killed; convert what changed since."""

import hashlib
import os
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from trialbridge.api import version
from trialbridge.formats import by_name
from trialbridge.io.files import Packing, replaced, zstandard
from trialbridge.many import journal
from trialbridge.many.aact import Tables
from trialbridge.many.conversion import Conversion, Wish, checked, converted
from trialbridge.many.earlier import Earlier
from trialbridge.many.journal import Done, Journal, Line, Refused, Settings
from trialbridge.many.layouts import PART, Bulk, Files, Layout, Lines
from trialbridge.many.parquet import Parquet
from trialbridge.many.shapes import Shape
from trialbridge.many.summary_page import page
from trialbridge.running.workers import Budget
from trialbridge.schemas.problem import Problem
from trialbridge.sources import Source
from trialbridge.sources.reading import Readable, sources_of

LAYOUTS: Final = ("files", "ndjson", "bulk", "parquet", "tables")
SUMMARY: Final = "summary.json"
PAGE: Final = "summary.html"
MANIFEST: Final = "manifest.json"
QUARANTINE: Final = "quarantine"
DISAPPEARED: Final = "disappeared.tsv"
SKIPPED: Final = "skipped.tsv"


class Summary(msgspec.Struct):
    """What a run did; in `summary.json` too.

    `sources` counts what was looked at, `records` what is a record or should be: `written` and
    `failed` make it up. `unchanged` and `disappeared` are beside the run that is told by `since`.
    `problems` counts by severity and code, `homes` the values of what was written by their homes in
    the format (`native`, `official`, `ours`, `none`: not carried), `designs` the records written by
    the kinds of their designs. `seconds` are those of this run
    alone, `resumed` the sources that an earlier one had done. `memory` is the largest of any
    process, in bytes, None where the system does not tell.
    """

    to: str
    layout: str
    workers: int
    sources: int = 0
    records: int = 0
    written: int = 0
    failed: int = 0
    skipped: int = 0
    unchanged: int = 0
    disappeared: int = 0
    resumed: int = 0
    problems: dict[str, int] = {}
    homes: dict[str, int] = {}
    designs: dict[str, int] = {}
    seconds: float = 0.0
    rate: float = 0.0
    memory: int | None = None

    def add(self, line: Line) -> None:
        """Count what became of a source."""
        self.sources += 1
        self.unchanged += line.unchanged
        if line.unchanged:
            return
        for done in line.records:
            self.skipped += bool(done.skipped)
            self.records += not done.skipped
            self.written += done.place is not None
            self.failed += done.place is None and not done.skipped
            for key, count in done.problems.items():
                self.problems[key] = self.problems.get(key, 0) + count
            for home, count in done.homes.items():
                self.homes[home] = self.homes.get(home, 0) + count
            if done.design and done.place is not None:
                self.designs[done.design] = self.designs.get(done.design, 0) + 1


def convert_many(
    source: Readable | Iterable[Readable],
    to: str,
    out: str | os.PathLike[str],
    *,
    layout: str | None = None,
    format: str | None = None,
    options: Mapping[str, object] | None = None,
    validate: bool = True,
    indent: int | None = None,
    compress: Packing | None = None,
    part: int = PART,
    workers: int | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    resume: bool = False,
    since: str | os.PathLike[str] | None = None,
    told: Callable[[Summary], None] | None = None,
) -> Summary:
    """Convert all records of a source, or of several, into a folder.

    The sources are those of `trialbridge.records`. `layout` is `files` (one a record), `ndjson` (a
    document a line, of JSON formats), `bulk` (FHIR's Bulk Data: NDJSON for each type of resource),
    `parquet` (the model's tables, `to` being `trial`) or `tables` (AACT's, `to` being `aact`, whose
    layout it is unless another is said); `part` is how many records a file of many holds,
    `compress` is `gzip` or `zstd`. `workers` is how many processes, by default as many as
    the machine has cores; the result is the same.

    What cannot be converted is put into `quarantine/`, with its problems, and the run goes on. A
    run that was killed goes on with `resume`, from the same sources and arguments, and ends with
    the bytes of one that was not. `since` is the folder of an earlier run: what it has converted,
    by content, is not converted again, and what is no longer there is listed in
    `disappeared.tsv`. What is no record at all is in `skipped.tsv`. `told` is called after each
    source.

    Raises Refused, UnknownFormat, UnknownOption (ValueErrors) for wrong arguments, MissingExtra for
    Parquet and Zstandard without their extras, and OSError where the folder cannot be written; the
    run can be resumed then.
    """
    folder = os.fspath(out)
    wish = checked(Wish(to, format, dict(options or {}), validate, homes=True))
    layout = layout or ("tables" if wish.to == "aact" else "files")
    if layout not in LAYOUTS:
        raise Refused(f"layout {layout!r}, expected one of {', '.join(LAYOUTS)}")
    _fitting(wish.to, layout, compress)
    settings = Settings(
        trialbridge=version(),
        to=wish.to,
        format=wish.format,
        options={name: wish.options[name] for name in sorted(wish.options)},
        validate=validate,
        layout=layout,
        indent=indent,
        compress=compress,
        part=part,
        since=os.path.abspath(since) if since is not None else None,
        begun=_now(),
    )
    if layout in ("files", "ndjson", "bulk"):
        wish = wish._replace(shape=Shape(layout, indent, compress))
    processes = workers or os.cpu_count() or 1
    run = _Run(folder, settings, wish, Budget(processes, timeout, memory))
    return run.do(source, resume, told)


def _fitting(to: str, layout: str, compress: Packing | None) -> None:
    if layout == "bulk" and not (to.startswith("fhir-") and by_name(to).syntax == "json"):
        raise Refused(f"layout bulk is of FHIR's resources in JSON, and {to} has none")
    if layout == "ndjson" and by_name(to).syntax != "json":
        raise Refused(f"layout ndjson is of JSON, and {to} is none: layout files takes it")
    if layout == "parquet" and to != "trial":
        raise Refused(f"layout parquet is of the model's own tables: to trial, not {to}")
    if layout == "parquet" and compress:
        raise Refused("layout parquet compresses its columns itself")
    if layout == "tables" and to != "aact":
        raise Refused(f"layout tables is of AACT's tables: to aact, not {to}")
    if layout == "tables" and compress:
        raise Refused("layout tables is not compressed: layout files is")
    if compress == "zstd":
        zstandard()


def _now() -> str:
    """Give the time in UTC, or the one that SOURCE_DATE_EPOCH sets for builds that are repeated."""
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(stated) if stated.isdecimal() else int(time.time())
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Run:
    def __init__(self, folder: str, settings: Settings, wish: Wish, budget: Budget) -> None:
        self._folder, self._settings, self._wish, self._budget = folder, settings, wish, budget
        self._summary = Summary(settings.to, settings.layout, budget.jobs)
        self._digests: deque[str | None] = deque()
        self._earlier = Earlier(settings) if settings.since else None

    def do(
        self,
        source: Readable | Iterable[Readable],
        resume: bool,
        told: Callable[[Summary], None] | None,
    ) -> Summary:
        start = time.monotonic()
        summary = self._summary
        sources = sources_of(source)
        layout = self._layout()
        begun = self._begin(resume)
        if begun:
            self._catch_up(sources, layout)
        written = Journal(self._folder, None if begun else self._settings)
        waiting: list[Line] = []
        try:
            coming = self._digested(sources)
            for number, (one, done) in enumerate(
                converted(coming, self._wish, self._budget), summary.sources + 1
            ):
                line = self._put(one, done, number, layout)
                waiting.append(line)
                summary.add(line)
                if layout.settle():
                    written.write(waiting)
                    waiting.clear()
                if told:
                    told(summary)
            layout.settle(last=True)
            written.write(waiting)
        finally:
            written.close()
        self._finish(time.monotonic() - start)
        return summary

    def _layout(self) -> Layout:
        said = self._settings
        if said.layout == "files":
            return Files(self._folder, by_name(said.to), said.compress)
        if said.layout == "parquet":
            return Parquet(self._folder, said.part)
        if said.layout == "tables":
            return Tables(self._folder, said.part)
        return (Lines if said.layout == "ndjson" else Bulk)(self._folder, said.part, said.compress)

    def _begin(self, resume: bool) -> bool:
        """Make the folder ready; tell if a run before has begun to fill it."""
        os.makedirs(self._folder, exist_ok=True)
        if not journal.is_begun(self._folder):
            if any(not name.startswith(".") for name in os.listdir(self._folder)):
                raise Refused(f"{self._folder} has other files: give a folder that is new or empty")
            return False
        if not resume:
            raise Refused(f"{self._folder} has a run: resume it, or give another folder")
        before = journal.read_settings(self._folder)
        if differs := journal.differing(before, self._settings, "begun"):
            raise Refused(f"the run in {self._folder} was begun otherwise: {differs}")
        self._settings = before
        return True

    def _catch_up(self, sources: Iterator[Source], layout: Layout) -> None:
        """Pass over the sources that are done, which must be the same."""
        for line in journal.read_lines(self._folder):
            one = next(sources, None)
            found = (one.name, _digest(one)) if one is not None else None
            if found != (line.source, line.sha256):
                now = f"is {one.name} now, or its content changed" if one else "is there no longer"
                raise Refused(
                    f"the sources changed since the run in {self._folder} was begun: "
                    f"{line.source} {now}; give another folder, and this one as since"
                )
            self._summary.add(line)
            self._summary.resumed += 1
            if self._earlier:
                self._earlier.see(line)
            for done in line.records:
                if done.place is not None and not line.unchanged:
                    layout.recall(done.place)

    def _digested(self, sources: Iterator[Source]) -> Iterator[Source]:
        """Note the digest of each source, and leave out the content of what did not change."""
        for source in sources:
            digest = _digest(source)
            self._digests.append(digest)
            if digest and self._earlier and self._earlier.has(digest):
                yield source.aside(_UNCHANGED)
            else:
                yield source

    def _put(self, source: Source, done: list[Conversion], number: int, layout: Layout) -> Line:
        digest = self._digests.popleft()
        if source.skipped == _UNCHANGED and self._earlier and digest:
            records = self._earlier.records(digest)
            line = Line(source.name, digest, records, unchanged=True)
            self._earlier.see(line)
            return line
        if isinstance(layout, Tables):
            done = layout.fitting(done)
        found = []
        for one in done:
            place = layout.put(one) if one.data is not None else None
            counts = Counter(f"{problem.severity} {problem.code}" for problem in one.problems)
            problems = {} if one.skipped else dict(counts)
            reason = one.problems[0].message if one.skipped else ""
            homes = {str(home): count for home, count in one.homes.items() if count}
            found.append(Done(one.name, one.id, place, reason, problems, homes, one.design))
        failed = [one for one in done if one.data is None and not one.skipped]
        if failed:
            self._quarantine(source, failed, number)
        line = Line(source.name, digest, found)
        if self._earlier:
            self._earlier.see(line)
        return line

    def _quarantine(self, source: Source, failed: list[Conversion], number: int) -> None:
        stem = os.path.join(self._folder, QUARANTINE, f"{number:07d}")
        if source.data is not None:
            known = next((one.format for one in failed if one.format), None)
            ending = os.path.splitext(source.unpacked_name)[1]
            suffix = by_name(known).ending if known else ending
            replaced(f"{stem}{suffix or '.bin'}", source.data)
        told = {
            "source": source.name,
            "records": [
                {"name": one.name, "id": one.id, "problems": [_told(p) for p in one.problems]}
                for one in failed
            ],
        }
        data = msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
        replaced(f"{stem}.problems.json", data)

    def _finish(self, seconds: float) -> None:
        summary = self._summary
        if self._earlier:
            gone = [f"{one.id}\t{one.place}\t{one.name}\n" for one in self._earlier.disappeared()]
            summary.disappeared = len(gone)
            data = "".join(["id\tplace\tname\n", *gone]).encode(errors="surrogateescape")
            replaced(os.path.join(self._folder, DISAPPEARED), data)
        if summary.skipped:
            self._list_skipped()
        summary.seconds = round(seconds, 3)
        fresh = summary.sources - summary.resumed - summary.unchanged
        summary.rate = round(fresh / seconds, 1) if seconds else 0.0
        summary.memory = _memory()
        summary.problems = dict(sorted(summary.problems.items()))
        if self._settings.layout == "bulk":
            request = f"trialbridge convert --to {self._settings.to}"
            manifest = Bulk.manifest(self._folder, request, self._settings.begun)
            self._json(MANIFEST, manifest)
        self._json(SUMMARY, summary)
        replaced(os.path.join(self._folder, PAGE), page(summary, self._settings.begun))

    def _list_skipped(self) -> None:
        lines = ["name\treason\n"]
        for line in journal.read_lines(self._folder):
            lines += [f"{one.name}\t{one.skipped}\n" for one in line.records if one.skipped]
        data = "".join(lines).encode(errors="surrogateescape")
        replaced(os.path.join(self._folder, SKIPPED), data)

    def _json(self, name: str, value: object) -> None:
        data = msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
        replaced(os.path.join(self._folder, name), data)


_UNCHANGED: Final = "unchanged"


def _told(problem: Problem) -> dict[str, object]:
    tree: dict[str, object] = msgspec.to_builtins(problem)
    return tree


def _digest(source: Source) -> str | None:
    return None if source.data is None else hashlib.sha256(source.data).hexdigest()


def _memory() -> int | None:
    """Give the largest memory of this process and of those that it has had, in bytes."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) * unit
