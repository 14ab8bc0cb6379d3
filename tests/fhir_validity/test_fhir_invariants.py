"""Each broken invariant is reported by its key, at its place; what holds is not reported."""

import copy
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import corpus
import pytest

import trialbridge
from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Version, definitions
from trialbridge.schemas.fhir.invariants.corrected import CORRECTED
from trialbridge.schemas.fhir.invariants.engine import Check, Child, engine
from trialbridge.schemas.fhir.invariants.functions import FUNCTIONS
from trialbridge.schemas.fhir.invariants.native import HTML_CHECKS, NATIVE
from trialbridge.schemas.fhir.invariants.run import NOT_CHECKED, Run, check, merged
from trialbridge.schemas.fhir.invariants.values import NotChecked, Span, boundary, compare, span
from trialbridge.schemas.fhir.walk import Place, show
from trialbridge.schemas.problem import Problem

Json = dict[str, Any]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

ABSENT = object()

X = "https://example.org/x"
UCUM = "http://unitsofmeasure.org"


@cache
def ours() -> Json:
    """The Bundle of an example, as we write it."""
    data = trialbridge.convert(EXAMPLES / "NCT99900001.ctgov.json", to="fhir-r5")
    bundle: Json = json.loads(data)
    return bundle


def edit(tree: Any, pointer: str, value: Any) -> None:
    """Put a value at a place such as `site/0/reference`; ABSENT takes out what is there."""
    *steps, last = [int(step) if step.isdigit() else step for step in pointer.split("/")]
    for step in steps:
        tree = tree.setdefault(step, {}) if isinstance(tree, dict) else tree[step]
    if value is ABSENT:
        del tree[last]
    elif isinstance(tree, list) and last == len(tree):
        tree.append(value)
    else:
        tree[last] = value


def faults(tree: Json, version: Version = "r5") -> list[Problem]:
    """The problems but dom-6, that there is no narrative: it is told of everything of ours, and has
    a test of its own.
    """
    return [problem for problem in check(tree, version=version) if problem.code != "dom-6"]


def first(bundle: Json, type_: str) -> tuple[Json, str]:
    """The first resource of a type, and its place."""
    for number, entry in enumerate(bundle["entry"]):
        resource: Json = entry["resource"]
        if resource["resourceType"] == type_:
            return resource, f"Bundle.entry[{number}].resource/*{type_}/{resource['id']}*/"
    raise LookupError(type_)


def contained(**more: Any) -> list[Json]:
    return [{"resourceType": "Organization", "id": "in", "name": "A", **more}]


def uses(unit: str, value: float) -> Json:
    return {"value": value, "system": UCUM, "code": unit}


def held(value: Json) -> Json:
    """An extension of which the value is of a data type."""
    return {"url": X, **value}


LINKED = {"reference": "#in"}

