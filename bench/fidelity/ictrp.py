"""Measure how much of real exports of WHO's ICTRP is in the model, by register and by field.

python bench/fidelity/ictrp.py ../shared/corpus/ictrp    # rewrites docs/scripts/ictrp-measured.json

The folder has `ictrp.xml.gz` and `ictrp.csv.gz`. Beside the shares are the counts of the rules by
which joined fields are split. The page docs/formats/registries/ictrp.md shows both.
"""

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trialbridge.formats.registries import ictrp, ictrp_csv, table
from trialbridge.mappings.registries.ictrp import design, joined, values
from trialbridge.mappings.registries.ictrp.fields import BY_NAME, read_record, shares
from trialbridge.mappings.registries.ictrp.rows import Row, row_of
from trialbridge.schemas.syntax.xml import parse

OUTPUT = Path(__file__).resolve().parents[2] / "docs" / "scripts" / "ictrp-measured.json"
_EU = "EU Clinical Trials Register"


def rows(folder: Path) -> Iterator[tuple[str, Row]]:
    """Give each record's texts, and the name of its syntax."""
    for part in ictrp.parts(gzip.decompress((folder / "ictrp.xml.gz").read_bytes())):
        texts = {str(child.tag): child.text or "" for child in parse(part.data)[0]}
        yield "XML", row_of(texts, BY_NAME)
    for part in ictrp_csv.parts(gzip.decompress((folder / "ictrp.csv.gz").read_bytes())):
        head, row = table.rows(part.data.decode(), re.compile(r"\Z(?!\Z)"))
        texts = dict(zip(head.fields, row.fields, strict=True))
        yield "CSV", row_of(texts, BY_NAME)


class Tally:
    """Counts of rules: how often one holds, and how often it could."""

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()
        self.all: Counter[str] = Counter()

    def add(self, rule: str, held: bool, could: bool = True) -> None:
        """Count one case of a rule, if it is one."""
        self.held[rule] += held and could
        self.all[rule] += could


def _dates(row: Row, tally: Tally) -> None:
    said, digits = row.text("Date_registration"), row.text("Date_registration3")
    same = values.day_of_digits(digits)
    slashes = values.has_slashes(said)
    read = values.date(said, day_first=True)
    tally.add(
        "registered day with slashes, day first, is Date_registration3", read == same, slashes
    )
    tally.add("registered day in ISO form is Date_registration3", read == same, not slashes)
    both = slashes and values.month_first(said) is not None and read != values.month_first(said)
    american = values.month_first(said) == same
    tally.add(
        "registered day with slashes, month first, is Date_registration3, where the orders differ",
        american,
        both,
    )
    for name in ("Date_enrollement", "results_date_completed", "results_date_posted"):
        tally.add(f"{name} is read", row.date(name) is not None, bool(row.text(name)))


def _joined(row: Row, tally: Tally) -> None:
    sizes, given = row.text("Target_size"), row.text("Intervention")
    outcomes = row.text("Primary_outcome")
    age, criteria = row.text("Inclusion_agemin"), row.text("Inclusion_Criteria")
    if row.register == "ChiCTR":
        # A comparison of its own: the number of years in the words of the criteria.
        said = re.search(
            rf"(?<!\d){age}\D{{0,12}}years|(?<!\d){age}\s*(?:-|~|to|and)", criteria, re.I
        )
        months = re.search(rf"(?<!\d){age}(?!\d)\s*(?:month|day|week)s?(?: old| of age)", criteria)
        number = age.isdecimal() and age != "0"
        tally.add(
            "ChiCTR: the criteria say the number of the lower age as years", bool(said), number
        )
        tally.add("ChiCTR: they say it as months, weeks or days of age", bool(months), number)
        tally.add(
            "ChiCTR: Target_size is groups with numbers",
            values.count(sizes) is not None,
            bool(sizes),
        )
        named = joined.INTERVENTIONS.read(row).members
        arms = any(pointer.endswith("/armGroups") for pointer in named)
        lists = bool(given) and sizes.endswith(";")
        tally.add(
            "ChiCTR: Intervention names the groups of Target_size in their order", arms, lists
        )
        for part in outcomes.split(";") if outcomes else ():
            whole = part.count("(") == part.count(")") and part.count("[") == part.count("]")
            tally.add(
                "ChiCTR: an outcome between semicolons has its brackets closed",
                whole,
                bool(part.strip()),
            )
    elif row.register == values.CLINICALTRIALS:
        for part in given.split(";") if given else ():
            typed = re.match(r"[A-Z][a-z]+(?: [A-Z][a-z]+)?: ", part) is not None
            tally.add(
                "ClinicalTrials.gov: an intervention between semicolons begins with its type",
                typed,
                bool(part.strip()),
            )
        counts = {
            row.texts.get(f"Contact_{name}", "").count(";") for name in ("Lastname", "Email", "Tel")
        }
        several = ";" in row.text("Contact_Email") + row.text("Contact_Tel")
        tally.add(
            "ClinicalTrials.gov: lists of names, phones and addresses are of one length",
            len(counts) == 1,
            several,
        )
        tally.add(
            "ClinicalTrials.gov: the sentence of Study_design is read",
            bool(design.DESIGN.read(row).members),
            bool(row.text("Study_design")),
        )
    elif row.register in ("ANZCTR", "IRCT", _EU):
        found = joined.PRIMARY_OUTCOMES.read(row).members.values()
        timed = all("timeFrame" in one for listed in found for one in listed)
        tally.add(f"{row.register}: outcomes have their time frames", timed, bool(outcomes))
    kind = values.STUDY_TYPES.get(row.text("Study_type").lower())
    if row.register != values.CLINICALTRIALS and kind == "INTERVENTIONAL":
        rule = f"{row.register}: the design of an interventional study has a code"
        tally.add(rule, bool(design.DESIGN.read(row).members), bool(row.text("Study_design")))
    if row.register == "ANZCTR":
        head, *tail = row.text("Condition").split(" <br>")
        parts = [part for part in head.split(";") if part]
        again = ";".join(tail).split(";")[: len(parts)]
        tally.add(
            "ANZCTR: the conditions between semicolons stand again behind <br>", parts == again
        )


def measure(folder: Path) -> dict[str, Any]:
    """Count the corpus."""
    tally = Tally()
    syntaxes: Counter[str] = Counter()
    registers: dict[str, Counter[str]] = {}
    fields: dict[str, dict[str, Counter[str]]] = {}
    codes: Counter[str] = Counter()
    for syntax, row in rows(folder):
        syntaxes[syntax] += 1
        _, problems = read_record(row.texts, lambda name: name)
        codes.update(problem.code for problem in problems)
        of = registers.setdefault(row.register, Counter())
        of["records"] += 1
        for name, where in shares(row).items():
            of[where] += 1
            fields.setdefault(name, {}).setdefault(row.register, Counter())[where] += 1
        _dates(row, tally)
        _joined(row, tally)
    order = sorted(registers, key=lambda name: (-registers[name]["records"], name))
    return {
        "records": dict(syntaxes),
        "unknown codes": codes["unknown-code"],
        "contradictions": codes["dates-differ"] + codes["ages-differ"],
        "registers": {name: dict(registers[name]) for name in order},
        "fields": {name: fields[name] for name in BY_NAME if name in fields},
        "rules": {rule: [tally.held[rule], tally.all[rule]] for rule in tally.all},
    }


def content(folder: Path) -> str:
    """The file of what was measured."""
    return json.dumps(measure(folder), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(content(Path(sys.argv[1])), encoding="utf-8")
