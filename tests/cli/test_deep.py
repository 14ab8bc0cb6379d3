"""Second opinions: who is asked by `--deep`, and HL7's own validator where the user has it."""

import json
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import corpus
import pytest
from click.testing import CliRunner, Result
from fhir_bundles import full
from fhir_faults import OLD_MUTANTS, edit, good, good_old
from lxml import etree

import trialbridge
from trialbridge.cli import commands as cli
from trialbridge.formats.odm import v2_0 as converter
from trialbridge.schemas.fhir import opinion as fhir_opinion
from trialbridge.schemas.fhir import r4 as fhir_r4
from trialbridge.schemas.fhir import validate as fhir_validate
from trialbridge.schemas.odm import opinion as odm_opinion
from trialbridge.schemas.odm import validate as odm
from trialbridge.schemas.problem import Problem
from trialbridge.validation import check as validation
from trialbridge.validation import hl7_validator

RECORD = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea in Mild Fatigue"},
        "statusModule": {"overallStatus": "COMPLETED"},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1"]},
    }
}


def run(*arguments: str, **options: Any) -> Result:
    """Run `trialbridge validate` with arguments in this process."""
    return CliRunner().invoke(
        cli.main,
        ["validate", *arguments],
        prog_name="trialbridge",
        catch_exceptions=False,
        **options,
    )


# --- R4: fhirkit-rs ----------------------------------------------------------------------------


def test_what_is_valid_r4_has_no_second_opinion() -> None:
    pytest.importorskip("fhirkit")
    assert fhir_opinion.opinions(good_old(), "r4", []) == []


def test_fhirkit_says_nothing_new_of_what_is_known_and_finds_half_of_it_alone() -> None:
    pytest.importorskip("fhirkit")
    found = 0
    for number, pointer, value, *_ in OLD_MUTANTS:
        bundle = good_old()
        edit(bundle["entry"][number]["resource"], pointer, value)
        assert fhir_r4.validate(bundle, second_opinion=True) == fhir_r4.validate(bundle)
        found += bool(fhir_opinion.opinions(bundle, "r4", []))
    assert (found, len(OLD_MUTANTS)) == (19, 37)


def test_an_opinion_on_r4_names_who_has_it_and_the_place_as_the_walker_does() -> None:
    pytest.importorskip("fhirkit")
    bundle = good_old()
    number = next(
        number
        for number, entry in enumerate(bundle["entry"])
        if entry["resource"]["resourceType"] == "ResearchStudy"
    )
    study = bundle["entry"][number]["resource"]
    study["title"] = 5
    del study["status"]
    study["colour"] = "red"
    place = f"Bundle.entry[{number}].resource/*ResearchStudy/{study['id']}*/"
    told = fhir_opinion.opinions(bundle, "r4", [])
    assert sorted((p.path, p.code, p.message) for p in told) == [
        (f"{place}.colour", "unknown-element", "not an element of this type"),
        (f"{place}.status", "required", "required, but absent"),
        (f"{place}.title", "fhirkit-rs", "expected a string, found a number (fhirkit-rs)"),
    ]
    assert {(p.severity, p.layer) for p in told} == {("error", "second-opinion")}
    assert fhir_opinion.opinions(bundle, "r4", told) == []


def test_the_second_of_a_choice_is_minded_once() -> None:
    pytest.importorskip("fhirkit")
    patient = {"resourceType": "Patient", "deceasedBoolean": True, "deceasedDateTime": "2024"}
    assert [(p.path, p.message) for p in fhir_opinion.opinions(patient, "r4", [])] == [
        (
            "Patient.deceased",
            "only one type may be given, found deceasedBoolean, deceasedDateTime (fhirkit-rs)",
        )
    ]


def test_where_fhirkit_is_not_installed_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fhirkit", None)
    assert fhir_r4.validate(good_old(), second_opinion=True) == [
        Problem(
            severity="information",
            layer="second-opinion",
            path="",
            code="not-asked",
            message="nobody was asked for a second opinion on R4: fhirkit-rs is not installed; "
            "pip install 'trialbridge[deep]' does it",
            link="https://docs.rs/fhirkit",
        )
    ]
    assert fhir_r4.validate(good_old()) == []


