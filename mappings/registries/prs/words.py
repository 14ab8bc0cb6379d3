"""Values of PRS upload XML: labels for codes, dates, yes and no, texts.

What is written is the label of the schema; what is read may be one that the registry had before,
or has since. Labels that are those of the registry's older formats are theirs (`ctgov_xml.words`).
https://prsinfo.clinicaltrials.gov/ProtocolRecordSchema.xsd
"""

import re
from typing import Any

from trialbridge.mappings.codec import Codec
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.markdown import plain, registered
from trialbridge.mappings.registries import labels
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import words
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.protocol import phases as labelled
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import coded, valued, word
from trialbridge.schemas import trial

yes_no: Codec[bool] = valued(
    lambda said: {"yes": True, "true": True, "no": False, "false": False}.get(said.lower()),
    "yes or no",
    lambda value: "yes" if value else "no",
    bool,
    nothing="None",
)
"""Documents have Yes and true, too; None the registry's own files say of what nobody answered."""
YES_NO: Codec[bool] = Codec(yes_no.read, lambda value, names: "Yes" if value else "No", gives=bool)
"""The same in the results, where the registry writes it so."""

_ISO = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
date: Codec[str] = valued(
    lambda said: said if _ISO.fullmatch(said) else labels.date(said),
    "a date (YYYY-MM or YYYY-MM-DD)",
    str,
    str,
)
"""A day, a month or a year, as precise as it is."""

_PHASE = re.compile(r"(?:Phase )?([0-4](?:/(?:Phase )?[1-4])?)")
_PHASES = {"0": "EARLY_PHASE1", "1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4"}


def _read_phases(value: Any, names: Names) -> list[Any] | None:
    said = word(value)
    found = _PHASE.fullmatch(said)
    if found is None:
        return labelled.read(value, names)
    return [_PHASES[number] for number in found[1].replace("Phase ", "").split("/")]


def _write_phases(value: list[Any], names: Names) -> str | None:
    # Of two phases, those of one trial: the form has no word for others.
    one = len(value) == 1 or value in (["PHASE1", "PHASE2"], ["PHASE2", "PHASE3"])
    return labelled.write(value, names) if one else None


phases: Codec[list[trial.Phase]] = Codec(_read_phases, _write_phases, gives=list[trial.Phase])
"""Phases, which stand as bare numbers (`2`, `1/2`) and as labels (`Phase 1/Phase 2`)."""

# --- texts -------------------------------------------------------------------------------------

# What begins an item of a list; the words behind it are words as others are.
_MARKER = re.compile(r" *(?:\*|-|[0-9]{1,9}\.) +")
_SPECIAL = re.compile(r"[\\<>\[\]*_^~&]")


def to_markdown(text: str) -> str:
    """Plain words on lines as CommonMark; the markers of lists stay as they are."""
    if not _SPECIAL.search(text):
        return text
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    marker = _MARKER.match(line)
    if marker is None:
        return registered(line)
    return marker[0] + registered(line[marker.end() :])


def of_lines(text: str) -> str:
    """The words of a text that was laid out: without the indent of all its lines."""
    if text == text.strip():
        return text
    lines = text.expandtabs().split("\n")
    indents = [len(line) - len(line.lstrip(" ")) for line in lines[1:] if line.strip()]
    if not lines[0].strip() and indents:
        cut = min(indents)
        lines = ["", *(line[cut:].rstrip() for line in lines[1:])]
    return "\n".join(lines).strip()


def _read_markup(value: Any, names: Names) -> str | None:
    if value.__class__ is not str:
        value = word(value)
    return to_markdown(of_lines(value.replace("\r\n", "\n"))) or None


def _write_markup(value: str, names: Names) -> str | None:
    said = plain(value)
    return of_lines(said) or None


markup: Codec[str] = Codec(_read_markup, _write_markup, gives=str)
"""A text, which is CommonMark in the model, and plain words on its lines in the registry's form."""

text = words.text

# --- enumerations ------------------------------------------------------------------------------

ALLOCATION = coded(trial.DesignAllocation, {"NA": "N/A", "NON_RANDOMIZED": "Non-randomized"})
INTERVENTION_TYPE = coded(
    trial.InterventionType,
    {"BIOLOGICAL": "Biological/Vaccine", "PROCEDURE": "Procedure/Surgery"},
)
SECONDARY_ID = coded(
    trial.SecondaryIdType,
    {
        "NIH": "NIH Grant Number",
        "FDA": "U.S. FDA Grant/Contract",
        "VA": "U.S. VA Grant/Contract",
        "CDC": "U.S. CDC Grant/Contract",
        "AHRQ": "U.S. AHRQ Grant/Contract",
        "SAMHSA": "U.S. SAMHSA Grant/Contract",
        "OTHER_GRANT": "Other Grant/Funding Number",
        "EUDRACT_NUMBER": "EudraCT Number",
        "CTIS": "EU Trial (CTIS) Number",
        "REGISTRY": "Registry Identifier",
        "OTHER": "Other Identifier",
    },
)
SHARING = coded(trial.IpdSharing, {"YES": "yes", "NO": "no", "UNDECIDED": "undecided"})
STUDY_TYPE = coded(trial.StudyType)
_NO_BOUND = "N/A"


def _read_bound(value: Any, names: Names) -> str | None:
    said = word(value).strip()
    if said in ("", _NO_BOUND):
        return None
    # NCI's documents have years without their unit.
    return words.age.read(f"{said} Years" if said.isdigit() and said != "1" else said, names)


bound: Codec[str] = Codec(_read_bound, words.age.write, gives=str)
"""The age that participants have at least, or at most; `N/A` is no limit."""
