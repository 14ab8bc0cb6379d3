"""What a document says beyond the record: kept in `unmapped`, below a pointer of its format.

The writer of that format alone puts it back. The model's own form holds it too; every other format
leaves it out, and says so.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial


class Beyond(NamedTuple):
    """Where a format keeps it, below `root`, and the format's name in words.

    `whole`: the text of the document is kept there as well, of which nobody is told, since it is
    what all else there is a part of.
    """

    root: str
    title: str
    whole: bool = False

    @property
    def prefix(self) -> str:
        """What the pointers of all parts begin with."""
        return f"{self.root}/"

    @property
    def document(self) -> str:
        """The pointer of the text of the document."""
        return f"{self.root}/#document"

    @property
    def message(self) -> str:
        """What other formats say of a part."""
        return f"it stands beyond the record, and is written again in {self.title} alone"

    def is_beyond(self, pointer: str) -> bool:
        """Whether what stands here in `unmapped` is of a document of the format."""
        return pointer == self.root or pointer.startswith(self.prefix)

    def document_of(self, unmapped: dict[str, Any] | None) -> str | None:
        """The text of the document that a record was read from, if it says more than the record."""
        if not unmapped:
            return None
        # The model's own form gives what it does not know as the largest part of it.
        parts = unmapped.get(self.root)
        inner = parts.get("#document") if isinstance(parts, dict) else None
        text = unmapped.get(self.document, inner)
        return text if isinstance(text, str) else None

    def without(self, trial: Trial) -> Trial:
        """The record alone."""
        kept = {at: said for at, said in (trial.unmapped or {}).items() if not self.is_beyond(at)}
        return replace(trial, unmapped=kept or None)

    def kept_beyond(
        self, trial: Trial, found: Mapping[str, Any], text: str, link: str
    ) -> tuple[Trial, list[Problem]]:
        """The record with what was found beyond it and the text of the document; and warnings."""
        unmapped = {**(trial.unmapped or {}), **found, self.document: text}
        return replace(trial, unmapped=unmapped), [
            Problem(
                severity="warning",
                layer="mapping",
                path=pointer,
                code="not-read",
                message="a trial record has no place for this; it is kept as unmapped",
                link=link,
            )
            for pointer in found
        ]

    def left_out(
        self, unmapped: dict[str, Any], *, subjects_only: bool
    ) -> tuple[dict[str, Any], list[Problem]]:
        """What of `unmapped` another format may have, and a warning for each part that it may not.

        `subjects_only`: it is the model's own form, which holds all of it.
        """
        if subjects_only:
            return unmapped, []
        return {key: value for key, value in unmapped.items() if not self.is_beyond(key)}, [
            left_behind(key, self.message)
            for key in unmapped
            if self.is_beyond(key) and not (self.whole and key == self.document)
        ]


def as_it_stood(problem: Problem) -> Problem:
    """A problem that what was read has too, as a warning: it is none of the record."""
    message = f"{problem.message} (as in what was read)"
    return replace(problem, severity="warning", message=message)


def left_behind(pointer: str, message: str) -> Problem:
    """The warning of a part that a format does not get."""
    return Problem(
        severity="warning", layer="mapping", path=pointer, code="not-carried", message=message
    )
