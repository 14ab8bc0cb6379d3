"""The German register: what its document says stands in the record, and the rest is kept."""

import json
from typing import Any

import pytest
from corpus import files
from registers import ABSENT, SOURCES, facts, onward, read

import trialbridge
from trialbridge.schemas.problem import ReadError

DATA = (SOURCES / "DRKS00000001.drks.json").read_bytes()

_DESIGN = "designModule/designInfo"

INVENTED: dict[str, Any] = {
    "/registration": {
        "register": "DRKS",
        "id": "DRKS00000001",
        "languages": ["en", "de"],
        "firstRegistered": "2099-01-02",
        "lastChanged": "2099-03-04",
    },
    "identificationModule": {
        "briefTitle": "Tea in Mild Fatigue",
        "acronym": "TEA",
        "secondaryIdInfos": [
            {"id": "2098-000001-12", "type": "EUDRACT_NUMBER"},
            {"id": "U1111-0000-0001", "type": "REGISTRY", "domain": "WHO UTN"},
            {"id": "NCT99900001", "type": "REGISTRY", "domain": "ClinicalTrials.gov"},
            {"id": "TEA-7", "type": "OTHER", "domain": "Friends of Tea"},
        ],
    },
    "statusModule": {
        "overallStatus": "TERMINATED",
        "whyStopped": "No tea",
        "startDateStruct": {"date": "2099-02-01", "type": "ESTIMATED"},
        "completionDateStruct": {"date": "2099-12-31", "type": "ACTUAL"},
    },
    "sponsorCollaboratorsModule": {
        "leadSponsor": {"name": "University of Tea"},
        "collaborators": [{"name": "Bert Unter"}],
    },
    "descriptionModule": {
        "briefSummary": "Tea \\& \\[water\\]\nare compared",
        "detailedDescription": "In detail",
    },
    "conditionsModule": {"conditions": ["Malaise and fatigue"]},
    "designModule": {
        "studyType": "INTERVENTIONAL",
        "phases": ["PHASE1", "PHASE2"],
        "designInfo": {
            "allocation": "RANDOMIZED",
            "interventionModel": "CROSSOVER",
            "primaryPurpose": "HEALTH_SERVICES_RESEARCH",
            "maskingInfo": {
                "masking": "DOUBLE",
                "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"],
            },
        },
        "enrollmentInfo": {"count": 75, "type": "ACTUAL"},
    },
    "armsInterventionsModule/armGroups": [
        {"label": "1", "description": "Tea"},
        # It is in German alone.
        {"label": "2", "description": "Wasser"},
    ],
    "outcomesModule": {
        "primaryOutcomes": [{"measure": "Fatigue, at week 4"}],
        "secondaryOutcomes": [{"measure": "Schlaf"}],
    },
    "eligibilityModule": {
        "eligibilityCriteria": (
            "Inclusion Criteria:\n\nTired \\> 3 days\n\nExclusion Criteria:\n\nAwake"
        ),
        "healthyVolunteers": True,
        "sex": "FEMALE",
        "minimumAge": "1 Month",
    },
    "contactsLocationsModule": {
        "centralContacts": [{"name": "Cora Frage", "phone": "+49", "email": "ask@tea.example"}],
        "overallOfficials": [
            {
                "name": "PD Dr. Dora Leit",
                "affiliation": "University of Tea",
                "role": "PRINCIPAL_INVESTIGATOR",
            },
            {
                "name": "Emil Zwei",
                "affiliation": "Hospital of Bonn",
                "role": "PRINCIPAL_INVESTIGATOR",
            },
        ],
        # There are two countries, and nothing says which place is in which.
        "locations": [
            {"facility": "Hospital of Bonn", "city": "Bonn"},
            {"city": "Wien"},
            {"country": "Germany"},
            {"country": "Austria"},
        ],
    },
    "referencesModule/seeAlsoLinks": [{"url": "https://tea.example/trial"}],
    "ipdSharingStatementModule": {"ipdSharing": "YES", "description": "On request"},
    "/hasResults": ABSENT,
}


