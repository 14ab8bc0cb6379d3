"""A page in another dress says the same."""

import html

import msgspec
import pytest
from text_pages import (
    HEADINGS,
    HURTS,
    STONE,
    VELO,
    Hurt,
    explained,
    joined,
    parts_of,
    read,
    said,
    tree_of,
    trial_of,
)


@pytest.mark.parametrize("hurt", HURTS.values(), ids=HURTS)
@pytest.mark.parametrize("source", [VELO, STONE], ids=["interventional", "observational"])
def test_a_hurt_page_says_the_same(hurt: Hurt, source: str) -> None:
    assert hurt(VELO) != VELO
    assert trial_of(hurt(source)) == trial_of(source)


@pytest.mark.parametrize("name", [name for name in HEADINGS if name in VELO])
def test_a_page_without_a_section_lacks_what_the_section_says(name: str) -> None:
    rest = joined([part for part in parts_of(VELO) if part[0] != name])
    trial, problems = read(rest)
    before = dict(msgspec.to_builtins(trial_of(VELO)))
    after = dict(msgspec.to_builtins(trial))
    assert after != before or name == "Countries"
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert trial.unmapped is None


def test_html_that_is_taken_off_is_reported() -> None:
    _, problems = read(html.escape(VELO))
    assert said(problems) == [
        "warning: line 53: the text is escaped as HTML (3 entities, no bare '&', '<' or '>'), and "
        "was read unescaped"
    ]


def test_an_explanation_that_is_not_known_is_reported() -> None:
    _, problems = read(explained(VELO))
    assert {problem.code for problem in problems} == {"explanation"}
    assert said(problems)[0] == (
        "information: line 55: taken for the page's explanation of 'Brief Summary', and left out: "
        "'Learn about the Brief Summary of a trial.'"
    )


def test_a_text_that_begins_like_an_explanation_is_kept() -> None:
    source = VELO.replace("The study asks whether", "Learn about whether")
    trial, problems = read(source.replace("placebo.\n\nPart", "placebo in this trial.\n\nPart"))
    assert problems == []
    assert trial.protocol is not None
    assert trial.protocol.description is not None
    assert (trial.protocol.description.brief_summary or "").startswith("Learn about whether")


def test_a_heading_inside_a_text_is_a_line_of_the_text() -> None:
    source = STONE.replace(
        "next to people without one.\n",
        "next to people without one.\n\nStudy Design\n\nCohorts are compared.\n\nInterventions\n\n"
        "Ultrasound is done.\n\nReferences\n\n1. A book.\n\nEligibility\n\nEverybody.\n",
    )
    trial, problems = read(source)
    assert [problem.code for problem in problems] == ["heading", "conditions-learned"]
    assert trial.protocol is not None
    assert trial.protocol.description is not None
    assert (trial.protocol.description.brief_summary or "").endswith("Eligibility\n\nEverybody.")
    before = tree_of(trial_of(STONE))
    after = tree_of(trial)
    after["protocolSection"]["descriptionModule"] = before["protocolSection"]["descriptionModule"]
    assert after == before
