"""AACT's tables: written from records as CTTI names them, loaded by SQL, and read back."""

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from click.testing import CliRunner
from corpus import ALL, records
from filled import filled_trial
from hypothesis import given
from hypothesis import strategies as st

import trialbridge
from trialbridge.cli.commands import main
from trialbridge.formats.registries.aact import package, pipes
from trialbridge.formats.sniff import recognise
from trialbridge.mappings.coverage import pattern
from trialbridge.mappings.registries.aact.document import REFERENCES, columns, coverage
from trialbridge.schemas.problem import Invalid, ReadError
from trialbridge.schemas.syntax.pointer import walk
from trialbridge.schemas.trial import Registration, Trial

CARRIED = {row.leaf for row in coverage()}
STUDY = {
    "hasResults": False,
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT99900012",
            "briefTitle": 'Tea | "black"',
            "orgStudyIdInfo": {"id": "TEA-12"},
            "secondaryIdInfos": [{"id": "2021-3", "type": "REGISTRY", "domain": "TeaReg"}],
        },
        "statusModule": {
            "overallStatus": "COMPLETED",
            "startDateStruct": {"date": "2020-02", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2020-12-31", "type": "ACTUAL"},
            "studyFirstSubmitDate": "2020-01-05",
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": {"name": "Tea House", "class": "INDUSTRY"},
            "collaborators": [{"name": "Water", "class": "OTHER"}],
        },
        "conditionsModule": {"conditions": ["Thirst", "Heat"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "designInfo": {"maskingInfo": {"masking": "DOUBLE", "whoMasked": ["INVESTIGATOR"]}},
            "enrollmentInfo": {"count": 12, "type": "ACTUAL"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Tea"]},
                {"label": "B", "interventionNames": ["Drug: Tea", "Other: Cup"]},
            ],
            "interventions": [
                {"type": "DRUG", "name": "Tea", "armGroupLabels": ["A", "B"]},
                {"type": "OTHER", "name": "Cup", "armGroupLabels": ["B"], "otherNames": ["Mug"]},
            ],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion:\n\n* thirsty\n",
            "healthyVolunteers": True,
            "minimumAge": "18 Years",
            "stdAges": ["ADULT", "OLDER_ADULT"],
        },
        "contactsLocationsModule": {
            "locations": [
                {
                    "facility": "House of Tea",
                    "country": "Sweden",
                    "geoPoint": {"lat": 63.8, "lon": 20.25},
                    "contacts": [
                        {"name": "Ann", "role": "CONTACT", "phone": "1"},
                        {"name": "Bo", "role": "STUDY_DIRECTOR"},
                    ],
                }
            ]
        },
    },
}


def trial(study: dict[str, Any] = STUDY) -> Trial:
    return trialbridge.read(json.dumps(study).encode())


def members(data: bytes) -> dict[str, list[dict[str, str | None]]]:
    """The rows of each table of a zip, by the names of columns."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    found = {}
    for name, text in texts.items():
        head, *lines = pipes.read(text)
        names = [str(cell) for cell in head.cells]
        found[name] = [dict(zip(names, line.cells, strict=True)) for line in lines]
    return found


def changed(data: bytes, **texts: str | None) -> bytes:
    """A zip with other texts of tables; None takes one out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        held = {name: archive.read(name).decode() for name in archive.namelist()}
    for table, text in texts.items():
        held.pop(f"{table}.txt", None)
        if text is not None:
            held[f"{table}.txt"] = text
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in held.items():
            archive.writestr(name, text)
    return file.getvalue()


