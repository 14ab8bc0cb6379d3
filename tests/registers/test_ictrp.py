"""WHO's ICTRP export: each field in the record, in `unmapped` or told, whatever the register."""

import gzip
import runpy
import time
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from corpus import ALL, file, folder
from hypothesis import given
from hypothesis import strategies as st
from registers import SOURCES

import trialbridge
from trialbridge.formats.registries import ictrp_csv
from trialbridge.formats.sniff import recognise
from trialbridge.mappings.registries.ictrp import values
from trialbridge.mappings.registries.ictrp.fields import BY_NAME, FIELDS, read_record
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.pointer import get
from trialbridge.sources.reading import Record

ROOT = Path(__file__).resolve().parents[2]
XML = (SOURCES / "ACTRN12699000001999.ictrp.xml").read_bytes()
CSV = (SOURCES / "three.table.csv").read_bytes()
P = "/protocolSection"


def read(**given: str) -> tuple[Any, list[str]]:
    """The tree of a record of fields, and what was told."""
    trial, problems = read_record(given, lambda name: f"<{name}>")
    return msgspec.to_builtins(trial), [str(problem) for problem in problems]


def leaf(pointer: str, register: str = "ANZCTR", **given: str) -> Any:
    tree, _ = read(TrialID="X1", Source_Register=register, **given)
    try:
        return get(tree, pointer)
    except LookupError:
        return None


# --- a document of each syntax -----------------------------------------------------------------


def test_the_xml_is_this_record() -> None:
    told: list[Problem] = []
    tree = msgspec.to_builtins(trialbridge.read(XML, warnings=told))
    assert tree["registration"] == {
        "register": "ANZCTR",
        "id": "ACTRN12699000001999",
        "url": "https://anzctr.org.au/ACTRN12699000001999.aspx",
        "firstRegistered": "2026-03-04",
    }
    protocol = tree["protocolSection"]
    assert protocol["identificationModule"] == {
        "secondaryIdInfos": [
            {"id": "U1111-9990-0001", "type": "REGISTRY", "domain": "WHO UTN"},
            {"id": "NCT99900001", "type": "REGISTRY", "domain": "ClinicalTrials.gov"},
        ],
        "briefTitle": "Tea for mild fatigue",
        "officialTitle": "A randomised trial of tea against water in mild fatigue",
        "acronym": "TEA",
    }
    assert protocol["conditionsModule"] == {"conditions": ["Fatigue", "Thirst"]}
    assert protocol["outcomesModule"]["primaryOutcomes"] == [
        {"measure": "Fatigue score", "timeFrame": "4 weeks"},
        {"measure": "Sleep", "timeFrame": "8 weeks after the first cup"},
    ]
    assert protocol["eligibilityModule"] == {
        "eligibilityCriteria": (
            "Inclusion Criteria:\n\n1. Tired \\> 3 days\n2. Adult\n\n"
            "Exclusion Criteria:\n\nCoffee in the last week"
        ),
        "sex": "ALL",
        "minimumAge": "18 Years",
    }
    assert protocol["statusModule"] == {"startDateStruct": {"date": "2026-06-01"}}
    assert tree["hasResults"] is False
    assert tree["unmapped"]["/ictrp"]["Recruitment_Status"] == "Not Recruiting"
    aside = (
        "Source_Support, Contact_Affiliation, Ethics_review_status, Prospective_registration,"
        " other_records, Internal_Number, Export_date, Last_Refreshed_on"
    )
    assert [str(problem) for problem in told][-2:] == [
        "warning: line 20, <Inclusion_agemax>: 'No limit': the model has no code of that meaning;"
        " kept in unmapped",
        f"warning: line 2: {aside}: no place in the record; kept in unmapped",
    ]


