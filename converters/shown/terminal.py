"""Tables for a terminal, as wide as it is: columns, and cells folded where there is no room."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

_BETWEEN = "  "
# No column is folded to less, however narrow the terminal.
_LEAST = 12


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int, right: Sequence[str] = ()
) -> Iterator[str]:
    """Give the lines of a table; the columns named in `right` are aligned there, as numbers are.

    The widest columns give way until all fit in `width` characters.
    """
    every = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    while sum(widths) + len(_BETWEEN) * (len(widths) - 1) > width and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1
    yield from _lines(head, widths, head, right)
    yield _BETWEEN.join("-" * each for each in widths)
    for row in rows:
        yield from _lines(row, widths, head, right)


def _lines(
    row: Sequence[str], widths: Sequence[int], head: Sequence[str], right: Sequence[str]
) -> Iterator[str]:
    folded = [
        [cell[at : at + width] for at in range(0, len(cell), width)] or [""]
        for cell, width in zip(row, widths, strict=True)
    ]
    for parts in zip_longest(*folded, fillvalue=""):
        cells = [
            part.rjust(width) if name in right else part.ljust(width)
            for part, width, name in zip(parts, widths, head, strict=True)
        ]
        yield _BETWEEN.join(cells).rstrip()
