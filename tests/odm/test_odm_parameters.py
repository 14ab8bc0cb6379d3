"""What a fact of the registry is as a parameter of the study or an item of the form, in ODM 2.0."""

from typing import Any

import pytest
from odm_documents import CDISC, codings, find, own, parameter, rows, texts
from odm_sent import parameters, sent

# --- parameters of the trial summary --------------------------------------------------------------

D = "design"
INFO = "designInfo"
CTGOV = "ctgov-"
TS: list[tuple[dict[str, Any], str, str, str, str, str | None, tuple[str, str] | None]] = [
    # record; short name; NCI code; term; value; NCI code of the value; the registry's code
    (
        {"identification": {"officialTitle": "T"}},
        "TITLE",
        "C49802",
        "Trial Title",
        "T",
        None,
        None,
    ),
    (
        {"status": {"startDateStruct": {"date": "2020-01", "type": "ACTUAL"}}},
        "SSTDTC",
        "C69208",
        "Study Start Date",
        "2020-01",
        None,
        ("date-type", "ACTUAL"),
    ),
    (
        {"status": {"completionDateStruct": {"date": "2025"}}},
        "SENDTC",
        "C90462",
        "Study End Date",
        "2025",
        None,
        None,
    ),
    (
        {"status": {"expandedAccessInfo": {"nctId": "NCT00000002"}}},
        "EXPARECN",
        "C127792",
        "Expanded Access Record NCT Number",
        "NCT00000002",
        None,
        None,
    ),
    (
        {"status": {"expandedAccessInfo": {"statusForNctId": "AVAILABLE"}}},
        "EXPASTAT",
        "C127793",
        "Expanded Access Status",
        "Available",
        None,
        ("status", "AVAILABLE"),
    ),
    (
        {"oversight": {"oversightHasDmc": True}},
        "DMCIND",
        "C127790",
        "Data Monitoring Committee Indicator",
        "Y",
        "C49488",
        None,
    ),
    (
        {"oversight": {"isFdaRegulatedDrug": False}},
        "FDADRIND",
        "C123630",
        "FDA-Regulated Drug Study Indicator",
        "N",
        "C49487",
        None,
    ),
    (
        {"oversight": {"isFdaRegulatedDevice": True}},
        "FDADEIND",
        "C123629",
        "FDA-Regulated Device Study Indicator",
        "Y",
        "C49488",
        None,
    ),
    (
        {"oversight": {"isPpsd": True}},
        "PDPSTIND",
        "C123631",
        "Pediatric Postmarket Study Indicator",
        "Y",
        "C49488",
        None,
    ),
    (
        {D: {"studyType": "EXPANDED_ACCESS"}},
        "STYPE",
        "C142175",
        "Study Type",
        "EXPANDED ACCESS",
        "C98722",
        ("study-type", "EXPANDED_ACCESS"),
    ),
    (
        {D: {INFO: {"allocation": "NON_RANDOMIZED"}}},
        "RANDOM",
        "C25196",
        "Trial is Randomized",
        "N",
        "C49487",
        ("design-allocation", "NON_RANDOMIZED"),
    ),
    (
        {D: {INFO: {"interventionModel": "CROSSOVER"}}},
        "INTMODEL",
        "C98746",
        "Intervention Model",
        "CROSS-OVER",
        "C82637",
        ("intervention-model", "CROSSOVER"),
    ),
    (
        {D: {INFO: {"primaryPurpose": "PREVENTION"}}},
        "TINDTP",
        "C49652",
        "Trial Intent Type",
        "PREVENTION",
        "C49657",
        ("primary-purpose", "PREVENTION"),
    ),
    (
        {D: {INFO: {"primaryPurpose": "ECT"}}},
        "TINDTP",
        "C49652",
        "Trial Intent Type",
        "Educational/Counseling/Training",
        None,
        ("primary-purpose", "ECT"),
    ),
    (
        {D: {INFO: {"maskingInfo": {"masking": "QUADRUPLE"}}}},
        "TBLIND",
        "C49658",
        "Trial Blinding Schema",
        "DOUBLE BLIND",
        "C15228",
        ("design-masking", "QUADRUPLE"),
    ),
    (
        {D: {INFO: {"maskingInfo": {"masking": "NONE"}}}},
        "TBLIND",
        "C49658",
        "Trial Blinding Schema",
        "OPEN LABEL",
        "C49659",
        ("design-masking", "NONE"),
    ),
    (
        {D: {INFO: {"observationalModel": "CASE_CONTROL"}}},
        "OBSMODEL",
        "C126064",
        "Observational Model",
        "CASE CONTROL",
        "C15197",
        ("observational-model", "CASE_CONTROL"),
    ),
    (
        {D: {INFO: {"timePerspective": "CROSS_SECTIONAL"}}},
        "OBSTIMP",
        "C126065",
        "Observational Time Perspective",
        "CROSS SECTIONAL",
        "C53310",
        ("time-perspective", "CROSS_SECTIONAL"),
    ),
    (
        {D: {"targetDuration": "2 Years"}},
        "TRGFUDUR",
        "C126077",
        "Target Follow-Up Duration",
        "P2Y",
        None,
        None,
    ),
    (
        {D: {"bioSpec": {"retention": "NONE_RETAINED"}}},
        "BRIND",
        "C164620",
        "Biospecimen Retention Indicator",
        "N",
        "C49487",
        None,
    ),
    (
        {D: {"bioSpec": {"description": "Blood"}}},
        "RTSPCDES",
        "C126072",
        "Retained Biospecimen Description",
        "Blood",
        None,
        None,
    ),
    (
        {D: {"enrollmentInfo": {"count": 7, "type": "ESTIMATED"}}},
        "PLANSUB",
        "C49692",
        "Planned Number of Subjects",
        "7",
        None,
        None,
    ),
    (
        {D: {"enrollmentInfo": {"count": 7, "type": "ACTUAL"}}},
        "ACTSUB",
        "C98703",
        "Actual Number of Subjects",
        "7",
        None,
        None,
    ),
    (
        {"eligibility": {"minimumAge": "18 Years"}},
        "AGEMIN",
        "C49693",
        "Planned Minimum Age of Subjects",
        "P18Y",
        None,
        None,
    ),
    (
        {"eligibility": {"maximumAge": "6 Months"}},
        "AGEMAX",
        "C49694",
        "Planned Maximum Age of Subjects",
        "P6M",
        None,
        None,
    ),
    (
        {"eligibility": {"sex": "ALL"}},
        "SEXPOP",
        "C49696",
        "Sex of Participants",
        "BOTH",
        "C49636",
        ("sex", "ALL"),
    ),
    (
        {"eligibility": {"healthyVolunteers": True}},
        "HLTSUBJI",
        "C98737",
        "Healthy Subject Indicator",
        "Y",
        "C49488",
        None,
    ),
    (
        {"eligibility": {"samplingMethod": "PROBABILITY_SAMPLE"}},
        "OBSTSMM",
        "C126067",
        "Observational Study Sampling Method",
        "PROBABILITY SAMPLE",
        "C71517",
        ("sampling-method", "PROBABILITY_SAMPLE"),
    ),
]


