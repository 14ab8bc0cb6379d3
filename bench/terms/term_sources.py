"""Trials' lists of conditions and keywords, for build_terms.py and terms.py.

A source is a file of NDJSON (gzipped or not), of JSON, a zip archive of these, or a folder. A
record is ClinicalTrials.gov API v2 JSON, or has the keys nctId, title, summary, conditions,
keywords, interventions and arms.
"""

import gzip
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Tree = dict[str, Any]


class Lists(NamedTuple):
    nct_id: str
    conditions: list[str]
    keywords: list[str]
    tree: Tree
    whole: bool = True
    """Whether the source says the keywords, be they none."""

    @property
    def words(self) -> list[str]:
        return " ".join(self.conditions + self.keywords).split()


def apart(nct_id: str, part: int = 0) -> bool:
    """Whether a trial is in this fifth; the first is kept apart from training."""
    return hashlib.sha256(nct_id.encode()).digest()[0] % 5 == part


def checksum(path: Path) -> str:
    """The SHA-256 of a file, or of a folder's files with their names."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        if file.is_file():
            if file != path:
                digest.update(file.relative_to(path).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def read(path: Path) -> Iterator[Lists]:
    for name, data in _files(path):
        lines = data.splitlines() if ".jsonl" in name or ".ndjson" in name else [data]
        for line in lines:
            found = json.loads(line) if line.strip() else []
            for record in found if isinstance(found, list) else [found]:
                yield _lists(record)


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix in (".json", ".jsonl", ".ndjson", ".gz", ".zip"):
                yield from _files(file)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith((".json", ".jsonl", ".ndjson")):
                    yield name, archive.read(name)
    else:
        data = path.read_bytes()
        yield path.name, gzip.decompress(data) if path.suffix == ".gz" else data


def _lists(record: Tree) -> Lists:
    if "protocolSection" in record:
        protocol = record["protocolSection"]
        module = protocol.get("conditionsModule", {})
        nct_id = protocol["identificationModule"]["nctId"]
        return _made(nct_id, module.get("conditions", ()), module.get("keywords", ()), record)
    protocol = {
        "identificationModule": {"briefTitle": record["title"]},
        "descriptionModule": {"briefSummary": record.get("summary") or ""},
        "armsInterventionsModule": {
            "armGroups": [{"label": arm} for arm in record["arms"]],
            "interventions": [{"name": name} for name in record["interventions"]],
        },
    }
    tree = {"protocolSection": protocol}
    return _made(record["nctId"], record["conditions"], record["keywords"], tree)


def _made(nct_id: str, conditions: Any, keywords: Any, tree: Tree) -> Lists:
    lists = [[" ".join(term.split()) for term in terms] for terms in (conditions, keywords or ())]
    made = [[term for term in terms if term] for terms in lists]
    return Lists(nct_id, *made, tree, keywords is not None)
