"""The walker: what a JSON Schema cannot say of a resource, with words for what it finds."""

from trialbridge.schemas.fhir.walk.elements import EXTENSIONS, MAX_DEPTH, Walk, walk
from trialbridge.schemas.fhir.walk.places import ID, Place, show
from trialbridge.schemas.fhir.walk.references import Space

__all__ = ["EXTENSIONS", "ID", "MAX_DEPTH", "Place", "Space", "Walk", "show", "walk"]
