"""Around every request: its id, the headers of its answer, the log, and what is left unread.

An ASGI application around another, https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from trialbridge.faults import fault, place
from trialbridge.service.logs import log
from trialbridge.service.metrics import Metrics
from trialbridge.service.processes.jobs import told

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

FACTS: Final = "trialbridge"
"""Where in a scope stands what the log tells of a request."""

GONE: Final = 499
"""The status in the log, as nginx has it, of a request whose client did not wait."""

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
# They need be nothing but different.
_IDS: Final = random.Random()
_LINGER: Final = 5.0

# Scripts and styles of ours alone, nothing from elsewhere, in no frame of another page.
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Watched:
    """An application whose requests are told to the log and counted."""

    def __init__(self, app: App, endpoint: Callable[[str], str], metrics: Metrics) -> None:
        """`endpoint` names the kind of a path, since a path itself may say anything."""
        self._app = app
        self._endpoint = endpoint
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(scope, receive, send)
        facts: dict[str, Any] = {}
        scope[FACTS] = facts
        begun = time.monotonic()
        why = ""
        try:
            await self._app(scope, request.receive, request.send)
        except Exception as error:
            if request.gone:
                request.status = GONE
            else:
                why = f"{type(error).__name__} ({place(error.__traceback__)})"
                await request.failed(error)
        seconds = time.monotonic() - begun
        endpoint = self._endpoint(scope["path"])
        self._metrics.answered(endpoint, request.status, seconds)
        self._metrics.bytes_in += request.bytes_in
        self._metrics.bytes_out += request.bytes_out
        why = why or str(facts.pop("fault", ""))
        log(
            "request",
            level=logging.ERROR if why else logging.INFO,
            id=request.id,
            method=scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other",
            endpoint=endpoint,
            status=request.status,
            ms=round(1000 * seconds, 1),
            bytesIn=request.bytes_in,
            bytesOut=request.bytes_out,
            **({"fault": why} if why else {}),
            **facts,
        )


class _Request:
    """One request: what comes and what goes is counted, what goes has our headers."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        headers = dict(scope["headers"])
        stated = headers.get(b"x-request-id", b"").decode("latin-1")
        self.id = stated if _ID.fullmatch(stated) else f"{_IDS.getrandbits(64):016x}"
        # One that expects 100 sends nothing before it is asked to.
        self._comes = (
            b"content-length" in headers or b"transfer-encoding" in headers
        ) and b"expect" not in headers
        self.gone = False
        self.status = 500
        self.bytes_in = 0
        self.bytes_out = 0
        self._begun = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = True
            self._comes = False
        else:
            self.bytes_in += len(message.get("body", b""))
            self._comes = message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            self.status = message["status"]
            own = [(b"x-request-id", self.id.encode()), *_HEADERS]
            message = {**message, "headers": [*message["headers"], *own]}
        elif message["type"] == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
            if self._comes and not message.get("more_body", False):
                await self._send({**message, "more_body": True})
                await self._linger()
                message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def _linger(self) -> None:
        """Let what still comes go by: a client that is cut off while it sends sees no answer."""
        try:
            async with asyncio.timeout(_LINGER):
                while self._comes:
                    await self.receive()
        except TimeoutError:
            pass

    async def failed(self, error: Exception) -> None:
        """Answer for a fault of the service, if nothing was answered yet."""
        self.status = 500
        if self._begun:
            return
        answer = told(500, [fault(error)])
        headers = [
            (b"content-type", answer.media.encode()),
            (b"content-length", str(len(answer.body)).encode()),
        ]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": answer.body})