# The resource, where in it, what is put there; the key, where it is reported, and its severity.
MUTANTS: list[tuple[str, str, Any, str, str, str]] = [
    # Data types, at elements that we write
    ("ResearchStudy", "period/start", "2027-01", "per-1", ".period", "error"),
    ("ResearchStudy", "period/start", "2026-12", "per-1", ".period", "error"),
    ("ResearchStudy", "extension/0/extension/1/valuePeriod/start", "2026-07-01", "per-1",
     ".extension[0].extension[1].valuePeriod", "error"),
    ("Group", "characteristic/0/valueRange/low/value", 76.5, "rng-2",
     ".characteristic[0].valueRange", "error"),
    ("Group", "characteristic/0/valueRange/high", uses("mo", 12), "rng-2",
     ".characteristic[0].valueRange", "error"),
    ("Group", "characteristic/0/valueRange/low/comparator", ">", "sqty-1",
     ".characteristic[0].valueRange.low", "error"),
    ("Group", "characteristic/0/valueRange/low/system", ABSENT, "qty-3",
     ".characteristic[0].valueRange.low", "error"),
    ("ResearchStudy", "site/0/reference", "#nowhere", "ref-1", ".site[0]", "error"),
    ("ResearchStudy", "protocol/0/reference", "#", "ref-1", ".protocol[0]", "error"),
    ("ResearchStudy", "protocol/0", {"type": "PlanDefinition"}, "ref-2", ".protocol[0]", "error"),
    ("ResearchStudy", "relatedArtifact/0/document", {"data": "QUJD"}, "att-1",
     ".relatedArtifact[0].document", "error"),
    ("PractitionerRole", "contact", [{"telecom": [{"value": "1"}]}], "cpt-2",
     ".contact[0].telecom[0]", "error"),
    ("ResearchStudy", "identifier/0/value", ABSENT, "ident-1", ".identifier[0]", "warning"),
    ("ResearchStudy", "phase/coding/0", {"system": "http://hl7.org/fhir/research-study-phase"},
     None, "", ""),
    ("ResearchStudy", "phase/coding/1/code", ABSENT, "cod-1", ".phase.coding[1]", "warning"),
    # Elements and extensions
    ("ResearchStudy", "period", {"id": "a"}, "ele-1", ".period", "error"),
    ("ResearchStudy", "condition/0", {}, "ele-1", ".condition[0]", "error"),
    ("ResearchStudy", "title", "", "ele-1", ".title", "error"),
    ("ResearchStudy", "title", None, "ele-1", ".title", "error"),
    ("ResearchStudy", "_version", {"id": "a"}, "ele-1", "._version", "error"),
    ("Organization", "alias", ["A", None], "ele-1", ".alias[1]", "error"),
    ("ResearchStudy", "extension/0", {"url": X}, "ext-1", ".extension[0]", "error"),
    ("ResearchStudy", "extension/0/valueString", "both", "ext-1", ".extension[0]", "error"),
    ("ResearchStudy", "extension/0/extension/1/valuePeriod", ABSENT, "ext-1",
     ".extension[0].extension[1]", "error"),
    ("ResearchStudy", "_title", {"extension": [{"url": X}]}, "ext-1", "._title.extension[0]",
     "error"),
    ("Organization", "_alias", [{"extension": [{"url": X}]}], "ext-1", "._alias[0].extension[0]",
     "error"),
    # What is contained
    ("ResearchStudy", "contained", contained(contained=contained(
        partOf={"reference": "#"})), "dom-2", "", "error"),
    ("Location", "contained", contained(), "dom-3", "", "error"),
    ("Location", "contained", contained(meta={"versionId": "1"}), "dom-4", "", "error"),
    ("Location", "contained", contained(meta={"lastUpdated": "2024-01-01T00:00:00Z"}), "dom-4", "",
     "error"),
    ("Location", "contained", contained(meta={"security": [{"system": X, "code": "R"}]}), "dom-5",
     "", "error"),
    ("Location", "contained", contained(name=ABSENT), "org-1",
     ".contained[0]/*Organization/in*/", "error"),
    # Resources
    ("Organization", "name", ABSENT, "org-1", "", "error"),
    ("Organization", "contact", [{"telecom": [{"system": "phone", "value": "1", "use": "home"}]}],
     "org-3", ".contact[0]", "error"),
    ("Organization", "contact", [{"address": {"use": "home", "city": "A"}}],
     "org-4", ".contact[0]", "error"),
    ("PlanDefinition", "name", "a plan", "cnl-0", "", "warning"),
    ("ActivityDefinition", "name", "1st", "cnl-0", "", "warning"),
    ("EvidenceVariable", "name", "A-b", "cnl-0", "", "warning"),
    ("ActivityDefinition", "url", f"{X}|1", "cnl-1", ".url", "warning"),
    ("PlanDefinition", "url", f"{X}#1", "cnl-1", ".url", "warning"),
    ("PlanDefinition", "action/0/goalId", ["none"], "pld-3", "", "warning"),
    ("PlanDefinition", "action/0/action/1/goalId", ["none"], "pld-3", "", "warning"),
    ("PlanDefinition", "action/0/relatedAction", [{"targetId": "none", "relationship": "after"}],
     "pld-4", "", "warning"),
    ("PlanDefinition", "action/0/input", [{"title": "A"}], "pld-0", ".action[0].input[0]", "error"),
    ("PlanDefinition", "action/1/action/0/output", [{"title": "A"}], "pld-1",
     ".action[1].action[0].output[0]", "error"),
    ("PlanDefinition", "action/0/trigger", [{"type": "periodic"}], "trd-3",
     ".action[0].trigger[0]", "error"),
    ("PlanDefinition", "action/0/trigger",
     [{"type": "named-event", "name": "A", "condition": {"language": "text/cql",
                                                         "expression": "true"}}],
     "trd-2", ".action[0].trigger[0]", "error"),
    ("PlanDefinition", "action/0/condition",
     [{"kind": "start", "expression": {"language": "text/cql"}}], "exp-1",
     ".action[0].condition[0].expression", "error"),
    ("ActivityDefinition", "timingTiming", {"repeat": {"frequency": 1, "period": 1}}, "tim-2",
     ".timingTiming.repeat", "error"),
    ("ActivityDefinition", "timingTiming", {"repeat": {"duration": 1}}, "tim-1",
     ".timingTiming.repeat", "error"),
    ("ActivityDefinition", "timingTiming", {"repeat": {"duration": -1, "durationUnit": "d"}},
     "tim-4", ".timingTiming.repeat", "error"),
    ("ActivityDefinition", "timingTiming", {"repeat": {"period": -1.5, "periodUnit": "d"}},
     "tim-5", ".timingTiming.repeat", "error"),
    ("ActivityDefinition", "timingTiming", {"repeat": {"periodMax": 1}}, "tim-6",
     ".timingTiming.repeat", "error"),
    ("ActivityDefinition", "timingTiming", {"repeat": {"durationMax": 1}}, "tim-7",
     ".timingTiming.repeat", "error"),
    ("ActivityDefinition", "timingTiming", {"repeat": {"countMax": 1}}, "tim-8",
     ".timingTiming.repeat", "error"),
    ("ActivityDefinition", "timingTiming", {"repeat": {"offset": 1, "when": ["MORN", "C"]}},
     "tim-9", ".timingTiming.repeat", "error"),
    ("ActivityDefinition", "timingTiming",
     {"repeat": {"timeOfDay": ["08:00:00"], "when": ["MORN"]}}, "tim-10", ".timingTiming.repeat",
     "error"),
    ("ActivityDefinition", "timingDuration", {"value": 1, "code": "a", "system": X}, "drt-1",
     ".timingDuration", "error"),
    ("ActivityDefinition", "dosage", [{"asNeededFor": [{"text": "pain"}], "asNeeded": False}],
     "dos-1", ".dosage[0]", "error"),
    ("EvidenceVariable", "characteristic/0",
     {"definitionId": "a", "definitionCodeableConcept": {"text": "A"}}, "evv-1",
     ".characteristic[0]", "error"),
    ("EvidenceVariable", "characteristic/0",
     {"definitionByCombination": {"code": "all-of", "characteristic": [
         {"definitionId": "a", "definitionCanonical": X}]}}, "evv-1",
     ".characteristic[0].definitionByCombination.characteristic[0]", "error"),
    # Data types that only extensions and rarer elements have
    ("Location", "extension", [held({"valueRatio": {"numerator": {"value": 1}}})], "rat-1",
     ".extension[0].valueRatio", "error"),
    ("Location", "extension", [held({"valueRatioRange": {"lowNumerator": {"value": 1}}})],
     "ratrng-1", ".extension[0].valueRatioRange", "error"),
    ("Location", "extension", [held({"valueRatioRange": {
        "lowNumerator": {"value": 3}, "highNumerator": {"value": 1}, "denominator": {"value": 1}}}
     )], "ratrng-2", ".extension[0].valueRatioRange", "error"),
    ("Location", "extension", [held({"valueAge": {"value": -1, "system": UCUM, "code": "a"}})],
     "age-1", ".extension[0].valueAge", "error"),
    ("Location", "extension", [held({"valueDuration": {"code": "a", "system": UCUM}})], "drt-1",
     ".extension[0].valueDuration", "error"),
    ("Location", "extension", [held({"valueCount": {"value": 1.5, "code": "1", "system": UCUM}})],
     "cnt-3", ".extension[0].valueCount", "error"),
    ("Location", "extension", [held({"valueDistance": {"value": 1}})], "dis-1",
     ".extension[0].valueDistance", "error"),
    ("Location", "extension", [held({"valueExpression": {"expression": "1", "name": "-"}})],
     "exp-2", ".extension[0].valueExpression", "error"),
    ("Location", "extension", [held({"valueDataRequirement": {"type": "Group", "codeFilter": [
        {"path": "a", "searchParam": "b"}]}})], "drq-1",
     ".extension[0].valueDataRequirement.codeFilter[0]", "error"),
    ("Location", "hoursOfOperation", {"availableTime": [
        {"allDay": True, "availableStartTime": "08:00:00"}]}, "av-1",
     ".hoursOfOperation.availableTime[0]", "error"),
    # Narratives
    ("Location", "text", {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">'
                          "<script>1</script></div>"}, "txt-1", ".text.div", "error"),
    ("Location", "text", {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">'
                          " <!-- a --><br/> </div>"}, "txt-2", ".text.div", "error"),
]  # fmt: skip


