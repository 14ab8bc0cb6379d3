"""The ISRCTN registry: what a document says stands in the record, and the rest is kept.

The register's own are not at hand as files: these are of the form of six that were read.
"""

from typing import Any

import pytest
from registers import ABSENT, SOURCES, facts, onward, read

import trialbridge
from trialbridge.schemas.problem import ReadError

DATA = (SOURCES / "ISRCTN10000001.isrctn.xml").read_bytes()

_DESIGN = "designModule/designInfo/maskingInfo"
_CONTACTS = "contactsLocationsModule/centralContacts"
_SPONSORS = "sponsorCollaboratorsModule"
_AGES = "eligibilityModule"
_PLACES = "contactsLocationsModule/locations"
_BRIEF = "descriptionModule/briefSummary"
_NO_SUMMARY = (
    b"<plainEnglishSummary>Plain English summary of protocol not provided at time of registration<"
)

SAID: dict[str, Any] = {
    "/registration": {
        "register": "ISRCTN",
        "id": "ISRCTN10000001",
        "version": "7",
        "firstRegistered": "2099-01-02",
        "lastChanged": "2099-03-04",
    },
    "identificationModule": {
        "orgStudyIdInfo": {"id": "TEA-1"},
        "secondaryIdInfos": [
            {"id": "NCT99900001", "type": "REGISTRY", "domain": "ClinicalTrials.gov"},
            {"id": "123456", "type": "OTHER", "domain": "IRAS"},
            {"id": "10.9999/ISRCTN10000001", "type": "OTHER", "domain": "DOI"},
            {"id": "54321", "type": "OTHER", "domain": "cpms"},
        ],
        "briefTitle": "Tea in Mild Fatigue",
        "officialTitle": "Tea against water in people who are tired",
        "acronym": "TEA",
    },
    # The state is not stored, and what overrides it is kept.
    "statusModule": {
        "startDateStruct": {"date": "2099-02-03"},
        "completionDateStruct": {"date": "2099-12-31"},
    },
    "sponsorCollaboratorsModule": {
        # The first that the trial names.
        "leadSponsor": {"name": "University of Tea"},
        "collaborators": [{"name": "Society of Tea"}, {"name": "Friends of Tea"}],
    },
    "descriptionModule": {
        "briefSummary": "**Background**\n1. Tea & water",
        "detailedDescription": "Tea is better \\[than water\\]",
    },
    "conditionsModule": {"conditions": ["Fatigue"]},
    "designModule": {
        "studyType": "INTERVENTIONAL",
        "phases": ["PHASE2", "PHASE3"],
        "designInfo": {
            "allocation": "RANDOMIZED",
            "interventionModel": "CROSSOVER",
            "primaryPurpose": "SUPPORTIVE_CARE",
        },
        "enrollmentInfo": {"count": 80, "type": "ESTIMATED"},
    },
    "armsInterventionsModule": {
        "interventions": [
            {
                "type": "DIETARY_SUPPLEMENT",
                "name": "Chamomile",
                "description": "Three cups a day",
            }
        ]
    },
    "outcomesModule": {
        "primaryOutcomes": [
            {"measure": "Fatigue", "description": "0 to 10", "timeFrame": "week 4"}
        ],
        "secondaryOutcomes": [{"measure": "Sleep, and taste"}],
    },
    "eligibilityModule": {
        "eligibilityCriteria": (
            "Inclusion Criteria:\n\n1. Tired > 3 days\n\nExclusion Criteria:\n\nAllergic to tea"
        ),
        "healthyVolunteers": True,
        "sex": "ALL",
        "minimumAge": "40 Years",
    },
    "contactsLocationsModule": {
        "centralContacts": [{"name": "Dr Ada Brew", "phone": "+44", "email": "ada@tea.example"}],
        "overallOfficials": [{"name": "Dr Ada Brew", "role": "PRINCIPAL_INVESTIGATOR"}],
        "locations": [
            {
                "facility": "Hospital of Bath",
                "city": "Bath",
                "state": "Somerset",
                "zip": "BA1",
                "country": "England",
            },
        ],
    },
    "ipdSharingStatementModule": {"ipdSharing": "YES", "description": "On request"},
}


