"""Each fault of a Bundle is reported once, at its place; what is right is not reported."""

import copy
import json
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fhir.resources import get_fhir_model_class

from trialbridge.schemas import build_fhir_codes
from trialbridge.schemas.codes import codes, digest, required_codes
from trialbridge.schemas.fhir_r5 import BASE, MAX_DEPTH, link, type_, validate

Json = dict[str, Any]

STUDY, PLAN, DRUG, PLACEBO, GROUP, OUTCOME, SPONSOR, PERSON, ROLE, SITE, CLINIC, FUNDER = range(12)
NAMES = [
    "ResearchStudy/NCT00000001",
    "PlanDefinition/NCT00000001-plan",
    "ActivityDefinition/NCT00000001-intervention-1",
    "ActivityDefinition/NCT00000001-intervention-2",
    "Group/NCT00000001-eligibility",
    "EvidenceVariable/NCT00000001-outcome-1",
    "Organization/NCT00000001-sponsor",
    "Practitioner/NCT00000001-official-1",
    "PractitionerRole/NCT00000001-official-1",
    "Location/NCT00000001-site-1",
    "Location/NCT00000001-site-2",
    "Organization/NCT00000001-collaborator-1",
]


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": f"http://hl7.org/fhir/{system}", "code": code}]}


def refer(number: int) -> Json:
    return {"reference": NAMES[number]}


def canonical(number: int) -> str:
    return f"{BASE}/{NAMES[number]}"


CONTENTS: list[Json] = [
    {
        "text": {"status": "empty", "div": '<div xmlns="http://www.w3.org/1999/xhtml">-</div>'},
        "contained": [{"resourceType": "Group", "id": "all", "type": "person",
                       "membership": "enumerated"}],
        "extension": [{"url": "https://example.org/phase", "valueCodeableConcept": {"text": "1"}},
                      {"url": "https://example.org/who", "valueReference": refer(FUNDER)}],
        "identifier": [{"use": "official", "system": "https://clinicaltrials.gov",
                        "value": "NCT00000001"}],
        "title": "A trial",
        "label": [{"type": concept("title-type", "official"), "value": "A trial of a drug"}],
        "protocol": [refer(PLAN)],
        "relatedArtifact": [{"type": "citation", "citation": "A paper"},
                            {"type": "documentation", "resource": canonical(PLAN)}],
        "date": "2024-02-29",
        "status": "active",
        "phase": concept("research-study-phase", "phase-2"),
        "studyDesign": [concept("study-design", "SEVCO:01001")],
        "condition": [{"text": "Asthma"}],
        "period": {"start": "2020-01", "end": "2023"},
        "site": [refer(SITE), refer(CLINIC)],
        "associatedParty": [
            {"role": concept("research-study-party-role", "lead-sponsor"), "party": refer(SPONSOR)},
            {"role": concept("research-study-party-role", "primary-investigator"),
             "party": refer(ROLE)},
        ],
        "progressStatus": [{"state": concept("research-study-status", "completed"),
                            "actual": True,
                            "_actual": {"extension": [{"url": "https://example.org/x",
                                                       "valueBoolean": True}]}}],
        "recruitment": {"actualNumber": 20, "eligibility": refer(GROUP),
                        "actualGroup": {"reference": "#all"}},
        "comparisonGroup": [{"linkId": "arm-1", "name": "Drug",
                             "type": concept("research-study-arm-type", "experimental")}],
        "outcomeMeasure": [{"name": "Death", "reference": refer(OUTCOME)}],
    },
    {
        "url": canonical(PLAN),
        "status": "active",
        "action": [{"linkId": "arm-1", "title": "Drug",
                    "action": [{"definitionCanonical": canonical(DRUG)},
                               {"definitionCanonical": canonical(PLACEBO)}]}],
    },
    {"url": canonical(DRUG), "status": "active", "kind": "MedicationRequest", "title": "Drug"},
    {"url": canonical(PLACEBO), "status": "active", "title": "Placebo", "timingTiming":
        {"repeat": {"frequency": 1, "period": 1.5, "periodUnit": "d"}}},
    {
        "type": "person",
        "membership": "definitional",
        "description": "Adults",
        "characteristic": [
            {"code": {"text": "Age"}, "exclude": False,
             "valueRange": {"low": {"value": 18, "unit": "years", "code": "a",
                                    "system": "http://unitsofmeasure.org"}}},
            {"code": {"text": "Criterion"}, "exclude": True,
             "valueCodeableConcept": {"text": "Smokes"}},
        ],
    },
    {"url": canonical(OUTCOME), "status": "active", "title": "Death"},
    {"name": "A sponsor", "alias": ["A", None],
     "_alias": [None, {"extension": [{"url": "https://example.org/x", "valueCode": "y",
                                      "_valueCode": {"id": "z"}}]}]},
    {"name": [{"use": "official", "text": "Ann Doe"}], "telecom":
        [{"system": "email", "value": "ann@example.org", "use": "work", "rank": 1}]},
    {"practitioner": refer(PERSON), "organization": {**refer(SPONSOR), "type": "Organization"}},
    {"name": "A site", "address": {"use": "work", "type": "physical", "city": "Here"},
     "position": {"longitude": 1, "latitude": 52.5}},
    {"name": "A clinic", "managingOrganization": refer(FUNDER), "meta":
        {"lastUpdated": "2024-01-31T23:59:60Z", "profile": [f"{BASE}/StructureDefinition/site"]}},
    {"name": "A funder"},
]  # fmt: skip


