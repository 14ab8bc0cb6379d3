"""Make the page of the FHIR R5 mapping, with its code tables and extensions, from the tables.

python docs/build_mapping_page.py            # rewrites docs/fhir-r5.md
python docs/build_mapping_page.py --check    # writes nothing, exits 1 if it is not current
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

from trialbridge.mappings.codec import Field, attribute_type, item_type
from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.definitions import Definition, extensions, meaning, systems, walk
from trialbridge.mappings.fhir_r5 import STUDY, coverage
from trialbridge.mappings.names import Names
from trialbridge.report import HOMES
from trialbridge.schemas.base import BASE

PATH = Path(__file__).resolve().with_name("fhir-r5.md")


class Coded(NamedTuple):
    """What is written for one value: the codes of the standard's systems, and those of ours."""

    value: str
    standard: tuple[str, ...]
    exact: tuple[str, ...]


Table = tuple[Coded, ...]


def main(arguments: Sequence[str] = ()) -> int:
    """Write the page or, with `--check`, tell whether it is current; give the exit status."""
    content = "\n".join(page()) + "\n"
    if "--check" not in arguments:
        PATH.write_text(content, encoding="utf-8")
    elif not PATH.exists() or PATH.read_text(encoding="utf-8") != content:
        print(
            f"docs/{PATH.name} is not current: python docs/{Path(__file__).name}", file=sys.stderr
        )
        return 1
    return 0


def page() -> Iterator[str]:
    """Give the lines of the page."""
    tables = coded_leaves()
    named = names_of(tables)
    yield "# A trial record in FHIR R5"
    yield ""
    yield "Made by `docs/build_mapping_page.py` from the mapping tables. A place is a path from a"
    yield "resource, in brackets which element of a list. `trialbridge definitions --out"
    yield "package.tgz` writes the definitions of our extensions and code systems."
    yield ""
    modules: dict[str, list[CoverageRow]] = {}
    for row in coverage():
        modules.setdefault(module_of(row.leaf), []).append(row)
    for module, rows in modules.items():
        if not any(row.place for row in rows):
            continue
        yield from module_lines(module, rows, tables, named)
    left = [f"`{module}`" for module, rows in modules.items() if not any(r.place for r in rows)]
    if left:
        yield "## Not carried"
        yield ""
        yield f"{', '.join(left)}: left aside, with a warning."
        yield ""
    yield from code_lines(named)
    yield from extension_lines()
    yield from system_lines()


def module_of(leaf: str) -> str:
    """Give the module that a leaf is in; a leaf of the record itself is in none."""
    keys = leaf.split("/")
    return "/".join(keys[:3]) if keys[1].endswith("Section") else "/".join(keys[:-1][:2])


def module_lines(
    module: str, rows: list[CoverageRow], tables: dict[str, Table], named: dict[Table, str]
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
        place = f"`{row.place}`" + (f"; {row.note}" if row.note else "")
        codes = codes_cell(tables[row.leaf], named) if row.leaf in tables else ""
        leaf = row.leaf.removeprefix(f"{module}/")
        yield line(f"`{leaf}`", place, HOMES[row.home], codes)
    yield ""


def line(*cells: str) -> str:
    """Give a line of a table."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


# --- codes ------------------------------------------------------------------------------------


def coded_leaves() -> dict[str, Table]:
    """Give what is written for each value of each coded leaf, by running the tables."""
    found: dict[str, Table] = {}
    for leaf, row, table in walk(STUDY):
        if row.codec.plain or row.home == "none" or row.leaves:
            continue
        coded = tuple(written(row, attribute_type(table.type, row.model)))
        if coded:
            found.setdefault(leaf, coded)
    return {row.leaf: found[row.leaf] for row in coverage() if row.leaf in found}


def written(row: Field, type_: Any) -> Iterator[Coded]:
    """Give each value of a coded attribute with its codes; of a list, two that are one code too."""
    listed = item_type(type_)
    values = values_of(listed or type_)
    known: set[str] = set()
    for value in values:
        made = coded(row, [value] if listed else value, str(value))
        if not made.standard and not made.exact:
            return
        known.update(made.standard)
        yield made
    for first in values if listed else ():
        for second in values:
            made = coded(row, [first, second], f"{first}, {second}")
            if not set(made.standard) <= known:
                known.update(made.standard)
                yield made


def values_of(type_: Any) -> tuple[Any, ...]:
    """Give the values of a type that has few."""
    if type_ is bool:
        return (True, False)
    return get_args(type_) if get_origin(type_) is Literal else ()


def coded(row: Field, value: Any, said: str) -> Coded:
    """Run a row's codec on a value."""
    found = list(codings(row.codec.write(value, Names())))
    standard = [(system, code) for system, code in found if not system.startswith(BASE)]
    ours = [(system, code) for system, code in found if system.startswith(BASE)]
    return Coded(
        said, *(tuple(f"{short(s)}#{code}" for s, code in part) for part in (standard, ours))
    )


def codings(node: Any) -> Iterator[tuple[str, str]]:
    """Give system and code of each Coding in what a codec writes."""
    if isinstance(node, dict):
        if "code" in node and "system" in node:
            yield node["system"], node["code"]
        node = list(node.values())
    for one in node if isinstance(node, list) else ():
        yield from codings(one)


def short(system: str) -> str:
    """Give the last part of a system's url."""
    return system.rpartition("/")[2]


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
        yes, no = (f"`{(one.standard + one.exact)[0]}`" for one in table)
        return f"yes {yes}, no {no}"
    (system,) = {code.partition("#")[0] for one in table for code in one.exact}
    return f"the registry's, of `{system}`"


def code_lines(named: dict[Table, str]) -> Iterator[str]:
    """Give a table for each enumeration of which the standard has some codes."""
    yield "# Codes"
    yield ""
    yield "The registry's code, the standard's (of the system before `#`) and, where there is one,"
    yield "the registry's own that is written beside it. A code of the standard that stands for"
    yield "several is read, where it stands alone, as the first of them."
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


# --- definitions of ours ----------------------------------------------------------------------


def extension_lines() -> Iterator[str]:
    """Give a table of our extensions: the elements that have them, their values, their leaves."""
    yield "# Our extensions"
    yield ""
    yield f"`{BASE}/StructureDefinition/...`"
    yield ""
    yield "| extension | in | value | carries |"
    yield "| --- | --- | --- | --- |"
    for one in extensions():
        contexts = ", ".join(f"`{context}`" for context in sorted(one.contexts))
        carried = ", ".join(f"`{leaf}`" for leaf in one.carried) or "; ".join(one.notes)
        yield line(f"`{one.id}`", contexts, value_cell(one), carried)
    yield ""


def value_cell(one: Definition) -> str:
    """Give the types of a value, or the parts with theirs."""
    if not one.parts:
        return " or ".join(f"`{kind}`" for kind in one.kinds)
    parts = (
        f"{part.id} 0..{'*' if part.many else '1'}: {value_cell(part)}"
        for part in one.parts.values()
    )
    return "{" + ", ".join(parts) + "}"


def system_lines() -> Iterator[str]:
    """Give a table of our code systems."""
    yield "# Our code systems"
    yield ""
    yield f"`{BASE}/CodeSystem/...`"
    yield ""
    yield "| system | title | codes |"
    yield "| --- | --- | --- |"
    for system in systems():
        codes = ", ".join(f"`{code}`" for code in system.codes)
        yield line(f"`{short(system.url)}`", system.title, codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
