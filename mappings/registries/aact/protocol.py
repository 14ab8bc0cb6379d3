"""The tables of AACT that have the protocol of a study, its documents and what is derived of it.

Which column has which leaf is CTTI's code: https://github.com/ctti-clinicaltrials/aact, app/models.
"""

from datetime import date
from typing import Any, Final, get_args

from trialbridge.mappings.registries.aact import cells
from trialbridge.mappings.registries.aact.cells import Codec, last_day
from trialbridge.mappings.registries.aact.rows import (
    Column,
    Derived,
    Flags,
    Level,
    Rows,
    Tree,
    Writing,
    value_at,
)
from trialbridge.schemas.trial import Phase, age

_P: Final = "protocolSection"
_STATUS: Final = f"{_P}/statusModule"
_IDS: Final = f"{_P}/identificationModule"
_DESIGN: Final = f"{_P}/designModule"
_ARMS: Final = f"{_P}/armsInterventionsModule"
_SITES: Final = f"{_P}/contactsLocationsModule"
_IPD: Final = f"{_P}/ipdSharingStatementModule"
_FILES: Final = "https://ClinicalTrials.gov/ProvidedDocs/"


def _one(table: str, path: str, *columns: Column | Flags, **more: Any) -> Rows:
    """A row for an object."""
    return Rows(table, (Level(path, columns, many=False),), **more)


def _each(table: str, path: str, *columns: Column | Flags, **more: Any) -> Rows:
    """A row for each item of a list."""
    return Rows(table, (Level(path, columns),), **more)


def _dates(name: str, key: str) -> tuple[Column, ...]:
    """The columns of a day and its type."""
    return (
        Column(f"{name}_date", f"{_STATUS}/{key}/date"),
        Column(f"{name}_date_type", f"{_STATUS}/{key}/type"),
    )


def _months(name: str, key: str) -> tuple[Column, ...]:
    """The columns of a date as precise as it is, and its type."""
    return (
        Column(f"{name}_month_year", f"{_STATUS}/{key}/date"),
        Column(f"{name}_date_type", f"{_STATUS}/{key}/type"),
    )


def _day(path: str) -> Derived:
    """The day that AACT makes of a date of any precision."""
    return lambda writing, items, position: last_day(value_at(writing.tree, path))


def _lower(key: str) -> Derived:
    def made(writing: Writing, items: list[Any], position: int) -> str | None:
        text = value_at(items[-1], key)
        return text.lower() if isinstance(text, str) else None

    return made


def _first(writing: Writing, items: list[Any], position: int) -> str | None:
    return "backup" if position else "primary"


def _arms(interventional: bool) -> Derived:
    """How many arms there are, or groups, where the study is none of interventions."""

    def made(writing: Writing, items: list[Any], position: int) -> str | None:
        arms = value_at(writing.tree, f"{_ARMS}/armGroups")
        is_one = value_at(writing.tree, f"{_DESIGN}/studyType") == "INTERVENTIONAL"
        return str(len(arms)) if arms is not None and is_one is interventional else None

    return made


