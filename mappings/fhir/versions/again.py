"""What the older versions' study says of its own, and R5 in what the study refers to.

Countries of recruitment are those of the sites, contacts are parties of the study. Both are written
for those who look for them there; where they say no more than that, they are not read.
https://hl7.org/fhir/R4/researchstudy-definitions.html
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from trialbridge.mappings.fhir.versions.dialect import R5, Node
from trialbridge.schemas.terms.countries import SYSTEM, country, name_of

_ROLE = f"{R5}research-study-party-role"
_CONTACT = "general-contact"


def fill(tree: Node, study: Node, older: Node) -> None:
    """Give the study of an older Bundle, made of that of R5 in a tree, countries and contacts."""
    resources = _Resources(tree)
    if "location" not in older and (countries := [*_countries(study, resources)]):
        older["location"] = [{"coding": [coding]} for coding in countries]
    if contacts := [*_contacts(study, resources)]:
        older["contact"] = contacts


def drain(tree: Node) -> None:
    """Take out of the studies of a tree of R5 what they only say again.

    What else is there is made what R5 has: regions by their names, contacts as parties.
    """
    resources = _Resources(tree)
    for study in resources.studies:
        regions, contacts = study.get("region"), study.pop("contact", None)
        if regions.__class__ is list:
            known = {coding["code"] for coding in _countries(study, resources)}
            _set(study, "region", [_named(one) for one in regions if not _is_known(one, known)])
        if contacts.__class__ is list:
            said = {_canonical(one) for one in _contacts(study, resources)}
            left = [one for one in contacts if _canonical(one) not in said]
            _set(study, "contact", _as_parties(study, left))


class _Resources:
    """The resources of a tree, by type and id."""

    def __init__(self, tree: Node) -> None:
        self._tree = tree
        self._by: dict[str, dict[str, Node]] = {}

    @property
    def all(self) -> list[Node]:
        entries = self._tree.get("entry")
        return [self._tree] if entries.__class__ is not list else [*map(_resource, entries or ())]

    @property
    def studies(self) -> list[Node]:
        return [one for one in self.all if one.get("resourceType") == "ResearchStudy"]

    def get(self, reference: Any, type_: str) -> Node:
        """The resource of this type that is referred to; an empty one if there is none."""
        target = reference.get("reference") if reference.__class__ is dict else None
        known = self._by.get(type_)
        if known is None:
            # Of most Bundles nothing is asked.
            known = self._by[type_] = {
                f"{type_}/{one.get('id')}": one
                for one in self.all
                if one.get("resourceType") == type_
            }
        text = str(target)
        return known.get(text) or known.get(f"{type_}/{text.rpartition(f'{type_}/')[2]}", {})


def _resource(entry: Any) -> Node:
    resource = entry.get("resource") if entry.__class__ is dict else None
    return resource if resource.__class__ is dict else {}


def _objects(value: Any) -> list[Node]:
    return [one for one in value if one.__class__ is dict] if value.__class__ is list else []


def _set(node: Node, member: str, value: list[Any]) -> None:
    if value:
        node[member] = value
    else:
        node.pop(member, None)


def _countries(study: Node, resources: _Resources) -> Iterator[Node]:
    """The countries of the sites, each once, in the order of the sites."""
    known = set()
    told = set()
    parts = {f"#{one.get('id')}": one for one in _objects(study.get("contained"))}
    for site in _objects(study.get("site")):
        part = parts.get(str(site.get("reference"))) if parts else None
        places = _objects(part.get("site")) if part is not None else None
        address = resources.get(places[0] if places else site, "Location").get("address")
        name = address.get("country") if address.__class__ is dict else None
        # Most sites are in a country that another one was in.
        if name.__class__ is not str or name in told:
            continue
        told.add(name)
        found = country(name)
        if found is not None and found.alpha_2 not in known:
            known.add(found.alpha_2)
            display = name_of(found.alpha_2)
            yield {"system": SYSTEM, "code": found.alpha_2, "display": display}


def _contacts(study: Node, resources: _Resources) -> Iterator[Node]:
    """Those who answer questions about the study, by name and number."""
    for party in _objects(study.get("associatedParty")):
        role = party.get("role")
        codings = _objects(role.get("coding")) if role.__class__ is dict else []
        if not any(c.get("code") == _CONTACT and c.get("system") == _ROLE for c in codings):
            continue
        person = resources.get(party.get("party"), "PractitionerRole")
        for contact in _objects(person.get("contact")):
            made: Node = {}
            names = _objects(contact.get("name"))
            if names and names[0].get("text").__class__ is str:
                made["name"] = names[0]["text"]
            if contact.get("telecom").__class__ is list:
                made["telecom"] = contact["telecom"]
            if made:
                yield made


def _is_known(region: Any, known: set[str]) -> bool:
    if region.__class__ is not dict or set(region) != {"coding"}:
        return False
    codings = _objects(region["coding"])
    return bool(codings) and all(
        one.get("system") == SYSTEM and one.get("code") in known for one in codings
    )


def _named(region: Any) -> Any:
    """A country with its name, which is what a record has."""
    if region.__class__ is not dict or "text" in region:
        return region
    for one in _objects(region.get("coding")):
        name = one.get("display") or name_of(str(one.get("code")))
        if one.get("system") == SYSTEM and name.__class__ is str:
            return {**region, "text": name}
    return region


def _canonical(contact: Any) -> bytes:
    """What is the same of all contacts that are equal: as many are said again as there are."""
    return msgspec.json.encode(contact, order="sorted", enc_hook=str)


def _as_parties(study: Node, contacts: list[Any]) -> list[Any]:
    """Make of contacts parties of the study; what is left of those of which something is."""
    people, parties = (
        [*value] if (value := study.get(member)).__class__ is list else []
        for member in ("contained", "associatedParty")
    )
    known = len(people)
    left = [_as_party(people, parties, one) for one in contacts]
    if len(people) > known:
        study["contained"], study["associatedParty"] = people, parties
    return [one for one in left if one is not None]


def _as_party(people: list[Any], parties: list[Any], contact: Any) -> Any:
    """Make of a contact a party and who that is; what is left of it, None if nothing is."""
    said = contact if contact.__class__ is dict else {}
    inner: Node = {}
    if said.get("name").__class__ is str:
        inner["name"] = [{"text": said["name"]}]
    if any("value" in one for one in _objects(said.get("telecom"))):
        inner["telecom"] = said["telecom"]
    if not inner:
        return contact
    id_ = f"contact-{len(people) + 1}"
    people.append({"resourceType": "PractitionerRole", "id": id_, "contact": [inner]})
    party: Node = {
        "role": {"coding": [{"system": _ROLE, "code": _CONTACT}]},
        "party": {"reference": f"#{id_}"},
    }
    if "name" in inner:
        party["name"] = said["name"]
    parties.append(party)
    return {key: value for key, value in said.items() if key not in inner} or None
