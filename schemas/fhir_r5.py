"""Is this FHIR R5 valid? The first layer: structure, forms, codes and references.

One walk over the plain JSON finds its way by the digest of the official definitions (`codes.py`).
fhir.resources gives a second opinion on each resource: its findings are added where the walk has
none at that place, above it or below it. It stops at the first fault of an object, and it accepts
wrong codes, dangling references, empty objects, lists and strings, and strings that hold JSON, so
it cannot be the only one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

import msgspec

from trialbridge.schemas.base import BASE
from trialbridge.schemas.codes import codes, digest, required_codes
from trialbridge.schemas.problem import Problem, Severity

SPECIFICATION: Final = "https://hl7.org/fhir/R5/"

# Conformance resources are published with the definitions, not in each trial's Bundle.
PUBLISHED: Final = frozenset(
    {
        "CapabilityStatement",
        "CodeSystem",
        "ConceptMap",
        "ImplementationGuide",
        "NamingSystem",
        "OperationDefinition",
        "SearchParameter",
        "StructureDefinition",
        "ValueSet",
    }
)

# These hold a part of what a server has, so what they refer to may be there instead.
PARTIAL_BUNDLES: Final = frozenset(
    {"batch-response", "history", "searchset", "subscription-notification", "transaction-response"}
)

# FHIR sets no limit; real plans of action nest some ten deep, and the stack has to hold.
MAX_DEPTH: Final = 100

MAX_STRING: Final = 1_048_576

# The page of the specification that defines the type, where it is not that of the other data types.
PAGES: Final = {
    "BackboneElement": "types",
    "CodeableReference": "references",
    "ContactDetail": "metadatatypes",
    "DataRequirement": "metadatatypes",
    "Dosage": "dosage",
    "Element": "types",
    "Expression": "metadatatypes",
    "ExtendedContactDetail": "metadatatypes",
    "Extension": "extensibility",
    "Meta": "resource",
    "Narrative": "narrative",
    "ParameterDefinition": "metadatatypes",
    "Reference": "references",
    "RelatedArtifact": "metadatatypes",
    "TriggerDefinition": "metadatatypes",
    "UsageContext": "metadatatypes",
    "VirtualServiceDetail": "metadatatypes",
}

# What would do, for the primitives with a form.
FORMS: Final = {
    "base64Binary": "base64 without blanks",
    "canonical": "a URL without blanks",
    "code": "words with single blanks between them",
    "date": "YYYY, YYYY-MM or YYYY-MM-DD",
    "dateTime": "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone",
    "id": "at most 64 of A-Z a-z 0-9 - .",
    "instant": "YYYY-MM-DDThh:mm:ss with a time zone",
    "integer": "a whole number of 32 bits",
    "integer64": "a whole number, as a string",
    "oid": "urn:oid:1.2.3",
    "positiveInt": "a whole number from 1 to 2147483647",
    "time": "hh:mm:ss",
    "unsignedInt": "a whole number from 0 to 2147483647",
    "uri": "a URI without blanks",
    "url": "a URL without blanks",
    "uuid": "urn:uuid: and a UUID in lower case",
}

INTEGERS: Final = {
    "integer": range(-(2**31), 2**31),
    "positiveInt": range(1, 2**31),
    "unsignedInt": range(2**31),
}

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# https://hl7.org/fhir/R5/references.html#literal
LITERAL = re.compile(
    r"(?:(?P<base>https?://\S+)/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?P<version>/_history/[A-Za-z0-9\-.]{1,64})?(?:#[A-Za-z0-9\-.]{1,64})?"
)
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
CONDITIONAL = re.compile(r"(?P<type>[A-Z][A-Za-z]+)\?\S+")

NOTHING_THERE: Final = "resolves to nothing in the Bundle"
NOTHING_CONTAINED: Final = "resolves to nothing in contained"

# Where fhir.resources 8 is wrong: it lacks the twins of an extension's value (`_valueCode`), and
# its least integer64 is one too high. Kind of its error, and the member that it is at.
MISTAKEN: Final = {
    "extra_forbidden": re.compile(r"_value[A-Z]\w*"),
    "greater_than_equal": re.compile(r"\w+Integer64"),
}

# A place in the JSON: the place around it, and a key, an index, or `/*Group/1*/` to name a
# resource. Strings are made of it only when there is something to report.
Place = tuple[Any, str | int]


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON member of a type: `status`, `valueQuantity`, or a primitive's twin, `_status`."""

    name: str
    anchor: str
    type: str
    many: bool
    twin: bool
    primitive: bool
    choice: str | None
    targets: frozenset[str] | None
    value_set: str | None
    codes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Type:
    """A data type, a resource, or an element with children of its own (`PlanDefinition.action`).

    `required` has the element's name and the JSON members of which one has to be there.
    """

    path: str
    elements: dict[str, Element]
    required: tuple[tuple[str, tuple[str, ...]], ...]


