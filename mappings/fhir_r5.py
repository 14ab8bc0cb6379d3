"""Trial records as FHIR R5: what in the Bundle is what in the model.

One ResearchStudy, and what it refers to: https://hl7.org/fhir/R5/researchstudy.html
"""

import re
from collections.abc import Callable
from typing import Any

from trialbridge.mappings import arms, criteria, mesh
from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Mismatch,
    Node,
    Step,
    among,
    boolean,
    canonical,
    field,
    integer,
    item,
    merged,
    number,
    record,
    text,
    to,
)
from trialbridge.mappings.compiled import each
from trialbridge.mappings.fhir import (
    PHONE_EXTENSION,
    REGISTRATION,
    age,
    below,
    classified,
    coded_item,
    coding,
    codings,
    concept,
    concept_item,
    date_type,
    exact_coding,
    flag,
    has_code,
    has_url,
    is_of,
    of_code,
    one_of,
    ours,
    part,
    partial_date,
    registration,
    repeated,
    said,
    some_of,
    url_rows,
    worded,
)
from trialbridge.mappings.fhir_codes import (
    AGENCY_CLASS,
    ALLOCATION,
    ARM,
    ARTIFACT,
    ARTIFACT_CLASSIFIER,
    BIOSPEC_RETENTION,
    CHARACTERISTIC,
    CONTACT_ROLE,
    CTGOV,
    EXPANDED_ACCESS_STATUS,
    INTERVENTION_MODEL,
    INTERVENTION_TYPE,
    IPD_INFO_TYPE,
    IPD_SHARING,
    MASKING,
    MESH,
    MILESTONE,
    OBJECTIVE_TYPE,
    OBSERVATIONAL_MODEL,
    OFFICIAL_ROLE,
    ORG_STUDY_ID_TYPE,
    PARTY_ROLE,
    PHASE_EXACT,
    PHASES,
    PLAN_TYPE,
    PUBMED,
    PURPOSE,
    REFERENCE_TYPE,
    RELEVANCE,
    RESPONSIBLE_PARTY,
    SAMPLING_METHOD,
    SECONDARY_ID_TYPE,
    SEX,
    SITE_STATUS,
    STANDARD_AGE,
    STATUS,
    STUDY_PHASE,
    STUDY_STATUS,
    STUDY_TYPE,
    TIME_PERSPECTIVE,
    TITLE_TYPE,
    UNPOSTED_EVENT,
    USAGE_CONTEXT,
    VIOLATION_EVENT,
    WHO_MASKED,
)
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import (
    ArmGroup,
    AvailIpd,
    BrowseBranch,
    BrowseLeaf,
    Contact,
    DateStruct,
    EnrollmentInfo,
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


# --- identifiers and titles -------------------------------------------------------------------

NCT_ID = item(
    "use='official'",
    lambda node: node.get("system") == CTGOV and node.get("use") in (None, "official"),
    use="official",
    system=CTGOV,
)
ORG_STUDY_ID = item(use="usual")


def identifier(system: str) -> Codec[str]:
    """An identifier of one system."""

    def read(node: Any, names: Names) -> str | None:
        if node.__class__ is not dict:
            raise Mismatch(f"expected an Identifier, found {node!r:.60}")
        return text.read(node.get("value"), names) if node.get("system") == system else None

    return Codec(read, lambda value, names: {"system": system, "value": value})


def valued(**const: str) -> Codec[str]:
    """A text as the value of an Identifier with these members."""
    return Codec(
        lambda node, names: text.read(node.get("value"), names),
        lambda value, names: {**const, "value": value},
    )


SECONDARY_ID = record(
    SecondaryIdInfo,
    field("type", "type", codec=concept(SECONDARY_ID_TYPE)),
    field("id", "value"),
    field("domain", "assigner", "display"),
    *url_rows("link", ours("identifier-link", "Url")),
)

ORGANIZATION = "protocol.identification.organization"

IDENTIFICATION = (
    field("protocol.identification.nct_id", "identifier", NCT_ID, "value"),
    among(
        "protocol.identification.nct_id_aliases",
        "identifier",
        codec=some_of(
            valued(use="old", system=CTGOV),
            lambda node: node.get("use") == "old" and node.get("system") == CTGOV,
        ),
    ),
    *below(
        ("identifier", ORG_STUDY_ID),
        (
            field(
                "protocol.identification.org_study_id_info.type",
                "type",
                codec=concept(ORG_STUDY_ID_TYPE),
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
                codec=classified(AGENCY_CLASS),
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
                node.get("use") == "secondary"
                or (node.get("use") is None and node.get("system") != CTGOV)
            ),
        ),
    ),
    field("derived.misc_info.version_holder", "version"),
    field("protocol.identification.brief_title", "title"),
    field(
        "protocol.identification.official_title",
        "label",
        coded_item("type", TITLE_TYPE, "official"),
        "value",
    ),
    field(
        "protocol.identification.acronym",
        "label",
        coded_item("type", TITLE_TYPE, "acronym"),
        "value",
    ),
)


# --- arms and interventions -------------------------------------------------------------------

PLAN = (
    "protocol",
    FIRST,
    to("PlanDefinition", "protocol", type=of_code(PLAN_TYPE, "clinical-protocol"), **PUBLISHED),
)
ACTIVITY = canonical("resource", "ActivityDefinition", **PUBLISHED)

INTERVENTION = record(
    Intervention,
    *below(
        (ACTIVITY,),
        (
            merged(
                "arm_group_labels",
                codec=arms.labels,
                write_always=True,
                home="native",
                note="from the arms' actions in PlanDefinition.action; an extension of ours on "
                "the ActivityDefinition where the record's own list differs",
            ),
            field("name", "title"),
            field("description", "description"),
            among("type", "topic", codec=classified(INTERVENTION_TYPE)),
            among("other_names", "extension", codec=repeated(ours("other-name", "String"))),
        ),
    ),
)

ARM_GROUP = record(
    ArmGroup,
    field("intervention_names", "linkId", codec=arms.received, home="none"),
    field("label", "name"),
    field("type", "type", codec=concept(ARM)),
    field("description", "description"),
)


def _write_intervention_meshes(meshes: list[Mesh], names: Names) -> list[Node]:
    trial = names.trial
    assert trial is not None
    module = trial.protocol.arms_interventions if trial.protocol else None
    interventions = (module.interventions if module else None) or ()
    placed, alone = mesh.place(
        trial.derived.intervention_browse if trial.derived else None,
        [one.name for one in interventions],
        names,
    )
    for owner, found in placed.items():
        activity = names.index[f"ActivityDefinition/{names.named('intervention', owner)}"]
        activity["code"] = {"coding": found}
    return [{"concept": {"coding": [one]}} for one in alone]


def _read_intervention_meshes(focus: Any, names: Names) -> list[Mesh] | None:
    of_activities = [activity.get("code") for activity in names.of_type("ActivityDefinition")]
    return mesh.gather([*of_activities, *(one.get("concept") for one in focus or ())])


ARMS_INTERVENTIONS = (
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
        codec=arms.actions,
        leaves=("arm_groups.*.intervention_names",),
        note="an action for each arm (linkId of its comparisonGroup), in it an action for each "
        "intervention, whose definitionCanonical is the ActivityDefinition",
    ),
    among(
        "protocol.arms_interventions.arm_groups",
        "comparisonGroup",
        codec=each(ARM_GROUP, name="arm", id_as="linkId", required="name"),
    ),
    among(
        "derived.intervention_browse.meshes",
        "focus",
        codec=Codec(_read_intervention_meshes, _write_intervention_meshes),
        read_always=True,
        leaves=("*.id", "*.term"),
        home="native",
        note="Codings of the ActivityDefinition.code of the intervention that the term belongs "
        "to, else of a ResearchStudy.focus",
    ),
)


