"""ODM documents as trees, and back: what `mappings/odm/elements.py` says of elements.

Children and attributes are written in the order of the official XSD, of which the digests in
`schemas/odm/` tell: by an expression for each shape of element, made from the digest when the first
of that shape comes. lxml takes four times as long. What the versions of ODM have of their own is a
`Dialect`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialbridge.formats.odm.xml.plain import XLINK, Kind, Scanner, text_of
from trialbridge.mappings.codec import Node
from trialbridge.mappings.odm.elements import Constant
from trialbridge.schemas.odm.digests.document import NAMESPACES, Element, elements
from trialbridge.schemas.once import once

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

__all__ = ["Dialect", "bytes_of", "plain_tree", "shown", "tree_of"]

_PREFIXES = {
    "http://www.w3.org/XML/1998/namespace": "xml",
    XLINK: "xlink",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_NONCHARACTERS = "\ufffe\uffff"

Writer = Callable[[Any], str]


@dataclass(frozen=True, eq=False)
class Dialect:
    """What a version of ODM has of its own, beside the digest of its XSD.

    `text` are the attributes of a TranslatedText that, alone in a Description, is its text: such a
    Description is that text in trees. `unescaped` are types of attributes, and attributes by
    element and name, whose values are made here, or are of a list of the standard's, and have
    nothing to escape; `constant` elements of which many are the same in every document. `special`
    gives the writers of what in a tree is no node of its element, of all writers by element.
    """

    version: str
    text: Mapping[str, str]
    unescaped: frozenset[str]
    constant: frozenset[str]
    special: Callable[[Mapping[str, Writer]], Mapping[str, Writer]]

    @property
    def namespace(self) -> str:
        return NAMESPACES[self.version]


# --- reading -----------------------------------------------------------------------------------


def tree_of(element: "_Element", name: str, dialect: Dialect) -> Node:
    """The tree of an element and all below it.

    A child that may stand once, and stands again, is in a list under its name and a `+`.
    """
    known = elements(dialect.version)
    nothing = Element({}, {}, True, False)
    own = f"{{{dialect.namespace}"

    def prefixed(tag: str) -> str:
        namespace, _, local = tag.rpartition("}")
        if not namespace or namespace == own:
            return local
        prefix = _PREFIXES.get(namespace[1:])
        return f"{prefix}:{local}" if prefix else tag

    def of(element: Any, name: str) -> Any:
        plan = known.get(name, nothing)
        node: Node = {f"@{prefixed(key)}": text for key, text in element.items()}
        if plan.text and not (plan is nothing and len(element)):
            text = shown(element) if len(element) else element.text or ""
            if not node and not plan.attributes:
                return text
            if text:
                node["#"] = text
            return node
        for child in element:
            key = prefixed(child.tag)
            below = of(child, key)
            if plan.children.get(key, True):
                node.setdefault(key, []).append(below)
            elif key in node:
                node.setdefault(f"{key}+", []).append(below)
            else:
                node[key] = below
        astray = [element.text, *(child.tail for child in element)]
        if stray := " ".join(text.strip() for text in astray if text and text.strip()):
            node["#"] = stray
        return text_of(node, dialect.text) if name == "Description" else node

    whole: Node = of(element, name)
    return whole


# https://html.spec.whatwg.org/multipage/rendering.html#flow-content-3
_PARAGRAPHS = frozenset(
    {
        "address",
        "article",
        "blockquote",
        "div",
        "dl",
        "fieldset",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    }
)
_LINES = frozenset({"br", "caption", "dd", "dt", "li", "tr"})
_CELLS = frozenset({"td", "th"})
# Between them stand characters that XML forbids.
_GAPS = {"\2": _PARAGRAPHS, "\1": _LINES, "\0": _CELLS}


def shown(element: "_Element") -> str:
    """The words of XHTML as a page shows them: blocks stand apart, and blanks are one blank.

    Between paragraphs is an empty line, between items and rows a new line, between cells a tab.
    """
    pieces: list[str] = []

    def gather(node: Any) -> None:
        pieces.append(node.text or "")
        for child in node:
            local = child.tag.rpartition("}")[2]
            gap = next((mark for mark, names in _GAPS.items() if local in names), "")
            pieces.append(gap)
            gather(child)
            pieces.append(gap)
            pieces.append(child.tail or "")

    gather(element)
    text = re.sub(r"[ \t\r\n]+", " ", "".join(pieces))
    # Of several gaps the widest is what shows.
    text = re.sub(
        r"[ \0-\2]*[\0-\2][ \0-\2]*",
        lambda gap: "\n\n" if "\2" in gap[0] else "\n" if "\1" in gap[0] else "\t",
        text,
    )
    return text.strip()


@once
def _scanner(dialect: Dialect) -> Scanner:
    kinds = {
        name: Kind({} if one.text else one.children, one.text, one.text and not one.attributes)
        for name, one in elements(dialect.version).items()
        if ":" not in name
    }
    return Scanner(dialect.namespace, kinds, dialect.text)


def plain_tree(data: bytes, dialect: Dialect, *, rows: bool = False) -> Node | None:
    """The tree of an ODM element as `tree_of` gives it, in one pass; most documents have no more.

    None where it is no well-formed document, or has anything out of the ordinary: other
    namespaces, elements that ODM does not have or not there, text between elements, markup, limits.
    `parse` and `tree_of` do with it what is to be done. Where `rows` are asked for, what a row of
    items says is in one dict.
    """
    return _scanner(dialect).tree(data, rows=rows)


# --- writing -----------------------------------------------------------------------------------


def bytes_of(tree: Node, dialect: Dialect) -> bytes:
    """The document of a tree, without white space between elements.

    Raises ValueError if a text has a character that XML forbids.
    """
    text = _DECLARATION + _writers(dialect)["ODM"]({"@xmlns": dialect.namespace, **tree})
    data = text.encode("latin-1")
    if any(code in data for code in _CONTROLS):
        raise ValueError("a text has a control character, which XML forbids")
    return data


def _octets(text: str) -> str:
    """The UTF-8 of a text, an octet a character: a document of octets is joined at once."""
    if any(character in text for character in _NONCHARACTERS):
        raise ValueError("a text has a character that is none, which XML forbids")
    return text.encode().decode("latin-1")


def escaped(text: str) -> str:
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


def content(text: str) -> str:
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


@once
def _writers(dialect: Dialect) -> dict[str, Writer]:
    """For each element the function that gives what is written of a node of it."""
    writers: dict[str, Writer] = {}
    for name in elements(dialect.version):
        writers[name] = _writer(name, dialect, writers)
    # The expressions ask this dict for the writers of what stands in an element, when first made.
    writers.update(dialect.special({**writers}))
    return writers


def _writer(name: str, dialect: Dialect, writers: Mapping[str, Writer]) -> Writer:
    """A function that writes nodes of one element, by one made for each shape that they have."""
    shapes: dict[tuple[str, ...], Writer] = {}

    def write(node: Node) -> str:
        try:
            shape = shapes[tuple(node)]
        except KeyError:
            shape = shapes[tuple(node)] = _of_shape(name, frozenset(node), dialect, writers)
        return shape(node)

    def write_or_keep(node: Node) -> str:
        if node.__class__ is Constant:
            return node.written or constant(write, node)
        return write(node)

    return write_or_keep if name in dialect.constant else write


def _texts(name: str) -> Writer:
    """A function that writes elements of text alone."""
    return lambda texts: "".join([f"<{name}>{content(text)}</{name}>" for text in texts])


def constant(write: Writer, node: Any) -> str:
    """What is written of a node that is the same in every document."""
    node.written = write(node)
    written: str = node.written
    return written


def _of_shape(
    name: str,
    keys: frozenset[str],
    dialect: Dialect,
    writers: Mapping[str, Writer],
) -> Writer:
    """A function that writes nodes with these attributes and children: one expression."""
    known = elements(dialect.version)
    element = known[name]
    names: dict[str, Any] = {"escaped": escaped, "content": content, "join": "".join}
    head, inner = f"<{name}", ""
    if "@xmlns" in keys:
        head += ' xmlns="{node["@xmlns"]}"'
    if "@xlink:href" in keys:
        head += f' xmlns:xlink="{XLINK}"'
    for key, attribute in element.attributes.items():
        if f"@{key}" in keys:
            value = f'node["@{key}"]'
            if not {attribute.type, f"{name} {key}"} & dialect.unescaped:
                value = f"escaped({value})"
            head += f' {key}="{{{value}}}"'
    if "#" in keys:
        inner = '{content(node["#"])}'
    for key, many in element.children.items():
        if key not in keys:
            continue
        child = known[key]
        names[f"write_{key}"] = writers[key]
        if many and child.text and not child.attributes:
            names[f"write_{key}"] = _texts(key)
            inner += f'{{write_{key}(node["{key}"])}}'
        elif many:
            inner += f'{{join(map(write_{key}, node["{key}"]))}}'
        elif child.text and not child.attributes:
            inner += f'<{key}>{{content(node["{key}"])}}</{key}>'
        else:
            inner += f'{{write_{key}(node["{key}"])}}'
    whole = f"{head}>{inner}</{name}>" if inner else f"{head}/>"
    # All of the source is made here, from a table of ours: no input has a part in it.
    shape: Writer = eval(f"lambda node: f'''{whole}'''", names)
    return shape
