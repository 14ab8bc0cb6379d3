"""When a study begins and ends, as states of it, and when its record was last changed, in FHIR R5.

`overall-study` is the state, as in HL7's own example of a registry's record. Its period is that of
ResearchStudy.period again, for the searches for a state with its period and for what is actual
(`progress-status-state-period-actual`): https://hl7.org/fhir/R5/researchstudy.html#search
"""

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


class _Told:
    """The states that tell each milestone, looked through once for all rows that ask."""

    def __init__(self, names: Names) -> None:
        # By the lists themselves, which are there as long as what is read.
        self._of: dict[int, dict[str, list[Node]]] = {}

    def of(self, nodes: Any, code: str) -> list[Node]:
        """The states of a milestone: those of its name, and those whose period has its date."""
        found = self._of.get(id(nodes))
        if found is None:
            found = self._of[id(nodes)] = _milestones(nodes)
        return found[code]


def _milestones(nodes: Any) -> dict[str, list[Node]]:
    named: dict[str, list[Node]] = {code: [] for code in _SIDES}
    dated: dict[str, list[Node]] = {code: [] for code in _SIDES}
    for node in nodes:
        if node.__class__ is not dict or not _is_overall(node):
            continue
        is_named = False
        for code, is_of in _is_milestone.items():
            if is_of(node):
                is_named = True
                named[code].append(node)
        period = node.get("period") or {}
        for code, side in _SIDES.items():
            if not is_named and side in period:
                dated[code].append(node)
    return {code: [*named[code], *dated[code]] for code in _SIDES}


def milestone_type(code: str) -> Codec[Any]:
    """Whether the date of a milestone is actual; written with the date, which is derived."""

    def read(nodes: Any, names: Names) -> Any:
        told = names.once(_Told).of(nodes, code)
        node = told[0] if told else {}
        return date_type.read(node["actual"], names) if "actual" in node else None

    return Codec(read, lambda value, names: _write(code, names), label="state='overall-study'")


def milestone_date(code: str) -> Codec[str]:
    """The date of a milestone, where documents of others have it here alone."""
    side = _SIDES[code]

    def read(nodes: Any, names: Names) -> str | None:
        for node in names.once(_Told).of(nodes, code):
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
