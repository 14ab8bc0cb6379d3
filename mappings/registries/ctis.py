"""Records of the EU's register of clinical trials (CTIS) as its public API gives them.

There are two forms, of today and of before June 2024. Both have the parts of an application under
the Regulation: part I of the trial, and a part II of each country. Texts are read in English, or
in the language that the sponsor wrote them in where there is no English; their translations are
kept. https://euclinicaltrials.eu
"""

import re
from typing import Any, Final

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
    numbered,
    said,
    value,
)
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.terms.countries import country
from trialbridge.schemas.trial import Trial

LINK: Final = "https://euclinicaltrials.eu"
NAME: Final = "ctis"

TODAY: Final = {
    "I": "authorizedApplication/authorizedPartI",
    "II": "authorizedApplication/authorizedPartsII",
    "eudract": "authorizedApplication/eudraCt",
}
BEFORE: Final = {"I": "authorizedPartI", "II": "authorizedPartsII", "eudract": "eudraCtInfo"}
"""Where the parts stand, in the form of today and in that of before June 2024."""

# --- codes -------------------------------------------------------------------------------------

# Of 4: under evaluation 1, expired 9, revoked 10, not authorised 11 and cancelled 12 are of the
# application, and of nothing that the trial does.
STATUS: Final = {
    "2": "NOT_YET_RECRUITING",
    "3": "RECRUITING",
    "4": "RECRUITING",
    "5": "ACTIVE_NOT_RECRUITING",
    "6": "SUSPENDED",
    "7": "SUSPENDED",
    "Authorised, not started": "NOT_YET_RECRUITING",
    "Authorised, recruitment pending": "NOT_YET_RECRUITING",
    "Authorised, recruiting": "RECRUITING",
    "Ongoing, recruiting": "RECRUITING",
    "Ongoing, recruitment ended": "ACTIVE_NOT_RECRUITING",
    "Temporarily halted": "SUSPENDED",
    "Suspended": "SUSPENDED",
}
_ENDED: Final = ("8", "Ended")
PHASES: Final = {
    **{code: ["PHASE1"] for code in ("1", "2", "3")},
    "4": ["PHASE2"],
    "5": ["PHASE3"],
    "6": ["PHASE4"],
    **{code: ["PHASE1", "PHASE2"] for code in ("7", "8", "9")},
    "10": ["PHASE2", "PHASE3"],
    "11": ["PHASE3", "PHASE4"],
}
AGES: Final = {"2": "CHILD", "3": "ADULT", "4": "OLDER_ADULT"}
_COMPANY: Final = {
    "organisation/typeCode": "10",
    "organisation/type": "Pharmaceutical company",
    "commercial": "Commercial",
}
_HEALTHY, _PATIENTS = "Healthy volunteers", "Patients"

# --- texts -------------------------------------------------------------------------------------


def english(place: Place, name: str) -> str | None:
    """A text in English: as it stands, unless one of its translations is the English one."""
    for one in place.items(f"{name}Translations"):
        found = one.word("attributeTranslation")
        if found and one.word("languageDescription") == "English":
            one.take("attributeTranslation")
            one.take("languageDescription")
            return found
    return place.text(name)


def _english(name: str) -> Any:
    return lambda place: english(place, name)


def _numbered(place: Place, name: str) -> list[tuple[str, str]]:
    """The texts of a numbered list, (number, words), by their numbers: the API has 1, 10, 11, 2."""
    found = []
    for position, one in enumerate(place.items(), 1):
        words = english(one, name)
        if words:
            number = one.text("number") or str(position)
            found.append((int(number) if number.isdecimal() else position, words))
    return [(str(number), words) for number, words in sorted(found, key=lambda pair: pair[0])]


def _criteria(place: Place) -> str:
    inclusion, exclusion = (
        [(number, registered(words)) for number, words in _numbered(place.at(name), name)]
        for name in ("principalInclusionCriteria", "principalExclusionCriteria")
    )
    return headed(
        ("Inclusion Criteria", numbered(inclusion)), ("Exclusion Criteria", numbered(exclusion))
    )


def _objectives(place: Place) -> str:
    main = english(place, "mainObjective")
    secondary = _numbered(place.at("secondaryObjectives"), "secondaryObjective")
    return registered(
        headed(("Main Objective", main), ("Secondary Objectives", numbered(secondary)))
    )


def _endpoints(place: Place) -> list[Any]:
    return [said(measure=words) for _, words in _numbered(place, "endPoint")]


# --- identification ----------------------------------------------------------------------------