@pytest.mark.parametrize("row", TS, ids=[f"{row[1]} {row[4]}" for row in TS])
def test_a_parameter_of_the_trial_summary(row: Any) -> None:
    """Its name, its NCI code, its value and the codes of the value, and no other parameter."""
    record, short, nci, term, held, value_code, exact = row
    root = sent(record)
    assert parameters(root) == {short: held}
    node = parameter(root, short)
    assert (node.get("ShortName"), node.get("Term")) == (short, term)
    assert codings(node) == [(CDISC, nci)]
    expected = [(CDISC, value_code)] if value_code else []
    expected += [(own(f"{CTGOV}{exact[0]}"), exact[1])] if exact else []
    assert codings(find(node, "o:ParameterValue")) == expected


def test_samples_with_dna_are_two_indicators() -> None:
    root = sent({"design": {"bioSpec": {"retention": "SAMPLES_WITHOUT_DNA"}}})
    assert parameters(root) == {"BRIND": "Y", "BRDNAIND": "N"}


def test_the_registry_s_number_is_a_registry_identifier_and_says_of_which() -> None:
    root = sent({"identification": {"nctId": "NCT00000001"}})
    assert parameters(root) == {"REGID": "NCT00000001"}
    assert codings(find(parameter(root, "REGID"), "o:ParameterValue")) == [
        ("https://clinicaltrials.gov", "NCT00000001")
    ]
    assert texts(root, "/o:ODM/@FileOID") == ["ODM.NCT00000001"]


