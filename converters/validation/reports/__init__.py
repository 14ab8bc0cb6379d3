"""The reports of `trialbridge validate`: one row and one module each.

A module has `write`, which takes the results as they come and gives the pieces of a text, so that
a report of any length is never held in memory. The tally is complete once the results are at an
end.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Final, NamedTuple

from trialbridge.validation.check import Result, Tally

REPORTS: Final = {
    "text": "trialbridge.validation.reports.text",
    "json": "trialbridge.validation.reports.json",
    "sarif": "trialbridge.validation.reports.sarif",
    "junit": "trialbridge.validation.reports.junit",
    "operationoutcome": "trialbridge.validation.reports.operation_outcome",
}


class Look(NamedTuple):
    """How a report for people looks: with colours or not, and problems alone or all."""

    coloured: bool = False
    quiet: bool = False


def write(name: str, results: Iterable[Result], tally: Tally, look: Look) -> Iterator[str]:
    """Give the pieces of a report."""
    made: Callable[[Iterable[Result], Tally, Look], Iterator[str]]
    made = import_module(REPORTS[name]).write
    return made(results, tally, look)
