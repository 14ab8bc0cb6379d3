"""What is unusual with the record of another register than ClinicalTrials.gov, and never wrong.

The registers say little of what a record must have. These are rules of our own: ids have the form
that their register gives them, a record has what every register asks for, and what it says agrees.
"""

import re
from collections.abc import Iterator
from typing import Final

from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial, age

_EUDRACT: Final = re.compile(r"[0-9]{4}-[0-9]{6}-[0-9]{2}")
_IDS: Final = {
    "CTIS": (re.compile(r"[0-9]{4}-5[0-9]{5}-[0-9]{2}-[0-9]{2}"), "2023-505613-24-00"),
    "DRKS": (re.compile(r"DRKS[0-9]{8}"), "DRKS00000001"),
    "EUCTR": (_EUDRACT, "2021-002179-21"),
    "ISRCTN": (re.compile(r"ISRCTN[0-9]{8}"), "ISRCTN10000001"),
}
_OTHERS: Final = {
    "ClinicalTrials.gov": (re.compile(r"NCT[0-9]{8}"), "NCT00000001"),
    "ISRCTN": _IDS["ISRCTN"],
    "WHO UTN": (re.compile(r"U[0-9]{4}-[0-9]{4}-[0-9]{4}"), "U1111-1111-1111"),
}
_DAYS: Final = {"Year": 365.25, "Month": 30.44, "Week": 7, "Day": 1, "Hour": 1 / 24, "Minute": 0}


def odd(trial: Trial) -> list[Problem]:
    """Give a warning for each thing that is unusual, with the pointer into the record."""
    return [
        Problem(severity="warning", layer="register", path=path, code=code, message=message)
        for path, code, message in _odd(trial)
    ]


def _odd(trial: Trial) -> Iterator[tuple[str, str, str]]:
    yield from _ids(trial)
    protocol = trial.protocol
    named = protocol.identification if protocol else None
    if named is None or not (named.brief_title or named.official_title):
        yield "/protocolSection/identificationModule", "no-title", "the record has no title"
    parties = protocol.sponsor_collaborators if protocol else None
    if parties is None or parties.lead_sponsor is None:
        yield "/protocolSection", "no-sponsor", "the record has no sponsor"
    status = protocol.status if protocol else None
    start = status.start_date.date if status and status.start_date else None
    end = status.completion_date.date if status and status.completion_date else None
    if start and end and end < start[: len(end)]:
        message = f"the trial ends ({end}) before it starts ({start})"
        yield "/protocolSection/statusModule/completionDateStruct", "dates", message
    eligibility = protocol.eligibility if protocol else None
    if eligibility and eligibility.minimum_age and eligibility.maximum_age:
        low, high = age(eligibility.minimum_age), age(eligibility.maximum_age)
        if low.value * _DAYS[low.unit] > high.value * _DAYS[high.unit]:
            message = (
                f"the lowest age ({eligibility.minimum_age}) is above the highest"
                f" ({eligibility.maximum_age})"
            )
            yield "/protocolSection/eligibilityModule/minimumAge", "ages", message


def _ids(trial: Trial) -> Iterator[tuple[str, str, str]]:
    own = trial.registration
    if own is None or not own.id:
        yield "/registration/id", "no-id", "the record has no id of its register"
    elif own.register in _IDS:
        form, example = _IDS[own.register]
        if not form.fullmatch(own.id):
            message = f"{own.id!r:.60} has not the form of an id of {own.register} ({example})"
            yield "/registration/id", "id", message
    named = trial.protocol.identification if trial.protocol else None
    for position, one in enumerate((named and named.secondary_id_infos) or ()):
        eudract = one.type == "EUDRACT_NUMBER"
        known = _IDS["EUCTR"] if eudract else _OTHERS.get(one.domain or "")
        if known is not None and not known[0].fullmatch(one.id or ""):
            of, example = "EudraCT" if eudract else one.domain, known[1]
            message = f"{one.id!r:.60} has not the form of a number of {of} ({example})"
            pointer = "/protocolSection/identificationModule/secondaryIdInfos"
            yield f"{pointer}/{position}/id", "id", message
