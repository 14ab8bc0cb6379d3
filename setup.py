"""All of the project is in pyproject.toml; this compiles a few modules where that is asked for.

    TRIALBRIDGE_COMPILE=1 pip install .

Cython is wanted then, and a C compiler; without the variable nothing of it has any effect.
"""

import os
import runpy
import tomllib
from contextlib import suppress
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import SetupError

CYTHON = "cython>=3.1,<4"
# Python's own flags ask for what a debugger wants, which is five sixths of what is compiled.
FLAGS = [] if os.name == "nt" else ["-g0"]


def source_of(module: str, folders: dict[str, str]) -> str:
    """Give the source of a module: `mappings/names.py` of `trialbridge.mappings.names`."""
    package = max((one for one in folders if module.startswith(f"{one}.")), key=len)
    return f"{folders[package]}/{module.removeprefix(f'{package}.').replace('.', '/')}.py"


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
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    folders = project["tool"]["setuptools"]["package-dir"]
    setup(
        setup_requires=[CYTHON],
        ext_modules=[
            Extension(module, [source_of(module, folders)], extra_compile_args=FLAGS)
            for module in modules
        ],
        cmdclass={"build_ext": Compile},
    )
else:
    setup()
