"""Lists of conditions and keywords out of downloads of the registry, for build_terms.py.

    python bench/terms/term_lists.py FOLDER... --out LISTS.jsonl.gz [--known FILE]

A FOLDER is a checkout of a public repository, or any export: each record of ClinicalTrials.gov that
`trialbridge.records` finds in it (JSON of today or classic, legacy XML, the site's CSV) gives its
lists, and title, summary, arms and interventions as evidence. A download without a column of
keywords says conditions alone: its keywords are null, which is not none. Of a trial that several
have, the one that says its keywords counts. Trials of --known (lists or records) are left out.
Prints how many each folder gave.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from term_sources import read

import trialbridge

_FORMATS = {"ctgov", "ctgov-v1", "ctgov-xml", "ctgov-csv"}


def found(folder: Path) -> Iterator[dict[str, Any]]:
    """Give the lists of each record of the registry, as term_sources.py reads them."""
    for record in trialbridge.records(folder):
        if record.trial is None or record.format not in _FORMATS:
            continue
        tree = json.loads(trialbridge.write(record.trial, "ctgov")).get("protocolSection", {})
        module = tree.get("conditionsModule", {})
        nct_id = tree.get("identificationModule", {}).get("nctId")
        if not nct_id or not module.get("conditions"):
            continue
        arms = tree.get("armsInterventionsModule", {})
        yield {
            "nctId": nct_id,
            "title": tree["identificationModule"].get("briefTitle", ""),
            "conditions": module["conditions"],
            "keywords": module.get("keywords", None if record.format == "ctgov-csv" else []),
            "interventions": [one.get("name", "") for one in arms.get("interventions", ())],
            "arms": [one.get("label", "") for one in arms.get("armGroups", ())],
            "summary": tree.get("descriptionModule", {}).get("briefSummary", ""),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--known", action="append", type=Path, default=[])
    given = parser.parse_args()
    known = {trial.nct_id for source in given.known for trial in read(source)}
    lists: dict[str, dict[str, Any]] = {}
    for folder in given.folders:
        before = len(lists)
        for one in found(folder):
            old = lists.get(one["nctId"])
            if one["nctId"] not in known and (old is None or old["keywords"] is None):
                lists[one["nctId"]] = one
        print(f"{folder.name}\t{len(lists) - before}", flush=True)
    lines = "".join(json.dumps(lists[nct_id]) + "\n" for nct_id in sorted(lists))
    given.out.write_bytes(gzip.compress(lines.encode(), 9, mtime=0))
    told = sum(one["keywords"] is not None for one in lists.values())
    print(f"{given.out}: {len(lists)} trials, {told} with their keywords said")


if __name__ == "__main__":
    main()
