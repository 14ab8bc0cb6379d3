"""Our extensions and code systems are defined, as they are used and no more."""

import gzip
import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from corpus import ALL, records
from filled import filled_trial, turns
from hypothesis import HealthCheck, given, settings
from strategies import trials

from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.coverage import leaves, pattern
from trialbridge.mappings.fhir.bundle import read_tree, write_tree
from trialbridge.mappings.fhir.definitions import (
    extensions,
    meaning,
    package,
    resources,
    systems,
    walk,
)
from trialbridge.mappings.fhir.r5 import STUDY
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir.digests.codes import digest
from trialbridge.schemas.fhir.r5 import type_
from trialbridge.schemas.syntax import pointer
from trialbridge.schemas.trial import Trial

Node = dict[str, Any]

EXTENSIONS = f"{BASE}/StructureDefinition/"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "scripts" / "build_mapping_page.py"


def resource(type_name: str) -> list[Node]:
    return [one for one in resources() if one["resourceType"] == type_name]


@cache
def defined() -> dict[str, Node]:
    return {one["url"]: one for one in resources()}


# --- what Bundles have ---------------------------------------------------------------------------


class Used(NamedTuple):
    """An extension in a Bundle, and the names that a context may give the element that has it."""

    extension: Node
    elements: frozenset[str]


def used(node: Any, type_name: str, names: frozenset[str]) -> Iterator[Used]:
    """The extensions of a node of this type, and those of all below it."""
    elements = type_(type_name).elements
    for key, value in node.items():
        if key == "resourceType":
            continue
        for one in value if isinstance(value, list) else [value]:
            if key == "extension":
                yield Used(one, names)
            elif isinstance(one, dict):
                inner = elements[key]
                if inner.type == "Resource":
                    kind = one["resourceType"]
                    yield from used(one, kind, frozenset({kind}))
                else:
                    # Beside a primitive is what it has as an element: its type is that of it.
                    value = elements[key.removeprefix("_")]
                    yield from used(one, inner.type, frozenset({inner.anchor, value.type}))


def codings(node: Any) -> Iterator[tuple[str, str]]:
    """System and code of each Coding of a system of ours; no code where the system says all."""
    if isinstance(node, dict):
        if str(node.get("system", "")).startswith(BASE):
            yield node["system"], node.get("code", "")
        node = list(node.values())
    for one in node if isinstance(node, list) else ():
        yield from codings(one)


# Where official extensions are allowed. https://hl7.org/fhir/extensions/extension-registry.html
OFFICIAL = {
    "iso21090-codedString": "string",
    "researchStudy-studyRegistration": "ResearchStudy",
    "rendering-markdown": "string",
    "data-absent-reason": "Element",
    "contactpoint-extension": "ContactPoint.value",
}


class Seen:
    """What Bundles use of our definitions, checked against them as it is seen."""

    def __init__(self) -> None:
        self.extensions: set[str] = set()
        self.codes: set[tuple[str, str]] = set()
        self.kinds: set[tuple[str, str]] = set()
        self.misplaced: set[str] = set()

    def add(self, trial: Trial) -> None:
        bundle, _ = write_tree(trial, stated=True)
        for extension, elements in used(bundle, "Bundle", frozenset({"Bundle"})):
            if not extension["url"].startswith(EXTENSIONS):
                name = extension["url"].rpartition("/")[2]
                if OFFICIAL[name] not in {*elements, "Element"}:
                    self.misplaced.add(name)
            else:
                definition = defined()[extension["url"]]
                contexts = {context["expression"] for context in definition["context"]}
                assert contexts & {*elements, "Element"}, (extension, elements)
                self.check(definition, "Extension", extension)
        for system, code in codings(bundle):
            known = {concept["code"] for concept in defined()[system]["concept"]}
            assert not code or code in known, (system, code)
            self.codes.add((system, code))

    def check(self, definition: Node, id_: str, extension: Node) -> None:
        """The extension has the value or the parts that the snapshot allows at this id."""
        elements = {one["id"]: one for one in definition["snapshot"]["element"]}
        assert elements[f"{id_}.url"]["fixedUri"] == extension["url"]
        self.extensions.add(f"{definition['id']}{id_.removeprefix('Extension')}")
        values = {key.removeprefix("value") for key in extension if key.startswith("value")}
        parts = [part["url"] for part in extension.get("extension", ())]
        assert set(extension) <= {"url", "extension", *(f"value{value}" for value in values)}
        allowed = elements[f"{id_}.value[x]"]
        assert len(values) <= int(allowed["max"])
        assert len(values) >= allowed["min"]
        kinds = {one["code"] for one in allowed["type"]}
        for value in values:
            (kind,) = {value, value[0].lower() + value[1:]} & kinds
            self.kinds.add((f"{definition['id']}{id_.removeprefix('Extension')}", kind))
        # An empty item is one in an extension too, and has a definition of its own.
        parts = [url for url in parts if not url.startswith(EXTENSIONS)]
        for url in parts:
            slice_ = elements[f"{id_}.extension:{url}"]
            assert slice_["max"] == "*" or parts.count(url) == 1
        for part in extension.get("extension", ()):
            if part["url"] in parts:
                self.check(definition, f"{id_}.extension:{part['url']}", part)