def good() -> Json:
    """Give a valid Bundle of twelve resources, such as a trial gives."""
    entries = []
    for name, content in zip(NAMES, CONTENTS, strict=True):
        kind, _, id_ = name.partition("/")
        resource = {"resourceType": kind, "id": id_, **copy.deepcopy(content)}
        entries.append({"fullUrl": f"{BASE}/{name}", "resource": resource})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


ABSENT = object()


def edit(tree: Any, pointer: str, value: Any) -> None:
    """Put a value at a place such as `site/0/reference`; ABSENT takes out what is there."""
    *steps, last = [int(step) if step.isdigit() else step for step in pointer.split("/")]
    for step in steps:
        tree = tree[step]
    if value is ABSENT:
        del tree[last]
    elif isinstance(tree, list) and last == len(tree):
        tree.append(value)
    else:
        tree[last] = value


def where(number: int, path: str) -> str:
    return f"Bundle.entry[{number}].resource/*{NAMES[number]}*/.{path}"


CONTROL = "has the control character U+0007, which FHIR forbids"
NOWHERE = "resolves to nothing in the Bundle"
NUMBER = "the number 3, but a string is a string"
NULL = "null, which FHIR has only in a list, beside an extension: leave it out"
OBJECT = "an empty object: say something, or leave it out"
LIST = "an empty list: say something, or leave it out"
UNIT = "'parsec' is not a code of units-of-time (s, min, h, d, wk, mo, a)"
STATUS = "'complete' is not a code of publication-status (draft, active, retired, unknown)"
STATE = (
    "'done' is not a code of http://hl7.org/fhir/research-study-status (overall-study, active, "
    "active-but-not-recruiting, administratively-completed, approved, closed-to-accrual, "
    "closed-to-accrual-and-intervention, completed, disapproved, enrolling-by-invitation, "
    "in-review, not-yet-recruiting, recruiting, temporarily-closed-to-accrual, "
    "temporarily-closed-to-accrual-and-intervention, terminated, withdrawn)"
)
DATE_TIME = "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone"
ID_FORM = "is not a FHIR id (at most 64 of A-Z a-z 0-9 - .)"

