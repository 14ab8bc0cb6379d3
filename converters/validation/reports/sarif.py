"""SARIF 2.1.0, which GitHub and other hosts show beside the code.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

import msgspec

from trialbridge.api import version
from trialbridge.schemas.problem import Problem, Severity
from trialbridge.shown.report import one_line
from trialbridge.sources import STDIN, Source
from trialbridge.validation.baseline import known
from trialbridge.validation.check import Found, Result, Tally
from trialbridge.validation.reports import Look

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
HOME: Final = "https://github.com/trialbridge/trialbridge"

# 3.27.10: level
_LEVELS: Final[dict[Severity, str]] = {
    "fatal": "error",
    "error": "error",
    "warning": "warning",
    "information": "note",
}


def write(results: Iterable[Result], tally: Tally, look: Look) -> Iterator[str]:
    """Give a log of one run: a result for each problem, then the rules, which are their codes."""
    rules: dict[str, dict[str, Any]] = {}
    yield f'{{"$schema":"{SCHEMA}","version":"2.1.0","runs":[{{"results":['
    comma = ""
    skipped: list[dict[str, Any]] = []
    for result in results:
        if result.skipped:
            skipped.append(_skipped(result))
        for found in result.found:
            index = _rule(found.problem, rules)
            yield comma + _text(_result(result.source, found, index))
            comma = ",\n"
    driver = {
        "name": "trialbridge",
        "version": version(),
        "informationUri": HOME,
        "rules": list(rules.values()),
    }
    end: dict[str, Any] = {"columnKind": "unicodeCodePoints", "tool": {"driver": driver}}
    if skipped:
        run = {"executionSuccessful": True, "toolExecutionNotifications": skipped}
        end["invocations"] = [run]
    yield f"],{_text(end)[1:]}]}}\n"


def _skipped(result: Result) -> dict[str, Any]:
    """Give a notification, 3.58: what was not looked at is no result."""
    source = result.source
    inner = f"{source.inner}: " if source.inner else ""
    return {
        "level": "note",
        "descriptor": {"id": "skipped"},
        "message": {"text": one_line(f"{inner}skipped: {result.skipped}")},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(source.file)}}}],
    }


def _rule(problem: Problem, rules: dict[str, dict[str, Any]]) -> int:
    """Give the index of a problem's rule; the first problem of a code makes it."""
    name = rule_id(problem)
    if name not in rules:
        described = f"{problem.code.replace('-', ' ')} ({problem.layer})"
        rules[name] = {
            "id": name,
            "shortDescription": {"text": described},
            "defaultConfiguration": {"level": _LEVELS[problem.severity]},
            "helpUri": problem.link or HOME,
        }
    return list(rules).index(name)


def rule_id(problem: Problem) -> str:
    """Name the rule that a problem breaks: layers use the same words for different things."""
    return f"{problem.layer}/{problem.code}"


def _result(source: Source, found: Found, rule: int) -> dict[str, Any]:
    problem, place = found
    path = "" if problem.path == source.name else problem.path
    inner = f"{source.inner}: {path}" if source.inner and path else source.inner or path
    message = f"{inner}: {problem.message}" if inner else problem.message
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(source.file)}}
    # A line of an entry in an archive is no line of the archive.
    if place and not source.inner:
        physical["region"] = {"startLine": place.line, "startColumn": place.column}
    location: dict[str, Any] = {"physicalLocation": physical}
    if inner:
        location["logicalLocations"] = [{"fullyQualifiedName": inner}]
    properties = {"layer": problem.layer, "severity": problem.severity, "path": problem.path}
    if problem.link:
        properties["link"] = problem.link
    return {
        "ruleId": rule_id(problem),
        "ruleIndex": rule,
        "level": _LEVELS[problem.severity],
        "message": {"text": one_line(message)},
        "locations": [location],
        "partialFingerprints": {"trialbridge/v1": _fingerprint(source, problem)},
        "properties": properties,
    }


def _fingerprint(source: Source, problem: Problem) -> str:
    """Give what stays when lines move, so that a host knows a problem again."""
    return hashlib.sha256("\0".join(known(source, problem)).encode(errors="replace")).hexdigest()


def _uri(file: str) -> str:
    if file == STDIN:
        return "stdin"
    path = PurePath(os.path.normpath(file))
    name = path.as_posix().encode(errors="surrogateescape")
    return f"file://{quote(name)}" if path.is_absolute() else quote(name)


def _text(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
