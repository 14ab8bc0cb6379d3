"""The commands `trialbridge push` and `trialbridge pull`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click

from trialbridge.cli.options import (
    EPILOG,
    SETTINGS,
    Command,
    format_option,
    from_option,
    output_option,
    report_option,
    retries_option,
    size_limit,
)
from trialbridge.cli.steps import echo_json
from trialbridge.shown.progress import Progress

if TYPE_CHECKING:
    from trialbridge.formats import Format
    from trialbridge.io.web import Manner
    from trialbridge.schemas.problem import Problem
    from trialbridge.server.pushing import Delivery, Pushed
    from trialbridge.sources.reading import Record

_TOKEN = "The environment variable TRIALBRIDGE_TOKEN holds a token, sent as a bearer's."

url_argument = click.argument("url")
timeout_option = click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True, max=86_400),
    default=120,
    show_default=True,
    help="How long the server may be silent.",
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="No warnings, no progress.")


@click.command(cls=Command, context_settings=SETTINGS, epilog=f"{_TOKEN} {EPILOG}")
@url_argument
@click.argument(
    "sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(readable=False)
)
@format_option(
    "--to",
    "-t",
    use="written",
    required=False,
    help="Version of FHIR; by default the one that the server states.",
)
@from_option
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option(
    "--purge", is_flag=True, help="Delete what an earlier version of a record left behind."
)
@click.option(
    "--resume",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Note in this file what the server has taken, and do not send that again.",
)
@click.option(
    "--entries",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Most resources of a transaction of several records; a record is in one.",
)
@timeout_option
@retries_option
@report_option("text", "json", help="Form of the summary.")
@quiet_option
def push(
    url: str,
    sources: tuple[str, ...],
    to: Format | None,
    stated: Format | None,
    dry_run: bool,
    purge: bool,
    resume: str | None,
    entries: int,
    timeout: float,
    retries: int,
    style: str,
    quiet: bool,
) -> None:
    """Put records on a FHIR server.

    URL is the server's base. SOURCE is what `validate` takes: a file, a folder, NDJSON, a list, an
    archive of these, or - for standard input. Each record is put in one transaction, at ids that
    stay the same, so that to push again adds nothing twice. Exit status 1 if any record is refused
    or cannot be read, or the server cannot be used.
    """
    from trialbridge.server.pushing import push as pushed_to

    shown = _Progress(quiet)
    with _told(shown, url):
        pushed = pushed_to(
            url,
            [_stdin() if source == "-" else source for source in sources],
            to=to and to.name,
            format=stated and stated.name,
            purge=purge,
            dry_run=dry_run,
            entries=entries,
            resume=resume,
            manner=_manner(timeout, retries, shown),
            told=shown.delivered,
        )
    shown.done()
    _summary(pushed, style)
    if pushed.failed:
        sys.exit(1)
    if not shown.records:
        names = " ".join(map(click.format_filename, sources))
        raise click.UsageError(f"no record in {names}")


@click.command(cls=Command, context_settings=SETTINGS, epilog=f"{_TOKEN} {EPILOG}")
@url_argument
@click.argument("what", metavar="ResearchStudy/ID|?QUERY")
@format_option(
    "--to",
    "-t",
    use="written",
    required=False,
    help="Format to write; by default the one that the output's ending tells.",
)
@output_option
@click.option(
    "--limit",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="Most studies of a search.",
)
@click.option("--compact", is_flag=True, help="JSON or XML without white space.")
@timeout_option
@retries_option
@quiet_option
def pull(
    url: str,
    what: str,
    to: Format | None,
    output: str | None,
    limit: int,
    compact: bool,
    timeout: float,
    retries: int,
    quiet: bool,
) -> None:
    """Read studies from a FHIR server, each with all that it refers to.

    URL is the server's base; then the study, or a search such as '?condition=1234'. A study is
    written as `convert` writes it. What a search finds goes into a folder, one file for each
    (--output FOLDER/), or as lines of JSON. Exit status 1 if any study cannot be read, or the
    server cannot be used.
    """
    from trialbridge import api
    from trialbridge.cli.commands import target_of
    from trialbridge.formats.laid_out import laid_out
    from trialbridge.schemas.problem import ProblemError
    from trialbridge.server.pulling import pull as pulled_from
    from trialbridge.server.pulling import wanted
    from trialbridge.shown.output import deliver

    folder = output if output and (output.endswith(os.sep) or os.path.isdir(output)) else None
    to = target_of(to, None if folder else output)
    shown = _Progress(quiet)
    failed = found = 0
    lines: list[bytes] = []
    with _told(shown, url):
        many = wanted(what)[0] is None
        if many and folder is None and to.syntax != "json":
            raise click.UsageError(
                f"a search may find several studies, of which {to.name} holds one: "
                "--output FOLDER/ takes a file for each"
            )
        for record in pulled_from(url, what, limit=limit, manner=_manner(timeout, retries, shown)):
            problems = list(record.problems)
            data = None
            if record.trial is not None:
                try:
                    data, warnings = api.writing(record.trial, to)
                    problems += warnings
                except ProblemError as error:
                    problems += error.problems
            shown.warned(record.name, problems, severe=data is None)
            if data is None:
                failed += 1
                continue
            found += 1
            if folder is not None:
                indented = laid_out(data, to, None if compact else 2)
                os.makedirs(folder, exist_ok=True)
                deliver([indented], os.path.join(folder, _file_name(record, to)))
            elif many:
                lines.append(data + b"\n")
            else:
                lines.append(laid_out(data, to, None if compact else 2))
    shown.done()
    if folder is None and (lines or (many and not failed)):
        deliver(lines, output)
    if many and not quiet:
        click.echo(f"{found} {'study' if found == 1 else 'studies'} read", err=True)
    if failed:
        sys.exit(1)


def _file_name(record: Record, to: Format) -> str:
    own = record.name.rpartition("/")[2]
    return f"{re.sub('[^A-Za-z0-9.-]', '-', own)}.{to.name}{to.ending}"


def _stdin() -> IO[bytes]:
    if sys.stdin is None:
        raise click.ClickException("cannot read standard input: it is closed")
    return sys.stdin.buffer


def _manner(timeout: float, retries: int, shown: _Progress) -> Manner:
    from trialbridge.io.web import Manner

    return Manner(timeout=timeout, retries=retries, waiting=shown.waiting)


@contextmanager
def _told(shown: _Progress, url: str) -> Iterator[None]:
    """Tell what stops a command: wrong usage is 2, a server that cannot be used is 1."""
    from trialbridge.extras import MissingExtra
    from trialbridge.faults import fault
    from trialbridge.formats import UnknownFormat
    from trialbridge.io.web import ServerError, WrongRequest
    from trialbridge.server.pushing import PushStopped
    from trialbridge.shown.report import one_line, problem_line

    size_limit()
    try:
        yield
    except ServerError as error:
        shown.done()
        for problem in error.problems:
            click.echo(one_line(f"error: {problem.path}: {problem.message}"), err=True)
        if isinstance(error, PushStopped) and shown.records:
            _summary(error.pushed, "text")
        sys.exit(1)
    except (MissingExtra, UnknownFormat, WrongRequest) as error:
        shown.done()
        raise click.UsageError(str(error)) from error
    except click.ClickException:
        shown.done()
        raise
    except OSError as error:
        shown.done()
        name = click.format_filename(error.filename) if error.filename else "the output"
        raise click.ClickException(f"cannot write {name}: {error.strerror}") from error
    except Exception as error:
        shown.done()
        click.echo(problem_line(url, fault(error)), err=True)
        sys.exit(1)


class _Progress(Progress):
    """What is told while records come and go, and how many they are."""

    def __init__(self, quiet: bool) -> None:
        super().__init__(quiet)
        self.records = 0

    def delivered(self, delivery: Delivery) -> None:
        if delivery.fate != "skipped":
            self.records += 1
        failed = delivery.fate in ("refused", "unread")
        self.warned(delivery.name, delivery.problems, severe=failed)
        if delivery.deleted and not self.quiet:
            self.tell(f"{delivery.name}: left behind: {', '.join(delivery.deleted)}")
        self.show(_counted(self.records, "record"))

    def warned(self, name: str, problems: list[Problem], *, severe: bool) -> None:
        from trialbridge.shown.report import problem_line

        for problem in problems:
            if not self.quiet or (severe and problem.severity in ("fatal", "error")):
                self.tell(problem_line(name, problem))


def _summary(pushed: Pushed, style: str) -> None:
    counts: dict[str, Any] = pushed._asdict()
    failed = counts.pop("failed")
    if style == "json":
        counts["failed"] = [each._asdict() for each in failed]
        echo_json(counts)
        return
    fates = ("planned", "created", "updated", "unchanged", "refused", "unread", "skipped")
    words = {"unread": "not readable", "planned": "would be sent"}
    said = [f"{counts[fate]:,} {words.get(fate, fate)}" for fate in fates if counts[fate]]
    sent = (
        f"{_counted(counts['resources'], 'resource')} in "
        f"{_counted(counts['transactions'], 'transaction')}"
    )
    deleted = f", {counts['deleted']:,} deleted" if counts["deleted"] else ""
    click.echo(f"records: {', '.join(said) or 'none'}; {sent}{deleted}")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
