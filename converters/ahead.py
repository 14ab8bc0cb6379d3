"""The modules that a wheel may have compiled ahead of time, beside their sources.

`TRIALBRIDGE_COMPILE=1 pip install .` compiles them by Cython (setup.py); no other wheel has any
compiled form. Where TRIALBRIDGE_PURE is set, the sources run nevertheless. What each module gives
is in docs/design/compiled.md; a module that gives under 3 % of what it works in has no place here.
"""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, SourceFileLoader
from importlib.util import find_spec, spec_from_file_location
from types import ModuleType
from typing import Final

# setup.py runs this file alone, before the package is there: it imports none of ours.
MODULES: Final = (
    "trialbridge.mappings.fhir.versions.down",
    "trialbridge.mappings.fhir.versions.up",
    "trialbridge.schemas.fhir.clean",
)


def compiled_modules() -> tuple[str, ...]:
    """Give the modules of which the compiled form runs, or would if they were imported.

    Empty in a pure installation, and where TRIALBRIDGE_PURE is set.
    """
    found = ((name, find_spec(name)) for name in MODULES)
    ending = tuple(EXTENSION_SUFFIXES)
    return tuple(name for name, spec in found if spec and (spec.origin or "").endswith(ending))


class _Sources(MetaPathFinder):
    """Finds the sources of modules, whatever stands beside them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in MODULES:
            return None
        for folder in path or ():
            source = os.path.join(folder, f"{fullname.rpartition('.')[2]}.py")
            if os.path.isfile(source):
                loader = SourceFileLoader(fullname, source)
                return spec_from_file_location(fullname, source, loader=loader)
        return None


def take_sources() -> None:
    """Have the modules that are imported from now on run from their sources."""
    sys.meta_path.insert(0, _Sources())
