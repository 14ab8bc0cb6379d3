"""Who can take part: the criteria and the number of participants, as FHIR has them.

https://hl7.org/fhir/R5/group.html
"""

from typing import Any

from trialbridge.mappings.codec import Codec, Node, choice, integer, text
from trialbridge.mappings.fhir.terminology.codes import CHARACTERISTIC
from trialbridge.mappings.fhir.types import has_code, of_code, ours, said
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import criteria
from trialbridge.mappings.record.markdown import marked, plain
from trialbridge.schemas.trial import EnrollmentInfo, EnrollmentType

ENROLLMENT_COUNT = ours("enrollment-count", "UnsignedInt")
ENROLLMENT_TYPE = ours("enrollment-type", "Code")


TYPE_NOT_STATED = ours("enrollment-type-not-stated", "Boolean")
"""On a number of participants whose record does not say whether it is actual or estimated."""

# Of some 3,300 records that say it: those of the first have actual numbers in at least 96 %, those
# of the others estimated ones in at least 93 %. Of ACTIVE_NOT_RECRUITING it is half and half.
_BY_STATUS: dict[str | None, EnrollmentType] = {
    "COMPLETED": "ACTUAL",
    "TERMINATED": "ACTUAL",
    "WITHDRAWN": "ACTUAL",
    "ENROLLING_BY_INVITATION": "ESTIMATED",
    "NOT_YET_RECRUITING": "ESTIMATED",
    "RECRUITING": "ESTIMATED",
    "SUSPENDED": "ESTIMATED",
    "UNKNOWN": "ESTIMATED",
}
_NUMBER: dict[EnrollmentType, str] = {"ACTUAL": "actualNumber", "ESTIMATED": "targetNumber"}
_type: Codec[EnrollmentType] = choice({type_: type_ for type_ in _NUMBER})


def _write_enrollment(value: EnrollmentInfo, names: Names) -> Node | None:
    node: Node = {}
    if value.count is not None and value.type is not None:
        node[_NUMBER[value.type]] = value.count
    elif value.count is not None and (likely := _BY_STATUS.get(_status(names))) is not None:
        # A search for a number of participants asks these elements and no extension.
        member = _NUMBER[likely]
        node[member] = value.count
        said = {"url": TYPE_NOT_STATED.url, "valueBoolean": True}
        node[f"_{member}"] = {"extension": [said]}
    elif value.count is not None:
        node["extension"] = [{"url": ENROLLMENT_COUNT.url, "valueUnsignedInt": value.count}]
    elif value.type is not None:
        node["extension"] = [{"url": ENROLLMENT_TYPE.url, "valueCode": value.type}]
    else:
        names.odd = True
    return node or None


def _status(names: Names) -> str | None:
    protocol = names.trial.protocol if names.trial is not None else None
    return protocol.status.overall_status if protocol and protocol.status else None


def _read_enrollment(node: Node, names: Names) -> EnrollmentInfo | None:
    for type_, member in _NUMBER.items():
        if member in node:
            count = integer.read(node[member], names)
            stated = not _is_not_stated(node.get(f"_{member}"))
            return EnrollmentInfo(count=count, type=type_ if stated else None)
    for extension in node.get("extension", ()):
        if extension.get("url") == ENROLLMENT_COUNT.url:
            return EnrollmentInfo(count=integer.read(extension.get("valueUnsignedInt"), names))
        if extension.get("url") == ENROLLMENT_TYPE.url:
            return EnrollmentInfo(type=_type.read(extension.get("valueCode"), names))
    return None


def _is_not_stated(beside: Any) -> bool:
    told = beside.get("extension") if beside.__class__ is dict else None
    return any(one.get("url") == TYPE_NOT_STATED.url for one in told or ())


enrollment: Codec[EnrollmentInfo] = Codec(
    _read_enrollment,
    _write_enrollment,
    extensions=(ENROLLMENT_COUNT, ENROLLMENT_TYPE),
    label="actualNumber or .targetNumber",
)
"""actualNumber or targetNumber, by the type of the count, or else by the status of the study."""

CRITERION = of_code(CHARACTERISTIC.url, "criterion", CHARACTERISTIC.codes["criterion"])
_is_criterion = has_code(CHARACTERISTIC.url, "criterion", "code")
CRITERIA_DIGEST = ours("criteria-digest", "String")
STATED_IN = ours("stated-in", "String")
"""On a characteristic that was read from the words of a criterion: which words."""
_STATED_IN = STATED_IN.url
LIST = "criterion-list-"
"""What the id of a list that was read from a criterion begins with."""


