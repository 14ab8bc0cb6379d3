"""FHIR R4 and R4B: Bundles of R5 as the older versions have them, and back."""

import json
from typing import Any

import corpus
import pytest
from fhir_bundles import full
from hypothesis import given
from strategies import trials

import trialbridge
from trialbridge.formats.fhir import r5 as fhir
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.mappings.fhir.r5 import coverage
from trialbridge.mappings.fhir.versions import CROSS_VERSION, newer, older
from trialbridge.mappings.fhir.versions import coverage as composed
from trialbridge.schemas.fhir import r4, r4b
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.syntax import exact
from trialbridge.schemas.trial import Trial

VERSIONS: tuple[Version, ...] = ("r4", "r4b")
CHECKS = {"r4": r4.check, "r4b": r4b.check}
THO = "http://terminology.hl7.org/CodeSystem/"

Node = dict[str, Any]


def written(version: Version, trial: Trial | None = None) -> list[Node]:
    """The resources of a Bundle of a trial, by default of one that says nearly everything."""
    data = trialbridge.write(full() if trial is None else trial, f"fhir-{version}")
    return [entry["resource"] for entry in json.loads(data)["entry"]]


def of_type(resources: list[Node], type_: str) -> list[Node]:
    return [one for one in resources if one["resourceType"] == type_]


def extensions(node: Node, name: str) -> list[Node]:
    return [one for one in node["extension"] if one["url"] == CROSS_VERSION + name]


@pytest.mark.parametrize("version", VERSIONS)
@given(trial=trials(unmapped=True, results=False, empty_texts=True))
def test_write_then_read_gives_the_bundle_of_r5_back(version: Version, trial: Trial) -> None:
    tree, _ = write_tree(trial)
    assert newer(older(tree, version), version) == tree


@pytest.mark.parametrize("version", VERSIONS)
def test_the_corpus_comes_back_and_is_valid(version: Version) -> None:
    records = corpus.records()
    for line in records if corpus.ALL else records[::50]:
        trial, _ = ctgov.read(line)
        tree, _ = write_tree(trial)
        data, _ = fhir.write(trial, version=version)
        assert {k: v for k, v in newer(exact.decode(data), version).items() if k != "meta"} == tree
        assert [p for p in CHECKS[version](data) if p.severity == "error"] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_elements_of_the_older_version_have_what_it_has_a_place_for(version: Version) -> None:
    resources = written(version)
    study = resources[0]
    r5 = write_tree(full())[0]["entry"][0]["resource"]
    assert study["title"] == r5["title"]
    assert [arm["name"] for arm in study["arm"]] == [arm["name"] for arm in r5["comparisonGroup"]]
    assert study["reasonStopped"] == r5["whyStopped"]
    assert study["enrollment"] == [r5["recruitment"]["eligibility"]]
    assert study["sponsor"] in [party.get("party") for party in r5["associatedParty"]]
    assert study["phase"]["coding"][0]["system"] == THO + "research-study-phase"
    assert not study.keys() & {"comparisonGroup", "region", "whyStopped", "associatedParty"}
    (group,) = of_type(resources, "Group")
    assert group["actual"] is False
    (plan,) = of_type(resources, "PlanDefinition")
    assert [action["id"] for action in plan["action"]] == [
        arm["linkId"] for arm in r5["comparisonGroup"]
    ]


def test_an_element_that_is_missing_is_the_cross_version_extension_of_it() -> None:
    label = extensions(written("r4")[0], "ResearchStudy.label")[0]
    assert [part["url"] for part in label["extension"]] == ["type", "value"]
    assert label["extension"][1]["valueString"]


