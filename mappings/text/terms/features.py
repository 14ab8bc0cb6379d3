"""What the model asks of a line: numbers of features of each run of words and of each gap."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from trialbridge.mappings.text.terms.words import LONGEST, PEOPLE, SMALL, UNCAPPED, tokens

_MOST_PLACES = 64
"""A word's later places in the record are no evidence, so that cost is linear in its length."""
SEEN = 3
"""A pair of words in fewer trials' texts is as good as none."""


@dataclass
class Counts:
    """Of trials' lists and texts, by normalised words."""

    terms: dict[str, list[int]] = field(default_factory=dict)
    """Of a term: how often as a condition, as a keyword."""
    exact: dict[str, list[int]] = field(default_factory=dict)
    """The same, of a term as it is written."""
    words: dict[str, list[int]] = field(default_factory=dict)
    """Of a word in terms: how often it begins one, ends one, is in one, is in a condition."""
    pairs: dict[str, int] = field(default_factory=dict)
    """Of two words side by side: how often inside a term."""
    texts: dict[str, int] = field(default_factory=dict)
    """Of a word, and of two side by side: in how many trials' titles and summaries."""


class Evidence(NamedTuple):
    """What the record says beside the line: normalised words, a stop between texts."""

    body: list[str]
    places: dict[str, list[int]]
    """Of each word of the line: where it stands in `body`."""
    title: str
    names: list[str]
    whole: bool
    """Whether it says more than title, summary, arms and interventions."""


class Features(NamedTuple):
    """Numbers of features: `spans[start][length - 1]`, `gaps[place - 1]`, and of the line."""

    spans: list[list[list[int]]]
    gaps: list[list[int]]
    last: int


def _bins(limits: Sequence[int]) -> list[int]:
    """The class of each small count: how many limits it reaches."""
    return [sum(count >= limit for limit in limits) for count in range(limits[-1] + 1)]


_COUNT = _bins((1, 2, 3, 6, 16))
_FEW = _bins((1, 2, 4))
_PAIR = _bins((1, 2, 4, 10))
_LENGTH = _bins((1, 2, 3, 4, 6, 9, 13, 20, 35))

_PARTS = (0.0, 0.02, 0.1, 0.3)


def _bin(bins: list[int], count: int) -> int:
    return bins[count] if count < len(bins) else bins[-1]


# How many values each feature has, in the order in which `_spans` and `_gaps` give them.
SPAN = (12, 36, 72, 24, 4, 324, 96, 12, 12, 9, 126, 18, 12, 54, 75, 12, 5, 18)
GAP = (36, 16, 60, 32, 49, 80, 4, 25, 27, 49, 360, 30, 6, 45)
SPANS, GAPS, LASTS = sum(SPAN), sum(GAP), 10
_SPAN_AT = [sum(SPAN[:at]) for at in range(len(SPAN))]
_GAP_AT = [sum(GAP[:at]) for at in range(len(GAP))]


def _shape(word: str) -> int:
    letters = word.strip("()[],;:\"'")
    if not letters:
        return 5
    if letters.lower() in UNCAPPED:
        return 4
    if letters[0].isdigit():
        return 3
    if letters[0].isupper():
        return 1 if len(letters) > 1 and letters[1:].upper() == letters[1:] else 0
    return 2


def _mark(word: str) -> int:
    last = word[-1]
    return 1 if last in ",;:" else 2 if last in ")]" else 3 if not last.isalnum() else 0


