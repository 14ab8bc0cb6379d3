"""The registry's own rules for its records."""

import json
from collections import Counter
from typing import Any

import msgspec
import pytest
from corpus import records

from trialbridge.mappings.coverage import leaves, pattern
from trialbridge.schemas import ctgov
from trialbridge.schemas.trial import Trial

PROTOCOL = "https://clinicaltrials.gov/policy/protocol-definitions"


def found(tree: Any) -> list[tuple[str, str, str, str]]:
    return [
        (problem.severity, problem.path, problem.code, problem.message)
        for problem in ctgov.check(json.dumps(tree).encode())
    ]


def protocol(module: str, **members: Any) -> dict[str, Any]:
    return {"protocolSection": {module: members}}


@pytest.mark.parametrize("number", ["NCT0000001", "NCT000000011", "nct00000001", "NCT0000000१"])
def test_an_nct_number_is_nct_and_eight_digits(number: str) -> None:
    record = protocol("identificationModule", nctId="NCT00000001", nctIdAliases=["NCT1", number])
    assert found(record)[1:] == [
        (
            "warning",
            "/protocolSection/identificationModule/nctIdAliases/1",
            "nct-number",
            f"{number!r} is not an NCT number (NCT and 8 digits)",
        )
    ]


def test_a_text_that_is_too_long_is_told_with_its_length() -> None:
    assert found(protocol("identificationModule", briefTitle="a" * 300)) == []
    (problem,) = ctgov.check(
        json.dumps(protocol("identificationModule", briefTitle="a" * 1301)).encode()
    )
    assert problem.path == "/protocolSection/identificationModule/briefTitle"
    assert problem.message == "1,301 characters, the registry takes at most 300"
    assert (problem.severity, problem.layer, problem.code, problem.link) == (
        "warning",
        "registry",
        "too-long",
        PROTOCOL,
    )


def test_escapes_of_commonmark_do_not_count() -> None:
    assert found(protocol("descriptionModule", briefSummary="\\<" * 5_000)) == []
    assert found(protocol("descriptionModule", briefSummary="\\a" * 5_000)) != []


def test_items_of_lists_are_told_by_index() -> None:
    record = protocol(
        "armsInterventionsModule", armGroups=[{"label": "a"}, {"label": "b" * 101}, {}]
    )
    assert [problem[1] for problem in found(record)] == [
        "/protocolSection/armsInterventionsModule/armGroups/1/label",
        "/protocolSection/armsInterventionsModule/armGroups/2",
    ]


def test_blank_texts_are_warnings_and_empty_objects_and_lists_information() -> None:
    record = {"a/b": [" \t", {"c": {}}], "d": [], "e": "", "f": 0, "g": False}
    assert found(record) == [
        ("warning", "/a~1b/0", "blank", "a blank text, expected a text or no key"),
        (
            "information",
            "/a~1b/1/c",
            "empty",
            "an empty object says nothing: could be left out",
        ),
        ("information", "/d", "empty", "an empty list says nothing: could be left out"),
        ("warning", "/e", "blank", "a blank text, expected a text or no key"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"a":' * 100_000,
        b'{"a":' * 900 + b"{}" + b"}" * 900,
        b'{"protocolSection": [1, {"identificationModule": 2}]}',
        b'{"protocolSection": {"identificationModule": {"briefTitle": {"a": 1}, "nctId": [1]}}}',
    ],
)
def test_what_is_the_readers_matter_is_left_to_it(data: bytes) -> None:
    assert all(problem.code == "empty" for problem in ctgov.check(data))


def _limited(rules: Any, pointer: str = "") -> list[str]:
    if not isinstance(rules, dict):
        return [pointer]
    return [path for step, inner in rules.items() for path in _limited(inner, f"{pointer}/{step}")]


def test_every_rule_is_of_a_leaf_of_the_model() -> None:
    known = {pattern(leaf) for leaf in leaves(Trial)}
    assert [path for path in _limited(ctgov._RULES) if path not in known] == []


def test_no_posted_record_gives_a_warning() -> None:
    """A rule that the registry's own records break is wrong, or information."""
    severities: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for record in records():
        for problem in ctgov.check(record):
            severities[problem.severity] += 1
            codes[problem.code] += 1
    assert set(severities) <= {"information"}
    assert codes == Counter({"empty": 63, "too-long": 10})


def test_the_rules_hold_for_the_models_own_json_too() -> None:
    record = {"trialbridge": "1", **protocol("identificationModule", acronym="a" * 15)}
    assert [problem[2] for problem in found(record)] == ["too-long"]
    assert msgspec.json.decode(json.dumps(record))["trialbridge"] == "1"
