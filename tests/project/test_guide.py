"""The guide to adding a format, followed word for word: its files, its row, its tests."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filled import filled_trial
from transcripts import BLOCK

import trialbridge
from trialbridge import formats, mappings
from trialbridge.formats import Format, sniff
from trialbridge.formats.options import Option
from trialbridge.mappings.coverage import pattern

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "design" / "adding-a-format.md"


def blocks() -> dict[str, str]:
    """The code of the guide by the file that its first line names."""
    bodies = (b["body"] for b in BLOCK.finditer(GUIDE.read_text()) if b["info"] == "python")
    return {body.partition("\n")[0].removeprefix("# "): body for body in bodies}


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The names of the guide's tests, with its files in the packages and its row in the list."""
    code = blocks()
    tests = code.pop("tests/note/test_note.py")
    row = code.pop("converters/formats/rows/ours.py, in ROWS")
    for package, name in ((mappings, "mappings"), (formats, "converters/formats")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "note.py").write_text(code.pop(f"{name}/note.py"))
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / name)])
    assert code == {}
    listed = (*formats.FORMATS, eval(row, {"Format": Format, "Option": Option}))
    for module in (formats, sniff):
        monkeypatch.setattr(module, "FORMATS", listed)
    names: dict[str, Any] = {}
    page = tmp_path / "test_note.py"
    page.write_text(tests)
    exec(compile(tests, str(page), "exec"), names)
    yield names
    for name in ("trialbridge.mappings.note", "trialbridge.formats.note"):
        sys.modules.pop(name, None)


def test_the_tests_of_the_guide_pass(followed: dict[str, Any]) -> None:
    tests = [test for name, test in followed.items() if name.startswith("test_")]
    assert len(tests) == 4
    for test in tests:
        test()


def test_every_fact_of_a_record_is_in_the_note_or_told(followed: dict[str, Any]) -> None:
    """Over a record that says everything: each value comes back, or stands below what is told."""
    trial = filled_trial(0)
    told: list[trialbridge.Problem] = []
    data = trialbridge.write(trial, "note", warnings=told)
    lost = [one.pointer for one in trialbridge.diff(trialbridge.write(trial, "trial"), data)]
    places = tuple(pattern(problem.path) for problem in told)
    assert lost
    assert [pointer for pointer in lost if not pattern(pointer).startswith(places)] == []


def test_what_is_wrong_with_a_note_is_told_with_its_place(followed: dict[str, Any]) -> None:
    data = b'{"note":"1","id":7,"given":[{"what":"a"},{"what":["b"]}],"kept":8}'
    with pytest.raises(trialbridge.ReadError) as raised:
        trialbridge.read(data)
    assert [str(problem) for problem in raised.value.problems] == [
        "error: note.id: expected a string, found 7",
        "error: note.given[1].what: expected a string, found ['b']",
    ]
    with pytest.raises(trialbridge.ReadError, match=r"error: note\.kept: expected an object"):
        trialbridge.read(b'{"note":"1","kept":8}')
