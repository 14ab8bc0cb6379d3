"""The work on one request, done in a process of its own: bytes in, an answer out.

A body is always content and never a path, so that no file of the machine can be read by it.
"""

from __future__ import annotations

import base64
import gzip
import signal
import zlib
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from trialbridge import api
from trialbridge.faults import fault, place
from trialbridge.formats import by_name
from trialbridge.formats.options import UnknownOption
from trialbridge.io.encoding import declared_utf_8
from trialbridge.running.collector import frozen, paused
from trialbridge.schemas.problem import Problem, ProblemError
from trialbridge.service.negotiation import FHIR_JSON, JSON
from trialbridge.service.refused import Refused
from trialbridge.shown import report
from trialbridge.validation.places import Places

_STATUSES: Final = {"internal": 500, "memory": 413, "timeout": 504, "crashed": 500}
_SEVERE: Final = ("fatal", "error")
_PIECE: Final = 1 << 16


class Job(NamedTuple):
    """What is to be done with a body.

    `source` and `to` are names of formats, `syntax` and `charset` what Content-Type says, `packed`
    that it is gzip, `media` the media type of the answer, `outcome` that problems are wanted as an
    OperationOutcome. `size` is the most bytes that a packed body may unpack to.
    """

    what: str
    body: bytes = b""
    source: str | None = None
    to: str | None = None
    options: dict[str, str] = {}  # noqa: RUF012 - never changed
    checked: bool = True
    indent: int | None = None
    report: bool = False
    syntax: str | None = None
    charset: str = ""
    packed: bool = False
    media: str = JSON
    outcome: bool = False
    pointer: str = ""
    size: int = api.SIZE_LIMIT


class Answer(NamedTuple):
    """What is answered, and what the log tells of it: names of formats, codes of problems."""

    status: int
    media: str
    body: bytes
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    source: str = ""
    codes: dict[str, int] = {}  # noqa: RUF012 - never changed
    fault: str = ""


@paused()
def work(job: Job) -> Answer:
    """Do what a job asks for; whatever happens is an answer."""
    data = b""
    try:
        data = _body(job)
        return _done(job, data)
    except ProblemError as error:
        return told(422, error.problems, data, outcome=job.outcome)
    except Refused as error:
        return told(error.status, [error.problem], outcome=job.outcome, headers=error.headers)
    except Exception as error:
        problem = fault(error)
        status = _STATUSES[problem.code]
        answer = told(status, [problem], outcome=job.outcome)
        # Not what the exception says, which may be a text of the record.
        return answer._replace(fault=f"{type(error).__name__} ({place(error.__traceback__)})")


