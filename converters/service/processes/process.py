"""One process that does the work on one request at a time, and both ends of the line to it.

A message is its length in 8 bytes and a pickle. The end of the service is read and written by its
event loop: a thread that waits for each process would cost as much as a small record.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from trialbridge.running.workers import limit_memory
from trialbridge.service.processes.jobs import Answer, Job

Do = Callable[[Job], Answer]

_LENGTH: Final = struct.Struct("!Q")
_BUFFER: Final = 1 << 20

# spawn: a copy of a process with threads may hang.
_SPAWN: Final = multiprocessing.get_context("spawn")


class Process:
    """A process that is started, does jobs one after the other, and may be killed at any time."""

    def __init__(self, do: Do, memory: int | None) -> None:
        self._ours, theirs = socket.socketpair()
        self._process = _SPAWN.Process(target=_working, args=(theirs, do, memory), daemon=True)
        self._process.start()
        theirs.close()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.late = False

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def status(self) -> int | None:
        self._process.join(1)
        return self._process.exitcode

    async def ready(self, seconds: float) -> None:
        """Wait until it has loaded what it needs. Raises EOFError or OSError if it ends instead."""
        self._streams = await asyncio.open_connection(sock=self._ours, limit=_BUFFER)
        await self._watched(self._heard(), seconds)

    async def ask(self, job: Job, seconds: float) -> Answer:
        """Have it do a job. Raises EOFError or OSError if it ends instead, or is `late`."""
        answer: Answer = await self._watched(self._exchanged(job), seconds)
        return answer

    async def _watched(self, what: Any, seconds: float) -> Any:
        # Its end is what ends the waiting, whether in the sending or in the receiving.
        watch = asyncio.get_running_loop().call_later(seconds, self._overdue)
        try:
            return await what
        finally:
            watch.cancel()

    async def _exchanged(self, job: Job) -> Any:
        _, writer = self._opened()
        writer.write(_message(job))
        await writer.drain()
        return await self._heard()

    async def _heard(self) -> Any:
        reader, _ = self._opened()
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        # What it says is what our own code made there.
        return pickle.loads(await reader.readexactly(length))

    def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            raise EOFError("it was never ready")
        return self._streams

    def _overdue(self) -> None:
        self.late = True
        self._process.kill()

    def kill(self) -> None:
        """End it, whatever it does."""
        with suppress(OSError, ValueError):
            self._process.kill()
        if self._streams is not None:
            # Not `close`, which would first send what is left to one that is no more.
            self._streams[1].transport.abort()
        else:
            self._ours.close()
        self._process.join(1)
        # What it has open here is given back now, and not when nobody holds it any more.
        with suppress(ValueError):
            self._process.close()


def _working(line: socket.socket, do: Do, memory: int | None) -> None:
    """Do the jobs that come until the line ends."""
    from trialbridge.formats import sniff  # noqa: F401 - loaded before time counts

    if memory is not None:
        limit_memory(memory)
    with suppress(EOFError, OSError, KeyboardInterrupt), line:
        _say(line, None)
        while True:
            job = pickle.loads(_received(line, *_LENGTH.unpack(_received(line, _LENGTH.size))))
            _say(line, do(job))


def _say(line: socket.socket, what: object) -> None:
    line.sendall(_message(what))


def _message(what: object) -> bytes:
    """Give a message in one piece: who hears two is woken twice."""
    data = pickle.dumps(what, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


def _received(line: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view, got = memoryview(data), 0
    while got < length:
        count = line.recv_into(view[got:])
        if not count:
            raise EOFError
        got += count
    return data
