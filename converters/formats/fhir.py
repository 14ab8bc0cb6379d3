"""FHIR Bundles: bytes to resources and back.

https://hl7.org/fhir/R5/bundle.html
"""

from collections import Counter
from typing import Any

import msgspec

from trialbridge.mappings.codec import Home, Mismatch, Node
from trialbridge.mappings.compiled import Read, Write, reader, writer
from trialbridge.mappings.fhir.links import Resources
from trialbridge.mappings.fhir.r5 import STUDY
from trialbridge.mappings.fhir.types import EMPTY_ELEMENT, UNMAPPED
from trialbridge.mappings.fhir.versions import newer, older
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.empty import empty_elements, with_empty_elements
from trialbridge.mappings.tree import extend
from trialbridge.schemas.base import BASE
from trialbridge.schemas.decode import parse_object
from trialbridge.schemas.fhir.definitions import Version, definitions
from trialbridge.schemas.once import once
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import Trial
from trialbridge.tables import left_aside, not_readable, warned

LINK = "https://hl7.org/fhir/R5/researchstudy.html"

_SHOWN = 60

# org-1: an Organization has a name or an identifier, and a record may know its class alone.
_NOT_STATED = {
    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "valueCode": "unknown",
}


@once
def _r5() -> tuple[Write, Read]:
    return writer(STUDY), reader(STUDY)


def write(
    trial: Trial, *, bundle: str = "collection", version: Version = "r5"
) -> tuple[bytes, list[Problem]]:
    """The record as a Bundle, the ResearchStudy first.

    `bundle` is its type. A transaction and a batch ask a server to put each resource at its id:
    https://hl7.org/fhir/R5/http.html#transaction. A Bundle of an older version says all that the
    one of R5 says. The problems are warnings of what the Bundle does not carry.
    """
    tree, problems = _bundle(trial, bundle, version)
    return msgspec.json.encode(tree), problems


def write_checked(
    trial: Trial, *, bundle: str = "collection", version: Version = "r5"
) -> tuple[bytes, list[Problem]]:
    """Write as `write` does; the problems are those of what was written, too.

    The tree is checked as it is, since to parse the bytes again takes as long as to check it.
    """
    from trialbridge.schemas.fhir.validate import validate

    tree, problems = _bundle(trial, bundle, version)
    data = msgspec.json.encode(tree)
    return data, [*problems, *validate(tree, version)]


def _bundle(trial: Trial, bundle: str, version: Version) -> tuple[Node, list[Problem]]:
    tree, problems = write_tree(trial)
    if version != "r5":
        # Much of what a version has another has too, so it is stated of which one this is.
        profile = f"http://hl7.org/fhir/StructureDefinition/Bundle|{definitions(version).fhir}"
        stated = {"resourceType": "Bundle", "meta": {"profile": [profile]}}
        tree = {**stated, **older(tree, version)}
    if bundle != "collection":
        tree["type"] = bundle
        for entry in tree["entry"]:
            resource = entry["resource"]
            entry["request"] = {
                "method": "PUT",
                "url": f"{resource['resourceType']}/{resource['id']}",
            }
    return tree, problems


def write_tree(trial: Trial) -> tuple[Node, list[Problem]]:
    """The record as the tree of a Bundle."""
    names = Names(trial)
    study = _r5()[0](trial, names)
    if names.odd:
        extend(study, "extension", _write_empty(trial))
    if trial.unmapped:
        words = msgspec.json.encode(trial.unmapped, order="sorted").decode()
        extend(study, "extension", [{"url": UNMAPPED.url, "valueString": words}])
    url = f"{BASE}/ResearchStudy/{names.root}"
    resource = {"resourceType": "ResearchStudy", "id": names.root, "status": "active", **study}
    linked = names.once(Resources).entries
    entries = [{"fullUrl": url, "resource": resource}, *linked]
    for entry in linked:
        organization = entry["resource"]
        if organization["resourceType"] == "Organization" and not (
            organization.keys() & {"identifier", "name", "_name"}
        ):
            organization["_name"] = {"extension": [_NOT_STATED]}
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}, left_aside(
        trial, "FHIR R5"
    )