# The resource, where in it, what is put there; the path, layer, code and message reported.
MUTANTS: list[tuple[int, str, Any, str, str, str, str]] = [
    # Structure
    (STUDY, "status", ABSENT, "status", "structure", "required", "required, but absent"),
    (STUDY, "associatedParty/0/role", ABSENT, "associatedParty[0].role", "structure", "required",
     "required, but absent"),
    (GROUP, "characteristic/0/exclude", ABSENT, "characteristic[0].exclude", "structure",
     "required", "required, but absent"),
    (GROUP, "characteristic/1/valueCodeableConcept", ABSENT, "characteristic[1].value[x]",
     "structure", "required", "required, but absent"),
    (STUDY, "extension/0/url", ABSENT, "extension[0].url", "structure", "required",
     "required, but absent"),
    (STUDY, "titel", "A trial", "titel", "structure", "unknown-element",
     "'titel' is not an element of ResearchStudy; did you mean title?"),
    (STUDY, "comparisonGroup/0/qqq", 1, "comparisonGroup[0].qqq", "structure", "unknown-element",
     "'qqq' is not an element of ResearchStudy.comparisonGroup"),
    (STUDY, "period/resourceType", "Period", "period.resourceType", "structure", "unknown-element",
     "'resourceType' is not an element of Period"),
    (STUDY, "extension/0/_url", {"id": "a"}, "extension[0]._url", "structure", "unknown-element",
     "'_url' is not an element of Extension; did you mean url?"),
    (GROUP, "characteristic/0/valueBoolean", True, "characteristic[0].value[x]", "structure",
     "choice", "valueRange and valueBoolean are both given, but only one may be"),
    (STUDY, "label", {"value": "A"}, "label", "structure", "type",
     "an object, but a list is wanted"),
    (STUDY, "title", ["A trial"], "title", "structure", "cardinality",
     "a list, but there can be only one ResearchStudy.title"),
    (STUDY, "title", 3, "title", "structure", "type", NUMBER),
    (STUDY, "recruitment/actualNumber", "20", "recruitment.actualNumber", "structure", "type",
     "'20', but an unsignedInt is a number"),
    (STUDY, "progressStatus/0/actual", "true", "progressStatus[0].actual", "structure", "type",
     "'true', but a boolean is true or false"),
    (STUDY, "period", "2020", "period", "structure", "type",
     "'2020', but a Period (an object) is wanted"),
    (STUDY, "period", '{"start": "2020"}', "period", "structure", "type",
     "'{\"start\": \"2020\"}', but a Period (an object) is wanted"),
    (SITE, "position/latitude", "52.5", "position.latitude", "structure", "type",
     "'52.5', but a decimal is a number"),
    (STUDY, "whyStopped", {}, "whyStopped", "structure", "empty", OBJECT),
    (STUDY, "keyword", [], "keyword", "structure", "empty", LIST),
    (STUDY, "site/0", {}, "site[0]", "structure", "empty", OBJECT),
    (STUDY, "title", "", "title", "structure", "blank",
     "'' is blank: say something, or leave it out"),
    (STUDY, "label/0/value", " \n", "label[0].value", "structure", "blank",
     "' \\n' is blank: say something, or leave it out"),
    (STUDY, "description", None, "description", "structure", "null", NULL),
    (STUDY, "site/1", None, "site[1]", "structure", "null", NULL),
    (SPONSOR, "_alias/1", None, "alias[1]", "structure", "null", NULL),
    # Primitive formats
    (STUDY, "period/start", "March 2024", "period.start", "format", "format",
     f"'March 2024' is not a FHIR dateTime ({DATE_TIME})"),
    (STUDY, "period/start", "2024-02-30", "period.start", "format", "format",
     f"'2024-02-30' is not a FHIR dateTime ({DATE_TIME})"),
    (STUDY, "date", "2024-02-29T10:00:00", "date", "format", "format",
     f"'2024-02-29T10:00:00' is not a FHIR dateTime ({DATE_TIME})"),
    (STUDY, "date", "2024Z", "date", "format", "format",
     f"'2024Z' is not a FHIR dateTime ({DATE_TIME})"),
    (CLINIC, "meta/lastUpdated", "2024-01-31", "meta.lastUpdated", "format", "format",
     "'2024-01-31' is not a FHIR instant (YYYY-MM-DDThh:mm:ss with a time zone)"),
    (STUDY, "comparisonGroup/0/linkId", "arm 1", "comparisonGroup[0].linkId", "format", "format",
     f"'arm 1' {ID_FORM}"),
    (STUDY, "identifier/0/system", "clinical trials", "identifier[0].system", "format", "format",
     "'clinical trials' is not a FHIR uri (a URI without blanks)"),
    (STUDY, "recruitment/actualNumber", -1, "recruitment.actualNumber", "format", "format",
     "-1 is not a FHIR unsignedInt (a whole number from 0 to 2147483647)"),
    (PERSON, "telecom/0/rank", 0, "telecom[0].rank", "format", "format",
     "0 is not a FHIR positiveInt (a whole number from 1 to 2147483647)"),
    (SITE, "position/latitude", float("nan"), "position.latitude", "format", "format",
     "nan is not a FHIR decimal"),
    (STUDY, "title", "A\a trial", "title", "format", "character", CONTROL),
    # Codes
    (STUDY, "status", "complete", "status", "code", "code", STATUS),
    (STUDY, "identifier/0/use", "main", "identifier[0].use", "code", "code",
     "'main' is not a code of identifier-use (usual, official, temp, secondary, old)"),
    (STUDY, "text/status", "made", "text.status", "code", "code",
     "'made' is not a code of narrative-status (generated, extensions, additional, empty)"),
    (STUDY, "relatedArtifact/0/type", "citations", "relatedArtifact[0].type", "code", "code",
     "'citations' is not a code of related-artifact-type (it has 36; did you mean citation?)"),
    (GROUP, "type", "people", "type", "code", "code",
     "'people' is not a code of group-type (person, animal, practitioner, device, careteam, "
     "healthcareservice, location, organization, relatedperson, specimen)"),
    (GROUP, "characteristic/0/valueRange/low/comparator", "=",
     "characteristic[0].valueRange.low.comparator", "code", "code",
     "'=' is not a code of quantity-comparator (<, <=, >=, >, ad)"),
    (PERSON, "telecom/0/system", "mail", "telecom[0].system", "code", "code",
     "'mail' is not a code of contact-point-system (phone, fax, email, pager, url, sms, other)"),
    (SITE, "address/type", "street", "address.type", "code", "code",
     "'street' is not a code of address-type (postal, physical, both)"),
    (PLACEBO, "timingTiming/repeat/periodUnit", "parsec", "timingTiming.repeat.periodUnit", "code",
     "code", UNIT),
    (STUDY, "progressStatus/0/state/coding/0/code", "done",
     "progressStatus[0].state.coding[0].code", "code", "code", STATE),
    (STUDY, "phase/coding/0/code", "PHASE2", "phase.coding[0].code", "code", "code",
     "'PHASE2' is not a code of http://hl7.org/fhir/research-study-phase (n-a, early-phase-1, "
     "phase-1, phase-1-phase-2, phase-2, phase-2-phase-3, phase-3, phase-4)"),
    # References
    (STUDY, "site/0/reference", "Location/none", "site[0].reference", "reference", "dangling",
     f"'Location/none' {NOWHERE}"),
    (STUDY, "site/0/reference", f"{BASE}/Location/none", "site[0].reference", "reference",
     "dangling", f"'{BASE}/Location/none' {NOWHERE}"),
    (STUDY, "site/0/reference", "urn:uuid:00000000-0000-4000-8000-000000000000",
     "site[0].reference", "reference", "dangling",
     f"'urn:uuid:00000000-0000-4000-8000-000000000000' {NOWHERE}"),
    (STUDY, "recruitment/actualGroup/reference", "#none", "recruitment.actualGroup.reference",
     "reference", "dangling", "'#none' resolves to nothing in contained"),
    (STUDY, "extension/1/valueReference/reference", "Organization/none",
     "extension[1].valueReference.reference", "reference", "dangling",
     f"'Organization/none' {NOWHERE}"),
    (STUDY, "site/0/reference", "a site", "site[0].reference", "reference", "format",
     "'a site' is not a reference (Type/id, an absolute URL, urn:uuid:..., or #id)"),
    (STUDY, "site/0/reference", "Place/1", "site[0].reference", "reference", "format",
     "'Place/1' is not a reference: Place is not a resource type of FHIR R5"),
    (STUDY, "site/0/reference", NAMES[GROUP], "site[0].reference", "reference", "target",
     f"'{NAMES[GROUP]}' is a Group, but a Location, an Organization or a ResearchStudy is wanted"),
    (STUDY, "protocol/0/reference", NAMES[DRUG], "protocol[0].reference", "reference", "target",
     f"'{NAMES[DRUG]}' is an ActivityDefinition, but a PlanDefinition is wanted"),
    (ROLE, "organization/type", "Group", "organization.type", "reference", "target",
     f"'Group', but '{NAMES[SPONSOR]}' is an Organization"),
    (PLAN, "action/0/action/1/definitionCanonical", f"{BASE}/ActivityDefinition/none",
     "action[0].action[1].definitionCanonical", "reference", "dangling",
     f"'{BASE}/ActivityDefinition/none' {NOWHERE}"),
    (PLAN, "action/0/action/1/definitionCanonical", canonical(OUTCOME),
     "action[0].action[1].definitionCanonical", "reference", "target",
     f"'{canonical(OUTCOME)[:56]}...' is an EvidenceVariable, but an ActivityDefinition, a "
     "MessageDefinition, an ObservationDefinition, a PlanDefinition, a Questionnaire or a "
     "SpecimenDefinition is wanted"),
    (STUDY, "relatedArtifact/1/resource", f"{canonical(PLAN)}|2", "relatedArtifact[1].resource",
     "reference", "dangling", f"'{canonical(PLAN)[:56]}...' {NOWHERE} (it has version null)"),
    (STUDY, "contained/1", CONTENTS[STUDY]["contained"][0], "contained[1].id", "reference",
     "duplicate", "'all' is the id of another contained resource too"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "pointer", "value", "path", "layer", "code", "message"),
    MUTANTS,
    ids=[f"{row[4]}-{row[5]}-{row[3]}-{index}" for index, row in enumerate(MUTANTS)],
)
def test_each_fault_is_reported_once_at_its_place(
    number: int, pointer: str, value: Any, path: str, layer: str, code: str, message: str
) -> None:
    bundle = good()
    edit(bundle["entry"][number]["resource"], pointer, value)
    [problem] = validate(bundle)
    assert (problem.path, problem.layer, problem.code) == (where(number, path), layer, code)
    assert problem.message == message
    assert problem.severity == "error"
    assert problem.link is not None
    assert problem.link.startswith("https://hl7.org/fhir/R5/")


