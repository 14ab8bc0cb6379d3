"""Is this CDISC ODM valid? Versions 2.0 and 1.3.2, in three layers.

`xsd`: the official XSD, unmodified, as odmlib ships it. `references`: what the XSD cannot say, that
no OID stands twice in its scope, and that each reference finds an element of the right kind.
`rules`: what else the specification demands of the elements that trials are written in.

The path of a problem is the line and the place: `line 12: ODM/Study/MetaDataVersion/Protocol/
StudyStructure/Arm[2]/@Name`, with a number where elements of one name stand side by side. The line
is that in which the element's start tag ends.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from trialbridge.schemas import xml
from trialbridge.schemas.cdisc_codes import CDISC, EARLY_PHASE_1, PARAMETERS, PHASE
from trialbridge.schemas.problem import Problem, ReadError, Severity

if TYPE_CHECKING:
    from lxml.etree import XMLSchema, _Element, _LogEntry  # type: ignore[import-untyped]

NAMESPACES: Final = {
    "2.0": "http://www.cdisc.org/ns/odm/v2.0",
    "1.3.2": "http://www.cdisc.org/ns/odm/v1.3",
}
SPECIFICATIONS: Final = {
    "2.0": "https://wiki.cdisc.org/display/PUB/ODM+v2.0",
    "1.3.2": "https://www.cdisc.org/standards/data-exchange/odm-xml/odm-xml-v1-3-2",
}

SOURCE: Final = "odmlib"
XSDS: Final = {"2.0": "ODM.xsd", "1.3.2": "ODM1-3-2.xsd"}

MOST_PROBLEMS: Final = 1_000
"""How many problems of the XSD are told."""

# libxml2 counts an element's siblings for each problem, so a long list of faulty ones would take
# hours. Documents of more elements are first read line by line, until there are too many problems.
_LARGE: Final = 4_000
_PIECE: Final = 4_096

_SHOWN: Final = 80
_LISTED: Final = 12
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_PREFIXES: Final = {
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://www.w3.org/1999/xlink": "xlink:",
    "http://www.w3.org/2000/09/xmldsig#": "ds:",
    **dict.fromkeys(NAMESPACES.values(), ""),
}

# https://www.rfc-editor.org/rfc/rfc5646#section-2.1
LANGUAGE: Final = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+|i-[a-z]+",
    re.IGNORECASE,
)
# https://www.rfc-editor.org/rfc/rfc6838#section-4.2
MEDIA_TYPE: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?:\s*;.*)?"
)
# https://www.rfc-editor.org/rfc/rfc3986#section-4.3
ABSOLUTE_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")

# The XSD has the terms of C66737 as they were, `PHASE I TRIAL`; CDISC's terminology now says `I`,
# and `EARLY PHASE I` for `PHASE 0 TRIAL`.
# https://evs.nci.nih.gov/ftp1/CDISC/SDTM/
_RENAMED_PHASE: Final = EARLY_PHASE_1.value

# What stands outside all studies, and may be in another file if this one has none of it.
_ADMINISTRATIVE: Final = ("User", "Organization", "Location", "SignatureDef")
_BY_ID: Final = ("Leaf", "AuditRecord", "Signature", "Annotation")
_FIRM: Final = ("Study", "MetaDataVersion", *_ADMINISTRATIVE, *_BY_ID)
# These name other files' studies by their nature.
_ELSEWHERE: Final = ("Include", "SourceItem")
# A query's OID is nobody's target.
_UNNAMED: Final = ("Query",)

# Forms, items and workflows, which a trial record does not have, are published as excerpts: CDISC's
# own examples name conditions, items and code lists that they leave out, and have a transition
# twice. So what is missing there is a warning, as is what the data of subjects name wrongly.
_EXCERPTED: Final = (
    "CodeListRef",
    "DefaultTransition",
    "FormRef",
    "ItemGroupRef",
    "ItemRef",
    "RangeCheck",
    "TargetTransition",
    "Transition",
    "WorkflowEnd",
    "WorkflowStart",
)
_NUMBERS: Final = ("OrderNumber", "SequenceNumber")
_OF_WORKFLOWS: Final = ("Branching", "Transition")
_DATA: Final = ("ClinicalData", "ReferenceData")
_TOP: Final = ("Study", "AdminData", *_DATA, "Association")


class Attribute(NamedTuple):
    """What the XSD says of an attribute, and the elements that it may refer to by OID or ID."""

    required: bool
    type: str
    targets: tuple[str, ...]


class Element(NamedTuple):
    """What the XSD says of an element, attributes and children in its order.

    `children` tells of each whether it may stand more than once; `text` whether the element has
    text; `oid` whether its OID or ID is a name that others refer to. An element of another
    namespace is named with a prefix: `xhtml:div`.
    """

    attributes: Mapping[str, Attribute]
    children: Mapping[str, bool]
    text: bool
    oid: bool


class Digest(NamedTuple):
    """The digest of a version: elements, constraints and terms (`build_elements.py`)."""

    elements: Mapping[str, Element]
    unique: Mapping[str, str]
    terms: Mapping[str, list[str]]


def elements(version: str = "2.0") -> Mapping[str, Element]:
    """Give what the official XSD says of each element."""
    return digest(version).elements


def xsd_path(version: str) -> Path:
    """Tell where odmlib keeps the official XSD. It is not imported: its models take 0.1 s.

    Raises ModuleNotFoundError if odmlib is not installed.
    """
    spec = find_spec(SOURCE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{SOURCE}, which has the XSDs of ODM, is not installed")
    return Path(spec.submodule_search_locations[0], "schemas", "odm", version, XSDS[version])


def digest_path(version: str) -> Path:
    """Tell where the digest of a version is."""
    return Path(__file__).with_name(f"v{version.replace('.', '_')}_elements.json")


@cache
def digest(version: str) -> Digest:
    """Load the digest of the XSD of a version."""
    stored: dict[str, Any] = msgspec.json.decode(digest_path(version).read_bytes())
    found = {}
    for name, (attributes, children, text) in stored["elements"].items():
        rows: dict[str, Attribute] = {}
        for row in attributes.split():
            key, _, type_ = row.partition("=")
            type_, _, targets = type_.partition(">")
            kinds = tuple(targets.split("|")) if targets else ()
            rows[key.removesuffix("!")] = Attribute(key.endswith("!"), type_, kinds)
        found[name] = Element(
            rows,
            {child.rstrip("?*+"): child.endswith(("*", "+")) for child in children.split()},
            text,
            any((key, row.type) in (("OID", "oid"), ("ID", "xs:ID")) for key, row in rows.items()),
        )
    return Digest(found, stored["unique"], stored["terms"])


class _Tags(NamedTuple):
    """The tags of elements that have an OID or refer to one, and of those that have rules."""

    naming: tuple[str, ...]
    ruled: tuple[str, ...]


@cache
def _tags(version: str) -> _Tags:
    naming, ruled = [], []
    for name, element in elements(version).items():
        tag = f"{{{NAMESPACES[version]}}}{name}"
        if element.oid or any(row.targets for row in element.attributes.values()):
            naming.append(tag)
        if name in _RULES or any(number in element.attributes for number in _NUMBERS):
            ruled.append(tag)
    return _Tags(tuple(naming), tuple(ruled))


def version_of(namespace: str) -> str | None:
    """Tell the version of ODM by the namespace; None if it is another."""
    return next((version for version, known in NAMESPACES.items() if known == namespace), None)


def check(data: bytes, version: str | None = None, *, deep: bool = False) -> list[Problem]:
    """Check the bytes of an ODM document, as `validate` does; `deep` asks odmlib as well.

    Bytes that are no XML have no problems here: reading them says what is wrong.
    """
    try:
        root = xml.parse(data)
    except ReadError:
        return []
    problems = _validate(root, data, version)
    if deep:
        from trialbridge.schemas.odm.opinion import opinions

        problems += opinions(root, data, problems)
    return problems


def validate(source: "bytes | _Element", version: str | None = None) -> list[Problem]:
    """Give all problems of an ODM document, given as bytes or as its root element.

    `version` is the one that it has to be; without it the root's namespace tells. Bytes that cannot
    be parsed are one fatal problem.
    """
    if not isinstance(source, bytes):
        return _validate(source, None, version)
    try:
        root = xml.parse(source)
    except ReadError as error:
        return error.problems
    return _validate(root, source, version)


class Places:
    """The paths of elements in one document: what is counted for one is kept for the next."""

    def __init__(self) -> None:
        self._steps: dict[_Element, dict[_Element, str]] = {}

    def path(self, element: "_Element", attribute: str | None = None) -> str:
        """Tell where an element, or an attribute of it, stands, in the form of a problem's path."""
        steps = [f"@{_name(attribute)}"] if attribute else []
        node = element
        while (above := node.getparent()) is not None:
            if above not in self._steps:
                self._steps[above] = _steps(above)
            steps.append(self._steps[above][node])
            node = above
        steps.append(_name(node.tag))
        return f"{xml.line_of(element)}: {'/'.join(reversed(steps))}"


