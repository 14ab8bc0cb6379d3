"""What kind of intervention an ActivityDefinition is: the topic that it is for.

R5 has deprecated `topic`, and sends it to a useContext of this code.
https://hl7.org/fhir/R5/activitydefinition-definitions.html#ActivityDefinition.topic
"""

from typing import Any

from trialbridge.mappings.codec import Codec, Node
from trialbridge.mappings.fhir.terminology.codes import INTERVENTION_TYPE, USAGE_CONTEXT
from trialbridge.mappings.fhir.terminology.displays import standard_coding
from trialbridge.mappings.fhir.types import concept, is_of
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import InterventionType

_VALUE = "valueCodeableConcept"
_type = concept(INTERVENTION_TYPE)
_TOPIC = standard_coding(USAGE_CONTEXT, "topic")
_is_topic = is_of(INTERVENTION_TYPE)
_is_context = is_of(INTERVENTION_TYPE, _VALUE)


def is_intervention_type(context: Any) -> bool:
    """Whether a useContext says what kind of intervention it is."""
    return context.__class__ is dict and _is_context(context)


def _read(nodes: Any, names: Names) -> Any:
    for node in nodes:
        if is_intervention_type(node):
            return _type.read(node[_VALUE], names)
    return None


intervention_type: Codec[InterventionType] = Codec(
    _read,
    lambda value, names: [{"code": _TOPIC, _VALUE: _type.write(value, names)}],
    _type.systems,
    label=f"code='topic'].{_VALUE}[{_type.label}",
)
"""The kind of an intervention, among the contexts of an ActivityDefinition."""


def type_of(activity: Node, names: Names) -> InterventionType | None:
    """The kind of an intervention that is read; as a topic, as it was written before."""
    contexts, topics = activity.get("useContext"), activity.get("topic")
    if contexts.__class__ is list and (found := _read(contexts, names)):
        kind: InterventionType = found
        return kind
    for topic in topics if topics.__class__ is list else ():
        if topic.__class__ is dict and _is_topic(topic):
            older: InterventionType | None = _type.read(topic, names)
            return older
    return None
