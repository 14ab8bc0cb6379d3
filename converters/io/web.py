"""Ask a server over HTTP: again where it is busy or the connection broke, and never for ever.

https://www.rfc-editor.org/rfc/rfc9110
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeVar

from trialbridge import api
from trialbridge.extras import loaded
from trialbridge.schemas.problem import Problem, ProblemError

A = TypeVar("A")
"""An answer."""

PAUSE: Final = 0.5
"""Seconds before the second attempt; each further pause is twice as long."""

PATIENCE: Final = 300.0
"""Seconds that a server may ask to wait for, by Retry-After."""

BUSY: Final = frozenset({429, 502, 503, 504})
"""The statuses of a server that may answer later."""

_LONGEST: Final = 30.0
_SHOWN: Final = 80


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
    """The server cannot be used: it is not reached, refuses who asks, or speaks something else."""


class WrongRequest(ValueError):
    """What is asked for is no url of a server, or nothing that can be asked of one."""


class Later(NamedTuple):
    """Why an answer is none yet: what is told, its code, how many seconds the server asks for."""

    reason: str
    code: str
    wait: float | None = None


def httpx_module() -> Any:
    """The HTTP client. Raises MissingExtra, which says how to install it."""
    return loaded("httpx", "talks to servers", "server")


@cache
def tls() -> Any:
    """Whom the HTTP client trusts: made once, since it takes longer than to ask a server."""
    return httpx_module().create_ssl_context()


class Raw(NamedTuple):
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Connection:
    """HTTP with one server, as a manner has it. Used by one thread, and closed by `with`."""

    def __init__(self, manner: Manner, headers: Mapping[str, str]) -> None:
        """Raises MissingExtra without the extra `server`."""
        httpx = httpx_module()
        self.manner = manner
        self._http = httpx.Client(
            headers={"User-Agent": f"trialbridge/{api.version()}", **headers},
            timeout=httpx.Timeout(manner.timeout, connect=min(manner.timeout, 30.0)),
            follow_redirects=False,
            verify=tls(),
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

    def once(
        self,
        method: str,
        url: str,
        *,
        limit: int,
        too_large: Callable[[str], ServerError],
        params: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Raw:
        """Send a request once. `too_large` makes the error of an answer over `limit` bytes."""
        with self._http.stream(
            method, url, params=params or None, content=content, headers=headers
        ) as response:
            data = bytearray()
            for piece in response.iter_bytes():
                data += piece
                if len(data) > limit:
                    raise too_large(f"the answer is larger than the limit of {limit:,} bytes")
            return Raw(response.status_code, response.headers, bytes(data))


def patiently(
    request: str,
    manner: Manner,
    once: Callable[[], A],
    later: Callable[[A], Later | None],
    failed: Callable[[str, str, str], ServerError],
) -> A:
    """Ask until there is an answer.

    `once` sends the request, `later` says of an answer that it is none yet, `failed` makes the
    error of a request, a code and a message. Raises that error.
    """
    httpx = httpx_module()
    pause = PAUSE
    attempts = manner.retries + 1
    for attempt in range(1, attempts + 1):
        try:
            answer = once()
            not_yet = later(answer)
            if not_yet is None:
                return answer
        except httpx.TransportError as error:
            # A transaction of PUTs may be sent again, whatever became of the first.
            said = str(error) or type(error).__name__
            not_yet = Later(f"the connection failed: {said}", "unreachable")
            if "CERTIFICATE" in said:
                raise failed(request, not_yet.code, not_yet.reason) from error
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise failed(request, "unreachable", str(error)) from error
        reason, code, stated = not_yet
        wait = pause if stated is None else stated
        if attempt == attempts:
            times = "once" if attempts == 1 else f"{attempts} times"
            raise failed(request, code, f"{reason} (asked {times})")
        if wait > PATIENCE:
            raise failed(request, code, f"{reason}, and asks to wait {wait:,.0f} seconds")
        if manner.waiting is not None:
            manner.waiting(f"{request}: {reason}; again in {wait:.1f} s")
        manner.sleep(wait)
        pause = min(2 * pause, _LONGEST)
    raise AssertionError("the last attempt returns or raises")


def retry_after(text: str) -> float | None:
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


def server_error(link: str) -> Callable[[str, str, str], ServerError]:
    """Make what makes errors of a request, a code and a message, with the link to the rules."""

    def failed(request: str, code: str, message: str) -> ServerError:
        problem = Problem(
            severity="fatal", layer="server", path=request, code=code, message=message, link=link
        )
        return ServerError([problem])

    return failed


def plain(text: str) -> str:
    """A text in one line, without what a terminal would obey."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def beginning(data: bytes) -> str:
    """The beginning of an answer that is not what was asked for, in one line."""
    text = plain(data[: 4 * _SHOWN].decode(errors="replace"))
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
