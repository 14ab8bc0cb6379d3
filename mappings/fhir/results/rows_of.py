"""The numbers of a section, by the rows that they are in: what one row of a table leaves another.

The numbers of a row stand in the Evidence of the groups, and what the row is called in the
EvidenceVariable. So the Evidence of a section is read first, and each row then takes its own.
"""

from collections.abc import Mapping
from typing import Any

from trialbridge.mappings.codec import Codec, Mismatch, Node
from trialbridge.mappings.fhir.results.columns import ORDER, back
from trialbridge.mappings.fhir.types import NOT_STATED
from trialbridge.mappings.names import Names


class Rows:
    """The numbers of the section at hand, by the keys of their rows."""

    def __init__(self, names: Names) -> None:
        self.by_key: Mapping[Any, list[Any]] = {}


def _own(key: Any, names: Names) -> list[Any] | None:
    return names.once(Rows).by_key.get(key)


own: Codec[list[Any]] = Codec(_own, lambda value, names: None)
"""The numbers of a row, found by its key."""


def category(key: str, words: str | None) -> Node:
    """What says in a statistic of which row it is: its key as the id, and what it is called."""
    return {"id": key, "text": words} if words else {"id": key, **NOT_STATED}


def take(columns: list[list[tuple[Any, Any]]], section: Node, names: Names) -> None:
    """Have the rows of a section at hand, made of the columns that were read."""
    orders = orders_in(section)
    names.once(Rows).by_key = back(columns, orders.get)


def orders_in(node: Node) -> dict[Any, str]:
    """The order of each odd row that a node says, by its key."""
    found = {}
    told = node.get("extension")
    for extension in told if told.__class__ is list else ():
        if extension.__class__ is dict and extension.get("url") == ORDER.url:
            words = extension.get("valueString")
            if words.__class__ is not str:
                raise Mismatch(f"expected a string, found {words!r:.60}", "extension")
            key, _, order = words.partition(" ")
            found[key] = order
    return found


def order_extensions(orders: Mapping[int, str], keys: list[str]) -> list[Node]:
    """What says the order of each odd row."""
    return [
        {"url": ORDER.url, "valueString": f"{keys[row]} {order}"} for row, order in orders.items()
    ]