STUDIES: Final = _one(
    "studies",
    "",
    Column("study_first_submitted_date", f"{_STATUS}/studyFirstSubmitDate"),
    Column("study_first_submitted_qc_date", f"{_STATUS}/studyFirstSubmitQcDate"),
    *_dates("study_first_posted", "studyFirstPostDateStruct"),
    Column("results_first_submitted_date", f"{_STATUS}/resultsFirstSubmitDate"),
    Column("results_first_submitted_qc_date", f"{_STATUS}/resultsFirstSubmitQcDate"),
    *_dates("results_first_posted", "resultsFirstPostDateStruct"),
    Column("disposition_first_submitted_date", f"{_STATUS}/dispFirstSubmitDate"),
    Column("disposition_first_submitted_qc_date", f"{_STATUS}/dispFirstSubmitQcDate"),
    *_dates("disposition_first_posted", "dispFirstPostDateStruct"),
    Column("last_update_submitted_date", f"{_STATUS}/lastUpdateSubmitDate"),
    *_dates("last_update_posted", "lastUpdatePostDateStruct"),
    *_months("start", "startDateStruct"),
    *_months("primary_completion", "primaryCompletionDateStruct"),
    *_months("completion", "completionDateStruct"),
    Column("verification_month_year", f"{_STATUS}/statusVerifiedDate"),
    Column("brief_title", f"{_IDS}/briefTitle"),
    Column("official_title", f"{_IDS}/officialTitle"),
    Column("acronym", f"{_IDS}/acronym"),
    Column("source", f"{_IDS}/organization/fullName"),
    Column("source_class", f"{_IDS}/organization/class"),
    Column("overall_status", f"{_STATUS}/overallStatus"),
    Column("last_known_status", f"{_STATUS}/lastKnownStatus"),
    Column("why_stopped", f"{_STATUS}/whyStopped"),
    Column("delayed_posting", f"{_STATUS}/delayedPosting"),
    Column("has_expanded_access", f"{_STATUS}/expandedAccessInfo/hasExpandedAccess"),
    Column("expanded_access_nctid", f"{_STATUS}/expandedAccessInfo/nctId"),
    Column("expanded_access_status_for_nctid", f"{_STATUS}/expandedAccessInfo/statusForNctId"),
    Column("study_type", f"{_DESIGN}/studyType"),
    Column("phase", f"{_DESIGN}/phases", cells.joined(get_args(Phase))),
    Column("enrollment", f"{_DESIGN}/enrollmentInfo/count"),
    Column("enrollment_type", f"{_DESIGN}/enrollmentInfo/type"),
    Column("target_duration", f"{_DESIGN}/targetDuration"),
    Column("patient_registry", f"{_DESIGN}/patientRegistry"),
    Column("expanded_access_type_individual", f"{_DESIGN}/expandedAccessTypes/individual"),
    Column("expanded_access_type_intermediate", f"{_DESIGN}/expandedAccessTypes/intermediate"),
    Column("expanded_access_type_treatment", f"{_DESIGN}/expandedAccessTypes/treatment"),
    Column("biospec_retention", f"{_DESIGN}/bioSpec/retention"),
    Column("biospec_description", f"{_DESIGN}/bioSpec/description"),
    Column("has_dmc", f"{_P}/oversightModule/oversightHasDmc"),
    Column("is_fda_regulated_drug", f"{_P}/oversightModule/isFdaRegulatedDrug"),
    Column("is_fda_regulated_device", f"{_P}/oversightModule/isFdaRegulatedDevice"),
    Column("is_unapproved_device", f"{_P}/oversightModule/isUnapprovedDevice"),
    Column("is_ppsd", f"{_P}/oversightModule/isPpsd"),
    Column("is_us_export", f"{_P}/oversightModule/isUsExport"),
    Column("fdaaa801_violation", f"{_P}/oversightModule/fdaaa801Violation"),
    Column("plan_to_share_ipd", f"{_IPD}/ipdSharing"),
    Column("plan_to_share_ipd_description", f"{_IPD}/description"),
    Column("ipd_time_frame", f"{_IPD}/timeFrame"),
    Column("ipd_access_criteria", f"{_IPD}/accessCriteria"),
    Column("ipd_url", f"{_IPD}/url"),
    Column(
        "baseline_population", "resultsSection/baselineCharacteristicsModule/populationDescription"
    ),
    Column(
        "baseline_type_units_analyzed",
        "resultsSection/baselineCharacteristicsModule/typeUnitsAnalyzed",
    ),
    Column(
        "limitations_and_caveats",
        "resultsSection/moreInfoModule/limitationsAndCaveats/description",
    ),
    derived={
        "last_update_submitted_qc_date": _day(f"{_STATUS}/lastUpdateSubmitDate"),
        "start_date": _day(f"{_STATUS}/startDateStruct/date"),
        "verification_date": _day(f"{_STATUS}/statusVerifiedDate"),
        "completion_date": _day(f"{_STATUS}/completionDateStruct/date"),
        "primary_completion_date": _day(f"{_STATUS}/primaryCompletionDateStruct/date"),
        "number_of_arms": _arms(True),
        "number_of_groups": _arms(False),
    },
)


def _is_contact(contact: Tree) -> bool:
    return bool(contact.get("role", "CONTACT") == "CONTACT")


def _document_url() -> Codec:
    """The address of a file, whose last part is its name."""
    return Codec(str, lambda said: said.rpartition("/")[2] or None)


