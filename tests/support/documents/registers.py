"""What the tests of other registers' formats share: values by pointer, and the way onward."""

from pathlib import Path
from typing import Any

import msgspec

import trialbridge
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.pointer import get
from trialbridge.schemas.trial import Trial

SOURCES = Path(__file__).resolve().parents[2] / "registers" / "documents"
"""Small documents of each format, that nobody's register has."""
ABSENT = object()


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Give the record and the warnings."""
    told: list[Problem] = []
    return trialbridge.read(data, warnings=told), told


def facts(trial: Trial, pointers: Any) -> dict[str, Any]:
    """Give the values of a record at pointers, below the protocol section unless they begin so."""
    tree = msgspec.to_builtins(trial)
    found = {}
    for pointer in pointers:
        try:
            found[pointer] = get(
                tree, pointer if pointer.startswith("/") else f"/protocolSection/{pointer}"
            )
        except LookupError:
            found[pointer] = ABSENT
    return found


def onward(data: bytes) -> None:
    """Convert to FHIR R5 and ODM 2.0, which checks what it writes, and read the same back."""
    trial = trialbridge.read(data)
    registration = trial.registration
    assert registration is not None
    assert registration.id
    assert trial.nct_id is None
    for name in ("fhir-r5", "odm-2.0"):
        written = trialbridge.convert(data, name)
        assert trialbridge.read(written) == trial
        assert not [one for one in trialbridge.validate(written) if one.severity == "error"]
        assert registration.id.encode() in written
