"""ClinicalTrials.gov's CSV download: rows as the site writes them, of any choice of columns."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from corpus import ALL, file
from hypothesis import given, settings
from hypothesis import strategies as st

import trialbridge
from trialbridge.cli.commands import main
from trialbridge.formats.options import UnknownOption
from trialbridge.formats.registries.clinicaltrials_gov import ctgov, ctgov_csv
from trialbridge.formats.sniff import recognise
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_csv import NAMES
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.pointer import get

TODAY = (
    "NCT Number,Study Title,Study Status,Study Results,Conditions,Interventions,Sponsor,Age,Phases,"
    "Enrollment,Study Type,Study Design,Other IDs,Start Date,Locations,Study Documents\n"
    'NCT99900003,"Tea, or water",ACTIVE_NOT_RECRUITING,NO,Thirst|Heat,DRUG: a|b|OTHER: Water,Tea,'
    '"ADULT, OLDER_ADULT",PHASE1|PHASE2,168,INTERVENTIONAL,"Allocation: RANDOMIZED|Intervention '
    'Model: PARALLEL|Masking: DOUBLE (PARTICIPANT, OUTCOMES_ASSESSOR)|Primary Purpose: ECT",'
    'TEA-3|2021-3,2021-03,"House of Tea, Umeå, Sweden","Study Protocol, '
    'https://cdn.clinicaltrials.gov/large-docs/03/NCT99900003/Prot_000.pdf"\n'
).encode()
BEFORE = (
    b'"Rank","NCT Number","Title","Status","Interventions","Gender","Age","Study Designs",'
    b'"Start Date","Results First Posted"\r\n'
    b'1,"NCT99900003","Tea","Unknown status","Dietary Supplement: Tea","All","18 Years and older",'
    b'"Observational Model: Case-Control|Time Perspective: Cross-Sectional","March 4, 2021",'
    b"null\r\n"
)
PROTOCOL = "/protocolSection"
READ: dict[str, Any] = {
    f"{PROTOCOL}/identificationModule": {
        "nctId": "NCT99900003",
        "briefTitle": "Tea, or water",
        "orgStudyIdInfo": {"id": "TEA-3"},
        "secondaryIdInfos": [{"id": "2021-3"}],
    },
    f"{PROTOCOL}/statusModule": {
        "overallStatus": "ACTIVE_NOT_RECRUITING",
        "startDateStruct": {"date": "2021-03"},
    },
    f"{PROTOCOL}/conditionsModule/conditions": ["Thirst", "Heat"],
    f"{PROTOCOL}/armsInterventionsModule/interventions": [
        {"type": "DRUG", "name": "a|b"},
        {"type": "OTHER", "name": "Water"},
    ],
    f"{PROTOCOL}/designModule": {
        "studyType": "INTERVENTIONAL",
        "phases": ["PHASE1", "PHASE2"],
        "designInfo": {
            "allocation": "RANDOMIZED",
            "interventionModel": "PARALLEL",
            "primaryPurpose": "ECT",
            "maskingInfo": {
                "masking": "DOUBLE",
                "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"],
            },
        },
        "enrollmentInfo": {"count": 168},
    },
    f"{PROTOCOL}/eligibilityModule/stdAges": ["ADULT", "OLDER_ADULT"],
    "/documentSection/largeDocumentModule/largeDocs": [
        {"label": "Study Protocol", "filename": "Prot_000.pdf"}
    ],
    "/hasResults": False,
    "/unmapped": {"/csv": {"Locations": "House of Tea, Umeå, Sweden"}},
}


def test_each_column_is_at_its_place() -> None:
    told: list[trialbridge.Problem] = []
    tree = msgspec.to_builtins(trialbridge.read(TODAY, warnings=told))
    assert {pointer: get(tree, pointer) for pointer in READ} == READ
    assert [str(problem) for problem in told] == [
        "warning: line 2, column 'Locations': its parts are not told apart: kept in unmapped"
    ]


def test_the_columns_of_the_site_before_are_read() -> None:
    tree = msgspec.to_builtins(trialbridge.read(BEFORE))
    assert tree["protocolSection"] == {
        "identificationModule": {"nctId": "NCT99900003", "briefTitle": "Tea"},
        "statusModule": {
            "overallStatus": "UNKNOWN",
            "startDateStruct": {"date": "2021-03-04"},
        },
        "armsInterventionsModule": {
            "interventions": [{"type": "DIETARY_SUPPLEMENT", "name": "Tea"}]
        },
        "designModule": {
            "designInfo": {
                "observationalModel": "CASE_CONTROL",
                "timePerspective": "CROSS_SECTIONAL",
            }
        },
        "eligibilityModule": {"sex": "ALL"},
    }
    assert tree["unmapped"] == {"/csv": {"Rank": "1", "Age": "18 Years and older"}}


@pytest.mark.parametrize(
    "data", [TODAY, BEFORE, b"\xef\xbb\xbf" + TODAY, b"NCT Number\nNCT99900003\n"]
)
def test_a_table_is_recognised_by_its_first_line(data: bytes) -> None:
    assert recognise(data).name == "ctgov-csv"
    assert trialbridge.read(data).nct_id == "NCT99900003"


def test_a_row_is_written_again() -> None:
    trial = trialbridge.read(TODAY)
    head, _ = TODAY.decode().split("\n", 1)
    options = {"columns": head.replace(",", "|")}
    assert trialbridge.write(trial, "ctgov-csv", options=options) == TODAY
    again = trialbridge.read(trialbridge.write(trial, "ctgov-csv"))
    assert again.protocol == trial.protocol


def test_what_a_row_does_not_carry_is_told() -> None:
    record = trialbridge.read(
        {
            "protocolSection": {
                "identificationModule": {"nctId": "NCT00000001", "officialTitle": "A"},
                "conditionsModule": {"conditions": ["B"]},
            }
        }
    )
    told: list[trialbridge.Problem] = []
    options = {"columns": "NCT Number"}
    assert trialbridge.write(record, "ctgov-csv", options=options, warnings=told) == (
        b"NCT Number\nNCT00000001\n"
    )
    said = [str(problem) for problem in told]
    assert said[0] == (
        "warning: /protocolSection/identificationModule/officialTitle: the CSV of "
        "ClinicalTrials.gov has no place for it"
    )
    assert "warning: /protocolSection: the column 'Conditions' is not written" in said
    with pytest.raises(UnknownOption, match="option columns has 'Colour', expected of NCT Number"):
        ctgov_csv.write(record, columns="NCT Number|Colour")


def test_a_text_that_is_none_of_its_column_is_kept_and_told() -> None:
    told: list[trialbridge.Problem] = []
    data = b"NCT Number,Start Date,Sex,Colour\nNCT00000001,2021-13,NONE,red\n"
    trial = trialbridge.read(data, warnings=told)
    assert trial.unmapped == {"/csv": {"Start Date": "2021-13", "Sex": "NONE", "Colour": "red"}}
    line = "warning: line 2, column"
    assert [str(problem) for problem in told] == [
        f"{line} 'Start Date': '2021-13' is not read: kept in unmapped",
        f"{line} 'Sex': 'NONE' is not read: kept in unmapped",
        f"{line} 'Colour': it has no place in the record: kept in unmapped",
    ]


def test_many_rows_are_many_records_and_broken_ones_are_told() -> None:
    table = (
        b"NCT Number,Study Title,Acronym\n"
        b'NCT00000001,"one\nline",A\n'
        b"NCT00000002,two\n"
        b'NCT00000003,"three"x,C\n'
        b"NCT00000004,four,D\n"
        b'NCT00000005,"five,E\n'
        b"NCT00000006,six,F\n"
    )
    found = list(trialbridge.records(table))
    assert [
        (one.name, one.trial.title if one.trial else [str(problem) for problem in one.problems])
        for one in found
    ] == [
        ("<bytes>#/line 2", "one\nline"),
        ("<bytes>#/line 4", ["fatal: line 4: 2 columns, expected 3"]),
        ("<bytes>#/line 5", ["fatal: line 5: 'x,C\\n' follows the quote of column 2"]),
        ("<bytes>#/line 6", "four"),
        ("<bytes>#/line 7", ["fatal: line 7: the quote of column 2 is not closed"]),
        ("<bytes>#/line 8", "six"),
    ]


TABBED = (
    b"Rank\tNCT Number\tTitle\tGender\tStudy Designs\tStart Date\tLocations\r\n"
    b'1\tNCT00000001\t"Tea", or water\tAll\tAllocation: N/A|Masking: None (Open Label)\t'
    b'March 4, 2021\t"House" of Tea\r\n'
    b"2\tNCT00000002\ttwo\r\n"
    b"\r\n"
    b"3\tNCT00000003\tthree\t\t\t\t\r\n"
)


def test_the_table_with_tabs_of_the_site_before_is_read_and_a_quote_in_it_is_of_the_text() -> None:
    assert recognise(TABBED).name == "ctgov-csv"
    first, *others = trialbridge.records(TABBED)
    tree = msgspec.to_builtins(first.trial)
    assert tree["protocolSection"] == {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": '"Tea", or water'},
        "statusModule": {"startDateStruct": {"date": "2021-03-04"}},
        "designModule": {"designInfo": {"allocation": "NA", "maskingInfo": {"masking": "NONE"}}},
        "eligibilityModule": {"sex": "ALL"},
    }
    assert tree["unmapped"] == {"/csv": {"Rank": "1", "Locations": '"House" of Tea'}}
    assert [
        (one.name, one.trial.title if one.trial else [str(problem) for problem in one.problems])
        for one in others
    ] == [
        ("<bytes>#/line 3", ["fatal: line 3: 3 columns, expected 7"]),
        ("<bytes>#/line 5", "three"),
    ]


@settings(max_examples=100)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\n\t"), max_size=8),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_rows_with_tabs_are_taken_apart_as_they_were_joined(table: list[list[str]]) -> None:
    written = "".join("\t".join(row) + "\n" for row in [["NCT Number", "b"], *table])
    assert [row.fields for row in ctgov_csv.rows(written)][1:] == table


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"NCT Number,Acronym\n", "fatal: line 1: 0 rows, expected one"),
        (b"NCT Number,Acronym\nNCT00000001,\xff\n", "is not UTF-8"),
        (b"NCT Number,Acronym\n,A\n", "fatal: line 2: the row has no NCT number"),
    ],
)
def test_what_is_no_row_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        trialbridge.read(data, format="ctgov-csv")
    assert any(said in str(problem) for problem in caught.value.problems), caught.value.problems


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)


@settings(max_examples=100)
@given(st.lists(st.lists(_TEXTS, min_size=2, max_size=2), min_size=1, max_size=3))
def test_rows_are_taken_apart_as_they_were_written(table: list[list[str]]) -> None:
    written = "".join(f"{ctgov_csv._line(row)}\n" for row in [["a", "b"], *table])
    assert [row.fields for row in ctgov_csv.rows(written)][1:] == table


# --- the site's tables -------------------------------------------------------------------------


def test_rows_written_from_the_api_are_the_sites() -> None:
    of_api = {}
    for line in gzip.decompress(file("ctgov-csv/v2.jsonl.gz").read_bytes()).splitlines():
        study = json.loads(line)
        of_api[study["protocolSection"]["identificationModule"]["nctId"]] = line
    table = gzip.decompress(file("ctgov-csv/Marc-Morcos-ctg-studies.csv.gz").read_bytes()).decode()
    head, *rows = ctgov_csv.rows(table)
    assert head.fields == [name for name in NAMES if name != "Brief Summary"]
    assert len(rows) == 298
    for row in rows[:: 1 if ALL else 3]:
        trial, _ = ctgov.read(of_api[row.fields[0]])
        written, _ = ctgov_csv.write(trial, columns="|".join(head.fields))
        assert written.decode() == head.source + row.source


def test_every_row_of_the_sites_tables_is_read() -> None:
    names = (
        ("BassKot-SearchResults", 453),
        ("JunaidKhan444-SearchResults", 51),
        ("aliza0811-ctg-studies", 80),
        ("onlyjazz-ctg-studies", 354),
        ("partrita-ctg-studies_B7H3", 54),
        ("saravana87-ctg-studies", 435),
    )
    for name, count in names:
        data = gzip.decompress(file(f"ctgov-csv/{name}.csv.gz").read_bytes())
        found = [ctgov_csv.read(own) for _, own in ctgov_csv.members(data)]
        assert len(found) == count, name
        assert all(trial.nct_id for trial, _ in found)


def test_a_value_with_the_pipe_that_joins_values_is_told() -> None:
    names = {"nctId": "NCT00000001", "briefTitle": "Tea"}
    protocol = {"identificationModule": names, "conditionsModule": {"conditions": ["a|b", "c"]}}
    told: list[Problem] = []
    trialbridge.convert({"protocolSection": protocol}, "ctgov-csv", warnings=told)
    said = "the column 'Conditions' is not read as the record has it: 'a|b|c'"
    assert [str(problem) for problem in told] == [f"warning: /protocolSection: {said}"]


def test_a_column_that_stands_twice_is_refused() -> None:
    table = b"NCT Number,Study Title,Study Title\nNCT00000001,a,b\n"
    with pytest.raises(ReadError, match="the column 'Study Title' stands twice, expected once"):
        trialbridge.read(table)


def test_a_column_that_is_none_is_wrong_usage_for_one_record_and_for_many(tmp_path: Path) -> None:
    source = tmp_path / "one.json"
    source.write_text('{"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}')
    for more in ([], ["-o", f"{tmp_path}/out/"]):
        asked = ["convert", str(source), "--to", "ctgov-csv", "-O", "columns=Bogus", *more]
        found = CliRunner().invoke(main, asked)
        assert found.exit_code == 2
        assert "option columns has 'Bogus', expected of NCT Number, " in found.stderr
    assert not (tmp_path / "out").exists()
