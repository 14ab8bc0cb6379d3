"""What a page says and the layout has no place for is kept, and said."""

import random
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from mutations import documents, mutated
from text_pages import (
    EXAMPLES,
    HEADINGS,
    VELO,
    explained,
    joined,
    parts_of,
    read,
    said,
    tree_of,
    trial_of,
)

from trialbridge.formats import text
from trialbridge.formats import trial as trial_json
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.schemas.problem import ReadError


@pytest.mark.parametrize(
    "after",
    [
        name
        for name in HEADINGS
        if name in VELO and name not in ("Brief Summary", "Detailed Description")
    ],
)
def test_an_unknown_section_is_kept_and_reported(after: str) -> None:
    extra = ["Funding Notes", "The money came from a foundation.", "Nothing more is known."]
    parts = [part + extra if part[0] == after else part for part in parts_of(VELO)]
    source = joined(parts)
    if after == "Study Design":
        # Under the description of the masking, a text has no mark of its end.
        source = source.replace("Tablets of both arms look, weigh and taste the same.\n\n", "")
    trial, problems = read(source)
    assert trial.unmapped == {
        "/page/unknown/Funding Notes": "The money came from a foundation.\n\nNothing more is known."
    }
    (number,) = (n for n, line in enumerate(source.split("\n"), 1) if line == "Funding Notes")
    assert f"line {number}" in {problem.path for problem in problems}
    assert {problem.severity for problem in problems} == {"warning"}
    written, _ = text.write(trial)
    assert written.decode().endswith("\n\n".join(extra) + "\n")
    assert trial_of(written.decode()) == trial


def test_an_unknown_section_inside_a_text_is_reported() -> None:
    source = VELO.replace(
        "Detailed Description\n", "Funding Notes\n\nA fund.\n\nDetailed Description\n"
    )
    _, problems = read(source)
    assert said(problems) == [
        "information: line 55: 'Funding Notes' reads like a heading; taken as a line of the brief "
        "summary"
    ]


def test_an_explained_unknown_section_is_cut_out_of_a_text() -> None:
    source = explained(VELO).replace(
        "Detailed Description\n",
        "Funding Notes\n\nSee where the money of this trial comes from.\n\nA fund.\n\n"
        "Detailed Description\n",
    )
    trial, _ = read(source)
    assert trial.unmapped == {"/page/unknown/Funding Notes": "A fund."}
    assert trial.protocol == trial_of(VELO).protocol


def test_an_unknown_label_is_kept_and_reported() -> None:
    trial, problems = read(
        VELO.replace("Clinical Phase\n", "Budget\n\n100 euro\n\nClinical Phase\n")
    )
    assert trial.unmapped == {"/page/unknown/Budget": "100 euro"}
    assert said(problems) == [
        "warning: line 17: no place in the layout for: 'Budget' and 1 more lines; kept as 'Budget'"
    ]


