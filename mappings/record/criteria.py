"""Eligibility criteria: one text of the registry, and the single criteria that it lists.

The text is CommonMark, kept as it is. A criterion is a list item under a heading that says
inclusion or exclusion; what stands elsewhere in the text is not called a criterion, as the text
does not say which of the two it is.
"""

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32


class Criterion(NamedTuple):
    """One criterion: its words as they stand in the text, and where."""

    words: str
    exclude: bool
    start: int
    end: int

    @property
    def said(self) -> tuple[str, bool]:
        return self.words, self.exclude


_MENTION = re.compile(r"\b(?:(?P<include>inclusion)|exclusion|non-?[ ]?inclusion)\b", re.IGNORECASE)
_HEADING = re.compile(
    r"[ \t#*_]*(?:[\w/&-]+[ \t]+){0,4}?(?:inclusion|exclusion|non-?[ ]?inclusion)"
    r"(?:[ \t]+criteri(?:a|on)\b.*|[^\n]{0,90})",
    re.IGNORECASE,
)
_BULLET = re.compile(r"([ ]*)(?:[*+\-\u2022]|\d{1,3}[.)])[ \t]+(?=\S)")
_BULLET_STARTS = frozenset(" *+-\u20220123456789")


def split(text: str) -> list[Criterion]:
    """The criteria that a text lists under its headings, in order.

    An item holds all that is below it: its own paragraphs and the lists within it.
    """
    found: list[Criterion] = []
    add, new = found.append, _new
    exclude: bool | None = None
    open_at = -1
    indent = -1
    start = 0
    after_blank = True
    shouts = "CLUSION" in text
    for line in text.split("\n"):
        length = len(line)
        # Most lines are such items, and need no look at what else they could be.
        if (
            length > 2
            and line[0] == "*"
            and line[1] == " " < line[2]
            and "clusion" not in line
            and not (shouts and "CLUSION" in line)
        ):
            if exclude is not None:
                if open_at >= 0:
                    words = text[open_at:start].rstrip()
                    add(new(Criterion, (words, exclude, open_at, open_at + len(words))))
                open_at = start + 2
                indent = 0
            after_blank = False
            start += length + 1
            continue
        if not length:
            after_blank = True
            start += 1
            continue
        depth = -1
        if line[:2] == "* " and line[2:3] > " ":
            depth, marker = 0, 2
        elif line[0] in _BULLET_STARTS and (bullet := _BULLET.match(line)):
            depth, marker = len(bullet[1]), bullet.end()
        kinds = _NEITHER
        if ("clusion" in line or (shouts and "CLUSION" in line)) and (
            depth < 0 or _is_bare_heading(line)
        ):
            kinds, heads = _mentions(line) if length <= _SHORT else _looked_at(line)
        if kinds:
            closes = True
        elif exclude is None:
            depth = -1
            closes = False
        elif depth >= 0:
            closes = open_at < 0 or depth <= indent
        else:
            # A paragraph of its own ends the list; a line that only wraps does not.
            closes = after_blank and line[0] != " "
        if closes and open_at >= 0:
            found.append(_criterion(text, open_at, start, exclude is True))
            open_at = -1
        if kinds:
            exclude, indent = _section(kinds, heads, exclude), -1
        elif closes and depth >= 0:
            open_at, indent = start + marker, depth
        after_blank = False
        start += length + 1
    if open_at >= 0:
        found.append(_criterion(text, open_at, len(text), exclude is True))
    return found


def _criterion(text: str, start: int, end: int, exclude: bool) -> Criterion:
    words = text[start:end].rstrip()
    return _new(Criterion, (words, exclude, start, start + len(words)))


# A third of what the call of a NamedTuple takes.
_new = tuple.__new__


def _looked_at(line: str) -> tuple[frozenset[bool], bool]:
    """Which lists a line mentions, that of exclusion or the other, and whether it is a heading."""
    kinds = frozenset(mention["include"] is None for mention in _MENTION.finditer(line))
    return kinds, len(kinds) == 1 and _HEADING.fullmatch(line) is not None


# Headings are the same few words in most texts.
_mentions = lru_cache(maxsize=512)(_looked_at)
_SHORT = 80
_NEITHER: frozenset[bool] = frozenset()