_OTHERS = (
    ("nctNumber", "ClinicalTrials.gov"),
    ("isrctnNumber", "ISRCTN"),
    ("whoUniversalTrialNumber", "WHO UTN"),
)


def _secondary_ids(place: Place) -> list[Any]:
    found = []
    if number := place.document.at("{eudract}").text("eudraCtCode"):
        found.append(said(id=number, type="EUDRACT_NUMBER"))
    for name, domain in _OTHERS:
        if number := place.text(f"{name}/number"):
            found.append(said(id=number, type="REGISTRY", domain=domain))
    found += [
        said(id=number, type="REGISTRY", domain=one.text("otherRegistryName"))
        for one in place.items("additionalRegistries")
        if (number := one.text("number"))
    ]
    return distinct(found)


def _sponsor(place: Place) -> dict[str, Any] | None:
    name = place.text("organisation/name")
    if name is None:
        return None
    # Societies for the public good call themselves companies, and not commercial.
    company = all(place.word(key) == words for key, words in _COMPANY.items())
    if company and place.at("isCommercial").node is True:
        for key in ("isCommercial", *_COMPANY):
            place.take(key)
        return said(name=name, class_="INDUSTRY")
    return said(name=name)


def _lead(place: Place) -> dict[str, Any] | None:
    for one in place.items():
        if one.at("primary").node is True:
            one.take("primary")
            return _sponsor(one)
    return None


def _collaborators(place: Place) -> list[Any]:
    others = [one for one in place.items() if one.at("primary").node is not True]
    return distinct(_sponsor(one) for one in others)


def _contacts(place: Place) -> list[Any]:
    return distinct(
        said(
            name=one.text("functionalName"),
            phone=one.text("telephone"),
            email=one.text("functionalEmailAddress"),
        )
        for sponsor in place.items()
        for kind in ("publicContacts", "scientificContacts")
        for one in sponsor.items(kind)
    )


# --- status ------------------------------------------------------------------------------------


def _events(place: Place, country_id: str | None = None) -> set[str]:
    """What sponsors notified of the trial, or of the country's part of it."""
    return {
        kind
        for one in place.document.at("events/trialEvents").items()
        if country_id in (None, one.word("mscId"))
        for event in one.items("events")
        if (kind := event.word("notificationType"))
    }


def _status(place: Place, words: str, country_id: str | None = None) -> str | None:
    """The status that a code or its words are for; ended is completed or cut short."""
    if words in _ENDED:
        events = _events(place, country_id)
        if "EARLY_TERMINATION" in events:
            return "TERMINATED"
        return "COMPLETED" if "END_OF_TRIAL" in events else None
    return STATUS.get(words)


def _overall(place: Place) -> str | None:
    told = [key for key in ("ctPublicStatusCode", "ctPublicStatus", "ctStatus") if place.word(key)]
    for key in told:
        found = _status(place, place.word(key) or "")
        if found is not None:
            place.take(key)
            return found
    if told:
        place.warn(
            "unknown-code", f"{place.word(told[0])!r:.60} is no status of a trial here", told[0]
        )
    return None


def _start(place: Place) -> dict[str, Any] | None:
    if actual := place.day("startDateEU"):
        return said(date=actual, type="ACTUAL")
    planned = place.document.at("{I}/trialDetails/trialInformation/trialDuration")
    estimated = planned.day("estimatedRecruitmentStartDate")
    return said(date=estimated, type="ESTIMATED") if estimated else None


def _end(place: Place) -> dict[str, Any] | None:
    for key in ("estimatedGlobalEndDate", "estimatedEndDate"):
        if day := place.day(key):
            return said(date=day, type="ESTIMATED")
    return None


# --- design ------------------------------------------------------------------------------------


def _arms(place: Place) -> list[Any]:
    """The arms of the one period that has any: those of several may be the same people."""
    periods = [one for one in place.items() if one.items("armDetails")]
    if len(periods) != 1:
        return []
    return [
        arm
        for one in periods[0].items("armDetails")
        if (arm := said(label=one.text("title"), description=one.markup("description")))
    ]


def _product(place: Place) -> dict[str, Any]:
    keys = ("productName", "nameDisplay", "productDictionaryInfo/prodName")
    name = next((found for key in keys if (found := _name(place, key))), None)
    substance = _name(place, "productDictionaryInfo/activeSubstanceName")
    if name is None:
        return said(name=substance)
    if substance and substance.casefold() != name.casefold():
        return said(name=name, otherNames=[substance])
    return said(name=name)


def _name(place: Place, key: str) -> str | None:
    return None if place.word(key) in ("N/A", "NA", "-") else place.text(key)


