"""Who is behind a study, and by which ids it is known: identifiers, organizations, roles.

An identifier has the organization that gave it as its scope; a sponsor, a collaborator, an official
and a masked party are roles.
"""

from collections.abc import Mapping
from typing import Any, Final

from trialbridge.mappings.codec import Codec, Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry
from trialbridge.mappings.usdm.apart import (
    DESIGN_ID,
    VERSION_ID,
    Apart,
    Document,
    called,
    given,
    masking_block,
)
from trialbridge.mappings.usdm.extensions import EXTENSIONS, codec_of
from trialbridge.mappings.usdm.terms import SPONSOR, code, of_registry
from trialbridge.schemas.terms import cdisc_codes as cdisc
from trialbridge.schemas.terms import concepts
from trialbridge.schemas.trial import (
    AgencyClass,
    Official,
    SecondaryIdInfo,
    SecondaryIdType,
    Sponsor,
)
from trialbridge.schemas.usdm.definitions import URL

# --- organizations -----------------------------------------------------------------------------

_REGISTRY: Final = code("C93453", "Clinical Study Registry")
_SPONSORS: Final = f"{URL}/protocolSection/sponsorCollaboratorsModule"

_TYPES: Final[Mapping[str, Node]] = {
    class_: code(term.code, term.value) for class_, term in concepts.AGENCY_CLASS.terms.items()
}


def _organization(names: Names, key: str, said: Sponsor, class_: Codec[Any]) -> str:
    members: Node = {}
    if given(said.name, names):
        members["label"] = said.name
    if said.class_ is not None:
        members[EXTENSIONS] = class_.write(said.class_, names)
        if said.class_ in _TYPES:
            members["type"] = _TYPES[said.class_]
    if key == "sponsor" and "label" in members:
        # Others look for its name. An organization may stand here several times: the name, which
        # is one organization's alone, is that of this one.
        members["name"] = said.name
    apart = names.once(Apart)
    id_ = apart.organization(key)
    apart.organizations[id_].update(members)
    return id_


def _sponsor(names: Names, node: Node, class_: Codec[Any]) -> Sponsor:
    extensions = node.get(EXTENSIONS)
    said = class_.read(extensions, names) if extensions else None
    return Sponsor(name=called(node), class_=said)


# --- identifiers -------------------------------------------------------------------------------

_CTGOV_NAMES: Final = ("clinicaltrials.gov", "ct-gov", "ct.gov", "ctgov")


def _is_ctgov(organization: Node) -> bool:
    said = (organization.get(key) for key in ("label", "name", "identifier"))
    return any(str(one).casefold() in _CTGOV_NAMES for one in said)


def _is_registry(organization: Node) -> bool:
    return (organization.get("type") or {}).get("code") == "C93453"


def _write_nct_id(value: str, names: Names) -> list[Node]:
    scope = names.once(Apart).organization(
        "registry", name="CT.GOV", label="ClinicalTrials.gov", type=_REGISTRY
    )
    return [{"text": value, "scopeId": scope}]


_OTHER: Final = "secondary"


def _of_nct(nodes: Any, names: Names) -> list[Node]:
    document = names.once(Document)
    ours = names.once(Apart).ours
    found = []
    for node in nodes:
        if ours and str(node.get("scopeId")).startswith(f"Organization.{_OTHER}."):
            # Whose record is another register's may state that it is in ClinicalTrials.gov too.
            continue
        scope = document.organization(node.get("scopeId"))
        text = str(node.get("text", ""))
        if _is_ctgov(scope) or (_is_registry(scope) and registry.NCT_ID.fullmatch(text)):
            found.append(node)
    return found


def _read_nct_id(nodes: Any, names: Names) -> str | None:
    found = [node.get("text") for node in _of_nct(nodes, names)]
    return found[0] if found and found[0].__class__ is str else None


nct_id: Codec[str] = Codec(_read_nct_id, _write_nct_id, label="scope ClinicalTrials.gov")


def _write_org_study_id(value: str, names: Names) -> list[Node]:
    return [{"text": value, "scopeId": names.once(Apart).organization("sponsor")}]


def _of_sponsor(nodes: Any, names: Names) -> list[Node]:
    sponsors = names.once(Document).sponsors()
    if names.once(Apart).ours:
        # A record may have the sponsor's id without a sponsor, whose role would tell.
        sponsors.add("Organization.sponsor")
    return [node for node in nodes if str(node.get("scopeId")) in sponsors]


def _read_org_study_id(nodes: Any, names: Names) -> str | None:
    found = [node.get("text") for node in _of_sponsor(nodes, names)]
    return found[0] if found and found[0].__class__ is str else None


org_study_id: Codec[str] = Codec(_read_org_study_id, _write_org_study_id, label="scope the sponsor")