def table(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(f"{name}.txt").decode()


def refusal(data: bytes) -> str:
    with pytest.raises(ReadError) as error:
        package.read(data)
    return "; ".join(str(problem) for problem in error.value.problems)


def test_a_record_is_written_as_aact_has_it() -> None:
    data, problems = package.write(trial())
    rows = members(data)
    assert problems == []
    assert recognise(data).name == "aact"
    assert set(rows) == {f"{name}.txt" for name in columns()}
    study = {name: said for name, said in rows["studies.txt"][0].items() if said is not None}
    assert study == {
        "nct_id": "NCT99900012",
        "study_first_submitted_date": "2020-01-05",
        "start_month_year": "2020-02",
        "start_date_type": "ACTUAL",
        "start_date": "2020-02-29",
        "primary_completion_month_year": "2020-12-31",
        "primary_completion_date_type": "ACTUAL",
        "primary_completion_date": "2020-12-31",
        "study_type": "INTERVENTIONAL",
        "brief_title": 'Tea | "black"',
        "overall_status": "COMPLETED",
        "phase": "PHASE1/PHASE2",
        "enrollment": "12",
        "enrollment_type": "ACTUAL",
        "number_of_arms": "2",
    }
    assert '|"Tea | ""black"""|' in table(data, "studies")
    assert table(data, "id_information") == (
        "id|nct_id|id_source|id_value|id_type|id_type_description|id_link\n"
        "1|NCT99900012|org_study_id|TEA-12|||\n"
        "2|NCT99900012|secondary_id|2021-3|REGISTRY|TeaReg|\n"
    )
    assert table(data, "sponsors") == (
        "id|nct_id|agency_class|lead_or_collaborator|name\n"
        "1|NCT99900012|INDUSTRY|lead|Tea House\n"
        "2|NCT99900012|OTHER|collaborator|Water\n"
    )
    assert table(data, "design_group_interventions") == (
        "id|nct_id|design_group_id|intervention_id\n"
        "1|NCT99900012|1|1\n"
        "2|NCT99900012|2|1\n"
        "3|NCT99900012|2|2\n"
    )
    assert table(data, "conditions").splitlines()[1:] == [
        "1|NCT99900012|Thirst|thirst",
        "2|NCT99900012|Heat|heat",
    ]
    assert table(data, "facilities").splitlines()[1:] == [
        "1|NCT99900012||House of Tea||||Sweden|63.8|20.25"
    ]
    assert table(data, "facility_contacts").splitlines()[1:] == ["1|NCT99900012|1|primary|Ann||1|"]
    assert table(data, "facility_investigators").splitlines()[1:] == [
        "1|NCT99900012|1|STUDY_DIRECTOR|Bo"
    ]
    design = rows["designs.txt"][0]
    assert [said for name, said in design.items() if name.endswith("_masked")] == list("fftf")
    criteria = rows["eligibilities.txt"][0]
    assert criteria["criteria"] == "Inclusion:\n\n* thirsty\n"
    assert [criteria[name] for name in ("healthy_volunteers", "child", "adult", "older_adult")] == [
        *"tftt"
    ]
    calculated = {name: said for name, said in rows["calculated_values.txt"][0].items() if said}
    assert calculated == {
        "id": "1",
        "nct_id": "NCT99900012",
        "number_of_facilities": "1",
        "registered_in_calendar_year": "2020",
        "actual_duration": "10",
        "were_results_reported": "f",
        "has_us_facility": "f",
        "has_single_facility": "t",
        "minimum_age_num": "18",
        "minimum_age_unit": "year",
    }


def test_it_comes_back() -> None:
    back, problems = package.read(package.write(trial())[0])
    assert back == trial()
    assert problems == []


RESULTS = {
    "protocolSection": {"identificationModule": {"nctId": "NCT99900013"}},
    "resultsSection": {
        "baselineCharacteristicsModule": {
            "groups": [{"id": "BG000", "title": "Tea"}],
            "denoms": [{"units": "Participants", "counts": [{"groupId": "BG000", "value": "7"}]}],
            "measures": [
                {
                    "title": "Age",
                    "paramType": "MEAN",
                    "calculatePct": False,
                    "classes": [
                        {
                            "categories": [
                                {
                                    "measurements": [
                                        {"groupId": "BG000", "value": "40.5", "spread": "NA"}
                                    ]
                                }
                            ]
                        }
                    ],
                }
            ],
        },
        "outcomeMeasuresModule": {
            "outcomeMeasures": [
                {
                    "type": "PRIMARY",
                    "title": "Thirst",
                    "unitOfMeasure": "cups",
                    "groups": [{"id": "OG000"}, {"id": "OG001"}],
                    "classes": [
                        {
                            "title": "Day 1",
                            "categories": [
                                {
                                    "measurements": [
                                        {"groupId": "OG000", "value": "1"},
                                        {"groupId": "OG001", "value": "<2", "lowerLimit": "NA"},
                                    ]
                                }
                            ],
                        },
                        {
                            "title": "Day 1",
                            "categories": [{"measurements": [{"groupId": "OG000", "value": "3"}]}],
                        },
                    ],
                    "analyses": [{"groupIds": ["OG001", "OG000"], "pValue": "<0.05"}],
                }
            ]
        },
        "adverseEventsModule": {
            "timeFrame": "1 year",
            "eventGroups": [{"id": "EG000", "seriousNumAffected": 1, "seriousNumAtRisk": 7}],
            "seriousEvents": [
                {"term": "Burn", "stats": [{"groupId": "EG000", "numAffected": 1, "numAtRisk": 7}]}
            ],
        },
    },
}


def test_results_are_written_by_group_and_come_back() -> None:
    data, problems = package.write(trial(RESULTS))
    assert problems == []
    assert package.read(data)[0] == trial(RESULTS)
    rows = members(data)
    (measured,) = rows["baseline_measurements.txt"]
    assert {name: said for name, said in measured.items() if said is not None} == {
        "id": "1",
        "nct_id": "NCT99900013",
        "result_group_id": "1",
        "ctgov_group_code": "BG000",
        "title": "Age",
        "param_type": "MEAN",
        "param_value": "40.5",
        "param_value_num": "40.5",
        "dispersion_value": "NA",
        "number_analyzed": "7",
        "number_analyzed_units": "Participants",
        "calculate_percentage": "No",
    }
    assert table(data, "result_groups").splitlines()[1:] == [
        "1|NCT99900013|BG000|Baseline|Tea||",
        "2|NCT99900013|EG000|Reported Event|||",
        "3|NCT99900013|OG000|Outcome|||1",
        "4|NCT99900013|OG001|Outcome|||1",
    ]
    assert [
        [row[name] for name in ("result_group_id", "classification", "title", "units")]
        for row in rows["outcome_measurements.txt"]
    ] == [
        ["3", "Day 1", "Thirst", "cups"],
        ["4", "Day 1", "Thirst", "cups"],
        ["3", "Day 1", "Thirst", "cups"],
    ]
    assert [row["param_value_num"] for row in rows["outcome_measurements.txt"]] == ["1", None, "3"]
    (analysis,) = rows["outcome_analyses.txt"]
    assert [analysis[f"p_value{rest}"] for rest in ("", "_modifier", "_raw")] == [
        "0.05",
        "<",
        "<0.05",
    ]
    assert table(data, "outcome_analysis_groups").splitlines()[1:] == [
        "1|NCT99900013|1|4|OG001",
        "2|NCT99900013|1|3|OG000",
    ]
    assert table(data, "reported_event_totals").splitlines()[1:] == [
        "NCT".join(["1|", "99900013|EG000|serious|Total, serious adverse events|1|7||"]),
        "NCT".join(["2|", "99900013|EG000|other|Total, other adverse events||||"]),
        "NCT".join(["3|", "99900013|EG000|deaths|Total, all-cause mortality||||"]),
    ]


def facts(one: Trial) -> dict[str, Any]:
    return dict(walk(msgspec.to_builtins(one)))


@cache
def written() -> list[tuple[Trial, bytes, set[str]]]:
    """Records of the corpus with their tables, and the leaves that are told as not carried."""
    found = []
    for data in records()[:: 1 if ALL else 50]:
        one = trialbridge.read(data)
        tables, problems = package.write(one)
        found.append((one, tables, {pattern(problem.path) for problem in problems}))
    return found


NAMES = "/protocolSection/armsInterventionsModule/armGroups/*/interventionNames/*"


def test_every_fact_comes_back_or_is_told_and_none_is_new() -> None:
    tables, problems = package.write(filled_trial())
    full = filled_trial(), tables, {pattern(problem.path) for problem in problems}
    for one, data, told in [*written(), full]:
        before, after = facts(one), facts(package.read(data)[0])
        differ = {pattern(at) for at, said in before.items() if after.get(at) != said}
        assert {"/unmapped" if at.startswith("/unmapped/") else at for at in differ} <= told
        # What an intervention says of an arm and the arm does not, the arm says too.
        assert {pattern(at) for at in after.keys() - before.keys()} <= {NAMES}


def test_of_leaves_with_a_column_what_no_row_can_say_is_not_read_alone() -> None:
    events, results = "/resultsSection/adverseEventsModule", "/resultsSection/"
    lost = {leaf for _, _, told in written() for leaf in told}
    assert lost & CARRIED <= {
        # Of a record without events, whose rows have it.
        f"{events}/timeFrame",
        f"{events}/frequencyThreshold",
        f"{events}/description",
        # One of 2,050 arms names other interventions than these name it.
        NAMES,
        # Values that are no numbers, in columns that have no text beside them.
        f"{results}outcomeMeasuresModule/outcomeMeasures/*/analyses/*/paramValue",
        *(
            f"{results}baselineCharacteristicsModule/measures/*/classes/*/categories/*"
            f"/measurements/*/{end}Limit"
            for end in ("lower", "upper")
        ),
    }


# --- many records into a folder, and SQL ---------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    return tmp_path


def convert(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["convert", "-j", "1", *arguments], catch_exceptions=False)
    return result.exit_code, result.output


def test_a_folder_of_many_is_loaded_by_sql_and_read_back(folder: Path) -> None:
    sources = records()[:: 1 if ALL else 100]
    Path("records.ndjson").write_bytes(b"\n".join(sources))
    assert convert("records.ndjson", "--to", "aact", "-o", "tables/")[0] == 0
    assert sorted(path.name for path in Path("tables").glob("*.txt")) == sorted(
        f"{name}.txt" for name in columns()
    )
    base = duckdb.connect()
    for name in columns():
        # Its limit is that of a line, which a row of long texts is over.
        base.execute(
            f"CREATE TABLE {name} AS FROM read_csv('tables/{name}.txt', delim = '|', "
            "header = true, quote = '\"', escape = '\"', all_varchar = true)"
        )
    trials = [trialbridge.read(data) for data in sources]
    asked = base.execute(
        "SELECT s.nct_id, count(f.id) FROM studies s LEFT JOIN facilities f USING (nct_id)"
        " GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert asked == sorted((one.nct_id, len(one.sites)) for one in trials)
    asked = base.execute(
        "SELECT s.nct_id, g.title, i.name FROM studies s"
        " JOIN design_groups g USING (nct_id) JOIN design_group_interventions x"
        " ON x.design_group_id = g.id JOIN interventions i ON x.intervention_id = i.id"
    ).fetchall()
    assert sorted(asked) == sorted(
        (one.nct_id, label, given.name)
        for one in trials
        for given in one.interventions
        for label in given.arm_group_labels or ()
    )
    for name, types in columns().items():
        if "id" in types:
            counted = base.execute(f"SELECT id FROM {name}").fetchall()
            assert [int(own) for (own,) in counted] == list(range(1, len(counted) + 1))
        for column in types.keys() & REFERENCES.keys():
            asked = base.execute(
                f"SELECT count(x.{column}), count(y.id) FROM {name} x LEFT JOIN"
                f" {REFERENCES[column]} y ON x.{column} = y.id AND x.nct_id = y.nct_id"
            ).fetchall()
            assert asked[0][0] == asked[0][1]
    back = {one.trial.nct_id: one.trial for one in trialbridge.records("tables") if one.trial}
    assert back == {one.nct_id: package.read(package.write_untold(one))[0] for one in trials}


def test_tables_of_many_may_be_larger_than_one_record_and_stand_in_a_zip(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studies = [json.dumps(STUDY).replace("NCT99900012", f"NCT999000{one}") for one in range(20, 60)]
    Path("records.ndjson").write_text("\n".join(studies))
    assert convert("records.ndjson", "--to", "aact", "-o", "tables/")[0] == 0
    with zipfile.ZipFile("tables.zip", "w") as archive:
        for path in Path("tables").glob("*.txt"):
            archive.write(path, path.name)
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "15000")
    assert sum(path.stat().st_size for path in Path("tables").glob("*.txt")) > 30_000
    for source in ("tables", "tables.zip"):
        found = [one for one in trialbridge.records(source) if one.format]
        assert [one.name for one in found] == [
            f"{source}#/studies.txt/NCT999000{one}" for one in range(20, 60)
        ]
        assert [one.trial for one in found] == [trial(json.loads(one)) for one in studies]


def test_a_folder_without_its_studies_is_refused(folder: Path) -> None:
    Path("tables").mkdir()
    Path("tables/keywords.txt").write_text("id|nct_id|name|downcase_name\n1|NCT99900012|a|a\n")
    (found,) = trialbridge.records("tables")
    assert [str(problem) for problem in found.problems] == [
        "fatal: studies.txt: there is no studies.txt, which has a row for each study; found"
        " keywords.txt"
    ]


def test_a_second_record_of_one_study_fails(folder: Path) -> None:
    line = json.dumps(STUDY)
    Path("records.ndjson").write_text(f"{line}\n{line}\n")
    assert convert("records.ndjson", "--to", "aact", "-o", "tables/")[0] == 1
    told = json.loads(Path("tables/quarantine/0000002.problems.json").read_text())
    assert [problem["message"] for problem in told["records"][0]["problems"]] == [
        "the study NCT99900012 has rows in the tables from another record"
    ]
    assert len(Path("tables/studies.txt").read_text().splitlines()) == 2


def test_a_layout_that_does_not_fit_is_refused(folder: Path) -> None:
    Path("one.json").write_text(json.dumps(STUDY))
    assert convert("one.json", "--to", "fhir", "--layout", "tables", "-o", "new/")[1].endswith(
        "Error: layout tables is of AACT's tables: to aact, not fhir-r5\n"
    )
    assert convert("one.json", "--to", "aact", "--gzip", "-o", "new/")[1].endswith(
        "Error: layout tables is not compressed: layout files is\n"
    )


# --- what is broken, and what others write -------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "method", "reason"),
    [
        (
            ["studies.txt"],
            zipfile.ZIP_BZIP2,
            "fatal: the zip cannot be read: studies.txt: the entry is packed by bzip2, expected"
            " deflate: pack it anew",
        ),
        (
            ["a/studies.txt", "b/studies.txt"],
            zipfile.ZIP_DEFLATED,
            "fatal: b/studies.txt: the table studies is in the zip before, expected once",
        ),
    ],
)
def test_a_zip_that_is_packed_otherwise_or_has_a_table_twice_is_refused(
    names: list[str], method: int, reason: str
) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name in names:
            archive.writestr(name, "nct_id|phase\nNCT99900012|NA\n")
    assert trialbridge.recognise(file.getvalue()).name == "aact"
    assert refusal(file.getvalue()) == reason


def test_a_record_without_an_id_is_refused() -> None:
    with pytest.raises(Invalid) as error:
        package.write(Trial(has_results=True))
    (problem,) = error.value.problems
    assert problem.message == (
        "the record has no id, and AACT joins its tables by that: give it one"
    )


def test_the_id_of_another_register_is_no_nct_number() -> None:
    data, problems = package.write(Trial(registration=Registration(register="DRKS", id="DRKS1")))
    assert members(data)["studies.txt"][0]["nct_id"] == "DRKS1"
    assert [problem.path for problem in problems] == ["/registration/register"]
    back = package.read(data)[0]
    assert back.nct_id is None
    assert back.registration == Registration(id="DRKS1")


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (
            {"studies": None},
            "studies.txt: there is no studies.txt, which has a row for each study; found",
        ),
        (
            {"studies": "nct_id|phase\n"},
            "calculated_values.txt, line 2: 'NCT99900012' is no study of",
        ),
        (
            {"facilities": "id|name\n1|House\n"},
            "facilities.txt, line 1: there is no column nct_id; the columns are id, name",
        ),
        (
            {"facility_contacts": "id|nct_id|name\n1|NCT99900012|Ann\n"},
            "facility_contacts.txt, line 1: there is no column facility_id; the columns are",
        ),
        (
            {"links": "id|nct_id|url|url\n"},
            "links.txt, line 1: the column 'url' stands twice, expected once",
        ),
        (
            {"links": 'id|nct_id|url|description\n1|NCT99900012|a|"b\n2|NCT99900012|c|d\n'},
            "links.txt, line 2: the quote of cell 4 is not closed",
        ),
        (
            {"links": 'id|nct_id|url|description\n1|NCT99900012|"a"b|\n'},
            "links.txt, line 2: 'b|\\n' follows the quote of cell 3",
        ),
        (
            {"links": "id|nct_id|url|description\n1|NCT99900012|a\n"},
            "links.txt, line 2: 3 cells, expected 4",
        ),
        (
            {"links": "id|nct_id|url|description\n1|NCT99900099|a|\n"},
            "links.txt, line 2: 'NCT99900099' is no study of studies.txt, which has 'NCT99900012'",
        ),
        (
            {"studies": "nct_id|enrollment|has_dmc\nNCT99900012|many|x\n"},
            "studies.txt, line 2: enrollment: 'many' is no whole number",
        ),
    ],
)
def test_what_is_broken_is_told_with_its_place(texts: dict[str, str | None], reason: str) -> None:
    assert reason in refusal(changed(package.write(trial())[0], **texts))


