"""What a fact of the registry is in FHIR R5, one by one on small records of our own."""

from typing import Any, get_args

import pytest
from fhir_bundles import (
    DESIGN,
    HL7,
    PHASE,
    STATUS,
    at,
    codes,
    comes_back,
    extensions,
    objects,
    own,
    read,
    resolve,
    resources,
    study,
)
from fhir_sent import sent

import trialbridge
from trialbridge.schemas import trial
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir import r5 as fhir_r5

REGISTRATION = f"{HL7}/StructureDefinition/researchStudy-studyRegistration"


ACTIVITY = f"{HL7}/research-study-registration-activity"


MESH = "https://www.nlm.nih.gov/mesh"


def states(bundle: dict[str, Any]) -> list[set[tuple[str, str]]]:
    return [codes(one["state"]) for one in study(bundle).get("progressStatus", [])]


# --- status ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "standard"),
    [
        ("COMPLETED", "completed"),
        ("RECRUITING", "recruiting"),
        ("WITHDRAWN", "withdrawn"),
        ("SUSPENDED", "temporarily-closed-to-accrual"),
        ("TERMINATED", "terminated"),
        ("NOT_YET_RECRUITING", "not-yet-recruiting"),
        ("ENROLLING_BY_INVITATION", "enrolling-by-invitation"),
        ("ACTIVE_NOT_RECRUITING", "active-but-not-recruiting"),
    ],
)
def test_status_is_the_standard_code_and_the_registry_s(status: str, standard: str) -> None:
    bundle = sent({"status": {"overallStatus": status}})
    assert states(bundle) == [{(STATUS, standard), (own("ctgov-status"), status)}]
    # The publication status is not the trial's.
    assert study(bundle)["status"] == "active"


@pytest.mark.parametrize("status", ["UNKNOWN", "WITHHELD", "AVAILABLE", "APPROVED_FOR_MARKETING"])
def test_a_status_that_the_standard_lacks_is_not_given_another(status: str) -> None:
    bundle = sent({"status": {"overallStatus": status}})
    assert states(bundle) == [{(own("ctgov-status"), status)}]


def test_the_last_known_status_is_not_the_current_one() -> None:
    bundle = sent({"status": {"overallStatus": "UNKNOWN", "lastKnownStatus": "RECRUITING"}})
    assert states(bundle) == [{(own("ctgov-status"), "UNKNOWN")}]
    (extension,) = extensions(bundle, BASE)
    assert extension == {
        "url": f"{BASE}/StructureDefinition/last-known-status",
        "valueCoding": {
            "system": own("ctgov-status"),
            "code": "RECRUITING",
            "display": "Recruiting",
        },
    }
    assert (STATUS, "recruiting") not in {
        (node.get("system"), node.get("code")) for node in objects(bundle)
    }


def test_a_last_known_status_alone_gives_no_current_one() -> None:
    bundle = sent({"status": {"lastKnownStatus": "COMPLETED"}})
    assert all(not {code for _, code in state} for state in _codes_of_states(bundle))
    trial_, _ = read(bundle)
    assert at(trial_, "statusModule/overallStatus") is None


def _codes_of_states(bundle: dict[str, Any]) -> list[set[tuple[str, str]]]:
    return [
        {(c["system"], c["code"]) for c in entry["state"]["coding"] if "code" in c}
        for entry in study(bundle)["progressStatus"]
    ]


def test_why_stopped_is_what_stopped_it() -> None:
    bundle = sent({"status": {"overallStatus": "WITHDRAWN", "whyStopped": "No funds"}})
    assert study(bundle)["whyStopped"] == {"text": "No funds"}


# --- phase and design --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phases", "standard"),
    [
        (["NA"], "n-a"),
        (["EARLY_PHASE1"], "early-phase-1"),
        (["PHASE1"], "phase-1"),
        (["PHASE1", "PHASE2"], "phase-1-phase-2"),
        (["PHASE2"], "phase-2"),
        (["PHASE2", "PHASE3"], "phase-2-phase-3"),
        (["PHASE3"], "phase-3"),
        (["PHASE4"], "phase-4"),
    ],
)
def test_phases_are_one_standard_code_and_the_registry_s_own(
    phases: list[str], standard: str
) -> None:
    phase = study(sent({"design": {"phases": phases}}))["phase"]
    assert codes(phase) == {(PHASE, standard), *((own("ctgov-phase"), p) for p in phases)}


