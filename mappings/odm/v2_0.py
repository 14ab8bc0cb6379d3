"""Trial records as CDISC ODM 2.0: what in the document is what in the model.

One Study, and the organizations and people that it names:
https://wiki.cdisc.org/display/PUB/ODM+v2.0

Native elements come first, then study parameters of CDISC's terminology, then ours.
"""

from collections.abc import Callable

from trialbridge.mappings.codec import (
    FIRST,
    Field,
    Node,
    also,
    among,
    below,
    field,
    merged,
    record,
)
from trialbridge.mappings.coverage import CoverageRow, complete, of_table
from trialbridge.mappings.odm import parts, study
from trialbridge.mappings.odm.admin import (
    PARTY_ROWS,
    SITE_ROWS,
    SPONSORS,
    only,
)
from trialbridge.mappings.odm.bookkeeping import REGISTRY_ROWS
from trialbridge.mappings.odm.elements import (
    age,
    age_of_subjects,
    beside,
    code_of,
    complete_endpoint,
    date,
    described,
    description,
    each,
    integer,
    measured,
    name_rows,
    named,
    words,
)
from trialbridge.mappings.odm.form.rows import completed
from trialbridge.mappings.odm.parameters import (
    VALUE,
    Kind,
    cdisc,
    coded_list,
    coded_one,
    dated,
    flag,
    one,
    own,
    owned,
    parameter,
    parameters,
    several,
    structs,
)
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.registry import CTGOV, PUBMED
from trialbridge.schemas.base import BASE
from trialbridge.schemas.terms import cdisc_codes as terms
from trialbridge.schemas.trial import (
    ArmGroup,
    AvailIpd,
    Intervention,
    LargeDoc,
    Outcome,
    Reference,
    RelatedTrial,
    Retraction,
    SecondaryIdInfo,
    SeeAlsoLink,
    Trial,
)

STUDY = ("Study", FIRST)
METADATA = (*STUDY, "MetaDataVersion", FIRST)
PROTOCOL = (*METADATA, "Protocol")

UNMAPPED = own("unmapped")
"""What the model does not know of a record, as JSON."""

EMPTY_ELEMENT = own("empty-element")
"""A `{}`, `[]` or `""` of a record: where it stood, and which it was."""

EMPTY_KIND = registry.code_system(
    "odm-empty-element",
    "What an empty element of a record is",
    {"object": "Object", "list": "List", "string": "Text"},
)


# --- identification and status ----------------------------------------------------------------

ORGANIZATION = "protocol.identification.organization"
ORG_STUDY_ID = "protocol.identification.org_study_id_info"
STUDY_OID = "ORG.STUDY-ID"


SECONDARY_ID = record(
    SecondaryIdInfo,
    *below(
        (VALUE,),
        (
            field("id", "@Value", codec=words),
            merged("type", codec=beside(registry.SECONDARY_ID_TYPE)),
        ),
    ),
    owned("domain"),
    owned("link"),
)

IDENTIFICATION = (
    field("protocol.identification.nct_id", study.NCT_ID, VALUE, "@Value", codec=words),
    several("protocol.identification.nct_id_aliases", own("nct-id-alias")),
    *below(
        (study.REGISTERED, VALUE),
        (
            field("registration.id", "@Value", codec=words),
            merged("registration.register", codec=study.register),
        ),
    ),
    one("registration.url", own("register-url")),
    one("registration.version", own("register-version")),
    one("registration.country", own("register-country")),
    several("registration.languages", own("register-language")),
    one("registration.first_registered", own("first-registered"), date),
    one("registration.last_changed", own("last-changed"), date),
    # The name of a study is its title only where it is another than that of the protocol.
    also(
        field("protocol.identification.brief_title", *STUDY, "@StudyName", codec=study.study_name)
    ),
    one("protocol.identification.brief_title", study.BRIEF_TITLE),
    one("protocol.identification.official_title", cdisc("TITLE")),
    one("protocol.identification.acronym", cdisc("acronym")),
    also(one(f"{ORG_STUDY_ID}.id", study.SPONSORS_ID)),
    field(f"{ORG_STUDY_ID}.id", *STUDY, "@ProtocolName", codec=study.protocol_name),
    coded_one(f"{ORG_STUDY_ID}.type", own("org-study-id-type"), {}, registry.ORG_STUDY_ID_TYPE),
    one(f"{ORG_STUDY_ID}.link", own("org-study-id-link")),
    among(
        "protocol.identification.secondary_id_infos",
        *study.SECONDARY_IDS,
        codec=each(SECONDARY_ID, study.SECONDARY_STEM),
    ),
    # As an Organization of a role that CDISC does not have, which documents of ours had.
    *map(
        also,
        below(
            (
                only(
                    "Organization",
                    STUDY_OID,
                    lambda node: node.get("@Role") == "Study ID",
                ),
            ),
            (
                name_rows(f"{ORGANIZATION}.full_name")[0],
                coded_one(
                    f"{ORGANIZATION}.class_",
                    own("agency-class"),
                    {},
                    registry.AGENCY_CLASS,
                    of=STUDY_OID,
                ),
            ),
        ),
    ),
    one(f"{ORGANIZATION}.full_name", own("organization")),
    coded_one(f"{ORGANIZATION}.class_", own("organization-class"), {}, registry.AGENCY_CLASS),
    also(field("derived.misc_info.version_holder", *STUDY, "@VersionID", codec=study.data_date)),
    one("derived.misc_info.version_holder", own("registry-data-date")),
)

