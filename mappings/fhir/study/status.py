"""Status and dates of a study, in FHIR R5."""

from trialbridge.mappings.codec import (
    Field,
    also,
    among,
    field,
)
from trialbridge.mappings.fhir.study.common import shown_in
from trialbridge.mappings.fhir.study.dates import partial_date, registration
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology.progress import milestone_date, milestone_type
from trialbridge.mappings.fhir.types import coding, concept, concept_item, is_of, ours
from trialbridge.schemas.trial import (
    DateStruct,
    PartialDateStruct,
)

START = "protocol.status.start_date"
COMPLETION = "protocol.status.completion_date"


_has_status = is_of(codes.STATUS, "state")
# Others write the history of a study: a state that has ended is not the current one.
OVERALL = concept_item(codes.STATUS, "state", "state of the study")._replace(
    mine=lambda node: _has_status(node) and "end" not in (node.get("period") or {})
)


def _milestone(model: str, code: str, side: str) -> Field:
    row = among(
        f"{model}.type",
        "progressStatus",
        codec=milestone_type(code),
        note=f"in `actual`, where `{side}` has the date again",
    )
    # The date is there for searches, also where its type is not stated.
    return row._replace(write_always=True)


def _registered(model: str, activity: str, end: str, struct: type | None = None) -> Field:
    return among(
        f"protocol.status.{model}",
        "extension",
        codec=registration(activity, end, struct),
        leaves=("date", "type") if struct else (),
    )


STATUS_ROWS = (
    # Where documents of others have them alone; what ResearchStudy.period says is read last.
    also(among(f"{START}.date", "progressStatus", codec=milestone_date("start"))),
    also(among(f"{COMPLETION}.date", "progressStatus", codec=milestone_date("completion"))),
    field(f"{START}.date", "period", "start", codec=partial_date),
    field(f"{COMPLETION}.date", "period", "end", codec=partial_date),
    field(
        "protocol.status.overall_status",
        "progressStatus",
        OVERALL,
        "state",
        codec=concept(codes.STATUS),
    ),
    # A state of its own would read as the current one.
    field(
        "protocol.status.last_known_status",
        "progressStatus",
        OVERALL,
        ours("last-known-status", "Coding"),
        codec=coding(codes.STATUS),
    ),
    _milestone(START, "start", "period.start"),
    _milestone(COMPLETION, "completion", "period.end"),
    shown_in("text", "protocol.status.why_stopped", "whyStopped"),
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
