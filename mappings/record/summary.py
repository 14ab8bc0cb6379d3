"""What CDISC's trial summary says of a record: which parameter is of which element of the model.

ODM has these as study parameters and SDTM as rows of TS, each in its own form.
https://evsexplore.semantics.cancer.gov/evsexplore/concept/ncit/C66738
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from trialbridge.mappings.codec import System
from trialbridge.mappings.record import registry
from trialbridge.schemas.terms import cdisc_codes as terms
from trialbridge.schemas.terms.cdisc_codes import Term
from trialbridge.schemas.trial import Age, AgeUnit, Trial, age_text
from trialbridge.schemas.trial import age as quantity_of

Kind = Literal["text", "texts", "flag", "code", "date", "age", "age of subjects"]


class Fact(NamedTuple):
    """One parameter: the element of the model that it is of, and how its value is said.

    A code has CDISC's `terms`, and the registry's own system, `exact`, for what these lack.
    """

    model: str
    kind: Kind
    terms: Mapping[Any, Term] = {}
    exact: System | None = None


_IDENTIFICATION = "protocol.identification"
_STATUS = "protocol.status"
_OVERSIGHT = "protocol.oversight"
_DESIGN = "protocol.design"
_INFO = f"{_DESIGN}.design_info"
_ELIGIBILITY = "protocol.eligibility"

FACTS: Final[Mapping[str, Fact]] = {
    "TITLE": Fact(f"{_IDENTIFICATION}.official_title", "text"),
    "SPREFID": Fact(f"{_IDENTIFICATION}.org_study_id_info.id", "text"),
    "SSTDTC": Fact(f"{_STATUS}.start_date", "date"),
    "SENDTC": Fact(f"{_STATUS}.completion_date", "date"),
    "EXPARECN": Fact(f"{_STATUS}.expanded_access_info.nct_id", "text"),
    "EXPASTAT": Fact(
        f"{_STATUS}.expanded_access_info.status_for_nct_id", "code", {}, registry.STATUS
    ),
    "SPONSOR": Fact("protocol.sponsor_collaborators.lead_sponsor.name", "text"),
    "DMCIND": Fact(f"{_OVERSIGHT}.oversight_has_dmc", "flag"),
    "FDADRIND": Fact(f"{_OVERSIGHT}.is_fda_regulated_drug", "flag"),
    "FDADEIND": Fact(f"{_OVERSIGHT}.is_fda_regulated_device", "flag"),
    "PDPSTIND": Fact(f"{_OVERSIGHT}.is_ppsd", "flag"),
    "INDIC": Fact("protocol.conditions.conditions", "texts"),
    "KEYWORD": Fact("protocol.conditions.keywords", "texts"),
    "STYPE": Fact(f"{_DESIGN}.study_type", "code", terms.STUDY_TYPE, registry.STUDY_TYPE),
    "RANDOM": Fact(f"{_INFO}.allocation", "code", terms.ALLOCATION, registry.ALLOCATION),
    "INTMODEL": Fact(
        f"{_INFO}.intervention_model", "code", terms.INTERVENTION_MODEL, registry.INTERVENTION_MODEL
    ),
    "TINDTP": Fact(
        f"{_INFO}.primary_purpose", "code", terms.PRIMARY_PURPOSE, registry.PRIMARY_PURPOSE
    ),
    "TBLIND": Fact(f"{_INFO}.masking_info.masking", "code", terms.MASKING, registry.MASKING),
    "OBSMODEL": Fact(
        f"{_INFO}.observational_model",
        "code",
        terms.OBSERVATIONAL_MODEL,
        registry.OBSERVATIONAL_MODEL,
    ),
    "OBSTIMP": Fact(
        f"{_INFO}.time_perspective", "code", terms.TIME_PERSPECTIVE, registry.TIME_PERSPECTIVE
    ),
    "TRGFUDUR": Fact(f"{_DESIGN}.target_duration", "age"),
    "RTSPCDES": Fact(f"{_DESIGN}.bio_spec.description", "text"),
    "SEXPOP": Fact(f"{_ELIGIBILITY}.sex", "code", terms.SEX, registry.SEX),
    "AGEMIN": Fact(f"{_ELIGIBILITY}.minimum_age", "age of subjects"),
    "AGEMAX": Fact(f"{_ELIGIBILITY}.maximum_age", "age of subjects"),
    "HLTSUBJI": Fact(f"{_ELIGIBILITY}.healthy_volunteers", "flag"),
    "OBSTPOPD": Fact(f"{_ELIGIBILITY}.study_population", "text"),
    "OBSTSMM": Fact(
        f"{_ELIGIBILITY}.sampling_method", "code", terms.SAMPLING_METHOD, registry.SAMPLING_METHOD
    ),
}
"""By TSPARMCD: the parameters that are of one element, or of one list of texts."""

RETENTION: Final[Mapping[Any, tuple[bool, bool | None]]] = {
    "NONE_RETAINED": (False, None),
    "SAMPLES_WITH_DNA": (True, True),
    "SAMPLES_WITHOUT_DNA": (True, False),
}
"""What BRIND and BRDNAIND say of a retention: whether specimens are kept, and with DNA."""

SUBJECTS: Final[Mapping[Any, str]] = {"ACTUAL": "ACTSUB", "ESTIMATED": "PLANSUB"}
"""The parameter that the number of participants is, by its type."""


# --- phases ------------------------------------------------------------------------------------


def _short(term: str) -> str:
    """A term without the words that CDISC's terminology no longer has: `II` of PHASE II TRIAL."""
    return term.upper().removeprefix("PHASE ").removesuffix(" TRIAL")