STATUS = "protocol.status"
EXPANDED = f"{STATUS}.expanded_access_info"

STATUS_ROWS = (
    also(coded_one(f"{STATUS}.overall_status", own("overall-status"), {}, registry.STATUS)),
    field(f"{STATUS}.overall_status", *STUDY, "@Status", codec=study.study_status),
    coded_one(f"{STATUS}.last_known_status", own("last-known-status"), {}, registry.STATUS),
    one(f"{STATUS}.why_stopped", own("why-stopped")),
    *dated(f"{STATUS}.start_date", cdisc("SSTDTC")),
    *dated(f"{STATUS}.primary_completion_date", own("primary-completion-date")),
    *dated(f"{STATUS}.completion_date", cdisc("SENDTC")),
    flag(f"{EXPANDED}.has_expanded_access", own("expanded-access")),
    one(f"{EXPANDED}.nct_id", cdisc("EXPARECN")),
    coded_one(f"{EXPANDED}.status_for_nct_id", cdisc("EXPASTAT"), {}, registry.STATUS),
    one(f"{STATUS}.status_verified_date", own("status-verified-date"), date),
    one(f"{STATUS}.study_first_submit_date", own("study-first-submit-date"), date),
    one(f"{STATUS}.study_first_submit_qc_date", own("study-first-submit-qc-date"), date),
    *dated(f"{STATUS}.study_first_post_date", own("study-first-post-date")),
    flag(f"{STATUS}.results_waived", own("results-waived")),
    one(f"{STATUS}.results_first_submit_date", own("results-first-submit-date"), date),
    one(f"{STATUS}.results_first_submit_qc_date", own("results-first-submit-qc-date"), date),
    *dated(f"{STATUS}.results_first_post_date", own("results-first-post-date")),
    one(f"{STATUS}.disp_first_submit_date", own("disp-first-submit-date"), date),
    one(f"{STATUS}.disp_first_submit_qc_date", own("disp-first-submit-qc-date"), date),
    *dated(f"{STATUS}.disp_first_post_date", own("disp-first-post-date")),
    one(f"{STATUS}.last_update_submit_date", own("last-update-submit-date"), date),
    *dated(f"{STATUS}.last_update_post_date", own("last-update-post-date")),
    flag(f"{STATUS}.delayed_posting", own("delayed-posting")),
)


# --- design -----------------------------------------------------------------------------------

OVERSIGHT = "protocol.oversight"
DESIGN = "protocol.design"
INFO = f"{DESIGN}.design_info"
ACCESS = f"{DESIGN}.expanded_access_types"

STUDY_TYPE, BLINDING = parameter(cdisc("STYPE")), parameter(cdisc("TBLIND"))

