"""JUnit's XML, which every CI server reads: a suite for each format, a case for each source.

https://github.com/testmoapp/junitxml
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from trialbridge.shown.report import one_line
from trialbridge.validation.check import SEVERITIES, Result, Tally
from trialbridge.validation.reports import Look
from trialbridge.validation.reports.text import counted, plain

UNKNOWN: Final = "unknown"
SKIPPED: Final = "skipped"
_KEPT: Final = 1 << 20


def write(results: Iterable[Result], tally: Tally, look: Look) -> Iterator[str]:
    """Give the suites. A suite begins with its counts, so its cases wait in a temporary file."""
    suites: dict[str, tempfile.SpooledTemporaryFile[str]] = {}
    cases: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    with ExitStack() as stack:
        for result in results:
            name = result.format.name if result.format else UNKNOWN
            name = SKIPPED if result.skipped else name
            if name not in suites:
                suites[name] = stack.enter_context(
                    tempfile.SpooledTemporaryFile(_KEPT, "w+", encoding="utf-8", newline="")
                )
            suites[name].write(_case(name, result))
            cases[name] += 1
            failures[name] += result.failed
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        yield f'<testsuites name="trialbridge validate" {_counts(cases, failures)}>\n'
        for name, waiting in suites.items():
            here = f'{quoteattr(name)} tests="{cases[name]}" failures="{failures[name]}"'
            skipped = cases[name] if name == SKIPPED else 0
            yield f'  <testsuite name={here} errors="0" skipped="{skipped}">\n'
            waiting.seek(0)
            yield from waiting
            yield "  </testsuite>\n"
        yield "</testsuites>\n"


def _counts(cases: "Counter[str]", failures: "Counter[str]") -> str:
    return f'tests="{cases.total()}" failures="{failures.total()}" errors="0"'


def _case(suite: str, result: Result) -> str:
    name = quoteattr(one_line(result.source.name))
    case = f"    <testcase name={name} classname={quoteattr(f'trialbridge.{suite}')}"
    if result.skipped:
        reason = quoteattr(one_line(result.skipped))
        return f"{case}>\n      <skipped message={reason}/>\n    </testcase>\n"
    if not result.found:
        if not result.failed:
            return f"{case}/>\n"
        body = '      <failure message="problems below the level shown" type="problem"/>\n'
        return f"{case}>\n{body}    </testcase>\n"
    lines = escape("\n".join(plain(found, result.source.name) for found in result.found))
    if not result.failed:
        return f"{case}>\n      <system-out>{lines}</system-out>\n    </testcase>\n"
    worst = min(
        (found.problem for found in result.found),
        key=lambda problem: SEVERITIES.index(problem.severity),
    )
    counts = counted(Counter(found.problem.severity for found in result.found))
    message = quoteattr(counts)
    body = f"      <failure message={message} type={quoteattr(worst.code)}>{lines}</failure>\n"
    return f"{case}>\n{body}    </testcase>\n"
