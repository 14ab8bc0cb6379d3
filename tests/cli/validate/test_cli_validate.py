"""`trialbridge validate`, as a user types it."""

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cli_record import RECORD
from cli_sources import MODEL, ODD, WRONG, WRONG_MESSAGE, WRONG_PATH, run
from format_names import JSON_KEYS, asked
from transcripts import shell

import trialbridge
from trialbridge.cli import validate as cli_validate
from trialbridge.formats import checked_formats, read_formats, written_formats
from trialbridge.formats import names as format_names
from trialbridge.validation import check as validation
from trialbridge.validation import reports

WRONG_TOLD = f"""\
  2:48 error: {WRONG_PATH}: {WRONG_MESSAGE} [invalid-text]
     2 | ...usModule": {{"startDateStruct": {{"date": "2024-13"}}}}}}}}
       |                                            ^
    {MODEL}
"""


READ_NAMES = format_names(read_formats())
NO_TEXT = f"the source is no trial record in a known format; known are {READ_NAMES}"


MARKDOWN = NO_TEXT.replace("source is no", "source is Markdown, which is no")
NO_KEYS = f"the JSON object has none of the keys that tell a format ({JSON_KEYS})"


ALL_NAMES = format_names(checked_formats())


# --- what is checked -----------------------------------------------------------------------------


def test_each_source_is_told_with_its_problems_below_it_and_the_counts_at_the_end() -> None:
    found = run("right.json wrong.json none -", input=json.dumps(RECORD))
    assert (found.exit_code, found.stderr) == (1, "")
    assert found.stdout == (
        "right.json: ok (ctgov)\n"
        "wrong.json: failed (ctgov): 1 error\n" + WRONG_TOLD + "none: failed: 1 fatal\n"
        "  fatal: cannot be read: No such file or directory [unreadable]\n"
        "<stdin>: ok (ctgov)\n"
        "4 sources: 2 failed (1 fatal, 1 error)\n"
    )


def test_each_row_of_a_table_is_checked() -> None:
    rows = ("NCT Number,Study Title,Study Status", "NCT00000001,A,COMPLETED", "NCT00000002,B,TEA")
    Path("rows.csv").write_text("\n".join(rows) + "\n")
    found = run("rows.csv")
    assert found.exit_code == 0
    told = "3:1 warning: line 3, column 'Study Status': 'TEA' is not read: kept in unmapped"
    assert told in found.stdout


def test_a_file_of_no_known_format_is_fatal_where_it_is_named() -> None:
    Path("prose.txt").write_text("Dear reader,\n")
    found = run("prose.txt")
    assert found.exit_code == 1
    assert found.stdout == (
        "prose.txt: failed: 1 fatal\n"
        "  1:1 fatal: the source is no trial record in a known format;"
        f" known are {format_names(read_formats())} [format]\n"
        "     1 | Dear reader,\n"
        "       | ^\n"
        "1 source: 1 failed (1 fatal)\n"
    )


def test_a_folder_is_walked_and_what_is_of_no_known_format_is_counted_as_skipped() -> None:
    Path("a/b").mkdir(parents=True)
    Path("a/package.json").write_text('{"name": "x"}')
    Path("a/notes.txt").write_text("Dear reader")
    Path("a/b/image.png").write_bytes(b"\x89PNG\0\xff")
    Path("a/b/right.json").write_text(json.dumps(RECORD))
    Path("a/b/half.json").write_text('{"protocolSection": {')
    found = run("a")
    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    assert lines[:2] == [
        f"a/notes.txt: skipped: {NO_TEXT}",
        f"a/package.json: skipped: {NO_KEYS}: found name",
    ]
    assert "a/b/half.json: failed (ctgov): 1 fatal" in lines
    assert "a/b/right.json: ok (ctgov)" in lines
    assert any(line.startswith("a/b/image.png: skipped: byte 0x89 is not") for line in lines)
    assert lines[-1] == "2 sources: 1 failed (1 fatal); 3 skipped"


def test_a_path_with_nothing_to_check_is_wrong_usage() -> None:
    Path("a").mkdir()
    Path("a/notes.txt").write_text("Dear reader")
    found = run("a")
    assert found.exit_code == 2
    assert found.stderr.endswith("Error: no source of a known format in a\n")
    assert run("--skip-unknown a").exit_code == 0


