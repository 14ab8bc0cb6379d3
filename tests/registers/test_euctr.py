"""The EU Clinical Trials Register: what its text says stands in the record, the rest is kept."""

from typing import Any

import pytest
from corpus import files
from registers import ABSENT, SOURCES, facts, onward, read

import trialbridge
from trialbridge.mappings.registries.euctr import fields
from trialbridge.schemas.problem import ReadError

DATA = (SOURCES / "2098-000001-12.euctr.txt").read_bytes()

_DESIGN = "designModule/designInfo"
_CONDITIONS = "conditionsModule/conditions"

SAID: dict[str, Any] = {
    "/registration": {
        "register": "EUCTR",
        "id": "2098-000001-12",
        "url": "https://www.clinicaltrialsregister.eu/ctr-search/trial/2098-000001-12/FR/",
        "country": "France",
        "firstRegistered": "2098-03-10",
    },
    "identificationModule": {
        "orgStudyIdInfo": {"id": "TEA-1"},
        "secondaryIdInfos": [
            {"id": "ISRCTN10000001", "type": "REGISTRY", "domain": "ISRCTN"},
            {"id": "NCT99900001", "type": "REGISTRY", "domain": "ClinicalTrials.gov"},
            {"id": "U1111-0000-0001", "type": "REGISTRY", "domain": "WHO UTN"},
        ],
        "briefTitle": "Tea in Mild Fatigue",
        "officialTitle": "Tea against water\nin people who are tired",
        "acronym": "TEA",
    },
    "statusModule": {
        "overallStatus": "COMPLETED",
        "completionDateStruct": {"date": "2099-11-30", "type": "ACTUAL"},
    },
    "sponsorCollaboratorsModule": {
        "leadSponsor": {"name": "Tea Company", "class": "INDUSTRY"},
        "collaborators": [{"name": "Society of Tea"}],
    },
    "oversightModule": {"oversightHasDmc": False},
    "descriptionModule": {
        "detailedDescription": "Main Objective:\n\nTo compare tea \\& water",
    },
    "conditionsModule": {"conditions": ["Fatigue"]},
    "designModule": {
        "studyType": "INTERVENTIONAL",
        "phases": ["PHASE2", "PHASE3"],
        "designInfo": {
            "allocation": "NON_RANDOMIZED",
            "interventionModel": "CROSSOVER",
            "primaryPurpose": "PREVENTION",
            "maskingInfo": {"masking": "SINGLE"},
        },
        "enrollmentInfo": {"count": 30, "type": "ESTIMATED"},
    },
    "armsInterventionsModule": {
        "interventions": [
            {"name": "Chamomile", "otherNames": ["Teabag", "Chamomile flower"]},
            {"name": "Water"},
        ]
    },
    "outcomesModule": {
        "primaryOutcomes": [{"measure": "Fatigue, 0 to 10", "timeFrame": "week 4"}],
        "secondaryOutcomes": [{"measure": "Sleep"}],
    },
    "eligibilityModule": {
        # A number that goes back is the text's own.
        "eligibilityCriteria": (
            "Inclusion Criteria:\n\n"
            "1. Tired \\> 3 days\nE.2.1 of the protocol: likewise\n- mildly\n"
            "2. Adult\n\nExclusion Criteria:\n\nAllergic to tea"
        ),
        "healthyVolunteers": True,
        "sex": "FEMALE",
        "stdAges": ["CHILD", "ADULT"],
    },
    "contactsLocationsModule": {
        "centralContacts": [{"name": "Desk", "phone": "0033", "email": "desk@tea.example"}],
        "locations": [{"country": "France", "status": "COMPLETED"}],
    },
}


def test_what_the_text_says_stands_in_the_record() -> None:
    trial, told = read(DATA)
    assert facts(trial, SAID) == SAID
    assert [one for one in told if one.code != "not-read"] == []


def test_what_has_no_place_is_kept_by_its_number_and_told_by_its_section() -> None:
    trial, told = read(DATA)
    kept = (trial.unmapped or {})["/euctr"]
    assert kept["/A.3 (fr)"] == "Le thé contre l'eau"
    assert kept["/D.8 Placebo"] == [{"D.8 Placebo": "1", "D.8.1": "Yes", "D.8.4": "Oral use"}]
    assert kept["/D.IMP/0/D.3.7"] == "Oral use"
    assert kept["/E.1.2"] == [
        {"E.1.2 Version": "20.0", "E.1.2 Term": "Fatigue"},
        {"E.1.2 Version": "21.0"},
    ]
    assert kept["/E.8.9.1 In the Member State concerned years"] == "2"
    assert kept["/N. Date of Competent Authority Decision"] == "2098-10-07"
    assert kept["/Sponsor/0/B.4.1"] == "Friends of Tea"
    assert kept["/Sponsor/1/B.3.1 and B.3.2"] == "Non-Commercial"
    assert "/E.7.1" not in kept
    assert [one.path for one in told] == [
        *("euctr.A", "euctr.Clinical Trial Type", "euctr.D", "euctr.E", "euctr.F", "euctr.N"),
        *("euctr.National Competent Authority", "euctr.P", "euctr.Sponsor"),
        "euctr.Sponsor's Protocol Code Number",
    ]


