"""The protocol of a record as elements of PRS upload XML, and back.

https://prsinfo.clinicaltrials.gov/ProtocolRecordSchema.xsd
"""

from typing import Any

import msgspec

from trialbridge.mappings.codec import (
    Codec,
    Field,
    Node,
    derived,
    field,
    merged,
    read_at,
    record,
)
from trialbridge.mappings.compiled import each, reader, writer
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries import people
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import words as older
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.protocol import (
    MASKING,
    MASKING_LABELS,
    listed,
)
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import integer, text, word
from trialbridge.mappings.registries.prs import words
from trialbridge.mappings.registries.prs.words import date, markup, yes_no
from trialbridge.schemas.trial import (
    ArmGroup,
    AvailIpd,
    ExpandedAccessInfo,
    Intervention,
    Location,
    MaskingBlock,
    Outcome,
    Reference,
    SecondaryIdInfo,
    SeeAlsoLink,
    Sponsor,
    age,
)

_IDS, _STATUS = "protocol.identification", "protocol.status"
_PARTIES, _OVERSIGHT = "protocol.sponsor_collaborators", "protocol.oversight"
_DESIGN, _ELIGIBILITY = "protocol.design", "protocol.eligibility"
_PLACES, _SHARING = "protocol.contacts_locations", "protocol.ipd_sharing_statement"
_TRIAL = ("study_design", "interventional_design")
_OBSERVED = ("study_design", "observational_design")

# --- status ------------------------------------------------------------------------------------

# The status of an expanded access has an element of its own.
_OF_ACCESS = (
    "AVAILABLE",
    "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING",
)
# What the registry makes of a status: it is never sent in.
_OF_REGISTRY = ("UNKNOWN", "WITHHELD")


def _read_status(node: Node, names: Names) -> Any:
    for key in ("overall_status", "expanded_access_status"):
        if key in node and (found := older.STATUS.read(node[key], names)):
            return found
    return None


def _write_status(value: str, names: Names) -> Node:
    if value in _OF_REGISTRY:
        return {}
    key = "expanded_access_status" if value in _OF_ACCESS else "overall_status"
    return {key: older.STATUS.write(value, names)}


status: Codec[Any] = Codec(
    _read_status, _write_status, label="overall_status or expanded_access_status", gives=str
)


def _read_access(node: Node, names: Names) -> ExpandedAccessInfo | None:
    said = word(node.get("has_expanded_access", ""))
    nct_id = word(node.get("expanded_access_nct_id", "")) or None
    # It is not known whether there is any: as if nothing were said.
    has = None if said == "unknown" else yes_no.read(said, names)
    if has is None and nct_id is None:
        return None
    return ExpandedAccessInfo(has_expanded_access=has, nct_id=nct_id)


def _write_access(value: ExpandedAccessInfo, names: Names) -> Node:
    # The element is that of a study under an IND or IDE: to say that there is no expanded access
    # there would be to say that there is an IND.
    if not value.has_expanded_access and not value.nct_id:
        return {}
    node: Node = {}
    if value.has_expanded_access is not None:
        node["has_expanded_access"] = yes_no.write(value.has_expanded_access, names)
    if value.nct_id:
        node["expanded_access_nct_id"] = value.nct_id
    return {"ind_info": node}


access: Codec[ExpandedAccessInfo] = Codec(
    lambda node, names: _read_access(node.get("ind_info", {}), names),
    _write_access,
    label="ind_info",
)

# --- design ------------------------------------------------------------------------------------

_FLAGS = {
    "PARTICIPANT": "masked_subject",
    "CARE_PROVIDER": "masked_caregiver",
    "INVESTIGATOR": "masked_investigator",
    "OUTCOMES_ASSESSOR": "masked_assessor",
}
_DEGREES = ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")


def _read_masking(node: Node, names: Names) -> MaskingBlock | None:
    who: list[Any] = [
        code for code, key in _FLAGS.items() if key in node and yes_no.read(node[key], names)
    ]
    said = word(node.get("masking", ""))
    degree: Any = MASKING.get(said)
    if said and degree is None and not who:
        names.warn("not-readable", f"{said!r:.60} is not a masking", "masking")
    if who and degree is None:
        degree = _DEGREES[len(who)]
    elif degree is None and "no_masking" in node and yes_no.read(node["no_masking"], names):
        degree = "NONE"
    description = node.get("masking_description", {})
    told = markup.read(description.get("textblock", ""), names)
    if degree is None and not who and told is None:
        return None
    return MaskingBlock(masking=degree, who_masked=who or None, masking_description=told)


