"""A `clinical_study` of ClinicalTrials.gov's legacy XML as a record, and back.

A document is a tree: children and attributes (`@type`) of an element are members, what may stand
several times is a list, the text of an element with attributes is `#`; `#order` are the names of
children that do not stand in the order of the schema. What of a document is not what the record
would be written as is in `unmapped`, at `/clinical_study`: by pointer into the tree, the source's
own words, and null for what would be written and does not stand in it. They are written again where
the record still says the same.
https://clinicaltrials.gov/data-api/about-api/api-migration
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from trialbridge.mappings import whole
from trialbridge.mappings.codec import Node, record
from trialbridge.mappings.coverage import CoverageRow, of_table
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries.ctgov_xml.protocol import PROTOCOL
from trialbridge.mappings.registries.ctgov_xml.results import RESULTS
from trialbridge.schemas.base import BASE
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.pointer import (
    ABSENT,
    as_index,
    differences,
    escape,
    sort_key,
    steps,
    walk,
)
from trialbridge.schemas.trial import Trial, intervention_name

LINK = "https://clinicaltrials.gov/data-api/about-api/api-migration"
ROOT = "clinical_study"
TITLE = "legacy XML"
STUDY = record(Trial, *PROTOCOL, *RESULTS)
_KEPT = f"/{ROOT}"
_ARMS = "/protocolSection/armsInterventionsModule"
_FILE = re.compile(r"([A-Za-z]+(?:_[A-Za-z]+)*)_[0-9]{3}\.pdf")
_LINK_TEXT = "Link to the current ClinicalTrials.gov record."


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes; what is not listed goes nowhere.

    Of `unmapped` that is what other sources said; what a document of legacy XML said is its own.
    """
    return [
        *of_table(STUDY, ROOT, BASE, ""),
        CoverageRow(
            f"{_ARMS}/armGroups/*/interventionNames/*",
            f"{ROOT}.intervention.arm_group_label",
            "native",
            "type and name of the interventions that name the arm",
        ),
        CoverageRow(
            "/documentSection/largeDocumentModule/largeDocs/*/typeAbbrev",
            f"{ROOT}.provided_document_section.provided_document.document_url",
            "native",
            "how the name of the file begins",
        ),
        CoverageRow("/hasResults", f"{ROOT}.clinical_results", "native", "true where it stands"),
    ]


KEEP = whole.Keep(title=TITLE, root=ROOT, link=LINK, coverage=coverage)


# --- writing -----------------------------------------------------------------------------------


def write_tree(trial: Trial) -> tuple[Node, list[Problem]]:
    """The record as the tree of a `clinical_study`, and warnings of what is not in it.

    What is written is read again: what of the record does not come back is told.
    """
    kept, others = _split(trial)
    own = msgspec.structs.replace(trial, unmapped=others)
    node, problems = whole.write(own, STUDY, Names(own), KEEP)
    _complete(node, own)
    again = _again(node)
    told = [problem.path for problem in problems]
    problems += _lost(own, again, told)
    problems += _put_back(node, kept, again)
    return node, problems


def write_untold(trial: Trial) -> Node:
    """The same tree, without the warnings."""
    kept, _ = _split(trial)
    own = msgspec.structs.replace(trial, unmapped=None)
    node, _ = whole.write(own, STUDY, Names(own), KEEP)
    _complete(node, own)
    if kept:
        _put_back(node, kept, _again(node))
    return node


