"""What USDM requires of each object, beside what the record says: the one policy for all.

Each object has its class and an id. A member that USDM requires and the record does not state is
the least that USDM accepts, and its name stands in the extension attribute `not-stated` of the
object; who reads takes it as absent, as long as it stands as it was written. A name that is the id
of its object says so by itself. An object that the record needs only to hold something else is made
in the same way.

| what is required | what stands there |
| --- | --- |
| a name, an identifier | the id of the object |
| another text | empty |
| a code | C17998, Unknown, of CDISC's terminology |
| true or false | false |
| a list | empty |
| the least age of a range | 0 years |
| the greatest age of a range | 999 years |

https://github.com/cdisc-org/DDF-RA/blob/main/Deliverables/API/USDM_API.json
"""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final, NamedTuple

from trialbridge.mappings.codec import Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.usdm.extensions import EXTENSIONS, Ids
from trialbridge.mappings.usdm.terms import UNKNOWN, unit
from trialbridge.schemas.once import once
from trialbridge.schemas.usdm.definitions import NOT_STATED, Member, definitions

_LEAST_AGE: Final[Node] = {"value": 0, "unit": unit("Year")}
_GREATEST_AGE: Final[Node] = {"value": 999, "unit": unit("Year")}

# What is called after its id, where it has no name.
_NAMES: Final = frozenset({"name", "identifier", "versionIdentifier"})

# What stands for a member, where it is not what stands for its type.
_OTHERS: Final[Mapping[tuple[str, str], Any]] = {
    ("Range", "minValue"): _LEAST_AGE,
    ("Range", "maxValue"): _GREATEST_AGE,
}


class _Part(NamedTuple):
    """A member whose objects have members of their own: their class, and whether it is a list."""

    class_: str
    many: bool


class _Class(NamedTuple):
    """What is known of a class."""

    parts: Mapping[str, _Part]
    must: tuple[tuple[str, Callable[[str], Any]], ...]
    """Each member that is required, and what makes the least of an id."""


@once
def _classes() -> Mapping[str, _Class]:
    return {
        name: _Class(
            {
                key: _Part(member.classes[0] if len(member.classes) == 1 else "", member.many)
                for key, member in class_.members.items()
                if member.classes and key != EXTENSIONS
            },
            tuple(
                (key, _least(name, key, member))
                for key, member in class_.members.items()
                if member.must and key not in ("id", "instanceType")
            ),
        )
        for name, class_ in definitions().classes.items()
    }


def _least(class_: str, key: str, member: Member) -> Callable[[str], Any]:
    said = _OTHERS.get((class_, key))
    if said is not None:
        return lambda id_: said
    if member.many:
        return lambda id_: []
    if key in _NAMES:
        return lambda id_: id_
    if member.classes == ("Code",):
        return lambda id_: UNKNOWN
    if "boolean" in member.values:
        return lambda id_: False
    if "string" in member.values:
        return lambda id_: ""
    return lambda id_: {}


class _Numbers(dict[str, Callable[[], str]]):
    """The next id of each class: `StudyArm_1` and so on."""

    def __missing__(self, class_: str) -> Callable[[], str]:
        made = self[class_] = map(f"{class_}_%d".__mod__, count(1)).__next__
        return made


# Makes of a node that of the document, with the numbers of each class and of the extensions.
_Make = Callable[[Node, _Numbers, Callable[[], str]], Node]

# Of the nodes that we write there are few sets of members.
_MOST: Final = 4_096


class _Shapes(dict[tuple[str, ...], _Make]):
    """What completes the nodes of a class, for each set of members that one has."""

    def __init__(self, class_: str) -> None:
        self.class_ = class_

    def __missing__(self, shape: tuple[str, ...]) -> _Make:
        if len(self) >= _MOST:
            self.clear()
        made = self[shape] = _made(self.class_, shape)
        return made


@once
def _shapes(class_: str) -> _Shapes:
    return _Shapes(class_)


def completed(tree: Node, class_: str, names: Names) -> Node:
    """A written tree with ids, classes and all that USDM requires."""
    return _shapes(class_)[tuple(tree)](tree, _Numbers(), names.once(Ids).next)


def _of_its_class(node: Node, numbers: _Numbers, next_id: Callable[[], str]) -> Node:
    return _shapes(node["instanceType"])[tuple(node)](node, numbers, next_id)


def _identified(extensions: list[Node], next_id: Callable[[], str]) -> list[Node]:
    for one in extensions:
        if "id" not in one:
            one["id"] = next_id()
            one["instanceType"] = "ExtensionAttribute"
    return extensions


