"""The registry's records as text: what the layout shows comes back."""

from functools import cache
from typing import Any

import corpus
import pytest
from benches import bench
from text_pages import HURTS, trial_of

from trialbridge.formats import text
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.schemas.trial import Trial

FIDELITY = "fidelity/text_fidelity"


def test_what_the_layout_shows_of_the_corpus_comes_back() -> None:
    records = corpus.records()
    figures = bench(FIDELITY).measure(records if corpus.ALL else records[::5])
    shares = {kind: figures.share(kind) for kind in figures.facts}
    assert len(shares) > 40
    # Measured: 0.997 for the worst kind, precision 0.976, recall 0.052.
    # Of a few records, one that is wrong weighs more.
    least = 0.995 if corpus.ALL else 0.98
    assert {kind: share for kind, share in shares.items() if share < least} == {}
    if corpus.ALL:
        assert figures.precision >= 0.97
        assert figures.recall >= 0.05


# Pages of a hundred that say something else. Where blank lines are gone, whether a list within a
# criterion had one before it is told by the rest of the text, wrongly on two pages; a page with an
# entity in its own text, all of whose others are in a heading, is read as if it were not escaped.
TOLERATED = {"no blank lines": 2, "headings by synonyms": 1}


@cache
def pages() -> list[tuple[dict[str, Any], str, Trial]]:
    """A hundred records: what the layout shows of each, its page, what that says.

    A fifth of them unless TRIALBRIDGE_CORPUS_ALL is set.
    """
    shown = bench(FIDELITY).shown
    found = []
    for data in corpus.records()[::10][: 100 if corpus.ALL else 20]:
        trial, _ = ctgov.read(data)
        source = text.write(trial)[0].decode()
        found.append((shown(trial), source, trial_of(source)))
    return found


@pytest.mark.parametrize("name", HURTS)
def test_hurt_pages_of_the_corpus_say_the_same(name: str) -> None:
    shown = bench(FIDELITY).shown
    other = []
    for facts, source, trial in pages():
        hurt = trial_of(HURTS[name](source))
        # A page whose own text is all entities says it better when it is escaped once more.
        if hurt != trial and shown(hurt) != facts:
            other.append(source.split("\n")[2])
    assert len(other) <= TOLERATED.get(name, 0), other
