"""Records of other registers go onward to FHIR, ODM and PRS, valid, as the registers' own."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from corpus import ALL, files
from prs_schemas import ACCOUNT
from registers import SOURCES

import trialbridge
from trialbridge.schemas.trial import Trial

KINDS = ("ctis-json", "drks-json", "euctr-txt", "ictrp")
EACH = 1_000_000 if ALL else 1
"""How many records of each document."""


def _found(paths: list[Path]) -> Iterator[tuple[str, Trial]]:
    for path in paths:
        for one in islice(trialbridge.records(path), EACH):
            if one.trial is not None and one.trial.registration is not None:
                yield path.name, one.trial


def _go_onward(name: str, trial: Trial) -> None:
    registration = trial.registration
    assert registration is not None
    assert registration.id
    assert trial.nct_id is None
    for to in ("fhir-r5", "odm-2.0", "prs"):
        options = ACCOUNT if to == "prs" else {}
        written = trialbridge.write(trial, to, options=options, warnings=[])
        wrong = [one for one in trialbridge.validate(written) if one.severity == "error"]
        assert wrong == [], (name, to)
        again = trialbridge.read(written, warnings=[])
        assert again.nct_id is None, (name, to)
        if to == "prs":
            ids = again.protocol.identification.secondary_id_infos if again.protocol else None
            assert registration.id in [one.id for one in ids or ()], name
        else:
            assert again.registration == registration, (name, to)


@pytest.mark.parametrize("path", sorted(SOURCES.iterdir()), ids=lambda path: path.name)
def test_a_made_document_goes_onward_with_the_register_s_id(path: Path) -> None:
    found = list(_found([path]))
    for name, trial in found:
        _go_onward(name, trial)
    assert found or path.name == "three.table.csv"


@pytest.mark.parametrize("kind", KINDS)
def test_a_real_document_goes_onward_with_the_register_s_id(kind: str) -> None:
    found = list(_found([path for path in files(f"{kind}/*") if "FHIR" not in path.name]))
    assert found
    for name, trial in found:
        _go_onward(name, trial)


@pytest.mark.parametrize(
    ("register", "said"),
    [
        ("ISRCTN", "<id_type>Registry Identifier</id_type><id_domain>ISRCTN</id_domain>"),
        ("CTIS", "<id_type>EU Trial (CTIS) Number</id_type>"),
        ("EUCTR", "<id_type>EudraCT Number</id_type>"),
        (None, "<id_type>Registry Identifier</id_type>"),
    ],
)
def test_an_upload_says_the_register_s_id_as_a_secondary_id(
    register: str | None, said: str
) -> None:
    trial = trialbridge.read(
        {
            "trialbridge": "1",
            "protocolSection": {"identificationModule": {"briefTitle": "Tea"}},
            "registration": {"id": "X-1"} | ({"register": register} if register else {}),
        }
    )
    told: list[trialbridge.Problem] = []
    upload = trialbridge.write(trial, "prs", options=ACCOUNT, warnings=told).decode()
    found = re.search("<secondary_id>(.*?)</secondary_id>", upload, re.DOTALL)
    assert found is not None
    assert re.sub(r"\s*\n\s*", "", found[1]) == f"<id>X-1</id>{said}"
    assert [one for one in told if one.path.startswith("/registration")] == []


def test_an_id_that_is_a_secondary_id_already_is_said_once() -> None:
    trial = trialbridge.read(
        {
            "trialbridge": "1",
            "protocolSection": {
                "identificationModule": {
                    "briefTitle": "Tea",
                    "secondaryIdInfos": [{"id": "X-1", "type": "OTHER"}],
                }
            },
            "registration": {"id": "X-1", "register": "ISRCTN"},
        }
    )
    upload = trialbridge.write(trial, "prs", options=ACCOUNT, warnings=[]).decode()
    assert upload.count("X-1") == 1
