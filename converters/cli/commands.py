"""The commands `trialbridge` and `convert`.

Results go to standard output, everything else to standard error. Exit status: 0 fine, 1 problems,
2 wrong usage. Whatever a command needs is imported in it, so that help is there at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from trialbridge.cli.compare import diff, schema
from trialbridge.cli.drawing import draw
from trialbridge.cli.fetching import fetch
from trialbridge.cli.many import convert_into, many_options, one_source, wants_many
from trialbridge.cli.options import (
    EPILOG,
    SETTINGS,
    Command,
    format_option,
    from_option,
    output_option,
    pairs,
    report_option,
)
from trialbridge.cli.servers import pull, push
from trialbridge.cli.serving import serve
from trialbridge.cli.steps import content, echo_json, name, reported, show_differences
from trialbridge.cli.validate import validate
from trialbridge.formats import ENDINGS, FORMATS, Format, UnknownFormat, by_name, written_formats
from trialbridge.formats.laid_out import laid_out
from trialbridge.formats.options import UnknownOption, settled, stand_ins
from trialbridge.shown.output import deliver

if TYPE_CHECKING:
    from trialbridge.homes import Fidelity
    from trialbridge.schemas.problem import Problem

source_argument = click.argument("source", type=click.Path(allow_dash=True, readable=False))


@click.group(context_settings=SETTINGS)
@click.version_option(package_name="trialbridge", message="%(prog)s %(version)s")
def main() -> None:
    """Convert clinical-trial records between formats, and back, with nothing lost."""


class _Convert(Command):
    """The command whose `--report` may stand without a form, wherever it stands."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        for place, arg in enumerate(args[:end]):
            if arg in ("--report", "-r") and args[place + 1 : place + 2] not in (
                ["text"],
                ["json"],
            ):
                args[place] = "--report=text"
        return super().parse_args(ctx, args)


@main.command(cls=_Convert, context_settings=SETTINGS, epilog=EPILOG)
@click.argument(
    "sources",
    metavar="SOURCE...",
    nargs=-1,
    type=click.Path(allow_dash=True, readable=False),
)
@format_option(
    "--to",
    "-t",
    use="written",
    required=False,
    help="Format to write; by default the one that the output's ending tells.",
)
@from_option
@output_option
@click.option(
    "--option",
    "-O",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="Option of the format, which `trialbridge formats FORMAT` lists.",
)
@report_option(
    "text", "json", default=None, help="Say on standard error what was carried and where."
)
@click.option(
    "--indent",
    type=click.IntRange(1, 8),
    default=2,
    show_default=True,
    help="Spaces for each level of JSON or XML.",
)
@click.option("--compact", is_flag=True, help="JSON or XML without white space.")
@click.option("--validate/--no-validate", default=True, help="Refuse what would not be valid.")
@click.option("--quiet", "-q", is_flag=True, help="No warnings.")
@many_options
@click.version_option(package_name="trialbridge", message="%(prog)s %(version)s")
@click.pass_context
def convert(
    ctx: click.Context,
    /,
    sources: tuple[str, ...],
    to: Format | None,
    stated: Format | None,
    output: str | None,
    options: dict[str, str],
    style: str | None,
    indent: int,
    compact: bool,
    validate: bool,
    quiet: bool,
    **many: Any,
) -> None:
    """Convert a record to another format, or many into a folder.

    SOURCE is a path, or - for standard input. Nothing is written unless the whole result is
    valid. The commands `convert` and `trialbridge convert` are the same; ImageMagick has a
    `convert` too.

    With a folder for --output (its name ends in /, or it is there), SOURCE is whatever `validate`
    takes, and several of them: every record is converted, in order, each into a file of its own
    unless --layout says otherwise. What cannot be converted is put into quarantine/ there.
    """
    if wants_many(output, many):
        convert_into(
            ctx,
            sources,
            to,
            stated,
            output,
            options=options,
            indent=None if compact else indent,
            validate=validate,
            quiet=quiet,
            report=style,
            **many,
        )
        return
    source = one_source(sources, many)
    to = target_of(to, output)
    try:
        settled(to.name, to.options, options)
    except UnknownOption as error:
        raise click.BadParameter(str(error), param_hint="'-O'") from error
    from trialbridge import api

    shown = name(source)
    with reported(shown):
        first = api.reading(content(source), stated and stated.name, unique=True, target=to)
        try:
            data, warnings = api.writing(first.trial, to, options=options, validate=validate)
        except UnknownOption as error:
            raise click.BadParameter(str(error), param_hint="'-O'") from error
    problems = [*first.problems, *warnings]
    deliver([laid_out(data, to, None if compact else indent)], output)
    if style:
        from trialbridge.homes import measure

        _report(measure(first.trial, first.format, to, data, problems), style)
    if not quiet and style != "json":
        _warn(shown, problems)