def test_skip_unknown_skips_what_is_named_but_not_what_cannot_be_read() -> None:
    Path("package.json").write_text("{}")
    found = run("--skip-unknown package.json right.json")
    assert found.exit_code == 0
    assert found.stdout.endswith("1 source: none failed; 1 skipped\n")
    assert run("--skip-unknown package.json none").exit_code == 1


def test_ndjson_tells_the_line_of_the_record_and_the_column_in_it() -> None:
    lines = [json.dumps(RECORD), "", json.dumps(json.loads(WRONG))]
    Path("all.ndjson").write_text("\n".join(lines))
    found = run("all.ndjson")
    assert found.exit_code == 1
    column = lines[2].index('"2024-13"') + 1
    assert "all.ndjson:1: ok (ctgov)\nall.ndjson:3: failed (ctgov): 1 error\n" in found.stdout
    assert f"\n  3:{column} error: {WRONG_PATH}: " in found.stdout
    piped = run("-", input="\n".join(lines))
    assert "<stdin>:3: failed (ctgov): 1 error\n" in piped.stdout


def test_an_archive_is_told_by_its_entries() -> None:
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.writestr("in/right.json", json.dumps(RECORD))
        archive.writestr("../wrong.json", WRONG)
        archive.writestr("readme.md", "# Trials")
        archive.writestr("more.zip", b"PK\x03\x04")
    found = run("all.zip")
    assert found.exit_code == 1
    assert found.stdout == (
        "all.zip!in/right.json: ok (ctgov)\n"
        "all.zip!../wrong.json: failed (ctgov): 1 error, 1 warning\n"
        "  warning: the name leads out of the archive: harmless here, where nothing is extracted"
        " [entry-name]\n" + WRONG_TOLD + f"all.zip!readme.md: skipped: {MARKDOWN}\n"
        "all.zip!more.zip: failed: 1 fatal\n"
        "  fatal: an archive in an archive is not opened, expected the records themselves"
        " [nested-archive]\n"
        "3 sources: 2 failed (1 fatal, 1 error, 1 warning); 1 skipped\n"
    )


def test_a_bomb_is_refused_in_one_line() -> None:
    with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b'{"hasResults":' + b" " * 30_000_000)
    found = run("bomb.zip")
    assert found.exit_code == 1
    assert re.search(r"fatal: the archive expands to more than .+ \[archive-size\]\n", found.stdout)


def test_the_size_limit_holds_and_has_to_be_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "10")
    reason = "larger than the limit of 10 bytes; TRIALBRIDGE_MAX_BYTES raises it [size]"
    assert f"fatal: {reason}\n" in run("right.json").stdout
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "much")
    found = run("right.json")
    assert found.exit_code == 2
    assert found.stderr.endswith(
        "Error: TRIALBRIDGE_MAX_BYTES is 'much', expected a number of bytes\n"
    )


# --- the format of sources and the form of reports -----------------------------------------------


@pytest.mark.parametrize("option", ["--from", "-f"])
def test_the_format_of_the_sources_can_be_stated(option: str) -> None:
    assert run(f"{option} ctgov right.json").exit_code == 0
    found = run(f"{option} trial right.json")
    assert found.exit_code == 1
    assert found.stdout.startswith("right.json: failed (trial): 1 fatal\n")
    assert run(f"{option} ctgov-v2 right.json").stdout.startswith("right.json: ok (ctgov)\n")


@pytest.mark.parametrize("option", ["--from", "-f"])
def test_a_bundle_of_r4_is_checked_by_the_definitions_of_r4_if_that_is_said(option: str) -> None:
    study = {"resourceType": "ResearchStudy", "status": "completed", "arm": [{"name": "Tea"}]}
    Path("r4.json").write_text(json.dumps(_bundle(study)))
    Path("wrong.json").write_text(json.dumps(_bundle(study | {"status": "finished"}), indent=1))
    found = run(f"{option} fhir-r4 r4.json")
    assert (found.exit_code, found.stdout.splitlines()[0]) == (0, "r4.json: ok (fhir-r4)")
    found = run(f"{option} fhir-r4 wrong.json")
    assert found.exit_code == 1
    assert found.stdout.startswith("wrong.json: failed (fhir-r4): 1 error\n")
    assert (
        " error: Bundle.entry[0].resource.status: 'finished' is not a code of"
        " research-study-status (active, administratively-completed, "
    ) in found.stdout
    found = run(f"{option} fhir-r5 r4.json")
    assert found.stdout.startswith("r4.json: failed (fhir-r5): ")
    assert " error: Bundle.entry[0].resource.arm: " in found.stdout
    # An arm is what R5 has not, so the Bundle tells by itself.
    assert run("r4.json").stdout.startswith("r4.json: ok (fhir-r4)\n")
    assert run(f"{option} fhir-r4b r4.json").exit_code == 0


