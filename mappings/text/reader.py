"""Read the lines of a page's text as a tree of the model, by the rows of the layout."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from trialbridge.mappings.text.blocks.texts import Words
from trialbridge.mappings.text.layout import HEAD, LAYOUT
from trialbridge.mappings.text.reading import NotARecord, Reading, Source
from trialbridge.mappings.text.rows import Tree
from trialbridge.mappings.text.sections import EXPECTED, explained, find, without_navigation
from trialbridge.schemas.problem import Problem

_FEW = 5
"""So many lines may have no place, however short the page is."""


class Page(NamedTuple):
    """What was read: the tree, what the model has no place for, and what is to be said of it."""

    tree: Tree
    unmapped: dict[str, Any]
    problems: list[Problem]


def read(lines: Sequence[Source]) -> Page:
    """Read the lines of a page. Raises NotARecord if they are no record, or several."""
    gaps = sum(line.gap for line in lines)
    reading = Reading(dense=gaps <= len(lines) // 50)
    page = without_navigation(lines, reading)
    head, sections = find(page, reading)
    HEAD.read(head, reading)
    for section in sorted(sections, key=lambda found: found.block.turn):
        section.block.read(explained(section, reading), reading)
    for block in LAYOUT:
        if isinstance(block, Words):
            block.drop_implied(reading.tree)
    if reading.nowhere > _FEW and 2 * reading.nowhere > len(page):
        message = f"{reading.nowhere} of {len(page)} lines have no place in the layout: {EXPECTED}"
        raise NotARecord([(page[0].number, message)])
    return Page(reading.tree, reading.kept(), reading.problems())
