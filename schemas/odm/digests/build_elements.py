"""Make `v2_0_elements.json` and `v1_3_2_elements.json`, digests of CDISC's official XSDs.

The XSDs are CDISC's, and come with odmlib (MIT), a dependency:

    python -m trialbridge.schemas.odm.digests.build_elements
    python -m trialbridge.schemas.odm.digests.build_elements --check   # exits 1 if not current
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Final

from trialbridge.schemas.odm.digests.document import SOURCE, XSDS, digest_path, xsd_path

XS: Final = "{http://www.w3.org/2001/XMLSchema}"

# What a path through a protocol starts at, ends at and goes between. The specification names the
# first four; its own examples go from and to a Branching too, which has an OID for nothing else.
_STRUCTURAL: Final = ("StudyEventGroupDef", "StudyEventDef", "ItemGroupDef", "ItemDef")
_NODES: Final = (*_STRUCTURAL, "Branching")

# Which elements a reference may point to, where its name does not say it: `StudyOID` says Study and
# `ConditionOID` ConditionDef. Nothing: what it names is not in the file.
# https://wiki.cdisc.org/display/PUB/ODM+v2.0
EXCEPTIONS: Final = {
    "PriorFileOID": (),
    "StartOID": _NODES,
    "EndOID": _NODES,
    "SourceOID": _NODES,
    "TargetOID": _NODES,
    "PredecessorOID": _STRUCTURAL,
    "SuccessorOID": _STRUCTURAL,
    "StructuralElementOID": _STRUCTURAL,
    "CollectionExceptionConditionOID": ("ConditionDef",),
    "StartConditionOID": ("ConditionDef",),
    "EndConditionOID": ("ConditionDef",),
    "PartOfOrganizationOID": ("Organization",),
    "RoleCodeListOID": ("CodeList",),
    "TargetTransitionOID": ("Transition",),
    "UnitsItemOID": ("ItemDef",),
    "LeafID": ("Leaf",),
    "leafID": ("Leaf",),
    "ArchiveLocationID": ("Leaf",),
}

# An element's name or, in a KeySet of ODM 1.3.2, any element's; and a file's own name.
NOT_A_REFERENCE: Final = ("OID", "FileOID")

# Unions of CDISC's terms and any text: the XSD cannot say that a term is not CDISC's.
EXTENSIBLE: Final = ("TrialPhaseType",)

Element = Any


class Schema:
    """The components of a schema with all that it includes, by kind and name."""

    def __init__(self, root: Path) -> None:
        self.files: list[Path] = []
        self.named: dict[tuple[str, str], Element] = {}
        self._load(root)

    def _load(self, path: Path) -> None:
        from lxml import etree  # type: ignore[import-untyped]

        if path in self.files:
            return
        self.files.append(path)
        for component in etree.parse(path).getroot():
            if component.tag == f"{XS}include":
                self._load(path.with_name(component.get("schemaLocation")))
            elif component.get("name"):
                kind = component.tag.removeprefix(XS)
                self.named[kind, component.get("name")] = component

    def type_of(self, element: Element) -> Element | None:
        """Give an element's complex type; None if it has text alone."""
        name = element.get("type")
        if name is None:
            return element.find(f"{XS}complexType")
        return self.named.get(("complexType", name))

    def attributes(self, node: Element) -> Iterator[tuple[str, bool, str]]:
        """Give the attributes below a node in order: name, whether required, simple type."""
        for child in node:
            kind = _kind(child)
            if kind == "attribute" and child.get("use") != "prohibited":
                name = child.get("name") or child.get("ref")
                yield name, child.get("use") == "required", _simple_type(child)
            elif kind == "attributeGroup":
                yield from self.attributes(self.named["attributeGroup", child.get("ref")])
            elif kind in ("simpleContent", "complexContent", "extension", "restriction"):
                base = self.named.get(("complexType", child.get("base", "")))
                if base is not None and kind == "extension":
                    yield from self.attributes(base)
                yield from self.attributes(child)
            elif kind == "anyAttribute":
                raise SystemExit("a wildcard for attributes, which the digest has no room for")

    def children(
        self, node: Element, *, least: int = 1, many: bool = False
    ) -> Iterator[tuple[str, int, bool]]:
        """Give the child elements below a node in order: name, least number, whether many."""
        for child in node:
            kind = _kind(child)
            if not kind:
                continue
            at_least = least and int(child.get("minOccurs", 1))
            repeated = many or child.get("maxOccurs", "1") != "1"
            if kind == "element":
                yield child.get("ref") or child.get("name"), at_least, repeated
            elif kind == "group":
                group = self.named.get(("group", child.get("ref")))
                # Those of XHTML are not CDISC's, and are in its own namespace.
                if group is not None:
                    yield from self.children(group, least=at_least, many=repeated)
            elif kind == "choice":
                yield from self.children(child, least=0, many=repeated)
            elif kind == "sequence":
                yield from self.children(child, least=at_least, many=repeated)
            elif kind in ("complexContent", "extension", "restriction"):
                base = self.named.get(("complexType", child.get("base", "")))
                if base is not None and kind == "extension":
                    yield from self.children(base)
                yield from self.children(child)
            elif kind in ("any", "all"):
                raise SystemExit(f"xs:{kind}, which the digest has no room for")

    def is_sequence(self, node: Element) -> bool:
        """Tell whether the children below a node are those that there are, one after the other."""
        for child in node:
            kind = _kind(child)
            group = self.named.get(("group", child.get("ref"))) if kind == "group" else None
            inner = child if group is None else group
            if kind not in ("choice", "group", "sequence") or not any(self.children(inner)):
                if not self.is_sequence(child):
                    return False
                continue
            times = child.get("minOccurs", "1"), child.get("maxOccurs", "1")
            if kind == "choice" or times != ("1", "1") or not self.is_sequence(inner):
                return False
        return True

    def content(self, element: Element, type_: Element | None) -> str:
        """Name the type of an element's text: nothing if it has none, `mixed` with elements in it.

        An element whose type is of text alone has that type.
        """
        if type_ is None:
            return str(element.get("type") or "")
        if type_.get("mixed") == "true":
            return "mixed"
        simple = type_.find(f"{XS}simpleContent")
        return str(simple[0].get("base")) if simple is not None else ""

    def simple_types(self) -> Iterator[tuple[str, str | list[str]]]:
        """Give the simple types by name: their values; or the type of XML Schema, and the length
        that it has at least.

        Left out are those with a form, and those of several types.
        """
        for (kind, name), type_ in self.named.items():
            restriction = type_.find(f"{XS}restriction") if kind == "simpleType" else None
            if restriction is None:
                continue
            facets = [(_kind(facet), facet.get("value")) for facet in restriction if _kind(facet)]
            kinds = {kind for kind, _ in facets}
            base = str(restriction.get("base"))
            if kinds == {"enumeration"} and base == "xs:string":
                yield name, [value for _, value in facets]
            elif not kinds and base.startswith("xs:"):
                yield name, base
            elif kinds == {"minLength"} and base == "xs:string":
                yield name, f"{base} {facets[0][1]}"

    def unique(self) -> Iterator[tuple[str, str]]:
        """Give the constraints by name: `Protocol/Alias Context` for a Context in a Protocol."""
        for (kind, name), element in self.named.items():
            for constraint in element.iter(f"{XS}unique", f"{XS}key") if kind == "element" else ():
                [selector] = constraint.iter(f"{XS}selector")
                fields = [field.get("xpath").removeprefix("@") for field in constraint[1:]]
                path = selector.get("xpath").replace("odm:", "")
                yield constraint.get("name"), " ".join([f"{name}/{path}", *fields])

    def targets(self, name: str) -> tuple[str, ...]:
        """Tell the elements that an attribute refers to by its name."""
        if name in EXCEPTIONS:
            return EXCEPTIONS[name]
        base = name.removesuffix("ID").removesuffix("O")
        for kind in (f"{base}Def", base) if name.endswith("OID") else (base,):
            if ("element", kind) in self.named:
                return (kind,)
        raise SystemExit(f"{name}: refers to no known element; EXCEPTIONS should say")


