"""Each form in which others write a fact, by itself: read as that fact, with nothing left of it."""

import json
from typing import Any

import msgspec
import pytest
from fhir_bundles import ROLE, at, read
from fhir_others import THO, Node, concept

from trialbridge.mappings.fhir.others import FORMS
from trialbridge.schemas.trial import Trial

LOINC = "http://loinc.org"


def study(**members: Any) -> Node:
    return {"resourceType": "ResearchStudy", "status": "active", **members}


def person(**members: Any) -> Node:
    return {"resourceType": "Practitioner", "id": "p", **members}


def eligible(*characteristics: Node) -> Node:
    """A study whose Group has these."""
    group = {
        "resourceType": "Group",
        "id": "g",
        "type": "person",
        "membership": "definitional",
        "characteristic": list(characteristics),
    }
    return study(contained=[group], recruitment={"eligibility": {"reference": "#g"}})


def loinc(code: str, **value: Any) -> Node:
    return {"code": concept(LOINC, code), "exclude": False, **value}


def variable(*characteristics: Node, **members: Any) -> Node:
    found = {
        "resourceType": "EvidenceVariable",
        "id": "v",
        "status": "active",
        "characteristic": list(characteristics),
        **members,
    }
    return study(contained=[found], recruitment={"eligibility": {"reference": "#v"}})


NAMED = {"given": ["Ada", "M."], "family": "Byron", "suffix": ["MD"]}
TELECOM = [{"system": "phone", "value": "555"}, {"system": "email", "value": "a@b.example"}]
ADULT = {"low": {"value": 18, "unit": "years"}, "high": {"value": 65, "unit": "a"}}

