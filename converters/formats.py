"""The formats: one row each. A new format is its module, its row here, and its tests.

A row names the modules that do the work and loads them at first use, so that listing the formats
costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from trialbridge.mappings.coverage import CoverageRow, Home
    from trialbridge.schemas.problem import Problem
    from trialbridge.schemas.trial import Trial


class Converter(Protocol):
    """What the module of a format offers."""

    def read(self, data: bytes, /) -> tuple[Trial, list[Problem]]:
        """Read bytes as a trial, with warnings. Raises ReadError with every problem."""

    def write(self, trial: Trial, /) -> tuple[bytes, list[Problem]]:
        """Write a trial as bytes, with warnings of what the format has no place for."""


class Format(NamedTuple):
    """One format: how it is called, how it is recognised, which modules read, write and check it.

    `marks` tell the format by content: top-level keys of a JSON object, beginnings of a line of
    text, or namespaces of the root of an XML document. `converter` is the module of `read` and
    `write`, `validator` the module whose `check` takes the bytes, `coverage` the module whose
    `coverage` lists where each leaf goes (None: every leaf has its own name there, except those
    below `homeless`).
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    syntax: Literal["text", "json", "xml"]
    marks: tuple[str, ...]
    converter: str
    validator: str | None = None
    coverage: str | None = None
    homeless: tuple[str, ...] = ()

    def read(self, data: bytes) -> tuple[Trial, list[Problem]]:
        """Read bytes of this format, with warnings. Raises ReadError with every problem."""
        return self._converter().read(data)

    def write(self, trial: Trial) -> tuple[bytes, list[Problem]]:
        """Write a trial in this format, with warnings of what it has no place for."""
        return self._converter().write(trial)

    def check(self, data: bytes) -> list[Problem]:
        """Check bytes against the format's official definitions, where it has any."""
        if self.validator is None:
            return []
        check: Callable[[bytes], list[Problem]] = import_module(self.validator).check
        return check(data)

    def bare(self, data: bytes) -> dict[Home, bytes]:
        """Give a document without what is ours in it, and without what is not native in it.

        Empty where the format has nothing of the kind.
        """
        bare: Callable[[bytes], dict[Home, bytes]]
        bare = getattr(self._converter(), "bare", lambda data: {})
        return bare(data)

    def rows(self) -> list[CoverageRow]:
        """List where each leaf of the model goes in this format."""
        from trialbridge.mappings.coverage import CoverageRow, leaves
        from trialbridge.schemas.trial import Trial

        if self.coverage is not None:
            coverage: Callable[[], list[CoverageRow]] = import_module(self.coverage).coverage
            listed = coverage()
        else:
            listed = [
                CoverageRow(leaf, leaf, "native")
                for leaf in leaves(Trial)
                if not leaf.startswith(self.homeless)
            ]
        homes: dict[str, list[CoverageRow]] = {leaf: [] for leaf in leaves(Trial)}
        for row in listed:
            homes.setdefault(row.leaf, []).append(row)
        return [
            row
            for leaf, found in homes.items()
            for row in (found or [CoverageRow(leaf, "", "none")])
        ]

    def _converter(self) -> Converter:
        return cast(Converter, import_module(self.converter))


FORMATS: tuple[Format, ...] = (
    Format(
        name="text",
        aliases=(),
        title="text of a trial's page",
        syntax="text",
        marks=("NCT ID:", "Basic Information"),
        converter="trialbridge.text",
        coverage="trialbridge.mappings.text",
    ),
    Format(
        name="trial",
        aliases=(),
        title="trialbridge model JSON",
        syntax="json",
        marks=("trialbridge",),
        converter="trialbridge.trial",
    ),
    Format(
        name="ctgov",
        aliases=("ctgov-v2",),
        title="ClinicalTrials.gov API v2 JSON",
        syntax="json",
        marks=(
            "protocolSection",
            "resultsSection",
            "annotationSection",
            "documentSection",
            "derivedSection",
            "hasResults",
        ),
        converter="trialbridge.ctgov",
        homeless=("/page/",),
    ),
    Format(
        name="fhir-r5",
        aliases=("fhir",),
        title="HL7 FHIR R5 Bundle, JSON",
        syntax="json",
        marks=("resourceType",),
        converter="trialbridge.fhir",
        validator="trialbridge.schemas.fhir_r5",
        coverage="trialbridge.mappings.fhir_r5",
    ),
)


class UnknownFormat(ValueError):
    """A name that no format has."""


def by_name(name: str) -> Format:
    """Find a format by name or alias. Raises UnknownFormat, which lists the known names."""
    for known in FORMATS:
        if name == known.name or name in known.aliases:
            return known
    raise UnknownFormat(f"unknown format {name!r}; known are {names()}")


def names() -> str:
    """List the names of all formats for a message, aliases in brackets."""
    return ", ".join(
        f"{known.name} ({', '.join(known.aliases)})" if known.aliases else known.name
        for known in FORMATS
    )
