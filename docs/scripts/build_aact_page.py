"""Make the page on AACT's tables from the table of what each column has.

python docs/scripts/build_aact_page.py            # rewrites docs/formats/registries/aact.md
python docs/scripts/build_aact_page.py --check    # writes nothing, exits 1 if it is not current
"""

import sys
from pathlib import Path

from trialbridge.formats import by_name
from trialbridge.mappings.registries.aact.document import REFERENCES, columns, table
from trialbridge.mappings.registries.aact.rows import CODE, Flags, Rows
from trialbridge.schemas.made import settle

PAGE = Path(__file__).resolve().parents[1] / "formats" / "registries" / "aact.md"

LEAD = """\
# AACT: CTTI's tables of ClinicalTrials.gov

Made by `docs/scripts/build_aact_page.py` from the table in `mappings/registries/aact/`.

[AACT](https://aact.ctti-clinicaltrials.org) is the registry as a relational database, daily, in
PostgreSQL and as pipe-delimited files. `aact` writes one's own records so, and reads such
files: the SQL that was written for AACT runs on records of any format.

    trialbridge convert exports/ --to aact -o tables/     # studies.txt, designs.txt, ...
    trialbridge convert tables/ --to fhir-r5 -o fhir/     # and back: a folder or a zip of it
    trialbridge convert one.json --to aact -o one.zip     # one record: a zip of its tables

```sql
CREATE TABLE studies AS
  FROM read_csv('tables/studies.txt', delim = '|', header = true, quote = '"', escape = '"');
```

The columns, in their order, are those of the database's schema (`columns.json` names source and
checksum), and what is in them is what CTTI's code takes of the registry's API v2: its codes
(`INTERVENTIONAL`, `PHASE1/PHASE2`), no labels.

# Rules

- **Files**: UTF-8, a first line of names, `|` between cells. A cell that has a pipe, a quote or
  an end of line is quoted, and its quotes are doubled; `""` is an empty text, and an empty cell
  is none. Booleans are `t` and `f`. The files of AACT's own downloads have no ends of lines
  within cells, `~` in their place, and no doubled quotes: they are read as they are.
- **Keys**: `nct_id` is the study's. Of a record of another register it is that register's id,
  and it is read back as that. A record without an id is refused, and so is a second record of
  the same id. The other ids are counted from 1 over the records of a run, and rows refer to
  each other by them.
- **Size**: of a folder of tables one study is in memory at a time, beside an index of where the
  rows of each are; the tables of a zip are unpacked in memory, and may have 1 GiB.
- **Order**: rows are read in the order of their ids.
- **Dates** of a month or a year have their text in the column `..._month_year`, which is read,
  and its last day in the column `..._date`, as in AACT; of `anticipated_posting_date` it is the
  first.
- **Numbers**: a text that is none is not in a column of numbers. Where there is a column of its
  text too (`..._raw`), that is read.
- **Arms** of interventions are rows of `design_group_interventions`; an arm's own list of its
  interventions follows from these, in the order of the interventions.
- **Contacts of sites**: those whose role is CONTACT are in `facility_contacts`, all others in
  `facility_investigators`, study directors too, whose role AACT's own copy loses. They are read
  in this order.
- **Measurements** repeat what is above them. Rows with the same title, units and so on, one
  after another, are of one measure, class and category, where each group has one value. A
  measure, class, category, milestone or event without values has a row without a group, as
  AACT has for classes. What the rows of `reported_events` repeat of all events needs an event.
- **What AACT calculates** (`calculated_values`, lower-case names, the numbers of arms) is as
  its code calculates it, of ages that are stated alone. `were_results_reported` is the
  registry's `hasResults`. `created_at`, `updated_at` and the day of the download are empty.
- **What is not carried** is told: each record is read back from its rows when it is written,
  and what is not the same is a warning with its place. It is what the registry derives and AACT
  has no table for (ids of MeSH, browse leaves and branches), how files were uploaded,
  denominators of classes, and a few details of results.
- **What has a column and does not come back**, told too: 52 of 732,418 values of 1,007 records
  (`python bench/aact.py RECORDS`). 33 are what a record without any event says of its events (17
  thresholds of frequency, 11 time frames, 5 descriptions), which stand in rows of events alone. 15
  limits of baseline measurements (9 upper, 6 lower) have a comma for thousands, `2,247`, and one
  parameter of an analysis one for decimals, `-0,083`: these columns are numbers, and have no text
  beside them as values have. 3 are names of interventions of one arm, which lists others than the
  interventions that name it.
- **What is read and has no place** is told: columns that are not listed below, and numbers or
  days whose text is not there. A table or a column that is not there says nothing, but for
  keys.
- **Older copies** (before API v2) have labels for codes, which are read as the codes that they
  are for.
- **What is broken** is told with its table and line, and costs its study alone; a table without
  its keys, or no `studies.txt`, is the fault of all.

No download of AACT was at hand for tests: the format rests on CTTI's code and schema, and on
the 1,007 records of the corpus, written and read back.

# Tables

`#` is a row for each item. In italics what follows from others, and is not read.
"""


def page() -> str:
    """The page's text."""
    by_table: dict[str, list[tuple[str, str, str]]] = {name: [] for name in columns()}
    for rows in table():
        _gather(rows, "", by_table)
    lines = [LEAD]
    for name, found in by_table.items():
        lines += [f"## `{name}`", "", "| column | leaf | |", "| --- | --- | --- |"]
        listed = dict.fromkeys(found)
        order = list(columns()[name])
        told = {column for column, _, _ in listed}
        rest = [(column, "", _why(column)) for column in order if column not in told]
        for column, leaf, note in sorted([*listed, *rest], key=lambda one: order.index(one[0])):
            lines.append(f"| `{column}` | {f'`{leaf}`' if leaf else ''} | {note} |")
        lines.append("")
    native = sum(row.home == "native" for row in by_name("aact").rows())
    lines.append(f"{native} leaves of the model have a column.")
    return "\n".join(lines) + "\n"


def _gather(rows: Rows, above: str, found: dict[str, list[tuple[str, str, str]]]) -> None:
    own = found[rows.table]
    fixed = ", ".join(f"{name} is `{said}`" for name, said in rows.fixed.items())
    for level in rows.levels:
        above += f"/{level.path}" * bool(level.path) + "/#" * level.many
        for column in level.columns:
            if isinstance(column, Flags):
                own += [
                    (name, f"{above}/{column.key}", f"`{code}`") for name, code in column.columns
                ]
            else:
                leaf = f"{above}/{column.key}" if column.key else above
                own.append((column.name, leaf, f"where {fixed}" if fixed else ""))
    own += [(name, "", "which rows these are") for name in rows.fixed]
    written = {column for column, _, _ in own}
    own += [(name, "", "*follows*") for name in rows.derived if name not in written]
    for one in rows.below:
        _gather(one, above, found)


def _why(column: str) -> str:
    if column == "id":
        return "*counted*"
    if column == "nct_id":
        return "the study"
    if column in REFERENCES:
        follows = f", by `{CODE}`" if column == "result_group_id" else ""
        return f"a row of `{REFERENCES[column]}`{follows}"
    return "empty"


def main(arguments: list[str]) -> int:
    """Write the page, or check it; give the exit status."""
    return settle(PAGE, page(), "the table gives", check="--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
