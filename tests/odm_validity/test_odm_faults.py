"""Each fault of an ODM document is reported once, at its place, by its exact words."""

import pytest
from odm_faults import DOCUMENTS

from trialbridge.schemas.odm.validate import check, validate
from trialbridge.schemas.syntax import xml

MUTANTS = [
    pytest.param(version, name, id=f"{version}: {name}")
    for version, (_, mutants) in DOCUMENTS.items()
    for name in mutants
]


@pytest.mark.parametrize("version", DOCUMENTS)
def test_what_is_right_has_no_problem(version: str) -> None:
    data = DOCUMENTS[version][0].encode()
    assert validate(data) == validate(data, version) == validate(xml.parse(data)) == []


@pytest.mark.parametrize(("version", "name"), MUTANTS)
def test_each_fault_is_reported_at_its_place(version: str, name: str) -> None:
    document, mutants = DOCUMENTS[version]
    mutant = mutants[name]
    data = mutant.of(document)
    assert validate(data) == [found.problem(version) for found in mutant.found]
    assert check(data) == validate(data)
