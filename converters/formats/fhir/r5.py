"""FHIR Bundles: bytes to trees and back.

https://hl7.org/fhir/R5/bundle.html
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from trialbridge.formats.options import UnknownOption
from trialbridge.mappings.codec import Home, Node
from trialbridge.mappings.fhir.bundle import LINK, read_tree, write_tree
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax import exact
from trialbridge.schemas.syntax.decode import parse_object
from trialbridge.schemas.trial import Trial


def written(
    encode: Callable[[Node, Version], bytes],
    checked: bool,
    trial: Trial,
    *,
    bundle: str = "collection",
    base: str = "",
    narrative: bool = False,
    picture: bool = False,
    stated: bool = False,
    profile: str = "none",
    version: Version = "r5",
) -> tuple[bytes, list[Problem]]:
    """The record as a Bundle, the ResearchStudy first, as `encode` has its tree in bytes.

    `bundle` is its type. A transaction and a batch ask a server to put each resource at its id:
    https://hl7.org/fhir/R5/http.html#transaction. `base` is the url that full urls begin with, ours
    if it is empty; `narrative` gives the study a text for people, `picture` one with its design
    drawn, `stated` codes what criteria and time frames state, `profile` says which guide a Bundle
    of R4 follows. A Bundle of an older version says all that the one of R5 says. The problems are
    warnings of what it does not carry and, where it is `checked`, those of what was written: the
    tree is checked as it is, since to parse the bytes again takes as long as to check it.
    """
    tree, problems = write_tree(
        trial,
        kind=bundle,
        base=base,
        narrative=narrative,
        picture=picture,
        stated=stated,
        profile=profile,
        version=version,
    )
    data = encode(tree, version)
    if not checked:
        return data, problems
    from trialbridge.schemas.fhir.validate import validate

    return data, [*problems, *validate(tree, version)]


def _encode(tree: Node, version: Version) -> bytes:
    return exact.encode(tree)


write = partial(written, _encode, False)
write_checked = partial(written, _encode, True)


def read(data: bytes, *, version: Version = "r5") -> tuple[Trial, list[Problem]]:
    """The record of a Bundle's one ResearchStudy.

    Of an older version, the places of problems are those of R5, where its elements have other
    names. Raises ReadError if the bytes are no such Bundle, with all that does not have its form.
    """
    return read_tree(decode_tree(data), version=version)


def read_alone(data: bytes, *, version: Version = "r5") -> Trial:
    """As `read`, without warnings and without what the document says beyond the record.

    To look for that takes longer than the reading.
    """
    return read_tree(decode_tree(data), version=version, alone=True)[0]


def no_guide(profile: object) -> None:
    """Raise UnknownOption for a guide, where the version is not R4, of which the guides are."""
    if profile != "none":
        raise UnknownOption(
            f"option profile is {profile!r}, a guide of FHIR R4: write fhir-r4 or fhir-r4-xml"
        )


def decode_tree(data: bytes) -> Node:
    """The JSON object of a FHIR resource. Raises ReadError if it is none."""
    tree = parse_object(data, exact=True)
    if "resourceType" not in tree:
        raise fatal("", "not-fhir", "no 'resourceType': not a FHIR resource", LINK)
    return tree


def bare(data: bytes) -> dict[Home, bytes]:
    """A Bundle without all extensions, and without ours."""
    tree = exact.decode(data)
    return {
        "native": exact.encode(strip_extensions(tree)),
        "official": exact.encode(strip_extensions(tree, BASE)),
    }


def strip_extensions(tree: Any, base: str = "") -> Any:
    """Take out of a FHIR tree the extensions whose url begins with `base`, by default all.

    What is empty afterwards goes too, since FHIR has no empty objects and arrays.
    https://hl7.org/fhir/R5/json.html
    """
    if isinstance(tree, list):
        pairs = [(item, strip_extensions(item, base)) for item in tree]
        return [left for item, left in pairs if item is None or left is not None] or None
    if not isinstance(tree, dict):
        return tree
    kept: dict[str, Any] = {}
    left: Any
    for key, value in tree.items():
        if key in ("extension", "modifierExtension") and isinstance(value, list):
            value = [item for item in value if not str(item.get("url", "")).startswith(base)]
        if key.startswith("_") and isinstance(value, list):
            # Items stand beside those of the primitive by position, so emptied ones stay as null.
            beside = [strip_extensions(item, base) for item in value]
            left = beside if any(item is not None for item in beside) else None
        else:
            left = strip_extensions(value, base)
        if left is not None:
            kept[key] = left
    for key, value in kept.items():
        if isinstance(value, list) and not key.startswith("_") and f"_{key}" not in kept:
            kept[key] = [item for item in value if item is not None]
    return {key: value for key, value in kept.items() if value != []} or None
