"""The command `trialbridge fetch`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from trialbridge.cli.options import SETTINGS, Command, pairs, retries_option
from trialbridge.shown.progress import Progress

if TYPE_CHECKING:
    from trialbridge.registry.fetching import Summary


@click.command(cls=Command, context_settings=SETTINGS)
@click.argument("ids", metavar="[NCT...]", nargs=-1)
@click.option("--output", "-o", required=True, type=click.Path(), help="File of NDJSON to write.")
@click.option(
    "--ids-from",
    metavar="FILE",
    type=click.Path(allow_dash=True, dir_okay=False),
    help="A file with an NCT id on each line, or - for standard input.",
)
@click.option(
    "--query",
    "-Q",
    "query",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="Parameter of the registry's search, such as query.cond=psoriasis.",
)
@click.option("--all", "everything", is_flag=True, help="All records that the registry has.")
@click.option("--resume", is_flag=True, help="Go on after the last whole page of what was stopped.")
@click.option(
    "--rate",
    metavar="NUMBER",
    type=click.FloatRange(min=0, min_open=True),
    default=0.8,
    show_default=True,
    help="How many requests a second are made at most.",
)
@click.option(
    "--page",
    metavar="NUMBER",
    type=click.IntRange(1, 1000),
    default=200,
    show_default=True,
    help="How many records are asked for at a time.",
)
@click.option(
    "--cache",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Keep answers there, to use them again while the registry's data are of the same time.",
)
@retries_option
@click.option("--url", default=None, help="Base url of the API, where it is another.")
@click.option("--quiet", "-q", is_flag=True, help="No progress, no summary.")
def fetch(
    ids: tuple[str, ...],
    output: str,
    ids_from: str | None,
    query: dict[str, str],
    everything: bool,
    resume: bool,
    rate: float,
    page: int,
    cache: str | None,
    retries: int,
    url: str | None,
    quiet: bool,
) -> None:
    """Fetch records of ClinicalTrials.gov into a file, each a line of JSON.

    Records are asked for by NCT id, by a query, or --all. What was stopped goes on with --resume.
    Exit status 1 if the registry cannot be used, or has not all ids that were asked for.
    """
    from trialbridge.extras import MissingExtra
    from trialbridge.io.web import Manner, WrongRequest
    from trialbridge.registry.asking import URL
    from trialbridge.registry.fetching import Changed
    from trialbridge.registry.fetching import fetch as fetched
    from trialbridge.schemas.problem import ProblemError
    from trialbridge.shown.report import problem_line

    if ids_from is not None:
        with click.open_file(ids_from) as file:
            ids = (*ids, *file.read().split())
    if bool(ids) + bool(query) + everything != 1:
        raise click.UsageError("Say which records: NCT ids, --query, or --all.")
    shown = Progress(quiet)
    try:
        summary = fetched(
            output,
            ids=ids,
            query=query,
            url=url or URL,
            manner=Manner(retries=retries, waiting=shown.waiting),
            rate=rate,
            page=page,
            cache=cache,
            resume=resume,
            told=lambda summary: shown.now_and_then(lambda: _of(summary)),
        )
    except (Changed, MissingExtra, WrongRequest) as error:
        raise click.UsageError(str(error)) from error
    except ProblemError as error:
        shown.done()
        for problem in error.problems:
            click.echo(problem_line("fetch", problem), err=True)
        click.echo("--resume goes on after the last whole page", err=True)
        sys.exit(1)
    shown.done()
    if not quiet:
        again = f", {summary.repeated:,} came again" if summary.repeated else ""
        before = f", {summary.resumed:,} were there" if summary.resumed else ""
        click.echo(f"{_of(summary)}{before}{again}", err=True)
    for each in summary.missing:
        click.echo(f"{each}: the registry has no such record", err=True)
    short = summary.total is not None and summary.records < summary.total
    if short and not summary.missing and not quiet:
        click.echo("the registry said there are more: they may have changed meanwhile", err=True)
    if summary.missing:
        sys.exit(1)


def _of(summary: Summary) -> str:
    total = f" of {summary.total:,}" if summary.total is not None else ""
    return f"{summary.records:,}{total} records"
