"""Which leaves of a trial the text layout does not show, and which are not read back alike."""

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from trialbridge.mappings.text.blocks.texts import Line
from trialbridge.mappings.text.layout import LAYOUT, SHOWN
from trialbridge.mappings.text.rows import Tree
from trialbridge.schemas.syntax.pointer import escape

_Shown = dict[str, Any]
"""The leaves that the layout shows, key by key, `*` for the items of a list; a leaf has none."""


def _tree_of(leaves: dict[str, str]) -> _Shown:
    tree: _Shown = {}
    for leaf in leaves:
        below = tree
        for key in leaf.split("/")[1:]:
            below = below.setdefault(key, {})
    return tree


_SHOWN = _tree_of(SHOWN)
_NOTHING: _Shown = {"": {}}
"""Where nothing is shown, not even a leaf."""

TERMS = tuple(where.pointer for block in LAYOUT if isinstance(block, Line) for where in block.parts)
"""Lists whose items the page has on one line."""

# What only the page says is derived from what it shows.
_DERIVED = ("/page/", *TERMS)


def not_shown(tree: Tree) -> Counter[str]:
    """How many values of each leaf the layout has no place for."""
    found: Counter[str] = Counter()
    for key, value in tree.items():
        _count(value, _SHOWN.get(key, _NOTHING), f"/{escape(key)}", found)
    return found


def _count(value: Any, shown: _Shown, leaf: str, found: Counter[str]) -> None:
    kind = value.__class__
    if kind is dict and value:
        for key, member in value.items():
            below = shown.get(key, _NOTHING)
            if below or member.__class__ in (dict, list):
                _count(member, below, f"{leaf}/{escape(key)}", found)
    elif kind is list and value:
        below, star = shown.get("*", _NOTHING), f"{leaf}/*"
        for item in value:
            _count(item, below, star, found)
    elif shown:
        found[leaf] += 1


def unlike(tree: Tree, back: Tree) -> dict[str, tuple[int, int]]:
    """Of each leaf that is shown and not read back alike: how many values, and of how many."""
    counts: Counter[str] = Counter()
    added: Counter[str] = Counter()
    _compare(tree, back, _SHOWN, "", counts, added)
    return {
        leaf: (count, added[leaf] + _number(tree, leaf.split("/")[1:]))
        for leaf, count in counts.items()
    }


def _compare(
    mine: Any, back: Any, shown: _Shown, leaf: str, counts: Counter[str], added: Counter[str]
) -> None:
    if mine == back:
        return
    for key, below in shown.items():
        pairs: Any
        if key == "*":
            pairs = zip_longest(_list(mine), _list(back))
        else:
            pairs = ((_member(mine, key), _member(back, key)),)
        place = f"{leaf}/{key}"
        for one, other in pairs:
            if below:
                _compare(one, other, below, place, counts, added)
                continue
            before, after = _value(one), _value(other)
            if before is None and after is not None and not place.startswith(_DERIVED):
                added[place] += 1
                counts[place] += 1
            elif before is not None and before != after:
                counts[place] += 1


def _number(tree: Any, way: Sequence[str]) -> int:
    """How many values stand at a leaf."""
    if not way:
        return int(_value(tree) is not None)
    if way[0] == "*":
        return sum(_number(item, way[1:]) for item in _list(tree))
    return _number(_member(tree, way[0]), way[1:])


def _list(value: Any) -> list[Any]:
    return value if value.__class__ is list else []


def _member(value: Any, key: str) -> Any:
    return value.get(key) if value.__class__ is dict else None


def _value(value: Any) -> Any:
    """A value that holds no other."""
    return None if value and value.__class__ in (dict, list) else value
