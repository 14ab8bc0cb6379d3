"""The protocol of a record as elements of the legacy XML, and back.

https://clinicaltrials.gov/ct2/html/images/info/public.xsd
"""

from typing import Any

from trialbridge.mappings.codec import (
    Codec,
    Field,
    Node,
    also,
    field,
    inverse,
    merged,
    read_at,
    record,
)
from trialbridge.mappings.compiled import each, reader, writer
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries import people
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import words
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.texts import block
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import (
    age,
    date,
    integer,
    markup,
    processed,
    text,
    valued,
    word,
    yes_no,
)
from trialbridge.schemas import trial
from trialbridge.schemas.trial import (
    ArmGroup,
    AvailIpd,
    Contact,
    Intervention,
    LargeDoc,
    Location,
    MaskingBlock,
    Mesh,
    Outcome,
    Reference,
    SecondaryIdInfo,
    SeeAlsoLink,
    Sponsor,
)

SITE, CENTRAL = "protocol.contacts_locations.locations", "protocol.contacts_locations"
_DESIGN, _STATUS = "protocol.design", "protocol.status"
_ELIGIBILITY, _SHARING = "protocol.eligibility", "protocol.ipd_sharing_statement"


def listed(codec: Codec[Any]) -> Codec[list[Any]]:
    """Values of a list, each as an element."""

    def read(nodes: Any, names: Names) -> list[Any] | None:
        return [one for node in nodes if (one := codec.read(node, names)) is not None] or None

    def write(values: list[Any], names: Names) -> list[Any]:
        return [codec.write(value, names) for value in values]

    return Codec(read, write)


def _wrapped(member: str, type_: type, attribute: str) -> Codec[list[Any]]:
    """Structs of one text each, as elements of that text."""

    def read(nodes: Any, names: Names) -> list[Any] | None:
        return [type_(**{attribute: word(node)}) for node in nodes if word(node)] or None

    def write(values: list[Any], names: Names) -> list[Any] | None:
        return [said for value in values if (said := getattr(value, attribute))] or None

    return Codec(read, write, gives=list[type_])  # type: ignore[valid-type]


# --- design ------------------------------------------------------------------------------------


def _read_phases(value: Any, names: Names) -> list[Any] | None:
    said = word(value)
    if not said or said == "N/A":
        return ["NA"] if said else None
    codes = [_PHASES.get(one) for one in said.split("/")]
    if None in codes:
        names.warn("not-readable", f"{said!r:.60} is not a phase (such as Phase 1/Phase 2)")
        return None
    return codes


_PHASES = {"Early Phase 1": "EARLY_PHASE1", "Phase 0": "EARLY_PHASE1"} | {
    f"Phase {number}": f"PHASE{number}" for number in range(1, 5)
}
_PHASE_LABELS = {"NA": "N/A"} | {code: label for label, code in reversed(_PHASES.items())}
phases: Codec[list[trial.Phase]] = Codec(
    _read_phases,
    lambda value, names: "/".join(_PHASE_LABELS[code] for code in value),
    gives=list[trial.Phase],
)

_STUDY_TYPES = {
    "EXPANDED_ACCESS": "Expanded Access",
    "INTERVENTIONAL": "Interventional",
    "OBSERVATIONAL": "Observational",
}
_REGISTRY = "Observational [Patient Registry]"


# Of a record that is withheld the type is N/A.
study_type: Codec[Any] = valued(
    {_REGISTRY: "OBSERVATIONAL", **inverse(_STUDY_TYPES)}.get,
    "a type of study",
    _STUDY_TYPES.__getitem__,
    str,
    nothing="N/A",
)
registry: Codec[bool] = Codec(
    lambda node, names: {_REGISTRY: True, "Observational": False}.get(str(node.get("study_type"))),
    lambda value, names: {"study_type": _REGISTRY} if value else {},
    label="study_type",
    gives=bool,
)

