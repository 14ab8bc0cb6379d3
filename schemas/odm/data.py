"""The data of subjects: each value is of its item's type, and no subject or visit stands twice.

https://wiki.cdisc.org/display/PUB/ItemDef
"""

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Final

from trialbridge.schemas.odm.digests.document import NAMESPACES, name_of, shortened
from trialbridge.schemas.odm.references import References
from trialbridge.schemas.syntax import xml

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

_ZONE: Final = r"(?:Z|[+-]\d{2}:\d{2})?"
_HOUR: Final = r"(?:[01]\d|2[0-3]|24(?=:00))"
_TIME: Final = rf"{_HOUR}:[0-5]\d:[0-5]\d(?:\.\d+)?{_ZONE}"
_SHORT_TIME: Final = rf"{_HOUR}(?::[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?{_ZONE}"
_DAY: Final = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


def _form(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: compiled.fullmatch(value) is not None


def _dated(pattern: str) -> Callable[[str], bool]:
    """Whether a value has the form, and the day that it begins with is one of the calendar."""
    form = _form(pattern)

    def holds(value: str) -> bool:
        if not form(value):
            return False
        day = _DAY.match(value)
        if day is None:
            return True
        try:
            date(int(day[1]) or 1, int(day[2]), int(day[3] or 1))
        except ValueError:
            return False
        return True

    return holds


_NUMBER: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)"

# Those that say anything of a value. The types of ODM 1.3.2 whose forms mix numbers and strokes
# (incompleteDate and the like) are left to people.
TYPES: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "integer": (_form(r"[+-]?\d+"), "a whole number"),
    "decimal": (_form(_NUMBER), "a decimal number"),
    "float": (_form(rf"{_NUMBER}(?:[Ee][+-]?\d+)?|[+-]?INF|NaN"), "a number"),
    "double": (_form(rf"{_NUMBER}(?:[Ee][+-]?\d+)?|[+-]?INF|NaN"), "a number"),
    "boolean": (_form("true|false|1|0"), "true, false, 1 or 0"),
    "date": (_dated(rf"\d{{4}}-\d{{2}}-\d{{2}}{_ZONE}"), "a real date, YYYY-MM-DD"),
    "time": (_form(_TIME), "a time, hh:mm:ss"),
    "datetime": (
        _dated(rf"\d{{4}}-\d{{2}}-\d{{2}}T{_TIME}"),
        "a real date and time, YYYY-MM-DDThh:mm:ss",
    ),
    "partialDate": (_dated(r"\d{4}(?:-\d{2}(?:-\d{2})?)?"), "a real date or the start of one"),
    "partialTime": (_form(_SHORT_TIME), "a time or the start of one"),
    "partialDatetime": (
        _dated(rf"\d{{4}}(?:-\d{{2}}(?:-\d{{2}}(?:T{_SHORT_TIME})?)?)?"),
        "a real date and time or the start of one",
    ),
    "durationDatetime": (
        _form(
            r"[+-]?P(?!$)(?:\d+W|(?:\d+(?:\.\d+)?Y)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?D)?"
            r"(?:T(?!$)(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?)"
        ),
        "a duration of ISO 8601, such as P7D",
    ),
    "hexBinary": (_form("(?:[0-9A-Fa-f]{2})*"), "pairs of hexadecimal digits"),
    "base64Binary": (
        _form(r"(?:[A-Za-z0-9+/]{4}|\s)*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\s*"),
        "base64",
    ),
}


def check_data(references: References, root: "_Element") -> None:
    """Check the data of subjects, by the items of the version that they are of."""
    document = references.document
    prefix = f"{{{NAMESPACES[document.version]}}}"
    if not references.partial:
        _check_keys(references, root, prefix)
    for data in root.iter(f"{prefix}ClinicalData", f"{prefix}ReferenceData"):
        items: dict[str, tuple[str, tuple[Callable[[str], bool], str]] | None] = {}
        for item in data.iter(f"{prefix}ItemData"):
            oid = item.get("ItemOID", "")
            if oid not in items:
                items[oid] = _type(references, data, prefix, oid)
            known = items[oid]
            if known is None:
                continue
            name, (holds, wanted) = known
            held: list[tuple[_Element, str | None, str | None]]
            held = [(item, "Value", item.get("Value"))] if "Value" in item.attrib else []
            held += [
                (value, None, value.text)
                for value in item.iterchildren(f"{prefix}Value")
                if len(value) == 0
            ]
            for element, attribute, value in held:
                text = (value or "").strip()
                if text and not holds(text):
                    message = (
                        f"the value {shortened(text)!r} of {shortened(oid)} is not {wanted}, as its"
                        f" DataType {name} demands"
                    )
                    document.report("error", "rules", element, attribute, "data-type", message)


def _type(
    references: References, data: "_Element", prefix: str, oid: str
) -> tuple[str, tuple[Callable[[str], bool], str]] | None:
    """The type of an item and what it says of values; None if it is not known or says nothing."""
    for definition in references.defined(
        data.get("StudyOID", ""), data.get("MetaDataVersionOID", ""), oid
    ):
        if definition.tag == f"{prefix}ItemDef":
            name = definition.get("DataType", "")
            return (name, TYPES[name]) if name in TYPES else None
    return None


def _check_keys(references: References, root: "_Element", prefix: str) -> None:
    """A snapshot has each subject once in its data, and each visit once in its subject."""
    document = references.document
    seen: dict[tuple[_Element | None, str | None, str | None], _Element] = {}
    for element in root.iter(f"{prefix}SubjectData", f"{prefix}StudyEventData"):
        subject = element.tag == f"{prefix}SubjectData"
        key = "SubjectKey" if subject else "StudyEventOID"
        repeat = None if subject else element.get("StudyEventRepeatKey")
        other = seen.setdefault((element.getparent(), element.get(key), repeat), element)
        if other is element:
            continue
        said = f"{key} {shortened(element.get(key, ''))!r}"
        if repeat is not None:
            said += f" with StudyEventRepeatKey {shortened(repeat)!r}"
        message = (
            f"{said} stands in {xml.line_of(other)} too, expected <{name_of(element.tag)}> once"
        )
        document.report("error", "rules", element, key, "duplicate", message)
