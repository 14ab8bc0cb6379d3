"""The internal model of a trial record: the hub that every format is read into and written from.

The structs have the shape of the registry's own data dictionary, so msgspec alone reads and
writes ClinicalTrials.gov API v2 JSON (`Study`). `Trial` adds what other sources say.

How to read it: an attribute is the registry's key in snake_case, without the suffixes `Section`,
`Module` and `Struct` (`study.protocol.status.start_date.date`). None means absent, which is not
the same as empty or false. Texts are kept exactly as the source gives them; those that the
registry calls markup are CommonMark, with its escapes (`\\<`). What an attribute's name does not
say is in the text under it; the JSON Schema takes its descriptions from there.

https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeAlias, TypeVar, get_args

from msgspec import Meta, Struct, field
from msgspec.json import Decoder

T = TypeVar("T")

if TYPE_CHECKING:
    Maybe: TypeAlias = T | None
else:

    class Maybe:
        """An attribute that may be absent: None here, left out in JSON.

        To msgspec it is the plain type, so that the decoder refuses an explicit null, which would
        be lost if it were taken for an absent member.
        """

        def __class_getitem__(cls, type_):
            return type_


SCHEMA_ID = "https://trialbridge.github.io/schemas/trial.schema.json"
"""Name of the JSON Schema of the model's own JSON: `trial.schema.json` beside this module."""

# --------------------------------------------------------------------------- dates, ages and codes

# ECMA-262 and Python differ in \d (other scripts' digits) and in $ (before a last line break).
_END = r"(?![\s\S])"
_YEAR = r"(?!0000)[0-9]{4}"
_DAY = (
    r"(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8])"
)
_LEAP = (
    r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])"
    r"|(?!0000)(?:[02468][048]|[13579][26])00)-02-29"
)
_DATE = rf"(?:{_YEAR}-(?:{_DAY})|{_LEAP})"
_UNIT = r"(?:Year|Month|Week|Day|Hour|Minute)"

# `expected` says in an error what would do. A text of another form is an error, except where
# `otherwise` is "unmapped": then it is kept as it is in `Trial.unmapped`.
Date = Annotated[
    str,
    Meta(
        pattern=rf"^{_DATE}{_END}",
        description="A day: YYYY-MM-DD.",
        examples=["2024-03-01"],
        extra={"expected": "a date (YYYY-MM-DD)"},
    ),
]
PartialDate = Annotated[
    str,
    Meta(
        pattern=rf"^(?:{_YEAR}|{_YEAR}-(?:0[1-9]|1[0-2])|{_DATE}){_END}",
        description="A year, a month or a day, as precise as given: YYYY, YYYY-MM or YYYY-MM-DD.",
        examples=["2024", "2024-03", "2024-03-01"],
        extra={"expected": "a date (YYYY, YYYY-MM or YYYY-MM-DD)"},
    ),
]
DateTimeMinutes = Annotated[
    str,
    Meta(
        pattern=rf"^{_DATE}T(?:[01][0-9]|2[0-3]):[0-5][0-9]{_END}",
        description="A minute, without a time zone: YYYY-MM-DDThh:mm.",
        examples=["2024-03-01T14:05"],
        extra={"expected": "a date and time (YYYY-MM-DDThh:mm)"},
    ),
]
Age = Annotated[
    str,
    Meta(
        pattern=rf"^(?:1 {_UNIT}|(?:0|[2-9]|[1-9][0-9]+) {_UNIT}s){_END}",
        description="A whole number and its unit, in the singular after 1.",
        examples=["18 Years", "1 Month"],
        extra={"expected": "an age (such as 18 Years or 1 Month)", "otherwise": "unmapped"},
    ),
]
"""An age or a length of time; `age` and `age_text` are inverse: each has one text only."""

AgeUnit = Literal["Year", "Month", "Week", "Day", "Hour", "Minute"]
_AGE_UNITS: tuple[AgeUnit, ...] = get_args(AgeUnit)


class Quantity(NamedTuple):
    """A value with its unit, the unit in the singular."""

    value: int
    unit: AgeUnit


def age(text: Age) -> Quantity:
    """Give value and unit of an age: `18 Years` is 18 and `Year`.

    Raises ValueError if the text is not an age.
    """
    number, _, _ = text.partition(" ")
    if number.isascii() and number.isdecimal():
        for unit in _AGE_UNITS:
            if text == age_text(int(number), unit):
                return Quantity(int(number), unit)
    raise ValueError(f"{text!r} is not an age (such as 18 Years or 1 Month)")


def age_text(value: int, unit: AgeUnit) -> Age:
    """Write an age as the registry does: 1 and `Month` is `1 Month`, 6 and `Month` `6 Months`."""
    return f"{value} {unit}" if value == 1 else f"{value} {unit}s"


def precision(date: PartialDate) -> Literal["year", "month", "day"]:
    """Tell how precise a partial date is: `2024-03` is a month."""
    return "year" if len(date) == 4 else "month" if len(date) == 7 else "day"


class Element(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename="camel",
):
    """One piece of the registry's data dictionary."""


# ----------------------------------------------------------------------- shared by several modules

# Kind of organization. FED is a US federal agency other than NIH, AMBIG one that could not be
# told.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-AgencyClass
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

# Where the study stands. The four from AVAILABLE on are for expanded access; WITHHELD is a device
# study kept back until approval, UNKNOWN one past its completion date and not verified for two
# years.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-Status
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

# Whether a date has come or is planned.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-DateType
DateType = Literal[
    "ACTUAL",
    "ESTIMATED",
]


class PartialDateStruct(Element, frozen=True, kw_only=True):
    """A date as precise as the sponsor gave it, and whether it has come.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#StartDateStruct
    """

    date: Maybe[PartialDate] = None
    type: Maybe[DateType] = None


class DateStruct(Element, frozen=True, kw_only=True):
    """A day, and whether it is the actual one or the registry's estimate.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#StudyFirstPostDateStruct
    """

    date: Maybe[Date] = None
    type: Maybe[DateType] = None


# ---------------------------------------------------------------------------------- identification

# US agency that gave the grant or contract number.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-OrgStudyIdType
OrgStudyIdType = Literal[
    "NIH",
    "FDA",
    "VA",
    "CDC",
    "AHRQ",
    "SAMHSA",
]


class OrgStudyIdInfo(Element, frozen=True, kw_only=True):
    """The sponsor's own identifier of the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#OrgStudyIdInfo
    """

    id: Maybe[str] = None
    type: Maybe[OrgStudyIdType] = None
    """Absent unless the identifier is a US grant or contract number."""
    link: Maybe[str] = None
    """Where the grant is described: URL."""


# Who gave the identifier: a US agency, another funder, or a register.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-SecondaryIdType
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


class SecondaryIdInfo(Element, frozen=True, kw_only=True):
    """An identifier that someone other than the sponsor gave: a funder or another register.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#SecondaryIdInfo
    """

    id: Maybe[str] = None
    type: Maybe[SecondaryIdType] = None
    domain: Maybe[str] = None
    """Name of the funder or register, or a description of the identifier."""
    link: Maybe[str] = None
    """Where the grant is described: URL."""


class Organization(Element, frozen=True, kw_only=True):
    """The organization that keeps the record.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#Organization
    """

    full_name: Maybe[str] = None
    class_: Maybe[AgencyClass] = None
    """Kind of organization."""


