"""One service for all tests that do it no harm."""

from collections.abc import Iterator

import pytest

pytest.importorskip("httptools", reason="httptools is not installed: it is in the extra `serve`")
pytest.importorskip("starlette", reason="starlette is not installed: it is in the extra `serve`")
pytest.importorskip("uvicorn", reason="uvicorn is not installed: it is in the extra `serve`")
pytest.importorskip("httpx", reason="httpx is not installed: it is in the extra `server`")

from service import Service, serving


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    with serving("--workers", "1", "--limit-size", "2", "--limit-time", "20") as started:
        started.wait_for(1)
        yield started
