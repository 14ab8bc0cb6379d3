"""Is this PRS upload XML valid? By a digest of the registry's two schemas, and by what they say.

`xsd`: elements, their order and number, attributes, ids and what refers to them. `values`: the
values that the comments of the schema list; what the registry has since is a warning. `rules`: what
a partial upload may delete, arms that interventions name, elements that are no longer used.

The path of a problem is the line and the place: `line 12: prs:study_collection/clinical_study/
arm_group[2]/arm_type`.
"""

from collections import Counter
from typing import TYPE_CHECKING, Final

from trialbridge.schemas.problem import Problem, ReadError, Severity
from trialbridge.schemas.prs.digest import (
    LATER,
    LINK,
    NAMESPACE,
    RESULTS,
    RESULTS_LINK,
    ROOT,
    STUDY,
    VERSION,
    Type,
    digest,
    type_of,
)
from trialbridge.schemas.syntax import xml

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

_BOOLEANS: Final = ("true", "false", "1", "0")
_PREFIXES: Final = {NAMESPACE: "prs:", RESULTS: "rrs:", "": ""}
# What the schema calls deprecated; the registry may still take it.
_OLD: Final = frozenset(
    {
        "ClinicalStudy/is_fda_regulated",
        "ClinicalStudy/is_section_801",
        "ClinicalStudy/end_date",
        "ResponsibleParty/name_title",
        "ResponsibleParty/organization",
        "ResponsibleParty/phone",
        "ResponsibleParty/phone_ext",
        "ResponsibleParty/email",
        "OversightInfo/regulatory_authority",
        "InterventionalDesign/masking",
        "InterventionalDesign/control",
        "InterventionalDesign/endpoint",
        "Outcome/outcome_safety_issue",
        "OutcomeMeasure/reportingStatus",
    }
)


def check(data: bytes, *, thorough: bool = False, deep: bool = False) -> list[Problem]:
    """Check the bytes of an upload, which is thorough in any case.

    Bytes that are no XML have no problems here: reading them says what is wrong.
    """
    try:
        root = xml.parse(data)
    except ReadError:
        return []
    return validate(root)


def validate(root: "_Element") -> list[Problem]:
    """All problems of an upload, given as its root element."""
    found = named(root.tag)
    walk = _Walk()
    if found == "prs:study_collection":
        walk.element(root, ROOT, found)
    elif found == "clinical_study":
        walk.element(root, STUDY, found)
    else:
        walk.tell(
            root,
            found,
            "error",
            "xsd",
            "root",
            f"the root is <{found}>, expected <prs:study_collection> of the namespace {NAMESPACE}",
        )
    walk.resolve()
    return walk.problems


def named(tag: str) -> str:
    """The name of an element with the prefix that we write; with its namespace, if it is another's.

    Raises nothing: the name of a namespace that is not known is shown as it is.
    """
    if tag[0] != "{":
        return tag
    namespace, _, name = tag[1:].partition("}")
    return f"{_PREFIXES[namespace]}{name}" if namespace in _PREFIXES else f"{{{namespace}}}{name}"


