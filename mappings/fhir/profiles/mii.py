"""Modul Studie of the German Medical Informatics Initiative, in FHIR R4.

https://www.medizininformatik-initiative.de/fhir/modul-studie
"""

from collections.abc import Iterator
from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.profiles.guide import (
    OF_STUDY,
    Guide,
    Study,
    nodes,
    part,
    set_or_drop,
    value_of,
)
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import of_code
from trialbridge.mappings.fhir.versions.dialect import R5
from trialbridge.mappings.record import registry
from trialbridge.schemas.trial import ProtocolSection, Trial

BASE = "https://www.medizininformatik-initiative.de/fhir/modul-studie/"
_PROFILE = f"{BASE}StructureDefinition/mii-pr-studie-"
_EXTENSION = f"{BASE}StructureDefinition/mii-ex-studie-"
_LIBRARY_TYPE = "http://terminology.hl7.org/CodeSystem/library-type"
_URI = "urn:ietf:rfc:3986"
_REGISTER = "register"


# --- written -----------------------------------------------------------------------------------


def _add(study: Study, trial: Trial) -> None:
    protocol = trial.protocol or ProtocolSection()
    node = study.node
    study.profiled(node, f"{_PROFILE}studie")
    for url, value in _facts(trial, protocol):
        study.say(f"{_EXTENSION}{url}", **value)
    for eligibility in nodes(node.get("enrollment"))[:1]:
        study.say(f"{_EXTENSION}eligibility", valueReference=dict(eligibility))
    type_ = next(_designs(study, codes.STUDY_TYPE.exact.url), None)  # type: ignore[union-attr]
    if type_ is not None:
        node["category"] = [*node.get("category", ()), type_]
    for member in ("focus", "keyword"):
        if member in node:
            node[member] = [_worded(one) for one in node[member]]
    _add_roles(study)
    register = _register(trial)
    if register is not None:
        study.append(register)
        leads = {"reference": f"Library/{register['id']}", "display": register["title"]}
        study.say(f"{_EXTENSION}studienregister", valueReference=leads)


def _facts(trial: Trial, protocol: ProtocolSection) -> Iterator[tuple[str, Node]]:
    """What the guide has an extension of the study for, and the record says."""
    identification = protocol.identification
    if identification is not None and identification.acronym:
        yield "akronym", {"valueString": identification.acronym}
    parts: list[Node] = []
    status, design = protocol.status, protocol.design
    if status is not None and status.start_date is not None and status.start_date.date:
        parts.append({"url": "rekrutierungsstart", "valueDate": str(status.start_date.date)})
    enrollment = design.enrollment_info if design else None
    if enrollment is not None and enrollment.count is not None:
        # Of a number without a type nothing says whether it is aimed at or reached.
        url = {"ESTIMATED": "rekrutierungsziel", "ACTUAL": "rekrutierungsstand"}.get(
            enrollment.type or ""
        )
        if url is not None:
            parts.append({"url": url, "valueInteger": enrollment.count})
    if parts:
        yield "rekrutierung", {"extension": parts}


def _designs(study: Study, system: str) -> Iterator[Node]:
    """The design of the study that has a code of this system."""
    for one in study.extensions(f"{OF_STUDY}studyDesign"):
        concept = one.get("valueCodeableConcept", {})
        if any(coding.get("system") == system for coding in nodes(concept.get("coding"))):
            yield concept


def _worded(concept: Node) -> Node:
    """A concept with the words of its first coding, as the guide searches for them."""
    shown = [one["display"] for one in nodes(concept.get("coding")) if "display" in one]
    return {**concept, "text": shown[0]} if shown and "text" not in concept else concept


def _add_roles(study: Study) -> None:
    """The role of a person beside the person."""
    for party in study.extensions(f"{OF_STUDY}associatedParty"):
        role, reference = value_of(part(party, "role")), value_of(part(party, "party"))
        person = study.resolve(reference, "PractitionerRole")
        if person is None:
            continue
        study.profiled(person, f"{_PROFILE}beteiligte-person")
        if role is not None and "coding" in role and "code" not in person:
            person["code"] = [role]


def _register(trial: Trial) -> Node | None:
    """The register of the record."""
    registration = trial.registration
    if registration is None:
        name, url = "ClinicalTrials.gov", registry.CTGOV
    else:
        name = registration.register or ""
        url = registry.REGISTERS.get(name, "")
    if not name or not url:
        return None
    slug = "".join(c for c in name if c.isascii() and c.isalnum())
    return {
        "resourceType": "Library",
        "id": f"{_REGISTER}-{slug}"[:64],
        "meta": {"profile": [f"{_PROFILE}register"]},
        "extension": [{"url": f"{_EXTENSION}quell-register", "valueBoolean": True}],
        "identifier": [{"system": _URI, "value": url}],
        "name": slug if slug[:1].isupper() else f"Register{slug}",
        "title": name,
        "status": "active",
        "type": of_code(_LIBRARY_TYPE, "asset-collection", "Asset Collection"),
        "relatedArtifact": [{"type": "documentation", "document": {"url": url}}],
    }


# --- taken out of what we wrote ----------------------------------------------------------------


