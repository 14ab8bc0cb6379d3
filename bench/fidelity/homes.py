"""How much of the records is in a standard's own elements: what is left when ours is taken out.

    python bench/fidelity/homes.py [CORPUS_FILE] [--every N] [--to FORMAT]

Each record goes to FHIR R5 and to ODM 2.0, and is read three times: as it is, without what is ours
(extensions; study parameters of ours and aliases), and without what is not native (all extensions;
all study parameters). What is read back with the same value at the same place counts as carried
that way. The corpus is a file of ClinicalTrials.gov API v2 records, one a line.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from trialbridge.formats import Format, by_name
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.coverage import pattern
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.syntax.pointer import ABSENT, walk
from trialbridge.schemas.trial import Trial

NATIVE, OFFICIAL, OURS, LOST = "native", "official", "ours", "lost"
HOMES = (NATIVE, OFFICIAL, OURS, LOST)
FORMATS = ("fhir-r5", "odm-2.0")


class Leaf(NamedTuple):
    """One leaf value of one record, and the least that carries it."""

    pointer: str
    home: str

    @property
    def leaf(self) -> str:
        return pattern(self.pointer)


def leaves(trial: Trial) -> dict[str, Any]:
    """Every leaf value that the model holds of a record, by JSON pointer."""
    tree = msgspec.to_builtins(trial)
    for key in ("trialbridge", "unmapped"):
        tree.pop(key, None)
    return {pointer: value for pointer, value in walk(tree) if pointer}


def homes(trial: Trial, to: str = "fhir-r5") -> Iterator[Leaf]:
    """The home of each leaf value of a record, found by taking out of its document what is ours."""
    known = by_name(to)
    document, _ = known.write(trial)
    bare = known.bare(document)
    whole, less, least = (
        _read(data, known) for data in (document, bare["official"], bare["native"])
    )
    for pointer, value in leaves(trial).items():
        for home, found in ((NATIVE, least), (OFFICIAL, less), (OURS, whole)):
            other = found.get(pointer, ABSENT)
            if other == value and other.__class__ is value.__class__:
                yield Leaf(pointer, home)
                break
        else:
            yield Leaf(pointer, LOST)


def _read(document: bytes, to: Format) -> dict[str, Any]:
    try:
        return leaves(to.read(document)[0])
    except ReadError as error:
        print(f"not readable any more: {error}", file=sys.stderr)
        return {}


def count(records: Iterable[bytes], to: str = "fhir-r5") -> Counter[tuple[str, str]]:
    """How many leaf values each leaf of the model has with each home: (leaf, home)."""
    found: Counter[tuple[str, str]] = Counter()
    for record in records:
        trial, _ = ctgov.read(record)
        found.update((leaf.leaf, leaf.home) for leaf in homes(trial, to))
    return found


def share(counts: Counter[tuple[str, str]], section: str = "/protocolSection") -> float:
    """Which part of the leaf values of a section needs nothing of ours."""
    of_section = {key: n for key, n in counts.items() if key[0].startswith(f"{section}/")}
    carried = sum(n for (_, home), n in of_section.items() if home in (NATIVE, OFFICIAL))
    return carried / max(sum(of_section.values()), 1)


def table(counts: Counter[tuple[str, str]]) -> str:
    """A line for each module, and one for each section."""
    rows: dict[str, Counter[str]] = {}
    for (leaf, home), n in counts.items():
        steps = leaf.split("/")
        for name in {"/".join(steps[1:2]), "/".join(steps[1:3])}:
            rows.setdefault(name, Counter())[home] += n
    lines = [f"{'':45}" + "".join(f"{home:>10}" for home in HOMES) + f"{'not ours':>10}"]
    for name in sorted(rows):
        row = rows[name]
        total = sum(row.values())
        shares = (row[NATIVE] + row[OFFICIAL]) / total
        lines.append(
            f"{name:45}" + "".join(f"{row[home]:10}" for home in HOMES) + f"{shares:10.1%}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables of the formats; give the exit status."""
    default = Path(os.environ.get("TRIALBRIDGE_CORPUS") or "../shared/corpus") / "ctgov-v2.jsonl"
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", nargs="?", type=Path, default=default, help="file of records")
    parser.add_argument("--every", type=int, metavar="N", default=1, help="each Nth record alone")
    parser.add_argument("--to", choices=FORMATS, help="one of the formats alone")
    options = parser.parse_args(arguments)
    if not options.file.is_file():
        print(f"no corpus: {options.file} is absent", file=sys.stderr)
        return 1
    records = options.file.read_bytes().splitlines()[:: options.every]
    for name in [options.to] if options.to else FORMATS:
        counts = count(records, name)
        print(f"{name}, {len(records)} records\n\n{table(counts)}")
        print(f"\nprotocolSection of {name} without what is ours: {share(counts):.2%}")
        results = share(counts, "/resultsSection")
        print(f"resultsSection of {name} without what is ours: {results:.2%}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