def test_what_the_document_says_stands_in_the_record() -> None:
    trial, told = read(DATA)
    assert facts(trial, SAID) == SAID
    assert [str(one) for one in told if one.code != "not-read"] == [
        "warning: /isrctn/trial/trialDesign/interventionalTrialDesign/masking: 'Blinded (masking"
        " used)' is no masking that has a place: kept in unmapped",
        "warning: /isrctn/trial/participants/upperAgeLimit: '70.5' 'Years' is no age that has a"
        " place: kept in unmapped",
    ]


def test_what_has_no_place_is_kept() -> None:
    trial, _ = read(DATA)
    kept = (trial.unmapped or {})["/isrctn"]
    people = "/trial/participants"
    assert kept["/trial/@lastUpdated"] == "2099-03-04T05:06:07.890Z"
    assert kept["/trial/externalRefs/eudraCTNumber"] == "Nil known"
    assert kept[f"{people}/recruitmentStatusOverride"] == "Stopped"
    assert kept[f"{people}/lowerAgeLimit/#"] == "40 Years"
    assert kept[f"{people}/upperAgeLimit"] == {
        "@unit": "Years",
        "@value": "70.5",
        "#": "70.5 Years",
    }


@pytest.mark.parametrize(
    ("before", "after", "leaf", "read_as"),
    [
        (b">Interventional<", b">Something new<", "designModule/studyType", ABSENT),
        (b">Interventional<", b">Observational<", "designModule/studyType", "OBSERVATIONAL"),
        (b">Phase II/III<", b">Not Specified<", "designModule/phases", ABSENT),
        (b">0<", b">75<", "designModule/enrollmentInfo", {"count": 75, "type": "ACTUAL"}),
        (b">Blinded (masking used)<", b">Open (masking not used)<", f"{_DESIGN}/masking", "NONE"),
        (
            b'unit="Years" value="40.0"',
            b'unit="years" value="4.0"',
            f"{_AGES}/minimumAge",
            "4 Years",
        ),
        (b"<plainEnglishSummary>**Background**\n1. Tea &amp; water<", _NO_SUMMARY, _BRIEF, ABSENT),
        # The kingdom is a place where none of its nations is named.
        (b">England<", b">France<", f"{_PLACES}/1", {"country": "United Kingdom"}),
        # What the trial does not name is there nevertheless.
        (b"<contactId>k1</contactId>", b"", f"{_CONTACTS}/0/phone", "+44"),
        (b'id="s1"', b'id="s3"', f"{_SPONSORS}/collaborators", [{"name": "Friends of Tea"}]),
    ],
)
def test_a_change_of_the_document_is_one_of_the_record(
    before: bytes, after: bytes, leaf: str, read_as: Any
) -> None:
    trial, _ = read(DATA.replace(before, after))
    assert facts(trial, [leaf]) == {leaf: read_as}


_IDS = "identificationModule/secondaryIdInfos"
_OWN = "identificationModule/orgStudyIdInfo"


@pytest.mark.parametrize(
    ("joined", "numbers", "own", "more"),
    [
        # Numbers of the record's own kinds stand at their references and once more in the list.
        (
            "CPMS: 54321, TEA-1",
            (("nct", "NCT99900001"), ("iras", "123456"), ("Protocol serial number", "TEA-1")),
            {"id": "TEA-1"},
            [],
        ),
        ("CPMS: 54321, G 7", (("Fund of Tea", "G 7"),), ABSENT, [("G 7", "Fund of Tea")]),
        # What is not what the numbers join is whole.
        ("CPMS: 1, TEA-1", (("Fund", "G 7"),), {"id": "CPMS: 1, TEA-1"}, [("G 7", "Fund")]),
    ],
)
def test_numbers_that_the_register_joins_are_told_apart(
    joined: str, numbers: tuple[tuple[str, str], ...], own: Any, more: list[tuple[str, str]]
) -> None:
    listed = "".join(
        f'<secondaryNumber id="{kind}" numberType="{kind}">{number}</secondaryNumber>'
        for kind, number in numbers
    )
    data = DATA.replace(b">TEA-1<", f">{joined}<".encode())
    data = data.replace(b"</secondaryNumbers>", f"{listed}</secondaryNumbers>".encode())
    trial, _ = read(data)
    ids = [*SAID["identificationModule"]["secondaryIdInfos"]]
    ids += [{"id": number, "type": "OTHER", "domain": kind} for number, kind in more]
    assert facts(trial, [_OWN, _IDS]) == {_OWN: own, _IDS: ids}


