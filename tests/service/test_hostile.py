"""What nobody has vouched for: bodies, headers and paths that would do harm; processes that die.

Whatever comes, the answer is a problem, others are served, and nothing of the machine is told.
"""

import asyncio
import gzip
import io
import json
import os
import signal
import socket
import time
import zipfile
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import httpx
import pytest
from service import Service, serving

from trialbridge.service.limits import Limits
from trialbridge.service.processes.jobs import Answer, Job
from trialbridge.service.processes.pool import Pool
from trialbridge.service.refused import Refused

T = TypeVar("T")

RECORD = json.dumps(
    {"protocolSection": {"identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea"}}}
).encode()
ODM = b'<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0">&tea;</ODM>'


def codes(answer: httpx.Response) -> list[str]:
    return [problem["code"] for problem in answer.json()["problems"]]


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/coverage/..%2f..%2fetc%2fpasswd",
        "/assets/..%2f..%2fapp.py",
        "/assets/%2e%2e/%2e%2e/app.py",
        "//etc/passwd",
        "/convert/../../../etc/passwd",
        "/%00",
        "/assets/%00",
        "/assets//etc/passwd",
    ],
)
def test_no_path_leads_to_a_file_of_the_machine(service: Service, path: str) -> None:
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: tea\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := raw.recv(65_536):
            answer += piece
    assert answer.split(b" ")[1] in (b"404", b"400")
    assert b"root:" not in answer
    assert b"import" not in answer


