"""FHIR in XML: trees of its JSON to XML and back, by the definitions of each version.

What JSON leaves open the definitions say: the order of elements, which of them repeat, which are
numbers, which are attributes. https://hl7.org/fhir/R5/xml.html
"""

import html.entities
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from trialbridge.schemas.fhir.digests.definitions import Definitions, Version, definitions
from trialbridge.schemas.once import once
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.xml import FORBIDDEN, line_of, parse, utf_8

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

NAMESPACE: Final = "http://hl7.org/fhir"
XHTML: Final = "http://www.w3.org/1999/xhtml"
LINK: Final = "https://hl7.org/fhir/R5/xml.html"
CROSS_VERSION: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"

_FHIR: Final = f"{{{NAMESPACE}}}"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_RESOURCE: Final = "Resource"
_INTEGERS: Final = frozenset({"integer", "unsignedInt", "positiveInt"})
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,99})?(?:[eE][+-]?[0-9]{1,3})?")
# Profiles that the definitions name as types; a choice has the name of what they are profiles of.
_PROFILED: Final = {"SimpleQuantity": "Quantity", "MoneyQuantity": "Quantity"}
_BOOLEANS: Final = {"true": True, "false": False}
_ESCAPED: Final = re.compile('[&<>"\n\r\t]')
_ESCAPES: Final = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\n": "&#10;",
    "\r": "&#13;",
    "\t": "&#9;",
}
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_OF_XML: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
# Comments, sections and instructions, which may hold what looks like a tag; and the tags of div.
_DIVS: Final = re.compile(
    rb"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|</?div(?=[\s/>])(?:[^<>"']|"[^"]*"|'[^']*')*>""",
    re.DOTALL,
)


class Element(NamedTuple):
    """An element by its name in JSON: where it stands, and what is in it.

    `type` is a primitive's name, or the path that has the rows of what is in it.
    """

    position: int
    name: str
    type: str
    primitive: bool
    repeats: bool
    attribute: bool


class Unwritten(ValueError):
    """A tree has no form in XML: `place` is the element, the message says why."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message


@once
def _elements(version: Version, path: str) -> dict[str, Element] | None:
    """The elements at a path, in their order; None if the definitions have no such path."""
    known = definitions(version)
    try:
        rows = known.rows(path)
    except KeyError:
        return None
    found: dict[str, Element] = {}
    for name, row in rows.items():
        types = [type_.partition("(")[0] for type_ in row.types]
        names = [name]
        if name.endswith("[x]"):
            stem = name.removesuffix("[x]")
            names = [stem + _PROFILED.get(each, each[0].upper() + each[1:]) for each in types]
        else:
            types = types[:1]
        for each, type_ in zip(names, types, strict=True):
            inner = _inner(known, path, name, type_)
            primitive = inner in known.primitives
            attribute = row.attribute and not (name == "id" and path in known.resources)
            found[each] = Element(len(found), each, inner, primitive, row.max != 1, attribute)
    return found


def _inner(known: Definitions, path: str, name: str, type_: str) -> str:
    if type_.startswith("#"):
        return type_[1:]
    own = f"{path}.{name}"
    return own if own in known.paths(path.partition(".")[0]) else type_


# --- writing -----------------------------------------------------------------------------------


def write(tree: dict[str, Any], version: Version) -> bytes:
    """The XML of a resource that is valid in its structure.

    Numbers that are Decimal keep their digits. Raises Unwritten for what has no form in XML: an
    element that the definitions do not have, a character, a narrative that is no XHTML.
    """
    pieces: list[str] = [_HEAD]
    _write_resource(tree, version, f' xmlns="{NAMESPACE}"', pieces, "")
    return "".join(pieces).encode()


def _write_resource(
    tree: Any, version: Version, attributes: str, pieces: list[str], place: str
) -> None:
    type_ = tree.get("resourceType") if isinstance(tree, dict) else None
    if not isinstance(type_, str) or _elements(version, type_) is None:
        raise Unwritten(place or "the document", f"{type_!r} is no type of resource")
    place = f"{place}.{type_}" if place else type_
    members = {key: value for key, value in tree.items() if key != "resourceType"}
    pieces.append(f"<{type_}{attributes}")
    _write_members(members, type_, type_, version, pieces, place)


def _write_members(
    node: dict[str, Any], tag: str, path: str, version: Version, pieces: list[str], place: str
) -> None:
    """The rest of an element whose tag is begun: attributes, what is in it, its end."""
    known = _elements(version, path) or {}
    keys = {key.removeprefix("_") for key in node}
    for key in keys:
        if key not in known:
            raise Unwritten(f"{place}.{key}", f"{path} has no such element")
    inner = []
    for key in sorted(keys, key=lambda each: known[each].position):
        element = known[key]
        if element.attribute:
            pieces.append(f' {key}="{_text(node.get(key), f"{place}.{key}")}"')
        else:
            inner.append(element)
    if not inner:
        pieces.append("/>")
        return
    pieces.append(">")
    for element in inner:
        _write_element(node, element, version, pieces, f"{place}.{element.name}")
    pieces.append(f"</{tag}>")


def _write_element(
    node: dict[str, Any], element: Element, version: Version, pieces: list[str], place: str
) -> None:
    name = element.name
    values = node.get(name)
    if not element.primitive:
        for value in values if isinstance(values, list) else [values]:
            pieces.append(f"<{name}")
            if element.type == _RESOURCE:
                pieces.append(">")
                _write_resource(value, version, "", pieces, place)
                pieces.append(f"</{name}>")
            elif isinstance(value, dict):
                _write_members(value, name, element.type, version, pieces, place)
            else:
                raise Unwritten(place, "expected an object")
        return
    if element.type == "xhtml":
        pieces.append(_narrative(values, place))
        return
    beside = node.get(f"_{name}")
    values = values if isinstance(values, list) else [values]
    beside = beside if isinstance(beside, list) else [beside]
    for at in range(max(len(values), len(beside))):
        value = values[at] if at < len(values) else None
        more = beside[at] if at < len(beside) else None
        pieces.append(f"<{name}")
        # In the order of HL7's own files: the id, then the value.
        rest = dict(more) if isinstance(more, dict) else {}
        if "id" in rest:
            pieces.append(f' id="{_text(rest.pop("id"), f"{place}.id")}"')
        if value is not None:
            pieces.append(f' value="{_text(value, place)}"')
        _write_members(rest, name, "Element", version, pieces, place)


def _text(value: Any, place: str) -> str:
    if isinstance(value, str):
        if found := FORBIDDEN.search(value):
            raise Unwritten(place, f"XML has no form for the character U+{ord(found[0]):04X}")
        return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise Unwritten(place, f"expected a value, found {type(value).__name__}")


def _narrative(value: Any, place: str) -> str:
    """The XHTML of a narrative as it is; entities of HTML, which XML lacks, as characters."""
    if not isinstance(value, str):
        raise Unwritten(place, "expected the XHTML of a narrative")
    text = _ENTITY.sub(_character, value).strip()
    try:
        root = parse(text.encode("utf-8", "surrogatepass"))
    except (ReadError, UnicodeDecodeError) as error:
        raise Unwritten(place, f"the narrative is not well formed: {error}") from error
    if root.tag != f"{{{XHTML}}}div":
        raise Unwritten(place, f'expected <div xmlns="{XHTML}">')
    return text[text.index("<div") :] if text.startswith("<?") and "<div" in text else text


def _character(found: re.Match[str]) -> str:
    point = html.entities.name2codepoint.get(found[1])
    return found[0] if point is None or found[1] in _OF_XML else f"&#{point};"


# --- reading -----------------------------------------------------------------------------------


def read(data: bytes, version: Version) -> dict[str, Any]:
    """The tree that the JSON of the same resource has; decimals are Decimal, with their digits.

    What the definitions do not have is in the tree under its own name, for who checks or reads it.
    Raises ReadError if the bytes are no XML, or no resource of FHIR.
    """
    data = utf_8(data)
    root = parse(data)
    return _Reader(version, _narratives(data)).resource(root)


class _Reader:
    def __init__(self, version: Version, narratives: Iterator[str]) -> None:
        self._version: Version = version
        self._narratives = narratives

    def resource(self, element: "_Element") -> dict[str, Any]:
        type_ = self._name(element)
        return {"resourceType": type_, **self._members(element, type_)}

    def _name(self, element: "_Element") -> str:
        tag = str(element.tag)
        if not tag.startswith(_FHIR):
            namespace, _, name = tag.rpartition("}")
            found = f"of namespace {namespace[1:]!r}" if namespace else "of no namespace"
            raise _unread(element, f"<{name}> is {found}, expected {NAMESPACE!r}")
        return tag.removeprefix(_FHIR)

    def _members(self, element: "_Element", path: str) -> dict[str, Any]:
        known = _elements(self._version, path) or {}
        node: dict[str, Any] = {}
        for name, value in element.attrib.items():
            if not str(name).startswith("{"):
                node[str(name)] = str(value)
        self._no_text(element)
        for child in element:
            if child.tag == f"{{{XHTML}}}div":
                node["div"] = self._narrative(child)
                continue
            name = self._name(child)
            found = known.get(name) or Element(0, name, "", False, False, False)
            if found.primitive or (not found.type and "value" in child.attrib):
                self._primitive(node, child, found)
            elif found.type == _RESOURCE:
                inner = self._contained(child)
                _put(node, found, inner)
            else:
                _put(node, found, self._members(child, found.type))
        return node

    def _contained(self, element: "_Element") -> dict[str, Any]:
        self._no_text(element)
        if len(element) != 1:
            found = f"{len(element)} elements in <{self._name(element)}>"
            raise _unread(element, f"{found}, expected one resource")
        return self.resource(element[0])

    def _primitive(self, node: dict[str, Any], element: "_Element", known: Element) -> None:
        more = self._members(element, "Element")
        value = _valued(more.pop("value", None), known.type)
        name = known.name
        if not known.repeats and name not in node and f"_{name}" not in node:
            if value is not None:
                node[name] = value
            if more:
                node[f"_{name}"] = more
            return
        # Values and what stands beside them are two lists of one length, if there are both.
        values, beside = _list(node.get(name)), _list(node.get(f"_{name}"))
        before = max(len(values), len(beside))
        values += [None] * (before - len(values)) + [value]
        beside += [None] * (before - len(beside)) + [more or None]
        both = {name: values, f"_{name}": beside}
        node |= {key: found for key, found in both.items() if any(one is not None for one in found)}

    def _no_text(self, element: "_Element") -> None:
        for text in (element.text, *(child.tail for child in element)):
            if text and not text.isspace():
                name = self._name(element)
                raise _unread(element, f'<{name}> has a text, expected an attribute value="..."')

    def _narrative(self, element: "_Element") -> str:
        whole = next(self._narratives, "")
        if _declares(whole):
            return whole
        from lxml import etree  # type: ignore[import-untyped]

        element.tail = None
        text: str = etree.tostring(element, encoding="unicode")
        return text


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _put(node: dict[str, Any], known: Element, value: Any) -> None:
    if known.repeats:
        node.setdefault(known.name, []).append(value)
    elif known.name in node:
        # Too many of them: a list where JSON has none, which the check minds.
        node[known.name] = [*_list(node[known.name]), value]
    else:
        node[known.name] = value


def _valued(text: str | None, type_: str) -> Any:
    """A value as JSON has it; a text that is none of its type stays one, which the check minds."""
    if text is None:
        return None
    if type_ == "boolean":
        return _BOOLEANS.get(text, text)
    if type_ in _INTEGERS and _INTEGER.fullmatch(text):
        return int(text)
    if type_ == "decimal" and _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def _declares(div: str) -> bool:
    """Tell if XHTML stands for itself, with its namespace."""
    start = div.partition(">")[0]
    return (
        start.startswith("<div")
        and f'xmlns="{XHTML}"' in start
        and not re.search(r"<[A-Za-z]+:", div)
    )


def _narratives(data: bytes) -> Iterator[str]:
    """The source of each narrative, in their order; it has no other element of that name."""
    depth, start = 0, 0
    for found in _DIVS.finditer(data):
        token = found[0]
        if token.startswith((b"<!", b"<?")):
            continue
        if token.startswith(b"</"):
            depth -= 1
            if depth == 0:
                yield data[start : found.end()].decode()
        elif token.endswith(b"/>"):
            if depth == 0:
                yield token.decode()
        else:
            if depth == 0:
                start = found.start()
            depth += 1


def _unread(element: "_Element", message: str) -> ReadError:
    return ReadError(
        [
            Problem(
                severity="fatal",
                layer="read",
                path=line_of(element),
                code="not-fhir",
                message=message,
                link=LINK,
            )
        ]
    )


# --- JSON, for those who take bytes ------------------------------------------------------------

_JSON: Final = msgspec.json.Encoder(decimal_format="number")
_EXACT: Final = msgspec.json.Decoder(float_hook=Decimal)


def to_json(data: bytes, version: Version) -> bytes:
    """The JSON of a resource in XML. Raises ReadError as `read` does."""
    return _JSON.encode(read(data, version))


def to_xml(data: bytes, version: Version) -> bytes:
    """The XML of a resource in JSON, each decimal with its digits. Raises Unwritten."""
    return write(_EXACT.decode(data), version)


def outline(data: bytes) -> bytes:
    """JSON that tells the version as the document does: what it states, names and codes.

    Raises ReadError if the bytes are no XML.
    """
    root = parse(data)
    sketch: dict[str, Any] = {"resourceType": _local(root)}
    for name in ("fhirVersion", "meta"):
        for child in root.findall(f"{_FHIR}{name}"):
            profiles = [one.get("value", "") for one in child.findall(f"{_FHIR}profile")]
            sketch[name] = child.get("value") or {"profile": profiles}
    if _local(root) == "Bundle":
        inner = root.findall(f"{_FHIR}entry/{_FHIR}resource/*")
        sketch["entry"] = [{"resource": _sketch(one)} for one in inner]
    else:
        sketch |= _sketch(root)
    if CROSS_VERSION.encode() in data:
        sketch["_"] = CROSS_VERSION
    return msgspec.json.encode(sketch)


def _sketch(resource: "_Element") -> dict[str, Any]:
    children = {_local(child): child.get("value") for child in resource}
    return {**children, "resourceType": _local(resource)}


def _local(element: "_Element") -> str:
    return str(element.tag).rpartition("}")[2]
