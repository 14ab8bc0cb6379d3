"""Codes of FHIR for the registry's, in the registry's order.

What has a code in the standard is a row of `trialbridge.schemas.terms.concepts`. A table maps a
value of the model to the standard's code. A value that the table lacks has no code in the standard,
and is written with the registry's own code alone. Where several values share a standard code, a
document that has this code alone reads as the first of them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from trialbridge.mappings.codec import System
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.registry import code_system
from trialbridge.schemas.terms import concepts
from trialbridge.schemas.terms.concepts import ValueSet

UCUM = concepts.AGE_UNIT.fhir

# https://hl7.org/fhir/R5/terminologies-systems.html
STUDY_STATUS = concepts.STATUS.fhir
STUDY_PHASE = concepts.PHASE.fhir
PURPOSE_TYPE = concepts.PRIMARY_PURPOSE.fhir
ARM_TYPE = concepts.ARM_TYPE.fhir
OBJECTIVE_TYPE = concepts.OUTCOME_MEASURE_TYPE.fhir
PARTY_ROLE = concepts.CONTACT_ROLE.fhir
ORGANIZATION_TYPE = concepts.AGENCY_CLASS.fhir
CLASSIFIER = "http://hl7.org/fhir/research-study-classifiers"
TITLE_TYPE = "http://hl7.org/fhir/title-type"
# Classifiers of studies that HL7's guide on evidence-based medicine prefers.
# https://build.fhir.org/ig/HL7/ebm/StructureDefinition-study-registry-record.html
EBM_CLASSIFIER = "https://fevir.net/resources/CodeSystem/419455"
ARTIFACT_CLASSIFIER = "http://hl7.org/fhir/citation-artifact-classifier"
USAGE_CONTEXT = "http://terminology.hl7.org/CodeSystem/usage-context-type"
PLAN_TYPE = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
VARIABLE_ROLE = "http://terminology.hl7.org/CodeSystem/variable-role"
ATTRIBUTE_ESTIMATE = concepts.MEASURE_DISPERSION.fhir
STATISTIC_MODEL = "http://hl7.org/fhir/statistic-model-code"
# SEVCO, which has STATO's terms, too. https://fevir.net/sevco
SEVCO = concepts.MEASURE_PARAM.fhir
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


def _beside(held: ValueSet, exact: System | None = None) -> Codes:
    """FHIR's codes of a set of concepts, and the registry's own beside them."""
    return Codes(held.fhir, held.codes, exact)


STATUS = _beside(concepts.STATUS, registry.STATUS)

# For a site, and for the expanded access to a study's product.
EXACT_STATUS = Codes("", {}, STATUS.exact)

PURPOSE = _beside(concepts.PRIMARY_PURPOSE, registry.PRIMARY_PURPOSE)

PHASES: Mapping[tuple[str, ...], str] = concepts.PHASE.codes
PHASE_EXACT = registry.PHASE

ARM = _beside(concepts.ARM_TYPE)


CONTACT_ROLE = _beside(concepts.CONTACT_ROLE)
OFFICIAL_ROLE = Codes(
    PARTY_ROLE, {role: code for role, code in CONTACT_ROLE.standard.items() if role != "CONTACT"}
)

RESPONSIBLE_PARTY = _beside(concepts.RESPONSIBLE_PARTY, registry.RESPONSIBLE_PARTY)

AGENCY_CLASS = _beside(concepts.AGENCY_CLASS, registry.AGENCY_CLASS)

# --- design: SEVCO terms of the R5 core ------------------------------------------------------

STUDY_TYPE = _beside(concepts.STUDY_TYPE, registry.STUDY_TYPE)
ALLOCATION = _beside(concepts.ALLOCATION, registry.ALLOCATION)
INTERVENTION_MODEL = _beside(concepts.INTERVENTION_MODEL, registry.INTERVENTION_MODEL)
OBSERVATIONAL_MODEL = _beside(concepts.OBSERVATIONAL_MODEL, registry.OBSERVATIONAL_MODEL)
TIME_PERSPECTIVE = _beside(concepts.TIME_PERSPECTIVE, registry.TIME_PERSPECTIVE)
MASKING = _beside(concepts.MASKING, registry.MASKING)
WHO_MASKED = _beside(concepts.WHO_MASKED, registry.WHO_MASKED)
SAMPLING_METHOD = _beside(concepts.SAMPLING_METHOD, registry.SAMPLING_METHOD)

# --- people and things -----------------------------------------------------------------------

SEX = _beside(concepts.SEX, registry.SEX)
STANDARD_AGE = Codes("", {}, registry.STANDARD_AGE)
BIOSPEC_RETENTION = Codes(
    "",
    {},
    registry.BIOSPEC_RETENTION,
)
INTERVENTION_TYPE = _beside(concepts.INTERVENTION_TYPE, registry.INTERVENTION_TYPE)
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

MEASURE_PARAM = _beside(concepts.MEASURE_PARAM, registry.MEASURE_PARAM)
DISPERSION = _beside(concepts.MEASURE_DISPERSION, registry.MEASURE_DISPERSION)
ANALYSIS_DISPERSION = _beside(concepts.ANALYSIS_DISPERSION, registry.ANALYSIS_DISPERSION)
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
OUTCOME_MEASURE_TYPE = _beside(concepts.OUTCOME_MEASURE_TYPE, registry.OUTCOME_MEASURE_TYPE)
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
