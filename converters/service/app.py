"""The application: which request is answered by what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialbridge import api
from trialbridge.formats import FORMATS, UnknownFormat, by_name
from trialbridge.service.asking import PARAMETERS, Body, Held, Jobs
from trialbridge.service.limits import Limits
from trialbridge.service.metrics import MEDIA, Metrics
from trialbridge.service.negotiation import JSON, wants_outcome
from trialbridge.service.openapi import description
from trialbridge.service.page import INDEX, assets
from trialbridge.service.processes.jobs import Answer, Job, told
from trialbridge.service.processes.pool import Pool
from trialbridge.service.refused import Refused, busy
from trialbridge.service.watching import FACTS, App, Receive, Scope, Send, Watched
from trialbridge.shown.report import format_json

_PLAIN: Final = ("/", "/formats", "/health", "/metrics", "/openapi.json")
_COVERAGE: Final = "/coverage/"
_ASSETS: Final = "/assets/"

Handler = Callable[[Request], Awaitable[Response]]


def app(limits: Limits) -> App:
    """Make the application of a service, an ASGI application with a lifespan."""
    return Service(limits).app


class Service:
    """One service: its processes, its counters, and its answers."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.pool = Pool(limits)
        self.metrics = Metrics()
        self.app = Watched(self._routed(), _endpoint, self.metrics)
        self.jobs = Jobs(limits)
        self._held = Held(limits)
        self._now = 0
        self._version = api.version()
        self._assets = assets()
        self._coverage: dict[str, Answer] = {}

    def _routed(self) -> App:
        working = {f"/{what}": _Work(self, what) for what in PARAMETERS}
        routes = [Route(path, work, methods=["POST"]) for path, work in working.items()]
        routes += [
            Route("/", self._page),
            Route("/assets/{name}", self._asset),
            Route("/formats", self._formats),
            Route("/coverage/{format}", self._covered),
            Route("/health", self._health),
            Route("/metrics", self._metrics),
            Route("/openapi.json", self._openapi),
        ]
        refused: Any = {Refused: _refused, HTTPException: _not_routed}
        others: App = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers=refused)

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            # Straight there: the layers of Starlette are some tenths of a millisecond.
            direct = scope["type"] == "http" and scope["method"] == "POST"
            work = working.get(scope["path"]) if direct else None
            await (work or others)(scope, receive, send)

        return routed

    @asynccontextmanager
    async def _lifespan(self, app: object) -> AsyncIterator[None]:
        self.pool.start()
        try:
            yield
        finally:
            await self.pool.stop()

    async def answer(self, job: Job, scope: Scope, receive: Receive) -> Answer:
        """Have a job done on the body of a request. Raises Refused."""
        if self._now >= self.limits.workers + self.limits.waiting:
            raise busy(f"{self._now} requests are being worked on or wait")
        self._now += 1
        body = Body(self.limits, self._held)
        try:
            data = await body.taken(scope, receive)
            answer = await self.pool.ask(job._replace(body=data))
        finally:
            body.done()
            self._now -= 1
        self._tell(scope[FACTS], job, answer)
        return _quiet(job, answer)

    def _tell(self, facts: dict[str, Any], job: Job, answer: Answer) -> None:
        if answer.source:
            facts["from"] = answer.source
        if job.to:
            facts["to"] = job.to
        if answer.codes:
            facts["problems"] = answer.codes
        if answer.fault:
            facts["fault"] = answer.fault
        if job.what == "convert" and answer.status == 200:
            self.metrics.conversions[answer.source, job.to or ""] += 1
        for code, count in answer.codes.items():
            self.metrics.problems[code.partition(":")[0]] += count

    async def _page(self, request: Request) -> Response:
        return _file(self._assets[INDEX])

    async def _asset(self, request: Request) -> Response:
        file = self._assets.get(request.path_params["name"])
        if file is None:
            raise Refused(404, "path", "the page has no such file")
        return _file(file)

    async def _formats(self, request: Request) -> Response:
        return _json([format_json(known) | {"ending": known.ending} for known in FORMATS])

    async def _covered(self, request: Request) -> Response:
        try:
            name = by_name(request.path_params["format"]).name
        except UnknownFormat as error:
            raise Refused(404, "format", str(error)[:1_000]) from error
        if name not in self._coverage:
            answer = await self.pool.ask(Job("coverage", to=name))
            if answer.status != 200:
                return _response(answer)
            self._coverage[name] = answer
        return _response(self._coverage[name])

    async def _health(self, request: Request) -> Response:
        ready = self.pool.ready
        state = {
            "status": "ready" if ready else "starting",
            "version": self._version,
            "workers": ready,
        }
        return _json(state, 200 if ready else 503)

    async def _metrics(self, request: Request) -> Response:
        gauges: dict[str, tuple[str, float]] = {
            "requests_now": ("Requests that are worked on or wait.", self._now),
            "workers_ready": ("Processes that are ready or at work.", self.pool.ready),
            "workers_idle": ("Processes that have nothing to do.", self.pool.idle),
            "held_bytes": ("Bytes of bodies that are held.", self._held.bytes),
        }
        text = self.metrics.text(gauges, self.pool.replaced)
        return Response(text, headers={"Content-Type": MEDIA})

    async def _openapi(self, request: Request) -> Response:
        return _json(description(self.limits))


class _Work:
    """An ASGI application for the requests of a kind that come with a record."""

    def __init__(self, service: Service, what: str) -> None:
        self._service = service
        self._what = what

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            job = self._service.jobs.of(self._what, scope)
            answer = await self._service.answer(job, scope, receive)
        except Refused as error:
            answer = _refusal(scope, error)
        await _response(answer)(scope, receive, send)


def _refusal(scope: Scope, error: Refused) -> Answer:
    scope[FACTS]["problems"] = {f"error:{error.problem.code}": 1}
    outcome = wants_outcome(Headers(scope=scope).get("accept"))
    return told(error.status, [error.problem], outcome=outcome, headers=error.headers)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return _response(_refusal(request.scope, error))


async def _not_routed(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = "method" if error.status_code == 405 else "path"
    there = "GET /openapi.json lists what there is"
    return await _refused(
        request, Refused(error.status_code, code, f"{error.detail}: {there}", error.headers or {})
    )


def _endpoint(path: str) -> str:
    """Name the kind of a path."""
    if path[1:] in PARAMETERS or path in _PLAIN:
        return path
    if path.startswith(_COVERAGE):
        return f"{_COVERAGE}{{format}}"
    return f"{_ASSETS}{{name}}" if path.startswith(_ASSETS) else "other"


def _quiet(job: Job, answer: Answer) -> Answer:
    """Let a refusal that the page asked for be no error in the console of a browser.

    That a record is wrong is what the page is there to show; `Trialbridge-Status` says it.
    """
    if not job.what.startswith("page/") or not 400 <= answer.status < 500:
        return answer
    headers = {**answer.headers, "Trialbridge-Status": str(answer.status)}
    return answer._replace(status=200, headers=headers)


def _file(file: tuple[str, bytes]) -> Response:
    media, data = file
    # A page and its parts are of one version: asked for again at each start.
    return Response(data, headers={"Content-Type": media, "Cache-Control": "no-cache"})


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, headers={"Content-Type": JSON})


def _response(answer: Answer) -> Response:
    # As headers, and not as media type, to which a charset would be added.
    return Response(
        answer.body,
        answer.status,
        headers={"Content-Type": answer.media, "Vary": "Accept", **answer.headers},
    )
