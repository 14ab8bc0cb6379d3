"""Trial records as FHIR R5: what in the Bundle is what in the model.

One ResearchStudy, and what it refers to: https://hl7.org/fhir/R5/researchstudy.html
"""

from collections.abc import Callable
from typing import Any

from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Node,
    Step,
    also,
    among,
    below,
    boolean,
    constant,
    field,
    integer,
    item,
    merged,
    number,
    record,
    text,
)
from trialbridge.mappings.coverage import CoverageRow, leaves, of_table, place_of
from trialbridge.mappings.fhir import arms as fhir_arms
from trialbridge.mappings.fhir import codes
from trialbridge.mappings.fhir import eligibility as fhir_eligibility
from trialbridge.mappings.fhir import mesh as fhir_mesh
from trialbridge.mappings.fhir.links import canonical, to
from trialbridge.mappings.fhir.types import (
    OFFICIAL_BASE,
    PHONE_EXTENSION,
    UNMAPPED,
    age,
    classified,
    coded_item,
    coding,
    codings,
    concept,
    concept_item,
    date_type,
    each,
    exact_coding,
    flag,
    has_code,
    has_url,
    identifier,
    is_of,
    of_code,
    one_of,
    ours,
    part,
    partial_date,
    phases,
    register,
    registration,
    repeated,
    shown,
    size,
    some_of,
    upload_date,
    url_rows,
    valued,
    worded,
    words_alone,
)
from trialbridge.mappings.record import registry
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import (
    ArmGroup,
    AvailIpd,
    BrowseBranch,
    BrowseLeaf,
    Contact,
    DateStruct,
    Intervention,
    LargeDoc,
    Location,
    Mesh,
    Official,
    Outcome,
    PartialDateStruct,
    Reference,
    RelatedTrial,
    Retraction,
    SecondaryIdInfo,
    SeeAlsoLink,
    Sponsor,
    SubmissionInfo,
    Trial,
    UnpostedEvent,
    ViolationEvent,
)

# A record that a registry shows is published. https://hl7.org/fhir/R5/codesystem-publication-status.html
PUBLISHED = {"status": "active"}


def shown_in(member: str, model: str, *steps: Any) -> Field:
    """CommonMark in a member that is a string."""
    return merged(model, *steps, codec=shown(member), home="native")


# --- identifiers and titles -------------------------------------------------------------------


def _is_nct_id(node: Node) -> bool:
    """By the system of an official id; by its form where nothing says whose it is."""
    if node.get("use") not in (None, "official"):
        return False
    if "system" in node:
        return node["system"] in registry.CTGOV_SYSTEMS
    return "assigner" not in node and bool(registry.NCT_ID.fullmatch(str(node.get("value"))))


NCT_ID = item("use='official'", _is_nct_id, use="official", system=registry.CTGOV)
REGISTERED = item(
    "use='official', of another register",
    lambda node: node.get("use") == "official" and not _is_nct_id(node),
    use="official",
)
ORG_STUDY_ID = item(use="usual")
SOURCE = item(type="derived-from")
"""The page of the register that the record is from."""


SECONDARY_ID = record(
    SecondaryIdInfo,
    field("type", "type", codec=concept(codes.SECONDARY_ID_TYPE)),
    field("id", "value"),
    field("domain", "assigner", "display"),
    *url_rows("link", ours("identifier-link", "Url")),
)

ORGANIZATION = "protocol.identification.organization"

