"""The EU's register: what its documents say stands in the record, and the rest is kept.

The facts of real documents were looked up in them by hand.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from corpus import files
from registers import ABSENT, SOURCES, facts, onward, read

import trialbridge
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.syntax.pointer import get

TODAY = (SOURCES / "2099-500001-10-00.ctis.json").read_bytes()
BEFORE = (SOURCES / "2099-500001-10-00.before.ctis.json").read_bytes()

_ID, _STATUS, _DESIGN = "identificationModule", "statusModule", "designModule"
_WHO, _ARMS = "sponsorCollaboratorsModule", "armsInterventionsModule"
_PLACES = "contactsLocationsModule"

OF_BOTH: dict[str, Any] = {
    "/registration/register": "CTIS",
    "/registration/id": "2099-500001-10-00",
    "/registration/lastChanged": "2099-09-15",
    f"{_ID}/nctId": ABSENT,
    f"{_ID}/officialTitle": "A trial of tea & water in people with mild fatigue",
    f"{_ID}/briefTitle": "Tea in Mild Fatigue",
    f"{_ID}/orgStudyIdInfo/id": "TEA-1",
    f"{_ID}/secondaryIdInfos": [
        {"id": "2098-000001-12", "type": "EUDRACT_NUMBER"},
        {"id": "NCT99900001", "type": "REGISTRY", "domain": "ClinicalTrials.gov"},
        {"id": "U1111-0000-0001", "type": "REGISTRY", "domain": "WHO UTN"},
        {"id": "TEA-REG-1", "type": "REGISTRY", "domain": "Register of Teas"},
    ],
    f"{_STATUS}/completionDateStruct": {"date": "2100-02-01", "type": "ESTIMATED"},
    f"{_WHO}/leadSponsor": {"name": "Tea Company", "class": "INDUSTRY"},
    f"{_WHO}/collaborators": [{"name": "Society of Tea"}],
    "descriptionModule/detailedDescription": (
        "Main Objective:\n\nTo compare tea with water\n\n"
        "Secondary Objectives:\n\n1. Sleep,\n   at night\n2. Taste"
    ),
    "conditionsModule/conditions": ["Fatigue"],
    f"{_DESIGN}/studyType": "INTERVENTIONAL",
    f"{_DESIGN}/phases": ["PHASE2", "PHASE3"],
    f"{_DESIGN}/enrollmentInfo": {"count": 62, "type": "ESTIMATED"},
    f"{_DESIGN}/designInfo": ABSENT,
    f"{_ARMS}/armGroups": [
        {"label": "Tea", "description": "Three cups a day"},
        {"label": "Water"},
    ],
    f"{_ARMS}/interventions": [
        {"name": "Chamomile Tea 2 g", "otherNames": ["CHAMOMILE"]},
        {"name": "Hot Water"},
    ],
    "outcomesModule/primaryOutcomes": [{"measure": "Fatigue, 0 to 10"}],
    "outcomesModule/secondaryOutcomes": [{"measure": "First"}, {"measure": "Second"}],
    "eligibilityModule": {
        "eligibilityCriteria": (
            "Inclusion Criteria:\n\n1. Age \\> 18 years\n2. Tired:\n   - mildly\n\n   - often\n"
            "10. Ten\n\nExclusion Criteria:\n\n1. Allergic to tea"
        ),
        "healthyVolunteers": True,
        "sex": "ALL",
        "stdAges": ["ADULT", "OLDER_ADULT"],
    },
    f"{_PLACES}/centralContacts": [
        {"name": "Desk", "phone": "+000", "email": "desk@tea.example"},
        {"name": "Office"},
    ],
    f"{_PLACES}/locations/1/facility": "Hospital of Lyon",
    f"{_PLACES}/locations/1/city": "Lyon",
    f"{_PLACES}/locations/1/zip": "69001",
    f"{_PLACES}/locations/1/contacts": [
        {"name": "Bert Deux", "phone": "+1", "email": "deux@tea.example"}
    ],
    f"{_PLACES}/locations/3": {"country": "Switzerland"},
}
OF_TODAY: dict[str, Any] = {
    f"{_STATUS}/overallStatus": "TERMINATED",
    f"{_STATUS}/startDateStruct": {"date": "2099-02-03", "type": "ACTUAL"},
    f"{_PLACES}/locations/0/status": "TERMINATED",
    f"{_PLACES}/locations/2": {"country": "Spain", "status": "RECRUITING"},
    "/hasResults": True,
}
OF_BEFORE: dict[str, Any] = {
    f"{_STATUS}/overallStatus": "ACTIVE_NOT_RECRUITING",
    f"{_STATUS}/startDateStruct": {"date": "2099-02-01", "type": "ESTIMATED"},
    f"{_PLACES}/locations/0/status": "NOT_YET_RECRUITING",
    f"{_PLACES}/locations/2": {"country": "Spain", "status": "SUSPENDED"},
    "/hasResults": ABSENT,
}


@pytest.mark.parametrize(
    ("data", "said"), [(TODAY, OF_BOTH | OF_TODAY), (BEFORE, OF_BOTH | OF_BEFORE)]
)
def test_both_forms_are_read_alike(data: bytes, said: dict[str, Any]) -> None:
    trial, _ = read(data)
    assert facts(trial, said) == said


def leaves(tree: Any) -> list[Any]:
    """Give the values of a tree that say something."""
    if isinstance(tree, dict | list):
        inside = tree.values() if isinstance(tree, dict) else tree
        return [leaf for one in inside for leaf in leaves(one)]
    return [] if tree in (None, "") else [tree]


@pytest.mark.parametrize("data", [TODAY, BEFORE])
def test_what_has_no_place_is_kept_by_its_pointer_and_told(data: bytes) -> None:
    trial, told = read(data)
    kept = (trial.unmapped or {})["/ctis"]
    tree = json.loads(data)
    assert {pointer: leaves(get(tree, pointer)) for pointer in kept} == {
        pointer: leaves(value) for pointer, value in kept.items()
    }
    above = "/authorizedApplication" if data is TODAY else ""
    details = f"{above}/authorizedPartI/trialDetails"
    assert kept[f"{details}/clinicalTrialIdentifiers/publicTitle"] == "Le thé contre la fatigue"
    assert kept[f"{details}/trialInformation/populationOfTrialSubjects/ageRanges/2"] == {
        "ageRangeCategory": "1"
    }
    counted = sum(int(one.message.split()[0]) for one in told if one.code == "not-read")
    assert counted == len(leaves(kept))


def test_each_value_is_read_or_kept() -> None:
    trial, _ = read(TODAY)
    kept = leaves((trial.unmapped or {})["/ctis"])
    said = json.dumps(msgspec.to_builtins(trial), ensure_ascii=False)
    lost = [
        leaf
        for leaf in leaves(json.loads(TODAY))
        if isinstance(leaf, str) and leaf not in kept and json.dumps(leaf)[1:-1] not in said
    ]
    # Days in another order, texts with escapes and indents, and what codes are in words.
    assert lost == [
        *("03/02/2099", "English", "Sleep,\nat night", "Age > 18 years"),
        *("Tired:\n- mildly\n\n- often", "Healthy volunteers", "Patients", "Yes", "15/09/2099"),
    ]


@pytest.mark.parametrize(
    ("pointer", "value", "leaf", "read_as"),
    [
        ("/ctPublicStatusCode", 99, f"{_STATUS}/overallStatus", ABSENT),
        ("/ctPublicStatusCode", 1, f"{_STATUS}/overallStatus", ABSENT),
        ("/ctPublicStatusCode", "5", f"{_STATUS}/overallStatus", "ACTIVE_NOT_RECRUITING"),
        ("/startDateEU", "2099", f"{_STATUS}/startDateStruct/type", "ESTIMATED"),
        ("/startDateEU", "31/02/2099", f"{_STATUS}/startDateStruct/date", "2099-02-01"),
        ("/lastUpdated", "2099-09-15T01:02:03.4", "/registration/lastChanged", "2099-09-15"),
        ("/resultsFirstReceived", "Maybe", "/hasResults", ABSENT),
    ],
)
def test_a_code_or_a_day_that_is_not_known_is_kept(
    pointer: str, value: Any, leaf: str, read_as: Any
) -> None:
    tree = json.loads(TODAY)
    tree["ctStatus"] = tree[pointer[1:]] = value
    del tree["events"]
    trial, _ = read(json.dumps(tree).encode())
    assert facts(trial, [leaf]) == {leaf: read_as}
    if read_as is ABSENT or read_as == "ESTIMATED":
        assert (trial.unmapped or {})["/ctis"][pointer] == value


def test_an_unknown_code_is_told_with_its_place() -> None:
    data = TODAY.replace(b'"trialPhase": "10"', b'"trialPhase": "77"')
    trial, told = read(data)
    assert trial.phases == []
    (problem,) = (one for one in told if one.code == "unknown-code" and "77" in one.message)
    assert str(problem) == (
        "warning: /ctis/authorizedApplication/authorizedPartI/trialDetails/trialInformation"
        "/trialCategory/trialPhase: '77' is no phase that has a place: kept in unmapped"
    )


@pytest.mark.parametrize(
    ("status", "events", "read_as"),
    [
        (8, ["END_OF_TRIAL"], "COMPLETED"),
        (8, ["END_OF_TRIAL", "EARLY_TERMINATION"], "TERMINATED"),
        (8, [], ABSENT),
    ],
)
def test_ended_is_what_the_events_say(status: int, events: list[str], read_as: Any) -> None:
    tree = json.loads(TODAY)
    notified = [{"notificationType": one} for one in events]
    tree["events"] = {"trialEvents": [{"mscId": 12, "events": notified}]}
    trial, _ = read(json.dumps(tree).encode())
    leaf = f"{_STATUS}/overallStatus"
    assert facts(trial, [leaf]) == {leaf: read_as}


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (
            b'{"timestamp": 1, "status": 404, "error": "Not Found", "path": "/x"}',
            "line 1",
            "the source is an error that a web service answered, no record, which is not read; ask"
            " again, and look at its `status`",
        ),
        (
            b'{"pagination": {}, "data": []}',
            "line 1",
            "the source is a page of what a search of the EU's register (CTIS) found, which is not"
            " read; each record is https://euclinicaltrials.eu/ctis-public-api/retrieve/ and its"
            " number",
        ),
        (
            b'{"ctNumber": "2099-500001-10-00", "ctStatus": 4}',
            "",
            "no part I of an application (authorizedPartI), as a row of a search has none: the"
            " record is ctis-public-api/retrieve/2099-500001-10-00",
        ),
        (
            b'{"authorizedPartI": {}}',
            "/ctNumber",
            "a record of CTIS has a number: expected a text",
        ),
        (
            TODAY[:900],
            "line 39, column 7",
            "the JSON breaks off: a value, a quote or a bracket is missing at the end",
        ),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(data: bytes, path: str, message: str) -> None:
    with pytest.raises(ReadError) as raised:
        trialbridge.read(data)
    (problem,) = raised.value.problems
    assert (problem.message, problem.path) == (message, path)


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Give each object and list of a tree with each of its keys, without what it cannot lack."""
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        if key not in ("ctNumber", "authorizedApplication", "authorizedPartI"):
            yield tree, key
        if isinstance(tree[key], dict | list):
            yield from places(tree[key])


