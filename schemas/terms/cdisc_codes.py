"""CDISC controlled terminology for what the registry says: trial summary parameters and values.

The terms of values are those of `trialbridge.schemas.terms.concepts`, beside the codes of other
standards; a table maps a value of the model to its term, in the registry's order. A value that a
table lacks has no term in the standard, and is written with the registry's own code alone.
Where several values share a term, a document that has this term alone reads as the first of them.
Parameters are of the same packages and sources.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from trialbridge.schemas.terms import concepts
from trialbridge.schemas.terms.concepts import CDISC_VERSION as CDISC_VERSION
from trialbridge.schemas.terms.concepts import CENTRAL_CONTACT as CENTRAL_CONTACT
from trialbridge.schemas.terms.concepts import EARLY_PHASE_1 as EARLY_PHASE_1
from trialbridge.schemas.terms.concepts import FACILITY_CONTACT as FACILITY_CONTACT
from trialbridge.schemas.terms.concepts import OBSERVER_BLIND as OBSERVER_BLIND
from trialbridge.schemas.terms.concepts import PATIENT_REGISTRY as PATIENT_REGISTRY
from trialbridge.schemas.terms.concepts import Term as Term

# The Coding of the specification's own example of a StudyParameter.
# https://wiki-test.cdisc.org/display/PUB/StudyParameter
CDISC = "https://www.cdisc.org/standards/terminology"
CDISC_NAME = "CDISC/NCI CT"


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

# What parameters are answered with, and parts of a record: by the model's value. What each table
# has and lacks is said of the set in `concepts`.
STUDY_TYPE: Mapping[str, Term] = concepts.STUDY_TYPE.terms
PHASE: Mapping[tuple[str, ...], Term] = concepts.PHASE.terms
INTERVENTION_MODEL: Mapping[str, Term] = concepts.INTERVENTION_MODEL.terms
YES_NO: Mapping[bool | Literal["NA"], Term] = concepts.YES_NO.terms
ALLOCATION: Mapping[str, Term] = concepts.ALLOCATION.terms
MASKING: Mapping[str, Term] = concepts.MASKING.terms
WHO_MASKED: Mapping[str, Term] = concepts.WHO_MASKED.terms
PRIMARY_PURPOSE: Mapping[str, Term] = concepts.PRIMARY_PURPOSE.terms
OBSERVATIONAL_MODEL: Mapping[str, Term] = concepts.OBSERVATIONAL_MODEL.terms
TIME_PERSPECTIVE: Mapping[str, Term] = concepts.TIME_PERSPECTIVE.terms
SAMPLING_METHOD: Mapping[str, Term] = concepts.SAMPLING_METHOD.terms
ARM_TYPE: Mapping[str, Term] = concepts.ARM_TYPE.terms
INTERVENTION_TYPE: Mapping[str, Term] = concepts.INTERVENTION_TYPE.terms
SEX: Mapping[str, Term] = concepts.SEX.terms
CONTACT_ROLE: Mapping[str, Term] = concepts.CONTACT_ROLE.terms
TITLE_TYPE: Mapping[str, Term] = concepts.TITLE_TYPE.terms
EXPANDED_ACCESS_TYPE: Mapping[str, Term] = concepts.EXPANDED_ACCESS_TYPE.terms
