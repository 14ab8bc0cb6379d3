"""A guide's StructureDefinitions, as it publishes them, asked of a Bundle.

Only what a guide adds to FHIR is asked, by its differentials: how often, of which type, with which
fixed values and required codes, slice by slice. FHIR's own rules are those of our validator.
https://hl7.org/fhir/R4/profiling.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass
class Element:
    """An element of a profile, with what the profile says of it and of what is within it."""

    rules: Json = field(default_factory=dict)
    within: dict[str, "Element"] = field(default_factory=dict)


class Guide:
    """The profiles, extensions and value sets of a folder of JSON files."""

    def __init__(self, folder: Path) -> None:
        """Read the folder; files of other kinds of resource are left aside."""
        self.profiles: dict[str, Element] = {}
        self.types: dict[str, str] = {}
        self.codes: dict[str, set[str]] = {}
        self.sets: dict[str, Json] = {}
        self.asked: set[str] = set()
        for path in sorted(folder.glob("*.json")):
            resource = json.loads(path.read_bytes())
            url = resource.get("url")
            if resource["resourceType"] == "StructureDefinition" and resource["kind"] != "logical":
                self.types[url] = resource["type"]
                self.profiles[url] = _tree(resource["differential"]["element"])
            elif resource["resourceType"] == "CodeSystem":
                self.codes[url] = {one["code"] for one in resource.get("concept", ())}
            elif resource["resourceType"] == "ValueSet":
                self.sets[url] = resource

    def faults(self, bundle: Json) -> list[str]:
        """What a Bundle does not do of what its resources' profiles and extensions ask for."""
        resources = {
            f"{one['resource']['resourceType']}/{one['resource']['id']}": one["resource"]
            for one in bundle["entry"]
        }
        found: list[str] = []
        for name, resource in resources.items():
            for profile in resource.get("meta", {}).get("profile", ()):
                if profile in self.profiles:
                    assert self.types[profile] == resource["resourceType"]
                    self.asked.add(profile)
                    found += self._in(self.profiles[profile], resource, name, resources)
            found += self._extensions(resource, name, resources)
        return found

    def _extensions(self, node: Any, at: str, resources: Json) -> Iterator[str]:
        """The faults of all extensions that the guide defines, wherever they are."""
        if isinstance(node, list):
            for position, one in enumerate(node):
                yield from self._extensions(one, f"{at}[{position}]", resources)
        elif isinstance(node, dict):
            url = node.get("url")
            if isinstance(url, str) and url in self.profiles:
                self.asked.add(url)
                yield from self._in(self.profiles[url], node, f"{at}<{url}>", resources)
            for key, value in node.items():
                yield from self._extensions(value, f"{at}.{key}", resources)

    def _in(self, element: Element, node: Any, at: str, resources: Json) -> Iterator[str]:
        """The faults of a node, and of what is within it."""
        for name, inner in element.within.items():
            plain, _, slice_ = name.partition(":")
            key = plain.removesuffix("[x]")
            values = [
                (member, value)
                for member, given in (node.items() if isinstance(node, dict) else ())
                if member == key
                or (plain != key and member.startswith(key) and member[len(key)].isupper())
                for value in (given if isinstance(given, list) else [given])
            ]
            if slice_:
                values = [one for one in values if self._is_of(inner, slice_, *one)]
            here = f"{at}.{name}"
            least, most = inner.rules.get("min", 0), inner.rules.get("max", "*")
            if len(values) < least or (most != "*" and len(values) > int(most)):
                yield f"{here}: {len(values)} of {least}..{most}"
            for member, value in values:
                yield from self._value(inner, member.removeprefix(key), value, here, resources)
                yield from self._in(inner, value, here, resources)

    def _is_of(self, element: Element, slice_: str, member: str, value: Any) -> bool:
        """Whether a value is of a slice: by its type, its extension's url, or its fixed values."""
        if member == slice_:
            return True
        fixed = _url(element)
        if fixed:
            return bool(value.get("url") in fixed)
        told = list(_fixed(element))
        return bool(told) and all(_has(value, path, pattern) for path, pattern in told)

    def _value(
        self, element: Element, kind: str, value: Any, at: str, resources: Json
    ) -> Iterator[str]:
        rules = element.rules
        for key, pattern in rules.items():
            if key.startswith(("fixed", "pattern")) and not _fits(value, pattern):
                yield f"{at}: {value!r} is not {pattern!r}"
        types = [one["code"] for one in rules.get("type", ())]
        if kind and types and kind.lower() not in [one.lower() for one in types]:
            yield f"{at}: {kind} is none of {', '.join(types)}"
        targets = [url for one in rules.get("type", ()) for url in one.get("targetProfile", ())]
        if targets and isinstance(value, dict) and "reference" in value:
            target = resources.get(value["reference"])
            for url in targets:
                if target is not None and url in self.profiles:
                    yield from self._in(self.profiles[url], target, f"{at} -> {url}", resources)
        binding = rules.get("binding", {})
        if binding.get("strength") == "required" and not self._bound(value, binding["valueSet"]):
            yield f"{at}: {value!r} has no code of {binding['valueSet']}"

    def _bound(self, value: Any, url: str) -> bool:
        """Whether a value has a code of a value set; of one that the guide lacks, it has."""
        value_set = self.sets.get(url.partition("|")[0])
        if value_set is None:
            return True
        codings = value.get("coding", [value]) if isinstance(value, dict) else [{"code": value}]
        return any(
            (coding.get("system") in (None, part.get("system")))
            and coding.get("code") in self._codes(part)
            for coding in codings
            for part in value_set["compose"]["include"]
        )

    def _codes(self, part: Json) -> set[str]:
        concepts = {one["code"] for one in part.get("concept", ())}
        return concepts or self.codes.get(part.get("system", ""), set())


def _tree(elements: list[Json]) -> Element:
    """Elements by the steps of their ids, with those between that a differential leaves out."""
    root = Element()
    for rules in elements:
        at = root
        for step in rules["id"].split(".")[1:]:
            at = at.within.setdefault(step, Element())
        at.rules = rules
    return root


def _url(element: Element) -> list[str]:
    """What the url of an extension of a slice is, if it is one of extensions."""
    own = element.within.get("url")
    if own is not None and "fixedUri" in own.rules:
        return [own.rules["fixedUri"]]
    return [
        url
        for one in element.rules.get("type", ())
        if one["code"] == "Extension"
        for url in one.get("profile", ())
    ]


def _fixed(element: Element, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in element.rules.items():
        if key.startswith(("fixed", "pattern")):
            yield path, value
    for name, inner in element.within.items():
        yield from _fixed(inner, (*path, name))


def _has(value: Any, path: tuple[str, ...], pattern: Any) -> bool:
    found = [value]
    for step in path:
        inner = [one[step] for one in found if isinstance(one, dict) and step in one]
        found = [each for one in inner for each in (one if isinstance(one, list) else [one])]
    return any(_fits(one, pattern) for one in found)


def _fits(value: Any, pattern: Any) -> bool:
    """Whether a value has all that a pattern has."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and _fits(value[key], one) for key, one in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(
            any(_fits(one, wanted) for one in value) for wanted in pattern
        )
    return bool(value == pattern)
