"""Ask one FHIR server over HTTP: bounded answers, patience where it is busy, and what it says.

https://hl7.org/fhir/R5/http.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

from trialbridge import api
from trialbridge.io.web import (
    BUSY,
    Connection,
    Later,
    Manner,
    WrongRequest,
    patiently,
    retry_after,
    server_error,
)
from trialbridge.schemas.syntax import exact
from trialbridge.server.outcome import Answer, words

LINK = "https://hl7.org/fhir/R5/http.html"
TOKEN = "TRIALBRIDGE_TOKEN"
"""The environment variable that holds a token for the server."""

JSON = "application/fhir+json"
# Servers and proxies take some 2,000 characters at least.
_URL_LENGTH = 1_900


class Client(Connection):
    """A FHIR server at its base url. Used by one thread, and closed by `with`."""

    def __init__(self, url: str, manner: Manner) -> None:
        """Raises WrongRequest for what is no url of a server, and MissingExtra."""
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
        self._limit = api.size_limit()
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        super().__init__(manner, {"Accept": JSON, **bearer})

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
        answer = patiently(
            request,
            self.manner,
            lambda: self._sent(request, method, place, query, body, headers),
            _later,
            failed,
        )
        return self._usable(answer)

    def _sent(
        self,
        request: str,
        method: str,
        place: str,
        query: Sequence[tuple[str, str]],
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        answer = self.once(
            method,
            place,
            limit=self._limit,
            too_large=lambda said: failed(
                request, "size", f"{said}; {api.SIZE_VARIABLE} raises it"
            ),
            params=list(query),
            content=body,
            headers=headers,
        )
        return Answer(
            request=request,
            status=answer.status,
            type=answer.headers.get("Content-Type", "").partition(";")[0].strip(),
            data=answer.data,
            resource=_resource(answer.data),
            retry_after=answer.headers.get("Retry-After", ""),
            location=answer.headers.get("Location", ""),
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
        found = exact.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(found, dict) and isinstance(found.get("resourceType"), str):
        return found
    return None


def _later(answer: Answer) -> Later | None:
    if answer.status not in BUSY:
        return None
    return Later(words(answer), "busy", retry_after(answer.retry_after))


failed = server_error(LINK)
"""The error of a request after which nothing more is to be asked."""