@main.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@source_argument
@format_option("--via", use="written", required=True, help="Format to convert to and back from.")
@from_option
@report_option("text", "json", help="Form of the differences.")
@click.option("--quiet", "-q", is_flag=True, help="Say it by the exit status alone.")
def roundtrip(source: str, via: Format, stated: Format | None, style: str, quiet: bool) -> None:
    """Convert there and back; show what is different.

    SOURCE is a path, or - for standard input. Each step reads nothing but the bytes of the one
    before. Exit status 1 if anything differs.
    """
    from trialbridge import api

    with reported(name(source)):
        found = api.roundtrip(content(source), via.name, format=stated and stated.name)
    show_differences(found, style, quiet)


main.add_command(validate)
main.add_command(diff)
main.add_command(fetch)
main.add_command(draw)
main.add_command(schema)
main.add_command(push)
main.add_command(pull)
main.add_command(serve)


@main.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@format_option("--to", "-t", use=None, required=True, help="Format to list.")
@report_option(
    "text",
    "json",
    "markdown",
    default=None,
    help="Form of the list; by default a table on a terminal, else text.",
)
def coverage(to: Format, style: str | None) -> None:
    """List where each leaf goes in a format.

    A leaf is a value of the model that holds no other. Each has a home: a native element of the
    format, an official extension of it, an extension of ours, or none. Of a format that is read
    only it is where the leaf is read from.
    """
    from trialbridge.shown import report

    rows = to.rows()
    if style == "json":
        echo_json(
            {
                "to": to.name,
                "written": to.writer is not None,
                "totals": report.coverage_totals(rows),
                "rows": [row._asdict() for row in rows],
            }
        )
    elif style == "markdown":
        click.echo("\n".join(report.coverage_markdown(to, rows)))
    elif style == "text" or sys.stdout is None or not sys.stdout.isatty():
        click.echo("\n".join(report.coverage_text(rows)))
    else:
        click.echo("\n".join(report.coverage_table(to, rows)))


@main.command(cls=Command, context_settings=SETTINGS)
@output_option
def definitions(output: str | None) -> None:
    """Write our FHIR definitions as a package.

    The .tgz holds the StructureDefinitions of our extensions and our CodeSystems, so that other
    validators resolve them.
    """
    from trialbridge.mappings.fhir.definitions import package

    deliver([package()], output)


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [known.name for known in FORMATS if known.name.startswith(incomplete.lower())]


@main.command(cls=Command, context_settings=SETTINGS)
@click.argument("name", metavar="[FORMAT]", required=False, shell_complete=_complete)
@report_option("text", "json", help="Form of the list.")
def formats(name: str | None, style: str) -> None:
    """List the formats, or the options of one.

    For each it is told whether records are read from it, written in it, and checked by its official
    definitions.
    """
    from trialbridge.shown import report

    if name is None:
        if style == "json":
            echo_json([report.format_json(known) for known in FORMATS])
        else:
            click.echo("\n".join(report.formats_text(FORMATS)))
        return
    try:
        known = by_name(name)
    except UnknownFormat as error:
        raise click.BadParameter(str(error), param_hint="'[FORMAT]'") from error
    if style == "json":
        echo_json(report.format_json(known))
    else:
        click.echo("\n".join(report.format_text(known)))


# What an ending says of the syntax; a format of another is then not what is meant.
_TOLD = {ending: syntax for syntax, ending in ENDINGS.items()}


def target_of(to: Format | None, output: str | None) -> Format:
    """Find the format to write, which the output's name may tell. Raises click's UsageError."""
    written = written_formats()
    ending = os.path.splitext(output or "")[1].lower()
    syntax = _TOLD.get(ending)
    if to is not None:
        if syntax and syntax != to.syntax:
            message = f"{to.name} is {_SYNTAX[to.syntax]}, and --output ends in {ending}"
            raise click.UsageError(message)
        return to
    # The name may say it all: study.fhir-r5.json
    stem = os.path.basename(output or "").lower().removesuffix(ending)
    parts = set(stem.split(".")[1:]) | {stem}
    fit = [known for known in written if known.syntax == syntax]
    for known in fit:
        if not parts.isdisjoint((known.name, *known.aliases)):
            return known
    current = [
        known for known in fit if not (known.ended or known.form_of or stand_ins(known.options))
    ]
    if len(current) == 1:
        return current[0]
    may = ", ".join(known.name for known in fit or written)
    why = f", as --output ends in {ending}" if fit else ""
    raise click.UsageError(f"Missing option '--to' / '-t': one of {may}{why}.")


_SYNTAX = {"json": "JSON", "xml": "XML", "text": "text", "csv": "CSV", "zip": "a zip archive"}


def _warn(name: str, problems: Iterable[Problem]) -> None:
    from trialbridge.shown.report import problem_line

    for problem in problems:
        click.echo(problem_line(name, problem), err=True)


def _report(found: Fidelity, style: str) -> None:
    import msgspec

    from trialbridge.shown import report

    if style == "json":
        echo_json({"counts": found.counts, **msgspec.to_builtins(found)}, err=True)
        return
    lines: Iterable[str]
    if sys.stderr.isatty():
        lines = chain(report.fidelity_table(found), report.left_out_lines(found))
    else:
        lines = report.fidelity_lines(found)
    for line in lines:
        click.echo(line, err=True)
