"""What a USDM study plans, as TA, TE and TV, and back."""

import io
import json
import zipfile
from typing import Any

import pytest
from corpus import file
from sdtm_record import DATA, members, rows

import trialbridge
from trialbridge.mappings.record.planned import Element, Planned, PlannedArm, Step, Visit
from trialbridge.mappings.sdtm import planned as of_sdtm
from trialbridge.mappings.usdm.document import write_tree as usdm_of_tree
from trialbridge.mappings.usdm.others import planned as of_usdm
from trialbridge.schemas.problem import Problem

# Studies, with the codes of what is wrong with their datasets.
NAMES = {
    "Alexion_NCT04573309_Wilsons.json": {"empty", "CORE-000027"},
    "CDISC_Pilot_Study.json": {"empty", "CORE-000027"},
    "observational.json": {"empty"},
}


def cells(data: bytes, dataset: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows(data, dataset)]


def rule(text: str) -> dict[str, str]:
    return {"id": f"R.{text}", "name": text, "text": text, "instanceType": "TransitionRule"}


CODE = {
    "code": "C17998",
    "codeSystem": "http://www.cdisc.org",
    "codeSystemVersion": "2024-09-27",
    "decode": "Unknown",
    "instanceType": "Code",
}


def document(**changes: Any) -> dict[str, Any]:
    """Give a USDM study of two arms, three epochs and two visits, in parts that `changes` has."""
    tree: dict[str, Any] = json.loads(trialbridge.convert(RECORD, "usdm"))
    design = tree["study"]["versions"][0]["studyDesigns"][0]
    tree["systemName"] = "another"
    made = {
        "epochs": [
            {"id": "E2", "name": "Treat", "label": "Treatment", "type": CODE, "previousId": "E1"},
            {"id": "E1", "name": "Screen", "label": "Screening", "type": CODE, "nextId": "E2"},
        ],
        "elements": [
            {"id": "L1", "name": "SCREEN", "transitionStartRule": rule("Consent")},
            {
                "id": "L2",
                "name": "TEA",
                "label": "Tea, a cup a day",
                "transitionStartRule": rule("First cup"),
                "transitionEndRule": rule("Last cup"),
            },
            {"id": "L3", "name": "WATER", "transitionStartRule": rule("First glass")},
        ],
        "studyCells": [
            {"id": f"C{arm}{epoch}", "armId": arm, "epochId": epoch, "elementIds": elements}
            for arm, epoch, elements in (
                ("Arm.1", "E2", ["L2"]),
                ("Arm.1", "E1", ["L1"]),
                ("Arm.2", "E1", ["L1"]),
                ("Arm.2", "E2", ["L3", "L2"]),
            )
        ],
        "encounters": [
            {
                "id": "V2",
                "name": "V2",
                "label": "Day 8",
                "type": CODE,
                "previousId": "V1",
                "transitionEndRule": rule("Cup is empty"),
            },
            {
                "id": "V1",
                "name": "V1",
                "label": "First",
                "type": CODE,
                "nextId": "V2",
                "scheduledAtId": "T1",
                "transitionStartRule": rule("Kettle sings"),
            },
        ],
        "scheduleTimelines": [
            {
                "id": "S1",
                "name": "S1",
                "mainTimeline": True,
                "entryCondition": "any",
                "entryId": "I1",
                "timings": [
                    {
                        "id": "T1",
                        "name": "T1",
                        "label": "Day -3",
                        "type": CODE,
                        "value": "P3D",
                        "valueLabel": "3 days",
                        "relativeToFrom": CODE,
                        "relativeFromScheduledInstanceId": "I1",
                        "instanceType": "Timing",
                    }
                ],
                "instances": [
                    {
                        "id": "I1",
                        "name": "I1",
                        "epochId": "E1",
                        "conditionAssignments": [
                            {
                                "id": "A1",
                                "condition": "if not thirsty",
                                "conditionTargetId": "I2",
                                "instanceType": "ConditionAssignment",
                            },
                            {
                                "id": "A2",
                                "condition": "as long as it screens",
                                "conditionTargetId": "I1",
                                "instanceType": "ConditionAssignment",
                            },
                        ],
                        "instanceType": "ScheduledDecisionInstance",
                    },
                    {
                        "id": "I2",
                        "name": "I2",
                        "epochId": "E2",
                        "instanceType": "ScheduledActivityInstance",
                    },
                ],
                "instanceType": "ScheduleTimeline",
            }
        ],
    } | changes
    classes = {
        "epochs": "StudyEpoch",
        "elements": "StudyElement",
        "studyCells": "StudyCell",
        "encounters": "Encounter",
    }
    for key, nodes in made.items():
        design[key] = [{"instanceType": classes.get(key), **node} for node in nodes]
    for arm, name in zip(design["arms"], ("Tea and nothing but tea", "Water"), strict=True):
        arm["name"] = name
    ids = [one["id"] for one in design["arms"]]
    for cell in design["studyCells"]:
        cell["armId"] = ids[int(cell["armId"][-1]) - 1]
    return tree


