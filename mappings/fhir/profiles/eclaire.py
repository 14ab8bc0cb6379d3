"""ECLAIRE, the French guide for registers of trials, in FHIR R4.

https://interop.esante.gouv.fr/ig/fhir/eclaire
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.profiles.guide import (
    OF_STUDY,
    Guide,
    Study,
    coded,
    extend,
    nodes,
    part,
    recoded,
    set_or_drop,
    value_of,
    with_part,
)
from trialbridge.mappings.fhir.profiles.rules import codes_of
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import REGISTRATION, of_code
from trialbridge.mappings.fhir.versions.dialect import ALTERNATE
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.arms import Received
from trialbridge.schemas.trial import ArmsInterventionsModule, ProtocolSection, Trial

BASE = "https://interop.esante.gouv.fr/ig/fhir/eclaire/"
_PROFILE = f"{BASE}StructureDefinition/eclaire-"
_EXTENSION = _PROFILE

_CODES = f"{BASE}CodeSystem/eclaire-"
_ROLES = f"{_CODES}study-party-role-code-system"
_CLASSES = f"{_CODES}study-party-organization-type-code-system"
_TITLES = f"{_CODES}study-title-type-code-system"
_KINDS = f"{_CODES}group-characteristic-kind-code-system"
_RECRUITMENT = f"{_CODES}status-recruitment-code-system"
_REGULATIONS = f"{_CODES}regulation-code-code-system"
_CONTACTS = f"{_CODES}type-contact-code-system"

# R4 has no title-type of its own: HL7's terminology has it since.
_TITLE_TYPE = "http://terminology.hl7.org/CodeSystem/title-type"
_KNOWN_TITLES = (codes.TITLE_TYPE, _TITLE_TYPE)

_STATUS = {
    "RECRUITING": "recruiting",
    "ENROLLING_BY_INVITATION": "recruiting",
    "ACTIVE_NOT_RECRUITING": "completed-recruiting",
    "COMPLETED": "completed-recruiting",
    "TERMINATED": "completed-recruiting",
}
"""How recruitment stands. The guide has no code for what has not begun, or is suspended."""

_BRANCH = re.compile(r"B([A-Z])([0-9]{2})")
_AREAS = {"C": "Diseases [C]", "F": "Psychiatry and Psychology [F]"}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = "protocol-number"


# --- written -----------------------------------------------------------------------------------


def _add(study: Study, trial: Trial) -> None:
    protocol = trial.protocol or ProtocolSection()
    node = study.node
    study.profiled(node, f"{_PROFILE}researchstudy")
    for group in study.of("Group"):
        if group.get("id") == _id_of(node.get("enrollment")):
            study.profiled(group, f"{_PROFILE}group")
            _add_kinds(group)
    for location in study.of("Location"):
        study.profiled(location, f"{_PROFILE}location")
        _add_names(location)
    # Others than these parties are no sponsors here.
    node.pop("sponsor", None)
    node.pop("principalInvestigator", None)
    _add_titles(study, protocol)
    study.each("associatedParty", _with_codes)
    study.each("outcomeMeasure", _led_aside)
    if "identifier" in node:
        node["identifier"] = list(_identifiers(node["identifier"], protocol))
    if "condition" in node:
        node["condition"] = [
            {"id": f"disease-condition-{number}", **one} if "text" in one else one
            for number, one in enumerate(node["condition"], 1)
        ]
    if "arm" in node and protocol.arms_interventions:
        node["arm"] = list(_arms(node["arm"], protocol.arms_interventions))
    if "contact" in node:
        node["contact"] = [_with_type(one) for one in node["contact"]]
    if _is_of_ctis(protocol):
        display = codes_of("eclaire", _REGULATIONS)["REG536"]
        coding = {"system": _REGULATIONS, "code": "REG536", "display": display}
        node["category"] = [*node.get("category", ()), {"coding": [coding]}]
    for url, value in _facts(trial, protocol):
        study.say(f"{_EXTENSION}{url}", **value)


def _id_of(references: Any) -> str | None:
    return next((str(one.get("reference")).rpartition("/")[2] for one in nodes(references)), None)


def _add_kinds(group: Node) -> None:
    """The guide's kind of each characteristic, beside ours."""
    made = []
    for one in group.get("characteristic", ()):
        kind = next(
            (
                _KIND_OF[coding["code"]]
                for coding in one["code"].get("coding", ())
                if coding.get("code") in _KIND_OF
            ),
            "grp-other",
        )
        display = codes_of("eclaire", _KINDS)[kind]
        coding = {"system": _KINDS, "code": kind, "display": display}
        code = {**one["code"], "coding": [*one["code"].get("coding", ()), coding]}
        made.append({**one, "code": code})
    set_or_drop(group, "characteristic", made)


