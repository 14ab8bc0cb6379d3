"""Parties, resources and references are named, and one organisation or person is one resource.

What others show of a Bundle is names: a reference without one shows nothing.
"""

from collections import Counter
from typing import Any

import pytest
from corpus import records
from fhir_bundles import (
    ROLE,
    bundle_of,
    codes,
    comes_back,
    full,
    objects,
    read,
    resources,
    study,
    trial_of,
)

from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.mappings.fhir.terminology import codes as fhir_codes
from trialbridge.mappings.fhir.terminology.displays import display
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir import r5 as fhir_r5
from trialbridge.schemas.trial import Page, Registration, Trial

HOSPITAL = {"name": "Example Hospital", "class": "OTHER"}


def sent(trial: Trial) -> dict[str, Any]:
    bundle = comes_back(trial)
    assert fhir_r5.validate(bundle) == []
    return bundle


@pytest.fixture(params=["a record of ours", "records of the registry"])
def bundles(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    if request.param == "a record of ours":
        return [bundle_of(full())]
    some = [ctgov.read(record)[0] for record in records()[::50]]
    return [write_tree(trial)[0] for trial in some]


# --- 13: every party is named ------------------------------------------------------------------


def test_13_each_reference_to_a_resource_of_the_bundle_has_a_display(
    bundles: list[dict[str, Any]],
) -> None:
    for bundle in bundles:
        for node in objects(bundle):
            # What contains a resource is not called there by its name.
            if isinstance(node.get("reference"), str) and node["reference"] != "#":
                assert node.get("display"), node


def test_13_each_party_with_a_name_in_the_record_has_it(bundles: list[dict[str, Any]]) -> None:
    for bundle in bundles:
        for party in study(bundle).get("associatedParty", ()):
            if "party" in party:
                assert party["party"]["display"] == party.get("name", party["party"]["display"])
            assert "name" in party or "party" in party


def test_13_the_sponsor_that_is_responsible_is_the_lead_sponsor() -> None:
    sponsors = {"leadSponsor": HOSPITAL, "responsibleParty": {"type": "SPONSOR"}}
    (party,) = study(sent(trial_of({"sponsorCollaborators": sponsors})))["associatedParty"]
    assert {(ROLE, "lead-sponsor"), (ROLE, "sponsor")} < codes(party["role"])
    assert party["name"] == party["party"]["display"] == "Example Hospital"


def test_13_a_responsible_party_apart_from_the_lead_sponsor_is_read() -> None:
    """As earlier versions have written it, and as others may."""
    sponsors = {"leadSponsor": HOSPITAL, "responsibleParty": {"type": "SPONSOR"}}
    trial = trial_of({"sponsorCollaborators": sponsors})
    bundle = bundle_of(trial)
    (lead,) = study(bundle)["associatedParty"]
    lead_code, *others = lead["role"]["coding"]
    lead["role"]["coding"] = [lead_code]
    study(bundle)["associatedParty"].append({"role": {"coding": others}})
    assert read(bundle) == (trial, [])


@pytest.mark.parametrize(
    "party",
    [
        {"oldNameTitle": "Ada Able", "oldOrganization": "Hospital"},
        {"investigatorFullName": "Ada Able", "oldNameTitle": "Ada Able"},
        {"investigatorFullName": "Ada Able", "oldNameTitle": "Dr. Able"},
        {"investigatorAffiliation": "Ada Able", "oldNameTitle": "Ada Able"},
        {"type": "SPONSOR", "oldNameTitle": "Ada Able"},
        {"type": "SPONSOR", "investigatorFullName": "Ada Able"},
    ],
)
def test_13_a_name_of_older_records_is_not_that_of_the_investigator(party: dict[str, str]) -> None:
    sent(trial_of({"sponsorCollaborators": {"leadSponsor": HOSPITAL, "responsibleParty": party}}))
    sent(trial_of({"sponsorCollaborators": {"responsibleParty": party}}))


def test_13_the_name_of_a_party_is_read_where_it_refers_to_nobody() -> None:
    bundle = bundle_of(trial_of({"sponsorCollaborators": {"leadSponsor": HOSPITAL}}))
    (party,) = study(bundle)["associatedParty"]
    del party["party"]
    trial, _ = read(bundle)
    assert trial.protocol is not None
    assert trial.protocol.sponsor_collaborators is not None
    lead = trial.protocol.sponsor_collaborators.lead_sponsor
    assert lead is not None
    assert lead.name == "Example Hospital"


# --- 14: one resource for one organisation or person --------------------------------------------


def test_14_an_organisation_is_one_resource_whoever_refers_to_it(
    bundles: list[dict[str, Any]],
) -> None:
    for bundle in bundles:
        names = Counter(
            (type_, str(resource["name"]))
            for type_ in ("Organization", "Practitioner")
            for resource in resources(bundle, type_)
            if "name" in resource
        )
        assert [name for name, count in names.items() if count > 1] == []


def test_14_the_same_investigator_is_once_and_all_come_back() -> None:
    trial = trial_of(
        {
            "identification": {
                "nctId": "NCT09000001",
                "organization": {"fullName": "Example Hospital", "class": "INDUSTRY"},
            },
            "sponsorCollaborators": {
                "leadSponsor": HOSPITAL,
                "collaborators": [{"name": "A Company"}, {"name": "Example Hospital"}],
                "responsibleParty": {
                    "type": "PRINCIPAL_INVESTIGATOR",
                    "investigatorFullName": "Ada Able",
                    "investigatorAffiliation": "A Company",
                },
            },
            "contactsLocations": {
                "overallOfficials": [
                    {"name": "Ada Able", "affiliation": "Example Hospital"},
                    {"name": "Ada Able", "role": "STUDY_CHAIR", "affiliation": "Elsewhere"},
                    {"name": "Ada  Able", "role": "STUDY_CHAIR"},
                ]
            },
        }
    )
    bundle = sent(trial)
    assert [one["name"] for one in resources(bundle, "Organization")] == [
        "Example Hospital",
        "A Company",
        "Elsewhere",
    ]
    assert [one["name"][0]["text"] for one in resources(bundle, "Practitioner")] == [
        "Ada Able",
        "Ada  Able",
    ]


def test_14_facilities_of_one_name_in_two_towns_are_two_places() -> None:
    sites = [{"facility": "Research Site", "city": city} for city in ("Basel", "Bern")]
    bundle = sent(trial_of({"contactsLocations": {"locations": sites}}))
    assert [one["address"]["city"] for one in resources(bundle, "Location")] == ["Basel", "Bern"]


# --- 15: every resource has a name --------------------------------------------------------------


def test_15_every_resource_has_a_name_or_a_title(bundles: list[dict[str, Any]]) -> None:
    for bundle in bundles:
        every = [entry["resource"] for entry in bundle["entry"]]
        for resource in [*every, *every[0].get("contained", ())]:
            # https://hl7.org/fhir/R5/practitionerrole.html has no element for one, nor has
            # https://hl7.org/fhir/R5/evidencereport.html.
            if resource["resourceType"] not in ("PractitionerRole", "EvidenceReport"):
                assert resource.keys() & {"name", "_name", "title"}, resource


def test_15_names_follow_the_record() -> None:
    bundle = sent(full())
    (group,), (plan,) = resources(bundle, "Group"), resources(bundle, "PlanDefinition")
    assert group["name"] == "Eligibility for NCT09000001"
    assert plan["title"] == "Arms and interventions of NCT09000001"
    (part,) = study(bundle)["contained"]
    assert part["title"] == "NCT09000001 at Example Hospital"
    arms = {arm["linkId"]: arm["name"] for arm in study(bundle)["comparisonGroup"]}
    assert {action["linkId"]: action["title"] for action in plan["action"]} == arms
    activities = {one["url"]: one["title"] for one in resources(bundle, "ActivityDefinition")}
    for action in plan["action"]:
        for inner in action.get("action", ()):
            assert inner["title"] == activities[inner["definitionCanonical"]]
    variables = {f"EvidenceVariable/{v['id']}": v for v in resources(bundle, "EvidenceVariable")}
    measured = [one for one in study(bundle)["outcomeMeasure"] if "reference" in one]
    assert measured
    for outcome in measured:
        assert variables[outcome["reference"]["reference"]]["title"] == outcome["name"]


def test_15_an_outcome_of_which_its_measure_alone_is_said_has_no_variable() -> None:
    bundle = sent(trial_of({"outcomes": {"primaryOutcomes": [{"measure": "Pain"}]}}))
    assert resources(bundle, "EvidenceVariable") == []


def test_15_another_title_of_what_is_named_after_the_record_is_told() -> None:
    bundle = bundle_of(full())
    resources(bundle, "EvidenceVariable")[0]["title"] = "Something else"
    trial, problems = read(bundle)
    assert trial == full()
    assert [(p.code, p.path) for p in problems] == [("not-read", "EvidenceVariable.title")]


def test_15_what_is_named_after_nothing_is_named_after_a_trial() -> None:
    bundle = sent(trial_of({"eligibility": {"sex": "FEMALE"}}))
    (group,) = resources(bundle, "Group")
    assert group["name"] == "Eligibility for a trial"


# --- 16: codes, identifiers and countries that others know ---------------------------------------

ISO = "urn:iso:std:iso:3166"
CODED = "http://hl7.org/fhir/StructureDefinition/iso21090-codedString"


def test_16_every_coding_has_a_display(bundles: list[dict[str, Any]]) -> None:
    for bundle in bundles:
        for node in objects(bundle):
            if {"system", "code"} <= node.keys() and "value" not in node and node["system"] != ISO:
                assert node.get("display"), node


def test_16_displays_are_those_of_hl7() -> None:
    """Of each standard code that a table of ours has."""
    for table in vars(fhir_codes).values():
        if isinstance(table, fhir_codes.Codes):
            for code in table.standard.values():
                assert display(table.system, code), (table.system, code)
    assert display("http://hl7.org/fhir/study-design", "SEVCO:01003") == "randomized assignment"


@pytest.mark.parametrize(
    ("type_", "system"),
    [
        ("EUDRACT_NUMBER", "https://www.clinicaltrialsregister.eu"),
        ("CTIS", "https://euclinicaltrials.eu"),
        ("NIH", None),
        (None, None),
    ],
)
def test_16_identifiers_of_the_eu_have_a_system(type_: str | None, system: str | None) -> None:
    info = {"id": "2024-513304-33-00", **({"type": type_} if type_ else {})}
    bundle = sent(trial_of({"identification": {"secondaryIdInfos": [info]}}))
    (identifier,) = study(bundle)["identifier"]
    assert identifier.get("system") == system


def test_16_a_protocol_is_one_by_its_standard_code() -> None:
    documents = [{"hasProtocol": True, "hasSap": True}, {"hasProtocol": False}]
    bundle = sent(
        trial_of(documentSection={"largeDocumentModule": {"largeDocs": documents}}),
    )
    protocol = ("http://hl7.org/fhir/citation-artifact-classifier", "protocol")
    found = [
        any(protocol in codes(classifier) for classifier in artifact["classifier"])
        for artifact in study(bundle)["relatedArtifact"]
    ]
    assert found == [True, False]


@pytest.mark.parametrize(
    ("name", "code", "display"),
    [
        ("Switzerland", "CH", "Switzerland"),
        ("Turkey (Türkiye)", "TR", "Türkiye"),
        ("Korea, Republic of", "KR", "South Korea"),
        ("Côte D'Ivoire", "CI", "Côte d\u2019Ivoire"),
        ("Former Yugoslavia", None, None),
    ],
)
def test_16_a_country_has_its_code_beside_its_name(
    name: str, code: str | None, display: str | None
) -> None:
    sites = [{"facility": "Clinic", "country": name}]
    bundle = sent(trial_of({"contactsLocations": {"locations": sites}}))
    (place,) = resources(bundle, "Location")
    assert place["address"]["country"] == name
    coded = {"url": CODED, "valueCoding": {"system": ISO, "code": code, "display": display}}
    assert place["address"].get("_country") == ({"extension": [coded]} if code else None)


def test_16_the_countries_of_a_page_have_their_codes() -> None:
    bundle = sent(Trial(page=Page(countries=["Iran", "Atlantis"])))
    assert study(bundle)["region"] == [
        {"coding": [{"system": ISO, "code": "IR", "display": "Iran"}], "text": "Iran"},
        {"text": "Atlantis"},
    ]


def test_16_a_study_says_where_it_is_from_and_has_a_url_and_a_name() -> None:
    found = study(sent(trial_of({"identification": {"nctId": "NCT09000001"}})))
    assert found["meta"] == {"source": "https://clinicaltrials.gov/study/NCT09000001"}
    assert found["url"] == f"{BASE}/ResearchStudy/NCT09000001"
    assert found["name"] == "NCT09000001"
    registered = Registration(id="2024-513304-33-00", url="https://euclinicaltrials.eu/1")
    found = study(sent(Trial(registration=registered)))
    assert found["meta"] == {"source": "https://euclinicaltrials.eu/1"}
    assert found["name"] == "Trial_2024_513304_33_00"
    assert "meta" not in study(sent(Trial()))


def test_an_edit_leaves_nothing_over_of_what_is_contained() -> None:
    bundle = bundle_of(full())
    assert study(bundle)["contained"]
    study(bundle)["title"] = "Another title"
    trial, problems = read(bundle)
    assert trial.unmapped is None
    assert problems == []
