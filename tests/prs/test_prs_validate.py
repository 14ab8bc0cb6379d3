"""PRS upload XML: what is wrong with it is told with its line and place, and what is missing."""

from pathlib import Path

import pytest

import trialbridge
from trialbridge.mappings.registries.prs import protocol
from trialbridge.mappings.registries.prs.registration import CODE, ELEMENTS
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.prs.digest import LATER, digest
from trialbridge.schemas.prs.validate import check

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "NCT99900001.ctgov.json"
UPLOAD = trialbridge.convert(EXAMPLE, "prs", options={"org_name": "NorrlandU"})
STUDY = "prs:study_collection/clinical_study"


def told(data: bytes) -> list[str]:
    return [str(one) for one in check(data) if one.severity == "error"]


def test_what_we_write_is_valid_and_newer_values_are_told() -> None:
    assert told(UPLOAD) == []
    assert [str(one) for one in check(UPLOAD)] == [
        f"warning: line 9: {STUDY}/id_info/secondary_id/id_type: 'EU Trial (CTIS) Number' is newer "
        "than the schema of 2018.05.08, which has NIH Grant Number, Other Grant/Funding Number, "
        "Registry Identifier, EudraCT Number, Other Identifier"
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            b"<arm_type>Experimental<",
            b"<arm_type>Experimantal<",
            f"{STUDY}/arm_group[1]/arm_type: 'Experimantal' is none of Experimental, Active "
            "Comparator, Placebo Comparator, Sham Comparator, No Intervention, Other",
        ),
        (b"<gender>All<", b"<gender>Women<", f"{STUDY}/eligibility/gender: 'Women' is none of All"),
        (
            b"<brief_title>",
            b"<short_title>a</short_title><brief_title>",
            f"{STUDY}/short_title: <short_title> is no element of <clinical_study>, expected one",
        ),
        (
            b"<org_study_id>NIIM-017</org_study_id>",
            b"",
            f"{STUDY}/id_info/org_study_id: <org_study_id> is missing, expected it in <id_info>",
        ),
        (
            b"<acronym>VELO-SKIN</acronym>",
            b"<acronym>a</acronym><acronym>b</acronym>",
            f"{STUDY}/acronym[2]: <acronym> stands 2 times, expected it once",
        ),
        (
            b"<enrollment>240</enrollment>",
            b"<enrollment>240</enrollment><acronym2/>",
            f"{STUDY}/acronym2: <acronym2> is no element",
        ),
        (
            b"<overall_status>Recruiting</overall_status>",
            b"<why_stopped>b</why_stopped><overall_status>Recruiting</overall_status>",
            f"{STUDY}/overall_status: <overall_status> stands behind <why_stopped>",
        ),
        (b"<eligibility>", b"<eligibility>us", f"{STUDY}/eligibility: the text 'us' stands here"),
        (
            b"<clinical_study>",
            b'<clinical_study partial_upload="maybe">',
            f"{STUDY}/@partial_upload: 'maybe' is none of true, false, 1, 0",
        ),
        (b"<clinical_study>", b'<clinical_study rank="1">', "rank is no attribute of <clinical_s"),
        (b"<phase>Phase 1/Phase 2<", b"<phase>Phase 9<", "'Phase 9' is none of Early Phase 1"),
    ],
)
def test_each_fault_is_told_with_its_place(before: bytes, after: bytes, said: str) -> None:
    assert before in UPLOAD
    found = told(UPLOAD.replace(before, after, 1))
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith("error: line ")


def test_what_a_partial_upload_may_delete_is_told() -> None:
    data = UPLOAD.replace(b"<clinical_study>", b'<clinical_study partial_upload="true">')
    (found,) = (one for one in check(data) if one.code == "partial-upload")
    assert str(found) == (
        f"warning: line 3: {STUDY}/@partial_upload: a partial upload can delete what the registry "
        "has of the record"
    )


