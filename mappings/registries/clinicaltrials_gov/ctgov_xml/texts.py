"""Long texts of the legacy XML: laid out in lines of a page there, CommonMark in the model.

A text block is indented as its element is. Paragraphs stand apart by empty lines; items of lists
begin with ` -  ` or a right-aligned number, five columns wide, at each depth. Lines are wrapped at
100 columns and the break says nothing. In CommonMark the same lists are tight, and what a list
holds is indented by the width of its marker, with an empty line before it.
https://spec.commonmark.org/0.31.2/#list-items
"""

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import NamedTuple

from trialbridge.mappings.codec import Codec, Mismatch
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.markdown import begun, plain, registered

_WIDTH = 99
_STEP = 5
_ITEM = re.compile(r" *(-  |[0-9]{1,9}\. )(?=\S)")
_MARKDOWN_ITEM = re.compile(r"( *)(\* +|[0-9]{1,9}\. )(?=\S)")


class Block(NamedTuple):
    """A paragraph: how many lists it is in, the marker if it begins an item, and its words."""

    depth: int
    marker: str
    words: str


def of_layout(text: str, base: int) -> list[Block]:
    """The paragraphs of a text block whose lines begin at a column."""
    blocks: list[Block] = []
    open_ = 0
    for lines in _paragraphs(text):
        first = lines[0].expandtabs()
        if not blocks and (begun := _ITEM.match(first)) and begun.end() - base < _STEP:
            # The registry trimmed what a block begins with, the indent of a marker too.
            first = f"{' ' * (base + _STEP - len(begun[1]))}{first.lstrip()}"
        item = _ITEM.match(first)
        words = " ".join(" ".join(lines).split())
        depth, marker = _depth(len(first) - len(first.lstrip()), base), ""
        if item and (level := _level(item.end(), base)) and level <= open_ + 1:
            depth, marker = level, "*" if item[1] == "-  " else item[1].strip()
            words = words[len(item[1].strip()) :].lstrip()
        open_ = depth = min(depth, open_ + bool(marker))
        blocks.append(Block(depth, marker, words))
    return blocks


def _paragraphs(text: str) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.strip():
            lines.append(line)
        elif lines:
            yield lines
            lines = []


def _level(column: int, base: int) -> int:
    """How many lists an item is in whose words begin at a column; 0 if it is none."""
    level, rest = divmod(column - base, _STEP)
    return 0 if rest else max(level, 0)


def _depth(column: int, base: int) -> int:
    return max(column - base, 0) // _STEP


def layout(blocks: list[Block], base: int) -> str:
    """The lines of a text block, from the one below its start tag to that of its end tag."""
    lines = [""]
    for block in blocks:
        within = " " * (base + _STEP * block.depth)
        sign = "-  " if block.marker == "*" else f"{block.marker} "
        head = within[: -len(sign)] + sign if block.marker else within
        lines += wrap(
            block.words,
            width=_WIDTH,
            initial_indent=head,
            subsequent_indent=within,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines.append("")
    if len(lines) > 1:
        lines.pop()
    return "\n".join(lines) + "\n" + " " * (base - 2)


def to_markdown(blocks: list[Block]) -> str:
    """Paragraphs as CommonMark."""
    pieces: list[str] = []
    widths: list[int] = []
    kinds: list[str] = []
    for block in blocks:
        goes_on = bool(block.marker) and len(kinds) >= block.depth > 0
        if block.marker:
            kind = "*" if block.marker == "*" else "1"
            goes_on = goes_on and kinds[block.depth - 1] == kind
            del widths[block.depth - 1 :], kinds[block.depth - 1 :]
        else:
            del widths[block.depth :], kinds[block.depth :]
        pieces.append("" if not pieces else "\n" if goes_on else "\n\n")
        pieces.append(" " * sum(widths))
        if block.marker:
            pieces.append(f"{block.marker} ")
            widths.append(len(block.marker) + 1)
            kinds.append(kind)
        pieces.append(begun(registered(block.words)))
    return "".join(pieces)


def of_markdown(text: str) -> list[Block]:
    """The paragraphs of CommonMark."""
    blocks: list[Block] = []
    widths: list[int] = []
    apart = True
    for line in text.split("\n"):
        if not line.strip():
            apart = True
            continue
        indent = len(line) - len(line.lstrip(" "))
        item = _MARKDOWN_ITEM.match(line)
        depth = _within(widths, indent)
        if item and (apart or widths) and indent == sum(widths[:depth]):
            del widths[depth:]
            widths.append(len(item[2]))
            blocks.append(Block(depth + 1, item[2].strip(), plain(line[item.end() :].strip())))
        elif apart or not blocks:
            del widths[depth:]
            blocks.append(Block(depth, "", plain(line.strip())))
        else:
            last = blocks.pop()
            blocks.append(last._replace(words=f"{last.words} {plain(line.strip())}"))
        apart = False
    return blocks


def _within(widths: list[int], indent: int) -> int:
    """How many of the open lists hold what begins at a column."""
    depth = column = 0
    for width in widths:
        column += width
        if column > indent:
            break
        depth += 1
    return depth


def lines_to_markdown(text: str) -> str:
    """Words of an element that is no text block, each line a paragraph, as CommonMark."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n\n".join(begun(registered(line)) for line in lines if line)


def markdown_to_lines(text: str) -> str:
    """CommonMark as such an element has it: a line for each paragraph and item, without marker."""
    return "\n".join(block.words for block in of_markdown(text))


def block(base: int) -> Codec[str]:
    """A long text as a text block whose lines begin at a column."""

    def read(value: object, names: Names) -> str | None:
        if not isinstance(value, str):
            raise Mismatch(f"expected text, found {value!r:.60}")
        return to_markdown(of_layout(value, base)) or None

    def write(value: str, names: Names) -> str:
        return layout(of_markdown(value), base)

    return Codec(read, write)
