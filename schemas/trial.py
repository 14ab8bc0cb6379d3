"""The internal model of a trial record: the hub that every format is read into and written from.

The structs have the shape of the registry's own data dictionary, so msgspec alone reads and
writes ClinicalTrials.gov API v2 JSON (`Study`). `Trial` adds what other sources say.

https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

_DAY = (
    r"(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8])"
)
_LEAP = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"
_DATE = rf"(?:\d{{4}}-(?:{_DAY})|{_LEAP})"

Date = Annotated[str, Meta(pattern=rf"^{_DATE}$")]
PartialDate = Annotated[str, Meta(pattern=rf"^(?:\d{{4}}|\d{{4}}-(?:0[1-9]|1[0-2])|{_DATE})$")]
DateTimeMinutes = Annotated[str, Meta(pattern=rf"^{_DATE}T(?:[01]\d|2[0-3]):[0-5]\d$")]
Age = Annotated[str, Meta(pattern=r"^\d+ (?:Year|Month|Week|Day|Hour|Minute)s?$")]


Status = Literal[
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "ENROLLING_BY_INVITATION",
    "NOT_YET_RECRUITING",
    "RECRUITING",
    "SUSPENDED",
    "TERMINATED",
    "WITHDRAWN",
    "AVAILABLE",
    "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING",
    "WITHHELD",
    "UNKNOWN",
]

StudyType = Literal[
    "EXPANDED_ACCESS",
    "INTERVENTIONAL",
    "OBSERVATIONAL",
]

Phase = Literal[
    "NA",
    "EARLY_PHASE1",
    "PHASE1",
    "PHASE2",
    "PHASE3",
    "PHASE4",
]

Sex = Literal[
    "FEMALE",
    "MALE",
    "ALL",
]

StandardAge = Literal[
    "CHILD",
    "ADULT",
    "OLDER_ADULT",
]

SamplingMethod = Literal[
    "PROBABILITY_SAMPLE",
    "NON_PROBABILITY_SAMPLE",
]

IpdSharing = Literal[
    "YES",
    "NO",
    "UNDECIDED",
]

IpdSharingInfoType = Literal[
    "STUDY_PROTOCOL",
    "SAP",
    "ICF",
    "CSR",
    "ANALYTIC_CODE",
]

OrgStudyIdType = Literal[
    "NIH",
    "FDA",
    "VA",
    "CDC",
    "AHRQ",
    "SAMHSA",
]

SecondaryIdType = Literal[
    "NIH",
    "FDA",
    "VA",
    "CDC",
    "AHRQ",
    "SAMHSA",
    "OTHER_GRANT",
    "EUDRACT_NUMBER",
    "CTIS",
    "REGISTRY",
    "OTHER",
]

AgencyClass = Literal[
    "NIH",
    "FED",
    "OTHER_GOV",
    "INDIV",
    "INDUSTRY",
    "NETWORK",
    "AMBIG",
    "OTHER",
    "UNKNOWN",
]

ExpandedAccessStatus = Literal[
    "AVAILABLE",
    "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING",
]

DateType = Literal[
    "ACTUAL",
    "ESTIMATED",
]

ResponsiblePartyType = Literal[
    "SPONSOR",
    "PRINCIPAL_INVESTIGATOR",
    "SPONSOR_INVESTIGATOR",
]

DesignAllocation = Literal[
    "RANDOMIZED",
    "NON_RANDOMIZED",
    "NA",
]

InterventionalAssignment = Literal[
    "SINGLE_GROUP",
    "PARALLEL",
    "CROSSOVER",
    "FACTORIAL",
    "SEQUENTIAL",
]

PrimaryPurpose = Literal[
    "TREATMENT",
    "PREVENTION",
    "DIAGNOSTIC",
    "ECT",
    "SUPPORTIVE_CARE",
    "SCREENING",
    "HEALTH_SERVICES_RESEARCH",
    "BASIC_SCIENCE",
    "DEVICE_FEASIBILITY",
    "OTHER",
]

ObservationalModel = Literal[
    "COHORT",
    "CASE_CONTROL",
    "CASE_ONLY",
    "CASE_CROSSOVER",
    "ECOLOGIC_OR_COMMUNITY",
    "FAMILY_BASED",
    "DEFINED_POPULATION",
    "NATURAL_HISTORY",
    "OTHER",
]

DesignTimePerspective = Literal[
    "RETROSPECTIVE",
    "PROSPECTIVE",
    "CROSS_SECTIONAL",
    "OTHER",
]

BioSpecRetention = Literal[
    "NONE_RETAINED",
    "SAMPLES_WITH_DNA",
    "SAMPLES_WITHOUT_DNA",
]

EnrollmentType = Literal[
    "ACTUAL",
    "ESTIMATED",
]

ArmGroupType = Literal[
    "EXPERIMENTAL",
    "ACTIVE_COMPARATOR",
    "PLACEBO_COMPARATOR",
    "SHAM_COMPARATOR",
    "NO_INTERVENTION",
    "OTHER",
]

InterventionType = Literal[
    "BEHAVIORAL",
    "BIOLOGICAL",
    "COMBINATION_PRODUCT",
    "DEVICE",
    "DIAGNOSTIC_TEST",
    "DIETARY_SUPPLEMENT",
    "DRUG",
    "GENETIC",
    "PROCEDURE",
    "RADIATION",
    "OTHER",
]

ContactRole = Literal[
    "STUDY_CHAIR",
    "STUDY_DIRECTOR",
    "PRINCIPAL_INVESTIGATOR",
    "SUB_INVESTIGATOR",
    "CONTACT",
]

OfficialRole = Literal[
    "STUDY_CHAIR",
    "STUDY_DIRECTOR",
    "PRINCIPAL_INVESTIGATOR",
    "SUB_INVESTIGATOR",
]

RecruitmentStatus = Literal[
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "ENROLLING_BY_INVITATION",
    "NOT_YET_RECRUITING",
    "RECRUITING",
    "SUSPENDED",
    "TERMINATED",
    "WITHDRAWN",
    "AVAILABLE",
]

ReferenceType = Literal[
    "BACKGROUND",
    "RESULT",
    "DERIVED",
]

MeasureParam = Literal[
    "GEOMETRIC_MEAN",
    "GEOMETRIC_LEAST_SQUARES_MEAN",
    "LEAST_SQUARES_MEAN",
    "LOG_MEAN",
    "MEAN",
    "MEDIAN",
    "NUMBER",
    "COUNT_OF_PARTICIPANTS",
    "COUNT_OF_UNITS",
]

MeasureDispersionType = Literal[
    "NA",
    "STANDARD_DEVIATION",
    "STANDARD_ERROR",
    "INTER_QUARTILE_RANGE",
    "FULL_RANGE",
    "CONFIDENCE_80",
    "CONFIDENCE_90",
    "CONFIDENCE_95",
    "CONFIDENCE_975",
    "CONFIDENCE_99",
    "CONFIDENCE_OTHER",
    "GEOMETRIC_COEFFICIENT",
]

OutcomeMeasureType = Literal[
    "PRIMARY",
    "SECONDARY",
    "OTHER_PRE_SPECIFIED",
    "POST_HOC",
]

ReportingStatus = Literal[
    "NOT_POSTED",
    "POSTED",
]

EventAssessment = Literal[
    "NON_SYSTEMATIC_ASSESSMENT",
    "SYSTEMATIC_ASSESSMENT",
]

AgreementRestrictionType = Literal[
    "LTE60",
    "GT60",
    "OTHER",
]

BrowseLeafRelevance = Literal[
    "LOW",
    "HIGH",
]

DesignMasking = Literal[
    "NONE",
    "SINGLE",
    "DOUBLE",
    "TRIPLE",
    "QUADRUPLE",
]

WhoMasked = Literal[
    "PARTICIPANT",
    "CARE_PROVIDER",
    "INVESTIGATOR",
    "OUTCOMES_ASSESSOR",
]

AnalysisDispersionType = Literal[
    "STANDARD_DEVIATION",
    "STANDARD_ERROR_OF_MEAN",
]

ConfidenceIntervalNumSides = Literal[
    "ONE_SIDED",
    "TWO_SIDED",
]

NonInferiorityType = Literal[
    "SUPERIORITY",
    "NON_INFERIORITY",
    "EQUIVALENCE",
    "OTHER",
    "NON_INFERIORITY_OR_EQUIVALENCE",
    "SUPERIORITY_OR_OTHER",
    "NON_INFERIORITY_OR_EQUIVALENCE_LEGACY",
    "SUPERIORITY_OR_OTHER_LEGACY",
]

UnpostedEventType = Literal[
    "RESET",
    "RELEASE",
    "UNRELEASE",
]

ViolationEventType = Literal[
    "VIOLATION_IDENTIFIED",
    "CORRECTION_CONFIRMED",
    "PENALTY_IMPOSED",
    "ISSUES_IN_LETTER_ADDRESSED_CONFIRMED",
]


class Element(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, rename="camel"):
    """One piece of the registry's data dictionary."""


