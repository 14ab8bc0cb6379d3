"""Is there nothing to tell of this tree of an ODM document? Most that are written have nothing.

What is written is at hand as a tree, and to parse its bytes again and look at each element there
takes longer than to write it. A function for each shape of an element (its attributes and children)
is made from the digest of the XSD: it looks at what the shape does not say. A yes is one that the
XSD, the references and the rules give of the bytes too. A no says nothing: they are to be asked.
So the forms here are narrower than those of the XSD, and what few documents have is left to it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from trialbridge.schemas.odm.digests.document import Attribute, Digest, Element, digest
from trialbridge.schemas.odm.lean import ONCE, SCOPING
from trialbridge.schemas.odm.rules import (
    ABSOLUTE_URI,
    CODES,
    GRANULARITY,
    LANGUAGE,
    NUMBERS,
    RULES,
    TEXT_TYPE,
    VALUES,
    phases,
)
from trialbridge.schemas.terms.cdisc_codes import CDISC, PARAMETERS
from trialbridge.schemas.terms.countries import is_alpha_3

Named = dict[str, str]
"""The OIDs that are defined in a document, with their elements."""

Wanted = set[tuple[tuple[str, ...], str]]
"""The OIDs that are referred to, with the elements that they may be of."""

Check = Callable[[Any, Named, Wanted], None]
"""Looks at a node, and notes what it defines and refers to. Raises Doubt."""

Special = Callable[[Mapping[str, Check]], Mapping[str, Check]]
"""Gives the checks of what in a tree is no node of its element, of all checks by element."""


class Doubt(Exception):
    """The slow way has to be asked."""


_SEGMENT: Final = r"[A-Za-z0-9._~!$&'()*+,;=:@-]"
_NAME: Final = r"[A-Za-z0-9._~-]+"
_URI: Final = (
    rf"(?:[A-Za-z][A-Za-z0-9+.-]*:(?://[A-Za-z0-9.-]+(?:/{_SEGMENT}*)*|{_SEGMENT}+(?:/{_SEGMENT}+)*)"
    rf"|{_NAME}(?:/{_NAME})*)(?:\?{_SEGMENT}*)?(?:#{_SEGMENT}*)?"
)
# What the types of XML Schema allow, and CDISC's that have a form: part of it.
# https://www.w3.org/TR/xmlschema-2/#built-in-datatypes
_FORMS: Final = {
    "xs:anyURI": _URI,
    "xs:dateTime": (
        r"(?:19|20)\d\d-"
        r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?!02)(?:0[1-9]|1[0-2])-(?:29|30)"
        r"|(?:0[13578]|1[02])-31)"
        r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)?"
    ),
    "xs:decimal": r"[+-]?\d{1,9}(?:\.\d{1,16})?",
    "xs:ID": r"[A-Za-z_][A-Za-z0-9._-]*",
    "xs:IDREF": r"[A-Za-z_][A-Za-z0-9._-]*",
    "xs:integer": r"[1-9]\d{0,8}",
    "xs:nonNegativeInteger": r"\d{1,9}",
    "xs:positiveInteger": r"[1-9]\d{0,8}",
    "ODMVersion": r"2\.0",
    "xlink:href": _URI,
    "xml:lang": r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*",
}
_FREE: Final = ("xs:string", "mixed")
_NOT_EMPTY: Final = "xs:string 1"

# What the rules demand of an attribute beside its type.
_RULED: Final = {
    **dict.fromkeys((("Coding", key) for key in ("System", "href", "ref")), ABSOLUTE_URI),
    ("TranslatedText", "xml:lang"): LANGUAGE,
    ("TranslatedText", "Type"): TEXT_TYPE,
}
_NAMES: Final = ("OID", "ID")
# Systems and media types come again and again.
_KEPT: Final = 4_096


def checks(version: str, special: Special) -> Mapping[str, Check]:
    """Make the check of each element of a version; those of shapes are made when they are met."""
    made: dict[str, Check] = {}
    known = digest(version)
    for name, element in known.elements.items():
        made[name] = _check(name, element, known, made)
    made.update(special({**made}))
    return made


def clean(tree: Mapping[str, Any], checks: Mapping[str, Check]) -> bool:
    """Tell whether there is nothing to tell of the tree of an ODM element; False if there may be.

    A node has its attributes as `@Name`, its children by their names, in a list where there may be
    several, and its text as `#`; an element of text alone is that text. The bytes of it have all in
    the order of the XSD.
    """
    named: Named = {}
    wanted: Wanted = set()
    try:
        checks["ODM"](tree, named, wanted)
    # What has not the form of a tree does not fit in many ways.
    except (Doubt, AttributeError, KeyError, TypeError):
        return False
    kinds = list(named.values())
    if any(kinds.count(name) != 1 for name in ONCE):
        return False
    return all(named.get(oid) in targets for targets, oid in wanted)


def _doubt(*_: Any) -> NoReturn:
    raise Doubt


def _check(name: str, element: Element, known: Digest, checks: Mapping[str, Check]) -> Check:
    """A check of nodes of one element, by one made for each shape that they have."""
    if name in SCOPING or ":" in name or not element.sequence:
        return _doubt
    shapes: dict[tuple[str, ...], Check] = {}

    def check(node: Any, named: Named, wanted: Wanted) -> None:
        shape = shapes.get(tuple(node))
        if shape is None:
            shape = _of_shape(name, frozenset(node), known, checks)
            # What others' trees have in their nodes is not to be kept.
            if shape is not _doubt:
                shapes[tuple(node)] = shape
        shape(node, named, wanted)

    return check


def _of_shape(name: str, keys: frozenset[str], known: Digest, checks: Mapping[str, Check]) -> Check:
    """A check of nodes that have these attributes and children: what is left to look at."""
    element = known.elements[name]
    attributes = {key[1:] for key in keys if key[0] == "@"}
    children = {key for key in keys if key[0] not in "@#"}
    if (
        attributes - element.attributes.keys()
        or children - element.children.keys()
        or element.needed - children
        or ("#" in keys and not element.text)
        or any(row.required and key not in attributes for key, row in element.attributes.items())
        or (name in RULES and name not in _RULES)
    ):
        return _doubt
    source = _Source()
    for key in sorted(attributes):
        _attribute(source, name, key, element.attributes[key], known)
    if "#" in keys:
        source.type(element.content, 'node["#"]', None, known)
    for key in sorted(children):
        _child(source, name, key, known, checks)
    rule = _RULES.get(name)
    if rule is not None:
        source.line(f"{source.value(rule)}(node)")
    return source.function(f"check_{name}")


class _Source:
    """The lines of a check, and the values that its names stand for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"Doubt": Doubt}

    def line(self, text: str) -> None:
        self.lines.append(f"    {text}")

    def value(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def refuse(self, condition: str) -> None:
        self.line(f"if {condition}: raise Doubt")

    def type(self, name: str, held: str, rule: re.Pattern[str] | None, known: Digest) -> None:
        """Lines that look at a value of a simple type, for which there may be a rule, too."""
        allowed = known.types.get(name, name)
        if isinstance(allowed, list):
            self.refuse(f"{held} not in {self.value(frozenset(allowed))}")
        elif allowed == _NOT_EMPTY:
            self.refuse(f"not {held}")
        elif allowed not in _FREE or rule is not None:
            form = re.compile(_FORMS[allowed], re.ASCII) if allowed not in _FREE else None
            good = self.value(seen := set[str]())
            holds = self.value(_keeps(seen, [each for each in (form, rule) if each is not None]))
            self.refuse(f"{held} not in {good} and not {holds}({held})")

    def function(self, name: str) -> Check:
        head = f"def {name}(node, named, wanted):"
        # All of the source is made here, from a table of ours: no input has a part in it.
        exec("\n".join([head, *self.lines, "    return"]), self.names)
        made: Check = self.names[name]
        return made


def _keeps(good: set[str], forms: list[re.Pattern[str]]) -> Callable[[str], bool]:
    """Tell whether a value has all forms, and keep it where it has."""

    def holds(value: str) -> bool:
        if not value.isascii() or not all(form.fullmatch(value) for form in forms):
            return False
        if len(good) < _KEPT:
            good.add(value)
        return True

    return holds


def _attribute(source: _Source, name: str, key: str, row: Attribute, known: Digest) -> None:
    held = f"node[{'@' + key!r}]"
    if (name, key) == ("TrialPhase", "Value"):
        source.refuse(f"{held} and {held} not in {source.value(phases(known))}")
        return
    if key in _NAMES:
        source.refuse(f"not {held} or {held} in named")
        source.line(f"named[{held}] = {name!r}")
    elif row.targets:
        source.line(f"wanted.add(({source.value(row.targets)}, {held}))")
        return
    if row.type in known.types or row.type in _FORMS:
        source.type(row.type, held, _RULED.get((name, key)), known)
    else:
        source.line("raise Doubt")


def _child(
    source: _Source, name: str, key: str, known: Digest, checks: Mapping[str, Check]
) -> None:
    element, child = known.elements[name], known.elements.get(key)
    if child is None:
        source.line("raise Doubt")
        return
    held, many = f"node[{key!r}]", element.children[key]
    if many and key in element.needed:
        source.refuse(f"not {held}")
    if child.text and not child.attributes:
        if many:
            source.refuse(f"any(one.__class__ is not str for one in {held})")
        else:
            source.refuse(f"{held}.__class__ is not str")
        if not many:
            source.type(child.content, held, None, known)
        elif known.types.get(child.content) not in _FREE:
            source.line("raise Doubt")
        return
    check = source.value(checks[key])
    if not many:
        source.line(f"{check}({held}, named, wanted)")
        return
    source.line(f"for one in {held}: {check}(one, named, wanted)")
    for fields in _unique(name, key, known):
        source.line(f"if len({held}) > 1: {source.value(_distinct)}({held}, {fields!r})")


def _unique(name: str, key: str, known: Digest) -> list[tuple[str, ...]]:
    """Give the attributes by which no two of an element's children of a name are alike.

    Without OIDs, which are looked at in the whole document.
    """
    child = known.elements[key]
    found: list[tuple[str, ...]]
    found = [(number,) for number in NUMBERS if number in child.attributes]
    if key == "TranslatedText":
        found.append(("Type", "xml:lang"))
    for constraint in known.unique.values():
        path, *fields = constraint.split()
        if path in (f"{name}/{key}", f"{name}/*") and fields != ["OID"]:
            found.append(tuple(fields))
    return [tuple(f"@{field}" for field in fields) for fields in dict.fromkeys(found)]


def _distinct(nodes: list[Any], fields: tuple[str, ...]) -> None:
    seen = set()
    for node in nodes:
        values = tuple([node.get(field) for field in fields])
        if values in seen:
            raise Doubt
        if any(value is not None for value in values):
            seen.add(values)


def _parameter(node: Mapping[str, Any]) -> None:
    """A parameter of the trial summary has the code of its short name, and a value of its form."""
    short = node.get("@ShortName", "")
    if not short or " " in short:
        raise Doubt
    known = PARAMETERS.get(short)
    if known is None:
        return
    if node.get("@Term") != known.term:
        raise Doubt
    for coding in node.get("Coding", ()):
        if coding["@System"] == CDISC and coding.get("@Code", known.code) != known.code:
            raise Doubt
    has_its_form(short, node["ParameterValue"])


def has_its_form(short: str, held: Mapping[str, Any]) -> None:
    """See that the value of a parameter has its form, and its term the code. Raises Doubt."""
    value = held["@Value"]
    form, _ = VALUES.get(short, (None, ""))
    if value and form is not None and not form.fullmatch(value):
        raise Doubt
    code = CODES[short].get(value) if short in CODES else None
    if code is not None:
        for coding in held.get("Coding", ()):
            if coding["@System"] == CDISC and coding.get("@Code", code) != code:
                raise Doubt


def _own_names(*kinds: str) -> Callable[[Mapping[str, Any]], None]:
    def check(node: Mapping[str, Any]) -> None:
        for kind in kinds:
            names = [one["@Name"] for one in node.get(kind, ())]
            if len({*names}) != len(names):
                raise Doubt

    return check


def _study(node: Mapping[str, Any]) -> None:
    if "@VersionName" in node and "@VersionID" not in node:
        raise Doubt


def _address(node: Mapping[str, Any]) -> None:
    if not is_alpha_3(node.get("Country", "CHE")):
        raise Doubt


def _granularity(node: Mapping[str, Any]) -> None:
    if any(name in node for name in GRANULARITY.get(node.get("@Granularity", ""), ())):
        raise Doubt


# The rules of which something is not looked at with the attributes.
_RULES: Final[dict[str, Callable[[Mapping[str, Any]], None] | None]] = {
    "Coding": None,
    "StudyParameter": _parameter,
    "TranslatedText": None,
    "TrialPhase": None,
    "ODM": _granularity,
    "Study": _study,
    "AdminData": _own_names("Organization"),
    "StudyEndPoints": _own_names("StudyEndPoint"),
    "StudyStructure": _own_names("Arm", "Epoch"),
    "Address": _address,
}