def mutant(type_: str, pointer: str, value: Any) -> tuple[Json, str]:
    bundle = copy.deepcopy(ours())
    resource, place = first(bundle, type_)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = [{k: v for k, v in item.items() if v is not ABSENT} for item in value]
    edit(resource, pointer, value)
    if pointer == "contained" and type_ != "Location":
        resource["extension"] = [held({"valueReference": LINKED})]
    elif pointer == "contained" and value != contained():
        resource["managingOrganization"] = LINKED
    return bundle, place


@pytest.mark.parametrize(("type_", "pointer", "value", "key", "path", "severity"), MUTANTS)
def test_what_breaks_one_invariant_is_reported_once_by_its_key_at_its_place(
    type_: str, pointer: str, value: Any, key: str | None, path: str, severity: str
) -> None:
    bundle, place = mutant(type_, pointer, value)
    found = [(problem.code, problem.path, problem.severity) for problem in faults(bundle)]
    if key is None:
        # Near to a rule, and right by it: other layers may mind it.
        assert found == []
    else:
        assert found == [(key, place + path, severity)]
    assert {problem.layer for problem in check(bundle)} == {"invariants"}


@pytest.mark.parametrize("odd", [{"value": 5}, {"value[x]": 1}, {"valueFoo": 5}, {"_value": {}}])
def test_what_one_document_has_that_no_type_has_says_nothing_of_the_next(odd: Json) -> None:
    def extended(**members: Any) -> Json:
        return {"resourceType": "ResearchStudy", "status": "active", "extension": [held(members)]}

    # The first that has neither value nor extension is what all others are taken by.
    engine("r5").type("Extension").checks = [
        replace(rule, without=None) for rule in engine("r5").type("Extension").checks
    ]
    faults(extended(**odd))
    assert [problem.code for problem in faults(extended())] == ["ext-1"]


def test_a_message_cuts_long_members_and_tells_how_many_there_are() -> None:
    many = {f"value{'A' * 90}{number:02}": number for number in range(12)}
    run = Run(engine("r5"), {})
    (rule,) = (rule for rule in engine("r5").type("Extension").checks if rule.key == "ext-1")
    run.check(replace(rule, native=lambda *_: False), many, "Extension", (None, "x"))
    (problem,) = run.problems
    shown = ", ".join(f"value{'A' * 52}... {number}" for number in range(10))
    assert problem.message == f"ext-1 is broken: {rule.expression}; found {shown}, 2 more"


