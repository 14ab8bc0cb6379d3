"""A small record as its valid Bundle of FHIR R5."""

from typing import Any

from fhir_bundles import comes_back, resolve, study, trial_of

from trialbridge.schemas.fhir import r5 as fhir_r5


def sent(protocol: dict[str, Any] | None = None, **sections: Any) -> dict[str, Any]:
    """The valid Bundle of a record, which comes back as it was."""
    bundle = comes_back(trial_of(protocol, **sections))
    assert fhir_r5.validate(bundle) == []
    return bundle


def group(bundle: dict[str, Any]) -> dict[str, Any]:
    """The Group of those whom the study of a Bundle takes."""
    return resolve(bundle, study(bundle)["recruitment"]["eligibility"])
