"""Empty objects, lists and texts of a record, which other formats have no form for.

The registry's records have them; a format marks where each stood, and which it was.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from trialbridge.schemas.decode import restore
from trialbridge.schemas.trial import Trial

KINDS: Mapping[str, type] = {"object": dict, "list": list, "string": str}
_KIND_OF = {type_: kind for kind, type_ in KINDS.items()}


def empty_elements(trial: Trial) -> list[tuple[str, str]]:
    """Each `{}`, `[]` and `""` of a record outside its results: JSON pointer and kind.

    An empty object in a list is an element there in any format, and so has its place.
    """
    found: list[tuple[str, str]] = []
    _within(msgspec.structs.replace(trial, results=None, unmapped=None), "", found)
    return found


def _within(node: Any, pointer: str, found: list[tuple[str, str]]) -> None:
    in_list = node.__class__ is list
    for key, inner in enumerate(node) if in_list else _attributes(node):
        kind = _KIND_OF.get(inner.__class__)
        if kind is not None:
            if not inner:
                found.append((f"{pointer}/{key}", kind))
            elif kind == "list":
                _within(inner, f"{pointer}/{key}", found)
        elif isinstance(inner, msgspec.Struct):
            if any(True for _ in _attributes(inner)):
                _within(inner, f"{pointer}/{key}", found)
            elif not in_list:
                found.append((f"{pointer}/{key}", "object"))


def _attributes(struct: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """What a struct has, by the keys of its JSON."""
    names = zip(struct.__struct_encode_fields__, struct.__struct_fields__, strict=True)
    return ((key, held) for key, name in names if (held := getattr(struct, name)) is not None)


def with_empty_elements(trial: Trial, marked: Mapping[str, str]) -> Trial:
    """The record with empty elements at their places, of which one that is not is left as it is.

    Raises msgspec.ValidationError if the model has no such element there.
    """
    empty = {pointer: KINDS[kind]() for pointer, kind in marked.items() if kind in KINDS}
    if not empty:
        return trial
    return msgspec.convert(restore(msgspec.to_builtins(trial), empty), Trial)
