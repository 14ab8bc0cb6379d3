"""From a request to a job: its query, its headers and its body, each looked at before any work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.requests import ClientDisconnect, Request

from trialbridge.formats import Format, UnknownFormat, by_name, names, written_formats
from trialbridge.formats.options import UnknownOption, settled
from trialbridge.schemas.syntax.pointer import steps
from trialbridge.service.limits import Limits
from trialbridge.service.negotiation import (
    JSON,
    SVG,
    Stated,
    chosen,
    offers,
    stated,
    target,
    wants_outcome,
)
from trialbridge.service.processes.jobs import Job
from trialbridge.service.refused import Refused, busy
from trialbridge.service.watching import Receive, Scope

OPTION_TYPES: Final = frozenset({"choice", "bool", "text", "url", "int"})
"""Types of options that a request may state: none of them names a file of the machine."""

PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "convert": ("to", "from", "validate", "indent", "report"),
    "validate": ("from",),
    "roundtrip": ("via", "from"),
    "fidelity": ("to", "from"),
    "diff": (),
    "draw": ("from",),
    # What the page asks for, and nobody else: it changes as the page does.
    "page/view": ("to", "from"),
    "page/diff": (),
    "page/fidelity": ("to", "from"),
    "page/locate": ("to", "from", "pointer"),
}
"""The parameters of each request, beside the options of the format that `convert` writes."""

WITH_OPTIONS: Final = ("convert", "page/view", "page/locate")
"""The requests that take the options of the format that is written."""

# What a job is made of beside the query: `job_of` looks at no other header.
_SAYING: Final = (b"accept", b"content-type", b"content-encoding")
_MOST: Final = 256
_REMEMBERED: Final = 1_000

_WORDS: Final = {"true": True, "false": False}
_INDENTS: Final = tuple(str(number) for number in range(9))


def job_of(what: str, request: Request, limits: Limits) -> Job:
    """Make the job of a request, without its body. Raises Refused."""
    query = _query(request)
    headers = request.headers
    accept = headers.get("accept")
    said = stated(headers.get("content-type"))
    job = Job(what, outcome=wants_outcome(accept), size=limits.size)
    job = job._replace(packed=_packed(headers), charset=said.charset)
    if what.endswith("diff"):
        _known_parameters(what, query, None)
        if said.syntax not in ("json", None):
            raise Refused(415, "media-type", f"expected {JSON}, with `before` and `after`")
        return job._replace(media=_reported(accept))
    use = "checked" if what == "validate" else "read"
    source = _source(query.get("from"), use, said)
    job = job._replace(source=source and source.name, syntax=said.syntax)
    if what == "validate":
        _known_parameters(what, query, None)
        return job
    if what == "draw":
        _known_parameters(what, query, None)
        if chosen(accept, (SVG,)) is None:
            raise Refused(406, "media-type", f"Accept does not take {SVG}")
        return job
    to = _target("via" if what == "roundtrip" else "to", query, accept)
    _known_parameters(what, query, to)
    job = job._replace(to=to.name, options=_options(what, query, to))
    if what != "convert":
        pointer = _pointer(query.get("pointer", ""))
        return job._replace(media=_reported(accept), pointer=pointer)
    return _conversion(job, query, to, accept)


class Jobs:
    """The jobs of requests, without their bodies. Who asks again in the same words is known."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[object, Job] = {}

    def of(self, what: str, scope: Scope) -> Job:
        """Give the job of a request. Raises Refused."""
        query: bytes = scope["query_string"]
        said = [each for each in scope["headers"] if each[0] in _SAYING]
        key = what, query, *said
        job = self._known.get(key)
        if job is None:
            job = job_of(what, Request(scope), self._limits)
            if len(query) + sum(len(value) for _, value in said) <= _REMEMBERED:
                if len(self._known) == _MOST:
                    self._known.clear()
                self._known[key] = job
        return job


class Held:
    """The bytes of the bodies that are held, by all requests together."""

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.held
        self.bytes = 0

    def take(self, count: int) -> None:
        """Count bytes more. Raises Refused if they are too many."""
        if self.bytes + count > self._limit:
            raise busy("other requests hold all the memory that there is for bodies")
        self.bytes += count