def _strip(study: Study) -> None:
    node = study.node
    for register in [*study.of("Library")]:
        profiles = register.get("meta", {}).get("profile", ())
        if f"{_PROFILE}register" in profiles:
            study.take({"resource": register}, "resource", "Library")
            study.remove(register)
    study.unprofiled(BASE)
    study.take(node, "category", "ResearchStudy.category")
    left = study.without({"extension": node.get("extension", [])}, BASE, "ResearchStudy")
    set_or_drop(node, "extension", left.get("extension"))
    for member in ("focus", "keyword"):
        if member in node:
            node[member] = [_unworded(one) for one in node[member]]
    for person in study.of("PractitionerRole"):
        stated = nodes(person.get("code"))
        if stated and "coding" in stated[0]:
            study.take(person, "code", "PractitionerRole.code")


def _unworded(concept: Node) -> Node:
    shown = [one.get("display") for one in nodes(concept.get("coding"))]
    if shown and concept.get("text") == shown[0]:
        return {key: value for key, value in concept.items() if key != "text"}
    return concept


# --- read from others --------------------------------------------------------------------------

# Codes of the guide's examples, under systems of theirs or none.
_CATEGORIES = {"interventional": "INTERVENTIONAL", "observational": "OBSERVATIONAL"}
_ROLES = {
    "sponsor": "sponsor",
    "funder": "funding-source",
    "principal-investigator": "primary-investigator",
    "co-investigator": "sub-investigator",
}
_EXAMPLE = "http://example.org/fhir/CodeSystem/associated-party-role"


def _read(study: Study) -> None:
    node = study.node
    study.unprofiled(BASE)
    for url, read in (
        ("akronym", _read_acronym),
        ("rekrutierung", _read_recruitment),
        ("eligibility", _read_eligibility),
    ):
        for one in study.extensions(f"{_EXTENSION}{url}"):
            left = read(study, one)
            kept = [left if other is one else other for other in node["extension"]]
            set_or_drop(node, "extension", [other for other in kept if other is not None])
    _read_category(study)
    study.each("associatedParty", _read_party)


def _read_acronym(study: Study, extension: Node) -> Node | None:
    value = value_of(extension)
    if value.__class__ is not str:
        return extension
    parts = [
        {"url": "type", "valueCodeableConcept": of_code(codes.TITLE_TYPE, "acronym")},
        {"url": "value", "valueString": value},
    ]
    study.say(f"{OF_STUDY}label", extension=parts)
    return None


def _read_recruitment(study: Study, extension: Node) -> Node | None:
    """Start and numbers; when the number was reached, and how exact it is, has no place."""
    said = {str(one.get("url")): value_of(one) for one in nodes(extension.get("extension"))}
    read = set()
    start, period = said.get("rekrutierungsstart"), study.node.get("period", {})
    if start.__class__ is str and period.__class__ is dict and "start" not in period:
        study.node["period"] = {"start": start, **period}
        read.add("rekrutierungsstart")
    if not study.extensions(f"{OF_STUDY}recruitment"):
        # A record has one number: that which was reached, else that which was aimed at.
        for url, name in (
            ("rekrutierungsstand", "actualNumber"),
            ("rekrutierungsziel", "targetNumber"),
        ):
            if said.get(url).__class__ is int and said[url] >= 0:
                value = {"url": name, "valueUnsignedInt": said[url]}
                study.say(f"{OF_STUDY}recruitment", extension=[value])
                read.add(url)
                break
    kept = [one for one in extension.get("extension", ()) if one.get("url") not in read]
    return {**extension, "extension": kept} if kept else None


def _read_eligibility(study: Study, extension: Node) -> Node | None:
    reference = value_of(extension)
    if reference.__class__ is not dict or study.node.get("enrollment"):
        return extension
    study.node["enrollment"] = [reference]
    return None


def _read_category(study: Study) -> None:
    kept = []
    for one in nodes(study.node.get("category")):
        found = [_CATEGORIES.get(str(c.get("code"))) for c in nodes(one.get("coding"))]
        if found == [None] or len(found) != 1 or "text" in one:
            kept.append(one)
            continue
        concept = of_code(f"{R5}study-design", codes.STUDY_TYPE.standard[str(found[0])])
        study.say(f"{OF_STUDY}studyDesign", valueCodeableConcept=concept)
    set_or_drop(study.node, "category", kept)


def _read_party(party: Node) -> Node:
    parts = []
    for one in nodes(party.get("extension")):
        concept: Any = one.get("valueCodeableConcept")
        codings = nodes(concept.get("coding")) if concept.__class__ is dict else []
        role = _ROLES.get(str(codings[0].get("code"))) if codings else None
        if one.get("url") == "role" and codings[0].get("system") == _EXAMPLE and role:
            one = {**one, "valueCodeableConcept": of_code(codes.PARTY_ROLE, role)}
        parts.append(one)
    return {**party, "extension": parts}


GUIDE = Guide(
    title="MII Modul Studie",
    base=BASE,
    profile=f"{_PROFILE}studie",
    link=f"{_PROFILE}studie",
    add=_add,
    strip=_strip,
    read=_read,
)
