"""What the service needs to run, and what it says without."""

import sys

import pytest

from trialbridge.extras import MissingExtra
from trialbridge.service.limits import Limits
from trialbridge.service.running import run


@pytest.mark.parametrize(
    ("library", "does"),
    [
        ("starlette", "answers requests over HTTP"),
        ("httptools", "reads requests over HTTP"),
        ("uvicorn", "serves over HTTP"),
    ],
)
def test_without_the_extra_it_says_how_to_install_it(
    library: str, does: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra) as error:
        run("127.0.0.1", 0, Limits())
    assert str(error.value) == (
        f"{library}, which {does}, is not installed: pip install 'trialbridge[serve]'"
    )
