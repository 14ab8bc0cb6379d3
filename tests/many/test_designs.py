"""The kinds of designs of a run's records, and the picture of each on the page of the run."""

import json
import re
from base64 import b64decode
from pathlib import Path

import pytest
from lxml import etree

import trialbridge
from trialbridge.many.designs import kind_of, picture_of, words_of
from trialbridge.schemas.trial import Trial


def study(number: int, arms: list[str | None], **info: str) -> bytes:
    groups = [{"label": f"Tea {at}", "type": type_} for at, type_ in enumerate(arms)]
    for group in groups:
        if group["type"] is None:
            del group["type"]
    section = {
        "identificationModule": {"nctId": f"NCT0000000{number}", "briefTitle": "Tea"},
        "designModule": {"designInfo": info},
        "armsInterventionsModule": {"armGroups": groups},
    }
    return json.dumps({"protocolSection": section}).encode()


TWO = {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL"}


@pytest.mark.parametrize(
    ("record", "kind", "words"),
    [
        (study(1, ["PLACEBO_COMPARATOR", "EXPERIMENTAL"], **TWO),
         "RANDOMIZED/PARALLEL//EXPERIMENTAL,PLACEBO_COMPARATOR",
         "Randomized, Parallel assignment, 1 Experimental, 1 Placebo comparator"),
        (study(1, ["EXPERIMENTAL"], allocation="NA", interventionModel="SINGLE_GROUP"),
         "NA/SINGLE_GROUP//EXPERIMENTAL", "Single group assignment, 1 Experimental"),
        (study(1, [None, None], observationalModel="COHORT"), "//COHORT/GROUP,GROUP",
         "Cohort, 2 Group"),
        (study(1, []), "", None),
        (study(1, ["OTHER"] * 7, **TWO), "", None),
    ],
)  # fmt: skip
def test_a_design_is_of_a_kind_by_what_the_record_says(
    record: bytes, kind: str, words: str | None
) -> None:
    assert kind_of(trialbridge.read(record)) == kind
    if words is not None:
        assert words_of(kind) == words
        picture = etree.fromstring(picture_of(kind, "3 records"))
        said = "".join(picture.itertext())
        assert "3 records" in said
        for code in re.findall("EXPERIMENTAL|PLACEBO|GROUP(?=,|$)", kind):
            assert code.capitalize() in said


def test_a_record_without_anything_is_of_none() -> None:
    assert kind_of(Trial()) == ""


def test_the_page_of_a_run_has_the_commonest_drawn_and_counts_the_others(tmp_path: Path) -> None:
    records = [study(at, ["EXPERIMENTAL", "OTHER"], **TWO) for at in range(3)]
    records += [study(at, ["OTHER"] * at, **TWO) for at in range(1, 7)]
    records += [study(8, [])]
    source = tmp_path / "records.ndjson"
    source.write_bytes(b"\n".join(records))
    found = trialbridge.convert_many([source], "trial", tmp_path / "out", workers=1)
    assert found.designs["RANDOMIZED/PARALLEL//EXPERIMENTAL,OTHER"] == 3
    assert sum(found.designs.values()) == 9
    page = etree.parse(tmp_path / "out" / "summary.html", etree.HTMLParser())
    rows = {row[0].text: row[2].text for row in page.iter("tr")}
    assert rows["Randomized, Parallel assignment, 1 Experimental, 1 Other"] == "3"
    assert rows["others, or not said"] == "2"
    pictures = [image.get("src") for image in page.iter("img")]
    assert len(pictures) == 6
    kind = "RANDOMIZED/PARALLEL//EXPERIMENTAL,OTHER"
    assert b64decode(pictures[0].partition(",")[2]) == picture_of(
        kind, f"3 records: {words_of(kind)}"
    )