def _write_masking(value: MaskingBlock, names: Names) -> Node:
    node: Node = {}
    who = value.who_masked or []
    if value.masking == "NONE" and not who:
        node["no_masking"] = "yes"
    elif who:
        node["no_masking"] = "no"
    if who or value.masking == "NONE":
        node |= {key: "yes" if code in who else "no" for code, key in _FLAGS.items()}
    # Old records say how many are masked, and not who.
    if value.masking and value.masking != _DEGREES[len(set(who))]:
        node["masking"] = MASKING_LABELS[value.masking]
    if said := markup.write(value.masking_description or "", names):
        node["masking_description"] = {"textblock": said}
    return node


masking: Codec[MaskingBlock] = Codec(
    _read_masking, _write_masking, label="no_masking, masked_* and masking_description"
)


def _read_duration(node: Node, names: Names) -> str | None:
    quantity = word(node.get("target_duration_quantity", ""))
    units = word(node.get("target_duration_units", "")).title().removesuffix("s")
    if not quantity and not units:
        return None
    said = f"{quantity} {units}" if quantity == "1" else f"{quantity} {units}s"
    found: str | None = older.age.read(said, names)
    return found


def _write_duration(value: str, names: Names) -> Node:
    quantity, unit = age(value)
    return {"target_duration_quantity": str(quantity), "target_duration_units": f"{unit}s"}


duration: Codec[str] = Codec(
    _read_duration, _write_duration, label="target_duration_quantity and target_duration_units"
)

# --- people and places -------------------------------------------------------------------------

CONTACT, INVESTIGATOR, OFFICIAL = people.tables(people.name_in_parts)
_OF_CONTACTS = ("*.name", "*.role", "*.phone", "*.phone_ext", "*.email")
LOCATION = record(
    Location,
    field("facility", "facility", "name", codec=text),
    *(
        field(name, "facility", "address", name, codec=text)
        for name in ("city", "state", "country", "zip")
    ),
    field("status", "status", codec=older.SITE_STATUS),
    merged(
        "contacts",
        codec=people.contacts("contact", "contact_backup", "investigator", CONTACT, INVESTIGATOR),
        leaves=_OF_CONTACTS,
    ),
)

# --- references and documents ------------------------------------------------------------------

REFERENCE = record(
    Reference, field("citation", "citation", codec=text), field("pmid", "pubmed_id", codec=text)
)
_read_reference, _write_reference = reader(REFERENCE), writer(REFERENCE)


def _read_references(nodes: Any, names: Names) -> list[Reference] | None:
    found = []
    for position, node in enumerate(nodes):
        at = f"[{position}]"
        one: Reference = read_at(at, _read_reference, node, names)
        is_result = node.get("is_results_ref", "")
        result = read_at(f"{at}.is_results_ref", yes_no.read, is_result, names)
        kind: Any = None if result is None else "RESULT" if result else "BACKGROUND"
        found.append(msgspec.structs.replace(one, type=kind))
    return found or None


def _write_references(values: list[Reference], names: Names) -> list[Node] | None:
    written = []
    for value in values:
        # The registry found it: nobody sends it in.
        if value.type == "DERIVED":
            continue
        node = _write_reference(value, names)
        if value.type:
            node["is_results_ref"] = yes_no.write(value.type == "RESULT", names)
        written.append(node)
    return written or None


references: Codec[list[Reference]] = Codec(_read_references, _write_references)

# A kind that is none of these is Other, with a name of its own.
_DOCUMENTS = (
    "Individual Participant Data Set",
    "Study Protocol",
    "Statistical Analysis Plan",
    "Informed Consent Form",
    "Clinical Study Report",
    "Analytic Code",
    "Other",
)


def _write_kind(value: str, names: Names) -> Node:
    if value in _DOCUMENTS:
        return {"study_document_type": value}
    return {"study_document_type": "Other", "study_document_other_type": value}


document_kind: Codec[str] = Codec(
    lambda node, names: (
        word(node.get("study_document_other_type", ""))
        or word(node.get("study_document_type", ""))
        or None
    ),
    _write_kind,
    label="study_document_type or study_document_other_type",
    gives=str,
)
DOCUMENT = record(
    AvailIpd,
    field("id", "study_document_identifier", codec=text),
    merged("type", codec=document_kind),
    field("url", "url", codec=text),
    field("comment", "study_document_comments", "textblock", codec=markup),
)

_KINDS = {
    "STUDY_PROTOCOL": "protocol",
    "SAP": "sap",
    "ICF": "icf",
    "CSR": "csr",
    "ANALYTIC_CODE": "analytic_code",
}


def _read_kinds(node: Node, names: Names) -> list[Any] | None:
    return [
        code
        for code, name in _KINDS.items()
        if yes_no.read(node.get(f"ipd_info_type_{name}", ""), names)
    ] or None