# --- design ------------------------------------------------------------------------------------

MODEL = concept_item(INTERVENTION_MODEL)
MASKED = concept_item(MASKING)
BIOSPEC = concept_item(BIOSPEC_RETENTION)
DESIGN = "protocol.design"
INFO = f"{DESIGN}.design_info"

_PHASE_BACK = {code: list(phases) for phases, code in PHASES.items()}


def _write_phases(phases: list[str], names: Names) -> Node:
    standard = PHASES.get(tuple(phases))
    return {
        "coding": [
            *([{"system": STUDY_PHASE, "code": standard}] if standard else ()),
            *(exact_coding(PHASE_EXACT, phase) for phase in phases),
        ]
    }


def _read_phases(node: Any, names: Names) -> list[str] | None:
    standard = None
    exact = []
    for one in node.get("coding", ()):
        if one.get("system") == PHASE_EXACT.url:
            if one.get("code") not in PHASE_EXACT.codes:
                raise Mismatch(f"{one.get('code')!r} is not one of {', '.join(PHASE_EXACT.codes)}")
            exact.append(one["code"])
        elif one.get("system") in (
            STUDY_PHASE,
            "http://terminology.hl7.org/CodeSystem/research-study-phase",
        ):
            standard = one.get("code")
    if standard is not None and standard not in _PHASE_BACK:
        raise Mismatch(f"{standard!r} is not one of {', '.join(_PHASE_BACK)}")
    if exact and (standard is None or PHASES.get(tuple(exact)) == standard):
        return exact
    if standard is not None and exact:
        names.warnings.append(
            (
                "codes-disagree",
                f"{standard!r} of {STUDY_PHASE} and {exact!r} of {PHASE_EXACT.url} disagree: "
                f"read as {_PHASE_BACK[standard]!r}",
            )
        )
    return _PHASE_BACK[standard] if standard else None