def test_a_number_of_another_type_than_its_reference_s_keeps_it() -> None:
    number = b'<secondaryNumber numberType="ctis">NCT99900001</secondaryNumber></secondaryNumbers>'
    trial, _ = read(DATA.replace(b"</secondaryNumbers>", number))
    kept = (trial.unmapped or {})["/isrctn"]
    at = "/trial/externalRefs/secondaryNumbers/secondaryNumber/1"
    assert {key: one for key, one in kept.items() if key.startswith(at)} == {
        f"{at}/@numberType": "ctis"
    }


def _several() -> bytes:
    start, end = DATA.index(b"  <fullTrial>"), DATA.index(b"</allTrials>")
    other = DATA[start:end].replace(b">10000001<", b">10000002<")
    return DATA[:end] + other + DATA[end:]


def test_each_trial_of_a_file_is_a_record() -> None:
    data = _several()
    with pytest.raises(ReadError) as raised:
        trialbridge.read(data)
    assert [str(one) for one in raised.value.problems] == [
        "fatal: line 112: expected one <fullTrial>, found 2: `convert -o FOLDER/` or"
        " `trialbridge.records` takes each"
    ]
    found = list(trialbridge.records(data))
    assert [one.name for one in found] == ["<bytes>#/fullTrial[1]", "<bytes>#/fullTrial[2]"]
    assert [one.trial.registration.id for one in found if one.trial and one.trial.registration] == [
        "ISRCTN10000001",
        "ISRCTN10000002",
    ]


def test_what_is_whole_of_a_file_that_is_cut_is_read() -> None:
    data = _several()
    cut = data[: data.index(b"<trialDesign>", data.index(b">10000002<"))]
    whole, broken = trialbridge.records(cut)
    assert whole.trial is not None
    assert broken.trial is None
    assert [str(one) for one in broken.problems] == [
        "fatal: line 144: the document ends before </trial>: <trial> of line 113 is not closed"
    ]


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (
            DATA.replace(b"Hospital of Bath", b"H\xf4pital"),
            "line 53",
            "byte 0xf4 is not UTF-8 (invalid continuation byte)",
        ),
        (
            DATA.replace(b'encoding="UTF-8"', b'encoding="UTF-9"'),
            "line 1",
            "the encoding 'UTF-9' is not read, expected UTF-8",
        ),
        (
            b'<allTrials xmlns="http://www.67bricks.com/isrctn" totalCount="0"/>',
            "line 1",
            "<allTrials> has no <fullTrial>, expected one",
        ),
        (
            b'<fullTrial xmlns="http://www.67bricks.com/isrctn"><trial/></fullTrial>',
            "line 1",
            "<fullTrial> has no <trial> with an <isrctn>, expected its number",
        ),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(data: bytes, path: str, message: str) -> None:
    with pytest.raises(ReadError) as raised:
        trialbridge.read(data)
    problem = raised.value.problems[0]
    assert (problem.message, problem.path) == (message, path)


def test_a_declared_encoding_is_read() -> None:
    text = DATA.decode().replace("UTF-8", "ISO-8859-1").replace("Hospital of Bath", "Hôpital")
    trial = trialbridge.read(text.encode("iso-8859-1"))
    assert trial.sites[0].facility == "Hôpital"


def test_validate_tells_what_is_unusual() -> None:
    data = DATA.replace(b">10000001<", b">1000001<").replace(b"NCT99900001", b"NCT1")
    assert [str(one) for one in trialbridge.validate(data) if one.layer == "register"] == [
        "warning: /registration/id: 'ISRCTN1000001' has not the form of an id of ISRCTN"
        " (ISRCTN10000001)",
        "warning: /protocolSection/identificationModule/secondaryIdInfos/0/id: 'NCT1' has not the"
        " form of a number of ClinicalTrials.gov (NCT00000001)",
    ]
    assert [one for one in trialbridge.validate(DATA) if one.layer == "register"] == []


def test_it_goes_onward_as_the_register_s() -> None:
    onward(DATA)
