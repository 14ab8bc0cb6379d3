"""Records of the EU Clinical Trials Register (EudraCT) as its full text download has them.

A record is of one trial in one country: lines of a section's number, a label and a value, which may
run over many lines. A field begins at a number that does not go back behind that of the field
before, since texts have numbers of their own; sponsors and medicines begin anew. A label with a
language behind it, `(es)`, is that of a translation, which is kept.
https://www.clinicaltrialsregister.eu
"""

import re
from typing import Any, Final, NamedTuple

from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.record.markdown import registered
from trialbridge.mappings.registries import places
from trialbridge.mappings.registries.places import (
    Document,
    Place,
    Row,
    coded,
    constant,
    distinct,
    headed,
    listed,
    said,
    value,
)
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial

LINK: Final = "https://www.clinicaltrialsregister.eu"
NAME: Final = "euctr"

# --- fields ------------------------------------------------------------------------------------

_NUMBER = r"[A-H]\.[0-9]+(?:\.[0-9]+)*"
_NUMBERED = re.compile(rf"({_NUMBER})((?: (?:and|to) {_NUMBER})?)[ \t]+(\S.*)")
_LANGUAGE = re.compile(r"(.*\S) \(([a-z]{2})\)")
_HEAD: Final = (
    "EudraCT Number",
    "Sponsor's Protocol Code Number",
    "National Competent Authority",
    "Clinical Trial Type",
    "Trial Status",
    "Date on which this record was first entered in the EudraCT database",
    "Link",
)
_TAIL: Final = (
    "N. Competent Authority Decision",
    "N. Date of Competent Authority Decision",
    "N. Ethics Committee Opinion of the trial application",
    "N. Ethics Committee Opinion: Reason(s) for unfavourable opinion",
    "N. Date of Ethics Committee Opinion",
    "P. End of Trial Status",
    "P. Date of the global end of the trial",
)
# Numbers that several labels share.
_SHARED: Final = frozenset({"E.1.2", "E.8.9.1", "E.8.9.2"})
_HEADING = re.compile(
    r"(?:A\. Protocol|B\. Sponsor|C\. Applicant|D\. IMP|E\. General|F\. Population|G\. Investigator"
    r"|H\. |N\. Review|P\. End of Trial$|MedDRA Classification$)"
)
_SPONSOR = re.compile(r"Sponsor [0-9]+")
_MEDICINE, _PLACEBO, _CONDITION = "D.IMP", "D.8 Placebo", "E.1.2"

Order = tuple[str | int, ...]


class Field(NamedTuple):
    """A field: its key, where it stands in the order, and what of its value its line has.

    A heading has no value.
    """

    key: str
    order: Order
    words: str | None


def fields(text: str) -> dict[str, Any]:
    """The fields of a record by their numbers; those of sponsors and medicines are in lists."""
    tree: dict[str, Any] = {}
    holder, key = tree, ""
    last: Order = ()
    for line in text.split("\n"):
        if _SPONSOR.fullmatch(line.strip()) and last[:1] == ("B",):
            tree.setdefault("Sponsor", []).append({})
            last, key = ("B",), ""
        elif _HEADING.match(line):
            last, key = max(last, (line[0],)) if line[1] == "." else last, ""
        elif (field := _field(line, last)) is None:
            if key:
                holder[key] += f"\n{line}"
        else:
            holder, key, last = _holder(tree, field.key), field.key, field.order
            if field.words is None:
                key = ""
            else:
                holder[key] = field.words
    return tree


def _field(line: str, last: Order) -> Field | None:
    """The field that a line begins, behind what stood last in the order."""
    for label in _HEAD if not last else _TAIL:
        if line.startswith(f"{label}:"):
            return Field(label, last, line[len(label) + 1 :].strip())
    found = _NUMBERED.fullmatch(line)
    if line.startswith((f"{_MEDICINE}:", f"{_PLACEBO}:")):
        label, _, words = line.partition(":")
        return Field(label, ("D",), words.strip())
    if found is None:
        return None
    order: Order = (found[1][0], *map(int, found[1][2:].split(".")))
    if order < last:
        return None
    label, mark, words = found[3].partition(":")
    if not mark:
        label, mark, words = found[3].partition("? ")
    number, label = found[1] + found[2], label.strip()
    key = number
    if number in _SHARED:
        key = f"{number} {label}"
    elif foreign := _LANGUAGE.fullmatch(label):
        key = f"{number} ({foreign[2]})"
    # Medicines begin anew.
    return Field(key, ("D",) if order[0] == "D" else order, words.strip() if mark else None)


