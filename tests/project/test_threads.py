"""What threads, forks and pools of processes meet: no crash, no hang, and the same results."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from corpus import ALL

import trialbridge
from trialbridge import Problem, ReadError
from trialbridge.schemas.once import LOCK, once

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
THREADS = 8
PROCESSES = 40 if ALL else 3

# One process: each thread's first call converts another example to another format, and validates.
PROGRAM = """
import hashlib, json, sys, threading
from pathlib import Path
import trialbridge

paths, threads = [Path(p) for p in sys.argv[2:]], int(sys.argv[1])
ways = ["fhir-r5", "odm-2.0", "text", "trial"]
told = [None] * 8
gate = threading.Barrier(threads)

def work(first):
    gate.wait()
    for number in range(first, 8, threads):
        path = paths[number % len(paths)]
        written = trialbridge.convert(path, ways[number % len(ways)])
        problems = trialbridge.validate(written)
        told[number] = hashlib.sha256(written + repr(problems).encode()).hexdigest()

running = [threading.Thread(target=work, args=(each,)) for each in range(threads)]
[each.start() for each in running]
[each.join() for each in running]
print(json.dumps(told))
"""


def examples() -> list[Path]:
    return sorted(EXAMPLES.glob("*.ctgov.json")) + sorted(EXAMPLES.glob("*.txt"))


def test_the_first_calls_of_a_process_may_come_from_eight_threads_at_once() -> None:
    paths = examples()
    assert paths
    command = [sys.executable, "-c", PROGRAM]

    def told(threads: int) -> list[str]:
        done = subprocess.run(
            [*command, str(threads), *map(str, paths)], capture_output=True, timeout=120
        )
        assert (done.returncode, done.stderr) == (0, b"")
        found: list[str] = json.loads(done.stdout)
        return found

    serial = told(1)
    assert None not in serial
    for _ in range(PROCESSES):
        assert told(THREADS) == serial


def test_what_is_made_once_is_made_once_and_a_failure_is_not_kept() -> None:
    made: list[str] = []

    @once
    def slow(name: str) -> object:
        made.append(name)
        time.sleep(0.01)
        if len(made) == 1:
            raise ValueError(name)
        return object()

    with pytest.raises(ValueError, match="a"):
        slow("a")
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(slow("a"))) for _ in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert made == ["a", "a"]
    assert len(found) == THREADS
    assert len(set(map(id, found))) == 1


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def _ended(child: int, seconds: float) -> int | None:
    """Give the status of a child once it ends; end it, and give None, if that takes longer."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None


@needs_fork
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_no_child_hangs_that_is_forked_while_a_thread_validates_odm() -> None:
    document = trialbridge.convert(examples()[0], "odm-2.0")
    expected = trialbridge.validate(document)
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            trialbridge.validate(document)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        ends: list[int | None] = []
        for _ in range(20):
            child = os.fork()
            if not child:
                os._exit(0 if trialbridge.validate(document) == expected else 1)
            ends.append(_ended(child, 30))
    finally:
        stop.set()
        thread.join()
    assert ends == [0] * 20


@needs_fork
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_waits_until_nothing_is_being_made() -> None:
    held, events = threading.Event(), []

    def make() -> None:
        with LOCK:
            held.set()
            time.sleep(0.05)
            events.append("made")

    thread = threading.Thread(target=make)
    thread.start()
    held.wait()
    child = os.fork()
    if not child:
        os._exit(0 if events == ["made"] and LOCK.acquire(timeout=5) else 1)
    thread.join()
    assert _ended(child, 30) == 0


def _in_a_process(path: Path | bytes) -> Any:
    return trialbridge.read(path)


def test_a_pool_of_processes_gives_records_and_errors_back_whole() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        read = pool.submit(_in_a_process, examples()[0]).result()
        failure = pool.submit(_in_a_process, b"{").exception()
    assert read == trialbridge.read(examples()[0])
    with pytest.raises(ReadError) as expected:
        trialbridge.read(b"{")
    assert isinstance(failure, ReadError)
    assert failure.problems == expected.value.problems
    assert all(isinstance(problem, Problem) for problem in failure.problems)
    assert str(failure) == str(expected.value)
