"""Convert clinical-trial records between formats, and back, with nothing lost.

>>> import trialbridge
>>> bundle = trialbridge.convert("record.txt", "fhir-r5")  # doctest: +SKIP

A source is a path (str or os.PathLike), or the content itself: bytes, a file open for bytes, or the
object of parsed JSON. Names are loaded at first use: the import alone is cheap.
"""

from os import environ as _environ
from typing import TYPE_CHECKING

if _environ.get("TRIALBRIDGE_PURE"):
    from trialbridge.ahead import take_sources as _take_sources

    _take_sources()

if TYPE_CHECKING:
    from trialbridge import model as model
    from trialbridge import spark as spark
    from trialbridge.ahead import compiled_modules as compiled_modules
    from trialbridge.api import Source as Source
    from trialbridge.api import convert as convert
    from trialbridge.api import coverage as coverage
    from trialbridge.api import fidelity as fidelity
    from trialbridge.api import read as read
    from trialbridge.api import recognise as recognise
    from trialbridge.api import roundtrip as roundtrip
    from trialbridge.api import validate as validate
    from trialbridge.api import version
    from trialbridge.api import write as write
    from trialbridge.comparison import diff as diff
    from trialbridge.extras import MissingExtra as MissingExtra
    from trialbridge.fhir_objects import from_fhir_resources as from_fhir_resources
    from trialbridge.fhir_objects import to_fhir_resources as to_fhir_resources
    from trialbridge.formats import FORMATS as FORMATS
    from trialbridge.formats import Format as Format
    from trialbridge.formats import UnknownFormat as UnknownFormat
    from trialbridge.formats.options import Option as Option
    from trialbridge.formats.options import UnknownOption as UnknownOption
    from trialbridge.homes import Fidelity as Fidelity
    from trialbridge.io.web import ServerError as ServerError
    from trialbridge.many.conversion import Conversion as Conversion
    from trialbridge.many.conversion import conversions as conversions
    from trialbridge.many.frames import rows as rows
    from trialbridge.many.run import Summary as Summary
    from trialbridge.many.run import convert_many as convert_many
    from trialbridge.mappings.coverage import CoverageRow as CoverageRow
    from trialbridge.mappings.coverage import Home as Home
    from trialbridge.mappings.pictures.design import draw as draw
    from trialbridge.registry.fetching import Changed as Changed
    from trialbridge.registry.fetching import fetch as fetch
    from trialbridge.schemas.problem import Invalid as Invalid
    from trialbridge.schemas.problem import Problem as Problem
    from trialbridge.schemas.problem import ProblemError as ProblemError
    from trialbridge.schemas.problem import ReadError as ReadError
    from trialbridge.schemas.syntax.pointer import Difference as Difference
    from trialbridge.schemas.trial import Trial as Trial
    from trialbridge.server.pulling import pull as pull
    from trialbridge.server.pushing import Delivery as Delivery
    from trialbridge.server.pushing import Pushed as Pushed
    from trialbridge.server.pushing import PushStopped as PushStopped
    from trialbridge.server.pushing import push as push
    from trialbridge.sources.reading import Record as Record
    from trialbridge.sources.reading import records as records

    __version__: str = version()

# A module here must not share a name with one of these: importing it would hide the function.
_HOMES = {
    "FORMATS": "trialbridge.formats",
    "Changed": "trialbridge.registry.fetching",
    "Conversion": "trialbridge.many.conversion",
    "CoverageRow": "trialbridge.mappings.coverage",
    "Delivery": "trialbridge.server.pushing",
    "Difference": "trialbridge.schemas.syntax.pointer",
    "Fidelity": "trialbridge.homes",
    "Format": "trialbridge.formats",
    "MissingExtra": "trialbridge.extras",
    "Option": "trialbridge.formats.options",
    "Home": "trialbridge.mappings.coverage",
    "Invalid": "trialbridge.schemas.problem",
    "Problem": "trialbridge.schemas.problem",
    "ProblemError": "trialbridge.schemas.problem",
    "PushStopped": "trialbridge.server.pushing",
    "Pushed": "trialbridge.server.pushing",
    "ReadError": "trialbridge.schemas.problem",
    "Record": "trialbridge.sources.reading",
    "ServerError": "trialbridge.io.web",
    "Source": "trialbridge.api",
    "Summary": "trialbridge.many.run",
    "Trial": "trialbridge.schemas.trial",
    "UnknownFormat": "trialbridge.formats",
    "UnknownOption": "trialbridge.formats.options",
    "compiled_modules": "trialbridge.ahead",
    "conversions": "trialbridge.many.conversion",
    "convert": "trialbridge.api",
    "convert_many": "trialbridge.many.run",
    "coverage": "trialbridge.api",
    "diff": "trialbridge.comparison",
    "draw": "trialbridge.mappings.pictures.design",
    "fetch": "trialbridge.registry.fetching",
    "fidelity": "trialbridge.api",
    "from_fhir_resources": "trialbridge.fhir_objects",
    "pull": "trialbridge.server.pulling",
    "push": "trialbridge.server.pushing",
    "read": "trialbridge.api",
    "recognise": "trialbridge.api",
    "records": "trialbridge.sources.reading",
    "roundtrip": "trialbridge.api",
    "rows": "trialbridge.many.frames",
    "to_fhir_resources": "trialbridge.fhir_objects",
    "validate": "trialbridge.api",
    "write": "trialbridge.api",
}

__all__ = [
    "FORMATS",
    "Changed",
    "Conversion",
    "CoverageRow",
    "Delivery",
    "Difference",
    "Fidelity",
    "Format",
    "Home",
    "Invalid",
    "MissingExtra",
    "Option",
    "Problem",
    "ProblemError",
    "PushStopped",
    "Pushed",
    "ReadError",
    "Record",
    "ServerError",
    "Source",
    "Summary",
    "Trial",
    "UnknownFormat",
    "UnknownOption",
    "__version__",
    "compiled_modules",
    "conversions",
    "convert",
    "convert_many",
    "coverage",
    "diff",
    "draw",
    "fetch",
    "fidelity",
    "from_fhir_resources",
    "model",
    "pull",
    "push",
    "read",
    "recognise",
    "records",
    "roundtrip",
    "rows",
    "spark",
    "to_fhir_resources",
    "validate",
    "write",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in ("model", "spark"):
            return import_module(f"trialbridge.{name}")
        if name == "__version__":
            return import_module("trialbridge.api").version()
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