info_types: Codec[list[Any]] = Codec(
    _read_kinds,
    lambda value, names: {f"ipd_info_type_{_KINDS[code]}": "yes" for code in value},
    label="ipd_info_type_*",
    gives=list[str],
)

# --- the parts of a study ----------------------------------------------------------------------

SECONDARY_ID = record(
    SecondaryIdInfo,
    field("id", "id", codec=text),
    field("type", "id_type", codec=words.SECONDARY_ID),
    field("domain", "id_domain", codec=text),
)
COLLABORATOR = record(Sponsor, field("name", "agency", codec=text))
OUTCOME = record(
    Outcome,
    field("measure", "outcome_measure", codec=text),
    field("time_frame", "outcome_time_frame", codec=text),
    field("description", "outcome_description", "textblock", codec=markup),
)
ARM = record(
    ArmGroup,
    field("label", "arm_group_label", codec=text),
    field("type", "arm_type", codec=older.ARM_TYPE),
    field("description", "arm_group_description", "textblock", codec=markup),
)
INTERVENTION = record(
    Intervention,
    field("type", "intervention_type", codec=words.INTERVENTION_TYPE),
    field("name", "intervention_name", codec=text),
    field("description", "intervention_description", "textblock", codec=markup),
    field("arm_group_labels", "arm_group_label", codec=listed(text)),
    field("other_names", "intervention_other_name", codec=listed(text)),
)
LINK = record(
    SeeAlsoLink, field("url", "url", codec=text), field("label", "description", codec=markup)
)


def _rows(model: str, steps: tuple[str, ...], *rows: tuple[str, str, Codec[Any]]) -> list[Field]:
    """Attributes of a part of the model as elements at a place; a text in a `textblock` below."""
    return [
        field(
            f"{model}.{name}",
            *steps,
            *element.split("/"),
            codec=codec,
        )
        for name, element, codec in rows
    ]