@cache
def type_(path: str) -> Type:
    """Give a type by its path. Raises KeyError if the digest does not have it."""
    elements: dict[str, Element] = {}
    required: list[tuple[str, tuple[str, ...]]] = []
    for name, row in _rows(path):
        cardinality, types, *binding = row.split(" ")
        many = cardinality.endswith("*")
        value_set = binding[0][1:] if binding else None
        stem = name.removesuffix("[x]")
        keys: list[str] = []
        # "@" marks what is an attribute in XML: it cannot be extended, so it has no twin.
        attribute = types.startswith("@")
        for code in types.removeprefix("@").split(","):
            code, _, targets = code.rstrip(")").partition("(")
            key = stem if stem == name else stem + code[0].upper() + code[1:]
            element = Element(
                name=key,
                anchor=f"{path}.{name}",
                type=_content(code, f"{path}.{name}"),
                many=many,
                twin=False,
                primitive=code in digest().primitives,
                choice=None if stem == name else name,
                targets=frozenset(targets.split("|")) if targets else None,
                value_set=value_set,
                codes=frozenset(required_codes(value_set)) if value_set else None,
            )
            elements[key] = element
            keys.append(key)
            if element.primitive and not attribute:
                elements[f"_{key}"] = Element(
                    name=key,
                    anchor=element.anchor,
                    type="Element",
                    many=many,
                    twin=True,
                    primitive=False,
                    choice=element.choice,
                    targets=None,
                    value_set=None,
                    codes=None,
                )
                keys.append(f"_{key}")
        if not cardinality.startswith("0"):
            required.append((name, tuple(keys)))
    return Type(path, elements, tuple(required))


def _rows(path: str) -> Iterator[tuple[str, str]]:
    base, rows = digest().types[path]
    if base:
        yield from _rows(base)
    yield from rows.items()


def _content(code: str, path: str) -> str:
    if code.startswith("#"):
        return code[1:]
    return path if code in ("BackboneElement", "Element") else code


@cache
def _form(primitive: str) -> Callable[[str], Any] | None:
    regexes = digest().primitives
    if primitive == "dateTime":
        # The official regex also accepts a zone without a time and a time without a zone, both of
        # which the text beside it forbids.
        return re.compile(f"{regexes['date']}|{regexes['instant']}").fullmatch
    return re.compile(regexes[primitive]).fullmatch if regexes[primitive] else None


def link(anchor: str) -> str:
    """Give the clause that defines an element (`Group.type`) or a type (`Group`)."""
    root = anchor.partition(".")[0]
    page = root.lower() if root in digest().resources else PAGES.get(root, "datatypes")
    return f"{SPECIFICATION}{page}-definitions.html#{anchor.replace('[x]', '_x_')}"


def show(place: Place | None) -> str:
    """Write a place as FHIRPath: `Bundle.entry[3].resource/*ResearchStudy/NCT01234567*/.status`.

    The comment names the resource, as in the messages of HL7's own validator.
    """
    keys: list[str] = []
    while place is not None:
        place, key = place
        if isinstance(key, int):
            keys.append(f"[{key}]")
        else:
            keys.append(key if place is None or key.startswith("/*") else f".{key}")
    return "".join(reversed(keys))


