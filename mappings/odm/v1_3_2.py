"""Trial records as CDISC ODM 1.3.2: what in the document is what in the model.

It has no trial design: no arms, end points or study parameters, no codes and no organizations. What
it has a place for is there, and all else of a record is the registry form, which 2.0 has too.
https://www.cdisc.org/standards/data-exchange/odm-xml/odm-v1-3-2
"""

from collections.abc import Mapping
from typing import Any, Final

from trialbridge.mappings.codec import (
    Codec,
    Item,
    Node,
    Record,
    Step,
    also,
    among,
    field,
    merged,
    record,
    twice,
)
from trialbridge.mappings.coverage import CoverageRow, complete, of_table
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm import parts, study
from trialbridge.mappings.odm.admin import listed
from trialbridge.mappings.odm.apart import Apart
from trialbridge.mappings.odm.document import Version, keep
from trialbridge.mappings.odm.elements import PLAIN, described_as, each, said, words
from trialbridge.mappings.odm.form.groups import Groups
from trialbridge.mappings.odm.form.rows import completed
from trialbridge.mappings.odm.v2_0 import EMPTY_ELEMENT, ORG_STUDY_ID, PROTOCOL, STUDY, UNMAPPED
from trialbridge.mappings.record import registry
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import Contact, Location, Official, Trial

# Others than those of 2.0, which has elements for much that is in the form here.
GROUPS: Groups = {}
GLOBAL = (*STUDY, "GlobalVariables")

# --- texts and people --------------------------------------------------------------------------


def _typed(node: Any) -> Any:
    """A Description with the types that its texts have since 2.0."""
    if not isinstance(node, dict):
        return node
    texts = [{"@Type": PLAIN, **text} for text in node.get("TranslatedText", ())]
    return {**node, "TranslatedText": texts}


def _untyped(node: str | Node) -> str | Node:
    if isinstance(node, str):
        return node
    texts = [{k: v for k, v in text.items() if k != "@Type"} for text in node["TranslatedText"]]
    return {"TranslatedText": texts}


description: Codec[str] = Codec(
    lambda node, names: said(_typed(node)), lambda value, names: _untyped(described_as(value))
)
"""A text as a Description, whose texts have no type."""


def _read_first(texts: Any, names: Names) -> str | None:
    return next((words.read(text, names) for text in texts), None)


first: Codec[str] = Codec(_read_first, lambda value, names: [value])
"""One of the texts of an element that may stand several times."""


def _read_summary(text: Any, names: Names) -> str | None:
    apart = names.once(Apart)
    name = apart.study.get("@ProtocolName")
    if not apart.ours:
        return words.read(text.strip() if isinstance(text, str) else text, names)
    said = words.read(text, names)
    if said is None or said == name:
        return None
    blanks = " " * (len(name or "") + 1)
    return said.removeprefix(blanks) if said.lstrip(" ") == str(name).lstrip(" ") else said


summary: Codec[str] = Codec(_read_summary, lambda value, names: value, plain=True)
"""What a study is about; the name of the protocol, as it is required, where nothing is said."""

_PERSON = (field("name", "FullName", codec=words),)
CONTACT = completed(
    record(
        Contact,
        *_PERSON,
        among("phone", "Phone", codec=first),
        among("email", "Email", codec=first),
        twice(merged("role", codec=parts.user_type)),
    ),
    GROUPS,
)
OFFICIAL = completed(
    record(
        Official,
        *_PERSON,
        field("affiliation", "Organization", codec=words),
        twice(merged("role", codec=parts.user_type)),
    ),
    GROUPS,
)
# ODM's Location wants a date that nobody said, so that sites are written in the form.
SITE = record(Location, field("facility", "@Name", codec=words))

_CONTACT, _OFFICIAL = "USER.CONTACT", "USER.OFFICIAL"


def _is_official(node: Node) -> bool:
    oid = str(node.get("@OID"))
    if oid.startswith("USER."):
        return oid.startswith(f"{_OFFICIAL}.")
    return node.get("@UserType") == "Investigator"


_CTGOV = "ClinicalTrials.gov"
_REGISTERED: Step = Item(
    "@Context='ClinicalTrials.gov'",
    {"@Context": _CTGOV},
    lambda node: node.get("@Context") in (_CTGOV, *registry.CTGOV_SYSTEMS),
)
CONTACTS = "protocol.contacts_locations"

# --- the table ---------------------------------------------------------------------------------

ODM: Final[Record] = completed(
    record(
        Trial,
        also(
            field(
                "protocol.identification.brief_title", *GLOBAL, "StudyName", codec=study.study_name
            )
        ),
        field(f"{ORG_STUDY_ID}.id", *GLOBAL, "ProtocolName", codec=study.protocol_name),
        field(
            "protocol.identification.nct_id", *PROTOCOL, "Alias", _REGISTERED, "@Name", codec=words
        ),
        field("protocol.description.brief_summary", *GLOBAL, "StudyDescription", codec=summary),
        field(
            "protocol.description.detailed_description", *PROTOCOL, "Description", codec=description
        ),
        among(
            f"{CONTACTS}.central_contacts",
            *listed("User", lambda node: str(node.get("@OID")).startswith(f"{_CONTACT}.")),
            codec=each(CONTACT, _CONTACT),
        ),
        among(
            f"{CONTACTS}.overall_officials",
            *listed("User", _is_official),
            codec=each(OFFICIAL, _OFFICIAL),
        ),
        also(
            among(
                f"{CONTACTS}.locations",
                *listed("Location", lambda node: node.get("@LocationType") == "Site"),
                codec=each(SITE, "LOC"),
            )
        ),
    ),
    GROUPS,
)
GROUPS |= {kept.group.key: kept.group for kept in (EMPTY_ELEMENT, UNMAPPED)}


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes."""
    rows = of_table(ODM, "ODM", BASE, "")
    place = f"ReferenceData.ItemGroupData[{UNMAPPED.group.oid}]"
    rows.append(CoverageRow("/unmapped", place, "ours"))
    return complete(rows, Trial)


def _complete(tree: Node, names: Names) -> None:
    """Put what stands in lists of its own into the document, and what it requires."""
    (its,) = tree["Study"]
    said_of = its.setdefault("GlobalVariables", {})
    oid = its["@OID"]
    # The OID stands for no name, and one that is the OID has a blank before it.
    name = said_of.get("ProtocolName")
    if name is None or name.lstrip(" ") == oid:
        said_of["ProtocolName"] = oid if name is None else f" {name}"
    named = said_of["StudyName"] = said_of["ProtocolName"]
    # An empty one is valid, and yet refused by loaders.
    words = said_of.get("StudyDescription")
    if words is None or words.lstrip(" ") == named.lstrip(" "):
        said_of["StudyDescription"] = named if words is None else " " * (len(named) + 1) + words
    if people := names.once(Apart).lists.get("User"):
        tree["AdminData"] = [{"@StudyOID": oid, "User": people}]


def _study(its: Node) -> Node:
    variables: Mapping[str, Any] = its.get("GlobalVariables", {})
    return {**its, **{f"@{name}": text for name, text in variables.items()}}


V1_3_2: Final = Version(
    name="1.3.2",
    table=ODM,
    keep=keep("ODM 1.3.2", coverage),
    text={},
    complete=_complete,
    study=_study,
    groups=GROUPS,
)
