"""The layer `rules`: what the specification demands beyond the XSD.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from trialbridge.schemas import xml
from trialbridge.schemas.cdisc_codes import CDISC, EARLY_PHASE_1, PARAMETERS, PHASE
from trialbridge.schemas.odm.document import (
    LANG,
    NAMESPACES,
    Digest,
    Document,
    either,
    elements,
    name_of,
    shortened,
    too_many,
)
from trialbridge.schemas.once import once

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

# https://www.rfc-editor.org/rfc/rfc5646#section-2.1
LANGUAGE: Final = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+|i-[a-z]+",
    re.IGNORECASE,
)
# https://www.rfc-editor.org/rfc/rfc6838#section-4.2
MEDIA_TYPE: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?:\s*;.*)?"
)
# https://www.rfc-editor.org/rfc/rfc3986#section-4.3
ABSOLUTE_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")

# The XSD has the terms of C66737 as they were, `PHASE I TRIAL`; CDISC's terminology now says `I`,
# and `EARLY PHASE I` for `PHASE 0 TRIAL`.
# https://evs.nci.nih.gov/ftp1/CDISC/SDTM/
_RENAMED_PHASE: Final = EARLY_PHASE_1.value

NUMBERS: Final = ("OrderNumber", "SequenceNumber")

# The texts by the element that they translate, language and media type.
Texts = dict[tuple["_Element | None", str | None, str | None], "_Element"]


@once
def _ruled(version: str) -> tuple[str, ...]:
    """The tags of elements that have rules."""
    return tuple(
        f"{{{NAMESPACES[version]}}}{name}"
        for name, element in elements(version).items()
        if name in RULES or any(number in element.attributes for number in NUMBERS)
    )


def check_rules(document: Document, root: "_Element") -> None:
    """Check what the specification demands beyond the XSD."""
    prefix = f"{{{NAMESPACES[document.version]}}}"
    texts: Texts = {}
    seen: dict[tuple[_Element, str, str], _Element] = {}
    for element in root.iter(*_ruled(document.version)):
        name = element.tag[len(prefix) :]
        for attribute in NUMBERS:
            number = element.get(attribute)
            if number is None:
                continue
            key = (element.getparent(), name, number.strip().lstrip("0"))
            other = seen.setdefault(key, element)
            if other is not element:
                document.told.add((element, attribute))
                message = (
                    f"{attribute} {shortened(number)} is that of <{name}> in {xml.line_of(other)}"
                    " too, expected another"
                )
                document.report("error", "rules", element, attribute, "order-number", message)
        rule = RULES.get(name)
        if rule is not None:
            rule(document, texts, element)
    if root.tag != f"{prefix}ODM":
        message = f"the root is <{name_of(root.tag)}>, a part of a document, expected <ODM>"
        document.report("warning", "rules", root, None, "fragment", message)
    if document.untold:
        path = xml.line_of(root)
        document.problems.append(too_many(path, "references", document.link))


def _translated(document: Document, texts: Texts, element: "_Element") -> None:
    """A text stands once in each language and media type."""
    language, media = element.get(LANG), element.get("Type")
    if language is not None and not LANGUAGE.fullmatch(language):
        document.told.add((element, LANG))
        message = (
            f"xml:lang is {shortened(language)!r}, expected a language tag of RFC 5646, as en-GB"
        )
        document.report("error", "rules", element, LANG, "language", message)
    if media is not None and not MEDIA_TYPE.fullmatch(media):
        message = f"Type is {shortened(media)!r}, expected a media type, as text/plain"
        document.report("error", "rules", element, "Type", "media-type", message)
    other = texts.setdefault((element.getparent(), language, media), element)
    if other is not element:
        document.told.add((element, LANG_IN_XSD))
        kind = ", ".join(filter(None, (language or "no language", media)))
        message = f"a text ({shortened(kind)}) stands in {xml.line_of(other)} too, expected once"
        document.report("error", "rules", element, None, "translation", message)


def phases(digest: Digest) -> frozenset[str]:
    """Give the terms of phases: those of the XSD, and those that CDISC's terminology has by now."""
    terms = digest.terms["TrialPhaseType"]
    short = [term.removeprefix("PHASE ").removesuffix(" TRIAL") for term in terms]
    return frozenset((*terms, *short, *(term.value for term in PHASE.values()), _RENAMED_PHASE))


