"""`{}`, `[]` and "" come back from every format that loses nothing, wherever they stand.

Codecs that leave something empty away have to say so (`names.odd`), or no marker is written for it:
one that forgets is found here.
"""

from copy import deepcopy
from typing import Any

import msgspec
import pytest
from corpus import ALL
from filled import filled_trial

from trialbridge.formats import by_name
from trialbridge.schemas.syntax.pointer import get, walk
from trialbridge.schemas.trial import Trial

LOSSLESS = ("trial", "fhir-r5", "fhir-r4b", "fhir-r4", "odm-2.0", "odm-1.3.2", "usdm")
# Every so many places of a record; each format begins at another.
STEP = 1 if ALL else 150


def emptied(tree: dict[str, Any], place: str) -> Trial | None:
    """The trial with nothing at a place; None if the model wants something there."""
    changed = deepcopy(tree)
    above, _, key = place.rpartition("/")
    holder = get(changed, above)
    index: Any = int(key) if isinstance(holder, list) else key
    holder[index] = type(holder[index])()
    try:
        return msgspec.convert(changed, Trial)
    except msgspec.ValidationError:
        return None


@pytest.mark.parametrize("name", LOSSLESS)
def test_what_is_empty_comes_back_from_its_place(name: str) -> None:
    tree = msgspec.to_builtins(filled_trial(results=True))
    places = set()
    for pointer, _ in walk({key: held for key, held in tree.items() if key != "unmapped"}):
        parts = pointer.split("/")
        places |= {"/".join(parts[:depth]) for depth in range(2, len(parts) + 1)}
    held = [place for place in sorted(places) if isinstance(get(tree, place), dict | list | str)]
    known, seen = by_name(name), 0
    for place in held[LOSSLESS.index(name) * STEP // len(LOSSLESS) :: STEP]:
        trial = emptied(tree, place)
        if trial is not None:
            seen += 1
            data, _ = known.write(trial)
            assert known.read(data)[0] == trial, place
    assert seen > (800 if ALL else 4)
