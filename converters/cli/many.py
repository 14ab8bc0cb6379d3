"""The part of `convert` that converts many records into a folder."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from click.core import ParameterSource

from trialbridge.cli.options import size_limit
from trialbridge.shown.progress import Progress

if TYPE_CHECKING:
    from trialbridge.formats import Format
    from trialbridge.io.files import Packing
    from trialbridge.many.run import Summary

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option(
        "--layout",
        type=click.Choice(["files", "ndjson", "bulk", "parquet", "tables"]),
        help="Into a folder: a file a record, a line a record, FHIR's Bulk Data, the model's "
        "tables, or AACT's.  [default: files, and tables for aact]",
    ),
    click.option(
        "--part",
        metavar="NUMBER",
        type=click.IntRange(min=1),
        help="How many records a file of ndjson, bulk or parquet holds.  [default: 10000]",
    ),
    click.option(
        "--gzip", "compress", flag_value="gzip", help="Into a folder: compress each file."
    ),
    click.option(
        "--zstd", "compress", flag_value="zstd", help="Likewise, by Zstandard (extra zstd)."
    ),
    click.option(
        "--workers",
        "-j",
        metavar="NUMBER",
        type=click.IntRange(min=1, max=256),
        help="Into a folder: how many processes convert.  [default: one a core]",
    ),
    click.option(
        "--timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True, max=86_400),
        help="Into a folder: how long a source may take; then it has failed.  [default: 1800]",
    ),
    click.option(
        "--memory",
        metavar="MIB",
        type=click.IntRange(min=512),
        help="Into a folder: how much memory a source may take; then it has failed. Linux only.",
    ),
    click.option("--resume", is_flag=True, help="Go on with the run that was stopped there."),
    click.option(
        "--since",
        metavar="FOLDER",
        type=click.Path(file_okay=False),
        help="Convert only what changed since the run in that folder; list what is gone.",
    ),
    click.option(
        "--files-from",
        metavar="FILE",
        type=click.Path(allow_dash=True, dir_okay=False),
        help="Into a folder: a file with a SOURCE on each line, or - for standard input.",
    ),
)


def many_options(function: F) -> F:
    """Add the options of a run into a folder."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), function)


def wants_many(output: str | None, many: dict[str, Any]) -> bool:
    """Tell if the output is a folder, or something is asked for that is for folders alone."""
    if output is None or output == "-":
        return False
    return output.endswith(("/", os.sep)) or os.path.isdir(output)


def one_source(sources: tuple[str, ...], many: dict[str, Any]) -> str:
    """Give the one source. Raises click's UsageError for several, and for options of folders."""
    for name, value in many.items():
        if value:
            option = value if name == "compress" else name.replace("_", "-")
            message = f"--{option} is for many records: --output FOLDER/ takes them"
            raise click.UsageError(message)
    if not sources:
        raise click.UsageError("Missing argument 'SOURCE...'.")
    if len(sources) > 1:
        raise click.UsageError(f"{len(sources)} sources: --output FOLDER/ takes them")
    return sources[0]


