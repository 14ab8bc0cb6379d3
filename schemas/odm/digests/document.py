"""An ODM document under a check: the digests of the XSDs, the paths of elements, what is told.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from trialbridge.schemas.once import once
from trialbridge.schemas.problem import Problem, Severity
from trialbridge.schemas.syntax import xml

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

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

SHOWN: Final = 80
_LISTED: Final = 12
LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
PREFIXES: Final = {
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://www.w3.org/1999/xlink": "xlink:",
    "http://www.w3.org/2000/09/xmldsig#": "ds:",
    **dict.fromkeys(NAMESPACES.values(), ""),
}


class Attribute(NamedTuple):
    """What the XSD says of an attribute, and the elements that it may refer to by OID or ID."""

    required: bool
    type: str
    targets: tuple[str, ...]


class Element(NamedTuple):
    """What the XSD says of an element, attributes and children in its order.

    `children` tells of each whether it may stand more than once, and `needed` which have to stand;
    `sequence` whether that is all that there is to say of them. `content` is the type of the
    element's text, and `text` whether it has any; `oid` whether its OID or ID is a name that others
    refer to. An element of another namespace is named with a prefix: `xhtml:div`.
    """

    attributes: Mapping[str, Attribute]
    children: Mapping[str, bool]
    text: bool
    oid: bool
    content: str = ""
    needed: frozenset[str] = frozenset()
    sequence: bool = True


class Digest(NamedTuple):
    """The digest of a version: elements, types, constraints and terms (`build_elements.py`)."""

    elements: Mapping[str, Element]
    types: Mapping[str, str | list[str]]
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


@once
def digest(version: str) -> Digest:
    """Load the digest of the XSD of a version."""
    stored: dict[str, Any] = msgspec.json.decode(digest_path(version).read_bytes())
    found = {}
    choices = stored["choices"].split()
    for name, (attributes, children, content) in stored["elements"].items():
        rows: dict[str, Attribute] = {}
        for row in attributes.split():
            key, _, type_ = row.partition("=")
            type_, _, targets = type_.partition(">")
            kinds = tuple(targets.split("|")) if targets else ()
            rows[key.removesuffix("!")] = Attribute(key.endswith("!"), type_, kinds)
        below = children.split()
        found[name] = Element(
            rows,
            {child.rstrip("?*+"): child.endswith(("*", "+")) for child in below},
            content != "",
            any((key, row.type) in (("OID", "oid"), ("ID", "xs:ID")) for key, row in rows.items()),
            content,
            frozenset(child.rstrip("+") for child in below if not child.endswith(("?", "*"))),
            name not in choices,
        )
    return Digest(found, stored["types"], stored["unique"], stored["terms"])


def version_of(namespace: str) -> str | None:
    """Tell the version of ODM by the namespace; None if it is another."""
    return next((version for version, known in NAMESPACES.items() if known == namespace), None)


class Places:
    """The paths of elements in one document: what is counted for one is kept for the next."""

    def __init__(self) -> None:
        self._steps: dict[_Element, dict[_Element, str]] = {}

    def path(self, element: "_Element", attribute: str | None = None) -> str:
        """Tell where an element, or an attribute of it, stands, in the form of a problem's path."""
        steps = [f"@{name_of(attribute)}"] if attribute else []
        node = element
        while (above := node.getparent()) is not None:
            if above not in self._steps:
                self._steps[above] = _steps(above)
            steps.append(self._steps[above][node])
            node = above
        steps.append(name_of(node.tag))
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
        steps[child] = name_of(child.tag) + number
    return steps


def problem(
    severity: Severity, layer: str, path: str, code: str, message: str, link: str
) -> Problem:
    return Problem(severity=severity, layer=layer, path=path, code=code, message=message, link=link)


def local_name(tag: str) -> str:
    return tag[tag.rfind("}") + 1 :]


def name_of(tag: str) -> str:
    """Name an element or attribute: ODM's own bare, others with a prefix or their namespace."""
    namespace, _, name = tag.rpartition("}")
    namespace = namespace.removeprefix("{")
    if not namespace:
        return shortened(name)
    return PREFIXES.get(namespace, f"{{{namespace}}}") + shortened(name)


def shortened(value: str) -> str:
    return value if len(value) <= SHOWN else f"{value[:SHOWN]}..."


def either(names: Iterable[str]) -> str:
    """List names for a message: `A, B or C`."""
    listed = list(names)
    if len(listed) > _LISTED:
        listed = [*listed[:_LISTED], f"{len(listed) - _LISTED} more"]
    return " or ".join([", ".join(listed[:-1]), listed[-1]] if listed[1:] else listed)


def too_many(path: str, layer: str, link: str) -> Problem:
    message = f"there are more than {MOST_PROBLEMS:,} problems: the others are not told"
    return problem("error", layer, path, "too-many", message, link)


@dataclass(slots=True)
class Document:
    """A document of a version: what is wrong with it, and of what all is said."""

    version: str
    digest: Digest
    link: str
    problems: list[Problem] = field(default_factory=list)
    untold: bool = False
    places: Places = field(default_factory=Places)
    # Elements and attributes of which all is said, so that the XSD's word is not told too.
    told: set[tuple["_Element", str | None]] = field(default_factory=set)

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
        self.problems.append(problem(severity, layer, path, code, message, self.link))
