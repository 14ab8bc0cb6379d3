"""The service under load, and what it takes without harm. Needs the extra `serve`, and Linux.

    python bench/service.py                        # 200 requests, 20 at a time, 2 processes
    python bench/service.py --to odm-2.0 --requests 1000
    python bench/service.py --memory 5000          # and how its memory grows over 5,000 requests

Throughput is told beside that of one process of the library, and of as many as the service has,
without HTTP, which do the same with the same records in the same run. 2 cores are shared by the 2
processes, the event loop and the client, so what takes 2 ms, as a conversion does, gains less than
what takes 20 ms; and each of two processes at once takes more of the processor than one alone. Time
of the processor is told too, which holds better on a machine that others use; that of the service
is counted in steps of 10 ms. `trialbridge.convert` alone does not look for keys that stand twice,
as the service does: so the library is told with and without.

Then come a body of 300 MB, a process that hangs and one that is killed, while others ask. The
corpus is the folder that TRIALBRIDGE_CORPUS names, by default `../shared/corpus` beside the
repository; without it, the examples. It tells and never fails.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import trialbridge
from trialbridge import api
from trialbridge.formats import by_name
from trialbridge.running.collector import paused

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("TRIALBRIDGE_CORPUS") or ROOT.parent / "shared" / "corpus")
LARGE = 300 * 1000 * 1000
HANGS = 3.0
LARGEST = 1 << 20

_local = threading.local()


class Answered(NamedTuple):
    """The status of an answer, and how many seconds it took."""

    status: int
    seconds: float


def bodies(number: int) -> list[bytes]:
    """Records of the corpus from all over it, each as often as needed."""
    path = CORPUS / "ctgov-v2.jsonl"
    if path.is_file():
        every = path.read_bytes().splitlines()
    else:
        every = [each.read_bytes() for each in sorted((ROOT / "examples").glob("*.ctgov.json"))]
    step = max(1, len(every) // number)
    chosen = every[::step][:number]
    return [chosen[place % len(chosen)] for place in range(number)]


class Served:
    """A service in a process of its own."""

    def __init__(self, workers: int, seconds: float) -> None:
        options = ["--port", "0", "--workers", str(workers), "--limit-time", str(seconds)]
        command = [sys.executable, "-m", "trialbridge", "serve", *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.port = int(json.loads(self.process.stderr.readline())["url"].rpartition(":")[2])
        threading.Thread(target=lambda: [None for _ in self.process.stderr or ()]).start()
        while self.health()["workers"] < workers:
            time.sleep(0.05)

    def health(self) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/health")
        return json.loads(connection.getresponse().read())

    def post(self, path: str, body: bytes) -> Answered:
        """Ask on the connection of this thread, by little of the processor that all share."""
        key, connection = getattr(_local, "connection", (0, None))
        if connection is None or key != self.port:
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=120)
            _local.connection = self.port, connection
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        begun = time.perf_counter()
        connection.sendall(head.encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += _came(connection)
        said, _, body = answer.partition(b"\r\n\r\n")
        length = said.lower().partition(b"content-length:")[2].split(maxsplit=1)[0]
        left = int(length) - len(body)
        while left > 0:
            left -= len(_came(connection))
        return Answered(int(said[9:12]), time.perf_counter() - begun)

    def pids(self) -> list[int]:
        """The service and its processes."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [self.process.pid, *map(int, Path(path).read_text().split())]

    def workers(self) -> list[int]:
        return [pid for pid in self.pids()[1:] if b"spawn_main" in _command(pid)]

    def memory(self) -> float:
        """MiB that the service and its processes hold."""
        pages = 0
        for pid in self.pids():
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def processor(self) -> tuple[float, float]:
        """Seconds of the processor of the service's own process, and of those that work."""
        first, *others = (_processor(pid) for pid in [self.process.pid, *self.workers()])
        return first, sum(others)

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def _came(connection: socket.socket) -> bytes:
    piece = connection.recv(LARGEST)
    if not piece:
        raise ConnectionError("the service ended the connection")
    return piece


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@contextmanager
def served(workers: int, seconds: float = 30) -> Iterator[Served]:
    service = Served(workers, seconds)
    try:
        yield service
    finally:
        service.process.send_signal(signal.SIGTERM)
        print(f"ended with {service.process.wait(60)}")


def asked(service: Served, path: str, records: Sequence[bytes], at_once: int) -> list[Answered]:
    with ThreadPoolExecutor(at_once) as clients:
        return list(clients.map(lambda body: service.post(path, body), records))


@paused()
def converted(data: bytes, to: str) -> object:
    """What `convert` gives with its warnings, after a look for keys that stand twice."""
    known = by_name(to, "written")
    record = api.reading(data, unique=True, target=known)
    return api.writing(record.trial, known)


LIBRARY: dict[str, Callable[[bytes, str], object]] = {
    "convert": converted,
    "fidelity": lambda data, to: trialbridge.fidelity(data, to),
    "validate": lambda data, to: trialbridge.validate(data),
}
"""What the service does, as the library does it in one process: warnings are told by both."""


def done_alone(what: str, to: str, records: Sequence[bytes]) -> float:
    """Have the library do it in this process; give the seconds of the processor that it took."""
    alone, used = LIBRARY[what], time.process_time()
    for data in records:
        alone(data, to)
    return time.process_time() - used


class Beside:
    """Processes of the library that do the same, with nothing between them and the records."""

    def __init__(self, number: int, what: str, to: str, few: Sequence[bytes]) -> None:
        self._what = what
        self._to = to
        self.number = number
        arguments = (what, to, few)
        spawn = multiprocessing.get_context("spawn")
        self.pool = ProcessPoolExecutor(number, spawn, done_alone, arguments)
        self.done(few)

    def done(self, records: Sequence[bytes]) -> float:
        """Do it, by turns; give the seconds of the processor that all took."""
        parts = [records[start::20] for start in range(20)]
        tasks = [self.pool.submit(done_alone, self._what, self._to, part) for part in parts]
        return sum(task.result() for task in tasks)


