"""SDTM's trial summary: what a record says in TS and TI, by hand, and what is read of a TS."""

import io
import json
import zipfile
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from sdtm_record import DATA, LONG, RECORD, members, rows, said, source
from strategies import trials

import trialbridge
from trialbridge import Invalid
from trialbridge.cli import commands as cli
from trialbridge.formats.sdtm import define_xml, package
from trialbridge.formats.sniff import recognise
from trialbridge.mappings.sdtm.document import pieces, write_datasets
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.sdtm.validate import check
from trialbridge.schemas.trial import Trial


def test_the_facts_of_a_record_are_rows_with_cdiscs_values_and_codes() -> None:
    assert said(DATA, "TITLE", "SPREFID", "SPONSOR", "STYPE", "TPHASE", "RANDOM", "INTMODEL") == [
        ("INTMODEL", "PARALLEL", "C82639", "CDISC"),
        ("RANDOM", "Y", "C49488", "CDISC"),
        ("SPONSOR", "House of Tea"),
        ("SPREFID", "TEA-7"),
        ("STYPE", "INTERVENTIONAL", "C98388", "CDISC"),
        ("TITLE", "A Trial of Tea in Thirst"),
        ("TPHASE", "PHASE II TRIAL", "C15601", "CDISC"),
    ]
    assert said(DATA, "REGID") == [
        ("REGID", "NCT99900007", "NCT99900007", "clinicaltrials.gov"),
        ("REGID", "2021-000001-11", "2021-000001-11", "EudraCT"),
        ("REGID", "JRCT-1", "JRCT-1", "jRCT"),
    ]
    assert said(DATA, "SSTDTC", "SENDTC", "AGEMIN", "AGEMAX") == [
        ("AGEMAX", "PINF"),
        ("AGEMIN", "P18Y", "ISO 8601"),
        ("SENDTC", "2022-04-05", "ISO 8601"),
        ("SSTDTC", "2021-03", "ISO 8601"),
    ]
    assert said(DATA, "TBLIND", "SEXPOP", "HLTSUBJI", "DMCIND", "FDADRIND", "ACTSUB") == [
        ("ACTSUB", "60"),
        ("DMCIND", "Y", "C49488", "CDISC"),
        ("FDADRIND", "N", "C49487", "CDISC"),
        ("HLTSUBJI", "N", "C49487", "CDISC"),
        ("SEXPOP", "BOTH", "C49636", "CDISC"),
        ("TBLIND", "OBSERVER BLIND", "C187674", "CDISC"),
    ]
    assert said(DATA, "INDIC", "KEYWORD", "FCNTRY", "OUTMSPRI", "OUTMSADD") == [
        ("FCNTRY", "SWE", "SWE", "ISO 3166-1 alpha-3"),
        ("FCNTRY", "JPN", "JPN", "ISO 3166-1 alpha-3"),
        ("INDIC", "Thirst", "D013894", "MeSH"),
        ("INDIC", "Heat"),
        ("KEYWORD", "tea"),
        ("OUTMSADD", "Cups"),
        ("OUTMSPRI", "Thirst, by a scale"),
    ]


def test_rows_that_belong_together_have_one_group() -> None:
    assert said(DATA, "TRT", "COMPTRT", "INTTYPE") == [
        ("COMPTRT", "INT2", "Water"),
        ("INTTYPE", "INT1", "DRUG", "C1909", "CDISC"),
        ("INTTYPE", "INT2", "OTH"),
        ("TRT", "INT1", "Tea"),
    ]
    assert said(DATA, "CONNAME", "CONROLE", "CONPHONE") == [
        ("CONNAME", "CONTACT1", "T. Pot"),
        ("CONNAME", "OFFICIAL1", "C. Up"),
        ("CONPHONE", "CONTACT1", "1"),
        ("CONROLE", "CONTACT1", "CENTRAL CONTACT FOR RECRUITMENT", "C127523", "CDISC"),
        ("CONROLE", "OFFICIAL1", "PRINCIPAL INVESTIGATOR", "C19924", "CDISC"),
    ]
    assert said(DATA, "CITNSTDY", "PUBMEDID", "URLSTDY", "URLSTDYD") == [
        ("CITNSTDY", "REF1", "Tea. 2020."),
        ("PUBMEDID", "REF1", "12"),
        ("URLSTDY", "URL1", "https://tea.example/"),
        ("URLSTDYD", "URL1", "About tea"),
    ]