def full_url(number: int, url: str) -> Callable[[Json], None]:
    return lambda bundle: edit(bundle, f"entry/{number}/fullUrl", url)


def same_id(bundle: Json) -> None:
    del bundle["entry"][SPONSOR]["fullUrl"], bundle["entry"][FUNDER]["fullUrl"]
    bundle["entry"][FUNDER]["resource"]["id"] = bundle["entry"][SPONSOR]["resource"]["id"]
    bundle["entry"][STUDY]["resource"]["extension"].pop()
    del bundle["entry"][CLINIC]["resource"]["managingOrganization"]
    for number in (STUDY, ROLE):
        del bundle["entry"][number]["fullUrl"]


BUNDLE_MUTANTS: list[tuple[Callable[[Json], None], str, str, str]] = [
    (full_url(CLINIC, f"{BASE}/{NAMES[SITE]}"), "entry[10].fullUrl", "full-url",
     f"ends in {NAMES[SITE]}, but the resource is {NAMES[CLINIC]}"),
    (full_url(CLINIC, f"{BASE}/{NAMES[SITE]}"), "entry[10].fullUrl", "duplicate",
     f"'{BASE}/{NAMES[SITE]}'"[:57].rstrip("'") + "...' is the fullUrl of entry[9] too"),
    (full_url(SITE, NAMES[SITE]), "entry[9].fullUrl", "full-url",
     f"'{NAMES[SITE]}' is relative, but a fullUrl is absolute"),
    (full_url(PERSON, "urn:uuid:1"), "entry[7].fullUrl", "format",
     "'urn:uuid:1' is not a FHIR uuid (urn:uuid: and a UUID in lower case)"),
    (same_id, "entry[11].resource.id", "duplicate",
     f"{NAMES[SPONSOR]} is the resource of entry[6] too"),
    (lambda bundle: bundle.update(type="set"), "type", "code",
     "'set' is not a code of bundle-type (document, message, transaction, transaction-response, "
     "batch, batch-response, history, searchset, collection, subscription-notification)"),
    (lambda bundle: bundle.update(type=ABSENT) or bundle.pop("type"), "type", "required",
     "required, but absent"),
    (lambda bundle: bundle.update(entry={}), "entry", "type", "an object, but a list is wanted"),
    (lambda bundle: bundle["entry"].append({}), "entry[12]", "empty", OBJECT),
    (lambda bundle: bundle["entry"].append({"resource": 1}), "entry[12].resource", "type",
     "the number 1, but a resource (an object with resourceType) is wanted"),
    (lambda bundle: bundle["entry"].append({"resource": {"id": "a"}}), "entry[12].resource",
     "resource-type", "resourceType is required, but absent"),
    (lambda bundle: bundle["entry"].append({"resource": {"resourceType": "Studie"}}),
     "entry[12].resource", "resource-type",
     "resourceType 'Studie' is not a resource type of FHIR R5"),
    (lambda bundle: bundle["entry"].append({"resource": {"resourceType": "ResearchStudie"}}),
     "entry[12].resource", "resource-type", "resourceType 'ResearchStudie' is not a resource type "
     "of FHIR R5; did you mean ResearchStudy?"),
    (lambda bundle: bundle["entry"][STUDY]["resource"]["contained"].append({"resourceType": "X"}),
     "entry[0].resource/*ResearchStudy/NCT00000001*/.contained[1]", "resource-type",
     "resourceType 'X' is not a resource type of FHIR R5"),
]  # fmt: skip


