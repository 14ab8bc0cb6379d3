"""Make `countries.json`, the codes of ISO 3166-1 with the English names of their countries.

Both packages are Unicode's CLDR, under Unicode-3.0; what is taken of them is codes and names:

    npm pack cldr-core@48.2.0
    npm pack cldr-localenames-full@48.2.0
    python -m trialbridge.schemas.terms.build_countries CLDR-CORE.tgz CLDR-LOCALENAMES-FULL.tgz

`--check` writes nothing and exits 1 if the file is not what the packages give.
"""

import argparse
import base64
import hashlib
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from trialbridge.schemas.made import settle

OUT = Path(__file__).resolve().with_name("countries.json")
# From here on ISO leaves the numbers to users: Kosovo's, and those of no country.
_USERS = 900


def countries(core: Path, names: Path) -> str:
    """The text of `countries.json`: for each alpha-2 code its alpha-3 code and its names."""
    sources = {}
    found: dict[str, Any] = {}
    for path, wanted in (
        (core, "supplemental/codeMappings.json"),
        (names, "main/en/territories.json"),
    ):
        with tarfile.open(path) as package:
            about = _member(package, "package.json")
            found[wanted] = _member(package, wanted)
        digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
        sources[about["name"]] = {"version": about["version"], "integrity": f"sha512-{digest}"}
    mappings, territories = found.values()
    codes = mappings["supplemental"]["codeMappings"]
    called = territories["main"]["en"]["localeDisplayNames"]["territories"]
    made: dict[str, list[str]] = {}
    for alpha_2, code in codes.items():
        # What was a country once has a number, and no name any more.
        if alpha_2 in called and 0 < int(code.get("_numeric", 0)) < _USERS:
            others = [name for key, name in called.items() if key.startswith(f"{alpha_2}-alt-")]
            made[alpha_2] = [code["_alpha3"], called[alpha_2], *others]
    return json.dumps({"sources": sources, "countries": made}, indent=0, ensure_ascii=False) + "\n"


def _member(package: tarfile.TarFile, name: str) -> Any:
    file = package.extractfile(f"package/{name}")
    if file is None:
        raise FileNotFoundError(name)
    return json.load(file)


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or check it; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("core", type=Path, metavar="CLDR-CORE.tgz")
    parser.add_argument("names", type=Path, metavar="CLDR-LOCALENAMES-FULL.tgz")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args(arguments)
    made = countries(options.core, options.names)
    return settle(OUT, made, "these packages give", check=options.check)


if __name__ == "__main__":
    sys.exit(main())
