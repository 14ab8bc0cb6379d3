"""Codes of ISO 3166-1 for countries, by the names that registers give them.

https://www.iso.org/iso-3166-country-codes.html
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from trialbridge.schemas.once import once

SYSTEM = "urn:iso:std:iso:3166"
"""The system of the codes. https://terminology.hl7.org/ISO3166.html"""


class Country(NamedTuple):
    """The codes of a country: `CH` and `CHE`."""

    alpha_2: str
    alpha_3: str


# Names of the registry, of today and of earlier years, that CLDR has not, and ISO's own.
_REGISTERS: Mapping[str, str] = {
    "Bolivia, Plurinational State of": "BO",
    "Brunei Darussalam": "BN",
    "Burma": "MM",
    "China, Hong Kong": "HK",
    "Congo": "CG",
    "Congo, Democratic Republic of the": "CD",
    "Congo, The Democratic Republic of the": "CD",
    "Cote D'Ivoire": "CI",
    "Democratic Republic of the Congo": "CD",
    "Falkland Islands (Malvinas)": "FK",
    "Federated States of Micronesia": "FM",
    "Great Britain": "GB",
    "Holy See (Vatican City State)": "VA",
    "Iran, Islamic Republic of": "IR",
    "Iran (Islamic Republic of)": "IR",
    "Korea, Democratic People's Republic of": "KP",
    "Korea, North": "KP",
    "Korea, Republic of": "KR",
    "Korea, South": "KR",
    "Lao People's Democratic Republic": "LA",
    "Libyan Arab Jamahiriya": "LY",
    "Macau": "MO",
    "Macedonia": "MK",
    "Macedonia, The Former Yugoslav Republic of": "MK",
    "Micronesia, Federated States of": "FM",
    "Moldova, Republic of": "MD",
    "Palestinian Territories, Occupied": "PS",
    "Palestinian Territory, occupied": "PS",
    "Palestine, State of": "PS",
    "Republic of Korea": "KR",
    "Republic of Moldova": "MD",
    "Russian Federation": "RU",
    "Saint Helena, Ascension and Tristan da Cunha": "SH",
    "Saint Martin, French part": "MF",
    "Saint Vincent and the Grenadines": "VC",
    "Slovak Republic": "SK",
    "South Georgia and the South Sandwich Islands": "GS",
    "Syrian Arab Republic": "SY",
    "Taiwan, Province of China": "TW",
    "Tanzania, United Republic of": "TZ",
    "Turkey (Türkiye)": "TR",
    "U.S.": "US",
    "U.S.A.": "US",
    "USA": "US",
    "United Kingdom of Great Britain and Northern Ireland": "GB",
    "United Republic of Tanzania": "TZ",
    "United States Minor Outlying Islands": "UM",
    "United States of America": "US",
    "Venezuela, Bolivarian Republic of": "VE",
    "Viet Nam": "VN",
    "Virgin Islands (U.S.)": "VI",
    "Virgin Islands, British": "VG",
    "Virgin Islands, U.S.": "VI",
}
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=1024)
def country(name: str) -> Country | None:
    """The codes of the country of this name; None where no country has it.

    Case, accents, `&` for `and` and `St.` for `Saint` do not matter. Names of countries that are no
    more (`Former Yugoslavia`) have no code of today.
    """
    return _by_name().get(_key(name))


def name_of(code: str) -> str | None:
    """The English name of a country by its code of two or three letters; None where none has it."""
    return _names().get(code)


def is_alpha_3(code: str) -> bool:
    """Whether this is a code of three letters."""
    return len(code) == 3 and code in _names()


@once
def _names() -> Mapping[str, str]:
    found = {}
    for alpha_2, (alpha_3, name, *_) in _table().items():
        found[alpha_2] = found[alpha_3] = name
    return found


def _key(name: str) -> str:
    if name.isascii():  # There are no accents, and few names have any.
        plain = name.lower()
    else:
        plain = unicodedata.normalize("NFKD", name).casefold()
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = _NOT_A_WORD.sub(" ", plain.replace("&", " and "))
    words = words.replace("st ", "saint ") if words.startswith("st ") else words
    return words.strip().removeprefix("the ")


@once
def _table() -> Mapping[str, list[str]]:
    """The alpha-3 code and the names of each country, by its alpha-2 code."""
    file = files("trialbridge.schemas.terms").joinpath("countries.json")
    table: Mapping[str, list[str]] = json.loads(file.read_bytes())["countries"]
    return table


@once
def _by_name() -> Mapping[str, Country]:
    found: dict[str, Country] = {}
    made: dict[str, Country] = {}
    for alpha_2, (alpha_3, *names) in _table().items():
        made[alpha_2] = Country(alpha_2, alpha_3)
        found.update((_key(name), made[alpha_2]) for name in names)
    found.update((_key(name), made[alpha_2]) for name, alpha_2 in _REGISTERS.items())
    return found
