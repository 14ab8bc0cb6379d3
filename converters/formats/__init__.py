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
    below `homeless`). `advice` is a module whose `check` tells what is unusual, and never wrong,
    with a record that is read. A format without a converter is validated only.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    syntax: Literal["text", "json", "xml"]
    marks: tuple[str, ...]
    converter: str | None
    validator: str | None = None
    coverage: str | None = None
    homeless: tuple[str, ...] = ()
    advice: str | None = None

    def read(self, data: bytes) -> tuple[Trial, list[Problem]]:
        """Read bytes of this format, with warnings. Raises ReadError with every problem."""
        return self._converter().read(data)

    def write(self, trial: Trial) -> tuple[bytes, list[Problem]]:
        """Write a trial in this format, with warnings of what it has no place for."""
        return self._converter().write(trial)

    def check(self, data: bytes, *, thorough: bool = False, deep: bool = False) -> list[Problem]:
        """Check bytes against the format's official definitions, where it has any.

        `thorough` checks what takes its time too; `deep` asks independent implementations as well.
        """
        if self.validator is None:
            return []
        check: Callable[..., list[Problem]] = import_module(self.validator).check
        return check(data, thorough=thorough, deep=deep)

    def advise(self, data: bytes) -> list[Problem]:
        """Tell what is unusual with a record of this format."""
        if self.advice is None:
            return []
        check: Callable[[bytes], list[Problem]] = import_module(self.advice).check
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
        if self.converter is None:
            raise UnknownFormat(f"{self.name} is validated only; {_known(FORMATS)}")
        return cast(Converter, import_module(self.converter))


FORMATS: tuple[Format, ...] = (
    Format(
        name="text",
        aliases=(),
        title="text of a trial's page",
        syntax="text",
        marks=("NCT ID:", "Basic Information"),
        converter="trialbridge.formats.text",
        coverage="trialbridge.mappings.text.layout",
    ),
    Format(
        name="trial",
        aliases=(),
        title="trialbridge model JSON",
        syntax="json",
        marks=("trialbridge",),
        converter="trialbridge.formats.trial",
        advice="trialbridge.schemas.ctgov",
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
        converter="trialbridge.formats.ctgov",
        homeless=("/page/", "/registration/"),
        advice="trialbridge.schemas.ctgov",
    ),
    Format(
        name="fhir-r5",
        aliases=("fhir",),
        title="HL7 FHIR R5 Bundle, JSON",
        syntax="json",
        marks=("resourceType",),
        converter="trialbridge.formats.fhir",
        validator="trialbridge.schemas.fhir.r5",
        coverage="trialbridge.mappings.fhir.r5",
    ),
    Format(
        name="odm-2.0",
        aliases=("odm",),
        title="CDISC ODM-XML 2.0",
        syntax="xml",
        marks=("http://www.cdisc.org/ns/odm/v2.0",),
        converter="trialbridge.formats.odm",
        validator="trialbridge.schemas.odm.v2_0",
        coverage="trialbridge.mappings.odm.v2_0",
    ),
)

# Formats that documents are checked in, and records not yet converted.
VALIDATED: tuple[Format, ...] = (
    Format(
        name="fhir-r4b",
        aliases=(),
        title="HL7 FHIR R4B, JSON",
        syntax="json",
        marks=(),
        converter=None,
        validator="trialbridge.schemas.fhir.r4b",
    ),
    Format(
        name="fhir-r4",
        aliases=(),
        title="HL7 FHIR R4, JSON",
        syntax="json",
        marks=(),
        converter=None,
        validator="trialbridge.schemas.fhir.r4",
    ),
    Format(
        name="odm-1.3.2",
        aliases=(),
        title="CDISC ODM-XML 1.3.2",
        syntax="xml",
        marks=("http://www.cdisc.org/ns/odm/v1.3",),
        converter=None,
        validator="trialbridge.schemas.odm.v1_3_2",
    ),
)


class UnknownFormat(ValueError):
    """A name that no format has."""


def by_name(name: str, *, converted: bool = False) -> Format:
    """Find a format by name or alias; `converted`: one that records can be written in.

    Raises UnknownFormat, which lists the known names.
    """
    for known in (*FORMATS, *VALIDATED):
        if name == known.name or name in known.aliases:
            if converted and known.converter is None:
                raise UnknownFormat(f"{name} is validated only; {_known(FORMATS)}")
            return known
    raise UnknownFormat(
        f"unknown format {name!r}; {_known(FORMATS if converted else (*FORMATS, *VALIDATED))}"
    )


def names(formats: tuple[Format, ...] = FORMATS) -> str:
    """List the names of formats for a message, aliases in brackets."""
    return ", ".join(
        f"{known.name} ({', '.join(known.aliases)})" if known.aliases else known.name
        for known in formats
    )


def _known(formats: tuple[Format, ...]) -> str:
    return f"known are {names(formats)}"
