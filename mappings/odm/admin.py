"""People, organizations and sites: the administrative data of a record.

https://wiki.cdisc.org/display/PUB/AdminData
"""

from collections.abc import Callable, Mapping
from typing import Any

from trialbridge.mappings.codec import (
    FIRST,
    Aside,
    Codec,
    Item,
    Node,
    Record,
    among,
    below,
    field,
    merged,
    read_words,
    record,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm import parts
from trialbridge.mappings.odm.apart import Apart
from trialbridge.mappings.odm.countries import countries, country_rows
from trialbridge.mappings.odm.elements import each, name_rows, named, words
from trialbridge.mappings.odm.form.rows import completed
from trialbridge.mappings.odm.parameters import cdisc, coded_one, several
from trialbridge.mappings.record import registry
from trialbridge.schemas.terms import cdisc_codes as terms
from trialbridge.schemas.trial import Contact, Location, Official, Sponsor


def listed(kind: str, mine: Callable[[Node], bool]) -> tuple[Aside, str]:
    """The steps to the elements of a kind of the administrative data that `mine` accepts."""

    def store(names: Names, node: Node, inner: Node) -> None:
        names.once(Apart).lists[kind].extend(inner["items"])

    def find(names: Names, node: Node) -> Node | None:
        found = [element for element in names.once(Apart).lists[kind] if mine(element)]
        return {"items": found} if found else None

    return Aside(kind, "native", store, find), "items"


def only(kind: str, oid: str, mine: Callable[[Node], bool], **const: str) -> Aside:
    """The one element of a kind of the administrative data that `mine` accepts."""

    def store(names: Names, node: Node, inner: Node) -> None:
        element = {**{f"@{key}": text for key, text in const.items()}, **inner, "@OID": oid}
        if kind == "Organization":
            named(element)
        names.once(Apart).lists[kind].append(element)

    def find(names: Names, node: Node) -> Node | None:
        return next((one for one in names.once(Apart).lists[kind] if mine(one)), None)

    label = " and ".join(f"@{key}='{text}'" for key, text in const.items()) or f"@OID='{oid}'"
    return Aside(f"{kind}[{label}]", "native", store, find)


def of_organization(kind: str) -> tuple[Aside, str]:
    """The steps to the elements of a kind whose OrganizationOID is that of the item at hand."""

    def store(names: Names, node: Node, inner: Node) -> None:
        for element in inner["items"]:
            element["@OrganizationOID"] = names.item
        names.once(Apart).lists[kind].extend(inner["items"])

    def by_organization(names: Names) -> dict[str, list[Node]]:
        of: dict[str, list[Node]] = {}
        for element in names.once(Apart).lists[kind]:
            of.setdefault(str(element.get("@OrganizationOID")), []).append(element)
        return of

    def find(names: Names, node: Node) -> Node | None:
        found = names.once(by_organization).get(str(node.get("@OID")))
        return {"items": found} if found else None

    return Aside(f"{kind}[@OrganizationOID]", "native", store, find), "items"


class _Named:
    """The first organization of each name so far, of those that are no sites."""

    def __init__(self, names: Names) -> None:
        self._oids: dict[str, str] = {}
        self._seen = 0

    def oid(self, name: str, organizations: list[Node]) -> str | None:
        for one in organizations[self._seen :]:
            if one["@Type"] != "Site":
                self._oids.setdefault(one["@Name"], one["@OID"])
        self._seen = len(organizations)
        return self._oids.get(name)


def _by_oid(names: Names) -> dict[Any, Node]:
    """The organizations of a document that is read, the first of each OID."""
    organizations = names.once(Apart).lists["Organization"]
    return {one.get("@OID"): one for one in reversed(organizations)}


def organization(oid: str | None = None) -> Aside:
    """The Organization that the element at hand is of: one of its name, else one of its own.

    The OID of its own follows from the item's. What a site has are its contacts: it is none.
    """

    def store(names: Names, node: Node, inner: Node) -> None:
        organizations = names.once(Apart).lists["Organization"]
        its = f"ORG.{oid or names.item}"
        element = {"@Type": "Other", **inner, "@OID": its}
        named(element)
        known = names.once(_Named).oid(element["@Name"], organizations)
        if known is None:
            organizations.append(element)
        node["@OrganizationOID"] = known or its

    def find(names: Names, node: Node) -> Node | None:
        return names.once(_by_oid).get(node.get("@OrganizationOID"))

    return Aside("Organization", "native", store, find)


def telecom(type_: str) -> Item:
    """A Telecom of this type. https://wiki.cdisc.org/display/PUB/Telecom"""
    return Item(
        f"@TelecomType='{type_}'",
        {"@TelecomType": type_},
        lambda node: node.get("@TelecomType") == type_,
    )


def prefixed(text: str) -> Codec[str]:
    """A text behind words that say what it is."""

    def read(value: Any, names: Names) -> str | None:
        words = read_words(value, names)
        return words.removeprefix(text) if words and words.startswith(text) else None

    return Codec(read, lambda value, names: text + value)


# --- the rows ----------------------------------------------------------------------------------

_USERS = ("USER.", "ORG.SITE.")


def _is_user_of(stem: str, otherwise: Callable[[Node], bool]) -> Callable[[Node], bool]:
    """By the OIDs that we give; in documents of others, by what an element says."""

    def mine(node: Node) -> bool:
        oid = str(node.get("@OID"))
        return oid.startswith(stem) or (not oid.startswith(_USERS) and otherwise(node))

    return mine


CONTACT_ROLES = {**terms.CONTACT_ROLE, "CONTACT": terms.CENTRAL_CONTACT}
SITE_ROLES = {**terms.CONTACT_ROLE, "CONTACT": terms.FACILITY_CONTACT}

CONTACT_ROWS = (
    field("name", "FullName", codec=words),
    field("phone", "Telecom", PHONE := telecom("Phone"), "@Value", codec=words),
    field("phone_ext", "Telecom", telecom("Other"), "@Value", codec=prefixed("ext. ")),
    field("email", "Telecom", telecom("Email"), "@Value", codec=words),
)


def _contact(roles: Mapping[Any, terms.Term]) -> Record:
    return completed(
        record(
            Contact,
            *CONTACT_ROWS,
            merged("role", codec=parts.user_type),
            coded_one("role", cdisc("CONROLE"), roles, registry.CONTACT_ROLE, of=None),
        )
    )


CENTRAL_CONTACT, SITE_CONTACT = _contact(CONTACT_ROLES), _contact(SITE_ROLES)
OFFICIAL = record(
    Official,
    field("name", "FullName", codec=words),
    *name_rows("affiliation", organization()),
    merged("role", codec=parts.user_type),
    coded_one("role", cdisc("CONROLE"), terms.CONTACT_ROLE, registry.OFFICIAL_ROLE, of=None),
)
SPONSOR = completed(record(Sponsor, *name_rows("name")))

SPONSORS = "protocol.sponsor_collaborators"
PARTY = f"{SPONSORS}.responsible_party"
LEAD, RESPONSIBLE = "ORG.SPONSOR", "USER.RESPONSIBLE"
COLLABORATOR = "Collaborator"

PARTY_ROWS = (
    *below(
        (only("Organization", LEAD, lambda node: node.get("@Type") == "Sponsor", Type="Sponsor"),),
        (*name_rows(f"{SPONSORS}.lead_sponsor.name"),),
    ),
    among(
        f"{SPONSORS}.collaborators",
        *listed("Organization", lambda node: node.get("@Role") == COLLABORATOR),
        codec=each(
            SPONSOR,
            "ORG.COLLABORATOR",
            const={"@Type": "Other", "@Role": COLLABORATOR},
            complete=named,
        ),
    ),
    *below(
        (only("User", RESPONSIBLE, lambda node: node.get("@OID") == RESPONSIBLE),),
        (
            field(f"{PARTY}.investigator_full_name", "FullName", codec=words),
            *name_rows(f"{PARTY}.investigator_affiliation", organization(RESPONSIBLE)),
        ),
    ),
    among(
        "protocol.contacts_locations.central_contacts",
        *listed(
            "User",
            _is_user_of(
                "USER.CONTACT.",
                lambda node: (
                    node.get("@UserType") not in ("Investigator", "Subject")
                    and "Telecom" in node
                    and "@OrganizationOID" not in node
                ),
            ),
        ),
        codec=each(CENTRAL_CONTACT, "USER.CONTACT"),
    ),
    among(
        "protocol.contacts_locations.overall_officials",
        *listed(
            "User",
            _is_user_of("USER.OFFICIAL.", lambda node: node.get("@UserType") == "Investigator"),
        ),
        codec=each(OFFICIAL, "USER.OFFICIAL"),
    ),
)

ADDRESS = ("Address", FIRST)
SITE = completed(
    record(
        Location,
        *name_rows("facility"),
        *below(
            ADDRESS,
            (
                field("city", "City", codec=words),
                field("state", "StateProv", codec=words),
                field("zip", "PostalCode", codec=words),
                field("geo_point", "GeoPosition", codec=parts.position, leaves=("lat", "lon")),
            ),
        ),
        *country_rows("country"),
        among("contacts", *of_organization("User"), codec=each(SITE_CONTACT, ".CONTACT")),
    )
)
SITE_ROWS = (
    among(
        "protocol.contacts_locations.locations",
        *listed("Organization", lambda node: node.get("@Type") == "Site"),
        codec=each(SITE, "ORG.SITE", const={"@Type": "Site"}, complete=named),
    ),
    several("page.countries", cdisc("FCNTRY"), countries),
)
