"""Make the page on WHO's ICTRP export from its table and from what was measured on real exports.

python docs/scripts/build_ictrp_page.py            # rewrites docs/formats/registries/ictrp.md
python docs/scripts/build_ictrp_page.py --check    # writes nothing, exits 1 if it is not current
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from trialbridge.mappings.registries.ictrp import who
from trialbridge.mappings.registries.ictrp.fields import FIELDS
from trialbridge.mappings.registries.ictrp.rows import DAY_FIRST
from trialbridge.schemas.made import line, settle

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER.parent / "formats" / "registries" / "ictrp.md"

LEAD = """\
# WHO's ICTRP export: records of all registers

Made by `docs/scripts/build_ictrp_page.py` from the table of fields, and from
`docs/scripts/ictrp-measured.json`, which `python bench/fidelity/ictrp.py CORPUS` makes of two real
exports of 2020.

The trial search of WHO (trialsearch.who.int) exports what it found as XML (`ictrp`), and as CSV
(`ictrp-csv`, the file of COVID-19 trials). Both are read and not written, by one table. A file has
many records: `trialbridge.records` and `convert -o FOLDER/` give each. Tables without names of
columns, and workbooks (XLSX), are not read: Excel has made dates of phases there.

    trialbridge convert --to fhir-r5 ICTRP-Results.xml -o trials/
    trialbridge validate ICTRP-Results.xml

# Rules

- **Whose record it is**: `TrialID`, `Source_Register` and `web_address` are the record's
  `registration`, as the portal writes them (`EUCTR2020-000890-25-FR`, `JPRN-jRCTs031190227`). Of a
  record of ClinicalTrials.gov they are its NCT number, and there is no `registration`. An NCT
  number elsewhere is a secondary id.
- **Dates** with slashes or dashes before the year are read with the day first where the record
  says its day of registration twice, in two fields, and that order is right; else where the
  register is one of those that were counted (DAY_FIRST). No date is read with the month first.
  Where neither tells the order, the date is kept as text. `2020-02-15`, `2020/02/15`, `March 4,
  2020` and `March 2020` are read as they are. The first day of 1900 is unknown, and kept.
  `Export_date`, which is in the order of the US, is kept.
- **Two days of registration** that differ: `Date_registration3` is read, which has one form alone;
  the other is kept, and `validate` says so, as it does of ends before starts and ages the wrong
  way round.
- **Breaks of lines** are a literal `<br>`, after the end of line that it stands for. Criteria of
  ClinicalTrials.gov are the text block of its legacy XML, and unwrapped as there; of others each
  line is a paragraph, or an item where it begins with a dash, a bullet or a number and a dot.
- **Codes** are read where they mean the same. Kept in their words: `Not Recruiting`, `Authorised`,
  `Not Available` (no status of the model), phase `0` (of ChiCTR, an exploratory study), `Phase 0`,
  `IIb`, types of studies as `Diagnostic test`. `No limit` and the like are kept, and no limit of
  the age; `N/A` of ClinicalTrials.gov is that, and says nothing more. A word that nobody has seen
  is told as `unknown-code`.
- **Ages** need a unit, which ChiCTR alone has not: its numbers are years (counted below).
- **Target_size** of ChiCTR is a number for each group: the record has the sum and the groups, and
  the text is kept too.
- **Joined lists** are split where the rule was counted (below); countries at `;`, each once, and
  not for JPRN, whose regions have commas between them. What no rule splits is one text: an
  outcome's measure, an intervention's description. Sponsors with a semicolon and secondary ids of
  several words are kept.
