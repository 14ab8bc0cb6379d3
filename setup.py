"""All of the project is in pyproject.toml; this compiles a few modules where that is asked for.

    TRIALBRIDGE_COMPILE=1 pip install .

Cython is wanted then, and a C compiler; without the variable nothing of it has any effect.
"""

import os
import runpy
from contextlib import suppress

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import SetupError

CYTHON = "cython>=3.1,<4"
FLAGS = [] if os.name == "nt" else ["-g0"]
FOLDERS = {"mappings": "mappings", "schemas": "schemas"}


def source_of(module: str) -> str:
    """Give the source of a module: `mappings/names.py` of `trialbridge.mappings.names`."""
    steps = module.split(".")[1:]
    return "/".join([FOLDERS.get(steps[0], f"converters/{steps[0]}"), *steps[1:]]) + ".py"


class Compile(build_ext):
    """Makes C of the sources first, which stay in the wheel."""

    def finalize_options(self) -> None:
        # Not there yet where a front end asks what has to be there.
        with suppress(ImportError):
            from Cython.Build import cythonize

            self.distribution.ext_modules = cythonize(
                self.distribution.ext_modules,
                build_dir="build/c",
                language_level=3,
                # Annotations say what is, and are never asked for.
                compiler_directives={"annotation_typing": False},
            )
        super().finalize_options()

    def run(self) -> None:
        if self.editable_mode:
            raise SetupError("TRIALBRIDGE_COMPILE: an editable installation would run old sources")
        super().run()


if os.environ.get("TRIALBRIDGE_COMPILE") == "1":
    modules = runpy.run_path("converters/ahead.py")["MODULES"]
    setup(
        setup_requires=[CYTHON],
        ext_modules=[
            Extension(module, [source_of(module)], extra_compile_args=FLAGS) for module in modules
        ],
        cmdclass={"build_ext": Compile},
    )
else:
    setup()
