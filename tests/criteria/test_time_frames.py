"""When outcomes are measured, by the words of their time frames: by labels, by hand, as FHIR."""

import json
import time
from typing import Any

import corpus
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelled_criteria import labelled_times, named_time, score_times

import trialbridge
from trialbridge.mappings.record.words.time_frames import time_frame


def test_of_what_is_found_in_each_kind_nearly_all_is_right() -> None:
    right, wrong, missed = score_times()
    assert right.keys() == {"baseline", "point", "span"}
    for kind, least in (("baseline", 0.6), ("point", 0.55), ("span", 0.4)):
        assert right[kind] / (right[kind] + wrong[kind]) >= 0.95, kind
        assert right[kind] / (right[kind] + missed[kind]) >= least, kind
    assert sum(1 for _ in labelled_times()) == 150


@pytest.mark.parametrize(
    ("words", "times"),
    [
        ("1, 3 and 6 months post treatment", "1mo@treatment 3mo@treatment 6mo@treatment"),
        ("Baseline, Week 4, Week 12.", "@baseline 4wk 12wk"),
        ("Week 2, Month 3, 6, and 12", "2wk 3mo 6mo 12mo"),
        ("Before surgery and at six weeks after surgery", "6wk@surgery"),
        ("1 month after surgery; 2 years after discharge", "1mo@surgery 2a@discharge"),
        ("Up to 24 weeks", "..24wk"),
        ("Within 30 days of hospital discharge", "..30d@hospital_discharge"),
        ("From baseline to Month 12", "0..12mo@baseline"),
        ("between week 4 and week 8", "4..8wk"),
        ("0 \u2013 72 hours after surgery", "0..72h@surgery"),
        (
            "From date of randomization until death from any cause, assessed up to 24 months",
            "..24mo@randomization",
        ),
        ("Day 0, Day 28", "0d 28d"),
        ("Up to 30 days after the last dose", "..30d@last_dose"),
        ("From enrollment to the end of treatment at 8 weeks", "0..8wk@enrollment"),
        ("3-months postoperatively (\u00b1 7 days)", ""),
        ("3 months \u00b1 7 days", "3mo"),
        ("Week 12 and Week 20", "12wk 20wk"),
        # Is day 15 the fifteenth or the sixteenth, and 5 years and 6 months one time?
        ("Day 15", ""),
        ("Day 1 to Day 28", ""),
        ("Week 1", ""),
        ("Baseline (Day 1), Week 12", ""),
        ("5 years and 6 months", ""),
        ("24 to 12 weeks", ""),
        ("Week 12, 24 and 6 months", ""),
        ("Up to approximately 36 months", ""),
        ("Through study completion, an average of 1 year", ""),
        ("Every 4 weeks for 96 weeks", ""),
        ("30 days after any other end of it", ""),
        ("8 hours post-dose on Day 7", ""),
        ("12 months post-operative examination", ""),
        ("Before surgery", ""),
        ("", ""),
    ],
)
def test_what_words_state(words: str, times: str) -> None:
    assert " ".join(map(named_time, time_frame(words))) == times


@given(st.text(alphabet="0123456789 ,.;-()\u00b1 abdehikmnorstwuy", max_size=120))
def test_any_words_are_borne(words: str) -> None:
    for one in time_frame(words):
        assert one.words
        assert one.event or one.unit
        assert bool(one.unit) == bool(one.high)
        assert not one.low or float(one.low) <= float(one.high)


@pytest.mark.parametrize(
    "words",
    [
        "1, " * 99,
        "3 months after " + "a b c d " * 30,
        "from " + "the " * 70,
        "through " + "x, " * 80 + "up to 3",
        "week 3 +/- 3 " * 22,
    ],
)
def test_words_that_repeat_take_no_time(words: str) -> None:
    started = time.process_time()
    assert time_frame(words) == ()
    assert time.process_time() - started < 1


RECORD = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT99900009", "briefTitle": "Tea"},
        "outcomesModule": {
            "primaryOutcomes": [
                {"measure": "Pain", "timeFrame": "Baseline, 6 months after surgery"},
                {"measure": "Relapse", "timeFrame": "Up to 2 years"},
                {"measure": "Sleep", "timeFrame": "At some time"},
            ]
        },
    }
}
STATED_IN = "https://trialbridge.github.io/fhir/StructureDefinition/stated-in"


def times(document: bytes) -> list[Any]:
    """What the variables of outcomes say of their time."""
    return [
        entry["resource"]["characteristic"][0]["timeFromEvent"]
        for entry in json.loads(document)["entry"]
        if entry["resource"]["resourceType"] == "EvidenceVariable"
    ]


def test_times_stand_beside_their_words() -> None:
    unit = {"system": "http://unitsofmeasure.org"}
    said = [{"url": STATED_IN, "valueString": "baseline, 6 months after surgery"}]
    operation = {
        "system": "http://hl7.org/fhir/evidence-variable-event",
        "code": "operative-procedure",
        "display": "Operative Procedure",
    }
    assert times(trialbridge.convert(RECORD, "fhir-r5", options={"stated": True})) == [
        [
            {"description": "Baseline, 6 months after surgery"},
            {"extension": said, "eventCodeableConcept": {"text": "baseline"}},
            {
                "extension": said,
                "eventCodeableConcept": {"coding": [operation], "text": "surgery"},
                "quantity": {"value": 6, "unit": "months", **unit, "code": "mo"},
            },
        ],
        [
            {"description": "Up to 2 years"},
            {
                "extension": [{"url": STATED_IN, "valueString": "up to 2 years"}],
                "range": {"high": {"value": 2, "unit": "years", **unit, "code": "a"}},
            },
        ],
        [{"description": "At some time"}],
    ]
    plain = times(trialbridge.convert(RECORD, "fhir-r5", options={"stated": False}))
    assert [len(one) for one in plain] == [1, 1, 1]


@pytest.mark.parametrize("to", ["fhir-r5", "fhir-r4b", "fhir-r4", "fhir-r5-xml"])
def test_the_record_comes_back_without_the_times(to: str) -> None:
    document = trialbridge.convert(RECORD, to, options={"stated": True})
    told: list[trialbridge.Problem] = []
    again = trialbridge.read(document, warnings=told)
    assert told == []
    assert trialbridge.diff(RECORD, trialbridge.write(again, "trial")) == []


def test_an_edit_of_the_words_is_read_whatever_was_read_from_them() -> None:
    document = trialbridge.convert(RECORD, "fhir-r5", options={"stated": True})
    edited = document.replace(b'"description":"Up to 2 years"', b'"description":"Up to 3 years"')
    protocol = trialbridge.read(edited).protocol
    assert protocol is not None
    assert protocol.outcomes is not None
    assert [one.time_frame for one in protocol.outcomes.primary_outcomes or ()] == [
        "Baseline, 6 months after surgery",
        "Up to 3 years",
        "At some time",
    ]


def test_two_in_five_of_the_time_frames_of_real_records_are_read() -> None:
    frames = {
        outcome.time_frame or ""
        for data in corpus.records()[:: 1 if corpus.ALL else 25]
        if (protocol := trialbridge.read(data).protocol) and protocol.outcomes
        for outcomes in (protocol.outcomes.primary_outcomes, protocol.outcomes.secondary_outcomes)
        for outcome in outcomes or ()
    }
    assert 0.35 < sum(bool(time_frame(one)) for one in frames) / len(frames) < 0.6