DESIGN_ROWS = (
    flag(f"{OVERSIGHT}.oversight_has_dmc", cdisc("DMCIND")),
    flag(f"{OVERSIGHT}.is_fda_regulated_drug", cdisc("FDADRIND")),
    flag(f"{OVERSIGHT}.is_fda_regulated_device", cdisc("FDADEIND")),
    flag(f"{OVERSIGHT}.is_unapproved_device", own("unapproved-device")),
    flag(f"{OVERSIGHT}.is_ppsd", cdisc("PDPSTIND")),
    flag(f"{OVERSIGHT}.is_us_export", own("us-export")),
    flag(f"{OVERSIGHT}.fdaaa801_violation", own("fdaaa801-violation")),
    merged(f"{DESIGN}.study_type", STUDY_TYPE, VALUE, codec=study.study_type),
    field(f"{DESIGN}.phases", *PROTOCOL, "TrialPhase", "@Value", codec=parts.phase)._replace(
        when=parts.has_phase
    ),
    several(f"{DESIGN}.phases", own("phase"), coded_list({}, registry.PHASE))._replace(
        when=lambda phases: not parts.has_phase(phases),
        note="where CDISC has no term for them together",
    ),
    coded_one(f"{INFO}.allocation", cdisc("RANDOM"), terms.ALLOCATION, registry.ALLOCATION),
    coded_one(
        f"{INFO}.intervention_model",
        cdisc("INTMODEL"),
        terms.INTERVENTION_MODEL,
        registry.INTERVENTION_MODEL,
    ),
    field(
        f"{INFO}.intervention_model_description",
        *PROTOCOL,
        "StudyStructure",
        "Description",
        codec=description,
    ),
    coded_one(
        f"{INFO}.primary_purpose",
        cdisc("TINDTP"),
        terms.PRIMARY_PURPOSE,
        registry.PRIMARY_PURPOSE,
    ),
    merged(f"{INFO}.masking_info.masking", BLINDING, VALUE, codec=study.masking),
    one(f"{INFO}.masking_info.masking_description", cdisc("masking-description")),
    also(merged(f"{INFO}.masking_info.who_masked", BLINDING, VALUE, codec=study.observer)),
    several(
        f"{INFO}.masking_info.who_masked",
        cdisc("who-masked"),
        coded_list(terms.WHO_MASKED, registry.WHO_MASKED),
    ),
    coded_one(
        f"{INFO}.observational_model",
        cdisc("OBSMODEL"),
        terms.OBSERVATIONAL_MODEL,
        registry.OBSERVATIONAL_MODEL,
    ),
    coded_one(
        f"{INFO}.time_perspective",
        cdisc("OBSTIMP"),
        terms.TIME_PERSPECTIVE,
        registry.TIME_PERSPECTIVE,
    ),
    one(f"{DESIGN}.target_duration", cdisc("TRGFUDUR"), age),
    also(merged(f"{DESIGN}.patient_registry", STUDY_TYPE, VALUE, codec=study.patient_registry)),
    flag(f"{DESIGN}.patient_registry", own("patient-registry")),
    one(f"{DESIGN}.n_ptrs_to_this_exp_acc_nct_id", own("records-pointing-here"), integer),
    flag(f"{ACCESS}.individual", own("expanded-access-individual")),
    flag(f"{ACCESS}.intermediate", own("expanded-access-intermediate")),
    flag(f"{ACCESS}.treatment", own("expanded-access-treatment")),
    merged(
        f"{DESIGN}.bio_spec.retention",
        codec=parts.retention._replace(label="StudyParameter[@ShortName='BRIND' or 'BRDNAIND']"),
        home="official",
    ),
    one(f"{DESIGN}.bio_spec.description", cdisc("RTSPCDES")),
    merged(
        f"{DESIGN}.enrollment_info",
        codec=parts.enrollment._replace(label="StudyParameter[@ShortName='ACTSUB' or 'PLANSUB']"),
        home="official",
        leaves=("count", "type"),
        note="a count without a type, which is neither, in a parameter of ours",
    ),
)


# --- texts, conditions, arms, interventions, outcomes -------------------------------------------

ARM_GROUP = record(
    ArmGroup,
    *name_rows("label"),
    field("description", "Description", codec=description),
    coded_one("type", cdisc("arm-type"), terms.ARM_TYPE, registry.ARM_TYPE, of=None),
    several("intervention_names", parts.RECEIVED, parts.received, of=None),
)
INTERVENTION = record(
    Intervention,
    field("name", "Description", codec=description),
    # Documents of ours had it beside the terms of the intervention, as if it were one.
    also(among("type", "Coding", codec=parts.intervention_type)),
    coded_one(
        "type", cdisc("INTTYPE"), terms.INTERVENTION_TYPE, registry.INTERVENTION_TYPE, of=None
    ),
    Field("", ("Coding",), parts.intervention_terms, many=True, home="none"),
    one("description", cdisc("intervention-description"), of=None),
    several("other_names", own("other-name"), of=None),
    merged("arm_group_labels", codec=parts.arm_labels, write_always=True, home="ours"),
)
OUTCOME = record(
    Outcome,
    *name_rows("measure"),
    merged("description", codec=measured),
    one("time_frame", cdisc("time-frame"), of=None),
)


