"""Do the work on sources in this process, or in others that are watched, and in order all the same.

A process of its own is what can be stopped: work that hangs, or claims all memory, is ended
with its process, becomes the problem of its source, and the next goes to a new process.
"""

import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Final, Generic, NamedTuple, TypeVar

from trialbridge.running.collector import frozen, paused
from trialbridge.schemas.problem import Problem
from trialbridge.sources import Source

R = TypeVar("R")
"""What the work gives."""

Work = Callable[[Source], R]

_AHEAD: Final = 2
"""How many times what a process is given at once is read for it before the first is done."""

_MOST: Final = 16
"""How many sources a process is given at once, if they are quickly done."""

_BYTES: Final = 1 << 19
"""How many bytes a process is given at once, but for a source that has more."""

_QUICK: Final = 0.1
"""How many seconds what is given at once may take."""

_YIELDED: Final = 4
"""How many results are passed on before processes are heard again."""

# spawn: a copy of a process with threads may hang.
_SPAWN: Final = multiprocessing.get_context("spawn")


# The largest source that is read, 256 MiB of JSON, takes some minutes.
_SECONDS: Final = 1_800.0
_LEAST_MEMORY: Final = 2 << 30


class Budget(NamedTuple):
    """How many sources are checked at a time, and what each may take: seconds, bytes of memory.

    The memory is that of the process, of which the program itself has some 300 MiB. Where other
    processes do the work, there is always a limit: `limited` has what holds where none is said.
    """

    jobs: int = 1
    seconds: float | None = None
    memory: int | None = None

    @property
    def here(self) -> bool:
        """Tell if no other process is needed."""
        return self.jobs == 1 and self.seconds is None and self.memory is None

    def limited(self) -> "Budget":
        """The same with limits where none were said, so that no source hangs or swells the others.

        A process may have its share of the memory of the machine, and never less than 2 GiB.
        """
        memory = self.memory
        if memory is None and limits_memory():
            whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
            memory = max(whole // self.jobs, _LEAST_MEMORY)
        return self._replace(seconds=self.seconds or _SECONDS, memory=memory)


def limits_memory() -> bool:
    """Tell if the memory of a process can be limited on this system."""
    return sys.platform == "linux"


def limit_memory(memory: int) -> None:
    """Limit the memory of this process, in bytes, where the system does that."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def in_turn(
    sources: Iterable[Source],
    work: Work[R],
    failed: Callable[[list[Problem]], R],
    budget: Budget,
) -> Iterator[tuple[Source, R]]:
    """Give each source with what the work on it gives, in the order of the sources.

    `failed` makes the result of a source that has no data (without a problem), or whose process
    was stopped or died.
    """
    if budget.here:
        for source in sources:
            with paused():
                result = failed([]) if source.data is None else work(source)
            yield source, result
        return
    budget = budget.limited()
    workers = [_Worker(work, failed, budget) for _ in range(budget.jobs)]
    coming = iter(sources)
    tasks: deque[_Task[R]] = deque()
    held, more = 0, True
    try:
        while more or tasks:
            while more and _has_room(len(tasks), held, budget.jobs):
                source_or_end = next(coming, None)
                if source_or_end is None:
                    more = False
                    break
                tasks.append(_Task(source_or_end, failed))
                held += tasks[-1].size
            _hand_out(tasks, workers)
            given = 0
            while tasks and given < _YIELDED and (done := tasks[0].result) is not None:
                held -= tasks[0].size
                given += 1
                yield tasks.popleft().source, done[0]
            if tasks:
                _await(workers, budget.seconds, wait_for_one=not given)
    finally:
        for worker in workers:
            worker.stop()


class _Task(Generic[R]):
    """A source, and what the work gave, alone in a tuple, once that is there."""

    def __init__(self, source: Source, failed: Callable[[list[Problem]], R]) -> None:
        self.source = source
        self.size = len(source.data or b"")
        self.result: tuple[R] | None = (failed([]),) if source.data is None else None
        self.given = False


def _has_room(held: int, size: int, jobs: int) -> bool:
    """Tell if another source is to be read: memory is bounded by their number and their bytes."""
    return held < _AHEAD * jobs or (held < _AHEAD * jobs * _MOST and size < _AHEAD * jobs * _BYTES)


class _Worker(Generic[R]):
    """A process that works on one source after another, and tells the result of each.

    It is given several at once where they are quickly done, so that it need not wait for more.
    """

    def __init__(self, work: Work[R], failed: Callable[[list[Problem]], R], budget: Budget) -> None:
        self._do = work
        self._failed = failed
        self._budget = budget
        self._size = 1
        self._start()

    def _start(self) -> None:
        self.connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(
            target=_work, args=(theirs, self._do, self._budget.memory), daemon=True
        )
        self._process.start()
        theirs.close()
        self.tasks: deque[_Task[R]] = deque()
        self.ready = False
        self.since = self._given = time.monotonic()

    def give(self, waiting: deque[_Task[R]], share: int) -> None:
        """Take what comes first of what waits, up to a share of it."""
        size = 0
        while waiting and len(self.tasks) < min(self._size, share):
            size += waiting[0].size
            if self.tasks and size > _BYTES:
                break
            self.tasks.append(waiting.popleft())
            self.tasks[-1].given = True
        self.since = self._given = time.monotonic()
        # One that has died since is found by its silence.
        with suppress(OSError):
            self.connection.send([task.source for task in self.tasks])

    def hear(self) -> None:
        """Take what has come: that it is ready, a result, or the end of the process."""
        try:
            said = self.connection.recv()
        except (EOFError, OSError):
            self._process.join()
            status = self._process.exitcode
            limit = self._budget.memory
            why = f", perhaps at the limit of {limit >> 20:,} MiB" if limit and self.ready else ""
            message = f"the process that worked on it ended with status {status}{why}"
            self.fail("crashed", message)
            return
        self.since = time.monotonic()
        if not self.ready:
            self.ready = True
            return
        self.tasks.popleft().result = (said,)
        if not self.tasks:
            quick = self.since - self._given < _QUICK
            self._size = min(2 * self._size, _MOST) if quick else max(1, self._size // 2)

    def fail(self, code: str, message: str) -> None:
        """Give the source that it is at its problem, and begin anew; the others wait again."""
        if self.tasks:
            problem = Problem(severity="fatal", layer="file", path="", code=code, message=message)
            self.tasks.popleft().result = (self._failed([problem]),)
            for task in self.tasks:
                task.given = False
        elif not self.ready:
            # Each process imports the script that asked for it, which must not ask again then.
            main = 'a script asks for processes below `if __name__ == "__main__":`'
            raise RuntimeError(f"no process can be started: {message}; {main}")
        self.stop()
        self._start()

    def stop(self) -> None:
        self.connection.close()
        self._process.kill()
        self._process.join()


def _hand_out(tasks: Iterable[_Task[R]], workers: list[_Worker[R]]) -> None:
    idle = [worker for worker in workers if worker.ready and not worker.tasks]
    if not idle:
        return
    waiting = deque(task for task in tasks if task.result is None and not task.given)
    # Where little is left, each has some of it.
    share = max(1, len(waiting) // len(workers))
    for worker in idle:
        if waiting:
            worker.give(waiting, share)


def _await(workers: list[_Worker[R]], seconds: float | None, *, wait_for_one: bool) -> None:
    """Hear what processes say, if need be when one does; end what is over its time."""
    left: float | None = None if wait_for_one else 0.0
    if seconds is not None and wait_for_one:
        ends = [worker.since + seconds for worker in workers if worker.tasks]
        left = max(0.0, min(ends) - time.monotonic()) if ends else None
    heard = wait([worker.connection for worker in workers], left)
    for worker in workers:
        if worker.connection in heard:
            worker.hear()
        elif worker.tasks and seconds is not None and time.monotonic() >= worker.since + seconds:
            worker.fail("timeout", f"not done within {seconds:g} seconds: stopped")


def _work(connection: Connection, work: Work[R], memory: int | None) -> None:
    """Do the work on what comes until nothing does."""
    # What every check needs is loaded before time counts.
    from trialbridge.formats import sniff  # noqa: F401

    if memory is not None:
        limit_memory(memory)
    with suppress(EOFError, OSError, KeyboardInterrupt):
        connection.send(None)
        frozen()
        while True:
            for source in connection.recv():
                with paused():
                    result = work(source)
                connection.send(result)
