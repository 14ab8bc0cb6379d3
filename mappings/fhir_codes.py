"""Codes of the registry and of FHIR, side by side, in the registry's order.

A table maps a value of the model to the standard's code. A value that the table lacks has no code
in the standard, and is written with the registry's own code alone. Where several values share a
standard code, a document that has this code alone reads as the first of them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

from trialbridge.mappings.codec import System
from trialbridge.schemas import trial
from trialbridge.schemas.base import BASE

CTGOV = "https://clinicaltrials.gov"
PUBMED = "https://pubmed.ncbi.nlm.nih.gov"
MESH = "http://id.nlm.nih.gov/mesh"
UCUM = "http://unitsofmeasure.org"

# https://hl7.org/fhir/R5/terminologies-systems.html
STUDY_STATUS = "http://hl7.org/fhir/research-study-status"
STUDY_PHASE = "http://hl7.org/fhir/research-study-phase"
PURPOSE_TYPE = "http://hl7.org/fhir/research-study-prim-purp-type"
ARM_TYPE = "http://hl7.org/fhir/research-study-arm-type"
OBJECTIVE_TYPE = "http://hl7.org/fhir/research-study-objective-type"
PARTY_ROLE = "http://hl7.org/fhir/research-study-party-role"
ORGANIZATION_TYPE = "http://hl7.org/fhir/research-study-party-organization-type"
CLASSIFIER = "http://hl7.org/fhir/research-study-classifiers"
TITLE_TYPE = "http://hl7.org/fhir/title-type"
STUDY_DESIGN = "http://hl7.org/fhir/study-design"
GENDER = "http://hl7.org/fhir/administrative-gender"
ARTIFACT_CLASSIFIER = "http://hl7.org/fhir/citation-artifact-classifier"
USAGE_CONTEXT = "http://terminology.hl7.org/CodeSystem/usage-context-type"
PLAN_TYPE = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
# https://hl7.org/fhir/extensions/CodeSystem-research-study-registration-activity.html
REGISTRATION_ACTIVITY = "http://hl7.org/fhir/research-study-registration-activity"


class Codes(NamedTuple):
    """A code table: the standard's system and codes; the registry's own where they are finer."""

    system: str
    standard: Mapping[Any, str]
    exact: System | None = None


def _title(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _ours(name: str, title: str, codes: Mapping[str, str]) -> System:
    return System(f"{BASE}/CodeSystem/{name}", title, codes)


def _registry(name: str, enumeration: Any, **titles: str) -> System:
    """The registry's enumeration as a code system: its codes as they are, with their labels.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#enums
    """
    return _ours(
        f"ctgov-{name}",
        f"ClinicalTrials.gov {name.replace('-', ' ')}",
        {code: titles.get(code, _title(code)) for code in get_args(enumeration)},
    )


STATUS = Codes(
    STUDY_STATUS,
    {
        "ACTIVE_NOT_RECRUITING": "active-but-not-recruiting",
        "COMPLETED": "completed",
        "ENROLLING_BY_INVITATION": "enrolling-by-invitation",
        "NOT_YET_RECRUITING": "not-yet-recruiting",
        "RECRUITING": "recruiting",
        # Nobody enters, whether or not those who are in it are treated: the wider of two codes.
        "SUSPENDED": "temporarily-closed-to-accrual",
        "TERMINATED": "terminated",
        "WITHDRAWN": "withdrawn",
    },
    _registry(
        "status",
        trial.Status,
        ACTIVE_NOT_RECRUITING="Active, not recruiting",
        UNKNOWN="Unknown status",
    ),
)

# For a site, and for the expanded access to a study's product.
EXACT_STATUS = Codes("", {}, STATUS.exact)

PURPOSE = Codes(
    PURPOSE_TYPE,
    {
        "TREATMENT": "treatment",
        "PREVENTION": "prevention",
        "DIAGNOSTIC": "diagnostic",
        "SUPPORTIVE_CARE": "supportive-care",
        "SCREENING": "screening",
        "HEALTH_SERVICES_RESEARCH": "health-services-research",
        "BASIC_SCIENCE": "basic-science",
        "DEVICE_FEASIBILITY": "device-feasibility",
    },
    _registry("primary-purpose", trial.PrimaryPurpose, ECT="Educational/Counseling/Training"),
)

# Two phases of one trial are one code.
PHASES: Mapping[tuple[str, ...], str] = {
    ("NA",): "n-a",
    ("EARLY_PHASE1",): "early-phase-1",
    ("PHASE1",): "phase-1",
    ("PHASE1", "PHASE2"): "phase-1-phase-2",
    ("PHASE2",): "phase-2",
    ("PHASE2", "PHASE3"): "phase-2-phase-3",
    ("PHASE3",): "phase-3",
    ("PHASE4",): "phase-4",
}
PHASE_EXACT = _registry(
    "phase",
    trial.Phase,
    NA="Not applicable",
    EARLY_PHASE1="Early phase 1",
    PHASE1="Phase 1",
    PHASE2="Phase 2",
    PHASE3="Phase 3",
    PHASE4="Phase 4",
)

ARM = Codes(
    ARM_TYPE,
    {
        "EXPERIMENTAL": "experimental",
        "ACTIVE_COMPARATOR": "active-comparator",
        "PLACEBO_COMPARATOR": "placebo-comparator",
        "SHAM_COMPARATOR": "sham-comparator",
        "NO_INTERVENTION": "no-intervention",
        "OTHER": "other-arm-type",
    },
)

OFFICIAL_ROLE = Codes(
    PARTY_ROLE,
    {
        "STUDY_CHAIR": "study-chair",
        "STUDY_DIRECTOR": "study-director",
        "PRINCIPAL_INVESTIGATOR": "primary-investigator",
        "SUB_INVESTIGATOR": "sub-investigator",
    },
)

CONTACT_ROLE = Codes(PARTY_ROLE, {**OFFICIAL_ROLE.standard, "CONTACT": "general-contact"})

RESPONSIBLE_PARTY = Codes(
    PARTY_ROLE,
    {
        "SPONSOR": "sponsor",
        "PRINCIPAL_INVESTIGATOR": "primary-investigator",
        "SPONSOR_INVESTIGATOR": "sponsor-investigator",
    },
    _registry("responsible-party", trial.ResponsiblePartyType),
)

AGENCY_CLASS = Codes(
    ORGANIZATION_TYPE,
    {"NIH": "nih", "OTHER_GOV": "government", "FED": "government", "INDUSTRY": "industry"},
    _registry(
        "agency-class",
        trial.AgencyClass,
        NIH="NIH",
        FED="Other U.S. federal agency",
        OTHER_GOV="Other government",
        INDIV="Individual",
        AMBIG="Ambiguous",
    ),
)

# --- design: SEVCO terms of the R5 core ------------------------------------------------------

STUDY_TYPE = Codes(
    STUDY_DESIGN,
    {
        "EXPANDED_ACCESS": "SEVCO:01038",
        "INTERVENTIONAL": "SEVCO:01001",
        "OBSERVATIONAL": "SEVCO:01002",
    },
    _registry("study-type", trial.StudyType),
)
ALLOCATION = Codes(
    STUDY_DESIGN,
    {"RANDOMIZED": "SEVCO:01003", "NON_RANDOMIZED": "SEVCO:01005"},
    _registry(
        "design-allocation",
        trial.DesignAllocation,
        NON_RANDOMIZED="Non-randomized",
        NA="Not applicable",
    ),
)
INTERVENTION_MODEL = Codes(
    STUDY_DESIGN,
    {"SINGLE_GROUP": "SEVCO:01016", "PARALLEL": "SEVCO:01011", "CROSSOVER": "SEVCO:01012"},
    _registry(
        "intervention-model",
        trial.InterventionalAssignment,
        SINGLE_GROUP="Single group assignment",
        PARALLEL="Parallel assignment",
        CROSSOVER="Crossover assignment",
        FACTORIAL="Factorial assignment",
        SEQUENTIAL="Sequential assignment",
    ),
)
OBSERVATIONAL_MODEL = Codes(
    STUDY_DESIGN,
    {
        "CASE_CONTROL": "SEVCO:01013",
        "ECOLOGIC_OR_COMMUNITY": "SEVCO:01044",
        "FAMILY_BASED": "SEVCO:01020",
    },
    _registry("observational-model", trial.ObservationalModel, CASE_CONTROL="Case-control"),
)
TIME_PERSPECTIVE = Codes(
    STUDY_DESIGN,
    {"CROSS_SECTIONAL": "SEVCO:01027"},
    _registry("time-perspective", trial.DesignTimePerspective, CROSS_SECTIONAL="Cross-sectional"),
)
MASKING = Codes("", {}, _registry("design-masking", trial.DesignMasking, NONE="None (open label)"))
# SEVCO has blinding of data analysts, which is not blinding of the investigator.
WHO_MASKED = Codes(
    STUDY_DESIGN,
    {
        "PARTICIPANT": "SEVCO:01060",
        "CARE_PROVIDER": "SEVCO:01061",
        "OUTCOMES_ASSESSOR": "SEVCO:01062",
    },
    _registry("who-masked", trial.WhoMasked),
)
SAMPLING_METHOD = Codes("", {}, _registry("sampling-method", trial.SamplingMethod))

# --- people and things -----------------------------------------------------------------------

SEX = Codes(
    GENDER,
    {"FEMALE": "female", "MALE": "male"},
    _registry("sex", trial.Sex),
)
STANDARD_AGE = Codes("", {}, _registry("standard-age", trial.StandardAge))
BIOSPEC_RETENTION = Codes(
    "",
    {},
    _registry(
        "biospec-retention",
        trial.BioSpecRetention,
        SAMPLES_WITH_DNA="Samples with DNA",
        SAMPLES_WITHOUT_DNA="Samples without DNA",
    ),
)
INTERVENTION_TYPE = Codes("", {}, _registry("intervention-type", trial.InterventionType))
_AGENCIES = {name: name for name in get_args(trial.OrgStudyIdType)}
ORG_STUDY_ID_TYPE = Codes("", {}, _registry("org-study-id-type", trial.OrgStudyIdType, **_AGENCIES))
SECONDARY_ID_TYPE = Codes(
    "",
    {},
    _registry(
        "secondary-id-type",
        trial.SecondaryIdType,
        **_AGENCIES,
        EUDRACT_NUMBER="EudraCT number",
        CTIS="CTIS",
    ),
)
REFERENCE_TYPE = Codes("", {}, _registry("reference-type", trial.ReferenceType))
IPD_SHARING = Codes("", {}, _registry("ipd-sharing", trial.IpdSharing))
IPD_INFO_TYPE = Codes(
    "",
    {},
    _registry(
        "ipd-sharing-info-type",
        trial.IpdSharingInfoType,
        SAP="Statistical analysis plan (SAP)",
        ICF="Informed consent form (ICF)",
        CSR="Clinical study report (CSR)",
    ),
)
RELEVANCE = Codes("", {}, _registry("browse-leaf-relevance", trial.BrowseLeafRelevance))
UNPOSTED_EVENT = Codes("", {}, _registry("unposted-event-type", trial.UnpostedEventType))
VIOLATION_EVENT = Codes("", {}, _registry("violation-event-type", trial.ViolationEventType))

# --- words that no standard has --------------------------------------------------------------

MILESTONE = _ours(
    "study-milestone",
    "Milestones of a study whose date is actual or estimated",
    {"start": "Study start", "completion": "Study completion"},
)
CHARACTERISTIC = _ours(
    "eligibility-characteristic",
    "Characteristics of those who are eligible for a study",
    {
        "criterion": "Eligibility criterion",
        "gender-based": "Eligibility is based on gender identity",
        "healthy-volunteers": "Accepts healthy volunteers",
        "study-population": "Study population",
    },
)
ARTIFACT = _ours(
    "record-artifact",
    "What an artifact is to a trial record",
    {
        "available-ipd": "Available individual participant data or information",
        "ipd-sharing-plan": "Plan to share individual participant data",
        "large-document": "Study document",
        "related-trial": "Related trial",
    },
)

STANDARD_FLAGS = frozenset({"fda-regulated-drug", "fda-regulated-device"})
"""The flags whose yes is a code of CLASSIFIER."""

# Yes and no are both said, as a record may say neither.
FLAGS: Mapping[str, tuple[str, str]] = {
    "oversight-has-dmc": ("Has a data monitoring committee", "Has no data monitoring committee"),
    "fda-regulated-drug": ("FDA regulated drug", "No FDA regulated drug"),
    "fda-regulated-device": ("FDA regulated device", "No FDA regulated device"),
    "unapproved-device": ("Unapproved device", "No unapproved device"),
    "pediatric-postmarket-surveillance": (
        "Pediatric postmarket surveillance of a device",
        "No pediatric postmarket surveillance of a device",
    ),
    "us-export": ("Product exported from the U.S.", "Product not exported from the U.S."),
    "fdaaa801-violation": ("FDAAA 801 violation", "No FDAAA 801 violation"),
    "delayed-posting": ("Delayed posting", "No delayed posting"),
    "expanded-access": ("Expanded access available", "No expanded access"),
    "individual-patients": (
        "Expanded access for individual patients",
        "No expanded access for individual patients",
    ),
    "intermediate-size-population": (
        "Expanded access for an intermediate-size population",
        "No expanded access for an intermediate-size population",
    ),
    "treatment-protocol": (
        "Expanded access by a treatment IND or protocol",
        "No expanded access by a treatment IND or protocol",
    ),
    "results-waived": ("Results waived", "Results not waived"),
    "patient-registry": ("Patient registry", "No patient registry"),
    "has-results": ("Has results", "Has no results"),
    "statistical-analysis-plan-absent": (
        "No statistical analysis plan exists",
        "A statistical analysis plan exists",
    ),
    "protocol-document": ("Contains the protocol", "Does not contain the protocol"),
    "sap-document": (
        "Contains the statistical analysis plan",
        "Does not contain the statistical analysis plan",
    ),
    "icf-document": (
        "Contains the informed consent form",
        "Does not contain the informed consent form",
    ),
}
FLAG = _ours(
    "study-flag",
    "What is so of a study, and what is not",
    {
        code: title
        for name, (yes, no) in FLAGS.items()
        for code, title in ((name, yes), (f"not-{name}", no))
        if code not in STANDARD_FLAGS
    },
)
