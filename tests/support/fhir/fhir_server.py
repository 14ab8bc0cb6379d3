"""A FHIR server on loopback: transactions, reads, searches by id, tag and url, and faults.

It keeps what it is given in memory. A fault is what it does with the next request of a kind instead
of answering it: a test lists them.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from trialbridge.schemas.syntax import exact

Node = dict[str, Any]


class Fault(NamedTuple):
    """An answer instead of the right one. `broken` closes the connection without any.

    `done` does what was asked for before. `most` is for transactions of more entries than that.
    """

    status: int = 200
    body: str = ""
    type: str = "application/fhir+json"
    headers: tuple[tuple[str, str], ...] = ()
    broken: bool = False
    done: bool = False
    most: int = 0


def outcome(*said: str, place: str = "") -> str:
    """An OperationOutcome with an error for each of what is said."""
    where = {"expression": [place]} if place else {}
    issues = [
        {"severity": "error", "code": "invalid", "diagnostics": text, **where} for text in said
    ]
    return json.dumps({"resourceType": "OperationOutcome", "issue": issues})


class FhirServer:
    """What the server has, what it was asked, and what it is to do wrong."""

    def __init__(self) -> None:
        self.url = ""
        self.resources: dict[str, Node] = {}
        self.versions: dict[str, int] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bundles: list[Node] = []
        self.faults: dict[str, list[Fault]] = {"GET": [], "POST": [], "metadata": []}
        self.down_after: int | None = None
        self.version: str | None = "4.0.1"
        self.interactions = ["transaction"]
        self.searches = {"_id", "_tag", "url", "identifier"}
        self.ignores: set[str] = set()
        self.referred: set[str] = set()
        self.page = 100
        self.name: str | None = None

    @property
    def placed(self) -> list[str]:
        """`Type/id` of all that the server has."""
        return sorted(self.resources)

    def statement(self) -> Node:
        """The server's CapabilityStatement."""
        return {
            "resourceType": "CapabilityStatement",
            **({"fhirVersion": self.version} if self.version else {}),
            "rest": [{"interaction": [{"code": code} for code in self.interactions]}],
        }

    def transaction(self, bundle: Node) -> tuple[int, Node]:
        """Do a transaction as a whole, or not at all."""
        entries = bundle["entry"]
        urls = [entry["request"]["url"] for entry in entries]
        if len(urls) != len(set(urls)):
            return 400, json.loads(outcome("a resource is there twice"))
        after, versions, done = dict(self.resources), dict(self.versions), []
        for entry in entries:
            url = entry["request"]["url"]
            if entry["request"]["method"] == "DELETE":
                if url in self.referred:
                    return 409, json.loads(outcome(f"{url} is referred to"))
                after.pop(url, None)
                done.append({"response": {"status": "204 No Content"}})
                continue
            new = url not in after
            after[url] = entry["resource"]
            versions[url] = versions.get(url, 0) + 1
            done.append({"response": {"status": "201 Created" if new else "200 OK"}})
        self.resources, self.versions = after, versions
        return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": done}

    def search(self, type_: str, query: str) -> tuple[int, Node]:
        """A page of what a search finds."""
        asked = parse_qs(query)
        start = int(asked.pop("start", ["0"])[0])
        for name in asked.keys() - {"_count", "_elements"} - self.searches - self.ignores:
            return 400, json.loads(outcome(f"unknown parameter {name}"))
        found = [
            resource
            for place, resource in sorted(self.resources.items())
            if place.startswith(f"{type_}/")
            and all(
                self._fits(resource, name, values[0].split(","))
                for name, values in asked.items()
                if name in self.searches
            )
        ]
        base = self.name or self.url
        bundle: Node = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [
                {"fullUrl": f"{base}/{r['resourceType']}/{r['id']}", "resource": r}
                for r in found[start : start + self.page]
            ],
        }
        if found[start + self.page :]:
            more = urlencode([*parse_qsl(query), ("start", start + self.page)])
            bundle["link"] = [{"relation": "next", "url": f"{base}/{type_}?{more}"}]
        return 200, bundle

    def _fits(self, resource: Node, name: str, values: list[str]) -> bool:
        if name == "_tag":
            tags = resource.get("meta", {}).get("tag", [])
            return any(f"{tag['system']}|{tag['code']}" in values for tag in tags)
        if name == "identifier":
            return any(one.get("value") in values for one in resource.get("identifier", []))
        return resource.get(name.removeprefix("_")) in values

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Node]:
        """The right answer of a request."""
        parts = urlsplit(path)
        place = parts.path.strip("/")
        if method == "POST":
            return self.transaction(exact.decode(body))
        if place == "metadata":
            return 200, self.statement()
        if "/" in place:
            found = self.resources.get(place)
            return (200, found) if found else (404, json.loads(outcome(f"{place} is not here")))
        return self.search(place, parts.query)


def _handler(server: FhirServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet, or the second waits for the first to be acknowledged.
        wbufsize = -1

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self._do("metadata" if self.path == "/metadata" else "GET")

        def do_POST(self) -> None:
            self._do("POST")

        def _do(self, kind: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            server.asked.append(f"{self.command} {self.path}")
            server.headers.append(dict(self.headers.items()))
            entries = 0
            if kind == "POST":
                server.bundles.append(exact.decode(body))
                entries = len(server.bundles[-1]["entry"])
            down = server.down_after is not None and len(server.bundles) > server.down_after
            faults = server.faults[kind]
            fault = Fault(broken=True) if down else None
            if not down and faults and entries >= faults[0].most:
                fault = faults[0] if faults[0].most else faults.pop(0)
            if fault is None or fault.done:
                status, found = server.answer(self.command, self.path, body)
            if fault is None:
                self._send(Fault(status, exact.encode(found).decode()))
            elif fault.broken:
                self.close_connection = True
            else:
                self._send(fault)

        def _send(self, fault: Fault) -> None:
            body = fault.body.encode()
            self.send_response(fault.status)
            for name, value in (("Content-Type", fault.type), *fault.headers):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def serving() -> Iterator[FhirServer]:
    """A server on a free port of loopback, until the block ends."""
    server = FhirServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
