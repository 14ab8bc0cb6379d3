"""A format's tree: dicts and lists, and the paths to what is in them."""

from collections.abc import Mapping, Sequence
from typing import Any

Node = dict[str, Any]


def joined(path: str, further: str) -> str:
    """A path and one from there on."""
    if not path or not further or further.startswith("["):
        return path + further
    return f"{path}.{further}"


def put(tree: Node, keys: Sequence[str], value: Any) -> None:
    """Set the value at these keys, with the objects on the way to it."""
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    tree[keys[-1]] = value


def extend(node: Node, key: str, elements: list[Any]) -> None:
    """Add elements to a list that several rows share."""
    if elements:
        found = node.get(key)
        node[key] = elements if found is None else found + elements


def merge(node: Node, members: Mapping[str, Any]) -> None:
    """Add members to a node; lists are joined."""
    for key, value in members.items():
        if value.__class__ is list:
            extend(node, key, value)
        else:
            node[key] = value


def first_by(nodes: list[Any], member: str) -> dict[str, Node]:
    """The first object of a list for each text that a member has in them."""
    found: dict[str, Node] = {}
    for node in nodes:
        if node.__class__ is dict:
            value = node.get(member)
            if value.__class__ is str and value not in found:
                found[value] = node
    return found
