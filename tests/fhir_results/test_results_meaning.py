"""What results are in FHIR R5: values by hand, and edits of the document."""

from decimal import Decimal
from typing import Any

import pytest
from fhir_bundles import read, resources, study
from results_tables import whole

from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.schemas.trial import ResultsSection

UCUM = "http://unitsofmeasure.org"
ESTIMATE = "http://terminology.hl7.org/CodeSystem/attribute-estimate-type"


@pytest.fixture
def bundle() -> dict[str, Any]:
    return write_tree(whole())[0]


def resource(bundle: dict[str, Any], place: str) -> dict[str, Any]:
    type_, _, id_ = place.partition("/")
    (found,) = [one for one in resources(bundle, type_) if one["id"] == id_]
    return found


def of(bundle: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    return resource(bundle, f"{kind}/NCT00000001-{name}")


def results(bundle: dict[str, Any]) -> ResultsSection:
    trial, problems = read(bundle)
    assert problems == []
    assert trial.results is not None
    return trial.results


def codings(concept: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (one["system"].removeprefix("https://trialbridge.org/"), one["code"])
        for one in concept["coding"]
    ]


def test_the_study_leads_to_the_report(bundle: dict[str, Any]) -> None:
    assert study(bundle)["result"] == [
        {"reference": "EvidenceReport/NCT00000001-results", "display": "Results"}
    ]
    report = of(bundle, "EvidenceReport", "results")
    assert report["subject"]["characteristic"] == [
        {
            "code": {"text": "Study"},
            "valueReference": {
                "reference": "ResearchStudy/NCT00000001",
                "display": "NCT00000001",
            },
        }
    ]
    assert [one["title"] for one in report["section"]] == [
        "Participant flow",
        "Baseline characteristics",
        "Outcome measures",
        "Adverse events",
    ]
    assert report["note"] == [{"text": "Few took part."}]
    assert report["publisher"] == "Example Hospital"
    (contact,) = report["contact"]
    assert contact["name"] == "Ada Able"
    assert [(one["system"], one["value"]) for one in contact["telecom"]] == [
        ("phone", "555-0100"),
        ("email", "ada@example.org"),
    ]


def test_a_group_is_one_resource(bundle: dict[str, Any]) -> None:
    group = of(bundle, "Group", "baseline-group-1")
    assert group == {
        "resourceType": "Group",
        "id": "NCT00000001-baseline-group-1",
        "type": "person",
        "membership": "enumerated",
        "quantity": 20,
        "identifier": [{"value": "BG000"}],
        "name": "Tea",
        "description": "One cup a day.",
    }
    kinds = ("flow", "baseline", "outcome", "event")
    ids = [one["id"] for one in resources(bundle, "Group")]
    assert sorted(ids) == sorted(f"NCT00000001-{kind}-group-{n}" for kind in kinds for n in (1, 2))


def test_who_reached_a_milestone_is_affected(bundle: dict[str, Any]) -> None:
    variable = of(bundle, "EvidenceVariable", "flow-period-1")
    assert variable["title"] == "Overall Study"
    assert [
        (
            one["linkId"],
            one["definitionByTypeAndValue"]["type"]["coding"][0]["code"],
            one["definitionByTypeAndValue"]["valueCodeableConcept"]["text"],
        )
        for one in variable["characteristic"]
    ] == [
        ("M1", "milestone", "STARTED"),
        ("M2", "milestone", "COMPLETED"),
        ("R1", "reason-not-completed", "Lost to Follow-up"),
    ]
    evidence = of(bundle, "Evidence", "flow-period-1-1")
    assert evidence["title"] == "Overall Study: Tea"
    assert evidence["statistic"] == [
        {"category": {"id": "M1", "text": "STARTED"}, "numberAffected": 20},
        {"category": {"id": "M2", "text": "COMPLETED"}, "numberAffected": 18},
        {"category": {"id": "R1", "text": "Lost to Follow-up"}, "numberAffected": 2},
    ]
    assert evidence["variableDefinition"] == [
        {
            "variableRole": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/variable-role",
                        "code": "population",
                        "display": "population",
                    }
                ]
            },
            "observed": {"reference": "Group/NCT00000001-flow-group-1", "display": "Tea"},
        },
        {
            "variableRole": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/variable-role",
                        "code": "measuredVariable",
                        "display": "measured variable",
                    }
                ]
            },
            "observed": {
                "reference": "EvidenceVariable/NCT00000001-flow-period-1",
                "display": "Overall Study",
            },
        },
    ]


