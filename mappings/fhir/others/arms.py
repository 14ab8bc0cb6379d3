"""Arms and their interventions, as others write them: exposures of comparison groups."""

from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.others import words
from trialbridge.mappings.fhir.others.forms import Form, Others, each, objects, without
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.schemas.trial import (
    ArmGroup,
    ArmsInterventionsModule,
    Intervention,
    ProtocolSection,
    intervention_name,
)

_ALIAS = "suggested alternative name:"
_TYPE = "intervention type:"


def _type(node: Node, others: Others) -> list[Node] | None:
    meant = words.arm_type(words.words_of(node.get("type")))
    return None if meant is None else [{**node, "type": words.coded(codes.ARM, meant)}]


def _exposures(nodes: list[Node], others: Others) -> list[Node] | None:
    groups = [node if node.__class__ is dict else {} for node in nodes]
    if not any("intendedExposure" in group for group in groups) or _has_plan(others):
        return None
    found: dict[str, tuple[dict[str, Any], list[str]]] = {}
    arms = []
    for group in groups:
        received = []
        label = group.get("name")
        for reference in objects(group.get("intendedExposure")):
            key, said = _intervention(reference, others, found)
            if key is None:
                continue
            _, labels = found.setdefault(key, (said, []))
            if label.__class__ is str and label not in labels:
                labels.append(str(label))
            received.append(intervention_name(said.get("type"), said.get("name") or ""))
        arms.append(ArmGroup(label=label, intervention_names=received or None))
    if not found:
        return None
    written = others.write(
        ProtocolSection(
            arms_interventions=ArmsInterventionsModule(
                arm_groups=arms,
                interventions=[
                    Intervention(**said, arm_group_labels=labels or None)
                    for said, labels in found.values()
                ],
            )
        )
    )
    # The first plan is the one that is read; what there is besides has no interventions.
    others.study["protocol"] = [*written["protocol"], *(others.study.get("protocol") or ())]
    made = []
    for node, group, ours in zip(nodes, groups, written["comparisonGroup"], strict=True):
        unread = [
            one for one in objects(group.get("intendedExposure")) if _key(one, others) is None
        ]
        left = without(node, "intendedExposure") if node is group else {}
        if unread:
            left["intendedExposure"] = unread
        made.append({**left, "linkId": ours["linkId"]})
    return made


def _has_plan(others: Others) -> bool:
    plans = (others.resolve(one) for one in objects(others.study.get("protocol")))
    return any(
        artifact.get("type") == "composed-of"
        for plan in plans
        if plan is not None
        for artifact in objects(plan.get("relatedArtifact"))
    )


def _key(reference: Node, others: Others) -> str | None:
    if others.resolve(reference, "EvidenceVariable") is not None:
        return str(reference.get("reference"))
    if others.resolve(reference) is not None or reference.get("display").__class__ is not str:
        return None
    return str(reference["display"])


def _intervention(
    reference: Node, others: Others, found: dict[str, tuple[dict[str, Any], list[str]]]
) -> tuple[str | None, dict[str, Any]]:
    """What an exposure is referred to by, and what it says of an intervention."""
    key = _key(reference, others)
    if key is None or key in found:
        return key, found[key][0] if key else {}
    variable = others.resolve(reference, "EvidenceVariable")
    # As the registry shows it: `Drug: Aspirin`.
    shown = str(reference.get("display", ""))
    before, colon, behind = shown.partition(":")
    type_ = words.intervention_type(before) if colon else None
    name = behind.strip() if type_ is not None else shown
    said: dict[str, Any] = {}
    if variable is not None:
        members = ["status"] if variable.get("status") == "active" else []
        for member in ("title", "name"):
            if variable.get(member).__class__ is str:
                name = variable[member]
                members.append(member)
                break
        if variable.get("description").__class__ is str:
            said["description"] = variable["description"]
            members.append("description")
        left: Node = {}
        type_ = _told_type(variable, left) or type_
        aliases = _aliases(variable, left)
        if aliases:
            said["other_names"] = aliases
        others.read_of(variable, *members, *left)
        kept = {key: value for key, value in left.items() if value}
        if kept:
            current = others.resolve(reference) or {}
            others.replace(current, {**current, **kept})
    if type_ is not None:
        said["type"] = type_
    if name:
        said["name"] = name
    return key, said


def _told_type(variable: Node, left: Node) -> str | None:
    """The type of an intervention, as a use context or classifier; `left` gets the others."""
    type_: str | None = None
    for member, words_of in (("useContext", _of_context), ("classifier", _of_classifier)):
        kept = []
        for node in objects(variable.get(member)):
            meant = words.intervention_type(words_of(node))
            if meant is None or type_ not in (None, meant):
                kept.append(node)
            else:
                type_ = meant
        if member in variable:
            left[member] = kept
    return type_


def _of_context(node: Node) -> str | None:
    code = node.get("code")
    if code.__class__ is not dict or code.get("code") != "interventionType":
        return None
    return words.words_of(node.get("valueCodeableConcept"))


def _of_classifier(node: Node) -> str | None:
    said = words.words_of(node) or ""
    return said[len(_TYPE) :] if said.lower().startswith(_TYPE) else None


def _aliases(variable: Node, left: Node) -> list[str]:
    found, kept = [], []
    for note in objects(variable.get("note")):
        said = note.get("text")
        if said.__class__ is str and str(said).lower().startswith(_ALIAS):
            found.append(str(said)[len(_ALIAS) :].strip())
        else:
            kept.append(note)
    if "note" in variable:
        left["note"] = kept
    return found


FORMS = (
    Form(
        "comparisonGroup",
        "`comparisonGroup.type` in words, as `Placebo Comparator`",
        "its code",
        each(_type),
    ),
    Form(
        "comparisonGroup",
        "`comparisonGroup.intendedExposure`, an EvidenceVariable or a display",
        "interventions, and which arm receives them",
        _exposures,
    ),
)