class IdentificationModule(Element, frozen=True, kw_only=True):
    """Names and numbers by which the study is known.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#IdentificationModule
    """

    nct_id: Maybe[str] = None
    """The registry's identifier: NCT and eight digits."""
    nct_id_aliases: Maybe[list[str]] = None
    """Former NCT numbers of this study, now pointing here."""
    org_study_id_info: Maybe[OrgStudyIdInfo] = None
    secondary_id_infos: Maybe[list[SecondaryIdInfo]] = None
    brief_title: Maybe[str] = None
    """Title for the public."""
    official_title: Maybe[str] = None
    """Title of the protocol."""
    acronym: Maybe[str] = None
    """Short name, if the study is known by one."""
    organization: Maybe[Organization] = None


# ------------------------------------------------------------------------------------------ status

# Whether the treatment can be had outside a trial.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-ExpandedAccessStatus
ExpandedAccessStatus = Literal[
    "AVAILABLE",
    "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING",
]


class ExpandedAccessInfo(Element, frozen=True, kw_only=True):
    """Whether the product can be had outside this trial, and by which record.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ExpandedAccessInfo
    """

    has_expanded_access: Maybe[bool] = None
    nct_id: Maybe[str] = None
    """NCT number of the expanded access record."""
    status_for_nct_id: Maybe[ExpandedAccessStatus] = None
    """Status of that record."""


class StatusModule(Element, frozen=True, kw_only=True):
    """Where the study stands, and the dates of study and record.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#StatusModule
    """

    status_verified_date: Maybe[PartialDate] = None
    """When the sponsor last confirmed the record, mostly a month."""
    overall_status: Maybe[Status] = None
    last_known_status: Maybe[Status] = None
    """Status before it became UNKNOWN."""
    delayed_posting: Maybe[bool] = None
    """The record is published late, once the device is approved or cleared in the US."""
    why_stopped: Maybe[str] = None
    """Why the study was stopped or put on hold before its planned end. Markup."""
    expanded_access_info: Maybe[ExpandedAccessInfo] = None
    start_date: Maybe[PartialDateStruct] = field(default=None, name="startDateStruct")
    """First participant enrolled."""
    primary_completion_date: Maybe[PartialDateStruct] = field(
        default=None, name="primaryCompletionDateStruct"
    )
    """Last data collected for the primary outcome."""
    completion_date: Maybe[PartialDateStruct] = field(default=None, name="completionDateStruct")
    """Last visit of the last participant."""
    study_first_submit_date: Maybe[Date] = None
    """The sponsor first sent the record in."""
    study_first_submit_qc_date: Maybe[Date] = None
    """The sponsor sent the version that passed the registry's quality control."""
    study_first_post_date: Maybe[DateStruct] = field(default=None, name="studyFirstPostDateStruct")
    """The record was first public."""
    results_waived: Maybe[bool] = None
    """The duty to report results was waived."""
    results_first_submit_date: Maybe[Date] = None
    """The sponsor first sent results in."""
    results_first_submit_qc_date: Maybe[Date] = None
    """The sponsor sent the results that passed quality control."""
    results_first_post_date: Maybe[DateStruct] = field(
        default=None, name="resultsFirstPostDateStruct"
    )
    """Results were first public."""
    disp_first_submit_date: Maybe[Date] = None
    """The sponsor first certified, or asked for an extension, to report results later."""
    disp_first_submit_qc_date: Maybe[Date] = None
    """The certification or request that passed quality control was sent."""
    disp_first_post_date: Maybe[DateStruct] = field(default=None, name="dispFirstPostDateStruct")
    """The certification or extension was first public."""
    last_update_submit_date: Maybe[Date] = None
    """The sponsor last sent a change in."""
    last_update_post_date: Maybe[DateStruct] = field(default=None, name="lastUpdatePostDateStruct")
    """The last change was public."""


# ---------------------------------------------------------------------------------------- sponsors

# Who answers for the record.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-ResponsiblePartyType
ResponsiblePartyType = Literal[
    "SPONSOR",
    "PRINCIPAL_INVESTIGATOR",
    "SPONSOR_INVESTIGATOR",
]


class ResponsibleParty(Element, frozen=True, kw_only=True):
    """Who answers for the record: the sponsor, or an investigator with name and place.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ResponsibleParty
    """

    type: Maybe[ResponsiblePartyType] = None
    investigator_full_name: Maybe[str] = None
    investigator_title: Maybe[str] = None
    """Position held at the affiliation."""
    investigator_affiliation: Maybe[str] = None
    old_name_title: Maybe[str] = None
    """Name and title in records from before the present form."""
    old_organization: Maybe[str] = None
    """Organization in records from before the present form."""


class Sponsor(Element, frozen=True, kw_only=True):
    """An organization or person that initiates or supports the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#LeadSponsor
    """

    name: Maybe[str] = None
    class_: Maybe[AgencyClass] = None
    """Kind of organization."""


class SponsorCollaboratorsModule(Element, frozen=True, kw_only=True):
    """Who runs, pays for and supports the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#SponsorCollaboratorsModule
    """

    responsible_party: Maybe[ResponsibleParty] = None
    lead_sponsor: Maybe[Sponsor] = None
    collaborators: Maybe[list[Sponsor]] = None
    """Other organizations that give support, as by money, design or conduct."""


# ----------------------------------------------------------- oversight, description and conditions


class OversightModule(Element, frozen=True, kw_only=True):
    """Who watches over the study, and which US rules apply to it.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#OversightModule
    """

    oversight_has_dmc: Maybe[bool] = None
    """A data monitoring committee has been appointed."""
    is_fda_regulated_drug: Maybe[bool] = None
    """Studies a drug or biological product that the US FDA regulates."""
    is_fda_regulated_device: Maybe[bool] = None
    """Studies a device that the US FDA regulates."""
    is_unapproved_device: Maybe[bool] = None
    """A device of the study is not yet approved or cleared by the US FDA."""
    is_ppsd: Maybe[bool] = None
    """A pediatric postmarket surveillance of a device, ordered by the US FDA."""
    is_us_export: Maybe[bool] = None
    """The product is made in the US and exported for the study."""
    fdaaa801_violation: Maybe[bool] = None
    """A violation of the US duty to report was found (see the annotation section)."""


class DescriptionModule(Element, frozen=True, kw_only=True):
    """What the study is about, in prose.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#DescriptionModule
    """

    brief_summary: Maybe[str] = None
    """For the public. Markup."""
    detailed_description: Maybe[str] = None
    """For readers who know the field. Markup."""


class ConditionsModule(Element, frozen=True, kw_only=True):
    """What is studied.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ConditionsModule
    """

    conditions: Maybe[list[str]] = None
    """Diseases, disorders or other subjects, each as the sponsor words it."""
    keywords: Maybe[list[str]] = None
    """Words to find the study by."""


# ------------------------------------------------------------------------------------------ design

# Expanded access is treatment outside a trial.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-StudyType
StudyType = Literal[
    "EXPANDED_ACCESS",
    "INTERVENTIONAL",
    "OBSERVATIONAL",
]

# NA: a trial without phases, such as of a device. Phase 1/2 is two values.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-Phase
Phase = Literal[
    "NA",
    "EARLY_PHASE1",
    "PHASE1",
    "PHASE2",
    "PHASE3",
    "PHASE4",
]

