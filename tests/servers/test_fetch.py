"""Records of a registry of our own on loopback, which behaves as the real one does on a bad day."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

import trialbridge
from trialbridge.cli.commands import main
from trialbridge.io.web import Manner, ServerError
from trialbridge.registry.fetching import Changed, Summary

HTML = b"<html><body>Request blocked</body></html>"


def study(number: int) -> dict[str, Any]:
    names = {"nctId": f"NCT{number:08d}", "briefTitle": f"Tea {number}"}
    return {"protocolSection": {"identificationModule": names}}


class Registry:
    """What the registry has, what it was asked, and what it does wrong with the next requests."""

    def __init__(self) -> None:
        self.url = ""
        self.numbers = list(range(1, 26))
        self.stamp = "2026-11-26T09:00:05"
        self.faults: list[str] = []
        self.asked: list[dict[str, str]] = []

    def page(self, said: dict[str, str]) -> dict[str, Any]:
        numbers = self.numbers
        if "filter.ids" in said:
            ids = said["filter.ids"].split(",")
            numbers = [number for number in numbers if f"NCT{number:08d}" in ids]
        # A token tells after which record to go on, as one that bears changes does.
        start = int(said.get("pageToken", "0"))
        end = start + int(said["pageSize"])
        page: dict[str, Any] = {"studies": [study(number) for number in numbers[start:end]]}
        if said.get("countTotal") == "true":
            page["totalCount"] = len(numbers)
        if end < len(numbers):
            page["nextPageToken"] = str(end)
        return page


@pytest.fixture
def registry() -> Iterator[Registry]:
    mine = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            said = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/version":
                return self.answer(
                    200, json.dumps({"apiVersion": "2", "dataTimestamp": mine.stamp})
                )
            mine.asked.append(said)
            fault = mine.faults.pop(0) if mine.faults else ""
            if fault == "busy":
                return self.answer(429, "", {"Retry-After": "7"})
            if fault == "html":
                return self.answer(200, HTML.decode())
            if fault == "refused":
                return self.answer(400, "Parameter `query.cond` is no expression")
            body = json.dumps(mine.page(said)).encode()
            if fault == "broken":
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
                return None
            return self.answer(200, body.decode())

        def answer(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
            data = body.encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mine.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield mine
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(registry: Registry, *arguments: str) -> Result:
    asked = ["fetch", *arguments, "--url", registry.url, "--rate", "1000"]
    return CliRunner().invoke(main, asked, catch_exceptions=False)


def ids(path: str) -> list[str | None]:
    found = list(trialbridge.records(path))
    assert all(record.format == "ctgov" for record in found)
    return [record.trial.nct_id if record.trial else None for record in found]


ALL = [f"NCT{number:08d}" for number in range(1, 26)]


def test_all_records_once_and_in_order_from_a_registry_that_misbehaves(registry: Registry) -> None:
    registry.faults = ["busy", "", "broken", "html", "", "broken"]
    waits: list[float] = []
    manner = Manner(sleep=waits.append)
    summary = trialbridge.fetch("all.ndjson", url=registry.url, page=10, rate=1000, manner=manner)
    assert ids("all.ndjson") == ALL
    assert (summary.records, summary.pages, summary.total) == (25, 3, 25)
    assert 7 in waits
    assert not list(Path().glob(".*"))


def test_a_record_that_comes_again_while_the_registry_changes_is_kept_once(
    registry: Registry,
) -> None:
    def changes(_: Summary) -> None:
        registry.numbers = [99, *range(1, 26)]

    summary = trialbridge.fetch("all.ndjson", url=registry.url, page=10, rate=1000, told=changes)
    assert ids("all.ndjson") == ALL
    assert summary.repeated == 1


def test_what_was_stopped_goes_on_after_its_last_whole_page(registry: Registry) -> None:
    registry.faults = ["", "", "html", "html"]
    found = run(registry, "--all", "-o", "all.ndjson", "--page", "10", "--retries", "1")
    assert found.exit_code == 1
    assert "the answer is no such JSON: '<html><body>Request blocked</body></html>'" in found.stderr
    assert found.stderr.endswith("--resume goes on after the last whole page\n")
    with Path("all.ndjson").open("ab") as file:
        file.write(b'{"protocolSection"')
    registry.asked.clear()
    again = run(registry, "--all", "-o", "all.ndjson", "--page", "10", "--resume")
    assert (again.exit_code, again.stderr) == (0, "25 of 25 records, 20 were there\n")
    assert ids("all.ndjson") == ALL
    assert [said["pageToken"] for said in registry.asked] == ["20"]
    run(registry, "--all", "-o", "whole.ndjson", "--page", "10")
    assert Path("whole.ndjson").read_bytes() == Path("all.ndjson").read_bytes()


def test_by_id_and_what_is_not_there_is_told(registry: Registry) -> None:
    Path("ids.txt").write_text("NCT00000003\nnct00000002\nNCT00000099\n")
    found = run(registry, "--ids-from", "ids.txt", "-o", "some.ndjson", "-q")
    assert found.exit_code == 1
    assert found.stderr == "NCT00000099: the registry has no such record\n"
    assert ids("some.ndjson") == ["NCT00000002", "NCT00000003"]
    assert registry.asked[0]["filter.ids"] == "NCT00000003,NCT00000002,NCT00000099"


def test_more_ids_than_a_url_bears_are_asked_for_in_groups(registry: Registry) -> None:
    registry.numbers = list(range(1, 251))
    wanted = [f"NCT{number:08d}" for number in registry.numbers]
    trialbridge.fetch("some.ndjson", ids=wanted, url=registry.url, rate=1000, page=60)
    assert ids("some.ndjson") == wanted
    assert [said.get("pageToken") for said in registry.asked] == [None, "60", None, "60", None]


def test_answers_are_used_again_while_the_data_are_of_the_same_time(registry: Registry) -> None:
    for name in ("one", "two"):
        run(registry, "--query", "query.cond=tea", "-o", f"{name}.ndjson", "--cache", "cache")
    assert len(registry.asked) == 1
    assert registry.asked[0]["query.cond"] == "tea"
    assert Path("one.ndjson").read_bytes() == Path("two.ndjson").read_bytes()
    registry.stamp = "2026-11-27T09:00:05"
    run(registry, "--query", "query.cond=tea", "-o", "three.ndjson", "--cache", "cache")
    assert len(registry.asked) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Say which records: NCT ids, --query, or --all."),
        (("NCT1",), "'NCT1' is no NCT id, expected NCT and eight digits"),
        (("NCT00000001", "--all"), "Say which records: NCT ids, --query, or --all."),
    ],
)
def test_what_is_no_request_is_wrong_usage(
    registry: Registry, arguments: tuple[str, ...], told: str
) -> None:
    found = run(registry, *arguments, "-o", "out.ndjson")
    assert (found.exit_code, found.stderr.splitlines()[-1]) == (2, f"Error: {told}")
    assert not Path("out.ndjson").exists()


def test_what_is_there_is_never_written_over(registry: Registry) -> None:
    Path("all.ndjson").write_text("mine")
    with pytest.raises(Changed, match=r"all\.ndjson is there already"):
        trialbridge.fetch("all.ndjson", url=registry.url)
    assert Path("all.ndjson").read_text() == "mine"


def test_what_the_registry_refuses_is_told_in_its_words(registry: Registry) -> None:
    registry.faults = ["refused"]
    with pytest.raises(ServerError, match=r"400: 'Parameter `query\.cond` is no expression'"):
        trialbridge.fetch("all.ndjson", url=registry.url, query={"query.cond": "("})
