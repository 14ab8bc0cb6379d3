"""One walk over a USDM document: each object as its class has it, and where each id leads."""

import re
from datetime import date
from typing import Any, Final, NamedTuple

from trialbridge.schemas.problem import Problem, Severity
from trialbridge.schemas.syntax.pointer import escape
from trialbridge.schemas.usdm.definitions import (
    API_LINK,
    RULES_LINK,
    Definitions,
    Member,
)

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

SHARED: Final = -1
"""The scope of what stands beside the versions of a study: its documents."""

Where = tuple[Any, ...] | None
"""A place: that around it and a key. A pointer is made only of what has a problem."""


class Found(NamedTuple):
    """An object with an id, of which a document has thousands."""

    class_: str
    where: Where


class Reference(NamedTuple):
    """An id that has to lead to an object of one of these classes; to any, if there are none."""

    where: Where
    id: str
    to: frozenset[str]
    scope: int


class Walk:
    """What was found on the way, and the problems."""

    def __init__(self, known: Definitions) -> None:
        self.known = known
        self.problems: list[Problem] = []
        self.objects: list[tuple[str, dict[str, Any], Where]] = []
        """The objects that rules ask of, with their classes and places."""
        self.ids: dict[int, dict[str, Found]] = {}
        self.references: list[Reference] = []
        self._scope = SHARED

    def whole(self, tree: dict[str, Any]) -> None:
        """Walk a document, and resolve its references."""
        self._members(tree, "Wrapper", None)
        for reference in self.references:
            self._resolve(reference)

    # --- objects -------------------------------------------------------------------------------

    def _object(self, node: Any, member: Member, where: Where) -> None:
        if node.__class__ is not dict:
            self._say(where, "type", f"expected {_one(member)}, found {_shown(node)}")
            return
        classes = member.classes
        class_ = classes[0]
        if len(classes) > 1:
            said = node.get("instanceType")
            if said not in classes:
                found = "it is absent" if said is None else f"found {_shown(said)}"
                wanted = " or ".join(map(repr, classes))
                self._say((where, "instanceType"), "instance-type", f"expected {wanted}, {found}")
                return
            class_ = said
        if class_ in self.known.ruled:
            self.objects.append((class_, node, where))
        id_ = node.get("id")
        if id_.__class__ is str:
            self._identified(id_, class_, where)
        self._members(node, class_, where)

    def _members(self, node: dict[str, Any], class_: str, where: Where) -> None:
        known = self.known.classes[class_]
        members = known.members
        for key, value in node.items():
            member = members.get(key)
            if member is None:
                self._say(
                    (where, key),
                    "unknown-member",
                    f"{class_} has no member {key!r}; what USDM has no place for goes into "
                    "extensionAttributes (DDF00125)",
                    RULES_LINK,
                )
            elif member.plain and value.__class__ is str:
                # Most members are texts, and need no further look.
                continue
            elif member.many:
                self._list(value, member, (where, key), class_)
            elif value is None:
                if not member.nullable:
                    self._say((where, key), "type", f"expected {member.wanted}, found null")
            elif member.classes:
                self._object(value, member, (where, key))
            elif value != member.const or not member.const:
                self._value(value, member, (where, key))
        if not known.must <= node.keys():
            for key in members:
                if key in known.must and key not in node:
                    self._say(
                        where,
                        "required",
                        f"{class_} without {key}, which is {members[key].wanted} (DDF00125)",
                    )

    def _list(self, values: Any, member: Member, where: Where, class_: str) -> None:
        if values.__class__ is not list:
            self._say(where, "type", f"expected {member.wanted}, found {_shown(values)}")
            return
        extensions = member.classes == (_EXTENSION,)
        versions = class_ == "Study" and member.classes == ("StudyVersion",)
        for position, value in enumerate(values):
            if versions:
                self._scope = position
            if extensions and _is_text(value):
                # Most objects of a document of ours are these, and all of them like this.
                self._identified(value["id"], _EXTENSION, (where, position))
            elif member.classes:
                self._object(value, member, (where, position))
            else:
                self._value(value, member, (where, position))
        self._scope = SHARED if class_ == "Study" else self._scope

    # --- values --------------------------------------------------------------------------------

    def _value(self, value: Any, member: Member, where: Where) -> None:
        if member.const:
            if value != member.const:
                self._say(
                    where, "instance-type", f"expected {member.const!r}, found {_shown(value)}"
                )
            return
        if not any(_is(value, kind) for kind in member.values):
            self._say(where, "type", f"expected {_one(member)}, found {_shown(value)}")
        elif member.refers:
            self.references.append(Reference(where, value, member.to, self._scope))

    # --- ids -----------------------------------------------------------------------------------

    def _identified(self, id_: str, class_: str, where: Where) -> None:
        """Keep an id, which has to be one object's alone in its version of the study."""
        scope = self._scope
        held = self.ids.setdefault(scope, {})
        first = held.get(id_)
        if first is None:
            scopes = self.ids.values() if scope == SHARED else (self.ids.get(SHARED, {}),)
            first = next((one[id_] for one in scopes if id_ in one), None)
        if first is None:
            held[id_] = Found(class_, where)
            return
        self._say(
            (where, "id"),
            "id-twice",
            f"{id_!r} is the id of the {first.class_} at {pointer(first.where)} too; an id "
            "stands once in a version of a study (DDF00083)",
            RULES_LINK,
        )

    def _resolve(self, reference: Reference) -> None:
        scopes = list(self.ids) if reference.scope == SHARED else [reference.scope, SHARED]
        found = [one for scope in scopes if (one := self.ids.get(scope, {}).get(reference.id))]
        wanted = " or ".join(sorted(reference.to)) or "an object"
        if not found:
            self._say(
                reference.where,
                "no-such-id",
                f"{reference.id!r} is no id in the document, expected that of {_a(wanted)}",
            )
        elif reference.to and not any(one.class_ in reference.to for one in found):
            self._say(
                reference.where,
                "wrong-class",
                f"{reference.id!r} is the id of {_a(found[0].class_)} "
                f"({pointer(found[0].where)}), expected that of {_a(wanted)}",
            )

    def _say(
        self,
        where: Where,
        code: str,
        message: str,
        link: str = API_LINK,
        severity: Severity = "error",
    ) -> None:
        self.problems.append(
            Problem(
                severity=severity,
                layer="references" if code in _OF_REFERENCES else "schema",
                path=pointer(where),
                code=code,
                message=message,
                link=link,
            )
        )


