"""What people, places, eligibility, outcomes and documents of the registry are in FHIR R5."""

from typing import get_args

import pytest
from fhir_bundles import (
    HL7,
    ROLE,
    STATUS,
    at,
    codes,
    comes_back,
    extensions,
    full,
    one,
    own,
    resolve,
    study,
)
from fhir_sent import group, sent

from trialbridge.schemas import trial
from trialbridge.schemas.base import BASE

GENDER = f"{HL7}/administrative-gender"


CRITERION = (own("eligibility-characteristic"), "criterion")


# --- parties -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("party", "standard"),
    [
        ({"type": "SPONSOR"}, "sponsor"),
        (
            {
                "type": "PRINCIPAL_INVESTIGATOR",
                "investigatorFullName": "Ada Able",
                "investigatorTitle": "Professor",
                "investigatorAffiliation": "Hospital",
            },
            "primary-investigator",
        ),
        (
            {
                "type": "SPONSOR_INVESTIGATOR",
                "investigatorFullName": "Ada Able",
                "investigatorAffiliation": "Hospital",
            },
            "sponsor-investigator",
        ),
    ],
)
def test_each_type_of_responsible_party(party: dict[str, str], standard: str) -> None:
    bundle = sent(
        {
            "sponsorCollaborators": {"responsibleParty": party, "leadSponsor": {"name": "Lead"}},
            # An official of the same role is somebody else.
            "contactsLocations": {
                "overallOfficials": [{"name": "Ben Bold", "role": "PRINCIPAL_INVESTIGATOR"}]
            },
        }
    )
    found = study(bundle)["associatedParty"]
    responsible = one(found, "role", own("ctgov-responsible-party"), party["type"])
    assert (ROLE, standard) in codes(responsible["role"])
    lead = one(found, "role", ROLE, "lead-sponsor")
    assert (lead is responsible) == (party["type"] == "SPONSOR")
    if "investigatorFullName" in party:
        role = resolve(bundle, responsible["party"])
        assert resolve(bundle, role["practitioner"])["name"] == [{"text": "Ada Able"}]
        assert resolve(bundle, role["organization"])["name"] == "Hospital"


@pytest.mark.parametrize(
    "party",
    [
        {"oldNameTitle": "Ada Able, director"},
        {"oldOrganization": "Hospital"},
        {"oldNameTitle": "Ada Able", "oldOrganization": "Hospital"},
        {"investigatorTitle": "Professor"},
        {"investigatorFullName": "Ada Able"},
        {"investigatorAffiliation": "Hospital"},
        {"type": "SPONSOR", "investigatorTitle": "Professor"},
    ],
)
def test_a_responsible_party_of_which_little_is_said(party: dict[str, str]) -> None:
    sent({"sponsorCollaborators": {"responsibleParty": party}})
    sent(
        {
            "sponsorCollaborators": {"responsibleParty": party},
            "contactsLocations": {
                "overallOfficials": [{"role": "PRINCIPAL_INVESTIGATOR"}, {"name": "Ben"}]
            },
        }
    )


@pytest.mark.parametrize("class_", get_args(trial.AgencyClass))
def test_the_class_of_a_sponsor(class_: str) -> None:
    bundle = sent(
        {
            "sponsorCollaborators": {
                "leadSponsor": {"name": "Lead", "class": class_},
                "collaborators": [{"name": "Other", "class": class_}, {"class": class_}],
            }
        }
    )
    lead = one(study(bundle)["associatedParty"], "role", ROLE, "lead-sponsor")
    assert (own("ctgov-agency-class"), class_) in codes(lead["classifier"][0])
    standard = {
        "NIH": "nih",
        "INDUSTRY": "industry",
        "FED": "government",
        "OTHER_GOV": "government",
    }
    expected = {standard[class_]} if class_ in standard else set()
    system = f"{HL7}/research-study-party-organization-type"
    assert {code for url, code in codes(lead["classifier"][0]) if url == system} == expected


@pytest.mark.parametrize(
    ("role", "standard"),
    [
        ("PRINCIPAL_INVESTIGATOR", "primary-investigator"),
        ("STUDY_DIRECTOR", "study-director"),
        ("STUDY_CHAIR", "study-chair"),
        ("SUB_INVESTIGATOR", "sub-investigator"),
    ],
)
def test_an_official_has_a_role_and_an_affiliation(role: str, standard: str) -> None:
    official = {"name": "Ada Able", "affiliation": "Hospital", "role": role}
    bundle = sent({"contactsLocations": {"overallOfficials": [official]}})
    (party,) = study(bundle)["associatedParty"]
    assert codes(party["role"]) == {(ROLE, standard)}
    there = resolve(bundle, party["party"])
    assert resolve(bundle, there["practitioner"])["name"] == [{"text": "Ada Able"}]
    assert resolve(bundle, there["organization"])["name"] == "Hospital"


