"""Arms and interventions of a study, in FHIR R5: comparison groups, and a plan of activities."""

from trialbridge.mappings.codec import (
    FIRST,
    Node,
    also,
    among,
    below,
    field,
    merged,
    record,
)
from trialbridge.mappings.fhir import arms as fhir_arms
from trialbridge.mappings.fhir.links import canonical, to
from trialbridge.mappings.fhir.study.common import PUBLISHED
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology import mesh as fhir_mesh
from trialbridge.mappings.fhir.terminology.intervention_type import intervention_type
from trialbridge.mappings.fhir.types import (
    NOT_STATED,
    classified,
    concept,
    each,
    of_code,
    ours,
    repeated,
)
from trialbridge.schemas.trial import (
    ArmGroup,
    Intervention,
)

PLAN = (
    "protocol",
    FIRST,
    to(
        "PlanDefinition",
        "protocol",
        title="Arms and interventions of",
        type=of_code(codes.PLAN_TYPE, "clinical-protocol"),
        **PUBLISHED,
    ),
)
ACTIVITY = canonical("resource", "ActivityDefinition", **PUBLISHED)

INTERVENTION = record(
    Intervention,
    *below(
        (ACTIVITY,),
        (
            merged(
                "arm_group_labels",
                codec=fhir_arms.labels,
                write_always=True,
                home="native",
                note="from the arms' actions in PlanDefinition.action; an extension of ours on "
                "the ActivityDefinition where the record's own list differs",
            ),
            field("name", "title"),
            field("description", "description"),
            also(among("type", "topic", codec=classified(codes.INTERVENTION_TYPE))),
            among("type", "useContext", codec=intervention_type),
            among("other_names", "extension", codec=repeated(ours("other-name", "String"))),
        ),
    ),
)

ARM_GROUP = record(
    ArmGroup,
    field("intervention_names", "linkId", codec=fhir_arms.received, home="none"),
    field("label", "name"),
    field("type", "type", codec=concept(codes.ARM)),
    field("description", "description"),
)


def _with_name(node: Node) -> None:
    if "name" not in node:
        node["_name"] = NOT_STATED


PLAN_ROWS = (
    among(
        "protocol.arms_interventions.interventions",
        *PLAN,
        "relatedArtifact",
        codec=each(
            INTERVENTION,
            name="intervention",
            const={"type": "composed-of"},
            key=("type", "composed-of"),
        ),
    ),
    field(
        "protocol.arms_interventions",
        *PLAN,
        "action",
        codec=fhir_arms.actions,
        leaves=("arm_groups.*.intervention_names",),
        note="an action for each arm (linkId of its comparisonGroup), in it an action for each "
        "intervention, whose definitionCanonical is the ActivityDefinition",
    ),
    among(
        "derived.intervention_browse.meshes",
        "focus",
        codec=fhir_mesh.intervention_meshes,
        read_always=True,
        leaves=("*.id", "*.term"),
        home="native",
        note="one whose name an intervention has stands in that ActivityDefinition again: in "
        "productCodeableConcept, or in code where no product is given",
    ),
)
ARM_ROWS = (
    among(
        "protocol.arms_interventions.arm_groups",
        "comparisonGroup",
        codec=each(ARM_GROUP, name="arm", id_as="linkId", complete=_with_name),
    ),
)
