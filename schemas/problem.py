"""One type of problem for every format, layer and report."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

Severity = Literal["fatal", "error", "warning", "information"]

EACH = "`convert -o FOLDER/` or `trialbridge.records` takes each"
"""What to do with a document of several records."""

NO_RECORD = "no-record"
"""The code of the warning that a document has no fact of a record, and is good for itself alone."""


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong, where, and what would do.

    `path` is a place in the format that was read or written: a JSON pointer into JSON, a FHIRPath
    into FHIR, a line (`line 12`) of text. `link` is the clause of the specification.
    """

    severity: Severity
    layer: str
    path: str
    code: str
    message: str
    link: str | None = None

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{self.severity}: {place}{self.message}"


def no_record(path: str, message: str, link: str) -> Problem:
    """The warning that a document is read and has no fact of a record; `message` says why."""
    return Problem(
        severity="warning",
        layer="mapping",
        path=path,
        code=NO_RECORD,
        message=f"this is no trial record: {message}",
        link=link,
    )


class ProblemError(Exception):
    """Raised with every problem of a record at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)

    def __reduce__(self) -> tuple[type["ProblemError"], tuple[list[Problem]]]:
        # Exceptions are made again of their text, which is none of the problems.
        return type(self), (self.problems,)


class ReadError(ProblemError):
    """The source cannot be read as a trial record."""


class Invalid(ProblemError):
    """The result would not be valid, so nothing is written."""