def test_an_unknown_code_is_kept_reported_and_written_back() -> None:
    source = (
        VELO.replace("\n\nRECRUITING\n\nClinical", "\n\nPAUSED\n\nClinical")
        .replace("PHASE1/PHASE2", "PHASE1/PHASE9")
        .replace("OUTCOMES_ASSESSOR", "EVERYBODY")
        .replace("Group Type EXPERIMENTAL", "Group Type NEW_KIND")
        .replace("Intervention Type BEHAVIORAL", "Intervention Type MAGIC")
        .replace("INDUSTRY", "GUILD")
        .replace("STUDY_CHAIR", "BOSS")
        .replace("Site Status\n\nRECRUITING", "Site Status\n\nSOON")
        .replace("Identifier Type: CTIS", "Identifier Type: XYZ")
        .replace("COMPLETED PHASE1", "DONE PHASE7")
        .replace("75 Years", "old")
    )
    trial, problems = read(source)
    protocol = "/protocolSection"
    assert trial.unmapped == {
        f"{protocol}/statusModule/overallStatus": "PAUSED",
        f"{protocol}/designModule/phases/1": "PHASE9",
        f"{protocol}/designModule/designInfo/maskingInfo/whoMasked/2": "EVERYBODY",
        f"{protocol}/armsInterventionsModule/armGroups/0/type": "NEW_KIND",
        f"{protocol}/armsInterventionsModule/interventions/2/type": "MAGIC",
        f"{protocol}/eligibilityModule/maximumAge": "old",
        f"{protocol}/sponsorCollaboratorsModule/collaborators/0/class": "GUILD",
        f"{protocol}/contactsLocationsModule/overallOfficials/1/role": "BOSS",
        f"{protocol}/contactsLocationsModule/locations/0/status": "SOON",
        f"{protocol}/identificationModule/secondaryIdInfos/0/type": "XYZ",
        "/page/relatedTrials/0/status": "DONE",
        "/page/relatedTrials/0/phases/0": "PHASE7",
    }
    assert len(problems) == len(trial.unmapped)
    assert {problem.severity for problem in problems} == {"warning"}
    assert {problem.code for problem in problems} == {"unknown-code"}
    assert said(problems)[1] == (
        "warning: line 19: Clinical Phase: 'PHASE9' is not a code that the model knows (NA, "
        "EARLY_PHASE1, PHASE1, PHASE2, PHASE3, PHASE4); kept as it is"
    )
    assert text.write(trial) == (source.encode(), [])


def without_interventions(source: str) -> str:
    return joined([part for part in parts_of(source) if part[0] != "Interventions"])


def test_interventions_are_told_from_the_arms_where_they_are_told_nowhere_else() -> None:
    trial, problems = read(without_interventions(VELO))
    assert problems == []
    module = tree_of(trial)["protocolSection"]["armsInterventionsModule"]
    expected = tree_of(trial_of(VELO))["protocolSection"]["armsInterventionsModule"]
    assert module["armGroups"] == expected["armGroups"]
    del expected["interventions"][0]["otherNames"]
    names = [intervention["name"] for intervention in expected["interventions"]]
    assert (
        sorted(module["interventions"], key=lambda i: names.index(i["name"]))
        == (expected["interventions"])
    )


def test_what_ends_a_description_is_reported_where_it_is_not_told() -> None:
    source = without_interventions(VELO.replace("Education programme", "One", 1))
    trial, problems = read(source)
    assert said(problems) == [
        "warning: line 115: where the description of 'One' ends is not told by the Interventions "
        "section; 1 of 3 lines are taken"
    ]
    assert trial.protocol is not None
    assert trial.protocol.arms_interventions is not None
    assert len(trial.protocol.arms_interventions.interventions or ()) == 4


def test_a_place_with_too_many_commas_is_read_by_the_other_sites_or_reported() -> None:
    source = VELO.replace("Umea, Vasterbotten, Sweden", "Umea, Ersboda, Vasterbotten, Sweden")
    trial, problems = read(source)
    assert said(problems) == [
        "warning: line 275: 'Umea, Ersboda, Vasterbotten, Sweden': which comma is between city "
        "and state is not told; the last one is taken"
    ]
    told = source.replace("Gothenburg, , Sweden", "Gothenburg, Ersboda, Vasterbotten, Sweden")
    assert len(read(told)[1]) == 2
    told = source.replace("Gothenburg, , Sweden", "Lycksele, Vasterbotten, Sweden")
    trial, problems = read(told)
    assert problems == []
    assert trial.protocol is not None
    assert trial.protocol.contacts_locations is not None
    first = (trial.protocol.contacts_locations.locations or [])[0]
    assert (first.city, first.state) == ("Umea, Ersboda", "Vasterbotten")


# --- said twice, and not alike


def test_a_description_edited_in_one_of_its_two_places_is_kept_and_reported() -> None:
    trial, problems = read(VELO.replace("Tablet of 20 mg", "Tablet of 90 mg", 1))
    assert said(problems) == [
        "warning: line 109: 'Velorastat tablet' is described in two ways, 'Tablet of 20 mg, taken "
        "by mouth in the morning.' and here 'Tablet of 90 mg, taken by mouth in the morning.'; the "
        "former is the record's, left out is: 'Tablet of 90 mg, taken by mouth in the morning.'; "
        "kept as 'Study Groups'"
    ]
    assert trial.unmapped == {
        "/page/unknown/Study Groups": "Tablet of 90 mg, taken by mouth in the morning."
    }
    assert trial.protocol == trial_of(VELO).protocol