class OrgStudyIdInfo(Element, frozen=True, kw_only=True):
    id: str | None = None
    type: OrgStudyIdType | None = None
    link: str | None = None

class SecondaryIdInfo(Element, frozen=True, kw_only=True):
    id: str | None = None
    type: SecondaryIdType | None = None
    domain: str | None = None
    link: str | None = None

class Organization(Element, frozen=True, kw_only=True):
    full_name: str | None = None
    class_: AgencyClass | None = None

class IdentificationModule(Element, frozen=True, kw_only=True):
    nct_id: str | None = None
    nct_id_aliases: list[str] | None = None
    org_study_id_info: OrgStudyIdInfo | None = None
    secondary_id_infos: list[SecondaryIdInfo] | None = None
    brief_title: str | None = None
    official_title: str | None = None
    acronym: str | None = None
    organization: Organization | None = None

class ExpandedAccessInfo(Element, frozen=True, kw_only=True):
    has_expanded_access: bool | None = None
    nct_id: str | None = None
    status_for_nct_id: ExpandedAccessStatus | None = None

class PartialDateStruct(Element, frozen=True, kw_only=True):
    date: PartialDate | None = None
    type: DateType | None = None

class DateStruct(Element, frozen=True, kw_only=True):
    date: Date | None = None
    type: DateType | None = None

