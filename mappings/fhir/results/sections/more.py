"""What else is to know about the results, in FHIR R5: whom to ask, and what weakens them."""

from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Node,
    boolean,
    derived,
    field,
    item,
    merged,
)
from trialbridge.mappings.fhir.results.parts import RESULT
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import PHONE_EXTENSION, coding, ours, part
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import ResultsSection

MODULE = "results.more_info"
_CONTACT = f"{MODULE}.point_of_contact"
_AGREEMENT = f"{MODULE}.certain_agreement"
_TERMS = ours("publication-agreement")
_PHONE = item(system="phone")


def _about(results: ResultsSection, names: Names) -> Node | None:
    """Whom the report is about, which FHIR demands: those of the study."""
    if results == ResultsSection():
        return None
    study = {"reference": f"ResearchStudy/{names.root}", "display": names.called}
    return {"subject": {"characteristic": [{"code": {"text": "Study"}, "valueReference": study}]}}


MORE_ROWS: tuple[Field, ...] = (
    derived(merged("results", *RESULT, codec=Codec(lambda node, names: None, _about))),
    field(
        f"{MODULE}.limitations_and_caveats.description",
        *RESULT,
        "note",
        FIRST,
        "text",
    ),
    field(f"{_CONTACT}.title", *RESULT, "contact", FIRST, "name"),
    field(f"{_CONTACT}.organization", *RESULT, "publisher"),
    field(f"{_CONTACT}.phone", *RESULT, "contact", FIRST, "telecom", _PHONE, "value"),
    field(
        f"{_CONTACT}.phone_ext",
        *RESULT,
        "contact",
        FIRST,
        "telecom",
        _PHONE,
        "_value",
        PHONE_EXTENSION,
    ),
    field(f"{_CONTACT}.email", *RESULT, "contact", FIRST, "telecom", item(system="email"), "value"),
    field(
        f"{_AGREEMENT}.pi_sponsor_employee",
        *RESULT,
        _TERMS,
        part("pi-sponsor-employee", "Boolean"),
        codec=boolean,
    ),
    field(
        f"{_AGREEMENT}.restriction_type",
        *RESULT,
        _TERMS,
        part("restriction-type", "Coding"),
        codec=coding(codes.AGREEMENT_RESTRICTION),
    ),
    field(
        f"{_AGREEMENT}.restrictive_agreement",
        *RESULT,
        _TERMS,
        part("restrictive-agreement", "Boolean"),
        codec=boolean,
    ),
    field(f"{_AGREEMENT}.other_details", *RESULT, _TERMS, part("other-details", "Markdown")),
)
