"""Pictures of a design: what they say, where it stands, and that no record breaks them."""

import re
from pathlib import Path

import corpus
import pytest
from click.testing import CliRunner
from filled import filled_trial, turns
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]

import trialbridge
from trialbridge.cli.commands import main
from trialbridge.mappings.pictures.svg import PADDING, Text, broken, width_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(trial: trialbridge.Trial, width: int = 960) -> "etree._Element":
    return etree.fromstring(trialbridge.draw(trial, width=width))


def words(picture: "etree._Element") -> list[str]:
    return [text.text for text in picture.iter(f"{SVG}text")]


def boxes(picture: "etree._Element") -> list[tuple[float, float, float, float]]:
    """Each box by its left, top, right and bottom edge, without the background."""
    rects = list(picture.iter(f"{SVG}rect"))[1:]
    sides = [[float(rect.get(name)) for name in ("x", "y", "width", "height")] for rect in rects]
    return [(x, y, x + across, y + high) for x, y, across, high in sides]


def record(protocol: dict[str, object]) -> trialbridge.Trial:
    return trialbridge.read({"protocolSection": protocol})


def test_a_design_is_said_from_above_to_below() -> None:
    trial = record(
        {
            "identificationModule": {"nctId": "NCT99900009", "briefTitle": "Rest \\& Sleep"},
            "statusModule": {"overallStatus": "COMPLETED"},
            "conditionsModule": {"conditions": ["Insomnia"]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE2"],
                "designInfo": {
                    "allocation": "RANDOMIZED",
                    "interventionModel": "PARALLEL",
                    "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT"]},
                },
                "enrollmentInfo": {"count": 12, "type": "ACTUAL"},
            },
            "armsInterventionsModule": {
                "armGroups": [
                    {
                        "label": "Tea",
                        "type": "EXPERIMENTAL",
                        "interventionNames": ["Dietary Supplement: Tea"],
                    },
                    {"label": "Nothing", "type": "NO_INTERVENTION"},
                ],
                "interventions": [
                    {"type": "DIETARY_SUPPLEMENT", "name": "Tea", "armGroupLabels": ["Tea"]}
                ],
            },
            "outcomesModule": {"primaryOutcomes": [{"measure": "Sleep", "timeFrame": "1 week"}]},
            "eligibilityModule": {
                "sex": "ALL",
                "minimumAge": "18 Years",
                "healthyVolunteers": False,
            },
            "contactsLocationsModule": {
                "locations": [{"country": "France"}, {"country": "Spain"}, {"country": "France"}]
            },
        }
    )
    assert words(drawn(trial)) == [
        "Rest & Sleep",
        "NCT99900009 \u00b7 Interventional \u00b7 Phase 2 \u00b7 Completed",
        "Participants: 12 (actual)",
        "Insomnia",
        "18 Years and older, all sexes, no healthy volunteers",
        "3 sites in France, Spain",
        "Randomized",
        "Parallel assignment",
        "Masking: double (participant)",
        "Tea",
        "Experimental",
        "\u2022 Dietary Supplement: Tea",
        "Nothing",
        "No intervention",
        "Primary outcome",
        "Sleep",
        "1 week",
    ]
    strokes = [rect.get("stroke-dasharray") for rect in drawn(trial).iter(f"{SVG}rect")]
    assert strokes == [None, None, None, None, "2 4", None]


@pytest.mark.parametrize(("width", "beside"), [(960, True), (400, False)])
def test_arms_stand_side_by_side_where_there_is_room(width: int, beside: bool) -> None:
    picture = drawn(trialbridge.read(EXAMPLES / "NCT99900001.txt"), width)
    arms = boxes(picture)[2:-1]
    assert len(arms) >= 2
    assert (len({top for _, top, _, _ in arms}) == 1) is beside
    assert (len({left for left, _, _, _ in arms}) == 1) is not beside


