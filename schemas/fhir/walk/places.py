"""Places in the JSON of a resource, and the words in which problems say what is there."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

# A place in the JSON: the place around it, and a key, an index, or `/*Group/1*/` to name a
# resource. Strings are made of it only when there is something to report.
Place = tuple[Any, str | int]


def show(place: Place | None) -> str:
    """Write a place as FHIRPath: `Bundle.entry[3].resource/*ResearchStudy/NCT01234567*/.status`.

    The comment names the resource, as in the messages of HL7's own validator.
    """
    keys: list[str] = []
    while place is not None:
        place, key = place
        if isinstance(key, int):
            keys.append(f"[{key}]")
        else:
            keys.append(key if place is None or key.startswith("/*") else f".{key}")
    return "".join(reversed(keys))


def short(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 128:
        # Python refuses to write numbers of thousands of digits.
        return f"a number of {value.bit_length()} bits"
    text = repr(value[:80] if isinstance(value, str) else value)
    return text if len(text) <= 60 else f"{text[:57]}...{text[0]}"


def near(word: str, words: Iterable[str]) -> str:
    near = get_close_matches(word[:80], words, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def what_is(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"the number {short(value)}" if isinstance(value, int | float) else short(value)


def a_or_an(name: str) -> str:
    # "a uri", but "an unsignedInt".
    vowel = name[:1] in "AEIOaeio" or name.startswith("un")
    return f"{'an' if vowel else 'a'} {name}"


def either(names: frozenset[str]) -> str:
    *others, last = map(a_or_an, sorted(names))
    return f"{', '.join(others)} or {last}" if others else last


def listing(value: str, listed: tuple[str, ...]) -> str:
    if len(listed) <= 20:
        return ", ".join(listed)
    return f"it has {len(listed)}{near(value, listed)}"
