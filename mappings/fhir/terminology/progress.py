"""When a study begins and ends, as states of it, and when its record was last changed, in FHIR R5.

`overall-study` is the state, as in HL7's own example of a registry's record. Its period is that of
ResearchStudy.period again, for the searches for a state with its period and for what is actual
(`progress-status-state-period-actual`): https://hl7.org/fhir/R5/researchstudy.html#search
"""

from collections.abc import Iterator
from typing import Any

from trialbridge.mappings.codec import Codec, Node
from trialbridge.mappings.fhir.study.dates import Lists, date_type, partial_date
from trialbridge.mappings.fhir.terminology.codes import MILESTONE, STUDY_STATUS
from trialbridge.mappings.fhir.terminology.displays import standard_coding
from trialbridge.mappings.fhir.types import exact_coding, has_code, ours
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import PartialDateStruct

_OVERALL = standard_coding(STUDY_STATUS, "overall-study")
_is_overall = has_code(STUDY_STATUS, "overall-study", "state")
_SIDES = {"start": "start", "completion": "end"}
"""Each milestone, and the member of a Period that is its date."""
_is_milestone = {code: has_code(MILESTONE.url, code, "state") for code in _SIDES}


def _dates(names: Names) -> dict[str, PartialDateStruct]:
    protocol = names.trial.protocol if names.trial else None
    status = protocol.status if protocol else None
    if status is None:
        return {}
    said = {"start": status.start_date, "completion": status.completion_date}
    return {code: date for code, date in said.items() if date is not None}


def _write(code: str, names: Names) -> list[Node] | None:
    """The state whose date is this milestone's; where both are of one type, it is one state."""
    dates = _dates(names)
    date = dates.get(code)
    if date is None or (not date.date and date.type is None):
        return None
    if not date.date:
        # No period tells of which of the two dates this is.
        state = {"coding": [_OVERALL, exact_coding(MILESTONE, code)]}
        return [{"state": state, "actual": date_type.write(date.type, names)}]
    one = all(code in dates and dates[code].date for code in _SIDES) and (
        dates["start"].type == dates["completion"].type
    )
    if one and code == "completion":
        return None
    told = _SIDES if one else {code: _SIDES[code]}
    node: Node = {"state": {"coding": [_OVERALL]}}
    if date.type is not None:
        node["actual"] = date_type.write(date.type, names)
    node["period"] = {side: dates[each].date for each, side in told.items()}
    return [node]


def _told(nodes: Any, code: str) -> Iterator[Node]:
    """The states that tell a milestone: those of its name, and those whose period has its date."""
    overall = [node for node in nodes if node.__class__ is dict and _is_overall(node)]
    yield from (node for node in overall if _is_milestone[code](node))
    for node in overall:
        if not any(named(node) for named in _is_milestone.values()) and _SIDES[code] in (
            node.get("period") or {}
        ):
            yield node


def milestone_type(code: str) -> Codec[Any]:
    """Whether the date of a milestone is actual; written with the date, which is derived."""

    def read(nodes: Any, names: Names) -> Any:
        node = next(_told(nodes, code), {})
        return date_type.read(node["actual"], names) if "actual" in node else None

    return Codec(read, lambda value, names: _write(code, names), label="state='overall-study'")


def milestone_date(code: str) -> Codec[str]:
    """The date of a milestone, where documents of others have it here alone."""
    side = _SIDES[code]

    def read(nodes: Any, names: Names) -> str | None:
        for node in _told(nodes, code):
            period = node.get("period")
            if period.__class__ is dict and side in period:
                return partial_date.read(period[side], names)
        return None

    return Codec(read, lambda value, names: None)


# --- the last change of the record -------------------------------------------------------------

OF_REGISTER = ours("register-last-changed", "Boolean")
"""On a date of last change that is another register's, where ClinicalTrials.gov has dates too."""

_UPDATES = ("update-submission", "update-posting")


def _update(names: Names) -> str | None:
    """When the content last changed: it was submitted so, and posted days later as it was.

    A record's page has the day of posting alone.
    """
    protocol = names.trial.protocol if names.trial else None
    status = protocol.status if protocol else None
    if status is None:
        return None
    posted = status.last_update_post_date
    return status.last_update_submit_date or (posted.date if posted else None) or None


def _write_last_changed(value: str | None, names: Names) -> Node | None:
    update = _update(names)
    if not value:
        return {"date": update} if update else None
    if update is None:
        return {"date": value}
    marked = {"extension": [{"url": OF_REGISTER.url, "valueBoolean": True}]}
    return {"date": value, "_date": marked}


def _read_last_changed(study: Node, names: Names) -> str | None:
    date = study.get("date")
    if date is None:
        return None
    told = (study.get("_date") or {}).get("extension", ())
    if not any(one.get("url") == OF_REGISTER.url for one in told):
        activities = names.once(Lists).activities(study.get("extension", ()))
        if any("period" in activities.get(one, ()) for one in _UPDATES):
            return None  # the same as there
    return partial_date.read(date, names)


last_changed: Codec[str] = Codec(
    _read_last_changed,
    _write_last_changed,
    extensions=(OF_REGISTER,),
    extensions_in="date",
    aids=(OF_REGISTER,),
    label="date",
)
"""The date that the record was last changed: another register's, or that of the last update."""