def _file(writing: Writing, items: list[Any], position: int) -> str | None:
    name = items[-1].get("filename")
    return None if name is None else f"{_FILES}{writing.study[-2:]}/{writing.study}/{name}"


_PERSON = (Column("name", "name"),)
_REACHED = (
    Column("phone", "phone"),
    Column("phone_extension", "phoneExt"),
    Column("email", "email"),
)
_AGES = (("child", "CHILD"), ("adult", "ADULT"), ("older_adult", "OLDER_ADULT"))
_MASKED = (
    ("subject_masked", "PARTICIPANT"),
    ("caregiver_masked", "CARE_PROVIDER"),
    ("investigator_masked", "INVESTIGATOR"),
    ("outcomes_assessor_masked", "OUTCOMES_ASSESSOR"),
)
_OUTCOME = (
    Column("measure", "measure"),
    Column("time_frame", "timeFrame"),
    Column("description", "description"),
)
_ID = (
    Column("id_value", "id"),
    Column("id_type", "type"),
    Column("id_link", "link"),
)

TABLES: Final[tuple[Rows, ...]] = (
    STUDIES,
    _one("brief_summaries", f"{_P}/descriptionModule", Column("description", "briefSummary")),
    _one(
        "detailed_descriptions",
        f"{_P}/descriptionModule",
        Column("description", "detailedDescription"),
    ),
    _each(
        "id_information",
        f"{_IDS}/nctIdAliases",
        Column("id_value"),
        fixed={"id_source": "nct_alias"},
    ),
    _one("id_information", f"{_IDS}/orgStudyIdInfo", *_ID, fixed={"id_source": "org_study_id"}),
    _each(
        "id_information",
        f"{_IDS}/secondaryIdInfos",
        *_ID,
        Column("id_type_description", "domain"),
        fixed={"id_source": "secondary_id"},
    ),
    _one(
        "sponsors",
        f"{_P}/sponsorCollaboratorsModule/leadSponsor",
        Column("name", "name"),
        Column("agency_class", "class"),
        fixed={"lead_or_collaborator": "lead"},
    ),
    _each(
        "sponsors",
        f"{_P}/sponsorCollaboratorsModule/collaborators",
        Column("name", "name"),
        Column("agency_class", "class"),
        fixed={"lead_or_collaborator": "collaborator"},
    ),
    _one(
        "responsible_parties",
        f"{_P}/sponsorCollaboratorsModule/responsibleParty",
        Column("responsible_party_type", "type"),
        Column("name", "investigatorFullName"),
        Column("title", "investigatorTitle"),
        Column("affiliation", "investigatorAffiliation"),
        Column("old_name_title", "oldNameTitle"),
        Column("organization", "oldOrganization"),
    ),
    _each(
        "conditions",
        f"{_P}/conditionsModule/conditions",
        Column("name"),
        derived={"downcase_name": _lower("")},
    ),
    _each(
        "keywords",
        f"{_P}/conditionsModule/keywords",
        Column("name"),
        derived={"downcase_name": _lower("")},
    ),
    _one(
        "designs",
        f"{_DESIGN}/designInfo",
        Column("allocation", "allocation"),
        Column("intervention_model", "interventionModel"),
        Column("intervention_model_description", "interventionModelDescription"),
        Column("observational_model", "observationalModel"),
        Column("primary_purpose", "primaryPurpose"),
        Column("time_perspective", "timePerspective"),
        Column("masking", "maskingInfo/masking"),
        Column("masking_description", "maskingInfo/maskingDescription"),
        Flags("maskingInfo/whoMasked", _MASKED),
    ),
    _each(
        "design_groups",
        f"{_ARMS}/armGroups",
        Column("group_type", "type"),
        Column("title", "label"),
        Column("description", "description"),
    ),
    _each(
        "interventions",
        f"{_ARMS}/interventions",
        Column("intervention_type", "type"),
        Column("name", "name"),
        Column("description", "description"),
        below=(
            _each(
                "intervention_other_names", "otherNames", Column("name"), parent="intervention_id"
            ),
            _each(
                "design_group_interventions",
                "armGroupLabels",
                Column("design_group_id", codec=cells.TEXT),
                parent="intervention_id",
            ),
        ),
    ),
    *(
        _each(
            "design_outcomes",
            f"{_P}/outcomesModule/{kind}Outcomes",
            *_OUTCOME,
            fixed={"outcome_type": kind},
        )
        for kind in ("primary", "secondary", "other")
    ),
    _one(
        "eligibilities",
        f"{_P}/eligibilityModule",
        Column("sampling_method", "samplingMethod"),
        Column("gender", "sex"),
        Column("minimum_age", "minimumAge", cells.AGE),
        Column("maximum_age", "maximumAge", cells.AGE),
        Column("healthy_volunteers", "healthyVolunteers"),
        Column("population", "studyPopulation"),
        Column("criteria", "eligibilityCriteria"),
        Column("gender_description", "genderDescription"),
        Column("gender_based", "genderBased"),
        Flags("stdAges", _AGES),
    ),
    _each(
        "central_contacts",
        f"{_SITES}/centralContacts",
        *_PERSON,
        *_REACHED,
        Column("role", "role"),
        derived={"contact_type": _first},
    ),
    _each(
        "overall_officials",
        f"{_SITES}/overallOfficials",
        *_PERSON,
        Column("affiliation", "affiliation"),
        Column("role", "role"),
    ),
    _each(
        "facilities",
        f"{_SITES}/locations",
        Column("status", "status"),
        Column("name", "facility"),
        Column("city", "city"),
        Column("state", "state"),
        Column("zip", "zip"),
        Column("country", "country"),
        Column("latitude", "geoPoint/lat"),
        Column("longitude", "geoPoint/lon"),
        below=(
            Rows(
                "facility_contacts",
                (
                    Level(
                        "contacts",
                        (*_PERSON, *_REACHED),
                        only=_is_contact,
                        stated={"role": "CONTACT"},
                    ),
                ),
                derived={"contact_type": _first},
                parent="facility_id",
            ),
            Rows(
                "facility_investigators",
                (
                    Level(
                        "contacts",
                        (*_PERSON, Column("role", "role")),
                        only=lambda contact: not _is_contact(contact),
                    ),
                ),
                parent="facility_id",
            ),
        ),
    ),
    _each(
        "study_references",
        f"{_P}/referencesModule/references",
        Column("pmid", "pmid"),
        Column("reference_type", "type"),
        Column("citation", "citation"),
        below=(
            _each(
                "retractions",
                "retractions",
                Column("pmid", "pmid"),
                Column("source", "source"),
                parent="reference_id",
            ),
        ),
    ),
    _each(
        "links",
        f"{_P}/referencesModule/seeAlsoLinks",
        Column("url", "url"),
        Column("description", "label"),
    ),
    _each(
        "documents",
        f"{_P}/referencesModule/availIpds",
        Column("document_id", "id"),
        Column("document_type", "type"),
        Column("url", "url"),
        Column("comment", "comment"),
    ),
    _each("ipd_information_types", f"{_IPD}/infoTypes", Column("name")),
    _each(
        "provided_documents",
        "documentSection/largeDocumentModule/largeDocs",
        Column("document_type", "label"),
        Column("has_protocol", "hasProtocol"),
        Column("has_icf", "hasIcf"),
        Column("has_sap", "hasSap"),
        Column("document_date", "date"),
        Column("url", "filename", _document_url()),
        derived={"url": _file},
    ),
    _each(
        "pending_results",
        "annotationSection/annotationModule/unpostedAnnotation/unpostedEvents",
        Column("event", "type"),
        Column("event_date_description", "date"),
        derived={"event_date": lambda writing, items, position: last_day(items[-1].get("date"))},
    ),
    *(
        _each(
            f"browse_{kind}s",
            f"derivedSection/{kind}BrowseModule/{key}",
            Column("mesh_term", "term"),
            fixed={"mesh_type": type_},
            derived={"downcase_mesh_term": _lower("term")},
        )
        for kind in ("condition", "intervention")
        for key, type_ in (("meshes", "mesh-list"), ("ancestors", "mesh-ancestor"))
    ),
    _each(
        "countries",
        "derivedSection/miscInfoModule/removedCountries",
        Column("name"),
        fixed={"removed": "t"},
    ),
)


