"""Words as the line of conditions and keywords compares them."""

import re

# A hyphen and a slash do not part words: `Secondary-Progressive` is `secondary progressive`.
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?|[^\s\w/\\\u2010\u2013-]")
LONGEST = 12
"""A term has no more words than this."""

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
SMALL = frozenset(_SMALL_WORDS.split())
PEOPLE = frozenset(_PEOPLE_WORDS.split())
UNCAPPED = frozenset(_UNCAPPED_WORDS.split())


def _stem(token: str) -> str:
    """A word without case, possessive and plural: `Diseases` is `disease`."""
    word = token.lower().replace("\u2019", "'").removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class _Stems(dict[str, str]):
    """What was stemmed before: a page asks for thousands, and a look in a dict is the quickest."""

    def __missing__(self, token: str) -> str:
        if len(self) >= _MOST_STEMS:
            self.clear()
        found = self[token] = _stem(token)
        return found


_MOST_STEMS = 65536
_stems = _Stems()


def tokens(text: str) -> list[str]:
    return list(map(_stems.__getitem__, _TOKEN.findall(text)))
