"""Make the pages of the mappings to FHIR R5, ODM, USDM and legacy XML, with their codes.

python docs/build_mapping_page.py            # rewrites docs/fhir-r5.md, odm-*.md, usdm.md, ...
python docs/build_mapping_page.py --check    # writes nothing, exits 1 if one is not current
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

from trialbridge.mappings.codec import Field, Record, attribute_type, item_type
from trialbridge.mappings.coverage import CoverageRow, Home
from trialbridge.mappings.fhir import r5 as fhir_r5
from trialbridge.mappings.fhir.definitions import Definition, extensions, meaning, systems, walk
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm import v1_3_2 as odm_1_3_2
from trialbridge.mappings.odm import v2_0 as odm_2_0
from trialbridge.mappings.registries import ctgov_csv
from trialbridge.mappings.registries.ctgov_xml import document as ctgov_xml
from trialbridge.mappings.sdtm import summary as sdtm
from trialbridge.mappings.usdm import v4_0 as usdm
from trialbridge.schemas.base import BASE
from trialbridge.schemas.sdtm.domains import IG_VERSION, MODEL_VERSION
from trialbridge.schemas.sdtm.rules import FORM, ODD, RULES
from trialbridge.schemas.terms.cdisc_codes import CDISC, CDISC_NAME, CDISC_VERSION
from trialbridge.schemas.terms.trial_summary import OF_TRIALS, REQUIRED
from trialbridge.shown.report import HOMES

FOLDER = Path(__file__).resolve().parent


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


def main(arguments: Sequence[str] = ()) -> int:
    """Write the pages or, with `--check`, tell whether they are current; give the exit status."""
    stale = 0
    made = [(one.path, page(one)) for one in PAGES]
    for path, lines in [*made, (FOLDER / "ctgov-csv.md", csv_page())]:
        content = "\n".join(lines).rstrip("\n") + "\n"
        if "--check" not in arguments:
            path.write_text(content, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != content:
            script = f"docs/{Path(__file__).name}"
            print(f"docs/{path.name} is not current: python {script}", file=sys.stderr)
            stale = 1
    return stale


def page(of: Page) -> Iterator[str]:
    """Give the lines of a page."""
    tables = coded_leaves(of)
    named = names_of(tables)
    yield f"# {of.title}"
    yield ""
    yield "Made by `docs/build_mapping_page.py` from the mapping tables."
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


def line(*cells: str) -> str:
    """Give a line of a table."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


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