# --- what AACT calculates ------------------------------------------------------------------------

# https://github.com/ctti-clinicaltrials/aact, app/models/facility.rb
_US: Final = frozenset(
    {
        "United States",
        "Guam",
        "Puerto Rico",
        "U.S. Virgin Islands",
        "Virgin Islands (U.S.)",
        "Northern Mariana Islands",
        "American Samoa",
        "Midway Atoll",
        "Palmyra Atoll",
        "Baker Island",
        "Howland Island",
        "Jarvis Island",
        "Johnston Atoll",
        "Kingman Reef",
        "Wake Island",
        "Navassa Island",
        "Serranilla Bank",
        "Bajo Nuevo Bank",
    }
)


def _sites(writing: Writing) -> list[Tree]:
    return value_at(writing.tree, f"{_SITES}/locations") or []


def _has_us(writing: Writing, items: list[Any], position: int) -> str | None:
    sites = _sites(writing)
    return cells.TRUTH.write(any(one.get("country") in _US for one in sites)) if sites else None


def _is_single(writing: Writing, items: list[Any], position: int) -> str | None:
    sites = _sites(writing)
    return cells.TRUTH.write(len(sites) == 1) if sites else None


def _age(key: str, unit: bool) -> Derived:
    def made(writing: Writing, items: list[Any], position: int) -> str | None:
        text = value_at(writing.tree, f"{_P}/eligibilityModule/{key}")
        if text is None:
            return None
        found = age(text)
        return found.unit.lower() if unit else str(found.value)

    return made