class _Line:
    """What is known of each word."""

    def __init__(self, words: list[str], said: Evidence, known: Counts) -> None:
        self.words = words
        self.split = [tokens(word) for word in words]
        self.keys = [" ".join(one) for one in self.split]
        self.shapes = [_shape(word) for word in words]
        self.small = [key in SMALL for key in self.keys]
        # A count of nothing is what learning leaves of a word that one trial alone has.
        counted = [known.words.get(key) for key in self.keys]
        self.stats = [stat if stat and stat[2] else None for stat in counted]
        self.share = [6 if stat is None else stat[3] * 5 // stat[2] for stat in self.stats]
        self.letters = [
            word.strip("()[],;:") if shape == 1 else ""
            for word, shape in zip(words, self.shapes, strict=True)
        ]
        self.initials = [
            "" if small else word.strip("()[],;:\"'")[:1].upper()
            for word, small in zip(words, self.small, strict=True)
        ]
        self.places = {
            one[0]: said.places.get(one[0], [])[:_MOST_PLACES] for one in self.split if one
        }
        self.again: dict[str, list[int]] = {}
        for at, key in enumerate(self.keys):
            self.again.setdefault(key, []).append(at)
        lowers = self.shapes.count(2)
        self.style = 0 if not lowers else 1 if lowers * 3 < len(words) else 2


def features(words: list[str], said: Evidence, known: Counts) -> Features:
    """The features of every span of at most twelve words, and of every gap."""
    line = _Line(words, said, known)
    crosses = [0] * (len(words) + 1)
    beside = [0] * (len(words) + 1)
    spans = _spans(line, said, known, crosses, beside)
    gaps = _gaps(line, said, known, crosses, beside)
    return Features(spans, gaps, _bin(_LENGTH, len(words)))


def _spans(
    line: _Line, said: Evidence, known: Counts, crosses: list[int], beside: list[int]
) -> list[list[list[int]]]:
    words, split, keys, shapes, small = line.words, line.split, line.keys, line.shapes, line.small
    share, letters, initials, style = line.share, line.letters, line.initials, line.style
    count = len(words)
    body, names, whole = said.body, said.names, said.whole
    title = f" {said.title} "
    terms, exact = known.terms, known.exact
    a = _SPAN_AT
    spans: list[list[list[int]]] = [[] for _ in words]
    nothing: list[int] = []
    # By end: the words of the longest known term that ends there and begins later.
    suffixes = [0] * (count + 1)
    known_ends: list[set[int]] = [set() for _ in range(count + 1)]
    for start in range(count - 1, -1, -1):
        row = spans[start]
        phrase: list[str] = []
        here: list[int] | None = None
        opened = closed = commas = unknown = small_upper = 0
        caps = lowers = shares = seen = 0
        prefix = 0
        initial = ""
        key = surface = ""
        again = [place for place in line.again[keys[start]] if place != start]
        first_shape = shapes[start]
        for end in range(start + 1, min(count, start + LONGEST) + 1):
            at = end - 1
            word = words[at]
            length = end - start
            before = len(phrase)
            phrase += split[at]
            if keys[at]:
                key = f"{key} {keys[at]}" if key else keys[at]
            surface = f"{surface} {word}" if surface else word
            initial += initials[at]
            shape = shapes[at]
            if "(" in word:
                opened += word.count("(")
            if ")" in word:
                closed += word.count(")")
            if "," in word:
                commas += word.count(",")
            if shape == 4:
                small_upper += word[0].isupper() and len(word) > 1
            elif shape == 2:
                lowers += 1
            elif shape < 2:
                caps += 1
            if share[at] == 6:
                unknown += 1
            else:
                shares += share[at]
                seen += 1
            if here is None:
                here = line.places[phrase[0]] if phrase else nothing
                before = 1
            if here:
                for offset in range(before, len(phrase)):
                    token = phrase[offset]
                    here = [p for p in here if body[p + offset] == token]
            if again:
                again = [
                    place
                    for place in again
                    if place + length <= count and keys[place + length - 1] == keys[at]
                ]
            found = terms.get(key)
            c, k = found or (0, 0)
            total = c + k
            found = exact.get(surface) if total else None
            exact_c, exact_k = found or (0, 0)
            inverted = 0
            if commas == 1 and word[-1] != "," and "," in phrase:
                comma = phrase.index(",")
                other = terms.get(" ".join(phrase[comma + 1 :] + phrase[:comma]))
                inverted = 2 if other and sum(other) else 1
            size = length - 1 if length < 3 else 2
            suffix = suffixes[end]
            halves = total == 0 and any(end in known_ends[m] for m in known_ends[start])
            prefixes = 0 if not prefix else (1 if prefix == 1 else 3) + (length - prefix > 1)
            suffixed = 0 if not suffix else (1 if suffix == 1 else 3) + (length - suffix > 1)
            if total:
                known_ends[start].add(end)
                prefix = length
                for gap in range(start + 1, end):
                    if crosses[gap] < total:
                        crosses[gap] = total
            times = len(here) if here else 0
            if length == 2:
                beside[start + 1] = times
            parted = with_ = named = in_title = 0
            if times and here:
                stop = len(phrase)
                lefts, rights = set(), set()
                # The body begins and ends with what is no word of the line.
                for p in here[:12]:
                    left, right = body[p - 1], body[p + stop]
                    lefts.add(left)
                    rights.add(right)
                    people = right in PEOPLE
                    if people or left == "with":
                        with_ = 1
                    if parted < 3:
                        marked = not left[0].isalnum()
                        if marked or left in SMALL:
                            marked_right = not right[0].isalnum()
                            if marked_right or people or right in SMALL:
                                parted = 3 if marked or marked_right else 2
                if not parted and len(lefts) > 2 and len(rights) > 2:
                    parted = 1
                inside = f" {key} "
                in_title = inside in title
                for name in names:
                    if name == inside:
                        named = 2
                        break
                    if inside in name:
                        named = 1
            cased = (0 if not lowers else 1 if not caps else 2 if first_shape < 2 else 3) + (
                4 if small_upper else 0
            )
            kind = 0 if not again else 1 if again[0] < start else 2
            short = 0
            if length > 1:
                if end < count and letters[end] and letters[end] == initial:
                    short = 1
                elif start and letters[start - 1] and letters[start - 1] == initial:
                    short = 2
            elif letters[start]:
                short = 3
                size_of = len(letters[start])
                if "".join(initials[max(0, start - size_of) : start]) == letters[start]:
                    short = 4
            row.append(
                [
                    a[0] + length - 1,
                    a[1] + first_shape * 6 + shape,
                    a[2] + (cased * 3 + style) * 3 + size,
                    a[3]
                    + (0 if not opened and not closed else 1 if opened == closed else 2) * 8
                    + (words[start][0] == "(") * 4
                    + (3 if word[-1] == "," else (commas if commas < 2 else 2)),
                    a[4] + small[start] * 2 + small[at],
                    a[5]
                    + (((_bin(_COUNT, c) * 6 + _bin(_COUNT, k)) * 3 + size) * 3)
                    + (0 if parted < 2 else 1 if not with_ else 2),
                    a[6] + ((_bin(_FEW, times) * 4 + parted) * 2 + whole) * 3 + size,
                    a[7] + (in_title * 3 + size) * 2 + whole,
                    a[8] + named * 4 + with_ * 2 + whole,
                    a[9] + kind * 3 + size,
                    a[10]
                    + ((shares // seen if seen else 6) * 3 + size) * 6
                    + (0 if not total else 1 if c >= k else 2) * 2
                    + (times > 0),
                    a[11] + ((unknown if unknown < 2 else 2) * 3 + size) * 2 + (times > 0),
                    a[12] + inverted * 4 + (total > 0) * 2 + (times > 0),
                    a[13]
                    + (
                        (length - 1 if length < 6 else 5) * 3
                        + (0 if not total else 1 if c >= k else 2)
                    )
                    * 3
                    + style,
                    a[14] + (prefixes * 5 + suffixed) * 3 + (1 if total else 2 * halves),
                    a[15] + ((total > 0) * 2 + (times > 0)) * 3 + size,
                    a[16] + short,
                    a[17]
                    + ((exact_c if exact_c < 2 else 2) * 3 + (exact_k if exact_k < 2 else 2)) * 2
                    + (total > 0),
                ]
            )
        for end in known_ends[start]:
            suffixes[end] = end - start
    return spans


def _gaps(
    line: _Line, said: Evidence, known: Counts, crosses: list[int], beside: list[int]
) -> list[list[int]]:
    words, keys, shapes, small, stats = line.words, line.keys, line.shapes, line.small, line.stats
    count = len(words)
    texts = known.texts
    b = _GAP_AT
    gaps: list[list[int]] = []
    places = [len(line.places[one[0]]) if one else 0 for one in line.split]
    # Keywords often begin with what the conditions said.
    repeats = [at for at in range(count) if line.again[keys[at]][0] < at and not small[at]]
    repeat = repeats[0] if repeats else count
    lower_all, lower_before = shapes.count(2), 0
    for at in range(1, count):
        stat, then = stats[at - 1], stats[at]
        ends = 6 if stat is None else stat[1] * 5 // stat[2]
        begins = 6 if then is None else then[0] * 5 // then[2]
        pair = f"{keys[at - 1]} {keys[at]}"
        within = _bin(_PAIR, known.pairs.get(pair, 0))
        near = _bin(_FEW, beside[at])
        cross = _bin(_FEW, crosses[at])
        both = shapes[at - 1] * 6 + shapes[at]
        lower_before += shapes[at - 1] == 2
        lower_after = lower_all - lower_before
        shape = shapes[at]
        least = _bin(_FEW, min(places[at - 1], places[at]))
        seen = min(texts.get(keys[at - 1], 0), texts.get(keys[at], 0))
        if seen < 5:
            bound = 0
        else:
            times = texts.get(pair, 0)
            part = times / seen if times >= SEEN else 0.0
            bound = 1 + bisect_right(_PARTS, part) if part else 1
        gaps.append(
            [
                b[0] + both,
                b[1] + _mark(words[at - 1]) * 4 + (words[at][0] in "([") * 2 + small[at],
                b[2] + min(_bin(_LENGTH, at), 5) * 10 + _bin(_LENGTH, count - at),
                b[3] + (near * 4 + least) * 2 + said.whole,
                b[4] + ends * 7 + begins,
                b[5] + (cross * 4 + near) * 5 + within,
                b[6] + small[at - 1] * 2 + (line.again[keys[at]][0] < at),
                b[7] + within * 5 + cross,
                b[8]
                + (min(lower_before, 2) * 3 + min(lower_after, 2)) * 3
                + (0 if shape < 2 else 1 if shape == 2 else 2),
                b[9] + line.share[at - 1] * 7 + line.share[at],
                b[10] + (both * 5 + within) * 2 + (near > 0),
                b[11] + bound * 5 + within,
                b[12] + line.style * 2 + small[at],
                b[13]
                + (
                    (1 if at < repeat else 2 if at == repeat else 0) * 5
                    + (line.again[keys[at]][0] < at) * 2
                    + (0 if keys[at] != keys[0] else 1 if line.again[keys[at]][1] == at else 2)
                )
                * 3
                + line.style,
            ]
        )
    return gaps
