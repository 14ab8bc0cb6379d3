"""Which arm receives which intervention: said twice by the registry, written once.

The registry names an arm's interventions (`armGroup.interventionNames`, as `Drug: aspirin`) and an
intervention's arms (`intervention.armGroupLabels`). A format has the first list in a home of its
own; the second mostly follows from it, and only where it does not is the difference written.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import ArmGroup, Intervention, intervention_name

Difference = Literal["only-intervention", "only-arm", "order"]
"""An arm that only the intervention names, or only the arm's own list links with it, or one that
both name where the intervention has its arms in an order of its own."""


class Links:
    """What the arms of a record say of its interventions, items by their position from 0.

    `positions`: an intervention by its name with its type. `arms`: an arm by its label.
    `labels`: the arms of an intervention by the arms' own lists, each once and in order.
    """

    def __init__(self, names: Names) -> None:
        protocol = names.trial.protocol if names.trial else None
        module = protocol.arms_interventions if protocol else None
        self.positions: dict[str, int] = {}
        self.arms: dict[str, int] = {}
        self.labels: dict[int, dict[str, None]] = {}
        if module is None:
            return
        for position, intervention in enumerate(module.interventions or ()):
            if intervention.name:
                name = intervention_name(intervention.type, intervention.name)
                self.positions.setdefault(name, position)
        for position, arm in enumerate(module.arm_groups or ()):
            if not arm.label:
                continue
            self.arms.setdefault(arm.label, position)
            for name in arm.intervention_names or ():
                at = self.positions.get(name)
                if at is not None:
                    self.labels.setdefault(at, {})[arm.label] = None


def differences(said: list[str], derived: list[str]) -> list[tuple[Difference, str]]:
    """How an intervention's own list of arms differs from what follows from the arms'."""
    if said == derived:
        return []
    in_said, in_derived = set(said), set(derived)
    shared = [label for label in derived if label in in_said]
    alone = [label for label in said if label not in in_derived]
    found: list[tuple[Difference, str]] = [
        ("only-arm", label) for label in derived if label not in in_said
    ]
    in_order = said == shared + alone
    found += (
        ("order" if label in in_derived else "only-intervention", label)
        for label in (alone if in_order else said)
    )
    return found


def labels(derived: list[str], told: Iterable[tuple[Difference, str]]) -> list[str]:
    """An intervention's own list of arms: what follows from the arms', and the differences."""
    said: list[str] = []
    gone: set[str] = set()
    in_order, of_arms = True, set(derived)
    for difference, label in told:
        if difference == "only-arm":
            gone.add(label)
        elif difference == "only-intervention":
            said.append(label)
        else:
            in_order = False
            if label in of_arms:
                said.append(label)
    gone.update(said)
    shared = [label for label in derived if label not in gone]
    return [*shared, *said] if in_order else [*said, *shared]


class Received:
    """What arms receive of the interventions of a record, as either side says it."""

    def __init__(self, given: Sequence[Intervention]) -> None:
        self._named: dict[str, list[int]] = {}
        self._labelled: dict[str, list[int]] = {}
        for position, one in enumerate(given):
            if one.name:
                name = intervention_name(one.type, one.name)
                self._named.setdefault(name, []).append(position)
            for label in dict.fromkeys(one.arm_group_labels or ()):
                self._labelled.setdefault(label, []).append(position)

    def by(self, arm: ArmGroup) -> list[int]:
        """The positions of the interventions that an arm receives, from 0, in their order."""
        found = set(self._labelled.get(arm.label, ()) if arm.label else ())
        for name in arm.intervention_names or ():
            found.update(self._named.get(name, ()))
        return sorted(found)
