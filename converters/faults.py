"""Tell a fault of this program as a problem of the source that showed it.

A record that nobody has thought of must not stop the others. What it met is told with its place in
this program, and never as a fault of the document.
"""

from types import TracebackType
from typing import Final

from trialbridge.schemas.problem import Problem

REPORT: Final = "https://github.com/trialbridge/trialbridge/issues"

_SHOWN: Final = 300


def fault(error: Exception) -> Problem:
    """Give the problem that an exception is: of code `memory` for MemoryError, else `internal`."""
    if isinstance(error, MemoryError):
        message = "it needs more memory than there is"
        return Problem(severity="fatal", layer="file", path="", code="memory", message=message)
    said = str(error)
    said = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}..."
    told = f"{type(error).__name__}: {said}" if said else type(error).__name__
    message = (
        f"{told} ({place(error.__traceback__)}): this is a fault of trialbridge, not of the "
        f"source; please report it with the source at {REPORT}"
    )
    return Problem(severity="fatal", layer="internal", path="", code="internal", message=message)


def place(trace: TracebackType | None) -> str:
    """Give the innermost place of ours in a traceback: the module, the line and the function."""
    found = "no place known"
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] == "trialbridge":
            found = f"{module}, line {trace.tb_lineno}, in {trace.tb_frame.f_code.co_name}"
        trace = trace.tb_next
    return found
