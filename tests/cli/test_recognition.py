"""How a format is told by content, and what is told that is not read."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from corpus import file, files

import trialbridge
from trialbridge import Problem, ReadError
from trialbridge.formats.sniff import recognise
from trialbridge.formats.unread import UNREAD
from trialbridge.schemas.fhir import versions
from trialbridge.schemas.fhir.digests.definitions import VERSIONS, definitions

API = "https://clinicaltrials.gov/api/v2/studies/"

# A small document of each kind, and the beginning of what is said of it.
DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "xlsx": (b"PK\x03\x04\x14\0\0\0[Content_Types].xml", "an Excel workbook (XLSX)"),
    "zip": (b"PK\x03\x04\x14\0\0\0a.json", "a zip archive"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "a document of old Office"),
    "pdf": (b"%PDF-1.7\n", "a PDF"),
    "rtf": (b"{\\rtf1 NCT ID: NCT00000001}", "a document in RTF"),
    "gzip": (gzip.compress(b"{}"), "a file packed by gzip"),
    "array": (b'[{"protocolSection": {}}]', "a JSON array"),
    "page": (b'{"studies": [], "nextPageToken": "x"}', "a page of studies"),
    "classic": (b'{"StudyFieldsResponse": {}}', "JSON of ClinicalTrials.gov's classic API"),
    "usdm": (
        b'{"versions": [], "instanceType": "Study"}',
        "a Study of CDISC USDM without what is around it",
    ),
    "ctis page": (b'{"pagination": {}, "data": []}', "a page of what a search of the EU's"),
    "error": (b'{"timestamp": 1, "status": 404, "error": "x"}', "an error that a web service"),
    "dataset": (b'{"datasetJSONVersion": "1.1.0", "name": "DM"}', "CDISC Dataset-JSON"),
    "xpt": (
        b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!".ljust(408) + b"DM      ",
        "a SAS transport file (XPT) with data",
    ),
    "legacy": (b"<search_results/>", "a list of what a search of ClinicalTrials.gov found, in XML"),
    "old odm": (b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.2"/>', "CDISC ODM-XML of a version"),
    "html": (b"<!DOCTYPE html><html><p>NCT ID: NCT00000001<br></html>", "HTML"),
    "xhtml": (b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "HTML"),
    "number": (b"NCT00000001\n", "nothing but an NCT number"),
    "numbers": (b"NCT00000001\nNCT00000002\n", "nothing but an NCT number"),
    "address": (b"https://clinicaltrials.gov/study/NCT00000001", "the address of a record"),
    "tabs": (
        b'"NCT Number"\t"Study Title"\n"NCT00000001"\t"Tea"\n',
        "a table of ClinicalTrials.gov with tabs between quoted columns",
    ),
    "ictrp tabs": (
        b"TrialID\tLast Refreshed on\tPublic title\n",
        "a table of WHO's ICTRP with tabs between its columns",
    ),
    "euctr list": (
        b"EudraCT Number:   2021-002179-21\nSponsor Protocol Number: X\n",
        "a list of what a search of the EU Clinical Trials",
    ),
    "their page": (
        b"Tea in Fatigue\nClinicalTrials.gov ID NCT00000001\nStudy Overview\n",
        "a page of clinicaltrials.gov itself",
    ),
}


def refused(source: bytes) -> str:
    with pytest.raises(ReadError) as error:
        trialbridge.read(source)
    (problem,) = error.value.problems
    assert (problem.severity, problem.code) == ("fatal", "format")
    assert trialbridge.validate(source) == [problem]
    return problem.message


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_recognised_and_not_read_is_named_with_what_to_do(name: str) -> None:
    source, title = DOCUMENTS[name]
    message = refused(source)
    assert message.startswith(f"the source is {title}")
    assert "which is not read; " in message


def test_each_row_of_what_is_not_read_has_a_document_here() -> None:
    told = [refused(source) for source, _ in DOCUMENTS.values()]
    assert [row.title for row in UNREAD if f"the source is {row.message}" not in told] == []


def test_a_refusal_says_what_to_do_instead() -> None:
    assert refused(b"<search_results/>") == (
        "the source is a list of what a search of ClinicalTrials.gov found, in XML, which is not"
        f" read; its records are read: {API}NCT..."
    )
    assert refused(b"NCT00000001") == (
        "the source is nothing but an NCT number, which is not read; the record is expected, which"
        f" is {API} and the number"
    )
    assert refused(DOCUMENTS["their page"][0]) == (
        "the source is a page of clinicaltrials.gov itself, which is not read; the layout that is"
        " read has `NCT ID: NCT...` below the title and the heading `Basic Information`; its record"
        f" by its NCT number is {API}NCT..."
    )


def corpus(name: str) -> bytes:
    path = file(name)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read(archive.namelist()[0])
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("usdm/CDISC_Pilot_Study.json", "usdm"),
        ("ictrp/ictrp.csv.gz", "ictrp-csv"),
        ("ictrp/ictrp.xml.gz", "ictrp"),
        ("ctis-json/2022-500244-37-00.json", "ctis"),
        ("ctis-json/2024-510663-34-00.json", "ctis"),
        ("drks-json/DRKS_trial-DRKS00038775.json", "drks"),
        ("euctr-txt/2021-002179-21.txt", "euctr"),
    ],
)
def test_real_documents_are_recognised(name: str, format: str) -> None:
    assert recognise(corpus(name)).name == format


@pytest.mark.parametrize("folder", ["odm-2.0", "odm-1.3.2"])
def test_real_odm_is_told_by_its_namespace(folder: str) -> None:
    paths = files(f"{folder}/*.xml")
    assert {recognise(path.read_bytes()).name for path in paths} == {folder}


# --- versions of FHIR --------------------------------------------------------------------------


def told(tree: dict[str, Any]) -> str:
    return versions.told(json.dumps(tree).encode())


STUDY: dict[str, Any] = {"resourceType": "ResearchStudy", "status": "active", "title": "Tea"}


@pytest.mark.parametrize(
    ("tree", "version"),
    [
        (STUDY, "r5"),
        (STUDY | {"arm": [{"name": "Tea"}]}, "r4"),
        (STUDY | {"status": "completed"}, "r4"),
        (STUDY | {"comparisonGroup": [{"name": "Tea"}]}, "r5"),
        (STUDY | {"citeAs": "Tea"}, "r6"),
        (STUDY | {"comparisonGroup": [], "label": [], "arm": []}, "r5"),
        (STUDY | {"status": "finished", "odd": 1}, "r5"),
        (STUDY | {"status": 1, "meta": 1, "fhirVersion": []}, "r5"),
        ({"resourceType": "CapabilityStatement", "fhirVersion": "4.3.0"}, "r4b"),
        ({"resourceType": "CapabilityStatement", "fhirVersion": "6.0.0-ballot3"}, "r6"),
        ({"resourceType": "EffectEvidenceSynthesis"}, "r4"),
        ({"resourceType": "SubscriptionStatus"}, "r5"),
        ({"resourceType": "Odd"}, "r5"),
        ({"resourceType": "Bundle", "entry": 5}, "r5"),
    ],
)
def test_the_version_of_a_resource_is_told_by_what_only_that_version_has(
    tree: dict[str, Any], version: str
) -> None:
    assert told(tree) == version


@pytest.mark.parametrize(("number", "version"), [("4.0.1", "r4"), ("4.3.0", "r4b"), ("5.0", "r5")])
def test_a_profile_with_a_version_tells_it(number: str, version: str) -> None:
    profile = f"http://hl7.org/fhir/StructureDefinition/ResearchStudy|{number}"
    assert told(STUDY | {"arm": [], "meta": {"profile": [5, profile]}}) == version


def test_a_bundle_is_of_the_version_of_what_is_in_it() -> None:
    patient = {"resource": {"resourceType": "Patient"}}
    arm = {"resource": STUDY | {"arm": [{"name": "Tea"}]}}
    assert told({"resourceType": "Bundle", "entry": [patient, {}, arm]}) == "r4"
    assert told({"resourceType": "Bundle", "entry": [patient]}) == "r5"


def test_fhir_of_another_version_is_not_read_as_r5() -> None:
    assert recognise(json.dumps(STUDY | {"status": "completed"}).encode()).name == "fhir-r4"
    assert recognise(json.dumps(STUDY | {"citeAs": "Tea"}).encode()).name == "fhir-r6"


def test_what_r5_has_as_elements_stands_in_extensions_of_no_r5() -> None:
    told = {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy.name"}
    study = STUDY | {"status": "active", "extension": [told | {"valueString": "Tea"}]}
    assert recognise(json.dumps(study).encode()).name == "fhir-r4"


def test_what_tells_the_versions_is_what_the_digests_say() -> None:
    listed = versions._telling()
    for version in VERSIONS:
        known = definitions(version)
        for type_ in known.resources:
            names = versions._names(known, type_)
            for name, codes in listed.get(type_, {}).items():
                if name == "resourceType":
                    assert version in codes[""]
                    continue
                for code, editions in codes.items():
                    spelt = f"{name}={code}" if code else name
                    assert (version in editions) is (spelt in names), (type_, spelt, version)


# --- text --------------------------------------------------------------------------------------

RECORD = "Tea in Fatigue\n\n{}\n\nBrief Summary\n\nTea is tried.\n"


@pytest.mark.parametrize(
    "mark", ["NCT ID: NCT00000001", " nct id:NCT00000001 ", "NCT ID:\xa0NCT00000001", "Basic Info"]
)
def test_a_page_is_told_by_a_line_of_its_own(mark: str) -> None:
    assert recognise(RECORD.format(mark).encode()).name == "text"


@pytest.mark.parametrize(
    "text",
    [
        RECORD.format("NCT ID: see below"),
        RECORD.format("Basic Information Theory"),
        "# Converter\n\nNCT ID: NCT00000001\n",
        "The converter\n\n```\nTea\n\nNCT ID: NCT00000001\n```\n",
        "Dear reader,\n",
    ],
)
def test_other_prose_is_no_page(text: str) -> None:
    assert " trial record in a known format; known are text, trial, " in refused(text.encode())


def test_the_readme_is_no_record() -> None:
    readme = Path(__file__).parents[2] / "README.md"
    assert refused(readme.read_bytes()).startswith("the source is Markdown, which is no trial")


# --- encodings ---------------------------------------------------------------------------------

DECLARED = '<?xml version="1.0" encoding="UTF-16"?>'
NAMED = {
    "protocolSection": {"identificationModule": {"briefTitle": "Th\xe9", "nctId": "NCT00000001"}}
}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("to", ["text", "trial", "ctgov", "fhir-r5", "odm-2.0"])
def test_a_source_with_a_mark_is_read_in_its_encoding(to: str, encoding: str) -> None:
    there = trialbridge.convert(NAMED, to)
    trial = trialbridge.read(there)
    assert trialbridge.read(there.decode().encode(encoding)) == trial
    if to == "odm-2.0" and encoding != "utf-8-sig":
        body = there.decode().partition("?>")[2]
        for wide in ("utf-16", "utf-16-le", "utf-16-be"):
            assert trialbridge.read(f"{DECLARED}{body}".encode(wide)) == trial


def test_another_encoding_is_refused_with_a_remedy() -> None:
    with pytest.raises(ReadError) as error:
        trialbridge.read("NCT ID: NCT00000001\n\nTh\xe9".encode("cp1252"))
    assert error.value.problems[0].message == (
        "byte 0xe9 is not UTF-8 (unexpected end of data); expected UTF-8: save it so, as"
        " `iconv -f windows-1252 -t utf-8` does"
    )


WARNED = (
    "the document declares 'UTF-16', and its bytes are none: it is read as UTF-8,"
    ' expected encoding="UTF-8"'
)


@pytest.mark.parametrize("to", ["ctgov-xml", "odm-2.0", "fhir-r5-xml"])
def test_xml_that_declares_utf_16_and_is_utf_8_is_warned_of(to: str) -> None:
    body = trialbridge.convert(NAMED, to).decode().partition("?>")[2]
    wrong = f"{DECLARED}{body}".encode()
    warnings: list[Problem] = []
    trial = trialbridge.read(wrong, warnings=warnings)
    assert trial == trialbridge.read(f"{DECLARED}{body}".encode("utf-16"))
    assert [
        (one.severity, one.path, one.message) for one in warnings if one.code == "encoding"
    ] == [("warning", "line 1", WARNED)]
    assert [one.message for one in trialbridge.validate(wrong) if one.code == "encoding"] == [
        WARNED
    ]
    for right in (f"{DECLARED}{body}".encode("utf-16"), body.encode()):
        assert [one for one in trialbridge.validate(right) if one.code == "encoding"] == []


def test_xml_that_declares_windows_1252_and_is_utf_8_is_warned_of_and_read_as_declared() -> None:
    body = trialbridge.convert(NAMED, "ctgov-xml").decode().partition("?>")[2]
    declared = f"<?xml version='1.0' encoding='windows-1252'?>{body}"
    warnings: list[Problem] = []
    trial = trialbridge.read(declared.encode(), warnings=warnings)
    assert [(one.path, one.message) for one in warnings if one.code == "encoding"] == [
        (
            "line 1",
            "the document declares 'windows-1252', and its bytes are UTF-8 as well: it is read as"
            " declared, 'Ã©' where UTF-8 has 'é'; expected encoding=\"UTF-8\" if that is what is"
            " meant",
        )
    ]
    right = trialbridge.read(declared.encode("cp1252"), warnings=warnings)
    assert trial != right == trialbridge.read(body.encode())
    assert len([one for one in warnings if one.code == "encoding"]) == 1


def test_each_record_of_a_list_that_declares_utf_16_and_is_utf_8_is_warned_of() -> None:
    one = trialbridge.convert(NAMED, "ctgov-xml").decode().partition("?>")[2]
    data = f"{DECLARED}<search_results>{one}{one}</search_results>".encode()
    found = list(trialbridge.records(data, format="ctgov-xml"))
    assert [[(p.severity, p.message) for p in each.problems] for each in found] == [
        [("warning", WARNED)]
    ] * 2
    wide = list(trialbridge.records(data.decode().encode("utf-16"), format="ctgov-xml"))
    assert [each.problems for each in wide] == [[], []]
    assert [each.trial for each in wide] == [each.trial for each in found]