def convert_into(
    ctx: click.Context,
    sources: tuple[str, ...],
    to: Format | None,
    stated: Format | None,
    output: str | None,
    *,
    options: dict[str, str],
    indent: int | None,
    validate: bool,
    quiet: bool,
    report: str | None,
    layout: str | None,
    part: int | None,
    compress: Packing | None,
    workers: int | None,
    timeout: float | None,
    memory: int | None,
    resume: bool,
    since: str | None,
    files_from: str | None,
) -> None:
    """Convert all records into a folder, and tell how it went; exit with 1 if any failed."""
    from trialbridge.extras import MissingExtra
    from trialbridge.formats.options import UnknownOption
    from trialbridge.many.journal import Refused, is_begun
    from trialbridge.many.layouts import PART
    from trialbridge.many.run import convert_many
    from trialbridge.running.workers import limits_memory

    if to is None:
        raise click.UsageError("Missing option '--to' / '-t': a folder does not tell the format.")
    if report is not None:
        raise click.UsageError("--report is of one record; a run has its summary.json")
    if memory is not None and not limits_memory():
        raise click.UsageError("--memory needs Linux, which limits the memory of a process")
    if not sources and files_from is None:
        raise click.UsageError("Missing argument 'SOURCE...'.")
    if ctx.get_parameter_source("indent") is ParameterSource.DEFAULT or layout not in (
        None,
        "files",
    ):
        indent = None
    size_limit()
    named = _named(sources, files_from)
    folder = output or ""
    shown, start = Progress(quiet), time.monotonic()
    try:
        summary = convert_many(
            named,
            to.name,
            folder,
            layout=layout,
            format=stated and stated.name,
            options=options,
            validate=validate,
            indent=indent,
            compress=compress,
            part=part or PART,
            workers=workers,
            timeout=timeout,
            memory=None if memory is None else memory << 20,
            resume=resume,
            since=since,
            told=lambda summary: shown.now_and_then(lambda: _so_far(summary, start)),
        )
    except UnknownOption as error:
        raise click.BadParameter(str(error), param_hint="'-O'") from error
    except (MissingExtra, Refused) as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        shown.done()
        name = error.filename or folder
        message = f"cannot write {name}: {error.strerror}"
        if is_begun(folder):
            message += "; --resume goes on from here"
        raise click.ClickException(message) from error
    shown.done()
    if not quiet:
        for line in summary_lines(summary, folder):
            click.echo(line, err=True)
    if not summary.sources or (summary.skipped and not summary.records + summary.unchanged):
        # A wrong path in a nightly run would else be green for ever.
        click.echo("Error: there is no record in what was given", err=True)
        sys.exit(1)
    if summary.failed:
        sys.exit(1)


def _named(sources: tuple[str, ...], files_from: str | None) -> list[Any]:
    """Give the sources, `-` as the stream that it is, then those that a file names."""
    named: list[Any] = [sys.stdin.buffer if source == "-" else source for source in sources]
    if files_from is not None:
        try:
            with click.open_file(files_from, "rb") as file:
                named += [os.fsdecode(name) for line in file if (name := line.rstrip(b"\r\n"))]
        except OSError as error:
            message = f"--files-from {files_from}: cannot be read: {error.strerror}"
            raise click.UsageError(message) from error
    return named


def _so_far(summary: Summary, start: float) -> str:
    fresh = summary.sources - summary.resumed
    return (
        f"{summary.sources:,} sources, {summary.written:,} written, "
        f"{summary.failed:,} failed, {fresh / (time.monotonic() - start):,.0f} a second"
    )


_HOMES: Final = {
    "native": "native",
    "official": "in official extensions",
    "ours": "in ours",
    "none": "not carried",
}


def summary_lines(summary: Summary, folder: str) -> Iterator[str]:
    """Say how a run went."""
    told = [f"{summary.written:,} written", f"{summary.failed:,} failed"]
    told += [
        f"{count:,} {word}"
        for count, word in (
            (summary.skipped, "skipped"),
            (summary.unchanged, "unchanged"),
            (summary.disappeared, "disappeared"),
        )
        if count
    ]
    one = "record" if summary.records == 1 else "records"
    yield f"{summary.records:,} {one}: {', '.join(told)}"
    if summary.skipped:
        yield f"see {os.path.join(folder, 'skipped.tsv')}"
    if summary.failed:
        yield f"see {os.path.join(folder, 'quarantine')}"
    if any(summary.homes.values()):
        homes = (f"{count:,} {_HOMES[home]}" for home, count in summary.homes.items() if count)
        yield f"values: {', '.join(homes)}"
    for key, count in summary.problems.items():
        yield f"  {count:,} {key}"
    memory = f", {summary.memory / 2**20:,.0f} MiB at most in a process" if summary.memory else ""
    yield f"{summary.seconds:,.1f} s, {summary.rate:,.0f} sources a second{memory}"