RECORD = json.dumps(
    {
        "protocolSection": {
            "identificationModule": {"orgStudyIdInfo": {"id": "TEA-9"}, "briefTitle": "Tea"},
            "designModule": {"studyType": "INTERVENTIONAL"},
            "armsInterventionsModule": {
                "armGroups": [{"label": "Tea"}, {"label": "Water, and tea when nobody looks"}]
            },
        }
    }
).encode()


def test_elements_arms_and_visits_of_a_study_are_te_ta_and_tv() -> None:
    data = trialbridge.convert(json.dumps(document()).encode(), "sdtm")
    assert cells(data, "te", "ETCD", "ELEMENT", "TESTRL", "TEENRL", "TEDUR") == [
        ("SCREEN", "SCREEN", "Consent", "", None),
        ("TEA", "TEA", "First cup", "Last cup", None),
        ("WATER", "WATER", "First glass", "", None),
    ]
    names = ("ARMCD", "TAETORD", "ETCD", "TABRANCH", "TATRANS", "EPOCH")
    assert cells(data, "ta", *names) == [
        ("Tea and nothing but1", 1, "SCREEN", "", "if not thirsty", "SCREENING"),
        ("Tea and nothing but1", 2, "TEA", "", "", "TREATMENT"),
        ("Water2", 1, "SCREEN", "", "if not thirsty", "SCREENING"),
        ("Water2", 2, "WATER", "", "", "TREATMENT"),
        ("Water2", 3, "TEA", "", "", "TREATMENT"),
    ]
    assert {row["ARM"] for row in rows(data, "ta")} == {"Tea", "Water, and tea when nobody looks"}
    assert cells(data, "tv", "VISITNUM", "VISIT", "VISITDY", "ARMCD", "TVSTRL", "TVENRL") == [
        (1, "First", -3, "", "Kettle sings", ""),
        (2, "Day 8", 8, "", "", "Cup is empty"),
    ]


def test_what_is_not_stated_is_empty_and_told() -> None:
    told: list[Problem] = []
    source = json.dumps(document(studyCells=[])).encode()
    data = trialbridge.convert(source, "sdtm", warnings=told)
    assert set(members(data)) == {"define.xml", "ts.json", "te.json", "tv.json"}
    assert [str(one) for one in told if one.code == "not-stated"] == [
        "warning: TE: TEENRL: it or TEDUR is required, and empty in 2 of 3 rows: the source does "
        "not state it",
        "warning: TV: TVSTRL: required, and empty in 1 of 2 rows: the source does not state it",
    ]
    at = "/usdm/study/versions/0/studyDesigns/0/elements"
    assert (
        f"warning: {at}: what it plans is written; else it stands beyond the record, and is "
        "written again in USDM alone"
    ) in map(str, told)


def test_each_element_has_a_code_of_its_own_where_names_are_cut() -> None:
    names = ["ABCDEF1 is long", *(f"element {number}" for number in range(2, 11)), "ABCDEF"]
    elements = [{"id": f"L{at}", "name": name} for at, name in enumerate(names)]
    source = json.dumps(document(elements=elements, studyCells=[])).encode()
    data = trialbridge.convert(source, "sdtm", validate=False)
    codes = [code for (code,) in cells(data, "te", "ETCD")]
    assert codes[0] == "ABCDEF01"
    assert codes[-1] == "ABCDEF11"
    assert len(set(codes)) == len(names)