def _short(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 128:
        # Python refuses to write numbers of thousands of digits.
        return f"a number of {value.bit_length()} bits"
    text = repr(value[:80] if isinstance(value, str) else value)
    return text if len(text) <= 60 else f"{text[:57]}...{text[0]}"


def _near(word: str, words: Iterable[str]) -> str:
    near = get_close_matches(word[:80], words, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _found(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"the number {_short(value)}" if isinstance(value, int | float) else _short(value)


def _a(name: str) -> str:
    # "a uri", but "an unsignedInt".
    vowel = name[:1] in "AEIOaeio" or name.startswith("un")
    return f"{'an' if vowel else 'a'} {name}"


def _either(names: frozenset[str]) -> str:
    *others, last = map(_a, sorted(names))
    return f"{', '.join(others)} or {last}" if others else last


def _allowed(value: str, listed: tuple[str, ...]) -> str:
    if len(listed) <= 20:
        return ", ".join(listed)
    return f"it has {len(listed)}{_near(value, listed)}"


@dataclass(slots=True)
class Space:
    """What references inside one Bundle can point at; without a Bundle, nothing is known.

    `urls`: resource types by fullUrl. `ids`: resource types by `Type/id`; `local` has those of the
    entries whose fullUrl does not say on which server they are. `canonicals`: resource type and
    version by url. `partial`: what is referred to may be elsewhere.
    """

    partial: bool = True
    urls: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    local: dict[str, str] = field(default_factory=dict)
    bases: set[str] = field(default_factory=set)
    canonicals: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)


class Walk:
    """One validation: the problems found so far, and the surroundings of the place it is at."""

    def __init__(self, base: str, opinion: bool) -> None:
        self.base = base.rstrip("/")
        self.opinion = opinion
        self.problems: list[Problem] = []
        self.space = Space()
        self.server: str | None = None
        self.contained: dict[str, str] | None = None
        self.too_deep = False

    def problem(
        self,
        place: Place | None,
        layer: str,
        code: str,
        message: str,
        link: str | None = None,
        severity: Severity = "error",
    ) -> None:
        self.problems.append(
            Problem(
                severity=severity,
                layer=layer,
                path=show(place),
                code=code,
                message=message,
                link=link,
            )
        )

    def resource(self, node: Any, place: Place, depth: int) -> None:
        """Check a resource at a place whose last key does not name it yet."""
        if not isinstance(node, dict):
            message = f"{_found(node)}, but a resource (an object with resourceType) is wanted"
            self.problem(place, "structure", "type", message, link("Resource"))
            return
        name = node.get("resourceType")
        if not isinstance(name, str) or name not in digest().resources:
            if name is None:
                message = "resourceType is required, but absent"
            else:
                message = f"resourceType {_found(name)} is not a resource type of FHIR R5"
                message += _near(name, digest().resources) if isinstance(name, str) else ""
            self.problem(
                place, "structure", "resource-type", message, f"{SPECIFICATION}resourcelist.html"
            )
            return
        id_ = node.get("id")
        if place[0] is not None and isinstance(id_, str) and ID.fullmatch(id_):
            place = (place, f"/*{name}/{id_}*/")
        if name == "Bundle":
            around = self.space, self.server, self.contained
            self.server = self.contained = None
            self.space = self.index(node, place)
            self.entire(node, name, place, depth)
            self.space, self.server, self.contained = around
        elif self.contained is None:
            self.contained = self.index_contained(node, name, place)
            self.entire(node, name, place, depth)
            self.contained = None
        else:
            self.members(node, name, place, depth)

    def entire(self, node: dict[str, Any], name: str, place: Place, depth: int) -> None:
        """Check a resource that is no part of another, and ask for the second opinion."""
        before, around = len(self.problems), self.too_deep
        self.too_deep = False
        self.members(node, name, place, depth)
        if self.opinion and not self.too_deep:
            self.second_opinion(node, name, place, before)
        self.too_deep |= around

    def members(self, node: dict[str, Any], name: str, place: Place, depth: int) -> None:
        if name in digest().types:
            self.object(node, type_(name), place, None, depth)
        else:
            self.anything(node, place, depth)

    def object(
        self,
        node: dict[str, Any],
        type_of: Type,
        place: Place,
        targets: frozenset[str] | None,
        depth: int,
    ) -> None:
        """Check an object against its type; `targets` is what a reference in it may point at."""
        path = type_of.path
        if not node:
            self.empty(node, place, path)
            return
        if depth > MAX_DEPTH:
            self.deep(place)
            return
        if path == "Bundle.entry":
            self.server = self.server_of(node.get("fullUrl"))
        for name, keys in type_of.required:
            for key in keys:
                if key in node:
                    break
            else:
                self.problem(
                    (place, name),
                    "structure",
                    "required",
                    "required, but absent",
                    link(f"{path}.{name}"),
                )
        chosen: dict[str, str] = {}
        for key, value in node.items():
            element = type_of.elements.get(key)
            here = (place, key)
            if element is None:
                if key != "resourceType" or "." in path or path not in digest().resources:
                    self.unknown(key, type_of, here)
                continue
            if element.choice is not None:
                other = chosen.setdefault(element.choice, element.name)
                if other != element.name:
                    self.problem(
                        (place, element.choice),
                        "structure",
                        "choice",
                        f"{other} and {element.name} are both given, but only one may be",
                        link(element.anchor),
                    )
            # The content of a CodeableReference is bound by the element that it is the value of.
            inner = targets if path == "CodeableReference" else element.targets
            if element.many:
                if not isinstance(value, list):
                    if value is None:
                        self.null(here, element)
                    else:
                        message = f"{_found(value)}, but a list is wanted"
                        self.problem(here, "structure", "type", message, link(element.anchor))
                elif not value:
                    self.empty(value, here, element.anchor)
                else:
                    partner = node.get(element.name if element.twin else f"_{key}")
                    for index, item in enumerate(value):
                        if item is None:
                            # Null on both sides is one fault, and reported at the value.
                            if not _given(partner, index, null=element.twin):
                                self.null((here, index), element)
                        else:
                            self.value(item, element, (here, index), inner, depth)
            elif value is None:
                self.null(here, element)
            elif isinstance(value, list):
                message = f"a list, but there can be only one {element.anchor}"
                self.problem(here, "structure", "cardinality", message, link(element.anchor))
            else:
                self.value(value, element, here, inner, depth)
        if path == "Coding":
            self.coding(node, place)
        elif path == "Reference":
            self.reference(node, place, targets)

    def value(
        self,
        value: Any,
        element: Element,
        place: Place,
        targets: frozenset[str] | None,
        depth: int,
    ) -> None:
        if element.primitive:
            self.primitive(value, element, place)
        elif element.type == "Resource":
            self.resource(value, place, depth + 1)
        elif isinstance(value, dict):
            self.object(value, type_(element.type), place, targets, depth + 1)
        else:
            message = f"{_found(value)}, but {_a(element.type)} (an object) is wanted"
            self.problem(place, "structure", "type", message, link(element.anchor))

    def primitive(self, value: Any, element: Element, place: Place) -> None:
        kind = element.type
        if kind == "boolean":
            if not isinstance(value, bool):
                self.json_type(value, element, place, "true or false")
        elif kind == "decimal":
            if isinstance(value, bool) or not isinstance(value, float | int | Decimal):
                self.json_type(value, element, place, "a number")
            elif not isinstance(value, int) and not Decimal(value).is_finite():
                self.form(value, element, place)
        elif kind in INTEGERS:
            if isinstance(value, bool) or not isinstance(value, float | int | Decimal):
                self.json_type(value, element, place, "a number")
            elif not isinstance(value, int) or value not in INTEGERS[kind]:
                self.form(value, element, place)
        elif not isinstance(value, str):
            self.json_type(value, element, place, "a string")
        elif not value or value.isspace():
            message = f"{_short(value)} is blank: say something, or leave it out"
            self.problem(place, "structure", "blank", message, link(element.anchor))
        else:
            form = _form(kind)
            if form is None:
                self.text(value, element, place)
            elif not form(value) or (kind in ("date", "dateTime", "instant") and not _day(value)):
                self.form(value, element, place)
            elif element.codes is not None:
                if value not in element.codes:
                    self.code(value, element, place)
            elif kind == "canonical":
                self.canonical(value, element, place)

    def text(self, value: str, element: Element, place: Place) -> None:
        if len(value) > MAX_STRING:
            message = f"{len(value)} characters, but at most {MAX_STRING} are allowed"
            self.problem(
                place, "format", "length", message, f"{SPECIFICATION}datatypes.html#string"
            )
        elif not value.isprintable() and (control := CONTROL.search(value)):
            message = f"has the control character U+{ord(control[0]):04X}, which FHIR forbids"
            self.problem(
                place, "format", "character", message, f"{SPECIFICATION}datatypes.html#string"
            )

    def json_type(self, value: Any, element: Element, place: Place, wanted: str) -> None:
        message = f"{_found(value)}, but {_a(element.type)} is {wanted}"
        self.problem(place, "structure", "type", message, link(element.anchor))

    def form(self, value: Any, element: Element, place: Place) -> None:
        wanted = f" ({FORMS[element.type]})" if element.type in FORMS else ""
        message = f"{_short(value)} is not a FHIR {element.type}{wanted}"
        self.problem(
            place, "format", "format", message, f"{SPECIFICATION}datatypes.html#{element.type}"
        )

    def code(self, value: str, element: Element, place: Place) -> None:
        value_set = element.value_set or ""
        allowed = _allowed(value, required_codes(value_set))
        message = f"{_short(value)} is not a code of {value_set} ({allowed})"
        self.problem(place, "code", "code", message, link(element.anchor))

    def coding(self, node: dict[str, Any], place: Place) -> None:
        system, code = node.get("system"), node.get("code")
        if not isinstance(system, str) or not isinstance(code, str) or not code.strip():
            return
        listed = digest().systems.get(system)
        if listed is not None and code not in codes(system):
            message = f"{_short(code)} is not a code of {system} ({_allowed(code, listed)})"
            self.problem((place, "code"), "code", "code", message, link("Coding.code"))

    def unknown(self, key: str, type_of: Type, place: Place) -> None:
        message = f"{_short(key)} is not an element of {type_of.path}"
        message += _near(str(key), type_of.elements)
        self.problem(place, "structure", "unknown-element", message, link(type_of.path))

    def empty(self, node: dict[str, Any] | list[Any], place: Place, anchor: str | None) -> None:
        message = "an empty object: say something, or leave it out"
        if isinstance(node, list):
            message = "an empty list: say something, or leave it out"
        clause = link(anchor) if anchor else f"{SPECIFICATION}json.html"
        self.problem(place, "structure", "empty", message, clause)

    def null(self, place: Place, element: Element | None) -> None:
        message = "null, which FHIR has only in a list, beside an extension: leave it out"
        clause = link(element.anchor) if element else f"{SPECIFICATION}json.html"
        self.problem(place, "structure", "null", message, clause)

    def deep(self, place: Place) -> None:
        self.too_deep = True
        message = f"nested more than {MAX_DEPTH} deep: not looked at any further"
        self.problem(place, "structure", "depth", message)

    def anything(self, node: Any, place: Place, depth: int) -> None:
        """Check what holds for any JSON in FHIR, inside a resource that the digest has not."""
        if depth > MAX_DEPTH:
            self.deep(place)
        elif isinstance(node, dict) and node:
            for key, value in node.items():
                here = (place, key)
                if isinstance(value, list) and value:
                    partner = node.get(key[1:] if key.startswith("_") else f"_{key}")
                    for index, item in enumerate(value):
                        if item is not None or not _given(partner, index):
                            self.any_value(item, (here, index), depth, key)
                else:
                    self.any_value(value, here, depth, key)
            reference = node.get("reference")
            if isinstance(reference, str) and (
                LITERAL.fullmatch(reference) or reference.startswith(("#", "urn:uuid:"))
            ):
                self.reference(node, place, None)
        elif isinstance(node, dict | list) and not node:
            self.empty(node, place, None)
        elif isinstance(node, list):
            for index, item in enumerate(node):
                self.anything(item, (place, index), depth + 1)
        elif node is None:
            self.null(place, None)
        elif isinstance(node, str) and not node.strip():
            message = f"{_short(node)} is blank: say something, or leave it out"
            self.problem(place, "structure", "blank", message, f"{SPECIFICATION}json.html")

    def any_value(self, value: Any, place: Place, depth: int, key: str) -> None:
        if key in ("contained", "resource") and isinstance(value, dict) and "resourceType" in value:
            self.resource(value, place, depth + 1)
        else:
            self.anything(value, place, depth + 1)

    def index(self, bundle: dict[str, Any], place: Place) -> Space:
        """Gather what references can point at, and report what is there twice."""
        kind = bundle.get("type")
        space = Space(partial=isinstance(kind, str) and kind in PARTIAL_BUNDLES)
        entries = bundle.get("entry")
        urls: dict[tuple[str, Any], int] = {}
        ids: dict[tuple[str | None, str], int] = {}
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if not isinstance(entry, dict):
                continue
            here = ((place, "entry"), number)
            resource, url = entry.get("resource"), entry.get("fullUrl")
            name = id_ = version = None
            if isinstance(resource, dict):
                name, id_, meta = (resource.get(key) for key in ("resourceType", "id", "meta"))
                version = meta.get("versionId") if isinstance(meta, dict) else None
                version = version if isinstance(version, str) else None
            server = None
            if isinstance(url, str):
                server = self.full_url(url, name, id_, (here, "fullUrl"))
                if kind != "history":
                    first = urls.setdefault((url, version), number)
                    if first != number:
                        message = f"{_short(url)} is the fullUrl of entry[{first}] too"
                        clause = f"{SPECIFICATION}bundle.html#bundle-unique"
                        self.problem((here, "fullUrl"), "reference", "duplicate", message, clause)
            if not isinstance(name, str):
                continue
            if isinstance(url, str):
                space.urls.setdefault(url, name)
            if isinstance(id_, str):
                key = f"{name}/{id_}"
                space.ids.setdefault(key, name)
                if server is None:
                    space.local.setdefault(key, name)
                else:
                    space.bases.add(server)
                if kind != "history" and version is None:
                    first = ids.setdefault((server, key), number)
                    twin = entries[first].get("fullUrl") if isinstance(entries, list) else None
                    if first != number and (url is None or url != twin):
                        message = f"{key} is the resource of entry[{first}] too"
                        clause = f"{SPECIFICATION}bundle.html#bundle-unique"
                        where = ((here, "resource"), "id")
                        self.problem(where, "reference", "duplicate", message, clause)
            canonical = resource.get("url") if isinstance(resource, dict) else None
            if isinstance(canonical, str) and isinstance(resource, dict):
                listed = space.canonicals.setdefault(canonical, [])
                listed.append((name, resource.get("version")))
        return space

    def full_url(self, url: str, name: Any, id_: Any, place: Place) -> str | None:
        """Check a fullUrl against its resource; give the server that it names."""
        clause = link("Bundle.entry.fullUrl")
        if url.startswith("urn:uuid:"):
            if not UUID.fullmatch(url):
                message = f"{_short(url)} is not a FHIR uuid ({FORMS['uuid']})"
                self.problem(place, "format", "format", message, clause)
            return None
        literal = LITERAL.fullmatch(url)
        if literal is None or literal["type"] not in digest().resources:
            return None
        if literal["base"] is None:
            message = f"{_short(url)} is relative, but a fullUrl is absolute"
            self.problem(place, "reference", "full-url", message, clause)
            return None
        if literal["version"]:
            message = f"{_short(url)} names a version, which a fullUrl may not"
            self.problem(place, "reference", "full-url", message, clause)
        ends = f"{literal['type']}/{literal['id']}"
        if isinstance(name, str) and isinstance(id_, str) and ends != f"{name}/{id_}":
            message = f"ends in {ends}, but the resource is {name}/{_short(id_)[1:-1]}"
            self.problem(place, "reference", "full-url", message, clause)
        return literal["base"]

    def server_of(self, url: Any) -> str | None:
        literal = LITERAL.fullmatch(url) if isinstance(url, str) else None
        return literal["base"] if literal and literal["type"] in digest().resources else None

    def index_contained(self, node: dict[str, Any], name: str, place: Place) -> dict[str, str]:
        ids = {"": name}
        contained = node.get("contained")
        for number, inner in enumerate(contained if isinstance(contained, list) else ()):
            if not isinstance(inner, dict) or not isinstance(inner.get("id"), str):
                continue
            if inner["id"] in ids:
                where = (((place, "contained"), number), "id")
                message = f"{_short(inner['id'])} is the id of another contained resource too"
                clause = f"{SPECIFICATION}references.html#contained"
                self.problem(where, "reference", "duplicate", message, clause)
            ids.setdefault(inner["id"], str(inner.get("resourceType")))
        return ids

    def reference(self, node: dict[str, Any], place: Place, targets: frozenset[str] | None) -> None:
        """Check that a Reference points at something, and at something of the right type."""
        clause = link("Reference.reference")
        reference, said = node.get("reference"), node.get("type")
        declared = said.rpartition("/")[2] if isinstance(said, str) else None
        found = None
        if isinstance(reference, str) and reference.strip():
            here = (place, "reference")
            found, code, fault = self.resolve(reference)
            if code:
                self.problem(here, "reference", code, f"{_short(reference)} {fault}", clause)
            if found and targets and found not in targets:
                message = f"{_short(reference)} is {_a(found)}, but {_either(targets)} is wanted"
                self.problem(here, "reference", "target", message, clause)
        if declared is None:
            return
        if found is not None:
            if declared != found:
                message = f"{_short(said)}, but {_short(reference)} is {_a(found)}"
                self.problem(
                    (place, "type"), "reference", "target", message, link("Reference.type")
                )
        elif said == declared and declared not in digest().resources:
            message = f"{_short(said)} is not a resource type of FHIR R5"
            self.problem((place, "type"), "code", "code", message, link("Reference.type"))
        elif targets and declared in digest().resources and declared not in targets:
            message = f"{_short(said)}, but {_either(targets)} is wanted"
            self.problem((place, "type"), "reference", "target", message, link("Reference.type"))

    def resolve(self, reference: str) -> tuple[str | None, str, str]:
        """Give the type of what a reference points at, where that is known; a code and a fault."""
        space = self.space
        if reference.startswith("#"):
            found = (self.contained or {}).get(reference[1:])
            return (found, "", "") if found else (None, "dangling", NOTHING_CONTAINED)
        # A fragment points inside of the resource.
        target = reference.partition("#")[0]
        if target in space.urls:
            return space.urls[target], "", ""
        if target.startswith("urn:uuid:") and not UUID.fullmatch(target):
            return None, "format", f"is not a FHIR uuid ({FORMS['uuid']})"
        if target.startswith(("urn:uuid:", "urn:oid:")):
            return None, *self.missing()
        literal = LITERAL.fullmatch(reference)
        if literal and literal["type"] in digest().resources:
            name, key, server = literal["type"], f"{literal['type']}/{literal['id']}", self.server
            if literal["base"] is not None:
                server = literal["base"]
                if server != self.base and server not in space.bases:
                    return None, "", ""
            elif key in (space.ids if server is None else space.local):
                return name, "", ""
            known = space.urls.get(f"{server}/{key}")
            return (known, "", "") if known else (name, *self.missing())
        conditional = CONDITIONAL.fullmatch(reference)
        if conditional and conditional["type"] in digest().resources:
            return conditional["type"], "", ""
        if literal and literal["base"] is None:
            fault = f"is not a reference: {literal['type']} is not a resource type of FHIR R5"
            return None, "format", fault
        if ABSOLUTE.fullmatch(reference):
            return None, "", ""
        fault = "is not a reference (Type/id, an absolute URL, urn:uuid:..., or #id)"
        return None, "format", fault

    def missing(self) -> tuple[str, str]:
        return ("", "") if self.space.partial else ("dangling", NOTHING_THERE)

    def canonical(self, value: str, element: Element, place: Place) -> None:
        """Check a canonical that points at a resource of this Bundle, or at one of ours."""
        clause = f"{SPECIFICATION}references.html#canonical"
        url, _, version = value.partition("#")[0].partition("|")
        found: list[tuple[str, Any]] = []
        if value.startswith("#"):
            name = (self.contained or {}).get(value[1:])
            found = [(name, None)] if name else []
        else:
            found = self.space.canonicals.get(url, found)
            kind = url.removeprefix(f"{self.base}/").partition("/")[0]
            ours = url.startswith(f"{self.base}/") and kind in digest().resources - PUBLISHED
            if not found and (not ours or self.space.partial):
                return
        if not found:
            fault = NOTHING_CONTAINED if value.startswith("#") else NOTHING_THERE
            self.problem(place, "reference", "dangling", f"{_short(value)} {fault}", clause)
        elif version and version not in [of for _, of in found]:
            message = f"{_short(value)} {NOTHING_THERE} (it has version {_found(found[0][1])})"
            self.problem(place, "reference", "dangling", message, clause)
        elif element.targets and not any(name in element.targets for name, _ in found):
            message = (
                f"{_short(value)} is {_a(found[0][0])}, but {_either(element.targets)} is wanted"
            )
            self.problem(place, "reference", "target", message, clause)

    def second_opinion(self, node: dict[str, Any], name: str, place: Place, before: int) -> None:
        """Add what fhir.resources finds and the walk (its problems from `before` on) does not."""
        if name == "Bundle" and isinstance(node.get("entry"), list):
            # Each entry's resource is asked about on its own, so that all have their say.
            shells = [
                {key: value for key, value in entry.items() if key != "resource"}
                if isinstance(entry, dict)
                else entry
                for entry in node["entry"]
            ]
            node = {**node, "entry": shells}
        paths = [problem.path for problem in self.problems[before:]]
        clause = f"{SPECIFICATION}{name.lower()}.html"
        for location, code, message in ask_fhir_resources(node, name):
            where = place
            for key in location:
                where = (where, key)
            path = show(where)
            if not any(_inside(path, other) or _inside(other, path) for other in paths):
                self.problem(where, "structure", code, message, clause)


def _given(partner: Any, index: int, null: bool = False) -> bool:
    """Tell whether a primitive's other half has this index too, as a value or even as a null."""
    if not isinstance(partner, list) or index >= len(partner):
        return False
    return null or partner[index] is not None


def _day(value: str) -> bool:
    if len(value) < 10:
        return True
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


def _inside(path: str, outer: str) -> bool:
    return path.startswith(outer) and path[len(outer) : len(outer) + 1] in ("", ".", "[", "/")


def ask_fhir_resources(
    node: dict[str, Any], name: str
) -> list[tuple[tuple[str | int, ...], str, str]]:
    """Give what fhir.resources minds in a resource: location inside it, code, message.

    https://pypi.org/project/fhir.resources/
    """
    # Takes 150 ms, which those who convert with validate=False need not wait for.
    from fhir.resources import get_fhir_model_class
    from pydantic import ValidationError

    try:
        get_fhir_model_class(name).model_validate(node)
    except ValidationError as invalid:
        return [
            (error["loc"], *_opinion(error["type"], error["msg"]))
            for error in invalid.errors(include_url=False, include_context=False)
            if not _mistaken(error["type"], error["loc"])
        ]
    except Exception as failure:
        # It raises KeyError, AttributeError and others where content is not what it expects.
        message = f"fhir.resources cannot read this: {type(failure).__name__} {failure}"
        return [((), "fhir.resources", message)]
    return []


def _mistaken(kind: str, location: tuple[str | int, ...]) -> bool:
    known = MISTAKEN.get(kind)
    return known is not None and known.fullmatch(str(location[-1])) is not None


def _opinion(kind: str, message: str) -> tuple[str, str]:
    if kind.endswith("missing"):
        return "required", "required, but absent"
    if kind == "extra_forbidden":
        return "unknown-element", "not an element of this type"
    return "fhir.resources", f"{message} (fhir.resources)"


def validate(bundle: Any, *, base: str = BASE, second_opinion: bool = True) -> list[Problem]:
    """Check the parsed JSON of a FHIR R5 Bundle, or of another resource; give all its problems.

    Never raises on bad content. In the order of the document, a resource's second opinion after it.
    `base`: references and canonicals below it have to resolve in the Bundle. Those on other servers
    are not followed, nor is anything that leads out of a resource that is not in a Bundle.
    `second_opinion=False` leaves fhir.resources out. Source: https://hl7.org/fhir/R5/validation.html
    """
    walk = Walk(base, second_opinion)
    if not isinstance(bundle, dict):
        message = f"{_found(bundle)}, but a FHIR resource (a JSON object) is wanted"
        walk.problem(
            None, "structure", "type", message, f"{SPECIFICATION}json.html", severity="fatal"
        )
        return walk.problems
    name = bundle.get("resourceType")
    walk.resource(bundle, (None, name if isinstance(name, str) else ""), 0)
    return walk.problems


def check(data: bytes) -> list[Problem]:
    """Check the bytes of a FHIR R5 Bundle, as `validate` does.

    Bytes that are no JSON object have no problems here: reading them says what is wrong.
    """
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return []
    return validate(tree) if isinstance(tree, dict) else []
