"""Clients that take their time: with their header, their body, or the answer.

Each is ended within its time, others are served meanwhile, and nothing of it is left.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from service import Service, serving
from sockets import HEAD, RECORD, WHOLE, answer_of, connected

SECONDS = 2.0


@pytest.fixture(scope="module")
def strict() -> Iterator[Service]:
    with serving("--workers", "1", "--limit-time", f"{SECONDS:g}", "--limit-size", "16") as started:
        started.wait_for(1)
        yield started


def open_sockets(service: Service) -> int:
    folder = f"/proc/{service.process.pid}/fd"
    return sum(os.readlink(f"{folder}/{each}").startswith("socket:") for each in os.listdir(folder))


def test_a_header_that_comes_byte_by_byte_is_not_waited_for(strict: Service) -> None:
    before = open_sockets(strict)
    begun = time.monotonic()
    slow = [connected(strict) for _ in range(20)]
    for number in range(8):
        for raw in slow:
            raw.sendall(HEAD[number : number + 1])
        # Others are served meanwhile.
        assert strict.http.post("/convert?to=trial", content=RECORD).status_code == 200
        time.sleep(0.1)
    for raw in slow:
        answer = answer_of(raw)
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        (problem,) = json.loads(answer.partition(b"\r\n\r\n")[2])["problems"]
        assert problem["message"] == "the header was not there within 2 seconds"
        raw.close()
    assert time.monotonic() - begun < 15
    assert open_sockets(strict) <= before


def test_one_that_says_nothing_is_ended_without_a_word(strict: Service) -> None:
    with connected(strict) as silent, connected(strict) as again:
        again.sendall(WHOLE)
        assert again.recv(15) == b"HTTP/1.1 200 OK"
        again.sendall(b"\r\n")
        assert answer_of(silent) == b""
        # One that was answered, and whose next request does not come, is told.
        first, _, second = answer_of(again).partition(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b'"protocolSection"' in first
        assert b"the header was not there within 2 seconds" in second


def test_a_body_that_comes_byte_by_byte_is_not_waited_for(strict: Service) -> None:
    with connected(strict) as raw:
        raw.sendall(HEAD + b"Content-Length: 1000\r\nConnection: close\r\n\r\n")
        for _ in range(5):
            raw.sendall(b" ")
            time.sleep(0.1)
        answer = b""
        while b"the body was not there within 2 seconds" not in answer:
            piece = raw.recv(65_536)
            assert piece
            answer += piece
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert "trialbridge_held_bytes 0\n" in strict.http.get("/metrics").text


def test_a_header_without_end_and_frames_without_a_body_are_refused(strict: Service) -> None:
    endless = (
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: tea\r\n" + b"Tea: a\r\n" * 125_000 + b"\r\n",
        b"GET /health HTTP/1.1\r\nTea: " + b"a" * 1_000_000 + b"\r\n\r\n",
    )
    for request in endless:
        with connected(strict) as raw:
            # It may not wait for the end.
            with suppress(OSError):
                raw.sendall(request)
            answer = answer_of(raw)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")
    # Trailers of a body in chunks, and what may stand beside the length of a chunk.
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    for frames in (b"0\r\n" + b"Tea: a\r\n" * 125_000, b"1;" + b"a" * 1_000_000 + b"\r\n"):
        with connected(strict) as raw:
            with suppress(OSError):
                raw.sendall(chunked + frames)
            assert b" 200 " not in answer_of(raw)
    assert strict.http.get("/health").status_code == 200


def test_a_body_in_small_chunks_is_read(strict: Service) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in RECORD) + b"0\r\n\r\n"
    with connected(strict) as raw:
        raw.sendall(HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks)
        assert answer_of(raw).startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_answer_that_is_not_taken_is_given_up(strict: Service) -> None:
    before = open_sockets(strict)
    record = json.loads(RECORD)
    text = "tea " * 2_500_000
    record["protocolSection"]["descriptionModule"] = {"detailedDescription": text}
    body = json.dumps(record).encode()
    head = HEAD + b"Content-Length: %d\r\n\r\n" % len(body)
    raws = [connected(strict) for _ in range(3)]
    for raw in raws:
        raw.sendall(head + body)
    taken = raws.pop()
    assert taken.recv(15) == b"HTTP/1.1 200 OK"
    begun = time.monotonic()
    while open_sockets(strict) > before + 1 and time.monotonic() - begun < 20:
        assert strict.http.get("/health").status_code == 200
        # One that takes a little all the time is waited for.
        assert taken.recv(65_536)
        time.sleep(0.1)
    assert open_sockets(strict) <= before + 1
    rest = b""
    while len(rest) < 5_000_000:
        piece = taken.recv(65_536)
        assert piece
        rest += piece
    ended = [json.loads(line) for line in list(strict.lines) if "answer not taken" in line]
    assert [line["event"] for line in ended] == ["connection ended"] * 2
    for raw in (taken, *raws):
        raw.close()
