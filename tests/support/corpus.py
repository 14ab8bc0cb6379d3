"""The registry's records that tests run over, from the folder that TRIALBRIDGE_CORPUS names."""

import json
import os
import re
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


def files(pattern: str) -> list[Path]:
    """Give the files of the corpus that `odm-2.0/*.xml` or its like fits; skip if none does."""
    paths = sorted(folder().glob(pattern))
    if not paths:
        pytest.skip(f"no corpus: {folder()} has no {pattern} (set {VARIABLE} to the corpus folder)")
    return paths


def beside(name: str) -> Path:
    """Give a file beside the corpus, such as `reference/...`; skip the test if it is absent."""
    path = folder().parent / name
    if not path.is_file():
        pytest.skip(f"nothing beside the corpus: {path} is absent")
    return path


def named(variable: str, what: str) -> str:
    """Give what an environment variable names, a folder or a file of others; else skip the test."""
    found = os.environ.get(variable)
    if not found:
        pytest.skip(f"{variable} does not name {what}")
    return found


def records() -> list[bytes]:
    """Give the records of `ctgov-v2.jsonl`, each one JSON text; skip the test if it is absent."""
    return _lines(file("ctgov-v2.jsonl"))


def some_records(every: int = 10) -> list[bytes]:
    """All records, or one of so many."""
    return records()[:: 1 if ALL else every]


@cache
def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def is_serialised(text: str) -> bool:
    """Whether a string holds an object or a list of JSON, or XML, or base64 of some length."""
    stripped = text.strip()
    if stripped[:1] in ("{", "["):
        try:
            return isinstance(json.loads(stripped), dict | list)
        except ValueError:
            return False
    if re.fullmatch(r"[A-Za-z0-9+/=]{400,}", stripped):
        return True
    return stripped.startswith(("<?xml", "<trial", "%PDF"))
