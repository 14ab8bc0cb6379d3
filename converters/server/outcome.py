"""What a server answered, and what of it is told: the words of its OperationOutcome.

https://hl7.org/fhir/R5/operationoutcome.html
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from trialbridge.io.web import beginning, plain

_ISSUES = 5
_LENGTH = 600
_SHOWN = 80


class Answer(NamedTuple):
    """An answer of a server. `resource` is None where the body is no FHIR resource in JSON."""

    request: str
    status: int
    type: str
    data: bytes
    resource: dict[str, Any] | None
    retry_after: str = ""
    location: str = ""

    @property
    def ok(self) -> bool:
        """Whether the server did what it was asked for."""
        return self.status < 300 and self.resource is not None


def words(answer: Answer) -> str:
    """Say the status, and what the server says of it."""
    return f"{_status(answer.status)}: {_said(answer)}"


def told(outcome: object) -> str:
    """Say what an OperationOutcome says; empty if it is none, or says nothing."""
    if not isinstance(outcome, dict) or outcome.get("resourceType") != "OperationOutcome":
        return ""
    issues = [each for each in _list(outcome.get("issue")) if isinstance(each, dict)]
    severe = [each for each in issues if each.get("severity") in ("fatal", "error")]
    said = list(dict.fromkeys(filter(None, map(_issue, severe or issues))))
    more = f"; {len(said) - _ISSUES} more" if len(said) > _ISSUES else ""
    text = "; ".join(said[:_ISSUES])
    return (text if len(text) <= _LENGTH else f"{text[:_LENGTH]}...") + more


def _said(answer: Answer) -> str:
    if not answer.data.strip():
        return "the answer is empty"
    if answer.resource is None:
        kind = answer.type or "of no type"
        return f"the answer is {kind}, not a FHIR resource in JSON: {beginning(answer.data)}"
    said = told(answer.resource)
    return said or f"the answer is a {plain(answer.resource['resourceType'])[:_SHOWN]}"


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _issue(issue: dict[str, Any]) -> str:
    details = issue.get("details")
    texts = [issue.get("diagnostics")]
    if isinstance(details, dict):
        texts.append(details.get("text"))
        texts += [each.get("display") for each in _dicts(details.get("coding"))]
    texts.append(issue.get("code"))
    text = next((plain(each) for each in texts if isinstance(each, str) and plain(each)), "")
    places = [each for each in _list(issue.get("expression")) if isinstance(each, str)]
    unsaid = [plain(place) for place in places if place not in text]
    return f"{text} ({', '.join(unsaid[:3])})" if text and unsaid else text


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (each for each in _list(value) if isinstance(each, dict))
