"""The wheel holds what the tree holds, under one name."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = {
    "trialbridge": ROOT / "converters",
    "trialbridge/mappings": ROOT / "mappings",
    "trialbridge/schemas": ROOT / "schemas",
}
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
NEEDED = 77


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline from a copy of the tree: a `build` folder there would leak in."""
    try:
        installed = version("setuptools")
    except PackageNotFoundError:
        installed = "0"
    if int(installed.partition(".")[0]) < NEEDED:
        pytest.skip(f"setuptools is {installed}, the build needs {NEEDED}")
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for folder in FOLDERS.values():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(folder, tree / folder.name, ignore=ignored)
    subprocess.run(
        [sys.executable, "-c", BUILD, "dist"], cwd=tree, check=True, capture_output=True, text=True
    )
    (built,) = (tree / "dist").glob("*.whl")
    return built


def modules_and_data() -> set[str]:
    """Every file of the three folders, by its name in the wheel."""
    return {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in FOLDERS.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_every_file_of_the_three_folders_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    assert names == modules_and_data()


def test_the_wheel_installs_one_top_level_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        tops = {name.partition("/")[0] for name in file.namelist()}
        (info,) = (top for top in tops if top.endswith(".dist-info"))
        assert tops - {info} == {"trialbridge"}
        assert file.read(f"{info}/top_level.txt").split() == [b"trialbridge"]
        licence = file.read(f"{info}/licenses/LICENSE")
    assert licence == (ROOT / "LICENSE").read_bytes()


def test_the_wheel_is_imported_from_where_it_is_unpacked(wheel: Path, tmp_path: Path) -> None:
    """Every module of the wheel is importable, with the data beside it."""
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path)
    modules = sorted(
        name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for name in modules_and_data()
        if name.endswith(".py") and not name.endswith("__main__.py")
    )
    lines = f"""
import importlib, sys
sys.path.insert(0, {str(tmp_path)!r})
for name in {modules}:
    assert importlib.import_module(name).__file__.startswith({str(tmp_path)!r}), name
"""
    done = subprocess.run(
        [sys.executable, "-c", lines], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stderr == ""


def test_the_build_asks_for_the_setuptools_that_the_tests_ask_for() -> None:
    assert PROJECT["build-system"]["requires"] == [f"setuptools>={NEEDED}"]
    assert f"setuptools>={NEEDED}" in PROJECT["project"]["optional-dependencies"]["test"]


def test_the_commands_are_there() -> None:
    assert PROJECT["project"]["scripts"] == {
        "convert": "trialbridge.cli.start:convert",
        "trialbridge": "trialbridge.cli.start:main",
    }