def test_what_follows_and_what_is_not_known_is_there_too() -> None:
    assert said(DATA, "NARMS", "TCNTRL", "ONGOSIND", "PDSTIND", "SDTIGVER", "SDTMVER") == [
        ("NARMS", "3"),
        ("ONGOSIND", "N", "C49487", "CDISC"),
        ("PDSTIND", "N", "C49487", "CDISC"),
        ("SDTIGVER", "3.4"),
        ("SDTMVER", "2.0"),
        ("TCNTRL", "ACTIVE", "C49649", "CDISC"),
        ("TCNTRL", "PLACEBO", "C49648", "CDISC"),
    ]
    # How long one subject is observed does not follow from when the study began and ended.
    assert said(DATA, "LENGTH", "ADAPT", "OBJPRIM", "PLANSUB", "TINDTP") == [
        ("ADAPT", "NI"),
        ("LENGTH", "NI"),
        ("OBJPRIM", "NI"),
        ("PLANSUB", "NI"),
        ("TINDTP", "OTH"),
    ]


def test_a_study_without_assigned_interventions_has_not_what_only_a_trial_has() -> None:
    protocol = RECORD["protocolSection"]
    design = {"studyType": "OBSERVATIONAL", "patientRegistry": True, "targetDuration": "2 Years"}
    data = trialbridge.convert(source(protocolSection={**protocol, "designModule": design}), "sdtm")
    assert said(data, "STYPE", "TBLIND", "NARMS", "NCOHORT", "TRGFUDUR", "INTMODEL") == [
        ("NARMS", "NA"),
        ("NCOHORT", "3"),
        ("STYPE", "PATIENT REGISTRY", "C129000", "CDISC"),
        ("TBLIND", "NA"),
        ("TRGFUDUR", "P2Y", "ISO 8601"),
    ]


def test_the_criteria_are_rows_of_ti_and_a_long_one_is_whole_in_the_define_xml() -> None:
    found = rows(DATA, "ti")
    assert [(row["IETESTCD"], row["IECAT"]) for row in found] == [
        ("INCL01", "INCLUSION"),
        ("INCL02", "INCLUSION"),
        ("EXCL01", "EXCLUSION"),
    ]
    assert found[0] == {
        "STUDYID": "TEA-7",
        "DOMAIN": "TI",
        "IETESTCD": "INCL01",
        "IETEST": "Thirst",
        "IECAT": "INCLUSION",
    }
    assert len(found[1]["IETEST"]) <= 200
    assert found[1]["IETEST"].endswith(" ...")
    assert define_xml.texts_of(members(DATA)["define.xml"]) == {
        "INCL01": "Thirst",
        "INCL02": LONG,
        "EXCL01": "Allergy to tea",
    }


def test_what_a_ts_carries_is_read_again() -> None:
    again = trialbridge.read(DATA)
    before = trialbridge.read(source())
    assert again.protocol is not None
    assert before.protocol is not None
    assert again.nct_id == "NCT99900007"
    for module, names in {
        "identification": ("org_study_id_info", "official_title"),
        "conditions": ("conditions", "keywords"),
        "outcomes": ("primary_outcomes", "other_outcomes"),
        "eligibility": (
            "eligibility_criteria", "healthy_volunteers", "sex", "minimum_age", "maximum_age",
        ),
        "design": ("study_type", "phases", "design_info", "enrollment_info"),
    }.items():  # fmt: skip
        for name in names:
            mine = getattr(getattr(again.protocol, module), name)
            assert mine == getattr(getattr(before.protocol, module), name), name
    assert [(one.name, one.type) for one in again.interventions] == [
        ("Tea", "DRUG"),
        ("Water", "OTHER"),
    ]
    assert again.page is not None
    assert again.page.countries == ["Sweden", "Japan"]


def test_what_a_ts_has_no_place_for_is_told() -> None:
    told: list[Problem] = []
    trialbridge.convert(source(), "sdtm", warnings=told)
    lines = [str(problem) for problem in told]
    assert (
        "warning: /protocolSection/identificationModule/secondaryIdInfos/2: TS has no parameter "
        "for an id that is no register's" in lines
    )
    assert (
        "warning: /protocolSection/armsInterventionsModule/armGroups: SDTM's trial summary has no "
        "place for it" in lines
    )


