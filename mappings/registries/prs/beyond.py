"""What an upload says beyond the record: it is the sponsor's and the registry's, not the public's.

It is in `unmapped`, at `/prs`: numbers of INDs and ethics boards, names of users and accounts. The
writer of PRS upload XML alone puts it back, and the model's own form holds it; no other format gets
it.
"""

from typing import Any, Final

from trialbridge.mappings.beyond import left_behind
from trialbridge.schemas.problem import Problem

KEPT: Final = "/prs"
_MESSAGE: Final = "it stands beyond the record, and is written again in PRS upload XML alone"


def left_out(
    unmapped: dict[str, Any], *, subjects_only: bool
) -> tuple[dict[str, Any], list[Problem]]:
    """What of `unmapped` another format may have, and a warning of what it may not.

    `subjects_only`: it is the model's own form, which holds all, since there are no subjects.
    """
    if subjects_only or KEPT not in unmapped:
        return unmapped, []
    return {pointer: held for pointer, held in unmapped.items() if pointer != KEPT}, [
        left_behind(f"/unmapped/~1{KEPT[1:]}", _MESSAGE)
    ]
