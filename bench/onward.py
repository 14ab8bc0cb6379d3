"""Convert records of any registers to FHIR, ODM and PRS, and check what is written.

    python bench/onward.py SOURCE...    # files, folders, zips and tables of records

Counted are the records, by format, and for each format that they go to: what is valid by its
definitions, and what has the record's own id in it. A PRS upload has no place for an NCT number,
which the registry gives.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

import trialbridge

TO: Final = {"fhir-r5": {}, "odm-2.0": {}, "prs": {"org_name": "Org"}}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each format, and what is not valid."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sources", nargs="+")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record in trialbridge.records(parser.parse_args(arguments).sources):
        of = counts[record.format or "?"]
        of["records"] += 1
        if record.trial is None:
            of["not read"] += 1
            print(f"{record.name}: {record.problems[0]}")
            continue
        registration = record.trial.registration
        own = (registration.id if registration else record.trial.nct_id) or ""
        for to, options in TO.items():
            try:
                data = trialbridge.write(record.trial, to, options=options)
            except trialbridge.Invalid as error:
                print(f"{own} to {to}: {error}")
                continue
            wrong = [
                one for one in trialbridge.validate(data) if one.severity in ("error", "fatal")
            ]
            of[f"{to} valid"] += not wrong
            of[f"{to} id"] += bool(own) and own.encode() in data
            if wrong:
                print(f"{own} to {to}: {wrong[0]}")
    for name, of in counts.items():
        print(f"{name}: " + ", ".join(f"{what} {count}" for what, count in of.items()))


if __name__ == "__main__":
    main()