class Body:
    """The body of one request, whose bytes are held from when they come until `done`."""

    def __init__(self, limits: Limits, held: Held) -> None:
        self._limits = limits
        self._held = held
        self._bytes = 0

    async def taken(self, scope: Scope, receive: Receive) -> bytes:
        """Take the body as far as the limit and in the time that it may take.

        Raises Refused, and ClientDisconnect if the client goes before it is whole.
        """
        for name, value in scope["headers"]:
            if (
                name == b"content-length"
                and value.isdigit()
                and int(value[:19]) > self._limits.size
            ):
                raise _too_large(self._limits)
        try:
            async with asyncio.timeout(self._limits.seconds):
                data, more = await self._piece(receive)
                if not more:
                    return data
                pieces = bytearray(data)
                while more:
                    data, more = await self._piece(receive)
                    pieces += data
        except TimeoutError as error:
            message = f"the body was not there within {self._limits.seconds:g} seconds"
            raise Refused(408, "timeout", message) from error
        return bytes(pieces)

    async def _piece(self, receive: Receive) -> tuple[bytes, bool]:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        data: bytes = message.get("body", b"")
        self._held.take(len(data))
        self._bytes += len(data)
        if self._bytes > self._limits.size:
            raise _too_large(self._limits)
        return data, message.get("more_body", False)

    def done(self) -> None:
        """No longer hold it."""
        self._held.bytes -= self._bytes
        self._bytes = 0


def _too_large(limits: Limits) -> Refused:
    return Refused(413, "size", f"the body is larger than the limit of {limits.size:,} bytes")


def _query(request: Request) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in found:
            raise Refused(400, "parameter", f"parameter {_quoted(name)} is given twice")
        found[name] = value
    return found


def _packed(headers: Mapping[str, str]) -> bool:
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding in ("gzip", "x-gzip"):
        return True
    if coding in ("identity", ""):
        return False
    message = f"Content-Encoding is {_quoted(coding)}, expected gzip or none"
    raise Refused(415, "encoding", message, {"Accept-Encoding": "gzip"})


def _source(name: str | None, use: str, said: Stated) -> Format | None:
    if name is None:
        return by_name(said.format) if said.format else None
    try:
        return by_name(name, "checked" if use == "checked" else "read")
    except UnknownFormat as error:
        raise Refused(400, "format", f"parameter from: {_cut(str(error))}") from error


def _target(parameter: str, query: Mapping[str, str], accept: str | None) -> Format:
    name = query.get(parameter)
    if name is None:
        found = target(accept) if parameter == "to" else None
        if found is not None and found.writer:
            return found
        known = names(written_formats())
        message = f"parameter {parameter} is missing: the format to write, one of {known}"
        raise Refused(400, "parameter", message)
    try:
        if parameter == "via":
            by_name(name, "read")
        return by_name(name, "written")
    except UnknownFormat as error:
        raise Refused(400, "format", f"parameter {parameter}: {_cut(str(error))}") from error


def _conversion(job: Job, query: Mapping[str, str], to: Format, accept: str | None) -> Job:
    report = _word(query, "report", False)
    indent = query.get("indent")
    if indent is not None and indent not in _INDENTS:
        raise Refused(400, "parameter", f"parameter indent is {_quoted(indent)}, expected 0 to 8")
    offered = offers(to)
    media = chosen(accept, (JSON,) if report else offered)
    if media is None:
        message = f"Accept takes none of {', '.join((JSON,) if report else offered)}"
        raise Refused(406, "media-type", message)
    return job._replace(
        checked=_word(query, "validate", True),
        report=report,
        # 0 is no white space, which is the default.
        indent=int(indent) or None if indent else None,
        media=offered[0] if report else media,
    )


def _options(what: str, query: Mapping[str, str], to: Format) -> dict[str, str]:
    if what not in WITH_OPTIONS:
        return {}
    options = {name: value for name, value in query.items() if name not in PARAMETERS[what]}
    try:
        settled(to.name, to.options, options)
    except UnknownOption as error:
        raise Refused(400, "option", _cut(str(error))) from error
    return options


def _pointer(text: str) -> str:
    try:
        steps(text)
    except ValueError as error:
        raise Refused(400, "parameter", f"parameter pointer: {_cut(str(error))}") from error
    return text


def _reported(accept: str | None) -> str:
    """The media type of a report. Raises Refused if it is not accepted."""
    if chosen(accept, (JSON,)) is None:
        raise Refused(406, "media-type", f"Accept does not take {JSON}")
    return JSON


def _known_parameters(what: str, query: Mapping[str, str], to: Format | None) -> None:
    known = [*PARAMETERS[what]]
    if what in WITH_OPTIONS and to is not None:
        known += [option.name for option in to.options if option.type in OPTION_TYPES]
    for name in query:
        if name not in known:
            there = f"there are {', '.join(known)}" if known else "there are none"
            raise Refused(400, "parameter", f"unknown parameter {_quoted(name)}; {there}")


def _word(query: Mapping[str, str], name: str, default: bool) -> bool:
    value = query.get(name)
    if value is None:
        return default
    if value.lower() not in _WORDS:
        message = f"parameter {name} is {_quoted(value)}, expected true or false"
        raise Refused(400, "parameter", message)
    return _WORDS[value.lower()]


def _quoted(text: str) -> str:
    return repr(_cut(text, 60))


def _cut(text: str, most: int = 1_000) -> str:
    return text if len(text) <= most else f"{text[:most]}..."
