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
)
from trialbridge.mappings.odm.elements import (
    beside,
    code_of,
    complete_endpoint,
    described,
    description,
    each,
    measured,
    name_rows,
    named,
    words,
)
from trialbridge.mappings.odm.form.notes import note
from trialbridge.mappings.odm.form.rows import completed
from trialbridge.mappings.odm.parameters import (
    VALUE,
    Kind,
    cdisc,
    coded_list,
    coded_one,
    dated,
    one,
    parameter,
    several,
    stated,
    structs,
)
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.registry import PUBMED
from trialbridge.mappings.record.summary import FACTS, has_phase
from trialbridge.schemas.base import BASE
from trialbridge.schemas.terms import cdisc_codes as terms
from trialbridge.schemas.trial import (
    ArmGroup,
    Intervention,
    LargeDoc,
    Outcome,
    Reference,
    SecondaryIdInfo,
    SeeAlsoLink,
    Trial,
)

STUDY = ("Study", FIRST)
METADATA = (*STUDY, "MetaDataVersion", FIRST)
PROTOCOL = (*METADATA, "Protocol")

# As long as whatever a source has and the model does not know.
_ANY = 10_000_000
UNMAPPED = note("unmapped", ("json",), repeats=False, longest=_ANY)
"""What the model does not know of a record, as JSON."""

EMPTY_KIND = registry.code_system(
    "odm-empty-element",
    "What an empty element of a record is",
    {"object": "Object", "list": "List", "string": "Text"},
)
EMPTY_ELEMENT = note("emptyElements", ("place", "kind"), codes={"kind": EMPTY_KIND})
"""A `{}`, `[]` or `""` of a record: where it stood, and which it was."""


# --- identification and status ----------------------------------------------------------------

ORGANIZATION = "protocol.identification.organization"
ORG_STUDY_ID = "protocol.identification.org_study_id_info"


SECONDARY_ID = completed(
    record(
        SecondaryIdInfo,
        *below(
            (VALUE,),
            (
                field("id", "@Value", codec=words),
                merged("type", codec=beside(registry.SECONDARY_ID_TYPE)),
            ),
        ),
    )
)

IDENTIFICATION = (
    field("protocol.identification.nct_id", study.NCT_ID, VALUE, "@Value", codec=words),
    *below(
        (study.REGISTERED, VALUE),
        (
            field("registration.id", "@Value", codec=words),
            merged("registration.register", codec=study.register),
        ),
    ),
    # The name of a study is its title only where it is another than that of the protocol.
    also(
        field("protocol.identification.brief_title", *STUDY, "@StudyName", codec=study.study_name)
    ),
    one("protocol.identification.brief_title", study.BRIEF_TITLE),
    stated("TITLE"),
    one("protocol.identification.acronym", cdisc("acronym")),
    also(one(f"{ORG_STUDY_ID}.id", study.SPONSORS_ID)),
    field(f"{ORG_STUDY_ID}.id", *STUDY, "@ProtocolName", codec=study.protocol_name),
    among(
        "protocol.identification.secondary_id_infos",
        *study.SECONDARY_IDS,
        codec=each(SECONDARY_ID, study.SECONDARY_STEM),
    ),
    also(field("derived.misc_info.version_holder", *STUDY, "@VersionID", codec=study.data_date)),
)

STATUS = "protocol.status"

STATUS_ROWS = (
    field(f"{STATUS}.overall_status", *STUDY, "@Status", codec=study.study_status),
    *dated(FACTS["SSTDTC"].model, cdisc("SSTDTC")),
    *dated(FACTS["SENDTC"].model, cdisc("SENDTC")),
    stated("EXPARECN"),
    stated("EXPASTAT"),
)


# --- design -----------------------------------------------------------------------------------

DESIGN = "protocol.design"
INFO = f"{DESIGN}.design_info"
ACCESS = f"{DESIGN}.expanded_access_types"

STUDY_TYPE, BLINDING = parameter(cdisc("STYPE")), parameter(cdisc("TBLIND"))

DESIGN_ROWS = (
    stated("DMCIND"),
    stated("FDADRIND"),
    stated("FDADEIND"),
    stated("PDPSTIND"),
    merged(FACTS["STYPE"].model, STUDY_TYPE, VALUE, codec=study.study_type),
    field(f"{DESIGN}.phases", *PROTOCOL, "TrialPhase", "@Value", codec=parts.phase)._replace(
        when=has_phase
    ),
    study.expanded_access(ACCESS, "individual"),
    study.expanded_access(ACCESS, "treatment"),
    stated("RANDOM"),
    stated("INTMODEL"),
    field(
        f"{INFO}.intervention_model_description",
        *PROTOCOL,
        "StudyStructure",
        "Description",
        codec=description,
    ),
    stated("TINDTP"),
    merged(FACTS["TBLIND"].model, BLINDING, VALUE, codec=study.masking),
    one(f"{INFO}.masking_info.masking_description", cdisc("masking-description")),
    also(merged(f"{INFO}.masking_info.who_masked", BLINDING, VALUE, codec=study.observer)),
    several(
        f"{INFO}.masking_info.who_masked",
        cdisc("who-masked"),
        coded_list(terms.WHO_MASKED, registry.WHO_MASKED),
    ),
    stated("OBSMODEL"),
    stated("OBSTIMP"),
    stated("TRGFUDUR"),
    also(merged(f"{DESIGN}.patient_registry", STUDY_TYPE, VALUE, codec=study.patient_registry)),
    merged(
        f"{DESIGN}.bio_spec.retention",
        codec=parts.retention._replace(label="StudyParameter[@ShortName='BRIND' or 'BRDNAIND']"),
        home="official",
    ),
    stated("RTSPCDES"),
    merged(
        f"{DESIGN}.enrollment_info",
        codec=parts.enrollment._replace(label="StudyParameter[@ShortName='ACTSUB' or 'PLANSUB']"),
        home="official",
        leaves=("count", "type"),
        note="a count without a type, which is neither, in the registry form",
    ),
)


