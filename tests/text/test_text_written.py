"""Trials as the text of their page: what is lost is listed."""

from typing import Any

import pytest
from hypothesis import given, settings
from strategies import trials
from text_pages import VELO, said, tree_of, trial_of

import trialbridge
from trialbridge.formats import text
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import (
    ArmGroup,
    ArmsInterventionsModule,
    ContactsLocationsModule,
    IdentificationModule,
    Intervention,
    Location,
    Outcome,
    OutcomesModule,
    PartialDateStruct,
    ProtocolSection,
    StatusModule,
    Trial,
)


def test_what_the_layout_has_no_place_for_is_listed_once_for_each_leaf() -> None:
    trial = Trial(
        protocol=ProtocolSection(
            identification=IdentificationModule(brief_title="T", nct_id="NCT99900009"),
            status=StatusModule(start_date=PartialDateStruct(date="2024", type="ACTUAL")),
            contacts_locations=ContactsLocationsModule(
                locations=[Location(city="A", zip="1"), Location(city="B", zip="2")]
            ),
        ),
        unmapped={"/protocolSection/statusModule/oddKey": {"a": 1}},
    )
    written, problems = text.write(trial)
    assert said(problems) == [
        "warning: /protocolSection/statusModule/startDateStruct/type: the text layout has no "
        "place for this: 1 value not written",
        "warning: /protocolSection/contactsLocationsModule/locations/*/zip: the text layout has "
        "no place for this: 2 values not written",
        "warning: /protocolSection/statusModule/oddKey: the text layout has no place for this: 1 "
        "value not written",
    ]
    assert {problem.code for problem in problems} == {"not-carried"}
    assert "ACTUAL" not in written.decode()


def test_what_cannot_be_read_back_is_listed() -> None:
    trial = Trial(
        protocol=ProtocolSection(
            identification=IdentificationModule(brief_title="T", nct_id="NCT99900009"),
            outcomes=OutcomesModule(
                primary_outcomes=[Outcome(measure="Two\nlines", time_frame="1 day")]
            ),
        )
    )
    _, problems = text.write(trial)
    assert said(problems) == [
        "warning: /protocolSection/outcomesModule/primaryOutcomes/*/measure: 1 of 1 value written "
        "cannot be read back alike"
    ]


def test_links_that_disagree_are_reported() -> None:
    module = ArmsInterventionsModule(
        arm_groups=[ArmGroup(label="A", type="OTHER"), ArmGroup(label="B", type="OTHER")],
        interventions=[Intervention(type="DRUG", name="X", arm_group_labels=["A"])],
    )
    trial = Trial(
        protocol=ProtocolSection(
            identification=IdentificationModule(nct_id="NCT99900009"), arms_interventions=module
        )
    )
    assert said(text.write(trial)[1]) == [
        "warning: /protocolSection/armsInterventionsModule/interventions/*/armGroupLabels/*: 1 of "
        "1 value written cannot be read back alike"
    ]


def test_an_empty_trial_is_written() -> None:
    written, _ = text.write(Trial())
    assert written == b"\n"


@settings(deadline=None, max_examples=60)
@given(trials(unmapped=True, results=False, empty_texts=True))
def test_any_trial_is_written_and_what_is_refused_on_reading_was_reported(trial: Trial) -> None:
    written, problems = text.write(trial)
    try:
        back, _ = text.read(written)
    except ReadError:
        assert "not-read-back" in {problem.code for problem in problems}
        return
    if not problems:
        assert facts(back) == facts(trial)


def facts(trial: Trial) -> dict[str, Any]:
    """What a trial says, without what only the page does, and what its line of conditions tells."""
    tree = tree_of(trial)
    page = tree.pop("page", {})
    if "conditionsLine" in page and "protocolSection" in tree:
        tree["protocolSection"].pop("conditionsModule", None)
    if not tree.get("protocolSection"):
        tree.pop("protocolSection", None)
    return tree


def test_what_nobody_is_told_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = trial_of(VELO)
    warnings: list[Problem] = []
    told = trialbridge.write(trial, "text", warnings=warnings)
    monkeypatch.delattr(text, "_not_read_back")
    assert trialbridge.write(trial, "text") == told == VELO.encode()
