"""ODM 1.3.2: the whole record in plain ODM, and what documents of others say of one."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import corpus
import pytest
from corpus import ALL, files
from hypothesis import HealthCheck, assume, given, settings
from lxml import etree
from odm_documents import full, trial_of
from strategies import trials

import trialbridge
from trialbridge.formats.odm import v1_3_2 as odm
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.odm.beyond import DOCUMENT
from trialbridge.mappings.odm.form.groups import FORM
from trialbridge.mappings.odm.v1_3_2 import coverage
from trialbridge.schemas.odm.validate import check
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.trial import Trial

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
OTHERS = "odm-1.3.2/*.xml"


def written(trial: Trial) -> bytes:
    data, problems = odm.write(trial)
    assert problems == []
    return data


def comes_back(trial: Trial) -> bytes:
    """The valid document of a trial, which reads as that trial without warning, byte by byte."""
    data = written(trial)
    assert odm.read(data) == (trial, [])
    assert written(odm.read(data)[0]) == data
    assert check(data, "1.3.2") == []
    assert odm.write_checked(trial) == (data, [])
    return data


def texts(data: bytes, path: str) -> list[str]:
    found = etree.fromstring(data).xpath(path, namespaces={"o": NAMESPACE})
    return [str(one) for one in found]


# --- what is written ---------------------------------------------------------------------------


def test_a_small_record_is_this_document() -> None:
    trial = trial_of(
        {
            "identification": {"nctId": "NCT00000001", "orgStudyIdInfo": {"id": "P-1"}},
            "description": {"detailedDescription": "Age \\< 18"},
            "contactsLocations": {
                "overallOfficials": [
                    {"name": "A. Bell", "affiliation": "Clinic", "role": "PRINCIPAL_INVESTIGATOR"}
                ]
            },
        }
    )
    head, _, rest = comes_back(trial).decode().partition("<MetaDataVersion ")
    assert head == (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<ODM xmlns="{NAMESPACE}" FileType="Snapshot" FileOID="ODM.NCT00000001" '
        'CreationDateTime="1970-01-01T00:00:00" ODMVersion="1.3.2" SourceSystem="trialbridge">'
        '<Study OID="ST.NCT00000001"><GlobalVariables><StudyName>P-1</StudyName>'
        "<StudyDescription>P-1</StudyDescription><ProtocolName>P-1</ProtocolName>"
        "</GlobalVariables>"
    )
    version, _, data = rest.partition("</Study>")
    assert version.startswith(
        'OID="MDV.NCT00000001" Name="MDV.NCT00000001"><Protocol><Description>'
        "<TranslatedText>Age &lt; 18</TranslatedText>"
        '<TranslatedText xml:lang="en-x-markdown">Age \\&lt; 18</TranslatedText></Description>'
        '<Alias Context="ClinicalTrials.gov" Name="NCT00000001"/></Protocol>'
        '<ItemGroupDef OID="IG.Official" Name="Official" Repeating="Yes" IsReferenceData="Yes">'
        '<ItemRef ItemOID="IT.Official.role" OrderNumber="1" Mandatory="No"/>'
        f'<Alias Context="{FORM}" Name="Official"/></ItemGroupDef>'
        '<ItemDef OID="IT.Official.role" Name="Role" DataType="text" Length="22">'
        '<CodeListRef CodeListOID="CL.OfficialRole"/></ItemDef>'
    )
    assert data == (
        '<AdminData StudyOID="ST.NCT00000001"><User OID="USER.OFFICIAL.1" UserType="Investigator">'
        "<FullName>A. Bell</FullName><Organization>Clinic</Organization></User></AdminData>"
        '<ReferenceData StudyOID="ST.NCT00000001" MetaDataVersionOID="MDV.NCT00000001">'
        '<ItemGroupData ItemGroupOID="IG.Official" ItemGroupRepeatKey="USER.OFFICIAL.1">'
        '<ItemData ItemOID="IT.Official.role" Value="PRINCIPAL_INVESTIGATOR"/></ItemGroupData>'
        "</ReferenceData></ODM>"
    )


@pytest.mark.parametrize("summary", ["P-1", " P-1", "    P-1", "P-1 ", "x", "", None])
@pytest.mark.parametrize("name", ["P-1", " P-1", None, "ST.NCT00000001"])
def test_a_required_name_or_text_says_nothing_that_the_record_does_not(
    summary: str | None, name: str | None
) -> None:
    said: dict[str, Any] = {"identification": {"nctId": "NCT00000001"}}
    if name is not None:
        said["identification"]["orgStudyIdInfo"] = {"id": name}
    if summary is not None:
        said["description"] = {"briefSummary": summary}
    assert all(texts(comes_back(trial_of(said)), "//o:GlobalVariables/*/text()"))


def test_a_full_record_comes_back() -> None:
    data = comes_back(full())
    assert texts(data, "//o:User[@OID='USER.CONTACT.1']/o:FullName/text()")
    assert {row.home for row in coverage()} == {"native", "ours"}


@settings(
    max_examples=150 if ALL else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(trials(results=True, unmapped=True, empty_texts=True))
def test_write_then_read_gives_any_trial_back(trial: Trial) -> None:
    try:
        data = written(trial)
    except trialbridge.Invalid:
        # XML has no form for some characters.
        assume(False)
        return
    assert odm.read(data) == (trial, [])
    assert check(data, "1.3.2") == []


def some_records() -> Iterator[Trial]:
    for line in corpus.records()[:: 1 if ALL else 90]:
        yield ctgov.read(line)[0]


def test_records_of_the_registry_come_back_whole_with_their_results() -> None:
    for trial in some_records():
        comes_back(trial)


def test_both_versions_have_the_same_groups_at_every_run() -> None:
    """What defines a group hangs on its version alone, not on what else was imported."""
    program = (
        "import sys, trialbridge; "
        "trial = trialbridge.read(sys.stdin.buffer.read(), format='trial'); "
        "[sys.stdout.buffer.write(trialbridge.write(trial, name)) for name in sys.argv[1:]]"
    )
    source = trialbridge.write(full(), "trial")

    def run(*names: str) -> bytes:
        command = [sys.executable, "-c", program, *names]
        return subprocess.run(command, input=source, capture_output=True, check=True).stdout

    both = trialbridge.write(full(), "odm-1.3.2"), trialbridge.write(full(), "odm-2.0")
    assert (run("odm-1.3.2"), run("odm-2.0")) == both


# --- edits -------------------------------------------------------------------------------------


def test_edits_of_the_form_are_edits_of_the_record() -> None:
    trial = trial_of(
        {
            "status": {"overallStatus": "COMPLETED"},
            "armsInterventions": {"armGroups": [{"label": "A"}, {"label": "B"}]},
        }
    )
    data = comes_back(trial)
    for old, new in ((b'"COMPLETED"', b'"RECRUITING"'), (b'"B"', b'"C &amp; D"')):
        data = data.replace(b" Value=" + old, b" Value=" + new)
    read, told = odm.read(data)
    assert told == []
    assert read == trial_of(
        {
            "status": {"overallStatus": "RECRUITING"},
            "armsInterventions": {"armGroups": [{"label": "A"}, {"label": "C & D"}]},
        }
    )


def test_groups_are_known_by_their_alias_and_not_by_their_oids() -> None:
    trial = trial_of({"status": {"overallStatus": "COMPLETED"}})
    data = written(trial).replace(b"IG.status", b"OTHER.7")
    assert odm.read(data)[0] == trial


def test_rows_of_what_is_no_form_of_ours_are_of_no_record() -> None:
    data = written(trial_of({"status": {"overallStatus": "COMPLETED"}}))
    data = data.replace(FORM.encode(), b"https://example.org")
    read, told = odm.read(data)
    assert read.status is None
    assert any(problem.path.startswith("/odm/ReferenceData") for problem in told)


def test_a_row_that_is_of_nothing_is_told_at_its_place() -> None:
    trial = trial_of({"contactsLocations": {"overallOfficials": [{"role": "STUDY_CHAIR"}]}})
    data = written(trial).replace(b'RepeatKey="USER.OFFICIAL.1"', b'RepeatKey="USER.OFFICIAL.9"')
    _, told = odm.read(data)
    (problem,) = [one for one in told if one.path.startswith("/odm/ReferenceData")]
    assert problem.code == "not-read"


# --- bad input ---------------------------------------------------------------------------------

WRONG = {
    "another version": (
        b'ODMVersion="1.3.2"',
        b'ODMVersion="2.0"',
        "line 1: ODMVersion is '2.0', expected '1.3.2'",
    ),
    "a version that begins alike": (
        b'ODMVersion="1.3.2"',
        b'ODMVersion="1.30"',
        "line 1: ODMVersion is '1.30', expected '1.3.2'",
    ),
    "another namespace": (
        b"ns/odm/v1.3",
        b"ns/odm/v2.0",
        "line 1: <ODM> is ODM 2.0, expected ODM 1.3.2, of namespace "
        "'http://www.cdisc.org/ns/odm/v1.3'",
    ),
    "no code of the registry's": (
        b' Value="COMPLETED"',
        b' Value="Completed"',
        "ODM.ReferenceData.ItemGroupData[IG.status].IT.status.overallStatus: 'Completed' is not "
        "one of ACTIVE_NOT_RECRUITING",
    ),
    "no date": (
        b'Value="2024-01"',
        b'Value="January"',
        "ODM.ReferenceData.ItemGroupData[IG.status].IT.status.startDateStruct.date: 'January' is "
        "not a date (YYYY, YYYY-MM or YYYY-MM-DD)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_document_that_is_wrong_is_refused_with_its_place(name: str) -> None:
    old, new, message = WRONG[name]
    trial = trial_of(
        {"status": {"overallStatus": "COMPLETED", "startDateStruct": {"date": "2024-01"}}}
    )
    data = written(trial)
    assert old in data
    with pytest.raises(ReadError) as caught:
        odm.read(data.replace(old, new))
    (problem,) = caught.value.problems
    assert f"{problem.path}: {problem.message}".startswith(message)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_document_is_refused(part: float) -> None:
    data = written(full())
    with pytest.raises(ReadError, match="the document ends"):
        odm.read(data[: int(len(data) * part)])


# --- documents of others -----------------------------------------------------------------------


def test_documents_of_others_come_back_as_they_are_and_their_subjects_go_nowhere_else() -> None:
    for path in files(OTHERS):
        data = path.read_bytes()
        trial, told = odm.read(data)
        assert trial.protocol is not None
        assert told, path.name
        assert trial.unmapped is not None
        assert DOCUMENT in trial.unmapped
        back = odm.write(trial)[0]
        assert etree.tostring(etree.fromstring(back), method="c14n") == etree.tostring(
            etree.fromstring(data), method="c14n"
        ), path.name
        for target in ("ctgov", "fhir-r5", "odm-2.0"):
            other = trialbridge.convert(data, target, validate=False)
            for word in (b"SubjectKey", b"ClinicalData", b"SubjectData"):
                assert word not in other, (path.name, target)


def test_documents_in_2_0_lose_their_subjects_on_the_way_to_1_3_2() -> None:
    for path in files("odm-2.0/*.xml"):
        told: list[trialbridge.Problem] = []
        other = trialbridge.convert(path, "odm-1.3.2", validate=False, warnings=told)
        assert not re.search(rb"SubjectKey|ClinicalData|SubjectData", other), path.name
        if b"<ClinicalData" in path.read_bytes():
            assert "/odm/ClinicalData" in [one.path for one in told]


def test_what_a_document_of_others_says_of_the_record_is_read() -> None:
    data = (
        f'<ODM xmlns="{NAMESPACE}" FileType="Snapshot" FileOID="F" ODMVersion="1.3.2" '
        'CreationDateTime="2024-01-01T00:00:00"><Study OID="S"><GlobalVariables>'
        "<StudyName>Aspirin for Headache</StudyName><StudyDescription>\n  Short.\n "
        "</StudyDescription><ProtocolName>P-1</ProtocolName></GlobalVariables>"
        '<MetaDataVersion OID="M" Name="M"><Protocol><Description><TranslatedText xml:lang="en">'
        "Long.</TranslatedText></Description></Protocol></MetaDataVersion></Study>"
        '<AdminData><User OID="U.1" UserType="Investigator"><FullName>A. Bell</FullName>'
        "<Organization>Clinic</Organization></User>"
        '<Location OID="L.1" Name="Hospital" LocationType="Site"><MetaDataVersionRef StudyOID="S" '
        'MetaDataVersionOID="M" EffectiveDate="2024-01-01"/></Location></AdminData></ODM>'
    ).encode()
    trial, _ = odm.read(data)
    expected = trial_of(
        {
            "identification": {
                "briefTitle": "Aspirin for Headache",
                "orgStudyIdInfo": {"id": "P-1"},
            },
            "description": {"briefSummary": "Short.", "detailedDescription": "Long."},
            "contactsLocations": {
                "overallOfficials": [
                    {"name": "A. Bell", "affiliation": "Clinic", "role": "PRINCIPAL_INVESTIGATOR"}
                ],
                "locations": [{"facility": "Hospital"}],
            },
        }
    )
    assert trial.protocol == expected.protocol


# --- the form without data ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["odm-2.0", "odm-1.3.2"])
def test_the_form_without_data_is_valid_and_asks_each_item_once(name: str) -> None:
    data = trialbridge.write(full(), name, options={"template": True})
    assert trialbridge.validate(data) == []
    root = etree.fromstring(data)
    assert not list(root.iter("{*}ReferenceData", "{*}ClinicalData", "{*}AdminData"))
    assert root.find("{*}Study").get("OID") == "ST.NCT09000001"
    defined = {node.get("OID") for node in root.iter("{*}ItemDef")}
    assert len(defined) > 100
    assert all(node.find("{*}Question") is not None for node in root.iter("{*}ItemDef"))
    groups = {node.get("OID") for node in root.iter("{*}ItemGroupDef", "{*}FormDef")}
    asked = [node.get("ItemGroupOID") for node in root.iter("{*}ItemGroupRef")]
    asked += [node.get("FormOID") for node in root.iter("{*}FormRef")]
    assert sorted(asked) == sorted(groups)
    # What a record is written with is of this form.
    record = etree.fromstring(trialbridge.write(full(), name))
    kept = {"IG.unmapped", "IG.emptyElements"}
    assert {node.get("OID") for node in record.iter("{*}ItemGroupDef")} - kept <= groups
    for node in record.iter("{*}ItemDef"):
        assert node.get("OID") in defined or node.get("OID").startswith(
            ("IT.unmapped", "IT.emptyElements")
        )


# In a process of its own: odmlib keeps namespaces for the whole process.
ASK = """
import sys
import odmlib
from odmlib import loader, odm_loader

for text in sys.stdin.buffer.read().decode().split("\\0"):
    reader = odm_loader.XMLODMLoader(
        model_package="odm_1_3_2", ns_uri="http://www.cdisc.org/ns/odm/v1.3"
    )
    found = loader.ODMLoader(reader)
    found.load_odm_string(text)
    odm = found.root()
    assert odm.Study[0].GlobalVariables.ProtocolName
    print("loaded")
"""
# odmlib minds an address of a record that is none, as records have them: `a@b..cy`, `a@@b.cn`.
EMAILS = re.compile(rb"<Email>([^<]*)</Email>")
ADDRESS = re.compile(rb"[^@\s]+@[\w-]+(\.[\w-]+)+")


def test_the_loader_of_odmlib_takes_what_is_written() -> None:
    documents = [written(full()), *map(written, some_records())]
    documents = [one for one in documents if all(map(ADDRESS.fullmatch, EMAILS.findall(one)))]
    documents = documents if ALL else documents[:4]
    documents.append(trialbridge.write(full(), "odm-1.3.2", options={"template": True}))
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, input=b"\0".join(documents), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-600:]
    assert done.stdout.decode().split() == ["loaded"] * len(documents)
