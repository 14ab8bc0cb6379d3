"""The documentation site: built strictly, and each of its pages opened in a browser."""

import functools
import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import browsing

ROOT = Path(__file__).resolve().parents[2]


def test_the_menu_has_every_page_of_the_docs() -> None:
    pages = re.findall(r"[ :](\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(pages) == sorted(
        path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; a link that leads nowhere, or a page that no menu has, stops it."""
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def pages(site: Path) -> list[str]:
    return sorted(path.parent.relative_to(site).as_posix() for path in site.rglob("index.html"))


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    for page in site.rglob("index.html"):
        text = page.read_text()
        for begin in ('<script src="http', '<link rel="stylesheet" href="http', '<img src="http'):
            assert begin not in text, page


def test_each_page_opens_without_an_error_in_the_console(
    site: Path, served: str, tmp_path: Path
) -> None:
    with browsing(tmp_path) as driver:
        for page in pages(site):
            driver.get(f"{served}/{page}/")
            assert driver.find_element("css selector", "h1").text
            told = [line for line in driver.get_log("browser") if line["level"] == "SEVERE"]
            assert told == [], page
