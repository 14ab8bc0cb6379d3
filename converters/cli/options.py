"""What the commands share: how a command fails, and options of the same name."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

import click

from trialbridge.cli.start import INTERRUPTED
from trialbridge.formats import (
    FORMATS,
    Format,
    UnknownFormat,
    Use,
    by_name,
    checked_formats,
    read_formats,
    written_formats,
)

F = TypeVar("F", bound="Callable[..., Any] | click.Command")

SETTINGS = {"help_option_names": ["-h", "--help"]}


def _names(formats: Iterable[Format]) -> str:
    return ", ".join("/".join((known.name, *known.aliases)) for known in formats)


def _epilog() -> str:
    """Name the formats: what is read and written, then what is one of them or checked alone."""
    both = [known for known in read_formats() if known.writer]
    parts = [f"Formats: {_names(both)}"]
    for word, formats in (
        ("read only", read_formats()),
        ("written only", written_formats()),
        ("checked only", checked_formats()),
    ):
        rest = [known for known in formats if known not in both]
        both += rest
        if rest:
            parts.append(f"{word}: {_names(rest)}")
    return "; ".join(parts)


EPILOG = _epilog()


class Command(click.Command):
    """A command that tells a failing disk or terminal in one line, and ends at Ctrl-C with 130."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            # What is still in the buffer would fail again at exit, with a traceback.
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.ClickException(f"cannot write: {error.strerror}") from error


def format_option(*names: str, use: Use | None, required: bool, help: str) -> Callable[[F], F]:
    """An option that takes the name of a format that is `use`: read, written, checked, or any."""
    fit = {"read": read_formats, "written": written_formats, "checked": checked_formats}.get(
        use or "", lambda: FORMATS
    )

    def take(ctx: click.Context, param: click.Parameter, value: str | None) -> Format | None:
        try:
            return None if value is None else by_name(value, use)
        except UnknownFormat as error:
            raise click.BadParameter(str(error), ctx, param) from error

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        spelt = [spelling for known in fit() for spelling in (known.name, *known.aliases)]
        return [spelling for spelling in spelt if spelling.startswith(incomplete.lower())]

    return click.option(
        *names,
        required=required,
        help=help,
        metavar="FORMAT",
        callback=take,
        shell_complete=complete,
    )


def report_option(*forms: str, default: str | None = "text", help: str) -> Callable[[F], F]:
    """The option `--report`, whose value is the form of what a command tells."""
    return click.option(
        "--report",
        "-r",
        "style",
        type=click.Choice(forms),
        default=default,
        show_default=default is not None,
        help=help,
    )


from_option = format_option(
    "--from",
    "-f",
    "stated",
    use="read",
    required=False,
    help="Format of the source; by default it is recognised by content.",
)
output_option = click.option(
    "--output", "-o", type=click.Path(allow_dash=True), help="File to write."
)

retries_option = click.option(
    "--retries",
    metavar="NUMBER",
    type=click.IntRange(min=0, max=100),
    default=5,
    show_default=True,
    help="How often a request is sent again that met a busy server or a broken connection.",
)


def pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Take each NAME=VALUE of an option that may be repeated."""
    found: dict[str, str] = {}
    for each in values:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{each!r} is not NAME=VALUE", ctx, param)
        if name in found:
            raise click.BadParameter(f"{name} is given twice", ctx, param)
        found[name] = value
    return found


def coloured() -> bool:
    """Tell if standard output shows colours. https://no-color.org"""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    return terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def size_limit() -> int:
    """Give the largest size of a source, in bytes. Raises click's UsageError."""
    from trialbridge import api

    try:
        return api.size_limit()
    except ValueError as error:
        raise click.UsageError(str(error)) from error
