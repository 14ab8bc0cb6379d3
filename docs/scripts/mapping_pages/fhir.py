"""The page of FHIR R5: codes, extensions and code systems."""

from collections.abc import Iterator
from typing import Any

from mapping_pages.pages import FOLDER, Page
from mapping_pages.systems import short, systems_table
from trialbridge.mappings.fhir import r5 as fhir_r5
from trialbridge.mappings.fhir.definitions import Definition, extensions, systems
from trialbridge.schemas.base import BASE
from trialbridge.schemas.made import line
from trialbridge.shown.report import HOMES


def codings(node: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give system and code of each Coding in what a codec writes."""
    if isinstance(node, dict):
        if f"{prefix}code" in node and f"{prefix}system" in node:
            yield node[f"{prefix}system"], node[f"{prefix}code"]
        node = list(node.values())
    for one in node if isinstance(node, list) else ():
        yield from codings(one, prefix)


def fhir_codes(node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the codes of FHIR's systems, and those of ours, as `system#code`."""
    found = list(codings(node))
    standard = [(system, code) for system, code in found if not system.startswith(BASE)]
    ours = [(system, code) for system, code in found if system.startswith(BASE)]
    first, second = (
        tuple(f"{short(system)}#{code}" for system, code in part) for part in (standard, ours)
    )
    return first, second


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
    """Give a table of our code systems in FHIR."""
    yield from systems_table([(one.url, one.title, one.codes) for one in systems()])


def fhir_tail() -> Iterator[str]:
    """Give what FHIR has of ours."""
    yield from extension_lines()
    yield from system_lines()


R5 = Page(
    path=FOLDER / "fhir" / "fhir-r5.md",
    title="A trial record in FHIR R5",
    lead="""\
A place is a path from a resource, in brackets which element of a list. `trialbridge definitions
--output package.tgz` writes the definitions of our extensions and code systems.""",
    table=fhir_r5.STUDY,
    coverage=fhir_r5.coverage,
    homes=HOMES,
    place=str,
    codes=fhir_codes,
    code_lead="""\
The registry's code, the standard's (of the system before `#`) and, where there is one,
the registry's own that is written beside it. A code of the standard that stands for
several is read, where it stands alone, as the first of them.""",
    tail=fhir_tail,
)