IDENTIFICATION = (
    field("protocol.identification.nct_id", "identifier", NCT_ID, "value"),
    *below(
        ("identifier", REGISTERED),
        (
            merged("registration.register", codec=register, home="native"),
            field("registration.id", "value"),
            field("registration.first_registered", "period", "start", codec=partial_date),
            field("registration.country", ours("register-country", "String")),
            among(
                "registration.languages",
                "extension",
                codec=repeated(ours("register-language", "String")),
            ),
        ),
    ),
    among(
        "protocol.identification.nct_id_aliases",
        "identifier",
        codec=some_of(
            valued(use="old", system=registry.CTGOV),
            lambda node: node.get("use") == "old" and node.get("system") in registry.CTGOV_SYSTEMS,
        ),
    ),
    *below(
        ("identifier", ORG_STUDY_ID),
        (
            field(
                "protocol.identification.org_study_id_info.type",
                "type",
                codec=concept(codes.ORG_STUDY_ID_TYPE),
            ),
            field("protocol.identification.org_study_id_info.id", "value"),
            field(
                f"{ORGANIZATION}.full_name", "assigner", to("Organization", "organization"), "name"
            ),
            among(
                f"{ORGANIZATION}.class_",
                "assigner",
                to("Organization", "organization"),
                "type",
                codec=classified(codes.AGENCY_CLASS),
            ),
            *url_rows(
                "protocol.identification.org_study_id_info.link", ours("identifier-link", "Url")
            ),
        ),
    ),
    among(
        "protocol.identification.secondary_id_infos",
        "identifier",
        codec=each(
            SECONDARY_ID,
            const={"use": "secondary"},
            mine=lambda node: (
                node.get("use") == "secondary" or (node.get("use") is None and not _is_nct_id(node))
            ),
        ),
    ),
    field("registration.version", "version"),
    field("registration.last_changed", "date", codec=partial_date),
    # The day of the registry's data, which is no version of the study.
    field(
        "derived.misc_info.version_holder",
        ours("registry-data-date", "Date"),
        codec=partial_date,
    ),
    field("protocol.identification.brief_title", "title"),
    field(
        "protocol.identification.official_title",
        "label",
        coded_item("type", codes.TITLE_TYPE, "official"),
        "value",
    ),
    field(
        "protocol.identification.acronym",
        "label",
        coded_item("type", codes.TITLE_TYPE, "acronym"),
        "value",
    ),
)


# --- arms and interventions -------------------------------------------------------------------

PLAN = (
    "protocol",
    FIRST,
    to(
        "PlanDefinition",
        "protocol",
        type=of_code(codes.PLAN_TYPE, "clinical-protocol"),
        **PUBLISHED,
    ),
)
ACTIVITY = canonical("resource", "ActivityDefinition", **PUBLISHED)

INTERVENTION = record(
    Intervention,
    *below(
        (ACTIVITY,),
        (
            merged(
                "arm_group_labels",
                codec=fhir_arms.labels,
                write_always=True,
                home="native",
                note="from the arms' actions in PlanDefinition.action; an extension of ours on "
                "the ActivityDefinition where the record's own list differs",
            ),
            field("name", "title"),
            field("description", "description"),
            among("type", "topic", codec=classified(codes.INTERVENTION_TYPE)),
            among("other_names", "extension", codec=repeated(ours("other-name", "String"))),
        ),
    ),
)

ARM_GROUP = record(
    ArmGroup,
    field("intervention_names", "linkId", codec=fhir_arms.received, home="none"),
    field("label", "name"),
    field("type", "type", codec=concept(codes.ARM)),
    field("description", "description"),
)


PLAN_ROWS = (
    among(
        "protocol.arms_interventions.interventions",
        *PLAN,
        "relatedArtifact",
        codec=each(
            INTERVENTION,
            name="intervention",
            const={"type": "composed-of"},
            mine=lambda node: node.get("type") == "composed-of",
        ),
    ),
    field(
        "protocol.arms_interventions",
        *PLAN,
        "action",
        codec=fhir_arms.actions,
        leaves=("arm_groups.*.intervention_names",),
        note="an action for each arm (linkId of its comparisonGroup), in it an action for each "
        "intervention, whose definitionCanonical is the ActivityDefinition",
    ),
    among(
        "derived.intervention_browse.meshes",
        "focus",
        codec=fhir_mesh.intervention_meshes,
        read_always=True,
        leaves=("*.id", "*.term"),
        home="native",
        note="Codings of the ActivityDefinition.code of the intervention that the term belongs "
        "to, else of a ResearchStudy.focus",
    ),
)
ARM_ROWS = (
    among(
        "protocol.arms_interventions.arm_groups",
        "comparisonGroup",
        codec=each(ARM_GROUP, name="arm", id_as="linkId", required="name"),
    ),
)


# --- design ------------------------------------------------------------------------------------

MODEL = concept_item(codes.INTERVENTION_MODEL)
MASKED = concept_item(codes.MASKING)
BIOSPEC = concept_item(codes.BIOSPEC_RETENTION)
DESIGN = "protocol.design"
INFO = f"{DESIGN}.design_info"

