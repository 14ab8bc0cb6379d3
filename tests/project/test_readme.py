"""What the README and the docs show is what happens."""

import doctest
import re
import shutil
from pathlib import Path

import pytest
from transcripts import BLOCK, check

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the examples in it, to work in as in a clone."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_session_is_what_the_commands_print(page: Path, folder: Path) -> None:
    check(page, folder)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_python_session_is_what_python_prints(
    page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    session = "\n".join(
        block["body"] for block in BLOCK.finditer(page.read_text()) if block["info"] == "pycon"
    )
    test = doctest.DocTestParser().get_doctest(session, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: list[str] = []
    runner.run(test, out=said.append)
    assert "".join(said) == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    targets = [page.parent / target for target in LINK.findall(page.read_text())]
    assert [str(target) for target in targets if not target.exists()] == []


def test_the_readme_shows_a_session_and_the_python_functions() -> None:
    shown = [block["info"] for block in BLOCK.finditer((ROOT / "README.md").read_text())]
    assert {"sh", "console", "pycon"} <= set(shown)