def _write_criteria(words: str, names: Names) -> Node:
    pieces = criteria.split(words)
    node: Node = {"description": words}
    if pieces:
        node["extension"] = [{"url": CRITERIA_DIGEST.url, "valueString": criteria.digest(words)}]
        escaped = "\\" in words
        node["characteristic"] = [
            {
                "code": CRITERION,
                "valueCodeableConcept": {"text": plain(piece) if escaped else piece},
                "exclude": exclude,
            }
            for piece, exclude, _, _ in pieces
        ]
    return node


def _read_criteria(group: Node, names: Names) -> str | None:
    words = group.get("description")
    if words is not None:
        words = text.read(words, names)
    pieces = []
    for node in group.get("characteristic", ()):
        # A list within a criterion is said by that, too.
        if node.__class__ is dict and _is_criterion(node) and "valueReference" not in node:
            concept = node.get("valueCodeableConcept")
            value = concept.get("text") if concept.__class__ is dict else None
            if value.__class__ is not str:
                value = said(concept)
            if value is not None:
                pieces.append((value, node.get("exclude") is True))
    before = criteria.split(words) if words else []
    escaped = words is not None and "\\" in words
    listed = [(plain(one) if escaped else one, exclude) for one, exclude, _, _ in before]
    if pieces == listed:
        return words
    digest = next(
        (
            extension.get("valueString")
            for extension in group.get("extension", ())
            if extension.get("url") == CRITERIA_DIGEST.url
        ),
        None,
    )
    if words is not None and digest is not None and digest != criteria.digest(words):
        names.warn(
            "criteria-disagree",
            "Group.description was edited and its characteristics were not, or otherwise: "
            "the description is read",
        )
        return words
    given = {plain(piece.words): piece.words for piece in before}
    wanted = [(given.get(said_, marked(said_)), exclude) for said_, exclude in pieces]
    joined = criteria.join(words or "", wanted)
    if sorted(piece.said for piece in criteria.split(joined)) != sorted(wanted):
        names.warn(
            "criteria-unclear",
            "the edited criteria do not stand in the text as they stand in the characteristics",
        )
    return joined


eligibility_criteria: Codec[str] = Codec(
    _read_criteria,
    _write_criteria,
    (CHARACTERISTIC,),
    (CRITERIA_DIGEST,),
    aids=(CRITERIA_DIGEST,),
    label="description and .characteristic[criterion]",
)
"""The whole text as the Group's description, and each criterion of it as a characteristic.

The criteria are read where they were edited; the description where the digest says that it was.
"""


# --- what was added of what criteria state --------------------------------------------------------


STATED = ("Group", "EvidenceVariable")
"""The types of resources that something may be added to."""


def without_stated(resource: Node) -> Node:
    """A resource without what was added to it, of which nothing is read: a sex is not the record's.

    That is characteristics and lists of a Group, and times of an EvidenceVariable.
    """
    kind = resource.get("resourceType")
    if kind not in STATED:
        return resource
    listed = resource.get("characteristic")
    if listed.__class__ is list and _may_be_stated(listed):
        own = [one if kind == "Group" else _own_times(one) for one in listed if not _is_stated(one)]
        if own != listed:
            resource = {key: value for key, value in resource.items() if key != "characteristic"}
            resource |= {"characteristic": own} if own else {}
    contained = resource.get("contained")
    if kind != "Group" or contained.__class__ is not list:
        return resource
    kept = [
        one
        for one in contained
        if one.__class__ is not dict or not str(one.get("id")).startswith(LIST)
    ]
    made = {key: value for key, value in resource.items() if key != "contained"}
    return {**made, "contained": kept} if kept else made


def _may_be_stated(nodes: list[Any]) -> bool:
    """Whether something was added, maybe: of most it is known at once that nothing was."""
    for node in nodes:
        if node.__class__ is dict:
            if "extension" in node:
                return True
            if "timeFromEvent" in node and (times := node["timeFromEvent"]).__class__ is list:
                for one in times:
                    if one.__class__ is dict and "extension" in one:
                        return True
    return False


def _own_times(node: Any) -> Any:
    times = node.get("timeFromEvent") if node.__class__ is dict else None
    if times.__class__ is not list:
        return node
    for one in times:
        if _is_stated(one):
            break
    else:
        return node
    return {**node, "timeFromEvent": [one for one in times if not _is_stated(one)]}


def _is_stated(node: Any) -> bool:
    # Loops, since a generator takes as long as all else of it, and this is asked of every element.
    told = node.get("extension") if node.__class__ is dict else None
    for one in told or ():  # noqa: SIM110
        if one.__class__ is dict and one.get("url") == _STATED_IN:
            return True
    return False
