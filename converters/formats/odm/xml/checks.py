"""Is there nothing to tell of the tree of an ODM 2.0 document, as it is written?

What in such a tree is no node of its element is looked at here: parameters without what all of
their kind have, criteria, and Descriptions that are a text.
"""

from collections.abc import Mapping

from trialbridge.mappings.codec import Node
from trialbridge.mappings.odm.elements import Constant, Criteria
from trialbridge.mappings.odm.parameters import KIND, VALUE, whole
from trialbridge.schemas.odm.clean import (
    Check,
    Doubt,
    Named,
    Wanted,
    checks,
    clean,
    has_its_form,
)
from trialbridge.schemas.odm.rules import CODES, VALUES
from trialbridge.schemas.once import once


def is_clean(tree: Node) -> bool:
    """Whether there is nothing to tell of the document of a tree; False if there may be.

    What `bytes_of` makes of the tree is not asked.
    """
    return clean(tree, _checks())


@once
def _checks() -> Mapping[str, Check]:
    return checks("2.0", _special)


def _special(checks: Mapping[str, Check]) -> Mapping[str, Check]:
    lists, define = checks["InclusionExclusionCriteria"], checks["ConditionDef"]
    describe = checks["Description"]

    def check_description(node: str | Node, named: Named, wanted: Wanted) -> None:
        if node.__class__ is not str:
            describe(node, named, wanted)

    def check_lists(criteria: Criteria, named: Named, wanted: Wanted) -> None:
        lists(criteria.elements()[0], named, wanted)

    def check_definitions(criteria: Criteria, named: Named, wanted: Wanted) -> None:
        for one in criteria.elements()[1]:
            define(one, named, wanted)

    return {
        "StudyParameter": _parameters(checks["StudyParameter"], checks["ParameterValue"]),
        "InclusionExclusionCriteria": check_lists,
        "ConditionDef": check_definitions,
        "Description": check_description,
    }


def _parameters(check: Check, check_value: Check) -> Check:
    """A check of StudyParameters: all but their OIDs and values is looked at once for each kind."""
    good: set[str] = set()

    def check_parameter(node: Node, named: Named, wanted: Wanted) -> None:
        kind, held = node[KIND], node[VALUE]
        if kind.name not in good:
            check(whole(node), named, wanted)
            good.add(kind.name)
            return
        oid = node["@OID"]
        if not oid or oid in named:
            raise Doubt
        named[oid] = "StudyParameter"
        if held.__class__ is Constant:
            if not held.clean:
                check_value(held, named, wanted)
                held.clean = True
        elif len(held) != 1:
            check_value(held, named, wanted)
        if kind.name in VALUES or kind.name in CODES:
            has_its_form(kind.name, held)

    return check_parameter
