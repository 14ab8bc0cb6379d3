"""Studies as the guides ECLAIRE and MII have them, written by others: small ones by hand.

The guides' own examples are read where TRIALBRIDGE_GUIDES names a folder of them, as JSON.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from corpus import named

from trialbridge.formats.fhir import r4
from trialbridge.schemas.trial import ProtocolSection, Trial

ECLAIRE = "https://interop.esante.gouv.fr/ig/fhir/eclaire"
MII = "https://www.medizininformatik-initiative.de/fhir/modul-studie"
R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy."
E = f"{ECLAIRE}/StructureDefinition/eclaire-"
M = f"{MII}/StructureDefinition/mii-ex-studie-"


def read(node: dict[str, Any], *others: dict[str, Any]) -> Trial:
    """The record of a study, which comes back in R4 as it was read."""
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"https://example.org/{one['resourceType']}/{one['id']}", "resource": one}
            for one in ({"resourceType": "ResearchStudy", "id": "s", **node}, *others)
        ],
    }
    trial, _ = r4.read(json.dumps(bundle).encode())
    assert r4.read(r4.write(trial)[0])[0].protocol == trial.protocol
    return trial


def protocol(node: dict[str, Any], *others: dict[str, Any]) -> ProtocolSection:
    found = read(node, *others).protocol
    assert found is not None
    return found


def parts(url: str, **values: Any) -> dict[str, Any]:
    return {"url": url, "extension": [{"url": u, **value} for u, value in values.items()]}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": system, "code": code}]}}


def eclaire(**node: Any) -> dict[str, Any]:
    return {
        "meta": {"profile": [f"{E}researchstudy"]},
        "status": "active",
        **node,
    }


# --- ECLAIRE -----------------------------------------------------------------------------------


def test_titles_of_eclaire() -> None:
    system = f"{ECLAIRE}/CodeSystem/eclaire-study-title-type-code-system"
    labels = [
        parts(
            f"{R5}label",
            type=coded(system, code),
            value={"valueString": value},
        )
        for code, value in (("human-use", "For everybody"), ("acronym", "ACR"))
    ]
    found = protocol(eclaire(title="Scientific", extension=labels)).identification
    assert found is not None
    assert found.official_title == "Scientific"
    assert found.brief_title == "For everybody"
    assert found.acronym == "ACR"
    alone = protocol(eclaire(title="Scientific")).identification
    assert alone is not None
    assert alone.brief_title == "Scientific"


@pytest.mark.parametrize(
    ("code", "status"),
    [("recruiting", "RECRUITING"), ("completed-recruiting", "ACTIVE_NOT_RECRUITING")],
)
def test_status_and_dates_of_eclaire(code: str, status: str) -> None:
    system = f"{ECLAIRE}/CodeSystem/eclaire-status-recruitment-code-system"
    found = protocol(
        eclaire(
            period={"end": "2027-01-01"},
            extension=[
                {"url": f"{E}recruitment-status", **coded(system, code)},
                {"url": f"{E}review-date", "valueInstant": "2024-05-31T10:00:00Z"},
                {
                    "url": f"{E}recruitment-period",
                    "valuePeriod": {"start": "2022-06-30T00:00:00.000Z"},
                },
            ],
        )
    ).status
    assert found is not None
    assert found.overall_status == status
    assert found.last_update_submit_date is not None
    assert str(found.last_update_submit_date) == "2024-05-31"
    assert found.start_date is not None
    assert str(found.start_date.date) == "2022-06-30"
    assert found.completion_date is not None
    assert str(found.completion_date.date) == "2027-01-01"


def test_sponsor_and_contact_of_eclaire() -> None:
    found = protocol(
        eclaire(
            extension=[
                parts(
                    f"{R5}associatedParty",
                    name={"valueString": "THE sponsor"},
                    role=coded(
                        f"{ECLAIRE}/CodeSystem/eclaire-study-party-role-code-system",
                        "lead-sponsor",
                    ),
                    classifier=coded(
                        f"{ECLAIRE}/CodeSystem/eclaire-study-party-organization-type-code-system",
                        "industry",
                    ),
                )
            ],
            contact=[
                {
                    "extension": [
                        {
                            "url": f"{E}contact-name",
                            "valueHumanName": {"family": "Line", "given": ["Support"]},
                        }
                    ],
                    "telecom": [
                        {"system": "phone", "value": "0041"},
                        {"system": "email", "value": "a@example.org"},
                    ],
                },
                {"telecom": [{"system": "phone", "use": "work"}]},
            ],
        )
    )
    assert found.sponsor_collaborators is not None
    sponsor = found.sponsor_collaborators.lead_sponsor
    assert sponsor is not None
    assert (sponsor.name, sponsor.class_) == ("THE sponsor", "INDUSTRY")
    assert found.contacts_locations is not None
    (contact,) = found.contacts_locations.central_contacts or ()
    assert (contact.name, contact.phone, contact.email) == (
        "Support Line",
        "0041",
        "a@example.org",
    )


def test_arms_conditions_countries_and_number_of_eclaire() -> None:
    trial = read(
        eclaire(
            identifier=[{"use": "official", "value": "2022-500014-26-00"}],
            condition=[
                {"id": "disease-condition-1", "text": "Breast cancer"},
                {
                    "id": "meddra-condition-1",
                    "coding": [
                        {"system": "https://www.meddra.org", "code": "10065430", "display": "HER2"}
                    ],
                },
            ],
            location=[
                {"coding": [{"system": "urn:iso:std:iso:3166", "code": code, "display": name}]}
                for code, name in (("BE", "Belgium"), ("FR", "France"))
            ],
            arm=[
                {
                    "name": "A",
                    "extension": [
                        parts(
                            f"{E}arm-intervention",
                            name={"valueString": "Drug: X"},
                            description={"valueString": "1 mg"},
                        )
                    ],
                },
                {
                    "name": "B",
                    "extension": [
                        parts(
                            f"{E}arm-intervention",
                            name={"valueString": "Drug: X"},
                            description={"valueString": "1 mg"},
                        )
                    ],
                },
            ],
        )
    )
    assert trial.registration is not None
    assert (trial.registration.register, trial.registration.id) == ("CTIS", "2022-500014-26-00")
    assert trial.page is not None
    assert trial.page.countries == ["Belgium", "France"]
    assert trial.protocol is not None
    assert trial.protocol.conditions is not None
    assert trial.protocol.conditions.conditions == ["Breast cancer", "HER2"]
    assert trial.protocol.arms_interventions is not None
    (intervention,) = trial.protocol.arms_interventions.interventions or ()
    assert intervention.name == "Drug: X"
    assert intervention.description == "1 mg"
    assert intervention.arm_group_labels == ["A", "B"]


def test_outcomes_of_eclaire_by_the_name_that_its_example_has() -> None:
    outcome = parts(
        f"{R5}outcomeMeasure",
        value={"valueString": "Survival"},
        type=coded(
            "http://terminology.hl7.org/CodeSystem/research-study-objective-type", "primary"
        ),
        description={"valueMarkdown": "From the first day"},
    )
    found = protocol(eclaire(extension=[outcome])).outcomes
    assert found is not None
    (one,) = found.primary_outcomes or ()
    assert (one.measure, one.description) == ("Survival", "From the first day")


def test_sites_and_criteria_of_eclaire() -> None:
    kinds = f"{ECLAIRE}/CodeSystem/eclaire-group-characteristic-kind-code-system"
    group = {
        "resourceType": "Group",
        "id": "g",
        "type": "person",
        "actual": True,
        "characteristic": [
            {
                "code": {"coding": [{"system": kinds, "code": "grp-gender"}]},
                "valueCodeableConcept": {
                    "coding": [
                        {"system": "http://hl7.org/fhir/administrative-gender", "code": code}
                        for code in ("female", "male")
                    ]
                },
                "exclude": False,
            },
            {
                "code": {"coding": [{"system": kinds, "code": "grp-age"}]},
                "valueRange": {"low": {"value": 18, "unit": "years"}},
                "exclude": False,
            },
            *(
                {
                    "code": {"coding": [{"system": kinds, "code": "grp-other"}]},
                    "valueCodeableConcept": {"coding": [{"display": words}]},
                    "exclude": exclude,
                }
                for words, exclude in (("Headache", False), ("Allergy", True))
            ),
        ],
    }
    place = {
        "resourceType": "Location",
        "id": "l",
        "name": "Clinic",
        "address": {"city": "Lyon", "country": "France"},
    }
    found = protocol(
        eclaire(
            enrollment=[{"reference": "Group/g"}],
            site=[{"reference": "Location/l"}],
            location=[{"coding": [{"system": "urn:iso:std:iso:3166", "code": "FR"}]}],
        ),
        group,
        place,
    )
    assert found.eligibility is not None
    assert found.eligibility.sex == "ALL"
    assert found.eligibility.minimum_age == "18 Years"
    assert found.eligibility.eligibility_criteria == (
        "Inclusion Criteria:\n\n* Headache\n\nExclusion Criteria:\n\n* Allergy"
    )
    assert found.contacts_locations is not None
    (site,) = found.contacts_locations.locations or ()
    assert (site.facility, site.city, site.country) == ("Clinic", "Lyon", "France")


# --- MII ---------------------------------------------------------------------------------------


def test_a_study_of_mii() -> None:
    found = protocol(
        {
            "meta": {"profile": [f"{MII}/StructureDefinition/mii-pr-studie-studie"]},
            "status": "completed",
            "title": "Eine Studie",
            "category": [
                {
                    "coding": [
                        {
                            "system": "http://example.org/fhir/CodeSystem/research-study-category",
                            "code": "observational",
                        }
                    ]
                }
            ],
            "arm": [{"name": "Kohorte"}],
            "extension": [
                {"url": f"{M}akronym", "valueString": "LIFE"},
                parts(
                    f"{M}rekrutierung",
                    rekrutierungsstart={"valueDate": "2009-01-01"},
                    rekrutierungsziel={"valueInteger": 10000},
                    rekrutierungsstand={"valueInteger": 9000},
                ),
                {
                    "url": f"{M}eligibility",
                    "valueReference": {"reference": "EvidenceVariable/e"},
                },
                parts(
                    f"{R5}associatedParty",
                    role=coded(
                        "http://example.org/fhir/CodeSystem/associated-party-role", "sponsor"
                    ),
                    party={"valueReference": {"reference": "Organization/o"}},
                ),
            ],
        },
        {"resourceType": "Organization", "id": "o", "name": "Universität"},
        {
            "resourceType": "EvidenceVariable",
            "id": "e",
            "status": "active",
            "characteristic": [
                {
                    "description": words,
                    "definitionCodeableConcept": {"text": words},
                    "exclude": exclude,
                }
                for words, exclude in (("Fatigue", False), ("Depression", True))
            ],
        },
    )
    assert found.identification is not None
    assert found.identification.acronym == "LIFE"
    assert found.status is not None
    assert found.status.overall_status == "COMPLETED"
    assert found.status.start_date is not None
    assert str(found.status.start_date.date) == "2009-01-01"
    assert found.design is not None
    assert found.design.study_type == "OBSERVATIONAL"
    assert found.design.enrollment_info is not None
    assert (found.design.enrollment_info.count, found.design.enrollment_info.type) == (
        9000,
        "ACTUAL",
    )
    assert found.sponsor_collaborators is not None
    assert found.sponsor_collaborators.lead_sponsor is not None
    assert found.sponsor_collaborators.lead_sponsor.name == "Universität"
    assert found.eligibility is not None
    assert found.eligibility.eligibility_criteria == (
        "Inclusion Criteria:\n\n* Fatigue\n\nExclusion Criteria:\n\n* Depression"
    )


# --- the guides' own ---------------------------------------------------------------------------


def test_the_guides_own_examples_have_what_they_say() -> None:
    folder = named("TRIALBRIDGE_GUIDES", "a folder of the guides' examples, as JSON")
    read_ones = 0
    for path in sorted(Path(folder).glob("*ResearchStudy*.json")):
        node = json.loads(path.read_bytes())
        if node.get("resourceType") != "ResearchStudy":
            continue
        trial, _ = r4.read(path.read_bytes())
        assert trial.protocol is not None
        assert trial.protocol.identification is not None
        titles = {
            trial.protocol.identification.brief_title,
            trial.protocol.identification.official_title,
        }
        assert node["title"] in titles
        if "arm" in node:
            assert trial.protocol.arms_interventions is not None
            arms = trial.protocol.arms_interventions.arm_groups or ()
            assert [one.label for one in arms] == [one["name"] for one in node["arm"]]
        read_ones += 1
    assert read_ones