# --- ODM: odmlib -------------------------------------------------------------------------------

ODM_2 = trialbridge.convert(json.dumps(RECORD).encode(), "odm-2.0")


def test_odmlib_minds_nothing_of_what_we_write() -> None:
    assert odm.check(ODM_2, deep=True) == []
    data, _ = converter.write(full())
    assert odm.check(data, deep=True) == []


def test_odmlib_minds_nothing_more_in_the_documents_of_others() -> None:
    for path in corpus.files("odm-*/*.xml")[:: 1 if corpus.ALL else 20]:
        data = path.read_bytes()
        assert odm.check(data, deep=True) == odm.check(data), path.name


def test_odmlib_finds_by_itself_what_the_xsd_forbids() -> None:
    data = ODM_2.replace(b"<Study ", b'<Study Colour="red" ')
    root = etree.fromstring(data)
    assert [(p.severity, p.path, p.code) for p in odm_opinion.opinions(root, data, [])] == [
        ("error", "line 1: ODM/Study", "odmlib-xsd"),
        ("warning", "line 1: ODM/Study", "odmlib-model"),
    ]
    assert odm_opinion.opinions(root, data, odm.check(data)) == []


def test_odmlib_answers_for_either_version_whichever_was_asked_before() -> None:
    old = b"""<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="Snapshot" FileOID="F"
      CreationDateTime="2024-01-01T00:00:00" ODMVersion="1.3.2"><Study OID="S"><GlobalVariables>
      <StudyName>N</StudyName><StudyDescription>D</StudyDescription>
      <ProtocolName>P</ProtocolName></GlobalVariables></Study></ODM>"""
    before = {name for name in sys.modules if name.startswith("odmlib.odm_")}
    for data in (old, ODM_2, old):
        assert odm.check(data, deep=True) == []
    # It keeps namespaces for a whole process, and this is not the one.
    assert {name for name in sys.modules if name.startswith("odmlib.odm_")} == before


def test_odmlib_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("odmlib", 120)

    monkeypatch.setattr(odm_opinion.subprocess, "run", late)
    assert [str(problem) for problem in odm.check(ODM_2, deep=True)] == [
        "warning: odmlib gave no opinion: Command 'odmlib' timed out after 120 seconds"
    ]


def test_a_module_in_the_folder_of_the_user_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("odmlib.py").write_text("raise SystemExit('run')")
    assert odm.check(ODM_2, deep=True) == []


# --- HL7's validator ---------------------------------------------------------------------------

FAKE = """\
    #!{python}
    import json, os, pathlib, sys, time
    arguments = sys.argv[1:]
    pathlib.Path({log!r}).write_text(json.dumps([arguments, os.getcwd()]))
    document, rest = arguments[0], arguments[1:]
    assert rest[0::2] == ["-version", "-tx", "-output"], rest
    assert rest[3] == "n/a", rest
    pathlib.Path({seen!r}).write_bytes(pathlib.Path(document).read_bytes())
    outcome = {outcome!r}
    if outcome == "sleep":
        time.sleep(60)
    elif outcome is None:
        print("Exception in thread main: out of luck", file=sys.stderr)
        sys.exit(3)
    else:
        pathlib.Path(rest[5]).write_text(outcome)
    sys.exit(1)
"""

OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "error",
            "code": "required",
            "details": {"text": "Rule bdl-7: fullUrl has to be unique"},
            "expression": ["Bundle.entry[0].resource/*ResearchStudy/NCT00000001*/.title"],
        },
        {
            "severity": "warning",
            "code": "business-rule",
            "diagnostics": "should have a narrative",
            "location": ["Bundle.entry[0]", "Line[1] Col[2]"],
        },
        {"severity": "information", "code": "informational", "details": {"text": "All OK"}},
    ],
}


