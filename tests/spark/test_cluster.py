"""The conversion on a Spark cluster of this machine: two executors, each a process of its own.

It needs the extra `spark` and a Java; `.ci/run` has both. Functions that executors run are inside
others: by their module, which executors do not have, they would not be found.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import corpus
import pytest

import trialbridge

pyspark = pytest.importorskip("pyspark", reason="pyspark is absent: pip install '.[spark]'")
pytestmark = pytest.mark.skipif(
    not shutil.which("java") or sys.platform != "linux", reason="no Java, or no /proc"
)

RECORDS = 60
FILES = 12


def study(number: int) -> bytes:
    names = {"nctId": f"NCT{number:08d}", "briefTitle": f"Tea {number}"}
    return json.dumps({"protocolSection": {"identificationModule": names}}).encode()


def sources() -> list[bytes]:
    """Records of the corpus, or invented ones, with a broken one and a page of two."""
    many = [study(number) for number in range(RECORDS)]
    if (corpus.folder() / "ctgov-v2.jsonl").is_file():
        whole = corpus.records()
        many = whole[:: len(whole) // RECORDS][:RECORDS]
    page = b'{"studies": [' + study(90000001) + b", " + study(90000002) + b"]}"
    return [*many, b'{"protocolSection": {', page]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    # The executors' folder is made in SPARK_HOME, which is to stay as it is.
    home = tmp_path_factory.mktemp("spark")
    for entry in Path(pyspark.__file__).parent.iterdir():
        (home / entry.name).symlink_to(entry)
    set_here = pytest.MonkeyPatch()
    set_here.setenv("SPARK_HOME", str(home))
    set_here.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    set_here.setenv("PYSPARK_PYTHON", sys.executable)
    set_here.setenv("SOURCE_DATE_EPOCH", "1700000000")
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("trialbridge")
    session = (
        builder.config("spark.ui.enabled", "false")
        .config("spark.sql.files.minPartitionNum", str(FILES))
        .config("spark.sql.warehouse.dir", str(home / "warehouse"))
        .getOrCreate()
    )
    yield session
    session.stop()
    set_here.undo()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of NDJSON, in as many files as there shall be tasks."""
    made = tmp_path_factory.mktemp("ndjson")
    for number in range(FILES):
        (made / f"{number:02d}.ndjson").write_bytes(b"\n".join(sources()[number::FILES]) + b"\n")
    return made


def told(row: Any) -> tuple[Any, ...]:
    problems = tuple((one.severity, one.path, one.code, one.message) for one in row.problems)
    return row.id or "", row.format or "", bytes(row.data or b""), problems


def of_one_machine(to: str) -> list[tuple[Any, ...]]:
    made = trialbridge.conversions(sources(), to)
    rows = [
        (
            one.id or "",
            one.format or "",
            one.data or b"",
            tuple((told.severity, told.path, told.code, told.message) for told in one.problems),
        )
        for one in made
    ]
    assert len(rows) == RECORDS + 3
    return sorted(rows)


@pytest.mark.parametrize("to", ["fhir-r5", "odm-2.0"])
def test_the_cluster_gives_what_one_machine_gives(cluster: Any, folder: Path, to: str) -> None:
    rows = trialbridge.spark.converted(cluster.read.text(str(folder)), to).collect()
    assert sorted(map(told, rows)) == of_one_machine(to)


def executors(session: Any) -> list[int]:
    """The processes of the executors of a session."""
    ours = session.sparkContext.applicationId.encode()
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            # It may have ended by now.
            with contextlib.suppress(OSError):
                words = (process / "cmdline").read_bytes().split(b"\0")
                if b"--executor-id" in words and ours in words:
                    found.append(int(process.name))
    return found


def test_an_executor_is_killed_and_nothing_is_lost_and_nothing_is_there_twice(
    cluster: Any, folder: Path, tmp_path: Path
) -> None:
    def slowly(batches: Any) -> Any:
        import time

        for batch in batches:
            time.sleep(0.1 * batch.num_rows)
            yield batch

    frame = cluster.read.text(str(folder)).mapInArrow(slowly, "value string")
    out = str(tmp_path / "out")
    written = trialbridge.spark.converted(frame, "fhir-r5").write
    work = threading.Thread(target=written.parquet, args=(out,))
    tracker = cluster.sparkContext.statusTracker()
    work.start()
    stage = None
    while work.is_alive():
        for number in tracker.getActiveStageIds():
            info = tracker.getStageInfo(number)
            if info and info.numTasks >= FILES // 2 and info.numCompletedTasks >= 2:
                stage = number
        if stage is not None:
            break
        time.sleep(0.05)
    assert stage is not None, "the work was done before anything could be killed"
    info = tracker.getStageInfo(stage)
    assert info.numCompletedTasks < info.numTasks
    killed = executors(cluster)[0]
    os.kill(killed, signal.SIGKILL)
    work.join(120)
    assert not work.is_alive()
    assert killed not in executors(cluster)
    # A task was under way there, and was done again.
    assert tracker.getStageInfo(stage).numFailedTasks >= 1
    rows = cluster.read.parquet(out).collect()
    assert sorted(map(told, rows)) == of_one_machine("fhir-r5")


def test_files_are_read_with_their_names_archives_too(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_bytes(study(1))
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.json", study(2))
        archive.writestr("b.json", study(3))
    files = cluster.read.format("binaryFile").load(str(tmp_path))
    made = trialbridge.spark.converted(
        files, "trial", column="content", name="path", keep=["length"]
    )
    rows = sorted(made.collect(), key=lambda row: row.name)
    assert made.columns == ["length", "name", "id", "format", "data", "problems"]
    assert [(row.name.rpartition("/")[2], row.id) for row in rows] == [
        ("one.json", "NCT00000001"),
        ("two.zip!a.json", "NCT00000002"),
        ("two.zip!b.json", "NCT00000003"),
    ]
    assert [row.length for row in rows] == [
        (tmp_path / name).stat().st_size for name in ("one.json", "two.zip", "two.zip")
    ]


def test_wrong_arguments_are_told_before_any_work(cluster: Any) -> None:
    frame = cluster.createDataFrame([(b"{}", 1)], "value binary, `data` int")
    with pytest.raises(ValueError, match="no column 'record': the frame has value, data"):
        trialbridge.spark.converted(frame, "fhir-r5", column="record")
    with pytest.raises(ValueError, match="the column 'data' is int; binary or string would do"):
        trialbridge.spark.converted(frame, "fhir-r5", column="data")
    with pytest.raises(ValueError, match="the column 'data' cannot be kept"):
        trialbridge.spark.converted(frame, "fhir-r5", keep=["data"])
    with pytest.raises(trialbridge.UnknownFormat, match="did you mean fhir-r5"):
        trialbridge.spark.converted(frame, "fhir-r55")
    with pytest.raises(trialbridge.UnknownOption):
        trialbridge.spark.converted(frame, "fhir-r5", options={"nothing": 1})
