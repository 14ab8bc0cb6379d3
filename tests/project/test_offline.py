"""Nothing needs a network, or Node, while it runs: every command works with the network cut.

Where the system lets a user have a network of his own (`unshare -rn`), it is cut there: not even
the machine itself can be reached. Everywhere, Python's sockets are guarded: who tries is noted.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from functools import cache
from itertools import cycle
from pathlib import Path

import pytest
from format_names import asked
from mutations import NAMES, documents

from trialbridge.formats import read_formats, written_formats

GUARD = """\
import os, socket, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        with open(os.environ["TRIED"], "a") as file:
            print(event, arguments, file=file)
        raise OSError("the network is cut")

sys.addaudithook(refuse)
"""

READ = tuple(known.name for known in read_formats())
WRITTEN = tuple(known.name for known in written_formats())


@cache
def own_network() -> tuple[str, ...]:
    """Give the command that runs another without a network, empty where there is none."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    command = (unshare, "-rn")
    tried = subprocess.run([*command, "true"], capture_output=True)
    return command if tried.returncode == 0 else ()


class Offline:
    """Runs commands with the network cut, and without any program on the PATH."""

    def __init__(self, folder: Path, command: tuple[str, ...]) -> None:
        self.folder, self.command = folder, command
        self.tried = folder / "tried"
        (folder / "guard").mkdir()
        (folder / "guard" / "sitecustomize.py").write_text(GUARD)
        (folder / "bin").mkdir()

    def python(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        path = os.pathsep.join(
            filter(None, [str(self.folder / "guard"), os.environ.get("PYTHONPATH")])
        )
        environment = {
            **os.environ,
            "PYTHONPATH": path,
            "TRIED": str(self.tried),
            "PATH": str(self.folder / "bin"),
        }
        return subprocess.run(
            [*self.command, sys.executable, *arguments],
            env=environment,
            cwd=self.folder,
            capture_output=True,
        )

    def commands(self, runs: list[list[str]]) -> subprocess.CompletedProcess[bytes]:
        """Run several commands in one process, which ends with the first that fails."""
        script = (
            "import json, sys\n"
            "from trialbridge.cli import commands\n"
            "for arguments in json.loads(sys.argv[1]):\n"
            "    status = commands.main(arguments, standalone_mode=False)\n"
            "    assert not status, arguments\n"
        )
        return self.python("-c", script, json.dumps(runs))


@pytest.fixture(params=["guarded", "cut"])
def offline(request: pytest.FixtureRequest, tmp_path: Path) -> Offline:
    command = own_network() if request.param == "cut" else ()
    if request.param == "cut" and not command:
        pytest.skip("no network of one's own to cut: `unshare -rn` is not there or not allowed")
    return Offline(tmp_path, command)


def test_the_network_is_really_cut(offline: Offline) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        done = offline.python("-c", script)
    assert done.returncode == 1
    assert b"the network is cut" in done.stderr
    assert offline.tried.read_text().startswith("socket.")
    if offline.command:
        # Without the guard too.
        bare = subprocess.run([*offline.command, sys.executable, "-c", script], capture_output=True)
        assert bare.returncode == 1
        assert b"Error" in bare.stderr


def _asked(to: str) -> list[str]:
    return [f"-O{name}={value}" for name, value in asked(to).items()]


def test_records_are_converted_from_each_format_to_each(offline: Offline) -> None:
    for source in READ:
        (offline.folder / source).write_bytes(documents(source)[0])
    ways = list(zip(READ, cycle((*WRITTEN[1:], WRITTEN[0])), strict=False))
    done = offline.commands(
        [["convert", "--to", to, source, "-o", f"{source}.out", *_asked(to)] for source, to in ways]
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert all((offline.folder / f"{source}.out").stat().st_size for source, _ in ways)
    assert not offline.tried.exists()


def test_documents_of_each_format_are_validated(offline: Offline) -> None:
    runs = []
    for name in NAMES:
        (offline.folder / name).write_bytes(documents(name)[0])
        # Other implementations are asked as well where nothing but the guard is in their way.
        deep = [] if offline.command else ["--deep"]
        runs.append(["validate", "--from", name, name, *deep])
    done = offline.commands(runs)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not offline.tried.exists()