def test_the_table_is_three_records() -> None:
    found = list(trialbridge.records(CSV))
    assert [one.name for one in found] == [
        "<bytes>#/line 2", "<bytes>#/line 4", "<bytes>#/line 10",
    ]  # fmt: skip
    chinese, american, european = (msgspec.to_builtins(one.trial) for one in found)
    assert chinese["protocolSection"]["armsInterventionsModule"] == {
        "armGroups": [{"label": "Tea group"}, {"label": "Water group"}],
        "interventions": [
            {"name": "Tea; twice a day", "armGroupLabels": ["Tea group"]},
            {"name": "Water", "armGroupLabels": ["Water group"]},
        ],
    }
    assert chinese["protocolSection"]["designModule"]["enrollmentInfo"] == {"count": 60}
    assert chinese["unmapped"]["/ictrp"]["Target_size"] == "Tea group:30;Water group :30;"
    assert "registration" not in american
    assert american["protocolSection"]["identificationModule"]["nctId"] == "NCT99900001"
    assert american["protocolSection"]["statusModule"] == {
        "overallStatus": "RECRUITING",
        "startDateStruct": {"date": "2026-03"},
        "studyFirstSubmitDate": "2026-02-03",
    }
    assert american["protocolSection"]["armsInterventionsModule"]["interventions"] == [
        {"type": "DRUG", "name": "Tea; Drug: strong"},
        {"type": "OTHER", "name": "Water"},
    ]
    assert american["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] == (
        "Inclusion Criteria:\n\n* Tired on most days of the week"
    )
    assert european["registration"]["id"] == "EUCTR2026-999001-11-SE"
    assert european["protocolSection"]["designModule"]["phases"] == ["PHASE2"]
    assert european["protocolSection"]["eligibilityModule"]["sex"] == "FEMALE"
    assert found[0].problems[0].path == "line 2, column 'Study design'"


def test_both_syntaxes_feed_one_table() -> None:
    row = {name.replace("_", " "): text for name, text in {"TrialID": "X", "Phase": "II"}.items()}
    names = {"Source Name": "House of Tea", "Ethics Status": "Approved", "Colour": "red"}
    tree, told = read(**row, **names)
    assert tree["unmapped"]["/ictrp"] == {
        "Source_Support": "House of Tea", "Ethics_review_status": "Approved", "Colour": "red",
    }  # fmt: skip
    assert get(tree, f"{P}/designModule/phases") == ["PHASE2"]
    assert "warning: <Colour>: 'red': it has no place in the record; kept in unmapped" in told


@pytest.mark.parametrize(("data", "name"), [(XML, "ictrp"), (CSV, "ictrp-csv")])
def test_an_export_is_recognised(data: bytes, name: str) -> None:
    assert recognise(data).name == recognise(b"\xef\xbb\xbf" + data).name == name
    assert recognise(data.decode().encode("utf-16")).name == name


# --- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "day_first", "date"),
    [
        ("2020-02-15", False, "2020-02-15"),
        ("2020/03/19", False, "2020-03-19"),
        ("01/04/2020", True, "2020-04-01"),
        ("01/04/2020", False, None),
        ("25-03-2020", True, "2020-03-25"),
        ("3/18/2020", True, None),
        ("March 4, 2020", False, "2020-03-04"),
        ("March 2020", False, "2020-03"),
        ("17 February 2020", False, "2020-02-17"),
        ("1900-01-01", True, None),
        ("01/01/1900", True, None),
        ("2020-02-30", True, None),
        ("31/04/2020", True, None),
        ("2020-02-01 00:00:00", True, "2020-02-01"),
        ("soon", True, None),
    ],
)
def test_a_date_is_read_by_its_form_or_not(said: str, day_first: bool, date: str | None) -> None:
    assert values.date(said, day_first) == date


@given(st.dates(min_value=values.calendar_date(1901, 1, 1)), st.sampled_from("-/"))
def test_a_day_is_the_same_in_each_form(day: values.calendar_date, sign: str) -> None:
    forms = [f"{day.year:04}{sign}{day.month:02}{sign}{day.day:02}"]
    forms += [f"{day.day:02}{sign}{day.month:02}{sign}{day.year:04}"]
    assert {values.date(form, True) for form in forms} == {day.isoformat()}
    assert values.day_of_digits(day.isoformat().replace("-", "")) == day.isoformat()


def test_the_order_of_a_date_is_that_of_the_day_that_the_record_tells_twice() -> None:
    start = f"{P}/statusModule/startDateStruct/date"
    twice = {"Date_registration": "04/03/2020", "Date_registration3": "20200304"}
    american = {"Date_registration": "03/04/2020", "Date_registration3": "20200304"}
    assert leaf(start, "PACTR", Date_enrollement="05/06/2020") is None
    assert leaf(start, "PACTR", Date_enrollement="05/06/2020", **twice) == "2020-06-05"
    assert leaf(start, "ANZCTR", Date_enrollement="05/06/2020") == "2020-06-05"
    assert leaf(start, "ANZCTR", Date_enrollement="05/06/2020", **american) is None
    tree, told = read(TrialID="X", Source_Register="PACTR", Date_enrollement="05/06/2020")
    assert tree["unmapped"] == {"/ictrp": {"Date_enrollement": "05/06/2020"}}
    assert told == ["warning: <Date_enrollement>: '05/06/2020': it is not read; kept in unmapped"]


