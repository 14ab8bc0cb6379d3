"""Is this FHIR valid? The layers in their order: the walker, the gate, and a second opinion."""

from typing import Any, Final

import msgspec

from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir.clean import clean
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.fhir.schema import explain, gate
from trialbridge.schemas.fhir.walk import walk
from trialbridge.schemas.problem import Problem

BUDGET: Final = 20.0
"""Seconds for the invariants of one document; some expressions take the square of its size."""


def validate(
    tree: Any,
    version: Version,
    *,
    base: str = BASE,
    invariants: bool = False,
    second_opinion: bool = False,
    budget: float | None = BUDGET,
) -> list[Problem]:
    """Check the parsed JSON of a Bundle, or of another resource; give all its problems.

    Never raises on bad content. In the order of the document, what other layers say after it.
    `base`: references and canonicals below it have to resolve in the Bundle. Those on other servers
    are not followed, nor is anything that leads out of a resource that is not in a Bundle.
    `invariants` evaluates those of every element, and `second_opinion` asks other implementations
    (`fhir_opinion`), which each take ten times as long as all else. After `budget` seconds the
    invariants that are left are named and not evaluated; None: there is no end.
    Source: https://hl7.org/fhir/R5/validation.html
    """
    # In this order: the gate, written in another language, has no limit of depth but its stack.
    if clean(tree, version, base) and gate(tree, version, forms=False):
        problems: list[Problem] = []
    else:
        done = walk(tree, version, base)
        problems = done.problems
        if done.too_deep or not isinstance(tree, dict):
            return problems
        # What the walker minds it says better, and mostly the gate minds the same.
        if not any(problem.severity == "error" for problem in problems) and not gate(tree, version):
            problems += explain(tree, version)
    if invariants:
        from trialbridge.schemas.fhir import invariants as fhir_invariants

        told = {problem.path for problem in problems}
        problems += (
            problem
            for problem in fhir_invariants.check(tree, version=version, budget=budget)
            if problem.code not in ("ele-1", "txt-1") or problem.path not in told
        )
    if second_opinion:
        from trialbridge.schemas.fhir.opinion import opinions

        problems += opinions(tree, version, problems)
    return problems


def check(
    data: bytes, version: Version, *, thorough: bool, deep: bool, budget: float | None = BUDGET
) -> list[Problem]:
    """Check bytes, with the invariants if `thorough`, and with all there is if `deep`.

    `budget` is that of `validate`.
    Bytes that are no JSON object have no problems here: reading them says what is wrong.
    """
    tree = parse(data)
    if tree is None:
        return []
    thorough = thorough or deep
    return validate(tree, version, invariants=thorough, second_opinion=deep, budget=budget)


def parse(data: bytes) -> dict[str, Any] | None:
    """Parse bytes as a JSON object; None if they are none."""
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return tree if isinstance(tree, dict) else None
