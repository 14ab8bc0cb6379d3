"""FHIR R5: the validator of the format."""

from typing import Any

from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir import validate as fhir_validate
from trialbridge.schemas.fhir.digests.types import Type, type_of
from trialbridge.schemas.fhir.validate import BUDGET
from trialbridge.schemas.problem import Problem


def validate(bundle: Any, *, base: str = BASE, second_opinion: bool = False) -> list[Problem]:
    """Check the parsed JSON of a FHIR R5 Bundle, or of another resource.

    As `fhir_validate.validate` does.
    """
    return fhir_validate.validate(bundle, "r5", base=base, second_opinion=second_opinion)


def check(
    data: bytes, *, thorough: bool = False, deep: bool = False, budget: float | None = BUDGET
) -> list[Problem]:
    """Check the bytes of a FHIR R5 Bundle, or of another resource: `fhir_validate.check`."""
    return fhir_validate.check(data, "r5", thorough=thorough, deep=deep, budget=budget)


def type_(path: str) -> Type:
    """Give an R5 type by its path: `fhir_types.type_of`."""
    return type_of("r5", path)