def _count(place: Place) -> dict[str, Any] | None:
    """Subjects in the countries of the register, each of which states them, and elsewhere."""
    within = place.document.at("{II}").items()
    counts = [one.at("recruitmentSubjectCount") for one in within]
    if place.at("rowSubjectCount").node is not None:
        counts.append(place.at("rowSubjectCount"))
    if not within or any(type(one.node) is not int for one in counts):
        return None
    for one in counts:
        one.take()
    return said(count=sum(one.node for one in counts), type="ESTIMATED")


# --- eligibility -------------------------------------------------------------------------------


def _sex(place: Place) -> str | None:
    female, male = place.flag("isFemaleSubjects"), place.flag("isMaleSubjects")
    if female and male:
        return "ALL"
    return "FEMALE" if female else "MALE" if male else None


def _ages(place: Place) -> list[str]:
    keys = ("ageRangeCategoryCode", "ageRangeCategory")
    found: set[str] = set()
    for one in place.items():
        codes = [one.code(AGES, key, "group of ages") for key in keys if one.word(key)]
        found.update(code for code in codes if code)
    return [age for age in AGES.values() if age in found]


def _healthy(place: Place) -> bool | None:
    groups = {one.word("name"): one for one in place.items()}
    for name in (_HEALTHY, _PATIENTS):
        if name in groups:
            groups[name].take("name")
    return True if _HEALTHY in groups else False if _PATIENTS in groups else None


# --- countries and sites -----------------------------------------------------------------------

# `DE:Ongoing, recruiting` and `CZ:Authorised, not started, DK:...`; today `Spain:4`, in a list.
_OF_COUNTRY = re.compile(r"(?:^|, )([A-Z]{2}): ?(.*?)(?=, [A-Z]{2}:|$)")


def _locations(place: Place) -> list[Any]:
    found: list[Any] = []
    for part in place.items():
        name = part.text("mscInfo/countryName") or part.text("mscInfo/mscName")
        status = _of_country(part, name)
        sites = [_site(site, name, status) for site in part.items("trialSites")]
        found += [one for one in sites if one] or [said(country=name, status=status)]
    others = place.document.at("{I}/rowCountriesInfo").items()
    found += [said(country=one.text("name")) for one in others]
    return [one for one in found if one]


def _of_country(part: Place, name: str | None) -> str | None:
    """The status of the trial in a country, from where the form of the document has it."""
    document = part.document
    number = part.word("mscInfo/id") or part.word("mscId")
    for one in document.at("authorizedApplication/memberStatesConcerned").items():
        words = one.word("mscPublicStatusCode")
        if words and one.word("mscId") == number:
            status = _status(part, words, number)
            if status:
                one.take("mscPublicStatusCode")
            return status
    code = part.word("mscInfo/organisationInfo/memberStateCountryCode")
    known = country(name) if name else None
    code = code or (known.alpha_2 if known else None)
    told = document.at("trialCountries").word() or ""
    return next(
        (_status(part, words, number) for key, words in _OF_COUNTRY.findall(told) if key == code),
        None,
    )


def _site(place: Place, name: str | None, status: str | None) -> dict[str, Any]:
    at = "organisationAddressInfo"
    person = place.at("personInfo")
    contact = said(
        name=person.joined("firstName", "lastName"),
        phone=person.text("telephone"),
        email=person.text("email"),
    )
    return said(
        facility=place.text(f"{at}/organisation/name"),
        status=status,
        city=place.text(f"{at}/address/city"),
        zip=place.text(f"{at}/address/postcode"),
        country=place.text(f"{at}/address/countryName") or name,
        contacts=[contact] if contact else None,
    )


# --- the table ---------------------------------------------------------------------------------