_REGISTER: Final = "register"


def _write_registration(value: str, names: Names) -> list[Node]:
    """The id in another register than ClinicalTrials.gov, whose record it is."""
    registration = names.trial.registration if names.trial else None
    members: Node = {"type": _REGISTRY}
    if registration is not None and registration.register:
        members["label"] = registration.register
    return [{"text": value, "scopeId": names.once(Apart).organization(_REGISTER, **members)}]


registration_id: Codec[str] = Codec(lambda nodes, names: None, _write_registration)

_SECONDARY: Final = "/protocolSection/identificationModule/secondaryIdInfos"
_ID_TYPE: Final = codec_of(SecondaryIdType, f"{URL}{_SECONDARY}/type")
_ID_LINK: Final = codec_of(str, f"{URL}{_SECONDARY}/link")
_REGISTERED: Final = frozenset({"REGISTRY", "EUDRACT_NUMBER", "CTIS"})
_AGENCIES: Final = frozenset(registry.ORG_STUDY_ID_TYPE.codes) - {"OTHER_GRANT"}


def _write_secondary(infos: list[SecondaryIdInfo], names: Names) -> list[Node]:
    apart = names.once(Apart)
    nodes = []
    for number, info in enumerate(infos, 1):
        members: Node = {"label": info.domain} if given(info.domain, names) else {}
        if info.type in _REGISTERED:
            members["type"] = _REGISTRY
        node: Node = {"scopeId": apart.organization(f"{_OTHER}.{number}", **members)}
        if given(info.id, names):
            node["text"] = info.id
        extensions = []
        if info.type is not None:
            extensions += _ID_TYPE.write(info.type, names)
        if given(info.link, names):
            extensions += _ID_LINK.write(info.link, names)
        if extensions:
            node[EXTENSIONS] = extensions
        nodes.append(node)
    return nodes


def _read_secondary(nodes: Any, names: Names) -> list[SecondaryIdInfo] | None:
    document = names.once(Document)
    others = {id(node) for node in (*_of_nct(nodes, names)[:1], *_of_sponsor(nodes, names)[:1])}
    found = []
    for node in nodes:
        if id(node) in others or node.get("scopeId") == f"Organization.{_REGISTER}":
            continue
        scope = document.organization(node.get("scopeId"))
        extensions = node.get(EXTENSIONS) or []
        type_ = _ID_TYPE.read(extensions, names)
        if type_ is None and not names.once(Apart).ours:
            type_ = _type_of(scope, str(node.get("text", "")))
        found.append(
            SecondaryIdInfo(
                id=node.get("text"),
                type=type_,
                domain=called(scope) if "label" in scope or not names.once(Apart).ours else None,
                link=_ID_LINK.read(extensions, names),
            )
        )
    return found or None


def _type_of(scope: Node, text: str) -> Any:
    """The type of an identifier in a document of others."""
    named = str(called(scope)).casefold()
    if "eudract" in named:
        return "EUDRACT_NUMBER"
    if "ctis" in named:
        return "CTIS"
    return "REGISTRY" if _is_registry(scope) else None


secondary_ids: Codec[list[SecondaryIdInfo]] = Codec(
    _read_secondary, _write_secondary, label="any other scope"
)

# --- sponsor and collaborators -----------------------------------------------------------------

_LEAD_CLASS: Final = codec_of(AgencyClass, f"{_SPONSORS}/leadSponsor/class")
_CLASS: Final = codec_of(AgencyClass, f"{_SPONSORS}/collaborators/class")

_SPONSOR_ROLE: Final = code(SPONSOR, "Sponsor")
_ROLES: Final = registry.code_system(
    "usdm-role",
    "Roles that CDISC's list has no term for",
    {"COLLABORATOR": "Collaborator", "STUDY_DIRECTOR": "Study Director"},
)
_COLLABORATOR: Final = of_registry(_ROLES, "COLLABORATOR")


def _code_of(role: Node) -> str:
    return str((role.get("code") or {}).get("code", ""))


def _write_lead(sponsor: Sponsor, names: Names) -> list[Node]:
    id_ = _organization(names, "sponsor", sponsor, _LEAD_CLASS)
    return [{"code": _SPONSOR_ROLE, "appliesToIds": [VERSION_ID], "organizationIds": [id_]}]


def _read_lead(nodes: Any, names: Names) -> Sponsor | None:
    document = names.once(Document)
    for role in nodes:
        if _code_of(role) == SPONSOR:
            for id_ in role.get("organizationIds") or ():
                return _sponsor(names, document.organization(id_), _LEAD_CLASS)
            for person in role.get("assignedPersons") or ():
                return Sponsor(name=_name_of(person))
            return Sponsor()
    if names.once(Apart).ours:
        return None
    for id_ in sorted(document.sponsors()):
        return _sponsor(names, document.organization(id_), _LEAD_CLASS)
    return None