@pytest.mark.parametrize(
    "phases",
    [["PHASE2", "PHASE1"], ["PHASE1", "PHASE3"], ["NA", "NA"], ["PHASE1", "PHASE2", "PHASE3"]],
)
def test_phases_that_have_no_standard_code_come_back_in_their_order(phases: list[str]) -> None:
    phase = study(sent({"design": {"phases": phases}}))["phase"]
    assert [c["code"] for c in phase["coding"] if c["system"] == own("ctgov-phase")] == phases
    assert not {code for system, code in codes(phase) if system == PHASE}


def test_an_interventional_design_is_coded() -> None:
    info = {
        "allocation": "RANDOMIZED",
        "interventionModel": "CROSSOVER",
        "primaryPurpose": "PREVENTION",
        "maskingInfo": {"masking": "TRIPLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
    }
    found = study(sent({"design": {"studyType": "INTERVENTIONAL", "designInfo": info}}))
    designs = [codes(concept) for concept in found["studyDesign"]]
    for expected in (
        {(DESIGN, "SEVCO:01001"), (own("ctgov-study-type"), "INTERVENTIONAL")},
        {(DESIGN, "SEVCO:01003"), (own("ctgov-design-allocation"), "RANDOMIZED")},
        {(DESIGN, "SEVCO:01012"), (own("ctgov-intervention-model"), "CROSSOVER")},
        {(own("ctgov-design-masking"), "TRIPLE")},
        {(DESIGN, "SEVCO:01060"), (own("ctgov-who-masked"), "PARTICIPANT")},
        {(own("ctgov-who-masked"), "INVESTIGATOR")},
    ):
        assert expected in designs
    assert len(designs) == 6
    assert (f"{HL7}/research-study-prim-purp-type", "prevention") in codes(
        found["primaryPurposeType"]
    )


def test_an_observational_study_has_cohorts_without_a_type() -> None:
    bundle = sent(
        {
            "design": {
                "studyType": "OBSERVATIONAL",
                "patientRegistry": True,
                "targetDuration": "5 Years",
                "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"},
            },
            "eligibility": {
                "studyPopulation": "Clinic \\#1",
                "samplingMethod": "NON_PROBABILITY_SAMPLE",
            },
            "armsInterventions": {
                "armGroups": [
                    {"label": "Exposed", "description": "Smokers"},
                    {"label": "Not exposed"},
                ]
            },
        }
    )
    designs = [codes(concept) for concept in study(bundle)["studyDesign"]]
    assert {(DESIGN, "SEVCO:01002"), (own("ctgov-study-type"), "OBSERVATIONAL")} in designs
    assert {(own("ctgov-observational-model"), "COHORT")} in designs
    assert {(own("ctgov-time-perspective"), "PROSPECTIVE")} in designs
    groups = study(bundle)["comparisonGroup"]
    assert [(group["name"], group.get("description")) for group in groups] == [
        ("Exposed", "Smokers"),
        ("Not exposed", None),
    ]
    assert all("type" not in group for group in groups)


# --- dates and numbers -------------------------------------------------------------------------


@pytest.mark.parametrize("date", ["2020", "2020-02", "2020-02-29"])
@pytest.mark.parametrize("type_", ["ACTUAL", "ESTIMATED", None])
def test_dates_keep_their_precision_and_type(date: str, type_: str | None) -> None:
    said = {"date": date, **({"type": type_} if type_ else {})}
    bundle = sent(
        {
            "status": {
                "startDateStruct": said,
                "primaryCompletionDateStruct": said,
                "completionDateStruct": said,
                "statusVerifiedDate": date,
            }
        }
    )
    assert study(bundle)["period"] == {"start": date, "end": date}
    (milestone,) = study(bundle)["progressStatus"]
    assert milestone["period"] == study(bundle)["period"]
    assert milestone.get("actual") == (None if type_ is None else type_ == "ACTUAL")
    assert not extensions(bundle, BASE)
    dates = _registered(bundle)
    assert dates["primary-outcome-data-collection"] == (
        {"end": date},
        None if type_ is None else type_ == "ACTUAL",
    )
    assert dates["record-verification"] == ({"end": date}, None)