@pytest.mark.parametrize(("mutate", "path", "code", "message"), BUNDLE_MUTANTS)
def test_each_fault_of_the_bundle_itself_is_reported_at_its_place(
    mutate: Callable[[Json], None], path: str, code: str, message: str
) -> None:
    bundle = good()
    mutate(bundle)
    found = [(p.path, p.code, p.message) for p in validate(bundle)]
    assert (f"Bundle.{path}", code, message) in found


def test_the_good_bundle_has_no_problem() -> None:
    assert validate(good()) == []


def test_validation_leaves_the_bundle_as_it_is() -> None:
    bundle = good()
    validate(bundle)
    assert bundle == good()


def test_a_problem_reads_where_what_was_found_and_what_would_do() -> None:
    bundle = good()
    edit(bundle["entry"][STUDY]["resource"], "period/start", "March 2024")
    [problem] = validate(bundle)
    assert str(problem) == (
        "error: Bundle.entry[0].resource/*ResearchStudy/NCT00000001*/.period.start: 'March 2024' "
        "is not a FHIR dateTime (YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone)"
    )
    assert problem.link == "https://hl7.org/fhir/R5/datatypes.html#dateTime"


def test_all_problems_of_all_entries_come_at_once_and_in_the_order_of_the_document() -> None:
    bundle = good()
    study, site = (bundle["entry"][number]["resource"] for number in (STUDY, SITE))
    del study["status"]
    study["associatedParty"][0].pop("role")
    study["title"] = ""
    study["qqq"] = 1
    site["address"]["type"] = "street"
    first = validate(bundle)
    assert [problem.path for problem in first] == [
        where(STUDY, "status"),
        where(STUDY, "title"),
        where(STUDY, "associatedParty[0].role"),
        where(STUDY, "qqq"),
        where(SITE, "address.type"),
    ]
    assert validate(bundle) == first


