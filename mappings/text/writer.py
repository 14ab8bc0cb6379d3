"""Write a tree of the model as the text of its page, by the rows of the layout."""

from collections.abc import Mapping
from typing import Any

from trialbridge.mappings.text.layout import HEAD, LAYOUT
from trialbridge.mappings.text.reading import UNKNOWN
from trialbridge.mappings.text.rows import Tree


def write(tree: Tree, unknown: Mapping[str, Any]) -> str:
    """Write the text of a page: every block that the trial has a fact for.

    `unknown` are texts under headings that the layout does not have, by their pointers.
    """
    blocks = list(HEAD.write(tree))
    for block in LAYOUT:
        if lines := list(block.write(tree)):
            blocks += [block.names[0], *lines]
    for pointer, value in unknown.items():
        heading = pointer.removeprefix(UNKNOWN).replace("~1", "/").replace("~0", "~")
        blocks += [heading, str(value)]
    return "\n\n".join(blocks) + "\n"
