"""A second opinion on FHIR, of implementations that are not ours.

R5 and R4B: fhir.resources. It stops at the first fault of an object, and it accepts wrong codes,
dangling references, broken invariants, empty objects, lists and strings, and strings that hold
JSON. https://github.com/nazrulworld/fhir.resources

R4: fhirkit-rs, where it is installed (`pip install trialbridge[deep]`). It tells all that it minds:
structure, cardinality and the forms of primitives. https://docs.rs/fhirkit
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Final

from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.fhir.digests.types import SPECIFICATIONS
from trialbridge.schemas.fhir.walk import ID, Place, show
from trialbridge.schemas.problem import Problem

PACKAGES: Final[dict[Version, str]] = {"r5": "fhir.resources", "r4b": "fhir.resources.R4B"}

# Where fhir.resources 8 is wrong: it lacks the twins of an extension's value (`_valueCode`), and
# its least integer64 is one too high. Kind of its error, and the member that it is at.
MISTAKEN: Final = {
    "extra_forbidden": re.compile(r"_value[A-Z]\w*"),
    "greater_than_equal": re.compile(r"\w+Integer64"),
}

# What fhirkit-rs 0.1 minds that is right: elements that have an extension in the place of a value.
FHIRKIT_MISTAKEN: Final = re.compile(
    r"required element missing at (?:SearchParameter\.base|ImplementationGuide\.(?:name|status))"
)

NOT_ASKED: Final = Problem(
    severity="information",
    layer="second-opinion",
    path="",
    code="not-asked",
    message="nobody was asked for a second opinion on R4: fhirkit-rs is not installed; "
    "pip install 'trialbridge[deep]' does it",
    link="https://docs.rs/fhirkit",
)

Finding = tuple[tuple[str | int, ...], str, str]

_CHOICE: Final = re.compile(r".*\.(\w+)\[x\]: only one type may be given, found \w+, (\w+).*")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def opinions(tree: Any, version: Version, problems: Sequence[Problem]) -> list[Problem]:
    """Give what others mind where nothing is known yet: not at, above or below problems.

    One information where nobody can be asked.
    """
    if not isinstance(tree, dict):
        return []
    ask = _ask_fhirkit if version == "r4" else partial(_ask, package=PACKAGES[version])
    paths = [problem.path for problem in problems]
    found = []
    for place, name, node in _resources(tree, None):
        clause = f"{SPECIFICATIONS[version]}{name.lower()}.html"
        try:
            findings = ask(node, name)
        except ModuleNotFoundError:
            return [NOT_ASKED]
        for location, code, message in findings:
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


def _ask_fhirkit(node: dict[str, Any], name: str) -> list[Finding]:
    """Give what fhirkit-rs minds in an R4 resource, as `_ask` does.

    Raises ModuleNotFoundError if it is not installed.
    """
    fhirkit: Any = import_module("fhirkit")
    try:
        issues = fhirkit.validate(node)
    except (ValueError, TypeError, OverflowError, RecursionError) as failure:
        return [((), "fhirkit-rs", f"fhirkit-rs cannot read this: {failure}")]
    # It minds both that there are two of a choice, and the second of them.
    second = {
        f"{issue.path.removesuffix(choice[1] + '[x]')}{choice[2]}"
        for issue in issues
        if (choice := _CHOICE.fullmatch(f"{issue.path}: {issue.message}"))
    }
    findings: list[Finding] = []
    for issue in issues:
        if (
            issue.severity != "error"
            or (issue.message == "unknown element" and issue.path in second)
            or FHIRKIT_MISTAKEN.fullmatch(f"{issue.message} at {issue.path}")
        ):
            continue
        steps = [step[1] or int(step[2]) for step in _STEP.finditer(issue.path.removeprefix(name))]
        findings.append((tuple(steps), *_fhirkit_opinion(issue.message)))
    return findings


def _fhirkit_opinion(message: str) -> tuple[str, str]:
    if message == "required element missing":
        return "required", "required, but absent"
    if message == "unknown element":
        return "unknown-element", "not an element of this type"
    return "fhirkit-rs", f"{message} (fhirkit-rs)"


def _mistaken(kind: str, location: tuple[str | int, ...]) -> bool:
    known = MISTAKEN.get(kind)
    return known is not None and known.fullmatch(str(location[-1])) is not None


def _opinion(kind: str, message: str) -> tuple[str, str]:
    if kind.endswith("missing"):
        return "required", "required, but absent"
    if kind == "extra_forbidden":
        return "unknown-element", "not an element of this type"
    return "fhir.resources", f"{message} (fhir.resources)"
