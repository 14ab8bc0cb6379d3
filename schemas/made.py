"""Files that a script of this repository makes of somebody's official files."""

import sys
from pathlib import Path


def settle(out: Path, made: str, source: str, *, check: bool) -> int:
    """Write what was made, or compare it with what is there; give the exit status.

    `source` says of what it was made, and that it gives this: `these packages give`.
    """
    if not check:
        out.write_text(made, encoding="utf-8")
    elif not out.exists() or out.read_text(encoding="utf-8") != made:
        print(f"{out} is not what {source}: run without --check", file=sys.stderr)
        return 1
    return 0


def line(*cells: str) -> str:
    """Give a line of a table in Markdown."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
