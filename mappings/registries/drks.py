"""Records of the German register (DRKS) as its JSON has them.

Each text stands once for each language (`locale`), side by side with others of that language. Texts
are read in English, in the first language where there is no English; the others are kept. The codes
are those of the register's JSON Schema, version 2.0.19. https://drks.de
"""

from collections.abc import Callable
from typing import Any, Final

from trialbridge.mappings.coverage import CoverageRow
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
from trialbridge.schemas.terms.countries import name_of
from trialbridge.schemas.trial import AgeUnit, Trial, age_text

LINK: Final = "https://drks.de"
NAME: Final = "drks"

# --- codes -------------------------------------------------------------------------------------

STATUS: Final = {
    "PENDING": "NOT_YET_RECRUITING",
    "RECRUITING": "RECRUITING",
    "INVITE_ONLY": "ENROLLING_BY_INVITATION",
    "SUSPENDED": "SUSPENDED",
    "COMPLETE_FOLLOW_UP_CONTINUING": "ACTIVE_NOT_RECRUITING",
    "COMPLETE_FOLLOW_UP_COMPLETE": "COMPLETED",
    # As the register spells it.
    "DISCONTINIUED": "TERMINATED",
    "WITHDRAWN": "WITHDRAWN",
}
TYPES: Final = {"INTERVENTIONAL": "INTERVENTIONAL", "NON_INTERVENTIONAL": "OBSERVATIONAL"}
PHASES: Final = {
    "N_A": ["NA"],
    "PHASE_0": ["EARLY_PHASE1"],
    "PHASE_I": ["PHASE1"],
    "PHASE_I_II": ["PHASE1", "PHASE2"],
    "PHASE_II": ["PHASE2"],
    "PHASE_II_III": ["PHASE2", "PHASE3"],
    "PHASE_III": ["PHASE3"],
    "PHASE_IV": ["PHASE4"],
}
ALLOCATIONS: Final = {
    "SINGLE_ARM_STUDY": "NA",
    "NON_RANDOMIZED_CONTROLLED_TRIAL": "NON_RANDOMIZED",
    "RANDOMIZED_CONTROLLED_TRIAL": "RANDOMIZED",
}
ASSIGNMENTS: Final = {
    "SINGLE": "SINGLE_GROUP",
    "PARALLEL": "PARALLEL",
    "CROSSOVER": "CROSSOVER",
    "FACTORIAL": "FACTORIAL",
}
PURPOSES: Final = {
    "TREATMENT": "TREATMENT",
    "PREVENTION": "PREVENTION",
    "DIAGNOSTIC": "DIAGNOSTIC",
    "SUPPORTIVE_CARE": "SUPPORTIVE_CARE",
    "SCREENING": "SCREENING",
    "HEALTH_CARE_SYSTEM": "HEALTH_SERVICES_RESEARCH",
    "BASIC_RESEARCH_PHYSIOLOGICAL_STUDY": "BASIC_SCIENCE",
    "OTHER": "OTHER",
}
BLINDED: Final = {
    "PATIENT_SUBJECT": "PARTICIPANT",
    "CAREGIVER": "CARE_PROVIDER",
    "INVESTIGATOR_THERAPIST": "INVESTIGATOR",
    "ASSESSOR": "OUTCOMES_ASSESSOR",
}
TIMINGS: Final = {"RETROSPECTIVE": "RETROSPECTIVE", "PROSPECTIVE": "PROSPECTIVE"}
SEXES: Final = {"FEMALE": "FEMALE", "MALE": "MALE", "ALL": "ALL"}
_DEGREES: Final = ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")
_UNITS: Final[dict[str, AgeUnit]] = {
    "DAYS": "Day",
    "WEEKS": "Week",
    "MONTHS": "Month",
    "YEARS": "Year",
}
_NO_AGE: Final = ("NO_MIN_AGE", "NO_MAX_AGE")


# --- languages ---------------------------------------------------------------------------------


def _locale(place: Place) -> Place:
    at = place.at("idLocale/locale")
    return at if at.node is not None else place.at("idArm/locale")


def _spoken(items: list[Place]) -> Place | None:
    """The one of several items of different languages that is English, else the first."""
    english = [one for one in items if _locale(one).word() == "en"]
    found = next(iter(english or items), None)
    if found is not None:
        _locale(found).take()
    return found


