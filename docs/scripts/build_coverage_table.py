"""Make the tables of what each format carries, in the README and in the docs, from the mappings.

python docs/scripts/build_coverage_table.py    # rewrites the tables
python docs/scripts/build_coverage_table.py --check    # exits 1 if one is not current
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from trialbridge.formats import Format, written_formats
from trialbridge.mappings.coverage import Home, main_homes
from trialbridge.schemas.made import settle
from trialbridge.shown.report import HOMES

ROOT = Path(__file__).resolve().parents[2]
MARKED = re.compile(
    r"(?<=<!-- made by docs/scripts/build_coverage_table\.py -->\n).*?(?=<!-- end -->)", re.DOTALL
)

# What a row of the table by sections is called: the model's modules, those of one section together.
TITLES = {
    "/protocolSection/identificationModule": "identification",
    "/protocolSection/statusModule": "status and dates",
    "/protocolSection/sponsorCollaboratorsModule": "sponsors, responsible party",
    "/protocolSection/oversightModule": "oversight",
    "/protocolSection/descriptionModule": "descriptions",
    "/protocolSection/conditionsModule": "conditions, keywords",
    "/protocolSection/designModule": "design",
    "/protocolSection/armsInterventionsModule": "arms, interventions",
    "/protocolSection/outcomesModule": "outcomes",
    "/protocolSection/eligibilityModule": "eligibility",
    "/protocolSection/contactsLocationsModule": "contacts, officials, sites",
    "/protocolSection/referencesModule": "references, links, IPD sets",
    "/protocolSection/ipdSharingStatementModule": "IPD sharing",
    "/resultsSection": "results",
    "/annotationSection": "annotations",
    "/documentSection": "documents",
    "/derivedSection": "derived: MeSH, dates, countries",
    "/hasResults": "whether it has results",
    "/page": "what only the page's text says",
    "/registration": "which other register's record it is",
    "/unmapped": "what the model does not know",
}


def main(arguments: Sequence[str] = ()) -> int:
    """Write the tables or, with `--check`, tell whether they are; give the exit status."""
    status = 0
    for name, rows in (("README.md", totals), ("docs/formats/what-carries-what.md", summary)):
        path = ROOT / name
        table = "\n".join(rows()) + "\n"
        made = MARKED.sub(lambda _, table=table: table, path.read_text(encoding="utf-8"))
        status |= settle(path, made, "the tables give", check="--check" in arguments)
    return status


def _listed() -> list[Format]:
    """The formats that are written, each in one syntax: the other one carries the same."""
    return [known for known in written_formats() if not known.form_of]


def totals() -> Iterator[str]:
    """Give a table: for each format, how many leaves have which home."""
    yield "| format | " + " | ".join(HOMES.values()) + " |"
    yield "| --- |" + " --: |" * len(HOMES)
    for known in _listed():
        homes = list(main_homes(known.rows()).values())
        yield f"| `{known.name}` | " + " | ".join(str(homes.count(home)) for home in HOMES) + " |"


def summary() -> Iterator[str]:
    """Give a table: for each module of the model, how many leaves have which home in a format."""
    columns = {known.name: main_homes(known.rows()) for known in _listed()}
    leaves = next(iter(columns.values()))
    if untold := [leaf for leaf in leaves if not any(_below(leaf, prefix) for prefix in TITLES)]:
        raise ValueError(f"no title for {untold[0]}")
    yield "| what | leaves | " + " | ".join(f"`{name}`" for name in columns) + " |"
    yield "| --- | --: | " + " | ".join("---" for _ in columns) + " |"
    for prefix, title in TITLES.items():
        mine = [leaf for leaf in leaves if _below(leaf, prefix)]
        cells = [_counts([rows[leaf] for leaf in mine]) for rows in columns.values()]
        yield f"| {title} | {len(mine)} | " + " | ".join(cells) + " |"
    cells = [_counts(list(rows.values())) for rows in columns.values()]
    yield f"| **all** | **{len(leaves)}** | " + " | ".join(cells) + " |"


def _below(leaf: str, prefix: str) -> bool:
    return f"{leaf}/".startswith(f"{prefix}/")


def _counts(homes: list[Home]) -> str:
    """Say how many leaves have which home; one home alone has no number."""
    found = {home: homes.count(home) for home in HOMES if home in homes}
    if len(found) == 1:
        return HOMES[homes[0]]
    return ", ".join(f"{count} {HOMES[home]}" for home, count in found.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
