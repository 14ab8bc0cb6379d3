"""A second opinion on FHIR, of fhir.resources: an implementation that is not ours.

It knows R5 and R4B. It stops at the first fault of an object, and it accepts wrong codes, dangling
references, broken invariants, empty objects, lists and strings, and strings that hold JSON.
https://pypi.org/project/fhir.resources/
"""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Final

from trialbridge.schemas.fhir_definitions import Version
from trialbridge.schemas.fhir_types import SPECIFICATIONS
from trialbridge.schemas.fhir_walk import ID, Place, show
from trialbridge.schemas.problem import Problem

PACKAGES: Final[dict[Version, str]] = {"r5": "fhir.resources", "r4b": "fhir.resources.R4B"}

# Where fhir.resources 8 is wrong: it lacks the twins of an extension's value (`_valueCode`), and
# its least integer64 is one too high. Kind of its error, and the member that it is at.
MISTAKEN: Final = {
    "extra_forbidden": re.compile(r"_value[A-Z]\w*"),
    "greater_than_equal": re.compile(r"\w+Integer64"),
}

Finding = tuple[tuple[str | int, ...], str, str]


def opinions(tree: Any, version: Version, problems: Sequence[Problem]) -> list[Problem]:
    """Give what fhir.resources minds where nothing is known yet: not at, above or below problems.

    Empty for a version that it does not know.
    """
    package = PACKAGES.get(version)
    if package is None or not isinstance(tree, dict):
        return []
    paths = [problem.path for problem in problems]
    found = []
    for place, name, node in _resources(tree, None):
        clause = f"{SPECIFICATIONS[version]}{name.lower()}.html"
        for location, code, message in _ask(node, name, package):
            where = place
            for key in location:
                where = (where, key)
            path = show(where)
            if not any(_inside(path, other) or _inside(other, path) for other in paths):
                found.append(
                    Problem(
                        severity="error",
                        layer="second-opinion",
                        path=path,
                        code=code,
                        message=message,
                        link=clause,
                    )
                )
    return found


def _resources(node: dict[str, Any], place: Place | None) -> Iterator[tuple[Place, str, Any]]:
    """Give a resource, and those in the entries of a Bundle apart, so that all have their say."""
    name = node.get("resourceType")
    if not isinstance(name, str):
        return
    id_ = node.get("id")
    here: Place = place if place else (None, name)
    if place and isinstance(id_, str) and ID.fullmatch(id_):
        here = (place, f"/*{name}/{id_}*/")
    entries = node.get("entry") if name == "Bundle" else None
    if not isinstance(entries, list):
        yield here, name, node
        return
    shells = [
        {key: value for key, value in entry.items() if key != "resource"}
        if isinstance(entry, dict)
        else entry
        for entry in entries
    ]
    yield here, name, {**node, "entry": shells}
    for index, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield from _resources(resource, (((here, "entry"), index), "resource"))


def _inside(path: str, outer: str) -> bool:
    return path.startswith(outer) and path[len(outer) : len(outer) + 1] in ("", ".", "[", "/")


def _ask(node: dict[str, Any], name: str, package: str) -> list[Finding]:
    """Give what fhir.resources minds in a resource: location inside it, code, message."""
    # Takes 150 ms, which those who ask for no second opinion need not wait for.
    from pydantic import ValidationError

    try:
        import_module(package).get_fhir_model_class(name).model_validate(node)
    except ValidationError as invalid:
        return [
            (error["loc"], *_opinion(error["type"], error["msg"]))
            for error in invalid.errors(include_url=False, include_context=False)
            if not _mistaken(error["type"], error["loc"])
        ]
    except Exception as failure:
        # It raises KeyError, AttributeError and others where content is not what it expects.
        message = f"fhir.resources cannot read this: {type(failure).__name__} {failure}"
        return [((), "fhir.resources", message)]
    return []


def _mistaken(kind: str, location: tuple[str | int, ...]) -> bool:
    known = MISTAKEN.get(kind)
    return known is not None and known.fullmatch(str(location[-1])) is not None


def _opinion(kind: str, message: str) -> tuple[str, str]:
    if kind.endswith("missing"):
        return "required", "required, but absent"
    if kind == "extra_forbidden":
        return "unknown-element", "not an element of this type"
    return "fhir.resources", f"{message} (fhir.resources)"