def test_officials_without_role_name_or_affiliation() -> None:
    officials = [
        {"name": "No Role"},
        {"role": "STUDY_CHAIR"},
        {"affiliation": "Hospital"},
        {"name": "All", "affiliation": "Hospital", "role": "SUB_INVESTIGATOR"},
        {},
    ]
    sent({"contactsLocations": {"overallOfficials": officials}})
    sent({"contactsLocations": {"overallOfficials": officials[::-1]}})


def test_sites_have_a_place_a_status_and_contacts() -> None:
    bundle = comes_back(full())
    first, second = study(bundle)["site"]
    location = resolve(bundle, first)
    (coded,) = location["address"].pop("_country")["extension"]
    assert coded["valueCoding"] == {
        "system": "urn:iso:std:iso:3166",
        "code": "CH",
        "display": "Switzerland",
    }
    assert location["address"] == {
        "city": "Basel",
        "state": "BS",
        "postalCode": "4001",
        "country": "Switzerland",
    }
    assert location["position"] == {"latitude": 47.55, "longitude": 7.58}
    contact, investigator = location["contact"]
    assert contact["name"] == [{"text": "Cy Cole"}]
    assert {"system": "email", "value": "cy@example.org"} in contact["telecom"]
    assert codes(investigator["purpose"]) == {(ROLE, "primary-investigator")}
    (part,) = study(bundle)["contained"]
    assert part["site"] == [first]
    assert (STATUS, "recruiting") in codes(part["progressStatus"][0]["state"])
    assert resolve(bundle, second)["name"] == "Clinic"


def test_sites_of_which_little_is_said() -> None:
    sites = [
        {"city": "Tehran"},
        {"contacts": [{"phone": "1", "phoneExt": "2"}, {"phoneExt": "3"}, {"role": "CONTACT"}]},
        {"geoPoint": {"lat": 0.0, "lon": 0.0}},
        {"geoPoint": {"lat": -33.865, "lon": 151.20944}},
        {"zip": "00000"},
    ]
    sent({"contactsLocations": {"locations": sites}})


def test_central_contacts_may_be_investigators() -> None:
    contacts = [
        {"name": "Ada", "role": role, "email": "a@example.org"}
        for role in get_args(trial.ContactRole)
    ]
    bundle = sent({"contactsLocations": {"centralContacts": [*contacts, {"name": "None"}]}})
    assert all(
        (ROLE, "general-contact") in codes(party["role"])
        for party in study(bundle)["associatedParty"]
    )


def test_ages_are_one_range_in_ucum() -> None:
    units = {"Years": "a", "Months": "mo", "Weeks": "wk", "Days": "d", "Hours": "h"}
    for word, code in (units | {"Minutes": "min"}).items():
        bundle = sent({"eligibility": {"minimumAge": f"2 {word}", "maximumAge": f"9 {word}"}})
        age = one(
            group(bundle)["characteristic"],
            "code",
            "http://terminology.hl7.org/CodeSystem/usage-context-type",
            "age",
        )
        ucum = {"system": "http://unitsofmeasure.org", "code": code, "unit": word}
        assert age["valueRange"] == {
            "low": {"value": 2, **ucum},
            "high": {"value": 9, **ucum},
        }


@pytest.mark.parametrize(
    "ages",
    [
        {"minimumAge": "1 Day"},
        {"maximumAge": "1 Year"},
        {"minimumAge": "6 Months", "maximumAge": "2 Years"},
        {"minimumAge": "0 Years"},
    ],
)
def test_one_age_or_two_units(ages: dict[str, str]) -> None:
    sent({"eligibility": ages})


@pytest.mark.parametrize(("sex", "standard"), [("FEMALE", "female"), ("MALE", "male")])
def test_sex_is_an_administrative_gender(sex: str, standard: str) -> None:
    bundle = sent({"eligibility": {"sex": sex}})
    (found,) = group(bundle)["characteristic"]
    assert codes(found["valueCodeableConcept"]) == {(own("ctgov-sex"), sex), (GENDER, standard)}
    assert found["exclude"] is False
    assert "classifier" not in study(bundle)


