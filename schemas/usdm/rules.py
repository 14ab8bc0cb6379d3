"""What CDISC's rules of USDM say and its schema cannot, of the objects of a document.

CDISC's own examples break some of them, so that these are warnings.
https://github.com/cdisc-org/DDF-RA/blob/main/Deliverables/RULES/USDM_CORE_Rules.xlsx
"""

from collections.abc import Iterator
from typing import Any, Final

from trialbridge.schemas.problem import Problem
from trialbridge.schemas.usdm.definitions import NOT_STATED, RULES_LINK, TERMS_LINK
from trialbridge.schemas.usdm.walk import Walk, Where, pointer

CDISC: Final = "http://www.cdisc.org"

Said = tuple[Where, str, str, str]
"""The place of a problem, its code, its message, and the page."""


def check_rules(walk: Walk) -> list[Problem]:
    """The warnings of a document that has the form of its classes."""
    return [
        Problem(
            severity="warning",
            layer="rules",
            path=pointer(where),
            code=code,
            message=message,
            link=link,
        )
        for class_, node, where in walk.objects
        for where, code, message, link in _of_object(walk, class_, node, where)
    ]


def _of_object(walk: Walk, class_: str, node: dict[str, Any], where: Where) -> Iterator[Said]:
    unstated = not_stated(node)
    members = walk.known.classes[class_].members
    for key in walk.known.ruled[class_]:
        value, member = node.get(key), members[key]
        if key in unstated:
            continue
        if member.some and value == []:
            yield (
                (where, key),
                "empty-list",
                f"{class_} without an item of {key}, expected one or more (DDF00126)",
                RULES_LINK,
            )
        if value and (class_, key) in walk.known.lists:
            yield from _codes(walk, class_, key, value, (where, key))
        if value and member.many and member.classes:
            yield from _names(value, (where, key))
    if class_ == "Range" and not unstated:
        yield from _range(node, where)
    if class_ == "StudyDesignPopulation" and (sexes := node.get("plannedSex")):
        yield from _sexes(sexes, where)


def not_stated(node: dict[str, Any]) -> frozenset[str]:
    """The members of an object that the source of a document of ours does not state."""
    extensions = node.get("extensionAttributes")
    if not extensions or extensions.__class__ is not list:
        return frozenset()
    return frozenset(
        name
        for one in extensions
        if one.__class__ is dict and one.get("url") == NOT_STATED
        for name in str(one.get("valueString")).split()
    )


# The packages of the terminology have another code for it than the list that came with USDM 4.0.
_ALSO: Final = {("StudyTitle", "type", "C207646"): "Study Acronym"}


def _codes(walk: Walk, class_: str, key: str, value: Any, where: Where) -> Iterator[Said]:
    """Whether codes of CDISC's are those of the value set, with their terms."""
    values = walk.known.lists[class_, key]
    several = [*enumerate(value)] if value.__class__ is list else [(None, value)]
    for position, code in several:
        here = where if position is None else (where, position)
        if code.__class__ is not dict or code.get("codeSystem") != CDISC:
            continue
        said, decode = code.get("code"), code.get("decode")
        term = values.terms.get(str(said)) or _ALSO.get((class_, key, str(said)))
        if term is None:
            by_term = next((one for one, word in values.terms.items() if word == decode), None)
            if by_term is not None or not values.open:
                wanted = by_term or ", ".join(f"{one} ({t})" for one, t in values.terms.items())
                yield (
                    (here, "code"),
                    "value-set",
                    f"{said!r} ({decode}) is not in {values.name}, expected {wanted}",
                    TERMS_LINK,
                )
        elif str(decode).casefold() != term.casefold():
            yield (
                (here, "decode"),
                "decode",
                f"{said} is {term!r} in {values.name}, found {decode!r}",
                TERMS_LINK,
            )


def _names(items: list[Any], where: Where) -> Iterator[Said]:
    """Whether the items of a list are told apart by their names."""
    seen: dict[str, int] = {}
    for position, item in enumerate(items):
        name = item.get("name") if item.__class__ is dict else None
        if name.__class__ is not str:
            continue
        first = seen.setdefault(name, position)
        if first != position:
            yield (
                ((where, position), "name"),
                "name-twice",
                f"{name!r} is the name of item {first} too; names are unique among the children of "
                "an object (DDF00010)",
                RULES_LINK,
            )


def _range(node: dict[str, Any], where: Where) -> Iterator[Said]:
    least, most = node.get("minValue"), node.get("maxValue")
    if least.__class__ is not dict or most.__class__ is not dict:
        return
    codes = [_unit(least), _unit(most)]
    low, high = least.get("value"), most.get("value")
    if (codes[0] is None) != (codes[1] is None):
        yield where, "range-unit", "one of the two values has a unit (DDF00242)", RULES_LINK
    elif codes[0] == codes[1] and low is not None and high is not None and low >= high:
        yield (
            where,
            "range",
            f"the least value, {low}, is not below the greatest, {high} (DDF00241)",
            RULES_LINK,
        )


def _unit(quantity: dict[str, Any]) -> Any:
    return ((quantity.get("unit") or {}).get("standardCode") or {}).get("code")


def _sexes(sexes: list[Any], where: Where) -> Iterator[Said]:
    codes = [one.get("code") for one in sexes if one.__class__ is dict]
    if sorted(map(str, codes)) not in (["C16576"], ["C20197"], ["C16576", "C20197"]):
        yield (
            (where, "plannedSex"),
            "planned-sex",
            f"expected C16576 (female), C20197 (male) or one of each (DDF00188), found {codes}",
            RULES_LINK,
        )
