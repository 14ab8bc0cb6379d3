"""Records of the ISRCTN registry as its XML has them.

A `fullTrial` is a `trial` and, beside it, the sponsors, funders and contacts that it names by their
ids. A document is a tree: children and attributes (`@version`) are members, what may stand several
times is a list, the text of an element with attributes is `#`. Texts are CommonMark already.
https://www.isrctn.com
"""

import re
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
    said,
    value,
)
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import AgeUnit, Trial, age_text

LINK: Final = "https://www.isrctn.com"
NAME: Final = "isrctn"
REPEATED: Final = frozenset(
    {
        *("condition", "contact", "contactId", "contactType", "dataPolicy"),
        *("ethicsCommittee", "funder", "funderId", "intervention", "outcomeMeasure", "output"),
        *("participantType", "purpose", "secondaryNumber", "sponsor", "sponsorId", "trialCentre"),
        *("trialType", "recruitmentCountries/country"),
    }
)
"""Elements that may stand several times; with what they are in, where not in all."""

# --- codes -------------------------------------------------------------------------------------

TYPES: Final = {"Interventional": "INTERVENTIONAL", "Observational": "OBSERVATIONAL"}
ALLOCATIONS: Final = {
    "Randomized controlled trial": "RANDOMIZED",
    "Non-randomized controlled trial": "NON_RANDOMIZED",
}
ASSIGNMENTS: Final = {
    "Single": "SINGLE_GROUP",
    "Parallel": "PARALLEL",
    "Crossover": "CROSSOVER",
    "Factorial": "FACTORIAL",
    "Sequential": "SEQUENTIAL",
}
PURPOSES: Final = {
    "Treatment": "TREATMENT",
    "Prevention": "PREVENTION",
    "Diagnostic": "DIAGNOSTIC",
    "Supportive care": "SUPPORTIVE_CARE",
    "Screening": "SCREENING",
    "Health services research": "HEALTH_SERVICES_RESEARCH",
    "Basic science": "BASIC_SCIENCE",
}
PHASES: Final = {
    "Not Applicable": ["NA"],
    "Phase 0": ["EARLY_PHASE1"],
    "Phase I": ["PHASE1"],
    "Phase I/II": ["PHASE1", "PHASE2"],
    "Phase II": ["PHASE2"],
    "Phase II/III": ["PHASE2", "PHASE3"],
    "Phase III": ["PHASE3"],
    "Phase III/IV": ["PHASE3", "PHASE4"],
    "Phase IV": ["PHASE4"],
}
INTERVENTIONS: Final = {
    "Behavioural": "BEHAVIORAL",
    "Biological/Vaccine": "BIOLOGICAL",
    "Device": "DEVICE",
    "Drug": "DRUG",
    "Genetic": "GENETIC",
    "Other": "OTHER",
    "Procedure/Surgery": "PROCEDURE",
    "Supplement": "DIETARY_SUPPLEMENT",
}
SEXES: Final = {"All": "ALL", "Both": "ALL", "Female": "FEMALE", "Male": "MALE"}
_UNITS: Final[dict[str, AgeUnit]] = {
    "years": "Year",
    "months": "Month",
    "weeks": "Week",
    "days": "Day",
}
_FLAGS: Final = {"true": True, "false": False}


# --- identification ----------------------------------------------------------------------------


def _content(place: Place) -> Place:
    """The text of an element, which has attributes or none."""
    return place.at("#") if isinstance(place.node, dict) else place


def _id(place: Place) -> str | None:
    """The digits as the register writes its ids."""
    digits = _content(place).text()
    return f"ISRCTN{digits.removeprefix('ISRCTN')}" if digits else None


_NUMBERS: Final = (
    ("eudraCTNumber", "EUDRACT_NUMBER", None),
    ("clinicalTrialsGovNumber", "REGISTRY", "ClinicalTrials.gov"),
    ("irasNumber", "OTHER", "IRAS"),
    ("doi", "OTHER", "DOI"),
)


def _number(place: Place) -> str | None:
    """A number; one without a digit is a word for none."""
    return place.text() if any(sign.isdigit() for sign in place.word() or "") else None


# What a secondary number is by its type, where the record has a kind for it.
_KINDS: Final = {"nct": "ClinicalTrials.gov", "iras": "IRAS"}
_PROTOCOL: Final = "Protocol serial number"


