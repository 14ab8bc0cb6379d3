"""What of a document is not in the record that was read of it: not written again.

It is kept in `unmapped` below `/fhir`, so that it is there when the record is written as FHIR
again. Nothing is listed as known, so nothing can be forgotten.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.links import Resources, shown
from trialbridge.mappings.leftover import Facts
from trialbridge.mappings.record import registry
from trialbridge.schemas.base import BASE
from trialbridge.schemas.syntax.pointer import escape

RECORD_TAG = f"{BASE}/record"
"""The system of the tag that says on a server to which record a resource belongs, by its id."""

_THO = "http://terminology.hl7.org/CodeSystem/"
_R5 = "http://hl7.org/fhir/"
_ONE_NAME = {
    **dict.fromkeys(registry.CTGOV_SYSTEMS, registry.CTGOV),
    **dict.fromkeys(registry.MESH_SYSTEMS, registry.MESH),
}
# What a Bundle needs to hold together, and what a server says of a resource.
_NO_FACTS = frozenset({"resourceType", "id", "contained", "versionId", "lastUpdated"})
_LINKS = frozenset({"reference", "definitionCanonical", "resource"})
# Where something else of a node was read, these say no more: which code it was, which resource.
_NAMES = frozenset({"display", "type", "linkId", "id", "version", "userSelected"})
# Words and codes, which we may write at another place than they were read at.
_WORDS = frozenset({"name", "title", "text", "display", "description", "code", "system", "value"})


def rest(
    resources: Iterable[tuple[str | None, Node]],
    again: list[Node],
    resolve: Callable[[Any], Node | None],
    *,
    edited: bool,
) -> tuple[dict[str, Any], list[str]]:
    """What of resources, each with its pointer, is not in those written again, by JSON pointers.

    Beside it the path of each such value. A resource without a pointer is of our making. `resolve`
    gives the resource of the document that a reference leads to: to call it by its own name says
    nothing. Of a document of ours that somebody `edited`, what an edit has taken the place of is
    told and not kept; nor is what stands in extensions and code systems of ours, anywhere.
    """
    resources = list(resources)
    own = Resources()
    for node in again:
        own.add(node, None)
    told = [(_spelt(node, own.get), _type(node)) for node in own.read]
    facts = Counter(fact for node, type_ in told for fact in _FACTS.of(node, type_))
    members = Counter(member for node, type_ in told for member in _FACTS.members(node, type_))

    written, kept = _unread(resources, resolve, facts, members)
    # What stands there in its stead, and what is said again by what was merged.
    instead: set[Any] = set()
    if edited:
        instead = {path for (path, *_), count in written.items() if count > 0} | written.keys()
    moved = Counter(
        {
            value: count
            for (path, _, value), count in written.items()
            if count > 0 and path.rpartition(".")[2] in _WORDS
        }
    )
    found: dict[str, Any] = {}
    paths: list[str] = []
    for pointer, left, spelt, node in kept:
        whole: dict[str, Any] = {}
        _gather(left, spelt, pointer, _type(node), whole)
        for at, (path, value) in whole.items():
            value = _elsewhere(value, path.rpartition(".")[2], moved)
            paths += leaves(value, path)
            value = _pruned(value, path, instead)
            if value is not None:
                found[at] = _as_given(value)
    return found, paths


def _type(resource: Node) -> str:
    return str(resource.get("resourceType"))


def _unread(
    resources: Iterable[tuple[str | None, Node]],
    resolve: Callable[[Any], Node | None],
    facts: Counter[Any],
    members: Counter[Any],
) -> tuple[Counter[Any], list[tuple[str, Any, Any, Node]]]:
    """The facts that no resource has, and what of each is not among them."""
    facts, members = facts.copy(), members.copy()
    kept = []
    for pointer, node in resources:
        spelt = _spelt(node, resolve)
        left, _ = _FACTS.left(spelt, _type(node), facts, members)
        # What stands for a form of theirs has nothing of its own.
        if left is not None and pointer is not None:
            kept.append((pointer, left, spelt, node))
    return facts, kept


def _elsewhere(node: Any, key: str, moved: Counter[Any]) -> Any:
    """A part of a document without the words and codes that are written at another place."""
    if isinstance(node, list):
        left = [one for one in (_elsewhere(one, key, moved) for one in node) if one is not None]
        return left or None
    if isinstance(node, dict):
        made = {name: _elsewhere(value, name, moved) for name, value in node.items()}
        return {name: value for name, value in made.items() if value is not None} or None
    if key in _WORDS and moved[node] > 0:
        moved[node] -= 1
        return None
    return node


def _pruned(node: Any, path: str, instead: set[Any]) -> Any:
    """A part of a document without what is ours, and what something else stands instead of."""
    if isinstance(node, list):
        inner = (_pruned(one, path, instead) for one in node)
        return [one for one in inner if one is not None] or None
    if not isinstance(node, dict):
        # In a document of ours, a link may be called after what was edited.
        over = path in instead or (path, _kind(node), node) in instead
        return None if over or (instead and path.endswith(".display")) else node
    if any(str(node.get(key)).startswith(BASE) for key in ("system", "url")):
        return None
    code = node.get("code")
    if isinstance(code, dict) and _pruned(code, "", instead) is None:
        return None
    made = {key: _pruned(value, f"{path}.{key}", instead) for key, value in node.items()}
    return {key: value for key, value in made.items() if value is not None} or None


def leaves(value: Any, path: str) -> Iterator[str]:
    """The path of each value in a part of a document, without the positions in lists."""
    if value is None:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path


def _spelt(node: Any, resolve: Callable[[Any], Node | None]) -> Any:
    """A tree without what says nothing, each code system by one of its names."""
    if isinstance(node, list):
        return [_spelt(one, resolve) for one in node]
    if not isinstance(node, dict):
        return node
    made = {}
    target = next((found for key in _LINKS if (found := resolve(node.get(key)))), None)
    for key, value in node.items():
        if key in _NO_FACTS or (key == "text" and _says_again(value)):
            continue
        if target is not None and (key, value) in _names_of(target):
            continue
        if key in _LINKS and (found := resolve(value)) is not None:
            # Ours lead to resources of other names: what one leads to is what it says.
            made[key] = _named(f"-> {_led_to(found)}", value)
            continue
        if key == "url" and isinstance(value, str) and value.startswith(BASE) and "status" in node:
            continue
        if key == "tag" and isinstance(value, list):
            value = [each for each in value if not _is_record_tag(each)]
            if not value:
                continue
        if key == "system" and isinstance(value, str):
            value = _one_name(value)
        made[key] = _spelt(value, resolve)
    return made


def _is_record_tag(tag: Any) -> bool:
    return isinstance(tag, dict) and tag.get("system") == RECORD_TAG


class _Name(str):
    """The one name of a code system or of what a link leads to, and what it was given as."""

    __slots__ = ("given",)
    given: str


def _one_name(system: str) -> str:
    one = _ONE_NAME.get(system, system)
    if one.startswith(_THO):
        one = _R5 + one[len(_THO) :]
    return system if one == system else _named(one, system)


def _named(name: str, given: str) -> _Name:
    found = _Name(name)
    found.given = given
    return found


def _led_to(target: Node) -> str:
    """What a link leads to: a part of a study is the place that it is at."""
    return "Location" if "partOf" in target and "site" in target else _type(target)


def _as_given(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _as_given(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_as_given(one) for one in node]
    if isinstance(node, Decimal):
        return float(node)
    return node.given if isinstance(node, _Name) else node


def _says_again(text: Any) -> bool:
    """Whether a narrative says nothing beside the resource.

    https://hl7.org/fhir/R5/valueset-narrative-status.html
    """
    return isinstance(text, dict) and text.get("status") in ("generated", "extensions")


def _names_of(target: Node) -> tuple[tuple[str, Any], ...]:
    type_ = str(target.get("resourceType"))
    try:
        called = shown(type_, target)
    except (AttributeError, IndexError, KeyError, TypeError):
        called = None  # It is not of its form, and nothing reads its name.
    return ("type", type_), ("display", called)


def _says_no_more(node: Any, kept: dict[Any, Any]) -> bool:
    if not isinstance(node, dict):
        return False
    # What a link calls its target otherwise than that calls itself is said of the link alone.
    names = _NAMES - {"display"} if _LINKS & node.keys() else _NAMES
    return all(key in names and not isinstance(inner, dict | list) for key, inner in kept.items())


def _gather(
    kept: Any, node: Any, pointer: str, path: str, found: dict[str, tuple[str, Any]]
) -> None:
    """Collect the largest parts of which nothing was read, with their paths."""
    if kept == node:
        found[pointer] = path, kept
        return
    for key, inner in kept.items():
        below = f"{path}.{key}" if isinstance(node, dict) else path
        _gather(inner, node[key], f"{pointer}/{escape(str(key))}", below, found)


def _kind(value: Any) -> type:
    """What tells 1 from true, and neither a name nor a number with its digits from the same."""
    if isinstance(value, str):
        return str
    return float if isinstance(value, Decimal) else type(value)


_FACTS = Facts(
    ".",
    lambda node: None if node.__class__ in (dict, list) else (_kind(node), node),
    _says_no_more,
)