def _steps(parent: "_Element") -> dict["_Element", str]:
    """Name each child, with a number where there are several of the name."""
    # A tree that was parsed elsewhere may have comments in it.
    children = list(parent.iterchildren("*"))
    totals, seen = Counter(child.tag for child in children), Counter[str]()
    steps = {}
    for child in children:
        seen[child.tag] += 1
        number = f"[{seen[child.tag]}]" if totals[child.tag] > 1 else ""
        steps[child] = _name(child.tag) + number
    return steps


def _validate(root: "_Element", data: bytes | None, version: str | None) -> list[Problem]:
    namespace, _, name = str(root.tag).rpartition("}")
    namespace = namespace.removeprefix("{")
    found = version_of(namespace)
    wanted = version or found
    if found is None or found != wanted or name not in elements(found):
        known = [wanted] if wanted else list(NAMESPACES)
        shown = _shown(namespace) or "no namespace"
        message = f"the root is <{_shown(name)}> of {shown}, expected <ODM> of " + _either(
            f"{NAMESPACES[each]} (ODM {each})" for each in known
        )
        path = f"{xml.line_of(root)}: {_shown(name)}"
        return [_problem("error", "xsd", path, "namespace", message, SPECIFICATIONS[known[0]])]
    document = _Document(found, digest(found), SPECIFICATIONS[found])
    document.index(root)
    document.resolve()
    document.rules(root)
    return [*_by_xsd(root, data, document), *document.problems]