_OF_REFERENCES: Final = frozenset({"id-twice", "no-such-id", "wrong-class"})


_EXTENSION: Final = "ExtensionAttribute"


def _is_text(node: Any) -> bool:
    """Whether this is an extension attribute with a text and nothing else."""
    return (
        node.__class__ is dict
        and len(node) == 4
        and node.get("instanceType") == _EXTENSION
        and node.get("valueString").__class__ is str
        and node.get("url").__class__ is str
        and node.get("id").__class__ is str
    )


def pointer(where: Where) -> str:
    """The JSON pointer of a place."""
    keys: list[str] = []
    while where is not None:
        where, key = where
        keys.append(f"/{escape(str(key))}")
    return "".join(reversed(keys))


def _is(value: Any, kind: str) -> bool:
    class_ = value.__class__
    if kind == "string":
        return class_ is str
    if kind == "boolean":
        return class_ is bool
    if kind == "number":
        return class_ in (int, float)
    if kind == "integer":
        return class_ is int or (class_ is float and value.is_integer())
    if class_ is not str:
        return False
    if kind == "uuid":
        return _UUID.fullmatch(value) is not None
    try:
        return _DATE.fullmatch(value) is not None and date.fromisoformat(value) is not None
    except ValueError:
        return False


def _one(member: Member) -> str:
    return member._replace(many=False).wanted


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name}" if name[0].isupper() else name


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if value.__class__ is dict:
        return "an object"
    if value.__class__ is list:
        return "a list"
    if value.__class__ is bool:
        return str(value).lower()
    return f"{value!r:.60}"