def _outcomes(model: str, level: str | None, mine: Callable[[Node], bool]) -> Field:
    return among(
        f"protocol.outcomes.{model}",
        *PROTOCOL,
        "StudyEndPoints",
        "StudyEndPoint",
        codec=each(
            OUTCOME,
            parts.ENDPOINT[level],
            const={"@Level": level} if level else None,
            mine=mine,
            complete=complete_endpoint,
        ),
    )


PROTOCOL_ROWS = (
    field("protocol.description.brief_summary", *STUDY, "Description", codec=description),
    field(
        "protocol.description.detailed_description",
        *PROTOCOL,
        "Description",
        codec=description,
    ),
    among(
        "protocol.conditions.conditions",
        *PROTOCOL,
        "StudyIndications",
        "StudyIndication",
        codec=parts.conditions,
        leaves=("*",),
    ),
    several("protocol.conditions.keywords", cdisc("KEYWORD")),
    among(
        "protocol.arms_interventions.arm_groups",
        *PROTOCOL,
        "StudyStructure",
        "Arm",
        codec=each(ARM_GROUP, parts.ARM, complete=named),
    ),
    among(
        "protocol.arms_interventions.interventions",
        *PROTOCOL,
        "StudyInterventions",
        "StudyIntervention",
        codec=each(INTERVENTION, parts.INTERVENTION, complete=described),
    ),
    _outcomes("primary_outcomes", "Primary", lambda node: node.get("@Level") == "Primary"),
    _outcomes("secondary_outcomes", "Secondary", lambda node: node.get("@Level") == "Secondary"),
    # "Other pre-specified" does not say exploratory.
    _outcomes(
        "other_outcomes", None, lambda node: node.get("@Level") not in ("Primary", "Secondary")
    ),
    merged(
        "derived.condition_browse.meshes",
        *PROTOCOL,
        codec=parts.condition_meshes._replace(label="StudyIndications.StudyIndication.Coding"),
        leaves=("*.id", "*.term"),
        note="a Coding of the condition that the term belongs to, else a parameter of ours",
    ),
    merged(
        "derived.intervention_browse.meshes",
        *PROTOCOL,
        codec=parts.intervention_meshes._replace(
            label="StudyInterventions.StudyIntervention.Coding"
        ),
        leaves=("*.id", "*.term"),
        note="a Coding of the intervention that the term belongs to, else a parameter of ours",
    ),
)


# --- eligibility ------------------------------------------------------------------------------

ELIGIBILITY = "protocol.eligibility"

ELIGIBILITY_ROWS = (
    merged(
        f"{ELIGIBILITY}.eligibility_criteria",
        *PROTOCOL,
        codec=parts.eligibility_criteria._replace(label="InclusionExclusionCriteria"),
        home="native",
        note="one Criterion with its ConditionDef for each criterion; the whole text in a "
        "parameter of ours where these alone do not give it back",
    ),
    coded_one(f"{ELIGIBILITY}.sex", cdisc("SEXPOP"), terms.SEX, registry.SEX),
    flag(f"{ELIGIBILITY}.gender_based", own("gender-based")),
    one(f"{ELIGIBILITY}.gender_description", own("gender-description")),
    one(f"{ELIGIBILITY}.minimum_age", cdisc("AGEMIN"), age_of_subjects),
    one(f"{ELIGIBILITY}.maximum_age", cdisc("AGEMAX"), age_of_subjects),
    several(f"{ELIGIBILITY}.std_ages", own("standard-age"), coded_list({}, registry.STANDARD_AGE)),
    flag(f"{ELIGIBILITY}.healthy_volunteers", cdisc("HLTSUBJI")),
    field(
        f"{ELIGIBILITY}.study_population",
        *PROTOCOL,
        "StudyTargetPopulation",
        "Description",
        codec=description,
    ),
    coded_one(
        f"{ELIGIBILITY}.sampling_method",
        cdisc("OBSTSMM"),
        terms.SAMPLING_METHOD,
        registry.SAMPLING_METHOD,
    ),
)


# --- references, documents and data -----------------------------------------------------------

REFERENCES = "protocol.references"
IPD = "protocol.ipd_sharing_statement"

