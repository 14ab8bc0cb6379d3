"""What a TS has beside the facts of a record: what follows from them, and what is not known.

A parameter that a TS demands and the record does not say has a null flavor: NI, no information;
NA, not applicable to a study of this kind; PINF and NINF, an age without a limit.
"""

from collections.abc import Iterator
from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.sdtm.rows import coded
from trialbridge.schemas.sdtm.domains import IG_VERSION, MODEL_VERSION
from trialbridge.schemas.terms.cdisc_codes import YES_NO
from trialbridge.schemas.terms.trial_summary import (
    CONTROL,
    NO_CONTROL,
    NOT_OF_OTHERS,
    OF_TRIALS,
    REQUIRED,
)
from trialbridge.schemas.trial import ProtocolSection, Trial, age

_ENDED = frozenset({"COMPLETED", "TERMINATED", "WITHDRAWN", "NO_LONGER_AVAILABLE"})
_UNTOLD = frozenset({"UNKNOWN", "WITHHELD", "APPROVED_FOR_MARKETING", "AVAILABLE"})
_ANSWER = {answer: coded(YES_NO[answer]) for answer in (True, False)}
_CONTROL = {type_: coded(term) for type_, term in CONTROL.items()}
_NONE = coded(NO_CONTROL)
_ADULT = 18
_YEARS = {"Year": 1.0, "Month": 12, "Week": 52, "Day": 365, "Hour": 8_760, "Minute": 525_600}
_EMPTY = ProtocolSection()


def derived(trial: Trial) -> Iterator[tuple[str, Node]]:
    """What follows from the facts of a record: parameter and row."""
    protocol = trial.protocol or _EMPTY
    design, arms = protocol.design, protocol.arms_interventions
    kind = design.study_type if design else None
    groups = (arms.arm_groups if arms else None) or ()
    if groups and kind == "INTERVENTIONAL":
        yield "NARMS", {"TSVAL": str(len(groups))}
        types = {group.type for group in groups}
        controls = [row for type_, row in _CONTROL.items() if type_ in types]
        for row in controls:
            yield "TCNTRL", row
        if not controls and types == {"EXPERIMENTAL"} and len(groups) == 1:
            yield "TCNTRL", _NONE
    elif groups and kind == "OBSERVATIONAL":
        yield "NCOHORT", {"TSVAL": str(len(groups))}
    status = protocol.status.overall_status if protocol.status else None
    if status is not None and status not in _UNTOLD:
        yield "ONGOSIND", _ANSWER[status not in _ENDED]
    children = _is_of_children(protocol)
    if children is not None:
        yield "PDSTIND", _ANSWER[children]
    yield "SDTIGVER", {"TSVAL": IG_VERSION}
    yield "SDTMVER", {"TSVAL": MODEL_VERSION}


def _is_of_children(protocol: ProtocolSection) -> bool | None:
    """Whether all participants are below 18, or none is; None where both may take part."""
    eligibility = protocol.eligibility
    if eligibility is None:
        return None
    lowest, highest = eligibility.minimum_age, eligibility.maximum_age
    if lowest is not None and _years(lowest) >= _ADULT:
        return False
    if highest is not None and _years(highest) < _ADULT:
        return True
    return None


def _years(value: str) -> float:
    number, unit = age(value)
    return number / _YEARS[unit]


def unknown(trial: Trial, there: set[str]) -> Iterator[tuple[str, Node]]:
    """A null flavor for each parameter that a TS demands and is not `there`."""
    protocol = trial.protocol or _EMPTY
    design = protocol.design
    kind = design.study_type if design else None
    is_trial = kind == "INTERVENTIONAL"
    for name in (*REQUIRED, *OF_TRIALS) if is_trial else REQUIRED:
        if name not in there:
            yield name, {"TSVALNF": _flavor(name, protocol, kind)}


def _flavor(name: str, protocol: ProtocolSection, kind: Any) -> str:
    if name in ("AGEMIN", "AGEMAX"):
        if protocol.eligibility is None:
            return "NI"
        return "NINF" if name == "AGEMIN" else "PINF"
    if kind is not None and kind != "INTERVENTIONAL" and name in NOT_OF_OTHERS:
        return "NA"
    if kind == "INTERVENTIONAL" and name == "NCOHORT":
        return "NI"
    design = protocol.design
    info = design.design_info if design else None
    if name == "RANDQT" and info is not None and info.allocation in ("NA", "NON_RANDOMIZED"):
        return "NA"
    return "NI"