DESIGN_ROWS = (
    field(f"{INFO}.primary_purpose", "primaryPurposeType", codec=concept(codes.PURPOSE)),
    field(f"{DESIGN}.phases", "phase", codec=phases),
    among(f"{DESIGN}.study_type", "studyDesign", codec=classified(codes.STUDY_TYPE)),
    among(f"{INFO}.allocation", "studyDesign", codec=classified(codes.ALLOCATION)),
    field(
        f"{INFO}.intervention_model",
        "studyDesign",
        MODEL,
        "coding",
        codec=codings(codes.INTERVENTION_MODEL),
    ),
    shown_in("text", f"{INFO}.intervention_model_description", "studyDesign", MODEL),
    field(
        f"{INFO}.masking_info.masking",
        "studyDesign",
        MASKED,
        "coding",
        codec=codings(codes.MASKING),
    ),
    shown_in("text", f"{INFO}.masking_info.masking_description", "studyDesign", MASKED),
    among(
        f"{INFO}.masking_info.who_masked",
        "studyDesign",
        codec=some_of(concept(codes.WHO_MASKED), is_of(codes.WHO_MASKED)),
    ),
    among(
        f"{INFO}.observational_model", "studyDesign", codec=classified(codes.OBSERVATIONAL_MODEL)
    ),
    among(f"{INFO}.time_perspective", "studyDesign", codec=classified(codes.TIME_PERSPECTIVE)),
    among(
        "protocol.eligibility.sampling_method",
        "studyDesign",
        codec=classified(codes.SAMPLING_METHOD),
    ),
)


# --- conditions and texts ---------------------------------------------------------------------


CONDITION_ROWS = (
    among(
        "protocol.conditions.conditions",
        "condition",
        codec=fhir_mesh.conditions,
    ),
    among(
        "derived.condition_browse.meshes",
        "condition",
        codec=fhir_mesh.condition_meshes,
        home="native",
        leaves=("*.id", "*.term"),
        note="a Coding of the condition that the term belongs to, else a condition of its own",
    ),
    among("protocol.conditions.keywords", "keyword", codec=worded()),
    among("page.countries", "region", codec=worded()),
    field("protocol.description.brief_summary", "descriptionSummary"),
    field("protocol.description.detailed_description", "description"),
)


# --- status and dates -------------------------------------------------------------------------

START = "protocol.status.start_date"
COMPLETION = "protocol.status.completion_date"


def _milestone(code: str) -> Step:
    return item(
        f"state='{code}'",
        has_code(codes.MILESTONE.url, code, "state"),
        state={
            "coding": [
                {"system": codes.STUDY_STATUS, "code": "overall-study"},
                exact_coding(codes.MILESTONE, code),
            ]
        },
    )


_has_status = is_of(codes.STATUS, "state")
# Others write the history of a study: a state that has ended is not the current one.
OVERALL = concept_item(codes.STATUS, "state", "state of the study")._replace(
    mine=lambda node: _has_status(node) and "end" not in (node.get("period") or {})
)


def _registered(model: str, activity: str, end: str, struct: type | None = None) -> Field:
    return among(
        f"protocol.status.{model}",
        "extension",
        codec=registration(activity, end, struct),
        leaves=("date", "type") if struct else (),
    )


STATUS_ROWS = (
    field(f"{START}.date", "period", "start", codec=partial_date),
    field(f"{COMPLETION}.date", "period", "end", codec=partial_date),
    field(
        "protocol.status.overall_status",
        "progressStatus",
        OVERALL,
        "state",
        codec=concept(codes.STATUS),
    ),
    # A state of its own would read as the current one.
    field(
        "protocol.status.last_known_status",
        "progressStatus",
        OVERALL,
        ours("last-known-status", "Coding"),
        codec=coding(codes.STATUS),
    ),
    field(f"{START}.type", "progressStatus", _milestone("start"), "actual", codec=date_type),
    field(
        f"{COMPLETION}.type",
        "progressStatus",
        _milestone("completion"),
        "actual",
        codec=date_type,
    ),
    shown_in("text", "protocol.status.why_stopped", "whyStopped"),
    _registered("status_verified_date", "record-verification", "end"),
    _registered(
        "primary_completion_date", "primary-outcome-data-collection", "end", PartialDateStruct
    ),
    _registered("study_first_submit_date", "registration-submission", "start"),
    _registered("study_first_submit_qc_date", "registration-submission-qc", "start"),
    _registered("study_first_post_date", "registration-posting", "start", DateStruct),
    _registered("results_first_submit_date", "results-submission", "start"),
    _registered("results_first_submit_qc_date", "results-submission-qc", "start"),
    _registered("results_first_post_date", "results-posting", "start", DateStruct),
    _registered("disp_first_submit_date", "disposition-submission", "start"),
    _registered("disp_first_submit_qc_date", "disposition-submission-qc", "start"),
    _registered("disp_first_post_date", "disposition-posting", "start", DateStruct),
    _registered("last_update_submit_date", "update-submission", "end"),
    _registered("last_update_post_date", "update-posting", "end", DateStruct),
)


