"""Whether a document is right, by one look at each element: most documents are.

Where anything is out of the ordinary the answer is no, and the slow way looks and explains. A yes
is one that the slow way gives too.
"""

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from trialbridge.schemas.odm.data import TYPES
from trialbridge.schemas.odm.digests.document import (
    LANG,
    NAMESPACES,
    PREFIXES,
    SPECIFICATIONS,
    Document,
    digest,
    elements,
)
from trialbridge.schemas.odm.rules import (
    ABSOLUTE_URI,
    LANGUAGE,
    MEDIA_TYPE,
    NUMBERS,
    RULES,
    TEXT_TYPE,
    Texts,
)
from trialbridge.schemas.odm.xsd import valid
from trialbridge.schemas.once import once

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

# These, or several studies or versions, take the rules of scopes that the slow way has.
SCOPING: Final = ("Include", "ClinicalData", "ReferenceData", "Association")
_SCOPING: Final = ("Include", "ClinicalData", "Association")
ONCE: Final = ("Study", "MetaDataVersion")


class _Plan(NamedTuple):
    """What is looked at in an element of a kind: its attributes, each by what is asked of it.

    `forms`: a pattern. `targets`: the elements that it may name. `ruled`: the slow way's own rule.
    """

    names: frozenset[str]
    numbers: frozenset[str]
    forms: dict[str, re.Pattern[str]]
    targets: dict[str, tuple[str, ...]]
    ruled: str
    translates: bool


@once
def _plans(version: str) -> dict[str, _Plan]:
    """The plan of each element by its tag, where there is something to look at."""
    prefix = f"{{{NAMESPACES[version]}}}"
    forms: dict[str, dict[str, re.Pattern[str]]] = {
        "Coding": dict.fromkeys(("System", "href", "ref"), ABSOLUTE_URI),
        "TranslatedText": {LANG: LANGUAGE, "Type": TEXT_TYPE if version == "2.0" else MEDIA_TYPE},
    }
    plans: dict[str, _Plan] = {}
    for name, element in elements(version).items():
        if name in _SCOPING or ":" in name:
            continue
        plan = _Plan(
            frozenset(key for key in ("OID", "ID") if key in element.attributes),
            frozenset(NUMBERS) & element.attributes.keys(),
            forms.get(name, {}),
            {key: row.targets for key, row in element.attributes.items() if row.targets},
            name if name in RULES and name not in forms else "",
            name == "TranslatedText",
        )
        if any(plan):
            plans[prefix + name] = plan
    return plans


def _leaves_some(root: "_Element", version: str) -> bool:
    """Tell whether there is an element that is left to the slow way, or another node."""
    from lxml import etree  # type: ignore[import-untyped]

    own = NAMESPACES[version]
    named = [f"{{{own}}}{name}" for name in _SCOPING]
    others = [f"{{{namespace}}}*" for namespace in PREFIXES if namespace != own]
    left = root.iter(etree.Comment, etree.PI, *named, *others)
    return next(left, None) is not None


def is_right(root: "_Element", data: bytes | None, version: str) -> bool:
    """Tell whether the slow way finds nothing at all to say of a document; False if it may.

    `data`, where they are at hand, are the bytes that the document was parsed from.
    """
    if root.tag != f"{{{NAMESPACES[version]}}}ODM":
        return False
    # The XSD has no wildcard: all else that is there it has, and the digest, too.
    return (
        not _leaves_some(root, version)
        and _keeps_rules(root, version)
        and valid(root, data, version)
    )


def _keeps_rules(root: "_Element", version: str) -> bool:
    prefix = f"{{{NAMESPACES[version]}}}"
    plans = _plans(version)
    document = Document(version, digest(version), SPECIFICATIONS[version])
    texts: Texts = {}
    named: dict[str, str] = {}
    wanted: set[tuple[tuple[str, ...], str]] = set()
    numbered = set()
    formed = set()
    # In C all others are passed over, and an element costs an object.
    for element in root.iter(*plans):
        tag = element.tag
        names, numbers, forms, targets, ruled, translates = plans[tag]
        items = element.items()
        for key, value in items:
            if key in names:
                if value in named:
                    return False
                named[value] = tag
            elif key in targets:
                wanted.add((targets[key], value))
            elif key in forms:
                if (key, value) not in formed:
                    if not forms[key].fullmatch(value):
                        return False
                    formed.add((key, value))
            elif key in numbers:
                number = element.getparent(), tag, value.strip().lstrip("0")
                if number in numbered:
                    return False
                numbered.add(number)
        if translates:
            given = dict(items)
            text = element.getparent(), given.get(LANG), given.get("Type")
            if texts.setdefault(text, element) is not element:
                return False
        elif ruled:
            RULES[ruled](document, texts, element)
    if document.problems:
        return False
    tags = list(named.values())
    if any(tags.count(prefix + name) != 1 for name in ONCE):
        return False
    return all(
        named.get(value, "").removeprefix(prefix) in targets for targets, value in wanted
    ) and _has_types(root, prefix)


def _has_types(root: "_Element", prefix: str) -> bool:
    """Tell whether all values of ReferenceData are of the types of their items."""
    types = None
    for item in root.iter(f"{prefix}ItemData"):
        if types is None:
            types = {
                one.get("OID"): TYPES[one.get("DataType")][0]
                for one in root.iter(f"{prefix}ItemDef")
                if one.get("DataType") in TYPES
            }
        holds = types.get(item.get("ItemOID"))
        if holds is None:
            continue
        texts = [item.get("Value"), *(value.text for value in item)]
        if any(text and text.strip() and not holds(text.strip()) for text in texts):
            return False
    return True
