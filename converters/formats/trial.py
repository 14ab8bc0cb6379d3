"""The model's own JSON: a study with its page and unmapped values, and the model's version.

A record begins with the version, `"trialbridge": "1"`. A reader takes this version and all older
ones, and refuses a newer one. The JSON Schema is `schemas/trial.schema.json`.
"""

import re
from contextlib import suppress
from typing import Any

import msgspec

from trialbridge.schemas.problem import Problem, ReadError, Severity
from trialbridge.schemas.syntax.decode import parse_object, put_back, settle
from trialbridge.schemas.syntax.pointer import ABSENT, as_index, escape, steps
from trialbridge.schemas.trial import SCHEMA_ID, Element, Page, Registration, Study, Trial, trial_of

VERSION = int(str(Trial.__struct_config__.tag))
"""The model's version: counted up when a reader of the one before would misread a record."""

# What a trial has beside the registry's own sections.
_BESIDE: dict[str, type[Element]] = {"page": Page, "registration": Registration}

_HEADINGS = "/page/unknown/"
"""Pointers in `unmapped` of the words under a page's own headings."""

_BEGIN = re.compile(rb'\s*\{\s*"trialbridge"\s*:\s*"%d"\s*[,}]' % VERSION)
_DECODER = msgspec.json.Decoder(Trial)
# Members of structs in the order of the model, keys of dicts sorted: equal trials, equal bytes.
_ENCODER = msgspec.json.Encoder(order="deterministic")


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read a trial in the model's own form, of this version of the model or an older one.

    Keys and codes that the model does not know join those in `unmapped`, with a warning each.
    Raises ReadError with every error.
    """
    if b"null" not in data and _BEGIN.match(data):
        # What is wrong with a record is said below, with its place.
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            trial = _DECODER.decode(data)
            if trial.unmapped is None:
                return trial, []
    tree = parse_object(data)
    _check_version(tree.pop("trialbridge", ABSENT))
    return _read(tree)


def write(trial: Trial) -> tuple[bytes, list[Problem]]:
    """Write a trial in the model's own form. It has a place for everything: no warnings."""
    return _ENCODER.encode(trial), []


def _read(tree: dict[str, Any]) -> tuple[Trial, list[Problem]]:
    """Read a plain tree, with what is unmapped put back and then taken out anew.

    So an index into a list stays right, and what this version of the model knows by now comes to
    its place.
    """
    known = tree.pop("unmapped", None)
    if known is not None and not isinstance(known, dict):
        raise _refused("/unmapped", "wrong-type", "expected an object, JSON pointer to value")
    # A source may have a key `page` of its own, which is unmapped: the two must not meet.
    stood = {key: tree.pop(key) for key in _BESIDE if key in tree}
    of_beside: dict[str, dict[str, Any]] = {key: {} for key in _BESIDE}
    of_study: dict[str, Any] = {}
    # What a page says under headings of its own has no place in any tree.
    of_headings = {at: value for at, value in (known or {}).items() if at.startswith(_HEADINGS)}
    for at, value in (known or {}).items():
        if at in of_headings:
            continue
        first, _, below = at[1:].partition("/")
        (of_beside[first] if below and first in _BESIDE else of_study)[at] = value
    # Of a part that has nothing known, what is unmapped may be all.
    beside = {key: {key: stood.get(key, {})} for key in _BESIDE if key in stood or of_beside[key]}
    try:
        for at in of_headings:
            steps(at)
        odd = put_back(tree, of_study)
        for key, part in beside.items():
            odd += put_back(part, of_beside[key])
    except ValueError as error:
        raise _refused("/unmapped", "pointer", str(error)) from error

    errors = [
        _problem(f"/unmapped/{escape(problem.path)}", problem.code, problem.message)
        for problem in odd
        if problem.code == "left-out"
    ]
    found: list[Problem] = []
    study = Study()
    parts: dict[str, Any] = {}
    unmapped: dict[str, Any] = {}
    try:
        study, unmapped, found = settle(tree, Study)
        unmapped |= of_headings
    except ReadError as error:
        errors += error.problems
    for key, part in beside.items():
        try:
            settled, moved, found_there = settle(part[key], _BESIDE[key], f"/{key}")
        except ReadError as error:
            errors += error.problems
        else:
            if key in stood or settled != _BESIDE[key]():
                parts[key] = settled
            unmapped |= moved
            found += found_there
    if errors:
        raise ReadError(errors)
    # What stood in `unmapped` before is no news.
    news = [problem for problem in found if problem.path not in (known or {})]
    trial = trial_of(study, unmapped=unmapped or ({} if known is not None else None), **parts)
    return trial, [*odd, *news]


def _check_version(version: Any) -> None:
    expected = f'expected "trialbridge": "{VERSION}"'
    if version is ABSENT:
        raise _refused("/trialbridge", "version", f"required, but absent: {expected}")
    number = as_index(version) if isinstance(version, str) else None
    if not number:
        shown = msgspec.json.encode(version).decode()[:60]
        raise _refused(
            "/trialbridge", "version", f"{shown} is not a version of the model: {expected}"
        )
    if number > VERSION:
        message = (
            f"version {number} of the model is newer than this program, which reads up to "
            f"{VERSION}: install a newer trialbridge"
        )
        raise _refused("/trialbridge", "version", message)


def _refused(path: str, code: str, message: str) -> ReadError:
    return ReadError([_problem(path, code, message, "fatal")])


def _problem(path: str, code: str, message: str, severity: Severity = "error") -> Problem:
    return Problem(
        severity=severity, layer="read", path=path, code=code, message=message, link=SCHEMA_ID
    )
