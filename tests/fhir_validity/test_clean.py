"""One truth, two speeds: what the lean pass calls clean, the walker has nothing to say of."""

import copy
import random
from functools import cache
from typing import Any

import corpus
import msgspec
import pytest
from fhir_faults import good, good_old
from mutations import ODD, documents

import trialbridge
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir.clean import clean
from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Version
from trialbridge.schemas.fhir.digests.displays import displays_of
from trialbridge.schemas.fhir.digests.types import type_of
from trialbridge.schemas.fhir.invariants import check
from trialbridge.schemas.fhir.schema import explain, gate
from trialbridge.schemas.fhir.validate import validate
from trialbridge.schemas.fhir.walk import walk
from trialbridge.schemas.problem import Problem

MUTATIONS = 20_000 if corpus.ALL else 200
KEYS = ("extension", "id", "_status", "valueString", "contained", "text", "language", "foo")


@cache
def trees(version: Version) -> list[Any]:
    name = "fhir-r5" if version == "r5" else f"fhir-{version}"
    return [msgspec.json.decode(data) for data in documents(name)]


def slow(tree: Any, version: Version) -> list[Problem]:
    made = walk(tree, version, BASE)
    if made.problems or gate(tree, version):
        return made.problems
    return explain(tree, version)


def places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    todo = [tree]
    while todo:
        node = todo.pop()
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            found.append((node, key))
            if isinstance(value, dict | list):
                todo.append(value)
    return found


def changed(tree: Any, choice: random.Random) -> Any:
    tree = copy.deepcopy(tree)
    listed = places(tree)
    node, key = choice.choice(listed)
    how = choice.random()
    if how < 0.4:
        node[key] = copy.deepcopy(choice.choice(ODD))
    elif how < 0.6:
        del node[key]
    elif how < 0.8:
        other, at = choice.choice(listed)
        node[key] = copy.deepcopy(other[at])
    elif isinstance(node, dict):
        node[choice.choice(KEYS)] = copy.deepcopy(choice.choice(ODD))
    else:
        node.append(copy.deepcopy(node[key]))
    return tree


def test_what_is_clean_has_nothing_to_tell() -> None:
    choice = random.Random(20)
    refused = 0
    for _ in range(MUTATIONS):
        version = choice.choice(VERSIONS)
        tree = changed(choice.choice(trees(version)), choice)
        said = slow(tree, version)
        refused += bool(said)
        if clean(tree, version, BASE) and gate(tree, version, forms=False):
            assert said == []
    assert refused > MUTATIONS / 2


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_right_is_clean(version: Version) -> None:
    for tree in trees(version):
        # A null beside an extension is for the walker.
        if b"null" in msgspec.json.encode(tree):
            continue
        assert clean(tree, version, BASE), walk(tree, version, BASE).problems


@pytest.mark.parametrize("version", VERSIONS)
def test_no_form_falls_between_the_lean_pass_and_the_gate(version: Version) -> None:
    asked = 0
    for key, element in type_of(version, "Extension").elements.items():
        if not element.primitive or element.choice is None:
            continue
        # A blank is right in no primitive, nor is a control character.
        for wrong in (" ", "a\x01 "):
            tree = copy.deepcopy(good() if version == "r5" else good_old())
            resource = tree["entry"][0]["resource"]
            resource["extension"] = [{"url": "https://example.org/x", key: wrong}]
            assert not (clean(tree, version, BASE) and gate(tree, version, forms=False)), key
            asked += 1
    assert asked > 30


@pytest.mark.parametrize("code", ["EUR", "XCG", "ZWG", "HRK"])
def test_currencies_of_today_and_of_lately_are_right(code: str) -> None:
    money = [{"url": "https://example.org/x", "valueMoney": {"value": 1, "currency": code}}]
    assert planted("r5", "extension", money) == []


def planted(version: Version, where: str, value: Any) -> list[tuple[str, str, str]]:
    tree = copy.deepcopy(good() if version == "r5" else good_old())
    resource = tree["entry"][0]["resource"]
    resource[where] = value
    named = f"ResearchStudy/{resource['id']}*"
    return [
        (p.severity, p.code, p.message.replace(named, "ResearchStudy/*"))
        for p in validate(tree, version)
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("where", "value", "code", "message"),
    [
        ("language", "english!", "code",
         "'english!' is not a language (BCP 47: en, pt-BR, zh-Hans)"),
        ("keyword", [{"coding": [{"system": "urn:ietf:bcp:13", "code": "text"}]}], "code",
         "'text' is not a media type (text/plain, application/fhir+json)"),
        ("keyword", [{"coding": [{"system": "urn:iso:std:iso:4217", "code": "EURO"}]}], "code",
         "'EURO' is not a currency of ISO 4217 (EUR, USD)"),
        ("extension", [{"url": "https://example.org", "valueMoney": {"currency": "EURO"}}], "code",
         "'EURO' is not a currency of ISO 4217 (EUR, USD)"),
        ("extension", [{"url": "https://example.org/x",
                        "valueAttachment": {"contentType": "text", "url": "https://example.org"}}],
         "code", "'text' is not a media type (text/plain, application/fhir+json)"),
        ("keyword", [{"coding": [{"system": "loinc", "code": "1"}]}], "format",
         "'loinc' is relative, but a system is an absolute URI"),
        ("identifier", [{"system": "nct", "value": "NCT00000001"}], "format",
         "'nct' is relative, but a system is an absolute URI"),
        ("keyword", [{"id": "a", "text": "tea"}, {"id": "a", "text": "cups"}], "duplicate",
         "'a' is the id of Bundle.entry[0].resource/*ResearchStudy/*/.keyword[0] too"),
    ],
)  # fmt: skip
def test_what_others_list_is_asked(
    version: Version, where: str, value: Any, code: str, message: str
) -> None:
    assert planted(version, where, value) == [("error", code, message)]


