"""One walk over the plain JSON of a FHIR resource: what a JSON Schema cannot say.

It finds its way by the digest of the official definitions (`fhir_definitions.py`), for any version:
structure, the forms of primitives and their twins, codes, references and canonical urls, known
extensions, and the XHTML of narratives. Invariants are a layer of their own.
"""

import re
from decimal import Decimal
from typing import Any, Final

from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Version, definitions
from trialbridge.schemas.fhir.digests.displays import alike, alike_of, displays_of
from trialbridge.schemas.fhir.digests.types import (
    LABELS,
    Binding,
    Element,
    KnownExtension,
    Type,
    codes_of,
    extension_of,
    type_of,
)
from trialbridge.schemas.fhir.forms import CONTROL, FORMS, form_of
from trialbridge.schemas.fhir.narrative import narrative
from trialbridge.schemas.fhir.outside import NAMED, OUTSIDE
from trialbridge.schemas.fhir.schema import INTEGERS, MAX_STRING
from trialbridge.schemas.fhir.walk.places import (
    ID,
    Place,
    a_or_an,
    listing,
    near,
    short,
    show,
    what_is,
)
from trialbridge.schemas.fhir.walk.references import References, TooMany, too_many
from trialbridge.schemas.problem import Severity

# FHIR sets no limit; real plans of action nest some ten deep, and the stack has to hold.
MAX_DEPTH: Final = 100

# The primitives that are text of any form.
TEXTS: Final = frozenset({"markdown", "string", "xhtml"})

EXTENSIONS: Final = ("extension", "modifierExtension")

# Below this, HL7 and nobody else defines extensions.
PUBLISHED_EXTENSIONS: Final = "http://hl7.org/fhir/StructureDefinition/"

# What another version has and this one lacks: https://hl7.org/fhir/R5/versions.html#extensions
CROSS_VERSION: Final = re.compile(
    r"http://hl7\.org/fhir/(?P<version>\d\.\d)/StructureDefinition/extension-(?P<path>.+)"
)
CROSSED: Final[dict[str, Version]] = {"5.0": "r5", "4.3": "r4b", "4.0": "r4"}

INDEX: Final = re.compile(r"\[\d+\]")
RESOURCE_NAMED: Final = re.compile(r"/\*(\w+)/[^*]*\*/")


