"""The page of SDTM: what a TS has beside the facts, and the rules that are checked."""

from collections.abc import Iterator
from typing import Any

from mapping_pages.pages import FOLDER, Page
from trialbridge.mappings.sdtm import summary as sdtm
from trialbridge.schemas.made import line
from trialbridge.schemas.sdtm.design_rules import ACROSS, DESIGN_RULES
from trialbridge.schemas.sdtm.domains import IG_VERSION, MODEL_VERSION
from trialbridge.schemas.sdtm.rules import FORM, ODD, RULES
from trialbridge.schemas.terms.cdisc_codes import CDISC_VERSION
from trialbridge.schemas.terms.trial_summary import OF_TRIALS, REQUIRED
from trialbridge.shown.report import HOMES


def sdtm_codes(node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give TSVAL with its NCI code, or the null flavor."""
    if not isinstance(node, dict):
        return (), ()
    said = node.get("TSVAL", f"(TSVALNF {node.get('TSVALNF', '')})")
    return (f"{said} {node.get('TSVALCD', '')}".strip(),), ()


def sdtm_tail() -> Iterator[str]:
    """Give what a TS has beside the facts, and the rules that are checked."""
    yield from SDTM_RULES.splitlines()
    yield ""
    yield "| rule | dataset | what is told |"
    yield "| --- | --- | --- |"
    for rule in (*RULES, *DESIGN_RULES, *(known.rule({}) for known in ACROSS)):
        cited = f", {rule.cited}" if rule.cited.startswith("CG") else ""
        yield line(f"{rule.id}{cited}", rule.domain, rule.message)
    for rule in FORM:
        yield line(f"`{rule.id}`", rule.domain or "each", rule.message)
    for rule in ODD:
        yield line(f"`{rule.id}`", rule.domain or "each", f"{rule.message} (a warning)")


SDTM_RULES = f"""\
## What a TS has beside the facts

What follows from the facts of a record, and is not read: `NARMS` and `NCOHORT` (how many arms or
groups), `TCNTRL` (types of the comparators), `ONGOSIND` (the overall status), `PDSTIND` (an age
range wholly below 18 or wholly from 18 on), `SDTIGVER` ({IG_VERSION}), `SDTMVER`
({MODEL_VERSION}). `TITLE` is the brief title where there is no other. `STUDYID` is the sponsor's
id, else that of the register.

What a TS demands and a record does not say has a null flavor: `NI` (no information), `NA` (not
applicable to a study of this kind, or without randomization), `PINF` and `NINF` (no limit of age).
These are demanded: {", ".join(f"`{name}`" for name in REQUIRED)}; of an interventional trial
{", ".join(f"`{name}`" for name in OF_TRIALS)} too. The list is that of FDA's guide as CDISC's rule
CORE-000737 has it.

`LENGTH` is `NI`: it is how long one subject is observed, which the dates of a study do not say.
`TRT` is what is studied; what comparator arms alone receive, one of them an active comparator, is
`COMPTRT`. Rows that belong together (an intervention with its type, a contact's name with the
telephone) have one `TSGRPID`. A value longer than 200 characters goes on in `TSVAL1`, `TSVAL2`
and further, each beginning where the one before ends, within a word: FDA refuses a value that
begins with a blank, and a transport file loses one at the end.

`TI` has the single criteria that the text of eligibility lists. `IETEST` is one line of at most
200 characters; the whole text, with its paragraphs, is the decode of `IETESTCD` in the Define-XML.
Of a `TI` with several `TIVERS` the criteria of the last one are read.

## Elements, arms and visits

A record has arms, and neither elements nor epochs nor visits: `TA`, `TE` and `TV` are made where
the source has them, which is a USDM study, and are as they were read of an SDTM package. What a
source does not state is empty and told: a study without a rule for the start of a visit has none
in `TVSTRL`, which is required, and `validate` says so.

| column | from USDM |
| --- | --- |
| `ETCD`, `ELEMENT` | name and label of a `StudyElement` |
| `TESTRL`, `TEENRL` | the texts of its `transitionStartRule` and `transitionEndRule` |
| `TEDUR` | none: USDM states no length of an element |
| `ARMCD`, `ARM` | name and label of a `StudyArm` |
| `TAETORD` | the elements of an arm's `StudyCell`s, by the order of the epochs |
| `EPOCH` | the label of the `StudyEpoch`, in capital letters |
| `TATRANS` | conditions of a timeline that are stated of the epoch and lead out of it |
| `TABRANCH` | none: USDM does not state it |
| `VISITNUM`, `VISIT` | the order of the `Encounter`s, each with its label |
| `VISITDY` | the label of its timing, else its own, such as `Day -7` or `Day 0`; never a duration |
| `TVSTRL`, `TVENRL` | the texts of its `transitionStartRule` and `transitionEndRule` |
| `ARMCD` of `TV` | none: an encounter is of all arms |

A code (of 8 characters for an element, of 20 for an arm) is the name, if all names are as short as
that and each is another; else the label, by the same rule; else the name cut, with its number at
its end. What is called is the label, if all have another one of at most 200 characters; else the
description, else the name. CDISC's own mapping takes label and description instead: but a label may
be absent, and in CDISC's pilot study two arms have one description, while code and name are one to
one (CG0154). Rules longer than 200 characters are cut at a word.

Read again, the arms are those of the record by their `ARM`, and the rest is kept. Into USDM goes
what it has a place for: elements with their rules, epochs, cells, encounters in their order.
`TEDUR`, `TABRANCH`, `TATRANS` and the arm of a visit stay behind, and a day but as the label of a
visit.

## Files

A zip with `define.xml` (Define-XML 2.1), `ts.json` and `ti.json` (Dataset-JSON 1.1); with
`-O form=xpt` transport files of version 5, which hold US-ASCII alone: a value with another
character is refused, with its row. With `-O ascii=transliterate` what surely has a form in US-ASCII
is written so, and each value with one is told: a letter without its marks (`é` as `e`, `ß` as
`ss`), signs by their usual spelling (`≥` as `>=`, `±` as `+/-`, `°` as `deg`, `µ` as `u`), a raised
digit with `^`, a Greek letter alone by its name. What has none, as `·` or a script of its own, is
still refused. Of 1,007 records 410 need nothing, and 993 can be written so.
`-O simplified=yes` is FDA's simplified `ts.xpt` and nothing else. Times are `SOURCE_DATE_EPOCH`,
else that of the record's last update, and the zip is not packed, as what packs gives other bytes by
its version: so they are the same at every run.

Read are such a zip, a folder with these files, and one dataset alone, as Dataset-JSON, XPT or CSV.
Datasets with data of subjects (`DM`, `AE`, ...) are never read. What a record has no place for is
kept at `/sdtm` and written again in `sdtm` alone.

## What is checked

`trialbridge validate` asks CDISC's open rules for these datasets that they alone can answer, the
columns of the implementation guide (all 42 compared with CDISC's table of 3.4), the members of a
Dataset-JSON, and the Define-XML: by CDISC's XSD, by its references, and against the datasets beside
it.

CDISC's rule engine (CORE 0.16, `-s sdtmig -v 3-4`) tells of the packages what is not theirs to say:
that `DM` and `EX` are not there, that an interventional study has no value of `PCLAS`, which no
record states, that a start which is not known has none, and that an element of a study has no end
where the study states none."""


SDTM = Page(
    path=FOLDER / "cdisc" / "sdtm.md",
    title="A trial record in CDISC SDTM (TS, TI; TA, TE, TV)",
    lead=f"""
A place is a row of the dataset TS by its TSPARMCD, or a column of TI. SDTMIG {IG_VERSION};
controlled terminology of {CDISC_VERSION}. This is a summary, and no lossless format: what it does
not carry is told. [Files](#files) says what is written and read,
[What is checked](#what-is-checked) by which rules.

    convert --to sdtm record.txt -o study.zip
    convert --to sdtm -O simplified=yes record.txt -o ts.xpt
    trialbridge validate study.zip""",
    table=sdtm.TABLE,
    coverage=sdtm.coverage,
    homes=HOMES,
    place=str,
    codes=sdtm_codes,
    code_lead="""\
The registry's code, CDISC's submission value (TSVAL) with the NCI code of its concept (TSVALCD), or
the null flavor. Where CDISC has no term, the value is the registry's label in capital letters. A
term that stands for several is read as the first of them.""",
    tail=sdtm_tail,
)
