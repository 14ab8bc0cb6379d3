"""Run the service until it is stopped: a socket, a server, and a clean end."""

from __future__ import annotations

import math
import signal
import socket
from types import FrameType
from typing import Any

from trialbridge import api
from trialbridge.extras import loaded
from trialbridge.running.collector import frozen
from trialbridge.service.limits import Limits
from trialbridge.service.logs import log, set_up

_CONNECTIONS = 256
"""How many connections there may be beside those whose requests are worked on."""

_SENDING = 1 << 18
"""How many bytes of an answer the system holds for a connection."""


def uvicorn_module() -> Any:
    """The HTTP server. Raises MissingExtra, which says how to install it."""
    loaded("starlette", "answers requests over HTTP", "serve")
    loaded("httptools", "reads requests over HTTP", "serve")
    return loaded("uvicorn", "serves over HTTP", "serve")


def run(host: str, port: int, limits: Limits) -> None:
    """Serve until SIGINT or SIGTERM; requests that are being worked on come to their end.

    Raises MissingExtra without the extra `serve`, OSError if the port cannot be had.
    """
    uvicorn = uvicorn_module()
    from trialbridge.service.app import app
    from trialbridge.service.connection import bounded

    bound = _bound(host, port)
    set_up()
    config = uvicorn.Config(
        app(limits),
        http=bounded(limits),
        ws="none",
        lifespan="on",
        loop="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        # Nobody's word for who asks is taken.
        proxy_headers=False,
        limit_concurrency=limits.workers + limits.waiting + _CONNECTIONS,
        timeout_graceful_shutdown=math.ceil(limits.seconds),
    )
    log(
        "listening",
        url=_url(bound),
        version=api.version(),
        workers=limits.workers,
        waiting=limits.waiting,
        bytes=limits.size,
        seconds=limits.seconds,
    )
    # The server raises the signal again at its end, as for those who would die of it.
    before = {each: signal.signal(each, _ended) for each in (signal.SIGINT, signal.SIGTERM)}
    frozen()
    try:
        uvicorn.Server(config).run(sockets=[bound])
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        bound.close()
    log("stopped")


def _ended(signum: int, frame: FrameType | None) -> None:
    """The end is what was wanted."""


def _bound(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    bound = socket.create_server(address[:2], family=family, backlog=1024)
    # Each connection takes it over: of more, it would not be seen that a client takes little.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENDING)
    return bound


def _url(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
