"""The text record NCT06360861 in FHIR R5: every fact of it, coded where R5 has a code."""

from functools import cache
from typing import Any

from corpus import beside
from fhir_bundles import (
    DESIGN,
    HL7,
    PHASE,
    ROLE,
    STATUS,
    codes,
    extensions,
    own,
    read,
    resolve,
    resources,
    study,
)

from trialbridge.formats import text
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir import r5 as fhir_r5
from trialbridge.schemas.trial import Trial

UCUM = "http://unitsofmeasure.org"
CTGOV = "https://clinicaltrials.gov"


@cache
def source() -> bytes:
    return beside("records/NCT06360861.txt").read_bytes()


@cache
def trial() -> Trial:
    found, _ = text.read(source())
    return found


@cache
def bundle() -> dict[str, Any]:
    tree, problems = write_tree(trial())
    assert problems == []
    return tree


def the_study() -> dict[str, Any]:
    return study(bundle())


def test_it_is_valid_and_comes_back() -> None:
    assert fhir_r5.validate(bundle()) == []
    assert read(bundle()) == (trial(), [])
    assert text.write(read(bundle())[0])[0] == text.write(trial())[0]


def test_ids() -> None:
    found = {one["value"]: one for one in the_study()["identifier"]}
    assert set(found) == {"NCT06360861", "IR.TUMS.MEDICINE.REC.1400.197", "1400-1-233-51589"}
    assert (found["NCT06360861"]["system"], found["NCT06360861"]["use"]) == (CTGOV, "official")
    assert codes(found["IR.TUMS.MEDICINE.REC.1400.197"]["type"]) == {
        (own("ctgov-secondary-id-type"), "OTHER_GRANT")
    }
    assert found["IR.TUMS.MEDICINE.REC.1400.197"]["use"] == "secondary"
    assert "type" not in found["1400-1-233-51589"]


def test_status_phase_and_design() -> None:
    found = the_study()
    progress, whole = found["progressStatus"]
    assert codes(whole["state"]) == {(STATUS, "overall-study")}
    assert whole["period"] == found["period"]
    assert codes(progress["state"]) == {(STATUS, "completed"), (own("ctgov-status"), "COMPLETED")}
    assert codes(found["phase"]) == {(PHASE, "phase-1"), (own("ctgov-phase"), "PHASE1")}
    purpose = f"{HL7}/research-study-prim-purp-type"
    assert codes(found["primaryPurposeType"]) == {
        (purpose, "treatment"),
        (own("ctgov-primary-purpose"), "TREATMENT"),
    }
    assert [codes(concept) for concept in found["studyDesign"]] == [
        {(DESIGN, "SEVCO:01001"), (own("ctgov-study-type"), "INTERVENTIONAL")},
        {(own("ctgov-design-allocation"), "NA")},
        {(DESIGN, "SEVCO:01016"), (own("ctgov-intervention-model"), "SINGLE_GROUP")},
        {(own("ctgov-design-masking"), "NONE")},
    ]
    assert "Open-label phase 1, single-center, pre-post comparison study" in {
        concept.get("text") for concept in found["studyDesign"]
    }
    displays = {c.get("display") for node in found["studyDesign"] for c in node["coding"]}
    assert {"None (open label)", "Not applicable"} <= displays


def test_dates_and_enrollment() -> None:
    found = the_study()
    assert found["period"] == {"start": "2019-07-23", "end": "2024-03-06"}
    registration = f"{HL7}/StructureDefinition/researchStudy-studyRegistration"
    (update,) = extensions(found, registration)
    activity, period = update["extension"]
    assert {code for _, code in codes(activity["valueCodeableConcept"])} == {"update-posting"}
    assert period["valuePeriod"] == {"end": "2024-04-11"}
    # The page does not say whether five is the number sought or the number found; of a study that
    # has ended it is found by a search for the latter, and marked.
    recruitment = found["recruitment"]
    assert recruitment["actualNumber"] == 5
    assert "targetNumber" not in recruitment
    (marker,) = recruitment["_actualNumber"]["extension"]
    assert marker["url"].endswith("/enrollment-type-not-stated")


def test_titles_and_texts() -> None:
    found = the_study()
    assert found["title"].startswith("Evaluate the Safety and Feasibility of Allogeneic")
    summary, description = found["descriptionSummary"], found["description"]
    assert summary.count("\n\n") == 1
    assert summary.endswith("flow cytometry for B cell markers.")
    # A markdown element has the registry's CommonMark as it is.
    assert "cognitive \\& psychological" in summary
    assert description.count("\n\n") == 4
    assert description.startswith("This open-label phase I study")
    assert description.endswith("flow cytometry for B cell markers.")


def test_arm_and_intervention() -> None:
    (group,) = the_study()["comparisonGroup"]
    assert group["name"] == "Placenta derived mesenchymal cells"
    assert group["description"].startswith("Allogenic placenta derived")
    assert codes(group["type"]) == {(f"{HL7}/research-study-arm-type", "experimental")}
    (plan,) = resources(bundle(), "PlanDefinition")
    assert {code for _, code in codes(plan["type"])} == {"clinical-protocol"}
    (action,) = plan["action"]
    assert action["linkId"] == group["linkId"]
    (inner,) = action["action"]
    activity = resolve(bundle(), inner["definitionCanonical"])
    assert activity["title"] == "Allogenic placenta derived mesenchymal stem cells"
    assert activity["description"].endswith("via intravenous injection.")
    assert codes(activity["useContext"][0]["valueCodeableConcept"]) == {
        (own("ctgov-intervention-type"), "BIOLOGICAL")
    }


