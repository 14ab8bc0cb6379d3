"""Steps that several commands take: from a source to its bytes, from problems to an exit."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from trialbridge.cli.options import coloured, size_limit

if TYPE_CHECKING:
    from trialbridge.schemas.syntax.pointer import Difference

STDIN = "<stdin>"


def name(source: str) -> str:
    """Name a source in messages."""
    return STDIN if source == "-" else source


def content(source: str) -> bytes:
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
def reported(shown: str) -> Iterator[None]:
    """Print the problems that stop a command, one line each, and exit with 1.

    A fault of ours is one of these, with its place in this program.
    """
    from trialbridge.faults import fault
    from trialbridge.schemas.problem import ProblemError
    from trialbridge.shown.report import problem_line

    try:
        yield
    except ProblemError as error:
        for problem in error.problems:
            click.echo(problem_line(shown, problem), err=True)
        sys.exit(1)
    except click.ClickException:
        raise
    except Exception as error:
        click.echo(problem_line(shown, fault(error)), err=True)
        sys.exit(1)


def echo_json(value: Any, *, err: bool = False) -> None:
    """Print a value as JSON, laid out."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2), err=err)


def show_differences(found: Sequence[Difference], style: str, quiet: bool) -> None:
    """Print differences as lines or JSON, and exit with 1 if there are any."""
    from trialbridge.shown import report

    if quiet:
        pass
    elif style == "json":
        echo_json([report.difference_json(difference) for difference in found])
    elif not found:
        click.echo("no difference")
    else:
        colours = {"-": "red", "+": "green"} if coloured() else {}
        for line in report.difference_lines(found):
            colour = colours.get(line[0])
            click.echo(click.style(line, fg=colour) if colour else line)
    sys.exit(1 if found else 0)
