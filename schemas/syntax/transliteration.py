"""Text in US-ASCII, where what stands for a character is beyond doubt.

Letters lose their marks, typographic marks become those of a keyboard, and signs their usual
spelling. What has no such form stays, so that whoever asked can refuse it.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple

_SIGNS: Final[Mapping[str, str]] = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63", "-"),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2022\u2023\u25cf\u25aa", "*"),
    **dict.fromkeys("\u2264\u2266\u2a7d", "<="),
    **dict.fromkeys("\u2265\u2267\u2a7e", ">="),
    **dict.fromkeys("\u00b5\u03bc", "u"),
    **dict.fromkeys("\n\r\t", " "),
    "\u2026": "...",
    "\u2260": "!=",
    "\u2248": "~",
    "\u2192": "->",
    "\u2190": "<-",
    "\u00b1": "+/-",
    "\u00d7": "x",
    "\u00f7": "/",
    "\u2044": "/",
    "\u2215": "/",
    "\u00b0": "deg",
    "\u2103": "degC",
    "\u2109": "degF",
    "\u221e": "infinity",
    "\u2030": "per mille",
    "\u00ae": "(R)",
    "\u00a9": "(C)",
    "\u2122": "(TM)",
    "\u2116": "No.",
    "\u20ac": "EUR",
    "\u00a3": "GBP",
    "\u3001": ",",
    "\u3002": ".",
    "\u00df": "ss",
    "\u1e9e": "SS",
    "\u00e6": "ae",
    "\u00c6": "AE",
    "\u0153": "oe",
    "\u0152": "OE",
    "\u00f8": "o",
    "\u00d8": "O",
    "\u0142": "l",
    "\u0141": "L",
    "\u0111": "d",
    "\u0110": "D",
    "\u00f0": "d",
    "\u00d0": "D",
    "\u00fe": "th",
    "\u00de": "Th",
    "\u0131": "i",
}

# How Unicode says that what decomposes is the same in another shape. Letters set above the line are
# not among them: a masculine ordinal stands for a degree as often as for itself.
_SHAPES: Final = frozenset({"<wide>", "<narrow>", "<small>", "<compat>", "<noBreak>", "<sub>"})
_GREEK: Final = {"LAMDA": "LAMBDA", "FINAL SIGMA": "SIGMA"}


class Ascii(NamedTuple):
    """A text, and what stands in it for which character, in the order of the text."""

    text: str
    replaced: dict[str, str]


def transliterated(text: str) -> Ascii:
    """A text with US-ASCII for each character that surely has such a form; others stay."""
    if text.isascii() and text.isprintable():
        return Ascii(text, {})
    made: list[str] = []
    replaced: dict[str, str] = {}
    # Of several marks each is of the letter before them all.
    before = ""
    for at, char in enumerate(text):
        if char.isascii() and char.isprintable():
            made.append(char)
            before = char
            continue
        found = _one(char, before, text[at + 1 : at + 2])
        if found is None:
            made.append(char)
        else:
            made.append(found)
            replaced[char] = found
        if not _is_mark(char):
            before = char
    return Ascii("".join(made), replaced)


def _one(char: str, before: str, after: str) -> str | None:
    """What stands for one character between two others; None where that is not certain."""
    if char in _SIGNS:
        return _SIGNS[char]
    kind = unicodedata.category(char)
    if kind == "Cf" or kind == "Mn":
        # What is not seen, and a mark of the letter before it.
        return "" if kind == "Cf" or before.isalpha() else None
    if kind in ("Zs", "Zl", "Zp"):
        return " "
    name = unicodedata.name(char, "")
    shape, _, parts = unicodedata.decomposition(char).rpartition("> ")
    shape = f"{shape}>" if shape else ""
    plain = "".join(chr(int(part, 16)) for part in parts.split())
    if name.startswith("GREEK "):
        return _greek(char, before, after)
    if shape == "<super>":
        return _raised(char, plain, before)
    if shape == "<circle>":
        return f"({plain})" if plain.isascii() else None
    if shape == "<fraction>":
        whole = plain.replace("\u2044", "/")
        return (f" {whole}" if before.isdecimal() else whole) if whole.isascii() else None
    if shape in _SHAPES:
        return _sure(plain)
    if not shape and plain:
        return _sure("".join(c for c in unicodedata.normalize("NFD", char) if not _is_mark(c)))
    return None


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) == "Mn"


def _sure(plain: str) -> str | None:
    found = transliterated(plain).text
    return found if found.isascii() else None


def _raised(char: str, plain: str, before: str) -> str | None:
    """Digits above the line: 10 to the ninth is 10^9, and no 109."""
    if not (plain.isdecimal() or plain in ("+", "\u2212")) or not before:
        return None
    sign = "-" if plain == "\u2212" else plain
    return sign if _is_raised(before) else f"^{sign}"


def _is_raised(char: str) -> bool:
    return unicodedata.decomposition(char).startswith("<super> ")


def _greek(char: str, before: str, after: str) -> str | None:
    """A letter alone is called by its name; one of a word is not."""
    if any(unicodedata.name(one, "").startswith("GREEK ") for one in (before, after) if one):
        return None
    plain = unicodedata.normalize("NFD", char)[0]
    case, _, name = unicodedata.name(plain).removeprefix("GREEK ").partition(" LETTER ")
    name = _GREEK.get(name, name)
    if case not in ("SMALL", "CAPITAL") or not name.isalpha():
        return None
    return name.lower() if case == "SMALL" else name.title()
