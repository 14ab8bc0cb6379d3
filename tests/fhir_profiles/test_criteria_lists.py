"""Lists within criteria, where their words say whether any or all of the items count."""

import json
from typing import Any

import corpus
import pytest

from trialbridge.formats.fhir import r4, r4b, r5
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.record.criteria import split
from trialbridge.mappings.record.words.criteria_lists import listed
from trialbridge.schemas.trial import EligibilityModule, ProtocolSection, Trial


@pytest.mark.parametrize(
    ("words", "method", "items"),
    [
        (
            "Diagnosis of one of the following:\n\n  * AML\n  * MDS",
            "any-of",
            ("AML", "MDS"),
        ),
        (
            "Use of ANY of the following drugs within 14 days:\n  1. A\n     more of A\n  2. B",
            "any-of",
            ("A\nmore of A", "B"),
        ),
        ("Severe AD, meeting all the following\n   - x\n   - y", "all-of", ("x", "y")),
        (
            "At least one of the following:\n  * A\n    * within A\n  * B",
            "any-of",
            ("A\n* within A", "B"),
        ),
    ],
)
def test_a_list_is_read_by_the_words_that_lead_to_it(
    words: str, method: str, items: tuple[str, ...]
) -> None:
    found = listed(words)
    assert found is not None
    assert (found.method, found.items) == (method, items)


@pytest.mark.parametrize(
    "words",
    [
        "Consent\n  * in writing\n  * before a witness",
        "None of the following:\n  * A\n  * B",
        "Without any of the following:\n  * A\n  * B",
        "Any of the following is not allowed:\n  * A\n  * B",
        "At least two of the following:\n  * A\n  * B",
        "All patients must have one of these, as in the following table, or more\n  * A\n  * B",
        "Any of the following:\n  * A",
        "Any of the following:\n  * A\n  * B\n\n  or what the sponsor accepts",
        "Any of the following",
    ],
)
def test_what_is_not_certain_is_left_as_words(words: str) -> None:
    assert listed(words) is None


TEXT = (
    "Inclusion Criteria:\n\n* Adults\n\nExclusion Criteria:\n\n"
    "* Any of the following:\n\n  * Stroke\n  * Asthma \\> 1 year"
)
TRIAL = Trial(
    protocol=ProtocolSection(eligibility=EligibilityModule(eligibility_criteria=TEXT)),
)


def test_a_list_is_a_variable_that_the_group_leads_to() -> None:
    bundle = json.loads(r5.write(TRIAL, stated=True)[0])
    group: dict[str, Any] = bundle["entry"][1]["resource"]
    assert group["resourceType"] == "Group"
    (variable,) = group["contained"]
    assert variable == {
        "resourceType": "EvidenceVariable",
        "id": "criterion-list-2",
        "status": "active",
        "description": "Any of the following:",
        "characteristic": [
            {
                "definitionByCombination": {
                    "code": "any-of",
                    "characteristic": [
                        {"definitionCodeableConcept": {"text": "Stroke"}},
                        {"definitionCodeableConcept": {"text": "Asthma > 1 year"}},
                    ],
                }
            }
        ],
    }
    last = group["characteristic"][-1]
    assert last["valueReference"] == {"reference": "#criterion-list-2"}
    assert last["exclude"] is True
    assert "contained" not in json.loads(r5.write(TRIAL)[0])["entry"][1]["resource"]


@pytest.mark.parametrize("version", [r4, r4b, r5])
def test_the_record_comes_back_without_the_lists(version: Any) -> None:
    data, problems = version.write_checked(TRIAL, stated=True)
    assert problems == []
    assert version.read(data) == (TRIAL, [])
    assert version.read_alone(data) == TRIAL


def test_an_edited_criterion_is_read_beside_its_list() -> None:
    bundle = json.loads(r5.write(TRIAL, stated=True)[0])
    group = bundle["entry"][1]["resource"]
    group["characteristic"][0]["valueCodeableConcept"]["text"] = "Adults alone"
    trial, problems = r5.read(json.dumps(bundle).encode())
    # The text as it was before the edit, and its digest.
    assert {(p.path.partition(".")[0], p.code) for p in problems} == {("Group", "not-read")}
    assert len(problems) == 2
    assert trial.unmapped is None
    assert trial.protocol is not None
    assert trial.protocol.eligibility is not None
    assert trial.protocol.eligibility.eligibility_criteria == TEXT.replace("Adults", "Adults alone")


def test_records_of_the_corpus_with_lists_come_back() -> None:
    seen = 0
    lines = corpus.records()
    for line in lines if corpus.ALL else lines[::7]:
        trial, _ = ctgov.read(line)
        eligibility = trial.protocol.eligibility if trial.protocol else None
        words = (eligibility.eligibility_criteria if eligibility else None) or ""
        if not any(listed(piece.words) for piece in split(words)):
            continue
        seen += 1
        data, problems = r4.write_checked(trial, stated=True, profile="eclaire")
        assert [p for p in problems if p.severity == "error"] == []
        assert r4.read(data) == (trial, [])
        if seen == 2 and not corpus.ALL:
            break
    assert seen
