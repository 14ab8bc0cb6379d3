"""The report for programs. Its form is that of docs/howto/ci-usage.md; `report` counts versions."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from trialbridge.validation.check import SEVERITIES, Found, Result, Tally
from trialbridge.validation.reports import Look

VERSION: Final = 1


def write(results: Iterable[Result], tally: Tally, look: Look) -> Iterator[str]:
    """Give an object with the files and their problems, what was skipped, then the counts."""
    yield f'{{\n  "report": {VERSION},\n  "files": ['
    comma = ""
    skipped = []
    for result in results:
        if result.skipped:
            skipped.append({"file": result.source.name, "reason": result.skipped})
            continue
        if look.quiet and not result.found:
            continue
        yield f"{comma}\n{_laid_out(_file(result), 4)}"
        comma = ","
    summary = _laid_out(_summary(tally), 2).lstrip()
    yield "\n  ]" if comma else "]"
    yield f',\n  "skipped": {_laid_out(skipped, 2).lstrip()}'
    yield f',\n  "summary": {summary}\n}}\n'


def _file(result: Result) -> dict[str, Any]:
    return {
        "file": result.source.name,
        "format": result.format and result.format.name,
        "failed": result.failed,
        "known": result.known,
        "problems": [_problem(found) for found in result.found],
    }


def _problem(found: Found) -> dict[str, Any]:
    problem: dict[str, Any] = msgspec.to_builtins(found.problem)
    if found.place:
        problem |= {"line": found.place.line, "column": found.place.column}
    return problem


def _summary(tally: Tally) -> dict[str, int]:
    return {
        "files": tally.sources,
        "failed": tally.failed,
        "skipped": tally.skipped,
        "known": tally.known,
        "gone": tally.gone,
        **{severity: tally.severities[severity] for severity in SEVERITIES},
    }


def _laid_out(value: Any, indent: int) -> str:
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return textwrap.indent(text, " " * indent)
