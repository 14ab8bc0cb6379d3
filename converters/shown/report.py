"""Problems, differences, fidelity and coverage as lines for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import msgspec

from trialbridge.mappings.coverage import CoverageRow, Home, main_homes, pattern
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.pointer import ABSENT
from trialbridge.shown.terminal import table

if TYPE_CHECKING:
    from trialbridge.formats import Format
    from trialbridge.homes import Fidelity
    from trialbridge.schemas.syntax.pointer import Difference

# The home of a leaf in the words of every report.
HOMES: dict[Home, str] = {
    "native": "native",
    "official": "official extension",
    "ours": "our extension",
    "none": "not carried",
}
_LONGEST = 1_000


def one_line(text: str) -> str:
    """Give a text on one line, control characters escaped: sources may hold any."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def problem_line(name: str, problem: Problem) -> str:
    """Give a problem as `record.txt: error: /a/b: what is wrong [code]`."""
    # An unreadable path is its own place.
    place = f"{problem.path}: " if problem.path not in ("", name) else ""
    return one_line(f"{name}: {problem.severity}: {place}{problem.message} [{problem.code}]")


def difference_lines(found: Sequence[Difference]) -> Iterator[str]:
    """Give differences as a diff: the pointer, then before and after, as JSON on one line each."""
    for difference in found:
        yield one_line(difference.pointer)
        yield f"- {shown(difference.before)}"
        yield f"+ {shown(difference.after)}"


def shown(value: Any) -> str:
    """Give a value of the model as JSON on one line, cut after 1,000 characters."""
    if value is ABSENT:
        return str(ABSENT)
    text = one_line(msgspec.json.encode(value).decode())
    if len(text) > _LONGEST:
        return f"{text[:_LONGEST]}... ({len(text):,} characters)"
    return text


def difference_json(difference: Difference) -> dict[str, Any]:
    """Give a difference as an object; a side that is absent has no key."""
    sides = {"before": difference.before, "after": difference.after}
    return {"pointer": difference.pointer} | {
        side: value for side, value in sides.items() if value is not ABSENT
    }


def formats_text(formats: Sequence[Format]) -> Iterator[str]:
    """List formats: the name and the aliases, the title, and what can be done with each."""
    names = [", ".join((known.name, *known.aliases)) for known in formats]
    width = max(map(len, names))
    titles = max(len(known.title) for known in formats)
    for name, known in zip(names, formats, strict=True):
        yield f"{name:<{width}}  {known.title:<{titles}}  {known.uses}"


def format_text(known: Format) -> Iterator[str]:
    """Say of a format what can be done with it, and which options its writer takes."""
    yield f"{', '.join((known.name, *known.aliases))}: {known.title}"
    yield known.uses + (f"; {known.instead}" if known.instead else "")
    if known.writer is None:
        main = main_homes(known.rows())
        told = sum(home != "none" for home in main.values())
        listed = f"trialbridge coverage --to {known.name}"
        yield f"It tells {told} of the model's {len(main)} leaves: {listed}"
    for option in known.options:
        yield ""
        yield f"-O {option.name}={_word(option.default)}  {option.help}"
        yield f"  {option.expected}"


def format_json(known: Format) -> dict[str, Any]:
    """Give what `format_text` says as an object."""
    return {
        "name": known.name,
        "aliases": list(known.aliases),
        "title": known.title,
        "read": known.reader is not None,
        "written": known.writer is not None,
        "checked": known.validator is not None,
        "options": [
            {
                "name": option.name,
                "type": option.type,
                "default": option.default,
                "expected": option.expected,
                "help": option.help,
            }
            for option in known.options
        ],
    }


def _word(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def fidelity_lines(found: Fidelity) -> Iterator[str]:
    """Give the counts by home, then what is not carried, one line each."""
    total = sum(found.counts.values())
    yield f"{found.source} to {found.to}: {total} leaf values"
    for home, count in _counted(found):
        yield f"{home}: {count}"
    yield from left_out_lines(found)


def left_out_lines(found: Fidelity) -> Iterator[str]:
    """Name the parts of the record of which nothing is carried, with their leaf counts.

    A section is told by its members, as the difference after a round trip is, and what all items
    of a list lack is told once.
    """
    kept = {
        pointer[:end]
        for pointer in (*found.native, *found.official, *found.ours)
        for end in _ends(pointer)
    }
    counts: dict[str, int] = {}
    for pointer in found.not_carried:
        parts = [pointer[:end] for end in _ends(pointer)][1:]
        part = pattern(next((part for part in parts if part not in kept), pointer))
        counts[part] = counts.get(part, 0) + 1
    for part, count in counts.items():
        yield f"not carried: {one_line(part)}" + (f" ({count} leaf values)" if count > 1 else "")


def fidelity_table(found: Fidelity) -> Iterator[str]:
    """Give the counts by home as a table for a terminal."""
    total = sum(found.counts.values())
    rows = [
        (home, str(count), f"{count / total:.1%}" if total else "")
        for home, count in _counted(found)
    ]
    yield f"{found.source} to {found.to}"
    head = ("home", "leaf values", "share")
    yield from table(head, [*rows, ("all", str(total), "")], _width(), right=head[1:])


def coverage_totals(rows: Iterable[CoverageRow]) -> dict[Home, int]:
    """Count the leaves of the model by their main home, the first of each leaf."""
    main = main_homes(rows)
    return {home: sum(found == home for found in main.values()) for home in HOMES}


def coverage_text(rows: Sequence[CoverageRow]) -> Iterator[str]:
    """Give the coverage as lines: leaf, home, place, note, parted by tabs; then the totals."""
    for row in rows:
        yield "\t".join((row.leaf, HOMES[row.home], row.place, row.note)).rstrip()
    yield ""
    yield _totals(rows)


def _covers(to: Format) -> str:
    return f"{to.name}: where each leaf {'goes' if to.writer else 'is read from'}"


def coverage_markdown(to: Format, rows: Sequence[CoverageRow]) -> Iterator[str]:
    """Give the coverage as a Markdown table, for the mapping page of the documentation."""
    yield f"# {_covers(to)}"
    yield ""
    yield _totals(rows)
    yield ""
    yield "| leaf | home | place | note |"
    yield "| --- | --- | --- | --- |"
    for row in rows:
        place = f"`{row.place}`" if row.place else ""
        cells = (f"`{row.leaf}`", HOMES[row.home], place, row.note)
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def coverage_table(to: Format, rows: Sequence[CoverageRow]) -> Iterator[str]:
    """Give the coverage as a table for a terminal, with the totals below."""
    yield _covers(to)
    cells = [(row.leaf, HOMES[row.home], row.place, row.note) for row in rows]
    yield from table(("leaf", "home", "place", "note"), cells, _width())
    yield _totals(rows)


def _width() -> int:
    return get_terminal_size().columns


def _counted(found: Fidelity) -> list[tuple[str, int]]:
    return list(zip(HOMES.values(), found.counts.values(), strict=True))


def _ends(pointer: str) -> list[int]:
    """Give where each step of a pointer ends."""
    return [*(place for place in range(1, len(pointer)) if pointer[place] == "/"), len(pointer)]


def _totals(rows: Sequence[CoverageRow]) -> str:
    totals = coverage_totals(rows)
    parts = ", ".join(f"{HOMES[home]} {count}" for home, count in totals.items())
    return f"{sum(totals.values())} leaves: {parts}"
