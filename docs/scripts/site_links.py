"""A hook of MkDocs: links that leave `docs/` lead to the repository.

The pages are read there too, where `../../bench/run.py` is right; the site has no such file.
https://www.mkdocs.org/dev-guide/plugins/#on_page_markdown
"""

import re
from pathlib import Path
from typing import Any

_OUT = re.compile(r"\]\((?P<up>(?:\.\./)+)(?P<path>[^)\s#]+)(?P<anchor>#[^)\s]+)?\)")
_ROOT = Path(__file__).resolve().parents[2]
_DOCS = _ROOT / "docs"


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Give the page with its links to other parts of the repository as urls there.

    Raises FileNotFoundError for a file that is not there.
    """

    def there(match: re.Match[str]) -> str:
        path = (_DOCS / page.file.src_uri).parent.joinpath(match["up"], match["path"]).resolve()
        if not path.exists():
            message = f"{page.file.src_uri} leads to {match['path']}, which is not there"
            raise FileNotFoundError(message)
        if path.is_relative_to(_DOCS):
            return match[0]
        kind = "tree" if path.is_dir() else "blob"
        place = path.relative_to(_ROOT).as_posix()
        return f"]({config.extra['repository']}/{kind}/main/{place}{match['anchor'] or ''})"

    return _OUT.sub(there, markdown)
