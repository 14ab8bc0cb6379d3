"""What is recognised and not read: a row each, with what to do instead.

A record that somebody has is mostly there in another form as well, so a refusal names both. Rows
are asked from the top; one becomes a row of `trialbridge.formats` when there is a reader.
"""

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from trialbridge.schemas.problem import EACH

_NEAR = 4_096
_API = "https://clinicaltrials.gov/api/v2/studies/"
_BY_ID = f"its record by its NCT number is {_API}NCT..."


class Unread(NamedTuple):
    """A kind of document that is recognised.

    It is told by bytes that it begins with (and one of `holds` near them), by keys of a JSON object
    that it has all of, by the
    namespace and name of the root of XML, or by a pattern in text, with `^` at each line.
    """

    title: str
    instead: str
    begins: tuple[bytes, ...] = ()
    holds: tuple[bytes, ...] = (b"",)
    keys: tuple[tuple[str, ...], ...] = ()
    roots: tuple[tuple[str, str], ...] = ()
    pattern: str = ""

    @property
    def message(self) -> str:
        """Say that it is not read, and what to do."""
        return f"{self.title}, which is not read; {self.instead}"


_MARKUP = "http://www.w3.org/1999/xhtml"

FHIR_R6_XML = Unread("HL7 FHIR R6 (a ballot) in XML", "its JSON is read (fhir-r6): ask for that")
LIST = Unread("a JSON array", f"one record is expected, an object; of a list {EACH}")

UNREAD: Final[tuple[Unread, ...]] = (
    # --- files that are no text
    Unread(
        "an Excel workbook (XLSX) or another document of Office",
        f"a table has a part of a record only; {_BY_ID}",
        begins=(b"PK\x03\x04",),
        holds=(b"[Content_Types].xml", b"xl/workbook.xml", b"docProps/"),
    ),
    Unread(
        "a zip archive",
        f"one record is expected; of the files in it {EACH}",
        begins=(b"PK\x03\x04", b"PK\x05\x06"),
    ),
    Unread(
        "a document of old Office (XLS, DOC)",
        f"a table has a part of a record only; {_BY_ID}",
        begins=(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
    ),
    Unread(
        "a SAS transport file (XPT) with data of a study's subjects",
        "a record of a trial is expected; of datasets TS, the summary of a trial, is read (sdtm)",
        begins=(b"HEADER RECORD*******",),
    ),
    Unread("a PDF", f"its text has lost the record's parts; {_BY_ID}", begins=(b"%PDF-",)),
    Unread("a document in RTF", "save it as plain text in UTF-8", begins=(b"{\\rtf",)),
    Unread(
        "a file packed by gzip, bzip2, xz or zstd",
        "unpack it first",
        begins=(b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"),
    ),
    # --- JSON objects
    Unread(
        "a page of studies of ClinicalTrials.gov's API",
        f"one record is expected; of a page {EACH}",
        keys=(("studies",),),
    ),
    Unread(
        "JSON of ClinicalTrials.gov's classic API, which ended in 2024",
        f"the same record in API v2 is {_API}NCT...",
        keys=(("StudyFieldsResponse",), ("FullStudy",)),
    ),
    Unread(
        "a Study of CDISC USDM without what is around it",
        'put it into {"usdmVersion": "4.0.0", "study": ...}',
        keys=(("versions", "instanceType"), ("studyId", "versions", "instanceType")),
    ),
    Unread(
        "CDISC Dataset-JSON, data of a study's subjects",
        "a record of a trial is expected; of datasets TS, the summary of a trial, is read (sdtm)",
        keys=(("datasetJSONVersion",),),
    ),
    Unread(
        "a page of what a search of the EU's register (CTIS) found",
        "each record is https://euclinicaltrials.eu/ctis-public-api/retrieve/ and its number",
        keys=(("pagination", "data"),),
    ),
    Unread(
        "an error that a web service answered, no record",
        "ask again, and look at its `status`",
        keys=(("timestamp", "status", "error"),),
    ),
    # --- XML documents
    Unread(
        "a list of what a search of ClinicalTrials.gov found, in XML",
        f"its records are read: {_API}NCT...",
        roots=(("", "search_results"),),
    ),
    Unread(
        "CDISC ODM-XML of a version before 1.3, or without its namespace",
        'ODM 2.0 is read, with xmlns="http://www.cdisc.org/ns/odm/v2.0"',
        roots=(
            ("", "ODM"),
            ("http://www.cdisc.org/ns/odm/v1.2", "ODM"),
            ("http://www.cdisc.org/ns/odm/v1.1", "ODM"),
        ),
    ),
    Unread(
        "HTML",
        f"a page shows a part of a record only; {_BY_ID}",
        roots=(("", "html"), ("", "HTML"), (_MARKUP, "html")),
        pattern=r"\A\s*<!(?i:doctype html)",
    ),
    # --- text
    Unread(
        "nothing but an NCT number",
        f"the record is expected, which is {_API} and the number",
        pattern=r"\A\s*(?:NCT\d{8}[\s,;]*)+\Z",
    ),
    Unread(
        "the address of a record",
        f"nothing is fetched: download the record, {_API}NCT...",
        pattern=r"\A\s*https?://\S+\s*\Z",
    ),
    Unread(
        "a table of ClinicalTrials.gov with tabs between quoted columns",
        "the one with commas (CSV) is read, and the site's own with tabs, which quotes nothing",
        pattern=r'\A"(?:Rank"\t")?NCT Number"\t',
    ),
    Unread(
        "a table of WHO's ICTRP with tabs between its columns",
        "the one with commas (CSV) is read, and the XML",
        pattern=r'\A"?TrialID"?\t"?Last[ _]Refreshed[ _]on',
    ),
    Unread(
        "a list of what a search of the EU Clinical Trials Register found",
        "its full trial details are read (euctr): download those",
        pattern=r"^EudraCT Number:[ \t]+\S+[ \t]*\r?\nSponsor Protocol Number:",
    ),
    Unread(
        "a page of clinicaltrials.gov itself",
        "the layout that is read has `NCT ID: NCT...` below the title and the heading"
        f" `Basic Information`; {_BY_ID}",
        pattern=r"^[ \t]*(?:ClinicalTrials\.gov (?:ID|Identifier)\b|Participation Criteria[ \t]*$)",
    ),
)


def by_bytes(data: bytes) -> Unread | None:
    """Find the kind of a document that is no text."""
    head = data[:_NEAR]
    return next(
        (
            kind
            for kind in UNREAD
            if head.startswith(kind.begins) and any(part in head for part in kind.holds)
        ),
        None,
    )


def by_keys(keys: Collection[str]) -> Unread | None:
    """Find the kind of a JSON object by its keys."""
    return next(
        (
            kind
            for kind in UNREAD
            if any(all(key in keys for key in together) for together in kind.keys)
        ),
        None,
    )


def by_root(namespace: str, name: str) -> Unread | None:
    """Find the kind of an XML document by its root."""
    return next(
        (
            kind
            for kind in UNREAD
            if not {(namespace, name), (namespace, "*")}.isdisjoint(kind.roots)
        ),
        None,
    )


def by_text(text: str) -> Unread | None:
    """Find the kind of a text."""
    return next(
        (kind for kind in UNREAD if kind.pattern and re.search(kind.pattern, text, re.MULTILINE)),
        None,
    )