CASES: dict[str, tuple[Node, str, Any]] = {
    "a sponsor alone": (
        study(associatedParty=[{"role": concept(ROLE, "sponsor"), "name": "Acme"}]),
        "sponsorCollaboratorsModule/leadSponsor",
        {"name": "Acme"},
    ),
    "a sponsor in words, by display, with its class": (
        study(
            associatedParty=[
                {
                    "role": {"text": "Lead Sponsor"},
                    "party": {"display": "Acme"},
                    "classifier": [{"text": "NIH"}],
                }
            ]
        ),
        "sponsorCollaboratorsModule/leadSponsor",
        {"name": "Acme", "class": "NIH"},
    ),
    "a sponsor who is a person": (
        study(
            contained=[person(name=[NAMED])],
            associatedParty=[{"role": concept(ROLE, "lead-sponsor"), "party": {"reference": "#p"}}],
        ),
        "sponsorCollaboratorsModule/leadSponsor",
        {"name": "Ada M. Byron MD"},
    ),
    "a collaborator by display": (
        study(
            associatedParty=[
                {"role": concept(ROLE, "collaborator"), "party": {"display": "Help Ltd"}}
            ]
        ),
        "sponsorCollaboratorsModule/collaborators",
        [{"name": "Help Ltd"}],
    ),
    "an official who is a Practitioner": (
        study(
            contained=[person(name=[NAMED])],
            associatedParty=[
                {"role": concept(ROLE, "primary-investigator"), "party": {"reference": "#p"}}
            ],
        ),
        "contactsLocationsModule/overallOfficials",
        [{"name": "Ada M. Byron MD", "role": "PRINCIPAL_INVESTIGATOR"}],
    ),
    "an official by display": (
        study(
            associatedParty=[{"role": {"text": "Study chair"}, "party": {"display": "Ada Byron"}}]
        ),
        "contactsLocationsModule/overallOfficials",
        [{"name": "Ada Byron", "role": "STUDY_CHAIR"}],
    ),
    "a contact who is a Practitioner with telecom": (
        study(
            contained=[person(name=[{"text": "Ada Byron"}], telecom=TELECOM)],
            associatedParty=[
                {"role": concept(ROLE, "general-contact"), "party": {"reference": "#p"}}
            ],
        ),
        "contactsLocationsModule/centralContacts",
        [{"name": "Ada Byron", "phone": "555", "email": "a@b.example"}],
    ),
    "a recruitment contact by name": (
        study(
            associatedParty=[
                {
                    "role": concept(f"{THO}/research-study-party-role", "recruitment-contact"),
                    "name": "The Desk",
                    "party": {"display": "The Desk"},
                }
            ]
        ),
        "contactsLocationsModule/centralContacts",
        [{"name": "The Desk"}],
    ),
    "why stopped as a code": (
        study(whyStopped=concept(f"{THO}/research-study-reason-stopped", "closed-due-to-toxicity")),
        "statusModule/whyStopped",
        "Closed due to toxicity",
    ),
    "why stopped as a display": (
        study(whyStopped={"coding": [{"display": "No funds"}]}),
        "statusModule/whyStopped",
        "No funds",
    ),
    "an age by LOINC, units in words": (
        eligible(loinc("30525-0", valueRange=ADULT)),
        "eligibilityModule",
        {"minimumAge": "18 Years", "maximumAge": "65 Years"},
    ),
    "an age by LOINC as a comparison": (
        eligible(
            loinc(
                "30525-0",
                valueQuantity={
                    "value": 6,
                    "comparator": ">=",
                    "system": "http://unitsofmeasure.org",
                    "code": "mo",
                },
            )
        ),
        "eligibilityModule",
        {"minimumAge": "6 Months"},
    ),
    "a sex by LOINC": (
        eligible(
            loinc(
                "76691-5",
                valueCodeableConcept=concept("http://hl7.org/fhir/administrative-gender", "female"),
            )
        ),
        "eligibilityModule",
        {"sex": "FEMALE"},
    ),
    "a sex by LOINC in words": (
        eligible(loinc("76691-5", valueCodeableConcept={"text": "Male"})),
        "eligibilityModule",
        {"sex": "MALE"},
    ),
    "criteria as an EvidenceVariable": (
        variable(
            {"description": "Has a kite"},
            {
                "exclude": True,
                "definitionCodeableConcept": {"text": "Afraid of heights"},
            },
            {
                "definitionByTypeAndValue": {
                    "type": concept(LOINC, "30525-0"),
                    "valueRange": {"low": {"value": 18, "code": "a"}},
                }
            },
        ),
        "eligibilityModule",
        {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Has a kite\n\nExclusion Criteria:\n\n"
            "* Afraid of heights",
            "minimumAge": "18 Years",
        },
    ),
    "criteria of an EvidenceVariable as one text": (
        variable(description="Whoever has a kite."),
        "eligibilityModule/eligibilityCriteria",
        "Whoever has a kite.",
    ),
    "a work that is cited": (
        study(
            relatedArtifact=[
                {
                    "type": "cites",
                    "citation": "Able A. 2001.",
                    "resourceReference": {
                        "identifier": {
                            "system": "https://www.ncbi.nlm.nih.gov/pubmed",
                            "value": "77",
                        }
                    },
                }
            ]
        ),
        "referencesModule/references",
        [{"pmid": "77", "citation": "Able A. 2001."}],
    ),
    "a link": (
        study(
            relatedArtifact=[
                {
                    "type": "documentation",
                    "document": {"url": "https://kite.example", "title": "Kites"},
                }
            ]
        ),
        "referencesModule/seeAlsoLinks",
        [{"label": "Kites", "url": "https://kite.example"}],
    ),
    "a scientific title": (
        study(
            label=[
                {
                    "type": concept("http://hl7.org/fhir/title-type", "scientific"),
                    "value": "On Kites",
                }
            ]
        ),
        "identificationModule/officialTitle",
        "On Kites",
    ),
    "an intervention by display alone": (
        study(
            comparisonGroup=[
                {
                    "linkId": "a",
                    "name": "A",
                    "type": {"text": "Active Comparator"},
                    "intendedExposure": [{"display": "Procedure: Flying: high"}],
                }
            ]
        ),
        "armsInterventionsModule",
        {
            "armGroups": [
                {
                    "label": "A",
                    "type": "ACTIVE_COMPARATOR",
                    "interventionNames": ["Procedure: Flying: high"],
                }
            ],
            "interventions": [
                {"type": "PROCEDURE", "name": "Flying: high", "armGroupLabels": ["A"]}
            ],
        },
    ),
    "a site that is an organisation": (
        study(
            contained=[
                {
                    "resourceType": "Organization",
                    "id": "o",
                    "name": "Clinic",
                    "contact": [{"address": {"city": "Bern", "country": "Switzerland"}}],
                }
            ],
            site=[{"reference": "#o"}],
        ),
        "contactsLocationsModule/locations",
        [{"facility": "Clinic", "city": "Bern", "country": "Switzerland"}],
    ),
    "a site by display": (
        study(site=[{"display": "Clinic"}]),
        "contactsLocationsModule/locations",
        [{"facility": "Clinic"}],
    ),
    "a date of the registration as a state": (
        study(
            progressStatus=[
                {
                    "state": concept(
                        f"{THO}/research-study-registration-activity", "registration-posting"
                    ),
                    "actual": True,
                    "period": {"start": "2020-02-03"},
                }
            ]
        ),
        "statusModule/studyFirstPostDateStruct",
        {"date": "2020-02-03", "type": "ACTUAL"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_form_of_others_is_read(name: str) -> None:
    tree, place, expected = CASES[name]
    before = json.dumps(tree)
    trial, _ = read(tree)
    assert at(trial, place) == expected
    assert json.dumps(tree) == before


# What is more than the record can say of it.
_MORE = {
    "why stopped as a code": {"/fhir/study/whyStopped/coding"},
}


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_left_of_a_form_that_was_read(name: str) -> None:
    trial, _ = read(CASES[name][0])
    assert set(trial.unmapped or ()) == _MORE.get(name, set())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "a sponsor alone",
            "warning: ResearchStudy.associatedParty: the one sponsor is read as the lead sponsor",
        )
    ],
)
def test_what_is_taken_for_something_is_told(name: str, said: str) -> None:
    assert [str(problem) for problem in read(CASES[name][0])[1]] == [said]


def test_what_is_in_no_form_stays_as_it_is() -> None:
    """Words that are no code, and codes that no one of ours is, are kept and told."""
    tree = study(
        label=[{"type": {"text": "Motto"}, "value": "Up"}],
        studyDesign=[{"text": "Design Masking: Sometimes"}],
        classifier=[{"text": "Has Results: Perhaps"}],
        associatedParty=[{"role": {"text": "Friend"}, "name": "Bob"}],
        whyStopped=concept("https://reasons.example", "7"),
    )
    trial, problems = read(tree)
    assert msgspec.structs.replace(trial, unmapped=None) == Trial()
    assert trial.unmapped == {
        f"/fhir/study/{member}": value
        for member, value in tree.items()
        if member not in ("resourceType", "status")
    }
    assert {problem.code for problem in problems} == {"not-read"}


def test_each_form_says_what_it_reads_in_words_of_its_own() -> None:
    """The list is shown in the documentation."""
    told = [form.says for form in FORMS]
    assert len(set(told)) == len(told)
    assert all(form.means for form in FORMS)