_KIND_OF = {
    "gender": "grp-gender",
    "46098-0": "grp-gender",
    "age": "grp-age",
    "30525-0": "grp-age",
    "population": "grp-studypop",
}


def _add_names(location: Node) -> None:
    """Who is behind each number and address of a site."""
    names: dict[tuple[str, str], Node] = {}
    for one in location.get("extension", ()):
        if str(one.get("url")).endswith("extension-Location.contact"):
            name = value_of(part(one, "name"))
            for telecom in nodes(one.get("extension")):
                if telecom.get("url") == "telecom" and name is not None:
                    names.setdefault(_key(telecom["valueContactPoint"]), name)
    if "telecom" in location:
        location["telecom"] = [_named(one, names.get(_key(one))) for one in location["telecom"]]


def _key(telecom: Node) -> tuple[str, str]:
    return str(telecom.get("system")), str(telecom.get("value"))


def _named(telecom: Node, name: Node | None) -> Node:
    made = dict(telecom)
    if name is not None:
        extend(made, {"url": f"{_EXTENSION}site-contact-name", "valueHumanName": name})
    return made


def _add_titles(study: Study, protocol: ProtocolSection) -> None:
    """The scientific title as the title, the public one as one of its labels."""
    study.each("label", _with_title_code)
    identification = protocol.identification
    official = identification.official_title if identification else None
    if not official:
        return
    if "title" in study.node:
        display = codes_of("eclaire", _TITLES)["human-use"]
        coding = {"system": _TITLES, "code": "human-use", "display": display}
        parts = [
            {"url": "type", "valueCodeableConcept": {"coding": [coding]}},
            {"url": "value", "valueString": study.node["title"]},
        ]
        study.say(f"{OF_STUDY}label", extension=parts)
    study.node["title"] = official


def _with_title_code(label: Node) -> Node:
    def change(one: Node) -> Node:
        concept = one["valueCodeableConcept"]
        for known in _KNOWN_TITLES:
            made = coded(concept, _TITLES, codes_of("eclaire", _TITLES), known)
            if made is not concept:
                return {**one, "valueCodeableConcept": made}
        return one

    return with_part(label, "type", change)


def _with_codes(party: Node) -> Node:
    def change(system: str, known: str) -> Callable[[Node], Node]:
        def code(one: Node) -> Node:
            concept = coded(one["valueCodeableConcept"], system, codes_of("eclaire", system), known)
            return {**one, "valueCodeableConcept": concept}

        return code

    party = with_part(party, "role", change(_ROLES, codes.PARTY_ROLE))
    return with_part(party, "classifier", change(_CLASSES, codes.ORGANIZATION_TYPE))


def _led_aside(outcome: Node) -> Node:
    """An outcome's reference may lead to an EvidenceVariable alone, and that may be a Basic."""

    def change(one: Node) -> Node:
        reference = one["valueReference"]
        if not str(reference.get("reference")).startswith("Basic/"):
            return one
        shown = {"display": reference["display"]} if "display" in reference else {}
        inner = {key: value for key, value in reference.items() if key != "display"}
        told = {"url": ALTERNATE, "valueReference": inner}
        return {**one, "valueReference": {"extension": [told], **shown}}

    return with_part(outcome, "reference", change)


def _identifiers(identifiers: list[Node], protocol: ProtocolSection) -> Iterator[Node]:
    """The sponsor's own number is a secondary one, the day of registration that of the first."""
    status = protocol.status
    registered = status.study_first_submit_date if status else None
    for one in identifiers:
        if one.get("use") == "usual":
            yield {"id": _NUMBER, **one, "use": "secondary"}
        elif one.get("use") == "official" and registered and "period" not in one:
            yield {**one, "period": {"start": str(registered)}}
        else:
            yield one


