"""Faults of USDM documents, planted one at a time: each is told at its place."""

import copy
import json
import random
from functools import cache
from typing import Any

import pytest
from corpus import beside, file

from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.pointer import steps
from trialbridge.schemas.usdm.definitions import definitions
from trialbridge.schemas.usdm.v4_0 import check
from trialbridge.schemas.usdm.validate import validate

REAL = ("Alexion_NCT04573309_Wilsons", "CDISC_Pilot_Study", "observational")
VERSION = "/study/versions/0"
DESIGN = f"{VERSION}/studyDesigns/0"


def code(number: int, said: str, decode: str) -> dict[str, Any]:
    return {
        "id": f"Code_{number}",
        "code": said,
        "codeSystem": "http://www.cdisc.org",
        "codeSystemVersion": "2024-09-27",
        "decode": decode,
        "instanceType": "Code",
    }


# All that USDM requires of a study with one arm, and no more.
LEAST: dict[str, Any] = {
    "usdmVersion": "4.0.0",
    "study": {
        "name": "WATER",
        "versions": [
            {
                "id": "StudyVersion_1",
                "versionIdentifier": "1",
                "rationale": "Thirst",
                "studyIdentifiers": [
                    {
                        "id": "StudyIdentifier_1",
                        "text": "W-1",
                        "scopeId": "Organization_1",
                        "instanceType": "StudyIdentifier",
                    }
                ],
                "titles": [
                    {
                        "id": "StudyTitle_1",
                        "text": "Water for thirst",
                        "type": code(1, "C207616", "Official Study Title"),
                        "instanceType": "StudyTitle",
                    }
                ],
                "organizations": [
                    {
                        "id": "Organization_1",
                        "name": "WELL",
                        "type": code(2, "C54149", "Pharmaceutical Company"),
                        "identifierScheme": "DUNS",
                        "identifier": "1",
                        "instanceType": "Organization",
                    }
                ],
                "eligibilityCriterionItems": [
                    {
                        "id": "EligibilityCriterionItem_1",
                        "name": "IN1",
                        "text": "Thirsty",
                        "instanceType": "EligibilityCriterionItem",
                    }
                ],
                "studyDesigns": [
                    {
                        "id": "InterventionalStudyDesign_1",
                        "name": "DESIGN",
                        "rationale": "Simple",
                        "model": code(3, "C82640", "SINGLE GROUP"),
                        "arms": [
                            {
                                "id": "StudyArm_1",
                                "name": "A",
                                "type": code(4, "C174266", "Experimental Arm"),
                                "dataOriginDescription": "Subjects",
                                "dataOriginType": code(5, "C188866", "Data Generated Within Study"),
                                "instanceType": "StudyArm",
                            }
                        ],
                        "epochs": [
                            {
                                "id": "StudyEpoch_1",
                                "name": "E",
                                "type": code(6, "C101526", "Treatment Epoch"),
                                "instanceType": "StudyEpoch",
                            }
                        ],
                        "elements": [
                            {
                                "id": "StudyElement_1",
                                "name": "DRINK",
                                "instanceType": "StudyElement",
                            }
                        ],
                        "studyCells": [
                            {
                                "id": "StudyCell_1",
                                "armId": "StudyArm_1",
                                "epochId": "StudyEpoch_1",
                                "elementIds": ["StudyElement_1"],
                                "instanceType": "StudyCell",
                            }
                        ],
                        "population": {
                            "id": "StudyDesignPopulation_1",
                            "name": "POP",
                            "includesHealthySubjects": True,
                            "plannedSex": [code(7, "C16576", "F")],
                            "criterionIds": ["EligibilityCriterion_1"],
                            "plannedEnrollmentNumber": {
                                "id": "Quantity_1",
                                "value": 8,
                                "instanceType": "Quantity",
                            },
                            "instanceType": "StudyDesignPopulation",
                        },
                        "eligibilityCriteria": [
                            {
                                "id": "EligibilityCriterion_1",
                                "name": "IN1",
                                "category": code(8, "C25532", "INCLUSION"),
                                "identifier": "1",
                                "criterionItemId": "EligibilityCriterionItem_1",
                                "instanceType": "EligibilityCriterion",
                            }
                        ],
                        "instanceType": "InterventionalStudyDesign",
                    }
                ],
                "instanceType": "StudyVersion",
            }
        ],
        "instanceType": "Study",
    },
}

