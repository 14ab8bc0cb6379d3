"""What FHIR R5 has no place for in a study: extensions of ours."""

from typing import Any

from trialbridge.mappings.codec import (
    Codec,
    Field,
    Node,
    among,
    boolean,
    constant,
    field,
    integer,
    record,
    text,
)
from trialbridge.mappings.fhir.study.dates import age, partial_date
from trialbridge.mappings.fhir.study.design import DESIGN
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import coding, each, ours, part, repeated, uncoded
from trialbridge.mappings.record import registry
from trialbridge.schemas.trial import (
    BrowseBranch,
    BrowseLeaf,
    Mesh,
    SubmissionInfo,
    UnpostedEvent,
    ViolationEvent,
)


def _parts(model: str, extension: str, **kinds: Any) -> tuple[Field, ...]:
    """Attributes of a struct as the parts of one extension: name = (kind, codec) or kind."""
    rows = []
    for name, kind in kinds.items():
        kind, codec = kind if isinstance(kind, tuple) else (kind, text)
        rows.append(
            field(
                f"{model}.{name}", ours(extension), part(name.replace("_", "-"), kind), codec=codec
            )
        )
    return tuple(rows)


def _listed(model: str, extension: str, type_: Any, **kinds: Any) -> Field:
    """A list of structs as an extension each."""
    return among(model, "extension", codec=_complex(ours(extension).url, type_, **kinds))


def _complex(url: str, type_: Any, **kinds: Any) -> Codec[list[Any]]:
    rows = []
    for name, kind in kinds.items():
        kind, codec = kind if isinstance(kind, tuple) else (kind, text)
        rows.append(field(name, part(name.replace("_", "-"), kind), codec=codec))
    return each(record(type_, *rows), const={"url": url}, key=("url", url))


def _without_code(node: Node) -> None:
    coding = node.get("valueCoding")
    if coding is not None and "code" not in coding:
        uncoded(coding)


def _as_coding(type_: Any, url: str, system: str, code: str, display: str) -> Codec[list[Any]]:
    return each(
        record(
            type_,
            constant("valueCoding", "system", system),
            field(code, "valueCoding", "code"),
            field(display, "valueCoding", "display"),
        ),
        const={"url": url},
        key=("url", url),
        complete=_without_code,
    )


DATE = ("Date", partial_date)
SUBMISSIONS = ours("submission-tracking")
UNPOSTED = ours("unposted-annotation")


def _browse(kind: str) -> tuple[Field, ...]:
    model = f"derived.{kind}_browse"
    branch = f"{kind}-browse-branch"
    return (
        among(
            f"{model}.ancestors",
            "extension",
            codec=_as_coding(Mesh, ours(f"{kind}-ancestor").url, registry.MESH, "id", "term"),
            home="ours",
        ),
        _listed(
            f"{model}.browse_leaves",
            f"{kind}-browse-leaf",
            BrowseLeaf,
            id="String",
            name="String",
            as_found="String",
            relevance=("Coding", coding(codes.RELEVANCE)),
        ),
        _listed(f"{model}.browse_branches", branch, BrowseBranch, abbrev="String", name="String"),
    )


EXTENSION_ROWS = (
    field("page.conditions_line", ours("conditions-line", "String")),
    *_parts(
        "protocol.status.expanded_access_info",
        "expanded-access-record",
        nct_id="String",
        status_for_nct_id=("Coding", coding(codes.EXACT_STATUS)),
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
        time_frame="Markdown",
        access_criteria="Markdown",
    ),
    among(
        "derived.misc_info.removed_countries",
        "extension",
        codec=repeated(ours("removed-country", "String")),
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
            type=("Coding", coding(codes.UNPOSTED_EVENT)),
            date=DATE,
            date_unknown=("Boolean", boolean),
        ),
    ),
    _listed(
        "annotation.annotation.violation_annotation.violation_events",
        "violation-event",
        ViolationEvent,
        type=("Coding", coding(codes.VIOLATION_EVENT)),
        description="String",
        creation_date=DATE,
        issued_date=DATE,
        release_date=DATE,
        posted_date=DATE,
    ),
)

# Roughly in the order of the elements of ResearchStudy.
