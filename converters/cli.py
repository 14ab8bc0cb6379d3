"""The commands `trialbridge` and `convert`.

Results go to standard output, everything else to standard error. Exit status: 0 fine, 1 problems,
2 wrong usage. Whatever a command needs is imported in it, so that help is there at once.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trialbridge.formats import FORMATS, Format, UnknownFormat, by_name

if TYPE_CHECKING:
    from trialbridge.homes import Fidelity
    from trialbridge.schemas.problem import Problem

F = TypeVar("F", bound="Callable[..., Any] | click.Command")

STDIN = "<stdin>"
SETTINGS = {"help_option_names": ["-h", "--help"]}


class Command(click.Command):
    """A command that tells a failing disk or terminal in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            # What is still in the buffer would fail again at exit, with a traceback.
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.ClickException(f"cannot write: {error.strerror}") from error


def _format(ctx: click.Context, param: click.Parameter, value: str | None) -> Format | None:
    try:
        return None if value is None else by_name(value)
    except UnknownFormat as error:
        raise click.BadParameter(str(error), ctx, param) from error


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [known.name for known in FORMATS if known.name.startswith(incomplete)]


def _format_option(*names: str, required: bool, help: str) -> Callable[[F], F]:
    return click.option(
        *names,
        required=required,
        help=help,
        metavar="FORMAT",
        callback=_format,
        shell_complete=_complete,
    )


EPILOG = "Formats: " + ", ".join("/".join((known.name, *known.aliases)) for known in FORMATS)
from_option = _format_option(
    "--from",
    "-f",
    "stated",
    required=False,
    help="Format of the source; by default it is recognised by content.",
)
text_or_json = click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the report; what stops a command is always lines of text.",
)
source_argument = click.argument("source", type=click.Path(allow_dash=True))


@click.group(context_settings=SETTINGS)
@click.version_option(package_name="trialbridge", message="%(prog)s %(version)s")
def main() -> None:
    """Convert clinical-trial records between formats, and back, with nothing lost."""


@main.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@source_argument
@_format_option("--to", "-t", required=True, help="Format to write.")
@from_option
@click.option("--output", "-o", type=click.Path(allow_dash=True), help="File to write.")
@click.option("--report", is_flag=True, help="Say on standard error what was carried and where.")
@text_or_json
@click.option(
    "--indent",
    type=click.IntRange(1, 8),
    default=2,
    show_default=True,
    help="Spaces for each level of JSON.",
)
@click.option("--compact", is_flag=True, help="JSON without white space.")
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
        first = api.reading(_content(source), stated and stated.name)
        data, warnings = api.writing(first.trial, to, validate=validate)
    problems = [*first.problems, *warnings]
    _deliver(_laid_out(data, to, None if compact else indent), output)
    if report:
        from trialbridge.homes import measure

        _report(measure(first.trial, first.format, to, data, problems), style)
    if not quiet and not (report and style == "json"):
        _warn(name, problems)


@main.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@source_argument
@_format_option("--via", required=True, help="Format to convert to and back from.")
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


@main.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@click.argument("sources", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@from_option
@text_or_json
@click.option("--quiet", "-q", is_flag=True, help="Errors only.")
def validate(sources: tuple[str, ...], stated: Format | None, style: str, quiet: bool) -> None:
    """List what is wrong with records.

    FILE is a path, or - for standard input. A record is fine if it can be read and, where its
    format has official definitions, is valid by them. Exit status 1 if any has an error.
    """
    import msgspec

    from trialbridge import api, report
    from trialbridge.schemas.problem import ReadError

    wrong = False
    listed = []
    for source in sources:
        name = _name(source)
        known: Format | None
        try:
            known, problems = api.checking(_content(source), stated and stated.name)
        except ReadError as error:
            known, problems = None, error.problems
        severe = [problem for problem in problems if problem.severity in ("fatal", "error")]
        wrong = wrong or bool(severe)
        shown = severe if quiet else problems
        if style == "json":
            listed.append(
                {
                    "file": name,
                    "format": known and known.name,
                    "problems": msgspec.to_builtins(shown),
                }
            )
            continue
        for problem in shown:
            click.echo(report.problem_line(name, problem))
        if known and not severe and not quiet:
            click.echo(f"{report.one_line(name)}: ok ({known.name})")
    if style == "json":
        _echo_json(listed)
    sys.exit(1 if wrong else 0)


@main.command(cls=Command, context_settings=SETTINGS, epilog=EPILOG)
@_format_option("--to", "-t", required=True, help="Format to list.")
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
    from trialbridge.mappings.definitions import package

    _deliver(package(), output)


@main.command(cls=Command, context_settings=SETTINGS)
@text_or_json
def formats(style: str) -> None:
    """List the formats, all read and written."""
    if style == "json":
        _echo_json(
            [
                {"name": known.name, "aliases": list(known.aliases), "title": known.title}
                for known in FORMATS
            ]
        )
        return
    names = [", ".join((known.name, *known.aliases)) for known in FORMATS]
    width = max(map(len, names))
    for name, known in zip(names, FORMATS, strict=True):
        click.echo(f"{name:<{width}}  {known.title}")


def _name(source: str) -> str:
    return STDIN if source == "-" else source


def _content(source: str) -> bytes:
    """Read a path or standard input, up to the size limit."""
    from trialbridge import api
    from trialbridge.schemas.problem import Problem, ReadError

    try:
        limit = api.size_limit()
    except ValueError as error:
        raise click.UsageError(str(error)) from error
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
    if to.syntax != "json":
        return data
    import msgspec

    return (data if indent is None else msgspec.json.format(data, indent=indent)) + b"\n"


def _echo_json(value: Any, *, err: bool = False) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2), err=err)


def _deliver(data: bytes, output: str | None) -> None:
    """Write a whole result, or nothing: a file takes the place of the old one at once."""
    if output is None or output == "-":
        if sys.stdout is None:
            raise click.ClickException("cannot write standard output: it is closed")
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    if not output or output.endswith(os.sep):
        raise click.UsageError(f"--output takes a file, found {output!r}")
    # The file that a link points to is replaced, not the link.
    path = os.path.realpath(output)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            # A pipe or a device is written to; a directory says so itself.
            with open(path, "wb") as file:
                file.write(data)
        else:
            _replace(path, data)
    except OSError as error:
        message = f"cannot write {click.format_filename(output)}: {error.strerror}"
        raise click.ClickException(message) from error


def _replace(path: str, data: bytes) -> None:
    import tempfile

    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    folder, name = os.path.split(path)
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
