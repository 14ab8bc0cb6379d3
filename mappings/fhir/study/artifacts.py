"""References, documents and data of a study, in FHIR R5."""

from collections.abc import Callable
from typing import Any

from trialbridge.mappings.codec import (
    Field,
    Node,
    among,
    field,
    item,
    merged,
    record,
)
from trialbridge.mappings.fhir.study.common import shown_in
from trialbridge.mappings.fhir.study.dates import partial_date, size, upload_date
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology.flags import flag
from trialbridge.mappings.fhir.types import (
    classified,
    each,
    has_code,
    identifier,
    of_code,
    one_of,
    ours,
    part,
    phases,
    url_rows,
    words_alone,
)
from trialbridge.mappings.record import registry
from trialbridge.schemas.trial import (
    AvailIpd,
    LargeDoc,
    Reference,
    RelatedTrial,
    Retraction,
    SeeAlsoLink,
)


def _of_artifact(code: str) -> Callable[[Node], bool]:
    return has_code(codes.ARTIFACT.url, code, "classifier")


def _artifact(code: str) -> Node:
    return of_code(codes.ARTIFACT.url, code, codes.ARTIFACT.codes[code])


REFERENCE = record(
    Reference,
    among("type", "classifier", codec=classified(codes.REFERENCE_TYPE)),
    field("citation", "citation"),
    field("pmid", "resourceReference", "identifier", codec=identifier(registry.PUBMED)),
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
            key=("url", ours("retraction").url),
        ),
    ),
)
SEE_ALSO_LINK = record(
    SeeAlsoLink,
    shown_in("display", "label"),
    *url_rows("url", "document", "url"),
)
AVAILABLE_IPD = record(
    AvailIpd,
    among("type", "classifier", codec=words_alone),
    shown_in("display", "comment"),
    *url_rows("url", "document", "url"),
    field("id", "resourceReference", "identifier", "value"),
)

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
        codec=upload_date,
        home="native",
        note="RelatedArtifact.publicationDate, the time of day in an extension of ours on it",
    ),
)
RELATED_TRIAL = record(
    RelatedTrial,
    among("status", "classifier", codec=classified(codes.STATUS)),
    among(
        "phases",
        "classifier",
        codec=one_of(
            phases,
            lambda node: any(
                one.get("system") in (codes.STUDY_PHASE, codes.PHASE_EXACT.url)
                for one in node.get("coding", ())
            ),
        ),
    ),
    field("title", "display"),
    field("nct_id", "resourceReference", "identifier", codec=identifier(registry.CTGOV)),
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


IPD_ARTIFACT = item(
    "classifier='ipd-sharing-plan'",
    _of_artifact("ipd-sharing-plan"),
    type="documentation",
    classifier=[_artifact("ipd-sharing-plan")],
)

SOURCE = item(type="derived-from")
"""The page of the register that the record is from."""

ARTIFACT_ROWS = (
    among(
        "protocol.references.references",
        "relatedArtifact",
        codec=each(REFERENCE, const={"type": "citation"}, key=("type", "citation")),
    ),
    among(
        "protocol.references.see_also_links",
        "relatedArtifact",
        codec=each(
            SEE_ALSO_LINK,
            const={
                "type": "documentation",
                "classifier": [of_code(codes.ARTIFACT_CLASSIFIER, "webpage")],
            },
            mine=has_code(codes.ARTIFACT_CLASSIFIER, "webpage", "classifier"),
        ),
    ),
    _artifacts("protocol.references.avail_ipds", "available-ipd", "documentation", AVAILABLE_IPD),
    _artifacts(
        "documents.large_document.large_docs", "large-document", "documentation", LARGE_DOCUMENT
    ),
    *url_rows(
        "protocol.ipd_sharing_statement.url", "relatedArtifact", IPD_ARTIFACT, "document", "url"
    ),
    _artifacts("page.related_trials", "related-trial", "similar-to", RELATED_TRIAL),
    *url_rows("registration.url", "relatedArtifact", SOURCE, "document", "url"),
)