class StatusModule(Element, frozen=True, kw_only=True):
    status_verified_date: PartialDate | None = None
    overall_status: Status | None = None
    last_known_status: Status | None = None
    delayed_posting: bool | None = None
    why_stopped: str | None = None
    expanded_access_info: ExpandedAccessInfo | None = None
    start_date: PartialDateStruct | None = field(default=None, name="startDateStruct")
    primary_completion_date: PartialDateStruct | None = field(default=None, name="primaryCompletionDateStruct")
    completion_date: PartialDateStruct | None = field(default=None, name="completionDateStruct")
    study_first_submit_date: Date | None = None
    study_first_submit_qc_date: Date | None = None
    study_first_post_date: DateStruct | None = field(default=None, name="studyFirstPostDateStruct")
    results_waived: bool | None = None
    results_first_submit_date: Date | None = None
    results_first_submit_qc_date: Date | None = None
    results_first_post_date: DateStruct | None = field(default=None, name="resultsFirstPostDateStruct")
    disp_first_submit_date: Date | None = None
    disp_first_submit_qc_date: Date | None = None
    disp_first_post_date: DateStruct | None = field(default=None, name="dispFirstPostDateStruct")
    last_update_submit_date: Date | None = None
    last_update_post_date: DateStruct | None = field(default=None, name="lastUpdatePostDateStruct")

class ResponsibleParty(Element, frozen=True, kw_only=True):
    type: ResponsiblePartyType | None = None
    investigator_full_name: str | None = None
    investigator_title: str | None = None
    investigator_affiliation: str | None = None
    old_name_title: str | None = None
    old_organization: str | None = None

class Sponsor(Element, frozen=True, kw_only=True):
    name: str | None = None
    class_: AgencyClass | None = None

class SponsorCollaboratorsModule(Element, frozen=True, kw_only=True):
    responsible_party: ResponsibleParty | None = None
    lead_sponsor: Sponsor | None = None
    collaborators: list[Sponsor] | None = None

class OversightModule(Element, frozen=True, kw_only=True):
    oversight_has_dmc: bool | None = None
    is_fda_regulated_drug: bool | None = None
    is_fda_regulated_device: bool | None = None
    is_unapproved_device: bool | None = None
    is_ppsd: bool | None = None
    is_us_export: bool | None = None
    fdaaa801_violation: bool | None = None

class DescriptionModule(Element, frozen=True, kw_only=True):
    brief_summary: str | None = None
    detailed_description: str | None = None

class ConditionsModule(Element, frozen=True, kw_only=True):
    conditions: list[str] | None = None
    keywords: list[str] | None = None