def test_a_row_that_is_broken_costs_its_study_alone(folder: Path) -> None:
    other = json.loads(json.dumps(STUDY).replace("NCT99900012", "NCT99900014"))
    Path("records.ndjson").write_text(f"{json.dumps(STUDY)}\n{json.dumps(other)}\n")
    assert convert("records.ndjson", "--to", "aact", "-o", "tables/")[0] == 0
    links = 'id|nct_id|url|description\n1|NCT99900014|a|"b\n2|NCT99900012|c|d\n9|NCT1|a|b\n'
    Path("tables/links.txt").write_text(links)
    found = {one.name: one for one in trialbridge.records("tables") if one.format}
    assert list(found) == [
        "tables#/studies.txt/NCT99900012",
        "tables#/studies.txt/NCT99900014",
        "tables#/others",
    ]
    assert [one.trial is None for one in found.values()] == [False, True, True]
    assert [str(one.problems[0]) for one in found.values() if one.trial is None] == [
        "fatal: links.txt, line 2: the quote of cell 4 is not closed",
        "fatal: links.txt, line 4: 'NCT1' is no study of studies.txt",
    ]


def test_rows_of_studies_that_are_mixed_are_found_with_their_lines(folder: Path) -> None:
    Path("tables").mkdir()
    texts = {
        "studies": "nct_id|enrollment\r\nNCT99900016|5\r\nNCT99900017|x\r\n",
        "brief_summaries": (
            'id|nct_id|description\r\n1|NCT99900017|"two\r\nlines"\r\n\r\n'
            '2|NCT99900016|"a ""b"" | c\r\n"\r\n'
        ),
        "study_references": "id|nct_id|pmid\n4|NCT99900016|1\n3|NCT99900017|2\n2|NCT99900016|3\n",
        "retractions": 'id|reference_id|pmid|source|nct_id\n1|4|9|"s\n"|NCT99900016\n',
        "links": "id|nct_id|url\n1|NCT99900017|a\n2|NCT99900016|b\n3|NCT99900017|c|d\n",
    }
    for name, text in texts.items():
        Path(f"tables/{name}.txt").write_bytes(text.encode())
    first, second = trialbridge.records("tables")
    assert first.trial is not None
    assert facts(first.trial) == {
        "/trialbridge": "1",
        "/protocolSection/identificationModule/nctId": "NCT99900016",
        "/protocolSection/designModule/enrollmentInfo/count": 5,
        "/protocolSection/descriptionModule/briefSummary": 'a "b" | c\r\n',
        "/protocolSection/referencesModule/references/0/pmid": "3",
        "/protocolSection/referencesModule/references/1/pmid": "1",
        "/protocolSection/referencesModule/references/1/retractions/0/pmid": "9",
        "/protocolSection/referencesModule/references/1/retractions/0/source": "s\n",
        "/protocolSection/referencesModule/seeAlsoLinks/0/url": "b",
    }
    assert [str(problem) for problem in second.problems] == [
        "fatal: links.txt, line 4: 4 cells, expected 3"
    ]
    Path("tables/links.txt").unlink()
    _, second = trialbridge.records("tables")
    assert [str(problem) for problem in second.problems] == [
        "error: studies.txt, line 3: enrollment: 'x' is no whole number"
    ]


