"""Processes that do the work, and the event loop that never waits for one of them.

One that is over its time is killed, one that died is noticed; each is replaced while others work.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from trialbridge.service.limits import Limits
from trialbridge.service.logs import log
from trialbridge.service.processes.jobs import Answer, Job, failed, work
from trialbridge.service.processes.process import Process
from trialbridge.service.refused import busy

_START: Final = 60.0
"""Seconds that a process may take to be ready."""

_PAUSE: Final = 1.0
"""Seconds before it is tried again to start a process that could not be."""


class Pool:
    """The processes of a service. Used in one event loop, begun by `start`, ended by `stop`."""

    def __init__(self, limits: Limits, *, do: Callable[[Job], Answer] = work) -> None:
        self._limits = limits
        self._do = do
        self._idle: asyncio.LifoQueue[Process] = asyncio.LifoQueue()
        self._members: set[Process] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False
        self.replaced: dict[str, int] = {"timeout": 0, "crashed": 0, "start": 0}

    @property
    def ready(self) -> int:
        """How many processes are ready for work, or at work."""
        return len(self._members)

    @property
    def idle(self) -> int:
        """How many processes have nothing to do."""
        return self._idle.qsize()

    def start(self) -> None:
        """Start the processes; work may be asked for before they are ready."""
        for _ in range(self._limits.workers):
            self._begin()

    async def ask(self, job: Job) -> Answer:
        """Have a job done. Raises Refused if no process is free within the time of a request."""
        member = await self._free()
        why = "crashed"
        try:
            answer = await member.ask(job, self._limits.seconds)
            why = "timeout" if member.late else ""
        except (EOFError, OSError):
            why = "timeout" if member.late else "crashed"
            answer = failed(job, why, self._why(member))
        finally:
            # One that is still at it, since nobody waits any more, is of no use to the next.
            if why or self._stopped:
                self._replace(member, why)
            else:
                self._idle.put_nowait(member)
        return answer

    async def stop(self) -> None:
        """End all processes, whatever they do."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for member in self._members:
            member.kill()
        self._members.clear()

    async def _free(self) -> Process:
        """Wait for a process that lives and has nothing to do."""
        end = time.monotonic() + self._limits.seconds
        while True:
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    member = await self._idle.get()
            except TimeoutError:
                raise busy("all processes were at work for the time of a request") from None
            if member.alive:
                return member
            # It died while it had nothing to do: no request is to blame.
            self._replace(member, "crashed")

    def _why(self, member: Process) -> str:
        if member.late:
            return f"not done within {self._limits.seconds:g} seconds: stopped"
        memory = self._limits.memory
        perhaps = f", perhaps at the limit of {memory >> 20:,} MiB" if memory else ""
        return f"the process that worked on it ended with status {member.status}{perhaps}"

    def _replace(self, member: Process, why: str) -> None:
        self._members.discard(member)
        member.kill()
        if not self._stopped:
            log("process replaced", level=logging.WARNING, reason=why)
            self.replaced[why] += 1
            self._begin()

    def _begin(self) -> None:
        task = asyncio.create_task(self._started())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _started(self) -> None:
        """Start a process, again until one is ready for work."""
        while True:
            member = Process(self._do, self._limits.memory)
            try:
                await member.ready(_START)
                await member.ask(Job("ready"), _START)
            except (EOFError, OSError):
                status = "late" if member.late else member.status
                log("process not started", level=logging.ERROR, status=status)
                member.kill()
                self.replaced["start"] += 1
                await asyncio.sleep(_PAUSE)
                continue
            except BaseException:
                member.kill()
                raise
            self._members.add(member)
            self._idle.put_nowait(member)
            return
