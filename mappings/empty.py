"""Empty objects, lists and texts of a record, which other formats have no form for.

The registry's records have them; a format marks where each stood, and which it was.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from trialbridge.schemas.decode import restore
from trialbridge.schemas.pointer import escape
from trialbridge.schemas.trial import Trial

KINDS: Mapping[str, type] = {"object": dict, "list": list, "string": str}
_KIND_OF = {type_: kind for kind, type_ in KINDS.items()}


def empty_elements(trial: Trial) -> Iterator[tuple[str, str]]:
    """Each `{}`, `[]` and `""` of a record outside its results: JSON pointer and kind.

    An empty object in a list is an element there in any format, and so has its place.
    """
    tree = msgspec.to_builtins(msgspec.structs.replace(trial, results=None, unmapped=None))
    return _within(tree, "")


def _within(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    in_list = node.__class__ is list
    for key, inner in enumerate(node) if in_list else node.items():
        kind = _KIND_OF.get(inner.__class__)
        if kind is None or (inner and kind == "string"):
            continue
        below = f"{pointer}/{escape(str(key))}"
        if inner:
            yield from _within(inner, below)
        elif not (in_list and kind == "object"):
            yield below, kind


def with_empty_elements(trial: Trial, marked: Mapping[str, str]) -> Trial:
    """The record with empty elements at their places, of which one that is not is left as it is.

    Raises msgspec.ValidationError if the model has no such element there.
    """
    empty = {pointer: KINDS[kind]() for pointer, kind in marked.items() if kind in KINDS}
    if not empty:
        return trial
    return msgspec.convert(restore(msgspec.to_builtins(trial), empty), Trial)