def _phase(document: Document, texts: Texts, element: "_Element") -> None:
    value = element.get("Value", "")
    if value and value not in phases(document.digest):
        terms = document.digest.terms["TrialPhaseType"]
        message = f"Value {shortened(value)!r} is no term of C66737, expected {either(terms)}"
        document.report("warning", "rules", element, "Value", "term", message)


# Those of the trial summary whose values have a form. By TSPARMCD.
# https://www.cdisc.org/standards/foundational/sdtmig
_DURATION: Final = re.compile(
    r"P(?!$)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?!$)(?:\d+H)?(?:\d+M)?)?"
)
_DATE: Final = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}(?::\d{2}){0,2}\S*)?)?)?")
_COUNT: Final = re.compile(r"\d+")
# C66742, which is no open list. https://evs.nci.nih.gov/ftp1/CDISC/
_ANSWER: Final = re.compile(r"Y|N|U|NA")
VALUES: Final[dict[str, tuple[re.Pattern[str], str]]] = {
    **dict.fromkeys(("AGEMIN", "AGEMAX", "TRGFUDUR"), (_DURATION, "a duration, as P18Y")),
    **dict.fromkeys(("SSTDTC", "SENDTC"), (_DATE, "a date, as 2024-03 or 2024-03-01")),
    **dict.fromkeys(("PLANSUB", "ACTSUB", "NARMS", "NCOHORT"), (_COUNT, "a whole number")),
    **dict.fromkeys(
        ("RANDOM", "HLTSUBJI", "DMCIND", "FDADRIND", "FDADEIND", "PDPSTIND", "BRIND", "BRDNAIND"),
        (_ANSWER, "Y, N, U or NA, the terms of C66742"),
    ),
}


def _parameter(document: Document, texts: Texts, element: "_Element") -> None:
    """A parameter of the trial summary has the code of its short name, and a value of its form."""
    short = element.get("ShortName", "")
    known = PARAMETERS.get(short)
    if known is None:
        return
    prefix = f"{{{NAMESPACES[document.version]}}}"
    for coding in element.iterchildren(f"{prefix}Coding"):
        code = coding.get("Code")
        if coding.get("System") == CDISC and code not in (None, known.code):
            message = f"Code {shortened(code)!r} is not that of {short}, expected {known.code!r}"
            document.report("warning", "rules", coding, "Code", "term", message)
    form, expected = VALUES.get(short, (None, ""))
    for held in element.iterchildren(f"{prefix}ParameterValue"):
        value = held.get("Value", "")
        if value and form is not None and not form.fullmatch(value):
            message = f"Value {shortened(value)!r} of {short} is not {expected}"
            document.report("warning", "rules", held, "Value", "value", message)


def _coding(document: Document, texts: Texts, element: "_Element") -> None:
    for attribute in ("System", "href", "ref"):
        value = element.get(attribute)
        if value is not None and not ABSOLUTE_URI.fullmatch(value):
            message = (
                f"{attribute} is {shortened(value)!r}, expected a URI, as http://www.cdisc.org"
            )
            document.report("error", "rules", element, attribute, "uri", message)


def _absolute_timing(document: Document, texts: Texts, element: "_Element") -> None:
    """The XSD says in a comment what XSD 1.0 cannot say."""
    found = [name for name in ("StudyEventGroupOID", "StudyEventOID") if name in element.attrib]
    if len(found) != 1:
        message = (
            f"<AbsoluteTimingConstraint> has {'both' if found else 'neither'}"
            " of StudyEventGroupOID and StudyEventOID, expected one"
        )
        document.report("error", "rules", element, None, "timing", message)


LANG_IN_XSD: Final = "xml:lang"
RULES: Final[dict[str, Callable[[Document, Texts, "_Element"], None]]] = {
    "TranslatedText": _translated,
    "TrialPhase": _phase,
    "StudyParameter": _parameter,
    "Coding": _coding,
    "AbsoluteTimingConstraint": _absolute_timing,
}