@pytest.mark.parametrize(
    ("before", "after", "leaf", "read_as"),
    [
        ("Trial Status: Completed", "Trial Status: Ongoing", "statusModule/overallStatus", ABSENT),
        ("Trial Status: Completed", "Trial Status: Odd", "statusModule/overallStatus", ABSENT),
        ("F.2.2 Male: No", "F.2.2 Male:", "eligibilityModule/sex", ABSENT),
        ("F.2.2 Male: No", "F.2.2 Male: Yes", "eligibilityModule/sex", "ALL"),
        # Of several countries, the number in one is not that of the trial.
        ("States: No", "States: Yes", "designModule/enrollmentInfo", ABSENT),
        (
            "F.5 Plans",
            "F.4.2.2 In the whole clinical trial: 90\nF.5 Plans",
            "designModule/enrollmentInfo/count",
            90,
        ),
        ("E.8.1 Controlled: Yes", "E.8.1 Controlled: No", f"{_DESIGN}/allocation", ABSENT),
        ("E.8.1.7 Other: No", "E.8.1.7 Other: Yes", f"{_DESIGN}/interventionModel", ABSENT),
        ("E.8.1.2 Open: No", "E.8.1.2 Open: Yes", f"{_DESIGN}/maskingInfo", ABSENT),
        ("E.6.3 Therapy: No", "E.6.3 Therapy: Yes", f"{_DESIGN}/primaryPurpose", ABSENT),
        ("trial: 2099-11-30", "trial: 30.11.2099", "statusModule/completionDateStruct", ABSENT),
        ("investigated: Fatigue", "investigated:", _CONDITIONS, ["Being tired"]),
    ],
)
def test_yes_no_and_no_answer_are_three_things(
    before: str, after: str, leaf: str, read_as: Any
) -> None:
    text = DATA.decode()
    assert before in text
    trial, _ = read(text.replace(before, after).encode())
    assert facts(trial, [leaf]) == {leaf: read_as}


def test_lines_may_end_with_a_carriage_return_alone() -> None:
    assert trialbridge.read(DATA.replace(b"\n", b"\r")) == trialbridge.read(DATA)


def test_lines_that_end_as_on_windows_and_a_mark_are_read_alike() -> None:
    data = b"\xef\xbb\xbf" + DATA.replace(b"\n", b"\r\n")
    assert trialbridge.read(data) == trialbridge.read(DATA)


@pytest.mark.parametrize(
    "text", ["", "B.1.1 Name of Sponsor: x", "Sponsor 1", "D.3.1 A: b", "N. x"]
)
def test_fields_of_any_text_are_told_apart_without_a_fault(text: str) -> None:
    assert isinstance(fields(text), dict)


def test_each_record_of_a_file_is_one() -> None:
    two = DATA + DATA[DATA.index(b"Summary") :].replace(b"France - ANSM", b"Spain - AEMPS")
    with pytest.raises(ReadError) as raised:
        trialbridge.read(two)
    assert [str(one) for one in raised.value.problems] == [
        "fatal: line 137: 2 records (Summary, EudraCT Number), expected one: `convert -o FOLDER/`"
        " or `trialbridge.records` takes each"
    ]
    found = list(trialbridge.records(two))
    assert [one.name for one in found] == ["<bytes>#/line 3", "<bytes>#/line 137"]
    own = [one.trial.registration for one in found if one.trial]
    assert [one.country for one in own if one] == ["France", "Spain"]


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (
            DATA.replace("thé".encode(), b"th\xe9"),
            "line 17",
            "byte 0xe9 is not UTF-8 (invalid continuation byte)",
        ),
        (
            b"Summary\n",
            "line 1",
            "0 records (Summary, EudraCT Number), expected one: `convert -o FOLDER/` or"
            " `trialbridge.records` takes each",
        ),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(data: bytes, path: str, message: str) -> None:
    with pytest.raises(ReadError) as raised:
        trialbridge.read(data, format="euctr")
    (problem,) = raised.value.problems
    assert (problem.message, problem.path) == (message, path)


