"""What R4 and R4B say in elements of their own, where R5 has others for it.

https://hl7.org/fhir/R4/researchstudy.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trialbridge.mappings.fhir.versions.dialect import R5, Node, dialect
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.once import once

if TYPE_CHECKING:
    from trialbridge.mappings.fhir.versions.down import Down
    from trialbridge.mappings.fhir.versions.up import Up

_STATUS = f"{R5}research-study-status"
_ROLE = f"{R5}research-study-party-role"
_OVERALL: Mapping[str, str] = {
    "recruiting": "active",
    "enrolling-by-invitation": "active",
    "active-but-not-recruiting": "closed-to-accrual",
    "not-yet-recruiting": "approved",
    "terminated": "administratively-completed",
}
"""R5's states of a study, and R4's for them where its name is another.

https://hl7.org/fhir/R4/valueset-research-study-status.html
"""
# Of two states that R4 has one name for, the first.
_BACK = {older: state for state, older in reversed(list(_OVERALL.items()))}
_SPONSORS = ("lead-sponsor", "sponsor")
_INVESTIGATORS = ("primary-investigator",)


def _fill_study(node: Node, made: Node, down: "Down") -> None:
    """R4's own elements for what R5 says elsewhere, so that its searches find it.

    https://hl7.org/fhir/R4/researchstudy.html
    """
    states = _codes_of(node.get("progressStatus", ()), "state", _STATUS)
    for state in states:
        code = _OVERALL.get(state, state)
        if code in _study_codes(down.known.version):
            made["status"] = code
            break
    eligibility = node.get("recruitment", {}).get("eligibility")
    if eligibility is not None:
        made["enrollment"] = [down.reference(eligibility)]
    for member, roles in (("sponsor", _SPONSORS), ("principalInvestigator", _INVESTIGATORS)):
        party = _party(node, roles)
        if party is not None:
            made[member] = down.reference(party)


@once
def _study_codes(version: Version) -> frozenset[str]:
    known = dialect(version)
    return known.codes(known.old.rows("ResearchStudy")["status"]) or frozenset()


def _codes_of(nodes: Any, member: str, system: str) -> Iterator[str]:
    for node in nodes:
        for coding in node.get(member, {}).get("coding", ()):
            if coding.get("system") == system and coding.get("code") != "overall-study":
                yield str(coding.get("code"))


def _party(node: Node, roles: tuple[str, ...]) -> Node | None:
    for role in roles:
        for one in node.get("associatedParty", ()):
            if "party" in one and role in _codes_of([one], "role", _ROLE):
                party: Node = one["party"]
                return party
    return None


def _fill_group(node: Node, made: Node, down: "Down") -> None:
    """https://hl7.org/fhir/R4/group-definitions.html#Group.actual"""
    if "membership" in node:
        made["actual"] = node["membership"] == "enumerated"


def _fill_telecom(node: Node, made: Node, down: "Down") -> None:
    """How to reach a place or person, without who is behind it."""
    found = [telecom for one in node.get("contact", ()) for telecom in one.get("telecom", ())]
    if found:
        made["telecom"] = found


FILL: Mapping[str, Callable[[Node, Node, "Down"], None]] = {
    "ResearchStudy": _fill_study,
    "Group": _fill_group,
    "Location": _fill_telecom,
    "PractitionerRole": _fill_telecom,
}

FILLED_OF: Mapping[str, frozenset[str]] = {
    "Group": frozenset({"membership"}),
    "Location": frozenset({"contact"}),
    "PractitionerRole": frozenset({"contact"}),
}
"""The members that these are filled of; the others of many."""


def _drain_study(node: Node, made: Node, up: "Up") -> None:
    """What R4's own elements say, where R5's are not there to say it."""
    status, enrollment = made.pop("status", None), made.pop("enrollment", None)
    if "_status" in made:
        del made["_status"]
    if "status" in up.said:
        made["status"] = up.said["status"]
    if "progressStatus" not in made and status is not None:
        coding = {"system": _STATUS, "code": _BACK.get(status, status)}
        made["progressStatus"] = [{"state": {"coding": [coding]}}]
    if enrollment and "eligibility" not in made.get("recruitment", {}):
        made["recruitment"] = {**made.get("recruitment", {}), "eligibility": enrollment[0]}
    parties = []
    for member, role in (("sponsor", "lead-sponsor"), ("principalInvestigator", _INVESTIGATORS[0])):
        party = made.pop(member, None)
        if party is not None:
            parties.append({"role": {"coding": [{"system": _ROLE, "code": role}]}, "party": party})
    if parties and "associatedParty" not in made:
        made["associatedParty"] = parties


def _drain_group(node: Node, made: Node, up: "Up") -> None:
    actual = made.pop("actual", None)
    if actual is not None and "membership" not in made:
        made["membership"] = "enumerated" if actual else "definitional"


def _drain_telecom(node: Node, made: Node, up: "Up") -> None:
    telecom = made.pop("telecom", None)
    if telecom and "contact" not in made:
        made["contact"] = [{"telecom": telecom}]


DRAIN: Mapping[str, Callable[[Node, Node, "Up"], None]] = {
    "ResearchStudy": _drain_study,
    "Group": _drain_group,
    "Location": _drain_telecom,
    "PractitionerRole": _drain_telecom,
}