def mix(trial: Trial, *changes: tuple[str, Any]) -> Trial:
    """The trial with other values at pointers; None takes a value away."""
    tree = msgspec.to_builtins(trial)
    for at, value in changes:
        above, _, key = at.rpartition("/")
        holder = pointer.get(tree, above)
        if value is None:
            del holder[key]
        else:
            holder[key] = value
    return msgspec.convert(tree, Trial)


ARMS = "/protocolSection/armsInterventionsModule"


def odd_trials() -> Iterable[Trial]:
    """Trials with what only odd records have, and native elements do not say."""
    trial = filled_trial()
    enrollment = "/protocolSection/designModule/enrollmentInfo"
    yield mix(trial, (f"{enrollment}/type", None))
    status = "/protocolSection/statusModule/overallStatus"
    yield mix(trial, (f"{enrollment}/type", None), (status, "COMPLETED"))
    yield mix(trial, (f"{enrollment}/count", None))
    dates = ("startDateStruct", "completionDateStruct")
    yield mix(trial, *((f"/protocolSection/statusModule/{one}/date", None) for one in dates))
    yield mix(trial, ("/protocolSection/conditionsModule/keywords", []))
    yield mix(trial, ("/protocolSection/contactsLocationsModule/locations", [{}, {"city": "x"}]))
    criteria = (
        "Inclusion Criteria:\n\n* Type 2 diabetes for a duration of at least 1 year\n\n"
        "Exclusion Criteria:\n\n* surgery within the last 3 months"
    )
    yield mix(trial, ("/protocolSection/eligibilityModule/eligibilityCriteria", criteria))
    arms = [{"label": "A", "interventionNames": ["Drug: one"]}, {"label": "B"}]
    one = {"type": "DRUG", "name": "one"}
    for labels in (["B"], ["B", "A", "C"], None):
        yield mix(
            trial,
            (f"{ARMS}/armGroups", arms),
            (f"{ARMS}/interventions", [{**one, **({"armGroupLabels": labels} if labels else {})}]),
        )
    # The terms of the second condition, and of the second intervention, come first.
    terms = [{"id": "D1", "term": "beta"}, {"id": "D2", "term": "alpha"}]
    yield mix(
        trial,
        ("/protocolSection/conditionsModule/conditions", ["alpha", "beta"]),
        ("/derivedSection/conditionBrowseModule/meshes", terms),
        (f"{ARMS}/interventions", [{"name": "alpha"}, {"name": "beta"}]),
        ("/derivedSection/interventionBrowseModule/meshes", terms),
    )
    # Of terms that belong to nothing, and so are conditions and foci of their own.
    loose = [{"id": "D3", "term": "gamma"}, *terms]
    yield mix(
        trial,
        ("/protocolSection/conditionsModule/conditions", ["alpha", "beta"]),
        ("/derivedSection/conditionBrowseModule/meshes", loose),
        (f"{ARMS}/interventions", [{"name": "alpha"}, {"name": "beta"}]),
        ("/derivedSection/interventionBrowseModule/meshes", loose),
    )
    yield from odd_results()