def _between(start: str, end: str) -> Derived:
    """Months of thirty days between two dates, both come, as AACT counts them."""

    def made(writing: Writing, items: list[Any], position: int) -> str | None:
        dates = []
        for path in (start, end):
            held = value_at(writing.tree, f"{_STATUS}/{path}")
            if isinstance(held, dict):
                if start == "startDateStruct" and held.get("type") == "ESTIMATED":
                    return None
                held = held.get("date")
            day = last_day(held)
            if day is None:
                return None
            dates.append(date.fromisoformat(day))
        return str(int((dates[1] - dates[0]).days / 30))

    return made


def _outcomes(kind: str) -> Derived:
    def made(writing: Writing, items: list[Any], position: int) -> str | None:
        held = value_at(writing.tree, f"{_P}/outcomesModule/{kind}Outcomes")
        return str(len(held)) if held else None

    return made


def _year(writing: Writing, items: list[Any], position: int) -> str | None:
    day = value_at(writing.tree, f"{_STATUS}/studyFirstSubmitDate")
    return day[:4] if day else None


def _affected(kind: str) -> Derived:
    """How many subjects had events of a kind, added up over all events."""

    def made(writing: Writing, items: list[Any], position: int) -> str | None:
        events = value_at(writing.tree, f"resultsSection/adverseEventsModule/{kind}Events")
        counts = [
            stats.get("numAffected", 0)
            for event in events or ()
            for stats in event.get("stats", ())
        ]
        return str(sum(counts)) if counts else None

    return made


CALCULATED: Final = _one(
    "calculated_values",
    "",
    Column("were_results_reported", "hasResults"),
    derived={
        "number_of_facilities": lambda writing, items, position: str(len(_sites(writing))),
        "has_us_facility": _has_us,
        "has_single_facility": _is_single,
        "minimum_age_num": _age("minimumAge", False),
        "minimum_age_unit": _age("minimumAge", True),
        "maximum_age_num": _age("maximumAge", False),
        "maximum_age_unit": _age("maximumAge", True),
        "registered_in_calendar_year": _year,
        "actual_duration": _between("startDateStruct", "primaryCompletionDateStruct"),
        "months_to_report_results": _between(
            "primaryCompletionDateStruct", "resultsFirstSubmitDate"
        ),
        "number_of_primary_outcomes_to_measure": _outcomes("primary"),
        "number_of_secondary_outcomes_to_measure": _outcomes("secondary"),
        "number_of_other_outcomes_to_measure": _outcomes("other"),
        "number_of_sae_subjects": _affected("serious"),
        "number_of_nsae_subjects": _affected("other"),
    },
)


def countries(writing: Writing) -> list[str]:
    """The countries of the sites, each once: rows of `countries` that are not removed."""
    found = (one.get("country") for one in _sites(writing))
    return list(dict.fromkeys(country for country in found if country is not None))