_DETAILS = "{I}/trialDetails"
_TITLES = f"{_DETAILS}/clinicalTrialIdentifiers"
_INFORMATION = f"{_DETAILS}/trialInformation"
_POPULATION = f"{_INFORMATION}/populationOfTrialSubjects"
_CONTACT = ("name", "phone", "email")
ROWS: Final[tuple[Row, ...]] = (
    constant("/registration/register", "CTIS", "it is this register's"),
    value("/registration/id", "ctNumber"),
    value("/registration/lastChanged", "lastUpdated", Place.day),
    value("identificationModule/officialTitle", _TITLES, _english("fullTitle")),
    value("identificationModule/briefTitle", _TITLES, _english("publicTitle")),
    value(
        "identificationModule/orgStudyIdInfo/id",
        f"{_TITLES}/shortTitle",
        note="the form calls it the code of the protocol",
    ),
    Row(
        "identificationModule/secondaryIdInfos",
        f"{_TITLES}/secondaryIdentifyingNumbers",
        _secondary_ids,
        ("*/id", "*/type", "*/domain"),
        "and the EudraCT number of a trial that came from EudraCT",
    ),
    value(
        "statusModule/overallStatus",
        "",
        _overall,
        "ctPublicStatusCode, else ctPublicStatus, else ctStatus; ended is completed, or"
        " terminated, as the events say",
    ),
    Row(
        "statusModule/startDateStruct",
        "",
        _start,
        ("date", "type"),
        "startDateEU, else the estimated start of recruitment",
    ),
    Row(
        "statusModule/completionDateStruct",
        f"{_INFORMATION}/trialDuration",
        _end,
        ("date", "type"),
        "estimatedGlobalEndDate, else estimatedEndDate",
    ),
    Row(
        "sponsorCollaboratorsModule/leadSponsor",
        "{I}/sponsors",
        _lead,
        ("name", "class"),
        "INDUSTRY is a pharmaceutical company that is commercial",
    ),
    Row(
        "sponsorCollaboratorsModule/collaborators",
        "{I}/sponsors",
        _collaborators,
        ("*/name", "*/class"),
        "sponsors that are not the primary one",
    ),
    value(
        "descriptionModule/detailedDescription",
        f"{_INFORMATION}/trialObjective",
        _objectives,
        "the main objective and the secondary ones, under these headings",
    ),
    listed(
        "conditionsModule/conditions",
        f"{_INFORMATION}/medicalCondition/partIMedicalConditions",
        _english("medicalCondition"),
    ),
    constant("designModule/studyType", "INTERVENTIONAL", "all trials of the register are"),
    Row(
        "designModule/phases",
        f"{_INFORMATION}/trialCategory/trialPhase",
        coded(PHASES, "phase"),
        ("*",),
    ),
    Row(
        "designModule/enrollmentInfo",
        "{I}",
        _count,
        ("count", "type"),
        "the sum of recruitmentSubjectCount of each country and rowSubjectCount",
    ),
    Row(
        "armsInterventionsModule/armGroups",
        f"{_DETAILS}/protocolInformation/studyDesign/periodDetails",
        _arms,
        ("*/label", "*/description"),
        "where one period alone has arms",
    ),
    listed(
        "armsInterventionsModule/interventions",
        "{I}/products",
        _product,
        ("name", "otherNames/*"),
        "products of the same name and substance are one",
    ),
    Row(
        "outcomesModule/primaryOutcomes",
        f"{_INFORMATION}/endPoint/primaryEndPoints",
        _endpoints,
        ("*/measure",),
    ),
    Row(
        "outcomesModule/secondaryOutcomes",
        f"{_INFORMATION}/endPoint/secondaryEndPoints",
        _endpoints,
        ("*/measure",),
    ),
    value(
        "eligibilityModule/eligibilityCriteria",
        f"{_INFORMATION}/eligibilityCriteria",
        _criteria,
        "both lists, with their numbers",
    ),
    value(
        "eligibilityModule/healthyVolunteers",
        f"{_POPULATION}/clinicalTrialGroups",
        _healthy,
        "whether they are one of the groups",
    ),
    value("eligibilityModule/sex", _POPULATION, _sex, "isFemaleSubjects, isMaleSubjects"),
    Row(
        "eligibilityModule/stdAges",
        f"{_POPULATION}/ageRanges",
        _ages,
        ("*",),
        "0 to 17, 18 to 64, 65 and over; in utero is kept",
    ),
    Row(
        "contactsLocationsModule/centralContacts",
        "{I}/sponsors",
        _contacts,
        tuple(f"*/{one}" for one in _CONTACT),
        "the contacts for the public and for science",
    ),
    Row(
        "contactsLocationsModule/locations",
        "{II}",
        _locations,
        (
            *(f"*/{one}" for one in ("facility", "status", "city", "zip", "country")),
            *(f"*/contacts/*/{one}" for one in _CONTACT),
        ),
        "sites have the status of their country; a country without sites is one",
    ),
    value("/hasResults", "resultsFirstReceived", coded({"Yes": True, "No": False}, "answer")),
)


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model is read from, in today's form."""
    return places.coverage(ROWS)


def read_tree(tree: dict[str, Any]) -> tuple[Trial, list[Problem]]:
    """The record of a document in either form, and warnings of what is kept as it is."""
    form = TODAY if "authorizedApplication" in tree else BEFORE
    return places.read(Document(tree, form), ROWS, name=NAME, link=LINK)
