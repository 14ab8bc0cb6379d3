"""The types of a FHIR version and what holds for them, with expressions that are compiled once."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from trialbridge.schemas.fhir.digests.definitions import (
    Definitions,
    Invariant,
    Row,
    Version,
    definitions,
)
from trialbridge.schemas.fhir.invariants.corrected import CORRECTED
from trialbridge.schemas.fhir.invariants.functions import FUNCTIONS
from trialbridge.schemas.fhir.invariants.native import HTML_CHECKS, NATIVE
from trialbridge.schemas.fhir.invariants.values import short
from trialbridge.schemas.once import LOCK, once
from trialbridge.schemas.problem import Severity

if TYPE_CHECKING:
    from trialbridge.schemas.fhir.invariants.run import Run


@dataclass(slots=True)
class Check:
    """An invariant, ready to be evaluated.

    `members` are the JSON members that the expression is about: where a node has none of them, and
    none beside those that its type has (`known`), the answer is always the same, and is found once.
    None if it is about more than its own element.
    `guard` are those without one of which it is true in any case (`code.exists() implies ...`).
    """

    key: str
    severity: Severity
    expression: str
    evaluated: str
    path: str
    native: Callable[[Any, "Run"], bool] | None
    members: frozenset[str] | None
    guard: frozenset[str] | None
    known: frozenset[str] = frozenset()
    compiled: Callable[..., list[Any]] | None = None
    without: bool | None = None


@dataclass(slots=True)
class Child:
    """One JSON member. `type`: of an object, the path of its type; "" of a primitive."""

    type: str
    twin: bool
    checks: list[Check]
    primitive: str


@dataclass(slots=True)
class Type:
    """A resource, a data type, or an element with elements of its own."""

    path: str
    checks: list[Check]
    children: dict[str, Child]


WORD = re.compile(r"'(?:[^'\\]|\\.)*'|[%$]?`?[A-Za-z_]\w*")
TOKEN = re.compile(r"('(?:[^'\\]|\\.)*'|\$this|[()]|[A-Za-z]\w*)")
OPERATORS: Final = frozenset(
    {"and", "as", "contains", "div", "implies", "in", "is", "mod", "or", "xor"}
)
GUARD = re.compile(r"(\w+)\.exists\(\)\s+implies ")
BEYOND: Final = frozenset({"children", "descendants", "resolve", "hasValue", "htmlChecks"})


def _focused(expression: str) -> str:
    """Write `%context` for the `$this` that is no function's own, which fhirpathpy has not."""
    arguments: list[bool] = []
    parts = TOKEN.split(expression)
    for index, part in enumerate(parts):
        if part == "(":
            before = "" if parts[index - 1].strip() else parts[index - 2]
            arguments.append(before.isidentifier() and before not in OPERATORS)
        elif part == ")":
            arguments.pop()
        elif part == "$this" and True not in arguments:
            parts[index] = "%context"
    return "".join(parts)


@cache
def node_class() -> Any:
    """Give fhirpathpy's class for a value and its type."""
    from fhirpathpy.engine.nodes import ResourceNode

    return ResourceNode


