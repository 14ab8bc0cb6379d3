"""The line of conditions and keywords, split where the record's own words tell how.

The page joins the terms with single spaces. A run of words is a term where the record's texts use
it as one: between commas, full stops and small words, or after and before ever different words.
A line is split if such runs tile the whole of it, in one way with the fewest terms, and no two
words on either side of a boundary stand side by side anywhere in the record. Conditions come
first; where the keywords begin is told by a term said before, by a term that is not in title case
(the registry puts conditions in title case), or by the name of an intervention after terms that
the record says its patients have. Whatever is not told, is not split: precision comes first.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

Split = tuple[list[str], list[str]]
"""Conditions and keywords."""

# A hyphen and a slash do not part words: `Secondary-Progressive` is `secondary progressive`.
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?|[^\s\w/\\\u2010\u2013-]")
_STOP = "."
_LONGEST = 12
"""A term has no more words than this."""
_DIFFERENT = 3
"""So many different neighbours on a side tell that a term ends there."""

_SMALL_WORDS = """
a an the of in on for with without and or to by from at as is are was were be been being has have
had who which that this these those their its his her may can will would could should than then
into during after before between among within under over not no if when while where how whether
versus vs via per due using including such also both either each all any some it they we he she
"""
_PEOPLE_WORDS = """
patient subject participant people individual adult child children men women person adolescent
"""
_UNCAPPED_WORDS = """
of in with and or the to for by on at from due as a an without after during nos is via than vs not
into
"""
_SMALL = frozenset(_SMALL_WORDS.split())
_PEOPLE = frozenset(_PEOPLE_WORDS.split())
_BEFORE = _SMALL | {"treatment", "therapy", "patient"}
_AFTER = _SMALL | _PEOPLE | {"treatment", "therapy"}
_UNCAPPED = frozenset(_UNCAPPED_WORDS.split())


def split(line: str, tree: dict[str, Any]) -> Split | None:
    """Split a line into conditions and keywords, None where the record does not tell how.

    `tree` is the record in the model's JSON keys; its conditions module and the line itself are
    no evidence.
    """
    words = line.split()
    if len(words) == 1:
        return [line], []
    texts = list(_texts(tree))
    if not _all_occur(words, texts):
        return None
    record = _Record(texts)
    terms = _tile(words, record)
    if terms is None:
        return None
    keywords = _first_keyword(terms, record, tree)
    return None if keywords is None else (terms[:keywords], terms[keywords:])


def _texts(tree: dict[str, Any]) -> Iterator[str]:
    """What the record says in words, its names of people and places aside."""
    protocol = tree.get("protocolSection", {})
    for module, keys in (
        ("identificationModule", ("briefTitle", "officialTitle")),
        ("descriptionModule", ("briefSummary", "detailedDescription")),
        ("armsInterventionsModule", ("armGroups", "interventions")),
        ("outcomesModule", ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes")),
        ("eligibilityModule", ("eligibilityCriteria",)),
        ("referencesModule", ("references",)),
    ):
        found = protocol.get(module, {})
        for key in keys:
            yield from _strings(found.get(key))
    for trial in tree.get("page", {}).get("relatedTrials", ()):
        yield from _strings(trial.get("title"))


_SAYS = ("label", "name", "description", "otherNames", "measure", "citation")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key in _SAYS:
            yield from _strings(value.get(key))


@lru_cache(maxsize=65536)
def _stem(token: str) -> str:
    """A word without case, possessive and plural: `Diseases` is `disease`."""
    word = token.lower().replace("\u2019", "'").removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _tokens(text: str) -> list[str]:
    return [_stem(token) for token in _TOKEN.findall(text)]


def _all_occur(words: Sequence[str], texts: Sequence[str]) -> bool:
    """Tell at little cost that a line cannot be tiled: one of its words is nowhere."""
    said = "\n".join(texts).lower()
    return all(
        # `y` becomes `ies` in a plural, so the last letter is not asked.
        token[:-1] in said
        for word in words
        for token in _tokens(word)
        if len(token) > 3
    )


class _Record:
    """The record's words, one text after another with a stop between, and where each stands."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.tokens: list[str] = [_STOP]
        for text in texts:
            self.tokens += _tokens(text)
            self.tokens.append(_STOP)
        # A term with a full stop of its own may end on the last one.
        self.tokens.append(_STOP)
        self.places: dict[str, list[int]] = {}
        for place, token in enumerate(self.tokens):
            self.places.setdefault(token, []).append(place)

    def find(self, phrase: Sequence[str]) -> list[int]:
        """Where these words stand one after another."""
        length = len(phrase)
        return [
            place
            for place in self.places.get(phrase[0], ())
            if self.tokens[place : place + length] == phrase
        ]


class _Use(NamedTuple):
    """How often the record says some words, and whether it uses them as a term."""

    times: int
    term: bool


def _parted(token: str, small: frozenset[str]) -> bool:
    return not token[0].isalnum() or token in small


