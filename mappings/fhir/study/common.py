"""What the rows of a study share, in FHIR R5."""

from typing import Any

from trialbridge.mappings.codec import (
    Field,
    merged,
)
from trialbridge.mappings.fhir.types import (
    shown,
)

# A record that a registry shows is published. https://hl7.org/fhir/R5/codesystem-publication-status.html
PUBLISHED = {"status": "active"}


def shown_in(member: str, model: str, *steps: Any) -> Field:
    """CommonMark in a member that is a string."""
    return merged(model, *steps, codec=shown(member), home="native")
