"""What a record is in USDM, and what of a USDM document is in the record: by hand."""

import json
from typing import Any

import pytest
from corpus import file
from msgspec.structs import replace
from registers import SOURCES

import trialbridge
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.pointer import get, walk
from trialbridge.schemas.trial import IdentificationModule, ProtocolSection, Registration, Trial

RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT00000001",
            "orgStudyIdInfo": {"id": "TEA-1"},
            "secondaryIdInfos": [
                {"id": "2020-000001-11", "type": "EUDRACT_NUMBER"},
                {"id": "R01-1", "type": "NIH", "domain": "The Institute"},
            ],
            "briefTitle": "Tea in fatigue",
            "officialTitle": "A trial of tea in mild fatigue",
            "acronym": "TEA",
        },
        "statusModule": {"overallStatus": "RECRUITING", "startDateStruct": {"date": "2024-03"}},
        "sponsorCollaboratorsModule": {
            "leadSponsor": {"name": "Tea House", "class": "OTHER"},
            "collaborators": [{"name": "Ministry of Tea", "class": "OTHER_GOV"}],
        },
        "descriptionModule": {"briefSummary": "Is tea good?"},
        "conditionsModule": {"conditions": ["Fatigue"], "keywords": ["tea"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2", "PHASE3"],
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "CROSSOVER",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {
                    "masking": "TRIPLE",
                    "maskingDescription": "Opaque cups",
                    "whoMasked": ["PARTICIPANT", "INVESTIGATOR", "OUTCOMES_ASSESSOR"],
                },
            },
            "enrollmentInfo": {"count": 40, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {
                    "label": "Tea",
                    "type": "EXPERIMENTAL",
                    "description": "Two cups",
                    "interventionNames": ["Drug: Green tea"],
                },
                {
                    "label": "Water",
                    "type": "PLACEBO_COMPARATOR",
                    "interventionNames": ["Other: Water"],
                },
            ],
            "interventions": [
                {"type": "DRUG", "name": "Green tea", "armGroupLabels": ["Tea"]},
                {
                    "type": "OTHER",
                    "name": "Water",
                    "armGroupLabels": ["Water"],
                    "otherNames": ["Aqua"],
                },
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [
                {"measure": "Fatigue score", "description": "By scale", "timeFrame": "8 weeks"}
            ],
            "otherOutcomes": [{"measure": "Sleep"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Tired\n\nExclusion Criteria:\n\n"
            "* Tea < 1 cup",
            "healthyVolunteers": False,
            "sex": "ALL",
            "minimumAge": "18 Years",
            "stdAges": ["ADULT"],
        },
        "contactsLocationsModule": {
            "overallOfficials": [
                {"name": "Ann Leaf", "affiliation": "Tea House", "role": "PRINCIPAL_INVESTIGATOR"}
            ],
            "locations": [
                {
                    "facility": "Tea Clinic",
                    "city": "Bern",
                    "country": "Switzerland",
                    "geoPoint": {"lat": 46.9, "lon": 7.4},
                }
            ],
        },
    },
    "resultsSection": {
        "participantFlowModule": {"groups": [{"id": "FG000", "title": ""}], "periods": []}
    },
    "hasResults": True,
}


def written(record: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(trialbridge.convert(record, "usdm"))
    return tree


def bare(node: Any) -> Any:
    """A node without ids, classes, extension attributes and the version of codes."""
    if isinstance(node, list):
        return [bare(one) for one in node]
    if not isinstance(node, dict):
        return node
    leave = ("id", "instanceType", "extensionAttributes", "codeSystemVersion")
    return {key: bare(value) for key, value in node.items() if key not in leave}


def code(said: str, decode: str) -> dict[str, str]:
    return {"code": said, "codeSystem": "http://www.cdisc.org", "decode": decode}


def stated(node: dict[str, Any]) -> dict[str, Any]:
    """A node without what is said to be not stated, and without ids."""
    unstated = {"name"} if node.get("name") == node.get("id") else set()
    for one in node.get("extensionAttributes", ()):
        if one["url"].endswith("/usdm/not-stated"):
            unstated.update(one["valueString"].split())
    found: dict[str, Any] = bare({key: value for key, value in node.items() if key not in unstated})
    return found


@pytest.fixture(name="version", scope="module")
def _version() -> dict[str, Any]:
    found: dict[str, Any] = written(RECORD)["study"]["versions"][0]
    return found


@pytest.fixture(name="design", scope="module")
def _design(version: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = version["studyDesigns"][0]
    return found


def test_titles_have_cdiscs_types(version: dict[str, Any]) -> None:
    assert bare(version["titles"]) == [
        {"type": code("C207615", "Brief Study Title"), "text": "Tea in fatigue"},
        {"type": code("C207616", "Official Study Title"), "text": "A trial of tea in mild fatigue"},
        {"type": code("C207646", "Study Acronym"), "text": "TEA"},
    ]


def test_each_identifier_has_the_organization_that_gave_it_as_its_scope(
    version: dict[str, Any],
) -> None:
    organizations = {one["id"]: one for one in version["organizations"]}
    assert [
        (one["text"], organizations[one["scopeId"]].get("label"))
        for one in version["studyIdentifiers"]
    ] == [
        ("NCT00000001", "ClinicalTrials.gov"),
        ("TEA-1", "Tea House"),
        ("2020-000001-11", None),
        ("R01-1", "The Institute"),
    ]


def test_sponsor_collaborator_official_and_masked_parties_are_roles(
    version: dict[str, Any],
) -> None:
    organizations = {one["id"]: one for one in version["organizations"]}
    said = []
    for role in version["roles"]:
        who = [organizations[one]["label"] for one in role.get("organizationIds", ())]
        who += [one["personName"]["text"] for one in role.get("assignedPersons", ())]
        said.append((role["code"]["code"], who, role.get("masking", {}).get("text")))
    assert said == [
        ("C70793", ["Tea House"], None),
        ("COLLABORATOR", ["Ministry of Tea"], None),
        ("C19924", ["Ann Leaf"], None),
        ("C41189", [], "Opaque cups"),
        ("C25936", [], "Opaque cups"),
        ("C207599", [], "Opaque cups"),
    ]


def test_the_design_has_cdiscs_codes(design: dict[str, Any]) -> None:
    said = stated(design)
    assert design["instanceType"] == "InterventionalStudyDesign"
    assert said["studyType"] == code("C98388", "Interventional Study")
    assert said["studyPhase"] == {"standardCode": code("C15694", "Phase II/III Trial")}
    assert said["model"] == code("C82637", "Crossover Study")
    assert said["intentTypes"] == [code("C49656", "Treatment Study")]
    assert said["characteristics"] == [code("C46079", "Randomized")]
    assert said["blindingSchema"] == {"standardCode": code("C15228", "Double Blind Study")}
    assert said["indications"] == [
        {"label": "Fatigue", "name": "Indication_1", "isRareDisease": False}
    ]
    assert "rationale" not in said


def test_arms_receive_interventions_by_cells_and_elements(
    version: dict[str, Any], design: dict[str, Any]
) -> None:
    assert [stated(one) for one in design["arms"]] == [
        {
            "label": "Tea",
            "type": code("C174266", "Investigational Arm"),
            "description": "Two cups",
        },
        {"label": "Water", "type": code("C174268", "Placebo Control Arm")},
    ]
    names = {one["id"]: one["label"] for one in version["studyInterventions"]}
    elements = {one["id"]: one["studyInterventionIds"] for one in design["elements"]}
    assert [
        (cell["armId"], [names[one] for id_ in cell["elementIds"] for one in elements[id_]])
        for cell in design["studyCells"]
    ] == [("StudyArm.1", ["Green tea"]), ("StudyArm.2", ["Water"])]
    assert [stated(one) for one in design["epochs"]] == [{}]


def test_outcomes_are_end_points_of_an_objective_of_their_level(design: dict[str, Any]) -> None:
    assert [
        (one["level"]["decode"], [(e["level"]["code"], e["text"]) for e in one["endpoints"]])
        for one in design["objectives"]
    ] == [
        ("Primary Objective", [("C94496", "Fatigue score")]),
        ("Exploratory Objective", [("C170559", "Sleep")]),
    ]
    (endpoint,) = design["objectives"][0]["endpoints"]
    assert endpoint["description"] == "By scale"
    assert [
        (one["url"].partition("/usdm")[2], one.get("valueString"))
        for one in endpoint["extensionAttributes"]
    ] == [
        ("/protocolSection/outcomesModule/primaryOutcomes/timeFrame", "8 weeks"),
        ("/not-stated", "purpose"),
    ]


def test_participants_have_both_sexes_and_an_age_without_a_stated_end(
    version: dict[str, Any], design: dict[str, Any]
) -> None:
    population = design["population"]
    assert bare(population["plannedSex"]) == [code("C16576", "Female"), code("C20197", "Male")]
    assert bare(population["plannedEnrollmentNumber"]) == {"value": 40}
    assert population["includesHealthySubjects"] is False
    ages = population["plannedAge"]
    year = {"standardCode": code("C29848", "Year")}
    assert stated(ages) == {"minValue": {"value": 18, "unit": year}}
    assert bare(ages["maxValue"]) == {"value": 999, "unit": year}
    texts = {one["id"]: one["text"] for one in version["eligibilityCriterionItems"]}
    assert [
        (one["category"]["code"], texts[one["criterionItemId"]], one["id"])
        for one in design["eligibilityCriteria"]
    ] == [
        ("C25532", "Tired", population["criterionIds"][0]),
        ("C25370", "Tea &lt; 1 cup", population["criterionIds"][1]),
    ]


def test_a_site_has_its_country(version: dict[str, Any]) -> None:
    (manager,) = [one for one in version["organizations"] if "managedSites" in one]
    (site,) = manager["managedSites"]
    assert site["label"] == "Tea Clinic"
    assert bare(site["country"]) == {
        "code": "CHE",
        "codeSystem": "ISO 3166 1 alpha3",
        "decode": "Switzerland",
    }
    assert [one["url"].rpartition("/")[2] for one in site["extensionAttributes"]] == [
        "city",
        "geoPoint",
    ]


def test_all_of_it_comes_back_results_too() -> None:
    assert json.loads(trialbridge.convert(trialbridge.convert(RECORD, "usdm"), "ctgov")) == RECORD


@pytest.mark.parametrize(
    ("said", "planned", "ours"),
    [
        ({"count": 38, "type": "ESTIMATED"}, 38, []),
        ({"count": 38, "type": "ACTUAL"}, None, ["count", "type"]),
        ({"count": 38}, None, ["count"]),
        ({"type": "ESTIMATED"}, None, ["type"]),
    ],
)
def test_a_number_is_planned_where_the_record_says_that_it_is_estimated(
    said: dict[str, Any], planned: int | None, ours: list[str]
) -> None:
    record = {
        "protocolSection": {
            "identificationModule": {"briefTitle": "Tea"},
            "designModule": {"enrollmentInfo": said},
        }
    }
    tree = written(record)
    population = tree["study"]["versions"][0]["studyDesigns"][0]["population"]
    assert population.get("plannedEnrollmentNumber", {}).get("value") == planned
    urls = [one["url"] for one in population.get("extensionAttributes", [])]
    assert [url.rpartition("/")[2] for url in urls if "enrollmentInfo" in url] == ours
    assert json.loads(trialbridge.convert(json.dumps(tree).encode(), "ctgov")) == record


def test_a_planned_number_of_others_is_estimated() -> None:
    tree = written({"protocolSection": {"identificationModule": {"briefTitle": "Tea"}}})
    tree["systemName"] = "another"
    population = tree["study"]["versions"][0]["studyDesigns"][0].setdefault("population", {})
    population["plannedEnrollmentNumber"] = {
        "id": "R",
        "minValue": {"id": "Q1", "value": 20, "instanceType": "Quantity"},
        "maxValue": {"id": "Q2", "value": 30, "instanceType": "Quantity"},
        "isApproximate": False,
        "instanceType": "Range",
    }
    record = json.loads(trialbridge.convert(json.dumps(tree).encode(), "ctgov"))
    design = record["protocolSection"]["designModule"]
    assert design["enrollmentInfo"] == {"count": 30, "type": "ESTIMATED"}


def test_what_looks_like_markup_is_none_and_comes_back() -> None:
    measure = "Score < 5 & > 2, <b>not bold</b> &lt; &amp;lt;"
    criteria = "Inclusion Criteria:\n\n* BMI < 30 & age > 18\n* <i>x</i>"
    record = {
        "protocolSection": {
            "identificationModule": {"briefTitle": "A < B & C"},
            "outcomesModule": {"primaryOutcomes": [{"measure": measure}]},
            "eligibilityModule": {"eligibilityCriteria": criteria},
        }
    }
    tree = written(record)
    version = tree["study"]["versions"][0]
    assert version["eligibilityCriterionItems"][0]["text"] == "BMI &lt; 30 &amp; age &gt; 18"
    assert version["titles"][0]["text"] == "A < B & C"
    assert json.loads(trialbridge.convert(json.dumps(tree).encode(), "ctgov")) == record
    # Of another system, without markup of its own: the same words.
    tree["systemName"] = "another"
    said = json.loads(trialbridge.convert(json.dumps(tree).encode(), "ctgov"))
    assert said["protocolSection"]["outcomesModule"]["primaryOutcomes"] == [{"measure": measure}]


@pytest.mark.parametrize("acronym", ["C207646", "C94108"])
def test_an_acronym_is_read_by_both_codes_that_cdisc_has_for_it(acronym: str) -> None:
    tree = written({"protocolSection": {"identificationModule": {"acronym": "TEA"}}})
    title = tree["study"]["versions"][0]["titles"][0]
    assert title["type"]["code"] == "C207646"
    title["type"]["code"] = acronym
    data = json.dumps(tree).encode()
    assert trialbridge.validate(data) == []
    record = json.loads(trialbridge.convert(data, "ctgov"))
    assert record["protocolSection"]["identificationModule"] == {"acronym": "TEA"}


def test_codes_of_a_document_are_of_one_version(version: dict[str, Any]) -> None:
    found = {
        get(version, f"{at}Version")
        for at, value in walk(version)
        if at.endswith("/codeSystem") and value == "http://www.cdisc.org"
    }
    # But for the type of a government's institute, which came later.
    assert found == {"2024-09-27", "2026-03-27"}


@pytest.mark.parametrize(
    ("masking", "who", "said"),
    [
        ("NONE", [], "C49659"),
        ("SINGLE", ["PARTICIPANT"], "C28233"),
        ("SINGLE", ["OUTCOMES_ASSESSOR"], "C187674"),
        ("DOUBLE", ["PARTICIPANT", "INVESTIGATOR"], "C15228"),
        ("DOUBLE", ["INVESTIGATOR", "OUTCOMES_ASSESSOR"], "DOUBLE"),
        ("QUADRUPLE", [], "C15228"),
    ],
)
def test_double_blind_has_the_subject_masked(masking: str, who: list[str], said: str) -> None:
    block: dict[str, Any] = {"masking": masking}
    if who:
        block["whoMasked"] = who
    record = {
        "protocolSection": {
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "designInfo": {"maskingInfo": block},
            }
        }
    }
    tree = written(record)
    design = tree["study"]["versions"][0]["studyDesigns"][0]
    assert design["blindingSchema"]["standardCode"]["code"] == said
    assert json.loads(trialbridge.convert(json.dumps(tree).encode(), "ctgov")) == record


def test_the_id_in_another_register_has_that_register_as_its_scope() -> None:
    trial = Trial(
        protocol=ProtocolSection(identification=IdentificationModule(brief_title="Tea")),
        registration=Registration(register="DRKS", id="DRKS00000001", country="DE"),
    )
    data = trialbridge.write(trial, "usdm")
    version = json.loads(data)["study"]["versions"][0]
    (identifier,) = version["studyIdentifiers"]
    (register,) = version["organizations"]
    assert (identifier["text"], identifier["scopeId"]) == ("DRKS00000001", register["id"])
    assert (register["label"], register["type"]["code"]) == ("DRKS", "C93453")
    assert trialbridge.read(data) == trial


def test_an_nct_number_beside_another_registers_id_is_not_the_records_own() -> None:
    for name in ("ACTRN12699000001999.ictrp.xml", "2099-500001-10-00.ctis.json"):
        data = trialbridge.convert(SOURCES / name, "usdm")
        assert trialbridge.diff(SOURCES / name, data) == []


def test_the_sponsors_id_comes_back_without_a_sponsor() -> None:
    record = {"protocolSection": {"identificationModule": {"orgStudyIdInfo": {"id": "TEA-1"}}}}
    assert trialbridge.roundtrip(record, "usdm", format="ctgov") == []


def test_an_observational_study_has_the_class_of_its_own() -> None:
    record = {
        "protocolSection": {
            "identificationModule": {"briefTitle": "Tea"},
            "designModule": {
                "studyType": "OBSERVATIONAL",
                "designInfo": {"observationalModel": "COHORT", "timePerspective": "OTHER"},
                "bioSpec": {"retention": "SAMPLES_WITH_DNA", "description": "Saliva"},
            },
            "eligibilityModule": {
                "studyPopulation": "Drinkers",
                "samplingMethod": "NON_PROBABILITY_SAMPLE",
            },
        }
    }
    tree = written(record)
    design = tree["study"]["versions"][0]["studyDesigns"][0]
    said = stated(design)
    assert design["instanceType"] == "ObservationalStudyDesign"
    assert said["model"] == code("C15208", "Cohort Study")
    assert said["timePerspective"] == {
        "code": "OTHER",
        "codeSystem": "https://trialbridge.github.io/fhir/CodeSystem/ctgov-time-perspective",
        "decode": "Other",
    }
    assert said["samplingMethod"] == code("C127781", "Non-Probability Sampling Method")
    assert said["biospecimenRetentions"] == [
        {
            "name": "BiospecimenRetention_1",
            "isRetained": True,
            "includesDNA": True,
            "description": "Saliva",
        }
    ]
    assert said["population"]["description"] == "Drinkers"
    assert json.loads(trialbridge.convert(json.dumps(tree).encode(), "ctgov")) == record


# --- edits of the document are edits of the record -----------------------------------------------


@pytest.mark.parametrize(
    ("pointer", "value", "lost"),
    [
        (
            "titles/0/text",
            "Coffee",
            '/protocolSection/identificationModule/briefTitle: "Tea in fatigue" -> "Coffee"',
        ),
        (
            "studyDesigns/0/arms/0/label",
            "Green",
            '/protocolSection/armsInterventionsModule/armGroups/0/label: "Tea" -> "Green"',
        ),
        (
            "studyDesigns/0/objectives/0/endpoints/0/text",
            "Score",
            '/protocolSection/outcomesModule/primaryOutcomes/0/measure: "Fatigue score" -> "Score"',
        ),
        (
            "studyDesigns/0/population/includesHealthySubjects",
            True,
            "/protocolSection/eligibilityModule/healthyVolunteers: false -> true",
        ),
        (
            "studyDesigns/0/population/plannedAge/maxValue/value",
            65,
            '/protocolSection/eligibilityModule/maximumAge: (absent) -> "65 Years"',
        ),
        (
            "studyDesigns/0/population/plannedEnrollmentNumber/value",
            41,
            "/protocolSection/designModule/enrollmentInfo/count: 40 -> 41",
        ),
        (
            "eligibilityCriterionItems/0/text",
            "Very tired",
            '/protocolSection/eligibilityModule/eligibilityCriteria: "Inclusion Criteria:',
        ),
    ],
)
def test_an_edit_of_the_document_is_an_edit_of_the_record(
    pointer: str, value: Any, lost: str
) -> None:
    tree = written(RECORD)
    *way, last = pointer.split("/")
    node: Any = tree["study"]["versions"][0]
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node[step]
    node[last] = value
    told = [str(one) for one in trialbridge.diff(RECORD, json.dumps(tree).encode())]
    assert told
    assert told[0].startswith(lost)


# --- documents of others -------------------------------------------------------------------------


def read_real(name: str) -> tuple[dict[str, Any], list[Problem]]:
    told: list[Problem] = []
    data = file(f"usdm/{name}.json").read_bytes()
    record = json.loads(trialbridge.convert(data, "ctgov", warnings=told))
    return record["protocolSection"], told


REAL = ("Alexion_NCT04573309_Wilsons", "CDISC_Pilot_Study", "observational")


@pytest.mark.parametrize("name", REAL)
def test_a_document_of_cdiscs_comes_back_as_it_is(name: str) -> None:
    data = file(f"usdm/{name}.json").read_bytes()
    told: list[Problem] = []
    trial = trialbridge.read(data, warnings=told)
    assert trialbridge.write(trial, "usdm") == data
    assert {problem.severity for problem in told} == {"warning"}
    # Through the model's own form too.
    assert trialbridge.convert(trialbridge.write(trial, "trial"), "usdm") == data


def test_what_a_protocol_of_others_says_is_in_the_record() -> None:
    record, told = read_real("Alexion_NCT04573309_Wilsons")
    identification = record["identificationModule"]
    assert identification["nctId"] == "NCT04573309"
    assert identification["orgStudyIdInfo"] == {"id": "ALXN1840-WD-204"}
    assert identification["secondaryIdInfos"] == [
        {"id": "2020-001104-41", "type": "REGISTRY", "domain": "European Medicines Agency"},
        {"id": "119006", "domain": "Food & Drug Administration"},
    ]
    assert identification["briefTitle"].startswith("Copper and Molybdenum Balance")
    assert record["sponsorCollaboratorsModule"]["leadSponsor"] == {"name": "Alexion"}
    assert record["conditionsModule"]["conditions"] == ["Wilson's Disease"]
    assert record["designModule"]["phases"] == ["PHASE2"]
    assert record["designModule"]["designInfo"]["interventionModel"] == "SINGLE_GROUP"
    assert record["designModule"]["designInfo"]["maskingInfo"] == {"masking": "NONE"}
    assert record["designModule"]["enrollmentInfo"] == {"count": 10, "type": "ESTIMATED"}
    eligibility = record["eligibilityModule"]
    assert eligibility["sex"] == "ALL"
    assert eligibility["minimumAge"] == "18 Years"
    assert eligibility["maximumAge"] == "100 Years"
    # The tag is the value that it refers to.
    assert eligibility["eligibilityCriteria"].startswith(
        "Inclusion Criteria:\n\n* Participants aged ≥ 18 at the time of signing the ICF.\n"
    )
    assert len(record["outcomesModule"]["primaryOutcomes"]) == 1
    places = [problem.path for problem in told if problem.code == "not-carried"]
    assert "/usdm/study/versions/0/amendments" in places
    assert "/usdm/study/versions/0/studyDesigns/0/scheduleTimelines" in places
    assert "/usdm/study/versions/0/studyDesigns/0/activities" in places


def test_what_an_observational_protocol_says_is_in_the_record() -> None:
    record, _ = read_real("observational")
    assert record["designModule"]["studyType"] == "OBSERVATIONAL"
    assert record["designModule"]["designInfo"] == {"timePerspective": "CROSS_SECTIONAL"}
    assert record["eligibilityModule"]["samplingMethod"] == "PROBABILITY_SAMPLE"
    assert [one["facility"] for one in record["contactsLocationsModule"]["locations"]]


@pytest.mark.parametrize("name", REAL)
def test_an_edited_record_is_put_into_the_document(name: str) -> None:
    data = file(f"usdm/{name}.json").read_bytes()
    tree = json.loads(trialbridge.write(trialbridge.read(data), "trial"))
    section = tree["protocolSection"]
    section["identificationModule"]["briefTitle"] = "Another title"
    section["armsInterventionsModule"]["armGroups"][0]["label"] = "Another arm"
    section["outcomesModule"]["primaryOutcomes"][0]["measure"] = "Another measure"
    section["eligibilityModule"]["minimumAge"] = "21 Years"
    told: list[Problem] = []
    edited = json.loads(trialbridge.convert(tree, "usdm", warnings=told))
    assert [problem for problem in told if problem.code == "not-carried"] == []
    before = json.loads(data)["study"]["versions"][0]
    version = edited["study"]["versions"][0]
    assert "Another title" in [one["text"] for one in version["titles"]]
    design, old = version["studyDesigns"][0], before["studyDesigns"][0]
    assert design["arms"][0] == {**old["arms"][0], "label": "Another arm"}
    assert design["objectives"][0]["endpoints"][0]["text"] == "Another measure"
    assert design["population"]["plannedAge"]["minValue"]["value"] == 21
    for key in ("activities", "encounters", "scheduleTimelines", "estimands", "studyCells"):
        assert design[key] == old[key]
    assert version["narrativeContentItems"] == before["narrativeContentItems"]


def test_what_cannot_be_put_into_the_document_is_told() -> None:
    trial = trialbridge.read(file("usdm/observational.json").read_bytes())
    assert trial.protocol is not None
    module = trial.protocol.arms_interventions
    assert module is not None
    assert module.arm_groups is not None
    fewer = replace(module, arm_groups=module.arm_groups[:1])
    trial = replace(trial, protocol=replace(trial.protocol, arms_interventions=fewer))
    told: list[Problem] = []
    made = trialbridge.write(trial, "usdm", warnings=told)
    assert b"scheduleTimelines" not in made
    assert [str(one) for one in told if one.path.endswith("/scheduleTimelines")] == [
        "warning: /usdm/study/versions/0/studyDesigns/0/scheduleTimelines: it stands beyond the "
        "record, and is written again in USDM alone"
    ]


# --- bad input -----------------------------------------------------------------------------------


def refused(data: bytes) -> list[str]:
    with pytest.raises(ReadError) as error:
        trialbridge.read(data)
    return [str(problem) for problem in error.value.problems]


def test_another_version_is_refused_by_its_name() -> None:
    assert refused(b'{"study": {}, "usdmVersion": "3.6.0"}') == [
        "fatal: /usdmVersion: the document is CDISC USDM 3.6.0, which is not read; USDM 4.0 is "
        "(CDISC's DDF-RA says what has changed)"
    ]


def test_a_truncated_document_is_refused_with_the_place() -> None:
    data = trialbridge.convert(RECORD, "usdm")
    (told,) = refused(data[: len(data) // 2])
    assert told.startswith("fatal: line 1")


def test_an_id_that_leads_nowhere_and_a_wrong_class_are_refused_with_the_path() -> None:
    tree = written(RECORD)
    design = tree["study"]["versions"][0]["studyDesigns"][0]
    design["studyCells"][0]["armId"] = "StudyArm.9"
    design["arms"][1]["instanceType"] = "StudyElement"
    assert refused(json.dumps(tree).encode()) == [
        "error: /study/versions/0/studyDesigns/0/arms/1/instanceType: expected 'StudyArm', found "
        "'StudyElement'",
        "error: /study/versions/0/studyDesigns/0/studyCells/0/armId: 'StudyArm.9' is no id in the "
        "document, expected that of a StudyArm",
    ]