@pytest.mark.parametrize(
    ("said", "register", "age"),
    [
        ("18 Years", "ANZCTR", "18 Years"),
        ("18Y", "REBEC", "18 Years"),
        (">= 20age old", "JPRN", "20 Years"),
        ("1years-old", "JPRN", "1 Year"),
        ("19 Year(s)", "PACTR", "19 Years"),
        ("18(Year)", "CRIS", "18 Years"),
        ("18 years old", "RPCEC", "18 Years"),
        ("6 Months", "ClinicalTrials.gov", "6 Months"),
        ("18", "ChiCTR", "18 Years"),
        ("18", "LBCTR", None),
        ("> 20age old", "JPRN", None),
        ("<= 75age old", "JPRN", None),
        ("no limit", "IRCT", None),
        ("0", "ChiCTR", None),
    ],
)
def test_a_lower_limit_of_age(said: str, register: str, age: str | None) -> None:
    assert leaf(f"{P}/eligibilityModule/minimumAge", register, Inclusion_agemin=said) == age


@pytest.mark.parametrize(
    ("said", "sex"),
    [
        ("All", "ALL"),
        ("BOTH", "ALL"),
        ("Both males and females", "ALL"),
        ("Male/Female", "ALL"),
        ("Both, male and female", "ALL"),
        ("Females", "FEMALE"),
        ("<br>Female: yes<br>Male: yes<br>", "ALL"),
        ("<br>Female: no<br>Male: yes<br>", "MALE"),
        ("<br>Female: no<br>Male: no<br>", None),
        ("-", None),
    ],
)
def test_sexes(said: str, sex: str | None) -> None:
    assert leaf(f"{P}/eligibilityModule/sex", Inclusion_gender=said) == sex


@pytest.mark.parametrize(
    ("said", "phases"),
    [
        ("Phase 2/Phase 3", ["PHASE2", "PHASE3"]),
        ("Phase 2/ Phase 3", ["PHASE2", "PHASE3"]),
        ("Phase 1 / Phase 2", ["PHASE1", "PHASE2"]),
        ("Phase II/III", ["PHASE2", "PHASE3"]),
        ("II-III", ["PHASE2", "PHASE3"]),
        ("Phase-3", ["PHASE3"]),
        ("2-3", ["PHASE2", "PHASE3"]),
        ("IV", ["PHASE4"]),
        ("Phase2", ["PHASE2"]),
        ("Early Phase 1", ["EARLY_PHASE1"]),
        ("Not Applicable", ["NA"]),
        ("0", None),
        ("IIb", None),
        ("2020-03-02 00:00:00", None),
        ("Retrospective study", None),
    ],
)
def test_phases(said: str, phases: list[str] | None) -> None:
    assert leaf(f"{P}/designModule/phases", Phase=said) == phases


def test_blanks_that_pad_a_text_take_no_time() -> None:
    started = time.process_time()
    padded = f"Tired{' ' * 30_000}daily"
    said = values.criteria(padded, "", "ANZCTR")
    assert said == "Inclusion Criteria:\n\nTired daily"
    assert values.age(f"65{' ' * 30_000}-", "ANZCTR", ">=") is None
    assert values.age("65 - years", "ANZCTR", ">=") == "65 Years"
    assert time.process_time() - started < 1


def test_words_that_nobody_has_seen_are_told_as_unknown_codes() -> None:
    given = {"Phase": "Phase 7", "Recruitment_Status": "Later", "Inclusion_gender": "Some"}
    tree, told = read(TrialID="X", Source_Register="ANZCTR", **given)
    assert tree["unmapped"] == {"/ictrp": given}
    _, problems = read_record({"TrialID": "X", **given}, lambda name: name)
    assert {problem.path: problem.code for problem in problems} == dict.fromkeys(
        given, "unknown-code"
    )
    assert "warning: <Phase>: 'Phase 7': it is not read; kept in unmapped" in told


