"""What a FHIR document says beyond the record: kept for FHIR and for the model's own form.

It is in `unmapped`, below `/fhir`.
"""

from typing import Any, Final

from trialbridge.schemas.problem import Problem

PREFIX: Final = "/fhir/"
BEYOND: Final = "it stands beyond the record, and is written again in FHIR alone"
_ROOT: Final = "/fhir"


def is_beyond(pointer: str) -> bool:
    """Whether what stands here in `unmapped` is of a FHIR document."""
    return pointer == _ROOT or pointer.startswith(PREFIX)


def left_out(
    unmapped: dict[str, Any], *, subjects_only: bool
) -> tuple[dict[str, Any], list[Problem]]:
    """What of `unmapped` another format may have, and a warning for each part that it may not.

    `subjects_only`: it is the model's own form, which holds all of it.
    """
    if subjects_only:
        return unmapped, []
    return {key: value for key, value in unmapped.items() if not is_beyond(key)}, [
        Problem(severity="warning", layer="mapping", path=key, code="not-carried", message=BEYOND)
        for key in unmapped
        if is_beyond(key)
    ]
