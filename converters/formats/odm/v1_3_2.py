"""CDISC ODM-XML 1.3.2: the reader and the writer of the format.

https://www.cdisc.org/standards/data-exchange/odm-xml/odm-v1-3-2
"""

from trialbridge.formats.odm import document
from trialbridge.formats.odm.xml.v1_3_2 import V1_3_2
from trialbridge.mappings.codec import Home
from trialbridge.mappings.odm import v1_3_2 as odm
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial

_ODM = document.Odm(V1_3_2, odm.V1_3_2, "1.3")


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
