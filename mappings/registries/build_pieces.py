"""Make `pieces.json`, the names that the registry's data elements have beside their places.

The registry calls each element of its data dictionary a piece, and its older API names the members
of its JSON by pieces. Source: the list of fields that its API gives,
https://clinicaltrials.gov/data-api/about-api/study-data-structure, as a table with the columns
`path`, `piece` and `type`, separated by tabs.

    python -m trialbridge.mappings.registries.build_pieces FIELDS.tsv
    python -m trialbridge.mappings.registries.build_pieces FIELDS.tsv --check
"""

import argparse
import csv
import hashlib
import json
import sys
from pathlib import Path

from trialbridge.schemas.made import settle

OUT = Path(__file__).resolve().with_name("pieces.json")


def pieces(table: str) -> str:
    """The text of `pieces.json` for a table of fields: checksum, places, which are CommonMark."""
    rows = list(csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    # The sections above the pieces are named by the paths of what is in them.
    paths = {row["piece"]: row["path"] for row in rows if row["piece"]}
    markup = sorted(row["piece"] for row in rows if row["type"] in ("markup", "markup[]"))
    made = {
        "source": "https://clinicaltrials.gov/data-api/about-api/study-data-structure",
        "sha256": hashlib.sha256(table.encode()).hexdigest(),
        "markup": markup,
        "pieces": paths,
    }
    return json.dumps(made, indent=0, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or check it; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("fields", type=Path, metavar="FIELDS.tsv")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args(arguments)
    made = pieces(options.fields.read_text(encoding="utf-8"))
    return settle(OUT, made, "this table gives", check=options.check)


if __name__ == "__main__":
    sys.exit(main())