def _split(trial: Trial) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What a document of legacy XML said, and what is of other sources."""
    said = trial.unmapped or {}
    kept = said.get(_KEPT)
    if not isinstance(kept, dict) or any(key[:1] != "/" for key in kept):
        return {}, said or None
    return kept, {pointer: held for pointer, held in said.items() if pointer != _KEPT} or None


def _complete(node: Node, trial: Trial) -> None:
    """Give a written study what follows from the rest of it, as its documents have it."""
    nct_id = trial.nct_id
    if nct_id:
        header = node.setdefault("required_header", {})
        header["link_text"] = _LINK_TEXT
        header["url"] = f"https://clinicaltrials.gov/show/{nct_id}"
    if "last_update_submitted" in node:
        node["last_update_submitted_qc"] = node["last_update_submitted"]
    if "eligibility" in node:
        for key in ("minimum_age", "maximum_age"):
            node["eligibility"].setdefault(key, "N/A")
    arms = node.get("arm_group")
    if arms and node.get("study_type") == "Interventional":
        node["number_of_arms"] = str(len(arms))
    elif arms and str(node.get("study_type", "")).startswith("Observational"):
        node["number_of_groups"] = str(len(arms))
    countries = {
        country
        for one in node.get("location", ())
        if (country := one.get("facility", {}).get("address", {}).get("country"))
    }
    if countries:
        node["location_countries"] = {"country": sorted(countries)}
    if trial.protocol and trial.protocol.status and node.get("overall_status") == "Withheld":
        node.setdefault("study_type", "N/A")


def _lost(trial: Trial, again: Trial, told: list[str]) -> list[Problem]:
    """A warning for each kind of leaf of the record that reading gives back otherwise."""
    before = msgspec.structs.replace(trial, unmapped=None, page=None, registration=None)
    found: dict[str, list[tuple[str, Any, Any]]] = {}
    for pointer, held, after in differences(before, again):
        if any(pointer == one or pointer.startswith(f"{one}/") for one in told):
            continue
        pattern = "/".join(
            "*" if as_index(step) is not None else step for step in pointer.split("/")
        )
        found.setdefault(pattern, []).append((pointer, held, after))
    problems = []
    for places in found.values():
        pointer, held, after = places[0]
        message = (
            f"{TITLE} has no place for it"
            if after is ABSENT
            else f"{TITLE} says {_shown(after)} where the record says nothing"
            if held is ABSENT
            else f"{TITLE} says {_shown(after)} for {_shown(held)}"
        )
        if len(places) > 1:
            message += f", and for {len(places) - 1} more like it"
        problems.append(_warning(pointer, "not-carried", message))
    return problems


def _shown(value: Any) -> str:
    said = msgspec.json.encode(value).decode()
    return said if len(said) <= 60 else f"{said[:57]}..."


def _warning(path: str, code: str, message: str) -> Problem:
    return Problem(severity="warning", layer="mapping", path=path, code=code, message=message)


# --- the source's own words --------------------------------------------------------------------


def _put_back(node: Node, kept: dict[str, Any], again: Trial) -> list[Problem]:
    """Write what a document said, where the record still says what that is read as."""
    if not kept:
        return []
    before = msgspec.json.encode(node)
    _patch(node, kept)
    if _same(node, again):
        return []
    # Somebody has edited the record: what disagrees with it is left out.
    node.clear()
    node.update(msgspec.json.decode(before))
    problems = []
    # What an element says is read together, as the parts of a name are.
    elements: dict[str, dict[str, Any]] = {}
    for pointer in sorted(kept, key=sort_key):
        elements.setdefault(pointer.rpartition("/")[0], {})[pointer] = kept[pointer]
    for said in elements.values():
        step = msgspec.json.encode(node)
        _patch(node, said)
        if not _same(node, again):
            node.clear()
            node.update(msgspec.json.decode(step))
            problems += [
                _warning(
                    f"/unmapped/{escape(_KEPT)}/{escape(pointer)}",
                    "left-out",
                    "the record says something else by now: left out",
                )
                for pointer in said
            ]
    return problems


def _same(node: Node, trial: Trial) -> bool:
    try:
        return _again(node) == trial
    except ReadError:
        return False


def _patch(node: Node, kept: dict[str, Any]) -> None:
    """Put values at their places; null takes away what stands there."""
    for pointer in sorted((one for one in kept if kept[one] is not None), key=sort_key):
        _put(node, steps(pointer), kept[pointer])
    for pointer in sorted((one for one in kept if kept[one] is None), key=sort_key, reverse=True):
        _take(node, steps(pointer))


def _put(node: Any, way: list[str], value: Any) -> None:
    for step, below in zip(way, [*way[1:], ""], strict=True):
        last = below == ""
        new: Any = value if last else ([] if as_index(below) is not None else {})
        index = as_index(step)
        if isinstance(node, list) and index is not None:
            if index >= len(node):
                node.append(new)
                index = len(node) - 1
            elif last:
                node[index] = new
            node = node[index]
        elif isinstance(node, dict) and index is None:
            if last or step not in node:
                node[step] = new
            node = node[step]
        else:
            return


def _take(node: Any, way: list[str]) -> None:
    above: list[tuple[Any, Any]] = []
    for step in way:
        key: Any = as_index(step) if isinstance(node, list) else step
        if isinstance(node, dict) and key not in node:
            return
        if isinstance(node, list) and (key is None or key >= len(node)):
            return
        if not isinstance(node, dict | list):
            return
        above.append((node, key))
        node = node[key]
    for holder, key in reversed(above):
        if holder[key] and (holder, key) is not above[-1] and isinstance(holder[key], dict | list):
            return
        del holder[key]


# --- reading -----------------------------------------------------------------------------------


def read_tree(
    tree: Node, malformed: Callable[[], list[Problem]] | None = None
) -> tuple[Trial, list[Problem]]:
    """The record of a `clinical_study`, and warnings. Raises ReadError with all faults."""
    return whole.read(tree, STUDY, Names(), KEEP, lambda trial: _rest(tree, trial), malformed)


def _again(node: Node) -> Trial:
    trial, _ = whole.read(node, STUDY, Names(), KEEP, None)
    return _derived(trial, "clinical_results" in node)


def _derived(trial: Trial, has_results: bool) -> Trial:
    """The record with what follows from the rest of it.

    The interventions of arms, the kind of documents (from how the registry names their files), and
    whether there are results.
    """
    changes: dict[str, Any] = {"has_results": has_results}
    protocol = trial.protocol
    module = protocol.arms_interventions if protocol else None
    if protocol and module and module.arm_groups and module.interventions:
        given: dict[str, list[str]] = {}
        for one in module.interventions:
            for label in one.arm_group_labels or ():
                given.setdefault(label, []).append(intervention_name(one.type, one.name or ""))
        arms = [
            msgspec.structs.replace(arm, intervention_names=given.get(arm.label or ""))
            for arm in module.arm_groups
        ]
        module = msgspec.structs.replace(module, arm_groups=arms)
        changes["protocol"] = msgspec.structs.replace(protocol, arms_interventions=module)
    if trial.documents and trial.documents.large_document:
        held = trial.documents.large_document
        documents = [
            msgspec.structs.replace(one, type_abbrev=found[1])
            if (found := _FILE.fullmatch(one.filename or ""))
            else one
            for one in held.large_docs or ()
        ]
        large = msgspec.structs.replace(held, large_docs=documents)
        changes["documents"] = msgspec.structs.replace(trial.documents, large_document=large)
    return msgspec.structs.replace(trial, **changes)


def _rest(tree: Node, trial: Trial) -> tuple[Trial, list[Problem]]:
    """The record with all that it would not be written as."""
    trial = _derived(trial, "clinical_results" in tree)
    written = write_untold(trial)
    before, after = dict(walk(tree)), dict(walk(written))
    kept: dict[str, Any] = {
        pointer: value
        for pointer, value in before.items()
        if pointer not in after or not _alike(value, after[pointer])
    }
    kept |= dict.fromkeys(after.keys() - before.keys())
    if not kept:
        return trial, []
    unmapped = {_KEPT: dict(sorted(kept.items()))}
    trial = msgspec.structs.replace(trial, unmapped=unmapped)
    counted: dict[str, int] = {}
    for pointer, value in kept.items():
        if value is not None and not _read(pointer[1:], after):
            place = ".".join([ROOT, *(one for one in steps(pointer) if as_index(one) is None)])
            counted[place] = counted.get(place, 0) + 1
    return trial, [
        Problem(
            severity="warning",
            layer="mapping",
            path=place,
            code="not-read",
            message=f"{count} value{'s have' if count > 1 else ' has'} no place in the record: "
            "kept in unmapped",
            link=LINK,
        )
        for place, count in sorted(counted.items())
    ]


_OLDER = frozenset(row.steps[0] for row in PROTOCOL if row.read_only)
# Of the document, not of the trial; and what follows from other elements, which alone are read.
_SAYS_NOTHING = ("@rank", "required_header/")
_PARTS_OF_NAMES = frozenset({"first_name", "middle_name", "degrees"})
_FOLLOWS = ("number_of_", "last_update_submitted_qc", "location_countries/")


def _read(place: str, after: dict[str, Any]) -> bool:
    """Whether a value that is kept is read, and spelt in another way where it is written."""
    if place.startswith(_SAYS_NOTHING) or place in _OLDER or place.endswith("/#order"):
        return True
    if place.rpartition("/")[2] in _PARTS_OF_NAMES:
        return True
    return f"/{place}" in after and not place.startswith(_FOLLOWS)


def _alike(one: Any, other: Any) -> bool:
    """Whether two texts are the same but for white space, which wrapping changes."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other or one.split() == other.split()
    return bool(one == other)