def test_links_lead_to_the_clause() -> None:
    assert [link(a) for a in ("Group.characteristic.value[x]", "Period.start", "Meta.profile")] == [
        "https://hl7.org/fhir/R5/group-definitions.html#Group.characteristic.value_x_",
        "https://hl7.org/fhir/R5/datatypes-definitions.html#Period.start",
        "https://hl7.org/fhir/R5/resource-definitions.html#Meta.profile",
    ]


def test_references_resolve_by_full_url_by_urn_and_by_type_and_id() -> None:
    urn = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    bundle = good()
    bundle["entry"][SITE]["fullUrl"] = urn
    study = bundle["entry"][STUDY]["resource"]
    study["site"] = [
        {"reference": urn},
        {"reference": NAMES[SITE]},
        {"reference": f"{BASE}/{NAMES[CLINIC]}"},
        {"reference": f"{NAMES[CLINIC]}/_history/1"},
        {"reference": "https://elsewhere.example/fhir/Location/1"},
        {"display": "somewhere"},
        {"identifier": {"value": "1"}, "type": "Location"},
    ]
    assert validate(bundle) == []
    study["site"][0]["reference"] = urn.replace("0c", "0d")
    assert [problem.code for problem in validate(bundle)] == ["dangling"]


def test_a_relative_reference_is_to_the_server_of_its_own_entry() -> None:
    bundle = good()
    bundle["entry"][FUNDER]["fullUrl"] = f"https://elsewhere.example/{NAMES[FUNDER]}"
    assert [problem.path for problem in validate(bundle)] == [
        where(STUDY, "extension[1].valueReference.reference"),
        where(CLINIC, "managingOrganization.reference"),
    ]


def test_a_contained_resource_refers_to_what_is_beside_it_and_around_it() -> None:
    study = good()["entry"][STUDY]["resource"]
    study["contained"].append(
        {
            "resourceType": "EvidenceVariable",
            "id": "variable",
            "status": "active",
            "characteristic": [{"definitionReference": {"reference": "#all"}}],
        }
    )
    study["extension"][1]["valueReference"]["reference"] = "#"
    assert validate(study) == []
    study["contained"][1]["characteristic"][0]["definitionReference"]["reference"] = "#"
    [problem] = validate(study)
    assert (problem.code, problem.path) == (
        "target",
        "ResearchStudy.contained[1]/*EvidenceVariable/variable*/.characteristic[0]"
        ".definitionReference.reference",
    )


def test_a_resource_without_a_bundle_may_refer_to_others_of_the_right_type() -> None:
    study = good()["entry"][STUDY]["resource"]
    assert validate(study) == []
    study["site"][0]["reference"] = "Group/1"
    [problem] = validate(study)
    assert (problem.path, problem.code) == ("ResearchStudy.site[0].reference", "target")


def test_search_results_may_refer_to_what_they_do_not_hold() -> None:
    bundle = good()
    bundle["entry"].pop(FUNDER)
    assert len(validate(bundle)) == 2
    assert validate({**bundle, "type": "searchset"}) == []