# --- people, organisations and sites ----------------------------------------------------------

CONTACT_ROWS = (
    field("name", "name", FIRST, "text"),
    field("role", "purpose", codec=concept(codes.CONTACT_ROLE)),
    field("phone", "telecom", PHONE := item(system="phone"), "value"),
    field("phone_ext", "telecom", PHONE, "_value", PHONE_EXTENSION),
    field("email", "telecom", item(system="email"), "value"),
)

ROLE = to("PractitionerRole")

CENTRAL_CONTACT = record(
    Contact, also(field("name", "name")), *below(("party", ROLE, "contact", FIRST), CONTACT_ROWS)
)

OFFICIAL = record(
    Official,
    field("role", "role", codec=concept(codes.OFFICIAL_ROLE)),
    also(field("name", "name")),
    field("name", "party", ROLE, "practitioner", to("Practitioner"), "name", FIRST, "text"),
    field("affiliation", "party", ROLE, "organization", to("Organization"), "name"),
)

SPONSOR_ROWS = (
    among("class_", "classifier", codec=classified(codes.AGENCY_CLASS)),
    also(field("name", "name")),
    field("name", "party", to("Organization"), "name"),
)
SPONSOR = record(Sponsor, *SPONSOR_ROWS)

LEAD = "protocol.sponsor_collaborators.lead_sponsor"
LEAD_SPONSOR = coded_item("role", codes.PARTY_ROLE, "lead-sponsor")
PARTY = "protocol.sponsor_collaborators.responsible_party"
_RESPONSIBLE_SYSTEM = codes.RESPONSIBLE_PARTY.exact.url if codes.RESPONSIBLE_PARTY.exact else ""
RESPONSIBLE = concept_item(codes.RESPONSIBLE_PARTY, "role", "responsible party")._replace(
    mine=lambda node: any(
        one.get("system") == _RESPONSIBLE_SYSTEM
        or (one.get("system") == codes.PARTY_ROLE and one.get("code") == "sponsor-investigator")
        for one in (node.get("role") or {}).get("coding", ())
    )
)
_RESPONSIBLE_ROLE = to("PractitionerRole", "responsible-party")

_is_official = is_of(codes.OFFICIAL_ROLE, "role")

PARTY_ROWS = (
    also(field(f"{LEAD}.name", "associatedParty", LEAD_SPONSOR, "name")),
    field(
        f"{LEAD}.name",
        "associatedParty",
        LEAD_SPONSOR,
        "party",
        to("Organization", "lead-sponsor"),
        "name",
    ),
    among(
        f"{LEAD}.class_",
        "associatedParty",
        LEAD_SPONSOR,
        "classifier",
        codec=classified(codes.AGENCY_CLASS),
    ),
    among(
        "protocol.sponsor_collaborators.collaborators",
        "associatedParty",
        codec=each(
            SPONSOR,
            name="collaborator",
            const={"role": of_code(codes.PARTY_ROLE, "collaborator")},
            mine=has_code(codes.PARTY_ROLE, "collaborator", "role"),
        ),
    ),
    *below(
        ("associatedParty", RESPONSIBLE),
        (
            field(f"{PARTY}.type", "role", codec=concept(codes.RESPONSIBLE_PARTY)),
            field(f"{PARTY}.old_name_title", "name"),
            field(
                f"{PARTY}.investigator_full_name",
                "party",
                _RESPONSIBLE_ROLE,
                "practitioner",
                to("Practitioner", "responsible-party"),
                "name",
                FIRST,
                "text",
            ),
            field(f"{PARTY}.investigator_title", "party", _RESPONSIBLE_ROLE, "code", FIRST, "text"),
            field(
                f"{PARTY}.investigator_affiliation",
                "party",
                _RESPONSIBLE_ROLE,
                "organization",
                to("Organization", "responsible-party"),
                "name",
            ),
            field(f"{PARTY}.old_organization", ours("responsible-organization", "String")),
        ),
    ),
    among(
        "protocol.contacts_locations.overall_officials",
        "associatedParty",
        codec=each(
            OFFICIAL,
            name="official",
            # Associated parties must have a role; an official without one is told by this text.
            const={"role": {"text": "Overall official"}},
            mine=lambda node: (
                (_is_official(node) and not RESPONSIBLE.mine(node))
                or node.get("role") == {"text": "Overall official"}
            ),
        ),
    ),
    among(
        "protocol.contacts_locations.central_contacts",
        "associatedParty",
        codec=each(
            CENTRAL_CONTACT,
            name="central-contact",
            const={"role": of_code(codes.PARTY_ROLE, "general-contact")},
            mine=has_code(codes.PARTY_ROLE, "general-contact", "role"),
        ),
    ),
)

