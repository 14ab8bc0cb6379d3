"""The public functions, re-exported by `trialbridge`, and the steps that the commands share."""

import os
from typing import BinaryIO, NamedTuple

from trialbridge.formats import Format, by_name, names
from trialbridge.formats.sniff import recognise
from trialbridge.homes import Fidelity, measure, model_tree
from trialbridge.mappings.coverage import CoverageRow
from trialbridge.schemas.pointer import ABSENT, Difference, differences, escape
from trialbridge.schemas.problem import Invalid, Problem, ReadError
from trialbridge.schemas.trial import Trial

Source = str | os.PathLike[str] | bytes
"""A path, or the content itself as bytes."""

SIZE_LIMIT = 256 * 1024 * 1024
SIZE_VARIABLE = "TRIALBRIDGE_MAX_BYTES"
_PIECE = 1 << 20
_BOM = b"\xef\xbb\xbf"
_SEVERE = ("fatal", "error")


def read(source: Source, *, format: str | None = None) -> Trial:
    """Read a record. The format is recognised by content unless it is said.

    Warnings, such as of unknown keys, are left to `validate` and `fidelity`. So are keys that stand
    twice in one object of JSON, of which the last is read: to look for them takes longer than to
    read a record.

    Raises ReadError with every problem, also when a path cannot be read, and UnknownFormat (a
    ValueError) for a format name that there is not.
    """
    return reading(source, format).trial


def write(trial: Trial, to: str, *, validate: bool = True) -> bytes:
    """Write a trial in a format; JSON comes without white space.

    Raises Invalid with every problem if the result would not be valid, and UnknownFormat.
    """
    return writing(trial, by_name(to, converted=True), validate=validate)[0]


def convert(source: Source, to: str, *, format: str | None = None, validate: bool = True) -> bytes:
    """Read a record and write it in another format. Raises as `read` and `write` do."""
    known = by_name(to, converted=True)
    return writing(read(source, format=format), known, validate=validate)[0]


def validate(source: Source, *, format: str | None = None) -> list[Problem]:
    """List what is wrong with a record: empty when it is readable and valid.

    Bad content and unreadable paths are problems, never exceptions. Raises UnknownFormat alone.
    """
    return checking(source, format)[1]


def roundtrip(source: Source, via: str, *, format: str | None = None) -> list[Difference]:
    """Convert a record to another format and back, each step from bytes, and compare.

    Lists what the other format did not give back and, where that gave all, what was lost on the
    way back to the record's own format. Pointers are in the model's keys. Empty when nothing was
    lost. Raises ReadError if the source or what was written of it cannot be read.
    """
    middle = by_name(via, converted=True)
    first = reading(source, format, unique=True)
    before = model_tree(first.trial)
    there = reading(writing(first.trial, middle, validate=False)[0], middle.name)
    lost = differences(before, model_tree(there.trial))
    if lost:
        return _by_member(lost)
    home = first.format
    back = reading(writing(there.trial, home, validate=False)[0], home.name)
    return _by_member(differences(before, model_tree(back.trial)))


def fidelity(source: Source, to: str, *, format: str | None = None) -> Fidelity:
    """Say for each leaf value of a record where it is after a conversion, or that it is not.

    Raises as `read` does. Validity is not asked.
    """
    known = by_name(to, converted=True)
    first = reading(source, format, unique=True)
    written, warnings = writing(first.trial, known, validate=False)
    return measure(first.trial, first.format, known, written, [*first.problems, *warnings])


def coverage(to: str) -> list[CoverageRow]:
    """List where each leaf of the model goes in a format. Raises UnknownFormat."""
    return by_name(to, converted=True).rows()


def version() -> str:
    """Give the version of the installed package."""
    from importlib.metadata import version as installed

    return installed("trialbridge")


class Reading(NamedTuple):
    """A record that was read: in which format, and with which warnings."""

    trial: Trial
    format: Format
    problems: list[Problem]


def reading(source: Source, format: str | None = None, *, unique: bool = False) -> Reading:
    """Read a record as `read` does, and keep the format and the warnings.

    `unique`: keys that stand twice in one object of JSON are errors as well.
    """
    stated = by_name(format) if format is not None else None
    data = load(source)
    known = stated or recognise(data)
    if known.converter is None:
        raise _unreadable(
            "", "format", f"{known.title} is validated only; records are read from {names()}"
        )
    trial, problems = known.read(data)
    if unique and (twice := _duplicate_keys(known, data)):
        raise ReadError(twice)
    return Reading(trial, known, problems)


def writing(trial: Trial, to: Format, *, validate: bool = True) -> tuple[bytes, list[Problem]]:
    """Write a trial as `write` does, and keep the warnings, those of validation included."""
    data, problems = to.write(trial)
    if validate:
        problems = [*problems, *_check(to, data)]
    if any(problem.severity in _SEVERE for problem in problems):
        raise Invalid(problems)
    return data, problems


def checking(
    source: Source, format: str | None = None, *, deep: bool = False
) -> tuple[Format | None, list[Problem]]:
    """Validate as `validate` does, and tell the format, where it is known.

    A format with official definitions is checked by them: a document may be valid, and no trial
    record. Any other is checked by reading it. `deep` asks independent implementations as well.
    """
    known = by_name(format) if format is not None else None
    try:
        data = load(source)
        known = known or recognise(data)
    except ReadError as error:
        return known, error.problems
    try:
        if known.validator is not None:
            problems = known.check(data, thorough=True, deep=deep)
            if not problems:
                # There is nothing wrong with it, or it is nothing that can be parsed.
                _parse(known.syntax, data)
        else:
            problems = [*known.read(data)[1], *known.advise(data)]
    except ReadError as error:
        problems = error.problems
    if not any(problem.severity == "fatal" for problem in problems):
        problems = [*problems, *_duplicate_keys(known, data)]
    return known, list(dict.fromkeys(problems))


def _duplicate_keys(format: Format, data: bytes) -> list[Problem]:
    if format.syntax != "json":
        return []
    from trialbridge.schemas.duplicate_keys import duplicate_keys

    return duplicate_keys(data)


def _parse(syntax: str, data: bytes) -> None:
    """Parse a document, whatever it says. Raises ReadError if it is none of its syntax."""
    if syntax == "json":
        from trialbridge.schemas.decode import parse_object

        parse_object(data)
    elif syntax == "xml":
        from trialbridge.schemas import xml

        xml.parse(data)


def load(source: Source) -> bytes:
    """Read a path, or take bytes as they are; a byte order mark of UTF-8 goes.

    Raises ReadError if the path cannot be read or holds more than the size limit, 256 MiB unless
    the environment variable TRIALBRIDGE_MAX_BYTES says otherwise.
    """
    if isinstance(source, bytes):
        return source.removeprefix(_BOM)
    path = os.fspath(source)
    try:
        limit = size_limit()
        with open(path, "rb") as file:
            return drain(file, path, limit).removeprefix(_BOM)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _unreadable(path, "unreadable", f"cannot be read: {reason}") from error


def drain(file: BinaryIO, name: str, limit: int) -> bytes:
    """Read a file to its end. Raises ReadError once it is over the limit, in bytes."""
    # Piece by piece: one read of the limit would claim that much memory for the smallest file.
    data = bytearray()
    while piece := file.read(min(_PIECE, limit + 1 - len(data))):
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
    try:
        to.read(data)
    except ReadError as error:
        return error.problems
    return []


def _unreadable(path: str, code: str, message: str) -> ReadError:
    return ReadError(
        [Problem(severity="fatal", layer="file", path=path, code=code, message=message)]
    )