def test_each_date_of_the_registration_has_its_own_activity() -> None:
    names = {
        "study_first_submit_date": "registration-submission",
        "study_first_submit_qc_date": "registration-submission-qc",
        "results_first_submit_date": "results-submission",
        "results_first_submit_qc_date": "results-submission-qc",
        "disp_first_submit_date": "disposition-submission",
        "disp_first_submit_qc_date": "disposition-submission-qc",
        "last_update_submit_date": "update-submission",
    }
    posted = {
        "study_first_post_date": "registration-posting",
        "results_first_post_date": "results-posting",
        "disp_first_post_date": "disposition-posting",
        "last_update_post_date": "update-posting",
    }
    status: dict[str, Any] = {}
    expected: dict[str, Any] = {}
    for day, (name, activity) in enumerate((names | posted).items(), start=10):
        key = _camel(name)
        date = f"2021-01-{day}"
        end = "end" if activity.startswith("update") else "start"
        if name in posted:
            status[f"{key}Struct"] = {"date": date, "type": "ESTIMATED"}
            expected[activity] = ({end: date}, False)
        else:
            status[key] = date
            expected[activity] = ({end: date}, None)
    assert _registered(sent({"status": status})) == expected


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _registered(bundle: dict[str, Any]) -> dict[str, Any]:
    """Period and actual of each registration activity."""
    found = {}
    for extension in extensions(study(bundle), REGISTRATION):
        parts = {part["url"]: part for part in extension["extension"]}
        ((system, activity),) = codes(parts["activity"]["valueCodeableConcept"])
        assert system == ACTIVITY
        assert activity not in found
        actual = parts["actual"]["valueBoolean"] if "actual" in parts else None
        found[activity] = (parts["period"]["valuePeriod"], actual)
    return found


@pytest.mark.parametrize(
    ("info", "member"),
    [
        ({"count": 12, "type": "ACTUAL"}, "actualNumber"),
        ({"count": 120, "type": "ESTIMATED"}, "targetNumber"),
        ({"count": 0, "type": "ACTUAL"}, "actualNumber"),
        ({"count": 0, "type": "ESTIMATED"}, "targetNumber"),
    ],
)
def test_enrollment_is_a_number_by_its_type(info: dict[str, Any], member: str) -> None:
    bundle = sent({"design": {"enrollmentInfo": info}})
    assert study(bundle)["recruitment"] == {member: info["count"]}


@pytest.mark.parametrize("info", [{"count": 5}, {"type": "ACTUAL"}, {"count": 0}, {}])
def test_enrollment_without_a_type_is_neither_actual_nor_target(info: dict[str, Any]) -> None:
    recruitment = study(sent({"design": {"enrollmentInfo": info}})).get("recruitment", {})
    assert not {"actualNumber", "targetNumber"} & set(recruitment)


# --- arms and interventions --------------------------------------------------------------------