def _problem(
    severity: Severity, layer: str, path: str, code: str, message: str, link: str
) -> Problem:
    return Problem(severity=severity, layer=layer, path=path, code=code, message=message, link=link)


def _local(tag: str) -> str:
    return tag[tag.rfind("}") + 1 :]


def _name(tag: str) -> str:
    """Name an element or attribute: ODM's own bare, others with a prefix or their namespace."""
    namespace, _, name = tag.rpartition("}")
    namespace = namespace.removeprefix("{")
    if not namespace:
        return _shown(name)
    return _PREFIXES.get(namespace, f"{{{namespace}}}") + _shown(name)


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."


def _either(names: Iterable[str]) -> str:
    """List names for a message: `A, B or C`."""
    listed = list(names)
    if len(listed) > _LISTED:
        listed = [*listed[:_LISTED], f"{len(listed) - _LISTED} more"]
    return " or ".join([", ".join(listed[:-1]), listed[-1]] if listed[1:] else listed)


# --- the layer xsd ---


class _Schema(NamedTuple):
    compiled: "XMLSchema"
    # A compiled schema keeps the problems of its last document.
    lock: Lock


@cache
def _schema(version: str) -> _Schema:
    from lxml import etree  # type: ignore[import-untyped]

    path = xsd_path(version)
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return _Schema(etree.XMLSchema(etree.parse(path, parser)), Lock())


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