def test_an_outcome_that_r4_cannot_hold_is_a_basic_that_the_study_refers_to() -> None:
    resources = written("r4")
    basics = of_type(resources, "Basic")
    assert basics
    assert of_type(resources, "EvidenceVariable") == []
    types = {one["code"]["coding"][0]["code"] for one in basics}
    assert types == {"EvidenceVariable"}
    outcome = extensions(resources[0], "ResearchStudy.outcomeMeasure")[0]
    (reference,) = [part for part in outcome["extension"] if part["url"] == "reference"]
    assert reference["valueReference"]["reference"] == f"Basic/{basics[0]['id']}"
    assert of_type(written("r4b"), "Basic") == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("RECRUITING", "active"),
        ("NOT_YET_RECRUITING", "approved"),
        ("ACTIVE_NOT_RECRUITING", "closed-to-accrual"),
        ("SUSPENDED", "temporarily-closed-to-accrual"),
        ("TERMINATED", "administratively-completed"),
        ("COMPLETED", "completed"),
        ("WITHDRAWN", "withdrawn"),
        ("WITHHELD", None),
    ],
)
def test_status_is_that_of_the_study(status: str, code: str | None) -> None:
    record = {"protocolSection": {"statusModule": {"overallStatus": status}}}
    trial = trialbridge.read(json.dumps(record).encode())
    (study, *_) = written("r4", trial)
    assert study.get("status") == code
    assert ("_status" in study) is (code is None)
    assert trialbridge.read(trialbridge.write(trial, "fhir-r4")) == trial


def test_what_only_the_older_versions_elements_say_is_read() -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {
                "fullUrl": "https://example.org/ResearchStudy/1",
                "resource": {
                    "resourceType": "ResearchStudy",
                    "id": "1",
                    "title": "Tea in Mild Fatigue",
                    "status": "closed-to-accrual",
                    "phase": {
                        "coding": [{"system": THO + "research-study-phase", "code": "phase-2"}]
                    },
                    "sponsor": {"reference": "Organization/s"},
                    "principalInvestigator": {"reference": "Practitioner/p"},
                    "reasonStopped": {"text": "No tea"},
                    "arm": [{"name": "Tea", "description": "A cup"}],
                },
            },
            {
                "fullUrl": "https://example.org/Organization/s",
                "resource": {"resourceType": "Organization", "id": "s", "name": "Tea Board"},
            },
            {
                "fullUrl": "https://example.org/Practitioner/p",
                "resource": {
                    "resourceType": "Practitioner",
                    "id": "p",
                    "name": [{"text": "A. Doe"}],
                },
            },
        ],
    }
    trial = trialbridge.read(json.dumps(bundle).encode())
    protocol = trial.protocol
    assert protocol is not None
    assert protocol.status is not None
    assert protocol.status.overall_status == "ACTIVE_NOT_RECRUITING"
    assert protocol.status.why_stopped == "No tea"
    assert protocol.design is not None
    assert protocol.design.phases == ["PHASE2"]
    assert protocol.sponsor_collaborators is not None
    assert protocol.sponsor_collaborators.lead_sponsor is not None
    assert protocol.sponsor_collaborators.lead_sponsor.name == "Tea Board"
    assert protocol.arms_interventions is not None
    assert [arm.label for arm in protocol.arms_interventions.arm_groups or ()] == ["Tea"]


def test_a_code_that_the_older_value_set_lacks_is_an_extension_of_its_element() -> None:
    tree = {
        "resourceType": "ResearchStudy",
        "relatedArtifact": [{"type": "similar-to", "label": "x"}],
    }
    (artifact,) = older(tree, "r4")["relatedArtifact"]
    assert artifact == {
        "_type": {
            "extension": [
                {"url": CROSS_VERSION + "RelatedArtifact.type", "valueCode": "similar-to"}
            ]
        },
        "label": "x",
    }
    assert newer(older(tree, "r4"), "r4") == tree


@pytest.mark.parametrize("version", VERSIONS)
def test_every_leaf_that_r5_carries_has_its_place(version: Version) -> None:
    mine, theirs = coverage(), composed(coverage(), version)
    assert [row.leaf for row in theirs] == [row.leaf for row in mine]
    assert [row.home == "none" for row in theirs] == [row.home == "none" for row in mine]
    places = {row.leaf: row.place for row in theirs}
    assert places["/protocolSection/armsInterventionsModule/armGroups/*/label"] == (
        "ResearchStudy.arm.name"
    )
    assert places["/protocolSection/outcomesModule/primaryOutcomes/*/measure"].startswith(
        "ResearchStudy.extension[ResearchStudy.outcomeMeasure]"
    )
