"""Concepts of trial records, each with its codes in the registry, in FHIR and in CDISC's terms.

The table is `concepts.tsv` beside this module: one row is one concept, in the registry's order. It
has the code in the model, the registry's label, FHIR's code, and CDISC's submission value with the
code and the name that NCI has for it. The codecs of all formats are made of these rows. What a row
lacks has no code in that standard, and is written with the registry's own code alone. Where several
rows share a code, a document that has this code alone reads as the first of them.

Versions: the registry's data API 2.0; FHIR R5 5.0.0, which has SEVCO's terms of study design (SEVCO
and UCUM themselves are cited without one); CDISC's SDTM and Protocol packages of 2025-03-28, and
where a set says so the DDF package of 2024-09-27, or that of 2026-03-27, the first with the term.
The sets that also come with the packages of 2026-03-27 (all but C127257, C187683 and C207414) have
the same terms there. NCI publishes them at https://evs.nci.nih.gov/ftp1/CDISC/; read from the CDISC
Library's answers in the PyPI package usdm4 0.29.0: `library_cache_all.yaml`, SHA-256
32ae6f5ddf9b3e23bbd4fe273de8bdd6bf93efedfab862f3a944ac4a7f01224f, and `library_cache_usdm.yaml`,
b5c62e0df8d1f9c8076a64e6b225c51d63afbd80c661e6093b5b209d2221e69e.
"""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Final, NamedTuple

REGISTRY_VERSION: Final = "2.0"
FHIR_VERSION: Final = "5.0.0"
CDISC_VERSION: Final = "2025-03-28"
DDF_VERSION: Final = "2024-09-27"
LATER_DDF_VERSION: Final = "2026-03-27"


class Term(NamedTuple):
    """A submission value, the NCI concept code of its meaning, and what NCI prefers to call it."""

    value: str
    code: str
    preferred: str = ""


class Concept(NamedTuple):
    """One concept: its code in the model, and what the registry and the standards call it."""

    code: Any
    label: str
    fhir: str
    value: str
    nci: str
    preferred: str


class ValueSet(NamedTuple):
    """The concepts that one element is answered with."""

    rows: tuple[Concept, ...]
    fhir: str
    """The system of FHIR's codes; empty if it has none."""
    cdisc: str
    """CDISC's code list by its NCI code; empty if it has none.

    https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/ and the code
    """
    version: str
    """The version of CDISC's package that has the list."""
    first: tuple[str, ...]
    """Those that FHIR's code alone is read as, of several that share it."""

    @property
    def labels(self) -> dict[Any, str]:
        """The registry's labels."""
        return {row.code: row.label for row in self.rows}

    @property
    def codes(self) -> dict[Any, str]:
        """FHIR's codes, of the concepts that have one."""
        codes = {row.code: row.fhir for row in self.rows if row.fhir}
        return {code: codes[code] for code in self.first} | codes

    @property
    def terms(self) -> Mapping[Any, Term]:
        """CDISC's terms, of the concepts that have one."""
        return {row.code: Term(row.value, row.nci, row.preferred) for row in self.rows if row.nci}


def _table() -> dict[str, list[list[str]]]:
    text = (files("trialbridge.schemas.terms") / "concepts.tsv").read_text(encoding="utf-8")
    sets: dict[str, list[list[str]]] = {}
    for line in text.splitlines()[1:]:
        name, *cells = line.split("\t")
        sets.setdefault(name, []).append(cells)
    return sets


_TABLE: Final = _table()


def _set(
    name: str,
    *,
    fhir: str = "",
    cdisc: str = "",
    version: str = CDISC_VERSION,
    first: tuple[str, ...] = (),
    key: Callable[[str], Any] = str,
) -> ValueSet:
    rows = (Concept(key(code), *cells) for code, *cells in _TABLE[name])
    return ValueSet(tuple(rows), fhir, cdisc, version, first)


_DESIGN: Final = "http://hl7.org/fhir/study-design"
_ROLE: Final = "http://hl7.org/fhir/research-study-party-role"
_SEVCO: Final = "https://fevir.net/sevco"
_ESTIMATE: Final = "http://terminology.hl7.org/CodeSystem/attribute-estimate-type"

# --- study and design --------------------------------------------------------------------------

STUDY_TYPE: Final = _set("study-type", fhir=_DESIGN, cdisc="C99077")
# The list's fourth: an observational study whose `patient_registry` is true.
PATIENT_REGISTRY: Final = Term("PATIENT REGISTRY", "C129000", "Patient Registry Study")

# Suspended: nobody enters, whether or not those who are in it are treated: the wider of two codes.
STATUS: Final = _set("status", fhir="http://hl7.org/fhir/research-study-status")

# In the words of ODM 2.0's TrialPhaseType. That list is open, and older: the terminology alone has
# the two that join phases 1 and 3. Phases of one trial are one code.
PHASE: Final = _set(
    "phase",
    fhir="http://hl7.org/fhir/research-study-phase",
    cdisc="C66737",
    key=lambda phases: tuple(phases.split("+")),
)
# What the terminology now calls PHASE 0 TRIAL.
EARLY_PHASE_1: Final = Term("EARLY PHASE I", "C54721", "Phase 0 Trial")

# The list of yes and no, since RANDOM is a question.
ALLOCATION: Final = _set("allocation", fhir=_DESIGN, cdisc="C66742")

