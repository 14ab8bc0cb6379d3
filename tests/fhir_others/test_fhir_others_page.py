"""The page on FHIR of others says what is so: of the list of forms, and of both documents."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir_examples import examples
from fhir_others import Node, converted

import trialbridge

PAGE = runpy.run_path(
    str(Path(__file__).resolve().parents[2] / "docs" / "scripts" / "build_fhir_others_page.py")
)
POINTS = PAGE["POINTS"]


def values(document: Node, path: str) -> Iterator[Any]:
    """The values at a path, which begins with a type of resource, contained ones too."""
    type_, *steps = path.split(".")
    entries = [entry["resource"] for entry in document.get("entry", [])] or [document]
    resources = [inner for one in entries for inner in (one, *one.get("contained", ()))]
    found: list[Any] = [one for one in resources if one["resourceType"] == type_]
    for step in steps:
        inside = [node[step] for node in found if step in node]
        found = [one for value in inside for one in (value if isinstance(value, list) else [value])]
    yield from found


def as_ours(document: Node) -> Node:
    data = trialbridge.convert(json.dumps(document).encode(), "fhir-r5", format="fhir-r5")
    made: Node = json.loads(data)
    return made


def test_the_page_is_current() -> None:
    assert PAGE["main"](["--check"]) == 0


def holds(document: Node) -> None:
    """Each place of the page is there, in the one document and in the other."""
    ours = as_ours(document)
    for point in POINTS:
        assert not point.at or list(values(document, point.at)), point.fact
        assert not point.our_place or list(values(ours, point.our_place)), point.fact


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.fact)
def test_a_point_is_true_of_a_record_of_that_shape(point: Any) -> None:
    document = converted()
    assert not point.at or list(values(document, point.at))
    assert not point.our_place or list(values(as_ours(document), point.our_place))


def test_each_point_is_true_of_hl7_s_example() -> None:
    named = dict(examples("r5", "ResearchStudy"))
    document: Node = json.loads(named["ResearchStudy-example-ctgov-study-record.json"])
    holds(document)
    kept = trialbridge.read(json.dumps(document).encode()).unmapped or {}
    # What the page says is kept.
    assert {"/fhir/study/relatedArtifact", "/fhir/study/recruitment/eligibility"} <= kept.keys()