_MASKED = {
    "Participant": "PARTICIPANT",
    "Subject": "PARTICIPANT",
    "Care Provider": "CARE_PROVIDER",
    "Caregiver": "CARE_PROVIDER",
    "Investigator": "INVESTIGATOR",
    "Outcomes Assessor": "OUTCOMES_ASSESSOR",
}
_MASKED_LABELS = {code: label for label, code in reversed(_MASKED.items())}
MASKING = {
    "None (Open Label)": "NONE",
    "Open Label": "NONE",
    "Single": "SINGLE",
    "Single Blind": "SINGLE",
    "Double": "DOUBLE",
    "Double Blind": "DOUBLE",
    "Double-Blind": "DOUBLE",
    "Triple": "TRIPLE",
    "Quadruple": "QUADRUPLE",
}
MASKING_LABELS = {code: label for label, code in reversed(MASKING.items())} | {
    "NONE": "None (Open Label)"
}


def _read_masking(node: Node, names: Names) -> MaskingBlock | None:
    said = word(node.get("masking", ""))
    description = markup.read(node.get("masking_description", ""), names)
    degree: Any = MASKING.get(said)
    who: Any = None
    if said and degree is None:
        head, _, rest = said.partition(" (")
        degree = MASKING.get(head)
        who = [_MASKED.get(one) for one in rest.removesuffix(")").split(", ")]
        if degree is None or not rest or None in who:
            names.warn("not-readable", f"{said!r:.90} is not a masking", "masking")
            degree = who = None
    if degree is None and description is None:
        return None
    return MaskingBlock(masking=degree, who_masked=who, masking_description=description)


def _write_masking(value: MaskingBlock, names: Names) -> Node:
    node = {}
    if value.masking:
        who = ", ".join(_MASKED_LABELS[one] for one in value.who_masked or ())
        node["masking"] = MASKING_LABELS[value.masking] + (f" ({who})" if who else "")
    if value.masking_description:
        node["masking_description"] = plain_of(value.masking_description)
    return node


def plain_of(value: str) -> str:
    return str(markup.write(value, Names()))


masking: Codec[MaskingBlock] = Codec(_read_masking, _write_masking, label="masking")

# --- people ------------------------------------------------------------------------------------


CONTACT, INVESTIGATOR, OFFICIAL = people.tables(people.whole_name)


def _contacts(first: str, second: str, more: str = "") -> Codec[list[Contact]]:
    return people.contacts(first, second, more, CONTACT, INVESTIGATOR)


LOCATION = record(
    Location,
    field("facility", "facility", "name", codec=text),
    field("city", "facility", "address", "city", codec=text),
    field("state", "facility", "address", "state", codec=text),
    field("zip", "facility", "address", "zip", codec=text),
    field("country", "facility", "address", "country", codec=text),
    field("status", "status", codec=words.SITE_STATUS),
    merged(
        "contacts",
        codec=_contacts("contact", "contact_backup", "investigator"),
        leaves=("*.name", "*.role", "*.phone", "*.phone_ext", "*.email"),
    ),
)

# --- references --------------------------------------------------------------------------------

REFERENCE = record(
    Reference, field("citation", "citation", codec=text), field("pmid", "PMID", codec=text)
)
_read_reference, _write_reference = reader(REFERENCE), writer(REFERENCE)
_REFERENCES: dict[str, trial.ReferenceType] = {
    "reference": "BACKGROUND",
    "results_reference": "RESULT",
}


def _read_references(node: Node, names: Names) -> list[Reference] | None:
    import msgspec

    found = []
    for key, kind in _REFERENCES.items():
        for position, one in enumerate(node.get(key, ())):
            reference: Reference = read_at(f"{key}[{position}]", _read_reference, one, names)
            found.append(msgspec.structs.replace(reference, type=kind))
    return found or None


def _write_references(values: list[Reference], names: Names) -> Node:
    node: Node = {}
    for value in values:
        key = "results_reference" if value.type == "RESULT" else "reference"
        node.setdefault(key, []).append(_write_reference(value, names))
    return node


references: Codec[list[Reference]] = Codec(
    _read_references, _write_references, label="reference and results_reference"
)


