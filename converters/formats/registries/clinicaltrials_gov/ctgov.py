"""ClinicalTrials.gov API v2 JSON, one study in a file: the model's own shape.

https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

from typing import Any

import msgspec

from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.decode import decode, put_back
from trialbridge.schemas.syntax.pointer import walk
from trialbridge.schemas.trial import Study, Trial, study_of, trial_of

_LINK = "https://clinicaltrials.gov/data-api/about-api/study-data-structure"
_ENCODER = msgspec.json.Encoder()
_SHOWN = 5
_HOMELESS = ("/page/", "/registration/")


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read a study, with a warning for each key or code that the model does not know.

    Raises ReadError with every error. A list of studies is refused.
    """
    study, unmapped, problems = decode(data, Study)
    if unmapped and study == Study():
        raise ReadError([_no_study(unmapped)])
    return trial_of(study, unmapped=unmapped or None), problems


def write(trial: Trial) -> tuple[bytes, list[Problem]]:
    """Write a study, with a warning for each fact that the registry's API has no place for."""
    study = study_of(trial)
    unmapped = trial.unmapped or {}
    homeless = [pointer for pointer in unmapped if pointer.startswith(_HOMELESS)]
    for part, place in ((trial.registration, "/registration"), (trial.page, "/page")):
        if part is not None:
            homeless[:0] = dict(walk(msgspec.to_builtins(part), place))
    problems = [
        Problem(
            severity="warning",
            layer="write",
            path=pointer,
            code="no-place",
            message="ClinicalTrials.gov JSON has no place for it: left out",
            link=_LINK,
        )
        for pointer in homeless
    ]
    kept = {pointer: value for pointer, value in unmapped.items() if pointer not in homeless}
    if not kept:
        return _ENCODER.encode(study), problems
    tree: dict[str, Any] = msgspec.to_builtins(study)
    problems += put_back(tree, kept)
    return _ENCODER.encode(tree), problems


def _no_study(unmapped: dict[str, Any]) -> Problem:
    """Say why an object is no study; the lists that the API gives are told by their name."""
    studies = unmapped.get("/studies")
    if isinstance(studies, list):
        code = "records"
        message = (
            f"the source is a list of {len(studies)} studies, expected one record in a file: "
            "take each object out of `studies`"
        )
        path = "/studies"
    else:
        code, path = "root", ""
        found = ", ".join(at[1:] for at in list(unmapped)[:_SHOWN])
        message = f"not a study of ClinicalTrials.gov (protocolSection and so on): found {found}"
    return Problem(
        severity="fatal", layer="read", path=path, code=code, message=message, link=_LINK
    )
