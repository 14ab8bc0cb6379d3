"""One process that does the work on one request at a time, and both ends of the line to it.

A message is the lengths of its two parts, 8 bytes each, a pickle of what is short, and the document
as it stands. The end of the service is read and written by its event loop: a thread that waits for
each process would cost as much as a small record.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from trialbridge.running.workers import limit_memory
from trialbridge.service.processes.jobs import Answer, Job

Do = Callable[[Job], Answer]

_LENGTHS: Final = struct.Struct("!QQ")
_NOTHING: Final = b""

# spawn: a copy of a process with threads may hang.
_SPAWN: Final = multiprocessing.get_context("spawn")


class Process:
    """A process that is started, does jobs one after the other, and may be killed at any time."""

    def __init__(self, do: Do, memory: int | None) -> None:
        self._ours, theirs = socket.socketpair()
        self._process = _SPAWN.Process(target=_working, args=(theirs, do, memory), daemon=True)
        self._process.start()
        theirs.close()
        self._line: _Line | None = None
        self.late = False
        self.ended: Callable[[], None] | None = None
        """What is called, once, when the process has ended and nothing of it is waited for."""

    @property
    def status(self) -> int | None:
        self._process.join(1)
        return self._process.exitcode

    async def ready(self, seconds: float) -> None:
        """Wait until it has loaded what it needs. Raises EOFError or OSError if it ends instead."""
        loop = asyncio.get_running_loop()
        _, self._line = await loop.create_connection(lambda: _Line(self._lost), sock=self._ours)
        await self._watched(self._line, seconds)

    async def ask(self, job: Job, seconds: float) -> Answer:
        """Have it do a job. Raises EOFError or OSError if it ends instead, or is `late`."""
        line = self._line
        if line is None:
            raise EOFError("it was never ready")
        line.say(job._replace(body=_NOTHING), job.body)
        answer, body = await self._watched(line, seconds)
        found: Answer = answer._replace(body=body)
        return found

    async def _watched(self, line: _Line, seconds: float) -> tuple[Any, bytes]:
        # Its end is what ends the waiting, whether in the sending or in the receiving.
        watch = asyncio.get_running_loop().call_later(seconds, self._overdue)
        try:
            return await line.heard()
        finally:
            watch.cancel()

    def _overdue(self) -> None:
        self.late = True
        self._process.kill()

    def _lost(self) -> None:
        if self.ended is not None:
            self.ended()

    def kill(self) -> None:
        """End it, whatever it does."""
        self.ended = None
        with suppress(OSError, ValueError):
            self._process.kill()
        if self._line is not None:
            self._line.cut()
        else:
            self._ours.close()
        self._process.join(1)
        # What it has open here is given back now, and not when nobody holds it any more.
        with suppress(ValueError):
            self._process.close()


class _Line(asyncio.Protocol):
    """The end of the service: says one thing, then hears one, or that the other end is no more."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[Any, bytes]] | None = None
        # What was heard before anybody waited for it.
        self._early: tuple[Any, bytes] | None = None
        self._pieces: list[bytes] = []
        self._came = 0
        # So many bytes must have come before there is anything to look at.
        self._needed = _LENGTHS.size

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # For a socket of a stream it is one, though that of uvloop is not by its class.
        self._transport = cast(asyncio.Transport, transport)

    def say(self, what: object, document: bytes) -> None:
        """Send a message; what the other end does not take yet waits here."""
        if self._transport is None or self._transport.is_closing():
            raise EOFError("it ended")
        self._transport.writelines(_message(what, document))

    async def heard(self) -> tuple[Any, bytes]:
        """Wait for a message. Raises EOFError or OSError if none comes any more."""
        if self._early is not None:
            found, self._early = self._early, None
            return found
        if self._transport is None or self._transport.is_closing():
            raise EOFError("it ended")
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            return await self._waiting
        finally:
            self._waiting = None

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        self._came += len(data)
        if self._came < self._needed:
            return
        whole = data if len(self._pieces) == 1 else b"".join(self._pieces)
        short, long = _LENGTHS.unpack_from(whole)
        begins = _LENGTHS.size + short
        self._needed = begins + long
        if self._came < self._needed:
            self._pieces = [whole]
            return
        self._pieces, self._came, self._needed = [], 0, _LENGTHS.size
        # What it says is what our own code made there.
        heard = pickle.loads(memoryview(whole)[_LENGTHS.size : begins]), whole[begins:]
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(heard)
        else:
            self._early = heard

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc if isinstance(exc, OSError) else EOFError("it ended"))
        else:
            self._lost()

    def cut(self) -> None:
        """End the line. What is left to be said is not: the other end is no more."""
        if self._transport is not None:
            self._transport.abort()


def _working(line: socket.socket, do: Do, memory: int | None) -> None:
    """Do the jobs that come until the line ends."""
    from trialbridge.formats import sniff  # noqa: F401 - loaded before time counts

    if memory is not None:
        limit_memory(memory)
    with suppress(EOFError, OSError, KeyboardInterrupt), line:
        _say(line, None, _NOTHING)
        while True:
            short, long = _LENGTHS.unpack(_received(line, _LENGTHS.size))
            job = pickle.loads(_received(line, short))
            answer = do(job._replace(body=bytes(_received(line, long))))
            _say(line, answer._replace(body=_NOTHING), answer.body)


def _say(line: socket.socket, what: object, document: bytes) -> None:
    # In one piece: who hears two is woken twice.
    line.sendall(b"".join(_message(what, document)))


def _message(what: object, document: bytes) -> tuple[bytes, bytes]:
    data = pickle.dumps(what, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTHS.pack(len(data), len(document)) + data, document


def _received(line: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view, got = memoryview(data), 0
    while got < length:
        count = line.recv_into(view[got:])
        if not count:
            raise EOFError
        got += count
    return data
