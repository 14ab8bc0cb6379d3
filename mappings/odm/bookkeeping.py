"""What the registry derives of a record, and its own bookkeeping: parameters of ours."""

from trialbridge.mappings import compiled
from trialbridge.mappings.codec import Field, Record, also, among, field, merged, record
from trialbridge.mappings.odm.elements import beside, code_of, integer, words
from trialbridge.mappings.odm.parameters import (
    VALUE,
    Kind,
    dated,
    flag,
    one,
    own,
    owned,
    parameter,
    several,
    structs,
)
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.registry import MESH
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import (
    BrowseBranch,
    BrowseLeaf,
    Mesh,
    SubmissionInfo,
    UnpostedEvent,
    ViolationEvent,
)

LEAF_SYSTEM = f"{BASE}/CodeSystem/ctgov-browse-leaf"
BRANCH_SYSTEM = f"{BASE}/CodeSystem/ctgov-browse-branch"

BROWSE_LEAF = record(
    BrowseLeaf,
    field("name", VALUE, "@Value", codec=words),
    merged("id", VALUE, codec=code_of(LEAF_SYSTEM)),
    merged("relevance", VALUE, codec=beside(registry.RELEVANCE)),
    owned("as_found"),
)


def _codings(model: str, kind: Kind, table: Record, system: str) -> Field:
    """Structs of a code and its label as the Codings of the one StudyParameter of a kind."""
    return among(
        model,
        parameter(kind),
        VALUE,
        "Coding",
        codec=compiled.each(
            table,
            const={"@System": system},
            mine=lambda node: node.get("@System") == system,
        ),
    )


TERM = record(
    Mesh, field("term", VALUE, "@Value", codec=words), merged("id", VALUE, codec=code_of(MESH))
)
BROWSE_BRANCH = record(
    BrowseBranch,
    field("name", VALUE, "@Value", codec=words),
    merged("abbrev", VALUE, codec=code_of(BRANCH_SYSTEM)),
)
# Documents of ours had all of them as Codings of one value, as if they were synonyms.
_TERMS = record(Mesh, field("id", "@Code"), field("term", "@Label"))
_BRANCHES = record(BrowseBranch, field("abbrev", "@Code"), field("name", "@Label"))


def _browse(kind: str) -> tuple[Field, ...]:
    model = f"derived.{kind}_browse"
    ancestors, leaf, branches = (
        own(f"{kind}-{part}") for part in ("ancestors", "browse-leaf", "browse-branches")
    )
    return (
        also(_codings(f"{model}.ancestors", ancestors, _TERMS, MESH)),
        structs(f"{model}.ancestors", own(f"{kind}-ancestor"), TERM),
        structs(f"{model}.browse_leaves", leaf, BROWSE_LEAF),
        also(_codings(f"{model}.browse_branches", branches, _BRANCHES, BRANCH_SYSTEM)),
        structs(f"{model}.browse_branches", own(f"{kind}-browse-branch"), BROWSE_BRANCH),
    )


SUBMISSION = record(
    SubmissionInfo,
    field("release_date", VALUE, "@Value", codec=words),
    owned("unrelease_date"),
    flag("unrelease_date_unknown", own("unrelease-date-unknown"), of=None),
    owned("reset_date"),
    owned("mcp_release_n", integer),
)
UNPOSTED = record(
    UnpostedEvent,
    field("date", VALUE, "@Value", codec=words),
    merged("type", VALUE, codec=beside(registry.UNPOSTED_EVENT)),
    flag("date_unknown", own("date-unknown"), of=None),
)
VIOLATION = record(
    ViolationEvent,
    field("description", VALUE, "@Value", codec=words),
    merged("type", VALUE, codec=beside(registry.VIOLATION_EVENT)),
    owned("creation_date"),
    owned("issued_date"),
    owned("release_date"),
    owned("posted_date"),
)
TRACKING = "derived.misc_info.submission_tracking"
UNPOSTED_ANNOTATION = "annotation.annotation.unposted_annotation"

REGISTRY_ROWS = (
    flag("has_results", own("has-results")),
    several("derived.misc_info.removed_countries", own("removed-country")),
    one(
        f"{TRACKING}.estimated_results_first_submit_date",
        own("estimated-results-first-submit-date"),
    ),
    *dated(f"{TRACKING}.first_mcp_info.post_date", own("first-mcp-post-date")),
    structs(f"{TRACKING}.submission_infos", own("submission"), SUBMISSION),
    *_browse("condition"),
    *_browse("intervention"),
    one(f"{UNPOSTED_ANNOTATION}.unposted_responsible_party", own("unposted-responsible-party")),
    structs(f"{UNPOSTED_ANNOTATION}.unposted_events", own("unposted-event"), UNPOSTED),
    structs(
        "annotation.annotation.violation_annotation.violation_events",
        own("violation-event"),
        VIOLATION,
    ),
)
