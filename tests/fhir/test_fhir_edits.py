"""A Bundle changed by hand: the record that is read has the change, and nothing else changes."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from fhir_bundles import (
    CRITERIA,
    HL7,
    PHASE,
    ROLE,
    STATUS,
    at,
    bundle_of,
    codes,
    full,
    objects,
    one,
    own,
    read,
    resolve,
    resources,
    study,
    trial_of,
)

from trialbridge.schemas.syntax.pointer import ABSENT, differences
from trialbridge.schemas.trial import Page, RelatedTrial, Trial

Bundle = dict[str, Any]
CRITERION = (own("eligibility-characteristic"), "criterion")


def edited(trial: Trial, edit: Callable[[Bundle], object]) -> tuple[Trial, list[str]]:
    """The record that is read of its Bundle after an edit, and the codes of the warnings.

    That a code or digest which the edit left behind is not read, is no news here.
    """
    bundle = deepcopy(bundle_of(trial))
    edit(bundle)
    after, problems = read(bundle)
    return after, [problem.code for problem in problems if problem.code != "not-read"]


def changes(trial: Trial, edit: Callable[[Bundle], object]) -> dict[str, tuple[Any, Any]]:
    """What an edit changes in the record: pointer to (before, after)."""
    after, _ = edited(trial, edit)
    return {d.pointer: (d.before, d.after) for d in differences(trial, after)}


def standard(concept: dict[str, Any], code: str) -> None:
    """Change the standard's code, and nothing beside it."""
    coding = next(c for c in concept["coding"] if not c["system"].startswith("https://trialb"))
    coding["code"] = code


def party(bundle: Bundle, code: str) -> Any:
    return one(study(bundle)["associatedParty"], "role", ROLE, code)


def one_named(bundle: Bundle, name: str) -> Any:
    (found,) = (o for o in resources(bundle, "Organization") if o.get("name") == name)
    return found


def characteristic(bundle: Bundle, code: str) -> Any:
    group = resolve(bundle, study(bundle)["recruitment"]["eligibility"])
    return next(
        node
        for node in group["characteristic"]
        if code in {found for _, found in codes(node["code"])}
    )


def design(bundle: Bundle, system: str) -> Any:
    return next(
        concept
        for concept in study(bundle)["studyDesign"]
        if own(system) in {url for url, _ in codes(concept)}
    )


def classifier(bundle: Bundle, code: str) -> Any:
    return next(
        concept
        for concept in study(bundle)["classifier"]
        if code in {found for _, found in codes(concept)}
    )


def set_(node: Any, key: str | int, value: Any) -> None:
    node[key] = value


P = "/protocolSection"
IDENTIFICATION = f"{P}/identificationModule"
SITE = f"{P}/contactsLocationsModule/locations"
ARMS = f"{P}/armsInterventionsModule"

