"""The pages of ODM 2.0 and 1.3.2."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mapping_pages.pages import FOLDER, Page
from mapping_pages.systems import short, systems_table
from trialbridge.mappings.fhir.definitions import walk
from trialbridge.mappings.odm import v1_3_2 as odm_1_3_2
from trialbridge.mappings.odm import v2_0 as odm_2_0
from trialbridge.schemas.terms.cdisc_codes import CDISC, CDISC_NAME, CDISC_VERSION


def odm_codes(node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give CDISC's submission value with its NCI code, and the registry's code."""
    if isinstance(node, str):
        return (node,), ()
    standard, ours = [], []
    for holder in holders(node):
        for one in holder["Coding"]:
            if one["@System"] == CDISC:
                standard.append(f"{holder.get('@Value', '')} {one['@Code']}".strip())
            elif "@Code" in one:
                ours.append(f"{short(one['@System'])}#{one['@Code']}")
    return tuple(standard), tuple(ours)


def holders(node: Any) -> Iterator[dict[str, Any]]:
    """Give each element in what a codec writes that has Codings; Codings alone have none."""
    if isinstance(node, dict):
        if "Coding" in node:
            yield node
        node = [inner for key, inner in node.items() if key != "Coding"]
    elif isinstance(node, list) and any("@System" in one for one in node):
        yield {"Coding": node}
        return
    for one in node if isinstance(node, list) else ():
        yield from holders(one)


def odm_system_lines() -> Iterator[str]:
    """Give a table of our code systems in ODM."""
    found: dict[str, tuple[str, Mapping[str, str]]] = {
        odm_2_0.EMPTY_KIND.url: (odm_2_0.EMPTY_KIND.title, odm_2_0.EMPTY_KIND.codes)
    }
    for _, row, _ in walk(odm_2_0.ODM):
        found |= {one.url: (one.title, one.codes) for one in row.codec.systems}
    yield from systems_table([(url, *found[url]) for url in sorted(found)])


# Most elements are of the protocol, and all are of the one study.
_ABOVE = re.compile(r"^ODM\.(?:Study\.MetaDataVersion\.)?(?:.*\.(?=StudyParameter\[))?")


def odm_place(place: str) -> str:
    """Give a place without what all have in common."""
    return _ABOVE.sub("", place).removeprefix("ReferenceData.").removesuffix(".#")


V2_0 = Page(
    path=FOLDER / "cdisc" / "odm-2.0.md",
    title="A trial record in CDISC ODM 2.0",
    lead=f"""
A place is a path from the one Study, its MetaDataVersion, or an Organization or User of the
AdminData, in brackets which element of a list; `@` is an attribute. What ODM has an element for is
there. What CDISC's terminology ({CDISC_NAME}, {CDISC_VERSION}) has a term for is a StudyParameter
of the Protocol's StudySummary; one of one arm, site, ... has the OID of that element at the end of
its own, after `@`. All else, and the results, is the registry form: a group is an ItemGroupDef made
from a struct of the model, an item an ItemDef made from its attribute, with its type and the
registry's codes as a CodeList. A fact is an ItemData in a row of the group, in the ReferenceData.
The key of a row (ItemGroupRepeatKey) is the OID of the element that it is about, `ARM.1`, or a
number behind the key of what it is a part of, `ARM.1.2`, `2.1.3`.
Names and texts that an element requires, and the record does not have, are its OID and empty.""",
    table=odm_2_0.ODM,
    coverage=odm_2_0.coverage,
    homes={
        "native": "element",
        "official": "CDISC's parameter",
        "ours": "the form",
        "none": "not carried",
    },
    place=odm_place,
    codes=odm_codes,
    code_lead="""\
The registry's code, CDISC's submission value with the NCI code of its concept, and the registry's
own code, which is a Coding beside it. Where CDISC has no term, the value is the registry's label.
A term that stands for several is read, where it stands alone, as the first of them.""",
    tail=odm_system_lines,
)

V1_3_2 = Page(
    path=FOLDER / "cdisc" / "odm-1.3.2.md",
    title="A trial record in CDISC ODM 1.3.2",
    lead="""
ODM 1.3.2 has no trial design, no codes and no organizations. A place is a path from the one Study,
its MetaDataVersion, or a User of the AdminData. All else is the registry form, as in
[odm-2.0.md](odm-2.0.md): an item (`IT...`) of a row of a group (`IG...`) in the ReferenceData, with
its ItemGroupDef, ItemDef and CodeList. The name of the protocol is also that of the study, and its
description where the record has none. `-O template=yes` writes the form without data, as forms of
one visit, for an EDC system to import.

CTR-XML, CDISC's extension of ODM 1.3.2 for registries, is left out: it has been provisional since
2016, and neither its XSD nor any document of it is to be had in the open, so nothing could be held
against what others write.""",
    table=odm_1_3_2.ODM,
    coverage=odm_1_3_2.coverage,
    homes={
        "native": "element",
        "official": "official",
        "ours": "the form",
        "none": "not carried",
    },
    place=odm_place,
    codes=odm_codes,
    code_lead="""\
The registry's code, as it stands in the form.""",
    tail=lambda: iter(()),
)