class ExpandedAccessTypes(Element, frozen=True, kw_only=True):
    individual: bool | None = None
    intermediate: bool | None = None
    treatment: bool | None = None

class MaskingBlock(Element, frozen=True, kw_only=True):
    masking: DesignMasking | None = None
    masking_description: str | None = None
    who_masked: list[WhoMasked] | None = None

class DesignInfo(Element, frozen=True, kw_only=True):
    allocation: DesignAllocation | None = None
    intervention_model: InterventionalAssignment | None = None
    intervention_model_description: str | None = None
    primary_purpose: PrimaryPurpose | None = None
    observational_model: ObservationalModel | None = None
    time_perspective: DesignTimePerspective | None = None
    masking_info: MaskingBlock | None = None

class BioSpec(Element, frozen=True, kw_only=True):
    retention: BioSpecRetention | None = None
    description: str | None = None

class EnrollmentInfo(Element, frozen=True, kw_only=True):
    count: int | None = None
    type: EnrollmentType | None = None

class DesignModule(Element, frozen=True, kw_only=True):
    study_type: StudyType | None = None
    n_ptrs_to_this_exp_acc_nct_id: int | None = None
    expanded_access_types: ExpandedAccessTypes | None = None
    patient_registry: bool | None = None
    target_duration: Age | None = None
    phases: list[Phase] | None = None
    design_info: DesignInfo | None = None
    bio_spec: BioSpec | None = None
    enrollment_info: EnrollmentInfo | None = None

class ArmGroup(Element, frozen=True, kw_only=True):
    label: str | None = None
    type: ArmGroupType | None = None
    description: str | None = None
    intervention_names: list[str] | None = None

class Intervention(Element, frozen=True, kw_only=True):
    type: InterventionType | None = None
    name: str | None = None
    description: str | None = None
    arm_group_labels: list[str] | None = None
    other_names: list[str] | None = None

class ArmsInterventionsModule(Element, frozen=True, kw_only=True):
    arm_groups: list[ArmGroup] | None = None
    interventions: list[Intervention] | None = None

class Outcome(Element, frozen=True, kw_only=True):
    measure: str | None = None
    description: str | None = None
    time_frame: str | None = None

class OutcomesModule(Element, frozen=True, kw_only=True):
    primary_outcomes: list[Outcome] | None = None
    secondary_outcomes: list[Outcome] | None = None
    other_outcomes: list[Outcome] | None = None

class EligibilityModule(Element, frozen=True, kw_only=True):
    eligibility_criteria: str | None = None
    healthy_volunteers: bool | None = None
    sex: Sex | None = None
    gender_based: bool | None = None
    gender_description: str | None = None
    minimum_age: Age | None = None
    maximum_age: Age | None = None
    std_ages: list[StandardAge] | None = None
    study_population: str | None = None
    sampling_method: SamplingMethod | None = None

class Contact(Element, frozen=True, kw_only=True):
    name: str | None = None
    role: ContactRole | None = None
    phone: str | None = None
    phone_ext: str | None = None
    email: str | None = None

class Official(Element, frozen=True, kw_only=True):
    name: str | None = None
    affiliation: str | None = None
    role: OfficialRole | None = None

class GeoPoint(Element, frozen=True, kw_only=True):
    lat: float
    lon: float

class Location(Element, frozen=True, kw_only=True):
    facility: str | None = None
    status: RecruitmentStatus | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    contacts: list[Contact] | None = None
    geo_point: GeoPoint | None = None

class ContactsLocationsModule(Element, frozen=True, kw_only=True):
    central_contacts: list[Contact] | None = None
    overall_officials: list[Official] | None = None
    locations: list[Location] | None = None

class Retraction(Element, frozen=True, kw_only=True):
    pmid: str | None = None
    source: str | None = None

class Reference(Element, frozen=True, kw_only=True):
    pmid: str | None = None
    type: ReferenceType | None = None
    citation: str | None = None
    retractions: list[Retraction] | None = None

class SeeAlsoLink(Element, frozen=True, kw_only=True):
    label: str | None = None
    url: str | None = None

class AvailIpd(Element, frozen=True, kw_only=True):
    id: str | None = None
    type: str | None = None
    url: str | None = None
    comment: str | None = None

