"""What the commands do with files, good and bad, as a user types them."""

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_record import RECORD, run
from format_names import CHECKED, JSON_KEYS, READ, WRITTEN, XML_ROOTS
from transcripts import shell

import trialbridge
from trialbridge.formats import FORMATS
from trialbridge.io.encoding import REMEDY

ODM_1_3_2 = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2"/>\n'


# --- output files ------------------------------------------------------------------------------


def test_output_takes_the_place_of_the_old_file_with_its_mode(folder: Path) -> None:
    old = folder / "out.json"
    old.write_text("old")
    old.chmod(0o640)
    assert run("convert --to ctgov --compact -o out.json record.json").stdout == ""
    assert json.loads(old.read_text()) == RECORD
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    run("convert --to ctgov -o new.json record.json")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((folder / "new.json").stat().st_mode) == 0o666 & ~mask
    assert sorted(path.name for path in folder.iterdir()) == [
        "new.json",
        "out.json",
        "page.txt",
        "record.json",
    ]


def test_output_goes_where_a_link_points(folder: Path) -> None:
    (folder / "target.json").write_text("old")
    (folder / "link.json").symlink_to("target.json")
    run("convert --to ctgov -o link.json record.json")
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "target.json").read_text()) == RECORD


@pytest.mark.usefixtures("folder")
def test_output_to_a_device_is_written_to_it() -> None:
    assert shell("convert --to ctgov -o /dev/null record.json").returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert json.loads(shell("convert --to ctgov -o - record.json").stdout) == RECORD