def test_what_two_fields_say_against_each_other_is_told() -> None:
    given = {
        "TrialID": "X",
        "Source_Register": "ISRCTN",
        "Date_registration": "04/03/2020",
        "Date_registration3": "20200305",
        "Date_enrollement": "01/06/2020",
        "results_date_completed": "01/05/2020",
        "Inclusion_agemin": "65 Years",
        "Inclusion_agemax": "18 Years",
    }
    tree, told = read(**given)
    assert tree["registration"]["firstRegistered"] == "2020-03-05"
    assert tree["unmapped"] == {"/ictrp": {"Date_registration": "04/03/2020"}}
    assert told == [
        "warning: <Date_registration>: '04/03/2020': Date_registration3 says 2020-03-05, which is"
        " taken; kept in unmapped",
        "warning: <Date_registration>: 2020-03-04, and Date_registration3 says 2020-03-05,"
        " expected the same day",
        "warning: <results_date_completed>: 2020-05-01, before the first enrolment on 2020-06-01,"
        " expected a later day",
        "warning: <Inclusion_agemax>: 18 Years, and Inclusion_agemin is 65 Years, expected more",
    ]


def test_what_is_joined_and_not_told_apart_is_kept_whole() -> None:
    contacts = {
        "Contact_Lastname": "Leaf;Cup;Pot", "Contact_Email": "a@example.org;", "Contact_Tel": "1;2"
    }  # fmt: skip
    tree, _ = read(
        TrialID="JPRN-X",
        Source_Register="JPRN",
        Countries="Japan,Asia(except Japan)",
        Secondary_ID="one id; of words",
        Secondary_Sponsor="Cup; Pot",
        Primary_outcome="sleep; rest",
        **contacts,
    )
    assert tree["unmapped"]["/ictrp"] == {
        "Countries": "Japan,Asia(except Japan)",
        "Secondary_ID": "one id; of words",
        "Secondary_Sponsor": "Cup; Pot",
        **contacts,
    }
    assert tree["protocolSection"] == {
        "outcomesModule": {"primaryOutcomes": [{"measure": "sleep; rest"}]}
    }


@pytest.mark.parametrize(
    ("register", "said", "info"),
    [
        (
            "ANZCTR",
            "Purpose: Prevention; Allocation: Randomised controlled trial; Masking: Open (masking"
            " not used);Assignment: Parallel;Type of endpoint: Efficacy;",
            {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "primaryPurpose": "PREVENTION",
                "maskingInfo": {"masking": "NONE"},
            },
        ),
        (
            "IRCT",
            "Randomization: Not randomized, Blinding: Double blinded, Placebo: Used, Assignment:"
            " Single, Purpose: Supportive, Blinding description: Purpose: Treatment.",
            {
                "allocation": "NON_RANDOMIZED",
                "interventionModel": "SINGLE_GROUP",
                "primaryPurpose": "SUPPORTIVE_CARE",
                "maskingInfo": {"masking": "DOUBLE"},
            },
        ),
        (
            "EU Clinical Trials Register",
            "Controlled: yes<br>Randomised: yes<br>Open: no<br>Single blind: no<br>Double blind:"
            " yes<br>Parallel group: yes<br>Cross over: yes<br>",
            {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "DOUBLE"}},
        ),
        ("ChiCTR", "Parallel", {"interventionModel": "PARALLEL"}),
        ("ChiCTR", "Sequential", None),
        ("PACTR", "Parallel: different groups receive different interventions", None),
        ("TCTR", "Masking: Blinded (masking used)", None),
    ],
)
def test_designs_of_other_registers(register: str, said: str, info: Any) -> None:
    given = {"Study_type": "Interventional", "Study_design": said}
    assert leaf(f"{P}/designModule/designInfo", register, **given) == info
    assert leaf("/unmapped", register, **given) == {"/ictrp": {"Study_design": said}}
    given["Study_type"] = "Observational"
    assert leaf(f"{P}/designModule/designInfo", register, **given) is None


def test_a_group_that_is_given_nothing_is_an_arm_alone() -> None:
    given = {"Target_size": "Cases:40;Tea:20;", "Intervention": "Cases:Nil;Tea:Tea;"}
    tree, _ = read(TrialID="X", Source_Register="ChiCTR", **given)
    assert tree["protocolSection"]["armsInterventionsModule"] == {
        "armGroups": [{"label": "Cases"}, {"label": "Tea"}],
        "interventions": [{"name": "Tea", "armGroupLabels": ["Tea"]}],
    }
    assert tree["unmapped"] == {"/ictrp": given}


