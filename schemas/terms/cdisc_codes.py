"""CDISC controlled terminology for what the registry says: trial summary parameters and values.

A table maps a value of the model to CDISC's submission value and the NCI concept code of it, in
the registry's order. A value that a table lacks has no term in the standard, and is written with
the registry's own code alone. Where several values share a term, a document that has this term
alone reads as the first of them.

Terminology of 2025-03-28: SDTM and Protocol packages of that day, DDF package of 2024-09-27. The
value lists that also come with the packages of 2026-03-27 (all but C127257, C187683 and C207414)
have the same terms there. NCI publishes them at https://evs.nci.nih.gov/ftp1/CDISC/; read from the
CDISC Library's answers in the PyPI package usdm4 0.29.0: `library_cache_all.yaml`, SHA-256
32ae6f5ddf9b3e23bbd4fe273de8bdd6bf93efedfab862f3a944ac4a7f01224f, and `library_cache_usdm.yaml`,
b5c62e0df8d1f9c8076a64e6b225c51d63afbd80c661e6093b5b209d2221e69e.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

# The Coding of the specification's own example of a StudyParameter.
# https://wiki-test.cdisc.org/display/PUB/StudyParameter
CDISC = "https://www.cdisc.org/standards/terminology"
CDISC_NAME = "CDISC/NCI CT"
CDISC_VERSION = "2025-03-28"


class Term(NamedTuple):
    """A submission value and the NCI concept code of its meaning."""

    value: str
    code: str


class Parameter(NamedTuple):
    """Name of a trial summary parameter (TSPARM) and its NCI concept code."""

    term: str
    code: str


# C66738, names from C67152. By TSPARMCD: the parameters that a data element of the registry fits.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C66738
PARAMETERS: Mapping[str, Parameter] = {
    # identification
    "TITLE": Parameter("Trial Title", "C49802"),
    "REGID": Parameter("Registry Identifier", "C98714"),
    "SPREFID": Parameter("Sponsor's Study Reference ID", "C135009"),
    # status (which itself has no parameter, nor has the primary completion date)
    "SSTDTC": Parameter("Study Start Date", "C69208"),
    "SENDTC": Parameter("Study End Date", "C90462"),
    "EXPASTAT": Parameter("Expanded Access Status", "C127793"),
    "EXPARECN": Parameter("Expanded Access Record NCT Number", "C127792"),
    # sponsor and oversight
    "SPONSOR": Parameter("Clinical Study Sponsor", "C70793"),
    "DMCIND": Parameter("Data Monitoring Committee Indicator", "C127790"),
    "FDADRIND": Parameter("FDA-Regulated Drug Study Indicator", "C123630"),
    "FDADEIND": Parameter("FDA-Regulated Device Study Indicator", "C123629"),
    "PDPSTIND": Parameter("Pediatric Postmarket Study Indicator", "C123631"),
    # conditions
    "INDIC": Parameter("Trial Disease/Condition Indication", "C112038"),
    "KEYWORD": Parameter("Protocol Keyword", "C126062"),
    "THERAREA": Parameter("Therapeutic Area", "C101302"),
    # design
    "STYPE": Parameter("Study Type", "C142175"),
    "TPHASE": Parameter("Trial Phase Classification", "C48281"),
    "INTMODEL": Parameter("Intervention Model", "C98746"),
    "RANDOM": Parameter("Trial is Randomized", "C25196"),
    "TBLIND": Parameter("Trial Blinding Schema", "C49658"),
    "TINDTP": Parameter("Trial Intent Type", "C49652"),
    "NARMS": Parameter("Planned Number of Arms", "C98771"),
    "PLANSUB": Parameter("Planned Number of Subjects", "C49692"),
    "ACTSUB": Parameter("Actual Number of Subjects", "C98703"),
    "OBSMODEL": Parameter("Observational Model", "C126064"),
    "OBSTIMP": Parameter("Observational Time Perspective", "C126065"),
    "TRGFUDUR": Parameter("Target Follow-Up Duration", "C126077"),
    "NCOHORT": Parameter("Number of Groups/Cohorts", "C126063"),
    "BRIND": Parameter("Biospecimen Retention Indicator", "C164620"),
    "BRDNAIND": Parameter("Biospecimen Retention Contains DNA Ind", "C127777"),
    "RTSPCDES": Parameter("Retained Biospecimen Description", "C126072"),
    # interventions and outcomes
    "INTTYPE": Parameter("Intervention Type", "C98747"),
    "TRT": Parameter("Investigational Therapy or Treatment", "C41161"),
    "OUTMSPRI": Parameter("Primary Outcome Measure", "C98772"),
    "OUTMSSEC": Parameter("Secondary Outcome Measure", "C98781"),
    "OUTMSADD": Parameter("Additional Outcome Measure", "C156601"),
    "OUTMSEXP": Parameter("Exploratory Outcome Measure", "C98724"),
    # eligibility
    "AGEMIN": Parameter("Planned Minimum Age of Subjects", "C49693"),
    "AGEMAX": Parameter("Planned Maximum Age of Subjects", "C49694"),
    "SEXPOP": Parameter("Sex of Participants", "C49696"),
    "HLTSUBJI": Parameter("Healthy Subject Indicator", "C98737"),
    "OBSTPOPD": Parameter("Obs Study Population Description", "C126066"),
    "OBSTSMM": Parameter("Observational Study Sampling Method", "C126067"),
    # contacts, sites, references
    "CONNAME": Parameter("Contact Name", "C176373"),
    "CONROLE": Parameter("Contact Role", "C176372"),
    "CONPHONE": Parameter("Contact Phone Number", "C176374"),
    "CONEMAIL": Parameter("Contact E-Mail Address", "C176375"),
    "FCNTRY": Parameter("Planned Country of Investigational Sites", "C98770"),
    "CITNSTDY": Parameter("Citation Used in Study", "C127788"),
    "PUBMEDID": Parameter("PubMed ID for Citation Used in Study", "C127797"),
    "URLSTDY": Parameter("URL Related to Study", "C127801"),
    "URLSTDYD": Parameter("URL Related to Study Description", "C127802"),
}

# C99077. PATIENT REGISTRY (C129000), the list's fourth, is an observational study whose
# `patient_registry` is true.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C99077
STUDY_TYPE: Mapping[str, Term] = {
    "EXPANDED_ACCESS": Term("EXPANDED ACCESS", "C98722"),
    "INTERVENTIONAL": Term("INTERVENTIONAL", "C98388"),
    "OBSERVATIONAL": Term("OBSERVATIONAL", "C16084"),
}

PATIENT_REGISTRY = Term("PATIENT REGISTRY", "C129000")

# C66737, in the words of ODM 2.0's TrialPhaseType. That list is open, and older: the terminology
# alone has the two that join phases 1 and 3.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C66737
PHASE: Mapping[tuple[str, ...], Term] = {
    ("NA",): Term("NOT APPLICABLE", "C48660"),
    ("EARLY_PHASE1",): Term("PHASE 0 TRIAL", "C54721"),
    ("PHASE1",): Term("PHASE I TRIAL", "C15600"),
    ("PHASE1", "PHASE2"): Term("PHASE I/II TRIAL", "C15693"),
    ("PHASE1", "PHASE2", "PHASE3"): Term("PHASE I/II/III TRIAL", "C198366"),
    ("PHASE1", "PHASE3"): Term("PHASE I/III TRIAL", "C198367"),
    ("PHASE2",): Term("PHASE II TRIAL", "C15601"),
    ("PHASE2", "PHASE3"): Term("PHASE II/III TRIAL", "C15694"),
    ("PHASE3",): Term("PHASE III TRIAL", "C15602"),
    ("PHASE4",): Term("PHASE IV TRIAL", "C15603"),
}
# What the terminology now calls PHASE 0 TRIAL.
EARLY_PHASE_1 = Term("EARLY PHASE I", "C54721")

# C99076. CDISC defines SEQUENTIAL as group sequential; the registry also means dose escalation.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C99076
INTERVENTION_MODEL: Mapping[str, Term] = {
    "SINGLE_GROUP": Term("SINGLE GROUP", "C82640"),
    "PARALLEL": Term("PARALLEL", "C82639"),
    "CROSSOVER": Term("CROSS-OVER", "C82637"),
    "FACTORIAL": Term("FACTORIAL", "C82638"),
    "SEQUENTIAL": Term("SEQUENTIAL", "C142568"),
}

# C66742, the answers to HLTSUBJI, DMCIND, FDADRIND and other indicators. The list's U (unknown) is
# an absent value here.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C66742
YES_NO: Mapping[bool | Literal["NA"], Term] = {
    True: Term("Y", "C49488"),
    False: Term("N", "C49487"),
    "NA": Term("NA", "C48660"),
}

# RANDOM is answered with C66742.
ALLOCATION: Mapping[str, Term] = {
    "RANDOMIZED": YES_NO[True],
    "NON_RANDOMIZED": YES_NO[False],
    "NA": YES_NO["NA"],
}

# C66735. The registry counts masked parties, of which the subject need not be one; CDISC has no
# term above DOUBLE BLIND (neither the subject nor the study personnel know), which three values
# share. It says who is masked, so that this decides with the registry's value: OBSERVER BLIND is
# one masked party that is the outcomes assessor, and no DOUBLE BLIND is one where the subject is
# not masked. The open label with blinded dose has no value here.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C66735
MASKING: Mapping[str, Term] = {
    "NONE": Term("OPEN LABEL", "C49659"),
    "SINGLE": Term("SINGLE BLIND", "C28233"),
    "DOUBLE": Term("DOUBLE BLIND", "C15228"),
    "TRIPLE": Term("DOUBLE BLIND", "C15228"),
    "QUADRUPLE": Term("DOUBLE BLIND", "C15228"),
}

OBSERVER_BLIND = Term("OBSERVER BLIND", "C187674")

# C207414, from the DDF package; the package of 2026-03-27 has the terms in C215480 (study roles).
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C207414
WHO_MASKED: Mapping[str, Term] = {
    "PARTICIPANT": Term("Study Subject", "C41189"),
    "CARE_PROVIDER": Term("Care Provider", "C17445"),
    "INVESTIGATOR": Term("Investigator", "C25936"),
    "OUTCOMES_ASSESSOR": Term("Outcomes Assessor", "C207599"),
}

# C66736. None for ECT and OTHER.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C66736
PRIMARY_PURPOSE: Mapping[str, Term] = {
    "TREATMENT": Term("TREATMENT", "C49656"),
    "PREVENTION": Term("PREVENTION", "C49657"),
    "DIAGNOSTIC": Term("DIAGNOSIS", "C49653"),
    "SUPPORTIVE_CARE": Term("SUPPORTIVE CARE", "C71486"),
    "SCREENING": Term("SCREENING", "C71485"),
    "HEALTH_SERVICES_RESEARCH": Term("HEALTH SERVICES RESEARCH", "C15245"),
    "BASIC_SCIENCE": Term("BASIC SCIENCE", "C15714"),
    "DEVICE_FEASIBILITY": Term("DEVICE FEASIBILITY", "C139174"),
}

# C127259. None for DEFINED_POPULATION, NATURAL_HISTORY and OTHER.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C127259
OBSERVATIONAL_MODEL: Mapping[str, Term] = {
    "COHORT": Term("COHORT", "C15208"),
    "CASE_CONTROL": Term("CASE CONTROL", "C15197"),
    "CASE_ONLY": Term("CASE ONLY", "C15362"),
    "CASE_CROSSOVER": Term("CASE CROSSOVER", "C127779"),
    "ECOLOGIC_OR_COMMUNITY": Term("ECOLOGIC OR COMMUNITY", "C127780"),
    "FAMILY_BASED": Term("FAMILY BASED", "C15407"),
}

# C127261. None for OTHER.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C127261
TIME_PERSPECTIVE: Mapping[str, Term] = {
    "RETROSPECTIVE": Term("RETROSPECTIVE", "C53312"),
    "PROSPECTIVE": Term("PROSPECTIVE", "C15273"),
    "CROSS_SECTIONAL": Term("CROSS SECTIONAL", "C53310"),
}

# C127260
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C127260
SAMPLING_METHOD: Mapping[str, Term] = {
    "PROBABILITY_SAMPLE": Term("PROBABILITY SAMPLE", "C71517"),
    "NON_PROBABILITY_SAMPLE": Term("NON-PROBABILITY SAMPLE", "C127781"),
}

# C174222, from the DDF package. None for OTHER; the list's Control Arm (C174226) and Treatment Arm
# (C15538) are wider than any value here.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C174222
ARM_TYPE: Mapping[str, Term] = {
    "EXPERIMENTAL": Term("Experimental Arm", "C174266"),
    "ACTIVE_COMPARATOR": Term("Active Comparator Arm", "C174267"),
    "PLACEBO_COMPARATOR": Term("Placebo Comparator Arm", "C174268"),
    "SHAM_COMPARATOR": Term("Sham Comparator Arm", "C174269"),
    "NO_INTERVENTION": Term("No Intervention Arm", "C174270"),
}

# C99078. None for OTHER.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C99078
INTERVENTION_TYPE: Mapping[str, Term] = {
    "BEHAVIORAL": Term("BEHAVIORAL THERAPY", "C15184"),
    "BIOLOGICAL": Term("BIOLOGIC", "C307"),
    "COMBINATION_PRODUCT": Term("COMBINATION PRODUCT", "C54696"),
    "DEVICE": Term("DEVICE", "C16830"),
    "DIAGNOSTIC_TEST": Term("DIAGNOSTIC TEST", "C18020"),
    "DIETARY_SUPPLEMENT": Term("DIETARY SUPPLEMENT", "C1505"),
    "DRUG": Term("DRUG", "C1909"),
    "GENETIC": Term("GENETIC", "C15238"),
    "PROCEDURE": Term("PROCEDURE", "C98769"),
    "RADIATION": Term("RADIATION", "C15313"),
}

# C66732
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C66732
SEX: Mapping[str, Term] = {
    "FEMALE": Term("F", "C16576"),
    "MALE": Term("M", "C20197"),
    "ALL": Term("BOTH", "C49636"),
}

# C127257, what CONROLE is answered with. CONTACT, which has no term of its own, is told apart by
# where it stands; STUDY_DIRECTOR has none.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C127257
CONTACT_ROLE: Mapping[str, Term] = {
    "STUDY_CHAIR": Term("STUDY CHAIR", "C51878"),
    "PRINCIPAL_INVESTIGATOR": Term("PRINCIPAL INVESTIGATOR", "C19924"),
    "SUB_INVESTIGATOR": Term("SUBINVESTIGATOR", "C54622"),
}
CENTRAL_CONTACT = Term("CENTRAL CONTACT FOR RECRUITMENT", "C127523")
FACILITY_CONTACT = Term("FACILITY CONTACT", "C127528")

# C207419, from the DDF package, by attribute of the identification module.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C207419
TITLE_TYPE: Mapping[str, Term] = {
    "brief_title": Term("Brief Study Title", "C207615"),
    "official_title": Term("Official Study Title", "C207616"),
    "acronym": Term("Study Acronym", "C207646"),
}

# C187683, from the Protocol package, by attribute of `ExpandedAccessTypes`. None for intermediate;
# the list's Continued Access (C187706) has no attribute here.
# https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C187683
EXPANDED_ACCESS_TYPE: Mapping[str, Term] = {
    "individual": Term("Individual Patient IND", "C182399"),
    "treatment": Term("Treatment IND", "C187707"),
}
