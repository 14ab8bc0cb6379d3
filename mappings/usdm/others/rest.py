"""What of a USDM document is not in the record that was read of it: not written again."""

from collections import Counter
from typing import Any, Final

from trialbridge.mappings.codec import Node
from trialbridge.mappings.leftover import Facts
from trialbridge.mappings.usdm.others.beyond import PREFIX
from trialbridge.schemas.syntax.pointer import escape
from trialbridge.schemas.usdm.definitions import URL

# What an object needs to hold together.
_NO_FACTS: Final = frozenset({"id", "instanceType"})
# Where something else of an object was read, these say no more: what it is called, which code.
_NAMES: Final = frozenset({"name", "label", "code", "codeSystem", "codeSystemVersion", "decode"})
# What a document says of itself.
_OF_FILE: Final = frozenset({"usdmVersion", "systemName", "systemVersion"})


def rest(tree: Node, again: Node) -> dict[str, Any]:
    """What of a document's tree is not in that written again, by JSON pointers below `/usdm`."""
    said = {key: value for key, value in tree.items() if key not in _OF_FILE}
    document, written = _spelt(said), _spelt(again)
    facts = Counter(_FACTS.of(written, ""))
    members = Counter(_FACTS.members(written, ""))
    kept, _ = _FACTS.left(document, "", facts, members)
    found: dict[str, Any] = {}
    if kept is not None:
        for key, inner in kept.items():
            _gather(inner, document[key], said[key], f"{PREFIX}{escape(key)}", found)
    return found


def _gather(kept: Any, spelt: Any, node: Any, pointer: str, found: dict[str, Any]) -> None:
    """Collect the largest parts of which nothing was read, as the document has them."""
    if kept == spelt:
        found[pointer] = node
        return
    for key, inner in kept.items():
        _gather(inner, spelt[key], node[key], f"{pointer}/{escape(str(key))}", found)


def _spelt(node: Any) -> Any:
    """A tree without what says nothing; whereto an id leads is no fact of its own."""
    if node.__class__ is list:
        return [_spelt(one) for one in node]
    if node.__class__ is not dict:
        return node
    return {
        key: _spelt(value)
        for key, value in node.items()
        if key not in _NO_FACTS
        and value is not None
        and value not in ([], "")
        and not (key.endswith(("Id", "Ids")) and key != "valueId")
        and not (key == "extensionAttributes" and _is_ours(value))
    }


def _is_ours(extensions: Any) -> bool:
    """Whether a list has extension attributes of ours alone."""
    return extensions.__class__ is list and all(
        one.__class__ is dict and str(one.get("url")).startswith(URL) for one in extensions
    )


def _says_no_more(node: Any, kept: dict[Any, Any]) -> bool:
    if node.__class__ is list:
        return False
    return all(key in _NAMES and inner.__class__ not in (dict, list) for key, inner in kept.items())


def _kind(value: Any) -> type:
    """What tells 1 from true; a number is the same with a point or without."""
    return float if value.__class__ is int else type(value)


_FACTS: Final = Facts(
    "/",
    # An object of which nothing is left is a fact that it stands there.
    lambda node: (dict, "") if node.__class__ in (dict, list) else (_kind(node), node),
    _says_no_more,
)
