"""Eligibility criteria: one text of the registry, and the single criteria that it lists.

The text is CommonMark, kept as it is. A criterion is a list item under a heading that says
inclusion or exclusion; what stands elsewhere in the text is not called a criterion, as the text
does not say which of the two it is.
"""

import re
from difflib import SequenceMatcher
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
    exclude: bool | None = None
    open_at = -1
    indent = -1
    start = 0
    after_blank = True
    for line in [*text.split("\n"), None]:
        depth = -1
        closes = line is None
        if line is None:
            kinds: set[bool] = set()
        elif not line:
            after_blank = True
            start += 1
            continue
        else:
            # Most items begin so, and need no look at what else they could be.
            if line.startswith("* ") and line[2:3] > " ":
                depth, marker = 0, 2
            elif line[0] in _BULLET_STARTS and (bullet := _BULLET.match(line)):
                depth, marker = len(bullet[1]), bullet.end()
            kinds = set()
            if ("clusion" in line or "CLUSION" in line) and (depth < 0 or _is_bare_heading(line)):
                kinds = {mention["include"] is None for mention in _MENTION.finditer(line)}
            if kinds:
                closes = True
            elif exclude is None:
                depth = -1
            elif depth >= 0:
                closes = open_at < 0 or depth <= indent
            else:
                # A paragraph of its own ends the list; a line that only wraps does not.
                closes = after_blank and line[0] != " "
        if closes and open_at >= 0:
            words = text[open_at:start].rstrip()
            found.append(Criterion(words, exclude is True, open_at, open_at + len(words)))
            open_at = -1
        if line is None:
            break
        if kinds:
            exclude, indent = _section(line, kinds, exclude), -1
        elif closes and depth >= 0:
            open_at, indent = start + marker, depth
        after_blank = False
        start += len(line) + 1
    return found


def _section(line: str, kinds: set[bool], current: bool | None) -> bool | None:
    """Which list goes on after a line that mentions inclusion or exclusion: exclude, or not.

    After a line about both, or prose about the other one, the text no longer says which.
    """
    if len(kinds) > 1:
        return None
    (exclude,) = kinds
    return exclude if current is exclude or _HEADING.fullmatch(line) else None


_BARE = re.compile(r"[ \t#*_]*(?:in|ex)clusion(?:[ \t]+criteri(?:a|on))?[ \t:.*_]*", re.IGNORECASE)


def _is_bare_heading(line: str) -> bool:
    """Whether a list item is nothing but a heading: `* INCLUSION CRITERIA:`."""
    return _BARE.fullmatch(line) is not None


def join(text: str, pieces: list[tuple[str, bool]]) -> str:
    """The text with its criteria changed to these pieces: (words, exclude).

    Only what differs is replaced, so that all around it stays as the source gave it.
    """
    before = split(text)
    changes = SequenceMatcher(None, [c.said for c in before], pieces, autojunk=False).get_opcodes()
    for kind, low, high, first, last in reversed(changes):
        if kind == "equal":
            continue
        old, new = before[low:high], pieces[first:last]
        shared = min(len(old), len(new))
        for words, exclude in new[shared:][::-1]:
            text = _insert(text, before, low + shared, words, exclude)
        for criterion in reversed(old[shared:]):
            text = _remove(text, criterion)
        for criterion, (words, _) in zip(
            reversed(old[:shared]), reversed(new[:shared]), strict=True
        ):
            text = text[: criterion.start] + words + text[criterion.end :]
    return text


def _remove(text: str, criterion: Criterion) -> str:
    start = text.rfind("\n", 0, criterion.start) + 1
    end = text.find("\n", criterion.end)
    return text[:start] + ("" if end < 0 else text[end + 1 :])


def _insert(text: str, before: list[Criterion], at: int, words: str, exclude: bool) -> str:
    """A new item behind the last one of its kind at or before `at`, else before the next."""
    earlier = [c for c in before[:at] if c.exclude is exclude]
    if earlier:
        end = earlier[-1].end
        return f"{text[:end]}\n* {words}{text[end:]}"
    later = [c for c in before[at:] if c.exclude is exclude]
    if later:
        start = text.rfind("\n", 0, later[0].start) + 1
        return f"{text[:start]}* {words}\n{text[start:]}"
    heading = "Exclusion" if exclude else "Inclusion"
    return (
        f"{text.rstrip()}\n\n{heading} Criteria:\n\n* {words}"
        if text
        else (f"{heading} Criteria:\n\n* {words}")
    )


def digest(text: str) -> str:
    """A short digest that tells whether a text was edited since its criteria were written."""
    return f"{crc32(text.encode()):08x}"
