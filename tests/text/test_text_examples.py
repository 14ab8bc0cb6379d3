"""The text of the examples: written as it is read, fact by fact."""

from pathlib import Path

import pytest
from text_pages import EXAMPLES, STONE, VELO, read, tree_of

from trialbridge.formats import text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_write_after_read_gives_the_example_back(path: Path) -> None:
    source = path.read_bytes()
    written, problems = text.write(text.read(source)[0])
    assert written.decode() == source.decode()
    assert problems == []


def test_the_interventional_example_is_read_fact_by_fact() -> None:
    trial, problems = read(VELO)
    assert problems == []
    protocol = tree_of(trial)["protocolSection"]
    arms = protocol["armsInterventionsModule"]
    assert [(a["label"], a["type"], a["interventionNames"]) for a in arms["armGroups"]] == [
        (
            "Velorastat",
            "EXPERIMENTAL",
            ["Drug: Velorastat tablet", "Behavioral: Education programme"],
        ),
        (
            "Placebo",
            "PLACEBO_COMPARATOR",
            ["Drug: Placebo tablet", "Behavioral: Education programme"],
        ),
    ]
    assert "description" not in arms["armGroups"][1]
    assert [(i["type"], i["armGroupLabels"]) for i in arms["interventions"]] == [
        ("DRUG", ["Velorastat"]),
        ("DRUG", ["Placebo"]),
        ("BEHAVIORAL", ["Placebo", "Velorastat"]),
    ]
    assert arms["interventions"][0]["otherNames"] == ["VLR-17", "velorastat hydrochloride"]
    assert arms["interventions"][2]["description"].count("\n\n") == 1
    assert protocol["designModule"]["phases"] == ["PHASE1", "PHASE2"]
    assert protocol["designModule"]["designInfo"]["maskingInfo"] == {
        "masking": "TRIPLE",
        "maskingDescription": "Tablets of both arms look, weigh and taste the same.",
        "whoMasked": ["PARTICIPANT", "INVESTIGATOR", "OUTCOMES_ASSESSOR"],
    }
    assert protocol["conditionsModule"] == {
        "conditions": ["Plaque Psoriasis"],
        "keywords": ["velorastat", "skin care"],
    }
    assert protocol["outcomesModule"]["secondaryOutcomes"][1] == {
        "measure": "Adverse events",
        "timeFrame": "32 weeks",
    }
    assert protocol["sponsorCollaboratorsModule"]["responsibleParty"] == {
        "type": "PRINCIPAL_INVESTIGATOR",
        "investigatorFullName": "Astrid Lindqvist",
        "investigatorTitle": "Professor of Dermatology",
        "investigatorAffiliation": "Norrland Institute of Invented Medicine",
    }
    assert [c["name"] for c in protocol["sponsorCollaboratorsModule"]["collaborators"]] == [
        "Velora Therapeutics",
        "Fund for Imaginary Research",
    ]
    assert protocol["contactsLocationsModule"]["centralContacts"] == [
        {
            "name": "Maja Berg",
            "phone": "+46 90 000 00 01",
            "phoneExt": "7",
            "email": "maja.berg@example.org",
        },
        {"name": "Trial office", "email": "office@example.org"},
    ]
    assert protocol["contactsLocationsModule"]["locations"][1:] == [
        {
            "facility": "Clinic at the Harbour",
            "status": "NOT_YET_RECRUITING",
            "city": "Gothenburg",
            "country": "Sweden",
        },
        {"city": "Seoul", "country": "Korea, Republic of"},
    ]


def test_the_observational_example_is_read_fact_by_fact() -> None:
    trial, problems = read(STONE)
    assert [problem.code for problem in problems] == ["conditions-learned"]
    tree = tree_of(trial)
    protocol = tree["protocolSection"]
    assert tree["hasResults"] is True
    assert protocol["conditionsModule"] == {"conditions": ["Kidney Stones"]}
    assert tree["page"] == {
        "conditionsLine": "Kidney Stones",
        "countries": ["Switzerland", "France"],
    }
    assert protocol["designModule"] == {
        "studyType": "OBSERVATIONAL",
        "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"},
        "enrollmentInfo": {"count": 1312},
    }
    assert protocol["statusModule"]["startDateStruct"] == {"date": "2011"}
    assert [sorted(arm) for arm in protocol["armsInterventionsModule"]["armGroups"]] == [
        ["description", "interventionNames", "label"]
    ] * 2
    assert protocol["eligibilityModule"]["eligibilityCriteria"].startswith(
        "Inclusion Criteria:\n\n1. First kidney stone, or none\n2. Consent\n\n   1. in writing"
    )
