"""Check sources one after another, and count what is found.

The reports in `trialbridge.validation.reports` take the stream of results and give the pieces of a
text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Final, NamedTuple, get_args

import msgspec

from trialbridge import api
from trialbridge.faults import fault
from trialbridge.formats import Format, by_name
from trialbridge.formats.sniff import recognise
from trialbridge.running.workers import Budget, in_turn
from trialbridge.schemas.problem import Problem, Severity
from trialbridge.sources import Source, unknown
from trialbridge.sources.members import split
from trialbridge.validation.baseline import Baseline, Known, known
from trialbridge.validation.hl7_validator import Validator
from trialbridge.validation.places import Place, Places

Checked = tuple[str | None, list[Problem]]
"""The name of a format, where it is known, and what was found."""

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""From the worst."""


class Found(NamedTuple):
    """A problem and its place in the file, where it has one."""

    problem: Problem
    place: Place | None


class Result(NamedTuple):
    """What was found in one source: the problems to show, worst or not, and how many are known.

    `failed` says that a problem reaches the level that fails; `skipped` why it was not checked.
    """

    source: Source
    format: Format | None
    found: tuple[Found, ...]
    known: int
    failed: bool
    skipped: str = ""


@dataclass
class Tally:
    """The counts over all sources. Problems that are known are in `known` alone."""

    sources: int = 0
    failed: int = 0
    skipped: int = 0
    known: int = 0
    gone: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    kept: Counter[Known] = field(default_factory=Counter)
    """Every problem, as a baseline has it."""


class Wish(NamedTuple):
    """What the user wants: what is shown, what fails, what is known already.

    `invariants`: how many seconds those of a document have.
    """

    format: str | None = None
    severity: Severity = "information"
    fail_on: Severity | None = "error"
    skip_unknown: bool = False
    baseline: Baseline | None = None
    keep: bool = False
    deep: bool = False
    hl7: Validator | None = None
    budget: Budget = Budget()
    invariants: float | None = None


def reaches(severity: Severity, level: Severity | None) -> bool:
    """Tell if a severity is at a level or worse; None is a level that nothing reaches."""
    return level is not None and SEVERITIES.index(severity) <= SEVERITIES.index(level)


def validate(sources: Iterable[Source], wish: Wish, tally: Tally) -> Iterator[Result]:
    """Check each source, count it in the tally, and give what was found, in their order."""
    check = partial(
        _check, format=wish.format, deep=wish.deep, hl7=wish.hl7, invariants=wish.invariants
    )
    for source, (name, problems) in in_turn(sources, check, _unchecked, wish.budget):
        format_ = by_name(name) if name else None
        reason = source.skipped
        if source.data is not None and format_ is None and (source.found or wish.skip_unknown):
            reason, problems = unknown(source, problems)
        if reason:
            tally.skipped += 1
            yield Result(source, None, (), 0, False, reason)
            continue
        yield _result(source, format_, [*source.problems, *problems], wish, tally)
    if wish.baseline is not None:
        tally.gone = wish.baseline.gone


def _unchecked(problems: list[Problem]) -> Checked:
    return None, problems


def _check(
    source: Source,
    *,
    format: str | None,
    deep: bool,
    hl7: Validator | None,
    invariants: float | None,
) -> Checked:
    """Give the name of the format, where it is known, and the problems, whatever happens."""
    data = source.data or b""
    try:
        known, problems = api.checking(data, format, deep=deep, budget=invariants)
        if known is not None and any(problem.code == "one-study" for problem in problems):
            problems = _of_each(known, data, problems)
        readable = not any(problem.severity == "fatal" for problem in problems)
        if hl7 is not None and known is not None and readable:
            problems = [*problems, *hl7.check(data, known.name)]
    except Exception as error:
        return _name(data, format), [fault(error)]
    return known and known.name, problems


def _of_each(known: Format, data: bytes, problems: list[Problem]) -> list[Problem]:
    """The problems of each record of a table or list whose reader gives its parts."""
    rows = known.syntax == "csv"
    if known.reader is None or not (rows or hasattr(import_module(known.reader), "parts")):
        return problems
    return [
        msgspec.structs.replace(problem, path=place(problem.path))
        for _, own, place in split(known, data)
        for problem in api.checking(own, known.name)[1]
    ]


def _name(data: bytes, format: str | None) -> str | None:
    """Name the format of what could not be checked."""
    try:
        return format or recognise(data).name
    except Exception:
        # What is wrong with it is told already.
        return None


def _result(
    source: Source, format_: Format | None, problems: list[Problem], wish: Wish, tally: Tally
) -> Result:
    tally.sources += 1
    if wish.keep:
        tally.kept.update(known(source, problem) for problem in problems)
    fresh = problems
    if wish.baseline is not None:
        fresh = [problem for problem in problems if not wish.baseline.knows(source, problem)]
    tally.known += len(problems) - len(fresh)
    tally.severities.update(problem.severity for problem in fresh)
    failed = any(reaches(problem.severity, wish.fail_on) for problem in fresh)
    tally.failed += failed
    places = Places((source.data or b"").removeprefix(b"\xef\xbb\xbf"))
    shown = tuple(
        Found(problem, _place(source, places, problem))
        for problem in fresh
        if reaches(problem.severity, wish.severity)
    )
    return Result(source, format_, shown, len(problems) - len(fresh), failed)


def _place(source: Source, places: Places, problem: Problem) -> Place | None:
    if source.data is None or problem.layer == "file":
        return None
    place = places.find(problem.path)
    if place is None or not source.line:
        return place
    # The line and column of the file, where the record is a part of it.
    column = place.column + (source.column if place.line == 1 else 0)
    return place._replace(line=source.line + place.line - 1, column=column)
