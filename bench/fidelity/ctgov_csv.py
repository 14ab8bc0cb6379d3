"""How many rows of a CSV download of the registry are written byte for byte from the API's records.

    python bench/fidelity/ctgov_csv.py TABLE SOURCE...

TABLE is the CSV, a SOURCE a file, folder or zip of records of API v2.

Each row whose trial is among the records is written again with the table's own columns, and what
a row says is held against the record that it is read from. Printed are the rows that are equal, and
of those that are not the columns.
"""

import argparse
import gzip
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import trialbridge
from trialbridge.formats.registries.clinicaltrials_gov import ctgov_csv
from trialbridge.homes import model_tree
from trialbridge.schemas.syntax.pointer import walk


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how many rows are equal and what of the others is not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("table", type=Path)
    parser.add_argument("sources", nargs="+")
    chosen = parser.parse_args(arguments)
    data = chosen.table.read_bytes()
    text = (gzip.decompress(data) if chosen.table.suffix == ".gz" else data).decode("utf-8-sig")
    head, *rows = ctgov_csv.rows(text)
    number = head.fields.index("NCT Number")
    of_api = {
        record.trial.nct_id: record.trial
        for record in trialbridge.records(chosen.sources)
        if record.trial
    }
    equal = read_alike = 0
    other: Counter[str] = Counter()
    leaves: Counter[str] = Counter()
    own = [row for row in rows if row.fields[number] in of_api]
    for row in own:
        trial = of_api[row.fields[number]]
        written, _ = ctgov_csv.write(trial, columns="|".join(head.fields))
        equal += written.decode() == head.source + row.source
        _, again = ctgov_csv.rows(written.decode())
        for name, one, two in zip(head.fields, row.fields, again.fields, strict=True):
            other[name] += one != two
        says = dict(walk(model_tree(trial)))
        found = trialbridge.read((head.source + row.source).encode(), format="ctgov-csv")
        differ = [
            pointer
            for pointer, value in walk(model_tree(found))
            if not pointer.startswith("/csv/") and says.get(pointer) != value
        ]
        leaves.update(differ)
        read_alike += not differ
    print(f"{len(rows)} rows, {len(own)} of them with a record of the API")
    print(f"{equal} of {len(own)} written byte for byte, {read_alike} read as the record has it")
    for name, count in (other + leaves).most_common():
        print(f"{count:5} {name}")


if __name__ == "__main__":
    main()