# --- texts, conditions, arms, interventions, outcomes -------------------------------------------

ARM_GROUP = completed(
    record(
        ArmGroup,
        *name_rows("label"),
        field("description", "Description", codec=description),
        coded_one("type", cdisc("arm-type"), terms.ARM_TYPE, registry.ARM_TYPE, of=None),
        among("intervention_names", *parts.RECEIVED.steps, codec=parts.received),
    )
)
INTERVENTION = completed(
    record(
        Intervention,
        field("name", "Description", codec=description),
        # Documents of ours had it beside the terms of the intervention, as if it were one.
        also(among("type", "Coding", codec=parts.intervention_type)),
        coded_one(
            "type", cdisc("INTTYPE"), terms.INTERVENTION_TYPE, registry.INTERVENTION_TYPE, of=None
        ),
        Field("", ("Coding",), parts.intervention_terms, many=True, home="none"),
        one("description", cdisc("intervention-description"), of=None),
        merged("arm_group_labels", codec=parts.arm_labels, write_always=True, home="ours"),
    )
)
OUTCOME = completed(
    record(
        Outcome,
        *name_rows("measure"),
        merged("description", codec=measured),
        one("time_frame", cdisc("time-frame"), of=None),
    )
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
    stated("KEYWORD"),
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
        note="a Coding of the condition that the term belongs to, else the registry form",
    ),
    merged(
        "derived.intervention_browse.meshes",
        *PROTOCOL,
        codec=parts.intervention_meshes._replace(
            label="StudyInterventions.StudyIntervention.Coding"
        ),
        leaves=("*.id", "*.term"),
        note="a Coding of the intervention that the term belongs to, else the registry form",
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
        note="one Criterion with its ConditionDef for each criterion; the whole text in the "
        "registry form where these alone do not give it back",
    ),
    stated("SEXPOP"),
    stated("AGEMIN"),
    stated("AGEMAX"),
    stated("HLTSUBJI"),
    field(
        f"{ELIGIBILITY}.study_population",
        *PROTOCOL,
        "StudyTargetPopulation",
        "Description",
        codec=description,
    ),
    stated("OBSTSMM"),
)


# --- references, documents and data -----------------------------------------------------------

REFERENCES = "protocol.references"
IPD = "protocol.ipd_sharing_statement"

REFERENCE = completed(
    record(
        Reference,
        field("citation", VALUE, "@Value", codec=words),
        also(merged("pmid", VALUE, codec=code_of(PUBMED))),
        one("pmid", cdisc("PUBMEDID"), of=None),
        merged("type", VALUE, codec=beside(registry.REFERENCE_TYPE)),
    )
)
SEE_ALSO_LINK = completed(
    record(
        SeeAlsoLink,
        field("url", VALUE, "@Value", codec=words),
        one("label", cdisc("URLSTDYD"), of=None),
    )
)
LARGE_DOCUMENT = completed(
    record(
        LargeDoc,
        field("label", "Title", codec=words),
        field("filename", "@xlink:href", codec=words)._replace(when=parts.is_file_name),
    )
)

REFERENCE_ROWS = (
    structs(f"{REFERENCES}.references", cdisc("CITNSTDY"), REFERENCE),
    structs(f"{REFERENCES}.see_also_links", cdisc("URLSTDY"), SEE_ALSO_LINK),
    one(f"{IPD}.description", cdisc("ipd-sharing-description")),
    among(
        "documents.large_document.large_docs",
        *METADATA,
        "Leaf",
        codec=each(LARGE_DOCUMENT, "LF", id_as="@ID", complete=parts.complete_leaf),
    ),
)


# Where others have parameters of the trial summary, and we the elements that say the same.
MEASURE = record(Outcome, field("measure", VALUE, "@Value", codec=words))


def _measures(model: str, kind: Kind) -> Field:
    return also(structs(f"protocol.outcomes.{model}", kind, MEASURE))


TREATMENT = record(Intervention, field("name", VALUE, "@Value", codec=words))

SUMMARY_ROWS = (
    also(structs("protocol.arms_interventions.interventions", cdisc("TRT"), TREATMENT)),
    also(stated("SPONSOR")),
    also(one(f"{DESIGN}.phases", cdisc("TPHASE"), parts.phase)),
    also(stated("INDIC")),
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
    )
)


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes."""
    rows = of_table(ODM, "ODM", BASE, "")
    rows.append(
        CoverageRow("/unmapped", f"ReferenceData.ItemGroupData[{UNMAPPED.group.oid}]", "ours")
    )
    return complete(rows, Trial)
