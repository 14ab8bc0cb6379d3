"""A folder holds no more than a dozen files, and a file of Python no more than 700 lines."""

import subprocess
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_FILES, MOST_LINES = 12, 700

# What is more, and why it is one.
FOLDERS = {
    "examples": "a record in each format, side by side: the README leads here",
}
FILES = {
    "schemas/trial.py": "the model: one struct below another, as the registry's data structure is",
}


def _files() -> list[PurePosixPath]:
    """What belongs to the project: what git knows, or in a copy without git what is there."""
    if not (ROOT / ".git").exists():
        pytest.skip("a copy without git has files that are made, too")
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [PurePosixPath(name) for name in listed.stdout.split("\0") if name]
    return [path for path in paths if (ROOT / path).is_file()]


def test_no_folder_is_a_pile() -> None:
    counts = Counter(path.parent.as_posix() for path in _files())
    piles = {folder for folder, count in counts.items() if count > MOST_FILES}
    assert piles == set(FOLDERS)


def test_no_file_has_two_subjects() -> None:
    long = {
        path.as_posix()
        for path in _files()
        if path.suffix == ".py" and len((ROOT / path).read_text().splitlines()) > MOST_LINES
    }
    assert long == set(FILES)