def test_the_base_of_our_resources_is_a_parameter() -> None:
    bundle = json.loads(json.dumps(good()).replace(BASE, "https://registry.example/r5"))
    plan = bundle["entry"][PLAN]["resource"]
    plan["action"][0]["definitionCanonical"] = "https://registry.example/r5/PlanDefinition/none"
    assert validate(bundle) == []
    [problem] = validate(bundle, base="https://registry.example/r5/")
    assert problem.code == "dangling"


def test_a_nested_bundle_is_a_space_of_its_own() -> None:
    outer = good()
    inner = good()
    outer["entry"].append({"resource": {**inner, "id": "inner"}})
    assert validate(outer) == []
    inner["entry"].pop(FUNDER)
    assert [problem.path for problem in validate(outer)] == [
        f"Bundle.entry[12].resource/*Bundle/inner*/.{where(number, path)[7:]}"
        for number, path in (
            (STUDY, "extension[1].valueReference.reference"),
            (CLINIC, "managingOrganization.reference"),
        )
    ]


def test_a_resource_of_another_type_is_checked_by_fhir_resources_and_for_what_holds_anywhere() -> (
    None
):
    patient = {"resourceType": "Patient", "id": "p", "gender": "male", "name": [{"family": " "}],
               "managingOrganization": {"reference": "Organization/none"}, "photo": [],
               "contact": [{"qqq": 1}], "active": None}  # fmt: skip
    bundle = good()
    bundle["entry"].append({"resource": patient})
    place = "Bundle.entry[12].resource/*Patient/p*/"
    assert [(problem.path, problem.code) for problem in validate(bundle)] == [
        (f"{place}.name[0].family", "blank"),
        (f"{place}.managingOrganization.reference", "dangling"),
        (f"{place}.photo", "empty"),
        (f"{place}.active", "null"),
        (f"{place}.contact[0].qqq", "unknown-element"),
    ]


def test_the_second_opinion_alone_finds_the_structural_faults_that_it_can() -> None:
    bundle = good()
    bundle["entry"].append({"resource": {"resourceType": "Patient", "gender": 3, "nome": "x"}})
    assert [(problem.path, problem.code, problem.message) for problem in validate(bundle)] == [
        (
            "Bundle.entry[12].resource.gender",
            "fhir.resources",
            "Input should be a valid string (fhir.resources)",
        ),
        ("Bundle.entry[12].resource.nome", "unknown-element", "not an element of this type"),
    ]
    assert validate(bundle, second_opinion=False) == []


def test_what_fhir_resources_minds_in_the_mutants_is_minded_without_it() -> None:
    for number, pointer, value, *_ in MUTANTS:
        bundle = good()
        edit(bundle["entry"][number]["resource"], pointer, value)
        assert validate(bundle, second_opinion=False) == validate(bundle)


def nested(depth: int, leaf: Json, key: str = "action") -> Json:
    for _ in range(depth):
        leaf = {key: [leaf]}
    return leaf


BAD: list[Any] = [
    None, [], {}, "", "Bundle", 3, 3.5, True, [{}],
    {"resourceType": None}, {"resourceType": []}, {"resourceType": {}}, {"resourceType": 1},
    {"resourceType": "Bundle"},
    {"resourceType": "Bundle", "type": []},
    {"resourceType": "Bundle", "entry": [[], None, 1, {}]},
    {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": {}, "resource": []}]},
    {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {
        "resourceType": "Group", "id": {}, "contained": [1, {"id": []}, {"id": "a"}]}}]},
    {"resourceType": "Group", "contained": {"a": 1}},
    {"resourceType": "Group", "quantity": 10**5000},
    {"resourceType": "Location",
     "position": {"latitude": 10**5000, "longitude": Decimal("NaN")}},
    {"resourceType": "PlanDefinition", **nested(3000, {"title": "a"})},
    {"resourceType": "Patient", **nested(3000, {"title": "a"})},
    {"resourceType": nested(3000, {})},
    {"resourceType": "Patient", "contained": [{"resourceType": "Nobody"}]},
    {"resourceType": "Group", "type": "a" * 10**6, "a" * 10**6: 1, "\ud800": "\ud800"},
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_content_gives_problems_and_never_raises(number: int) -> None:
    problems = validate(BAD[number])
    assert problems
    assert all(len(problem.message) < 1000 for problem in problems)


def test_what_is_no_resource_at_all_is_fatal() -> None:
    assert [str(problem) for problem in validate([])] == [
        "fatal: a list, but a FHIR resource (a JSON object) is wanted"
    ]
    assert [str(problem) for problem in validate({})] == [
        "error: resourceType is required, but absent"
    ]