# NA: there is one arm only.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-DesignAllocation
DesignAllocation = Literal[
    "RANDOMIZED",
    "NON_RANDOMIZED",
    "NA",
]

# How the interventions are given to participants.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-InterventionalAssignment
InterventionalAssignment = Literal[
    "SINGLE_GROUP",
    "PARALLEL",
    "CROSSOVER",
    "FACTORIAL",
    "SEQUENTIAL",
]

# ECT: educational, counselling, training.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-PrimaryPurpose
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

# How the observed groups are chosen and followed.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-ObservationalModel
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

# When the observation happens, seen from the start of the study.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-DesignTimePerspective
DesignTimePerspective = Literal[
    "RETROSPECTIVE",
    "PROSPECTIVE",
    "CROSS_SECTIONAL",
    "OTHER",
]

# How many parties are masked; NONE is an open-label trial.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-DesignMasking
DesignMasking = Literal[
    "NONE",
    "SINGLE",
    "DOUBLE",
    "TRIPLE",
    "QUADRUPLE",
]

# Parties that do not know which arm a participant is in.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-WhoMasked
WhoMasked = Literal[
    "PARTICIPANT",
    "CARE_PROVIDER",
    "INVESTIGATOR",
    "OUTCOMES_ASSESSOR",
]

# Whether samples are kept, and whether DNA could be extracted from them.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-BioSpecRetention
BioSpecRetention = Literal[
    "NONE_RETAINED",
    "SAMPLES_WITH_DNA",
    "SAMPLES_WITHOUT_DNA",
]

# Whether the number of participants is reached or planned.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-EnrollmentType
EnrollmentType = Literal[
    "ACTUAL",
    "ESTIMATED",
]


class ExpandedAccessTypes(Element, frozen=True, kw_only=True):
    """For whom an expanded access is meant.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ExpandedAccessTypes
    """

    individual: Maybe[bool] = None
    """Single patients."""
    intermediate: Maybe[bool] = None
    """A group of intermediate size."""
    treatment: Maybe[bool] = None
    """Many patients, under a treatment protocol."""


class MaskingBlock(Element, frozen=True, kw_only=True):
    """Who does not know which arm a participant is in.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#DesignMaskingInfo
    """

    masking: Maybe[DesignMasking] = None
    masking_description: Maybe[str] = None
    """Markup."""
    who_masked: Maybe[list[WhoMasked]] = None


class DesignInfo(Element, frozen=True, kw_only=True):
    """How a trial assigns, or an observational study follows, its participants.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#DesignInfo
    """

    allocation: Maybe[DesignAllocation] = None
    intervention_model: Maybe[InterventionalAssignment] = None
    intervention_model_description: Maybe[str] = None
    """Markup."""
    primary_purpose: Maybe[PrimaryPurpose] = None
    """Of an interventional trial."""
    observational_model: Maybe[ObservationalModel] = None
    """Of an observational study."""
    time_perspective: Maybe[DesignTimePerspective] = None
    """Of an observational study."""
    masking_info: Maybe[MaskingBlock] = None
    """Of an interventional trial."""


class BioSpec(Element, frozen=True, kw_only=True):
    """Samples that an observational study keeps.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#BioSpec
    """

    retention: Maybe[BioSpecRetention] = None
    description: Maybe[str] = None
    """Which samples. Markup."""


class EnrollmentInfo(Element, frozen=True, kw_only=True):
    """How many participants there are.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#EnrollmentInfo
    """

    count: Maybe[int] = None
    """Participants in all arms and sites together."""
    type: Maybe[EnrollmentType] = None
    """Absent in old records."""


class DesignModule(Element, frozen=True, kw_only=True):
    """Kind, phase, design and size of the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#DesignModule
    """

    study_type: Maybe[StudyType] = None
    n_ptrs_to_this_exp_acc_nct_id: Maybe[int] = None
    """Number of records that name this expanded access record."""
    expanded_access_types: Maybe[ExpandedAccessTypes] = None
    patient_registry: Maybe[bool] = None
    """An observational study that is a patient registry too."""
    target_duration: Maybe[Age] = None
    """How long a patient registry follows each participant."""
    phases: Maybe[list[Phase]] = None
    """Two values for a trial across two phases."""
    design_info: Maybe[DesignInfo] = None
    bio_spec: Maybe[BioSpec] = None
    enrollment_info: Maybe[EnrollmentInfo] = None


# -------------------------------------------------------------------------- arms and interventions

# The role of an arm in the trial.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-ArmGroupType
ArmGroupType = Literal[
    "EXPERIMENTAL",
    "ACTIVE_COMPARATOR",
    "PLACEBO_COMPARATOR",
    "SHAM_COMPARATOR",
    "NO_INTERVENTION",
    "OTHER",
]


class ArmGroup(Element, frozen=True, kw_only=True):
    """An arm of a trial, or a group or cohort of an observational study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ArmGroup
    """

    label: Maybe[str] = None
    """Name, by which `Intervention.arm_group_labels` points here."""
    type: Maybe[ArmGroupType] = None
    """Absent in observational studies."""
    description: Maybe[str] = None
    """Markup."""
    intervention_names: Maybe[list[str]] = None
    """Interventions of this arm, each as type and name: `Drug: Aspirin`."""


# What kind of thing is done or given.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-InterventionType
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


def intervention_name(type_: str | None, name: str) -> str:
    """How an arm names an intervention: `Dietary Supplement: stanol esters`.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ArmGroupInterventionName
    """
    return f"{intervention_label(type_)}: {name}" if type_ else name


def intervention_label(type_: str) -> str:
    """A type as `interventionNames` show it: `Dietary Supplement`."""
    return type_.replace("_", " ").title()


class Intervention(Element, frozen=True, kw_only=True):
    """What is given to or done with participants.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#Intervention
    """

    type: Maybe[InterventionType] = None
    name: Maybe[str] = None
    """Name, by which `ArmGroup.intervention_names` points here."""
    description: Maybe[str] = None
    """Markup."""
    arm_group_labels: Maybe[list[str]] = None
    """Labels of the arms that receive it."""
    other_names: Maybe[list[str]] = None
    """Brand names, codes and other synonyms."""


class ArmsInterventionsModule(Element, frozen=True, kw_only=True):
    """Arms or groups, interventions, and which arm receives which.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ArmsInterventionsModule
    """

    arm_groups: Maybe[list[ArmGroup]] = None
    interventions: Maybe[list[Intervention]] = None


# ---------------------------------------------------------------------------------------- outcomes


class Outcome(Element, frozen=True, kw_only=True):
    """What is measured, and when.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#PrimaryOutcome
    """

    measure: Maybe[str] = None
    description: Maybe[str] = None
    """Markup."""
    time_frame: Maybe[str] = None
    """When, or over which time, it is measured in each participant."""


class OutcomesModule(Element, frozen=True, kw_only=True):
    """What the study measures.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#OutcomesModule
    """

    primary_outcomes: Maybe[list[Outcome]] = None
    secondary_outcomes: Maybe[list[Outcome]] = None
    other_outcomes: Maybe[list[Outcome]] = None
    """Planned before the study, neither primary nor secondary."""


# ------------------------------------------------------------------------------------- eligibility

# Sex of those who can take part.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-Sex
Sex = Literal[
    "FEMALE",
    "MALE",
    "ALL",
]

