"""The page of where a data element lives: current, whole, and right in cells read by hand."""

import runpy
from pathlib import Path

import pytest

import trialbridge

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCRIPTS = DOCS / "scripts"
PAGE = DOCS / "formats" / "where-it-lives.md"


def cells(name: str) -> list[str]:
    """Give the cells of a row of the page, which begins with the name."""
    (row,) = (
        one
        for one in PAGE.read_text(encoding="utf-8").splitlines()
        if one.startswith(f"| **{name}** |")
    )
    return [cell.strip() for cell in row.split(" | ")[1:]]


def test_the_page_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    assert runpy.run_path(str(SCRIPTS / "build_where_page.py"))["main"](["--check"]) == 0


@pytest.mark.parametrize(
    ("name", "places"),
    [
        (
            "StartDate",
            [
                "`ResearchStudy.period.start`",
                "`StudyParameter[@ShortName='SSTDTC'].ParameterValue.@Value`",
                "`TS[TSPARMCD='SSTDTC'].TSVAL`",
                "*`statusModule`*",
                "`start_date` |",
            ],
        ),
        (
            "OrgStudyIdType",
            [
                "`ResearchStudy.identifier[use='usual'].type`",
                "*`IT.identification.orgStudyIdInfo.type`*",
                "",
                "*`identificationModule/orgStudyIdInfo/type`*",
                "|",
            ],
        ),
    ],
)
def test_a_row_has_the_main_place_in_each_standard(name: str, places: list[str]) -> None:
    assert cells(name) == places


def test_each_data_element_of_the_registry_has_a_row() -> None:
    text = PAGE.read_text(encoding="utf-8")
    beyond = ("/page/", "/registration/", "/unmapped")
    leaves = {row.leaf for row in trialbridge.coverage("fhir-r5")}
    elements = [leaf for leaf in leaves if not leaf.startswith(beyond)]
    assert text.count("\n| **") == len(elements)