def odd_results() -> Iterable[Trial]:
    """Results of which statistics do not say all: no numbers, other orders, other units."""
    groups = [{"id": "OG000"}, {"id": "OG001"}]
    said = {"paramType": "MEAN", "dispersionType": "Standard Deviation", "unitOfMeasure": "mmHg"}
    numbers = [{"groupId": "OG001", "value": ".5"}, {"groupId": "OG000", "value": "1"}]
    for measure in (
        {"title": "No numbers", **said},
        {"groups": groups, "classes": [{"categories": [{"measurements": numbers}]}]},
        {"groups": groups, "denoms": [{"units": "Eyes", "counts": [{}, {"groupId": "OG000"}]}]},
    ):
        module = {"outcomeMeasuresModule": {"outcomeMeasures": [measure]}}
        yield msgspec.convert({"resultsSection": module}, Trial)
    measure = {**said, "dispersionType": "STANDARD_DEVIATION"}
    module = {"baselineCharacteristicsModule": {"measures": [measure]}}
    yield msgspec.convert({"resultsSection": module}, Trial)


@cache
def seen() -> Seen:
    found = Seen()
    for turn in range(turns()):
        found.add(filled_trial(turn, results=True))
    for trial in odd_trials():
        found.add(trial)
    return found


# --- laws ----------------------------------------------------------------------------------------


def test_the_filled_trial_has_every_leaf_and_every_code() -> None:
    found: dict[str, set[Any]] = {}
    for turn in range(turns()):
        for at, value in pointer.walk(msgspec.to_builtins(filled_trial(turn, results=True))):
            found.setdefault(pattern(at), set()).add(str(value))
    assert set(leaves(Trial)) - {"/unmapped"} <= set(found)
    assert filled_trial().unmapped
    assert len(found["/protocolSection/statusModule/overallStatus"]) == 14
    assert found["/hasResults"] == {"True", "False"}
    assert filled_trial(3) == filled_trial(3)


@pytest.mark.parametrize("turn", range(turns()))
def test_the_filled_trial_comes_back(turn: int) -> None:
    bundle, problems = write_tree(filled_trial(turn, results=True))
    assert problems == []
    assert read_tree(bundle) == (filled_trial(turn, results=True), [])


def test_what_filled_trials_write_is_defined() -> None:
    assert seen().extensions


# How long one example takes says how busy the machine is, and is no law of ours.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trials(results=False, unmapped=True, empty_texts=True))
def test_what_any_trial_writes_is_defined(trial: Trial) -> None:
    Seen().add(trial)


def test_what_the_corpus_writes_is_defined() -> None:
    found = Seen()
    for line in records()[:: 1 if ALL else 5]:
        trial, _ = ctgov.read(line)
        found.add(trial)
    assert found.extensions <= seen().extensions


def test_official_extensions_are_where_they_are_allowed() -> None:
    assert seen().misplaced == set()


def test_no_extension_is_unused() -> None:
    written = {
        f"{one['id']}{element['id'].removeprefix('Extension').removesuffix('.url')}"
        for one in resource("StructureDefinition")
        for element in one["snapshot"]["element"]
        if element["path"].endswith(".url")
    }
    assert written == seen().extensions


def test_no_value_type_of_an_extension_is_unused() -> None:
    listed = {
        (f"{one['id']}{element['id'].removeprefix('Extension').removesuffix('.value[x]')}", kind)
        for one in resource("StructureDefinition")
        for element in one["snapshot"]["element"]
        if element["path"].endswith(".value[x]") and element["max"] != "0"
        for kind in (each["code"] for each in element["type"])
    }
    assert listed == seen().kinds


# Flags of which FHIR has the yes, in the system that our no is of.
STANDARD = {"fda-regulated-drug", "fda-regulated-device"}


def test_no_code_is_unused() -> None:
    listed = {
        (one["url"], concept["code"])
        for one in resource("CodeSystem")
        for concept in one["concept"]
        if concept["code"] not in STANDARD
    }
    assert listed <= seen().codes


def test_every_system_that_a_codec_declares_is_defined() -> None:
    declared = {system.url for _, row, _ in walk(STUDY) for system in row.codec.systems}
    assert declared <= {system.url for system in systems()}