# CHILD: birth to 17 years, ADULT: 18 to 64, OLDER_ADULT: 65 and over.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-StandardAge
StandardAge = Literal[
    "CHILD",
    "ADULT",
    "OLDER_ADULT",
]

# How an observational study chooses its participants.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-SamplingMethod
SamplingMethod = Literal[
    "PROBABILITY_SAMPLE",
    "NON_PROBABILITY_SAMPLE",
]


class EligibilityModule(Element, frozen=True, kw_only=True):
    """Who can take part.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#EligibilityModule
    """

    eligibility_criteria: Maybe[str] = None
    """Inclusion and exclusion criteria, mostly as two lists. Markup."""
    healthy_volunteers: Maybe[bool] = None
    """People without the condition can take part."""
    sex: Maybe[Sex] = None
    gender_based: Maybe[bool] = None
    """Taking part depends on gender, as people see themselves."""
    gender_description: Maybe[str] = None
    """Which gender. Markup."""
    minimum_age: Maybe[Age] = None
    """Lower end, included; absent for none."""
    maximum_age: Maybe[Age] = None
    """Upper end, included; absent for none."""
    std_ages: Maybe[list[StandardAge]] = None
    """Age groups that the age range touches, derived by the registry."""
    study_population: Maybe[str] = None
    """From whom an observational study chooses. Markup."""
    sampling_method: Maybe[SamplingMethod] = None
    """Of an observational study."""


# -------------------------------------------------------------------------- contacts and locations

# What a contact at a site is.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-ContactRole
ContactRole = Literal[
    "STUDY_CHAIR",
    "STUDY_DIRECTOR",
    "PRINCIPAL_INVESTIGATOR",
    "SUB_INVESTIGATOR",
    "CONTACT",
]


class Contact(Element, frozen=True, kw_only=True):
    """A person or office to ask about taking part.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#CentralContact
    """

    name: Maybe[str] = None
    role: Maybe[ContactRole] = None
    phone: Maybe[str] = None
    phone_ext: Maybe[str] = None
    """Extension."""
    email: Maybe[str] = None


# What an official answers for.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-OfficialRole
OfficialRole = Literal[
    "STUDY_CHAIR",
    "STUDY_DIRECTOR",
    "PRINCIPAL_INVESTIGATOR",
    "SUB_INVESTIGATOR",
]


class Official(Element, frozen=True, kw_only=True):
    """A person who answers for the scientific conduct of the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#OverallOfficial
    """

    name: Maybe[str] = None
    affiliation: Maybe[str] = None
    role: Maybe[OfficialRole] = None


class GeoPoint(Element, frozen=True, kw_only=True):
    """A place in degrees (WGS 84), mostly of the city, derived by the registry.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#LocationGeoPoint
    """

    lat: float
    """North is positive."""
    lon: float
    """East is positive."""


# Where one site stands.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-RecruitmentStatus
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


class Location(Element, frozen=True, kw_only=True):
    """A site where the study takes place.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#Location
    """

    facility: Maybe[str] = None
    status: Maybe[RecruitmentStatus] = None
    """Recruitment at this site."""
    city: Maybe[str] = None
    state: Maybe[str] = None
    """State or province."""
    zip: Maybe[str] = None
    """Postal code."""
    country: Maybe[str] = None
    contacts: Maybe[list[Contact]] = None
    geo_point: Maybe[GeoPoint] = None


class ContactsLocationsModule(Element, frozen=True, kw_only=True):
    """Whom to ask, who is responsible, and where the study takes place.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ContactsLocationsModule
    """

    central_contacts: Maybe[list[Contact]] = None
    """For the study as a whole."""
    overall_officials: Maybe[list[Official]] = None
    """For the study as a whole."""
    locations: Maybe[list[Location]] = None


# -------------------------------------------------------------------------------------- references


class Retraction(Element, frozen=True, kw_only=True):
    """A notice that withdraws a publication.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#Retraction
    """

    pmid: Maybe[str] = None
    """PubMed identifier of the notice."""
    source: Maybe[str] = None
    """Journal, year and pages of the notice."""


# DERIVED: found by the registry, as the publication names the NCT number.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-ReferenceType
ReferenceType = Literal[
    "BACKGROUND",
    "RESULT",
    "DERIVED",
]


class Reference(Element, frozen=True, kw_only=True):
    """A publication about the study or its background.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#Reference
    """

    pmid: Maybe[str] = None
    """PubMed identifier."""
    type: Maybe[ReferenceType] = None
    citation: Maybe[str] = None
    """As in a bibliography."""
    retractions: Maybe[list[Retraction]] = None


class SeeAlsoLink(Element, frozen=True, kw_only=True):
    """A web page about the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#SeeAlsoLink
    """

    label: Maybe[str] = None
    """What the page is. Markup."""
    url: Maybe[str] = None
    """URL."""


class AvailIpd(Element, frozen=True, kw_only=True):
    """A data set or document of the study that can be had elsewhere.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#AvailIPD
    """

    id: Maybe[str] = None
    """Identifier at the place that holds it."""
    type: Maybe[str] = None
    """What it is, such as `Individual Participant Data Set`."""
    url: Maybe[str] = None
    """URL."""
    comment: Maybe[str] = None
    """How to get it, and the like. Markup."""


class ReferencesModule(Element, frozen=True, kw_only=True):
    """Publications, web pages and data about the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ReferencesModule
    """

    references: Maybe[list[Reference]] = None
    see_also_links: Maybe[list[SeeAlsoLink]] = None
    avail_ipds: Maybe[list[AvailIpd]] = None
    """Individual participant data and what belongs to them."""


# ------------------------------------------------------------------------------------- IPD sharing

# Whether individual participant data will be shared.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-IpdSharing
IpdSharing = Literal[
    "YES",
    "NO",
    "UNDECIDED",
]

# What is shared beside the data. SAP: statistical analysis plan, ICF: consent form, CSR: clinical
# study report.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-IpdSharingInfoType
IpdSharingInfoType = Literal[
    "STUDY_PROTOCOL",
    "SAP",
    "ICF",
    "CSR",
    "ANALYTIC_CODE",
]


class IpdSharingStatementModule(Element, frozen=True, kw_only=True):
    """The plan to share individual participant data (IPD).

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#IPDSharingStatementModule
    """

    ipd_sharing: Maybe[IpdSharing] = None
    description: Maybe[str] = None
    """Which data, or why none. Markup."""
    info_types: Maybe[list[IpdSharingInfoType]] = None
    """Documents shared beside the data."""
    time_frame: Maybe[str] = None
    """From when, and for how long. Markup."""
    access_criteria: Maybe[str] = None
    """Who gets the data, for what and how. Markup."""
    url: Maybe[str] = None
    """Where the plan is described: URL."""


# ---------------------------------------------------------------------------- the protocol section


