"""The page of other registers' formats is made from their tables."""

import runpy
from pathlib import Path

import pytest

from trialbridge.formats import by_name
from trialbridge.mappings.coverage import leaves
from trialbridge.schemas.trial import Trial

PAGE = runpy.run_path(
    str(Path(__file__).resolve().parents[2] / "docs" / "scripts" / "build_registers_page.py")
)
NAMES = [register.name for register in PAGE["REGISTERS"]]


def test_the_page_is_current() -> None:
    assert PAGE["main"](["--check"]) == 0


@pytest.mark.parametrize("name", NAMES)
def test_each_row_reads_leaves_of_the_model(name: str) -> None:
    known = set(leaves(Trial))
    rows = [row for row in by_name(name).rows() if row.home != "none"]
    assert len(rows) > 20
    assert [row.leaf for row in rows if row.leaf not in known] == []