def _text(name: str, read: Callable[[Place, str], str | None] = Place.text) -> Any:
    """A text of the language that is read, and not of another where it is silent."""

    def read_spoken(place: Place) -> str | None:
        items = [one for one in place.items() if one.word(name)]
        found = _spoken(items)
        return read(found, name) if found else None

    return read_spoken


def _markup(name: str) -> Any:
    return _text(name, Place.markup)


def _languages(place: Place) -> list[str]:
    found = distinct(_locale(one).word() for one in place.items() if one.word("title"))
    return sorted(found, key=lambda one: one != "en")


# --- identification ----------------------------------------------------------------------------


def _secondary_ids(place: Place) -> list[Any]:
    ids = place.at("secondaryIds")
    eudract = ids.text("eudraCtNumber")
    found = [said(id=eudract, type="EUDRACT_NUMBER")] if eudract else []
    for name, domain in (("universalTrialNumber", "WHO UTN"), ("eudamedNumber", "EUDAMED")):
        if number := ids.text(name):
            found.append(said(id=number, type="REGISTRY", domain=domain))
    if number := ids.text("otherPrimaryRegisterId"):
        domain_ = ids.text("otherPrimaryRegisterName")
        found.append(said(id=number, type="REGISTRY", domain=domain_))
    found += [
        said(id=number, type="OTHER", domain=one.text("description"))
        for one in place.items("otherSecondaryIds")
        if (number := one.text("value"))
    ]
    return distinct(found)


# --- people ------------------------------------------------------------------------------------


def _of_kind(place: Place, *kinds: str) -> list[Place]:
    """The contacts of a kind: by its type, or for other addresses by what they are."""
    found = []
    for one in place.items():
        type_ = one.at("idContactIdType/type")
        kind = one.at("otherType") if type_.word() == "COLLABORATOR_OTHER_ADDRESS" else type_
        if kind.word() in kinds:
            type_.take()
            kind.take()
            found.append(one.at("contact"))
    return found


def _person(place: Place) -> str | None:
    return place.joined("title", "firstName", "lastName")


def _organisation(place: Place) -> dict[str, Any]:
    return said(name=place.text("affiliation") or _person(place))


def _lead(place: Place) -> dict[str, Any] | None:
    found = [_organisation(one) for one in _of_kind(place, "PRIMARY_SPONSOR")]
    return found[0] if len(found) == 1 else None


def _collaborators(place: Place) -> list[Any]:
    kinds = ("SECONDARY_SPONSOR", "OTHER_SECONDARY_SPONSOR")
    return distinct(_organisation(one) for one in _of_kind(place, *kinds))


def _contacts(place: Place) -> list[Any]:
    kinds = ("PUBLIC_QUERIES", "SCIENTIFIC_QUERIES")
    return distinct(
        said(
            name=_person(one) or one.text("affiliation"),
            phone=one.text("phone"),
            email=one.text("email"),
        )
        for one in _of_kind(place, *kinds, *(f"OTHER_{kind}" for kind in kinds))
    )


def _officials(place: Place) -> list[Any]:
    kind = "PRINCIPAL_COORDINATING_INVESTIGATOR"
    found = []
    for one in _of_kind(place, kind, f"OTHER_{kind}"):
        official = said(name=_person(one), affiliation=one.text("affiliation"))
        if official:
            found.append({**official, "role": "PRINCIPAL_INVESTIGATOR"})
    return distinct(found)


# --- status and design -------------------------------------------------------------------------


def _either(actual: str, planned: str) -> Any:
    """A day that has come, else the one that was planned."""

    def read(place: Place) -> dict[str, Any] | None:
        for name, type_ in ((actual, "ACTUAL"), (planned, "ESTIMATED")):
            if day := place.day(name):
                return said(date=day, type=type_)
        return None

    return read


def _count(place: Place) -> dict[str, Any] | None:
    for name, type_ in (("totalParticipants", "ACTUAL"), ("plannedParticipants", "ESTIMATED")):
        if (count := place.whole(name)) is not None:
            return said(count=count, type=type_)
    return None


def _masking(place: Place) -> dict[str, Any] | None:
    kind = place.word("blindingType")
    if kind == "OPEN":
        place.take("blindingType")
        return said(masking="NONE")
    if kind != "BLINDED":
        return None
    at = "idBlindingWho/blindingWho"
    listed_ = [one for one in place.items("blindingWhoList") if one.word(at)]
    who = distinct(one.code(BLINDED, at, "party that is masked") for one in listed_)
    if not who:
        return None
    place.take("blindingType")
    return said(
        masking=_DEGREES[len(who)], whoMasked=[one for one in BLINDED.values() if one in who]
    )


