"""HL7's own examples of R5, R4B and R4: each is read, and nothing that it says is lost.

With FHIR_R5_EXAMPLES, FHIR_R4B_EXAMPLES and FHIR_R4_EXAMPLES naming the folders of the packages
`hl7.fhir.r5.examples`, `hl7.fhir.r4b.examples` and `hl7.fhir.r4.examples`.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fhir_examples import examples
from fhir_others import Node

from trialbridge.formats.fhir import r5 as fhir
from trialbridge.mappings.fhir.types import UNMAPPED
from trialbridge.schemas.fhir.validate import validate

# What a study has where it refers to a resource of the type.
REFERRING: dict[str, Any] = {
    "PlanDefinition": lambda reference: {"protocol": [reference]},
    "Group": lambda reference: {"recruitment": {"eligibility": reference}},
    "EvidenceVariable": lambda reference: {"recruitment": {"eligibility": reference}},
}
# An older version has the element under another name.
OLDER = {"Group": lambda reference: {"enrollment": [reference]}}

# Words of the examples that are read as a code or a link, and are written as that.
SAID_OTHERWISE: dict[str, set[str]] = {
    # Age by SNOMED CT: ours is that of the usage contexts.
    "EvidenceVariable-example-eligibility-criteria-ada-rec-bariatric.json": {"397669002", "Age"},
    "EvidenceVariable-example-eligibility-criteria-diabetes-surgery.json": {"397669002", "Age"},
    # Group.actual of R4: `enumerated`, as R5 calls it, is kept.
    "Group-101.json": {"true"},
    "Group-example-patientlist.json": {"true"},
    "ResearchStudy-example-ctgov-study-record.json": {
        "Contact",
        "CT.gov StudyType: INTERVENTIONAL",
        "Design Allocation: Randomized",
        "Design Intervention Model: Sequential Assignment",
        "Design Masking: Quadruple",
        "Design Who Masked: Care Provider",
        "Design Who Masked: Investigator",
        "Design Who Masked: Outcomes Assessor",
        "Design Who Masked: Participant",
        "Has Results: False",
        "Official Title",
        "Oversight Classifier: isFdaRegulatedDevice No",
        "Oversight Classifier: isFdaRegulatedDrug No",
        "Oversight Classifier: oversightHasDmc Yes",
        "Principal Investigator",
        # Codes that became another: of roles and systems; how codes and links are shown.
        "sponsor",
        "recruitment-contact",
        "Lead Sponsor",
        "Recruitment Contact",
        "Sponsor",
        "Overall Study",
        "interventionType",
        "Intervention Type for CT.gov",
        "http://terminology.hl7.org/CodeSystem/research-study-objective-type",
        "http://terminology.hl7.org/CodeSystem/research-study-phase",
        "http://terminology.hl7.org/CodeSystem/research-study-prim-purp-type",
        "Location",
        "Practitioner",
        "ResearchStudy",
        # Names of arms within the document, and of interventions behind their type.
        "ap303",
        "placebo",
        *(f"Drug: {one} {dose} μg" for one in ("AP303", "Placebo") for dose in (50, 150, 300, 600)),
    },
}


def words(node: Any, key: str = "") -> Iterator[str]:
    """Each text, code and number of a tree, but what names resources and shows them again."""
    if isinstance(node, dict):
        if node.get("url") == UNMAPPED.url:
            yield from words(list(json.loads(node["valueString"]).values()))
            return
        if node.get("status") in ("generated", "extensions") and "div" in node:
            return
        for name, value in node.items():
            if name not in ("resourceType", "id", "reference", "versionId", "lastUpdated"):
                yield from words(value, name)
    elif isinstance(node, list):
        for one in node:
            yield from words(one, key)
    elif isinstance(node, str):
        yield node
    elif node is not None:
        yield json.dumps(node)


def around(resource: Node, version: str) -> Node:
    """The resource as what a study refers to."""
    type_ = resource["resourceType"]
    reference = {"reference": f"{type_}/{resource['id']}"}
    referring = OLDER.get(type_, REFERRING[type_]) if version != "r5" else REFERRING[type_]
    if version != "r5" and type_ == "EvidenceVariable":
        referring = OLDER["Group"]
    study = {"resourceType": "ResearchStudy", "id": "s", "status": "active"}
    entries = [{"resource": {**study, **referring(reference)}}, {"resource": resource}]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def lost(data: bytes, version: Any) -> set[str]:
    """The words of a document that are nowhere in what we write of it, in the same version."""
    trial, _ = fhir.read(data, version=version)
    again, problems = fhir.write(trial, version=version)
    assert problems == []
    assert fhir.read(again, version=version) == (trial, [])
    assert [str(p) for p in validate(json.loads(again), version) if p.severity == "error"] == []
    return set(words(json.loads(data))) - set(words(json.loads(again)))


VERSIONS = [("r5", 1, 36), ("r4b", 1, 32), ("r4", 1, 23)]


@pytest.mark.parametrize(("version", "studies", "others"), VERSIONS)
def test_nothing_that_an_example_says_is_lost(version: str, studies: int, others: int) -> None:
    found = list(examples(version, "ResearchStudy"))
    assert len(found) == studies
    missing = {name: lost(data, version) for name, data in found}
    resources = list(examples(version, *REFERRING))
    assert len(resources) == others
    for name, data in resources:
        missing[name] = lost(json.dumps(around(json.loads(data), version)).encode(), version)
    unexplained = {name: left - SAID_OTHERWISE.get(name, set()) for name, left in missing.items()}
    assert {name: left for name, left in unexplained.items() if left} == {}
