"""Each fault of a Bundle is reported once, at its place; what is right is not reported."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import fhir_examples
import pytest
from fhir_faults import (
    BUNDLE_MUTANTS,
    CLINIC,
    FUNDER,
    MUTANTS,
    NAMES,
    OLD_MUTANTS,
    OUTCOME,
    PLAN,
    SITE,
    STUDY,
    Json,
    Mutant,
    edit,
    good,
    good_old,
    where,
    where_old,
)
from hypothesis import given
from hypothesis import strategies as st

from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir import r4 as fhir_r4
from trialbridge.schemas.fhir import r4b as fhir_r4b
from trialbridge.schemas.fhir import r5 as fhir_r5
from trialbridge.schemas.fhir import validate as fhir_validate
from trialbridge.schemas.fhir.digests.types import SPECIFICATIONS, link
from trialbridge.schemas.fhir.r5 import validate
from trialbridge.schemas.fhir.walk import MAX_DEPTH

OLD = {"r4b": fhir_r4b, "r4": fhir_r4}


def name(mutant: Mutant) -> str:
    return f"{mutant.code}-{mutant.path}"


def is_reported(problems: list[Any], mutant: Mutant, path: str, specification: str) -> None:
    [problem] = problems
    assert (problem.path, problem.layer, problem.code) == (path, mutant.layer, mutant.code)
    assert (problem.message, problem.severity) == (mutant.message, mutant.severity)
    assert problem.link is not None
    assert problem.link.startswith(specification)


@pytest.mark.parametrize("mutant", MUTANTS, ids=name)
def test_each_fault_is_reported_once_at_its_place(mutant: Mutant) -> None:
    bundle = good()
    edit(bundle["entry"][mutant.number]["resource"], mutant.pointer, mutant.value)
    path = where(mutant.number, mutant.path)
    is_reported(validate(bundle), mutant, path, SPECIFICATIONS["r5"])


@pytest.mark.parametrize("version", ["r4b", "r4"])
@pytest.mark.parametrize("mutant", OLD_MUTANTS, ids=name)
def test_each_fault_of_r4b_and_r4_is_reported_once_at_its_place(
    mutant: Mutant, version: Any
) -> None:
    bundle = good_old()
    edit(bundle["entry"][mutant.number]["resource"], mutant.pointer, mutant.value)
    path = where_old(mutant.number, mutant.path)
    is_reported(OLD[version].validate(bundle), mutant, path, SPECIFICATIONS[version])


def test_what_one_version_has_another_has_not() -> None:
    study = {"resourceType": "ResearchStudy", "status": "active", "arm": [{"name": "A"}]}
    assert fhir_r4b.validate(study) == fhir_r4.validate(study) == []
    assert [problem.path for problem in fhir_r5.validate(study)] == ["ResearchStudy.arm"]
    citation = {"resourceType": "Citation", "status": "active"}
    assert fhir_r4b.validate(citation) == fhir_r5.validate(citation) == []
    assert [str(problem) for problem in fhir_r4.validate(citation)] == [
        "error: Citation: resourceType 'Citation' is not a resource type of FHIR R4; "
        "did you mean Condition?"
    ]


@pytest.mark.parametrize(("mutate", "path", "code", "message"), BUNDLE_MUTANTS)
def test_each_fault_of_the_bundle_itself_is_reported_at_its_place(
    mutate: Callable[[Json], None], path: str, code: str, message: str
) -> None:
    bundle = good()
    mutate(bundle)
    found = [(p.path, p.code, p.message) for p in validate(bundle)]
    assert (f"Bundle.{path}", code, message) in found


def test_the_good_bundles_have_no_problem() -> None:
    assert validate(good(), second_opinion=True) == []
    assert fhir_r4b.validate(good_old(), second_opinion=True) == []
    assert fhir_r4.validate(good_old(), second_opinion=True) == []


def test_the_second_opinion_is_asked_only_when_it_is_wanted() -> None:
    data = json.dumps(good()).encode()
    assert fhir_r5.check(data) == []
    assert {problem.code for problem in fhir_r5.check(data, deep=True)} == {"dom-6"}
    code = (
        "import sys, json; from trialbridge.schemas.fhir.r5 import check;"
        "check(sys.stdin.buffer.read()); print('fhir.resources' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=data, stdout=subprocess.PIPE, check=True
    )
    assert ran.stdout.strip() == b"False"


def test_bytes_that_are_no_object_are_left_to_those_who_read_them() -> None:
    for data in (b"", b"[]", b"{", b'"Bundle"', b"\xff", b"[" * 10**5):
        assert fhir_r5.check(data) == fhir_r4b.check(data) == fhir_r4.check(data) == []


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
    assert [
        link("r5", a) for a in ("Group.characteristic.value[x]", "Period.start", "Meta.profile")
    ] == [
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


def test_a_resource_of_any_type_is_checked() -> None:
    patient = {"resourceType": "Patient", "id": "p", "gender": "man", "name": [{"family": " "}],
               "managingOrganization": {"reference": "Organization/none"}, "photo": [],
               "contact": [{"qqq": 1}], "active": None}  # fmt: skip
    bundle = good()
    bundle["entry"].append({"resource": patient})
    place = "Bundle.entry[12].resource/*Patient/p*/"
    assert [(problem.path, problem.code) for problem in validate(bundle)] == [
        (f"{place}.gender", "code"),
        (f"{place}.name[0].family", "blank"),
        (f"{place}.managingOrganization.reference", "dangling"),
        (f"{place}.photo", "empty"),
        (f"{place}.contact[0].qqq", "unknown-element"),
        (f"{place}.active", "null"),
    ]


def test_what_fhir_resources_minds_in_the_mutants_is_minded_without_it() -> None:
    for number, pointer, value, *_ in MUTANTS:
        bundle = good()
        edit(bundle["entry"][number]["resource"], pointer, value)
        assert validate(bundle, second_opinion=True) == validate(bundle)
    for number, pointer, value, *_ in OLD_MUTANTS:
        bundle = good_old()
        edit(bundle["entry"][number]["resource"], pointer, value)
        assert fhir_r4b.validate(bundle, second_opinion=True) == fhir_r4b.validate(bundle)


def test_a_second_opinion_comes_after_the_walk_and_names_who_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fhir.resources.evidencevariable import EvidenceVariable
    from pydantic import ValidationError
    from pydantic_core import InitErrorDetails

    minded = ValidationError.from_exception_data(
        "EvidenceVariable", [InitErrorDetails(type="string_type", loc=("title",), input=1)]
    )

    def mind(*_: Any, **__: Any) -> None:
        raise minded

    monkeypatch.setattr(EvidenceVariable, "model_validate", mind)
    bundle = good()
    bundle["entry"][STUDY]["resource"]["title"] = ""
    path = where(OUTCOME, "title")
    assert [str(problem) for problem in validate(bundle, second_opinion=True)] == [
        f"error: {where(STUDY, 'title')}: '' is blank: say something, or leave it out",
        f"error: {path}: Input should be a valid string (fhir.resources)",
    ]
    bundle["entry"][OUTCOME]["resource"]["title"] = 1
    assert [problem.path for problem in validate(bundle, second_opinion=True)] == [
        where(STUDY, "title"),
        path,
    ]


@pytest.mark.parametrize(
    ("concept", "found"),
    [
        ({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "AM"}]},
         ["warning"]),
        # Another coding is of the value set, or may be of a system that it does not draw on.
        ({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "AM"},
                     {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
         []),
        ({"coding": [{"system": "https://example.org/types", "code": "AM"}]}, []),
        ({"text": "A type"}, []),
        # No code of its system at all: said once, and as an error.
        ({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "no"}]},
         ["error"]),
    ],
)  # fmt: skip
def test_an_extensible_binding_minds_codes_of_its_systems_alone(
    concept: Json, found: list[str]
) -> None:
    bundle = good()
    bundle["entry"][STUDY]["resource"]["identifier"][0]["type"] = concept
    assert [problem.severity for problem in validate(bundle)] == found


def test_a_required_binding_of_a_concept_wants_a_code_of_its_value_set() -> None:
    need = {"resourceType": "DetectedIssue", "status": "final"}
    assert validate(need) == []
    allergy = {"resourceType": "AllergyIntolerance", "patient": {"display": "A"}}
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    good_status = {"coding": [{"system": system, "code": "active"}]}
    assert validate({**allergy, "clinicalStatus": good_status}) == []
    wrong = {**allergy, "clinicalStatus": {"text": "active"}}
    assert [(problem.path, problem.message) for problem in validate(wrong)] == [
        (
            "AllergyIntolerance.clinicalStatus",
            "has no code of allergyintolerance-clinical (active, inactive, resolved), which is "
            "required",
        )
    ]


def test_a_cross_version_extension_is_known_by_the_element_that_it_stands_for() -> None:
    study = good()["entry"][STUDY]["resource"]
    url = "http://hl7.org/fhir/{}/StructureDefinition/extension-ResearchStudy.{}"
    for version, element in (("4.0", "enrollment"), ("4.3", "arm.type"), ("3.0", "anything")):
        study["extension"][0] = {"url": url.format(version, element), "valueString": "A"}
        assert validate(study) == []
    study["extension"][0]["url"] = url.format("4.3", "arm.typo")
    assert [problem.message for problem in validate(study)] == [
        "'ResearchStudy.arm.typo' is not an element of FHIR R4B"
    ]


def test_an_extension_of_anybody_may_be_anywhere_and_have_anything() -> None:
    study = good()["entry"][STUDY]["resource"]
    for url in ("https://example.org/x", "http://hl7.org/fhir/us/core/StructureDefinition/x"):
        study["period"]["extension"] = [
            {"url": url, "extension": [{"url": "part", "valueCode": "a"}]}
        ]
        assert validate(study) == []


def test_an_extension_is_for_a_data_type_wherever_it_is_and_for_paths_through_data_types() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/"
    patient = {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"_family": {"extension": [{"url": f"{url}humanname-own-name",
                                            "valueString": "A"}]}}],
        "_birthDate": {"extension": [{"url": f"{url}patient-birthTime",
                                      "valueDateTime": "2020-01-01T00:00:00Z"}]},
        "extension": [{"url": f"{url}patient-birthPlace", "valueAddress": {"city": "Bern"}}],
    }  # fmt: skip
    assert validate(patient) == []
    patient["_deceasedBoolean"] = patient.pop("_birthDate")
    assert [(problem.path, problem.code) for problem in validate(patient)] == [
        ("Patient._deceasedBoolean.extension[0].url", "extension-context")
    ]


def test_a_modifier_extension_is_known_as_one() -> None:
    one = {
        "url": "http://hl7.org/fhir/StructureDefinition/request-doNotPerform",
        "valueBoolean": True,
    }
    task = {"resourceType": "Task", "status": "draft", "intent": "order"}
    assert validate({**task, "modifierExtension": [one]}) == []
    assert [problem.message for problem in validate({**task, "extension": [one]})] == [
        "'http://hl7.org/fhir/StructureDefinition/request-doNotPer...' is in extension, but "
        "belongs in modifierExtension"
    ]


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


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["Group/1", "#a", "urn:uuid:1", "active", "2024-01-01", BASE, "http://a|b"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["resourceType", "id", "url", "extension", "coding", "system", "code",
                         "reference", "type", "contained", "entry", "resource", "fullUrl", "_id",
                         "valueString", "meta", "div", "a"]),
        inner, max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a tree, with each key or index of it."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from places(tree[key])


@pytest.mark.parametrize("version", ["r5", "r4b", "r4"])
@given(data=st.data(), value=JSON_VALUES)
def test_any_json_anywhere_in_a_bundle_is_judged_and_the_layers_agree(
    version: Any, data: st.DataObject, value: Any
) -> None:
    bundle = good() if version == "r5" else good_old()
    node, key = data.draw(st.sampled_from(list(places(bundle))), label="place")
    node[key] = value
    problems = fhir_validate.validate(bundle, version)
    # What the schema refuses the walker refuses, so that nobody reads of a JSON Schema.
    assert all(problem.layer != "schema" for problem in problems)
    assert all(problem.message for problem in problems)


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


# The types that a trial's Bundle holds, and those beside them that a registry may add.
RESOURCES = (
    "ActivityDefinition", "Bundle", "EvidenceVariable", "Group", "Location", "Organization",
    "PlanDefinition", "Practitioner", "PractitionerRole", "ResearchStudy", "ResearchSubject",
)  # fmt: skip

# HL7's own defects, by version, file and code.
OTHER_IDS = "fullUrls end in other ids than the resources have"
NOT_CONTAINED = "refers to what it does not contain"
TOOLS = "HL7's tools put an extension where its definition does not allow it"
ELSEWHERE = "the definition is for PlanDefinition.action, and this is in its documentation"
EVERYWHERE = {
    ("Bundle-10bb101f-a121-4264-a920-67be9cb82c74", "full-url"): OTHER_IDS,
    ("Bundle-3a0707d3-549e-4467-b8b8-5a2ab3800efe", "full-url"): OTHER_IDS,
    ("Bundle-lri-example", "full-url"): OTHER_IDS,
    ("Bundle-dataelements", "extension-context"): TOOLS,
    ("Bundle-types", "extension-context"): TOOLS,
    ("PlanDefinition-example-cardiology-os", "dangling"): NOT_CONTAINED,
}
HL7_DEFECTS: dict[str, dict[tuple[str, str], str]] = {
    "r5": {
        **EVERYWHERE,
        ("Bundle-resources", "extension"): "an extension that HL7 has not published",
        ("PlanDefinition-low-suicide-risk-order-set", "extension-context"): ELSEWHERE,
        ("PlanDefinition-opioidcds-04", "extension-context"): ELSEWHERE,
        ("PlanDefinition-opioidcds-05", "extension-context"): ELSEWHERE,
        ("PlanDefinition-opioidcds-07", "extension-context"): ELSEWHERE,
        ("PlanDefinition-opioidcds-08", "extension-context"): ELSEWHERE,
        ("PlanDefinition-opioidcds-10", "extension-context"): ELSEWHERE,
        ("PlanDefinition-opioidcds-11", "extension-context"): ELSEWHERE,
        ("ResearchSubject-example-crossover-placebo-to-drug", "format"): "references without types",
        ("ResearchStudy-example-ctgov-study-record", "display"): "Lead Sponsor, for lead-sponsor",
    },
    "r4b": {
        **EVERYWHERE,
        ("Bundle-valuesets", "extension-context"): TOOLS,
        ("Bundle-valuesets", "required"): "a CodeSystem and a ValueSet without status",
        ("EvidenceVariable-example-Wardlaw2014Analysis1.16.3EvidenceSet", "target"): (
            "references of type Evidence where EvidenceVariable or Group are allowed"
        ),
    },
    "r4": {
        **EVERYWHERE,
        ("Bundle-dataelements", "duplicate"): "twelve fullUrls twice",
        ("Bundle-hla-1", "extension"): "a part of an extension that its definition does not have",
        ("Bundle-v2-valuesets", "blank"): "a code that is a no-break space",
        ("Bundle-v2-valuesets", "format"): "codes that end in a no-break space",
        ("Bundle-valueset-expansions", "extension"): "an extension that HL7 has not published",
        ("Bundle-valueset-expansions", "extension-context"): TOOLS,
        ("Bundle-valueset-expansions", "format"): "a uri urn:oid: with a version behind it",
        ("Bundle-valuesets", "extension-context"): TOOLS,
    },
}


@pytest.mark.parametrize("version", ["r5", "r4b", "r4"])
def test_the_official_examples_have_no_errors_or_wrong_displays_but_their_own(version: Any) -> None:
    found = set()
    for path in fhir_examples.paths(version, *RESOURCES):
        for problem in fhir_validate.validate(json.loads(path.read_bytes()), version):
            # The example messages were cut out of a server, and refer to what stayed there.
            if (problem.severity == "error" or problem.code == "display") and not (
                problem.code == "dangling" and problem.path.startswith("Bundle.")
            ):
                found.add((path.stem, problem.code))
    assert found == set(HL7_DEFECTS[version])
