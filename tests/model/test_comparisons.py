"""What names others is found by an index: compared as often as it is named, not by pairs."""

from collections.abc import Callable
from typing import Any

import pytest

from trialbridge.mappings.fhir.versions import again
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.arms import Received
from trialbridge.mappings.usdm import apart, design
from trialbridge.schemas.trial import ArmGroup, Intervention

MANY = 200


class Counted(str):
    """A text that counts how often one is compared; to look it up by its hash does not count."""

    __slots__ = ()
    times = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.times += 1
        return str.__eq__(self, other)


@pytest.fixture(autouse=True)
def _from_none() -> None:
    Counted.times = 0


def _told(kind: Callable[[str], str] = Counted) -> list[str]:
    return [kind(f"item {number}") for number in range(MANY)]


def test_a_text_that_is_compared_is_counted() -> None:
    assert Counted("none") not in _told()
    assert Counted.times == MANY


def test_what_an_arm_receives_is_found_by_its_names() -> None:
    arms = [
        ArmGroup(label=label, intervention_names=[Counted(f"Drug: {label}")]) for label in _told()
    ]
    received = Received(
        [
            Intervention(type="DRUG", name=name, arm_group_labels=[label])
            for name, label in zip(_told(str), _told(), strict=True)
        ]
    )
    assert [received.by(arm) for arm in arms] == [[number] for number in range(MANY)]
    assert Counted.times <= 4 * MANY


def test_contacts_that_are_said_again_are_found_by_what_they_say() -> None:
    role = {"coding": [{"system": again._ROLE, "code": again._CONTACT}]}
    study: dict[str, Any] = {
        "resourceType": "ResearchStudy",
        "associatedParty": [
            {"role": role, "party": {"reference": f"PractitionerRole/{name}"}}
            for name in _told(str)
        ],
        "contact": [{"name": name} for name in _told()],
    }
    people = [
        {"resourceType": "PractitionerRole", "id": name, "contact": [{"name": [{"text": name}]}]}
        for name in _told(str)
    ]
    again.drain({"entry": [{"resource": one} for one in (study, *people)]})
    assert "contact" not in study
    assert Counted.times <= 4 * MANY


def test_whose_cells_have_an_intervention_is_gathered_once_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(design, "called", lambda node: Counted(node["label"]))
    names = Names()
    document = names.once(apart.Apart)
    document.design = {
        "arms": [{"id": label, "label": label} for label in _told(str)],
        "elements": [{"id": "element", "studyInterventionIds": ["drug"]}],
        "studyCells": [{"armId": label, "elementIds": ["element"]} for label in _told(str)],
    }
    assert design.labels.read({"id": "drug"}, names) == _told(str)
    assert Counted.times <= 4 * MANY
