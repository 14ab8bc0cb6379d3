"""Codes of the registry and of FHIR, side by side, in the registry's order.

A table maps a value of the model to the standard's code. A value that the table lacks has no code
in the standard, and is written with the registry's own code alone. Where several values share a
standard code, a document that has this code alone reads as the first of them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from trialbridge.mappings.codec import System
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.registry import code_system

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
# Classifiers of studies that HL7's guide on evidence-based medicine prefers.
# https://build.fhir.org/ig/HL7/ebm/StructureDefinition-study-registry-record.html
EBM_CLASSIFIER = "https://fevir.net/resources/CodeSystem/419455"
ARTIFACT_CLASSIFIER = "http://hl7.org/fhir/citation-artifact-classifier"
USAGE_CONTEXT = "http://terminology.hl7.org/CodeSystem/usage-context-type"
PLAN_TYPE = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
VARIABLE_ROLE = "http://terminology.hl7.org/CodeSystem/variable-role"
ATTRIBUTE_ESTIMATE = "http://terminology.hl7.org/CodeSystem/attribute-estimate-type"
STATISTIC_MODEL = "http://hl7.org/fhir/statistic-model-code"
# SEVCO, which has STATO's terms, too. https://fevir.net/sevco
SEVCO = "https://fevir.net/sevco"
# https://terminology.hl7.org/CodeSystem-mdr.html
MEDDRA = "https://www.meddra.org"
# https://hl7.org/fhir/extensions/CodeSystem-research-study-registration-activity.html
REGISTRATION_ACTIVITY = "http://hl7.org/fhir/research-study-registration-activity"


class Coded(NamedTuple):
    """A code and its display."""

    code: str
    display: str


class Codes(NamedTuple):
    """A code table: the standard's system and codes; the registry's own where they are finer."""

    system: str
    standard: Mapping[Any, str]
    exact: System | None = None


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
    registry.STATUS,
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
    registry.PRIMARY_PURPOSE,
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
PHASE_EXACT = registry.PHASE

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
    registry.RESPONSIBLE_PARTY,
)

AGENCY_CLASS = Codes(
    ORGANIZATION_TYPE,
    {"NIH": "nih", "OTHER_GOV": "government", "FED": "government", "INDUSTRY": "industry"},
    registry.AGENCY_CLASS,
)

# --- design: SEVCO terms of the R5 core ------------------------------------------------------

STUDY_TYPE = Codes(
    STUDY_DESIGN,
    {
        "EXPANDED_ACCESS": "SEVCO:01038",
        "INTERVENTIONAL": "SEVCO:01001",
        "OBSERVATIONAL": "SEVCO:01002",
    },
    registry.STUDY_TYPE,
)
ALLOCATION = Codes(
    STUDY_DESIGN,
    {"RANDOMIZED": "SEVCO:01003", "NON_RANDOMIZED": "SEVCO:01005"},
    registry.ALLOCATION,
)
INTERVENTION_MODEL = Codes(
    STUDY_DESIGN,
    {"SINGLE_GROUP": "SEVCO:01016", "PARALLEL": "SEVCO:01011", "CROSSOVER": "SEVCO:01012"},
    registry.INTERVENTION_MODEL,
)
OBSERVATIONAL_MODEL = Codes(
    STUDY_DESIGN,
    {
        "CASE_CONTROL": "SEVCO:01013",
        "ECOLOGIC_OR_COMMUNITY": "SEVCO:01044",
        "FAMILY_BASED": "SEVCO:01020",
    },
    registry.OBSERVATIONAL_MODEL,
)
TIME_PERSPECTIVE = Codes(
    STUDY_DESIGN,
    {"CROSS_SECTIONAL": "SEVCO:01027"},
    registry.TIME_PERSPECTIVE,
)
MASKING = Codes("", {}, registry.MASKING)
# SEVCO has blinding of data analysts, which is not blinding of the investigator.
WHO_MASKED = Codes(
    STUDY_DESIGN,
    {
        "PARTICIPANT": "SEVCO:01060",
        "CARE_PROVIDER": "SEVCO:01061",
        "OUTCOMES_ASSESSOR": "SEVCO:01062",
    },
    registry.WHO_MASKED,
)
SAMPLING_METHOD = Codes("", {}, registry.SAMPLING_METHOD)

# --- people and things -----------------------------------------------------------------------

SEX = Codes(
    GENDER,
    {"FEMALE": "female", "MALE": "male"},
    registry.SEX,
)
STANDARD_AGE = Codes("", {}, registry.STANDARD_AGE)
BIOSPEC_RETENTION = Codes(
    "",
    {},
    registry.BIOSPEC_RETENTION,
)
INTERVENTION_TYPE = Codes("", {}, registry.INTERVENTION_TYPE)
ORG_STUDY_ID_TYPE = Codes("", {}, registry.ORG_STUDY_ID_TYPE)
SECONDARY_ID_TYPE = Codes(
    "",
    {},
    registry.SECONDARY_ID_TYPE,
)
REFERENCE_TYPE = Codes("", {}, registry.REFERENCE_TYPE)
IPD_SHARING = Codes("", {}, registry.IPD_SHARING)
IPD_INFO_TYPE = Codes(
    "",
    {},
    registry.IPD_INFO_TYPE,
)
RELEVANCE = Codes("", {}, registry.RELEVANCE)
UNPOSTED_EVENT = Codes("", {}, registry.UNPOSTED_EVENT)
VIOLATION_EVENT = Codes("", {}, registry.VIOLATION_EVENT)

# --- results ---------------------------------------------------------------------------------

MEASURE_PARAM = Codes(
    SEVCO,
    {
        "GEOMETRIC_MEAN": "STATO:0000396",
        "MEAN": "STATO:0000573",
        "MEDIAN": "STATO:0000574",
        "COUNT_OF_PARTICIPANTS": "STATO:0000047",
        "COUNT_OF_UNITS": "STATO:0000047",
    },
    registry.MEASURE_PARAM,
)

_INTERVAL = "C53324"
DISPERSION = Codes(
    ATTRIBUTE_ESTIMATE,
    {
        "STANDARD_DEVIATION": "C53322",
        "STANDARD_ERROR": "0000037",
        "INTER_QUARTILE_RANGE": "C53245",
        "FULL_RANGE": "C38013",
        "CONFIDENCE_95": _INTERVAL,
        "CONFIDENCE_80": _INTERVAL,
        "CONFIDENCE_90": _INTERVAL,
        "CONFIDENCE_975": _INTERVAL,
        "CONFIDENCE_99": _INTERVAL,
        "CONFIDENCE_OTHER": _INTERVAL,
    },
    registry.MEASURE_DISPERSION,
)
ANALYSIS_DISPERSION = Codes(
    ATTRIBUTE_ESTIMATE,
    {"STANDARD_DEVIATION": "C53322", "STANDARD_ERROR_OF_MEAN": "0000037"},
    registry.ANALYSIS_DISPERSION,
)
# What the registry's list of tests has, of which the standard has a code.
STATISTICAL_METHODS: Mapping[str, str] = {
    "ANOVA": "anova",
    "Chi-squared": "chiSquareTest",
    "Fisher Exact": "fishersExactTest",
    "Kruskal-Wallis": "kruskalWallisTest",
    "Mantel Haenszel": "manteHaenszelMethod",
    "McNemar": "mcnemarsTest",
    "Regression, Cox": "coxProportionalHazards",
    "Regression, Linear": "linearRegression",
    "Regression, Logistic": "logisticRegression",
}
"""Codes of STATISTIC_MODEL for names of tests."""
CONFIDENCE_SIDES = Codes("", {}, registry.CONFIDENCE_SIDES)
NON_INFERIORITY = Codes("", {}, registry.NON_INFERIORITY)
OUTCOME_MEASURE_TYPE = Codes(
    OBJECTIVE_TYPE,
    {"PRIMARY": "primary", "SECONDARY": "secondary"},
    registry.OUTCOME_MEASURE_TYPE,
)
REPORTING_STATUS = Codes("", {}, registry.REPORTING_STATUS)
EVENT_ASSESSMENT = Codes("", {}, registry.EVENT_ASSESSMENT)
AGREEMENT_RESTRICTION = Codes("", {}, registry.AGREEMENT_RESTRICTION)

# --- words that no standard has --------------------------------------------------------------

MILESTONE = code_system(
    "study-milestone",
    "Milestones of a study whose date is actual or estimated",
    {"start": "Study start", "completion": "Study completion"},
)
CHARACTERISTIC = code_system(
    "eligibility-characteristic",
    "Characteristics of those who are eligible for a study",
    {
        "criterion": "Eligibility criterion",
        "study-population": "Study population",
        "disease-duration": "For how long a participant has the disease",
        "time-before-entry": "How long before entry an event or a therapy is looked for",
    },
)
RESULTS_SECTION = code_system(
    "results-section",
    "Sections of the results of a study",
    {
        "participant-flow": "Participant flow",
        "baseline-characteristics": "Baseline characteristics",
        "outcome-measures": "Outcome measures",
        "statistical-analyses": "Statistical analyses",
        "adverse-events": "Adverse events",
        "all-cause-mortality": "All-cause mortality",
        "serious-adverse-events": "Serious adverse events",
        "other-adverse-events": "Other adverse events",
    },
)
FLOW = code_system(
    "participant-flow",
    "What is counted of participants on their way through a study",
    {"milestone": "Milestone", "reason-not-completed": "Reason not completed"},
)
ARTIFACT = code_system(
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
# An analysis plan and a form of consent have no code there.
STANDARD_ARTIFACTS: Mapping[str, str] = {"protocol-document": "protocol"}
"""The flags whose yes has a code of ARTIFACT_CLASSIFIER beside ours."""

EBM_FLAGS: Mapping[str, tuple[Coded, Coded]] = {
    "healthy-volunteers": (
        Coded("includes-healthy-volunteers", "Includes healthy volunteers"),
        Coded("does-not-include-healthy-volunteers", "Does not include healthy volunteers"),
    ),
}
"""The flags whose yes and no have codes of EBM_CLASSIFIER beside ours."""
EBM_SEXES: Mapping[str, str] = {"includes-females": "FEMALE", "includes-males": "MALE"}

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
    "healthy-volunteers": ("Accepts healthy volunteers", "Accepts no healthy volunteers"),
    "gender-based": (
        "Eligibility is based on gender identity",
        "Eligibility is not based on gender identity",
    ),
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
FLAG = code_system(
    "study-flag",
    "What is so of a study, and what is not",
    {
        code: title
        for name, (yes, no) in FLAGS.items()
        for code, title in ((name, yes), (f"not-{name}", no))
        if code not in STANDARD_FLAGS
    },
)
