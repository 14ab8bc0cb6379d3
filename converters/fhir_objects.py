"""A record as the objects of fhir.resources (https://github.com/nazrulworld/fhir.resources), R5.

They are pydantic models, which a FHIR server in Python, or one's own code, works with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trialbridge import api
from trialbridge.schemas.problem import Problem, ReadError

if TYPE_CHECKING:
    from fhir.resources.bundle import Bundle

    from trialbridge.schemas.trial import Trial

_PACKAGE = "fhir.resources."
_OTHERS = ("R4B", "STU3")
# FHIR has 64-bit integers as strings in JSON (https://hl7.org/fhir/R5/json.html#primitive), and
# fhir.resources 8 writes numbers. These are those that a trial record may have.
_INTEGERS = frozenset({"size", "valueInteger64"})


def to_fhir_resources(
    trial: Trial,
    *,
    options: Mapping[str, object] | None = None,
    validate: bool = True,
    warnings: list[Problem] | None = None,
) -> Bundle:
    """Give a trial as a Bundle of fhir.resources, which `write(trial, "fhir-r5")` is the bytes of.

    Takes and raises what `write` does. The objects hold numbers without zeros at the end: the 12.50
    of a result is 12.5 there.
    """
    # Takes most of a second, which nobody else need wait for.
    from fhir.resources.bundle import Bundle

    data = api.write(trial, "fhir-r5", options=options, validate=validate, warnings=warnings)
    bundle: Bundle = Bundle.model_validate_json(data)
    return bundle


def from_fhir_resources(resource: object, *, warnings: list[Problem] | None = None) -> Trial:
    """Read a Bundle, or a ResearchStudy alone, that is an object of fhir.resources.

    `warnings` is a list that the warnings are added to. Raises ReadError with every problem, also
    if it is no such object, or one of another version of FHIR than R5.
    """
    module = type(resource).__module__
    version = module.removeprefix(_PACKAGE).partition(".")[0]
    if not module.startswith(_PACKAGE) or version in _OTHERS:
        found = f"{module}.{type(resource).__qualname__}"
        message = f"{found} found, expected a Bundle or ResearchStudy of fhir.resources, R5"
        raise ReadError(
            [Problem(severity="fatal", layer="read", path="", code="format", message=message)]
        )
    dump: str = resource.model_dump_json()  # type: ignore[attr-defined]
    return api.read(_with_texts(json.loads(dump)), format="fhir-r5", warnings=warnings)


def _with_texts(tree: Any) -> Any:
    """Make the texts again that FHIR has for 64-bit integers."""
    if isinstance(tree, dict):
        return {
            key: str(value) if key in _INTEGERS and type(value) is int else _with_texts(value)
            for key, value in tree.items()
        }
    return [_with_texts(item) for item in tree] if isinstance(tree, list) else tree
