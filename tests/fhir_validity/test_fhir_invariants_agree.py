"""Python's answers to the invariants are those of fhirpathpy."""

import copy
import json
from collections import Counter
from typing import Any

import corpus
import pytest
from fhir_invariant_faults import BUNDLES, MUTANTS, OLDER, RIGHT, Json, edit, examples, mutant, ours

from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Version
from trialbridge.schemas.fhir.invariants.engine import Check, Child, engine
from trialbridge.schemas.fhir.invariants.native import HTML_CHECKS
from trialbridge.schemas.fhir.invariants.run import NOT_CHECKED, Run, merged
from trialbridge.schemas.fhir.invariants.values import NotChecked
from trialbridge.schemas.fhir.walk import Place, show

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


@pytest.mark.parametrize("version", VERSIONS)
def test_python_and_fhirpathpy_agree_on_the_official_examples(version: Version) -> None:
    for path in examples(version):
        if path.stat().st_size < 30_000:
            assert both(json.loads(path.read_bytes()), version).differ == [], path.stem
