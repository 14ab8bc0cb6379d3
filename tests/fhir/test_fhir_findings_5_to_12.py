"""What FHIR's own people found in what we wrote: findings 5, 6, 9, 10, 11 and 12, by number."""

import json
from typing import Any, get_args

import pytest
from fhir_bundles import (
    HL7,
    STATUS,
    at,
    bundle_of,
    codes,
    comes_back,
    extensions,
    own,
    read,
    resources,
    study,
    trial_of,
)
from fhirpathpy import evaluate
from msgspec import structs

import trialbridge
from trialbridge.formats.fhir import r4 as fhir_r4
from trialbridge.formats.fhir import r4b as fhir_r4b
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import InterventionType, RecruitmentStatus, Registration

EBM = "https://fevir.net/resources/CodeSystem/419455"
USAGE = "http://terminology.hl7.org/CodeSystem/usage-context-type"
FLAG = own("study-flag")


def sent(protocol: dict[str, Any] | None = None, **sections: Any) -> dict[str, Any]:
    """The Bundle of such a record, which comes back whole from each version."""
    trial = trial_of(protocol, **sections)
    for older in (fhir_r4, fhir_r4b):
        data, _ = older.write(trial)
        assert older.read(data) == (trial, [])
    return comes_back(trial)


def classified(bundle: dict[str, Any]) -> list[set[tuple[str, str]]]:
    return [codes(concept) for concept in study(bundle).get("classifier", ())]


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


# --- 5: the eligibility Group says of its members what is so of them --------------------------


@pytest.mark.parametrize("accepts", [True, False])
def test_finding_5_healthy_volunteers_are_accepted_by_the_study(accepts: bool) -> None:
    bundle = sent({"eligibility": {"healthyVolunteers": accepts}})
    guides = "includes-healthy-volunteers" if accepts else "does-not-include-healthy-volunteers"
    ours = "healthy-volunteers" if accepts else "not-healthy-volunteers"
    assert classified(bundle) == [{(EBM, guides), (FLAG, ours)}]
    assert resources(bundle, "Group") == []


@pytest.mark.parametrize("based", [True, False, None])
@pytest.mark.parametrize("words", ["Self-identified women", None])
def test_finding_5_gender_is_a_basis_of_the_study(based: bool | None, words: str | None) -> None:
    module = {"genderBased": based, "genderDescription": words, "sex": "FEMALE"}
    bundle = sent({"eligibility": {key: one for key, one in module.items() if one is not None}})
    assert [codes(node["code"]) for node in resources(bundle, "Group")[0]["characteristic"]] == [
        {(USAGE, "gender")}
    ]
    (concept,) = study(bundle).get("classifier", [{}])
    if based is not None:
        assert codes(concept) == {(FLAG, "gender-based" if based else "not-gender-based")}
    assert concept.get("text") == words


def test_finding_5_nobody_is_of_all_sexes() -> None:
    bundle = sent({"eligibility": {"sex": "ALL", "minimumAge": "18 Years"}})
    (group,) = resources(bundle, "Group")
    assert [codes(node["code"]) for node in group["characteristic"]] == [{(USAGE, "age")}]
    assert classified(bundle) == [{(own("ctgov-sex"), "ALL")}]


def test_finding_5_what_we_wrote_before_is_read() -> None:
    ours = own("eligibility-characteristic")
    group = {
        "resourceType": "Group",
        "id": "g",
        "type": "person",
        "membership": "definitional",
        "characteristic": [
            {
                "code": coded(USAGE, "gender"),
                "valueCodeableConcept": {**coded(own("ctgov-sex"), "ALL"), "text": "Both"},
                "exclude": False,
            },
            *(
                {"code": coded(ours, code), "valueBoolean": said, "exclude": False}
                for code, said in (("gender-based", True), ("healthy-volunteers", False))
            ),
        ],
    }
    trial = _with_group(group)
    assert at(trial, "eligibilityModule") == {
        "sex": "ALL",
        "genderBased": True,
        "genderDescription": "Both",
        "healthyVolunteers": False,
    }


