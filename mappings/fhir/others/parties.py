"""Sponsors, collaborators, officials, contacts and sites of a study, as others write them."""

from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.others import words
from trialbridge.mappings.fhir.others.forms import Form, Others, each, objects, without
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import concept, has_code, is_of, of_code
from trialbridge.mappings.names import Names
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import (
    Contact,
    ContactsLocationsModule,
    Official,
    Organization,
    OrgStudyIdInfo,
    ProtocolSection,
)
from trialbridge.schemas.trial import IdentificationModule as Identification

_HTTP = "http://hl7.org/fhir/StructureDefinition/contactpoint-extension"
_is_lead = has_code(codes.PARTY_ROLE, "lead-sponsor", "role")
_is_sponsor = has_code(codes.PARTY_ROLE, "sponsor", "role")
_is_collaborator = has_code(codes.PARTY_ROLE, "collaborator", "role")
_is_general_contact = has_code(codes.PARTY_ROLE, "general-contact", "role")
_is_recruitment_contact = has_code(codes.PARTY_ROLE, "recruitment-contact", "role")
_is_official = is_of(codes.OFFICIAL_ROLE, "role")
_OFFICIALS = {code: value for value, code in codes.OFFICIAL_ROLE.standard.items()}

# --- what a party is called --------------------------------------------------------------------


def _person(resource: Node) -> str | None:
    """The name of a Practitioner, in one string."""
    for name in objects(resource.get("name")):
        if name.get("text").__class__ is str:
            return str(name["text"])
        parts = [*_texts(name.get("prefix")), *_texts(name.get("given"))]
        parts += [*_texts(name.get("family")), *_texts(name.get("suffix"))]
        if parts:
            return " ".join(parts)
    return None


def _texts(value: Any) -> list[str]:
    return [one for one in (value if value.__class__ is list else [value]) if one.__class__ is str]


def _telecom(resource: Node, kind: str) -> Node:
    return next((t for t in objects(resource.get("telecom")) if t.get("system") == kind), {})


def _text(value: Any) -> str | None:
    return value if value.__class__ is str and value else None


# --- roles and classes in words ----------------------------------------------------------------


def are_as_we_write(nodes: list[Node], others: Others) -> bool:
    """Whether none of the parties has any form of those below, as is seen by what it refers to.

    Of most documents of ours it is so; where it is not seen at once, each form is looked for.
    """
    resource_of = others.resources.get
    for node in nodes:
        role = node.get("role") if node.__class__ is dict else None
        codings = role.get("coding") if role.__class__ is dict else None
        party = node.get("party")
        if not codings or codings.__class__ is not list or party.__class__ is not dict:
            return False
        is_sponsor = is_contact = is_other = is_plain = is_ours = False
        for one in codings:
            code = one.get("code") if one.__class__ is dict else None
            if code in ("lead-sponsor", "collaborator"):
                is_sponsor = True
            elif code == "general-contact":
                is_contact = True
            elif code == "sponsor":
                is_sponsor = is_plain = True
            elif code in (None, "recruitment-contact"):
                return False
            elif str(one.get("system")).startswith(BASE):
                is_ours = True
            else:
                is_other = True
        if is_plain and not is_ours:
            # Beside a code of ours it says that the lead sponsor is responsible.
            return False
        resource = resource_of(party.get("reference"))
        kind = resource.get("resourceType") if resource is not None else None
        if is_sponsor:
            if kind != "Organization" or is_contact or is_other:
                return False
        elif kind != "PractitionerRole" or (is_contact and "contact" not in (resource or ())):
            return False
        if "classifier" in node and any(map(words.words_of, objects(node["classifier"]))):
            return False
    return True


def _role(node: Node, others: Others) -> list[Node] | None:
    said = words.words_of(node.get("role"))
    code = words.ROLES.get(words.folded(said)) if said is not None else None
    return None if code is None else [{**node, "role": of_code(codes.PARTY_ROLE, code)}]


def _class(node: Node, others: Others) -> list[Node] | None:
    # Of most all classes are coded, which is seen sooner than whose they are.
    if not any(map(words.words_of, objects(node.get("classifier")))):
        return None
    if not (_is_lead(node) or _is_sponsor(node) or _is_collaborator(node)):
        return None
    changed = False
    made = []
    for one in objects(node.get("classifier")):
        meant = words.agency_class(words.words_of(one))
        changed = changed or meant is not None
        made.append(one if meant is None else words.coded(codes.AGENCY_CLASS, meant))
    return [{**node, "classifier": made}] if changed else None


# --- organisations -----------------------------------------------------------------------------