def test_what_an_extension_carries_is_in_the_model() -> None:
    known = [*leaves(Trial)]
    for definition in extensions():
        for leaf in definition.carried:
            assert any(f"{one}/".startswith(f"{leaf}/") for one in known), leaf
            meaning(leaf)


# --- validity ------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", resources(), ids=lambda one: f"{one['resourceType']}-{one['id']}")
def test_fhir_resources_accepts_each_definition(one: Node) -> None:
    from fhir.resources import get_fhir_model_class

    model = get_fhir_model_class(one["resourceType"])
    made = model.model_validate(one)
    assert json.loads(made.model_dump_json()) == json.loads(json.dumps(one))


@pytest.mark.parametrize("one", resources(), ids=lambda one: f"{one['resourceType']}-{one['id']}")
def test_each_definition_is_named_as_fhir_wants(one: Node) -> None:
    """https://hl7.org/fhir/R5/canonicalresource.html#invs cnl-0 and cnl-1; an id of FHIR."""
    assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{1,254}", one["name"])
    assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", one["id"])
    assert one["url"] == f"{BASE}/{one['resourceType']}/{one['id']}"
    assert not set(one["url"]) & set("|#")
    assert one["description"]


@pytest.mark.parametrize("one", resource("StructureDefinition"), ids=lambda one: str(one["id"]))
def test_invariants_of_structure_definitions_hold(one: Node) -> None:
    """https://hl7.org/fhir/R5/structuredefinition.html#invs"""
    snapshot, differential = (one[part]["element"] for part in ("snapshot", "differential"))
    assert one["context"], "sdf-5"
    for elements in (snapshot, differential):
        ids = [element["id"] for element in elements]
        assert len(ids) == len(set(ids)), "sdf-16 and sdf-17"
        assert elements[0]["path"] == one["type"] == "Extension", "sdf-11"
        assert all(path.startswith("Extension.") for path in paths(elements[1:])), "sdf-8"
        assert not {"type", "sliceName", "slicing", "code", "label"} & set(elements[0])
    for element in snapshot:
        assert {"definition", "min", "max", "base"} <= set(element), "sdf-3 and sdf-8b"
        assert element["max"] == "*" or element["min"] <= int(element["max"]), "eld-2"
        assert len(element.get("mapping", ())) <= 1, "eld-27"
        bound = element.get("binding")
        assert bound is None or element["type"] == [{"code": "Coding"}], "eld-11"
        assert bound is None or bound["valueSet"] in defined()
    whole = {element["id"]: element for element in snapshot}
    for element in differential:
        assert {**whole[element["id"]], **element} == whole[element["id"]]


def paths(elements: list[Node]) -> list[str]:
    return [element["path"] for element in elements]


@pytest.mark.parametrize("one", resource("StructureDefinition"), ids=lambda one: str(one["id"]))
def test_contexts_are_elements_of_the_base_specification(one: Node) -> None:
    for context in one["context"]:
        name, _, element = context["expression"].rpartition(".")
        if name:
            assert element in {each.anchor.rpartition(".")[2] for each in elements_of(name)}
        else:
            assert element in digest().types


def elements_of(name: str) -> Iterable[Any]:
    return type_(name).elements.values()


@pytest.mark.parametrize("one", resource("CodeSystem"), ids=lambda one: str(one["id"]))
def test_code_systems_are_whole(one: Node) -> None:
    """https://hl7.org/fhir/R5/codesystem.html#invs"""
    codes = [concept["code"] for concept in one["concept"]]
    assert len(codes) == len(set(codes)) == one["count"], "csd-1"
    assert all(concept["display"] for concept in one["concept"])
    include = defined()[one["valueSet"]]["compose"]["include"]
    assert include == [{"system": one["url"]}], "all codes, as CodeSystem.valueSet has to have"


# --- the extensions one by one -------------------------------------------------------------------


def of(id_: str) -> Node:
    return defined()[EXTENSIONS + id_]


def differs(id_: str, element: str) -> Node:
    (found,) = (one for one in of(id_)["differential"]["element"] if one["id"] == element)
    return dict(found)


def test_an_extension_with_two_value_types_lists_both() -> None:
    value = differs("identifier-link", "Extension.value[x]")
    assert value["type"] == [{"code": "url"}, {"code": "string"}]
    assert value["min"] == 1
    assert of("identifier-link")["context"] == [
        {"type": "element", "expression": "ResearchStudy.identifier"}
    ]


