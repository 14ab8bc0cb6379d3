"""Titles, dates, design, classifiers, texts and artifacts of a study, as others write them."""

from typing import Any

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.others import words
from trialbridge.mappings.fhir.others.forms import Form, Others, each, objects, without
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology.flags import flag
from trialbridge.mappings.fhir.types import (
    REGISTRATION,
    has_code,
    is_of,
    of_code,
    ours,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry

# --- titles and identifiers --------------------------------------------------------------------


def _titles(nodes: list[Node], others: Others) -> list[Node] | None:
    said = [_title(node) for node in nodes]
    if all(found is None for found in said):
        return None
    official = any(_is_official(node) for node in nodes)
    made = []
    for node, code in zip(nodes, said, strict=True):
        # Of the registers' public and scientific title, the latter is the official one.
        meant = "official" if code == "scientific" else code
        if meant is None or (meant == "official" and official):
            made.append(node)
            continue
        official = official or meant == "official"
        made.append({**node, "type": of_code(codes.TITLE_TYPE, meant)})
    return made


_is_official = has_code(codes.TITLE_TYPE, "official", "type")
_is_scientific = has_code(codes.TITLE_TYPE, "scientific", "type")


def _title(node: Node) -> str | None:
    if node.__class__ is not dict:
        return None
    if _is_scientific(node):
        return "scientific"
    said = words.words_of(node.get("type"))
    return words.TITLES.get(words.folded(said)) if said is not None else None


def _identifier(node: Node, others: Others) -> list[Node] | None:
    type_ = node.get("type")
    if node.get("use") == "official" or type_.__class__ is not dict or type_.keys() != {"text"}:
        return None
    meant = words.SECONDARY_IDS(type_["text"])
    return (
        None if meant is None else [{**node, "type": words.coded(codes.SECONDARY_ID_TYPE, meant)}]
    )


# --- dates -------------------------------------------------------------------------------------


_ACTIVITY = "/research-study-registration-activity"


def _registered(node: Node, others: Others) -> list[Node] | None:
    # A loop: a generator takes longer to begin than this takes for the one coding that there is.
    codings = (node.get("state") or {}).get("coding")
    for activity in codings if codings.__class__ is list else objects(codings):
        if activity.__class__ is dict and str(activity.get("system", "")).endswith(_ACTIVITY):
            break
    else:
        return None
    if node.get("period").__class__ is not dict:
        return None
    code = str(activity.get("code"))
    parts: list[Node] = [
        {
            "url": "activity",
            "valueCodeableConcept": of_code(codes.REGISTRATION_ACTIVITY, code),
        }
    ]
    # Of the other dates a record does not say whether they are actual: they are of what was done.
    if "actual" in node and (code.endswith("-posting") or code.startswith("primary-")):
        parts.append({"url": "actual", "valueBoolean": node["actual"]})
    parts.append({"url": "period", "valuePeriod": node["period"]})
    others.add("extension", [{"url": REGISTRATION, "extension": parts}])
    return []


# --- codes in words ----------------------------------------------------------------------------


def _design(node: Node, others: Others) -> list[Node] | None:
    label, value = words.labelled(node)
    found = words.DESIGNS.get(label)
    meant = found[1](value) if found else None
    return None if found is None or meant is None else [words.coded(found[0], meant)]


def _classifier(node: Node, others: Others) -> list[Node] | None:
    label, value = words.labelled(node)
    table = words.CLASSES.get(label)
    if table is not None:
        meant = table[1](value)
        return None if meant is None else [words.coded(table[0], meant)]
    if label == "oversight classifier":
        label, _, value = value.strip().partition(" ")
    name = words.FLAGS.get(words.folded(label))
    yes = words.YES_OR_NO.get(words.folded(value))
    if name is None or yes is None:
        return None
    made: list[Node] = flag(name).write(yes, Names())
    return made


_IPD = ours("ipd-sharing")
_IPD_PARTS = {
    "ipdsharingdescription": "description",
    "ipdsharingtimeframe": "time-frame",
    "ipdsharingaccesscriteria": "access-criteria",
}
_is_ipd = is_of(codes.IPD_SHARING)


def _sharing(nodes: list[Node], others: Others) -> list[Node] | None:
    """What is said of the sharing of data, each in a classifier of its own."""
    told_by = [_sharing_part(node) for node in nodes]
    if not any(part and value for part, value in told_by):
        return None
    parts: dict[str, str] = {}
    made: list[Node] = []
    plan = next((at for at, one in enumerate(nodes) if _is_plan(one)), None)
    given = any(one.get("url") == _IPD.url for one in objects(others.study.get("extension")))
    for node, (part, value) in zip(nodes, told_by, strict=True):
        open_ = plan is not None if part == "description" else not given
        if part and value and open_ and part not in parts:
            parts[part] = value
        else:
            made.append(node)
    if not parts:
        return None
    said = parts.pop("description", None)
    if said is not None and plan is not None:
        made = [{**one, "text": said} if one is nodes[plan] else one for one in made]
    told = [{"url": part, "valueMarkdown": value} for part, value in parts.items()]
    if told:
        others.add("extension", [{"url": _IPD.url, "extension": told}])
    return made


def _sharing_part(node: Any) -> tuple[str, str]:
    """Which part of what is said of the sharing of data a classifier says in words, and what."""
    label, value = words.labelled(node)
    return _IPD_PARTS.get(label, ""), value.strip()


def _is_plan(node: Any) -> bool:
    return node.__class__ is dict and "text" not in node and _is_ipd(node)


# https://terminology.hl7.org/CodeSystem-research-study-reason-stopped.html
_REASONS = {
    "accrual-goal-met": "Accrual Goal Met",
    "closed-due-to-toxicity": "Closed due to toxicity",
    "closed-due-to-lack-of-study-progress": "Closed due to lack of study progress",
    "temporarily-closed-per-study-design": "Temporarily closed per study design",
}


def _why_stopped(node: Node, others: Others) -> list[Node] | None:
    if "text" in node:
        return None
    codings = list(objects(node.get("coding")))
    for one in codings:
        text = one.get("display") or _REASONS.get(str(one.get("code")))
        if text.__class__ is str:
            left = [c for c in (without(c, "display") if c is one else c for c in codings) if c]
            return [{**without(node, "coding"), **({"coding": left} if left else {}), "text": text}]
    return None


# --- artifacts ---------------------------------------------------------------------------------


def _cited(node: Node, others: Others) -> list[Node] | None:
    if node.get("type") != "cites":
        return None
    made = {**node, "type": "citation"}
    if "citation" not in node and node.get("display").__class__ is str:
        made["citation"] = made.pop("display")
    return [_with_pmid(made)]


def _with_pmid(node: Node) -> Node:
    """PubMed is known by several names."""
    reference = node.get("resourceReference")
    identifier = reference.get("identifier") if reference.__class__ is dict else None
    if identifier.__class__ is not dict or "pubmed" not in str(identifier.get("system")):
        return node
    told = {"system": registry.PUBMED, "value": str(identifier.get("value"))}
    assert reference is not None
    return {**node, "resourceReference": {**reference, "identifier": {**identifier, **told}}}


def _link(node: Node, others: Others) -> list[Node] | None:
    if node.get("type") != "documentation" or node.get("classifier"):
        return None
    document = node.get("document")
    if document.__class__ is not dict or not document or set(document) - {"url", "title"}:
        return None
    made: dict[str, Any] = {**node, "document": {"url": document.get("url")}}
    label = node.get("display") or node.get("label") or document.get("title")
    if label is not None:
        made["display"] = label
        if made.get("label") == label:
            del made["label"]
    return [{**made, "classifier": [of_code(codes.ARTIFACT_CLASSIFIER, "webpage")]}]


FORMS = (
    Form("label", "`label.type` in words, or a scientific title", "its code", _titles),
    Form(
        "progressStatus",
        "`progressStatus` of a registration activity",
        "the official extension `researchStudy-studyRegistration`",
        each(_registered),
    ),
    Form(
        "studyDesign",
        "`studyDesign.text`, as `Design Masking: Double`",
        "codes",
        each(_design),
        sign="text",
    ),
    Form(
        "classifier",
        "`classifier.text`, as `Has Results: False`",
        "codes",
        each(_classifier),
        sign="text",
    ),
    Form(
        "classifier",
        "`classifier.text`, as `IPDSharingTimeFrame: After a year`",
        "what is said of the sharing of data",
        _sharing,
        sign="text",
    ),
    Form(
        "identifier", "`identifier.type.text`, as `Registry Identifier`", "codes", each(_identifier)
    ),
    Form(
        "whyStopped", "`whyStopped` as a code or a display", "its words, `text`", each(_why_stopped)
    ),
    Form("relatedArtifact", "`relatedArtifact` of the type `cites`", "`citation`", each(_cited)),
    Form(
        "relatedArtifact",
        "`relatedArtifact` of the type `documentation` that is a link alone",
        "a link to further information",
        each(_link),
    ),
)
