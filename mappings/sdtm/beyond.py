"""What trial design datasets say beyond the record: it is kept for SDTM alone.

It is in `unmapped`, below `/sdtm`. The model's own form holds it too; it has no data of subjects.
"""

from typing import Any, Final

from trialbridge.mappings.beyond import Beyond

_SDTM: Final = Beyond("/sdtm", "SDTM")
PREFIX: Final = _SDTM.prefix
is_beyond = _SDTM.is_beyond
left_out = _SDTM.left_out


def parted(unmapped: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of `unmapped` is of trial design datasets, each by its pointer, and the rest.

    The model's own form gives what it does not know as the largest part of it.
    """
    kept: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for pointer, value in unmapped.items():
        if pointer == _SDTM.root and isinstance(value, dict):
            kept.update((f"{PREFIX}{name}", inner) for name, inner in value.items())
        else:
            (kept if is_beyond(pointer) else rest)[pointer] = value
    return kept, rest