# CDISC defines SEQUENTIAL as group sequential; the registry also means dose escalation.
INTERVENTION_MODEL: Final = _set("intervention-model", fhir=_DESIGN, cdisc="C99076")

PRIMARY_PURPOSE: Final = _set(
    "primary-purpose", fhir="http://hl7.org/fhir/research-study-prim-purp-type", cdisc="C66736"
)

# The registry counts masked parties, of which the subject need not be one; CDISC has no term above
# DOUBLE BLIND (neither the subject nor the study personnel know), which three values share. It says
# who is masked, so that this decides with the registry's value: OBSERVER BLIND is one masked party
# that is the outcomes assessor, and no DOUBLE BLIND is one where the subject is not masked. The
# open label with blinded dose has no value here.
MASKING: Final = _set("masking", cdisc="C66735")
OBSERVER_BLIND: Final = Term("OBSERVER BLIND", "C187674", "Observer Blind Study")

# The package of 2026-03-27 has the terms in C215480 (study roles). SEVCO has blinding of data
# analysts, which is not blinding of the investigator.
WHO_MASKED: Final = _set("who-masked", fhir=_DESIGN, cdisc="C207414", version=DDF_VERSION)

OBSERVATIONAL_MODEL: Final = _set("observational-model", fhir=_DESIGN, cdisc="C127259")
TIME_PERSPECTIVE: Final = _set("time-perspective", fhir=_DESIGN, cdisc="C127261")
SAMPLING_METHOD: Final = _set("sampling-method", cdisc="C127260")

# The list's Control Arm (C174226) and Treatment Arm (C15538) are wider than any value here.
ARM_TYPE: Final = _set(
    "arm-type", fhir="http://hl7.org/fhir/research-study-arm-type", cdisc="C174222"
)
INTERVENTION_TYPE: Final = _set("intervention-type", cdisc="C99078")

# By attribute of the identification module; FHIR has an element for each.
TITLE_TYPE: Final = _set("title-type", cdisc="C207419", version=DDF_VERSION)

# By attribute of `ExpandedAccessTypes`. None for intermediate; the list's Continued Access
# (C187706) has no attribute here.
EXPANDED_ACCESS_TYPE: Final = _set("expanded-access-type", cdisc="C187683")

# --- people and organizations ------------------------------------------------------------------

SEX: Final = _set("sex", fhir="http://hl7.org/fhir/administrative-gender", cdisc="C66732")

# What CONROLE is answered with. A contact, which has no term of its own, is told apart by where it
# stands.
CONTACT_ROLE: Final = _set("contact-role", fhir=_ROLE, cdisc="C127257")
CENTRAL_CONTACT: Final = Term("CENTRAL CONTACT FOR RECRUITMENT", "C127523")
FACILITY_CONTACT: Final = Term("FACILITY CONTACT", "C127528")

RESPONSIBLE_PARTY: Final = _set("responsible-party", fhir=_ROLE)

# None for the other classes: an INDUSTRY sponsor may make drugs, or devices.
AGENCY_CLASS: Final = _set(
    "agency-class",
    fhir="http://hl7.org/fhir/research-study-party-organization-type",
    cdisc="C188724",
    version=LATER_DDF_VERSION,
    first=("OTHER_GOV",),
)

# --- answers -----------------------------------------------------------------------------------

# The answers to HLTSUBJI, DMCIND, FDADRIND and other indicators. The list's U (unknown) is an
# absent value here.
YES_NO: Final = _set(
    "yes-no", cdisc="C66742", key=lambda code: {"true": True, "false": False}.get(code, code)
)

# The list has no minute, which is a unit of C71620.
AGE_UNIT: Final = _set("age-unit", fhir="http://unitsofmeasure.org", cdisc="C66781")

CRITERION: Final = _set("criterion", cdisc="C66797")

# --- results -----------------------------------------------------------------------------------

OUTCOME_MEASURE_TYPE: Final = _set(
    "outcome-measure-type", fhir="http://hl7.org/fhir/research-study-objective-type"
)
MEASURE_PARAM: Final = _set("measure-param", fhir=_SEVCO)
MEASURE_DISPERSION: Final = _set("measure-dispersion", fhir=_ESTIMATE, first=("CONFIDENCE_95",))
ANALYSIS_DISPERSION: Final = _set("analysis-dispersion", fhir=_ESTIMATE)

VALUE_SETS: Final[Mapping[str, ValueSet]] = {
    name: held for name, held in globals().items() if isinstance(held, ValueSet)
}
"""Every set, by its name in this module."""

# Terms of no set, each of the first of the stated packages that has it.
_OTHERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        # Masking description and role; a registry; public and scientific title; randomized.
        ("C207505", "C207506", "C93453", "C207617", "C207618", "C46079"),
        DDF_VERSION,
    ),
    # Co-sponsor, pharmaceutical company.
    **dict.fromkeys(("C215669", "C54149"), LATER_DDF_VERSION),
}
_VERSIONS: Final[Mapping[str, str]] = {
    **_OTHERS,
    **{
        term.code: held.version
        for held in VALUE_SETS.values()
        for term in held.terms.values()
        if held.version != CDISC_VERSION
    },
}


def version_of(code: str) -> str:
    """The version of CDISC's terminology that a code is cited from."""
    return _VERSIONS.get(code, CDISC_VERSION)