class Walk(References):
    """One validation: the problems found so far, and the surroundings of the place it is at."""

    def resource(self, node: Any, place: Place, depth: int) -> None:
        """Check a resource at a place whose last key does not name it yet."""
        if not isinstance(node, dict):
            message = f"{what_is(node)}, but a resource (an object with resourceType) is wanted"
            self.problem(place, "structure", "type", message, self.link("Resource"))
            return
        name = node.get("resourceType")
        if not isinstance(name, str) or name not in self.known.resources:
            if name is None:
                message = "resourceType is required, but absent"
            else:
                message = f"resourceType {what_is(name)} is not a resource type of {self.label}"
                message += near(name, self.known.resources) if isinstance(name, str) else ""
            clause = f"{self.specification}resourcelist.html"
            self.problem(place, "structure", "resource-type", message, clause)
            return
        id_ = node.get("id")
        if place[0] is not None and isinstance(id_, str) and ID.fullmatch(id_):
            place = (place, f"/*{name}/{id_}*/")
        type_ = type_of(self.version, name)
        ids, self.element_ids = self.element_ids, {}
        language, said = self.language, node.get("language")
        if isinstance(said, str):
            self.language = said
        if name == "Bundle":
            around = self.space, self.server, self.contained
            self.server = self.contained = None
            self.space = self.index(node, place)
            self.object(node, type_, place, name, name, None, depth)
            self.space, self.server, self.contained = around
        elif self.contained is None:
            self.contained = self.index_contained(node, name, place)
            self.object(node, type_, place, name, name, None, depth)
            self.contained = None
        else:
            self.object(node, type_, place, name, name, None, depth)
        self.element_ids, self.language = ids, language

    def object(
        self,
        node: dict[str, Any],
        type_: Type,
        place: Place,
        anchor: str,
        kind: str,
        targets: frozenset[str] | None,
        depth: int,
    ) -> None:
        """Check an object against its type.

        `anchor` is the element that it is the value of and `kind` its data type (of a twin, the
        primitive), as extensions name their contexts; `targets`, what a reference in it may point
        at.
        """
        path = type_.path
        if not node:
            self.empty(node, place, path)
            return
        if depth > MAX_DEPTH:
            self.deep(place)
            return
        if path == "Bundle.entry":
            self.server = self.server_of(node.get("fullUrl"))
        for name, keys in type_.required:
            for key in keys:
                if key in node:
                    break
            else:
                message = "required, but absent"
                clause = self.link(f"{path}.{name}")
                self.problem((place, name), "structure", "required", message, clause)
        chosen: dict[str, str] = {}
        elements = type_.elements
        for key, value in node.items():
            element = elements.get(key)
            if element is None:
                if key != "resourceType" or not type_.resource:
                    self.unknown(key, type_, (place, key))
                continue
            quick = element.quick
            if quick is not None and quick(value):
                continue
            here = (place, key)
            if element.choice is not None:
                other = chosen.setdefault(element.choice, element.name)
                if other != element.name:
                    message = f"{other} and {element.name} are both given, but only one may be"
                    where = (place, element.choice)
                    clause = self.link(element.anchor)
                    self.problem(where, "structure", "choice", message, clause)
            # The content of a CodeableReference is bound by the element that it is the value of.
            inner = targets if path == "CodeableReference" else element.targets
            if element.many:
                self.items(value, element, here, inner, depth, node)
            elif value is None:
                self.null(here, element)
            elif isinstance(value, list):
                message = f"a list, but there can be only one {element.anchor}"
                clause = self.link(element.anchor)
                self.problem(here, "structure", "cardinality", message, clause)
            else:
                self.value(value, element, here, inner, depth)
        if path == "Coding":
            self.coding(node, place)
        elif path == "Reference":
            self.reference(node, place, targets)
        # A snapshot and its differential have elements of the same ids.
        if not type_.resource and "id" in node and path != "ElementDefinition":
            self.element_id(node, place)
        if path != "Extension":
            for key in EXTENSIONS:
                if key in node:
                    self.extensions(node[key], key, None, (place, key), anchor, kind, "")

    def element_id(self, node: dict[str, Any], place: Place) -> None:
        """Check that no other element of the resource has the same id."""
        id_ = node["id"]
        if not isinstance(id_, str):
            return
        if id_ in self.element_ids:
            message = f"{short(id_)} is the id of {show(self.element_ids[id_])} too"
            self.problem((place, "id"), "reference", "duplicate", message, self.link("Element.id"))
        self.element_ids.setdefault(id_, place)

    def items(
        self,
        value: Any,
        element: Element,
        place: Place,
        targets: frozenset[str] | None,
        depth: int,
        node: dict[str, Any],
    ) -> None:
        if not isinstance(value, list):
            if value is None:
                self.null(place, element)
            else:
                message = f"{what_is(value)}, but a list is wanted"
                self.problem(place, "structure", "type", message, self.link(element.anchor))
        elif not value:
            self.empty(value, place, element.anchor)
        else:
            if element.most and len(value) > element.most:
                message = f"{len(value)}, but there can be only {element.most} {element.anchor}"
                self.problem(place, "structure", "cardinality", message, self.link(element.anchor))
            quick = element.quick_item
            for index, item in enumerate(value):
                if quick is not None and quick(item):
                    continue
                if item is None:
                    partner = node.get(element.name if element.twin else f"_{element.name}")
                    # Null on both sides is one fault, and reported at the value.
                    if not _given(partner, index, null=element.twin):
                        self.null((place, index), element)
                else:
                    self.value(item, element, (place, index), targets, depth)

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
            type_ = type_of(self.version, element.type)
            # What repeats another's content is, to extensions, that other.
            anchor = element.type if "." in element.type else element.anchor
            self.object(value, type_, place, anchor, element.kind, targets, depth + 1)
            if element.binding is not None:
                self.bound(value, element.kind, element.binding, element.anchor, place)
        else:
            message = f"{what_is(value)}, but {a_or_an(element.type)} (an object) is wanted"
            self.problem(place, "structure", "type", message, self.link(element.anchor))

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
            least, most = INTEGERS[kind]
            if isinstance(value, bool) or not isinstance(value, float | int | Decimal):
                self.json_type(value, element, place, "a number")
            elif not isinstance(value, int) or not least <= value <= most:
                self.form(value, element, place)
        elif not isinstance(value, str):
            self.json_type(value, element, place, "a string")
        elif not value or value.isspace():
            message = f"{short(value)} is blank: say something, or leave it out"
            self.problem(place, "structure", "blank", message, self.link(element.anchor))
        elif kind in TEXTS:
            self.text(value, element, place)
        elif not form_of(self.version, kind)(value):
            self.form(value, element, place)
        elif element.anchor in ("Coding.system", "Identifier.system") and ":" not in value:
            message = f"{short(value)} is relative, but a system is an absolute URI"
            self.problem(place, "format", "format", message, self.link(element.anchor))
        elif element.grammar is not None and not element.grammar.fullmatch(value):
            message = f"{short(value)} is not {NAMED[element.grammar]}"
            self.problem(place, "code", "code", message, self.link(element.anchor))
        elif element.codes is not None:
            if value not in element.codes and element.binding is not None:
                self.code(value, element.binding, element.anchor, place)
        elif kind == "canonical":
            self.canonical(value, element, place)

    def text(self, value: str, element: Element, place: Place) -> None:
        clause = f"{self.specification}datatypes.html#string"
        if len(value) > MAX_STRING and element.type != "xhtml":
            message = f"{len(value)} characters, but at most {MAX_STRING} are allowed"
            self.problem(place, "format", "length", message, clause)
        elif not value.isprintable() and (control := CONTROL.search(value)):
            message = f"has the control character U+{ord(control[0]):04X}, which FHIR forbids"
            self.problem(place, "format", "character", message, clause)
        elif element.type == "xhtml":
            for fault in narrative(value):
                clause = f"{self.specification}narrative.html#xhtml"
                self.problem(place, "narrative", "narrative", fault, clause)

    def json_type(self, value: Any, element: Element, place: Place, wanted: str) -> None:
        message = f"{what_is(value)}, but {a_or_an(element.type)} is {wanted}"
        self.problem(place, "structure", "type", message, self.link(element.anchor))

    def form(self, value: Any, element: Element, place: Place) -> None:
        kind = element.type
        for form in ("uuid", "oid"):
            if isinstance(value, str) and value.startswith(f"urn:{form}:"):
                kind = form
        wanted = f" ({FORMS[kind]})" if kind in FORMS else ""
        message = f"{short(value)} is not a FHIR {element.type}{wanted}"
        clause = f"{self.specification}datatypes.html#{element.type}"
        self.problem(place, "format", "format", message, clause)

    def code(
        self, value: str, bound: Binding, anchor: str, place: Place, severity: Severity = "error"
    ) -> None:
        name = bound.value_set.rpartition("/")[2]
        message = f"{short(value)} is not a code of {name} ({listing(value, bound.listed)})"
        self.problem(place, "code", "code", message, self.link(anchor), severity)

    def bound(
        self, node: dict[str, Any], kind: str, bound: Binding, anchor: str, place: Place
    ) -> None:
        """Check that a concept has a code of the value set that its element is bound to."""
        if kind == "CodeableReference":
            node, kind, place = node.get("concept", {}), "CodeableConcept", (place, "concept")
            if not isinstance(node, dict) or not node:
                return
        codings = node.get("coding") if kind == "CodeableConcept" else [node]
        other: tuple[str, Place] | None = None
        for index, coding in enumerate(codings if isinstance(codings, list) else ()):
            system = coding.get("system") if isinstance(coding, dict) else None
            if not isinstance(system, str) or system not in bound.systems:
                continue
            code, codes = coding.get("code"), bound.systems[system]
            if not isinstance(code, str):
                continue
            if codes is None or code in codes:
                return
            listed = codes_of(self.version, system)
            if listed and not listed[1] and code.lower() in {each.lower() for each in codes}:
                return
            if other is None:
                where = ((place, "coding"), index) if kind == "CodeableConcept" else place
                # A code that its system does not have is told of as such.
                if listed is None or code in listed[0]:
                    other = code, (where, "code")
                else:
                    return
        if other is not None:
            severity: Severity = "error" if bound.strength == "required" else "warning"
            self.code(other[0], bound, anchor, other[1], severity)
        elif bound.strength == "required" and "extension" not in node:
            if kind != "CodeableConcept" and "code" not in node:
                return
            name = bound.value_set.rpartition("/")[2]
            message = f"has no code of {name} ({listing('', bound.listed)}), which is required"
            self.problem(place, "code", "code", message, self.link(anchor))

    def coding(self, node: dict[str, Any], place: Place) -> None:
        system, code = node.get("system"), node.get("code")
        if not isinstance(system, str) or not isinstance(code, str) or not code.strip():
            return
        grammar = OUTSIDE.get(system)
        if grammar is not None and not grammar.fullmatch(code):
            message = f"{short(code)} is not {NAMED[grammar]}"
            self.problem((place, "code"), "code", "code", message, self.link("Coding.code"))
        edition = node.get("version")
        if isinstance(edition, str) and edition != self.known.fhir:
            # Another edition of the system may have other codes.
            return
        found = codes_of(self.version, system)
        if found is None or (code if found[1] else code.lower()) in found[0]:
            if "display" in node:
                self.display(system, code, node["display"], place)
            return
        whole = self.known.code_system(system)
        allowed = listing(code, whole.codes if whole else ())
        message = f"{short(code)} is not a code of {system} ({allowed})"
        self.problem((place, "code"), "code", "code", message, self.link("Coding.code"))

    def display(self, system: str, code: str, display: Any, place: Place) -> None:
        """Check that a code is called what its system calls it, in the language of the system.

        A warning, as with most validators: of displays in other languages the specification leaves
        open what is right. https://hl7.org/fhir/R5/valueset-operation-validate-code.html
        """
        known = alike_of(system).get(code)
        if known is None or not isinstance(display, str) or alike(display) in known:
            return
        if self.language is not None and self.language.partition("-")[0].lower() != "en":
            return
        told = " or ".join(map(short, displays_of(system)[code][:4]))
        message = f"{short(display)} is not what {system} calls {short(code)}: {told}"
        clause = f"{self.specification}datatypes.html#Coding"
        self.problem((place, "display"), "code", "display", message, clause, "warning")

    def extensions(
        self,
        nodes: Any,
        key: str,
        parent: KnownExtension | None,
        place: Place,
        anchor: str,
        kind: str,
        within: str,
    ) -> None:
        """Check a list of extensions against what HL7 says of those that it defines.

        `within` is the url of the extension that they are in, `parent` what is known of it.
        """
        counts: dict[str, int] = {}
        for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
            url = node.get("url") if isinstance(node, dict) else None
            if not isinstance(url, str):
                continue
            here = (place, index)
            counts[url] = counts.get(url, 0) + 1
            known = parent.parts.get(url) if parent else None
            if known is None:
                known = self.extension(url, key, parent, here, anchor, kind, within)
            if known is not None:
                self.content(node, url, known, here)
            inner = node.get("extension")
            if inner is not None:
                self.extensions(inner, "extension", known, (here, "extension"), "", "", url)
        # How often an extension may be somewhere is for profiles to say, but for its own parts.
        for url, part in parent.parts.items() if parent else ():
            count = counts.get(url, 0)
            if count < part.min:
                message = f"{short(within)} wants {short(url)}, which is absent"
                self.extension_problem(place, "required", message)
            elif part.max and count > part.max:
                message = f"{count} times {short(url)}, but there can be only {part.max}"
                self.extension_problem(place, "cardinality", message)

    def extension(
        self,
        url: str,
        key: str,
        parent: KnownExtension | None,
        place: Place,
        anchor: str,
        kind: str,
        within: str,
    ) -> KnownExtension | None:
        """Check where an extension is; give what is known of it."""
        if ":" not in url:
            if parent is not None and parent.parts:
                message = f"{short(url)} is not a part of {short(within)}"
                message += near(url, parent.parts)
                self.extension_problem((place, "url"), "extension", message)
            elif not within:
                message = f"{short(url)} is relative, but an extension's url is absolute"
                self.extension_problem((place, "url"), "extension", message)
            return None
        known = extension_of(self.version, url.partition("|")[0])
        if known is None:
            self.unknown_extension(url, place)
        elif not self.in_context(known, anchor, kind, place, within):
            shown = ", ".join(known.shown[:8]) + (", ..." if len(known.shown) > 8 else "")
            what = within if within else anchor
            message = f"{short(url)} is not for {what}, but for {shown}"
            self.extension_problem((place, "url"), "extension-context", message)
        elif known.modifier is not (key == "modifierExtension") and not within:
            wanted = "modifierExtension" if known.modifier else "extension"
            message = f"{short(url)} is in {key}, but belongs in {wanted}"
            self.extension_problem((place, "url"), "extension-context", message)
        return known

    def in_plain_context(self, known: KnownExtension, anchor: str, kind: str, within: str) -> bool:
        if known.anywhere:
            return True
        if within:
            return within in known.within or "Extension" in known.contexts
        plain = anchor.replace("[x]", "")
        if plain == "Extension.value" and known.within:
            return True
        return plain in known.contexts or not known.contexts.isdisjoint(self.known.kinds(kind))

    def in_context(
        self, known: KnownExtension, anchor: str, kind: str, place: Place, within: str
    ) -> bool:
        if self.in_plain_context(known, anchor, kind, within):
            return True
        if within:
            return False
        # A context can lead into data types: StructureDefinition.snapshot.element.binding.
        *_, last = show(place[0]).rpartition("*/.")
        resource = RESOURCE_NAMED.findall(show(place[0]))
        path = INDEX.sub("", last).replace("._", ".").rpartition(".")[0]
        whole = f"{resource[-1]}.{path}" if resource else path
        return whole in known.contexts

    def unknown_extension(self, url: str, place: Place) -> None:
        crossing = CROSS_VERSION.fullmatch(url)
        if crossing:
            version = CROSSED.get(crossing["version"])
            path = crossing["path"].removesuffix("[x]").removesuffix("_x_")
            if version is None or _has_path(version, path):
                return
            message = f"{short(path)} is not an element of {LABELS[version]}"
        elif url.startswith(PUBLISHED_EXTENSIONS):
            others = [v for v in VERSIONS if extension_of(v, url.partition("|")[0])]
            if others:
                message = (
                    f"{short(url)} is an extension of {LABELS[others[0]]}, not of {self.label}"
                )
                self.extension_problem((place, "url"), "extension", message, "warning")
                return
            message = f"{short(url)} is not an extension that HL7 defines"
            names = [name.rpartition("/")[2] for name in self.known.extensions()]
            message += near(url.rpartition("/")[2], names)
        else:
            return
        self.extension_problem((place, "url"), "extension", message)

    def content(self, node: dict[str, Any], url: str, known: KnownExtension, place: Place) -> None:
        """Check the value of a known extension."""
        elements = type_of(self.version, "Extension").elements
        given = False
        for key, value in node.items():
            element = elements.get(key)
            if element is None or element.choice is None:
                continue
            allowed = known.values.get(key)
            if allowed is None:
                names = [each for each in known.values if not each.startswith("_")]
                wanted = f"{' or '.join(names)} is wanted"
                wanted = wanted if names else "it has extensions and no value"
                message = f"{key} in {short(url)}, but {wanted}"
                self.extension_problem((place, key), "extension-type", message)
                given = True
                continue
            given = True
            here = (place, key)
            if isinstance(value, dict) and not element.twin:
                if allowed.binding is not None:
                    self.bound(value, allowed.kind, allowed.binding, allowed.anchor, here)
                if allowed.targets is not None and allowed.kind == "Reference":
                    self.target(value, here, allowed.targets)
            elif isinstance(value, str) and allowed.codes and value not in allowed.codes:
                assert allowed.binding is not None
                self.code(value, allowed.binding, allowed.anchor, here)
        if known.wants_value and not given:
            message = f"{short(url)} wants a value, which is absent"
            self.extension_problem((place, "value[x]"), "required", message)

    def extension_problem(
        self, place: Place, code: str, message: str, severity: Severity = "error"
    ) -> None:
        clause = f"{self.specification}extensibility.html"
        self.problem(place, "extension", code, message, clause, severity)

    def unknown(self, key: str, type_: Type, place: Place) -> None:
        message = f"{short(key)} is not an element of {type_.path}"
        message += near(str(key), type_.elements)
        self.problem(place, "structure", "unknown-element", message, self.link(type_.path))

    def empty(self, node: dict[str, Any] | list[Any], place: Place, anchor: str) -> None:
        message = "an empty object: say something, or leave it out"
        if isinstance(node, list):
            message = "an empty list: say something, or leave it out"
        self.problem(place, "structure", "empty", message, self.link(anchor))

    def null(self, place: Place, element: Element) -> None:
        message = "null, which FHIR has only in a list, beside an extension: leave it out"
        self.problem(place, "structure", "null", message, self.link(element.anchor))

    def deep(self, place: Place) -> None:
        self.too_deep = True
        message = f"nested more than {MAX_DEPTH} deep: not looked at any further"
        self.problem(place, "structure", "depth", message)


