"""The text of a trial's page: its layout as one table of blocks, read and written by the same rows.

A page is a title, two ids, and headed sections. A row of LAYOUT is a section: `pairs` of a label
and its value, `Prose`, one `Line` of words, a `Choice` of two sentences, or `Items`, whose lines
end in labels that close an item. Paths are attributes of the model, checked against its structs
at import; codes and dates take their values from the types that they find there.
Each kind of section in `trialbridge.mappings.text.blocks` reads, writes and lists its own; `reader`
and `writer` run the table.
"""

from itertools import chain
from typing import get_args

from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.text.blocks.arms import Arms
from trialbridge.mappings.text.blocks.block import Block
from trialbridge.mappings.text.blocks.items import Items, kind_of, one_and_many, shelf
from trialbridge.mappings.text.blocks.pairs import head, pairs
from trialbridge.mappings.text.blocks.party import Party
from trialbridge.mappings.text.blocks.places import SITES, Places
from trialbridge.mappings.text.blocks.related import Related
from trialbridge.mappings.text.blocks.texts import Choice, Line, Prose, Words
from trialbridge.mappings.text.rows import Tree, free, get, items_of, pair, path, tag
from trialbridge.mappings.text.values import NAMES, NCT_ID, PARTICIPANTS, PMID, WORDS, code
from trialbridge.schemas.trial import (
    ArmGroup,
    Contact,
    Location,
    OrgStudyIdInfo,
    SecondaryIdInfo,
    Sponsor,
)
from trialbridge.schemas.trial import Intervention as InterventionStruct

_LEAD = path("protocol.sponsor_collaborators.lead_sponsor")
_COLLABORATORS = path("protocol.sponsor_collaborators.collaborators")
_SECONDARY = path("protocol.identification.secondary_id_infos")
_ORG = path("protocol.identification.org_study_id_info")


def _site_countries(tree: Tree) -> list[str]:
    """The sites' own countries in order of first appearance."""
    sites = items_of(get(tree, SITES.keys))
    return list(dict.fromkeys(str(site["country"]) for site in sites if site.get("country")))


HEAD = head(
    path("protocol.identification.brief_title"),
    (
        pair("NCT ID", "protocol.identification.nct_id", "NCT Number", value=NCT_ID),
        pair(
            "Last Updated",
            "protocol.status.last_update_post_date.date",
            "Last Update Posted",
            "Last Update",
        ),
    ),
)

_INTERVENTION_TYPE = ("Intervention Type", "Intervention/Treatment Type")
_INTERVENTION_PARTS = (
    free(InterventionStruct, "name"),
    free(InterventionStruct, "description", rest=True),
    tag(InterventionStruct, "type", *_INTERVENTION_TYPE),
    tag(InterventionStruct, "other_names", "Other Names", value=NAMES, colon=True, optional=True),
)


def _outcomes(name: str, *synonyms: str, dotted: str) -> Items:
    kind = get_args(path(dotted).kind)[0]
    parts = (
        free(kind, "measure"),
        free(kind, "description", rest=True),
        tag(kind, "time_frame", "Timeframe", "Time Frame", value=WORDS, colon=True),
    )
    return Items((name, *synonyms), parts, shelf(dotted, parts))


