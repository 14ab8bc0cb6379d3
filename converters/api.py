"""The public functions, re-exported by `trialbridge`, and the steps that the commands share."""

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from trialbridge.formats import Format, by_name
from trialbridge.formats.options import UnknownOption, stand_ins
from trialbridge.formats.sniff import recognise as recognise_bytes
from trialbridge.homes import Fidelity, measure, model_tree
from trialbridge.io.encoding import utf_8
from trialbridge.mappings.coverage import CoverageRow
from trialbridge.running.collector import paused
from trialbridge.schemas.built import faults
from trialbridge.schemas.problem import EACH, NO_RECORD, Invalid, Problem, ReadError
from trialbridge.schemas.syntax.pointer import ABSENT, Difference, differences, escape
from trialbridge.schemas.syntax.verbatim import is_verbatim
from trialbridge.schemas.trial import Trial


class Readable(Protocol):
    """A file or another stream of bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes; none at the end."""


Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Mapping[str, Any]
"""A path; or the content itself: bytes, a file open for bytes, or the object of parsed JSON."""

SIZE_LIMIT = 32 * 1024 * 1024
"""The most bytes of a source: of JSON, 83 times as many of memory at worst, 8 times mostly."""

SIZE_VARIABLE = "TRIALBRIDGE_MAX_BYTES"
_PIECE = 1 << 20
_SEVERE = ("fatal", "error")
_CONTENT = ("{", "[", "<", "\n", "\r")


@paused()
def read(
    source: Source, *, format: str | None = None, warnings: list[Problem] | None = None
) -> Trial:
    """Read a record. The format is recognised by content unless it is said.

    `warnings` is a list that the warnings are added to, such as of unknown keys. Keys that stand
    twice in one object of JSON, of which the last is read, are left to `validate` and `fidelity`:
    to look for them takes longer than to read a record.

    Raises ReadError with every problem, also when a path cannot be read, and UnknownFormat (a
    ValueError) for a format name that there is not.
    """
    found = reading(source, format, told=warnings is not None)
    if warnings is not None:
        warnings += found.problems
    return found.trial


@paused()
def write(
    trial: Trial,
    to: str,
    *,
    options: Mapping[str, object] | None = None,
    validate: bool = True,
    warnings: list[Problem] | None = None,
) -> bytes:
    """Write a trial in a format; JSON comes without white space.

    `options` are those of the format, which `trialbridge formats NAME` lists. `warnings` is a list
    that the warnings are added to: what the format has no place for.

    Raises Invalid with every problem if the trial is none by its types and codes, or the result
    would not be valid; UnknownFormat; and UnknownOption (both are ValueErrors).
    """
    known = by_name(to, "written")
    told = warnings is not None
    data, problems = writing(trial, known, options=options, validate=validate, own=True, told=told)
    if warnings is not None:
        warnings += problems
    return data


@paused()
def convert(
    source: Source,
    to: str,
    *,
    format: str | None = None,
    options: Mapping[str, object] | None = None,
    validate: bool = True,
    warnings: list[Problem] | None = None,
) -> bytes:
    """Read a record and write it in another format. Takes and raises what `read` and `write` do."""
    known = by_name(to, "written")
    told = warnings is not None
    first = reading(source, format, told=told, target=known)
    if warnings is not None:
        warnings += first.problems
    data, problems = writing(first.trial, known, options=options, validate=validate, told=told)
    if warnings is not None:
        warnings += problems
    return data


def recognise(source: Source) -> Format:
    """Tell the format of a source by its content.

    Raises ReadError if it is of none that is known, or of one that is known and neither read nor
    checked: then with its name, and what to do instead.
    """
    return recognise_bytes(load(source))


@paused()
def validate(source: Source, *, format: str | None = None) -> list[Problem]:
    """List what is wrong with a record: empty when it is readable and valid.

    Bad content and unreadable paths are problems, never exceptions. Raises UnknownFormat alone.
    """
    return checking(source, format)[1]


@paused()
def roundtrip(source: Source, via: str, *, format: str | None = None) -> list[Difference]:
    """Convert a record to another format and back, each step from bytes, and compare.

    Lists what the other format did not give back and, where that gave all, what was lost on the
    way back to the record's own format, if that is written. Pointers are in the model's keys. Empty
    when nothing was lost. Raises ReadError if the source or what was written of it cannot be read.
    """
    middle = by_name(via, "written")
    by_name(via, "read")
    first = reading(source, format, unique=True)
    before = model_tree(first.trial)
    measured = stand_ins(middle.options)
    there = reading(writing(first.trial, middle, options=measured, validate=False)[0], middle.name)
    lost = differences(before, model_tree(there.trial))
    home = first.format
    if lost or home.writer is None:
        return _by_member(lost)
    measured = stand_ins(home.options)
    back = reading(writing(there.trial, home, options=measured, validate=False)[0], home.name)
    return _by_member(differences(before, model_tree(back.trial)))