def _kind(node: Element) -> str:
    return node.tag.removeprefix(XS) if isinstance(node.tag, str) else ""


def _simple_type(attribute: Element) -> str:
    """Name an attribute's type; one without a name is its parts."""
    union = attribute.find(f"{XS}simpleType/{XS}union")
    if union is not None:
        return str(union.get("memberTypes")).replace(" ", "|")
    restriction = attribute.find(f"{XS}simpleType/{XS}restriction")
    if restriction is not None:
        return str(restriction.get("base"))
    return str(attribute.get("type") or attribute.get("ref"))


def build(version: str) -> dict[str, Any]:
    """Make the digest of a version.

    `elements`: for each, its attributes `name=type` (`!` after a name that is required, `>` before
    the elements that a reference may point to), its children (`?` none or one, `*` any number, `+`
    one or more), and the type of its text. Both are in the order of the XSD. `choices`: elements
    whose children are more than that sequence. `types`: what the simple types allow. `unique`: what
    each constraint of the XSD forbids to stand twice. `terms`: CDISC's own, of a type that takes
    others.
    """
    root = xsd_path(version)
    schema = Schema(root)
    elements: dict[str, list[Any]] = {}
    choices = []
    for (kind, name), element in sorted(schema.named.items()):
        if kind != "element":
            continue
        type_ = schema.type_of(element)
        attributes, children = [], dict[str, tuple[int, bool]]()
        for attribute, required, simple in schema.attributes(type_) if type_ is not None else ():
            row = f"{attribute}{'!' if required else ''}={simple}"
            # The type of Coding/@CommentOID is text.
            reference = simple in ("oidref", "xs:IDREF") or attribute.endswith("OID")
            if reference and attribute not in NOT_A_REFERENCE:
                targets = "|".join(schema.targets(attribute))
                row += f">{targets}" if targets else ""
            attributes.append(row)
        for child, least, many in schema.children(type_) if type_ is not None else ():
            before = children.get(child)
            children[child] = (least + before[0], True) if before else (least, many)
        elements[name] = [
            " ".join(attributes),
            " ".join(f"{child}{_mark(*counts)}" for child, counts in children.items()),
            schema.content(element, type_),
        ]
        if type_ is not None and not schema.is_sequence(type_):
            choices.append(name)
    return {
        "odm": version,
        "source": {"package": SOURCE, "version": version_of(SOURCE)},
        "files": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.parent.glob("*.xsd"))
        },
        "terms": {
            name: [value.get("value") for value in type_.iter(f"{XS}enumeration")]
            for (kind, name), type_ in sorted(schema.named.items())
            if kind == "simpleType" and name in EXTENSIBLE
        },
        "types": dict(sorted(schema.simple_types())),
        "unique": dict(sorted(schema.unique())),
        "choices": " ".join(choices),
        "elements": elements,
    }


def _mark(least: int, many: bool) -> str:
    return ("+" if least else "*") if many else ("" if least else "?")


def dump(digest: dict[str, Any]) -> str:
    """Write the digest as JSON with one element a line, so that a change reads as a diff."""
    members = []
    for name, value in digest.items():
        text = json.dumps(value, separators=(",", ":"))
        if isinstance(value, dict) and name != "source":
            rows = [
                f"{json.dumps(key)}:{json.dumps(row, separators=(',', ':'))}"
                for key, row in value.items()
            ]
            text = "{\n" + ",\n".join(rows) + "\n}"
        members.append(f"{json.dumps(name)}:{text}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def _facts(digest: dict[str, Any]) -> dict[str, Any]:
    """Leave out the package's version: a later odmlib may ship the same XSDs."""
    return {key: value for key, value in digest.items() if key != "source"}


def main(arguments: list[str] | None = None) -> int:
    """Write the digests, or check them; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args(arguments)
    status = 0
    for version in XSDS:
        path, digest = digest_path(version), build(version)
        if not options.check:
            path.write_text(dump(digest), encoding="utf-8")
        elif not path.exists() or _facts(json.loads(path.read_bytes())) != _facts(digest):
            print(f"{path.name} is not current: python -m {__spec__.name}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
