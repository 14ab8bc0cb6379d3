"""What stands apart in an ODM document from what it is about, and what is asked from everywhere."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from trialbridge.mappings.names import Names
from trialbridge.mappings.tree import Node


class Apart:
    """The lists of a document whose elements belong to other elements.

    Writing fills `lists`, and what is in them is put in its place at the end. Reading finds there
    what the document has.
    """

    def __init__(self, names: Names | None = None) -> None:
        self.lists: defaultdict[str, list[Node]] = defaultdict(list)
        """StudyParameters, Organizations and Users, by the name of the element."""
        self.parameters: dict[tuple[str, str], list[Node]] = {}
        """Those that are read, by their kind and the OID of what they are of."""
        self.study_oid: Any = None
        self.study: Node = {}
        self.ours = False
        """Whether the document is one of ours."""
        self.protocol: Node = {}
        self.conditions: Mapping[Any, Any] = {}
        """The Description of each ConditionDef, by its OID."""
        self.told: dict[int, str] = {}
        """The names that elements share, of those that were given one of their own, by identity."""
