"""Modules that a wheel may have compiled: which run, and how their sources run instead.

That the compiled ones do the same is tested by `.ci/run`, which builds such a wheel.
"""

import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import pytest

import trialbridge
from trialbridge.ahead import MODULES, compiled_modules

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("module", MODULES)
def test_the_source_of_a_module_is_there_whatever_form_runs(module: str) -> None:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).with_name(f"{module.rpartition('.')[2]}.py")
    assert source.is_file()


def package(folder: Path) -> None:
    """A copy of the package's ways with one module of the list, and a wrong one beside it."""
    (folder / "trialbridge" / "schemas" / "fhir").mkdir(parents=True)
    for name in ("__init__.py", "ahead.py"):
        (folder / "trialbridge" / name).write_text((ROOT / "converters" / name).read_text())
    for place in ("schemas", "schemas/fhir"):
        (folder / "trialbridge" / place / "__init__.py").touch()
    clean = folder / "trialbridge" / "schemas" / "fhir" / "clean"
    clean.with_suffix(".py").write_text("form = 'source'\n")
    clean.with_suffix(EXTENSION_SUFFIXES[0]).write_bytes(b"no library")


def run(folder: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "TRIALBRIDGE_PURE"}
    return subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
    )


def test_the_source_runs_where_it_is_asked_for(tmp_path: Path) -> None:
    package(tmp_path)
    ask = "import trialbridge.schemas.fhir.clean as clean; print(clean.form)"
    assert "ImportError" in run(tmp_path, ask).stderr
    done = run(tmp_path, ask, TRIALBRIDGE_PURE="1")
    assert (done.stdout, done.stderr) == ("source\n", "")


def test_what_is_compiled_is_told(tmp_path: Path) -> None:
    package(tmp_path)
    # The other modules of the list are not there.
    ask = (
        "import trialbridge, trialbridge.ahead as ahead\n"
        "ahead.MODULES = ('trialbridge.schemas.fhir.clean',)\n"
        "print(trialbridge.compiled_modules())"
    )
    assert run(tmp_path, ask).stdout == "('trialbridge.schemas.fhir.clean',)\n"
    assert run(tmp_path, ask, TRIALBRIDGE_PURE="1").stdout == "()\n"


def test_nothing_is_compiled_where_no_form_but_the_source_is_there() -> None:
    assert trialbridge.compiled_modules is compiled_modules
    forms = {name: str(getattr(find_spec(name), "origin", "")) for name in MODULES}
    told = [name for name, origin in forms.items() if not origin.endswith(".py")]
    assert list(compiled_modules()) == told
