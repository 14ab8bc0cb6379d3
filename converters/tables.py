"""What the converters of formats that are tables say of a record, whatever the format."""

from trialbridge.mappings.codec import Mismatch
from trialbridge.mappings.names import Names
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import Trial


def left_aside(trial: Trial, title: str) -> list[Problem]:
    """A warning of the results section, if there is one: no table has rows of it yet."""
    if trial.results is None:
        return []
    return [
        Problem(
            severity="warning",
            layer="mapping",
            path="/resultsSection",
            code="not-carried",
            message=f"the results section is left aside: {title} carries the rest of the record",
        )
    ]


def warned(names: Names, top: str) -> list[Problem]:
    """What the codecs had to say while a document was read; `top` is the name of its root."""
    return [
        Problem(
            severity="warning",
            layer="mapping",
            path=f"{top}.{path}" if path else top,
            code=code,
            message=message,
        )
        for path, code, message in names.warnings
    ]


def not_readable(mismatch: Mismatch, top: str, link: str) -> ReadError:
    """Every place of a document that does not have the form that its codec reads."""
    return ReadError(
        [
            Problem(
                severity="error",
                layer="mapping",
                path=f"{top}.{path}" if path else top,
                code="not-readable",
                message=message,
                link=link,
            )
            for path, message in mismatch.places
        ]
    )