# What is put at a place in the Bundle.
BUNDLES: list[tuple[str, Any, str, str]] = [
    ("entry/1/fullUrl", f"{X}/1", "", ""),
    ("entry/2/fullUrl", ABSENT, "bdl-15", "Bundle"),
    ("total", 27, "bdl-1", "Bundle"),
    ("entry/0/search", {"mode": "match"}, "bdl-2", "Bundle"),
    ("entry/0/request", {"method": "GET", "url": "A"}, "bdl-3a", "Bundle"),
    ("type", "batch-response", "bdl-3d", "Bundle"),
    ("type", "transaction", "bdl-3c", "Bundle"),
    ("entry/0/fullUrl", f"{X}/ResearchStudy/1/_history/2", "bdl-8", "Bundle.entry[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("pointer", "value", "key", "path"), BUNDLES)
def test_what_breaks_a_rule_of_bundles_is_reported_by_its_key(
    pointer: str, value: Any, key: str, path: str
) -> None:
    bundle = copy.deepcopy(ours())
    edit(bundle, pointer, value)
    wanted = [(key, path, "error")] if key else []
    assert [(found.code, found.path, found.severity) for found in faults(bundle)] == wanted


def test_a_full_url_that_is_there_twice_breaks_bdl_7() -> None:
    bundle = copy.deepcopy(ours())
    bundle["entry"][1]["fullUrl"] = bundle["entry"][2]["fullUrl"]
    assert [(found.code, found.path) for found in faults(bundle)] == [("bdl-7", "Bundle")]
    # Two versions of one resource are two things.
    for number in (1, 2):
        bundle["entry"][number]["resource"]["meta"] = {"versionId": str(number)}
    assert faults(bundle) == []


def test_the_rules_of_kinds_of_bundles_are_reported_by_their_keys() -> None:
    entry = {"fullUrl": f"{X}/1", "resource": {"resourceType": "Basic", "code": {"text": "A"}}}
    given: dict[str, Json] = {
        "bdl-9 bdl-10 bdl-11": {"type": "document", "entry": [entry]},
        "bdl-12": {"type": "message", "entry": [entry]},
        "bdl-13": {"type": "subscription-notification", "entry": [entry]},
        "bdl-18": {"type": "searchset", "entry": [entry]},
        "bdl-5 bdl-3a": {"type": "collection", "entry": [{"fullUrl": f"{X}/1"}]},
    }
    for keys, bundle in given.items():
        found = {problem.code for problem in faults({"resourceType": "Bundle", **bundle})}
        assert found == set(keys.split()), keys


OLDER: list[tuple[Version, Json, str, str]] = [
    ("r4", {"resourceType": "Group", "type": "person", "actual": False,
            "member": [{"entity": {"display": "A"}}]}, "grp-1", "Group"),
    ("r4b", {"resourceType": "Group", "type": "person", "actual": True, "characteristic": [
        {"code": {"text": "Age"}, "exclude": False,
         "valueRange": {"low": uses("a", 75), "high": uses("a", 18)}}]}, "rng-2",
     "Group.characteristic[0].valueRange"),
    ("r4", {"resourceType": "ResearchStudy", "status": "active",
            "period": {"start": "2020-03", "end": "2019"}}, "per-1", "ResearchStudy.period"),
    ("r4b", {"resourceType": "ResearchStudy", "status": "active",
             "period": {"start": "2020-03", "end": "2019"}}, "per-1", "ResearchStudy.period"),
    ("r4", {"resourceType": "ResearchStudy", "status": "active",
            "site": [{"reference": "#no"}]}, "ref-1", "ResearchStudy.site[0]"),
    ("r4", {"resourceType": "ResearchStudy", "status": "active", "contained": contained()},
     "dom-3", "ResearchStudy"),
    ("r4b", {"resourceType": "ResearchStudy", "status": "active", "contained": contained()},
     "dom-3", "ResearchStudy"),
    ("r4", {"resourceType": "ResearchStudy", "status": "active", "period": {"id": "a"}}, "ele-1",
     "ResearchStudy.period"),
    ("r4b", {"resourceType": "PlanDefinition", "status": "active", "name": "a"}, "cnl-0",
     "PlanDefinition"),
    ("r4", {"resourceType": "PlanDefinition", "status": "active", "name": "a"}, "pdf-0",
     "PlanDefinition"),
    ("r4", {"resourceType": "Organization", "active": True}, "org-1", "Organization"),
    ("r4", {"resourceType": "Organization", "name": "A", "telecom": [
        {"system": "phone", "value": "1", "use": "home"}]}, "org-3", "Organization.telecom[0]"),
    ("r4", {"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": f"{X}/_history/1", "resource": {"resourceType": "Basic"}}]}, "bdl-8",
     "Bundle.entry[0]"),
    ("r4b", {"resourceType": "Basic", "contained": [
        {"resourceType": "Evidence", "id": "in", "status": "draft"}],
        "subject": {"reference": "#in"}}, "dom-r4b", "Basic.contained[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "tree", "key", "path"), OLDER)
def test_the_invariants_of_r4_and_r4b_are_theirs(
    version: Version, tree: Json, key: str, path: str
) -> None:
    assert [(found.code, found.path) for found in faults(tree, version)] == [(key, path)]


RIGHT: list[Json] = [
    # One day is a period, a year has its months, and a zone that is not said may be any.
    {"period": {"start": "2020-03-04", "end": "2020-03-04"}},
    {"period": {"start": "2020-03", "end": "2020"}},
    {"period": {"start": "2020-03-04T10:00:00+02:00", "end": "2020-03-04T08:30:00Z"}},
    {"period": {"start": "2020-03-05", "end": "2020-03-04T23:00:00-05:00"}},
    {"period": {"start": "0001-01-01", "end": "9999-12-31"}},
    {"period": {"start": "2020-01-01T23:59:60Z", "end": "2020-01-01T23:59:60Z"}},
    {"period": {"_start": {"extension": [held({"valueCode": "unknown"})]}, "end": "2020"}},
    # A value with a twin is one value.
    {"extension": [held({"valueString": "a", "_valueString": {"id": "b"}})]},
    {"extension": [held({"_valueString": {"extension": [held({"valueString": "a"})]}})]},
    {"site": [{"_reference": {"extension": [held({"valueCode": "unknown"})]}}]},
    {"site": [{"display": "A site"}, {"identifier": {"value": "1"}}]},
    # What is contained is linked to from anywhere, beside a primitive too, or links back.
    {"contained": contained(), "site": [LINKED]},
    {"contained": contained(),
     "_title": {"extension": [held({"valueReference": LINKED})]}},
    {"contained": contained(), "extension": [held({"valueCanonical": "#in"})]},
    {"contained": contained(partOf={"reference": "#"})},
    {"contained": [*contained(partOf={"reference": "#two"}),
                   {"resourceType": "Organization", "id": "two", "name": "B",
                    "partOf": {"reference": "#in"}}]},
]  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("members", RIGHT)
def test_what_holds_is_not_reported(members: Json, version: Version) -> None:
    assert faults({"resourceType": "ResearchStudy", "status": "active", **members}, version) == []


def test_a_twin_does_not_change_what_a_value_is() -> None:
    bundle = copy.deepcopy(ours())
    twin = {"extension": [held({"valueString": "a"})]}
    bundle["_type"] = twin
    for entry in bundle["entry"]:
        entry["_fullUrl"] = twin
        resource = entry["resource"]
        for name in [name for name in resource if isinstance(resource[name], str)]:
            if name not in ("id", "resourceType"):
                resource[f"_{name}"] = twin
        if resource["resourceType"] == "EvidenceVariable":
            resource["characteristic"] = [{"definitionCanonical": X, "_definitionCanonical": twin}]
    assert faults(bundle) == []


def test_that_a_narrative_is_wanting_is_a_warning_of_each_resource_but_what_is_contained() -> None:
    study = {"resourceType": "ResearchStudy", "status": "active", "contained": contained(),
             "site": [LINKED]}  # fmt: skip
    assert [str(problem) for problem in check(study)] == [
        "information: ResearchStudy: dom-6 is broken: text.`div`.exists(); none of this is there"
    ]
    study["text"] = {"status": "generated", "div": f'<div xmlns="{"http://www.w3.org/1999/xhtml"}">'
                     "<p>A</p></div>"}  # fmt: skip
    assert check(study) == []


def test_a_problem_says_where_what_was_found_and_what_would_do() -> None:
    bundle, place = mutant("ResearchStudy", "period/start", "2027-01")
    assert faults(bundle) == [
        Problem(
            severity="error",
            layer="invariants",
            path=f"{place}.period",
            code="per-1",
            message=(
                "per-1 is broken: start.hasValue().not() or end.hasValue().not() or"
                " (start.lowBoundary() <= end.highBoundary()); found start '2027-01', end"
                " '2026-11-30'"
            ),
            link="https://hl7.org/fhir/R5/datatypes-definitions.html#Period",
        )
    ]
    bundle, place = mutant("Organization", "name", ABSENT)
    (problem,) = faults(bundle)
    assert problem.link == "https://hl7.org/fhir/R5/organization-definitions.html#Organization"
    assert str(problem) == (
        f"error: {place}: org-1 is broken: (identifier.count() + name.count()) > 0; none of this"
        " is there"
    )
    older: Json = {"resourceType": "ResearchStudy", "site": [{"reference": "#no"}]}
    (problem,) = faults(older, "r4")
    assert problem.link == "https://hl7.org/fhir/R4/references-definitions.html#Reference"


# --- What cannot be answered is said --------------------------------------------------------------


def test_what_cannot_be_evaluated_is_a_warning_with_the_reason() -> None:
    bundle, place = mutant("ResearchStudy", "period/start", "2027-13")
    (problem,) = faults(bundle)
    assert (problem.code, problem.severity, problem.path) == (
        NOT_CHECKED, "warning", f"{place}.period")  # fmt: skip
    assert problem.message == (
        "per-1 is not checked (start.hasValue().not() or end.hasValue().not() or"
        " (start.lowBoundary() <= end.highBoundary())): '2027-13' is no date or time"
    )


def test_units_of_which_no_order_is_known_are_a_warning_not_a_pass() -> None:
    bundle, place = mutant("Group", "characteristic/0/valueRange", {
        "low": uses("mg", 5), "high": uses("g", 1)})  # fmt: skip
    (problem,) = faults(bundle)
    assert (problem.code, problem.path) == (NOT_CHECKED, f"{place}.characteristic[0].valueRange")
    assert problem.message.endswith(": whether 'mg' and 'g' measure the same is not known")


def test_what_a_reference_leads_to_outside_of_the_document_is_not_guessed() -> None:
    tree: Json = {
        "resourceType": "CareTeam",
        "participant": [{"role": {"text": "A"}, "member": {"reference": "Practitioner/1"},
                         "onBehalfOf": {"display": "B"}}],
    }  # fmt: skip
    # The type is in the reference, and no more is asked of it.
    assert faults(tree) == []
    tree["participant"][0]["member"] = {"reference": "Patient/1"}
    assert [(found.code, found.path) for found in faults(tree)] == [
        ("ctm-1", "CareTeam.participant[0]")
    ]
    tree["participant"][0]["member"] = {"reference": "urn:uuid:6ab0a1d4-3b5e-4d5e-8f5a-000000000"}
    (problem,) = faults(tree)
    assert (problem.code, problem.severity) == (NOT_CHECKED, "information")
    assert problem.message.endswith(
        ": 'urn:uuid:6ab0a1d4-3b5e-4d5e-8f5a-000000000' is not in the document"
    )


def test_dates_that_overlap_are_not_put_in_order() -> None:
    task: Json = {"resourceType": "Task", "status": "draft", "intent": "order",
                  "authoredOn": "2020-03", "lastModified": "2020"}  # fmt: skip
    (problem,) = faults(task)
    assert (problem.code, problem.severity) == (NOT_CHECKED, "information")
    assert problem.message.endswith(": '2020' and '2020-03' overlap: neither is surely the earlier")
    assert [found.code for found in faults({**task, "lastModified": "2019"})] == ["inv-1"]
    assert faults({**task, "lastModified": "2021"}) == []


def test_a_resource_of_no_known_type_and_too_deep_a_tree_are_said_to_be_unchecked() -> None:
    (problem,) = check({"resourceType": "Trial"})
    assert str(problem) == "information: Trial: no invariants are known of resourceType 'Trial'"
    extension: Json = {"url": X, "valueString": "a"}
    for _ in range(5000):
        extension = {"url": X, "extension": [extension]}
    (problem,) = faults({"resourceType": "Basic", "extension": [extension]})
    assert problem.code == NOT_CHECKED
    assert problem.message == "nested more than 100 deep: not looked at any further"


def test_trees_of_wrong_form_are_not_looked_into_and_never_raise() -> None:
    for value in (1, True, None, "a", [], {}, [[]], [{}], [None], {"a": 1}, {"extension": 1}):
        for name in ("period", "contained", "extension", "site", "title", "_title", "text"):
            tree = {"resourceType": "ResearchStudy", name: value}
            assert all(problem.path.startswith("ResearchStudy") for problem in check(tree))
        check({"resourceType": "Bundle", "entry": value})
        check({"resourceType": "Bundle", "entry": [{"resource": value}]})


def test_the_tree_is_left_as_it_was() -> None:
    bundle, _ = mutant("ResearchStudy", "_title", {"extension": [held({"valueReference": LINKED})]})
    before = copy.deepcopy(bundle)
    check(bundle)
    assert bundle == before


# --- The functions --------------------------------------------------------------------------------


def test_the_boundaries_are_those_of_the_specification() -> None:
    # https://hl7.org/fhirpath/#lowboundaryprecision-integer-decimal--date--datetime--time
    assert str(boundary(1.587, False)) == "1.5865"
    assert str(boundary(1.587, True)) == "1.5875"
    assert str(boundary(-1.587, False)) == "-1.5875"
    assert (str(boundary(1, False)), str(boundary(120, True))) == ("0.5", "120.5")
    for text, low, high in [
        ("2014", "2014-01-01T00:00:00+14:00", "2014-12-31T23:59:59.999999-12:00"),
        ("2012-02", "2012-02-01T00:00:00+14:00", "2012-02-29T23:59:59.999999-12:00"),
        ("2014-01-01", "2014-01-01T00:00:00+14:00", "2014-01-01T23:59:59.999999-12:00"),
        ("2014-01-01T08:05:10+02:00", "2014-01-01T08:05:10+02:00",
         "2014-01-01T08:05:10.999999+02:00"),
        ("2014-01-01T08:05:10.25Z", "2014-01-01T08:05:10.250000+00:00",
         "2014-01-01T08:05:10.250000+00:00"),
    ]:  # fmt: skip
        found = span(text)
        assert found is not None
        assert (found.low.isoformat(), found.high.isoformat()) == (low, high)
        ends = boundary(text, False), boundary(text, True)
        assert ends == (
            (
                Span(found.low, found.low, found.zoned),
                Span(found.high, found.high, found.zoned),
            )
        )
    assert [span(text) for text in ("2014-02-30", "0000", "A", "24:00:00", "")] == [None] * 5


def test_the_order_is_by_value_not_by_letters() -> None:
    assert compare("2020-01", "2019-12-31") == 1
    assert compare("2020", "2020-06") is None
    assert compare("10:00:00", "09:30:00") == 1
    assert compare(9, 10.5) == -1
    assert compare(uses("mo", 18), uses("a", 1)) == 1
    assert compare(uses("wk", 1), uses("d", 7)) == 0


def test_a_primitive_and_its_twin_are_one_element() -> None:
    twin = {"extension": [{"url": X, "valueCode": "a"}]}
    tree = {"a": "1", "_a": twin, "_b": twin, "c": ["1", None, "3"], "_c": [None, twin, twin]}
    assert merged({"in": [tree]}) == {"in": [{"a": "1", "b": twin, "c": ["1", twin, "3"]}]}
    plain = {"a": {"b": [1, {"c": None}]}}
    assert merged(plain) is plain


# --- The expressions ------------------------------------------------------------------------------


def stated(version: Version) -> Iterator[Any]:
    known = definitions(version)
    for name in sorted(known.types - set(known.primitives)):
        for path in known.paths(name):
            type_of = engine(version).type(path)
            yield from type_of.checks
            for child in type_of.children.values():
                yield from child.checks


@pytest.mark.parametrize("version", VERSIONS)
def test_every_invariant_is_parsed_whole_and_has_its_functions(version: Version) -> None:
    from antlr4 import CommonTokenStream, InputStream, Token
    from antlr4.error.ErrorListener import ErrorListener
    from fhirpathpy.engine.invocations import invocation_registry
    from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
    from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

    class Strict(ErrorListener):  # type: ignore[misc, no-any-unimported, unused-ignore]
        # fhirpathpy's own listener passes over what it cannot parse.
        def syntaxError(self, *found: Any) -> None:
            raise AssertionError(found)

    expressions = {row.evaluated for row in stated(version) if row.key not in HTML_CHECKS}
    assert len(expressions) > 150
    known = {*invocation_registry, *FUNCTIONS}
    for expression in expressions:
        lexer = FHIRPathLexer(InputStream(expression))
        stream = CommonTokenStream(lexer)
        parser = FHIRPathParser(stream)
        for part in (lexer, parser):
            part.removeErrorListeners()
            part.addErrorListener(Strict())
        parser.expression()
        assert stream.LT(1).type == Token.EOF, expression
        texts = [token.text for token in stream.tokens]
        called = {
            name.strip("`")
            for name, after in pairwise(texts)
            if after == "(" and name.isidentifier() and name not in ("and", "or", "xor", "implies",
                                                                      "in", "is", "as", "contains")
        }  # fmt: skip
        assert called <= known, expression


def test_this_is_the_element_itself_where_no_function_has_one_of_its_own() -> None:
    evaluated = {row.key: row.evaluated for row in stated("r4b")} | {
        row.key: row.evaluated for row in stated("r5")
    }
    assert evaluated["mea-2"] == "%context.length() <= 255"
    assert evaluated["sdf-26"] == "%context.where(element[0].mustSupport='true').exists().not()"
    assert "when.select($this in (" in evaluated["tim-9"]
    assert evaluated["dom-r4b"].startswith("(%context is Citation or %context is Evidence or ")


def test_every_correction_and_every_function_is_of_an_invariant_that_there_is() -> None:
    published = {
        row.expression
        for version in VERSIONS
        for name in definitions(version).types - set(definitions(version).primitives)
        for row in definitions(version).invariants(name)
    }
    assert set(CORRECTED) - published == set()
    evaluated = {row.evaluated for version in VERSIONS for row in stated(version)}
    assert set(NATIVE) - evaluated == set()


def test_every_invariant_of_every_type_is_met_once() -> None:
    for version in VERSIONS:
        known = definitions(version)
        for name in known.types - set(known.primitives):
            rows = [row for row in known.invariants(name) if row.key != "ele-1"]
            for row in rows:
                parent, _, last = row.path.rpartition(".")
                made = engine(version)
                found = (
                    [check_.key for check_ in made.type(row.path).checks]
                    if (row.path in known.types or row.path in known.paths(name))
                    else []
                )
                if parent in known.types or parent in known.paths(name):
                    stem = last.removesuffix("[x]")
                    children = made.type(parent).children
                    met = [key for key in children if key.startswith(stem)]
                    found += [check_.key for key in met[:1] for check_ in children[key].checks]
                assert found.count(row.key) == 1, (version, row)


# --- Python's answers and fhirpathpy's ------------------------------------------------------------


class Both(Run):
    """A run that asks fhirpathpy of everything too, and keeps where the two differ."""

    def __init__(self, version: Version, tree: Json) -> None:
        super().__init__(engine(version), tree)
        self.asked: Counter[str] = Counter()
        self.differ: list[str] = []

    def check(self, check: Any, node: Any, type_path: str, place: Place) -> None:
        before = len(self.problems)
        super().check(check, node, type_path, place)
        found = self.problems[before:]
        if check.key in HTML_CHECKS or any(problem.code == NOT_CHECKED for problem in found):
            return
        # fhirpathpy calls a reference without a value broken; there is nothing that could be.
        if check.key == "ref-1" and isinstance(node.get("reference"), dict):
            return
        # A link beside a primitive: fhirpathpy sees values alone.
        if check.key == "dom-3" and self.written != self.resource:
            return
        # "as(canonical)" of many elements is an error to fhirpathpy (R4, R4B).
        if check.key == "dom-3" and ".as(" in check.evaluated:
            return
        try:
            holds = self.evaluate(check, node, type_path)
        except NotChecked:
            # Both sides of "implies" are evaluated there, and what one leads to is not here.
            return
        self.asked[check.key] += 1
        if holds != (not found):
            self.differ.append(f"{check.key} {show(place)}")

    def value(self, value: Any, whole: Any, child: Child, place: Place, depth: int) -> None:
        before = len(self.problems)
        super().value(value, whole, child, place, depth)
        if child.type != "Resource":
            self.ele_1(whole, child.type or child.primitive, place, before)

    def ele_1(self, node: Any, path: str, place: Place, before: int) -> None:
        rule = self.engine.ele_1
        asked = Check(rule.key, "error", rule.expression, rule.expression, rule.path, None, None,
                      None, compiled=COMPILED.get(self.engine.version))  # fmt: skip
        holds = self.evaluate(asked, node, path)
        assert asked.compiled is not None
        COMPILED[self.engine.version] = asked.compiled
        said = any(
            problem.code == "ele-1" and problem.path == show(place)
            for problem in self.problems[before:]
        )
        self.asked["ele-1"] += 1
        if holds == said:
            self.differ.append(f"ele-1 {show(place)}")


COMPILED: dict[str, Any] = {}


def both(tree: Json, version: Version = "r5") -> Both:
    whole = merged(tree)
    run = Both(version, whole)
    run.enter(tree, whole, (None, tree["resourceType"]), 0, False)
    return run


def test_python_and_fhirpathpy_agree_on_our_bundles_and_on_each_mutant() -> None:
    asked: Counter[str] = Counter()
    # A part of the mutants by default, and those that alone have something that is looked for.
    taken = [each for n, each in enumerate(MUTANTS) if corpus.ALL or n % 4 == 0 or "att-1" in each]
    trees = [ours(), *(mutant(type_, pointer, value)[0] for type_, pointer, value, *_ in taken)]
    for pointer, value, *_ in BUNDLES:
        trees.append(copy.deepcopy(ours()))
        edit(trees[-1], pointer, value)
    for tree in trees:
        run = both(tree)
        assert run.differ == []
        asked += run.asked
    for key in ("ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "ref-1", "ref-2",
                "cod-1", "qty-3", "cpt-2", "att-1", "ident-1", "bdl-7"):  # fmt: skip
        assert asked[key], key


@pytest.mark.parametrize("version", VERSIONS)
def test_python_and_fhirpathpy_agree_on_what_is_contained(version: Version) -> None:
    for members in RIGHT:
        tree = {"resourceType": "ResearchStudy", "status": "active", **members}
        assert both(tree, version).differ == []
    for older, tree, *_ in OLDER:
        if older == version:
            assert both(tree, version).differ == []


def plan(*actions: Json) -> Json:
    return {"resourceType": "PlanDefinition", "status": "draft", "goal": [{"id": "g"}, {}],
            "action": list(actions)}  # fmt: skip


def profile(*elements: tuple[str, Json]) -> Json:
    listed = [{"id": path, "path": path, **more} for path, more in elements]
    return {"resourceType": "StructureDefinition", "snapshot": {"element": listed}}


def typed(code: str, **more: Any) -> Json:
    return {"type": [{"code": code, **more}]}


CONCEPT, TARGETED = "CodeableReference", {"targetProfile": ["https://example.org/a"]}
BOUND = {**typed("CodeableConcept"), "binding": {"strength": "required"}}
TWO_TYPES = {"type": [{"code": "Reference", **TARGETED}, {"code": "string"}]}


@pytest.mark.parametrize("version", ["r5", "r4b"])
@pytest.mark.parametrize(
    ("tree", "key", "broken"),
    [
        (plan({"id": "a", "goalId": ["g"]}), "pld-3", ""),
        (plan({"id": "a", "action": [{"goalId": ["h"]}]}), "pld-3", "r5"),
        (plan({"id": "a", "relatedAction": [{"targetId": "b"}], "action": [{"id": "b"}]}),
         "pld-4", ""),
        (plan({"id": "a", "relatedAction": [{"relationship": "before"}]}), "pld-4", ""),
        (plan({"id": "a", "action": [{"relatedAction": [{"targetId": "c"}]}]}), "pld-4", "r5"),
        (profile(("A.b", typed(CONCEPT)), ("A.b.reference", typed("Reference", **TARGETED))),
         "sdf-24", "r5 r4b"),
        (profile(("A.b", typed(CONCEPT)), ("A.b.reference", TWO_TYPES)), "sdf-24", "r5"),
        (profile(("A.b", typed(CONCEPT)), ("A.b.reference", typed("Reference"))), "sdf-24", ""),
        (profile(("A.c", typed(CONCEPT)), ("A.b.reference", typed("Reference", **TARGETED))),
         "sdf-24", ""),
        (profile(("A.b", typed(CONCEPT)), ("A.b.concept", BOUND)), "sdf-25", "r5 r4b"),
        (profile(("A.b", typed(CONCEPT)), ("A.b.concept", typed("CodeableConcept"))),
         "sdf-25", ""),
        (profile(("A.b", typed("string")), ("A.b.concept", BOUND)), "sdf-25", ""),
    ],
)  # fmt: skip
def test_python_and_fhirpathpy_agree_on_what_is_in_a_list(
    tree: Json, key: str, broken: str, version: Version
) -> None:
    run = both(tree, version)
    assert run.differ == []
    assert (key in {p.code for p in run.problems}) is (version in broken.split())
    assert run.asked[key] or (version == "r4b" and key.startswith("pld"))


# --- Much at once ---------------------------------------------------------------------------------


def test_no_invariant_is_broken_in_the_bundles_of_the_registrys_records() -> None:
    records = corpus.records()
    if not corpus.ALL:
        records = records[::100]
    for record in records:
        bundle = json.loads(trialbridge.convert(record, to="fhir-r5"))
        assert faults(bundle) == [], bundle["entry"][0]["fullUrl"]


# Of the types that we write; the folders of hl7.fhir.r5.examples 5.0.0, hl7.fhir.r4b.examples 4.3.0
# and hl7.fhir.r4.examples 4.0.1.
WRITTEN = ("ActivityDefinition", "Bundle", "EvidenceVariable", "Group", "Location", "Organization",
           "PlanDefinition", "Practitioner", "PractitionerRole", "ResearchStudy")  # fmt: skip
FOLDERS: dict[Version, str] = {
    "r5": "FHIR_R5_EXAMPLES",
    "r4b": "FHIR_R4B_EXAMPLES",
    "r4": "FHIR_R4_EXAMPLES",
}

# HL7's own defects: narratives of blanks, and maps without the comment that they have to have.
HL7_DEFECTS = {
    ("r4b", "Bundle-conceptmaps", "cmd-1"),
    ("r4", "ActivityDefinition-blood-tubes-supply", "txt-2"),
    ("r4", "ActivityDefinition-heart-valve-replacement", "txt-2"),
}


def examples(version: Version) -> Iterator[Path]:
    folder = os.environ.get(FOLDERS[version])
    if not folder:
        pytest.skip(f"{FOLDERS[version]} does not name the folder of HL7's examples")
    for name in WRITTEN:
        for path in sorted(Path(folder).glob(f"{name}-*.json")):
            # All of HL7's definitions and code systems in one file: they have tests of HL7's own.
            if path.stat().st_size < 1_000_000:
                yield path


@pytest.mark.parametrize("version", VERSIONS)
def test_the_official_examples_break_nothing_but_what_is_broken(version: Version) -> None:
    found = set()
    for path in examples(version):
        for problem in check(json.loads(path.read_bytes()), version=version):
            assert problem.code != NOT_CHECKED, (path.stem, problem)
            if problem.severity == "error":
                found.add((version, path.stem, problem.code))
    assert found <= HL7_DEFECTS


@pytest.mark.parametrize("version", VERSIONS)
def test_python_and_fhirpathpy_agree_on_the_official_examples(version: Version) -> None:
    for path in examples(version):
        if path.stat().st_size < 30_000:
            assert both(json.loads(path.read_bytes()), version).differ == [], path.stem