def test_an_intervention_of_no_arm_is_told() -> None:
    data = UPLOAD.replace(b"<arm_group_label>Placebo<", b"<arm_group_label>Tea<", 1)
    found = [str(one) for one in check(data) if one.code == "reference"]
    assert found[0].endswith(
        f"{STUDY}/intervention[2]/arm_group_label: no arm_group has the label 'Placebo'"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (UPLOAD[:2000], "fatal: line 54: the document ends inside a tag, expected >"),
        (
            UPLOAD.replace(b"http://clinicaltrials.gov/prs", b"http://clinicaltrials.gov/crs"),
            "'http://clinicaltrials.gov/crs', which is no known format's",
        ),
        (
            b'<p:study_collection xmlns:p="http://clinicaltrials.gov/prs"/>',
            "fatal: line 1: the root is empty, expected prs:study_collection",
        ),
        (
            b'<p:studies xmlns:p="http://clinicaltrials.gov/prs"/>',
            "fatal: line 1: the root is <prs:studies>, expected prs:study_collection",
        ),
        (
            UPLOAD.replace(b"<brief_title>", b"<brief_title><b/>", 1),
            "error: clinical_study.brief_title: expected text",
        ),
        (
            UPLOAD.replace(b"</brief_title>", b"</brief_title><brief_title>b</brief_title>", 1),
            "error: clinical_study.brief_title: expected text, found [",
        ),
    ],
)
def test_bad_documents_are_refused_with_the_place(data: bytes, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        trialbridge.read(data)
    assert any(said in str(problem) for problem in caught.value.problems), caught.value.problems


def test_values_that_are_not_known_are_told_and_stay() -> None:
    data = UPLOAD.replace(b"<gender>All<", b"<gender>Women<")
    warnings: list[trialbridge.Problem] = []
    trial = trialbridge.read(data, warnings=warnings)
    assert [str(one) for one in warnings] == [
        "warning: clinical_study.eligibility.gender: 'Women' is not one of Female, Male, All",
        "warning: clinical_study.eligibility.gender: 1 value has no place in the record: kept in "
        "unmapped",
    ]
    assert trial.unmapped is not None
    assert trial.unmapped["/prs"]["/eligibility/gender"] == "Women"
    assert trialbridge.write(trial, "prs", validate=False) == data


def test_each_label_that_we_write_is_one_of_the_form() -> None:
    from typing import get_args

    from trialbridge.mappings.names import Names
    from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import words as older
    from trialbridge.mappings.registries.prs import words
    from trialbridge.schemas import trial as model

    names = Names()
    for place, codec, enumeration in (
        ("ClinicalStudy/start_date_type", older.ANTICIPATED, model.DateType),
        ("ClinicalStudy/enrollment_type", older.ENROLLMENT, model.EnrollmentType),
        ("SecondaryId/id_type", words.SECONDARY_ID, model.SecondaryIdType),
        ("ResponsibleParty/resp_party_type", older.RESPONSIBLE_PARTY, model.ResponsiblePartyType),
        ("StudyDesign/study_type", words.STUDY_TYPE, model.StudyType),
        (
            "InterventionalDesign/interventional_subtype",
            older.PRIMARY_PURPOSE,
            model.PrimaryPurpose,
        ),
        (
            "InterventionalDesign/assignment",
            older.INTERVENTION_MODEL,
            model.InterventionalAssignment,
        ),
        ("InterventionalDesign/allocation", words.ALLOCATION, model.DesignAllocation),
        (
            "ObservationalDesign/observational_study_design",
            older.OBSERVATIONAL_MODEL,
            model.ObservationalModel,
        ),
        ("ObservationalDesign/biospecimen_retention", older.BIOSPEC, model.BioSpecRetention),
        ("ObservationalDesign/timing", older.TIME_PERSPECTIVE, model.DesignTimePerspective),
        ("ArmGroup/arm_type", older.ARM_TYPE, model.ArmGroupType),
        ("Intervention/intervention_type", words.INTERVENTION_TYPE, model.InterventionType),
        ("Eligibility/sampling_method", older.SAMPLING, model.SamplingMethod),
        ("Eligibility/gender", older.SEX, model.Sex),
        ("OverallOfficial/role", older.OFFICIAL_ROLE, model.OfficialRole),
        ("Location/status", older.SITE_STATUS, model.RecruitmentStatus),
        ("IPDSharingStatement/sharing_ipd", words.SHARING, model.IpdSharing),
    ):
        known = {*digest().values[place], *LATER.get(place, ())}
        for code in get_args(enumeration):
            label = codec.write(code, names)
            assert label in known, (place, code, label)
            assert codec.read(label, names) == code
    known = {
        *digest().values["ClinicalStudy/overall_status"],
        *digest().values["ClinicalStudy/expanded_access_status"],
    }
    for code in get_args(model.Status):
        assert set(protocol.status.write(code, names).values()) <= known


# --- what the registry will ask for ------------------------------------------------------------


def test_what_is_missing_for_registration_is_told_with_its_clause() -> None:
    warnings: list[trialbridge.Problem] = []
    trialbridge.convert(EXAMPLE, "prs", options={"org_name": "a"}, warnings=warnings)
    found = [one for one in warnings if one.code == CODE]
    assert [str(one).partition(" is not")[0] for one in found] == [
        "warning: clinical_study.intervention[1].intervention_description.textblock: Intervention "
        "Description",
        "warning: clinical_study.oversight_info.fda_regulated_device: Studies a U.S. FDA-regulated "
        "Device Product",
        "warning: clinical_study.oversight_info.fda_regulated_drug: Studies a U.S. FDA-regulated "
        "Drug Product",
        "warning: clinical_study.location[2].status: Individual Site Status",
        "warning: clinical_study.location[2].facility.name: Facility Name",
        "warning: clinical_study.is_ind_study: U.S. Food and Drug Administration IND or IDE Number",
        "warning: clinical_study.oversight_info.irb_info.approval_status: Human Subjects "
        "Protection Review Board Status",
        "warning: clinical_study.verification_date: Record Verification Date",
    ]
    assert found[0].link == (
        "https://www.ecfr.gov/current/title-42/part-11/section-11.28#p-11.28(a)(2)(i)(L)"
    )


def test_of_an_empty_record_all_is_asked_for_and_of_an_observation_nothing() -> None:
    def asked(design: dict[str, str]) -> list[trialbridge.Problem]:
        record = {"protocolSection": {"designModule": design}, "hasResults": False}
        warnings: list[trialbridge.Problem] = []
        trialbridge.convert(record, "prs", options={"org_name": "a"}, warnings=warnings)
        return [one for one in warnings if one.code == CODE]

    always = [one for one in ELEMENTS if one.when({})]
    assert len(asked({})) == len(always)
    assert asked({"studyType": "OBSERVATIONAL"}) == []
    of_access = [one for one in always if one.of_access]
    found = asked({"studyType": "EXPANDED_ACCESS"})
    assert len(found) == len(of_access) - 1
    assert found[0].message.endswith("(42 CFR 11.28(c))")


# --- what stands beyond the record -------------------------------------------------------------

PRIVATE = UPLOAD.replace(
    b"<brief_title>",
    b"<is_ind_study>yes</is_ind_study>\n"
    b"<ind_info>\n"
    b"<ind_grantor>CDER</ind_grantor>\n"
    b"<ind_number>987654</ind_number>\n"
    b"<has_expanded_access>yes</has_expanded_access>\n"
    b"</ind_info>\n"
    b"<brief_title>",
)


def test_numbers_of_an_ind_come_back_and_go_nowhere_else() -> None:
    assert told(PRIVATE) == []
    assert trialbridge.convert(PRIVATE, "prs") == PRIVATE
    assert b"987654" in trialbridge.convert(PRIVATE, "trial")
    for name in ("ctgov", "fhir-r5", "odm-2.0", "text", "ctgov-xml"):
        warnings: list[trialbridge.Problem] = []
        data = trialbridge.convert(PRIVATE, name, warnings=warnings)
        assert b"987654" not in data
        assert "/unmapped/~1prs" in [one.path for one in warnings]
    trial = trialbridge.read(PRIVATE)
    assert trial.protocol
    assert trial.protocol.status
    assert trial.protocol.status.expanded_access_info
    assert trial.protocol.status.expanded_access_info.has_expanded_access is True


def test_several_studies_are_several_records() -> None:
    head, study, tail = UPLOAD.partition(b"<clinical_study>")
    body, end, rest = tail.partition(b"</clinical_study>\n")
    several = head + (study + body + end) * 2 + rest
    with pytest.raises(ReadError) as caught:
        trialbridge.read(several)
    assert "expected one clinical_study, found 2" in str(caught.value)
    found = list(trialbridge.records(several))
    assert [one.name for one in found] == [
        "<bytes>#/clinical_study[1]",
        "<bytes>#/clinical_study[2]",
    ]
    assert [one.trial for one in found] == [trialbridge.read(UPLOAD)] * 2
