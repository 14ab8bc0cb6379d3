"""Records as registers send them to WHO, `trials/trial`: lists where the export joins them.

https://www.who.int/tools/clinical-trials-registry-platform
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trialbridge.formats.registries.part import Part, only, pieces
from trialbridge.mappings.registries.ictrp.fields import LINK
from trialbridge.mappings.registries.ictrp.who import read_texts
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.xml import line_of
from trialbridge.schemas.trial import Trial

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

# ChiCTR calls it Triall.
_TRIAL = re.compile(rb"<[Tt]riall?(?=[\s>/])")
_END = re.compile(rb"</[Tt]riall?\s*>")


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """The record of a document with one. What the model has no place for is in `unmapped`.

    Raises ReadError if the bytes are none, or have several.
    """
    trial = only(data, ("trial", "Trial", "triall", "Triall"), _END, LINK)
    lines: dict[str, str] = {}
    texts = dict(_texts(trial, "", lines))
    if not texts.get("main/trial_id"):
        said = "<trial> has no main/trial_id, expected one"
        raise fatal(line_of(trial), "no-id", said, LINK)

    def place(path: str) -> str:
        return f"{lines[path]}, <{path}>" if path in lines else line_of(trial)

    return read_texts(texts, place)


def _texts(element: "_Element", above: str, lines: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each text by the path of its element, in small letters, with a number from the second on."""
    seen: Counter[str] = Counter()
    for child in element:
        name = str(child.tag).lower()
        seen[name] += 1
        number = f"[{seen[name]}]" if seen[name] > 1 else ""
        path = f"{above}{name}{number}"
        lines[path] = line_of(child)
        if len(child):
            yield from _texts(child, f"{path}/", lines)
        if (child.text or "").strip():
            yield path, child.text


def parts(data: bytes) -> Iterator[Part]:
    """Give each record as a document of its own, and what is broken likewise."""
    return pieces(data, "trials", "trial", _TRIAL, _END)
