"""The public functions, as a program that embeds them calls them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from cli_record import PAGE
from format_names import CHECKED, JSON_KEYS, READ, WRITTEN, XML_ROOTS, asked

import trialbridge
from trialbridge import Difference, Invalid, Problem, ReadError, Trial, UnknownFormat
from trialbridge.formats import FORMATS, Format, by_name, written_formats
from trialbridge.formats.fhir.r5 import bare, strip_extensions
from trialbridge.formats.sniff import recognise
from trialbridge.homes import measure, model_tree
from trialbridge.io.encoding import REMEDY
from trialbridge.mappings.coverage import CoverageRow, leaves, main_homes, pattern
from trialbridge.schemas.base import BASE
from trialbridge.schemas.syntax.pointer import ABSENT, walk
from trialbridge.schemas.trial import Study

RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea in Mild Fatigue"},
        "statusModule": {
            "overallStatus": "COMPLETED",
            "startDateStruct": {"date": "2019-07", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Tea House", "class": "OTHER"}},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"]},
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Tea", "type": "EXPERIMENTAL", "interventionNames": ["Other: Tea"]}
            ],
            "interventions": [{"type": "OTHER", "name": "Tea", "armGroupLabels": ["Tea"]}],
        },
    },
    "hasResults": False,
}
RESULTS = RECORD | {"resultsSection": {"moreInfoModule": {"limitationsAndCaveats": {}}}}
ODM_1_3_2 = b"""\
<?xml version="1.0"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="Snapshot" FileOID="F.1"
     CreationDateTime="2024-01-01T00:00:00" ODMVersion="1.3.2"/>
