"""A record as the objects of fhir.resources, and back."""

import json
from pathlib import Path
from typing import Any

import corpus
import msgspec
import pytest
from fhir.resources.bundle import Bundle
from fhir.resources.R4B.bundle import Bundle as OldBundle

import trialbridge
from trialbridge import Invalid, Problem, ReadError, Trial, UnknownOption, model

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.ctgov.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_objects_and_back_is_the_same_record(path: Path) -> None:
    trial = trialbridge.read(path)
    bundle = trialbridge.to_fhir_resources(trial)
    assert isinstance(bundle, Bundle)
    warnings: list[Problem] = []
    assert trialbridge.from_fhir_resources(bundle, warnings=warnings) == trialbridge.read(
        trialbridge.write(trial, "fhir-r5")
    )
    assert warnings == []


def test_real_records_come_back_from_objects() -> None:
    for record in corpus.records()[::100]:
        # The objects hold numbers without zeros at the end, which results have.
        trial = msgspec.structs.replace(trialbridge.read(record), results=None)
        bundle = trialbridge.to_fhir_resources(trial, validate=False)
        there = trialbridge.write(trial, "fhir-r5", validate=False)
        assert trialbridge.from_fhir_resources(bundle) == trialbridge.read(there)


def test_an_edit_of_the_objects_is_an_edit_of_the_record() -> None:
    bundle: Any = trialbridge.to_fhir_resources(trialbridge.read(EXAMPLES[0]))
    study = bundle.entry[0].resource
    study.title = "Tea in Mild Fatigue"
    assert trialbridge.from_fhir_resources(bundle).title == "Tea in Mild Fatigue"


def test_a_study_alone_is_read() -> None:
    names = model.IdentificationModule(brief_title="Tea")
    trial = Trial(protocol=model.ProtocolSection(identification=names))
    bundle: Any = trialbridge.to_fhir_resources(trial, options={"bundle": "batch"})
    assert bundle.type == "batch"
    assert trialbridge.from_fhir_resources(bundle.entry[0].resource).title == "Tea"


def test_what_is_wrong_is_told_as_for_bytes() -> None:
    with pytest.raises(Invalid):
        trialbridge.to_fhir_resources(Trial(has_results=5))  # type: ignore[arg-type]
    with pytest.raises(UnknownOption):
        trialbridge.to_fhir_resources(Trial(), options={"bundel": "batch"})
    warnings: list[Problem] = []
    results = model.ResultsSection(more_info=model.MoreInfoModule())
    trialbridge.to_fhir_resources(Trial(results=results), warnings=warnings)
    assert warnings == []


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (OldBundle(type="collection"), "fhir.resources.R4B.bundle.Bundle"),
        (json.loads("{}"), "builtins.dict"),
    ],
)
def test_another_object_is_refused_by_its_name(found: object, name: str) -> None:
    with pytest.raises(ReadError) as error:
        trialbridge.from_fhir_resources(found)
    assert str(error.value) == (
        f"fatal: {name} found, expected a Bundle or ResearchStudy of fhir.resources, R5"
    )
