"""Ask one FHIR server over HTTP: bounded answers, patience where it is busy, and what it says.

https://hl7.org/fhir/R5/http.html
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec

from trialbridge import api
from trialbridge.schemas.problem import Problem, ProblemError
from trialbridge.server.outcome import Answer, words

LINK = "https://hl7.org/fhir/R5/http.html"
TOKEN = "TRIALBRIDGE_TOKEN"
"""The environment variable that holds a token for the server."""

JSON = "application/fhir+json"
PAUSE = 0.5
"""Seconds before the second attempt; each further pause is twice as long."""

PATIENCE = 300.0
"""Seconds that a server may ask to wait for, by Retry-After."""

_BUSY = frozenset({429, 502, 503, 504})
_LONGEST = 30.0
# Servers and proxies take some 2,000 characters at least.
_URL_LENGTH = 1_900


class Manner(NamedTuple):
    """How a server is asked.

    `token` is sent as `Authorization: Bearer`; None takes the environment variable's. `timeout` is
    how many seconds the server may be silent, `retries` how often a request is sent again that
    met a broken connection or a busy server. `waiting` is told why it is waited, and how long.
    """

    token: str | None = None
    timeout: float = 120.0
    retries: int = 5
    waiting: Callable[[str], None] | None = None
    sleep: Callable[[float], None] = time.sleep


class ServerError(ProblemError):
    """The server cannot be used: it is not reached, refuses who asks, or speaks no FHIR."""


class WrongRequest(ValueError):
    """What is asked for is no url of a server, or nothing that can be asked of one."""


class MissingExtra(ImportError):
    """What is needed comes with an extra that is not installed."""


def httpx_module() -> Any:
    """The HTTP client. Raises MissingExtra, which says how to install it."""
    try:
        import httpx  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        message = (
            "httpx, which talks to servers, is not installed: pip install 'trialbridge[server]'"
        )
        raise MissingExtra(message) from error
    return httpx


@cache
def _tls() -> Any:
    """Whom the HTTP client trusts: made once, since it takes longer than to ask a server."""
    return httpx_module().create_ssl_context()


class Client:
    """A FHIR server at its base url. Used by one thread, and closed by `with`."""

    def __init__(self, url: str, manner: Manner) -> None:
        """Raises WrongRequest for what is no url of a server, and MissingExtra."""
        self._httpx = httpx_module()
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongRequest(f"{url!r} is no url of a server, expected http://... or https://...")
        if parts.query or parts.fragment:
            raise WrongRequest(f"{url!r} has a query, expected the base url of a FHIR server")
        if parts.username is not None:
            raise WrongRequest(f"the url of the server has a user in it; put a token in {TOKEN}")
        token = os.environ.get(TOKEN, "") if manner.token is None else manner.token
        token = token.strip()
        if not (token.isascii() and token.isprintable()):
            raise WrongRequest(f"the token (of {TOKEN}) has characters that a header cannot hold")
        self._manner = manner
        self._limit = api.size_limit()
        self._http = self._httpx.Client(
            headers={
                "Accept": JSON,
                "User-Agent": f"trialbridge/{api.version()}",
                **({"Authorization": f"Bearer {token}"} if token else {}),
            },
            timeout=self._httpx.Timeout(manner.timeout, connect=min(manner.timeout, 30.0)),
            follow_redirects=False,
            verify=_tls(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Answer:
        """Ask for `path` below the base url. Raises ServerError if the server cannot be used."""
        strict = {"Prefer": "handling=strict"} if query else {}
        return self._asked("GET", path, query=query, headers=strict)

    def post(self, body: bytes) -> Answer:
        """Send a Bundle to the base url. Raises ServerError if the server cannot be used."""
        headers = {"Content-Type": JSON, "Prefer": "return=minimal"}
        return self._asked("POST", "", body=body, headers=headers)

    def _asked(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        headers: Mapping[str, str],
    ) -> Answer:
        place = f"{self.url}/{path}" if path else self.url
        request = f"{method} {place}"
        pause = PAUSE
        attempts = self._manner.retries + 1
        for attempt in range(1, attempts + 1):
            wait = pause
            try:
                answer = self._once(request, method, place, query, body, headers)
            except self._httpx.TransportError as error:
                # A transaction of PUTs may be sent again, whatever became of the first.
                said = str(error) or type(error).__name__
                reason, code = f"the connection failed: {said}", "unreachable"
                if "CERTIFICATE" in said:
                    raise failed(request, code, reason) from error
            except (self._httpx.RequestError, self._httpx.InvalidURL) as error:
                raise failed(request, "unreachable", str(error)) from error
            else:
                if answer.status not in _BUSY:
                    return self._usable(answer)
                reason, code = words(answer), "busy"
                stated = _retry_after(answer.retry_after)
                wait = pause if stated is None else stated
            if attempt == attempts:
                times = "once" if attempts == 1 else f"{attempts} times"
                raise failed(request, code, f"{reason} (asked {times})")
            if wait > PATIENCE:
                message = f"{reason}, and asks to wait {wait:,.0f} seconds"
                raise failed(request, code, message)
            if self._manner.waiting is not None:
                self._manner.waiting(f"{request}: {reason}; again in {wait:.1f} s")
            self._manner.sleep(wait)
            pause = min(2 * pause, _LONGEST)
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self,
        request: str,
        method: str,
        place: str,
        query: Sequence[tuple[str, str]],
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        with self._http.stream(
            method, place, params=list(query) or None, content=body, headers=headers
        ) as response:
            data = bytearray()
            for piece in response.iter_bytes():
                data += piece
                if len(data) > self._limit:
                    message = f"the answer is larger than the limit of {self._limit:,} bytes"
                    reason = f"{message}; {api.SIZE_VARIABLE} raises it"
                    raise failed(request, "size", reason)
            return Answer(
                request=request,
                status=response.status_code,
                type=response.headers.get("Content-Type", "").partition(";")[0].strip(),
                data=bytes(data),
                resource=_resource(bytes(data)),
                retry_after=response.headers.get("Retry-After", ""),
                location=response.headers.get("Location", ""),
            )

    def _usable(self, answer: Answer) -> Answer:
        """Give an answer back, unless it says that no further request has a sense."""
        status = answer.status
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            message = f"{words(answer)}; the environment variable {TOKEN} takes a token"
            raise failed(answer.request, "unauthorised", message)
        if status in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.UNSUPPORTED_MEDIA_TYPE):
            raise failed(answer.request, "not-supported", words(answer))
        if 300 <= status < 400 and status != HTTPStatus.NOT_MODIFIED:
            message = f"{words(answer)}, to {answer.location or 'nowhere'}: give that url instead"
            raise failed(answer.request, "moved", message)
        if status < 300 and answer.resource is None:
            raise failed(answer.request, "not-fhir", f"no FHIR: {words(answer)}")
        return answer


def in_urls(values: Sequence[str], most: int = 50) -> list[list[str]]:
    """Part values so that those of each part fit into one url, joined by commas."""
    parts: list[list[str]] = []
    room = 0
    for value in values:
        if room < len(value) or len(parts[-1]) == most:
            parts.append([])
            room = _URL_LENGTH
        parts[-1].append(value)
        room -= len(value) + 3
    return parts


def _resource(data: bytes) -> dict[str, Any] | None:
    """The resource in the bytes of an answer; None if there is none."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(found, dict) and isinstance(found.get("resourceType"), str):
        return found
    return None


def _retry_after(text: str) -> float | None:
    """The seconds that Retry-After states, or until the time that it states.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = text.strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        then = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def failed(request: str, code: str, message: str) -> ServerError:
    """The error of a request after which nothing more is to be asked."""
    return ServerError(
        [
            Problem(
                severity="fatal",
                layer="server",
                path=request,
                code=code,
                message=message,
                link=LINK,
            )
        ]
    )
