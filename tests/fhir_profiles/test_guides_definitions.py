"""What the guides ask for, by the StructureDefinitions that they themselves publish.

FHIR_ECLAIRE and FHIR_MII name folders with them (CONTRIBUTING.md says which); without, the tests
over them are skipped.
"""

import json
from pathlib import Path
from typing import Any

import corpus
import pytest
from structure_definitions import Guide

import trialbridge

# How many of the definitions are of something that those records have.
ASKED = {"eclaire": 15, "mii": 10}


def guide(name: str) -> Guide:
    """Read a guide's folder, or skip the test."""
    what = "the folder of the guide's definitions"
    return Guide(Path(corpus.named(f"FHIR_{name.upper()}", what)))


@pytest.mark.parametrize("name", ASKED)
def test_sixty_records_do_what_the_guide_asks_for(name: str) -> None:
    rules = guide(name)
    for line in corpus.records()[3::17][:60]:
        document = trialbridge.convert(line, "fhir-r4", options={"profile": name})
        assert rules.faults(json.loads(document)) == []
    assert len(rules.asked) == ASKED[name]


@pytest.mark.parametrize(
    ("name", "fault", "told"),
    [
        ("eclaire", "sponsor", "sponsor: 1 of 0..0"),
        ("eclaire", "official", "identifier:idPrimary: 2 of 0..1"),
        ("eclaire", "role", "extension:role: 0 of 1..1"),
        ("mii", "role", "extension:role: 0 of 1..1"),
        ("mii", "akronym", "extension:Akronym: 2 of 0..1"),
    ],
)
def test_a_fault_is_found_by_what_the_guide_publishes(name: str, fault: str, told: str) -> None:
    rules = guide(name)
    line = next(one for one in corpus.records() if b'"acronym"' in one)
    bundle: Any = json.loads(trialbridge.convert(line, "fhir-r4", options={"profile": name}))
    study = bundle["entry"][0]["resource"]
    extensions = study["extension"]
    if fault == "sponsor":
        study["sponsor"] = {"display": "X"}
    elif fault == "official":
        study["identifier"] += [{"use": "official", "value": "X"}] * 2
        study["identifier"] = study["identifier"][-2:]
    elif fault == "role":
        party = next(one for one in extensions if one["url"].endswith("associatedParty"))
        party["extension"] = [one for one in party["extension"] if one["url"] != "role"]
    else:
        extensions += [one for one in extensions if one["url"].endswith("akronym")]
    found = rules.faults(bundle)
    assert found
    assert all(one.endswith(told) for one in found)


# --- the rules themselves, by a guide made by hand ------------------------------------------------

E = "https://example.org/extension"
DEFINITIONS: list[Any] = [
    {
        "resourceType": "StructureDefinition",
        "kind": "resource",
        "url": "https://example.org/study",
        "type": "ResearchStudy",
        "differential": {
            "element": [
                {"id": "ResearchStudy"},
                {"id": "ResearchStudy.title", "min": 1},
                {"id": "ResearchStudy.sponsor", "max": "0"},
                {"id": "ResearchStudy.identifier:own", "min": 1, "max": "1"},
                {"id": "ResearchStudy.identifier:own.use", "patternCode": "official"},
                {"id": "ResearchStudy.phase.coding.system", "fixedUri": "https://example.org/p"},
                {
                    "id": "ResearchStudy.extension:code",
                    "max": "1",
                    "type": [{"code": "Extension", "profile": [E]}],
                },
            ]
        },
    },
    {
        "resourceType": "StructureDefinition",
        "kind": "complex-type",
        "url": E,
        "type": "Extension",
        "differential": {
            "element": [
                {"id": "Extension"},
                {"id": "Extension.url", "fixedUri": E},
                {
                    "id": "Extension.value[x]",
                    "min": 1,
                    "type": [{"code": "Coding"}],
                    "binding": {"strength": "required", "valueSet": "https://example.org/set"},
                },
            ]
        },
    },
    {
        "resourceType": "ValueSet",
        "url": "https://example.org/set",
        "compose": {"include": [{"system": "https://example.org/s", "concept": [{"code": "a"}]}]},
    },
]
STUDY: Any = {
    "resourceType": "ResearchStudy",
    "id": "1",
    "meta": {"profile": ["https://example.org/study"]},
    "title": "Tea",
    "identifier": [{"use": "official", "value": "1"}, {"use": "usual", "value": "2"}],
    "phase": {"coding": [{"system": "https://example.org/p", "code": "1"}]},
    "extension": [{"url": E, "valueCoding": {"system": "https://example.org/s", "code": "a"}}],
}


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({}, []),
        ({"title": None}, ["ResearchStudy/1.title: 0 of 1..*"]),
        ({"sponsor": {}}, ["ResearchStudy/1.sponsor: 1 of 0..0"]),
        ({"identifier": []}, ["ResearchStudy/1.identifier:own: 0 of 1..1"]),
        (
            {"phase": {"coding": [{"system": "x"}]}},
            ["ResearchStudy/1.phase.coding.system: 'x' is not 'https://example.org/p'"],
        ),
        (
            {"extension": [{"url": E, "valueCode": "a"}]},
            [f"ResearchStudy/1.extension[0]<{E}>.value[x]: Code is none of Coding"],
        ),
        (
            {"extension": [{"url": E, "valueCoding": {"code": "b"}}]},
            [
                f"ResearchStudy/1.extension[0]<{E}>.value[x]: {{'code': 'b'}} has no code of"
                " https://example.org/set"
            ],
        ),
        ({"extension": STUDY["extension"] * 2}, ["ResearchStudy/1.extension:code: 2 of 0..1"]),
    ],
)
def test_a_rule_of_a_guide_that_is_broken_is_told(
    edit: Any, told: list[str], tmp_path: Path
) -> None:
    for number, one in enumerate(DEFINITIONS):
        (tmp_path / f"{number}.json").write_text(json.dumps(one))
    study = {key: value for key, value in {**STUDY, **edit}.items() if value is not None}
    assert Guide(tmp_path).faults({"entry": [{"resource": study}]}) == told