def load(arguments: argparse.Namespace) -> None:
    """Throughput beside the library's, and how long requests take."""
    with served(arguments.workers) as service:
        for what in arguments.what:
            path = f"/{what}" if what == "validate" else f"/{what}?to={arguments.to}"
            records = bodies(arguments.requests)
            if what == "validate":
                records = [trialbridge.convert(data, arguments.to) for data in records]
            few = records[:: max(1, len(records) // 40)]
            asked(service, path, few, arguments.at_once)
            done_alone(what, arguments.to, few)
            beside = Beside(arguments.workers, what, arguments.to, few)
            with beside.pool:
                for _ in range(arguments.passes):
                    print(_compared(service, path, records, beside, what, arguments), flush=True)


def _compared(
    service: Served,
    path: str,
    records: Sequence[bytes],
    beside: Beside,
    what: str,
    arguments: argparse.Namespace,
) -> str:
    count, workers = len(records), arguments.workers
    begun = time.perf_counter()
    library = done_alone(what, arguments.to, records)
    one = time.perf_counter() - begun
    begun = time.perf_counter()
    together = beside.done(records)
    two = time.perf_counter() - begun
    before = service.processor()
    begun, used = time.perf_counter(), time.process_time()
    answers = asked(service, path, records, arguments.at_once)
    many, client = time.perf_counter() - begun, time.process_time() - used
    own, work = (now - then for now, then in zip(service.processor(), before, strict=True))
    times = sorted(answer.seconds for answer in answers)
    each = [1000 * part / count for part in (library, together, own, work, client)]
    lines = [
        f"{count} requests {path}: library, one process {count / one:.0f}/s; {workers} processes "
        f"{one / two:.2f} times; service, {workers} processes, {arguments.at_once} at once "
        f"{count / many:.0f}/s: {one / many:.2f} times; p50 {times[count // 2] * 1000:.0f} ms, "
        f"p99 {times[int(count * 0.99)] * 1000:.0f} ms; statuses {_statuses(answers)}",
        f"processor time each: library {each[0]:.2f} ms, {workers} at once {each[1]:.2f} ms; "
        f"service {each[2]:.2f} ms, its processes {each[3]:.2f} ms, client {each[4]:.2f} ms: "
        f"2 cores do at most {2 * each[0] / sum(each[2:]):.2f} times as many",
    ]
    if what == "convert":
        used = time.process_time()
        for data in records:
            trialbridge.convert(data, arguments.to)
        plain = 1000 * (time.process_time() - used) / count
        lines.append(f"without warnings and keys that stand twice: library {plain:.2f} ms")
    return "\n  ".join(lines)


def harm(arguments: argparse.Namespace) -> None:
    """A body of 300 MB, a process that hangs, one that is killed, while others ask."""
    records = bodies(40)
    with served(2, HANGS) as service:
        asked(service, f"/convert?to={arguments.to}", records, 4)
        memory, files = service.memory(), service.open_files()
        with ThreadPoolExecutor(1) as other:
            large = other.submit(_sent_large, service)
            answers = asked(service, f"/convert?to={arguments.to}", records, 4)
            print(f"a body of 300 MB: {large.result()}, others {_statuses(answers)}", end="; ")
        print(f"memory {memory:.0f} MiB before, {service.memory():.0f} after")
        hung, *_ = service.workers()
        os.kill(hung, signal.SIGSTOP)
        answers = asked(service, f"/convert?to={arguments.to}", records, 4)
        print(f"one hangs: {_statuses(answers)} (one is 504, after {HANGS:g} s)")
        _whole(service)
        killed, *_ = service.workers()
        os.kill(killed, signal.SIGKILL)
        answers = asked(service, f"/convert?to={arguments.to}", records, 4)
        print(f"one killed: {_statuses(answers)}")
        _whole(service)
        asked(service, f"/convert?to={arguments.to}", records, 4)
        print(
            f"processes {len(service.workers())}; memory {service.memory():.0f} MiB; "
            f"open files {files} before, {service.open_files()} after"
        )


def _sent_large(service: Served) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    begun = time.perf_counter()
    pieces = (b" " * 1_000_000 for _ in range(LARGE // 1_000_000))
    try:
        headers = {"Content-Length": str(LARGE), "Content-Type": "application/json"}
        connection.request("POST", "/convert?to=trial", pieces, headers)
        status = str(connection.getresponse().status)
    except OSError as error:
        status = type(error).__name__
    return f"{status} after {time.perf_counter() - begun:.2f} s"


def _whole(service: Served) -> None:
    while service.health()["workers"] < 2:
        time.sleep(0.05)


def _statuses(answers: Sequence[Answered]) -> dict[int, int]:
    return dict(Counter(answer.status for answer in answers))


def growth(arguments: argparse.Namespace) -> None:
    """Memory over many requests."""
    records = bodies(500)
    with served(arguments.workers) as service:
        done = 0
        while done < arguments.memory:
            answers = asked(service, f"/convert?to={arguments.to}", records, arguments.at_once)
            done += len(records)
            print(f"{done} requests: {service.memory():.0f} MiB, {_statuses(answers)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--to", default="fhir-r5")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--what", nargs="+", default=[*LIBRARY], choices=[*LIBRARY])
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--memory", type=int, default=0, metavar="REQUESTS")
    arguments = parser.parse_args()
    load(arguments)
    harm(arguments)
    if arguments.memory:
        growth(arguments)


if __name__ == "__main__":
    main()