def _write_empty(trial: Trial) -> list[Node]:
    """A marker for each `{}`, `[]` and `""` of the record, which FHIR forbids."""
    return [
        {
            "url": EMPTY_ELEMENT.url,
            "extension": [
                {"url": "pointer", "valueString": pointer},
                {"url": "kind", "valueCode": kind},
            ],
        }
        for pointer, kind in empty_elements(trial)
    ]


def read(data: bytes, *, version: Version = "r5") -> tuple[Trial, list[Problem]]:
    """The record of a Bundle's one ResearchStudy.

    Of an older version, the places of problems are those of R5, where its elements have other
    names. Raises ReadError if the bytes are no such Bundle, with all that does not have its form.
    """
    return read_tree(_newest(decode_tree(data), version))


def read_untold(data: bytes, *, version: Version = "r5") -> Trial:
    """As `read`, without the look for what was not read, which takes as long as the reading."""
    trial, _, _ = _read_tree(_newest(decode_tree(data), version))
    return trial


def _newest(tree: Node, version: Version) -> Node:
    if version == "r5":
        return tree
    try:
        return newer(tree, version)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        if problems := _malformed(tree, version):
            raise ReadError(problems) from None
        raise


def decode_tree(data: bytes) -> Node:
    """The JSON object of a FHIR resource. Raises ReadError if it is none."""
    tree = parse_object(data)
    if "resourceType" not in tree:
        raise _fatal("", "not-fhir", "no 'resourceType': not a FHIR resource")
    return tree


def read_tree(tree: Node) -> tuple[Trial, list[Problem]]:
    """The record of the tree of a Bundle, or of a ResearchStudy alone."""
    trial, names, resources = _read_tree(tree)
    return trial, [*warned(names, "ResearchStudy"), *_unread(resources, trial)]


def _read_tree(tree: Node) -> tuple[Trial, Names, list[Node]]:
    """The record, what its codecs had to say, and the resources that it was read from."""
    names = Names()
    known = names.once(Resources)
    entries = _entries(tree)
    studies = []
    for path, full_url, resource in entries:
        known.add(resource, full_url)
        if resource.get("resourceType") == "ResearchStudy":
            studies.append((path, resource))
    if len(studies) != 1:
        found = ", ".join(path for path, _ in studies) or "none"
        each = "; `trialbridge.records` gives each" if studies else ""
        message = f"expected one ResearchStudy, found {found}{each}"
        raise _fatal("Bundle.entry", "one-study", message)
    ((_, study),) = studies
    known.study = study
    try:
        trial = _read_rest(_r5()[1](study, names), study)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if problems := _malformed(tree):
            raise ReadError(problems) from error
        raise  # nothing is wrong with the tree: the fault is ours
    except Mismatch as mismatch:
        raise not_readable(mismatch, "ResearchStudy", LINK) from None
    return trial, names, [resource for _, _, resource in entries]


# What a Bundle needs to hold together.
_NO_FACTS = frozenset({"resourceType", "id", "meta", "reference"})


def _unread(resources: list[Node], trial: Trial) -> list[Problem]:
    """A warning for each element whose values are not in the record that was read.

    What is not read is what is not written again: of a Bundle of ours nothing, of others' Bundles
    the elements that a trial record has no place for.
    """
    written, _ = write_tree(trial)
    again = [entry["resource"] for entry in written["entry"]]
    if again == resources:
        return []
    left = _facts(resources)
    left.subtract(_facts(again))
    missing: Counter[str] = Counter()
    for (path, _), count in left.items():
        if count > 0:
            missing[path] += count
    return [
        Problem(
            severity="warning",
            layer="mapping",
            path=path,
            code="not-read",
            message=f"{count} value{'s have' if count > 1 else ' has'} no place in the record",
            link=LINK,
        )
        for path, count in sorted(missing.items())
    ]


