"""The command `trialbridge validate`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from trialbridge.cli.options import EPILOG, SETTINGS, Command, coloured, format_option, size_limit

if TYPE_CHECKING:
    from trialbridge.formats import Format
    from trialbridge.schemas.problem import Severity
    from trialbridge.validation.baseline import Baseline
    from trialbridge.validation.check import Tally, Wish
    from trialbridge.validation.hl7_validator import Validator

# Named here as well: help must not load what makes them. A test compares.
REPORT_NAMES: Final = ("text", "json", "sarif", "junit", "operationoutcome")
SEVERITY_NAMES: Final[tuple[Severity, ...]] = ("fatal", "error", "warning", "information")
NEVER: Final = "never"


@click.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(readable=False)
)
@format_option(
    "--from",
    "-f",
    "stated",
    use="checked",
    required=False,
    help="Format of all sources; by default each is recognised by content.",
)
@click.option(
    "--report",
    "-r",
    type=click.Choice(REPORT_NAMES),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option("--output", "-o", type=click.Path(allow_dash=True), help="File for the report.")
@click.option(
    "--severity",
    "-s",
    type=click.Choice(SEVERITY_NAMES),
    default="warning",
    show_default=True,
    help="Show problems of this level and worse.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*SEVERITY_NAMES, NEVER]),
    default="error",
    show_default=True,
    help="Exit with 1 at problems of this level and worse, shown or not.",
)
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False),
    help="File of known problems, which are neither shown nor counted.",
)
@click.option(
    "--write-baseline",
    type=click.Path(dir_okay=False),
    help="Write all problems to such a file, and exit with 0.",
)
@click.option("--deep", is_flag=True, help="Ask independent implementations as well.")
@click.option(
    "--invariants-budget",
    metavar="SECONDS",
    type=click.FloatRange(min=0, max=86_400),
    default=20,
    show_default=True,
    help="How long the invariants of a FHIR document may take; a warning names those left.",
)
@click.option(
    "--hl7-validator",
    metavar="PATH",
    type=click.Path(dir_okay=False),
    help="Ask HL7's own validator about FHIR as well: its validator_cli.jar, run by Java.",
)
@click.option(
    "--hl7-timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True, max=86_400),
    default=600,
    show_default=True,
    help="How long HL7's validator may take for a document.",
)
@click.option(
    "--jobs",
    "-j",
    metavar="NUMBER",
    type=click.IntRange(min=1, max=256),
    default=1,
    show_default=True,
    help="How many sources are checked at a time, each in a process; the report is the same.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True, max=86_400),
    help="How long the check of a source may take; then it has failed.  [with --jobs: 1800]",
)
@click.option(
    "--memory",
    metavar="MIB",
    type=click.IntRange(min=512),
    help="How much memory the check of a source may take; then it has failed. Linux only.",
)
@click.option("--fail-on-skipped", is_flag=True, help="Exit with 1 if anything is skipped.")
@click.option("--skip-unknown", is_flag=True, help="Skip files of no known format, also by name.")
@click.option("--quiet", "-q", is_flag=True, help="Errors only, and nothing where there are none.")
def validate(
    paths: tuple[str, ...],
    stated: Format | None,
    report: str,
    output: str | None,
    severity: Severity,
    fail_on: str,
    baseline: str | None,
    write_baseline: str | None,
    deep: bool,
    invariants_budget: float,
    hl7_validator: str | None,
    hl7_timeout: float,
    jobs: int,
    timeout: float | None,
    memory: int | None,
    fail_on_skipped: bool,
    skip_unknown: bool,
    quiet: bool,
) -> None:
    """List what is wrong with records.

    PATH is a file, a folder (all in it that is of a known format), NDJSON (a record a line), a
    JSON array or a page of the registry's API, a zip archive of these, a .gz of one, or - for
    standard input. What is skipped is named. A record is fine if it can be
    read and, where its format has official definitions, is valid by them. Exit status 1 if
    problems reach the level of --fail-on.
    """
    from trialbridge.running.workers import Budget, limits_memory
    from trialbridge.shown.output import deliver
    from trialbridge.sources.paths import sources
    from trialbridge.validation import reports
    from trialbridge.validation.check import Tally, Wish, reaches
    from trialbridge.validation.check import validate as validated

    if memory is not None and not limits_memory():
        raise click.UsageError("--memory needs Linux, which limits the memory of a process")
    wish = Wish(
        format=stated and stated.name,
        severity="error" if quiet and reaches("error", severity) else severity,
        fail_on=None if fail_on == NEVER else _level(fail_on),
        skip_unknown=skip_unknown,
        baseline=_known(baseline),
        keep=write_baseline is not None,
        deep=deep,
        invariants=invariants_budget,
        hl7=_hl7(hl7_validator, hl7_timeout),
        budget=Budget(jobs, timeout, None if memory is None else memory << 20),
    )
    if deep:
        _ask_for_extra()
    tally = Tally()
    stdin = sys.stdin.buffer if sys.stdin is not None else None
    results = validated(sources(paths, size_limit(), stdin), wish, tally)
    to_file = output is not None and output != "-"
    look = reports.Look(coloured=not to_file and coloured(), quiet=quiet)
    pieces = reports.write(report, results, tally, look)
    deliver(
        (piece.encode(errors="backslashreplace") for piece in _flushed(pieces, to_file)), output
    )
    if to_file and not quiet:
        from trialbridge.validation.reports.text import summary

        click.echo(summary(tally), err=True)
    if write_baseline is not None:
        from trialbridge.validation.baseline import dump

        deliver([dump(tally.kept)], write_baseline)
        return
    _end(paths, wish, tally, fail_on_skipped)


def _ask_for_extra() -> None:
    from importlib.util import find_spec

    if find_spec("fhirkit") is None:
        message = "--deep asks fhirkit-rs, which is not installed: pip install 'trialbridge[deep]'"
        raise click.UsageError(message)


def _level(name: str) -> Severity:
    return next(severity for severity in SEVERITY_NAMES if severity == name)


def _known(path: str | None) -> Baseline | None:
    from trialbridge import api
    from trialbridge.schemas.problem import ReadError
    from trialbridge.validation import baseline

    if path is None:
        return None
    try:
        return baseline.load(api.load(path))
    except ReadError as error:
        reason = error.problems[0].message
    except ValueError as error:
        reason = str(error)
    message = f"--baseline {click.format_filename(path)}: {reason}"
    raise click.UsageError(message)


def _hl7(path: str | None, time_limit: float) -> Validator | None:
    """Find HL7's validator, before anything is checked."""
    if path is None:
        return None
    from trialbridge.validation.hl7_validator import NotThere, validator

    try:
        return validator(path, time_limit)
    except NotThere as error:
        message = f"--hl7-validator: {error}"
        raise click.UsageError(message) from error


def _flushed(pieces: Iterator[str], to_file: bool) -> Iterator[str]:
    """Show the pieces of a long run on a terminal as they come."""
    for piece in pieces:
        yield piece
        if not to_file and sys.stdout is not None and sys.stdout.isatty():
            sys.stdout.flush()


def _end(paths: tuple[str, ...], wish: Wish, tally: Tally, fail_on_skipped: bool) -> None:
    if not tally.sources and not wish.skip_unknown:
        # A wrong path in CI would else be green for ever.
        names = " ".join(map(click.format_filename, paths))
        raise click.UsageError(f"no source of a known format in {names}")
    if tally.failed or (fail_on_skipped and tally.skipped):
        sys.exit(1)
