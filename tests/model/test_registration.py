"""Whose record it is: a record of another register has its own id, and no NCT id."""

import json

import msgspec
import pytest

import trialbridge
from trialbridge.formats.fhir import r5 as fhir
from trialbridge.formats.odm import v2_0 as odm
from trialbridge.schemas.trial import (
    IdentificationModule,
    ProtocolSection,
    Registration,
    SecondaryIdInfo,
    Trial,
)

ISRCTN = Registration(
    register="ISRCTN",
    id="ISRCTN10000001",
    url="https://www.isrctn.com/ISRCTN10000001",
    version="7",
    country="Germany",
    languages=["en", "de"],
    first_registered="2021-03-04",
    last_changed="2024-05",
)


def trial_of(registration: Registration, nct_id: str | None = None) -> Trial:
    other = [SecondaryIdInfo(id="NCT99900001", type="REGISTRY", domain="ClinicalTrials.gov")]
    identification = IdentificationModule(
        nct_id=nct_id, brief_title="Tea in Mild Fatigue", secondary_id_infos=other
    )
    return Trial(protocol=ProtocolSection(identification=identification), registration=registration)


@pytest.mark.parametrize("via", ["fhir-r5", "odm-2.0", "trial"])
@pytest.mark.parametrize(
    "registration",
    [
        ISRCTN,
        msgspec.structs.replace(ISRCTN, register="A Register of Nobody's"),
        Registration(id="X 1"),
        Registration(register="CTIS"),
        Registration(register="ClinicalTrials.gov", id="NCT99900002"),
        Registration(languages=["fr"]),
    ],
)
def test_a_record_of_another_register_comes_back(via: str, registration: Registration) -> None:
    trial = trial_of(registration)
    assert trialbridge.read(trialbridge.write(trial, via)) == trial


def test_in_fhir_it_is_the_official_identifier() -> None:
    (study, *_) = (one["resource"] for one in json.loads(fhir.write(trial_of(ISRCTN))[0])["entry"])
    assert study["id"] == "ISRCTN10000001"
    official, secondary = study["identifier"]
    assert {key: value for key, value in official.items() if key != "extension"} == {
        "use": "official",
        "system": "https://www.isrctn.com",
        "assigner": {"display": "ISRCTN"},
        "value": "ISRCTN10000001",
        "period": {"start": "2021-03-04"},
    }
    assert (secondary["use"], secondary["value"]) == ("secondary", "NCT99900001")
    assert (study["version"], study["date"]) == ("7", "2024-05")


def test_in_odm_it_is_a_registry_identifier_of_that_register() -> None:
    data = odm.write(trial_of(ISRCTN))[0].decode()
    assert (
        '<StudyParameter OID="SP.REGID.0" Term="Registry Identifier" ShortName="REGID">'
        '<ParameterValue Value="ISRCTN10000001">'
        '<Coding Code="ISRCTN10000001" System="https://www.isrctn.com" SystemName="ISRCTN"/>'
    ) in data


def test_ctgov_has_no_place_for_another_register() -> None:
    told = trialbridge.fidelity(trialbridge.write(trial_of(ISRCTN), "trial"), "ctgov").not_carried
    assert "/registration/id" in told
    assert json.loads(trialbridge.write(trial_of(ISRCTN), "ctgov"))["protocolSection"] == {
        "identificationModule": {
            "briefTitle": "Tea in Mild Fatigue",
            "secondaryIdInfos": [
                {"id": "NCT99900001", "type": "REGISTRY", "domain": "ClinicalTrials.gov"}
            ],
        }
    }


@pytest.mark.parametrize(
    ("system", "use"),
    [
        ("http://clinicaltrials.gov", "official"),
        ("https://clinicaltrials.gov/", None),
        ("https://clinicaltrials.gov/nctid", "official"),
        ("urn:oid:2.16.840.1.113883.3.1077", "official"),
        (None, "official"),
    ],
)
def test_an_nct_id_is_known_by_each_name_of_its_system(system: str | None, use: str | None) -> None:
    identifier = {"use": use, "system": system, "value": "NCT99900001"}
    study = {
        "resourceType": "ResearchStudy",
        "status": "active",
        "identifier": [{key: value for key, value in identifier.items() if value}],
    }
    trial = trialbridge.read(json.dumps(study).encode(), format="fhir-r5")
    assert trial.protocol is not None
    assert trial.protocol.identification is not None
    assert trial.protocol.identification.nct_id == "NCT99900001"
    assert trial.registration is None
