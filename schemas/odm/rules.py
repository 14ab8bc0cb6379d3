"""The layer `rules`: what the specification demands beyond the XSD.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from trialbridge.schemas.odm.digests.document import (
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
from trialbridge.schemas.syntax import xml
from trialbridge.schemas.terms.cdisc_codes import (
    CDISC,
    EARLY_PHASE_1,
    INTERVENTION_MODEL,
    INTERVENTION_TYPE,
    MASKING,
    OBSERVATIONAL_MODEL,
    OBSERVER_BLIND,
    PARAMETERS,
    PATIENT_REGISTRY,
    PHASE,
    PRIMARY_PURPOSE,
    SAMPLING_METHOD,
    SEX,
    STUDY_TYPE,
    TIME_PERSPECTIVE,
    YES_NO,
    Term,
)
from trialbridge.schemas.terms.countries import is_alpha_3

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
# https://cdisc-org.github.io/DataExchange-ODM-LinkML/type_translated_text
TEXT_TYPE: Final = re.compile(r"text/plain|application/xhtml\+xml")
# https://www.rfc-editor.org/rfc/rfc3986#section-4.3
ABSOLUTE_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")

# The XSD has the terms of C66737 as they were, `PHASE I TRIAL`; CDISC's terminology now says `I`,
# and `EARLY PHASE I` for `PHASE 0 TRIAL`.
# https://evs.nci.nih.gov/ftp1/CDISC/SDTM/
_RENAMED_PHASE: Final = EARLY_PHASE_1.value

NUMBERS: Final = ("OrderNumber", "SequenceNumber")

# The texts by the element that they translate, language and media type.
Texts = dict[tuple["_Element | None", str | None, str | None], "_Element"]

Rule = Callable[[Document, Texts, "_Element"], None]
"""Says what is wrong with an element of a kind."""


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
    elif media is not None and not TEXT_TYPE.fullmatch(media) and document.version == "2.0":
        message = (
            f"Type is {shortened(media)!r}, expected text/plain or application/xhtml+xml"
            " (TranslatedText/@Type)"
        )
        document.report("warning", "rules", element, "Type", "text-type", message)
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


# What parameters of the trial summary are answered with. By TSPARMCD.
_TERMS: Final[dict[str, tuple[Mapping[Any, Term], ...]]] = {
    "STYPE": (STUDY_TYPE, {0: PATIENT_REGISTRY}),
    "TPHASE": (PHASE,),
    "INTMODEL": (INTERVENTION_MODEL,),
    "TBLIND": (MASKING, {0: OBSERVER_BLIND}),
    "TINDTP": (PRIMARY_PURPOSE,),
    "OBSMODEL": (OBSERVATIONAL_MODEL,),
    "OBSTIMP": (TIME_PERSPECTIVE,),
    "OBSTSMM": (SAMPLING_METHOD,),
    "INTTYPE": (INTERVENTION_TYPE,),
    "SEXPOP": (SEX,),
    **dict.fromkeys(
        ("RANDOM", "HLTSUBJI", "DMCIND", "FDADRIND", "FDADEIND", "PDPSTIND", "BRIND", "BRDNAIND"),
        (YES_NO,),
    ),
}
CODES: Final = {
    short: {term.value: term.code for terms in lists for term in terms.values()}
    for short, lists in _TERMS.items()
}
"""The code of each term that a parameter is answered with."""


def _parameter(document: Document, texts: Texts, element: "_Element") -> None:
    """A parameter of the trial summary has the code of its short name, and a value of its form."""
    short = element.get("ShortName", "")
    if document.version == "2.0" and (not short or " " in short):
        said = f"ShortName is {shortened(short)!r}" if short else "there is no ShortName"
        message = f"{said}, expected one without blanks (StudyParameter/@ShortName)"
        document.report("warning", "rules", element, "ShortName", "short-name", message)
    known = PARAMETERS.get(short)
    if known is None:
        return
    term = element.get("Term", "")
    if term != known.term:
        message = f"Term {shortened(term)!r} is not that of {short}, expected {known.term!r}"
        document.report("warning", "rules", element, "Term", "term", message)
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
        code = CODES.get(short, {}).get(value)
        for coding in held.iterchildren(f"{prefix}Coding"):
            given = coding.get("Code")
            if code is not None and coding.get("System") == CDISC and given not in (None, code):
                message = f"Code {shortened(given)!r} is not that of {value!r}, expected {code!r}"
                document.report("warning", "rules", coding, "Code", "term", message)


def _own_names(*kinds: str) -> Rule:
    """A rule that no two elements of a kind in a container have the same name."""

    def rule(document: Document, texts: Texts, element: "_Element") -> None:
        prefix = f"{{{NAMESPACES[document.version]}}}"
        for kind in kinds:
            seen: dict[str, _Element] = {}
            for one in element.iterchildren(f"{prefix}{kind}"):
                name = one.get("Name")
                other = one if name is None else seen.setdefault(name, one)
                if other is not one:
                    document.told.add((one, "Name"))
                    message = (
                        f"Name {shortened(name or '')!r} is that of <{kind}> in"
                        f" {xml.line_of(other)} too, expected another ({kind}/@Name)"
                    )
                    document.report("error", "rules", one, "Name", "name", message)

    return rule


def _study(document: Document, texts: Texts, element: "_Element") -> None:
    if element.get("VersionName") is not None and element.get("VersionID") is None:
        message = "there is a VersionName without a VersionID, expected both (Study/@VersionName)"
        document.report("warning", "rules", element, "VersionName", "version", message)


def _address(document: Document, texts: Texts, element: "_Element") -> None:
    prefix = f"{{{NAMESPACES[document.version]}}}"
    if document.version != "2.0":
        return
    for one in element.iterchildren(f"{prefix}Country"):
        said = (one.text or "").strip()
        if not is_alpha_3(said):
            message = (
                f"{shortened(said)!r} is no code of three letters of ISO 3166-1, which a trial"
                " registry has here, as CHE (Address/Country)"
            )
            document.report("warning", "rules", one, None, "country", message)


# What a file of a granularity does not hold. The nine examples of CDISC do not all keep it.
# https://wiki.cdisc.org/display/PUB/ODM
GRANULARITY: Final = {
    "Metadata": ("ClinicalData", "ReferenceData"),
    "AdminData": ("ClinicalData", "ReferenceData"),
    "ReferenceData": ("ClinicalData",),
}


def _granularity(document: Document, texts: Texts, element: "_Element") -> None:
    said = element.get("Granularity", "")
    prefix = f"{{{NAMESPACES[document.version]}}}"
    for name in GRANULARITY.get(said, ()):
        if document.version == "2.0" and element.find(f"{prefix}{name}") is not None:
            message = f"Granularity is {said!r}, and there is <{name}>, expected 'All' or none"
            document.report("warning", "rules", element, "Granularity", "granularity", message)


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
RULES: Final[dict[str, Rule]] = {
    "TranslatedText": _translated,
    "TrialPhase": _phase,
    "StudyParameter": _parameter,
    "Coding": _coding,
    "AbsoluteTimingConstraint": _absolute_timing,
    "ODM": _granularity,
    "Study": _study,
    "AdminData": _own_names("Organization"),
    "StudyEndPoints": _own_names("StudyEndPoint"),
    "StudyStructure": _own_names("Arm", "Epoch"),
    "Address": _address,
}
