"""What the scripts of `bench/` measure, for tests that hold it."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

_BENCH = Path(__file__).resolve().parents[2] / "bench"


@cache
def bench(name: str) -> ModuleType:
    """Give a script such as `fidelity/homes` as a module."""
    path = _BENCH / f"{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Types of structs are looked up by the names of their modules.
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
