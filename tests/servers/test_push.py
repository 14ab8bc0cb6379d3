"""Records on a server: whole, once, and what goes wrong is told with its reason."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fhir_server import Fault, FhirServer, outcome

import trialbridge
from trialbridge.cli.commands import main
from trialbridge.io.web import Manner
from trialbridge.server import client, left_behind, loads

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "NCT99900001.ctgov.json"
SYSTEM = "https://trialbridge.github.io/fhir/record"


def record(number: int, sites: int = 0, title: str = "Tea in Mild Fatigue") -> dict[str, Any]:
    """A record of the registry with so many sites."""
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": f"NCT0000000{number}", "briefTitle": title},
    }
    if sites:
        places = [{"facility": f"Clinic {n}", "city": "Graz"} for n in range(1, sites + 1)]
        protocol["contactsLocationsModule"] = {"locations": places}
    return {"protocolSection": protocol}


@pytest.fixture
def three(tmp_path: Path) -> Path:
    path = tmp_path / "three.ndjson"
    path.write_text("".join(json.dumps(record(n)) + "\n" for n in (1, 2, 3)))
    return path


def push(server: FhirServer | str, *args: object, retries: int = 0) -> Result:
    url = server if isinstance(server, str) else server.url
    command = ["push", url, *map(str, args), "--retries", str(retries)]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def studies(*numbers: int) -> list[str]:
    return [f"ResearchStudy/NCT0000000{n}" for n in numbers]


# --- what is sent -------------------------------------------------------------------------------


def test_a_record_is_put_as_one_transaction_and_again_changes_what_is_there(
    server: FhirServer,
) -> None:
    count = len(json.loads(trialbridge.convert(EXAMPLE, "fhir-r4"))["entry"])
    first = push(server, EXAMPLE)
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout == f"records: 1 created; {count} resources in 1 transaction\n"
    placed = server.placed
    again = push(server, EXAMPLE)
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout == f"records: 1 updated; {count} resources in 1 transaction\n"
    assert server.placed == placed
    assert len(server.bundles) == 2


def test_each_resource_has_the_tag_of_its_record_and_nothing_else_that_convert_has_not(
    server: FhirServer,
) -> None:
    trialbridge.push(server.url, EXAMPLE)
    (bundle,) = server.bundles
    for entry in bundle["entry"]:
        meta = entry["resource"]["meta"]
        assert meta.pop("tag") == [{"system": SYSTEM, "code": "NCT99900001"}]
        if not meta:
            del entry["resource"]["meta"]
    plain = json.loads(trialbridge.convert(EXAMPLE, "fhir-r4", options={"bundle": "transaction"}))
    assert bundle["entry"] == plain["entry"]


@pytest.mark.parametrize(
    ("number", "name"), [("4.0.1", "fhir-r4"), ("4.3.0", "fhir-r4b"), ("5.0.0", "fhir-r5")]
)
def test_the_version_is_the_one_that_the_server_states(
    server: FhirServer, number: str, name: str
) -> None:
    server.version = number
    assert trialbridge.push(server.url, EXAMPLE).created == 1
    plain = json.loads(trialbridge.convert(EXAMPLE, name, options={"bundle": "transaction"}))
    sent = server.bundles[0]["entry"][0]["resource"]
    del sent["meta"]["tag"]
    assert sent == plain["entry"][0]["resource"]


@pytest.mark.parametrize(
    ("number", "said"), [("3.0.2", "FHIR 3.0.2"), (None, "no version of FHIR")]
)
def test_a_version_that_is_not_written_is_wrong_usage(
    server: FhirServer, number: str | None, said: str
) -> None:
    server.version = number
    result = push(server, EXAMPLE)
    assert result.exit_code == 2
    expected = f"Error: the server states {said}; written are fhir-r5, fhir-r4b, fhir-r4\n"
    assert result.stderr.endswith(expected)


def test_a_stated_version_is_not_asked_for(server: FhirServer) -> None:
    server.version = "3.0.2"
    assert push(server, EXAMPLE, "--to", "fhir-r5").exit_code == 0
    assert server.asked == ["POST /"]


def test_what_is_no_version_of_fhir_is_wrong_usage(server: FhirServer) -> None:
    result = push(server, EXAMPLE, "--to", "odm")
    assert result.exit_code == 2
    assert "odm-2.0 is not what a FHIR server takes; expected fhir-r5, fhir-r4b" in result.stderr


def test_transactions_have_at_most_so_many_resources_and_no_record_is_divided(
    server: FhirServer, tmp_path: Path
) -> None:
    path = tmp_path / "records.ndjson"
    several = [record(1, 2), record(2, 1), record(3, 5), record(4)]
    path.write_text("".join(json.dumps(one) + "\n" for one in several))
    assert push(server, path, "--entries", "5").exit_code == 0
    assert [len(bundle["entry"]) for bundle in server.bundles] == [5, 6, 1]


def test_a_record_that_stands_twice_is_told_and_never_twice_in_a_transaction(
    server: FhirServer, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(record(1, title="Tea")))
    (tmp_path / "b.json").write_text(json.dumps(record(1, title="Coffee")))
    result = push(server, tmp_path)
    assert result.exit_code == 0
    assert result.stderr == (
        f"{tmp_path}/b.json: warning: ResearchStudy/NCT00000001: {tmp_path}/a.json is of the same "
        "record; this takes its place [again]\n"
    )
    assert server.resources["ResearchStudy/NCT00000001"]["title"] == "Coffee"
    assert len(server.bundles) == 2


def test_a_record_without_an_id_is_refused_here(server: FhirServer, tmp_path: Path) -> None:
    nameless = record(1)
    del nameless["protocolSection"]["identificationModule"]["nctId"]
    (tmp_path / "a.json").write_text(json.dumps(nameless))
    result = push(server, tmp_path / "a.json")
    assert result.exit_code == 1
    assert result.stderr == (
        f"{tmp_path}/a.json: error: the record has no id of its own, by which a server would know "
        "it again [no-id]\n"
    )
    assert server.bundles == []


def test_what_cannot_be_read_is_told_and_the_rest_is_sent(
    server: FhirServer, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text('{"protocolSection": {"statusModule": 1}}')
    (tmp_path / "b.json").write_text(json.dumps(record(2)))
    (tmp_path / "README.md").write_text("# Exports\n")
    result = push(server, tmp_path)
    assert result.exit_code == 1
    assert "a.json: error: /protocolSection/statusModule: " in result.stderr
    assert result.stdout == (
        "records: 1 created, 1 not readable, 1 skipped; 1 resource in 1 transaction\n"
    )
    assert server.placed == studies(2)


def test_a_dry_run_sends_nothing(server: FhirServer, three: Path) -> None:
    result = push(server, three, "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "records: 3 would be sent; 3 resources in 1 transaction\n"
    assert server.asked == ["GET /metadata"]


def test_the_summary_as_json(server: FhirServer, three: Path) -> None:
    server.faults["POST"] = [Fault(422, outcome("no"), most=1)]
    result = push(server, three, "--report", "json")
    told = json.loads(result.stdout)
    assert {name: told[name] for name in ("created", "refused", "resources")} == {
        "created": 0,
        "refused": 3,
        "resources": 0,
    }
    assert [one["place"] for one in told["failed"]] == studies(1, 2, 3)


def test_a_token_of_the_environment_is_sent_and_nowhere_shown(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(client.TOKEN, "s3cret")
    server.faults["POST"] = [Fault(401, outcome("who are you"))]
    result = push(server, EXAMPLE)
    assert [each["Authorization"] for each in server.headers] == ["Bearer s3cret"] * 2
    assert "s3cret" not in result.output


# --- what goes wrong ----------------------------------------------------------------------------

HTML = "<html>\n<head><title>Welcome</title></head>\x1b[31m</html>"
TOKEN_ADVICE = "; the environment variable TRIALBRIDGE_TOKEN takes a token"

STOPS: dict[str, tuple[Fault, str]] = {
    "401": (
        Fault(401, outcome("Bearer token required")),
        "401 Unauthorized: Bearer token required" + TOKEN_ADVICE,
    ),
    "403 in HTML": (
        Fault(403, HTML, "text/html; charset=utf-8"),
        "403 Forbidden: the answer is text/html, not a FHIR resource in JSON: "
        "'<html> <head><title>Welcome</title></head> [31m</html>'" + TOKEN_ADVICE,
    ),
    "415": (
        Fault(415, outcome("use application/json")),
        "415 Unsupported Media Type: use application/json",
    ),
    "404 of no FHIR server": (
        Fault(404, "gone", "text/plain"),
        "no FHIR server: 404 Not Found: the answer is text/plain, not a FHIR resource in JSON: "
        "'gone'",
    ),
    "HTML": (
        Fault(200, HTML, "text/html"),
        "no FHIR: 200 OK: the answer is text/html, not a FHIR resource in JSON: "
        "'<html> <head><title>Welcome</title></head> [31m</html>'",
    ),
    "nothing": (Fault(200, ""), "no FHIR: 200 OK: the answer is empty"),
    "another resource": (
        Fault(200, '{"resourceType": "Patient"}'),
        "the answer is not that of a transaction with 3 entries: 200 OK: the answer is a Patient",
    ),
    "a redirect": (
        Fault(302, "", headers=(("Location", "https://sign.in/"),)),
        "302 Found: the answer is empty, to https://sign.in/: give that url instead",
    ),
    "429": (
        Fault(429, outcome("slowly"), headers=(("Retry-After", "0"),)),
        "429 Too Many Requests: slowly (asked once)",
    ),
    "429 for long": (
        Fault(429, "", headers=(("Retry-After", "3600"),)),
        "429 Too Many Requests: the answer is empty (asked once)",
    ),
    "a broken connection": (
        Fault(broken=True),
        "the connection failed: Server disconnected without sending a response. (asked once)",
    ),
}


@pytest.mark.parametrize("name", STOPS)
def test_what_stops_it_is_told_and_nothing_is_on_the_server(
    server: FhirServer, three: Path, name: str
) -> None:
    fault, said = STOPS[name]
    server.faults["POST"] = [fault]
    result = push(server, three)
    assert result.exit_code == 1
    assert result.stderr == f"error: POST {server.url}: {said}\n"
    assert result.stdout == ""
    assert (server.placed, len(server.bundles)) == ([], 1)


REFUSALS: dict[str, tuple[Fault, str]] = {
    "413": (
        Fault(413, HTML, "text/html", most=1),
        "413 Request Entity Too Large: the answer is text/html, not a FHIR resource in JSON: "
        "'<html> <head><title>Welcome</title></head> [31m</html>'",
    ),
    "422": (
        Fault(422, outcome("a", "b", "a", place="ResearchStudy.status"), most=1),
        "422 Unprocessable Entity: a (ResearchStudy.status); b (ResearchStudy.status)",
    ),
    "500": (Fault(500, "", most=1), "500 Internal Server Error: the answer is empty"),
    "409": (Fault(409, outcome(*"abcdefg"), most=1), "409 Conflict: a; b; c; d; e; 2 more"),
    "404 of a resource": (Fault(404, outcome("no Group/1"), most=1), "404 Not Found: no Group/1"),
    "an entry that failed": (
        Fault(
            200,
            json.dumps(
                {
                    "resourceType": "Bundle",
                    "entry": [
                        {
                            "response": {
                                "status": "400 Bad Request",
                                "outcome": json.loads(outcome("no such code")),
                            }
                        }
                    ],
                }
            ),
            most=1,
        ),
        "400 Bad Request: no such code",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_record_that_is_refused_is_told_with_the_servers_words(
    server: FhirServer, tmp_path: Path, name: str
) -> None:
    fault, said = REFUSALS[name]
    server.faults["POST"] = [fault]
    (tmp_path / "a.json").write_text(json.dumps(record(1)))
    result = push(server, tmp_path / "a.json")
    phrase = said.replace("Request Entity", "Content") if name == "413" else said
    assert result.exit_code == 1
    lines = [
        f"{tmp_path}/a.json: error: ResearchStudy/NCT00000001: the server refuses it: {each} "
        "[refused]\n"
        for each in (said, phrase)  # Python 3.13 has another phrase for 413
    ]
    assert result.stderr in lines
    assert result.stdout == "records: 1 refused; 0 resources in 0 transactions\n"
    assert server.placed == []


def test_a_transaction_that_is_refused_is_sent_record_by_record(
    server: FhirServer, three: Path
) -> None:
    server.faults["POST"] = [Fault(413, outcome("too large"), most=2)]
    result = push(server, three)
    assert result.exit_code == 0
    assert result.stdout == "records: 3 created; 3 resources in 3 transactions\n"
    assert server.placed == studies(1, 2, 3)


def test_one_record_that_is_refused_does_not_keep_the_others(
    server: FhirServer, three: Path
) -> None:
    server.faults["POST"] = [Fault(422, outcome("one of them")), Fault(422, outcome("the first"))]
    result = push(server, three)
    assert result.exit_code == 1
    assert result.stderr == (
        f"{three}:1: error: ResearchStudy/NCT00000001: the server refuses it: 422 Unprocessable "
        "Entity: the first [refused]\n"
    )
    assert result.stdout == "records: 2 created, 1 refused; 2 resources in 2 transactions\n"
    assert server.placed == studies(2, 3)


def test_a_server_that_fails_at_each_record_is_not_asked_for_ever(
    server: FhirServer, tmp_path: Path
) -> None:
    path = tmp_path / "many.ndjson"
    path.write_text("".join(json.dumps(record(n)) + "\n" for n in range(1, 10)))
    server.faults["POST"] = [Fault(500, outcome("no disk"), most=1)]
    result = push(server, path)
    assert result.exit_code == 1
    assert result.stderr.endswith(
        f"error: POST {server.url}: it failed at 5 records one after another\n"
    )
    assert result.stdout == "records: 5 refused; 0 resources in 0 transactions\n"


def test_a_busy_server_is_asked_again_when_it_says(server: FhirServer, three: Path) -> None:
    server.faults["POST"] = [
        Fault(429, outcome("slowly"), headers=(("Retry-After", "7"),)),
        Fault(503, ""),
        Fault(broken=True),
    ]
    waits: list[float] = []
    told: list[str] = []
    manner = Manner(waiting=told.append, sleep=waits.append)
    pushed = trialbridge.push(server.url, three, manner=manner)
    assert pushed == trialbridge.Pushed(created=3, resources=3, transactions=1)
    assert waits == [7.0, 0.02, 0.04]
    assert told[0] == (f"POST {server.url}: 429 Too Many Requests: slowly; again in 7.0 s")


def test_retry_after_may_be_a_time(server: FhirServer, three: Path) -> None:
    past = Fault(429, "", headers=(("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),))
    server.faults["POST"] = [past]
    waits: list[float] = []
    trialbridge.push(server.url, three, manner=Manner(sleep=waits.append))
    assert waits == [0.0]


def test_a_server_that_asks_for_an_hour_is_not_waited_for(server: FhirServer, three: Path) -> None:
    server.faults["POST"] = [Fault(503, "", headers=(("Retry-After", "3600"),))]
    with pytest.raises(trialbridge.PushStopped) as stopped:
        trialbridge.push(server.url, three)
    assert str(stopped.value).endswith(": the answer is empty, and asks to wait 3,600 seconds")


def test_a_connection_that_broke_after_the_work_was_done_makes_nothing_twice(
    server: FhirServer, three: Path
) -> None:
    server.faults["POST"] = [Fault(broken=True, done=True)]
    result = push(server, three, "--quiet", retries=1)
    assert result.exit_code == 0
    assert server.placed == studies(1, 2, 3)


def test_nobody_at_the_url(three: Path) -> None:
    result = push("http://127.0.0.1:9", three)
    assert result.exit_code == 1
    assert result.stderr == (
        "error: GET http://127.0.0.1:9/metadata: the connection failed: "
        "[Errno 111] Connection refused (asked once)\n"
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "ftp://a/fhir",
            "'ftp://a/fhir' is no url of a server, expected http://... or https://...",
        ),
        ("fhir", "'fhir' is no url of a server, expected http://... or https://..."),
        ("http://a/fhir?x=1", "'http://a/fhir?x=1' has a query, expected the base url of a FHIR"),
        ("http://me:pw@a/", "the url of the server has a user in it; put a token in TRIALBRIDGE"),
    ],
)
def test_what_is_no_url_is_wrong_usage(three: Path, url: str, said: str) -> None:
    result = push(url, three)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_server_without_transactions_is_refused(server: FhirServer, three: Path) -> None:
    server.interactions = ["search-system"]
    result = push(server, three)
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: POST {server.url}: the server states that it does no transactions, without which "
        "half a record may arrive\n"
    )


def test_without_the_extra_it_is_said_how_to_install_it(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "httpx", None)
    result = push("http://127.0.0.1:9", three)
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "httpx, which talks to servers, is not installed: pip install 'trialbridge[server]'\n"
    )


# --- stopped, and resumed -----------------------------------------------------------------------


def test_what_was_stopped_goes_on_and_nothing_is_sent_twice(
    server: FhirServer, three: Path, tmp_path: Path
) -> None:
    journal = tmp_path / "taken"
    server.down_after = 2
    stopped = push(server, three, "--entries", 1, "--resume", journal)
    assert stopped.exit_code == 1
    assert stopped.stdout == "records: 2 created; 2 resources in 2 transactions\n"
    with journal.open("ab") as file:
        file.write(b'{"server":"http')  # as of a process that was killed
    server.down_after = None
    resumed = push(server, three, "--entries", 1, "--resume", journal)
    assert (resumed.exit_code, resumed.stderr) == (0, "")
    assert resumed.stdout == "records: 1 created, 2 unchanged; 1 resource in 1 transaction\n"
    assert server.versions == dict.fromkeys(studies(1, 2, 3), 1)
    again = push(server, three, "--resume", journal)
    assert again.stdout == "records: 3 unchanged; 0 resources in 0 transactions\n"


def test_a_record_that_changed_since_is_sent_again(server: FhirServer, tmp_path: Path) -> None:
    source, journal = tmp_path / "a.json", tmp_path / "taken"
    for title, fate in (("Tea", "created"), ("Coffee", "updated"), ("Coffee", "unchanged")):
        source.write_text(json.dumps(record(1, title=title)))
        pushed = trialbridge.push(server.url, source, resume=journal)
        assert getattr(pushed, fate) == 1
    assert server.resources["ResearchStudy/NCT00000001"]["title"] == "Coffee"


def test_a_journal_that_cannot_be_written_is_told(server: FhirServer, three: Path) -> None:
    result = push(server, three, "--resume", three.parent / "none" / "taken")
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: cannot write {three.parent}/none/taken: No such file or directory\n"
    )
    assert server.bundles == []


# --- what an earlier version left behind --------------------------------------------------------

Send = Callable[..., trialbridge.Pushed]


@pytest.fixture
def send(server: FhirServer, tmp_path: Path) -> Send:
    def sent(number: int, sites: int, **how: Any) -> trialbridge.Pushed:
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(record(number, sites)))
        return trialbridge.push(server.url, path, **how)

    return sent


def locations(server: FhirServer) -> list[str]:
    return [place for place in server.placed if place.startswith("Location/")]


def test_a_purge_deletes_what_the_record_no_longer_has_in_the_same_transaction(
    server: FhirServer, send: Send
) -> None:
    send(1, 4)
    send(2, 4)
    send(1, 2)
    assert len(locations(server)) == 8
    pushed = send(1, 2, purge=True)
    assert (pushed.updated, pushed.deleted) == (1, 2)
    assert locations(server) == [
        *(f"Location/NCT00000001-site-{n}" for n in (1, 2)),
        *(f"Location/NCT00000002-site-{n}" for n in (1, 2, 3, 4)),
    ]
    assert [entry["request"] for entry in server.bundles[-1]["entry"][:3]] == [
        {"method": "DELETE", "url": "Location/NCT00000001-site-3"},
        {"method": "DELETE", "url": "Location/NCT00000001-site-4"},
        {"method": "PUT", "url": "ResearchStudy/NCT00000001"},
    ]


def test_a_dry_run_says_what_would_be_deleted(
    server: FhirServer, send: Send, tmp_path: Path
) -> None:
    send(1, 2)
    (tmp_path / "1.json").write_text(json.dumps(record(1, 1)))
    result = push(server, tmp_path / "1.json", "--purge", "--dry-run")
    assert result.stderr == f"{tmp_path}/1.json: left behind: Location/NCT00000001-site-2\n"
    assert result.stdout == ("records: 1 would be sent; 2 resources in 1 transaction, 1 deleted\n")
    assert len(locations(server)) == 2


def test_what_came_without_a_tag_is_found_by_what_its_study_refers_to(
    server: FhirServer, send: Send
) -> None:
    send(1, 3)
    for resource in server.resources.values():
        del resource["meta"]
    assert send(1, 1, purge=True).deleted == 2
    assert locations(server) == ["Location/NCT00000001-site-1"]


def test_a_server_that_does_not_search_by_tag_loses_nothing_of_others(
    server: FhirServer, send: Send
) -> None:
    send(1, 3)
    send(2, 3)
    server.resources["Location/hospital"] = {"resourceType": "Location", "id": "hospital"}
    server.searches.discard("_tag")
    server.ignores.add("_tag")
    told: list[trialbridge.Delivery] = []
    assert send(1, 1, purge=True, told=told.append).deleted == 2
    assert len(locations(server)) == 1 + 3 + 1
    assert [p.code for each in told for p in each.problems] == ["purge"]


def test_a_server_that_refuses_to_search_by_tag_is_purged_by_references(
    server: FhirServer, send: Send
) -> None:
    send(1, 3)
    server.searches.discard("_tag")
    assert send(1, 1, purge=True).deleted == 2


def test_what_others_refer_to_stays_and_is_told(
    server: FhirServer, send: Send, tmp_path: Path
) -> None:
    send(1, 2)
    server.referred = {"Location/NCT00000001-site-2"}
    (tmp_path / "1.json").write_text(json.dumps(record(1, 1)))
    result = push(server, tmp_path / "1.json", "--purge")
    assert result.exit_code == 0
    assert result.stderr == (
        f"{tmp_path}/1.json: warning: ResearchStudy/NCT00000001: Location/NCT00000001-site-2 of an "
        "earlier version cannot be deleted: 409 Conflict: Location/NCT00000001-site-2 is referred "
        "to [purge]\n"
    )
    assert result.stdout == "records: 1 updated; 2 resources in 1 transaction\n"


@pytest.mark.parametrize("name", ["fhir-r5", "fhir-r4b", "fhir-r4"])
def test_a_purge_looks_at_every_type_that_a_record_is_written_as(name: str) -> None:
    for path in (ROOT / "examples").glob("*.ctgov.json"):
        made = loads.load(path.name, trialbridge.read(path), loads.target(name, None))
        assert {place.partition("/")[0] for place in made.put} <= set(left_behind.WRITTEN)
