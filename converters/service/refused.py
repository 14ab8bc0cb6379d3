"""What a request is refused for, before any work is done on its record, or by it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from trialbridge.schemas.problem import Problem

NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Refused(Exception):
    """Raised with the status of the answer, and the problem that it tells."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] = NONE
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers)
        self.problem = Problem(
            severity="error", layer="request", path="", code=code, message=message
        )


def busy(message: str) -> Refused:
    """What is refused for now: it may be asked again in a second."""
    return Refused(503, "busy", message, {"Retry-After": "1"})
