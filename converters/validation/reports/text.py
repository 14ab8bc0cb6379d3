"""The report for people: by source, each problem with the line that it is in."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import click

from trialbridge.schemas.problem import Severity
from trialbridge.shown.report import one_line
from trialbridge.validation.check import SEVERITIES, Found, Result, Tally
from trialbridge.validation.places import Place
from trialbridge.validation.reports import Look

_COLOURS: Final[dict[Severity, str]] = {
    "fatal": "bright_red",
    "error": "red",
    "warning": "yellow",
    "information": "blue",
}
_PLURALS: Final[dict[Severity, str]] = {
    "fatal": "fatal",
    "error": "errors",
    "warning": "warnings",
    "information": "information",
}
_LINE: Final = re.compile(r"line \d+(?:, column \d+)?(?:: |$)")
_BEFORE, _AFTER = 40, 60
_CUT: Final = "..."


def write(results: Iterable[Result], tally: Tally, look: Look) -> Iterator[str]:
    """Give a line for each source, and below it its problems; at the end the counts."""
    for result in results:
        if result.skipped:
            if not look.quiet:
                name = _paint(one_line(result.source.name), look, bold=True)
                word = _paint("skipped", look, fg="yellow")
                yield f"{name}: {word}: {one_line(result.skipped)}\n"
            continue
        if result.found or not look.quiet:
            yield _source(result, look)
        for found in result.found:
            yield from _problem(found, result.source.name, look)
    if not look.quiet:
        yield f"{summary(tally)}\n"


def summary(tally: Tally) -> str:
    """Give the counts on one line."""
    counts = f" ({counted(tally.severities)})" if tally.severities else ""
    parts = [f"{tally.sources} {'source' if tally.sources == 1 else 'sources'}: "]
    failed = f"{tally.failed} failed" if tally.failed else "none failed"
    parts[0] += failed + counts
    if tally.known:
        parts.append(f"{tally.known} known by the baseline")
    if tally.gone:
        parts.append(f"{tally.gone} of the baseline gone")
    if tally.skipped:
        parts.append(f"{tally.skipped} skipped")
    return "; ".join(parts)


def counted(severities: "Counter[Severity]") -> str:
    """Give counts from the worst: `1 error, 2 warnings`."""
    return ", ".join(
        f"{count} {severity if count == 1 else _PLURALS[severity]}"
        for severity in SEVERITIES
        if (count := severities[severity])
    )


def plain(found: Found, source: str) -> str:
    """Give a problem on one line: `2:48 error: /a/b: what is wrong [code]`."""
    return f"{_at(found)}{found.problem.severity}{_rest(found, source)}"


def _at(found: Found) -> str:
    return f"{found.place.line}:{found.place.column} " if found.place else ""


def _rest(found: Found, source: str) -> str:
    problem = found.problem
    # What cannot be read is its own path, and a line is told already.
    path = "" if problem.path == source else problem.path
    if found.place:
        path = _LINE.sub("", path)
    return one_line(f": {path}{': ' if path else ''}{problem.message} [{problem.code}]")


def _source(result: Result, look: Look) -> str:
    counts = counted(Counter(found.problem.severity for found in result.found))
    known = f"{result.known} known" if result.known else ""
    told = ", ".join(filter(None, (counts, known)))
    verdict = _paint("failed", look, fg="red") if result.failed else _paint("ok", look, fg="green")
    name = _paint(one_line(result.source.name), look, bold=True)
    format_ = f" ({result.format.name})" if result.format else ""
    return f"{name}: {verdict}{format_}{f': {told}' if told else ''}\n"


def _problem(found: Found, source: str, look: Look) -> Iterator[str]:
    problem, place = found
    severity = _paint(problem.severity, look, fg=_COLOURS[problem.severity], bold=True)
    yield f"  {_at(found)}{severity}{_rest(found, source)}\n"
    if place and (place.before + place.after).strip():
        yield from _excerpt(place, look)
    if problem.link:
        yield f"    {_paint(one_line(problem.link), look, dim=True)}\n"


def _excerpt(place: Place, look: Look) -> Iterator[str]:
    """Show the line, cut around the column, with a caret below the column."""
    before, after = place.before, place.after
    before = _CUT + before[-_BEFORE:] if len(before) > _BEFORE else before.lstrip()
    after = after[:_AFTER] + _CUT if len(after) > _AFTER else after
    # Escapes are wider than what they stand for, so the caret is put by what is shown.
    before = one_line(before.replace("\t", " "))
    shown = before + one_line(after.replace("\t", " ").rstrip())
    gutter = f"{place.line:>6} | "
    yield f"{_paint(gutter, look, dim=True)}{shown}\n"
    margin = " " * (len(gutter) - 2) + "| "
    yield f"{_paint(margin, look, dim=True)}{' ' * len(before)}{_paint('^', look, fg='red')}\n"


def _paint(
    text: str, look: Look, *, fg: str | None = None, bold: bool = False, dim: bool = False
) -> str:
    if not look.coloured:
        return text
    # None leaves as it is; False would write a code to switch off.
    return click.style(text, fg=fg, bold=bold or None, dim=dim or None)
