"""Define-XML 2.1 of datasets that are written: what each column is, and each parameter's values.

https://www.cdisc.org/standards/data-exchange/define-xml/define-xml-v2-1
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from trialbridge.mappings.sdtm.document import Written
from trialbridge.schemas.sdtm.domains import DOMAINS, IG_VERSION, Domain
from trialbridge.schemas.sdtm.rules import is_date, is_duration
from trialbridge.schemas.syntax.dataset import Column, Dataset
from trialbridge.schemas.terms.cdisc_codes import CDISC_VERSION
from trialbridge.schemas.terms.trial_summary import (
    CATEGORIES,
    CATEGORY_CODES,
    CODELISTS,
    NULL_FLAVORS,
    PARAMETER_CODES,
    SUMMARY,
)

_IG, _CT = "STD.1", "STD.2"
_WHOLE_NUMBERS: Final = frozenset({"ACTSUB", "NARMS", "NCOHORT", "PLANSUB"})
_DATES: Final = frozenset({"SENDTC", "SSTDTC", "DCUTDTC"})
_LENGTHS: Final = frozenset({"AGEMAX", "AGEMIN", "LENGTH", "TRGFUDUR"})
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" ODMVersion="1.3.2" FileType="Snapshot"'
)
_STANDARDS = (
    f'<def:Standards><def:Standard OID="{_IG}" Name="SDTMIG" Type="IG" Version="{IG_VERSION}" '
    f'Status="Final"/><def:Standard OID="{_CT}" Name="CDISC/NCI" Type="CT" PublishingSet="SDTM" '
    f'Version="{CDISC_VERSION}" Status="Final"/></def:Standards>'
)
# What XML has no form for, and what stands for a mark in it.
_FORBIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], " ")
_MARKS = {**_FORBIDDEN, 38: "&amp;", 60: "&lt;", 62: "&gt;", 34: "&quot;", 10: "&#10;", 13: "&#13;"}


_MARKED = re.compile(r"[\x00-\x08\x0a-\x1f&<>\"\ufffe\uffff]")


def escaped(text: str) -> str:
    """A text as XML has it, in an attribute too."""
    return text if _MARKED.search(text) is None else text.translate(_MARKS)


def write(written: Written, ending: str) -> bytes:
    """The Define-XML of datasets, whose files have this ending."""
    parts = [
        f'{_HEAD} FileOID="DEF.{escaped(written.name)}" CreationDateTime="{written.created}" '
        'SourceSystem="trialbridge" def:Context="Other">'
        f'<Study OID="ST.{escaped(written.name)}"><GlobalVariables>'
        f"<StudyName>{escaped(written.study)}</StudyName>"
        f"<StudyDescription>{_title(written)}</StudyDescription>"
        f"<ProtocolName>{escaped(written.study)}</ProtocolName></GlobalVariables>"
        f'<MetaDataVersion OID="MDV.{escaped(written.name)}" Name="Trial design" '
        f'def:DefineVersion="2.1.0">{_STANDARDS}'
    ]
    groups: list[str] = []
    items: list[str] = []
    lists: list[str] = []
    values: list[_Value] = []
    for dataset in written.datasets:
        domain = DOMAINS[dataset.name]
        groups.append(_group(dataset, domain, ending))
        if dataset.name == "TS":
            values = list(_values(dataset))
            lists += (_parameters(dataset), _FLAVORS)
        items += (_item(column, dataset.name, bool(values)) for column in dataset.columns)
        if dataset.name == "TI":
            lists += _criteria(dataset, written.texts)
    if values:
        codes = [value.name for value in values]
        parts.append('<def:ValueListDef OID="VL.TS.TSVAL">')
        parts += (_value_reference(number, name) for number, name in enumerate(codes, 1))
        parts.append("</def:ValueListDef>")
        parts += map(_where, codes)
        items += (value.item for value in values)
        lists += (value.codelist for value in values if value.codelist)
    parts += groups
    parts += items
    parts += lists
    parts.append("</MetaDataVersion></Study></ODM>")
    return "".join(parts).encode()


def _title(written: Written) -> str:
    for dataset in written.datasets:
        if dataset.name == "TS":
            at = dataset.names.index("TSPARMCD"), dataset.names.index("TSVAL")
            for row in dataset.rows:
                if row[at[0]] == "TITLE" and row[at[1]]:
                    return escaped(str(row[at[1]]))
    return "Trial design datasets"


# --- datasets and columns ----------------------------------------------------------------------


def _group(dataset: Dataset, domain: Domain, ending: str) -> str:
    name, file = dataset.name, f"{dataset.name.lower()}{ending}"
    references = []
    for number, column in enumerate(dataset.columns, 1):
        variable = domain.variable(column.name)
        mandatory = "Yes" if variable is not None and variable.core == "Req" else "No"
        key = f' KeySequence="{variable.key}"' if variable is not None and variable.key else ""
        role = f' Role="{variable.role}"' if variable is not None else ""
        references.append(
            f'<ItemRef ItemOID="IT.{name}.{escaped(column.name)}" OrderNumber="{number}" '
            f'Mandatory="{mandatory}"{key}{role}/>'
        )
    return (
        f'<ItemGroupDef OID="IG.{name}" Name="{name}" Repeating="No" IsReferenceData="Yes" '
        f'SASDatasetName="{name}" Domain="{name}" Purpose="Tabulation" '
        f'def:Structure="{domain.structure}" def:StandardOID="{_IG}" '
        f'def:ArchiveLocationID="LF.{name}">{_described(domain.label)}{"".join(references)}'
        f'<def:Class Name="TRIAL DESIGN"/><def:leaf ID="LF.{name}" xlink:href="{file}">'
        f"<def:title>{file}</def:title></def:leaf></ItemGroupDef>"
    )


@lru_cache(maxsize=1024)
def _described(text: str) -> str:
    said = escaped(text)
    return f'<Description><TranslatedText xml:lang="en">{said}</TranslatedText></Description>'


_LISTED: Final = {"TSPARMCD": "CL.TSPARMCD", "TSVALNF": "CL.NULLFLAVOR", "IECAT": "CL.IECAT"}


@lru_cache(maxsize=4096)
def _item(column: Column, domain: str, has_values: bool) -> str:
    name = escaped(column.name)
    kind = "integer" if column.numeric else "text"
    length = 8 if column.numeric else max(column.length, 1)
    origin = "Assigned" if column.name in ("DOMAIN", "TSSEQ", "TSGRPID") else "Protocol"
    codes = _LISTED.get(column.name, "")
    if column.name == "IETESTCD":
        codes = "CL.IETESTCD"
    listed = f'<CodeListRef CodeListOID="{codes}"/>' if codes else ""
    values = (
        '<def:ValueListRef ValueListOID="VL.TS.TSVAL"/>'
        if has_values and column.name == "TSVAL"
        else ""
    )
    return (
        f'<ItemDef OID="IT.{domain}.{name}" Name="{name}" SASFieldName="{name}" '
        f'DataType="{kind}" Length="{length}">{_described(column.label)}{listed}'
        f'<def:Origin Type="{origin}" Source="Sponsor"/>{values}</ItemDef>'
    )


# --- values of parameters ----------------------------------------------------------------------


class _Value:
    """What the values of a parameter are: an ItemDef, and the code list that they are of."""

    __slots__ = ("codelist", "item", "name")

    def __init__(self, name: str, texts: list[tuple[str, str]]) -> None:
        self.name = name
        said = [text for text, _ in texts]
        coded = name in CODELISTS and all(code for _, code in texts)
        self.codelist = _codelist(name, tuple(sorted(set(texts)))) if coded else ""
        self.item = _value_item(name, _kind(name, said), max(map(len, said)), coded)


def _kind(name: str, texts: list[str]) -> str:
    if name in _WHOLE_NUMBERS and all(text.isdecimal() for text in texts):
        return "integer"
    if name in _DATES and all(map(is_date, texts)):
        return "date" if all(len(text) == 10 for text in texts) else "partialDate"
    if name in _LENGTHS and all(map(is_duration, texts)):
        return "durationDatetime"
    return "text"


def _values(dataset: Dataset) -> Iterator[_Value]:
    names = dataset.names
    if "TSPARMCD" not in names or "TSVAL" not in names:
        return
    name_at, value_at = names.index("TSPARMCD"), names.index("TSVAL")
    code_at = names.index("TSVALCD") if "TSVALCD" in names else None
    reference_at = names.index("TSVCDREF") if "TSVCDREF" in names else None
    found: dict[str, list[tuple[str, str]]] = {}
    for row in dataset.rows:
        is_cdisc = reference_at is not None and row[reference_at] == "CDISC"
        code = str(row[code_at]) if is_cdisc and code_at is not None else ""
        if row[value_at]:
            found.setdefault(str(row[name_at]), []).append((str(row[value_at]), code))
    for name, texts in found.items():
        yield _Value(name, texts)


@lru_cache(maxsize=4096)
def _value_reference(number: int, name: str) -> str:
    said = escaped(name)
    return (
        f'<ItemRef ItemOID="IT.TS.TSVAL.{said}" OrderNumber="{number}" Mandatory="No">'
        f'<def:WhereClauseRef WhereClauseOID="WC.TS.{said}"/></ItemRef>'
    )


@lru_cache(maxsize=1024)
def _where(name: str) -> str:
    said = escaped(name)
    return (
        f'<def:WhereClauseDef OID="WC.TS.{said}"><RangeCheck Comparator="EQ" SoftHard="Soft" '
        f'def:ItemOID="IT.TS.TSPARMCD"><CheckValue>{said}</CheckValue></RangeCheck>'
        "</def:WhereClauseDef>"
    )


@lru_cache(maxsize=8192)
def _value_item(name: str, kind: str, length: int, coded: bool) -> str:
    said = escaped(name)
    known = SUMMARY.get(name)
    listed = f'<CodeListRef CodeListOID="CL.TS.{said}"/>' if coded else ""
    sized = f' Length="{max(length, 1)}"' if kind in ("text", "integer") else ""
    return (
        f'<ItemDef OID="IT.TS.TSVAL.{said}" Name="{said}" DataType="{kind}"{sized}>'
        f"{_described(known.term if known else name)}{listed}"
        '<def:Origin Type="Protocol" Source="Sponsor"/></ItemDef>'
    )


_TO_NCI = '<Alias Context="nci:ExtCodeID" Name="{}"/>'


@lru_cache(maxsize=4096)
def _codelist(name: str, listed: tuple[tuple[str, str], ...]) -> str:
    title, of = CODELISTS[name]
    items = "".join(
        f'<EnumeratedItem CodedValue="{escaped(value)}">{_TO_NCI.format(escaped(code))}'
        "</EnumeratedItem>"
        for value, code in listed
    )
    return (
        f'<CodeList OID="CL.TS.{escaped(name)}" Name="{title} ({escaped(name)})" DataType="text" '
        f'def:StandardOID="{_CT}">{items}{_TO_NCI.format(of)}</CodeList>'
    )


@lru_cache(maxsize=1024)
def _parameter(name: str) -> str:
    known = SUMMARY.get(name)
    term = known.term if known else name
    ours = "" if known is None else _TO_NCI.format(known.code)
    extended = "" if known else ' def:ExtendedValue="Yes"'
    return (
        f'<CodeListItem CodedValue="{escaped(name)}"{extended}><Decode>'
        f'<TranslatedText xml:lang="en">{escaped(term)}</TranslatedText></Decode>{ours}'
        "</CodeListItem>"
    )


def _parameters(dataset: Dataset) -> str:
    title, of = PARAMETER_CODES
    at = dataset.names.index("TSPARMCD")
    names = dict.fromkeys([str(row[at]) for row in dataset.rows])
    return (
        f'<CodeList OID="CL.TSPARMCD" Name="{title}" DataType="text" def:StandardOID="{_CT}">'
        f"{''.join(map(_parameter, names))}{_TO_NCI.format(of)}</CodeList>"
    )


_FLAVORS: Final = (
    '<CodeList OID="CL.NULLFLAVOR" Name="Null flavors of ISO 21090" DataType="text" '
    'def:IsNonStandard="Yes">'
    + "".join(
        f'<CodeListItem CodedValue="{flavor}"><Decode><TranslatedText xml:lang="en">{said}'
        "</TranslatedText></Decode></CodeListItem>"
        for flavor, said in NULL_FLAVORS.items()
    )
    + "</CodeList>"
)


# --- criteria ----------------------------------------------------------------------------------


def _criteria(dataset: Dataset, texts: Mapping[str, str]) -> Iterator[str]:
    """The criteria by their short names, each with its whole text; and their categories."""
    names = dataset.names
    if "IETESTCD" in names and "IETEST" in names:
        at = names.index("IETESTCD"), names.index("IETEST")
        found = {str(row[at[0]]): str(row[at[1]]) for row in dataset.rows}
        items = "".join(
            f'<CodeListItem CodedValue="{escaped(code)}"><Decode><TranslatedText xml:lang="en">'
            f"{escaped(texts.get(code, line))}</TranslatedText></Decode></CodeListItem>"
            for code, line in found.items()
        )
        yield (
            '<CodeList OID="CL.IETESTCD" Name="Criteria" DataType="text" def:IsNonStandard="Yes">'
            f"{items}</CodeList>"
        )
    if "IECAT" in names:
        at_category = names.index("IECAT")
        title, of = CATEGORIES
        used = dict.fromkeys(str(row[at_category]) for row in dataset.rows)
        items = "".join(
            f'<EnumeratedItem CodedValue="{escaped(category)}">'
            f"{_TO_NCI.format(CATEGORY_CODES[category]) if category in CATEGORY_CODES else ''}"
            "</EnumeratedItem>"
            for category in used
        )
        yield (
            f'<CodeList OID="CL.IECAT" Name="{title}" DataType="text" def:StandardOID="{_CT}">'
            f"{items}{_TO_NCI.format(of)}</CodeList>"
        )


def texts_of(define: bytes) -> dict[str, str]:
    """The whole text of each criterion by its IETESTCD, as a Define-XML has them.

    Raises ReadError if it is no XML.
    """
    from trialbridge.schemas.syntax import xml

    root = xml.parse(define)
    named = (item for item in root.iter("{*}ItemDef") if item.get("Name") == "IETESTCD")
    lists = {ref.get("CodeListOID") for item in named for ref in item.iter("{*}CodeListRef")}
    found: dict[str, str] = {}
    for listed in root.iter("{*}CodeList"):
        if listed.get("OID") in lists:
            for item in listed.iter("{*}CodeListItem"):
                text = next(item.iter("{*}TranslatedText"), None)
                if text is not None and text.text:
                    found[item.get("CodedValue", "")] = text.text.strip()
    return found
