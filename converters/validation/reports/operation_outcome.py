"""A FHIR R5 OperationOutcome, as FHIR servers and HL7's own validator give.

https://hl7.org/fhir/R5/operationoutcome.html
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from trialbridge.schemas.problem import Problem
from trialbridge.shown.report import one_line
from trialbridge.validation.check import Found, Result, Tally
from trialbridge.validation.reports import Look

_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/operationoutcome"

# Our codes in the words of https://hl7.org/fhir/R5/codesystem-issue-type.html, by what is in them;
# the first that is found. Anything else is `invalid`.
_TYPES: Final = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"too-long|length", "too-long"),
        (r"size|nesting|entr", "too-costly"),
        (r"duplicate", "duplicate"),
        (r"unresolved|dangling|reference|unreadable", "not-found"),
        (r"required|incomplete|absent|missing", "required"),
        (r"extension", "extension"),
        (r"code", "code-invalid"),
        (r"invariant|^[a-z]{2,4}-\d+$", "invariant"),
        (r"archive|encrypted|format|version", "not-supported"),
        (r"unknown|element|cardinality|structure|type|root|records", "structure"),
        (r"text|value|date|number|blank|pattern|form", "value"),
    )
)


def write(results: Iterable[Result], tally: Tally, look: Look) -> Iterator[str]:
    """Give an issue for each problem; that all is well is an issue too, since one has to be."""
    yield '{"resourceType":"OperationOutcome","issue":['
    comma = ""
    for result in results:
        if result.skipped:
            yield comma + _text(_skipped(result))
            comma = ",\n"
        for found in result.found:
            yield comma + _text(_issue(result, found))
            comma = ",\n"
    if not comma:
        known = f", {tally.known} known by the baseline" if tally.known else ""
        sources = "1 source" if tally.sources == 1 else f"{tally.sources} sources"
        fine = {
            "severity": "success",
            "code": "success",
            "diagnostics": f"No problems in {sources}{known}",
        }
        yield _text(fine)
    yield "]}\n"


def issue_type(problem: Problem) -> str:
    """Give the code of the value set issue-type for a problem."""
    if problem.severity == "information":
        return "informational"
    return next((code for pattern, code in _TYPES if pattern.search(problem.code)), "invalid")


def _skipped(result: Result) -> dict[str, Any]:
    file = {"url": f"{_EXTENSION}-file", "valueString": one_line(result.source.name)}
    return {
        "extension": [file, {"url": f"{_EXTENSION}-message-id", "valueString": "skipped"}],
        "severity": "information",
        "code": "not-supported",
        "details": {"text": f"skipped: {one_line(result.skipped)}"},
    }


def _issue(result: Result, found: Found) -> dict[str, Any]:
    problem, place = found
    extensions: list[dict[str, Any]] = [
        {"url": f"{_EXTENSION}-file", "valueString": one_line(result.source.name)}
    ]
    if place:
        extensions += [
            {"url": f"{_EXTENSION}-issue-line", "valueInteger": place.line},
            # A string by its definition.
            {"url": f"{_EXTENSION}-issue-col", "valueString": str(place.column)},
        ]
    extensions.append({"url": f"{_EXTENSION}-message-id", "valueString": problem.code})
    issue: dict[str, Any] = {
        "extension": extensions,
        "severity": problem.severity,
        "code": issue_type(problem),
        "details": {"text": one_line(problem.message)},
    }
    path = "" if problem.path == result.source.name else one_line(problem.path)
    link = f" ({one_line(problem.link)})" if problem.link else ""
    if path or link:
        issue["diagnostics"] = f"{path}{link}".strip()
    # Only FHIR's paths are FHIRPath; others are told in `diagnostics`.
    if path and result.format and result.format.name.startswith("fhir") and path[0].isupper():
        issue["expression"] = [path]
    return issue


def _text(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
