"""Make `tables.md`, the columns of the tables that `--layout parquet` writes, from the model.

python docs/scripts/build_tables_page.py            # rewrites the page
python docs/scripts/build_tables_page.py --check    # writes nothing, exits 1 if it is not current
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from trialbridge.mappings.tables import tables
from trialbridge.schemas.made import settle

PAGE = Path(__file__).resolve().parents[1] / "formats" / "tables.md"
HEAD = """\
# The model as tables

`convert SOURCE... --to trial --layout parquet -o tables/` writes the records as Parquet, a file for
each table and part: `arms-00000.parquet`. It needs the extra `parquet`. Every value of a record is
in one cell; nothing else but keys is in them.

```sql
-- DuckDB: how many trials compare with a placebo, by phase
SELECT design_phases, count(DISTINCT record)
FROM 'tables/studies-*.parquet' JOIN 'tables/arms-*.parquet' USING (record)
WHERE type = 'PLACEBO_COMPARATOR' GROUP BY design_phases;
```

`record` counts the records of a run from 1, and joins the tables; `study` is the record's own id,
which two records of a run may share. The row of a list has its `position`, from 1, and the
positions of the rows that it is below (`site` in `site_contacts`). Dates are strings, since the
registry has days and months in one element. `unmapped` is JSON.
"""


def main(arguments: Sequence[str] = ()) -> int:
    """Write the page or, with `--check`, compare it; give the exit status."""
    return settle(PAGE, "".join(_pieces()), "the model gives", check="--check" in arguments)


def _pieces() -> Iterator[str]:
    yield HEAD
    for table in tables():
        yield f"\n## {table.name}\n\n| column | type | in the model |\n|---|---|---|\n"
        for column in table.columns:
            leaf = f"`{column.leaf}`" if column.leaf else ""
            yield f"| {column.name} | {column.kind} | {leaf} |\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
