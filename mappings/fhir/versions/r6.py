"""FHIR R6, as far as a study of the ballot has what R5 has under other names: read, not written.

The names are those of HL7's guide on evidence-based medicine (StudyRegistryRecord):
https://build.fhir.org/ig/HL7/ebm/StructureDefinition-study-registry-record.html
"""

from collections.abc import Iterator
from typing import Any

from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.versions.dialect import Node

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_SYSTEMS = {
    "https://fevir.net/sevco": "http://hl7.org/fhir/study-design",
    f"{_TERMINOLOGY}/research-study-prim-purp-type": codes.PURPOSE_TYPE,
    f"{_TERMINOLOGY}/research-study-purpose-type": codes.PURPOSE_TYPE,
}
_EXPOSED = "exposed to"
_BOILERPLATE = {"resourceType", "id", "meta", "text", "type", "actual", "membership"}
_TYPE_AND_TARGET = 2
_ABOUT = ("type", "targetUri", "targetAttachment", "targetReference")


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model is read from: the elements of R5 that R6's are brought to.

    Extensions of ours are those of documents that we write, and R6 is not written.
    """
    from trialbridge.mappings.fhir import r5

    return [row for row in r5.coverage() if row.home != "ours"]


def from_r6(tree: Node) -> Node:
    """A Bundle of R6, or one study, as R5 has it. The tree is left as it is.

    What R5 has no element for keeps its name, so that it is told as not read.
    """
    return _Up(tree).made


class _Up:
    def __init__(self, tree: Node) -> None:
        self.known: dict[str, Node] = {}
        self.read: dict[int, Node] = {}
        """What is left of the Groups that were read, by what they were."""
        entries = tree.get("entry") if _type(tree) == "Bundle" else None
        entries = entries if entries.__class__ is list and entries else []
        resources = []
        for entry in _objects(entries):
            if (resource := entry.get("resource")).__class__ is dict:
                resources.append(resource)
                self.known.setdefault(str(entry.get("fullUrl")), resource)
        for resource in resources or [tree]:
            self.known.setdefault(f"{_type(resource)}/{resource.get('id')}", resource)
            for inner in _objects(resource.get("contained")):
                self.known.setdefault(f"#{inner.get('id')}", inner)
        made = {id(one): self._resource(one) for one in resources or [tree]}
        if not resources:
            self.made = self._left(made[id(tree)])
            return
        self.made = {
            **tree,
            "entry": [
                {**entry, "resource": self._left(made.get(id(resource), resource))}
                if entry.__class__ is dict and (resource := entry.get("resource")).__class__ is dict
                else entry
                for entry in entries
            ],
        }

    def _left(self, resource: Node) -> Node:
        resource = self.read.get(id(resource), resource)
        contained = resource.get("contained")
        if contained.__class__ is not list:
            return resource
        assert contained is not None
        return {**resource, "contained": [self.read.get(id(one), one) for one in contained]}

    def _resource(self, node: Node) -> Node:
        if _type(node) != "ResearchStudy":
            return node
        made = dict(node)
        for member, read in (
            ("purposeType", _purpose),
            ("relatesTo", _related),
            ("objective", _outcomes),
        ):
            value = made.pop(member, None)
            if value.__class__ is list:
                left = read(made, list(value or ()))
                if left:
                    made[member] = left
            elif value is not None:
                made[member] = value
        groups = made.get("comparisonGroup")
        if groups.__class__ is list:
            made["comparisonGroup"] = [
                self._arm(one) if one.__class__ is dict else one for one in groups or ()
            ]
        for member in ("studyDesign", "phase", "primaryPurposeType"):
            if member in made:
                made[member] = _with_systems(made[member])
        return made

    def _arm(self, node: Node) -> Node:
        """An arm, of which a Group says the type and what is given."""
        reference = node.get("eligibility")
        if reference.__class__ is not dict or reference is None:
            return node
        group = self.known.get(str(reference.get("reference")))
        if group is None or _type(group) != "Group" or id(group) in self.read:
            shown = reference.get("display")
            if "name" in node or shown.__class__ is not str:
                return node
            about = {key: value for key, value in reference.items() if key != "display"}
            made = {key: value for key, value in node.items() if key != "eligibility"}
            return {**made, "name": shown, **({"eligibility": about} if about else {})}
        made = {key: value for key, value in node.items() if key != "eligibility"}
        about = {key: value for key, value in reference.items() if key != "reference"}
        left = dict(group)
        if group.get("code").__class__ is dict and "type" not in made:
            made["type"] = left.pop("code")
        for member, source in (("name", about), ("description", left)):
            taken = "display" if member == "name" else member
            if source.get(taken).__class__ is str:
                made.setdefault(member, source[taken])
                if made[member] == source[taken]:
                    del source[taken]
        exposures = []
        kept: list[Any] = []
        characteristics = group.get("characteristic")
        for one in characteristics if characteristics.__class__ is list else ():
            if not _is_exposure(one):
                kept.append(one)
                continue
            exposures.append(one["valueReference"])
            if one.keys() - {"code", "exclude", "valueReference"}:
                kept.append({key: one[key] for key in one if key != "valueReference"})
        given = made.get("intendedExposure", [])
        if exposures and given.__class__ is list:
            made["intendedExposure"] = [*given, *exposures]
            left["characteristic"] = kept
            if not kept:
                del left["characteristic"]
        if about or left.keys() - _BOILERPLATE:
            # What is left of the Group is of this arm.
            made["eligibility"] = {"reference": reference["reference"], **about}
        self.read[id(group)] = left
        return made


def _is_exposure(node: Any) -> bool:
    if node.__class__ is not dict:
        return False
    code = node.get("code")
    said = str(code.get("text")) if code.__class__ is dict else ""
    is_one = said.lower() == _EXPOSED and node.get("exclude") is not True
    return is_one and node.get("valueReference").__class__ is dict


def _purpose(study: Node, nodes: list[Any]) -> list[Any]:
    """R5 has one."""
    if "primaryPurposeType" in study or not nodes:
        return nodes
    study["primaryPurposeType"] = nodes[0]
    return nodes[1:]


def _related(study: Node, nodes: list[Any]) -> list[Any]:
    there = study.get("relatedArtifact", [])
    if there.__class__ is not list:
        return nodes
    left: list[Any] = []
    found = []
    for node in nodes:
        code = next(_codes(node.get("type")), None) if node.__class__ is dict else None
        if code is None or len(node) != _TYPE_AND_TARGET or node.keys() - set(_ABOUT):
            left.append(node)
            continue
        made: Node = {"type": code}
        if "targetUri" in node:
            made["document"] = {"url": node["targetUri"]}
        if "targetAttachment" in node:
            made["document"] = node["targetAttachment"]
        if "targetReference" in node:
            made["resourceReference"] = node["targetReference"]
        found.append(made)
        more = _but(node["type"], code)
        if more:
            left.append({"type": more})
    if found:
        study["relatedArtifact"] = [*there, *found]
    return left


def _but(concept: Node, code: str) -> Node:
    """What a concept says besides the first coding of this code."""
    codings = list(concept["coding"])
    codings.remove(next(one for one in _objects(codings) if one.get("code") == code))
    more = {key: value for key, value in concept.items() if key != "coding"}
    return {**more, "coding": codings} if codings else more


def _outcomes(study: Node, nodes: list[Any]) -> list[Any]:
    """Outcomes stand below the objective that they are of."""
    there = study.get("outcomeMeasure", [])
    if there.__class__ is not list:
        return nodes
    left: list[Any] = []
    found = []
    for node in nodes:
        measures = node.get("outcomeMeasure") if node.__class__ is dict else None
        if measures.__class__ is not list or any(one.__class__ is not dict for one in measures):
            left.append(node)
            continue
        own = node.get("type")
        for measure in measures:
            made = dict(measure)
            kind = measure.get("type", own)
            if kind.__class__ is dict:
                made["type"] = [kind]
            endpoint = measure.get("endpoint")
            if endpoint.__class__ is dict and "reference" not in made:
                made["reference"] = made.pop("endpoint")
                if "name" not in made and endpoint.get("display").__class__ is str:
                    made["name"] = endpoint["display"]
            found.append(made)
        rest = {key: value for key, value in node.items() if key != "outcomeMeasure"}
        passed_on = any(measure.get("type", own) == own for measure in measures)
        if rest.keys() - {"type"} or ("type" in rest and not passed_on):
            left.append(rest)
    if found:
        study["outcomeMeasure"] = [*there, *found]
    return left


def _with_systems(value: Any) -> Any:
    """Codes by the system that R5 has for them."""
    if value.__class__ is list:
        return [_with_systems(one) for one in value]
    codings = value.get("coding") if value.__class__ is dict else None
    if codings.__class__ is not list:
        return value
    return {
        **value,
        "coding": [
            {**one, "system": _SYSTEMS[one["system"]]}
            if one.__class__ is dict and str(one.get("system")) in _SYSTEMS
            else one
            for one in codings
        ],
    }


def _codes(concept: Any) -> Iterator[str]:
    for coding in _objects(concept.get("coding") if concept.__class__ is dict else None):
        if coding.get("code").__class__ is str:
            yield coding["code"]


def _objects(value: Any) -> Iterator[Node]:
    return (one for one in (value if value.__class__ is list else ()) if one.__class__ is dict)


def _type(resource: Node) -> str:
    return str(resource.get("resourceType"))