def _with_group(group: dict[str, Any]) -> Any:
    bundle = bundle_of(trial_of({"identification": {"nctId": "NCT99999999"}}))
    study(bundle).update(recruitment={"eligibility": {"reference": f"Group/{group['id']}"}})
    url = f"https://example.org/Group/{group['id']}"
    bundle["entry"].append({"fullUrl": url, "resource": group})
    return read(bundle)[0]


def test_finding_5_both_genders_in_one_concept_are_all() -> None:
    """French records have it so."""
    genders = [
        {"system": f"{HL7}/administrative-gender", "code": one} for one in ("male", "female")
    ]
    group = {
        "resourceType": "Group",
        "id": "g",
        "characteristic": [
            {"code": coded(USAGE, "gender"), "valueCodeableConcept": {"coding": genders}}
        ],
    }
    assert at(_with_group(group), "eligibilityModule/sex") == "ALL"


@pytest.mark.parametrize(
    ("guides", "sex", "healthy"),
    [
        (["includes-females", "includes-males", "includes-healthy-volunteers"], "ALL", True),
        (["does-not-include-healthy-volunteers", "includes-males"], "MALE", False),
    ],
)
def test_finding_5_the_guide_s_classifiers_are_read(
    guides: list[str], sex: str, healthy: bool
) -> None:
    bundle = bundle_of(trial_of({"identification": {"nctId": "NCT99999999"}}))
    study(bundle)["classifier"] = [coded(EBM, code) for code in guides]
    trial, _ = read(bundle)
    assert at(trial, "eligibilityModule/sex") == sex
    assert at(trial, "eligibilityModule/healthyVolunteers") is healthy


# --- 10: a state has its period, for the searches that are for a state with it ----------------


def overall(bundle: dict[str, Any]) -> list[tuple[bool | None, dict[str, str] | None]]:
    """The `actual` and the period of each entry for the overall study."""
    return [
        (node.get("actual"), node.get("period"))
        for node in study(bundle).get("progressStatus", ())
        if (STATUS, "overall-study") in codes(node["state"])
    ]


DATES = "startDateStruct", "completionDateStruct"


@pytest.mark.parametrize(
    ("start", "completion", "expected"),
    [
        # As HL7's example of NCT05503693 has it.
        (
            {"date": "2022-12-06", "type": "ESTIMATED"},
            {"date": "2023-06", "type": "ESTIMATED"},
            [(False, {"start": "2022-12-06", "end": "2023-06"})],
        ),
        (
            {"date": "2020", "type": "ACTUAL"},
            {"date": "2030-01", "type": "ESTIMATED"},
            [(True, {"start": "2020"}), (False, {"end": "2030-01"})],
        ),
        ({"date": "2004"}, {"date": "2006"}, [(None, {"start": "2004", "end": "2006"})]),
        (
            {"date": "2004"},
            {"date": "2006", "type": "ACTUAL"},
            [(None, {"start": "2004"}), (True, {"end": "2006"})],
        ),
        ({"date": "2004", "type": "ACTUAL"}, None, [(True, {"start": "2004"})]),
        (None, {"date": "2006"}, [(None, {"end": "2006"})]),
        # A type without a date has no period, and tells by a code of ours what it is of.
        ({"type": "ACTUAL"}, {"type": "ACTUAL"}, [(True, None), (True, None)]),
        (
            {"date": "2004", "type": "ACTUAL"},
            {"type": "ACTUAL"},
            [(True, {"start": "2004"}), (True, None)],
        ),
        (None, None, []),
    ],
)
def test_finding_10_the_overall_study_has_its_period(
    start: Any, completion: Any, expected: list[Any]
) -> None:
    said = zip(DATES, (start, completion), strict=True)
    bundle = sent({"status": {key: one for key, one in said if one is not None}})
    assert overall(bundle) == expected
    dates = {"start": (start or {}).get("date"), "end": (completion or {}).get("date")}
    assert study(bundle).get("period", {}) == {k: one for k, one in dates.items() if one}


