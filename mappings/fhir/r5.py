"""Trial records as FHIR R5: what in the Bundle is what in the model.

One ResearchStudy, and what it refers to: https://hl7.org/fhir/R5/researchstudy.html
"""

from trialbridge.mappings.codec import (
    Field,
    record,
)
from trialbridge.mappings.coverage import CoverageRow, complete, of_table, place_of
from trialbridge.mappings.fhir.results.numbers import OTHER_HOMES
from trialbridge.mappings.fhir.results.sections.baseline import BASELINE_ROWS
from trialbridge.mappings.fhir.results.sections.events import EVENT_ROWS
from trialbridge.mappings.fhir.results.sections.flow import FLOW_ROWS
from trialbridge.mappings.fhir.results.sections.more import MORE_ROWS
from trialbridge.mappings.fhir.results.sections.outcomes import OUTCOME_MEASURE_ROWS
from trialbridge.mappings.fhir.study.arms import ARM_ROWS, PLAN_ROWS
from trialbridge.mappings.fhir.study.artifacts import ARTIFACT_ROWS
from trialbridge.mappings.fhir.study.design import CLASSIFIER_ROWS, CONDITION_ROWS, DESIGN_ROWS
from trialbridge.mappings.fhir.study.extensions import EXTENSION_ROWS
from trialbridge.mappings.fhir.study.identification import IDENTIFICATION
from trialbridge.mappings.fhir.study.parties import PARTY_ROWS
from trialbridge.mappings.fhir.study.population import ELIGIBILITY_ROWS, OUTCOME_ROWS
from trialbridge.mappings.fhir.study.sites import SITE_ROWS
from trialbridge.mappings.fhir.study.status import STATUS_ROWS
from trialbridge.mappings.fhir.types import (
    OFFICIAL_BASE,
    UNMAPPED,
)
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import (
    Trial,
)

STUDY_ROWS: tuple[Field, ...] = (
    *EXTENSION_ROWS,
    *IDENTIFICATION,
    *PLAN_ROWS,
    *ARTIFACT_ROWS,
    *DESIGN_ROWS,
    *CONDITION_ROWS,
    *STATUS_ROWS,
    *SITE_ROWS,
    *CLASSIFIER_ROWS,
    *PARTY_ROWS,
    *ELIGIBILITY_ROWS,
    *ARM_ROWS,
    *OUTCOME_ROWS,
    *MORE_ROWS,
    *FLOW_ROWS,
    *BASELINE_ROWS,
    *OUTCOME_MEASURE_ROWS,
    *EVENT_ROWS,
)

STUDY = record(Trial, *STUDY_ROWS)


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes."""
    rows = of_table(STUDY, "ResearchStudy", BASE, OFFICIAL_BASE)
    place = place_of(UNMAPPED.steps, "ResearchStudy")
    rows.append(CoverageRow("/unmapped", place, "ours"))
    rows += OTHER_HOMES
    return complete(rows, Trial)
