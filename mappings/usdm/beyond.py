"""What a USDM document says beyond the record: kept for USDM and for the model's own form.

It is in `unmapped`, below `/usdm`, with the document itself. USDM's writer alone puts it back.
"""

from typing import Any, Final

from trialbridge.schemas.problem import Problem

PREFIX: Final = "/usdm/"
_ROOT: Final = "/usdm"
DOCUMENT: Final = f"{PREFIX}#document"
"""The pointer of the text of the document."""

BEYOND: Final = "it stands beyond the record, and is written again in USDM alone"


def is_beyond(pointer: str) -> bool:
    """Whether what stands here in `unmapped` is of a USDM document."""
    return pointer == _ROOT or pointer.startswith(PREFIX)


def document_of(unmapped: dict[str, Any] | None) -> str | None:
    """The text of the document that a record was read from, if it says more than the record."""
    if not unmapped:
        return None
    # The model's own form gives what it does not know as the largest part of it.
    whole = unmapped.get(_ROOT)
    text = unmapped.get(DOCUMENT, whole.get("#document") if isinstance(whole, dict) else None)
    return text if isinstance(text, str) else None


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
        if is_beyond(key) and key != DOCUMENT
    ]