def _holder(tree: dict[str, Any], key: str) -> dict[str, Any]:
    """Where a field belongs: to the record, or to the last sponsor, medicine or condition."""
    opens = key in (_MEDICINE, _PLACEBO) or key.startswith(f"{_CONDITION} Medical condition")
    name = _CONDITION if key.startswith(f"{_CONDITION} ") else key if opens else ""
    if opens:
        tree.setdefault(name, []).append({})
    elif key.startswith("B."):
        name = "Sponsor"
    elif key.startswith("D."):
        name = _PLACEBO if key.startswith("D.8") else _MEDICINE
    held = tree.get(name)
    return held[-1] if isinstance(held, list) else tree


# --- values ------------------------------------------------------------------------------------

# Ongoing says nothing of recruitment, and what an authority refused is nothing that the trial does.
STATUS: Final = {
    "Completed": "COMPLETED",
    "Prematurely Ended": "TERMINATED",
    "Temporarily Halted": "SUSPENDED",
    "Suspended by CA": "SUSPENDED",
}
_PHASES: Final = {"E.7.1": "PHASE1", "E.7.2": "PHASE2", "E.7.3": "PHASE3", "E.7.4": "PHASE4"}
_PURPOSES: Final = {"E.6.1": "DIAGNOSTIC", "E.6.2": "PREVENTION", "E.6.3": "TREATMENT"}
_MASKING: Final = {"E.8.1.2": "NONE", "E.8.1.3": "SINGLE", "E.8.1.4": "DOUBLE"}
_MODELS: Final = {"E.8.1.5": "PARALLEL", "E.8.1.6": "CROSSOVER", "E.8.1.7": None}
_AGES: Final = {"F.1.1": "CHILD", "F.1.2": "ADULT", "F.1.3": "OLDER_ADULT"}


def _yes(place: Place, number: str) -> bool | None:
    """Yes or no; no answer is neither."""
    return {"Yes": True, "No": False}.get(place.word(number) or "")


def _said_yes(place: Place, codes: dict[str, Any]) -> list[Any]:
    """What those are that are answered by yes; all answers are read where one is yes."""
    found = [code for number, code in codes.items() if _yes(place, number)]
    if found:
        for number in codes:
            if _yes(place, number) is not None:
                place.take(number)
    return found


def _one(codes: dict[str, Any]) -> Any:
    """What is answered by yes, where one alone is."""

    def read(place: Place) -> str | None:
        if sum(_yes(place, number) is True for number in codes) != 1:
            return None
        if not any(_yes(place, number) for number, code in codes.items() if code):
            return None
        (found,) = _said_yes(place, codes)
        return str(found)

    return read


def _flag(place: Place) -> bool | None:
    answer = _yes(place, "")
    if answer is not None:
        place.take()
    return answer


def _allocation(place: Place) -> str | None:
    """Randomised, or not randomised where there is a control; without one nothing is said."""
    randomised = _yes(place, "E.8.1.1")
    if randomised or (randomised is False and _yes(place, "E.8.1")):
        place.take("E.8.1.1")
        return "RANDOMIZED" if randomised else "NON_RANDOMIZED"
    return None


def _country(place: Place) -> str | None:
    """The country before the authority: `France - ANSM`."""
    words = place.word("A.1") or place.word("National Competent Authority")
    return words.partition(" - ")[0] if words and " - " in words else None


def _secondary_ids(place: Place) -> list[Any]:
    found = []
    for number, type_, domain in (
        ("A.5.1", "REGISTRY", "ISRCTN"),
        ("A.5.2", "REGISTRY", "ClinicalTrials.gov"),
        ("A.5.3", "REGISTRY", "WHO UTN"),
        ("A.5.4", "OTHER", None),
    ):
        if words := place.text(number):
            found.append(said(id=words, type=type_, domain=domain))
    return found


