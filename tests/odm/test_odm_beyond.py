"""What an ODM document says beyond the record: back where it stood, and in no other format."""

import json
from collections import Counter
from pathlib import Path

import corpus
import msgspec
import pytest
from odm_documents import at, root_of, texts

import trialbridge
from trialbridge.formats.odm import v2_0 as odm
from trialbridge.mappings.odm.beyond import DOCUMENT
from trialbridge.schemas.odm.validate import check
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import ArmGroup, Trial

NS = 'xmlns="http://www.cdisc.org/ns/odm/v2.0"'
DESIGN = f"""\
<ODM {NS} FileType="Snapshot" FileOID="F.1" CreationDateTime="2024-01-02T03:04:05Z"
     ODMVersion="2.0" Granularity="All">
  <Study OID="ST.THEIRS" StudyName="Their study" ProtocolName="P-7">
    <!-- a comment of theirs -->
    <MetaDataVersion OID="M.1" Name="Version one">
      <Protocol>
        <StudyStructure>
          <Arm OID="A.HIGH" Name="High dose"/>
          <Arm OID="A.LOW" Name="Low dose"/>
          <Epoch OID="E.1" Name="Run-in" SequenceNumber="1"/>
        </StudyStructure>
      </Protocol>
      <StudyEventGroupDef OID="SEG.1" Name="Cell" ArmOID="A.HIGH" EpochOID="E.1"/>
    </MetaDataVersion>
  </Study>
  <ClinicalData StudyOID="ST.THEIRS" MetaDataVersionOID="M.1">
    <SubjectData SubjectKey="KEY-0815">
      <StudyEventData StudyEventOID="SE.1"><ItemGroupData ItemGroupOID="IG.1">
        <ItemData ItemOID="IT.1"><Value>secret 120</Value></ItemData>
      </ItemGroupData></StudyEventData>
    </SubjectData>
  </ClinicalData>
</ODM>
"""
SECRETS = ("KEY-0815", "secret 120", "SubjectKey", "ItemData")
OTHERS = ["ctgov", "fhir-r5", "fhir-r4", "fhir-r4b", "text", "trial"]


def written(to: str, source: bytes) -> tuple[bytes, list[Problem]]:
    warnings: list[Problem] = []
    trial = trialbridge.read(source)
    return trialbridge.write(trial, to, validate=False, warnings=warnings), warnings


def changed(trial: Trial, arms: list[ArmGroup]) -> Trial:
    replace = msgspec.structs.replace
    assert trial.protocol is not None
    assert trial.protocol.arms_interventions is not None
    module = replace(trial.protocol.arms_interventions, arm_groups=arms)
    return replace(trial, protocol=replace(trial.protocol, arms_interventions=module))


def arms_of(trial: Trial) -> list[ArmGroup]:
    assert trial.protocol is not None
    assert trial.protocol.arms_interventions is not None
    return list(trial.protocol.arms_interventions.arm_groups or ())


# --- finding 1: subject data never leaks ----------------------------------------------------------


@pytest.mark.parametrize("to", OTHERS)
def test_finding_1_data_of_subjects_go_to_no_other_format(to: str) -> None:
    data, warnings = written(to, DESIGN.encode())
    for secret in SECRETS:
        assert secret not in data.decode()
    assert [p.message for p in warnings if p.path == "/odm/ClinicalData"] == [
        "the data of subjects go to no other format than ODM"
    ]
    assert (b"SEG.1" in data) is (to == "trial")


def test_finding_1_the_form_of_the_model_gives_the_design_back_without_subjects() -> None:
    data, _ = written("trial", DESIGN.encode())
    again = trialbridge.convert(data, "odm-2.0", validate=False)
    root = root_of(again)
    assert texts(root, "//o:StudyEventGroupDef/@ArmOID") == ["A.HIGH"]
    assert texts(root, "//o:ClinicalData") == []


def test_finding_1_a_record_as_it_was_is_the_document_as_it_was() -> None:
    assert written("odm-2.0", DESIGN.encode()) == (DESIGN.encode(), [])


