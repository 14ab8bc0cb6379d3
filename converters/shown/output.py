"""Write a whole result, or nothing: a file takes the place of the old one at once."""

from __future__ import annotations

import os
import stat
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
            _replace(path, pieces)
    except OSError as error:
        message = f"cannot write {click.format_filename(output)}: {error.strerror}"
        raise click.ClickException(message) from error


def _replace(path: str, pieces: Iterable[bytes]) -> None:
    import tempfile

    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    # Not the file's name, which may be as long as a name can be.
    handle, temporary = tempfile.mkstemp(prefix=".trialbridge.", dir=os.path.dirname(path))
    try:
        with open(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(handle)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
