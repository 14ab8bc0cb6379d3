"""The cases of a property test are the same at every run, alone and after any other test."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st


def drawn() -> list[tuple[int, str]]:
    """What a property test of this kind gets to see."""
    cases = []

    @given(st.lists(st.integers(), max_size=5), st.text())
    def test(numbers: list[int], text: str) -> None:
        cases.extend((number, text) for number in numbers)

    test()
    return cases


@pytest.mark.skipif(os.environ.get("TRIALBRIDGE_RANDOM") == "1", reason="random on purpose")
def test_cases_do_not_depend_on_the_modules_that_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn()
    assert drawn() == before
    module = tmp_path / "full_of_constants.py"
    module.write_text("\n".join(f"A{number} = {number * 7919}" for number in range(3, 400)))
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("full_of_constants")
    try:
        assert drawn() == before
    finally:
        del sys.modules["full_of_constants"]