def odm_codes(node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give CDISC's submission value with its NCI code, and the registry's code."""
    if isinstance(node, str):
        return (node,), ()
    standard, ours = [], []
    for holder in holders(node):
        for one in holder["Coding"]:
            if one["@System"] == CDISC:
                standard.append(f"{holder.get('@Value', '')} {one['@Code']}".strip())
            elif "@Code" in one:
                ours.append(f"{short(one['@System'])}#{one['@Code']}")
    return tuple(standard), tuple(ours)


def sdtm_codes(node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give TSVAL with its NCI code, or the null flavor."""
    if not isinstance(node, dict):
        return (), ()
    said = node.get("TSVAL", f"(TSVALNF {node.get('TSVALNF', '')})")
    return (f"{said} {node.get('TSVALCD', '')}".strip(),), ()


def sdtm_tail() -> Iterator[str]:
    """Give what a TS has beside the facts, and the rules that are checked."""
    yield from SDTM_RULES.splitlines()
    yield ""
    yield "| rule | dataset | what is told |"
    yield "| --- | --- | --- |"
    for rule in RULES:
        cited = f", {rule.cited}" if rule.cited.startswith("CG") else ""
        yield line(f"{rule.id}{cited}", rule.domain, rule.message)
    for rule in FORM:
        yield line(f"`{rule.id}`", rule.domain or "each", rule.message)
    for rule in ODD:
        yield line(f"`{rule.id}`", rule.domain or "each", f"{rule.message} (a warning)")


def holders(node: Any) -> Iterator[dict[str, Any]]:
    """Give each element in what a codec writes that has Codings; Codings alone have none."""
    if isinstance(node, dict):
        if "Coding" in node:
            yield node
        node = [inner for key, inner in node.items() if key != "Coding"]
    elif isinstance(node, list) and any("@System" in one for one in node):
        yield {"Coding": node}
        return
    for one in node if isinstance(node, list) else ():
        yield from holders(one)


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
    """Give a table of our code systems in FHIR."""
    yield from systems_table([(one.url, one.title, one.codes) for one in systems()])


def odm_system_lines() -> Iterator[str]:
    """Give a table of our code systems in ODM."""
    found: dict[str, tuple[str, Mapping[str, str]]] = {
        odm_2_0.EMPTY_KIND.url: (odm_2_0.EMPTY_KIND.title, odm_2_0.EMPTY_KIND.codes)
    }
    for _, row, _ in walk(odm_2_0.ODM):
        found |= {one.url: (one.title, one.codes) for one in row.codec.systems}
    yield from systems_table([(url, *found[url]) for url in sorted(found)])


def systems_table(found: list[tuple[str, str, Mapping[str, str]]]) -> Iterator[str]:
    """Give a table of code systems."""
    yield "# Our code systems"
    yield ""
    yield f"`{BASE}/CodeSystem/...`"
    yield ""
    yield "| system | title | codes |"
    yield "| --- | --- | --- |"
    for url, title, listed in found:
        codes = ", ".join(f"`{code}`" for code in listed)
        yield line(f"`{short(url)}`", title, codes)


def fhir_tail() -> Iterator[str]:
    """Give what FHIR has of ours."""
    yield from extension_lines()
    yield from system_lines()


# Most elements are of the protocol, and all are of the one study.
_ABOVE = re.compile(r"^ODM\.(?:Study\.MetaDataVersion\.)?(?:.*\.(?=StudyParameter\[))?")


def odm_place(place: str) -> str:
    """Give a place without what all have in common."""
    return _ABOVE.sub("", place).removeprefix("ReferenceData.").removesuffix(".#")


def usdm_codes(node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give decode and code of each Code of CDISC's terminology, and the registry's codes."""
    if isinstance(node, dict) and "decode" in node and "code" in node:
        if node["codeSystem"].startswith(BASE):
            return (), (f"{short(node['codeSystem'])}#{node['code']}",)
        return (f"{node['decode']} {node['code']}",), ()
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    found = [usdm_codes(one) for one in inner]
    return (
        tuple(code for standard, _ in found for code in standard),
        tuple(code for _, ours in found for code in ours),
    )


# Most is of the first version, and of its first design.
_ABOVE_USDM = re.compile(r"^Wrapper\.study\.(?:versions\.)?")


def usdm_tail() -> Iterator[str]:
    """Give what the tables do not show, and our code systems."""
    yield USDM_RULES
    found = {one.url: one for _, row, _ in walk(usdm.USDM) for one in row.codec.systems}
    yield from systems_table([(url, found[url].title, found[url].codes) for url in sorted(found)])


USDM_RULES = """\
# Rules

- **What USDM requires and a record does not state** is the least that USDM accepts: an empty text
  or list, `false`, for a code C17998 (Unknown), for a name the id of its object. All but a name are
  listed in the extension attribute `.../usdm/not-stated` of their object, and are read as absent as
  long as they stand as they were written.
- **Ages**: a range has two ends. Where the record has one of them, no other limit is known: 0 years
  below, 999 years above, each said to be not stated.
- **Arms and interventions**: USDM says in cells, of an arm in an epoch, what is given. A record has
  no epochs, so one without anything stated holds the cells of all arms; a record whose arms name no
  intervention has none.
- **Sites** are those that an organization manages of which nothing is stated. Their town, status
  and contacts are extension attributes.
- **Enrollment** that is actual is no planned number, and is an extension attribute.
- **Masking**: CDISC's double blind has the subject masked. A masking of two parties of which the
  subject is none is the registry's own code.
- **What USDM has no place for**, all results among it, is in extension attributes whose urls are
  ours and the path of the registry's data element; below them, the url is the element's name. A
  list is as many attributes of one url; an empty list has the `valueInteger` 0. Elements that are
  empty in the record are named by `.../usdm/empty/object`, `list` and `string`.
- **Documents of others**: the first version of the study is read, and its first design. Texts in
  HTML are read as lines, with the values that their tags refer to; end points by their own levels;
  names where there is no label. What a record has no place for stays in `unmapped`, with the
  document, and is written again in USDM alone: the same document where the record is the same;
  where facts were edited, they are put into it. Where arms, end points, criteria or sites were
  added or taken away, the document is written anew, and what is not in it is told.
- **Two rows differ from CDISC's mapping from ClinicalTrials.gov**: the primary purpose is in
  `intentTypes`, whose value set (C66736) has its codes, where the mapping names `subTypes`
  (C66739); and the description of an outcome is that of its end point, where it has no place.
- **Versions**: USDM 4.0 is read. Other versions are refused by name.
"""


def xml_codes(written: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the label that a code stands as."""
    return ((written,) if isinstance(written, str) else ()), ()


def xml_tail() -> Iterator[str]:
    """Give the rules that no table shows."""
    yield XML_RULES


XML_RULES = """\
# Rules

Counted on 460 documents of 2021 to 2023, 60 with results, and on their records in API v2, where one
of the same data is at hand.

- **Read and written.** All 460 come back equal, white space aside. What the model has no place for,
  and words that today's registry has others for (`Open Label`), are in `unmapped` at
  `/clinical_study`, by their places there; null stands for an element that would be written and is
  not in the document. They are written again where the record still says the same, and left out,
  with a warning, where it was edited.
- **Long texts** (`textblock`) are wrapped at 100 columns. Empty lines part paragraphs, ` -  ` and
  right-aligned numbers begin items, five columns deeper for each list. In the model they are
  CommonMark as the registry writes it: tight lists, `* ` and `1. `, what is in a list indented by
  the width of its marker, with an empty line before it; `\\ < > [ ] * _ ^ ~ &` have a backslash,
  and so has a number, dash or hash that begins a paragraph and no list. 48 of 48 texts with the
  same words are the same text in API v2.
- **Other texts** that are CommonMark in the model (descriptions of arms, interventions, outcomes
  and groups, comments) have a line for each paragraph. The registry left the markers of lists away
  there, so lists of API v2 are paragraphs here.
- **Names of people** are one text, or `first_name middle_name last_name, degrees` in old documents.
- **Agencies** are NIH, U.S. Fed, Industry or Other: what API v2 has finer (OTHER_GOV, NETWORK,
  INDIV, UNKNOWN) is OTHER. The organization that keeps the record has no class.
- **References** that the registry derived are not told from the background.
- **MeSH terms** have no ids, and the registry assigns them anew: API v2 of another day has others.
- **Status**: API v2 makes UNKNOWN of a study that was not verified for two years; the document has
  the status of its own day.
- **Follows, and is not stood for by an element**: interventions of arms (from the arms that each
  intervention names), whether there are results (whether `clinical_results` stands), whether an
  outcome is posted (whether participants were analysed), the kind of a document (from its file's
  name). Written and not read: number of arms or groups, countries, links of the header,
  `last_update_submitted_qc`; where a document has other words for them, these are kept.
- **Results**: groups are numbered from 1 by module (`P1` is FG000, `B1`, `O1`, `E1` likewise). The
  category `Total` of adverse events has what a group says of itself. What most events say of their
  vocabulary and assessment stands once. Comments are the texts of the numbers.
- **Absent**: standard ages, geographic points, types and domains of secondary ids, ancestors and
  branches of MeSH, history of submissions, violations.
"""


def csv_page() -> Iterator[str]:
    """Give the lines of the page on the CSV download."""
    yield "# A trial record in ClinicalTrials.gov's CSV download"
    yield ""
    yield "Made by `docs/build_mapping_page.py` from the list of columns."
    yield CSV_RULES
    yield "| column | before 2024 | leaves | taken apart |"
    yield "| --- | --- | --- | --- |"
    for column in ctgov_csv.COLUMNS:
        leaves = ", ".join(f"`{leaf}`" for leaf in column.leaves) or "follows from the number"
        apart = "kept whole" if column.name in ctgov_csv.WHOLE else "yes"
        yield line(f"`{column.name}`", f"`{column.before}`" if column.before else "", leaves, apart)


CSV_RULES = """\
One table has many records: `trialbridge.records` gives each row, and any choice of columns that has
the number is read. `convert --to ctgov-csv` writes a row below the names of today's 30 columns;
`-O columns="NCT Number|Study Title"` chooses, with the number first. Rows of several records, each
without its first line, make one table.

- Written from the records of API v2 of the same day, 298 of 298 rows of a download are the site's,
  byte for byte, quotes too. Of observational studies the site writes
  `Observational Model: |Time Perspective: p`, whatever the study is; so do we, and
  read nothing of it.
- What a pipe joins is taken apart (298 of 298 rows agree with API v2). A pipe in the name of an
  intervention does not part it, as each begins with its type.
- Outcomes and places are joined by commas, which their own texts have too: they are kept whole in
  `unmapped`, at `/csv`, by the name of the column, and written again where the record has none.
- Dates and enrollment do not say whether they are actual; ids do not say their kind.
- The site before 2024 had labels and dates in words, which are read, and columns that today's has
  not (`Outcome Measures`, `Sponsor/Collaborators`, `Funded Bys`, `Rank`, ages in words), which are
  kept whole. All 1,725 rows of seven downloads are read.
- A row whose quotes or number of columns are wrong is told with its line, and reading goes on where
  a line begins as a row does.
"""

SDTM_RULES = f"""\
## What a TS has beside the facts

What follows from the facts of a record, and is not read: `NARMS` and `NCOHORT` (how many arms or
groups), `TCNTRL` (types of the comparators), `ONGOSIND` (the overall status), `PDSTIND` (an age
range wholly below 18 or wholly from 18 on), `SDTIGVER` ({IG_VERSION}), `SDTMVER`
({MODEL_VERSION}). `TITLE` is the brief title where there is no other. `STUDYID` is the sponsor's
id, else that of the register.

What a TS demands and a record does not say has a null flavor: `NI` (no information), `NA` (not
applicable to a study of this kind, or without randomization), `PINF` and `NINF` (no limit of age).
These are demanded: {", ".join(f"`{name}`" for name in REQUIRED)}; of an interventional trial
{", ".join(f"`{name}`" for name in OF_TRIALS)} too. The list is that of FDA's guide as CDISC's rule
CORE-000737 has it.

`LENGTH` is `NI`: it is how long one subject is observed, which the dates of a study do not say.
`TRT` is what is studied; what comparator arms alone receive, one of them an active comparator, is
`COMPTRT`. Rows that belong together (an intervention with its type, a contact's name with the
telephone) have one `TSGRPID`. A value longer than 200 characters goes on in `TSVAL1`, `TSVAL2`
and further, each beginning where the one before ends.

`TI` has the single criteria that the text of eligibility lists. `IETEST` is one line of at most
200 characters; the whole text, with its paragraphs, is the decode of `IETESTCD` in the Define-XML.
Of a `TI` with several `TIVERS` the criteria of the last one are read.
`TA`, `TE` and `TV` (arms with elements, elements, visits) are written only where they were read: a
record has arms, and neither elements nor visits.

## Files

A zip with `define.xml` (Define-XML 2.1), `ts.json` and `ti.json` (Dataset-JSON 1.1); with
`-O form=xpt` transport files of version 5, which hold US-ASCII alone: a value with another
character is refused, with its row. `-O simplified=yes` is FDA's simplified `ts.xpt` and nothing
else. Times are `SOURCE_DATE_EPOCH`, else that of the record's last update, and the zip is not
packed, as what packs gives other bytes by its version: so they are the same at every run.

Read are such a zip, a folder with these files, and one dataset alone, as Dataset-JSON, XPT or CSV.
Datasets with data of subjects (`DM`, `AE`, ...) are never read. What a record has no place for is
kept at `/sdtm` and written again in `sdtm` alone.

## What is checked

`trialbridge validate` asks CDISC's open rules for TS and TI that a dataset alone can answer, the
columns of the implementation guide, the members of a Dataset-JSON, and the Define-XML: by CDISC's
XSD, by its references, and against the datasets beside it."""

PAGES = (
    Page(
        path=FOLDER / "fhir-r5.md",
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
    ),
    Page(
        path=FOLDER / "odm-2.0.md",
        title="A trial record in CDISC ODM 2.0",
        lead=f"""
A place is a path from the one Study, its MetaDataVersion, or an Organization or User of the
AdminData, in brackets which element of a list; `@` is an attribute. What ODM has an element for is
there. What CDISC's terminology ({CDISC_NAME}, {CDISC_VERSION}) has a term for is a StudyParameter
of the Protocol's StudySummary; one of one arm, site, ... has the OID of that element at the end of
its own, after `@`. All else, and the results, is the registry form: a group is an ItemGroupDef made
from a struct of the model, an item an ItemDef made from its attribute, with its type and the
registry's codes as a CodeList. A fact is an ItemData in a row of the group, in the ReferenceData.
The key of a row (ItemGroupRepeatKey) is the OID of the element that it is about, `ARM.1`, or a
number behind the key of what it is a part of, `ARM.1.2`, `2.1.3`.
Names and texts that an element requires, and the record does not have, are its OID and empty.""",
        table=odm_2_0.ODM,
        coverage=odm_2_0.coverage,
        homes={
            "native": "element",
            "official": "CDISC's parameter",
            "ours": "the form",
            "none": "not carried",
        },
        place=odm_place,
        codes=odm_codes,
        code_lead="""\
The registry's code, CDISC's submission value with the NCI code of its concept, and the registry's
own code, which is a Coding beside it. Where CDISC has no term, the value is the registry's label.
A term that stands for several is read, where it stands alone, as the first of them.""",
        tail=odm_system_lines,
    ),
    Page(
        path=FOLDER / "sdtm.md",
        title="A trial record in CDISC SDTM (TS, TI)",
        lead=f"""
A place is a row of the dataset TS by its TSPARMCD, or a column of TI. SDTMIG {IG_VERSION};
controlled terminology of {CDISC_VERSION}. This is a summary, and no lossless format: what it does
not carry is told.""",
        table=sdtm.TABLE,
        coverage=sdtm.coverage,
        homes=HOMES,
        place=str,
        codes=sdtm_codes,
        code_lead="""\
The registry's code, CDISC's submission value (TSVAL) with the NCI code of its concept (TSVALCD), or
the null flavor. Where CDISC has no term, the value is the registry's label in capital letters. A
term that stands for several is read as the first of them.""",
        tail=sdtm_tail,
    ),
    Page(
        path=FOLDER / "odm-1.3.2.md",
        title="A trial record in CDISC ODM 1.3.2",
        lead="""
ODM 1.3.2 has no trial design, no codes and no organizations. A place is a path from the one Study,
its MetaDataVersion, or a User of the AdminData. All else is the registry form, as in
[odm-2.0.md](odm-2.0.md): an item (`IT...`) of a row of a group (`IG...`) in the ReferenceData, with
its ItemGroupDef, ItemDef and CodeList. The name of the protocol is also that of the study, and its
description where the record has none. `-O template=yes` writes the form without data, as forms of
one visit, for an EDC system to import.""",
        table=odm_1_3_2.ODM,
        coverage=odm_1_3_2.coverage,
        homes={
            "native": "element",
            "official": "official",
            "ours": "the form",
            "none": "not carried",
        },
        place=odm_place,
        codes=odm_codes,
        code_lead="""\
The registry's code, as it stands in the form.""",
        tail=lambda: iter(()),
    ),
    Page(
        path=FOLDER / "usdm.md",
        title="A trial record in CDISC USDM 4.0",
        lead="""
A place is a path from the StudyVersion, or from the Study where it begins with `study`, in brackets
which object of a list. What USDM has a place for is there, by CDISC's own mapping from
ClinicalTrials.gov; all else is in extension attributes, on the object that it is about.""",
        table=usdm.USDM,
        coverage=usdm.coverage,
        homes={"native": "USDM's own", "official": "", "ours": "extension attribute", "none": ""},
        place=lambda place: _ABOVE_USDM.sub("", place),
        codes=usdm_codes,
        code_lead="""\
The registry's code, and CDISC's preferred term with its code; where CDISC has none, the registry's
own. A code that stands for several is read, where it stands alone, as the first of them.""",
        tail=usdm_tail,
    ),
    Page(
        path=FOLDER / "ctgov-xml.md",
        title="A trial record in ClinicalTrials.gov's legacy XML",
        lead="""\
A place is a path of elements from `clinical_study`, `@` an attribute, `#` the text of an element
with attributes. The form of the site's downloads until June 2024, which archives hold.""",
        table=ctgov_xml.STUDY,
        coverage=ctgov_xml.coverage,
        homes=HOMES,
        place=lambda place: place.removeprefix("clinical_study."),
        codes=xml_codes,
        code_lead="""\
The registry's code of today and the label that is written. A label that stands for several codes is
read as the first; labels that the registry had before are read too.""",
        tail=xml_tail,
    ),
)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