def test_finding_10_the_search_for_what_is_planned_finds_what_is_planned() -> None:
    """The search parameter progress-status-state-period-actual, by its expressions of FHIRPath."""
    bundle = sent(
        {
            "status": {
                "overallStatus": "RECRUITING",
                "startDateStruct": {"date": "2020-02-01", "type": "ACTUAL"},
                "completionDateStruct": {"date": "2030-01", "type": "ESTIMATED"},
            }
        }
    )
    planned = (
        "ResearchStudy.progressStatus.where(actual = false "
        "and state.coding.where(code = 'overall-study').exists()).period.end"
    )
    assert evaluate(study(bundle), planned) == ["2030-01"]


def test_finding_10_the_period_is_read_where_it_alone_has_the_dates() -> None:
    bundle = bundle_of(trial_of({"identification": {"nctId": "NCT99999999"}}))
    study(bundle)["progressStatus"] = [
        {
            "state": coded(STATUS, "overall-study"),
            "actual": False,
            "period": {"start": "2022-12-06", "end": "2023-06"},
        }
    ]
    module = at(read(bundle)[0], "statusModule")
    assert module["startDateStruct"] == {"date": "2022-12-06", "type": "ESTIMATED"}
    assert module["completionDateStruct"] == {"date": "2023-06", "type": "ESTIMATED"}


def test_finding_10_what_we_wrote_before_is_read() -> None:
    bundle = bundle_of(trial_of({"identification": {"nctId": "NCT99999999"}}))
    study(bundle)["period"] = {"start": "2020", "end": "2030"}
    study(bundle)["progressStatus"] = [
        {
            "state": {
                "coding": [
                    {"system": STATUS, "code": "overall-study"},
                    {"system": own("study-milestone"), "code": code},
                ]
            },
            "actual": actual,
        }
        for code, actual in (("start", True), ("completion", False))
    ]
    module = at(read(bundle)[0], "statusModule")
    assert module["startDateStruct"] == {"date": "2020", "type": "ACTUAL"}
    assert module["completionDateStruct"] == {"date": "2030", "type": "ESTIMATED"}


# --- 9: the date of the last change -----------------------------------------------------------

UPDATES: dict[str, Any] = {
    "lastUpdateSubmitDate": "2024-03-01",
    "lastUpdatePostDateStruct": {"date": "2024-03-05", "type": "ESTIMATED"},
}


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (UPDATES, "2024-03-01"),
        ({"lastUpdatePostDateStruct": {"date": "2024-03-05"}}, "2024-03-05"),
        ({"statusVerifiedDate": "2024-03"}, None),
    ],
)
def test_finding_9_the_date_is_that_of_the_last_update(
    module: dict[str, Any], expected: str | None
) -> None:
    assert study(sent({"status": module})).get("date") == expected


@pytest.mark.parametrize("changed", ["2024-03-01", "2025"])
@pytest.mark.parametrize("module", [UPDATES, None])
def test_finding_9_another_register_s_date_goes_before(
    module: dict[str, Any] | None, changed: str
) -> None:
    status = {"status": module} if module else {}
    trial = structs.replace(
        trial_of({"identification": {"briefTitle": "Two registers"}, **status}),
        registration=Registration(register="DRKS", id="DRKS00000001", last_changed=changed),
    )
    assert study(comes_back(trial))["date"] == changed


def test_finding_9_the_date_edited_beside_the_update_is_told_as_not_read() -> None:
    bundle = sent({"status": UPDATES})
    study(bundle)["date"] = "2024-04-01"
    trial, problems = read(bundle)
    assert trial.registration is None
    assert [(one.path, one.code) for one in problems] == [("ResearchStudy.date", "not-read")]


# --- 6: the status of a site is that of the part of the study there ----------------------------

OVER = {"COMPLETED": "completed", "TERMINATED": "terminated", "WITHDRAWN": "withdrawn"}