def _facts(resources: list[Node]) -> Counter[tuple[str, Any]]:
    """How often each value stands at each element of the resources."""
    found: Counter[tuple[str, Any]] = Counter()

    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            for key, inner in node.items():
                # A narrative says again what the resource says.
                narrative = key == "text" and isinstance(inner, dict)
                if key not in _NO_FACTS and not narrative:
                    walk(inner, f"{path}.{key}")
        elif isinstance(node, list):
            for inner in node:
                walk(inner, path)
        else:
            found[path, node] += 1

    for resource in resources:
        walk(resource, str(resource.get("resourceType")))
    return found


def _entries(tree: Node) -> list[tuple[str, str | None, Node]]:
    """Each resource with its path and fullUrl."""
    kind = tree.get("resourceType")
    if kind == "ResearchStudy":
        return [("ResearchStudy", None, tree)]
    if kind != "Bundle":
        shown = str(kind)[:_SHOWN]
        raise _fatal(
            shown, "not-a-bundle", f"expected a Bundle with a ResearchStudy, found a {shown}"
        )
    entries = tree.get("entry", [])
    if not isinstance(entries, list):
        raise _fatal("Bundle.entry", "wrong-type", "expected a list of entries")
    found = []
    for position, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            raise _fatal(
                f"Bundle.entry[{position}]", "wrong-type", "expected an entry with a resource"
            )
        found.append((f"Bundle.entry[{position}]", entry.get("fullUrl"), resource))
    return found


def _read_rest(trial: Trial, study: Node) -> Trial:
    """The record with what no row of the table carries: empty elements and `unmapped`."""
    empty: dict[str, str] = {}
    unmapped = trial.unmapped
    for extension in study.get("extension", ()):
        if extension.get("url") == EMPTY_ELEMENT.url:
            parts = {p.get("url"): p for p in extension.get("extension", ())}
            kind = parts.get("kind", {}).get("valueCode")
            pointer = parts.get("pointer", {}).get("valueString")
            if isinstance(kind, str) and isinstance(pointer, str):
                empty[pointer] = kind
        elif extension.get("url") == UNMAPPED.url:
            try:
                unmapped = msgspec.json.decode(
                    extension.get("valueString", ""), type=dict[str, Any]
                )
            except (msgspec.DecodeError, TypeError) as error:
                raise _fatal(
                    f"ResearchStudy.extension[url='{UNMAPPED.url}']", "not-json", str(error)
                ) from None
    try:
        trial = with_empty_elements(trial, empty)
    except msgspec.ValidationError as error:
        raise _fatal(
            f"ResearchStudy.extension[url='{EMPTY_ELEMENT.url}']", "not-readable", str(error)
        ) from None
    if unmapped is not None:
        trial = msgspec.structs.replace(trial, unmapped=unmapped)
    return trial


def _malformed(tree: Node, version: Version = "r5") -> list[Problem]:
    """Why a tree cannot be walked: what the check of its structure says.

    The readers ask of each value that it is what they read, and not of all that is on the way.
    """
    from trialbridge.schemas.fhir.validate import validate

    return [p for p in validate(tree, version) if p.layer == "structure"]


def _fatal(path: str, code: str, message: str) -> ReadError:
    return ReadError(
        [Problem(severity="fatal", layer="read", path=path, code=code, message=message, link=LINK)]
    )


def bare(data: bytes) -> dict[Home, bytes]:
    """A Bundle without all extensions, and without ours."""
    tree = msgspec.json.decode(data)
    return {
        "native": msgspec.json.encode(strip_extensions(tree)),
        "official": msgspec.json.encode(strip_extensions(tree, BASE)),
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