def _arms(arms: list[Node], module: ArmsInterventionsModule) -> Iterator[Node]:
    given = module.interventions or []
    received = Received(given)
    groups = module.arm_groups or []
    if len(groups) != len(arms):
        yield from arms
        return
    for arm, group in zip(arms, groups, strict=True):
        told: list[Node] = []
        for position in received.by(group):
            one = given[position]
            parts = [
                {"url": url, "valueString": value}
                for url, value in (("name", one.name), ("description", one.description))
                if value
            ]
            if parts:
                told.append({"url": f"{_EXTENSION}arm-intervention", "extension": parts})
        yield {**arm, "extension": [*arm.get("extension", ()), *told]} if told else dict(arm)


def _with_type(contact: Node) -> Node:
    """Those of a study answer questions about enrolment: they are its public contacts."""
    made = dict(contact)
    display = codes_of("eclaire", _CONTACTS)["PUB"]
    coding = {"system": _CONTACTS, "code": "PUB", "display": display}
    extend(
        made,
        {"url": f"{_EXTENSION}contact-type", "valueCodeableConcept": {"coding": [coding]}},
    )
    if "name" in contact:
        name = {"text": contact["name"]}
        extend(made, {"url": f"{_EXTENSION}contact-name", "valueHumanName": name})
    return made


def _is_of_ctis(protocol: ProtocolSection) -> bool:
    """Whether the trial has a number of CTIS, as those under the Regulation 536/2014 have."""
    identification = protocol.identification
    ids = identification.secondary_id_infos if identification else None
    return any(one.type == "CTIS" for one in ids or ())


def _facts(trial: Trial, protocol: ProtocolSection) -> Iterator[tuple[str, Node]]:
    """What the guide has an extension of the study for, and the record says."""
    status = protocol.status
    if status is not None:
        changed = str(status.last_update_submit_date or "")
        if _DATE.fullmatch(changed):
            # An instant has a time, a register's date has none: the guide's examples have this.
            yield "review-date", {"valueInstant": f"{changed}T00:00:00.000Z"}
        if status.start_date is not None and status.start_date.date:
            yield "recruitment-period", {"valuePeriod": {"start": str(status.start_date.date)}}
        code = _STATUS.get(status.overall_status or "")
        if code is not None:
            display = codes_of("eclaire", _RECRUITMENT)[code]
            coding = {"system": _RECRUITMENT, "code": code, "display": display}
            yield "recruitment-status", {"valueCodeableConcept": {"coding": [coding]}}
    browse = trial.derived.condition_browse if trial.derived else None
    areas = [
        f"{_AREAS[found[1]]} - {branch.name} [{found[1]}{found[2]}]"
        for branch in (browse.browse_branches if browse else None) or ()
        if (found := _BRANCH.fullmatch(branch.abbrev or "")) and found[1] in _AREAS
    ]
    if areas:
        yield "therapeutic-area", {"valueString": "; ".join(areas)}


# --- taken out of what we wrote ----------------------------------------------------------------


def _strip(study: Study) -> None:
    node = study.node
    _strip_titles(study)
    study.unprofiled(BASE)
    if "condition" in node:
        node["condition"] = [_without_id(one) for one in nodes(node["condition"])]
    if "identifier" in node:
        node["identifier"] = [_own_identifier(one, study) for one in nodes(node["identifier"])]
    study.take(node, "category", "ResearchStudy.category")
    for group in study.of("Group"):
        if "characteristic" in group:
            # The kind of one is that of its own code, and its record need not have it.
            told = [*study.taken]
            left = study.without({"characteristic": group["characteristic"]}, BASE, "Group")
            set_or_drop(group, "characteristic", left.get("characteristic"))
            study.taken = told
    for type_ in ("Location", "ResearchStudy"):
        for resource in study.of(type_):
            for member in ("extension", "telecom", "arm", "contact"):
                if member in resource:
                    left = study.without({member: resource[member]}, BASE, type_)
                    set_or_drop(resource, member, left.get(member))


def _strip_titles(study: Study) -> None:
    node = study.node
    public = [
        one
        for one in study.extensions(f"{OF_STUDY}label")
        if any(c.get("code") == "human-use" for c in _codings(value_of(part(one, "type"))))
    ]
    official = [
        one
        for one in study.extensions(f"{OF_STUDY}label")
        if any(c.get("code") == "official" for c in _codings(value_of(part(one, "type"))))
    ]
    if not official:
        return
    scientific = node.pop("title", None)
    if scientific is not None:
        # What stands in the element itself is what is read.
        said = with_part(official[0], "value", lambda one: {**one, "valueString": scientific})
        node["extension"] = [said if one is official[0] else one for one in node["extension"]]
    if public:
        node["title"] = value_of(part(public[0], "value"))
        node["extension"] = [one for one in node["extension"] if one is not public[0]]