class Fake:
    """A validator that writes down its arguments, and an outcome that the test chooses."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "validator"
        self.log, self.seen = folder / "log.json", folder / "seen.json"

    def answers(self, outcome: Any) -> str:
        words = outcome if isinstance(outcome, str | None) else json.dumps(outcome)
        script = textwrap.dedent(FAKE).format(
            python=sys.executable, log=str(self.log), seen=str(self.seen), outcome=words
        )
        self.path.write_text(script)
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)
        return str(self.path)

    def arguments(self) -> list[str]:
        found: list[str] = json.loads(self.log.read_text())[0]
        return found


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    if os.name != "posix":
        pytest.skip("a script is no executable here")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return Fake(tmp_path)


def problems(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)["files"][0]["problems"]
    return [problem for problem in found if problem["layer"] == "hl7-validator"]


@pytest.mark.parametrize(
    ("format_", "version"), [("fhir-r5", "5.0"), ("fhir-r4b", "4.3"), ("fhir-r4", "4.0")]
)
def test_the_validator_gets_the_document_its_version_and_no_terminology_server(
    format_: str, version: str, fake: Fake
) -> None:
    document = json.dumps(good() if format_ == "fhir-r5" else good_old())
    Path("bundle.json").write_text(document)
    found = run("bundle.json", "--from", format_, "--hl7-validator", fake.answers(OUTCOME))
    assert found.exit_code == 1, found.output
    name, *rest = fake.arguments()
    assert Path(name).name == "document.json"
    outcome = str(Path(name).with_name("outcome.json"))
    assert rest == ["-version", version, "-tx", "n/a", "-output", outcome]
    assert fake.seen.read_text() == document
    assert not Path(name).parent.exists()


def test_its_outcome_joins_the_report(fake: Fake) -> None:
    Path("bundle.json").write_text(json.dumps(good()))
    found = run("bundle.json", "--report", "json", "--hl7-validator", fake.answers(OUTCOME))
    assert found.exit_code == 1
    told = [
        {key: problem.get(key) for key in ("severity", "code", "path", "message")}
        for problem in problems(found)
    ]
    assert told == [
        {
            "severity": "error",
            "code": "required",
            "path": "Bundle.entry[0].resource/*ResearchStudy/NCT00000001*/.title",
            "message": "Rule bdl-7: fullUrl has to be unique",
        },
        {
            "severity": "warning",
            "code": "business-rule",
            "path": "Bundle.entry[0]",
            "message": "should have a narrative",
        },
    ]


def test_a_bundle_of_outcomes_is_read_too_and_all_ok_is_no_problem(fake: Fake) -> None:
    ok = {"resourceType": "OperationOutcome", "issue": OUTCOME["issue"][2:]}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": ok}, {"resource": OUTCOME}]}
    checker = hl7_validator.validator(fake.answers(bundle))
    assert [p.code for p in checker.check(b"{}", "fhir-r5")] == ["required", "business-rule"]
    assert hl7_validator.validator(fake.answers(ok)).check(b"{}", "fhir-r4") == []


def test_other_formats_and_what_cannot_be_read_are_not_its_matter(fake: Fake) -> None:
    Path("record.json").write_text(json.dumps(RECORD))
    Path("broken.json").write_text('{"resourceType": "Bundle", ')
    found = run("record.json", "broken.json", "--hl7-validator", fake.answers(OUTCOME))
    assert found.exit_code == 1
    assert not fake.log.exists()


@pytest.mark.parametrize(
    ("outcome", "code", "message"),
    [
        (None, "no-outcome",
         "ended with status 3 and no outcome: Exception in thread main: out of luck"),
        ("sleep", "timeout", "no outcome within 0.5 seconds: stopped"),
        ("<oo/>", "unreadable-outcome",
         "its outcome is no JSON: JSON is malformed: invalid character (byte 0)"),
        ("[]", "unreadable-outcome", "its outcome is no OperationOutcome, nor a Bundle of them"),
        ({"resourceType": "Patient"}, "unreadable-outcome",
         "its outcome is no OperationOutcome, nor a Bundle of them"),
        ({"resourceType": "OperationOutcome", "issue": [1]}, "unreadable-outcome",
         "its outcome is no OperationOutcome, nor a Bundle of them"),
        ("[" * 100_000, "unreadable-outcome", None),
    ],
)  # fmt: skip
def test_no_outcome_is_an_error_of_its_own(
    outcome: Any, code: str, message: str | None, fake: Fake
) -> None:
    Path("bundle.json").write_text(json.dumps(good()))
    limit = "0.5" if outcome == "sleep" else "60"
    path = fake.answers(outcome)
    found = run("bundle.json", "--report", "json", "--hl7-validator", path, "--hl7-timeout", limit)
    assert found.exit_code == 1
    (problem,) = problems(found)
    assert (problem["severity"], problem["code"]) == ("error", code)
    if message is not None:
        assert problem["message"] == f"HL7's validator did not check this: {message}"


def test_an_executable_that_the_system_refuses_is_told(fake: Fake) -> None:
    fake.path.write_bytes(b"\x7fELF not really")
    fake.path.chmod(0o755)
    (problem,) = hl7_validator.validator(str(fake.path)).check(b"{}", "fhir-r5")
    assert problem.code == "not-run"
    assert problem.message == (
        f"HL7's validator did not check this: {fake.path} cannot be run: Exec format error"
    )


def test_a_jar_is_run_by_java(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = fake.path.with_name("validator_cli.jar")
    jar.write_bytes(b"PK\x03\x04")
    java = fake.path.with_name("java")
    java.write_text("")
    java.chmod(0o755)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(java.parent))
    assert hl7_validator.validator(str(jar)).command == (str(java), "-jar", str(jar))
    home = fake.path.with_name("jdk")
    (home / "bin").mkdir(parents=True)
    other = home / "bin" / "java"
    other.write_text("")
    other.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert hl7_validator.validator(str(jar)).command == (str(other), "-jar", str(jar))


def test_what_cannot_be_run_is_wrong_usage(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("bundle.json").write_text(json.dumps(good()))
    Path("notes.txt").write_text("no jar")
    Path("validator_cli.jar").write_bytes(b"PK\x03\x04")
    monkeypatch.setenv("PATH", str(fake.path.parent / "nowhere"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    for path, reason in (
        ("none.jar", "none.jar: No such file or directory"),
        ("notes.txt", "notes.txt is neither a jar nor executable; expected validator_cli.jar"),
        ("validator_cli.jar",
         "a jar needs Java, and there is no `java` on the PATH nor in JAVA_HOME"),
    ):  # fmt: skip
        found = run("bundle.json", "--hl7-validator", path)
        assert found.exit_code == 2
        assert found.stderr.endswith(f"Error: --hl7-validator: {reason}\n")


def test_what_runs_over_time_is_ended_with_all_that_it_has_started(fake: Fake) -> None:
    mark = fake.path.with_name("alive")
    fake.path.write_text(f"#!/bin/sh\n(sleep 2; echo still there > {mark}) &\nsleep 60\n")
    fake.path.chmod(0o755)
    (problem,) = hl7_validator.validator(str(fake.path), 0.3).check(b"{}", "fhir-r5")
    assert problem.code == "timeout"
    subprocess.run(["sleep", "2.5"], check=True)
    assert not mark.exists()


def test_deep_asks_all_of_them_in_one_report(fake: Fake) -> None:
    pytest.importorskip("fhirkit")
    Path("odm.xml").write_bytes(ODM_2)
    assert run("--deep", "odm.xml", "--fail-on", "information").exit_code == 0
    data = json.dumps(good_old()).encode()
    for version in ("r4", "r4b"):
        assert fhir_validate.check(data, version, thorough=False, deep=True) == (
            fhir_validate.check(data, version, thorough=True, deep=False)
        )


def test_nothing_of_this_is_loaded_unless_it_is_asked_for() -> None:
    script = (
        "import sys, trialbridge\n"
        "from trialbridge.schemas.fhir import r4 as fhir_r4\n"
        "from trialbridge.schemas.odm import validate as odm\n"
        f"assert fhir_r4.validate({good_old()!r}) == []\n"
        f"assert odm.check({ODM_2!r}) == []\n"
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('fhirkit', 'odmlib', 'xmlschema', 'fhir', 'pydantic')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


def test_the_wish_is_without_a_validator_by_default() -> None:
    assert validation.Wish().hl7 is None
