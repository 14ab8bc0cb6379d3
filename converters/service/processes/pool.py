"""Processes that do the work, and the event loop that never waits for one of them.

One that is over its time is killed, one that died is noticed; each is replaced while others work.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
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
    """The processes of a service. Used in one event loop, begun by `start`, ended by `stop`.

    Who waits for a process gets one in the order of asking.
    """

    def __init__(self, limits: Limits, *, do: Callable[[Job], Answer] = work) -> None:
        self._limits = limits
        self._do = do
        # The one that was last at work comes first: its memory is still near the processor.
        self._idle: list[Process] = []
        self._waiting: deque[asyncio.Future[Process]] = deque()
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
        return len(self._idle)

    def start(self) -> None:
        """Start the processes; work may be asked for before they are ready."""
        for _ in range(self._limits.workers):
            self._begin()

    async def ask(self, job: Job) -> Answer:
        """Have a job done. Raises Refused if no process is free within the time of a request."""
        member = self._idle.pop() if self._idle else await self._free()
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
                self._give(member)
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
        """Wait for a process that has nothing to do."""
        loop = asyncio.get_running_loop()
        place: asyncio.Future[Process] = loop.create_future()
        self._waiting.append(place)
        watch = loop.call_later(self._limits.seconds, self._given_up, place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                # It was given one, and nobody is there any more to take it.
                self._give(place.result())
            raise
        finally:
            watch.cancel()

    def _given_up(self, place: asyncio.Future[Process]) -> None:
        if not place.done():
            place.set_exception(busy("all processes were at work for the time of a request"))

    def _give(self, member: Process) -> None:
        """Give a process to who has waited longest, or let it wait for work."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(member)
                return
        self._idle.append(member)

    def _died(self, member: Process) -> None:
        """Replace one that died while it had nothing to do: no request is to blame."""
        if member in self._idle:
            self._idle.remove(member)
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
            member.ended = partial(self._died, member)
            self._give(member)
            return