EDITS: dict[str, tuple[Callable[[Bundle], object], dict[str, tuple[Any, Any]]]] = {
    "title": (
        lambda b: set_(study(b), "title", "New"),
        {f"{IDENTIFICATION}/briefTitle": ("Aspirin for Headache", "New")},
    ),
    "official title": (
        lambda b: set_(study(b)["label"][0], "value", "New"),
        {
            f"{IDENTIFICATION}/officialTitle": (
                "A Randomized Trial of Aspirin for Headache",
                "New",
            )
        },
    ),
    "acronym removed": (
        lambda b: study(b)["label"].pop(1),
        {f"{IDENTIFICATION}/acronym": ("AFH", ABSENT)},
    ),
    "city": (
        lambda b: set_(resolve(b, study(b)["site"][0])["address"], "city", "Zug"),
        {f"{SITE}/0/city": ("Basel", "Zug")},
    ),
    "country added to another site": (
        lambda b: set_(resolve(b, study(b)["site"][1])["address"], "state", "BE"),
        {f"{SITE}/1/state": (ABSENT, "BE")},
    ),
    "status of a site": (
        lambda b: standard(
            study(b)["contained"][0]["progressStatus"][0]["state"], "not-yet-recruiting"
        ),
        {f"{SITE}/0/status": ("RECRUITING", "NOT_YET_RECRUITING")},
    ),
    "telephone of a site": (
        lambda b: set_(resolve(b, study(b)["site"][0])["contact"][0]["telecom"][0], "value", "999"),
        {f"{SITE}/0/contacts/0/phone": ("1", "999")},
    ),
    "arm's name": (
        lambda b: set_(study(b)["comparisonGroup"][0], "name", "High dose"),
        {
            f"{ARMS}/armGroups/0/label": ("Aspirin", "High dose"),
            # The arm is the same one: who receives what is told by its id.
            f"{ARMS}/interventions/0/armGroupLabels/0": ("Aspirin", "High dose"),
            f"{ARMS}/interventions/2/armGroupLabels/0": ("Aspirin", "High dose"),
        },
    ),
    "arm's type": (
        lambda b: standard(study(b)["comparisonGroup"][1]["type"], "sham-comparator"),
        {f"{ARMS}/armGroups/1/type": ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR")},
    ),
    "intervention's name": (
        lambda b: set_(resources(b, "ActivityDefinition")[0], "title", "ASA"),
        {
            f"{ARMS}/armGroups/0/interventionNames/0": ("Drug: aspirin", "Drug: ASA"),
            f"{ARMS}/interventions/0/name": ("aspirin", "ASA"),
        },
    ),
    "intervention taken from an arm": (
        lambda b: resources(b, "PlanDefinition")[0]["action"][1]["action"].pop(1),
        {
            f"{ARMS}/armGroups/1/interventionNames/1": ("Behavioral: diary", ABSENT),
            f"{ARMS}/interventions/2/armGroupLabels/1": ("Placebo", ABSENT),
        },
    ),
    "measure": (
        lambda b: set_(study(b)["outcomeMeasure"][0], "name", "Ache"),
        {f"{P}/outcomesModule/primaryOutcomes/0/measure": ("Pain", "Ache")},
    ),
    "time frame": (
        lambda b: set_(
            resolve(b, study(b)["outcomeMeasure"][2]["reference"])["characteristic"][0][
                "timeFromEvent"
            ][0],
            "description",
            "5 weeks",
        ),
        {f"{P}/outcomesModule/secondaryOutcomes/0/timeFrame": ("4 weeks", "5 weeks")},
    ),
    "start": (
        lambda b: set_(study(b)["period"], "start", "2020-02-03"),
        {f"{P}/statusModule/startDateStruct/date": ("2020-01", "2020-02-03")},
    ),
    "completion is actual": (
        lambda b: set_(
            next(s for s in study(b)["progressStatus"] if "end" in s.get("period", ())),
            "actual",
            True,
        ),
        {f"{P}/statusModule/completionDateStruct/type": ("ESTIMATED", "ACTUAL")},
    ),
    "date of the last update": (
        lambda b: set_(
            next(node for node in study(b)["extension"] if "update-posting" in json.dumps(node))[
                "extension"
            ][2]["valuePeriod"],
            "end",
            "2024-03-06",
        ),
        {f"{P}/statusModule/lastUpdatePostDateStruct/date": ("2024-03-05", "2024-03-06")},
    ),
    "why stopped": (
        lambda b: set_(study(b), "whyStopped", {"text": "Funding"}),
        {f"{P}/statusModule/whyStopped": ("Slow \\& low accrual", "Funding")},
    ),
    "enrollment": (
        lambda b: set_(study(b)["recruitment"], "actualNumber", 7),
        {f"{P}/designModule/enrollmentInfo/count": (120, 7)},
    ),
    "sponsor's name": (
        lambda b: set_(resolve(b, party(b, "lead-sponsor")["party"]), "name", "New"),
        # The organisation is one, and whoever names it names it so.
        {
            f"{P}/sponsorCollaboratorsModule/leadSponsor/name": ("Example Hospital", "New"),
            f"{IDENTIFICATION}/organization/fullName": ("Example Hospital", "New"),
            f"{P}/sponsorCollaboratorsModule/responsibleParty/investigatorAffiliation": (
                "Example Hospital",
                "New",
            ),
            f"{P}/contactsLocationsModule/overallOfficials/0/affiliation": (
                "Example Hospital",
                "New",
            ),
        },
    ),
    "collaborator's name": (
        lambda b: set_(one_named(b, "A Company"), "name", "Firm"),
        {f"{P}/sponsorCollaboratorsModule/collaborators/0/name": ("A Company", "Firm")},
    ),
    "official's role": (
        lambda b: standard(party(b, "study-chair")["role"], "study-director"),
        {
            f"{P}/contactsLocationsModule/overallOfficials/0/role": (
                "STUDY_CHAIR",
                "STUDY_DIRECTOR",
            )
        },
    ),
    "official becomes the investigator": (
        lambda b: standard(party(b, "study-chair")["role"], "primary-investigator"),
        {
            f"{P}/contactsLocationsModule/overallOfficials/0/role": (
                "STUDY_CHAIR",
                "PRINCIPAL_INVESTIGATOR",
            )
        },
    ),
    "official's name": (
        lambda b: set_(
            resolve(b, resolve(b, party(b, "study-chair")["party"])["practitioner"])["name"][0],
            "text",
            "Eve",
        ),
        {f"{P}/contactsLocationsModule/overallOfficials/0/name": ("Ada Able, MD", "Eve")},
    ),
    "status": (
        lambda b: standard(study(b)["progressStatus"][0]["state"], "recruiting"),
        {f"{P}/statusModule/overallStatus": ("TERMINATED", "RECRUITING")},
    ),
    "phase": (
        lambda b: standard(study(b)["phase"], "phase-4"),
        {
            f"{P}/designModule/phases/0": ("PHASE2", "PHASE4"),
            f"{P}/designModule/phases/1": ("PHASE3", ABSENT),
        },
    ),
    "purpose": (
        lambda b: standard(study(b)["primaryPurposeType"], "prevention"),
        {f"{P}/designModule/designInfo/primaryPurpose": ("TREATMENT", "PREVENTION")},
    ),
    "allocation": (
        lambda b: standard(design(b, "ctgov-design-allocation"), "SEVCO:01005"),
        {f"{P}/designModule/designInfo/allocation": ("RANDOMIZED", "NON_RANDOMIZED")},
    ),
    "intervention model": (
        lambda b: standard(design(b, "ctgov-intervention-model"), "SEVCO:01012"),
        {f"{P}/designModule/designInfo/interventionModel": ("PARALLEL", "CROSSOVER")},
    ),
    "model's description": (
        lambda b: set_(design(b, "ctgov-intervention-model"), "text", "Three"),
        {f"{P}/designModule/designInfo/interventionModelDescription": ("Two groups", "Three")},
    ),
    "sex": (
        lambda b: standard(characteristic(b, "gender")["valueCodeableConcept"], "male"),
        {f"{P}/eligibilityModule/sex": ("FEMALE", "MALE")},
    ),
    "least age": (
        lambda b: set_(characteristic(b, "age")["valueRange"]["low"], "value", 21),
        {f"{P}/eligibilityModule/minimumAge": ("18 Years", "21 Years")},
    ),
    "greatest age in months": (
        lambda b: set_(
            characteristic(b, "age")["valueRange"],
            "high",
            {"value": 900, "system": "http://unitsofmeasure.org", "code": "mo"},
        ),
        {f"{P}/eligibilityModule/maximumAge": ("65 Years", "900 Months")},
    ),
    "healthy volunteers": (
        lambda b: set_(
            classifier(b, "not-healthy-volunteers")["coding"][0],
            "code",
            "includes-healthy-volunteers",
        ),
        {f"{P}/eligibilityModule/healthyVolunteers": (False, True)},
    ),
    "condition": (
        lambda b: set_(study(b)["condition"][1], "text", "Cluster headache"),
        {f"{P}/conditionsModule/conditions/1": ("Migraine", "Cluster headache")},
    ),
    "keyword": (
        lambda b: study(b)["keyword"].append({"text": "ASA"}),
        {f"{P}/conditionsModule/keywords/2": (ABSENT, "ASA")},
    ),
    "citation": (
        lambda b: set_(study(b)["relatedArtifact"][0], "citation", "New"),
        {f"{P}/referencesModule/references/0/citation": ("Able A. Aspirin. 2001.", "New")},
    ),
    "NCT number": (
        lambda b: set_(study(b)["identifier"][0], "value", "NCT09000002"),
        {f"{IDENTIFICATION}/nctId": ("NCT09000001", "NCT09000002")},
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_read_and_nothing_else_changes(name: str) -> None:
    edit, expected = EDITS[name]
    assert changes(full(), edit) == expected


@pytest.mark.parametrize(
    ("name", "titled"),
    [
        ("title", []),
        ("city", []),
        ("arm's name", ["PlanDefinition.action.title"]),
        ("measure", ["EvidenceVariable.title"]),
        (
            "sponsor's name",
            [
                "assigner.display",
                "associatedParty.name",
                "party.display",
                "PractitionerRole.organization.display",
            ],
        ),
        ("start", ["ResearchStudy.progressStatus.period.start"]),
        ("enrollment", []),
    ],
)
def test_a_plain_edit_gives_no_warning_but_of_what_was_named_after_it(
    name: str, titled: list[str]
) -> None:
    bundle = bundle_of(full())
    EDITS[name][0](bundle)
    problems = read(bundle)[1]
    assert {problem.code for problem in problems} <= {"not-read"}
    assert all(any(place in problem.path for place in titled) for problem in problems)
    assert {t for t in titled if any(t in problem.path for problem in problems)} == set(titled)


@pytest.mark.parametrize(
    "name", ["status", "phase", "purpose", "allocation", "intervention model", "sex"]
)
def test_a_standard_code_that_was_edited_wins_with_a_warning(name: str) -> None:
    _, warnings = edited(full(), EDITS[name][0])
    assert warnings == ["codes-disagree"]


def test_the_registry_s_code_alone_edited_is_read_where_it_agrees() -> None:
    """Both of FED and OTHER_GOV are `government`."""
    trial = trial_of({"sponsorCollaborators": {"leadSponsor": {"name": "A", "class": "FED"}}})

    def edit(bundle: Bundle) -> None:
        coding = party(bundle, "lead-sponsor")["classifier"][0]["coding"][1]
        coding["code"] = "OTHER_GOV"

    pointer = f"{P}/sponsorCollaboratorsModule/leadSponsor/class"
    assert changes(trial, edit) == {pointer: ("FED", "OTHER_GOV")}


@pytest.mark.parametrize(
    ("class_", "code", "read_as"),
    [("OTHER_GOV", "industry", "INDUSTRY"), ("OTHER", "nih", "NIH")],
)
def test_a_sponsor_s_class_is_edited_by_the_standard_code(
    class_: str, code: str, read_as: str
) -> None:
    trial = trial_of({"sponsorCollaborators": {"leadSponsor": {"name": "A", "class": class_}}})

    def edit(bundle: Bundle) -> None:
        coding = party(bundle, "lead-sponsor")["classifier"][0]["coding"]
        system = f"{HL7}/research-study-party-organization-type"
        coding[:] = [
            {"system": system, "code": code},
            *(one for one in coding if one["system"] != system),
        ]

    after, warnings = edited(trial, edit)
    assert at(after, "sponsorCollaboratorsModule/leadSponsor/class") == read_as
    assert warnings == ["codes-disagree"]


# --- what stands on both sides of a link -------------------------------------------------------


def test_a_link_taken_away_is_gone_on_both_sides_whatever_the_order_was() -> None:
    """The registry gives an intervention's arms in an order of its own; the link is still one."""
    arms = [
        {"label": "A", "interventionNames": ["Drug: x"]},
        {"label": "B", "interventionNames": ["Drug: x"]},
    ]
    given = [{"type": "DRUG", "name": "x", "armGroupLabels": ["B", "A"]}]
    trial = trial_of({"armsInterventions": {"armGroups": arms, "interventions": given}})

    def edit(bundle: Bundle) -> None:
        del resources(bundle, "PlanDefinition")[0]["action"][0]["action"]

    assert changes(trial, edit) == {
        f"{ARMS}/armGroups/0/interventionNames": (["Drug: x"], ABSENT),
        f"{ARMS}/interventions/0/armGroupLabels/1": ("A", ABSENT),
    }


def test_an_arm_s_name_is_edited_where_an_extension_has_the_link() -> None:
    arms = [{"label": "A"}, {"label": "B"}]
    given = [{"type": "DRUG", "name": "x", "armGroupLabels": ["B"]}]
    trial = trial_of({"armsInterventions": {"armGroups": arms, "interventions": given}})
    assert changes(trial, lambda b: set_(study(b)["comparisonGroup"][1], "name", "C")) == {
        f"{ARMS}/armGroups/1/label": ("B", "C"),
        f"{ARMS}/interventions/0/armGroupLabels/0": ("B", "C"),
    }


def test_a_title_of_a_related_trial_is_edited() -> None:
    trial = Trial(page=Page(related_trials=[RelatedTrial(title="Old", nct_id="NCT00000002")]))
    assert changes(trial, lambda b: set_(study(b)["relatedArtifact"][0], "display", "New")) == {
        "/page/relatedTrials/0/title": ("Old", "New")
    }


def test_no_title_stands_twice_in_a_bundle() -> None:
    """What stands twice cannot be edited; a fact of one place is at one place.

    Beside it is only what others are called after it, which is not read.
    """
    bundle = bundle_of(full())
    for node in objects(bundle):
        if "reference" in node:
            node.pop("display", None)
        if node.get("resourceType") == "EvidenceVariable" or "action" in node:
            node.pop("title", None)
    for node in study(bundle)["associatedParty"]:
        node.pop("name", None)
    for node in resources(bundle, "PlanDefinition")[0]["action"]:
        for inner in (node, *node.get("action", ())):
            inner.pop("title", None)
    assert read(bundle)[0] == full()
    said = [value for node in objects(bundle) for value in node.values() if isinstance(value, str)]
    for fact in (
        "Aspirin for Headache",
        "A Randomized Trial of Aspirin for Headache",
        "Basel",
        "4001",
        "Two groups",
        "100 mg",
        "Pain",
        "2 hours",
        "2023-05-06",
        "A Company",
        "Ben Bold",
        "Able A. Aspirin. 2001.",
    ):
        assert said.count(fact) == 1, fact


# --- criteria ----------------------------------------------------------------------------------


def pieces(bundle: Bundle) -> list[Any]:
    (group,) = resources(bundle, "Group")
    return [node for node in group["characteristic"] if CRITERION in codes(node["code"])]


def remove(bundle: Bundle, position: int) -> None:
    (group,) = resources(bundle, "Group")
    group["characteristic"].remove(pieces(bundle)[position])


def add(bundle: Bundle, after: int, words: str, exclude: bool) -> None:
    (group,) = resources(bundle, "Group")
    node = deepcopy(pieces(bundle)[after])
    node["valueCodeableConcept"]["text"] = words
    node["exclude"] = exclude
    at = group["characteristic"].index(pieces(bundle)[after])
    group["characteristic"].insert(at + 1, node)


def said(bundle: Bundle, position: int, words: str) -> None:
    pieces(bundle)[position]["valueCodeableConcept"]["text"] = words


def describe(bundle: Bundle, words: str) -> None:
    resources(bundle, "Group")[0]["description"] = words


PREGNANCY = "Exclusion Criteria:\n\n* Pregnancy\n* "


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda b: said(b, 3, "Lactation"), CRITERIA.replace("Pregnancy", "Lactation")),
        (
            lambda b: said(b, 0, "Age 21 years or older"),
            CRITERIA.replace("Age 18", "Age 21"),
        ),
        # Words that markdown would read otherwise are escaped, as the registry does.
        (lambda b: said(b, 2, "BMI < 30"), CRITERIA.replace("Written consent", "BMI \\< 30")),
        (lambda b: remove(b, 0), CRITERIA.replace("* Age 18 years or older\n", "")),
        (
            lambda b: remove(b, 4),
            CRITERIA.replace("\n* Another trial within 30 days", ""),
        ),
        (lambda b: remove(b, 3), CRITERIA.replace("* Pregnancy\n", "")),
        (
            lambda b: add(b, 2, "Literacy", False),
            CRITERIA.replace("* Written consent", "* Written consent\n* Literacy"),
        ),
        (
            lambda b: add(b, 3, "Asthma", True),
            CRITERIA.replace("* Pregnancy", "* Pregnancy\n* Asthma"),
        ),
        (
            lambda b: describe(b, CRITERIA.replace("Pregnancy", "Lactation")),
            CRITERIA.replace("Pregnancy", "Lactation"),
        ),
        (lambda b: describe(b, "Anyone."), "Anyone."),
    ],
)
def test_a_criterion_is_edited_by_its_piece_or_in_the_text(
    edit: Callable[[Bundle], object], expected: str
) -> None:
    pointer = f"{P}/eligibilityModule/eligibilityCriteria"
    assert changes(full(), edit) == {pointer: (CRITERIA, expected)}


