"""Invariants as Python functions, which the tests hold against fhirpathpy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from trialbridge.schemas.fhir.invariants.corrected import IDS
from trialbridge.schemas.fhir.invariants.values import as_list
from trialbridge.schemas.fhir.narrative import narrative

if TYPE_CHECKING:
    from trialbridge.schemas.fhir.invariants.run import Run


def has(node: dict[str, Any], name: str) -> bool:
    """Does an element exist? `node` has its primitives merged with their twins."""
    value = node.get(name)
    return value is not None and value != []


def _some_value(node: dict[str, Any]) -> bool:
    return any(key.startswith("value") and has(node, key) for key in node)


def contained_in(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [inner for inner in as_list(node.get("contained")) if isinstance(inner, dict)]


def _no_meta(node: dict[str, Any], *names: str) -> bool:
    metas = [inner.get("meta") for inner in contained_in(node)]
    return not any(has(meta, name) for meta in metas if isinstance(meta, dict) for name in names)


def _ext_1(node: Any, run: Run) -> bool:
    return has(node, "extension") != _some_value(node)


def _dom_2(node: Any, run: Run) -> bool:
    return not any(has(inner, "contained") for inner in contained_in(node))


def _dom_3(node: Any, run: Run) -> bool:
    if not node.get("contained"):
        return True
    # As it was written: what links to a contained resource may stand beside a primitive.
    contained, links = contained_in(run.written), run.links(run.written)
    return all(
        ("id" in inner and f"#{inner['id']}" in links) or "#" in run.links(inner)
        for inner in contained
    )


def _dom_4(node: Any, run: Run) -> bool:
    return _no_meta(node, "versionId", "lastUpdated")


def _dom_5(node: Any, run: Run) -> bool:
    return _no_meta(node, "security")


def _dom_6(node: Any, run: Run) -> bool:
    text = node.get("text")
    return run.root is not run.resource or (isinstance(text, dict) and has(text, "div"))


def _ref_1(node: Any, run: Run) -> bool:
    reference = node.get("reference")
    # Without a value (an extension may say why) it points at nothing, wrong or right.
    if not isinstance(reference, str) or not reference.startswith("#"):
        return True
    if reference == "#":
        return run.root is not run.resource
    return any(inner.get("id") == reference[1:] for inner in contained_in(run.root))


def _ref_1_r4(node: Any, run: Run) -> bool:
    # In R4 "#" for the resource around has no rule of its own yet.
    return node.get("reference") == "#" or _ref_1(node, run)


def _any(*names: str) -> Callable[[Any, Run], bool]:
    return lambda node, run: any(has(node, name) for name in names)


def _if(name: str, then: str) -> Callable[[Any, Run], bool]:
    return lambda node, run: not has(node, name) or has(node, then)


# Comments and tags, between which the text of a narrative stands.
MARKUP = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)


def _txt_1(node: Any, run: Run) -> bool:
    return isinstance(node, str) and not any(narrative(node))


def _txt_2(node: Any, run: Run) -> bool:
    said = isinstance(node, str) and (MARKUP.sub("", node).strip() or "<img" in node)
    return bool(said)


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in as_list(value) if isinstance(item, dict)]


def _actions(node: Any) -> list[dict[str, Any]]:
    """Give the actions of a plan, those inside of others too."""
    found, todo = [], [node]
    while todo:
        inside = _objects(todo.pop().get("action"))
        found += inside
        todo += inside
    return found


def _ids(nodes: list[dict[str, Any]]) -> set[Any]:
    return {node["id"] for node in nodes if isinstance(node.get("id"), str)}


def _among(values: object, ids: set[Any]) -> bool:
    return all(isinstance(value, str) and value in ids for value in as_list(values))


def _pld_3(node: Any, run: Run) -> bool:
    goals = _ids(_objects(node.get("goal")))
    return all(_among(action.get("goalId"), goals) for action in _actions(node))


def _pld_4(node: Any, run: Run) -> bool:
    actions = _actions(node)
    ids = _ids(actions)
    return all(
        _among(related.get("targetId"), ids)
        for action in actions
        for related in _objects(action.get("relatedAction"))
    )


def _no_twin_of_a_reference(
    code: str, ending: str, told: Callable[[dict[str, Any]], bool], name: str, alone: bool
) -> Callable[[Any, Run], bool]:
    """No element that goes on from one with a CodeableReference has a type, and what is told of it.

    `name` is the member by which elements are known; `alone`: the type has to be the only one.
    """

    def has_type(element: dict[str, Any], wanted: str) -> bool:
        codes = [type_["code"] for type_ in _objects(element.get("type")) if has(type_, "code")]
        return codes == [wanted] if alone else wanted in codes

    def holds(node: Any, run: Run) -> bool:
        elements = _objects(node.get("element"))
        around = {
            str(element.get(name)) for element in elements if has_type(element, "CodeableReference")
        }
        return not any(
            str(element.get(name)).endswith(ending)
            and str(element[name]).removesuffix(ending) in around
            and has_type(element, code)
            and told(element)
            for element in elements
        )

    return holds


def _has_target(element: dict[str, Any]) -> bool:
    return any(has(type_, "targetProfile") for type_ in _objects(element.get("type")))


def _has_binding(element: dict[str, Any]) -> bool:
    return has(element, "binding")


_TRACE_3: Final = ".trace('unmatched', id).empty()"

# By what is to be evaluated, after `CORRECTED`.
NATIVE: Final[dict[str, Callable[[Any, Run], bool]]] = {
    "extension.exists() != value.exists()": _ext_1,
    "contained.contained.empty()": _dom_2,
    "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()": _dom_4,
    "contained.meta.security.empty()": _dom_5,
    "%rootResource != %resource or text.`div`.exists()": _dom_6,
    # R5, R4B and R4.
    "contained.where((('#'+id in (%resource.descendants().reference |"
    " %resource.descendants().ofType(canonical) | %resource.descendants().ofType(uri) |"
    " %resource.descendants().ofType(url))) or descendants().where(reference = '#').exists() or"
    " descendants().where(ofType(canonical) = '#').exists() or"
    f" descendants().where(ofType(canonical) = '#').exists()).not()){_TRACE_3}": _dom_3,
    "contained.where(((id.exists() and ('#'+id in (%resource.descendants().reference |"
    " %resource.descendants().as(canonical) | %resource.descendants().as(uri) |"
    " %resource.descendants().as(url)))) or descendants().where(reference = '#').exists() or"
    " descendants().where(as(canonical) = '#').exists() or"
    f" descendants().where(as(uri) = '#').exists()).not()){_TRACE_3}": _dom_3,
    "contained.where((('#'+id in (%resource.descendants().reference |"
    " %resource.descendants().as(canonical) | %resource.descendants().as(uri) |"
    " %resource.descendants().as(url))) or descendants().where(reference = '#').exists() or"
    " descendants().where(as(canonical) = '#').exists() or"
    f" descendants().where(as(canonical) = '#').exists()).not()){_TRACE_3}": _dom_3,
    # R5, R4B and R4.
    f"reference.exists()  implies (reference.startsWith('#').not() or {IDS} or (reference='#' and"
    " %rootResource!=%resource))": _ref_1,
    f"reference.exists() implies (reference.startsWith('#').not() or {IDS} or (reference='#' and"
    " %rootResource!=%resource))": _ref_1,
    f"reference.exists() implies (reference = '#' or reference.startsWith('#').not() or"
    f" {IDS})": _ref_1_r4,
    "reference.exists() or identifier.exists() or display.exists() or extension.exists()": _any(
        "reference", "identifier", "display", "extension"
    ),
    "value.exists()": lambda node, run: _some_value(node),
    "code.empty() or system.exists()": _if("code", "system"),
    "value.empty() or system.exists()": _if("value", "system"),
    "data.empty() or contentType.exists()": _if("data", "contentType"),
    "code.exists().not() implies display.exists().not()": _if("display", "code"),
    # What asks for each of a list whether it is in another takes fhirpathpy the square of its size.
    "%context.repeat(action).where((goalId in %context.goal.id).not()).exists().not()": _pld_3,
    "%context.repeat(action).relatedAction.where((targetId in %context.repeat(action).id).not())"
    ".exists().not()": _pld_4,
    # R5 and R4B.
    "element.where(type.where(code='Reference').exists() and path.endsWith('.reference') and"
    " type.targetProfile.exists() and (path.substring(0,$this.path.length()-10) in"
    " %context.element.where(type.where(code='CodeableReference').exists()).path))"
    ".exists().not()": (
        _no_twin_of_a_reference("Reference", ".reference", _has_target, "path", False)
    ),
    "element.where(type.where(code='CodeableConcept').exists() and path.endsWith('.concept') and"
    " binding.exists() and (path.substring(0,$this.path.length()-8) in"
    " %context.element.where(type.where(code='CodeableReference').exists()).path))"
    ".exists().not()": (
        _no_twin_of_a_reference("CodeableConcept", ".concept", _has_binding, "path", False)
    ),
    "element.where(type.code='Reference' and id.endsWith('.reference') and"
    r" type.targetProfile.exists() and id.replaceMatches('\\.reference$', '') in"
    " %context.element.where(type.code='CodeableReference').id).exists().not()": (
        _no_twin_of_a_reference("Reference", ".reference", _has_target, "id", True)
    ),
    "element.where(type.code='CodeableConcept' and id.endsWith('.concept') and binding.exists()"
    r" and id.replaceMatches('\\.concept$', '') in"
    " %context.element.where(type.code='CodeableReference').id).exists().not()": (
        _no_twin_of_a_reference("CodeableConcept", ".concept", _has_binding, "id", True)
    ),
}

# Not both in one table: the two keys have one expression, and one function tells them apart.
HTML_CHECKS: Final = {"txt-1": _txt_1, "txt-2": _txt_2}
