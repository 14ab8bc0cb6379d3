"""One walk over the plain JSON, which meets every element at which a type states an invariant."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.fhir.digests.types import link
from trialbridge.schemas.fhir.invariants.engine import (
    WORD,
    Check,
    Child,
    Elsewhere,
    Engine,
    Type,
    engine,
    node_class,
)
from trialbridge.schemas.fhir.invariants.functions import RUN
from trialbridge.schemas.fhir.invariants.native import contained_in, has
from trialbridge.schemas.fhir.invariants.values import Absent, NotChecked, as_list, cut, short
from trialbridge.schemas.fhir.narrative import narrative
from trialbridge.schemas.fhir.walk import ID, MAX_DEPTH, Place, show
from trialbridge.schemas.problem import Problem, Severity

LAYER: Final = "invariants"
NOT_CHECKED: Final = "not-checked"
MOST_SHOWN: Final = 10
"""How many members a message shows of what it found."""


def merged(node: Any, depth: int = 0) -> Any:
    """Give the tree as FHIRPath sees it: a primitive and its twin (`_status`) are one element.

    A value stays as it is; where there is none, its element is the twin. What has no twins in it is
    not copied, nor is what lies deeper than the walk goes.
    """
    if depth > 3 * MAX_DEPTH:
        return node
    if isinstance(node, list):
        items = [merged(item, depth + 1) for item in node]
        same = all(one is other for one, other in zip(items, node, strict=True))
        return node if same else items
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] | None = None
    for key, value in node.items():
        if key[:1] == "_":
            out = dict(node) if out is None else out
            del out[key]
            name = key[1:]
            beside = node.get(name)
            if isinstance(value, list):
                values = as_list(beside)
                out[name] = [
                    item
                    for item in (
                        merged(twin, depth + 1) if one is None else one
                        for one, twin in _pairs(values, value)
                    )
                    if item is not None
                ]
            elif beside is None and value is not None:
                out[name] = merged(value, depth + 1)
        elif isinstance(value, dict | list):
            inner = merged(value, depth + 1)
            if inner is not value and f"_{key}" not in node:
                out = dict(node) if out is None else out
                out[key] = inner
    return node if out is None else out


def _pairs(values: list[Any], twins: list[Any]) -> Iterator[tuple[Any, Any]]:
    for index in range(max(len(values), len(twins))):
        yield (
            values[index] if index < len(values) else None,
            twins[index] if index < len(twins) else None,
        )


@dataclass
class Run:
    """One check of one document: what is around the place it is at, and what was found."""

    engine: Engine
    tree: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    written: dict[str, Any] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    root: dict[str, Any] = field(default_factory=dict)
    unresolved: list[str] = field(default_factory=list)
    index: dict[str, dict[str, Any]] | None = None
    deadline: float | None = None
    left: dict[str, int] = field(default_factory=dict)

    def enter(self, node: Any, whole: Any, place: Place, depth: int, contained: bool) -> None:
        """Check a resource; `whole` is the same with its twins merged."""
        if not isinstance(node, dict):
            return
        name = node.get("resourceType")
        if not isinstance(name, str) or name not in self.engine.definitions.resources:
            message = f"no invariants are known of resourceType {short(name)}"
            self.tell("information", place, NOT_CHECKED, message, None)
            return
        id_ = node.get("id")
        if place[0] is not None and isinstance(id_, str) and ID.fullmatch(id_):
            place = (place, f"/*{name}/{id_}*/")
        around = self.written, self.resource, self.root
        self.written = node
        self.resource = whole
        self.root = self.root if contained else whole
        self.object(node, whole, self.engine.type(name), place, depth)
        self.written, self.resource, self.root = around

    def object(self, node: Any, whole: Any, type_of: Type, place: Place, depth: int) -> None:
        if depth > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep: not looked at any further"
            self.tell("warning", place, NOT_CHECKED, message, None)
            return
        for check in type_of.checks:
            self.check(check, whole, type_of.path, place)
        children = type_of.children
        for key, value in node.items():
            child = children.get(key)
            if child is None:
                continue
            if child.type or child.checks or value is None or value == "":
                if child.twin:
                    self.twin(node.get(key[1:]), value, (place, key), depth)
                    continue
                inner = whole.get(key) if isinstance(whole, dict) else value
                here = (place, key)
                if isinstance(value, list):
                    partner = node.get(f"_{key}") if not child.type else None
                    self.values(value, inner, partner, child, here, depth)
                elif value is None:
                    if not (child.primitive and f"_{key}" in node):
                        self.nothing(here)
                else:
                    self.value(value, inner, child, here, depth)
            elif isinstance(value, list) and (None in value or "" in value):
                self.values(value, value, node.get(f"_{key}"), child, (place, key), depth)

    def values(
        self, value: list[Any], whole: Any, twins: Any, child: Child, place: Place, depth: int
    ) -> None:
        same = isinstance(whole, list) and len(whole) == len(value)
        for index, item in enumerate(value):
            if item is None:
                if not (isinstance(twins, list) and index < len(twins) and twins[index]):
                    self.nothing((place, index))
            else:
                inner = whole[index] if same else merged(item)
                self.value(item, inner, child, (place, index), depth)

    def value(self, value: Any, whole: Any, child: Child, place: Place, depth: int) -> None:
        if child.type == "Resource":
            for check in child.checks:
                self.check(check, whole, "Resource", place)
            contained = place[0] is not None and _member(place) == "contained"
            self.enter(value, whole, place, depth + 1, contained)
            return
        if child.primitive:
            if value == "":
                self.nothing(place)
            for check in child.checks:
                self.check(check, whole, child.primitive, place)
            return
        if not isinstance(value, dict):
            return
        for key, inner in value.items():
            if key != "id" and inner is not None and inner != []:
                break
        else:
            self.nothing(place)
        for check in child.checks:
            self.check(check, whole, child.type, place)
        self.object(value, whole, self.engine.type(child.type), place, depth + 1)

    def twin(self, value: Any, twin: Any, place: Place, depth: int) -> None:
        """Check what stands beside a primitive: its id and extensions."""
        element = self.engine.type("Element")
        places: list[tuple[Place, Any, Any]] = [(place, value, twin)]
        if isinstance(twin, list):
            pairs = enumerate(_pairs(as_list(value), twin))
            places = [((place, index), one, inner) for index, (one, inner) in pairs]
        for here, one, inner in places:
            if isinstance(inner, dict):
                if one is None and not has(inner, "extension"):
                    self.nothing(here)
                self.object(inner, merged(inner), element, here, depth + 1)

    def nothing(self, place: Place) -> None:
        """Report ele-1: an element with neither a value nor an element in it."""
        rule = self.engine.ele_1
        message = f"{rule.key} is broken: {rule.expression}; nothing is there"
        clause = link(self.engine.version, "Element")
        self.tell(rule.severity, place, rule.key, message, clause)

    def check(self, check: Check, node: Any, type_path: str, place: Place) -> None:
        idle = False
        if isinstance(node, dict):
            if check.guard and check.guard.isdisjoint(node):
                return
            idle = (
                check.members is not None
                and check.members.isdisjoint(node)
                and node.keys() <= check.known
            )
        if idle and check.without is not None:
            holds = check.without
        else:
            try:
                if check.native is not None:
                    holds = check.native(node, self)
                elif self.deadline is not None and monotonic() > self.deadline:
                    self.left[check.key] = self.left.get(check.key, 0) + 1
                    return
                else:
                    holds = self.evaluate(check, node, type_path)
            except NotChecked as reason:
                self._not_checked(check, place, str(reason), reason.severity)
                return
            # fhirpathpy raises bare Exceptions, and others for what it did not expect.
            except Exception as error:
                told = f"{type(error).__name__}: {error}"[:200]
                self._not_checked(check, place, told, "warning")
                return
            if idle:
                check.without = holds
        if not holds:
            message = f"{check.key} is broken: {check.expression}; {self._found(check, node)}"
            clause = link(self.engine.version, check.path)
            self.tell(check.severity, place, check.key, message, clause)

    def evaluate(self, check: Check, node: Any, type_path: str) -> bool:
        """Evaluate an expression with fhirpathpy. Raises NotChecked, or whatever that raises."""
        compiled = self.engine.compile(check)
        self.unresolved = []
        focus = node_class()(node, type_path)
        token = RUN.set(self)
        try:
            result = compiled(
                focus,
                {
                    "resource": node_class()(self.resource, None),
                    "rootResource": node_class()(self.root, None),
                },
            )
        finally:
            RUN.reset(token)
        if self.unresolved:
            raise Absent(f"{self.unresolved[0]} is not in the document")
        if len(result) > 1:
            raise NotChecked(f"{len(result)} values, where true or false is wanted")
        # One value that is no boolean stands for true.
        # https://hl7.org/fhirpath/#singleton-evaluation-of-collections
        return bool(result) and result[0] is not False

    def resolve(self, value: Any) -> list[Any]:
        """Give the resource that a Reference, canonical or uri leads to, as FHIRPath's node."""
        link = value.get("reference") if isinstance(value, dict) else value
        if not isinstance(link, str):
            # Only an identifier or a text: there is nothing to follow.
            if isinstance(value, dict) and "identifier" in value:
                self.unresolved.append("what an identifier names")
            return []
        if link == "#":
            return [node_class()(self.root, None)]
        if link.startswith("#"):
            found = [inner for inner in contained_in(self.root) if inner.get("id") == link[1:]]
            return [node_class()(found[0], None)] if found else []
        target = self._entries().get(link.partition("|")[0].partition("/_history/")[0])
        if target is not None:
            return [node_class()(target, None)]
        said = value.get("type") if isinstance(value, dict) else None
        name = said or (re.search(r"([A-Z]\w+)/[A-Za-z0-9\-.]{1,64}(?:/_history/\S+)?$", link))
        if name is not None and not isinstance(name, str):
            name = name[1]
        if name in self.engine.definitions.resources:
            return [node_class()(Elsewhere(name, link, self.unresolved), None)]
        self.unresolved.append(short(link))
        return []

    def _entries(self) -> dict[str, dict[str, Any]]:
        if self.index is None:
            self.index = {}
            for entry in as_list(self.tree.get("entry")):
                target = entry.get("resource") if isinstance(entry, dict) else None
                if not isinstance(target, dict):
                    continue
                names = (
                    entry.get("fullUrl"),
                    f"{target.get('resourceType')}/{target.get('id')}",
                    target.get("url"),
                )
                for name in names:
                    if isinstance(name, str):
                        self.index.setdefault(name, target)
        return self.index

    def links(self, node: dict[str, Any]) -> set[str]:
        """Give what a resource links to by `#`: its references, canonicals, uris and urls."""
        name = node.get("resourceType")
        found: set[str] = set()
        if isinstance(name, str) and name in self.engine.definitions.resources:
            self._links(node, name, found)
        return found

    def _links(self, node: dict[str, Any], path: str, found: set[str]) -> None:
        children = self.engine.type(path).children
        for key, value in node.items():
            child = children.get(key)
            if child is None:
                continue
            for item in as_list(value):
                if isinstance(item, dict):
                    if child.type == "Resource":
                        found |= self.links(item)
                    elif child.type:
                        self._links(item, child.type, found)
                elif (
                    isinstance(item, str)
                    and item.startswith("#")
                    and (key == "reference" or child.primitive in ("canonical", "uri", "url"))
                ):
                    found.add(item)

    def _found(self, check: Check, node: Any) -> str:
        if check.key == "txt-1" and isinstance(node, str):
            return "; ".join(narrative(node))
        if not isinstance(node, dict):
            return f"found {short(node)}"
        said = WORD.findall(check.evaluated)
        words = dict.fromkeys(word.strip("`") for word in said)
        stems = [key for word in words for key in node if _stem(key, word)]
        shown = [f"{cut(key)} {short(node[key])}" for key in dict.fromkeys(stems)]
        if len(shown) > MOST_SHOWN:
            shown[MOST_SHOWN:] = [f"{len(shown) - MOST_SHOWN} more"]
        return f"found {', '.join(shown)}" if shown else "none of this is there"

    def _not_checked(self, check: Check, place: Place, reason: str, severity: Severity) -> None:
        message = f"{check.key} is not checked ({check.expression}): {reason}"
        self.tell(severity, place, NOT_CHECKED, message, link(self.engine.version, check.path))

    def tell(
        self, severity: Severity, place: Place, code: str, message: str, link: str | None
    ) -> None:
        self.problems.append(
            Problem(
                severity=severity,
                layer=LAYER,
                path=show(place),
                code=code,
                message=message,
                link=link,
            )
        )


