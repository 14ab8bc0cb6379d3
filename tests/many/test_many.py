"""Many records into a folder, as a user converts them: layouts, crashes, changes, what fails."""

import gzip
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import corpus
import duckdb
import pytest
from click.testing import CliRunner, Result
from filled import filled_trial
from lxml import etree  # type: ignore[import-untyped]
from msgspec import structs

import trialbridge
from trialbridge.cli import commands as cli
from trialbridge.many.journal import Refused
from trialbridge.mappings.tables import tables

LAYOUTS = ["files", "ndjson", "bulk", "parquet", "tables"]


def wanted(layout: str) -> tuple[str, ...]:
    """The arguments of a run in a layout, in a format that it takes."""
    to = {"parquet": "trial", "tables": "aact"}.get(layout, "fhir")
    return ("records.ndjson", "--to", to, "--layout", layout)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # The one time that is in the files.
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def study(number: int, title: str = "Tea") -> dict[str, Any]:
    names = {"nctId": f"NCT{number:08d}", "briefTitle": f"{title} {number}"}
    return {"protocolSection": {"identificationModule": names}}


def ndjson(name: str, studies: list[dict[str, Any]]) -> None:
    Path(name).write_text("".join(json.dumps(one) + "\n" for one in studies))


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(
        cli.main,
        ["convert", *arguments],
        prog_name="trialbridge",
        catch_exceptions=False,
        input=stdin,
    )


def tree(folder: str) -> dict[str, bytes]:
    """Give the files of a run, but the summaries, which have seconds."""
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.stem != "summary"
    }


def summary(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(folder, "summary.json").read_bytes())
    return found


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.json.gz", "0000001.json"),
        ("a.ODD.GZ", "0000001.odd"),
        ("a.gz", "0000001.bin"),
        ("a.json", "0000001.json"),
    ],
)
def test_what_was_unpacked_has_no_name_of_a_packed_file_in_quarantine(name: str, kept: str) -> None:
    data = b'{"nobody": "knows this"}'
    Path(name).write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    run(name, "--to", "fhir", "-o", "out/", "-j", "1")
    assert {
        key: value for key, value in tree("out/quarantine").items() if "problems" not in key
    } == {kept: data}


def test_a_file_for_each_record_and_what_fails_is_kept_with_its_problems() -> None:
    bad = {"protocolSection": {"identificationModule": {"nctId": 7, "briefTitle": "Coffee"}}}
    ndjson("records.ndjson", [study(1), bad, study(1), study(2)])
    found = run("records.ndjson", "--to", "fhir", "-o", "out/", "-j", "1")
    assert found.exit_code == 1
    assert found.stderr.splitlines()[:4] == [
        "4 records: 3 written, 1 failed",
        "see out/quarantine",
        "values: 6 native",
        "  1 error wrong-type",
    ]
    kept = ["0000/NCT00000001-2.json", "0000/NCT00000001.json", "0000/NCT00000002.json"]
    assert sorted(tree("out")) == [
        ".journal.ndjson",
        *kept,
        "quarantine/0000002.json",
        "quarantine/0000002.problems.json",
    ]
    one = Path("out", kept[1]).read_bytes()
    assert one.rstrip(b"\n") == trialbridge.convert(study(1), "fhir-r5")
    assert json.loads(Path("out/quarantine/0000002.json").read_bytes()) == bad
    told = json.loads(Path("out/quarantine/0000002.problems.json").read_bytes())
    assert told["source"] == "records.ndjson:2"
    (problem,) = told["records"][0]["problems"]
    assert problem["path"] == "/protocolSection/identificationModule/nctId"


def test_processes_change_nothing_and_files_can_be_named_on_standard_input() -> None:
    for number in range(1, 6):
        Path(f"{number}.json").write_text(json.dumps(study(number)))
    Path("notes.md").write_text("# Notes")
    names = "".join(f"{number}.json\n" for number in range(1, 6)).encode()
    assert run("--to", "odm", "-o", "a/", "--files-from", "-", stdin=names).exit_code == 0
    assert run(*(f"{n}.json" for n in range(1, 6)), "-t", "odm", "-o", "b/", "-j2").exit_code == 0
    assert tree("a") == tree("b")
    found = run(".", "--to", "ctgov", "-o", "../c/", "-j", "1")
    # The folders of the runs are sources of their documents; all else in them is none, and told.
    assert found.stderr.splitlines()[0] == "15 records: 15 written, 0 failed, 5 skipped"
    assert found.exit_code == 0
    told = Path("../c/skipped.tsv").read_text().splitlines()
    assert told[0] == "name\treason"
    assert [line.partition("\t")[0] for line in told[1:]] == [
        "notes.md",
        "a/summary.html",
        "a/summary.json",
        "b/summary.html",
        "b/summary.json",
    ]


