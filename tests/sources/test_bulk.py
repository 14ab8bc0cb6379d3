"""A folder of FHIR's Bulk Data is read as its studies, each with what it refers to."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from fhir_bundles import at as place_of
from filled import filled_trial
from msgspec import structs

import trialbridge
from trialbridge.schemas.trial import Trial

MANIFEST: dict[str, Any] = {
    "transactionTime": "2026-01-01T00:00:00Z",
    "request": "https://example.org/fhir/$export",
    "requiresAccessToken": False,
    "error": [],
}


def study(number: int) -> Trial:
    """A record with a value in every leaf."""
    trial = filled_trial()
    assert trial.protocol is not None
    assert trial.protocol.identification is not None
    named = structs.replace(trial.protocol.identification, nct_id=f"NCT0000000{number}")
    return structs.replace(trial, protocol=structs.replace(trial.protocol, identification=named))


def export(folder: Path, files: dict[str, list[Any]]) -> None:
    """Write resources, or lines, by the addresses of their files, and a manifest."""
    output = []
    for url, lines in files.items():
        text = "".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines)
        (folder / url.rpartition("/")[2]).write_text(text)
        output.append({"type": url.rpartition("/")[2].partition(".")[0], "url": url})
    (folder / "manifest.json").write_text(json.dumps({**MANIFEST, "output": output}))


STUDY = {
    "resourceType": "ResearchStudy",
    "id": "a",
    "status": "active",
    "title": "A study",
    "identifier": [{"system": "https://clinicaltrials.gov", "value": "NCT00000001"}],
    "site": [{"reference": "https://example.org/fhir/Location/x"}],
}
SITE = {"resourceType": "Location", "id": "x", "name": "A clinic"}


@pytest.mark.parametrize(
    ("to", "compress"), [("fhir-r5", None), ("fhir-r4b", "zstd"), ("fhir-r4", "gzip")]
)
def test_what_is_written_in_bulk_is_read_back(tmp_path: Path, to: str, compress: Any) -> None:
    documents = [trialbridge.write(study(number), "trial") for number in (1, 2, 3)]
    trialbridge.convert_many(
        documents, to, tmp_path / "out", layout="bulk", part=2, compress=compress, workers=1
    )
    # Resources alone do not say that they are of R4B, and not of R4.
    stated = to if to == "fhir-r4b" else None
    every = trialbridge.records(tmp_path / "out", format=stated)
    found = [one for one in every if one.trial is not None]
    assert [(one.format, one.trial) for one in found] == [
        (to, trialbridge.read(trialbridge.write(study(number), to))) for number in (1, 2, 3)
    ]
    assert (
        found[2].name
        == str(
            tmp_path
            / "out"
            / ("ResearchStudy-00001.ndjson" + {"gzip": ".gz", "zstd": ".zst"}.get(compress, ""))
        )
        + ":1"
    )


def test_an_export_of_a_server_is_read_and_what_no_study_refers_to_is_told(tmp_path: Path) -> None:
    at = "https://example.org/files/"
    other = {**SITE, "id": "y"}
    files = {f"{at}Location.ndjson": [SITE, other, other], f"{at}ResearchStudy.ndjson": [STUDY]}
    export(tmp_path, {**files, f"{at}Patient.ndjson": []})
    (tmp_path / "Patient.ndjson").unlink()
    first, second = trialbridge.records(tmp_path)
    assert first.trial is not None
    assert first.name == f"{tmp_path}/ResearchStudy.ndjson:1"
    assert place_of(first.trial, "contactsLocationsModule/locations/0/facility") == "A clinic"
    assert [(one.code, one.message) for one in second.problems] == [
        ("skipped", "1 resource of type Location that no study refers to")
    ]


def test_lines_that_are_no_resources_are_told_with_their_place(tmp_path: Path) -> None:
    export(tmp_path, {"Location.ndjson": ["{", SITE], "ResearchStudy.ndjson": [STUDY, "[1]"]})
    found = list(trialbridge.records(tmp_path))
    assert [(one.name.rpartition("/")[2], one.trial is not None) for one in found] == [
        ("Location.ndjson:1", False),
        ("ResearchStudy.ndjson:1", True),
        ("ResearchStudy.ndjson:2", False),
    ]


def test_a_study_that_is_too_large_with_what_it_refers_to_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites = [{**SITE, "id": name, "description": name * 600} for name in "xy"]
    long = {**SITE, "id": "z", "description": "z" * 2000}
    both = {**STUDY, "site": [{"reference": "Location/x"}, {"reference": "Location/y"}]}
    export(tmp_path, {"Location.ndjson": [long, *sites], "ResearchStudy.ndjson": [both, STUDY]})
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "1100")
    found = list(trialbridge.records(tmp_path))
    assert [[one.message for one in each.problems if one.layer == "file"] for each in found] == [
        ["a line larger than the limit of 1,100 bytes"],
        ["larger than the limit of 1,100 bytes with all that it refers to"],
        [],
    ]
    assert found[2].trial is not None


SITES = (json.dumps(SITE) + "\n").encode() * 40_000


@pytest.mark.parametrize(
    ("name", "held", "told"),
    [
        ("Location.ndjson.zst", zstandard.compress(SITES[:4000])[:-5], "it ends inside a frame"),
        ("Location.ndjson.zst", b"none", "Not a gzipped file (b'no')"),
        (
            "Location.ndjson.gz",
            gzip.compress(SITES[:4000])[:-9],
            "end-of-stream marker was reached",
        ),
        ("Location.ndjson.gz", gzip.compress(SITES), "refused as a zip bomb"),
    ],
)
def test_a_packed_file_that_is_broken_is_told_and_what_is_whole_is_read(
    tmp_path: Path, name: str, held: bytes, told: str
) -> None:
    export(tmp_path, {"ResearchStudy.ndjson": [STUDY], name: []})
    (tmp_path / name).write_bytes(held)
    first, second = trialbridge.records(tmp_path)
    assert first.name == f"{tmp_path}/{name}"
    assert [(one.severity, told in one.message) for one in first.problems] == [("fatal", True)]
    assert second.trial is not None
    facility = place_of(second.trial, "contactsLocationsModule/locations/0/facility")
    assert (facility == "A clinic") is name.endswith(".gz")


def test_a_folder_with_another_manifest_is_none(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "a page"}')
    (tmp_path / "a.json").write_bytes(trialbridge.write(study(1), "ctgov"))
    found = [one.trial and one.trial.nct_id for one in trialbridge.records(tmp_path)]
    assert found == ["NCT00000001", None]
