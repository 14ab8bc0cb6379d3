"""The registry's own records as SDTM: valid, and read by others as they were written."""

import json
from pathlib import Path
from typing import Any

import pyreadstat
from corpus import ALL, records
from sdtm_record import members

import trialbridge
from trialbridge import Invalid
from trialbridge.mappings.sdtm.document import write_datasets
from trialbridge.schemas.sdtm.reading import package_of
from trialbridge.schemas.sdtm.validate import check
from trialbridge.schemas.terms.trial_summary import OF_TRIALS, REQUIRED

EVERY = 1 if ALL else 25


def test_each_record_is_valid_and_has_what_a_ts_demands() -> None:
    for record in records()[::EVERY]:
        data = trialbridge.convert(record, "sdtm")
        assert check(data) == []
        (ts, *_) = (one.dataset for one in package_of(data).held)
        said = {row[4] for row in ts.rows}
        assert set(REQUIRED) <= said
        if json.loads(record)["protocolSection"]["designModule"]["studyType"] == "INTERVENTIONAL":
            assert set(OF_TRIALS) <= said


def test_each_parameter_with_a_fact_in_the_record_is_there() -> None:
    places = {
        "TITLE": "identificationModule/officialTitle",
        "SSTDTC": "statusModule/startDateStruct/date",
        "SENDTC": "statusModule/completionDateStruct/date",
        "SPONSOR": "sponsorCollaboratorsModule/leadSponsor/name",
        "INDIC": "conditionsModule/conditions",
        "KEYWORD": "conditionsModule/keywords",
        "OUTMSPRI": "outcomesModule/primaryOutcomes",
        "OUTMSSEC": "outcomesModule/secondaryOutcomes",
        "OUTMSADD": "outcomesModule/otherOutcomes",
        "CITNSTDY": "referencesModule/references",
        "URLSTDY": "referencesModule/seeAlsoLinks",
    }
    for record in records()[::EVERY]:
        protocol = json.loads(record)["protocolSection"]
        trial = trialbridge.read(record)
        ts = write_datasets(trial)[0].datasets[0]
        at = ts.names.index("TSVAL"), ts.names.index("TSVALNF")
        found: dict[Any, list[str]] = {}
        for row in ts.rows:
            if not row[at[1]]:
                found.setdefault(row[4], []).append("".join(map(str, row[at[0] : at[1]])))
        for name, place in places.items():
            value: Any = protocol
            for key in place.split("/"):
                value = value.get(key) if isinstance(value, dict) else None
            if name == "TITLE":
                value = value or protocol["identificationModule"].get("briefTitle")
            said = value if isinstance(value, list) else [value] if value else []
            texts = [
                one
                if isinstance(one, str)
                else one.get("measure", one.get("citation", one.get("url")))
                for one in said
            ]
            assert found.get(name, []) == [text for text in texts if text]


def test_pyreadstat_reads_the_transport_files_as_they_were_written(tmp_path: Path) -> None:
    read = 0
    for record in records()[::EVERY]:
        try:
            data = trialbridge.convert(record, "sdtm", options={"form": "xpt"})
        except Invalid as error:
            wrong = [one.code for one in error.problems if one.severity == "error"]
            assert set(wrong) == {"not-ascii"}
            continue
        datasets = write_datasets(trialbridge.read(record))[0].datasets
        for dataset in datasets:
            path = tmp_path / f"{dataset.name.lower()}.xpt"
            path.write_bytes(members(data)[path.name])
            found, about = pyreadstat.read_xport(str(path), output_format="dict")
            assert about.table_name == dataset.name
            assert tuple(found) == dataset.names
            for name, column in zip(dataset.names, zip(*dataset.rows, strict=True), strict=True):
                assert list(found[name]) == [
                    value.rstrip() if isinstance(value, str) else value for value in column
                ]
            read += 1
    assert read > 10