ABSENT = object()


def planted(pointer: str, value: Any) -> dict[str, Any]:
    """The least document with another value at a place, or without one."""
    tree = copy.deepcopy(LEAST)
    *way, last = steps(pointer)
    node: Any = tree
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node[step]
    key: Any = int(last) if isinstance(node, list) else last
    if value is ABSENT:
        del node[key]
    else:
        node[key] = value
    return tree


def told(tree: dict[str, Any]) -> list[str]:
    return [f"{one} [{one.layer}, {one.code}]" for one in check(json.dumps(tree).encode())]


def test_the_least_document_has_no_problem() -> None:
    assert told(LEAST) == []


@pytest.mark.parametrize(
    ("pointer", "value", "said"),
    [
        (
            f"{VERSION}/rationale",
            ABSENT,
            f"error: {VERSION}: StudyVersion without rationale, which is a string (DDF00125) "
            "[schema, required]",
        ),
        (
            f"{VERSION}/rationale",
            7,
            f"error: {VERSION}/rationale: expected a string, found 7 [schema, type]",
        ),
        (
            f"{VERSION}/rationale",
            None,
            f"error: {VERSION}/rationale: expected a string, found null [schema, type]",
        ),
        (
            f"{DESIGN}/population/includesHealthySubjects",
            "yes",
            f"error: {DESIGN}/population/includesHealthySubjects: expected true or false, found "
            "'yes' [schema, type]",
        ),
        (
            f"{DESIGN}/arms",
            {},
            f"error: {DESIGN}/arms: expected a list, each a StudyArm, found an object "
            "[schema, type]",
        ),
        (
            f"{DESIGN}/arms/0",
            "A",
            f"error: {DESIGN}/arms/0: expected a StudyArm, found 'A' [schema, type]",
        ),
        (
            f"{DESIGN}/arms/0/instanceType",
            "StudyEpoch",
            f"error: {DESIGN}/arms/0/instanceType: expected 'StudyArm', found 'StudyEpoch' "
            "[schema, instance-type]",
        ),
        (
            f"{DESIGN}/instanceType",
            "StudyDesign",
            f"error: {DESIGN}/instanceType: expected 'InterventionalStudyDesign' or "
            "'ObservationalStudyDesign', found 'StudyDesign' [schema, instance-type]",
        ),
        (
            f"{DESIGN}/population/plannedEnrollmentNumber/instanceType",
            ABSENT,
            f"error: {DESIGN}/population/plannedEnrollmentNumber/instanceType: expected 'Quantity' "
            "or 'Range', it is absent [schema, instance-type]",
        ),
        (
            f"{DESIGN}/colour",
            "blue",
            f"error: {DESIGN}/colour: InterventionalStudyDesign has no member 'colour'; what USDM "
            "has no place for goes into extensionAttributes (DDF00125) [schema, unknown-member]",
        ),
        (
            f"{VERSION}/dateValues",
            [
                {
                    "id": "GovernanceDate_1",
                    "name": "D",
                    "type": code(9, "C215663", "Effective Date"),
                    "dateValue": "2024-02-30",
                    "geographicScopes": [
                        {
                            "id": "GeographicScope_1",
                            "type": code(10, "C68846", "Global"),
                            "instanceType": "GeographicScope",
                        }
                    ],
                    "instanceType": "GovernanceDate",
                }
            ],
            f"error: {VERSION}/dateValues/0/dateValue: expected a date (YYYY-MM-DD), found "
            "'2024-02-30' [schema, type]",
        ),
        (
            "/study/id",
            "1",
            "error: /study/id: expected a UUID, found '1' [schema, type]",
        ),
        (
            f"{DESIGN}/epochs/0/id",
            "StudyElement_1",
            f"error: {DESIGN}/elements/0/id: 'StudyElement_1' is the id of the StudyEpoch at "
            f"{DESIGN}/epochs/0 too; an id stands once in a version of a study (DDF00083) "
            "[references, id-twice]",
        ),
        (
            f"{DESIGN}/studyCells/0/armId",
            "StudyArm_2",
            f"error: {DESIGN}/studyCells/0/armId: 'StudyArm_2' is no id in the document, expected "
            "that of a StudyArm [references, no-such-id]",
        ),
        (
            f"{DESIGN}/studyCells/0/elementIds/0",
            "StudyEpoch_1",
            f"error: {DESIGN}/studyCells/0/elementIds/0: 'StudyEpoch_1' is the id of a StudyEpoch "
            f"({DESIGN}/epochs/0), expected that of a StudyElement [references, wrong-class]",
        ),
        (
            f"{DESIGN}/arms/0/populationIds",
            ["StudyDesignPopulation_2"],
            f"error: {DESIGN}/arms/0/populationIds/0: 'StudyDesignPopulation_2' is no id in the "
            "document, expected that of a StudyCohort or StudyDesignPopulation "
            "[references, no-such-id]",
        ),
        (
            f"{VERSION}/extensionAttributes",
            [
                {
                    "id": "ExtensionAttribute_1",
                    "url": "https://example.org/first-arm",
                    "valueId": "StudyArm_9",
                    "instanceType": "ExtensionAttribute",
                }
            ],
            f"error: {VERSION}/extensionAttributes/0/valueId: 'StudyArm_9' is no id in the "
            "document, expected that of an object [references, no-such-id]",
        ),
        (
            f"{VERSION}/titles",
            [],
            f"warning: {VERSION}/titles: StudyVersion without an item of titles, expected one or "
            "more (DDF00126) [rules, empty-list]",
        ),
        (
            f"{VERSION}/titles/0/type/code",
            "C99905x1",
            f"warning: {VERSION}/titles/0/type/code: 'C99905x1' (Official Study Title) is not in "
            "C207419, expected C207616 [rules, value-set]",
        ),
        (
            f"{VERSION}/titles/0/type/decode",
            "Title",
            f"warning: {VERSION}/titles/0/type/decode: C207616 is 'Official Study Title' in "
            "C207419, found 'Title' [rules, decode]",
        ),
        (
            f"{DESIGN}/population/plannedSex/0/code",
            "C49636",
            f"warning: {DESIGN}/population/plannedSex: expected C16576 (female), C20197 (male) or "
            "one of each (DDF00188), found ['C49636'] [rules, planned-sex]",
        ),
        (
            "/usdmVersion",
            "3.0.0",
            "fatal: /usdmVersion: the document is CDISC USDM 3.0.0, which is not read; USDM 4.0 is "
            "(CDISC's DDF-RA says what has changed) [schema, version]",
        ),
        (
            "/usdmVersion",
            4,
            "fatal: /usdmVersion: 4 is no version, expected '4.0.0' [schema, version]",
        ),
    ],
)
def test_a_planted_fault_is_told_at_its_place(pointer: str, value: Any, said: str) -> None:
    # What is gone leaves ids behind that lead nowhere, which is told after it.
    assert told(planted(pointer, value))[:1] == [said]


