"""The commands, as a user types them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from cli_record import RECORD, run
from transcripts import check, shell

import trialbridge
from trialbridge.formats import FORMATS, by_name

ODM = "http://www.cdisc.org/ns/odm/v2.0"
TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.md"))


# --- convert -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_convert_is_a_command_of_its_own_and_of_trialbridge() -> None:
    alone = run("convert --to trial record.json")
    assert alone.exit_code == 0
    assert run("trialbridge convert --to trial record.json").stdout == alone.stdout


@pytest.mark.usefixtures("folder")
def test_json_comes_indented_by_two_or_as_told_or_compact() -> None:
    lines = run("convert --to ctgov record.json").stdout.splitlines()
    assert lines[:2] == ["{", '  "protocolSection": {']
    assert run("convert --to ctgov --indent 4 record.json").stdout.startswith(
        '{\n    "protocolSection"'
    )
    compact = run("convert --to ctgov --compact record.json").stdout
    assert compact == json.dumps(RECORD, separators=(",", ":")) + "\n"


def _xml_record() -> bytes:
    """A record with texts that white space and markup matter to."""
    module = RECORD["protocolSection"]["identificationModule"] | {
        "officialTitle": 'A\u00a0title,  <b>with</b> \u201cquotes\u201d & "these"\tand a tab'
    }
    description = {
        "briefSummary": "  One.\n\n  * Two\n  * Three\n",
        "detailedDescription": "Less \\< more,\r\nand no end ",
    }
    sections = {"identificationModule": module, "descriptionModule": description}
    return json.dumps({"protocolSection": RECORD["protocolSection"] | sections}).encode()


def test_xml_comes_indented_by_two_or_as_told_or_compact(folder: Path) -> None:
    (folder / "record.json").write_bytes(_xml_record())
    lines = run("convert --to odm record.json").stdout.splitlines()
    assert lines[1].startswith(f'<ODM xmlns="{ODM}" ')
    assert lines[2].startswith("  <Study ")
    four = run("convert --to odm --indent 4 record.json").stdout
    assert "\n    <Study " in four
    assert "\n        <MetaDataVersion " in four
    compact = run("convert --to odm --compact record.json").stdout_bytes
    assert compact == trialbridge.convert(folder / "record.json", "odm") + b"\n"


@pytest.mark.parametrize("layout", ["", "--indent 1", "--indent 8", "--compact"])
def test_the_layout_of_xml_leaves_every_text_as_it_is(folder: Path, layout: str) -> None:
    (folder / "record.json").write_bytes(_xml_record())
    assert run(f"convert --to odm {layout} -o record.xml record.json").exit_code == 0
    back = run("convert --to ctgov --compact record.xml")
    assert (back.exit_code, back.stderr) == (0, "")
    assert json.loads(back.stdout) == json.loads(_xml_record())


@pytest.mark.usefixtures("folder")
def test_standard_input_and_output_are_clean() -> None:
    piped = shell("convert --to fhir - < record.json | convert --to ctgov --compact -")
    assert piped.stdout == json.dumps(RECORD, separators=(",", ":")) + "\n"
    assert piped.stderr == ""
    text = shell("trialbridge convert --to text -q record.json | convert --to ctgov -q -")
    assert json.loads(text.stdout)["protocolSection"] == RECORD["protocolSection"]


@pytest.mark.usefixtures("folder")
def test_from_says_the_format_of_the_source() -> None:
    assert run("convert --from ctgov --to trial record.json").exit_code == 0
    said = run("convert --from trial --to ctgov record.json")
    assert said.exit_code == 1
    assert said.stdout == ""
    assert said.stderr.startswith("record.json: ")


@pytest.mark.usefixtures("folder")
def test_warnings_are_lines_on_standard_error_unless_quiet() -> None:
    loud = run("convert --to ctgov page.txt")
    assert loud.exit_code == 0
    assert all(line.startswith("page.txt: warning: ") for line in loud.stderr.splitlines())
    assert "page.txt: warning: /page/relatedTrials/0/title: " in loud.stderr
    quiet = run("convert --to ctgov -q page.txt")
    assert quiet.stderr == ""
    assert quiet.stdout == loud.stdout


@pytest.mark.usefixtures("folder")
def test_the_report_counts_leaf_values_and_names_what_is_not_carried() -> None:
    found = run("convert --to ctgov --report -q -o out.json page.txt")
    assert found.exit_code == 0
    assert found.stdout == ""
    assert found.stderr == (
        "text to ctgov: 7 leaf values\n"
        "native: 3\n"
        "official extension: 0\n"
        "our extension: 0\n"
        "not carried: 4\n"
        "not carried: /page/relatedTrials (4 leaf values)\n"
    )


@pytest.mark.usefixtures("folder")
def test_the_report_as_json_has_every_pointer_and_every_warning() -> None:
    found = json.loads(run("convert --to ctgov --report=json page.txt").stderr)
    assert (found["source"], found["to"]) == ("text", "ctgov")
    assert found["counts"] == {"native": 3, "official": 0, "ours": 0, "not carried": 4}
    assert "/page/relatedTrials/0/phases/0" in found["not_carried"]
    assert {each["severity"] for each in found["problems"]} == {"warning"}


def test_the_report_tells_once_what_all_items_of_a_list_lack() -> None:
    from trialbridge.shown.report import left_out_lines

    found = trialbridge.Fidelity(
        source="ctgov",
        to="text",
        native=("/a/b/list/0/name", "/a/b/list/1/name"),
        official=(),
        ours=(),
        not_carried=("/a/b/list/0/zip", "/a/b/list/1/zip", "/results/x/y", "/results/x/z", "/top"),
        problems=(),
    )
    assert list(left_out_lines(found)) == [
        "not carried: /a/b/list/*/zip (2 leaf values)",
        "not carried: /results/x (2 leaf values)",
        "not carried: /top",
    ]


def test_the_report_is_a_table_on_a_terminal(folder: Path) -> None:
    from trialbridge.shown import report

    found = trialbridge.fidelity(folder / "page.txt", "ctgov")
    assert list(report.fidelity_table(found)) == [
        "text to ctgov",
        "home                leaf values  share",
        "------------------  -----------  -----",
        "native                        3  42.9%",
        "official extension            0   0.0%",
        "our extension                 0   0.0%",
        "not carried                   4  57.1%",
        "all                           7",
    ]


def test_a_table_is_folded_to_the_width_of_the_terminal() -> None:
    from trialbridge.shown.terminal import table

    rows = [("a", "x" * 20, "1"), ("b" * 14, "", "23")]
    assert list(table(("name", "what", "n"), rows, 36, right=("n",))) == [
        "name            what               n",
        "--------------  ----------------  --",
        "a               xxxxxxxxxxxxxxxx   1",
        "                xxxx",
        "bbbbbbbbbbbbbb                    23",
    ]


# --- the other commands ------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_roundtrip_says_no_difference() -> None:
    for via in ("trial", "fhir-r5", "fhir", "odm-2.0", "odm", "ctgov"):
        found = run(f"trialbridge roundtrip --via {via} record.json")
        assert (found.exit_code, found.stdout) == (0, "no difference\n")


@pytest.mark.usefixtures("folder")
def test_roundtrip_shows_the_differences_as_a_diff() -> None:
    related = (
        '[{"title":"Coffee in Mild Fatigue","nctId":"NCT00000002",'
        '"status":"COMPLETED","phases":["PHASE2"]}]'
    )
    found = run("trialbridge roundtrip --via ctgov page.txt")
    assert found.exit_code == 1
    assert found.stdout == f"/page/relatedTrials\n- {related}\n+ (absent)\n"
    as_json = run("trialbridge roundtrip --via ctgov --report json page.txt")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout) == [
        {"pointer": "/page/relatedTrials", "before": json.loads(related)}
    ]
    quiet = run("trialbridge roundtrip --via ctgov -q page.txt")
    assert (quiet.exit_code, quiet.stdout) == (1, "")


def test_a_long_value_of_a_diff_is_cut_with_its_length() -> None:
    from trialbridge.shown.report import shown

    assert shown("a" * 2_000) == f'"{"a" * 999}... (2,002 characters)'
    assert shown("a\u2028b") == r'"a\u2028b"'
    assert shown(None) == "null"


def test_coverage_lists_each_leaf_and_the_totals() -> None:
    text = run("trialbridge coverage --to ctgov").stdout.splitlines()
    pointer = "/protocolSection/identificationModule/nctId"
    assert text[0] == f"{pointer}\tnative\t{pointer}"
    assert "/page/conditionsLine\tnot carried" in text
    assert text[-2:] == [
        "",
        "359 leaves: native 345, official extension 0, our extension 0, not carried 14",
    ]
    markdown = run("trialbridge coverage --to ctgov --report markdown").stdout.splitlines()
    assert markdown[0] == "# ctgov: where each leaf goes"
    assert f"| `{pointer}` | native | `{pointer}` |  |" in markdown
    assert "| `/page/conditionsLine` | not carried |  |  |" in markdown
    found = json.loads(run("trialbridge coverage --to ctgov --report json").stdout)
    assert found["totals"] == {"native": 345, "official": 0, "ours": 0, "none": 14}
    assert found["rows"][0] == {
        "leaf": pointer,
        "place": pointer,
        "home": "native",
        "note": "",
    }


def test_coverage_says_what_a_format_that_is_read_only_tells() -> None:
    text = run("trialbridge coverage --to who").stdout.splitlines()
    assert text[0] == "/protocolSection/identificationModule/nctId\tnative\tmain/trial_id"
    assert (
        text[-1] == "359 leaves: native 49, official extension 0, our extension 0, not carried 310"
    )
    markdown = run("trialbridge coverage --to who --report markdown").stdout.splitlines()
    assert markdown[0] == "# who: where each leaf is read from"
    found = json.loads(run("trialbridge coverage --to ctgov-v1 --report json").stdout)
    assert (found["to"], found["written"]) == ("ctgov-v1", False)
    assert found["rows"][0]["place"] == "NCTId"


def test_coverage_counts_a_leaf_by_its_main_home() -> None:
    from trialbridge.shown import report

    rows = [
        trialbridge.CoverageRow("/a", "X.a[0]", "native"),
        trialbridge.CoverageRow("/a", "X.extension", "ours"),
        trialbridge.CoverageRow("/b", "", "none"),
    ]
    assert report.coverage_totals(rows) == {"native": 1, "official": 0, "ours": 0, "none": 1}
    assert list(report.coverage_table(by_name("fhir-r5"), rows)) == [
        "fhir-r5: where each leaf goes",
        "leaf  home           place        note",
        "----  -------------  -----------  ----",
        "/a    native         X.a[0]",
        "/a    our extension  X.extension",
        "/b    not carried",
        "2 leaves: native 1, official extension 0, our extension 0, not carried 1",
    ]


def test_formats_lists_names_titles_and_what_can_be_done() -> None:
    lines = run("trialbridge formats").stdout.splitlines()
    told = [re.split(" {2,}", line) for line in lines]
    assert [names.split(", ")[0] for names, _, _ in told] == [known.name for known in FORMATS]
    assert ["text", "text of a trial's page", "read, written"] in told
    assert ["ctgov-v1", "ClinicalTrials.gov classic API JSON", "read"] in told
    assert ["fhir-r5, fhir", "HL7 FHIR R5 Bundle, JSON", "read, written, checked"] in told
    columns = {
        tuple(line.find(cell) for cell in cells) for line, cells in zip(lines, told, strict=True)
    }
    assert len(columns) == 1
    found = json.loads(run("trialbridge formats --report json").stdout)
    assert [each["name"] for each in found if each["read"]] == [
        known.name for known in FORMATS if known.reader
    ]
    assert [each["name"] for each in found if each["written"]] == [
        known.name for known in FORMATS if known.writer
    ]


def test_a_format_tells_what_it_can_do_and_its_options() -> None:
    assert run("trialbridge formats FHIR").stdout == (
        "fhir-r5, fhir: HL7 FHIR R5 Bundle, JSON\n"
        "read, written, checked\n"
        "\n"
        "-O bundle=collection  Type of the Bundle; transaction and batch ask a server to put each"
        " resource at its id.\n"
        "  collection, transaction, batch\n"
        "\n"
        "-O base=  Url of the server that the full urls of the resources begin with; without one"
        " they have ours.\n"
        "  an absolute url of http or https, without ? and #\n"
        "\n"
        "-O narrative=false  Give the study a text for people: status, arms, outcomes, criteria and"
        " sites as XHTML.\n"
        "  true, false\n"
        "\n"
        "-O picture=false  Give the study such a text with its design as a picture in it, as"
        " `trialbridge draw` has it.\n"
        "  true, false\n"
        "\n"
        "-O stated=false  Beside words, what they state for machines: ages, values of criteria,"
        " times of outcomes.\n"
        "  true, false\n"
        "\n"
        "-O profile=none  Of R4: what a guide asks for, France's ECLAIRE or Modul Studie of"
        " Germany's MII.\n"
        "  none, eclaire, mii\n"
    )
    assert run("trialbridge formats odm-1.3.2").stdout == (
        "odm-1.3.2: CDISC ODM-XML 1.3.2\n"
        "read, written, checked\n"
        "\n"
        "-O template=false  The registry form without data, for an EDC system to import: of the"
        " record its names alone.\n"
        "  true, false\n"
    )
    assert run("trialbridge formats who").stdout == (
        "who: a register's XML for WHO\n"
        "read\n"
        "It tells 49 of the model's 359 leaves: trialbridge coverage --to who\n"
    )
    assert json.loads(run("trialbridge formats fhir --report json").stdout) == {
        "name": "fhir-r5",
        "aliases": ["fhir"],
        "title": "HL7 FHIR R5 Bundle, JSON",
        "read": True,
        "written": True,
        "checked": True,
        "options": [
            {
                "name": "bundle",
                "type": "choice",
                "default": "collection",
                "expected": "collection, transaction, batch",
                "help": "Type of the Bundle; transaction and batch ask a server to put each"
                " resource at its id.",
            },
            {
                "name": "base",
                "type": "url",
                "default": "",
                "expected": "an absolute url of http or https, without ? and #",
                "help": "Url of the server that the full urls of the resources begin with; without"
                " one they have ours.",
            },
            {
                "name": "narrative",
                "type": "bool",
                "default": False,
                "expected": "true, false",
                "help": "Give the study a text for people: status, arms, outcomes, criteria and"
                " sites as XHTML.",
            },
            {
                "name": "picture",
                "type": "bool",
                "default": False,
                "expected": "true, false",
                "help": "Give the study such a text with its design as a picture in it, as"
                " `trialbridge draw` has it.",
            },
            {
                "name": "stated",
                "type": "bool",
                "default": False,
                "expected": "true, false",
                "help": "Beside words, what they state for machines: ages, values of criteria,"
                " times of outcomes.",
            },
            {
                "name": "profile",
                "type": "choice",
                "default": "none",
                "expected": "none, eclaire, mii",
                "help": "Of R4: what a guide asks for, France's ECLAIRE or Modul Studie of"
                " Germany's MII.",
            },
        ],
    }
    found = run("trialbridge formats fihr")
    assert found.exit_code == 2
    assert "unknown format 'fihr', did you mean fhir? known are " in found.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "-O bundel=batch",
            "fhir-r5 has no option 'bundel'; its options are bundle, base, narrative, picture,"
            " stated, profile",
        ),
        ("-O bundle=list", "option bundle is 'list', expected collection, transaction, batch"),
        ("-O bundle", "'bundle' is not NAME=VALUE"),
        ("-O bundle=batch -O bundle=batch", "bundle is given twice"),
        ("--to trial -O indent=1", "trial has no option 'indent'; it has none"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_an_option_that_there_is_not_is_wrong_usage(options: str, message: str) -> None:
    found = run(f"convert --to fhir {options} record.json")
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.endswith(f": {message}\n")


def test_the_options_of_a_format_are_those_of_its_writer(folder: Path) -> None:
    for kind in ("transaction", "batch"):
        assert run(f"convert --to fhir -O bundle={kind} record.json -o {kind}.json").exit_code == 0
        bundle = json.loads((folder / f"{kind}.json").read_bytes())
        assert bundle["type"] == kind
        assert [entry["request"] for entry in bundle["entry"]] == [
            {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}
            for each in (entry["resource"] for entry in bundle["entry"])
        ]
        assert run(f"trialbridge validate -q {kind}.json").stdout == ""
        assert run(f"convert --to ctgov {kind}.json").stdout == (
            run("convert --to ctgov record.json").stdout
        )


@pytest.mark.usefixtures("folder")
def test_the_ending_of_the_output_tells_the_format_where_one_alone_has_it() -> None:
    assert run("convert record.json -o study.xml").exit_code == 0
    assert run("trialbridge validate study.xml").stdout.startswith("study.xml: ok (odm-2.0)")
    assert run("convert record.json -o page.txt").exit_code == 0
    assert run("convert record.json -o study.fhir.JSON").exit_code == 0
    assert run("convert record.json -o ctgov.json").exit_code == 0
    told = run("trialbridge validate --severity error study.fhir.JSON ctgov.json").stdout
    assert told.startswith("study.fhir.JSON: ok (fhir-r5)\nctgov.json: ok (ctgov)\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "convert record.json -o study.json",
            "Missing option '--to' / '-t': one of trial, ctgov, fhir-r5, fhir-r4b, fhir-r4, usdm,"
            " as --output ends in .json.",
        ),
        (
            "convert record.json -o study.dat",
            f"Missing option '--to' / '-t': one of "
            f"{', '.join(known.name for known in FORMATS if known.writer)}.",
        ),
        (
            "convert --to fhir record.json -o study.xml",
            "fhir-r5 is JSON, and --output ends in .xml",
        ),
    ],
)
@pytest.mark.usefixtures("folder")
def test_an_ending_that_does_not_tell_is_wrong_usage(line: str, message: str) -> None:
    found = run(line)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.endswith(f"Error: {message}\n")


@pytest.mark.usefixtures("folder")
def test_the_report_stands_with_its_form_or_without() -> None:
    text = run("convert --to ctgov --report page.txt").stderr
    assert text.startswith("text to ctgov: ")
    assert run("convert --to ctgov --report text page.txt").stderr == text
    assert run("convert --to ctgov -r page.txt").stderr == text
    as_json = run("convert page.txt --to ctgov --report json").stderr
    assert json.loads(as_json)["to"] == "ctgov"
    assert run("convert page.txt --to ctgov --report=json").stderr == as_json


def test_definitions_are_a_package(folder: Path) -> None:
    pytest.importorskip("trialbridge.mappings.fhir.definitions")
    import tarfile

    assert run("trialbridge definitions --output package.tgz").exit_code == 0
    with tarfile.open(folder / "package.tgz") as package:
        assert "package/package.json" in package.getnames()


def test_version() -> None:
    assert run("trialbridge --version").stdout == f"trialbridge {trialbridge.__version__}\n"
    assert run("convert --version").stdout == f"convert {trialbridge.__version__}\n"
    module = subprocess.run(
        [sys.executable, "-m", "trialbridge", "--version"], capture_output=True, text=True
    )
    assert module.stdout == f"trialbridge {trialbridge.__version__}\n"


def test_shells_complete_the_names_of_formats() -> None:
    completed = shell(
        "COMP_WORDS='convert --to f' COMP_CWORD=2 _CONVERT_COMPLETE=bash_complete convert"
    )
    assert completed.stdout == (
        "plain,fhir-r5\nplain,fhir\nplain,fhir-r4b\nplain,fhir-r4\n"
        "plain,fhir-r5-xml\nplain,fhir-xml\nplain,fhir-r4b-xml\nplain,fhir-r4-xml\n"
    )


# --- transcripts -------------------------------------------------------------------------------


@pytest.mark.parametrize("page", TRANSCRIPTS, ids=lambda page: page.stem)
def test_a_transcript_is_what_the_commands_print(page: Path, tmp_path: Path) -> None:
    check(page, tmp_path)


def test_there_are_transcripts() -> None:
    assert TRANSCRIPTS


def test_a_result_in_json_is_json_of_the_standard_library_too() -> None:
    rows = run("trialbridge coverage --to trial --report json").stdout
    assert json.loads(rows) == msgspec.json.decode(rows)


def test_a_closed_standard_output_is_told(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_text('{"hasResults": false}')
    command = f"{sys.executable} -m trialbridge convert --to trial {record} >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write standard output: it is closed\n"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("", "--output takes a file, found ''"),
        (".", ". has other files: give a folder that is new or empty"),
    ],
)
def test_an_output_that_is_no_file_is_wrong_usage(tmp_path: Path, output: str, told: str) -> None:
    record = tmp_path / "record.json"
    record.write_text('{"hasResults": false}')
    done = subprocess.run(
        [sys.executable, "-m", "trialbridge", "convert", "--to", "trial", record, "-o", output],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert f"Error: {told}\n" in done.stderr
    assert sorted(tmp_path.iterdir()) == [record]
