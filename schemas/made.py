"""Files that a script of this repository makes of somebody's official files."""

import lzma
import sys
from pathlib import Path


def settle(out: Path, made: str, source: str, *, check: bool) -> int:
    """Write what was made, or compare it with what is there; give the exit status.

    `source` says of what it was made, and that it gives this: `these packages give`. A file whose
    name ends in `.xz` is packed.
    """
    data, packed = made.encode(), out.suffix == ".xz"
    if not check:
        out.write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME) if packed else data)
        return 0
    there = out.read_bytes() if out.exists() else b""
    # Unpacked, since another release of liblzma may pack it otherwise.
    if (lzma.decompress(there) if packed and there else there) != data:
        print(f"{out} is not what {source}: run without --check", file=sys.stderr)
        return 1
    return 0


def line(*cells: str) -> str:
    """Give a line of a table in Markdown."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