_PHASES = {_short(term.value): list(phases) for phases, term in terms.PHASE.items()}
_PHASES[terms.EARLY_PHASE_1.value] = ["EARLY_PHASE1"]


def has_phase(phases: Sequence[str]) -> bool:
    """Whether CDISC has one term for these phases."""
    return tuple(phases) in terms.PHASE


def phases_of(term: str) -> list[str] | None:
    """The phases that a term is, of today's terminology or an earlier one; None for no term."""
    return _PHASES.get(_short(term))


# --- masking and type --------------------------------------------------------------------------


def _design(trial: Trial | None) -> Any:
    protocol = trial.protocol if trial else None
    return protocol.design if protocol else None


def _who_masked(trial: Trial | None) -> list[Any]:
    design = _design(trial)
    info = design.design_info if design else None
    masking = info.masking_info if info else None
    return list((masking.who_masked if masking else None) or ())


def finer_blinding(code: Any, trial: Trial | None) -> Term | None:
    """The term that says more than the masking does: that the outcomes assessor alone is masked."""
    is_observer = code == "SINGLE" and _who_masked(trial) == ["OUTCOMES_ASSESSOR"]
    return terms.OBSERVER_BLIND if is_observer else None


def leaves_the_subject(code: Any, trial: Trial | None) -> bool:
    """Whether several are masked and the participant is none of them: CDISC has no term for it."""
    who = _who_masked(trial)
    return code in ("DOUBLE", "TRIPLE", "QUADRUPLE") and bool(who) and "PARTICIPANT" not in who


def finer_type(code: Any, trial: Trial | None) -> Term | None:
    """The term that says more than the type of the study does: that it is a patient registry."""
    design = _design(trial)
    is_registry = code == "OBSERVATIONAL" and design is not None and design.patient_registry
    return terms.PATIENT_REGISTRY if is_registry else None


# --- lengths of time ---------------------------------------------------------------------------

# https://www.w3.org/TR/xmlschema-2/#duration and ISO 8601's own form for weeks
_DURATIONS: dict[AgeUnit, str] = {
    "Year": "P{}Y",
    "Month": "P{}M",
    "Week": "P{}W",
    "Day": "P{}D",
    "Hour": "PT{}H",
    "Minute": "PT{}M",
}
_DURATION = re.compile(r"P(?:(\d+)Y|(\d+)M|(\d+)W|(\d+)D|T(?:(\d+)H|(\d+)M))")


def duration(value: Age) -> str:
    """`17 Years` as the ISO 8601 duration P17Y."""
    number, unit = quantity_of(value)
    return _DURATIONS[unit].format(number)


def of_duration(text: Any) -> Age | None:
    """P17Y as `17 Years`; None for what is no duration of one unit."""
    found = _DURATION.fullmatch(text) if text.__class__ is str else None
    if found is None or found.lastindex is None:
        return None
    return age_text(int(found[found.lastindex]), list(_DURATIONS)[found.lastindex - 1])