def test_a_list_of_what_a_search_found_is_no_record() -> None:
    with pytest.raises(ReadError, match="a list of what a search of the EU Clinical Trials"):
        trialbridge.read(b"EudraCT Number:          2019-000123-45\nSponsor Protocol Number: X\n")


def test_validate_tells_what_is_unusual() -> None:
    data = DATA.replace(b"2098-000001-12", b"2098-1").replace(b"NCT99900001", b"NCT1")
    assert [str(one) for one in trialbridge.validate(data) if one.layer == "register"] == [
        "warning: /registration/id: '2098-1' has not the form of an id of EUCTR (2021-002179-21)",
        "warning: /protocolSection/identificationModule/secondaryIdInfos/1/id: 'NCT1' has not the"
        " form of a number of ClinicalTrials.gov (NCT00000001)",
    ]
    assert [one for one in trialbridge.validate(DATA) if one.layer == "register"] == []


def test_it_goes_onward_as_the_register_s() -> None:
    onward(DATA)


# --- real records, looked up by hand -----------------------------------------------------------

_LONG = (
    "A multicenter, randomized, double-blind, placebo-controlled, parallel-group phase 3 study to"
    " evaluate the safety and efficacy of masitinib as add-on therapy in patients with mild to"
    " moderate Alzheimer's disease"
)
OF_ALL: dict[str, Any] = {
    "/registration/id": "2021-002179-21",
    "identificationModule/orgStudyIdInfo/id": "AB21004",
    "identificationModule/secondaryIdInfos": ABSENT,
    "statusModule": ABSENT,
    "oversightModule/oversightHasDmc": True,
    "sponsorCollaboratorsModule/leadSponsor/class": "INDUSTRY",
    "sponsorCollaboratorsModule/collaborators": ABSENT,
    "designModule/phases": ["PHASE3"],
    "designModule/designInfo": {
        "allocation": "RANDOMIZED",
        "interventionModel": "PARALLEL",
        "primaryPurpose": "TREATMENT",
        "maskingInfo": {"masking": "DOUBLE"},
    },
    "armsInterventionsModule/interventions": [
        {"name": "Masitinib", "otherNames": ["Masitinib mesilate", "AB1010"]}
    ],
    "outcomesModule/primaryOutcomes/0/timeFrame": "week 24",
    "outcomesModule/secondaryOutcomes/0/timeFrame": "week 24, week 48",
    "eligibilityModule/sex": "ALL",
    "eligibilityModule/stdAges": ["ADULT", "OLDER_ADULT"],
    "eligibilityModule/healthyVolunteers": False,
    "contactsLocationsModule/centralContacts": [
        {
            "name": "Alain Moussy",
            "phone": "0033147202311",
            "email": "regulatoryaffairs@ab-science.com",
        }
    ],
}
OF_FRANCE: dict[str, Any] = {
    "/registration/url": (
        "https://www.clinicaltrialsregister.eu/ctr-search/trial/2021-002179-21/FR/"
    ),
    "/registration/firstRegistered": "2022-03-10",
    "identificationModule/acronym": ABSENT,
    "sponsorCollaboratorsModule/leadSponsor/name": "AB Science",
    "conditionsModule/conditions": ["Alzheimer's disease"],
    "designModule/enrollmentInfo": {"count": 600, "type": "ESTIMATED"},
    "contactsLocationsModule/locations": [{"country": "France"}],
    "outcomesModule/primaryOutcomes/0/measure": (
        "The study has two following primary endpoints:\n"
        "•\tAbsolute change from baseline in ADCS-ADL score at week 24\nand\n"
        "•\tAbsolute change from baseline in ADAS-Cog score at week 24"
    ),
}


def test_each_country_of_a_real_trial_is_a_record() -> None:
    (path,) = files("euctr-txt/*.txt")
    found = list(trialbridge.records(path))
    trials = [one.trial for one in found if one.trial is not None]
    assert len(found) == len(trials) == 7
    for trial in trials:
        assert facts(trial, OF_ALL) == OF_ALL
        assert str(facts(trial, ["identificationModule/officialTitle"])).count(_LONG[:60]) == 1
    assert facts(trials[0], OF_FRANCE) == OF_FRANCE
    told = {problem.code for one in found for problem in one.problems}
    # Ongoing says nothing of recruitment.
    assert told == {"not-read", "unknown-code"}


def test_each_real_record_goes_onward() -> None:
    (path,) = files("euctr-txt/*.txt")
    text = path.read_text(encoding="utf-8")
    starts = [at for at in range(len(text)) if text.startswith("Summary\nEudraCT", at)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        onward(text[start:end].encode())
