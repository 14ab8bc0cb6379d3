"""Make `displays.json.xz`, what HL7 calls the codes of the code systems that the digests have.

The packages are HL7's and CC0, those that `build_digest.py` makes the digests of:

    python -m trialbridge.schemas.fhir.digests.build_displays \\
        R5-CORE.tgz R5-EXTENSIONS.tgz R5-TERMINOLOGY.tgz \\
        R4B-CORE.tgz R4-EXTENSIONS.tgz R4-TERMINOLOGY.tgz R4-CORE.tgz

`--check` writes nothing and exits 1 if the file in the tree is not what the packages give.

The file is lines of JSON: first the packages, then for each code system its url, a tab, and of each
code its display, or a list of them where editions or designations differ. The first is that of the
first package that has the code.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trialbridge.schemas.fhir.digests.build_digest import Json, read_packages
from trialbridge.schemas.fhir.digests.definitions import VERSIONS, definitions
from trialbridge.schemas.made import settle

OUT = Path(__file__).resolve().with_name("displays.json.xz")


def displays(packages: list[Path]) -> str:
    """Give the text of the file."""
    read = read_packages(packages)
    digests = [definitions(version) for version in VERSIONS]
    lines = [_json({"sources": read.sources})]
    for url in sorted({url for digest in digests for url in digest.code_systems()}):
        known = {code for one in digests if (of := one.code_system(url)) for code in of.codes}
        found: dict[str, dict[str, None]] = {}
        for system in read.definitions["CodeSystem", url]:
            for code, display in _concepts(system):
                if code in known:
                    found.setdefault(code, {})[display] = None
        named = {
            code: each[0] if len(each := [*told]) == 1 else each for code, told in found.items()
        }
        lines.append(f"{url}\t{_json(named)}")
    return "\n".join(lines) + "\n"


def _concepts(node: Json) -> Iterator[tuple[str, str]]:
    for concept in node.get("concept", ()):
        if "display" in concept:
            yield concept["code"], concept["display"]
        for designation in concept.get("designation", ()):
            yield concept["code"], designation["value"]
        yield from _concepts(concept)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or check it; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packages", type=Path, nargs="+", metavar="PACKAGE.tgz")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args(arguments)
    made = displays(options.packages)
    return settle(OUT, made, "these packages give", check=options.check)


if __name__ == "__main__":
    sys.exit(main())
