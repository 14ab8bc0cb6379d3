"""Records as rows for data frames."""

import csv
import io
import json
from typing import Any

import msgspec
import pytest
from filled import filled_trial

import trialbridge
from trialbridge.mappings.tables import tables


def study(number: int, *arms: str) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": f"Tea {number}"},
            "armsInterventionsModule": {"armGroups": [{"label": arm} for arm in arms]},
        }
    }


RECORDS = [json.dumps(one).encode() for one in (study(1, "Green", "Black"), study(2, "White"))]
BROKEN = b'{"protocolSection": {"identificationModule": {"nctId": 7}}}'


def test_a_row_a_record_and_a_row_an_arm_with_every_column() -> None:
    found = list(trialbridge.rows(RECORDS))
    assert [(one["record"], one["study"], one["identification_brief_title"]) for one in found] == [
        (1, "NCT00000001", "Tea 1"),
        (2, "NCT00000002", "Tea 2"),
    ]
    columns = {table.name: [column.name for column in table.columns] for table in tables()}
    assert [list(one) for one in found] == [columns["studies"]] * 2
    assert found[0]["identification_official_title"] is None
    arms = list(trialbridge.rows(RECORDS, "arms"))
    assert [(one["study"], one["position"], one["label"]) for one in arms] == [
        ("NCT00000001", 1, "Green"),
        ("NCT00000001", 2, "Black"),
        ("NCT00000002", 1, "White"),
    ]
    file = io.StringIO()
    writer = csv.DictWriter(file, columns["arms"])
    writer.writeheader()
    writer.writerows(arms)
    assert len(file.getvalue().splitlines()) == 4


def test_cells_of_all_tables_are_of_the_kinds_of_their_columns() -> None:
    record = trialbridge.write(filled_trial(results=True), "trial", validate=False)
    kinds = {"string": str, "bool": bool, "int64": int, "double": float, "list<string>": list}
    for table in tables():
        rows = list(trialbridge.rows(record, table.name, format="trial"))
        assert rows, table.name
        for column in table.columns:
            values = [row[column.name] for row in rows if row[column.name] is not None]
            assert values, (table.name, column.name)
            assert {type(value) for value in values} <= {kinds[column.kind]}, column


def test_what_cannot_be_read_is_an_error_or_its_problems_are_kept() -> None:
    with pytest.raises(trialbridge.ReadError, match="nctId"):
        list(trialbridge.rows([RECORDS[0], BROKEN]))
    problems: list[trialbridge.Problem] = []
    found = list(trialbridge.rows([RECORDS[0], BROKEN, RECORDS[1]], problems=problems))
    assert [one["record"] for one in found] == [1, 2]
    assert [one.severity for one in problems] == ["error"]
    with pytest.raises(
        ValueError, match=r"^there is no table 'arm': there are adverse_event_counts,"
    ):
        trialbridge.rows(RECORDS, "arm")


def test_rows_are_plain_values() -> None:
    for row in trialbridge.rows(RECORDS, "studies"):
        assert msgspec.json.decode(msgspec.json.encode(row)) == row