def _by_xsd(root: "_Element", data: bytes | None, document: "_Document") -> list[Problem]:
    schema = _schema(document.version)
    if sum(1 for _ in root.iter()) > _LARGE:
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
        problems[_problem("error", "xsd", path, code, message, document.link)] = None
    if len(entries) > MOST_PROBLEMS:
        problems[_too_many(xml.line_of(root), "xsd", document.link)] = None
    return list(problems)


def _too_many(path: str, layer: str, link: str) -> Problem:
    message = f"there are more than {MOST_PROBLEMS:,} problems: the others are not told"
    return _problem("error", layer, path, "too-many", message, link)


def _by_line(
    root: "_Element", data: bytes | None, schema: _Schema, document: "_Document"
) -> list[Problem] | None:
    """Give the problems of a document that has too many, each with its line; else None."""
    from lxml import etree

    text = xml.utf_8(data) if data is not None else etree.tostring(root, encoding="utf-8")
    parser = etree.XMLParser(
        schema=schema.compiled,
        encoding="utf-8",
        no_network=True,
        resolve_entities=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    problems: list[Problem] = []
    counted = 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        # A document may be one line.
        for start in range(0, len(line), _PIECE):
            parser.feed(line[start : start + _PIECE])
            log = parser.feed_error_log
            if len(log) == counted:
                continue
            entries, counted = list(log)[counted:], len(log)
            for entry in entries:
                finding = _put(entry, None, document)
                path = f"line {number}"
                problems.append(
                    _problem("error", "xsd", path, finding.code, finding.message, document.link)
                )
            if len(problems) > MOST_PROBLEMS:
                last = _too_many(f"line {number}", "xsd", document.link)
                return [*problems[:MOST_PROBLEMS], last]
    return None


def _put(entry: "_LogEntry", element: "_Element | None", document: "_Document") -> _Finding:
    """Put what libxml2 says into words."""
    subject = _SUBJECT.match(entry.message)
    if not subject:
        return _Finding("xsd", _clean(entry.message))
    name, attribute, rest = subject["element"], subject["attribute"], subject["rest"]
    shown, type_name = _name(name), str(entry.type_name).removeprefix("SCHEMAV_")
    if required := _REQUIRED.search(rest):
        missing = _name(required["attribute"])
        message = f"<{shown}> has no {missing}, which is required"
        return _Finding("missing-attribute", message, required["attribute"])
    if unknown := _NOT_ALLOWED.search(rest):
        allowed = document.digest.elements.get(_local(name))
        message = f"<{shown}> has no attribute {_name(unknown['attribute'])}"
        if allowed:
            message += (
                f", expected {_either(allowed.attributes)}"
                if allowed.attributes
                else ", expected no attribute"
            )
        return _Finding("unknown-attribute", message, unknown["attribute"])
    if duplicate := _DUPLICATE.search(rest):
        constraint = _local(duplicate["name"])
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
        facts = document.digest.elements.get(_local(name))
        wanted = "child elements alone" if facts and facts.children else "nothing in it"
        message = f"<{shown}> has text, expected {wanted}"
        return _Finding("text", message)
    if "content is not allowed" in rest:
        return _Finding("text", f"<{shown}> has content, expected nothing in it")
    return _value(shown, attribute, rest, element)


def _content(name: str, rest: str, element: "_Element | None", document: "_Document") -> _Finding:
    expected = _EXPECTED.search(rest)
    names = [_name(each.strip()) for each in expected[1].split(",")] if expected else []
    # A wildcard is told as `##other{...}*`; ODM has none.
    wanted = _either(f"<{each}>" for each in names) if names else "no more elements"
    shown = _name(name)
    if "Missing child" in rest:
        return _Finding("missing-element", f"<{shown}> is incomplete, expected {wanted}")
    above = element.getparent() if element is not None else None
    facts = document.digest.elements.get(_local(above.tag)) if above is not None else None
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
    subject = f"{_name(attribute)} of <{shown}>" if attribute else f"the text of <{shown}>"
    allowed = _SET.search(rest)
    type_ = _TYPE.search(rest)
    said = f"{subject} is {_shown(value)!r}"
    if allowed:
        terms = re.findall(r"'([^']*)'", allowed[1])
        return _Finding("enumeration", f"{said}, expected {_either(terms)}", attribute)
    local = _local(str(type_["type"])).removeprefix("xs:") if type_ and type_["type"] else ""
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
    for namespace, prefix in _PREFIXES.items():
        message = message.replace(f"{{{namespace}}}", prefix)
    message = message.replace("{http://www.w3.org/2001/XMLSchema}", "xs:")
    return message if len(message) <= 4 * _SHOWN else f"{message[: 4 * _SHOWN]}..."


# --- the layers references and rules ---


@dataclass(slots=True)
class _Version:
    """A MetaDataVersion: what it defines, and what it includes, by study and version."""

    definitions: dict[str, list["_Element"]] = field(default_factory=dict)
    include: tuple[str, str] | None = None


@dataclass(slots=True)
class _Study:
    versions: dict[str, _Version] = field(default_factory=dict)
    definitions: dict[str, list["_Element"]] = field(default_factory=dict)


class _Reference(NamedTuple):
    """A reference: `study` and `version` are those that it stands in."""

    element: "_Element"
    name: str
    attribute: str
    targets: tuple[str, ...]
    study: _Study | None
    version: _Version | None
    in_data: bool


@dataclass(slots=True)
class _Document:
    """What is defined where in a document, what refers to what, and what is wrong with it."""

    version: str
    digest: Digest
    link: str
    problems: list[Problem] = field(default_factory=list)
    untold: bool = False
    places: Places = field(default_factory=Places)
    studies: dict[str, _Study] = field(default_factory=dict)
    administrative: dict[str, list["_Element"]] = field(default_factory=dict)
    ids: dict[str, list["_Element"]] = field(default_factory=dict)
    references: list[_Reference] = field(default_factory=list)
    # Elements and attributes of which all is said, so that the XSD's word is not told too.
    told: set[tuple["_Element", str | None]] = field(default_factory=set)
    # The texts by the element that they translate, language and media type.
    texts: dict[tuple["_Element | None", str | None, str | None], "_Element"] = field(
        default_factory=dict
    )
    has_administrative: bool = False
    # What a file does not have may be in the one before it.
    partial: bool = False

    def report(
        self,
        severity: Severity,
        layer: str,
        element: "_Element",
        attribute: str | None,
        code: str,
        message: str,
    ) -> None:
        if len(self.problems) >= MOST_PROBLEMS:
            self.untold = True
            return
        path = self.places.path(element, attribute)
        self.problems.append(_problem(severity, layer, path, code, message, self.link))

    def index(self, root: "_Element") -> None:
        """Gather definitions by scope, and references."""
        self.partial = "PriorFileOID" in root.attrib or root.get("FileType") == "Transactional"
        prefix = f"{{{NAMESPACES[self.version]}}}"
        # Without an ODM or a Study around it, a MetaDataVersion is of some study.
        study: _Study | None = _Study() if root.tag == f"{prefix}MetaDataVersion" else None
        version: _Version | None = None
        in_data = False
        for element in root.iter(*_tags(self.version).naming):
            name = element.tag[len(prefix) :]
            facts = self.digest.elements[name]
            if name in _TOP:
                study = version = None
                in_data = name in _DATA
                self.has_administrative = self.has_administrative or name == "AdminData"
            if name == "Study":
                study = self._study(element)
            elif name == "MetaDataVersion":
                version = self._version(element, study)
            elif name == "Include" and version is not None:
                oids = (element.get("StudyOID", ""), element.get("MetaDataVersionOID", ""))
                version.include = oids
            elif facts.oid and name not in _UNNAMED:
                self._define(element, name, study, version)
            for attribute in element.attrib:
                row = facts.attributes.get(attribute)
                if row and row.targets:
                    self.references.append(
                        _Reference(element, name, attribute, row.targets, study, version, in_data)
                    )

    def _study(self, element: "_Element") -> _Study:
        oid, study = element.get("OID", ""), _Study()
        if oid in self.studies:
            self._twice(element, "OID", "the file")
        return self.studies.setdefault(oid, study)

    def _version(self, element: "_Element", study: _Study | None) -> _Version:
        oid, version = element.get("OID", ""), _Version()
        if study is None:
            return version
        if oid in study.versions:
            self._twice(element, "OID", "the Study")
            return version
        return study.versions.setdefault(oid, version)

    def _define(
        self, element: "_Element", name: str, study: _Study | None, version: _Version | None
    ) -> None:
        if element.get("ID"):
            # XML itself demands that no ID stands twice in a document.
            self._add(self.ids, element, "ID", "the file", any_kind=True)
        if not element.get("OID"):
            return
        if version is not None:
            where = "the MetaDataVersion"
            self._add(version.definitions, element, "OID", where, any_kind=True)
        elif study is not None:
            self._add(study.definitions, element, "OID", "the Study")
        elif name in _ADMINISTRATIVE:
            self._add(self.administrative, element, "OID", "the file")

    def _add(
        self,
        scope: dict[str, list["_Element"]],
        element: "_Element",
        attribute: str,
        where: str,
        *,
        any_kind: bool = False,
    ) -> None:
        before = scope.setdefault(element.get(attribute), [])
        other = next((each for each in before if any_kind or each.tag == element.tag), None)
        if other is not None:
            self._twice(element, attribute, where, other)
        # One of each kind will do, however often it stands there.
        if not any(each.tag == element.tag for each in before):
            before.append(element)

    def _twice(
        self, element: "_Element", attribute: str, where: str, other: "_Element | None" = None
    ) -> None:
        self.told.add((element, attribute))
        said = f"{attribute} {_shown(element.get(attribute, ''))!r} stands twice in {where}"
        if other is not None:
            said += f", at <{_name(other.tag)}> in {xml.line_of(other)} too"
        severity: Severity = "warning" if _local(element.tag) in _OF_WORKFLOWS else "error"
        message = f"{said}, expected once"
        self.report(severity, "references", element, attribute, "duplicate", message)

    def resolve(self) -> None:
        """Follow each reference to an element of the right kind."""
        for reference in self.references:
            oid = reference.element.get(reference.attribute)
            found = self._find(reference, oid) if oid else None
            if found is None:
                continue
            kinds = list(dict.fromkeys(_local(each.tag) for each in found))
            if any(kind in reference.targets for kind in kinds):
                continue
            said = f"{reference.attribute} {_shown(oid)!r}"
            lenient = reference.in_data and reference.targets[0] not in _FIRM
            severity: Severity = "warning" if lenient else "error"
            wanted = _either(f"<{kind}>" for kind in reference.targets)
            if kinds:
                code = "wrong-kind"
                message = (
                    f"{said} names {_either(f'<{kind}>' for kind in kinds)}, expected {wanted}"
                )
            elif self.partial:
                continue
            else:
                code = "dangling"
                message = f"{said} names nothing in the file, expected {wanted}"
                if reference.name in _EXCERPTED:
                    severity = "warning"
            self.report(
                severity, "references", reference.element, reference.attribute, code, message
            )

    def _find(self, reference: _Reference, oid: str) -> list["_Element"] | None:
        """Give what a reference finds; None if it is right, or may point out of the file."""
        targets = reference.targets
        elsewhere = reference.name in _ELSEWHERE
        if targets == ("Study",):
            return None if oid in self.studies or not self.studies or elsewhere else []
        if targets[0] in _BY_ID:
            return self.ids.get(oid, [])
        if targets[0] in _ADMINISTRATIVE:
            there = self.administrative.get(oid)
            return there or ([] if self.has_administrative else None)
        study, version = self._scope(reference)
        if study is None:
            return None
        if targets == ("MetaDataVersion",):
            return None if oid in study.versions or elsewhere else []
        found = list(study.definitions.get(oid, []))
        complete = [
            self._collect(each, oid, found, [])
            for each in ([version] if version else study.versions.values())
        ]
        return found if found or all(complete) else None

    def _scope(self, reference: _Reference) -> tuple[_Study | None, _Version | None]:
        """Tell the study and version that a reference is meant in.

        No study: that study or version is not in the file. No version: any of the study's.
        """
        node, wanted = reference.element, None
        while node is not None and node.tag != f"{{{NAMESPACES[self.version]}}}MetaDataVersion":
            wanted = wanted or node.get("MetaDataVersionOID")
            if "StudyOID" in node.attrib:
                study = self.studies.get(node.get("StudyOID"))
                break
            node = node.getparent()
        else:
            study = reference.study
            if wanted is None or study is None:
                return study, reference.version
        if reference.attribute == "MetaDataVersionOID" or study is None or wanted is None:
            return study, None
        # That a version is not there is told where it is named.
        return (study, study.versions[wanted]) if wanted in study.versions else (None, None)

    def _collect(
        self, version: _Version, oid: str, found: list["_Element"], seen: list[_Version]
    ) -> bool:
        """Add what a version, and what it includes, defines; False if an Include leads away."""
        found += version.definitions.get(oid, [])
        if version.include is None or any(each is version for each in seen):
            return True
        study = self.studies.get(version.include[0])
        included = study.versions.get(version.include[1]) if study else None
        return included is not None and self._collect(included, oid, found, [*seen, version])

    def rules(self, root: "_Element") -> None:
        """Check what the specification demands beyond the XSD."""
        prefix = f"{{{NAMESPACES[self.version]}}}"
        seen: dict[tuple[_Element, str, str], _Element] = {}
        for element in root.iter(*_tags(self.version).ruled):
            name = element.tag[len(prefix) :]
            for attribute in _NUMBERS:
                number = element.get(attribute)
                if number is None:
                    continue
                key = (element.getparent(), name, number.strip().lstrip("0"))
                other = seen.setdefault(key, element)
                if other is not element:
                    self.told.add((element, attribute))
                    message = (
                        f"{attribute} {_shown(number)} is that of <{name}> in {xml.line_of(other)}"
                        " too, expected another"
                    )
                    self.report("error", "rules", element, attribute, "order-number", message)
            rule = _RULES.get(name)
            if rule is not None:
                rule(self, element)
        if root.tag != f"{prefix}ODM":
            message = f"the root is <{_name(root.tag)}>, a part of a document, expected <ODM>"
            self.report("warning", "rules", root, None, "fragment", message)
        if self.untold:
            path = xml.line_of(root)
            self.problems.append(_too_many(path, "references", self.link))


def _translated(document: _Document, element: "_Element") -> None:
    """A text stands once in each language and media type."""
    language, media = element.get(_LANG), element.get("Type")
    if language is not None and not LANGUAGE.fullmatch(language):
        document.told.add((element, _LANG))
        message = f"xml:lang is {_shown(language)!r}, expected a language tag of RFC 5646, as en-GB"
        document.report("error", "rules", element, _LANG, "language", message)
    if media is not None and not MEDIA_TYPE.fullmatch(media):
        message = f"Type is {_shown(media)!r}, expected a media type, as text/plain"
        document.report("error", "rules", element, "Type", "media-type", message)
    other = document.texts.setdefault((element.getparent(), language, media), element)
    if other is not element:
        document.told.add((element, _LANG_IN_XSD))
        kind = ", ".join(filter(None, (language or "no language", media)))
        message = f"a text ({_shown(kind)}) stands in {xml.line_of(other)} too, expected once"
        document.report("error", "rules", element, None, "translation", message)


def _phase(document: _Document, element: "_Element") -> None:
    value = element.get("Value", "")
    terms = document.digest.terms["TrialPhaseType"]
    short = [term.removeprefix("PHASE ").removesuffix(" TRIAL") for term in terms]
    joined = (term.value for term in PHASE.values())
    if value and value not in (*terms, *short, *joined, _RENAMED_PHASE):
        message = f"Value {_shown(value)!r} is no term of C66737, expected {_either(terms)}"
        document.report("warning", "rules", element, "Value", "term", message)


# Those of the trial summary whose values have a form. By TSPARMCD.
# https://www.cdisc.org/standards/foundational/sdtmig
_DURATION: Final = re.compile(
    r"P(?!$)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?!$)(?:\d+H)?(?:\d+M)?)?"
)
_DATE: Final = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}(?::\d{2}){0,2}\S*)?)?)?")
_COUNT: Final = re.compile(r"\d+")
# C66742, which is no open list. https://evs.nci.nih.gov/ftp1/CDISC/
_ANSWER: Final = re.compile(r"Y|N|U|NA")
_VALUES: Final[dict[str, tuple[re.Pattern[str], str]]] = {
    **dict.fromkeys(("AGEMIN", "AGEMAX", "TRGFUDUR"), (_DURATION, "a duration, as P18Y")),
    **dict.fromkeys(("SSTDTC", "SENDTC"), (_DATE, "a date, as 2024-03 or 2024-03-01")),
    **dict.fromkeys(("PLANSUB", "ACTSUB", "NARMS", "NCOHORT"), (_COUNT, "a whole number")),
    **dict.fromkeys(
        ("RANDOM", "HLTSUBJI", "DMCIND", "FDADRIND", "FDADEIND", "PDPSTIND", "BRIND", "BRDNAIND"),
        (_ANSWER, "Y, N, U or NA, the terms of C66742"),
    ),
}