def test_other_registries_identifiers_are_registry_identifiers_and_grants_are_not() -> None:
    root = sent(
        {
            "identification": {
                "secondaryIdInfos": [
                    {"id": "2024-1", "type": "EUDRACT_NUMBER"},
                    {"id": "G", "type": "OTHER_GRANT", "domain": "Fund"},
                    {"id": "X"},
                ]
            }
        }
    )
    assert parameters(root) == {
        "SECONDARY-ID.1": "2024-1",
        "SECONDARY-ID.2": "G",
        "SECONDARY-ID.3": "X",
    }
    assert rows(root) == {"SecondaryIdInfo@SP.SECONDARY-ID.2": {"SecondaryIdInfo.domain": "Fund"}}
    shorts = [parameter(root, f"SECONDARY-ID.{n}").get("ShortName") for n in (1, 2, 3)]
    assert shorts == ["REGID", "secondary-id", "secondary-id"]


def test_lists_are_numbered_parameters_in_their_order() -> None:
    root = sent({"conditions": {"keywords": ["b", "a", "b"]}})
    assert parameters(root) == {"KEYWORD.1": "b", "KEYWORD.2": "a", "KEYWORD.3": "b"}


@pytest.mark.parametrize(
    ("record", "group", "item", "held"),
    [
        ({"status": {"whyStopped": "No money"}}, "status", "whyStopped", "No money"),
        ({"oversight": {"fdaaa801Violation": True}}, "oversight", "fdaaa801Violation", "true"),
        ({"ipdSharingStatement": {"ipdSharing": "NO"}}, "ipdSharingStatement", "ipdSharing", "NO"),
        ({"oversight": {"isUsExport": False}}, "oversight", "isUsExport", "false"),
    ],
)
def test_what_cdisc_has_no_parameter_for_is_an_item_of_the_form(
    record: dict[str, Any], group: str, item: str, held: str
) -> None:
    root = sent(record)
    assert parameters(root) == {}
    assert rows(root) == {group: {f"{group}.{item}": held}}


def test_the_form_is_defined_by_the_model_s_structs() -> None:
    root = sent(
        {
            "status": {"startDateStruct": {"date": "2024-01", "type": "ACTUAL"}},
            "sponsorCollaborators": {"collaborators": [{"class": "NIH"}]},
        },
        resultsSection={
            "adverseEventsModule": {"eventGroups": [{"id": "EG000", "deathsNumAffected": 3}]}
        },
    )
    groups = {
        node.get("OID"): (node.get("Name"), node.get("Repeating"), node.get("IsReferenceData"))
        for node in root.iter("{*}ItemGroupDef")
    }
    assert groups == {
        "IG.Sponsor": ("Sponsor", "Simple", "Yes"),
        "IG.adverseEvents.eventGroups": ("Adverse events: event groups", "Simple", "Yes"),
    }
    items = {
        node.get("OID"): (node.get("Name"), node.get("DataType"), node.get("Length"))
        for node in root.iter("{*}ItemDef")
    }
    assert items["IT.EventGroup.deathsNumAffected"] == ("Deaths num affected", "integer", "20")
    assert items["IT.EventGroup.title"] == ("Title", "text", "32000")
    assert items["IT.Sponsor.class"] == ("Class", "text", "9")
    assert texts(root, "//o:CodeList/@OID") == ["CL.AgencyClass"]
    assert texts(root, "//o:CodeListItem[@CodedValue='OTHER_GOV']/o:Decode//text()") == [
        "Other government"
    ]
    assert rows(root) == {
        "Sponsor@ORG.COLLABORATOR.1": {"Sponsor.class": "NIH"},
        "adverseEvents.eventGroups@1": {
            "EventGroup.id": "EG000",
            "EventGroup.deathsNumAffected": "3",
        },
    }
