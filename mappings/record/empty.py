"""Empty objects, lists and texts of a record, which other formats have no form for.

The registry's records have them; a format marks where each stood, and which it was.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec

from trialbridge.schemas.syntax.decode import restore
from trialbridge.schemas.trial import Trial

KINDS: Mapping[str, type] = {"object": dict, "list": list, "string": str}
_KIND_OF = {type_: kind for kind, type_ in KINDS.items()}


def empty_elements(trial: Trial, *, results: bool = False) -> list[tuple[str, str]]:
    """Each `{}`, `[]` and `""` of a record, in its results if asked: JSON pointer and kind.

    An empty object in a list is an element there in any format, and so has its place.
    """
    found: list[tuple[str, str]] = []
    bare = msgspec.structs.replace(trial, unmapped=None)
    _within(bare if results else msgspec.structs.replace(bare, results=None), None, found)
    return found


# Where a value is: the place around it, and its key. Pointers are made only of what is found.
_Place = tuple[Any, str | int] | None


def _pointer(place: _Place) -> str:
    keys: list[str] = []
    while place is not None:
        place, key = place
        keys.append(f"/{key}")
    return "".join(reversed(keys))


def _within(node: Any, place: _Place, found: list[tuple[str, str]]) -> None:
    in_list = node.__class__ is list
    for key, inner in enumerate(node) if in_list else _attributes(node):
        class_ = inner.__class__
        if class_ is str:
            if not inner:
                found.append((_pointer((place, key)), "string"))
        elif class_ is list or class_ is dict:
            if not inner:
                found.append((_pointer((place, key)), _KIND_OF[class_]))
            elif class_ is list:
                _within(inner, (place, key), found)
        elif isinstance(inner, msgspec.Struct):
            if any(getattr(inner, name) is not None for _, name in _fields(class_)):
                _within(inner, (place, key), found)
            elif not in_list:
                found.append((_pointer((place, key)), "object"))


@cache
def _fields(class_: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(class_.__struct_encode_fields__, class_.__struct_fields__, strict=True))


def _attributes(struct: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """What a struct has, by the keys of its JSON."""
    for key, name in _fields(struct.__class__):
        held = getattr(struct, name)
        if held is not None:
            yield key, held


def with_empty_elements(trial: Trial, marked: Mapping[str, str]) -> Trial:
    """The record with empty elements at their places, of which one that is not is left as it is.

    Raises msgspec.ValidationError if the model has no such element there.
    """
    empty = {pointer: KINDS[kind]() for pointer, kind in marked.items() if kind in KINDS}
    if not empty:
        return trial
    return msgspec.convert(restore(msgspec.to_builtins(trial), empty), Trial)
