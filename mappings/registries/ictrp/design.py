"""How a trial is designed, in the sentences of the registers.

ClinicalTrials.gov's is read whole. Of the others what has a label of its own and a code of the same
meaning is in the record, and the sentence is kept beside it. How often is on the page
docs/formats/registries/ictrp.md.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from trialbridge.mappings.registries import labels
from trialbridge.mappings.registries.ictrp import values
from trialbridge.mappings.registries.ictrp.rows import Field, Row, Taken, Tree
from trialbridge.schemas import trial as model

_INFO: Final = "/protocolSection/designModule/designInfo"


def _code(enumeration: Any) -> Callable[[str], str | None]:
    codes = [str(code) for code in get_args(enumeration)]
    return lambda said: labels.code(said, codes)


_LABELS: Final = {
    "allocation": ("allocation", _code(model.DesignAllocation)),
    "intervention model": ("interventionModel", _code(model.InterventionalAssignment)),
    "observational model": ("observationalModel", _code(model.ObservationalModel)),
    "time perspective": ("timePerspective", _code(model.DesignTimePerspective)),
    "primary purpose": ("primaryPurpose", _code(model.PrimaryPurpose)),
}
_LABEL = re.compile(rf"(?:^|\. )({'|'.join(_LABELS)}|masking): ", re.IGNORECASE)
_DEGREE = _code(model.DesignMasking)
_WHO = _code(model.WhoMasked)
_OLD_WHO = {"Subject": "PARTICIPANT", "Caregiver": "CARE_PROVIDER"}


def _design(row: Row) -> Taken:
    text = values.line(row.text("Study_design"))
    if not text:
        return Taken({})
    if row.register != values.CLINICALTRIALS:
        info = _of_another(row)
        why = "the record has a part of it" if info else "a sentence of its register's own"
        return Taken({_INFO: info} if info else {}, {"Study_design": why})
    _, *pieces = _LABEL.split(text.rstrip(". "))
    info = {}
    for label, said in zip(pieces[::2], pieces[1::2], strict=True):
        if label.lower() == "masking":
            masked = _masked(said)
            if masked:
                info["maskingInfo"] = masked
                continue
        else:
            key, read = _LABELS[label.lower()]
            if code := read(said):
                info[key] = code
                continue
        return Taken({}, {"Study_design": "it is not read"}, frozenset({"Study_design"}))
    if not info:
        return Taken({}, {"Study_design": "it is not read"}, frozenset({"Study_design"}))
    return Taken({_INFO: info})


def _masked(said: str) -> Tree | None:
    whole = _DEGREE(said)
    if whole is not None:
        return {"masking": whole}
    head, _, rest = said.partition(" (")
    degree = _DEGREE(head)
    who = [_OLD_WHO.get(one) or _WHO(one) for one in rest.removesuffix(")").split(", ")]
    return {"masking": degree, "whoMasked": who} if degree and None not in who else None


# --- other registers ---------------------------------------------------------------------------

# The labels of WHO's data set, as ANZCTR, DRKS, IRCT, LBCTR, RPCEC and CRIS write them.
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "allocation": {
        "randomised controlled trial": "RANDOMIZED",
        "randomized controlled trial": "RANDOMIZED",
        "randomized": "RANDOMIZED",
        "randomized trial": "RANDOMIZED",
        "rct": "RANDOMIZED",
        "non-randomised trial": "NON_RANDOMIZED",
        "non-randomized controlled trial": "NON_RANDOMIZED",
        "not randomized": "NON_RANDOMIZED",
        "single arm study": "NA",
        "n/a: single arm study": "NA",
    },
    "interventionModel": {
        "parallel": "PARALLEL",
        "crossover": "CROSSOVER",
        "factorial": "FACTORIAL",
        "single": "SINGLE_GROUP",
        "single (group)": "SINGLE_GROUP",
        "single group": "SINGLE_GROUP",
    },
    "masking": {
        "open (masking not used)": "NONE",
        "open": "NONE",
        "not blinded": "NONE",
        "single blinded": "SINGLE",
        "double blinded": "DOUBLE",
        "triple blinded": "TRIPLE",
    },
    "primaryPurpose": {
        "treatment": "TREATMENT",
        "prevention": "PREVENTION",
        "diagnosis": "DIAGNOSTIC",
        "diagnostic": "DIAGNOSTIC",
        "supportive": "SUPPORTIVE_CARE",
        "screening": "SCREENING",
        "health service research": "HEALTH_SERVICES_RESEARCH",
        "educational / counselling / training": "ECT",
    },
}
_OTHERS: Final = {
    "allocation": "allocation",
    "randomization": "allocation",
    "assignment": "interventionModel",
    "intervention model": "interventionModel",
    "masking": "masking",
    "blinding": "masking",
    "blinding/masking": "masking",
    "purpose": "primaryPurpose",
    "primary purpose": "primaryPurpose",
    "study design purpose": "primaryPurpose",
}
_LABELLED = re.compile(
    rf"(?:^|[;,.] ?)({'|'.join(sorted(_OTHERS, key=len, reverse=True))}) ?: ([^;,.]*)",
    re.IGNORECASE,
)
_CHICTR: Final = {
    "Parallel": "PARALLEL",
    "Factorial": "FACTORIAL",
    "Cross-over": "CROSSOVER",
    "Single arm": "SINGLE_GROUP",
}
# What the EU's register asks, with the code of a yes; two yes to one of them are no code.
_EU: Final = (
    ("masking", {"Open": "NONE", "Single blind": "SINGLE", "Double blind": "DOUBLE"}),
    ("interventionModel", {"Parallel group": "PARALLEL", "Cross over": "CROSSOVER"}),
)


def _of_another(row: Row) -> Tree:
    """What a sentence says with labels; each is asked once, its first answer counts.

    A study that is not interventional has none of these.
    """
    if values.STUDY_TYPES.get(row.text("Study_type").lower()) != "INTERVENTIONAL":
        return {}
    text = values.lines(row.text("Study_design"))
    found: Tree = {}
    if row.register == "ChiCTR":
        if text in _CHICTR:
            found["interventionModel"] = _CHICTR[text]
    elif row.register == "EU Clinical Trials Register":
        found = _of_the_eu(dict(re.findall(r"^([A-Z][a-z ]+): ?(yes|no)", text, re.MULTILINE)))
    else:
        for label, said in _LABELLED.findall(values.line(text)):
            key = _OTHERS[label.lower()]
            found.setdefault(key, _WORDS[key].get(said.strip().lower()))
    info = {key: code for key, code in found.items() if code and key != "masking"}
    return {**info, "maskingInfo": {"masking": found["masking"]}} if found.get("masking") else info


def _of_the_eu(said: Mapping[str, str]) -> Tree:
    found: Tree = {}
    if said.get("Randomised") == "yes":
        found["allocation"] = "RANDOMIZED"
    for key, codes in _EU:
        yes = [code for question, code in codes.items() if said.get(question) == "yes"]
        if len(yes) == 1:
            (found[key],) = yes
    return found


DESIGN: Final = Field(
    ("Study_design",),
    (
        *(f"{_INFO}/{key}" for key, _ in _LABELS.values()),
        f"{_INFO}/maskingInfo/masking",
        f"{_INFO}/maskingInfo/whoMasked/*",
    ),
    _design,
)
"""The field of the design."""