GENDER = "http://hl7.org/fhir/administrative-gender"
ROLE = "http://terminology.hl7.org/CodeSystem/v2-0443"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("coding", "message"),
    [
        ({"system": GENDER, "code": "female", "display": "Male"},
         f"'Male' is not what {GENDER} calls 'female': 'Female'"),
        ({"system": GENDER, "code": "female", "display": "Female.", "userSelected": True},
         f"'Female.' is not what {GENDER} calls 'female': 'Female'"),
        ({"system": ROLE, "code": "AT", "display": "Nurse"},
         f"'Nurse' is not what {ROLE} calls 'AT': 'Attending' or 'Behandelnder Arzt' or"
         " 'PV1-7 Attending doctor'"),
    ],
)  # fmt: skip
def test_a_display_that_contradicts_its_code_is_told(
    version: Version, coding: dict[str, Any], message: str
) -> None:
    assert planted(version, "keyword", [{"coding": [coding]}]) == [("warning", "display", message)]
    # What was right with its own display is not right with another's.
    right = {**coding, "display": displays_of(coding["system"])[coding["code"]][0]}
    assert planted(version, "keyword", [{"coding": [right]}, {"coding": [coding]}]) == [
        ("warning", "display", message)
    ]


@pytest.mark.parametrize(
    "coding",
    [
        {"system": GENDER, "code": "female", "display": " FEMALE"},
        {"system": GENDER, "code": "female"},
        # Of another edition, and of what others keep, nothing is known.
        {"system": GENDER, "code": "female", "version": "1.2", "display": "Woman"},
        {"system": "http://loinc.org", "code": "718-7", "display": "Tea"},
        {"system": "urn:iso:std:iso:3166", "code": "IR", "display": "Iran"},
    ],
)
def test_a_display_that_may_be_right_is_not_told(coding: dict[str, str]) -> None:
    assert planted("r5", "keyword", [{"coding": [coding]}]) == []


def test_displays_in_another_language_are_not_told() -> None:
    concept = {"coding": [{"system": GENDER, "code": "female", "display": "weiblich"}]}
    tree = {"resourceType": "Basic", "code": concept}
    inner = {"resourceType": "Basic", "code": concept, "id": "a"}
    for language, said in (("de", 0), ("de-CH", 0), ("en", 1), ("en-GB", 1), (None, 1)):
        given = {**tree, **({"language": language} if language else {})}
        assert [p.code for p in validate(given, "r5")] == ["display"] * said
        # As in what it contains, which may say otherwise.
        given = {**given, "code": {"text": "a"}, "contained": [inner]}
        assert [p.code for p in validate(given, "r5") if p.code == "display"] == ["display"] * said
    given = {**tree, "language": "de", "contained": [{**inner, "language": "en"}]}
    assert [p.path for p in validate(given, "r5") if p.code == "display"] == [
        "Basic.contained[0]/*Basic/a*/.code.coding[0].display"
    ]


@pytest.mark.parametrize(
    ("kind", "reference", "severity"),
    [
        ("collection", "Group/elsewhere", "information"),
        ("transaction", "Group/elsewhere", "information"),
        ("message", "Group/elsewhere", "error"),
        ("collection", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "error"),
        ("collection", f"{BASE}/Group/elsewhere", "error"),
    ],
)
def test_what_a_bundle_may_leave_out_is_no_error(kind: str, reference: str, severity: str) -> None:
    group = {
        "resourceType": "Group",
        "type": "person",
        "membership": "enumerated",
        "managingEntity": {"reference": reference.replace("Group", "Organization")},
    }
    tree = {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [
            {
                "fullUrl": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0",
                "request": {"method": "POST", "url": "Group"},
                "resource": group,
            }
        ],
    }
    found = [(p.severity, p.code) for p in validate(tree, "r5") if p.code == "dangling"]
    assert found == [(severity, "dangling")]


def test_a_snapshot_and_its_differential_share_ids() -> None:
    elements = {"element": [{"id": "Basic", "path": "Basic"}]}
    tree = {
        "resourceType": "StructureDefinition",
        "url": "https://example.org/StructureDefinition/a",
        "name": "A",
        "status": "draft",
        "kind": "resource",
        "abstract": False,
        "type": "Basic",
        "snapshot": elements,
        "differential": elements,
    }
    assert validate(tree, "r5") == []


def test_invariants_that_time_runs_out_for_are_named() -> None:
    tree = {"resourceType": "Observation", "status": "final", "code": {"text": "tea"}}
    (told,) = [p for p in check(tree, budget=-1) if p.code == "not-checked"]
    assert told.severity == "warning"
    assert told.path == "Observation"
    assert told.message.startswith("the -1 seconds for invariants are over; not checked: ")
    assert not [p for p in check(tree) if p.code == "not-checked"]


def test_an_organization_without_a_name_is_written_validly_and_reads_without_one() -> None:
    record = {"protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "organization": {"class": "OTHER"}},
    }}  # fmt: skip
    trial = trialbridge.read(msgspec.json.encode(record))
    written = trialbridge.write(trial, "fhir-r5")
    assert not [p for p in trialbridge.validate(written) if p.severity == "error"]
    assert trialbridge.read(written) == trial
