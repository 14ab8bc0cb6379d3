"""The service as users start it, in a process of its own, and what it logs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx


class Service:
    """A running service: a client of it, and the lines of its log."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "trialbridge", "serve", "--port", "0", *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.url = ""
        threading.Thread(target=self._listen, daemon=True).start()
        self._until(lambda: bool(self.url))
        # Not by a proxy that the environment names.
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if not self.url:
                self.url = json.loads(line).get("url", "")

    def _until(self, happened: Any, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not happened():
            assert self.process.poll() is None, "".join(self.lines)
            assert time.monotonic() < end, "".join(self.lines)
            time.sleep(0.01)

    def wait_for(self, workers: int) -> None:
        """Wait until so many processes are ready."""
        self._until(lambda: self.http.get("/health").json()["workers"] == workers)

    def wait_for_idle(self, workers: int) -> None:
        """Wait until so many processes have nothing to do."""
        said = f"\ntrialbridge_workers_idle {workers}\n"
        self._until(lambda: said in self.http.get("/metrics").text)

    def workers(self) -> list[int]:
        """Give the processes that work: the children of the service that read records."""
        found = []
        for name in os.listdir("/proc"):
            if not name.isdecimal():
                continue
            try:
                status = Path(f"/proc/{name}/status").read_text()
                command = Path(f"/proc/{name}/cmdline").read_text()
            except OSError:
                continue
            if f"\nPPid:\t{self.process.pid}\n" in status and "spawn_main" in command:
                found.append(int(name))
        return found

    def log(self, request: str) -> dict[str, Any]:
        """Give the line of the log of a request, by its id."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = [
                line for line in map(json.loads, list(self.lines)) if line.get("id") == request
            ]
            return bool(found)

        self._until(there)
        return found[0]

    def stop(self) -> int:
        """End it as a system does; give its exit status."""
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def serving(*options: str) -> Iterator[Service]:
    """Run a service while it is needed."""
    started = Service(*options)
    try:
        yield started
    finally:
        status = started.stop()
    assert status == 0, "".join(started.lines)