phases: Codec[list[str]] = Codec(_read_phases, _write_phases, (PHASE_EXACT,))
"""The phases as one code, phase-1-phase-2 for two, and the registry's own code for each."""


def _write_enrollment(value: EnrollmentInfo, names: Names) -> Node | None:
    node: Node = {}
    if value.count is not None and value.type is not None:
        node["actualNumber" if value.type == "ACTUAL" else "targetNumber"] = value.count
    elif value.count is not None:
        node["extension"] = [{"url": ENROLLMENT_COUNT.url, "valueUnsignedInt": value.count}]
    elif value.type is not None:
        node["extension"] = [{"url": ENROLLMENT_TYPE.url, "valueCode": value.type}]
    else:
        names.odd = True
    return node or None


def _read_enrollment(node: Node, names: Names) -> EnrollmentInfo | None:
    for member, type_ in (("actualNumber", "ACTUAL"), ("targetNumber", "ESTIMATED")):
        if member in node:
            return EnrollmentInfo(count=integer.read(node[member], names), type=type_)  # type: ignore[arg-type]
    for extension in node.get("extension", ()):
        if extension.get("url") == ENROLLMENT_COUNT.url:
            return EnrollmentInfo(count=integer.read(extension.get("valueUnsignedInt"), names))
        if extension.get("url") == ENROLLMENT_TYPE.url:
            return EnrollmentInfo(type=extension.get("valueCode"))
    return None


ENROLLMENT_COUNT = ours("enrollment-count", "UnsignedInt")
ENROLLMENT_TYPE = ours("enrollment-type", "Code")