def test_lists_side_by_side_are_people() -> None:
    found = leaf(
        f"{P}/contactsLocationsModule/centralContacts",
        "ClinicalTrials.gov",
        Contact_Firstname=" ; ",
        Contact_Lastname="Ada Leaf, MD;Bo Cup",
        Contact_Email="a@example.org;",
        Contact_Tel=";+46 1",
    )
    assert found == [
        {"name": "Ada Leaf, MD", "email": "a@example.org"},
        {"name": "Bo Cup", "phone": "+46 1"},
    ]


def test_outcomes_of_the_registers_that_name_their_parts() -> None:
    pointer = f"{P}/outcomesModule/primaryOutcomes"
    iranian = "Sleep. Timepoint: Daily. Method of measurement: Diary.;Rest. Timepoint: Day 1. "
    assert leaf(pointer, "IRCT", Primary_outcome=f"{iranian}Method of measurement: Clock.") == [
        {"measure": "Sleep", "timeFrame": "Daily", "description": "Diary."},
        {"measure": "Rest", "timeFrame": "Day 1", "description": "Clock."},
    ]
    european = (
        "Timepoint(s) of evaluation of this end point: Day 15;Primary end point(s): Sleep; deep;"
        "Main Objective: rest"
    )
    said = {"Primary_outcome": european}
    assert leaf(pointer, "EU Clinical Trials Register", **said) == [
        {"measure": "Sleep; deep", "timeFrame": "Day 15"}
    ]
    assert leaf("/unmapped", "EU Clinical Trials Register", **said) == {"/ictrp": said}


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=30)


@given(st.dictionaries(st.sampled_from(sorted(BY_NAME)), _WORDS))
def test_whatever_a_field_says_is_in_the_record_or_kept(given: dict[str, str]) -> None:
    trial, problems = read_record(given, lambda name: name)
    kept = (trial.unmapped or {}).get("/ictrp", {})
    told = " ".join(f"{problem.path} {problem.message}" for problem in problems)
    assert all(name in told for name in kept)
    for field in FIELDS:
        if not field.leaves:
            assert all(
                kept[name] == given[name] for name in field.names if given.get(name, "").strip()
            )


# --- bad input ---------------------------------------------------------------------------------


def told(records: list[Record]) -> list[tuple[str, str]]:
    return [(one.name, "read" if one.trial else str(one.problems[0])) for one in records]


LIST = XML.replace(b"</Trials", b"<Trial><TrialID>X2</TrialID></Trial>\n</Trials")


def test_an_export_that_is_cut_is_read_as_far_as_it_goes() -> None:
    cut = LIST[: LIST.index(b"X2")]
    assert told(list(trialbridge.records(cut))) == [
        ("<bytes>#/Trial[1]", "read"),
        (
            "<bytes>#/Trial[2]",
            "fatal: line 42: the document ends before </TrialID>:"
            " <TrialID> of line 42 is not closed",
        ),
    ]
    without_end = LIST[: LIST.index(b"</Trials")]
    found = told(list(trialbridge.records(without_end)))
    assert [said for _, said in found[:2]] == ["read", "read"]
    assert "the document ends before </Trials_downloaded_from_ICTRP>" in found[2][1]
    with pytest.raises(ReadError) as caught:
        trialbridge.read(cut)
    assert [problem.code for problem in caught.value.problems] == ["truncated", "one-study"]


def test_a_record_that_is_broken_is_no_fault_of_the_next() -> None:
    broken = LIST.replace(b"<Acronym>TEA", b"<Acronym>T & A")
    assert told(list(trialbridge.records(broken))) == [
        ("<bytes>#/Trial[1]", "fatal: line 10: an & stands alone, expected &amp;"),
        ("<bytes>#/Trial[2]", "read"),
    ]
    other = LIST.replace(b"<Acronym>TEA", b"<Acronym>TH\xc9")
    assert told(list(trialbridge.records(other))) == [
        ("<bytes>#/Trial[1]", "fatal: line 10: byte 0xc9 is not UTF-8 (invalid continuation byte)"),
        ("<bytes>#/Trial[2]", "read"),
    ]