def test_a_range_has_its_values_in_order_and_units_for_both_or_none() -> None:
    def age(number: int, value: int, unit: str | None) -> dict[str, Any]:
        quantity: dict[str, Any] = {
            "id": f"Age_{number}",
            "value": value,
            "instanceType": "Quantity",
        }
        if unit:
            quantity["unit"] = {
                "id": f"AliasCode_{number}",
                "standardCode": code(20 + number, unit, "Year"),
                "instanceType": "AliasCode",
            }
        return quantity

    def ages(least: dict[str, Any], most: dict[str, Any]) -> list[str]:
        said = {"minValue": least, "maxValue": most, "isApproximate": False}
        said |= {"id": "Range_1", "instanceType": "Range"}
        return told(planted(f"{DESIGN}/population/plannedAge", said))

    at = f"warning: {DESIGN}/population/plannedAge"
    assert ages(age(1, 18, "C29848"), age(2, 65, "C29848")) == []
    assert ages(age(1, 65, "C29848"), age(2, 18, "C29848")) == [
        f"{at}: the least value, 65, is not below the greatest, 18 (DDF00241) [rules, range]"
    ]
    assert ages(age(1, 18, None), age(2, 65, "C29848")) == [
        f"{at}: one of the two values has a unit (DDF00242) [rules, range-unit]"
    ]


