"""Trial records as CDISC USDM 4.0: what in the document is what in the model.

One Study of one StudyVersion with one design, by CDISC's own mapping from ClinicalTrials.gov
(`Documents/Mappings/ct-gov_mapping.xlsx` of https://github.com/cdisc-org/DDF-RA). Two rows differ
from it: the primary purpose is an intent, since its codes are those of that list (C66736) and not
of subtypes (C66739), and the description of an outcome is that of the end point.
"""

from typing import Any, Final

from trialbridge.mappings.codec import (
    FIRST,
    Codec,
    Field,
    Item,
    Node,
    Record,
    Step,
    also,
    among,
    attribute_type,
    boolean,
    derived,
    field,
    item,
    merged,
    record,
)
from trialbridge.mappings.compiled import each
from trialbridge.mappings.coverage import (
    CoverageRow,
    complete,
    json_pointer,
    of_table,
    pattern,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.usdm import design, parties, terms
from trialbridge.mappings.usdm.apart import INTERVENTIONAL, OBSERVATIONAL
from trialbridge.mappings.usdm.extensions import extra, others
from trialbridge.mappings.usdm.terms import code, said, xhtml
from trialbridge.schemas.base import BASE
from trialbridge.schemas.once import once
from trialbridge.schemas.terms import concepts
from trialbridge.schemas.trial import ArmGroup, Intervention, Location, Outcome, Trial

STUDY: Final[tuple[Step, ...]] = ("study",)
VERSION: Final[tuple[Step, ...]] = ("study", "versions", FIRST)
DESIGN: Final[tuple[Step, ...]] = (*VERSION, "studyDesigns", FIRST)
POPULATION: Final[tuple[Step, ...]] = (*DESIGN, "population")

IDENTIFICATION = "protocol.identification"
DESIGN_INFO = "protocol.design.design_info"
ELIGIBILITY = "protocol.eligibility"

# --- titles ------------------------------------------------------------------------------------

# C207419, and codes that others have for the same.
_BRIEF: Final = code(concepts.TITLE_TYPE.terms["brief_title"].code)
_OFFICIAL: Final = code(concepts.TITLE_TYPE.terms["official_title"].code)
# CDISC's packages have this code for an acronym, and its rule engine wants it (DDF00146). The list
# that came with USDM 4.0, the mappings and CDISC's examples have the other.
_ACRONYM: Final = code(concepts.TITLE_TYPE.terms["acronym"].code)
_ACRONYM_ELSEWHERE: Final = "C94108"
_PUBLIC: Final = code("C207617", "Public Study Title")
_SCIENTIFIC: Final = code("C207618", "Scientific Study Title")


def _title(type_: Node, *other: str) -> Item:
    known = {type_["code"], *other}
    word = type_["decode"].casefold()

    def mine(node: Node) -> bool:
        found, decode = said(node.get("type") or {})
        return found in known or decode.casefold() == word

    return item(label=f"type='{type_['decode']}'", mine=mine, type=type_)


_TITLES: Final[tuple[Step, ...]] = (*VERSION, "titles")

TITLES = (
    also(field(f"{IDENTIFICATION}.brief_title", *_TITLES, _title(_PUBLIC), "text")),
    field(f"{IDENTIFICATION}.brief_title", *_TITLES, _title(_BRIEF), "text"),
    also(field(f"{IDENTIFICATION}.official_title", *_TITLES, _title(_SCIENTIFIC), "text")),
    field(f"{IDENTIFICATION}.official_title", *_TITLES, _title(_OFFICIAL), "text"),
    field(
        f"{IDENTIFICATION}.acronym",
        *_TITLES,
        _title(_ACRONYM, _ACRONYM_ELSEWHERE),
        "text",
    ),
)

# --- identifiers and parties -------------------------------------------------------------------

_IDS: Final[tuple[Step, ...]] = (*VERSION, "studyIdentifiers")
_ROLES: Final[tuple[Step, ...]] = (*VERSION, "roles")
SPONSORS = "protocol.sponsor_collaborators"

PARTIES = (
    among(f"{IDENTIFICATION}.nct_id", *_IDS, codec=parties.nct_id, home="native"),
    derived(among("registration.id", *_IDS, codec=parties.registration_id)),
    among(
        f"{IDENTIFICATION}.org_study_id_info.id", *_IDS, codec=parties.org_study_id, home="native"
    ),
    among(
        f"{IDENTIFICATION}.secondary_id_infos",
        *_IDS,
        codec=parties.secondary_ids,
        leaves=("*.id", "*.type", "*.domain", "*.link"),
        home="native",
        note="its type and its link by extension attributes",
    ),
    among(
        f"{SPONSORS}.lead_sponsor",
        *_ROLES,
        codec=parties.lead_sponsor,
        leaves=("name", "class_"),
        home="native",
        note="its class by an extension attribute",
    ),
    among(
        f"{SPONSORS}.collaborators",
        *_ROLES,
        codec=parties.collaborators,
        leaves=("*.name", "*.class_"),
        home="native",
        note="its class by an extension attribute",
    ),
    among(
        "protocol.contacts_locations.overall_officials",
        *_ROLES,
        codec=parties.officials,
        leaves=("*.name", "*.affiliation", "*.role"),
        home="native",
    ),
    among(
        f"{DESIGN_INFO}.masking_info.who_masked", *_ROLES, codec=parties.who_masked, home="native"
    ),
)

_DESCRIBED = f"{DESIGN_INFO}.masking_info.masking_description"


def _masking_description() -> Field:
    """The description where nobody is named as masked, whose masking would have it."""
    row = extra(Trial, _DESCRIBED, *DESIGN)
    written = row.codec.write

    def write(text: str, names: Names) -> Any:
        return [] if parties.has_masked(names) else written(text, names)

    return row._replace(
        codec=row.codec._replace(write=write), note="where nobody is named as masked"
    )


MASKING = (
    _masking_description(),
    among(_DESCRIBED, *_ROLES, codec=parties.masking_description, home="native"),
    merged(f"{DESIGN_INFO}.masking_info.masking", *DESIGN, codec=design.masking, home="native"),
)

# --- design ------------------------------------------------------------------------------------


def _of_class(
    model: str, member: str, class_: str, codec: Codec[Any], many: bool = False
) -> tuple[Field, Field]:
    """A member of one class of designs; on the other an extension attribute."""
    row = extra(Trial, model, *DESIGN)
    return (
        row._replace(
            codec=design.elsewhere(row.codec, class_), note=f"where the design is no {class_}"
        ),
        merged(
            model,
            *DESIGN,
            codec=design.on_class(member, codec, class_, many=many),
            home="native",
        ),
    )


_PHASES = "protocol.design.phases"
_ALLOCATION = f"{DESIGN_INFO}.allocation"

DESIGN_ROWS = (
    field("protocol.description.brief_summary", *STUDY, "description"),
    field("protocol.design.study_type", *DESIGN, "studyType", codec=terms.STUDY_TYPE),
    extra(Trial, _PHASES, *DESIGN)._replace(
        when=lambda phases: not design.has_phase(phases), note="where CDISC has no term for them"
    ),
    field(_PHASES, *DESIGN, "studyPhase", codec=design.phase)._replace(when=design.has_phase),
    extra(Trial, _ALLOCATION, *DESIGN)._replace(
        when=lambda value: value != "RANDOMIZED", note="where it is not randomized"
    ),
    among(_ALLOCATION, *DESIGN, "characteristics", codec=design.allocation, home="native")._replace(
        when=lambda value: value == "RANDOMIZED"
    ),
    *_of_class(
        f"{DESIGN_INFO}.intervention_model", "model", INTERVENTIONAL, terms.INTERVENTION_MODEL
    ),
    *_of_class(
        f"{DESIGN_INFO}.observational_model", "model", OBSERVATIONAL, terms.OBSERVATIONAL_MODEL
    ),
    *_of_class(
        f"{DESIGN_INFO}.time_perspective",
        "timePerspective",
        OBSERVATIONAL,
        terms.TIME_PERSPECTIVE,
    ),
    *_of_class(
        f"{DESIGN_INFO}.primary_purpose",
        "intentTypes",
        INTERVENTIONAL,
        terms.PRIMARY_PURPOSE,
        many=True,
    ),
    *_of_class(
        f"{ELIGIBILITY}.sampling_method", "samplingMethod", OBSERVATIONAL, terms.SAMPLING_METHOD
    ),
    *MASKING,
    among(
        "protocol.design.bio_spec",
        *DESIGN,
        "biospecimenRetentions",
        codec=design.specimens,
        leaves=("retention", "description"),
        home="native",
    ),
    merged(
        "protocol.design.enrollment_info",
        *POPULATION,
        codec=design.enrollment,
        leaves=("count", "type"),
        home="native",
        note="what was enrolled, and which of the two it is, by extension attributes",
    ),
    among(
        "protocol.conditions.conditions",
        *DESIGN,
        "indications",
        codec=design.conditions,
        home="native",
    ),
)

# --- arms and interventions --------------------------------------------------------------------

_ARMS = "/protocolSection/armsInterventionsModule"
_GROUPS, _INTERVENTIONS = f"{_ARMS}/armGroups", f"{_ARMS}/interventions"

ARM_ROWS = (
    also(field("label", "name")),
    field("label", "label"),
    field("type", "type", codec=terms.ARM_TYPE),
    field("description", "description"),
    merged("intervention_names", codec=design.received, home="native"),
)
ARM = record(ArmGroup, *ARM_ROWS, *others(ArmGroup, ARM_ROWS, prefix=_GROUPS))

INTERVENTION_ROWS = (
    also(field("name", "name")),
    field("name", "label"),
    field("type", "type", codec=terms.INTERVENTION_TYPE),
    field("description", "description"),
    merged("arm_group_labels", codec=design.labels, home="native", write_always=True),
)
INTERVENTION = record(
    Intervention,
    *INTERVENTION_ROWS,
    *others(Intervention, INTERVENTION_ROWS, prefix=_INTERVENTIONS),
)

ARMS = (
    among(
        "protocol.arms_interventions.arm_groups",
        *DESIGN,
        "arms",
        codec=each(ARM, name=design.ARM, id_as="id"),
    ),
    among(
        "protocol.arms_interventions.interventions",
        *VERSION,
        "studyInterventions",
        codec=each(INTERVENTION, name=design.INTERVENTION, id_as="id"),
    ),
)

# --- outcomes ----------------------------------------------------------------------------------

LEVELS: Final = {
    "primary": (code("C85826", "Primary Objective"), code("C94496", "Primary Endpoint")),
    "secondary": (code("C85827", "Secondary Objective"), code("C139173", "Secondary Endpoint")),
    "other": (code("C163559", "Exploratory Objective"), code("C170559", "Exploratory Endpoint")),
}
"""The level of an objective and that of its end points, by the kind of outcome."""


def _outcomes(kind: str) -> Field:
    objective, endpoint = LEVELS[kind]
    rows = (field("measure", "text", codec=xhtml), field("description", "description"))
    table: Record = record(
        Outcome,
        *rows,
        *others(Outcome, rows, prefix=f"/protocolSection/outcomesModule/{kind}Outcomes"),
    )
    wanted = objective["code"]
    step = item(
        label=f"level='{objective['decode']}'",
        mine=lambda node: said(node.get("level") or {})[0] == wanted,
        level=objective,
    )
    return among(
        f"protocol.outcomes.{kind}_outcomes",
        *DESIGN,
        "objectives",
        step,
        "endpoints",
        codec=each(
            table,
            name=f"Endpoint.{kind}",
            id_as="id",
            const={"level": endpoint},
        ),
    )


# --- participants ------------------------------------------------------------------------------

_AGES: Final[tuple[Step, ...]] = (*POPULATION, "plannedAge")

PARTICIPANTS = (
    merged(
        f"{ELIGIBILITY}.eligibility_criteria",
        *DESIGN,
        codec=design.eligibility_criteria,
        home="native",
        note="one criterion each; the text as a whole by an extension attribute where these alone "
        "do not give it back",
    ),
    field(f"{ELIGIBILITY}.sex", *POPULATION, "plannedSex", codec=design.sex),
    field(f"{ELIGIBILITY}.minimum_age", *_AGES, "minValue", codec=design.age_of_participants),
    field(f"{ELIGIBILITY}.maximum_age", *_AGES, "maxValue", codec=design.age_of_participants),
    field(
        f"{ELIGIBILITY}.healthy_volunteers",
        *POPULATION,
        "includesHealthySubjects",
        codec=boolean,
    ),
    field(f"{ELIGIBILITY}.study_population", *POPULATION, "description"),
)

# --- sites -------------------------------------------------------------------------------------

_SITES = "/protocolSection/contactsLocationsModule/locations"
SITE_ROWS = (
    also(field("facility", "name")),
    field("facility", "label"),
    field("country", "country", codec=design.country_of_site),
)
SITE = record(Location, *SITE_ROWS, *others(Location, SITE_ROWS, prefix=_SITES))
SITES_ID: Final = "Organization.sites"
SITES = (
    among(
        "protocol.contacts_locations.locations",
        *VERSION,
        "organizations",
        item(label="managedSites", mine=lambda node: "managedSites" in node, id=SITES_ID),
        "managedSites",
        codec=each(SITE),
    ),
)

# --- all of it ---------------------------------------------------------------------------------

ROWS = (
    *TITLES,
    *PARTIES,
    *DESIGN_ROWS,
    *ARMS,
    _outcomes("primary"),
    _outcomes("secondary"),
    _outcomes("other"),
    *PARTICIPANTS,
    *SITES,
)


def _place(model: str) -> tuple[Step, ...]:
    """On which object an attribute is that USDM has no place for."""
    if model.startswith("protocol.design"):
        return DESIGN
    return POPULATION if model.startswith(ELIGIBILITY) else VERSION


USDM = record(Trial, *ROWS, *others(Trial, ROWS, at=_place, but=("unmapped",)))


@once
def _exact() -> tuple[frozenset[str], frozenset[str]]:
    """The attributes that are written with all that is empty in them, and those that are objects.

    By the patterns of their pointers.
    """
    below: set[str] = {f"{_GROUPS}/*/interventionNames", f"{_INTERVENTIONS}/*/armGroupLabels"}
    objects: set[str] = set()

    def look(table: Record, pointer: str) -> None:
        for row in table.rows:
            at = pointer + json_pointer(table.type, row.model)
            if row.codec.table is not None:
                look(row.codec.table, f"{at}/*")
            elif row.home == "ours":
                below.add(at)
                if isinstance(attribute_type(table.type, row.model), type):
                    objects.add(at)

    look(USDM, "")
    return frozenset(below), frozenset(objects)


def is_exact(pointer: str, kind: str) -> bool:
    """Whether something empty in a record is written as it is, and needs no marker."""
    below, objects = _exact()
    at = pattern(pointer)
    if kind == "object" and at in objects:
        return True
    ways = at.split("/")
    return any("/".join(ways[:length]) in below for length in range(2, len(ways)))


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes."""
    rows = of_table(USDM, "Wrapper", BASE, "")
    rows.append(CoverageRow("/unmapped", "Wrapper.study.versions.extensionAttributes", "ours"))
    return complete(rows, Trial)