DESIGN_ROWS = (
    field(f"{INFO}.primary_purpose", "primaryPurposeType", codec=concept(PURPOSE)),
    field(f"{DESIGN}.phases", "phase", codec=phases),
    among(f"{DESIGN}.study_type", "studyDesign", codec=classified(STUDY_TYPE)),
    among(f"{INFO}.allocation", "studyDesign", codec=classified(ALLOCATION)),
    field(
        f"{INFO}.intervention_model",
        "studyDesign",
        MODEL,
        "coding",
        codec=codings(INTERVENTION_MODEL),
    ),
    field(f"{INFO}.intervention_model_description", "studyDesign", MODEL, "text"),
    field(f"{INFO}.masking_info.masking", "studyDesign", MASKED, "coding", codec=codings(MASKING)),
    field(f"{INFO}.masking_info.masking_description", "studyDesign", MASKED, "text"),
    among(
        f"{INFO}.masking_info.who_masked",
        "studyDesign",
        codec=some_of(concept(WHO_MASKED), is_of(WHO_MASKED)),
    ),
    among(f"{INFO}.observational_model", "studyDesign", codec=classified(OBSERVATIONAL_MODEL)),
    among(f"{INFO}.time_perspective", "studyDesign", codec=classified(TIME_PERSPECTIVE)),
    among("protocol.eligibility.sampling_method", "studyDesign", codec=classified(SAMPLING_METHOD)),
)


# --- conditions and texts ---------------------------------------------------------------------


def _write_conditions(conditions: list[str], names: Names) -> list[Node]:
    placed, _ = _condition_meshes(names)
    nodes: list[Node] = []
    for position, condition in enumerate(conditions):
        if not condition:
            names.odd = True
        elif position in placed:
            nodes.append({"coding": placed[position], "text": condition})
        else:
            nodes.append({"text": condition})
    return nodes


def _read_conditions(nodes: Any, names: Names) -> list[str] | None:
    found = []
    for node in nodes:
        words = said(node)
        # A Coding of MeSH without words is a term of the derived section alone.
        is_mesh = any(one.get("system") == MESH for one in node.get("coding", ()))
        if words is not None and ("text" in node or not is_mesh):
            found.append(words)
    return found or None


def _condition_meshes(names: Names) -> tuple[dict[int, list[Node]], list[Node]]:
    if "conditions" not in names.memo:
        trial = names.trial
        assert trial is not None
        module = trial.protocol.conditions if trial.protocol else None
        names.memo["conditions"] = mesh.place(
            trial.derived.condition_browse if trial.derived else None,
            (module.conditions if module else None) or (),
            names,
        )
    found: tuple[dict[int, list[Node]], list[Node]] = names.memo["conditions"]
    return found


