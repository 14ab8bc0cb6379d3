"""The official Java validator of HL7, asked about a document where the user has it.

It is run once for each document, which takes it some 20 seconds or more, and what it finds joins
the report. It is told to ask no terminology server; the definitions of the version it fetches
itself the first time, unless they are in its package cache.
https://confluence.hl7.org/spaces/FHIR/pages/35718580/Using+the+FHIR+Validator
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec

from trialbridge.schemas.problem import Problem, Severity

LAYER: Final = "hl7-validator"

VERSIONS: Final = {"fhir-r5": "5.0", "fhir-r4b": "4.3", "fhir-r4": "4.0"}
"""How the validator calls the versions of the formats that it knows."""

TIME_LIMIT: Final = 600.0
"""How long it may take for a document, in seconds, unless the user says otherwise."""

MOST: Final = 64 << 20
"""How many bytes of an outcome are read."""

_LINK: Final = "https://confluence.hl7.org/spaces/FHIR/pages/35718580/Using+the+FHIR+Validator"
_JAR: Final = b"PK\x03\x04"
_SEVERITIES: Final[dict[str, Severity]] = {
    "fatal": "fatal",
    "error": "error",
    "warning": "warning",
    "information": "information",
    "success": "information",
}
# What it says where it has nothing to say.
_ALL_OK: Final = ("All OK", "No issues detected during validation")
_SHOWN: Final = 300
_TAIL: Final = 4_096


class NotThere(ValueError):
    """The validator cannot be run: it or Java is not there."""


class Validator(NamedTuple):
    """How the validator is run: the command that its arguments follow, and for how long at most."""

    command: tuple[str, ...]
    time_limit: float = TIME_LIMIT

    def check(self, data: bytes, format: str) -> list[Problem]:
        """Give what the validator finds in a document of a format; empty for none of FHIR.

        That it did not come to an outcome is an error: the check was wanted, and did not take
        place.
        """
        version = VERSIONS.get(format)
        if version is None:
            return []
        with tempfile.TemporaryDirectory(prefix="trialbridge-") as folder:
            document, outcome = Path(folder, "document.json"), Path(folder, "outcome.json")
            document.write_bytes(data)
            command = [*self.command, str(document), "-version", version, "-tx", "n/a"]
            command += ["-output", str(outcome)]
            with tempfile.TemporaryFile() as said:
                try:
                    status = _run(command, folder, said, self.time_limit)
                except subprocess.TimeoutExpired:
                    message = f"no outcome within {self.time_limit:g} seconds: stopped"
                    return [_failed("timeout", message)]
                except OSError as error:
                    message = f"{command[0]} cannot be run: {error.strerror}"
                    return [_failed("not-run", message)]
                # Faults in the document give a status of their own: the outcome alone counts.
                if not outcome.is_file():
                    last = _last_line(said)
                    message = f"ended with status {status} and no outcome"
                    return [_failed("no-outcome", f"{message}: {last}" if last else message)]
            return list(_problems(outcome))


def validator(path: str, time_limit: float = TIME_LIMIT) -> Validator:
    """Give the validator at a path: a jar, which Java runs, or any executable.

    Raises NotThere if there is none, or no Java.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(len(_JAR))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise NotThere(f"{path}: {reason}") from error
    full = os.path.abspath(path)
    if head != _JAR:
        if os.access(full, os.X_OK):
            return Validator((full,), time_limit)
        raise NotThere(f"{path} is neither a jar nor executable; expected validator_cli.jar")
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=os.path.join(home, "bin")) if home else None
    java = java or shutil.which("java")
    if java is None:
        message = "a jar needs Java, and there is no `java` on the PATH nor in JAVA_HOME"
        raise NotThere(message)
    return Validator((java, "-jar", full), time_limit)


def _run(command: list[str], folder: str, said: IO[bytes], time_limit: float) -> int:
    """Run it to its end, and with it whatever it has started, if it is over time."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait(time_limit)
    finally:
        if process.poll() is None:
            if os.name == "posix":
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()


def _last_line(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _TAIL))
    last = said.read().decode(errors="replace").strip().rpartition("\n")[2].strip()
    return last if len(last) <= _SHOWN else f"{last[:_SHOWN]}..."


def _problems(path: Path) -> Iterator[Problem]:
    """Read an OperationOutcome, or a Bundle of them, as problems."""
    with path.open("rb") as file:
        data = file.read(MOST + 1)
    if len(data) > MOST:
        yield _failed("unreadable-outcome", f"its outcome has more than {MOST:,} bytes")
        return
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield _failed("unreadable-outcome", f"its outcome is no JSON: {error}")
        return
    issues = list(_issues(tree))
    if None in issues:
        message = "its outcome is no OperationOutcome, nor a Bundle of them"
        yield _failed("unreadable-outcome", message)
        return
    for issue in issues:
        if issue is not None and (problem := _problem(issue)):
            yield problem


def _issues(tree: Any) -> Iterator[dict[str, Any] | None]:
    """Give the issues of outcomes, and None for what is no outcome."""
    kind = tree.get("resourceType") if isinstance(tree, dict) else None
    if kind == "OperationOutcome":
        issues = tree.get("issue", [])
        for issue in issues if isinstance(issues, list) else [None]:
            yield issue if isinstance(issue, dict) else None
    elif kind == "Bundle":
        entries = tree.get("entry", [])
        for entry in entries if isinstance(entries, list) else [None]:
            inner = entry.get("resource") if isinstance(entry, dict) else None
            outcome = isinstance(inner, dict) and inner.get("resourceType") == "OperationOutcome"
            yield from _issues(inner) if outcome else (None,)
    else:
        yield None


def _problem(issue: dict[str, Any]) -> Problem | None:
    """Give the problem that an issue tells. https://hl7.org/fhir/R5/operationoutcome.html"""
    details = issue.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    message = str(text or issue.get("diagnostics") or "no message")
    severity = _SEVERITIES.get(str(issue.get("severity")), "error")
    if severity == "information" and message.rstrip(".") in _ALL_OK:
        return None
    places = issue.get("expression") or issue.get("location") or [""]
    path = str(places[0]) if isinstance(places, list) else str(places)
    code = str(issue.get("code") or "unknown")
    return Problem(severity=severity, layer=LAYER, path=path, code=code, message=message)


def _failed(code: str, message: str) -> Problem:
    return Problem(
        severity="error",
        layer=LAYER,
        path="",
        code=code,
        message=f"HL7's validator did not check this: {message}",
        link=_LINK,
    )
