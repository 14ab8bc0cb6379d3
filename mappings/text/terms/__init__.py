"""The line of conditions and keywords, split where the record's own words tell how.

The page joins the terms with single spaces. A run of words is a term where the record's texts use
it as one: between commas, full stops and small words, or after and before ever different words.
A line is split if such runs tile the whole of it, in one way with the fewest terms, and no two
words on either side of a boundary stand side by side anywhere in the record. Conditions come
first; where the keywords begin is told by a term said before, by a term that is not in title case
(the registry puts conditions in title case), or by the name of an intervention after terms that
the record says its patients have. Whatever is not told, is not split: precision comes first.

Beside this rule stands a model of how trials wrote their lists (docs/formats/terms-line.md).
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from trialbridge.mappings.text.terms.features import Evidence
from trialbridge.mappings.text.terms.model import Table, guess, table
from trialbridge.mappings.text.terms.words import LONGEST, PEOPLE, SMALL, UNCAPPED, tokens

Split = tuple[list[str], list[str]]
"""Conditions and keywords."""

MOST_WORDS = 400
"""A longer line is kept whole, untried."""
_MOST_PLACES = 300
"""A word's later places in the record are no evidence, so that cost stays linear in its length."""

_STOP = "."
_DIFFERENT = 3
"""So many different neighbours on a side tell that a term ends there."""

_BEFORE = SMALL | {"treatment", "therapy", "patient"}
_AFTER = SMALL | PEOPLE | {"treatment", "therapy"}


_LEAST = 0.9
"""Under this P of the model, the rule is believed where it finds two terms or more."""


class Reading(NamedTuple):
    """What a line was read as."""

    conditions: list[str]
    keywords: list[str]
    learned: float | None
    """P of what is given, if the model gave it; None if the record's own words told."""
    whole: bool
    """Whether the keywords are told too; if not, the rest of the line is only in the line."""


def read(line: str, tree: dict[str, Any], known: Table | None = None) -> Reading | None:
    """Read a line by the model and the rule, None where neither tells enough.

    `tree` is the record in the model's JSON keys, its conditions module no evidence.
    """
    words = line.split()
    if not words or len(words) > MOST_WORDS:
        return None
    if len(words) == 1:
        return Reading(words, [], None, True)
    said = evidence(words, tree)
    told = _split(words, said, tree)
    ruled = None if told is None else Reading(*told, None, True)
    known = known or table()
    found = guess(words, said, known)
    if ruled and len(ruled.conditions) + len(ruled.keywords) > 1 and found.whole < _LEAST:
        return ruled
    bounds = [0, *found.ends]
    terms = [" ".join(words[start:end]) for start, end in pairwise(bounds)]
    conditions, keywords = terms[: found.conditions], terms[found.conditions :]
    if found.whole - known.limits[0] * found.wrong >= known.limits[1]:
        if told == (conditions, keywords):
            return ruled
        return Reading(conditions, keywords, found.whole, True)
    if ruled is None and found.first >= known.limits[2]:
        return Reading(conditions, [], found.first, not keywords)
    return ruled


def evidence(words: Sequence[str], tree: dict[str, Any]) -> Evidence:
    """What the record says beside a line of these words."""
    protocol = tree.get("protocolSection", {})
    identification = protocol.get("identificationModule", {})
    body = [_STOP, *tokens(f" {_STOP} ".join(_texts(tree)))]
    # A term may end on the stop; after it comes what is no word.
    body += [_STOP, " "]
    places: dict[str, list[int]] = {token: [] for token in tokens(" ".join(words))}
    for place, token in enumerate(body):
        if token in places:
            places[token].append(place)
    for found in places.values():
        del found[_MOST_PLACES:]
    title = tokens(
        f"{identification.get('briefTitle', '')} . {identification.get('officialTitle', '')}"
    )
    whole = bool(
        protocol.get("eligibilityModule", {}).get("eligibilityCriteria")
        or protocol.get("descriptionModule", {}).get("detailedDescription")
    )
    return Evidence(body, places, " ".join(title), _intervention_names(tree), whole)