def _bundle(resource: dict[str, Any]) -> dict[str, Any]:
    entry = {"fullUrl": "urn:uuid:6e4bf3f0-5c79-4a52-9b5c-1a3c5f1f0a11", "resource": resource}
    return {"resourceType": "Bundle", "type": "collection", "entry": [entry]}


def test_odm_is_checked_by_the_xsd_and_told_with_its_lines() -> None:
    odm = trialbridge.convert(json.dumps(RECORD).encode(), "odm")
    Path("right.xml").write_bytes(odm)
    Path("wrong.xml").write_bytes(odm.replace(b"<Protocol>", b"<Protocol>\n<Arm/>"))
    Path("half.xml").write_bytes(odm[:-10])
    found = run("right.xml wrong.xml half.xml")
    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    assert lines[0] == "right.xml: ok (odm-2.0)"
    assert lines[1].startswith("wrong.xml: failed (odm-2.0): ")
    (told,) = (line for line in lines if "/Protocol/Arm: " in line)
    assert told.startswith("  2:1 error: ODM/Study/MetaDataVersion/Protocol/Arm: <Arm> is not")
    (half,) = (place for place, line in enumerate(lines) if line.startswith("half.xml: "))
    assert lines[half] == "half.xml: failed (odm-2.0): 1 fatal"
    assert lines[half + 1].startswith("  1:")


def test_a_document_is_valid_that_is_no_trial_record() -> None:
    Path("old.xml").write_text(
        '<?xml version="1.0"?>\n<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="Snapshot"'
        ' FileOID="F.1"\n CreationDateTime="2024-01-01T00:00:00" ODMVersion="1.3.2"/>\n'
    )
    Path("patient.json").write_text('{"resourceType": "Patient", "active": true}')
    found = run("old.xml patient.json")
    assert found.exit_code == 0
    assert found.stdout.startswith("old.xml: ok (odm-1.3.2)\npatient.json: ok (fhir-r5)\n")


def test_a_folder_of_many_formats_is_told_by_the_format_of_each() -> None:
    record = json.dumps(RECORD).encode()
    Path("mixed").mkdir()
    for known in written_formats():
        data = trialbridge.convert(record, known.name, options=asked(known), validate=False)
        Path(f"mixed/{known.name}.dat").write_bytes(data)
    Path("mixed/page.xml").write_text('<html xmlns="http://www.w3.org/1999/xhtml"/>')
    Path("mixed/settings.xml").write_text("<settings><a/></settings>")
    Path("mixed/all.ndjson").write_bytes(
        b"\n".join(trialbridge.convert(record, name) for name in ("ctgov", "trial", "fhir-r5"))
    )
    found = run("mixed")
    assert (found.exit_code, found.stderr) == (0, "")
    told = dict(re.findall(r"^mixed/(\S+): ok \((\S+)\)", found.stdout, re.MULTILINE))
    assert told == {f"{known.name}.dat": known.name for known in written_formats()} | {
        "all.ndjson:1": "ctgov",
        "all.ndjson:2": "trial",
        "all.ndjson:3": "fhir-r5",
    }
    assert "; 2 skipped\n" in found.stdout


@pytest.mark.parametrize("option", ["--report", "-r"])
def test_the_form_of_the_report_can_be_stated(option: str) -> None:
    assert json.loads(run(f"{option} json right.json").stdout)["report"] == 1
    assert run(f"{option} text right.json").stdout == run("right.json").stdout


