"""What of a document is not in another one that says the same facts, perhaps in another order.

A fact is a value with the names on the way to it: positions in lists say nothing. Each is taken
away as often as it stands in the other document.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec


class Facts(NamedTuple):
    """How a syntax has its facts.

    `joint` stands between names in a path. `value` gives what makes a value itself, or None for an
    empty object or list that is none. `nothing` tells of a node that is written again, and of what
    of it is not, that this says no more.
    """

    joint: str
    value: Callable[[Any], tuple[Any, ...] | None]
    nothing: Callable[[Any, dict[Any, Any]], bool]

    def of(self, node: Any, path: str) -> Iterator[tuple[Any, ...]]:
        """Each fact of a tree: its path, and what makes it itself."""
        if node and node.__class__ is dict:
            for key, inner in node.items():
                yield from self.of(inner, f"{path}{self.joint}{key}")
        elif node and node.__class__ is list:
            for inner in node:
                yield from self.of(inner, path)
        elif (value := self.value(node)) is not None:
            yield path, *value

    def members(self, node: Any, path: str) -> Iterator[tuple[str, bytes]]:
        """Each member of a list in a tree, with the names on the way to it."""
        if isinstance(node, dict):
            for key, inner in node.items():
                yield from self.members(inner, f"{path}{self.joint}{key}")
        elif isinstance(node, list):
            for inner in node:
                yield path, _canonical(inner)
                yield from self.members(inner, path)

    def left(
        self, node: Any, path: str, written: Counter[Any], members: Counter[Any]
    ) -> tuple[Any, bool]:
        """What of a node is not written, and whether anything of it is.

        What is found is taken from the facts that are `written`, and from the `members` of lists.
        """
        inside = node and node.__class__ in (dict, list)
        value = None if inside else self.value(node)
        if value is not None:
            fact = path, *value
            if written[fact] > 0:
                written[fact] -= 1
                return None, True
            return node, False
        pairs = list(node.items() if isinstance(node, dict) else enumerate(node))
        read = not pairs
        if isinstance(node, list):
            # Those that are written as they are come first: what they say is not to be missed of
            # the others.
            over = []
            for key, inner in pairs:
                member = path, _canonical(inner)
                if members[member] > 0:
                    members[member] -= 1
                    written.subtract(self.of(inner, path))
                    read = True
                else:
                    over.append((key, inner))
            pairs = over
        kept: dict[Any, Any] = {}
        for key, inner in pairs:
            below = f"{path}{self.joint}{key}" if isinstance(node, dict) else path
            left, some = self.left(inner, below, written, members)
            read = read or some
            if left is not None:
                kept[key] = left
        if not read:
            return node, False
        if self.nothing(node, kept):
            return None, True
        return kept or None, True


def _canonical(node: Any) -> bytes:
    return msgspec.json.encode(node, order="sorted", enc_hook=str)