lead_sponsor: Codec[Sponsor] = Codec(_read_lead, _write_lead, label=f"code='{SPONSOR}'")


def _write_collaborators(sponsors: list[Sponsor], names: Names) -> list[Node]:
    return [
        {
            "code": _COLLABORATOR,
            "appliesToIds": [VERSION_ID],
            "organizationIds": [_organization(names, f"collaborator.{number}", sponsor, _CLASS)],
        }
        for number, sponsor in enumerate(sponsors, 1)
    ]


def _read_collaborators(nodes: Any, names: Names) -> list[Sponsor] | None:
    document = names.once(Document)
    return [
        _sponsor(names, document.organization(id_), _CLASS)
        for role in nodes
        if _code_of(role) in ("COLLABORATOR", "C215669")
        for id_ in role.get("organizationIds") or ()
    ] or None


collaborators: Codec[list[Sponsor]] = Codec(
    _read_collaborators, _write_collaborators, label="code='COLLABORATOR'"
)

# --- officials ---------------------------------------------------------------------------------

_OFFICIALS: Final[Mapping[str, Node]] = {
    "STUDY_DIRECTOR": of_registry(_ROLES, "STUDY_DIRECTOR"),
    **{role: code(term.code) for role, term in cdisc.CONTACT_ROLE.items()},
}
_OFFICIAL_OF: Final = {node["code"]: role for role, node in _OFFICIALS.items()}


def _write_officials(officials: list[Official], names: Names) -> list[Node]:
    apart = names.once(Apart)
    nodes = []
    for number, official in enumerate(officials, 1):
        person: Node = {}
        if given(official.name, names):
            person["personName"] = {"text": official.name}
        if given(official.affiliation, names):
            person["organizationId"] = apart.organization(
                f"affiliation.{number}", label=official.affiliation
            )
        node: Node = {"appliesToIds": [VERSION_ID], "assignedPersons": [person]}
        if official.role is not None:
            node["code"] = _OFFICIALS[official.role]
        nodes.append(node)
    return nodes


def _name_of(person: Node) -> str | None:
    name = person.get("personName") or {}
    text = name.get("text")
    if text.__class__ is str:
        return str(text)
    parts = [*(name.get("prefixes") or ()), *(name.get("givenNames") or ())]
    parts += [one for one in (name.get("familyName"),) if one]
    parts += name.get("suffixes") or ()
    return " ".join(map(str, parts)) or None


def _read_officials(nodes: Any, names: Names) -> list[Official] | None:
    document = names.once(Document)
    found = []
    for role in nodes:
        said = _code_of(role)
        if said and said not in _OFFICIAL_OF:
            continue
        for person in role.get("assignedPersons") or ():
            organization = document.organization(person.get("organizationId"))
            found.append(
                Official(
                    name=_name_of(person),
                    affiliation=called(organization),
                    role=_OFFICIAL_OF.get(said),  # type: ignore[arg-type]
                )
            )
    return found or None


officials: Codec[list[Official]] = Codec(_read_officials, _write_officials, label="assignedPersons")

# --- who is masked -----------------------------------------------------------------------------

_MASKED: Final = {who: code(term.code, term.value) for who, term in cdisc.WHO_MASKED.items()}
_MASKED_OF: Final = {node["code"]: who for who, node in _MASKED.items()}


def _write_masked(masked: list[str], names: Names) -> list[Node]:
    text = _description(names)
    masking: Node = {"isMasked": True}
    if text:
        masking["text"] = text
    return [
        {"code": _MASKED[who], "appliesToIds": [DESIGN_ID], "masking": masking} for who in masked
    ]


def _description(names: Names) -> str | None:
    block = masking_block(names)
    return block.masking_description if block is not None else None


def _are_masked(nodes: Any) -> list[Node]:
    return [
        role
        for role in nodes
        if _code_of(role) in _MASKED_OF and (role.get("masking") or {}).get("isMasked") is True
    ]


def _read_masked(nodes: Any, names: Names) -> list[str] | None:
    return [_MASKED_OF[_code_of(role)] for role in _are_masked(nodes)] or None


who_masked: Codec[list[str]] = Codec(_read_masked, _write_masked, label="masking")


def _read_description(nodes: Any, names: Names) -> str | None:
    texts = (role["masking"].get("text") for role in _are_masked(nodes))
    return next((text for text in texts if text.__class__ is str and text), None)


masking_description: Codec[str] = Codec(
    _read_description, lambda text, names: [], label="masking.text"
)


def has_masked(names: Names) -> bool:
    """Whether the record that is written says who is masked."""
    block = masking_block(names)
    return bool(block is not None and block.who_masked)
