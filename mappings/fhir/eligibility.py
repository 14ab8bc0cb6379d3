"""Who can take part: the criteria and the number of participants, as FHIR has them.

https://hl7.org/fhir/R5/group.html
"""

from trialbridge.mappings.codec import Codec, Node, choice, integer, text
from trialbridge.mappings.fhir.codes import CHARACTERISTIC
from trialbridge.mappings.fhir.types import has_code, of_code, ours, said
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import criteria
from trialbridge.mappings.record.markdown import marked, plain
from trialbridge.schemas.trial import EnrollmentInfo, EnrollmentType

ENROLLMENT_COUNT = ours("enrollment-count", "UnsignedInt")
ENROLLMENT_TYPE = ours("enrollment-type", "Code")


_NUMBER: dict[EnrollmentType, str] = {"ACTUAL": "actualNumber", "ESTIMATED": "targetNumber"}
_type: Codec[EnrollmentType] = choice({type_: type_ for type_ in _NUMBER})


def _write_enrollment(value: EnrollmentInfo, names: Names) -> Node | None:
    node: Node = {}
    if value.count is not None and value.type is not None:
        node[_NUMBER[value.type]] = value.count
    elif value.count is not None:
        node["extension"] = [{"url": ENROLLMENT_COUNT.url, "valueUnsignedInt": value.count}]
    elif value.type is not None:
        node["extension"] = [{"url": ENROLLMENT_TYPE.url, "valueCode": value.type}]
    else:
        names.odd = True
    return node or None


def _read_enrollment(node: Node, names: Names) -> EnrollmentInfo | None:
    for type_, member in _NUMBER.items():
        if member in node:
            return EnrollmentInfo(count=integer.read(node[member], names), type=type_)
    for extension in node.get("extension", ()):
        if extension.get("url") == ENROLLMENT_COUNT.url:
            return EnrollmentInfo(count=integer.read(extension.get("valueUnsignedInt"), names))
        if extension.get("url") == ENROLLMENT_TYPE.url:
            return EnrollmentInfo(type=_type.read(extension.get("valueCode"), names))
    return None


enrollment: Codec[EnrollmentInfo] = Codec(
    _read_enrollment,
    _write_enrollment,
    extensions=(ENROLLMENT_COUNT, ENROLLMENT_TYPE),
    label="actualNumber or .targetNumber",
)
"""actualNumber or targetNumber, by the type of the count."""

_CRITERION = of_code(CHARACTERISTIC.url, "criterion", CHARACTERISTIC.codes["criterion"])
_is_criterion = has_code(CHARACTERISTIC.url, "criterion", "code")
CRITERIA_DIGEST = ours("criteria-digest", "String")


def _write_criteria(words: str, names: Names) -> Node:
    pieces = criteria.split(words)
    node: Node = {"description": words}
    if pieces:
        node["extension"] = [{"url": CRITERIA_DIGEST.url, "valueString": criteria.digest(words)}]
        node["characteristic"] = [
            {
                "code": _CRITERION,
                "valueCodeableConcept": {"text": plain(piece.words)},
                "exclude": piece.exclude,
            }
            for piece in pieces
        ]
    return node


def _read_criteria(group: Node, names: Names) -> str | None:
    words = group.get("description")
    if words is not None:
        words = text.read(words, names)
    pieces = []
    for node in group.get("characteristic", ()):
        if node.__class__ is dict and _is_criterion(node):
            value = said(node.get("valueCodeableConcept"))
            if value is not None:
                pieces.append((value, node.get("exclude") is True))
    before = criteria.split(words) if words else []
    if pieces == [(plain(piece.words), piece.exclude) for piece in before]:
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
