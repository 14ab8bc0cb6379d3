"""Write a whole result, or nothing: a file takes the place of the old one at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click


def deliver(pieces: Iterable[bytes], output: str | None) -> None:
    """Write pieces to a file, or to standard output for None and `-`.

    Raises click's exceptions; what the pieces themselves raise leaves the old file as it was.
    """
    if output is None or output == "-":
        if sys.stdout is None:
            raise click.ClickException("cannot write standard output: it is closed")
        for piece in pieces:
            sys.stdout.buffer.write(piece)
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
                file.writelines(pieces)
        else:
            # Loaded here: what packs files is not needed to show a help page.
            from trialbridge.io.files import replaced

            replaced(path, pieces, lasting=True)
    except OSError as error:
        message = f"cannot write {click.format_filename(output)}: {error.strerror}"
        raise click.ClickException(message) from error
