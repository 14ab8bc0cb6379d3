"""How far a command is, on standard error: a line that changes on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

_ON_TERMINAL = 0.2
_ELSEWHERE = 60.0


class Progress:
    """A line that changes, where there is a terminal to show it, and lines told above it."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self._terminal = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._line = ""
        self._last = time.monotonic()

    def show(self, line: str) -> None:
        """Change the line, on a terminal alone."""
        if self._terminal and line != self._line:
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)
            self._line = line

    def now_and_then(self, line: Callable[[], str]) -> None:
        """Change the line some times a second; where there is no terminal, tell one a minute."""
        now = time.monotonic()
        if self.quiet or now - self._last < (_ON_TERMINAL if self._terminal else _ELSEWHERE):
            return
        self._last = now
        if self._terminal:
            self.show(line())
        else:
            click.echo(line(), err=True)

    def tell(self, line: str) -> None:
        """Tell something, above the line that changes."""
        shown = self._line
        self.show("")
        click.echo(line, err=True)
        self.show(shown)

    def waiting(self, why: str) -> None:
        """Say why it is waited."""
        if not self.quiet:
            self.tell(why)

    def done(self) -> None:
        """Leave the line that changes."""
        self.show("")
