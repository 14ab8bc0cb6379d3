"""Records that one process writes and another reads: what hangs on sets and hashes differs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from trialbridge.formats.registries.clinicaltrials_gov import ctgov

_WRITE = """
import sys
from trialbridge.formats import by_name
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
known = by_name(sys.argv[1])
for line in sys.stdin.buffer:
    data, _ = known.write(ctgov.read(line)[0])
    sys.stdout.buffer.write(len(data).to_bytes(8, "big") + data)
"""
_READ = """
import json, sys
from trialbridge.formats import by_name
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
known = by_name(sys.argv[1])
while length := int.from_bytes(sys.stdin.buffer.read(8), "big"):
    trial, problems = known.read(sys.stdin.buffer.read(length))
    written, warnings = ctgov.write(trial)
    told = [str(problem) for problem in (*problems, *warnings)]
    sys.stdout.buffer.write(json.dumps([json.loads(written), told]).encode() + b"\\n")
"""


def come_back(name: str, lines: list[bytes]) -> tuple[list[bytes], int]:
    """Assert that records come back whole from a format, and that each process writes the same.

    Gives the documents, and how many of the records have unknown keys.
    """
    source = b"".join(line + b"\n" for line in lines)
    written = _run(_WRITE, name, source, "1")
    changed = []
    unknown = 0
    for line, found in zip(lines, _run(_READ, name, written, "2").splitlines(), strict=True):
        expected = json.loads(line)
        back, told = json.loads(found)
        unknown += bool(ctgov.read(line)[0].unmapped)
        if told or json.dumps(back, sort_keys=True) != json.dumps(expected, sort_keys=True):
            changed.append((expected["protocolSection"]["identificationModule"]["nctId"], told))
    assert changed == []
    assert _run(_WRITE, name, source, "3") == written
    return list(_taken_apart(written)), unknown


def _run(program: str, name: str, data: bytes, seed: str) -> bytes:
    """What a program of Python, in a process of its own, makes of its input."""
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    environment.pop("SOURCE_DATE_EPOCH", None)
    done = subprocess.run(
        [sys.executable, "-c", program, name],
        input=data,
        capture_output=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def _taken_apart(written: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(written):
        end = at + 8 + int.from_bytes(written[at : at + 8], "big")
        yield written[at + 8 : end]
        at = end
