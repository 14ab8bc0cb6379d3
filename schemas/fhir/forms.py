"""The forms of FHIR's primitive types: what a string has to look like to be a date or a code."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from math import isfinite
from typing import Any, Final

from trialbridge.schemas.fhir.digests.definitions import Version, definitions
from trialbridge.schemas.fhir.schema import INTEGERS, MAX_STRING

# What would do, for the primitives with a form.
FORMS: Final = {
    "base64Binary": "base64 without blanks",
    "canonical": "an absolute URL without blanks",
    "code": "words with single blanks between them",
    "date": "YYYY, YYYY-MM or YYYY-MM-DD",
    "dateTime": "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone",
    "id": "at most 64 of A-Z a-z 0-9 - .",
    "instant": "YYYY-MM-DDThh:mm:ss with a time zone",
    "integer": "a whole number of 32 bits",
    "integer64": "a whole number, as a string",
    "oid": "urn:oid:1.2.3",
    "positiveInt": "a whole number from 1 to 2147483647",
    "time": "hh:mm:ss",
    "unsignedInt": "a whole number from 0 to 2147483647",
    "uri": "a URI without blanks",
    "url": "a URL without blanks",
    "uuid": "urn:uuid: and a UUID in lower case",
}

BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
BLANKS = re.compile(r"[ \t\r\n]+")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
OID = re.compile(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+")
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PLAIN_URI = re.compile(r"(?!urn:|uuid:|oid:)[!-~]+")
CANONICAL = re.compile(r"#|[A-Za-z][A-Za-z0-9+.\-]*:")


@cache
def form_of(version: Version, kind: str) -> Callable[[str], Any]:
    """Give what tells whether a string has the form of a primitive."""
    regexes = definitions(version).primitives
    form: Callable[[str], Any]
    if kind == "dateTime":
        # R5's regex also accepts a zone without a time and a time without a zone, both of which the
        # text beside it forbids.
        form = re.compile(f"{regexes['date']}|{regexes['instant']}").fullmatch
    elif kind == "base64Binary":
        # R4's regex takes exponential time; both versions' text wants whole groups of four.
        return _base64 if version == "r5" else lambda value: _base64(BLANKS.sub("", value))
    else:
        form = re.compile(regexes[kind]).fullmatch
    if kind in ("date", "dateTime", "instant"):
        return lambda value: form(value) and _day(value)
    if kind == "canonical" and version != "r4":
        # R4's examples have relative ones in plenty; since R4B they are absolute.
        return lambda value: form(value) and _names(value) and CANONICAL.match(value)
    if kind in ("canonical", "uri", "url"):
        return lambda value: form(value) and _names(value)
    return form


def _base64(value: str) -> bool:
    return len(value) % 4 == 0 and BASE64.fullmatch(value) is not None


def _names(value: str) -> bool:
    """Tell whether what a URI names by a scheme of its own has that scheme's form."""
    if value.startswith("urn:uuid:"):
        return UUID.fullmatch(value) is not None
    if value.startswith("urn:oid:"):
        return OID.fullmatch(value) is not None
    return not value.startswith(("uuid:", "oid:"))


def _day(value: str) -> bool:
    if len(value) < 10:
        return True
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


@cache
def quick_of(version: Version, kind: str) -> Callable[[Any], bool] | None:
    """Give what says of most right values of a primitive that they are right, and of no wrong one.

    None for a primitive whose value has to be looked at in any case.
    """
    if kind in ("markdown", "string"):
        return _plain
    if kind == "boolean":
        return lambda value: value is True or value is False
    if kind == "decimal":
        return lambda value: type(value) is int or (type(value) is float and isfinite(value))
    if kind in INTEGERS:
        least, most = INTEGERS[kind]
        return lambda value: type(value) is int and least <= value <= most
    if kind in ("canonical", "xhtml"):
        return None
    if kind in ("uri", "url"):
        return lambda value: type(value) is str and PLAIN_URI.fullmatch(value) is not None
    form = form_of(version, kind)
    return lambda value: type(value) is str and value != "" and bool(form(value))


def _plain(value: Any) -> bool:
    return (
        type(value) is str
        and len(value) <= MAX_STRING
        and value.isprintable()
        and not (value == "" or value.isspace())
    )
