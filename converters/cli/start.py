"""Where the commands begin: who stops them meanwhile, by Ctrl-C or SIGTERM, sees no traceback.

Python turns Ctrl-C into an exception also while modules are imported, which takes longest of all
that is before a command's own work. SIGTERM would end the process at once, and leave the file that
is being written under another name.
"""

import signal
import sys
from types import FrameType

# As shells have it: 128 and the number of the signal.
INTERRUPTED = 130
_TERMINATED = 143


def _terminated(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(_TERMINATED)


def main() -> None:
    """The command `trialbridge`."""
    _run("main", "trialbridge")


def convert() -> None:
    """The command `convert`."""
    _run("convert", "convert")


def _run(command: str, name: str) -> None:
    try:
        signal.signal(signal.SIGTERM, _terminated)
        from trialbridge.cli import commands

        getattr(commands, command)(prog_name=name)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
