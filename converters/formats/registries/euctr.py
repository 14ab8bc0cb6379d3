"""The EU Clinical Trials Register (EudraCT), full text download: read only.

A file has a record for each trial and country, up to those of 20 trials.
https://www.clinicaltrialsregister.eu
"""

import re
from collections.abc import Iterator

from trialbridge.formats.registries.part import Part, decoded
from trialbridge.mappings.registries.euctr import LINK, read_text
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import EACH, Problem
from trialbridge.schemas.trial import Trial

_BEGINS = re.compile(r"^Summary[ \t]*\n(?:[ \t]*\n)?EudraCT Number:", re.MULTILINE)


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read the one record of a file, with warnings of what is kept in `unmapped`, at `/euctr`.

    Raises ReadError if the bytes are no text, or have several records or none.
    """
    text = _text(data)
    found = list(_BEGINS.finditer(text))
    if len(found) != 1:
        line = text.count("\n", 0, found[1].start()) + 1 if found else 1
        said = f"{len(found)} records (Summary, EudraCT Number), expected one: {EACH}"
        raise fatal(f"line {line}", "one-study", said, LINK)
    # What stands before it is of the file.
    return read_text(text[found[0].start() :])


def _text(data: bytes) -> str:
    return decoded(data, LINK).replace("\r\n", "\n").replace("\r", "\n")


def parts(data: bytes) -> Iterator[Part]:
    """Give each record as a text of its own."""
    text = _text(data)
    starts = [found.start() for found in _BEGINS.finditer(text)]
    for start, after in zip(starts, [*starts[1:], len(text)], strict=True):
        before = text.count("\n", 0, start)
        yield Part(f"line {before + 1}", text[start:after].encode(), before)