@pytest.mark.parametrize("value", [None, 1.5, "x", [None], {"a": 1}])
def test_a_part_of_another_form_is_kept_and_never_fails(value: Any) -> None:
    whole = json.loads(TODAY)
    for holder, key in list(places(whole)):
        held = holder[key]
        holder[key] = value
        kept = (trialbridge.read(json.dumps(whole).encode()).unmapped or {})["/ctis"]
        if isinstance(value, float):
            assert value in leaves(kept), key
        holder[key] = held


def test_a_list_of_records_is_each_of_them() -> None:
    found = list(trialbridge.records(b"[" + TODAY + b"," + BEFORE + b"]"))
    assert [one.trial.registration.id for one in found if one.trial and one.trial.registration] == [
        "2099-500001-10-00",
        "2099-500001-10-00",
    ]


def test_validate_tells_what_is_unusual() -> None:
    tree = json.loads(TODAY)
    tree["ctNumber"] = "2099-1"
    identifiers = tree["authorizedApplication"]["authorizedPartI"]["trialDetails"]
    identifiers["clinicalTrialIdentifiers"]["secondaryIdentifyingNumbers"]["nctNumber"] = {
        "number": "NCT1"
    }
    tree["startDateEU"] = "01/01/2101"
    told = trialbridge.validate(json.dumps(tree).encode())
    assert [str(one) for one in told if one.layer == "register"] == [
        "warning: /registration/id: '2099-1' has not the form of an id of CTIS (2023-505613-24-00)",
        "warning: /protocolSection/identificationModule/secondaryIdInfos/1/id: 'NCT1' has not the"
        " form of a number of ClinicalTrials.gov (NCT00000001)",
        "warning: /protocolSection/statusModule/completionDateStruct: the trial ends (2100-02-01)"
        " before it starts (2101-01-01)",
    ]
    assert [one for one in trialbridge.validate(TODAY) if one.layer == "register"] == []


