"""Make `elements.json`: which children an element of the legacy XML has, in which order.

Source: the schema of the legacy XML, version 2017.01.25, that ClinicalTrials.gov had at
https://clinicaltrials.gov/ct2/html/images/info/public.xsd. Documents have elements that came later
and that no schema tells of: `LATER` says where they stand.

    cd mappings/registries/clinicaltrials_gov/ctgov_xml
    python build_elements.py public.xsd
    python build_elements.py public.xsd --check
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from trialbridge.schemas.made import settle

OUT = Path(__file__).resolve().with_name("elements.json")
_XS = "{http://www.w3.org/2001/XMLSchema}"

# Element: what it stands behind, and what it is; `*` for several.
LATER = {
    "clinical_study": (
        ("study_first_submitted", "verification_date"),
        ("study_first_submitted_qc", "study_first_submitted"),
        ("study_first_posted", "study_first_submitted_qc"),
        ("results_first_submitted", "study_first_posted"),
        ("results_first_submitted_qc", "results_first_submitted"),
        ("results_first_posted", "results_first_submitted_qc"),
        ("disposition_first_submitted", "results_first_posted"),
        ("disposition_first_submitted_qc", "disposition_first_submitted"),
        ("disposition_first_posted", "disposition_first_submitted_qc"),
        ("last_update_submitted", "disposition_first_posted"),
        ("last_update_submitted_qc", "last_update_submitted"),
        ("last_update_posted", "last_update_submitted_qc"),
        ("provided_document_section", "study_docs"),
    ),
    "study_first_posted": (("@type", ""),),
    "results_first_posted": (("@type", ""),),
    "disposition_first_posted": (("@type", ""),),
    "last_update_posted": (("@type", ""),),
    "patient_data": (
        ("ipd_info_type*", "ipd_description"),
        ("ipd_time_frame", "ipd_info_type*"),
        ("ipd_access_criteria", "ipd_time_frame"),
        ("ipd_url", "ipd_access_criteria"),
    ),
    "provided_document_section": (("provided_document*", ""),),
    "provided_document": (
        ("document_type", ""),
        ("document_has_protocol", "document_type"),
        ("document_has_icf", "document_has_protocol"),
        ("document_has_sap", "document_has_icf"),
        ("document_date", "document_has_sap"),
        ("document_url", "document_date"),
    ),
}


def elements(schema: bytes) -> str:
    """The text of `elements.json` for a schema: its checksum, and the children by element."""
    root = etree.fromstring(schema)
    types = {one.get("name"): one for one in root.iterchildren(f"{_XS}complexType")}
    found: dict[str, list[str]] = {}

    def look(node: Any, name: str) -> None:
        attributes = [f"@{one.get('name')}" for one in node.iter(f"{_XS}attribute")]
        base = node.find(f".//{_XS}extension")
        extended = types.get(base.get("base")) if base is not None else None
        children = []
        for sequence in (one for one in (extended, node) if one is not None):
            for child in _children(sequence):
                many = child.get("maxOccurs") == "unbounded"
                children.append(child.get("name") + ("*" if many else ""))
                inner = types.get(child.get("type"))
                below = inner if inner is not None else child.find(f"{_XS}complexType")
                if below is not None:
                    look(below, child.get("name"))
        _join(found.setdefault(name, []), attributes + children, name)

    (study,) = root.iterchildren(f"{_XS}element")
    look(study.find(f"{_XS}complexType"), study.get("name"))
    for name, later in LATER.items():
        for child, before in later:
            children = found.setdefault(name, [])
            children.insert(children.index(before) + 1 if before else 0, child)
    made = {
        "source": "https://clinicaltrials.gov/ct2/html/images/info/public.xsd",
        "version": "2017.01.25",
        "sha256": hashlib.sha256(schema).hexdigest(),
        "elements": {name: children for name, children in found.items() if children},
    }
    lines = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(value)}"
        for key, value in made["elements"].items()  # type: ignore[attr-defined]
    )
    head = json.dumps({key: value for key, value in made.items() if key != "elements"}, indent=0)
    return head.removesuffix("\n}") + ',\n"elements": {\n' + lines + "\n}\n}\n"


def _children(node: Any) -> list[Any]:
    """The elements of a type, not those within them."""
    return [
        one
        for one in node.iter(f"{_XS}element")
        if next(one.iterancestors(f"{_XS}complexType")) is node
    ]


def _join(known: list[str], children: list[str], name: str) -> None:
    """Add the children of an element that stands elsewhere under the same name, in their order."""
    place = 0
    for child in children:
        if child in known:
            at = known.index(child)
            if at < place:
                raise ValueError(f"{child} in {name} stands before and behind another element")
            place = at + 1
        else:
            known.insert(place, child)
            place += 1


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or check it; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("schema", type=Path, metavar="public.xsd")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args(arguments)
    made = elements(options.schema.read_bytes())
    return settle(OUT, made, "this schema gives", check=options.check)


if __name__ == "__main__":
    sys.exit(main())