def test_an_id_may_stand_in_two_versions_of_a_study() -> None:
    tree = copy.deepcopy(LEAST)
    tree["study"]["versions"] *= 2
    assert told(tree) == []


def test_names_are_told_apart_among_the_items_of_a_list() -> None:
    tree = copy.deepcopy(LEAST)
    arms = tree["study"]["versions"][0]["studyDesigns"][0]["arms"]
    arms.append(copy.deepcopy(arms[0]))
    arms[1]["id"] = "StudyArm_2"
    arms[1]["type"]["id"], arms[1]["dataOriginType"]["id"] = "Code_91", "Code_92"
    assert told(tree) == [
        f"warning: {DESIGN}/arms/1/name: 'A' is the name of item 0 too; names are unique among the "
        "children of an object (DDF00010) [rules, name-twice]"
    ]


def test_what_is_nested_too_deep_is_refused() -> None:
    tree = copy.deepcopy(LEAST)
    inner: dict[str, Any] = {}
    tree["study"]["versions"][0]["extensionAttributes"] = [inner]
    for _ in range(200):
        inner["extensionAttributes"] = [{}]
        inner = inner["extensionAttributes"][0]
    assert told(tree) == ["fatal: the document is nested deeper than 100 levels [schema, too-deep]"]


def test_bytes_that_are_no_json_object_have_no_problems_here() -> None:
    assert check(b"[]") == check(b'{"usdmVersion"') == check(b"\xff") == []


# --- real documents ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", REAL)
def test_cdiscs_own_examples_have_warnings_alone(name: str) -> None:
    problems = check(file(f"usdm/{name}.json").read_bytes())
    assert {problem.severity for problem in problems} == {"warning"}
    assert {problem.layer for problem in problems} == {"rules"}


def test_the_digest_has_all_of_the_official_openapi() -> None:
    api = openapi()["components"]["schemas"]
    known = definitions().classes
    assert {f"{name}-Input" for name in known} == {name for name in api if name.endswith("-Input")}
    for name, class_ in known.items():
        schema = api[f"{name}-Input"]
        assert list(class_.members) == list(schema["properties"])
        assert class_.must == set(schema.get("required", ()))


def test_verdicts_are_those_of_the_official_openapi() -> None:
    """Over changes at random: an unknown member alone is left to CDISC's rules by the OpenAPI."""
    draw = random.Random(1)
    data = file("usdm/observational.json").read_bytes()
    ways = list(places(json.loads(data), ()))
    refused = 0
    for _ in range(120):
        changed = json.loads(data)
        change(changed, draw.choice(ways), draw)
        ours = not any(_of_schema(problem) for problem in validate(changed))
        assert ours == gate().is_valid(changed)
        refused += not ours
    assert 40 < refused < 120


def _of_schema(problem: Problem) -> bool:
    return problem.layer == "schema" and problem.code != "unknown-member"


@cache
def openapi() -> dict[str, Any]:
    path = beside("reference/cdisc/USDM_API-4.0.0.json")
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


@cache
def gate() -> Any:
    import jsonschema_rs

    schema = {"$ref": "#/components/schemas/Wrapper-Input", **openapi()}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def places(node: Any, way: tuple[Any, ...]) -> Any:
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, inner in pairs:
        yield (*way, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*way, key))


OTHERS = (None, True, 7, 1.5, "x", "2024-02-30", "StudyArm", [], {}, ["x"], [{}])


def change(tree: Any, way: tuple[Any, ...], draw: random.Random) -> None:
    """Take a value away, put another in its place, or add a member beside it."""
    node = tree
    for key in way[:-1]:
        node = node[key]
    if way == ("usdmVersion",):
        return
    kind = draw.randrange(4)
    if kind == 0:
        del node[way[-1]]
    elif kind == 1 and isinstance(node, dict):
        node["colour"] = "blue"
    else:
        node[way[-1]] = draw.choice(OTHERS)
