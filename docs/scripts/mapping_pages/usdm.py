"""The page of USDM."""

import re
from collections.abc import Iterator
from typing import Any

from mapping_pages.pages import FOLDER, Page
from mapping_pages.systems import short, systems_table
from trialbridge.mappings.fhir.definitions import walk
from trialbridge.mappings.usdm import v4_0 as usdm
from trialbridge.schemas.base import BASE


def usdm_codes(node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give decode and code of each Code of CDISC's terminology, and the registry's codes."""
    if isinstance(node, dict) and "decode" in node and "code" in node:
        if node["codeSystem"].startswith(BASE):
            return (), (f"{short(node['codeSystem'])}#{node['code']}",)
        return (f"{node['decode']} {node['code']}",), ()
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    found = [usdm_codes(one) for one in inner]
    return (
        tuple(code for standard, _ in found for code in standard),
        tuple(code for _, ours in found for code in ours),
    )


# Most is of the first version, and of its first design.
_ABOVE_USDM = re.compile(r"^Wrapper\.study\.(?:versions\.)?")


def usdm_place(place: str) -> str:
    """Give a place without what all have in common."""
    return _ABOVE_USDM.sub("", place)


def usdm_tail() -> Iterator[str]:
    """Give what the tables do not show, and our code systems."""
    yield USDM_RULES
    found = {one.url: one for _, row, _ in walk(usdm.USDM) for one in row.codec.systems}
    yield from systems_table([(url, found[url].title, found[url].codes) for url in sorted(found)])


USDM_RULES = """\
# Rules

- **What USDM requires and a record does not state** is the least that USDM accepts: an empty text
  or list, `false`, for a code C17998 (Unknown), for a name the id of its object. All but a name are
  listed in the extension attribute `.../usdm/not-stated` of their object, and are read as absent as
  long as they stand as they were written.
- **Ages**: a range has two ends. Where the record has one of them, no other limit is known: 0 years
  below, 999 years above, each said to be not stated.
- **Arms and interventions**: USDM says in cells, of an arm in an epoch, what is given. A record has
  no epochs, so one without anything stated holds the cells of all arms; a record whose arms name no
  intervention has none.
- **Sites** are those that an organization manages of which nothing is stated. Their town, status
  and contacts are extension attributes.
- **Enrollment**: a number that the record calls estimated is the planned one, and one of others is
  read so. A number that is actual, or of which the record does not say what it is, is an extension
  attribute.
- **Texts** of criteria and end points are XHTML in USDM: `<` and `&` of the record are written as
  `&lt;` and `&amp;`.
- **Codes** state the packages of 2024-09-27, those of USDM 4.0; a government's institute has one of
  2026-03-27. An acronym is C207646, as in these packages and by CDISC's rule engine, and is read as
  C94108 too, which CDISC's mappings and examples have.
- **Masking**: CDISC's double blind has the subject masked. A masking of two parties of which the
  subject is none is the registry's own code.
- **What USDM has no place for**, all results among it, is in extension attributes whose urls are
  ours and the path of the registry's data element; below them, the url is the element's name. A
  list is as many attributes of one url; an empty list has the `valueInteger` 0. Elements that are
  empty in the record are named by `.../usdm/empty/object`, `list` and `string`.
- **Documents of others**: the first version of the study is read, and its first design. Texts in
  HTML are read as lines, with the values that their tags refer to; end points by their own levels;
  names where there is no label. What a record has no place for stays in `unmapped`, with the
  document, and is written again in USDM alone: the same document where the record is the same;
  where facts were edited, they are put into it. Where arms, end points, criteria or sites were
  added or taken away, the document is written anew, and what is not in it is told.
- **Two rows differ from CDISC's mapping from ClinicalTrials.gov**: the primary purpose is in
  `intentTypes`, whose value set (C66736) has its codes, where the mapping names `subTypes`
  (C66739); and the description of an outcome is that of its end point, where it has no place.
- **Versions**: USDM 4.0 is read. Other versions are refused by name.
- **CDISC's rule engine** (CORE 0.16, `-s usdm -v 4-0`) tells of these documents what a record does
  not state: no main timeline (DDF00012), an epoch that no timeline has, empty `arms`, `epochs` and
  `studyCells` (DDF00126), no cell of an arm without interventions, no procedure that has an
  intervention (DDF00101), no primary end point or masked role where the record has none, C17998
  (Unknown) for a role, a type of organization or the origin of an arm's data. Nothing is made up
  to silence it.
"""


USDM = Page(
    path=FOLDER / "cdisc" / "usdm.md",
    title="A trial record in CDISC USDM 4.0",
    lead="""
A place is a path from the StudyVersion, or from the Study where it begins with `study`, in brackets
which object of a list. What USDM has a place for is there, by CDISC's own mapping from
ClinicalTrials.gov; all else is in extension attributes, on the object that it is about.

    convert --to usdm record.txt -o study.json
    trialbridge validate study.json""",
    table=usdm.USDM,
    coverage=usdm.coverage,
    homes={"native": "USDM's own", "official": "", "ours": "extension attribute", "none": ""},
    place=usdm_place,
    codes=usdm_codes,
    code_lead="""\
The registry's code, and CDISC's preferred term with its code; where CDISC has none, the registry's
own. A code that stands for several is read, where it stands alone, as the first of them.""",
    tail=usdm_tail,
)