@pytest.mark.parametrize(
    ("masking", "told"),
    [
        ("DOUBLE", []),
        ("TRIPLE", ["CDISC says DOUBLE BLIND of TRIPLE, which is read as DOUBLE"]),
        ("QUADRUPLE", ["CDISC says DOUBLE BLIND of QUADRUPLE, which is read as DOUBLE"]),
    ],
)
def test_a_masking_that_is_read_as_another_is_told(masking: str, told: list[str]) -> None:
    info = {"designInfo": {"maskingInfo": {"masking": masking}}}
    names = {"nctId": "NCT99900009", "briefTitle": "Tea"}
    design = {"studyType": "INTERVENTIONAL", **info}
    record = {"protocolSection": {"identificationModule": names, "designModule": design}}
    warnings: list[Problem] = []
    trialbridge.convert(record, "sdtm", warnings=warnings)
    found = [one.message for one in warnings if one.path.endswith("/maskingInfo/masking")]
    assert found == told


def test_an_edit_of_a_row_is_an_edit_of_the_record() -> None:
    files = members(DATA)
    tree = json.loads(files["ts.json"])
    for row in tree["rows"]:
        if row[4] == "TPHASE":
            row[6:9] = ["PHASE III TRIAL", "", "C15602"]
    assert trialbridge.read(json.dumps(tree).encode()).phases == ["PHASE3"]


def test_a_long_value_goes_on_in_further_columns() -> None:
    title = "word " * 90 + "end"
    first, second, third = pieces(title)
    assert (first[-7:], second[:6], second[-7:], third) == (
        "ord wor",
        "d word",
        "ord wor",
        "d " + "word " * 10 + "end",
    )
    assert pieces("a " * 150) == ["a " * 99 + "a", " a" * 50 + " "]
    protocol = RECORD["protocolSection"]
    names = {**protocol["identificationModule"], "officialTitle": title}
    changed = source(protocolSection={**protocol, "identificationModule": names})
    for options in ({}, {"form": "xpt"}):
        data = trialbridge.convert(changed, "sdtm", options=options)
        again = trialbridge.read(data)
        assert again.protocol is not None
        assert again.protocol.identification is not None
        assert again.protocol.identification.official_title == title


def test_a_transport_file_holds_us_ascii_and_another_character_is_refused_with_its_place() -> None:
    protocol = RECORD["protocolSection"]
    terms = {"conditions": ["Thirst", "Fièvre ≥ 38"]}
    changed = source(protocolSection={**protocol, "conditionsModule": terms})
    with pytest.raises(Invalid) as error:
        trialbridge.convert(changed, "sdtm", options={"form": "xpt"})
    (problem,) = [one for one in error.value.problems if one.severity == "error"]
    assert problem.path == "TS, row 22: TSVAL"
    assert problem.message == (
        "'è' (U+00E8) is not US-ASCII, and a transport file holds no other: take "
        "ascii=transliterate, or form=json"
    )
    with pytest.raises(Invalid):
        trialbridge.convert(changed, "sdtm", options={"form": "xpt"}, validate=False)


def test_the_simplified_ts_has_the_start_of_the_study() -> None:
    data = trialbridge.convert(source(), "sdtm", options={"simplified": True})
    assert list(members(data)) == ["ts.xpt"]
    (held,) = package.package_of(data).held
    assert held.dataset.names == ("STUDYID", "TSPARMCD", "TSVAL", "TSVALNF")
    assert held.dataset.rows == [["TEA-7", "SSTDTC", "2021-03", ""]]
    protocol = {**RECORD["protocolSection"]}
    del protocol["statusModule"]
    data = trialbridge.convert(
        source(protocolSection=protocol), "sdtm", options={"simplified": True}
    )
    assert package.package_of(data).held[0].dataset.rows == [["TEA-7", "SSTDTC", "", "NA"]]
    assert trialbridge.validate(data) == []


def test_the_same_record_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for form in ("json", "xpt"):
        first = trialbridge.convert(source(), "sdtm", options={"form": form})
        assert trialbridge.convert(source(), "sdtm", options={"form": form}) == first
        unchecked = trialbridge.convert(source(), "sdtm", options={"form": form}, validate=False)
        assert unchecked == first
    assert members(first)["ts.xpt"][144:160] == b"01MAR24:00:00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    dated = members(trialbridge.convert(source(), "sdtm", options={"form": "xpt"}))
    assert dated["ts.xpt"][144:160] == b"01JAN70:00:00:00"
    assert b'CreationDateTime="1970-01-01T00:00:00Z"' in dated["define.xml"]