def test_an_extension_with_parts_has_their_types_and_counts() -> None:
    ids = [one["id"] for one in of("unposted-annotation")["differential"]["element"]]
    assert [id_ for id_ in ids if id_.count(":") == 1 and "." not in id_.partition(":")[2]] == [
        "Extension.extension:unposted-responsible-party",
        "Extension.extension:event",
    ]
    assert differs("unposted-annotation", "Extension.extension:event")["max"] == "*"
    responsible = "Extension.extension:unposted-responsible-party"
    assert differs("unposted-annotation", responsible)["max"] == "1"
    assert differs("unposted-annotation", "Extension.value[x]")["max"] == "0"
    value = differs("unposted-annotation", "Extension.extension:event.extension:type.value[x]")
    assert value["binding"] == {
        "strength": "required",
        "valueSet": f"{BASE}/ValueSet/ctgov-unposted-event-type",
    }


def test_parts_have_parts() -> None:
    part = "Extension.extension:submission.extension:mcp-release-n"
    assert differs("submission-tracking", "Extension.extension:submission")["max"] == "*"
    assert differs("submission-tracking", f"{part}.value[x]")["type"] == [{"code": "integer"}]
    assert differs("submission-tracking", f"{part}.url")["fixedUri"] == "mcp-release-n"


def test_an_extension_says_what_it_carries() -> None:
    leaf = "/protocolSection/statusModule/lastKnownStatus"
    words = f"`{leaf}` of a trial record. Status before it became UNKNOWN."
    assert of("last-known-status")["description"] == words
    value = differs("last-known-status", "Extension.value[x]")
    assert value["mapping"] == [{"identity": "trial", "map": leaf}]
    assert meaning("/protocolSection/ipdSharingStatementModule").startswith("The plan to share")


def test_an_extension_below_what_its_row_leads_to_has_that_context() -> None:
    assert of("mesh-position")["context"][0]["expression"] == "CodeableConcept.coding"
    assert of("upload-time")["context"][0]["expression"] == "RelatedArtifact.publicationDate"
    assert of("url-as-given")["context"][0]["expression"] == "Attachment.url"


# --- the package ---------------------------------------------------------------------------------


def unpacked() -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(package())) as archive:
        members = archive.getmembers()
        names = [member.name for member in members]
        assert names == sorted(names)
        assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}
        files = {member.name: archive.extractfile(member) for member in members}
        return {name: json.loads(file.read()) for name, file in files.items() if file}


def test_the_package_has_a_manifest() -> None:
    manifest = unpacked()["package/package.json"]
    assert manifest["name"] == "trialbridge.fhir.r5"
    assert manifest["version"] == version("trialbridge")
    assert manifest["fhirVersions"] == ["5.0.0"]
    assert manifest["dependencies"]["hl7.fhir.r5.core"] == "5.0.0"
    assert "hl7.fhir.uv.extensions.r5" in manifest["dependencies"]
    assert manifest["canonical"] == BASE


def test_the_index_lists_every_resource() -> None:
    files = unpacked()
    index = files.pop("package/.index.json")
    del files["package/package.json"]
    assert index["index-version"] == 2
    assert [f"package/{one['filename']}" for one in index["files"]] == list(files)
    for one in index["files"]:
        content = files[f"package/{one['filename']}"]
        assert {key: content[key] for key in one if key != "filename"} == {
            key: value for key, value in one.items() if key != "filename"
        }
    assert list(files.values()) == json.loads(
        json.dumps(sorted(resources(), key=lambda one: f"{one['resourceType']}-{one['id']}.json"))
    )


def test_the_package_is_the_same_twice() -> None:
    script = (
        "import sys; from trialbridge.mappings.fhir.definitions import package;"
        "sys.stdout.buffer.write(package())"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    assert other == package()
    assert gzip.decompress(other) == gzip.decompress(package())
    assert other[4:8] == b"\0\0\0\0", "no time in the gzip header"


# --- the mapping page ----------------------------------------------------------------------------


def test_the_mapping_page_is_current() -> None:
    run = subprocess.run(
        [sys.executable, str(PAGE), "--check"], capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert run.returncode == 0
