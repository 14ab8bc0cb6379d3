"""What the words of criteria state: by labels, by hand, and as FHIR."""

import json
import time
from pathlib import Path
from typing import Any

import corpus
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelled_criteria import labelled, named, score

import trialbridge
from trialbridge.mappings.record import criteria
from trialbridge.mappings.record.words.analytes import ANALYTES
from trialbridge.mappings.record.words.stated import stated

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.txt"))


def test_of_what_is_found_in_each_kind_nearly_all_is_right() -> None:
    right, wrong, missed = score()
    kinds = {"age", "pregnancy", "breast-feeding", "consent", "measurement", "duration", "within"}
    assert right.keys() == kinds | {"sex"}
    for kind in right:
        assert right[kind] / (right[kind] + wrong[kind]) >= 0.95, kind
        assert right[kind] / (right[kind] + missed[kind]) >= 0.5, kind
    assert sum(1 for _ in labelled()) == 283


@pytest.mark.parametrize(
    ("words", "exclude", "facts"),
    [
        (
            "Severe anemia (hemoglobin\\< 8 mg/dl), coagulation disorders.",
            True,
            "hemoglobin<8mg/dL",
        ),
        ("Age \u2265 18 years and \u2264 65 years", False, "age>=18a age<=65a"),
        ("Children aged 6 months to 5 years", False, "age>=6mo age<=5a"),
        ("Female, 18 to 45 years old", False, "age>=18a age<=45a sex=female"),
        ("Less than 18 years", True, "age<18a"),
        ("Platelet count < 100,000/mm3", True, "platelets<100000/mm3"),
        ("Serum creatinine greater than 1,5 mg/dL", True, "creatinine>1.5mg/dL"),
        ("BMI over 35", True, "BMI>35kg/m2"),
        ("Written informed consent", False, "consent=yes"),
        ("Unable to give informed consent", True, "consent=no"),
        ("Type 1 diabetes diagnosed for at least one year", False, "duration>=1a"),
        ("Received a live vaccine within the last 30 days", True, "within=30d"),
        # What is of some alone, of another time, a plan, or one of several ways, is left to words.
        ("Age at diagnosis under 30 years", False, ""),
        ("HbA1c > 7% or fasting glucose > 126 mg/dL", False, ""),
        ("Hemoglobin < 10 g/dL for females, < 11 g/dL for males", True, ""),
        ("Planning a pregnancy within 6 months", True, ""),
        ("Negative pregnancy test", False, ""),
        ("Male or female", False, ""),
        ("Creatinine > 1.5 x ULN", True, ""),
        ("Life expectancy of less than 6 months", True, ""),
        ("Age from 65 to 18 years", False, ""),
        ("", False, ""),
    ],
)
def test_what_words_state(words: str, exclude: bool, facts: str) -> None:
    assert {name for fact in stated(words, exclude) for name in named(fact)} == set(facts.split())


@given(st.text(max_size=200), st.booleans())
def test_any_words_are_borne(words: str, exclude: bool) -> None:
    for fact in stated(words, exclude):
        assert fact.words
        assert len(fact.bounds) <= 2


@pytest.mark.parametrize(
    ("words", "exclude"),
    [
        ("a,," * 120 + "x pregnant", True),
        ("female prisoners, " * 20 + "zzz pregnant", True),
        ("is,adult " * 40 + "zzz pregnant", True),
        ("read/be" * 50 + " x consent", False),
        ("18 years " + "age:" * 90 + "zzz", False),
        ("female/" * 54 + " zzz", False),
    ],
)
def test_words_that_repeat_take_no_time(words: str, exclude: bool) -> None:
    started = time.process_time()
    assert stated(words, exclude) == ()
    assert time.process_time() - started < 1


def test_analytes_have_units_that_are_told_apart() -> None:
    for key, analyte in ANALYTES.items():
        (fact,) = stated(f"{key} > 7 {next(iter(analyte.units), '')}", True)
        assert (fact.kind, fact.what) == ("measurement", key)


def characteristics(document: bytes) -> list[dict[str, Any]]:
    """The characteristics of a Bundle that say which words they were read from."""
    found = []
    for entry in json.loads(document)["entry"]:
        for one in entry["resource"].get("characteristic", ()):
            words = [
                extension["valueString"]
                for extension in one.get("extension", ())
                if extension["url"].endswith("/stated-in")
            ]
            if words:
                found.append({"words": words[0], **one})
    return found


RECORD = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT99900009", "briefTitle": "Tea"},
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Age 18 to 65 years\n* HbA1c > 7% and"
            " < 10%\n\nExclusion Criteria:\n\n* Pregnant women\n* Surgery within 4 weeks"
        },
    }
}


def test_facts_stand_beside_their_words_as_coded_values() -> None:
    document = trialbridge.convert(RECORD, "fhir-r5", options={"stated": True})
    told = [
        (
            one["words"],
            one["code"]["coding"][0]["code"],
            one.get("valueRange") or one.get("valueQuantity") or one.get("valueCodeableConcept"),
            one["exclude"],
        )
        for one in characteristics(document)
    ]
    unit = {"system": "http://unitsofmeasure.org"}
    years = {"unit": "years", **unit, "code": "a"}
    percent = {"unit": "%", **unit, "code": "%"}
    pregnant = {"system": "http://loinc.org", "code": "LA15173-0", "display": "Pregnant"}
    assert told == [
        (
            "age 18 to 65 years",
            "30525-0",
            {"low": {"value": 18, **years}, "high": {"value": 65, **years}},
            False,
        ),
        (
            "hba1c > 7% and < 10%",
            "4548-4",
            {"value": 7, "comparator": ">", **percent},
            False,
        ),
        (
            "hba1c > 7% and < 10%",
            "4548-4",
            {"value": 10, "comparator": "<", **percent},
            False,
        ),
        ("pregnant", "82810-3", {"coding": [pregnant]}, True),
        (
            "within 4 weeks",
            "time-before-entry",
            {"value": 4, "comparator": "<=", "unit": "weeks", **unit, "code": "wk"},
            True,
        ),
    ]
    assert characteristics(trialbridge.convert(RECORD, "fhir-r5")) == []


@pytest.mark.parametrize("to", ["fhir-r5", "fhir-r4b", "fhir-r4", "fhir-r5-xml"])
@pytest.mark.parametrize("source", EXAMPLES, ids=lambda path: path.name)
def test_nothing_of_a_record_changes_by_what_is_stated(source: Path, to: str) -> None:
    # It would raise Invalid.
    document = trialbridge.convert(source, to, options={"stated": True})
    told: list[trialbridge.Problem] = []
    again = trialbridge.read(document, warnings=told)
    assert trialbridge.diff(source, trialbridge.write(again, "trial")) == []
    assert [str(problem) for problem in told] == []


def test_nothing_of_real_records_changes_by_what_is_stated() -> None:
    found = 0
    for data in corpus.records()[:: 1 if corpus.ALL else 40]:
        document = trialbridge.convert(data, "fhir-r5", options={"stated": True})
        assert trialbridge.diff(trialbridge.convert(data, "fhir-r5"), document) == []
        found += len(characteristics(document))
    assert found > 50


def test_words_of_real_criteria_are_found_in_them() -> None:
    for data in corpus.records()[::10]:
        protocol = trialbridge.read(data).protocol
        module = protocol.eligibility if protocol else None
        for piece in criteria.split((module and module.eligibility_criteria) or ""):
            for fact in stated(piece.words, piece.exclude):
                numbers = [bound.number for bound in fact.bounds]
                assert all(float(number) >= 0 for number in numbers)
