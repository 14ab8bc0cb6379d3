"""Countries by the names that registers give them."""

import json

import pytest
from corpus import records

from trialbridge.schemas.terms.countries import Country, country


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Switzerland", ("CH", "CHE")),
        ("switzerland", ("CH", "CHE")),
        ("Côte d\u2019Ivoire", ("CI", "CIV")),
        ("Cote D'Ivoire", ("CI", "CIV")),
        ("Bosnia and Herzegovina", ("BA", "BIH")),
        ("Bosnia & Herzegovina", ("BA", "BIH")),
        ("Saint Lucia", ("LC", "LCA")),
        ("The Gambia", ("GM", "GMB")),
        ("Korea, Democratic People's Republic of", ("KP", "PRK")),
        ("Congo, The Democratic Republic of the", ("CD", "COD")),
        ("Congo", ("CG", "COG")),
        ("Czech Republic", ("CZ", "CZE")),
        ("ST. LUCIA", ("LC", "LCA")),
        ("t\u00fcrkiye", ("TR", "TUR")),
        ("\u00c5land Islands", ("AX", "ALA")),
        ("Aland Islands", ("AX", "ALA")),
    ],
)
def test_a_country_has_two_codes(name: str, codes: tuple[str, str]) -> None:
    assert country(name) == Country(*codes)


@pytest.mark.parametrize("name", ["", "Former Yugoslavia", "Kosovo", "CH", "Atlantis", "Saint"])
def test_what_is_no_country_of_today_has_none(name: str) -> None:
    assert country(name) is None


def test_every_country_of_the_registry_s_sites_has_its_codes() -> None:
    unknown = set()
    for line in records()[::3]:
        module = json.loads(line)["protocolSection"].get("contactsLocationsModule", {})
        unknown |= {site["country"] for site in module.get("locations", ()) if "country" in site}
    assert {name for name in unknown if country(name) is None} == set()
