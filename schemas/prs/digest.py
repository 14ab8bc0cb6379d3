"""What the registry's schemas of PRS upload XML say, and what it takes that they do not list.

https://prsinfo.clinicaltrials.gov/
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final, NamedTuple

import msgspec

from trialbridge.schemas.once import once

LINK: Final = "https://prsinfo.clinicaltrials.gov/ProtocolRecordSchema.xsd"
RESULTS_LINK: Final = "https://prsinfo.clinicaltrials.gov/RRSUploadSchema.xsd"
NAMESPACE: Final = "http://clinicaltrials.gov/prs"
RESULTS: Final = "http://clinicaltrials.gov/rrs"
VERSION: Final = "2018.05.08"
ROOT: Final = "StudyCollection"
STUDY: Final = "ClinicalStudy"

# Values that the registry's data element definitions have, and the comments of the schema of 2018
# have not; and some that it had before. https://clinicaltrials.gov/policy/protocol-definitions
LATER: Final[Mapping[str, tuple[str, ...]]] = {
    "Intervention/intervention_type": ("Combination Product", "Diagnostic Test"),
    "InterventionalDesign/interventional_subtype": ("Educational/Counseling/Training",),
    "ObservationalDesign/observational_study_design": ("Defined Population", "Natural History"),
    "SecondaryId/id_type": (
        "EU Trial (CTIS) Number",
        "U.S. FDA Grant/Contract",
        "U.S. VA Grant/Contract",
        "U.S. CDC Grant/Contract",
        "U.S. AHRQ Grant/Contract",
        "U.S. SAMHSA Grant/Contract",
    ),
    "Location/status": ("Available",),
    "OverallOfficial/role": ("Sub-Investigator",),
    "LocationInvestigator/role": ("Study Chair", "Study Director"),
}


class Child(NamedTuple):
    """An element in a type: how it is called, its type, how often at least and at most (0: any)."""

    name: str
    type: str
    least: int
    most: int


class Type(msgspec.Struct, frozen=True):
    """What an element of a type holds; `text` is the type of its text, where it holds no others."""

    children: tuple[Child, ...] = ()
    attributes: tuple[tuple[str, str, int], ...] = ()
    any_order: bool = False
    text: str = ""


class Digest(msgspec.Struct, frozen=True):
    """The types by name, and the values of the elements that have some alone, by type and name."""

    types: dict[str, Type]
    values: dict[str, list[str]]


@once
def digest() -> Digest:
    """The digest of both schemas."""
    packed = files("trialbridge.schemas.prs").joinpath("digest.json")
    return msgspec.json.decode(packed.read_bytes(), type=Digest)


SIMPLE: Final = Type(text="string")


def type_of(name: str) -> Type:
    """A type by its name; the simple ones have text alone."""
    return digest().types.get(name, SIMPLE)
