"""What is no page of a trial is refused, with all that is wrong of it."""

import pytest
from text_pages import STONE, VELO, read, refused, said, tree_of


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        (b"", ["fatal: line 1: the source is empty, expected the text of a trial's page"]),
        (b"\n \n", ["fatal: line 1: the source is empty, expected the text of a trial's page"]),
        (
            b"\nOnce upon a time.\nThere was a trial.\n",
            [
                "fatal: line 2: no 'NCT ID: NCT........' line and no known heading (such as "
                "'Basic Information' or 'Brief Summary') in 2 lines that begin with 'Once upon a "
                "time.'"
            ],
        ),
        (
            b"Only a title\n",
            [
                "fatal: line 1: no 'NCT ID: NCT........' line and no known heading (such as "
                "'Basic Information' or 'Brief Summary') in 1 lines that begin with 'Only a title'"
            ],
        ),
        (
            b"A title\n\nConditions\n\nPsoriasis\n",
            [
                "fatal: line 1: no 'NCT ID: NCT........' line and only one known heading (such as "
                "'Basic Information' or 'Brief Summary') in 3 lines that begin with 'A title'"
            ],
        ),
        (
            b"A title\n\nNCT ID: NCT99900001\n\nCaf\xe9\n",
            ["fatal: line 5: byte 0xe9 at offset 33 is not UTF-8 (invalid continuation byte)"],
        ),
        (b"A\x00B", ["fatal: line 1: a control character (U+0000), expected text"]),
        ("A title".encode("utf-16"), ["fatal: line 1: UTF-16, expected UTF-8"]),
        (
            b"A title\n\nNCT ID: NCT123\n",
            ["error: line 3: NCT ID: 'NCT123' is not an NCT id (NCT and eight digits)"],
        ),
    ],
    ids=["empty", "blank", "prose", "title", "one heading", "Latin-1", "NUL", "UTF-16", "id"],
)
def test_what_is_no_record_is_refused(source: bytes, problems: list[str]) -> None:
    assert refused(source) == problems


def test_several_records_are_refused_with_the_places_where_they_begin() -> None:
    second = VELO.count("\n") + 2
    assert refused(f"{VELO}\n{STONE}") == [
        "fatal: line 1: a record begins here (NCT ID: NCT99900001): 2 records in one file, "
        "expected one",
        f"fatal: line {second}: a record begins here (NCT ID: NCT99900002): 2 records in one file, "
        "expected one",
    ]


def test_all_problems_of_a_record_are_reported_at_once() -> None:
    source = (
        VELO.replace("2026-11-30", "2024-13-01")
        .replace("2025-03-14", "March")
        .replace("240 participants", "many")
        .replace("Eligible Sex\n\nALL", "Eligible Sex: BOTH")
        .replace("Accepts Healthy Volunteers\n\nNo", "Accepts Healthy Volunteers\n\nPerhaps")
        .replace("Results pending", "Results somewhere")
        .replace("Sponsor Role lead", "Sponsor Role BOSS")
    )
    assert refused(source) == [
        "error: line 5: Last Updated: 'March' is not a date (YYYY-MM-DD)",
        "error: line 9: Study Results: 'Results somewhere' is none of Results pending, Results "
        "available",
        "error: line 23: Total Enrollment: 'many' is not a number of participants ('5 "
        "participants')",
        "error: line 35: Study Completion Date: '2024-13-01' is not a date (YYYY, YYYY-MM or "
        "YYYY-MM-DD)",
        "error: line 205: Eligible Sex: 'BOTH' is none of FEMALE, MALE, ALL",
        "error: line 209: Accepts Healthy Volunteers: 'Perhaps' is neither Yes nor No",
        "error: line 217: Sponsor Role: 'BOSS' is none of lead, collaborator",
    ]


def test_a_record_without_an_id_is_read_with_a_warning() -> None:
    trial, problems = read(VELO.replace("NCT ID: NCT99900001\n\n", ""))
    assert said(problems) == ["warning: line 1: no 'NCT ID: NCT........' line in the record"]
    assert trial.protocol is not None
    assert trial.protocol.identification is not None
    assert trial.protocol.identification.brief_title == VELO.split("\n")[0]


def test_an_id_under_a_heading_is_none_of_the_record() -> None:
    moved = VELO.replace("NCT ID: NCT99900001\n\n", "").replace(
        "Detailed Description\n", "NCT ID: NCT99900001\n\nDetailed Description\n"
    )
    trial, problems = read(moved)
    assert said(problems) == [
        "warning: line 53: 'NCT ID: NCT99900001' stands under the heading 'Brief Summary', "
        "expected above the first heading: not read as the record's id"
    ]
    assert "nctId" not in tree_of(trial)["protocolSection"]["identificationModule"]


def test_an_id_under_the_only_heading_tells_no_record() -> None:
    assert refused("A title\n\nBrief Summary\n\nWords.\n\nNCT ID: NCT99900001\n\nMore.\n") == [
        "fatal: line 7: 'NCT ID: NCT99900001' stands under the heading 'Brief Summary', and no "
        "other heading is known: expected a title, 'NCT ID: NCT........', then headings such as "
        "'Basic Information' and 'Brief Summary', each above what it announces"
    ]


def test_a_page_most_of_which_has_no_place_is_refused() -> None:
    menu = "".join(f"Item {number} of the menu\n\n" for number in range(20))
    assert refused(f"A title\n\n{menu}NCT ID: NCT99900001\n\nConditions\n\nGout\n") == [
        "fatal: line 1: 20 of 24 lines have no place in the layout: expected a title, 'NCT ID: "
        "NCT........', then headings such as 'Basic Information' and 'Brief Summary', each above "
        "what it announces"
    ]
