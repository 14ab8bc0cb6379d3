"""What the registry itself has: its enumerations as code systems, and the systems it cites.

Each format writes these codes beside its own standard's, where that is coarser or has none.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

from trialbridge.mappings.codec import System
from trialbridge.schemas import trial
from trialbridge.schemas.base import BASE
from trialbridge.schemas.terms import concepts
from trialbridge.schemas.terms.concepts import ValueSet

CTGOV = "https://clinicaltrials.gov"
CTGOV_SYSTEMS = frozenset(
    {
        CTGOV,
        f"{CTGOV}/",
        f"{CTGOV}/nctid",
        "http://clinicaltrials.gov",
        "http://clinicaltrials.gov/",
        "http://www.clinicaltrials.gov",
        "https://www.clinicaltrials.gov",
        "urn:oid:2.16.840.1.113883.3.1077",
    }
)
"""Names by which others' documents know the system of NCT ids; a naming system of HL7's has the
`http` url and the OID. https://terminology.hl7.org/NamingSystem-NCT.html"""
NCT_ID = re.compile(r"NCT[0-9]{8}")
REGISTERS = {
    "ANZCTR": "https://www.anzctr.org.au",
    "CTIS": "https://euclinicaltrials.eu",
    "CTRI": "https://ctri.nic.in",
    "ChiCTR": "https://www.chictr.org.cn",
    "CRIS": "https://cris.nih.go.kr",
    "DRKS": "https://drks.de",
    "EUCTR": "https://www.clinicaltrialsregister.eu",
    "IRCT": "https://irct.behdasht.gov.ir",
    "ISRCTN": "https://www.isrctn.com",
    "LBCTR": "https://lbctr.moph.gov.lb",
    "PACTR": "https://pactr.samrc.ac.za",
    "REBEC": "https://ensaiosclinicos.gov.br",
    "RPCEC": "https://rpcec.sld.cu",
    "SLCTR": "https://slctr.lk",
    "TCTR": "https://www.thaiclinicaltrials.org",
    "jRCT": "https://jrct.mhlw.go.jp",
}
"""Registers by their names, and the systems of their ids: where each shows its records.

https://www.who.int/tools/clinical-trials-registry-platform/network/primary-registries
"""
PUBMED = "https://pubmed.ncbi.nlm.nih.gov"
MESH = "https://www.nlm.nih.gov/mesh"
MESH_SYSTEMS = frozenset({MESH, "http://id.nlm.nih.gov/mesh", "urn:oid:2.16.840.1.113883.6.177"})
"""MeSH by its canonical url, and by the stem of its terms' IRIs and its OID, which others write.

https://terminology.hl7.org/NamingSystem-MSH.html
"""


def _title(code: str) -> str:
    return code.replace("_", " ").capitalize()


def code_system(name: str, title: str, codes: Mapping[str, str]) -> System:
    """A code system of ours."""
    return System(f"{BASE}/CodeSystem/{name}", title, codes)


def _registry(name: str, enumeration: Any, **titles: str) -> System:
    """The registry's enumeration as a code system: its codes as they are, with their labels.

    https://clinicaltrials.gov/data-api/about-api/study-data-structure#enums
    """
    return code_system(
        f"ctgov-{name}",
        f"ClinicalTrials.gov {name.replace('-', ' ')}",
        {code: titles.get(code, _title(code)) for code in get_args(enumeration)},
    )


def _concepts(name: str, held: ValueSet) -> System:
    """The registry's enumeration as a code system: the concepts of a set, with their labels."""
    return code_system(f"ctgov-{name}", f"ClinicalTrials.gov {name.replace('-', ' ')}", held.labels)


_AGENCIES = {name: name for name in get_args(trial.OrgStudyIdType)}