SITE = record(
    Location,
    *below(
        (to("Location"),),
        (
            field("facility", "name"),
            field("city", "address", "city"),
            field("state", "address", "state"),
            field("zip", "address", "postalCode"),
            field("country", "address", "country"),
            field("geo_point.lat", "position", "latitude", codec=number),
            field("geo_point.lon", "position", "longitude", codec=number),
            among("contacts", "contact", codec=each(record(Contact, *CONTACT_ROWS))),
        ),
    ),
    field("status", ours("site-status", "Coding"), codec=coding(codes.EXACT_STATUS)),
)

SITE_ROWS = (among("protocol.contacts_locations.locations", "site", codec=each(SITE, name="site")),)


# --- classifiers -------------------------------------------------------------------------------


def _flagged(model: str, name: str) -> Field:
    return among(model, "classifier", codec=flag(name))


IPD_PLAN = concept_item(codes.IPD_SHARING)

CLASSIFIER_ROWS = (
    _flagged("protocol.oversight.oversight_has_dmc", "oversight-has-dmc"),
    _flagged("protocol.oversight.is_fda_regulated_drug", "fda-regulated-drug"),
    _flagged("protocol.oversight.is_fda_regulated_device", "fda-regulated-device"),
    _flagged("protocol.oversight.is_unapproved_device", "unapproved-device"),
    _flagged("protocol.oversight.is_ppsd", "pediatric-postmarket-surveillance"),
    _flagged("protocol.oversight.is_us_export", "us-export"),
    _flagged("protocol.oversight.fdaaa801_violation", "fdaaa801-violation"),
    _flagged("protocol.status.delayed_posting", "delayed-posting"),
    _flagged("protocol.status.expanded_access_info.has_expanded_access", "expanded-access"),
    _flagged(f"{DESIGN}.expanded_access_types.individual", "individual-patients"),
    _flagged(f"{DESIGN}.expanded_access_types.intermediate", "intermediate-size-population"),
    _flagged(f"{DESIGN}.expanded_access_types.treatment", "treatment-protocol"),
    _flagged("protocol.status.results_waived", "results-waived"),
    _flagged(f"{DESIGN}.patient_registry", "patient-registry"),
    _flagged("has_results", "has-results"),
    _flagged("documents.large_document.no_sap", "statistical-analysis-plan-absent"),
    among(
        "protocol.eligibility.std_ages",
        "classifier",
        codec=some_of(concept(codes.STANDARD_AGE), is_of(codes.STANDARD_AGE)),
    ),
    field(
        f"{DESIGN}.bio_spec.retention",
        "classifier",
        BIOSPEC,
        "coding",
        codec=codings(codes.BIOSPEC_RETENTION),
    ),
    shown_in("text", f"{DESIGN}.bio_spec.description", "classifier", BIOSPEC),
    field(
        "protocol.ipd_sharing_statement.ipd_sharing",
        "classifier",
        IPD_PLAN,
        "coding",
        codec=codings(codes.IPD_SHARING),
    ),
    shown_in("text", "protocol.ipd_sharing_statement.description", "classifier", IPD_PLAN),
    among(
        "protocol.ipd_sharing_statement.info_types",
        "classifier",
        codec=some_of(concept(codes.IPD_INFO_TYPE), is_of(codes.IPD_INFO_TYPE)),
    ),
)


# --- eligibility -------------------------------------------------------------------------------


def _characteristic(system: str, code: str) -> Step:
    named = has_code(system, code, "code")
    display = codes.CHARACTERISTIC.codes.get(code) if system == codes.CHARACTERISTIC.url else None
    return item(
        f"code='{code}'",
        lambda node: named(node) and node.get("exclude") is not True,
        code=of_code(system, code, display),
        exclude=False,
    )


GENDER_CHARACTERISTIC = _characteristic(codes.USAGE_CONTEXT, "gender")
AGE_CHARACTERISTIC = _characteristic(codes.USAGE_CONTEXT, "age")
GROUP = (
    "recruitment",
    "eligibility",
    to("Group", "eligibility", type="person", membership="definitional"),
)
ELIGIBILITY = "protocol.eligibility"

