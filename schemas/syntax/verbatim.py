"""JSON texts that say what the decoder reads, proven by writing them again.

Where what was read is written as the very same bytes, no key stands twice and no number changed:
the slow passes over its tokens have nothing to find. So it is with what programs write without
white space, as the registry does. Nothing follows where the bytes differ.
"""

from typing import Final

import msgspec

# Of a larger text the tree would take memory, and the passes that build none take as long.
_MOST: Final = 1 << 20
# How far into a text its white space is looked for: it is everywhere or nowhere.
_BEGINNING: Final = 256


def is_verbatim(data: bytes) -> bool:
    """Tell if a JSON text is written again as it stands. False says nothing."""
    if len(data) > _MOST or data[:2] != b'{"' or b'": ' in data[:_BEGINNING]:
        return False
    try:
        return msgspec.json.encode(msgspec.json.decode(data)) == data
    except (msgspec.DecodeError, RecursionError):
        return False