IDENTIFICATION = (
    field(f"{_IDS}.org_study_id_info.id", "id_info", "org_study_id", codec=text),
    field(f"{_IDS}.secondary_id_infos", "id_info", "secondary_id", codec=each(SECONDARY_ID)),
    *_rows(
        _IDS,
        (),
        ("brief_title", "brief_title", text),
        ("acronym", "acronym", text),
        ("official_title", "official_title", text),
    ),
)
PARTIES = (
    field(f"{_PARTIES}.lead_sponsor.name", "sponsors", "lead_sponsor", "agency", codec=text),
    field(f"{_PARTIES}.collaborators", "sponsors", "collaborator", codec=each(COLLABORATOR)),
    *_rows(
        f"{_PARTIES}.responsible_party",
        ("sponsors", "resp_party"),
        ("type", "resp_party_type", older.RESPONSIBLE_PARTY),
        ("investigator_title", "investigator_title", text),
        ("investigator_affiliation", "investigator_affiliation", text),
        ("old_name_title", "name_title", text),
        ("old_organization", "organization", text),
    ),
    *_rows(
        _OVERSIGHT,
        ("oversight_info",),
        ("oversight_has_dmc", "has_dmc", yes_no),
        ("is_fda_regulated_drug", "fda_regulated_drug", yes_no),
        ("is_fda_regulated_device", "fda_regulated_device", yes_no),
        ("is_us_export", "exported_from_us", yes_no),
        ("is_ppsd", "ped_postmarket_surv", yes_no),
    ),
    # The element is called so for what the answer leads to.
    field(f"{_OVERSIGHT}.is_unapproved_device", "delayed_posting", codec=yes_no),
)
STATUS = (
    # What the sponsor said is the status before it became unknown to the registry.
    derived(merged(f"{_STATUS}.last_known_status", codec=status)),
    merged(f"{_STATUS}.overall_status", codec=status),
    merged(
        f"{_STATUS}.expanded_access_info", codec=access, leaves=("has_expanded_access", "nct_id")
    ),
    *_rows(
        _STATUS,
        (),
        ("why_stopped", "why_stopped", markup),
        ("status_verified_date", "verification_date", date),
        ("start_date.date", "start_date", date),
        ("start_date.type", "start_date_type", older.ANTICIPATED),
        ("completion_date.date", "last_follow_up_date", date),
        ("completion_date.type", "last_follow_up_date_type", older.ANTICIPATED),
        ("primary_completion_date.date", "primary_compl_date", date),
        ("primary_completion_date.type", "primary_compl_date_type", older.ANTICIPATED),
    ),
)
DESIGN = (
    field("protocol.description.brief_summary", "brief_summary", "textblock", codec=markup),
    field(
        "protocol.description.detailed_description",
        "detailed_description",
        "textblock",
        codec=markup,
    ),
    field(f"{_DESIGN}.study_type", "study_design", "study_type", codec=words.STUDY_TYPE),
    *_rows(
        f"{_DESIGN}.expanded_access_types",
        ("study_design",),
        ("individual", "exp_acc_type_individual", yes_no),
        ("intermediate", "exp_acc_type_intermediate", yes_no),
        ("treatment", "exp_acc_type_treatment", yes_no),
    ),
    field(f"{_DESIGN}.phases", *_TRIAL, "phase", codec=words.phases),
    *_rows(
        f"{_DESIGN}.design_info",
        _TRIAL,
        ("primary_purpose", "interventional_subtype", older.PRIMARY_PURPOSE),
        ("allocation", "allocation", words.ALLOCATION),
        ("intervention_model", "assignment", older.INTERVENTION_MODEL),
        ("intervention_model_description", "model_description/textblock", markup),
    ),
    merged(
        f"{_DESIGN}.design_info.masking_info",
        *_TRIAL,
        codec=masking,
        leaves=("masking", "who_masked", "masking_description"),
    ),
    *_rows(
        f"{_DESIGN}.design_info",
        _OBSERVED,
        ("observational_model", "observational_study_design", older.OBSERVATIONAL_MODEL),
        ("time_perspective", "timing", older.TIME_PERSPECTIVE),
    ),
    *_rows(
        _DESIGN,
        _OBSERVED,
        ("bio_spec.retention", "biospecimen_retention", older.BIOSPEC),
        ("bio_spec.description", "biospecimen_description/textblock", markup),
        ("patient_registry", "patient_registry", yes_no),
    ),
    merged(f"{_DESIGN}.target_duration", *_OBSERVED, codec=duration),
    field(f"{_DESIGN}.enrollment_info.count", "enrollment", codec=integer),
    field(f"{_DESIGN}.enrollment_info.type", "enrollment_type", codec=older.ENROLLMENT),
)
PARTS = (
    field("protocol.outcomes.primary_outcomes", "primary_outcome", codec=each(OUTCOME)),
    field("protocol.outcomes.secondary_outcomes", "secondary_outcome", codec=each(OUTCOME)),
    field("protocol.outcomes.other_outcomes", "other_outcome", codec=each(OUTCOME)),
    field("protocol.conditions.conditions", "condition", codec=listed(text)),
    field("protocol.conditions.keywords", "keyword", codec=listed(text)),
    field("protocol.arms_interventions.arm_groups", "arm_group", codec=each(ARM)),
    field("protocol.arms_interventions.interventions", "intervention", codec=each(INTERVENTION)),
    *_rows(
        _ELIGIBILITY,
        ("eligibility",),
        ("study_population", "study_population/textblock", markup),
        ("sampling_method", "sampling_method", older.SAMPLING),
        ("eligibility_criteria", "criteria/textblock", markup),
        ("healthy_volunteers", "healthy_volunteers", yes_no),
        ("sex", "gender", older.SEX),
        ("gender_based", "gender_based", yes_no),
        ("gender_description", "gender_description/textblock", markup),
        ("minimum_age", "minimum_age", words.bound),
        ("maximum_age", "maximum_age", words.bound),
    ),
)
PLACES = (
    field(f"{_PLACES}.overall_officials", "overall_official", codec=each(OFFICIAL)),
    merged(
        f"{_PLACES}.central_contacts",
        codec=people.contacts(
            "overall_contact", "overall_contact_backup", "", CONTACT, INVESTIGATOR
        ),
        leaves=_OF_CONTACTS,
    ),
    field(f"{_PLACES}.locations", "location", codec=each(LOCATION)),
)
MORE = (
    *_rows(
        _SHARING,
        ("ipd_sharing_statement",),
        ("ipd_sharing", "sharing_ipd", words.SHARING),
        ("description", "ipd_description/textblock", markup),
        ("time_frame", "ipd_time_frame/textblock", markup),
        ("access_criteria", "ipd_access_criteria/textblock", markup),
        ("url", "ipd_url", text),
    ),
    merged(f"{_SHARING}.info_types", "ipd_sharing_statement", codec=info_types),
    field("protocol.references.see_also_links", "link", codec=each(LINK)),
    field(
        "protocol.references.references",
        "reference",
        codec=references,
        leaves=("*.pmid", "*.type", "*.citation"),
    ),
    field("protocol.references.avail_ipds", "study_document", codec=each(DOCUMENT)),
)
PROTOCOL: tuple[Field, ...] = (
    *IDENTIFICATION,
    *PARTIES,
    *STATUS,
    *DESIGN,
    *PARTS,
    *PLACES,
    *MORE,
)
