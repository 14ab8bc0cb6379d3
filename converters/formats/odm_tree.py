"""ODM documents as trees, and back: what `mappings/odm/elements.py` says of elements.

Children and attributes are written in the order of the official XSD, of which
`schemas/odm/v2_0_elements.json` is the digest: by an expression for each shape of element, made
from the digest when the first of that shape comes. lxml takes four times as long.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate

from trialbridge.mappings.codec import Node
from trialbridge.mappings.odm.elements import PLAIN, Constant, Criteria, condition, criterion
from trialbridge.mappings.odm.parameters import KIND, VALUE, Kind
from trialbridge.schemas.odm.document import NAMESPACES, Element, elements
from trialbridge.schemas.once import once
from trialbridge.schemas.xml import MOST_ATTRIBUTES, MOST_DEPTH, MOST_NODES

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

NAMESPACE = NAMESPACES["2.0"]
_PREFIXES = {
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
_BLANKS = " \t\r\n"
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
        if plan.text and not (plan is nothing and len(element)):
            text = shown(element) if len(element) else element.text or ""
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
        astray = [element.text, *(child.tail for child in element)]
        if stray := " ".join(text.strip() for text in astray if text and text.strip()):
            node["#"] = stray
        return text_of(node) if name == "Description" else node

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


class _Odd(Exception):
    """A document has what is left to the slow way."""


class _Kind(NamedTuple):
    """What stands in an element: its children, each with whether it may stand several times."""

    children: Mapping[str, bool]
    text: bool
    bare: bool


@once
def _kinds() -> dict[str, _Kind]:
    return {
        name: _Kind({} if one.text else one.children, one.text, one.text and not one.attributes)
        for name, one in elements("2.0").items()
        if ":" not in name
    }


class _Keys(dict[str, str]):
    """`@Name` for each name of an attribute."""

    def __missing__(self, name: str) -> str:
        if ":" in name and name not in ("xml:lang", "xlink:href"):
            raise _Odd
        if name.startswith("xmlns"):
            raise _Odd
        return f"@{name}"


_XLINK = next(url for url, prefix in _PREFIXES.items() if prefix == "xlink")


def plain_tree(data: bytes) -> Node | None:
    """The tree of an ODM element as `tree_of` gives it, in one pass; most documents have no more.

    None where it is no well-formed document, or has anything out of the ordinary: other
    namespaces, elements that ODM does not have or not there, text between elements, markup, limits.
    `parse` and `tree_of` do with it what is to be done.
    """
    if (
        len(data) > 4 * MOST_NODES
        or not data.startswith((b'<?xml version="1.0"', b"<ODM"))
        or b"<!DOCTYPE" in data
    ):
        return None
    kinds, keys = _kinds(), _Keys()
    top: Node = {}
    root = _Kind({"ODM": False}, False, False)
    stack: list[tuple[Node, _Kind]] = [(top, root)]
    words: list[str] = []

    def start(name: str, given: list[str]) -> None:
        above, kind = stack[-1]
        many = kind.children.get(name)
        if many is None or len(stack) > MOST_DEPTH or len(given) > 2 * MOST_ATTRIBUTES:
            raise _Odd
        if words:
            if "".join(words).strip(_BLANKS):
                raise _Odd
            words.clear()
        node: Node = {}
        if given:
            pairs = dict(zip(given[::2], given[1::2], strict=True))
            if above is top and pairs.pop("xmlns", None) != NAMESPACE:
                raise _Odd
            if "xlink:href" in pairs or "xmlns:xlink" in pairs:
                declared = pairs.pop("xmlns:xlink", None)
                if declared != _XLINK and (declared is not None or "xlink" not in scope):
                    raise _Odd
                if above is top:
                    scope.add("xlink")
            for key, value in pairs.items():
                node[keys[key]] = value
        elif above is top:
            raise _Odd
        if many:
            if name in above:
                above[name].append(node)
            else:
                above[name] = [node]
        elif name in above:
            raise _Odd
        else:
            above[name] = node
        stack.append((node, kinds[name]))

    def end(name: str) -> None:
        node, kind = stack.pop()
        if kind.text:
            text = "".join(words)
            words.clear()
            if kind.bare and not node:
                put(name, text)
            elif text:
                node["#"] = text
        else:
            if words:
                if "".join(words).strip(_BLANKS):
                    raise _Odd
                words.clear()
            if name == "Description":
                put(name, text_of(node))

    def put(name: str, what: Any) -> None:
        above, kind = stack[-1]
        if kind.children[name]:
            above[name][-1] = what
        else:
            above[name] = what

    scope: set[str] = set()
    parser = ParserCreate("utf-8")
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = words.append
    try:
        parser.Parse(data, True)
    except (ExpatError, _Odd, KeyError):
        return None
    finally:
        # Else all of it stays until the collector comes.
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
    whole: Node = top["ODM"]
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
