"""What the commands share: how a command fails, and options of the same name."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

import click

from trialbridge.formats import FORMATS, VALIDATED, Format, UnknownFormat, by_name

F = TypeVar("F", bound="Callable[..., Any] | click.Command")

SETTINGS = {"help_option_names": ["-h", "--help"]}


def _names(formats: Iterable[Format]) -> str:
    return ", ".join("/".join((known.name, *known.aliases)) for known in formats)


EPILOG = f"Formats: {_names(FORMATS)}"
VALIDATED_TOO = f"{EPILOG}; validated only: {_names(VALIDATED)}"


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
    """Take a name; only `validate` takes those of formats that are validated alone."""
    try:
        return None if value is None else by_name(value, converted=ctx.info_name != "validate")
    except UnknownFormat as error:
        raise click.BadParameter(str(error), ctx, param) from error


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [known.name for known in FORMATS if known.name.startswith(incomplete)]


def format_option(*names: str, required: bool, help: str) -> Callable[[F], F]:
    """An option that takes the name of a format."""
    return click.option(
        *names,
        required=required,
        help=help,
        metavar="FORMAT",
        callback=_format,
        shell_complete=_complete,
    )


from_option = format_option(
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


def size_limit() -> int:
    """Give the largest size of a source, in bytes. Raises click's UsageError."""
    from trialbridge import api

    try:
        return api.size_limit()
    except ValueError as error:
        raise click.UsageError(str(error)) from error
