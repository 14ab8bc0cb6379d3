"""Which arm receives which intervention, in FHIR.

The link is the arm's action of the PlanDefinition with an action in it for each intervention that
it receives. Where an intervention's own list of arms differs, extensions hold the difference.
"""

from typing import Any

from trialbridge.mappings.codec import Codec, Extension, Node, text
from trialbridge.mappings.fhir.links import Resources
from trialbridge.mappings.fhir.terminology.intervention_type import type_of
from trialbridge.mappings.fhir.types import ours
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import arms
from trialbridge.mappings.record.arms import Links
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import (
    ArmsInterventionsModule,
    intervention_name,
)

# An arm that only the intervention names: by the linkId of its comparisonGroup, or by its name.
ARM = ours("arm-of-intervention", "Id")
ARM_LABEL = ours("arm-of-intervention-label", "String")
# An arm that only the arm's own list links with the intervention.
NOT_ARM = ours("arm-not-of-intervention", "Id")
# An arm that both name, where the intervention has them in an order of its own.
ARM_ORDER = ours("arm-order", "Id")

_DIFFERENCES: dict[arms.Difference, Extension] = {
    "only-intervention": ARM,
    "only-arm": NOT_ARM,
    "order": ARM_ORDER,
}
_DIFFERENCE_OF = {extension.url: kind for kind, extension in _DIFFERENCES.items()}


def activity_url(names: Names, position: int) -> str:
    return f"{BASE}/ActivityDefinition/{names.named('intervention', position)}"


def _write_actions(module: ArmsInterventionsModule, names: Names) -> list[Node] | None:
    positions = names.once(Links).positions
    actions = []
    for number, arm in enumerate(module.arm_groups or ()):
        action: Node = {"linkId": names.named("arm", number)}
        if arm.label:
            action["title"] = arm.label
        received = []
        for name in arm.intervention_names or ():
            if name in positions:
                inner = {"definitionCanonical": activity_url(names, positions[name])}
                if title := (module.interventions or ())[positions[name]].name:
                    inner["title"] = title
                received.append(inner)
            elif name:
                received.append({"title": name})
            else:
                names.odd = True
        if received:
            action["action"] = received
        actions.append(action)
    return actions or None


actions: Codec[ArmsInterventionsModule] = Codec(lambda nodes, names: None, _write_actions)
"""An action for each arm, in it one for each intervention; read where the arms are read."""


class _Plan:
    """What the PlanDefinitions of a Bundle say of the arms of its study."""

    def __init__(self, names: Names) -> None:
        resources = names.once(Resources)
        self.received: dict[str, list[str]] = {}
        self.arms: dict[str, dict[str, None]] = {}
        self.names = {
            str(group.get("linkId")): str(group["name"])
            for group in _objects(resources.study.get("comparisonGroup"))
            if "name" in group
        }
        # Most are of several arms. The resources are there as long as what is read.
        shown: dict[int, str] = {}
        for plan in resources.of_type("PlanDefinition"):
            for action in _objects(plan.get("action")):
                arm = str(action.get("linkId"))
                said = self.received.setdefault(arm, [])
                for inner in _objects(action.get("action")):
                    url = inner.get("definitionCanonical")
                    activity = resources.get(url)
                    if activity is not None and id(activity) in shown:
                        said.append(shown[id(activity)])
                    elif named := (activity or inner).get("title"):
                        kind = None if activity is None else type_of(activity, names)
                        said.append(intervention_name(kind, str(text.read(named, names))))
                        if activity is not None:
                            shown[id(activity)] = said[-1]
                    label = self.names.get(arm)
                    if activity is not None and label:
                        self.arms.setdefault(str(activity.get("url")), {})[label] = None


def _objects(nodes: Any) -> list[Node]:
    return [n for n in nodes if n.__class__ is dict] if nodes.__class__ is list else []


received: Codec[list[str]] = Codec(
    lambda link_id, names: names.once(_Plan).received.get(link_id) or None,
    lambda value, names: None,
)
"""The interventions of an arm, from the action with the arm's linkId."""


def _write_labels(labels: list[str] | None, names: Names) -> Node | None:
    links = names.once(Links)
    derived = list(links.labels.get(names.position, ()))
    names.odd = names.odd or labels == []
    extensions = []
    for difference, label in arms.differences(labels or [], derived):
        if label in links.arms:
            arm = names.named("arm", links.arms[label])
            extensions.append({"url": _DIFFERENCES[difference].url, "valueId": arm})
        elif label:
            extensions.append({"url": ARM_LABEL.url, "valueString": label})
        else:
            names.odd = True
    return {"extension": extensions} if extensions else None


def _read_labels(activity: Node, names: Names) -> list[str] | None:
    plan = names.once(_Plan)
    told: list[tuple[arms.Difference, str]] = []
    for extension in _objects(activity.get("extension")):
        url = extension.get("url")
        if url == ARM_LABEL.url:
            words = str(text.read(extension.get("valueString"), names))
            told.append(("only-intervention", words))
        elif url in _DIFFERENCE_OF:
            label = plan.names.get(str(extension.get("valueId")))
            if label:
                told.append((_DIFFERENCE_OF[url], label))
    return arms.labels(list(plan.arms.get(str(activity.get("url")), ())), told) or None


labels: Codec[list[str]] = Codec(
    _read_labels, _write_labels, extensions=(ARM, ARM_LABEL, NOT_ARM, ARM_ORDER)
)
"""The arms of an intervention: those whose actions have it, or where the record differs, ours."""
