"""The gate: what a JSON Schema can say, jsonschema-rs and jsonschema say alike."""

import json
import threading
from types import SimpleNamespace
from typing import Any

import corpus
import jsonschema_rs
import pytest
from fhir_faults import BUNDLE_MUTANTS, MUTANTS, OLD_MUTANTS, PLAN, STUDY, edit, good, good_old
from jsonschema import Draft202012Validator

import trialbridge
from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Version
from trialbridge.schemas.fhir.schema import agrees, explain, gate, schema
from trialbridge.schemas.fhir.validate import validate

# What a schema does not say, by the code of the walker's problem: references and what they point
# at, days that no month has, extensions by their url, which may be whose contents, the XHTML.
NOT_OF_SCHEMAS = {
    "cardinality", "choice", "dangling", "duplicate", "extension", "extension-context",
    "extension-type", "full-url", "narrative", "null", "target",
}  # fmt: skip

STRUCTURE = {
    "unknown-element", "type", "empty", "blank", "resource-type", "length", "character",
}  # fmt: skip


def mutants() -> list[tuple[Any, Version, str, str]]:
    """Every mutant: the tree, its version, the walker's code and severity."""
    made: list[tuple[Any, Version, str, str]] = []
    for mutant in MUTANTS:
        bundle = good()
        edit(bundle["entry"][mutant.number]["resource"], mutant.pointer, mutant.value)
        made.append((bundle, "r5", mutant.code, mutant.severity))
    for mutate, _, code, _ in BUNDLE_MUTANTS:
        bundle = good()
        mutate(bundle)
        made.append((bundle, "r5", code, "error"))
    for mutant in OLD_MUTANTS:
        for version in ("r4b", "r4"):
            bundle = good_old()
            edit(bundle["entry"][mutant.number]["resource"], mutant.pointer, mutant.value)
            made.append((bundle, version, mutant.code, mutant.severity))
    return made


def test_the_gate_and_its_explanation_agree_over_all_mutants() -> None:
    assert len(mutants()) > 180
    for tree, version, _, _ in mutants()[:: 1 if corpus.ALL else 3]:
        passed = gate(tree, version)
        assert passed is agrees(tree, version)
        assert passed is (explain(tree, version) == [])


def test_what_the_gate_refuses_the_walker_refuses_too() -> None:
    for tree, version, _, _ in mutants():
        if not gate(tree, version):
            problems = validate(tree, version)
            assert any(problem.severity == "error" for problem in problems)
            assert all(problem.layer != "schema" for problem in problems)


def test_the_gate_refuses_every_mutant_whose_structure_is_wrong() -> None:
    refused = 0
    for tree, version, code, severity in mutants():
        if code in STRUCTURE:
            assert not gate(tree, version)
            refused += 1
        elif code in NOT_OF_SCHEMAS - {"null", "cardinality"} or severity == "warning":
            assert gate(tree, version)
    assert refused > 40


def test_the_good_bundles_pass() -> None:
    assert gate(good(), "r5")
    assert gate(good_old(), "r4b")
    assert gate(good_old(), "r4")
    assert not gate(good(), "r4")


def test_a_refusal_is_explained_at_its_place() -> None:
    bundle = good()
    bundle["entry"][STUDY]["resource"]["status"] = "complete"
    assert [str(problem) for problem in explain(bundle, "r5")] == [
        "error: Bundle.entry[0].resource.status: 'complete' is not one of "
        "['draft', 'active', 'retired', 'unknown']"
    ]
    bundle = good()
    bundle["entry"][PLAN]["resource"]["action"][0]["titel"] = "A"
    [problem] = explain(bundle, "r5")
    assert (problem.path, problem.code) == (
        "Bundle.entry[1].resource.action[0]", "additionalProperties",
    )  # fmt: skip


def test_what_the_gate_alone_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from trialbridge.schemas.fhir import validate as fhir_validate

    silent = SimpleNamespace(problems=[], too_deep=False)
    monkeypatch.setattr(fhir_validate, "walk", lambda *_: silent)
    bundle = good()
    bundle["entry"][STUDY]["resource"]["status"] = "complete"
    [problem] = validate(bundle, "r5")
    assert (problem.layer, problem.path) == ("schema", "Bundle.entry[0].resource.status")


def test_types_of_resources_are_added_as_they_come() -> None:
    assert gate({"resourceType": "Patient"}, "r5")
    flag = {"resourceType": "Flag", "status": "active", "code": {"text": "a"}}
    flag["subject"] = {"display": "b"}
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "a", "resource": flag}]}
    assert gate(parameters, "r5")
    assert not gate({"resourceType": "Flag", "status": "active"}, "r5")
    assert not gate({"resourceType": "Studie"}, "r5")
    assert not gate({}, "r5")
    assert not gate([], "r5")


def test_a_last_line_end_is_no_end_to_either() -> None:
    for value in ("2024\n", "2024\x85", "\u00a0", "2024"):
        group = {"resourceType": "ResearchStudy", "status": "active", "date": value}
        assert gate(group, "r5") is agrees(group, "r5") is (value == "2024")


@pytest.mark.parametrize(
    "value", [10**5000, float("nan"), float("inf"), "\ud800", {1: 2}], ids=range(5)
)
def test_what_json_cannot_have_is_refused_and_raises_nothing(value: Any) -> None:
    location = {"resourceType": "Location", "position": {"latitude": value, "longitude": "a"}}
    assert not gate(location, "r5")


@pytest.mark.parametrize("version", VERSIONS if corpus.ALL else ["r5"])
def test_the_whole_schema_is_a_valid_schema_with_its_enumerations(version: Version) -> None:
    whole = schema(version)
    assert jsonschema_rs.meta.is_valid(whole)
    if corpus.ALL:
        Draft202012Validator.check_schema(whole)
    assert json.loads(json.dumps(whole)) == whole
    assert whole["$defs"]["Address"]["properties"]["use"] == {
        "enum": ["home", "work", "temp", "old", "billing"]
    }


def test_a_deep_document_needs_no_more_stack_than_a_small_thread_has() -> None:
    plan: dict[str, Any] = {"title": "a"}
    for _ in range(99):
        plan = {"action": [plan]}
    passed = []
    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(
            target=lambda: passed.append(
                validate({"resourceType": "PlanDefinition", "status": "active", **plan}, "r5")
            )
        )
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert passed == [[]]


def test_what_we_write_of_the_corpus_passes_with_nothing_to_say() -> None:
    for record in corpus.records()[:: 1 if corpus.ALL else 5]:
        data = trialbridge.convert(record, "fhir-r5", format="ctgov", validate=False)
        assert validate(json.loads(data), "r5") == []