def _given(partner: Any, index: int, null: bool = False) -> bool:
    """Tell whether a primitive's other half has this index too, as a value or even as a null."""
    if not isinstance(partner, list) or index >= len(partner):
        return False
    return null or partner[index] is not None


def _has_path(version: Version, path: str) -> bool:
    """Tell whether a version has an element, of which a choice may be named without its [x]."""
    for each in (path, f"{path}[x]"):
        try:
            definitions(version).element_types(each)
        except KeyError:
            continue
        return True
    return False


def _inside(path: str, outer: str) -> bool:
    return path.startswith(outer) and path[len(outer) : len(outer) + 1] in ("", ".", "[", "/")


def walk(tree: Any, version: Version, base: str) -> Walk:
    """Walk over parsed JSON; give the walk, with the problems in the order of the document."""
    made = Walk(version, base)
    if isinstance(tree, dict):
        name = tree.get("resourceType")
        try:
            made.resource(tree, (None, name if isinstance(name, str) else ""), 0)
        except TooMany:
            made.too_deep = True
            made.problems.append(too_many(made))
    else:
        message = f"{what_is(tree)}, but a FHIR resource (a JSON object) is wanted"
        clause = f"{made.specification}json.html"
        made.problem(None, "structure", "type", message, clause, severity="fatal")
    return made
