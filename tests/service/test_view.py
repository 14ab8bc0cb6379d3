"""What the page is made of and asks for: files, the record with its document, links, a picture."""

import json
import re
from pathlib import Path

import pytest
from corpus import ALL, records
from service import Service

import trialbridge
from trialbridge.formats import by_name, written_formats
from trialbridge.homes import model_tree
from trialbridge.mappings.coverage import pattern
from trialbridge.schemas.syntax.pointer import walk
from trialbridge.service.page import assets
from trialbridge.service.processes.locating import located, shown

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "examples/NCT99900001.txt").read_bytes()
TITLE = "/protocolSection/identificationModule/briefTitle"


def test_the_page_asks_for_nothing_that_is_not_served_and_runs_nothing_inline(
    service: Service,
) -> None:
    page = service.http.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|javascript:", page.text)
    files = {f"/assets/{name}" for name in assets()}
    asked = {*re.findall(r'(?:href|src)="(/assets/[^"]*)"', page.text)}
    for name, (_, data) in assets().items():
        if name.endswith(".js"):
            asked |= {*re.findall(r'"(/assets/[^"]*)"', data.decode())}
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(", data.decode()
            )
    assert asked <= files
    for path in files:
        answer = service.http.get(path)
        assert answer.status_code == 200
        urls = re.findall(r"https?://[^\s\"'`)/]+", answer.text) if "example" not in path else []
        assert set(urls) <= {"http://www.w3.org"}
    assert service.http.get("/assets/__init__.py").status_code == 404


def test_the_example_of_the_page_is_the_example() -> None:
    _, data = assets()["example.json"]
    made = (ROOT / "examples/NCT99900001.ctgov.json").read_bytes()
    assert data == made, "cp examples/NCT99900001.ctgov.json converters/service/page/example.json"


@pytest.mark.parametrize("to", ["fhir-r5", "odm-2.0", "ctgov", "ctgov-csv"])
def test_a_view_has_the_record_the_document_and_the_home_of_each_value(
    service: Service, to: str
) -> None:
    view = service.http.post("/page/view", params={"to": to}, content=TEXT).json()
    assert (view["from"], view["to"], view["valid"]) == ("text", to, True)
    assert view["record"] == model_tree(trialbridge.read(TEXT))
    assert view["document"] == shown(trialbridge.convert(TEXT, to), by_name(to))
    found = service.http.post("/page/fidelity", params={"to": to}, content=TEXT).json()
    homes = trialbridge.fidelity(TEXT, to)
    assert found["native"] == list(homes.native)
    assert found["not_carried"] == list(homes.not_carried)


def test_what_would_not_be_valid_is_shown_with_what_is_wrong(service: Service) -> None:
    record = {"protocolSection": {"identificationModule": {"nctId": "NCT1", "briefTitle": ""}}}
    view = service.http.post("/page/view?to=ctgov", json=record)
    assert view.status_code == 200
    for problem in view.json()["problems"]:
        assert problem["side"] in ("source", "document")


def test_an_option_that_must_be_given_is_stood_in_for_and_told(service: Service) -> None:
    view = service.http.post("/page/view?to=prs", content=TEXT).json()
    assert view["standIns"] == ["org_name"]
    (told,) = [each for each in view["problems"] if each["code"] == "stand-in"]
    assert told["message"].startswith("option org_name is missing, expected org_name=...")
    assert told["message"].endswith("TRIALBRIDGE stands for it here")
    query = {"to": "prs", "org_name": "Tea"}
    view = service.http.post("/page/view", params=query, content=TEXT).json()
    assert view["standIns"] == []
    written = trialbridge.convert(TEXT, "prs", options={"org_name": "Tea"})
    assert view["document"] == shown(written, by_name("prs"))
    found = service.http.post(
        "/page/locate", params=query | {"pointer": TITLE}, content=TEXT
    ).json()
    assert "Two Doses of Velorastat" in view["document"].splitlines()[found["main"] - 1]


def test_what_the_page_asks_is_refused_without_an_error_in_the_console(service: Service) -> None:
    answer = service.http.post("/page/view?to=fhir-r5", content=b'{"protocolSection":\n 1}')
    assert (answer.status_code, answer.headers["trialbridge-status"]) == (200, "422")
    (problem,) = answer.json()["problems"]
    assert (problem["path"], problem["line"]) == ("/protocolSection", 2)
    pair = {"before": TEXT.decode(), "after": "tea"}
    answer = service.http.post("/page/diff", json=pair)
    assert (answer.status_code, answer.headers["trialbridge-status"]) == (200, "422")
    assert answer.json()["problems"][0]["side"] == "after"


@pytest.mark.parametrize(
    ("to", "line"),
    [
        ("fhir-r5", '        "title": "Two Doses of Velorastat Against Placebo in Adults'),
        ("odm-2.0", '            <ParameterValue Value="Two Doses of Velorastat Against'),
        ("text", "Two Doses of Velorastat Against Placebo in Adults With Plaque Psoriasis"),
        ("ctgov", '      "briefTitle": "Two Doses of Velorastat Against Placebo in Adults'),
    ],
)
def test_a_fact_is_linked_to_the_line_that_carries_it(service: Service, to: str, line: str) -> None:
    query = {"to": to, "pointer": TITLE}
    found = service.http.post("/page/locate", params=query, content=TEXT).json()
    lines = shown(trialbridge.convert(TEXT, to), by_name(to)).splitlines()
    assert found["main"] in found["lines"]
    assert lines[found["main"] - 1].startswith(line)
    wrong = service.http.post("/page/locate?to=odm&pointer=tea", content=TEXT)
    assert wrong.status_code == 400
    nowhere = {"to": to, "pointer": "/protocolSection/nothing/0"}
    answer = service.http.post("/page/locate", params=nowhere, content=TEXT)
    assert answer.json()["lines"] == []


def test_every_value_of_the_example_that_is_carried_is_linked_to_lines() -> None:
    trial = trialbridge.read(TEXT)
    for to in ("fhir-r5", "text", "odm-2.0", "ctgov")[: 4 if ALL else 2]:
        known = by_name(to)
        missing = set(trialbridge.fidelity(TEXT, to).not_carried)
        places = {row.leaf: row.place for row in reversed(known.rows())}
        for pointer, _ in walk(model_tree(trial)):
            if pointer not in missing:
                assert located(trial, known, pointer, places.get(pattern(pointer), "")), pointer


def test_records_of_the_registry_are_shown_in_every_format(service: Service) -> None:
    every = records()
    for place, known in enumerate(written_formats()):
        for data in every[7 * place :: 100 if ALL else len(every)]:
            answer = service.http.post("/page/view", params={"to": known.name}, content=data)
            assert answer.status_code == 200
            assert answer.json()["record"] == json.loads(data)


def test_the_design_is_drawn(service: Service) -> None:
    answer = service.http.post("/draw", content=TEXT)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.content == trialbridge.draw(trialbridge.read(TEXT))
    refused = service.http.post("/draw", content=TEXT, headers={"Accept": "image/png"})
    assert refused.status_code == 406