RETRACTION = record(
    Retraction,
    merged("pmid", VALUE, codec=code_of(PUBMED)),
    field("source", VALUE, "@Value", codec=words),
)
REFERENCE = record(
    Reference,
    field("citation", VALUE, "@Value", codec=words),
    also(merged("pmid", VALUE, codec=code_of(PUBMED))),
    one("pmid", cdisc("PUBMEDID"), of=None),
    merged("type", VALUE, codec=beside(registry.REFERENCE_TYPE)),
    among("retractions", *parameters(own("retraction"), of=None), codec=each(RETRACTION, ".R")),
)
SEE_ALSO_LINK = record(
    SeeAlsoLink,
    field("url", VALUE, "@Value", codec=words),
    one("label", cdisc("URLSTDYD"), of=None),
)
AVAILABLE_IPD = record(
    AvailIpd,
    field("type", VALUE, "@Value", codec=words),
    owned("id"),
    owned("url"),
    owned("comment"),
)
LARGE_DOCUMENT = record(
    LargeDoc,
    field("label", "Title", codec=words),
    field("filename", "@xlink:href", codec=words)._replace(when=parts.is_file_name),
    owned("filename")._replace(
        when=lambda name: not parts.is_file_name(name),
        note="where it is no relative reference as it stands",
    ),
    owned("type_abbrev"),
    flag("has_protocol", own("has-protocol"), of=None),
    flag("has_sap", own("has-sap"), of=None),
    flag("has_icf", own("has-icf"), of=None),
    owned("date"),
    owned("upload_date"),
    owned("size", integer),
)
RELATED_TRIAL = record(
    RelatedTrial,
    field("title", VALUE, "@Value", codec=words),
    merged("nct_id", VALUE, codec=code_of(CTGOV)),
    coded_one("status", own("related-status"), {}, registry.STATUS, of=None),
    several("phases", own("related-phase"), coded_list({}, registry.PHASE), of=None),
)

REFERENCE_ROWS = (
    structs(f"{REFERENCES}.references", cdisc("CITNSTDY"), REFERENCE),
    structs(f"{REFERENCES}.see_also_links", cdisc("URLSTDY"), SEE_ALSO_LINK),
    structs(f"{REFERENCES}.avail_ipds", own("available-ipd"), AVAILABLE_IPD),
    coded_one(f"{IPD}.ipd_sharing", own("ipd-sharing"), {}, registry.IPD_SHARING),
    one(f"{IPD}.description", cdisc("ipd-sharing-description")),
    several(
        f"{IPD}.info_types", own("ipd-sharing-info-type"), coded_list({}, registry.IPD_INFO_TYPE)
    ),
    one(f"{IPD}.time_frame", own("ipd-sharing-time-frame")),
    one(f"{IPD}.access_criteria", own("ipd-sharing-access-criteria")),
    one(f"{IPD}.url", own("ipd-sharing-url")),
    among(
        "documents.large_document.large_docs",
        *METADATA,
        "Leaf",
        codec=each(LARGE_DOCUMENT, "LF", id_as="@ID", complete=parts.complete_leaf),
    ),
    flag("documents.large_document.no_sap", own("no-sap")),
    one("page.conditions_line", own("conditions-line")),
    structs("page.related_trials", own("related-trial"), RELATED_TRIAL),
)


# Where others have parameters of the trial summary, and we the elements that say the same.
MEASURE = record(Outcome, field("measure", VALUE, "@Value", codec=words))


def _measures(model: str, kind: Kind) -> Field:
    return also(structs(f"protocol.outcomes.{model}", kind, MEASURE))


TREATMENT = record(Intervention, field("name", VALUE, "@Value", codec=words))

SUMMARY_ROWS = (
    also(structs("protocol.arms_interventions.interventions", cdisc("TRT"), TREATMENT)),
    also(one(f"{SPONSORS}.lead_sponsor.name", cdisc("SPONSOR"))),
    also(one(f"{DESIGN}.phases", cdisc("TPHASE"), parts.phase)),
    also(several("protocol.conditions.conditions", cdisc("INDIC"))),
    _measures("primary_outcomes", cdisc("OUTMSPRI")),
    _measures("secondary_outcomes", cdisc("OUTMSSEC")),
    _measures("other_outcomes", cdisc("OUTMSADD")),
)

ODM = completed(
    record(
        Trial,
        *SUMMARY_ROWS,
        *IDENTIFICATION,
        *STATUS_ROWS,
        *PARTY_ROWS,
        *DESIGN_ROWS,
        *PROTOCOL_ROWS,
        *ELIGIBILITY_ROWS,
        *SITE_ROWS,
        *REFERENCE_ROWS,
        *REGISTRY_ROWS,
    )
)


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes; the results section goes nowhere yet."""
    rows = of_table(ODM, "ODM", BASE, "")
    rows.append(CoverageRow("/unmapped", "StudyParameter[@Term='Unmapped']", "ours"))
    return complete(rows, Trial)
