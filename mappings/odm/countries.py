"""Countries by their three letters of ISO 3166-1, beside the names that a register gives them.

For a trial registry the specification wants the three letters. A name that the code alone does not
give back is in the registry form.
https://cdisc-org.github.io/DataExchange-ODM-LinkML/country
"""

from functools import lru_cache
from typing import Any

from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Mismatch,
    Node,
    also,
    field,
    merged,
    read_words,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.form.rows import kept, said_of
from trialbridge.mappings.odm.parameters import VALUE, value, value_of
from trialbridge.schemas.base import BASE
from trialbridge.schemas.terms.countries import country, name_of
from trialbridge.schemas.trial import Location

NAMES = f"{BASE}/CodeSystem/country-name"
"""The system of the names of countries, as a register gives them."""


# A record has the same few for all of its sites.
_MOST = 1_024


@lru_cache(maxsize=_MOST)
def code_of(name: str) -> str | None:
    """The three letters of a country by its name."""
    found = country(name)
    return None if found is None else found.alpha_3


@lru_cache(maxsize=_MOST)
def _is_not_given_back(name: str) -> bool:
    code = code_of(name)
    return code is None or name_of(code) != name


def _read(said: str, given: str | None) -> str:
    """The name of what a document has as the country, where it may have a name beside it."""
    if given is not None and (code_of(given) or "") in (said, ""):
        return given
    return name_of(said) or said


def _read_country(site: Node, names: Names) -> str | None:
    address = (site.get("Address") or [{}])[0]
    said = address.get("Country", "")
    if said.__class__ is not str:
        raise Mismatch(f"expected text, found {said!r:.60}")
    return _read(said, said_of(names, Location, "country", site)) or None


_country: Codec[str] = Codec(_read_country, lambda value, names: None, label="Address.Country")
_code: Codec[str] = Codec(lambda value, names: None, lambda value, names: code_of(value))
_name: Codec[str] = Codec(lambda value, names: None, lambda value, names: value)


def country_rows(model: str) -> tuple[Field, ...]:
    """The country of a site: its code in the address, and its name where that does not give it."""
    return (
        also(merged(model, codec=_country)),
        field(model, "Address", FIRST, "Country", codec=_code),
        kept(Location, model, _name)._replace(
            when=_is_not_given_back,
            note="where the code does not give the name back",
        ),
    )


def _read_countries(nodes: Any, names: Names) -> list[str] | None:
    found = []
    for node in nodes:
        said = read_words(value_of(node), names)
        if said is not None:
            codings = node.get(VALUE, {}).get("Coding", ())
            given = [one.get("@Code") for one in codings if one.get("@System") == NAMES]
            found.append(_read(said, given[0] if given else None))
    return found or None


def _write_countries(countries: list[str], names: Names) -> list[Node]:
    nodes = []
    for name in countries:
        names.odd = names.odd or not name
        if name:
            code = code_of(name)
            # A name may be a code of another country's, as it stands.
            said = code or name
            nodes.append(value(said, *([_named(name)] if _read(said, None) != name else ())))
    return nodes


def _named(name: str) -> Node:
    return {"@System": NAMES, "@Code": name}


countries: Codec[list[str]] = Codec(_read_countries, _write_countries)
"""Countries, each by its code as the value of a parameter, and its name where that is another."""