CONDITION_ROWS = (
    among(
        "protocol.conditions.conditions",
        "condition",
        codec=Codec(_read_conditions, _write_conditions),
    ),
    among(
        "derived.condition_browse.meshes",
        "condition",
        codec=Codec(
            lambda nodes, names: mesh.gather(nodes),
            lambda meshes, names: [{"coding": [one]} for one in _condition_meshes(names)[1]],
        ),
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
        has_code(MILESTONE.url, code, "state"),
        state={
            "coding": [
                {"system": STUDY_STATUS, "code": "overall-study"},
                exact_coding(MILESTONE, code),
            ]
        },
    )


milestone_type: Codec[str] = date_type._replace(systems=(MILESTONE,))
OVERALL = concept_item(STATUS, "state", "state of the study")


def _registered(model: str, activity: str, end: str, struct: type | None = None) -> Field:
    return among(
        f"protocol.status.{model}",
        "extension",
        codec=registration(activity, end, struct),
        leaves=("date", "type") if struct else (),
        home="official",
        note=f"{REGISTRATION.rpartition('/')[2]} with activity {activity}",
    )


STATUS_ROWS = (
    field(f"{START}.date", "period", "start", codec=partial_date),
    field(f"{COMPLETION}.date", "period", "end", codec=partial_date),
    field("protocol.status.overall_status", "progressStatus", OVERALL, "state", codec=concept(STATUS)),
    field(
        "protocol.status.last_known_status",
        "progressStatus",
        OVERALL,
        ours("last-known-status", "Coding"),
        codec=coding(STATUS),
    ),
    field(
        f"{START}.type", "progressStatus", _milestone("start"), "actual", codec=milestone_type
    ),
    field(
        f"{COMPLETION}.type",
        "progressStatus",
        _milestone("completion"),
        "actual",
        codec=milestone_type,
    ),
    field("protocol.status.why_stopped", "whyStopped", "text"),
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
    field("role", "purpose", codec=concept(CONTACT_ROLE)),
    field("phone", "telecom", PHONE := item(system="phone"), "value"),
    field("phone_ext", "telecom", PHONE, PHONE_EXTENSION),
    field("email", "telecom", item(system="email"), "value"),
)

ROLE = to("PractitionerRole")

CENTRAL_CONTACT = record(Contact, *below(("party", ROLE, "contact", FIRST), CONTACT_ROWS))

OFFICIAL = record(
    Official,
    field("role", "role", codec=concept(OFFICIAL_ROLE)),
    field("name", "party", ROLE, "practitioner", to("Practitioner"), "name", FIRST, "text"),
    field("affiliation", "party", ROLE, "organization", to("Organization"), "name"),
)

SPONSOR_ROWS = (
    among("class_", "classifier", codec=classified(AGENCY_CLASS)),
    field("name", "party", to("Organization"), "name"),
)
SPONSOR = record(Sponsor, *SPONSOR_ROWS)

LEAD = "protocol.sponsor_collaborators.lead_sponsor"
LEAD_SPONSOR = coded_item("role", PARTY_ROLE, "lead-sponsor")
PARTY = "protocol.sponsor_collaborators.responsible_party"
RESPONSIBLE = concept_item(RESPONSIBLE_PARTY, "role", "responsible party")._replace(
    mine=lambda node: any(
        one.get("system") == RESPONSIBLE_PARTY.exact.url  # type: ignore[union-attr]
        or (one.get("system") == PARTY_ROLE and one.get("code") == "sponsor-investigator")
        for one in (node.get("role") or {}).get("coding", ())
    )
)
_RESPONSIBLE_ROLE = to("PractitionerRole", "responsible-party")

_is_official = is_of(OFFICIAL_ROLE, "role")

PARTY_ROWS = (
    field(f"{LEAD}.name", "associatedParty", LEAD_SPONSOR, "party", to("Organization", "lead-sponsor"), "name"),
    among(
        f"{LEAD}.class_",
        "associatedParty",
        LEAD_SPONSOR,
        "classifier",
        codec=classified(AGENCY_CLASS),
    ),
    among(
        "protocol.sponsor_collaborators.collaborators",
        "associatedParty",
        codec=each(
            SPONSOR,
            name="collaborator",
            const={"role": of_code(PARTY_ROLE, "collaborator")},
            mine=has_code(PARTY_ROLE, "collaborator", "role"),
        ),
    ),
    *below(
        ("associatedParty", RESPONSIBLE),
        (
            field(f"{PARTY}.type", "role", codec=concept(RESPONSIBLE_PARTY)),
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
            field(
                f"{PARTY}.investigator_title", "party", _RESPONSIBLE_ROLE, "code", FIRST, "text"
            ),
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
            const={"role": of_code(PARTY_ROLE, "general-contact")},
            mine=has_code(PARTY_ROLE, "general-contact", "role"),
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
    field("status", ours("site-status", "Coding"), codec=coding(SITE_STATUS)),
)

SITE_ROWS = (
    among("protocol.contacts_locations.locations", "site", codec=each(SITE, name="site")),
)


# --- classifiers -------------------------------------------------------------------------------


def _flagged(model: str, name: str) -> Field:
    return among(model, "classifier", codec=flag(name))


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
        codec=some_of(concept(STANDARD_AGE), is_of(STANDARD_AGE)),
    ),
    field(
        f"{DESIGN}.bio_spec.retention",
        "classifier",
        BIOSPEC,
        "coding",
        codec=codings(BIOSPEC_RETENTION),
    ),
    field(f"{DESIGN}.bio_spec.description", "classifier", BIOSPEC, "text"),
    among(
        "protocol.ipd_sharing_statement.ipd_sharing", "classifier", codec=classified(IPD_SHARING)
    ),
)


# --- eligibility -------------------------------------------------------------------------------


def _characteristic(system: str, code: str) -> Step:
    display = CHARACTERISTIC.codes.get(code) if system == CHARACTERISTIC.url else None
    return item(
        f"code='{code}'",
        has_code(system, code, "code"),
        code=of_code(system, code, display),
        exclude=False,
    )


GENDER_CHARACTERISTIC = _characteristic(USAGE_CONTEXT, "gender")
AGE_CHARACTERISTIC = _characteristic(USAGE_CONTEXT, "age")
_CRITERION = of_code(CHARACTERISTIC.url, "criterion", CHARACTERISTIC.codes["criterion"])
_is_criterion = has_code(CHARACTERISTIC.url, "criterion", "code")
CRITERIA_DIGEST = ours("criteria-digest", "String")


def _write_criteria(words: str, names: Names) -> Node:
    pieces = criteria.split(words)
    node: Node = {"description": words}
    if pieces:
        node["extension"] = [{"url": CRITERIA_DIGEST.url, "valueString": criteria.digest(words)}]
        node["characteristic"] = [
            {
                "code": _CRITERION,
                "valueCodeableConcept": {"text": piece.words},
                "exclude": piece.exclude,
            }
            for piece in pieces
        ]
    return node


def _read_criteria(group: Node, names: Names) -> str | None:
    words = group.get("description")
    if words is not None:
        words = text.read(words, names)
    pieces = []
    for node in group.get("characteristic", ()):
        if node.__class__ is dict and _is_criterion(node):
            value = said(node.get("valueCodeableConcept"))
            if value is not None:
                pieces.append((value, node.get("exclude") is True))
    before = [piece.said for piece in criteria.split(words)] if words else []
    if pieces == before:
        return words
    digest = next(
        (
            extension.get("valueString")
            for extension in group.get("extension", ())
            if extension.get("url") == CRITERIA_DIGEST.url
        ),
        None,
    )
    if words is not None and digest is not None and digest != criteria.digest(words):
        names.warnings.append(
            (
                "criteria-disagree",
                "Group.description was edited and its characteristics were not, or otherwise: "
                "the description is read",
            )
        )
        return words
    return criteria.join(words or "", pieces)


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
        codec=Codec(_read_enrollment, _write_enrollment),
        leaves=("count", "type"),
        home="native",
        note="actualNumber or targetNumber by the type; a count without a type, which neither "
        "says, in an extension of ours",
    ),
    merged(
        f"{ELIGIBILITY}.eligibility_criteria",
        *GROUP,
        codec=Codec(_read_criteria, _write_criteria),
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
                codec=codings(SEX),
            ),
            field(
                f"{ELIGIBILITY}.gender_description",
                GENDER_CHARACTERISTIC,
                "valueCodeableConcept",
                "text",
            ),
            field(
                f"{ELIGIBILITY}.gender_based",
                _characteristic(CHARACTERISTIC.url, "gender-based"),
                "valueBoolean",
                codec=boolean._replace(systems=(CHARACTERISTIC,)),
            ),
            field(f"{ELIGIBILITY}.minimum_age", AGE_CHARACTERISTIC, "valueRange", "low", codec=age),
            field(f"{ELIGIBILITY}.maximum_age", AGE_CHARACTERISTIC, "valueRange", "high", codec=age),
            field(
                f"{ELIGIBILITY}.healthy_volunteers",
                _characteristic(CHARACTERISTIC.url, "healthy-volunteers"),
                "valueBoolean",
                codec=boolean,
            ),
            field(
                f"{ELIGIBILITY}.study_population",
                _characteristic(CHARACTERISTIC.url, "study-population"),
                "valueCodeableConcept",
                "text",
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


_primary = has_code(OBJECTIVE_TYPE, "primary", "type")
_secondary = has_code(OBJECTIVE_TYPE, "secondary", "type")

OUTCOME_ROWS = (
    _outcomes("primary", of_code(OBJECTIVE_TYPE, "primary"), _primary),
    _outcomes("secondary", of_code(OBJECTIVE_TYPE, "secondary"), _secondary),
    # "Other pre-specified" does not say exploratory, so it has no code of the standard.
    _outcomes(
        "other",
        {"text": "Other pre-specified"},
        lambda node: not _primary(node) and not _secondary(node),
    ),
)


# --- references, documents and data -----------------------------------------------------------


def _of_artifact(code: str) -> Callable[[Node], bool]:
    return has_code(ARTIFACT.url, code, "classifier")


def _artifact(code: str) -> Node:
    return of_code(ARTIFACT.url, code, ARTIFACT.codes[code])


words_alone: Codec[str] = one_of(
    Codec(lambda node, names: said(node), lambda value, names: {"text": value}, (ARTIFACT,)),
    lambda node: "coding" not in node,
)

REFERENCE = record(
    Reference,
    among("type", "classifier", codec=classified(REFERENCE_TYPE)),
    field("citation", "citation"),
    field("pmid", "resourceReference", "identifier", codec=identifier(PUBMED)),
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
    field("label", "display"),
    *url_rows("url", "document", "url"),
)
AVAILABLE_IPD = record(
    AvailIpd,
    among("type", "classifier", codec=words_alone),
    field("comment", "display"),
    *url_rows("url", "document", "url"),
    field("id", "resourceReference", "identifier", "value"),
)

_MINUTES = ours("upload-time", "Time")


def _write_upload(value: str, names: Names) -> Node:
    date, _, time = value.partition("T")
    return {
        "publicationDate": date,
        "_publicationDate": {"extension": [{"url": _MINUTES.url, "valueTime": f"{time}:00"}]},
    }


def _read_upload(node: Node, names: Names) -> str | None:
    date = node.get("publicationDate")
    if date is None:
        return None
    for extension in (node.get("_publicationDate") or {}).get("extension", ()):
        if extension.get("url") == _MINUTES.url:
            time = extension.get("valueTime")
            if time.__class__ is not str or not re.fullmatch(r"\d\d:\d\d(:\d\d)?", time):
                raise Mismatch(f"{time!r} is not a FHIR time (hh:mm:ss)")
            return f"{partial_date.read(date, names)}T{time[:5]}"
    names.warnings.append(("no-upload-time", f"publicationDate {date!r} has no time of day"))
    return None


def _read_size(value: Any, names: Names) -> int:
    if value.__class__ is int:
        return int(value)
    if value.__class__ is not str or not re.fullmatch(r"0|[1-9]\d*", value):
        raise Mismatch(f"{value!r} is not a whole number")
    return int(value)


# JSON has integer64 as a string. https://hl7.org/fhir/R5/json.html#primitive
size: Codec[int] = Codec(_read_size, lambda value, names: str(value))

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
        codec=Codec(_read_upload, _write_upload),
        home="native",
        note="RelatedArtifact.publicationDate, the time of day in an extension of ours on it",
    ),
)
RELATED_TRIAL = record(
    RelatedTrial,
    among("status", "classifier", codec=classified(STATUS)),
    among(
        "phases",
        "classifier",
        codec=one_of(
            phases,
            lambda node: any(
                one.get("system") in (STUDY_PHASE, PHASE_EXACT.url)
                for one in node.get("coding", ())
            ),
        ),
    ),
    field("title", "display"),
    field("nct_id", "resourceReference", "identifier", codec=identifier(CTGOV)),
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
                "classifier": [of_code(ARTIFACT_CLASSIFIER, "webpage")],
            },
            mine=has_code(ARTIFACT_CLASSIFIER, "webpage", "classifier"),
        ),
    ),
    _artifacts("protocol.references.avail_ipds", "available-ipd", "documentation", AVAILABLE_IPD),
    _artifacts(
        "documents.large_document.large_docs", "large-document", "documentation", LARGE_DOCUMENT
    ),
    _artifacts("page.related_trials", "related-trial", "similar-to", RELATED_TRIAL),
)


