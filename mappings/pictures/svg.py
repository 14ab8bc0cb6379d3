"""Boxes of text with lines between them, as SVG.

SVG breaks no lines, so text is measured here, by the widths that fonts of Helvetica's metrics have
(Arial, Liberation Sans, Nimbus Sans); other characters are taken for wide, so that text stays in
its box. https://www.w3.org/TR/SVG2/text.html
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final, NamedTuple

from trialbridge.schemas.syntax.xml import FORBIDDEN

FONT: Final = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif"
LINE: Final = 1.35
"""The height of a line in sizes of its text."""
PADDING: Final = 12.0
"""Pixels between a box and its text."""

# Thousandths of the text's size, by https://www.adobe.com/devnet/font.html, Helvetica.afm.
_WIDTHS = {
    **dict.fromkeys("ijl'|", 222),
    **dict.fromkeys(" !,./:;I[\\]ft()`-", 333),
    **dict.fromkeys("ckrsvxyzJ", 500),
    **dict.fromkeys('"*^{}', 400),
    **dict.fromkeys("abdeghnopqu0123456789?_#$L<>=+~", 584),
    **dict.fromkeys("ABEKPSVXYFTZ&", 667),
    **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("mM", 833),
    **dict.fromkeys("W%", 944),
    "@": 1015,
}
_OTHER = 722
_IDEOGRAM = 1000
_BOLD = 1.08
_WORDS = re.compile(r"\S+")


class Text(NamedTuple):
    """A paragraph: its words, its size in pixels, whether it is bold or slanted, and how deep."""

    words: str
    size: float = 14
    bold: bool = False
    slanted: bool = False
    indent: float = 0


class Line(NamedTuple):
    """A line of a paragraph that has been broken."""

    words: str
    text: Text


def width_of(words: str, text: Text) -> float:
    """How many pixels wide words are."""
    units = sum(_WIDTHS.get(one) or (_IDEOGRAM if ord(one) > 0x1100 else _OTHER) for one in words)
    return units * text.size * (_BOLD if text.bold else 1) / 1000


def broken(text: Text, width: float) -> Iterator[Line]:
    """A paragraph as lines of at most so many pixels; a word that is longer is parted."""
    room = width - text.indent
    line = ""
    for word in _WORDS.findall(text.words):
        joined = f"{line} {word}" if line else word
        if width_of(joined, text) <= room:
            line = joined
            continue
        if line:
            yield Line(line, text)
        while width_of(word, text) > room and len(word) > 1:
            end = next(
                (at for at in range(2, len(word) + 1) if width_of(word[:at], text) > room),
                len(word),
            )
            yield Line(word[: max(1, end - 1)], text)
            word = word[max(1, end - 1) :]
        line = word
    if line:
        yield Line(line, text)


class Picture:
    """An SVG picture that grows downwards."""

    def __init__(self, width: float, title: str, description: str) -> None:
        self.width = width
        self.height = 0.0
        self._title = title
        self._description = description
        self._parts: list[str] = []

    def line(self, *points: tuple[float, float], arrow: bool = False) -> None:
        """Draw a line through points, with an arrow's head at its end if that is wanted."""
        path = " L".join(f"{_number(x)} {_number(y)}" for x, y in points)
        head = ' marker-end="url(#head)"' if arrow else ""
        self._parts.append(f'<path d="M{path}" fill="none" stroke="#000"{head}/>')
        self._grow(max(y for _, y in points))

    def write(self, x: float, y: float, lines: Iterable[Line], *, middle: float = 0) -> float:
        """Write lines below a point, each centred where there is a `middle`; give where it ends."""
        for words, text in lines:
            y += text.size * LINE
            base = y - text.size * (LINE - 1)
            look = ' font-weight="bold"' if text.bold else ""
            look += ' font-style="italic"' if text.slanted else ""
            look += ' text-anchor="middle"' if middle else ""
            at = middle or x + text.indent
            self._parts.append(
                f'<text x="{_number(at)}" y="{_number(base)}"'
                f' font-size="{_number(text.size)}"{look}>{_escaped(words)}</text>'
            )
        self._grow(y)
        return y

    def box(
        self,
        x: float,
        y: float,
        width: float,
        texts: Iterable[Text],
        *,
        border: str = 'stroke-width="1.2"',
        round_: bool = False,
        height: float = 0,
    ) -> float:
        """Draw a box around paragraphs, at least so high; give where it ends.

        In a `round_` one they are centred.
        """
        lines = lines_of(texts, width)
        height = max(height, height_of(lines))
        corner = ' rx="22"' if round_ else ""
        self._parts.append(
            f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}"'
            f' height="{_number(height)}"{corner} fill="#fff" stroke="#000" {border}/>'
        )
        self.write(x + PADDING, y + PADDING, lines, middle=x + width / 2 if round_ else 0)
        self._grow(y + height)
        return y + height

    def bytes(self) -> bytes:
        """The picture as an SVG file in UTF-8."""
        width, height = _number(self.width), _number(self.height + PADDING)
        head = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img" aria-labelledby="title description"'
            f' font-family="{FONT}">\n'
            f'<title id="title">{_escaped(self._title)}</title>\n'
            f'<desc id="description">{_escaped(self._description)}</desc>\n'
            '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9"'
            ' markerHeight="9" orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>\n'
            f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
        )
        return (head + "\n".join(self._parts) + "\n</svg>\n").encode()

    def _grow(self, y: float) -> None:
        self.height = max(self.height, y)


def lines_of(texts: Iterable[Text], width: float) -> list[Line]:
    """Paragraphs as the lines of a box of this width."""
    return [line for text in texts for line in broken(text, width - 2 * PADDING)]


def height_of(lines: Iterable[Line]) -> float:
    """How high a box with these lines is."""
    return 2 * PADDING + sum(line.text.size * LINE for line in lines)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escaped(words: str) -> str:
    return escape(FORBIDDEN.sub("\ufffd", words), quote=False)
