"""What reading a Bundle does beside the table: whose fault a failure is, and what is not asked."""

import json

import msgspec
import pytest

import trialbridge
from trialbridge.formats import fhir
from trialbridge.mappings import whole
from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.mappings.names import Names
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import IdentificationModule, ProtocolSection, Trial

TRIAL = Trial(protocol=ProtocolSection(identification=IdentificationModule(nct_id="NCT00000001")))


def _bundle(**more: object) -> bytes:
    tree, _ = write_tree(TRIAL)
    tree["entry"][0]["resource"] |= more
    return msgspec.json.encode(tree)


def _failing(node: Node, names: Names) -> Trial:
    raise KeyError("a fault of ours")


def test_a_fault_of_ours_is_not_told_as_one_of_the_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = _bundle()
    monkeypatch.setattr(whole, "_functions", lambda table: (None, _failing, table))
    with pytest.raises(KeyError, match="a fault of ours"):
        fhir.read(data)


def test_a_fault_of_the_document_is_told_where_its_structure_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = _bundle(title=7)
    monkeypatch.setattr(whole, "_functions", lambda table: (None, _failing, table))
    with pytest.raises(ReadError) as raised:
        fhir.read(data)
    assert {problem.layer for problem in raised.value.problems} == {"structure"}


def test_what_was_not_read_is_looked_for_where_somebody_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = _bundle(purpose="x", note=[{"text": "not of a record"}])
    told: list[Problem] = []
    trial = trialbridge.read(data, format="fhir-r5", warnings=told)
    assert "not-read" in {problem.code for problem in told}

    def never(*arguments: object) -> list[Problem]:
        raise AssertionError("looked for what was not read")

    monkeypatch.setattr(whole, "not_read", never)
    assert trialbridge.read(data, format="fhir-r5") == trial
    assert json.loads(trialbridge.convert(data, "ctgov", format="fhir-r5"))
