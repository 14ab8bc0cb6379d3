"""How much of the records is in FHIR's own elements: what is left when extensions are taken out.

    python bench/homes.py [CORPUS_FILE] [--every N]

Each record goes to FHIR R5 three times: as it is, without our extensions, and without any. What
is read back with the same value at the same place counts as carried that way. The results section
is left aside. The corpus is a file of ClinicalTrials.gov API v2 records, one a line.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from trialbridge import ctgov, fhir
from trialbridge.fhir import strip_extensions
from trialbridge.mappings.coverage import pattern
from trialbridge.schemas.base import BASE
from trialbridge.schemas.pointer import ABSENT, walk
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.trial import Trial

NATIVE, OFFICIAL, OURS, LOST = "native", "official", "ours", "lost"
HOMES = (NATIVE, OFFICIAL, OURS, LOST)


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
    for key in ("trialbridge", "unmapped", "resultsSection"):
        tree.pop(key, None)
    return {pointer: value for pointer, value in walk(tree) if pointer}


def homes(trial: Trial) -> Iterator[Leaf]:
    """The home of each leaf value of a record, found by taking extensions out of its Bundle."""
    bundle, _ = fhir.write_tree(trial)
    whole = _read(bundle)
    less = _read(strip_extensions(bundle, BASE))
    least = _read(strip_extensions(bundle))
    for pointer, value in leaves(trial).items():
        for home, found in ((NATIVE, least), (OFFICIAL, less), (OURS, whole)):
            other = found.get(pointer, ABSENT)
            if other == value and other.__class__ is value.__class__:
                yield Leaf(pointer, home)
                break
        else:
            yield Leaf(pointer, LOST)


def _read(bundle: dict[str, Any]) -> dict[str, Any]:
    try:
        # By way of bytes, so that no object of the writer is shared with the reader.
        return leaves(fhir.read(msgspec.json.encode(bundle))[0])
    except ReadError as error:
        print(f"not readable any more: {error}", file=sys.stderr)
        return {}


def count(records: Iterable[bytes]) -> Counter[tuple[str, str]]:
    """How many leaf values each leaf of the model has with each home: (leaf, home)."""
    found: Counter[tuple[str, str]] = Counter()
    for record in records:
        trial, _ = ctgov.read(record)
        found.update((leaf.leaf, leaf.home) for leaf in homes(trial))
    return found


def share(counts: Counter[tuple[str, str]], section: str = "/protocolSection") -> float:
    """Which part of the leaf values of a section needs no extension of ours."""
    of_section = {key: n for key, n in counts.items() if key[0].startswith(f"{section}/")}
    carried = sum(n for (_, home), n in of_section.items() if home in (NATIVE, OFFICIAL))
    return carried / sum(of_section.values())


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


def main(arguments: list[str]) -> int:
    every = 1
    if "--every" in arguments:
        at = arguments.index("--every")
        every = int(arguments[at + 1])
        del arguments[at : at + 2]
    default = Path(os.environ.get("TRIALBRIDGE_CORPUS") or "../shared/corpus") / "ctgov-v2.jsonl"
    path = Path(arguments[0]) if arguments else default
    if not path.is_file():
        print(f"no corpus: {path} is absent", file=sys.stderr)
        return 1
    counts = count(path.read_bytes().splitlines()[::every])
    print(table(counts))
    print(f"\nprotocolSection without our extensions: {share(counts):.2%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