def _parameter(document: _Document, element: "_Element") -> None:
    """A parameter of the trial summary has the code of its short name, and a value of its form."""
    short = element.get("ShortName", "")
    known = PARAMETERS.get(short)
    if known is None:
        return
    prefix = f"{{{NAMESPACES[document.version]}}}"
    for coding in element.iterchildren(f"{prefix}Coding"):
        code = coding.get("Code")
        if coding.get("System") == CDISC and code not in (None, known.code):
            message = f"Code {_shown(code)!r} is not that of {short}, expected {known.code!r}"
            document.report("warning", "rules", coding, "Code", "term", message)
    form, expected = _VALUES.get(short, (None, ""))
    for held in element.iterchildren(f"{prefix}ParameterValue"):
        value = held.get("Value", "")
        if value and form is not None and not form.fullmatch(value):
            message = f"Value {_shown(value)!r} of {short} is not {expected}"
            document.report("warning", "rules", held, "Value", "value", message)


def _coding(document: _Document, element: "_Element") -> None:
    for attribute in ("System", "href", "ref"):
        value = element.get(attribute)
        if value is not None and not ABSOLUTE_URI.fullmatch(value):
            message = f"{attribute} is {_shown(value)!r}, expected a URI, as http://www.cdisc.org"
            document.report("error", "rules", element, attribute, "uri", message)


def _absolute_timing(document: _Document, element: "_Element") -> None:
    """The XSD says in a comment what XSD 1.0 cannot say."""
    found = [name for name in ("StudyEventGroupOID", "StudyEventOID") if name in element.attrib]
    if len(found) != 1:
        message = (
            f"<AbsoluteTimingConstraint> has {'both' if found else 'neither'}"
            " of StudyEventGroupOID and StudyEventOID, expected one"
        )
        document.report("error", "rules", element, None, "timing", message)


_LANG_IN_XSD: Final = "xml:lang"
_RULES: Final[dict[str, Callable[[_Document, "_Element"], None]]] = {
    "TranslatedText": _translated,
    "TrialPhase": _phase,
    "StudyParameter": _parameter,
    "Coding": _coding,
    "AbsoluteTimingConstraint": _absolute_timing,
}
