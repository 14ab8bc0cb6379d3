"""What the rows of a column become, as an executor does it, without a cluster."""

import gzip
import json
import os
import sys
from typing import Any

import pyarrow  # type: ignore[import-untyped]
import pytest

import trialbridge
from trialbridge import spark
from trialbridge.many.conversion import Wish, checked
from trialbridge.schemas.problem import Problem


def study(number: int) -> dict[str, Any]:
    names = {"nctId": f"NCT{number:08d}", "briefTitle": f"Tea {number}"}
    return {"protocolSection": {"identificationModule": names}}


def record(number: int) -> bytes:
    return json.dumps(study(number)).encode()


def task(**more: Any) -> spark._Task:
    wish = checked(Wish("fhir-r5"))
    given = spark._Task(wish, "value", None, (), trialbridge.__version__, {})
    return given._replace(**more)


def rows(given: spark._Task, *columns: pyarrow.Array, names: list[str]) -> list[dict[str, Any]]:
    batch = pyarrow.RecordBatch.from_arrays(list(columns), names=names)
    return [row for made in spark._batches(given, [batch]) for row in made.to_pylist()]


@pytest.mark.parametrize("kind", [pyarrow.binary(), pyarrow.string(), pyarrow.large_binary()])
def test_a_row_becomes_what_a_single_machine_makes_of_it(kind: pyarrow.DataType) -> None:
    sources = [record(1), record(2)]
    given = pyarrow.array(sources, pyarrow.binary()).cast(kind)
    expected = trialbridge.conversions(sources, "fhir-r5")
    assert [
        (row["id"], row["format"], row["data"]) for row in rows(task(), given, names=["value"])
    ] == [(one.id, one.format, one.data) for one in expected]


def test_a_row_of_several_records_becomes_a_row_of_each_with_its_name_and_what_is_kept() -> None:
    page = json.dumps({"studies": [study(1), study(2)]}).encode()
    values = pyarrow.array([page, gzip.compress(record(3))])
    paths = pyarrow.array(["page.json", "one.json.gz"])
    made = rows(
        task(name="path", keep=("day",)),
        values, paths, pyarrow.array([7, 8]), names=["value", "path", "day"],
    )  # fmt: skip
    assert [(row["day"], row["name"], row["id"]) for row in made] == [
        (7, "page.json#/studies/0", "NCT00000001"),
        (7, "page.json#/studies/1", "NCT00000002"),
        (8, "one.json.gz", "NCT00000003"),
    ]


def test_no_row_is_lost_whatever_it_holds() -> None:
    found = [None, b"", b"[]", b"\x1f\x8bbroken", b"{", record(1)]
    made = rows(task(), pyarrow.array(found, pyarrow.binary()), names=["value"])
    codes = [[problem["code"] for problem in row["problems"]] for row in made]
    assert codes == [["null"], ["empty"], ["format"], ["archive"], ["truncated"], codes[5]]
    assert [row["data"] is None for row in made] == [True] * 5 + [False]
    assert Problem(**made[0]["problems"][0]) == Problem(
        severity="fatal",
        layer="file",
        path="value",
        code="null",
        message="the column 'value' is null: there is no content",
    )


def test_documents_go_back_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "_PIECE", 1)
    batch = pyarrow.RecordBatch.from_arrays([pyarrow.array([record(1), record(2)])], ["value"])
    pieces = list(spark._batches(task(), [batch, batch]))
    assert [piece.num_rows for piece in pieces] == [1, 1, 1, 1]


def test_an_executor_of_another_version_refuses() -> None:
    with pytest.raises(RuntimeError) as error:
        rows(task(version="0.0.1"), pyarrow.array([b""]), names=["value"])
    assert str(error.value) == (
        f"this executor has trialbridge {trialbridge.__version__} and the driver 0.0.1: documents "
        "of two versions would be mixed; the environment of the executors is to be that of the "
        "driver"
    )


def test_an_executor_has_the_variables_of_the_driver_for_the_time_of_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "1000000")
    told = {"SOURCE_DATE_EPOCH": "1700000000", "TRIALBRIDGE_MAX_BYTES": "10"}
    (row,) = rows(task(environment=told), pyarrow.array([record(1)]), names=["value"])
    assert [problem["code"] for problem in row["problems"]] == ["size"]
    assert "SOURCE_DATE_EPOCH" not in os.environ
    assert os.environ["TRIALBRIDGE_MAX_BYTES"] == "1000000"


def test_without_pyspark_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # What of it is loaded already would be found without it.
    for name in [name for name in sys.modules if name.startswith("pyspark.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(trialbridge.MissingExtra) as error:
        trialbridge.spark.converted(None, "fhir-r5")  # type: ignore[arg-type]
    assert str(error.value) == (
        "pyspark, which converts on a cluster, is not installed: pip install 'trialbridge[spark]'"
    )


def test_to_have_the_module_does_not_load_pyspark() -> None:
    import subprocess

    script = "import sys, trialbridge; trialbridge.spark.converted; print('pyspark' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert told.stdout.strip() == b"False"