def test_actions_may_nest_up_to_the_limit_and_not_further() -> None:
    plan = {"resourceType": "PlanDefinition", "status": "active"}
    assert validate({**plan, **nested(MAX_DEPTH, {"title": "a"})}) == []
    [problem] = validate({**plan, **nested(MAX_DEPTH + 1, {"title": "a"})})
    assert (problem.code, problem.path) == (
        "depth",
        "PlanDefinition" + ".action[0]" * (MAX_DEPTH + 1),
    )


def test_codes_are_those_of_the_official_definitions() -> None:
    fhir = "http://hl7.org/fhir"
    assert codes(f"{fhir}/research-study-arm-type") == {
        "active-comparator", "placebo-comparator", "sham-comparator", "no-intervention",
        "experimental", "other-arm-type",
    }  # fmt: skip
    counts = {
        "research-study-status": 17, "research-study-party-role": 12,
        "research-study-objective-type": 3, "research-study-phase": 8,
        "research-study-prim-purp-type": 8, "title-type": 13, "study-design": 72,
        "research-study-classifiers": 4, "research-study-party-organization-type": 6,
        "research-study-registration-activity": 13,
    }  # fmt: skip
    assert {name: len(codes(f"{fhir}/{name}")) for name in counts} == counts
    assert required_codes("publication-status") == ("draft", "active", "retired", "unknown")
    assert required_codes("value-filter-comparator") == ("eq", "gt", "lt", "ge", "le", "sa", "eb")


def test_an_unknown_code_system_is_named() -> None:
    with pytest.raises(KeyError, match=r"http://loinc\.org is not a code system of the FHIR R5"):
        codes("http://loinc.org")


def test_the_digest_names_its_sources() -> None:
    sources = digest().sources
    assert sources["hl7.fhir.r5.core"].version == "5.0.0"
    assert all(source.integrity.startswith("sha512-") for source in sources.values())
    assert set(sources) == {
        "hl7.fhir.r5.core", "hl7.fhir.uv.extensions.r5", "hl7.terminology.r5",
    }  # fmt: skip


def test_the_digest_and_fhir_resources_know_the_same_elements() -> None:
    for path in digest().types:
        class_name = "".join(part[0].upper() + part[1:] for part in path.split("."))
        fields = get_fhir_model_class(class_name).model_fields
        theirs = {field.alias or name for name, field in fields.items()}
        ours = set(type_(path).elements)
        if path == "Extension":
            ours = {key for key in ours if not key.startswith("_value")}
        assert ours == theirs - {"fhir_comments", "resourceType", "resource_type"}, path


def test_every_type_and_value_set_that_the_digest_names_is_in_it() -> None:
    known = {*digest().types, *digest().primitives}
    for path in digest().types:
        for element in type_(path).elements.values():
            assert element.type in known
            assert element.value_set is None or element.codes
            assert (element.targets or set()) <= digest().resources | {"CanonicalResource"}


def test_the_digest_is_what_the_packages_give() -> None:
    """Wants the packages' paths in FHIR_R5_PACKAGES, as `build_fhir_codes.py` takes them."""
    packages = os.environ.get("FHIR_R5_PACKAGES")
    if not packages:
        pytest.skip("FHIR_R5_PACKAGES does not name the .tgz files of the packages")
    assert build_fhir_codes.main([*packages.split(os.pathsep), "--check"]) == 0


def examples() -> Iterator[Path]:
    folder = os.environ.get("FHIR_R5_EXAMPLES")
    if not folder:
        pytest.skip("FHIR_R5_EXAMPLES does not name the folder of hl7.fhir.r5.examples 5.0.0")
    for name in build_fhir_codes.RESOURCES:
        yield from sorted(Path(folder).glob(f"{name}-*.json"))


# HL7's own defects: a contained resource that is not there, and fullUrls that end in other ids.
HL7_DEFECTS = {
    ("PlanDefinition-example-cardiology-os", "dangling"),
    ("Bundle-10bb101f-a121-4264-a920-67be9cb82c74", "full-url"),
    ("Bundle-3a0707d3-549e-4467-b8b8-5a2ab3800efe", "full-url"),
    ("Bundle-lri-example", "full-url"),
}


def test_the_official_examples_have_no_problems_but_their_own() -> None:
    found = set()
    for path in examples():
        for problem in validate(json.loads(path.read_bytes())):
            # The example Bundles were cut out of a server, and refer to what stayed there.
            if not (problem.code == "dangling" and problem.path.startswith("Bundle.")):
                found.add((path.stem, problem.code))
    assert found <= HL7_DEFECTS
