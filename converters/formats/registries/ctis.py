"""The EU's register (CTIS), public API JSON of today and of before June 2024: read only.

https://euclinicaltrials.eu
"""

from typing import Any

from trialbridge.mappings.registries.ctis import LINK, read_tree
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.decode import parse_object
from trialbridge.schemas.trial import Trial


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read a record, with warnings of what is kept as it is in `unmapped`, at `/ctis`.

    Raises ReadError if the bytes are no JSON, or no record of the register.
    """
    return read_tree(_record(parse_object(data)))


def _record(tree: dict[str, Any]) -> dict[str, Any]:
    number = tree.get("ctNumber")
    if not isinstance(number, str) or not number.strip():
        raise fatal("/ctNumber", "root", "a record of CTIS has a number: expected a text", LINK)
    parts = tree.get("authorizedApplication", tree)
    if not isinstance(parts, dict) or not isinstance(parts.get("authorizedPartI"), dict):
        message = (
            "no part I of an application (authorizedPartI), as a row of a search has none: the"
            f" record is ctis-public-api/retrieve/{number:.40}"
        )
        raise fatal("", "root", message, LINK)
    return tree