@paused()
def fidelity(source: Source, to: str, *, format: str | None = None) -> Fidelity:
    """Say for each leaf value of a record where it is after a conversion, or that it is not.

    Raises as `read` does. Validity is not asked.
    """
    known = by_name(to, "written")
    first = reading(source, format, unique=True)
    measured = stand_ins(known.options)
    written, warnings = writing(first.trial, known, options=measured, validate=False)
    return measure(first.trial, first.format, known, written, [*first.problems, *warnings])


def coverage(to: str) -> list[CoverageRow]:
    """List where each leaf of the model goes in a format, and where one that is read only has it.

    Raises UnknownFormat.
    """
    return by_name(to).rows()


def version() -> str:
    """Give the version of the installed package."""
    from importlib.metadata import version as installed

    return installed("trialbridge")


class Reading(NamedTuple):
    """A record that was read: in which format, and with which warnings."""

    trial: Trial
    format: Format
    problems: list[Problem]


def reading(
    source: Source,
    format: str | None = None,
    *,
    unique: bool = False,
    told: bool = True,
    target: Format | None = None,
) -> Reading:
    """Read a record as `read` does, and keep the format and the warnings.

    `unique`: keys that stand twice in one object of JSON are errors as well. `told`: whether
    anybody asks for the warnings. `target`: the one format that the record is read for; where that
    takes nothing of what a document says beyond its record, and nobody asks, it is not looked for.
    """
    stated = by_name(format, "read") if format is not None else None
    data = load(source)
    known = stated or recognise_bytes(data)
    if known.reader is None:
        instead = f"; {known.instead}" if known.instead else ""
        raise _unreadable("", "format", f"the source is {known.title}, which is not read{instead}")
    alone = not told and target is not None and not target.keeps_beyond(known)
    trial, problems = known.read(data, alone=alone)
    if target is not None:
        refuse_no_record(problems, known, target)
    # To prove it takes half the time of the pass for keys, and as long as that for numbers.
    if known.syntax == "json" and not (unique and is_verbatim(data)):
        if unique and (twice := _duplicate_keys(data)):
            raise ReadError(twice)
        if told:
            problems = [*problems, *_inexact_numbers(data)]
    elif told and data.startswith(b"<?xml"):
        problems = [*_misdeclared(data), *problems]
    return Reading(trial, known, problems)


def refuse_no_record(problems: list[Problem], source: Format, target: Format) -> None:
    """Refuse what has no fact of a record for a format that takes no more of it than a record.

    Raises ReadError.
    """
    if target.keeps_beyond(source):
        return
    for problem in problems:
        if problem.code == NO_RECORD:
            raise ReadError([msgspec.structs.replace(problem, severity="error")])


def writing(
    trial: Trial,
    to: Format,
    *,
    options: Mapping[str, object] | None = None,
    validate: bool = True,
    own: bool = False,
    told: bool = True,
) -> tuple[bytes, list[Problem]]:
    """Write a trial as `write` does, and keep the warnings, those of validation included.

    `own`: somebody may have built it by hand, so that it is checked by the types of the model.
    `told`: somebody wants the writer's warnings.
    """
    if own and validate and (wrong := faults(trial)):
        raise Invalid(wrong)
    try:
        checked = to.write_checked(trial, options) if validate else None
        data, problems = checked or to.write(trial, options, told=told)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # A writer takes a trial at its types, and msgspec does not mind them when one is built.
        if own and not isinstance(error, UnknownOption) and (wrong := faults(trial)):
            raise Invalid(wrong) from None
        raise
    if validate and checked is None:
        problems = [*problems, *_check(to, data)]
    if any(problem.severity in _SEVERE for problem in problems):
        raise Invalid(problems)
    return data, problems


def checking(
    source: Source, format: str | None = None, *, deep: bool = False, budget: float | None = None
) -> tuple[Format | None, list[Problem]]:
    """Validate as `validate` does, and tell the format, where it is known.

    A format with official definitions is checked by them: a document may be valid, and no trial
    record. Any other is checked by reading it. `deep` asks independent implementations as well;
    `budget` is how many seconds invariants have, if not as many as they have by default.
    """
    known = by_name(format, "checked") if format is not None else None
    try:
        data = load(source)
        known = known or recognise_bytes(data)
    except ReadError as error:
        return known, error.problems
    try:
        if known.validator is not None:
            problems = known.check(data, thorough=True, deep=deep, budget=budget)
            if not problems:
                # There is nothing wrong with it, or it is nothing that can be parsed.
                _parse(known.syntax, data)
        else:
            trial, problems = known.read(data)
            problems = [*problems, *known.advise(data, trial)]
    except ReadError as error:
        problems = error.problems
    fatal = any(problem.severity == "fatal" for problem in problems)
    if not fatal and data.startswith(b"<?xml"):
        problems = [*_misdeclared(data), *problems]
    if known.syntax == "json" and not fatal and not is_verbatim(data):
        problems = [*problems, *_duplicate_keys(data), *_inexact_numbers(data)]
    return known, list(dict.fromkeys(problems))


