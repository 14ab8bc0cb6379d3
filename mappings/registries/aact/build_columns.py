"""Make `columns.json`, the tables of AACT with their columns, in order, and the types of these.

AACT is CTTI's copy of ClinicalTrials.gov in PostgreSQL, whose tables are its pipe-delimited files.
Source: https://github.com/ctti-clinicaltrials/aact at commit 5a06028 of 2024-10-13, under the MIT
licence: `db/structure.sql` (the schema `ctgov_v2`, which has the name `ctgov` since June 2024), and
of `db/migrate` what was added since, `20240730222441_add_outome_id_to_result_groups.rb` and
`20240901191204_add_geo_point_to_facilities.rb`.

    python -m trialbridge.mappings.registries.aact.build_columns structure.sql MIGRATION...
    python -m trialbridge.mappings.registries.aact.build_columns structure.sql MIGRATION... --check
"""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

from trialbridge.schemas.made import settle

OUT = Path(__file__).resolve().with_name("columns.json")
_TABLE = re.compile(r"CREATE TABLE ctgov_v2\.(\w+) \(\n(.*?)\n\);", re.DOTALL)
_COLUMN = re.compile(r"^    (\w+) (.*?),?$", re.MULTILINE)
_ADDED = re.compile(r"add_column :(\w+), :(\w+), :(\w+)")
# What is no part of a record: searches of AACT's own, MeSH itself, and how the copy was made.
_ASIDE = {"mesh_headings", "mesh_terms", "search_results", "study_records", "study_searches"}
_TYPES = {
    "character": "text",
    "bigint": "integer",
    "numeric": "number",
    "decimal": "number",
    "double": "number",
}


def columns(structure: str, migrations: list[str]) -> dict[str, dict[str, str]]:
    """The types of the columns of each table."""
    found = {
        name: {column: _type(type_) for column, type_ in _COLUMN.findall(body)}
        for name, body in _TABLE.findall(structure)
        if name not in _ASIDE
    }
    for migration in migrations:
        for table, column, type_ in _ADDED.findall(migration):
            found[table][column] = _type(type_)
    return dict(sorted(found.items()))


def _type(said: str) -> str:
    first = re.split(r"\W", said)[0]
    return _TYPES.get(first, first)


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or check it; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("structure", type=Path, metavar="structure.sql")
    parser.add_argument("migrations", type=Path, nargs="*", metavar="MIGRATION")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args(arguments)
    texts = [path.read_text(encoding="utf-8") for path in [options.structure, *options.migrations]]
    made = {
        "source": "https://github.com/ctti-clinicaltrials/aact/tree/5a060286/db",
        "sha256": [hashlib.sha256(text.encode()).hexdigest() for text in texts],
        "tables": columns(texts[0], texts[1:]),
    }
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    return settle(OUT, text, "these files give", check=options.check)


if __name__ == "__main__":
    sys.exit(main())