def test_a_type_edited_in_one_of_its_two_places_is_kept_and_reported() -> None:
    trial, problems = read(VELO.replace("Intervention Type DRUG", "Intervention Type DEVICE", 1))
    assert said(problems) == [
        "warning: line 107: 'Velorastat tablet' has another type in the Interventions section, "
        "left out is: 'Intervention Type DEVICE'; kept as 'Intervention Type'"
    ]
    assert trial.protocol == trial_of(VELO).protocol


@pytest.mark.parametrize("first", ["18 Years", "old"])
@pytest.mark.parametrize("second", ["19 Years", "45/50 Years"])
def test_a_label_said_twice_is_kept_and_reported(first: str, second: str) -> None:
    label = "Minimum Eligible Age"
    twice = f"{label}\n\n{first}\n\n{label}\n\n{second}\n"
    source = VELO.replace(f"{label}\n\n18 Years\n", twice)
    trial, problems = read(source)
    assert said(problems)[-1] == (
        f"warning: line 203: {label} is said twice, and not alike: {second!r}; kept as {label!r}"
    )
    assert trial.unmapped is not None
    assert trial.unmapped[f"/page/unknown/{label}"] == second
    assert trial_json.read(trial_json.write(trial)[0]) == (trial, [])


def test_a_text_under_a_label_said_twice_is_kept() -> None:
    label = "Blinding Strategy\n\nTRIPLE\n\n"
    trial, _ = read(VELO.replace(label, f"{label}Nobody knows.\n\n{label}", 1))
    words = str(trial_json.write(trial)[0])
    assert "Nobody knows." in words
    assert "Tablets of both arms look" in words


def test_a_slash_parts_codes_alone() -> None:
    trial, problems = read(VELO.replace("75 Years", "45/50 Years"))
    assert trial.unmapped == {"/protocolSection/eligibilityModule/maximumAge": "45/50 Years"}
    assert said(problems) == [
        "warning: line 203: Maximum Eligible Age: '45/50 Years' is not an age (such as 18 Years or "
        "1 Month); kept as it is"
    ]
    assert text.write(trial) == (VELO.replace("75 Years", "45/50 Years").encode(), [])
    record, _ = ctgov.write(trial)
    assert b"Maximum Eligible Age\n\n45/50 Years\n" in text.write(ctgov.read(record)[0])[0]


def test_the_words_under_an_unknown_heading_come_back_by_the_models_own_form() -> None:
    source = VELO.replace("Clinical Phase\n", "Budget / costs\n\n100 euro\n\nClinical Phase\n")
    trial = msgspec.structs.replace(trial_of(source), page=None)
    assert trial.unmapped == {"/page/unknown/Budget ~1 costs": "100 euro"}
    back, problems = trial_json.read(trial_json.write(trial)[0])
    assert (back, problems) == (trial, [])
    assert text.write(back)[0].decode().endswith("\n\nBudget / costs\n\n100 euro\n")


# --- nothing is lost


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_word_written_into_any_line_is_somewhere(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines):
        if not line:
            continue
        hurt = "\n".join([*lines[:number], f"{line} zebra", *lines[number + 1 :]])
        try:
            found = trial_json.write(read(hurt)[0])[0].decode()
        except ReadError as error:
            found = str(error)
        assert "zebra" in found, line


def test_no_page_and_no_record_is_too_odd_to_be_read_or_refused() -> None:
    choice = random.Random(7)
    for page in documents("text"):
        for _ in range(100):
            with suppress(ReadError):
                trial_json.read(trial_json.write(text.read(mutated(page, choice))[0])[0])
    for record in documents("ctgov"):
        for _ in range(100):
            with suppress(ReadError):
                text.read(text.write(ctgov.read(mutated(record, choice))[0])[0])