def _duplicate_keys(data: bytes) -> list[Problem]:
    from trialbridge.schemas.syntax.duplicate_keys import duplicate_keys

    return duplicate_keys(data)


def _misdeclared(data: bytes) -> list[Problem]:
    from trialbridge.schemas.syntax.xml import misdeclared

    return misdeclared(data)


def _inexact_numbers(data: bytes) -> list[Problem]:
    from trialbridge.schemas.syntax.inexact_numbers import inexact_numbers

    return inexact_numbers(data)


def _parse(syntax: str, data: bytes) -> None:
    """Parse a document, whatever it says. Raises ReadError if it is none of its syntax."""
    if syntax == "json":
        from trialbridge.schemas.syntax.decode import parse_object

        parse_object(data)
    elif syntax == "xml":
        from trialbridge.schemas.syntax import xml

        xml.parse(data)


def load(source: Source) -> bytes:
    """Read a path, or take the content as it is; give it in UTF-8, without a byte order mark.

    Raises ReadError if the source cannot be read, is in no encoding that it says, or holds more
    than the size limit, 32 MiB unless the environment variable TRIALBRIDGE_MAX_BYTES says
    otherwise.
    """
    if isinstance(source, bytes):
        return utf_8(source)
    if isinstance(source, bytearray | memoryview):
        return utf_8(bytes(source))
    if isinstance(source, Mapping):
        return _dumped(source)
    path = ""
    try:
        limit = size_limit()
        if not isinstance(source, str | os.PathLike):
            return utf_8(drain(source, str(getattr(source, "name", "the stream")), limit))
        path = os.fspath(source)
        if path.lstrip().startswith(_CONTENT) or "\n" in path:
            raise _unreadable("", "unreadable", "a str is a path; pass the content as bytes")
        with open(path, "rb") as file:
            return utf_8(drain(file, path, limit))
    except IsADirectoryError as error:
        from trialbridge.formats.folders import packed

        if found := packed(path, os.listdir(path), limit):
            return found.data
        message = f"is a folder, expected one record: {EACH}"
        raise _unreadable(path, "unreadable", message) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _unreadable(path, "unreadable", f"cannot be read: {reason}") from error


def _dumped(tree: Mapping[str, Any]) -> bytes:
    """Give the object of parsed JSON as JSON again."""
    try:
        # Not msgspec, which makes null of NaN, and texts of dates.
        return json.dumps(dict(tree), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the object is not what JSON can hold: {error}"
        raise _unreadable("", "unreadable", message) from error


def drain(file: Readable, name: str, limit: int) -> bytes:
    """Read a stream to its end.

    Raises ReadError once it is over the limit, in bytes, or if it gives text.
    """
    # Piece by piece: one read of the limit would claim that much memory for the smallest file.
    data = bytearray()
    while piece := file.read(min(_PIECE, limit + 1 - len(data))):
        if not isinstance(piece, bytes):
            raise _unreadable(name, "unreadable", "gives text, expected bytes: open it as 'rb'")
        data += piece
        if len(data) > limit:
            reason = f"larger than the limit of {limit:,} bytes; {SIZE_VARIABLE} raises it"
            raise _unreadable(name, "size", reason)
    return bytes(data)


def size_limit() -> int:
    """Give the largest size of a source in bytes. Raises ValueError if it is set to no number."""
    stated = os.environ.get(SIZE_VARIABLE, "")
    if not stated:
        return SIZE_LIMIT
    if not stated.isdecimal():
        raise ValueError(f"{SIZE_VARIABLE} is {stated!r}, expected a number of bytes")
    return int(stated)


def _by_member(found: list[Difference]) -> list[Difference]:
    """Tell a whole section that came or went by its members, which are what it says."""
    told: list[Difference] = []
    for difference in found:
        pointer, before, after = difference
        section = before if after is ABSENT else after
        if pointer.count("/") == 1 and ABSENT in (before, after) and isinstance(section, dict):
            told += (
                Difference(f"{pointer}/{escape(key)}", value, ABSENT)
                if after is ABSENT
                else Difference(f"{pointer}/{escape(key)}", ABSENT, value)
                for key, value in section.items()
            )
            if section:
                continue
        told.append(difference)
    return told


def _check(to: Format, data: bytes) -> list[Problem]:
    """Check what was written: by the official definitions, else by reading it back."""
    if to.validator:
        return to.check(data)
    if to.reader is None:
        return []
    try:
        to.read(data, alone=True)
    except ReadError as error:
        return error.problems
    return []


def _unreadable(path: str, code: str, message: str) -> ReadError:
    return ReadError(
        [Problem(severity="fatal", layer="file", path=path, code=code, message=message)]
    )