def test_each_criterion_is_a_characteristic_and_the_text_stands_whole() -> None:
    bundle = comes_back(full())
    found = group(bundle)
    assert found["description"] == at(full(), "eligibilityModule/eligibilityCriteria")
    pieces = [node for node in found["characteristic"] if CRITERION in codes(node["code"])]
    assert [(p["valueCodeableConcept"]["text"], p["exclude"]) for p in pieces] == [
        ("Age 18 years or older", False),
        # The text of a CodeableConcept is no markdown.
        ("Haemoglobin > 9 g/dL\n\n  * measured within a week", False),
        ("Written consent", False),
        ("Pregnancy", True),
        ("Another trial within 30 days", True),
    ]
    assert found["type"] == "person"
    assert found["membership"] == "definitional"


def test_criteria_that_are_no_list_stay_whole() -> None:
    bundle = sent({"eligibility": {"eligibilityCriteria": "Adults with headache."}})
    assert group(bundle)["description"] == "Adults with headache."
    assert "characteristic" not in group(bundle)


# --- outcomes, references, documents -----------------------------------------------------------


def test_outcomes_have_type_description_and_time_frame() -> None:
    bundle = comes_back(full())
    found = [
        (
            outcome["name"],
            outcome.get("description"),
            resolve(bundle, outcome["reference"])["characteristic"][0]["timeFromEvent"][0][
                "description"
            ]
            if "reference" in outcome
            else None,
            {code for concept in outcome["type"] for _, code in codes(concept)},
        )
        for outcome in study(bundle)["outcomeMeasure"]
    ]
    assert found == [
        ("Pain", "On a scale", "2 hours", {"primary"}),
        ("Relief", None, "1 day", {"primary"}),
        ("Nausea", None, "4 weeks", {"secondary"}),
        ("Cost", None, None, set()),
    ]


def test_outcomes_without_a_measure_come_back() -> None:
    for kind in ("primary", "secondary", "other"):
        sent({"outcomes": {f"{kind}Outcomes": [{"timeFrame": "1 day"}, {"description": "x"}, {}]}})


def test_citations_links_and_data_are_told_apart() -> None:
    bundle = comes_back(full())
    artifacts = study(bundle)["relatedArtifact"]
    assert [a["type"] for a in artifacts].count("citation") == 2
    (first, _) = [a for a in artifacts if a["type"] == "citation"]
    assert first["citation"] == "Able A. Aspirin. 2001."
    assert first["resourceReference"]["identifier"] == {
        "system": "https://pubmed.ncbi.nlm.nih.gov",
        "value": "12345678",
    }
    assert codes(first["classifier"][0]) == {(own("ctgov-reference-type"), "BACKGROUND")}
    pages = [
        a
        for a in artifacts
        if any(
            (f"{HL7}/citation-artifact-classifier", "webpage") in codes(c)
            for c in a.get("classifier", [])
        )
    ]
    # FHIR's url has no blanks: such a text stands in an extension, as it is.
    assert [page["document"].get("url") for page in pages] == [None, "https://example.org/"]
    assert "https://example.org/a b" in {
        extension.get("valueString") for extension in extensions(pages[0], BASE)
    }


@pytest.mark.parametrize(
    "url", ["https://example.org/a b", " https://example.org", "see below", "a\nb", "ü", "x"]
)
def test_urls_that_fhir_does_not_allow_come_back(url: str) -> None:
    sent(
        {
            "identification": {
                "orgStudyIdInfo": {"id": "1", "link": url},
                "secondaryIdInfos": [{"id": "2", "link": url}, {"link": url}],
            },
            "references": {
                "seeAlsoLinks": [{"url": url}, {"label": "a", "url": "https://example.org"}],
                "availIpds": [{"url": url}],
            },
            "ipdSharingStatement": {"url": url},
        }
    )


def test_large_documents() -> None:
    docs = [
        {
            "typeAbbrev": "ICF",
            "hasProtocol": False,
            "hasSap": False,
            "hasIcf": True,
            "label": "Consent",
            "date": "2020-01-01",
            "uploadDate": "2020-02-03T23:59",
            "filename": "ICF_000.pdf",
            "size": 9_007_199_254_740_993,
        },
        {"uploadDate": "2020-02-03T00:00"},
        {"size": 0},
        {"date": "2020-02-03"},
    ]
    bundle = sent(documentSection={"largeDocumentModule": {"largeDocs": docs, "noSap": True}})
    first = study(bundle)["relatedArtifact"][0]
    assert first["document"]["title"] == "ICF_000.pdf"
    assert first["document"]["size"] == "9007199254740993"
    assert first["document"]["creation"] == "2020-01-01"
    assert first["publicationDate"] == "2020-02-03"
