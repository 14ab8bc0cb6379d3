"""The registry's records that tests run over, from the folder that TRIALBRIDGE_CORPUS names."""

import os
from functools import cache
from pathlib import Path

import pytest

VARIABLE = "TRIALBRIDGE_CORPUS"
# Tests that take long run over some of the records unless this is set.
ALL = os.environ.get("TRIALBRIDGE_CORPUS_ALL") == "1"
_ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path:
    """Give the corpus folder: TRIALBRIDGE_CORPUS, else `../shared/corpus` beside the repository."""
    return Path(os.environ.get(VARIABLE) or _ROOT.parent / "shared" / "corpus")


def file(name: str) -> Path:
    """Give a file of the corpus; skip the test if it is absent."""
    path = folder() / name
    if not path.is_file():
        pytest.skip(f"no corpus: {path} is absent (set {VARIABLE} to the corpus folder)")
    return path


def records() -> list[bytes]:
    """Give the records of `ctgov-v2.jsonl`, each one JSON text; skip the test if it is absent."""
    return _lines(file("ctgov-v2.jsonl"))


@cache
def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()
