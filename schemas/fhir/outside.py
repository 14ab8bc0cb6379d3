"""Codes that others than HL7 keep: what they have to look like."""

import re
from typing import Final

# https://www.rfc-editor.org/rfc/rfc5646#section-2.1; the irregular ones are grandfathered.
LANGUAGE: Final = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*"
    r"(?:-x(?:-[a-z\d]{1,8})+)?"
    r"|x(?:-[a-z\d]{1,8})+"
    r"|en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-(?:be-fr|be-nl|ch-de)|zh-min",
    re.IGNORECASE | re.ASCII,
)

# https://www.rfc-editor.org/rfc/rfc6838#section-4.2, with parameters as HTTP has them.
_WORD: Final = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,126}"
MIME: Final = re.compile(
    rf"{_WORD}/{_WORD}(?:\s*;\s*[A-Za-z0-9!#$&^_.+\-]+=(?:\"[^\"]*\"|[^;\"]+))*"
)

# ISO 4217, with those that FHIR lists beside them and those that were in use until lately.
# https://www.six-group.com/en/products-services/financial-information/data-standards.html
CURRENCY: Final = re.compile(
    "AED|AFN|ALL|AMD|ANG|AOA|ARS|AUD|AWG|AZN|BAM|BBD|BDT|BGN|BHD|BIF|BMD|BND|BOB|BOV|"
    "BRL|BSD|BTN|BWP|BYN|BZD|CAD|CDF|CHE|CHF|CHW|CLF|CLP|CNY|COP|COU|CRC|CUC|CUP|CVE|"
    "CZK|DJF|DKK|DOP|DZD|EGP|ERN|ETB|EUR|FJD|FKP|GBP|GEL|GGP|GHS|GIP|GMD|GNF|GTQ|GYD|"
    "HKD|HNL|HRK|HTG|HUF|IDR|ILS|IMP|INR|IQD|IRR|ISK|JEP|JMD|JOD|JPY|KES|KGS|KHR|KMF|"
    "KPW|KRW|KWD|KYD|KZT|LAK|LBP|LKR|LRD|LSL|LYD|MAD|MDL|MGA|MKD|MMK|MNT|MOP|MRU|MUR|"
    "MVR|MWK|MXN|MXV|MYR|MZN|NAD|NGN|NIO|NOK|NPR|NZD|OMR|PAB|PEN|PGK|PHP|PKR|PLN|PYG|"
    "QAR|RON|RSD|RUB|RWF|SAR|SBD|SCR|SDG|SEK|SGD|SHP|SLE|SLL|SOS|SPL|SRD|SSP|STN|SVC|"
    "SYP|SZL|THB|TJS|TMT|TND|TOP|TRY|TTD|TVD|TWD|TZS|UAH|UGX|USD|USN|UYI|UYU|UYW|UZS|"
    "VED|VEF|VES|VND|VUV|WST|XAD|XAF|XAG|XAU|XBA|XBB|XBC|XBD|XCD|XCG|XDR|XOF|XPD|XPF|XPT|XSU|"
    "XTS|XUA|XXX|YER|ZAR|ZMW|ZWG|ZWL"
)

NAMED: Final = {
    LANGUAGE: "a language (BCP 47: en, pt-BR, zh-Hans)",
    MIME: "a media type (text/plain, application/fhir+json)",
    CURRENCY: "a currency of ISO 4217 (EUR, USD)",
}

OUTSIDE: Final = {
    "urn:ietf:bcp:47": LANGUAGE,
    "urn:ietf:bcp:13": MIME,
    "urn:iso:std:iso:4217": CURRENCY,
}

_VALUE_SET: Final = "http://hl7.org/fhir/ValueSet/"
VALUE_SETS: Final = {
    f"{_VALUE_SET}all-languages": LANGUAGE,
    f"{_VALUE_SET}languages": LANGUAGE,
    f"{_VALUE_SET}mimetypes": MIME,
    f"{_VALUE_SET}currencies": CURRENCY,
}