def _secondary_ids(place: Place) -> list[Any]:
    """The references, and the numbers that are none of them again and not the protocol's own."""
    found = [
        said(id=number, type=type_, domain=domain)
        for name, type_, domain in _NUMBERS
        if (number := _number(place.at(name)))
    ]
    have = {one["id"]: one.get("domain") for one in found}
    own = _own_number(place)
    for one in place.items("secondaryNumbers/secondaryNumber"):
        kind = one.word("@numberType")
        number = _number(_content(one))
        if number and number in have:
            # The same number again; a type that says something else is kept.
            if _KINDS.get(kind or "") == have[number]:
                one.take("@numberType")
        elif number and kind == _PROTOCOL and number == own:
            one.take("@numberType")
        elif number:
            found.append(said(id=number, type="OTHER", domain=one.text("@numberType")))
    return distinct(found)


def _own_number(place: Place) -> str | None:
    """The number of the protocol.

    The register joins the numbers that have no reference of their own with commas, those of a type
    of its own with the type (`CPMS: 49816, CRUKD/22/002`); where it is that, the number that is
    called the protocol's is meant, and none where there is no such one or several.
    """
    words = place.word("protocolSerialNumber")
    if words is None:
        return None
    own, joined = [], []
    for one in place.items("secondaryNumbers/secondaryNumber"):
        number, kind = _content(one).word(), one.word("@numberType")
        if number and kind == _PROTOCOL:
            own.append(number)
        if number and kind not in (*_KINDS, "ctis", "eudract"):
            joined.append({number, f"{(kind or '').upper()}: {number}"})
    parts = words.split(", ")
    if len(parts) == len(joined) > 1 and all(map(set.__contains__, joined, parts)):
        place.take("protocolSerialNumber")
        return own[0] if len(own) == 1 else None
    return place.text("protocolSerialNumber")


# --- design ------------------------------------------------------------------------------------


def _purpose(place: Place) -> str | None:
    items = place.items()
    if len(items) != 1:
        return None
    found: str | None = items[0].code(PURPOSES, what="purpose")
    return found


def _phases(place: Place) -> list[str]:
    """The phases of the interventions, which mostly are one."""
    said_ = [found for one in place.items() if (found := one.code(PHASES, "phase", "phase"))]
    return sorted({code for codes in said_ for code in codes}) if said_ else []


def _interventions(place: Place) -> list[Any]:
    return distinct(
        said(
            type=one.code(INTERVENTIONS, "interventionType", "type of intervention"),
            name=one.text("drugNames"),
            description=one.text("description"),
        )
        for one in place.items()
    )


def _count(place: Place) -> dict[str, Any] | None:
    """The final number, which is 0 as long as there is none, else the target."""
    for name, type_ in (("totalFinalEnrolment", "ACTUAL"), ("targetEnrolment", "ESTIMATED")):
        words = place.word(name) or ""
        if words.isascii() and words.isdecimal() and int(words[:12]) > 0 and len(words) < 10:
            place.take(name)
            return said(count=int(words), type=type_)
    return None


def _outcomes(measures: str, text: str) -> Any:
    """Outcomes in parts, as since 2025, else one text, whole."""

    def read(place: Place) -> list[Any]:
        found = distinct(
            said(
                measure=one.text("variable"),
                description=one.text("method"),
                timeFrame=one.text("timepoints"),
            )
            for one in place.items(f"{measures}/outcomeMeasure")
        )
        if found:
            return found
        words = place.text(text)
        return [said(measure=words)] if words else []

    return read


# What the register writes where nothing was given.
_NOT_PROVIDED: Final = re.compile(
    r"(?:Plain English summary of protocol )?not provided at time of registration", re.IGNORECASE
)


def _given(place: Place) -> str | None:
    """A text, unless it says that there was none."""
    return None if _NOT_PROVIDED.fullmatch(place.word() or "") else place.text()


# --- eligibility and places --------------------------------------------------------------------


def _criteria(place: Place) -> str:
    return headed(
        ("Inclusion Criteria", place.text("inclusion")),
        ("Exclusion Criteria", place.text("exclusion")),
    )


def _age(place: Place) -> str | None:
    """A limit by its number, `40.0`, and its unit; the words beside them are kept."""
    number, unit = place.word("@value"), place.word("@unit")
    if number is None and unit is None:
        return None
    whole = (number or "").removesuffix(".0")
    named = _UNITS.get((unit or "").lower())
    if named is None or not (whole.isascii() and whole.isdecimal() and len(whole) < 5):
        place.warn("not-readable", f"{number!r:.20} {unit!r:.20} is no age that has a place")
        return None
    place.take("@value")
    place.take("@unit")
    return age_text(int(whole), named)