def parts(bundle: dict[str, Any]) -> dict[str, Any]:
    """The parts of the study, by their references."""
    return {f"#{one['id']}": one for one in study(bundle).get("contained", ())}


@pytest.mark.parametrize("status", get_args(RecruitmentStatus))
def test_finding_6_a_site_with_a_status_is_a_part_of_the_study(status: str) -> None:
    sites = [
        {"facility": "A", "city": "Bern", "status": status},
        {"status": status},
        {"facility": "C"},
    ]
    bundle = sent({"contactsLocations": {"locations": sites}})
    first, second, third = study(bundle)["site"]
    one, two = parts(bundle).values()
    for part in (one, two):
        assert part["resourceType"] == "ResearchStudy"
        assert part["partOf"] == [{"reference": "#"}]
        (progress,) = part["progressStatus"]
        assert (own("ctgov-status"), status) in codes(progress["state"])
    (place,) = one["site"]
    assert place == {"reference": "Location/trial-site-1", "display": "A"}
    # Where it is over, the place is none of the study's own sites, and stands behind the part.
    assert (first == {**place, "reference": "#site-1"}) is (status in OVER)
    assert (first == place) is (status not in OVER)
    # A site of which nothing but the status is known has no place.
    assert second == {"reference": "#site-2"}
    assert "site" not in two
    assert third["display"] == "C"
    assert extensions(bundle, BASE) == []


@pytest.mark.parametrize("version", ["fhir-r5", "fhir-r4b", "fhir-r4"])
def test_finding_6_nobody_takes_a_withdrawn_site_for_one_of_the_study(version: str) -> None:
    """What a server finds by the search parameter `site`: https://hl7.org/fhir/R5/search.html."""
    sites = [
        {"facility": facility, "status": status}
        for facility, status in (
            ("Here", "RECRUITING"),
            ("Gone", "WITHDRAWN"),
            ("Soon", "NOT_YET_RECRUITING"),
            ("Done", "COMPLETED"),
        )
    ]
    trial = trial_of({"contactsLocations": {"locations": sites}})
    data = trialbridge.write(trial, version)
    bundle = json.loads(data)
    found = [node.get("reference", "") for node in study(bundle)["site"]]
    places = {f"Location/{one['id']}": one["name"] for one in resources(bundle, "Location")}
    assert [places[one] for one in found if one in places] == ["Here", "Soon"]
    assert len(found) == 4
    assert [one for one in trialbridge.validate(data) if one.severity == "error"] == []
    if version != "fhir-r5":
        # R4's own element is the status of a study, of its parts too.
        withdrawn = parts(bundle)["#site-2"]
        assert withdrawn["status"] == "withdrawn"


@pytest.mark.parametrize("version", ["fhir-r5", "fhir-r4b", "fhir-r4"])
def test_finding_6_a_plain_search_finds_sites_by_their_status(version: str) -> None:
    """`Location?type=` asks the codes of `Location.type`, in each version."""
    statuses = {"A": "RECRUITING", "B": "WITHDRAWN", "C": None, "": "TERMINATED"}
    locations = [
        {key: value for key, value in (("facility", name), ("status", status)) if value}
        for name, status in statuses.items()
    ]
    trial = trial_of({"contactsLocations": {"locations": locations}})
    bundle = json.loads(trialbridge.write(trial, version))
    functions = {one["name"]: one.get("type") for one in resources(bundle, "Location")}
    assert functions == {
        "A": [
            {
                "coding": [
                    {"system": own("ctgov-status"), "code": "RECRUITING", "display": "Recruiting"}
                ],
                "text": "Site of a study: recruiting",
            }
        ],
        "B": [
            {
                "coding": [
                    {"system": own("ctgov-status"), "code": "WITHDRAWN", "display": "Withdrawn"}
                ],
                "text": "Site of a study: withdrawn",
            }
        ],
        "C": None,
    }
    told: list[trialbridge.Problem] = []
    assert trialbridge.read(bundle, warnings=told) == trial
    assert told == []


