"""What trial design datasets say beyond the record: it is kept for SDTM alone.

It is in `unmapped`, below `/sdtm`. The model's own form holds it too; it has no data of subjects.
"""

from typing import Any, Final

from trialbridge.schemas.problem import Problem

PREFIX: Final = "/sdtm/"
_ROOT: Final = "/sdtm"
BEYOND: Final = "it stands beyond the record, and is written again in SDTM alone"


def is_beyond(pointer: str) -> bool:
    """Whether what stands here in `unmapped` is of trial design datasets."""
    return pointer == _ROOT or pointer.startswith(PREFIX)


def parted(unmapped: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of `unmapped` is of trial design datasets, each by its pointer, and the rest.

    The model's own form gives what it does not know as the largest part of it.
    """
    kept: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for pointer, value in unmapped.items():
        if pointer == _ROOT and isinstance(value, dict):
            kept.update((f"{PREFIX}{name}", inner) for name, inner in value.items())
        else:
            (kept if is_beyond(pointer) else rest)[pointer] = value
    return kept, rest


def left_out(
    unmapped: dict[str, Any], *, subjects_only: bool
) -> tuple[dict[str, Any], list[Problem]]:
    """What of `unmapped` another format may have, and a warning for each part that it may not.

    `subjects_only`: it is the model's own form, which holds all of it.
    """
    if subjects_only:
        return unmapped, []
    kept = {pointer: value for pointer, value in unmapped.items() if not is_beyond(pointer)}
    return kept, [
        Problem(
            severity="warning",
            layer="mapping",
            path=pointer,
            code="not-carried",
            message=BEYOND,
        )
        for pointer in unmapped
        if is_beyond(pointer)
    ]
