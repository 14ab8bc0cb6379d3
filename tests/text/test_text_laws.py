"""Laws of the text layout: what is written is read back."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialbridge.formats import text
from trialbridge.mappings.coverage import leaves
from trialbridge.mappings.text.blocks.pairs import Pairs
from trialbridge.mappings.text.layout import HEAD, LAYOUT, SHOWN, coverage
from trialbridge.mappings.text.rows import path
from trialbridge.mappings.text.values import code
from trialbridge.schemas.trial import (
    ArmGroup,
    ArmsInterventionsModule,
    ContactsLocationsModule,
    IdentificationModule,
    Intervention,
    Location,
    Outcome,
    OutcomesModule,
    ProtocolSection,
    RelatedTrial,
    Trial,
)

_WORD = st.text("abcdefgh", min_size=2, max_size=6)
_NAME = st.lists(_WORD, min_size=1, max_size=4).map(" ".join)
_PROSE = st.lists(_NAME.map(lambda words: f"{words}."), min_size=1, max_size=3).map("\n\n".join)
_INTERVENTIONS = st.lists(
    st.builds(
        Intervention,
        type=st.sampled_from(["DRUG", "DEVICE", "DIETARY_SUPPLEMENT"]),
        name=_NAME,
        description=st.none() | _PROSE,
        other_names=st.none() | st.lists(_NAME | _NAME.map(lambda name: f"{name};x"), min_size=1),
    ),
    max_size=4,
    unique_by=lambda intervention: intervention.name,
)


@st.composite
def _arms(draw: st.DrawFn) -> ArmsInterventionsModule:
    interventions = draw(_INTERVENTIONS)
    arms: list[ArmGroup] = []
    links: dict[str | None, list[str]] = {}
    for label in draw(st.lists(_NAME, min_size=1, max_size=4, unique=True)):
        places = draw(st.sets(st.integers(0, len(interventions) - 1))) if interventions else ()
        chosen = [interventions[place] for place in sorted(places)]
        for intervention in chosen:
            links.setdefault(intervention.name, []).append(label)
        arms.append(
            ArmGroup(
                label=label,
                type=draw(st.none() | st.sampled_from(["EXPERIMENTAL", "NO_INTERVENTION"])),
                description=draw(st.none() | _PROSE),
                intervention_names=[
                    f"{(i.type or '').replace('_', ' ').title()}: {i.name}" for i in chosen
                ]
                or None,
            )
        )
    linked = [
        msgspec.structs.replace(
            intervention, arm_group_labels=sorted(links.get(intervention.name, ())) or None
        )
        for intervention in interventions
    ]
    return ArmsInterventionsModule(arm_groups=arms, interventions=linked or None)


_OUTCOMES = st.lists(
    st.builds(Outcome, measure=_NAME, description=st.none() | _PROSE, time_frame=st.none() | _NAME),
    min_size=1,
    max_size=4,
)
_SITES = st.lists(
    st.builds(
        Location,
        facility=st.none() | _NAME,
        city=st.none() | _NAME,
        state=st.none() | _NAME,
        country=_NAME | st.just("Korea, Republic of"),
        status=st.none() | st.sampled_from(["RECRUITING", "COMPLETED"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(_arms(), _OUTCOMES, _SITES)
def test_write_then_read_gives_the_blocks_back(
    arms: ArmsInterventionsModule, outcomes: list[Outcome], sites: list[Location]
) -> None:
    trial = Trial(
        protocol=ProtocolSection(
            identification=IdentificationModule(nct_id="NCT99900009", brief_title="Title"),
            arms_interventions=arms,
            outcomes=OutcomesModule(primary_outcomes=outcomes, other_outcomes=outcomes),
            contacts_locations=ContactsLocationsModule(locations=sites),
        )
    )
    written, problems = text.write(trial)
    assert problems == []
    assert text.read(written) == (trial, [])


@pytest.mark.parametrize(
    "row",
    [*HEAD.rows, *(row for block in LAYOUT if isinstance(block, Pairs) for row in block.rows)],
    ids=lambda row: row.labels[0],
)
def test_every_code_of_a_row_is_read_as_it_is_written(row: Any) -> None:
    kind = row.path.kind
    codes = get_args(kind) or (get_args(get_args(kind)[0]) if get_args(kind) else ())
    for value in codes if all(isinstance(value, str) for value in codes) else ():
        assert row.value.read(row.value.write(value)) == value


@pytest.mark.parametrize("kind", [RelatedTrial, Location])
def test_codes_are_read_in_any_case(kind: Any) -> None:
    codes = code(path("status", kind).kind)
    assert codes.read("Not yet recruiting") == codes.read("NOT_YET_RECRUITING")


def test_the_layout_shows_leaves_of_the_model_alone() -> None:
    assert SHOWN.keys() <= set(leaves(Trial))
    assert [row.leaf for row in coverage()] == list(SHOWN)