"""


def ctgov(record: dict[str, Any] = RECORD) -> bytes:
    return json.dumps(record).encode()


def problem(error: pytest.ExceptionInfo[ReadError]) -> Problem:
    (only,) = error.value.problems
    return only


def test_every_public_name_is_there() -> None:
    for name in trialbridge.__all__:
        assert getattr(trialbridge, name) is not None, name
    assert set(trialbridge.__all__) <= set(dir(trialbridge))
    with pytest.raises(AttributeError, match="module 'trialbridge' has no attribute 'nothing'"):
        trialbridge.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_names_for_type_checkers_are_the_lazy_names() -> None:
    source = Path(trialbridge.__file__).read_text()
    typed = source.partition("if TYPE_CHECKING:")[2].partition("_HOMES = {")[0]
    for name, module in trialbridge._HOMES.items():  # type: ignore[attr-defined]
        assert f"from {module} import {name} as {name}\n" in typed
    homes = set(trialbridge._HOMES)  # type: ignore[attr-defined]
    assert homes | {"__version__", "model", "spark"} == set(trialbridge.__all__)


def test_import_loads_nothing_heavy() -> None:
    script = "import sys, trialbridge, trialbridge.cli.commands; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"msgspec", "lxml", "fhir", "pydantic", "odmlib", "jsonschema", "tempfile"}
    assert not heavy & {name.split(".")[0] for name in run.stdout.split()}


def test_a_source_is_a_path_or_the_content(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_bytes(ctgov())
    trials = [trialbridge.read(source) for source in (str(path), path, ctgov())]
    assert trials[0] == trials[1] == trials[2]
    assert trialbridge.read(b"\xef\xbb\xbf" + ctgov()) == trials[0]


def test_the_format_is_recognised_by_content_not_by_name(tmp_path: Path) -> None:
    path = tmp_path / "record.txt"
    path.write_bytes(ctgov())
    assert trialbridge.read(path) == trialbridge.read(path, format="ctgov")
    model = tmp_path / "model.xml"
    model.write_bytes(trialbridge.write(trialbridge.read(path), "trial"))
    assert trialbridge.read(model) == trialbridge.read(path)
    page = tmp_path / "page.json"
    page.write_text(PAGE)
    assert model_tree(trialbridge.read(page))["page"]["relatedTrials"]
    odm = tmp_path / "odm.json"
    odm.write_bytes(trialbridge.write(trialbridge.read(path), "odm-2.0"))
    assert trialbridge.read(odm) == trialbridge.read(path)


def test_xml_is_recognised_by_the_namespace_of_its_root() -> None:
    odm = trialbridge.convert(ctgov(), "odm")
    declaration, _, body = odm.partition(b"?>")
    assert recognise(odm).name == "odm-2.0"
    assert recognise(declaration + b"?>\n<!-- <html> -->\n" + body).name == "odm-2.0"
    assert recognise(b" \n" + body).name == "odm-2.0"
    assert recognise(b'<cdisc:ODM xmlns:cdisc="http://www.cdisc.org/ns/odm/v2.0"/>').name == (
        "odm-2.0"
    )
    assert recognise(ODM_1_3_2).name == "odm-1.3.2"
    # A document that breaks off later is of the format it began as, and its reader says where.
    assert recognise(odm[: len(odm) // 2]).name == "odm-2.0"


@pytest.mark.parametrize(
    ("call", "known"),
    [
        (lambda: trialbridge.read(b"", format="redcap"), READ),
        (lambda: trialbridge.write(Trial(), "redcap"), WRITTEN),
        (lambda: trialbridge.convert(b"", "redcap"), WRITTEN),
        (lambda: trialbridge.validate(b"", format="redcap"), CHECKED),
        (lambda: trialbridge.roundtrip(b"", "redcap"), WRITTEN),
        (lambda: trialbridge.fidelity(b"", "redcap"), WRITTEN),
        (lambda: trialbridge.coverage("redcap"), CHECKED),
    ],
)
def test_an_unknown_format_is_a_value_error_that_lists_the_known(
    call: Callable[[], Any], known: str
) -> None:
    with pytest.raises(ValueError, match=r"^unknown format") as error:
        call()
    assert isinstance(error.value, UnknownFormat)
    assert str(error.value) == f"unknown format 'redcap'; known are {known}"


@pytest.mark.parametrize("name", [known.name for known in FORMATS if not known.writer])
def test_a_format_that_is_read_only_is_not_written(name: str) -> None:
    for call in (
        lambda: trialbridge.write(Trial(), name),
        lambda: trialbridge.convert(ctgov(), name),
        lambda: trialbridge.roundtrip(ctgov(), name),
        lambda: trialbridge.fidelity(ctgov(), name),
    ):
        with pytest.raises(UnknownFormat) as error:
            call()
        assert str(error.value) == f"{name} is not written; written are {WRITTEN}"


@pytest.mark.parametrize("name", [known.name for known in FORMATS if not known.writer])
def test_a_format_that_is_read_only_lists_what_it_tells(name: str) -> None:
    rows = trialbridge.coverage(name)
    homes = main_homes(rows)
    assert list(homes) == leaves(Trial)
    told = sum(home == "native" for home in homes.values())
    assert 40 < told < len(homes), told
    assert all(bool(row.place) is (row.home != "none") for row in rows)


def test_an_unreadable_path_is_a_problem_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    with pytest.raises(ReadError) as error:
        trialbridge.read(path)
    assert str(error.value) == f"fatal: {path}: cannot be read: No such file or directory"
    assert isinstance(error.value.__cause__, FileNotFoundError)
    assert trialbridge.validate(path) == error.value.problems
    with pytest.raises(ReadError, match=r"or `trialbridge\.records` takes each$"):
        trialbridge.read(tmp_path)
    with pytest.raises(ReadError, match=r"cannot be read: embedded null byte$"):
        trialbridge.read("a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_forbidden_path_is_a_problem_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "secret.json"
    path.write_bytes(ctgov())
    path.chmod(0)
    with pytest.raises(ReadError, match=r"cannot be read: Permission denied$"):
        trialbridge.read(path)


def test_a_path_over_the_limit_says_how_to_raise_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(ctgov())
    size = path.stat().st_size
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", str(size))
    assert trialbridge.read(path)
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "100")
    with pytest.raises(ReadError) as error:
        trialbridge.read(path)
    assert problem(error).message == (
        "larger than the limit of 100 bytes; TRIALBRIDGE_MAX_BYTES raises it"
    )
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "1 GB")
    with pytest.raises(ReadError) as error:
        trialbridge.read(path)
    assert problem(error).message == (
        "cannot be read: TRIALBRIDGE_MAX_BYTES is '1 GB', expected a number of bytes"
    )


@pytest.mark.parametrize(
    ("source", "path", "message"),
    [
        (b"", "line 1", "the source is empty"),
        (b" \n\n", "line 1", "the source is empty"),
        (
            b"\n[{}]",
            "line 2",
            "the source is a JSON array, which is not read; one record is expected, an object; of a"
            " list `convert -o FOLDER/` or `trialbridge.records` takes each",
        ),
        (
            b'{"foo": 1}',
            "line 1",
            f"the JSON object has none of the keys that tell a format ({JSON_KEYS}): found foo",
        ),
        (
            b"{}",
            "line 1",
            "the JSON object has none of the keys that tell a format"
            f" ({JSON_KEYS}): it has no keys",
        ),
        (
            b'{"foo": 1',
            "line 1, column 10",
            "the JSON breaks off: a value, a quote or a bracket is missing at the end",
        ),
        (b'{"foo": ?}', "line 1, column 9", "not JSON: invalid character, found '?'"),
        (b'{"a":' * 100_000, "line 1, column 501", "nested more than 100 deep"),
        (
            b"\n<study/>",
            "line 2",
            "the root of the XML is <study> of no namespace, which is no known format's;"
            f" expected {XML_ROOTS}",
        ),
        (
            b'<?xml version="1.0"?>\n<study xmlns="http://example.org/x"/>',
            "line 2",
            "the root of the XML is <study> of namespace 'http://example.org/x', which is"
            f" no known format's; expected {XML_ROOTS}",
        ),
        (b"<ODM", "line 1", "the document ends inside a tag, expected >"),
        (b"<!-- nothing -->", "line 1", "expected an element, found none"),
        (
            b"Dear reader,\n",
            "line 1",
            f"the source is no trial record in a known format; known are {READ}",
        ),
        (b"NCT ID: \xff", "byte 8", f"byte 0xff is not UTF-8 (invalid start byte); {REMEDY}"),
        (
            b"\xfe\xff\0N\xdc\0",
            "byte 4",
            f"the mark says UTF-16-BE, and the bytes are none; {REMEDY}",
        ),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(
    source: bytes, path: str, message: str
) -> None:
    with pytest.raises(ReadError) as error:
        trialbridge.read(source)
    assert (problem(error).path, problem(error).message) == (path, message)
    assert trialbridge.validate(source) == error.value.problems


@pytest.mark.parametrize("name", ["ctgov", "trial", "fhir-r5", "odm-2.0"])
def test_a_document_that_breaks_off_is_refused_by_its_own_format(name: str) -> None:
    whole = trialbridge.convert(ctgov(), name)
    with pytest.raises(ReadError) as error:
        trialbridge.read(whole[: len(whole) // 2])
    assert problem(error).severity == "fatal"
    assert problem(error).path


def test_all_problems_come_at_once() -> None:
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": 5},
            "statusModule": {"startDateStruct": {"date": "March 2024"}},
        }
    }
    with pytest.raises(ReadError) as error:
        trialbridge.read(ctgov(record))
    assert [found.path for found in error.value.problems] == [
        "/protocolSection/identificationModule/nctId",
        "/protocolSection/statusModule/startDateStruct/date",
    ]


@pytest.mark.parametrize("name", ["ctgov", "trial"])
def test_what_would_not_be_valid_is_not_written(name: str) -> None:
    trial = trialbridge.read(ctgov())
    status = msgspec.structs.replace(
        trial.protocol.status,  # type: ignore[union-attr, type-var]
        status_verified_date="last spring",
    )
    wrong = msgspec.structs.replace(
        trial,
        protocol=msgspec.structs.replace(trial.protocol, status=status),  # type: ignore[type-var]
    )
    with pytest.raises(Invalid) as error:
        trialbridge.write(wrong, name)
    (found,) = error.value.problems
    assert found.path == "/protocolSection/statusModule/statusVerifiedDate"
    assert b"last spring" in trialbridge.write(wrong, name, validate=False)


def test_convert_is_read_then_write() -> None:
    trial = trialbridge.read(ctgov())
    for known in written_formats():
        given = asked(known)
        assert trialbridge.convert(ctgov(), known.name, options=given) == trialbridge.write(
            trial, known.name, options=given
        )


def test_ctgov_and_back_is_the_same_json() -> None:
    for name in ("ctgov", "trial", "fhir", "odm"):
        there = trialbridge.convert(ctgov(), name)
        assert json.loads(trialbridge.convert(there, "ctgov")) == RECORD


def faults(source: bytes) -> list[Problem]:
    """What is wrong with a document; information is advice."""
    return [each for each in trialbridge.validate(source) if each.severity != "information"]


def test_a_good_record_has_no_problems_in_any_format() -> None:
    for known in written_formats():
        assert faults(trialbridge.convert(ctgov(), known.name, options=asked(known))) == []


def test_validate_lists_what_the_official_definitions_refuse() -> None:
    bundle = json.loads(trialbridge.convert(ctgov(), "fhir"))
    bundle["entry"][0]["resource"]["status"] = "finished"
    found = trialbridge.validate(json.dumps(bundle).encode())
    assert any("finished" in each.message and each.severity == "error" for each in found)


def test_a_document_may_be_valid_and_no_trial_record() -> None:
    patient = b'{"resourceType": "Patient"}'
    assert faults(patient) == []
    with pytest.raises(ReadError):
        trialbridge.read(patient)
    odm = (
        b'<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" FileType="Snapshot" FileOID="F.1"'
        b' CreationDateTime="2024-01-01T00:00:00" ODMVersion="2.0"/>'
    )
    assert faults(odm) == []
    with pytest.raises(ReadError) as error:
        trialbridge.read(odm)
    assert problem(error).message == "expected one Study, found none: this is no trial record"


def test_a_bundle_holds_one_study() -> None:
    bundle = json.loads(trialbridge.convert(ctgov(), "fhir"))
    for entries in ([], bundle["entry"][:1] * 2):
        with pytest.raises(ReadError):
            trialbridge.read(json.dumps(bundle | {"entry": entries}).encode())


def test_roundtrip_of_a_lossless_format_has_no_difference() -> None:
    for source in (ctgov(), PAGE.encode()):
        for via in ("trial", "fhir-r5", "odm-2.0"):
            assert trialbridge.roundtrip(source, via) == []


def test_roundtrip_lists_what_the_other_format_has_no_place_for() -> None:
    related = [
        {
            "title": "Coffee in Mild Fatigue",
            "nctId": "NCT00000002",
            "status": "COMPLETED",
            "phases": ["PHASE2"],
        }
    ]
    assert trialbridge.roundtrip(PAGE.encode(), "ctgov") == [
        Difference("/page/relatedTrials", related, ABSENT)
    ]


def test_roundtrip_has_the_results() -> None:
    for name in ("fhir-r5", "fhir-r4", "odm"):
        assert trialbridge.roundtrip(ctgov(RESULTS), name) == []


def test_fidelity_to_a_lossless_format_is_all_native() -> None:
    found = trialbridge.fidelity(ctgov(), "trial")
    pointers = tuple(pointer for pointer, _ in walk(RECORD))
    assert (found.source, found.to, found.problems) == ("ctgov", "trial", ())
    assert found.native == pointers
    assert found.counts == {
        "native": len(pointers),
        "official": 0,
        "ours": 0,
        "not carried": 0,
    }


def test_fidelity_names_each_leaf_value_that_is_not_carried() -> None:
    found = trialbridge.fidelity(PAGE.encode(), "ctgov")
    assert found.not_carried == (
        "/page/relatedTrials/0/title",
        "/page/relatedTrials/0/nctId",
        "/page/relatedTrials/0/status",
        "/page/relatedTrials/0/phases/0",
    )


def test_fidelity_to_fhir_has_the_results() -> None:
    found = trialbridge.fidelity(ctgov(RESULTS), "fhir")
    assert found.not_carried == ()
    assert sum(found.counts.values()) == len(list(walk(RESULTS)))
    assert "/protocolSection/identificationModule/briefTitle" in found.native
    assert found.problems == ()


def test_fidelity_to_odm_tells_elements_from_parameters_of_cdisc_and_ours() -> None:
    found = trialbridge.fidelity(ctgov(RESULTS), "odm")
    module = "/protocolSection/identificationModule"
    assert f"{module}/briefTitle" in found.official
    assert "/protocolSection/designModule/studyType" in found.official
    assert "/protocolSection/statusModule/overallStatus" in found.native
    assert "/resultsSection/moreInfoModule/limitationsAndCaveats" in found.ours
    assert found.not_carried == ()
    assert sum(found.counts.values()) == len(list(walk(RESULTS)))
    assert found.problems == ()


def test_fidelity_counts_unknown_keys_at_their_places() -> None:
    record = RECORD | {"newSection": {"fact": 1}}
    found = trialbridge.fidelity(ctgov(record), "ctgov")
    assert "/newSection/fact" in found.native
    assert found.not_carried == ()


def test_a_leaf_with_two_homes_is_where_it_can_still_be_read_without_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extension = {"url": f"{BASE}/StructureDefinition/acronym", "valueString": "TEA"}
    document = {"resourceType": "Fake", "title": "Tea", "extension": [extension]}

    def read(data: bytes) -> tuple[Trial, list[Problem]]:
        tree = json.loads(data)
        names = {"briefTitle": tree.get("title")}
        for each in tree.get("extension", []):
            names["acronym"] = each["valueString"]
        return trialbridge.read(
            ctgov({"protocolSection": {"identificationModule": names}}), format="ctgov"
        ), []

    module = "/protocolSection/identificationModule"
    fake = ModuleType("fake_format")
    fake.read = read  # type: ignore[attr-defined]
    fake.coverage = lambda: [  # type: ignore[attr-defined]
        CoverageRow(f"{module}/{leaf}", place, home)
        for leaf in ("briefTitle", "acronym")
        for place, home in (("title", "native"), ("extension", "ours"))
    ]
    fake.bare = bare  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fake_format", fake)
    row = Format("fake", (), "", "json", (), "fake_format", "fake_format", None, "fake_format")
    names = {"briefTitle": "Tea", "acronym": "TEA", "officialTitle": "Tea in Fatigue"}
    trial = trialbridge.read(ctgov({"protocolSection": {"identificationModule": names}}))
    found = measure(trial, by_name("ctgov"), row, json.dumps(document).encode(), [])
    assert found.native == (f"{module}/briefTitle",)
    assert found.ours == (f"{module}/acronym",)
    assert found.not_carried == (f"{module}/officialTitle",)


def test_stripping_leaves_a_tree_without_empty_parts() -> None:
    ours = {"url": f"{BASE}/StructureDefinition/x", "valueString": "x"}
    other = {"url": "http://hl7.org/fhir/StructureDefinition/y", "valueString": "y"}
    tree = {
        "title": "Tea",
        "_title": {"extension": [ours]},
        "period": {"extension": [ours, other]},
        "keyword": [{"extension": [ours]}, {"text": "tea"}],
        "given": [None, "b"],
        "_given": [{"extension": [ours]}, None],
        "line": ["a", None],
        "_line": [None, {"extension": [other]}],
    }
    assert strip_extensions(tree, BASE) == {
        "title": "Tea",
        "period": {"extension": [other]},
        "keyword": [{"text": "tea"}],
        "given": ["b"],
        "line": ["a", None],
        "_line": [None, {"extension": [other]}],
    }
    assert strip_extensions(tree) == {
        "title": "Tea",
        "keyword": [{"text": "tea"}],
        "given": ["b"],
        "line": ["a"],
    }


def test_the_registry_has_344_leaves_the_page_six_and_another_register_eight() -> None:
    assert len(leaves(Study)) == 344
    assert set(leaves(Trial)) - set(leaves(Study)) == {
        "/page/conditionsLine",
        "/page/countries/*",
        "/page/relatedTrials/*/title",
        "/page/relatedTrials/*/nctId",
        "/page/relatedTrials/*/status",
        "/page/relatedTrials/*/phases/*",
        "/registration/register",
        "/registration/id",
        "/registration/url",
        "/registration/version",
        "/registration/country",
        "/registration/languages/*",
        "/registration/firstRegistered",
        "/registration/lastChanged",
        "/unmapped",
    }


def test_a_pointer_leads_to_its_leaf() -> None:
    assert pattern("/a/0/b/10") == "/a/*/b/*"
    assert pattern("/a1/2b/0/1") == "/a1/2b/*/*"


@pytest.mark.parametrize("known", written_formats(), ids=lambda known: known.name)
def test_coverage_lists_the_leaves_of_the_model_and_no_others(known: Format) -> None:
    rows = trialbridge.coverage(known.name)
    assert {row.leaf for row in rows} == set(leaves(Trial))
    assert all(bool(row.place) is (row.home != "none") for row in rows)


def test_coverage_of_the_registry_is_its_own_leaves() -> None:
    native = [row.leaf for row in trialbridge.coverage("ctgov") if row.home == "native"]
    assert native == [*leaves(Study), "/unmapped"]


def test_no_two_formats_share_a_name() -> None:
    names = [name for known in FORMATS for name in (known.name, *known.aliases)]
    assert len(names) == len(set(names))
    for known in FORMATS:
        assert all(by_name(name) is known for name in (known.name, *known.aliases))


def test_each_format_is_read_written_or_checked_and_says_what_to_do_where_it_is_not() -> None:
    assert all(known.uses for known in FORMATS)
    assert all(known.reader or known.instead for known in FORMATS)


def test_validate_never_raises_on_a_setting_that_is_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(ctgov())
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "abc")
    assert [problem.code for problem in trialbridge.validate(path)] == ["unreadable"]
