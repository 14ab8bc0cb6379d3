"""Connections to a service as no client library makes them."""

import json
import socket

from service import Service

RECORD = json.dumps(
    {"protocolSection": {"identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea"}}}
).encode()
HEAD = b"POST /convert?to=trial HTTP/1.1\r\nHost: tea\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(RECORD) + RECORD


def connected(service: Service) -> socket.socket:
    """A connection in which little of an answer fits that is not taken."""
    host, port = service.url.removeprefix("http://").split(":")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    raw.settimeout(20)
    raw.connect((host, int(port)))
    return raw


def answer_of(raw: socket.socket) -> bytes:
    """What comes until the other side ends."""
    found = b""
    try:
        while piece := raw.recv(65_536):
            found += piece
    except ConnectionResetError:
        pass
    return found