def test_a_mean_is_a_number_with_its_digits_unit_and_spread(bundle: dict[str, Any]) -> None:
    (statistic,) = of(bundle, "Evidence", "baseline-measure-1-1")["statistic"]
    years = {"unit": "years", "system": UCUM, "code": "a"}
    assert statistic["quantity"] == {"value": Decimal("41.50"), **years}
    assert str(statistic["quantity"]["value"]) == "41.50"
    assert codings(statistic["statisticType"])[0] == ("https://fevir.net/sevco", "STATO:0000573")
    assert statistic["statisticType"]["coding"][1]["code"] == "MEAN"
    (estimate,) = statistic["attributeEstimate"]
    assert codings(estimate["type"])[0] == (ESTIMATE, "C53322")
    assert estimate["quantity"] == {"value": 9.1, **years}


def test_categories_are_those_of_the_variable(bundle: dict[str, Any]) -> None:
    variable = of(bundle, "EvidenceVariable", "baseline-measure-2")
    assert variable["category"] == [
        {"id": "1.1", "valueCodeableConcept": {"text": "Female"}},
        {"id": "1.2", "valueCodeableConcept": {"text": "Male"}},
    ]
    statistics = of(bundle, "Evidence", "baseline-measure-2-2")["statistic"]
    assert [(one["category"]["text"], one["quantity"]["value"]) for one in statistics] == [
        ("Female", 10),
        ("Male", 11),
    ]
    # That participants are counted is no unit of UCUM's.
    assert statistics[0]["quantity"] == {"value": 10, "unit": "Participants"}