def _perspective(place: Place) -> str | None:
    if place.word("type") != "NON_INTERVENTIONAL" or place.word("timing") not in TIMINGS:
        return None
    found: str | None = place.code(TIMINGS, "timing", "timing")
    return found


def _arms(place: Place) -> list[Any]:
    """The arms by their numbers: each stands once for each language."""
    by_number: dict[str, list[Place]] = {}
    for one in place.items():
        if one.word("comment") and (number := one.word("idArm/arm")):
            by_number.setdefault(number, []).append(one)
    found = []
    for number, items in by_number.items():
        arm = _spoken(items)
        if arm is not None:
            arm.take("idArm/arm")
            found.append(said(label=number, description=arm.markup("comment")))
    return found


# --- eligibility, conditions, places -----------------------------------------------------------


def _criteria(place: Place) -> str | None:
    one = _spoken([one for one in place.items() if one.word("inclusionCriteria")])
    one = one or _spoken([one for one in place.items() if one.word("exclusionCriteria")])
    if one is None:
        return None
    return headed(
        ("Inclusion Criteria", one.markup("inclusionCriteria")),
        ("Exclusion Criteria", one.markup("exclusionCriteria")),
    )


def _age(place: Place) -> str | None:
    unit, amount = place.word("unit"), place.at("amount").node
    if unit in _NO_AGE and amount is None:
        place.take("unit")
        return None
    if unit not in _UNITS or type(amount) is not int or amount < 0:
        if unit is not None:
            place.warn("not-readable", f"{amount!r:.20} {unit!r:.40} is no age that has a place")
        return None
    place.take()
    return age_text(amount, _UNITS[unit])


def _condition(place: Place) -> str | None:
    words: str | None = _text("comment")(place.at("studiedHealthConditionDescriptions"))
    return words


def _locations(place: Place) -> list[Any]:
    """Institutes, in their country where there is one alone, and countries besides."""
    countries = []
    for one in place.items("countries"):
        if name := name_of(one.word("idCountry/code") or ""):
            one.take("idCountry/code")
            countries.append(name)
    alone = countries[0] if len(countries) == 1 else None
    sites = [
        said(facility=one.text("name"), city=one.text("city"), country=alone)
        for one in place.items("institutes")
        if one.word("name") or one.word("city")
    ]
    return [*sites, *(said(country=name) for name in countries if name != alone or not sites)]


def _sharing(place: Place) -> str | None:
    plan = place.flag("ipdSharingPlan")
    return None if plan is None else "YES" if plan else "NO"


# --- the table ---------------------------------------------------------------------------------

