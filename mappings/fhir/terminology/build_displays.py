"""Make `displays.json`, what FHIR and HL7's terminology call the codes of theirs that we write.

The packages are HL7's and CC0:

    npm pack hl7.fhir.r5.core@5.0.0
    npm pack hl7.fhir.uv.extensions.r5@5.3.0-ballot-tc1
    npm pack hl7.terminology.r5@7.0.1
    python -m trialbridge.mappings.fhir.terminology.build_displays \\
        CORE.tgz EXTENSIONS.tgz TERMINOLOGY.tgz

`--check` writes nothing and exits 1 if the file is not what the packages give.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trialbridge.schemas.fhir.digests.build_digest import read_packages
from trialbridge.schemas.made import settle

OUT = Path(__file__).resolve().with_name("displays.json")
SYSTEMS = (
    "http://hl7.org/fhir/administrative-gender",
    "http://hl7.org/fhir/citation-artifact-classifier",
    "http://hl7.org/fhir/research-study-arm-type",
    "http://hl7.org/fhir/research-study-classifiers",
    "http://hl7.org/fhir/research-study-objective-type",
    "http://hl7.org/fhir/research-study-party-organization-type",
    "http://hl7.org/fhir/research-study-party-role",
    "http://hl7.org/fhir/research-study-phase",
    "http://hl7.org/fhir/research-study-prim-purp-type",
    "http://hl7.org/fhir/research-study-registration-activity",
    "http://hl7.org/fhir/research-study-status",
    "http://hl7.org/fhir/statistic-model-code",
    "http://hl7.org/fhir/study-design",
    "http://hl7.org/fhir/title-type",
    "http://terminology.hl7.org/CodeSystem/attribute-estimate-type",
    "http://terminology.hl7.org/CodeSystem/plan-definition-type",
    "http://terminology.hl7.org/CodeSystem/statistic-type",
    "http://terminology.hl7.org/CodeSystem/usage-context-type",
    "http://terminology.hl7.org/CodeSystem/variable-role",
)


def displays(packages: list[Path]) -> str:
    """The text of `displays.json`; of a system in two packages, the first has the word."""
    read = read_packages(packages)
    found = {url: dict(_concepts(read.definitions["CodeSystem", url][0])) for url in SYSTEMS}
    made = {"sources": read.sources, "displays": found}
    return json.dumps(made, indent=0, ensure_ascii=False) + "\n"


def _concepts(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for concept in node.get("concept", ()):
        if "display" in concept:
            yield concept["code"], concept["display"]
        yield from _concepts(concept)


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
