"""Check sources one after another, and count what is found.

The reports in `trialbridge.validation.reports` take the stream of results and give the pieces of a
text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, get_args

from trialbridge import api
from trialbridge.formats import Format
from trialbridge.schemas.problem import Problem, Severity
from trialbridge.validation.baseline import Baseline, Known, known
from trialbridge.validation.hl7_validator import Validator
from trialbridge.validation.places import Place, Places
from trialbridge.validation.sources import Source

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""From the worst."""


class Found(NamedTuple):
    """A problem and its place in the file, where it has one."""

    problem: Problem
    place: Place | None


class Result(NamedTuple):
    """What was found in one source: the problems to show, worst or not, and how many are known.

    `failed` says that a problem reaches the level that fails.
    """

    source: Source
    format: Format | None
    found: tuple[Found, ...]
    known: int
    failed: bool


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
    """What the user wants: what is shown, what fails, what is known already."""

    format: str | None = None
    severity: Severity = "information"
    fail_on: Severity | None = "error"
    skip_unknown: bool = False
    baseline: Baseline | None = None
    keep: bool = False
    deep: bool = False
    hl7: Validator | None = None


def reaches(severity: Severity, level: Severity | None) -> bool:
    """Tell if a severity is at a level or worse; None is a level that nothing reaches."""
    return level is not None and SEVERITIES.index(severity) <= SEVERITIES.index(level)


def validate(sources: Iterable[Source], wish: Wish, tally: Tally) -> Iterator[Result]:
    """Check each source, count it in the tally, and give what was found."""
    for source in sources:
        if source.data is None:
            if not source.problems:
                tally.skipped += 1
                continue
            format_, problems = None, list(source.problems)
        else:
            format_, problems = _check(source.data, wish)
            if format_ is None and (source.found or wish.skip_unknown):
                tally.skipped += 1
                continue
            problems = [*source.problems, *problems]
        yield _result(source, format_, problems, wish, tally)
    if wish.baseline is not None:
        tally.gone = wish.baseline.gone


def _check(data: bytes, wish: Wish) -> tuple[Format | None, list[Problem]]:
    format_, problems = api.checking(data, wish.format, deep=wish.deep)
    readable = not any(problem.severity == "fatal" for problem in problems)
    if wish.hl7 is not None and format_ is not None and readable:
        problems = [*problems, *wish.hl7.check(data, format_.name)]
    return format_, problems


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
    # The line of the file, where the record is one of its lines.
    return place._replace(line=source.line + place.line - 1)