def test_finding_6_many_sites_take_little() -> None:
    sites = [
        {"facility": f"Hospital {number}", "city": "Bern", "status": "RECRUITING"}
        for number in range(300)
    ]
    trial = trial_of({"contactsLocations": {"locations": sites}})
    data = trialbridge.write(trial, "fhir-r5")
    assert len(data) < 300 * 900
    assert trialbridge.read(data) == trial


def test_finding_6_what_we_wrote_before_is_read() -> None:
    bundle = bundle_of(trial_of({"contactsLocations": {"locations": [{"city": "Bern"}]}}))
    status = {"system": own("ctgov-status"), "code": "WITHDRAWN"}
    url = f"{BASE}/StructureDefinition/site-status"
    study(bundle)["site"][0]["extension"] = [{"url": url, "valueCoding": status}]
    trial, _ = read(bundle)
    assert at(trial, "contactsLocationsModule/locations") == [
        {"status": "WITHDRAWN", "city": "Bern"}
    ]


def test_finding_6_a_site_as_hl7_s_example_has_it_is_read() -> None:
    """The contained study alone is the site, and the place is contained too."""
    bundle = bundle_of(trial_of({"identification": {"nctId": "NCT99999999"}}))
    study(bundle)["site"] = [{"reference": "#part", "type": "ResearchStudy"}]
    study(bundle)["contained"] = [
        {
            "resourceType": "ResearchStudy",
            "id": "part",
            "partOf": [{"reference": "#", "type": "ResearchStudy"}],
            "status": "active",
            "site": [{"reference": "#place", "type": "Location"}],
            "progressStatus": [{"state": coded(STATUS, "recruiting")}],
        },
        {
            "resourceType": "Location",
            "id": "place",
            "name": "Nucleus",
            "address": {"city": "Melbourne", "country": "Australia"},
        },
    ]
    trial, _ = read(bundle)
    assert at(trial, "contactsLocationsModule/locations") == [
        {
            "facility": "Nucleus",
            "status": "RECRUITING",
            "city": "Melbourne",
            "country": "Australia",
        }
    ]


# --- 12: what kind of intervention it is ------------------------------------------------------

TYPE = own("ctgov-intervention-type")


@pytest.mark.parametrize("type_", get_args(InterventionType))
def test_finding_12_the_type_of_an_intervention_is_the_topic_of_its_context(type_: str) -> None:
    interventions = [{"name": "A", "type": type_}]
    bundle = sent({"armsInterventions": {"interventions": interventions}})
    (activity,) = resources(bundle, "ActivityDefinition")
    assert "topic" not in activity
    (context,) = activity["useContext"]
    assert (context["code"]["system"], context["code"]["code"]) == (USAGE, "topic")
    assert codes(context["valueCodeableConcept"]) == {(TYPE, type_)}


def test_finding_12_what_we_wrote_before_is_read() -> None:
    arms = [{"label": "One", "interventionNames": ["Device: A"]}]
    interventions = [{"name": "A", "type": "DEVICE", "armGroupLabels": ["One"]}]
    trial = trial_of({"armsInterventions": {"armGroups": arms, "interventions": interventions}})
    bundle = bundle_of(trial)
    (activity,) = resources(bundle, "ActivityDefinition")
    activity["topic"] = [context["valueCodeableConcept"] for context in activity.pop("useContext")]
    assert read(bundle)[0] == trial


# --- 11: MeSH terms of interventions ----------------------------------------------------------


def mesh(*terms: str) -> dict[str, Any]:
    meshes = [{"id": f"D{number:06}", "term": term} for number, term in enumerate(terms)]
    return {"interventionBrowseModule": {"meshes": meshes}}


def foci(bundle: dict[str, Any]) -> list[tuple[str, str]]:
    """What the search parameter `focus-code` finds: `ResearchStudy.focus.concept`."""
    found = evaluate(study(bundle), "ResearchStudy.focus.concept.coding")
    return [(one["code"], one["display"]) for one in found]