def test_each_text_is_read_in_english() -> None:
    trial, told = read(DATA)
    assert facts(trial, INVENTED) == INVENTED
    assert [str(one) for one in told if one.code != "not-read"] == [
        "warning: /drks/studyCharacteristic/blindingWhoList/2/idBlindingWho/blindingWho:"
        " 'DATA_ANALYST' is no party that is masked that has a place: kept in unmapped"
    ]


def test_other_languages_and_what_has_no_place_are_kept() -> None:
    trial, _ = read(DATA)
    kept = (trial.unmapped or {})["/drks"]
    assert kept["/trialDescriptions/0"]["title"] == "Tee bei Müdigkeit"
    assert kept["/observationalGroups/0"] == {"comment": "Tee", "idArm": {"arm": 1, "locale": "de"}}
    assert kept["/studiedHealthConditions/0/code"] == "R53"
    assert kept["/recruitment/plannedParticipants"] == 80
    assert "/recruitment/totalParticipants" not in kept


@pytest.mark.parametrize(
    ("path", "value", "leaf", "read_as"),
    [
        ("recruitment/status", "PAUSED", "statusModule/overallStatus", ABSENT),
        ("recruitment/status", "PENDING", "statusModule/overallStatus", "NOT_YET_RECRUITING"),
        ("recruitment/gender", "OTHER", "eligibilityModule/sex", ABSENT),
        (
            "recruitment/minimumAge",
            {"amount": 30, "unit": "WEEK_OF_PREGNANCY"},
            "eligibilityModule/minimumAge",
            ABSENT,
        ),
        (
            "recruitment/maximumAge",
            {"amount": 99, "unit": "YEARS"},
            "eligibilityModule/maximumAge",
            "99 Years",
        ),
        ("studyCharacteristic/purpose", "PROGNOSIS", f"{_DESIGN}/primaryPurpose", ABSENT),
        ("studyCharacteristic/blindingType", "OPEN", f"{_DESIGN}/maskingInfo/masking", "NONE"),
        ("registrationDrks", "2099-1", "/registration/firstRegistered", ABSENT),
    ],
)
def test_a_code_is_what_it_means_and_kept_where_it_is_not_known(
    path: str, value: Any, leaf: str, read_as: Any
) -> None:
    tree = json.loads(DATA)
    holder = tree
    *above, last = path.split("/")
    for key in above:
        holder = holder[key]
    holder[last] = value
    trial, _ = read(json.dumps(tree).encode())
    assert facts(trial, [leaf]) == {leaf: read_as}
    if read_as is ABSENT:
        assert (trial.unmapped or {})["/drks"][f"/{path}"] == value


def test_a_place_is_in_the_country_where_the_record_has_one_alone() -> None:
    tree = json.loads(DATA)
    tree["recruitment"]["countries"].pop()
    trial, _ = read(json.dumps(tree).encode())
    assert [site.country for site in trial.sites] == ["Germany", "Germany"]


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (b'{"drksId": null}', "/drksId", "a record of DRKS has an id: expected a text"),
        (
            DATA[:500],
            "line 24, column 19",
            "the JSON breaks off: a value, a quote or a bracket is missing at the end",
        ),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(data: bytes, path: str, message: str) -> None:
    with pytest.raises(ReadError) as raised:
        trialbridge.read(data)
    (problem,) = raised.value.problems
    assert (problem.message, problem.path) == (message, path)


def test_validate_tells_what_is_unusual() -> None:
    tree = json.loads(DATA)
    tree["drksId"] = "DRKS1"
    tree["trialContacts"] = []
    tree["recruitment"]["maximumAge"] = {"amount": 3, "unit": "DAYS"}
    assert [
        str(one)
        for one in trialbridge.validate(json.dumps(tree).encode())
        if one.layer == "register"
    ] == [
        "warning: /registration/id: 'DRKS1' has not the form of an id of DRKS (DRKS00000001)",
        "warning: /protocolSection: the record has no sponsor",
        "warning: /protocolSection/eligibilityModule/minimumAge: the lowest age (1 Month) is above"
        " the highest (3 Days)",
    ]


def test_it_goes_onward_as_the_register_s() -> None:
    onward(DATA)
    assert [one for one in trialbridge.validate(DATA) if one.layer == "register"] == []


