"""What an ODM document says beyond the record: for whom it is kept, and who may have it.

It is in `unmapped`, below `/odm`, with the document itself. ODM's writer alone puts it back. The
model's own form holds it too, but for the data of subjects, which go to no other format at all.
"""

from typing import Any, Final

from trialbridge.mappings.beyond import Beyond, left_behind
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.pointer import steps

_ODM: Final = Beyond("/odm", "ODM", whole=True)
PREFIX: Final = _ODM.prefix
DOCUMENT: Final = _ODM.document
is_beyond = _ODM.is_beyond
document_of = _ODM.document_of
kept_beyond = _ODM.kept_beyond
without = _ODM.without

SUBJECTS: Final = "the data of subjects go to no other format than ODM"

# Who the subjects are, and what was found of them: also what is signed or remarked of their data.
# https://wiki.cdisc.org/display/PUB/ClinicalData
_OF_SUBJECTS: Final = ("ClinicalData", "Association")


def left_out(
    unmapped: dict[str, Any], *, subjects_only: bool
) -> tuple[dict[str, Any], list[Problem]]:
    """What of `unmapped` another format may have, and a warning for each part that it may not.

    `subjects_only`: it is the model's own form, which holds all but the data of subjects.
    """
    kept: dict[str, Any] = {}
    problems = []

    def leave(pointer: str, message: str) -> None:
        problems.append(left_behind(pointer, message))

    for pointer, value in unmapped.items():
        inside = steps(pointer)[1:2] if is_beyond(pointer) else []
        if not is_beyond(pointer):
            kept[pointer] = value
        elif inside and inside[0] in _OF_SUBJECTS:
            leave(pointer, SUBJECTS)
        elif not subjects_only:
            if pointer != DOCUMENT:
                leave(pointer, _ODM.message)
        elif pointer == DOCUMENT:
            kept[pointer] = _without_subjects(value)
        elif pointer == _ODM.root and isinstance(value, dict):
            for name in _OF_SUBJECTS:
                if name in value:
                    leave(f"{PREFIX}{name}", SUBJECTS)
            kept[pointer] = {
                key: _without_subjects(inner) if key == "#document" else inner
                for key, inner in value.items()
                if key not in _OF_SUBJECTS
            }
        else:
            kept[pointer] = value
    return kept, problems


def _without_subjects(document: Any) -> str:
    from lxml import etree  # type: ignore[import-untyped]

    from trialbridge.schemas.syntax import xml

    try:
        root = xml.parse(str(document).encode())
    except (ReadError, UnicodeEncodeError):
        # What nobody can look into is not handed on.
        return ""
    for element in list(root.iter(*(f"{{*}}{name}" for name in _OF_SUBJECTS))):
        above = element.getparent()
        if above is None:
            return ""
        # What stands behind it is blanks: it is no text of the document.
        above.remove(element)
    return str(etree.tostring(root, encoding="unicode"))