ELIGIBILITY_ROWS = (
    merged(
        f"{DESIGN}.enrollment_info",
        "recruitment",
        codec=fhir_eligibility.enrollment,
        leaves=("count", "type"),
        home="native",
        note="actualNumber or targetNumber by the type; a count without a type, which neither "
        "says, in an extension of ours",
    ),
    merged(
        f"{ELIGIBILITY}.eligibility_criteria",
        *GROUP,
        codec=fhir_eligibility.eligibility_criteria,
        home="native",
        note="whole in Group.description, and one characteristic for each criterion",
    ),
    *below(
        (*GROUP, "characteristic"),
        (
            field(
                f"{ELIGIBILITY}.sex",
                GENDER_CHARACTERISTIC,
                "valueCodeableConcept",
                "coding",
                codec=codings(codes.SEX),
            ),
            shown_in(
                "text",
                f"{ELIGIBILITY}.gender_description",
                GENDER_CHARACTERISTIC,
                "valueCodeableConcept",
            ),
            field(
                f"{ELIGIBILITY}.gender_based",
                _characteristic(codes.CHARACTERISTIC.url, "gender-based"),
                "valueBoolean",
                codec=boolean,
            ),
            field(f"{ELIGIBILITY}.minimum_age", AGE_CHARACTERISTIC, "valueRange", "low", codec=age),
            field(
                f"{ELIGIBILITY}.maximum_age", AGE_CHARACTERISTIC, "valueRange", "high", codec=age
            ),
            field(
                f"{ELIGIBILITY}.healthy_volunteers",
                _characteristic(codes.CHARACTERISTIC.url, "healthy-volunteers"),
                "valueBoolean",
                codec=boolean,
            ),
            shown_in(
                "text",
                f"{ELIGIBILITY}.study_population",
                _characteristic(codes.CHARACTERISTIC.url, "study-population"),
                "valueCodeableConcept",
            ),
        ),
    ),
)


# --- outcomes ----------------------------------------------------------------------------------

OUTCOME = record(
    Outcome,
    field("measure", "name"),
    field("description", "description"),
    field(
        "time_frame",
        "reference",
        to("EvidenceVariable", **PUBLISHED),
        "characteristic",
        FIRST,
        "timeFromEvent",
        FIRST,
        "description",
    ),
)


def _outcomes(kind: str, concept_: Node, mine: Callable[[Node], bool]) -> Field:
    return among(
        f"protocol.outcomes.{kind}_outcomes",
        "outcomeMeasure",
        codec=each(OUTCOME, name=f"{kind}-outcome", const={"type": [concept_]}, mine=mine),
    )


_primary = has_code(codes.OBJECTIVE_TYPE, "primary", "type")
_secondary = has_code(codes.OBJECTIVE_TYPE, "secondary", "type")

OUTCOME_ROWS = (
    _outcomes("primary", of_code(codes.OBJECTIVE_TYPE, "primary"), _primary),
    _outcomes("secondary", of_code(codes.OBJECTIVE_TYPE, "secondary"), _secondary),
    # "Other pre-specified" does not say exploratory, so it has no code of the standard.
    _outcomes(
        "other",
        {"text": "Other pre-specified"},
        lambda node: not _primary(node) and not _secondary(node),
    ),
)


# --- references, documents and data -----------------------------------------------------------


def _of_artifact(code: str) -> Callable[[Node], bool]:
    return has_code(codes.ARTIFACT.url, code, "classifier")


def _artifact(code: str) -> Node:
    return of_code(codes.ARTIFACT.url, code, codes.ARTIFACT.codes[code])


REFERENCE = record(
    Reference,
    among("type", "classifier", codec=classified(codes.REFERENCE_TYPE)),
    field("citation", "citation"),
    field("pmid", "resourceReference", "identifier", codec=identifier(registry.PUBMED)),
    among(
        "retractions",
        "extension",
        codec=each(
            record(
                Retraction,
                field("pmid", part("pmid", "String")),
                field("source", part("source", "String")),
            ),
            const={"url": ours("retraction").url},
            mine=has_url(ours("retraction").url),
        ),
    ),
)
SEE_ALSO_LINK = record(
    SeeAlsoLink,
    shown_in("display", "label"),
    *url_rows("url", "document", "url"),
)
AVAILABLE_IPD = record(
    AvailIpd,
    among("type", "classifier", codec=words_alone),
    shown_in("display", "comment"),
    *url_rows("url", "document", "url"),
    field("id", "resourceReference", "identifier", "value"),
)

