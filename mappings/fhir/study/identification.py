"""Identifiers and titles of a study, in FHIR R5."""

from trialbridge.mappings.codec import (
    Codec,
    Node,
    among,
    below,
    derived,
    field,
    item,
    merged,
    record,
)
from trialbridge.mappings.fhir.links import to
from trialbridge.mappings.fhir.study.dates import partial_date
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology.progress import last_changed
from trialbridge.mappings.fhir.types import (
    classified,
    coded_item,
    concept,
    each,
    ours,
    register,
    repeated,
    some_of,
    url_rows,
    valued,
)
from trialbridge.mappings.record import registry
from trialbridge.schemas.trial import (
    SecondaryIdInfo,
    SecondaryIdType,
)


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


# HL7 lists no system for either: these are where the registers show their records.
_SYSTEMS = {
    "EUDRACT_NUMBER": registry.REGISTERS["EUCTR"],
    "CTIS": registry.REGISTERS["CTIS"],
}
_system: Codec[SecondaryIdType] = Codec(
    lambda node, names: None, lambda type_, names: _SYSTEMS.get(type_)
)

SECONDARY_ID = record(
    SecondaryIdInfo,
    field("type", "type", codec=concept(codes.SECONDARY_ID_TYPE)),
    derived(field("type", "system", codec=_system)),
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
    merged(
        "registration.last_changed",
        codec=last_changed,
        home="native",
        write_always=True,
        note="without one the date of the last update stands there again",
    ),
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
