"""What a format is: how it is called and recognised, and which modules read, write and check it.

The modules are loaded at first use, so that listing the formats costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from trialbridge.formats.options import Option, settled

if TYPE_CHECKING:
    from trialbridge.mappings.coverage import CoverageRow, Home
    from trialbridge.mappings.record.planned import Planned
    from trialbridge.schemas.problem import Problem
    from trialbridge.schemas.trial import Trial


Use = Literal["read", "written", "checked"]
"""What a format is wanted for."""

ENDINGS: Final = {"json": ".json", "xml": ".xml", "text": ".txt", "csv": ".csv", "zip": ".zip"}
"""What the name of a file of a syntax ends with."""

_PLANNED: Final = "what it plans is written; else"


class UnknownFormat(ValueError):
    """A name that no format has, or that of one that is not read or not written."""


class Format(NamedTuple):
    """One format: how it is called, how it is recognised, which modules read, write and check it.

    `reader` is the module of `read`, `writer` that of `write`, `validator` that of `check`; each
    may be None, and then `instead` says what to do. `options` are those of the writer. In its
    module,

        def read(data: bytes) -> tuple[Trial, list[Problem]]
        def write(trial: Trial, *, an_option: str = "its default") -> tuple[bytes, list[Problem]]

    `marks` tell the format by content: top-level keys of a JSON object, patterns of a whole line of
    text, of a table's first line, or namespaces of the root of an XML document (its name, where it
    has none; `root/trials` is what a root of that plain name holds first). `forms` are those of
    other syntaxes that it is read in; `told_in` is the module whose `is_one` knows bytes of it that
    are no text. Where several formats share marks, `told_by` is the module whose `told` takes the
    bytes and gives the `edition` of one of them. `form_of` is the name of the format that this is
    in another syntax: it is written where it is named.

    `coverage` is the module whose `coverage` lists where each leaf goes (None: every leaf has its
    own name there, except those below `homeless`). `advice` is a module that tells what is unusual,
    and never wrong, with a record that is read: its `odd` takes the record, or its `check` the
    bytes. `beyond` is the module that knows what its documents say beyond a record, which formats
    of the same module alone take. `plans` is the module whose `planned` gives of that what a
    protocol plans, elements and visits: the other formats that have such a module take it too, as
    the keyword `planned` of their writers. `ended`: nobody publishes in it any more, or another
    version stands for its kind, or it is rather a form of many records, so that it is written where
    it is asked for by name, and no ending of a file stands for it.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    syntax: Literal["text", "json", "xml", "csv", "zip"]
    marks: tuple[str, ...]
    reader: str | None = None
    writer: str | None = None
    validator: str | None = None
    coverage: str | None = None
    homeless: tuple[str, ...] = ()
    advice: str | None = None
    beyond: str | None = None
    plans: str | None = None
    options: tuple[Option, ...] = ()
    told_by: str | None = None
    edition: str = ""
    form_of: str = ""
    instead: str = ""
    ended: bool = False
    forms: tuple[tuple[str, tuple[str, ...]], ...] = ()
    told_in: str | None = None

    def marks_in(self, syntax: str) -> tuple[str, ...]:
        """Give what tells the format in a syntax; nothing if it is not read in that."""
        if syntax == self.syntax:
            return self.marks
        return next((marks for form, marks in self.forms if form == syntax), ())

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
        has_plan = self.plans is not None and source.plans is not None
        return self.name == "trial" or has_plan or source.beyond in (None, self.beyond)

    def read(self, data: bytes, *, alone: bool = False) -> tuple[Trial, list[Problem]]:
        """Read bytes of this format, with warnings.

        A reader for which it is quicker has a `read_alone` in its module: the record `alone`,
        without warnings and without what the document says beyond it.

        Raises ReadError with every problem, and UnknownFormat if it is not read.
        """
        if self.reader is None:
            raise self.refused("read")
        module = import_module(self.reader)
        if alone and hasattr(module, "read_alone"):
            from trialbridge.schemas.trial import Trial

            trial = module.read_alone(data)
            # Why there is no record, only the reading of everything tells.
            if trial != Trial():
                return trial, []
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
            raise self.refused("written")
        module = import_module(self.writer)
        chosen = settled(self.name, self.options, options or {})
        trial, left, planned = self._may_have(trial)
        if not told and hasattr(module, "write_untold"):
            return module.write_untold(trial, **chosen, **planned), []
        write: Callable[..., tuple[bytes, list[Problem]]] = module.write
        data, problems = write(trial, **chosen, **planned)
        return data, [*problems, *left]

    def write_checked(
        self, trial: Trial, options: Mapping[str, object] | None = None
    ) -> tuple[bytes, list[Problem]] | None:
        """Write a trial as `write` does, with the problems of what was written.

        None for a writer that does not check what it has in hands (its module has no
        `write_checked`): the bytes are to be checked.
        """
        if self.writer is None:
            raise self.refused("written")
        module = import_module(self.writer)
        if not hasattr(module, "write_checked"):
            return None
        write: Callable[..., tuple[bytes, list[Problem]]] = module.write_checked
        trial, left, planned = self._may_have(trial)
        chosen = settled(self.name, self.options, options or {})
        data, problems = write(trial, **chosen, **planned)
        return data, [*problems, *left]

    def _may_have(self, trial: Trial) -> tuple[Trial, list[Problem], dict[str, Planned]]:
        """Give a trial without what a document of another format alone may have said.

        The model's own form holds all but the data of subjects. What the document plans is beside
        it, as the writer takes it.
        """
        if not trial.unmapped:
            return trial, [], {}
        from msgspec.structs import replace

        from trialbridge.formats import FORMATS

        left: list[Problem] = []
        planned: dict[str, Planned] = {}
        kept = trial.unmapped
        for module, plans in dict.fromkeys((known.beyond, known.plans) for known in FORMATS):
            if module in (None, self.beyond):
                continue
            rest, more = import_module(module).left_out(kept, subjects_only=self.name == "trial")
            if self.plans is not None and plans is not None and rest.keys() != kept.keys():
                found, more = _planned(plans, trial.unmapped, more)
                planned |= found
            kept = rest
            left += more
        if kept == trial.unmapped:
            return trial, [], {}
        return replace(trial, unmapped=kept or None), left, planned

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

    def advise(self, data: bytes, trial: Trial) -> list[Problem]:
        """Tell what is unusual with a record of this format, which is read of these bytes."""
        if self.advice is None:
            return []
        module = import_module(self.advice)
        found: list[Problem] = module.odd(trial) if hasattr(module, "odd") else module.check(data)
        return found

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

    def refused(self, use: Use) -> UnknownFormat:
        """Give the reason why it is not read, or not written, with the formats that are."""
        from trialbridge.formats import names, read_formats, written_formats

        instead = f": {self.instead}" if self.instead and use == "read" else ""
        known = names(read_formats() if use == "read" else written_formats())
        return UnknownFormat(f"{self.name} is not {use}{instead}; {use} are {known}")


def _planned(
    module: str, unmapped: dict[str, Any], left: list[Problem]
) -> tuple[dict[str, Planned], list[Problem]]:
    """Give what a document of another format plans, as a writer takes it, and what is told of it.

    `module` is the `plans` of that format, `left` what is left out of what its documents say.
    """
    from msgspec.structs import replace

    asked = import_module(module)
    found: Planned | None = asked.planned(unmapped)
    if found is None:
        return {}, left
    return {"planned": found}, [
        replace(one, message=f"{_PLANNED} {one.message}") if asked.is_planned(one.path) else one
        for one in left
    ]
