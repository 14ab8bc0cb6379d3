"""The laws of results in FHIR: nothing is lost, whatever their tables look like."""

import json
from pathlib import Path

import pytest
from corpus import ALL, records
from hypothesis import given
from results_tables import NUMBERS, any_results, tables, whole
from strategies import examples

import trialbridge
from trialbridge.formats.fhir import r5 as fhir
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.mappings.fhir.results.numbers import (
    count_parts,
    limit_in,
    parts_of,
    range_of,
    text_in,
)
from trialbridge.mappings.fhir.results.sections.analyses import level
from trialbridge.mappings.names import Names
from trialbridge.schemas.fhir.digests.definitions import VERSIONS
from trialbridge.schemas.fhir.validate import validate
from trialbridge.schemas.syntax import exact
from trialbridge.schemas.trial import Trial


@examples(240, share=4)
@given(tables)
def test_tables_of_any_form_come_back(trial: Trial) -> None:
    data, problems = fhir.write(trial)
    assert problems == []
    assert fhir.read(data) == (trial, [])


@examples(60, share=4)
@given(any_results)
def test_any_results_come_back(trial: Trial) -> None:
    for version in VERSIONS:
        data, problems = fhir.write(trial, version=version)
        assert problems == []
        assert fhir.read(data, version=version) == (trial, [])


@examples(60, share=4)
@given(tables)
def test_tables_of_any_form_come_back_in_older_versions(trial: Trial) -> None:
    for version in VERSIONS[1:]:
        data, _ = fhir.write(trial, version=version)
        assert fhir.read(data, version=version) == (trial, [])


@examples(80, share=4)
@given(tables)
def test_tables_of_any_form_are_valid(trial: Trial) -> None:
    tree, _ = write_tree(trial)
    assert validate(tree, "r5") == []


@given(NUMBERS)
def test_numbers_come_back_with_their_digits(words: str) -> None:
    if words:
        assert text_in(exact.decode(exact.encode(parts_of(words)))) == words
        limits = exact.decode(exact.encode(range_of(words, "7", {})))
        assert (limit_in(limits, "low"), limit_in(limits, "high")) == (words, "7")
        count = exact.decode(exact.encode(count_parts(words, "numberAffected")))
        assert text_in(count, "numberAffected") == words
        share = exact.decode(exact.encode(level.write(words, Names())))
        assert level.read(share, Names()) == words


# --- real records ------------------------------------------------------------------------------


def with_results() -> list[bytes]:
    return [line for line in records() if b'"resultsSection"' in line]


@pytest.mark.parametrize("name", ["fhir-r5", "fhir-r4b", "fhir-r4"])
def test_whole_records_are_identical(name: str) -> None:
    lines = records() if ALL else with_results()[3::55]
    changed = []
    for line in lines:
        data = trialbridge.convert(line, name, format="ctgov", validate=False)
        back = trialbridge.convert(data, "ctgov", format=name, validate=False)
        if json.loads(back) != json.loads(line):
            changed.append(json.loads(line)["protocolSection"]["identificationModule"]["nctId"])
    assert changed == []
    if ALL:
        assert len(lines) == 1007


def test_our_own_record_is_valid_in_all_forms() -> None:
    for name in ("fhir-r5", "fhir-r4b", "fhir-r4", "fhir-r5-xml"):
        data = trialbridge.write(whole(), name)
        told = {problem.severity for problem in trialbridge.validate(data)}
        assert told <= {"information"}
        assert trialbridge.read(data) == whole()


def test_the_example_comes_back_from_its_files() -> None:
    folder = Path(__file__).parents[2] / "examples" / "results"
    record = trialbridge.read(folder / "NCT99900005.ctgov.json")
    for name in ("fhir-r5", "fhir-r4"):
        assert trialbridge.read(folder / f"NCT99900005.{name}.json") == record
