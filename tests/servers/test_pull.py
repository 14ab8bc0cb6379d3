"""Studies from a server, each with all that it refers to, and what goes wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fhir_server import Fault, FhirServer, outcome
from results_tables import whole

import trialbridge
from trialbridge.cli.commands import main
from trialbridge.io.web import Manner
from trialbridge.server import gathering
from trialbridge.server.client import in_urls

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.ctgov.json"))
EXAMPLE = ROOT / "examples" / "NCT99900001.ctgov.json"


def pull(server: FhirServer, *args: object) -> Result:
    command = ["pull", server.url, *map(str, args), "--retries", "0"]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def pulled(server: FhirServer, what: str) -> trialbridge.Record:
    (record,) = trialbridge.pull(server.url, what, manner=Manner(retries=0))
    return record


@pytest.mark.parametrize("number", ["4.0.1", "4.3.0", "5.0.0"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_what_was_pushed_comes_back_identical(server: FhirServer, path: Path, number: str) -> None:
    server.version = number
    trialbridge.push(server.url, path)
    nct_id = path.name.partition(".")[0]
    result = pull(server, f"ResearchStudy/{nct_id}", "--to", "ctgov")
    assert (result.exit_code, result.stderr) == (0, "")
    assert trialbridge.diff(result.stdout.encode(), path) == []


@pytest.mark.parametrize("number", ["4.0.1", "4.3.0", "5.0.0"])
def test_results_come_back_with_all_their_digits(
    server: FhirServer, tmp_path: Path, number: str
) -> None:
    server.version = number
    record = tmp_path / "record.json"
    record.write_bytes(trialbridge.write(whole(), "ctgov"))
    summary = trialbridge.push(server.url, record)
    assert summary.refused == 0
    assert trialbridge.push(server.url, record, purge=True).deleted == 0
    trial = pulled(server, "ResearchStudy/NCT00000001").trial
    assert trial == whole()


@pytest.mark.parametrize("page", [1, 3])
def test_pages_are_followed_and_never_to_another_server(server: FhirServer, page: int) -> None:
    # A server behind a proxy goes by another name than it is asked by.
    server.page, server.name = page, "http://inside.example/fhir"
    trialbridge.push(server.url, EXAMPLES)
    result = pull(server, "?", "--to", "ctgov")
    assert (result.exit_code, result.stderr) == (0, f"{len(EXAMPLES)} studies read\n")
    lines = result.stdout.splitlines()
    for line, path in zip(lines, EXAMPLES, strict=True):
        assert trialbridge.diff(line.encode(), path) == []


def test_a_server_that_does_not_search_is_read_one_by_one(server: FhirServer) -> None:
    trialbridge.push(server.url, EXAMPLE)
    server.searches = set()
    record = pulled(server, "ResearchStudy/NCT99900001")
    assert (record.name, record.format, record.problems) == (
        f"{server.url}/ResearchStudy/NCT99900001",
        "fhir-r4",
        [],
    )
    assert record.trial is not None
    assert trialbridge.diff(trialbridge.write(record.trial, "ctgov"), EXAMPLE) == []


def test_a_search_goes_into_a_folder(server: FhirServer, tmp_path: Path) -> None:
    trialbridge.push(server.url, EXAMPLES)
    folder = tmp_path / "new"
    result = pull(server, "ResearchStudy?identifier=NCT99900001", "-t", "text", "-o", f"{folder}/")
    assert (result.exit_code, result.stderr) == (0, "1 study read\n")
    assert [path.name for path in folder.iterdir()] == ["NCT99900001.text.txt"]
    assert (folder / "NCT99900001.text.txt").read_bytes() == trialbridge.convert(EXAMPLE, "text")


def test_a_search_in_a_format_without_lines_wants_a_folder(server: FhirServer) -> None:
    result = pull(server, "?", "--to", "odm")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "Error: a search may find several studies, of which odm-2.0 holds one: --output FOLDER/ "
        "takes a file for each\n"
    )


def test_a_search_that_finds_nothing(server: FhirServer) -> None:
    result = pull(server, "?identifier=NCT00000000", "--to", "ctgov")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "0 studies read\n")


def test_a_search_that_the_server_does_not_do_is_told(server: FhirServer) -> None:
    result = pull(server, "?colour=blue", "--to", "ctgov")
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: GET {server.url}/ResearchStudy: 400 Bad Request: unknown parameter colour\n"
    )


def test_what_the_server_says_of_a_search_is_a_warning(server: FhirServer) -> None:
    trialbridge.push(server.url, EXAMPLE)
    study = server.resources["ResearchStudy/NCT99900001"]
    remark = {"resource": json.loads(outcome("colour is ignored")), "search": {"mode": "outcome"}}
    page = {"resourceType": "Bundle", "entry": [{"resource": study}, remark]}
    server.faults["GET"] = [Fault(200, json.dumps(page))]
    assert [str(problem) for problem in pulled(server, "?colour=blue").problems] == [
        f"warning: GET {server.url}/ResearchStudy: the server says of the search: colour is ignored"
    ]


def test_a_limit_of_studies_is_told(server: FhirServer) -> None:
    trialbridge.push(server.url, EXAMPLES)
    result = pull(server, "?", "--to", "ctgov", "--limit", "1")
    assert result.exit_code == 1
    assert result.stderr == (
        f"{server.url}/ResearchStudy: error: ResearchStudy: the search finds more studies than the "
        "limit of 1; the rest is not read [limit]\n"
        "1 study read\n"
    )
    assert len(result.stdout.splitlines()) == 1


def test_a_study_that_is_not_there(server: FhirServer) -> None:
    result = pull(server, "ResearchStudy/NCT00000000", "--to", "ctgov")
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: GET {server.url}/ResearchStudy/NCT00000000: no ResearchStudy: 404 Not Found: "
        "ResearchStudy/NCT00000000 is not here\n"
    )


def test_what_is_referred_to_and_not_there_is_told(server: FhirServer) -> None:
    trialbridge.push(server.url, EXAMPLE)
    del server.resources["Location/NCT99900001-site-1"]
    problems = pulled(server, "ResearchStudy/NCT99900001").problems
    assert str(problems[0]) == (
        "warning: Location/NCT99900001-site-1: is referred to, and not on the server: "
        "404 Not Found: Location/NCT99900001-site-1 is not here"
    )


def test_another_study_is_not_followed(server: FhirServer) -> None:
    trialbridge.push(server.url, EXAMPLES)
    study = server.resources["ResearchStudy/NCT99900001"]
    study["partOf"] = [{"reference": "ResearchStudy/NCT99900002"}]
    record = pulled(server, "ResearchStudy/NCT99900001")
    assert record.trial is not None
    assert record.trial.nct_id == "NCT99900001"


def test_references_that_lead_in_a_circle_come_to_an_end(server: FhirServer) -> None:
    trialbridge.push(server.url, EXAMPLE)
    place = server.resources["Location/NCT99900001-site-1"]
    place["partOf"] = {"reference": f"{server.url}/Location/NCT99900001-site-2/_history/1"}
    other = server.resources["Location/NCT99900001-site-2"]
    other["partOf"] = {"reference": "Location/NCT99900001-site-1"}
    assert pulled(server, "ResearchStudy/NCT99900001").trial is not None


def test_a_study_that_refers_to_too_much_is_refused(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    trialbridge.push(server.url, EXAMPLE)
    monkeypatch.setattr(gathering, "MOST", 20)
    result = pull(server, "ResearchStudy/NCT99900001", "--to", "ctgov")
    assert result.exit_code == 1
    assert result.stderr.endswith(": the study refers to more than 20 resources\n")


def test_pages_that_do_not_end_are_left(server: FhirServer) -> None:
    page = {"resourceType": "Bundle", "link": [{"relation": "next", "url": "/ResearchStudy?a=1"}]}
    server.faults["GET"] = [Fault(200, json.dumps(page))] * 3
    result = pull(server, "?", "--to", "ctgov")
    assert result.exit_code == 1
    assert result.stderr.endswith(": the pages of the search do not end\n")


def test_an_answer_without_an_end_is_left(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "1000")
    server.faults["GET"] = [Fault(200, " " * 2000)]
    result = pull(server, "?", "--to", "ctgov")
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: GET {server.url}/ResearchStudy: the answer is larger than the limit of 1,000 "
        "bytes; TRIALBRIDGE_MAX_BYTES raises it\n"
    )


@pytest.mark.parametrize("what", ["Patient/1", "Patient?name=x", "", "a/b/c"])
def test_what_is_no_study_is_wrong_usage(server: FhirServer, what: str) -> None:
    result = pull(server, what, "--to", "ctgov")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        f"{what!r} is not a study on a server, expected ResearchStudy/ID or ?NAME=VALUE&...\n"
    )


def test_a_study_that_is_no_trial_says_why(server: FhirServer) -> None:
    study = {"resourceType": "ResearchStudy", "id": "x", "status": ["completed"]}
    server.resources["ResearchStudy/x"] = study
    result = pull(server, "ResearchStudy/x", "--to", "ctgov")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{server.url}/ResearchStudy/x: ")
    assert result.stdout == ""


def test_values_are_parted_for_urls() -> None:
    assert in_urls([]) == []
    assert in_urls(["a"] * 5, 2) == [["a", "a"], ["a", "a"], ["a"]]
    assert in_urls(["a" * 1_500, "b" * 1_500, "c"]) == [["a" * 1_500], ["b" * 1_500, "c"]]
    assert in_urls(["a" * 9_000]) == [["a" * 9_000]]
