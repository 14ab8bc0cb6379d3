"""How fast a Spark cluster of this machine converts, and what that makes of a whole registry.

    python bench/spark.py CORPUS/ctgov-v2.jsonl    # 300 records, one executor of one core
    python bench/spark.py CORPUS/ctgov-v2.jsonl --executors 2 --records 1000

It needs the extra `spark` and a Java. One run measures, beside each other: one process without
Spark; the time until the cluster is there; the first pass, in which the executors load all; and the
passes after it, of which the fastest counts. What a registry costs is then the model

    seconds = start + records / (rate * cores)

where `rate` is records a second and core in the fastest pass, and `start` the cluster's start and
what the first pass took longer. It leaves out what reading and writing the store takes, and that
machines differ. It tells and never fails. Where other work takes the machine, the processor's own
time says what one process would do alone.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

import trialbridge

REGISTRY = 580_000
CLUSTERS = {
    "one laptop, 8 cores": 8,
    "10 executors of 4 cores": 40,
    "100 executors of 4 cores": 400,
}


def seconds(work: Callable[[], object]) -> float:
    """The time that work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def session(executors: int, home: Path) -> SparkSession:
    """Start a cluster, each executor a process with one core; its folders are below `home`."""
    for entry in Path(pyspark.__file__).parent.iterdir():
        (home / entry.name).symlink_to(entry)
    os.environ |= {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    os.environ["PYSPARK_PYTHON"] = sys.executable
    made = SparkSession.builder.master(f"local-cluster[{executors},1,1024]")
    made = made.config("spark.ui.enabled", "false")
    # A batch of Spark's 10,000 rows would be 330 MB of records.
    return made.config("spark.sql.execution.arrow.maxRecordsPerBatch", "100").getOrCreate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="NDJSON, a record a line")
    parser.add_argument("--to", default="fhir-r5")
    parser.add_argument("--records", type=int, default=300)
    parser.add_argument("--executors", type=int, default=1)
    parser.add_argument("--passes", type=int, default=3)
    asked = parser.parse_args()
    whole = Path(asked.source).read_bytes().splitlines()
    records = whole[:: max(1, len(whole) // asked.records)][: asked.records]

    def alone() -> None:
        for _ in trialbridge.conversions(records, asked.to):
            pass

    alone()
    plain = min(seconds(alone) for _ in range(asked.passes))
    begun = time.process_time()
    alone()
    processor = time.process_time() - begun
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        spark = session(asked.executors, Path(folder))
        parts = 4 * asked.executors
        rows = spark.sparkContext.parallelize([(bytearray(one),) for one in records], parts)
        frame = spark.createDataFrame(rows, "value binary").cache()
        assert frame.count() == len(records)
        start = time.perf_counter() - begun

        def cluster() -> None:
            made = trialbridge.spark.converted(frame, asked.to)
            made.write.format("noop").mode("overwrite").save()

        first = seconds(cluster)
        passes = [seconds(cluster) for _ in range(asked.passes)]
        spark.stop()
    best = min(passes)
    rate = len(records) / best / asked.executors
    print(f"{len(records)} records to {asked.to}, checked, pyspark {pyspark.__version__}")
    print(
        f"one process without Spark: {len(records) / plain:.0f} records a second, "
        f"{len(records) / processor:.0f} a second of the processor's own time"
    )
    print(f"Spark, {asked.executors} executors of one core: {rate:.0f} a second and core")
    print(f"the cluster there after {start:.1f} s; first pass {first:.1f} s, fastest {best:.1f} s")
    for name, cores in CLUSTERS.items():
        minutes = (start + max(first - best, 0) + REGISTRY / rate / cores) / 60
        hours = REGISTRY / rate / 3600
        print(f"{REGISTRY:,} on {name}: {minutes:.1f} minutes ({hours:.1f} core hours)")


if __name__ == "__main__":
    main()