def test_what_no_record_has_is_kept_and_written_again_in_sdtm_alone() -> None:
    foreign = (
        b"STUDYID,DOMAIN,TSSEQ,TSGRPID,TSPARMCD,TSPARM,TSVAL,TSVALNF,TSVALCD,TSVCDREF,TSVCDVER\n"
        b"S1,TS,1,,ADAPT,Adaptive Design,N,,C49487,CDISC,2020-03-27\n"
        b"S1,TS,1,,TITLE,Trial Title,Tea,,,,\n"
        b"S1,TS,1,,TRT,Investigational Therapy or Treatment,Tea,,T3A,UNII,\n"
    )
    told: list[Problem] = []
    trial = trialbridge.read(foreign, warnings=told)
    assert [str(problem) for problem in told] == [
        "warning: TS[TSPARMCD='ADAPT']: 1 value has no place in the record; kept as unmapped",
        "warning: TS: 1 code, version or group of a value with no place in the record; "
        "kept as unmapped",
    ]
    again = trialbridge.write(trial, "sdtm")
    found = [row for row in rows(again) if row["TSPARMCD"] in ("ADAPT", "TRT", "TITLE")]
    assert [(row["TSVAL"], row["TSVALCD"], row["TSVCDREF"], row["TSVCDVER"]) for row in found] == [
        ("N", "C49487", "CDISC", "2020-03-27"),
        ("Tea", "", "", ""),
        ("Tea", "T3A", "UNII", ""),
    ]
    told = []
    assert b"UNII" not in trialbridge.write(trial, "ctgov", warnings=told)
    assert (
        "warning: /sdtm/TS: it stands beyond the record, and is written again in SDTM alone"
        in map(str, told)
    )
    through = trialbridge.read(trialbridge.write(trial, "trial"))
    assert trialbridge.write(through, "sdtm") == again