def plan(bundle: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Each arm of the protocol with the titles of what it receives, by resolving links."""
    (link,) = study(bundle)["protocol"]
    names = {group["linkId"]: group.get("name") for group in study(bundle)["comparisonGroup"]}
    found = []
    for action in resolve(bundle, link).get("action", []):
        received = [
            resolve(bundle, inner["definitionCanonical"])["title"]
            if "definitionCanonical" in inner
            else inner["title"]
            for inner in action.get("action", [])
        ]
        found.append((names[action["linkId"]], received))
    return found


def drug(name: str, *arms: str) -> dict[str, Any]:
    return {"type": "DRUG", "name": name, **({"armGroupLabels": list(arms)} if arms else {})}


def test_three_interventions_in_an_arm_and_one_intervention_in_two() -> None:
    arms = [
        {"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: x", "Drug: y"]},
        {
            "label": "B",
            "type": "ACTIVE_COMPARATOR",
            "interventionNames": ["Drug: x", "Drug: z", "Drug: y"],
        },
        {"label": "C", "type": "NO_INTERVENTION"},
    ]
    given = [drug("x", "A", "B"), drug("y", "A", "B"), drug("z", "B")]
    bundle = sent({"armsInterventions": {"armGroups": arms, "interventions": given}})
    assert plan(bundle) == [("A", ["x", "y"]), ("B", ["x", "z", "y"]), ("C", [])]
    assert not extensions(bundle, BASE)
    assert len(resources(bundle, "ActivityDefinition")) == 3
    types = [codes(group["type"]) for group in study(bundle)["comparisonGroup"]]
    system = f"{HL7}/research-study-arm-type"
    assert types == [
        {(system, code)} for code in ("experimental", "active-comparator", "no-intervention")
    ]


@pytest.mark.parametrize(
    ("arms", "given"),
    [
        # An arm names what the intervention does not name back, and otherwise.
        ([{"label": "A", "interventionNames": ["Drug: x"]}], [drug("x")]),
        ([{"label": "A"}], [drug("x", "A")]),
        (
            [{"label": "A", "interventionNames": ["Drug: x"]}, {"label": "B"}],
            [drug("x", "B")],
        ),
        # Another order.
        (
            [
                {"label": "A", "interventionNames": ["Drug: x"]},
                {"label": "B", "interventionNames": ["Drug: x"]},
            ],
            [drug("x", "B", "A")],
        ),
        # Names and labels of nothing that there is.
        ([{"label": "A", "interventionNames": ["Drug: nothing", "x"]}], [drug("x", "Z")]),
        ([{"label": "A", "interventionNames": ["Drug: x", "Drug: x"]}], [drug("x", "A", "A")]),
        ([{"label": "A", "interventionNames": [""]}], [drug("x", "")]),
        ([{"label": "A", "interventionNames": []}], [{"name": "x", "armGroupLabels": []}]),
        # Duplicate names, duplicate labels.
        (
            [{"label": "A", "interventionNames": ["Drug: x"]}],
            [drug("x", "A"), drug("x", "A")],
        ),
        (
            [
                {"label": "A", "interventionNames": ["Drug: x"]},
                {"label": "A", "interventionNames": ["Drug: y"]},
            ],
            [drug("x", "A"), drug("y", "A")],
        ),
        # Without label, type or name.
        ([{"interventionNames": ["Drug: x"]}, {"label": "B"}], [drug("x", "B")]),
        ([{"type": "OTHER"}, {"description": "said"}], [{"description": "nameless"}]),
        ([{"label": "A", "interventionNames": ["x"]}], [{"name": "x", "armGroupLabels": ["A"]}]),
        ([{"label": "A", "interventionNames": ["Drug: x"]}], [{"type": "DRUG"}]),
        # No arms, no interventions.
        ([], [drug("x", "A")]),
        (None, [drug("x")]),
        ([{"label": "A", "interventionNames": ["Drug: x"]}], None),
        ([{"label": "A", "interventionNames": ["Drug: x"]}], []),
    ],
)
def test_links_come_back_whether_or_not_both_sides_say_them(arms: Any, given: Any) -> None:
    module = {"armGroups": arms, "interventions": given}
    sent({"armsInterventions": {key: value for key, value in module.items() if value is not None}})


def test_links_that_disagree_are_each_kept_on_their_side() -> None:
    bundle = sent(
        {
            "armsInterventions": {
                "armGroups": [
                    {"label": "A", "interventionNames": ["Drug: x"]},
                    {"label": "B"},
                ],
                "interventions": [drug("x", "B")],
            }
        }
    )
    assert plan(bundle) == [("A", ["x"]), ("B", [])]
    # By id, so that the arms' names stand once.
    first, second = (group["linkId"] for group in study(bundle)["comparisonGroup"])
    assert [(e["url"].rpartition("/")[2], e["valueId"]) for e in extensions(bundle, BASE)] == [
        ("arm-not-of-intervention", first),
        ("arm-of-intervention", second),
    ]


def test_an_intervention_of_no_arm_is_in_the_protocol() -> None:
    bundle = sent({"armsInterventions": {"interventions": [drug("x")]}})
    (link,) = study(bundle)["protocol"]
    (artifact,) = resolve(bundle, link)["relatedArtifact"]
    activity = resolve(bundle, artifact["resource"])
    assert (activity["resourceType"], activity["title"]) == ("ActivityDefinition", "x")


def test_an_intervention_has_its_type_and_other_names() -> None:
    for type_ in get_args(trial.InterventionType):
        given = {"type": type_, "name": "x", "otherNames": ["y", "z", "y"]}
        bundle = sent({"armsInterventions": {"interventions": [given]}})
        (activity,) = resources(bundle, "ActivityDefinition")
        assert codes(activity["useContext"][0]["valueCodeableConcept"]) == {
            (own("ctgov-intervention-type"), type_)
        }


# --- MeSH --------------------------------------------------------------------------------------


def mesh(*terms: str) -> dict[str, Any]:
    return {"meshes": [{"id": f"D{number:06}", "term": term} for number, term in enumerate(terms)]}


def test_a_mesh_term_is_a_coding_of_the_condition_that_it_belongs_to() -> None:
    bundle = sent(
        {"conditions": {"conditions": ["Asthma", "Chronic Cough in Adults", "Other"]}},
        derivedSection={"conditionBrowseModule": mesh("Cough", "ASTHMA", "Influenza")},
    )
    found = [
        (node.get("text"), [coding["display"] for coding in node.get("coding", [])])
        for node in study(bundle)["condition"]
    ]
    assert found == [
        ("Asthma", ["ASTHMA"]),
        ("Chronic Cough in Adults", ["Cough"]),
        ("Other", []),
        (None, ["Influenza"]),
    ]
    assert {system for node in study(bundle)["condition"] for system, _ in codes(node)} == {MESH}


@pytest.mark.parametrize(
    "terms",
    [("B", "A"), ("A", "B", "A"), ("C", "A", "D", "B"), ("B", "C", "B", "A", "A", "E")],
)
def test_mesh_terms_keep_their_order(terms: tuple[str, ...]) -> None:
    things = ["A", "B", "A", "C of"]
    sent(
        {
            "conditions": {"conditions": things},
            "armsInterventions": {"interventions": [drug(thing) for thing in things]},
        },
        derivedSection={
            "conditionBrowseModule": mesh(*terms),
            "interventionBrowseModule": mesh(*terms),
        },
    )


def test_mesh_terms_without_id_or_term() -> None:
    browse = {
        "meshes": [{"id": "D1"}, {"term": "A"}, {}],
        "ancestors": [{"id": "D2"}, {"term": "x"}],
    }
    sent(
        {"conditions": {"conditions": ["A"]}, "armsInterventions": {"interventions": [drug("A")]}},
        derivedSection={"conditionBrowseModule": browse, "interventionBrowseModule": browse},
    )


def test_a_mesh_term_without_code_says_that_the_code_is_unknown() -> None:
    browse = {"meshes": [{"term": "A"}, {"term": "B"}], "ancestors": [{"term": "x"}]}
    bundle = sent(
        {"conditions": {"conditions": ["A"]}, "armsInterventions": {"interventions": [drug("A")]}},
        derivedSection={"conditionBrowseModule": browse, "interventionBrowseModule": browse},
    )
    reason = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    assert [node["coding"][0] for node in study(bundle)["condition"]] == [
        {
            "system": MESH,
            "_code": {"extension": [{"url": reason, "valueCode": "unknown"}]},
            "display": term,
        }
        for term in ("A", "B")
    ]
    # cod-1: what has a display has a code too.
    assert "cod-1" not in {problem.code for problem in trialbridge.validate(bundle)}


@pytest.mark.parametrize("mesh_", [{"id": "", "term": "A"}, {"id": "D1", "term": ""}])
@pytest.mark.parametrize("kind", ["condition", "intervention"])
@pytest.mark.parametrize("member", ["meshes", "ancestors"])
def test_an_empty_id_or_term_is_not_an_absent_one(
    member: str, kind: str, mesh_: dict[str, str]
) -> None:
    sent(derivedSection={f"{kind}BrowseModule": {member: [mesh_]}})


# --- the page, presence and emptiness ----------------------------------------------------------


def test_related_trials_of_the_page() -> None:
    related = [
        trial.RelatedTrial(
            title="Another", nct_id="NCT00000002", status="COMPLETED", phases=["PHASE1", "PHASE2"]
        ),
        trial.RelatedTrial(nct_id="NCT00000003"),
        trial.RelatedTrial(title="Only", status="UNKNOWN", phases=["NA"]),
    ]
    page = trial.Page(conditions_line="A B", countries=["Iran"], related_trials=related)
    bundle = comes_back(trial.Trial(page=page))
    assert fhir_r5.validate(bundle) == []
    first, *_ = study(bundle)["relatedArtifact"]
    assert first["type"] == "similar-to"
    assert first["display"] == "Another"
    assert (STATUS, "completed") in {pair for c in first["classifier"] for pair in codes(c)}
    # It is this study's neighbour that is completed, not this study.
    assert "progressStatus" not in study(bundle)
    assert "phase" not in study(bundle)


@pytest.mark.parametrize("said", [True, False])
def test_yes_no_and_not_said_are_three(said: bool) -> None:
    bundle = sent(
        {"oversight": {"isFdaRegulatedDrug": said, "oversightHasDmc": not said}}, hasResults=said
    )
    found = {code for node in study(bundle)["classifier"] for _, code in codes(node)}
    assert ("fda-regulated-drug" in found) is said
    assert ("oversight-has-dmc" in found) is not said
    assert len(found) == 3


@pytest.mark.parametrize(
    "protocol",
    [
        {},
        {"oversight": {}},
        {"conditions": {"conditions": [], "keywords": ["", "x", ""]}},
        {"conditions": {"conditions": ["", "a", ""]}},
        {"armsInterventions": {"armGroups": [{}, {"label": "A"}, {}], "interventions": [{}]}},
        {"armsInterventions": {"armGroups": [{"label": ""}, {"label": "A"}]}},
        {"contactsLocations": {"locations": [{}, {"city": ""}, {"contacts": []}]}},
        {"contactsLocations": {"locations": [{"status": "RECRUITING"}, {}, {"city": "x"}]}},
        {"outcomes": {"primaryOutcomes": [{}], "secondaryOutcomes": []}},
        {"identification": {"nctId": "", "nctIdAliases": ["", ""], "organization": {}}},
        {"references": {"references": [{"retractions": [{}]}, {}], "availIpds": [{}]}},
        {"design": {"phases": [], "designInfo": {"maskingInfo": {"whoMasked": []}}}},
        {"status": {"startDateStruct": {}, "studyFirstPostDateStruct": {}, "whyStopped": ""}},
        {"eligibility": {"stdAges": [], "eligibilityCriteria": ""}},
        {"ipdSharingStatement": {"infoTypes": [], "url": ""}},
    ],
)
def test_nothing_is_not_absent(protocol: dict[str, Any]) -> None:
    sent(protocol)


@pytest.mark.parametrize(
    "protocol",
    [
        # Not empty, but nothing in it that FHIR could hold.
        {"contactsLocations": {"locations": [{"contacts": [{}]}, {"city": "x"}]}},
        {"contactsLocations": {"locations": [{"city": ""}, {"city": "x"}]}},
        {"references": {"references": [{"retractions": []}, {"citation": "x"}]}},
        {"armsInterventions": {"interventions": [{"armGroupLabels": []}, {"name": "x"}]}},
        {"identification": {"secondaryIdInfos": [{"link": ""}, {"type": "FDA"}]}},
    ],
)
def test_an_item_with_nothing_but_empty_values_keeps_its_place(protocol: dict[str, Any]) -> None:
    sent(protocol)


@pytest.mark.parametrize(
    "sections",
    [
        {"armsInterventions": {"armGroups": [{}], "interventions": []}},
        {"armsInterventions": {"armGroups": [{}, {"label": "A", "interventionNames": []}, {}]}},
    ],
)
def test_an_empty_arm_is_there_once(sections: dict[str, Any]) -> None:
    sent(sections)


@pytest.mark.parametrize(
    "sections",
    [
        {"derivedSection": {"conditionBrowseModule": {"ancestors": [{}, {"id": "D1"}, {}]}}},
        {"derivedSection": {"interventionBrowseModule": {"meshes": [{}, {"id": "D1"}, {}]}}},
        {"derivedSection": {"miscInfoModule": {"removedCountries": ["", "x"]}}},
        {"documentSection": {"largeDocumentModule": {"largeDocs": [{}, {"label": ""}]}}},
        {"annotationSection": {"annotationModule": {"violationAnnotation": {}}}},
    ],
)
def test_nothing_is_not_absent_in_other_sections(sections: dict[str, Any]) -> None:
    sent(**sections)
