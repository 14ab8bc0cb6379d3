"""Any trial comes back from USDM, and what is written is valid: made trials and real records."""

import json

import msgspec
import pytest
from corpus import ALL, records
from hypothesis import given
from strategies import examples, trials

import trialbridge
from trialbridge.formats import usdm
from trialbridge.mappings.usdm.document import write_tree
from trialbridge.mappings.usdm.others.foreign import words
from trialbridge.schemas.syntax.pointer import get, walk
from trialbridge.schemas.trial import Trial
from trialbridge.schemas.usdm.validate import validate


@examples(300, share=5)
@given(trials(results=True, unmapped=True, empty_texts=True))
def test_write_then_read_gives_the_trial_back(trial: Trial) -> None:
    data, problems = usdm.write(trial)
    assert problems == []
    assert usdm.read(data) == (trial, [])
    # What a made record says against itself (from 9 to 3 years) is a warning.
    assert {one.severity for one in validate(json.loads(data))} <= {"warning"}


@pytest.mark.parametrize("part", range(4))
def test_whole_records_come_back_and_are_valid(part: int) -> None:
    every = records()
    sample = every[part::4] if ALL else every[part * 37 :: 401]
    for record in sample:
        told: list[trialbridge.Problem] = []
        data = trialbridge.write(trialbridge.read(record), "usdm", warnings=told)
        assert told == []
        assert validate(json.loads(data)) == []
        back = trialbridge.convert(data, "ctgov", warnings=told)
        assert told == []
        assert json.loads(back) == json.loads(record)


def test_the_same_record_gives_the_same_bytes() -> None:
    trial = trialbridge.read(records()[0])
    assert trialbridge.write(trial, "usdm") == trialbridge.write(trial, "usdm")


def test_every_leaf_of_the_model_has_a_home() -> None:
    assert [row.leaf for row in trialbridge.coverage("usdm") if row.home == "none"] == []


def test_every_object_has_an_id_of_its_own_and_its_class() -> None:
    tree = msgspec.to_builtins(write_tree(trialbridge.read(records()[0]))[0])
    ids = [
        get(tree, f"{at.removesuffix('/instanceType')}/id")
        for at, value in walk(tree)
        if at.endswith("/instanceType") and value != "Study"
    ]
    assert len(ids) == len(set(ids)) > 100


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>One</p>", "One"),
        ("<p>One <b>two</b> three</p><p>Four</p>", "One two three\nFour"),
        ("<p>Any:</p><ul><li>tea</li><li><p>water</p></li></ul>", "Any:\n* tea\n* water"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "* a\n  * b"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a | b"),
        ("&lt; 5 &amp; more", "< 5 & more"),
    ],
)
def test_html_is_read_as_lines(html: str, said: str) -> None:
    assert words(html) == said