_KINGDOM: Final = "United Kingdom"
_NATIONS: Final = frozenset({"England", "Scotland", "Wales", "Northern Ireland"})


def _locations(place: Place) -> list[Any]:
    """The centres, and the countries of recruitment that none of them is in."""
    centres = [
        said(
            facility=one.text("name"),
            city=one.text("city"),
            state=one.text("state"),
            zip=one.text("zip"),
            country=one.text("country"),
        )
        for one in place.items("trialCentres/trialCentre")
    ]
    there = {one.get("country") for one in centres}
    listed = place.items("recruitmentCountries/country")
    if not _NATIONS.isdisjoint(there | {one.word() for one in listed}):
        # Beside its nations the register lists the kingdom, which is no place more.
        there.add(_KINGDOM)
    countries = [one.text() for one in listed]
    return [
        *(one for one in centres if one),
        *(said(country=name) for name in countries if name and name not in there),
    ]


# --- parties -----------------------------------------------------------------------------------


def _named(place: Place, party: str) -> list[Place]:
    """The parties of a kind that the trial names, in its order; all, where it names none."""
    found = {one.word("@id"): one for one in place.items(party)}
    ids = place.items(f"trial/parties/{party}Id")
    for one in ids:
        if one.word() in found:
            one.take()
    named = [found[one.word()] for one in ids if one.word() in found]
    for one in named:
        one.take("@id")
    return named or list(found.values())


def _lead(place: Place) -> dict[str, Any] | None:
    sponsors = _named(place, "sponsor")
    return said(name=sponsors[0].text("organisation")) if sponsors else None


def _collaborators(place: Place) -> list[Any]:
    """Further sponsors, and those who fund."""
    others = [said(name=one.text("organisation")) for one in _named(place, "sponsor")[1:]]
    return distinct([*others, *(said(name=one.text("name")) for one in _named(place, "funder"))])


def _person(place: Place) -> str | None:
    return place.joined("title", "forename", "surname")


def _kinds(place: Place, kinds: tuple[str, ...]) -> bool:
    """Whether a contact is of a kind, which is read by that."""
    types = place.items("contactTypes/contactType")
    mine = [one for one in types if (one.word() or "").casefold() in kinds]
    for one in mine:
        one.take()
    return bool(mine)


def _contacts(place: Place) -> list[Any]:
    return distinct(
        said(
            name=_person(one),
            phone=one.text("contactDetails/telephone"),
            email=one.text("contactDetails/email"),
        )
        for one in _named(place, "contact")
        if _kinds(one, ("public", "scientific"))
    )


def _officials(place: Place) -> list[Any]:
    return distinct(
        said(name=name, role="PRINCIPAL_INVESTIGATOR")
        for one in _named(place, "contact")
        if _kinds(one, ("principal investigator",)) and (name := _person(one))
    )


# --- the table ---------------------------------------------------------------------------------


def _day(place: Place) -> dict[str, Any] | None:
    day = place.day()
    return said(date=day) if day else None


