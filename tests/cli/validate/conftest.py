"""The folder in which `validate` is tried."""

import json
from pathlib import Path

import pytest
from cli_record import RECORD
from cli_sources import ODD, WRONG


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a record that is right, one that is wrong, one with a warning."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    Path("right.json").write_text(json.dumps(RECORD))
    Path("wrong.json").write_text(WRONG)
    Path("odd.json").write_text(json.dumps(ODD))
    return tmp_path