def test_many_arms_and_outcomes_are_cut_and_counted() -> None:
    picture = drawn(
        record(
            {
                "armsInterventionsModule": {
                    "armGroups": [{"label": f"Arm {at}"} for at in range(43)]
                },
                "outcomesModule": {
                    "secondaryOutcomes": [{"measure": f"Measure {at}"} for at in range(19)]
                },
            }
        )
    )
    said = words(picture)
    assert "Arm 39" in said
    assert "Arm 40" not in said
    assert "Measure 8" not in said
    assert [line for line in said if line.endswith(" more")] == ["and 3 more", "and 11 more"]


def test_a_record_that_says_nothing_has_a_picture() -> None:
    assert words(drawn(trialbridge.Trial())) == ["a trial"]


def test_what_a_record_says_is_text_and_never_markup() -> None:
    picture = drawn(
        record(
            {
                "identificationModule": {"briefTitle": "<script>alert(1)</script>\u0007 & more"},
                "conditionsModule": {"conditions": ["<svg onload='x'>"]},
            }
        )
    )
    assert {element.tag for element in picture.iter()} <= {
        f"{SVG}{name}"
        for name in ["svg", "title", "desc", "defs", "marker", "path", "rect", "text"]
    }
    assert words(picture)[0] == "<script>alert(1)</script>\ufffd & more"


def check_places(trial: trialbridge.Trial, width: int) -> None:
    """Boxes do not overlap and stay inside; each line of a box is between its edges."""
    picture = drawn(trial, width)
    _, _, right_edge, bottom_edge = map(float, picture.get("viewBox").split())
    found = boxes(picture)
    for left, top, right, bottom in found:
        assert left >= 0
        assert top >= 0
        assert right <= right_edge
        assert bottom <= bottom_edge
    for at, (left, top, right, bottom) in enumerate(found):
        for left2, top2, right2, bottom2 in found[at + 1 :]:
            assert right <= left2 + 0.2 or right2 <= left + 0.2 or bottom <= top2 or bottom2 <= top
    for text in picture.iter(f"{SVG}text"):
        x, y = float(text.get("x")), float(text.get("y"))
        look = Text("", float(text.get("font-size")), bold=text.get("font-weight") == "bold")
        across = width_of(text.text, look)
        start = x - across / 2 if text.get("text-anchor") else x
        inside = [
            right - PADDING
            for left, top, right, bottom in found
            if left <= x <= right and top <= y <= bottom
        ]
        assert start >= 0
        assert start + across <= (inside[0] if inside else right_edge) + 0.2


@pytest.mark.parametrize("width", [320, 960, 2000])
def test_everything_stands_in_its_box(width: int) -> None:
    for turn in range(0, turns(), 7):
        check_places(filled_trial(turn), width)


@pytest.mark.parametrize("width", [320, 960])
def test_everything_of_real_records_stands_in_its_box(width: int) -> None:
    for data in corpus.records()[:: 1 if corpus.ALL else 25]:
        check_places(trialbridge.read(data), width)


@given(st.text(max_size=80), st.integers(40, 400), st.booleans())
def test_breaking_loses_no_word(said: str, width: int, bold: bool) -> None:
    text = Text(said, bold=bold)
    lines = list(broken(text, width))
    assert "".join(re.split(r"\s+", said)) == "".join(
        re.sub(r"\s+", "", line.words) for line in lines
    )
    assert all(width_of(line.words, text) <= width or len(line.words) == 1 for line in lines)


@pytest.mark.parametrize("width", [319, 4001])
def test_a_width_that_cannot_be_drawn_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match=r"^a width of 320 to 4000 pixels can be drawn, found "):
        trialbridge.draw(trialbridge.Trial(), width=width)


def test_the_command_draws_any_format_and_refuses_what_is_no_record(tmp_path: Path) -> None:
    picture = tmp_path / "trial.svg"
    source = EXAMPLES / "NCT99900001.fhir-r5.json"
    done = CliRunner().invoke(main, ["draw", str(source), "-o", str(picture)])
    assert (done.exit_code, done.output) == (0, "")
    assert picture.read_bytes() == (EXAMPLES / "NCT99900001.svg").read_bytes()
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    done = CliRunner().invoke(main, ["draw", str(bad), "-o", str(tmp_path / "none.svg")])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"{bad}: fatal: ")
    assert not (tmp_path / "none.svg").exists()