def _codings(concept: Any) -> list[Node]:
    return nodes(concept.get("coding")) if concept.__class__ is dict else []


def _without_id(node: Node) -> Node:
    if str(node.get("id")).startswith("disease-condition-"):
        return {key: value for key, value in node.items() if key != "id"}
    return node


def _own_identifier(node: Node, study: Study) -> Node:
    made = dict(node)
    if made.get("id") == _NUMBER:
        del made["id"]
        made["use"] = "usual"
    elif made.get("use") == "official" and made.get("system") in registry.CTGOV_SYSTEMS:
        study.take(made, "period", "ResearchStudy.identifier.period")
    return made


# --- read from others --------------------------------------------------------------------------

_SYSTEMS = {
    _ROLES: codes.PARTY_ROLE,
    _CLASSES: codes.ORGANIZATION_TYPE,
    _TITLES: codes.TITLE_TYPE,
}
_KNOWN_AS = {"ethics": "irb"}
_EXPOSURE = f"{OF_STUDY}comparisonGroup.intendedExposure"
# The guide's service writes the pages of its extensions, and of HL7's elements, as their urls.
_OTHER_URLS = {
    "https://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy.associatedParty": (
        f"{OF_STUDY}associatedParty"
    ),
    "https://hl7.org/fhir/R4/researchstudy-definitions.html#ResearchStudy.descriptionSummary": (
        f"{OF_STUDY}descriptionSummary"
    ),
    f"{BASE}StructureDefinition-eclaire-label-r5.html": f"{OF_STUDY}label",
    f"{BASE}StructureDefinition-eclaire-outcome-measure-r5.html": f"{OF_STUDY}outcomeMeasure",
    f"{BASE}StructureDefinition-eclaire-associated-party-r5.html": f"{OF_STUDY}associatedParty",
}


def _read(study: Study) -> None:
    node = study.node
    made = []
    for one in study.extensions():
        url = _OTHER_URLS.get(str(one.get("url")), one.get("url"))
        made.append(_known_as({**one, "url": url}))
    set_or_drop(node, "extension", made)
    _read_titles(study)
    study.unprofiled(BASE)
    if "condition" in node:
        node["condition"] = [_read_condition(one) for one in nodes(node["condition"])]
    if "contact" in node:
        node["contact"] = [_read_contact(one) for one in nodes(node["contact"])]
    if "identifier" in node:
        node["identifier"] = [_read_identifier(one) for one in nodes(node["identifier"])]
    if "arm" in node:
        node["arm"] = [_read_arm(study, one, n) for n, one in enumerate(nodes(node["arm"]), 1)]
    for url, read in (
        ("review-date", _read_changed),
        ("recruitment-period", _read_begun),
        ("recruitment-status", _read_recruiting),
    ):
        for one in study.extensions(f"{_EXTENSION}{url}"):
            if read(study, value_of(one)):
                kept = [other for other in node["extension"] if other is not one]
                set_or_drop(node, "extension", kept)


def _known_as(extension: Node) -> Node:
    """An extension with the codes of HL7 that the guide's own are named after."""
    parts = []
    for one in nodes(extension.get("extension")):
        made = dict(one)
        if "valueCodeableConcept" in one:
            made["valueCodeableConcept"] = recoded(one["valueCodeableConcept"], _SYSTEMS, _KNOWN_AS)
        if extension["url"] == f"{OF_STUDY}outcomeMeasure":
            # So the guide's own example names an outcome, and leads to what defines it.
            if one.get("url") == "value":
                made["url"] = "name"
            elif "valueReference" in one:
                made["url"] = "reference"
        parts.append(made)
    return {**extension, "extension": parts} if parts else extension


def _read_titles(study: Study) -> None:
    """The title is the scientific one, which is the official title of a record."""
    node = study.node
    scientific = node.get("title")
    if scientific.__class__ is not str:
        return
    labels = study.extensions(f"{OF_STUDY}label")
    types = {
        str(coding.get("code")): one
        for one in labels
        for coding in _codings(value_of(part(one, "type")))
    }
    public = types.get("human-use")
    if public is None or value_of(part(public, "value")) is None or "official" in types:
        return
    node["title"] = value_of(part(public, "value"))
    parts = [
        {"url": "type", "valueCodeableConcept": of_code(_TITLE_TYPE, "official")},
        {"url": "value", "valueString": scientific},
    ]
    told = {"url": f"{OF_STUDY}label", "extension": parts}
    node["extension"] = [told if one is public else one for one in node["extension"]]


