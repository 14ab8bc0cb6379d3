"""Keys that stand twice in one object of a JSON text.

Every decoder takes the last of them, and what the others said is lost without a word. No fast
decoder tells, so this is a pass of its own, which takes somewhat longer than reading a record.

https://www.rfc-editor.org/rfc/rfc8259#section-4
"""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any, Final

from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.pointer import escape

MOST: Final = 1_000
"""How many keys are told."""

# How many characters their pointers may have together: below long keys each is long.
_MOST_CHARACTERS: Final = 10_000_000

_LINK: Final = "https://www.rfc-editor.org/rfc/rfc8259#section-4"
# Possessive: a string of 100 MB is not to be remembered character by character.
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{},:]', re.DOTALL)
_SHOWN: Final = 60
_PLACES: Final = 3


class _Twice(Exception):
    """A key stands twice."""


def duplicate_keys(data: bytes) -> list[Problem]:
    """Give an error for each key that stands more than once in its object, with all its places.

    The path is the JSON pointer. Text that is no JSON has none here: reading it says what is wrong.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return []
    try:
        _DECODER.decode(text)
    except (_Twice, RecursionError):
        return _told(text)
    except ValueError:
        return []
    return []


def _unique(pairs: list[tuple[str, Any]]) -> None:
    # Gives nothing back, so that no tree is built.
    if len(dict(pairs)) != len(pairs):
        raise _Twice


def _nothing(_: str) -> None:
    """Leave a number as it is: some are beyond what Python converts."""


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_nothing, parse_float=_nothing, strict=False
)


@dataclass
class _Level:
    """An object or a list that is open: where its keys stand, or how many items it has had."""

    is_object: bool
    step: str
    keys: dict[str, list[int]] = field(default_factory=dict)
    key: str | None = None
    index: int = 0


def _told(text: str) -> list[Problem]:
    """Go through the tokens of a JSON text, without recursion."""
    problems: list[Problem] = []
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    levels: list[_Level] = []
    characters = 0
    for token in _TOKEN.finditer(text):
        word = token[0]
        level = levels[-1] if levels else None
        if word in "{[":
            step = "" if level is None else level.key if level.is_object else str(level.index)
            levels.append(_Level(word == "{", step or ""))
        elif level is None:
            continue
        elif word in "}]":
            levels.pop()
            for key, places in level.keys.items():
                if len(places) > 1:
                    steps = [*(open_.step for open_ in levels[1:]), level.step] if levels else []
                    pointer = "".join(f"/{escape(step)}" for step in (*steps, key))
                    problems.append(_problem(pointer, key, places, starts))
                    characters += len(pointer)
                    if len(problems) == MOST or characters > _MOST_CHARACTERS:
                        return problems
        elif word == ",":
            level.key = None
            level.index += 1
        elif level.is_object and level.key is None and word != ":":
            level.key = _key(word)
            level.keys.setdefault(level.key, []).append(token.start())
    return problems


def _key(word: str) -> str:
    try:
        return str(json.loads(word, strict=False))
    except ValueError:
        return word[1:-1]


def _problem(pointer: str, key: str, places: list[int], starts: list[int]) -> Problem:
    where = []
    for at in places[:_PLACES]:
        line = bisect_right(starts, at)
        where.append(f"line {line}, column {at - starts[line - 1] + 1}")
    if len(places) > _PLACES:
        where.append(f"{len(places) - _PLACES} more")
    shown = repr(key if len(key) <= _SHOWN else f"{key[:_SHOWN]}...")
    times = "twice" if len(places) == 2 else f"{len(places)} times"
    return Problem(
        severity="error",
        layer="read",
        path=pointer,
        code="duplicate-key",
        message=f"{shown} stands {times} in one object, expected once: at {' and '.join(where)}",
        link=_LINK,
    )