def test_a_record_alone_plans_nothing() -> None:
    assert set(members(trialbridge.convert(RECORD, "sdtm"))) == {"define.xml", "ts.json"}
    assert of_usdm.planned(trialbridge.read(trialbridge.convert(RECORD, "usdm")).unmapped) is None
    assert set(members(DATA)) == {"define.xml", "ts.json", "ti.json"}


PLAN = Planned(
    (Element("SCR", "Screening", "Consent", "Tests are done"), Element("TEA", "Tea", "First cup")),
    (
        PlannedArm("T", "Tea", (Step("SCR", "SCREENING"), Step("TEA", "FIRST"))),
        PlannedArm(
            "W",
            "Water",
            (Step("SCR", "SCREENING"), Step("TEA", "RUN-IN"), Step("TEA", "FIRST")),
        ),
    ),
    (Visit(1, "Home", start="Bell"), Visit(2, "Day 4", 4, end="Good-bye")),
)


def package(plan: Planned) -> bytes:
    """Give the datasets of the record with those of a plan."""
    file = io.BytesIO(trialbridge.convert(RECORD, "sdtm"))
    with zipfile.ZipFile(file, "a") as archive:
        for one in of_sdtm.datasets(plan, "TEA-9"):
            tree = {
                "datasetJSONCreationDateTime": "2024-01-01T00:00:00",
                "datasetJSONVersion": "1.1.0",
                "itemGroupOID": f"IG.{one.name}",
                "records": len(one.rows),
                "name": one.name,
                "label": one.label,
                "columns": [
                    {
                        "itemOID": column.name,
                        "name": column.name,
                        "label": column.label,
                        "dataType": "integer" if column.numeric else "string",
                    }
                    for column in one.columns
                ],
                "rows": one.rows,
            }
            archive.writestr(f"{one.name.lower()}.json", json.dumps(tree))
    return file.getvalue()


def test_what_datasets_plan_is_the_design_of_a_usdm_study_and_comes_back() -> None:
    trial = trialbridge.read(package(PLAN))
    assert trial.protocol is not None
    assert trial.protocol.arms_interventions is not None
    arms = trial.protocol.arms_interventions.arm_groups or []
    assert [arm.label for arm in arms] == ["Tea", "Water"]
    assert of_sdtm.planned(trial.unmapped) == PLAN
    usdm = trialbridge.write(trial, "usdm")
    assert trialbridge.validate(usdm) == []
    design = json.loads(usdm)["study"]["versions"][0]["studyDesigns"][0]
    assert [one["name"] for one in design["epochs"]] == ["SCREENING", "RUN-IN", "FIRST"]
    assert [one["name"] for one in design["arms"]] == ["T", "W"]
    again = trialbridge.read(usdm)
    assert of_usdm.planned(again.unmapped) == PLAN
    datasets = trialbridge.write(again, "sdtm")
    written = trialbridge.write(trial, "sdtm")
    for name in ("ta", "te", "tv"):
        assert rows(datasets, name) == rows(written, name)


def test_what_of_a_plan_is_not_written_in_usdm_is_told() -> None:
    plan = Planned(
        (Element("TEA", "Tea", duration="P3D"),),
        (
            PlannedArm("T", "Tea", (Step("TEA", "FIRST", "To tea", "If cold"), Step("TEA", ""))),
            PlannedArm("W", "Wine", (Step("WINE", "FIRST"),)),
        ),
        (Visit(1, "Home", 4), Visit(2, "Day 7", 7, arm="T"), Visit(3, "Far")),
    )
    trial = trialbridge.read(RECORD)
    before = usdm_of_tree(trial)[1]
    told = usdm_of_tree(trial, plan)[1]
    assert [str(one) for one in told if one not in before] == [
        "warning: StudyArm: an arm that is none of the record is not written in USDM: 1 left out",
        "warning: StudyElement: the duration of an element is not written in USDM: 1 left out",
        "warning: StudyCell: a step without an epoch is not written in USDM: 1 left out",
        "warning: StudyCell: a step of no element is not written in USDM: 1 left out",
        "warning: StudyCell: the branch of a step is not written in USDM: 1 left out",
        "warning: StudyCell: the rule of a transition is not written in USDM: 1 left out",
        "warning: Encounter: the day of a visit that is not its name is not written in USDM: 1 "
        "left out",
        "warning: Encounter: the arm of a visit is not written in USDM: 1 left out",
    ]
    assert usdm_of_tree(trial, PLAN._replace(arms=PLAN.arms[:1]))[1] == before