def test_a_criterion_edited_alike_in_both_places() -> None:
    def edit(bundle: Bundle) -> None:
        said(bundle, 3, "Lactation")
        describe(bundle, CRITERIA.replace("Pregnancy", "Lactation"))

    after, warnings = edited(full(), edit)
    assert at(after, "eligibilityModule/eligibilityCriteria") == CRITERIA.replace(
        "Pregnancy", "Lactation"
    )
    assert warnings == []


def test_a_criterion_edited_otherwise_in_both_places_is_told() -> None:
    def edit(bundle: Bundle) -> None:
        said(bundle, 3, "Lactation")
        describe(bundle, CRITERIA.replace("Pregnancy", "Breastfeeding"))

    _, warnings = edited(full(), edit)
    assert warnings == ["criteria-disagree"]


@pytest.mark.parametrize(
    ("position", "words"), [(3, "Pregnancy"), (0, "Age 18 years or older"), (2, "Written consent")]
)
def test_a_criterion_moves_from_one_list_to_the_other(position: int, words: str) -> None:
    """A switched `exclude` turns what is asked for into what is refused, and otherwise."""

    def edit(bundle: Bundle) -> None:
        piece = pieces(bundle)[position]
        piece["exclude"] = not piece["exclude"]

    after, _ = edited(full(), edit)
    text = at(after, "eligibilityModule/eligibilityCriteria")
    inclusion, exclusion = text.split("Exclusion Criteria:")
    was_excluded = position > 2
    assert (words in inclusion) is was_excluded
    assert (words in exclusion) is not was_excluded
    # All others are where they were.
    for other in ("Age 18", "Haemoglobin", "Written consent", "Pregnancy", "30 days"):
        if other not in words:
            assert (other in exclusion) is (other in CRITERIA.split("Exclusion")[1])