def _ends(neighbours: list[str], small: frozenset[str]) -> bool:
    parted = any(_parted(token, small) for token in neighbours)
    return len(set(neighbours)) + 2 * parted >= _DIFFERENT


def _use(phrase: list[str], record: _Record) -> _Use | None:
    places = record.find(phrase)
    length = len(phrase)
    if not places and phrase.count(",") == 1 and phrase[0] != "," and phrase[-1] != ",":
        # The registry's terms are often inverted: `Leukemia, Lymphoid`.
        comma = phrase.index(",")
        inverted = phrase[comma + 1 :] + phrase[:comma]
        places, length = record.find(inverted), len(inverted)
    if not places:
        return None
    sides = [(record.tokens[place - 1], record.tokens[place + length]) for place in places]
    term = any(_parted(left, _BEFORE) and _parted(right, _AFTER) for left, right in sides) or (
        _ends([left for left, _ in sides], _BEFORE) and _ends([right for _, right in sides], _AFTER)
    )
    return _Use(len(places), term)


def _may_be_term(words: Sequence[str]) -> bool:
    first, last = words[0].strip("(,").lower(), words[-1]
    text = " ".join(words)
    return (
        first not in _SMALL
        and last.lower() not in _SMALL
        and not last.endswith((",", ":", "-", "(", "/"))
        and any(letter.isalnum() for letter in last)
        and any(letter.isalpha() for letter in text)
        and text.count("(") == text.count(")")
    )


def _tile(words: list[str], record: _Record) -> list[str] | None:
    """Tile a line with the fewest terms, None if there is no way, or more than one."""
    tokens = [_tokens(word) for word in words]
    uses: dict[tuple[int, int], _Use] = {}
    for start in range(len(words)):
        phrase: list[str] = []
        for end in range(start + 1, min(len(words), start + _LONGEST) + 1):
            phrase = phrase + tokens[end - 1]
            use = _use(phrase, record) if phrase else None
            if use is not None:
                uses[start, end] = use
            elif not any("," in word for word in words[start : end + 1]):
                break
    # From each word to the end: how few terms, in how many ways, and the first term's end.
    best: dict[int, tuple[int, int, int]] = {len(words): (0, 1, 0)}
    for start in range(len(words) - 1, -1, -1):
        ways = [
            (best[end][0] + 1, best[end][1], end)
            for end in range(start + 1, len(words) + 1)
            if end in best
            and (use := uses.get((start, end))) is not None
            and use.term
            and _may_be_term(words[start:end])
        ]
        if ways:
            fewest = min(ways)[0]
            least = [way for way in ways if way[0] == fewest]
            best[start] = (fewest, sum(way[1] for way in least), least[0][2])
    if 0 not in best or best[0][1] != 1:
        return None
    terms: list[str] = []
    start = 0
    while start < len(words):
        end = best[start][2]
        if start and (start - 1, start + 1) in uses:
            return None
        terms.append(" ".join(words[start:end]))
        start = end
    return terms


def _in_title_case(term: str) -> bool:
    words = (word.strip('(),[]"') for word in term.split())
    return all(word.lower() in _UNCAPPED or not word[:1].islower() for word in words)


def _first_keyword(terms: list[str], record: _Record, tree: dict[str, Any]) -> int | None:
    """Which term is the first keyword, the number of terms if none is, None where it is not told.

    The first term is always a condition.
    """
    if len(terms) == 1:
        return 1
    names = _intervention_names(tree)
    said: set[tuple[str, ...]] = set()
    have = True
    for index, term in enumerate(terms):
        phrase = _tokens(term)
        patients_have = _patients_have(phrase, record)
        if index:
            itself = tuple(phrase) in said or not _in_title_case(term)
            if itself or (not patients_have and _is_named(phrase, names)):
                return index if (index == 1 and itself) or (index > 1 and have) else None
        said.add(tuple(phrase))
        have = have and patients_have
    return None


def _intervention_names(tree: dict[str, Any]) -> list[str]:
    module = tree.get("protocolSection", {}).get("armsInterventionsModule", {})
    return [
        f" {' '.join(_tokens(name))} "
        for intervention in module.get("interventions", ())
        for name in (intervention.get("name", ""), *intervention.get("otherNames", ()))
        if name
    ]


def _is_named(phrase: list[str], names: Sequence[str]) -> bool:
    term = f" {' '.join(phrase)} "
    return any(term in name or name in term for name in names)


def _patients_have(phrase: list[str], record: _Record) -> bool:
    """Whether the record says `patients with` these words, or `these words patients`."""
    for place in record.find(phrase):
        before = record.tokens[max(0, place - 4) : place]
        after = record.tokens[place + len(phrase)]
        if after in ("patient", "subject") or (
            before[-1] == "with" and not _PEOPLE.union({"diagnosed"}).isdisjoint(before[:-1])
        ):
            return True
    return False