def _sponsor(place: Place) -> dict[str, Any] | None:
    name = place.text("B.1.1")
    if name is None:
        return None
    status = "B.3.1 and B.3.2"
    commercial = place.word(status) == "Commercial"
    if commercial:
        place.take(status)
    return said(name=name, class_="INDUSTRY" if commercial else None)


def _lead(place: Place) -> dict[str, Any] | None:
    return _sponsor(place.items()[0]) if place.items() else None


def _collaborators(place: Place) -> list[Any]:
    return distinct(_sponsor(one) for one in place.items()[1:])


def _contact(place: Place) -> dict[str, Any]:
    return said(name=place.text("B.5.2"), phone=place.text("B.5.4"), email=place.text("B.5.6"))


def _objectives(place: Place) -> str:
    main, secondary = place.text("E.2.1"), place.text("E.2.2")
    return registered(headed(("Main Objective", main), ("Secondary Objectives", secondary)))


def _conditions(place: Place) -> list[str]:
    """The condition; in easily understood words only where there are no others."""
    words = place.text("E.1.1") or place.text("E.1.1.1")
    return [words] if words else []


def _outcome(measure: str, time: str) -> Any:
    def read(place: Place) -> list[Any]:
        words = place.text(measure)
        return [said(measure=words, timeFrame=place.text(time))] if words else []

    return read


def _criteria(place: Place) -> str:
    inclusion, exclusion = place.markup("E.3"), place.markup("E.4")
    return headed(("Inclusion Criteria", inclusion), ("Exclusion Criteria", exclusion))


def _medicine(place: Place) -> dict[str, Any]:
    """A medicine by its name, else its trade name, else its substance; the others are others."""
    numbers = ("D.3.1", "D.2.1.1.1", "D.3.8", "D.3.2")
    names = distinct(place.text(number) for number in numbers)
    return said(name=names[0], otherNames=names[1:] or None) if names else {}


def _count(place: Place) -> dict[str, Any] | None:
    """Subjects of the whole trial: those of the country where it is in that country alone."""
    number = "F.4.2.2"
    if place.word(number) is None and _yes(place, "E.8.5") is False:
        number = "F.4.1"
    words = place.word(number) or ""
    if not (words.isascii() and words.isdecimal() and len(words) < 10):
        return None
    place.take(number)
    return said(count=int(words), type="ESTIMATED")


def _sex(place: Place) -> str | None:
    """Both, or one where the other is answered by no."""
    answers = tuple(_yes(place, number) for number in ("F.2.1", "F.2.2"))
    sex = {(True, True): "ALL", (True, False): "FEMALE", (False, True): "MALE"}.get(
        (bool(answers[0]), bool(answers[1])) if None not in answers else (False, False)
    )
    if sex:
        place.take("F.2.1")
        place.take("F.2.2")
    return sex


def _location(place: Place) -> list[Any]:
    found = said(country=_country(place), status=STATUS.get(place.word("Trial Status") or ""))
    return [found] if "country" in found else []


def _end(place: Place) -> dict[str, Any] | None:
    day = place.day()
    return said(date=day, type="ACTUAL") if day else None