LARGE_DOCUMENT = record(
    LargeDoc,
    among("has_protocol", "classifier", codec=flag("protocol-document")),
    among("has_sap", "classifier", codec=flag("sap-document")),
    among("has_icf", "classifier", codec=flag("icf-document")),
    among("type_abbrev", "classifier", codec=words_alone),
    field("label", "display"),
    field("filename", "document", "title"),
    field("size", "document", "size", codec=size),
    field("date", "document", "creation", codec=partial_date),
    merged(
        "upload_date",
        codec=upload_date,
        home="native",
        note="RelatedArtifact.publicationDate, the time of day in an extension of ours on it",
    ),
)
RELATED_TRIAL = record(
    RelatedTrial,
    among("status", "classifier", codec=classified(codes.STATUS)),
    among(
        "phases",
        "classifier",
        codec=one_of(
            phases,
            lambda node: any(
                one.get("system") in (codes.STUDY_PHASE, codes.PHASE_EXACT.url)
                for one in node.get("coding", ())
            ),
        ),
    ),
    field("title", "display"),
    field("nct_id", "resourceReference", "identifier", codec=identifier(registry.CTGOV)),
)


def _artifacts(model: str, code: str, type_: str, table: Any) -> Field:
    return among(
        model,
        "relatedArtifact",
        codec=each(
            table,
            const={"type": type_, "classifier": [_artifact(code)]},
            mine=_of_artifact(code),
        ),
    )


IPD_ARTIFACT = item(
    "classifier='ipd-sharing-plan'",
    _of_artifact("ipd-sharing-plan"),
    type="documentation",
    classifier=[_artifact("ipd-sharing-plan")],
)

ARTIFACT_ROWS = (
    among(
        "protocol.references.references",
        "relatedArtifact",
        codec=each(
            REFERENCE, const={"type": "citation"}, mine=lambda node: node.get("type") == "citation"
        ),
    ),
    among(
        "protocol.references.see_also_links",
        "relatedArtifact",
        codec=each(
            SEE_ALSO_LINK,
            const={
                "type": "documentation",
                "classifier": [of_code(codes.ARTIFACT_CLASSIFIER, "webpage")],
            },
            mine=has_code(codes.ARTIFACT_CLASSIFIER, "webpage", "classifier"),
        ),
    ),
    _artifacts("protocol.references.avail_ipds", "available-ipd", "documentation", AVAILABLE_IPD),
    _artifacts(
        "documents.large_document.large_docs", "large-document", "documentation", LARGE_DOCUMENT
    ),
    *url_rows(
        "protocol.ipd_sharing_statement.url", "relatedArtifact", IPD_ARTIFACT, "document", "url"
    ),
    _artifacts("page.related_trials", "related-trial", "similar-to", RELATED_TRIAL),
    *url_rows("registration.url", "relatedArtifact", SOURCE, "document", "url"),
)


# --- what FHIR has no place for ---------------------------------------------------------------


def _parts(model: str, extension: str, **kinds: Any) -> tuple[Field, ...]:
    """Attributes of a struct as the parts of one extension: name = (kind, codec) or kind."""
    rows = []
    for name, kind in kinds.items():
        kind, codec = kind if isinstance(kind, tuple) else (kind, text)
        rows.append(
            field(
                f"{model}.{name}", ours(extension), part(name.replace("_", "-"), kind), codec=codec
            )
        )
    return tuple(rows)


def _listed(model: str, extension: str, type_: Any, **kinds: Any) -> Field:
    """A list of structs as an extension each."""
    return among(model, "extension", codec=_complex(ours(extension).url, type_, **kinds))


def _complex(url: str, type_: Any, **kinds: Any) -> Codec[list[Any]]:
    rows = []
    for name, kind in kinds.items():
        kind, codec = kind if isinstance(kind, tuple) else (kind, text)
        rows.append(field(name, part(name.replace("_", "-"), kind), codec=codec))
    return each(record(type_, *rows), const={"url": url}, mine=has_url(url))


def _as_coding(type_: Any, url: str, system: str, code: str, display: str) -> Codec[list[Any]]:
    return each(
        record(
            type_,
            constant("valueCoding", "system", system),
            field(code, "valueCoding", "code"),
            field(display, "valueCoding", "display"),
        ),
        const={"url": url},
        mine=has_url(url),
    )


DATE = ("Date", partial_date)
SUBMISSIONS = ours("submission-tracking")
UNPOSTED = ours("unposted-annotation")