def _section(kinds: frozenset[bool], heads: bool, current: bool | None) -> bool | None:
    """Which list goes on after a line that mentions inclusion or exclusion: exclude, or not.

    After a line about both, or prose about the other one, the text no longer says which.
    """
    if len(kinds) > 1:
        return None
    (exclude,) = kinds
    return exclude if current is exclude or heads else None


_BARE = re.compile(r"[ \t#*_]*(?:in|ex)clusion(?:[ \t]+criteri(?:a|on))?[ \t:.*_]*", re.IGNORECASE)


def _is_bare_heading(line: str) -> bool:
    """Whether a list item is nothing but a heading: `* INCLUSION CRITERIA:`."""
    return _BARE.fullmatch(line) is not None


def join(text: str, pieces: list[tuple[str, bool]]) -> str:
    """The text with its criteria changed to these pieces: (words, exclude).

    Only what differs is replaced, so that all around it stays as the source gave it.
    """
    edits: list[tuple[int, int, str]] = []
    before = split(text)
    for exclude in (False, True):
        old = [criterion for criterion in before if criterion.exclude is exclude]
        new = [_indented(words) for words, excluded in pieces if excluded is exclude]
        if old:
            edits += _edits(text, old, new)
        elif new:
            edits.append(_first(text, before, new, exclude))
    ended = text.endswith("\n")
    # From the end on, so that what is still to come keeps its place.
    edits.sort(key=lambda edit: edit[0])
    for start, end, words in reversed(edits):
        text = text[:start] + words + text[end:]
    return text if ended else text.rstrip("\n")


def listed(pieces: list[tuple[str, bool]]) -> str:
    """The text that lists these criteria, and says nothing else: (words, exclude)."""
    parts = []
    for exclude, heading in ((False, "Inclusion"), (True, "Exclusion")):
        items = [_indented(words) for words, excluded in pieces if excluded is exclude]
        if items:
            parts.append(f"{heading} Criteria:\n\n" + "\n".join(f"* {one}" for one in items))
    return "\n\n".join(parts)


def _indented(words: str) -> str:
    """The words so that every line of them is within the list item."""
    first, *others = words.split("\n")
    return "\n".join(
        [first, *(f"  {line}" if line and not line.startswith(" ") else line for line in others)]
    )


def _edits(text: str, old: list[Criterion], new: list[str]) -> list[tuple[int, int, str]]:
    """What to replace in the text, (start, end, words), so that it lists the new items."""
    edits = []
    said = [criterion.words for criterion in old]
    for kind, low, high, first, last in SequenceMatcher(
        None, said, new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            continue
        shared = min(high - low, last - first)
        for criterion, words in zip(old[low:high], new[first:last], strict=False):
            edits.append((criterion.start, criterion.end, words))
        for criterion in old[low + shared : high]:
            after = text.find("\n", criterion.end)
            edits.append((_line(text, criterion), len(text) if after < 0 else after + 1, ""))
        if more := new[first + shared : last]:
            if low + shared > 0:
                at = old[low + shared - 1].end
                edits.append((at, at, "".join(f"\n* {words}" for words in more)))
            else:
                at = _line(text, old[0])
                edits.append((at, at, "".join(f"* {words}\n" for words in more)))
    return edits


def _first(
    text: str, before: list[Criterion], new: list[str], exclude: bool
) -> tuple[int, int, str]:
    """The first items of their kind: under its heading, else with a heading of their own."""
    items = "\n".join(f"* {words}" for words in new)
    at = 0
    for line in text.split("\n"):
        heads = not _BULLET.match(line) or _is_bare_heading(line)
        kinds = {mention["include"] is None for mention in _MENTION.finditer(line)}
        if heads and kinds == {exclude} and _HEADING.fullmatch(line):
            end = min(at + len(line), len(text))
            return end, end, f"\n\n{items}"
        at += len(line) + 1
    whole = f"{'Exclusion' if exclude else 'Inclusion'} Criteria:\n\n{items}"
    if not text:
        return 0, 0, whole if exclude else f"{whole}\n\n"
    if exclude or not before:
        return len(text), len(text), f"\n\n{whole}"
    return 0, 0, f"{whole}\n\n"


def _line(text: str, criterion: Criterion) -> int:
    """Where the line of an item begins."""
    return text.rfind("\n", 0, criterion.start) + 1


def digest(text: str) -> str:
    """A short digest that tells whether a text was edited since its criteria were written."""
    return f"{crc32(text.encode()):08x}"