ROWS: Final[tuple[Row, ...]] = (
    constant("/registration/register", "EUCTR", "it is this register's"),
    value("/registration/id", "EudraCT Number"),
    value("/registration/url", "Link"),
    value("/registration/country", "", _country, "A.1, before the authority"),
    value(
        "/registration/firstRegistered",
        "Date on which this record was first entered in the EudraCT database",
        Place.day,
    ),
    value("identificationModule/officialTitle", "A.3"),
    value("identificationModule/briefTitle", "A.3.1"),
    value("identificationModule/acronym", "A.3.2"),
    value("identificationModule/orgStudyIdInfo/id", "A.4.1"),
    Row(
        "identificationModule/secondaryIdInfos",
        "",
        _secondary_ids,
        ("*/id", "*/type", "*/domain"),
        "A.5.1 to A.5.4",
    ),
    value(
        "statusModule/overallStatus",
        "Trial Status",
        coded(STATUS, "state of a trial"),
        "of the trial in the country",
    ),
    Row(
        "statusModule/completionDateStruct",
        "P. Date of the global end of the trial",
        _end,
        ("date", "type"),
    ),
    Row(
        "sponsorCollaboratorsModule/leadSponsor",
        "Sponsor",
        _lead,
        ("name", "class"),
        "B.1.1 of the first; INDUSTRY is commercial",
    ),
    Row(
        "sponsorCollaboratorsModule/collaborators",
        "Sponsor",
        _collaborators,
        ("*/name", "*/class"),
        "B.1.1 of the others",
    ),
    value("oversightModule/oversightHasDmc", "E.8.7", _flag),
    value(
        "descriptionModule/detailedDescription",
        "",
        _objectives,
        "E.2.1 and E.2.2, under headings",
    ),
    Row(
        "conditionsModule/conditions",
        "",
        _conditions,
        ("*",),
        "E.1.1, else E.1.1.1",
    ),
    constant("designModule/studyType", "INTERVENTIONAL", "all trials of the register are"),
    Row(
        "designModule/phases",
        "",
        lambda place: _said_yes(place, _PHASES),
        ("*",),
        "E.7.1 to E.7.4 that are yes",
    ),
    value(
        "designModule/designInfo/allocation",
        "",
        _allocation,
        "E.8.1.1; no is non-randomised where E.8.1 is yes",
    ),
    value(
        "designModule/designInfo/interventionModel",
        "",
        _one(_MODELS),
        "E.8.1.5, E.8.1.6, where one of these and E.8.1.7 is yes",
    ),
    value(
        "designModule/designInfo/primaryPurpose",
        "",
        _one(_PURPOSES),
        "E.6.1, E.6.2, E.6.3, where one is yes",
    ),
    value(
        "designModule/designInfo/maskingInfo/masking",
        "",
        _one(_MASKING),
        "E.8.1.2, E.8.1.3, E.8.1.4, where one is yes",
    ),
    Row(
        "designModule/enrollmentInfo",
        "",
        _count,
        ("count", "type"),
        "F.4.2.2, else F.4.1 of a trial in one country",
    ),
    listed(
        "armsInterventionsModule/interventions",
        _MEDICINE,
        _medicine,
        ("name", "otherNames/*"),
        "D.3.1, D.2.1.1.1, D.3.8, D.3.2: the first is the name",
    ),
    Row(
        "outcomesModule/primaryOutcomes",
        "",
        _outcome("E.5.1", "E.5.1.1"),
        ("*/measure", "*/timeFrame"),
        "E.5.1 and E.5.1.1, each one text",
    ),
    Row(
        "outcomesModule/secondaryOutcomes",
        "",
        _outcome("E.5.2", "E.5.2.1"),
        ("*/measure", "*/timeFrame"),
        "E.5.2 and E.5.2.1, each one text",
    ),
    value(
        "eligibilityModule/eligibilityCriteria",
        "",
        _criteria,
        "E.3 and E.4, each whole under its heading",
    ),
    value("eligibilityModule/healthyVolunteers", "F.3.1", _flag),
    value("eligibilityModule/sex", "", _sex, "F.2.1 and F.2.2"),
    Row(
        "eligibilityModule/stdAges",
        "",
        lambda place: _said_yes(place, _AGES),
        ("*",),
        "F.1.1, F.1.2, F.1.3 that are yes",
    ),
    listed(
        "contactsLocationsModule/centralContacts",
        "Sponsor",
        _contact,
        ("name", "phone", "email"),
        "B.5.2, B.5.4, B.5.6",
    ),
    Row(
        "contactsLocationsModule/locations",
        "",
        _location,
        ("*/country", "*/status"),
        "the country of the record",
    ),
)


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model is read from."""
    return places.coverage(ROWS)


def read_text(text: str) -> tuple[Trial, list[Problem]]:
    """The record of a text, and warnings of what is kept as it is, by section."""
    document = Document(_trimmed(fields(text)))
    return places.read(document, ROWS, name=NAME, link=LINK, told_by=_section)


def _trimmed(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _trimmed(inner) for key, inner in tree.items()}
    return [_trimmed(one) for one in tree] if isinstance(tree, list) else tree.strip()


def _section(names: list[str]) -> list[str]:
    """What a field is told by: its section, as there are some 150 fields."""
    return [names[0][0]] if _NUMBERED.match(f"{names[0]} -") or names[0][1] == "." else names[:1]
