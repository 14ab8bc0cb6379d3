"""Codes that others say in words: by the letters of a code, of its display, or of a label.

`DRUG`, `Drug`, `Placebo Comparator` and `placebo-comparator` are told by their letters alone.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology.codes import Codes
from trialbridge.mappings.fhir.types import concept, values
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry

_NOT_OF_WORDS = re.compile(r"[^a-z0-9]+")

Lookup = Callable[[Any], Any]
"""Gives the value of the model that words say, or None."""


def folded(words: str) -> str:
    return _NOT_OF_WORDS.sub(" ", words.lower()).strip()


def lookup(table: Codes, labels: Mapping[str, Any] | None = None, system: Any = None) -> Lookup:
    """Words for the values of a code table; `labels` are others' words, `system` adds displays."""
    known: dict[str, Any] = {}
    for value in values(table):
        known[folded(str(value))] = value
    for value, code in table.standard.items():
        if not code.startswith("SEVCO:"):
            known.setdefault(folded(code), value)
    for given in (table.exact, system):
        for value, display in (given.codes if given else {}).items():
            known.setdefault(folded(display), value)
    for words, value in (labels or {}).items():
        known[folded(words)] = value

    def find(words: Any) -> Any:
        return known.get(folded(words)) if words.__class__ is str else None

    return find


def coded(table: Codes, value: Any) -> Node:
    """A value of the model as the CodeableConcept that we write of it."""
    node: Node = concept(table).write(value, Names())
    return node


def words_of(node: Any) -> str | None:
    """The text of a CodeableConcept that has no Coding."""
    if node.__class__ is not dict or "text" not in node or node.get("coding"):
        return None
    words = node["text"]
    return words if words.__class__ is str else None


def labelled(node: Any) -> tuple[str, str]:
    """The label that these words begin with, folded, and what stands behind its colon."""
    label, _, value = (words_of(node) or "").partition(":")
    return folded(label), value


# The words of https://hl7.org/fhir/R5/codesystem-title-type.html and of registers.
TITLES = {
    "official title": "official",
    "official": "official",
    "scientific title": "scientific",
    "scientific": "scientific",
    "acronym": "acronym",
}
# https://hl7.org/fhir/R5/codesystem-research-study-party-role.html
ROLES = {
    "sponsor": "sponsor",
    "lead sponsor": "lead-sponsor",
    "collaborator": "collaborator",
    "principal investigator": "primary-investigator",
    "primary investigator": "primary-investigator",
    "sub investigator": "sub-investigator",
    "study chair": "study-chair",
    "study director": "study-director",
    "general contact": "general-contact",
    "central contact": "general-contact",
    "recruitment contact": "recruitment-contact",
}
arm_type = lookup(codes.ARM, {"Other": "OTHER", "Other arm type": "OTHER"}, registry.ARM_TYPE)
agency_class = lookup(codes.AGENCY_CLASS, {"U.S. Fed": "FED", "Other U.S. Federal": "FED"})
status = lookup(codes.STATUS)
intervention_type = lookup(codes.INTERVENTION_TYPE)
contact_role = lookup(codes.CONTACT_ROLE, {}, registry.CONTACT_ROLE)
sex = lookup(codes.SEX, {"Both": "ALL", "M": "MALE", "F": "FEMALE"})

DESIGNS: Mapping[str, tuple[Codes, Lookup]] = {
    folded(label): (table, lookup(table, labels))
    for label, table, labels in (
        ("CT.gov StudyType", codes.STUDY_TYPE, {}),
        ("Study Type", codes.STUDY_TYPE, {}),
        ("Design Allocation", codes.ALLOCATION, {"N/A": "NA"}),
        ("Design Intervention Model", codes.INTERVENTION_MODEL, {}),
        ("Design Masking", codes.MASKING, {"Open label": "NONE"}),
        ("Design Who Masked", codes.WHO_MASKED, {}),
        ("Design Observational Model", codes.OBSERVATIONAL_MODEL, {}),
        ("Design Time Perspective", codes.TIME_PERSPECTIVE, {}),
        ("Sampling Method", codes.SAMPLING_METHOD, {}),
    )
}
"""Words before a colon in `studyDesign.text`, and what stands behind it."""

CLASSES: Mapping[str, tuple[Codes, Lookup]] = {
    folded(label): (table, lookup(table))
    for label, table in (
        ("Age Group", codes.STANDARD_AGE),
        ("IPDSharing", codes.IPD_SHARING),
        ("IPDSharingInfoType", codes.IPD_INFO_TYPE),
    )
}
"""The same of `classifier.text`."""

FLAGS: Mapping[str, str] = {
    "has results": "has-results",
    "oversighthasdmc": "oversight-has-dmc",
    "isfdaregulateddrug": "fda-regulated-drug",
    "isfdaregulateddevice": "fda-regulated-device",
    "isunapproveddevice": "unapproved-device",
    "isppsd": "pediatric-postmarket-surveillance",
    "isusexport": "us-export",
}
"""What `classifier.text` says to be so or not, by the registry's names; `Oversight Classifier: `
may stand before them."""

SECONDARY_IDS = lookup(
    codes.SECONDARY_ID_TYPE,
    {
        "Other Identifier": "OTHER",
        "Registry Identifier": "REGISTRY",
        "U.S. NIH Grant/Contract": "NIH",
        "Other Grant/Funding Number": "OTHER_GRANT",
        "EudraCT Number": "EUDRACT_NUMBER",
    },
)
"""Types of other ids, as the registry's pages and exports call them, in `identifier.type.text`."""

YES_OR_NO = {"yes": True, "true": True, "no": False, "false": False}