def test_older_copies_and_other_columns_are_read_or_told() -> None:
    data = changed(
        package.write(Trial(registration=Registration(id="x")))[0],
        studies=(
            "nct_id|study_type|phase|start_month_year|start_date_type|overall_status|enrollment|new\n"
            "NCT99900015|Interventional|Phase 1/Phase 2|March 2021|Anticipated|Unknown status|5|x\n"
        ),
        calculated_values=None,
        eligibilities=(
            "id|nct_id|gender|minimum_age|healthy_volunteers\n7|NCT99900015|All|N/A|Yes\n"
        ),
        outcome_analyses="id|nct_id|outcome_id|p_value|ci_lower_limit\n1|NCT99900015|3|0.05|1.5\n",
        outcomes="id|nct_id|title\n3|NCT99900015|Thirst\n",
    )
    back, problems = package.read(data)
    assert facts(back) == {
        "/trialbridge": "1",
        "/protocolSection/identificationModule/nctId": "NCT99900015",
        "/protocolSection/statusModule/startDateStruct/date": "2021-03",
        "/protocolSection/statusModule/startDateStruct/type": "ESTIMATED",
        "/protocolSection/statusModule/overallStatus": "UNKNOWN",
        "/protocolSection/designModule/studyType": "INTERVENTIONAL",
        "/protocolSection/designModule/phases/0": "PHASE1",
        "/protocolSection/designModule/phases/1": "PHASE2",
        "/protocolSection/designModule/enrollmentInfo/count": 5,
        "/protocolSection/eligibilityModule/sex": "ALL",
        "/protocolSection/eligibilityModule/healthyVolunteers": True,
        "/resultsSection/outcomeMeasuresModule/outcomeMeasures/0/title": "Thirst",
        "/resultsSection/outcomeMeasuresModule/outcomeMeasures/0/analyses/0/ciLowerLimit": "1.5",
    }
    assert sorted(problem.path for problem in problems) == [
        "outcome_analyses.txt, line 2: p_value",
        "studies.txt, line 2: new",
    ]


CELL = st.none() | st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3).filter(any), max_size=4))
def test_rows_written_are_read_as_they_were(rows: list[list[str | None]]) -> None:
    text = "".join(f"{pipes.written(row)}\n" for row in [["a", "b", "c"], *rows])
    assert [(line.cells, line.wrong) for line in pipes.read(text)][1:] == [
        (row, "") for row in rows
    ]
