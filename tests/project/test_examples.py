"""Files that are made from others are current, and the examples are valid and come back."""

import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest

import trialbridge
from trialbridge.formats.sniff import recognise

ROOT = Path(__file__).resolve().parents[2]
RECORDS = sorted((ROOT / "examples").glob("*.txt"))
MADE = sorted(
    path
    for ending in ("*.json", "*.xml", "*.csv", "*.zip")
    for path in (ROOT / "examples").glob(ending)
)
SCRIPTS = [
    "docs/scripts/build_coverage_table.py",
    "docs/scripts/build_model_page.py",
    "docs/scripts/build_tables_page.py",
    "examples/regenerate.py",
]
ENDINGS = runpy.run_path(str(ROOT / "examples" / "regenerate.py"))["ENDINGS"].values()


def check(script: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    main = cast(Callable[[Sequence[str]], int], runpy.run_path(str(ROOT / script))["main"])
    return main(["--check"]), capsys.readouterr().err


@pytest.mark.parametrize(
    "script",
    SCRIPTS,
)
def test_made_files_are_current(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(script, capsys) == (0, "")


def test_each_example_is_there_in_each_format() -> None:
    assert RECORDS
    assert [path.name for path in MADE] == sorted(
        f"{record.stem}.{ending}" for record in RECORDS for ending in ENDINGS
    )


@pytest.mark.parametrize("path", [*RECORDS, *MADE], ids=lambda path: path.name)
def test_an_example_is_valid(path: Path) -> None:
    problems = trialbridge.validate(path)
    assert [str(problem) for problem in problems if problem.severity in ("fatal", "error")] == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
@pytest.mark.parametrize("via", ["trial", "fhir-r5", "odm-2.0", "odm-1.3.2"])
def test_an_example_comes_back(record: Path, via: str) -> None:
    assert trialbridge.roundtrip(record, via) == []


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_an_example_is_recognised_by_content(path: Path) -> None:
    name = path.stem.partition(".")[2]
    assert recognise(path.read_bytes()).name == name
    assert trialbridge.read(path) == trialbridge.read(path, format=name)


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_an_example_says_the_same_in_each_format(record: Path) -> None:
    whole = trialbridge.read(record)
    for ending in ("trial.json", "fhir-r5.json", "odm-2.0.xml"):
        assert trialbridge.read(record.with_name(f"{record.stem}.{ending}")) == whole
