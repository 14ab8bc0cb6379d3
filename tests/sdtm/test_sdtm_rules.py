"""The checks of trial design datasets: CDISC's own cases, faults planted one by one, bad input.

CDISC's cases are not in the repository: SDTM_OPEN_RULES names a clone of its cdisc-open-rules,
DATASET_JSON one of its DataExchange-DatasetJson.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from corpus import named
from hypothesis import given, settings
from hypothesis import strategies as st
from sdtm_record import DATA, members, source

import trialbridge
from trialbridge.cli import commands as cli
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.sdtm.design_rules import ACROSS, DESIGN_RULES, Known
from trialbridge.schemas.sdtm.domains import DOMAINS, columns_of
from trialbridge.schemas.sdtm.lean import is_clean
from trialbridge.schemas.sdtm.reading import package_of
from trialbridge.schemas.sdtm.rules import RULES, Rule
from trialbridge.schemas.sdtm.validate import check, check_datasets
from trialbridge.schemas.syntax import xpt
from trialbridge.schemas.syntax.dataset import Column, Dataset

HEAD = "STUDYID,DOMAIN,TSSEQ,TSPARMCD,TSPARM,TSVAL,TSVALNF,TSVALCD,TSVCDREF,TSVCDVER"


def table(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *lines, ""]).encode()


def told(data: bytes, severity: str = "error") -> list[str]:
    return [str(one).partition(": ")[2] for one in check(data) if one.severity == severity]


# --- CDISC's own cases -------------------------------------------------------------------------


def cases(rule: Rule | Known) -> list[Path]:
    root = named("SDTM_OPEN_RULES", "a clone of cdisc-org/cdisc-open-rules")
    found = sorted(Path(root, "Published", rule.id).glob("*/*"))
    return [case for case in found if (case / "data" / f"{rule.domain.lower()}.csv").exists()]


def dataset_of(case: Path, name: str) -> Dataset:
    """Give a dataset of a case, which has no TS beside it."""
    rows = list(csv.reader(io.StringIO((case / "data" / f"{name.lower()}.csv").read_text())))
    columns = tuple(Column(column, "", False, 1) for column in rows[0])
    return Dataset(name, "", columns, [[*row] for row in rows[1:]])


@pytest.mark.parametrize(
    "rule", [*RULES, *DESIGN_RULES], ids=lambda rule: f"{rule.id}-{rule.domain}"
)
def test_cdiscs_negative_cases_are_found_row_by_row_and_positive_ones_pass(rule: Rule) -> None:
    tried = set()
    for case in cases(rule):
        found = {number for number, _ in rule.find(dataset_of(case, rule.domain))}
        results = case / "results" / "results.csv"
        tried.add(case.parent.name)
        if case.parent.name == "positive":
            assert found == set()
        elif not results.exists():
            assert found
        else:
            assert found == said_of(results, rule.domain)
    assert tried == {"positive", "negative"}


def said_of(results: Path, domain: str) -> set[int | None]:
    with results.open() as file:
        said = {row["Record"] for row in csv.DictReader(file) if row["Dataset"] == domain}
    return {int(float(number)) - 1 if number else None for number in said}


@pytest.mark.parametrize("rule", ACROSS, ids=lambda rule: rule.id)
def test_cdiscs_cases_across_datasets_are_found_row_by_row(rule: Known) -> None:
    tried = set()
    for case in cases(rule):
        held = {name: dataset_of(case, name) for name in (rule.domain, rule.other)}
        found = set(rule.find(held))
        results = case / "results" / "results.csv"
        tried.add(case.parent.name)
        expected = said_of(results, rule.domain) if case.parent.name == "negative" else set()
        assert found == expected
    assert tried == {"positive", "negative"}


def official() -> Path:
    return Path(named("DATASET_JSON", "a clone of DataExchange-DatasetJson"))


@pytest.mark.parametrize("name", ["ts", "ti", "ta", "te", "tv"])
def test_cdiscs_example_is_valid_and_its_transport_file_is_written_byte_for_byte(name: str) -> None:
    folder = official() / "examples" / "sdtm"
    data, packed = ((folder / f"{name}.{form}").read_bytes() for form in ("json", "xpt"))
    dataset = xpt.read(packed)
    written = xpt.write(dataset, datetime.strptime(packed[144:160].decode(), "%d%b%y:%H:%M:%S"))
    # All but the name of the system, which ours leaves out.
    assert [n for n in range(len(packed)) if written[n : n + 1] != packed[n : n + 1]] == [
        *range(112, 120),
        *range(432, 440),
    ]
    if name in ("ts", "ti"):
        assert check(data) == []
        assert check(packed) == []
        assert package_of(data).held[0].dataset.rows == dataset.rows
        assert trialbridge.read(data) == trialbridge.read(packed)
        again = package_of(trialbridge.convert(data, "sdtm")).dataset(name.upper())
        assert again is not None
        assert [row for row in dataset.rows if row not in again.rows] == []


def test_what_is_written_is_valid_by_the_official_schema() -> None:
    import jsonschema_rs

    schema = json.loads((official() / "schema" / "dataset.schema.json").read_bytes())
    for name, data in members(DATA).items():
        if name.endswith(".json"):
            validator = jsonschema_rs.validator_for(schema)
            assert [str(one) for one in validator.iter_errors(json.loads(data))] == []


# --- faults planted one by one -----------------------------------------------------------------

TITLE = "S,TS,1,TITLE,Trial Title,Tea,,,,"
PLANTED: dict[str, tuple[tuple[str, ...], str]] = {
    "a study id that is empty": (
        (",TS,1,TITLE,Trial Title,Tea,,,,",),
        "TS, row 1: STUDYID: the column is required, and is empty here",
    ),
    "another domain": (
        ("S,TI,1,TITLE,Trial Title,Tea,,,,",),
        "TS, row 1: DOMAIN: DOMAIN is not the name of the dataset: 'TI'",
    ),
    "a number that is none": (
        ("S,TS,one,TITLE,Trial Title,Tea,,,,",),
        "TS, row 1: TSSEQ: this is no number: 'one'",
    ),
    "two studies": (
        (TITLE, "T,TS,1,KEYWORD,Protocol Keyword,tea,,,,"),
        "TS, row 2: STUDYID: another study than that of the first row: 'T'",
    ),
    "nothing said": (
        ("S,TS,1,TITLE,Trial Title,,,,,",),
        "TS, row 1: TSVAL: neither TSVAL nor TSVALNF has a value",
    ),
    "no null flavor": (
        ("S,TS,1,TITLE,Trial Title,,XX,,,",),
        "TS, row 1: TSVALNF: no null flavor of ISO 21090: 'XX'",
    ),
    "a value with a null flavor": (
        ("S,TS,1,TITLE,Trial Title,Tea,NI,,,",),
        "TS, row 1: TSVALNF: TSVALNF has a value where TSVAL has one that is no null flavor: 'NI' "
        "(CG0649)",
    ),
    "a number twice": (
        (TITLE, "S,TS,1,TITLE,Trial Title,Water,,,,"),
        "TS, row 2: TSSEQ: TSSEQ stands twice in its TSPARMCD: 1 (CG0268)",
    ),
    "a long value": (
        (f"S,TS,1,TITLE,Trial Title,{'x' * 201},,,,",),
        f"TS, row 1: TSVAL: longer than 200 characters: '{'x' * 59}...",
    ),
    "an age that is no duration": (
        ("S,TS,1,AGEMAX,Planned Maximum Age of Subjects,64,,,,",),
        "TS, row 1: TSVAL: the TSVAL of AGEMAX is no duration by ISO 8601, such as P65Y: '64' "
        "(CG0270)",
    ),
    "a day that there is not": (
        ("S,TS,1,SSTDTC,Study Start Date,2023-02-30,,,,",),
        "TS, row 1: TSVAL: the TSVAL of SSTDTC is no date by ISO 8601, such as 2024-03-01: "
        "'2023-02-30' (CG0285)",
    ),
    "two values of one code": (
        ("S,TS,1,ADAPT,Adaptive Design,N,,C1,CDISC,", "S,TS,1,ADDON,Added,Y,,C1,CDISC,"),
        "TS, row 2: TSVAL: TSVAL and TSVALCD are not one to one: 'Y' (CG0265)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_at_its_place(name: str) -> None:
    lines, expected = PLANTED[name]
    assert told(table(TITLE)) == []
    assert expected in told(table(*lines))


def test_another_name_of_a_parameter_is_told_as_a_warning() -> None:
    assert told(table("S,TS,1,TITLE,Title,Tea,,,,"), "warning") == [
        "TS, row 1: TSPARM: the terminology has another TSPARM for the TSPARMCD: 'Title'"
    ]


def test_a_column_that_a_dataset_has_not_is_told() -> None:
    assert "TS: TSODD: the dataset has no such column" in told(
        table(f"{TITLE},x", head=f"{HEAD},TSODD")
    )


def changed(edit: Callable[[dict[str, bytes]], None], method: int = zipfile.ZIP_STORED) -> bytes:
    files = members(DATA)
    edit(files)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b'<ItemRef ItemOID="IT.TS.TSVAL" ', b'<ItemRef ItemOID="IT.NO" ',
         "define.xml, line 2: ItemRef: no ItemDef has the OID 'IT.NO'"),
        (b'Name="TSVAL" SASFieldName="TSVAL" DataType="text" Length="',
         b'Name="TSVAL" SASFieldName="TSVAL" DataType="text" Length="1" Old="',
         "define.xml, line 2: Element '{http://www.cdisc.org/ns/odm/v1.3}ItemDef', "
         "attribute 'Old': The attribute 'Old' is not allowed."),
        (b'OID="IG.TI" Name="TI"', b'OID="IG.TI" Name="TX"',
         "define.xml: no ItemGroupDef for the dataset TI"),
        (b'<ItemDef OID="IT.TS.DOMAIN"', b'<ItemDef OID="IT.TS.STUDYID"',
         "define.xml, line 2: ItemDef: the OID 'IT.TS.STUDYID' of a ItemDef stands twice"),
    ],
)  # fmt: skip
def test_a_fault_of_the_define_xml_is_found(before: bytes, after: bytes, expected: str) -> None:
    def edit(files: dict[str, bytes]) -> None:
        assert before in files["define.xml"]
        files["define.xml"] = files["define.xml"].replace(before, after)

    assert expected in told(changed(edit))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"records": 1}, "ts.json, records: 1, and there are 65 rows"),
        ({"itemGroupOID": 5}, "ts.json, itemGroupOID: expected a text, found 5"),
        ({"odd": 1}, "ts.json, odd: no such member; known are datasetJSONCreationDateTime, "),
        (
            {"datasetJSONCreationDateTime": "2024-13-01T00:00:00"},
            "ts.json, datasetJSONCreationDateTime: '2024-13-01T00:00:00' is no time (YYYY-MM-DDThh",
        ),
        ({"sourceSystem": {"name": "x"}}, "ts.json, sourceSystem.version: the member is required"),
    ],
)
def test_a_fault_of_the_members_of_a_dataset_json_is_found(
    change: dict[str, object], expected: str
) -> None:
    def edit(files: dict[str, bytes]) -> None:
        files["ts.json"] = json.dumps({**json.loads(files["ts.json"]), **change}).encode()

    (line,) = told(changed(edit))
    assert line.startswith(expected)


# --- the fast look and the rules ----------------------------------------------------------------

TS, TI = (one.dataset for one in package_of(DATA).held)
VALUES = ("", "x", "TS", "TI", "N", "Y", "C49487", "NI", "P18Y", "2023-02-30", "x" * 201, 1, None)


@given(st.data())
@settings(max_examples=150)
def test_what_is_called_clean_has_nothing_to_tell(data: st.DataObject) -> None:
    dataset = data.draw(st.sampled_from((TS, TI)))
    rows = [list(row) for row in dataset.rows]
    for _ in range(data.draw(st.integers(0, 2))):
        row = data.draw(st.sampled_from(rows))
        other = data.draw(st.sampled_from(rows))
        at = data.draw(st.integers(0, len(row) - 1))
        row[at] = data.draw(st.sampled_from((*VALUES, other[at])))
    made = Dataset(dataset.name, dataset.label, dataset.columns, rows)
    if is_clean(made):
        assert check_datasets([(made, made.name)]) == []


def test_what_is_written_is_called_clean() -> None:
    for dataset in (TS, TI):
        columns = columns_of(DOMAINS[dataset.name], dataset.names, dataset.rows)
        assert is_clean(Dataset(dataset.name, dataset.label, columns, dataset.rows))


# --- bad input ---------------------------------------------------------------------------------

XPT = members(trialbridge.convert(source(), "sdtm", options={"form": "xpt"}))["ts.xpt"]
BAD: dict[str, tuple[str, bytes, str]] = {
    "an XPT that is none": (
        "ts.xpt", b"TSPARMCD,TSVAL\xff\n", "byte 0xff is not UTF-8",
    ),
    "an XPT that is cut off": (
        "ts.xpt", XPT[:5000], "byte 5000: the file ends here, within row 18: it is cut off",
    ),
    "an XPT of version 8": (
        "ts.xpt", xpt.BEGINS_8, "byte 0: a transport file of version 8, expected version 5",
    ),
    "a TS without STUDYID": (
        "ts.csv",
        b"DOMAIN,TSPARMCD,TSVAL\nTS,TITLE,Tea\n",
        "TS: there is no column STUDYID; the columns are DOMAIN, TSPARMCD, TSVAL",
    ),
    "a TS with other columns": (
        "ts.csv",
        b"STUDYID,TSPARMCD,VALUE\nS,TITLE,Tea\n",
        "TS: there is no column TSVAL; the columns are STUDYID, TSPARMCD, VALUE",
    ),
    "a row that is short": (
        "ts.csv", b"STUDYID,TSPARMCD,TSVAL\nS,TITLE\n", "line 2: 2 columns, expected 3",
    ),
    "a quote that is open": (
        "ts.csv", b'STUDYID,TSPARMCD,TSVAL\nS,TITLE,"Tea\n', "line 2: no CSV: unexpected end of",
    ),
    "a column twice": (
        "ts.csv", b"STUDYID,TSPARMCD,TSVAL,TSVAL\n", "line 1: the column 'TSVAL' stands twice",
    ),
    "Dataset-JSON of another version": (
        "ts.json", b'{"datasetJSONVersion":"1.0","name":"TS"}',
        "datasetJSONVersion: Dataset-JSON '1.0', expected 1.1",
    ),
    "Dataset-JSON without rows": (
        "ts.json",
        b'{"datasetJSONVersion":"1.1.0","name":"TS","columns":[{"name":"STUDYID",'
        b'"dataType":"string"}]}',
        "rows: no rows: Dataset-JSON in NDJSON has them on lines, and is not read",
    ),
    "Dataset-JSON with a type that is a list": (
        "ts.json",
        b'{"datasetJSONVersion":"1.1.0","name":"TS","columns":[{"name":"STUDYID",'
        b'"dataType":["string"]}],"rows":[]}',
        "columns[0].dataType: ['string'] is not one of URI, boolean",
    ),
    "Dataset-JSON with a short row": (
        "ts.json",
        b'{"datasetJSONVersion":"1.1.0","name":"TS","columns":[{"name":"STUDYID",'
        b'"dataType":"string"}],"rows":[[]]}',
        "rows[0]: 0 values, expected 1, one for each column",
    ),
    "Dataset-JSON that breaks off": (
        "ts.json", b'{"datasetJSONVersion":"1.1.0","name":"TS","rows":[[', "line 1",
    ),
    "a zip with two of a dataset": (
        "study.zip",
        changed(lambda files: files.update({"old/ts.json": files["ts.json"]})),
        "old/ts.json: the dataset TS is in ts.json too, expected once",
    ),
    "a zip of a method that expands without bounds": (
        "study.zip",
        changed(lambda files: None, zipfile.ZIP_BZIP2),
        "define.xml: the entry is packed by bzip2, expected deflate: pack it anew",
    ),
    "a zip with a broken dataset": (
        "study.zip",
        changed(lambda files: files.update({"ti.json": b"{"})),
        "ti.json, line 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_has_a_reason_with_a_place_and_exit_1(name: str, tmp_path: Path) -> None:
    file, data, reason = BAD[name]
    (tmp_path / file).write_bytes(data)
    done = CliRunner().invoke(cli.main, ["convert", "--to", "ctgov", str(tmp_path / file)])
    assert done.exit_code == 1
    assert reason in done.output
    assert "internal" not in done.output
    done = CliRunner().invoke(cli.main, ["validate", str(tmp_path / file)])
    assert done.exit_code == 1
    assert "internal" not in done.output


def test_data_of_subjects_are_refused_by_name() -> None:
    (problem,) = trialbridge.validate(b'{"datasetJSONVersion": "1.1.0", "name": "DM"}')
    assert "CDISC Dataset-JSON, data of a study's subjects" in problem.message
    dm = xpt.write(Dataset("DM", "Demographics", TS.columns, []), xpt.moment("2024-03-01T00:00:00"))
    (problem,) = trialbridge.validate(dm)
    assert "data of a study's subjects" in problem.message


def test_the_problem_of_a_dataset_has_the_link_of_its_rule() -> None:
    found: list[Problem] = check(table(TITLE, TITLE))
    assert {one.code: one.link for one in found} == {
        "CORE-000154": "https://github.com/cdisc-org/cdisc-open-rules"
    }


def test_the_columns_are_those_of_cdiscs_table() -> None:
    path = named("SDTMIG_VARIABLES", "CDISC's table of SDTMIG 3.4's variables")
    with open(path, encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for name, domain in DOMAINS.items():
        assert [
            (one.name, one.label, one.core, one.role, one.numeric) for one in domain.variables
        ] == [
            (
                row["Variable Name"],
                row["Variable Label"],
                row["Core"],
                row["Role"],
                row["Type"] == "Num",
            )
            for row in rows
            if row["Dataset Name"] == name
        ]
