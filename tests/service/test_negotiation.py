"""Media types, as requests state them: which is chosen, and what is no reason to fail."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("starlette", reason="starlette is not installed: it is in the extra `serve`")

from trialbridge.formats import FORMATS, by_name
from trialbridge.service.negotiation import chosen, offers, stated, target, wants_outcome
from trialbridge.service.refused import Refused

R5 = offers(by_name("fhir-r5"))
OWN = "application/fhir+json; fhirVersion=5.0"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, OWN),
        ("", OWN),
        ("*/*", OWN),
        ("application/*", OWN),
        ("application/json", "application/json"),
        ("application/json, */*;q=0.1", "application/json"),
        ("application/fhir+json", OWN),
        ("application/fhir+json;fhirVersion=5.0", OWN),
        ("application/fhir+json;fhirVersion=4.0", None),
        ("application/fhir+json;fhirVersion=4.0, application/json;q=0.5", "application/json"),
        ("application/fhir+json;q=0, */*", "application/json"),
        ("text/html", None),
        ('text/html, */*;q="0.8"', OWN),
        ("APPLICATION/JSON", "application/json"),
        ("*/*;q=nan", None),
        (";;,=,", None),
    ],
)
def test_the_best_of_what_is_offered_is_chosen(accept: str | None, wanted: str | None) -> None:
    assert chosen(accept, R5) == wanted


def test_the_format_of_fhir_is_named_by_its_version() -> None:
    def named(accept: str) -> str:
        found = target(accept)
        return found.name if found else ""

    assert named("application/fhir+json") == "fhir-r5"
    assert named("application/fhir+xml; fhirVersion=4.3") == "fhir-r4b-xml"
    assert named("application/json") == ""
    assert named("text/html, application/fhir+xml;q=0.2, application/fhir+json;q=0.4") == "fhir-r5"


def test_content_types_say_syntax_format_and_charset() -> None:
    assert stated(None) == (None, None, "")
    assert stated("application/json; charset=utf-8") == ("json", None, "")
    assert stated("application/vnd.tea+xml") == ("xml", None, "")
    assert stated("application/fhir+json; fhirVersion=4.0") == ("json", "fhir-r4", "")
    assert stated("text/plain; charset=Windows-1252") == (None, None, "windows-1252")
    for wrong in ("text/html", "application/fhir+json; fhirVersion=9", "tea"):
        with pytest.raises(Refused) as refused:
            stated(wrong)
        assert refused.value.status == 415


def test_problems_are_an_outcome_where_fhir_is_wanted_and_json_of_ours_is_not() -> None:
    assert not wants_outcome(None)
    assert not wants_outcome("*/*")
    assert wants_outcome("application/fhir+json")
    assert wants_outcome("application/fhir+xml, */*;q=0.1")
    assert not wants_outcome("application/json, application/fhir+json;q=0.5")
    assert wants_outcome("application/json;q=0.5, application/fhir+json")


def test_every_format_is_offered_as_something() -> None:
    for known in FORMATS:
        for offer in offers(known):
            assert chosen(offer, offers(known)) == offer


@given(st.text(alphabet='ab/+*;=,"\\ q.10', max_size=40))
def test_no_header_is_a_fault(text: str) -> None:
    assert chosen(text, R5) in (None, *R5)
    target(text)
    wants_outcome(text)
    with suppress(Refused):
        stated(text)