- **Conditions** end where the register's codes and categories begin (` <br>`, `;Therapeutic
  area:`); the text is kept where it has these.
- **Study_design** of ClinicalTrials.gov is its classic sentence. Of others, where the study is
  interventional, answers to labels of their own that are a code's (`Allocation: Randomised
  controlled trial`, `Blinding: Not blinded`, the EU's yes, ChiCTR's `Parallel`) are that code;
  `Blinded (masking used)` says no degree, and is none. The sentence is kept whole beside them.
  Double blind is DOUBLE, as ClinicalTrials.gov has made it of its own older records.
- **Contacts** have no address and affiliation in the model: kept.
- **Broken files**: the portal ends large answers before the end of the root. Whole records are
  read, and what is cut is told with its line; a record that is malformed, or has bytes in another
  encoding, is no fault of the next. A row of the table with broken quotes or columns likewise.
- **Fields since 2020** (`Secondary_ID`, sponsors and support, ethics, results, secondary outcomes)
  are in neither of the two files: they are read by what the portal's own list says of them.
- **Layout** is not kept: blanks around texts, hundreds of them behind titles, blanks within lines.
"""


def measured() -> dict[str, Any]:
    """What was counted."""
    found: dict[str, Any] = json.loads((FOLDER / "ictrp-measured.json").read_text("utf-8"))
    return found


def page() -> Iterator[str]:
    """Give the lines of the page."""
    counted = measured()
    yield LEAD.replace("(DAY_FIRST)", "(" + ", ".join(sorted(DAY_FIRST)) + ")")
    yield "# What was counted"
    yield ""
    records = counted["records"]
    syntaxes = ", ".join(f"{number} in {name}" for name, number in records.items())
    total = sum(records.values())
    yield f"{total} of {total} records are read ({syntaxes}); {counted['unknown codes']} unknown"
    yield f"code and {counted['contradictions']} contradictions are told."
    yield ""
    yield line("rule", "holds", "of")
    yield "| --- | ---: | ---: |"
    for rule, (held, could) in counted["rules"].items():
        yield line(rule, str(held), str(could))
    yield ""
    yield "# The share of each register"
    yield ""
    yield "Of the fields that say something: how many are in the model, in part in the model and"
    yield "kept whole beside it, or kept alone. Nothing is lost: the three are all."
    yield ""
    yield line("register", "records", "fields", "in the model", "in part", "kept")
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for name, of in counted["registers"].items():
        wheres = [of.get(where, 0) for where in ("model", "part", "kept")]
        shares = [f"{number / sum(wheres):.0%}" for number in wheres]
        yield line(name, str(of["records"]), str(sum(wheres)), *shares)
    yield ""
    yield "# Fields"
    yield ""
    yield "The share of each field by register: of the records of a register that have the field,"
    yield "those of which it is in the model, in the model in part and kept whole beside it, or"
    yield "kept alone (`all`, `part` and `kept` are all of them). What is kept is in `unmapped`."
    yield ""
    registers = list(counted["registers"])
    yield line("field", "leaves", *(SHORT.get(name, name) for name in registers))
    yield "| --- | --- |" + " ---: |" * len(registers)
    for field in FIELDS:
        leaves = ", ".join(f"`{shown(leaf)}`" for leaf in field.leaves) or "kept"
        for name in field.names:
            by = counted["fields"].get(name, {})
            cells = [cell(by.get(register)) for register in registers]
            yield line(f"`{name}`", leaves, *cells)

    yield from registers_page()


def registers_page() -> Iterator[str]:
    """Give the lines on the form that registers send."""
    yield ""
    yield WHO
    yield line("element", "leaves")
    yield "| --- | --- |"
    told: dict[str, list[str]] = {}
    for row in who.coverage():
        told.setdefault(row.place, []).append(f"`{shown(row.leaf)}`")
    for place, leaves in told.items():
        yield line(f"`{place}`", ", ".join(leaves))


WHO = """\
# Registers' XML for WHO

`who` is the form in which registers send records to WHO, `trials/trial`, which ChiCTR, ReBEC, IRCT,
REPEC and others offer for download too. It is read, by the same table for elements of one value,
and from real lists for the rest; the rest is kept in `unmapped` at `/who`, by the path of its
element. It rests on two records in public repositories, one of REPEC and one of TCTR, and on the
description of 63 more of three registers (59 of ReBEC, three of the EU's, one of ChiCTR), none of
which is at hand: tests have an invented one.

- Dates with slashes begin with the day in records of ReBEC (`RBR-`), REPEC (`PER-`), TCTR and the
  EU's register, by their ids; others are kept, where they are not in ISO form.
- Statuses are each register's own: codes of the model are `recruiting` and what leaves nothing open
  (`Active, not recruiting`, `Not yet recruiting`).
- `N.A.`, none and the like are no title and no id, and are kept.
- Contacts for the public and for science are central contacts, one person once; their kind, address
  and affiliation are kept.
- One code of interventions (`i_code`) that is a type of the model is that of the one intervention.
- Elements in capitals, repeated and empty ones are borne; so is `root` around `trials`, as ReBEC
  has it.
"""

SHORT = {
    "ClinicalTrials.gov": "CT.gov",
    "EU Clinical Trials Register": "EU CTR",
    "Netherlands Trial Register": "NTR",
}


def shown(leaf: str) -> str:
    """Give a leaf without the sections that all have."""
    return leaf.removeprefix("/protocolSection/")


def cell(of: dict[str, int] | None) -> str:
    """Give the shares that are in the model, in part and kept; a share of all stands alone."""
    if not of:
        return ""
    shares = [of.get(where, 0) / sum(of.values()) for where in ("model", "part", "kept")]
    if 1 in shares:
        return ("all", "part", "kept")[shares.index(1)]
    return " ".join(f"{share:.0%}" for share in shares)


def main(arguments: Sequence[str] = ()) -> int:
    """Write the page or, with `--check`, tell whether it is current; give the exit status."""
    made = "\n".join(page()).rstrip("\n") + "\n"
    return settle(PAGE, made, "the tables and figures give", check="--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