_CONTACT_PARTS = (
    free(Contact, "name"),
    tag(Contact, "phone", "Phone", "Telephone", value=WORDS, colon=True),
    tag(Contact, "email", "Email", "E-mail", value=WORDS, colon=True),
)
_OFFICIAL = get_args(path("protocol.contacts_locations.overall_officials").kind)[0]
_OFFICIAL_PARTS = (
    free(_OFFICIAL, "name"),
    tag(_OFFICIAL, "role", "Role", colon=True),
    free(_OFFICIAL, "affiliation", last=True),
)
_REFERENCE = get_args(path("protocol.references.references").kind)[0]
_REFERENCE_PARTS = (
    free(_REFERENCE, "citation", rest=True),
    tag(_REFERENCE, "type", "Reference Type"),
    tag(_REFERENCE, "pmid", "PMID", value=PMID, colon=True, optional=True, tight=True),
)
_SPONSOR_PARTS = (
    free(Sponsor, "name"),
    free(Sponsor, "class_"),
    kind_of("Sponsor Role", colon=False, names=("lead", "collaborator")),
)
_ID_PARTS = (
    free(SecondaryIdInfo, "id"),
    tag(
        SecondaryIdInfo,
        "type",
        "Identifier Type",
        colon=True,
        by_kind={"org_study_id": code(path("type", OrgStudyIdInfo).kind)},
    ),
    kind_of("Identifier Source", colon=True, names=("org_study_id", "secondary_id")),
)

