"""The formats: one row each. A new format is its module, its row here, and its tests.

What is recognised and has no row yet is in `trialbridge.formats.unread`.

A row names the modules that do the work and loads them at first use, so that listing the formats
costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from trialbridge.formats.options import Option, settled

if TYPE_CHECKING:
    from trialbridge.mappings.coverage import CoverageRow, Home
    from trialbridge.schemas.problem import Problem
    from trialbridge.schemas.trial import Trial


Use = Literal["read", "written", "checked"]
"""What a format is wanted for."""

ENDINGS: Final = {"json": ".json", "xml": ".xml", "text": ".txt", "csv": ".csv"}
"""What the name of a file of a syntax ends with."""

_FHIR = "trialbridge.schemas.fhir.versions"
_FHIR_XML = "trialbridge.schemas.fhir.xml_checks"


class Format(NamedTuple):
    """One format: how it is called, how it is recognised, which modules read, write and check it.

    `reader` is the module of `read`, `writer` that of `write`, `validator` that of `check`; each
    may be None, and then `instead` says what to do. `options` are those of the writer. In its
    module,

        def read(data: bytes) -> tuple[Trial, list[Problem]]
        def write(trial: Trial, *, an_option: str = "its default") -> tuple[bytes, list[Problem]]

    `marks` tell the format by content: top-level keys of a JSON object, patterns of a whole line of
    text, of a table's first line, or namespaces of the root of an XML document (its name, where it
    has none). Where several formats share them, `told_by` is the module whose `told` takes the
    bytes and gives the `edition` of one of them. `form_of` is the name of the
    format that this is in another syntax: it is written where it is named.

    `coverage` is the module whose `coverage` lists where each leaf goes (None: every leaf has its
    own name there, except those below `homeless`). `advice` is a module whose `check` tells what is
    unusual, and never wrong, with a record that is read. `beyond` is the module that knows what its
    documents say beyond a record, which formats of the same module alone take. `ended`: nobody
    publishes in it any more, so that it is written where it is asked for by name, and no ending of
    a file stands for it.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    syntax: Literal["text", "json", "xml", "csv"]
    marks: tuple[str, ...]
    reader: str | None = None
    writer: str | None = None
    validator: str | None = None
    coverage: str | None = None
    homeless: tuple[str, ...] = ()
    advice: str | None = None
    beyond: str | None = None
    options: tuple[Option, ...] = ()
    told_by: str | None = None
    edition: str = ""
    form_of: str = ""
    instead: str = ""
    ended: bool = False

    @property
    def ending(self) -> str:
        """What the name of a file of this format ends with."""
        return ENDINGS[self.syntax]

    @property
    def uses(self) -> str:
        """Say what can be done with it: `read, written, checked` (by its definitions)."""
        return ", ".join(
            word
            for word, module in (
                ("read", self.reader),
                ("written", self.writer),
                ("checked", self.validator),
            )
            if module
        )

    def keeps_beyond(self, source: Format) -> bool:
        """Tell if what a document of another format says beyond its record is written in this."""
        return self.name == "trial" or source.beyond in (None, self.beyond)

    def read(self, data: bytes, *, alone: bool = False) -> tuple[Trial, list[Problem]]:
        """Read bytes of this format, with warnings.

        A reader for which it is quicker has a `read_alone` in its module: the record `alone`,
        without warnings and without what the document says beyond it.

        Raises ReadError with every problem, and UnknownFormat if it is not read.
        """
        if self.reader is None:
            raise self._not("read")
        module = import_module(self.reader)
        if alone and hasattr(module, "read_alone"):
            return module.read_alone(data), []
        read: Callable[[bytes], tuple[Trial, list[Problem]]] = module.read
        return read(data)

    def write(
        self, trial: Trial, options: Mapping[str, object] | None = None, *, told: bool = True
    ) -> tuple[bytes, list[Problem]]:
        """Write a trial in this format, with warnings of what it has no place for.

        Where nobody is told (`told`), a writer whose warnings cost more than the writing leaves
        them away: its module has a `write_untold`.

        Raises UnknownOption for options that it does not have, and UnknownFormat if it is not
        written.
        """
        if self.writer is None:
            raise self._not("written")
        module = import_module(self.writer)
        chosen = settled(self.name, self.options, options or {})
        if not told and hasattr(module, "write_untold"):
            return module.write_untold(self._may_have(trial)[0], **chosen), []
        write: Callable[..., tuple[bytes, list[Problem]]] = module.write
        trial, left = self._may_have(trial)
        data, problems = write(trial, **chosen)
        return data, [*problems, *left]

    def write_checked(
        self, trial: Trial, options: Mapping[str, object] | None = None
    ) -> tuple[bytes, list[Problem]] | None:
        """Write a trial as `write` does, with the problems of what was written.

        None for a writer that does not check what it has in hands (its module has no
        `write_checked`): the bytes are to be checked.
        """
        if self.writer is None:
            raise self._not("written")
        module = import_module(self.writer)
        if not hasattr(module, "write_checked"):
            return None
        write: Callable[..., tuple[bytes, list[Problem]]] = module.write_checked
        trial, left = self._may_have(trial)
        data, problems = write(trial, **settled(self.name, self.options, options or {}))
        return data, [*problems, *left]

    def _may_have(self, trial: Trial) -> tuple[Trial, list[Problem]]:
        """Give a trial without what a document of another format alone may have said.

        The model's own form holds all but the data of subjects.
        """
        if not trial.unmapped:
            return trial, []
        from msgspec.structs import replace

        left: list[Problem] = []
        kept = trial.unmapped
        for module in dict.fromkeys(known.beyond for known in FORMATS):
            if module not in (None, self.beyond):
                kept, more = import_module(module).left_out(
                    kept, subjects_only=self.name == "trial"
                )
                left += more
        if kept == trial.unmapped:
            return trial, []
        return replace(trial, unmapped=kept or None), left

    def check(
        self,
        data: bytes,
        *,
        thorough: bool = False,
        deep: bool = False,
        budget: float | None = None,
    ) -> list[Problem]:
        """Check bytes against the format's official definitions, where it has any.

        `thorough` checks what takes its time too; `deep` asks independent implementations as well.
        `budget`: how many seconds invariants have, where the format has any (its module states a
        BUDGET).
        """
        if self.validator is None:
            return []
        module = import_module(self.validator)
        check: Callable[..., list[Problem]] = module.check
        if budget is not None and hasattr(module, "BUDGET"):
            return check(data, thorough=thorough, deep=deep, budget=budget)
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
        module = import_module(self.writer) if self.writer else None
        bare: Callable[[bytes], dict[Home, bytes]] = getattr(module, "bare", lambda data: {})
        return bare(data)

    def rows(self) -> list[CoverageRow]:
        """List where each leaf of the model goes in this format."""
        from trialbridge.mappings.coverage import CoverageRow, complete, leaves
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
        return complete(listed, Trial)

    def _not(self, use: Use) -> UnknownFormat:
        instead = f": {self.instead}" if self.instead and use == "read" else ""
        known = names(read_formats() if use == "read" else written_formats())
        return UnknownFormat(f"{self.name} is not {use}{instead}; {use} are {known}")


