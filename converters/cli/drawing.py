"""The command `trialbridge draw`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from trialbridge.cli.options import EPILOG, SETTINGS, Command, from_option, output_option
from trialbridge.cli.steps import content, name, reported

if TYPE_CHECKING:
    from trialbridge.formats import Format


@click.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@click.argument("source", metavar="RECORD", type=click.Path(allow_dash=True, readable=False))
@from_option
@output_option
@click.option(
    "--width",
    type=click.IntRange(320, 4000),
    default=960,
    show_default=True,
    help="Pixels across; where the arms have no room side by side, they stand below each other.",
)
def draw(source: str, stated: Format | None, output: str | None, width: int) -> None:
    """Draw the design of a trial as an SVG picture.

    Participants, how they are assigned, the arms with what each receives, and what is measured.
    RECORD is a path in any format, or - for standard input.
    """
    from trialbridge import api
    from trialbridge.mappings.pictures import design
    from trialbridge.shown.output import deliver

    with reported(name(source)):
        trial = api.reading(content(source), stated and stated.name, unique=True).trial
        picture = design.draw(trial, width=width)
    deliver([picture], output)
