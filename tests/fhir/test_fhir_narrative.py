"""The study as a text for people, and the base of full urls: how a Bundle is written, not what."""

import json
from base64 import b64decode
from typing import Any
from xml.etree import ElementTree

import pytest
from corpus import records
from fhir.resources.researchstudy import ResearchStudy
from fhir_bundles import full, trial_of
from hypothesis import given
from strategies import trials

from trialbridge.formats import by_name
from trialbridge.formats.fhir import r5 as fhir
from trialbridge.formats.options import UnknownOption
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.fhir.bundle import read_tree, write_tree
from trialbridge.mappings.pictures.design import draw
from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Version
from trialbridge.schemas.fhir.narrative import narrative
from trialbridge.schemas.fhir.validate import validate
from trialbridge.schemas.syntax import exact
from trialbridge.schemas.trial import Trial

X = "{http://www.w3.org/1999/xhtml}"


def div(trial: Trial) -> str:
    tree, _ = write_tree(trial, narrative=True)
    text = tree["entry"][0]["resource"]["text"]
    assert text["status"] == "generated"
    found: str = text["div"]
    assert list(narrative(found)) == []
    return found


def cells(table: ElementTree.Element) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in table.iter(f"{X}tr")]


def test_16_there_is_none_unless_it_is_asked_for() -> None:
    tree, _ = write_tree(full())
    assert all("text" not in entry["resource"] for entry in tree["entry"])


def test_16_it_has_what_a_person_looks_for() -> None:
    page = ElementTree.fromstring(div(full()))
    heads = ["".join(one.itertext()) for one in page if one.tag in (f"{X}h2", f"{X}h3", f"{X}h4")]
    assert heads[0] == "Aspirin for Headache"
    assert {"Arms and interventions", "Interventions", "Outcomes", "Who can take part"} < {*heads}
    assert heads[-1] == "Sites (2)"
    about, arms, *_ = (cells(table) for table in page.iter(f"{X}table"))
    assert ["Record", "NCT09000001"] in about
    # Who receives what, as the record has it.
    assert arms[0][0] == "Arm"
    assert len(arms) == 3
    assert any("✓" in row for row in arms[1:])


def test_16_who_receives_what_is_a_table_of_arms_by_interventions() -> None:
    module = {
        "armGroups": [
            {"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: x", "Drug: y"]},
            {"label": "B"},
            {"label": "C"},
        ],
        "interventions": [
            {"type": "DRUG", "name": "x", "armGroupLabels": ["A", "B"]},
            {"type": "DRUG", "name": "y"},
        ],
    }
    page = ElementTree.fromstring(div(trial_of({"armsInterventions": module})))
    # Nothing is known of the record but this, so it is the first table.
    table = next(page.iter(f"{X}table"))
    assert cells(table) == [
        ["Arm", "x", "y"],
        ["A (Experimental)", "✓", "✓"],
        ["B", "✓", ""],
        ["C", "", ""],
    ]


def test_16_many_interventions_are_listed_in_a_column() -> None:
    names = [f"drug {number}" for number in range(9)]
    module = {
        "armGroups": [{"label": "A", "interventionNames": [f"Drug: {name}" for name in names]}],
        "interventions": [{"type": "DRUG", "name": name} for name in names],
    }
    page = ElementTree.fromstring(div(trial_of({"armsInterventions": module})))
    assert cells(next(page.iter(f"{X}table"))) == [["Arm", "Receives"], ["A", "; ".join(names)]]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("a < b & c", "a < b & c"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("]]> & &amp;", "]]> & &amp;"),
        ("a\u0000b\u0008", "a\ufffdb\ufffd"),
        ("two\nlines", "twolines"),
    ],
)
def test_16_whatever_a_record_says_is_words(title: str, shown: str) -> None:
    trial = trial_of({"identification": {"briefTitle": title}})
    page = ElementTree.fromstring(div(trial))
    assert "".join(page[0].itertext()) == shown
    assert next(page.iter(f"{X}script"), None) is None