_ABOUT, _DESIGN = "trial/trialDescription", "trial/trialDesign"
_OF_TRIAL, _PEOPLE = f"{_DESIGN}/interventionalTrialDesign", "trial/participants"
_OUTCOME = ("*/measure", "*/description", "*/timeFrame")
ROWS: Final[tuple[Row, ...]] = (
    constant("/registration/register", "ISRCTN", "it is this register's"),
    value("/registration/id", "trial/isrctn", _id, "ISRCTN and the digits"),
    value("/registration/version", "trial/@version"),
    value("/registration/firstRegistered", "trial/isrctn/@dateAssigned", Place.day),
    value("/registration/lastChanged", "trial/@lastUpdated", Place.day),
    value("identificationModule/briefTitle", f"{_ABOUT}/title"),
    value("identificationModule/officialTitle", f"{_ABOUT}/scientificTitle"),
    value("identificationModule/acronym", f"{_ABOUT}/acronym"),
    value(
        "identificationModule/orgStudyIdInfo/id",
        "trial/externalRefs",
        _own_number,
        "protocolSerialNumber; where it joins several, the number that is called so",
    ),
    Row(
        "identificationModule/secondaryIdInfos",
        "trial/externalRefs",
        _secondary_ids,
        ("*/id", "*/type", "*/domain"),
        "what has a digit",
    ),
    value("statusModule/whyStopped", f"{_DESIGN}/reasonAbandoned"),
    Row(
        "statusModule/startDateStruct",
        f"{_PEOPLE}/recruitmentStart",
        _day,
        ("date",),
        "nothing says whether it has come",
    ),
    Row(
        "statusModule/completionDateStruct",
        f"{_DESIGN}/overallEndDate",
        _day,
        ("date",),
        "nothing says whether it has come",
    ),
    Row(
        "sponsorCollaboratorsModule/leadSponsor",
        "",
        _lead,
        ("name",),
        "the first sponsor that the trial names",
    ),
    Row(
        "sponsorCollaboratorsModule/collaborators",
        "",
        _collaborators,
        ("*/name",),
        "other sponsors, and funders",
    ),
    value(
        "descriptionModule/briefSummary",
        f"{_ABOUT}/plainEnglishSummary",
        _given,
        "unless it says that none was provided",
    ),
    value("descriptionModule/detailedDescription", f"{_ABOUT}/studyHypothesis"),
    Row(
        "conditionsModule/conditions",
        "trial/conditions/condition",
        lambda place: distinct(one.text("description") for one in place.items()),
        ("*",),
    ),
    value("designModule/studyType", f"{_DESIGN}/primaryStudyDesign", coded(TYPES, "type of study")),
    Row("designModule/phases", "trial/interventions/intervention", _phases, ("*",)),
    value(
        "designModule/designInfo/allocation",
        f"{_OF_TRIAL}/allocation",
        coded(ALLOCATIONS, "allocation"),
    ),
    value(
        "designModule/designInfo/interventionModel",
        f"{_OF_TRIAL}/assignment",
        coded(ASSIGNMENTS, "assignment"),
    ),
    value(
        "designModule/designInfo/primaryPurpose",
        f"{_OF_TRIAL}/purposes/purpose",
        _purpose,
        "where it is one",
    ),
    value(
        "designModule/designInfo/maskingInfo/masking",
        f"{_OF_TRIAL}/masking",
        coded({"Open (masking not used)": "NONE"}, "masking"),
        "open is NONE; how many are blinded is not said",
    ),
    Row(
        "designModule/enrollmentInfo",
        _PEOPLE,
        _count,
        ("count", "type"),
        "totalFinalEnrolment, else targetEnrolment",
    ),
    Row(
        "armsInterventionsModule/interventions",
        "trial/interventions/intervention",
        _interventions,
        ("*/type", "*/name", "*/description"),
        "the name is drugNames",
    ),
    Row(
        "outcomesModule/primaryOutcomes",
        _ABOUT,
        _outcomes("primaryOutcomes", "primaryOutcome"),
        _OUTCOME,
        "in parts, else one text",
    ),
    Row(
        "outcomesModule/secondaryOutcomes",
        _ABOUT,
        _outcomes("secondaryOutcomes", "secondaryOutcome"),
        _OUTCOME,
        "in parts, else one text",
    ),
    value(
        "eligibilityModule/eligibilityCriteria",
        _PEOPLE,
        _criteria,
        "inclusion and exclusion, each whole under its heading",
    ),
    value(
        "eligibilityModule/healthyVolunteers",
        f"{_PEOPLE}/healthyVolunteersAllowed",
        coded(_FLAGS, "answer"),
    ),
    value("eligibilityModule/sex", f"{_PEOPLE}/gender", coded(SEXES, "sex")),
    value("eligibilityModule/minimumAge", f"{_PEOPLE}/lowerAgeLimit", _age),
    value("eligibilityModule/maximumAge", f"{_PEOPLE}/upperAgeLimit", _age),
    Row(
        "contactsLocationsModule/centralContacts",
        "",
        _contacts,
        ("*/name", "*/phone", "*/email"),
        "contacts that are public or scientific",
    ),
    Row(
        "contactsLocationsModule/overallOfficials",
        "",
        _officials,
        ("*/name", "*/role"),
        "contacts that are principal investigators",
    ),
    Row(
        "contactsLocationsModule/locations",
        _PEOPLE,
        _locations,
        tuple(f"*/{one}" for one in ("facility", "city", "state", "zip", "country")),
        "centres, and countries that none of them is in",
    ),
    value(
        "ipdSharingStatementModule/ipdSharing",
        "trial/miscellaneous/ipdSharingPlan",
        coded({"Yes": "YES", "No": "NO"}, "answer"),
    ),
    value("ipdSharingStatementModule/description", "trial/results/ipdSharingStatement"),
)


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model is read from."""
    return places.coverage(ROWS)


def read_tree(tree: dict[str, Any]) -> tuple[Trial, list[Problem]]:
    """The record of a `fullTrial`, and warnings of what is kept as it is."""
    return places.read(Document(tree), ROWS, name=NAME, link=LINK)
