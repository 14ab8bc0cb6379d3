"""Resources that break one invariant each, by its key and place."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import fhir_examples
from fhir_faults import ABSENT, edit

import trialbridge
from trialbridge.schemas.fhir.digests.definitions import Version

Json = dict[str, Any]
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


X = "https://example.org/x"
UCUM = "http://unitsofmeasure.org"


@cache
def ours() -> Json:
    """The Bundle of an example, as we write it."""
    data = trialbridge.convert(EXAMPLES / "NCT99900001.ctgov.json", to="fhir-r5")
    bundle: Json = json.loads(data)
    return bundle


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


# Of the types that we write; the folders of hl7.fhir.r5.examples 5.0.0, hl7.fhir.r4b.examples 4.3.0
# and hl7.fhir.r4.examples 4.0.1.
WRITTEN = ("ActivityDefinition", "Bundle", "EvidenceVariable", "Group", "Location", "Organization",
           "PlanDefinition", "Practitioner", "PractitionerRole", "ResearchStudy")  # fmt: skip


def examples(version: Version) -> Iterator[Path]:
    """HL7's own of those types."""
    for path in fhir_examples.paths(version, *WRITTEN):
        # All of HL7's definitions and code systems in one file: they have tests of HL7's own.
        if path.stat().st_size < 1_000_000:
            yield path
