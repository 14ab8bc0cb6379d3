"""The page of the service: files that are served as they are, without a build step.

All are read once and asked for by name, so that no path of a request leads to a file.
"""

from importlib.resources import files
from typing import Final

_MEDIA: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}

INDEX: Final = "index.html"


def assets() -> dict[str, tuple[str, bytes]]:
    """Give the files of the page by name, each with its media type."""
    found = {}
    for file in files(__name__).iterdir():
        ending = "." + file.name.rpartition(".")[2]
        if ending in _MEDIA:
            found[file.name] = (_MEDIA[ending], file.read_bytes())
    return found
