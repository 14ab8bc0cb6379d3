"""What the guides ask for, as data: `guides.json`, which `build_guides.py` makes."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from trialbridge.schemas.once import once


@once
def rules() -> Mapping[str, Any]:
    """Profiles, extensions and codes of each guide, by its name."""
    file = files("trialbridge.mappings.fhir.profiles").joinpath("guides.json")
    found: Mapping[str, Any] = json.loads(file.read_bytes())
    return found


def codes_of(guide: str, system: str) -> Mapping[str, str]:
    """The displays of a code system of a guide, by code."""
    found: Mapping[str, str] = rules()[guide]["codes"][system]
    return found


def absent(guide: str, profile: str, node: Any) -> list[str]:
    """The elements that a profile wants supported, and of which a resource has no value."""
    elements = rules()[guide]["profiles"][profile]["elements"]
    return [
        path
        for path, rule in elements.items()
        if rule.get("must_support") and not values(node, path, elements)
    ]


def values(node: Any, path: str, elements: Mapping[str, Any]) -> list[Any]:
    """What is at the path of an element of a profile, whose slices are told by fixed values.

    `elements` are those of the profile. A fixed id is how the ids of a slice begin, since the ids
    of a resource differ.
    """
    found, at = [node], ""
    for step in path.split("."):
        at = f"{at}.{step}".removeprefix(".")
        name, _, slice_ = step.partition(":")
        inner: list[Any] = []
        for one in found:
            value = one.get(name) if isinstance(one, dict) else None
            inner += value if isinstance(value, list) else [] if value is None else [value]
        found = [one for one in inner if not slice_ or _is_of(one, at, elements)]
    return found


def _is_of(node: Any, at: str, elements: Mapping[str, Any]) -> bool:
    url = elements.get(at, {}).get("url")
    if url is not None:
        return isinstance(node, dict) and node.get("url") == url
    fixed = {
        path.removeprefix(f"{at}."): rule["fixed"]
        for path, rule in elements.items()
        if path.startswith(f"{at}.") and "fixed" in rule
    }
    return bool(fixed) and all(
        any(
            said == value or (path == "id" and str(said).startswith(f"{value}-"))
            for said in values(node, path, {})
        )
        for path, value in fixed.items()
    )