def test_names_for_help_are_those_that_there_are() -> None:
    assert tuple(reports.REPORTS) == cli_validate.REPORT_NAMES
    assert cli_validate.SEVERITY_NAMES == validation.SEVERITIES


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "--from odd right.json",
            f"Invalid value for '--from' / '-f': unknown format 'odd'; known are {ALL_NAMES}",
        ),
        ("-o reports/ right.json", "--output takes a file, found 'reports/'"),
        ("--baseline none.json right.json", "--baseline none.json: cannot be read: No such file"),
        ("--baseline right.json right.json", "--baseline right.json: it is no baseline: "),
    ],
)
def test_wrong_usage_is_exit_status_two(line: str, message: str) -> None:
    found = run(line)
    assert (found.exit_code, found.stdout) == (2, "")
    assert f"\nError: {message}" in found.stderr


@pytest.mark.parametrize("deep", [False, True])
def test_deep_is_passed_on_to_the_checks(deep: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def checking(
        data: bytes, format: str | None, *, deep: bool, **_: Any
    ) -> tuple[None, list[Any]]:
        asked.append(deep)
        return None, []

    monkeypatch.setattr(validation.api, "checking", checking)
    assert run(f"{'--deep' if deep else ''} right.json").exit_code == 0
    assert asked == [deep]


# --- levels --------------------------------------------------------------------------------------


def test_invariants_have_as_many_seconds_as_is_said() -> None:
    plan = {"resourceType": "Location", "contact": [{"period": {"start": "2020", "end": "2019"}}]}
    Path("location.json").write_text(json.dumps(plan))
    assert "per-1 is broken" in run("location.json").stdout
    found = run("location.json --invariants-budget 0")
    assert found.exit_code == 0
    assert (
        "warning: Location: the 0 seconds for invariants are over; not checked: per-1 (1)"
        " [not-checked]\n"
    ) in found.stdout


def test_a_warning_is_shown_and_fails_only_if_that_is_wanted() -> None:
    found = run("odd.json")
    assert found.exit_code == 0
    assert found.stdout.startswith("odd.json: ok (ctgov): 1 warning\n  1:37 warning: /newSection: ")
    failed = run("--fail-on warning odd.json")
    assert failed.exit_code == 1
    assert failed.stdout.startswith("odd.json: failed (ctgov): 1 warning\n")


def test_what_is_below_the_level_shown_is_counted_and_may_fail() -> None:
    found = run("--severity error odd.json")
    assert found.stdout == "odd.json: ok (ctgov)\n1 source: none failed (1 warning)\n"
    found = run("--severity error --fail-on warning odd.json")
    assert found.stdout == "odd.json: failed (ctgov)\n1 source: 1 failed (1 warning)\n"
    assert found.exit_code == 1


def test_fatal_alone_or_nothing_can_fail() -> None:
    assert run("--fail-on fatal wrong.json").exit_code == 0
    assert run("--fail-on fatal none").exit_code == 1
    assert run("--fail-on never wrong.json none").exit_code == 0


def test_quiet_shows_errors_alone() -> None:
    assert run("-q right.json odd.json").stdout == ""
    found = run("-q right.json odd.json wrong.json")
    assert found.exit_code == 1
    assert found.stdout == "wrong.json: failed (ctgov): 1 error\n" + WRONG_TOLD


# --- baselines -----------------------------------------------------------------------------------


def test_known_problems_are_neither_shown_nor_counted() -> None:
    made = run("--write-baseline known.json wrong.json odd.json")
    assert made.exit_code == 0
    assert json.loads(Path("known.json").read_text()) == {
        "baseline": 1,
        "problems": [
            {
                "source": "odd.json",
                "code": "unknown-key",
                "path": "/newSection",
                "message": "the model has no 'newSection' here: kept in unmapped",
            },
            {
                "source": "wrong.json",
                "code": "invalid-text",
                "path": WRONG_PATH,
                "message": WRONG_MESSAGE,
            },
        ],
    }
    found = run("--baseline known.json --fail-on warning wrong.json ./odd.json")
    assert found.exit_code == 0
    assert found.stdout == (
        "wrong.json: ok (ctgov): 1 known\n"
        "./odd.json: ok (ctgov): 1 known\n"
        "2 sources: none failed; 2 known by the baseline\n"
    )


def test_a_baseline_knows_a_file_however_it_is_named(folder: Path) -> None:
    run("--write-baseline known.json wrong.json")
    Path("other").mkdir()
    for name in (str(folder / "wrong.json"), "./wrong.json", "other/../wrong.json"):
        found = run(f"--baseline known.json {name}")
        assert (found.exit_code, found.stdout.splitlines()[-1]) == (
            0,
            "1 source: none failed; 1 known by the baseline",
        )
        run(f"--write-baseline again.json {name}")
        assert Path("again.json").read_bytes() == Path("known.json").read_bytes()
    # Written by hand, or by an earlier version.
    absolute = Path("known.json").read_text().replace('"wrong.json"', f'"{folder / "wrong.json"}"')
    Path("absolute.json").write_text(absolute)
    assert run("--baseline absolute.json wrong.json").exit_code == 0


def test_a_problem_stays_known_when_its_line_moves_and_a_new_one_is_new() -> None:
    run("--write-baseline known.json wrong.json")
    tree = json.loads(WRONG) | {"hasResults": 5}
    Path("wrong.json").write_text("\n" + json.dumps(tree, indent=4))
    found = run("--baseline known.json wrong.json")
    assert found.exit_code == 1
    assert "wrong.json: failed (ctgov): 1 error, 1 known\n" in found.stdout
    assert "error: /hasResults: 5 is not true or false [wrong-type]\n" in found.stdout
    assert WRONG_PATH not in found.stdout


def test_lines_in_paths_do_not_matter_but_how_often_does() -> None:
    Path("half.json").write_text('{"hasResults"')
    Path("all.ndjson").write_text(json.dumps(ODD) + "\n")
    run("--write-baseline known.json half.json all.ndjson")
    Path("half.json").write_text('\n\n  {"hasResults"')
    Path("all.ndjson").write_text("\n" + json.dumps(RECORD) + "\n" + json.dumps(ODD) + "\n")
    assert run("--baseline known.json --fail-on warning half.json all.ndjson").exit_code == 0
    Path("all.ndjson").write_text((json.dumps(ODD) + "\n") * 2)
    found = run("--baseline known.json --fail-on warning all.ndjson")
    assert found.exit_code == 1
    assert found.stdout.endswith(
        "2 sources: 1 failed (1 warning); 1 known by the baseline; 1 of the baseline gone\n"
    )


def test_a_baseline_can_be_written_anew_from_itself() -> None:
    run("--write-baseline known.json wrong.json")
    before = Path("known.json").read_bytes()
    found = run("--baseline known.json --write-baseline known.json wrong.json")
    assert found.exit_code == 0
    assert Path("known.json").read_bytes() == before


# --- help ----------------------------------------------------------------------------------------


def test_help_loads_nothing_that_reads_or_reports() -> None:
    lines = (
        "import sys; from trialbridge.cli.commands import main\n"
        "main(['validate', '--help'], standalone_mode=False)\n"
        "print([name for name in ('msgspec', 'lxml', 'zipfile', 'trialbridge.api',"
        " 'trialbridge.validation.reports') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True)
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--report j", ["json", "junit"]),
        ("--from fhir-r5", ["fhir-r5", "fhir-r5-xml"]),
    ],
)
def test_shells_complete_forms_and_formats(words: str, told: list[str]) -> None:
    completed = shell(
        f"COMP_WORDS='trialbridge validate {words}' COMP_CWORD=3"
        " _TRIALBRIDGE_COMPLETE=bash_complete trialbridge"
    )
    assert completed.stdout.splitlines() == [f"plain,{name}" for name in told]


def test_a_stream_of_any_length_is_checked_in_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was told of a source is gone before the next is read."""
    alive = 0
    most = 0

    class Counted(validation.Places):
        def __init__(self, data: bytes) -> None:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)
            super().__init__(data)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    monkeypatch.setattr(validation, "Places", Counted)
    Path("many.ndjson").write_text((json.dumps(ODD) + "\n") * 200)
    for name in reports.REPORTS:
        run(f"-r {name} many.ndjson")
    assert most <= 2


def test_bytes_of_another_encoding_are_told_not_raised() -> None:
    Path("utf16.json").write_bytes(json.dumps(RECORD).encode("utf-16"))
    Path("latin.json").write_bytes(WRONG.replace("Tea", "Th\xe9").encode("latin-1"))
    found = run("utf16.json latin.json", input=io.BytesIO(b""))
    assert found.exit_code == 1
    assert "utf16.json: ok (ctgov)\n" in found.stdout
    assert "latin.json: failed (ctgov): 1 fatal\n  1:" in found.stdout