class Engine:
    """All that is known of one FHIR version, made as types are met."""

    def __init__(self, version: Version) -> None:
        self.version: Version = version
        self.definitions: Definitions = definitions(version)
        self.model: dict[str, Any] = {
            "choiceTypePaths": _Lookup(self._choices),
            "path2Type": _Lookup(self._path_type),
            "pathsDefinedElsewhere": _Lookup(self._elsewhere),
            "type2Parent": _Lookup(self._parent),
        }
        self._types: dict[str, Type] = {}
        self._options = {"userInvocationTable": FUNCTIONS, "traceFn": lambda *_: None}
        self.ele_1 = next(
            row for row in self.definitions.invariants("Element") if row.key == "ele-1"
        )

    def type(self, path: str) -> Type:
        """Give a type by its path. Raises KeyError if there is none such."""
        found = self._types.get(path)
        if found is None:
            found = self._types[path] = self._make(path)
        return found

    def compile(self, check: Check) -> Callable[..., list[Any]]:
        """Give the function that fhirpathpy makes of an expression. Raises what it raises."""
        if check.compiled is None:
            # Its parser learns while it parses, in tables that all threads share.
            with LOCK:
                # It takes 60 ms to import, and many documents are refused before they come here.
                import fhirpathpy

                check.compiled = fhirpathpy.compile(check.evaluated, self.model, self._options)
        return check.compiled

    def _make(self, path: str) -> Type:
        known, root = self.definitions, path.partition(".")[0]
        rows = known.rows(path)
        stated: dict[tuple[str, str], Invariant] = {}
        for kind in dict.fromkeys(known.kinds(root)):
            if kind in known.types and kind not in known.primitives:
                for row in known.invariants(kind):
                    # The interfaces of resources state again what most of these state themselves.
                    if row.key != "ele-1":
                        stated.setdefault((row.key, row.path.partition(".")[2]), row)
        bases = set(known.kinds(root)) if path == root else {path}
        type_of = Type(path, [], {})
        elements: dict[str, list[Invariant]] = {}
        for row in stated.values():
            if row.path in bases:
                type_of.checks.append(self._check(row, rows))
                continue
            parent, _, name = row.path.rpartition(".")
            if parent in bases:
                elements.setdefault(name, []).append(row)
        for name, element in rows.items():
            for key, code in _keys(name, element):
                here = f"{path}.{name}"
                primitive = code if code in known.primitives else ""
                content = "" if primitive else self._content(code, here)
                inner = {} if primitive or code == "Resource" else known.rows(content)
                # What has elements of its own is a type here, and states the invariant there.
                own = () if content == here else elements.get(name, ())
                checks = [self._check(row, inner) for row in own]
                type_of.children[key] = Child(content, False, checks, primitive)
                if primitive and not element.attribute and primitive != "xhtml":
                    type_of.children[f"_{key}"] = Child("Element", True, [], "")
        return type_of

    def _content(self, code: str, path: str) -> str:
        if code.startswith("#"):
            return code[1:]
        return path if code in ("BackboneElement", "Element") else code

    def _check(self, row: Invariant, rows: dict[str, Row]) -> Check:
        evaluated = CORRECTED.get(row.expression, row.expression)
        root = row.path.partition(".")[0]
        # "CodeSystem.content" of a CodeSystem, where fhirpathpy would look for such an element.
        evaluated = _focused(re.sub(rf"(?<![\w.%'/]){root}\.(?=[a-z])", "", evaluated))
        words = {word.strip("`") for word in WORD.findall(evaluated) if not word.startswith("'")}
        members: frozenset[str] | None = None
        if rows and not words & BEYOND and not any(word[0] in "%$" for word in words):
            found = frozenset(
                key
                for name, element in rows.items()
                if name.removesuffix("[x]") in words
                for key, _ in _keys(name, element)
            )
            # SimpleQuantity has no comparator, and says so by an invariant.
            members = found or None
        # fhirpathpy takes a `value`, which no type has, for a `value[x]`.
        known = (key for name, element in rows.items() for key, _ in _keys(name, element))
        guarded, guard = GUARD.match(evaluated), None
        if guarded and evaluated.count(" implies ") == 1:
            guard = frozenset(
                key
                for name, element in rows.items()
                if name.removesuffix("[x]") == guarded[1]
                for key, _ in _keys(name, element)
            )
        native = HTML_CHECKS.get(row.key) or NATIVE.get(evaluated)
        return Check(
            key=row.key,
            severity=row.severity,
            expression=row.expression,
            evaluated=evaluated,
            path=row.path,
            native=native,
            members=members,
            known=frozenset(known) | {"resourceType"} if members else frozenset(),
            guard=guard,
        )

    # What fhirpathpy's own models say, from the digest: there is none of R4B, and theirs are read
    # for all versions at once.

    def _row(self, path: str) -> Row | None:
        parent, _, name = path.rpartition(".")
        try:
            return self.definitions.rows(parent).get(name) if parent else None
        except KeyError:
            return None

    def _choices(self, path: str) -> list[str] | None:
        row = self._row(f"{path}[x]")
        stem = path.rpartition(".")[2]
        if row is None:
            return None
        return [key.removeprefix(stem) for key, _ in _keys(f"{stem}[x]", row)]

    def _path_type(self, path: str) -> str | None:
        parent, _, name = path.rpartition(".")
        try:
            child = self.type(parent).children.get(name) if parent else None
        except KeyError:
            return None
        if child is None or child.twin:
            return None
        return child.primitive or (None if child.type == path else child.type)

    def _elsewhere(self, path: str) -> str | None:
        row = self._row(path)
        return row.types[0][1:] if row and row.types[0].startswith("#") else None

    def _parent(self, name: str) -> str | None:
        try:
            return self.definitions.base(name) or None
        except KeyError:
            return None


def _keys(name: str, row: Row) -> Iterator[tuple[str, str]]:
    """Give the JSON members of an element, each with its type: `valueRange`, "Range"."""
    stem = name.removesuffix("[x]")
    for type_ in row.types:
        code = type_.partition("(")[0]
        yield (stem if stem == name else stem + code[0].upper() + code[1:]), code


class _Lookup:
    """A mapping whose values are found when they are asked for. None is no value."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find
        self._found: dict[str, Any] = {}

    def get(self, key: Any, default: Any = None) -> Any:
        if key not in self._found:
            self._found[key] = self._find(key) if isinstance(key, str) else None
        found = self._found[key]
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: Any) -> Any:
        return self.get(key)


@once
def engine(version: Version) -> Engine:
    """Give the engine of a FHIR version, made once."""
    return Engine(version)


class Elsewhere(dict[str, Any]):
    """A resource that is not in the document: its type is known, and that it is asked for more."""

    def __init__(self, name: str, link: str, asked: list[str]) -> None:
        super().__init__(resourceType=name, id=link)
        self._link = link
        self._asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        self._asked.append(short(self._link))
        return super().get(key, default)
