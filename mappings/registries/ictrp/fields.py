"""Fields of WHO's export (ICTRP) as a record of the model: one table for XML and CSV.

A field that the model has no place for, or that is not certain, is kept in `unmapped` at `/ictrp`
with its own words. Nothing is written: WHO's portal is where such a file comes from.
https://www.who.int/tools/clinical-trials-registry-platform
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.registries.ictrp import design, joined, values
from trialbridge.mappings.registries.ictrp.checks import contradictions
from trialbridge.mappings.registries.ictrp.rows import Field, Row, Taken, Tree, row_of
from trialbridge.mappings.tree import put
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.decode import settle
from trialbridge.schemas.trial import Registration, Study, Trial, trial_of

LINK: Final = "https://www.who.int/tools/clinical-trials-registry-platform"
KEPT: Final = "/ictrp"
P: Final = "/protocolSection"
R: Final = "/registration"
NO_PLACE: Final = "it has no place in the record"
NO_CODE: Final = "the model has no code of that meaning"
NOT_READ: Final = "it is not read"

Read = Callable[[str, Row], Any]


def one(name: str, leaf: str, read: Read, known: frozenset[str] = frozenset()) -> Field:
    """A field of one value; `known` are words that have no code in the model, and are no news."""

    def taken(row: Row) -> Taken:
        text = row.text(name)
        if not text:
            return Taken({})
        value = read(text, row)
        if value is not None:
            return Taken({leaf: value})
        if text.lower() in known:
            return Taken({}, {name: NO_CODE})
        return Taken({}, {name: NOT_READ}, frozenset({name}))

    return Field((name,), (leaf,), taken)


def kept(name: str) -> Field:
    """A field that no leaf of the model is for."""

    def taken(row: Row) -> Taken:
        return Taken({}, {name: NO_PLACE} if row.text(name) else {})

    return Field((name,), (), taken)


def _line(text: str, row: Row) -> str:
    return values.line(text)


def _id(row: Row) -> Taken:
    text = row.text("TrialID")
    leaf = f"{P}/identificationModule/nctId" if row.is_of_clinicaltrials else f"{R}/id"
    return Taken({leaf: text} if text else {})


def _register(row: Row) -> Taken:
    own = row.register and not row.is_of_clinicaltrials
    return Taken({f"{R}/register": row.register} if own else {})


def _url(row: Row) -> Taken:
    text = row.text("web_address")
    if not text:
        return Taken({})
    if not row.is_of_clinicaltrials:
        return Taken({f"{R}/url": text})
    # It follows from the number.
    follows = text.endswith(f"/{row.text('TrialID')}")
    return Taken({}, {} if follows else {"web_address": NO_PLACE})


def _registered(row: Row) -> Taken:
    digits, said = row.text("Date_registration3"), row.text("Date_registration")
    plain, dated = values.day_of_digits(digits), row.date("Date_registration")
    leaf = f"{R}/firstRegistered"
    if row.is_of_clinicaltrials:
        leaf = f"{P}/statusModule/studyFirstSubmitDate"
    read = plain or dated
    kept = {}
    if digits and plain is None:
        kept["Date_registration3"] = NOT_READ
    if said and dated is None:
        kept["Date_registration"] = NOT_READ
    elif said and dated != read:
        kept["Date_registration"] = f"Date_registration3 says {read}, which is taken"
    return Taken({leaf: read} if read else {}, kept)


def dated(name: str, leaf: str) -> Field:
    """A field that is a date, with its precision."""
    return one(name, leaf, lambda text, row: row.date(name))


def _status(row: Row) -> Taken:
    text = row.text("Recruitment_Status")
    expanded = row.text("Study_type") == "Expanded Access"
    if text.lower() == "recruiting" and not expanded:
        return Taken({f"{P}/statusModule/overallStatus": "RECRUITING"})
    if not text:
        return Taken({})
    known = text.lower() in {"recruiting", "not recruiting", "authorised", "not available"}
    unknown = frozenset() if known else frozenset({"Recruitment_Status"})
    return Taken({}, {"Recruitment_Status": NO_CODE if known else NOT_READ}, unknown)


def _study_type(row: Row) -> Taken:
    text = values.line(row.text("Study_type"))
    code = values.STUDY_TYPES.get(text.lower())
    if not text:
        return Taken({})
    if code is None:
        known = text.lower() in _OTHER_TYPES
        unknown = frozenset() if known else frozenset({"Study_type"})
        return Taken({}, {"Study_type": NO_CODE if known else NOT_READ}, unknown)
    members: Tree = {f"{P}/designModule/studyType": code}
    if text.lower().endswith("[patient registry]"):
        members[f"{P}/designModule/patientRegistry"] = True
    return Taken(members)


_OTHER_TYPES = frozenset(
    {
        "basic science",
        "cause/relative factors study",
        "diagnostic test",
        "epidemilogical research",
        "epidemiological research",
        "health services reaserch",
        "health services research",
        "others,meta-analysis etc",
        "pms",
        "prevention",
        "prognosis study",
        "screening",
        "treatment study",
        "unknown",
    }
)
_OTHER_PHASES = frozenset(
    {
        "0",
        "0 (exploratory trials)",
        "phase 0",
        "retrospective study",
        "new treatment measure clinical study",
        "diagnostic new technique clincal study",
        "post marketing surveillance",
        "not selected",
        "not specified",
        "other",
    }
)


def _phases(row: Row) -> Taken:
    text = row.text("Phase")
    found = values.phases(text)
    if found:
        return Taken({f"{P}/designModule/phases": found})
    if not text:
        return Taken({})
    known = values.line(text).lower() in _OTHER_PHASES or "(Phase I): " in text
    unknown = frozenset() if known else frozenset({"Phase"})
    return Taken({}, {"Phase": NO_CODE if known else NOT_READ}, unknown)


def _count(row: Row) -> Taken:
    text = row.text("Target_size")
    found = values.count(text)
    members = {} if found is None else {f"{P}/designModule/enrollmentInfo/count": found}
    if not text or text.isdecimal():
        return Taken(members)
    why = NOT_READ if found is None else "the record has the sum of its groups"
    return Taken(members, {"Target_size": why})


def _limit(name: str, leaf: str, sign: str) -> Field:
    def read(text: str, row: Row) -> Any:
        return values.age(text, row.register, sign)

    plain = one(name, leaf, read, values.NO_LIMIT | {"0", "-", "/", "?", "??", "nd"})

    def taken(row: Row) -> Taken:
        # The registry's own word for a limit that there is not, which has no leaf there.
        if row.register == values.CLINICALTRIALS and row.text(name) == "N/A":
            return Taken({})
        return plain.read(row)

    return Field((name,), (leaf,), taken)


def _criteria(row: Row) -> Taken:
    found = values.criteria(
        row.texts.get("Inclusion_Criteria", ""),
        row.texts.get("Exclusion_Criteria", ""),
        row.register,
    )
    return Taken({f"{P}/eligibilityModule/eligibilityCriteria": found} if found else {})


def _results(row: Row) -> Taken:
    text = row.text("results_yes_no")
    answer = {"yes": True, "no": False}.get(text.lower())
    if answer is not None:
        return Taken({"/hasResults": answer})
    return Taken({}, {"results_yes_no": NOT_READ} if text else {})


def _results_url(row: Row) -> Taken:
    text = row.text("results_url_link")
    if text.startswith(("http://", "https://")) and not set(text) & set(" ;<"):
        return Taken({f"{P}/referencesModule/seeAlsoLinks": [{"label": "Results", "url": text}]})
    return Taken({}, {"results_url_link": NOT_READ} if text else {})


_IDENTIFICATION = f"{P}/identificationModule"
_STATUS = f"{P}/statusModule"
_SPONSORS = f"{P}/sponsorCollaboratorsModule"
_ELIGIBILITY = f"{P}/eligibilityModule"

FIELDS: Final[tuple[Field, ...]] = (
    Field(("TrialID",), (f"{R}/id", f"{_IDENTIFICATION}/nctId"), _id),
    Field(("Source_Register",), (f"{R}/register",), _register),
    Field(("web_address",), (f"{R}/url",), _url),
    Field(
        ("Date_registration3", "Date_registration"),
        (f"{R}/firstRegistered", f"{_STATUS}/studyFirstSubmitDate"),
        _registered,
    ),
    joined.SECONDARY_IDS,
    one("Public_title", f"{_IDENTIFICATION}/briefTitle", _line),
    one("Scientific_title", f"{_IDENTIFICATION}/officialTitle", _line),
    one("Acronym", f"{_IDENTIFICATION}/acronym", _line),
    one("Primary_sponsor", f"{_SPONSORS}/leadSponsor/name", _line),
    joined.SECONDARY_SPONSORS,
    kept("Source_Support"),
    Field(("Recruitment_Status",), (f"{_STATUS}/overallStatus",), _status),
    dated("Date_enrollement", f"{_STATUS}/startDateStruct/date"),
    dated("results_date_completed", f"{_STATUS}/completionDateStruct/date"),
    dated("results_date_posted", f"{_STATUS}/resultsFirstPostDateStruct/date"),
    Field(
        ("Study_type",),
        (f"{P}/designModule/studyType", f"{P}/designModule/patientRegistry"),
        _study_type,
    ),
    design.DESIGN,
    Field(("Phase",), (f"{P}/designModule/phases/*",), _phases),
    Field(("Target_size",), (f"{P}/designModule/enrollmentInfo/count",), _count),
    joined.CONDITIONS,
    joined.INTERVENTIONS,
    joined.PRIMARY_OUTCOMES,
    joined.SECONDARY_OUTCOMES,
    _limit("Inclusion_agemin", f"{_ELIGIBILITY}/minimumAge", ">="),
    _limit("Inclusion_agemax", f"{_ELIGIBILITY}/maximumAge", "<="),
    one(
        "Inclusion_gender",
        f"{_ELIGIBILITY}/sex",
        lambda text, row: values.sex(text),
        frozenset({"-"}),
    ),
    Field(
        ("Inclusion_Criteria", "Exclusion_Criteria"),
        (f"{_ELIGIBILITY}/eligibilityCriteria",),
        _criteria,
    ),
    joined.COUNTRIES,
    joined.CONTACTS,
    # A contact of the model has neither.
    kept("Contact_Affiliation"),
    kept("Contact_Address"),
    Field(("results_yes_no",), ("/hasResults",), _results),
    Field(
        ("results_url_link",),
        tuple(f"{P}/referencesModule/seeAlsoLinks/*/{key}" for key in ("label", "url")),
        _results_url,
    ),
    kept("results_summary"),
    kept("results_ipd_plan"),
    kept("results_ipd_description"),
    *(
        kept(f"Ethics_review_{part}")
        for part in (
            "status",
            "approval_date",
            "contact_name",
            "contact_address",
            "contact_phone",
            "contact_email",
        )
    ),
    # Of the portal's copy, not of the trial.
    *(
        kept(name)
        for name in (
            "Retrospective_flag",
            "Prospective_registration",
            "Bridging_flag_truefalse",
            "Bridged_type",
            "other_records",
            "Internal_Number",
            "Export_date",
            "Last_Refreshed_on",
        )
    ),
)
BY_NAME: Final[Mapping[str, Field]] = {name: field for field in FIELDS for name in field.names}


def coverage() -> list[CoverageRow]:
    """Which field tells each leaf of the model; what is not listed no field tells."""
    return [
        CoverageRow(leaf, ", ".join(field.names), "native")
        for field in FIELDS
        for leaf in field.leaves
    ]


def shares(row: Row) -> dict[str, str]:
    """Where each field of a row is: in the `model`, in `part`, or `kept` as text."""
    found = dict.fromkeys((name for name in row.texts if name not in BY_NAME), "kept")
    for field in FIELDS:
        taken = field.read(row)
        for name in field.names:
            if row.text(name):
                kept = "part" if taken.members else "kept"
                found[name] = kept if name in taken.kept else "model"
    return found


def read_record(
    given: Mapping[str, str], place: Callable[[str], str]
) -> tuple[Trial, list[Problem]]:
    """The record of texts by field, and warnings of what is kept as text.

    `place` says where a field stands. Raises ReadError with what has not the form of its element.
    """
    row = row_of(given, BY_NAME)
    taken = read_fields(row)
    for name in row.texts:
        if name not in BY_NAME:
            taken.kept[name] = NO_PLACE
            taken.unknown.add(name)
    return made(taken, row.texts, KEPT, place, [*contradictions(row, place)])


class Found(NamedTuple):
    """What of all fields is in the record, why fields are kept, and which nobody has seen."""

    members: Tree
    kept: dict[str, str]
    unknown: set[str]


def read_fields(row: Row) -> Found:
    """Read a row by the table."""
    found = Found({}, {}, set())
    for field in FIELDS:
        taken = field.read(row)
        found.members.update(taken.members)
        found.kept.update(taken.kept)
        found.unknown.update(taken.unknown)
    return found


def made(
    found: Found,
    texts: Mapping[str, str],
    at: str,
    place: Callable[[str], str],
    contradicting: list[Problem],
) -> tuple[Trial, list[Problem]]:
    """The record of what was found, with the texts that are kept at a pointer, and warnings."""
    tree: Tree = {}
    beside: Tree = {}
    for pointer, value in found.members.items():
        under, path = (beside, pointer[len(R) :]) if pointer.startswith(R) else (tree, pointer)
        put(under, path.split("/")[1:], value)
    study, unmapped, wrong = settle(tree, Study)
    problems = [*_told(found, texts, place), *contradicting]
    problems += (msgspec.structs.replace(one, path=f"{place('')}: {one.path}") for one in wrong)
    if found.kept:
        unmapped = {**unmapped, at: {name: texts[name] for name in texts if name in found.kept}}
    registration = msgspec.convert(beside, Registration) if beside else None
    return trial_of(study, unmapped=unmapped or None, registration=registration), problems


def _told(found: Found, texts: Mapping[str, str], place: Callable[[str], str]) -> list[Problem]:
    """A warning for each field that is kept, and one for all that no leaf is for."""
    aside = {
        name: None
        for name, why in found.kept.items()
        if why == NO_PLACE and name not in found.unknown
    }
    problems = []
    for name, reason in found.kept.items():
        if name in aside:
            continue
        said = values.line(texts[name])
        code = "unknown-code" if name in found.unknown else "kept-as-text"
        problems.append(_warning(place(name), f"{said!r:.60}: {reason}; kept in unmapped", code))
    if aside:
        message = f"{', '.join(aside)}: no place in the record; kept in unmapped"
        problems.append(_warning(place(""), message, "kept-as-text"))
    return problems


def _warning(path: str, message: str, code: str) -> Problem:
    return Problem(
        severity="warning", layer="mapping", path=path, code=code, message=message, link=LINK
    )
