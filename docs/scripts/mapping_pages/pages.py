"""A page of a mapping: its leaves with their places, by module, and its codes."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

from trialbridge.mappings.codec import Field, Record, attribute_type, item_type
from trialbridge.mappings.coverage import CoverageRow, Home
from trialbridge.mappings.fhir.definitions import meaning, walk
from trialbridge.mappings.names import Names
from trialbridge.schemas.made import line

FOLDER = Path(__file__).resolve().parents[2] / "formats"


class Coded(NamedTuple):
    """What is written for one value: the codes of the standard's systems, and those of ours."""

    value: str
    standard: tuple[str, ...]
    exact: tuple[str, ...]


Table = tuple[Coded, ...]


class Page(NamedTuple):
    """A page: of which table, and what its format calls homes, places and codes.

    `codes` gives the codes of the standard's systems, and those of ours, in what a codec writes;
    `tail` the lines after the codes.
    """

    path: Path
    title: str
    lead: str
    table: Record
    coverage: Callable[[], list[CoverageRow]]
    homes: Mapping[Home, str]
    place: Callable[[str], str]
    codes: Callable[[Any], tuple[tuple[str, ...], tuple[str, ...]]]
    code_lead: str
    tail: Callable[[], Iterator[str]]


def page(of: Page) -> Iterator[str]:
    """Give the lines of a page."""
    tables = coded_leaves(of)
    named = names_of(tables)
    yield f"# {of.title}"
    yield ""
    yield "Made by `docs/scripts/build_mapping_page.py` from the mapping tables."
    yield of.lead
    yield ""
    modules: dict[str, list[CoverageRow]] = {}
    for row in of.coverage():
        modules.setdefault(module_of(row.leaf), []).append(row)
    for module, rows in modules.items():
        if not any(row.place for row in rows):
            continue
        yield from module_lines(of, module, rows, tables, named)
    left = [f"`{module}`" for module, rows in modules.items() if not any(r.place for r in rows)]
    if left:
        yield "## Not carried"
        yield ""
        yield f"{', '.join(left)}: left aside, with a warning."
        yield ""
    yield from code_lines(of, named)
    yield from of.tail()


def module_of(leaf: str) -> str:
    """Give the module that a leaf is in; a leaf of the record itself is in none."""
    keys = leaf.split("/")
    return "/".join(keys[:3]) if keys[1].endswith("Section") else "/".join(keys[:-1][:2])


def module_lines(
    of: Page,
    module: str,
    rows: list[CoverageRow],
    tables: dict[str, Table],
    named: dict[Table, str],
) -> Iterator[str]:
    """Give a heading and the table of a module's leaves."""
    yield f"## {module.rpartition('/')[2] or 'record'}"
    yield ""
    if module:
        yield f"`{module}`: {meaning(module)}"
        yield ""
    yield "| leaf | place | home | codes |"
    yield "| --- | --- | --- | --- |"
    for row in rows:
        place = f"`{of.place(row.place)}`" if row.place else ""
        place += f"; {row.note}" if row.note else ""
        codes = codes_cell(tables[row.leaf], named) if row.leaf in tables else ""
        leaf = row.leaf.removeprefix(f"{module}/")
        yield line(f"`{leaf}`", place, of.homes[row.home], codes)
    yield ""


# --- codes ------------------------------------------------------------------------------------


def coded_leaves(of: Page) -> dict[str, Table]:
    """Give what is written for each value of each coded leaf, by running the tables."""
    found: dict[str, Table] = {}
    for leaf, row, table in walk(of.table):
        if row.codec.plain or row.home == "none" or row.leaves:
            continue
        coded = tuple(written(of, row, attribute_type(table.type, row.model)))
        # Of a leaf with several places each may have some of the values.
        before = found.get(leaf, ())
        known = {one.value for one in before}
        if more := tuple(one for one in coded if one.value not in known):
            found[leaf] = before + more
    return {row.leaf: found[row.leaf] for row in of.coverage() if row.leaf in found}


def written(of: Page, row: Field, type_: Any) -> Iterator[Coded]:
    """Give each value of a coded attribute with its codes; of a list, two that are one code too."""
    listed = item_type(type_)
    values = values_of(listed or type_)
    known: set[str] = set()
    for value in values:
        made = coded(of, row, [value] if listed else value, str(value))
        if made is None:
            continue
        if not (made.standard or made.exact):
            return
        known.update(made.standard)
        yield made
    for first in values if listed else ():
        for second in values:
            made = coded(of, row, [first, second], f"{first}, {second}")
            if made is not None and not set(made.standard) <= known:
                known.update(made.standard)
                yield made


def values_of(type_: Any) -> tuple[Any, ...]:
    """Give the values of a type that has few."""
    if type_ is bool:
        return (True, False)
    return get_args(type_) if get_origin(type_) is Literal else ()


def coded(of: Page, row: Field, value: Any, said: str) -> Coded | None:
    """Run a row's codec on a value; None where the row does not write it."""
    if row.when is not None and not row.when(value):
        return None
    return Coded(said, *of.codes(row.codec.write(value, Names())))


def names_of(tables: dict[str, Table]) -> dict[Table, str]:
    """Name each table that has a standard code of an enumeration after the first leaf it is of."""
    found: dict[Table, str] = {}
    for leaf, table in tables.items():
        if is_flag(table) or not any(one.standard for one in table):
            continue
        keys = [key for key in leaf.split("/") if key != "*"]
        found.setdefault(table, " ".join(keys[-2:]))
    return found


def is_flag(table: Table) -> bool:
    """Tell whether a table is of yes and no."""
    return {one.value for one in table} == {"True", "False"}


def codes_cell(table: Table, named: dict[Table, str]) -> str:
    """Say what the codes of a leaf are, or where they are listed."""
    if table in named:
        slug = re.sub(r"[^a-z0-9-]", "", named[table].lower().replace(" ", "-"))
        return f"[{named[table]}](#{slug})"
    if is_flag(table):
        yes, no = (f"`{(one.exact or one.standard)[0]}`" for one in table)
        return f"yes {yes}, no {no}"
    of_ = sorted({code.partition("#")[0] for one in table for code in one.exact})
    return f"the registry's, of {' and '.join(f'`{system}`' for system in of_)}"


def code_lines(of: Page, named: dict[Table, str]) -> Iterator[str]:
    """Give a table for each enumeration of which the standard has some codes."""
    yield "# Codes"
    yield ""
    yield of.code_lead
    yield ""
    for table, name in named.items():
        yield f"## {name}"
        yield ""
        yield "| registry | standard | beside it |"
        yield "| --- | --- | --- |"
        for one in table:
            cells = (", ".join(f"`{code}`" for code in codes) for codes in one[1:])
            yield line(f"`{one.value}`", *cells)
        yield ""