def told(
    status: int,
    problems: Iterable[Problem],
    data: bytes = b"",
    *,
    outcome: bool = False,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Answer with problems alone: `{"problems": [...]}`, or an OperationOutcome."""
    problems = list(problems)
    if outcome:
        media, body = FHIR_JSON, _outcome(problems, data)
    else:
        media, body = JSON, msgspec.json.encode({"problems": placed(problems, data)})
    return Answer(status, media, body, headers or {}, codes=codes_of(problems))


def failed(job: Job, code: str, message: str) -> Answer:
    """Answer for a process that was stopped or died."""
    problem = Problem(severity="fatal", layer="service", path="", code=code, message=message)
    return told(_STATUSES[code], [problem], outcome=job.outcome)._replace(fault=code)


def placed(problems: Iterable[Problem], data: bytes) -> list[dict[str, Any]]:
    """Give problems as objects, each with its line and column in the source where it has them."""
    places = Places(data)
    found = []
    for problem in problems:
        each: dict[str, Any] = msgspec.to_builtins(problem)
        at = places.find(problem.path) if data and problem.layer not in ("file", "write") else None
        found.append(each | ({"line": at.line, "column": at.column} if at else {}))
    return found


def _body(job: Job) -> bytes:
    data = _unpacked(job.body, job.size) if job.packed else job.body
    if job.charset:
        try:
            return declared_utf_8(data.decode(job.charset).encode())
        except UnicodeDecodeError as error:
            message = f"Content-Type says charset={job.charset}, and byte {error.start} is none"
            raise Refused(422, "encoding", message) from error
    return api.load(data) if not job.what.endswith("diff") else data


def _unpacked(data: bytes, limit: int) -> bytes:
    """Unpack gzip, as far as the limit: a few bytes may stand for gigabytes."""
    found = bytearray()
    try:
        while data:
            # A file of gzip is one member, or several.
            unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
            while data and not unpacker.eof:
                found += unpacker.decompress(data, _PIECE)
                data = unpacker.unconsumed_tail
                if len(found) > limit:
                    message = f"the body unpacks to more than the limit of {limit:,} bytes"
                    raise Refused(413, "size", message)
            if not unpacker.eof:
                raise EOFError("it ends within a member")
            data = unpacker.unused_data
    except (zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise Refused(400, "encoding", f"Content-Encoding is gzip, the body: {error}") from error
    return bytes(found)


def source_of(job: Job, data: bytes) -> str | None:
    """Give the name of the format that is read. Raises Refused if Content-Type says another."""
    if job.syntax is None:
        return job.source
    known = by_name(job.source) if job.source else api.recognise(data)
    if job.syntax not in (known.syntax, *(syntax for syntax, _ in known.forms)):
        message = (
            f"Content-Type says {job.syntax}, and the body is {known.name}, which is "
            f"{known.syntax}: say what it is, or application/octet-stream"
        )
        raise Refused(415, "media-type", message)
    return job.source


def _convert(job: Job, data: bytes) -> Answer:
    from trialbridge.formats.laid_out import laid_out

    to = by_name(job.to or "", "written")
    first = api.reading(data, source_of(job, data), unique=True, target=to)
    try:
        written, warnings = api.writing(
            first.trial, to, options=dict(job.options), validate=job.checked
        )
    except UnknownOption as error:
        # One that must be given, which the request did not.
        raise Refused(400, "option", str(error)) from error
    if job.indent is not None:
        written = laid_out(written, to, job.indent)
    problems = [*first.problems, *warnings]
    codes = codes_of(problems)
    if job.report:
        body = msgspec.json.encode(
            {
                "from": first.format.name,
                "to": to.name,
                "mediaType": job.media,
                **_document_of(written),
                "problems": placed(problems, data),
            }
        )
        return Answer(200, JSON, body, source=first.format.name, codes=codes)
    headers = {"Trialbridge-From": first.format.name, "Trialbridge-Warnings": str(len(problems))}
    return Answer(200, job.media, written, headers, first.format.name, codes)


def _document_of(written: bytes) -> dict[str, str]:
    """Give a document as a text, or what is no text in base64."""
    try:
        return {"document": written.decode()}
    except UnicodeDecodeError:
        return {"document": base64.b64encode(written).decode(), "encoding": "base64"}


def _validate(job: Job, data: bytes) -> Answer:
    known, problems = api.checking(data, source_of(job, data))
    name = known.name if known else ""
    codes = codes_of(problems)
    if job.outcome:
        return Answer(200, FHIR_JSON, _outcome(problems, data, name), source=name, codes=codes)
    body = {
        "format": name or None,
        "valid": not any(problem.severity in _SEVERE for problem in problems),
        "problems": placed(problems, data),
    }
    return Answer(200, JSON, msgspec.json.encode(body), source=name, codes=codes)


def _roundtrip(job: Job, data: bytes) -> Answer:
    found = api.roundtrip(data, job.to or "", format=source_of(job, data))
    return _differences(found)


def _fidelity(job: Job, data: bytes) -> Answer:
    found = api.fidelity(data, job.to or "", format=source_of(job, data))
    body = {"counts": found.counts, **msgspec.to_builtins(found)}
    body["problems"] = placed(found.problems, data)
    codes = codes_of(found.problems)
    return Answer(200, JSON, msgspec.json.encode(body), source=found.source, codes=codes)


class _Pair(msgspec.Struct, forbid_unknown_fields=True):
    """Two documents, each a text, or the object itself where it is JSON."""

    before: msgspec.Raw
    after: msgspec.Raw
    from_before: str | None = msgspec.field(default=None, name="fromBefore")
    from_after: str | None = msgspec.field(default=None, name="fromAfter")


def _diff(job: Job, data: bytes) -> Answer:
    from trialbridge.comparison import between
    from trialbridge.formats import UnknownFormat

    try:
        pair = msgspec.json.decode(data, type=_Pair)
        sides = {
            "before": (_document(pair.before), pair.from_before),
            "after": (_document(pair.after), pair.from_after),
        }
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = (
            f"the body: {error}; expected an object of JSON with the documents `before` and "
            "`after`, each a text or an object, and `fromBefore`, `fromAfter` where it says them"
        )
        raise Refused(400, "body", message) from error
    trials = []
    for side, (document, name) in sides.items():
        try:
            known = by_name(name, "read").name if name else None
            trials.append(api.reading(document, known, unique=True).trial)
        except UnknownFormat as error:
            raise Refused(400, "format", f"{side}: {error}") from error
        except ProblemError as error:
            if job.outcome:
                return told(422, error.problems, document, outcome=True)
            found = [each | {"side": side} for each in placed(error.problems, document)]
            body = msgspec.json.encode({"problems": found})
            return Answer(422, JSON, body, codes=codes_of(error.problems))
    return _differences(between(*trials))


def _document(raw: msgspec.Raw) -> bytes:
    """Give the bytes of a document: those of an object as they stand."""
    data = bytes(raw)
    return msgspec.json.decode(data, type=str).encode() if data[:1] == b'"' else data


def _differences(found: list[Any]) -> Answer:
    body = {
        "same": not found,
        "differences": [report.difference_json(difference) for difference in found],
    }
    return Answer(200, JSON, msgspec.json.encode(body))


def _coverage(job: Job, data: bytes) -> Answer:
    known = by_name(job.to or "")
    rows = known.rows()
    body = {
        "to": known.name,
        "written": known.writer is not None,
        "totals": report.coverage_totals(rows),
        "rows": [row._asdict() for row in rows],
    }
    return Answer(200, JSON, msgspec.json.encode(body))


def _ready(job: Job, data: bytes) -> Answer:
    """Load what the first records would wait for. Ctrl-C is the matter of the service."""
    from trialbridge.service.processes.first import FIRST

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("fhir-r5", "odm-2.0"):
        api.convert(FIRST, name, format="ctgov", warnings=[])
    frozen()
    return Answer(200, JSON, b"{}")


def _done(job: Job, data: bytes) -> Answer:
    if job.what in _WORK:
        return _WORK[job.what](job, data)
    from trialbridge.service.processes import viewing

    seen = {"draw": viewing.picture, "page/view": viewing.view, "page/locate": viewing.locate}
    return seen[job.what](job, data)


_WORK: Final = {
    "convert": _convert,
    "validate": _validate,
    "roundtrip": _roundtrip,
    "fidelity": _fidelity,
    "diff": _diff,
    "page/diff": _diff,
    "page/fidelity": _fidelity,
    "coverage": _coverage,
    "ready": _ready,
}


def codes_of(problems: Iterable[Problem]) -> dict[str, int]:
    return dict(Counter(f"{problem.severity}:{problem.code}" for problem in problems))


def _outcome(problems: Iterable[Problem], data: bytes, name: str = "") -> bytes:
    from trialbridge.sources import Source
    from trialbridge.validation.check import Found, Result, Tally
    from trialbridge.validation.reports import Look, write

    places = Places(data)
    found = tuple(
        Found(problem, places.find(problem.path) if data and problem.layer != "file" else None)
        for problem in problems
    )
    known = by_name(name) if name else None
    result = Result(Source("body"), known, found, 0, bool(found))
    return "".join(write("operationoutcome", [result], Tally(sources=1), Look())).encode()