def _read_condition(node: Node) -> Node:
    """A condition that is a MedDRA code has its term as the display of that."""
    made = _without_id(node)
    if str(made.get("id")).startswith("meddra-condition"):
        made = {key: value for key, value in made.items() if key != "id"}
    shown = [one["display"] for one in _codings(made) if one.get("display").__class__ is str]
    if "text" not in made and shown:
        made = {**made, "text": shown[0]}
    return made


def _read_contact(node: Node) -> Node:
    """A contact by the name that the guide has an extension for, in one string."""
    for one in nodes(node.get("extension")):
        name = value_of(one)
        if one.get("url") != f"{_EXTENSION}contact-name" or name.__class__ is not dict:
            continue
        given = name.get("given")
        words = [*(given if given.__class__ is list else ()), name.get("family")]
        said = name.get("text") or " ".join(str(word) for word in words if word)
        if "name" not in node and said.__class__ is str and said:
            made = {**node, "name": said}
            set_or_drop(made, "extension", [o for o in node["extension"] if o is not one])
            return made
    return node


# https://www.ema.europa.eu/en/human-regulatory-overview/research-development/clinical-trials-human-medicines
_CTIS = re.compile(r"20[0-9]{2}-5[0-9]{5}-[0-9]{2}(-[0-9]{2})?")


def _read_identifier(node: Node) -> Node:
    """The number of a trial in CTIS, which the guide's service says no system of."""
    assigner = node.get("assigner", {})
    if (
        node.get("use") == "official"
        and "system" not in node
        and _CTIS.fullmatch(str(node.get("value")))
        and assigner.__class__ is dict
        and "display" not in assigner
    ):
        return {**node, "assigner": {**assigner, "display": "CTIS"}}
    return node


def _read_arm(study: Study, arm: Node, position: int) -> Node:
    """The interventions of an arm, as exposures of it, which R5 has."""
    made = dict(arm)
    kept = []
    for one in nodes(arm.get("extension")):
        name = value_of(part(one, "name"))
        if one.get("url") != f"{_EXTENSION}arm-intervention" or name.__class__ is not str:
            kept.append(one)
            continue
        description = value_of(part(one, "description"))
        variable: Node = {"resourceType": "EvidenceVariable", "status": "active", "title": name}
        if description.__class__ is str:
            variable["description"] = description
        id_ = _contained(study, variable, f"exposure-{position}-{len(kept) + 1}")
        kept.append({"url": _EXPOSURE, "valueReference": {"reference": f"#{id_}"}})
    set_or_drop(made, "extension", kept)
    return made


def _contained(study: Study, resource: Node, id_: str) -> str:
    """Contain a resource, unless the study contains what says the same."""
    contained = nodes(study.node.get("contained"))
    for one in contained:
        if {**one, "id": ""} == {**resource, "id": ""}:
            return str(one["id"])
    study.node["contained"] = [*contained, {**resource, "id": id_}]
    return id_


def _read_changed(study: Study, value: Any) -> bool:
    if value.__class__ is not str or not _DATE.match(value):
        return False
    activity = of_code(codes.REGISTRATION_ACTIVITY, "update-submission")
    parts = [
        {"url": "activity", "valueCodeableConcept": activity},
        {"url": "period", "valuePeriod": {"end": value[:10]}},
    ]
    study.say(REGISTRATION, extension=parts)
    return True


def _read_begun(study: Study, value: Any) -> bool:
    start = value.get("start") if value.__class__ is dict else None
    period = study.node.get("period", {})
    if start.__class__ is not str or period.__class__ is not dict or "start" in period:
        return False
    study.node["period"] = {"start": start[:10], **period}
    return True


def _read_recruiting(study: Study, value: Any) -> bool:
    """R4's status `active` says whether the study goes on, this whether it recruits."""
    found = {str(one.get("code")) for one in _codings(value)}
    if study.node.get("status") != "active":
        return False
    if "completed-recruiting" in found:
        study.node["status"] = "closed-to-accrual"
        return True
    return "recruiting" in found


GUIDE = Guide(
    title="ECLAIRE",
    base=BASE,
    profile=f"{_PROFILE}researchstudy",
    link=f"{BASE}StructureDefinition-eclaire-researchstudy.html",
    add=_add,
    strip=_strip,
    read=_read,
)
