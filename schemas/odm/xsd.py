"""The layer `xsd`: what libxml2 says of a document by the official XSD, put into words.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

import os
import re
from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from trialbridge.schemas.odm.digests.document import (
    MOST_PROBLEMS,
    PREFIXES,
    SHOWN,
    Document,
    either,
    local_name,
    name_of,
    problem,
    shortened,
    too_many,
    xsd_path,
)
from trialbridge.schemas.once import once
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax import xml

if TYPE_CHECKING:
    from lxml.etree import XMLSchema, _Element, _LogEntry  # type: ignore[import-untyped]

# libxml2 counts an element's siblings for each problem, so a long list of faulty ones would take
# hours. Documents of more elements are first read line by line, until there are too many problems.
MOST_AT_ONCE: Final = 4_000
_PIECE: Final = 4_096


class _Schema(NamedTuple):
    compiled: "XMLSchema"
    # A compiled schema keeps the problems of its last document.
    lock: Lock


def _schema(version: str) -> _Schema:
    # A lock that another thread held at a fork stays held in the child for ever: it makes its own.
    return _compiled(version, os.getpid())


@once
def _compiled(version: str, process: int) -> _Schema:
    from lxml import etree  # type: ignore[import-untyped]

    path = xsd_path(version)
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return _Schema(etree.XMLSchema(etree.parse(path, parser)), Lock())


def valid(root: "_Element", data: bytes | None, version: str) -> bool:
    """Tell whether the XSD has nothing to say of a document; False too if it is large, and what it
    was parsed from is not at hand.
    """
    schema = _schema(version)
    if _is_large(root):
        return data is not None and not any(_said_of_pieces(data, schema))
    with schema.lock:
        said: bool = schema.compiled.validate(root)
    return said


def _is_large(root: "_Element") -> bool:
    return bool(root.xpath("count(//*)") > MOST_AT_ONCE)


class _Finding(NamedTuple):
    """A problem of the XSD, put into words; `unique` are the attributes that a constraint names."""

    code: str
    message: str
    attribute: str | None = None
    unique: tuple[str, ...] = ()


_SUBJECT: Final = re.compile(
    r"Element '(?P<element>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: (?P<rest>.*)", re.DOTALL
)
_EXPECTED: Final = re.compile(r"Expected is (?:one of )?\( (.*?) \)")
_VALUE: Final = re.compile(r"(?:The value )?'(?P<value>.*)' is not a", re.DOTALL)
_SET: Final = re.compile(r"is not an element of the set \{(.*)\}", re.DOTALL)
_PATTERN: Final = re.compile(r"not accepted by the pattern '(.*)'")
_TYPE: Final = re.compile(r"of the (?:local )?(?:atomic|union|list) type(?: '(?P<type>[^']*)')?")
_DUPLICATE: Final = re.compile(r"Duplicate key-sequence \[(?P<values>.*)\] in .*'(?P<name>[^']*)'")
_NOT_ALLOWED: Final = re.compile(r"The attribute '(?P<attribute>[^']*)' is not allowed")
_REQUIRED: Final = re.compile(r"The attribute '(?P<attribute>[^']*)' is required but missing")

# What the simple types want, where the name of the type does not say it.
_FORMS: Final = {
    "oid": "one character or more",
    "oidref": "one character or more",
    "name": "one character or more",
    "value": "a value",
    "datetime": "a real date and time, YYYY-MM-DDThh:mm:ss with or without a time zone",
    "date": "a real date, YYYY-MM-DD",
    "positiveInteger": "a whole number from 1",
    "integer": "a whole number",
    "subjectKey": "one character or more",
    "repeatKey": "one character or more",
    "sasName": "a SAS name: at most 8 letters, digits and _, no digit first",
    "durationDatetime": "a duration of ISO 8601, such as P7D",
    "ID": "a name that begins with a letter or _",
    "IDREF": "a name that begins with a letter or _",
}


def by_xsd(root: "_Element", data: bytes | None, document: "Document") -> list[Problem]:
    schema = _schema(document.version)
    if _is_large(root):
        many = _by_line(root, data, schema, document)
        if many is not None:
            return many
    with schema.lock:
        if schema.compiled.validate(root):
            return []
        entries = list(schema.compiled.error_log)
    tree, problems = root.getroottree(), dict[Problem, None]()
    # libxml2 names elements of other namespaces by the prefixes that the document gives them.
    prefixes: dict[str, str] = {}
    for node in root.iter("*"):
        if node.prefix:
            prefixes.setdefault(node.prefix, node.nsmap[node.prefix])
    explained: set[tuple[_Element, str | None]] = set()
    for entry in entries[:MOST_PROBLEMS]:
        found = tree.xpath(entry.path, namespaces=prefixes) if entry.path else []
        element = found[0] if found else root
        finding = _put(entry, element, document)
        # libxml2 tells which facet fails and then, once more, that the value is wrong.
        if finding.code == "type" and (element, finding.attribute) in explained:
            continue
        explained.add((element, finding.attribute))
        if any((element, each) in document.told for each in (finding.attribute, *finding.unique)):
            continue
        path = document.places.path(element, finding.attribute)
        message, code = finding.message, finding.code
        problems[problem("error", "xsd", path, code, message, document.link)] = None
    if len(entries) > MOST_PROBLEMS:
        problems[too_many(xml.line_of(root), "xsd", document.link)] = None
    return list(problems)


def _by_line(
    root: "_Element", data: bytes | None, schema: _Schema, document: "Document"
) -> list[Problem] | None:
    """Give the problems of a document that has too many, each with its line; else None."""
    from lxml import etree

    if data is None:
        data = etree.tostring(root, encoding="utf-8")
    problems: list[Problem] = []
    for number, entries in _said_of_pieces(data, schema):
        for entry in entries:
            finding = _put(entry, None, document)
            path = f"line {number}"
            problems.append(
                problem("error", "xsd", path, finding.code, finding.message, document.link)
            )
        if len(problems) > MOST_PROBLEMS:
            last = too_many(f"line {number}", "xsd", document.link)
            return [*problems[:MOST_PROBLEMS], last]
    return None


def _said_of_pieces(data: bytes, schema: _Schema) -> "Iterator[tuple[int, list[_LogEntry]]]":
    """Give what the XSD says of a document while it is read, each time with the line."""
    from lxml import etree

    parser = etree.XMLParser(
        schema=schema.compiled,
        encoding="utf-8",
        no_network=True,
        resolve_entities=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    counted = 0
    for number, line in enumerate(xml.utf_8(data).splitlines(keepends=True), start=1):
        # A document may be one line.
        for start in range(0, len(line), _PIECE):
            parser.feed(line[start : start + _PIECE])
            log = parser.feed_error_log
            if len(log) > counted:
                entries, counted = list(log)[counted:], len(log)
                yield number, entries


def _put(entry: "_LogEntry", element: "_Element | None", document: "Document") -> _Finding:
    """Put what libxml2 says into words."""
    subject = _SUBJECT.match(entry.message)
    if not subject:
        return _Finding("xsd", _clean(entry.message))
    name, attribute, rest = subject["element"], subject["attribute"], subject["rest"]
    shown, type_name = name_of(name), str(entry.type_name).removeprefix("SCHEMAV_")
    if required := _REQUIRED.search(rest):
        missing = name_of(required["attribute"])
        message = f"<{shown}> has no {missing}, which is required"
        return _Finding("missing-attribute", message, required["attribute"])
    if unknown := _NOT_ALLOWED.search(rest):
        allowed = document.digest.elements.get(local_name(name))
        message = f"<{shown}> has no attribute {name_of(unknown['attribute'])}"
        if allowed:
            message += (
                f", expected {either(allowed.attributes)}"
                if allowed.attributes
                else ", expected no attribute"
            )
        return _Finding("unknown-attribute", message, unknown["attribute"])
    if duplicate := _DUPLICATE.search(rest):
        constraint = local_name(duplicate["name"])
        where, *fields = document.digest.unique.get(constraint, "").split()
        parent, _, child = where.partition("/")
        message = (
            f"{' and '.join(fields)} {_clean(duplicate['values'])} stands twice among"
            f" <{child}> of <{parent}>, expected it once ({constraint})"
        )
        return _Finding("duplicate", message, fields[0] if fields else None, tuple(fields))
    if type_name == "ELEMENT_CONTENT":
        return _content(name, rest, element, document)
    if "Character content" in rest:
        facts = document.digest.elements.get(local_name(name))
        wanted = "child elements alone" if facts and facts.children else "nothing in it"
        message = f"<{shown}> has text, expected {wanted}"
        return _Finding("text", message)
    if "content is not allowed" in rest:
        return _Finding("text", f"<{shown}> has content, expected nothing in it")
    return _value(shown, attribute, rest, element)


def _content(name: str, rest: str, element: "_Element | None", document: "Document") -> _Finding:
    expected = _EXPECTED.search(rest)
    names = [name_of(each.strip()) for each in expected[1].split(",")] if expected else []
    # A wildcard is told as `##other{...}*`; ODM has none.
    wanted = either(f"<{each}>" for each in names) if names else "no more elements"
    shown = name_of(name)
    if "Missing child" in rest:
        return _Finding("missing-element", f"<{shown}> is incomplete, expected {wanted}")
    above = element.getparent() if element is not None else None
    facts = document.digest.elements.get(local_name(above.tag)) if above is not None else None
    if facts and shown in facts.children:
        repeated = (
            not facts.children[shown]
            and element is not None
            and next(element.itersiblings(element.tag, preceding=True), None) is not None
        )
        message = f"<{shown}> stands {'twice' if repeated else 'out of order'}, expected {wanted}"
        return _Finding("order", message)
    message = f"<{shown}> is not expected here, expected {wanted}"
    return _Finding("unknown-element", message)


def _value(
    shown: str,
    attribute: str | None,
    rest: str,
    element: "_Element | None",
) -> _Finding:
    if element is not None and attribute is not None and attribute in element.attrib:
        value = str(element.get(attribute))
    elif element is not None and attribute is None:
        value = element.text or ""
    else:
        found = _VALUE.search(rest)
        value = found["value"] if found else ""
    subject = f"{name_of(attribute)} of <{shown}>" if attribute else f"the text of <{shown}>"
    allowed = _SET.search(rest)
    type_ = _TYPE.search(rest)
    said = f"{subject} is {shortened(value)!r}"
    if allowed:
        terms = re.findall(r"'([^']*)'", allowed[1])
        return _Finding("enumeration", f"{said}, expected {either(terms)}", attribute)
    local = local_name(str(type_["type"])).removeprefix("xs:") if type_ and type_["type"] else ""
    if "[facet " in rest:
        pattern = _PATTERN.search(rest)
        wanted = f"the pattern {pattern[1]}" if pattern else _clean(rest)
        if "'minLength'" in rest:
            wanted = "one character or more"
        code = "empty" if not value else "form"
        return _Finding(code, f"{said}, expected {wanted}", attribute)
    wanted = _FORMS.get(local, f"a value of the type {local}" if local else "another value")
    return _Finding("type", f"{said}, expected {wanted}", attribute)


def _clean(message: str) -> str:
    """Take the namespaces out of a message of libxml2."""
    for namespace, prefix in PREFIXES.items():
        message = message.replace(f"{{{namespace}}}", prefix)
    message = message.replace("{http://www.w3.org/2001/XMLSchema}", "xs:")
    return message if len(message) <= 4 * SHOWN else f"{message[: 4 * SHOWN]}..."
