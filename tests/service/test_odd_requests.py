"""Requests that a reader may take for two, and bodies beyond what any record is.

Whatever comes, there is one answer for each request, and it is a problem.
"""

import pytest
from service import Service
from sockets import HEAD, RECORD, WHOLE, answer_of, connected


@pytest.mark.parametrize(
    "twice",
    [
        b"Content-Length: %d\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Content-Length : 5\r\n",
        b" Content-Length: 5\r\n",
    ],
)
def test_a_request_of_two_lengths_is_one_or_none(service: Service, twice: bytes) -> None:
    """What one reader takes for a body, another may take for a second request."""
    hidden = b"GET /openapi.json HTTP/1.1\r\nHost: tea\r\n\r\n"
    head = HEAD + (twice % len(hidden) if b"%d" in twice else twice)
    with connected(service) as raw:
        raw.sendall(head + b"\r\n0\r\n\r\n" + hidden)
        answer = answer_of(raw)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer.lower()


def test_requests_one_after_the_other_on_one_connection_are_each_answered(service: Service) -> None:
    before = service.http.get("/metrics").text
    with connected(service) as raw:
        raw.sendall(WHOLE * 20 + b"GET /health HTTP/1.1\r\nConnection: close\r\nHost: tea\r\n\r\n")
        answer = answer_of(raw)
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 21
    assert "trialbridge_requests_now 0\n" in before
    # A flood of them is worked on one by one.
    with connected(service) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost: tea\r\n\r\n" * 3_000)
        assert raw.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")
        assert service.http.get("/health").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"protocolSection":' + b"[" * 1_000_000,
        b'{"protocolSection":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"protocolSection":{"designModule":{"enrollmentInfo":{"count":1'
        + b"0" * 900_000
        + b"}}}}",
        b'{"protocolSection":{"designModule":{"enrollmentInfo":{"count":1e999999999}}}}',
        b'{"a":' + b'"' + b"\\ud800" * 100_000 + b'"}',
        b"<ODM>" * 100_000,
        b"<ODM " + b" ".join(b'a%d="b"' % number for number in range(100_000)) + b"/>",
    ],
    ids=lambda body: body[:12].decode(),
)
def test_deep_and_huge_bodies_are_problems(service: Service, body: bytes) -> None:
    for what in ("convert?to=fhir-r5", "validate"):
        answer = service.http.post(f"/{what}", content=body)
        assert answer.status_code == (200 if what == "validate" else 422), answer.text[:300]
        assert len(answer.content) < 10_000
        assert answer.json()["problems"][0]["severity"] in ("fatal", "error")


def test_a_long_query_is_refused_in_few_words(service: Service) -> None:
    answer = service.http.post("/convert?to=" + "a" * 30_000, content=RECORD)
    assert answer.status_code == 400
    assert len(answer.content) < 2_000
    many = "&".join(f"a{number}=1" for number in range(5_000))
    answer = service.http.post(f"/convert?to=trial&{many}", content=RECORD)
    assert answer.status_code == 400
