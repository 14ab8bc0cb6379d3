"""People and organisations of a study, in FHIR R5."""

from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Node,
    among,
    below,
    derived,
    field,
    item,
    merged,
    record,
    text,
    twice,
)
from trialbridge.mappings.fhir.links import to
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import (
    PHONE_EXTENSION,
    classified,
    coded_item,
    concept,
    concept_item,
    each,
    has_code,
    is_of,
    of_code,
    ours,
)
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import (
    Contact,
    Official,
    ResponsiblePartyType,
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
    Contact, twice(field("name", "name")), *below(("party", ROLE, "contact", FIRST), CONTACT_ROWS)
)

OFFICIAL = record(
    Official,
    field("role", "role", codec=concept(codes.OFFICIAL_ROLE)),
    twice(field("name", "name")),
    field("name", "party", ROLE, "practitioner", to("Practitioner"), "name", FIRST, "text"),
    field("affiliation", "party", ROLE, "organization", to("Organization"), "name"),
)

SPONSOR_ROWS = (
    among("class_", "classifier", codec=classified(codes.AGENCY_CLASS)),
    twice(field("name", "name")),
    field("name", "party", to("Organization"), "name"),
)
SPONSOR = record(Sponsor, *SPONSOR_ROWS)

LEAD = "protocol.sponsor_collaborators.lead_sponsor"
LEAD_SPONSOR = coded_item("role", codes.PARTY_ROLE, "lead-sponsor")
PARTY = "protocol.sponsor_collaborators.responsible_party"
_RESPONSIBLE_SYSTEM = codes.RESPONSIBLE_PARTY.exact.url if codes.RESPONSIBLE_PARTY.exact else ""
_LEAD = of_code(codes.PARTY_ROLE, "lead-sponsor")
_TYPE = concept(codes.RESPONSIBLE_PARTY)
_SPONSOR = {"role": {"coding": [*_LEAD["coding"], *_TYPE.write("SPONSOR", Names())["coding"]]}}


def _is_responsible(role: Node) -> bool:
    # A loop, since this is asked of every party, by several rows.
    for one in role.get("coding", ()):
        system = one.get("system")
        if system == _RESPONSIBLE_SYSTEM:
            return True
        if system == codes.PARTY_ROLE and one.get("code") == "sponsor-investigator":
            return True
    return False


def _read_responsible(lead: Node, names: Names) -> ResponsiblePartyType | None:
    role = lead.get("role") or {}
    if not _is_responsible(role):
        return None
    others = [one for one in role["coding"] if one.get("code") != "lead-sponsor"]
    found: ResponsiblePartyType | None = _TYPE.read({"coding": others}, names)
    return found


# The sponsor that is responsible is the lead sponsor: one party in two roles.
_RESPONSIBLE_LEAD: Codec[ResponsiblePartyType] = Codec(
    _read_responsible, lambda value, names: _SPONSOR, _TYPE.systems, label="role"
)
RESPONSIBLE = concept_item(codes.RESPONSIBLE_PARTY, "role", "responsible party")._replace(
    mine=lambda node: _is_responsible(node.get("role") or {}) and not LEAD_SPONSOR.mine(node)
)
_RESPONSIBLE_ROLE = to("PractitionerRole", "responsible-party")

_NAME_TITLE = ours("responsible-name-title", "String")


def _write_name_title(value: str, names: Names) -> Node:
    protocol = names.trial.protocol if names.trial is not None else None
    sponsors = protocol.sponsor_collaborators if protocol is not None else None
    party = sponsors.responsible_party if sponsors is not None else None
    if party is not None and (
        party.investigator_full_name or party.investigator_title or party.investigator_affiliation
    ):
        # The name of the party is the investigator's.
        return {"extension": [{"url": _NAME_TITLE.url, "valueString": value}]}
    return {"name": value}


def _read_name_title(node: Node, names: Names) -> str | None:
    for extension in node.get("extension", ()):
        if extension.get("url") == _NAME_TITLE.url:
            return text.read(extension.get("valueString"), names)
    name = node.get("name")
    if name is None or name == (node.get("party") or {}).get("display"):
        return None
    return text.read(name, names)


_name_title: Codec[str] = Codec(
    _read_name_title, _write_name_title, extensions=(_NAME_TITLE,), label="name"
)
"""The name and title of older records, as the party's name where no investigator has that."""

_is_official = is_of(codes.OFFICIAL_ROLE, "role")

PARTY_ROWS = (
    twice(field(f"{LEAD}.name", "associatedParty", LEAD_SPONSOR, "name")),
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
    merged(f"{PARTY}.type", "associatedParty", LEAD_SPONSOR, codec=_RESPONSIBLE_LEAD)._replace(
        when=lambda type_: type_ == "SPONSOR"
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
            field(f"{PARTY}.type", "role", codec=_TYPE)._replace(
                when=lambda type_: type_ != "SPONSOR"
            ),
            derived(field(f"{PARTY}.investigator_full_name", "name")),
            merged(f"{PARTY}.old_name_title", codec=_name_title, home="native"),
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
