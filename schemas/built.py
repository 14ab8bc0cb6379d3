"""What is wrong with a trial that somebody built by hand, by the types and codes of the model.

msgspec checks types when it decodes, and not when a struct is made.
"""

import datetime
import decimal
import json
import uuid

import msgspec

from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.decode import misfits
from trialbridge.schemas.syntax.pointer import escape
from trialbridge.schemas.trial import Trial

# msgspec would make texts of these, and a writer would not.
_LEFT = (
    bytes,
    bytearray,
    memoryview,
    datetime.datetime,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    uuid.UUID,
)
_ASIDE = ": kept in unmapped"


def faults(trial: object) -> list[Problem]:
    """List what is no trial by the model: wrong types, unknown codes, dates of another form.

    Places are JSON pointers in the model's keys. Empty where nothing is wrong.
    """
    if not isinstance(trial, Trial):
        return [_problem("", "wrong-type", f"{type(trial).__name__} found, expected a Trial")]
    try:
        if msgspec.json.decode(msgspec.json.encode(trial), type=Trial) == trial:
            return []
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        pass
    # What is unmapped may be anything, and is looked at by itself.
    rest = msgspec.structs.replace(trial, unmapped=None)
    try:
        tree = msgspec.to_builtins(rest, builtin_types=_LEFT, enc_hook=_unknown)
    except (TypeError, ValueError, RecursionError) as error:
        return [_problem("", "wrong-type", f"not what the model can hold: {error}")]
    found = misfits(tree, Trial)
    # What a reader puts aside, as a code that it does not know, no writer has a place for.
    found = [_problem(each.path, each.code, each.message.removesuffix(_ASIDE)) for each in found]
    return [*found, *_unmapped(trial.unmapped)]


def _unknown(value: object) -> dict[str, str]:
    """An object of a class that no text, number or struct is: no place of the model takes it."""
    return {f"({type(value).__name__})": ""}


def _unmapped(unmapped: object) -> list[Problem]:
    if unmapped is None:
        return []
    if not isinstance(unmapped, dict):
        message = f"{type(unmapped).__name__} found, expected a dict, JSON pointer to value"
        return [_problem("/unmapped", "wrong-type", message)]
    found = []
    for key, value in unmapped.items():
        try:
            json.dumps({key: value}, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            message = f"not what JSON can hold: {error}"
            found.append(_problem(f"/unmapped/{escape(str(key))}", "wrong-type", message))
    return found


def _problem(path: str, code: str, message: str) -> Problem:
    return Problem(severity="error", layer="model", path=path, code=code, message=message)