STATUS = _concepts("status", concepts.STATUS)
PRIMARY_PURPOSE = _concepts("primary-purpose", concepts.PRIMARY_PURPOSE)
PHASE = code_system(
    "ctgov-phase",
    "ClinicalTrials.gov phase",
    {code: concepts.PHASE.labels[code,] for code in get_args(trial.Phase)},
)
RESPONSIBLE_PARTY = _concepts("responsible-party", concepts.RESPONSIBLE_PARTY)
AGENCY_CLASS = _concepts("agency-class", concepts.AGENCY_CLASS)
STUDY_TYPE = _concepts("study-type", concepts.STUDY_TYPE)
ALLOCATION = _concepts("design-allocation", concepts.ALLOCATION)
INTERVENTION_MODEL = _concepts("intervention-model", concepts.INTERVENTION_MODEL)
OBSERVATIONAL_MODEL = _concepts("observational-model", concepts.OBSERVATIONAL_MODEL)
TIME_PERSPECTIVE = _concepts("time-perspective", concepts.TIME_PERSPECTIVE)
MASKING = _concepts("design-masking", concepts.MASKING)
WHO_MASKED = _concepts("who-masked", concepts.WHO_MASKED)
SAMPLING_METHOD = _concepts("sampling-method", concepts.SAMPLING_METHOD)
SEX = _concepts("sex", concepts.SEX)
STANDARD_AGE = _registry("standard-age", trial.StandardAge)
BIOSPEC_RETENTION = _registry(
    "biospec-retention",
    trial.BioSpecRetention,
    SAMPLES_WITH_DNA="Samples with DNA",
    SAMPLES_WITHOUT_DNA="Samples without DNA",
)
INTERVENTION_TYPE = _concepts("intervention-type", concepts.INTERVENTION_TYPE)
ORG_STUDY_ID_TYPE = _registry("org-study-id-type", trial.OrgStudyIdType, **_AGENCIES)
SECONDARY_ID_TYPE = _registry(
    "secondary-id-type",
    trial.SecondaryIdType,
    **_AGENCIES,
    EUDRACT_NUMBER="EudraCT number",
    CTIS="CTIS",
)
REFERENCE_TYPE = _registry("reference-type", trial.ReferenceType)
IPD_SHARING = _registry("ipd-sharing", trial.IpdSharing)
IPD_INFO_TYPE = _registry(
    "ipd-sharing-info-type",
    trial.IpdSharingInfoType,
    SAP="Statistical analysis plan (SAP)",
    ICF="Informed consent form (ICF)",
    CSR="Clinical study report (CSR)",
)
RELEVANCE = _registry("browse-leaf-relevance", trial.BrowseLeafRelevance)
UNPOSTED_EVENT = _registry("unposted-event-type", trial.UnpostedEventType)
VIOLATION_EVENT = _registry("violation-event-type", trial.ViolationEventType)
ARM_TYPE = _concepts("arm-type", concepts.ARM_TYPE)
CONTACT_ROLE = _concepts("contact-role", concepts.CONTACT_ROLE)
OFFICIAL_ROLE = _registry("official-role", trial.OfficialRole)
DATE_TYPE = _registry("date-type", trial.DateType)

# --- results -----------------------------------------------------------------------------------

MEASURE_PARAM = _concepts("measure-param", concepts.MEASURE_PARAM)
MEASURE_DISPERSION = _concepts("measure-dispersion", concepts.MEASURE_DISPERSION)
ANALYSIS_DISPERSION = _concepts("analysis-dispersion", concepts.ANALYSIS_DISPERSION)
CONFIDENCE_SIDES = _registry(
    "confidence-interval-sides",
    trial.ConfidenceIntervalNumSides,
    ONE_SIDED="1-sided",
    TWO_SIDED="2-sided",
)
NON_INFERIORITY = _registry(
    "non-inferiority-type",
    trial.NonInferiorityType,
    NON_INFERIORITY="Non-inferiority",
    NON_INFERIORITY_OR_EQUIVALENCE="Non-inferiority or equivalence",
    NON_INFERIORITY_OR_EQUIVALENCE_LEGACY="Non-inferiority or equivalence (legacy)",
    SUPERIORITY_OR_OTHER_LEGACY="Superiority or other (legacy)",
)
OUTCOME_MEASURE_TYPE = _concepts("outcome-measure-type", concepts.OUTCOME_MEASURE_TYPE)
REPORTING_STATUS = _registry("reporting-status", trial.ReportingStatus)
EVENT_ASSESSMENT = _registry(
    "event-assessment",
    trial.EventAssessment,
    NON_SYSTEMATIC_ASSESSMENT="Non-systematic assessment",
)
AGREEMENT_RESTRICTION = _registry(
    "agreement-restriction",
    trial.AgreementRestrictionType,
    LTE60="Up to 60 days",
    GT60="More than 60 and up to 180 days",
)