def _document_url(names: Names, name: str) -> str:
    nct_id = (names.trial.nct_id if names.trial else None) or ""
    return f"https://ClinicalTrials.gov/ProvidedDocs/{nct_id[-2:]}/{nct_id}/{name}"


filename: Codec[str] = Codec(
    lambda value, names: word(value).rpartition("/")[2] or None,
    lambda value, names: _document_url(names, value),
    gives=str,
)
DOCUMENT = record(
    LargeDoc,
    field("label", "document_type", codec=text),
    field("has_protocol", "document_has_protocol", codec=yes_no),
    field("has_icf", "document_has_icf", codec=yes_no),
    field("has_sap", "document_has_sap", codec=yes_no),
    field("date", "document_date", codec=date),
    field("filename", "document_url", codec=filename),
)
SECONDARY_ID = _wrapped("secondary_id", SecondaryIdInfo, "id")
MESH = _wrapped("mesh_term", Mesh, "term")
SPONSOR = record(
    Sponsor,
    field("name", "agency", codec=text),
    field("class_", "agency_class", codec=words.AGENCY_CLASS),
)
OUTCOME = record(
    Outcome,
    field("measure", "measure", codec=text),
    field("time_frame", "time_frame", codec=text),
    field("description", "description", codec=markup),
)
ARM = record(
    ArmGroup,
    field("label", "arm_group_label", codec=text),
    field("type", "arm_group_type", codec=words.ARM_TYPE),
    field("description", "description", codec=markup),
)
INTERVENTION = record(
    Intervention,
    field("type", "intervention_type", codec=words.INTERVENTION_TYPE),
    field("name", "intervention_name", codec=text),
    field("description", "description", codec=markup),
    field("arm_group_labels", "arm_group_label", codec=listed(text)),
    field("other_names", "other_name", codec=listed(text)),
)
LINK = record(
    SeeAlsoLink, field("url", "url", codec=text), field("label", "description", codec=markup)
)
AVAILABLE = record(
    AvailIpd,
    field("id", "doc_id", codec=text),
    field("type", "doc_type", codec=text),
    field("url", "doc_url", codec=text),
    field("comment", "doc_comment", codec=markup),
)


def _dated(model: str, element: str, types: Codec[Any]) -> tuple[Field, Field]:
    return (
        field(f"{model}.date", element, "#", codec=date),
        field(f"{model}.type", element, "@type", codec=types),
    )


def _said(model: str, module: str, **elements: Codec[Any]) -> tuple[Field, ...]:
    """Attributes of a module as elements of the same names."""
    return tuple(
        field(f"{model}.{name}", *module.split("."), name, codec=codec)
        for name, codec in elements.items()
    )


