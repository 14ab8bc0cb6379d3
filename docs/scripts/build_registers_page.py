"""Make the page of other registers' formats from their tables.

python docs/scripts/build_registers_page.py    # rewrites the page
python docs/scripts/build_registers_page.py --check    # exits 1 if it is not current
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from trialbridge.formats import by_name
from trialbridge.mappings.registries import ctis, drks, euctr, isrctn
from trialbridge.mappings.registries.places import Row
from trialbridge.schemas.made import line, settle

PATH = Path(__file__).resolve().parents[1] / "formats" / "registries" / "registers.md"


class Register(NamedTuple):
    """A format: its table, on what it rests, what is to know, and what its codes are here."""

    name: str
    rows: Sequence[Row]
    rests: str
    rules: Sequence[str]
    codes: Mapping[str, Mapping[str, Any]]


REGISTERS = (
    Register(
        "ctis",
        ctis.ROWS,
        "five documents: two of today's form, one of them of the days of the change, and three of"
        " the form before June 2024",
        (
            "`{I}` is part I of the application, `{II}` are the parts of the countries; the form"
            " before June 2024 has them at the top.",
            "Texts are those that the sponsor wrote, which are English in all five; where one of"
            " the translations is called English, it is that. The others are kept.",
            "The API lists numbered texts as 1, 10, 11, 2 (4 of 5 documents); they stand by their"
            " numbers.",
            "The countries of the form before June 2024 and their states are one text,"
            " `CZ:Authorised, not started, DK:...`, taken apart where two capitals and a colon"
            " follow the beginning or a comma (4 of 4 documents).",
            "Sponsors of two of five documents are companies by their type and not commercial by"
            " their mark: INDUSTRY takes both.",
            "How subjects are assigned and blinded, the role of products, MedDRA's terms, scopes,"
            " plans to share data and documents are kept: their codes have no list that EMA has"
            " published with the API, or the record has no place for them.",
            "Nothing says when the record was first public.",
        ),
        {
            "status": ctis.STATUS,
            "trialPhase": ctis.PHASES,
            "ageRangeCategory": ctis.AGES,
        },
    ),
    Register(
        "drks",
        drks.ROWS,
        "one document of the register, one invented by DRKS2FHIR, and the codes of its JSON Schema,"
        " version 2.0.19",
        (
            "Each text stands once for each language; the English one is read, else the first, each"
            " text for itself: where an English one is empty, that of another language is read.",
            "`languages` are those of the titles. One arm is all entries of its number.",
            "Outcomes and criteria are one text each, and stay one.",
            "BLINDED is as many parties as are named of the four that the registry knows; analysts"
            " of data are none of them, and are kept.",
            "Codes of conditions (ICD-10, ORPHA), controls, publications and funders are kept.",
        ),
        {
            "status": drks.STATUS,
            "type": drks.TYPES,
            "phase": drks.PHASES,
            "allocation": drks.ALLOCATIONS,
            "assignment": drks.ASSIGNMENTS,
            "purpose": drks.PURPOSES,
            "blindingWho": drks.BLINDED,
            "timing": drks.TIMINGS,
        },
    ),
    Register(
        "isrctn",
        isrctn.ROWS,
        "six records of the register of October 2026, which public tests of others have without"
        " their contacts and with texts cut (ISRCTN15375673, 16025168, 16132141, 38597726,"
        " 54285094, 62918594), none as a file; on ten as ctrdata gives them; and on what public"
        " code calls the elements of contacts",
        (
            "A `fullTrial` has the trial, and beside it its sponsors, funders and contacts, which"
            " it names by their ids. A file of several is several records.",
            "The register stores no state of a trial: its page finds one by the day on which one"
            " looks. So none is read; the dates and what overrides them are there or kept.",
            "Texts are CommonMark there too, and stay as they are.",
            "England and United Kingdom both are countries of a trial (5 of 5 in England): the"
            " kingdom is kept where one of its nations stands.",
            "`protocolSerialNumber` joins the secondary numbers that have no reference of their own"
            " (3 of 3 records that have it), with their types where they have one: `CPMS: 49816,"
            " CRUKD/22/002`. Where it is that, the number that is called the protocol's is meant."
            " Numbers that the references have are listed once more, and are one.",
            "Where nothing was given the register writes `Not provided at time of registration`,"
            " which is no summary and is kept.",
            "Since 2025 outcomes have parts; the text of before stands beside them in some records"
            " (3 of 6), and is kept.",
            "A number without a digit (`Nil known`) is none, and is kept.",
            "Labels that are not in the lists below are kept, as all that public code does not"
            " show: they are few.",
        ),
        {
            "primaryStudyDesign": isrctn.TYPES,
            "allocation": isrctn.ALLOCATIONS,
            "assignment": isrctn.ASSIGNMENTS,
            "purpose": isrctn.PURPOSES,
            "phase": isrctn.PHASES,
            "interventionType": isrctn.INTERVENTIONS,
            "gender": isrctn.SEXES,
        },
    ),
    Register(
        "euctr",
        euctr.ROWS,
        "one file of the register, with seven records of one trial in six countries, and on three"
        " of another trial in the tests of ctrdata",
        (
            "A record is of one trial in one country, and the number and the country are its"
            " identity. A file of several is several records; joining them is for who reads them.",
            "A field begins at a number that does not go back behind that of the field before (7 of"
            " 7 records have them in order; texts have numbers of their own); sponsors and"
            " medicines begin anew.",
            "A label with a language behind it is a translation, and kept.",
            "The country is what stands before ` - ` and the authority (7 of 7).",
            "Yes, no and no answer are three things.",
            "The number of subjects in the country is that of the trial only where it is in that"
            " country alone.",
            "Only ongoing was seen of the states of a trial, which says nothing of recruitment, and"
            " is kept and told; the others are those that the register lists.",
            "Results of EudraCT are a file of their own, which is not read.",
        ),
        {"Trial Status": euctr.STATUS},
    ),
)


def page() -> Iterator[str]:
    """Give the lines of the page."""
    yield "# Records of other registers"
    yield ""
    yield "Made by `docs/scripts/build_registers_page.py` from the tables in"
    yield "`mappings/registries/`. These formats are read and not written. The id of the register"
    yield "is the record's own (`registration`), and an NCT number in it is one of its secondary"
    yield "ids. What the record has no place for is in `unmapped`, at the name of the format, by"
    yield "its pointer in the document, in the source's own words, and told; members that are"
    yield "null or empty say nothing. A code that is not in the lists below is kept and told, and"
    yield "never fails. Texts have no blanks around them, `\\n` at the ends of lines, and"
    yield "CommonMark's escapes where the model's text is CommonMark. `validate` adds warnings by"
    yield "rules of our own: the form of ids, titles, sponsors, ends before starts, ages the"
    yield "wrong way round."
    yield ""
    yield "Onward (`python bench/onward.py SOURCE...`): of 894 records of CTIS, DRKS, EUCTR and"
    yield "WHO's export, and of 2,287 of ClinicalTrials.gov in legacy XML, classic JSON and CSV,"
    yield "what is written as FHIR R5, ODM 2.0 and PRS upload is valid, each with the register's"
    yield "id; an upload has no place for an NCT number, which the registry gives, and says so."
    yield ""
    for register in REGISTERS:
        yield from section(register)


def section(register: Register) -> Iterator[str]:
    """Give the lines of one format."""
    yield f"## `{register.name}`: {by_name(register.name).title}"
    yield ""
    yield f"It rests on {register.rests}."
    yield ""
    yield from (f"- {rule}" for rule in register.rules)
    yield ""
    yield "| leaf | read from | |"
    yield "| --- | --- | --- |"
    for row in register.rows:
        place = f"`{row.place}`" if row.place else ""
        leaf = row.pointer.removeprefix("/protocolSection/")
        below = ", ".join(one.removeprefix("*/") for one in row.leaves if one != "*")
        shown = f"`{leaf}`" + (f": {below}" if below else "")
        yield line(shown, place, row.note)
    yield ""
    for name, table in register.codes.items():
        yield line(f"`{name}`", "is")
        yield "| --- | --- |"
        yield from (line(f"`{code}`", words(value)) for code, value in table.items())
        yield ""


def words(value: Any) -> str:
    """Give what a code is here."""
    return ", ".join(f"`{one}`" for one in (value if isinstance(value, list) else [value]))


def main(arguments: Iterable[str] = ()) -> int:
    """Write the page or, with `--check`, tell whether it is current; give the exit status."""
    made = "\n".join(page()).rstrip("\n") + "\n"
    return settle(PATH, made, "the tables give", check="--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
