"""MeSH terms of the derived section in FHIR: Codings of conditions, and foci of the study.

Where the order of the conditions is not the order of the registry's list, each Coding says its
position.
"""

from collections.abc import Sequence
from typing import Any

from trialbridge.mappings.codec import Codec, Node, text
from trialbridge.mappings.fhir.links import Resources
from trialbridge.mappings.fhir.terminology.intervention_type import is_intervention_type
from trialbridge.mappings.fhir.types import ours, said, uncoded
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.mesh import certain, place
from trialbridge.mappings.record.registry import MESH, MESH_SYSTEMS
from trialbridge.schemas.trial import BrowseModule, Mesh

POSITION = ours("mesh-position", "PositiveInt")


def _place(
    browse: BrowseModule | None, owners: Sequence[str | None], names: Names
) -> tuple[dict[int, list[Node]], list[Node]]:
    """The Codings of each named thing, by its position, and the Codings of none."""
    owned, alone, in_order = place(browse, owners)
    meshes = (browse.meshes if browse else None) or ()
    codings = [_coding(mesh, None if in_order else i) for i, mesh in enumerate(meshes, 1)]
    names.odd = names.odd or any("" in (mesh.id, mesh.term) for mesh in meshes)
    return (
        {owner: [codings[p] for p in positions] for owner, positions in owned.items()},
        [codings[p] for p in alone],
    )


def _coding(mesh: Mesh, position: int | None) -> Node:
    coding: Node = {"system": MESH}
    if mesh.id:
        coding["code"] = mesh.id
    if mesh.term:
        coding["display"] = mesh.term
    if position is not None:
        coding["extension"] = [{"url": POSITION.url, "valuePositiveInt": position}]
    # The registry's classic XML has the terms alone.
    return uncoded(coding)


def gather(concepts: Sequence[Any], names: Names) -> list[Mesh] | None:
    """The MeSH terms of CodeableConcepts, in their order."""
    found: list[tuple[int, Mesh]] = []
    for concept in concepts:
        for coding in concept.get("coding", ()) if concept.__class__ is dict else ():
            if coding.get("system") in MESH_SYSTEMS:
                position = next(
                    (
                        extension.get("valuePositiveInt", 0)
                        for extension in coding.get("extension", ())
                        if extension.get("url") == POSITION.url
                    ),
                    0,
                )
                said = {
                    name: text.read(coding[member], names)
                    for name, member in (("id", "code"), ("term", "display"))
                    if member in coding
                }
                found.append((position, Mesh(**said)))
    return [mesh for _, mesh in sorted(found, key=lambda pair: pair[0])] or None


def _write_conditions(conditions: list[str], names: Names) -> list[Node]:
    placed, _ = names.once(_condition_meshes)
    nodes: list[Node] = []
    for position, condition in enumerate(conditions):
        if not condition:
            names.odd = True
        elif position in placed:
            nodes.append({"coding": placed[position], "text": condition})
        else:
            nodes.append({"text": condition})
    return nodes


def _read_conditions(nodes: Any, names: Names) -> list[str] | None:
    found = []
    for node in nodes:
        words = said(node)
        # A Coding of MeSH without words is a term of the derived section alone.
        is_mesh = any(one.get("system") in MESH_SYSTEMS for one in node.get("coding", ()))
        if words is not None and ("text" in node or not is_mesh):
            found.append(words)
    return found or None


def _condition_meshes(names: Names) -> tuple[dict[int, list[Node]], list[Node]]:
    trial = names.trial
    assert trial is not None
    module = trial.protocol.conditions if trial.protocol else None
    return _place(
        trial.derived.condition_browse if trial.derived else None,
        (module.conditions if module else None) or (),
        names,
    )


conditions: Codec[list[str]] = Codec(_read_conditions, _write_conditions)
"""Each condition in the registry's words, with the Codings of its terms."""

condition_meshes: Codec[list[Mesh]] = Codec(
    gather,
    lambda meshes, names: [{"coding": [one]} for one in names.once(_condition_meshes)[1]],
    extensions=(POSITION,),
    extensions_in="coding",
    label="coding of MeSH",
)
"""The terms of the conditions; those that belong to none as conditions of their own."""


# What a MeSH term of such an intervention names is what is given.
_PRODUCTS = frozenset({"BIOLOGICAL", "COMBINATION_PRODUCT", "DEVICE", "DIETARY_SUPPLEMENT", "DRUG"})


def _write_intervention_meshes(meshes: list[Mesh], names: Names) -> list[Node]:
    names.odd = names.odd or any("" in (mesh.id, mesh.term) for mesh in meshes)
    codings = [_coding(mesh, None) for mesh in meshes]
    trial = names.trial
    assert trial is not None
    module = trial.protocol.arms_interventions if trial.protocol else None
    interventions = (module.interventions if module else None) or ()
    browse = trial.derived.intervention_browse if trial.derived else None
    found = certain(browse, [one.name for one in interventions])
    for owner, position in found.items():
        type_ = interventions[owner].type
        if type_ is not None:
            activity = names.once(Resources).written(
                "ActivityDefinition", names.named("intervention", owner)
            )
            member = "productCodeableConcept" if type_ in _PRODUCTS else "code"
            activity[member] = {"coding": [codings[position]]}
    return [{"concept": {"coding": [one]}} for one in codings]


def _read_intervention_meshes(focus: Any, names: Names) -> list[Mesh] | None:
    # Where the type of an intervention stands as we write it, its term is the study's again.
    activities = [
        activity.get("code")
        for activity in names.once(Resources).of_type("ActivityDefinition")
        if not any(map(is_intervention_type, activity.get("useContext", ())))
    ]
    return gather([*activities, *(one.get("concept") for one in focus or ())], names)


intervention_meshes: Codec[list[Mesh]] = Codec(
    _read_intervention_meshes,
    _write_intervention_meshes,
    label="concept.coding of MeSH",
)
"""The terms of the interventions as foci of the study, where searches look for all of them.

One that is certainly an intervention's stands there too, and is not read.
"""


def without_repeated(activity: Node, focus: Any) -> Node:
    """An intervention without the term that is a focus of the study, where we write it again."""
    contexts = activity.get("useContext")
    if contexts.__class__ is not list or not any(map(is_intervention_type, contexts)):
        return activity
    found = gather([one.get("concept") for one in focus or ()], Names()) or ()
    terms = [(term.id, term.term) for term in found]
    repeated = []
    for member in ("productCodeableConcept", "code"):
        concept = activity.get(member)
        codings = concept.get("coding") if isinstance(concept, dict) else None
        if isinstance(concept, dict) and isinstance(codings, list) and len(concept) == 1:
            # Nothing reads it, so it may be of any form.
            whole = all(
                one.__class__ is dict
                and str(one.get("system")) in MESH_SYSTEMS
                and (one.get("code"), one.get("display")) in terms
                for one in codings
            )
            if whole:
                repeated.append(member)
    return {key: value for key, value in activity.items() if key not in repeated}
