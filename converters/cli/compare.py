"""The commands `trialbridge diff` and `trialbridge schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trialbridge.cli.options import EPILOG, SETTINGS, Command, format_option, report_option
from trialbridge.cli.steps import content, name, reported, show_differences

if TYPE_CHECKING:
    from trialbridge.formats import Format


@click.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@click.argument("before", metavar="A", type=click.Path(allow_dash=True, readable=False))
@click.argument("after", metavar="B", type=click.Path(allow_dash=True, readable=False))
@format_option(
    "--from-a",
    use="read",
    required=False,
    help="Format of A; by default it is recognised by content.",
)
@format_option("--from-b", use="read", required=False, help="Format of B, likewise.")
@report_option("text", "json", help="Form of the differences.")
@click.option("--quiet", "-q", is_flag=True, help="Say it by the exit status alone.")
def diff(
    before: str, after: str, from_a: Format | None, from_b: Format | None, style: str, quiet: bool
) -> None:
    """Compare two records leaf by leaf, in any formats.

    A and B are paths; one may be - for standard input. Exit status 1 if they differ.
    """
    from trialbridge import api, comparison

    if before == after == "-":
        raise click.UsageError("one of A and B may be -, standard input")
    trials = []
    for source, stated in ((before, from_a), (after, from_b)):
        with reported(name(source)):
            trials.append(api.reading(content(source), stated and stated.name, unique=True).trial)
    show_differences(comparison.between(*trials), style, quiet)


@click.command(cls=Command, context_settings=SETTINGS)
def schema() -> None:
    """Print the JSON Schema of the model, the format `trial`."""
    from importlib.resources import files

    text = files("trialbridge.schemas").joinpath("trial.schema.json").read_text("utf-8")
    click.echo(text, nl=False)
