"""What stands apart in a USDM document from what it is about, and what is asked from everywhere."""

from collections.abc import Iterator
from typing import Any, Final

from trialbridge.mappings.codec import Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.usdm.terms import SPONSOR
from trialbridge.schemas.trial import MaskingBlock

OBSERVATIONAL: Final = "ObservationalStudyDesign"
INTERVENTIONAL: Final = "InterventionalStudyDesign"

OURS: Final = "trialbridge"
"""The system that documents of ours are from."""

VERSION_ID: Final = "StudyVersion.1"
DESIGN_ID: Final = "StudyDesign.1"


class Apart:
    """Lists of a document whose objects are referred to by their ids.

    Writing fills `organizations` and the others, and they are put in their places at the end.
    Reading finds there what the document has.
    """

    def __init__(self, names: Names | None = None) -> None:
        self.organizations: dict[str, Node] = {}
        self.items: list[Node] = []
        """EligibilityCriterionItems."""
        self.received: dict[str, list[str]] = {}
        """The ids of the interventions of an arm, by its id."""
        self.ours = False
        """Whether the document is one of ours."""
        self.version: Node = {}
        self.design: Node = {}

    def organization(self, key: str, **members: Any) -> str:
        """The id of an organization of ours, which is made when it is first asked for."""
        id_ = f"Organization.{key}"
        if id_ not in self.organizations:
            self.organizations[id_] = {"id": id_, **members}
        return id_


def class_of_design(names: Names) -> str:
    """The class of the design that is written."""
    protocol = names.trial.protocol if names.trial else None
    design = protocol.design if protocol else None
    observational = design is not None and design.study_type == "OBSERVATIONAL"
    return OBSERVATIONAL if observational else INTERVENTIONAL


def masking_block(names: Names) -> MaskingBlock | None:
    """What the record that is written says of masking."""
    found: Any = names.trial
    for part in ("protocol", "design", "design_info", "masking_info"):
        found = getattr(found, part) if found is not None else None
    block: MaskingBlock | None = found
    return block


class Document:
    """The objects of a document that is read, by their ids."""

    def __init__(self, names: Names) -> None:
        apart = names.once(Apart)
        self.version, self.design = apart.version, apart.design
        self.organizations = by_id(self.version, "organizations")
        self.items = by_id(self.version, "eligibilityCriterionItems")
        self.interventions = by_id(self.version, "studyInterventions")
        self.elements = by_id(self.design, "elements")
        self.received: dict[str, dict[str, None]] = {}
        """The ids of the interventions of an arm, each once and in order, by its id."""
        for cell in objects(self.design, "studyCells"):
            ids = self.received.setdefault(str(cell.get("armId")), {})
            for element in cell.get("elementIds") or ():
                node = self.elements.get(str(element), {})
                told = node.get("studyInterventionIds") or ()
                ids.update(dict.fromkeys(one for one in told if one.__class__ is str))

    def organization(self, id_: Any) -> Node:
        return self.organizations.get(str(id_), {})

    def sponsors(self) -> set[str]:
        """The ids of the organizations that are the sponsor: by their role, else by their type."""
        found = {
            str(id_)
            for role in objects(self.version, "roles")
            if (role.get("code") or {}).get("code") == SPONSOR
            for id_ in role.get("organizationIds") or ()
        }
        return found or {
            id_
            for id_, node in self.organizations.items()
            if (node.get("type") or {}).get("code") in ("C54149", SPONSOR)
        }


def objects(node: Node, key: str) -> Iterator[Node]:
    """The objects of a list of a node."""
    for one in node.get(key) or ():
        if one.__class__ is dict:
            yield one


def by_id(node: Node, key: str) -> dict[str, Node]:
    """The objects of a list of a node by their ids."""
    return {str(one.get("id")): one for one in objects(node, key)}


def called(node: Node) -> str | None:
    """What an object is called: by its label, else by its name."""
    for key in ("label", "name"):
        said = node.get(key)
        if said.__class__ is str and said:
            return str(said)
    return None


def given(text: str | None, names: Names) -> bool:
    """Whether there is a text; an empty one is said to be odd."""
    if text == "":
        names.odd = True
    return bool(text)
