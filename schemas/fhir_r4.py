"""FHIR R4: the validator of the format."""

from typing import Any

from trialbridge.schemas import fhir_validate
from trialbridge.schemas.base import BASE
from trialbridge.schemas.problem import Problem


def validate(bundle: Any, *, base: str = BASE, second_opinion: bool = False) -> list[Problem]:
    """Check the parsed JSON of a FHIR R4 Bundle, or of another resource.

    As `fhir_validate.validate` does.
    """
    return fhir_validate.validate(bundle, "r4", base=base, second_opinion=second_opinion)


def check(data: bytes, *, deep: bool = False) -> list[Problem]:
    """Check the bytes of a FHIR R4 Bundle, or of another resource; `deep`: a second opinion too.

    Bytes that are no JSON object have no problems here: reading them says what is wrong.
    """
    tree = fhir_validate.parse(data)
    return [] if tree is None else validate(tree, second_opinion=deep)
