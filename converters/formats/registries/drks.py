"""The German register (DRKS), JSON of one trial: read only.

https://drks.de
"""

from trialbridge.mappings.registries.drks import LINK, read_tree
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.decode import parse_object
from trialbridge.schemas.trial import Trial


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read a record, with warnings of what is kept as it is in `unmapped`, at `/drks`.

    Raises ReadError if the bytes are no JSON, or no record of the register.
    """
    tree = parse_object(data)
    number = tree.get("drksId")
    if not isinstance(number, str) or not number.strip():
        raise fatal("/drksId", "root", "a record of DRKS has an id: expected a text", LINK)
    return read_tree(tree)
