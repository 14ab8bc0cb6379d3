"""The ISRCTN registry, XML of one trial or of what a search found: read only.

https://www.isrctn.com
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trialbridge.formats.registries.part import Part, local, only, pieces
from trialbridge.mappings.registries.isrctn import LINK, REPEATED, read_tree
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.xml import line_of
from trialbridge.schemas.trial import Trial

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

_SPACE = "http://www.67bricks.com/isrctn"
_TRIAL = re.compile(rb"<fullTrial(?=[\s>/])")
_END = re.compile(rb"</fullTrial\s*>")


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read a record, with warnings of what is kept as it is in `unmapped`, at `/isrctn`.

    Raises ReadError if the bytes are no XML of the register, or have several records.
    """
    found = only(data, (f"{{{_SPACE}}}fullTrial",), _END, LINK)
    tree = _tree(found)
    trial = tree.get("trial") if isinstance(tree, dict) else None
    if not isinstance(trial, dict) or not trial.get("isrctn"):
        said = "<fullTrial> has no <trial> with an <isrctn>, expected its number"
        raise fatal(line_of(found), "no-id", said, LINK)
    return read_tree(tree)


def _tree(element: "_Element") -> Any:
    """An element as a tree: what may stand several times, or does, is a list."""
    node: dict[str, Any] = {f"@{local(key)}": value for key, value in element.items()}
    text = (element.text or "").strip()
    for child in element:
        if not isinstance(child.tag, str):
            continue
        below, name = _tree(child), local(child.tag)
        if name in node or not REPEATED.isdisjoint((name, f"{local(element.tag)}/{name}")):
            held = node.get(name, [])
            node[name] = [*(held if isinstance(held, list) else [held]), below]
        else:
            node[name] = below
        text += (child.tail or "").strip()
    if not node:
        return text
    return {**node, "#": text} if text else node


def parts(data: bytes) -> Iterator[Part]:
    """Give each record as a document of its own, and what is broken likewise."""
    # The namespace is that of the root.
    root = f'<allTrials xmlns="{_SPACE}">'.encode()
    for part in pieces(data, "allTrials", "fullTrial", _TRIAL, _END):
        yield part._replace(data=part.data.replace(b"<allTrials>", root, 1))
