"""What criteria and time frames state, for a machine: coded and measured, beside their words.

Each says in an extension which words it was read from, and nothing is read of it: the words are
the record's. https://hl7.org/fhir/R5/group-definitions.html#Group.characteristic,
https://hl7.org/fhir/R5/evidencevariable-definitions.html#EvidenceVariable.characteristic.timeFromEvent
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.eligibility import CRITERIA_DIGEST, CRITERION, LIST, STATED_IN
from trialbridge.mappings.fhir.terminology.codes import CHARACTERISTIC, SEX, UCUM
from trialbridge.mappings.fhir.types import of_code
from trialbridge.mappings.record import criteria
from trialbridge.mappings.record.markdown import plain
from trialbridge.mappings.record.registry import MESH
from trialbridge.mappings.record.words.analytes import ANALYTES
from trialbridge.mappings.record.words.criteria_lists import Listed, listed
from trialbridge.mappings.record.words.stated import Bound, Stated, stated
from trialbridge.mappings.record.words.time_frames import Moment, time_frame

_LOINC = "http://loinc.org"

_AGE: Final = of_code(_LOINC, "30525-0", "Age")
_SEX: Final = of_code(_LOINC, "46098-0", "Sex")
_PREGNANCY: Final = of_code(_LOINC, "82810-3", "Pregnancy status")
_PREGNANT: Final = of_code(_LOINC, "LA15173-0", "Pregnant")
_FEEDING: Final = of_code(MESH, "D001942", "Breast Feeding")
_CONSENT: Final = of_code(MESH, "D007258", "Informed Consent")
_OF_TIME: Final = {
    "duration": of_code(
        CHARACTERISTIC.url, "disease-duration", CHARACTERISTIC.codes["disease-duration"]
    ),
    "within": of_code(
        CHARACTERISTIC.url, "time-before-entry", CHARACTERISTIC.codes["time-before-entry"]
    ),
}
_UNITS: Final = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours"} | {
    "min": "minutes"
}
# An event is coded where it is surely that of the code, and else said.
_EVENT: Final = "http://hl7.org/fhir/evidence-variable-event"
_EVENTS: Final = tuple(
    (re.compile(words), of_code(_EVENT, code, display))
    for words, code, display in (
        (r"enrol?lment", "study-start", "Study Start"),
        (
            r"(?:treatment|therapy) start|start of (?:the )?(?:study )?(?:treatment|therapy)"
            r"|first dose(?: of (?:the )?study (?:drug|treatment|medication))?",
            "treatment-start",
            "Start of Treatment",
        ),
        (
            r"hospital admission|admission to (?:the )?hospital",
            "hospital-admission",
            "Hospital Admission",
        ),
        (
            r"hospital discharge|discharge from (?:the )?hospital",
            "hospital-discharge",
            "Hospital Discharge",
        ),
        (r"(?:the )?(?:surgery|operation)", "operative-procedure", "Operative Procedure"),
    )
)


def add_stated(entries: list[Node]) -> None:
    """Add to the Group of criteria what these state, and to outcomes when they are measured."""
    for entry in entries:
        group = entry["resource"]
        if group["resourceType"] == "EvidenceVariable":
            for one in group.get("characteristic", ()):
                if (words := one.get("timeFromEvent", ({},))[0].get("description")) is not None:
                    one["timeFromEvent"] += map(_time, time_frame(words))
            continue
        told = group.get("extension", ()) if group["resourceType"] == "Group" else ()
        if any(one.get("url") == CRITERIA_DIGEST.url for one in told):
            for number, piece in enumerate(criteria.split(group["description"]), 1):
                for fact in stated(piece.words, piece.exclude):
                    group["characteristic"] += _characteristics(fact, piece.exclude)
                if (found := listed(piece.words)) is not None:
                    _add_list(group, found, f"{LIST}{number}", exclude=piece.exclude)


def _add_list(group: Node, found: Listed, id_: str, *, exclude: bool) -> None:
    """Add a list within a criterion, which its characteristic leads to.

    All characteristics of a Group are true of its members, so that it has no form for any of a
    list; an EvidenceVariable has. https://hl7.org/fhir/R5/evidencevariable.html
    """
    items = [{"definitionCodeableConcept": {"text": plain(one)}} for one in found.items]
    inner = {
        "resourceType": "EvidenceVariable",
        "id": id_,
        "status": "active",
        "description": found.lead,
        "characteristic": [
            {"definitionByCombination": {"code": found.method, "characteristic": items}}
        ],
    }
    group.setdefault("contained", []).append(inner)
    told = {"url": STATED_IN.url, "valueString": found.lead}
    group["characteristic"].append(
        {
            "extension": [told],
            "code": CRITERION,
            "valueReference": {"reference": f"#{id_}"},
            "exclude": exclude,
        }
    )


def _characteristics(fact: Stated, exclude: bool) -> Iterator[Node]:
    """A fact as a characteristic; limits that a Range cannot say are one each."""
    told = {"url": STATED_IN.url, "valueString": fact.words}
    for code, value in _said(fact, exclude):
        yield {"extension": [told], "code": code, **value, "exclude": exclude}


def _said(fact: Stated, exclude: bool) -> Iterator[tuple[Node, Node]]:
    """The codes and values of a fact."""
    if fact.kind == "sex":
        display = fact.what.capitalize()
        yield _SEX, {"valueCodeableConcept": of_code(SEX.system, fact.what, display)}
    elif fact.kind == "pregnancy":
        yield _PREGNANCY, {"valueCodeableConcept": _PREGNANT}
    elif fact.kind == "breast-feeding":
        yield _FEEDING, {"valueBoolean": True}
    elif fact.kind == "consent":
        yield _CONSENT, {"valueBoolean": fact.what == "yes"}
    else:
        for value in _values(fact.bounds, exclude):
            yield _measured(fact), value


def _measured(fact: Stated) -> Node:
    if fact.kind == "age":
        return _AGE
    if fact.kind == "measurement":
        analyte = ANALYTES[fact.what]
        return of_code(_LOINC, analyte.loinc, analyte.display)
    return _OF_TIME[fact.kind]


def _values(bounds: tuple[Bound, ...], exclude: bool) -> Iterator[Node]:
    """Limits as a Range, whose own are included, else each as a Quantity.

    Of an exclusion, two limits that a Range cannot say are not said: each alone leaves out more.
    """
    if [bound.comparator for bound in bounds] == [">=", "<="]:
        low, high = (_quantity(bound.number, bound.unit) for bound in bounds)
        yield {"valueRange": {"low": low, "high": high}}
    elif len(bounds) == 1 or not exclude:
        for bound in bounds:
            yield {"valueQuantity": _quantity(bound.number, bound.unit, bound.comparator)}


def _time(moment: Moment) -> Node:
    """A time of an outcome, counted from its event."""
    node: Node = {"extension": [{"url": STATED_IN.url, "valueString": moment.words}]}
    if moment.event:
        coded = next((one for words, one in _EVENTS if words.fullmatch(moment.event)), {})
        node["eventCodeableConcept"] = {**coded, "text": moment.event}
    if moment.unit:
        low, high = (
            _quantity(number, moment.unit) if number else None
            for number in (moment.low, moment.high)
        )
        if low == high:
            node["quantity"] = low
        else:
            node["range"] = {**({"low": low} if low else {}), "high": high}
    return node


def _quantity(number: str, unit: str, comparator: str | None = None) -> Node:
    exact = Decimal(number)
    value: Any = int(exact) if exact == int(exact) else float(exact)
    compared = {} if comparator is None else {"comparator": comparator}
    shown = _UNITS.get(unit, unit)
    return {"value": value, **compared, "unit": shown, "system": UCUM, "code": unit}
