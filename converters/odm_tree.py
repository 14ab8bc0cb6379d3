"""ODM documents as trees, and back: what `mappings/odm.py` says of elements.

Children and attributes are written in the order of the official XSD, of which
`schemas/odm_2_0_elements.json` is the digest. The writer is source generated from the digest: for
700 elements a record, lxml takes four times as long.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.odm import KIND, PLAIN, VALUE, Constant, Kind
from trialbridge.schemas.odm import NAMESPACES, Element, elements

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

_Put = Callable[[str], None]
_Fill = Callable[[Node, _Put], None]


def bytes_of(tree: Node) -> bytes:
    """The document of a tree, without white space between elements.

    Raises ValueError if a text has a character that XML forbids.
    """
    written = [_DECLARATION]
    _writers()["ODM"]({"@xmlns": NAMESPACE, **tree}, written.append)
    data = "".join(written).encode("latin-1")
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


def _constant(write: _Fill, node: Constant) -> str:
    """What is written of a node that is the same in every document."""
    pieces: list[str] = []
    write(node, pieces.append)
    node.written = "".join(pieces)
    return node.written


def _parameters(write: _Fill, write_coding: _Fill) -> _Fill:
    """A function that writes StudyParameters, of which there are more than of any other element.

    All but their OIDs and values is the same for each of a kind.
    """
    frames: dict[str, tuple[str, str]] = {}

    def frame(kind: Kind) -> tuple[str, str]:
        pieces: list[str] = []
        write({"@OID": "", **kind.const}, pieces.append)
        whole = "".join(pieces)
        end = whole.index(">")
        attributes = whole[:end].partition('OID=""')[2]
        frames[kind.name] = attributes, whole[end + 1 :]
        return frames[kind.name]

    def write_parameter(node: Node, put: _Put) -> None:
        kind = node[KIND]
        attributes, end = frames.get(kind.name) or frame(kind)
        held = node[VALUE]
        head = (
            f'<StudyParameter OID="{node["@OID"]}"{attributes}>'
            f'<ParameterValue Value="{_escaped(held["@Value"])}"'
        )
        codings = held.get("Coding")
        if codings is None:
            put(f"{head}/>{end}")
            return
        put(f"{head}>")
        for one in codings:
            if one.__class__ is Constant:
                put(one.written or _constant(write_coding, one))
            else:
                write_coding(one, put)
        put(f"</ParameterValue>{end}")

    return write_parameter


# Their values are made here, or are of a list of the standard's, and have nothing to escape.
_PLAIN_TYPES = frozenset({"oid", "oidref", "positiveInteger", "decimal", "datetime", "xs:ID"})
# These are the words of code tables, which are few and come again and again.
_WORDS = frozenset({"Term", "ShortName", "System", "SystemName", "SystemVersion", "Role"})


@cache
def _writers() -> dict[str, _Fill]:
    """For each element the function that writes a node of it."""
    known = elements("2.0")
    names: dict[str, Any] = {
        "escaped": _escaped,
        "words": lru_cache(maxsize=1024)(_escaped),
        "content": _content,
        "constant": _constant,
        "Constant": Constant,
    }
    lines = []
    for name, element in known.items():
        lines += _source(name, element, known)
    # All of the source is made here, from a table of ours: no input has a part in it.
    exec(compile("\n".join(lines), "<odm writers>", "exec"), names)
    parameter = _function("StudyParameter")
    names[parameter] = _parameters(names[parameter], names[_function("Coding")])
    return {name: names[_function(name)] for name in known}


def _function(name: str) -> str:
    return "write_" + re.sub(r"\W", "_", name)


def _source(name: str, element: Element, known: Mapping[str, Element]) -> list[str]:
    """The lines of the function that writes one element: a node, and where to."""
    lines = [f"def {_function(name)}(node, put):", "    get = node.get", f"    head = '<{name}'"]
    keys = list(element.attributes)
    if name == "ODM":
        keys.insert(0, "xmlns")
    if any(key.startswith("xlink:") for key in keys):
        url = next(url for url, prefix in _PREFIXES.items() if prefix == "xlink")
        lines.append(f"    head += ' xmlns:xlink=\"{url}\"'")
    # Most elements end with the last of their attributes: the rest is then not looked for.
    lines += ["    count = 0", "    every = len(node)"]
    for key in keys:
        type_ = element.attributes[key].type if key in element.attributes else "xs:ID"
        value = "value" if type_ in _PLAIN_TYPES else "escaped(value)"
        lines += [
            f"    value = get('@{key}')",
            "    if value is not None:",
            f"        head += ' {key}=\"' + {'words(value)' if key in _WORDS else value} + '\"'",
            "        count += 1",
            "        if count == every:",
            "            put(head + '/>')",
            "            return",
        ]
    lines += ["    if every == count:", "        put(head + '/>')", "        return"]
    if element.text:
        return [*lines, f"    put(head + '>' + content(node['#']) + '</{name}>')"]
    lines.append("    head += '>'")
    for key, many in element.children.items():
        if key in known:
            lines += [f"    value = get('{key}')", "    if value is not None:"]
            lines += _source_of_child(key, many, known[key])
    return [*lines, f"    put(head + '</{name}>')"]


def _source_of_child(key: str, many: bool, child: Element) -> list[str]:
    write = _function(key)
    if child.text and not child.attributes and not many:
        return [f"        head += f'<{key}>{{content(value)}}</{key}>' if value else '<{key}/>'"]
    lines = ["        put(head)", "        head = ''"]
    if key == "Description":
        start = f'<Description><TranslatedText Type="{PLAIN}"'
        return [
            "        if value.__class__ is str:",
            f"            head += '{start}>' + content(value) if value else '{start}>'",
            "            head += '</TranslatedText></Description>'",
            "        else:",
            *(f"    {line}" for line in lines),
            f"            {write}(value, put)",
        ]
    if many:
        return [
            *lines,
            "        for one in value:",
            "            if one.__class__ is Constant:",
            f"                put(one.written or constant({write}, one))",
            "            else:",
            f"                {write}(one, put)",
        ]
    return [*lines, f"        {write}(value, put)"]
