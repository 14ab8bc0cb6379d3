"""What the headers of a request say of its body, and of the answer that is wanted.

https://www.rfc-editor.org/rfc/rfc9110#section-12
https://hl7.org/fhir/R5/http.html#version-parameter
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from trialbridge.formats import FORMATS, Format
from trialbridge.service.refused import Refused

FHIR_JSON: Final = "application/fhir+json"
FHIR_XML: Final = "application/fhir+xml"
JSON: Final = "application/json"
SVG: Final = "image/svg+xml"

# The parameter fhirVersion of a media type, by the format in JSON.
_FHIR_VERSIONS: Final = {"fhir-r5": "5.0", "fhir-r4b": "4.3", "fhir-r4": "4.0", "fhir-r6": "6.0"}
_MEDIA: Final = {
    "json": (JSON,),
    "xml": ("application/xml", "text/xml"),
    "text": ("text/plain; charset=utf-8",),
    "csv": ("text/csv; charset=utf-8", "text/plain; charset=utf-8"),
    "zip": ("application/zip", "application/octet-stream"),
}
_BINARY: Final = ("application/octet-stream",)
# The syntax that a type of body says; None is any, to be recognised by content.
_SYNTAXES: Final = {
    JSON: "json",
    "text/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
    "application/zip": "zip",
    "text/plain": None,
    "text/markdown": None,
    "application/octet-stream": None,
}
_CHARSETS: Final = {
    "utf-8": "",
    "us-ascii": "",
    "utf-16": "utf-16",
    "iso-8859-1": "iso-8859-1",
    "windows-1252": "windows-1252",
}
_ITEM: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PART: Final = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*")+')


class Media(NamedTuple):
    """A media type, or a range of them, with its parameters in small letters."""

    name: str
    parameters: dict[str, str]


class Stated(NamedTuple):
    """What Content-Type says: the syntax, the name of the format, the encoding to read it from."""

    syntax: str | None = None
    format: str | None = None
    charset: str = ""


def media(text: str) -> Media:
    """Read a media type. Whatever has another form is a type that nothing fits."""
    name, *parts = _PART.findall(text.lower()) or [""]
    found = {}
    for part in parts:
        key, _, value = part.partition("=")
        found[key.strip()] = value.strip().strip('"')
    return Media(name.strip(), found)


def offers(known: Format) -> tuple[str, ...]:
    """List the media types that a document of a format is given as, the best first."""
    version = _FHIR_VERSIONS.get(known.form_of or known.name)
    plain = _MEDIA.get(known.syntax, _BINARY)
    if version is None:
        return plain
    own = FHIR_XML if known.syntax == "xml" else FHIR_JSON
    return (f"{own}; fhirVersion={version}", *plain)


def chosen(accept: str | None, offered: Sequence[str]) -> str | None:
    """Choose among media types by an Accept header; None where it takes none of them."""
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [media(item) for item in _ITEM.findall(accept)]
    weighed = [(_weight(media(offer), ranges), offer) for offer in offered]
    best = max(weight for weight, _ in weighed)
    return next(offer for weight, offer in weighed if weight == best) if best > 0 else None


def target(accept: str | None) -> Format | None:
    """Find the format that an Accept header names: FHIR alone has media types of its own."""
    found = [media(item) for item in _ITEM.findall(accept or "")]
    for each in sorted(found, key=_quality, reverse=True):
        if each.name in (FHIR_JSON, FHIR_XML) and _quality(each) > 0:
            return _fhir(each)
    return None


def wants_outcome(accept: str | None) -> bool:
    """Tell if problems are wanted as FHIR's OperationOutcome, and not as JSON of ours."""
    ranges = [media(item) for item in _ITEM.findall(accept or "")]
    if any(each.name == JSON for each in ranges):
        return chosen(accept, (JSON, FHIR_JSON)) == FHIR_JSON
    return any(each.name in (FHIR_JSON, FHIR_XML) and _quality(each) > 0 for each in ranges)


def stated(content_type: str | None) -> Stated:
    """Read a Content-Type header. Raises Refused with 415 for what no record comes as."""
    if content_type is None or not content_type.strip():
        return Stated()
    found = media(content_type)
    if found.name in _SYNTAXES:
        syntax = _SYNTAXES[found.name]
    elif found.name.endswith("+json"):
        syntax = "json"
    elif found.name.endswith("+xml"):
        syntax = "xml"
    else:
        raise Refused(
            415,
            "media-type",
            f"Content-Type is {_quoted(found.name)}, of which no record is; expected one of "
            f"{FHIR_JSON}, {FHIR_XML}, {', '.join(_SYNTAXES)}",
        )
    charset = found.parameters.get("charset", "utf-8")
    if charset not in _CHARSETS:
        message = f"charset is {_quoted(charset)}, expected one of {', '.join(_CHARSETS)}"
        raise Refused(415, "charset", message)
    known = None
    if found.name in (FHIR_JSON, FHIR_XML) and "fhirversion" in found.parameters:
        known = _fhir(found)
        if known is None:
            version = _quoted(found.parameters["fhirversion"])
            message = f"fhirVersion is {version}, expected one of {', '.join(_versions())}"
            raise Refused(415, "media-type", message)
    return Stated(syntax, known.name if known else None, _CHARSETS[charset])


def _versions() -> list[str]:
    return sorted(_FHIR_VERSIONS.values())


def _fhir(found: Media) -> Format | None:
    """Give the format of a media type of FHIR, R5 if it says no version."""
    wanted = found.parameters.get("fhirversion", "5.0")
    syntax = "xml" if found.name == FHIR_XML else "json"
    for known in FORMATS:
        version = _FHIR_VERSIONS.get(known.form_of or known.name)
        if version == wanted and known.syntax == syntax:
            return known
    return None


def _weight(offer: Media, ranges: list[Media]) -> float:
    """The quality of the most specific range that takes an offer; 0 if none does."""
    best, quality = (-1, -1), 0.0
    kind = offer.name.partition("/")[0]
    for each in ranges:
        wanted = {key: value for key, value in each.parameters.items() if key != "q"}
        if any(offer.parameters.get(key, value) != value for key, value in wanted.items()):
            continue
        if each.name == offer.name:
            rank = (2, len(wanted))
        elif each.name == f"{kind}/*":
            rank = (1, 0)
        elif each.name == "*/*":
            rank = (0, 0)
        else:
            continue
        if rank > best:
            best, quality = rank, _quality(each)
    return quality


def _quality(each: Media) -> float:
    try:
        return min(1.0, max(0.0, float(each.parameters.get("q", "1"))))
    except ValueError:
        return 0.0


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