@pytest.mark.parametrize(
    ("ages", "shown"),
    [
        ({"minimumAge": "18 Years"}, "18 Years and older"),
        ({"maximumAge": "65 Years"}, "up to 65 Years"),
        ({"minimumAge": "6 Months", "maximumAge": "5 Years"}, "6 Months to 5 Years"),
    ],
)
def test_16_ages_are_read_as_a_sentence_part(ages: dict[str, str], shown: str) -> None:
    page = ElementTree.fromstring(div(trial_of({"eligibility": ages})))
    assert cells(next(page.iter(f"{X}table"))) == [["Age", shown]]


@given(trials(results=False))
def test_16_the_text_of_any_record_is_right_and_says_nothing_new(trial: Trial) -> None:
    assert div(trial)
    tree, _ = write_tree(trial, narrative=True)
    assert read_tree(tree) == (trial, [])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["collection", "transaction"])
def test_16_with_it_and_a_base_documents_are_valid_and_come_back(
    version: Version, kind: str
) -> None:
    base = "https://fhir.example.org/r"
    some = [full(), *(ctgov.read(line)[0] for line in corpus_sample())]
    for trial in some:
        tree, _ = write_tree(trial, kind=kind, base=base, narrative=True, version=version)
        assert [p for p in validate(tree, version) if p.severity in ("error", "fatal")] == []
        for entry in tree["entry"]:
            resource = entry["resource"]
            assert entry["fullUrl"] == f"{base}/{resource['resourceType']}/{resource['id']}"
        plain, _ = read_tree(write_tree(trial, version=version)[0], version=version)
        again, problems = read_tree(exact.decode(exact.encode(tree)), version=version)
        assert again == plain
        assert problems == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_design_stands_in_it_as_a_picture_where_that_is_asked_for(version: Version) -> None:
    for trial in (full(), Trial(), *(ctgov.read(line)[0] for line in corpus_sample())):
        tree, _ = write_tree(trial, picture=True, version=version)
        assert [p for p in validate(tree, version) if p.severity in ("error", "fatal")] == []
        found: str = tree["entry"][0]["resource"]["text"]["div"]
        assert list(narrative(found)) == []
        (image,) = ElementTree.fromstring(found).iter(f"{X}img")
        assert image.get("alt", "").startswith("Design of ")
        media, _, data = image.get("src", "").partition(",")
        assert media == "data:image/svg+xml;base64"
        assert b64decode(data, validate=True) == draw(trial)
        plain, _ = read_tree(write_tree(trial, version=version)[0], version=version)
        assert read_tree(exact.decode(exact.encode(tree)), version=version) == (plain, [])


def test_others_take_a_text_with_a_picture() -> None:
    tree, _ = write_tree(full(), picture=True)
    study = ResearchStudy.model_validate_json(exact.encode(tree["entry"][0]["resource"]))
    assert "data:image/svg+xml;base64," in study.text.div


@pytest.mark.parametrize("version", VERSIONS)
def test_16_in_xml_too(version: Version) -> None:
    asked = {"base": "https://fhir.example.org/r", "narrative": True}
    format = by_name(f"fhir-{version}-xml", "written")
    data, problems = format.write(full(), asked)
    assert problems == []
    assert [p for p in format.check(data) if p.severity in ("error", "fatal")] == []
    assert b'<fullUrl value="https://fhir.example.org/r/ResearchStudy/' in data
    assert b'<div xmlns="http://www.w3.org/1999/xhtml">' in data
    assert format.read(data)[0] == format.read(format.write(full())[0])[0]


def corpus_sample() -> list[bytes]:
    try:
        return records()[::100]
    except pytest.skip.Exception:
        return []


def test_16_a_base_may_end_in_a_slash() -> None:
    tree: Any = json.loads(fhir.write(full(), base="http://localhost:8080/fhir/")[0])
    assert tree["entry"][0]["fullUrl"] == "http://localhost:8080/fhir/ResearchStudy/NCT09000001"


@pytest.mark.parametrize("base", ["localhost", "ftp://x", "https://x/?a", "https:// x", "urn:x", 1])
def test_16_a_base_is_an_absolute_url(base: object) -> None:
    with pytest.raises(UnknownOption) as told:
        by_name("fhir-r5").write(full(), {"base": base})
    assert str(told.value) == (
        f"option base is {base!r}, expected an absolute url of http or https, without ? and #"
    )
