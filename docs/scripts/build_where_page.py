"""Make the page of where each of the registry's data elements lives in each standard.

python docs/scripts/build_where_page.py            # rewrites docs/formats/where-it-lives.md
python docs/scripts/build_where_page.py --check    # writes nothing, exits 1 if it is not current
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from build_coverage_table import TITLES
from mapping_pages.odm import odm_place
from mapping_pages.usdm import usdm_place

from trialbridge.formats import written_formats
from trialbridge.mappings.coverage import CoverageRow
from trialbridge.schemas.made import line, settle
from trialbridge.schemas.terms.concepts import FHIR_VERSION, REGISTRY_VERSION, VALUE_SETS

PAGE = Path(__file__).resolve().parents[1] / "formats" / "where-it-lives.md"
LEAD = """\
# Where a data element lives

Made by `docs/scripts/build_where_page.py` from the mapping tables: the registry's data elements,
by the names of its [data structure](https://clinicaltrials.gov/data-api/about-api/study-data-structure),
and the main place of each in the standards. Where an element has several places, it is the one that
is read first; the pages of the formats have all of them, with codes.

A place in *italics* is ours: an extension of FHIR by its name, an item of the registry form in ODM,
an extension attribute of USDM by the element that it carries, from there on. An empty cell: the
format has no place, and what a record has there is told when it is written.

FHIR is R5, from a resource; ODM 2.0, from the one Study and its Protocol; SDTM, a row of TS by its
TSPARMCD or a column of TI; USDM 4.0, from the StudyVersion; PRS, the upload of ClinicalTrials.gov,
from `clinical_study`. The codes of values stand side by side in [Codes](#codes).
"""

CODES = f"""\
One row is one concept: the registry's code and label (data API {REGISTRY_VERSION}), FHIR's code
(R5 {FHIR_VERSION}), and CDISC's submission value with its code and name in NCI's thesaurus. An
empty cell: the standard has none, and the registry's own code is written.
"""

_FORM = re.compile(r"^ItemGroupData\[(?:.*)\]\.(?P<item>.*)$")
_ATTRIBUTE = re.compile(r"^.*extensionAttributes\[url='/?(?P<of>.*)'\].*$")
_EXTENSION = re.compile(r"\.value[A-Z][A-Za-z]+(?=\.|$)")


def fhir(place: str, ours: bool) -> str:
    """Give a place in FHIR; what an extension holds is its value."""
    return _EXTENSION.sub("", place) if ours else place


def odm(place: str, ours: bool) -> str:
    """Give a place in ODM: an item of the form by its OID alone."""
    return _FORM.sub(r"\g<item>", odm_place(place)) if ours else odm_place(place)


def usdm(place: str, ours: bool) -> str:
    """Give a place in USDM: an extension attribute by what it carries."""
    return (
        _ATTRIBUTE.sub(r"\g<of>", place).removeprefix("protocolSection/")
        if ours
        else usdm_place(place)
    )


class Column(NamedTuple):
    """A standard: its heading, the format that has it, and how a place of it is said."""

    title: str
    format: str
    said: Callable[[str, bool], str]


COLUMNS = (
    Column("FHIR", "fhir-r5", fhir),
    Column("ODM", "odm-2.0", odm),
    Column("SDTM", "sdtm", lambda place, ours: place),
    Column("USDM", "usdm", usdm),
    Column("PRS", "prs", lambda place, ours: place.removeprefix("clinical_study.")),
)


def main(arguments: Sequence[str] = ()) -> int:
    """Write the page or, with `--check`, tell whether it is current; give the exit status."""
    made = "\n".join(lines()).rstrip("\n") + "\n"
    return settle(PAGE, made, "the tables give", check="--check" in arguments)


def lines() -> Iterator[str]:
    """Give the lines of the page."""
    yield LEAD
    known = {one.name: one for one in written_formats()}
    columns = [main_rows(known[column.format].rows()) for column in COLUMNS]
    names = {leaf: name for leaf in columns[0] if (name := name_of(leaf))}
    for prefix, title in TITLES.items():
        leaves = [leaf for leaf in columns[0] if f"{leaf}/".startswith(f"{prefix}/")]
        if not any(leaf in names for leaf in leaves):
            continue
        yield f"## {title[0].upper()}{title[1:]}"
        yield ""
        yield line("data element", *(column.title for column in COLUMNS))
        yield line(*("---" for _ in range(len(COLUMNS) + 1)))
        for leaf in leaves:
            cells = (
                cell(column, rows[leaf]) for column, rows in zip(COLUMNS, columns, strict=True)
            )
            yield line(f"**{names[leaf]}**", *cells)
        yield ""
    yield from code_lines()


def main_rows(rows: Sequence[CoverageRow]) -> dict[str, CoverageRow]:
    """Give each leaf's main place, the first."""
    found: dict[str, CoverageRow] = {}
    for row in rows:
        found.setdefault(row.leaf, row)
    return found


def cell(column: Column, row: CoverageRow) -> str:
    """Say where a leaf is in a format; nothing if it is nowhere."""
    if row.home == "none" or not row.place:
        return ""
    ours = row.home == "ours"
    said = f"`{column.said(row.place, ours)}`"
    return f"*{said}*" if ours else said


@cache
def pieces() -> Mapping[str, str]:
    """Give the registry's names of its data elements, by path."""
    packed = files("trialbridge.mappings.registries").joinpath("pieces.json").read_bytes()
    return {path: piece for piece, path in json.loads(packed)["pieces"].items()}


def name_of(leaf: str) -> str | None:
    """Give the registry's name of a leaf; a part without one is of the element above it."""
    path = leaf.replace("/*", "")[1:].replace("/", ".")
    above, _, last = path.rpartition(".")
    if path in pieces():
        return pieces()[path]
    return f"{pieces()[above]}.{last}" if above in pieces() else None


def code_lines() -> Iterator[str]:
    """Give the concepts with their codes, as the formats' codecs are made of them."""
    yield "## Codes"
    yield ""
    yield CODES
    for name, held in VALUE_SETS.items():
        yield f"### {name.replace('_', ' ').capitalize()}"
        yield ""
        said = [f"FHIR: `{held.fhir}`"] if held.fhir else []
        said += [f"CDISC: {held.cdisc}, package of {held.version}"] if held.cdisc else []
        if said:
            yield "; ".join(said)
            yield ""
        yield line("registry", "label", "FHIR", "CDISC", "NCI", "NCI's name")
        yield line(*("---" for _ in range(6)))
        for row in held.rows:
            code = ", ".join(row.code) if isinstance(row.code, tuple) else str(row.code)
            fhir_code = f"`{row.fhir}`" if row.fhir else ""
            yield line(f"`{code}`", row.label, fhir_code, row.value, row.nci, row.preferred)
        yield ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