_BUNDLE = Option(
    "bundle",
    "choice",
    "collection",
    "Type of the Bundle; transaction and batch ask a server to put each resource at its id.",
    choices=("collection", "transaction", "batch"),
)
_BASE = Option(
    "base",
    "url",
    "",
    "Url of the server that the full urls of the resources begin with; without one they have ours.",
)
_NARRATIVE = Option(
    "narrative",
    "bool",
    False,
    "Give the study a text for people: status, arms, outcomes, criteria and sites as XHTML.",
)

_BEYOND_FHIR = "trialbridge.mappings.fhir.beyond"


def _fhir(edition: str, module: str, coverage: str, aliases: tuple[str, ...] = ()) -> Format:
    return Format(
        name=f"fhir-{edition}",
        aliases=aliases,
        title=f"HL7 FHIR {edition.upper()} Bundle, JSON",
        syntax="json",
        marks=("resourceType",),
        reader=module,
        writer=module,
        validator=f"trialbridge.schemas.fhir.{edition}",
        coverage=coverage,
        beyond=_BEYOND_FHIR,
        options=(_BUNDLE, _BASE, _NARRATIVE),
        told_by=_FHIR,
        edition=edition,
    )


def _fhir_xml(edition: str, coverage: str, aliases: tuple[str, ...] = ()) -> Format:
    module = f"trialbridge.formats.fhir_xml.{edition}"
    return Format(
        name=f"fhir-{edition}-xml",
        aliases=aliases,
        title=f"HL7 FHIR {edition.upper()} Bundle, XML",
        syntax="xml",
        marks=("http://hl7.org/fhir",),
        reader=module,
        writer=module,
        validator=module,
        coverage=coverage,
        beyond=_BEYOND_FHIR,
        options=(_BUNDLE, _BASE, _NARRATIVE),
        told_by=_FHIR_XML,
        edition=edition,
        form_of=f"fhir-{edition}",
    )


