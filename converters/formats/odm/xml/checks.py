"""Is there nothing to tell of the tree of an ODM 2.0 document, as it is written?

What in such a tree is no node of its element is looked at here: parameters without what all of
their kind have, criteria, the registry form, and Descriptions that are a text.
"""

from collections.abc import Callable, Mapping

from trialbridge.mappings.codec import Node
from trialbridge.mappings.odm.elements import Constant, Criteria
from trialbridge.mappings.odm.form.document import Form
from trialbridge.mappings.odm.form.groups import Group
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
from trialbridge.schemas.odm.data import TYPES
from trialbridge.schemas.odm.rules import CODES, VALUES
from trialbridge.schemas.once import once


def is_clean(tree: Node, version: str = "2.0") -> bool:
    """Whether there is nothing to tell of the document of a tree; False if there may be.

    What `bytes_of` makes of the tree is not asked.
    """
    return clean(tree, _checks(version))


@once
def _checks(version: str) -> Mapping[str, Check]:
    return checks(version, _of_2_0 if version == "2.0" else _of_all)


def _of_2_0(checks: Mapping[str, Check]) -> Mapping[str, Check]:
    lists, define = checks["InclusionExclusionCriteria"], checks["ConditionDef"]

    def check_lists(criteria: Criteria, named: Named, wanted: Wanted) -> None:
        lists(criteria.elements()[0], named, wanted)

    def check_definitions(criteria: Criteria, named: Named, wanted: Wanted) -> None:
        for one in criteria.elements()[1]:
            define(one, named, wanted)

    return {
        **_of_all(checks),
        "StudyParameter": _parameters(checks["StudyParameter"], checks["ParameterValue"]),
        "InclusionExclusionCriteria": check_lists,
        "ConditionDef": check_definitions,
    }


def _of_all(checks: Mapping[str, Check]) -> Mapping[str, Check]:
    describe = checks["Description"]

    def check_description(node: str | Node, named: Named, wanted: Wanted) -> None:
        if node.__class__ is not str:
            describe(node, named, wanted)

    def check_group(node: Node, named: Named, wanted: Wanted) -> None:
        # Of a group's children any may be first, so that there is no check of its shape.
        named[node["@OID"]] = "ItemGroupDef"
        for one in node["ItemRef"]:
            checks["ItemRef"](one, named, wanted)

    def check_list(node: Node, named: Named, wanted: Wanted) -> None:
        named[node["@OID"]] = "CodeList"

    return {
        "Description": check_description,
        "ItemDef": _definitions("ItemDef", checks["ItemDef"]),
        "ItemGroupDef": _definitions("ItemGroupDef", check_group),
        "CodeList": _definitions("CodeList", check_list),
        "ReferenceData": _check_rows,
    }


def _definitions(kind: str, check: Check) -> Check:
    """A check of what defines the form: it is the same for all of the same groups."""
    good: dict[tuple[str, ...], tuple[Named, Wanted]] = {}

    def check_definitions(form: Form, named: Named, wanted: Wanted) -> None:
        if form.groups not in good:
            known: tuple[Named, Wanted] = {}, set()
            for node in form.defined()[kind]:
                check(node, *known)
            if len(good) >= _MOST:
                good.clear()
            good[form.groups] = known
        defined, asked = good[form.groups]
        if not named.keys().isdisjoint(defined):
            raise Doubt
        named.update(defined)
        wanted.update(asked)

    return check_definitions


_MOST = 4_000


def _check_rows(form: Form, named: Named, wanted: Wanted) -> None:
    """A check of the rows of the form: each value is of its item's type."""
    wanted.add((("Study",), form.study))
    wanted.add((("MetaDataVersion",), form.metadata))
    for key in form.groups:
        wanted.add((("ItemGroupDef",), form.known[key].oid))
        dates = _dates(form.version, form.known[key])
        rows = form.rows[key]
        if not all(row["@OID"] for row in rows) and form.known[key].repeats:
            raise Doubt
        for oid, holds in dates:
            if not all(holds(row[oid]) for row in rows if oid in row):
                raise Doubt


def _dates(version: str, group: Group) -> list[tuple[str, Callable[[str], bool]]]:
    """The items of a group of whose values not all that a record has may be of the type.

    Numbers and yes or no are what a codec writes; codes are those of the model.
    """
    known = version, group.key
    if known not in _DATES:
        _DATES[known] = [
            (one.oid, TYPES[one.data_type][0])
            for one in group.items.values()
            if "ate" in one.data_type
        ]
    return _DATES[known]


_DATES: dict[tuple[str, str], list[tuple[str, Callable[[str], bool]]]] = {}


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
