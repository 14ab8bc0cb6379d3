"""The record that the layout was seen in, read fact by fact."""

from typing import Any

import corpus
import msgspec
import pytest
from text_pages import tree_of

from trialbridge.formats import text
from trialbridge.schemas.trial import Trial


@pytest.fixture(scope="module")
def real() -> dict[str, Any]:
    trial, problems = text.read(corpus.beside("records/NCT06360861.txt").read_bytes())
    assert problems == []
    return tree_of(trial)


def test_the_real_record_has_its_ids_status_and_dates(real: dict[str, Any]) -> None:
    protocol = real["protocolSection"]
    assert protocol["identificationModule"] == {
        "nctId": "NCT06360861",
        "orgStudyIdInfo": {"id": "1400-1-233-51589"},
        "secondaryIdInfos": [{"id": "IR.TUMS.MEDICINE.REC.1400.197", "type": "OTHER_GRANT"}],
        "briefTitle": (
            "Evaluate the Safety and Feasibility of Allogeneic Mesenchymal Stem Cells in Patients "
            "With Multiple Sclerosis"
        ),
    }
    assert protocol["statusModule"] == {
        "overallStatus": "COMPLETED",
        "startDateStruct": {"date": "2019-07-23"},
        "completionDateStruct": {"date": "2024-03-06"},
        "lastUpdatePostDateStruct": {"date": "2024-04-11"},
    }
    assert real["hasResults"] is False


def test_the_real_record_has_its_design(real: dict[str, Any]) -> None:
    assert real["protocolSection"]["designModule"] == {
        "studyType": "INTERVENTIONAL",
        "phases": ["PHASE1"],
        "designInfo": {
            "allocation": "NA",
            "interventionModel": "SINGLE_GROUP",
            "interventionModelDescription": (
                "Open-label phase 1, single-center, pre-post comparison study"
            ),
            "primaryPurpose": "TREATMENT",
            "maskingInfo": {"masking": "NONE"},
        },
        "enrollmentInfo": {"count": 5},
    }


def test_the_real_record_has_its_texts_whole(real: dict[str, Any]) -> None:
    description = real["protocolSection"]["descriptionModule"]
    summary = description["briefSummary"].split("\n\n")
    assert len(summary) == 2
    assert summary[0].startswith("To assess the safety and of a single dose of IV infusion")
    assert "cognitive \\& psychological evaluations" in summary[1]
    detailed = description["detailedDescription"].split("\n\n")
    assert len(detailed) == 5
    assert detailed[0].startswith("This open-label phase I study")
    assert detailed[-1].endswith("flow cytometry for B cell markers.")


def test_the_real_record_has_its_arm_and_intervention(real: dict[str, Any]) -> None:
    name = "Allogenic placenta derived mesenchymal stem cells"
    dose = f"{name}, 3 million cells/kg body weight via intravenous injection"
    assert real["protocolSection"]["armsInterventionsModule"] == {
        "armGroups": [
            {
                "label": "Placenta derived mesenchymal cells",
                "type": "EXPERIMENTAL",
                "description": dose,
                "interventionNames": [f"Biological: {name}"],
            }
        ],
        "interventions": [
            {
                "type": "BIOLOGICAL",
                "name": name,
                "description": f"{dose}.",
                "armGroupLabels": ["Placenta derived mesenchymal cells"],
            }
        ],
    }


def test_the_real_record_has_its_eligibility(real: dict[str, Any]) -> None:
    module = real["protocolSection"]["eligibilityModule"]
    lines = module.pop("eligibilityCriteria").split("\n")
    assert lines[:3] == [
        "Inclusion Criteria",
        "",
        "* Age between 17-45 years Patients with SPMS .",
    ]
    assert lines[6:9] == ["", "Exclusion Criteria", ""]
    assert lines[12] == "* Severe anemia (hemoglobin\\< 8 mg/dl), coagulation disorders."
    assert lines[-1] == "* Current treatment with an investigational therapy."
    assert len([line for line in lines if line.startswith("* ")]) == 15
    assert module == {
        "healthyVolunteers": False,
        "sex": "ALL",
        "minimumAge": "17 Years",
        "maximumAge": "45 Years",
    }


def test_the_real_record_has_its_people_and_places(real: dict[str, Any]) -> None:
    assert real["protocolSection"]["sponsorCollaboratorsModule"] == {
        "responsibleParty": {"type": "SPONSOR"},
        "leadSponsor": {"name": "Tehran University of Medical Sciences", "class": "OTHER"},
    }
    module = real["protocolSection"]["contactsLocationsModule"]
    assert [(o["name"], o["role"]) for o in module["overallOfficials"]] == [
        ("Abdorreza Naser Moghadasi, MD", "STUDY_DIRECTOR"),
        ("Mohsen Nikbakht, PhD", "STUDY_DIRECTOR"),
        ("Ameneh Shokati, PhD", "PRINCIPAL_INVESTIGATOR"),
    ]
    assert [o["affiliation"].split(",")[0] for o in module["overallOfficials"]] == [
        "Multiple Sclerosis Research Center",
        "Research Institute for Oncology",
        "Applied Cell Sciences",
    ]
    assert module["locations"] == [
        {
            "facility": "Tehran University of Medical Sciences,Tehran, Iran",
            "city": "Tehran",
            "country": "Iran",
        }
    ]
    assert "countries" not in real["page"]


def test_the_real_record_has_its_references_and_related_trials(real: dict[str, Any]) -> None:
    references = real["protocolSection"]["referencesModule"]["references"]
    assert [(r["pmid"], r["type"]) for r in references] == [
        ("34256857", "BACKGROUND"),
        ("32504294", "BACKGROUND"),
    ]
    assert references[0]["citation"].endswith("doi: 10.1186/s13287-021-02477-5.")
    assert real["page"]["relatedTrials"] == [
        {
            "title": "Mesenchymal Stem Cells for Multiple Sclerosis",
            "nctId": "NCT01730547",
            "status": "COMPLETED",
            "phases": ["PHASE1", "PHASE2"],
        },
        {
            "title": "Mesenchymal Stem Cell Transplantation in MS",
            "nctId": "NCT01228266",
            "status": "TERMINATED",
            "phases": ["PHASE2"],
        },
    ]


def test_the_real_record_tells_its_conditions_from_its_keywords(real: dict[str, Any]) -> None:
    assert real["page"]["conditionsLine"] == (
        "Multiple Sclerosis Secondary-Progressive Multiple Sclerosis Mesenchymal Stem Cells"
    )
    assert real["protocolSection"]["conditionsModule"] == {
        "conditions": ["Multiple Sclerosis", "Secondary-Progressive Multiple Sclerosis"],
        "keywords": ["Mesenchymal Stem Cells"],
    }


def test_the_real_record_comes_back_from_what_is_written(real: dict[str, Any]) -> None:
    trial = msgspec.convert(real, Trial)
    written, problems = text.write(trial)
    assert problems == []
    assert text.read(written) == (trial, [])