def test_a_table_with_broken_quotes_or_bytes_is_read_around_them() -> None:
    quotes = CSV.replace(b'"Tea in mild', b'"Tea" in mild')
    assert told(list(trialbridge.records(quotes))) == [
        ("<bytes>#/line 2", "read"),
        ("<bytes>#/line 4", "fatal: line 4: ' in mild fat' follows the quote of column 3"),
        ("<bytes>#/line 10", "read"),
    ]
    odd = CSV.replace(b"Tea in mild", b"Th\xe9 in mild")
    assert told(list(trialbridge.records(odd))) == [
        ("<bytes>#/line 2", "read"),
        ("<bytes>#/line 4", "fatal: line 4: byte 0xe9 is not UTF-8 (invalid continuation byte)"),
        ("<bytes>#/line 10", "read"),
    ]
    open_quote = CSV.replace(b'"Authorised"', b'"Authorised')
    assert [said[:26] for _, said in told(list(trialbridge.records(open_quote)))] == [
        "read", "read", "fatal: line 10: '<br>Femal",
    ]  # fmt: skip


OPENED = b"<Trials_downloaded_from_ICTRP"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (OPENED + b"/>", "line 1: <Trials_downloaded_from_ICTRP> has no <Trial>, expected one"),
        (OPENED + b"><Trial/></Trials_downloaded_from_ICTRP>", "line 1: <Trial> has no TrialID"),
        (LIST, "line 42: expected one <Trial>, found 2"),
        (CSV, "line 4: 3 rows, expected one"),
        (CSV.split(b"\n")[0], "line 1: 0 rows, expected one"),
        (b"TrialID,Last Refreshed on,Phase,Phase\nA,1 May 2020,1,2\n", "'Phase' stands twice"),
        (b"TrialID,Last Refreshed on\n,1 May 2020\n", "line 2: the row has no TrialID"),
    ],
)
def test_what_is_not_one_record_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        trialbridge.read(data)
    assert said in str(caught.value.problems[0])


# --- the portal's files ------------------------------------------------------------------------


@cache
def corpus() -> dict[str, list[Record]]:
    return {
        name: list(trialbridge.records(gzip.decompress(file(f"ictrp/{name}.gz").read_bytes())))
        for name in ("ictrp.xml", "ictrp.csv")
    }


def test_every_record_of_the_portals_files_is_read() -> None:
    assert {name: len(found) for name, found in corpus().items()} == {
        "ictrp.xml": 296, "ictrp.csv": 585,
    }  # fmt: skip
    assert [one.name for found in corpus().values() for one in found if one.trial is None] == []


def test_no_date_of_the_portals_files_is_misread() -> None:
    for one in (one for found in corpus().values() for one in found):
        assert "dates-differ" not in {problem.code for problem in one.problems}
        kept = ((one.trial and one.trial.unmapped) or {}).get("/ictrp", {})
        assert not {"Date_registration", "Date_registration3"} & set(kept), one.name


def test_records_of_each_register_go_on_to_fhir_and_odm() -> None:
    seen: dict[str, list[trialbridge.Trial]] = {}
    for one in (one for found in corpus().values() for one in found):
        trial = one.trial
        assert trial is not None
        of = trial.registration.register if trial.registration else "ClinicalTrials.gov"
        seen.setdefault(of or "", []).append(trial)
    assert len(seen) == 9
    for trial in (one for found in seen.values() for one in (found if ALL else found[:1])):
        for to in ("fhir-r5", "odm-2.0"):
            data = trialbridge.write(trial, to)
            again = trialbridge.read(data)
            assert again.registration == trial.registration
            assert again.nct_id == trial.nct_id


def test_a_table_is_taken_apart_without_its_lines_being_lost() -> None:
    whole = gzip.decompress(file("ictrp/ictrp.csv.gz").read_bytes())
    last = list(ictrp_csv.parts(whole))[-1]
    assert last.name == f"line {last.place('line 2').removeprefix('line ')}"


def test_what_the_page_says_is_what_is_measured() -> None:
    if ALL and file("ictrp/ictrp.csv.gz"):
        script = runpy.run_path(str(ROOT / "bench" / "fidelity" / "ictrp.py"))
        assert script["content"](folder() / "ictrp") == script["OUTPUT"].read_text("utf-8")
    page = runpy.run_path(str(ROOT / "docs" / "scripts" / "build_ictrp_page.py"))
    assert page["main"](["--check"]) == 0
    rules = page["measured"]()["rules"]
    slashes = "registered day with slashes, day first, is Date_registration3"
    assert rules[slashes] == [322, 322]
    assert rules["registered day in ISO form is Date_registration3"] == [559, 559]