def split(line: str, tree: dict[str, Any]) -> Split | None:
    """Split a line by the rule into conditions and keywords, None where the record does not tell.

    `tree` is the record in the model's JSON keys; its conditions module and the line itself are
    no evidence.
    """
    words = line.split()
    if len(words) == 1:
        return [line], []
    return _split(words, evidence(words, tree), tree)


def _split(words: list[str], said: Evidence, tree: dict[str, Any]) -> Split | None:
    if not all(places for token, places in said.places.items() if token != ","):
        return None
    terms = _tile(words, said)
    if terms is None:
        return None
    keywords = _first_keyword(terms, said, tree)
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


def _find(said: Evidence, phrase: Sequence[str]) -> list[int]:
    """Where these words of the line stand one after another."""
    length = len(phrase)
    return [
        place
        for place in said.places.get(phrase[0], ())
        if said.body[place : place + length] == phrase
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


def _use(phrase: list[str], said: Evidence) -> _Use | None:
    places = _find(said, phrase)
    length = len(phrase)
    if not places and phrase.count(",") == 1 and phrase[0] != "," and phrase[-1] != ",":
        # The registry's terms are often inverted: `Leukemia, Lymphoid`.
        comma = phrase.index(",")
        inverted = phrase[comma + 1 :] + phrase[:comma]
        places, length = _find(said, inverted), len(inverted)
    if not places:
        return None
    sides = [(said.body[place - 1], said.body[place + length]) for place in places]
    term = any(_parted(left, _BEFORE) and _parted(right, _AFTER) for left, right in sides) or (
        _ends([left for left, _ in sides], _BEFORE) and _ends([right for _, right in sides], _AFTER)
    )
    return _Use(len(places), term)


def _may_be_term(words: Sequence[str]) -> bool:
    first, last = words[0].strip("(,").lower(), words[-1]
    text = " ".join(words)
    return (
        first not in SMALL
        and last.lower() not in SMALL
        and not last.endswith((",", ":", "-", "(", "/"))
        and any(letter.isalnum() for letter in last)
        and any(letter.isalpha() for letter in text)
        and text.count("(") == text.count(")")
    )


def _tile(words: list[str], said: Evidence) -> list[str] | None:
    """Tile a line with the fewest terms, None if there is no way, or more than one."""
    split = [tokens(word) for word in words]
    uses: dict[tuple[int, int], _Use] = {}
    for start in range(len(words)):
        phrase: list[str] = []
        for end in range(start + 1, min(len(words), start + LONGEST) + 1):
            phrase = phrase + split[end - 1]
            use = _use(phrase, said) if phrase else None
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
    return all(word.lower() in UNCAPPED or not word[:1].islower() for word in words)


def _first_keyword(terms: list[str], said: Evidence, tree: dict[str, Any]) -> int | None:
    """Which term is the first keyword, the number of terms if none is, None where it is not told.

    The first term is always a condition.
    """
    if len(terms) == 1:
        return 1
    names = _intervention_names(tree)
    before: set[tuple[str, ...]] = set()
    have = True
    for index, term in enumerate(terms):
        phrase = tokens(term)
        patients_have = _patients_have(phrase, said)
        if index:
            itself = tuple(phrase) in before or not _in_title_case(term)
            if itself or (not patients_have and _is_named(phrase, names)):
                return index if (index == 1 and itself) or (index > 1 and have) else None
        before.add(tuple(phrase))
        have = have and patients_have
    return None


def _intervention_names(tree: dict[str, Any]) -> list[str]:
    module = tree.get("protocolSection", {}).get("armsInterventionsModule", {})
    return [
        f" {' '.join(tokens(name))} "
        for intervention in module.get("interventions", ())
        for name in (intervention.get("name", ""), *intervention.get("otherNames", ()))
        if name
    ]


def _is_named(phrase: list[str], names: Sequence[str]) -> bool:
    term = f" {' '.join(phrase)} "
    return any(term in name or name in term for name in names)


def _patients_have(phrase: list[str], said: Evidence) -> bool:
    """Whether the record says `patients with` these words, or `these words patients`."""
    for place in _find(said, phrase):
        before = said.body[max(0, place - 4) : place]
        after = said.body[place + len(phrase)]
        if after in ("patient", "subject") or (
            before[-1] == "with" and not PEOPLE.union({"diagnosed"}).isdisjoint(before[:-1])
        ):
            return True
    return False
