"""What kind of study it is, of what, and whether: design, conditions, texts, classifiers, R5."""

from trialbridge.mappings.codec import (
    Field,
    among,
    field,
)
from trialbridge.mappings.fhir.study.common import shown_in
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology import mesh as fhir_mesh
from trialbridge.mappings.fhir.terminology.flags import (
    both_sexes,
    flag,
    flag_codings,
    flag_item,
    is_all,
)
from trialbridge.mappings.fhir.types import (
    classified,
    codings,
    concept,
    concept_item,
    countries,
    is_of,
    phases,
    some_of,
    worded,
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
    among("page.countries", "region", codec=countries),
    field("protocol.description.brief_summary", "descriptionSummary"),
    field("protocol.description.detailed_description", "description"),
)


# --- classifiers -------------------------------------------------------------------------------


def _flagged(model: str, name: str) -> Field:
    return among(model, "classifier", codec=flag(name))


IPD_PLAN = concept_item(codes.IPD_SHARING)
GENDER_BASED = flag_item("gender-based")

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
    # Of the study, and of nobody who is in it.
    _flagged("protocol.eligibility.healthy_volunteers", "healthy-volunteers"),
    among("protocol.eligibility.sex", "classifier", codec=both_sexes)._replace(when=is_all),
    field(
        "protocol.eligibility.gender_based",
        "classifier",
        GENDER_BASED,
        "coding",
        codec=flag_codings("gender-based"),
    ),
    shown_in("text", "protocol.eligibility.gender_description", "classifier", GENDER_BASED),
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