def _browse(kind: str) -> tuple[Field, ...]:
    model = f"derived.{kind}_browse"
    branch = f"{kind}-browse-branch"
    return (
        among(
            f"{model}.ancestors",
            "extension",
            codec=_as_coding(Mesh, ours(f"{kind}-ancestor").url, registry.MESH, "id", "term"),
            home="ours",
        ),
        _listed(
            f"{model}.browse_leaves",
            f"{kind}-browse-leaf",
            BrowseLeaf,
            id="String",
            name="String",
            as_found="String",
            relevance=("Coding", coding(codes.RELEVANCE)),
        ),
        _listed(f"{model}.browse_branches", branch, BrowseBranch, abbrev="String", name="String"),
    )


EXTENSION_ROWS = (
    field("page.conditions_line", ours("conditions-line", "String")),
    *_parts(
        "protocol.status.expanded_access_info",
        "expanded-access-record",
        nct_id="String",
        status_for_nct_id=("Coding", coding(codes.EXACT_STATUS)),
    ),
    field(
        f"{DESIGN}.n_ptrs_to_this_exp_acc_nct_id",
        ours("records-pointing-here", "Integer"),
        codec=integer,
    ),
    field(f"{DESIGN}.target_duration", ours("target-duration", "Duration"), codec=age),
    *_parts(
        "protocol.ipd_sharing_statement",
        "ipd-sharing",
        time_frame="Markdown",
        access_criteria="Markdown",
    ),
    among(
        "derived.misc_info.removed_countries",
        "extension",
        codec=repeated(ours("removed-country", "String")),
    ),
    field(
        "derived.misc_info.submission_tracking.estimated_results_first_submit_date",
        SUBMISSIONS,
        part("estimated-results-first-submit-date", "Date"),
        codec=partial_date,
    ),
    field(
        "derived.misc_info.submission_tracking.first_mcp_info.post_date.date",
        SUBMISSIONS,
        part("first-mcp-post-date", "Date"),
        codec=partial_date,
    ),
    field(
        "derived.misc_info.submission_tracking.first_mcp_info.post_date.type",
        SUBMISSIONS,
        part("first-mcp-post-date-type", "Code"),
    ),
    among(
        "derived.misc_info.submission_tracking.submission_infos",
        *SUBMISSIONS.steps,
        "extension",
        codec=_complex(
            "submission",
            SubmissionInfo,
            release_date=DATE,
            unrelease_date=DATE,
            unrelease_date_unknown=("Boolean", boolean),
            reset_date=DATE,
            mcp_release_n=("Integer", integer),
        ),
    ),
    *_browse("condition"),
    *_browse("intervention"),
    field(
        "annotation.annotation.unposted_annotation.unposted_responsible_party",
        UNPOSTED,
        part("unposted-responsible-party", "String"),
    ),
    among(
        "annotation.annotation.unposted_annotation.unposted_events",
        *UNPOSTED.steps,
        "extension",
        codec=_complex(
            "event",
            UnpostedEvent,
            type=("Coding", coding(codes.UNPOSTED_EVENT)),
            date=DATE,
            date_unknown=("Boolean", boolean),
        ),
    ),
    _listed(
        "annotation.annotation.violation_annotation.violation_events",
        "violation-event",
        ViolationEvent,
        type=("Coding", coding(codes.VIOLATION_EVENT)),
        description="String",
        creation_date=DATE,
        issued_date=DATE,
        release_date=DATE,
        posted_date=DATE,
    ),
)

# Roughly in the order of the elements of ResearchStudy.
STUDY_ROWS: tuple[Field, ...] = (
    *EXTENSION_ROWS,
    *IDENTIFICATION,
    *PLAN_ROWS,
    *ARTIFACT_ROWS,
    *DESIGN_ROWS,
    *CONDITION_ROWS,
    *STATUS_ROWS,
    *SITE_ROWS,
    *CLASSIFIER_ROWS,
    *PARTY_ROWS,
    *ELIGIBILITY_ROWS,
    *ARM_ROWS,
    *OUTCOME_ROWS,
)

STUDY = record(Trial, *STUDY_ROWS)


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes; the results section goes nowhere yet."""
    rows = of_table(STUDY, "ResearchStudy", BASE, OFFICIAL_BASE)
    place = place_of(UNMAPPED.steps, "ResearchStudy")
    rows.append(CoverageRow("/unmapped", place, "ours"))
    covered = {row.leaf for row in rows}
    rows += [CoverageRow(leaf, "", "none") for leaf in leaves(Trial) if leaf not in covered]
    order = {leaf: position for position, leaf in enumerate(leaves(Trial))}
    return sorted(rows, key=lambda row: order[row.leaf])