@pytest.mark.parametrize(
    ("output", "reason"),
    [("none/out.json", "No such file or directory")],
)
@pytest.mark.usefixtures("folder")
def test_output_that_cannot_be_written_is_one_line(output: str, reason: str) -> None:
    found = run(f"convert --to ctgov -o {output} record.json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == f"Error: cannot write {output}: {reason}\n"


def test_a_failing_disk_leaves_the_old_file_and_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (folder / "out.json").write_text("old")
    before = sorted(folder.iterdir())
    monkeypatch.setattr(os, "replace", full)
    found = run("convert --to ctgov -o out.json record.json")
    assert found.exit_code == 1
    assert found.stderr == "Error: cannot write out.json: No space left on device\n"
    assert sorted(folder.iterdir()) == before
    assert (folder / "out.json").read_text() == "old"


def test_an_invalid_result_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trialbridge.schemas.fhir import validate as fhir_validate

    wrong = trialbridge.Problem(
        severity="error", layer="test", path="Bundle.entry[0]", code="test", message="no\nway"
    )
    monkeypatch.setattr(fhir_validate, "validate", lambda *_: [wrong, wrong])
    (folder / "out.json").write_text("old")
    before = sorted(folder.iterdir())
    found = run("convert --to fhir -o out.json record.json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == "record.json: error: Bundle.entry[0]: no\\nway [test]\n" * 2
    assert sorted(folder.iterdir()) == before
    assert (folder / "out.json").read_text() == "old"
    assert run("convert --to fhir record.json").stdout == ""
    assert run("convert --to fhir --no-validate -o out.json record.json").exit_code == 0
    assert json.loads((folder / "out.json").read_text())["resourceType"] == "Bundle"


@pytest.mark.usefixtures("folder")
def test_a_closed_pipe_and_a_full_disk_give_no_traceback() -> None:
    closed = shell("for i in $(seq 50); do echo; done | convert --to fhir record.json | true")
    assert closed.stderr == ""
    piped = shell("set -o pipefail; trialbridge coverage --to ctgov | head -1")
    assert piped.stdout.count("\n") == 1
    assert piped.stderr == ""
    for line in ("convert --to ctgov record.json", "trialbridge coverage --to ctgov"):
        full = shell(f"{line} > /dev/full")
        assert (full.returncode, full.stderr) == (
            1,
            "Error: cannot write: No space left on device\n",
        )


# --- bad input ---------------------------------------------------------------------------------

BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "fatal: line 1: the source is empty [empty]"),
    "array": (
        b"[{}]",
        "fatal: line 1: the source is a JSON array, which is not read; one record is expected, an"
        " object; of a list `convert -o FOLDER/` or `trialbridge.records` takes each [format]",
    ),
    "root": (
        b'{"foo": 1}',
        "fatal: line 1: the JSON object has none of the keys that tell a format"
        f" ({JSON_KEYS}): found foo [format]",
    ),
    "prose": (
        b"Dear reader,\n",
        "fatal: line 1: the source is no trial record in a known format;"
        f" known are {READ} [format]",
    ),
    "xml": (
        b"<study/>",
        "fatal: line 1: the root of the XML is <study> of no namespace, which is no known format's;"
        f" expected {XML_ROOTS} [format]",
    ),
    "ODM without a study": (
        ODM_1_3_2.encode(),
        "fatal: line 1: expected one Study, found none: this is no trial record [one-study]",
    ),
    "utf-8": (
        b"NCT ID: \xff",
        f"fatal: byte 8: byte 0xff is not UTF-8 (invalid start byte); {REMEDY} [encoding]",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_with_its_place(folder: Path, name: str) -> None:
    content, expected = BAD[name]
    (folder / "bad").write_bytes(content)
    before = sorted(folder.iterdir())
    found = run("convert --to fhir -o out.json bad")
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", f"bad: {expected}\n")
    assert sorted(folder.iterdir()) == before
    piped = run("convert --to fhir -", input=content)
    assert (piped.exit_code, piped.stdout, piped.stderr) == (1, "", f"<stdin>: {expected}\n")


def _bundle(studies: int) -> bytes:
    bundle = json.loads(trialbridge.convert(json.dumps(RECORD).encode(), "fhir"))
    return json.dumps(bundle | {"entry": bundle["entry"][:1] * studies}).encode()


BAD_FOR_ITS_FORMAT: dict[str, tuple[Callable[[], bytes], int]] = {
    "half": (lambda: json.dumps(RECORD).encode()[:100], 1),
    "half a Bundle": (lambda: _bundle(1)[:100], 1),
    "wrong type and date": (
        lambda: json.dumps(
            {
                "protocolSection": {
                    "identificationModule": {"nctId": 5},
                    "statusModule": {"startDateStruct": {"date": "March 2024"}},
                }
            }
        ).encode(),
        2,
    ),
    "not UTF-8": (lambda: json.dumps(RECORD).encode().replace(b"Tea", b"T\xff"), 1),
    "no study": (lambda: _bundle(0), 1),
    "two studies": (lambda: _bundle(2), 1),
    "a patient": (lambda: b'{"resourceType": "Patient"}', 1),
}


@pytest.mark.parametrize("name", BAD_FOR_ITS_FORMAT)
def test_what_a_format_refuses_is_a_line_for_each_problem(folder: Path, name: str) -> None:
    make, count = BAD_FOR_ITS_FORMAT[name]
    (folder / "bad").write_bytes(make())
    before = sorted(folder.iterdir())
    found = run("convert --to fhir -o out.json bad")
    assert (found.exit_code, found.stdout) == (1, "")
    lines = found.stderr.splitlines()
    assert len(lines) == count
    assert all(re.fullmatch(r"bad: (fatal|error): [^ ]+.*: .+ \[[a-z-]+\]", line) for line in lines)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    "start",
    [
        b"[",
        b'{"a":',
        b'{"protocolSection":' + b"[",
        b'{"resourceType":"Bundle","entry":' + b"[",
        b'{"trialbridge":"1","unmapped":' + b"[",
        b" ",
    ],
)
def test_a_hundred_megabytes_of_nesting_are_refused_in_one_line(folder: Path, start: bytes) -> None:
    (folder / "bad").write_bytes(start + start[-1:] * 100_000_000)
    found = shell("convert --to fhir -o out.json bad")
    assert (found.returncode, found.stdout) == (1, "")
    assert re.fullmatch(r"bad: fatal: .+\n", found.stderr)
    assert not (folder / "out.json").exists()


def test_unreadable_paths_are_one_line(folder: Path) -> None:
    each = (
        "is a folder, expected one record: `convert -o FOLDER/` or `trialbridge.records` takes each"
    )
    for path, reason in [("none", "cannot be read: No such file or directory"), (folder, each)]:
        found = run(f"convert --to fhir {path}")
        assert found.exit_code == 1
        assert found.stderr == f"{path}: fatal: {reason} [unreadable]\n"
    closed = shell("convert --to fhir - <&-")
    assert closed.returncode == 1
    assert closed.stderr == "<stdin>: fatal: cannot be read: it is closed [unreadable]\n"


@pytest.mark.usefixtures("folder")
def test_the_size_limit_holds_for_files_and_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "100")
    reason = "fatal: larger than the limit of 100 bytes; TRIALBRIDGE_MAX_BYTES raises it [size]"
    assert run("convert --to fhir record.json").stderr == f"record.json: {reason}\n"
    assert run("convert --to fhir -", input="x" * 101).stderr == f"<stdin>: {reason}\n"
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "much")
    found = run("convert --to fhir record.json")
    assert found.exit_code == 2
    assert found.stderr.endswith(
        "Error: TRIALBRIDGE_MAX_BYTES is 'much', expected a number of bytes\n"
    )


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("convert --to redcap record.json", "'--to' / '-t'"),
        ("convert --to fhir --from redcap record.json", "'--from' / '-f'"),
        ("trialbridge convert --to redcap record.json", "'--to' / '-t'"),
        ("trialbridge roundtrip --via redcap record.json", "'--via'"),
        ("trialbridge coverage --to redcap", "'--to' / '-t'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_an_unknown_format_is_wrong_usage(line: str, option: str) -> None:
    found = run(line)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.endswith(
        f"Error: Invalid value for {option}: unknown format 'redcap';"
        f" known are {READ if '--from' in option else CHECKED if 'coverage' in line else WRITTEN}\n"
    )


@pytest.mark.parametrize("name", [known.name for known in FORMATS if not known.reader])
@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("convert --to {} record.json", "'--to' / '-t'"),
        ("convert --to fhir --from {} record.json", "'--from' / '-f'"),
        ("trialbridge roundtrip --via {} record.json", "'--via'"),
        ("trialbridge coverage --to {}", "'--to' / '-t'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_format_that_is_validated_only_is_wrong_usage(name: str, line: str, option: str) -> None:
    found = run(line.format(name))
    assert (found.exit_code, found.stdout) == (2, "")
    told = f"Error: Invalid value for {option}: {name} is not "
    last = found.stderr.splitlines()[-1]
    assert last.startswith(told)
    wanted = f"read are {READ}" if "--from" in line else f"written are {WRITTEN}"
    assert last.endswith(f"; {wanted}")


@pytest.mark.parametrize(
    "line", ["convert", "convert record.json", "trialbridge validate", "trialbridge nothing"]
)
@pytest.mark.usefixtures("folder")
def test_wrong_usage_is_exit_status_two(line: str) -> None:
    found = run(line)
    assert (found.exit_code, found.stdout) == (2, "")
    assert "Error: " in found.stderr
