"""JSON pointers, and the difference between two JSON trees told with them.

https://www.rfc-editor.org/rfc/rfc6901
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import Enum
from typing import Any, Final, NamedTuple

import msgspec

# Lists longer than this, where they differ, are compared by position: matching costs the square.
_MATCHED = 400


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "(absent)"

    __str__ = __repr__


ABSENT: Final = _Absent.ABSENT
"""Stands where a side of a difference has nothing; null is a value."""


class Difference(NamedTuple):
    """One place where two trees differ. A side that lacks the place has ABSENT.

    The pointer is into the tree before, or, for what was added, into the tree after.
    """

    pointer: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.pointer}: {_shown(self.before)} -> {_shown(self.after)}"


def escape(key: str) -> str:
    """Write a key as one step of a pointer: `a/b` as `a~1b`."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def steps(pointer: str) -> list[str]:
    """Take a pointer apart into keys and indexes, all as text.

    Raises ValueError if it is not a pointer.
    """
    if not pointer:
        return []
    head, *rest = pointer.split("/")
    if head or any("~" in step.replace("~0", "").replace("~1", "") for step in rest):
        raise ValueError(f"{pointer!r} is not a JSON pointer (RFC 6901)")
    return [step.replace("~1", "/").replace("~0", "~") for step in rest]


def as_index(step: str) -> int | None:
    """Give the index that a step is, None if it can only be a key."""
    if step.isascii() and step.isdecimal() and (step == "0" or step[0] != "0"):
        return int(step) if len(step) < 19 else None
    return None


def get(tree: Any, pointer: str) -> Any:
    """Give the value at a pointer.

    Raises LookupError if there is none, ValueError if the text is not a pointer.
    """
    return _descend(tree, steps(pointer))


def put(tree: Any, pointer: str, value: Any) -> None:
    """Set a member of an object, or insert an item into a list before the index (`-`: at its end).

    Changes the tree in place. Raises LookupError if the pointer's parent is not there or cannot
    hold it, ValueError if the text is not a pointer or is the root's.
    """
    way = steps(pointer)
    if not way:
        raise ValueError("the root cannot be put into itself")
    last = way.pop()
    parent = _descend(tree, way)
    if isinstance(parent, dict):
        parent[last] = value
        return
    if isinstance(parent, list):
        index = len(parent) if last == "-" else as_index(last)
        if index is not None and index <= len(parent):
            parent.insert(index, value)
            return
    raise LookupError(f"{pointer}: there is no place for {last!r}")


def _descend(tree: Any, way: list[str]) -> Any:
    for step in way:
        if isinstance(tree, dict) and step in tree:
            tree = tree[step]
        elif isinstance(tree, list) and (index := as_index(step)) is not None and index < len(tree):
            tree = tree[index]
        else:
            raise LookupError(f"there is no {step!r} in /{'/'.join(map(escape, way))}")
    return tree


def walk(tree: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Give all leaves with their pointers, in order. An empty object or list is a leaf."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from walk(value, f"{pointer}/{escape(key)}")
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from walk(value, f"{pointer}/{index}")
    else:
        yield pointer, tree


def sort_key(pointer: str) -> list[tuple[int, int, str]]:
    """Sort key: pointers into one list by index as a number (`/a/2` before `/a/10`)."""
    return [
        (1, 0, step) if (index := as_index(step)) is None else (0, index, "")
        for step in steps(pointer)
    ]


def differences(before: Any, after: Any) -> list[Difference]:
    """Tell where two JSON trees, or two structs, differ; empty when they are the same JSON.

    The order of an object's members does not matter, 1 and 1.0 are the same number, true is no
    number. Items of lists are matched first, so that one item removed is one difference.
    """
    found: list[Difference] = []
    _compare(msgspec.to_builtins(before), msgspec.to_builtins(after), "", "", found)
    return found


def _compare(before: Any, after: Any, old: str, new: str, found: list[Difference]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            step = f"/{escape(key)}"
            if key in after:
                _compare(value, after[key], old + step, new + step, found)
            else:
                found.append(Difference(old + step, value, ABSENT))
        for key, value in after.items():
            if key not in before:
                found.append(Difference(f"{new}/{escape(key)}", ABSENT, value))
    elif isinstance(before, list) and isinstance(after, list):
        _compare_items(before, after, old, new, found)
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        found.append(Difference(old, before, after))


def _compare_items(
    before: list[Any], after: list[Any], old: str, new: str, found: list[Difference]
) -> None:
    for here, there in _pairs(before, after):
        if here is None and there is not None:
            found.append(Difference(f"{new}/{there}", ABSENT, after[there]))
        elif there is None and here is not None:
            found.append(Difference(f"{old}/{here}", before[here], ABSENT))
        elif here is not None and there is not None:
            _compare(before[here], after[there], f"{old}/{here}", f"{new}/{there}", found)


def _pairs(before: list[Any], after: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Give the indexes of items that differ, in pairs, with None where a side has none."""
    keys, others = [_canonical(item) for item in before], [_canonical(item) for item in after]
    start = 0
    while start < min(len(keys), len(others)) and keys[start] == others[start]:
        start += 1
    end, other_end = len(keys), len(others)
    while min(end, other_end) > start and keys[end - 1] == others[other_end - 1]:
        end, other_end = end - 1, other_end - 1
    blocks: list[tuple[str, int, int, int, int]] = [
        ("replace", 0, end - start, 0, other_end - start)
    ]
    if max(end, other_end) - start <= _MATCHED:
        matcher = SequenceMatcher(None, keys[start:end], others[start:other_end], autojunk=False)
        blocks = list(matcher.get_opcodes())
    for kind, first, stop, other, other_stop in blocks:
        if kind == "equal":
            continue
        for step in range(max(stop - first, other_stop - other)):
            yield (
                start + first + step if first + step < stop else None,
                start + other + step if other + step < other_stop else None,
            )


def _canonical(item: Any) -> bytes:
    return msgspec.json.encode(item, order="deterministic")


def _shown(value: Any) -> str:
    return str(value) if value is ABSENT else msgspec.json.encode(value).decode()