# Looked up by hand.
REAL: dict[str, Any] = {
    "/registration": {
        "register": "DRKS",
        "id": "DRKS00038775",
        "languages": ["en", "de"],
        "firstRegistered": "2025-12-17",
        "lastChanged": "2025-12-17",
    },
    "identificationModule": {
        "briefTitle": "Retrospective characterization of patients with rare osteological diseases"
    },
    "statusModule": {
        "overallStatus": "RECRUITING",
        "startDateStruct": {"date": "2025-11-01", "type": "ACTUAL"},
        "completionDateStruct": {"date": "2026-12-31", "type": "ESTIMATED"},
    },
    "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Endokrinologikum Berlin"}},
    "conditionsModule/conditions": [
        "pregnancy- and lactation-associated osteoporosis, methotrexate-induced osteopathy,"
        " osteoporosis in mastocytosis",
        "ORPHA:647823 Pregnancy and lactation-associated osteoporosis",
    ],
    "designModule": {
        "studyType": "OBSERVATIONAL",
        "designInfo": {"primaryPurpose": "DIAGNOSTIC", "timePerspective": "RETROSPECTIVE"},
    },
    "armsInterventionsModule/armGroups": [
        {
            "label": "1",
            "description": (
                "Patients from two DVO Osteology Centers of Excellence (Endokrinologikum Berlin and"
                " Immanuelkrankenhaus Berlin Wannsee) with one of the following rare osteological"
                " diseases: pregnancy- and lactation-associated osteoporosis, methotrexate-induced"
                " osteopathy, osteoporosis in mastocytosis"
            ),
        }
    ],
    "outcomesModule/primaryOutcomes/0/measure": (
        "The aim of the study is to descriptively describe the cohorts of the aforementioned rare"
        " osteological diseases in Berlin, with a particular focus on identifying and descriptively"
        ' describing the risk factors known for "normal" osteoporosis in these specific patient'
        " cohorts (risk factors as specified in the DVO guideline 2023)."
    ),
    "eligibilityModule": {
        "eligibilityCriteria": (
            "Inclusion Criteria:\n\nAll adult patients in whom pregnancy-associated osteoporosis,"
            " osteoporosis in the context of mastocytosis, or methotrexate-induced osteopathy was"
            " diagnosed since the 1990s at Immanuel Hospital Wannsee or at Endokrinologikum will be"
            " included in the retrospective data analysis.\n\n"
            "Exclusion Criteria:\n\nExclusion criteria include an uncertain diagnosis or minor age."
        ),
        "healthyVolunteers": False,
        "sex": "ALL",
        "minimumAge": "18 Years",
    },
    "contactsLocationsModule/centralContacts": [
        {
            "name": "PD Dr. Paula Hoff",
            "phone": "+49302091562290",
            "email": "paula.hoff@amedes-group.com",
        }
    ],
    "contactsLocationsModule/overallOfficials": [
        {
            "name": "PD Dr. Paula Hoff",
            "affiliation": "Endokrinologikum Berlin",
            "role": "PRINCIPAL_INVESTIGATOR",
        },
        *(
            {
                "name": name,
                "affiliation": "Immanuel Krankenhaus Berlin, Standort Berlin-Wannsee",
                "role": "PRINCIPAL_INVESTIGATOR",
            }
            for name in ("Dr. Katja Warnecke", "Dr. Udo Schneider")
        ),
    ],
    "contactsLocationsModule/locations": [
        {
            "facility": "Immanuelkrankenhaus Berlin Wannsee",
            "city": "Berlin",
            "country": "Germany",
        },
        {"city": "Berlin", "country": "Germany"},
    ],
    "ipdSharingStatementModule": {"ipdSharing": "NO"},
}


def test_the_facts_of_the_real_document_stand_in_the_record() -> None:
    (path,) = files("drks-json/DRKS_trial-*.json")
    trial, told = read(path.read_bytes())
    assert facts(trial, REAL) == REAL
    assert {one.code for one in told} == {"not-read"}
    onward(path.read_bytes())
    assert [one for one in trialbridge.validate(path) if one.layer == "register"] == []