# --- what FHIR has no place for ---------------------------------------------------------------


def _parts(model: str, extension: str, **kinds: Any) -> tuple[Field, ...]:
    """Attributes of a struct as the parts of one extension: name = (kind, codec) or kind."""
    rows = []
    for name, kind in kinds.items():
        kind, codec = kind if isinstance(kind, tuple) else (kind, text)
        rows.append(
            field(f"{model}.{name}", ours(extension), part(name.replace("_", "-"), kind), codec=codec)
        )
    return tuple(rows)


def _listed(model: str, extension: str, type_: Any, **kinds: Any) -> Field:
    """A list of structs as an extension each."""
    return among(
        model, "extension", codec=_complex(ours(extension).url, type_, **kinds), home="ours"
    )


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
            field(code, "valueCoding", "code"),
            field(display, "valueCoding", "display"),
            merged("", "valueCoding", codec=Codec(lambda node, names: None, lambda value, names: {"system": system}), home="none"),
        ),
        const={"url": url},
        mine=has_url(url),
    )


DATE = ("Date", partial_date)
IPD = ours("ipd-sharing")
SUBMISSIONS = ours("submission-tracking")
UNPOSTED = ours("unposted-annotation")


def _browse(kind: str) -> tuple[Field, ...]:
    model = f"derived.{kind}_browse"
    branch = f"{kind}-browse-branch"
    return (
        among(
            f"{model}.ancestors",
            "extension",
            codec=_as_coding(Mesh, ours(f"{kind}-ancestor").url, MESH, "id", "term"),
            home="ours",
        ),
        _listed(
            f"{model}.browse_leaves",
            f"{kind}-browse-leaf",
            BrowseLeaf,
            id="String",
            name="String",
            as_found="String",
            relevance=("Coding", coding(RELEVANCE)),
        ),
        _listed(f"{model}.browse_branches", branch, BrowseBranch, abbrev="String", name="String"),
    )


