"""Lists within a criterion, where its words say for certain whether any or all of them count."""

import re
from typing import Literal, NamedTuple

Method = Literal["any-of", "all-of"]


class Listed(NamedTuple):
    """A list: what leads to it, how its items count, and their words."""

    lead: str
    method: Method
    items: tuple[str, ...]


_ITEM = re.compile(r"( +)(?:[*+\-\u2022]|\d{1,3}[.)]) +(?=\S)")
_FOLLOWING = r"(?: of)?(?: the)? following\b[^.;:\n]{0,60}[.;:\uff1a]?"
_ANY = re.compile(
    r"\b(?:any(?: one)?(?: or more)?|(?:at least |\u2265 ?)?(?:one|1)(?: or more)?|either)"
    + _FOLLOWING,
    re.IGNORECASE,
)
_ALL = re.compile(r"\b(?:all|each|both)" + _FOLLOWING, re.IGNORECASE)
# Any that is denied is none, and of all that are denied one may be.
_DENIED = re.compile(
    r"\b(?:not|no|none|nor|neither|never|without|unless|except|free|other than|cannot)\b|n't\b",
    re.IGNORECASE,
)


def listed(words: str) -> Listed | None:
    """The list that a criterion ends with; None if there is none, or its words leave it open."""
    lines = words.split("\n")
    first = next((n for n, line in enumerate(lines) if n and _ITEM.match(line)), None)
    if first is None:
        return None
    lead = " ".join(line.strip() for line in lines[:first] if line.strip())
    method = _method(lead)
    items = _items(lines[first:])
    return Listed(lead, method, items) if method and items else None


def _method(lead: str) -> Method | None:
    """How the items count, by the end of what leads to them."""
    ends = {
        method
        for method, pattern in (("any-of", _ANY), ("all-of", _ALL))
        if any(found.end() == len(lead) for found in pattern.finditer(lead))
    }
    if len(ends) != 1 or _DENIED.search(lead):
        return None
    return "any-of" if "any-of" in ends else "all-of"


def _items(lines: list[str]) -> tuple[str, ...] | None:
    """The items of a list, each with what is within it; None where something follows the list."""
    found = _ITEM.match(lines[0])
    assert found is not None
    indent = len(found[1])
    items: list[list[str]] = []
    for line in lines:
        item = _ITEM.match(line)
        if item is not None and len(item[1]) == indent:
            items.append([line[item.end() :]])
        elif line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            return None
        else:
            items[-1].append(line.strip())
    if len(items) < 2:
        return None
    return tuple("\n".join(one).strip() for one in items)