def _stem(key: str, word: str) -> bool:
    return key == word or (key.startswith(word) and key[len(word) : len(word) + 1].isupper())


def _member(place: Place) -> str | int:
    around, key = place
    return around[1] if isinstance(key, int) and around is not None else key


def check(
    tree: dict[str, Any], *, version: Version = "r5", budget: float | None = None
) -> list[Problem]:
    """Check a resource or Bundle, as plain JSON, against every invariant that its types state.

    Each problem has the invariant's key as its code, and its severity; `not-checked` is the code of
    what could not be evaluated. After `budget` seconds (None: no end) those that fhirpathpy would
    evaluate are left out, and a warning names them. The tree is read only. What is wrong in form
    (unknown members, wrong JSON types) is not reported here, and not looked into.
    """
    run = Run(engine(version), tree)
    name = tree.get("resourceType")
    whole = merged(tree)
    run.tree = whole
    run.deadline = None if budget is None else monotonic() + budget
    place: Place = (None, name if isinstance(name, str) else "resource")
    run.enter(tree, whole, place, 0, False)
    if run.left:
        listed = ", ".join(f"{key} ({count})" for key, count in sorted(run.left.items()))
        message = f"the {budget:g} seconds for invariants are over; not checked: {listed}"
        run.tell("warning", place, NOT_CHECKED, message, None)
    return run.problems