def test_of_an_archive_with_one_member_in_a_hundred_broken_all_others_are_converted() -> None:
    whole = {f"NCT{number:08d}.json": json.dumps(study(number)) for number in range(1, 301)}
    members = dict(whole)
    members["NCT00000100.json"] = whole["NCT00000100.json"][:-30]
    members["NCT00000200.json"] = whole["NCT00000200.json"].replace('"Tea 200"', "200")
    with zipfile.ZipFile("studies.zip", "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    data = bytearray(Path("studies.zip").read_bytes())
    data[data.index(b"Tea 300")] ^= 1
    Path("studies.zip").write_bytes(data)
    result = run("studies.zip", "--to", "ctgov", "-o", "out/", "-j", "2")
    assert result.exit_code == 1
    broken = [100, 200, 300]
    assert sorted(path.name for path in Path("out").glob("0*/*")) == [
        name for name in whole if int(name[3:11]) not in broken
    ]
    for path in Path("out").glob("0*/*"):
        assert json.loads(path.read_bytes()) == json.loads(whole[path.name])
    told = {
        path.name: [
            (record["name"], problem["code"], problem["message"])
            for record in json.loads(path.read_bytes())["records"]
            for problem in record["problems"]
        ]
        for path in sorted(Path("out/quarantine").glob("*.problems.json"))
    }
    torn = "the JSON breaks off: a value, a quote or a bracket is missing at the end"
    odd = "the entry cannot be unpacked: Bad CRC-32 for file 'NCT00000300.json'"
    assert told == {
        "0000100.problems.json": [("studies.zip!NCT00000100.json", "truncated", torn)],
        "0000200.problems.json": [
            ("studies.zip!NCT00000200.json", "wrong-type", "200 is not a text")
        ],
        "0000300.problems.json": [("studies.zip!NCT00000300.json", "archive", odd)],
    }
    kept = Path("out/quarantine/0000100.json").read_text()
    assert kept == members["NCT00000100.json"]


def test_where_there_is_no_record_the_exit_status_says_so() -> None:
    Path("in").mkdir()
    Path("in/notes.md").write_text("# Notes")
    found = run("in", "--to", "odm", "-o", "out/", "-j", "1")
    assert found.exit_code == 1
    assert found.stderr.endswith("Error: there is no record in what was given\n")
    missing = run("--files-from", "none.txt", "--to", "odm", "-o", "new/")
    assert missing.exit_code == 2
    said = "Error: --files-from none.txt: cannot be read: No such file or directory"
    assert missing.stderr.splitlines()[-1] == said
    assert not Path("new").exists()


def test_lines_and_bulk_data_in_parts() -> None:
    ndjson("records.ndjson", [study(number) for number in range(1, 6)])
    arguments = ("records.ndjson", "--part", "2", "-j", "1", "--quiet")
    assert run(*arguments, "--to", "ctgov", "-o", "lines/", "--layout", "ndjson").exit_code == 0
    lines = [f"records-{part:05d}.ndjson" for part in range(3)]
    assert sorted(tree("lines")) == [".journal.ndjson", *lines]
    read = [one.trial for name in lines for one in trialbridge.records(f"lines/{name}")]
    assert [trial and trial.nct_id for trial in read] == [f"NCT0000000{n}" for n in range(1, 6)]

    asked = ("--to", "fhir", "-o", "bulk/", "--layout", "bulk", "--gzip")
    assert run(*arguments, *asked).exit_code == 0
    manifest = json.loads(Path("bulk/manifest.json").read_bytes())
    assert manifest["transactionTime"] == "2023-11-14T22:13:20Z"
    studies = [one for one in manifest["output"] if one["type"] == "ResearchStudy"]
    assert [one["count"] for one in studies] == [2, 2, 1]
    with gzip.open(Path("bulk", studies[0]["url"])) as file:
        resources = [json.loads(line) for line in file]
    bundle = json.loads(trialbridge.convert(study(1), "fhir-r5"))
    mine = [entry["resource"] for entry in bundle["entry"]]
    assert resources[0] == next(one for one in mine if one["resourceType"] == "ResearchStudy")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_run_that_is_killed_goes_on_to_the_same_bytes(layout: str) -> None:
    ndjson("records.ndjson", [study(number) for number in range(1, 400)])
    asked = (*wanted(layout), "--part", "50", "-j", "1")
    assert run(*asked, "-o", "whole/").exit_code == 0
    command = [sys.executable, "-m", "trialbridge", "convert", *asked, "-o", "killed/"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    journal = Path("killed/.journal.ndjson")
    while process.poll() is None and (not journal.exists() or journal.stat().st_size < 8000):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(journal.read_bytes().splitlines()) - 1
    assert done > 0
    # A crash may leave half a line.
    with journal.open("ab") as file:
        file.write(b'{"source":"rec')
    assert run(*asked, "-o", "killed/", "--resume").exit_code == 0
    assert tree("killed") == tree("whole")
    assert summary("killed")["resumed"] == done
    assert summary("killed")["written"] == 399


@pytest.mark.skipif(not corpus.ALL, reason="ten runs a layout: TRIALBRIDGE_CORPUS_ALL=1")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_ten_random_kills_change_nothing(layout: str) -> None:
    Path("records.ndjson").write_bytes(b"\n".join(corpus.records()[:150]))
    asked = (*wanted(layout), "--part", "20", "-j", "2")
    assert run(*asked, "-o", "whole/").exit_code == 0
    moments = random.Random(0)
    for turn in range(10):
        command = [sys.executable, "-m", "trialbridge", "convert", *asked, "-o", "killed/"]
        process = subprocess.Popen(
            [*command, *(("--resume",) if turn else ())],
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moments.uniform(0.2, 1.2))
        # Its processes are killed with it.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    resumed = ("--resume",) if journal_begun("killed") else ()
    assert run(*asked, "-o", "killed/", *resumed).exit_code == 0
    assert tree("killed") == tree("whole")
    assert summary("killed")["written"] == 150


def journal_begun(folder: str) -> bool:
    return Path(folder, ".journal.ndjson").exists()


def test_tables_have_each_value_and_sql_reads_them() -> None:
    records = [json.loads(data) for data in filled()]
    ndjson("records.ndjson", records)
    assert run(*wanted("parquet"), "--part", "2", "-o", "tables/").exit_code == 0
    names = {path.name.rpartition("-")[0] for path in Path("tables").glob("*.parquet")}
    assert names == {table.name for table in tables()}

    def sql(query: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = duckdb.sql(query).fetchall()
        return found

    cells = 0
    for table in tables():
        for column in table.columns:
            if column.leaf:
                how = f'sum(len("{column.name}"))' if column.kind == "list<string>" else "count(*)"
                ((count,),) = sql(
                    f"SELECT {how} FROM 'tables/{table.name}-*.parquet'"
                    f' WHERE "{column.name}" IS NOT NULL'
                )
                cells += count or 0
    assert cells == sum(leaf_values(record) for record in records)
    module = records[1]["protocolSection"]["armsInterventionsModule"]
    assert sql("SELECT position, label FROM 'tables/arms-*.parquet' WHERE record = 2") == [
        (position, arm["label"]) for position, arm in enumerate(module["armGroups"], 1)
    ]
    site = records[2]["protocolSection"]["contactsLocationsModule"]["locations"][1]
    assert sql(
        "SELECT c.position, c.name, s.city FROM 'tables/site_contacts-*.parquet' c"
        " JOIN 'tables/sites-*.parquet' s ON s.record = c.record AND s.position = c.site"
        " WHERE c.record = 3 AND c.site = 2"
    ) == [(at, one["name"], site["city"]) for at, one in enumerate(site["contacts"], 1)]


def filled() -> list[bytes]:
    """Three records that say everything, of which the model's own form has no unmapped values."""
    trials = (structs.replace(filled_trial(turn), unmapped=None) for turn in range(3))
    return [trialbridge.write(trial, "trial") for trial in trials]


def leaf_values(tree: Any) -> int:
    """Count the leaf values of a record, without the version of the model."""
    if isinstance(tree, dict):
        return sum(leaf_values(value) for key, value in tree.items() if key != "trialbridge")
    return sum(map(leaf_values, tree)) if isinstance(tree, list) else 1


def test_files_of_zstandard_are_written_and_read() -> None:
    ndjson("records.ndjson", [study(number) for number in range(1, 4)])
    asked = ("records.ndjson", "--to", "fhir", "--layout", "bulk", "-o", "bulk/", "--zstd")
    assert run(*asked).exit_code == 0
    manifest = json.loads(Path("bulk/manifest.json").read_bytes())
    assert {"type": "ResearchStudy", "url": "ResearchStudy-00000.ndjson.zst", "count": 3} in (
        manifest["output"]
    )
    assert run("records.ndjson", "--to", "trial", "-o", "files/", "--zstd").exit_code == 0
    assert [one.trial and one.trial.nct_id for one in trialbridge.records("files/0000")] == [
        f"NCT0000000{number}" for number in range(1, 4)
    ]


def test_the_summary_counts_values_by_home_and_has_a_page() -> None:
    ndjson("records.ndjson", [study(1, "<script>alert(1)</script>"), {"a": 1}])
    found = run("records.ndjson", "--to", "fhir", "-o", "out/")
    assert found.exit_code == 1
    # An id and a title, each in an element of FHIR's.
    assert "values: 2 native" in found.stderr.splitlines()
    assert summary("out")["homes"] == {"native": 2}
    page = Path("out/summary.html").read_text()
    html = etree.fromstring(page.encode(), etree.HTMLParser())
    rows = [[cell.xpath("string()") for cell in row] for row in html.iter("tr")]
    assert rows == [
        ["written", "", "1"],
        ["failed: see quarantine/", "", "1"],
        ["in the format's own elements", "", "2"],
        ["fatal format", "", "1"],
    ]
    assert re.findall(r"https?:|<script|<link|url\(|@import", page) == []


def test_only_what_changed_is_converted_and_what_is_gone_is_listed() -> None:
    ndjson("monday.ndjson", [study(1), study(2), study(3)])
    ndjson("tuesday.ndjson", [study(2), study(3, "Coffee"), study(4)])
    for day, more in (("monday", ()), ("tuesday", ("--since", "monday"))):
        found = run(f"{day}.ndjson", "--to", "ctgov", "-o", f"{day}/", *more)
        assert found.exit_code == 0
    assert (
        found.stderr.splitlines()[0] == "2 records: 2 written, 0 failed, 1 unchanged, 1 disappeared"
    )
    assert [name for name in tree("tuesday") if name.startswith("0")] == [
        "0000/NCT00000003.json",
        "0000/NCT00000004.json",
    ]
    assert Path("tuesday/disappeared.tsv").read_text().splitlines() == [
        "id\tplace\tname",
        "NCT00000001\t0000/NCT00000001.json\tmonday.ndjson:1",
    ]
    # The next day is beside all of this one, the unchanged too.
    ndjson("wednesday.ndjson", [study(2), study(4)])
    found = run("wednesday.ndjson", "--to", "ctgov", "-o", "wednesday/", "--since", "tuesday")
    assert (
        found.stderr.splitlines()[0] == "0 records: 0 written, 0 failed, 2 unchanged, 1 disappeared"
    )


def test_since_a_run_of_another_format_everything_is_converted() -> None:
    ndjson("records.ndjson", [study(1)])
    assert run("records.ndjson", "--to", "ctgov", "-o", "a/").exit_code == 0
    found = run("records.ndjson", "--to", "fhir", "-o", "b/", "--since", "a")
    assert found.stderr.splitlines()[0] == "1 record: 1 written, 0 failed"


def test_what_does_not_fit_is_refused_with_the_way_out() -> None:
    ndjson("records.ndjson", [study(1)])
    ndjson("others.ndjson", [study(2)])

    def told(*arguments: str) -> str:
        found = run(*arguments)
        assert found.exit_code == 2
        return found.stderr.splitlines()[-1]

    assert run("records.ndjson", "--to", "fhir", "-o", "out/", "-q").exit_code == 0
    assert told("records.ndjson", "--to", "fhir", "-o", "out/") == (
        "Error: out/ has a run: resume it, or give another folder"
    )
    assert told("records.ndjson", "--to", "odm", "-o", "out/", "--resume") == (
        "Error: the run in out/ was begun otherwise: to was 'fhir-r5' and is 'odm-2.0'"
    )
    assert told("others.ndjson", "--to", "fhir", "-o", "out/", "--resume") == (
        "Error: the sources changed since the run in out/ was begun: records.ndjson:1 is"
        " others.ndjson:1 now, or its content changed; give another folder, and this one as since"
    )
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    assert told("records.ndjson", "--to", "fhir", "-o", "full/") == (
        "Error: full/ has other files: give a folder that is new or empty"
    )
    assert told("records.ndjson", "others.ndjson", "--to", "fhir") == (
        "Error: 2 sources: --output FOLDER/ takes them"
    )
    assert told("records.ndjson", "--to", "fhir", "--resume") == (
        "Error: --resume is for many records: --output FOLDER/ takes them"
    )
    assert told("records.ndjson", "--to", "odm", "-o", "new/", "--layout", "ndjson") == (
        "Error: layout ndjson is of JSON, and odm-2.0 is none: layout files takes it"
    )
    assert told("records.ndjson", "--to", "ctgov", "-o", "new/", "--layout", "bulk") == (
        "Error: layout bulk is of FHIR's resources in JSON, and ctgov has none"
    )
    assert told("records.ndjson", "--to", "ctgov", "-o", "new/", "--since", "full") == (
        f"Error: since: {Path('full').resolve()} has no run: No such file or directory"
    )
    assert not Path("new").exists() or not tree("new")


def test_a_folder_that_cannot_be_written_ends_the_run_and_it_can_go_on() -> None:
    ndjson("records.ndjson", [study(number) for number in range(1, 4)])
    Path("out").mkdir()
    Path("out/0000").write_text("in the way")
    with pytest.raises(Refused):
        trialbridge.convert_many("records.ndjson", "ctgov", "out")
    Path("out/0000").rename("away")
    trialbridge.convert_many("records.ndjson", "ctgov", "out", workers=1)
    # As a full disk would do it, in the middle.
    journal = Path("out/.journal.ndjson").read_bytes().splitlines(keepends=True)
    Path("out/.journal.ndjson").write_bytes(b"".join(journal[:2]))
    for file in Path("out/0000").iterdir():
        file.unlink()
    Path("out/0000").rmdir()
    Path("out/0000").write_text("in the way")
    found = run("records.ndjson", "--to", "ctgov", "-o", "out/", "--resume", "-j", "1")
    assert found.exit_code == 1
    assert "--resume goes on from here" in found.stderr
    Path("out/0000").unlink()
    told = trialbridge.convert_many("records.ndjson", "ctgov", "out", workers=1, resume=True)
    assert (told.resumed, told.written) == (1, 3)


def test_conversions_one_after_another_in_python() -> None:
    bad = {"protocolSection": {"identificationModule": {"nctId": 7}}}
    ndjson("records.ndjson", [study(1), bad, study(2)])
    found = list(trialbridge.conversions("records.ndjson", "ctgov", workers=2))
    assert [(one.name, one.id, one.data is not None) for one in found] == [
        ("records.ndjson:1", "NCT00000001", True),
        ("records.ndjson:2", None, False),
        ("records.ndjson:3", "NCT00000002", True),
    ]
    with pytest.raises(trialbridge.UnknownFormat):
        trialbridge.conversions("records.ndjson", "docx")


def test_a_script_that_asks_for_processes_as_it_is_imported_is_told_how_to() -> None:
    """Each process imports the script, and would run into the same call."""
    ndjson("records.ndjson", [study(1)])
    call = "list(trialbridge.conversions('records.ndjson', 'ctgov', workers=2))\n"
    Path("script.py").write_text(f"import trialbridge\n{call}")
    ran = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == (
        "RuntimeError: no process can be started: the process that worked on it ended with status"
        ' 1; a script asks for processes below `if __name__ == "__main__":`'
    )
    Path("script.py").write_text(f'import trialbridge\nif __name__ == "__main__":\n    {call}')
    subprocess.run([sys.executable, "script.py"], check=True)
