"""What references, canonicals and fullUrls point at: https://hl7.org/fhir/R5/references.html"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from trialbridge.schemas.fhir.digests.definitions import Version, definitions
from trialbridge.schemas.fhir.digests.types import LABELS, SPECIFICATIONS, Element, link
from trialbridge.schemas.fhir.forms import FORMS, UUID
from trialbridge.schemas.fhir.walk.places import ID, Place, a_or_an, either, short, show, what_is
from trialbridge.schemas.problem import Problem, Severity

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

# These hold all that they refer to: https://hl7.org/fhir/R5/documents.html#bundle,
# https://hl7.org/fhir/R5/messaging.html#bundle. Of the others no rule says so.
CLOSED_BUNDLES: Final = frozenset({"document", "message"})

# Some messages quote what the document says, which may be of any length.
_LONGEST: Final = 1_000

MOST_PROBLEMS: Final = 10_000
"""How many problems are told: what has more is no document, and would fill the memory."""

# https://hl7.org/fhir/R5/references.html#literal
LITERAL = re.compile(
    r"(?:(?P<base>https?://\S+)/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?P<version>/_history/[A-Za-z0-9\-.]{1,64})?(?:#[A-Za-z0-9\-.]{1,64})?"
)
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
CONDITIONAL = re.compile(r"(?P<type>[A-Z][A-Za-z]+)\?\S+")

NOTHING_THERE: Final = "resolves to nothing in the Bundle"
ELSEWHERE: Final = "elsewhere"
NOTHING_CONTAINED: Final = "resolves to nothing in contained"


@dataclass(slots=True)
class Space:
    """What references inside one Bundle can point at; without a Bundle, nothing is known.

    `urls`: resource types by fullUrl. `ids`: resource types by `Type/id`; `local` has those of the
    entries whose fullUrl does not say on which server they are. `canonicals`: resource type and
    version by url. `partial`: what is referred to may be elsewhere. `closed`: it has to be here.
    """

    partial: bool = True
    closed: bool = False
    urls: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    local: dict[str, str] = field(default_factory=dict)
    bases: set[str] = field(default_factory=set)
    canonicals: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)

    @staticmethod
    def of(kind: Any) -> "Space":
        """Give the space of a Bundle of a type, empty yet."""
        return Space(
            partial=isinstance(kind, str) and kind in PARTIAL_BUNDLES,
            closed=isinstance(kind, str) and kind in CLOSED_BUNDLES,
        )


class TooMany(Exception):
    """There are more problems than are told."""


class References:
    """One validation: the problems found so far, and the surroundings of the place it is at."""

    def __init__(self, version: Version, base: str) -> None:
        self.version: Version = version
        self.known = definitions(version)
        self.label = LABELS[version]
        self.specification = SPECIFICATIONS[version]
        self.base = base.rstrip("/")
        self.problems: list[Problem] = []
        self.space = Space()
        self.server: str | None = None
        self.contained: dict[str, str] | None = None
        self.element_ids: dict[str, Place] = {}
        self.language: str | None = None
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
        if len(self.problems) == MOST_PROBLEMS:
            raise TooMany
        if len(message) > _LONGEST:
            message = f"{message[:_LONGEST]}..."
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

    def link(self, anchor: str) -> str:
        return link(self.version, anchor)

    def index(self, bundle: dict[str, Any], place: Place) -> Space:
        """Gather what references can point at, and report what is there twice."""
        kind = bundle.get("type")
        space = Space.of(kind)
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
                        message = f"{short(url)} is the fullUrl of entry[{first}] too"
                        clause = f"{self.specification}bundle.html#bundle-unique"
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
                        clause = f"{self.specification}bundle.html#bundle-unique"
                        where = ((here, "resource"), "id")
                        self.problem(where, "reference", "duplicate", message, clause)
            canonical = resource.get("url") if isinstance(resource, dict) else None
            if isinstance(canonical, str) and isinstance(resource, dict):
                listed = space.canonicals.setdefault(canonical, [])
                listed.append((name, resource.get("version")))
        return space

    def full_url(self, url: str, name: Any, id_: Any, place: Place) -> str | None:
        """Check a fullUrl against its resource; give the server that it names."""
        clause = self.link("Bundle.entry.fullUrl")
        literal = LITERAL.fullmatch(url)
        if literal and literal["type"] not in self.known.resources:
            literal = None
        if not ABSOLUTE.fullmatch(url):
            message = f"{short(url)} is relative, but a fullUrl is absolute"
            self.problem(place, "reference", "full-url", message, clause)
            return None
        if literal is None:
            return None
        if literal["version"]:
            message = f"{short(url)} names a version, which a fullUrl may not"
            self.problem(place, "reference", "full-url", message, clause)
        ends = f"{literal['type']}/{literal['id']}"
        if not isinstance(id_, str) or not ID.fullmatch(id_):
            return literal["base"]
        if isinstance(name, str) and ends != f"{name}/{id_}":
            message = f"ends in {ends}, but the resource is {name}/{id_}"
            self.problem(place, "reference", "full-url", message, clause)
        return literal["base"]

    def server_of(self, url: Any) -> str | None:
        literal = LITERAL.fullmatch(url) if isinstance(url, str) else None
        return literal["base"] if literal and literal["type"] in self.known.resources else None

    def index_contained(self, node: dict[str, Any], name: str, place: Place) -> dict[str, str]:
        ids = {"": name}
        contained = node.get("contained")
        for number, inner in enumerate(contained if isinstance(contained, list) else ()):
            if not isinstance(inner, dict) or not isinstance(inner.get("id"), str):
                continue
            if inner["id"] in ids:
                where = (((place, "contained"), number), "id")
                message = f"{short(inner['id'])} is the id of another contained resource too"
                clause = f"{self.specification}references.html#contained"
                self.problem(where, "reference", "duplicate", message, clause)
            ids.setdefault(inner["id"], str(inner.get("resourceType")))
        return ids

    def reference(self, node: dict[str, Any], place: Place, targets: frozenset[str] | None) -> None:
        """Check that a Reference points at something, and at something of the right type."""
        clause = self.link("Reference.reference")
        reference, said = node.get("reference"), node.get("type")
        declared = said.rpartition("/")[2] if isinstance(said, str) else None
        found = None
        if isinstance(reference, str) and reference.strip():
            here = (place, "reference")
            found, code, fault = self.resolve(reference)
            if code:
                # What nothing says is elsewhere, and may be: a transaction's Patient on the server.
                severity: Severity = "information" if code == ELSEWHERE else "error"
                message = f"{short(reference)} {fault}"
                told = "dangling" if code == ELSEWHERE else code
                self.problem(here, "reference", told, message, clause, severity)
            if found and targets and found not in targets:
                message = f"{short(reference)} is {a_or_an(found)}, but {either(targets)} is wanted"
                self.problem(here, "reference", "target", message, clause)
        if declared is None:
            return
        if found is not None:
            if declared != found:
                message = f"{short(said)}, but {short(reference)} is {a_or_an(found)}"
                self.problem(
                    (place, "type"), "reference", "target", message, self.link("Reference.type")
                )
        elif said == declared and declared not in self.known.resources:
            message = f"{short(said)} is not a resource type of {self.label}"
            self.problem((place, "type"), "code", "code", message, self.link("Reference.type"))
        elif targets and declared in self.known.resources and declared not in targets:
            message = f"{short(said)}, but {either(targets)} is wanted"
            clause = self.link("Reference.type")
            self.problem((place, "type"), "reference", "target", message, clause)

    def target(self, node: dict[str, Any], place: Place, targets: frozenset[str]) -> None:
        """Check that a Reference in an extension points at something of the right type."""
        reference = node.get("reference")
        found = self.resolve(reference)[0] if isinstance(reference, str) else None
        if found and targets and found not in targets:
            message = f"{short(reference)} is {a_or_an(found)}, but {either(targets)} is wanted"
            clause = self.link("Reference.reference")
            self.problem((place, "reference"), "reference", "target", message, clause)

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
            return None, *self.missing(True)
        literal = LITERAL.fullmatch(reference)
        if literal and literal["type"] in self.known.resources:
            name, key, server = literal["type"], f"{literal['type']}/{literal['id']}", self.server
            if literal["base"] is not None:
                server = literal["base"]
                if server != self.base and server not in space.bases:
                    return None, "", ""
            elif key in (space.ids if server is None else space.local):
                return name, "", ""
            known = space.urls.get(f"{server}/{key}")
            return (known, "", "") if known else (name, *self.missing(server == self.base))
        conditional = CONDITIONAL.fullmatch(reference)
        if conditional and conditional["type"] in self.known.resources:
            return conditional["type"], "", ""
        if literal and literal["base"] is None:
            fault = f"is not a reference: {literal['type']} is not a resource type of {self.label}"
            return None, "format", fault
        if ABSOLUTE.fullmatch(reference):
            return None, "", ""
        fault = "is not a reference (Type/id, an absolute URL, urn:uuid:..., or #id)"
        return None, "format", fault

    def missing(self, certain: bool) -> tuple[str, str]:
        if self.space.partial:
            return "", ""
        return "dangling" if certain or self.space.closed else ELSEWHERE, NOTHING_THERE

    def canonical(self, value: str, element: Element, place: Place) -> None:
        """Check a canonical that points at a resource of this Bundle, or at one of ours."""
        clause = f"{self.specification}references.html#canonical"
        url, _, version = value.partition("#")[0].partition("|")
        found: list[tuple[str, Any]] = []
        if value.startswith("#"):
            name = (self.contained or {}).get(value[1:])
            found = [(name, None)] if name else []
        else:
            found = self.space.canonicals.get(url, found)
            kind = url.removeprefix(f"{self.base}/").partition("/")[0]
            ours = url.startswith(f"{self.base}/") and kind in self.known.resources - PUBLISHED
            if not found and (not ours or self.space.partial):
                return
        if not found:
            fault = NOTHING_CONTAINED if value.startswith("#") else NOTHING_THERE
            self.problem(place, "reference", "dangling", f"{short(value)} {fault}", clause)
        elif version and version not in [of for _, of in found]:
            message = f"{short(value)} {NOTHING_THERE} (it has version {what_is(found[0][1])})"
            self.problem(place, "reference", "dangling", message, clause)
        elif element.targets and not any(name in element.targets for name, _ in found):
            message = (
                f"{short(value)} is {a_or_an(found[0][0])}, but {either(element.targets)} is wanted"
            )
            self.problem(place, "reference", "target", message, clause)


def too_many(made: References) -> Problem:
    return Problem(
        severity="error",
        layer="structure",
        path="",
        code="too-many",
        message=f"more than {MOST_PROBLEMS:,} problems: not looked at any further",
        link=made.specification,
    )