class _Walk:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.ids: dict[str, str] = {}
        self.references: list[tuple[_Element, str, str]] = []
        self.values = digest().values

    def tell(
        self, at: "_Element", path: str, severity: Severity, layer: str, code: str, message: str
    ) -> None:
        self.problems.append(
            Problem(
                severity=severity,
                layer=layer,
                path=f"{xml.line_of(at)}: {path}",
                code=code,
                message=message,
                link=RESULTS_LINK if "rrs:" in path else LINK,
            )
        )

    def element(self, node: "_Element", name: str, path: str) -> None:
        type_ = type_of(name)
        self.attributes(node, type_, path)
        children = [one for one in node if isinstance(one.tag, str)]
        if type_.text:
            for child in children[:1]:
                message = f"<{named(child.tag)}> stands here, expected text alone"
                self.tell(child, path, "error", "xsd", "element", message)
            return
        for text in (node.text, *(one.tail for one in node)):
            if text and text.strip():
                message = f"the text {text.strip()!r:.60} stands here, expected elements alone"
                self.tell(node, path, "error", "xsd", "text", message)
                break
        self.children(children, node, type_, name, path)
        if name == STUDY:
            self.study(node, path)

    def children(
        self, children: "list[_Element]", node: "_Element", type_: Type, name: str, path: str
    ) -> None:
        known = {child.name: (place, child) for place, child in enumerate(type_.children)}
        counted: dict[str, int] = {}
        last, behind = -1, ""
        names = [named(one.tag) for one in children]
        several = {one for one, times in Counter(names).items() if times > 1}
        for one, found in zip(children, names, strict=True):
            counted[found] = number = counted.get(found, 0) + 1
            here = f"{path}/{found}" + (f"[{number}]" if found in several else "")
            if found not in known:
                expected = ", ".join(known)
                message = (
                    f"<{found}> is no element of <{names_of(path)}>, expected one of {expected}"
                )
                self.tell(one, here, "error", "xsd", "unknown", message)
                continue
            place, child = known[found]
            if child.most and number > child.most:
                message = f"<{found}> stands {number} times, expected it once"
                self.tell(one, here, "error", "xsd", "repeated", message)
            elif not type_.any_order and place < last:
                message = f"<{found}> stands behind <{behind}>, expected it before"
                self.tell(one, here, "error", "xsd", "order", message)
            else:
                last, behind = place, found
            self.element(one, child.type, here)
            self.value(one, child.type, f"{name}/{found}", here)
        for child in type_.children:
            if child.least and child.name not in counted:
                message = f"<{child.name}> is missing, expected it in <{names_of(path)}>"
                self.tell(node, f"{path}/{child.name}", "error", "xsd", "missing", message)

    def attributes(self, node: "_Element", type_: Type, path: str) -> None:
        known = {name: (kind, required) for name, kind, required in type_.attributes}
        for name, value in node.items():
            if name.startswith("{http://www.w3.org/2001/XMLSchema-instance}"):
                continue
            if name not in known:
                message = f"{named(name)} is no attribute of <{names_of(path)}>"
                self.tell(node, f"{path}/@{named(name)}", "error", "xsd", "unknown", message)
            elif known[name][0] == "boolean" and value.strip() not in _BOOLEANS:
                message = f"{value!r:.60} is none of {', '.join(_BOOLEANS)}"
                self.tell(node, f"{path}/@{name}", "error", "xsd", "value", message)
            elif known[name][0] == "ID":
                self.id(node, value.strip(), f"{path}/@{name}")
            elif name in ("partial_upload", "partialUpload", "delete") and value.strip() in (
                "true",
                "1",
            ):
                message = "a partial upload can delete what the registry has of the record"
                self.tell(node, f"{path}/@{name}", "warning", "rules", "partial-upload", message)
        for name, (_, required) in known.items():
            if required and name not in node.attrib:
                message = f"the attribute {name} is missing"
                self.tell(node, f"{path}/@{name}", "error", "xsd", "missing", message)

    def id(self, node: "_Element", value: str, path: str) -> None:
        if not value or not _is_name(value):
            message = f"{value!r:.60} is no id: a letter or _, then letters, digits, . - _"
            self.tell(node, path, "error", "xsd", "id", message)
        elif value in self.ids:
            message = f"the id {value!r:.60} stands at {self.ids[value]} already"
            self.tell(node, path, "error", "xsd", "id", message)
        else:
            self.ids[value] = path

    def value(self, node: "_Element", kind: str, place: str, path: str) -> None:
        said = (node.text or "").strip()
        if kind == "IDREF":
            self.references.append((node, said, path))
        if not said:
            return
        if place in _OLD:
            message = f"the schema of {VERSION} calls the element deprecated"
            self.tell(node, path, "warning", "rules", "deprecated", message)
        values = self.values.get(place)
        if values is None or said in values or said.lower() in {one.lower() for one in values}:
            return
        if values == ["yes", "no"] and said.lower() in ("true", "false", "none"):
            return
        if place == "InterventionalDesign/phase" and f"Phase {said}" in values:
            return
        listed = ", ".join(values)
        if said in LATER.get(place, ()):
            message = f"{said!r} is newer than the schema of {VERSION}, which has {listed}"
            self.tell(node, path, "warning", "values", "newer-value", message)
            return
        message = f"{said!r:.60} is none of {listed}"
        self.tell(node, path, "error", "values", "value", message)

    def study(self, node: "_Element", path: str) -> None:
        arms = {(one.text or "").strip() for one in node.iterfind("arm_group/arm_group_label")}
        for number, one in enumerate(node.iterfind("intervention"), 1):
            for label in one.iterfind("arm_group_label"):
                said = (label.text or "").strip()
                if said and said not in arms:
                    here = f"{path}/intervention[{number}]/arm_group_label"
                    message = f"no arm_group has the label {said!r:.60}"
                    self.tell(label, here, "warning", "rules", "reference", message)

    def resolve(self) -> None:
        for node, said, path in self.references:
            if said not in self.ids:
                message = f"no element has the id {said!r:.60}"
                self.tell(node, path, "error", "xsd", "reference", message)


def names_of(path: str) -> str:
    """The name of the element that a path leads to."""
    return path.rpartition("/")[2].partition("[")[0]


def _is_name(value: str) -> bool:
    first = value[0]
    return (first.isalpha() or first == "_") and all(
        one.isalnum() or one in "._-\u00b7" for one in value
    )