class ProtocolSection(Element, frozen=True, kw_only=True):
    """What is planned and how it goes: everything but the results.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ProtocolSection
    """

    identification: Maybe[IdentificationModule] = field(default=None, name="identificationModule")
    status: Maybe[StatusModule] = field(default=None, name="statusModule")
    sponsor_collaborators: Maybe[SponsorCollaboratorsModule] = field(
        default=None, name="sponsorCollaboratorsModule"
    )
    oversight: Maybe[OversightModule] = field(default=None, name="oversightModule")
    description: Maybe[DescriptionModule] = field(default=None, name="descriptionModule")
    conditions: Maybe[ConditionsModule] = field(default=None, name="conditionsModule")
    design: Maybe[DesignModule] = field(default=None, name="designModule")
    arms_interventions: Maybe[ArmsInterventionsModule] = field(
        default=None, name="armsInterventionsModule"
    )
    outcomes: Maybe[OutcomesModule] = field(default=None, name="outcomesModule")
    eligibility: Maybe[EligibilityModule] = field(default=None, name="eligibilityModule")
    contacts_locations: Maybe[ContactsLocationsModule] = field(
        default=None, name="contactsLocationsModule"
    )
    references: Maybe[ReferencesModule] = field(default=None, name="referencesModule")
    ipd_sharing_statement: Maybe[IpdSharingStatementModule] = field(
        default=None, name="ipdSharingStatementModule"
    )


# -------------------------------------------------------------------------------- participant flow


class FlowGroup(Element, frozen=True, kw_only=True):
    """A group of participants whose way through the study is counted.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#FlowGroup
    """

    id: Maybe[str] = None
    """Such as FG000; `FlowStats.group_id` points here."""
    title: Maybe[str] = None
    description: Maybe[str] = None
    """Markup."""


class FlowStats(Element, frozen=True, kw_only=True):
    """How many of one group.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#FlowAchievement
    """

    group_id: Maybe[str] = None
    """Id of a `FlowGroup`."""
    comment: Maybe[str] = None
    """Markup."""
    num_subjects: Maybe[str] = None
    """Participants: a whole number as text."""
    num_units: Maybe[str] = None
    """Units other than participants (`type_units_analyzed`): a whole number as text."""


class FlowMilestone(Element, frozen=True, kw_only=True):
    """A point that participants reach, and how many did.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#FlowMilestone
    """

    type: Maybe[str] = None
    """STARTED, COMPLETED, NOT COMPLETED, or the sponsor's own."""
    comment: Maybe[str] = None
    """Markup."""
    achievements: Maybe[list[FlowStats]] = None
    """How many reached it, for each group."""


class DropWithdraw(Element, frozen=True, kw_only=True):
    """A reason to leave, and how many left for it.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#FlowDropWithdraw
    """

    type: Maybe[str] = None
    """The reason, such as `Lost to Follow-up`."""
    comment: Maybe[str] = None
    """Markup."""
    reasons: Maybe[list[FlowStats]] = None
    """How many left for it, for each group."""


class FlowPeriod(Element, frozen=True, kw_only=True):
    """A stage of the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#FlowPeriod
    """

    title: Maybe[str] = None
    """`Overall Study` if there is one stage."""
    milestones: Maybe[list[FlowMilestone]] = None
    drop_withdraws: Maybe[list[DropWithdraw]] = None


class ParticipantFlowModule(Element, frozen=True, kw_only=True):
    """How participants went through the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ParticipantFlowModule
    """

    pre_assignment_details: Maybe[str] = None
    """What happened between enrollment and assignment. Markup."""
    recruitment_details: Maybe[str] = None
    """When and where participants were recruited. Markup."""
    type_units_analyzed: Maybe[str] = None
    """What is assigned, if not participants, such as `Eyes`."""
    groups: Maybe[list[FlowGroup]] = None
    periods: Maybe[list[FlowPeriod]] = None


# --------------------------------------------------------------------------- measures and baseline

# What the reported number is.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-MeasureParam
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

# What the reported spread is; CONFIDENCE_975 is 97.5 percent.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-MeasureDispersionType
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


class MeasureGroup(Element, frozen=True, kw_only=True):
    """A group of participants for which a measure is reported.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#BaselineGroup
    """

    id: Maybe[str] = None
    """Such as BG000 or OG000; the `group_id` of counts and measurements points here."""
    title: Maybe[str] = None
    description: Maybe[str] = None
    """Markup."""


class DenomCount(Element, frozen=True, kw_only=True):
    """How many of one group.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#BaselineDenomCount
    """

    group_id: Maybe[str] = None
    """Id of a `MeasureGroup`."""
    value: Maybe[str] = None
    """A whole number as text."""


class Denom(Element, frozen=True, kw_only=True):
    """How many were analyzed, for each group.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#BaselineDenom
    """

    units: Maybe[str] = None
    """What is counted, such as `Participants`."""
    counts: Maybe[list[DenomCount]] = None


class Measurement(Element, frozen=True, kw_only=True):
    """What was measured in one group. The numbers are texts, as `NA` and `<0.1` occur.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#BaselineMeasurement
    """

    group_id: Maybe[str] = None
    """Id of a `MeasureGroup`."""
    value: Maybe[str] = None
    """In the measure's unit."""
    spread: Maybe[str] = None
    """Standard deviation and the like, in the measure's unit."""
    lower_limit: Maybe[str] = None
    """Lower end of a range or an interval."""
    upper_limit: Maybe[str] = None
    """Upper end of a range or an interval."""
    comment: Maybe[str] = None
    """Why a value is `NA`, for example. Markup."""


class MeasureCategory(Element, frozen=True, kw_only=True):
    """A category of a measure, such as `Female`.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#BaselineCategory
    """

    title: Maybe[str] = None
    measurements: Maybe[list[Measurement]] = None


class MeasureClass(Element, frozen=True, kw_only=True):
    """A row of a measure, such as a time point, with its categories.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#BaselineClass
    """

    title: Maybe[str] = None
    denoms: Maybe[list[Denom]] = None
    """How many were analyzed for this row."""
    categories: Maybe[list[MeasureCategory]] = None


class BaselineMeasure(Element, frozen=True, kw_only=True):
    """A characteristic at the start of the study, such as age or sex.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#BaselineMeasure
    """

    title: Maybe[str] = None
    description: Maybe[str] = None
    """Markup."""
    population_description: Maybe[str] = None
    """Who was analyzed, if not all. Markup."""
    param_type: Maybe[MeasureParam] = None
    dispersion_type: Maybe[MeasureDispersionType] = None
    unit_of_measure: Maybe[str] = None
    """Such as `years` or `Participants`."""
    calculate_pct: Maybe[bool] = None
    """A percentage of the denominator is shown beside each number."""
    denom_units_selected: Maybe[str] = None
    """Which of the denominators' units the numbers are about."""
    denoms: Maybe[list[Denom]] = None
    """How many were analyzed for this measure."""
    classes: Maybe[list[MeasureClass]] = None


class BaselineCharacteristicsModule(Element, frozen=True, kw_only=True):
    """Who took part, as seen at the start.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#BaselineCharacteristicsModule
    """

    population_description: Maybe[str] = None
    """Who was analyzed, if not all. Markup."""
    type_units_analyzed: Maybe[str] = None
    """What is analyzed, if not participants, such as `Eyes`."""
    groups: Maybe[list[MeasureGroup]] = None
    denoms: Maybe[list[Denom]] = None
    """How many were analyzed."""
    measures: Maybe[list[BaselineMeasure]] = None


# -------------------------------------------------------------------------------- outcome measures

# Measure of dispersion of an estimate.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-AnalysisDispersionType
AnalysisDispersionType = Literal[
    "STANDARD_DEVIATION",
    "STANDARD_ERROR_OF_MEAN",
]

# Whether the interval is bound at one end or at both.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-ConfidenceIntervalNumSides
ConfidenceIntervalNumSides = Literal[
    "ONE_SIDED",
    "TWO_SIDED",
]