_OF_DESIGN = "designModule/designInfo"
_TEXTS, _TEXT_OF = "trialDescriptions", "studyCharacteristic/characteristicDescriptions"
ROWS: Final[tuple[Row, ...]] = (
    constant("/registration/register", "DRKS", "it is this register's"),
    value("/registration/id", "drksId"),
    value("/registration/firstRegistered", "registrationDrks", Place.day),
    value("/registration/lastChanged", "lastUpdate", Place.day),
    Row("/registration/languages", _TEXTS, _languages, ("*",), "English first, if it is there"),
    value("identificationModule/briefTitle", _TEXTS, _text("title")),
    value("identificationModule/acronym", _TEXTS, _text("acronym")),
    Row(
        "identificationModule/secondaryIdInfos",
        "",
        _secondary_ids,
        ("*/id", "*/type", "*/domain"),
        "secondaryIds and otherSecondaryIds",
    ),
    value(
        "statusModule/overallStatus", "recruitment/status", coded(STATUS, "state of recruitment")
    ),
    value(
        "statusModule/whyStopped",
        "recruitment/recruitmentDescriptions",
        _markup("reasonDescription"),
    ),
    Row(
        "statusModule/startDateStruct",
        "recruitment",
        _either("actualStartDate", "scheduledStartDate"),
        ("date", "type"),
        "actualStartDate, else scheduledStartDate",
    ),
    Row(
        "statusModule/completionDateStruct",
        "recruitment",
        _either("actualCompletionDate", "scheduledCompletionDate"),
        ("date", "type"),
        "actualCompletionDate, else scheduledCompletionDate",
    ),
    Row(
        "sponsorCollaboratorsModule/leadSponsor",
        "trialContacts",
        _lead,
        ("name",),
        "PRIMARY_SPONSOR",
    ),
    Row(
        "sponsorCollaboratorsModule/collaborators",
        "trialContacts",
        _collaborators,
        ("*/name",),
        "SECONDARY_SPONSOR, OTHER_SECONDARY_SPONSOR",
    ),
    value("descriptionModule/briefSummary", _TEXTS, _markup("summary")),
    value("descriptionModule/detailedDescription", _TEXTS, _markup("scientificSummary")),
    listed("conditionsModule/conditions", "studiedHealthConditions", _condition),
    value("designModule/studyType", "studyCharacteristic/type", coded(TYPES, "type of study")),
    Row("designModule/phases", "studyCharacteristic/phase", coded(PHASES, "phase"), ("*",)),
    value(
        f"{_OF_DESIGN}/allocation",
        "studyCharacteristic/allocation",
        coded(ALLOCATIONS, "allocation"),
    ),
    value(
        f"{_OF_DESIGN}/interventionModel",
        "studyCharacteristic/assignment",
        coded(ASSIGNMENTS, "assignment"),
    ),
    value(
        f"{_OF_DESIGN}/primaryPurpose",
        "studyCharacteristic/purpose",
        coded(PURPOSES, "purpose"),
    ),
    value(
        f"{_OF_DESIGN}/timePerspective",
        "studyCharacteristic",
        _perspective,
        "timing, of a study that is not interventional",
    ),
    Row(
        f"{_OF_DESIGN}/maskingInfo",
        "studyCharacteristic",
        _masking,
        ("masking", "whoMasked/*"),
        "OPEN is NONE; of BLINDED, how many of the four parties are in blindingWhoList",
    ),
    Row(
        "designModule/enrollmentInfo",
        "recruitment",
        _count,
        ("count", "type"),
        "totalParticipants, else plannedParticipants",
    ),
    Row(
        "armsInterventionsModule/armGroups",
        "observationalGroups",
        _arms,
        ("*/label", "*/description"),
        "the label is the number of the arm",
    ),
    Row(
        "outcomesModule/primaryOutcomes",
        _TEXT_OF,
        lambda place: [said(measure=words)] if (words := _text("primaryOutcome")(place)) else None,
        ("*/measure",),
        "one text, whole",
    ),
    Row(
        "outcomesModule/secondaryOutcomes",
        _TEXT_OF,
        lambda place: (
            [said(measure=words)] if (words := _text("secondaryOutcome")(place)) else None
        ),
        ("*/measure",),
        "one text, whole",
    ),
    value(
        "eligibilityModule/eligibilityCriteria",
        "recruitment/recruitmentDescriptions",
        _criteria,
        "both texts, whole, each under its heading",
    ),
    value("eligibilityModule/healthyVolunteers", "recruitment/healthyVolunteers", Place.flag),
    value("eligibilityModule/sex", "recruitment/gender", coded(SEXES, "sex")),
    value("eligibilityModule/minimumAge", "recruitment/minimumAge", _age),
    value("eligibilityModule/maximumAge", "recruitment/maximumAge", _age),
    Row(
        "contactsLocationsModule/centralContacts",
        "trialContacts",
        _contacts,
        ("*/name", "*/phone", "*/email"),
        "PUBLIC_QUERIES, SCIENTIFIC_QUERIES and others of both",
    ),
    Row(
        "contactsLocationsModule/overallOfficials",
        "trialContacts",
        _officials,
        ("*/name", "*/affiliation", "*/role"),
        "PRINCIPAL_COORDINATING_INVESTIGATOR and others of it",
    ),
    Row(
        "contactsLocationsModule/locations",
        "recruitment",
        _locations,
        ("*/facility", "*/city", "*/country"),
        "institutes, with their country where the record has one alone; else countries besides",
    ),
    Row(
        "referencesModule/seeAlsoLinks",
        "url",
        lambda place: [said(url=url)] if (url := place.text()) else [],
        ("*/url",),
        "the study's own page",
    ),
    value("ipdSharingStatementModule/ipdSharing", "trialResults", _sharing, "ipdSharingPlan"),
    value(
        "ipdSharingStatementModule/description",
        "trialResults/trialResultsDescriptions",
        _markup("ipdSharingPlanDescription"),
    ),
)


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model is read from."""
    return places.coverage(ROWS)


def read_tree(tree: dict[str, Any]) -> tuple[Trial, list[Problem]]:
    """The record of a document, and warnings of what is kept as it is."""
    return places.read(Document(tree), ROWS, name=NAME, link=LINK)