@pytest.mark.parametrize("data", [TODAY, BEFORE])
def test_it_goes_onward_as_the_register_s(data: bytes) -> None:
    onward(data)


def test_what_is_kept_of_a_large_document_goes_to_fhir_in_pieces() -> None:
    tree = json.loads(TODAY)
    tree["applications"] = ["Décision " * 1_000] * 240
    data = json.dumps(tree).encode()
    written = trialbridge.convert(data, "fhir-r5")
    assert trialbridge.read(written) == trialbridge.read(data)
    (study, *_) = (one["resource"] for one in json.loads(written)["entry"])
    lengths = [
        len(one["valueString"])
        for one in study["extension"]
        if one["url"].endswith("/StructureDefinition/unmapped")
    ]
    assert lengths[:2] == [1_000_000, 1_000_000]
    assert len(lengths) == 3


# --- real documents ----------------------------------------------------------------------------

_TITLE = (
    "An open label, single arm study to evaluate single and multiple dose pharmacokinetics, safety"
    " and tolerability, and to explore clinical outcomes of treatment with intravenous (IV)"
    " zanamivir in neonates and infants under 6 months of age with confirmed complicated influenza"
    " infection."
)
_ZANAMIVIR: dict[str, Any] = {
    "/registration/register": "CTIS",
    "/registration/id": "2024-510663-34-00",
    "/registration/lastChanged": "2025-09-15",
    f"{_ID}/nctId": ABSENT,
    f"{_ID}/officialTitle": _TITLE,
    f"{_ID}/briefTitle": _TITLE,
    f"{_ID}/orgStudyIdInfo/id": "200925",
    f"{_ID}/secondaryIdInfos/0": {"id": "2019-001588-63", "type": "EUDRACT_NUMBER"},
    f"{_ID}/secondaryIdInfos/1/id": "NCT04494412",
    f"{_ID}/secondaryIdInfos/1/domain": "ClinicalTrials.gov",
    f"{_STATUS}/overallStatus": "RECRUITING",
    f"{_STATUS}/startDateStruct": {"date": "2021-01-29", "type": "ACTUAL"},
    f"{_STATUS}/completionDateStruct": {"date": "2026-12-09", "type": "ESTIMATED"},
    f"{_WHO}/leadSponsor/name": "Glaxosmithkline Research & Development Limited",
    f"{_WHO}/leadSponsor/class": "INDUSTRY",
    f"{_WHO}/collaborators": ABSENT,
    f"{_PLACES}/centralContacts": [
        {
            "name": "EU GSK Clinical Trials Call Center",
            "phone": "+442089904466",
            "email": "GSKClinicalSupportHD@gsk.com",
        }
    ],
    "descriptionModule/detailedDescription": (
        "Main Objective:\n\nTo characterise single and multiple dose to steady state"
        " pharmacokinetics of IV zanamivir in hospitalised neonates and infants under 6 months of"
        " age with influenza infection"
    ),
    "conditionsModule/conditions": ["Influenza, Human"],
    f"{_DESIGN}/studyType": "INTERVENTIONAL",
    f"{_DESIGN}/phases": ["PHASE2"],
    f"{_DESIGN}/enrollmentInfo": {"count": 11, "type": "ESTIMATED"},
    f"{_ARMS}/armGroups": ABSENT,
    f"{_ARMS}/interventions": [
        {"name": "Dectova 10 mg/mL solution for infusion", "otherNames": ["ZANAMIVIR"]}
    ],
    "outcomesModule/primaryOutcomes": [
        {"measure": "Area under the serum concentration-time curve (AUC)"},
        {"measure": "Maximum serum concentration (Cmax)"},
        {"measure": "Clearance (CL)"},
        {"measure": "Terminal half-life (t1/2)"},
    ],
    "outcomesModule/secondaryOutcomes": ABSENT,
    "eligibilityModule/sex": "ALL",
    "eligibilityModule/stdAges": ["CHILD"],
    "eligibilityModule/healthyVolunteers": False,
    f"{_PLACES}/locations/0/facility": "Sant Joan De Deu Barcelona Hospital",
    f"{_PLACES}/locations/0/status": "RECRUITING",
    f"{_PLACES}/locations/0/city": "Esplugues De Llobregat",
    f"{_PLACES}/locations/0/zip": "08950",
    f"{_PLACES}/locations/0/country": "Spain",
    f"{_PLACES}/locations/0/contacts/0/name": "Mónica Balaguer Gargallo",
    f"{_PLACES}/locations/0/contacts/0/phone": "+34932804000",
    f"{_PLACES}/locations/0/contacts/0/email": "mbalaguer@sjdhospitalbarcelona.org",
    f"{_PLACES}/locations/5/facility": "Azienda Ospedaliera Universitaria Meyer IRCCS",
    f"{_PLACES}/locations/5/city": "Florence",
    f"{_PLACES}/locations/5/country": "Italy",
    f"{_PLACES}/locations/5/status": "RECRUITING",
    f"{_PLACES}/locations/6": ABSENT,
    "/hasResults": False,
}
_BALLOON: dict[str, Any] = {
    "/registration/id": "2022-501142-30-00",
    "/registration/lastChanged": "2024-03-15",
    f"{_ID}/briefTitle": (
        "Balloon + Oxytocin versus Oral Misoprostol to Induce labor in case of premature rupture"
        " of membranes (PROM) at term in nulliparous"
    ),
    f"{_ID}/orgStudyIdInfo/id": "PHRC N 2020 GALLOT",
    f"{_ID}/secondaryIdInfos": [
        {"id": "2022-A01479-34", "type": "REGISTRY", "domain": "IDRCB number"}
    ],
    f"{_STATUS}/overallStatus": "RECRUITING",
    f"{_STATUS}/startDateStruct": {"date": "2023-01-17", "type": "ACTUAL"},
    f"{_STATUS}/completionDateStruct": {"date": "2024-10-01", "type": "ESTIMATED"},
    f"{_WHO}/leadSponsor": {"name": "CHU Gabriel-Montpied"},
    f"{_DESIGN}/phases": ["PHASE4"],
    f"{_DESIGN}/enrollmentInfo/count": 520,
    f"{_DESIGN}/designInfo": ABSENT,
    "conditionsModule/conditions": ["pregnant women with premature rupture of membranes"],
    f"{_ARMS}/armGroups/0/label": "labor induction with balloon catheter and oxytocin",
    f"{_ARMS}/armGroups/1/label": "labor induction with misoprostol",
    f"{_ARMS}/interventions": [
        {"name": "AMOXICILLIN"},
        {"name": "AMOXICILLIN SODIUM"},
        {"name": "OXYTOCIN"},
        {"name": "CLINDAMYCIN"},
        {"name": "MISOPROSTOL"},
    ],
    "outcomesModule/primaryOutcomes/0/measure": (
        "Proportion of patients vaginally delivered <24h (binary endpoint Yes/No)"
    ),
    "outcomesModule/secondaryOutcomes/3/measure": "Total dose of misoprostol received",
    "eligibilityModule/eligibilityCriteria": (
        "Inclusion Criteria:\n\n1. Age \\> 18 years old\n2. Pregnant, Gestational age ≥ 37 weeks\n"
        "3. Singleton pregnancy with cephalic presentation\n4. Nulliparous\n"
        "5. PROM without labour beyond 12 hours\n6. Unfavourable cervix (Bischop score \\< 6)\n"
        "7. Able to give her informed consent\n"
        "8. Ability to comply with the requirement of the study\n"
        "9. Covered by the French Social Security welfare system\n\n"
        "Exclusion Criteria:\n\n1. Unable to understand French language\n"
        "2. Contraindication for vaginal delivery\n3. Loss of meconium amniotic fluid (LA)\n"
        "4. Temperature \\> 38.2°C\n5. Intrauterine infection\n6. IUGR with Doppler anomaly\n"
        "7. Fetus with expected polymalformative syndrome\n8. Scarred womb\n"
        "9. Suspicion of genital herpes\n10. Known HIV seropositivity\n11. Placenta praevia\n"
        "12. Fetal death\n13. Abnormal FHR (Fetal Heart Rate)\n"
        "14. Contraindication to misoprostol\n15. Contraindication to balloon\n"
        "16. Contraindication to oxytocin\n"
        "17. Patient subject to a legal protection order (curatorship or tutorship)\n"
        "18. Refusal to participate"
    ),
    "eligibilityModule/sex": "FEMALE",
    "eligibilityModule/stdAges": ["ADULT"],
    f"{_PLACES}/locations/3/facility": "CHU De Toulouse",
    f"{_PLACES}/locations/3/zip": "31059",
    f"{_PLACES}/locations/3/status": "RECRUITING",
    f"{_PLACES}/locations/4/contacts/0/name": "Tiphaine Barjat",
    f"{_PLACES}/locations/5": ABSENT,
    "/hasResults": False,
}
_PAMAPIMOD: dict[str, Any] = {
    "/registration/id": "2022-500244-37-00",
    "/registration/lastChanged": "2022-08-03",
    f"{_ID}/orgStudyIdInfo/id": "KIN001-204",
    f"{_ID}/secondaryIdInfos": ABSENT,
    f"{_STATUS}/overallStatus": "NOT_YET_RECRUITING",
    f"{_STATUS}/startDateStruct": {"date": "2022-06-01", "type": "ESTIMATED"},
    f"{_STATUS}/completionDateStruct": {"date": "2023-12-31", "type": "ESTIMATED"},
    # It says that it is a company, and that it is not commercial.
    f"{_WHO}/leadSponsor": {"name": "Kinarus AG"},
    "conditionsModule/conditions": ["COVID-19"],
    f"{_DESIGN}/phases": ["PHASE2"],
    f"{_DESIGN}/enrollmentInfo": {"count": 440, "type": "ESTIMATED"},
    f"{_ARMS}/interventions": [
        {"name": "PIOGLITAZONE HYDROCHLORIDE"},
        {"name": "Pioglitazone Placebo"},
        {"name": "PAMAPIMOD"},
        {"name": "Pamapimod Placebo"},
    ],
    "outcomesModule/secondaryOutcomes/7/measure": (
        "Number of family members (same household) testing positive by rtPCR test within 2 to 10"
        " days after inclusion"
    ),
    "eligibilityModule/sex": "ALL",
    "eligibilityModule/stdAges": ["ADULT", "OLDER_ADULT"],
    "eligibilityModule/healthyVolunteers": ABSENT,
    f"{_PLACES}/centralContacts/1/name": "Thierry Fumeaux",
    f"{_PLACES}/locations/0": {
        "facility": "Praxis Am Ebertplatz",
        "status": "NOT_YET_RECRUITING",
        "city": "Cologne",
        "zip": "50668",
        "country": "Germany",
        "contacts": [
            {
                "name": "Christoph Wyen",
                "phone": "+4922191408580",
                "email": "info@praxis-ebertplatz.de",
            }
        ],
    },
    f"{_PLACES}/locations/1/facility": "Hno Praxis Am Neckar",
    f"{_PLACES}/locations/2": {"country": "Switzerland"},
    f"{_PLACES}/locations/3": ABSENT,
}
_NIVOLUMAB: dict[str, Any] = {
    "/registration/id": "2022-500676-59-00",
    f"{_ID}/orgStudyIdInfo/id": "NPC-Nivo",
    f"{_ID}/secondaryIdInfos": [
        {
            "id": "DRKS00027098",
            "type": "REGISTRY",
            "domain": "German Clinical Trials Register",
        }
    ],
    f"{_STATUS}/overallStatus": "RECRUITING",
    f"{_STATUS}/startDateStruct": {"date": "2022-12-06", "type": "ACTUAL"},
    f"{_STATUS}/completionDateStruct": {"date": "2028-08-31", "type": "ESTIMATED"},
    f"{_WHO}/leadSponsor": {"name": "Gpoh Gemeinnützige GmbH"},
    f"{_DESIGN}/enrollmentInfo/count": 57,
    f"{_ARMS}/interventions/2": {"name": "CISPLATIN"},
    f"{_ARMS}/interventions/6": ABSENT,
    "eligibilityModule/stdAges": ["CHILD", "ADULT"],
    "eligibilityModule/healthyVolunteers": False,
    "outcomesModule/secondaryOutcomes/1/measure": "Overall survival (OS)",
    f"{_PLACES}/locations/2/facility": "Universitaetsklinikum Duesseldorf AöR",
    f"{_PLACES}/locations/35/country": "Germany",
    f"{_PLACES}/locations/35/status": "RECRUITING",
    f"{_PLACES}/locations/36": ABSENT,
}
_RIBOCICLIB: dict[str, Any] = {
    "/registration/id": "2024-512095-35-00",
    f"{_ID}/secondaryIdInfos": [
        {"id": "2021-005617-14", "type": "EUDRACT_NUMBER"},
        {"id": "NCT05429502", "type": "REGISTRY", "domain": "ClinicalTrials.gov"},
    ],
    f"{_STATUS}/overallStatus": "RECRUITING",
    f"{_STATUS}/completionDateStruct/date": "2029-07-16",
    f"{_WHO}/leadSponsor": {"name": "Novartis Pharma AG", "class": "INDUSTRY"},
    f"{_DESIGN}/phases": ["PHASE1", "PHASE2"],
    f"{_DESIGN}/enrollmentInfo/count": 86,
    f"{_ARMS}/interventions": [
        {"name": "TEMOZOLOMIDE"},
        {"name": "TOPOTECAN HYDROCHLORIDE"},
        {"name": "LEE011", "otherNames": ["RIBOCICLIB"]},
    ],
    f"{_PLACES}/locations/2/country": "Denmark",
    f"{_PLACES}/locations/2/status": "NOT_YET_RECRUITING",
    f"{_PLACES}/locations/7/facility": "University Hospital Cologne AöR",
    f"{_PLACES}/locations/7/status": "RECRUITING",
    f"{_PLACES}/locations/11/city": "Madrid",
    f"{_PLACES}/locations/12": {"country": "United Kingdom"},
    f"{_PLACES}/locations/19": {"country": "Korea, Republic of"},
}
REAL = {
    "2024-510663-34-00": _ZANAMIVIR,
    "2022-501142-30-00": _BALLOON,
    "2022-500244-37-00": _PAMAPIMOD,
    "2022-500676-59-00": _NIVOLUMAB,
    "2024-512095-35-00": _RIBOCICLIB,
}


def test_there_are_forty_facts_of_each_form() -> None:
    assert len(_ZANAMIVIR) >= 40
    assert sum(map(len, (_PAMAPIMOD, _NIVOLUMAB, _RIBOCICLIB))) >= 40


@pytest.mark.parametrize("number", REAL)
def test_the_facts_of_real_documents_stand_in_the_record(number: str) -> None:
    (path,) = files(f"ctis-json/{number}.json")
    trial, told = read(path.read_bytes())
    assert facts(trial, REAL[number]) == REAL[number]
    assert {one.code for one in told} == {"not-read"}


@pytest.mark.parametrize("number", REAL)
def test_each_real_document_goes_onward(number: str) -> None:
    (path,) = files(f"ctis-json/{number}.json")
    onward(path.read_bytes())
    assert [one for one in trialbridge.validate(path) if one.layer == "register"] == []