class ReferencesModule(Element, frozen=True, kw_only=True):
    references: list[Reference] | None = None
    see_also_links: list[SeeAlsoLink] | None = None
    avail_ipds: list[AvailIpd] | None = None

class IpdSharingStatementModule(Element, frozen=True, kw_only=True):
    ipd_sharing: IpdSharing | None = None
    description: str | None = None
    info_types: list[IpdSharingInfoType] | None = None
    time_frame: str | None = None
    access_criteria: str | None = None
    url: str | None = None

class ProtocolSection(Element, frozen=True, kw_only=True):
    identification: IdentificationModule | None = field(default=None, name="identificationModule")
    status: StatusModule | None = field(default=None, name="statusModule")
    sponsor_collaborators: SponsorCollaboratorsModule | None = field(default=None, name="sponsorCollaboratorsModule")
    oversight: OversightModule | None = field(default=None, name="oversightModule")
    description: DescriptionModule | None = field(default=None, name="descriptionModule")
    conditions: ConditionsModule | None = field(default=None, name="conditionsModule")
    design: DesignModule | None = field(default=None, name="designModule")
    arms_interventions: ArmsInterventionsModule | None = field(default=None, name="armsInterventionsModule")
    outcomes: OutcomesModule | None = field(default=None, name="outcomesModule")
    eligibility: EligibilityModule | None = field(default=None, name="eligibilityModule")
    contacts_locations: ContactsLocationsModule | None = field(default=None, name="contactsLocationsModule")
    references: ReferencesModule | None = field(default=None, name="referencesModule")
    ipd_sharing_statement: IpdSharingStatementModule | None = field(default=None, name="ipdSharingStatementModule")

