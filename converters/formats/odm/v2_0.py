"""CDISC ODM-XML 2.0: the reader and the writer of the format.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

from trialbridge.formats.odm import document
from trialbridge.formats.odm.xml.v2_0 import V2_0
from trialbridge.mappings.codec import Home
from trialbridge.mappings.odm import document as odm
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial

_ODM = document.Odm(V2_0, odm.V2_0, "2.0")


def write(trial: Trial, *, template: bool = False) -> tuple[bytes, list[Problem]]:
    """The record as an ODM document, as `document.write` has it, or the form without data."""
    if template:
        return document.write_template(trial, _ODM)
    return document.write(trial, _ODM)


def write_checked(trial: Trial, *, template: bool = False) -> tuple[bytes, list[Problem]]:
    """Write as `write` does; the problems are those of what was written, too."""
    if template:
        return document.write_template(trial, _ODM, checked=True)
    return document.write_checked(trial, _ODM)


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """The record of a document's one Study, as `document.read` has it."""
    return document.read(data, _ODM)


def read_alone(data: bytes) -> Trial:
    """As `read`, without warnings and without what the document says beyond the record."""
    return document.read(data, _ODM, alone=True)[0]


def bare(data: bytes) -> dict[Home, bytes]:
    """A document without study parameters and the registry form, and without the form alone."""
    return document.bare(data)