def test_finding_11_each_term_is_a_focus_of_the_study() -> None:
    interventions = [
        {"name": "placebo", "type": "DRUG"},
        {"name": "ASPIRIN", "type": "DRUG"},
        {"name": "Insulin glargine", "type": "DRUG"},
        {"name": "Running", "type": "BEHAVIORAL"},
        {"name": "Caffeine"},
    ]
    bundle = sent(
        {"armsInterventions": {"interventions": interventions}},
        derivedSection=mesh("Running", "Caffeine", "Insulin", "Aspirin"),
    )
    assert [term for _, term in foci(bundle)] == ["Running", "Caffeine", "Insulin", "Aspirin"]
    # Beside it, where the name is the term: as a product where one is given.
    at_it = [
        (sorted(activity.keys() & {"code", "productCodeableConcept"}))
        for activity in resources(bundle, "ActivityDefinition")
    ]
    assert at_it == [[], ["productCodeableConcept"], [], ["code"], []]
    _, aspirin, _, running, _ = resources(bundle, "ActivityDefinition")
    assert {code for _, code in codes(aspirin["productCodeableConcept"])} == {"D000003"}
    assert {code for _, code in codes(running["code"])} == {"D000000"}


def test_finding_11_what_the_registry_found_the_term_as_is_the_term() -> None:
    browse = mesh("Aspirin")["interventionBrowseModule"]
    leaves = [{"id": "M1", "name": "Aspirin", "asFound": "Acetylsalicylate"}]
    bundle = sent(
        {"armsInterventions": {"interventions": [{"name": "acetylsalicylate", "type": "DRUG"}]}},
        derivedSection={"interventionBrowseModule": {**browse, "browseLeaves": leaves}},
    )
    (activity,) = resources(bundle, "ActivityDefinition")
    assert {code for _, code in codes(activity["productCodeableConcept"])} == {"D000000"}


def test_finding_11_a_name_that_is_two_terms_is_none_for_certain() -> None:
    bundle = sent(
        {"armsInterventions": {"interventions": [{"name": "aspirin", "type": "DRUG"}]}},
        derivedSection=mesh("Aspirin", "ASPIRIN"),
    )
    assert len(foci(bundle)) == 2
    assert "productCodeableConcept" not in resources(bundle, "ActivityDefinition")[0]


def test_finding_11_the_focus_is_read_and_the_other_is_told() -> None:
    bundle = sent(
        {"armsInterventions": {"interventions": [{"name": "Aspirin", "type": "DRUG"}]}},
        derivedSection=mesh("Aspirin"),
    )
    study(bundle)["focus"][0]["concept"]["coding"][0]["code"] = "D999999"
    trial, problems = read(bundle)
    assert trial.derived is not None
    assert trial.derived.intervention_browse is not None
    (term,) = trial.derived.intervention_browse.meshes or ()
    assert term.id == "D999999"
    assert {one.code for one in problems} == {"not-read"}
    coding = "ActivityDefinition.productCodeableConcept.coding"
    assert {one.path for one in problems} == {
        f"{coding}.{member}" for member in ("system", "code", "display")
    }


def test_finding_11_what_we_wrote_before_is_read() -> None:
    """Terms at their interventions, the others in `focus`, with positions where they need them."""
    trial = trial_of(
        {"armsInterventions": {"interventions": [{"name": "Aspirin", "type": "DRUG"}]}},
        derivedSection=mesh("Caffeine", "Aspirin"),
    )
    bundle = bundle_of(trial)
    (activity,) = resources(bundle, "ActivityDefinition")
    activity["topic"] = [context["valueCodeableConcept"] for context in activity.pop("useContext")]
    activity["code"] = activity.pop("productCodeableConcept")
    study(bundle)["focus"].pop(1)
    for position, concept in ((1, study(bundle)["focus"][0]["concept"]), (2, activity["code"])):
        url = f"{BASE}/StructureDefinition/mesh-position"
        concept["coding"][0]["extension"] = [{"url": url, "valuePositiveInt": position}]
    assert read(bundle)[0] == trial