def test_a_body_that_is_a_path_is_no_path(service: Service) -> None:
    for what in ("convert?to=trial", "validate", "roundtrip?via=odm", "fidelity?to=odm"):
        answer = service.http.post(f"/{what}", content=b"/etc/passwd")
        assert "root:" not in answer.text
        assert codes(answer) == ["format"]
    pair = {"before": "/etc/passwd", "after": "/etc/passwd"}
    answer = service.http.post("/diff", json=pair)
    assert answer.status_code == 422
    assert codes(answer) == ["format"]


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE ODM [<!ENTITY tea SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE ODM [<!ENTITY % tea SYSTEM "http://127.0.0.1:1/tea.dtd"> %tea;]>',
        b'<!DOCTYPE ODM [<!ENTITY a "aaaaaaaaaa"><!ENTITY tea "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
@pytest.mark.parametrize("what", ["convert?to=trial", "validate"])
def test_entities_of_xml_are_refused(service: Service, doctype: bytes, what: str) -> None:
    for body in (doctype + ODM, doctype + ODM.replace(b"odm/v2.0", b"odm/v1.3")):
        answer = service.http.post(f"/{what}", content=body)
        assert "root:" not in answer.text
        assert answer.status_code == (200 if what == "validate" else 422)
        assert any(problem["severity"] == "fatal" for problem in answer.json()["problems"])


def test_what_unpacks_to_more_than_the_limit_is_refused(service: Service) -> None:
    bomb = gzip.compress(b" " * (16 << 20))
    assert len(bomb) < 2 << 20
    begun = time.monotonic()
    headers = {"Content-Encoding": "gzip"}
    answer = service.http.post("/convert?to=trial", content=bomb, headers=headers)
    assert (answer.status_code, codes(answer)) == (413, ["size"])
    assert time.monotonic() - begun < 10
    # SDTM comes packed.
    for name in ("study.json", "ts.json", "ts.csv"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(name, b'{"datasetJSONVersion"' + b" " * (16 << 20))
        answer = service.http.post("/convert?to=trial", content=packed.getvalue())
        assert answer.status_code == 422
        assert codes(answer)[0] in ("format", "size", "malformed", "truncated")


def test_a_body_over_the_limit_is_refused_before_it_is_read(service: Service) -> None:
    large = b" " * (20 << 20)
    answer = service.http.post("/convert?to=trial", content=large)
    assert (answer.status_code, codes(answer)) == (413, ["size"])
    pieces = (large[: 1 << 20] for _ in range(20))
    answer = service.http.post("/convert?to=trial", content=pieces)
    assert (answer.status_code, codes(answer)) == (413, ["size"])
    # One that waits to be asked for its body is not asked.
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        head = "POST /convert?to=trial HTTP/1.1\r\nHost: tea\r\nContent-Length: 300000000\r\n"
        raw.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert raw.recv(65_536).startswith(b"HTTP/1.1 413 ")
    assert "trialbridge_held_bytes 0\n" in service.http.get("/metrics").text


def test_no_header_and_no_line_of_the_log_can_be_made_up(service: Service) -> None:
    forged = '{"event": "request", "id": "forged"}'
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(
            b"GET /health%0d%0aSet-Cookie:%20tea=1%0a" + forged.replace(" ", "%20").encode() + b""
            b" HTTP/1.1\r\nHost: tea\r\nX-Request-ID: tea\tSet-Cookie: tea=1\r\n"
            b"User-Agent: " + forged.encode() + b"\r\nConnection: close\r\n\r\n"
        )
        answer = raw.recv(65_536)
    assert b"set-cookie" not in answer.lower().partition(b"\r\n\r\n")[0]
    headers = {"X-Request-ID": "tea-1"}
    query = {"to": "fhir\r\nSet-Cookie: tea=1", "from": "\n" + forged}
    answered = service.http.post("/convert", params=query, content=RECORD, headers=headers)
    assert answered.status_code == 400
    assert "set-cookie" not in answered.headers
    assert answered.headers["x-request-id"] == "tea-1"
    assert service.log("tea-1")["endpoint"] == "/convert"
    assert all(json.loads(line)["event"] for line in list(service.lines))
    assert not any(json.loads(line).get("id") == "forged" for line in list(service.lines))


def test_the_log_has_nothing_of_a_record(service: Service) -> None:
    secret = "Zanzibar"
    record = RECORD.replace(b"Tea", secret.encode())
    broken = record.replace(b'"nctId": "NCT00000001"', b'"nctId": "Zanzibar", "Zanzibar": []')
    for place, body in enumerate((record, broken, record[:-4], secret.encode())):
        for what in ("convert?to=odm", "validate", f"convert?to={secret}", f"{secret}"):
            headers = {"X-Request-ID": f"secret-{place}", "User-Agent": secret}
            service.http.post(f"/{what}", content=body, headers=headers)
        service.log(f"secret-{place}")
    assert secret not in "".join(service.lines)


def test_answers_are_nothing_that_a_browser_would_run(service: Service) -> None:
    record = RECORD.replace(b"Tea", b"<script>alert(1)</script>")
    answer = service.http.post("/convert?to=text", content=record)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    answer = service.http.post("/convert?to=%3Cscript%3E", content=record)
    assert answer.headers["content-type"] == "application/json"


def test_one_that_hangs_is_stopped_and_one_that_dies_is_replaced_while_others_work() -> None:
    with serving("--workers", "2", "--limit-time", "3", "--limit-waiting", "8") as service:
        service.wait_for(2)

        def converted(number: int) -> httpx.Response:
            return httpx.post(
                f"{service.url}/convert?to=trial", content=RECORD, timeout=60, trust_env=False
            )

        hung, killed = service.workers()
        # Both, until each has a request: one alone may be passed over while the other is idle.
        for process in (hung, killed):
            os.kill(process, signal.SIGSTOP)
        with ThreadPoolExecutor(4) as clients:
            asked = clients.map(converted, range(4))
            service.wait_for_idle(0)
            os.kill(killed, signal.SIGCONT)
            answers = list(asked)
        late = [answer for answer in answers if answer.status_code != 200]
        assert [answer.status_code for answer in late] == [504]
        assert codes(late[0]) == ["timeout"]
        assert late[0].json()["problems"][0]["message"] == "not done within 3 seconds: stopped"
        service.wait_for(2)
        os.kill(killed, signal.SIGKILL)
        with ThreadPoolExecutor(4) as clients:
            answers = list(clients.map(converted, range(4)))
        # A request that had been given to the one that died, before that was seen, is told so.
        lost = [codes(answer) for answer in answers if answer.status_code != 200]
        assert lost in ([], [["crashed"]])
        service.wait_for(2)
        assert not {hung, killed} & set(service.workers())
        text = service.http.get("/metrics").text
        assert 'trialbridge_processes_replaced_total{reason="timeout"} 1\n' in text
        assert 'trialbridge_processes_replaced_total{reason="crashed"} 1\n' in text


def exits(job: Job) -> Answer:
    """Work whose process ends, or that never does."""
    if job.body == b"exit":
        os._exit(3)
    if job.body == b"hang":
        time.sleep(60)
    return Answer(200, "", job.body)


def pooled(limits: Limits, use: Callable[[Pool], Awaitable[T]]) -> T:
    async def run() -> T:
        pool = Pool(limits, do=exits)
        pool.start()
        try:
            return await use(pool)
        finally:
            await pool.stop()

    return asyncio.run(run())


def test_work_that_ends_its_process_is_told_and_what_waits_is_done() -> None:
    async def use(pool: Pool) -> list[Answer]:
        bodies = (b"exit", b"one", b"two")
        return await asyncio.gather(*(pool.ask(Job("tea", body)) for body in bodies))

    ended, one, two = pooled(Limits(workers=1, seconds=60), use)
    assert (ended.status, json.loads(ended.body)["problems"][0]["message"]) == (
        500,
        "the process that worked on it ended with status 3",
    )
    assert (one.body, two.body) == (b"one", b"two")


def test_who_has_waited_longest_is_served_first() -> None:
    async def use(pool: Pool) -> list[bytes]:
        served = []

        async def ask(body: bytes) -> None:
            served.append((await pool.ask(Job("tea", body))).body)

        async def again_at_once() -> None:
            await ask(b"one")
            await ask(b"three")

        await asyncio.gather(again_at_once(), ask(b"two"))
        return served

    assert pooled(Limits(workers=1, seconds=60), use) == [b"one", b"two", b"three"]


def test_who_waits_too_long_is_told_to_come_again() -> None:
    async def use(pool: Pool) -> list[BaseException | Answer]:
        jobs = [Job("tea", b"hang"), Job("tea", b"hang")]
        return await asyncio.gather(*map(pool.ask, jobs), return_exceptions=True)

    first, second = pooled(Limits(workers=1, seconds=1.5), use)
    assert isinstance(first, Answer | Refused)
    refused = [each for each in (first, second) if isinstance(each, Refused)]
    assert refused
    assert refused[0].status == 503
    assert refused[0].headers == {"Retry-After": "1"}


def test_more_than_may_wait_are_refused_at_once() -> None:
    with serving("--workers", "1", "--limit-time", "5", "--limit-waiting", "1") as service:
        service.wait_for(1)
        (worker,) = service.workers()
        os.kill(worker, signal.SIGSTOP)

        def converted(number: int) -> httpx.Response:
            return httpx.post(
                f"{service.url}/convert?to=trial", content=RECORD, timeout=60, trust_env=False
            )

        with ThreadPoolExecutor(6) as clients:
            coming = [clients.submit(converted, number) for number in range(6)]
            # The event loop goes on meanwhile.
            assert service.http.get("/health").status_code == 200
            time.sleep(1)
            os.kill(worker, signal.SIGCONT)
            answers = [each.result() for each in coming]
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200, 200, 503, 503, 503, 503]
        (busy,) = {answer.headers["retry-after"] for answer in answers if answer.status_code == 503}
        assert busy == "1"