FORMATS: tuple[Format, ...] = (
    Format(
        name="text",
        aliases=(),
        title="text of a trial's page",
        syntax="text",
        marks=(r"NCT (?:ID|Number)\s*:\s*(?:NCT\d*)?", r"Basic Info(?:rmation)?"),
        reader="trialbridge.formats.text",
        writer="trialbridge.formats.text",
        coverage="trialbridge.mappings.text.layout",
    ),
    Format(
        name="trial",
        aliases=(),
        title="trialbridge model JSON",
        syntax="json",
        marks=("trialbridge",),
        reader="trialbridge.formats.trial",
        writer="trialbridge.formats.trial",
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
        reader="trialbridge.formats.ctgov",
        writer="trialbridge.formats.ctgov",
        homeless=("/page/", "/registration/"),
        advice="trialbridge.schemas.ctgov",
    ),
    Format(
        name="ctgov-v1",
        aliases=(),
        title="ClinicalTrials.gov classic API JSON",
        syntax="json",
        marks=("FullStudiesResponse", "Study", "ProtocolSection"),
        reader="trialbridge.formats.ctgov_v1",
    ),
    Format(
        name="ctgov-xml",
        aliases=(),
        title="ClinicalTrials.gov legacy XML",
        syntax="xml",
        marks=("clinical_study", "clinical_studies"),
        reader="trialbridge.formats.ctgov_xml",
        writer="trialbridge.formats.ctgov_xml",
        coverage="trialbridge.mappings.registries.ctgov_xml.document",
        ended=True,
    ),
    Format(
        name="ctgov-csv",
        aliases=(),
        title="ClinicalTrials.gov CSV download",
        syntax="csv",
        marks=(r"\ufeff?\"?(?:Rank\"?,\"?)?NCT Number\"?(?:,|\r?$)",),
        reader="trialbridge.formats.ctgov_csv",
        writer="trialbridge.formats.ctgov_csv",
        coverage="trialbridge.mappings.registries.ctgov_csv",
        options=(
            Option(
                "columns",
                "text",
                "",
                "Columns to write, with | between their names, and no others; all by default.",
                asks="trialbridge.formats.ctgov_csv:columns_of",
            ),
        ),
    ),
    _fhir("r5", "trialbridge.formats.fhir", "trialbridge.mappings.fhir.r5", ("fhir",)),
    Format(
        name="odm-2.0",
        aliases=("odm",),
        title="CDISC ODM-XML 2.0",
        syntax="xml",
        marks=("http://www.cdisc.org/ns/odm/v2.0",),
        reader="trialbridge.formats.odm",
        writer="trialbridge.formats.odm",
        validator="trialbridge.schemas.odm.v2_0",
        coverage="trialbridge.mappings.odm.v2_0",
        beyond="trialbridge.mappings.odm.beyond",
    ),
    _fhir("r4b", "trialbridge.formats.fhir_r4b", "trialbridge.formats.fhir_r4b"),
    _fhir("r4", "trialbridge.formats.fhir_r4", "trialbridge.formats.fhir_r4"),
    _fhir_xml("r5", "trialbridge.mappings.fhir.r5", ("fhir-xml",)),
    _fhir_xml("r4b", "trialbridge.formats.fhir_r4b"),
    _fhir_xml("r4", "trialbridge.formats.fhir_r4"),
    Format(
        name="fhir-r6",
        aliases=(),
        title="HL7 FHIR R6 (a ballot), JSON",
        syntax="json",
        marks=("resourceType",),
        reader="trialbridge.formats.fhir_r6",
        beyond=_BEYOND_FHIR,
        told_by=_FHIR,
        edition="r6",
    ),
    Format(
        name="odm-1.3.2",
        aliases=(),
        title="CDISC ODM-XML 1.3.2",
        syntax="xml",
        marks=("http://www.cdisc.org/ns/odm/v1.3",),
        validator="trialbridge.schemas.odm.v1_3_2",
        instead="records are read from ODM 2.0, so export that version",
    ),
)


class UnknownFormat(ValueError):
    """A name that no format has, or that of one that is not read or not written."""


def read_formats() -> tuple[Format, ...]:
    """The formats that records are read from."""
    return tuple(known for known in FORMATS if known.reader)


def written_formats() -> tuple[Format, ...]:
    """The formats that records are written in."""
    return tuple(known for known in FORMATS if known.writer)


def checked_formats() -> tuple[Format, ...]:
    """The formats that documents are checked in: by their definitions, or by reading them."""
    return tuple(known for known in FORMATS if known.validator or known.reader)


_FOR: dict[Use, Callable[[], tuple[Format, ...]]] = {
    "read": read_formats,
    "written": written_formats,
    "checked": checked_formats,
}


def by_name(name: str, use: Use | None = None) -> Format:
    """Find a format by name or alias, in upper or lower case; `use` is what it is wanted for.

    Raises UnknownFormat, which lists the names that would do.
    """
    from difflib import get_close_matches

    wanted = name.lower()
    fit = _FOR[use]() if use else FORMATS
    for known in FORMATS:
        if wanted == known.name or wanted in known.aliases:
            if known not in fit:
                raise known._not(use or "checked")
            return known
    spelt = [spelling for known in fit for spelling in (known.name, *known.aliases)]
    near = get_close_matches(wanted, spelt, 1, cutoff=0.7)
    meant = f", did you mean {near[0]}?" if near else ";"
    raise UnknownFormat(f"unknown format {name!r}{meant} known are {names(fit)}")


def names(formats: tuple[Format, ...]) -> str:
    """List the names of formats for a message, aliases in brackets."""
    return ", ".join(
        f"{known.name} ({', '.join(known.aliases)})" if known.aliases else known.name
        for known in formats
    )