def test_eligibility() -> None:
    (group,) = resources(bundle(), "Group")
    characteristics = {next(iter(codes(node["code"])))[1]: node for node in group["characteristic"]}
    quantity = {"unit": "Years", "system": UCUM, "code": "a"}
    assert characteristics["age"]["valueRange"] == {
        "low": {"value": 17, **quantity},
        "high": {"value": 45, **quantity},
    }
    assert characteristics.keys() == {"age", "criterion"}
    classified = {code for concept in the_study()["classifier"] for code in codes(concept)}
    assert {(own("ctgov-sex"), "ALL"), (own("study-flag"), "not-healthy-volunteers")} <= classified
    pieces = [
        (node["valueCodeableConcept"]["text"], node["exclude"])
        for node in group["characteristic"]
        if (own("eligibility-characteristic"), "criterion") in codes(node["code"])
    ]
    assert [exclude for _, exclude in pieces] == [False] * 4 + [True] * 11
    assert pieces[0][0] == "Age between 17-45 years Patients with SPMS ."
    assert pieces[4][0] == "Pregnancy or breastfeeding."
    assert pieces[7][0] == "Severe anemia (hemoglobin< 8 mg/dl), coagulation disorders."
    assert pieces[14][0] == "Current treatment with an investigational therapy."
    assert "hemoglobin\\< 8 mg/dl" in group["description"]


def test_parties() -> None:
    parties = the_study()["associatedParty"]
    found: dict[str, list[dict[str, Any]]] = {}
    for party in parties:
        for system, code in codes(party["role"]):
            if system == ROLE:
                found.setdefault(code, []).append(party)
    (lead,) = found["lead-sponsor"]
    assert resolve(bundle(), lead["party"])["name"] == "Tehran University of Medical Sciences"
    assert codes(lead["classifier"][0]) == {(own("ctgov-agency-class"), "OTHER")}
    # One party in two roles.
    assert found["sponsor"] == [lead]
    assert (own("ctgov-responsible-party"), "SPONSOR") in codes(lead["role"])
    people = []
    for code in ("study-director", "primary-investigator"):
        for party in found[code]:
            role = resolve(bundle(), party["party"])
            people.append(
                (
                    code,
                    resolve(bundle(), role["practitioner"])["name"][0]["text"],
                    resolve(bundle(), role["organization"])["name"].split(",")[0],
                )
            )
    assert people == [
        ("study-director", "Abdorreza Naser Moghadasi, MD", "Multiple Sclerosis Research Center"),
        (
            "study-director",
            "Mohsen Nikbakht, PhD",
            "Research Institute for Oncology",
        ),
        ("primary-investigator", "Ameneh Shokati, PhD", "Applied Cell Sciences"),
    ]
    assert len(parties) == 4


def test_site() -> None:
    (site,) = the_study()["site"]
    location = resolve(bundle(), site)
    assert location["name"] == "Tehran University of Medical Sciences,Tehran, Iran"
    assert location["address"].pop("_country")["extension"][0]["valueCoding"]["code"] == "IR"
    assert location["address"] == {"city": "Tehran", "country": "Iran"}
    # The status of the site is not said.
    assert "extension" not in site
    assert "region" not in the_study() or the_study()["region"] == [{"text": "Iran"}]
    assert trial().protocol is not None


def test_references_and_related_trials() -> None:
    artifacts = the_study()["relatedArtifact"]
    citations = [one for one in artifacts if one["type"] == "citation"]
    assert [one["resourceReference"]["identifier"]["value"] for one in citations] == [
        "34256857",
        "32504294",
    ]
    for one in citations:
        assert one["resourceReference"]["identifier"]["system"] == "https://pubmed.ncbi.nlm.nih.gov"
        assert codes(one["classifier"][0]) == {(own("ctgov-reference-type"), "BACKGROUND")}
    assert citations[0]["citation"].startswith("Shokati A, Naser Moghadasi A")
    assert citations[1]["citation"].endswith("doi: 10.1007/7651_2020_281.")
    related = [one for one in artifacts if one["type"] == "similar-to"]
    assert [
        (one["display"], one["resourceReference"]["identifier"]["value"]) for one in related
    ] == [
        ("Mesenchymal Stem Cells for Multiple Sclerosis", "NCT01730547"),
        ("Mesenchymal Stem Cell Transplantation in MS", "NCT01228266"),
    ]
    told = [{pair for c in one["classifier"] for pair in codes(c)} for one in related]
    assert {(STATUS, "completed"), (PHASE, "phase-1-phase-2")} <= told[0]
    assert {(STATUS, "terminated"), (PHASE, "phase-2")} <= told[1]


def test_the_line_of_conditions_is_kept_and_each_term_is_a_concept() -> None:
    found = the_study()
    line = "Multiple Sclerosis Secondary-Progressive Multiple Sclerosis Mesenchymal Stem Cells"
    (extension,) = [e for e in extensions(found, BASE) if "conditions-line" in e["url"]]
    assert extension["valueString"] == line
    terms = [node["text"] for node in (*found["condition"], *found.get("keyword", ()))]
    assert " ".join(terms) == line


def test_results_are_pending() -> None:
    assert (own("study-flag"), "not-has-results") in {
        pair for node in the_study()["classifier"] for pair in codes(node)
    }