def _named(node: Node, others: Others) -> list[Node] | None:
    """An organisation by what its party is called, where that is no Organization."""
    party = node.get("party")
    if not (_is_lead(node) or _is_sponsor(node) or _is_collaborator(node)) or not party:
        return None
    resource = others.resolve(party)
    name, shown = _text(node.get("name")), _text(party.get("display"))
    if resource is None:
        if shown is None or name not in (None, shown):
            return None
        left = without(party, "display", "type")
        return [{**without(node, "party"), "name": shown, **({"party": left} if left else {})}]
    called = None
    if resource.get("resourceType") == "Practitioner":
        called = _person(resource)
    elif resource.get("resourceType") == "PractitionerRole":
        organization = others.resolve(resource.get("organization"), "Organization")
        practitioner = others.resolve(resource.get("practitioner"), "Practitioner")
        called = _text((organization or {}).get("name")) or (
            _person(practitioner) if practitioner else None
        )
    if called is None or name not in (None, called):
        return None
    if resource.get("resourceType") == "Practitioner":
        others.read_of(resource, "name")
    return [{**without(node, "party"), "name": called}]


def _sponsors(nodes: list[Node], others: Others) -> list[Node] | None:
    """The role `sponsor` beside a lead sponsor, or without one."""
    plain = [n for n in nodes if n.__class__ is dict and _is_sponsor(n) and not _is_of_ours(n)]
    if not plain:
        return None
    lead = next((node for node in nodes if node.__class__ is dict and _is_lead(node)), None)
    if lead is None:
        first = plain[0]
        recoded = {**first, "role": of_code(codes.PARTY_ROLE, "lead-sponsor")}
        others.note("associatedParty", "the one sponsor is read as the lead sponsor")
        return [recoded if node is first else node for node in nodes]
    name = _name(lead, others)
    left: list[Node] = []
    for node in nodes:
        is_plain = any(node is one for one in plain)
        if is_plain and _has_given_id(node, others):
            continue
        if not is_plain or name is None or _name(node, others) != name:
            left.append(node)
    return left if len(left) < len(nodes) else None


def _is_of_ours(node: Node) -> bool:
    systems = (one.get("system") for one in objects((node.get("role") or {}).get("coding")))
    return any(str(system).startswith(BASE) for system in systems)


def _name(node: Node, others: Others) -> str | None:
    resource = others.resolve(node.get("party"), "Organization") or {}
    return _text(node.get("name")) or _text(resource.get("name"))


def _has_given_id(node: Node, others: Others) -> bool:
    """Whether the sponsor gave the study an identifier: then it is whose record this is."""
    name = _name(node, others)
    identifiers = list(objects(others.study.get("identifier")))
    if name is None or any(one.get("use") == "usual" for one in identifiers):
        return False
    for given in identifiers:
        assigner = given.get("assigner")
        shown = assigner.get("display") if assigner.__class__ is dict else None
        if shown == name and not given.keys() & {"use", "system", "type"}:
            break
    else:
        return False
    classified = next(objects(node.get("classifier")), {})
    class_ = _AGENCY.read(classified, Names()) if _is_agency(classified) else None
    written = others.write(
        ProtocolSection(
            identification=Identification(
                org_study_id_info=OrgStudyIdInfo(id=given.get("value")),
                organization=Organization(full_name=name, class_=class_),
            )
        )
    )
    own = {**without(given, "assigner", "value"), **written["identifier"][0]}
    others.study["identifier"] = [own if one is given else one for one in identifiers]
    return True


_is_agency = is_of(codes.AGENCY_CLASS)
_AGENCY = concept(codes.AGENCY_CLASS)

# --- people ------------------------------------------------------------------------------------


def _official(node: Node, others: Others) -> list[Node] | None:
    if not _is_official(node) or _is_of_ours(node):
        return None
    party = node.get("party")
    if party.__class__ is not dict:
        return None
    resource = others.resolve(party)
    name = _text(node.get("name"))
    shown = _text(party.get("display"))
    affiliation = None
    kind = resource.get("resourceType") if resource else None
    if resource is None:
        if name is None:
            name = shown
        elif shown != name:
            affiliation = shown
            if shown is not None:
                others.note(
                    "associatedParty.party.display",
                    f"{shown!r} is read as the affiliation of {name!r}",
                )
    elif kind == "Practitioner":
        name = name or _person(resource)
        if _person(resource) == name:
            others.read_of(resource, "name")
    elif kind == "Organization":
        affiliation = _text(resource.get("name"))
    else:
        return None
    if name is None and affiliation is None:
        return None
    code = next(
        (
            _OFFICIALS[one["code"]]
            for one in objects((node.get("role") or {}).get("coding"))
            if one.get("code") in _OFFICIALS
        ),
        None,
    )
    official = Official(name=name, affiliation=affiliation, role=code)
    return [_as_party(node, _contacts(others, overall_officials=[official]))]


