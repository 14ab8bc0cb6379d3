"""The layer `references`: no OID stands twice in its scope, and each reference finds its element.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from trialbridge.schemas.odm.digests.document import (
    NAMESPACES,
    Document,
    either,
    elements,
    local_name,
    name_of,
    shortened,
)
from trialbridge.schemas.once import once
from trialbridge.schemas.problem import Severity
from trialbridge.schemas.syntax import xml

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

# What stands outside all studies, and may be in another file if this one has none of it.
_ADMINISTRATIVE: Final = ("User", "Organization", "Location", "SignatureDef")
_BY_ID: Final = ("Leaf", "AuditRecord", "Signature", "Annotation")
_FIRM: Final = ("Study", "MetaDataVersion", *_ADMINISTRATIVE, *_BY_ID)
# These name other files' studies by their nature.
_ELSEWHERE: Final = ("Include", "SourceItem")
# A query's OID is nobody's target.
_UNNAMED: Final = ("Query",)

# Forms, items and workflows, which a trial record does not have, are published as excerpts: CDISC's
# own examples name conditions, items and code lists that they leave out. So what is missing there
# is a warning, as is what the data of subjects name wrongly, but where the file has others of the
# kind: it defines them, and lacks this one.
_OF_FORMS: Final = ("ItemDef", "ItemGroupDef", "CodeList")
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
_DATA: Final = ("ClinicalData", "ReferenceData")
_TOP: Final = ("Study", "AdminData", *_DATA, "Association")


@once
def _naming(version: str) -> tuple[str, ...]:
    """The tags of elements that have an OID or refer to one."""
    return tuple(
        f"{{{NAMESPACES[version]}}}{name}"
        for name, element in elements(version).items()
        if element.oid or any(row.targets for row in element.attributes.values())
    )


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
class References:
    """What is defined where in a document, and what refers to what."""

    document: Document
    studies: dict[str, _Study] = field(default_factory=dict)
    administrative: dict[str, list["_Element"]] = field(default_factory=dict)
    ids: dict[str, list["_Element"]] = field(default_factory=dict)
    references: list[_Reference] = field(default_factory=list)
    has_administrative: bool = False
    # What a file does not have may be in the one before it.
    partial: bool = False

    def index(self, root: "_Element") -> None:
        """Gather definitions by scope, and references."""
        self.partial = "PriorFileOID" in root.attrib or root.get("FileType") == "Transactional"
        prefix = f"{{{NAMESPACES[self.document.version]}}}"
        # Without an ODM or a Study around it, a MetaDataVersion is of some study.
        study: _Study | None = _Study() if root.tag == f"{prefix}MetaDataVersion" else None
        version: _Version | None = None
        in_data = False
        for element in root.iter(*_naming(self.document.version)):
            name = element.tag[len(prefix) :]
            facts = self.document.digest.elements[name]
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
        self.document.told.add((element, attribute))
        said = f"{attribute} {shortened(element.get(attribute, ''))!r} stands twice in {where}"
        if other is not None:
            said += f", at <{name_of(other.tag)}> in {xml.line_of(other)} too"
        severity: Severity = "warning" if local_name(element.tag) == "Branching" else "error"
        message = f"{said}, expected once"
        self.document.report(severity, "references", element, attribute, "duplicate", message)

    def resolve(self) -> None:
        """Follow each reference to an element of the right kind."""
        for reference in self.references:
            oid = reference.element.get(reference.attribute)
            found = self._find(reference, oid) if oid else None
            if found is None:
                continue
            kinds = list(dict.fromkeys(local_name(each.tag) for each in found))
            if any(kind in reference.targets for kind in kinds):
                continue
            said = f"{reference.attribute} {shortened(oid)!r}"
            lenient = reference.in_data and reference.targets[0] not in _FIRM
            severity: Severity = "warning" if lenient else "error"
            wanted = either(f"<{kind}>" for kind in reference.targets)
            if kinds:
                code = "wrong-kind"
                message = f"{said} names {either(f'<{kind}>' for kind in kinds)}, expected {wanted}"
            elif self.partial:
                continue
            else:
                code = "dangling"
                message = f"{said} names nothing in the file, expected {wanted}"
                if reference.targets[0] in _OF_FORMS and self._has(reference):
                    severity = "error"
                elif reference.name in _EXCERPTED:
                    severity = "warning"
            self.document.report(
                severity, "references", reference.element, reference.attribute, code, message
            )

    def _has(self, reference: _Reference) -> bool:
        """Tell whether the file defines anything of the kind that a reference names."""
        study, version = self._scope(reference)
        versions = [version] if version else study.versions.values() if study else ()
        return any(
            local_name(found.tag) in reference.targets
            for each in versions
            for definitions in each.definitions.values()
            for found in definitions
        )

    def defined(self, study_oid: str, version_oid: str, oid: str) -> list["_Element"]:
        """Give what a version of a study, and what it includes, defines by an OID."""
        study = self.studies.get(study_oid)
        version = study.versions.get(version_oid) if study else None
        found: list[_Element] = []
        if version is not None:
            self._collect(version, oid, found, [])
        return found

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
        while (
            node is not None
            and node.tag != f"{{{NAMESPACES[self.document.version]}}}MetaDataVersion"
        ):
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
