"""One connection of a client: what it may take of time and memory before and after its request.

A client that sends its header byte by byte, or that does not take its answer, would hold its
connection, and the bytes of both, for as long as it likes.

https://www.rfc-editor.org/rfc/rfc9110#status.408
https://www.rfc-editor.org/rfc/rfc6585#section-5
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trialbridge.schemas.problem import Problem
from trialbridge.service.limits import Limits
from trialbridge.service.logs import log
from trialbridge.service.processes.jobs import told

HEADER_SECONDS: Final = 10.0
"""The most time for a header to come, if the limit of time is not less."""

HEADER_BYTES: Final = 1 << 16
"""The most bytes of a request beside its body: its first line, headers and trailers."""

# A body that comes in chunks has their lengths beside it: some bytes for each of its own at worst.
_FRAMES: Final = 16
_RATE: Final = 1 << 10
"""The least bytes in a second that a client must take of its answer, over the limit of time."""


def bounded(limits: Limits) -> type[HttpToolsProtocol]:
    """Make the protocol of a server whose connections have the bounds of a service."""
    return type("Connection", (_Connection,), {"seconds": limits.seconds})


class _Connection(HttpToolsProtocol):
    """What uvicorn has for a connection, with an eye on it."""

    seconds = 30.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Since when a header is awaited: the time of the first byte, or of the connection.
        self._since: float | None = self.loop.time()
        self._came = 0
        self._body = 0
        # When so many bytes of an answer were left to be taken.
        self._left: tuple[float, int] | None = None
        self._watch = self.loop.call_later(self._period, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)

    @property
    def _period(self) -> float:
        return min(1.0, self.seconds / 4)

    @property
    def _at_work(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        if self._since is None and not self._at_work:
            self._since = self.loop.time()
        self._came += len(data)
        super().data_received(data)
        if self._came > HEADER_BYTES + _FRAMES * self._body and not self.transport.is_closing():
            message = f"the header is larger than the limit of {HEADER_BYTES:,} bytes"
            self._refuse(431, "size", message)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._came = self._body = 0
        self._since = self.loop.time()

    def on_headers_complete(self) -> None:
        self._since = None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._came = self._body = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._since is not None:
            # Part of the next header came meanwhile, and was not waited for.
            self._since = self.loop.time()
        super().on_response_complete()

    def _look(self) -> None:
        now = self.loop.time()
        seconds = min(self.seconds, HEADER_SECONDS)
        if self._since is not None and not self._at_work and now - self._since > seconds:
            self._refuse(408, "timeout", f"the header was not there within {seconds:g} seconds")
        self._taken(now)
        self._watch = self.loop.call_later(self._period, self._look)

    def _taken(self, now: float) -> None:
        """End the connection of a client that does not take its answer."""
        left = self.transport.get_write_buffer_size()
        if not left:
            self._left = None
        elif self._left is None or left > self._left[1]:
            self._left = now, left
        elif now - self._left[0] >= self.seconds:
            since, before = self._left
            if before - left < min(before, _RATE * (now - since)):
                log("connection ended", level=logging.WARNING, reason="answer not taken")
                self.transport.abort()
            else:
                self._left = now, left

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer in place of a request, and end the connection."""
        self._since = None
        if self.transport.is_closing():
            return
        if self.scope is None:
            # Nothing was said, so nothing is answered.
            self.transport.close()
            return
        log("connection ended", level=logging.WARNING, reason=f"{status} {code}")
        if self._at_work:
            self.transport.abort()
            return
        problem = Problem(severity="error", layer="request", path="", code=code, message=message)
        answer = told(status, [problem])
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: {answer.media}\r\n"
            f"content-length: {len(answer.body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + answer.body)
        self.transport.close()
