"""A server of our own for each test; pauses are short."""

from collections.abc import Iterator

import pytest
from fhir_server import FhirServer, serving

from trialbridge.io import web
from trialbridge.server import client


@pytest.fixture(autouse=True)
def _httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("httpx", reason="httpx is not installed: it is in the extra `server`")
    monkeypatch.setattr(web, "PAUSE", 0.01)
    monkeypatch.delenv(client.TOKEN, raising=False)


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with serving() as started:
        yield started