_POSTED = (
    ("study_first_", "study_first"),
    ("results_first_", "results_first"),
    ("disp_first_", "disposition_first"),
)
IDENTIFICATION = (
    field("derived.misc_info.version_holder", "required_header", "download_date", codec=processed),
    field("protocol.identification.org_study_id_info.id", "id_info", "org_study_id", codec=text),
    field(
        "protocol.identification.secondary_id_infos",
        "id_info",
        "secondary_id",
        codec=SECONDARY_ID,
        leaves=("*.id",),
    ),
    field("protocol.identification.nct_id", "id_info", "nct_id", codec=text),
    field("protocol.identification.nct_id_aliases", "id_info", "nct_alias", codec=listed(text)),
    field("protocol.identification.brief_title", "brief_title", codec=text),
    field("protocol.identification.acronym", "acronym", codec=text),
    field("protocol.identification.official_title", "official_title", codec=text),
    field("protocol.identification.organization.full_name", "source", codec=text),
)
SPONSORS = (
    field(
        "protocol.sponsor_collaborators.lead_sponsor.name",
        "sponsors",
        "lead_sponsor",
        "agency",
        codec=text,
    ),
    field(
        "protocol.sponsor_collaborators.lead_sponsor.class_",
        "sponsors",
        "lead_sponsor",
        "agency_class",
        codec=words.AGENCY_CLASS,
    ),
    field(
        "protocol.sponsor_collaborators.collaborators",
        "sponsors",
        "collaborator",
        codec=each(SPONSOR),
    ),
    *(
        field(
            f"protocol.sponsor_collaborators.responsible_party.{name}",
            "responsible_party",
            element,
            codec=codec,
        )
        for name, element, codec in (
            ("old_name_title", "name_title", text),
            ("old_organization", "organization", text),
            ("type", "responsible_party_type", words.RESPONSIBLE_PARTY),
            ("investigator_affiliation", "investigator_affiliation", text),
            ("investigator_full_name", "investigator_full_name", text),
            ("investigator_title", "investigator_title", text),
        )
    ),
    field("protocol.oversight.oversight_has_dmc", "oversight_info", "has_dmc", codec=yes_no),
    *_said(
        "protocol.oversight",
        "oversight_info",
        is_fda_regulated_drug=yes_no,
        is_fda_regulated_device=yes_no,
        is_unapproved_device=yes_no,
        is_ppsd=yes_no,
        is_us_export=yes_no,
    ),
)
STATUS = (
    field(f"{_STATUS}.overall_status", "overall_status", codec=words.STATUS),
    field(f"{_STATUS}.last_known_status", "last_known_status", codec=words.STATUS),
    field(f"{_STATUS}.why_stopped", "why_stopped", codec=markup),
    *_dated(f"{_STATUS}.start_date", "start_date", words.ANTICIPATED),
    *_dated(f"{_STATUS}.completion_date", "completion_date", words.ANTICIPATED),
    *_dated(f"{_STATUS}.primary_completion_date", "primary_completion_date", words.ANTICIPATED),
    field(
        f"{_STATUS}.expanded_access_info.has_expanded_access", "has_expanded_access", codec=yes_no
    ),
    # As they were called until 2017.
    *(
        also(field(f"{_STATUS}.{model}", element, codec=date))
        for model, element in (
            ("last_update_submit_date", "lastchanged_date"),
            ("study_first_submit_date", "firstreceived_date"),
            ("results_first_submit_date", "firstreceived_results_date"),
            ("disp_first_submit_date", "firstreceived_results_disposition_date"),
        )
    ),
    field(f"{_STATUS}.status_verified_date", "verification_date", codec=date),
    *(
        row
        for model, element in _POSTED
        for row in (
            field(f"{_STATUS}.{model}submit_date", f"{element}_submitted", codec=date),
            field(f"{_STATUS}.{model}submit_qc_date", f"{element}_submitted_qc", codec=date),
            *_dated(f"{_STATUS}.{model}post_date", f"{element}_posted", words.ESTIMATE),
        )
    ),
    field(f"{_STATUS}.last_update_submit_date", "last_update_submitted", codec=date),
    *_dated(f"{_STATUS}.last_update_post_date", "last_update_posted", words.ESTIMATE),
)
DESIGN = (
    field("protocol.description.brief_summary", "brief_summary", "textblock", codec=block(6)),
    field(
        "protocol.description.detailed_description",
        "detailed_description",
        "textblock",
        codec=block(6),
    ),
    field(f"{_DESIGN}.phases", "phase", codec=phases),
    field(f"{_DESIGN}.study_type", "study_type", codec=study_type),
    merged(f"{_DESIGN}.patient_registry", codec=registry),
    *(
        field(
            f"{_DESIGN}.expanded_access_types.{name}",
            "expanded_access_info",
            f"expanded_access_type_{name}",
            codec=yes_no,
        )
        for name in ("individual", "intermediate", "treatment")
    ),
    *_said(
        f"{_DESIGN}.design_info",
        "study_design_info",
        allocation=words.ALLOCATION,
        intervention_model=words.INTERVENTION_MODEL,
        intervention_model_description=markup,
        primary_purpose=words.PRIMARY_PURPOSE,
        observational_model=words.OBSERVATIONAL_MODEL,
        time_perspective=words.TIME_PERSPECTIVE,
    ),
    merged(
        f"{_DESIGN}.design_info.masking_info",
        "study_design_info",
        codec=masking,
        leaves=("masking", "who_masked", "masking_description"),
    ),
    field(f"{_DESIGN}.target_duration", "target_duration", codec=age),
    field(f"{_DESIGN}.enrollment_info.count", "enrollment", "#", codec=integer),
    field(f"{_DESIGN}.enrollment_info.type", "enrollment", "@type", codec=words.ENROLLMENT),
    field(f"{_DESIGN}.bio_spec.retention", "biospec_retention", codec=words.BIOSPEC),
    field(f"{_DESIGN}.bio_spec.description", "biospec_descr", "textblock", codec=block(6)),
)
PARTS = (
    field("protocol.outcomes.primary_outcomes", "primary_outcome", codec=each(OUTCOME)),
    field("protocol.outcomes.secondary_outcomes", "secondary_outcome", codec=each(OUTCOME)),
    field("protocol.outcomes.other_outcomes", "other_outcome", codec=each(OUTCOME)),
    field("protocol.conditions.conditions", "condition", codec=listed(text)),
    field("protocol.conditions.keywords", "keyword", codec=listed(text)),
    field("protocol.arms_interventions.arm_groups", "arm_group", codec=each(ARM)),
    field("protocol.arms_interventions.interventions", "intervention", codec=each(INTERVENTION)),
    field(
        f"{_ELIGIBILITY}.study_population", "eligibility", "study_pop", "textblock", codec=block(8)
    ),
    field(
        f"{_ELIGIBILITY}.eligibility_criteria",
        "eligibility",
        "criteria",
        "textblock",
        codec=block(8),
    ),
    field(f"{_ELIGIBILITY}.sex", "eligibility", "gender", codec=words.SEX),
    *_said(
        _ELIGIBILITY,
        "eligibility",
        sampling_method=words.SAMPLING,
        gender_based=yes_no,
        gender_description=markup,
        minimum_age=words.bound,
        maximum_age=words.bound,
        healthy_volunteers=words.healthy,
    ),
)
PLACES = (
    field(f"{CENTRAL}.overall_officials", "overall_official", codec=each(OFFICIAL)),
    merged(
        f"{CENTRAL}.central_contacts",
        codec=_contacts("overall_contact", "overall_contact_backup"),
        leaves=("*.name", "*.role", "*.phone", "*.phone_ext", "*.email"),
    ),
    field(SITE, "location", codec=each(LOCATION)),
    field(
        "derived.misc_info.removed_countries", "removed_countries", "country", codec=listed(text)
    ),
)
MORE = (
    merged(
        "protocol.references.references",
        codec=references,
        leaves=("*.pmid", "*.type", "*.citation"),
    ),
    field("protocol.references.see_also_links", "link", codec=each(LINK)),
    field("protocol.references.avail_ipds", "study_docs", "study_doc", codec=each(AVAILABLE)),
    *(
        field(f"{_SHARING}.{name}", "patient_data", element, codec=codec)
        for name, element, codec in (
            ("ipd_sharing", "sharing_ipd", words.IPD_SHARING),
            ("description", "ipd_description", markup),
            ("info_types", "ipd_info_type", listed(words.IPD_INFO)),
            ("time_frame", "ipd_time_frame", markup),
            ("access_criteria", "ipd_access_criteria", markup),
            ("url", "ipd_url", text),
        )
    ),
    field(
        "documents.large_document.large_docs",
        "provided_document_section",
        "provided_document",
        codec=each(DOCUMENT),
    ),
    field(
        "derived.condition_browse.meshes",
        "condition_browse",
        "mesh_term",
        codec=MESH,
        leaves=("*.term",),
    ),
    field(
        "derived.intervention_browse.meshes",
        "intervention_browse",
        "mesh_term",
        codec=MESH,
        leaves=("*.term",),
    ),
)
PROTOCOL: tuple[Field, ...] = (
    *IDENTIFICATION,
    *SPONSORS,
    *STATUS,
    *DESIGN,
    *PARTS,
    *PLACES,
    *MORE,
)