def _contact(node: Node, others: Others) -> list[Node] | None:
    if _is_recruitment_contact(node):
        made = {**node, "role": of_code(codes.PARTY_ROLE, "general-contact")}
    elif _is_general_contact(node):
        made = node
    else:
        return None
    party = node.get("party")
    resource = others.resolve(party)
    kind = resource.get("resourceType") if resource is not None else None
    if kind == "PractitionerRole" and resource is not None and "contact" not in resource:
        telecom = resource
        resource = others.resolve(resource.get("practitioner"), "Practitioner") or {}
        kind = "Practitioner"
    else:
        telecom = resource or {}
    if kind not in ("Practitioner", "Organization", None) or party.__class__ is not dict:
        return None if made is node else [made]
    person = resource or {}
    called = _person(person) if kind == "Practitioner" else _text(person.get("name"))
    shown = _text(party.get("display")) if not person else None
    name = _text(node.get("name")) or called or shown
    phone, email = _telecom(telecom, "phone"), _telecom(telecom, "email")
    role = next(
        (
            meant
            for one in objects(node.get("classifier"))
            if (meant := words.contact_role(words.words_of(one))) is not None
        ),
        None,
    )
    contact = Contact(
        name=name,
        role=role,
        phone=_text(phone.get("value")),
        phone_ext=_extension(phone),
        email=_text(email.get("value")),
    )
    if telecom:
        rest = [t for t in objects(telecom.get("telecom")) if t is not phone and t is not email]
        others.read_of(telecom, "name" if called == name and telecom is person else "", "telecom")
        if rest:
            others.replace(
                others.resolve(party) or telecom,
                {**(others.resolve(party) or {}), "telecom": rest},
            )
    made = without(made, "classifier") if role is not None else made
    return [_as_party(made, _contacts(others, central_contacts=[contact]))]


def _extension(phone: Node) -> str | None:
    beside = phone.get("_value")
    for one in objects(beside.get("extension") if beside.__class__ is dict else None):
        if one.get("url") == _HTTP:
            return _text(one.get("valueString"))
    return None


def _contacts(others: Others, **people: Any) -> Node:
    written = others.write(ProtocolSection(contacts_locations=ContactsLocationsModule(**people)))
    node: Node = written["associatedParty"][0]
    return node


def _as_party(node: Node, written: Node) -> Node:
    """A party as it was written, with what else the node says."""
    return {**without(node, "party", "name", "role"), **written}


# --- sites -------------------------------------------------------------------------------------


def _site(node: Node, others: Others) -> list[Node] | None:
    resource = others.resolve(node)
    if resource is None:
        shown = _text(node.get("display"))
        if shown is None:
            return None
        return [_located(without(node, "display", "type"), {"name": shown}, others)]
    kind = resource.get("resourceType")
    if kind == "Organization":
        location: Node = {"name": resource["name"]} if "name" in resource else {}
        contacts = list(objects(resource.get("contact")))
        address = next(objects(resource.get("address")), None)
        for contact in contacts if address is None else ():
            if contact.get("address").__class__ is dict:
                address = contact["address"]
                contacts = [without(c, "address") if c is contact else c for c in contacts]
                break
        if address is not None:
            location["address"] = address
        if contacts := [contact for contact in contacts if contact]:
            location["contact"] = contacts
        others.read_of(resource, "contact", *location)
        return [_located(without(node, "reference", "type"), location, others)]
    return None


def _all_located(nodes: list[Node], others: Others) -> list[Node] | None:
    """Sites of another form; most documents have none, and most sites of all there is."""
    resource_of = others.resources.lookup()
    for node in nodes:
        name = node.get("reference") if node.__class__ is dict else None
        found = resource_of(name) if name.__class__ is str else None
        if found is None or found.get("resourceType") == "Organization":
            return _each_site(nodes, others)
    return None


_each_site = each(_site)


def _located(node: Node, location: Node, others: Others) -> Node:
    """A site whose Location says this; the rest of a Location is not known."""
    id_ = f"#site-{len(others.resources.read)}"
    others.resources.add({"resourceType": "Location", "id": id_, **location}, None)
    return {**node, "reference": f"Location/{id_}"}


FORMS = (
    Form(
        "associatedParty", "`role` in words, as `Principal Investigator`", "its code", each(_role)
    ),
    Form("associatedParty", "`classifier.text`, as `INDUSTRY`", "its code", each(_class)),
    Form(
        "associatedParty",
        "a sponsor or collaborator whose `party` is a person, or `party.display` alone",
        "its `name`",
        each(_named),
    ),
    Form(
        "associatedParty",
        "`sponsor` without a `lead-sponsor`, or beside one",
        "the lead sponsor; or the organisation that gave the study its own id",
        _sponsors,
    ),
    Form(
        "associatedParty",
        "an official whose `party` is a Practitioner, an Organization, or `party.display`",
        "a PractitionerRole with both",
        each(_official),
    ),
    Form(
        "associatedParty",
        "`recruitment-contact`, or a contact whose `party` is a Practitioner",
        "a contact of the study",
        each(_contact),
    ),
    Form(
        "site",
        "a `site` that is an Organization, or `display` alone",
        "a Location",
        _all_located,
    ),
)
