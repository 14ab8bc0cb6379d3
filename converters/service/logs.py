"""The log of the service: a line of JSON for each event, never with anything of a record.

What a client says is in it where it is one of ours, as the name of a format; what is written is
escaped by JSON, so that no line can be made up.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

LOGGER: Final = logging.getLogger("trialbridge.service")
_UVICORN: Final = ("uvicorn", "uvicorn.error")


class _Lines(logging.Formatter):
    """Gives each record of the log as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", None)
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "level": record.levelname.lower()}
        if facts is None:
            # Of others: what an exception says may be a text of a record.
            line["event"] = record.getMessage().partition("\n")[0]
            if record.exc_info and record.exc_info[0]:
                line["exception"] = record.exc_info[0].__name__
        else:
            line |= {"event": record.getMessage(), **facts}
        return json.dumps(line)


def set_up(stream: TextIO | None = None) -> None:
    """Write what the service and its server tell as lines of JSON, to standard error by default."""
    lines = logging.StreamHandler(stream or sys.stderr)
    lines.setFormatter(_Lines())
    for name in (LOGGER.name, *_UVICORN):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = name == "uvicorn.error"
        logger.setLevel(logging.INFO if name == LOGGER.name else logging.WARNING)
    for name in (LOGGER.name, "uvicorn"):
        logging.getLogger(name).addHandler(lines)


def log(event: str, *, level: int = logging.INFO, **facts: object) -> None:
    """Tell an event with its facts."""
    if LOGGER.isEnabledFor(level):
        # Not by `log`, which looks through the stack for who tells.
        more = {"facts": facts}
        LOGGER.handle(LOGGER.makeRecord(LOGGER.name, level, "", 0, event, (), None, extra=more))
