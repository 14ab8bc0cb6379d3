"""People, organisations and sites of a study, in FHIR R5."""

from trialbridge.mappings.codec import (
    FIRST,
    also,
    among,
    below,
    field,
    item,
    number,
    record,
)
from trialbridge.mappings.fhir import codes
from trialbridge.mappings.fhir.links import to
from trialbridge.mappings.fhir.types import (
    PHONE_EXTENSION,
    classified,
    coded_item,
    coding,
    concept,
    concept_item,
    each,
    has_code,
    is_of,
    of_code,
    ours,
)
from trialbridge.schemas.trial import (
    Contact,
    Location,
    Official,
    Sponsor,
)

CONTACT_ROWS = (
    field("name", "name", FIRST, "text"),
    field("role", "purpose", codec=concept(codes.CONTACT_ROLE)),
    field("phone", "telecom", PHONE := item(system="phone"), "value"),
    field("phone_ext", "telecom", PHONE, "_value", PHONE_EXTENSION),
    field("email", "telecom", item(system="email"), "value"),
)

ROLE = to("PractitionerRole")

CENTRAL_CONTACT = record(
    Contact, also(field("name", "name")), *below(("party", ROLE, "contact", FIRST), CONTACT_ROWS)
)

OFFICIAL = record(
    Official,
    field("role", "role", codec=concept(codes.OFFICIAL_ROLE)),
    also(field("name", "name")),
    field("name", "party", ROLE, "practitioner", to("Practitioner"), "name", FIRST, "text"),
    field("affiliation", "party", ROLE, "organization", to("Organization"), "name"),
)

SPONSOR_ROWS = (
    among("class_", "classifier", codec=classified(codes.AGENCY_CLASS)),
    also(field("name", "name")),
    field("name", "party", to("Organization"), "name"),
)
SPONSOR = record(Sponsor, *SPONSOR_ROWS)

LEAD = "protocol.sponsor_collaborators.lead_sponsor"
LEAD_SPONSOR = coded_item("role", codes.PARTY_ROLE, "lead-sponsor")
PARTY = "protocol.sponsor_collaborators.responsible_party"
_RESPONSIBLE_SYSTEM = codes.RESPONSIBLE_PARTY.exact.url if codes.RESPONSIBLE_PARTY.exact else ""
RESPONSIBLE = concept_item(codes.RESPONSIBLE_PARTY, "role", "responsible party")._replace(
    mine=lambda node: any(
        one.get("system") == _RESPONSIBLE_SYSTEM
        or (one.get("system") == codes.PARTY_ROLE and one.get("code") == "sponsor-investigator")
        for one in (node.get("role") or {}).get("coding", ())
    )
)
_RESPONSIBLE_ROLE = to("PractitionerRole", "responsible-party")

_is_official = is_of(codes.OFFICIAL_ROLE, "role")

PARTY_ROWS = (
    also(field(f"{LEAD}.name", "associatedParty", LEAD_SPONSOR, "name")),
    field(
        f"{LEAD}.name",
        "associatedParty",
        LEAD_SPONSOR,
        "party",
        to("Organization", "lead-sponsor"),
        "name",
    ),
    among(
        f"{LEAD}.class_",
        "associatedParty",
        LEAD_SPONSOR,
        "classifier",
        codec=classified(codes.AGENCY_CLASS),
    ),
    among(
        "protocol.sponsor_collaborators.collaborators",
        "associatedParty",
        codec=each(
            SPONSOR,
            name="collaborator",
            const={"role": of_code(codes.PARTY_ROLE, "collaborator")},
            mine=has_code(codes.PARTY_ROLE, "collaborator", "role"),
        ),
    ),
    *below(
        ("associatedParty", RESPONSIBLE),
        (
            field(f"{PARTY}.type", "role", codec=concept(codes.RESPONSIBLE_PARTY)),
            field(f"{PARTY}.old_name_title", "name"),
            field(
                f"{PARTY}.investigator_full_name",
                "party",
                _RESPONSIBLE_ROLE,
                "practitioner",
                to("Practitioner", "responsible-party"),
                "name",
                FIRST,
                "text",
            ),
            field(f"{PARTY}.investigator_title", "party", _RESPONSIBLE_ROLE, "code", FIRST, "text"),
            field(
                f"{PARTY}.investigator_affiliation",
                "party",
                _RESPONSIBLE_ROLE,
                "organization",
                to("Organization", "responsible-party"),
                "name",
            ),
            field(f"{PARTY}.old_organization", ours("responsible-organization", "String")),
        ),
    ),
    among(
        "protocol.contacts_locations.overall_officials",
        "associatedParty",
        codec=each(
            OFFICIAL,
            name="official",
            # Associated parties must have a role; an official without one is told by this text.
            const={"role": {"text": "Overall official"}},
            mine=lambda node: (
                (_is_official(node) and not RESPONSIBLE.mine(node))
                or node.get("role") == {"text": "Overall official"}
            ),
        ),
    ),
    among(
        "protocol.contacts_locations.central_contacts",
        "associatedParty",
        codec=each(
            CENTRAL_CONTACT,
            name="central-contact",
            const={"role": of_code(codes.PARTY_ROLE, "general-contact")},
            mine=has_code(codes.PARTY_ROLE, "general-contact", "role"),
        ),
    ),
)

SITE = record(
    Location,
    *below(
        (to("Location"),),
        (
            field("facility", "name"),
            field("city", "address", "city"),
            field("state", "address", "state"),
            field("zip", "address", "postalCode"),
            field("country", "address", "country"),
            field("geo_point.lat", "position", "latitude", codec=number),
            field("geo_point.lon", "position", "longitude", codec=number),
            among("contacts", "contact", codec=each(record(Contact, *CONTACT_ROWS))),
        ),
    ),
    field("status", ours("site-status", "Coding"), codec=coding(codes.EXACT_STATUS)),
)

SITE_ROWS = (among("protocol.contacts_locations.locations", "site", codec=each(SITE, name="site")),)
