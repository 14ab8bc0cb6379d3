"""ODM documents as trees, and back: what `mappings/odm/elements.py` says of elements.

Children and attributes are written in the order of the official XSD, of which
`schemas/odm/v2_0_elements.json` is the digest: by an expression for each shape of element, made
from the digest when the first of that shape comes. lxml takes four times as long.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.odm.elements import (
    KIND,
    PLAIN,
    VALUE,
    Constant,
    Criteria,
    Kind,
    condition,
    criterion,
)
from trialbridge.schemas.odm.document import NAMESPACES, Element, elements
from trialbridge.schemas.once import once

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

NAMESPACE = NAMESPACES["2.0"]
_PREFIXES = {
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
# https://www.w3.org/TR/xml/#charsets
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_NONCHARACTERS = "\ufffe\uffff"


# --- reading -----------------------------------------------------------------------------------


def tree_of(element: "_Element", name: str) -> Node:
    """The tree of an element and all below it.

    A child that may stand once, and stands again, is in a list under its name and a `+`.
    """
    known = elements("2.0")
    nothing = Element({}, {}, True, False)

    def of(element: Any, name: str) -> Any:
        plan = known.get(name, nothing)
        node: Node = {f"@{_prefixed(key)}": text for key, text in element.items()}
        if plan.text:
            text = "".join(element.itertext())
            if not node and not plan.attributes:
                return text
            if text:
                node["#"] = text
            return node
        for child in element:
            key = _prefixed(child.tag)
            below = of(child, key)
            if plan.children.get(key, True):
                node.setdefault(key, []).append(below)
            elif key in node:
                node.setdefault(f"{key}+", []).append(below)
            else:
                node[key] = below
        return text_of(node) if name == "Description" else node

    whole: Node = of(element, name)
    return whole


def text_of(description: Node) -> str | Node:
    """A Description of one plain text as that text."""
    texts = description.get("TranslatedText", ())
    if len(description) == len(texts) == 1:
        (text,) = texts
        if text.get("@Type") == PLAIN and not text.keys() - {"@Type", "#"}:
            return str(text.get("#", ""))
    return description


def spelt_out(node: Any) -> Any:
    """A tree with each Description as an element."""
    if isinstance(node, list):
        return [spelt_out(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {"TranslatedText": [{"@Type": PLAIN, "#": inner} if inner else {"@Type": PLAIN}]}
        if key == "Description" and isinstance(inner, str)
        else spelt_out(inner)
        for key, inner in node.items()
    }


def _prefixed(tag: str) -> str:
    namespace, _, local = tag.rpartition("}")
    if not namespace or namespace[1:] == NAMESPACE:
        return local
    prefix = _PREFIXES.get(namespace[1:])
    return f"{prefix}:{local}" if prefix else tag


# --- writing -----------------------------------------------------------------------------------

_Write = Callable[[Any], str]


def bytes_of(tree: Node) -> bytes:
    """The document of a tree, without white space between elements.

    Raises ValueError if a text has a character that XML forbids.
    """
    text = _DECLARATION + _writers()["ODM"]({"@xmlns": NAMESPACE, **tree})
    data = text.encode("latin-1")
    if any(code in data for code in _CONTROLS):
        raise ValueError("a text has a control character, which XML forbids")
    return data


def _octets(text: str) -> str:
    """The UTF-8 of a text, an octet a character: a document of octets is joined at once."""
    if any(character in text for character in _NONCHARACTERS):
        raise ValueError("a text has a character that is none, which XML forbids")
    return text.encode().decode("latin-1")


def _escaped(text: str) -> str:
    """A text as the value of an attribute.

    https://www.w3.org/TR/xml/#AVNormalize
    """
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if '"' in text:
        text = text.replace('"', "&quot;")
    if "\n" in text:
        text = text.replace("\n", "&#10;")
    if "\t" in text:
        text = text.replace("\t", "&#9;")
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    return text if text.isascii() else _octets(text)


def _content(text: str) -> str:
    """A text as the content of an element. https://www.w3.org/TR/xml/#syntax"""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    return text if text.isascii() else _octets(text)


# Their values are made here, or are of a list of the standard's, and have nothing to escape.
_PLAIN_TYPES = frozenset(
    {
        "FileType",
        "ODMVersion",
        "OrganizationType",
        "StudyEstimandLevel",
        "StudyObjectiveLevel",
        "TelecomTypeType",
        "UserType",
        "datetime",
        "decimal",
        "oid",
        "oidref",
        "positiveInteger",
        "xs:ID",
    }
)
# What has no name of its own has its OID as its name; systems are those of code tables.
_PLAIN = frozenset({"Criterion Name", "ConditionDef Name", "StudyObjective Name", "Coding System"})
# Of these elements many are the same in every document. Of ParameterValue too: see `_parameters`.
_CONSTANT = frozenset({"Coding", "StudyEndPointRef"})
_DESCRIBED = f'<Description><TranslatedText Type="{PLAIN}">'


@once
def _writers() -> dict[str, _Write]:
    """For each element the function that gives what is written of a node of it."""
    known = elements("2.0")
    writers: dict[str, _Write] = {}
    for name in known:
        writers[name] = _writer(name, known, writers)
    writers["StudyParameter"] = _parameters(writers["StudyParameter"], writers["ParameterValue"])
    writers["Description"] = _descriptions(writers["Description"])
    lists, definitions = _criteria(writers)
    writers["InclusionExclusionCriteria"], writers["ConditionDef"] = lists, definitions
    return writers