def _made(class_: str, shape: tuple[str, ...]) -> _Make:
    """The function for one set of members; generated, since there are many such nodes."""
    parts, must = _classes()[class_]
    held: dict[str, Any] = {"of_its_class": _of_its_class, "identified": _identified}

    def part_of(key: str, part: _Part, value: str) -> str:
        """The expression of an object that has members of its own."""
        if not part.class_:
            return f"of_its_class({value}, numbers, next_id)"
        name = f"of_{part.class_}"
        held[name] = _shapes(part.class_)
        return f"{name}[tuple({value})]({value}, numbers, next_id)"

    lines = ["made = {}"]
    has_id = class_ not in _WITHOUT_ID
    if has_id:
        given = "node['id'] or " if "id" in shape else ""
        lines.append(f"made['id'] = {given}numbers[{class_!r}]()")
    for key in shape:
        part = parts.get(key)
        if part is None:
            value = f"node[{key!r}]"
        elif part.many:
            value = f"[{part_of(key, part, 'one')} for one in node[{key!r}]]"
        else:
            lines.append(f"one = node[{key!r}]")
            value = part_of(key, part, "one")
        lines.append(f"made[{key!r}] = {value}")
    if EXTENSIONS in shape:
        lines.append(f"identified(made[{EXTENSIONS!r}], next_id)")
    unstated = []
    for number, (key, least) in enumerate(must):
        if key in shape:
            continue
        held[f"least{number}"] = least
        id_ = "made['id']" if has_id or "id" in shape else "''"
        value = f"least{number}({id_})"
        part = parts.get(key)
        if part is not None and not part.many:
            lines.append(f"one = {value}")
            value = part_of(key, part, "one")
        lines.append(f"made[{key!r}] = {value}")
        if key != "name":
            unstated.append(key)
    if unstated:
        said = (
            f"{{'id': next_id(), 'url': {NOT_STATED!r}, 'valueString': {' '.join(unstated)!r}, "
            "'instanceType': 'ExtensionAttribute'}"
        )
        before = f"*made[{EXTENSIONS!r}], " if EXTENSIONS in shape else ""
        lines.append(f"made[{EXTENSIONS!r}] = [{before}{said}]")
    if class_ != "Wrapper":
        lines.append(f"made['instanceType'] = {class_!r}")
    body = "".join(f"    {line}\n" for line in lines)
    # All of the source is made here: keys are those of our tables and of the definitions.
    exec(f"def complete(node, numbers, next_id):\n{body}    return made\n", held)
    make: _Make = held["complete"]
    return make


_WITHOUT_ID: Final = frozenset({"Wrapper", "Study"})


# --- reading -----------------------------------------------------------------------------------


def stated(tree: Node, *, ours: bool) -> Node:
    """A document's tree without what its source does not state, which is marked so.

    Nulls and empty texts go too. What was written over since is stated. In a document that is
    `ours` a name that is the id of its object is none. The objects are others than those of the
    tree, so that they may be changed.
    """
    made: Node = _stated(tree, "Wrapper", _classes(), ours)
    return made


def _stated(node: Any, class_: str, classes: Mapping[str, _Class], ours: bool) -> Any:
    if node.__class__ is not dict:
        return node
    known = classes.get(class_ or str(node.get("instanceType")))
    if known is None:
        return node
    unstated: set[Any] = set()
    extensions = node.get(EXTENSIONS)
    if extensions.__class__ is list:
        for one in extensions:
            if one.__class__ is dict and one.get("url") == NOT_STATED:
                unstated.update(str(one.get("valueString")).split())
    if unstated:
        least = dict(known.must)
        unstated = {
            key
            for key in unstated
            if key in least and _is_least(node.get(key), least[key](str(node.get("id"))))
        }
    if ours and "name" in node and node["name"] == node.get("id"):
        unstated.add("name")
    made = {}
    for key, value in node.items():
        if key in unstated or value is None or value == "":
            continue
        part = known.parts.get(key)
        if part is not None:
            if value.__class__ is list:
                value = [_stated(one, part.class_, classes, ours) for one in value]
            else:
                value = _stated(value, part.class_, classes, ours)
        made[key] = value
    return made


def _is_least(value: Any, least: Any) -> bool:
    """Whether a value is still what was written where nothing is stated."""
    if least.__class__ is dict and value.__class__ is dict:
        return all(_is_least(value.get(key), inner) for key, inner in least.items())
    return bool(value == least)
