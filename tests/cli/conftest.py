"""The folder in which commands are tried."""

import json
from pathlib import Path

import pytest
from cli_record import PAGE, RECORD


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with one record as JSON and one as text."""
    monkeypatch.chdir(tmp_path)
    Path("record.json").write_text(json.dumps(RECORD))
    Path("page.txt").write_text(PAGE)
    return tmp_path
