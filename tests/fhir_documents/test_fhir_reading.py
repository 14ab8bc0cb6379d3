"""What reading a Bundle does beside the table: whose fault a failure is, and what is not asked."""

import json

import msgspec
import pytest

import trialbridge
from trialbridge.formats.fhir import r5 as fhir
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


def test_what_was_not_read_is_kept_whether_or_not_somebody_asks() -> None:
    data = _bundle(purpose="x", note=[{"text": "not of a record"}])
    told: list[Problem] = []
    trial = trialbridge.read(data, format="fhir-r5", warnings=told)
    assert "not-read" in {problem.code for problem in told}
    assert trial.unmapped == {
        "/fhir/study/note": [{"text": "not of a record"}],
        "/fhir/study/purpose": "x",
    }
    assert trialbridge.read(data, format="fhir-r5") == trial
    assert json.loads(trialbridge.convert(data, "ctgov", format="fhir-r5"))


def _told(tree: Node) -> list[tuple[str, str, str, str]]:
    told: list[Problem] = []
    read = trialbridge.read(msgspec.json.encode(tree), format="fhir-r5", warnings=told)
    assert msgspec.structs.replace(read, unmapped=None) == TRIAL
    return [(p.severity, p.path, p.code, p.message) for p in told if p.code != "not-read"]


def test_a_request_to_delete_is_told() -> None:
    tree, _ = write_tree(TRIAL, kind="transaction")
    assert _told(tree) == []
    tree["entry"][0]["request"] = {"method": "DELETE", "url": "ResearchStudy/NCT00000001"}
    assert _told(tree) == [
        ("warning", "Bundle.entry[0].request", "deletion",
         "asks a server to delete ResearchStudy/NCT00000001, which is read here"),
    ]  # fmt: skip


def test_a_page_that_others_follow_is_told() -> None:
    tree, _ = write_tree(TRIAL)
    tree["type"] = "searchset"
    tree["link"] = [{"relation": "self", "url": "https://example.org/ResearchStudy"}]
    assert _told(tree) == []
    tree["link"].append({"relation": "next", "url": "https://example.org/ResearchStudy?page=2"})
    assert _told(tree) == [
        ("warning", "Bundle.link[1]", "incomplete",
         "the Bundle goes on at https://example.org/ResearchStudy?page=2, which is not followed:"
         " the record may be incomplete"),
    ]  # fmt: skip


def test_a_modifier_that_is_not_known_is_told() -> None:
    tree, _ = write_tree(TRIAL)
    modifier = {"url": "https://example.org/not", "valueBoolean": True}
    tree["entry"][0]["resource"]["modifierExtension"] = [modifier]
    tree["entry"][0]["resource"]["label"] = [{"value": "x", "modifierExtension": [modifier] * 2}]
    message = (
        "https://example.org/not is not known, and may change what the element means: it is read"
        " as if this were not there"
    )
    assert _told(tree) == [
        ("warning", "ResearchStudy.modifierExtension", "modifier", message),
        ("warning", "ResearchStudy.label.modifierExtension", "modifier", message),
    ]