EXTENSION_ROWS = (
    field("page.conditions_line", ours("conditions-line", "String")),
    *_parts(
        "protocol.status.expanded_access_info",
        "expanded-access-record",
        nct_id="String",
        status_for_nct_id=("Coding", coding(EXPANDED_ACCESS_STATUS)),
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
        description="Markdown",
        time_frame="Markdown",
        access_criteria="Markdown",
    ),
    among(
        "protocol.ipd_sharing_statement.info_types",
        *IPD.steps,
        "extension",
        codec=repeated(part("info-type", "Coding"), coding(IPD_INFO_TYPE)),
        home="ours",
    ),
    *url_rows("protocol.ipd_sharing_statement.url", IPD, part("url", "Url")),
    among(
        "derived.misc_info.removed_countries",
        "extension",
        codec=repeated(ours("removed-country", "String")),
        home="ours",
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
        home="ours",
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
            type=("Coding", coding(UNPOSTED_EVENT)),
            date=DATE,
            date_unknown=("Boolean", boolean),
        ),
        home="ours",
    ),
    _listed(
        "annotation.annotation.violation_annotation.violation_events",
        "violation-event",
        ViolationEvent,
        type=("Coding", coding(VIOLATION_EVENT)),
        description="String",
        creation_date=DATE,
        issued_date=DATE,
        release_date=DATE,
        posted_date=DATE,
    ),
)

STUDY_ROWS: tuple[Field, ...] = (
    *IDENTIFICATION,
    *ARMS_INTERVENTIONS,
    *ARTIFACT_ROWS,
    *DESIGN_ROWS,
    *CONDITION_ROWS,
    *STATUS_ROWS,
    *SITE_ROWS,
    *CLASSIFIER_ROWS,
    *PARTY_ROWS,
    *ELIGIBILITY_ROWS,
    *OUTCOME_ROWS,
    *EXTENSION_ROWS,
)

STUDY = record(Trial, *STUDY_ROWS)


