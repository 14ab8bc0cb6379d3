"""Compare two records, whatever their formats."""

from collections.abc import Iterator

from trialbridge import api
from trialbridge.homes import model_tree
from trialbridge.schemas.syntax.pointer import ABSENT, Difference, differences, walk
from trialbridge.schemas.trial import Trial


def diff(
    before: api.Source, after: api.Source, *, formats: tuple[str | None, str | None] = (None, None)
) -> list[Difference]:
    """Compare two records leaf by leaf, in any formats; empty if they say the same.

    Pointers are in the model's keys, into the record before, or into the one after for what was
    added. The formats are recognised by content unless they are said. Raises as `read` does, for
    keys that stand twice in an object of JSON as well.
    """
    return between(
        *(
            api.reading(source, format, unique=True).trial
            for source, format in zip((before, after), formats, strict=True)
        )
    )


def between(before: Trial, after: Trial) -> list[Difference]:
    """Compare two records as `diff` does."""
    found = differences(model_tree(before), model_tree(after))
    return [leaf for difference in found for leaf in _leaves(difference)]


def _leaves(found: Difference) -> Iterator[Difference]:
    """Tell what came or went as a whole by its leaves."""
    pointer, before, after = found
    if after is ABSENT:
        for leaf, value in walk(before, pointer):
            yield Difference(leaf, value, ABSENT)
    elif before is ABSENT:
        for leaf, value in walk(after, pointer):
            yield Difference(leaf, ABSENT, value)
    else:
        yield found