class FlowGroup(Element, frozen=True, kw_only=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None

class FlowStats(Element, frozen=True, kw_only=True):
    group_id: str | None = None
    comment: str | None = None
    num_subjects: str | None = None
    num_units: str | None = None

class FlowMilestone(Element, frozen=True, kw_only=True):
    type: str | None = None
    comment: str | None = None
    achievements: list[FlowStats] | None = None

class DropWithdraw(Element, frozen=True, kw_only=True):
    type: str | None = None
    comment: str | None = None
    reasons: list[FlowStats] | None = None

class FlowPeriod(Element, frozen=True, kw_only=True):
    title: str | None = None
    milestones: list[FlowMilestone] | None = None
    drop_withdraws: list[DropWithdraw] | None = None

class ParticipantFlowModule(Element, frozen=True, kw_only=True):
    pre_assignment_details: str | None = None
    recruitment_details: str | None = None
    type_units_analyzed: str | None = None
    groups: list[FlowGroup] | None = None
    periods: list[FlowPeriod] | None = None

class MeasureGroup(Element, frozen=True, kw_only=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None

class DenomCount(Element, frozen=True, kw_only=True):
    group_id: str | None = None
    value: str | None = None

class Denom(Element, frozen=True, kw_only=True):
    units: str | None = None
    counts: list[DenomCount] | None = None

class Measurement(Element, frozen=True, kw_only=True):
    group_id: str | None = None
    value: str | None = None
    spread: str | None = None
    lower_limit: str | None = None
    upper_limit: str | None = None
    comment: str | None = None

class MeasureCategory(Element, frozen=True, kw_only=True):
    title: str | None = None
    measurements: list[Measurement] | None = None

class MeasureClass(Element, frozen=True, kw_only=True):
    title: str | None = None
    denoms: list[Denom] | None = None
    categories: list[MeasureCategory] | None = None

class BaselineMeasure(Element, frozen=True, kw_only=True):
    title: str | None = None
    description: str | None = None
    population_description: str | None = None
    param_type: MeasureParam | None = None
    dispersion_type: MeasureDispersionType | None = None
    unit_of_measure: str | None = None
    calculate_pct: bool | None = None
    denom_units_selected: str | None = None
    denoms: list[Denom] | None = None
    classes: list[MeasureClass] | None = None

class BaselineCharacteristicsModule(Element, frozen=True, kw_only=True):
    population_description: str | None = None
    type_units_analyzed: str | None = None
    groups: list[MeasureGroup] | None = None
    denoms: list[Denom] | None = None
    measures: list[BaselineMeasure] | None = None

class MeasureAnalysis(Element, frozen=True, kw_only=True):
    param_type: str | None = None
    param_value: str | None = None
    dispersion_type: AnalysisDispersionType | None = None
    dispersion_value: str | None = None
    statistical_method: str | None = None
    statistical_comment: str | None = None
    p_value: str | None = None
    p_value_comment: str | None = None
    ci_num_sides: ConfidenceIntervalNumSides | None = None
    ci_pct_value: str | None = None
    ci_lower_limit: str | None = None
    ci_upper_limit: str | None = None
    ci_lower_limit_comment: str | None = None
    ci_upper_limit_comment: str | None = None
    estimate_comment: str | None = None
    tested_non_inferiority: bool | None = None
    non_inferiority_type: NonInferiorityType | None = None
    non_inferiority_comment: str | None = None
    other_analysis_description: str | None = None
    group_description: str | None = None
    group_ids: list[str] | None = None

class OutcomeMeasure(Element, frozen=True, kw_only=True):
    type: OutcomeMeasureType | None = None
    title: str | None = None
    description: str | None = None
    population_description: str | None = None
    reporting_status: ReportingStatus | None = None
    anticipated_posting_date: PartialDate | None = None
    param_type: MeasureParam | None = None
    dispersion_type: str | None = None
    unit_of_measure: str | None = None
    calculate_pct: bool | None = None
    time_frame: str | None = None
    type_units_analyzed: str | None = None
    denom_units_selected: str | None = None
    groups: list[MeasureGroup] | None = None
    denoms: list[Denom] | None = None
    classes: list[MeasureClass] | None = None
    analyses: list[MeasureAnalysis] | None = None

class OutcomeMeasuresModule(Element, frozen=True, kw_only=True):
    outcome_measures: list[OutcomeMeasure] | None = None

class EventGroup(Element, frozen=True, kw_only=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None
    deaths_num_affected: int | None = None
    deaths_num_at_risk: int | None = None
    serious_num_affected: int | None = None
    serious_num_at_risk: int | None = None
    other_num_affected: int | None = None
    other_num_at_risk: int | None = None

class EventStats(Element, frozen=True, kw_only=True):
    group_id: str | None = None
    num_events: int | None = None
    num_affected: int | None = None
    num_at_risk: int | None = None

class AdverseEvent(Element, frozen=True, kw_only=True):
    term: str | None = None
    organ_system: str | None = None
    source_vocabulary: str | None = None
    assessment_type: EventAssessment | None = None
    notes: str | None = None
    stats: list[EventStats] | None = None

class AdverseEventsModule(Element, frozen=True, kw_only=True):
    frequency_threshold: str | None = None
    time_frame: str | None = None
    description: str | None = None
    all_cause_mortality_comment: str | None = None
    event_groups: list[EventGroup] | None = None
    serious_events: list[AdverseEvent] | None = None
    other_events: list[AdverseEvent] | None = None

class LimitationsAndCaveats(Element, frozen=True, kw_only=True):
    description: str | None = None

class CertainAgreement(Element, frozen=True, kw_only=True):
    pi_sponsor_employee: bool | None = None
    restriction_type: AgreementRestrictionType | None = None
    restrictive_agreement: bool | None = None
    other_details: str | None = None

class PointOfContact(Element, frozen=True, kw_only=True):
    title: str | None = None
    organization: str | None = None
    email: str | None = None
    phone: str | None = None
    phone_ext: str | None = None

class MoreInfoModule(Element, frozen=True, kw_only=True):
    limitations_and_caveats: LimitationsAndCaveats | None = None
    certain_agreement: CertainAgreement | None = None
    point_of_contact: PointOfContact | None = None

class ResultsSection(Element, frozen=True, kw_only=True):
    participant_flow: ParticipantFlowModule | None = field(default=None, name="participantFlowModule")
    baseline_characteristics: BaselineCharacteristicsModule | None = field(default=None, name="baselineCharacteristicsModule")
    outcome_measures: OutcomeMeasuresModule | None = field(default=None, name="outcomeMeasuresModule")
    adverse_events: AdverseEventsModule | None = field(default=None, name="adverseEventsModule")
    more_info: MoreInfoModule | None = field(default=None, name="moreInfoModule")

class UnpostedEvent(Element, frozen=True, kw_only=True):
    type: UnpostedEventType | None = None
    date: Date | None = None
    date_unknown: bool | None = None

class UnpostedAnnotation(Element, frozen=True, kw_only=True):
    unposted_responsible_party: str | None = None
    unposted_events: list[UnpostedEvent] | None = None

class ViolationEvent(Element, frozen=True, kw_only=True):
    type: ViolationEventType | None = None
    description: str | None = None
    creation_date: Date | None = None
    issued_date: Date | None = None
    release_date: Date | None = None
    posted_date: Date | None = None

class ViolationAnnotation(Element, frozen=True, kw_only=True):
    violation_events: list[ViolationEvent] | None = None

class AnnotationModule(Element, frozen=True, kw_only=True):
    unposted_annotation: UnpostedAnnotation | None = None
    violation_annotation: ViolationAnnotation | None = None

class AnnotationSection(Element, frozen=True, kw_only=True):
    annotation: AnnotationModule | None = field(default=None, name="annotationModule")

class LargeDoc(Element, frozen=True, kw_only=True):
    type_abbrev: str | None = None
    has_protocol: bool | None = None
    has_sap: bool | None = None
    has_icf: bool | None = None
    label: str | None = None
    date: Date | None = None
    upload_date: DateTimeMinutes | None = None
    filename: str | None = None
    size: int | None = None

class LargeDocumentModule(Element, frozen=True, kw_only=True):
    no_sap: bool | None = None
    large_docs: list[LargeDoc] | None = None

class DocumentSection(Element, frozen=True, kw_only=True):
    large_document: LargeDocumentModule | None = field(default=None, name="largeDocumentModule")

class FirstMcpInfo(Element, frozen=True, kw_only=True):
    post_date: DateStruct | None = field(default=None, name="postDateStruct")

class SubmissionInfo(Element, frozen=True, kw_only=True):
    release_date: Date | None = None
    unrelease_date: Date | None = None
    unrelease_date_unknown: bool | None = None
    reset_date: Date | None = None
    mcp_release_n: int | None = None

class SubmissionTracking(Element, frozen=True, kw_only=True):
    estimated_results_first_submit_date: Date | None = None
    first_mcp_info: FirstMcpInfo | None = None
    submission_infos: list[SubmissionInfo] | None = None

class MiscInfoModule(Element, frozen=True, kw_only=True):
    version_holder: Date | None = None
    removed_countries: list[str] | None = None
    submission_tracking: SubmissionTracking | None = None

class Mesh(Element, frozen=True, kw_only=True):
    id: str | None = None
    term: str | None = None

class BrowseLeaf(Element, frozen=True, kw_only=True):
    id: str | None = None
    name: str | None = None
    as_found: str | None = None
    relevance: BrowseLeafRelevance | None = None

class BrowseBranch(Element, frozen=True, kw_only=True):
    abbrev: str | None = None
    name: str | None = None

class BrowseModule(Element, frozen=True, kw_only=True):
    meshes: list[Mesh] | None = None
    ancestors: list[Mesh] | None = None
    browse_leaves: list[BrowseLeaf] | None = None
    browse_branches: list[BrowseBranch] | None = None

class DerivedSection(Element, frozen=True, kw_only=True):
    misc_info: MiscInfoModule | None = field(default=None, name="miscInfoModule")
    condition_browse: BrowseModule | None = field(default=None, name="conditionBrowseModule")
    intervention_browse: BrowseModule | None = field(default=None, name="interventionBrowseModule")

class Study(Element, frozen=True, kw_only=True):
    protocol: ProtocolSection | None = field(default=None, name="protocolSection")
    results: ResultsSection | None = field(default=None, name="resultsSection")
    annotation: AnnotationSection | None = field(default=None, name="annotationSection")
    documents: DocumentSection | None = field(default=None, name="documentSection")
    derived: DerivedSection | None = field(default=None, name="derivedSection")
    has_results: bool | None = None


class RelatedTrial(Element, frozen=True, kw_only=True):
    """Another trial that the page of this one points to."""

    title: str | None = None
    nct_id: str | None = None
    status: Status | None = None
    phases: list[Phase] | None = None


class Page(Element, frozen=True, kw_only=True):
    """What a record's page says as text and the registry's API has no place for."""

    conditions_line: str | None = None
    countries: list[str] | None = None
    related_trials: list[RelatedTrial] | None = None


class Trial(Study, frozen=True, kw_only=True, tag_field="trialbridge", tag="1"):
    """A trial record with all that its source said."""

    page: Page | None = None
    unmapped: dict[str, Any] | None = None
