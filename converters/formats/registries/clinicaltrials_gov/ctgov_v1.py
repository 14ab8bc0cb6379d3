"""ClinicalTrials.gov classic API JSON (2019 to 2024), one study: read only.

A `FullStudiesResponse` of one study, a `{"Study": ...}` as its archives have it, or the study
alone.
https://clinicaltrials.gov/data-api/about-api/api-migration
"""

from typing import Any

from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_v1 import study_tree
from trialbridge.schemas.problem import EACH, Problem, ReadError
from trialbridge.schemas.syntax.decode import parse_object, settle
from trialbridge.schemas.trial import Study, Trial, trial_of

_LINK = "https://clinicaltrials.gov/data-api/about-api/api-migration"


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read a study, with a warning for each element that has no place in the model or in API v2.

    Raises ReadError with every error, and for an answer of several studies or of none.
    """
    study, unmapped, problems = settle(study_tree(_study(parse_object(data))), Study)
    if study == Study():
        raise _refused("root", "not a study of the classic API (ProtocolSection and so on)")
    return trial_of(study, unmapped=unmapped or None), problems


def _study(tree: dict[str, Any]) -> dict[str, Any]:
    response = tree.get("FullStudiesResponse")
    if isinstance(response, dict):
        studies = response.get("FullStudies")
        count = len(studies) if isinstance(studies, list) else 0
        if not isinstance(studies, list) or count != 1:
            raise _refused(
                "one-study",
                f"the answer has {count} studies, expected one: {EACH}",
                "/FullStudiesResponse/FullStudies",
            )
        tree = studies[0] if isinstance(studies[0], dict) else {}
    study = tree.get("Study", tree)
    return study if isinstance(study, dict) else {}


def _refused(code: str, message: str, path: str = "") -> ReadError:
    return ReadError(
        [Problem(severity="fatal", layer="read", path=path, code=code, message=message, link=_LINK)]
    )
