"""The commands `trialbridge` and `convert`.

Results go to standard output, everything else to standard error. Exit status: 0 fine, 1 problems,
2 wrong usage. Whatever a command needs is imported in it, so that help is there at once.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from trialbridge.cli.options import (
    EPILOG,
    SETTINGS,
    Command,
    format_option,
    from_option,
    size_limit,
    text_or_json,
)
from trialbridge.cli.validate import validate
from trialbridge.formats import FORMATS, VALIDATED, Format
from trialbridge.output import deliver

if TYPE_CHECKING:
    from trialbridge.homes import Fidelity
    from trialbridge.schemas.problem import Problem

STDIN = "<stdin>"
source_argument = click.argument("source", type=click.Path(allow_dash=True))


@click.group(context_settings=SETTINGS)
@click.version_option(package_name="trialbridge", message="%(prog)s %(version)s")
def main() -> None:
    """Convert clinical-trial records between formats, and back, with nothing lost."""


@main.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@source_argument
@format_option("--to", "-t", required=True, help="Format to write.")
@from_option
@click.option("--output", "-o", type=click.Path(allow_dash=True), help="File to write.")
@click.option("--report", is_flag=True, help="Say on standard error what was carried and where.")
@text_or_json
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
@click.version_option(package_name="trialbridge", message="%(prog)s %(version)s")
def convert(
    source: str,
    to: Format,
    stated: Format | None,
    output: str | None,
    report: bool,
    style: str,
    indent: int,
    compact: bool,
    validate: bool,
    quiet: bool,
) -> None:
    """Convert a record to another format.

    SOURCE is a path, or - for standard input. Nothing is written unless the whole result is
    valid.
    """
    from trialbridge import api

    name = _name(source)
    with _reported(name):
        first = api.reading(_content(source), stated and stated.name, unique=True)
        data, warnings = api.writing(first.trial, to, validate=validate)
    problems = [*first.problems, *warnings]
    deliver([_laid_out(data, to, None if compact else indent)], output)
    if report:
        from trialbridge.homes import measure

        _report(measure(first.trial, first.format, to, data, problems), style)
    if not quiet and not (report and style == "json"):
        _warn(name, problems)


@main.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@source_argument
@format_option("--via", required=True, help="Format to convert to and back from.")
@from_option
@text_or_json
@click.option("--quiet", "-q", is_flag=True, help="Say it by the exit status alone.")
def roundtrip(source: str, via: Format, stated: Format | None, style: str, quiet: bool) -> None:
    """Convert there and back; show what is different.

    SOURCE is a path, or - for standard input. Each step reads nothing but the bytes of the one
    before. Exit status 1 if anything differs.
    """
    from trialbridge import api, report

    with _reported(_name(source)):
        found = api.roundtrip(_content(source), via.name, format=stated and stated.name)
    if quiet:
        pass
    elif style == "json":
        _echo_json([report.difference_json(difference) for difference in found])
    elif not found:
        click.echo("no difference")
    else:
        for line in report.difference_lines(found):
            click.secho(line, fg={"-": "red", "+": "green"}.get(line[0]))
    sys.exit(1 if found else 0)


main.add_command(validate)


@main.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@format_option("--to", "-t", required=True, help="Format to list.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "markdown"]),
    help="Form of the list; by default a table on a terminal, else text.",
)
def coverage(to: Format, style: str | None) -> None:
    """List where each leaf goes in a format.

    A leaf is a value of the model that holds no other. Each has a home: a native element of the
    format, an official extension of it, an extension of ours, or none.
    """
    from trialbridge import report

    rows = to.rows()
    if style == "json":
        _echo_json(
            {
                "to": to.name,
                "totals": report.coverage_totals(rows),
                "rows": [row._asdict() for row in rows],
            }
        )
    elif style == "markdown":
        click.echo("\n".join(report.coverage_markdown(to.name, rows)))
    elif style == "text" or sys.stdout is None or not sys.stdout.isatty():
        click.echo("\n".join(report.coverage_text(rows)))
    else:
        report.print_table(report.coverage_table(to.name, rows))


@main.command(cls=Command, context_settings=SETTINGS)
@click.option(
    "--out", "-o", "output", type=click.Path(allow_dash=True), required=True, help="File to write."
)
def definitions(output: str) -> None:
    """Write our FHIR definitions as a package.

    The .tgz holds the StructureDefinitions of our extensions and our CodeSystems, so that other
    validators resolve them.
    """
    from trialbridge.mappings.fhir.definitions import package

    deliver([package()], output)


@main.command(cls=Command, context_settings=SETTINGS)
@text_or_json
def formats(style: str) -> None:
    """List the formats that are read and written, and those that are validated only."""
    every = (*FORMATS, *VALIDATED)
    if style == "json":
        _echo_json(
            [
                {
                    "name": known.name,
                    "aliases": list(known.aliases),
                    "title": known.title,
                    "converted": known.converter is not None,
                }
                for known in every
            ]
        )
        return
    names = [", ".join((known.name, *known.aliases)) for known in every]
    width = max(map(len, names))
    for name, known in zip(names, every, strict=True):
        only = "" if known.converter else " (validated only)"
        click.echo(f"{name:<{width}}  {known.title}{only}")


def _name(source: str) -> str:
    return STDIN if source == "-" else source


def _content(source: str) -> bytes:
    """Read a path or standard input, up to the size limit."""
    from trialbridge import api
    from trialbridge.schemas.problem import Problem, ReadError

    limit = size_limit()
    if source != "-":
        return api.load(source)
    try:
        if sys.stdin is None:
            raise OSError(errno.EBADF, "it is closed")
        return api.drain(sys.stdin.buffer, STDIN, limit)
    except OSError as error:
        problem = Problem(
            severity="fatal",
            layer="file",
            path=STDIN,
            code="unreadable",
            message=f"cannot be read: {error.strerror}",
        )
        raise ReadError([problem]) from error


@contextmanager
def _reported(name: str) -> Iterator[None]:
    """Print the problems that stop a command, one line each, and exit with 1."""
    from trialbridge.report import problem_line
    from trialbridge.schemas.problem import ProblemError

    try:
        yield
    except ProblemError as error:
        for problem in error.problems:
            click.echo(problem_line(name, problem), err=True)
        sys.exit(1)


def _warn(name: str, problems: Iterable[Problem]) -> None:
    from trialbridge.report import problem_line

    for problem in problems:
        click.echo(problem_line(name, problem), err=True)


def _report(found: Fidelity, style: str) -> None:
    import msgspec

    from trialbridge import report

    if style == "json":
        _echo_json({"counts": found.counts, **msgspec.to_builtins(found)}, err=True)
        return
    if sys.stderr.isatty():
        report.print_table(report.fidelity_table(found), stderr=True)
        lines = report.left_out_lines(found)
    else:
        lines = report.fidelity_lines(found)
    for line in lines:
        click.echo(line, err=True)


def _laid_out(data: bytes, to: Format, indent: int | None) -> bytes:
    if to.syntax == "text":
        return data
    if to.syntax == "xml":
        return data + b"\n" if indent is None else _indented(data, indent)
    import msgspec

    return (data if indent is None else msgspec.json.format(data, indent=indent)) + b"\n"


def _indented(data: bytes, indent: int) -> bytes:
    """Lay out XML; what is within texts stays as it is."""
    from lxml import etree  # type: ignore[import-untyped]

    root = etree.fromstring(data)
    etree.indent(root, space=" " * indent)
    laid_out: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return laid_out + b"\n"


def _echo_json(value: Any, *, err: bool = False) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2), err=err)