# What the hypothesis test was for. Values with LEGACY or an OR are of older records.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-NonInferiorityType
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


class MeasureAnalysis(Element, frozen=True, kw_only=True):
    """A statistical test or estimate on an outcome. The numbers are texts, as `<0.001` occurs.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#OutcomeAnalysis
    """

    param_type: Maybe[str] = None
    """What is estimated, such as `Hazard Ratio (HR)`."""
    param_value: Maybe[str] = None
    """The estimate."""
    dispersion_type: Maybe[AnalysisDispersionType] = None
    dispersion_value: Maybe[str] = None
    """Of the estimate."""
    statistical_method: Maybe[str] = None
    """Name of the test."""
    statistical_comment: Maybe[str] = None
    """Markup."""
    p_value: Maybe[str] = None
    """With its relation where there is one: `<0.001`."""
    p_value_comment: Maybe[str] = None
    """Threshold, adjustment and the like. Markup."""
    ci_num_sides: Maybe[ConfidenceIntervalNumSides] = None
    ci_pct_value: Maybe[str] = None
    """Confidence level in percent."""
    ci_lower_limit: Maybe[str] = None
    """Lower end of the interval."""
    ci_upper_limit: Maybe[str] = None
    """Upper end of the interval."""
    ci_lower_limit_comment: Maybe[str] = None
    """Why there is none. Markup."""
    ci_upper_limit_comment: Maybe[str] = None
    """Why there is none. Markup."""
    estimate_comment: Maybe[str] = None
    """Direction of the comparison and the like. Markup."""
    tested_non_inferiority: Maybe[bool] = None
    """The test was for non-inferiority or equivalence."""
    non_inferiority_type: Maybe[NonInferiorityType] = None
    non_inferiority_comment: Maybe[str] = None
    """Margin and power. Markup."""
    other_analysis_description: Maybe[str] = None
    """An analysis that the other fields do not fit. Markup."""
    group_description: Maybe[str] = None
    """Hypothesis and further details. Markup."""
    group_ids: Maybe[list[str]] = None
    """Ids of the groups compared."""


# The rank of the outcome.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-OutcomeMeasureType
OutcomeMeasureType = Literal[
    "PRIMARY",
    "SECONDARY",
    "OTHER_PRE_SPECIFIED",
    "POST_HOC",
]

# Whether data of the outcome are there yet.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-ReportingStatus
ReportingStatus = Literal[
    "NOT_POSTED",
    "POSTED",
]


class OutcomeMeasure(Element, frozen=True, kw_only=True):
    """An outcome with its data.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#OutcomeMeasure
    """

    type: Maybe[OutcomeMeasureType] = None
    title: Maybe[str] = None
    description: Maybe[str] = None
    """Markup."""
    population_description: Maybe[str] = None
    """Who was analyzed and why. Markup."""
    reporting_status: Maybe[ReportingStatus] = None
    anticipated_posting_date: Maybe[PartialDate] = None
    """When data are expected that are not there yet."""
    param_type: Maybe[MeasureParam] = None
    dispersion_type: Maybe[str] = None
    """What the spread is, as shown: `Standard Deviation`."""
    unit_of_measure: Maybe[str] = None
    """Such as `mg/dL` or `Participants`."""
    calculate_pct: Maybe[bool] = None
    """A percentage of the denominator is shown beside each number."""
    time_frame: Maybe[str] = None
    """When, or over which time, it was measured in each participant."""
    type_units_analyzed: Maybe[str] = None
    """What is analyzed, if not participants, such as `Eyes`."""
    denom_units_selected: Maybe[str] = None
    """Which of the denominators' units the numbers are about."""
    groups: Maybe[list[MeasureGroup]] = None
    denoms: Maybe[list[Denom]] = None
    """How many were analyzed."""
    classes: Maybe[list[MeasureClass]] = None
    analyses: Maybe[list[MeasureAnalysis]] = None


class OutcomeMeasuresModule(Element, frozen=True, kw_only=True):
    """The outcomes with their data.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#OutcomeMeasuresModule
    """

    outcome_measures: Maybe[list[OutcomeMeasure]] = None


# ---------------------------------------------------------------------------------- adverse events


class EventGroup(Element, frozen=True, kw_only=True):
    """A group of participants for which adverse events are counted.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#EventGroup
    """

    id: Maybe[str] = None
    """Such as EG000; `EventStats.group_id` points here."""
    title: Maybe[str] = None
    description: Maybe[str] = None
    """Markup."""
    deaths_num_affected: Maybe[int] = None
    """Participants who died, of any cause."""
    deaths_num_at_risk: Maybe[int] = None
    """Participants counted for deaths."""
    serious_num_affected: Maybe[int] = None
    """Participants with one serious event or more."""
    serious_num_at_risk: Maybe[int] = None
    """Participants counted for serious events."""
    other_num_affected: Maybe[int] = None
    """Participants with one other event or more, above the threshold."""
    other_num_at_risk: Maybe[int] = None
    """Participants counted for other events."""


class EventStats(Element, frozen=True, kw_only=True):
    """How often an event happened in one group.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#SeriousEventStats
    """

    group_id: Maybe[str] = None
    """Id of an `EventGroup`."""
    num_events: Maybe[int] = None
    """Occurrences."""
    num_affected: Maybe[int] = None
    """Participants with one occurrence or more."""
    num_at_risk: Maybe[int] = None
    """Participants counted."""


# Whether adverse events were asked for (systematic) or told unasked.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-EventAssessment
EventAssessment = Literal[
    "NON_SYSTEMATIC_ASSESSMENT",
    "SYSTEMATIC_ASSESSMENT",
]


class AdverseEvent(Element, frozen=True, kw_only=True):
    """A kind of unwanted event, and how often it happened.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#SeriousEvent
    """

    term: Maybe[str] = None
    organ_system: Maybe[str] = None
    """System organ class of MedDRA."""
    source_vocabulary: Maybe[str] = None
    """Where the term is from, such as `MedDRA (23.1)`."""
    assessment_type: Maybe[EventAssessment] = None
    notes: Maybe[str] = None
    """Markup."""
    stats: Maybe[list[EventStats]] = None


class AdverseEventsModule(Element, frozen=True, kw_only=True):
    """Unwanted events and deaths.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#AdverseEventsModule
    """

    frequency_threshold: Maybe[str] = None
    """Percent as text: an other event is listed if it is more frequent than this in some group."""
    time_frame: Maybe[str] = None
    """Over which time events were collected."""
    description: Maybe[str] = None
    """How events were collected. Markup."""
    all_cause_mortality_comment: Maybe[str] = None
    """Markup."""
    event_groups: Maybe[list[EventGroup]] = None
    serious_events: Maybe[list[AdverseEvent]] = None
    other_events: Maybe[list[AdverseEvent]] = None
    """Not serious."""


# --------------------------------------------------------------------------------------- more info


class LimitationsAndCaveats(Element, frozen=True, kw_only=True):
    """What weakens the results.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#LimitationsAndCaveats
    """

    description: Maybe[str] = None
    """Markup."""


# How long a sponsor may hold back publication: LTE60 up to 60 days, GT60 more than 60 and up to
# 180.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-AgreementRestrictionType
AgreementRestrictionType = Literal[
    "LTE60",
    "GT60",
    "OTHER",
]