def _writer(name: str, known: Mapping[str, Element], writers: Mapping[str, _Write]) -> _Write:
    """A function that writes nodes of one element, by one made for each shape that they have."""
    shapes: dict[tuple[str, ...], _Write] = {}

    def write(node: Node) -> str:
        shape = shapes.get(tuple(node))
        if shape is None:
            shape = shapes[tuple(node)] = _of_shape(name, frozenset(node), known, writers)
        return shape(node)

    def write_or_keep(node: Node) -> str:
        if node.__class__ is Constant:
            return node.written or _constant(write, node)
        return write(node)

    return write_or_keep if name in _CONSTANT else write


def _constant(write: _Write, node: Any) -> str:
    """What is written of a node that is the same in every document."""
    node.written = write(node)
    written: str = node.written
    return written


def _of_shape(
    name: str,
    keys: frozenset[str],
    known: Mapping[str, Element],
    writers: Mapping[str, _Write],
) -> _Write:
    """A function that writes nodes with these attributes and children: one expression."""
    element = known[name]
    names: dict[str, Any] = {"escaped": _escaped, "content": _content, "join": "".join}
    head, inner = f"<{name}", ""
    if "@xmlns" in keys:
        head += ' xmlns="{node["@xmlns"]}"'
    if "@xlink:href" in keys:
        url = next(url for url, prefix in _PREFIXES.items() if prefix == "xlink")
        head += f' xmlns:xlink="{url}"'
    for key, attribute in element.attributes.items():
        if f"@{key}" in keys:
            value = f'node["@{key}"]'
            if attribute.type not in _PLAIN_TYPES and f"{name} {key}" not in _PLAIN:
                value = f"escaped({value})"
            head += f' {key}="{{{value}}}"'
    if "#" in keys:
        inner = '{content(node["#"])}'
    for key, many in element.children.items():
        if key not in keys:
            continue
        child = known[key]
        names[f"write_{key}"] = writers[key]
        if many:
            inner += f'{{join(map(write_{key}, node["{key}"]))}}'
        elif child.text and not child.attributes:
            inner += f'<{key}>{{content(node["{key}"])}}</{key}>'
        else:
            inner += f'{{write_{key}(node["{key}"])}}'
    whole = f"{head}>{inner}</{name}>" if inner else f"{head}/>"
    # All of the source is made here, from a table of ours: no input has a part in it.
    shape: _Write = eval(f"lambda node: f'''{whole}'''", names)
    return shape


def _parameters(write: _Write, write_value: _Write) -> _Write:
    """A function that writes StudyParameters, of which there are more than of any other element.

    All but their OIDs and values is the same for each of a kind.
    """
    frames: dict[str, tuple[str, str]] = {}

    def frame(kind: Kind) -> tuple[str, str]:
        text = write({"@OID": "", **kind.const})
        end = text.index(">")
        frames[kind.name] = text[:end].partition('OID=""')[2], text[end + 1 :]
        return frames[kind.name]

    def write_parameter(node: Node) -> str:
        kind = node[KIND]
        attributes, end = frames.get(kind.name) or frame(kind)
        held = node[VALUE]
        if held.__class__ is Constant:
            value = held.written or _constant(write_value, held)
        elif len(held) == 1:
            value = f'<ParameterValue Value="{_escaped(held["@Value"])}"/>'
        else:
            value = write_value(held)
        return f'<StudyParameter OID="{node["@OID"]}"{attributes}>{value}{end}'

    return write_parameter


def _criteria(writers: Mapping[str, _Write]) -> tuple[_Write, _Write]:
    """Functions that write the lists of criteria, and their ConditionDefs.

    Their words stand in both, and are escaped once, for both by a frame of their elements.
    """
    describe, define = writers["Description"], writers["ConditionDef"]
    frames: list[str] = []

    def both(criteria: Criteria) -> tuple[str, str]:
        if criteria.written is None:
            if not frames:
                words = describe("\2")
                frames.append(writers["Criterion"](criterion("\1", "\2")).replace(words, "\2"))
                frames.append(define(condition("\1", "\2")).replace(words, "\2"))
            first, second = frames
            lists: dict[str, str] = {}
            defined = ""
            for member, ending, given in criteria.listed():
                words = describe(given)
                one = first.replace("\1", ending).replace("\2", words)
                lists[member] = lists.get(member, "") + one
                defined += second.replace("\1", ending).replace("\2", words)
            inner = "".join(f"<{member}>{every}</{member}>" for member, every in lists.items())
            listed = f"<InclusionExclusionCriteria>{inner}</InclusionExclusionCriteria>"
            criteria.written = listed, defined
        return criteria.written

    return lambda criteria: both(criteria)[0], lambda criteria: both(criteria)[1]


def _descriptions(write: _Write) -> _Write:
    """A function that writes Descriptions, most of which are one plain text."""

    def write_description(node: str | Node) -> str:
        if isinstance(node, str):
            return f"{_DESCRIBED}{_content(node)}</TranslatedText></Description>"
        return write(node)

    return write_description
