"""What HL7 calls the codes of its code systems, from `displays.json.xz`.

`build_displays.py` makes that file from HL7's packages; it names their versions and checksums. It
has the code systems that the digests have. Of those of others (LOINC, SNOMED CT, MeSH, ISO 3166)
there is none: they keep lists of their own, of which no package of HL7's has the displays.

https://hl7.org/fhir/R5/datatypes.html#Coding
"""

import lzma
from importlib.resources import files
from typing import Final

import msgspec

from trialbridge.schemas.fhir.digests.definitions import Source
from trialbridge.schemas.once import once


class _Head(msgspec.Struct, frozen=True):
    sources: dict[str, Source]


_HEAD: Final = msgspec.json.Decoder(_Head)
_SYSTEM: Final = msgspec.json.Decoder(dict[str, str | tuple[str, ...]])


@once
def _lines() -> tuple[bytes, dict[str, bytes]]:
    packed = files("trialbridge.schemas.fhir.digests").joinpath("displays.json.xz").read_bytes()
    head, *lines = lzma.decompress(packed).splitlines()
    systems = (line.partition(b"\t") for line in lines)
    return head, {url.decode(): content for url, _, content in systems}


@once
def displays_of(system: str) -> dict[str, tuple[str, ...]]:
    """Give the displays of a code system's codes, each code's first its own; empty if not known.

    Further ones are those of other editions and languages. A code may have none.
    """
    line = _lines()[1].get(system)
    told = {} if line is None else _SYSTEM.decode(line)
    return {code: (each,) if isinstance(each, str) else each for code, each in told.items()}


@once
def alike_of(system: str) -> dict[str, frozenset[str]]:
    """Give what `alike` makes of the displays of a code system's codes."""
    return {code: frozenset(map(alike, told)) for code, told in displays_of(system).items()}


def alike(display: str) -> str:
    """Give a display without what is no difference: case, and how much white space there is."""
    return " ".join(display.split()).casefold()


def sources() -> dict[str, Source]:
    """Give the packages that the displays are from, by name."""
    return _HEAD.decode(_lines()[0]).sources
