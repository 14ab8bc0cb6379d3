"""ClinicalTrials.gov JSON comes back as it was, and what cannot be read is told with its place."""

# ruff: noqa: E501 (an exact message stands on one line)

import json
from contextlib import suppress
from typing import Any

import pytest
from corpus import records
from hypothesis import given
from hypothesis import strategies as st
from strategies import foreign_trees, studies, trials

from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.trial import Page, RelatedTrial, Study, Trial


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def test_the_corpus_comes_back_as_it_was() -> None:
    """Whole records, results and keys that the model does not know included."""
    lines = records()
    changed = []
    with_unknown_keys = 0
    for line in lines:
        trial, problems = ctgov.read(line)
        written, warnings = ctgov.write(trial)
        with_unknown_keys += bool(problems)
        if warnings or not same(json.loads(written), json.loads(line)):
            changed.append(line[:80])
    assert changed == []
    assert (len(lines), with_unknown_keys) == (1007, 173)


@given(studies().filter(lambda study: study != Study()).flatmap(foreign_trees))
def test_read_then_write_gives_the_source_back(tree: dict[str, Any]) -> None:
    trial, _ = ctgov.read(json.dumps(tree).encode())
    written, warnings = ctgov.write(trial)
    assert same(json.loads(written), tree)
    assert warnings == []


@given(trials(page=False, unmapped=True, empty_texts=True).filter(lambda trial: trial.protocol))
def test_write_then_read_gives_the_trial_back(trial: Trial) -> None:
    written, warnings = ctgov.write(trial)
    assert (ctgov.read(written)[0], warnings) == (trial, [])
    assert ctgov.write(trial)[0] == written


def test_each_fact_of_the_page_is_told_as_left_out() -> None:
    related = RelatedTrial(nct_id="NCT00000002", phases=["PHASE1"])
    page = Page(conditions_line="Asthma Cough", countries=[], related_trials=[related])
    trial = Trial(has_results=False, page=page, unmapped={"/page/colour": "red", "/page": 1})
    written, warnings = ctgov.write(trial)
    assert json.loads(written) == {"hasResults": False, "page": 1}
    assert [str(warning) for warning in warnings] == [
        f"warning: {pointer}: ClinicalTrials.gov JSON has no place for it: left out"
        for pointer in (
            "/page/conditionsLine",
            "/page/countries",
            "/page/relatedTrials/0/nctId",
            "/page/relatedTrials/0/phases/0",
            "/page/colour",
        )
    ]


def test_absent_empty_and_false_are_three_things() -> None:
    for text in (
        b"{}",
        b'{"hasResults":false}',
        b'{"protocolSection":{}}',
        b'{"protocolSection":{"designModule":{"phases":[]}}}',
        b'{"protocolSection":{"designModule":{"patientRegistry":false}}}',
        b'{"protocolSection":{"descriptionModule":{"briefSummary":""}}}',
    ):
        assert ctgov.write(ctgov.read(text)[0])[0] == text


BREAKS_OFF = "the JSON breaks off: a value, a quote or a bracket is missing at the end"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: the source is empty"),
        (b" \n\t ", "line 1: the source is empty"),
        (b'{"protocolSection": {\n  "statusModule": {"whyS', "line 2, column 25: " + BREAKS_OFF),
        (b'{"hasResults": true\n', "line 1, column 20: " + BREAKS_OFF),
        (b"[]", "line 1, column 1: the source is a list, expected one record: an object"),
        (b'\n "NCT01234567"', "line 2, column 2: the source is 'NCT01234567', expected one record: an object"),
        (b"null", "line 1, column 1: the source is null, expected one record: an object"),
        (b"A study of a drug.\n", "line 1, column 1: not JSON: invalid character, found 'A'"),
        (b'{"a": 1}\n\n{"a": 2}\n', "line 3, column 1: another record begins here, expected one record: of a record a line `convert -o FOLDER/` or `trialbridge.records` takes each"),
        (b'{"a": 1} etc.', "line 1, column 10: not JSON: trailing characters, found 'e'"),
        (b'{"a": [1,\n NaN]}', "line 2, column 2: NaN is not JSON, expected a number"),
        (b'{"a": -Infinity}', "line 1, column 7: -Infinity is not JSON, expected a number"),
        (b'{"a": "\xc3\xa9", "b": 1e999}', "line 1, column 17: 1e999 is beyond the numbers that can be kept"),
        (b'{"a": ' + b"7" * 5000 + b"}", "line 1, column 7: " + "7" * 60 + " is beyond the numbers that can be kept"),
        (b'{"a": 1,}', "line 1, column 9: not JSON: trailing comma in object, found '}'"),
        (b"{'a': 1}", "line 1, column 2: not JSON: object keys must be strings, found \"'\""),
        (b'{"a": "\xff"}', "byte 7: the byte 0xff is not UTF-8, which is expected"),
        (b'{"protocolSection": {}}\xa0', "byte 23: the byte 0xa0 is not UTF-8, which is expected"),
        ('{"a": 1}'.encode("utf-16"), "byte 0: the source is UTF-16 or UTF-32, expected UTF-8"),
        ('{"a": 1}'.encode("utf-16-le"), "byte 0: the source is UTF-16 or UTF-32, expected UTF-8"),
        (b'{"studies": [{}, {}], "nextPageToken": "x"}', "/studies: the source is a list of 2 studies, expected one record in a file: take each object out of `studies`"),
        (b'{"resourceType": "Bundle", "entry": []}', "not a study of ClinicalTrials.gov (protocolSection and so on): found resourceType, entry"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        ctgov.read(data)
    assert [str(problem) for problem in caught.value.problems] == [f"fatal: {message}"]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"[" * 100_000_000, "line 1, column 101: "),
        (b'{"a":' * 20_000_000, "line 1, column 501: "),
        (b'{"a": "' + b" " * 2_000_000 + b'", "b":' + b"[" * 90_000_000, ""),
    ],
    ids=["arrays", "objects", "late"],
)
def test_hostile_nesting_is_told_with_its_place(data: bytes, place: str) -> None:
    with pytest.raises(ReadError) as caught:
        ctgov.read(data)
    assert str(caught.value) == f"fatal: {place}nested more than 100 deep"


def test_an_unknown_value_is_kept_up_to_100_deep() -> None:
    def nested(depth: int) -> bytes:
        return b'{"hasResults": false, "other": ' + b"[" * depth + b"]" * depth + b"}"

    trial, _ = ctgov.read(nested(100))
    assert json.loads(ctgov.write(trial)[0]) == json.loads(nested(100))
    with pytest.raises(ReadError, match=r"^error: /other: nested more than 100 deep$"):
        ctgov.read(nested(101))


@given(st.binary() | st.text().map(str.encode))
def test_whatever_it_is_it_is_read_or_refused(data: bytes) -> None:
    with suppress(ReadError):
        ctgov.read(data)