def test_elements_and_visits_are_kept_where_they_were_read_and_never_made() -> None:
    visits = {
        "datasetJSONCreationDateTime": "2024-01-01T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.TV",
        "records": 1,
        "name": "TV",
        "label": "Trial Visits",
        "columns": [
            {"itemOID": f"IT.TV.{name}", "name": name, "label": label, "dataType": kind}
            for name, label, kind in (
                ("STUDYID", "Study Identifier", "string"),
                ("DOMAIN", "Domain Abbreviation", "string"),
                ("VISITNUM", "Visit Number", "integer"),
                ("VISIT", "Visit Name", "string"),
                ("TVSTRL", "Visit Start Rule", "string"),
            )
        ],
        "rows": [["TEA-7", "TV", 1, "Tea time", "With the first cup"]],
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members(DATA).items():
            if name != "define.xml":
                archive.writestr(name, data)
        archive.writestr("tv.json", json.dumps(visits))
        archive.writestr("dm.json", b"{}")
    told: list[Problem] = []
    trial = trialbridge.read(file.getvalue(), warnings=told)
    assert "warning: TV: a record has no place for it; kept as unmapped" in map(str, told)
    assert (
        "warning: dm.json: this is no trial design dataset: the data of subjects are not read"
        in map(str, told)
    )
    again = trialbridge.write(trial, "sdtm")
    assert rows(again, "tv") == [
        {
            "STUDYID": "TEA-7",
            "DOMAIN": "TV",
            "VISITNUM": 1,
            "VISIT": "Tea time",
            "TVSTRL": "With the first cup",
        }
    ]
    assert trialbridge.validate(again) == []
    assert set(members(DATA)) == {"define.xml", "ts.json", "ti.json"}


def test_the_criteria_of_a_record_are_those_of_the_last_version_of_the_protocol() -> None:
    source = (
        b"STUDYID,DOMAIN,IETESTCD,IETEST,IECAT,TIVERS\n"
        b"S1,TI,EXCL01,Coffee,EXCLUSION,1\n"
        b"S1,TI,EXCL02,Coffee or cocoa,EXCLUSION,2\n"
        b"S1,TI,INCL01,Thirst,INCLUSION,2\n"
    )
    trial = trialbridge.read(source)
    assert trial.protocol is not None
    assert trial.protocol.eligibility is not None
    assert trial.protocol.eligibility.eligibility_criteria == (
        "Inclusion Criteria:\n\n* Thirst\n\nExclusion Criteria:\n\n* Coffee or cocoa"
    )
    again = rows(trialbridge.write(trial, "sdtm"), "ti")
    assert [(row["IETEST"], row["TIVERS"]) for row in again] == [
        ("Coffee", "1"),
        ("Coffee or cocoa", "2"),
        ("Thirst", "2"),
    ]


def test_a_zip_or_a_folder_of_datasets_is_one_record(tmp_path: Any) -> None:
    (tmp_path / "study.zip").write_bytes(DATA)
    folder = tmp_path / "study"
    folder.mkdir()
    for name, data in members(DATA).items():
        (folder / name).write_bytes(data)
    (folder / "dm.xpt").write_bytes(b"not read")
    found = list(trialbridge.records(tmp_path))
    assert [record.name.removeprefix(str(tmp_path)) for record in found] == ["/study.zip", "/study"]
    assert [record.format for record in found] == ["sdtm", "sdtm"]
    assert [record.trial.nct_id for record in found if record.trial] == ["NCT99900007"] * 2
    assert trialbridge.read(folder).nct_id == "NCT99900007"
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as archive:
        archive.writestr("a.json", source())
        archive.writestr("ts.json", source())
    assert [record.format for record in trialbridge.records(many)] == ["ctgov", "ctgov"]


def test_the_command_writes_a_zip_and_reads_it(tmp_path: Any) -> None:
    (tmp_path / "tea.json").write_bytes(source())
    run = CliRunner()
    output = str(tmp_path / "study.zip")
    done = run.invoke(cli.main, ["convert", str(tmp_path / "tea.json"), "-o", output, "-q"])
    assert (done.exit_code, done.output) == (0, "")
    assert recognise((tmp_path / "study.zip").read_bytes()).name == "sdtm"
    done = run.invoke(cli.main, ["validate", output])
    assert (done.exit_code, done.output) == (0, f"{output}: ok (sdtm)\n1 source: none failed\n")


@given(trials(unmapped=True, results=False, empty_texts=True))
@settings(max_examples=60)
def test_any_trial_is_a_valid_package_that_is_read(trial: Trial) -> None:
    data, problems = package.write_checked(trial)
    assert [str(one) for one in problems if one.severity in ("error", "fatal")] == []
    assert [str(one) for one in check(data) if one.severity in ("error", "fatal")] == []
    again, _ = package.read(data)
    carried, _ = write_datasets(again)
    before, _ = write_datasets(trial)
    assert carried.datasets[0].rows == before.datasets[0].rows


@pytest.mark.parametrize("others", [[], [{"id": "NCT99900008", "type": "REGISTRY"}]])
def test_a_record_of_another_register_has_its_id_and_a_lone_id_is_no_register_of_it(
    others: list[dict[str, str]],
) -> None:
    own = {"id": "2022-500244-37-00", "type": "CTIS"}
    identification = {"orgStudyIdInfo": {"id": "TEA-8"}, "secondaryIdInfos": [own, *others]}
    lone = {"protocolSection": {"identificationModule": identification}}
    if not others:
        read = trialbridge.read(trialbridge.convert(json.dumps(lone).encode(), "sdtm"))
        assert read.registration is None
        assert read.protocol is not None
        assert read.protocol.identification is not None
        (info,) = read.protocol.identification.secondary_id_infos or []
        assert (info.id, info.type) == (own["id"], own["type"])
    identification = {"orgStudyIdInfo": {"id": "TEA-8"}, "secondaryIdInfos": others}
    record = {
        "trialbridge": "1",
        "protocolSection": {"identificationModule": identification},
        "registration": {"register": "CTIS", "id": own["id"]},
    }
    trial = trialbridge.read(json.dumps(record).encode(), format="trial")
    again = trialbridge.read(trialbridge.write(trial, "sdtm"))
    assert again.registration == trial.registration
    assert again.protocol is not None
    assert again.protocol.identification is not None
    assert again.protocol.identification.nct_id is None
    listed = again.protocol.identification.secondary_id_infos or []
    assert [one.id for one in listed] == [one["id"] for one in others]


def test_a_keyword_that_is_a_condition_has_the_code_of_it() -> None:
    section = RECORD["protocolSection"]
    terms = {"conditions": ["Thirst"], "keywords": ["Thirst", "tea"]}
    data = trialbridge.convert(
        source(protocolSection={**section, "conditionsModule": terms}), "sdtm"
    )
    assert said(data, "INDIC", "KEYWORD") == [
        ("INDIC", "Thirst", "D013894", "MeSH"),
        ("KEYWORD", "Thirst", "D013894", "MeSH"),
        ("KEYWORD", "tea"),
    ]
    again = trialbridge.read(data)
    assert again.protocol is not None
    assert again.protocol.conditions is not None
    assert again.protocol.conditions.keywords == ["Thirst", "tea"]
    names = ("INDIC", "KEYWORD")
    assert said(trialbridge.write(again, "sdtm"), *names) == said(data, *names)