def test_all_criteria_removed_leaves_none_of_them() -> None:
    def edit(bundle: Bundle) -> None:
        for _ in range(5):
            remove(bundle, 0)

    after, _ = edited(full(), edit)
    text = at(after, "eligibilityModule/eligibilityCriteria") or ""
    for words in ("Age 18", "Haemoglobin", "measured", "consent", "Pregnancy", "30 days"):
        assert words not in text


def test_criteria_reordered() -> None:
    def edit(bundle: Bundle) -> None:
        (group,) = resources(bundle, "Group")
        found = group["characteristic"]
        first, third = (found.index(pieces(bundle)[n]) for n in (0, 2))
        found[first], found[third] = found[third], found[first]

    after, _ = edited(full(), edit)
    text = at(after, "eligibilityModule/eligibilityCriteria")
    assert text.index("Written consent") < text.index("Haemoglobin") < text.index("Age 18")
    assert text.count("Written consent") == text.count("Age 18") == 1


def test_markdown_of_the_text_stays_where_another_criterion_is_edited() -> None:
    after, _ = edited(full(), lambda b: said(b, 0, "Adult"))
    assert "* Haemoglobin \\> 9 g/dL\n\n  * measured" in (
        at(after, "eligibilityModule/eligibilityCriteria")
    )


def test_the_status_alone_in_the_standard_code() -> None:
    """A document of others has the standard's code alone."""

    def edit(bundle: Bundle) -> None:
        state = study(bundle)["progressStatus"][0]["state"]
        state["coding"] = [{"system": STATUS, "code": "recruiting"}]
        study(bundle)["phase"]["coding"] = [{"system": PHASE, "code": "phase-1-phase-2"}]

    after, warnings = edited(full(), edit)
    assert warnings == []
    assert at(after, "statusModule/overallStatus") == "RECRUITING"
    assert at(after, "designModule/phases") == ["PHASE1", "PHASE2"]