def test_an_outcome_is_measured_as_it_was_intended(bundle: dict[str, Any]) -> None:
    variable = of(bundle, "EvidenceVariable", "outcome-measure-1")
    assert variable["title"] == "Systolic pressure"
    assert variable["description"] == "Sitting."
    assert variable["characteristic"] == [
        {"linkId": "population", "description": "All with a value."},
        {"linkId": "time-frame", "timeFromEvent": [{"description": "4 weeks"}]},
    ]
    evidence = of(bundle, "Evidence", "outcome-measure-1-2")
    assert evidence["title"] == "Systolic pressure: Water"
    assert evidence["variableDefinition"][1]["intended"] == {
        "reference": "EvidenceVariable/NCT00000001-primary-outcome-1",
        "display": "Systolic pressure",
    }
    pressure = {"unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}
    first, second = evidence["statistic"]
    assert first["category"] == {"id": "1.1", "text": "Week 2"}
    assert first["quantity"] == {"value": 124.25, **pressure}
    assert first["sampleSize"] == {"numberOfParticipants": 21, "knownDataCount": 20}
    (interval,) = first["attributeEstimate"]
    assert interval["level"] == 0.95
    assert codings(interval["type"]) == [(ESTIMATE, "C53324")]
    assert interval["range"]["low"] == {"value": 118.0, **pressure}
    # An end that is missing is not known.
    assert "high" not in interval["range"]
    assert [one["valueString"] for one in interval["range"]["extension"]] == ["NA"]
    # Nobody knows for sure which number "1,24" is.
    (extension,) = second["quantity"]["_value"]["extension"]
    assert extension["valueString"] == "1,24"
    assert "value" not in second["quantity"]


def test_an_analysis_is_evidence_with_its_model(bundle: dict[str, Any]) -> None:
    evidence = of(bundle, "Evidence", "analysis-1")
    assert evidence["title"] == "Mean Difference (Net) by Regression, Linear"
    assert evidence["description"] == "Tea lowers it."
    observed = [one["observed"]["display"] for one in evidence["variableDefinition"]]
    assert observed == ["Tea", "Water", "Systolic pressure"]
    (statistic,) = evidence["statistic"]
    assert statistic["statisticType"] == {"text": "Mean Difference (Net)"}
    assert str(statistic["quantity"]["value"]) == "-4.10"
    assert statistic["note"] == [{"text": "Tea minus water."}]
    by_code = {codings(one["type"])[0][1]: one for one in statistic["attributeEstimate"]}
    assert by_code["C44185"]["quantity"] == {"value": 0.001, "comparator": "<"}
    interval = by_code["C53324"]
    assert interval["level"] == 0.975
    assert [code for _, code in codings(interval["type"])] == ["C53324", "TWO_SIDED"]
    assert {key: str(one["value"]) for key, one in interval["range"].items()} == {
        "low": "-6.5",
        "high": "-1.70",
    }
    assert by_code["0000037"]["quantity"] == {"value": 1.2}
    method, kind = statistic["modelCharacteristic"]
    assert method["code"]["text"] == "Regression, Linear"
    assert method["code"]["coding"][0]["code"] == "linearRegression"
    assert kind["code"]["coding"][0]["code"] == "SUPERIORITY"


def test_adverse_events_are_counted_where_fhir_counts_them(bundle: dict[str, Any]) -> None:
    (event,) = of(bundle, "EvidenceVariable", "serious-adverse-events")["characteristic"]
    definition = event["definitionByTypeAndValue"]
    assert definition["type"] == {"text": "Nervous system disorders"}
    assert definition["method"][0]["coding"][0]["code"] == "SYSTEMATIC_ASSESSMENT"
    assert definition["valueCodeableConcept"] == {
        "coding": [{"system": "https://www.meddra.org", "version": "MedDRA (26.0)"}],
        "text": "Syncope",
    }
    assert event["note"] == [{"text": "On a hot day."}]
    total, syncope = of(bundle, "Evidence", "serious-events-1")["statistic"]
    assert total == {"numberAffected": 1, "sampleSize": {"knownDataCount": 20}}
    assert syncope == {
        "category": {"id": "1", "text": "Syncope"},
        "numberAffected": 1,
        "numberOfEvents": 2,
        "sampleSize": {"knownDataCount": 20},
    }
    variable = of(bundle, "EvidenceVariable", "adverse-events")
    assert variable["description"] == "Asked at each visit."
    assert variable["characteristic"] == [{"timeFromEvent": [{"description": "8 weeks"}]}]


# --- edits -------------------------------------------------------------------------------------


def test_edits_of_numbers_are_edits_of_the_record(bundle: dict[str, Any]) -> None:
    of(bundle, "Evidence", "flow-period-1-1")["statistic"][1]["numberAffected"] = 17
    (age,) = of(bundle, "Evidence", "baseline-measure-1-1")["statistic"]
    age["quantity"]["value"] = Decimal("42.00")
    age["attributeEstimate"][0]["quantity"]["value"] = 8
    of(bundle, "Evidence", "outcome-measure-1-2")["statistic"][0]["sampleSize"] = {
        "numberOfParticipants": 21,
        "knownDataCount": 19,
    }
    (analysis,) = of(bundle, "Evidence", "analysis-1")["statistic"]
    analysis["attributeEstimate"][0]["quantity"] = {"value": 0.04}
    of(bundle, "Evidence", "serious-events-2")["statistic"][1]["numberAffected"] = 3
    found = results(bundle)
    assert found.participant_flow is not None
    assert found.participant_flow.periods is not None
    milestones = found.participant_flow.periods[0].milestones or []
    assert [one.num_subjects for one in milestones[1].achievements or ()] == ["17", "21"]
    assert found.baseline_characteristics is not None
    (classes,) = (found.baseline_characteristics.measures or [])[0].classes or []
    assert classes.categories is not None
    assert classes.categories[0].measurements is not None
    assert classes.categories[0].measurements[0].value == "42.00"
    assert classes.categories[0].measurements[0].spread == "8"
    assert found.outcome_measures is not None
    (measure,) = found.outcome_measures.outcome_measures or []
    assert measure.classes is not None
    assert measure.classes[0].denoms is not None
    assert [one.value for one in measure.classes[0].denoms[0].counts or ()] == ["18", "19"]
    assert measure.analyses is not None
    assert measure.analyses[0].p_value == "0.04"
    assert found.adverse_events is not None
    (event,) = found.adverse_events.serious_events or []
    assert [one.num_affected for one in event.stats or ()] == [1, 3]


def test_edits_of_words_are_edits_of_the_record(bundle: dict[str, Any]) -> None:
    (event,) = of(bundle, "EvidenceVariable", "serious-adverse-events")["characteristic"]
    event["definitionByTypeAndValue"]["valueCodeableConcept"]["text"] = "Fainting"
    of(bundle, "Group", "outcome-group-1")["name"] = "Green tea"
    of(bundle, "EvidenceVariable", "outcome-measure-1")["category"][0]["name"] = "Week 3"
    trial, _ = read(bundle)
    found = trial.results
    assert found is not None
    assert found.adverse_events is not None
    assert [one.term for one in found.adverse_events.serious_events or ()] == ["Fainting"]
    assert [len(one.stats or ()) for one in found.adverse_events.serious_events or ()] == [2]
    assert found.outcome_measures is not None
    (measure,) = found.outcome_measures.outcome_measures or []
    assert [one.title for one in measure.groups or ()] == ["Green tea", "Water"]
    assert [one.title for one in measure.classes or ()] == ["Week 3", "Week 4"]


def test_a_statistic_that_is_taken_out_leaves_the_others(bundle: dict[str, Any]) -> None:
    del of(bundle, "Evidence", "flow-period-1-1")["statistic"][0]
    found = results(bundle)
    assert found.participant_flow is not None
    (period,) = found.participant_flow.periods or []
    assert [
        [(one.group_id, one.num_subjects) for one in milestone.achievements or ()]
        for milestone in period.milestones or ()
    ] == [[("FG001", "21")], [("FG000", "18"), ("FG001", "21")]]


def test_what_is_no_number_is_told_with_its_place(bundle: dict[str, Any]) -> None:
    of(bundle, "Evidence", "serious-events-1")["statistic"][1]["numberAffected"] = "many"
    with pytest.raises(Exception, match="expected a whole number, found 'many'") as caught:
        read(bundle)
    assert (
        "ResearchStudy.result[0].resolve().section[focus='adverse-events']"
        ".section[focus='serious-adverse-events'].entryReference[0].resolve().statistic[1]"
    ) in str(caught.value)