LAYOUT: tuple[Block, ...] = (
    Choice(
        ("Study Results", "Results"),
        path("has_results"),
        {"Results pending": False, "Results available": True},
    ),
    pairs(
        ("Basic Information", "Basic Info", "Study Overview"),
        (
            pair("Recruitment Status", "protocol.status.overall_status", "Overall Status"),
            pair("Clinical Phase", "protocol.design.phases", "Study Phase", "Phase", "Phases"),
            pair(
                "Total Enrollment",
                "protocol.design.enrollment_info.count",
                "Enrollment",
                "Enrolment",
                "Total Enrolment",
                value=PARTICIPANTS,
            ),
            pair("Study Classification", "protocol.design.study_type", "Study Type"),
            pair("Study Start Date", "protocol.status.start_date.date", "Start Date"),
            pair(
                "Study Completion Date",
                "protocol.status.completion_date.date",
                "Completion Date",
            ),
            pair("Primary Completion Date", "protocol.status.primary_completion_date.date"),
            pair("Acronym", "protocol.identification.acronym"),
            pair("Official Title", "protocol.identification.official_title"),
            pair("Why Stopped", "protocol.status.why_stopped", "Why Study Stopped"),
        ),
    ),
    Prose(("Brief Summary", "Summary"), path("protocol.description.brief_summary")),
    Prose(
        ("Detailed Description", "Description"),
        path("protocol.description.detailed_description"),
    ),
    Line(
        ("Conditions", "Condition", "Conditions and Keywords", "Conditions & Keywords"),
        path("page.conditions_line"),
        (path("protocol.conditions.conditions"), path("protocol.conditions.keywords")),
    ),
    pairs(
        ("Study Design", "Design"),
        (
            pair("Allocation Method", "protocol.design.design_info.allocation", "Allocation"),
            pair(
                "Intervention Model",
                "protocol.design.design_info.intervention_model",
                "Interventional Model",
                below=("protocol.design.design_info.intervention_model_description",),
            ),
            pair(
                "Primary Study Purpose",
                "protocol.design.design_info.primary_purpose",
                "Primary Purpose",
            ),
            pair(
                "Blinding Strategy",
                "protocol.design.design_info.masking_info.masking",
                "Blinding",
                "Masking",
                below=(
                    "protocol.design.design_info.masking_info.who_masked",
                    "protocol.design.design_info.masking_info.masking_description",
                ),
            ),
            pair("Observational Model", "protocol.design.design_info.observational_model"),
            pair("Time Perspective", "protocol.design.design_info.time_perspective"),
        ),
    ),
    Arms(
        ("Study Groups", "Study Arms", "Arm Groups", "Arms and Groups", "Groups and Cohorts"),
        tag(ArmGroup, "type", "Group Type", "Arm Type"),
        tag(InterventionStruct, "type", *_INTERVENTION_TYPE),
    ),
    Items(
        ("Interventions", "Intervention", "Treatments"),
        _INTERVENTION_PARTS,
        shelf("protocol.arms_interventions.interventions", _INTERVENTION_PARTS),
        foreign=("Group Type", "Arm Type"),
    ),
    _outcomes(
        "Primary Outcomes",
        "Primary Outcome",
        "Primary Outcome Measures",
        dotted="protocol.outcomes.primary_outcomes",
    ),
    _outcomes(
        "Secondary Outcomes",
        "Secondary Outcome",
        "Secondary Outcome Measures",
        dotted="protocol.outcomes.secondary_outcomes",
    ),
    _outcomes(
        "Other Outcomes",
        "Other Outcome",
        "Other Outcome Measures",
        dotted="protocol.outcomes.other_outcomes",
    ),
    pairs(
        ("Eligibility Criteria", "Eligibility", "Participation Criteria"),
        (
            pair("Minimum Eligible Age", "protocol.eligibility.minimum_age", "Minimum Age"),
            pair("Maximum Eligible Age", "protocol.eligibility.maximum_age", "Maximum Age"),
            pair(
                "Eligible Sex",
                "protocol.eligibility.sex",
                "Sex",
                value=code(path("protocol.eligibility.sex").kind, closed=True),
            ),
            pair(
                "Accepts Healthy Volunteers",
                "protocol.eligibility.healthy_volunteers",
                "Healthy Volunteers",
            ),
        ),
        prose=path("protocol.eligibility.eligibility_criteria"),
    ),
    Items(
        ("Sponsors", "Sponsor", "Sponsors and Collaborators", "Sponsors & Collaborators"),
        _SPONSOR_PARTS,
        one_and_many(_LEAD, "lead", _COLLABORATORS, "collaborator", _SPONSOR_PARTS, first=True),
    ),
    Party(
        ("Responsible Party",),
        pair(
            "Responsibility Role",
            "protocol.sponsor_collaborators.responsible_party.type",
            "Responsible Party Type",
        ),
        tuple(
            path(f"protocol.sponsor_collaborators.responsible_party.{name}")
            for name in (
                "investigator_full_name",
                "investigator_title",
                "investigator_affiliation",
            )
        ),
        tuple(
            path(f"protocol.sponsor_collaborators.responsible_party.{name}")
            for name in ("old_name_title", "old_organization")
        ),
        path("protocol.sponsor_collaborators.lead_sponsor.name"),
    ),
    Items(
        ("Principal Investigators", "Principal Investigator", "Overall Officials", "Officials"),
        _OFFICIAL_PARTS,
        shelf("protocol.contacts_locations.overall_officials", _OFFICIAL_PARTS),
    ),
    Items(
        ("Central Contacts", "Central Contact", "Contacts"),
        _CONTACT_PARTS,
        shelf("protocol.contacts_locations.central_contacts", _CONTACT_PARTS, ("phoneExt",)),
    ),
    Places(
        ("Locations", "Study Locations", "Location", "Sites", "Study Sites"),
        tag(Location, "status", "Site Status", below=True),
        shelf(
            "protocol.contacts_locations.locations",
            leaves=("facility", "city", "state", "country", "status"),
        ),
    ),
    Words(("Countries", "Country"), path("page.countries"), _site_countries),
    Items(
        ("References", "Publications"),
        _REFERENCE_PARTS,
        shelf("protocol.references.references", _REFERENCE_PARTS),
    ),
    Items(
        ("Other Identifiers", "Other Study IDs", "Other Study ID Numbers"),
        _ID_PARTS,
        one_and_many(_ORG, "org_study_id", _SECONDARY, "secondary_id", _ID_PARTS, first=False),
    ),
    Related(("More Related Trials", "Related Trials"), path("page.related_trials")),
)

SHOWN: dict[str, str] = {
    leaf + ("/*" if leaf.endswith("/otherNames") else ""): place
    for leaf, place in chain(HEAD.leaves(), *(block.leaves() for block in LAYOUT))
}
"""The leaves of the model that the layout shows, as pointers with `*`, and where it does."""


def coverage() -> list[CoverageRow]:
    """List where the layout shows each leaf that it has a place for; all others it leaves out."""
    return [CoverageRow(leaf, place, "native") for leaf, place in SHOWN.items()]