class CertainAgreement(Element, frozen=True, kw_only=True):
    """What the sponsor lets investigators publish.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#CertainAgreement
    """

    pi_sponsor_employee: Maybe[bool] = None
    """All principal investigators are employed by the sponsor."""
    restriction_type: Maybe[AgreementRestrictionType] = None
    restrictive_agreement: Maybe[bool] = None
    """Some agreement restricts publishing by investigators."""
    other_details: Maybe[str] = None
    """The restriction, if of another kind. Markup."""


class PointOfContact(Element, frozen=True, kw_only=True):
    """Whom to ask about the results.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#PointOfContact
    """

    title: Maybe[str] = None
    """Name or position."""
    organization: Maybe[str] = None
    email: Maybe[str] = None
    phone: Maybe[str] = None
    phone_ext: Maybe[str] = None
    """Extension."""


class MoreInfoModule(Element, frozen=True, kw_only=True):
    """What else is to know about the results.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#MoreInfoModule
    """

    limitations_and_caveats: Maybe[LimitationsAndCaveats] = None
    certain_agreement: Maybe[CertainAgreement] = None
    point_of_contact: Maybe[PointOfContact] = None


# ----------------------------------------------------------------------------- the results section


class ResultsSection(Element, frozen=True, kw_only=True):
    """What was found.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ResultsSection
    """

    participant_flow: Maybe[ParticipantFlowModule] = field(
        default=None, name="participantFlowModule"
    )
    baseline_characteristics: Maybe[BaselineCharacteristicsModule] = field(
        default=None, name="baselineCharacteristicsModule"
    )
    outcome_measures: Maybe[OutcomeMeasuresModule] = field(
        default=None, name="outcomeMeasuresModule"
    )
    adverse_events: Maybe[AdverseEventsModule] = field(default=None, name="adverseEventsModule")
    more_info: Maybe[MoreInfoModule] = field(default=None, name="moreInfoModule")


# --------------------------------------------------------------------------------------- documents


class LargeDoc(Element, frozen=True, kw_only=True):
    """A document of the study that the registry holds.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#LargeDoc
    """

    type_abbrev: Maybe[str] = None
    """What is in the document: Prot, SAP and ICF, joined by `_`."""
    has_protocol: Maybe[bool] = None
    """The study protocol is in it."""
    has_sap: Maybe[bool] = None
    """The statistical analysis plan is in it."""
    has_icf: Maybe[bool] = None
    """The informed consent form is in it."""
    label: Maybe[str] = None
    """What the document is."""
    date: Maybe[Date] = None
    """Of the document."""
    upload_date: Maybe[DateTimeMinutes] = None
    """When it was uploaded."""
    filename: Maybe[str] = None
    size: Maybe[int] = None
    """Bytes."""


class LargeDocumentModule(Element, frozen=True, kw_only=True):
    """Documents of the study.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#LargeDocumentModule
    """

    no_sap: Maybe[bool] = None
    """There is no statistical analysis plan."""
    large_docs: Maybe[list[LargeDoc]] = None


class DocumentSection(Element, frozen=True, kw_only=True):
    """Documents that the sponsor uploaded.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#DocumentSection
    """

    large_document: Maybe[LargeDocumentModule] = field(default=None, name="largeDocumentModule")


# ------------------------------------------------------------------------------------- annotations

# RELEASE: results sent in, RESET: sent back after review, UNRELEASE: withdrawn.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-UnpostedEventType
UnpostedEventType = Literal[
    "RESET",
    "RELEASE",
    "UNRELEASE",
]


class UnpostedEvent(Element, frozen=True, kw_only=True):
    """A step of results on their way to publication.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#UnpostedEvent
    """

    type: Maybe[UnpostedEventType] = None
    date: Maybe[Date] = None
    date_unknown: Maybe[bool] = None
    """It is not known on which day."""


class UnpostedAnnotation(Element, frozen=True, kw_only=True):
    """Results that were sent in and are not public yet.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#UnpostedAnnotation
    """

    unposted_responsible_party: Maybe[str] = None
    unposted_events: Maybe[list[UnpostedEvent]] = None


# Steps of a violation of the duty to report (FDAAA 801).
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-ViolationEventType
ViolationEventType = Literal[
    "VIOLATION_IDENTIFIED",
    "CORRECTION_CONFIRMED",
    "PENALTY_IMPOSED",
    "ISSUES_IN_LETTER_ADDRESSED_CONFIRMED",
]


class ViolationEvent(Element, frozen=True, kw_only=True):
    """A step of a violation of the US duty to report.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ViolationEvent
    """

    type: Maybe[ViolationEventType] = None
    description: Maybe[str] = None
    creation_date: Maybe[Date] = None
    """Entered in the registry."""
    issued_date: Maybe[Date] = None
    """Letter of the US FDA issued."""
    release_date: Maybe[Date] = None
    """Released by the US FDA."""
    posted_date: Maybe[Date] = None
    """Public."""


class ViolationAnnotation(Element, frozen=True, kw_only=True):
    """Violations of the US duty to report.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ViolationAnnotation
    """

    violation_events: Maybe[list[ViolationEvent]] = None


class AnnotationModule(Element, frozen=True, kw_only=True):
    """What the registry has to add about the record.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#AnnotationModule
    """

    unposted_annotation: Maybe[UnpostedAnnotation] = None
    violation_annotation: Maybe[ViolationAnnotation] = None


class AnnotationSection(Element, frozen=True, kw_only=True):
    """What the registry or the US FDA adds to the sponsor's record.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#AnnotationSection
    """

    annotation: Maybe[AnnotationModule] = field(default=None, name="annotationModule")


# ----------------------------------------------------------------------------------------- derived


class FirstMcpInfo(Element, frozen=True, kw_only=True):
    """The first publication of results together with the registry's review comments.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#FirstMCPInfo
    """

    post_date: Maybe[DateStruct] = field(default=None, name="postDateStruct")


class SubmissionInfo(Element, frozen=True, kw_only=True):
    """One round of results: sent in, withdrawn or sent back.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#SubmissionInfo
    """

    release_date: Maybe[Date] = None
    """Sent in."""
    unrelease_date: Maybe[Date] = None
    """Withdrawn."""
    unrelease_date_unknown: Maybe[bool] = None
    """It is not known on which day they were withdrawn."""
    reset_date: Maybe[Date] = None
    """Sent back with comments."""
    mcp_release_n: Maybe[int] = None
    """Number of the release that was public together with review comments."""


class SubmissionTracking(Element, frozen=True, kw_only=True):
    """Results that were sent in and have not passed quality control.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#SubmissionTracking
    """

    estimated_results_first_submit_date: Maybe[Date] = None
    """When results were first sent in, as the registry estimates."""
    first_mcp_info: Maybe[FirstMcpInfo] = None
    submission_infos: Maybe[list[SubmissionInfo]] = None
    """The rounds, oldest first."""


class MiscInfoModule(Element, frozen=True, kw_only=True):
    """What the registry computes about the record.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#MiscInfoModule
    """

    version_holder: Maybe[Date] = None
    """Day of the registry's data that the record was taken from."""
    removed_countries: Maybe[list[str]] = None
    """Countries that had a site in an earlier version and have none now."""
    submission_tracking: Maybe[SubmissionTracking] = None


