"""The rows that measures at the start and of outcomes have alike, in FHIR R5."""

from typing import Any

from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Item,
    Node,
    Step,
    boolean,
    derived,
    field,
    item,
    merged,
)
from trialbridge.mappings.fhir.links import to
from trialbridge.mappings.fhir.results.measures import (
    categories,
    denoms_at_hand,
    dispersion_at_hand,
    param_at_hand,
    unit_at_hand,
)
from trialbridge.mappings.fhir.results.numbers import LIMITS
from trialbridge.mappings.fhir.results.parts import EVIDENCE, groups_in, stands
from trialbridge.mappings.fhir.study.common import PUBLISHED
from trialbridge.mappings.fhir.types import ours
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import MeasureGroup

VARIABLE: tuple[Step, ...] = ("focusReference", to("EvidenceVariable", **PUBLISHED))
_POPULATION: Item = item(linkId="population")
_STATISTIC: tuple[Step, ...] = (EVIDENCE, "statistic")
_SAMPLE: tuple[Step, ...] = (*_STATISTIC, "sampleSize")
_ESTIMATE: tuple[Step, ...] = (*_STATISTIC, "attributeEstimate")
_OBSERVED: tuple[Step, ...] = (EVIDENCE, "variableDefinition", "observed")
_CELL = "*.categories.*.measurements.*"
_EACH = "of each statistic"
_ELSE = "where the measure has no number that could say it"


def _titled(measure: Any, names: Names) -> Node | None:
    """The variable of a measure is there where anything is said of it."""
    if measure == measure.__class__():
        return None
    return {"title": measure.title} if measure.title else {"name": "Measure"}


title: Codec[Any] = Codec(lambda node, names: None, _titled)

measure_groups: Codec[list[MeasureGroup]] = Codec(
    lambda node, names: groups_in(node, names, MeasureGroup), lambda value, names: None, gives=list
)
"""The groups of measures as they are read: other rows write the Groups."""


def measure_rows(numbers: Codec[Any], about: Codec[Any]) -> tuple[Field, ...]:
    """The rows of a measure; `numbers` writes and reads its Evidence, `about` its title again."""
    return (
        field("title", "title"),
        derived(merged("", *VARIABLE, codec=about)),
        field("description", *VARIABLE, "description"),
        field("population_description", *VARIABLE, "characteristic", _POPULATION, "description"),
        field("calculate_pct", ours("percentage-shown", "Boolean"), codec=boolean),
        field("denom_units_selected", ours("denominator-units", "String")),
        merged("", codec=numbers)._replace(home="none"),
        stands("param_type", *_STATISTIC, "statisticType", leaves=(), note=_EACH),
        stands("unit_of_measure", *_STATISTIC, "quantity", "unit", leaves=(), note=_EACH),
        stands("dispersion_type", *_ESTIMATE, "type", leaves=(), note=_EACH),
        merged("param_type", codec=param_at_hand, note=_ELSE),
        merged("unit_of_measure", codec=unit_at_hand, note=_ELSE),
        merged("dispersion_type", codec=dispersion_at_hand, note=_ELSE),
        merged("denoms", codec=denoms_at_hand)._replace(home="none"),
        *_denoms("denoms", "numberOfParticipants", "*."),
        stands(
            "classes",
            *_OBSERVED,
            leaves=(f"{_CELL}.group_id",),
            note="the Group of the variable whose role is population",
        ),
        stands("classes", *_STATISTIC, "quantity", leaves=(f"{_CELL}.value",)),
        stands("classes", *_ESTIMATE, "quantity", leaves=(f"{_CELL}.spread",)),
        stands("classes", *_ESTIMATE, "range", "low", leaves=(f"{_CELL}.lower_limit",)),
        stands("classes", *_ESTIMATE, "range", LIMITS["low"], leaves=(f"{_CELL}.lower_limit",)),
        stands("classes", *_ESTIMATE, "range", "high", leaves=(f"{_CELL}.upper_limit",)),
        stands("classes", *_ESTIMATE, "range", LIMITS["high"], leaves=(f"{_CELL}.upper_limit",)),
        stands("classes", *_STATISTIC, "note", leaves=(f"{_CELL}.comment",)),
        *_denoms("classes", "knownDataCount", "*.denoms.*."),
        stands("classes", *VARIABLE, "category", FIRST, "name", leaves=("*.title",)),
        stands(
            "classes",
            *VARIABLE,
            "category",
            FIRST,
            "valueCodeableConcept",
            leaves=("*.categories.*.title",),
        ),
        field("classes", *VARIABLE, "category", codec=categories, home="none")._replace(
            many=True, read_always=True
        ),
    )


def _denoms(model: str, member: str, below: str) -> tuple[Field, ...]:
    return (
        stands(
            model,
            *_SAMPLE,
            member,
            leaves=(f"{below}counts.*.value", f"{below}units"),
            note="of participants; other units are an extension of ours",
        ),
        stands(model, *_OBSERVED, leaves=(f"{below}counts.*.group_id",)),
    )
