"""The ConceptMaps say which code of a standard is written for each of the registry's."""

import json
from typing import Any

import pytest

from trialbridge.formats.fhir import r4, r5
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.mappings.fhir.definitions import maps, resources
from trialbridge.schemas.fhir import r5 as schema
from trialbridge.schemas.trial import DesignModule, ProtocolSection, Registration, Trial

BY_ID = {one["id"]: one for one in maps()}


def elements(id_: str) -> dict[str, Any]:
    """What each code is mapped to: code and relation; None where nothing is."""
    (group,) = BY_ID[id_]["group"]
    return {
        one["code"]: (one["target"][0]["code"], one["target"][0]["relationship"])
        if "target" in one
        else None
        for one in group["element"]
    }


@pytest.mark.parametrize("id_", BY_ID)
def test_a_map_is_valid_and_in_the_package(id_: str) -> None:
    assert schema.validate(BY_ID[id_]) == []
    assert BY_ID[id_] in resources()


def test_there_is_one_for_each_table() -> None:
    assert len(BY_ID) == len(maps()) == 21
    assert {"ctgov-status-research-study-status", "ctgov-phase-research-study-phase"} < set(BY_ID)


def test_codes_are_mapped_as_they_are_written() -> None:
    status = elements("ctgov-status-research-study-status")
    assert status["RECRUITING"] == ("recruiting", "equivalent")
    # Whether those who are in it are treated is open.
    assert status["SUSPENDED"] == (
        "temporarily-closed-to-accrual",
        "source-is-narrower-than-target",
    )
    assert status["WITHHELD"] is None
    classes = elements("ctgov-agency-class-research-study-party-organization-type")
    assert classes["FED"] == classes["OTHER_GOV"]
    assert classes["FED"] == ("government", "source-is-narrower-than-target")
    assert elements("ctgov-phase-research-study-phase")["NA"] == ("n-a", "equivalent")


def test_a_map_says_what_a_bundle_has() -> None:
    for code, told in elements("ctgov-study-type-study-design").items():
        design = DesignModule(study_type=code)  # type: ignore[arg-type]
        tree, _ = write_tree(Trial(protocol=ProtocolSection(design=design)))
        (first, *_) = tree["entry"][0]["resource"]["studyDesign"]
        assert told == (first["coding"][0]["code"], "equivalent")


@pytest.mark.parametrize("version", [r4, r5])
def test_the_first_language_is_that_of_the_study(version: Any) -> None:
    trial = Trial(registration=Registration(register="DRKS", id="DRKS1", languages=["de", "en"]))
    data, problems = version.write_checked(trial)
    assert problems == []
    assert json.loads(data)["entry"][0]["resource"]["language"] == "de"
    assert version.read(data) == (trial, [])