def test_day_0_no_number_and_a_code_that_stands_twice_are_not_read_as_nothing() -> None:
    plan = Planned(
        (Element("TEA", "Tea"), Element("TEA", "More tea")),
        visits=(
            Visit(1, "Home", 0),
            Visit(None, "Away"),
            Visit(1000001.25, "Day 0", 0),
            Visit(4, "Far", "noon"),
        ),
    )
    data = package(plan)
    assert of_sdtm.planned(trialbridge.read(data).unmapped) == plan
    told: list[Problem] = []
    usdm = trialbridge.convert(data, "usdm", warnings=told)
    assert [str(one) for one in told if one.path in ("StudyElement", "Encounter")] == [
        "warning: StudyElement: an element with the code of another is not written in USDM: 1 "
        "left out",
        "warning: Encounter: a visit without a number is not written in USDM: 1 left out",
        "warning: Encounter: the day of a visit that is not its name is not written in USDM: 2 "
        "left out",
    ]
    design = json.loads(usdm)["study"]["versions"][0]["studyDesigns"][0]
    assert [one["name"] for one in design["encounters"]] == ["1", "1000001.25", "4"]
    assert cells(trialbridge.convert(usdm, "sdtm"), "tv", "VISIT", "VISITDY") == [
        ("Home", None),
        ("Day 0", 0),
        ("Far", None),
    ]


def test_arms_of_one_name_keep_their_codes_and_steps() -> None:
    plan = Planned(
        (Element("A", "First"), Element("B", "Second")),
        (
            PlannedArm("ONE", "Tea", (Step("A", "DRINK"),)),
            PlannedArm("TWO", "Tea", (Step("B", "DRINK"),)),
        ),
    )
    usdm = trialbridge.convert(package(plan), "usdm")
    design = json.loads(usdm)["study"]["versions"][0]["studyDesigns"][0]
    assert [(one["name"], one["label"]) for one in design["arms"]] == [
        ("ONE", "Tea"),
        ("TWO", "Tea"),
    ]
    assert [(cell["armId"], cell["elementIds"]) for cell in design["studyCells"]] == [
        (arm["id"], [element["id"]])
        for arm, element in zip(design["arms"], design["elements"], strict=True)
    ]
    # One of them alone is of the record.
    node = {"arms": [{"id": "Arm.1", "label": "Tea"}]}
    assert [str(one) for one in of_usdm.left_out(plan, node)] == [
        "warning: StudyArm: an arm that is none of the record is not written in USDM: 1 left out"
    ]


def test_day_0_of_a_timing_is_a_day() -> None:
    tree = document()
    design = tree["study"]["versions"][0]["studyDesigns"][0]
    design["scheduleTimelines"][0]["timings"][0]["label"] = "Day 0"
    data = trialbridge.convert(json.dumps(tree).encode(), "sdtm")
    assert cells(data, "tv", "VISIT", "VISITDY") == [("First", 0), ("Day 8", 8)]


@pytest.mark.parametrize("name", NAMES)
def test_the_studies_of_cdisc_have_each_element_cell_and_encounter(name: str) -> None:
    source = file(f"usdm/{name}")
    design = json.loads(source.read_bytes())["study"]["versions"][0]["studyDesigns"][0]
    data = trialbridge.convert(source, "sdtm")
    assert len(rows(data, "te")) == len(design["elements"])
    assert len(rows(data, "tv")) == len(design["encounters"])
    steps = sum(len(cell["elementIds"]) for cell in design["studyCells"])
    assert len(rows(data, "ta")) == steps
    # What the sources do not state is all that is wrong.
    assert {one.code for one in trialbridge.validate(data)} == NAMES[name]
    trial = trialbridge.read(data)
    for dataset in ("ta", "te", "tv"):
        assert rows(trialbridge.write(trial, "sdtm"), dataset) == rows(data, dataset)