def test_finding_1_an_arm_that_was_changed_is_changed_in_its_place() -> None:
    trial, _ = odm.read(DESIGN.encode())
    first, second = arms_of(trial)
    third = ArmGroup(label="No dose", type="NO_INTERVENTION")
    first = msgspec.structs.replace(first, label="Higher dose", type="EXPERIMENTAL")
    trial = changed(trial, [first, second, third])
    data, problems = odm.write(trial)
    assert problems == []
    root = root_of(data)
    assert texts(root, "//o:Arm/@OID") == ["A.HIGH", "A.LOW", "ARM.3"]
    assert texts(root, "//o:Arm/@Name") == ["Higher dose", "Low dose", "No dose"]
    assert texts(root, "//o:StudyEventGroupDef/@ArmOID") == ["A.HIGH"]
    assert texts(root, "//o:SubjectData/@SubjectKey") == ["KEY-0815"]
    assert texts(root, "//o:StudyParameter/@OID") == ["SP.arm-type@A.HIGH", "SP.arm-type@ARM.3"]
    assert b"<!-- a comment of theirs -->" in data
    again, _ = odm.read(data)
    assert at(again, "armsInterventionsModule") == at(trial, "armsInterventionsModule")
    assert [p for p in check(data) if p.layer == "xsd"] == []


def test_finding_1_an_arm_that_is_gone_is_gone() -> None:
    trial, _ = odm.read(DESIGN.encode())
    data, _ = odm.write(changed(trial, arms_of(trial)[1:]))
    assert texts(root_of(data), "//o:Arm/@OID") == ["A.LOW"]
    assert texts(root_of(data), "//o:Epoch/@OID") == ["E.1"]


def test_finding_1_what_is_no_document_is_told_and_the_record_is_written() -> None:
    trial, _ = odm.read(DESIGN.encode())
    unmapped = {DOCUMENT: "<ODM", "/odm/Study/0/@Status": "Final"}
    trial = msgspec.structs.replace(trial, unmapped=unmapped)
    data, problems = odm.write(trial)
    assert [(p.path, p.code) for p in problems] == [("/odm/Study/0/@Status", "not-carried")]
    assert texts(root_of(data), "//o:Arm/@Name") == ["High dose", "Low dose"]


def test_finding_1_what_was_wrong_before_is_no_error_of_what_is_written() -> None:
    document = DESIGN.replace('EpochOID="E.1"', 'EpochOID="E.9"').encode()
    found = [p.message for p in check(document) if p.severity == "error"]
    assert found
    warnings: list[Problem] = []
    assert trialbridge.convert(document, "odm-2.0", warnings=warnings) == document
    for message in found:
        assert f"{message} (as in what was read)" in [p.message for p in warnings]


FILES = sorted((corpus.folder() / "odm-2.0").glob("*.xml"))


@pytest.mark.skipif(not FILES, reason="no corpus: odm-2.0 is absent")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_finding_1_no_element_of_cdiscs_examples_is_lost_and_none_leaks(path: Path) -> None:
    source = path.read_bytes()
    before = Counter(element.tag for element in root_of(source).iter("*"))
    again = trialbridge.convert(source, "odm-2.0")
    assert Counter(element.tag for element in root_of(again).iter("*")) == before
    keys = texts(root_of(source), "//@SubjectKey")
    for to in OTHERS:
        data, _ = written(to, source)
        assert b"<ItemData" not in data
        assert b"SubjectKey" not in data
        # Conditions of others name it in their expressions.
        assert to == "trial" or b"ItemData" not in data
        if to not in ("text", "trial"):
            assert not set(keys) & set(_strings(json.loads(data)))


def _strings(tree: object) -> list[str]:
    if isinstance(tree, dict):
        return [text for inner in tree.values() for text in _strings(inner)]
    if isinstance(tree, list):
        return [text for inner in tree for text in _strings(inner)]
    return [tree] if isinstance(tree, str) else []


def test_finding_1_what_is_no_record_is_refused_for_other_formats() -> None:
    document = b"""<?xml version="1.0"?><ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" FileOID="a"
 FileType="Snapshot" CreationDateTime="1970-01-01T00:00:00" ODMVersion="2.0">
<Study OID="S"/></ODM>"""
    with pytest.raises(ReadError, match="this is no trial record"):
        trialbridge.convert(document, "ctgov")
    assert b'<Study OID="S"/>' in trialbridge.convert(document, "odm-2.0")
    assert b'<Study OID=\\"S\\"/>' in trialbridge.convert(document, "trial")
    (one,) = trialbridge.conversions(document, "fhir-r5")
    assert (one.data, [problem.code for problem in one.problems]) == (None, ["no-record"])