class Mesh(Element, frozen=True, kw_only=True):
    """A term of the Medical Subject Headings.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ConditionMesh
    """

    id: Maybe[str] = None
    """MeSH unique identifier."""
    term: Maybe[str] = None


# HIGH: a term for what the record names itself, LOW: a broader or a related one.
# https://clinicaltrials.gov/data-api/about-api/study-data-structure#enum-BrowseLeafRelevance
BrowseLeafRelevance = Literal[
    "LOW",
    "HIGH",
]


class BrowseLeaf(Element, frozen=True, kw_only=True):
    """A term in the registry's tree of topics.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ConditionBrowseLeaf
    """

    id: Maybe[str] = None
    """Identifier in the registry's tree."""
    name: Maybe[str] = None
    as_found: Maybe[str] = None
    """The record's words that led to the term."""
    relevance: Maybe[BrowseLeafRelevance] = None


class BrowseBranch(Element, frozen=True, kw_only=True):
    """A branch of the registry's tree of topics.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ConditionBrowseBranch
    """

    abbrev: Maybe[str] = None
    name: Maybe[str] = None


class BrowseModule(Element, frozen=True, kw_only=True):
    """Terms that the registry gives to the conditions or the interventions.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#ConditionBrowseModule
    """

    meshes: Maybe[list[Mesh]] = None
    """Terms for what the record names."""
    ancestors: Maybe[list[Mesh]] = None
    """Broader terms above them."""
    browse_leaves: Maybe[list[BrowseLeaf]] = None
    browse_branches: Maybe[list[BrowseBranch]] = None


class DerivedSection(Element, frozen=True, kw_only=True):
    """What the registry derives from the record.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#DerivedSection
    """

    misc_info: Maybe[MiscInfoModule] = field(default=None, name="miscInfoModule")
    condition_browse: Maybe[BrowseModule] = field(default=None, name="conditionBrowseModule")
    intervention_browse: Maybe[BrowseModule] = field(default=None, name="interventionBrowseModule")


# -------------------------------------------------------------------------------------- the record


class Study(Element, frozen=True, kw_only=True):
    """A record of ClinicalTrials.gov as API v2 gives it.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#Study
    """

    protocol: Maybe[ProtocolSection] = field(default=None, name="protocolSection")
    results: Maybe[ResultsSection] = field(default=None, name="resultsSection")
    annotation: Maybe[AnnotationSection] = field(default=None, name="annotationSection")
    documents: Maybe[DocumentSection] = field(default=None, name="documentSection")
    derived: Maybe[DerivedSection] = field(default=None, name="derivedSection")
    has_results: Maybe[bool] = None
    """The registry has results of the study, whether or not they are here."""


# ------------------------------------------------------------ what other sources add


class RelatedTrial(Element, frozen=True, kw_only=True):
    """Another trial that the page of this one points to."""

    title: Maybe[str] = None
    nct_id: Maybe[str] = None
    status: Maybe[Status] = None
    phases: Maybe[list[Phase]] = None


class Page(Element, frozen=True, kw_only=True):
    """What a record's page says as text and the registry's API has no place for."""

    conditions_line: Maybe[str] = None
    """Conditions and keywords on one line, without separators between them."""
    countries: Maybe[list[str]] = None
    """Countries with a site, as the page lists them."""
    related_trials: Maybe[list[RelatedTrial]] = None


class Registration(Element, frozen=True, kw_only=True):
    """Whose record it is, where it is another register's than ClinicalTrials.gov.

    Absent from a record of ClinicalTrials.gov, which says the same in its own modules. An NCT id
    in the record of another register is one of its secondary ids.
    https://www.who.int/tools/clinical-trials-registry-platform/network/primary-registries
    """

    register: Maybe[str] = None
    """Name of the register, as the register or its network writes it: ISRCTN, CTIS, DRKS."""
    id: Maybe[str] = None
    """The record's own id in that register."""
    url: Maybe[str] = None
    """Where the register shows the record."""
    version: Maybe[str] = None
    """Version of the record, as the register counts them."""
    country: Maybe[str] = None
    """The country that the record is of, where a register has one for each."""
    languages: Maybe[list[str]] = None
    """Languages that the register has the record in, the one of these texts first: BCP 47."""
    first_registered: Maybe[PartialDate] = None
    last_changed: Maybe[PartialDate] = None


class Trial(Study, frozen=True, kw_only=True, tag_field="trialbridge", tag="1"):
    """A trial record with all that its source said. The tag is the version of the model."""

    page: Maybe[Page] = None
    registration: Maybe[Registration] = None
    unmapped: Maybe[dict[str, Any]] = None
    """What the model has no place for: JSON pointer into the record, value as it was."""

    # What is asked most stands six modules deep, each of which may be absent. Absent lists are
    # empty here; the modules tell the two apart.

    @property
    def nct_id(self) -> str | None:
        """The registry's id: `NCT06360861`."""
        names = self.protocol.identification if self.protocol else None
        return names.nct_id if names else None

    @property
    def title(self) -> str | None:
        """The brief title, or the official one where there is no other."""
        names = self.protocol.identification if self.protocol else None
        return (names.brief_title or names.official_title) if names else None

    @property
    def status(self) -> Status | None:
        """The overall status: `RECRUITING`."""
        status = self.protocol.status if self.protocol else None
        return status.overall_status if status else None

    @property
    def phases(self) -> list[Phase]:
        """The phases, two for a study between them."""
        design = self.protocol.design if self.protocol else None
        return (design.phases or []) if design else []

    @property
    def sponsor(self) -> str | None:
        """The name of the lead sponsor."""
        parties = self.protocol.sponsor_collaborators if self.protocol else None
        return parties.lead_sponsor.name if parties and parties.lead_sponsor else None

    @property
    def conditions(self) -> list[str]:
        """The conditions that are studied, in the record's own words."""
        terms = self.protocol.conditions if self.protocol else None
        return (terms.conditions or []) if terms else []

    @property
    def arms(self) -> list[ArmGroup]:
        """The arms, or the groups and cohorts of an observational study."""
        groups = self.protocol.arms_interventions if self.protocol else None
        return (groups.arm_groups or []) if groups else []

    @property
    def interventions(self) -> list[Intervention]:
        """What is given or done."""
        groups = self.protocol.arms_interventions if self.protocol else None
        return (groups.interventions or []) if groups else []

    @property
    def sites(self) -> list[Location]:
        """Where it is done, each with city, country, status and contacts."""
        places = self.protocol.contacts_locations if self.protocol else None
        return (places.locations or []) if places else []


def trial_of(
    study: Study,
    page: Page | None = None,
    unmapped: dict[str, Any] | None = None,
    registration: Registration | None = None,
) -> Trial:
    """Make a trial of a study and what else its source said; the modules are shared, not copied."""
    return Trial(
        protocol=study.protocol,
        results=study.results,
        annotation=study.annotation,
        documents=study.documents,
        derived=study.derived,
        has_results=study.has_results,
        page=page,
        registration=registration,
        unmapped=unmapped,
    )


def study_of(trial: Trial) -> Study:
    """Take the registry's part of a trial; the modules are shared, not copied."""
    return Study(
        protocol=trial.protocol,
        results=trial.results,
        annotation=trial.annotation,
        documents=trial.documents,
        derived=trial.derived,
        has_results=trial.has_results,
    )


# `once` says why: nobody has a struct before msgspec knows all of it.
Decoder(Trial)
Decoder(Study)
