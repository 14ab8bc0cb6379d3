"""The export of WHO's trial search (ICTRP) in XML: many records, each flat.

https://trialsearch.who.int/
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trialbridge.formats.registries.part import Part, only, pieces
from trialbridge.mappings.registries.ictrp.fields import LINK, read_record
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.xml import line_of
from trialbridge.schemas.trial import Trial

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

_ROOT = "Trials_downloaded_from_ICTRP"
_TRIAL = re.compile(rb"<Trial(?=[\s>/])")
_END = re.compile(rb"</Trial\s*>")


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """The record of a document with one. What the model has no place for is in `unmapped`.

    Raises ReadError if the bytes are none, or have several.
    """
    return _record(only(data, ("Trial",), _END, LINK))


def _record(trial: "_Element") -> tuple[Trial, list[Problem]]:
    lines = {str(child.tag): line_of(child) for child in trial}
    texts: dict[str, str] = {}
    for child in trial:
        # No document has one twice; whatever it says is there.
        said = "".join(child.itertext())
        texts[child.tag] = f"{texts[child.tag]};{said}" if child.tag in texts else said
    if not texts.get("TrialID", "").strip():
        raise fatal(line_of(trial), "no-id", "<Trial> has no TrialID, expected one", LINK)

    def place(name: str) -> str:
        return f"{lines[name]}, <{name}>" if name in lines else line_of(trial)

    return read_record(texts, place)


def parts(data: bytes) -> Iterator[Part]:
    """Give each record as a document of its own, and what is broken likewise."""
    return pieces(data, _ROOT, "Trial", _TRIAL, _END)
