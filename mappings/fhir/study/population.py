"""Who can take part in a study, and what is measured, in FHIR R5."""

from collections.abc import Callable
from typing import Any

from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Node,
    Step,
    also,
    among,
    below,
    boolean,
    derived,
    field,
    item,
    merged,
    record,
)
from trialbridge.mappings.fhir import eligibility as fhir_eligibility
from trialbridge.mappings.fhir.links import to
from trialbridge.mappings.fhir.study.common import PUBLISHED, shown_in
from trialbridge.mappings.fhir.study.dates import age
from trialbridge.mappings.fhir.study.design import DESIGN
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology.flags import is_one, sex_codings
from trialbridge.mappings.fhir.types import each, has_code, of_code, systems_of
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import (
    Outcome,
)

# --- eligibility -------------------------------------------------------------------------------


_KNOWN: dict[tuple[str, str], str] = {}
"""What tells each characteristic that a row reads, by the systems and the code that it may have."""


def _included(nodes: list[Any]) -> dict[str, Node]:
    """The first characteristic for each code, of those that are not of whom is excluded."""
    found: dict[str, Node] = {}
    for node in nodes:
        if node.__class__ is not dict:
            continue
        holder = node.get("code")
        codings = holder.get("coding", ()) if holder.__class__ is dict else _codings(holder)
        # Most have one, which is that of a criterion.
        for one in codings:
            system, code = one.get("system"), one.get("code")
            if system.__class__ is str and code.__class__ is str:
                known = _KNOWN.get((system, code))
                if known is not None and known not in found and node.get("exclude") is not True:
                    found[known] = node
    return found


def _codings(holders: Any) -> list[Any]:
    """The Codings of several CodeableConcepts, where another has one."""
    listed = holders if holders.__class__ is list else ()
    return [one for held in listed if held.__class__ is dict for one in held.get("coding", ())]


def _characteristic(system: str, code: str) -> Step:
    display = codes.CHARACTERISTIC.codes.get(code) if system == codes.CHARACTERISTIC.url else None
    known, named = f"{system}|{code}", has_code(system, code, "code")
    _KNOWN.update({(one, code): known for one in systems_of(system)})
    return item(
        f"code='{code}'",
        lambda node: named(node) and node.get("exclude") is not True,
        code=of_code(system, code, display),
        exclude=False,
    )._replace(key=("code", known), by=_included)


GENDER_CHARACTERISTIC = _characteristic(codes.USAGE_CONTEXT, "gender")
AGE_CHARACTERISTIC = _characteristic(codes.USAGE_CONTEXT, "age")
GROUP = (
    "recruitment",
    "eligibility",
    to(
        "Group",
        "eligibility",
        title="Eligibility for",
        type="person",
        membership="definitional",
    ),
)
ELIGIBILITY = "protocol.eligibility"

ELIGIBILITY_ROWS = (
    merged(
        f"{DESIGN}.enrollment_info",
        "recruitment",
        codec=fhir_eligibility.enrollment,
        leaves=("count", "type"),
        home="native",
        note="actualNumber or targetNumber by the type; without one by the status, marked as not "
        "stated, or where the status does not tell in an extension of ours",
    ),
    merged(
        f"{ELIGIBILITY}.eligibility_criteria",
        *GROUP,
        codec=fhir_eligibility.eligibility_criteria,
        home="native",
        note="whole in Group.description, and one characteristic for each criterion",
    ),
    *below(
        (*GROUP, "characteristic"),
        (
            field(
                f"{ELIGIBILITY}.sex",
                GENDER_CHARACTERISTIC,
                "valueCodeableConcept",
                "coding",
                codec=sex_codings,
                note="one sex, a trait of those who take part; `ALL` is a classifier of the study",
            )._replace(when=is_one),
            # Facts of the study stood here, as if they were of each who takes part.
            also(
                shown_in(
                    "text",
                    f"{ELIGIBILITY}.gender_description",
                    GENDER_CHARACTERISTIC,
                    "valueCodeableConcept",
                )
            ),
            also(
                field(
                    f"{ELIGIBILITY}.gender_based",
                    _characteristic(codes.CHARACTERISTIC.url, "gender-based"),
                    "valueBoolean",
                    codec=boolean,
                )
            ),
            also(
                field(
                    f"{ELIGIBILITY}.healthy_volunteers",
                    _characteristic(codes.CHARACTERISTIC.url, "healthy-volunteers"),
                    "valueBoolean",
                    codec=boolean,
                )
            ),
            field(f"{ELIGIBILITY}.minimum_age", AGE_CHARACTERISTIC, "valueRange", "low", codec=age),
            field(
                f"{ELIGIBILITY}.maximum_age", AGE_CHARACTERISTIC, "valueRange", "high", codec=age
            ),
            shown_in(
                "text",
                f"{ELIGIBILITY}.study_population",
                _characteristic(codes.CHARACTERISTIC.url, "study-population"),
                "valueCodeableConcept",
            ),
        ),
    ),
)


# --- outcomes ----------------------------------------------------------------------------------

VARIABLE = to("EvidenceVariable", **PUBLISHED)


def _titled(outcome: Outcome, names: Names) -> Node | None:
    return {"title": outcome.measure} if outcome.measure and outcome.time_frame else None


# A variable is there for what it says beside the outcome's measure, which is its title then.
_title: Codec[Outcome] = Codec(lambda node, names: None, _titled)

OUTCOME = record(
    Outcome,
    field("measure", "name"),
    field("description", "description"),
    derived(merged("", "reference", VARIABLE, codec=_title)),
    field(
        "time_frame",
        "reference",
        VARIABLE,
        "characteristic",
        FIRST,
        "timeFromEvent",
        FIRST,
        "description",
    ),
)


def _outcomes(kind: str, concept_: Node, mine: Callable[[Node], bool]) -> Field:
    return among(
        f"protocol.outcomes.{kind}_outcomes",
        "outcomeMeasure",
        codec=each(OUTCOME, name=f"{kind}-outcome", const={"type": [concept_]}, mine=mine),
    )


_primary = has_code(codes.OBJECTIVE_TYPE, "primary", "type")
_secondary = has_code(codes.OBJECTIVE_TYPE, "secondary", "type")

_OBJECTIVES = systems_of(codes.OBJECTIVE_TYPE)


def _is_other(node: Node) -> bool:
    """Whether an outcome is neither primary nor secondary."""
    types = node.get("type")
    for holder in types if types.__class__ is list else (types,):
        if holder.__class__ is dict:
            for one in holder.get("coding", ()):
                if one.get("code") in ("primary", "secondary") and one.get("system") in _OBJECTIVES:
                    return False
    return True


OUTCOME_ROWS = (
    _outcomes("primary", of_code(codes.OBJECTIVE_TYPE, "primary"), _primary),
    _outcomes("secondary", of_code(codes.OBJECTIVE_TYPE, "secondary"), _secondary),
    # "Other pre-specified" does not say exploratory, so it has no code of the standard.
    _outcomes(
        "other",
        {"text": "Other pre-specified"},
        _is_other,
    ),
)
